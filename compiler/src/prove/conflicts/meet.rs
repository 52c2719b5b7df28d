//! Two journeys in one customer: their runs placed so that their messages fall together, and what becomes of the second one with the
//! other journey and without it.

use super::sides::{Asked, BEGIN, DAY, MINUTE, Side, Sides};
use super::{Meeting, Outcome, Over, Part, Question, Why, kind, words};
use crate::hir::{JourneyId, PurposeId, TestKind, Trigger};
use crate::prove::pressure::rules::Kind;
use crate::prove::witness::play::effects;
use crate::prove::witness::schedule::{Schedule, next_entry};
use journey_runtime::input::{Effect, EffectKind, Reason};

/// How often the second run is moved nearer to the first.
const NEARER: usize = 4;

/// How many entries by the calendar are looked at for two that lie near each other.
const ENTRIES: usize = 40;

/// Two runs of one customer.
struct Two<'s, 'p> {
    sides: [&'s Side; 2],
    purpose: Option<PurposeId>,
    schedule: Schedule<'p>,
    /// The second run alone; none where one event starts both.
    alone: Option<Schedule<'p>>,
    end: i64,
}

/// Whether two journeys meet, and how; in the order in which it is worse.
pub fn meeting(sides: &mut Sides, question: &Question) -> Option<Meeting> {
    let Kind::Of(purpose, _) = kind(question.over) else { return None };
    let [a, b] = question.journeys;
    let (a, b) = (sides.side(a, purpose)?, sides.side(b, purpose)?);
    let mut worst: Option<Meeting> = None;
    for pair in [[&a, &b], [&b, &a]] {
        let Some(found) = in_order(sides, pair, purpose, question) else { continue };
        let both = found.outcome == Outcome::Both;
        if worst.as_ref().is_none_or(|w| w.outcome.weight() < found.outcome.weight()) {
            worst = Some(found);
        }
        if both {
            break;
        }
    }
    worst
}

fn in_order(
    sides: &Sides,
    [first, second]: [&Side; 2],
    purpose: Option<PurposeId>,
    question: &Question,
) -> Option<Meeting> {
    // By one event, at one moment.
    if question.event.is_some()
        && let Some(two) = together(sides, [first, second], purpose)
        && let Some((Some(found), _)) = judge(sides, &two, question)
    {
        return Some(found);
    }
    // Else one after the other, nearer and nearer.
    let (mut at, mut then) = entries(sides, first, second);
    for _ in 0..NEARER {
        let two = apart(sides, [first, second], purpose, [at, then])?;
        let (found, gap) = judge(sides, &two, question)?;
        if found.is_some() || gap == MINUTE {
            return found;
        }
        let nearer = (gap - MINUTE).div_euclid(MINUTE) * MINUTE;
        match (by_calendar(sides, first), by_calendar(sides, second)) {
            (_, false) => then -= nearer,
            (false, true) => at += nearer,
            _ => return None,
        }
    }
    None
}

/// Whether a journey is entered at fixed times only.
fn by_calendar(sides: &Sides, side: &Side) -> bool {
    let triggers = &sides.program().journeys[side.entered()].triggers;
    triggers.iter().all(|t| matches!(t, Trigger::Every { .. } | Trigger::Date { .. }))
}

/// When the two are entered, so that the second writes a minute after the first, as far as the calendar lets them.
fn entries(sides: &Sides, first: &Side, second: &Side) -> (i64, i64) {
    let next = |side: &Side, at: i64| next_entry(sides.program(), side.entered(), at);
    let mut at = next(first, BEGIN);
    let then = |at: i64| at + first.first + MINUTE - second.first;
    match (by_calendar(sides, first), by_calendar(sides, second)) {
        (_, false) => (at, then(at)),
        (false, true) => {
            let entry = next(second, then(at));
            (entry + second.first - MINUTE - first.first, entry)
        }
        (true, true) => {
            let mut best = (at, next(second, then(at)));
            let far = |(at, entry): (i64, i64)| (entry - then(at)).abs();
            for _ in 0..ENTRIES {
                let near = (at, next(second, then(at) - DAY / 2));
                if far(near) < far(best) {
                    best = near;
                }
                at = next(first, at + 1);
            }
            best
        }
    }
}

fn together<'s, 'p>(sides: &Sides<'_, 'p>, pair: [&'s Side; 2], purpose: Option<PurposeId>) -> Option<Two<'s, 'p>> {
    let [first, second] = pair;
    let mut schedule = sides.player.schedule();
    let ran = sides.add(&mut schedule, &first.legs, BEGIN, None)?;
    let event = ran.event?;
    let other = sides.add(&mut schedule, &second.legs, BEGIN, Some(event))?;
    Some(Two { sides: pair, purpose, schedule, alone: None, end: ran.end.max(other.end) })
}

fn apart<'s, 'p>(
    sides: &Sides<'_, 'p>,
    pair: [&'s Side; 2],
    purpose: Option<PurposeId>,
    [at, then]: [i64; 2],
) -> Option<Two<'s, 'p>> {
    let [first, second] = pair;
    let (mut schedule, mut alone) = (sides.player.schedule(), sides.player.schedule());
    let ran = sides.add(&mut schedule, &first.legs, at, None)?;
    let other = sides.add(&mut schedule, &second.legs, then, None)?;
    sides.add(&mut alone, &second.legs, then, None)?;
    Some(Two { sides: pair, purpose, schedule, alone: Some(alone), end: ran.end.max(other.end) })
}

/// Whether they meet in this schedule; and how long after the first message the second one is asked for.
fn judge(sides: &Sides, two: &Two, question: &Question) -> Option<(Option<Meeting>, i64)> {
    let player = sides.player;
    let [first, second] = two.sides;
    let played = sides.play(&two.schedule, two.end)?;
    let one = sides.asked(&played, first.journey, two.purpose)?;
    let other = sides.asked(&played, second.journey, two.purpose)?;
    let sent = one.sent?;
    let gap = other.effect.time - sent.time;
    let day = |e: &Effect| player.local(e.time).div_euclid(DAY);
    let at_once = other.sent.filter(|s| s.time == other.effect.time);
    let outcome = match (at_once, &two.alone) {
        (Some(then), _) => (day(sent) == day(then)).then_some(Outcome::Both),
        // Something kept it back: the other journey, if it comes earlier without that one.
        (None, Some(alone)) => {
            let alone = sides.play(alone, two.end)?;
            let by_itself = sides.asked(&alone, second.journey, two.purpose).and_then(|a| Some(a.sent?.time));
            by_itself.and_then(|time| because_of(sides, &played, first.journey, &other, time))
        }
        // There is no telling what would be without the event that starts both.
        (None, None) => because_of(sides, &played, first.journey, &other, other.effect.time),
    };
    let Some(outcome) = outcome else { return Some((None, gap)) };
    let meeting = shown(sides, two, question, (&one, &other), outcome);
    Some((meeting, gap))
}

/// What another journey does to a message that would be handed over at `alone` without it: its `meanwhile`, or a rule that counts
/// messages, where no third journey has sent any that it may have counted.
fn because_of(sides: &Sides, played: &[Effect], first: JourneyId, other: &Asked, alone: i64) -> Option<Outcome> {
    let program = sides.program();
    let by = other.kept.iter().find_map(|e| match &e.kind {
        EffectKind::Refused { reason, detail, channel, .. } | EffectKind::Held { reason, detail, channel, .. }
            if matches!(reason, Reason::Meanwhile | Reason::Capped | Reason::TooSoon) =>
        {
            Some((e.time, *channel, Why { reason: *reason, detail: detail.clone() }))
        }
        _ => None,
    });
    let (time, channel, why) = by?;
    let purpose = |message: u16| sides.player.message(message).map(|m| program.messages[m].purpose);
    let counted = |e: &&Effect| match e.kind {
        EffectKind::Sent { message, channel: c, .. } => {
            e.time <= time && (c == channel || purpose(message) == purpose(other.message))
        }
        _ => false,
    };
    let second = sides.player.journey(other.effect);
    let senders: Vec<Option<JourneyId>> = played.iter().filter(counted).map(|e| sides.player.journey(e)).collect();
    let is_first = match why.reason {
        Reason::Meanwhile => words::names(&why.detail, &program.journeys[first].name),
        _ => senders.contains(&Some(first)) && senders.iter().all(|s| *s == Some(first) || *s == second),
    };
    if !is_first {
        return None;
    }
    match other.sent {
        None => Some(Outcome::Lost { why }),
        Some(sent) if sent.time > alone => Some(Outcome::Waits { long: sent.time - alone, why }),
        Some(_) => None,
    }
}

/// The meeting with its test, where that passes.
fn shown(
    sides: &Sides,
    two: &Two,
    question: &Question,
    (one, other): (&Asked, &Asked),
    outcome: Outcome,
) -> Option<Meeting> {
    let player = sides.player;
    let program = sides.program();
    let who = two.schedule.name()?;
    let last = other.sent.map_or(other.effect.time, |s| s.time).max(one.sent?.time);
    let lost = other.kept.iter().rev().find(|e| other.sent.is_none() && matches!(e.kind, EffectKind::Refused { .. }));
    let last = lost.map_or(last, |e| e.time.max(last));
    let lines: Vec<TestKind> = player.until(&two.schedule.lines(), last, last + MINUTE);
    let result = player.play(&who, lines.clone());
    let mut expected = Vec::new();
    for effect in effects(&result) {
        if matches!(effect.kind, EffectKind::Sent { .. }) || lost.is_some_and(|lost| **lost == *effect) {
            expected.push(player.expect(effect)?);
        }
    }
    let part = |journey: JourneyId, asked: &Asked| {
        Some(Part { journey, message: player.message(asked.message)?, at: player.local(asked.effect.time) })
    };
    let mut parts = [part(two.sides[0].journey, one)?, part(two.sides[1].journey, other)?];
    let swapped = outcome == Outcome::Both && parts[1].at < parts[0].at;
    if swapped {
        parts.reverse();
    }
    let [first, second] = parts;
    let name = |part: &Part| program.journeys[part.journey].name.as_str();
    let title = match &outcome {
        Outcome::Both => format!("{} and {} write on one day", name(&first), name(&second)),
        Outcome::Waits { .. } => format!("{} waits for {}", name(&second), name(&first)),
        Outcome::Lost { .. } => format!("{} loses a message to {}", name(&second), name(&first)),
    };
    let test = player.test(&title, &who, lines, expected)?;
    let over = match question.over {
        Over::Opposites(of, to) if first.journey != question.journeys[0] => Over::Opposites(to, of),
        over => over,
    };
    let event = question.event.filter(|_| two.alone.is_none());
    Some(Meeting { over, first, second, event, outcome, test })
}
