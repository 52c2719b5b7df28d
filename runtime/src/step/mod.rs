//! The heart: one input of one customer, and what follows from it.
//!
//! [`step`] and [`advance`] are pure functions of the program, the customer's state and what comes in: no clock, no chance, no
//! outside. A host calls [`advance`] (exclusive) up to an input's stamp and then [`step`] with the input; so events come before
//! timers at one instant. The state holds its own table of due times: the host only promises to call [`advance`] at
//! [`next_wake`] or later, and wake-ups that are late, early or repeated change nothing.
//!
//! The files follow the rules of the language: `machine` the phases of an input, `walk` the steps, `entry` who comes in, `goal_exit` who
//! goes, `pause`, `wait`, `send` its gates, `meanwhile` what other runs hold, `decide` choices, `deed` what `set`, `emit`, `call` and
//! `task` do, `timers` the passing of time, `calendar` triggers by the calendar, `ids` names that never change, `tell` words for traces,
//! `run` the record of a run, `standing` where runs stand.

pub(crate) mod admission;
pub(crate) mod calendar;
pub(crate) mod decide;
pub(crate) mod deed;
pub(crate) mod entry;
mod goal_exit;
#[cfg(test)]
mod hostile;
pub(crate) mod ids;
pub(crate) mod machine;
pub(crate) mod meanwhile;
pub(crate) mod pause;
mod plan;
pub mod run;
mod send;
mod standing;
mod tell;
mod timers;
pub(crate) mod wait;
pub(crate) mod walk;

pub(crate) use ids::{Named, effect_id, effect_id_in};
pub use ids::{id_of_text, id_text, lot};
pub use machine::in_stage;
pub use plan::Plan;
pub(crate) use send::{Why, barred_by_rule, hold_told, locale};
pub use standing::{Standing, standing};
pub(crate) use tell::why_in_words;
pub use tell::{moment_text, value, value_of};

use crate::eval::Frame;
use crate::image::Word;
use crate::input::{Input, InputKind, Sink};
use crate::layout::{SEEN, WAKE};
use crate::pool::Pool;
use crate::program::Program;
use crate::watch::{Change, Dirty};
use machine::Machine;
use run::{NEVER, Run};
use std::collections::VecDeque;

/// Whose state it is.
#[derive(Debug, Clone, Copy)]
pub struct Customer<'a> {
    /// The customer's id, as the outside knows it. Lots and effect ids are made of it.
    pub id: &'a str,
}

/// Memory that is used again for each step; it carries nothing from one to the next.
#[derive(Debug, Clone)]
pub struct Scratch {
    frame: Frame,
    dirty: Dirty,
    changes: Vec<Change>,
    order: Vec<Run>,
    taken: Vec<u16>,
    offered: Vec<(u16, u16, u16)>,
    queue: VecDeque<InputKind>,
    handoffs: Vec<entry::HandOff>,
    list: Vec<Word>,
}

impl Scratch {
    /// Memory for steps of a program.
    pub fn new(program: &Program) -> Scratch {
        Scratch {
            frame: Frame::new(program),
            dirty: Dirty::new(program),
            changes: Vec::new(),
            order: Vec::new(),
            taken: Vec::new(),
            offered: Vec::new(),
            queue: VecDeque::new(),
            handoffs: Vec::new(),
            list: Vec::new(),
        }
    }
}

/// Processes one input of a customer, and what follows from it at the same instant.
///
/// The caller has called [`advance`] with `until = input.seen`, exclusive. An empty state is that of a customer of whom nothing is
/// known yet.
pub fn step<S: Sink>(
    program: &Program,
    pool: &mut Pool,
    scratch: &mut Scratch,
    customer: &Customer,
    state: &mut Vec<Word>,
    input: &Input,
    sink: &mut S,
) {
    wake_up(program, state);
    let now = input.seen.max(state[SEEN] as i64);
    let mut machine = Machine::new(program, pool, scratch, customer, state, sink, now);
    machine.input(&input.kind);
    machine.settle();
    machine.finish();
}

/// Fires what time brings, in order, before `until` (or up to it, `inclusive`). Milliseconds since 1970 UTC.
#[expect(clippy::too_many_arguments, reason = "the arguments of `step` and how far time goes")]
pub fn advance<S: Sink>(
    program: &Program,
    pool: &mut Pool,
    scratch: &mut Scratch,
    customer: &Customer,
    state: &mut Vec<Word>,
    until: i64,
    inclusive: bool,
    sink: &mut S,
) {
    while let Some(due) = next_wake(state) {
        if due > until || (due == until && !inclusive) {
            return;
        }
        wake_up(program, state);
        let now = due.max(state[SEEN] as i64);
        let mut machine = Machine::new(program, pool, scratch, customer, state, sink, now);
        machine.instant();
    }
}

/// The earliest moment at which [`advance`] has something to do; none if never. Milliseconds since 1970 UTC.
pub fn next_wake(state: &[Word]) -> Option<i64> {
    state.get(WAKE).map(|wake| *wake as i64).filter(|wake| *wake != NEVER)
}

fn wake_up(program: &Program, state: &mut Vec<Word>) {
    if state.len() < program.layout.fixed {
        *state = program.layout.fresh();
    }
}
