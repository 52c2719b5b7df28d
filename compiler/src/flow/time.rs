//! How long something lasts, at least and at most.

use crate::hir::{Const, DayRule, Expr, ExprKind, Length, Program};

const HOUR: i64 = 3_600_000;
/// Milliseconds of a day without a change of clocks.
pub(super) const DAY: i64 = 24 * HOUR;

/// The least and most time that passes. Calendar parts stay what they are: see [`least_ms`] and [`most_ms`] for their real
/// length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lasting {
    /// At least this.
    pub least: Length,
    /// At most this; none: there is no end to it that the step says.
    pub most: Option<Length>,
}

impl Lasting {
    /// No time at all.
    pub const NONE: Lasting = Lasting { least: NOTHING, most: Some(NOTHING) };

    /// Exactly so long.
    pub fn exactly(length: Length) -> Lasting {
        let length = not_negative(length);
        Lasting { least: length, most: Some(length) }
    }

    /// Anything up to `most`.
    pub fn up_to(most: Option<Length>) -> Lasting {
        Lasting { least: NOTHING, most: most.map(not_negative) }
    }
}

const NOTHING: Length = Length { months: 0, days: 0, ms: 0 };
/// The shortest time there is: something strictly after now.
const INSTANT: Length = Length { months: 0, days: 0, ms: 1 };

fn not_negative(length: Length) -> Length {
    if length.months < 0 || length.days < 0 || length.ms < 0 { NOTHING } else { length }
}

/// One after the other.
pub fn add(a: Length, b: Length) -> Length {
    Length {
        months: a.months.saturating_add(b.months),
        days: a.days.saturating_add(b.days),
        ms: a.ms.saturating_add(b.ms),
    }
}

/// The shortest a length can really be, in milliseconds: a month has 28 days or more, a year 365, and where there are calendar
/// parts the clocks may be put forward by an hour.
pub fn least_ms(length: Length) -> i64 {
    let (years, months) = (i64::from(length.months / 12), i64::from(length.months % 12));
    let days = years * 365 + months * 28 + i64::from(length.days);
    days.saturating_mul(DAY).saturating_add(length.ms) - if days > 0 { HOUR } else { 0 }
}

/// The longest a length can really be, in milliseconds: a month has 31 days or fewer, a year 366, and where there are calendar
/// parts the clocks may be put back by an hour.
pub fn most_ms(length: Length) -> i64 {
    let (years, months) = (i64::from(length.months / 12), i64::from(length.months % 12));
    let days = years * 366 + months * 31 + i64::from(length.days);
    days.saturating_mul(DAY).saturating_add(length.ms) + if days > 0 { HOUR } else { 0 }
}

/// Until the next day of a rule, strictly after now: at most so long. None: there may be no such day any more.
pub fn day_rule(program: &Program, day: &DayRule) -> Lasting {
    let most = match day {
        DayRule::Week { days, calendar } => {
            let holidays = calendar.map_or(&[][..], |c| program.calendars[c].days.as_slice());
            longest(1, *days, holidays).map(|days| Length { months: 0, days, ms: 0 })
        }
        DayRule::Month(_) => Some(Length { months: 0, days: 31, ms: 0 }),
    };
    Lasting { least: INSTANT, most }
}

/// So many weekdays.
pub(super) fn weekdays(program: &Program, count: u16, calendar: Option<usize>) -> Lasting {
    let holidays = calendar.map_or(&[][..], |c| program.calendars[c].days.as_slice());
    let most = longest(count, journey_runtime::time::WEEKDAYS, holidays);
    let days = |days| Length { months: 0, days, ms: 0 };
    Lasting { least: days(i32::from(count)), most: most.map(days) }
}

/// The most days until the `count`th day of the rule, whenever one begins to wait. Beyond the holidays that are known every week
/// is like the others, so it is enough to begin on each day near one of them, and on each day of a week without.
fn longest(count: u16, days: u8, holidays: &[i64]) -> Option<i32> {
    if days & journey_runtime::time::ALL_DAYS == 0 {
        return None;
    }
    let reach = 7 * (i64::from(count) + 2) + holidays.len() as i64;
    let from = |begin: i64| {
        let mut left = count;
        let mut day = begin;
        while left > 0 && day - begin <= reach {
            day += 1;
            if journey_runtime::time::is_day(day, days, holidays) {
                left -= 1;
            }
        }
        (left == 0).then(|| i32::try_from(day - begin).unwrap_or(i32::MAX))
    };
    // Day 0 is 1970-01-01, before any calendar.
    let plain = -7_000..-6_993;
    let near = holidays.iter().flat_map(|h| h - 7..=*h);
    plain.chain(near).map(from).try_fold(0, |most, days| Some(most.max(days?)))
}

/// How long it is from now to a moment that is a fixed time away (`now + 3 days`, `today + 2 days at 09:00`); none for moments from
/// data.
pub fn fixed(moment: &Expr) -> Option<Lasting> {
    match &moment.kind {
        ExprKind::Now => Some(Lasting::NONE),
        ExprKind::Shift(from, length, false) if matches!(from.kind, ExprKind::Now) => Some(Lasting::exactly(*length)),
        ExprKind::At(date, time, _) => {
            let days = match &date.kind {
                ExprKind::Today | ExprKind::Now => NOTHING,
                ExprKind::Shift(from, length, false) if matches!(from.kind, ExprKind::Today | ExprKind::Now) => *length,
                _ => return None,
            };
            let ExprKind::Const(Const::Time(time)) = &time.kind else { return None };
            // From any time of a day to a given time so many days later: up to a day less than that, or the time of day more.
            let least = match days {
                Length { months: 0, days: 0, ms: 0 } => NOTHING,
                Length { days: d, .. } if d > 0 => Length { days: d - 1, ..days },
                _ => NOTHING,
            };
            Some(Lasting { least, most: Some(add(days, Length { months: 0, days: 0, ms: *time })) })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_weekday_is_three_days_away_at_most_and_four_with_a_holiday_on_monday() {
        use journey_runtime::time::WEEKDAYS;
        assert_eq!(longest(1, WEEKDAYS, &[]), Some(3));
        // 2026-04-06 is Easter Monday, 2026-04-03 Good Friday: from Thursday evening to Tuesday.
        assert_eq!(longest(1, WEEKDAYS, &[20_546, 20_549]), Some(5));
        assert_eq!(longest(1, 0b1, &[]), Some(7));
        assert_eq!(longest(5, WEEKDAYS, &[]), Some(7));
        assert_eq!(longest(1, 0, &[]), None);
    }

    #[test]
    fn calendar_lengths_are_as_short_and_long_as_they_really_get() {
        let length = |months, days, ms| Length { months, days, ms };
        assert_eq!(least_ms(length(0, 1, 0)), 23 * HOUR);
        assert_eq!(most_ms(length(0, 1, 0)), 25 * HOUR);
        assert_eq!(least_ms(length(1, 0, 0)), 28 * DAY - HOUR);
        assert_eq!(most_ms(length(12, 0, 0)), 366 * DAY + HOUR);
        assert_eq!((least_ms(length(0, 0, 5)), most_ms(length(0, 0, 5))), (5, 5));
    }
}
