//! What is remembered of events: updated as they come, read by expressions.

use crate::eval::{Frame, Scope};
use crate::image::{History, HistoryKind, MISSING, Span, Word};
use crate::layout::{Adds, HistoryPlace};
use crate::number::{add_int, number};
use crate::pool::Pool;
use crate::program::Program;
use crate::state::{push, zone, zone_id};
use crate::time::{self, Zone, plus};
use crate::watch::Dirty;

/// An event that has come: its row, its own time, and the stamp it was given.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// Index into the image's events.
    pub event: u16,
    /// A word for each field.
    pub row: &'a [Word],
    /// Its own time.
    pub happened_at: i64,
    /// The stamp.
    pub now: i64,
}

/// Updates all histories of an event, and marks the watches that read them.
pub fn observe(
    program: &Program,
    pool: &Pool,
    state: &mut [Word],
    frame: &mut Frame,
    seen: Seen<'_>,
    dirty: &mut Dirty,
) {
    for history in &program.histories_of_event[usize::from(seen.event)] {
        observe_in(program, pool, state, frame, seen, *history, dirty);
    }
}

/// Updates one history of an event.
pub(crate) fn observe_in(
    program: &Program,
    pool: &Pool,
    state: &mut [Word],
    frame: &mut Frame,
    seen: Seen<'_>,
    number: u16,
    dirty: &mut Dirty,
) {
    let history = &program.image.histories[usize::from(number)];
    if let Some(condition) = history.condition {
        let scope = Scope {
            slots: &[],
            row: seen.row,
            happened_at: seen.happened_at,
            ..Scope::of(program, pool, state, seen.now)
        };
        if !scope.holds(condition, frame, &mut i64::MAX.clone()) {
            return;
        }
    }
    if record(program, state, history, program.layout.histories[usize::from(number)], seen) {
        dirty.history(program, number);
    }
}

/// Whether it changed anything.
fn record(program: &Program, state: &mut [Word], history: &History, place: HistoryPlace, seen: Seen<'_>) -> bool {
    let zone = zone_id(state);
    let words = &mut state[place.at..place.at + place.words];
    match &history.kind {
        HistoryKind::Recent { .. } => push(words, seen.now as Word),
        HistoryKind::Total => words[0] = words[0].saturating_add(1).min(i64::MAX as Word),
        HistoryKind::SumTotal { field } => match seen.row[usize::from(*field)] {
            MISSING => return false,
            value => words[0] = sum(place.adds, words[0], value),
        },
        HistoryKind::Days { days, field } => {
            let value = field.map_or(1, |field| seen.row[usize::from(field)]);
            if value == MISSING {
                return false;
            }
            let today = program.zones.get(zone).date(seen.now);
            return Buckets { words, days: i64::from(*days), adds: place.adds }.add(today, value);
        }
        HistoryKind::Last { fields } => keep(words, fields, seen),
        HistoryKind::First { fields } => {
            if words[0] != MISSING {
                return false;
            }
            keep(words, fields, seen);
        }
    }
    true
}

fn keep(words: &mut [Word], fields: &[u16], seen: Seen<'_>) {
    words[0] = seen.happened_at as Word;
    for (word, field) in words[1..].iter_mut().zip(fields) {
        *word = seen.row[usize::from(*field)];
    }
}

fn sum(adds: Adds, a: Word, b: Word) -> Word {
    match adds {
        Adds::One | Adds::Int => add_int(a as i64, b as i64) as Word,
        Adds::Number => number(f64::from_bits(a) + f64::from_bits(b)),
    }
}

/// A sum for each of the last dates: the latest date, then a ring of words (for counts, of half words) indexed by the date.
struct Buckets<W> {
    words: W,
    days: i64,
    adds: Adds,
}

impl<W: AsRef<[Word]>> Buckets<W> {
    fn latest(&self) -> i64 {
        self.words.as_ref()[0] as i64
    }

    fn get(&self, date: i64) -> Word {
        self.at(date.rem_euclid(self.days) as usize)
    }

    fn at(&self, at: usize) -> Word {
        match self.adds {
            Adds::One => self.words.as_ref()[1 + at / 2] >> (at % 2 * 32) & 0xffff_ffff,
            Adds::Int | Adds::Number => self.words.as_ref()[1 + at],
        }
    }
}

impl Buckets<&mut [Word]> {
    fn set(&mut self, date: i64, value: Word) {
        let at = date.rem_euclid(self.days) as usize;
        match self.adds {
            Adds::One => {
                let (word, shift) = (&mut self.words[1 + at / 2], at % 2 * 32);
                *word = *word & !(0xffff_ffff << shift) | value.min(0xffff_ffff) << shift;
            }
            Adds::Int | Adds::Number => self.words[1 + at] = value,
        }
    }

    fn add(&mut self, date: i64, value: Word) -> bool {
        let latest = self.latest();
        if self.words[0] == MISSING {
            self.words[0] = date as Word;
        } else if date > latest {
            for gone in (latest + 1).max(date - self.days + 1)..=date {
                self.set(gone, 0);
            }
            self.words[0] = date as Word;
        } else if date <= latest - self.days {
            // The customer has moved to a zone where it is still a date that is no longer kept.
            return false;
        }
        self.set(date, sum(self.adds, self.get(date), value));
        true
    }
}

/// The count or sum of a history at `now`. Brings `changes` down to the moment at which time alone may change it.
pub fn tally(program: &Program, state: &[Word], history: u16, now: i64, changes: &mut i64) -> Word {
    let place = program.layout.histories[usize::from(history)];
    let words = &state[place.at..place.at + place.words];
    match &program.image.histories[usize::from(history)].kind {
        HistoryKind::Recent { window, .. } => tally_moments(words, window, zone(program, state), now, changes),
        HistoryKind::Total | HistoryKind::SumTotal { .. } => words[0],
        HistoryKind::Days { days, .. } => {
            tally_days(&Buckets { words, days: i64::from(*days), adds: place.adds }, zone(program, state), now, changes)
        }
        HistoryKind::Last { .. } | HistoryKind::First { .. } => Word::from(words[0] != MISSING),
    }
}

fn tally_moments(words: &[Word], window: &Span, zone: &Zone, now: i64, changes: &mut i64) -> Word {
    let (least, most) = time::lengths(window);
    let mut count = 0;
    let mut oldest = None;
    for at in words.iter().filter(|word| **word != MISSING).map(|word| *word as i64) {
        // Moments stand in their order: one that is far enough behind the oldest that counts also counts, and leaves later.
        if oldest.is_some_and(|oldest| at - oldest > most - least) && plus(at, least) > now {
            count += 1;
            continue;
        }
        let end = zone.add(at, window);
        if end > now {
            *changes = (*changes).min(end);
            oldest = oldest.or(Some(at));
            count += 1;
        }
    }
    count
}

fn tally_days(buckets: &Buckets<&[Word]>, zone: &Zone, now: i64, changes: &mut i64) -> Word {
    let latest = buckets.latest();
    if buckets.words[0] == MISSING {
        return 0;
    }
    let mut total = 0;
    let mut oldest = None;
    // In a zone where it is still the day before, the dates after today count too.
    let first = zone.date(now).max(latest) - buckets.days + 1;
    let mut at = first.rem_euclid(buckets.days) as usize;
    for date in first..=latest {
        let value = buckets.at(at);
        at = if at + 1 == buckets.days as usize { 0 } else { at + 1 };
        if value != 0 {
            oldest = oldest.or(Some(date));
            total = sum(buckets.adds, total, value);
        }
    }
    if let Some(oldest) = oldest {
        *changes = (*changes).min(zone.start(oldest + buckets.days));
    }
    total
}

/// The moment (`field` none) or a kept field of a `Last` or `First` history; may be missing.
pub fn kept(program: &Program, state: &[Word], history: u16, field: Option<u16>) -> Word {
    let place = program.layout.histories[usize::from(history)];
    state[place.at + field.map_or(0, |field| 1 + usize::from(field))]
}

#[cfg(test)]
mod tests;
