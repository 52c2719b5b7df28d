//! Results as tables for people.

use crate::measure::Race;
use std::fmt::Write;

/// `1,048,576`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Three significant digits.
pub fn short(value: f64) -> String {
    match value {
        v if !v.is_finite() => "–".to_string(),
        v if v >= 1000.0 => thousands(v.round() as u64),
        v if v >= 100.0 => format!("{v:.0}"),
        v if v >= 10.0 => format!("{v:.1}"),
        v => format!("{v:.2}"),
    }
}

/// A race as Markdown.
pub fn markdown(race: &Race) -> String {
    let bytes = race.lines.iter().any(|line| line.bytes.is_some());
    let head = if bytes { " | bytes each" } else { "" };
    let rule = if bytes { "|---:" } else { "" };
    let mut text = format!(
        "### {}\n\n| | ns / {} | × floor | spread of the ratio | M/s{head} | what it is |\n|---|---:|---:|---:|---:{rule}|---|\n",
        race.title, race.unit
    );
    for line in &race.lines {
        let name = match &*line.kind {
            "floor" => format!("{} [floor]", line.name),
            "journey" => format!("**{}**", line.name),
            _ => line.name.clone(),
        };
        let bytes = match (bytes, line.bytes) {
            (false, _) => String::new(),
            (true, None) => " | –".to_string(),
            (true, Some(bytes)) => format!(" | {}", thousands(bytes)),
        };
        let _ = writeln!(
            text,
            "| {name} | {} | {} | {}–{} | {}{bytes} | {} |",
            short(line.ns),
            short(line.ratio),
            short(line.spread.0),
            short(line.spread.1),
            short(1e3 / line.ns),
            line.what
        );
    }
    text
}
