//! Declarations made of other tools' schemas: JSON Schema, and the tracking plans of Segment and RudderStack, which hold JSON Schemas.
//! What has no place in the language is said in comments, never dropped in silence.

mod schema;

use crate::draft::{self, Draft, Event, can_be_quoted};
use schema::{Reader, Where};
use serde_json::Value;
use std::collections::BTreeSet;

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A JSON Schema of one event's properties, or of a whole message.
    JsonSchema,
    /// A tracking plan: a list of rules, one for each event.
    TrackingPlan,
}

/// Why a document cannot be imported, for people.
pub type Refusal = String;

/// Declarations of a document. `called` names the event of a JSON Schema that has no title.
pub fn import(document: &Value, called: &str) -> Result<(Kind, Draft), Refusal> {
    if let Some(rules) = rules(document) {
        return Ok((Kind::TrackingPlan, plan(document, rules)));
    }
    let schema = document.get("properties").is_some()
        || document.get("$schema").is_some()
        || document.get("type") == Some(&"object".into());
    if !schema {
        return Err(
            "it is neither a JSON Schema (an object with `properties`) nor a tracking plan (`rules` or `events`)"
                .to_string(),
        );
    }
    let mut draft = Draft::default();
    let mut records = BTreeSet::new();
    let title = document.get("title").and_then(Value::as_str).filter(|t| can_be_quoted(t)).unwrap_or(called);
    let mut names = BTreeSet::new();
    let name = draft::name(title, "event", &mut names);
    let mut reader = Reader::new(document, &mut draft.records, &mut records);
    let event = reader.event(&name, title, document);
    draft.events.push(event);
    Ok((Kind::JsonSchema, draft))
}

/// The rules of a tracking plan, as the tools export them: a list at the top, under `rules` (Segment's Public API), `rules.events`
/// (Segment's older API), `events` (RudderStack), or any of these under `data`.
fn rules(document: &Value) -> Option<&Vec<Value>> {
    let list = |value: &'_ Value| -> bool {
        value.as_array().is_some_and(|all| !all.is_empty() && all.iter().all(|rule| schema_of(rule).is_some()))
    };
    let places = [
        "",
        "/rules",
        "/rules/events",
        "/events",
        "/data",
        "/data/rules",
        "/data/trackingPlan/rules",
        "/data/trackingPlan/rules/events",
    ];
    places.into_iter().filter_map(|place| document.pointer(place)).find(|value| list(value)).and_then(Value::as_array)
}

fn schema_of(rule: &Value) -> Option<&Value> {
    ["jsonSchema", "rules", "schema"].into_iter().filter_map(|name| rule.get(name)).find(|s| s.is_object())
}

fn plan(document: &Value, rules: &[Value]) -> Draft {
    let mut draft = Draft::default();
    let text = |value: &Value, names: &[&str]| {
        names.iter().filter_map(|n| value.get(*n)).find_map(Value::as_str).map(str::to_string)
    };
    let plan = ["/data/trackingPlan", ""].into_iter().find_map(|at| document.pointer(at)).unwrap_or(document);
    if let Some(title) = text(plan, &["display_name", "name"]) {
        draft.notes.push(format!("the tracking plan \"{title}\""));
    }
    if document.pointer("/data/pagination/next").is_some_and(|next| !next.is_null()) {
        draft.notes.push("left out: the rules of further pages: the export has more than this one".to_string());
    }
    let version = |rule: &Value| rule.get("version").and_then(Value::as_f64).unwrap_or(0.0);
    let newer = |rule: &Value| {
        let same = |other: &&Value| ["type", "eventType", "key", "name"].iter().all(|k| other.get(*k) == rule.get(*k));
        rules.iter().filter(same).any(|other| version(other) > version(rule))
    };
    let mut names = BTreeSet::new();
    let mut records = BTreeSet::new();
    let mut reader = Reader::new(document, &mut draft.records, &mut records);
    // Segment's older API keeps what is said of people beside the events.
    for schema in ["/rules/identify", "/data/trackingPlan/rules/identify"].iter().filter_map(|at| document.pointer(at))
    {
        let mut event = Event { name: "profile".into(), wire: "identify".into(), ..Event::default() };
        reader.body(&mut event, schema, Where::Traits);
        draft.profile_notes.append(&mut event.left_out);
        draft.profile.append(&mut event.fields);
    }
    for rule in rules {
        let Some(schema) = schema_of(rule) else { continue };
        let kind =
            text(rule, &["type", "eventType", "event_type"]).unwrap_or_else(|| "track".to_string()).to_lowercase();
        let called = text(rule, &["key", "name"]).filter(|n| !n.is_empty());
        let description = text(rule, &["description"]).or_else(|| text(schema, &["description"]));
        match kind.as_str() {
            "identify" => {
                let mut event = Event { name: "profile".into(), wire: "identify".into(), ..Event::default() };
                reader.body(&mut event, schema, Where::Traits);
                draft.profile_notes.append(&mut event.left_out);
                draft.profile.append(&mut event.fields);
            }
            "track" | "page" | "screen" | "group" => {
                let wire = if kind == "track" { called } else { Some(kind.clone()) };
                let Some(wire) = wire.filter(|w| can_be_quoted(w)) else {
                    draft.notes.push("left out: a rule without a name".to_string());
                    continue;
                };
                if newer(rule) {
                    draft.notes.push(format!("left out: an older version of the rule for `{wire}`"));
                    continue;
                }
                if draft.events.iter().any(|e: &Event| e.wire == wire) {
                    draft.notes.push(format!("left out: another rule for `{wire}`"));
                    continue;
                }
                let mut event =
                    Event { name: draft::name(&wire, "event", &mut names), wire, doc: description, ..Event::default() };
                reader.body(&mut event, schema, if kind == "group" { Where::Traits } else { Where::Properties });
                draft.events.push(event);
            }
            other => draft.notes.push(format!("left out: a rule for `{other}`, which has no counterpart")),
        }
    }
    draft
}
