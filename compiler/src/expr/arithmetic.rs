//! Sums, differences, products and quotients, of the kinds that may meet.

use super::compare::{pair, two_kinds};
use super::fit::{convert, special};
use super::{Env, poison, require_known, said, typed};
use crate::hir::{Const, Expr, ExprKind, Length, Operation, Ty};
use crate::scope::Context;
use journey_grammar::ast;
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;
use journey_grammar::span::Span;

/// `-x`
pub fn negate(cx: &Context, env: &Env, span: Span, inner: &ast::Expr, hint: Option<&Ty>) -> Expr {
    let e = require_known(cx, env, super::infer(cx, env, inner, hint));
    let constant = match &e.kind {
        ExprKind::Const(Const::Int(n)) => Some(Const::Int(n.saturating_neg())),
        ExprKind::Const(Const::Number(n)) => Some(Const::Number(-n)),
        ExprKind::Const(Const::Money(n)) => Some(Const::Money(n.saturating_neg())),
        ExprKind::Const(Const::Duration(l)) => {
            Some(Const::Duration(Length { months: -l.months, days: -l.days, ms: -l.ms }))
        }
        _ => None,
    };
    match (&e.ty.ty, constant) {
        (Ty::Poison, _) => poison(span),
        (ty, Some(c)) => typed(span, ty.clone(), ExprKind::Const(c)),
        (Ty::Int | Ty::Number | Ty::Percent | Ty::Money(_) | Ty::Duration, None) => {
            let ty = e.ty.ty.clone();
            typed(span, ty, ExprKind::Negate(Box::new(e)))
        }
        (ty, None) => {
            cx.report(Diagnostic::new(
                Code::WrongKind,
                span,
                format!("there is no opposite of {}", super::words::kind(cx, ty)),
                "only numbers, amounts and lengths of time can be turned round",
            ));
            poison(span)
        }
    }
}

/// `a + b`, `a - b`, `a * b`, `a / b`
pub fn arithmetic(
    cx: &Context,
    env: &Env,
    span: Span,
    op: ast::BinaryOp,
    op_span: Span,
    left: &ast::Expr,
    right: &ast::Expr,
) -> Expr {
    let (l, r) = pair(cx, env, left, right);
    let (l, r) = (require_known(cx, env, l), require_known(cx, env, r));
    if l.ty.ty == Ty::Poison || r.ty.ty == Ty::Poison {
        return poison(span);
    }
    let result = match op {
        ast::BinaryOp::Add => add(&l, &r),
        ast::BinaryOp::Subtract => subtract(&l, &r),
        ast::BinaryOp::Multiply => multiply(&l, &r),
        _ => divide(&l, &r),
    };
    let Some(Worked { ty, operation, swap }) = result else {
        return refuse(cx, span, op, op_span, l, r);
    };
    if op == ast::BinaryOp::Divide && is_zero(&r) {
        cx.report(Diagnostic::new(Code::OutOfBounds, r.span, "nothing can be divided by zero", "zero"));
        return poison(span);
    }
    let (l, r) = if swap { (r, l) } else { (l, r) };
    let kind = match operation {
        Work::Shift(minus) => match r.kind {
            ExprKind::Const(Const::Duration(length)) => {
                if ty == Ty::Date && length.ms != 0 {
                    return hours_of_a_day(cx, span, r.span);
                }
                ExprKind::Shift(Box::new(l), length, minus)
            }
            _ if ty == Ty::Date => {
                cx.report(
                    Diagnostic::new(
                        Code::KindsDoNotMeet,
                        r.span,
                        "only a fixed number of days can be added to a day",
                        "not fixed",
                    )
                    .help("write the days, or use a moment"),
                );
                return poison(span);
            }
            _ => {
                let op = if minus { Operation::SubtractDuration } else { Operation::AddDuration };
                ExprKind::Arithmetic(op, Box::new(l), Box::new(r))
            }
        },
        Work::Plain(op) => match folded(op, &l, &r) {
            Some(c) => ExprKind::Const(c),
            None => ExprKind::Arithmetic(op, Box::new(l), Box::new(r)),
        },
        Work::Numbers(op) => {
            let (Some(l), Some(r)) = (to_number(cx, l), to_number(cx, r)) else { return poison(span) };
            ExprKind::Arithmetic(op, Box::new(l), Box::new(r))
        }
        Work::Scale(op) => {
            let Some(r) = to_number(cx, r) else { return poison(span) };
            ExprKind::Arithmetic(op, Box::new(l), Box::new(r))
        }
    };
    typed(span, ty, kind)
}

struct Worked {
    ty: Ty,
    operation: Work,
    /// The sides are to be exchanged.
    swap: bool,
}

enum Work {
    /// Moment or day by a length; `true`: back.
    Shift(bool),
    /// Both sides as they are.
    Plain(Operation),
    /// Both sides as numbers.
    Numbers(Operation),
    /// The right side as a number.
    Scale(Operation),
}

fn worked(ty: Ty, operation: Work) -> Option<Worked> {
    Some(Worked { ty, operation, swap: false })
}

fn add(l: &Expr, r: &Expr) -> Option<Worked> {
    match (&l.ty.ty, &r.ty.ty) {
        (Ty::Moment | Ty::Date, Ty::Duration) => worked(l.ty.ty.clone(), Work::Shift(false)),
        (Ty::Duration, Ty::Moment | Ty::Date) => {
            Some(Worked { ty: r.ty.ty.clone(), operation: Work::Shift(false), swap: true })
        }
        _ => alike(l, r, Operation::Add, Operation::AddNumber),
    }
}

fn subtract(l: &Expr, r: &Expr) -> Option<Worked> {
    match (&l.ty.ty, &r.ty.ty) {
        (Ty::Moment | Ty::Date, Ty::Duration) => worked(l.ty.ty.clone(), Work::Shift(true)),
        (Ty::Moment, Ty::Moment) => worked(Ty::Duration, Work::Plain(Operation::Difference)),
        (Ty::Date, Ty::Date) => worked(Ty::Duration, Work::Plain(Operation::DateDifference)),
        _ => alike(l, r, Operation::Subtract, Operation::SubtractNumber),
    }
}

fn alike(l: &Expr, r: &Expr, exact: Operation, of_numbers: Operation) -> Option<Worked> {
    let (a, b) = (&l.ty.ty, &r.ty.ty);
    match (a, b) {
        (Ty::Int, Ty::Int) | (Ty::Duration, Ty::Duration) => worked(a.clone(), Work::Plain(exact)),
        (Ty::Money(x), Ty::Money(y)) if x == y => worked(a.clone(), Work::Plain(exact)),
        (Ty::Int | Ty::Number, Ty::Int | Ty::Number) => worked(Ty::Number, Work::Numbers(of_numbers)),
        (Ty::Percent | Ty::Probability, Ty::Percent | Ty::Probability) => {
            worked(Ty::Percent, Work::Numbers(of_numbers))
        }
        _ => None,
    }
}

fn is_factor(ty: &Ty) -> bool {
    matches!(ty, Ty::Int | Ty::Number | Ty::Percent | Ty::Probability)
}

fn multiply(l: &Expr, r: &Expr) -> Option<Worked> {
    match (&l.ty.ty, &r.ty.ty) {
        (Ty::Int, Ty::Int) => worked(Ty::Int, Work::Plain(Operation::Multiply)),
        (Ty::Money(_), b) if is_factor(b) => worked(l.ty.ty.clone(), Work::Scale(Operation::ScaleMoney)),
        (a, Ty::Money(_)) if is_factor(a) => {
            Some(Worked { ty: r.ty.ty.clone(), operation: Work::Scale(Operation::ScaleMoney), swap: true })
        }
        (Ty::Probability, Ty::Probability) => worked(Ty::Probability, Work::Numbers(Operation::MultiplyNumber)),
        (Ty::Percent | Ty::Probability, Ty::Percent | Ty::Probability) => {
            worked(Ty::Percent, Work::Numbers(Operation::MultiplyNumber))
        }
        (a, b) if is_factor(a) && is_factor(b) => worked(Ty::Number, Work::Numbers(Operation::MultiplyNumber)),
        _ => None,
    }
}

fn divide(l: &Expr, r: &Expr) -> Option<Worked> {
    match (&l.ty.ty, &r.ty.ty) {
        (Ty::Money(a), Ty::Money(b)) if a == b => worked(Ty::Number, Work::Plain(Operation::Ratio)),
        (Ty::Money(_), b) if is_factor(b) => worked(l.ty.ty.clone(), Work::Scale(Operation::DivideMoney)),
        (Ty::Percent | Ty::Probability, Ty::Int | Ty::Number) => {
            worked(Ty::Percent, Work::Numbers(Operation::DivideNumber))
        }
        (a, b) if is_factor(a) && is_factor(b) => worked(Ty::Number, Work::Numbers(Operation::DivideNumber)),
        _ => None,
    }
}

fn to_number(cx: &Context, e: Expr) -> Option<Expr> {
    if matches!(e.ty.ty, Ty::Int) { convert(cx, e, &Ty::Number).ok() } else { Some(e) }
}

fn is_zero(e: &Expr) -> bool {
    match &e.kind {
        ExprKind::Const(Const::Int(0) | Const::Money(0)) => true,
        ExprKind::Const(Const::Number(n)) => *n == 0.0,
        _ => false,
    }
}

/// Lengths of time and whole numbers that are written out are worked out here: a wait of `1 day + 2 hours` is a constant.
fn folded(op: Operation, l: &Expr, r: &Expr) -> Option<Const> {
    let (ExprKind::Const(a), ExprKind::Const(b)) = (&l.kind, &r.kind) else { return None };
    let sign = match op {
        Operation::Add => 1,
        Operation::Subtract => -1,
        Operation::Multiply => {
            let (Const::Int(a), Const::Int(b)) = (a, b) else { return None };
            return a.checked_mul(*b).map(Const::Int);
        }
        _ => return None,
    };
    Some(match (a, b) {
        (Const::Int(a), Const::Int(b)) => Const::Int(a.checked_add(b.checked_mul(sign)?)?),
        (Const::Money(a), Const::Money(b)) => Const::Money(a.checked_add(b.checked_mul(sign)?)?),
        (Const::Duration(a), Const::Duration(b)) => Const::Duration(Length {
            months: a.months.checked_add(b.months.checked_mul(sign as i32)?)?,
            days: a.days.checked_add(b.days.checked_mul(sign as i32)?)?,
            ms: a.ms.checked_add(b.ms.checked_mul(sign)?)?,
        }),
        _ => return None,
    })
}

fn hours_of_a_day(cx: &Context, span: Span, at: Span) -> Expr {
    cx.report(
        Diagnostic::new(Code::KindsDoNotMeet, at, "hours cannot be added to a day", "part of a day")
            .note("a day has no time of day to count from")
            .help("add whole days, or make a moment of it first: `(… at 09:00) + 2 hours`"),
    );
    poison(span)
}

fn refuse(cx: &Context, span: Span, op: ast::BinaryOp, op_span: Span, l: Expr, r: Expr) -> Expr {
    let constant = |e: &Expr| matches!(e.kind, ExprKind::Const(_));
    let (lt, rt) = (l.ty.ty.clone(), r.ty.ty.clone());
    let sum = matches!(op, ast::BinaryOp::Add | ast::BinaryOp::Subtract);
    let wanted = |other: &Ty| match other {
        Ty::Moment | Ty::Date | Ty::Duration => Some(Ty::Duration),
        Ty::Money(_) | Ty::Percent | Ty::Probability => Some(other.clone()),
        _ => None,
    };
    let d = if let (Ty::Money(a), Ty::Money(b)) = (&lt, &rt)
        && a != b
    {
        Diagnostic::new(
            Code::TwoCurrencies,
            op_span,
            format!("{a} and {b} meet here"),
            format!("left of it {a}, right of it {b}"),
        )
        .note("amounts in different currencies never meet: what one is worth in the other changes every day")
    } else if sum
        && constant(&r)
        && let Some(d) = wanted(&lt).and_then(|w| special(cx, &r, &w))
    {
        d
    } else if sum
        && constant(&l)
        && let Some(d) = wanted(&rt).and_then(|w| special(cx, &l, &w))
    {
        d
    } else if op == ast::BinaryOp::Add && (lt == Ty::Text || rt == Ty::Text) {
        Diagnostic::new(
            Code::KindsDoNotMeet,
            op_span,
            format!("{} cannot be joined with `+`", said(cx, span)),
            "texts are not added",
        )
        .help("in the text of a message, write both places: `{{ a }} {{ b }}`")
    } else {
        two_kinds(cx, &l, &r, op_span, op.text()).note(
            "what may meet: a moment and a length of time, two moments, an amount and a number or a share, two amounts in one currency, and numbers",
        )
    };
    cx.report(d);
    poison(span)
}
