//! Who comes in: by events, by what has begun or ceased to hold, by hand-off.

use super::{Declined, EventTable, Machine};
use crate::image::{MISSING, ReEntry, Trigger, Word};
use crate::input::Reason;
use crate::step::entry::HandOff;
use crate::step::run::{AGE, BARRED, ENDED, ENTERED, GONE, KEY, Run, SINCE};
use crate::step::{self, ids};

impl Machine<'_> {
    /// Phase: new runs, by the event and by what has begun or ceased to hold. Each journey is asked once.
    pub(super) fn new_runs(&mut self, table: &EventTable) -> Result<(), Declined> {
        let mut asked = None;
        if self.rare.changes.is_empty() {
            for enter in &table.enters {
                self.offer(enter.journey, enter.trigger, &mut asked)?;
            }
            return Ok(());
        }
        let plan = &self.program.plan;
        let mut offered = std::mem::take(&mut self.rare.offered);
        offered.clear();
        offered.extend(table.enters.iter().map(|enter| {
            let rank = plan.rank[usize::from(enter.journey)];
            (rank, enter.journey, enter.trigger)
        }));
        for change in self.rare.changes.drain(..) {
            let triggers = if change.holds { &plan.by_begin } else { &plan.by_cease };
            offered.extend(&triggers[usize::from(change.watch)]);
        }
        offered.sort_unstable();
        let mut all = offered.iter();
        let done = all.try_for_each(|(_, journey, trigger)| self.offer(*journey, *trigger, &mut asked));
        self.rare.offered = offered;
        done
    }

    /// A trigger offers a journey that has not been asked yet.
    fn offer(&mut self, j: u16, trigger: u16, asked: &mut Option<u16>) -> Result<(), Declined> {
        if *asked == Some(j) || self.taken.contains(&j) {
            return Ok(());
        }
        let run = self.candidate(j)?;
        let trigger = &self.image.journeys[usize::from(j)].triggers[usize::from(trigger)];
        if let Trigger::Event { listener, capture } = trigger {
            self.capture(run, capture);
            if !self.hears(run, listener) {
                self.len = run.0;
                return Ok(());
            }
        }
        *asked = Some(j);
        self.begin(run)
    }

    /// A candidate takes its first steps, if it is let in.
    pub(super) fn begin(&mut self, run: Run) -> Result<(), Declined> {
        if self.admit(run, None) { self.go_on(run, 0) } else { Ok(()) }
    }

    /// A record at the end of the state for someone who may come in.
    pub(super) fn candidate(&mut self, j: u16) -> Result<Run, Declined> {
        let (table, journey) = (&self.tables.journeys[usize::from(j)], &self.image.journeys[usize::from(j)]);
        let run = Run(self.len);
        let end = self.len + table.words;
        let Some(words) = self.words.get_mut(run.0..end) else { return Err(Declined::Room) };
        words.fill(MISSING);
        step::run::begin(self.words, run, j, table.form, table.words, &journey.zeroed);
        self.len = end;
        Ok(run)
    }

    /// Starts the run that another one hands off to; none when it is not let in.
    pub(super) fn take_over(&mut self, handoff: &HandOff) -> Result<Option<Run>, Declined> {
        let run = self.candidate(handoff.journey)?;
        let params = self.image.journeys[usize::from(handoff.journey)].params;
        for (slot, value) in (0..params).zip(&handoff.args) {
            run.set_slot(self.words, slot, *value);
        }
        Ok(self.admit(run, Some(handoff.from)).then_some(run))
    }

    /// The run of a journey with a key, beside the candidate.
    fn run_of(&self, journey: u16, key: Word, beside: Run) -> Option<Run> {
        let mut at = self.first();
        while let Some((run, next)) = self.record(at) {
            if run != beside
                && run.journey(self.words) == journey
                && run.get(self.words, KEY) == key
                && !run.is(self.words, GONE)
            {
                return Some(run);
            }
            at = next;
        }
        None
    }

    /// Lets a candidate in, or removes its record and tells why not. `from` is the journey that hands off to it.
    fn admit(&mut self, run: Run, from: Option<u16>) -> bool {
        let j = run.journey(self.words);
        let journey = &self.image.journeys[usize::from(j)];
        let now = self.now;
        let key = journey.key.map_or(0, |slot| run.slot(self.words, slot));
        let key_word = journey.key.map(|_| key);
        let earlier = if key == MISSING { None } else { self.run_of(j, key, run) };
        let reason = 'reason: {
            if let Some(condition) = journey.only_if
                && !self.is_so(run, false, condition)
            {
                break 'reason Some(Reason::OnlyIf);
            }
            if journey.window != (None, None) {
                let today = self.zone().date(now);
                if journey.window.0.is_some_and(|first| today < first)
                    || journey.window.1.is_some_and(|last| today > last)
                {
                    break 'reason Some(Reason::OutsideDates);
                }
            }
            if journey
                .rollout
                .is_some_and(|share| ids::lot("rollout", &journey.name, self.names.name(self.customer)) >= share)
            {
                break 'reason Some(Reason::NotInRollout);
            }
            if key == MISSING {
                break 'reason Some(Reason::NoKey);
            }
            if let Some(earlier) = earlier {
                let (entered, left) = (earlier.moment(self.words, ENTERED), earlier.moment(self.words, SINCE));
                if earlier.status(self.words) != ENDED {
                    if from.is_some() {
                        // Its run goes on.
                        self.len = run.0;
                        let of = self.of(earlier, None);
                        self.out.entered(&of, from, true, key_word);
                        return false;
                    }
                    break 'reason Some(Reason::AlreadyIn);
                }
                if earlier.is(self.words, BARRED) {
                    break 'reason Some(Reason::Barred);
                }
                let open = from.is_some()
                    || match &journey.reentry {
                        ReEntry::Never { .. } => false,
                        ReEntry::AfterFinishing => true,
                        ReEntry::AfterEntry(span) => now >= self.zone().add(entered, span),
                        ReEntry::AfterExit(span) => now >= self.zone().add(left, span),
                    };
                if !open {
                    break 'reason Some(Reason::ReEntry);
                }
            }
            match journey.at_once {
                Some(most) if self.alive_runs(j, run) >= most as usize => Some(Reason::TooManyRuns),
                _ => None,
            }
        };
        if let Some(reason) = reason {
            self.len = run.0;
            let of = crate::record::Of { run: 0, start: 0, ..self.of(run, None) };
            self.out.entry_refused(&of, reason, key_word);
            return false;
        }
        if let Some(earlier) = earlier {
            earlier.mark(self.words, GONE, true);
        }
        let mut age: Option<Word> = None;
        let mut at = self.first();
        while let Some((other, next)) = self.record(at) {
            if other != run {
                age = age.max(Some(other.get(self.words, AGE)));
            }
            at = next;
        }
        let number = step::run::count_entry(&self.program.layout, &mut self.words[..self.len], j);
        self.entered = true;
        run.set_numbers(self.words, number, 1);
        run.put(self.words, KEY, key);
        run.put(self.words, AGE, age.map_or(0, |age| age.saturating_add(1)));
        run.set_out(self.words, self.now);
        let of = self.of(run, None);
        self.out.entered(&of, from, false, key_word);
        true
    }

    fn alive_runs(&self, journey: u16, beside: Run) -> usize {
        let (mut at, mut count) = (self.first(), 0);
        while let Some((run, next)) = self.record(at) {
            count += usize::from(run != beside && run.journey(self.words) == journey && run.alive(self.words));
            at = next;
        }
        count
    }
}
