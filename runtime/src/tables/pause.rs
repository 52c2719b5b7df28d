//! Pauses: while one is in force, a run makes no effect. As [`crate::step`] has them.

use super::{Declined, Machine};
use crate::image::Pc;
use crate::input::EffectKind;
use crate::record::how;
use crate::step::machine::{in_stage, stage_at};
use crate::step::pause::{self, Asks, Paused};
use crate::step::run::{ARRIVED, AT, DUE, EXPIRED, PAUSED, Run};
use crate::time::NEVER;

impl Machine<'_> {
    /// Phase: pauses begin, end, and are over.
    pub(super) fn pauses(&mut self) {
        for at in 0..self.work.hits.len() {
            let run = self.work.hits[at].run;
            if run.alive(self.words)
                && !self.journey(run).pauses.is_empty()
                && self.look_at_pauses(run, self.stage_of(run), true) != Paused::Left
            {
                self.set_wake(run);
            }
        }
    }

    /// Brings a run's pauses up to date, for a run that stands in `stage`; with the present event, if `hears`.
    pub(super) fn look_at_pauses(&mut self, run: Run, stage: Option<u16>, hears: bool) -> Paused {
        let journey = self.journey(run);
        let mut first = Paused::No;
        for (number, pause) in journey.pauses.iter().enumerate() {
            let before = run.slot(self.words, pause.since);
            let there = in_stage(journey, stage, pause.stage);
            let mut since = pause::since(pause, before, there, self.now, |asks| match asks {
                Asks::Holds(condition) => self.watches(run, condition),
                Asks::Hears(listener) => hears && self.hears(run, listener),
            });
            if pause::is_over(pause, since, self.zone(), self.now) {
                if pause.then_exit {
                    self.end(run, how::PAUSE_TOO_LONG, 0, None);
                    return Paused::Left;
                }
                since = EXPIRED;
            }
            if since != before {
                run.set_slot(self.words, pause.since, since);
            }
            if pause::in_force(since) && first == Paused::No {
                first = Paused::By(number);
            }
        }
        first
    }

    /// Whether a run may make the effect of the instruction at `pc`. If not, it has left, or stands there until its pause ends.
    pub(super) fn may_act(&mut self, run: Run, pc: Pc) -> bool {
        // On leaving, neither exits nor pauses apply.
        if self.tables.journeys[usize::from(run.journey(self.words))].plain || !run.alive(self.words) {
            return true;
        }
        let stage = stage_at(self.journey(run), pc);
        if self.leaves(run, stage, false) {
            return false;
        }
        match self.look_at_pauses(run, stage, false) {
            Paused::No => true,
            Paused::Left => false,
            Paused::By(pause) => {
                run.set_status(self.words, PAUSED);
                run.put(self.words, AT, u64::from(pc));
                run.put_moment(self.words, DUE, NEVER);
                run.mark(self.words, ARRIVED, true);
                let reason = self.journey(run).pauses[pause].text.clone();
                self.tells(run, pc, None, EffectKind::Paused { reason });
                false
            }
        }
    }

    /// A run that stands before an effect does it now, if none of its pauses is in force any more.
    pub(super) fn resume(&mut self, run: Run) -> Result<(), Declined> {
        if self.journey(run).pauses.iter().any(|pause| pause::in_force(run.slot(self.words, pause.since))) {
            return Ok(());
        }
        let pc = run.get(self.words, AT) as Pc;
        self.tells(run, pc, None, EffectKind::Resumed);
        self.go_on(run, pc)
    }
}
