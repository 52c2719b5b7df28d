//! Comparisons: both sides of one kind, and the shapes the rest of the compiler relies on. One that asks for the present moment
//! has it alone on its left side; a count that is compared with a number knows how many moments decide it.

use super::facts::mirrored;
use super::fit::{convert, special};
use super::{Env, bare, fit, history, infer, names, poison, require_known, said, typed, words};
use crate::hir::{Comparison, Const, Expr, ExprKind, Operation, Ty, Type};
use crate::scope::{Context, Kind};
use journey_grammar::ast;
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;
use journey_grammar::span::Span;

/// `a == b`, `a < b` …
pub fn compare(
    cx: &Context,
    env: &Env,
    span: Span,
    op: ast::BinaryOp,
    op_span: Span,
    left: &ast::Expr,
    right: &ast::Expr,
) -> Expr {
    if cx.text(op_span).starts_with("is") {
        return poison(span); // Said already: `is` does not compare.
    }
    if let Some(e) = with_missing(cx, env, span, op, left, right) {
        return e;
    }
    let (l, r) = pair(cx, env, left, right);
    let Some((l, r)) = same_kind(cx, env, l, r, op_span, op.text()) else { return poison(span) };
    let op = match op {
        ast::BinaryOp::Equal => Comparison::Equal,
        ast::BinaryOp::NotEqual => Comparison::NotEqual,
        ast::BinaryOp::Less => Comparison::Less,
        ast::BinaryOp::LessEqual => Comparison::LessEqual,
        ast::BinaryOp::Greater => Comparison::Greater,
        _ => Comparison::GreaterEqual,
    };
    if !may_compare(cx, &l.ty.ty, op, op_span) {
        return poison(span);
    }
    build(op, l, r, span)
}

/// `x == missing` is what people write for `x is missing`.
fn with_missing(
    cx: &Context,
    env: &Env,
    span: Span,
    op: ast::BinaryOp,
    left: &ast::Expr,
    right: &ast::Expr,
) -> Option<Expr> {
    let says = |e: &ast::Expr| match &bare(e).kind {
        ast::ExprKind::Path(p) => {
            matches!(p.text().as_str(), "missing" | "null" | "none" | "known") && !names::resolves(cx, env, p)
        }
        _ => false,
    };
    let value = if says(right) {
        left
    } else if says(left) {
        right
    } else {
        return None;
    };
    let word = if (op == ast::BinaryOp::Equal) == (cx.text(right.span) == "known") { "known" } else { "missing" };
    let text = cx.text(value.span);
    cx.report(
        Diagnostic::new(
            Code::WrongKind,
            span,
            "whether something is missing is asked in words",
            "not a value to compare with",
        )
        .fix(format!("say `{text} is {word}`"), span, format!("{text} is {word}")),
    );
    Some(poison(span))
}

/// Both sides, the one that is bare words after the one that gives them meaning.
pub fn pair(cx: &Context, env: &Env, left: &ast::Expr, right: &ast::Expr) -> (Expr, Expr) {
    if names::is_word(cx, env, left) && !names::is_word(cx, env, right) {
        let r = infer(cx, env, right, None);
        let l = infer(cx, env, left, hint(&r));
        (l, r)
    } else {
        let l = infer(cx, env, left, None);
        let r = infer(cx, env, right, hint(&l));
        (l, r)
    }
}

fn hint(e: &Expr) -> Option<&Ty> {
    Some(&e.ty.ty)
}

/// Both sides as values of one kind, known both; none when they cannot be (reported).
pub fn same_kind(cx: &Context, env: &Env, l: Expr, r: Expr, op_span: Span, op: &str) -> Option<(Expr, Expr)> {
    let (l, r) = (require_known(cx, env, l), require_known(cx, env, r));
    if l.ty.ty == Ty::Poison || r.ty.ty == Ty::Poison {
        return None;
    }
    if l.ty.ty == r.ty.ty {
        return Some((l, r));
    }
    let (lt, rt) = (l.ty.ty.clone(), r.ty.ty.clone());
    let r = match convert(cx, r, &lt) {
        Ok(r) => return (r.ty.ty != Ty::Poison).then_some((l, r)),
        Err(r) => r,
    };
    let l = match convert(cx, l, &rt) {
        Ok(l) => return (l.ty.ty != Ty::Poison).then_some((l, r)),
        Err(l) => l,
    };
    let (l_const, r_const) = (matches!(l.kind, ExprKind::Const(_)), matches!(r.kind, ExprKind::Const(_)));
    let d = if let (Ty::Money(a), Ty::Money(b)) = (&lt, &rt) {
        Diagnostic::new(
            Code::TwoCurrencies,
            op_span,
            format!("{a} and {b} meet here"),
            format!("left of it {a}, right of it {b}"),
        )
        .note("amounts in different currencies never meet: what one is worth in the other changes every day")
    } else if let Some(d) = r_const.then(|| special(cx, &r, &lt)).flatten() {
        d
    } else if let Some(d) = l_const.then(|| special(cx, &l, &rt)).flatten() {
        d
    } else if matches!((&lt, &rt), (Ty::Moment, Ty::Date) | (Ty::Date, Ty::Moment)) {
        let clock = [&l, &r].into_iter().find(|e| matches!(e.kind, ExprKind::Now | ExprKind::Today));
        let d = two_kinds(cx, &l, &r, op_span, op);
        match clock {
            Some(e) if matches!(e.kind, ExprKind::Now) => d.fix("ask for `today`", e.span, "today"),
            Some(e) => d.fix("ask for `now`", e.span, "now"),
            None => d.help("`at` makes a moment of a day: `… at 09:00`"),
        }
    } else {
        two_kinds(cx, &l, &r, op_span, op)
    };
    cx.report(d);
    None
}

/// Says that two kinds do not go together.
pub fn two_kinds(cx: &Context, l: &Expr, r: &Expr, op_span: Span, op: &str) -> Diagnostic {
    let (lk, rk) = (words::kind(cx, &l.ty.ty), words::kind(cx, &r.ty.ty));
    let verb = match op {
        "+" | "-" | "*" | "/" => "work out",
        _ => "compare",
    };
    Diagnostic::new(
        Code::KindsDoNotMeet,
        op_span,
        format!("`{op}` cannot {verb} {lk} and {rk}"),
        format!("left of it {lk}, right of it {rk}"),
    )
}

fn may_compare(cx: &Context, ty: &Ty, op: Comparison, op_span: Span) -> bool {
    let equality = matches!(op, Comparison::Equal | Comparison::NotEqual);
    let fits = match ty {
        Ty::List(_) | Ty::Record(_) | Ty::Event(_) => false,
        Ty::Bool | Ty::Text | Ty::Enum(_) | Ty::Facet(_) | Ty::Zone => equality,
        _ => true,
    };
    if !fits {
        let kind = words::kind(cx, ty);
        let d = match equality {
            true => Diagnostic::new(
                Code::KindsDoNotMeet,
                op_span,
                format!("{kind} cannot be compared as a whole"),
                "nothing to compare",
            )
            .help("ask with `any(… where …)`, or for its count"),
            false => Diagnostic::new(
                Code::KindsDoNotMeet,
                op_span,
                format!("{kind} has no order"),
                "only `==` and `!=` can be asked",
            ),
        };
        let d = match ty {
            Ty::Enum(id) => match cx.program.enums.get(*id).map(|e| e.values.as_slice()) {
                Some([.., a, b]) => d.help(format!("name the values that are meant: `in [{a}, {b}]`")),
                _ => d,
            },
            Ty::Facet(_) => d.help("`in` asks whether it lies below a path"),
            _ => d,
        };
        cx.report(d);
    }
    fits
}

/// A comparison in the shape the rest of the compiler relies on.
pub fn build(op: Comparison, l: Expr, r: Expr, span: Span) -> Expr {
    if l.ty.ty == Ty::Duration {
        // `a - b > 3 days` asks whether `a` is after `b + 3 days`: the days are calendar days.
        if let Some((a, b)) = difference(&l) {
            return if is_clock(&b) {
                build(mirrored(op), b, shifted(a, r, true), span)
            } else {
                build(op, a, shifted(b, r, false), span)
            };
        }
        if difference(&r).is_some() {
            return build(mirrored(op), r, l, span);
        }
    }
    if let Some((clock, by, minus)) = clock_shift(&l) {
        return build(op, clock, shifted(r, by, !minus), span);
    }
    if clock_shift(&r).is_some() || (is_clock(&r) && !is_clock(&l)) {
        return build(mirrored(op), r, l, span);
    }
    let (op, l, r) = match (&l.kind, &r.kind) {
        (ExprKind::Const(_), ExprKind::Count(..)) => (mirrored(op), r, l),
        _ => (op, l, r),
    };
    let l = history::decide_by(op, l, &r);
    typed(span, Ty::Bool, ExprKind::Compare(op, Box::new(l), Box::new(r)))
}

fn is_clock(e: &Expr) -> bool {
    matches!(e.kind, ExprKind::Now | ExprKind::Today)
}

fn difference(e: &Expr) -> Option<(Expr, Expr)> {
    match &e.kind {
        ExprKind::Arithmetic(Operation::Difference | Operation::DateDifference, a, b) => {
            Some(((**a).clone(), (**b).clone()))
        }
        _ => None,
    }
}

/// `now + x`, `today - x`: the clock, how far, and whether back.
fn clock_shift(e: &Expr) -> Option<(Expr, Expr, bool)> {
    match &e.kind {
        ExprKind::Shift(a, by, minus) if is_clock(a) => {
            let by = typed(e.span, Ty::Duration, ExprKind::Const(Const::Duration(*by)));
            Some(((**a).clone(), by, *minus))
        }
        ExprKind::Arithmetic(Operation::AddDuration, a, by) if is_clock(a) => {
            Some(((**a).clone(), (**by).clone(), false))
        }
        ExprKind::Arithmetic(Operation::SubtractDuration, a, by) if is_clock(a) => {
            Some(((**a).clone(), (**by).clone(), true))
        }
        _ => None,
    }
}

fn shifted(e: Expr, by: Expr, minus: bool) -> Expr {
    let (span, ty) = (e.span, e.ty.ty.clone());
    let kind = match by.kind {
        ExprKind::Const(Const::Duration(length)) => ExprKind::Shift(Box::new(e), length, minus),
        _ => {
            let op = if minus { Operation::SubtractDuration } else { Operation::AddDuration };
            ExprKind::Arithmetic(op, Box::new(e), Box::new(by))
        }
    };
    typed(span, ty, kind)
}

/// `x between a and b`
pub fn between(cx: &Context, env: &Env, span: Span, value: &ast::Expr, low: &ast::Expr, high: &ast::Expr) -> Expr {
    let v = infer(cx, env, value, None);
    let l = infer(cx, env, low, hint(&v));
    let h = infer(cx, env, high, hint(&v));
    let v = require_known(cx, env, v);
    if v.ty.ty == Ty::Poison {
        return poison(span);
    }
    let Some((v1, l)) = same_kind(cx, env, v.clone(), l, low.span, "between") else { return poison(span) };
    let Some((v2, h)) = same_kind(cx, env, v, h, high.span, "between") else { return poison(span) };
    if !may_compare(cx, &v1.ty.ty, Comparison::Less, span) {
        return poison(span);
    }
    let low = build(Comparison::GreaterEqual, v1, l, span);
    let high = build(Comparison::LessEqual, v2, h, span);
    typed(span, Ty::Bool, ExprKind::And(Box::new(low), Box::new(high)))
}

/// `x in [a, b]`, `product in apparel`, `x in cart.tags`
pub fn inside(cx: &Context, env: &Env, span: Span, left: &ast::Expr, right: &ast::Expr) -> Expr {
    if let ast::ExprKind::Path(p) = &bare(right).kind
        && let [name] = &p.parts[..]
        && !names::resolves(cx, env, p)
        && cx.names.find(Kind::Segment, &name.text).is_some()
        && names::is_word(cx, env, left)
    {
        cx.report(
            Diagnostic::new(
                Code::WrongKind,
                span,
                format!("`{}` is a segment, and who is asked about is always the customer", name.text),
                "nothing stands before `in` a segment",
            )
            .fix(format!("say `in {}`", name.text), span, format!("in {}", name.text)),
        );
        return poison(span);
    }
    // A list written out gives bare words on the left no meaning, but what stands on the left gives it to the list.
    let l = if names::is_word(cx, env, left) && !names::is_word(cx, env, right) {
        let r = infer(cx, env, right, None);
        let of = match &r.ty.ty {
            Ty::List(of) => Some((**of).clone()),
            _ => None,
        };
        infer(cx, env, left, of.as_ref())
    } else {
        infer(cx, env, left, None)
    };
    let l = require_known(cx, env, l);
    if l.ty.ty == Ty::Poison {
        return poison(span);
    }
    if let Ty::Facet(facet) = l.ty.ty {
        return in_facet(cx, env, span, l, facet, right);
    }
    let r = infer(cx, env, right, Some(&Ty::List(Box::new(l.ty.ty.clone()))));
    let r = require_known(cx, env, r);
    if r.ty.ty == Ty::Poison {
        return poison(span);
    }
    let Ty::List(of) = r.ty.ty.clone() else {
        let kind = words::kind(cx, &r.ty.ty);
        cx.report(
            Diagnostic::new(
                Code::WrongKind,
                r.span,
                format!("`in` needs a list, and {} is {kind}", said(cx, r.span)),
                format!("this is {kind}"),
            )
            .help("a list is written in square brackets: `x in [a, b]`"),
        );
        return poison(span);
    };
    let l = fit(cx, env, l, &Type { ty: *of, optional: false });
    if l.ty.ty == Ty::Poison {
        return poison(span);
    }
    typed(span, Ty::Bool, ExprKind::InList(Box::new(l), Box::new(r)))
}

fn in_facet(cx: &Context, env: &Env, span: Span, l: Expr, facet: usize, right: &ast::Expr) -> Expr {
    let paths: Vec<&ast::Expr> = match &bare(right).kind {
        ast::ExprKind::List(items) => items.iter().collect(),
        _ => vec![right],
    };
    let mut found: Option<Expr> = None;
    for path in paths {
        let one = infer(cx, env, path, Some(&Ty::Facet(facet)));
        let one = match (&one.kind, &one.ty.ty) {
            (_, Ty::Poison) => return poison(span),
            (ExprKind::Const(Const::Node(f, n)), _) => {
                typed(span, Ty::Bool, ExprKind::InSubtree(Box::new(l.clone()), *f, *n))
            }
            (_, Ty::List(of)) if **of == l.ty.ty => {
                let one = require_known(cx, env, one);
                typed(span, Ty::Bool, ExprKind::InList(Box::new(l.clone()), Box::new(one)))
            }
            _ => {
                let name = cx.program.facets.get(facet).map(|f| f.name.clone()).unwrap_or_default();
                cx.report(Diagnostic::new(
                    Code::WrongKind,
                    one.span,
                    format!("{} is no path of the taxonomy `{name}`", said(cx, one.span)),
                    format!("a path of `{name}` is needed"),
                ));
                return poison(span);
            }
        };
        found = Some(match found {
            None => one,
            Some(before) => typed(span, Ty::Bool, ExprKind::Or(Box::new(before), Box::new(one))),
        });
    }
    found.unwrap_or_else(|| typed(span, Ty::Bool, ExprKind::Const(Const::Bool(false))))
}

/// `a contains b`, `a starts with b`
pub fn contains(cx: &Context, env: &Env, span: Span, op: ast::BinaryOp, left: &ast::Expr, right: &ast::Expr) -> Expr {
    let l = require_known(cx, env, infer(cx, env, left, Some(&Ty::Text)));
    if op == ast::BinaryOp::Contains
        && let Ty::List(of) = &l.ty.ty
    {
        let r = infer(cx, env, right, Some(of));
        let r = fit(cx, env, r, &Type { ty: (**of).clone(), optional: false });
        if r.ty.ty == Ty::Poison {
            return poison(span);
        }
        return typed(span, Ty::Bool, ExprKind::InList(Box::new(r), Box::new(l)));
    }
    let text = Type { ty: Ty::Text, optional: false };
    let l = fit(cx, env, l, &text);
    let r = infer(cx, env, right, Some(&Ty::Text));
    let r = fit(cx, env, r, &text);
    if l.ty.ty == Ty::Poison || r.ty.ty == Ty::Poison {
        return poison(span);
    }
    let (l, r) = (Box::new(l), Box::new(r));
    let kind = if op == ast::BinaryOp::Contains { ExprKind::Contains(l, r) } else { ExprKind::StartsWith(l, r) };
    typed(span, Ty::Bool, kind)
}
