//! What a run may outlast: the life that a policy gives it, and the dates of what it sends.

use super::report::Texts;
use super::stay::{Stay, Took};
use super::words::length;
use crate::flow::{Graph, most_ms};
use crate::hir::{Occasion, OfferId, Program, Send, Step, StepKind};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;
use journey_grammar::span::Span;
use std::collections::BTreeMap;

const DAY: i64 = 24 * 3_600_000;

/// Everything found.
pub fn report(program: &Program, texts: &Texts, stays: &[Stay]) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> = stays.iter().filter_map(|stay| limit(program, texts, stay)).collect();
    for stay in stays {
        dates(program, texts, stay, &mut found);
    }
    found.extend(offers_over(program, texts, stays));
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
    // Whoever comes in on the last day does so up to its end.
    let day = |latest: Took| last_entry + (latest.ms + DAY - 1).div_euclid(DAY);
    for (node, latest) in stay.latest.iter().enumerate() {
        if let (Some(StepKind::NextBest { candidates, .. }), Some(latest)) = (graph.step(node).map(|s| &s.kind), latest)
            && let Some(last) = candidates.iter().map(|(o, _)| program.offers[*o].valid.1).collect::<Option<Vec<_>>>()
            && let Some(last) = last.into_iter().max().filter(|last| *last < day(*latest))
        {
            found.push(
                Diagnostic::new(
                    Code::OfferOver,
                    texts.head(graph.nodes[node].span),
                    "all of these offers may be over before everyone who came in gets here",
                    format!("reached {}", after(*latest)),
                )
                .label(journey.about.span, format!("lets people in up to {}", date(last_entry)))
                .note(format!("the last of the offers ends on {}, and later everybody takes the `else`", date(last)))
                .help("let people in for a shorter time, or let an offer be valid for longer"),
            );
        }
        // What an offer sends is chosen among others, and one that is over is not chosen.
        if graph.nodes[node].offer.is_some() {
            continue;
        }
        let Some(StepKind::Send(Send { message, outcome: None, .. })) = graph.step(node).map(|s| &s.kind) else {
            continue;
        };
        let message = &program.messages[*message];
        let (Some(last), Some(latest)) = (message.valid.1, latest) else { continue };
        if day(*latest) <= last {
            continue;
        }
        let span = graph.nodes[node].span;
        found.push(
            Diagnostic::new(
                Code::OverBefore,
                texts.head(span),
                format!("`{}` may be over before everyone who came in gets here", message.name),
                format!("reached {}", after(*latest)),
            )
            .label(message.about.span, format!("over after {}", date(last)))
            .label(journey.about.span, format!("lets people in up to {}", date(last_entry)))
            .help("let people in for a shorter time, or let the message be valid for longer"),
        );
    }
}

fn after(latest: Took) -> String {
    match latest.ms {
        0 => "at once".to_string(),
        _ => format!("up to {} after the entry", length(latest.plain())),
    }
}

/// What an offer sends later, of the same purpose, when it may be over by then. What answers something the customer does is no
/// advertisement of the offer, and a message that is over itself is not sent.
fn offers_over(program: &Program, texts: &Texts, stays: &[Stay]) -> Vec<Diagnostic> {
    let ending: Vec<OfferId> = (0..program.offers.len()).filter(|o| program.offers[*o].valid.1.is_some()).collect();
    let mut reminders: BTreeMap<Span, OfferId> = BTreeMap::new();
    for offer in ending {
        let body = &program.offers[offer].body;
        let Some(StepKind::Send(first)) = body.first().map(|s| &s.kind) else { continue };
        unasked(body, &mut |span, send| {
            let (first, message) = (&program.messages[first.message], &program.messages[send.message]);
            let over_too = message.valid.1.is_some_and(|last| Some(last) <= program.offers[offer].valid.1);
            if message.purpose == first.purpose && !over_too {
                reminders.insert(span, offer);
            }
        });
    }
    if reminders.is_empty() {
        return Vec::new();
    }
    let mut latest: BTreeMap<Span, Took> = BTreeMap::new();
    for stay in stays {
        let graph = Graph::new(program, stay.journey);
        for (node, since) in graph.nodes.iter().zip(&stay.since_chosen) {
            if let Some(since) = since.filter(|since| since.plain() >= DAY && reminders.contains_key(&node.span)) {
                let longest = latest.entry(node.span).or_default();
                *longest = since.max(*longest);
            }
        }
    }
    let finding =
        |(span, took): (Span, Took)| {
            let offer = &program.offers[*reminders.get(&span)?];
            let d = Diagnostic::new(
                Code::OfferOver,
                texts.head(span),
                format!("the offer `{}` may be over when this goes out", offer.name),
                format!("up to {} after it was chosen", length(took.plain())),
            );
            let d = d.label(offer.about.span, format!("over after {}", date(offer.valid.1?)));
            Some(d.help(
                "let the message end with the offer (`to …`), send it earlier, or let the offer be valid for longer",
            ))
        };
    latest.into_iter().filter_map(finding).collect()
}

/// The sends of steps that are no answer to something the customer does.
fn unasked<'s>(steps: &'s [Step], f: &mut dyn FnMut(Span, &'s Send)) {
    for step in steps {
        match &step.kind {
            StepKind::Send(send) => f(step.span, send),
            StepKind::WaitFor { arms, otherwise, .. } => {
                for arm in arms.iter().filter(|arm| matches!(arm.on, Occasion::Condition(_))) {
                    unasked(&arm.body, f);
                }
                unasked(otherwise, f);
                continue;
            }
            _ => {}
        }
        step.kind.blocks().into_iter().for_each(|block| unasked(block, f));
    }
}

fn date(days: i64) -> String {
    let (year, month, day) = journey_runtime::time::civil(days);
    format!("{year:04}-{month:02}-{day:02}")
}
