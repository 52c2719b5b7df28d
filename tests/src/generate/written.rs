//! Values as they are written in a program.

use super::random::Random;
use super::world::{ENUMS, FACETS, Ty};

/// A whole number.
pub fn int(random: &mut Random) -> String {
    match random.weighted(&[8, 2, 1]) {
        0 => random.below(12).to_string(),
        1 => random.below(100_000).to_string(),
        _ => random.pick(&["9223372036854775807", "4294967296", "2147483648"]).to_string(),
    }
}

/// An amount.
pub fn amount(random: &mut Random, currency: &str) -> String {
    match random.weighted(&[6, 3, 1]) {
        0 => format!("{} {currency}", 1 + random.below(60)),
        1 => format!("{}.{:02} {currency}", random.below(200), random.below(100)),
        _ => format!("{} {currency}", random.pick(&["0.000001", "9000000000000", "1_000_000"])),
    }
}

/// A share.
pub fn share(random: &mut Random) -> String {
    format!("{} percent", random.pick(&["0", "1", "5", "12.5", "33", "50", "75", "99", "100"]))
}

/// A fixed length of time, for waits and windows.
pub fn span(random: &mut Random) -> String {
    let (unit, most) = *random.pick(&[
        ("seconds", 90),
        ("minutes", 90),
        ("hours", 48),
        ("hours", 30),
        ("days", 10),
        ("days", 40),
        ("weeks", 3),
        ("months", 3),
    ]);
    let n = 1 + random.below(most);
    if n == 1 { format!("1 {}", unit.trim_end_matches('s')) } else { format!("{n} {unit}") }
}

/// A length of whole days, weeks or months.
pub fn days(random: &mut Random) -> String {
    random.pick(&["1 day", "2 days", "7 days", "30 days", "90 days", "1 month", "2 weeks"]).to_string()
}

/// A time of day, also those that do not exist or exist twice on some days.
pub fn clock(random: &mut Random) -> String {
    random.pick(&["00:00", "02:30", "03:00", "09:00", "12:15", "23:59", "02:00", "18:45:30"]).to_string()
}

/// A day.
pub fn date(random: &mut Random) -> String {
    random
        .pick(&["2024-02-29", "2025-03-30", "2025-10-26", "2025-12-31", "2026-01-01", "2026-03-29", "2025-06-15"])
        .to_string()
}

/// A zone.
pub fn zone(random: &mut Random) -> &'static str {
    const ZONES: [&str; 6] =
        ["UTC", "Europe/Paris", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia"];
    ZONES[random.below(ZONES.len())]
}

/// The values that texts mostly have, so that keys and comparisons meet.
pub const TEXTS: [&str; 8] = ["a", "b", "c", "gold", "th", "", "ä🎵", "a longer text"];

/// A value of this kind that is fixed.
pub fn constant(random: &mut Random, ty: Ty) -> String {
    match ty {
        Ty::Bool => random.pick(&["true", "false"]).to_string(),
        Ty::Int => int(random),
        Ty::Number => format!("{}.{}", random.below(100), random.below(100)),
        Ty::Percent | Ty::Probability => share(random),
        Ty::Money => amount(random, "EUR"),
        Ty::Dollars => amount(random, "USD"),
        Ty::Text => format!("\"{}\"", random.pick(&TEXTS)),
        Ty::Duration => span(random),
        Ty::Date => date(random),
        Ty::Time => clock(random),
        Ty::Moment => format!("({} at {})", date(random), clock(random)),
        Ty::Zone => format!("\"{}\"", zone(random)),
        Ty::OneOf(e) => random.pick(ENUMS[e]).to_string(),
        Ty::Facet(f) => random.pick(FACETS[f].1).to_string(),
        Ty::Ints | Ty::Texts | Ty::Items => "[]".to_string(),
    }
}
