//! Counts of records in dense arrays, which become a [`Tally`] at the end.

use super::tally::{JourneyTally, Tally};
use crate::image::Image;
use crate::input::{Effect, EffectKind, LeaveHow, Reason};
use crate::record::{self, Effects, Record, Spot, how};
use rustc_hash::FxHashMap;

/// How many reasons there are.
const REASONS: usize = Reason::ALL.len();
/// How many ways of leaving there are that need no more words.
const HOWS: usize = how::OUT_OF_FUEL as usize + 1;

/// Counts of the records of a shard.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// What was counted otherwise: owned effects, messages.
    pub(crate) tally: Tally,
    journeys: Vec<JourneyCounts>,
    /// For each journey the number of its first send, over all journeys.
    sends: Vec<usize>,
    /// For each send the number of its first try, over all sends.
    tries: Vec<usize>,
    /// For each try.
    sent: Vec<u64>,
    refused: Vec<[u64; REASONS]>,
    held: Vec<[u64; REASONS]>,
    effects: u64,
    latest: Option<i64>,
    /// For each run of a customer, the arms that fell to it, with what they are counted under.
    assigned: FxHashMap<RunOf, Vec<Arm>>,
}

/// A customer's number, the journey, and the run's number.
type RunOf = (u32, u16, u32);

/// The journey, and the texts of the experiment and its arm.
type Arm = (u16, u32, u32);

#[derive(Debug, Default, Clone)]
struct JourneyCounts {
    /// By kind of record; joined runs apart.
    kinds: [u64; record::KINDS],
    joined: u64,
    refused: [u64; REASONS],
    left: [u64; HOWS],
    exits: Vec<u64>,
    /// By label, or journey handed off to.
    named: FxHashMap<(u16, u32), u64>,
}

impl Counts {
    pub(crate) fn new(image: &Image) -> Counts {
        let mut counts = Counts::default();
        let mut tries = 0;
        for journey in &image.journeys {
            counts.sends.push(counts.tries.len());
            for send in &journey.sends {
                counts.tries.push(tries);
                tries += send.tries.len();
            }
            counts.journeys.push(JourneyCounts { exits: vec![0; journey.exits.len()], ..JourneyCounts::default() });
        }
        counts.sent = vec![0; tries];
        counts.refused = vec![[0; REASONS]; tries];
        counts.held = vec![[0; REASONS]; tries];
        counts
    }

    /// Counts the records from a word on.
    pub(crate) fn count(&mut self, effects: &Effects, from: Spot) {
        for record in effects.from(from) {
            match record.owned() {
                Some(index) => self.owned(record.customer(), &effects.owned[index]),
                None => self.record(record),
            }
        }
    }

    fn owned(&mut self, customer: u32, effect: &Effect) {
        self.tally.count(effect);
        let Some(journey) = effect.journey else { return };
        match effect.kind {
            EffectKind::Assigned { experiment, arm } => self.assigned(customer, journey, effect.run, experiment, arm),
            EffectKind::Converted => self.converted(customer, journey, effect.run),
            _ => {}
        }
    }

    fn record(&mut self, record: Record<'_>) {
        self.effects += 1;
        self.latest = self.latest.max(Some(record.time()));
        let Some(j) = record.journey() else { return };
        let journey = &mut self.journeys[usize::from(j)];
        let kind = record.kind();
        journey.kinds[usize::from(kind)] += 1;
        match kind {
            record::ENTERED => journey.joined += u64::from(record.extra()),
            record::ENTRY_REFUSED => journey.refused[usize::from(record.code())] += 1,
            record::LEFT => {
                journey.left[usize::from(record.code())] += 1;
                match record.code() {
                    how::EXIT => journey.exits[usize::from(record.extra())] += 1,
                    how::LABEL => *journey.named.entry((how::LABEL, record.pair().0)).or_default() += 1,
                    how::HANDED_OFF => {
                        let to = (how::HANDED_OFF, u32::from(record.extra()));
                        *journey.named.entry(to).or_default() += 1;
                    }
                    _ => {}
                }
            }
            record::SENT => {
                let by = self.by(j, record);
                self.sent[by] += 1;
            }
            record::REFUSED => {
                let by = self.by(j, record);
                self.refused[by][record.pair().0 as usize] += 1;
            }
            record::HELD => {
                let by = self.by(j, record);
                self.held[by][record.pair().0 as usize] += 1;
            }
            record::ASSIGNED => {
                let (experiment, arm) = record.pair();
                self.assigned(record.customer(), j, record.run(), experiment, arm);
            }
            record::CONVERTED => self.converted(record.customer(), j, record.run()),
            _ => {}
        }
    }

    /// The number of the try.
    fn by(&self, journey: u16, record: Record<'_>) -> usize {
        self.tries[self.sends[usize::from(journey)] + usize::from(record.code())] + usize::from(record.extra())
    }

    /// An arm that falls to a run again is still one run.
    fn assigned(&mut self, customer: u32, journey: u16, run: u32, experiment: u32, arm: u32) {
        let arm = (journey, experiment, arm);
        let arms = self.assigned.entry((customer, journey, run)).or_default();
        if !arms.contains(&arm) {
            arms.push(arm);
            self.tally.arms.entry(arm).or_default().runs += 1;
        }
    }

    fn converted(&mut self, customer: u32, journey: u16, run: u32) {
        if self.assigned.is_empty() {
            return;
        }
        for arm in self.assigned.get(&(customer, journey, run)).into_iter().flatten() {
            self.tally.arms.entry(*arm).or_default().converted += 1;
        }
    }

    /// All that was counted.
    pub(crate) fn tally(&self, image: &Image) -> Tally {
        let mut tally = Tally { effects: self.effects, latest: self.latest, ..Tally::default() };
        for (j, (counts, journey)) in (0u16..).zip(self.journeys.iter().zip(&image.journeys)) {
            if counts.kinds.iter().any(|n| *n > 0) {
                tally.journeys.insert(j, counts.tally(image, journey));
            }
            for (s, send) in journey.sends.iter().enumerate() {
                let first = self.tries[self.sends[usize::from(j)] + s];
                for (by, channel) in send.tries.iter().enumerate() {
                    let to = (send.message, channel.channel);
                    let sent = self.sent[first + by];
                    if sent > 0 {
                        *tally.sent.entry(to).or_default() += sent;
                        if let Some(offer) = send.offer {
                            *tally.offers.entry(offer).or_default() += sent;
                        }
                    }
                    for (reason, n) in Reason::ALL.into_iter().zip(self.refused[first + by]).filter(|(_, n)| *n > 0) {
                        *tally.refused.entry((to.0, to.1, reason)).or_default() += n;
                    }
                    for (reason, n) in Reason::ALL.into_iter().zip(self.held[first + by]).filter(|(_, n)| *n > 0) {
                        *tally.held.entry((to.0, to.1, reason)).or_default() += n;
                    }
                }
            }
        }
        tally.add(&self.tally);
        tally
    }
}

impl JourneyCounts {
    fn tally(&self, image: &Image, journey: &crate::image::Journey) -> JourneyTally {
        let kind = |kind: u8| self.kinds[usize::from(kind)];
        let mut tally = JourneyTally {
            entered: kind(record::ENTERED) - self.joined,
            joined: self.joined,
            started_over: kind(record::STARTED_OVER),
            updated: kind(record::UPDATED),
            converted: kind(record::CONVERTED),
            ..JourneyTally::default()
        };
        tally.refused = Reason::ALL.into_iter().zip(self.refused).filter(|(_, n)| *n > 0).collect();
        let mut left = |how: LeaveHow, n: u64| {
            if n > 0 {
                *tally.left.entry(how).or_default() += n;
            }
        };
        for (code, how) in [
            (how::GOAL, LeaveHow::Goal),
            (how::LATE_GOAL, LeaveHow::LateGoal),
            (how::PAUSE_TOO_LONG, LeaveHow::PauseTooLong),
            (how::TOO_LONG, LeaveHow::TooLong),
            (how::END, LeaveHow::End),
            (how::OUT_OF_FUEL, LeaveHow::OutOfFuel),
        ] {
            left(how, self.left[usize::from(code)]);
        }
        for (exit, n) in journey.exits.iter().zip(&self.exits) {
            left(LeaveHow::Exit(exit.text.clone()), *n);
        }
        for ((code, name), n) in &self.named {
            left(
                match *code {
                    how::LABEL => LeaveHow::Label(image.texts[*name as usize].clone()),
                    _ => LeaveHow::HandedOff(*name as u16),
                },
                *n,
            );
        }
        tally
    }
}
