//! The summary of a run: what a team wants to know of it, in names instead of numbers.

use super::line::how_left;
use super::tally::Tally;
use super::words::moment;
use crate::host::memory::{Memory, Outcome};
use crate::image::Image;
use crate::input::LeaveHow;
use serde::Serialize;
use std::collections::BTreeMap;

/// What came of a run. In JSON, parts that are empty are there and empty.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// The project.
    pub project: String,
    /// The moment to which time went (RFC 3339, UTC).
    pub horizon: Option<String>,
    /// What was taken for granted, in words.
    pub assumptions: Vec<String>,
    /// What worked on the events, where it is told.
    pub engine: Option<EngineSummary>,
    /// Messages.
    pub messages: Messages,
    /// How many customers there are.
    pub customers: u64,
    /// Journeys, ordered by name; also those nobody entered.
    pub journeys: Vec<JourneySummary>,
    /// Hand-overs, by message and channel.
    pub sends: Vec<SendSummary>,
    /// Messages that were not handed over, and those that had to wait first.
    pub not_sent: Vec<RefusalSummary>,
    /// Hand-overs, by offer.
    pub offers: BTreeMap<String, u64>,
    /// Experiments, arm by arm.
    pub experiments: Vec<ArmSummary>,
    /// Work given, by team.
    pub tasks: BTreeMap<String, u64>,
    /// Calls, by webhook.
    pub calls: BTreeMap<String, u64>,
    /// Events made by journeys.
    pub emitted: BTreeMap<String, u64>,
    /// Profile fields set by journeys.
    pub profile_changes: u64,
    /// Bad inputs, by kind and contract, most first.
    pub dead_letters: Vec<DeadSummary>,
    /// Bytes used at the end of the run.
    pub memory: MemorySummary,
}

/// What worked on the events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EngineSummary {
    /// `vm`, `jit` or `reference`.
    pub name: String,
    /// Why not another one, in words.
    pub reason: Option<String>,
    /// Inputs that came, where some are done in machine code.
    pub inputs: Option<u64>,
    /// Those of them that were done in machine code.
    pub native: Option<u64>,
}

/// Messages of the events file.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Messages {
    /// All.
    pub read: u64,
    /// Those whose content was used.
    pub used: u64,
    /// Those that are bad input.
    pub bad: u64,
    /// Those after the horizon.
    pub after_horizon: u64,
    /// Events that are declared and that nothing reads, by wire name.
    pub unread: BTreeMap<String, u64>,
    /// Events that are not declared, by wire name.
    pub unknown: BTreeMap<String, u64>,
}

/// What happened in a journey.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct JourneySummary {
    /// Its name.
    pub name: String,
    /// Runs that began.
    pub entered: u64,
    /// Hand-offs taken by runs that were there already.
    pub joined: u64,
    /// Times a run began again from the top.
    pub started_over: u64,
    /// Times a run took newer values.
    pub updated: u64,
    /// Times a run stood still for a pause.
    pub paused: u64,
    /// Runs that reached the goal in time.
    pub converted: u64,
    /// Of those that entered, a fraction; none when nobody entered, or the journey has no goal.
    pub conversion_rate: Option<f64>,
    /// Refused entries, by reason.
    pub refused: BTreeMap<String, u64>,
    /// Runs that ended, by how.
    pub left: BTreeMap<String, u64>,
    /// Runs that still wait at the horizon.
    pub waiting: u64,
}

/// Hand-overs of a message on a channel.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SendSummary {
    /// Which.
    pub message: String,
    /// By which channel.
    pub channel: String,
    /// How many.
    pub sent: u64,
}

/// Messages that did not go out, or not at once.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RefusalSummary {
    /// Which.
    pub message: String,
    /// By which channel.
    pub channel: String,
    /// Why.
    pub reason: String,
    /// How many were refused.
    pub refused: u64,
    /// How many were held.
    pub held: u64,
}

/// What became of an arm of an experiment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ArmSummary {
    /// The journey.
    pub journey: String,
    /// The experiment.
    pub experiment: String,
    /// The arm.
    pub arm: String,
    /// Runs it fell to.
    pub runs: u64,
    /// Of those, runs that converted afterwards.
    pub converted: u64,
    /// A fraction; none when the journey has no goal.
    pub conversion_rate: Option<f64>,
}

/// Bad inputs of one kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DeadSummary {
    /// The event, `identify`, `alias` or `message`.
    pub contract: String,
    /// The field.
    pub field: Option<String>,
    /// What is wrong.
    pub kind: String,
    /// How many.
    pub count: u64,
    /// The first line with it.
    pub first_line: Option<u64>,
    /// Its reason, in words.
    pub example: String,
}

/// Bytes used at the end of a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct MemorySummary {
    /// Per customer, all of what follows.
    pub bytes_per_customer: u64,
    /// Per customer: states.
    pub state: u64,
    /// Per customer: where the state stands.
    pub index: u64,
    /// Per customer: the id.
    pub id: u64,
    /// Per customer: texts and lists.
    pub texts: u64,
    /// Of all.
    pub bytes: u64,
    /// What a run takes, by journey; it is part of the state.
    pub run: BTreeMap<String, u64>,
}

impl Summary {
    /// The summary of an outcome. `assumptions` are those the caller has made, in words.
    pub fn new(image: &Image, outcome: &Outcome, assumptions: Vec<String>) -> Summary {
        let tally = &outcome.tally;
        Summary {
            project: image.name.clone(),
            horizon: outcome.horizon.map(moment),
            assumptions,
            engine: None,
            messages: Messages {
                read: outcome.messages,
                used: tally.used,
                bad: outcome.dead.len() as u64,
                after_horizon: outcome.after,
                unread: outcome.unread.clone(),
                unknown: outcome.unknown.clone(),
            },
            customers: outcome.customers,
            journeys: journeys(image, tally),
            sends: sends(image, tally),
            not_sent: not_sent(image, tally),
            offers: tally.offers.iter().map(|(o, n)| (image.offers[usize::from(*o)].name.clone(), *n)).collect(),
            experiments: experiments(image, tally),
            tasks: tally.tasks.iter().map(|(t, n)| (image.teams[usize::from(*t)].clone(), *n)).collect(),
            calls: tally.calls.iter().map(|(w, n)| (image.webhooks[usize::from(*w)].name.clone(), *n)).collect(),
            emitted: tally.emitted.iter().map(|(e, n)| (image.events[usize::from(*e)].name.clone(), *n)).collect(),
            profile_changes: tally.set,
            dead_letters: dead_letters(outcome),
            memory: memory(image, outcome),
        }
    }
}

fn journeys(image: &Image, tally: &Tally) -> Vec<JourneySummary> {
    let journey = |(j, journey): (u16, &crate::image::Journey)| {
        let counts = tally.journeys.get(&j).cloned().unwrap_or_default();
        let mut left = BTreeMap::new();
        for (how, count) in &counts.left {
            let name = match (how_left(how), how) {
                ((_, Some(label)), LeaveHow::Label(_)) => format!("{label:?}"),
                ((_, Some(clause)), _) => clause.to_string(),
                (_, LeaveHow::HandedOff(to)) => format!("go to {}", image.journeys[usize::from(*to)].name),
                ((kind, None), _) => kind.to_string(),
            };
            *left.entry(name).or_default() += count;
        }
        JourneySummary {
            name: journey.name.clone(),
            entered: counts.entered,
            joined: counts.joined,
            started_over: counts.started_over,
            updated: counts.updated,
            paused: counts.paused,
            converted: counts.converted,
            conversion_rate: (counts.entered > 0 && !journey.goals.is_empty())
                .then(|| counts.converted as f64 / counts.entered as f64),
            refused: counts.refused.iter().map(|(reason, n)| (reason.words().to_string(), *n)).collect(),
            left,
            waiting: counts.alive(),
        }
    };
    (0u16..).zip(&image.journeys).map(journey).collect()
}

fn sends(image: &Image, tally: &Tally) -> Vec<SendSummary> {
    let named = |(&(message, channel), &sent): (&(u16, u16), &u64)| SendSummary {
        message: image.messages[usize::from(message)].name.clone(),
        channel: image.channels[usize::from(channel)].name.clone(),
        sent,
    };
    tally.sent.iter().map(named).collect()
}

fn not_sent(image: &Image, tally: &Tally) -> Vec<RefusalSummary> {
    let mut both: BTreeMap<_, (u64, u64)> = BTreeMap::new();
    tally.refused.iter().for_each(|(key, n)| both.entry(*key).or_default().0 += n);
    tally.held.iter().for_each(|(key, n)| both.entry(*key).or_default().1 += n);
    let named = |((message, channel, reason), (refused, held)): ((u16, u16, crate::input::Reason), _)| RefusalSummary {
        message: image.messages[usize::from(message)].name.clone(),
        channel: image.channels[usize::from(channel)].name.clone(),
        reason: reason.words().to_string(),
        refused,
        held,
    };
    both.into_iter().map(named).collect()
}

/// Arms in the order of the program: texts are numbered as they first stand in it.
fn experiments(image: &Image, tally: &Tally) -> Vec<ArmSummary> {
    let arm = |(&(journey, experiment, arm), counts): (&(u16, u32, u32), &super::tally::ArmTally)| {
        let journey = &image.journeys[usize::from(journey)];
        ArmSummary {
            journey: journey.name.clone(),
            experiment: image.texts[experiment as usize].clone(),
            arm: image.texts[arm as usize].clone(),
            runs: counts.runs,
            converted: counts.converted,
            conversion_rate: (counts.runs > 0 && !journey.goals.is_empty())
                .then(|| counts.converted as f64 / counts.runs as f64),
        }
    };
    tally.arms.iter().map(arm).collect()
}

fn dead_letters(outcome: &Outcome) -> Vec<DeadSummary> {
    let mut kinds: BTreeMap<(&str, Option<&str>, &str), DeadSummary> = BTreeMap::new();
    for letter in &outcome.dead {
        let problem = &letter.problem;
        let key = (problem.contract.as_str(), problem.field.as_deref(), problem.fault.words());
        let kind = kinds.entry(key).or_insert_with(|| DeadSummary {
            contract: problem.contract.clone(),
            field: problem.field.clone(),
            kind: problem.fault.words().to_string(),
            count: 0,
            first_line: letter.line,
            example: problem.reason.clone(),
        });
        kind.count += 1;
    }
    let mut kinds: Vec<DeadSummary> = kinds.into_values().collect();
    kinds.sort_by_key(|kind| std::cmp::Reverse(kind.count));
    kinds
}

fn memory(image: &Image, outcome: &Outcome) -> MemorySummary {
    let Memory { states, ids, texts, index } = outcome.memory;
    let per = |bytes: usize| (bytes as u64).checked_div(outcome.customers).unwrap_or(0);
    MemorySummary {
        bytes_per_customer: per(outcome.memory.total()),
        state: per(states),
        index: per(index),
        id: per(ids),
        texts: per(texts),
        bytes: outcome.memory.total() as u64,
        run: image
            .journeys
            .iter()
            .zip(&outcome.run_bytes)
            .map(|(journey, bytes)| (journey.name.clone(), *bytes as u64))
            .collect(),
    }
}
