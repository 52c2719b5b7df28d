//! The checked program: every name resolved, every expression typed. The proofs, pictures, inventories and the lowering all
//! read this one structure. Nothing in it is unchecked: where the source was wrong there is a [`Ty::Poison`], already reported.
//!
//! All references are indices into the vectors of [`Program`], as plain `usize` wrapped in the type aliases below.

mod expression;
mod journey;
mod test;
mod text;

pub use expression::*;
pub use journey::*;
pub use test::*;

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
/// Index into [`Program::policies`].
pub type PolicyId = usize;
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
    /// `requires`, `complements`, `replaces`, `excludes`: verb, facet, node.
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
    /// `personal`: it tells who someone is, or of a person.
    pub personal: bool,
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
