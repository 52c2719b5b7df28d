//! A witness: what one customer does so that a limit of a policy is reached. It is run before it is shown, by the same machine that
//! runs tests, and is a test itself. Where none is found, nothing is claimed.

pub(super) mod play;
pub(super) mod schedule;
mod solve;
mod write;

use super::pressure::reach::{NEVER, Reach};
use super::pressure::rules::Kind;
use super::pressure::walk::{Because, Units, Walk, WayId};
use super::pressure::{Analysis, Holding, Verdict};
use crate::hir::{JourneyId, Program, ReEntry};
use journey_runtime::input::EffectKind;
use journey_runtime::program::Program as Machine;
use journey_runtime::report::story::{Entry, What};
use journey_runtime::testing::Happened;
use play::{Player, effects};
use schedule::{Leg, Schedule, at_line, next_entry};

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
pub fn find<'p>(
    program: &'p Program,
    machine: &'p Machine,
    analysis: &mut Analysis<'p>,
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
    let player = Player::new(program, machine);
    let gaps = [MINUTE, HOUR + MINUTE, 4 * HOUR + MINUTE, DAY, 2 * DAY, 3 * DAY];
    for gap in gaps.into_iter().filter(|g| g.saturating_mul(wanted as i64 - 1) < window.max(2)) {
        for turn in 0..candidates.len().min(6) {
            let mut order: Vec<&Candidate> = candidates.iter().collect();
            order.rotate_left(turn);
            let Some(schedule) = plan(&player, analysis, &order, wanted, gap) else { continue };
            if let Some(found) = run(&player, &schedule, &rule, verdict) {
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
    player: &Player<'p>,
    analysis: &Analysis<'p>,
    candidates: &[&Candidate],
    wanted: usize,
    gap: i64,
) -> Option<Schedule<'p>> {
    let mut schedule = player.schedule();
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
            entry = next_entry(player.program, candidate.journey, entry.div_euclid(MINUTE) * MINUTE);
            let before = schedule.clone();
            let leg = Leg { journey: candidate.journey, walk, ways: &candidate.ways };
            if schedule.add(&[leg], entry, None).is_none() {
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

fn run(player: &Player, schedule: &Schedule, rule: &str, verdict: &Verdict) -> Option<Witness> {
    let lines = schedule.lines();
    let last = schedule.doings.iter().map(|(at, _)| *at).max().unwrap_or(BEGIN).max(BEGIN);
    let who = schedule.name()?;
    let mut all = lines.clone();
    all.push(at_line(last + 40 * DAY));
    let result = player.play(&who, all);
    let (time, detail, until) = result.happened.iter().find_map(|h| kept_back(&h.what, rule))?;
    // Up to there, and until what was held has gone out.
    let end = until.map_or(time, |u| u.min(time + 10 * DAY)).max(time) + MINUTE;
    let short = player.until(&lines, time, end);
    let result = player.play(&who, short.clone());
    let mut sent = 0;
    let mut expected = Vec::new();
    let mut refused = None;
    let kept = result.happened.iter().find_map(|h| kept_back(&h.what, rule)).map(|(time, ..)| time);
    for effect in effects(&result) {
        match &effect.kind {
            EffectKind::Sent { .. } => {
                sent += usize::from(effect.time <= kept.unwrap_or(i64::MAX));
                expected.push(player.expect(effect)?);
            }
            EffectKind::Refused { detail, .. } if detail.contains(rule) && refused.is_none() => {
                refused = Some(player.expect(effect)?);
            }
            _ => {}
        }
    }
    expected.extend(refused);
    let policy = &player.program.policies[verdict.policy].name;
    let held = until.is_some();
    let title =
        format!("{policy}: {}", if held { "one message too many is held" } else { "one message too many is dropped" });
    let test = player.test(&title, &who, short, expected)?;
    Some(Witness { sent, detail, held, test })
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

/// The walks of a journey that have been made without policies.
impl<'p> Analysis<'p> {
    fn walked(&self, id: JourneyId) -> &[Walk<'p>] {
        self.known_walks(id, Units::Plain, Holding::Pauses)
    }
}
