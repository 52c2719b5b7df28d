//! Types of expressions: from what was written to what it means.
//!
//! Bare words get their meaning from the type that is wanted beside them; numbers get theirs from their unit. What does not fit
//! is reported where it stands, and stands for [`Ty::Poison`] from then on.

mod arithmetic;
mod compare;
mod env;
pub mod facts;
mod fit;
mod history;
mod literal;
mod names;
mod time;
pub mod walk;
pub mod words;

pub use env::{Env, Present, Reach, Seen};
pub use facts::{Facts, Place};
pub use fit::{fit, require_known, within_bounds};
pub use literal::instant;
pub use names::{field_twice, field_type, lacks_fields, type_of};
pub use time::{calendar, check_watched, check_watched_segment, days, time_of_day, zone};

use crate::hir::{Const, Expr, ExprKind, Length, Ty, Type};
use crate::scope::{Context, Kind};
use journey_grammar::ast;
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;
use journey_grammar::span::Span;

/// The typed form of an expression. `expected` gives bare words and numbers their meaning, and what does not fit is reported.
/// Without it any kind will do, and the value may be missing.
pub fn check_expr(cx: &Context, env: &Env, ast: &ast::Expr, expected: Option<&Type>) -> Expr {
    if expected.is_some_and(|t| t.ty == Ty::Bool && !t.optional) {
        let mut e = condition(cx, env, ast);
        history::settle(cx, &mut e);
        return e;
    }
    let mut e = infer(cx, env, ast, expected.map(|t| &t.ty));
    if let Some(expected) = expected {
        e = fit(cx, env, e, expected);
    }
    history::settle(cx, &mut e);
    e
}

/// The typed form of an expression of any kind whose value must be known: `expected` is at most a hint.
pub fn check_known(cx: &Context, env: &Env, ast: &ast::Expr, hint: Option<&Ty>) -> Expr {
    let mut e = require_known(cx, env, infer(cx, env, ast, hint));
    history::settle(cx, &mut e);
    e
}

/// A condition: yes or no.
pub fn check_condition(cx: &Context, env: &Env, ast: &ast::Expr) -> Expr {
    check_expr(cx, env, ast, Some(&Type { ty: Ty::Bool, optional: false }))
}

/// The value of a constant expression; [`Const::Missing`] when it is none (reported).
pub fn constant(cx: &Context, ast: &ast::Expr, expected: Option<&Type>) -> Const {
    constant_in(cx, ast, expected, &cx.program.time_zone).unwrap_or(Const::Missing)
}

/// The value of a constant expression, local times in `zone`; none when it is none (reported).
pub fn constant_in(cx: &Context, ast: &ast::Expr, expected: Option<&Type>, zone: &str) -> Option<Const> {
    if expected.is_some_and(|t| t.optional)
        && let ast::ExprKind::Path(p) = &ast.kind
        && p.text() == "missing"
    {
        return Some(Const::Missing);
    }
    let e = check_expr(cx, &Env::constant(), ast, expected);
    if walk::is_poisoned(&e) || e.ty.ty == Ty::Poison {
        return None;
    }
    let value = fold(&e, zone);
    if value.is_none() {
        cx.report(
            Diagnostic::new(Code::NotConstant, ast.span, "a fixed value is needed here", "has to be worked out")
                .help("write the value itself"),
        );
    }
    value
}

/// The value of an expression that is made of constants only.
fn fold(e: &Expr, zone: &str) -> Option<Const> {
    match &e.kind {
        ExprKind::Const(c) => Some(c.clone()),
        ExprKind::List(all) => all.iter().map(|e| fold(e, zone)).collect::<Option<Vec<_>>>().map(Const::List),
        ExprKind::ToNumber(a) => match fold(a, zone)? {
            Const::Int(n) => Some(Const::Number(n as f64)),
            c => Some(c),
        },
        ExprKind::At(date, time, own) => {
            let own = match own {
                Some(z) => match fold(z, zone)? {
                    Const::Text(z) => z,
                    _ => return None,
                },
                None => zone.to_string(),
            };
            match (fold(date, zone)?, fold(time, zone)?) {
                (Const::Date(day), Const::Time(ms)) => instant(day, ms, &own).map(Const::Moment),
                _ => None,
            }
        }
        _ => None,
    }
}

/// A constant length of time; nothing at all when it is none (reported).
pub fn length(cx: &Context, ast: &ast::Expr) -> Length {
    checked_length(cx, ast).unwrap_or_default()
}

/// A constant length of time, longer than nothing; none when it is not (reported).
pub fn checked_length(cx: &Context, ast: &ast::Expr) -> Option<Length> {
    let wanted = Type { ty: Ty::Duration, optional: false };
    let Const::Duration(length) = constant_in(cx, ast, Some(&wanted), &cx.program.time_zone)? else { return None };
    if length.months <= 0 && length.days <= 0 && length.ms <= 0 {
        cx.report(Diagnostic::new(
            Code::OutOfBounds,
            ast.span,
            "this length of time is nothing",
            "must be longer than nothing",
        ));
        return None;
    }
    Some(length)
}

/// Something whose fault has been reported.
pub fn poison(span: Span) -> Expr {
    Expr { span, ty: Type { ty: Ty::Poison, optional: false }, kind: ExprKind::Poison }
}

/// A value that is there.
pub(crate) fn typed(span: Span, ty: Ty, kind: ExprKind) -> Expr {
    Expr { span, ty: Type { ty, optional: false }, kind }
}

/// How many values a type has, where they can be counted on the fingers.
pub fn sizes<'c>(cx: &'c Context) -> impl Fn(&Ty) -> Option<u16> + 'c {
    |ty| match ty {
        Ty::Bool => Some(2),
        Ty::Enum(id) => cx.program.enums.get(*id).and_then(|e| u16::try_from(e.values.len()).ok()),
        _ => None,
    }
}

/// Without brackets.
pub(crate) fn bare(ast: &ast::Expr) -> &ast::Expr {
    match &ast.kind {
        ast::ExprKind::Paren(inner) => bare(inner),
        _ => ast,
    }
}

/// What is written there in backticks, or `this` where it is long.
pub(crate) fn said(cx: &Context, span: Span) -> String {
    let text = cx.text(span).trim();
    if text.is_empty() || text.len() > 48 || text.contains('\n') { "this".into() } else { format!("`{text}`") }
}

/// The type and meaning of an expression, before it is asked to fit. `hint` is the type that is wanted, for bare words.
fn infer(cx: &Context, env: &Env, ast: &ast::Expr, hint: Option<&Ty>) -> Expr {
    use ast::ExprKind as A;
    let span = ast.span;
    match &ast.kind {
        A::Bool(b) => typed(span, Ty::Bool, ExprKind::Const(Const::Bool(*b))),
        A::Number(text) => literal::number(cx, span, text),
        A::Quantity(text, unit) => literal::quantity(cx, span, text, unit),
        A::Text(text) => typed(span, Ty::Text, ExprKind::Const(Const::Text(text.clone()))),
        A::Date(text) => literal::date(cx, span, text),
        A::Time(text) => literal::time(cx, span, text),
        A::Path(path) => names::path(cx, env, path, hint),
        A::Now | A::Today => {
            if env.reach != Reach::Customer {
                return names::out_of_reach(cx, env, span, "the clock");
            }
            match ast.kind {
                A::Now => typed(span, Ty::Moment, ExprKind::Now),
                _ => typed(span, Ty::Date, ExprKind::Today),
            }
        }
        A::List(items) => list(cx, env, span, items, hint),
        A::Record(fields) => names::record(cx, env, span, fields, hint),
        A::Not(inner) => {
            let env = Env { negated: !env.negated, ..env.clone() };
            let inner = condition(cx, &env, inner);
            typed(span, Ty::Bool, ExprKind::Not(Box::new(inner)))
        }
        A::Negate(inner) => arithmetic::negate(cx, env, span, inner, hint),
        A::Paren(inner) => infer(cx, env, inner, hint),
        A::Binary { op, op_span, left, right } => binary(cx, env, ast, *op, *op_span, left, right, hint),
        A::Between { value, low, high } => compare::between(cx, &guarded(env, span), span, value, low, high),
        A::IsKnown { value, known } => is_known(cx, env, span, value, *known),
        A::IsDay { value, day, calendar, negated } => {
            time::is_day(cx, env, span, value, day, calendar.as_ref(), *negated)
        }
        A::InSegment(name) => {
            if env.reach != Reach::Customer {
                return names::out_of_reach(cx, env, span, "a segment");
            }
            match cx.lookup(Kind::Segment, name) {
                Some(id) => typed(span, Ty::Bool, ExprKind::InSegment(id)),
                None => poison(span),
            }
        }
        A::At { date, time, zone } => time::at(cx, env, span, date, time, zone.as_deref()),
        A::Held { condition, duration } => time::held(cx, env, span, condition, duration),
        A::Query { .. } => history::query(cx, env, ast, None),
        A::Field(inner, name) => history::query(cx, env, inner, Some(name)),
        A::Broken => poison(span),
    }
}

/// The place where `x is known and …` may be put.
fn guarded(env: &Env, span: Span) -> Env {
    Env { condition: Some((span, env.condition.is_some_and(|(_, or)| or))), ..env.clone() }
}

#[expect(clippy::too_many_arguments, reason = "the parts of one construct")]
fn binary(
    cx: &Context,
    env: &Env,
    ast: &ast::Expr,
    op: ast::BinaryOp,
    op_span: Span,
    left: &ast::Expr,
    right: &ast::Expr,
    hint: Option<&Ty>,
) -> Expr {
    use ast::BinaryOp as B;
    let span = ast.span;
    match op {
        B::And | B::Or => {
            let and = op == B::And;
            let env = Env { condition: Some((span, !and || env.condition.is_some_and(|(_, or)| or))), ..env.clone() };
            let l = condition(cx, &env, left);
            let facts = env.facts.when(&l, and, &sizes(cx));
            let r = condition(cx, &env.with(facts), right);
            let (l, r) = (Box::new(l), Box::new(r));
            typed(span, Ty::Bool, if and { ExprKind::And(l, r) } else { ExprKind::Or(l, r) })
        }
        B::Equal | B::NotEqual | B::Less | B::LessEqual | B::Greater | B::GreaterEqual => {
            compare::compare(cx, &guarded(env, span), span, op, op_span, left, right)
        }
        B::In | B::NotIn => {
            let inside = compare::inside(cx, &guarded(env, span), span, left, right);
            if op == B::NotIn { typed(span, Ty::Bool, ExprKind::Not(Box::new(inside))) } else { inside }
        }
        B::Contains | B::StartsWith => compare::contains(cx, &guarded(env, span), span, op, left, right),
        B::Otherwise => otherwise(cx, env, span, left, right, hint),
        B::Add | B::Subtract | B::Multiply | B::Divide => {
            arithmetic::arithmetic(cx, env, span, op, op_span, left, right)
        }
    }
}

/// A part of a condition that must be yes or no.
fn condition(cx: &Context, env: &Env, ast: &ast::Expr) -> Expr {
    let env = &guarded(env, ast.span);
    let e = infer(cx, env, ast, Some(&Ty::Bool));
    fit(cx, env, e, &Type { ty: Ty::Bool, optional: false })
}

fn is_known(cx: &Context, env: &Env, span: Span, value: &ast::Expr, known: bool) -> Expr {
    // A remembered event as a whole: `last(E) is known`.
    let v = match &bare(value).kind {
        ast::ExprKind::Query { function, .. } if matches!(function.text.as_str(), "last" | "first") => {
            history::remembered(cx, env, bare(value))
        }
        _ => infer(cx, env, value, None),
    };
    if v.ty.ty == Ty::Poison {
        return poison(span);
    }
    let place = Place::of(&v);
    let known_here = place.as_ref().is_some_and(|p| env.facts.is_known(p));
    if !v.ty.optional && !known_here {
        let what = said(cx, value.span);
        let d = Diagnostic::new(
            Code::NeverMissing,
            span,
            format!("{what} is never missing"),
            if known { "always holds" } else { "never holds" },
        )
        .note("only what is declared with a `?` may be missing");
        cx.report(d);
    }
    let e = typed(span, Ty::Bool, ExprKind::IsKnown(Box::new(v)));
    if known { e } else { typed(span, Ty::Bool, ExprKind::Not(Box::new(e))) }
}

fn otherwise(cx: &Context, env: &Env, span: Span, left: &ast::Expr, right: &ast::Expr, hint: Option<&Ty>) -> Expr {
    let l = infer(cx, env, left, hint);
    let r = infer(cx, env, right, if l.ty.ty == Ty::Poison { hint } else { Some(&l.ty.ty) });
    if l.ty.ty == Ty::Poison || r.ty.ty == Ty::Poison {
        return poison(span);
    }
    if !l.ty.optional {
        if Place::of(&l).is_some_and(|p| env.facts.is_known(&p)) {
            return l; // Known here; the stand-in does no harm and is not needed.
        }
        cx.report(
            Diagnostic::new(
                Code::NeverMissing,
                right.span,
                format!("{} is never missing", said(cx, left.span)),
                "this stand-in is never used",
            )
            .fix("take the stand-in away", left.span.after().to(right.span), ""),
        );
        return l;
    }
    let optional = r.ty.optional;
    // The stand-in may be of the narrower kind (an int for a number) but not the other way round.
    let r = fit(cx, env, r, &Type { ty: l.ty.ty.clone(), optional: true });
    if r.ty.ty == Ty::Poison {
        return poison(span);
    }
    let ty = Type { ty: l.ty.ty.clone(), optional };
    Expr { span, ty, kind: ExprKind::Otherwise(Box::new(l), Box::new(r)) }
}

fn list(cx: &Context, env: &Env, span: Span, items: &[ast::Expr], hint: Option<&Ty>) -> Expr {
    let wanted = match hint {
        Some(Ty::List(of)) => Some(&**of),
        _ => None,
    };
    let mut all: Vec<Expr> = Vec::new();
    let mut of = wanted.cloned();
    for item in items {
        let e = require_known(cx, env, infer(cx, env, item, of.as_ref()));
        let e = match &of {
            Some(of) => fit(cx, env, e, &Type { ty: of.clone(), optional: false }),
            None => e,
        };
        if of.is_none() && e.ty.ty != Ty::Poison {
            of = Some(e.ty.ty.clone());
        }
        all.push(e);
    }
    if all.iter().any(|e| e.ty.ty == Ty::Poison) {
        return poison(span);
    }
    let ty = Ty::List(Box::new(of.unwrap_or(Ty::Poison)));
    let constants: Option<Vec<Const>> = all
        .iter()
        .map(|e| match &e.kind {
            ExprKind::Const(c) => Some(c.clone()),
            _ => None,
        })
        .collect();
    match constants {
        Some(constants) => typed(span, ty, ExprKind::Const(Const::List(constants))),
        None => typed(span, ty, ExprKind::List(all)),
    }
}
