//! Where a customer's runs stand, for tests and traces.

use super::run::{self, AT, HELD, PAUSED, WAITS};
use crate::image::{Instr, Word};
use crate::program::Program;

/// A run that is alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Its journey (index).
    pub journey: u16,
    /// Its number: 1 for the customer's first run in the journey.
    pub run: u32,
    /// The step it stands at (index into the journey's steps).
    pub step: Option<u16>,
    /// The stage it stands in (index into the journey's stages).
    pub stage: Option<u16>,
}

/// The runs of a customer that are alive, in the order in which they are kept.
pub fn standing(program: &Program, state: &[Word]) -> Vec<Standing> {
    let alive = run::records(state, crate::state::records_at(&program.layout, state))
        .filter(|run| run.whole(state) && run.alive(state));
    let stands = |run: run::Run| {
        let index = run.journey(state);
        let journey = &program.image.journeys[usize::from(index)];
        let at = run.get(state, AT);
        let (pc, place) = match run.status(state) {
            WAITS => {
                let here = |instr: &Instr| matches!(instr, Instr::Stay(place) if Word::from(*place) == at);
                (journey.code.iter().position(here), journey.places.get(at as usize))
            }
            HELD | PAUSED => (Some(at as usize), None),
            _ => (None, None),
        };
        let step = pc.and_then(|pc| journey.step_of.get(pc).copied());
        let stage = match place {
            Some(place) => place.stage,
            None => step.and_then(|step| journey.steps.get(usize::from(step))).and_then(|step| step.stage),
        };
        Standing { journey: index, run: run.number(state), step, stage }
    };
    alive.map(stands).collect()
}
