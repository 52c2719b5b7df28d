//! Kinds of values in the words of a marketer.

use crate::hir::Ty;
use crate::scope::Context;

/// `an amount in EUR`, `a length of time`
pub fn kind(cx: &Context, ty: &Ty) -> String {
    match ty {
        Ty::Bool => "yes or no".into(),
        Ty::Int => "a whole number".into(),
        Ty::Number => "a number".into(),
        Ty::Percent => "a share".into(),
        Ty::Probability => "a probability".into(),
        Ty::Text => "text".into(),
        Ty::Money(currency) => format!("an amount in {currency}"),
        Ty::Duration => "a length of time".into(),
        Ty::Date => "a day".into(),
        Ty::Time => "a time of day".into(),
        Ty::Moment => "a moment".into(),
        Ty::Zone => "a time zone".into(),
        Ty::Enum(id) => match cx.program.enums.get(*id) {
            Some(e) if e.values.len() > 6 => format!("one of {}, …", quoted(&e.values[..6])),
            Some(e) => format!("one of {}", quoted(&e.values)),
            None => "one of some words".into(),
        },
        Ty::Facet(id) => match cx.program.facets.get(*id) {
            Some(f) => format!("a path of the taxonomy `{}`", f.name),
            None => "a path of a taxonomy".into(),
        },
        Ty::List(of) => match **of {
            Ty::Poison => "a list".into(),
            ref of => format!("a list of {}", plural(cx, of)),
        },
        Ty::Record(id) => match cx.program.records.get(*id) {
            Some(r) => format!("a `{}`", r.name),
            None => "a member of a list".into(),
        },
        Ty::Event(id) => match cx.program.events.get(*id) {
            Some(e) => format!("a whole event `{}`", e.name),
            None => "a whole event".into(),
        },
        Ty::Poison => "something".into(),
    }
}

fn plural(cx: &Context, ty: &Ty) -> String {
    match ty {
        Ty::Text => "texts".into(),
        Ty::Int => "whole numbers".into(),
        Ty::Number => "numbers".into(),
        Ty::Money(currency) => format!("amounts in {currency}"),
        Ty::Date => "days".into(),
        Ty::Moment => "moments".into(),
        Ty::Record(id) => match cx.program.records.get(*id) {
            Some(r) => format!("`{}`", r.name),
            None => "members".into(),
        },
        Ty::Event(id) => match cx.program.events.get(*id) {
            Some(e) => format!("`{}`", e.name),
            None => "events".into(),
        },
        other => kind(cx, other),
    }
}

/// `` `a`, `b`, `c` ``
pub fn quoted<S: AsRef<str>>(names: &[S]) -> String {
    names.iter().map(|n| format!("`{}`", n.as_ref())).collect::<Vec<_>>().join(", ")
}

/// `` `a`, `b` and `c` ``
pub fn listed<S: AsRef<str>>(names: &[S]) -> String {
    match names {
        [] => String::new(),
        [one] => format!("`{}`", one.as_ref()),
        [most @ .., last] => format!("{} and `{}`", quoted(most), last.as_ref()),
    }
}

/// `once`, `twice`, `3 times`
pub fn times(n: u32) -> String {
    match n {
        1 => "once".into(),
        2 => "twice".into(),
        n => format!("{n} times"),
    }
}

/// A stand-in value of a kind, as it would be written after `otherwise`.
pub fn stand_in(cx: &Context, ty: &Ty) -> Option<String> {
    Some(match ty {
        Ty::Bool => "false".into(),
        Ty::Int | Ty::Number => "0".into(),
        Ty::Percent | Ty::Probability => "0 percent".into(),
        Ty::Text => "\"\"".into(),
        Ty::Money(currency) => format!("0 {currency}"),
        Ty::Enum(id) => cx.program.enums.get(*id)?.values.first()?.clone(),
        Ty::List(_) => "[]".into(),
        _ => return None,
    })
}
