//! Who comes in: by events, by what has begun or ceased to hold, by hand-off.

use super::{Declined, EventTable, Machine};
use crate::image::{MISSING, Trigger};
use crate::record::Of;
use crate::state;
use crate::step;
use crate::step::admission::{Admission, Candidate};
use crate::step::entry::HandOff;
use crate::step::run::Run;

impl Machine<'_> {
    /// Phase: new runs, by the event and by what has begun or ceased to hold. Each journey is asked once.
    pub(super) fn new_runs(&mut self, table: &EventTable) -> Result<(), Declined> {
        let mut asked = None;
        if self.work.rare.changes.is_empty() {
            for enter in &table.enters {
                self.offer(enter.journey, enter.trigger, &mut asked)?;
            }
            return Ok(());
        }
        self.new_runs_of_changes(table)
    }

    #[inline(never)]
    fn new_runs_of_changes(&mut self, table: &EventTable) -> Result<(), Declined> {
        let mut asked = None;
        let plan = &self.program.plan;
        let mut offered = std::mem::take(&mut self.work.rare.offered);
        offered.clear();
        offered.extend(table.enters.iter().map(|enter| {
            let rank = plan.rank[usize::from(enter.journey)];
            (rank, enter.journey, enter.trigger)
        }));
        for change in self.work.rare.changes.drain(..) {
            let triggers = if change.holds { &plan.by_begin } else { &plan.by_cease };
            offered.extend(&triggers[usize::from(change.watch)]);
        }
        offered.sort_unstable();
        let mut all = offered.iter();
        let done = all.try_for_each(|(_, journey, trigger)| self.offer(*journey, *trigger, &mut asked));
        self.work.rare.offered = offered;
        done
    }

    /// A trigger offers a journey, if that has not been asked yet.
    #[inline(always)]
    #[expect(clippy::manual_contains, reason = "a few numbers, for most events: a call takes longer")]
    fn offer(&mut self, j: u16, trigger: u16, asked: &mut Option<u16>) -> Result<(), Declined> {
        if *asked == Some(j) || self.work.taken.iter().any(|taken| *taken == j) {
            return Ok(());
        }
        self.ask(j, trigger, asked)
    }

    fn ask(&mut self, j: u16, trigger: u16, asked: &mut Option<u16>) -> Result<(), Declined> {
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

    /// Lets a candidate in, or removes its record and tells why not. `from` is the journey that hands off to it.
    fn admit(&mut self, run: Run, from: Option<u16>) -> bool {
        let journey = self.journey(run);
        let fits = journey.only_if.is_none_or(|condition| self.is_so(run, false, condition));
        let (zone, now, first) = (self.zone(), self.now, self.first());
        let candidate = Candidate { journey, zone, now, first, run, handed_off: from.is_some() };
        let (names, customer) = (self.names, self.customer);
        let words = &mut self.words[..self.len];
        let key = journey.key.map(|_| candidate.key(words));
        match candidate.admission(words, fits, || names.name(customer)) {
            Admission::Enters(earlier) => {
                candidate.enter(&self.program.layout, words, earlier);
                self.entered |= state::entry_count(&self.program.layout, words, run.journey(words)).is_none();
                let of = self.of(run, None);
                self.out.entered(&of, from, false, key);
                true
            }
            Admission::Joins(alive) => {
                self.len = run.0;
                let of = self.of(alive, None);
                self.out.entered(&of, from, true, key);
                false
            }
            Admission::Refused(reason, _) => {
                self.len = run.0;
                let of = Of { run: 0, start: 0, ..self.of(run, None) };
                self.out.entry_refused(&of, reason, key);
                false
            }
        }
    }
}
