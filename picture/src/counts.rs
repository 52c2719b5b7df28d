//! What a run over recorded events has counted in one journey.

use crate::model::{Arm, Kind, Step};
use serde::Serialize;
use std::collections::BTreeMap;

/// Counts of one journey.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Counts {
    /// Runs that began, those that began again included.
    pub entered: u64,
    /// Not let in, by reason.
    pub not_let_in: BTreeMap<String, u64>,
    /// Runs that reached a goal.
    pub converted: u64,
    /// Runs that are not over.
    pub alive: u64,
    /// Runs that ended after the last step.
    pub ended: u64,
    /// Other ends, by what ended the run.
    pub left: BTreeMap<String, u64>,
    /// For each step, by its number.
    pub steps: Vec<StepCounts>,
    /// For each arm that the program counts, how often it was taken.
    pub arms: Vec<u64>,
}

/// Counts of a step.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct StepCounts {
    /// How often runs came to it.
    pub came: u64,
    /// How many runs stand at it at the end.
    pub waiting: u64,
    /// How many runs ended, or began again, while they stood at it.
    pub left: u64,
    /// Handed over, by channel.
    pub sent: BTreeMap<String, u64>,
    /// Not handed over, by channel and reason.
    pub refused: BTreeMap<String, u64>,
}

/// `12,345`
pub fn people(count: u64) -> String {
    journey_runtime::report::words::count(count)
}

impl Counts {
    fn of(&self, step: usize) -> Option<&StepCounts> {
        self.steps.get(step)
    }

    /// How often runs came to a step.
    pub fn came(&self, step: usize) -> u64 {
        self.of(step).map_or(0, |s| s.came)
    }

    /// How many stand there.
    pub fn waiting(&self, step: usize) -> u64 {
        self.of(step).map_or(0, |s| s.waiting)
    }

    /// How often an arm was taken that the program counts.
    pub fn arm(&self, point: usize) -> u64 {
        self.arms.get(point).copied().unwrap_or(0)
    }

    /// What became of a send, in words.
    pub fn lines(&self, step: usize) -> Vec<String> {
        let Some(of) = self.of(step) else { return Vec::new() };
        let mut lines = Vec::new();
        if !of.sent.is_empty() {
            let sent = of.sent.iter().map(|(channel, n)| format!("{} by {channel}", people(*n)));
            lines.push(format!("sent: {}", sent.collect::<Vec<_>>().join(", ")));
        }
        if !of.refused.is_empty() {
            let refused = of.refused.iter().map(|(why, n)| format!("{} {why}", people(*n)));
            lines.push(format!("not sent: {}", refused.collect::<Vec<_>>().join(", ")));
        }
        lines
    }

    /// How often an arm of a step was taken.
    pub fn went(&self, step: &Step, arm: &Arm) -> u64 {
        match arm.point {
            Some(point) => self.arm(point),
            None => {
                let counted: u64 = step.arms.iter().filter_map(|a| a.point).map(|p| self.arm(p)).sum();
                let offers: u64 = step.offers.iter().map(|o| self.arm(o.point)).sum();
                let stayed = self.of(step.id).map_or(0, |s| s.waiting + s.left);
                if step.kind == Kind::NextBestAction && !arm.otherwise {
                    return offers;
                }
                self.came(step.id).saturating_sub(counted + offers + stayed)
            }
        }
    }

    /// How many came out at the end of an arm.
    pub fn out(&self, step: &Step, arm: &Arm) -> u64 {
        self.went(step, arm).saturating_sub(arm.steps.iter().map(|s| self.kept(s)).sum())
    }

    /// How many came out behind a step.
    pub fn out_of(&self, step: &Step) -> u64 {
        self.came(step.id).saturating_sub(self.kept(step))
    }

    /// How many stand in a step or were gone from there, with all that is inside it.
    fn kept(&self, step: &Step) -> u64 {
        let own = self.of(step.id).map_or(0, |s| s.waiting + s.left);
        let offers = step.offers.iter().flat_map(|offer| &offer.steps);
        own + step.blocks().flatten().chain(offers).map(|s| self.kept(s)).sum::<u64>()
    }
}
