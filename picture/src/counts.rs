//! What a run over recorded events has counted in one journey.

use crate::model::{Arm, Kind, Step};
use journey_runtime::image::Image;
use journey_runtime::input::LeaveHow;
use journey_runtime::report::passage::Passage;
use journey_runtime::report::tally::{JourneyTally, Tally};
use serde::Serialize;
use std::collections::BTreeMap;

/// Counts of one journey.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Counts {
    /// Runs that began, those that began again included.
    pub entered: u64,
    /// Of those, runs that began again from the top.
    pub began_again: u64,
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

impl Counts {
    /// The counts of a journey from what a run of its program has seen.
    pub fn new(image: &Image, journey: usize, passage: &Passage, tally: &Tally) -> Counts {
        let empty = JourneyTally::default();
        let tally = u16::try_from(journey).ok().and_then(|j| tally.journeys.get(&j)).unwrap_or(&empty);
        let of = &image.journeys[journey];
        let Some(passed) = passage.journeys.get(journey) else { return Counts::default() };
        let at = |counts: &[u64], pc: u32| counts.get(pc as usize).copied().unwrap_or(0);
        let mut steps: Vec<StepCounts> = of
            .steps
            .iter()
            .map(|step| StepCounts { came: at(&passed.came, step.pc), ..StepCounts::default() })
            .collect();
        for (pc, step) in of.step_of.iter().enumerate() {
            if let Some(step) = steps.get_mut(usize::from(*step)) {
                step.waiting += at(&passed.waiting, pc as u32);
                step.left += at(&passed.left, pc as u32);
            }
        }
        let channel = |c: u16| image.channels.get(usize::from(c)).map_or("", |c| c.name.as_str());
        for ((step, by), n) in &passed.sent {
            if let Some(step) = steps.get_mut(usize::from(*step)) {
                step.sent.insert(channel(*by).to_string(), *n);
            }
        }
        for ((step, by, reason), n) in &passed.refused {
            if let Some(step) = steps.get_mut(usize::from(*step)) {
                step.refused.insert(format!("{} ({})", reason.words(), channel(*by)), *n);
            }
        }
        // Behind the last step stands the end.
        let end = of.on_leaving.unwrap_or(of.code.len() as u32);
        let mut left = BTreeMap::new();
        for (how, n) in &tally.left {
            match how {
                LeaveHow::End | LeaveHow::Label(_) | LeaveHow::HandedOff(_) => {}
                other => *left.entry(how_words(other)).or_default() += n,
            }
        }
        Counts {
            entered: tally.entered + tally.started_over,
            began_again: tally.started_over,
            not_let_in: tally.refused.iter().map(|(reason, n)| (reason.words().to_string(), *n)).collect(),
            converted: tally.converted,
            alive: tally.alive(),
            ended: at(&passed.came, end.saturating_sub(1)),
            left,
            steps,
            arms: of.points.iter().map(|point| at(&passed.came, point.pc)).collect(),
        }
    }
}

/// What ended a run, in words.
fn how_words(how: &LeaveHow) -> String {
    match how {
        LeaveHow::Goal => "at the goal".into(),
        LeaveHow::LateGoal => "at the goal, too late to count".into(),
        LeaveHow::Exit(text) => text.replace('_', " "),
        LeaveHow::PauseTooLong => "paused too long".into(),
        LeaveHow::TooLong => "lasted too long".into(),
        LeaveHow::OutOfFuel => "stopped: too many steps at once".into(),
        LeaveHow::End | LeaveHow::Label(_) | LeaveHow::HandedOff(_) => "at a step".into(),
    }
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
