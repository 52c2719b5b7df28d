//! Tests.

use super::*;

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
