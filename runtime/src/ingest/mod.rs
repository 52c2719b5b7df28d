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

mod direct;
mod envelope;
mod fields;
mod general;
mod moment;
mod names;
mod number;
mod problem;
mod value;
mod walk;

pub use direct::Found;
pub use moment::{date, duration, moment, time};
pub use problem::{Fault, Problem};

use crate::image::{Event, Image, MISSING, Role, Word};
use crate::input::{AHEAD_LIMIT, InputKind};
use crate::pool::Pool;
use crate::time::Zones;
use direct::Direct;
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
pub const PLAUSIBLE: std::ops::Range<i64> = 0..4_102_444_800_000;

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
    direct: Direct,
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
    inside: Inside<'a>,
}

/// What stands inside a message.
#[derive(Debug)]
enum Inside<'a> {
    /// An event read in one walk: where its row begins in [`Found::rows`].
    Row(u32),
    /// An `identify` read in one walk: where its changes begin there.
    Changes(u32),
    /// As the general reader has found it.
    Parts(Box<Parts<'a>>),
}

/// The inside of a message as it came.
#[derive(Debug)]
struct Parts<'a> {
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
        let events: Vec<Known> = image.events.iter().map(known).collect();
        let (zone, locale) = (typed(image.zone_field), typed(image.locale_field));
        let stand_ins = [(&zone, "timezone"), (&locale, "locale")];
        let stand_ins: Vec<(u16, &str)> =
            stand_ins.into_iter().filter_map(|(field, name)| Some((field.as_ref()?.0, name))).collect();
        Decoder {
            tables: Tables::new(image),
            by_wire,
            direct: Direct::new(image, &events, &stand_ins),
            events,
            profile: Layout::of_profile(&image.profile),
            answers: image.webhooks.iter().map(|w| (w.name.clone(), Layout::of_event(&w.gives))).collect(),
            zone,
            locale,
            purposes: image.purposes.iter().map(|p| p.name.clone()).collect(),
            channels: image.channels.iter().map(|c| c.name.clone()).collect(),
        }
    }

    /// The word of one whole JSON value that is not `null` for a field of an event, or without one of the profile. None when the value
    /// is not as it must be. Its text goes to `pool`.
    pub fn word(&self, event: Option<u16>, field: u16, raw: &str, zones: &Zones, pool: &mut Pool) -> Option<Word> {
        let layout = event.map_or(&self.profile, |event| &self.events[usize::from(event)].layout);
        layout.word(usize::from(field), raw, &mut Place { tables: &self.tables, pool, zones })
    }

    /// Whether a message is about no one customer.
    pub fn for_everyone(&self, message: &Message<'_>) -> bool {
        matches!(message.body, Body::Event(event) if self.events[usize::from(event)].everyone)
    }

    /// What a message of [`Decoder::lines`] means: the row of an event that comes alone is appended to `rows`, all else goes to
    /// [`Scratch::inputs`]. Texts go to `pool`. After a problem `rows` is as before.
    pub fn append(
        &self,
        message: &Message<'_>,
        found: &Found,
        zones: &Zones,
        pool: &mut Pool,
        scratch: &mut Scratch,
        rows: &mut Vec<Word>,
    ) -> Result<Decoded, Problem> {
        // A message before it that could not be used may have left something behind.
        scratch.inputs.clear();
        if let (Inside::Row(at), Body::Event(event)) = (&message.inside, &message.body) {
            let mut place = Place { tables: &self.tables, pool, zones };
            let start = rows.len();
            let made = self.finish_row(message, *event, found.row(*at, self.width(*event)), &mut place, rows);
            return match made {
                Ok(()) => Ok(Decoded::Row(*event)),
                Err(problem) => {
                    rows.truncate(start);
                    Err(problem)
                }
            };
        }
        if let Inside::Changes(at) = message.inside {
            let mut place = Place { tables: &self.tables, pool: &mut *pool, zones };
            if let Some(input) = self.finish_changes(message, found.changes(at), &mut place) {
                scratch.inputs.push(input);
                return Ok(Decoded::Inputs);
            }
        }
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

    /// Words of an event's row.
    fn width(&self, event: u16) -> usize {
        self.events[usize::from(event)].layout.fields.len()
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
}

#[cfg(test)]
mod equality;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod tests;
