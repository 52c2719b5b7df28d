//! How single values stand in columns, and how exactly the JSON text they came from is found again: a column holds what a value
//! means, a style says how it was written.

use std::fmt::Write;

/// The kinds of columns a path of messages may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// `true` or `false`.
    Bool,
    /// Whole numbers of 64 bits.
    Int,
    /// Other numbers: double precision.
    Number,
    /// Microseconds since 1970 UTC.
    Moment,
    /// Days since 1970.
    Date,
    /// Text, few different ones.
    Word,
    /// Text.
    Text,
    /// JSON text: lists, and what is of one type here and of another there.
    Json,
}

/// What a JSON value looks like, when all that is known of it is its text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value {
    Bool(bool),
    Int(i64),
    /// With the style in which it is written.
    Number(f64, u8),
    /// A number that doubles do not hold as it is written.
    OddNumber,
    Moment(i64, u8),
    Date(i32),
    /// Text whose escapes (if any) are those of this style.
    Text(u8),
    /// Text that is written in another way.
    OddText,
    List,
    Object,
}

/// Whole numbers up to this are exact in doubles.
const EXACT: i64 = 1 << 53;

impl Value {
    /// Looks at a whole JSON value that is not `null`.
    pub(crate) fn of(raw: &str) -> Value {
        match raw.as_bytes()[0] {
            b't' => Value::Bool(true),
            b'f' => Value::Bool(false),
            b'[' => Value::List,
            b'{' => Value::Object,
            b'"' => text(raw),
            _ => number(raw),
        }
    }
}

fn number(raw: &str) -> Value {
    let bytes = raw.as_bytes();
    if bytes.iter().all(|b| b.is_ascii_digit() || *b == b'-') {
        return match raw.parse::<i64>() {
            Ok(value) if raw != "-0" => Value::Int(value),
            _ => Value::OddNumber,
        };
    }
    let Some(value) = raw.parse::<f64>().ok().filter(|v| v.is_finite()) else { return Value::OddNumber };
    let mut written = String::new();
    for style in 0..=FIXED + 6 {
        written.clear();
        write_number(&mut written, value, style);
        if written == raw {
            return Value::Number(value, style);
        }
    }
    Value::OddNumber
}

/// Numbers in fixed point with `style - FIXED` digits after the point.
const FIXED: u8 = 2;

/// Writes a number. Style 0: shortest, as JavaScript has it (`20`, `0.5`); 1: shortest, as Python has it (`20.0`); above: fixed point.
pub(crate) fn write_number(out: &mut String, value: f64, style: u8) {
    // Writing to a string cannot fail.
    let _ = match style {
        0 => write!(out, "{value}"),
        1 => write!(out, "{value:?}"),
        digits => write!(out, "{value:.*}", usize::from(digits - FIXED)),
    };
}

/// Whether a whole number is the same as a double.
pub(crate) fn exact(value: i64) -> bool {
    (-EXACT..=EXACT).contains(&value)
}

fn text(raw: &str) -> Value {
    let inner = &raw[1..raw.len() - 1];
    if !inner.contains('\\') {
        if let Some((moment, style)) = moment(inner) {
            return Value::Moment(moment, style);
        }
        return date(inner).map_or(Value::Text(0), Value::Date);
    }
    let Ok(plain) = serde_json::from_str::<String>(raw) else { return Value::OddText };
    let mut written = String::new();
    for style in 0..=1 {
        written.clear();
        write_text(&mut written, &plain, style);
        if written == raw {
            return Value::Text(style);
        }
    }
    Value::OddText
}

/// Writes a JSON string. Style 0 escapes what must be; 1 also all that is not ASCII.
pub(crate) fn write_text(out: &mut String, text: &str, style: u8) {
    out.push('"');
    let plain = |b: u8| b >= 0x20 && b != b'"' && b != b'\\' && (style == 0 || b < 0x7f);
    if text.bytes().all(plain) {
        out.push_str(text);
    } else {
        for c in text.chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                '\u{8}' => out.push_str("\\b"),
                '\u{c}' => out.push_str("\\f"),
                c if (c as u32) < 0x20 || (style == 1 && c as u32 > 0x7f) => {
                    let mut units = [0; 2];
                    for unit in c.encode_utf16(&mut units) {
                        let _ = write!(out, "\\u{unit:04x}");
                    }
                }
                c => out.push(c),
            }
        }
    }
    out.push('"');
}

/// The text of a whole JSON string whose style is known.
pub(crate) fn plain(raw: &str) -> std::borrow::Cow<'_, str> {
    let inner = &raw[1..raw.len() - 1];
    match inner.contains('\\') {
        false => inner.into(),
        true => serde_json::from_str::<String>(raw).unwrap_or_default().into(),
    }
}

/// Digits after the seconds, and what follows, for each style of moments.
const MOMENTS: [(usize, &str); 6] = [(0, "Z"), (3, "Z"), (6, "Z"), (0, "+00:00"), (3, "+00:00"), (6, "+00:00")];

const DAY: i64 = 86_400_000_000;

fn digits(text: &[u8], from: usize, to: usize) -> Option<i64> {
    text[from..to].iter().try_fold(0, |n, b| b.is_ascii_digit().then(|| n * 10 + i64::from(b - b'0')))
}

/// Microseconds since 1970 of a moment in UTC, written in one of the styles.
pub(crate) fn moment(text: &str) -> Option<(i64, u8)> {
    let bytes = text.as_bytes();
    if bytes.len() < 20 || bytes[10] != b'T' || bytes[13] != b':' || bytes[16] != b':' {
        return None;
    }
    let days = date_of(&bytes[..10])?;
    let (hour, minute, second) = (digits(bytes, 11, 13)?, digits(bytes, 14, 16)?, digits(bytes, 17, 19)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let fraction = match bytes[19] {
        b'.' => bytes[20..].iter().take_while(|b| b.is_ascii_digit()).count(),
        _ => 0,
    };
    let end = if fraction > 0 { 20 + fraction } else { 19 };
    let style = MOMENTS.iter().position(|(n, zone)| *n == fraction && zone.as_bytes() == &bytes[end..])?;
    let micros = digits(bytes, end - fraction, end)? * if fraction == 3 { 1000 } else { 1 };
    Some((days * DAY + ((hour * 60 + minute) * 60 + second) * 1_000_000 + micros, style as u8))
}

/// Writes a moment, without quotes.
pub(crate) fn write_moment(out: &mut String, moment: i64, style: u8) {
    let (fraction, zone) = MOMENTS[usize::from(style) % MOMENTS.len()];
    let of_day = moment.rem_euclid(DAY);
    let (seconds, micros) = (of_day / 1_000_000, of_day % 1_000_000);
    write_date(out, moment.div_euclid(DAY));
    let _ = write!(out, "T{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    let _ = match fraction {
        0 => Ok(()),
        3 => write!(out, ".{:03}", micros / 1000),
        _ => write!(out, ".{micros:06}"),
    };
    out.push_str(zone);
}

/// Days since 1970 of `2026-03-01`.
fn date(text: &str) -> Option<i32> {
    if text.len() != 10 { None } else { date_of(text.as_bytes()).and_then(|days| i32::try_from(days).ok()) }
}

fn date_of(bytes: &[u8]) -> Option<i64> {
    if bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let (year, month, day) = (digits(bytes, 0, 4)?, digits(bytes, 5, 7)?, digits(bytes, 8, 10)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Days of the proleptic Gregorian calendar, years beginning in March. A day a month does not have comes back as another.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = y.div_euclid(400) * 146_097 + y.rem_euclid(400) * 365 + y.rem_euclid(400) / 4 - y.rem_euclid(400) / 100
        + (153 * m + 2) / 5
        + day
        - 1
        - 719_468;
    (civil(days) == (year, month, day)).then_some(days)
}

fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let m = (5 * of_year + 2) / 153;
    let (day, month) = (of_year - (153 * m + 2) / 5 + 1, if m < 10 { m + 3 } else { m - 9 });
    (era * 400 + year + i64::from(month <= 2), month, day)
}

/// Writes `2026-03-01`.
pub(crate) fn write_date(out: &mut String, days: i64) {
    let (year, month, day) = civil(days);
    let _ = write!(out, "{year:04}-{month:02}-{day:02}");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a value becomes, written again.
    fn again(raw: &str) -> Option<String> {
        let mut out = String::new();
        match Value::of(raw) {
            Value::Bool(value) => out.push_str(if value { "true" } else { "false" }),
            Value::Int(value) => out = value.to_string(),
            Value::Number(value, style) => write_number(&mut out, value, style),
            Value::Moment(moment, style) => {
                out.push('"');
                write_moment(&mut out, moment, style);
                out.push('"');
            }
            Value::Date(days) => {
                out.push('"');
                write_date(&mut out, days.into());
                out.push('"');
            }
            Value::Text(style) => write_text(&mut out, &plain(raw), style),
            Value::OddNumber | Value::OddText | Value::List | Value::Object => return None,
        }
        Some(out)
    }

    #[test]
    fn what_is_taken_for_a_value_is_written_as_it_came() {
        for raw in [
            "true",
            "false",
            "0",
            "-1",
            "9223372036854775807",
            "-9223372036854775808",
            "0.1",
            "20.0",
            "20.50",
            "-0.0",
            "1e16",
            "123456.789",
            r#""""#,
            r#""a""#,
            r#""a\"b\\""#,
            r#""line\nline""#,
            r#""\u0001""#,
            r#""한국""#,
            r#""\ud55c\uad6d""#,
            r#""\ud83d\ude00""#,
            r#""2026-03-01""#,
            r#""2024-02-29""#,
            r#""2026-03-01T10:00:00Z""#,
            r#""2026-03-01T10:00:00.250Z""#,
            r#""2026-03-01T10:00:00.250001+00:00""#,
            r#""0001-01-01T00:00:00Z""#,
            r#""1969-12-31T23:59:59.999Z""#,
        ] {
            assert_eq!(again(raw).as_deref(), Some(raw));
        }
        assert_eq!(Value::of(r#""2026-03-01T10:00:00Z""#), Value::Moment(1_772_359_200_000_000, 0));
        assert_eq!(Value::of(r#""2026-03-01""#), Value::Date(20_513));
    }

    #[test]
    fn what_would_be_written_otherwise_is_odd() {
        for raw in ["1e3", "1E3", "-0", "9223372036854775808", "1.5e400", "0.10000000000000000000001", "[]", "{}"] {
            assert_eq!(again(raw), None, "{raw}");
        }
        for raw in [r#""\/""#, r#""\ud800""#, r#""\u0041""#, r#""\uD55C""#] {
            assert_eq!(Value::of(raw), Value::OddText, "{raw}");
        }
        for raw in [
            r#""2023-02-29""#,
            r#""2026-03-01T24:00:00Z""#,
            r#""2026-03-01T10:00:00.25Z""#,
            r#""2026-03-01T10:00:60Z""#,
        ] {
            assert_eq!(Value::of(raw), Value::Text(0), "{raw}");
        }
    }
}
