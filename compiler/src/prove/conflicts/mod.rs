//! Conflicts between journeys: what two journeys that one customer is in at once do to each other. Two messages for one purpose on
//! one day; a message that is lost, or waits, because of another journey's; journeys that want opposite things of one person; and
//! hand-offs that lead round.
//!
//! Nothing is claimed that has not happened: each conflict comes with what a customer does so that it comes about, run by the
//! machine that runs tests, and with the test that says so. Where no such example is found nothing is said, and that is counted.
//! `docs/proofs/conflicts.md` says what is found, and what is not.

mod circles;
mod meet;
mod sides;
pub mod words;

use super::pressure::Analysis;
use super::pressure::rules::Kind;
use super::witness::play::Player;
use crate::hir::{EventId, FacetId, JourneyId, MessageId, Program, PurposeId, Trigger};
use journey_runtime::input::Reason;
use journey_runtime::program::Program as Machine;
use sides::Sides;
use std::collections::BTreeSet;

/// So many pairs of journeys are played through where nobody says how many.
pub const PAIRS: usize = 50;

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Conflicts {
    /// Journeys that meet: those that want opposite things first, then those that one event starts, then as they are written.
    pub meetings: Vec<Meeting>,
    /// Hand-offs that lead round.
    pub circles: Vec<Circle>,
    /// How many questions there were: pairs of journeys, each with a purpose that both write for, or as they want opposite things.
    pub pairs: usize,
    /// Whether some want opposite things.
    pub opposites: bool,
    /// How many of them were played through.
    pub tried: usize,
    /// Circles of hand-offs for which no example was found.
    pub not_ridden: usize,
}

/// Two journeys that meet in one customer.
#[derive(Debug, Clone)]
pub struct Meeting {
    /// What they meet over.
    pub over: Over,
    /// Whose message is handed over first.
    pub first: Part,
    /// Whose message comes second.
    pub second: Part,
    /// The event that starts both, where it is one.
    pub event: Option<EventId>,
    /// What becomes of the second message.
    pub outcome: Outcome,
    /// The test that shows it, as it may stand in a `.journey` file; it passes.
    pub test: String,
}

/// What two journeys meet over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// Both write for this purpose.
    Purpose(PurposeId),
    /// They are marked with places of a taxonomy one of which excludes the other; in the order of [`Meeting::first`] and
    /// [`Meeting::second`].
    Opposites((FacetId, u32), (FacetId, u32)),
}

/// One of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// The journey.
    pub journey: JourneyId,
    /// Its message.
    pub message: MessageId,
    /// When it was asked for: local milliseconds since 1970.
    pub at: i64,
}

/// What becomes of the second message.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Both are handed over on one day.
    Both,
    /// It comes later than it would without the other journey.
    Waits {
        /// For so long, in milliseconds.
        long: i64,
        /// Why.
        why: Why,
    },
    /// It does not come, and without the other journey it would.
    Lost {
        /// Why.
        why: Why,
    },
}

/// What kept a message back, as the trace says it.
#[derive(Debug, Clone, PartialEq)]
pub struct Why {
    /// The gate.
    pub reason: Reason,
    /// In words: the rule and its policy, or the journey that holds it.
    pub detail: String,
}

impl Outcome {
    /// The worst first.
    fn weight(&self) -> u8 {
        match self {
            Outcome::Both => 2,
            Outcome::Lost { .. } => 1,
            Outcome::Waits { .. } => 0,
        }
    }
}

/// Hand-offs that lead back to where they began.
#[derive(Debug, Clone)]
pub struct Circle {
    /// The journeys, in the order in which they hand off; the last one hands off to the first.
    pub journeys: Vec<JourneyId>,
    /// The least time a round takes by its steps, in milliseconds; a day counts 24 hours.
    pub least: i64,
    /// How long the round of the example took, in milliseconds.
    pub took: i64,
    /// How many messages were handed over in it.
    pub messages: usize,
    /// The test that shows it; it passes.
    pub test: String,
}

/// A question: can these two meet over this.
struct Question {
    journeys: [JourneyId; 2],
    over: Over,
    event: Option<EventId>,
}

/// Looks for conflicts. `machine` is the program's image, `pairs` how many questions are played through at most.
pub fn find<'p>(program: &'p Program, machine: &'p Machine, analysis: &mut Analysis<'p>, pairs: usize) -> Conflicts {
    let player = Player::new(program, machine);
    let mut questions = questions(program, analysis);
    if questions.len() > pairs {
        // Not all of one journey's: those that are written near one another first.
        questions.sort_by_key(|q| (order(program, q), q.journeys[1] - q.journeys[0]));
    }
    let mut sides = Sides::new(&player, analysis);
    let opposites = questions.iter().any(|q| matches!(q.over, Over::Opposites(..)));
    let (all, tried) = (questions.len(), questions.len().min(pairs));
    let mut found = Conflicts { pairs: all, tried, opposites, ..Conflicts::default() };
    for question in questions.iter().take(pairs) {
        found.meetings.extend(meet::meeting(&mut sides, question));
    }
    (found.circles, found.not_ridden) = circles::circles(&mut sides);
    found
}

/// Every pair of journeys that could meet over something: those that want opposite things, then those that one event starts; where
/// people are asked whether they want to be written to, before where they are not.
fn questions(program: &Program, analysis: &Analysis) -> Vec<Question> {
    let count = program.journeys.len();
    let purposes: Vec<BTreeSet<PurposeId>> = (0..count).map(|id| analysis.purposes(id)).collect();
    let mut all = Vec::new();
    for a in 0..count {
        for b in a + 1..count {
            let own = |id: JourneyId| !program.journeys[id].about.from_pack;
            if purposes[a].is_empty() || purposes[b].is_empty() || !own(a) || !own(b) {
                continue;
            }
            let event = || same_event(program, a, b);
            if let Some((one, other)) = opposites(program, a, b) {
                all.push(Question { journeys: [a, b], over: Over::Opposites(one, other), event: event() });
            }
            for purpose in purposes[a].intersection(&purposes[b]) {
                all.push(Question { journeys: [a, b], over: Over::Purpose(*purpose), event: event() });
            }
        }
    }
    all.sort_by_key(|q| order(program, q));
    all
}

fn order(program: &Program, question: &Question) -> (bool, bool, bool) {
    match question.over {
        Over::Opposites(..) => (false, false, false),
        Over::Purpose(p) => (true, program.purposes[p].needs_no_consent, question.event.is_none()),
    }
}

/// An event that starts both.
fn same_event(program: &Program, a: JourneyId, b: JourneyId) -> Option<EventId> {
    let events = |id: JourneyId| {
        program.journeys[id].triggers.iter().filter_map(|t| match t {
            Trigger::Event(of) => Some(of.event),
            _ => None,
        })
    };
    events(a).find(|event| events(b).any(|e| e == *event))
}

/// The marks of two journeys one of which excludes the other.
fn opposites(program: &Program, a: JourneyId, b: JourneyId) -> Option<((FacetId, u32), (FacetId, u32))> {
    let tags = |id: JourneyId| program.journeys[id].about.tags.iter().copied();
    tags(a).find_map(|one| {
        let other = tags(b).find(|other| program.excludes(one, *other) || program.excludes(*other, one));
        other.map(|other| (one, other))
    })
}

/// The sends that a question is about.
fn kind(over: Over) -> Kind {
    match over {
        Over::Purpose(purpose) => Kind::Of(Some(purpose), None),
        Over::Opposites(..) => Kind::Of(None, None),
    }
}
