//! Values, moments and numbers as people and programs read them.

use crate::image::Span;
use crate::input::Value;
use crate::time::{DAY, HOUR, MINUTE, civil};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use std::fmt::Write;

/// As the language would write it: `80.00 EUR`, `"c1"`, `[a, b]`. Moments are UTC.
pub fn text(value: &Value) -> String {
    match value {
        Value::Missing => "missing".into(),
        Value::Bool(yes) => yes.to_string(),
        Value::Int(n) => n.to_string(),
        Value::Number(n) => n.to_string(),
        Value::Percent(share) => format!("{} percent", decimal((share * 1e8).round() as i64, 0)),
        Value::Money(amount, currency) => format!("{} {currency}", decimal(*amount, 2)),
        Value::Text(text) => format!("{text:?}"),
        Value::Duration(ms) => duration(*ms),
        Value::Date(days) => date(*days),
        Value::Time(ms) => time(*ms),
        Value::Moment(ms) => moment(*ms),
        Value::Name(name) => name.clone(),
        Value::List(members) => format!("[{}]", members.iter().map(text).collect::<Vec<_>>().join(", ")),
        Value::Record(fields) => format!("{{ {} }}", named(fields)),
    }
}

/// `name: value, name: value`, without what is missing.
pub fn named(fields: &[(String, Value)]) -> String {
    let known = fields.iter().filter(|(_, value)| *value != Value::Missing);
    known.map(|(name, value)| format!("{name}: {}", text(value))).collect::<Vec<_>>().join(", ")
}

/// Millionths as a decimal number with at least `places` places.
pub fn decimal(millionths: i64, places: usize) -> String {
    let (whole, rest) = (millionths.unsigned_abs() / 1_000_000, millionths.unsigned_abs() % 1_000_000);
    let rest = format!("{rest:06}");
    let rest = &rest[..rest.trim_end_matches('0').len().max(places)];
    let sign = if millionths < 0 { "-" } else { "" };
    if rest.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest}") }
}

/// `2026-03-01`
pub fn date(days: i64) -> String {
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02}")
}

/// `09:00`, with seconds and their thousandths only where there are any.
pub fn time(ms: i64) -> String {
    let mut text = format!("{:02}:{:02}", ms / HOUR, ms / MINUTE % 60);
    if ms % MINUTE != 0 {
        let _ = write!(text, ":{:02}", ms / 1000 % 60);
    }
    if ms % 1000 != 0 {
        let _ = write!(text, ".{:03}", ms % 1000);
    }
    text
}

/// RFC 3339 in UTC: `2026-03-01T09:00:00Z`, thousandths only where there are any.
pub fn moment(ms: i64) -> String {
    let (days, ms) = (ms.div_euclid(DAY), ms.rem_euclid(DAY));
    let seconds = format!("{:02}:{:02}:{:02}", ms / HOUR, ms / MINUTE % 60, ms / 1000 % 60);
    let rest = if ms % 1000 == 0 { String::new() } else { format!(".{:03}", ms % 1000) };
    format!("{}T{seconds}{rest}Z", date(days))
}

/// `2 days 3 hours`; a day is 24 hours.
pub fn duration(ms: i64) -> String {
    let mut rest = ms.unsigned_abs();
    let mut parts = Vec::new();
    for (unit, length) in [("day", DAY as u64), ("hour", HOUR as u64), ("minute", MINUTE as u64), ("second", 1000)] {
        let count = rest / length;
        rest %= length;
        if count > 0 {
            parts.push(format!("{count} {unit}{}", if count == 1 { "" } else { "s" }));
        }
    }
    if rest > 0 {
        parts.push(format!("{rest} milliseconds"));
    }
    let sign = if ms < 0 { "minus " } else { "" };
    if parts.is_empty() { "0 seconds".into() } else { format!("{sign}{}", parts.join(" ")) }
}

/// `2 months 3 days`, as the language writes lengths of time.
pub fn span(span: &Span) -> String {
    let mut parts = Vec::new();
    for (count, unit) in [(span.months, "month"), (span.days, "day")] {
        if count != 0 {
            parts.push(format!("{count} {unit}{}", if count == 1 { "" } else { "s" }));
        }
    }
    if span.ms != 0 || parts.is_empty() {
        // Clock time of a day or more is hours, not days: days are calendar time.
        let hours = span.ms / HOUR;
        let rest = span.ms % HOUR;
        if hours != 0 {
            parts.push(format!("{hours} hour{}", if hours == 1 { "" } else { "s" }));
        }
        if rest != 0 || parts.is_empty() {
            parts.push(duration(rest));
        }
    }
    parts.join(" ")
}

/// `1,234,567`
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 day`, `1,234 days`
pub fn counted(n: u64, one: &str) -> String {
    format!("{} {one}{}", count(n), if n == 1 { "" } else { "s" })
}

/// `25.9 %`; nothing of nothing is `–`.
pub fn share(part: u64, whole: u64) -> String {
    if whole == 0 { "–".into() } else { format!("{:.1} %", part as f64 * 100.0 / whole as f64) }
}

/// `12.3 MB`
pub fn bytes(n: u64) -> String {
    let mut amount = n as f64;
    for unit in ["bytes", "kB", "MB", "GB"] {
        if amount < 1000.0 || unit == "GB" {
            return if unit == "bytes" { format!("{n} bytes") } else { format!("{amount:.1} {unit}") };
        }
        amount /= 1000.0;
    }
    String::new()
}

/// A value in JSON: amounts as `{"amount": 80, "currency": "EUR"}`, shares as fractions, times as ISO 8601 writes them.
#[derive(Debug)]
pub struct Json<'a>(pub &'a Value);

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Missing => serializer.serialize_none(),
            Value::Bool(yes) => serializer.serialize_bool(*yes),
            Value::Int(n) => serializer.serialize_i64(*n),
            Value::Number(n) | Value::Percent(n) => Figure(*n).serialize(serializer),
            Value::Money(amount, currency) => {
                let mut map = serializer.serialize_map(Some(2))?;
                map.serialize_entry("amount", &Figure(*amount as f64 / 1e6))?;
                map.serialize_entry("currency", currency)?;
                map.end()
            }
            Value::Text(text) | Value::Name(text) => serializer.serialize_str(text),
            Value::Duration(ms) => serializer.serialize_str(&iso_duration(*ms)),
            Value::Date(days) => serializer.serialize_str(&date(*days)),
            Value::Time(ms) => serializer.serialize_str(&time(*ms)),
            Value::Moment(ms) => serializer.serialize_str(&moment(*ms)),
            Value::List(members) => {
                let mut seq = serializer.serialize_seq(Some(members.len()))?;
                for member in members {
                    seq.serialize_element(&Json(member))?;
                }
                seq.end()
            }
            Value::Record(fields) => JsonFields(fields).serialize(serializer),
        }
    }
}

/// Named values as a JSON object, in their order, without what is missing.
#[derive(Debug)]
pub struct JsonFields<'a>(pub &'a [(String, Value)]);

impl Serialize for JsonFields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in self.0.iter().filter(|(_, value)| *value != Value::Missing) {
            map.serialize_entry(name, &Json(value))?;
        }
        map.end()
    }
}

/// A number; whole ones without a point.
struct Figure(f64);

impl Serialize for Figure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let whole = self.0 as i64;
        if whole as f64 == self.0 && whole.unsigned_abs() < 1 << 53 {
            serializer.serialize_i64(whole)
        } else {
            serializer.serialize_f64(self.0)
        }
    }
}

/// `PT1H30M`, as ingest reads it.
pub fn iso_duration(ms: i64) -> String {
    let sign = if ms < 0 { "-" } else { "" };
    let ms = ms.unsigned_abs();
    let (hours, minutes, seconds, rest) = (ms / HOUR as u64, ms / MINUTE as u64 % 60, ms / 1000 % 60, ms % 1000);
    let mut text = format!("{sign}PT");
    if hours > 0 {
        let _ = write!(text, "{hours}H");
    }
    if minutes > 0 {
        let _ = write!(text, "{minutes}M");
    }
    if seconds > 0 || rest > 0 || ms == 0 {
        let _ = write!(text, "{seconds}");
        if rest > 0 {
            let _ = write!(text, ".{rest:03}");
        }
        text.push('S');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_people_read_them() {
        assert_eq!([count(0), count(999), count(1000), count(1_234_567)], ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([share(1, 3), share(0, 0), share(3, 3)], ["33.3 %", "–", "100.0 %"]);
        assert_eq!([bytes(12), bytes(1234), bytes(12_345_678)], ["12 bytes", "1.2 kB", "12.3 MB"]);
    }

    #[test]
    fn values_as_the_language_writes_them() {
        assert_eq!(text(&Value::Money(80_000_000, "EUR".into())), "80.00 EUR");
        assert_eq!(text(&Value::Money(-1_234_500, "EUR".into())), "-1.2345 EUR");
        assert_eq!(text(&Value::Percent(0.05)), "5 percent");
        assert_eq!(text(&Value::Percent(0.125)), "12.5 percent");
        assert_eq!(text(&Value::List(vec![Value::Int(1), Value::Missing])), "[1, missing]");
        assert_eq!(duration(90_061_000), "1 day 1 hour 1 minute 1 second");
        assert_eq!(span(&Span { months: 1, days: 2, ms: 48 * HOUR }), "1 month 2 days 48 hours");
        assert_eq!(moment(1_772_359_200_250), "2026-03-01T10:00:00.250Z");
        assert_eq!(time(32_400_000), "09:00");
        assert_eq!([iso_duration(0), iso_duration(5_400_000), iso_duration(1500)], ["PT0S", "PT1H30M", "PT1.500S"]);
    }

    #[test]
    fn values_in_json() {
        let fields = vec![
            ("a".to_string(), Value::Money(80_500_000, "EUR".into())),
            ("b".to_string(), Value::Missing),
            ("c".to_string(), Value::List(vec![Value::Number(1.0), Value::Percent(0.5), Value::Date(0)])),
        ];
        let json = serde_json::to_string(&JsonFields(&fields)).expect("it is written");
        assert_eq!(json, r#"{"a":{"amount":80.5,"currency":"EUR"},"c":[1,0.5,"1970-01-01"]}"#);
    }
}
