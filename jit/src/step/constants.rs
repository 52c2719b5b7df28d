//! What compiled code looks up, and what is counted before it is made.

use super::batch::{Kept, Listens, NOT_NATIVE, Waiting};
use super::plan::Plan;
use journey_runtime::image::{Instr, Send};
use journey_runtime::layout::Form;
use journey_runtime::record;
use journey_runtime::step::run::WAITS;

/// What the code looks up.
#[derive(Debug, Default)]
pub struct Constants {
    /// See [`super::batch::Shard::events`].
    pub events: Vec<u64>,
    /// See [`super::batch::Shard::listens`].
    pub listens: Vec<u32>,
    /// See [`super::batch::Shard::kept`].
    pub kept: Vec<Kept>,
    /// See [`super::batch::Shard::waiting`].
    pub waiting: Vec<Waiting>,
}

impl Constants {
    /// What is known before any code is made: all but which events are native.
    pub fn new(plan: &Plan<'_>) -> Constants {
        let journeys = plan.program.image.journeys.len() as u16;
        let events = plan.program.image.events.len() as u16;
        // Moments are within 2⁶¹; so no sum with these overflows, and the farthest stand for always and never.
        let held = |ms: i64| ms.clamp(-(1 << 62), 1 << 62);
        let kept = plan.tables.journeys.iter().map(|table| {
            let kept = &table.kept;
            let after_entry = if kept.always { i64::MAX } else { kept.after_entry };
            Kept { whole: held(kept.whole), after_entry: held(after_entry), after_exit: held(kept.after_exit) }
        });
        let listens = (0..events).flat_map(|event| (0..journeys).map(move |journey| (event, journey)));
        let listens = listens.map(|(event, journey)| {
            let heard = match plan.hears(event, journey) {
                Some(None) => 0,
                Some(Some(_)) => Listens::HEARS,
                None => Listens::DECLINES,
            };
            let late = if plan.late(event, journey) { Listens::LATE } else { 0 };
            match plan.key(event, journey) {
                Some(field) if heard | late != 0 => heard | late | Listens::KEYED | u32::from(field) << 16,
                _ => heard | late,
            }
        });
        let waiting = plan.tables.journeys.iter().zip(0..).map(|(table, journey)| {
            let (words, form) = (table.words as u64, table.form);
            let head = words << 40 | u64::from(form.0) << 32 | u64::from(WAITS) << 16 | journey;
            let due = if form.has(Form::WAKES) { form.wake() } else { form.due() };
            Waiting { head: if table.plain { head } else { 0 }, bytes: 8 * words, due: 8 * due as u64 }
        });
        Constants {
            events: vec![NOT_NATIVE; usize::from(events)],
            listens: listens.collect(),
            kept: kept.collect(),
            waiting: waiting.collect(),
        }
    }
}

/// Words of effects that one input, or one due moment, makes at most: everything that any journey may say on one way, and more.
pub fn most_words(plan: &Plan<'_>) -> usize {
    let journeys = plan.program.image.journeys.iter().map(|journey| {
        let sends = journey.code.iter().filter_map(|instr| match instr {
            Instr::Send(send) => Some(&journey.sends[usize::from(*send)]),
            _ => None,
        });
        let words = |send: &Send| 8 * send.tries.len() + record::HEAD + 1 + send.inputs.len() + journey.zeroed.len();
        sends.map(words).sum::<usize>()
    });
    journeys.max().unwrap_or(0) + 64
}
