//! Journeys that start one another without end, at one instant.

use super::run::{Effect, SetsOff};
use crate::hir::{JourneyId, Program, ReEntry, Trigger};
use crate::scope::Context;
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;
use journey_grammar::span::Span;

/// One journey starts another before it has waited.
struct Edge {
    from: JourneyId,
    to: JourneyId,
    span: Span,
    emit: bool,
}

/// Reports every circle of hand-offs and events in which nobody ever waits.
pub fn report(cx: &Context, sets_off: &[(JourneyId, SetsOff)]) {
    let mut edges: Vec<Edge> = Vec::new();
    for (from, s) in sets_off.iter().filter(|(_, s)| !s.waited) {
        match s.what {
            Effect::HandOff(to) => edges.push(Edge { from: *from, to, span: s.span, emit: false }),
            Effect::Unclear => {}
            Effect::Emit(event) => {
                for (to, journey) in cx.program.journeys.iter().enumerate() {
                    // Whoever may not come in again at once breaks the circle.
                    let at_once = matches!(journey.reentry, ReEntry::AfterFinishing);
                    let starts = |t: &Trigger| matches!(t, Trigger::Event(e) if e.event == event);
                    if at_once && journey.triggers.iter().any(starts) {
                        edges.push(Edge { from: *from, to, span: s.span, emit: true });
                    }
                }
            }
        }
    }
    let mut told: Vec<JourneyId> = Vec::new();
    for start in 0..cx.program.journeys.len() {
        if told.contains(&start) {
            continue;
        }
        if let Some(circle) = circle(&edges, start) {
            told.extend(circle.iter().map(|e| e.from));
            say(&cx.program, cx, &circle);
        }
    }
}

/// A shortest way from a journey back to itself.
fn circle(edges: &[Edge], start: JourneyId) -> Option<Vec<&Edge>> {
    let mut ways: Vec<Vec<&Edge>> = edges.iter().filter(|e| e.from == start).map(|e| vec![e]).collect();
    let mut seen = vec![start];
    while !ways.is_empty() {
        let mut next = Vec::new();
        for way in ways {
            let Some(at) = way.last().map(|e| e.to) else { continue };
            if at == start {
                return Some(way);
            }
            if seen.contains(&at) {
                continue;
            }
            seen.push(at);
            for e in edges.iter().filter(|e| e.from == at) {
                let mut longer = way.clone();
                longer.push(e);
                next.push(longer);
            }
        }
        ways = next;
    }
    None
}

fn say(program: &Program, cx: &Context, circle: &[&Edge]) {
    let Some(first) = circle.first() else { return };
    let name = |id: JourneyId| &program.journeys[id].name;
    let by_event = circle.iter().any(|e| e.emit);
    let message = match circle {
        [one] if one.emit => format!("`{}` starts itself again at the same instant", name(one.from)),
        [one] => format!("`{}` goes to itself without a wait", name(one.from)),
        _ => {
            let names: Vec<&String> = circle.iter().map(|e| name(e.from)).collect();
            format!("{} start one another without a wait", crate::expr::words::listed(&names))
        }
    };
    let head = |span: Span| {
        let first = cx.text(span).lines().next().map_or(0, str::len) as u32;
        Span { end: (span.start + first).min(span.end), ..span }
    };
    let mut d = Diagnostic::new(Code::Circle, head(first.span), message, format!("starts `{}`", name(first.to)));
    for e in circle.iter().skip(1) {
        d = d.label(head(e.span), format!("starts `{}`", name(e.to)));
    }
    d = d.note("nothing ever passes in between, so it would go round for ever");
    d = if by_event {
        d.help("wait before it, or say when someone may come in again: `re-entry 1 day after entry`")
    } else {
        d.help("wait before handing over")
    };
    cx.report(d);
}
