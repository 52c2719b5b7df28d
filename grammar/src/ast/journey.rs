//! Journeys: headers and steps.

use super::*;

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
