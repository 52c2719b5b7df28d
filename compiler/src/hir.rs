//! The checked program: every name resolved, every expression typed. The proofs, pictures, inventories and the lowering all
//! read this one structure. Nothing in it is unchecked: where the source was wrong there is a [`Ty::Poison`], already reported.
//!
//! All references are indices into the vectors of [`Program`], as plain `usize` wrapped in the type aliases below.

use journey_grammar::span::Span;
pub use journey_runtime::image::{Period, Span as Length};
use std::collections::BTreeMap;

/// Index into [`Program::facets`].
pub type FacetId = usize;
/// Index into [`Program::enums`].
pub type EnumId = usize;
/// Index into [`Program::records`].
pub type RecordId = usize;
/// Index into [`Program::events`].
pub type EventId = usize;
/// Index into [`Program::profile`].
pub type FieldId = usize;
/// Index into [`Program::segments`].
pub type SegmentId = usize;
/// Index into [`Program::purposes`].
pub type PurposeId = usize;
/// Index into [`Program::channels`].
pub type ChannelId = usize;
/// Index into [`Program::messages`].
pub type MessageId = usize;
/// Index into [`Program::offers`].
pub type OfferId = usize;
/// Index into [`Program::webhooks`].
pub type WebhookId = usize;
/// Index into [`Program::calendars`].
pub type CalendarId = usize;
/// Index into [`Program::teams`].
pub type TeamId = usize;
/// Index into [`Program::journeys`].
pub type JourneyId = usize;
/// Index into [`Journey::variables`].
pub type VariableId = usize;

/// A checked project.
#[derive(Debug, Clone, Default)]
pub struct Program {
    /// The project's name.
    pub name: String,
    /// IANA name; exists.
    pub time_zone: String,
    /// ISO 4217 letters.
    pub currency: String,
    /// Vocabularies.
    pub facets: Vec<Facet>,
    /// `one of` types, in order of first appearance; equal lists of values are one type.
    pub enums: Vec<EnumType>,
    /// Record types.
    pub records: Vec<Record>,
    /// Events, with what was extended.
    pub events: Vec<Event>,
    /// Profile fields; the built-in ones (`email phone push_token time_zone locale`) first.
    pub profile: Vec<ProfileField>,
    /// Named conditions, in an order in which none reads a later one.
    pub segments: Vec<Segment>,
    /// Purposes.
    pub purposes: Vec<Purpose>,
    /// Channels.
    pub channels: Vec<Channel>,
    /// Messages.
    pub messages: Vec<Message>,
    /// Offers.
    pub offers: Vec<Offer>,
    /// Policies.
    pub policies: Vec<Policy>,
    /// Outside calls.
    pub webhooks: Vec<Webhook>,
    /// Calendars.
    pub calendars: Vec<Calendar>,
    /// Owners.
    pub teams: Vec<Team>,
    /// Journeys.
    pub journeys: Vec<Journey>,
    /// Migrations.
    pub migrations: Vec<Migration>,
    /// Tests.
    pub tests: Vec<Test>,
}

/// A type without "may be missing".
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Ty {
    /// Yes or no.
    Bool,
    /// A whole number.
    Int,
    /// A number.
    Number,
    /// A fraction, written `45 percent`.
    Percent,
    /// A fraction from 0 to 1.
    Probability,
    /// Text.
    Text,
    /// An amount in a currency (ISO letters).
    Money(String),
    /// A length of time.
    Duration,
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// An instant.
    Moment,
    /// A time zone.
    Zone,
    /// One of.
    Enum(EnumId),
    /// A node of a facet.
    Facet(FacetId),
    /// A list.
    List(Box<Ty>),
    /// A member of a list of records.
    Record(RecordId),
    /// An event as a whole: only as an alias passed to a message, webhook or hand-off.
    Event(EventId),
    /// Was wrong and has been reported: fits everything, and nothing is said of it again.
    Poison,
}

/// A type as it stands in a declaration or is found for an expression.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Type {
    /// Without its `?`.
    pub ty: Ty,
    /// May be missing.
    pub optional: bool,
}

/// What a declaration has in common with all others.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct About {
    /// Where its name stands.
    pub span: Span,
    /// `///`
    pub doc: Option<String>,
    /// `@facet path`: facet and node.
    pub tags: Vec<(FacetId, u32)>,
    /// `@owner team`.
    pub owner: Option<TeamId>,
    /// Declared in a pack of the standard library.
    pub from_pack: bool,
}

/// A vocabulary, its nodes in preorder.
#[derive(Debug, Clone)]
pub struct Facet {
    /// Its name.
    pub name: String,
    /// Of its declaration.
    pub about: About,
    /// Nodes in preorder.
    pub nodes: Vec<Node>,
    /// Whole path to node.
    pub by_path: BTreeMap<String, u32>,
    /// Last part to nodes: one when it may stand for its path.
    pub by_last: BTreeMap<String, Vec<u32>>,
}

/// A node.
#[derive(Debug, Clone)]
pub struct Node {
    /// The whole path, dots between.
    pub path: String,
    /// Its labels; the one with the empty locale is the default.
    pub labels: Vec<(String, String)>,
    /// The node above.
    pub parent: Option<u32>,
    /// One past the last node of its subtree.
    pub end: u32,
    /// Use this one instead.
    pub deprecated: Option<u32>,
    /// `requires`, `complements`, `replaces`: verb, facet, node.
    pub links: Vec<(String, FacetId, u32)>,
    /// Where.
    pub span: Span,
}

/// A `one of` type.
#[derive(Debug, Clone, PartialEq)]
pub struct EnumType {
    /// Its values.
    pub values: Vec<String>,
}

/// A record type.
#[derive(Debug, Clone)]
pub struct Record {
    /// Its name.
    pub name: String,
    /// Of its declaration.
    pub about: About,
    /// Its fields.
    pub fields: Vec<Field>,
}

/// A field of an event, record or answer.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Where.
    pub span: Span,
    /// `///`
    pub doc: Option<String>,
    /// Its type.
    pub ty: Type,
    /// What it may be.
    pub bounds: Bounds,
    /// Where it stands on the wire (its name when the program does not say otherwise).
    pub path: String,
    /// For money: where its currency stands.
    pub currency_path: Option<String>,
    /// Stands in for a missing one.
    pub default: Option<Const>,
}

/// What a value may be.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bounds {
    /// Least and most.
    pub between: Option<(Const, Const)>,
    /// Most characters of a text, or members of a list.
    pub at_most: Option<u32>,
    /// Of a list of plain values: what each of them may be.
    pub members: Option<Box<Bounds>>,
}

/// An event.
#[derive(Debug, Clone)]
pub struct Event {
    /// Its name.
    pub name: String,
    /// Its name on the wire.
    pub wire: String,
    /// Of its declaration.
    pub about: About,
    /// About no one customer.
    pub everyone: bool,
    /// `source "shop"`
    pub source: Option<String>,
    /// Its fields, with what was extended.
    pub fields: Vec<Field>,
}

/// A field of the profile.
#[derive(Debug, Clone)]
pub struct ProfileField {
    /// The field; `default` is set when it is not optional.
    pub field: Field,
    /// Always there, without declaration.
    pub built_in: bool,
}

/// A named condition.
#[derive(Debug, Clone)]
pub struct Segment {
    /// Its name.
    pub name: String,
    /// Of its declaration.
    pub about: About,
    /// A bool.
    pub condition: Expr,
}

/// A purpose.
#[derive(Debug, Clone)]
pub struct Purpose {
    /// Its name.
    pub name: String,
    /// For people.
    pub label: String,
    /// Of its declaration.
    pub about: About,
    /// `needs no consent`
    pub needs_no_consent: bool,
}

/// A channel.
#[derive(Debug, Clone)]
pub struct Channel {
    /// Its name.
    pub name: String,
    /// Of its declaration.
    pub about: About,
    /// A text that may be missing.
    pub address: Option<Expr>,
    /// Receipts it gives.
    pub reports: Vec<EventId>,
}

/// A parameter of a message, webhook or journey.
#[derive(Debug, Clone)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// Where.
    pub span: Span,
    /// Its type; [`Ty::Event`] for an event's alias.
    pub ty: Type,
}

/// A message.
#[derive(Debug, Clone)]
pub struct Message {
    /// Its name.
    pub name: String,
    /// Of its declaration.
    pub about: About,
    /// Its inputs.
    pub params: Vec<Param>,
    /// Why.
    pub purpose: PurposeId,
    /// First and last day, days since 1970.
    pub valid: (Option<i64>, Option<i64>),
    /// Values that every rendering must state.
    pub claims: Vec<(String, Const)>,
    /// One per channel and locale.
    pub renderings: Vec<Rendering>,
    /// Inputs that effects carry: `(param, field)`; a plain param has no field. Of an event's alias, the fields that a
    /// placeholder of some rendering or an expectation of some test names.
    pub inputs: Vec<(usize, Option<usize>)>,
}

/// A rendering.
#[derive(Debug, Clone)]
pub struct Rendering {
    /// The channel.
    pub channel: ChannelId,
    /// `th-TH`; empty for the default.
    pub locale: String,
    /// `subject`, `body` … and what they say, with templates from files filled in.
    pub parts: Vec<(String, Template)>,
    /// Where.
    pub span: Span,
}

/// Text with places to fill.
#[derive(Debug, Clone, Default)]
pub struct Template {
    /// In order.
    pub pieces: Vec<Piece>,
}

/// A piece of a template.
#[derive(Debug, Clone)]
pub enum Piece {
    /// As it stands.
    Text(String),
    /// `{{ … }}`: the message's params are the variables of the expression ([`ExprKind::Param`]).
    Value(Expr),
}

/// An offer. Its expressions see the profile and histories.
#[derive(Debug, Clone)]
pub struct Offer {
    /// Its name.
    pub name: String,
    /// Of its declaration.
    pub about: About,
    /// A bool.
    pub eligible: Option<Expr>,
    /// A probability.
    pub propensity: Option<Expr>,
    /// Money.
    pub value: Option<Expr>,
    /// A number.
    pub weight: Option<Expr>,
    /// Per customer.
    pub limits: Vec<Limit>,
    /// First and last day.
    pub valid: (Option<i64>, Option<i64>),
    /// Begins with a send. Its own variables are those of [`Offer::variables`].
    pub body: Vec<Step>,
    /// Variables the body declares (aliases of its sends, calls …).
    pub variables: Vec<Variable>,
}

/// At most so many in a window.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// How many.
    pub count: u32,
    /// In which window.
    pub window: Window,
}

/// A window.
#[derive(Debug, Clone, PartialEq)]
pub enum Window {
    /// Looks back so long.
    Rolling(Length),
    /// The present calendar period.
    Calendar(Period),
    /// All time.
    Ever,
}

/// A policy.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// Of its declaration.
    pub about: About,
    /// Subtrees it is for; empty: all journeys. A journey, message or step with a tag in one of them (per facet: all facets must match) is concerned.
    pub scope: Vec<(FacetId, u32)>,
    /// Its rules.
    pub rules: Vec<Rule>,
}

/// A rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Where.
    pub span: Span,
    /// Purposes it is not for.
    pub except: Vec<PurposeId>,
    /// What it says.
    pub kind: RuleKind,
}

/// What a rule says. Empty `channels` are all.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "fields are named after what they hold")]
pub enum RuleKind {
    /// Consent is required.
    Consent { purpose: PurposeId, per_channel: bool },
    /// At most so many.
    Cap { limit: Limit, purpose: Option<PurposeId>, channels: Vec<ChannelId>, over: Over },
    /// At least so long between.
    Gap { gap: Length, purpose: Option<PurposeId>, channels: Vec<ChannelId>, over: Over },
    /// Not then (local milliseconds of the day).
    Quiet { from: i64, to: i64, channels: Vec<ChannelId>, over: Over },
    /// Only then; bit 0 of `days` is Monday.
    Deliver { from: i64, to: i64, days: u8, calendar: Option<CalendarId>, channels: Vec<ChannelId>, over: Over },
    /// Checked by the compiler: facets (`owner` is `None`) that must be annotated, on `journey`, `message` or `offer`.
    Annotations { facets: Vec<Option<FacetId>>, on: String },
    /// A run lasts at most so long.
    Lasts(Length),
}

/// What happens when a rule does not allow a send.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Over {
    /// Refused.
    Drop,
    /// Held, at most so long.
    Hold(Option<Length>),
}

/// An outside call.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// Its name.
    pub name: String,
    /// Of its declaration.
    pub about: About,
    /// Its inputs.
    pub params: Vec<Param>,
    /// Its answer.
    pub gives: Vec<Field>,
    /// `post`
    pub method: String,
    /// Where.
    pub url: String,
    /// Attempts at most.
    pub attempts: u32,
    /// Within.
    pub within: Length,
}

/// Holidays.
#[derive(Debug, Clone)]
pub struct Calendar {
    /// Its name.
    pub name: String,
    /// Of its declaration.
    pub about: About,
    /// Days since 1970, sorted.
    pub days: Vec<i64>,
}

/// An owner.
#[derive(Debug, Clone)]
pub struct Team {
    /// Its name.
    pub name: String,
    /// Of its declaration.
    pub about: About,
    /// Where it is reached.
    pub address: String,
}

/// `migrate`; places are stages or aliases.
#[derive(Debug, Clone)]
pub struct Migration {
    /// The journey.
    pub journey: JourneyId,
    /// The older version.
    pub from: String,
    /// From and to; none: finishes.
    pub moves: Vec<(String, Option<String>)>,
}

// ---------------------------------------------------------------------------------------------- journeys

/// A journey.
#[derive(Debug, Clone)]
pub struct Journey {
    /// Its name.
    pub name: String,
    /// Of its declaration.
    pub about: About,
    /// The whole, for reports.
    pub span: Span,
    /// Variables: first its parameters, then whatever the header and steps name.
    pub variables: Vec<Variable>,
    /// How many of them are parameters.
    pub params: usize,
    /// What starts a run.
    pub triggers: Vec<Trigger>,
    /// Who may enter.
    pub only_if: Option<Expr>,
    /// `one run per`: variable and field (`ExprKind::Field`).
    pub key: Option<Expr>,
    /// At once.
    pub at_once: Option<u32>,
    /// Re-entry.
    pub reentry: ReEntry,
    /// `start over on`
    pub start_over: Vec<(EventUse, VariableId)>,
    /// `update x on`: the event's fields and the fields of the variable they replace.
    pub updates: Vec<(EventUse, VariableId)>,
    /// `goal`
    pub goals: Vec<Goal>,
    /// `exit`, `pause`, `meanwhile` of the header.
    pub clauses: Clauses,
    /// `priority`; 0 when not said.
    pub priority: i64,
    /// First and last day of entry.
    pub window: (Option<i64>, Option<i64>),
    /// Share, a fraction.
    pub rollout: Option<f64>,
    /// `on leaving`
    pub on_leaving: Vec<Step>,
    /// The steps.
    pub body: Vec<Step>,
}

/// A variable of a run.
#[derive(Debug, Clone)]
pub struct Variable {
    /// Its name; made up (`#1`) when the source gives none.
    pub name: String,
    /// Where it was named.
    pub span: Span,
    /// What it is.
    pub kind: VariableKind,
    /// Its fields. For an event: the fields of the event(s), each with the field's index in each source event.
    pub fields: Vec<VariableField>,
}

/// What a variable is.
#[derive(Debug, Clone, PartialEq)]
pub enum VariableKind {
    /// The alias of an event, or of several triggers' events.
    Event(Vec<EventId>),
    /// A parameter that is a plain value: one field, named like it.
    Value(Type),
    /// A send: its message. Fields `due`, `sent_at`, `channel` (`channel` is a text).
    Send(MessageId),
    /// The answer of a call.
    Answer(WebhookId),
    /// What was collected: one field, a list of the event's records ([`Ty::Event`] as member type).
    Collected(EventId),
}

/// A field of a variable.
#[derive(Debug, Clone)]
pub struct VariableField {
    /// Its name.
    pub name: String,
    /// Its type; may be missing where not all of a variable's events have it or the variable itself may be absent.
    pub ty: Type,
    /// For events: which field of which event. [`HAPPENED_AT`] is the event's own time.
    pub sources: Vec<(EventId, usize)>,
}

/// The number of the field `happened_at`, which every event has.
pub const HAPPENED_AT: usize = usize::MAX;

/// An event that is listened for.
#[derive(Debug, Clone)]
pub struct EventUse {
    /// Which.
    pub event: EventId,
    /// Where.
    pub span: Span,
    /// `for this x [by f]`: the event's field that must be the run's key.
    pub key: Option<usize>,
    /// `of reminder`: the variable of the send.
    pub of: Option<VariableId>,
    /// `as x`
    pub alias: Option<VariableId>,
    /// `where`; sees the event's fields ([`ExprKind::EventField`]) and the run's variables.
    pub condition: Option<Expr>,
}

/// What starts a run.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "fields are named after what they hold")]
pub enum Trigger {
    /// An event.
    Event(EventUse),
    /// `when enters S`
    Enters(SegmentId),
    /// `when leaves S`
    Leaves(SegmentId),
    /// `when cond`
    Condition(Expr),
    /// By the calendar.
    Every { day: DayRule, at: i64, zone: Option<String>, segment: Option<SegmentId> },
    /// On the yearly day of a profile field.
    Date { field: FieldId, at: i64, zone: Option<String> },
    /// By hand-off.
    HandOff(JourneyId),
}

/// Which days.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are named after what they hold")]
pub enum DayRule {
    /// Bit 0 is Monday.
    Week { days: u8, calendar: Option<CalendarId> },
    /// Of the month.
    Month(u8),
}

/// May someone who was in come in again.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are named after what they hold")]
pub enum ReEntry {
    /// Never.
    Never { remember: Option<u32> },
    /// After the end.
    AfterFinishing,
    /// So long after entry.
    AfterEntry(Length),
    /// So long after exit.
    AfterExit(Length),
}

/// `goal on … within …`
#[derive(Debug, Clone)]
pub struct Goal {
    /// The event.
    pub event: EventUse,
    /// From entry.
    pub within: Option<Length>,
    /// `continue`
    pub go_on: bool,
}

/// Clauses that a header or a stage may have.
#[derive(Debug, Clone, Default)]
pub struct Clauses {
    /// `exit`
    pub exits: Vec<Exit>,
    /// `pause`
    pub pauses: Vec<Pause>,
    /// `meanwhile`: hold (else drop) a purpose.
    pub meanwhile: Vec<(bool, PurposeId)>,
}

/// An event or a condition.
#[derive(Debug, Clone)]
pub enum Occasion {
    /// An event.
    Event(EventUse),
    /// A bool.
    Condition(Expr),
}

/// `exit`
#[derive(Debug, Clone)]
pub struct Exit {
    /// Where.
    pub span: Span,
    /// On what.
    pub on: Occasion,
    /// `for good`
    pub for_good: bool,
}

/// `pause`
#[derive(Debug, Clone)]
pub struct Pause {
    /// Where.
    pub span: Span,
    /// While, or from.
    pub on: Occasion,
    /// Until.
    pub until: Option<EventUse>,
    /// `at most`
    pub at_most: Option<Length>,
    /// `then exit`
    pub then_exit: bool,
}

/// A step.
#[derive(Debug, Clone)]
pub struct Step {
    /// Where.
    pub span: Span,
    /// Its own and inherited annotations.
    pub tags: Vec<(FacetId, u32)>,
    /// What it does.
    pub kind: StepKind,
}

/// The kinds of steps.
#[derive(Debug, Clone)]
pub enum StepKind {
    /// `wait D`
    Wait(Delay),
    /// `wait until M`
    WaitUntil {
        /// When.
        until: Until,
        /// When it is past; none: it cannot be (`now + …`, the next monday).
        past: Option<Past>,
        /// When it is not.
        then: Vec<Step>,
    },
    /// `wait up to D { … }`
    WaitFor {
        /// A duration, or a moment.
        limit: Limiting,
        /// In order.
        arms: Vec<Arm>,
        /// The time-out.
        otherwise: Vec<Step>,
    },
    /// `if`, `branch { when }`
    If {
        /// Condition and steps.
        arms: Vec<(Expr, Vec<Step>)>,
        /// `else`
        otherwise: Vec<Step>,
        /// There was an `else`, or the last arm takes the rest.
        has_else: bool,
    },
    /// `branch on x`; the arms with the `otherwise` cover every case.
    BranchOn {
        /// The value.
        on: Expr,
        /// Cases (conditions on `on` by value) and steps.
        arms: Vec<(Vec<CaseValue>, Vec<Step>)>,
        /// `else`; none when the arms cover all.
        otherwise: Option<Vec<Step>>,
    },
    /// `experiment`
    Experiment {
        /// Its name.
        name: String,
        /// Name, share (a fraction; they add up to 1), steps.
        arms: Vec<(String, f64, Vec<Step>)>,
    },
    /// `next best action`
    NextBest {
        /// Candidates and the rank of each (a number or money), in order of declaration.
        candidates: Vec<(OfferId, Expr)>,
        /// `else`
        otherwise: Vec<Step>,
    },
    /// `send`
    Send(Send),
    /// `set profile.x = …`
    Set {
        /// The field.
        field: FieldId,
        /// Of its type; a missing value forgets.
        value: Expr,
    },
    /// `emit`
    Emit {
        /// The event.
        event: EventId,
        /// Field and value.
        fields: Vec<(usize, Expr)>,
    },
    /// `call`
    Call {
        /// The webhook.
        webhook: WebhookId,
        /// For each parameter.
        args: Vec<Expr>,
        /// The answer.
        alias: Option<VariableId>,
        /// When it answers.
        then: Vec<Step>,
        /// When it does not.
        otherwise: Vec<Step>,
    },
    /// `task`
    Task {
        /// The team.
        team: TeamId,
        /// What.
        text: String,
        /// Due in.
        due: Option<Length>,
        /// `done {}` and `else {}`: the run waits.
        outcome: Option<(Vec<Step>, Vec<Step>)>,
    },
    /// `repeat up to n times`
    Repeat {
        /// Rounds at most.
        times: u32,
        /// The body.
        body: Vec<Step>,
    },
    /// `stop repeating`
    StopRepeating,
    /// `collect`
    Collect {
        /// What.
        event: EventUse,
        /// The list.
        alias: VariableId,
        /// How long.
        window: Length,
        /// At most.
        at_most: u32,
    },
    /// `stage`
    Stage {
        /// Its name.
        name: String,
        /// Its clauses.
        clauses: Clauses,
        /// Its steps.
        body: Vec<Step>,
    },
    /// `finish`
    Finish(Option<String>),
    /// `go to`
    GoTo {
        /// The journey.
        journey: JourneyId,
        /// For each parameter.
        args: Vec<Expr>,
    },
}

/// A plain wait.
#[derive(Debug, Clone)]
pub enum Delay {
    /// So long.
    Length(Length),
    /// So many weekdays.
    Weekdays(u16, Option<CalendarId>),
}

/// What a `wait until` waits for.
#[derive(Debug, Clone)]
pub enum Until {
    /// The next such local moment strictly after now.
    Next {
        /// On which days.
        day: DayRule,
        /// A time.
        at: Expr,
        /// A zone or text constant; none: the customer's.
        zone: Option<Expr>,
    },
    /// A moment.
    Moment(Expr),
}

/// What happens when a moment is past.
#[derive(Debug, Clone)]
pub enum Past {
    /// Goes on after the step.
    Continue,
    /// Ends.
    Finish(Option<String>),
    /// These steps.
    Steps(Vec<Step>),
}

/// How long a `wait up to` lasts.
#[derive(Debug, Clone)]
pub enum Limiting {
    /// So long.
    Length(Length),
    /// Until then; past: times out at once.
    Moment(Expr),
}

/// An arm of `wait up to`.
#[derive(Debug, Clone)]
pub struct Arm {
    /// Where.
    pub span: Span,
    /// What it waits for.
    pub on: Occasion,
    /// `becomes true`
    pub becomes: bool,
    /// What follows.
    pub body: Vec<Step>,
}

/// A case of `branch on`.
#[derive(Debug, Clone, PartialEq)]
pub enum CaseValue {
    /// Equal to it.
    Value(Const),
    /// In the subtree of this node.
    Subtree(FacetId, u32),
    /// Missing.
    Missing,
}

/// A send.
#[derive(Debug, Clone)]
pub struct Send {
    /// The message.
    pub message: MessageId,
    /// For each of the message's params, what is passed: for an event-typed one an [`ExprKind::Variable`].
    pub args: Vec<Expr>,
    /// In order.
    pub channels: Vec<ChannelId>,
    /// `as x`; always there (made up when not written).
    pub alias: VariableId,
    /// `sent {}` and `else {}`
    pub outcome: Option<(Vec<Step>, Vec<Step>)>,
}

// ---------------------------------------------------------------------------------------------- expressions

/// A constant.
#[derive(Debug, Clone, PartialEq)]
pub enum Const {
    /// Yes or no.
    Bool(bool),
    /// Whole.
    Int(i64),
    /// Number, percent, probability.
    Number(f64),
    /// Millionths.
    Money(i64),
    /// Text or zone.
    Text(String),
    /// A length of time.
    Duration(Length),
    /// Days since 1970.
    Date(i64),
    /// Milliseconds of the day.
    Time(i64),
    /// Milliseconds since 1970.
    Moment(i64),
    /// Value of an enum.
    Enum(EnumId, u16),
    /// Node of a facet.
    Node(FacetId, u32),
    /// A list of constants.
    List(Vec<Const>),
    /// A member: field and value (in tests).
    Record(Vec<(String, Const)>),
    /// Not known (in tests).
    Missing,
}

/// A typed expression.
#[derive(Debug, Clone)]
pub struct Expr {
    /// Where.
    pub span: Span,
    /// Its type.
    pub ty: Type,
    /// What it is.
    pub kind: ExprKind,
}

/// A history the expression reads; equal ones share their memory.
#[derive(Debug, Clone)]
pub struct HistoryUse {
    /// The event.
    pub event: EventId,
    /// `where`: only [`ExprKind::EventField`] and constants.
    pub condition: Option<Box<Expr>>,
    /// `in last D`
    pub window: Option<Length>,
    /// `by day`
    pub by_day: bool,
}

/// The kinds of typed expressions.
#[derive(Debug, Clone)]
pub enum ExprKind {
    /// Reported.
    Poison,
    /// A constant.
    Const(Const),
    /// A profile field, live.
    Profile(FieldId),
    /// A field of a variable (for a plain value: field 0).
    Field(VariableId, usize),
    /// A variable as a whole, as an argument.
    Variable(VariableId),
    /// A parameter of a message in its templates: param, and field of its event (`HAPPENED_AT` too).
    Param(usize, Option<usize>),
    /// A field of the present event, in a `where`; [`HAPPENED_AT`] too.
    EventField(EventId, usize),
    /// A field of the present member, in a query of a list; the whole member for lists of plain values (field 0).
    Member(usize),
    /// `now`
    Now,
    /// `today`
    Today,
    /// `not`
    Not(Box<Expr>),
    /// `-x`, of its type.
    Negate(Box<Expr>),
    /// `and`
    And(Box<Expr>, Box<Expr>),
    /// `or`
    Or(Box<Expr>, Box<Expr>),
    /// Both sides of one type (an int beside a number has been given a [`ExprKind::ToNumber`]).
    Compare(Comparison, Box<Expr>, Box<Expr>),
    /// Int to number.
    ToNumber(Box<Expr>),
    /// Is it known.
    IsKnown(Box<Expr>),
    /// `x otherwise y`
    Otherwise(Box<Expr>, Box<Expr>),
    /// In the subtree of a node.
    InSubtree(Box<Expr>, FacetId, u32),
    /// Member of a list.
    InList(Box<Expr>, Box<Expr>),
    /// A list of expressions of one type; constant ones are `Const(List)`.
    List(Vec<Expr>),
    /// The customer is in that segment.
    InSegment(SegmentId),
    /// Text contains text.
    Contains(Box<Expr>, Box<Expr>),
    /// Text starts with text.
    StartsWith(Box<Expr>, Box<Expr>),
    /// Date falls on one of these days (bit 0 is Monday), holidays left out.
    IsDay(Box<Expr>, u8, Option<CalendarId>),
    /// Date (or a moment's date) at time, in a zone.
    At(Box<Expr>, Box<Expr>, Option<Box<Expr>>),
    /// Moment or date plus a constant length; `true`: minus.
    Shift(Box<Expr>, Length, bool),
    /// Arithmetic, see [`Operation`].
    Arithmetic(Operation, Box<Expr>, Box<Expr>),
    /// A comparison that has held for so long; reads profile, histories and segments only.
    Held(Box<Expr>, Length),
    /// `count(E …)`: an int.
    Count(HistoryUse, u32),
    /// `sum(E.field …)`
    Sum(HistoryUse, usize),
    /// `last(E)`: a field of it ([`HAPPENED_AT`] too); `last(E) is known` reads its time. May be missing.
    Last(HistoryUse, usize),
    /// `first(E)`, likewise.
    First(HistoryUse, usize),
    /// `any all count sum(items where …)`: for `sum` the body is what is summed (missing adds nothing) under the condition.
    Each {
        /// Which.
        fold: Fold,
        /// The list.
        list: Box<Expr>,
        /// `where`; sees [`ExprKind::Member`].
        condition: Option<Box<Expr>>,
        /// For `sum`: the member's field.
        field: Option<usize>,
    },
}

/// Comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
}

/// Arithmetic by its types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Int, money, duration.
    Add,
    /// Int, money, duration.
    Subtract,
    /// Int.
    Multiply,
    /// Number, percent, probability.
    AddNumber,
    /// Likewise.
    SubtractNumber,
    /// Likewise.
    MultiplyNumber,
    /// Likewise; ints have been made numbers.
    DivideNumber,
    /// Money (left) times number.
    ScaleMoney,
    /// Money by number.
    DivideMoney,
    /// Money by money.
    Ratio,
    /// Moment minus moment: a duration.
    Difference,
    /// Date minus date: a duration of days.
    DateDifference,
    /// Moment plus a duration that is not constant (clock time).
    AddDuration,
    /// Moment minus such a duration.
    SubtractDuration,
}

/// Folds of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fold {
    /// Some.
    Any,
    /// All.
    All,
    /// How many.
    Count,
    /// The sum of a field.
    Sum,
}

// ---------------------------------------------------------------------------------------------- tests

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
