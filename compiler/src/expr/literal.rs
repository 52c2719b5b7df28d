//! What is written out: numbers, lengths of time, shares, amounts, days and times of day.

use super::typed;
use crate::hir::{Const, Expr, ExprKind, Length, Ty};
use crate::iso::is_currency;
use crate::scope::Context;
use journey_grammar::ast::Name;
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::{Diagnostic, nearest};
use journey_grammar::span::Span;

/// A whole number or a number.
pub fn number(cx: &Context, span: Span, written: &str) -> Expr {
    let plain = written.replace('_', "");
    if plain.contains('.') {
        return match plain.parse::<f64>() {
            Ok(n) if n.is_finite() => typed(span, Ty::Number, ExprKind::Const(Const::Number(n))),
            _ => too_large(cx, span, written),
        };
    }
    match plain.parse::<i64>() {
        Ok(n) => typed(span, Ty::Int, ExprKind::Const(Const::Int(n))),
        Err(_) => too_large(cx, span, written),
    }
}

fn too_large(cx: &Context, span: Span, written: &str) -> Expr {
    cx.report(Diagnostic::new(
        Code::BadLiteral,
        span,
        format!("`{written}` is too large a number"),
        "more than can be counted with",
    ));
    super::poison(span)
}

/// Units of time and how long one is.
const UNITS: [(&str, Length); 7] = [
    ("second", Length { months: 0, days: 0, ms: 1_000 }),
    ("minute", Length { months: 0, days: 0, ms: 60_000 }),
    ("hour", Length { months: 0, days: 0, ms: 3_600_000 }),
    ("day", Length { months: 0, days: 1, ms: 0 }),
    ("week", Length { months: 0, days: 7, ms: 0 }),
    ("month", Length { months: 1, days: 0, ms: 0 }),
    ("year", Length { months: 12, days: 0, ms: 0 }),
];

/// Words people write for units, and what is meant.
const HABITS: [(&str, &str); 21] = [
    ("s", "seconds"),
    ("sec", "seconds"),
    ("secs", "seconds"),
    ("m", "minutes"),
    ("min", "minutes"),
    ("mins", "minutes"),
    ("h", "hours"),
    ("hr", "hours"),
    ("hrs", "hours"),
    ("d", "days"),
    ("w", "weeks"),
    ("wk", "weeks"),
    ("wks", "weeks"),
    ("mo", "months"),
    ("y", "years"),
    ("yr", "years"),
    ("pct", "percent"),
    ("percents", "percent"),
    ("euro", "EUR"),
    ("euros", "EUR"),
    ("dollars", "USD"),
];

/// `2 hours`, `45 percent`, `20 EUR`
pub fn quantity(cx: &Context, span: Span, written: &str, unit: &Name) -> Expr {
    let word = unit.text.as_str();
    let singular = word.strip_suffix('s').unwrap_or(word);
    if let Some((_, one)) = UNITS.iter().find(|(u, _)| *u == singular) {
        return duration(cx, span, written, word, *one);
    }
    if word == "percent" {
        let value = written.replace('_', "").parse::<f64>().unwrap_or(0.0) / 100.0;
        return typed(span, Ty::Percent, ExprKind::Const(Const::Number(value)));
    }
    if is_currency(word) {
        return money(cx, span, written, word);
    }
    if word == "weekday" || word == "weekdays" {
        cx.report(
            Diagnostic::new(
                Code::UnknownUnit,
                unit.span,
                "weekdays can only be waited for",
                "not a length of time that is the same for every start",
            )
            .help(format!("`wait {written} weekdays` counts working days; everywhere else, say it in days"))
            .suggest("count days", unit.span, "days"),
        );
        return super::poison(span);
    }
    let upper = word.to_ascii_uppercase();
    let near = HABITS
        .iter()
        .find(|(h, _)| h.eq_ignore_ascii_case(word))
        .map(|(_, u)| u.to_string())
        .or_else(|| is_currency(&upper).then_some(upper))
        .or_else(|| {
            let units = ["seconds", "minutes", "hours", "days", "weeks", "months", "years", "percent", "weekdays"];
            let singulars = UNITS.iter().map(|(u, _)| *u);
            nearest(&word.to_lowercase(), units.into_iter().chain(singulars)).map(str::to_string)
        });
    let d = Diagnostic::new(
        Code::UnknownUnit,
        unit.span,
        format!("there is no unit `{word}`"),
        match &near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "not a unit".into(),
        },
    );
    cx.report(match near {
        Some(near) => d.fix(format!("change it to `{near}`"), unit.span, near),
        None => d.help(format!(
            "units are seconds, minutes, hours, days, weeks, months, years, percent, and currencies such as {}",
            cx.program.currency
        )),
    });
    super::poison(span)
}

fn duration(cx: &Context, span: Span, written: &str, unit: &str, one: Length) -> Expr {
    let length = scaled(written, one);
    match length {
        Some(length) => typed(span, Ty::Duration, ExprKind::Const(Const::Duration(length))),
        None => {
            let d = if written.contains('.') {
                Diagnostic::new(
                    Code::BadLiteral,
                    span,
                    format!("`{written} {unit}` is not a whole number of {unit}"),
                    "cannot be split",
                )
                .note("days, weeks, months and years are calendar time: the same time of day, so many days on")
                .help("say it in hours or minutes, which are elapsed time")
            } else {
                Diagnostic::new(Code::BadLiteral, span, format!("`{written} {unit}` is too long a time"), "too long")
            };
            cx.report(d);
            super::poison(span)
        }
    }
}

fn scaled(written: &str, one: Length) -> Option<Length> {
    let plain = written.replace('_', "");
    if let Ok(n) = plain.parse::<i32>() {
        let length = Length {
            months: one.months.checked_mul(n)?,
            days: one.days.checked_mul(n)?,
            ms: one.ms.checked_mul(i64::from(n))?,
        };
        // Longer than any customer lives; keeps all sums of lengths and moments far from overflow.
        let fits = length.months <= 12 * 200 && length.days <= 366 * 200 && length.ms <= 366 * 200 * 86_400_000;
        return fits.then_some(length);
    }
    if one.ms == 0 {
        return None;
    }
    let ms = plain.parse::<f64>().ok()? * one.ms as f64;
    (ms.fract() == 0.0 && ms < 6.0e12).then_some(Length { months: 0, days: 0, ms: ms as i64 })
}

fn money(cx: &Context, span: Span, written: &str, currency: &str) -> Expr {
    match millionths(written) {
        Some(m) => typed(span, Ty::Money(currency.to_string()), ExprKind::Const(Const::Money(m))),
        None => {
            cx.report(Diagnostic::new(
                Code::BadLiteral,
                span,
                format!("`{written} {currency}` cannot be kept exactly"),
                "too large, or more than six decimals",
            ));
            super::poison(span)
        }
    }
}

/// An amount in millionths, if it can be said exactly.
pub fn millionths(written: &str) -> Option<i64> {
    let plain = written.replace('_', "");
    let (whole, part) = plain.split_once('.').unwrap_or((&plain, ""));
    if part.len() > 6 {
        return None;
    }
    let part: i64 = format!("{part:0<6}").parse().ok()?;
    whole.parse::<i64>().ok()?.checked_mul(1_000_000)?.checked_add(part)
}

/// `2026-03-01`
pub fn date(cx: &Context, span: Span, written: &str) -> Expr {
    match days(written) {
        Some(day) => typed(span, Ty::Date, ExprKind::Const(Const::Date(day))),
        None => {
            cx.report(
                Diagnostic::new(Code::BadLiteral, span, format!("there is no day `{written}`"), "not in the calendar")
                    .help("a day is written year-month-day: 2026-03-01"),
            );
            super::poison(span)
        }
    }
}

fn days(written: &str) -> Option<i64> {
    let day: jiff::civil::Date = written.parse().ok()?;
    let epoch = jiff::civil::date(1970, 1, 1);
    let span = epoch.until((jiff::Unit::Day, day)).ok()?;
    Some(i64::from(span.get_days()))
}

/// `09:00`, `09:00:30`
pub fn time(cx: &Context, span: Span, written: &str) -> Expr {
    let parts: Vec<Option<i64>> = written.split(':').map(|p| p.parse().ok()).collect();
    let ms = match parts[..] {
        [Some(h @ 0..=23), Some(m @ 0..=59)] => Some((h * 60 + m) * 60_000),
        [Some(h @ 0..=23), Some(m @ 0..=59), Some(s @ 0..=59)] => Some(((h * 60 + m) * 60 + s) * 1_000),
        _ => None,
    };
    match ms {
        Some(ms) => typed(span, Ty::Time, ExprKind::Const(Const::Time(ms))),
        None => {
            let d = Diagnostic::new(
                Code::BadLiteral,
                span,
                format!("there is no time of day `{written}`"),
                "not on the clock",
            )
            .help("times of day run from 00:00 to 23:59");
            cx.report(if written == "24:00" { d.fix("change it to `00:00`", span, "00:00") } else { d });
            super::poison(span)
        }
    }
}

/// The instant of a local time in a zone; a time in a gap is read with the offset before it, one that comes twice is the first.
pub fn instant(day: i64, ms: i64, zone: &str) -> Option<i64> {
    let date = jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().try_days(day).ok()?).ok()?;
    let time = jiff::civil::Time::midnight().checked_add(jiff::SignedDuration::from_millis(ms)).ok()?;
    let zoned = date.to_datetime(time).in_tz(zone).ok()?;
    Some(zoned.timestamp().as_millisecond())
}
