//! From lines of JSON to inputs, directed by the image: only what the program reads is decoded.
//!
//! A line is one message, in either of two forms.
//!
//! * **Segment specification.** `track` is the event named by `event`; `page`, `screen` and `group` are events of those names;
//!   `identify` feeds the profile; `alias` joins names (below). A message without `type` but with `event` is a `track`.
//!   The customer is `userId`, else `anonymousId`. Fields stand in `properties` (`traits` for `group` and `identify`); `name` and
//!   `category` of a page or screen may stand at the message's root instead. The event's own time is `timestamp`, else
//!   `originalTimestamp`, else `sentAt`, else `receivedAt`; the time of receipt is `receivedAt`. `messageId` absorbs repeats.
//! * **CloudEvents.** `type` is the event's name (`identify` feeds the profile), `subject` the customer, `time` its own time,
//!   `source` and `id` together absorb repeats, fields stand in `data`.
//!
//! Paths of fields begin below the properties, dots between; with a `/` in front at the message's root, slashes between.
//! Inside lists they begin at the member.
//!
//! `alias` says that inputs of `previousId` belong to `userId` from this line on. What came before stays where it was.
//!
//! An `identify` may carry more than traits: `context.timezone` and `context.locale` stand in for the traits that feed
//! `profile.time_zone` and `profile.locale`; `traits.consents` (`{ "marketing": true }`, `{ "marketing": { "email": false } }`)
//! and `context.consent.categoryPreferences` say yes or no to purposes. The latter is also read from the track
//! `Segment Consent Preference Updated`; categories there that are no purpose of the program are none of its business.

mod envelope;
mod fields;
mod moment;
mod number;
mod problem;
mod value;

pub use problem::{Fault, Problem};

use crate::image::{Event, Image, MISSING, Role, Word};
use crate::input::{AHEAD_LIMIT, InputKind};
use crate::pool::Pool;
use crate::time::Zones;
use envelope::{Envelope, Scalar};
use fields::{Layout, Row};
use problem::Flaw;
use rustc_hash::FxHashMap;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use value::{Kind, Place, Tables};
use xxhash_rust::xxh3::{Xxh3Default, xxh3_64};

/// Where Segment tells of consent.
const CONSENT_UPDATED: &str = "Segment Consent Preference Updated";

/// Moments of messages lie from 1970 (included) to 2100 (excluded): others come from broken clocks, and one of them would
/// move a customer's time to where nothing happens any more.
const PLAUSIBLE: std::ops::Range<i64> = 0..4_102_444_800_000;

/// Reads messages for one program.
#[derive(Debug)]
pub struct Decoder {
    tables: Tables,
    /// Wire name to event.
    by_wire: FxHashMap<String, u16>,
    events: Vec<Known>,
    profile: Layout,
    /// Answers of webhooks, with their names.
    answers: Vec<(String, Layout)>,
    /// The fields of time zone and locale, with their types.
    zone: Option<(u16, Kind)>,
    locale: Option<(u16, Kind)>,
    purposes: Vec<String>,
    channels: Vec<String>,
}

/// An event that is declared.
#[derive(Debug)]
struct Known {
    name: String,
    everyone: bool,
    used: bool,
    layout: Layout,
    role: Role,
}

/// What a line is.
#[derive(Debug)]
pub enum Line<'a> {
    /// Blank.
    Blank,
    /// A message the program reads.
    Message(Message<'a>),
    /// An event that is declared and that nothing reads: its wire name, and its time where it says one.
    Unread(Cow<'a, str>, Option<i64>),
    /// An event that is not declared: likewise.
    Unknown(Cow<'a, str>, Option<i64>),
    /// Bad input.
    Bad(Problem),
}

/// A message the program reads, its fields not yet decoded.
#[derive(Debug)]
pub struct Message<'a> {
    /// About whom; empty for everyone.
    pub customer: Cow<'a, str>,
    /// Its own time. Milliseconds since 1970 UTC.
    pub happened_at: i64,
    /// Its time of receipt, if the source gives one.
    pub received_at: Option<i64>,
    /// A hash of its message id.
    pub id: Option<u64>,
    /// What it says.
    pub body: Body<'a>,
    /// The whole message.
    line: &'a str,
    /// Properties, traits or data.
    fields: &'a str,
    context: Option<&'a str>,
    /// Name and category of a page or screen.
    page: [Option<&'a str>; 2],
}

/// What a message says.
#[derive(Debug, Clone, PartialEq)]
pub enum Body<'a> {
    /// An event (index into the image's events).
    Event(u16),
    /// What becomes known of the customer.
    Identify,
    /// From here on this customer's inputs belong to [`Message::customer`].
    Alias(Cow<'a, str>),
    /// Consent, and nothing else that the program reads.
    Consent,
}

/// What a message has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decoded {
    /// An event (index into the image's events), and nothing else: the words of its row stand at the end of `rows`.
    Row(u16),
    /// What stands in [`Scratch::inputs`].
    Inputs,
}

/// Memory that is used again from message to message.
#[derive(Debug, Default)]
pub struct Scratch {
    /// What the last message means: one input, or more where it tells of consent as well. Empty when it says nothing new.
    pub inputs: Vec<InputKind>,
    row: Row,
}

impl Scratch {
    /// An empty row, with memory if there is any.
    pub fn row_memory(&mut self) -> Vec<Word> {
        let mut row = std::mem::take(&mut self.row.words);
        row.clear();
        row
    }

    /// Takes back the row of an event that is done with, for its memory.
    pub fn take_back(&mut self, kind: InputKind) {
        if let InputKind::Event { row, .. } = kind
            && self.row.words.capacity() == 0
        {
            self.row.words = row;
        }
    }
}

impl Decoder {
    /// A decoder for this program.
    pub fn new(image: &Image) -> Decoder {
        let mut by_wire = FxHashMap::default();
        for (i, event) in (0u16..).zip(&image.events) {
            by_wire.entry(event.wire.clone()).or_insert(i);
        }
        let known = |event: &Event| Known {
            name: event.name.clone(),
            everyone: event.everyone,
            used: event.used,
            layout: Layout::of_event(&event.fields),
            role: event.role.clone(),
        };
        let typed = |field: Option<u16>| {
            let ty = field.and_then(|f| image.profile.get(usize::from(f))).map(|f| &f.ty);
            field.zip(ty.map(Kind::new))
        };
        Decoder {
            tables: Tables::new(image),
            by_wire,
            events: image.events.iter().map(known).collect(),
            profile: Layout::of_profile(&image.profile),
            answers: image.webhooks.iter().map(|w| (w.name.clone(), Layout::of_event(&w.gives))).collect(),
            zone: typed(image.zone_field),
            locale: typed(image.locale_field),
            purposes: image.purposes.iter().map(|p| p.name.clone()).collect(),
            channels: image.channels.iter().map(|c| c.name.clone()).collect(),
        }
    }

    /// Reads the outside of one line (without its newline).
    pub fn read<'a>(&self, line: &'a [u8]) -> Line<'a> {
        match std::str::from_utf8(line) {
            Ok(line) => self.read_text(line),
            Err(_) => bad("message", None, Fault::NotJson, "is not UTF-8".into()),
        }
    }

    /// [`Decoder::read`] of a line that is known to be text.
    pub fn read_text<'a>(&self, line: &'a str) -> Line<'a> {
        let line = line.trim_matches([' ', '\t', '\r', '\n']);
        if line.is_empty() {
            return Line::Blank;
        }
        match serde_json::from_str::<Envelope<'a>>(line) {
            Ok(envelope) => self.message(line, envelope),
            Err(error) if line.starts_with('{') => {
                bad("message", None, Fault::NotJson, format!("is not JSON (character {})", error.column()))
            }
            Err(_) => bad("message", None, Fault::NotJson, "is not a JSON object".into()),
        }
    }

    fn message<'a>(&self, line: &'a str, envelope: Envelope<'a>) -> Line<'a> {
        let cloud = envelope.spec_version.is_there();
        let Envelope { kind, event, properties, traits, data, context, name, category, .. } = envelope;
        let mut page = [None, None];
        let (wire, fields) = if cloud {
            match kind.into_text() {
                Some(wire) => (wire, data),
                None => return bad("message", Some("type"), Fault::UnknownKind, "is missing".into()),
            }
        } else {
            match kind.text() {
                Some("track") | None if event.is_there() => match event.into_text() {
                    Some(wire) => (wire, properties),
                    None => return bad("message", Some("event"), Fault::UnknownKind, "must be text".into()),
                },
                Some("page" | "screen") => {
                    page = [name, category];
                    (kind.into_text().unwrap_or_default(), properties)
                }
                Some("group") => ("group".into(), traits.or(properties)),
                Some("identify") => ("identify".into(), traits),
                Some("alias") => ("alias".into(), None),
                Some("track") => return bad("message", Some("event"), Fault::UnknownKind, "is missing".into()),
                Some(other) => {
                    let reason =
                        format!("`{}` is none of track, identify, page, screen, group, alias", value::short(other));
                    return bad("message", Some("type"), Fault::UnknownKind, reason);
                }
                None => return bad("message", Some("type"), Fault::UnknownKind, "is missing".into()),
            }
        };
        let event = self.by_wire.get(&*wire).copied();
        let known = event.map(|e| &self.events[usize::from(e)]);
        let alias = !cloud && wire == "alias";
        let mut body = match known {
            _ if wire == "identify" => Body::Identify,
            _ if alias => Body::Alias("".into()),
            Some(known) if known.used => Body::Event(event.unwrap_or_default()),
            _ if !cloud && wire == CONSENT_UPDATED => Body::Consent,
            _ => {
                let times = [
                    &envelope.time,
                    &envelope.timestamp,
                    &envelope.original_timestamp,
                    &envelope.sent_at,
                    &envelope.received_at,
                ];
                let time = times.into_iter().find(|time| time.is_there()).and_then(|time| instant(time).ok());
                return match known {
                    Some(_) => Line::Unread(wire, time),
                    None => Line::Unknown(wire, time),
                };
            }
        };
        let contract = match &body {
            Body::Event(_) => known.map_or("", |k| k.name.as_str()),
            Body::Identify => "identify",
            Body::Alias(_) => "alias",
            Body::Consent => "consent",
        };
        let customer = match known {
            Some(known) if known.everyone => "".into(),
            _ => {
                let (field, id) = match cloud {
                    true => ("subject", envelope.subject.into_id()),
                    false => ("userId", envelope.user_id.into_id().or(envelope.anonymous_id.into_id())),
                };
                match id {
                    Some(id) => id,
                    None => {
                        return bad(contract, Some(field), Fault::NoCustomer, "says no customer: it is missing".into());
                    }
                }
            }
        };
        if let Body::Alias(previous) = &mut body {
            match envelope.previous_id.into_id() {
                Some(id) => *previous = id,
                None => return bad(contract, Some("previousId"), Fault::Missing, "is missing".into()),
            }
        }
        let receipt = if cloud { Scalar::Missing } else { envelope.received_at };
        let times = match cloud {
            true => vec![("time", &envelope.time)],
            false => vec![
                ("timestamp", &envelope.timestamp),
                ("originalTimestamp", &envelope.original_timestamp),
                ("sentAt", &envelope.sent_at),
                ("receivedAt", &receipt),
            ],
        };
        let first = times[0].0;
        let Some((field, own)) = times.into_iter().find(|(_, time)| time.is_there()) else {
            return bad(contract, Some(first), Fault::NoTime, "is missing".into());
        };
        let happened_at = match instant(own) {
            Ok(time) => time,
            Err(reason) => return bad(contract, Some(field), Fault::NoTime, reason),
        };
        let received_at = match &receipt {
            Scalar::Missing => None,
            receipt => match instant(receipt) {
                Ok(time) => Some(time),
                Err(reason) => return bad(contract, Some("receivedAt"), Fault::NoTime, reason),
            },
        };
        if received_at.is_some_and(|received| happened_at > received + AHEAD_LIMIT) {
            return bad(contract, Some(field), Fault::AheadOfReceipt, "is more than an hour after the receipt".into());
        }
        let id = match cloud {
            true => envelope.id.into_id().map(|id| {
                let mut hash = Xxh3Default::new();
                hash.update(envelope.source.text().unwrap_or_default().as_bytes());
                hash.update(b"\0");
                hash.update(id.as_bytes());
                hash.digest()
            }),
            false => envelope.message_id.into_id().map(|id| xxh3_64(id.as_bytes())),
        };
        let fields = fields.unwrap_or("null");
        Line::Message(Message { customer, happened_at, received_at, id, body, line, fields, context, page })
    }

    /// Whether a message is about no one customer.
    pub fn for_everyone(&self, message: &Message<'_>) -> bool {
        matches!(message.body, Body::Event(event) if self.events[usize::from(event)].everyone)
    }

    /// Decodes the fields of a message into [`Scratch::inputs`]. Texts go to `pool`.
    pub fn decode(
        &self,
        message: &Message<'_>,
        zones: &Zones,
        pool: &mut Pool,
        scratch: &mut Scratch,
    ) -> Result<(), Problem> {
        let Scratch { inputs, row } = scratch;
        inputs.clear();
        let mut place = Place { tables: &self.tables, pool, zones };
        match &message.body {
            Body::Event(event) => {
                let known = &self.events[usize::from(*event)];
                self.row(message, &known.layout, row, &mut place, &known.name)?;
                self.role(known, row, place.pool)?;
                if self.tells_of_consent(message) {
                    self.preferences(message, inputs, &known.name)?;
                }
                inputs.push(InputKind::Event {
                    event: *event,
                    happened_at: message.happened_at,
                    id: message.id,
                    row: std::mem::take(&mut row.words),
                });
            }
            Body::Identify => self.identify(message, row, &mut place, inputs)?,
            Body::Consent => self.preferences(message, inputs, "consent")?,
            Body::Alias(_) => {}
        }
        Ok(())
    }

    /// [`Decoder::decode`], with the row of an event that comes alone appended to `rows`. After a problem `rows` is as before.
    pub fn append(
        &self,
        message: &Message<'_>,
        zones: &Zones,
        pool: &mut Pool,
        scratch: &mut Scratch,
        rows: &mut Vec<Word>,
    ) -> Result<Decoded, Problem> {
        self.decode(message, zones, pool, scratch)?;
        if scratch.inputs.len() == 1
            && let Some(InputKind::Event { .. }) = scratch.inputs.first()
            && let Some(InputKind::Event { event, row, .. }) = scratch.inputs.pop()
        {
            rows.extend_from_slice(&row);
            scratch.row.words = row;
            return Ok(Decoded::Row(event));
        }
        Ok(Decoded::Inputs)
    }

    /// The words of a webhook's answer, one JSON object: for [`InputKind::Answer`]. Texts go to `pool`.
    pub fn answer(&self, webhook: u16, json: &str, zones: &Zones, pool: &mut Pool) -> Result<Vec<Word>, Problem> {
        let (name, layout) = &self.answers[usize::from(webhook)];
        let mut row = Row::default();
        let mut place = Place { tables: &self.tables, pool, zones };
        row.begin(layout);
        for node in [&layout.properties, &layout.root] {
            row.object(layout, node, json.trim(), &mut place).map_err(|flaw| flaw.of(name, None))?;
        }
        row.finish(layout).map_err(|(field, flaw)| flaw.of(name, Some(&layout.fields[field].name)))?;
        Ok(row.words)
    }

    /// Whether the message is the one by which Segment tells of consent.
    fn tells_of_consent(&self, message: &Message<'_>) -> bool {
        message.body == Body::Consent
            || self.by_wire.get(CONSENT_UPDATED).is_some_and(|event| message.body == Body::Event(*event))
    }

    fn row(
        &self,
        message: &Message<'_>,
        layout: &Layout,
        row: &mut Row,
        place: &mut Place<'_>,
        contract: &str,
    ) -> Result<(), Problem> {
        row.begin(layout);
        let whole = |flaw: Flaw| flaw.of(contract, None);
        row.object(layout, &layout.properties, message.fields, place).map_err(whole)?;
        for (name, raw) in ["name", "category"].iter().zip(message.page) {
            if let (Some(raw), Some(node)) = (raw, layout.properties.child(name)) {
                row.fill(layout, node, raw, place).map_err(whole)?;
            }
        }
        row.object(layout, &layout.root, message.line, place).map_err(whole)?;
        row.finish(layout).map_err(|(field, flaw)| flaw.of(contract, Some(&layout.fields[field].name)))
    }

    /// What an event means beyond its fields is the step's business; here the names it says must be known.
    fn role(&self, known: &Known, row: &Row, pool: &Pool) -> Result<(), Problem> {
        let Role::Consent { purpose, channel, .. } = known.role else { return Ok(()) };
        let text = |f: u16| Some(row.words[usize::from(f)]).filter(|w| *w != MISSING).map(|word| pool.word(word));
        let flawed = |f: u16, flaw: Flaw| flaw.of(&known.name, Some(&known.layout.fields[usize::from(f)].name));
        let Some(name) = text(purpose) else {
            return Err(flawed(purpose, Flaw::new(Fault::Missing, "is missing")));
        };
        self.purpose(name).map_err(|flaw| flawed(purpose, flaw))?;
        if let Some((channel, name)) = channel.and_then(|c| Some((c, text(c)?))) {
            self.channel(name).map_err(|flaw| flawed(channel, flaw))?;
        }
        Ok(())
    }

    fn identify(
        &self,
        message: &Message<'_>,
        row: &mut Row,
        place: &mut Place<'_>,
        inputs: &mut Vec<InputKind>,
    ) -> Result<(), Problem> {
        const CONTRACT: &str = "identify";
        self.row(message, &self.profile, row, place, CONTRACT)?;
        for (stand_in, name) in [(&self.zone, "timezone"), (&self.locale, "locale")] {
            let Some((field, kind)) = stand_in else { continue };
            let i = usize::from(*field);
            let raw = message.context.filter(|_| !row.there[i]).and_then(|context| find(context, &[name]));
            if let Some(raw) = raw.filter(|raw| *raw != "null") {
                let flawed = |flaw: Flaw| flaw.of(CONTRACT, Some(&format!("context.{name}")));
                row.words[i] = value::word(raw, kind, &Default::default(), place).map_err(flawed)?;
                row.there[i] = true;
            }
        }
        // Consent comes first: what the traits set off finds it in place.
        if let Some(consents) = find(message.fields, &["consents"]) {
            self.consents(consents, true, inputs).map_err(|flaw| flaw.of(CONTRACT, Some("consents")))?;
        }
        self.preferences(message, inputs, CONTRACT)?;
        let there = (0u16..).zip(row.there.iter().zip(&row.words)).filter(|(_, (there, _))| **there);
        let changes = there.map(|(field, (_, word))| (field, *word)).collect();
        // Also when it changes nothing: from here on the customer is known.
        inputs.push(InputKind::Profile { id: message.id, changes });
        Ok(())
    }

    /// `context.consent.categoryPreferences`
    fn preferences(&self, message: &Message<'_>, inputs: &mut Vec<InputKind>, contract: &str) -> Result<(), Problem> {
        let raw = message.context.and_then(|context| find(context, &["consent", "categoryPreferences"]));
        let flawed = |flaw: Flaw| flaw.of(contract, Some("context.consent.categoryPreferences"));
        raw.map_or(Ok(()), |raw| self.consents(raw, false, inputs).map_err(flawed))
    }

    /// `{ "marketing": true }` or `{ "marketing": { "email": true } }`
    fn consents(&self, raw: &str, ours: bool, inputs: &mut Vec<InputKind>) -> Result<(), Flaw> {
        if raw == "null" {
            return Ok(());
        }
        let yes_or_no = |raw: &str, name: &str| match raw {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(Flaw::new(Fault::WrongType, "must be true or false").at(&format!(".{name}"))),
        };
        let purposes = entries(raw).ok_or_else(|| Flaw::new(Fault::WrongType, "must be an object"))?;
        for (name, raw) in purposes {
            let purpose = match self.purpose(&name) {
                Ok(purpose) => purpose,
                Err(flaw) if ours => return Err(flaw),
                Err(_) => continue,
            };
            match entries(raw) {
                None if raw == "null" => {}
                None => inputs.push(InputKind::Consent { purpose, channel: None, granted: yes_or_no(raw, &name)? }),
                Some(channels) => {
                    for (channel, raw) in channels.iter().filter(|(_, raw)| *raw != "null") {
                        let granted = yes_or_no(raw, &format!("{name}.{channel}"))?;
                        let channel = self.channel(channel).map_err(|flaw| flaw.at(&format!(".{name}")))?;
                        inputs.push(InputKind::Consent { purpose, channel: Some(channel), granted });
                    }
                }
            }
        }
        Ok(())
    }

    fn purpose(&self, name: &str) -> Result<u16, Flaw> {
        index(&self.purposes, name)
            .ok_or_else(|| Flaw::new(Fault::UnknownValue, format!("`{}` is no purpose", value::short(name))))
    }

    fn channel(&self, name: &str) -> Result<u16, Flaw> {
        index(&self.channels, name)
            .ok_or_else(|| Flaw::new(Fault::UnknownValue, format!("`{}` is no channel", value::short(name))))
    }
}

fn index(names: &[String], name: &str) -> Option<u16> {
    names.iter().position(|n| n == name).map(|i| i as u16)
}

fn bad(contract: &str, field: Option<&str>, fault: Fault, reason: String) -> Line<'static> {
    Line::Bad(Problem { contract: contract.to_string(), field: field.map(str::to_string), fault, reason })
}

/// The moment of a part of the envelope, or why it is none.
fn instant(time: &Scalar<'_>) -> Result<i64, String> {
    let text = time.text().ok_or("must be a moment with its zone like 2026-03-01T09:00:00Z, as text")?;
    match moment::moment(text) {
        Some(time) if PLAUSIBLE.contains(&time) => Ok(time),
        Some(_) => Err(format!("must lie from 1970 to 2099, and is {}", value::short(text))),
        None => {
            Err(format!("must be a moment with its zone like 2026-03-01T09:00:00Z, and is `{}`", value::short(text)))
        }
    }
}

/// The names and values of a JSON object, in their order.
fn entries(raw: &str) -> Option<Vec<(Cow<'_, str>, &str)>> {
    struct Entries;
    impl<'de> Visitor<'de> for Entries {
        type Value = Vec<(Cow<'de, str>, &'de str)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut entries: Self::Value = Vec::new();
            while let Some((name, raw)) = map.next_entry::<Cow<'de, str>, &'de RawValue>()? {
                // A name that comes twice means what stands there the second time.
                entries.retain(|(n, _)| *n != name);
                entries.push((name, raw.get()));
            }
            Ok(entries)
        }
    }
    if !raw.starts_with('{') {
        return None;
    }
    serde_json::Deserializer::from_str(raw).deserialize_map(Entries).ok()
}

/// What stands at a path of names below a JSON object.
fn find<'a>(raw: &'a str, path: &[&str]) -> Option<&'a str> {
    let Some((first, rest)) = path.split_first() else { return Some(raw) };
    let found = entries(raw)?.into_iter().find(|(name, _)| name == first).map(|(_, raw)| raw);
    found.and_then(|raw| find(raw, rest))
}

#[cfg(test)]
mod oracle;
#[cfg(test)]
mod tests;
