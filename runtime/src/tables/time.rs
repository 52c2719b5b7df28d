//! What is due, and the tidying after each input.

use super::{Declined, Kept, Machine};
use crate::layout::{WAKE as NEXT, WATCH_DUE};
use crate::record::how;
use crate::step::machine::FUEL;
use crate::step::pause::Paused;
use crate::step::run::{
    AGE, ARRIVED, AT, BARRED, CHECK, CONVERTED, DUE, ENTERED, HELD, Keep, LEAVING, NEVER, PAUSED, Run, SINCE, WAITS,
    WAKE as RUN_WAKE, compact_words,
};
use crate::step::{calendar, entry, wait};
use crate::time::plus;

impl<'m> Machine<'m> {
    /// One instant at which something is due.
    pub(super) fn instant(&mut self, due: i64) -> Result<(), Declined> {
        self.go_to(due);
        let mut may_change = self.stirs();
        let (mut sure, mut at) = (!may_change && calendar::due(self.program, self.words) > self.now, self.first());
        while let Some((run, next)) = self.record(at) {
            let table = &self.tables.journeys[usize::from(run.journey(self.words))];
            let status = run.status(self.words);
            sure &= table.sure;
            may_change |= status < LEAVING && !table.plain && run.moment(self.words, CHECK) <= self.now;
            at = next;
        }
        self.keep(sure);
        if may_change {
            self.look_again(false);
            self.time_passes(false)?;
            self.settle()?;
        }
        self.timers()?;
        self.calendar_triggers()?;
        self.finish()?;
        let wake = self.words[NEXT] as i64;
        self.words[NEXT] = wake.max(self.now.saturating_add(1)) as u64;
        Ok(())
    }

    /// What is due now, run by run.
    pub(super) fn timers(&mut self) -> Result<(), Declined> {
        // A run whose timer comes up again and again at one instant has a defect.
        for _ in 0..FUEL {
            let Some(run) = self.next_timer() else { return Ok(()) };
            self.fire(run)?;
            self.settle()?;
        }
        if let Some(run) = self.next_timer() {
            self.end(run, how::OUT_OF_FUEL, 0, None);
        }
        Ok(())
    }

    /// When time does something to a run.
    fn wakes(&self, run: Run) -> i64 {
        if run.alive(self.words) { run.moment(self.words, RUN_WAKE) } else { NEVER }
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

    /// What time does to one run: it has lasted too long, a pause is over, its stay ends, a held send asks again.
    fn fire(&mut self, run: Run) -> Result<(), Declined> {
        let journey = self.journey(run);
        if let Some(span) = &journey.lasts
            && self.now >= self.zone().add(run.moment(self.words, ENTERED), span)
        {
            self.end(run, how::TOO_LONG, 0, None);
            return Ok(());
        }
        if !journey.pauses.is_empty() && self.look_at_pauses(run, self.stage_of(run), false) == Paused::Left {
            return Ok(());
        }
        let at = run.get(self.words, AT);
        let due = run.moment(self.words, DUE) <= self.now;
        match run.status(self.words) {
            PAUSED => self.resume(run)?,
            WAITS if due => self.go_on(run, wait::time_is_up(&journey.places[at as usize]))?,
            HELD if due => self.go_on(run, at as u32)?,
            _ => {}
        }
        self.set_wake(run);
        Ok(())
    }

    /// Leaves the state as it is kept: without what nobody asks for any more, and with the moment at which time does something.
    pub(super) fn finish(&mut self) -> Result<(), Declined> {
        if self.entered {
            let listed = crate::step::run::list_entered(&self.program.layout, self.words, self.len);
            self.len = listed.ok_or(Declined::Room)?;
        }
        let mut wake = if self.tables.calm { NEVER } else { self.stirs_at() };
        let (mut ended, mut at) = (false, self.first());
        let words = &mut self.words[..self.len];
        while at < words.len() {
            let run = Run(at);
            at += run.len(words);
            run.mark(words, ARRIVED, false);
            if run.status(words) < LEAVING {
                wake = wake.min(run.moment(words, RUN_WAKE)).min(run.moment(words, CHECK));
            } else {
                ended = true;
            }
        }
        words[NEXT] = wake as u64;
        if ended {
            self.tidy();
        }
        Ok(())
    }

    /// Forgets ended runs, unless all are kept as they are for certain.
    #[inline(never)]
    fn tidy(&mut self) {
        let mut at = self.first();
        while let Some((run, next)) = self.record(at) {
            at = next;
            if !run.alive(self.words) && !self.stays(run) {
                return self.forget();
            }
        }
    }

    /// When time alone does something that is no run's.
    fn stirs_at(&self) -> i64 {
        let watched = if self.program.layout.watches > 0 { self.words[WATCH_DUE] as i64 } else { NEVER };
        calendar::due(self.program, self.words).min(watched)
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
    fn forget(&mut self) {
        let (image, zone, now, first) = (self.image, self.zone(), self.now, self.first());
        self.work.taken.clear();
        let stubs = &mut self.work.taken;
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
        for at in 0..self.work.taken.len() {
            self.forget_oldest_keys(self.work.taken[at]);
        }
    }

    /// Forgets the oldest keys of a journey that remembers only so many.
    fn forget_oldest_keys(&mut self, journey: u16) {
        let most = entry::remembered(&self.image.journeys[usize::from(journey)]);
        loop {
            let (mut held, mut oldest, mut at) = (0, None, self.first());
            while let Some((run, next)) = self.record(at) {
                at = next;
                if run.journey(self.words) == journey && !run.whole(self.words) {
                    held += 1;
                    let key = (run.moment(self.words, SINCE), run.get(self.words, AGE));
                    if oldest.is_none_or(|(_, known)| key < known) {
                        oldest = Some((run, key));
                    }
                }
            }
            let Some((run, _)) = oldest.filter(|_| held > most) else { return };
            let next = (run.0 + run.len(self.words)).min(self.len);
            self.words.copy_within(next..self.len, run.0);
            self.len -= next - run.0;
        }
    }
}
