//! Generated streams through programs compiled from source: the reference, the VM and the compiled step of both levels leave the same states
//! and the same effects, to the byte, whatever the batches.

use journey_compiler::check::check;
use journey_compiler::lower::lower;
use journey_compiler::project::Project;
use journey_jit::{Jit, Level};
use journey_runtime::batch::{Batch, Engine, HAS_ID, Item, OTHER, Parts, Reference};
use journey_runtime::host::Ids;
use journey_runtime::image::{MISSING, Ty, Word};
use journey_runtime::input::{Effect, Input, InputKind};
use journey_runtime::pool::Pool;
use journey_runtime::program::Program;
use journey_runtime::record::{self, Effects, Owning};
use journey_runtime::step::{self, Customer};
use journey_runtime::store::Store;
use journey_runtime::tables::Vm;
use proptest::prelude::*;

const CART: &str = r#"
event cart_updated "Cart Updated" { value: money }
event order_completed "Order Completed" {}
event page_viewed "Page Viewed" { path: text? }
purpose service "Your cart" needs no consent
channel screen {}
message first(value: money, pages: int) for service { screen { body "{{ value }}, {{ pages }} pages" } }
message second(value: money) for service { screen { body "{{ value }}" } }
journey abandoned_cart {
  trigger    on cart_updated as cart
  re-entry   after finishing
  start over on cart_updated as cart
  exit       on order_completed
  wait 1 hour
  send first(cart.value, count(page_viewed)) by screen
  wait 24 hours
  send second(cart.value) by screen
}
"#;

const GOAL: &str = r#"
use std.messaging
event cart_updated "Cart Updated" { cart: text  value: money  urgent: bool = false  due: moment? }
event order_completed "Order Completed" { cart: text  value: money }
event stopped "Stopped" { level: int }
purpose marketing "News"
policy permission for all journeys { require consent for marketing, per channel }
profile { vip: bool = false  likes: number = 1 }
message nudge(value: money) for marketing {
  email { subject "{{ value }}"  body "{{ value }}" }
  push  { title "{{ value }}"  body "{{ value }}" }
}
journey keyed {
  trigger    on cart_updated as cart where cart.value >= 20 EUR or cart.urgent
  one run    per cart.cart
  re-entry   2 hours after exit
  only if    profile.likes * 2 > 1
  start over on cart_updated for this cart as cart where cart.value >= 50 EUR
  goal       on order_completed for this cart within 3 hours of entry
  exit       for good on stopped where level > 3
  if profile.vip { wait 30 minutes } else { wait 1 hour }
  send nudge(cart.value) by push, else email
  stage second {
    exit on stopped where level == 2
    wait until (cart.due otherwise cart.happened_at + 4 hours) else continue
  }
  wait up to 2 hours {
    on stopped where level == 1 { finish as "stopped" }
    else { if cart.value > 100 EUR { send nudge(cart.value) by email } }
  }
}
"#;

const TWO: &str = r#"
event a "A" { n: int }
event b "B" { n: int }
purpose service "Service" needs no consent
channel screen {}
message hello(n: int) for service { screen { body "{{ n }}" } }
journey one {
  trigger  on a as x
  re-entry never
  goal     on b where n > 2
  wait 10 minutes
  repeat up to 2 times {
    wait 5 minutes
    send hello(x.n) by screen
  }
}
journey two {
  trigger  on b as x
  re-entry 1 hour after entry
  exit     on b where n == 0
  wait 20 minutes
  if x.n + 1 > 2 { send hello(x.n * 2) by screen } else { finish as "low" }
  wait 1 hour
}
journey three {
  trigger    on b as x where x.n == 1
  re-entry   after finishing
  start over on a as y
  wait 3 minutes
  send hello(count(a)) by screen
}
"#;

fn program(text: &str) -> Program {
    let none = |_: &str| Err("this program stands alone".to_string());
    let checked = check(&Project {
        settings: "[project]\nname = \"step\"\ntime_zone = \"Europe/Berlin\"\ncurrency = \"EUR\"\n".to_string(),
        files: vec![("step.journey".to_string(), text.to_string())],
        assets: &none,
        packs: journey_stdlib::packs(),
    });
    assert!(!checked.has_errors(), "{:#?}", checked.diagnostics);
    Program::new(lower(&checked.program, &checked.sources)).expect("the compiler makes images that verify")
}

/// One line of a stream.
#[derive(Debug, Clone)]
struct Line {
    customer: u32,
    /// Which event, or profile or consent.
    kind: u8,
    after: i64,
    values: [u8; 5],
    id: Option<u8>,
}

fn lines() -> impl Strategy<Value = Vec<Line>> {
    let minutes = prop_oneof![
        4 => 0i64..40,
        2 => prop::sample::select(vec![0, 10, 30, 60, 120, 180, 1440]),
        1 => 0i64..5_000,
    ];
    // Milliseconds beside the minute: just before, at, and just after what is due.
    let after = (minutes, -1i64..2).prop_map(|(minutes, ms)| (minutes * 60_000 + ms).max(0));
    let line = (0u32..6, any::<u8>(), after, any::<[u8; 5]>(), prop::option::of(0u8..30));
    let line = line.prop_map(|(customer, kind, after, values, id)| Line { customer, kind, after, values, id });
    prop::collection::vec(line, 1..120)
}

/// What a stream is to a program.
fn batch(program: &Program, pool: &mut Pool, lines: &[Line]) -> (Batch, i64) {
    let image = &program.image;
    let events: Vec<u16> =
        (0..image.events.len() as u16).filter(|event| image.events[usize::from(*event)].wire.len() < 20).collect();
    let mut batch = Batch::default();
    let mut now = 1_767_225_600_000;
    for (number, line) in lines.iter().enumerate() {
        now += line.after;
        let happened_at = now - i64::from(line.values[4] % 3) * 1000;
        let mut item = Item {
            customer: line.customer,
            line: number as u32,
            seen: now,
            happened_at,
            id: line.id.map_or(0, |id| u64::from(id) * 0x9e37_79b9),
            flags: if line.id.is_some() { HAS_ID } else { 0 },
            ..Item::default()
        };
        let choice = usize::from(line.kind) % (events.len() + 2);
        if let Some(event) = events.get(choice) {
            item.event = *event;
            item.row = batch.rows.len() as u32;
            for (field, value) in image.events[usize::from(*event)].fields.iter().zip(line.values) {
                let small = Word::from(value % 5);
                let word = match &field.ty {
                    _ if field.optional && value % 3 == 0 => MISSING,
                    Ty::Bool => small % 2,
                    Ty::Money(_) => small * 40_000_000,
                    Ty::Number => (small as f64).to_bits(),
                    Ty::Text => Word::from(pool.text(&format!("text-{}", small % 2))),
                    Ty::Moment => (now + (i64::from(value) - 100) * 60_000) as Word,
                    _ => small,
                };
                batch.rows.push(word);
            }
        } else {
            (item.event, item.row) = (OTHER, batch.others.len() as u32);
            let value = line.values[0];
            let kind = if choice == events.len() && !image.profile.is_empty() {
                let field = usize::from(value) % image.profile.len();
                let word = match &image.profile[field].ty {
                    Ty::Bool => Word::from(line.values[1] % 2),
                    Ty::Number => f64::from(line.values[1] % 3).to_bits(),
                    Ty::Text => Word::from(pool.text(["", "a@example.com"][usize::from(line.values[1] % 2)])),
                    _ => MISSING,
                };
                InputKind::Profile { id: item.id(), changes: vec![(field as u16, word)] }
            } else {
                InputKind::Consent { purpose: 0, channel: None, granted: value % 4 != 0 }
            };
            batch.others.push(kind);
        }
        batch.items.push(item);
    }
    (batch, now)
}

/// What is left of a stream: states, and effects with their customers.
#[derive(Debug, PartialEq)]
struct Left {
    states: Vec<Vec<Word>>,
    effects: Vec<(u32, Effect)>,
}

/// Runs a stream; what the engine declines, the reference does.
fn run(program: &Program, lines: &[Line], engine: &dyn Engine, size: usize, after: i64) -> Left {
    let mut pool = Pool::new(&program.image);
    let (batch, last) = batch(program, &mut pool, lines);
    let mut ids = Ids::default();
    let mut store = Store::default();
    for customer in 0..6u64 {
        ids.take(&format!("customer-{customer}"), customer.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        store.add();
    }
    let (mut effects, mut scratch) = (Effects::default(), step::Scratch::new(program));
    let mut memory = engine.memory(program);
    let mut parts = Parts {
        program,
        pool: &mut pool,
        ids: &ids,
        store: &mut store,
        effects: &mut effects,
        scratch: &mut scratch,
        memory: &mut *memory,
    };
    let mut from = 0;
    while from < batch.items.len() {
        let to = (from + size).min(batch.items.len());
        let part =
            Batch { items: batch.items[from..to].to_vec(), rows: batch.rows.clone(), others: batch.others.clone() };
        let mut at = 0;
        loop {
            at = engine.batch(&mut parts, &part, at);
            let Some(item) = part.items.get(at) else { break };
            by_reference(&mut parts, item, &part);
            at += 1;
        }
        from = to;
    }
    let horizon = last + after;
    let mut at = 0;
    loop {
        let customers = parts.store.len() as u32;
        at = engine.end(&mut parts, horizon, at..customers);
        if at >= customers {
            break;
        }
        let mut state = parts.store.get(at).to_vec();
        let customer = Customer { id: ids.get(at) };
        let mut sink = Owning { effects: parts.effects, customer: at };
        step::advance(program, parts.pool, parts.scratch, &customer, &mut state, horizon, true, &mut sink);
        parts.store.put(at, &state);
        at += 1;
    }
    let states = (0..6).map(|customer| store.get(customer).to_vec()).collect();
    let effects = effects.iter().map(|record| {
        let customer = record.customer();
        (customer, record::materialise(program, &pool, &effects, ids.get(customer), record))
    });
    Left { states, effects: effects.collect() }
}

fn by_reference(parts: &mut Parts<'_>, item: &Item, batch: &Batch) {
    let kind = if item.event == OTHER {
        batch.others[item.row as usize].clone()
    } else {
        let fields = parts.program.image.events[usize::from(item.event)].fields.len();
        let row = batch.rows[item.row as usize..][..fields].to_vec();
        InputKind::Event { event: item.event, happened_at: item.happened_at, id: item.id(), row }
    };
    let mut state = parts.store.get(item.customer).to_vec();
    let customer = Customer { id: parts.ids.get(item.customer) };
    let seen = item.stamp(&state);
    let mut sink = Owning { effects: parts.effects, customer: item.customer };
    step::advance(parts.program, parts.pool, parts.scratch, &customer, &mut state, seen, false, &mut sink);
    step::step(parts.program, parts.pool, parts.scratch, &customer, &mut state, &Input { seen, kind }, &mut sink);
    parts.store.put(item.customer, &state);
}

fn same(text: &str, streams: impl Strategy<Value = (Vec<Line>, i64, usize)>, cases: u32) {
    let program = program(text);
    let vm = Vm::new(&program);
    let compiled = [Level::None, Level::Speed].map(|level| Jit::new(&program, level).expect("the journeys are usual"));
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let ran = runner.run(&streams, |(lines, after, size)| {
        let expected = run(&program, &lines, &Reference, 1000, after);
        let engines: [(&str, &dyn Engine); 3] = [("vm", &vm), ("none", &compiled[0]), ("speed", &compiled[1])];
        for (name, engine) in engines {
            for size in [1000, size] {
                let left = run(&program, &lines, engine, size, after);
                prop_assert_eq!(&left.effects, &expected.effects, "effects of {}", name);
                prop_assert_eq!(&left.states, &expected.states, "states of {}", name);
            }
        }
        Ok(())
    });
    if let Err(error) = ran {
        panic!("{error}");
    }
}

fn streams() -> impl Strategy<Value = (Vec<Line>, i64, usize)> {
    (lines(), prop_oneof![Just(0), Just(3_600_000), 0i64..200_000_000], 1usize..40)
}

/// What comes to a usual journey is native: all of it.
#[test]
fn an_abandoned_cart_is_machine_code() {
    let program = program(CART);
    let compiled = Jit::new(&program, Level::Speed).expect("the journey is usual");
    let line = |n: usize| Line {
        customer: n as u32 % 6,
        kind: [0, 2, 2, 0, 1, 2, 2][n % 7],
        after: 7 * 60_000,
        values: [1; 5],
        id: None,
    };
    let lines: Vec<Line> = (0..600).map(line).collect();
    run(&program, &lines, &compiled, 1000, 0);
    assert_eq!(compiled.inputs(), (600, 0), "came, and were handed on");
}

#[test]
fn an_abandoned_cart_is_the_same_to_all_engines() {
    same(CART, streams(), 96);
}

#[test]
fn keys_goals_consent_and_stages_are_the_same_to_all_engines() {
    same(GOAL, streams(), 96);
}

#[test]
fn several_journeys_are_the_same_to_all_engines() {
    same(TWO, streams(), 96);
}
