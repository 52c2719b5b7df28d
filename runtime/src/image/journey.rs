//! Journeys: headers, instructions, places.

use super::*;

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
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// Rules that concern it, indices into [`Image::rules`]: gaps and caps first, then quiet hours and delivery windows, each group in
    /// order of declaration.
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
