//! What a run may outlast: the life that a policy gives it, and the dates of what it sends.

use super::report::Texts;
use super::stay::Stay;
use super::words::length;
use crate::flow::{Graph, most_ms};
use crate::hir::{Program, Send, StepKind};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;

const DAY: i64 = 24 * 3_600_000;

/// Everything found.
pub fn report(program: &Program, texts: &Texts, stays: &[Stay]) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> = stays.iter().filter_map(|stay| limit(program, texts, stay)).collect();
    for stay in stays {
        dates(program, texts, stay, &mut found);
    }
    found
}

fn limit(program: &Program, texts: &Texts, stay: &Stay) -> Option<Diagnostic> {
    let (policy, rule, length_said) = stay.limit?;
    let journey = &program.journeys[stay.journey];
    let (policy, allowed) = (&program.policies[policy], most_ms(length_said));
    let rule = policy.rules[rule].span;
    if stay.by_steps.ms <= allowed {
        return None;
    }
    let lasts = length(stay.by_steps.plain());
    let mut d = Diagnostic::new(
        Code::OutlastsPolicy,
        journey.about.span,
        format!("a run of `{}` may last {lasts}, and `{}` ends it before", journey.name, policy.name),
        "its last steps are not reached by everyone",
    );
    let mut longest = stay.way_by_steps.clone();
    longest.sort_by_key(|(_, took)| std::cmp::Reverse(*took));
    for (span, took) in longest.into_iter().take(4) {
        d = d.label(texts.head(span), format!("up to {}", length(took.plain())));
    }
    Some(d.label(rule, "ends a run after this").help("make its waits shorter, or give it more time in the policy"))
}

/// Messages that may be over before everyone who came in has got them.
fn dates(program: &Program, texts: &Texts, stay: &Stay, found: &mut Vec<Diagnostic>) {
    let journey = &program.journeys[stay.journey];
    let Some(last_entry) = journey.window.1 else { return };
    let graph = Graph::new(program, stay.journey);
    for (node, latest) in stay.latest.iter().enumerate() {
        // What an offer sends is chosen among others, and one that is over is not chosen.
        if graph.nodes[node].offer.is_some() {
            continue;
        }
        let Some(StepKind::Send(Send { message, outcome: None, .. })) = graph.step(node).map(|s| &s.kind) else {
            continue;
        };
        let message = &program.messages[*message];
        let (Some(last), Some(latest)) = (message.valid.1, latest) else { continue };
        // Whoever comes in on the last day does so up to its end.
        let day = last_entry + (latest.ms + DAY - 1).div_euclid(DAY);
        if day <= last {
            continue;
        }
        let span = graph.nodes[node].span;
        let waited = if latest.ms == 0 {
            "at once".to_string()
        } else {
            format!("up to {} after the entry", length(latest.plain()))
        };
        found.push(
            Diagnostic::new(
                Code::OverBefore,
                texts.head(span),
                format!("`{}` may be over before everyone who came in gets here", message.name),
                format!("reached {waited}"),
            )
            .label(message.about.span, format!("over after {}", date(last)))
            .label(journey.about.span, format!("lets people in up to {}", date(last_entry)))
            .help("let people in for a shorter time, or let the message be valid for longer"),
        );
    }
}

fn date(days: i64) -> String {
    let (year, month, day) = journey_runtime::time::civil(days);
    format!("{year:04}-{month:02}-{day:02}")
}
