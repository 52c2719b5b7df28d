//! Goals that no run can meet.

use super::pressure::walk::most;
use super::report::Texts;
use super::stay::Stay;
use super::words::length;
use crate::flow::{Graph, NodeId, least_ms, most_ms};
use crate::hir::{Goal, Journey, JourneyId, Program, Send, StepKind, VariableId};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;
use journey_grammar::span::Span;

const HOUR: i64 = 3_600_000;

/// Why nobody meets a goal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Its runs are over as they begin, and without `within` a goal counts while the run lasts.
    OverAtOnce,
    /// The send whose receipt it is goes out so many milliseconds after the entry at the earliest, and that is too late.
    SentLater {
        /// The send.
        send: Span,
        /// After the entry.
        ms: i64,
    },
}

/// A goal that no run meets in time.
#[derive(Debug, Clone, Copy)]
pub struct Unmet {
    /// Which journey.
    pub journey: JourneyId,
    /// Which of its goals.
    pub goal: usize,
    /// Why.
    pub why: Why,
}

/// All of them.
pub fn unmet(program: &Program, stays: &[Stay]) -> Vec<Unmet> {
    let mut found = Vec::new();
    for stay in stays {
        let journey = &program.journeys[stay.journey];
        // Who comes from an older version may have been in it for long.
        if journey.goals.is_empty() || program.migrations.iter().any(|m| m.journey == stay.journey) {
            continue;
        }
        let mut graph = None;
        for (number, goal) in journey.goals.iter().enumerate() {
            let why = match goal.within {
                None => stay.most.is_some_and(|most| most.ms == 0).then_some(Why::OverAtOnce),
                Some(within) => goal.event.of.and_then(|of| {
                    let graph = graph.get_or_insert_with(|| Graph::new(program, stay.journey));
                    sent_later(journey, graph, of, most_ms(within))
                }),
            };
            found.extend(why.map(|why| Unmet { journey: stay.journey, goal: number, why }));
        }
    }
    found
}

/// The send that a goal is a receipt of, when it goes out too late.
fn sent_later(journey: &Journey, graph: &Graph, of: VariableId, within: i64) -> Option<Why> {
    // Who starts over may still get the receipt of what was sent before.
    if !journey.start_over.is_empty() {
        return None;
    }
    let is_it = |node: &NodeId| {
        let send = graph.step(*node).map(|s| &s.kind);
        graph.nodes[*node].offer.is_none() && matches!(send, Some(StepKind::Send(Send { alias, .. })) if *alias == of)
    };
    let since = earliest(graph);
    let sends = (0..graph.nodes.len()).filter(is_it);
    let (ms, node) = sends.filter_map(|node| Some((since[node]?, node))).min()?;
    (ms > within).then(|| Why::SentLater { send: graph.nodes[node].span, ms })
}

/// For each node, how long after the entry a run comes there at the earliest, in milliseconds.
fn earliest(graph: &Graph) -> Vec<Option<i64>> {
    let mut since: Vec<Option<i64>> = vec![None; graph.nodes.len()];
    let begin = |since: &mut Vec<Option<i64>>, node: NodeId, at: i64| {
        if since[node].is_none_or(|old| at < old) {
            since[node] = Some(at);
        }
    };
    begin(&mut since, 0, 0);
    // Whatever ends a run, it may do so at once.
    if let Some(leaving) = graph.leaving {
        begin(&mut since, leaving, 0);
    }
    for node in 0..graph.nodes.len() {
        let Some(here) = since[node] else { continue };
        for edge in graph.ways(node).filter(|e| e.to > node && e.to < graph.nodes.len()) {
            begin(&mut since, edge.to, here.saturating_add(least_ms(edge.time.least).max(0)));
        }
    }
    since
}

/// Whole days for what falls short of them by the hours that clocks may be put forward.
fn nearly(ms: i64) -> i64 {
    let day = (ms + 6 * HOUR).div_euclid(24 * HOUR) * 24 * HOUR;
    if day > ms { day } else { ms }
}

/// As findings.
pub fn report(program: &Program, texts: &Texts, stays: &[Stay]) -> Vec<Diagnostic> {
    let found = unmet(program, stays);
    let finding = |unmet: Unmet| {
        let journey = &program.journeys[unmet.journey];
        let Goal { event, within, .. } = &journey.goals[unmet.goal];
        let what = format!("nobody can reach the goal of `{}`", journey.name);
        match unmet.why {
            Why::OverAtOnce => Diagnostic::new(Code::GoalUnmet, event.span, what, "never comes while a run lasts")
                .label(journey.about.span, "its runs are over as they begin")
                .note("a goal without `within` counts while the run lasts, and there is no wait in this journey")
                .suggest("count it for a while after the entry", event.span.after(), " within 7 days of entry"),
            Why::SentLater { send, ms } => {
                let within = within.map_or(String::new(), |within| length(most(within)));
                Diagnostic::new(Code::GoalUnmet, event.span, what, format!("counts up to {within} after the entry"))
                    .label(texts.head(send), format!("goes out {} after it at the earliest", length(nearly(ms))))
                    .help("give the goal more time, or send earlier")
            }
        }
    };
    found.into_iter().map(finding).collect()
}
