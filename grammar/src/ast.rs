//! The syntax tree: what was written, with its places, before any name is looked up.
//!
//! A tree always exists. What could not be read stands in it as [`Decl::Broken`] or [`StepKind::Broken`], already reported,
//! so that later phases neither miss it nor complain of it again.

use crate::span::{FileId, Span};

/// A word, as written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Name {
    /// The word.
    pub text: String,
    /// Where.
    pub span: Span,
}

/// A text in quotes; `text` is what it says, with escapes resolved.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Text {
    /// What it says.
    pub text: String,
    /// Where, quotes included.
    pub span: Span,
}

/// `a.b.c`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Path {
    /// One or more.
    pub parts: Vec<Name>,
    /// The whole.
    pub span: Span,
}

impl Path {
    /// As written, with dots.
    pub fn text(&self) -> String {
        self.parts.iter().map(|p| p.text.as_str()).collect::<Vec<_>>().join(".")
    }
}

/// One file.
#[derive(Debug, Clone, PartialEq)]
pub struct File {
    /// Which.
    pub file: FileId,
    /// Its declarations, in order.
    pub items: Vec<Item>,
}

/// A declaration with what stands before it.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// From the first of its doc comments or annotations to its end.
    pub span: Span,
    /// Lines of `///`, without the marks, joined by newlines.
    pub doc: Option<String>,
    /// `@facet path`, in order.
    pub annotations: Vec<Annotation>,
    /// A line inside it could not be read (reported): nobody may say of this declaration that something is missing or unknown in it.
    pub broken: bool,
    /// The declaration.
    pub decl: Decl,
}

/// `@campaign retention.cart_recovery`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// The whole.
    pub span: Span,
    /// `campaign`
    pub facet: Name,
    /// `retention.cart_recovery`
    pub path: Path,
}

/// A declaration.
#[derive(Debug, Clone, PartialEq)]
pub enum Decl {
    /// `use std.ecommerce`
    Use(Path),
    /// `taxonomy F { … }`
    Taxonomy(Taxonomy),
    /// `event E "Wire" { … }`
    Event(Event),
    /// `extend event E { … }`
    ExtendEvent(ExtendEvent),
    /// `record R { … }`: the shape of the members of a list.
    Record(Record),
    /// `profile { … }`
    Profile(Profile),
    /// `segment S = cond`
    Segment(Segment),
    /// `purpose P "Label" [needs no consent]`
    Purpose(Purpose),
    /// `channel C { … }`
    Channel(Channel),
    /// `message M(inputs) for purpose { … }`
    Message(Message),
    /// `offer O { … }`
    Offer(Offer),
    /// `policy P for … { … }`
    Policy(Policy),
    /// `webhook W(inputs) gives { … } { … }`
    Webhook(Webhook),
    /// `calendar fr from "fr.csv"`
    Calendar(Calendar),
    /// `team T "address"`
    Team(Team),
    /// `journey J(params) { … }`
    Journey(Journey),
    /// `test "…" { … }`
    Test(Test),
    /// `migrate J from "version" { old to new … }`
    Migrate(Migrate),
    /// Could not be read; reported. `kind` is its keyword and `name` its name, where they could be made out,
    /// so that references to it are not reported too.
    Broken {
        /// `journey`, `event`, …
        kind: Option<String>,
        /// Its name.
        name: Option<Name>,
    },
}

// ---------------------------------------------------------------------------------------------- taxonomy

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
    /// `requires audience customer.lapsed`, `complements outerwear`, `replaces boots`
    pub links: Vec<TaxLink>,
    /// Nodes below.
    pub children: Vec<TaxNode>,
    /// The whole.
    pub span: Span,
}

/// A link from one node to another.
#[derive(Debug, Clone, PartialEq)]
pub struct TaxLink {
    /// `requires`, `complements`, `replaces`.
    pub verb: Name,
    /// The facet, when it is not this one.
    pub facet: Option<Name>,
    /// The node.
    pub path: Path,
}

// ---------------------------------------------------------------------------------------------- data

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

/// `value: money from "total" in "currency" = 0 EUR`
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

// ---------------------------------------------------------------------------------------------- content

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

// ---------------------------------------------------------------------------------------------- policies

/// `policy P for all journeys { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Its name.
    pub name: Name,
    /// `for @campaign retention`; empty is `for all journeys`.
    pub scope: Vec<Annotation>,
    /// Its rules, in order.
    pub rules: Vec<Rule>,
}

/// One rule of a policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// The whole.
    pub span: Span,
    /// What it says.
    pub kind: RuleKind,
    /// `except service`: purposes it does not concern.
    pub except: Vec<Name>,
}

/// The kinds of rules.
#[derive(Debug, Clone, PartialEq)]
pub enum RuleKind {
    /// `require consent for marketing, per channel`
    Consent {
        /// The purpose.
        purpose: Name,
        /// `per channel`; otherwise any channel's consent will do.
        per_channel: bool,
    },
    /// `at most 3 marketing messages per rolling 7 days by sms, else drop`
    Cap {
        /// How many, in which window.
        limit: Limit,
        /// `marketing`; missing means all purposes.
        purpose: Option<Name>,
        /// `by sms, push`; empty means all channels.
        channels: Vec<Name>,
        /// What happens over it.
        over: Over,
    },
    /// `at least 4 hours between marketing messages, else hold up to 1 day, then drop`
    Gap {
        /// How long.
        gap: Expr,
        /// `marketing`; missing means all purposes.
        purpose: Option<Name>,
        /// `by sms`; empty means all channels.
        channels: Vec<Name>,
        /// What happens under it.
        over: Over,
    },
    /// `quiet from 21:00 to 08:00 by sms, push, else hold`
    Quiet {
        /// First minute.
        from: Expr,
        /// First minute after.
        to: Expr,
        /// `by …`; empty means all channels.
        channels: Vec<Name>,
        /// What happens inside.
        over: Over,
    },
    /// `deliver from 09:00 to 17:00 on weekdays by email, else hold`
    Deliver {
        /// First minute.
        from: Expr,
        /// First minute after.
        to: Expr,
        /// `on weekdays [in fr]`, `on monday, tuesday`; empty means every day.
        days: Vec<Name>,
        /// `in fr`
        calendar: Option<Name>,
        /// `by …`; empty means all channels.
        channels: Vec<Name>,
        /// What happens outside.
        over: Over,
    },
    /// `require @owner, @campaign on journey`
    Annotations {
        /// The facets.
        facets: Vec<Name>,
        /// `journey`, `message`, `offer`.
        on: Name,
    },
    /// `a run lasts at most 90 days`
    Lasts(Expr),
}

/// `else drop`, `else hold`, `else hold up to 2 days, then drop`
#[derive(Debug, Clone, PartialEq)]
pub enum Over {
    /// Refuse.
    Drop,
    /// Wait, as long as it takes or at most so long.
    Hold(Option<Expr>),
}

// ---------------------------------------------------------------------------------------------- the rest of the declarations

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

// ---------------------------------------------------------------------------------------------- journeys

/// `journey J(params) { header steps }`
#[derive(Debug, Clone, PartialEq)]
pub struct Journey {
    /// Its name.
    pub name: Name,
    /// What a hand-off brings.
    pub params: Vec<Param>,
    /// The header, in order.
    pub header: Vec<Clause>,
    /// A header clause could not be read: nobody may say that one is missing.
    pub header_broken: bool,
    /// The steps.
    pub body: Block,
}

/// A clause of a header or of a stage.
#[derive(Debug, Clone, PartialEq)]
pub struct Clause {
    /// The whole.
    pub span: Span,
    /// What it says.
    pub kind: ClauseKind,
}

/// `cart_updated for this cart by basket as cart where cond`, `message_clicked of reminder`
#[derive(Debug, Clone, PartialEq)]
pub struct EventRef {
    /// The whole.
    pub span: Span,
    /// The event.
    pub event: Name,
    /// `for this cart`, `for any cart`
    pub scope: Option<Scope>,
    /// `of reminder`
    pub of: Option<Name>,
    /// `as cart`
    pub alias: Option<Name>,
    /// `where cond`
    pub condition: Option<Expr>,
}

/// Whom an event means.
#[derive(Debug, Clone, PartialEq)]
pub struct Scope {
    /// `this` (the run whose key it carries) or `any` (every run of the customer).
    pub any: bool,
    /// The word after it: the trigger's alias.
    pub what: Name,
    /// `by other_field`
    pub by: Option<Name>,
    /// The whole.
    pub span: Span,
}

/// The kinds of clauses.
#[derive(Debug, Clone, PartialEq)]
pub enum ClauseKind {
    /// `trigger …`
    Trigger(Trigger),
    /// `only if cond`
    OnlyIf(Expr),
    /// `one run per cart.cart_id, at most 10 at once`
    OneRun {
        /// `cart.cart_id`
        key: Path,
        /// `at most n at once`
        at_once: Option<u32>,
    },
    /// `re-entry …`
    ReEntry(ReEntry),
    /// `start over on …`
    StartOver(EventRef),
    /// `update x on …`
    Update {
        /// The alias whose fields are replaced.
        alias: Name,
        /// By what.
        event: EventRef,
    },
    /// `goal on … within D of entry [continue]`
    Goal {
        /// The desired result.
        event: EventRef,
        /// `within D of entry`
        within: Option<Expr>,
        /// `continue`
        go_on: bool,
    },
    /// `exit …`
    Exit {
        /// `for good`
        for_good: bool,
        /// On what.
        on: Occasion,
    },
    /// `pause while cond, at most D, then exit`
    Pause {
        /// `while cond`, or `on E` …
        on: Occasion,
        /// … `until F`
        until: Option<EventRef>,
        /// `at most D`
        at_most: Option<Expr>,
        /// `then exit` (`true`) or `then go on`
        then_exit: Option<bool>,
    },
    /// `meanwhile hold P` / `meanwhile drop P`
    Meanwhile {
        /// `hold`, else `drop`.
        hold: bool,
        /// The purpose.
        purpose: Name,
    },
    /// `priority n`
    Priority(Expr),
    /// `from date to date`
    Between(DateRange),
    /// `rollout 5 percent`
    Rollout(Expr),
    /// `on leaving { … }`
    OnLeaving(Block),
}

/// An event or a condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Occasion {
    /// `on E …`
    Event(EventRef),
    /// `when cond`, `while cond`
    Condition(Expr),
}

/// What starts a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Trigger {
    /// `on E as x where cond`
    Event(EventRef),
    /// `when enters S`
    Enters(Name),
    /// `when leaves S`
    Leaves(Name),
    /// `when cond`
    Condition(Expr),
    /// `every monday at 09:00 in "UTC" for S`
    Every {
        /// `monday` … `sunday`, `day`, `weekday`, `month`
        unit: Name,
        /// `on 31`, after `month`
        day: Option<u32>,
        /// `in fr`: whose holidays are no weekdays.
        calendar: Option<Name>,
        /// `at 09:00`
        at: Expr,
        /// `in "UTC"`
        zone: Option<Text>,
        /// `for S`
        segment: Option<Name>,
    },
    /// `on profile.birthday at 09:00`
    Date {
        /// `profile.birthday`
        date: Expr,
        /// `at 09:00`
        at: Expr,
        /// `in "UTC"`
        zone: Option<Text>,
    },
    /// `from J`: only by hand-off.
    HandOff(Name),
}

/// May someone who was in come in again.
#[derive(Debug, Clone, PartialEq)]
pub enum ReEntry {
    /// `never [remember 200]`
    Never {
        /// How many keys are kept.
        remember: Option<u32>,
    },
    /// `after finishing`
    AfterFinishing,
    /// `D after entry`, `D after exit`
    After {
        /// How long.
        duration: Expr,
        /// After `exit`, else after entry.
        exit: bool,
    },
}

/// `{ … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// With its braces.
    pub span: Span,
    /// The steps.
    pub steps: Vec<Step>,
}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// From its first annotation to its end.
    pub span: Span,
    /// Its own, beyond the journey's.
    pub annotations: Vec<Annotation>,
    /// What it does.
    pub kind: StepKind,
}

/// The kinds of steps.
#[derive(Debug, Clone, PartialEq)]
pub enum StepKind {
    /// `wait 2 hours`, `wait 2 weekdays in fr`
    Wait {
        /// How long.
        duration: Expr,
        /// `in fr`, with weekdays.
        calendar: Option<Name>,
    },
    /// `wait until …`
    WaitUntil {
        /// Until when.
        until: Until,
        /// What happens when that is past.
        past: Option<Past>,
        /// `wait until M { … } else { … }`: what follows when it is not.
        then: Option<Block>,
    },
    /// `wait up to 24 hours { on … when … else … }`
    WaitFor {
        /// A duration or a moment.
        limit: Expr,
        /// In order.
        arms: Vec<Arm>,
        /// The time-out; required (checked later).
        otherwise: Option<Block>,
    },
    /// `if c {} else if {} else {}`
    If {
        /// Condition and block, in order.
        arms: Vec<(Expr, Block)>,
        /// `else`
        otherwise: Option<Block>,
    },
    /// `branch on x { a {} b, c {} else {} }`
    BranchOn {
        /// The value.
        on: Expr,
        /// Cases and block, in order.
        arms: Vec<(Vec<Case>, Block)>,
        /// `else`
        otherwise: Option<Block>,
    },
    /// `branch { when c {} else {} }`
    Branch {
        /// Condition and block, in order.
        arms: Vec<(Expr, Block)>,
        /// `else`
        otherwise: Option<Block>,
    },
    /// `experiment N { variant a 45 percent {} holdout 10 percent }`
    Experiment {
        /// Its name.
        name: Name,
        /// In order.
        arms: Vec<ExperimentArm>,
    },
    /// `next best action { from offers @facet path  rank by …  else {} }`
    NextBest {
        /// `from offers @product services` — empty means all offers.
        from: Vec<Annotation>,
        /// `from offers a, b`: by name.
        offers: Vec<Name>,
        /// `rank by …`
        rank: Option<Expr>,
        /// `else {}`
        otherwise: Option<Block>,
    },
    /// `send M(inputs) by push, else email as mail { sent {} else {} }`
    Send(Send),
    /// `set profile.x = …`
    Set {
        /// `profile.x`
        target: Path,
        /// To what.
        value: Expr,
    },
    /// `emit e { … }`
    Emit {
        /// The event.
        event: Name,
        /// Its fields.
        fields: Vec<FieldValue>,
    },
    /// `call W(inputs) as r { … } else { … }`
    Call {
        /// The webhook.
        webhook: Name,
        /// Its inputs.
        args: Vec<Arg>,
        /// `as r`
        alias: Option<Name>,
        /// When it answers.
        then: Option<Block>,
        /// When it does not.
        otherwise: Option<Block>,
    },
    /// `task for team "text" due in D { done {} else {} }`
    Task {
        /// Whose.
        team: Name,
        /// What.
        text: Text,
        /// `due in D`
        due: Option<Expr>,
        /// `done {}`
        done: Option<Block>,
        /// `else {}`
        otherwise: Option<Block>,
    },
    /// `repeat up to 3 times { … }`
    Repeat {
        /// How often at most.
        times: u32,
        /// The body.
        body: Block,
    },
    /// `stop repeating`
    StopRepeating,
    /// `collect E as items for 1 hour, at most 50`
    Collect {
        /// What.
        event: EventRef,
        /// Under which name (also in `event.alias`).
        alias: Name,
        /// `for 1 hour`
        window: Expr,
        /// `at most 50`
        at_most: Option<u32>,
    },
    /// `stage nurture { clauses steps }`
    Stage {
        /// Its name.
        name: Name,
        /// `exit`, `pause`, `meanwhile`.
        clauses: Vec<Clause>,
        /// The steps.
        body: Block,
    },
    /// `finish`, `finish as "label"`
    Finish(Option<Text>),
    /// `go to J(args)`
    GoTo {
        /// The journey.
        journey: Name,
        /// Its parameters.
        args: Vec<Arg>,
    },
    /// Could not be read; reported.
    Broken,
}

/// What a `wait until` waits for.
#[derive(Debug, Clone, PartialEq)]
pub enum Until {
    /// `09:00 [in "Europe/Paris"]`
    Clock {
        /// The time of day.
        at: Expr,
        /// In another zone than the customer's: a text or `profile.zone`.
        zone: Option<Expr>,
    },
    /// `monday at 09:00`, `weekday in fr at 09:00 in "Europe/Paris"`
    Day {
        /// `monday` … `sunday`, `day`, `weekday`.
        day: Name,
        /// `in fr` after `weekday`
        calendar: Option<Name>,
        /// The time of day.
        at: Expr,
        /// In another zone than the customer's.
        zone: Option<Expr>,
    },
    /// `renewal - 10 days at 09:00 in "Europe/Paris"`, `now + 3 days`
    Moment(Expr),
}

/// What happens when a moment is already past.
#[derive(Debug, Clone, PartialEq)]
pub enum Past {
    /// `else continue`
    Continue,
    /// `else finish [as "label"]`
    Finish(Option<Text>),
    /// `else { … }`
    Block(Block),
}

/// An arm of `wait up to`.
#[derive(Debug, Clone, PartialEq)]
pub struct Arm {
    /// The whole.
    pub span: Span,
    /// `on E …` or `when c`.
    pub on: Occasion,
    /// `when c becomes true`
    pub becomes: bool,
    /// What follows.
    pub body: Block,
}

/// A case of `branch on`.
#[derive(Debug, Clone, PartialEq)]
pub enum Case {
    /// A word or path: an enum's value, a node, `true`, `false`.
    Path(Path),
    /// A number or text.
    Value(Expr),
}

/// An arm of an experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct ExperimentArm {
    /// The whole.
    pub span: Span,
    /// `holdout` instead of `variant a`.
    pub holdout: bool,
    /// `a`; `holdout` for the holdout.
    pub name: Name,
    /// `45 percent`
    pub share: Expr,
    /// `{ … }`; only the holdout may do without.
    pub body: Option<Block>,
}

/// `send M(inputs) by push, else email as mail { sent {} else {} }`
#[derive(Debug, Clone, PartialEq)]
pub struct Send {
    /// The message.
    pub message: Name,
    /// Its inputs.
    pub args: Vec<Arg>,
    /// `by push, else email`: at least one.
    pub channels: Vec<Name>,
    /// `as mail`
    pub alias: Option<Name>,
    /// `sent {}`
    pub sent: Option<Block>,
    /// `else {}`
    pub otherwise: Option<Block>,
}

/// An argument: `cart`, `cart: basket`, `amount: 20 EUR`
#[derive(Debug, Clone, PartialEq)]
pub struct Arg {
    /// `name:`; when missing, by the value's name or by position.
    pub name: Option<Name>,
    /// The value.
    pub value: Expr,
}

/// `field: value`
#[derive(Debug, Clone, PartialEq)]
pub struct FieldValue {
    /// The field.
    pub name: Name,
    /// The value.
    pub value: Expr,
}

// ---------------------------------------------------------------------------------------------- expressions

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// The whole.
    pub span: Span,
    /// What it is.
    pub kind: ExprKind,
}

/// The kinds of expressions.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// `true`, `false`
    Bool(bool),
    /// `3`, `3.5`, as written; `_` may group digits.
    Number(String),
    /// `2 hours`, `45 percent`, `20 EUR`, `2 weekdays`: the unit is one word after a number.
    Quantity(String, Name),
    /// `"…"`
    Text(String),
    /// `2026-03-01`, checked later to be a day that exists.
    Date(String),
    /// `09:00`, `09:00:30`
    Time(String),
    /// `a`, `a.b`, `profile.x`
    Path(Path),
    /// `now`
    Now,
    /// `today`
    Today,
    /// `[a, b]`
    List(Vec<Expr>),
    /// `{ a: 1 }`, in tests and for lists of records.
    Record(Vec<FieldValue>),
    /// `not x`
    Not(Box<Expr>),
    /// `-x`
    Negate(Box<Expr>),
    /// `(x)`; kept, since it answers whether `and` and `or` were told apart.
    Paren(Box<Expr>),
    /// `a op b`; `op_span` is the operator's place.
    Binary {
        /// Which.
        op: BinaryOp,
        /// Where.
        op_span: Span,
        /// Left.
        left: Box<Expr>,
        /// Right.
        right: Box<Expr>,
    },
    /// `x between a and b`
    Between {
        /// What.
        value: Box<Expr>,
        /// Least.
        low: Box<Expr>,
        /// Most.
        high: Box<Expr>,
    },
    /// `x is known`, `x is missing`
    IsKnown {
        /// What.
        value: Box<Expr>,
        /// `is known`, else `is missing`.
        known: bool,
    },
    /// `today is weekday in fr`, `today is monday`, `today is not weekday`
    IsDay {
        /// A date.
        value: Box<Expr>,
        /// `weekday`, `weekend`, `monday` …
        day: Name,
        /// `in fr`
        calendar: Option<Name>,
        /// `is not`
        negated: bool,
    },
    /// `in loyal`: the customer is in that segment.
    InSegment(Name),
    /// `d at 09:00 [in "Europe/Paris"]`
    At {
        /// A date, or a moment whose date is taken.
        date: Box<Expr>,
        /// The time of day.
        time: Box<Expr>,
        /// In another zone than the customer's.
        zone: Option<Box<Expr>>,
    },
    /// `c for 7 days`: has held without a break.
    Held {
        /// What.
        condition: Box<Expr>,
        /// How long.
        duration: Box<Expr>,
    },
    /// `count(E where c in last 30 days by day)`, `sum(E.field by day in last 90 days)`, `last(E)`, `first(E)`,
    /// and of lists: `any/all/count/sum(items where c)`. Which it is, event or list, is decided by the name.
    Query {
        /// Which.
        function: Name,
        /// `E`, `E.field`, `items`, `cart.items`, `cart.items.price`
        of: Path,
        /// `where c`
        condition: Option<Box<Expr>>,
        /// `in last D`
        window: Option<Box<Expr>>,
        /// `by day`
        by_day: bool,
    },
    /// `last(order_completed).total`: a field of a query's result.
    Field(Box<Expr>, Name),
    /// Could not be read; reported.
    Broken,
}

/// Operators with two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `or`
    Or,
    /// `and`
    And,
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
    /// `in`
    In,
    /// `not in`
    NotIn,
    /// `contains`
    Contains,
    /// `starts with`
    StartsWith,
    /// `otherwise`
    Otherwise,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
}

impl BinaryOp {
    /// As written.
    pub fn text(self) -> &'static str {
        match self {
            BinaryOp::Or => "or",
            BinaryOp::And => "and",
            BinaryOp::Equal => "==",
            BinaryOp::NotEqual => "!=",
            BinaryOp::Less => "<",
            BinaryOp::LessEqual => "<=",
            BinaryOp::Greater => ">",
            BinaryOp::GreaterEqual => ">=",
            BinaryOp::In => "in",
            BinaryOp::NotIn => "not in",
            BinaryOp::Contains => "contains",
            BinaryOp::StartsWith => "starts with",
            BinaryOp::Otherwise => "otherwise",
            BinaryOp::Add => "+",
            BinaryOp::Subtract => "-",
            BinaryOp::Multiply => "*",
            BinaryOp::Divide => "/",
        }
    }
}

// ---------------------------------------------------------------------------------------------- tests

/// `test "…" { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// What it says.
    pub title: Text,
    /// In order.
    pub items: Vec<TestItem>,
}

/// A line of a test.
#[derive(Debug, Clone, PartialEq)]
pub struct TestItem {
    /// The whole.
    pub span: Span,
    /// What it says.
    pub kind: TestKind,
}

/// The kinds of lines of a test.
#[derive(Debug, Clone, PartialEq)]
pub enum TestKind {
    /// `customer ana { email: "…", consents: [marketing] }`
    Customer(Name, Vec<TestField>),
    /// `at 2026-03-01 10:00 [in "UTC"]`
    At {
        /// The day.
        date: Expr,
        /// The time of day.
        time: Expr,
        /// `in "UTC"`
        zone: Option<Text>,
    },
    /// `after 30 minutes`
    After(Expr),
    /// `ana does E { … } [of M] [as id "m1"]`
    Does {
        /// Who.
        who: Name,
        /// The event.
        event: Name,
        /// `of cart_reminder`: a receipt for the latest send of that message.
        of: Option<Name>,
        /// Its fields.
        fields: Vec<FieldValue>,
        /// `as id "m1"`
        id: Option<Text>,
    },
    /// `ana does raw E { json }`: through the decoder, unchecked. `json` is the text with its braces.
    DoesRaw {
        /// Who.
        who: Name,
        /// The event's name, declared or not, or its wire name in quotes.
        event: Text,
        /// The properties.
        json: Text,
        /// `as id "m1"`
        id: Option<Text>,
    },
    /// `everyone sees E { … }`
    Everyone {
        /// The event.
        event: Name,
        /// Its fields.
        fields: Vec<FieldValue>,
    },
    /// `ana becomes { tier: gold }`; a value `missing` (a plain path) forgets the field.
    Becomes(Name, Vec<FieldValue>),
    /// `ana withdraws marketing by sms`, `ana grants marketing`
    Consent {
        /// Who.
        who: Name,
        /// `grants`, else `withdraws`.
        grants: bool,
        /// The purpose.
        purpose: Name,
        /// `by sms`; missing is every channel.
        channel: Option<Name>,
    },
    /// `W fails [twice | 3 times]`: the next calls of W get no answer.
    WebhookFails {
        /// The webhook.
        webhook: Name,
        /// How often; missing is always.
        times: Option<u32>,
    },
    /// `W gives { … }`: what the next calls of W answer.
    WebhookGives(Name, Vec<FieldValue>),
    /// `sales completes "Offer help" for ana`
    Completes {
        /// The team.
        team: Name,
        /// The task's text.
        text: Text,
        /// Who the task is about.
        who: Name,
    },
    /// `expect …`
    Expect(Expect),
    /// Could not be read; reported.
    Broken,
}

/// `email: "…"`, `consents: [marketing, service by email]`
#[derive(Debug, Clone, PartialEq)]
pub enum TestField {
    /// A profile field.
    Value(FieldValue),
    /// `consents: [ … ]`: purpose and channel.
    Consents(Vec<(Name, Option<Name>)>),
}

/// What a test expects.
#[derive(Debug, Clone, PartialEq)]
pub enum Expect {
    /// `ana receives M [by email] [at …] [with { … }]`
    Receives {
        /// Who.
        who: Name,
        /// The message.
        message: Name,
        /// `by email`
        channel: Option<Name>,
        /// `at 2026-05-04 09:00 [in "UTC"]` or `at 09:00`
        at: Option<TestMoment>,
        /// `with { … }`: inputs that must be so.
        with: Vec<FieldValue>,
    },
    /// `ana receives nothing [from J]`
    Nothing {
        /// Who.
        who: Name,
        /// The journey.
        from: Option<Name>,
    },
    /// `ana is waiting in J [at stage]`
    Waiting {
        /// Who.
        who: Name,
        /// The journey.
        journey: Name,
        /// The stage.
        at: Option<Name>,
    },
    /// `ana is not in J`
    NotIn {
        /// Who.
        who: Name,
        /// The journey.
        journey: Name,
    },
    /// `ana enters J [at …]`
    Enters {
        /// Who.
        who: Name,
        /// The journey.
        journey: Name,
        /// When.
        at: Option<TestMoment>,
    },
    /// `ana leaves J at goal | exit | end | "label" [at …]`
    Leaves {
        /// Who.
        who: Name,
        /// The journey.
        journey: Name,
        /// `goal`, `exit`, `end`, or a label.
        how: LeaveHow,
        /// When: `at 2026-…` after the way.
        at: Option<TestMoment>,
    },
    /// `ana converts in J [at …]`
    Converts {
        /// Who.
        who: Name,
        /// The journey.
        journey: Name,
        /// When.
        at: Option<TestMoment>,
    },
    /// `ana is refused M [by sms] because capped [at …]`
    Refused {
        /// Who.
        who: Name,
        /// The message.
        message: Name,
        /// `by sms`
        channel: Option<Name>,
        /// The reason's words: `capped`, `no consent`, `already in`.
        reason: Text,
        /// When.
        at: Option<TestMoment>,
    },
    /// `ana is refused entry to J because already in`
    RefusedEntry {
        /// Who.
        who: Name,
        /// The journey.
        journey: Name,
        /// The reason's words.
        reason: Text,
    },
    /// `task for sales ["text"] [at …]`
    Task {
        /// The team.
        team: Name,
        /// The text.
        text: Option<Text>,
        /// When.
        at: Option<TestMoment>,
    },
    /// `profile of ana { … }`
    Profile {
        /// Who.
        who: Name,
        /// Fields that must be so.
        fields: Vec<FieldValue>,
    },
    /// `ana emits E [with { … }]`
    Emits {
        /// Who.
        who: Name,
        /// The event.
        event: Name,
        /// Fields that must be so.
        with: Vec<FieldValue>,
    },
    /// `rejected because …`: an input went to the dead letters; the words stand in its reason.
    Rejected(Text),
}

/// How a run was left.
#[derive(Debug, Clone, PartialEq)]
pub enum LeaveHow {
    /// `goal`, `exit`, `end`
    Word(Name),
    /// `"label"`
    Label(Text),
}

/// `2026-05-04 09:00 in "UTC"`, `09:00`
#[derive(Debug, Clone, PartialEq)]
pub struct TestMoment {
    /// The whole.
    pub span: Span,
    /// The day; missing is the present one.
    pub date: Option<Expr>,
    /// The time of day.
    pub time: Expr,
    /// `in "UTC"`; missing is the customer's zone.
    pub zone: Option<Text>,
}
