//! How runs went through the journeys: how often each instruction was reached, where runs stand at the end, and where they were
//! when they left. A run is followed by its customer, its journey and its number.

use crate::image::Image;
use crate::input::{Effect, EffectKind, Reason};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// How runs went through every journey, by the journey's index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Passage {
    /// Of each journey.
    pub journeys: Vec<JourneyPassage>,
}

/// How runs went through a journey. The first three have a number for each instruction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JourneyPassage {
    /// How often runs came here.
    pub came: Vec<u64>,
    /// How many runs stand here at the end.
    pub waiting: Vec<u64>,
    /// How many runs were here when something other than a step ended them or let them begin again.
    pub left: Vec<u64>,
    /// Hand-overs, by step and channel.
    pub sent: BTreeMap<(u16, u16), u64>,
    /// Channels that did not take a message, by step, channel and reason.
    pub refused: BTreeMap<(u16, u16, Reason), u64>,
}

/// Follows runs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Follower {
    passage: Passage,
    /// Where each run is: by customer, journey and number of the run.
    at: FxHashMap<(u32, u16, u32), u32>,
}

impl Follower {
    pub(crate) fn new(image: &Image) -> Follower {
        let journey = |journey: &crate::image::Journey| {
            let none = vec![0; journey.code.len()];
            JourneyPassage { came: none.clone(), waiting: none.clone(), left: none, ..JourneyPassage::default() }
        };
        let journeys = image.journeys.iter().map(journey).collect();
        Follower { passage: Passage { journeys }, at: FxHashMap::default() }
    }

    /// A run passes an instruction. Passing the one at which it stands is another try, not another coming.
    pub(crate) fn passed(&mut self, image: &Image, customer: u32, journey: u16, run: u32, pc: u32) {
        let leaving = image.journeys[usize::from(journey)].on_leaving.is_some_and(|first| pc >= first);
        let key = (customer, journey, run);
        if !leaving && self.at.insert(key, pc) == Some(pc) {
            return;
        }
        bump(&mut self.passage.journeys[usize::from(journey)].came, pc);
    }

    pub(crate) fn effect(&mut self, image: &Image, customer: u32, effect: &Effect) {
        let Some(journey) = effect.journey else { return };
        let of = &mut self.passage.journeys[usize::from(journey)];
        match &effect.kind {
            EffectKind::Left { .. } | EffectKind::StartedOver => {
                use crate::image::Instr::{Finish, GoTo};
                let Some(pc) = self.at.remove(&(customer, journey, effect.run)) else { return };
                let code = &image.journeys[usize::from(journey)].code;
                // A step of its own ended it.
                if !matches!(code.get(pc as usize), Some(Finish(_) | GoTo { .. })) {
                    bump(&mut of.left, pc);
                }
            }
            EffectKind::Sent { channel, .. } => {
                let Some(step) = effect.step else { return };
                *of.sent.entry((step, *channel)).or_default() += 1;
            }
            EffectKind::Refused { channel, reason, .. } => {
                let Some(step) = effect.step else { return };
                *of.refused.entry((step, *channel, *reason)).or_default() += 1;
            }
            _ => {}
        }
    }

    /// What was seen, with those that are still on their way.
    pub(crate) fn end(mut self) -> Passage {
        for ((_, journey, _), pc) in self.at {
            bump(&mut self.passage.journeys[usize::from(journey)].waiting, pc);
        }
        self.passage
    }
}

fn bump(counts: &mut [u64], pc: u32) {
    if let Some(count) = counts.get_mut(pc as usize) {
        *count += 1;
    }
}

impl Passage {
    /// Adds what another part of the customers did.
    pub fn add(&mut self, other: &Passage) {
        self.journeys.resize_with(self.journeys.len().max(other.journeys.len()), JourneyPassage::default);
        for (of, more) in self.journeys.iter_mut().zip(&other.journeys) {
            for (counts, more) in
                [(&mut of.came, &more.came), (&mut of.waiting, &more.waiting), (&mut of.left, &more.left)]
            {
                counts.resize(counts.len().max(more.len()), 0);
                counts.iter_mut().zip(more).for_each(|(count, more)| *count += more);
            }
            more.sent.iter().for_each(|(key, n)| *of.sent.entry(*key).or_default() += n);
            more.refused.iter().for_each(|(key, n)| *of.refused.entry(*key).or_default() += n);
        }
    }
}
