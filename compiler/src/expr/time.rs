//! Days, moments, conditions over time, and what may be watched.

use super::{
    Env, Reach, checked_length, condition, fit, infer, names, poison, require_known, said, typed, walk, words,
};
use crate::hir::{Expr, ExprKind, Ty, Type};
use crate::scope::{Context, Kind};
use journey_grammar::ast::{self, Name};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;
use journey_grammar::span::Span;

/// The days of the week, Monday first.
pub const WEEK: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// The days a word stands for, bit 0 Monday; none when there is no such word (reported).
pub fn days(cx: &Context, day: &Name) -> Option<u8> {
    let word = day.text.as_str();
    let bits = match word {
        "day" => 0b111_1111,
        "weekday" => 0b001_1111,
        "weekend" => 0b110_0000,
        _ => match WEEK.iter().position(|d| *d == word) {
            Some(i) => 1 << i,
            None => {
                let lower = word.to_lowercase();
                let all = WEEK.into_iter().chain(["weekday", "weekend", "day"]);
                let habit = all.clone().find(|d| *d == lower || (lower.len() >= 3 && d.starts_with(&lower)));
                match habit {
                    Some(d) => cx.unknown("day", day, [d], |x| x.fix(format!("change it to `{d}`"), day.span, d)),
                    None => cx.unknown("day", day, all, |x| x),
                }
                return None;
            }
        },
    };
    Some(bits)
}

/// The holidays of `in fr`.
pub fn calendar(cx: &Context, calendar: Option<&Name>, days: u8) -> Option<Option<usize>> {
    let Some(name) = calendar else { return Some(None) };
    if days != 0b001_1111 {
        cx.report(Diagnostic::new(
            Code::WrongKind,
            name.span,
            "a calendar of holidays belongs to `weekday`",
            "only weekdays leave holidays out",
        ));
        return None;
    }
    cx.lookup(Kind::Calendar, name).map(Some)
}

/// `today is weekday in fr`
pub fn is_day(
    cx: &Context,
    env: &Env,
    span: Span,
    value: &ast::Expr,
    day: &Name,
    holidays: Option<&Name>,
    negated: bool,
) -> Expr {
    let v = require_known(cx, env, infer(cx, env, value, Some(&Ty::Date)));
    let days = days(cx, day);
    let holidays = days.and_then(|d| calendar(cx, holidays, d));
    if v.ty.ty == Ty::Moment {
        let d = Diagnostic::new(
            Code::WrongKind,
            v.span,
            format!("{} is a moment, where a day is needed", said(cx, v.span)),
            "which day that is depends on the place",
        );
        cx.report(match v.kind {
            ExprKind::Now => d.fix("ask for `today`", v.span, "today"),
            _ => d,
        });
        return poison(span);
    }
    let v = fit(cx, env, v, &Type { ty: Ty::Date, optional: false });
    let (Some(days), Some(holidays)) = (days, holidays) else { return poison(span) };
    if v.ty.ty == Ty::Poison {
        return poison(span);
    }
    let e = typed(span, Ty::Bool, ExprKind::IsDay(Box::new(v), days, holidays));
    if negated { typed(span, Ty::Bool, ExprKind::Not(Box::new(e))) } else { e }
}

/// `d at 09:00 in "Europe/Paris"`
pub fn at(cx: &Context, env: &Env, span: Span, date: &ast::Expr, time: &ast::Expr, zone: Option<&ast::Expr>) -> Expr {
    let d = require_known(cx, env, infer(cx, env, date, Some(&Ty::Date)));
    let t = time_of_day(cx, env, time);
    let z = zone.map(|z| self::zone(cx, env, z));
    if !matches!(d.ty.ty, Ty::Date | Ty::Moment | Ty::Poison) {
        let kind = words::kind(cx, &d.ty.ty);
        cx.report(Diagnostic::new(
            Code::WrongKind,
            d.span,
            format!("{} is {kind}, where a day is needed", said(cx, d.span)),
            format!("this is {kind}"),
        ));
        return poison(span);
    }
    let broken = |e: &Expr| e.ty.ty == Ty::Poison;
    if broken(&d) || broken(&t) || z.as_ref().is_some_and(broken) {
        return poison(span);
    }
    typed(span, Ty::Moment, ExprKind::At(Box::new(d), Box::new(t), z.map(Box::new)))
}

/// A time of day.
pub fn time_of_day(cx: &Context, env: &Env, time: &ast::Expr) -> Expr {
    let e = infer(cx, env, time, Some(&Ty::Time));
    fit(cx, env, e, &Type { ty: Ty::Time, optional: false })
}

/// A time zone, by name or from a field.
pub fn zone(cx: &Context, env: &Env, zone: &ast::Expr) -> Expr {
    let e = infer(cx, env, zone, Some(&Ty::Zone));
    fit(cx, env, e, &Type { ty: Ty::Zone, optional: false })
}

/// `c for 7 days`
pub fn held(cx: &Context, env: &Env, span: Span, inner: &ast::Expr, duration: &ast::Expr) -> Expr {
    if env.reach != Reach::Customer {
        return names::out_of_reach(cx, env, span, "what has held for a time");
    }
    let c = condition(cx, env, inner);
    let length = checked_length(cx, duration);
    let Some(length) = length else { return poison(span) };
    if c.ty.ty == Ty::Poison || walk::is_poisoned(&c) {
        return poison(span);
    }
    let mut outside: Option<Span> = None;
    walk::each(&c, &mut |e| {
        if matches!(
            e.kind,
            ExprKind::Field(..)
                | ExprKind::Variable(_)
                | ExprKind::EventField(..)
                | ExprKind::Member(_)
                | ExprKind::Param(..)
        ) && !in_history(&c, e)
        {
            outside.get_or_insert(e.span);
        }
    });
    if let Some(at) = outside {
        cx.report(
            Diagnostic::new(
                Code::HeldReach,
                at,
                format!("{} cannot be watched over time", said(cx, at)),
                "belongs to one event or run",
            )
            .label(duration.span, "for how long it must have held")
            .note("`for` looks at what is true of the customer from day to day: the profile, histories and segments"),
        );
        return poison(span);
    }
    if !check_watched(cx, &c, "a condition that must have held for a time") {
        return poison(span);
    }
    typed(span, Ty::Bool, ExprKind::Held(Box::new(c), length))
}

/// Whether `part` stands in the `where` of a history inside `whole`: there, the event's fields are its own.
fn in_history(whole: &Expr, part: &Expr) -> bool {
    walk::any(whole, &|e| match &e.kind {
        ExprKind::Count(h, _) | ExprKind::Sum(h, _) | ExprKind::Last(h, _) | ExprKind::First(h, _) => {
            h.condition.as_deref().is_some_and(|c| walk::any(c, &|x| std::ptr::eq(x, part)))
        }
        ExprKind::Each { condition: Some(c), .. } => walk::any(c, &|x| std::ptr::eq(x, part)),
        _ => false,
    })
}

/// Whether a condition can be watched: the present moment only stands beside a moment it is compared with, so that it is known
/// when the answer changes. Reported where not.
pub fn check_watched(cx: &Context, e: &Expr, what: &str) -> bool {
    let mut found = None;
    find_loose_clock(cx, e, None, &mut found, 0);
    let Some(Loose { clock, segment }) = found else { return true };
    let at = segment.map_or(clock.span, |(span, _)| span);
    let mut d = Diagnostic::new(
        Code::NotWatchable,
        at,
        match segment {
            Some((_, name)) => format!("the segment `{name}` cannot be watched"),
            None => format!("{} cannot be watched like this", said(cx, clock.span)),
        },
        "when would this change?",
    );
    if segment.is_some() {
        d = d.label(clock.span, "this asks the clock");
    }
    d = d.note(format!(
        "{what} is asked again whenever its answer may change, so the clock may only be compared with a moment or a day"
    ));
    cx.report(match clock.kind {
        ExprKind::Today => d.help(
            "compare it, as in `today >= profile.renewal - 10 days`; for days of the week, begin with `trigger every monday at 09:00`",
        ),
        _ => d.help("compare it, as in `now >= last(order_completed).happened_at + 30 days`"),
    });
    false
}

/// The clock where it cannot be watched, and the segment it was found in: where that is named, and its name.
struct Loose<'e> {
    clock: &'e Expr,
    segment: Option<(Span, &'e str)>,
}

fn find_loose_clock<'e>(
    cx: &'e Context,
    e: &'e Expr,
    segment: Option<(Span, &'e str)>,
    found: &mut Option<Loose<'e>>,
    depth: usize,
) {
    match &e.kind {
        ExprKind::Now | ExprKind::Today => {
            found.get_or_insert(Loose { clock: e, segment });
        }
        ExprKind::Compare(_, l, r) if matches!(l.kind, ExprKind::Now | ExprKind::Today) => {
            find_loose_clock(cx, r, segment, found, depth);
        }
        // Its own condition was looked at when it was made.
        ExprKind::Held(..) => {}
        // A segment reads earlier ones only; the depth is a belt beside those braces.
        ExprKind::InSegment(id) if depth < 64 => {
            if let Some(s) = cx.program.segments.get(*id) {
                let named = segment.or(Some((e.span, s.name.as_str())));
                find_loose_clock(cx, &s.condition, named, found, depth + 1);
            }
        }
        _ => walk::children(e, &mut |c| find_loose_clock(cx, c, segment, found, depth)),
    }
}

/// Whether a segment can be watched; reported at `span` where not.
pub fn check_watched_segment(cx: &Context, segment: usize, span: Span) -> bool {
    let e = typed(span, Ty::Bool, ExprKind::InSegment(segment));
    check_watched(cx, &e, "a segment that someone may enter or leave")
}
