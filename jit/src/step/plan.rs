//! What of a program is native: worked out from its tables before any code is made.

use super::batch::SAVED;
use crate::functions::MOST_COST;
use crate::graph::{Graph, Id, Node, Place};
use crate::lift::{Lift, Trusted};
use journey_runtime::image::{
    Due, FnId, HistoryKind, Instr, Journey, Listener, Occasion, Op, Pause, Pc, PlaceKind, Span, Trigger,
};
use journey_runtime::layout::{Adds, Form};
use journey_runtime::program::Program;
use journey_runtime::tables::{Address, Hears, RunTable, Tables};
use journey_runtime::time::lengths;
use std::collections::{BTreeMap, BTreeSet};

/// Instructions of a journey that is compiled at most; so no walk is ever out of fuel.
const MOST_CODE: usize = 4_000;
/// Words of a state that is made anew at most.
const MOST_FIXED: usize = 512;
/// Moments that the code moves on by one, at most.
const MOST_RECENT: u16 = 16;
/// Milliseconds that are added without a look at the limits: 2⁶⁰. Stamps are held below 2⁶¹.
const MOST_MS: i64 = 1 << 60;

/// A function as a graph.
pub struct Lifted {
    /// The graph.
    pub graph: Graph,
    /// Its result, a word.
    pub result: Id,
    /// When that may change.
    pub changes: Id,
}

/// What is native.
pub struct Plan<'a> {
    /// The program.
    pub program: &'a Program,
    /// Its tables.
    pub tables: &'a Tables,
    bounds: Trusted,
    functions: BTreeMap<FnId, Option<Lifted>>,
    walks: BTreeMap<(u16, Pc), bool>,
    callable: BTreeMap<(u16, Pc), bool>,
    early: Vec<bool>,
}

impl<'a> Plan<'a> {
    /// Nothing is worked out yet.
    pub fn new(program: &'a Program, tables: &'a Tables) -> Plan<'a> {
        let bounds = Trusted::new(&program.image);
        let (functions, walks, callable) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut plan = Plan { program, tables, bounds, functions, walks, callable, early: Vec::new() };
        plan.early = (0..program.image.events.len() as u16).map(|event| plan.must_be_early(event)).collect();
        plan
    }

    /// A journey of the image.
    pub fn journey(&self, journey: u16) -> &'a Journey {
        &self.program.image.journeys[usize::from(journey)]
    }

    /// Why no input of the program is native, if none is.
    pub fn refused(&self) -> Option<&'static str> {
        (self.program.layout.fixed > MOST_FIXED).then_some("much is remembered of each customer")
    }

    /// A function as a graph; none: the evaluator is asked.
    pub fn function(&mut self, function: FnId) -> Option<&Lifted> {
        let (program, bounds) = (self.program, &self.bounds);
        let lifted = self.functions.entry(function).or_insert_with(|| {
            let mut lift = Lift::new(program, bounds);
            let (result, changes) = lift.function(function)?;
            let mut graph = lift.graph;
            let result = graph.as_word(result);
            let reads_members = graph
                .needed(&[result, changes])
                .into_iter()
                .any(|id| matches!(graph.node(id), Node::Load(Place::Member, _)));
            let fits = !reads_members && graph.cost(&[result, changes]) <= MOST_COST;
            fits.then_some(Lifted { graph, result, changes })
        });
        lifted.as_ref()
    }

    /// Whether a function reads slots of the run, for all that is known of it.
    pub fn reads_slots(&mut self, function: FnId) -> bool {
        let Some(lifted) = self.function(function) else { return true };
        let needed = lifted.graph.needed(&[lifted.result]);
        needed.into_iter().any(|id| matches!(lifted.graph.node(id), Node::Load(Place::Slot, _)))
    }

    /// The histories that an event feeds.
    pub fn observes(&self, event: u16) -> &'a [u16] {
        &self.program.histories_of_event[usize::from(event)]
    }

    /// Whether a history is fed by the code itself.
    pub fn keeps(&mut self, number: u16) -> bool {
        let (program, at) = (self.program, usize::from(number));
        let history = &program.image.histories[at];
        let kept = match &history.kind {
            HistoryKind::Total | HistoryKind::Last { .. } | HistoryKind::First { .. } => true,
            HistoryKind::Recent { keep, .. } => *keep <= MOST_RECENT,
            HistoryKind::SumTotal { .. } => program.layout.histories[at].adds == Adds::Int,
            HistoryKind::Days { .. } => false,
        };
        kept && history.condition.is_none_or(|condition| self.function(condition).is_some())
    }

    /// Whether a condition gives the same before and after an event has fed its histories.
    pub fn looks(&self, condition: FnId, event: u16) -> bool {
        self.is_early(event) || !self.reads_any(condition, self.observes(event))
    }

    /// Whether an event is remembered before it is asked what it does.
    pub fn is_early(&self, event: u16) -> bool {
        self.early[usize::from(event)]
    }

    /// Whether something that is asked at an event changes with its histories, and they are few words.
    fn must_be_early(&self, event: u16) -> bool {
        let (image, fed) = (&self.program.image, self.observes(event));
        let words = fed.iter().map(|number| self.program.layout.histories[usize::from(*number)].words);
        if fed.is_empty() || words.sum::<usize>() > SAVED {
            return false;
        }
        let enters = &self.tables.events[usize::from(event)].enters;
        let only_if = enters.iter().filter_map(|enter| self.journey(enter.journey).only_if);
        let of_journeys = image.journeys.iter().zip(0u16..).flat_map(|(journey, j)| {
            let heard = listeners(journey).into_iter().filter(|listener| listener.event == event);
            let heard: Vec<FnId> = heard.filter_map(|listener| listener.condition).collect();
            heard.into_iter().chain(self.watched(j))
        });
        only_if.chain(of_journeys).any(|condition| self.reads_any(condition, fed))
    }

    fn reads_any(&self, function: FnId, histories: &[u16]) -> bool {
        let image = &self.program.image;
        image.functions[function as usize].ops.iter().any(|op| match op {
            Op::Tally { history, .. } | Op::Kept { history, .. } => histories.contains(history),
            Op::InSegment { segment, .. } => self.reads_any(image.segments[usize::from(*segment)].condition, histories),
            _ => false,
        })
    }

    /// The conditions that runs of a journey watch wherever they wait.
    pub fn watched(&self, journey: u16) -> Vec<FnId> {
        let journey = self.journey(journey);
        let condition = |on: &Occasion| if let Occasion::Condition(condition) = on { Some(*condition) } else { None };
        let arms = journey.places.iter().flat_map(|place| match &place.kind {
            PlaceKind::First { arms, .. } => &arms[..],
            _ => &[],
        });
        let exits = journey.exits.iter().map(|exit| &exit.on);
        let pauses = journey.pauses.iter().map(|pause| &pause.on);
        exits.chain(pauses).chain(arms.map(|arm| &arm.on)).filter_map(condition).collect()
    }

    /// Whether runs of a journey may be native where they hear something.
    pub fn is_native(&self, journey: u16) -> bool {
        let table = &self.tables.journeys[usize::from(journey)];
        let journey = self.journey(journey);
        table.plain && journey.on_leaving.is_none() && journey.code.len() <= MOST_CODE
    }

    /// Whether the lean machine declines nothing that a run of a journey may do from an instruction on, until it stands still.
    pub fn is_callable(&mut self, journey: u16, pc: Pc) -> bool {
        if let Some(known) = self.callable.get(&(journey, pc)) {
            return *known;
        }
        let leaving = self.journey(journey).on_leaving;
        let callable = self.callable_from(journey, pc) && leaving.is_none_or(|pc| self.callable_from(journey, pc));
        self.callable.insert((journey, pc), callable);
        callable
    }

    fn callable_from(&self, j: u16, pc: Pc) -> bool {
        let journey = self.journey(j);
        let (mut seen, mut open) = (BTreeSet::new(), vec![pc]);
        while let Some(pc) = open.pop() {
            if !seen.insert(pc) {
                continue;
            }
            let next = pc + 1;
            match journey.code.get(pc as usize) {
                None | Some(Instr::Finish(_)) => {}
                Some(Instr::Nop | Instr::Let { .. } | Instr::Call { .. } | Instr::Task { .. }) => open.push(next),
                Some(Instr::Jump(to)) => open.push(*to),
                Some(Instr::Unless { to, .. }) => open.extend([next, *to]),
                Some(Instr::Again { body, .. }) => open.extend([next, *body]),
                // They may begin other runs, for which there may be no room.
                Some(Instr::Set { .. } | Instr::Emit { .. } | Instr::GoTo { .. }) => return false,
                Some(Instr::Experiment { arms, .. }) => {
                    open.push(next);
                    open.extend(arms.iter().map(|(.., to)| *to));
                }
                Some(Instr::Send(send)) => {
                    let send = &journey.sends[usize::from(*send)];
                    open.extend([send.sent.unwrap_or(next), send.refused.unwrap_or(next)]);
                }
                Some(Instr::NextBest(decision)) => {
                    let decision = &journey.next_best[usize::from(*decision)];
                    open.push(decision.otherwise);
                    open.extend(decision.candidates.iter().map(|candidate| candidate.body));
                }
                Some(Instr::Stay(place)) => {
                    let stays = |due: &Due| matches!(due, Due::After(span) if lengths(span).0 > 0);
                    match &journey.places[usize::from(*place)].kind {
                        PlaceKind::Timer { due, .. } if stays(due) => {}
                        PlaceKind::Timer { past, next, .. } => open.extend(past.iter().chain([next])),
                        PlaceKind::First { due, timeout, arms, .. } => {
                            let holds = arms.iter().filter(|arm| matches!(arm.on, Occasion::Condition(_)));
                            open.extend(holds.map(|arm| arm.next));
                            if !stays(due) {
                                open.push(*timeout);
                            }
                        }
                        PlaceKind::Collect { due, next, .. } => open.extend((!stays(due)).then_some(*next)),
                        // However short the time is for an answer, or a task.
                        PlaceKind::Answer { failed: late, .. } | PlaceKind::Task { late, .. } => open.push(*late),
                    }
                }
            }
        }
        true
    }

    /// What runs of a journey hear of an event, with the code for it. None: the VM does it.
    pub fn hears(&self, event: u16, journey: u16) -> Option<Option<&'a RunTable>> {
        let table = &self.tables.events[usize::from(event)];
        let heard = match table.hears[usize::from(journey)] {
            Hears::Nothing => return Some(None),
            Hears::Watches(number) => {
                let image = self.journey(journey);
                let begins = |pause: &Pause| {
                    let until = pause.until.as_ref().is_some_and(|until| until.event == event);
                    until || matches!(&pause.on, Occasion::Event(on) if on.event == event)
                };
                let nothing = nothing(&table.runs[usize::from(number)]) && !image.pauses.iter().any(begins);
                let same = self.watched(journey).into_iter().all(|condition| self.looks(condition, event));
                return (nothing && same).then_some(None);
            }
            Hears::Runs(number) => &table.runs[usize::from(number)],
        };
        if !self.is_native(journey) || !heard.updates.is_empty() {
            return None;
        }
        let image = self.journey(journey);
        let goes_on = |number| {
            !self.is_asked(event, journey, number, heard)
                || ways_on(&image.places[number].kind).into_iter().all(|pc| self.callable_from(journey, pc))
        };
        if !(0..image.places.len()).all(goes_on) {
            return None;
        }
        let goals: Vec<_> = heard.goals.iter().map(|number| &image.goals[usize::from(*number)]).collect();
        // Where the run lives on it may have converted already.
        if !goals.is_empty() && image.goals.iter().any(|goal| goal.go_on) {
            return None;
        }
        let starts = heard.start_over.iter().map(|number| &image.start_over[usize::from(*number)].listener);
        let exits = heard.exits.iter().filter_map(|number| of_event(&image.exits[usize::from(*number)].on));
        let mut listeners = goals.iter().map(|goal| &goal.listener).chain(starts).chain(exits);
        listeners.all(|listener| self.knows(listener, event)).then_some(Some(heard))
    }

    /// Whether the code knows if a run hears an event as something listens.
    fn knows(&self, listener: &Listener, event: u16) -> bool {
        listener.of.is_none() && listener.condition.is_none_or(|condition| self.looks(condition, event))
    }

    /// Whether the lean machine is asked what a run hears at a place, since more listens there than the code knows.
    pub fn is_asked(&self, event: u16, journey: u16, place: usize, heard: &RunTable) -> bool {
        let Some(arms) = &heard.arms[place] else { return true };
        let PlaceKind::First { arms: all, .. } = &self.journey(journey).places[place].kind else { return false };
        let mut listeners = arms.iter().filter_map(|number| of_event(&all[usize::from(*number)].on));
        !listeners.all(|listener| self.knows(listener, event))
    }

    /// The field that must be the key of a run that hears an event, where all that listens in its journey asks for the same.
    pub fn key(&self, event: u16, journey: u16) -> Option<u16> {
        let table = &self.tables.events[usize::from(event)];
        match table.hears[usize::from(journey)] {
            Hears::Runs(number) => table.runs[usize::from(number)].key,
            // Its pauses may listen too.
            Hears::Nothing | Hears::Watches(_) => None,
        }
    }

    /// Whether a run that has ended may hear an event.
    pub fn late(&self, event: u16, journey: u16) -> bool {
        let table = &self.tables.events[usize::from(event)];
        match table.hears[usize::from(journey)] {
            Hears::Runs(number) | Hears::Watches(number) => table.runs[usize::from(number)].late,
            Hears::Nothing => false,
        }
    }

    /// Whether the code lets people into a journey by itself, at an event.
    pub fn enters(&mut self, event: u16, journey: u16) -> bool {
        let image = self.journey(journey);
        image.window == (None, None)
            && image.rollout.is_none()
            && image.only_if.is_none_or(|condition| self.looks(condition, event))
            && self.goes(journey, 0)
    }

    /// Whether a run goes on from an instruction without being declined: by the code, or by the lean machine.
    pub fn goes(&mut self, journey: u16, pc: Pc) -> bool {
        self.is_callable(journey, pc) || self.walks(journey, pc)
    }

    /// Whether the steps from an instruction on are native until the run stands still.
    pub fn walks(&mut self, journey: u16, pc: Pc) -> bool {
        // Zones say how long a run may last.
        if !self.is_native(journey) || self.tables.journeys[usize::from(journey)].form.has(Form::WAKES) {
            return false;
        }
        if let Some(known) = self.walks.get(&(journey, pc)) {
            return *known;
        }
        let native = self.walks_from(journey, pc);
        self.walks.insert((journey, pc), native);
        native
    }

    /// Whether an instruction of a walk is left to the lean machine, with all that follows.
    pub fn hands_over(&mut self, journey: u16, pc: Pc) -> bool {
        !self.does(journey, pc)
    }

    fn walks_from(&mut self, j: u16, pc: Pc) -> bool {
        if !self.does(j, pc) {
            // Without a way back no walk is ever out of fuel, whoever walks.
            return self.is_callable(j, pc) && !goes_back(self.journey(j));
        }
        let journey = self.journey(j);
        let next = pc + 1;
        // Only forward: a walk ends.
        let ahead = |plan: &mut Plan<'a>, to: Pc| to > pc && plan.walks(j, to);
        match journey.code.get(pc as usize) {
            None | Some(Instr::Finish(_)) => true,
            Some(Instr::Jump(to)) => ahead(self, *to),
            Some(Instr::Unless { to, .. }) => ahead(self, next) && ahead(self, *to),
            Some(Instr::Stay(place)) => match &journey.places[usize::from(*place)].kind {
                PlaceKind::Timer { past, next, .. } => ahead(self, *next) && past.is_none_or(|past| ahead(self, past)),
                PlaceKind::First { timeout, .. } => ahead(self, *timeout),
                _ => false,
            },
            Some(Instr::Send(send)) => {
                let image = &journey.sends[usize::from(*send)];
                ahead(self, image.sent.unwrap_or(next)) && ahead(self, image.refused.unwrap_or(next))
            }
            _ => ahead(self, next),
        }
    }

    /// Whether the code does an instruction.
    fn does(&mut self, j: u16, pc: Pc) -> bool {
        let journey = self.journey(j);
        match journey.code.get(pc as usize) {
            None | Some(Instr::Finish(_) | Instr::Nop | Instr::Jump(_)) => true,
            Some(Instr::Unless { condition, .. }) => self.function(*condition).is_some(),
            Some(Instr::Let { value, .. }) => self.function(*value).is_some(),
            Some(Instr::Stay(place)) => match &journey.places[usize::from(*place)].kind {
                PlaceKind::Timer { due, .. } | PlaceKind::First { due, .. } => match due {
                    Due::After(span) => clock_time(span),
                    Due::At(moment) => self.function(*moment).is_some(),
                },
                _ => false,
            },
            Some(Instr::Send(send)) => self.sends(j, *send),
            _ => false,
        }
    }

    fn sends(&mut self, journey: u16, number: u16) -> bool {
        let table = &self.tables.journeys[usize::from(journey)].sends[usize::from(number)];
        let image = &self.program.image;
        let send = &self.journey(journey).sends[usize::from(number)];
        !table.meanwhile
            && image.messages[usize::from(send.message)].valid == (None, None)
            && send.offer.is_none_or(|offer| image.offers[usize::from(offer)].limits.is_empty())
            && send.id.is_none()
            && send.channel.is_none()
            && self.program.layout.message_at(send.message).is_none()
            && send.tries.iter().all(|by| by.rules.is_empty())
            && table.address.iter().all(|address| !matches!(address, Address::Function(_)))
            && send.inputs.iter().all(|input| self.function(input.value).is_some())
    }
}

/// Where runs go on from a place when they hear something.
fn ways_on(place: &PlaceKind) -> Vec<Pc> {
    match place {
        PlaceKind::Timer { .. } => Vec::new(),
        PlaceKind::First { arms, .. } => arms.iter().map(|arm| arm.next).collect(),
        PlaceKind::Collect { next, .. } => vec![*next],
        PlaceKind::Answer { next, failed, .. } => vec![*next, *failed],
        PlaceKind::Task { done, .. } => vec![*done],
    }
}

/// Whether nothing listens.
fn nothing(heard: &RunTable) -> bool {
    heard.goals.is_empty()
        && heard.exits.is_empty()
        && heard.start_over.is_empty()
        && heard.updates.is_empty()
        && heard.arms.iter().all(|arms| arms.as_ref().is_some_and(Vec::is_empty))
}

/// Whether a journey's code has loops.
fn goes_back(journey: &Journey) -> bool {
    let back = |pc: Pc, to: &Pc| *to <= pc;
    let mut code = journey.code.iter().zip(0..);
    code.any(|(instr, pc): (&Instr, Pc)| match instr {
        Instr::Jump(to) | Instr::Unless { to, .. } => back(pc, to),
        Instr::Again { .. } => true,
        Instr::Stay(place) => match &journey.places[usize::from(*place)].kind {
            PlaceKind::Timer { past, next, .. } => back(pc, next) || past.as_ref().is_some_and(|past| back(pc, past)),
            PlaceKind::First { timeout, arms, .. } => back(pc, timeout) || arms.iter().any(|arm| back(pc, &arm.next)),
            PlaceKind::Collect { next, .. } => back(pc, next),
            PlaceKind::Answer { next, failed, .. } => back(pc, next) || back(pc, failed),
            PlaceKind::Task { done, late, .. } => back(pc, done) || back(pc, late),
        },
        Instr::Send(send) => {
            let send = &journey.sends[usize::from(*send)];
            [send.sent, send.refused].iter().flatten().any(|to| back(pc, to))
        }
        Instr::Experiment { arms, .. } => arms.iter().any(|(.., to)| back(pc, to)),
        Instr::NextBest(decision) => {
            let decision = &journey.next_best[usize::from(*decision)];
            back(pc, &decision.otherwise) || decision.candidates.iter().any(|candidate| back(pc, &candidate.body))
        }
        _ => false,
    }) || journey.code.len() > MOST_CODE
}

/// All that listens to events in a journey, but for pauses.
fn listeners(journey: &Journey) -> Vec<&Listener> {
    let triggers = journey.triggers.iter().filter_map(|trigger| match trigger {
        Trigger::Event { listener, .. } => Some(listener),
        _ => None,
    });
    let arms = journey.places.iter().flat_map(|place| match &place.kind {
        PlaceKind::First { arms, .. } => &arms[..],
        _ => &[],
    });
    let goals = journey.goals.iter().map(|goal| &goal.listener);
    let starts = journey.start_over.iter().map(|clause| &clause.listener);
    let occasions = journey.exits.iter().map(|exit| &exit.on).chain(arms.map(|arm| &arm.on));
    triggers.chain(goals).chain(starts).chain(occasions.filter_map(of_event)).collect()
}

/// Of a clause that acts on an event.
pub fn of_event(on: &Occasion) -> Option<&Listener> {
    match on {
        Occasion::Event(listener) => Some(listener),
        Occasion::Condition(_) => None,
    }
}

/// Whether a span has no days or months, and no length that could overflow.
pub fn clock_time(span: &Span) -> bool {
    span.months == 0 && span.days == 0 && (-MOST_MS..=MOST_MS).contains(&span.ms)
}
