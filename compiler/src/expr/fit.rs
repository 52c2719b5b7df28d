//! Making a value fit the kind that is needed, or saying why it does not.

use super::facts::Place;
use super::{Env, poison, said, typed, words};
use crate::hir::{Bounds, Const, Expr, ExprKind, Ty, Type};
use crate::iso;
use crate::scope::Context;
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;

/// The value as one of the `expected` type: whole numbers become numbers, written shares become probabilities; what does not fit
/// is reported and poisoned.
pub fn fit(cx: &Context, env: &Env, e: Expr, expected: &Type) -> Expr {
    if e.ty.ty == Ty::Poison || expected.ty == Ty::Poison {
        return e;
    }
    let e = if expected.optional { e } else { require_known(cx, env, e) };
    if e.ty.ty == Ty::Poison {
        return e;
    }
    match convert(cx, e, &expected.ty) {
        Ok(e) => e,
        Err(e) => wrong_kind(cx, e, &expected.ty),
    }
}

/// The value, when it fits without anything being said; the untouched value otherwise.
pub fn convert(cx: &Context, mut e: Expr, to: &Ty) -> Result<Expr, Expr> {
    if e.ty.ty == *to {
        return Ok(e);
    }
    match (&e.ty.ty, to, &e.kind) {
        (Ty::Int, Ty::Number, ExprKind::Const(Const::Int(n))) => {
            e.kind = ExprKind::Const(Const::Number(*n as f64));
            e.ty.ty = Ty::Number;
            Ok(e)
        }
        (Ty::Int, Ty::Number, _) => {
            let ty = Type { ty: Ty::Number, optional: e.ty.optional };
            Ok(Expr { span: e.span, ty, kind: ExprKind::ToNumber(Box::new(e)) })
        }
        (Ty::Probability, Ty::Percent, _) => {
            e.ty.ty = Ty::Percent;
            Ok(e)
        }
        (Ty::Percent, Ty::Probability, ExprKind::Const(Const::Number(n))) => {
            if !(0.0..=1.0).contains(n) {
                cx.report(
                    Diagnostic::new(
                        Code::OutOfBounds,
                        e.span,
                        format!("{} is no probability", said(cx, e.span)),
                        "a probability is between 0 and 100 percent",
                    )
                    .note("a probability says how likely something is, from never to always"),
                );
                return Ok(poison(e.span));
            }
            e.ty.ty = Ty::Probability;
            Ok(e)
        }
        (Ty::Text, Ty::Zone, ExprKind::Const(Const::Text(name))) => {
            if !iso::is_zone(name) {
                cx.report(iso::unknown_zone(name, e.span));
                return Ok(poison(e.span));
            }
            e.ty.ty = Ty::Zone;
            Ok(e)
        }
        (Ty::List(from), Ty::List(of), _) => {
            if **from == Ty::Poison || **of == Ty::Poison {
                e.ty.ty = to.clone();
                return Ok(e);
            }
            match &e.kind {
                ExprKind::Const(Const::List(all)) => {
                    let span = e.span;
                    let inner: Result<Vec<Expr>, Expr> = all
                        .iter()
                        .map(|c| convert(cx, typed(span, (**from).clone(), ExprKind::Const(c.clone())), of))
                        .collect();
                    let Ok(inner) = inner else { return Err(e) };
                    let constants = inner
                        .into_iter()
                        .filter_map(|e| match e.kind {
                            ExprKind::Const(c) => Some(c),
                            _ => None,
                        })
                        .collect();
                    Ok(typed(span, to.clone(), ExprKind::Const(Const::List(constants))))
                }
                _ => Err(e),
            }
        }
        _ => Err(e),
    }
}

/// The value as one that is there; reported where it may be missing.
pub fn require_known(cx: &Context, env: &Env, mut e: Expr) -> Expr {
    if !e.ty.optional || e.ty.ty == Ty::Poison {
        return e;
    }
    if env.facts.is_unclear() {
        e.ty.optional = false;
        return e;
    }
    let text = cx.text(e.span).trim().to_string();
    let place = Place::of(&e);
    let declared = cx.type_text(&e.ty);
    let d = Diagnostic::new(
        Code::MayBeMissing,
        e.span,
        format!("{} may be missing", said(cx, e.span)),
        "may be missing here",
    );
    let mut d = d.note(match &place {
        Some(p @ Place::Field(..)) if env.facts.is_forgotten(p) => {
            "it was known before; after a wait, an `update` may have put another in its place, so it is asked again"
                .into()
        }
        Some(p) if env.facts.is_forgotten(p) => {
            "it was known before; after a wait, a send or a call the profile may have changed, so it is asked again"
                .into()
        }
        Some(Place::Profile(_)) => format!("`{text}` is declared `{declared}`: customers without it come here too"),
        Some(Place::Remembered(last, ..)) => {
            format!("it may never have happened, and then there is no {} one", if *last { "last" } else { "first" })
        }
        Some(Place::EventField(..)) => format!("`{text}` is `{declared}`: not every event brings it"),
        Some(_) => format!("`{text}` is `{declared}`: it is not there for everyone who comes here"),
        None => "a part of it may be missing, and then the whole is".into(),
    });
    // What has no name of its own is too long to be said twice.
    if place.is_some() && !text.is_empty() {
        let stand_in = words::stand_in(cx, &e.ty.ty);
        if let Some((condition, brackets)) = env.condition {
            let asked = format!("{text} is known and {}", cx.text(condition));
            let asked = if brackets { format!("({asked})") } else { asked };
            d = d.suggest("ask first whether it is known", condition, asked);
        }
        if let Some(stand_in) = stand_in {
            let stand_in_text = format!("({text} otherwise {stand_in})");
            d = d.suggest(format!("let `{stand_in}` stand in for it"), e.span, stand_in_text);
        }
        if d.fixes.is_empty() {
            d = d.help(format!(
                "ask first: `{text} is known and …`, or say what stands in for it: `{text} otherwise …`"
            ));
        }
    } else {
        d = d.help("ask first whether its parts are known, or say what stands in for them with `otherwise`");
    }
    cx.report(d);
    // Said once; from here on it counts as known.
    e.ty.optional = false;
    e
}

/// Says what is wrong with a value of another kind than needed.
pub fn wrong_kind(cx: &Context, e: Expr, to: &Ty) -> Expr {
    let span = e.span;
    if let Some(d) = special(cx, &e, to) {
        cx.report(d);
    } else {
        let (is, needed) = (words::kind(cx, &e.ty.ty), words::kind(cx, to));
        cx.report(Diagnostic::new(
            Code::WrongKind,
            span,
            format!("{} is {is}, where {needed} is needed", said(cx, span)),
            format!("this is {is}"),
        ));
    }
    poison(span)
}

/// The faults that are common enough to have words of their own.
pub fn special(cx: &Context, e: &Expr, to: &Ty) -> Option<Diagnostic> {
    let text = cx.text(e.span).trim().to_string();
    match (&e.ty.ty, to, &e.kind) {
        (Ty::Int | Ty::Number, Ty::Duration | Ty::Money(_) | Ty::Percent | Ty::Probability, _) => {
            Some(missing_unit(cx, e, to, &text))
        }
        (Ty::Money(a), Ty::Money(b), _) => Some(
            Diagnostic::new(
                Code::TwoCurrencies,
                e.span,
                format!("{} is in {a}, where {b} is needed", said(cx, e.span)),
                format!("an amount in {a}"),
            )
            .note("amounts in different currencies never meet: what one is worth in the other changes every day"),
        ),
        (Ty::Text, Ty::Enum(id), ExprKind::Const(Const::Text(word))) => {
            let values = &cx.program.enums.get(*id)?.values;
            let near = values
                .iter()
                .find(|v| *v == word)
                .map(String::as_str)
                .or_else(|| journey_grammar::diagnostic::nearest(word, values.iter().map(String::as_str)));
            let d = Diagnostic::new(
                Code::WrongKind,
                e.span,
                format!("\"{word}\" is text, where {} is needed", words::kind(cx, to)),
                "values are written without quotes",
            );
            Some(match near {
                Some(near) => d.fix(format!("change it to `{near}`"), e.span, near),
                None => d,
            })
        }
        (Ty::Text, Ty::Facet(id), ExprKind::Const(Const::Text(word))) => {
            let f = cx.program.facets.get(*id)?;
            let d = Diagnostic::new(
                Code::WrongKind,
                e.span,
                format!("\"{word}\" is text, where {} is needed", words::kind(cx, to)),
                "paths of a taxonomy are written without quotes",
            );
            let known = f.by_path.contains_key(word) || f.by_last.get(word).is_some_and(|n| n.len() == 1);
            Some(if known { d.fix(format!("change it to `{word}`"), e.span, word.clone()) } else { d })
        }
        (Ty::Date, Ty::Moment, _) => Some(
            Diagnostic::new(
                Code::WrongKind,
                e.span,
                format!("{} is a day, where a moment is needed", said(cx, e.span)),
                "which time of that day?",
            )
            .help("`at` makes a moment of a day and a time")
            .suggest("say a time of day", e.span.after(), " at 09:00"),
        ),
        (Ty::Number, Ty::Int, _) => Some(Diagnostic::new(
            Code::WrongKind,
            e.span,
            format!("{} need not be whole, where a whole number is needed", said(cx, e.span)),
            "a number with a part after the point",
        )),
        _ => None,
    }
}

fn missing_unit(cx: &Context, e: &Expr, to: &Ty, text: &str) -> Diagnostic {
    let needed = words::kind(cx, to);
    let constant = matches!(e.kind, ExprKind::Const(_));
    let d = Diagnostic::new(
        Code::MissingUnit,
        e.span,
        match constant {
            true => format!("`{text}` has no unit, where {needed} is needed"),
            false => format!("{} is a plain number, where {needed} is needed", said(cx, e.span)),
        },
        match (to, constant) {
            (Ty::Duration, true) => format!("{text} of what: minutes, hours, days?"),
            (Ty::Money(_), true) => "in which currency?".into(),
            (_, true) => "in percent?".into(),
            _ => "a plain number".into(),
        },
    );
    if !constant {
        return d;
    }
    match to {
        Ty::Duration => {
            let one = text == "1";
            let mut d = d.note(
                "hours and minutes are elapsed time; days, weeks and months keep the time of day where the customer is",
            );
            for unit in ["hours", "days", "minutes"] {
                let unit = if one { unit.trim_end_matches('s') } else { unit };
                d = d.suggest(format!("say `{text} {unit}`"), e.span, format!("{text} {unit}"));
            }
            d
        }
        Ty::Money(currency) => d.fix(format!("say `{text} {currency}`"), e.span, format!("{text} {currency}")),
        _ => {
            let share = match &e.kind {
                ExprKind::Const(Const::Number(n)) if *n > 0.0 && *n < 1.0 => {
                    format!("{}", (n * 100.0 * 1e6).round() / 1e6)
                }
                _ => text.to_string(),
            };
            d.fix(format!("say `{share} percent`"), e.span, format!("{share} percent"))
        }
    }
}

/// Whether a constant keeps the bounds of a field; says so where it does not.
pub fn within_bounds(
    cx: &Context,
    span: journey_grammar::span::Span,
    value: &Const,
    bounds: &Bounds,
    what: &str,
) -> bool {
    let number = |c: &Const| match c {
        Const::Int(n) => Some(*n as f64),
        Const::Number(n) => Some(*n),
        _ => None,
    };
    if let Some((low, high)) = &bounds.between
        && let (Some(n), Some(l), Some(h)) = (number(value), number(low), number(high))
        && !(l..=h).contains(&n)
    {
        cx.report(Diagnostic::new(
            Code::OutOfBounds,
            span,
            format!("{} is out of the bounds of {what}", said(cx, span)),
            format!("must be between {l} and {h}"),
        ));
        return false;
    }
    let (size, unit) = match value {
        Const::Text(t) => (t.chars().count(), "characters"),
        Const::List(l) => (l.len(), "members"),
        _ => return true,
    };
    if let Some(most) = bounds.at_most
        && size > most as usize
    {
        cx.report(Diagnostic::new(
            Code::OutOfBounds,
            span,
            format!("{} is too long for {what}", said(cx, span)),
            format!("has {size} {unit}, and may have {most}"),
        ));
        return false;
    }
    true
}
