//! The passing of time: what happens at one instant besides events, in order: conditions, runs' timers, triggers by the calendar.

use super::machine::On;
use super::machine::{FUEL, Machine};
use super::pause::Paused;
use super::run::{self, AGE, AT, CHECK, DUE, ENTERED, HELD, PAUSED, Run, WAITS, WAKE};
use crate::image::Pc;
use crate::input::{LeaveHow, Sink};
use crate::layout::WAKE as NEXT;
use crate::watch;

impl<S: Sink> Machine<'_, S> {
    /// One instant.
    pub(super) fn instant(&mut self) {
        let first = self.first();
        let may_change = |run: Run| run.alive(self.state) && run.moment(self.state, CHECK) <= self.now;
        if watch::due(self.program, self.state) <= self.now || run::records(self.state, first).any(may_change) {
            self.time_passes();
            self.settle();
        }
        // A run whose timer comes up again and again at one instant has a defect.
        for _ in 0..FUEL {
            let Some(run) = self.next_timer() else { break };
            self.fire(run);
            self.settle();
        }
        if let Some(run) = self.next_timer() {
            self.end(run, LeaveHow::OutOfFuel);
        }
        self.calendar_triggers();
        self.finish();
        // What is due by now has been done; a moment that is not after now would bring the customer here for ever.
        let wake = self.state[NEXT] as i64;
        self.state[NEXT] = wake.max(self.now.saturating_add(1)) as u64;
    }

    /// The run whose timer is next: by priority, due time, age.
    fn next_timer(&self) -> Option<Run> {
        let due = |run: &Run| run.alive(self.state) && run.moment(self.state, WAKE) <= self.now;
        let order = |run: &Run| {
            (std::cmp::Reverse(self.journey(*run).priority), run.moment(self.state, WAKE), run.get(self.state, AGE))
        };
        run::records(self.state, self.first()).filter(due).min_by_key(order)
    }

    /// What time does to one run: it has lasted too long, a pause is over, a stay ends, a held send asks again.
    fn fire(&mut self, run: Run) {
        let journey = self.journey(run);
        if let Some(span) = &journey.lasts
            && self.now >= self.zone().add(run.moment(self.state, ENTERED), span)
        {
            return self.end(run, LeaveHow::TooLong);
        }
        if !journey.pauses.is_empty() {
            let stage = self.stage_of(run);
            if self.look_at_pauses(run, stage, On::Nothing) == Paused::Left {
                return;
            }
        }
        let status = run.status(self.state);
        let at = run.get(self.state, AT);
        let due = run.moment(self.state, DUE) <= self.now;
        match status {
            PAUSED => self.resume(run),
            WAITS if due => {
                let next = super::wait::time_is_up(&journey.places[at as usize]);
                if S::TELLS {
                    self.tell(Some(run), None, "its time is up".to_string());
                }
                self.go_on(run, next);
            }
            HELD if due => self.go_on(run, at as Pc),
            _ => {}
        }
        if run.alive(self.state) {
            self.set_wake(run);
        }
    }
}
