//! What runs hold or drop meanwhile of what the customer's other runs send.

use super::machine::{in_stage, stage_of};
use super::run::{self, AGE, AT, HELD, HOLDER, Run};
use crate::image::{Image, Instr, MISSING, Word};
use std::cmp::Reverse;

/// Another run that does not let a send of a purpose pass, and whether it holds it; else it drops it. A drop outweighs a hold.
/// The records of runs begin at `first`.
pub(crate) fn barrier(image: &Image, state: &[Word], first: usize, run: Run, purpose: u16) -> Option<(Run, bool)> {
    let clauses = || {
        run::records(state, first).filter(|other| *other != run && other.alive(state)).flat_map(|other| {
            let journey = &image.journeys[usize::from(other.journey(state))];
            let of_purpose = journey.meanwhile.iter().filter(move |clause| clause.purpose == purpose);
            of_purpose
                .filter(move |clause| {
                    clause.stage.is_none() || in_stage(journey, stage_of(image, state, other), clause.stage)
                })
                .map(move |clause| (other, clause.hold))
        })
    };
    clauses().find(|(_, hold)| !hold).or_else(|| clauses().find(|(other, _)| !yields(image, state, first, *other, run)))
}

/// Higher priority first, then the older.
fn order(image: &Image, state: &[Word], run: Run) -> (Reverse<i64>, Word) {
    (Reverse(image.journeys[usize::from(run.journey(state))].priority), run.get(state, AGE))
}

/// Two runs that hold each other would wait for ever: the one that comes first in order is not held by one that waits for it.
fn yields(image: &Image, state: &[Word], first: usize, holder: Run, asks: Run) -> bool {
    if order(image, state, asks) > order(image, state, holder) {
        return false;
    }
    let mut waits = holder;
    for _ in run::records(state, first) {
        let by = waits.get(state, HOLDER);
        if waits.status(state) != HELD || by == MISSING {
            return false;
        }
        match run::records(state, first).find(|run| run.alive(state) && run.get(state, AGE) == by) {
            Some(next) if next == asks => return true,
            Some(next) => waits = next,
            None => return false,
        }
    }
    false
}

/// The first run whose send may ask again, since its holder does not hold it any more.
pub(crate) fn freed(image: &Image, state: &[Word], first: usize) -> Option<Run> {
    let held = |run: &Run| run.status(state) == HELD && run.get(state, HOLDER) != MISSING;
    let freed = run::records(state, first).filter(held).filter(|run| {
        let journey = &image.journeys[usize::from(run.journey(state))];
        let Some(Instr::Send(send)) = journey.code.get(run.get(state, AT) as usize) else { return true };
        let purpose = image.messages[usize::from(journey.sends[usize::from(*send)].message)].purpose;
        match barrier(image, state, first, *run, purpose) {
            Some((holder, true)) => holder.get(state, AGE) != run.get(state, HOLDER),
            _ => true,
        }
    });
    freed.min_by_key(|run| order(image, state, *run))
}
