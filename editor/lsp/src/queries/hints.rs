//! What is not written and yet so: shown faintly in the text.

use super::moments::step_at;
use crate::analysis::Analysis;
use journey_compiler::hir::{Delay, Limiting, StepKind};
use journey_compiler::journey::each_written;
use journey_grammar::ast::{self, Decl, TypeKind};
use journey_grammar::span::Span;

/// Something to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// Before which byte.
    pub at: u32,
    /// What.
    pub label: String,
    /// Why, when it is pointed at.
    pub why: String,
}

/// The hints in a part of a file.
pub fn in_range(analysis: &Analysis, range: Span) -> Vec<Hint> {
    let mut hints = Vec::new();
    for item in analysis.tree(range.file).map(|t| t.items.as_slice()).unwrap_or_default() {
        if item.span.end < range.start || range.end < item.span.start {
            continue;
        }
        match &item.decl {
            Decl::Journey(j) => of_steps(analysis, &j.body, &mut hints),
            Decl::Offer(o) => o.body.iter().for_each(|b| of_steps(analysis, b, &mut hints)),
            Decl::Event(e) => currency(analysis, &e.fields, &mut hints),
            Decl::ExtendEvent(e) => currency(analysis, &e.fields, &mut hints),
            Decl::Record(r) => currency(analysis, &r.fields, &mut hints),
            Decl::Profile(p) => currency(analysis, &p.fields, &mut hints),
            _ => {}
        }
    }
    hints.retain(|h| range.start <= h.at && h.at <= range.end);
    hints.sort_by_key(|h| h.at);
    hints
}

/// `money` is money in the project's currency.
fn currency(analysis: &Analysis, fields: &[ast::Field], hints: &mut Vec<Hint>) {
    let currency = &analysis.checked.program.currency;
    for field in fields {
        let mut ty = &field.ty;
        while let TypeKind::List { of, .. } = &ty.kind {
            ty = of;
        }
        let bare = match &ty.kind {
            TypeKind::Money(None) => true,
            TypeKind::Named(name) => name.text == "money",
            _ => false,
        };
        if bare {
            let at = ty.span.start + "money".len() as u32;
            let why = "the project's currency, from `journey.toml`".to_string();
            hints.push(Hint { at, label: currency.clone(), why });
        }
    }
}

fn of_steps(analysis: &Analysis, block: &ast::Block, hints: &mut Vec<Hint>) {
    let program = &analysis.checked.program;
    let zone = &program.time_zone;
    each_written(block, &mut |step| {
        let Some(checked) = step_at(program, step.span) else { return };
        match (&step.kind, &checked.kind) {
            (ast::StepKind::Wait { duration, .. }, StepKind::Wait(delay)) => {
                let calendar = match delay {
                    Delay::Length(length) => length.days != 0 || length.months != 0,
                    Delay::Weekdays(..) => true,
                };
                hints.push(waits(duration.span.end, calendar, zone));
            }
            (ast::StepKind::WaitFor { limit, .. }, StepKind::WaitFor { limit: Limiting::Length(length), .. }) => {
                hints.push(waits(limit.span.end, length.days != 0 || length.months != 0, zone));
            }
            (ast::StepKind::WaitUntil { until, .. }, _) => {
                let (ast::Until::Clock { at, zone: None } | ast::Until::Day { at, zone: None, .. }) = until else {
                    return;
                };
                let why = format!("the zone of the customer; {zone} where it is unknown");
                hints.push(Hint { at: at.span.end, label: "customer's time".to_string(), why });
            }
            (ast::StepKind::Experiment { arms, .. }, StepKind::Experiment { arms: shares, .. }) => {
                // Of everybody who comes in, where an experiment stands inside another's arm.
                for (arm, (_, share, _)) in arms.iter().zip(shares) {
                    let whole: f64 = within(program, step.span);
                    if whole < 1.0 {
                        let label = format!("{:.4} percent of all", share * whole * 100.0);
                        let label = trimmed(&label);
                        let why = "of those who come into the journey, as far as experiments divide them".to_string();
                        hints.push(Hint { at: arm.share.span.end, label, why });
                    }
                }
            }
            (ast::StepKind::Send(send), StepKind::Send(checked)) => {
                addresses(analysis, send, hints);
                let Some(message) = program.messages.get(checked.message).filter(|_| send.args.is_empty()) else {
                    return;
                };
                if !message.params.is_empty() {
                    let names: Vec<&str> = message.params.iter().map(|p| p.name.as_str()).collect();
                    let why = "inputs that are called like variables in sight are passed by their names".to_string();
                    hints.push(Hint { at: send.message.span.end, label: format!("({})", names.join(", ")), why });
                }
            }
            _ => {}
        }
    });
}

/// What a customer must have to be reached by each channel, and which channel is tried for who has not.
fn addresses(analysis: &Analysis, send: &ast::Send, hints: &mut Vec<Hint>) {
    let program = &analysis.checked.program;
    for (n, name) in send.channels.iter().enumerate() {
        let Some(channel) = program.channels.iter().find(|c| c.name == name.text) else { continue };
        let Some(address) = channel.address.as_ref().filter(|a| a.ty.optional) else { continue };
        let address = analysis.at(address.span);
        let why = match (send.channels.get(n + 1), &send.otherwise) {
            (Some(next), _) => format!("who has no `{address}`, or must not get it so, is tried by {}", next.text),
            (None, Some(_)) => format!("who has no `{address}`, or must not get it, goes into the `else`"),
            (None, None) => format!("who has no `{address}`, or must not get it, gets nothing here and goes on"),
        };
        hints.push(Hint { at: name.span.end, label: format!("needs {address}"), why });
    }
}

/// `6.2500 percent` as `6.25 percent`.
fn trimmed(label: &str) -> String {
    let (number, rest) = label.split_once(' ').unwrap_or((label, ""));
    format!("{} {rest}", number.trim_end_matches('0').trim_end_matches('.'))
}

fn waits(at: u32, calendar: bool, zone: &str) -> Hint {
    if calendar {
        let why = format!("the same time of day, in the zone of the customer; {zone} where it is unknown");
        Hint { at, label: "calendar".to_string(), why }
    } else {
        Hint { at, label: "elapsed".to_string(), why: "by the clock, whatever the customer's zone".to_string() }
    }
}

/// The share of the experiments' arms a place stands in, multiplied.
fn within(program: &journey_compiler::hir::Program, span: Span) -> f64 {
    use journey_compiler::hir::Step;
    fn find(steps: &[Step], span: Span, whole: f64) -> Option<f64> {
        for step in steps.iter().filter(|s| s.span.start <= span.start && span.end <= s.span.end) {
            if step.span == span {
                return Some(whole);
            }
            if let StepKind::Experiment { arms, .. } = &step.kind {
                if let Some(found) = arms.iter().find_map(|(_, share, steps)| find(steps, span, whole * share)) {
                    return Some(found);
                }
                continue;
            }
            if let Some(found) = step.kind.blocks().into_iter().find_map(|b| find(b, span, whole)) {
                return Some(found);
            }
        }
        None
    }
    let bodies = program.journeys.iter().map(|j| &j.body);
    let here = bodies.filter(|b| b.first().is_some_and(|s| s.span.file == span.file));
    here.filter_map(|b| find(b, span, 1.0)).next().unwrap_or(1.0)
}
