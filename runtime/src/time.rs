//! Zones, dates and the arithmetic of the calendar.
//!
//! Moments are milliseconds since 1970-01-01T00:00Z, dates days since 1970-01-01, times of day milliseconds since midnight.
//! Zones come from the tz database that is compiled in; the host's zone and database are never read.
//!
//! A local time that does not exist is read with the offset before the gap; one that exists twice is the first of the two
//! (RFC 5545 section 3.3.5, `compatible` in Temporal and jiff).

use crate::image::{DayRule, Period, Span};
use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use std::sync::OnceLock;

/// Milliseconds.
pub const MINUTE: i64 = 60_000;
/// Milliseconds.
pub const HOUR: i64 = 60 * MINUTE;
/// Milliseconds of a day of 24 hours.
pub const DAY: i64 = 24 * HOUR;
/// Stands for a moment that never comes.
pub const NEVER: i64 = i64::MAX;

/// Moments are brought into the years -9998 to 9998 before the calendar is asked; nothing a customer does lies outside.
const FIRST: i64 = -377_673_580_800_000;
/// See [`FIRST`].
const LAST: i64 = 253_370_764_800_000;
/// From here on a zone's offsets are asked of jiff, which follows the zone's rule for ever; before, they stand in a table.
const TABLE_END: i64 = 4_102_444_800_000;
/// The table of a zone has an index with one entry for each 2³³ ms (99 days) from 1970.
const BUCKET: u32 = 33;
/// No zone is or was further from UTC.
const FARTHEST: i64 = 26 * HOUR;

/// Of a zone in [`Zones`].
pub type ZoneId = u16;

/// All zones of the tz database, each loaded when it is first used.
#[derive(Debug)]
pub struct Zones {
    database: TimeZoneDatabase,
    /// Sorted without regard to case.
    names: Vec<String>,
    zones: Vec<OnceLock<Zone>>,
}

impl Default for Zones {
    fn default() -> Self {
        Zones::new()
    }
}

impl Zones {
    /// The zones of the database that is compiled in.
    pub fn new() -> Zones {
        let database = TimeZoneDatabase::bundled();
        let mut names: Vec<String> = database.available().map(|name| name.as_str().to_owned()).collect();
        names.sort_by_cached_key(|name| name.to_ascii_lowercase());
        names.dedup();
        let zones = names.iter().map(|_| OnceLock::new()).collect();
        Zones { database, names, zones }
    }

    /// The zone of an IANA name, in any case.
    pub fn find(&self, name: &str) -> Option<ZoneId> {
        let wanted = name.bytes().map(|b| b.to_ascii_lowercase());
        let order = |known: &String| known.bytes().map(|b| b.to_ascii_lowercase()).cmp(wanted.clone());
        let at = self.names.binary_search_by(order).ok()?;
        ZoneId::try_from(at).ok()
    }

    /// Its name.
    pub fn name(&self, zone: ZoneId) -> &str {
        self.names.get(usize::from(zone)).map_or("", String::as_str)
    }

    /// The zone. An id that [`Zones::find`] never gave is the first zone of the list.
    pub fn get(&self, zone: ZoneId) -> &Zone {
        let at = if usize::from(zone) < self.zones.len() { usize::from(zone) } else { 0 };
        self.zones[at].get_or_init(|| Zone::new(self.database.get(&self.names[at]).unwrap_or(TimeZone::UTC)))
    }
}

/// A date and a time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Local {
    /// Days since 1970-01-01.
    pub date: i64,
    /// Milliseconds since midnight.
    pub time: i64,
}

/// A zone: when which offset from UTC holds.
#[derive(Debug)]
pub struct Zone {
    rules: TimeZone,
    /// Offset `offsets[i]` holds from `starts[i]` to `starts[i + 1]`; the first start is `i64::MIN`.
    starts: Vec<i64>,
    offsets: Vec<i64>,
    /// For each bucket of time from 1970, the interval that holds at its start.
    index: Vec<u32>,
}

impl Zone {
    /// Reads a zone's transitions into a table.
    pub fn new(rules: TimeZone) -> Zone {
        let mut starts = vec![i64::MIN];
        let mut offsets = vec![i64::from(rules.to_offset(Timestamp::MIN).seconds()) * 1000];
        for transition in rules.following(Timestamp::MIN) {
            let start = transition.timestamp().as_millisecond();
            if start >= TABLE_END {
                break;
            }
            let offset = i64::from(transition.offset().seconds()) * 1000;
            if offsets.last() != Some(&offset) {
                starts.push(start);
                offsets.push(offset);
            }
        }
        let mut index = Vec::new();
        let mut interval = 0;
        for bucket in 0..=TABLE_END >> BUCKET {
            while starts.get(interval + 1).is_some_and(|start| *start <= bucket << BUCKET) {
                interval += 1;
            }
            index.push(interval as u32);
        }
        Zone { rules, starts, offsets, index }
    }

    /// The number of the interval of the table that a moment before [`TABLE_END`] lies in.
    fn interval(&self, at: i64) -> usize {
        let mut interval = match usize::try_from(at >> BUCKET) {
            Ok(bucket) => self.index[bucket] as usize,
            Err(_) => return self.starts.partition_point(|start| *start <= at) - 1,
        };
        while self.starts.get(interval + 1).is_some_and(|start| *start <= at) {
            interval += 1;
        }
        interval
    }

    /// Local time minus UTC at a moment, in milliseconds.
    pub fn offset(&self, at: i64) -> i64 {
        if at < TABLE_END {
            self.offsets[self.interval(at)]
        } else {
            i64::from(self.rules.to_offset(timestamp(at)).seconds()) * 1000
        }
    }

    /// Date and time of day at a moment.
    pub fn local(&self, at: i64) -> Local {
        let at = at.clamp(FIRST, LAST);
        let local = at + self.offset(at);
        Local { date: local.div_euclid(DAY), time: local.rem_euclid(DAY) }
    }

    /// The date at a moment.
    pub fn date(&self, at: i64) -> i64 {
        self.local(at).date
    }

    /// The moment of a local date and time; a time of 24 hours or more runs on into the next days.
    pub fn moment(&self, date: i64, time: i64) -> i64 {
        let local = date.saturating_mul(DAY).saturating_add(time).clamp(FIRST, LAST);
        if local >= TABLE_END - FARTHEST {
            let civil = jiff::tz::Offset::UTC.to_datetime(timestamp(local));
            return match self.rules.to_ambiguous_timestamp(civil).compatible() {
                Ok(at) => at.as_millisecond(),
                Err(_) => local,
            };
        }
        let mut interval = self.interval(local - FARTHEST);
        loop {
            let at = local - self.offsets[interval];
            let Some(end) = self.starts.get(interval + 1) else { return at };
            if at < *end {
                return at;
            }
            // After the end of this interval; if also before the start of the next one, it is in the gap between them.
            if local - self.offsets[interval + 1] < *end {
                return at;
            }
            interval += 1;
        }
    }

    /// The first moment of a date.
    pub fn start(&self, date: i64) -> i64 {
        self.moment(date, 0)
    }

    /// The first moment of the next date.
    pub fn midnight_after(&self, at: i64) -> i64 {
        let next = self.start(self.date(at) + 1);
        // A whole date may be missing where the date line was moved.
        if next > at { next } else { self.start(self.date(at) + 2) }
    }

    /// A moment plus a span: months (clamped to the month's end), then days at the same local time, then milliseconds.
    pub fn add(&self, at: i64, span: &Span) -> i64 {
        if span.is_clock() {
            return plus(at, span.ms);
        }
        let local = self.local(at);
        plus(self.moment(add_days(local.date, span), local.time), span.ms)
    }

    /// The next moment strictly after `now` whose local time is `time` on a day of the rule; [`NEVER`] if there is none.
    pub fn next_at(&self, now: i64, rule: &DayRule, time: i64, calendars: &[crate::image::Calendar]) -> i64 {
        let today = self.date(now);
        match *rule {
            DayRule::Week { days, calendar } => {
                let holidays = holidays(calendars, calendar);
                // Every holiday of the calendar may hide a day; more than these cannot be needed.
                let most = 8 + 7 * holidays.len() as i64;
                (today..=today + most)
                    .filter(|date| is_day(*date, days, holidays))
                    .map(|date| self.moment(date, time))
                    .find(|at| *at > now)
                    .unwrap_or(NEVER)
            }
            DayRule::Month(day) => {
                let (year, month, _) = civil(today);
                (0..3)
                    .map(|ahead| {
                        let (year, month) = month_after(year, month, ahead);
                        self.moment(
                            days_from_civil(year, month, i64::from(day).clamp(1, month_length(year, month))),
                            time,
                        )
                    })
                    .find(|at| *at > now)
                    .unwrap_or(NEVER)
            }
        }
    }

    /// The next moment strictly after `now` at local time `time` on the yearly day of `date`; 29 February falls on the 28th.
    pub fn next_anniversary(&self, now: i64, date: i64, time: i64) -> i64 {
        let (_, month, day) = civil(date);
        let (year, ..) = civil(self.date(now));
        (year - 1..=year + 2)
            .map(|year| self.moment(days_from_civil(year, month, day.min(month_length(year, month))), time))
            .find(|at| *at > now)
            .unwrap_or(NEVER)
    }

    /// `now` plus so many weekdays, the same local time.
    pub fn add_weekdays(&self, now: i64, count: u16, holidays: &[i64]) -> i64 {
        let local = self.local(now);
        let mut date = local.date;
        let mut left = count;
        while left > 0 {
            date += 1;
            if is_day(date, WEEKDAYS, holidays) {
                left -= 1;
            }
        }
        if count == 0 { now } else { self.moment(date, local.time) }
    }

    /// When quiet hours end that `now` lies in; none when it lies in none. Local times `from` (included) to `to` (excluded);
    /// they wrap midnight when `from >= to`.
    pub fn quiet_until(&self, now: i64, from: i64, to: i64) -> Option<i64> {
        let today = self.date(now);
        [today - 1, today].into_iter().find_map(|date| self.stretch(date, from, to).end_if_holds(now))
    }

    /// When delivery begins next; none when `now` lies in a window. Local times as in [`Zone::quiet_until`]; `days` and
    /// `holidays` are about the date on which a window begins.
    pub fn deliver_from(&self, now: i64, from: i64, to: i64, days: u8, holidays: &[i64]) -> Option<i64> {
        let today = self.date(now);
        let mut began = [today - 1, today].into_iter().filter(|date| is_day(*date, days, holidays));
        if began.any(|date| self.stretch(date, from, to).end_if_holds(now).is_some()) {
            return None;
        }
        let most = 8 + 7 * holidays.len() as i64;
        let open =
            (today..=today + most).filter(|date| is_day(*date, days, holidays)).map(|date| self.moment(date, from));
        Some(open.into_iter().find(|at| *at > now).unwrap_or(NEVER))
    }

    fn stretch(&self, date: i64, from: i64, to: i64) -> Stretch {
        let last = if from < to { date } else { date + 1 };
        Stretch { start: self.moment(date, from), end: self.moment(last, to) }
    }

    /// The first moment of the calendar period that `at` lies in.
    pub fn period_start(&self, at: i64, period: Period) -> i64 {
        self.start(period_start(self.date(at), period))
    }

    /// The first moment of the next calendar period.
    pub fn period_end(&self, at: i64, period: Period) -> i64 {
        self.start(period_end(self.date(at), period))
    }
}

struct Stretch {
    start: i64,
    end: i64,
}

impl Stretch {
    fn end_if_holds(&self, now: i64) -> Option<i64> {
        (self.start <= now && now < self.end).then_some(self.end)
    }
}

/// Monday to Friday.
pub const WEEKDAYS: u8 = 0b1_1111;
/// Monday to Sunday.
pub const ALL_DAYS: u8 = 0b111_1111;

/// The holidays of a calendar, if one is named.
pub fn holidays(calendars: &[crate::image::Calendar], calendar: Option<u16>) -> &[i64] {
    calendar.and_then(|at| calendars.get(usize::from(at))).map_or(&[], |calendar| &calendar.days)
}

/// Whether a date falls on one of `days` (bit 0 is Monday) and is no holiday.
pub fn is_day(date: i64, days: u8, holidays: &[i64]) -> bool {
    days >> weekday(date) & 1 == 1 && holidays.binary_search(&date).is_err()
}

/// 0 for Monday to 6 for Sunday.
pub fn weekday(date: i64) -> u8 {
    // 1970-01-01 was a Thursday.
    (date + 3).rem_euclid(7) as u8
}

/// A date plus months (clamped to the month's end) and days.
pub fn add_days(date: i64, span: &Span) -> i64 {
    let date = date.clamp(FIRST / DAY, LAST / DAY);
    let date = if span.months == 0 {
        date
    } else {
        let (year, month, day) = civil(date);
        let (year, month) = month_after(year, month, i64::from(span.months));
        days_from_civil(year, month, day.min(month_length(year, month)))
    };
    (date + i64::from(span.days)).clamp(FIRST / DAY, LAST / DAY)
}

/// The first date of the period a date lies in.
pub fn period_start(date: i64, period: Period) -> i64 {
    let (year, month, _) = civil(date);
    match period {
        Period::Day => date,
        Period::Week => date - i64::from(weekday(date)),
        Period::Month => days_from_civil(year, month, 1),
        Period::Year => days_from_civil(year, 1, 1),
    }
}

/// The first date of the next period.
pub fn period_end(date: i64, period: Period) -> i64 {
    let start = period_start(date, period);
    let (year, month, _) = civil(start);
    match period {
        Period::Day => start + 1,
        Period::Week => start + 7,
        Period::Month => {
            let (year, month) = month_after(year, month, 1);
            days_from_civil(year, month, 1)
        }
        Period::Year => days_from_civil(year + 1, 1, 1),
    }
}

/// One span after another, part by part: calendar parts of waits that follow each other are added up before they are
/// added to a moment, so that month ends do not drift.
pub fn join(a: &Span, b: &Span) -> Span {
    Span {
        months: a.months.saturating_add(b.months),
        days: a.days.saturating_add(b.days),
        ms: a.ms.saturating_add(b.ms),
    }
}

/// Sum of a moment and milliseconds, never [`crate::image::MISSING`].
pub fn plus(at: i64, ms: i64) -> i64 {
    at.saturating_add(ms).max(i64::MIN + 1)
}

/// The least and the most milliseconds that a span takes, whatever the zone and the moment it is added to: months differ from
/// their mean length by less than four days in all, and a zone's offset by less than 26 hours.
pub fn lengths(span: &Span) -> (i64, i64) {
    const MEAN_MONTH: i64 = 2_629_746_000;
    let days = i64::from(span.months) * MEAN_MONTH + i64::from(span.days) * DAY;
    let margin = match (span.months, span.days) {
        (0, 0) => 0,
        (0, _) => FARTHEST,
        _ => FARTHEST + 4 * DAY,
    };
    let mean = span.ms.saturating_add(days);
    (mean.saturating_sub(margin), mean.saturating_add(margin))
}

/// Year, month and day of a date. Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
pub fn civil(date: i64) -> (i64, i64, i64) {
    let z = date.clamp(FIRST / DAY, LAST / DAY) + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let mp = (5 * day_of_year + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day_of_year - (153 * mp + 2) / 5 + 1)
}

/// The date of a year, month (1 to 12) and day. Source: as [`civil`], `days_from_civil`.
pub fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let year_of_era = y.rem_euclid(400);
    let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

fn month_after(year: i64, month: i64, ahead: i64) -> (i64, i64) {
    let months = year * 12 + month - 1 + ahead;
    (months.div_euclid(12), months.rem_euclid(12) + 1)
}

fn month_length(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn timestamp(at: i64) -> Timestamp {
    Timestamp::from_millisecond(at.clamp(FIRST, LAST)).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests;
