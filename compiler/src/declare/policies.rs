//! `policy P for … { … }`: rules above journeys.

use super::{annotations, is_broken};
use crate::expr;
use crate::hir::{ChannelId, Const, Length, Limit, Over, Policy, Rule, RuleKind, Ty, Type, Window};
use crate::scope::{Context, Kind};
use journey_grammar::ast::{self, Name};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;
use journey_grammar::span::Span;
use journey_runtime::image::Period;

/// Days of the week as they may be written, and their bits; bit 0 is Monday.
const DAYS: [(&str, u8); 9] = [
    ("monday", 1),
    ("tuesday", 1 << 1),
    ("wednesday", 1 << 2),
    ("thursday", 1 << 3),
    ("friday", 1 << 4),
    ("saturday", 1 << 5),
    ("sunday", 1 << 6),
    ("weekday", 0b001_1111),
    ("weekend", 0b110_0000),
];

/// What `require … on` may be about.
const ANNOTATED: [&str; 3] = ["journey", "message", "offer"];

/// Fills [`crate::hir::Program::policies`].
pub fn declare(cx: &mut Context) {
    for id in 0..cx.decls.policies.len() {
        let declared = cx.decls.policies[id];
        let decl = declared.decl;
        let about = annotations::about(cx, &declared, decl.name.span);
        let mut scope = Vec::new();
        for annotation in &decl.scope {
            let Some(facet) = cx.lookup_facet(&annotation.facet) else { continue };
            if let Some(node) = cx.lookup_node(facet, &annotation.path) {
                scope.push((facet, node));
            }
        }
        // A scope that could not be read is not the scope of all journeys.
        if scope.len() < decl.scope.len() {
            cx.names.mark_broken(Kind::Policy, id);
        }
        let mut rules = Vec::new();
        for ast in &decl.rules {
            let except = ast.except.iter().filter_map(|p| cx.lookup_purpose(p)).collect();
            if let Some(kind) = rule(cx, ast) {
                rules.push(Rule { span: ast.span, except, kind });
            } else {
                cx.names.mark_broken(Kind::Policy, id);
            }
        }
        if rules.is_empty() && !is_broken(cx, Kind::Policy, id) {
            cx.report(Diagnostic::new(
                Code::EmptyPolicy,
                decl.name.span,
                format!("the policy `{}` says nothing", decl.name.text),
                "no rule in it",
            ));
        }
        cx.program.policies.push(Policy { name: decl.name.text.clone(), about, scope, rules });
    }
}

fn rule(cx: &mut Context, ast: &ast::Rule) -> Option<RuleKind> {
    Some(match &ast.kind {
        ast::RuleKind::Consent { purpose, per_channel } => {
            RuleKind::Consent { purpose: cx.lookup_purpose(purpose)?, per_channel: *per_channel }
        }
        ast::RuleKind::Cap { limit, purpose, channels, over } => {
            let (channels, purpose) = whom(cx, channels, purpose.as_ref())?;
            let limit = limit_of(cx, limit);
            let over = over_of(cx, over);
            if limit.window == Window::Ever && over == Over::Hold(None) {
                cx.report(
                    Diagnostic::new(
                        Code::HeldForEver,
                        ast.span,
                        "what is held here is never let go",
                        "a number that is reached for all time stays reached",
                    )
                    .help("write `else drop`, or a window, as in `per rolling 7 days`"),
                );
            }
            RuleKind::Cap { limit, purpose, channels, over }
        }
        ast::RuleKind::Gap { gap, purpose, channels, over } => {
            let (channels, purpose) = whom(cx, channels, purpose.as_ref())?;
            let gap = some_time(cx, gap);
            RuleKind::Gap { gap, purpose, channels, over: over_of(cx, over) }
        }
        ast::RuleKind::Quiet { from, to, channels, over } => {
            let (channels, _) = whom(cx, channels, None)?;
            let (start, end) = hours(cx, from, to, "quiet hours")?;
            RuleKind::Quiet { from: start, to: end, channels, over: over_of(cx, over) }
        }
        ast::RuleKind::Deliver { from, to, days, calendar, channels, over } => {
            let (channels, _) = whom(cx, channels, None)?;
            let (start, end) = hours(cx, from, to, "the hours of delivery")?;
            let mut bits = 0;
            for day in days {
                bits |= day_bits(cx, day)?;
            }
            let calendar = match calendar {
                Some(name) => Some(cx.lookup_calendar(name)?),
                None => None,
            };
            let days = if days.is_empty() { 0b111_1111 } else { bits };
            RuleKind::Deliver { from: start, to: end, days, calendar, channels, over: over_of(cx, over) }
        }
        ast::RuleKind::Annotations { facets, on } => {
            let word = on.text.strip_suffix('s').unwrap_or(&on.text);
            if !ANNOTATED.contains(&word) {
                cx.unknown("declaration that is annotated", on, ANNOTATED, |d| {
                    d.help("annotations can be asked of a `journey`, a `message` or an `offer`")
                });
                return None;
            }
            let mut asked = Vec::new();
            for facet in facets {
                if facet.text == "owner" {
                    asked.push(None);
                } else if let Some(facet) = cx.lookup_facet(facet) {
                    asked.push(Some(facet));
                }
            }
            RuleKind::Annotations { facets: asked, on: word.to_string() }
        }
        ast::RuleKind::Lasts(length) => RuleKind::Lasts(some_time(cx, length)),
    })
}

fn whom(cx: &Context, channels: &[Name], purpose: Option<&Name>) -> Option<(Vec<ChannelId>, Option<usize>)> {
    let found: Vec<ChannelId> = channels.iter().filter_map(|c| cx.lookup_channel(c)).collect();
    let purpose = match purpose {
        Some(name) => Some(cx.lookup_purpose(name)?),
        None => None,
    };
    // Without its unknown channels a rule might be one for all channels.
    (found.len() == channels.len()).then_some((found, purpose))
}

/// `at most n per window`
pub fn limit_of(cx: &Context, ast: &ast::Limit) -> Limit {
    if ast.count == 0 {
        cx.report(
            Diagnostic::new(Code::ZeroLimit, ast.span, "`at most 0` lets nothing through", "nothing fits in here")
                .help("a message that nobody is to get is better not sent at all"),
        );
    }
    let window = match &ast.window {
        None => Window::Ever,
        Some(ast::Window::Rolling(length)) => Window::Rolling(some_time(cx, length)),
        Some(ast::Window::Calendar(word)) => match word.text.as_str() {
            "day" => Window::Calendar(Period::Day),
            "week" => Window::Calendar(Period::Week),
            "month" => Window::Calendar(Period::Month),
            "year" => Window::Calendar(Period::Year),
            _ => {
                cx.unknown("calendar period", word, ["day", "week", "month", "year"], |d| {
                    d.help("calendar periods are `day`, `week`, `month` and `year`")
                });
                Window::Ever
            }
        },
    };
    Limit { count: ast.count.max(1), window }
}

/// A length of time that is longer than none.
pub fn some_time(cx: &Context, ast: &ast::Expr) -> Length {
    let before = cx.diagnostics.borrow().len();
    let length = expr::length(cx, ast);
    let said = cx.diagnostics.borrow().len() > before;
    if !said && (length.months, length.days, length.ms) == (0, 0, 0) && is_zero(ast) {
        cx.report(Diagnostic::new(
            Code::ZeroLimit,
            ast.span,
            format!("`{}` is no time at all", cx.text(ast.span)),
            "nothing fits in here",
        ));
    }
    length
}

fn is_zero(ast: &ast::Expr) -> bool {
    matches!(&ast.kind, ast::ExprKind::Quantity(number, _) if number.chars().all(|c| matches!(c, '0' | '.' | '_')))
}

fn over_of(cx: &Context, ast: &ast::Over) -> Over {
    match ast {
        ast::Over::Drop => Over::Drop,
        ast::Over::Hold(None) => Over::Hold(None),
        ast::Over::Hold(Some(length)) => Over::Hold(Some(some_time(cx, length))),
    }
}

fn hours(cx: &Context, from: &ast::Expr, to: &ast::Expr, what: &str) -> Option<(i64, i64)> {
    let time = Type { ty: Ty::Time, optional: false };
    let start = expr::constant(cx, from, Some(&time));
    let end = expr::constant(cx, to, Some(&time));
    let (Const::Time(start), Const::Time(end)) = (start, end) else { return None };
    if start == end {
        let span: Span = from.span.to(to.span);
        cx.report(
            Diagnostic::new(
                Code::EmptyHours,
                span,
                format!("{what} begin and end at the same time"),
                "never, or always?",
            )
            .note(
                "they include their start, exclude their end, and go on over midnight where the end is the earlier one",
            ),
        );
        return None;
    }
    Some((start, end))
}

fn day_bits(cx: &Context, day: &Name) -> Option<u8> {
    let word = day.text.strip_suffix('s').unwrap_or(&day.text);
    let known = DAYS.iter().find(|(name, _)| *name == word);
    if known.is_none() {
        let names: Vec<String> = DAYS.iter().flat_map(|(name, _)| [format!("{name}s"), name.to_string()]).collect();
        cx.unknown("day", day, names.iter().map(String::as_str), |d| {
            d.help("days are `weekdays`, `weekends`, and `monday` to `sunday`")
        });
    }
    known.map(|(_, bits)| *bits)
}
