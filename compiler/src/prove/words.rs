//! How long runs stay, and which consent is asked for, in words.

use super::consent::ConsentRule;
use super::pressure::walk;
use super::stay::{Endless, Stay, Took};
use crate::flow::most_ms;
use crate::hir::Program;
use crate::project::Source;
use journey_grammar::span::Span;
use journey_runtime::report::words::counted;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A length in milliseconds for people, in its two largest units: `3 days`, `1 day and 5 hours`, `90 seconds` as `1 minute and 30 seconds`.
pub fn length(ms: i64) -> String {
    let units = [(DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (SECOND, "second")];
    let Some(first) = units.iter().position(|(unit, _)| ms >= *unit) else { return "no time".into() };
    let (unit, name) = units[first];
    let said = counted((ms / unit).unsigned_abs(), name);
    match units.get(first + 1).map(|(small, name)| (ms % unit / small, name)) {
        Some((n, name)) if n > 0 => format!("{said} and {}", counted(n.unsigned_abs(), name)),
        _ => said,
    }
}

/// Why there is no end, in words.
pub fn endless(program: &Program, why: Endless) -> String {
    match why {
        Endless::Moment => "until a moment that data say, however far ahead".into(),
        Endless::Pauses => "several pauses may take turns here".into(),
        Endless::Held => "rules may hold it without end".into(),
        Endless::Meanwhile(other) => {
            format!("held while someone is in `{}`, run after run", program.journeys[other].name)
        }
    }
}

/// What the steps themselves wait for at most; a moment that data say counts as none, and is named.
pub fn by_steps(stay: &Stay) -> String {
    let said = length(stay.by_steps.plain());
    match (stay.open.iter().any(|(_, why)| *why == Endless::Moment), stay.by_steps.ms) {
        (true, 0) => "up to a moment".into(),
        (true, _) => format!("{said} + a moment"),
        (false, 0) => "no wait".into(),
        (false, _) => said,
    }
}

/// How long a run may stay with all that keeps it back.
pub fn most(program: &Program, stay: &Stay) -> String {
    match (stay.limit, stay.most) {
        (Some((policy, _, limit)), most) if most.is_none_or(|most| most.ms > most_ms(limit)) => {
            format!("{}, then `{}` ends it", length(walk::most(limit)), program.policies[policy].name)
        }
        (_, Some(most)) => length(most.plain()),
        (_, None) => "no end".into(),
    }
}

/// The same in milliseconds; none: there is no end to it.
pub fn ends(stay: &Stay) -> Option<i64> {
    let limit = stay.limit.map(|(_, _, limit)| most_ms(limit));
    stay.most.map(|most| most.ms).into_iter().chain(limit).min()
}

/// What the gate asks for before a send of a row.
pub fn consent(rule: ConsentRule) -> &'static str {
    match rule {
        ConsentRule::None => "no consent needed",
        ConsentRule::Any => "consent by any channel",
        ConsentRule::Channel => "consent by that channel",
    }
}

/// What a step says before its first block, on one line, without annotations.
pub fn step(sources: &[Source], span: Span) -> String {
    let text = sources.get(usize::from(span.file.0)).and_then(|s| s.text.get(span.range())).unwrap_or("");
    let line = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('@')).unwrap_or("");
    line.split(['{', '(', '"']).next().unwrap_or("").trim().to_string()
}

/// At most so many steps of a way, the longest ones, in the order of the journey: what each says and how long it takes.
pub fn longest(sources: &[Source], way: &[(Span, Took)], most: usize) -> Vec<(String, Span)> {
    let mut by_length: Vec<&(Span, Took)> = way.iter().collect();
    by_length.sort_by_key(|(span, took)| (std::cmp::Reverse(*took), span.start));
    by_length.truncate(most);
    by_length.sort_by_key(|(span, _)| span.start);
    let said = by_length.into_iter().map(|(span, took)| {
        let text = step(sources, *span);
        let more = if says_how_long(&text) { String::new() } else { format!(": {}", length(took.plain())) };
        (text + &more, *span)
    });
    said.collect()
}

/// Whether a step's first words end with how long it is: `wait up to 2 days`.
fn says_how_long(step: &str) -> bool {
    let units = ["second", "minute", "hour", "day", "week"];
    let unit = step.rsplit(' ').next().unwrap_or("");
    step.starts_with("wait ") && units.contains(&unit.trim_end_matches('s'))
}

/// The steps at which a run may be held back, and for how long beside what they wait for themselves; none when there is no end to it.
pub fn held(stay: &Stay) -> Vec<(Span, Took)> {
    if stay.most.is_none() {
        return Vec::new();
    }
    let by_itself = |span: Span| stay.way_by_steps.iter().find(|(at, _)| *at == span).map_or(0, |(_, took)| took.ms);
    let held = stay.way.iter().map(|(span, took)| (*span, Took { ms: took.ms - by_itself(*span), clocks: 0 }));
    held.filter(|(_, took)| took.ms > 0).collect()
}

/// What has no end by itself, each reason once, with the steps it holds for.
pub fn open(program: &Program, stay: &Stay) -> Vec<(String, Vec<Span>)> {
    let mut reasons: Vec<(Endless, Vec<Span>)> = Vec::new();
    for (span, why) in &stay.open {
        match reasons.iter_mut().find(|(of, _)| of == why) {
            Some((_, spans)) if spans.contains(span) => {}
            Some((_, spans)) => spans.push(*span),
            None => reasons.push((*why, vec![*span])),
        }
    }
    reasons.into_iter().map(|(why, spans)| (endless(program, why), spans)).collect()
}
