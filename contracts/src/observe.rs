//! What comes, whatever is declared: events, their fields, and what their values look like.

use crate::seen::{LIMITS, Seen};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The contract of `identify`: what is known of a customer.
pub const IDENTIFY: &str = "identify";

/// What came under one name.
#[derive(Debug, Clone, Default)]
pub struct Came {
    /// Messages.
    pub count: u64,
    /// Line of the first.
    pub first: u64,
    /// Messages about nobody.
    pub nobody: u64,
    /// Fields by their path, dots between; objects stand there as well as what is in them.
    pub fields: BTreeMap<String, Seen>,
    /// There were more fields than are remembered.
    pub more: bool,
}

/// All that came.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    /// Events by their wire name.
    pub events: BTreeMap<String, Came>,
    /// `identify`: traits.
    pub identify: Came,
    /// Messages of events beyond those that are remembered.
    pub more: u64,
}

/// The outside of a message: what it is called, and where its fields stand. As ingest reads it.
pub struct Outside<'v> {
    /// The event's wire name, or [`IDENTIFY`].
    pub wire: &'v str,
    /// Its fields.
    pub fields: Option<&'v Map<String, Value>>,
    /// Name and category of a page or screen, at the message's root.
    pub page: [Option<&'v Value>; 2],
    /// It says about whom it is.
    pub somebody: bool,
}

/// The outside of a message; none where it has none, or joins names.
pub fn outside(message: &Value) -> Option<Outside<'_>> {
    let message = message.as_object()?;
    let object = |name: &str| message.get(name).and_then(Value::as_object);
    let text = |name: &str| message.get(name).and_then(Value::as_str);
    let there = |name: &str| message.get(name).is_some_and(|v| !v.is_null());
    if there("specversion") {
        let wire = text("type")?;
        return Some(Outside { wire, fields: object("data"), page: [None, None], somebody: there("subject") });
    }
    let somebody = there("userId") || there("anonymousId");
    let (wire, fields, page) = match text("type") {
        Some("track") | None => (text("event").filter(|e| !e.is_empty())?, object("properties"), [None, None]),
        Some(kind @ ("page" | "screen")) => {
            (kind, object("properties"), [message.get("name"), message.get("category")])
        }
        Some("group") => ("group", object("traits").or(object("properties")), [None, None]),
        Some("identify") => (IDENTIFY, object("traits"), [None, None]),
        Some(_) => return None,
    };
    Some(Outside { wire, fields, page, somebody })
}

impl Observed {
    /// Takes one message that stood on this line (from 1).
    pub fn take(&mut self, line: u64, outside: &Outside<'_>) {
        let came = if outside.wire == IDENTIFY {
            &mut self.identify
        } else if self.events.len() < LIMITS.events || self.events.contains_key(outside.wire) {
            self.events.entry(outside.wire.to_string()).or_default()
        } else {
            self.more += 1;
            return;
        };
        if came.count == 0 {
            came.first = line;
        }
        came.count += 1;
        came.nobody += u64::from(!outside.somebody);
        let mut path = String::new();
        if let Some(fields) = outside.fields {
            came.object(line, fields, &mut path, false);
        }
        for (name, value) in ["name", "category"].iter().zip(outside.page) {
            if let Some(value) = value
                && outside.fields.is_none_or(|fields| !fields.contains_key(*name))
            {
                came.value(line, name, value);
            }
        }
    }
}

/// Stands for a dot in a name: nothing that may stand in a declaration.
pub const UNREACHABLE: &str = "\u{1}";

/// Objects inside objects deeper than this are not looked into.
const DEEPEST: usize = 6;

impl Came {
    fn object(&mut self, line: u64, fields: &Map<String, Value>, path: &mut String, nested: bool) {
        for (name, value) in fields {
            let length = path.len();
            if nested {
                path.push('.');
            }
            // A dot in a name is no step down; such a field has no path in a declaration.
            path.push_str(&name.replace('.', UNREACHABLE));
            self.value(line, path, value);
            if let Value::Object(inner) = value
                && path.matches('.').count() < DEEPEST
            {
                self.object(line, inner, path, true);
            }
            path.truncate(length);
        }
    }

    fn value(&mut self, line: u64, path: &str, value: &Value) {
        let room = self.fields.len() < LIMITS.fields;
        match self.fields.get_mut(path) {
            Some(seen) => seen.add(line, value),
            None if room => {
                self.fields.entry(path.to_string()).or_default().add(line, value);
            }
            None => self.more = true,
        }
    }
}

/// A name without case, blanks and marks: two names that are equal then are spellings of one.
pub fn spelling(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
