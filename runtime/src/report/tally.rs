//! Counts of what was decided. Shards count for themselves; their counts add up.

use crate::input::{Effect, EffectKind, LeaveHow, Reason};
use std::collections::BTreeMap;

/// Counts of effects. Numbers in keys are indices into the image.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tally {
    /// Messages whose content was used.
    pub used: u64,
    /// By journey.
    pub journeys: BTreeMap<u16, JourneyTally>,
    /// Hand-overs, by message and channel.
    pub sent: BTreeMap<(u16, u16), u64>,
    /// By message, channel and reason.
    pub refused: BTreeMap<(u16, u16, Reason), u64>,
    /// By message, channel and reason.
    pub held: BTreeMap<(u16, u16, Reason), u64>,
    /// Hand-overs, by offer.
    pub offers: BTreeMap<u16, u64>,
    /// Arms of experiments, by journey, experiment and arm (texts of the image).
    pub arms: BTreeMap<(u16, u32, u32), ArmTally>,
    /// Work given, by team.
    pub tasks: BTreeMap<u16, u64>,
    /// Calls, by webhook.
    pub calls: BTreeMap<u16, u64>,
    /// Events made, by event.
    pub emitted: BTreeMap<u16, u64>,
    /// Profile fields set.
    pub set: u64,
    /// All effects, decisions not to act included.
    pub effects: u64,
    /// Latest moment at which something was decided.
    pub latest: Option<i64>,
}

/// Counts of a journey.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct JourneyTally {
    /// Runs that began.
    pub entered: u64,
    /// Hand-offs that a run took which was there already.
    pub joined: u64,
    /// Runs that began again from the top.
    pub started_over: u64,
    /// Runs whose context was replaced.
    pub updated: u64,
    /// Runs that reached the goal in time.
    pub converted: u64,
    /// Runs that stood still for a pause.
    pub paused: u64,
    /// Entries that were refused.
    pub refused: BTreeMap<Reason, u64>,
    /// Runs that ended.
    pub left: BTreeMap<LeaveHow, u64>,
}

/// Counts of an arm of an experiment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ArmTally {
    /// Runs it fell to.
    pub runs: u64,
    /// Of those, runs that converted afterwards.
    pub converted: u64,
}

impl JourneyTally {
    /// Runs that are still alive.
    pub fn alive(&self) -> u64 {
        self.entered.saturating_sub(self.left.values().sum())
    }
}

impl Tally {
    /// Counts one effect.
    pub fn count(&mut self, effect: &Effect) {
        self.effects += 1;
        self.latest = self.latest.max(Some(effect.time));
        if let Some(journey) = effect.journey {
            let journey = self.journeys.entry(journey).or_default();
            match &effect.kind {
                EffectKind::Entered { joined: true, .. } => journey.joined += 1,
                EffectKind::Entered { .. } => journey.entered += 1,
                EffectKind::StartedOver => journey.started_over += 1,
                EffectKind::Updated => journey.updated += 1,
                EffectKind::Converted => journey.converted += 1,
                EffectKind::Paused { .. } => journey.paused += 1,
                EffectKind::EntryRefused { reason, .. } => *journey.refused.entry(*reason).or_default() += 1,
                EffectKind::Left { how } => match journey.left.get_mut(how) {
                    Some(count) => *count += 1,
                    None => {
                        journey.left.insert(how.clone(), 1);
                    }
                },
                _ => {}
            }
        }
        match &effect.kind {
            EffectKind::Sent { message, channel, offer, .. } => {
                *self.sent.entry((*message, *channel)).or_default() += 1;
                if let Some(offer) = offer {
                    *self.offers.entry(*offer).or_default() += 1;
                }
            }
            EffectKind::Refused { message, channel, reason, .. } => {
                *self.refused.entry((*message, *channel, *reason)).or_default() += 1
            }
            EffectKind::Held { message, channel, reason, .. } => {
                *self.held.entry((*message, *channel, *reason)).or_default() += 1
            }
            EffectKind::Tasked { team, .. } => *self.tasks.entry(*team).or_default() += 1,
            EffectKind::Called { webhook, .. } => *self.calls.entry(*webhook).or_default() += 1,
            EffectKind::Emitted { event, .. } => *self.emitted.entry(*event).or_default() += 1,
            EffectKind::Set { .. } => self.set += 1,
            _ => {}
        }
    }

    /// Adds the counts of another.
    pub fn add(&mut self, other: &Tally) {
        self.used += other.used;
        self.set += other.set;
        self.effects += other.effects;
        self.latest = self.latest.max(other.latest);
        for (journey, theirs) in &other.journeys {
            let ours = self.journeys.entry(*journey).or_default();
            ours.entered += theirs.entered;
            ours.joined += theirs.joined;
            ours.started_over += theirs.started_over;
            ours.updated += theirs.updated;
            ours.converted += theirs.converted;
            ours.paused += theirs.paused;
            sum(&mut ours.refused, &theirs.refused);
            sum(&mut ours.left, &theirs.left);
        }
        sum(&mut self.sent, &other.sent);
        sum(&mut self.refused, &other.refused);
        sum(&mut self.held, &other.held);
        sum(&mut self.offers, &other.offers);
        for (arm, theirs) in &other.arms {
            let ours = self.arms.entry(*arm).or_default();
            ours.runs += theirs.runs;
            ours.converted += theirs.converted;
        }
        sum(&mut self.tasks, &other.tasks);
        sum(&mut self.calls, &other.calls);
        sum(&mut self.emitted, &other.emitted);
    }
}

/// Adds counts of one kind.
pub(crate) fn sum<K: Ord + Clone>(ours: &mut BTreeMap<K, u64>, theirs: &BTreeMap<K, u64>) {
    for (key, count) in theirs {
        *ours.entry(key.clone()).or_default() += count;
    }
}
