//! What a test says, with names as the outside knows them. Values are JSON: of inputs as they come on the wire, of expectations
//! as effects carry them.

use crate::image::Span;
use serde_json::{Map, Value};

/// All tests of a program.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TestPlan {
    /// In order of files and lines.
    pub tests: Vec<Test>,
}

/// A test.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// What it says.
    pub title: String,
    /// Where it stands.
    pub file: String,
    /// Where it stands, from 1.
    pub line: u32,
    /// Names of its customers, who are also their ids.
    pub customers: Vec<String>,
    /// In order.
    pub lines: Vec<Line>,
}

/// A line of a test.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Where it stands, from 1.
    pub line: u32,
    /// As it is written.
    pub text: String,
    /// What it says.
    pub kind: Kind,
}

/// The kinds of lines. `who` is an index into [`Test::customers`].
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are named after what they hold")]
pub enum Kind {
    /// What is known of a customer from the beginning: an `identify` (`traits`, and what stands at the root), and purposes with channels (none: all).
    Customer { who: usize, message: Map<String, Value>, consents: Vec<(String, Option<String>)> },
    /// The clock stands at this local time (days since 1970, milliseconds of the day); without a zone in the first customer's, else the project's.
    At { date: i64, time: i64, zone: Option<String> },
    /// The clock moves on, days and months in the first customer's zone.
    After(Span),
    /// An event: its wire name and the rest of its message (`properties`, and what stands at the root). `of`: a receipt of the latest send of that message.
    Does { who: usize, wire: String, message: Map<String, Value>, of: Option<String>, id: Option<String> },
    /// An event for everyone.
    Everyone { wire: String, message: Map<String, Value> },
    /// The profile changes.
    Becomes { who: usize, message: Map<String, Value> },
    /// Consent changes.
    Consent { who: usize, granted: bool, purpose: String, channel: Option<String> },
    /// The next calls get no answer; none: all.
    WebhookFails { webhook: String, times: Option<u32> },
    /// What calls get as answer from now on.
    WebhookGives { webhook: String, answer: Value },
    /// The team completes the customer's latest open task with that text.
    Completes { team: String, text: String, who: usize },
    /// What must have happened.
    Expect(Expect),
}

/// What a test expects. Journeys, messages, channels, teams and events are named; fields are those of effects.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are named after what they hold")]
pub enum Expect {
    /// A hand-over.
    Receives { who: usize, message: String, channel: Option<String>, at: Option<Moment>, with: Vec<(String, Value)> },
    /// No hand-over.
    Nothing { who: usize, from: Option<String> },
    /// Alive in a journey, in a stage or at a step of that name.
    Waiting { who: usize, journey: String, at: Option<String> },
    /// Not alive in it.
    NotIn { who: usize, journey: String },
    /// Has entered.
    Enters { who: usize, journey: String, at: Option<Moment> },
    /// Has left.
    Leaves { who: usize, journey: String, how: Left, at: Option<Moment> },
    /// Has converted.
    Converts { who: usize, journey: String, at: Option<Moment> },
    /// Was refused a message, for this reason (in [`crate::input::Reason`]'s words).
    Refused { who: usize, message: String, channel: Option<String>, reason: String, at: Option<Moment> },
    /// Was refused entry, likewise.
    RefusedEntry { who: usize, journey: String, reason: String },
    /// A task was given.
    Task { team: String, text: Option<String>, at: Option<Moment> },
    /// The profile is so.
    Profile { who: usize, fields: Vec<(String, Value)> },
    /// An event was emitted.
    Emits { who: usize, event: String, with: Vec<(String, Value)> },
    /// An input could not be used; these words stand in what is wrong with it.
    Rejected(String),
}

/// How a run was left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Left {
    /// `goal`, `late`, `exit`, `end`
    Word(String),
    /// `finish as "label"`
    Label(String),
}

/// A local time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// Days since 1970; none: the clock's present date.
    pub date: Option<i64>,
    /// Milliseconds of the day.
    pub time: i64,
    /// IANA name; none: the customer's.
    pub zone: Option<String>,
}
