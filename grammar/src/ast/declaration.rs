//! Declarations: vocabulary, data, content, offers, webhooks.

use super::*;

/// One facet.
#[derive(Debug, Clone, PartialEq)]
pub struct Taxonomy {
    /// The facet.
    pub name: Name,
    /// Its nodes.
    pub body: TaxonomyBody,
}

/// Where the nodes stand.
#[derive(Debug, Clone, PartialEq)]
pub enum TaxonomyBody {
    /// `{ … }`
    Nodes(Vec<TaxNode>),
    /// `from "file.txt"`
    File(Text),
}

/// `retention "Retention", th "…" deprecated use x requires audience customer.lapsed { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct TaxNode {
    /// Its last part.
    pub name: Name,
    /// Labels; the first without a locale is the default.
    pub labels: Vec<(Option<Name>, Text)>,
    /// `deprecated use X`
    pub deprecated: Option<Path>,
    /// `requires audience customer.lapsed`, `complements outerwear`, `replaces boots`, `excludes cancel`
    pub links: Vec<TaxLink>,
    /// Nodes below.
    pub children: Vec<TaxNode>,
    /// The whole.
    pub span: Span,
}

/// A link from one node to another.
#[derive(Debug, Clone, PartialEq)]
pub struct TaxLink {
    /// `requires`, `complements`, `replaces`, `excludes`.
    pub verb: Name,
    /// The facet, when it is not this one.
    pub facet: Option<Name>,
    /// The node.
    pub path: Path,
}
/// `event E "Wire" for everyone source "shop" owner team { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its name in the language.
    pub name: Name,
    /// Its name on the wire; the name itself when missing.
    pub wire: Option<Text>,
    /// `for everyone`
    pub everyone: Option<Span>,
    /// `source "shop"`, inside the braces or before them.
    pub source: Option<Text>,
    /// `owner team`
    pub owner: Option<Name>,
    /// Its fields.
    pub fields: Vec<Field>,
}

/// `extend event E { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct ExtendEvent {
    /// The event.
    pub name: Name,
    /// More fields.
    pub fields: Vec<Field>,
}

/// `record cart_item { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Its name.
    pub name: Name,
    /// Its fields.
    pub fields: Vec<Field>,
}

/// `value: money personal from "total" in "currency" = 0 EUR`
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The whole.
    pub span: Span,
    /// `///` before it.
    pub doc: Option<String>,
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: Type,
    /// `personal`: it tells who someone is, or of a person.
    pub personal: bool,
    /// `from "properties.path"`
    pub from: Option<Text>,
    /// `in "currency"`: where the currency stands.
    pub currency_from: Option<Text>,
    /// `= value`
    pub default: Option<Expr>,
}

/// A type as written.
#[derive(Debug, Clone, PartialEq)]
pub struct Type {
    /// The whole.
    pub span: Span,
    /// Without its `?`.
    pub kind: TypeKind,
    /// `?`: may be missing.
    pub optional: bool,
}

/// The kinds of types.
#[derive(Debug, Clone, PartialEq)]
pub enum TypeKind {
    /// A built-in or declared name: `bool int number probability percent text duration date time moment zone`, a facet, a record.
    Named(Name),
    /// `int between 0 and 10`, `number between …`
    Between {
        /// `int` or `number`.
        name: Name,
        /// Least.
        low: Expr,
        /// Most.
        high: Expr,
    },
    /// `text at most 40`
    BoundedText(u32),
    /// `money`, `money USD`
    Money(Option<Name>),
    /// `one of bronze, silver, gold`
    OneOf(Vec<Name>),
    /// `list of T at most 20`
    List {
        /// Of what.
        of: Box<Type>,
        /// `at most n`.
        at_most: Option<u32>,
    },
    /// Could not be read; reported. Its field or parameter is known by name only.
    Broken,
}

/// `profile { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Its fields.
    pub fields: Vec<Field>,
}

/// `segment S = cond`
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// Its name.
    pub name: Name,
    /// What holds for its members.
    pub condition: Expr,
}
/// `purpose marketing "News and offers"`
#[derive(Debug, Clone, PartialEq)]
pub struct Purpose {
    /// Its name.
    pub name: Name,
    /// For people.
    pub label: Option<Text>,
    /// `needs no consent`
    pub needs_no_consent: bool,
}

/// `channel email { address profile.email  reports delivered, opened }`
#[derive(Debug, Clone, PartialEq)]
pub struct Channel {
    /// Its name.
    pub name: Name,
    /// `address profile.email`
    pub address: Option<Expr>,
    /// `reports delivered, opened`: receipts, by the last part of their event (`message_opened` is `opened`).
    pub reports: Vec<Name>,
}

/// `name: type` in brackets after a message, webhook or journey.
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    /// Its name.
    pub name: Name,
    /// A type, or the name of an event: then the argument is an alias of that event.
    pub ty: Type,
}

/// `message M(inputs) for purpose { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Its name.
    pub name: Name,
    /// Its inputs.
    pub params: Vec<Param>,
    /// `for marketing`
    pub purpose: Name,
    /// `from date to date`
    pub valid: Option<DateRange>,
    /// `claim discount = 20 percent`
    pub claims: Vec<Claim>,
    /// One per channel and locale.
    pub renderings: Vec<Rendering>,
}

/// `from 2026-03-01 to 2026-04-01`; either side may be missing. Both days belong to it.
#[derive(Debug, Clone, PartialEq)]
pub struct DateRange {
    /// The whole.
    pub span: Span,
    /// First day.
    pub from: Option<Expr>,
    /// Last day.
    pub to: Option<Expr>,
}

/// `claim discount = 20 percent`
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// Its name.
    pub name: Name,
    /// Its value.
    pub value: Expr,
}

/// `email in th { subject "…"  body file "…" }`
#[derive(Debug, Clone, PartialEq)]
pub struct Rendering {
    /// The whole.
    pub span: Span,
    /// The channel.
    pub channel: Name,
    /// `in th`, `in "th-TH"`; the default rendering when missing.
    pub locale: Option<Text>,
    /// `subject "…"`, `body file "…"`.
    pub parts: Vec<(Name, PartValue)>,
}

/// What a part of a rendering says.
#[derive(Debug, Clone, PartialEq)]
pub enum PartValue {
    /// In place.
    Text(Text),
    /// In a file, relative to the project.
    File(Text),
}

/// `offer O { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// Its name.
    pub name: Name,
    /// `eligible cond`
    pub eligible: Option<Expr>,
    /// `propensity p`
    pub propensity: Option<Expr>,
    /// `value m`
    pub value: Option<Expr>,
    /// `weight n`
    pub weight: Option<Expr>,
    /// `at most 2 per rolling 30 days`
    pub limits: Vec<Limit>,
    /// `from date to date`
    pub valid: Option<DateRange>,
    /// `do { … }`
    pub body: Option<Block>,
}

/// `at most 2 per rolling 30 days`
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// The whole.
    pub span: Span,
    /// How many.
    pub count: u32,
    /// In which window; missing means ever.
    pub window: Option<Window>,
}

/// `per rolling 7 days`, `per calendar day`
#[derive(Debug, Clone, PartialEq)]
pub enum Window {
    /// `rolling D`
    Rolling(Expr),
    /// `calendar day`, `week`, `month`, `year`
    Calendar(Name),
}
/// `webhook W(inputs) gives { … } { post "…" retry up to 5 times within 1 hour }`
#[derive(Debug, Clone, PartialEq)]
pub struct Webhook {
    /// Its name.
    pub name: Name,
    /// Its inputs.
    pub params: Vec<Param>,
    /// The answer's fields.
    pub gives: Vec<Field>,
    /// `post`, `get`, `put`.
    pub method: Name,
    /// Where.
    pub url: Text,
    /// `retry up to 5 times within 1 hour`
    pub retry: Option<(u32, Expr)>,
}

/// `calendar fr from "fr.csv"`
#[derive(Debug, Clone, PartialEq)]
pub struct Calendar {
    /// Its name.
    pub name: Name,
    /// A date (and a label) a line, relative to the project.
    pub file: Text,
}

/// `team T "address"`
#[derive(Debug, Clone, PartialEq)]
pub struct Team {
    /// Its name.
    pub name: Name,
    /// Where it is reached.
    pub address: Text,
}

/// `migrate J from "version" { old_place to new_place … old_place finishes }`
#[derive(Debug, Clone, PartialEq)]
pub struct Migrate {
    /// The journey.
    pub journey: Name,
    /// The older version's hash, or the start of it.
    pub from: Text,
    /// `old_place to new_place`; `None` is `old_place finishes`.
    pub moves: Vec<(Name, Option<Name>)>,
}
