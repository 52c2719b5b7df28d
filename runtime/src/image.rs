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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
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

// ---------------------------------------------------------------------------------------------- journeys

/// A compiled journey.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Journey {
    /// Its name.
    pub name: String,
    /// Of its meaning: the version. Two texts of one meaning have one hash.
    pub hash: u64,
    /// `@facet path`, in order of the facet's name.
    pub annotations: Vec<(String, String)>,
    /// The words each run keeps. Slots `0..params` are filled by a hand-off.
    pub slots: Vec<Slot>,
    /// How many slots are parameters.
    pub params: u16,
    /// The slot that tells runs apart; none is one run at a time.
    pub key: Option<u16>,
    /// Most runs alive at once, over all keys.
    pub at_once: Option<u32>,
    /// May someone who was in come in again.
    pub reentry: ReEntry,
    /// What starts a run, in order.
    pub triggers: Vec<Trigger>,
    /// Who may enter: sees profile, histories and the fresh run's slots.
    pub only_if: Option<FnId>,
    /// First and last day of entry (days since 1970), in the customer's zone.
    pub window: (Option<i64>, Option<i64>),
    /// Enter only those whose hash of journey and customer, of 2³², is below this.
    pub rollout: Option<u32>,
    /// Order among the customer's runs: higher first.
    pub priority: i64,
    /// In order.
    pub start_over: Vec<StartOver>,
    /// In order.
    pub updates: Vec<Update>,
    /// In order.
    pub goals: Vec<Goal>,
    /// In order.
    pub exits: Vec<Exit>,
    /// In order.
    pub pauses: Vec<Pause>,
    /// In order.
    pub meanwhile: Vec<Meanwhile>,
    /// Code run at any end; it contains no place and ends with [`Instr::Finish`].
    pub on_leaving: Option<Pc>,
    /// Longest life of a run, by policy; then it ends (`lasted too long`).
    pub lasts: Option<Span>,
    /// Stages.
    pub stages: Vec<Stage>,
    /// The steps. A run begins at 0.
    pub code: Vec<Instr>,
    /// For each instruction, the index into `steps` of the step it belongs to.
    pub step_of: Vec<u16>,
    /// Steps, for traces, effect ids and coverage.
    pub steps: Vec<Step>,
    /// Arms of branches, waits and experiments, for coverage.
    pub points: Vec<Point>,
    /// Where a run can stand still.
    pub places: Vec<Place>,
    /// Sends.
    pub sends: Vec<Send>,
    /// Decisions.
    pub next_best: Vec<NextBest>,
    /// Slots that are set to 0 at the start of a run; all others begin [`MISSING`].
    pub zeroed: Vec<u16>,
}

/// A word of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Slot {
    /// `cart.value`; internal ones begin with `#`.
    pub name: String,
    /// Its type.
    pub ty: Ty,
}

/// A step, for traces and effect ids.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Stable within a version: its alias, or its kind and what it names, numbered when not unique: `send cart_nudge`, `wait#2`.
    pub id: String,
    /// Its first line as the formatter would write it.
    pub text: String,
    /// Index into `steps` of the step it stands in.
    pub parent: Option<u16>,
    /// Index into [`Journey::stages`] of the stage it stands in: clauses of that stage concern its effects.
    pub stage: Option<u16>,
    /// Line of the source, from 1.
    pub line: u32,
    /// File of the source.
    pub file: String,
    /// `@facet path` of its own or inherited from the journey.
    pub annotations: Vec<(String, String)>,
    /// Its first instruction.
    pub pc: Pc,
}

/// An arm, for coverage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// `else of wait up to 24 hours`
    pub text: String,
    /// Its first instruction: reached only through this arm.
    pub pc: Pc,
    /// Line of the source, from 1.
    pub line: u32,
    /// File of the source.
    pub file: String,
}

/// A stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// Its name.
    pub name: String,
    /// The stage it stands in.
    pub parent: Option<u16>,
}

/// May someone who was in (with that key) come in again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ReEntry {
    /// Never; so many keys are remembered, the oldest are forgotten.
    Never {
        /// Keys kept; with no key, 1.
        remember: u32,
    },
    /// As soon as the run has ended.
    AfterFinishing,
    /// From entry + span on.
    AfterEntry(Span),
    /// From exit + span on.
    AfterExit(Span),
}

/// An event that something listens for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Listener {
    /// Which.
    pub event: u16,
    /// The event's field whose value must be the run's key; none: it concerns every run of the customer.
    pub key: Option<u16>,
    /// It must be a receipt for this send of the run (index into [`Journey::sends`]).
    pub of: Option<u16>,
    /// Must hold: sees the event's row, the run's slots, the profile and histories.
    pub condition: Option<FnId>,
}

/// What is copied from an event's row into a run's slots.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct Capture {
    /// `(field of the event, slot)`
    pub fields: Vec<(u16, u16)>,
    /// Slot for the event's own time.
    pub happened_at: Option<u16>,
    /// Slots that become missing (other aliases of the same name's fields).
    pub clear: Vec<u16>,
}

/// What starts a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Trigger {
    /// An event. `listener.key` and `of` are none.
    Event {
        /// Which.
        listener: Listener,
        /// What of it is kept.
        capture: Capture,
    },
    /// The moment a watched condition begins to hold.
    Begins(u16),
    /// The moment it ceases to hold.
    Ceases(u16),
    /// By the calendar, in `zone` or the customer's.
    Every {
        /// On which days.
        day: DayRule,
        /// Milliseconds of the day.
        at: i64,
        /// Text of an IANA zone.
        zone: Option<TextId>,
        /// Only members of this segment at that moment.
        segment: Option<u16>,
    },
    /// On the yearly day of a profile field of type date (29 February falls on the 28th).
    Anniversary {
        /// The field.
        field: u16,
        /// Milliseconds of the day.
        at: i64,
        /// Text of an IANA zone.
        zone: Option<TextId>,
    },
    /// Only by hand-off, from this journey.
    HandOff(u16),
}

/// Which days.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum DayRule {
    /// Bit 0 is Monday; days of the calendar are left out.
    Week {
        /// Days.
        days: u8,
        /// Holidays.
        calendar: Option<u16>,
    },
    /// The day of the month, clamped to its last.
    Month(u8),
}

/// `start over on …`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StartOver {
    /// By what.
    pub listener: Listener,
    /// The new context.
    pub capture: Capture,
}

/// `update x on …`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Update {
    /// By what.
    pub listener: Listener,
    /// What is replaced.
    pub capture: Capture,
}

/// `goal on … within D of entry`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Goal {
    /// By what.
    pub listener: Listener,
    /// From entry; none: for as long as the run lives.
    pub within: Option<Span>,
    /// `continue`
    pub go_on: bool,
}

/// What makes a clause act.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Occasion {
    /// An event.
    Event(Listener),
    /// A condition: sees the run's slots, profile, histories, time.
    Condition(FnId),
}

/// `exit …`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exit {
    /// On what.
    pub on: Occasion,
    /// In the program's words.
    pub text: String,
    /// Bars the key.
    pub for_good: bool,
    /// Only in this stage (or one inside it).
    pub stage: Option<u16>,
}

/// `pause …`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pause {
    /// While a condition holds, or from an event on.
    pub on: Occasion,
    /// Until this event, when `on` is an event.
    pub until: Option<Listener>,
    /// In the program's words.
    pub text: String,
    /// `at most D`
    pub at_most: Option<Span>,
    /// After that: leave, else go on.
    pub then_exit: bool,
    /// Only in this stage.
    pub stage: Option<u16>,
    /// The run's slot that keeps since when it is paused ([`MISSING`]: it is not).
    pub since: u16,
}

/// `meanwhile hold P`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Meanwhile {
    /// Hold, else drop.
    pub hold: bool,
    /// Index into [`Image::purposes`].
    pub purpose: u16,
    /// Only in this stage.
    pub stage: Option<u16>,
}

/// One instruction. Control goes to the next one unless it says otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Instr {
    /// Nothing: the start of an empty arm.
    Nop,
    /// Goes on there.
    Jump(Pc),
    /// Goes on there when the function is false.
    Unless {
        /// Sees slots, profile, histories, time.
        condition: FnId,
        /// Where.
        to: Pc,
    },
    /// Stands still at this place.
    Stay(u16),
    /// An arm by a hash of the experiment's name and the customer, of 2³²: the first whose threshold is above it.
    Experiment {
        /// Its name.
        name: TextId,
        /// `(threshold, name of the arm, where)`; the last threshold is 2³².
        arms: Vec<(u64, TextId, Pc)>,
    },
    /// Decides: index into [`Journey::next_best`].
    NextBest(u16),
    /// Sends: index into [`Journey::sends`].
    Send(u16),
    /// An input of its own, at the same instant, after the present one.
    Set {
        /// Profile field.
        field: u16,
        /// Its new value.
        value: FnId,
    },
    /// Likewise.
    Emit {
        /// The event.
        event: u16,
        /// For each field of the event's row, its value; none: missing.
        fields: Vec<Option<FnId>>,
    },
    /// Asks for an outside call and goes on; a [`PlaceKind::Answer`] follows.
    Call {
        /// The webhook.
        webhook: u16,
        /// Name and value.
        inputs: Vec<Input>,
        /// Slots (two, one after the other) that keep the effect id.
        id: u16,
    },
    /// Gives work to people.
    Task {
        /// Index into [`Image::teams`].
        team: u16,
        /// What.
        text: TextId,
        /// Due so long from now.
        due: Option<Span>,
        /// Slots (two) that keep the effect id, when something waits for it.
        id: Option<u16>,
    },
    /// Sets a slot.
    Let {
        /// The slot.
        slot: u16,
        /// Its value.
        value: FnId,
    },
    /// Adds 1 to the round in `slot` (an int); goes to `body` while it is below `times`.
    Again {
        /// The slot.
        slot: u16,
        /// Rounds at most.
        times: u32,
        /// First instruction of the body.
        body: Pc,
    },
    /// Hands off: the run ends, and the other journey starts with these parameters.
    GoTo {
        /// Index into [`Image::journeys`].
        journey: u16,
        /// One for each of its parameters' slots; none: missing.
        args: Vec<Option<FnId>>,
    },
    /// The end, with a label.
    Finish(Option<TextId>),
}

/// An input of a message or call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// `cart.value`, `amount`.
    pub name: String,
    /// Its value.
    pub value: FnId,
}

/// A place where a run stands still.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// The stage it is in.
    pub stage: Option<u16>,
    /// What ends it.
    pub kind: PlaceKind,
}

/// When a wait ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Due {
    /// So long from its beginning. Calendar parts of waits that follow each other with no other time between them are added up
    /// from their common beginning, so that month ends do not drift.
    After(Span),
    /// At this moment: sees slots, profile; its `now` is the moment the wait began, so that it can be worked out anew when
    /// the customer's zone or the run's context changes.
    At(FnId),
}

/// What ends a stay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum PlaceKind {
    /// `wait D`, `wait until M`.
    Timer {
        /// When.
        due: Due,
        /// Where it goes on when the moment was past on arrival, or is after it was worked out anew; none: at `next`.
        past: Option<Pc>,
        /// Where it goes on.
        next: Pc,
    },
    /// `wait up to D { … }`, in order.
    First {
        /// The time-out.
        due: Due,
        /// Arms.
        arms: Vec<WaitArm>,
        /// Where it goes on at the time-out.
        timeout: Pc,
    },
    /// `collect E as items for D, at most n`
    Collect {
        /// What.
        listener: Listener,
        /// When it ends.
        due: Due,
        /// Fields of the event that are gathered, per member.
        fields: Vec<u16>,
        /// The slot of the list.
        list: u16,
        /// Ends early when full.
        at_most: u32,
        /// Where it goes on.
        next: Pc,
    },
    /// Waits for the answer of a call.
    Answer {
        /// The webhook.
        webhook: u16,
        /// Slots (two) of the call's effect id.
        id: u16,
        /// Slots of the answer's fields, in their order; none: not read.
        slots: Vec<Option<u16>>,
        /// Where it goes on with an answer.
        next: Pc,
        /// Where it goes on without.
        failed: Pc,
    },
    /// Waits for a task to be done.
    Task {
        /// Slots (two) of the task's effect id.
        id: u16,
        /// When it is due; none: waits as long as the run lives.
        due: Option<Span>,
        /// Where it goes on when it is done.
        done: Pc,
        /// Where it goes on when it is due.
        late: Pc,
    },
}

/// An arm of [`PlaceKind::First`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WaitArm {
    /// An event, or a condition.
    pub on: Occasion,
    /// `when c becomes true`: holds only once it has been false since arrival. The slot keeps whether it has (0/1).
    pub becomes: Option<u16>,
    /// What of the event is kept.
    pub capture: Capture,
    /// Where it goes on.
    pub next: Pc,
}

/// A send.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Send {
    /// Index into [`Image::messages`].
    pub message: u16,
    /// Inputs, worked out at each pass.
    pub inputs: Vec<Input>,
    /// Channels in the order they are tried.
    pub tries: Vec<Try>,
    /// The offer that is counted at hand-over.
    pub offer: Option<u16>,
    /// Slot: the moment it was first asked for.
    pub due: Option<u16>,
    /// Slot: the moment of hand-over.
    pub sent_at: Option<u16>,
    /// Slot: the channel's name, as text.
    pub channel: Option<u16>,
    /// Slots (two): the effect id of the latest hand-over, when a receipt is tied to it.
    pub id: Option<u16>,
    /// Where it goes on when handed over; none: the next instruction.
    pub sent: Option<Pc>,
    /// Where it goes on when refused; none: the next instruction.
    pub refused: Option<Pc>,
    /// The stage it is in: a held send stands still there.
    pub stage: Option<u16>,
}

/// One channel of a send.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Try {
    /// Index into [`Image::channels`].
    pub channel: u16,
    /// Consent that is asked for.
    pub consent: ConsentRule,
    /// Rules that concern it, indices into [`Image::rules`]: gaps and caps first, then quiet hours and delivery windows, each group in order of declaration.
    pub rules: Vec<u16>,
}

/// Which consent a send asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConsentRule {
    /// None: the purpose needs none.
    None,
    /// For the purpose, on this channel.
    Channel,
    /// For the purpose, on any channel.
    Any,
}

/// A decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NextBest {
    /// Candidates, in order of declaration.
    pub candidates: Vec<Candidate>,
    /// The ranking in the program's words.
    pub rank_text: String,
    /// Where it goes on when there is none.
    pub otherwise: Pc,
}

/// A candidate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Index into [`Image::offers`].
    pub offer: u16,
    /// Must hold.
    pub eligible: Option<FnId>,
    /// Higher wins: a number or money.
    pub rank: FnId,
    /// Its first send, asked whether it would pass; index into [`Journey::sends`].
    pub send: u16,
    /// Where its steps begin.
    pub body: Pc,
}

// ---------------------------------------------------------------------------------------------- functions

/// A register of a function's frame.
pub type Reg = u16;

/// An expression: straight-line code with forward jumps only, over a frame of registers; it ends with [`Op::Return`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Function {
    /// In the program's words, for traces and listings.
    pub text: String,
    /// The code.
    pub ops: Vec<Op>,
    /// Registers it needs.
    pub regs: u16,
    /// What it returns.
    pub ty: Ty,
    /// The event whose row [`Op::Event`] reads; none: it must not be used.
    pub event: Option<u16>,
    /// The journey whose slots [`Op::Slot`] reads; none: it must not be used.
    pub journey: Option<u16>,
    /// Words of the member that [`Op::Member`] reads; 0: it must not be used.
    pub member: u16,
}

/// Comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cmp {
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

/// Arithmetic. Integer arithmetic saturates; the result is never [`MISSING`] nor NaN (a division by zero gives 0) and never -0.0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Arith {
    /// `i64 + i64` (ints, money, durations in ms, moment + ms, date + days)
    AddInt,
    /// `i64 - i64`
    SubInt,
    /// `i64 * i64`
    MulInt,
    /// `f64 + f64`
    AddNum,
    /// `f64 - f64`
    SubNum,
    /// `f64 * f64`
    MulNum,
    /// `f64 / f64`
    DivNum,
    /// `money * number`, rounded half to even.
    MulMoney,
    /// `money / number`, likewise.
    DivMoney,
    /// `money / money` as a number.
    RatioMoney,
}

#[expect(
    missing_docs,
    reason = "operands are named alike in all operations: dst, a, b and indices named after what they index"
)]
/// One operation. `dst` is where its result goes. Unless it says otherwise, operands are never [`MISSING`]: the compiler has proved it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Op {
    /// A constant.
    Const { dst: Reg, value: Word },
    /// A profile field, live; may be missing.
    Profile { dst: Reg, field: u16 },
    /// A slot of the run; may be missing.
    Slot { dst: Reg, slot: u16 },
    /// A field of the present event's row; may be missing.
    Event { dst: Reg, field: u16 },
    /// The present event's own time.
    HappenedAt { dst: Reg },
    /// A field of the present member, inside [`Op::Each`].
    Member { dst: Reg, field: u16 },
    /// The moment of a `Last` or `First` history (`field` none), or one of its kept fields (index into its `fields`); may be missing.
    Kept { dst: Reg, history: u16, field: Option<u16> },
    /// The count or sum of a history: int, number or money.
    Tally { dst: Reg, history: u16 },
    /// Whether the customer is in the segment now.
    InSegment { dst: Reg, segment: u16 },
    /// Whether the watched condition has held for `span` without a break.
    Held { dst: Reg, watch: u16, span: Span },
    /// The present moment.
    Now { dst: Reg },
    /// The present local date.
    Today { dst: Reg },
    /// `now cmp a`, where `a` is a moment: knows when its result changes.
    CompareNow { cmp: Cmp, dst: Reg, a: Reg },
    /// `today cmp a`, where `a` is a date: likewise.
    CompareToday { cmp: Cmp, dst: Reg, a: Reg },
    /// Copies; may be missing.
    Move { dst: Reg, a: Reg },
    /// Whether `a` is known.
    Known { dst: Reg, a: Reg },
    /// Bool.
    Not { dst: Reg, a: Reg },
    /// `i64` and every type held as one (also bool, enum, node, text and zone for `Eq` and `Ne`).
    CompareInt { cmp: Cmp, dst: Reg, a: Reg, b: Reg },
    /// `f64`.
    CompareNum { cmp: Cmp, dst: Reg, a: Reg, b: Reg },
    /// Arithmetic.
    Arith { op: Arith, dst: Reg, a: Reg, b: Reg },
    /// `i64` to `f64`.
    IntToNum { dst: Reg, a: Reg },
    /// Whether node `a` is in `from..to` (a node's subtree).
    InSubtree { dst: Reg, a: Reg, from: u32, to: u32 },
    /// Whether `a` is a member of list `list` (of plain values).
    InList { dst: Reg, a: Reg, list: Reg },
    /// Text `a` contains text `b`.
    Contains { dst: Reg, a: Reg, b: Reg },
    /// Text `a` starts with text `b`.
    StartsWith { dst: Reg, a: Reg, b: Reg },
    /// Whether date `a` falls on one of `days` (bit 0 is Monday) and, with a calendar, is none of its days.
    IsDay { dst: Reg, a: Reg, days: u8, calendar: Option<u16> },
    /// Moment `a` plus a span, calendar parts in the customer's zone (months clamp to the month's end).
    AddSpan { dst: Reg, a: Reg, span: Span },
    /// Date `a` plus a span of months and days.
    AddDays { dst: Reg, a: Reg, span: Span },
    /// The local date of moment `a`, in `zone` (a zone, may be missing: then the customer's) or the customer's.
    DateOf { dst: Reg, a: Reg, zone: Option<Reg> },
    /// The moment of local time `time` on date `date`, in `zone` or the customer's.
    AtTime { dst: Reg, date: Reg, time: Reg, zone: Option<Reg> },
    /// The next local moment strictly after `now` at `time` on a day of the rule, in `zone` or the customer's.
    NextAt { dst: Reg, day: DayRule, time: Reg, zone: Option<Reg> },
    /// `now` plus so many weekdays (not Saturday, Sunday or a day of the calendar), the same local time.
    AddWeekdays { dst: Reg, count: u16, calendar: Option<u16> },
    /// Runs `body` for each member of list `list`.
    Each { dst: Reg, list: Reg, stride: u16, body: FnId, fold: Fold },
    /// How many members list `list` has.
    Length { dst: Reg, list: Reg, stride: u16 },
    /// Goes on there (forward).
    Jump { to: u16 },
    /// Goes on there (forward) when `a` is true.
    JumpIf { a: Reg, to: u16 },
    /// Goes on there (forward) when `a` is false.
    JumpUnless { a: Reg, to: u16 },
    /// Goes on there (forward) when `a` is missing.
    JumpMissing { a: Reg, to: u16 },
    /// The result.
    Return { a: Reg },
}

impl Op {
    /// The register it writes; none for jumps and the result.
    pub fn dst(&self) -> Option<Reg> {
        Some(match self {
            Op::Const { dst, .. }
            | Op::Profile { dst, .. }
            | Op::Slot { dst, .. }
            | Op::Event { dst, .. }
            | Op::HappenedAt { dst }
            | Op::Member { dst, .. }
            | Op::Kept { dst, .. }
            | Op::Tally { dst, .. }
            | Op::InSegment { dst, .. }
            | Op::Held { dst, .. }
            | Op::Now { dst }
            | Op::Today { dst }
            | Op::CompareNow { dst, .. }
            | Op::CompareToday { dst, .. }
            | Op::Move { dst, .. }
            | Op::Known { dst, .. }
            | Op::Not { dst, .. }
            | Op::CompareInt { dst, .. }
            | Op::CompareNum { dst, .. }
            | Op::Arith { dst, .. }
            | Op::IntToNum { dst, .. }
            | Op::InSubtree { dst, .. }
            | Op::InList { dst, .. }
            | Op::Contains { dst, .. }
            | Op::StartsWith { dst, .. }
            | Op::IsDay { dst, .. }
            | Op::AddSpan { dst, .. }
            | Op::AddDays { dst, .. }
            | Op::DateOf { dst, .. }
            | Op::AtTime { dst, .. }
            | Op::NextAt { dst, .. }
            | Op::AddWeekdays { dst, .. }
            | Op::Each { dst, .. }
            | Op::Length { dst, .. } => *dst,
            Op::Jump { .. }
            | Op::JumpIf { .. }
            | Op::JumpUnless { .. }
            | Op::JumpMissing { .. }
            | Op::Return { .. } => {
                return None;
            }
        })
    }
}

/// What [`Op::Each`] makes of its body's results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fold {
    /// Bool: some are true.
    Any,
    /// Bool: none is false.
    All,
    /// Int: how many are true.
    Count,
    /// Sum of `i64` results; missing ones add nothing.
    SumInt,
    /// Sum of `f64` results; likewise.
    SumNum,
}
