//! Tests.

use super::*;

/// A test.
#[derive(Debug, Clone)]
pub struct Test {
    /// What it says.
    pub title: String,
    /// Where.
    pub span: Span,
    /// Customers: name, in order of declaration.
    pub customers: Vec<String>,
    /// In order.
    pub lines: Vec<TestLine>,
}

/// A line of a test.
#[derive(Debug, Clone)]
pub struct TestLine {
    /// Where.
    pub span: Span,
    /// What.
    pub kind: TestKind,
}

/// The kinds of lines. `usize` customers are indices into [`Test::customers`].
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "fields are named after what they hold")]
pub enum TestKind {
    /// What is known of a customer from the beginning.
    Customer { who: usize, profile: Vec<(FieldId, Const)>, consents: Vec<(PurposeId, Option<ChannelId>)> },
    /// The clock stands at this local time; none: each customer's own zone (then it is the first customer's, else the project's).
    At { date: i64, time: i64, zone: Option<String> },
    /// The clock moves on.
    After(Length),
    /// An event. `of` is the message whose latest send it is a receipt of.
    Does { who: usize, event: EventId, of: Option<MessageId>, fields: Vec<(usize, Const)>, id: Option<String> },
    /// An event as it comes: wire name and JSON properties.
    DoesRaw { who: usize, wire: String, json: String, id: Option<String> },
    /// An event for everyone.
    Everyone { event: EventId, fields: Vec<(usize, Const)> },
    /// The profile changes.
    Becomes { who: usize, profile: Vec<(FieldId, Const)> },
    /// Consent changes.
    Consent { who: usize, granted: bool, purpose: PurposeId, channel: Option<ChannelId> },
    /// The next calls get no answer (none: all).
    WebhookFails { webhook: WebhookId, times: Option<u32> },
    /// What calls get as answer from now on.
    WebhookGives { webhook: WebhookId, fields: Vec<(usize, Const)> },
    /// The team completes the customer's latest open task with that text.
    Completes { team: TeamId, text: String, who: usize },
    /// What must have happened since the last expectation.
    Expect(Expect),
}

/// What a test expects.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "fields are named after what they hold")]
pub enum Expect {
    /// A hand-over. `with`: `cart.value`-like names of inputs and their values.
    Receives {
        who: usize,
        message: MessageId,
        channel: Option<ChannelId>,
        at: Option<TestMoment>,
        with: Vec<(String, Const)>,
    },
    /// No hand-over.
    Nothing { who: usize, from: Option<JourneyId> },
    /// Alive in a journey, in a stage or at a step of that alias.
    Waiting { who: usize, journey: JourneyId, at: Option<String> },
    /// Not alive in it.
    NotIn { who: usize, journey: JourneyId },
    /// Has entered.
    Enters { who: usize, journey: JourneyId, at: Option<TestMoment> },
    /// Has left: `goal`, `exit`, `end`, or a label (`label` true).
    Leaves { who: usize, journey: JourneyId, how: String, label: bool, at: Option<TestMoment> },
    /// Has converted.
    Converts { who: usize, journey: JourneyId, at: Option<TestMoment> },
    /// Was refused a message.
    Refused { who: usize, message: MessageId, channel: Option<ChannelId>, reason: String, at: Option<TestMoment> },
    /// Was refused entry.
    RefusedEntry { who: usize, journey: JourneyId, reason: String },
    /// A task was given.
    Task { team: TeamId, text: Option<String>, at: Option<TestMoment> },
    /// The profile is so.
    Profile { who: usize, fields: Vec<(FieldId, Const)> },
    /// An event was emitted.
    Emits { who: usize, event: EventId, with: Vec<(usize, Const)> },
    /// An input went to the dead letters, with these words in its reason.
    Rejected(String),
}

/// A local time; `date` none: the present one. `zone` none: the customer's.
#[derive(Debug, Clone, PartialEq)]
pub struct TestMoment {
    /// Days since 1970.
    pub date: Option<i64>,
    /// Milliseconds of the day.
    pub time: i64,
    /// IANA name.
    pub zone: Option<String>,
}
