//! What comes in, and what goes out of a step.

use crate::image::Word;

/// One input of one customer.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// The stamp: never before the customer's previous one. Milliseconds since 1970 UTC. See [`stamp`].
    pub seen: i64,
    /// What it is.
    pub kind: InputKind,
}

/// The kinds of inputs. Words of texts are indices into the pool of the shard.
#[derive(Debug, Clone, PartialEq)]
pub enum InputKind {
    /// An event of a journey's interest.
    Event {
        /// Index into the image's events.
        event: u16,
        /// Its own time.
        happened_at: i64,
        /// A hash of its message id; none when the source gives no id (then it is never a repetition).
        id: Option<u64>,
        /// A word for each field of the event.
        row: Vec<Word>,
    },
    /// What becomes known of the customer: `(profile field, word)`; [`crate::image::MISSING`] forgets.
    Profile {
        /// A hash of its message id.
        id: Option<u64>,
        /// The changes.
        changes: Vec<(u16, Word)>,
    },
    /// Yes or no to a purpose, on one channel or all.
    Consent {
        /// Index of the purpose.
        purpose: u16,
        /// Index of the channel; none is all.
        channel: Option<u16>,
        /// Yes, else no.
        granted: bool,
    },
    /// The answer of a call; `answer` none: it failed for good.
    Answer {
        /// The call's effect id.
        call: u128,
        /// A word for each field that the webhook gives.
        answer: Option<Vec<Word>>,
    },
    /// A task is done.
    TaskDone {
        /// The task's effect id.
        task: u128,
    },
}

/// The stamp of an input: the latest of its own time, its time of receipt, and the customer's previous stamp.
pub fn stamp(happened_at: i64, received_at: Option<i64>, previous: i64) -> i64 {
    happened_at.max(received_at.unwrap_or(i64::MIN)).max(previous)
}

/// An own time more than this after the receipt is bad input. Milliseconds.
pub const AHEAD_LIMIT: i64 = 3_600_000;

/// A value with its type, for output; owns its text.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Not known.
    Missing,
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Number(f64),
    /// A fraction.
    Percent(f64),
    /// Millionths, and the currency.
    Money(i64, String),
    /// Text; also a zone's name.
    Text(String),
    /// Milliseconds.
    Duration(i64),
    /// Days since 1970.
    Date(i64),
    /// Milliseconds of the day.
    Time(i64),
    /// Milliseconds since 1970.
    Moment(i64),
    /// The value of a `one of`, or the path of a facet's node.
    Name(String),
    /// Members.
    List(Vec<Value>),
    /// Fields of a member.
    Record(Vec<(String, Value)>),
}

/// What a step has decided: one line of the story, and of the effects file.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// When. Milliseconds since 1970 UTC.
    pub time: i64,
    /// Which journey (index); none for what concerns no journey.
    pub journey: Option<u16>,
    /// Which run of the customer in that journey: 1 for the first entry, and so on; 0 when there is none.
    pub run: u32,
    /// Which step (index into the journey's steps).
    pub step: Option<u16>,
    /// Stable over replays; none for what is only told.
    pub id: Option<u128>,
    /// What.
    pub kind: EffectKind,
}

/// The kinds of effects. Indices point into the image.
#[derive(Debug, Clone, PartialEq)]
pub enum EffectKind {
    /// A run began. With its key.
    Entered {
        /// What tells it apart.
        key: Option<Value>,
        /// It was handed off by this journey.
        from: Option<u16>,
        /// An alive run with that key took the hand-off.
        joined: bool,
    },
    /// A run began again from the top.
    StartedOver,
    /// A run's context was replaced.
    Updated,
    /// Somebody was not let in.
    EntryRefused {
        /// What would have told it apart.
        key: Option<Value>,
        /// Why.
        reason: Reason,
    },
    /// An arm of an experiment fell to a run.
    Assigned {
        /// The experiment's name, of [`crate::image::Image::texts`].
        experiment: crate::image::TextId,
        /// The arm's name, likewise.
        arm: crate::image::TextId,
    },
    /// The goal was reached: a conversion. At most once a run.
    Converted,
    /// A run ended.
    Left {
        /// How.
        how: LeaveHow,
    },
    /// A message was handed over.
    Sent {
        /// Which.
        message: u16,
        /// By which channel.
        channel: u16,
        /// `th-TH`; empty for the default rendering.
        locale: String,
        /// For which offer.
        offer: Option<u16>,
        /// Inputs and their values.
        inputs: Vec<(String, Value)>,
    },
    /// One channel did not take a message.
    Refused {
        /// Which.
        message: u16,
        /// By which channel.
        channel: u16,
        /// Why.
        reason: Reason,
        /// In words, with numbers and names: `at most 3 marketing messages per rolling 7 days (contact_pressure)`.
        detail: String,
    },
    /// A message waits.
    Held {
        /// Which.
        message: u16,
        /// By which channel.
        channel: u16,
        /// Why.
        reason: Reason,
        /// When it is tried again, if that is known.
        until: Option<i64>,
        /// In words.
        detail: String,
    },
    /// A profile field was set.
    Set {
        /// The profile field.
        field: u16,
        /// Its value.
        value: Value,
    },
    /// An event was made.
    Emitted {
        /// Which.
        event: u16,
        /// Its fields.
        fields: Vec<(String, Value)>,
    },
    /// A call was asked for.
    Called {
        /// Which.
        webhook: u16,
        /// Its inputs.
        inputs: Vec<(String, Value)>,
    },
    /// Work was given to people.
    Tasked {
        /// Which team.
        team: u16,
        /// What.
        text: String,
        /// When it is due.
        due: Option<i64>,
    },
    /// A run that stood before an effect was stopped by a pause.
    Paused {
        /// The clause.
        reason: String,
    },
    /// It goes on.
    Resumed,
    /// An input could not be used.
    Rejected {
        /// The event or call it came as.
        contract: String,
        /// Which field.
        field: Option<String>,
        /// Why, in words.
        reason: String,
    },
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeaveHow {
    /// At a goal, converting now or before.
    Goal,
    /// At a goal after its time.
    LateGoal,
    /// By an exit clause, in its words.
    Exit(String),
    /// A pause lasted too long.
    PauseTooLong,
    /// Longer than a policy allows.
    TooLong,
    /// After the last step, or at `finish`.
    End,
    /// At `finish as "label"`.
    Label(String),
    /// Handed off to a journey.
    HandedOff(u16),
    /// It used up its fuel in one instant: a defect of the program, reported.
    OutOfFuel,
}

/// Why something was refused or held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// A run with the key is alive.
    AlreadyIn,
    /// `re-entry` does not allow it (yet).
    ReEntry,
    /// `exit for good` has barred the key.
    Barred,
    /// More runs at once than allowed.
    TooManyRuns,
    /// `only if` does not hold.
    OnlyIf,
    /// Outside `from … to …` of the journey.
    OutsideDates,
    /// Not in the rollout's share.
    NotInRollout,
    /// The key is missing.
    NoKey,
    /// The message is not valid on this date.
    NotValid,
    /// Consent was refused or withdrawn, or was never given.
    NoConsent,
    /// The address is not known.
    NotReachable,
    /// Another journey of the customer holds or drops this purpose meanwhile.
    Meanwhile,
    /// A cap.
    Capped,
    /// Too soon after another.
    TooSoon,
    /// Quiet hours.
    QuietHours,
    /// Outside a delivery window.
    OutsideHours,
}

impl Reason {
    /// Why somebody is not let in.
    pub const ENTRY: &[Reason] = Reason::ALL.split_at(8).0;
    /// Why a message is not handed over.
    pub const SENDING: &[Reason] = Reason::ALL.split_at(8).1;
    /// All of them, each at its number.
    pub const ALL: [Reason; 16] = [
        Reason::AlreadyIn,
        Reason::ReEntry,
        Reason::Barred,
        Reason::TooManyRuns,
        Reason::OnlyIf,
        Reason::OutsideDates,
        Reason::NotInRollout,
        Reason::NoKey,
        Reason::NotValid,
        Reason::NoConsent,
        Reason::NotReachable,
        Reason::Meanwhile,
        Reason::Capped,
        Reason::TooSoon,
        Reason::QuietHours,
        Reason::OutsideHours,
    ];

    /// As tests and reports say it.
    pub fn words(self) -> &'static str {
        match self {
            Reason::AlreadyIn => "already in",
            Reason::ReEntry => "re-entry",
            Reason::Barred => "barred for good",
            Reason::TooManyRuns => "too many runs",
            Reason::OnlyIf => "only if",
            Reason::OutsideDates => "outside dates",
            Reason::NotInRollout => "not in rollout",
            Reason::NoKey => "no key",
            Reason::NotValid => "not valid",
            Reason::NoConsent => "no consent",
            Reason::NotReachable => "not reachable",
            Reason::Meanwhile => "meanwhile",
            Reason::Capped => "capped",
            Reason::TooSoon => "too soon",
            Reason::QuietHours => "quiet hours",
            Reason::OutsideHours => "outside hours",
        }
    }
}

/// Where a step's results go. The unit type throws everything away.
pub trait Sink {
    /// Whether [`Sink::told`] wants to be called; when not, nothing is worked out for it.
    const TELLS: bool = false;
    /// Whether [`Sink::passed`] wants to be called.
    const PASSES: bool = Self::TELLS;
    /// An effect.
    fn effect(&mut self, effect: Effect);
    /// A decision in words, for traces: what was decided and why not otherwise.
    fn told(&mut self, _time: i64, _journey: Option<u16>, _run: u32, _step: Option<u16>, _text: String) {}
    /// A run of this journey, by its number, passed this instruction: for coverage, and for whoever follows runs.
    fn passed(&mut self, _journey: u16, _run: u32, _pc: u32) {}
}

impl Sink for Vec<Effect> {
    fn effect(&mut self, effect: Effect) {
        self.push(effect);
    }
}

impl Sink for () {
    fn effect(&mut self, _: Effect) {}
}
