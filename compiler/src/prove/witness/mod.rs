//! A witness: what one customer does so that a limit of a policy is reached. It is run before it is shown, by the same machine that
//! runs tests, and is a test itself. Where none is found, nothing is claimed.

mod schedule;
mod solve;
mod write;

use super::pressure::reach::{NEVER, Reach};
use super::pressure::rules::Kind;
use super::pressure::walk::{Because, Units, Walk, WayId};
use super::pressure::{Analysis, Holding, Verdict};
use crate::hir::{Expect, JourneyId, Program, ReEntry, Test, TestKind, TestLine, TestMoment};
use crate::lower::lower_tests;
use crate::project::Source;
use journey_runtime::input::EffectKind;
use journey_runtime::program::Program as Machine;
use journey_runtime::report::story::{Entry, What};
use journey_runtime::testing::{self, Happened, TestResult};
use schedule::{Run, Schedule, at_line};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// The first send is planned for this day: Wednesday 1 July 2026, far from any change of clocks.
const BEGIN: i64 = 20_635 * DAY + 10 * HOUR;

/// Sends that are looked for at most: a longer witness shows nothing that a shorter one does not.
const LONGEST: usize = 60;

/// What was found.
#[derive(Debug, Clone)]
pub struct Witness {
    /// How many messages were handed over before the rule kept one back.
    pub sent: usize,
    /// What the rule did, in the words of the trace: `sms: at most 1 message per calendar day by sms (contact_pressure)`.
    pub detail: String,
    /// It was held, and not refused.
    pub held: bool,
    /// The test, as it may stand in a `.journey` file; it passes.
    pub test: String,
}

/// A way through a journey that makes sends of the kind in question.
struct Candidate {
    journey: JourneyId,
    walk: usize,
    ways: Vec<WayId>,
    /// From the entry to its first such send.
    first: i64,
    /// How many it makes.
    sends: usize,
    /// How often it may be taken: with keys of their own at once, or once again after so long.
    times: usize,
    again: i64,
}

/// A schedule that reaches the limit of a rule. `machine` is the program's image.
pub fn find(
    program: &Program,
    sources: &[Source],
    machine: &Machine,
    analysis: &mut Analysis,
    verdict: &Verdict,
) -> Option<Witness> {
    if verdict.proven() || verdict.allowed as usize >= LONGEST {
        return None;
    }
    let (_, window, _) = analysis.rules.asks(verdict.number)?;
    let wanted = verdict.allowed as usize + 1;
    let candidates = candidates(program, analysis, verdict, window, wanted);
    let rule = machine.image.rules.get(verdict.number)?;
    let rule = format!("{} ({})", rule.text, rule.policy);
    let gaps = [MINUTE, HOUR + MINUTE, 4 * HOUR + MINUTE, DAY, 2 * DAY, 3 * DAY];
    for gap in gaps.into_iter().filter(|g| g.saturating_mul(wanted as i64 - 1) < window.max(2)) {
        for turn in 0..candidates.len().min(6) {
            let mut order: Vec<&Candidate> = candidates.iter().collect();
            order.rotate_left(turn);
            let Some(schedule) = plan(program, analysis, &order, wanted, gap) else { continue };
            if let Some(found) = run(program, sources, machine, &schedule, &rule, verdict) {
                return Some(found);
            }
        }
    }
    None
}

/// The ways that may contribute, those that make most sends first.
fn candidates(
    program: &Program,
    analysis: &mut Analysis,
    verdict: &Verdict,
    window: i64,
    wanted: usize,
) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    for (journey, _) in &verdict.journeys {
        let lines = analysis.lines(*journey).map_or(wanted, |n| n as usize);
        analysis.walks(*journey, Units::Plain, Holding::Pauses);
        for (number, walk) in analysis.walked(*journey).iter().enumerate() {
            let counted = analysis.counted(*journey, walk, Kind::Under(verdict.number));
            let reach = Reach::new(walk, &counted, &[(0, 0, 0)], NEVER);
            let sends = || (0..counted.len()).filter(|p| counted[*p]);
            // To the first send, to as many as fit, and through to the end.
            let first = reach.least(sends()).get(1).copied().unwrap_or(NEVER);
            let most = (1..reach.time.len().min(wanted + 1))
                .rev()
                .find(|n| sends().any(|p| reach.at(*n, p) < first.saturating_add(window)));
            let mut add = |sends_made: usize, place: usize, again: i64, times: usize| {
                let (_, ways) = reach.path(walk, &counted, sends_made, place);
                found.push(Candidate { journey: *journey, walk: number, ways, first, sends: sends_made, times, again });
            };
            let keyed = program.journeys[*journey].key.is_some();
            for n in most.into_iter().chain((most != Some(1)).then_some(1)) {
                if let Some(place) = sends().filter(|p| reach.at(n, *p) < NEVER).min_by_key(|p| reach.at(n, *p)) {
                    add(n, place, 0, if keyed { lines } else { 1 });
                }
            }
            // A run that ends by its steps, and the next one.
            let through = (1..reach.time.len()).find(|n| reach.at(*n, walk.over) < NEVER);
            if let (false, Some(n)) = (keyed, through) {
                let (_, ways) = reach.path(walk, &counted, n, walk.over);
                if ways.iter().all(|w| walk.ways[*w].why != Because::Cut) {
                    let long: i64 = ways.iter().map(|w| walk.ways[*w].most.unwrap_or(walk.ways[*w].least)).sum();
                    let again = match &program.journeys[*journey].reentry {
                        ReEntry::AfterFinishing => long,
                        ReEntry::AfterEntry(d) => Units::Plain.least(*d).max(long),
                        ReEntry::AfterExit(d) => Units::Plain.least(*d) + long,
                        ReEntry::Never { .. } => continue,
                    };
                    add(n, walk.over, again + MINUTE, wanted);
                }
            }
        }
    }
    found.sort_by_key(|c| (std::cmp::Reverse(c.times * c.sends), c.first, c.journey));
    found
}

/// Runs placed so that their sends follow one another with so much between them, by day.
fn plan<'p>(
    program: &'p Program,
    analysis: &Analysis<'p>,
    candidates: &[&Candidate],
    wanted: usize,
    gap: i64,
) -> Option<Schedule<'p>> {
    let mut schedule = Schedule::new(program);
    let mut at = BEGIN;
    let mut planned = 0;
    // One journey is in one arm, and a run without a key is not repeated in another way.
    let mut taken: Vec<JourneyId> = Vec::new();
    for candidate in candidates {
        if taken.contains(&candidate.journey) || planned >= wanted {
            continue;
        }
        taken.push(candidate.journey);
        let walk = &analysis.walked(candidate.journey)[candidate.walk];
        let mut entry = i64::MIN;
        for _ in 0..candidate.times {
            if planned >= wanted {
                break;
            }
            entry = (at - candidate.first).max(entry.saturating_add(candidate.again));
            let before = schedule.clone();
            if !schedule.add(&Run { journey: candidate.journey, walk, ways: &candidate.ways }, entry) {
                schedule = before;
                break;
            }
            planned += candidate.sends;
            at = entry + candidate.first + gap;
            // By day, between ten and seven.
            if gap > MINUTE && at.rem_euclid(DAY) > 19 * HOUR {
                at = (at.div_euclid(DAY) + 1) * DAY + 10 * HOUR;
            }
        }
    }
    (planned >= wanted).then_some(schedule)
}

/// What the machine makes of lines.
fn play(
    program: &Program,
    sources: &[Source],
    machine: &Machine,
    who: &str,
    lines: Vec<TestKind>,
) -> Option<TestResult> {
    let line = |kind| TestLine { span: Default::default(), kind };
    let test = Test {
        title: String::new(),
        span: Default::default(),
        customers: vec![who.to_string()],
        lines: lines.into_iter().map(line).collect(),
    };
    let of_tests = Program { tests: vec![test], ..program.clone() };
    let plan = lower_tests(&of_tests, sources);
    testing::run(machine, &plan, None).tests.into_iter().next()
}

/// Names that customers of witnesses may have: arms of experiments fall to names.
const NAMES: [&str; 12] = ["ana", "ben", "cho", "dan", "eve", "fay", "gil", "hal", "ida", "jon", "kim", "lea"];

fn run(
    program: &Program,
    sources: &[Source],
    machine: &Machine,
    schedule: &Schedule,
    rule: &str,
    verdict: &Verdict,
) -> Option<Witness> {
    let lines = schedule.lines();
    let last = schedule.doings.iter().map(|(at, _)| *at).max().unwrap_or(BEGIN).max(BEGIN);
    let names = if schedule.arms.is_empty() { &NAMES[..1] } else { &NAMES[..] };
    for who in names {
        let mut all = lines.clone();
        all.push(at_line(last + 40 * DAY));
        let result = play(program, sources, machine, who, all)?;
        let Some((time, detail, until)) = result.happened.iter().find_map(|h| kept_back(&h.what, rule)) else {
            continue;
        };
        // Up to there, and until what was held has gone out.
        let zone = machine.zones.get(machine.zone);
        let local = |time: i64| {
            let local = zone.local(time);
            local.date * DAY + local.time
        };
        let end = until.map_or(time, |u| u.min(time + 10 * DAY)).max(time) + MINUTE;
        let mut short = Vec::new();
        for line in lines.iter().cloned() {
            if let TestKind::At { date, time: of_day, .. } = line
                && date * DAY + of_day > local(time)
            {
                break;
            }
            short.push(line);
        }
        let end_local = (local(end) + MINUTE - 1).div_euclid(MINUTE) * MINUTE;
        short.push(at_line(end_local));
        let result = play(program, sources, machine, who, short.clone())?;
        let mut sent = 0;
        let mut expected = Vec::new();
        let mut refused = None;
        for h in &result.happened {
            let Happened::Entry(Entry { time, what: What::Effect(effect), .. }) = &h.what else { continue };
            let local = local(*time);
            let exact = local.rem_euclid(MINUTE) == 0;
            let moment = TestMoment { date: Some(local.div_euclid(DAY)), time: local.rem_euclid(DAY), zone: None };
            let at = exact.then_some(moment);
            let message = |m: u16| {
                let name = &machine.image.messages[usize::from(m)].name;
                program.messages.iter().position(|m| m.name == *name)
            };
            let channel = |c: u16| {
                let name = &machine.image.channels[usize::from(c)].name;
                program.channels.iter().position(|c| c.name == *name)
            };
            match &effect.kind {
                EffectKind::Sent { message: m, channel: c, .. } => {
                    sent += usize::from(*time <= result_time(&result, rule).unwrap_or(i64::MAX));
                    let (message, channel) = (message(*m)?, channel(*c));
                    expected.push(Expect::Receives { who: 0, message, channel, at, with: Vec::new() });
                }
                EffectKind::Refused { message: m, channel: c, reason, detail }
                    if detail.contains(rule) && refused.is_none() =>
                {
                    let (message, channel) = (message(*m)?, channel(*c));
                    refused =
                        Some(Expect::Refused { who: 0, message, channel, reason: reason.words().to_string(), at });
                }
                _ => {}
            }
        }
        expected.extend(refused);
        if expected.is_empty() {
            continue;
        }
        let mut whole = short;
        whole.extend(expected.into_iter().map(TestKind::Expect));
        let result = play(program, sources, machine, who, whole.clone())?;
        if !result.passed() {
            continue;
        }
        let policy = &program.policies[verdict.policy].name;
        let held = until.is_some();
        let title = format!(
            "{policy}: {}",
            if held { "one message too many is held" } else { "one message too many is dropped" }
        );
        return Some(Witness { sent, detail, held, test: write::test(program, &title, who, &whole) });
    }
    None
}

/// When, in which words, and until when at most a rule keeps something back.
fn kept_back(what: &Happened, rule: &str) -> Option<(i64, String, Option<i64>)> {
    let Happened::Entry(Entry { time, what: What::Effect(effect), .. }) = what else { return None };
    match &effect.kind {
        EffectKind::Refused { detail, .. } if detail.contains(rule) => Some((*time, detail.clone(), None)),
        EffectKind::Held { detail, until, .. } if detail.contains(rule) => {
            Some((*time, detail.clone(), Some(until.unwrap_or(*time))))
        }
        _ => None,
    }
}

fn result_time(result: &TestResult, rule: &str) -> Option<i64> {
    result.happened.iter().find_map(|h| kept_back(&h.what, rule)).map(|(time, ..)| time)
}

/// The walks of a journey that have been made without policies.
impl<'p> Analysis<'p> {
    fn walked(&self, id: JourneyId) -> &[Walk<'p>] {
        self.known_walks(id, Units::Plain, Holding::Pauses)
    }
}
