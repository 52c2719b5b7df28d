//! The image: everything the runtime needs to run a program, and nothing more.
//!
//! An image is data. The compiler makes it, [`crate::verify`] proves it well-formed before anything runs it, and
//! [`crate::listing`] prints it in a stable form for review. All cross references are indices into the vectors of [`Image`].
//!
//! # Values
//!
//! Every value is one 64-bit word ([`Word`]). Its meaning is given by the static [`Ty`] of the place it stands in:
//!
//! | type | word |
//! |---|---|
//! | bool | 0 or 1 |
//! | int | `i64` |
//! | number, percent, probability | `f64` bits; a percent is its fraction (`45 percent` = 0.45); never NaN, never -0.0 |
//! | money | `i64`, millionths of the currency's unit |
//! | text, zone | index into the pool of texts ([`crate::pool::Pool`]); the image's own texts come first |
//! | duration | `i64` milliseconds (days count 24 hours where a duration is only compared) |
//! | date | `i64` days since 1970-01-01 |
//! | time | `i64` milliseconds since midnight |
//! | moment | `i64` milliseconds since 1970-01-01T00:00Z |
//! | one of | index of the value |
//! | facet | index of the node in preorder; its subtree is `node..end` |
//! | list | index into the pool of lists: the members' words one after another, each member [`ListTy::stride`] words |
//!
//! [`MISSING`] stands for "not known" in a place whose type may be missing. No other value has that pattern.

mod function;
mod journey;

pub use function::*;
pub use journey::*;

use serde::{Deserialize, Serialize};

/// One value.
pub type Word = u64;

/// The word that says "not known": as an integer `i64::MIN`, as a float -0.0; neither is ever made as a value.
pub const MISSING: Word = 1 << 63;

/// Of text in [`Image::texts`].
pub type TextId = u32;
/// Of an instruction in [`Journey::code`].
pub type Pc = u32;
/// Of a function in [`Image::functions`].
pub type FnId = u32;

/// A compiled program.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct Image {
    /// The project.
    pub name: String,
    /// The zone of customers whose own is unknown.
    pub time_zone: String,
    /// The default currency.
    pub currency: String,
    /// Constant texts.
    pub texts: Vec<String>,
    /// Constant lists.
    pub lists: Vec<Vec<Word>>,
    /// Vocabularies.
    pub facets: Vec<Facet>,
    /// `one of` types.
    pub enums: Vec<Enum>,
    /// Holidays.
    pub calendars: Vec<Calendar>,
    /// Events that are declared. An event no journey, segment or history reads keeps its place, with no fields.
    pub events: Vec<Event>,
    /// Profile fields the program reads or writes.
    pub profile: Vec<ProfileField>,
    /// `profile.time_zone`, if it is in `profile`; it always is when a customer's zone matters.
    pub zone_field: Option<u16>,
    /// `profile.locale`, likewise.
    pub locale_field: Option<u16>,
    /// What is remembered of events.
    pub histories: Vec<History>,
    /// Conditions of the customer (not of a run) whose changes are watched.
    pub watches: Vec<Watch>,
    /// Named conditions.
    pub segments: Vec<Segment>,
    /// Why one writes.
    pub purposes: Vec<Purpose>,
    /// Ways to reach people.
    pub channels: Vec<Channel>,
    /// What is written.
    pub messages: Vec<Message>,
    /// Candidates of the next best action.
    pub offers: Vec<Offer>,
    /// Rules of all policies that act at a send.
    pub rules: Vec<Rule>,
    /// Outside calls.
    pub webhooks: Vec<Webhook>,
    /// Owners.
    pub teams: Vec<String>,
    /// Journeys, ordered by name.
    pub journeys: Vec<Journey>,
    /// Expressions.
    pub functions: Vec<Function>,
}

/// The static type of a word.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Ty {
    /// 0 or 1.
    Bool,
    /// `i64`.
    Int,
    /// `f64`.
    Number,
    /// `f64`, a fraction.
    Percent,
    /// `f64`, 0 to 1.
    Probability,
    /// Millionths of the currency (ISO 4217 letters).
    Money(String),
    /// Pool index.
    Text,
    /// Milliseconds.
    Duration,
    /// Days.
    Date,
    /// Milliseconds of the day.
    Time,
    /// Milliseconds.
    Moment,
    /// Pool index of an IANA name that exists.
    Zone,
    /// Index into the values of [`Image::enums`] at this index.
    Enum(u16),
    /// Node of [`Image::facets`] at this index.
    Facet(u16),
    /// Pool index of a list.
    List(Box<ListTy>),
}

/// Members of a list: one unnamed field for lists of plain values, the record's read fields otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ListTy {
    /// A field of each member.
    pub fields: Vec<ListField>,
    /// `at most n`; more is bad input.
    pub at_most: u32,
    /// Members are records (`fields` have names and wire paths), not plain values.
    pub records: bool,
}

impl ListTy {
    /// Words per member. A member of which nothing is read has one, so that the list knows how many there are.
    pub fn stride(&self) -> usize {
        self.fields.len().max(1)
    }
}

/// A field of a list's members.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ListField {
    /// Its name; empty for plain values.
    pub name: String,
    /// Where it stands on the wire, dots between.
    pub path: String,
    /// For money: where its currency stands.
    pub currency_path: Option<String>,
    /// Its type.
    #[serde(deserialize_with = "shallow")]
    pub ty: Ty,
    /// May it be missing.
    pub optional: bool,
    /// What it may be.
    pub bounds: Bounds,
}

/// Lists in lists are read to this depth, so that hostile bytes cannot exhaust the stack.
const DEEPEST_LIST: u8 = 8;

fn shallow<'de, D: serde::Deserializer<'de>>(input: D) -> Result<Ty, D::Error> {
    thread_local! {
        static DEPTH: std::cell::Cell<u8> = const { std::cell::Cell::new(0) };
    }
    let depth = DEPTH.get();
    if depth >= DEEPEST_LIST {
        return Err(serde::de::Error::custom("lists in lists are too deep"));
    }
    DEPTH.set(depth + 1);
    let ty = Ty::deserialize(input);
    DEPTH.set(depth);
    ty
}

/// One vocabulary, its nodes in preorder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Facet {
    /// Its name.
    pub name: String,
    /// Its nodes.
    pub nodes: Vec<Node>,
}

/// A node of a facet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// The whole path, dots between.
    pub path: String,
    /// One past the last node of its subtree.
    pub end: u32,
}

/// A `one of` type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enum {
    /// Its values, in order.
    pub values: Vec<String>,
}

/// Days that are no weekdays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calendar {
    /// Its name.
    pub name: String,
    /// Days since 1970-01-01, sorted.
    pub days: Vec<i64>,
}

/// What an event means to the runtime, beyond its fields. Field numbers are indices into [`Event::fields`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Role {
    /// Nothing beyond.
    Plain,
    /// Something that happened to a send: `send_id` is the effect id; where the source does not know it, the latest send of `message` is meant.
    Receipt {
        /// Text: the effect id.
        send_id: Option<u16>,
        /// Text: the message's name.
        message: Option<u16>,
    },
    /// The customer says yes or no to a purpose (on one channel, or all).
    Consent {
        /// Yes, else no.
        granted: bool,
        /// Text: the purpose's name.
        purpose: u16,
        /// Text: the channel's name.
        channel: Option<u16>,
    },
    /// A task is done.
    TaskCompleted {
        /// Text: the effect id of the task.
        task_id: u16,
    },
}

/// An event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its name.
    pub name: String,
    /// Its name on the wire.
    pub wire: String,
    /// About no one customer.
    pub everyone: bool,
    /// Something reads it. One that nothing reads is counted and dropped after its name is read.
    pub used: bool,
    /// Its fields that are read, in the order of their words in a row.
    pub fields: Vec<EventField>,
    /// What it means to the runtime.
    pub role: Role,
}

/// A field of an event's row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventField {
    /// Its name.
    pub name: String,
    /// Where it stands in the event's properties, dots between; beginning with `/`, from the message's root, slashes between.
    pub path: String,
    /// For money: where its currency stands.
    pub currency_path: Option<String>,
    /// Its type.
    pub ty: Ty,
    /// May it be missing.
    pub optional: bool,
    /// What it may be.
    pub bounds: Bounds,
    /// Stands in for a missing one.
    pub default: Option<Word>,
}

/// What a value may be; outside is bad input.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
pub struct Bounds {
    /// Least and most, as words of the type (int, number as `f64` bits).
    pub between: Option<(Word, Word)>,
    /// Most characters of a text.
    pub at_most: Option<u32>,
}

/// A field of the profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProfileField {
    /// Its name.
    pub name: String,
    /// Where it stands in the traits of `identify`; its name when the program does not say otherwise.
    pub path: String,
    /// For money: where its currency stands.
    pub currency_path: Option<String>,
    /// Its type.
    pub ty: Ty,
    /// May it be missing.
    pub optional: bool,
    /// What it may be.
    pub bounds: Bounds,
    /// What it is before anything is known; [`MISSING`] when it may be missing.
    pub default: Word,
}

/// What is remembered of one event, of fixed size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// In the words of the program, for traces and listings: `count(order_completed in last 90 days)`.
    pub text: String,
    /// Which event.
    pub event: u16,
    /// Which of them: sees the event's row ([`Op::Event`]) and constants only.
    pub condition: Option<FnId>,
    /// What is kept.
    pub kind: HistoryKind,
}

/// What a history keeps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum HistoryKind {
    /// How many in a window, exact to the instant up to `keep`: the moments of the last `keep` events.
    /// An event at `t` counts at `now` while `t + window > now`.
    Recent {
        /// How many moments are kept.
        keep: u16,
        /// The window.
        window: Span,
    },
    /// How many ever.
    Total,
    /// How many (`field` is none), or the sum of a field, over the last `days` local dates, today included.
    Days {
        /// How many dates.
        days: u16,
        /// What is summed: a field of the event (int, number or money). Missing values add nothing.
        field: Option<u16>,
    },
    /// The sum of a field, ever.
    SumTotal {
        /// The field.
        field: u16,
    },
    /// The latest one: its moment and these fields.
    Last {
        /// Fields of the event that are kept.
        fields: Vec<u16>,
    },
    /// The first one, likewise.
    First {
        /// Fields of the event that are kept.
        fields: Vec<u16>,
    },
}

/// A length of time in calendar and clock parts. `seconds minutes hours` are clock time; `days weeks months years` are
/// calendar time in the customer's zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
pub struct Span {
    /// Months (years are 12).
    pub months: i32,
    /// Days (weeks are 7).
    pub days: i32,
    /// Milliseconds.
    pub ms: i64,
}

impl Span {
    /// Whether it is clock time alone: as long in every zone and at any time of the year.
    #[inline(always)]
    pub fn is_clock(&self) -> bool {
        self.months == 0 && self.days == 0
    }
}

/// A condition of the customer that is watched: its function reads the profile, histories, segments and time, never a run or an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Watch {
    /// In the words of the program.
    pub text: String,
    /// Holds or not.
    pub condition: FnId,
}

/// A named condition; its function reads the profile, histories, other segments and time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// Its name.
    pub name: String,
    /// Holds or not.
    pub condition: FnId,
}

/// Why one writes to people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Purpose {
    /// Its name.
    pub name: String,
    /// `needs no consent`
    pub needs_no_consent: bool,
}

/// A way to reach people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Channel {
    /// Its name.
    pub name: String,
    /// The address: a text that may be missing. Without it, everybody can be reached.
    pub address: Option<FnId>,
    /// In words, for refusals: `profile.email`.
    pub address_text: String,
}

/// What is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Its name.
    pub name: String,
    /// Index into [`Image::purposes`].
    pub purpose: u16,
    /// First and last day it may be sent (days since 1970), in the customer's zone.
    pub valid: (Option<i64>, Option<i64>),
    /// Locales it is rendered in, per channel: `(channel, locales)`; an empty locale is the default rendering.
    pub renderings: Vec<(u16, Vec<String>)>,
}

/// A candidate of the next best action.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Offer {
    /// Its name.
    pub name: String,
    /// Each: at most so many per window.
    pub limits: Vec<Limit>,
    /// First and last day (days since 1970), in the customer's zone.
    pub valid: (Option<i64>, Option<i64>),
}

/// At most `count` in a window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Limit {
    /// How many.
    pub count: u16,
    /// In which window.
    pub window: Window,
}

/// A window that looks back from now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Window {
    /// What was at `t` counts while `t + span > now`.
    Rolling(Span),
    /// What was in the same local calendar period counts.
    Calendar(Period),
    /// Everything counts.
    Ever,
}

/// A calendar period; weeks begin on Monday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Period {
    /// A date.
    Day,
    /// Monday to Sunday.
    Week,
    /// A month.
    Month,
    /// A year.
    Year,
}

/// A rule of a policy. Which sends it concerns is worked out by the compiler: [`Try::rules`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// The policy's name.
    pub policy: String,
    /// The rule in the program's words.
    pub text: String,
    /// What it says.
    pub kind: RuleKind,
    /// What happens when it does not allow a send.
    pub over: Over,
}

/// What a rule says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum RuleKind {
    /// At most so many sends it concerns.
    Cap(Limit),
    /// At least so long after the last send it concerns: the last was at `t`, allowed from `t + span` on.
    Gap(Span),
    /// Not from `from` (included) to `to` (excluded), local milliseconds of the day; wraps midnight when `from > to`.
    Quiet {
        /// First.
        from: i64,
        /// One past the last.
        to: i64,
    },
    /// Only from `from` (included) to `to` (excluded), on these days.
    Deliver {
        /// First.
        from: i64,
        /// One past the last.
        to: i64,
        /// Bit 0 is Monday.
        days: u8,
        /// Whose holidays are no days of delivery.
        calendar: Option<u16>,
    },
}

/// What happens when a rule does not allow a send.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Over {
    /// Refused.
    Drop,
    /// Held until it is allowed; with a span, at most so long from the first asking, then refused.
    Hold(Option<Span>),
}

/// An outside call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Webhook {
    /// Its name.
    pub name: String,
    /// `post`, `get`, `put`.
    pub method: String,
    /// Where.
    pub url: String,
    /// Fields of the answer, as words in the run's slots.
    pub gives: Vec<EventField>,
    /// Without an answer after so long, the call has failed.
    pub within: Span,
    /// Attempts at most.
    pub attempts: u32,
}
