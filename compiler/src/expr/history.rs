//! Questions about what happened (`count`, `sum`, `last`, `first` of an event) and about lists (`any`, `all`, `count`, `sum`).

use super::facts::Place;
use super::names::{self, member_fields};
use super::{Env, Reach, check_condition, checked_length, infer, poison, require_known, typed, walk, words};
use crate::hir::{Comparison, Const, Expr, ExprKind, Fold, HAPPENED_AT, HistoryUse, Ty, Type};
use crate::scope::{Context, Kind};
use journey_grammar::ast::{self, Name};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::{Diagnostic, Fix};
use journey_grammar::span::Span;
use std::rc::Rc;

/// A count that no comparison has told yet how many moments it must keep.
const UNDECIDED: u32 = u32::MAX;

/// The largest number a count can be compared with to the instant.
const EXACT: i64 = 32;

/// A question about an event's history or about a list; `field` is what is asked of `last(…)` and `first(…)`.
pub fn query(cx: &Context, env: &Env, ast: &ast::Expr, field: Option<&Name>) -> Expr {
    let ast::ExprKind::Query { function, of, condition, window, by_day } = &super::bare(ast).kind else {
        // `(…).x`: only of what is remembered.
        if let Some(name) = field {
            cx.report(Diagnostic::new(
                Code::NoSuchField,
                name.span,
                format!("there is no `{}` to look up here", name.text),
                "only `last(…)` and `first(…)` have fields",
            ));
        }
        return poison(ast.span);
    };
    let span = field.map(|f| ast.span.to(f.span)).unwrap_or(ast.span);
    let Some(first) = of.parts.first() else { return poison(span) };
    let remembered = matches!(function.text.as_str(), "last" | "first");
    let as_event = remembered
        || !names::resolves(cx, env, of)
        || (of.parts.len() == 1 && !is_list(cx, env, of) && cx.names.find(Kind::Event, &first.text).is_some());
    if !as_event {
        if let Some(f) = field {
            no_fields(cx, f, function);
            return poison(span);
        }
        return list_query(cx, env, span, function, of, condition.as_deref(), window.as_deref(), *by_day);
    }
    if env.reach != Reach::Customer {
        return names::out_of_reach(cx, env, span, "what happened before");
    }
    if remembered {
        let Some((event, history)) = history_use(cx, env, ast) else { return poison(span) };
        let Some(name) = field else {
            let fields = cx.program.events.get(event).map(|e| e.fields.as_slice()).unwrap_or_default();
            let shown: Vec<String> =
                fields.iter().map(|f| f.name.as_str()).chain(["happened_at"]).take(8).map(str::to_string).collect();
            cx.report(
                Diagnostic::new(
                    Code::NoSuchField,
                    span,
                    format!("`{}({})` is a whole event, not a value", function.text, first.text),
                    "say which field",
                )
                .help(format!("its fields are {}", words::listed(&shown))),
            );
            return poison(span);
        };
        let Some(index) = cx.lookup_event_field(event, name) else { return poison(span) };
        return remembered_field(cx, env, span, function, event, history, index);
    }
    if let Some(f) = field {
        no_fields(cx, f, function);
        return poison(span);
    }
    match function.text.as_str() {
        "count" => {
            if let Some(extra) = of.parts.get(1) {
                cx.report(
                    Diagnostic::new(
                        Code::WrongQuery,
                        extra.span,
                        "a count is of events, not of a field of theirs",
                        "nothing to count",
                    )
                    .fix("count the events", first.span.after().to(extra.span), ""),
                );
                return poison(span);
            }
            match history_use(cx, env, ast) {
                Some((_, h)) => typed(span, Ty::Int, ExprKind::Count(h, UNDECIDED)),
                None => poison(span),
            }
        }
        "sum" => sum(cx, env, ast, span, first, of),
        "any" | "all" => {
            if cx.lookup_event(first).is_some() {
                let mut d = Diagnostic::new(
                    Code::WrongQuery,
                    function.span,
                    format!("`{}` is asked of a list, and `{}` is an event", function.text, first.text),
                    "of what happened, ask for the count",
                );
                if function.text == "any" {
                    d.fixes.push(Fix {
                        title: "ask whether the count is more than 0".into(),
                        edits: vec![(function.span, "count".into()), (span.after(), " > 0".into())],
                        safe: false,
                    });
                }
                cx.report(d);
            }
            poison(span)
        }
        _ => {
            let names = ["count", "sum", "last", "first", "any", "all"];
            cx.unknown("question", function, names, |d| d);
            poison(span)
        }
    }
}

fn no_fields(cx: &Context, field: &Name, function: &Name) {
    cx.report(Diagnostic::new(
        Code::NoSuchField,
        field.span,
        format!("`{}(…)` is one value and has no field `{}`", function.text, field.text),
        "nothing to look into",
    ));
}

/// `last(E)` as a whole, in `last(E) is known`: its time.
pub fn remembered(cx: &Context, env: &Env, ast: &ast::Expr) -> Expr {
    if env.reach != Reach::Customer {
        return names::out_of_reach(cx, env, ast.span, "what happened before");
    }
    let ast::ExprKind::Query { function, .. } = &ast.kind else { return poison(ast.span) };
    match history_use(cx, env, ast) {
        Some((event, h)) => remembered_field(cx, env, ast.span, function, event, h, HAPPENED_AT),
        None => poison(ast.span),
    }
}

fn remembered_field(
    cx: &Context,
    env: &Env,
    span: Span,
    function: &Name,
    event: usize,
    history: HistoryUse,
    field: usize,
) -> Expr {
    if history.by_day {
        cx.report(Diagnostic::new(
            Code::WrongQuery,
            span,
            format!("`{}` is of one event, and has no days to go by", function.text),
            "`by day` is for `count` and `sum`",
        ));
        return poison(span);
    }
    let last = function.text == "last";
    let declared = names::field_type(cx, event, field);
    let whole = Place::Remembered(last, Rc::new(history.clone()), None);
    let happened = env.facts.is_known(&whole);
    let kind = if last { ExprKind::Last(history, field) } else { ExprKind::First(history, field) };
    let mut e = Expr { span, ty: Type { ty: declared.ty, optional: true }, kind };
    let known = Place::of(&e).is_some_and(|p| env.facts.is_known(&p));
    e.ty.optional = !(known || (happened && !declared.optional));
    if e.ty.ty == Ty::Poison { poison(span) } else { e }
}

/// The event that is asked about, and what is to be remembered of it.
fn history_use(cx: &Context, env: &Env, ast: &ast::Expr) -> Option<(usize, HistoryUse)> {
    let ast::ExprKind::Query { of, condition, window, by_day, .. } = &ast.kind else { return None };
    let first = of.parts.first()?;
    let event = cx.lookup_event(first)?;
    let inner = Env { reach: Reach::History, member: None, ..env.at_event(event, None) };
    let condition = match condition {
        Some(c) => {
            let c = check_condition(cx, &inner, c);
            if c.ty.ty == Ty::Poison || walk::is_poisoned(&c) {
                return None;
            }
            Some(Box::new(c))
        }
        None => None,
    };
    let window_span = window.as_ref().map(|w| w.span);
    let window = match window {
        Some(w) => Some(checked_length(cx, w)?),
        None => None,
    };
    if let (true, Some(length), Some(at)) = (*by_day, window, window_span)
        && length.ms != 0
    {
        cx.report(
            Diagnostic::new(
                Code::HistoryTooExact,
                at,
                "what is kept by day looks back over whole days",
                "not a number of days",
            )
            .help("say it in days, weeks or months"),
        );
        return None;
    }
    Some((event, HistoryUse { event, condition, window, by_day: *by_day }))
}

fn sum(cx: &Context, env: &Env, ast: &ast::Expr, span: Span, first: &Name, of: &ast::Path) -> Expr {
    let Some((event, history)) = history_use(cx, env, ast) else { return poison(span) };
    let Some(name) = of.parts.get(1) else {
        let fields = cx.program.events.get(event).map(|e| e.fields.as_slice()).unwrap_or_default();
        let shown: Vec<String> =
            fields.iter().filter(|f| adds(&f.ty.ty)).map(|f| format!("{}.{}", first.text, f.name)).collect();
        let d = Diagnostic::new(Code::WrongQuery, first.span, "a sum is of a field of the event", "the sum of what?");
        cx.report(if shown.is_empty() { d } else { d.help(format!("it can be of {}", words::listed(&shown))) });
        return poison(span);
    };
    let Some(field) = cx.lookup_event_field(event, name) else { return poison(span) };
    let ty = names::field_type(cx, event, field).ty;
    if ty == Ty::Poison {
        return poison(span);
    }
    if !adds(&ty) {
        cx.report(not_to_add(cx, name, &ty));
        return poison(span);
    }
    if history.window.is_some() && !history.by_day {
        let ast::ExprKind::Query { window, .. } = &ast.kind else { return poison(span) };
        let at = window.as_ref().map(|w| w.span).unwrap_or(span);
        cx.report(by_day(
            at,
            "a sum over a moving window",
            "every amount would have to be kept, however many there are",
        ));
        return poison(span);
    }
    typed(span, ty, ExprKind::Sum(history, field))
}

fn adds(ty: &Ty) -> bool {
    matches!(ty, Ty::Int | Ty::Number | Ty::Money(_) | Ty::Duration)
}

fn not_to_add(cx: &Context, name: &Name, ty: &Ty) -> Diagnostic {
    let kind = words::kind(cx, ty);
    Diagnostic::new(
        Code::WrongQuery,
        name.span,
        format!("`{}` is {kind}, and cannot be added up", name.text),
        "only numbers, amounts and lengths of time can be added up",
    )
}

fn by_day(window: Span, what: &str, why: &str) -> Diagnostic {
    Diagnostic::new(Code::HistoryTooExact, window, format!("{what} is kept by day"), "by the instant, or by day?")
        .note(format!("to the instant, {why}; by day, one number a day is enough"))
        .fix("keep it by day", window.after(), " by day")
}

/// Tells a count how many moments decide its comparison with a constant.
pub fn decide_by(op: Comparison, mut l: Expr, r: &Expr) -> Expr {
    if let ExprKind::Count(h, keep) = &mut l.kind
        && *keep == UNDECIDED
        && let ExprKind::Const(Const::Int(n)) = &r.kind
        && (0..=EXACT).contains(n)
    {
        let n = *n as u32;
        *keep = match (h.window.is_none() || h.by_day, op) {
            (true, _) => 0,
            (_, Comparison::GreaterEqual | Comparison::Less) => n.max(1),
            _ => n + 1,
        };
    }
    l
}

/// Reports every count that is asked for more than can be kept, once the whole expression is known.
pub fn settle(cx: &Context, e: &mut Expr) {
    if let ExprKind::Count(h, keep) = &mut e.kind
        && *keep == UNDECIDED
    {
        *keep = 0;
        if h.window.is_some() && !h.by_day {
            // The window is the last thing inside the brackets.
            let at = Span { start: e.span.end.saturating_sub(1), ..e.span };
            cx.report(
                Diagnostic::new(
                    Code::HistoryTooExact,
                    e.span,
                    "a count over a moving window is exact to the instant only beside a number up to 32",
                    "by the instant, or by day?",
                )
                .note("to the instant, every moment would have to be kept, however many there are; by day, one number a day is enough")
                .fix("keep it by day", at.before(), " by day"),
            );
            e.kind = ExprKind::Poison;
            return;
        }
    }
    walk::children_mut(e, &mut |c| settle(cx, c));
}

fn is_list(cx: &Context, env: &Env, of: &ast::Path) -> bool {
    matches!(names::type_of(cx, env, of), Some(Ty::List(_)))
}

#[expect(clippy::too_many_arguments, reason = "the parts of one construct")]
fn list_query(
    cx: &Context,
    env: &Env,
    span: Span,
    function: &Name,
    of: &ast::Path,
    condition: Option<&ast::Expr>,
    window: Option<&ast::Expr>,
    by_day: bool,
) -> Expr {
    let fold = match function.text.as_str() {
        "any" => Fold::Any,
        "all" => Fold::All,
        "count" => Fold::Count,
        "sum" => Fold::Sum,
        _ => {
            cx.unknown("question", function, ["any", "all", "count", "sum"], |d| d);
            return poison(span);
        }
    };
    if window.is_some() || by_day {
        let at = window.map(|w| w.span).unwrap_or(span);
        cx.report(Diagnostic::new(
            Code::WrongQuery,
            at,
            format!("`{}` is a list, and a list has no past", of.text()),
            "only what happened can be asked over time",
        ));
        return poison(span);
    }
    let (path, summed) = match (fold, &of.parts[..]) {
        (Fold::Sum, [most @ .., last]) if !most.is_empty() && !is_list(cx, env, of) => {
            let to = most.last().map(|p| p.span).unwrap_or(of.span);
            (ast::Path { parts: most.to_vec(), span: of.span.before().to(to) }, Some(last))
        }
        _ => (of.clone(), None),
    };
    let of_expr = ast::Expr { span: path.span, kind: ast::ExprKind::Path(path) };
    let list = require_known(cx, env, infer(cx, env, &of_expr, None));
    let member = match &list.ty.ty {
        Ty::Poison => return poison(span),
        Ty::List(of) => (**of).clone(),
        other => {
            let kind = words::kind(cx, other);
            cx.report(Diagnostic::new(
                Code::WrongQuery,
                list.span,
                format!("`{}` needs a list or an event, and this is {kind}", function.text),
                format!("this is {kind}"),
            ));
            return poison(span);
        }
    };
    let mut inner = Env { member: Some(member.clone()), ..env.clone() };
    inner.facts.forget_members();
    if condition.is_none() && matches!(fold, Fold::Any | Fold::All) {
        cx.report(
            Diagnostic::new(
                Code::WrongQuery,
                function.span,
                format!("`{}` of what?", function.text),
                "what must hold is not said",
            )
            .help(format!("`{}({} where …)`", function.text, of.text())),
        );
        return poison(span);
    }
    let condition = match condition {
        Some(c) => {
            let c = check_condition(cx, &inner, c);
            if c.ty.ty == Ty::Poison {
                return poison(span);
            }
            Some(Box::new(c))
        }
        None => None,
    };
    let (ty, field) = match fold {
        Fold::Any | Fold::All => (Ty::Bool, None),
        Fold::Count => (Ty::Int, None),
        Fold::Sum => match sum_of(cx, &member, summed, function, of) {
            Some((ty, field)) => (ty, Some(field)),
            None => return poison(span),
        },
    };
    typed(span, ty, ExprKind::Each { fold, list: Box::new(list), condition, field })
}

fn sum_of(cx: &Context, member: &Ty, summed: Option<&Name>, function: &Name, of: &ast::Path) -> Option<(Ty, usize)> {
    match (member_fields(cx, member), summed) {
        (Some(fields), Some(name)) => {
            let Some(i) = fields.iter().position(|f| f.name == name.text) else {
                let message = format!("{} has no field `{}`", words::kind(cx, member), name.text);
                cx.unknown_in(&of.text(), message, name, fields.iter().map(|f| f.name.as_str()), |d| d);
                return None;
            };
            if let Some(target) = names::member_field(member, i) {
                cx.mention(name.span, target);
            }
            let ty = fields[i].ty.ty.clone();
            if !adds(&ty) {
                if ty != Ty::Poison {
                    cx.report(not_to_add(cx, name, &ty));
                }
                return None;
            }
            Some((ty, i))
        }
        (Some(fields), None) => {
            let shown: Vec<String> =
                fields.iter().filter(|f| adds(&f.ty.ty)).map(|f| format!("{}.{}", of.text(), f.name)).collect();
            let d = Diagnostic::new(
                Code::WrongQuery,
                function.span,
                "a sum is of a field of the members",
                "the sum of what?",
            );
            cx.report(if shown.is_empty() { d } else { d.help(format!("it can be of {}", words::listed(&shown))) });
            None
        }
        (None, None) if adds(member) => Some((member.clone(), 0)),
        (None, _) => {
            cx.report(Diagnostic::new(
                Code::WrongQuery,
                of.span,
                format!("{} cannot be added up", words::kind(cx, member)),
                "only numbers, amounts and lengths of time can be added up",
            ));
            None
        }
    }
}
