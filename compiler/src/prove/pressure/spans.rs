//! The least time in which one line of runs (one after the other, never two at once) can make so many sends.
//!
//! A window begins with a send of some run, goes on through whole runs, and ends in one. What a run takes with n sends, from its
//! entry or from the window's first send, is found on the journey's walk ([`Reach`]); what must lie between two entries is added
//! here. All of it is min-plus sums of such lists, so it costs sends × sends of a run.

use super::reach::{NEVER, Reach, Start};
use super::walk::{Units, Walk};
use crate::hir::{Journey, ReEntry, Trigger};

/// How many sends of a line are followed at most.
const MOST: usize = 2_048;

/// Sends closer together than this, on and on, are as many as there are events.
const SECOND: i64 = 1_000;

/// What lies between two entries of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spacing {
    /// From one entry to the next.
    pub entry: i64,
    /// From an end to the next entry. [`NEVER`]: there is no other.
    pub exit: i64,
}

impl Spacing {
    /// What the header says: `re-entry` (where runs of different keys follow one another it says nothing), and the calendar.
    pub fn new(journey: &Journey, units: Units, same_key: bool) -> Spacing {
        let mut spacing = Spacing { entry: calendar(journey, units), exit: 0 };
        let handed = journey.triggers.iter().any(|t| matches!(t, Trigger::HandOff(_)));
        if same_key && !handed {
            match &journey.reentry {
                ReEntry::AfterFinishing => {}
                ReEntry::AfterEntry(length) => spacing.entry = spacing.entry.max(units.least(*length)),
                ReEntry::AfterExit(length) => spacing.exit = units.least(*length),
                ReEntry::Never { .. } => spacing.exit = NEVER,
            }
        }
        spacing
    }

    /// From an entry to the next, for a run that takes so long.
    fn whole(self, run: i64) -> i64 {
        run.saturating_add(self.exit).max(self.entry).min(NEVER)
    }
}

/// The least time between two moments of calendar triggers, when all triggers are such.
fn calendar(journey: &Journey, units: Units) -> i64 {
    use crate::hir::{DayRule, Length};
    const DAY: Length = Length { months: 0, days: 1, ms: 0 };
    let [only] = &journey.triggers[..] else { return 0 };
    match only {
        Trigger::Every { day: DayRule::Month(_), .. } => units.least(Length { months: 1, days: 0, ms: 0 }),
        Trigger::Every { day: DayRule::Week { days, .. }, .. } => {
            let on = |d: u8| days >> (d % 7) & 1 == 1;
            let gaps = (0..7u8).filter(|d| on(*d)).filter_map(|d| (1..=7u8).find(|n| on(d + n)));
            gaps.min().map_or(0, |days| units.least(Length { days: i32::from(days), ..DAY }))
        }
        // The date is a field of the profile, and may be changed every day.
        Trigger::Date { .. } => units.least(DAY),
        _ => 0,
    }
}

/// The least times.
#[derive(Debug, Clone)]
pub struct Spans {
    /// For each number of sends, the least time from the first to the last of them. Number 0 and 1 are 0. Increasing.
    pub least: Vec<i64>,
    /// More than these were not followed.
    pub cut: bool,
}

/// How many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Most {
    /// At most so many.
    Of(u64),
    /// As many as there are events.
    Endless,
}

impl Most {
    /// The number.
    pub fn number(self) -> Option<u64> {
        match self {
            Most::Of(n) => Some(n),
            Most::Endless => None,
        }
    }
}

impl std::ops::Add for Most {
    type Output = Most;
    fn add(self, other: Most) -> Most {
        match (self, other) {
            (Most::Of(a), Most::Of(b)) => Most::Of(a.saturating_add(b)),
            _ => Most::Endless,
        }
    }
}

impl Spans {
    /// Of a walk; `counted` are the places that are sends of the kind in question. Nothing beyond `horizon` is looked for.
    pub fn new(walk: &Walk, counted: &[bool], spacing: Spacing, horizon: i64) -> Spans {
        let sends: Vec<usize> = (0..walk.places.len()).filter(|p| counted[*p]).collect();
        let mut spans = Spans { least: vec![0], cut: false };
        if sends.is_empty() {
            return spans;
        }
        let at_sends = || sends.iter().copied();
        // From the entry: to the n-th send, to the end with n sends, to starting over with n sends.
        let entry = Reach::new(walk, counted, &[(0, 0, 0)], horizon);
        let first = entry.least(at_sends());
        let whole: Vec<i64> =
            (0..first.len()).map(|n| spacing.whole(entry.at(n, walk.over)).min(entry.at(n, walk.again))).collect();
        // From the window's first send, by how much later than its entry that may be.
        let mut groups: Vec<(i64, Vec<Start>)> = Vec::new();
        for send in at_sends() {
            let late = walk.latest[send].map_or(0, |latest| (spacing.entry - latest).max(0));
            match groups.iter().position(|g| g.0 == late) {
                Some(at) => groups[at].1.push((send, 0, 1)),
                None if groups.len() < 12 => groups.push((late, vec![(send, 0, 1)])),
                // Sooner than it could be: sound, and rarely asked for.
                None => {
                    groups[0].0 = groups[0].0.min(late);
                    groups[0].1.push((send, 0, 1));
                }
            }
        }
        let mut inside: Vec<i64> = Vec::new();
        let mut next_entry: Vec<i64> = Vec::new();
        spans.cut = entry.cut;
        for (late, starts) in &groups {
            let from_send = Reach::new(walk, counted, starts, horizon);
            spans.cut |= from_send.cut;
            for (n, least) in from_send.least(at_sends()).into_iter().enumerate() {
                take(&mut inside, n, least);
            }
            for n in 0..from_send.time.len() {
                let ended = from_send.at(n, walk.over).saturating_add(spacing.exit).max(*late);
                take(&mut next_entry, n, ended.min(from_send.at(n, walk.again)));
            }
        }
        // Whole runs in between.
        let mut sends = 1;
        loop {
            let mut best = inside.get(sends).copied().unwrap_or(NEVER);
            for (n, first) in first.iter().enumerate().skip(1).take(sends) {
                let before = next_entry.get(sends - n).copied().unwrap_or(NEVER);
                best = best.min(before.saturating_add(*first));
            }
            if best >= horizon {
                return spans;
            }
            // Fewer sends never take longer.
            let last = spans.least.last().copied().unwrap_or(0);
            spans.least.push(best.max(last));
            if sends == MOST {
                spans.cut = true;
                return spans;
            }
            sends += 1;
            let mut entry = next_entry.get(sends - 1).copied().unwrap_or(NEVER);
            for (n, whole) in whole.iter().enumerate().skip(1).take(sends - 1) {
                let before = next_entry.get(sends - 1 - n).copied().unwrap_or(NEVER);
                entry = entry.min(before.saturating_add(*whole));
            }
            take(&mut next_entry, sends - 1, entry.min(NEVER));
        }
    }

    /// The most sends in a window shorter than it says by nothing: a send at its very end is no longer in it.
    pub fn most(&self, window: i64) -> Most {
        let within = self.least.partition_point(|t| *t < window).saturating_sub(1);
        if !self.cut || within + 1 < self.least.len() {
            return Most::Of(within as u64);
        }
        // All that were followed lie within: more follow at that pace at best, since k gaps and then k more take at least twice
        // as long as the least for k.
        let took = self.least.last().copied().unwrap_or(0);
        let gaps = self.least.len().saturating_sub(2) as i64;
        if took < gaps.saturating_mul(SECOND) {
            return Most::Endless;
        }
        Most::Of((gaps.saturating_mul(window / took.max(1) + 1) + 1).unsigned_abs())
    }
}

fn take(list: &mut Vec<i64>, at: usize, value: i64) {
    if list.len() <= at {
        list.resize(at + 1, NEVER);
    }
    list[at] = list[at].min(value);
}
