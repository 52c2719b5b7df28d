//! The outcome of a run does not depend on threads, nor on how lines of different customers come between each other.

use super::memory::{Options, Outcome, run};
use crate::batch::{Batch, Engine, OTHER, Parts};
use crate::image::*;
use crate::input::InputKind;
use crate::layout::SEEN;
use crate::program::Program;
use crate::record::Owning;
use crate::report::{human, line, summary::Summary};
use crate::step::{self, Customer};
use proptest::prelude::*;
use std::ops::Range;
use std::sync::Arc;

fn field(name: &str, ty: Ty, optional: bool) -> EventField {
    EventField {
        name: name.into(),
        path: name.into(),
        currency_path: None,
        ty,
        optional,
        bounds: Bounds::default(),
        default: None,
    }
}

fn event(name: &str, everyone: bool, fields: Vec<EventField>) -> Event {
    Event { name: name.into(), wire: name.into(), everyone, used: true, fields, role: Role::Plain }
}

fn journey(name: &str, trigger: u16, key: bool, wait: i64) -> Journey {
    let listener = |event, key| Listener { event, key, of: None, condition: None };
    let step = |id: &str, pc| Step {
        id: id.into(),
        text: id.into(),
        parent: None,
        line: 1,
        file: "shop.journey".into(),
        annotations: vec![("campaign".into(), "retention".into())],
        pc,
        stage: None,
    };
    Journey {
        name: name.into(),
        hash: 1,
        annotations: Vec::new(),
        slots: vec![Slot { name: "x.id".into(), ty: Ty::Text }],
        params: 0,
        key: key.then_some(0),
        at_once: Some(2),
        reentry: ReEntry::AfterFinishing,
        triggers: vec![Trigger::Event {
            listener: listener(trigger, None),
            capture: Capture { fields: vec![(0, 0)], ..Capture::default() },
        }],
        only_if: None,
        window: (None, None),
        rollout: None,
        priority: 0,
        start_over: Vec::new(),
        updates: Vec::new(),
        goals: vec![Goal { listener: listener(1, key.then_some(0)), within: None, go_on: false }],
        exits: Vec::new(),
        pauses: Vec::new(),
        meanwhile: Vec::new(),
        on_leaving: None,
        lasts: None,
        stages: Vec::new(),
        code: vec![Instr::Stay(0), Instr::Send(0), Instr::Finish(None)],
        step_of: vec![0, 1, 1],
        steps: vec![step("wait", 0), step("send", 1)],
        points: Vec::new(),
        places: vec![Place {
            stage: None,
            kind: PlaceKind::Timer { due: Due::After(Span { ms: wait, ..Span::default() }), past: None, next: 1 },
        }],
        sends: vec![Send {
            message: 0,
            inputs: vec![Input { name: "id".into(), value: 0 }],
            tries: vec![
                Try { channel: 0, consent: ConsentRule::Channel, rules: vec![0] },
                Try { channel: 1, consent: ConsentRule::None, rules: vec![] },
            ],
            offer: None,
            due: None,
            sent_at: None,
            channel: None,
            id: None,
            sent: None,
            refused: None,
            stage: None,
        }],
        next_best: Vec::new(),
        zeroed: Vec::new(),
    }
}

/// A shop that reminds of carts, and tells whoever was there that something is back in stock.
fn shop() -> Program {
    let text = |id: u16, journey| Function {
        text: "x.id".into(),
        ops: vec![Op::Slot { dst: 0, slot: id }, Op::Return { a: 0 }],
        regs: 1,
        ty: Ty::Text,
        event: None,
        journey: Some(journey),
        member: 0,
    };
    let email = Function {
        text: "profile.email".into(),
        ops: vec![Op::Profile { dst: 0, field: 0 }, Op::Return { a: 0 }],
        regs: 1,
        ty: Ty::Text,
        event: None,
        journey: None,
        member: 0,
    };
    let mut news = journey("news", 2, false, 60_000);
    news.sends[0].inputs[0].value = 1;
    let image = Image {
        name: "shop".into(),
        time_zone: "Europe/Berlin".into(),
        currency: "EUR".into(),
        events: vec![
            event("cart", false, vec![field("id", Ty::Text, false)]),
            event("order", false, vec![field("id", Ty::Text, false)]),
            event("restocked", true, vec![field("id", Ty::Text, false)]),
            Event { used: false, ..event("scrolled", false, Vec::new()) },
        ],
        profile: vec![
            ProfileField {
                name: "email".into(),
                path: "email".into(),
                currency_path: None,
                ty: Ty::Text,
                optional: true,
                bounds: Bounds::default(),
                default: MISSING,
            },
            ProfileField {
                name: "time_zone".into(),
                path: "time_zone".into(),
                currency_path: None,
                ty: Ty::Zone,
                optional: true,
                bounds: Bounds::default(),
                default: MISSING,
            },
        ],
        zone_field: Some(1),
        purposes: vec![Purpose { name: "marketing".into(), needs_no_consent: false }],
        channels: vec![
            Channel { name: "email".into(), address: Some(2), address_text: "profile.email".into() },
            Channel { name: "push".into(), address: None, address_text: String::new() },
        ],
        messages: vec![Message {
            name: "reminder".into(),
            purpose: 0,
            valid: (None, None),
            renderings: vec![(0, vec![String::new()]), (1, vec![String::new()])],
        }],
        rules: vec![Rule {
            policy: "pressure".into(),
            text: "at most 1 per rolling 1 day".into(),
            kind: RuleKind::Cap(Limit { count: 1, window: Window::Rolling(Span { days: 1, ..Span::default() }) }),
            over: Over::Drop,
        }],
        journeys: vec![journey("carts", 0, true, 3_600_000), news],
        functions: vec![text(0, 0), text(0, 1), email],
        ..Image::default()
    };
    Program::new(image).expect("the image is well-formed")
}

fn outcome(program: &Program, events: &str, options: &Options) -> Outcome {
    run(program, events.as_bytes(), options, |_| {}).expect("the events are read")
}

fn effects(program: &Program, outcome: &Outcome) -> Vec<String> {
    let lines: Vec<String> =
        outcome.effects(program).map(|(customer, effect)| line::effect(&program.image, customer, &effect)).collect();
    for threads in [1, 3] {
        let mut written = Vec::new();
        let all = outcome.write_effects(program, threads, |lines| {
            written.extend_from_slice(lines);
            Ok(())
        });
        all.expect("memory can be written to");
        let written = String::from_utf8(written).expect("JSON is text");
        assert!(written.lines().eq(&lines), "what is written straight from records is what they mean");
    }
    lines
}

const EVENTS: &str = r#"{"type":"identify","userId":"ana","timestamp":"2026-03-01T09:00:00Z","traits":{"email":"a@b.c","consents":{"marketing":true}}}
{"event":"cart","userId":"ana","timestamp":"2026-03-01T10:00:00Z","properties":{"id":"c1"}}

{"event":"cart","anonymousId":"x","timestamp":"2026-03-01T10:10:00Z","properties":{"id":"c2"}}
{"event":"scrolled","userId":"ana","timestamp":"2026-03-01T10:11:00Z"}
{"event":"danced","userId":"ana","timestamp":"2026-03-01T10:12:00Z"}
{"event":"cart","userId":"ana","timestamp":"2026-03-01T10:20:00Z","properties":{}}
{"type":"alias","previousId":"x","userId":"bo","timestamp":"2026-03-01T10:21:00Z"}
{"event":"cart","anonymousId":"x","timestamp":"2026-03-01T10:22:00Z","properties":{"id":"c3"}}
{"event":"order","userId":"bo","timestamp":"2026-03-01T11:00:00Z","properties":{"id":"c3"}}
{"event":"restocked","timestamp":"2026-03-01T12:00:00Z","properties":{"id":"p1"}}
{"event":"cart","userId":"cy","timestamp":"2026-03-01T12:30:00Z","properties":{"id":"c4"}}
"#;

#[test]
fn a_run_as_lines() {
    let program = shop();
    let outcome = outcome(&program, EVENTS, &Options { keep_effects: true, ..Options::default() });
    insta::assert_snapshot!(effects(&program, &outcome).join("\n"));
    let dead: Vec<String> = outcome.dead.iter().map(line::dead_letter).collect();
    insta::assert_snapshot!(dead.join("\n"));
}

#[test]
fn a_run_for_people() {
    let program = shop();
    let outcome = outcome(&program, EVENTS, &Options::default());
    let mut summary = Summary::new(&program.image, &outcome, vec!["everybody wants marketing".into()]);
    summary.memory = Default::default();
    insta::assert_snapshot!(human::summary(&summary, 80));
}

#[test]
fn the_story_of_one_customer() {
    let program = shop();
    let options = Options { story: Some("ana".into()), ..Options::default() };
    let outcome = outcome(&program, EVENTS, &options);
    insta::assert_snapshot!(outcome.story.expect("ana is there").tell(&program, "ana"));
}

#[test]
fn the_horizon_is_the_latest_time_or_what_is_asked_for() {
    let program = shop();
    let of = |until| outcome(&program, EVENTS, &Options { until, ..Options::default() });
    let first = of(None);
    assert_eq!((first.horizon, first.tally.journeys[&0].alive()), (Some(1_772_368_200_000), 1));
    let later = of(Some(1_772_368_200_000 + 3_600_000));
    assert_eq!(later.tally.journeys[&0].alive(), 0, "a timer due at the horizon fires");
    let earlier = of(Some(1_772_359_200_000));
    assert_eq!((earlier.after, earlier.customers), (7, 1), "what comes after the horizon is left out");
}

#[test]
fn what_is_taken_for_granted() {
    let program = shop();
    let events = r#"{"event":"cart","userId":"cy","timestamp":"2026-03-01T12:30:00Z","properties":{"id":"c4"}}"#;
    let mut options = Options { until: Some(1_772_500_000_000), ..Options::default() };
    let by_email =
        |program: &Program, options: &Options| outcome(program, events, options).tally.sent.get(&(0, 0)).copied();
    assert_eq!(by_email(&program, &options), None);
    options.assume_consent = vec!["marketing".into()];
    assert_eq!(by_email(&program, &options), None);
    let mut image = program.image;
    assert_eq!(super::assume_reachable(&mut image, &["email".into(), "fax".into()]), ["fax"]);
    let program = Program::new(image).expect("it is still well-formed");
    assert_eq!(by_email(&program, &options), Some(1));
}

/// The lines of some customers, each customer's in their order; then events for everyone.
fn customers() -> impl Strategy<Value = Vec<Vec<String>>> {
    let line = (0usize..8, 0i64..200_000, 0u8..3, any::<bool>(), 0i64..7200);
    prop::collection::vec(prop::collection::vec(line, 1..12), 1..6).prop_map(|all| {
        let say = |who: usize, lines: Vec<(usize, i64, u8, bool, i64)>| {
            let mut lines: Vec<String> = lines
                .into_iter()
                .map(|(kind, seconds, id, odd, late)| {
                    let at = crate::report::words::moment(1_772_359_200_000 + seconds * 1000);
                    let received = crate::report::words::moment(1_772_359_200_000 + (seconds + late) * 1000);
                    let about = format!(r#""userId":"c{who}","timestamp":"{at}","receivedAt":"{received}""#);
                    match kind {
                        0 => format!(r#"{{"type":"identify",{about},"traits":{{"email":"e{id}","time_zone":"{}"}}}}"#, if odd { "Asia/Tokyo" } else { "UTC" }),
                        1 => format!(r#"{{"type":"identify",{about},"traits":{{"consents":{{"marketing":{odd}}}}}}}"#),
                        2 => format!(r#"{{"event":"order",{about},"properties":{{"id":"k{id}"}}}}"#),
                        3 if odd => format!(r#"{{"event":"cart",{about},"properties":{{"id":{id}}}}}"#),
                        4 => format!(r#"{{"event":"scrolled",{about}}}"#),
                        _ => format!(r#"{{"event":"cart",{about},"messageId":"m{id}{odd}","properties":{{"id":"k{id}"}}}}"#),
                    }
                })
                .collect();
            lines.insert(0, format!(r#"{{"type":"identify","userId":"c{who}","timestamp":"2026-03-01T09:00:00Z","traits":{{"email":"x"}}}}"#));
            lines
        };
        all.into_iter().enumerate().map(|(who, lines)| say(who, lines)).collect()
    })
}

/// Lines of all customers, one after the other as `order` says; events for everyone keep their place among each one's lines.
fn interleaved(customers: &[Vec<String>], order: &[prop::sample::Index]) -> String {
    let mut queues: Vec<std::collections::VecDeque<&String>> =
        customers.iter().map(|lines| lines.iter().collect()).collect();
    let mut text = String::new();
    let mut order = order.iter().cycle();
    while queues.iter().any(|queue| !queue.is_empty()) {
        queues.retain(|queue| !queue.is_empty());
        let next = order.next().map_or(0, |index| index.index(queues.len()));
        if let Some(line) = queues[next].pop_front() {
            text += line;
            text.push('\n');
        }
    }
    text
}

/// Everything that must be the same; lines of dead letters have other numbers when lines come in another order.
fn sameness(
    program: &Program,
    events: &str,
    options: Options,
) -> (Vec<String>, Vec<String>, crate::report::tally::Tally) {
    let options = Options { keep_effects: true, until: Some(1_772_700_000_000), ..options };
    let outcome = outcome(program, events, &options);
    let mut dead: Vec<String> =
        outcome.dead.iter().map(|letter| format!("{:?} {}", letter.customer, letter.problem)).collect();
    dead.sort();
    (effects(program, &outcome), dead, outcome.tally)
}

/// An engine that takes on what it likes.
#[derive(Debug)]
struct Choosy;

impl Choosy {
    fn likes(customer: u32, of: i64) -> bool {
        (i64::from(customer) + of / 1000) % 3 != 0
    }

    fn on(parts: &mut Parts<'_>, number: u32, until: i64, inclusive: bool, input: Option<InputKind>) {
        let mut words = parts.store.get(number).to_vec();
        let customer = Customer { id: parts.ids.get(number) };
        let mut sink = Owning { effects: parts.effects, customer: number };
        let seen = words.get(SEEN).map_or(until, |seen| until.max(*seen as i64));
        step::advance(parts.program, parts.pool, parts.scratch, &customer, &mut words, seen, inclusive, &mut sink);
        if let Some(kind) = input {
            let input = crate::input::Input { seen, kind };
            step::step(parts.program, parts.pool, parts.scratch, &customer, &mut words, &input, &mut sink);
        }
        parts.store.put(number, &words);
    }
}

impl Engine for Choosy {
    fn batch(&self, parts: &mut Parts<'_>, batch: &Batch, from: usize) -> usize {
        for (at, item) in batch.items.iter().enumerate().skip(from) {
            if !Choosy::likes(item.customer, item.happened_at) || item.event == OTHER {
                return at;
            }
            let fields = parts.program.image.events[usize::from(item.event)].fields.len();
            let row = batch.rows[item.row as usize..][..fields].to_vec();
            let kind = InputKind::Event { event: item.event, happened_at: item.happened_at, id: item.id(), row };
            Choosy::on(parts, item.customer, item.seen, false, Some(kind));
        }
        batch.items.len()
    }

    fn end(&self, parts: &mut Parts<'_>, horizon: i64, customers: Range<u32>) -> u32 {
        let end = customers.end;
        for number in customers {
            if !Choosy::likes(number, 0) {
                return number;
            }
            Choosy::on(parts, number, horizon, true, None);
        }
        end
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn neither_threads_nor_interleaving_change_the_outcome(
        customers in customers(),
        order in prop::collection::vec(any::<prop::sample::Index>(), 1..50),
        restocks in prop::collection::vec((0i64..200_000, 0u8..3), 0..3),
    ) {
        let program = shop();
        // Events for everyone come when everybody is known, in the middle and at the end: the same place for each customer.
        let restocks: Vec<String> = restocks
            .iter()
            .map(|(seconds, id)| {
                let at = crate::report::words::moment(1_772_359_200_000 + seconds * 1000);
                format!("{{\"event\":\"restocked\",\"timestamp\":\"{at}\",\"properties\":{{\"id\":\"p{id}\"}}}}\n")
            })
            .collect();
        let (first, second): (Vec<Vec<String>>, Vec<Vec<String>>) =
            customers.iter().map(|lines| { let (a, b) = lines.split_at(lines.len().div_ceil(2)); (a.to_vec(), b.to_vec()) }).unzip();
        let restocks = restocks.concat();
        let one_by_one = format!("{}{restocks}{}{restocks}", first.concat().join("\n") + "\n", second.concat().join("\n") + "\n");
        let mixed = format!("{}{restocks}{}{restocks}", interleaved(&first, &order), interleaved(&second, &order));
        let expected = sameness(&program, &one_by_one, Options::default());
        let choosy = || Some(Arc::new(Choosy) as Arc<dyn Engine>);
        for options in [
            Options { threads: 1, ..Options::default() },
            Options { threads: 3, shards: 5, batch: 2, ..Options::default() },
            Options { shards: 1, engine: choosy(), ..Options::default() },
            Options { threads: 2, batch: 3, engine: choosy(), ..Options::default() },
        ] {
            prop_assert_eq!(&expected, &sameness(&program, &mixed, options));
        }
        prop_assert_eq!(&expected, &sameness(&program, &one_by_one, Options { threads: 2, ..Options::default() }));
    }
}

#[test]
fn many_customers_over_many_pieces() {
    let program = shop();
    let mut events = String::new();
    for i in 0..30_000u64 {
        let at = crate::report::words::moment(1_772_359_200_000 + i as i64 * 1000);
        let who = i * 7919 % 5003;
        events += &format!(
            "{{\"event\":\"cart\",\"userId\":\"customer-{who}\",\"timestamp\":\"{at}\",\"properties\":{{\"id\":\"k{}\",\"more\":\"{}\"}}}}\n",
            i % 3,
            "x".repeat(40)
        );
        if i % 5000 == 0 {
            events += &format!("{{\"event\":\"restocked\",\"timestamp\":\"{at}\",\"properties\":{{\"id\":\"p\"}}}}\n");
        }
    }
    assert!(events.len() > 4 << 20, "{} bytes are several pieces", events.len());
    let one = sameness(&program, &events, Options::default());
    assert_eq!(one, sameness(&program, &events, Options { threads: 4, shards: 3, ..Options::default() }));
    assert!(one.0.len() > 10_000);
}

/// Events that cannot be read to their end.
struct Broken(usize);

impl std::io::Read for Broken {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.0 == 0 {
            return Err(std::io::Error::other("the disk is gone"));
        }
        let line = b"{\"event\":\"scrolled\",\"userId\":\"ana\",\"timestamp\":\"2026-03-01T10:11:00Z\"}\n";
        let read = line.len().min(buffer.len());
        buffer[..read].copy_from_slice(&line[..read]);
        self.0 -= 1;
        Ok(read)
    }
}

#[test]
fn events_that_cannot_be_read_to_their_end_are_an_error() {
    let program = shop();
    for threads in [1, 3] {
        for reads in [0, 1, 60_000] {
            let options = Options { threads, ..Options::default() };
            let error = run(&program, Broken(reads), &options, |_| {}).err().map(|error| error.to_string());
            assert_eq!(error.as_deref(), Some("the disk is gone"), "{threads} threads, {reads} reads");
        }
    }
}
