//! What is due, and the tidying after each input.

use super::{Declined, Kept, Machine};
use crate::layout::{WAKE as NEXT, WATCH_DUE};
use crate::step::machine::FUEL;
use crate::step::run::{
    AGE, ARRIVED, AT, BARRED, CHECK, CONVERTED, DUE, ENTERED, HELD, Keep, LEAVING, NEVER, Run, SINCE, WAITS,
    compact_words,
};
use crate::step::{entry, wait};
use crate::time::plus;

impl<'m> Machine<'m> {
    /// One instant at which something is due.
    pub(super) fn instant(&mut self, due: i64) -> Result<(), Declined> {
        self.go_to(due);
        if self.program.layout.watches > 0 && self.words[WATCH_DUE] as i64 <= self.now {
            return Err(Declined::Shape);
        }
        if self.calendar_due() <= self.now {
            return Err(Declined::Shape);
        }
        let (mut may_change, mut at) = (false, self.first());
        while let Some((run, next)) = self.record(at) {
            let table = &self.tables.journeys[usize::from(run.journey(self.words))];
            let status = run.status(self.words);
            if status < LEAVING && !table.plain && !table.watches || self.tables.meanwhile && status == HELD {
                return Err(Declined::Shape);
            }
            may_change |= status < LEAVING && table.watches && run.moment(self.words, CHECK) <= self.now;
            at = next;
        }
        if may_change {
            self.time_passes()?;
        }
        // A run whose timer comes up again and again at one instant has a defect.
        for _ in 0..FUEL {
            let Some(run) = self.next_timer() else { break };
            self.fire(run)?;
        }
        if self.next_timer().is_some() {
            return Err(Declined::Shape);
        }
        self.finish()?;
        let wake = self.words[NEXT] as i64;
        self.words[NEXT] = wake.max(self.now.saturating_add(1)) as u64;
        Ok(())
    }

    fn calendar_due(&self) -> i64 {
        self.program.layout.calendar.iter().map(|place| self.words[place.at] as i64).min().unwrap_or(NEVER)
    }

    /// When a plain run's stay ends.
    fn wakes(&self, run: Run) -> i64 {
        match run.status(self.words) {
            WAITS | HELD => run.moment(self.words, DUE),
            _ => NEVER,
        }
    }

    /// The run whose timer is next: by priority, due time, age.
    fn next_timer(&self) -> Option<Run> {
        let mut best = None;
        let mut at = self.first();
        while let Some((run, next)) = self.record(at) {
            at = next;
            let due = self.wakes(run);
            if due > self.now {
                continue;
            }
            let key = (std::cmp::Reverse(self.journey(run).priority), due, run.get(self.words, AGE));
            if best.as_ref().is_none_or(|(_, known)| key < *known) {
                best = Some((run, key));
            }
        }
        best.map(|(run, _)| run)
    }

    fn fire(&mut self, run: Run) -> Result<(), Declined> {
        let at = run.get(self.words, AT);
        let pc = match run.status(self.words) {
            WAITS => wait::time_is_up(&self.journey(run).places[at as usize]),
            _ => at as u32,
        };
        self.go_on(run, pc)
    }

    /// Leaves the state as it is kept: without what nobody asks for any more, and with the moment at which time does something.
    pub(super) fn finish(&mut self) -> Result<(), Declined> {
        if self.entered {
            let listed = crate::step::run::list_entered(&self.program.layout, self.words, self.len);
            self.len = listed.ok_or(Declined::Room)?;
        }
        let mut wake = self.calendar_due();
        if self.program.layout.watches > 0 {
            wake = wake.min(self.words[WATCH_DUE] as i64);
        }
        let (mut stays, mut at) = (true, self.first());
        while let Some((run, next)) = self.record(at) {
            run.mark(self.words, ARRIVED, false);
            at = next;
            if run.status(self.words) < LEAVING {
                wake = wake.min(run.moment(self.words, crate::step::run::WAKE));
                wake = wake.min(run.moment(self.words, CHECK));
            } else if stays {
                stays = self.stays(run);
            }
        }
        if !stays {
            self.forget()?;
        }
        self.words[NEXT] = wake as u64;
        Ok(())
    }

    /// Whether an ended run is kept as it is, for certain.
    fn stays(&self, run: Run) -> bool {
        let Kept { whole, always, after_entry, after_exit } =
            self.tables.journeys[usize::from(run.journey(self.words))].kept;
        if run.is(self.words, crate::step::run::GONE) {
            return false;
        }
        let from = |field, ms: i64| plus(run.moment(self.words, field), ms);
        if run.whole(self.words) {
            return whole != i64::MIN && !run.is(self.words, CONVERTED) && self.now <= from(ENTERED, whole);
        }
        run.is(self.words, BARRED)
            || always
            || after_entry != i64::MIN && self.now < from(ENTERED, after_entry)
            || after_exit != i64::MIN && self.now < from(SINCE, after_exit)
    }

    /// Removes ended runs for which nothing asks any more.
    fn forget(&mut self) -> Result<(), Declined> {
        let (image, zone, now, first) = (self.image, self.zone(), self.now, self.first());
        self.taken.clear();
        let stubs = &mut *self.taken;
        let (len, words) = (self.len, &mut *self.words);
        self.len = compact_words(&mut words[..len], first, |words, run| {
            if run.alive(words) {
                return Keep::All;
            }
            if run.is(words, crate::step::run::GONE) {
                return Keep::Nothing;
            }
            let journey = run.journey(words);
            let kept = entry::kept(&image.journeys[usize::from(journey)], zone, now, words, run);
            if kept == Keep::Stub && run.whole(words) && !stubs.contains(&journey) {
                stubs.push(journey);
            }
            kept
        });
        // A journey that remembers too many forgets the oldest: the reference knows which.
        for at in 0..self.taken.len() {
            let journey = self.taken[at];
            let most = entry::remembered(&self.image.journeys[usize::from(journey)]);
            let (mut held, mut at) = (0, self.first());
            while let Some((run, next)) = self.record(at) {
                held += usize::from(run.journey(self.words) == journey && !run.whole(self.words));
                at = next;
            }
            if held > most {
                return Err(Declined::Shape);
            }
        }
        Ok(())
    }
}
