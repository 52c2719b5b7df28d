//! The engines of Journey, and what a host does around them.

use journey_jit::{Jit, Level};
use journey_runtime::batch::{Batch, Engine, OTHER, Parts, Reference};
use journey_runtime::image::Word;
use journey_runtime::input::{Input, InputKind};
use journey_runtime::program::Program;
use journey_runtime::record::Owning;
use journey_runtime::step::{self, Customer};
use journey_runtime::tables::Vm;
use std::ops::Range;
use std::sync::Arc;

/// An engine and how it is called here.
pub struct Named {
    pub name: &'static str,
    pub engine: Arc<dyn Engine>,
    /// Too slow to be measured in more ways than one.
    pub slow: bool,
}

/// All engines that take a program, the fastest first.
pub fn all(program: &Program) -> Vec<Named> {
    let mut all = vec![
        Named { name: "Journey, VM", engine: Arc::new(Vm::new(program)), slow: false },
        Named { name: "Journey, reference", engine: Arc::new(Reference), slow: true },
    ];
    match Jit::new(program, Level::Speed) {
        Ok(jit) => all.insert(0, Named { name: "Journey, JIT", engine: Arc::new(jit), slow: false }),
        Err(reason) => eprintln!("no JIT: {reason}"),
    }
    all
}

/// The fastest that takes the program.
pub fn best(program: &Program) -> Arc<dyn Engine> {
    all(program).swap_remove(0).engine
}

/// The program as machine code.
pub fn jit(program: &Program, level: Level) -> Result<Jit, String> {
    Jit::new(program, level).map_err(|reason| reason.to_string())
}

/// Works on a batch; what the engine declines, the reference does. Says how many inputs that were.
pub fn work(engine: &dyn Engine, parts: &mut Parts<'_>, batch: &Batch) -> usize {
    let (mut at, mut declined) = (0, 0);
    loop {
        at = engine.batch(parts, batch, at);
        let Some(item) = batch.items.get(at) else { return declined };
        let kind = if item.event == OTHER {
            batch.others[item.row as usize].clone()
        } else {
            let fields = parts.program.image.events[usize::from(item.event)].fields.len();
            InputKind::Event {
                event: item.event,
                happened_at: item.happened_at,
                id: item.id(),
                row: batch.rows[item.row as usize..][..fields].to_vec(),
            }
        };
        with_state(parts, item.customer, |parts, customer, state, sink| {
            let seen = item.stamp(state);
            step::advance(parts.program, parts.pool, parts.scratch, customer, state, seen, false, sink);
            let input = Input { seen, kind: kind.clone() };
            step::step(parts.program, parts.pool, parts.scratch, customer, state, &input, sink);
        });
        at += 1;
        declined += 1;
    }
}

/// Lets time go on to the horizon (milliseconds since 1970 UTC) for some customers.
pub fn end(engine: &dyn Engine, parts: &mut Parts<'_>, horizon: i64, customers: Range<u32>) {
    let Range { start: mut at, end } = customers;
    loop {
        at = engine.end(parts, horizon, at..end);
        if at >= end {
            return;
        }
        with_state(parts, at, |parts, customer, state, sink| {
            step::advance(parts.program, parts.pool, parts.scratch, customer, state, horizon, true, sink);
        });
        at += 1;
    }
}

/// What the reference works with.
struct Alone<'a> {
    program: &'a Program,
    pool: &'a mut journey_runtime::pool::Pool,
    scratch: &'a mut step::Scratch,
}

fn with_state(
    parts: &mut Parts<'_>,
    number: u32,
    work: impl FnOnce(&mut Alone<'_>, &Customer<'_>, &mut Vec<Word>, &mut Owning<'_>),
) {
    let mut state = parts.store.get(number).to_vec();
    let customer = Customer { id: parts.ids.get(number) };
    let mut sink = Owning { effects: parts.effects, customer: number };
    let mut alone = Alone { program: parts.program, pool: parts.pool, scratch: parts.scratch };
    work(&mut alone, &customer, &mut state, &mut sink);
    parts.store.put(number, &state);
}
