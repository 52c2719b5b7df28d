//! Journeys: headers and steps.

use super::*;

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
        /// Where the cases of each arm stand.
        at: Vec<Vec<Span>>,
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

impl StepKind {
    /// Whether it makes an effect: what a pause stops before, and a rule may hold.
    pub fn is_effect(&self) -> bool {
        matches!(
            self,
            StepKind::Send(_)
                | StepKind::Set { .. }
                | StepKind::Emit { .. }
                | StepKind::Call { .. }
                | StepKind::Task { .. }
                | StepKind::GoTo { .. }
        )
    }

    /// The blocks of steps inside this one, in order.
    pub fn blocks(&self) -> Vec<&[Step]> {
        let mut all: Vec<&[Step]> = Vec::new();
        match self {
            StepKind::WaitUntil { past, then, .. } => {
                all.push(then);
                if let Some(Past::Steps(steps)) = past {
                    all.push(steps);
                }
            }
            StepKind::WaitFor { arms, otherwise, .. } => {
                all.extend(arms.iter().map(|a| a.body.as_slice()));
                all.push(otherwise);
            }
            StepKind::If { arms, otherwise, .. } => {
                all.extend(arms.iter().map(|(_, steps)| steps.as_slice()));
                all.push(otherwise);
            }
            StepKind::BranchOn { arms, otherwise, .. } => {
                all.extend(arms.iter().map(|(_, steps)| steps.as_slice()));
                all.extend(otherwise.as_deref());
            }
            StepKind::Experiment { arms, .. } => all.extend(arms.iter().map(|(_, _, steps)| steps.as_slice())),
            StepKind::NextBest { otherwise, .. } => all.push(otherwise),
            StepKind::Send(Send { outcome: Some((one, other)), .. })
            | StepKind::Task { outcome: Some((one, other)), .. }
            | StepKind::Call { then: one, otherwise: other, .. } => all.extend([one.as_slice(), other.as_slice()]),
            StepKind::Repeat { body, .. } | StepKind::Stage { body, .. } => all.push(body),
            StepKind::Wait(_)
            | StepKind::Send(_)
            | StepKind::Set { .. }
            | StepKind::Emit { .. }
            | StepKind::Task { .. }
            | StepKind::StopRepeating
            | StepKind::Collect { .. }
            | StepKind::Finish(_)
            | StepKind::GoTo { .. } => {}
        }
        all
    }

    /// Likewise, to change them.
    pub fn blocks_mut(&mut self) -> Vec<&mut Vec<Step>> {
        let mut all: Vec<&mut Vec<Step>> = Vec::new();
        match self {
            StepKind::WaitUntil { past, then, .. } => {
                all.push(then);
                if let Some(Past::Steps(steps)) = past {
                    all.push(steps);
                }
            }
            StepKind::WaitFor { arms, otherwise, .. } => {
                all.extend(arms.iter_mut().map(|a| &mut a.body));
                all.push(otherwise);
            }
            StepKind::If { arms, otherwise, .. } => {
                all.extend(arms.iter_mut().map(|(_, steps)| steps));
                all.push(otherwise);
            }
            StepKind::BranchOn { arms, otherwise, .. } => {
                all.extend(arms.iter_mut().map(|(_, steps)| steps));
                all.extend(otherwise.as_mut());
            }
            StepKind::Experiment { arms, .. } => all.extend(arms.iter_mut().map(|(_, _, steps)| steps)),
            StepKind::NextBest { otherwise, .. } => all.push(otherwise),
            StepKind::Send(Send { outcome: Some((one, other)), .. })
            | StepKind::Task { outcome: Some((one, other)), .. }
            | StepKind::Call { then: one, otherwise: other, .. } => all.extend([one, other]),
            StepKind::Repeat { body, .. } | StepKind::Stage { body, .. } => all.push(body),
            StepKind::Wait(_)
            | StepKind::Send(_)
            | StepKind::Set { .. }
            | StepKind::Emit { .. }
            | StepKind::Task { .. }
            | StepKind::StopRepeating
            | StepKind::Collect { .. }
            | StepKind::Finish(_)
            | StepKind::GoTo { .. } => {}
        }
        all
    }
}

/// Calls `f` on every step, those inside others after them.
pub fn each_step<'s>(steps: &'s [Step], f: &mut dyn FnMut(&'s Step)) {
    for step in steps {
        f(step);
        for inner in step.kind.blocks() {
            each_step(inner, f);
        }
    }
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
