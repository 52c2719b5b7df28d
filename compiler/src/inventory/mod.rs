//! What a project reads and writes, by which journey, where and why; and what it declares that nobody uses.
//!
//! A journey reads what its own words name, and what is named by the segments it looks into, the messages it sends, the offers it
//! may choose, the channels it sends by and the policies that concern its sends. So every use belongs to a journey, has a place in
//! it, and says through what it came.

mod read;
mod unused;
mod walk;

pub use unused::Unused;

use crate::hir::{
    ChannelId, EventId, ExprKind, Field, FieldId, HAPPENED_AT, JourneyId, Length, MessageId, OfferId, PolicyId,
    Program, PurposeId, SegmentId, TeamId, Ty, WebhookId,
};
use journey_grammar::span::Span;
use journey_runtime::report::words;
use std::collections::BTreeMap;

/// What is read and written, and what nobody uses.
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    /// Each thing with its uses, in order of place and reason.
    pub data: BTreeMap<Subject, Vec<Use>>,
    /// Declarations of the project (not of packs) that no journey uses.
    pub unused: Vec<Unused>,
}

/// Where a thing is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// An event.
    Event(EventId),
    /// The profile.
    Profile,
    /// Consent to a purpose.
    Consent(PurposeId),
    /// The answer of a webhook.
    Answer(WebhookId),
}

/// One thing that is read or written: an event as such, a field, or a field of the members of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    /// Where it is kept.
    pub owner: Owner,
    /// Which field; [`HAPPENED_AT`] is an event's own time. None: the event, or the consent, as such.
    pub field: Option<usize>,
    /// Of the members of a list of records: which field of theirs.
    pub member: Option<usize>,
}

/// One use of a thing.
#[derive(Debug, Clone, PartialEq)]
pub struct Use {
    /// By which journey.
    pub journey: JourneyId,
    /// In which of its clauses or steps.
    pub clause: Clause,
    /// What for, there.
    pub role: Role,
    /// Where in the journey.
    pub place: Span,
    /// Through what, where it is not named in the journey itself; the innermost.
    pub via: Option<Via>,
    /// Where it is named: in the journey, or in what it came through.
    pub named: Span,
    /// How far back it looks.
    pub look_back: Option<LookBack>,
}

/// Clauses and steps, as far as reasons to read differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Clause {
    /// `trigger`
    Trigger,
    /// `only if`
    Entry,
    /// `one run per`
    OneRun,
    /// `start over`
    StartOver,
    /// `update`
    Update,
    /// `goal`
    Goal,
    /// `exit`
    Exit,
    /// `pause`
    Pause,
    /// `wait`
    Wait,
    /// `if`, `branch`
    Branch,
    /// `next best action`
    NextBest,
    /// `send`
    Send,
    /// `set`
    Set,
    /// `emit`
    Emit,
    /// `call`
    Call,
    /// `collect`
    Collect,
    /// `go to`
    GoTo,
}

/// What something is read for within its clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// The event is listened for.
    Event,
    /// It tells which run is meant.
    Key,
    /// It decides.
    Condition,
    /// It says when.
    Moment,
    /// It says what is local time.
    Zone,
    /// It stands in the text of a message.
    Placeholder,
    /// It is handed out: to a message, webhook or journey.
    Input,
    /// It says where a message goes.
    Address,
    /// It says in which language.
    Language,
    /// It must be granted.
    Consent,
    /// An offer is ranked by it.
    Rank,
    /// What is written is made of it.
    Value,
    /// It is written.
    Written,
}

/// Through what a journey comes to read something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Via {
    /// A segment that is looked into.
    Segment(SegmentId),
    /// A message that is sent.
    Message(MessageId),
    /// An offer that may be chosen.
    Offer(OfferId),
    /// A channel that is sent by.
    Channel(ChannelId),
    /// A policy that concerns a send.
    Policy(PolicyId),
}

/// How far back a reading looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LookBack {
    /// So long.
    Last(Length),
    /// At all that ever came.
    Ever,
    /// At the latest one.
    Latest,
    /// At the first one.
    First,
    /// A comparison has held for so long.
    Held(Length),
}

/// Why something is about a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Personal {
    /// It is declared `personal`.
    Declared,
    /// Messages go there.
    Address,
    /// It is not declared so, but its name is one that such things have.
    ByItsName,
}

/// The inventory of a checked program without errors.
pub fn inventory(program: &Program) -> Inventory {
    let mut data = BTreeMap::new();
    let mut touched = walk::Touched::default();
    for journey in 0..program.journeys.len() {
        walk::journey(program, journey, &mut data, &mut touched);
    }
    for uses in data.values_mut() {
        uses.sort_by_key(|u: &Use| (u.journey, u.place, u.clause, u.role, u.via, u.named));
        uses.dedup();
    }
    let unused = unused::unused(program, &data, &touched);
    Inventory { data, unused }
}

impl Inventory {
    /// Only what one journey uses. What nobody uses is left out: it is a matter of the whole project.
    #[must_use]
    pub fn of_journey(mut self, journey: JourneyId) -> Inventory {
        self.data.retain(|_, uses| {
            uses.retain(|u| u.journey == journey);
            !uses.is_empty()
        });
        self.unused.clear();
        self
    }
}

impl Subject {
    /// An event as such.
    pub fn event(event: EventId) -> Subject {
        Subject { owner: Owner::Event(event), field: None, member: None }
    }

    /// A field of something.
    pub fn field(owner: Owner, field: usize) -> Subject {
        Subject { owner, field: Some(field), member: None }
    }

    /// Consent to a purpose.
    pub fn consent(purpose: PurposeId) -> Subject {
        Subject { owner: Owner::Consent(purpose), field: None, member: None }
    }

    /// The field as it was declared: of the members of a list the member's; none for events, consent and `happened_at`.
    pub fn declared<'p>(&self, program: &'p Program) -> Option<&'p Field> {
        let field = match (self.owner, self.field?) {
            (_, HAPPENED_AT) => return None,
            (Owner::Event(event), field) => program.events[event].fields.get(field),
            (Owner::Profile, field) => program.profile.get(field).map(|f| &f.field),
            (Owner::Answer(webhook), field) => program.webhooks[webhook].gives.get(field),
            (Owner::Consent(_), _) => None,
        }?;
        match (self.member, &field.ty.ty) {
            (None, _) => Some(field),
            (Some(member), Ty::List(of)) => match **of {
                Ty::Record(record) => program.records[record].fields.get(member),
                _ => None,
            },
            _ => None,
        }
    }

    /// The name below its owner: `value`, `items[].price`, `happened_at`; none for the thing as such.
    pub fn name(&self, program: &Program) -> Option<String> {
        let field = self.field?;
        if field == HAPPENED_AT {
            return Some("happened_at".to_string());
        }
        let list = Subject { member: None, ..*self }.declared(program)?;
        Some(match self.member {
            None => list.name.clone(),
            Some(_) => format!("{}[].{}", list.name, self.declared(program).map_or("?", |f| &f.name)),
        })
    }

    /// Its type with bounds, in the words of the language; none for the thing as such.
    pub fn type_text(&self, program: &Program) -> Option<String> {
        if self.field == Some(HAPPENED_AT) {
            return Some("moment".to_string());
        }
        self.declared(program).map(|f| program.field_text(f))
    }

    /// Who answers for it: the team of its event.
    pub fn team(&self, program: &Program) -> Option<TeamId> {
        match self.owner {
            Owner::Event(event) => program.events[event].about.owner,
            Owner::Answer(webhook) => program.webhooks[webhook].about.owner,
            Owner::Profile | Owner::Consent(_) => None,
        }
    }

    /// Where it comes from, in words: the source of its event.
    pub fn source<'p>(&self, program: &'p Program) -> Option<&'p str> {
        match self.owner {
            Owner::Event(event) => program.events[event].source.as_deref(),
            _ => None,
        }
    }

    /// Whether it is about a person, and how that is known.
    pub fn personal(&self, program: &Program) -> Option<Personal> {
        let field = self.declared(program)?;
        let address = match (self.owner, self.field) {
            (Owner::Profile, Some(id)) => is_address(program, id),
            _ => false,
        };
        if address {
            Some(Personal::Address)
        } else if field.personal {
            Some(Personal::Declared)
        } else {
            looks_personal(&field.name).then_some(Personal::ByItsName)
        }
    }
}

/// Names that fields about a person usually have.
const PERSONAL_NAMES: &[&str] = &[
    "address",
    "birth_date",
    "birthday",
    "city",
    "date_of_birth",
    "dob",
    "email",
    "family_name",
    "first_name",
    "full_name",
    "given_name",
    "ip",
    "ip_address",
    "last_name",
    "mobile",
    "passport",
    "phone",
    "phone_number",
    "postcode",
    "street",
    "surname",
    "zip",
];

/// Whether fields of this name are usually about a person.
pub fn looks_personal(name: &str) -> bool {
    PERSONAL_NAMES.contains(&name)
}

/// Whether some channel sends to this field.
fn is_address(program: &Program, id: FieldId) -> bool {
    let reads = |e: &crate::hir::Expr| matches!(e.kind, ExprKind::Profile(field) if field == id);
    program.channels.iter().filter_map(|c| c.address.as_ref()).any(|address| crate::expr::walk::any(address, &reads))
}

impl Use {
    /// Why, in a few words: `goal`, `wait condition`, `placeholder`.
    pub fn why(&self) -> String {
        let clause = match self.clause {
            Clause::Trigger => "trigger",
            Clause::Entry => "entry",
            Clause::OneRun => "run",
            Clause::StartOver => "start over",
            Clause::Update => "update",
            Clause::Goal => "goal",
            Clause::Exit => "exit",
            Clause::Pause => "pause",
            Clause::Wait => "wait",
            Clause::Branch => "branch",
            Clause::NextBest => "offer",
            Clause::Send => "send",
            Clause::Set => "set",
            Clause::Emit => "emit",
            Clause::Call => "call",
            Clause::Collect => "collect",
            Clause::GoTo => "hand-off",
        };
        match (self.clause, self.role) {
            (_, Role::Event) => clause.to_string(),
            (Clause::Wait, Role::Moment) => "wait until".to_string(),
            (_, Role::Placeholder) => "placeholder".to_string(),
            (_, Role::Address) => "address".to_string(),
            (_, Role::Language) => "language".to_string(),
            (_, Role::Consent) => "consent".to_string(),
            (_, Role::Key) => format!("{clause} key"),
            (Clause::Branch, Role::Condition) => clause.to_string(),
            (_, Role::Condition) => format!("{clause} condition"),
            (_, Role::Moment) => format!("{clause} moment"),
            (_, Role::Zone) => format!("{clause} time zone"),
            (_, Role::Input) => format!("{clause} input"),
            (_, Role::Rank) => "offer rank".to_string(),
            (_, Role::Value) => format!("{clause} value"),
            (_, Role::Written) => "written".to_string(),
        }
    }
}

impl Via {
    /// What it is and its name: `segment loyal`.
    pub fn text(self, program: &Program) -> String {
        let (kind, name) = match self {
            Via::Segment(id) => ("segment", &program.segments[id].name),
            Via::Message(id) => ("message", &program.messages[id].name),
            Via::Offer(id) => ("offer", &program.offers[id].name),
            Via::Channel(id) => ("channel", &program.channels[id].name),
            Via::Policy(id) => ("policy", &program.policies[id].name),
        };
        format!("{kind} {name}")
    }
}

impl LookBack {
    /// In words: `last 90 days`, `latest`.
    pub fn text(self) -> String {
        match self {
            LookBack::Last(length) => format!("last {}", words::span(&length)),
            LookBack::Ever => "ever".to_string(),
            LookBack::Latest => "latest".to_string(),
            LookBack::First => "first".to_string(),
            LookBack::Held(length) => format!("for {}", words::span(&length)),
        }
    }
}
