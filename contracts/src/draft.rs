//! Declarations in the making: what data or another tool's schema says, and how it is written in the language.

use journey_grammar::diagnostic::Diagnostic;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Declarations of a file.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// What stands at its top, line by line.
    pub notes: Vec<String>,
    /// Records, before the events that use them.
    pub records: Vec<Event>,
    /// Events.
    pub events: Vec<Event>,
    /// Fields of the profile.
    pub profile: Vec<Field>,
    /// What is said above the profile.
    pub profile_notes: Vec<String>,
}

/// An event, or a record (which has no wire name).
#[derive(Debug, Clone, Default)]
pub struct Event {
    /// Its name.
    pub name: String,
    /// Its wire name.
    pub wire: String,
    /// About no one customer.
    pub everyone: bool,
    /// `///`
    pub doc: Option<String>,
    /// What is known of it, as comments above it.
    pub notes: Vec<String>,
    /// Its fields.
    pub fields: Vec<Field>,
    /// What could not be said, as comments inside it.
    pub left_out: Vec<String>,
}

/// A field.
#[derive(Debug, Clone, Default)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its type as written, without `?`.
    pub ty: String,
    /// May be missing.
    pub optional: bool,
    /// `personal`
    pub personal: bool,
    /// Where it stands; written when it is not its name.
    pub path: String,
    /// Where its currency stands.
    pub currency: Option<String>,
    /// What stands in for it.
    pub default: Option<String>,
    /// `///`
    pub doc: Option<String>,
    /// What it rests on, as a comment behind it.
    pub evidence: Option<String>,
}

impl Draft {
    /// The text, laid out by the formatter. Fails where what was drafted is no text of the language, which is a defect of the drafting.
    pub fn write(&self) -> Result<String, Vec<Diagnostic>> {
        let mut out = String::new();
        for note in &self.notes {
            comment(&mut out, "", note);
        }
        if !self.notes.is_empty() {
            out.push('\n');
        }
        for record in &self.records {
            record.write(&mut out, "record");
        }
        for event in &self.events {
            event.write(&mut out, "event");
        }
        if !self.profile.is_empty() || !self.profile_notes.is_empty() {
            for note in &self.profile_notes {
                comment(&mut out, "", note);
            }
            if !self.profile.is_empty() {
                out.push_str("profile {\n");
                self.profile.iter().for_each(|field| field.write(&mut out));
                out.push_str("}\n");
            }
        }
        journey_grammar::format::format(&out)
    }
}

impl Event {
    fn write(&self, out: &mut String, keyword: &str) {
        for note in &self.notes {
            comment(out, "", note);
        }
        doc(out, "", self.doc.as_deref());
        let _ = write!(out, "{keyword} {}", self.name);
        if keyword == "event" && self.wire != self.name {
            let _ = write!(out, " {}", quoted(&self.wire));
        }
        if self.everyone {
            out.push_str(" for everyone");
        }
        if self.fields.is_empty() && self.left_out.is_empty() {
            out.push_str(if keyword == "event" { "\n\n" } else { " {}\n\n" });
            return;
        }
        out.push_str(" {\n");
        self.fields.iter().for_each(|field| field.write(out));
        for left in &self.left_out {
            comment(out, "  ", left);
        }
        out.push_str("}\n\n");
    }
}

impl Field {
    fn write(&self, out: &mut String) {
        doc(out, "  ", self.doc.as_deref());
        let _ = write!(out, "  {}: {}", self.name, self.ty);
        if self.optional {
            out.push('?');
        }
        if self.personal {
            out.push_str(" personal");
        }
        if self.path != self.name {
            let _ = write!(out, " from {}", quoted(&self.path));
        }
        if let Some(currency) = &self.currency {
            let _ = write!(out, " in {}", quoted(currency));
        }
        if let Some(default) = &self.default {
            let _ = write!(out, " = {default}");
        }
        if let Some(evidence) = &self.evidence {
            let _ = write!(out, "  // {}", plain(evidence));
        }
        out.push('\n');
    }
}

fn comment(out: &mut String, indent: &str, text: &str) {
    for line in text.lines() {
        let _ = writeln!(out, "{indent}// {}", plain(line));
    }
}

fn doc(out: &mut String, indent: &str, text: Option<&str>) {
    for line in text.into_iter().flat_map(str::lines).filter(|l| !l.trim().is_empty()) {
        let _ = writeln!(out, "{indent}/// {}", plain(line.trim()));
    }
}

/// A text that may stand in a comment: one line, no characters that hide.
pub fn plain(text: &str) -> String {
    let visible =
        |c: char| !c.is_control() && !('\u{200b}'..='\u{200f}').contains(&c) && !('\u{202a}'..='\u{202e}').contains(&c);
    text.chars().filter(|c| visible(*c) && !('\u{2066}'..='\u{2069}').contains(c) && *c != '\u{feff}').collect()
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Whether a text can stand in quotes as it is.
pub fn can_be_quoted(text: &str) -> bool {
    plain(text) == text && !text.trim().is_empty() && text == text.trim()
}

/// Whether a text is a word of the language, such as a value of `one of`.
pub fn is_word(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// A name for something called `text`, which is not among `taken` yet, and is now: `Cart Updated` and `cartUpdated` give
/// `cart_updated`. What has no letters that a name may have is called `otherwise`.
pub fn name(text: &str, otherwise: &str, taken: &mut BTreeSet<String>) -> String {
    let mut name = String::new();
    let mut before = ' ';
    let all: Vec<char> = text.chars().collect();
    for (at, &c) in all.iter().enumerate() {
        let lower_follows = all.get(at + 1).is_some_and(|n| n.is_lowercase());
        if c.is_alphanumeric() {
            let hump = c.is_uppercase()
                && (before.is_lowercase() || before.is_ascii_digit() || (before.is_uppercase() && lower_follows));
            if hump && !name.ends_with('_') && !name.is_empty() {
                name.push('_');
            }
            name.extend(c.to_lowercase().filter(|c| c.is_alphanumeric()));
        } else if !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
        before = c;
    }
    let name = name.trim_end_matches('_');
    let mut name = if name.is_empty() { otherwise.to_string() } else { name.to_string() };
    if name.starts_with(|c: char| !c.is_alphabetic()) {
        name.insert_str(0, &format!("{otherwise}_"));
    }
    // Every event has a moment of that name already.
    if name == "happened_at" {
        name.push_str("_said");
    }
    // Words of the language may name fields, and not everything else.
    if otherwise != "field" && (TYPES.contains(&name.as_str()) || journey_grammar::tokens::words().any(|w| w == name)) {
        name.push_str(&format!("_{otherwise}"));
    }
    let mut free = name.clone();
    let mut number = 2;
    while !taken.insert(free.clone()) {
        free = format!("{name}_{number}");
        number += 1;
    }
    free
}

/// Types that are one word.
const TYPES: &[&str] =
    &["bool", "date", "duration", "int", "moment", "number", "percent", "probability", "text", "zone"];

/// The next of 1, 2, 5, 10, 20, 50 … from `least` on.
pub fn round_up(least: f64) -> f64 {
    let mut step = 1.0;
    loop {
        for factor in [1.0, 2.0, 5.0] {
            if factor * step >= least {
                return factor * step;
            }
        }
        step *= 10.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let mut taken = BTreeSet::new();
        let mut name = |text| name(text, "field", &mut taken);
        assert_eq!(name("Cart Updated"), "cart_updated");
        assert_eq!(name("cartUpdated"), "cart_updated_2");
        assert_eq!(name("cart_ID"), "cart_id");
        assert_eq!(name("orderURLShort"), "order_url_short");
        assert_eq!(name("2nd"), "field_2nd");
        assert_eq!(name("$$"), "field");
        assert_eq!(name("happenedAt"), "happened_at_said");
    }

    #[test]
    fn rounding() {
        assert_eq!([0.5, 1.0, 3.0, 20.0, 21.0, 999.0].map(round_up), [1.0, 1.0, 5.0, 20.0, 50.0, 1000.0]);
    }
}
