//! What was found, in sentences.

use super::{Circle, Conflicts, Meeting, Outcome, Over, Part, Why};
use crate::hir::{FacetId, Journey, JourneyId, Program, PurposeId, StepKind, each_step};
use journey_runtime::input::Reason;
use journey_runtime::report::words;

/// Whether a text has a name in it as a word.
pub(super) fn names(text: &str, name: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name)
}

/// A round of hand-offs: `nurture → trial → nurture`.
pub fn round(program: &Program, journeys: &[JourneyId]) -> String {
    let names = journeys.iter().chain(journeys.first()).map(|j| program.journeys[*j].name.as_str());
    names.collect::<Vec<_>>().join(" → ")
}

/// How much was looked at, and what came of it.
pub fn lead(found: &Conflicts) -> String {
    if found.pairs == 0 {
        return "No two journeys write for one purpose.".to_string();
    }
    let meet = found.meetings.len();
    let without = found.tried - meet;
    let or = if found.opposites { " or want opposite things" } else { "" };
    let proves = "no example was found, which proves nothing";
    if found.tried < found.pairs {
        let (pairs, tried) = (number(found.pairs), number(found.tried));
        let mut said =
            format!("{pairs} pairs of journeys write for one purpose{or}. Of {tried} that were played through, ");
        said.push_str(&format!("{} can get in each other's way", number(meet)));
        if without > 0 {
            said.push_str(&format!("; for {} {proves}", number(without)));
        }
        said.push_str(&format!(". `--pairs {}` takes them all.", found.pairs));
        return said;
    }
    match (found.pairs, meet) {
        (1, 1) => format!("The one pair of journeys that write for one purpose{or} can get in each other's way."),
        (1, _) => format!("One pair of journeys write for one purpose{or}; {proves}."),
        (pairs, 0) => format!("{} pairs of journeys write for one purpose{or}; {proves}.", number(pairs)),
        (pairs, meet) => {
            let (pairs, meet) = (number(pairs), number(meet));
            let mut said = format!(
                "Of {pairs} pairs of journeys that write for one purpose{or}, {meet} can get in each other's way."
            );
            if without > 0 {
                said.push_str(&format!(" For {} {proves}.", number(without)));
            }
            said
        }
    }
}

fn number(n: usize) -> String {
    words::count(n as u64)
}

/// What becomes of the second message: the heading of those for which it is the same.
pub fn outcome(program: &Program, meeting: &Meeting) -> String {
    match &meeting.outcome {
        Outcome::Both => match meeting.over {
            Over::Purpose(p) if program.purposes[p].needs_no_consent => {
                format!("Both are sent on one day, for {}, which needs no consent", program.purposes[p].name)
            }
            Over::Purpose(_) => "Both are sent on one day".to_string(),
            Over::Opposites(..) => "Both are sent on one day, and want opposite things".to_string(),
        },
        Outcome::Waits { why, .. } => format!("The second message waits: {}", cause(program, meeting, why)),
        Outcome::Lost { why } => format!("The second message is lost: {}", cause(program, meeting, why)),
    }
}

/// Whether people should look at it: not where both are sent for a purpose that needs no consent, and not where one waits.
pub fn matters(program: &Program, meeting: &Meeting) -> bool {
    match (&meeting.outcome, meeting.over) {
        (Outcome::Both, Over::Purpose(purpose)) => !program.purposes[purpose].needs_no_consent,
        (Outcome::Waits { .. }, _) => false,
        _ => true,
    }
}

/// What can be done about it.
pub fn remedy(program: &Program, meeting: &Meeting) -> Option<String> {
    match (&meeting.outcome, meeting.over) {
        (Outcome::Both, Over::Purpose(purpose)) if matters(program, meeting) => {
            let name = &program.purposes[purpose].name;
            Some(format!(
                "A rule keeps them apart (`at least 1 day between {name} messages`), or one journey asks for quiet while it runs (`meanwhile hold {name}`)."
            ))
        }
        (Outcome::Both, Over::Opposites(..)) => Some(
            "Let one of them end where the other begins (`exit on …`), or keep people out of it (`only if …`)."
                .to_string(),
        ),
        _ => None,
    }
}

/// The rule, or what the other journey asks for.
fn cause(program: &Program, meeting: &Meeting, why: &Why) -> String {
    match why.reason {
        Reason::Meanwhile => format!("`meanwhile` of {}", program.journeys[meeting.first.journey].name),
        _ => why.detail.clone(),
    }
}

/// A meeting in one sentence.
pub fn meeting(program: &Program, meeting: &Meeting) -> String {
    let message = |part: &Part| program.messages[part.message].name.as_str();
    let journey = |part: &Part| program.journeys[part.journey].name.as_str();
    let (first, second) = (&meeting.first, &meeting.second);
    let mut said = match &meeting.outcome {
        Outcome::Both => format!(
            "{} sends {} and {} sends {} on one day",
            journey(first),
            message(first),
            journey(second),
            message(second)
        ),
        Outcome::Waits { long, .. } => format!(
            "{} sends {}, and {} has its {} wait for {}",
            journey(first),
            message(first),
            journey(second),
            message(second),
            words::duration(rounded(*long))
        ),
        Outcome::Lost { .. } => {
            format!(
                "{} sends {}, and {} drops its {}",
                journey(first),
                message(first),
                journey(second),
                message(second)
            )
        }
    };
    if let Outcome::Waits { why, .. } | Outcome::Lost { why } = &meeting.outcome {
        let cause = cause(program, meeting, why);
        let policy = cause.rsplit_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
        said.push_str(&format!(" because of {}", policy.unwrap_or(&cause)));
    }
    said
}

/// To the minute, and what is longer to five minutes: the second message of an example is due a minute after the first.
fn rounded(ms: i64) -> i64 {
    let minute = 60_000;
    let to = if ms >= 60 * minute { 5 * minute } else { minute };
    (ms + to / 2).div_euclid(to).max(1) * to
}

/// How both come to be in one customer, and what the journeys themselves say about others; empty where there is nothing to say.
pub fn start(program: &Program, meeting: &Meeting) -> String {
    let journey = |part: &Part| &program.journeys[part.journey];
    let mut said = Vec::new();
    if let Some(event) = meeting.event {
        let event = program.events[event].name.as_str();
        let (first, second) = (journey(&meeting.first), journey(&meeting.second));
        let before = if first.priority > second.priority {
            format!(", {} first by its priority", first.name)
        } else {
            String::new()
        };
        said.push(format!("one {event} starts both{before}"));
    }
    // Where its `meanwhile` did not decide it, that is worth knowing.
    if let Over::Purpose(purpose) = meeting.over {
        for part in [&meeting.first, &meeting.second] {
            let decided = matches!(&meeting.outcome, Outcome::Waits { why, .. } | Outcome::Lost { why } if why.reason == Reason::Meanwhile);
            if let (false, Some(hold)) = (decided, meanwhile(journey(part), purpose)) {
                let keeps = if hold { "holds" } else { "drops" };
                said.push(format!("{} {keeps} only what comes while it runs", journey(part).name));
            }
        }
    }
    said.join("; ")
}

/// Whether a journey holds (else drops) what others write for a purpose, in its header or a stage; none: neither.
fn meanwhile(journey: &Journey, purpose: PurposeId) -> Option<bool> {
    let mut clauses = journey.clauses.meanwhile.clone();
    each_step(&journey.body, &mut |step| {
        if let StepKind::Stage { clauses: of_stage, .. } = &step.kind {
            clauses.extend(&of_stage.meanwhile);
        }
    });
    clauses.iter().find(|(_, of)| *of == purpose).map(|(hold, _)| *hold)
}

/// What two meet over: the purpose, or what they want.
pub fn over(program: &Program, meeting: &Meeting) -> String {
    let node = |(facet, node): (FacetId, u32)| {
        let facet = &program.facets[facet];
        format!("@{} {}", facet.name, facet.nodes[node as usize].path)
    };
    match meeting.over {
        Over::Purpose(purpose) => program.purposes[purpose].name.clone(),
        Over::Opposites(one, other) => format!("{} against {}", node(one), node(other)),
    }
}

/// A circle in sentences.
pub fn circle(circle: &Circle) -> String {
    let least = match circle.least {
        0 => "at once where it can".to_string(),
        ms => format!("{} at least", words::duration(rounded(ms))),
    };
    let messages = match circle.messages {
        0 => "no message".to_string(),
        1 => "1 message".to_string(),
        n => format!("{} messages", number(n)),
    };
    format!(
        "A round takes {least}. In the example it took {} and sent {messages}. `re-entry` is not asked at a hand-off, so only a goal, an exit, or a way out of the steps ends it.",
        words::duration(rounded(circle.took))
    )
}
