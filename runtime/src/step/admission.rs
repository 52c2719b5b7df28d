//! Who is let in: said once, over the words of a customer's state.

use super::ids;
use super::run::{self, AGE, BARRED, ENDED, ENTERED, GONE, KEY, Run, SINCE};
use crate::image::{Journey, MISSING, ReEntry, Word};
use crate::input::Reason;
use crate::layout::Layout;
use crate::time::Zone;

/// What becomes of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It comes in, and replaces what was remembered of an earlier run with its key.
    Enters(Option<Run>),
    /// It was handed off to a run that is alive: that one goes on.
    Joins(Run),
    /// It is not let in; and the earlier run with its key.
    Refused(Reason, Option<Run>),
}

/// What a candidate is asked.
pub(crate) struct Candidate<'a> {
    /// Its journey.
    pub journey: &'a Journey,
    /// The customer's zone.
    pub zone: &'a Zone,
    /// Milliseconds since 1970 UTC.
    pub now: i64,
    /// Where records begin.
    pub first: usize,
    /// Its record.
    pub run: Run,
    /// Another run hands off to it.
    pub handed_off: bool,
}

impl Candidate<'_> {
    /// What tells its run apart; 0 without a key, [`MISSING`] when it is not known.
    pub fn key(&self, words: &[Word]) -> Word {
        self.journey.key.map_or(0, |slot| self.run.slot(words, slot))
    }

    /// Whether it is let in. `fits`: whether the journey's own condition holds for it; `name`: the customer's.
    pub fn admission<'n>(&self, words: &[Word], fits: bool, name: impl FnOnce() -> &'n str) -> Admission {
        let Candidate { journey, zone, now, .. } = *self;
        let key = self.key(words);
        let others = || run::records(words, self.first).filter(|other| *other != self.run);
        let own = || others().filter(|other| other.journey(words) == self.run.journey(words));
        let with_key = |other: &Run| other.get(words, KEY) == key && !other.is(words, GONE);
        let earlier = if key == MISSING { None } else { own().find(with_key) };
        let refused = |reason| Admission::Refused(reason, earlier);
        if !fits {
            return refused(Reason::OnlyIf);
        }
        if journey.window != (None, None) {
            let (today, (begins, ends)) = (zone.date(now), journey.window);
            if begins.is_some_and(|begins| today < begins) || ends.is_some_and(|ends| today > ends) {
                return refused(Reason::OutsideDates);
            }
        }
        if journey.rollout.is_some_and(|share| ids::lot("rollout", &journey.name, name()) >= share) {
            return refused(Reason::NotInRollout);
        }
        if key == MISSING {
            return refused(Reason::NoKey);
        }
        if let Some(earlier) = earlier {
            if earlier.status(words) != ENDED {
                return if self.handed_off { Admission::Joins(earlier) } else { refused(Reason::AlreadyIn) };
            }
            if earlier.is(words, BARRED) {
                return refused(Reason::Barred);
            }
            let open = self.handed_off
                || match &journey.reentry {
                    ReEntry::Never { .. } => false,
                    ReEntry::AfterFinishing => true,
                    ReEntry::AfterEntry(span) => now >= zone.add(earlier.moment(words, ENTERED), span),
                    ReEntry::AfterExit(span) => now >= zone.add(earlier.moment(words, SINCE), span),
                };
            if !open {
                return refused(Reason::ReEntry);
            }
        }
        if journey.at_once.is_some_and(|most| own().filter(|other| other.alive(words)).count() >= most as usize) {
            return refused(Reason::TooManyRuns);
        }
        Admission::Enters(earlier)
    }

    /// Makes a run of it, which replaces an earlier one.
    pub fn enter(&self, layout: &Layout, words: &mut [Word], earlier: Option<Run>) {
        if let Some(earlier) = earlier {
            earlier.mark(words, GONE, true);
        }
        let others = run::records(words, self.first).filter(|other| *other != self.run);
        let oldest = others.map(|other| other.get(words, AGE)).max();
        let key = self.key(words);
        let number = run::count_entry(layout, words, self.run.journey(words));
        self.run.set_numbers(words, number, 1);
        self.run.put(words, KEY, key);
        self.run.put(words, AGE, oldest.map_or(0, |age| age.saturating_add(1)));
        self.run.set_out(words, self.now);
    }
}
