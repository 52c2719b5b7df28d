//! JSON Schema, as far as fields with bounds go.

use crate::draft::{self, Event, Field, can_be_quoted, is_word};
use journey_compiler::inventory::looks_personal;
use serde_json::Value;
use std::collections::BTreeSet;

/// Where a plan's schema keeps the fields of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Where {
    Properties,
    Traits,
}

/// What the schema of a whole message says of, whatever tool wrote it.
const MESSAGE: &[&str] = &[
    "anonymousId",
    "channel",
    "context",
    "event",
    "groupId",
    "integrations",
    "messageId",
    "name",
    "originalTimestamp",
    "properties",
    "receivedAt",
    "sentAt",
    "timestamp",
    "traits",
    "type",
    "userId",
    "version",
];

/// A schema that says nothing.
static NOTHING: Value = Value::Null;

/// References followed, and objects gone into.
const DEEPEST: usize = 8;

/// Words of JSON Schema that have no counterpart, and say something about values.
const NOT_SAID: &[&str] = &[
    "pattern",
    "not",
    "anyOf",
    "oneOf",
    "allOf",
    "if",
    "multipleOf",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minLength",
    "minItems",
    "uniqueItems",
    "contains",
    "dependencies",
    "dependentRequired",
    "patternProperties",
];

/// Reads the schemas of one document.
pub(super) struct Reader<'r> {
    document: &'r Value,
    /// The schema that is read: references begin at its root, in some tools at that of the document.
    root: &'r Value,
    records: &'r mut Vec<Event>,
    names: &'r mut BTreeSet<String>,
}

impl<'r> Reader<'r> {
    pub(super) fn new(document: &'r Value, records: &'r mut Vec<Event>, names: &'r mut BTreeSet<String>) -> Reader<'r> {
        Reader { document, root: document, records, names }
    }

    /// An event of a plain schema: of its properties, or of a whole message where it has `properties.properties`.
    pub(super) fn event(&mut self, name: &str, wire: &str, schema: &'r Value) -> Event {
        let doc = schema.get("description").and_then(Value::as_str).map(str::to_string);
        let mut event = Event { name: name.to_string(), wire: wire.to_string(), doc, ..Event::default() };
        self.body(&mut event, schema, Where::Properties);
        event
    }

    /// The fields of a message's schema.
    pub(super) fn body(&mut self, event: &mut Event, schema: &'r Value, place: Where) {
        self.root = schema;
        let schema = self.followed(schema, 0);
        let below = match place {
            Where::Properties => "properties",
            Where::Traits => "traits",
        };
        let parts = schema.get("properties");
        let object = |p: &&Value| p.get("properties").is_some() || p.get("type") == Some(&"object".into());
        // RudderStack may keep traits in the context.
        let in_context =
            || parts.and_then(|p| p.pointer("/context/properties/traits")).filter(|_| place == Where::Traits);
        let nested = parts.and_then(|p| p.get(below)).filter(object).or_else(in_context);
        let nested = nested.or_else(|| is_message(parts?).then_some(&NOTHING));
        if let (Some(parts), Some(nested)) = (parts.and_then(Value::as_object), nested) {
            // Other parts of a message are no fields.
            for (part, schema) in parts.iter().filter(|(part, _)| *part != below) {
                let said = schema.get("properties").and_then(Value::as_object).is_some_and(|p| !p.is_empty());
                if said
                    && !(part == "context"
                        && schema.pointer("/properties/traits").is_some_and(|t| std::ptr::eq(t, nested)))
                {
                    event.left_out.push(format!("left out: rules for `{part}`: only `{below}` are fields here"));
                }
            }
        }
        let schema = self.followed(nested.unwrap_or(schema), 0);
        let mut names = BTreeSet::new();
        self.object(event, schema, "", true, &mut names, 0);
    }

    /// What a local reference leads to.
    fn followed(&self, schema: &'r Value, depth: usize) -> &'r Value {
        let target = schema.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix('#'));
        match target.and_then(|pointer| self.root.pointer(pointer).or_else(|| self.document.pointer(pointer))) {
            Some(found) if depth < DEEPEST => self.followed(found, depth + 1),
            _ => schema,
        }
    }

    fn object(
        &mut self,
        event: &mut Event,
        schema: &'r Value,
        path: &str,
        always: bool,
        names: &mut BTreeSet<String>,
        depth: usize,
    ) {
        for word in NOT_SAID.iter().filter(|word| schema.get(**word).is_some()) {
            event.left_out.push(format!("left out: `{word}` of {}", if path.is_empty() { "the whole" } else { path }));
        }
        let fields = schema.get("properties").and_then(Value::as_object);
        let required: BTreeSet<&str> =
            schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        for (key, field) in fields.into_iter().flatten() {
            let field = self.followed(field, 0);
            let full = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            if key.contains('.') || !can_be_quoted(key) || full.starts_with('/') {
                event.left_out.push(format!("left out: {key:?}: its name cannot be written as a path"));
                continue;
            }
            let there = always && required.contains(key.as_str());
            let (kind, nullable) = kind(field);
            let inside = field.get("properties").and_then(Value::as_object).is_some_and(|p| !p.is_empty());
            if kind == Some("object") && depth < DEEPEST && inside {
                self.object(event, field, &full, there && !nullable, names, depth + 1);
                continue;
            }
            match self.field(event, key, field) {
                Ok((ty, notes)) => {
                    let name = draft::name(&full, "field", names);
                    let list = ty.starts_with("list of");
                    let missing = !there || nullable;
                    let mut notes = notes;
                    notes.extend(not_said(field));
                    event.fields.push(Field {
                        personal: looks_personal(&name) || looks_personal(&key.to_lowercase()),
                        optional: missing && !list,
                        default: (missing && list).then(|| "[]".to_string()),
                        name,
                        ty,
                        path: full,
                        currency: None,
                        doc: field.get("description").and_then(Value::as_str).map(str::to_string),
                        evidence: (!notes.is_empty()).then(|| notes.join("; ")),
                    });
                }
                Err(why) => event.left_out.push(format!("left out: `{full}`: {why}")),
            }
        }
        for key in required.iter().filter(|key| !fields.is_some_and(|f| f.contains_key(**key))) {
            event.left_out.push(format!("left out: `{key}` is required, and nothing else is said of it"));
        }
    }

    /// A type, and what of the schema it does not say.
    fn field(&mut self, event: &Event, key: &str, schema: &'r Value) -> Result<(String, Vec<String>), String> {
        if schema.get("$ref").is_some() {
            return Err(format!("the reference {} leads out of the document", schema["$ref"]));
        }
        let mut notes = Vec::new();
        if let Some(values) = schema
            .get("enum")
            .and_then(Value::as_array)
            .cloned()
            .or_else(|| schema.get("const").map(|c| vec![c.clone()]))
        {
            let words: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
            let texts = values.iter().filter(|v| !v.is_null()).count();
            let unique: BTreeSet<&str> = words.iter().copied().collect();
            if texts > 0 && words.len() == texts && unique.len() == words.len() && words.iter().all(|w| is_word(w)) {
                return Ok((format!("one of {}", words.join(", ")), notes));
            }
            let listed: Vec<String> = values.iter().map(Value::to_string).collect();
            // `true` and `false` are all there is.
            let both = values.iter().all(Value::is_boolean) && values.len() == 2;
            notes.extend((!both).then(|| format!("values that are no words: {}", listed.join(", "))));
        }
        let (kind, _) = kind(schema);
        let number = |name: &str| schema.get(name).and_then(Value::as_f64);
        let ty = match kind {
            Some("boolean") => "bool".to_string(),
            Some(kind @ ("integer" | "number")) => {
                let ty = if kind == "integer" { "int" } else { "number" };
                match (number("minimum"), number("maximum")) {
                    (Some(least), Some(most))
                        if least <= most && (kind == "number" || least.fract() + most.fract() == 0.0) =>
                    {
                        format!("{ty} between {least} and {most}")
                    }
                    (Some(least), _) => {
                        notes.push(format!("at least {least}: bounds have two ends here"));
                        ty.to_string()
                    }
                    (None, Some(most)) => {
                        notes.push(format!("at most {most}: bounds have two ends here"));
                        ty.to_string()
                    }
                    (None, None) => ty.to_string(),
                }
            }
            Some("string") => match schema.get("format").and_then(Value::as_str) {
                Some("date") => "date".to_string(),
                Some("date-time") => "moment".to_string(),
                Some("time") => "time".to_string(),
                Some("duration") => "duration".to_string(),
                format => {
                    if let Some(format) = format {
                        notes.push(format!("format {format}"));
                    }
                    match schema.get("maxLength").and_then(Value::as_u64) {
                        Some(most @ 1..=4_000_000_000) => format!("text at most {most}"),
                        _ => "text".to_string(),
                    }
                }
            },
            Some("array") => {
                let most = schema.get("maxItems").and_then(Value::as_u64).filter(|m| (1..=1_000_000).contains(m));
                if most.is_none() {
                    notes.push("no `maxItems`: 50 is a guess".to_string());
                }
                let items = schema
                    .get("items")
                    .map(|items| self.followed(items, 0))
                    .ok_or("a list that does not say of what")?;
                let of = self.member(event, key, items)?;
                format!("list of {of} at most {}", most.unwrap_or(50))
            }
            Some("object") => return Err("an object that does not say what is in it".to_string()),
            Some(other) => return Err(format!("the type `{other}` has no counterpart")),
            None => return Err("several types, or none".to_string()),
        };
        Ok((ty, notes))
    }

    fn member(&mut self, event: &Event, key: &str, items: &'r Value) -> Result<String, String> {
        if kind(items).0 != Some("object") {
            let (ty, _) = self.field(event, key, items)?;
            return if ty.starts_with("list of") {
                Err("lists of lists cannot be declared".to_string())
            } else {
                Ok(ty)
            };
        }
        let singular = key.strip_suffix('s').unwrap_or(key);
        let name = draft::name(&format!("{}_{singular}", event.name), "record", self.names);
        let mut record = Event { name: name.clone(), ..Event::default() };
        record.doc = items.get("description").and_then(Value::as_str).map(str::to_string);
        let mut names = BTreeSet::new();
        self.object(&mut record, items, "", true, &mut names, 0);
        // A record holds plain values, each at the member itself.
        let (lists, fields): (Vec<Field>, Vec<Field>) =
            std::mem::take(&mut record.fields).into_iter().partition(|f: &Field| f.ty.starts_with("list of"));
        record.fields = fields;
        for list in lists {
            record.left_out.push(format!("left out: `{}`: a record holds no lists", list.path));
        }
        self.records.push(record);
        Ok(name)
    }
}

/// Whether these are the parts of a whole message, and not fields.
fn is_message(parts: &Value) -> bool {
    let Some(parts) = parts.as_object() else { return false };
    let holds = ["context", "properties", "traits"].iter().any(|part| parts.contains_key(*part));
    holds && parts.keys().all(|part| MESSAGE.contains(&part.as_str()))
}

/// The one type of a schema, and whether `null` is allowed too.
fn kind(schema: &Value) -> (Option<&str>, bool) {
    match schema.get("type") {
        Some(Value::String(one)) => (Some(one), schema.get("nullable") == Some(&Value::Bool(true))),
        Some(Value::Array(all)) => {
            let kinds: Vec<&str> = all.iter().filter_map(Value::as_str).collect();
            let plain: Vec<&&str> = kinds.iter().filter(|k| **k != "null").collect();
            let null = kinds.contains(&"null");
            match plain.as_slice() {
                [one] => (Some(one), null),
                // A whole number is a number.
                [_, _] if plain.iter().all(|k| matches!(**k, "integer" | "number")) => (Some("number"), null),
                _ => (None, null),
            }
        }
        _ if schema.get("properties").is_some() => (Some("object"), false),
        _ if schema.get("enum").is_some() || schema.get("const").is_some() => (Some("string"), false),
        _ => (None, false),
    }
}

fn not_said(schema: &Value) -> Vec<String> {
    NOT_SAID.iter().filter_map(|word| Some(format!("{word} {}", schema.get(*word)?))).collect()
}
