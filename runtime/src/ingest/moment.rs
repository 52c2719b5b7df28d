//! Times as they are written on the wire: RFC 3339 moments, ISO 8601 dates, times and durations. Nothing else is taken for a time:
//! a number of seconds or milliseconds since 1970 is bad input, for nobody can see which of the two it is.

use crate::time::{DAY, days_from_civil};

fn month_length(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// `n` digits at `at`.
fn digits(text: &[u8], at: usize, n: usize) -> Option<i64> {
    let mut value = 0;
    for byte in text.get(at..at + n)? {
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value * 10 + i64::from(byte - b'0');
    }
    Some(value)
}

/// `2026-03-01` as days since 1970.
pub fn date(text: &str) -> Option<i64> {
    let text = text.as_bytes();
    if text.len() != 10 { None } else { date_at(text) }
}

fn date_at(text: &[u8]) -> Option<i64> {
    let (year, month, day) = (digits(text, 0, 4)?, digits(text, 5, 2)?, digits(text, 8, 2)?);
    let good = text[4] == b'-'
        && text[7] == b'-'
        && (1..=12).contains(&month)
        && (1..=month_length(year, month)).contains(&day);
    good.then(|| days_from_civil(year, month, day))
}

/// `09:00`, `09:00:30`, `09:00:30.5` as milliseconds of the day.
pub fn time(text: &str) -> Option<i64> {
    let (ms, rest) = time_at(text.as_bytes())?;
    rest.is_empty().then_some(ms)
}

/// A time, and what follows it. A leap second is read as the second before it.
fn time_at(text: &[u8]) -> Option<(i64, &[u8])> {
    let (hour, minute) = (digits(text, 0, 2)?, digits(text, 3, 2)?);
    if text[2] != b':' || hour > 23 || minute > 59 {
        return None;
    }
    let mut ms = (hour * 60 + minute) * 60_000;
    let mut rest = &text[5..];
    if let [b':', seconds @ ..] = rest {
        let second = digits(seconds, 0, 2)?;
        if second > 60 {
            return None;
        }
        ms += second.min(59) * 1000;
        rest = &seconds[2..];
        if let [b'.', fraction @ ..] = rest {
            let n = fraction.iter().take_while(|b| b.is_ascii_digit()).count();
            if n == 0 {
                return None;
            }
            // Finer than a millisecond is cut off.
            ms += (0..3).fold(0, |value, i| value * 10 + if i < n { i64::from(fraction[i] - b'0') } else { 0 });
            rest = &fraction[n..];
        }
    }
    Some((ms, rest))
}

/// `2026-03-01T10:00:00Z`, `2026-03-01T10:00:00.250+01:00` as milliseconds since 1970 UTC. Without a zone it is no moment.
pub fn moment(text: &str) -> Option<i64> {
    let text = text.as_bytes();
    let date = date_at(text.get(..10)?)?;
    if !matches!(text.get(10)?, b'T' | b't' | b' ') {
        return None;
    }
    let (time, zone) = time_at(&text[11..])?;
    let offset = match zone {
        [b'Z' | b'z'] => 0,
        [sign @ (b'+' | b'-'), offset @ ..] => {
            let (hours, minutes) = match offset.len() {
                5 if offset[2] == b':' => (digits(offset, 0, 2)?, digits(offset, 3, 2)?),
                4 => (digits(offset, 0, 2)?, digits(offset, 2, 2)?),
                _ => return None,
            };
            if hours > 23 || minutes > 59 {
                return None;
            }
            (hours * 60 + minutes) * if *sign == b'-' { -60_000 } else { 60_000 }
        }
        _ => return None,
    };
    Some(date * DAY + time - offset)
}

/// `PT1H30M`, `P2D`, `P1W` as milliseconds; a day is 24 hours. Months and years have no fixed length and are none.
pub fn duration(text: &str) -> Option<i64> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let mut rest = rest.strip_prefix('P')?;
    let mut in_time = false;
    let mut last_unit = 0;
    let mut total = 0i64;
    while !rest.is_empty() {
        if let Some(time) = rest.strip_prefix('T') {
            if in_time || time.is_empty() {
                return None;
            }
            (in_time, rest) = (true, time);
            continue;
        }
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (unit, order) = match (rest.as_bytes()[end], in_time) {
            (b'W', false) => (7 * DAY, 1),
            (b'D', false) => (DAY, 2),
            (b'H', true) => (3_600_000, 3),
            (b'M', true) => (60_000, 4),
            (b'S', true) => (1000, 5),
            _ => return None,
        };
        if order <= last_unit {
            return None;
        }
        last_unit = order;
        let number = &rest[..end];
        // Only the smallest unit may have a fraction, as in ISO 8601; here: seconds.
        let whole = number.bytes().all(|b| b.is_ascii_digit());
        let fine = order == 5 && number.split_once('.').is_some_and(|(a, b)| plain(a) && plain(b));
        if number.is_empty() || !(whole || fine) {
            return None;
        }
        let amount =
            if fine { super::number::scaled(number, 3)?.0 } else { number.parse::<i64>().ok()?.checked_mul(unit)? };
        total = total.checked_add(amount)?;
        rest = &rest[end + 1..];
    }
    (last_unit > 0).then_some(if negative { -total } else { total })
}

fn plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_jiff() {
        for text in [
            "1970-01-01T00:00:00Z",
            "2026-03-01T10:00:00Z",
            "2026-03-01T10:00:00.250+01:00",
            "2000-02-29T23:59:59.999999-09:30",
            "1899-12-31T00:00:00Z",
            "2400-02-29T12:30:00Z",
        ] {
            let expected: jiff::Timestamp = text.parse().expect("jiff reads it");
            assert_eq!(moment(text), Some(expected.as_millisecond()), "{text}");
        }
        assert_eq!(moment("2026-03-01T10:00Z"), moment("2026-03-01T10:00:00Z"));
        assert_eq!(moment("2026-03-01T10:00:00+0100"), moment("2026-03-01T09:00:00Z"));
    }

    #[test]
    fn what_is_no_moment() {
        for text in [
            "",
            "2026-03-01",
            "2026-03-01T10:00:00",
            "2026-02-30T10:00:00Z",
            "2026-13-01T10:00:00Z",
            "2026-03-01T24:00:00Z",
            "1772359200",
            "2026-03-01T10:00:00.Z",
            "2026-03-01T10:00:00ZZ",
            "2026-03-01T10:00:00+1:00",
            "2026-03-01T1é:00:00Z",
        ] {
            assert_eq!(moment(text), None, "{text}");
        }
    }

    #[test]
    fn dates_and_times() {
        assert_eq!(date("1970-01-01"), Some(0));
        assert_eq!(date("2000-02-29"), Some(11_016));
        assert_eq!(date("1900-02-29"), None);
        assert_eq!(date("2026-3-01"), None);
        assert_eq!(date("2026-03-01T00:00:00Z"), None);
        assert_eq!(time("09:00"), Some(32_400_000));
        assert_eq!(time("23:59:59.5"), Some(86_399_500));
        assert_eq!(time("24:00"), None);
        assert_eq!(time("9:00"), None);
    }

    #[test]
    fn durations() {
        assert_eq!(duration("PT1H30M"), Some(5_400_000));
        assert_eq!(duration("P2D"), Some(2 * DAY));
        assert_eq!(duration("P1W"), Some(7 * DAY));
        assert_eq!(duration("P1DT0.5S"), Some(DAY + 500));
        assert_eq!(duration("-PT1S"), Some(-1000));
        for text in [
            "",
            "P",
            "PT",
            "P1M",
            "P1Y",
            "PT1D",
            "P1H",
            "PT1M1H",
            "PT1.S",
            "PT.5S",
            "1 hour",
            "PT99999999999999999999S",
            "PT1",
        ] {
            assert_eq!(duration(text), None, "{text}");
        }
    }
}
