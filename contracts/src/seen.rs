//! What values look like, counted.

use journey_runtime::ingest;
use serde_json::Value;
use std::collections::BTreeMap;

/// How much is remembered of data, so that memory is bounded.
pub struct Limits {
    /// Names of events.
    pub events: usize,
    /// Fields of an event.
    pub fields: usize,
    /// Different values of a field.
    pub values: usize,
    /// Characters of an example.
    pub example: usize,
}

/// The limits.
pub const LIMITS: Limits = Limits { events: 5_000, fields: 1_000, values: 24, example: 60 };

/// How often something came, and where first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// How often.
    pub count: u64,
    /// The first line, from 1.
    pub first: u64,
    /// What stood there, shortened.
    pub example: String,
}

impl Tally {
    /// Counts one more.
    pub fn add(&mut self, line: u64, value: &Value) {
        if self.count == 0 {
            self.first = line;
            self.example = example(value);
        }
        self.count += 1;
    }
}

/// A value as JSON, shortened for people.
pub fn example(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(LIMITS.example) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// What a value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// `true`
    Bool,
    /// A whole number.
    Int,
    /// Another number.
    Number,
    /// A whole number that is likely to be seconds since 1970.
    Seconds,
    /// Likewise, milliseconds.
    Milliseconds,
    /// `"2026-03-01"`
    Date,
    /// `"2026-03-01T09:00:00Z"`
    Moment,
    /// The same without its zone, or with a blank for the `T`.
    MomentWithoutZone,
    /// `"09:00"`
    Time,
    /// `"PT1H"`
    Duration,
    /// `"55.34"`
    NumberText,
    /// `"$55.34"`, `"1,299.00"`, `"12 EUR"`
    AmountText,
    /// `"yes"`, `"false"`
    BoolText,
    /// Any other text.
    Text,
    /// A list.
    List,
    /// An object.
    Object,
}

impl Form {
    /// Of a value; none of `null`.
    pub fn of(value: &Value) -> Option<Form> {
        Some(match value {
            Value::Null => return None,
            Value::Bool(_) => Form::Bool,
            Value::Number(number) => match number.as_i64() {
                // From 2001 to 2096: smaller and larger numbers are rather counts and ids.
                Some(1_000_000_000..=3_999_999_999) => Form::Seconds,
                Some(1_000_000_000_000..=3_999_999_999_999) => Form::Milliseconds,
                Some(_) => Form::Int,
                None => Form::Number,
            },
            Value::String(text) => Form::of_text(text),
            Value::Array(_) => Form::List,
            Value::Object(_) => Form::Object,
        })
    }

    fn of_text(text: &str) -> Form {
        if ingest::date(text).is_some() {
            Form::Date
        } else if ingest::moment(text).is_some() {
            Form::Moment
        } else if ingest::moment(&format!("{}Z", text.replacen(' ', "T", 1))).is_some() {
            Form::MomentWithoutZone
        } else if ingest::time(text).is_some() {
            Form::Time
        } else if ingest::duration(text).is_some() {
            Form::Duration
        } else if is_number(text) {
            Form::NumberText
        } else if amount(text).is_some() {
            Form::AmountText
        } else if ["true", "false", "yes", "no"].iter().any(|word| text.eq_ignore_ascii_case(word)) {
            Form::BoolText
        } else {
            Form::Text
        }
    }

    /// In words, after "is".
    pub fn words(self) -> &'static str {
        match self {
            Form::Bool => "true or false",
            Form::Int => "a whole number",
            Form::Number => "a number",
            Form::Seconds => "a number of seconds since 1970",
            Form::Milliseconds => "a number of milliseconds since 1970",
            Form::Date => "a date",
            Form::Moment => "a moment",
            Form::MomentWithoutZone => "a moment without its zone",
            Form::Time => "a time of day",
            Form::Duration => "a duration",
            Form::NumberText => "a number written as text",
            Form::AmountText => "an amount written as text",
            Form::BoolText => "yes or no written as text",
            Form::Text => "text",
            Form::List => "a list",
            Form::Object => "an object",
        }
    }
}

/// `55.34`, without leading noughts: those are codes.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain =
        digits.starts_with(|c: char| c.is_ascii_digit()) && digits.chars().all(|c| c.is_ascii_digit() || c == '.');
    let code = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    plain && !code && text.parse::<f64>().is_ok()
}

/// The number of an amount as people write it: a currency's sign or letters before or after, commas between thousands.
pub fn amount(text: &str) -> Option<String> {
    let outside = |c: char| "$€£¥฿₩₫₹".contains(c) || c.is_whitespace();
    let inner = text.trim_matches(outside);
    let letters = |s: &str| s.len() == 3 && s.chars().all(|c| c.is_ascii_uppercase());
    let inner = match (inner.get(..3), inner.len().checked_sub(3).and_then(|at| inner.get(at..))) {
        (Some(first), _) if letters(first) => inner[3..].trim_matches(outside),
        (_, Some(last)) if letters(last) => inner[..inner.len() - 3].trim_matches(outside),
        _ => inner,
    };
    if inner == text && !text.contains(',') {
        return None;
    }
    let plain: String = match inner.rsplit_once(',') {
        // `55,34`
        Some((whole, part)) if part.len() == 2 && !whole.contains(',') => format!("{}.{part}", whole.replace('.', "")),
        _ => inner.replace(',', ""),
    };
    is_number(&plain).then_some(plain)
}

/// The different values of a field, as long as there are few.
#[derive(Debug, Clone, Default)]
pub struct Values {
    /// Each with how often it came.
    pub known: BTreeMap<String, u64>,
    /// There were more than are remembered.
    pub more: bool,
}

impl Values {
    fn add(&mut self, text: &str) {
        if let Some(count) = self.known.get_mut(text) {
            *count += 1;
        } else if self.known.len() < LIMITS.values && text.len() <= LIMITS.example {
            self.known.insert(text.to_string(), 1);
        } else {
            self.more = true;
        }
    }
}

/// The values of one field.
#[derive(Debug, Clone)]
pub struct Seen {
    /// How often it was there and not `null`.
    pub there: u64,
    /// How often it was `null`.
    pub nulls: u64,
    /// The first line it was on.
    pub first: u64,
    /// What its values look like.
    pub forms: BTreeMap<Form, Tally>,
    /// The least number.
    pub least: f64,
    /// The largest number.
    pub most: f64,
    /// Some number had places after the point.
    pub fractions: bool,
    /// Characters of the longest text.
    pub longest: usize,
    /// Its texts and whole numbers.
    pub values: Values,
    /// What its lists hold.
    pub members: Option<Box<Members>>,
}

impl Default for Seen {
    fn default() -> Seen {
        Seen {
            there: 0,
            nulls: 0,
            first: 0,
            forms: BTreeMap::new(),
            least: f64::INFINITY,
            most: f64::NEG_INFINITY,
            fractions: false,
            longest: 0,
            values: Values::default(),
            members: None,
        }
    }
}

/// The members of a field's lists.
#[derive(Debug, Clone, Default)]
pub struct Members {
    /// Of the longest list.
    pub most: usize,
    /// Members in all.
    pub count: u64,
    /// Members that are objects.
    pub objects: u64,
    /// Those that are not.
    pub plain: Seen,
    /// Fields of those that are.
    pub fields: BTreeMap<String, Seen>,
}

impl Seen {
    /// Counts one more value. Objects are counted as such; their fields are fields of their own.
    pub fn add(&mut self, line: u64, value: &Value) {
        if self.first == 0 {
            self.first = line;
        }
        let Some(form) = Form::of(value) else {
            self.nulls += 1;
            return;
        };
        self.there += 1;
        self.forms.entry(form).or_default().add(line, value);
        match value {
            Value::Number(number) => {
                if let Some(value) = number.as_f64() {
                    self.least = self.least.min(value);
                    self.most = self.most.max(value);
                    self.fractions |= value.fract() != 0.0;
                }
                self.values.add(&number.to_string());
            }
            Value::String(text) => {
                self.longest = self.longest.max(text.chars().count());
                self.values.add(text);
            }
            Value::Array(list) => {
                let members = self.members.get_or_insert_default();
                members.most = members.most.max(list.len());
                for member in list {
                    members.count += 1;
                    match member {
                        Value::Object(fields) => {
                            members.objects += 1;
                            for (name, value) in fields {
                                if members.fields.len() < LIMITS.fields || members.fields.contains_key(name) {
                                    members.fields.entry(name.clone()).or_default().add(line, value);
                                }
                            }
                        }
                        plain => members.plain.add(line, plain),
                    }
                }
            }
            _ => {}
        }
    }

    /// How often values of some form came.
    pub fn count(&self, form: Form) -> u64 {
        self.forms.get(&form).map_or(0, |t| t.count)
    }

    /// Whether every value is of one of these forms.
    pub fn only(&self, forms: &[Form]) -> bool {
        self.there > 0 && self.forms.keys().all(|form| forms.contains(form))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn forms_of_values() {
        let form = |value: Value| Form::of(&value);
        assert_eq!(form(json!("$55.34")), Some(Form::AmountText));
        assert_eq!(form(json!("1,299.00")), Some(Form::AmountText));
        assert_eq!(form(json!("55,34 €")), Some(Form::AmountText));
        assert_eq!(form(json!("EUR 12")), Some(Form::AmountText));
        assert_eq!(form(json!("55.34")), Some(Form::NumberText));
        assert_eq!(form(json!("0049")), Some(Form::Text));
        assert_eq!(form(json!("one, two")), Some(Form::Text));
        assert_eq!(form(json!("ABC")), Some(Form::Text));
        assert_eq!(form(json!("")), Some(Form::Text));
        assert_eq!(form(json!("2026-03-01 09:00:00")), Some(Form::MomentWithoutZone));
        assert_eq!(form(json!("2026-03-01T09:00:00+07:00")), Some(Form::Moment));
        assert_eq!(form(json!(1_772_359_200)), Some(Form::Seconds));
        assert_eq!(form(json!(1_772_359_200_000_i64)), Some(Form::Milliseconds));
        assert_eq!(form(json!(null)), None);
        assert_eq!(amount("1.299,50").as_deref(), Some("1299.50"));
        assert_eq!(amount("£1,299.50").as_deref(), Some("1299.50"));
    }
}
