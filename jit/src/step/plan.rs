//! What of a program is native: worked out from its tables before any code is made.

use crate::functions::MOST_COST;
use crate::graph::{Graph, Id, Node, Place};
use crate::lift::{Lift, Trusted};
use journey_runtime::image::{
    Due, FnId, HistoryKind, Instr, Journey, Listener, Occasion, Pc, PlaceKind, ReEntry, Span, Trigger,
};
use journey_runtime::layout::{Adds, Form};
use journey_runtime::program::Program;
use journey_runtime::tables::{Address, Hears, RunTable, Tables};
use std::collections::BTreeMap;

/// Instructions of a journey that is compiled at most; so no walk is ever out of fuel.
const MOST_CODE: usize = 4_000;
/// Words of a state that is made anew at most.
const MOST_FIXED: usize = 64;
/// Milliseconds that are added without a look at the limits: 2⁶⁰. Stamps are held below 2⁶¹.
const MOST_MS: i64 = 1 << 60;

/// A function as a graph.
pub struct Lifted {
    /// The graph.
    pub graph: Graph,
    /// Its result, a word.
    pub result: Id,
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
}

impl<'a> Plan<'a> {
    /// Nothing is worked out yet.
    pub fn new(program: &'a Program, tables: &'a Tables) -> Plan<'a> {
        let bounds = Trusted::new(&program.image);
        Plan { program, tables, bounds, functions: BTreeMap::new(), walks: BTreeMap::new() }
    }

    /// A journey of the image.
    pub fn journey(&self, journey: u16) -> &'a Journey {
        &self.program.image.journeys[usize::from(journey)]
    }

    /// Why no input of the program is native, if none is.
    pub fn refused(&self) -> Option<&'static str> {
        if !self.tables.calm {
            return Some("the program watches conditions or has triggers by the calendar");
        }
        if self.program.layout.fixed > MOST_FIXED {
            return Some("much is remembered of each customer");
        }
        let journeys = 0..self.program.image.journeys.len() as u16;
        if !journeys.into_iter().any(|journey| self.is_native(journey)) {
            return Some("no journey has the usual shape");
        }
        None
    }

    /// A function as a graph.
    pub fn function(&mut self, function: FnId) -> Option<&Lifted> {
        let (program, bounds) = (self.program, &self.bounds);
        let lifted = self.functions.entry(function).or_insert_with(|| {
            let mut lift = Lift::new(program, bounds);
            let (result, _) = lift.function(function)?;
            let mut graph = lift.graph;
            let result = graph.as_word(result);
            (graph.cost(&[result]) <= MOST_COST).then_some(Lifted { graph, result })
        });
        lifted.as_ref()
    }

    /// Whether a function has a graph that reads what `row` says is there.
    fn sees(&mut self, function: FnId, row: bool) -> bool {
        let Some(lifted) = self.function(function) else { return false };
        lifted.graph.needed(&[lifted.result]).into_iter().all(|id| match lifted.graph.node(id) {
            Node::Load(Place::Member, _) => false,
            Node::Load(Place::Row, _) => row,
            _ => true,
        })
    }

    /// The histories that an event feeds, if that is native: none of them needs a date or moves what it keeps.
    pub fn observes(&mut self, event: u16) -> Option<&'a [u16]> {
        let program = self.program;
        let histories = &program.histories_of_event[usize::from(event)];
        let simple = |plan: &mut Plan<'a>, number: u16| {
            let history = &program.image.histories[usize::from(number)];
            let kept = match history.kind {
                HistoryKind::Total | HistoryKind::Last { .. } | HistoryKind::First { .. } => true,
                HistoryKind::SumTotal { .. } => program.layout.histories[usize::from(number)].adds == Adds::Int,
                HistoryKind::Recent { .. } | HistoryKind::Days { .. } => false,
            };
            kept && history.condition.is_none_or(|condition| plan.sees(condition, true))
        };
        histories.iter().all(|number| simple(self, *number)).then_some(histories)
    }

    /// Whether a condition that an event is looked at with has a graph, and gives the same before and after its histories are fed.
    fn looks(&mut self, condition: FnId, event: u16, row: bool) -> bool {
        let program = self.program;
        let fed = &program.histories_of_event[usize::from(event)];
        if !self.sees(condition, row) {
            return false;
        }
        let Some(lifted) = self.function(condition) else { return false };
        let places = fed.iter().map(|number| program.layout.histories[usize::from(*number)]);
        let places: Vec<_> = places.map(|place| place.at..place.at + place.words).collect();
        lifted.graph.needed(&[lifted.result]).into_iter().all(|id| match lifted.graph.node(id) {
            Node::Load(Place::State, at) => !places.iter().any(|place| place.contains(&(at as usize))),
            _ => true,
        })
    }

    /// Whether runs of a journey may be native at all.
    pub fn is_native(&self, journey: u16) -> bool {
        let table = &self.tables.journeys[usize::from(journey)];
        let journey = self.journey(journey);
        table.plain
            && !table.form.has(Form::CHECKED)
            && !table.form.has(Form::WAKES)
            && journey.on_leaving.is_none()
            && journey.pauses.is_empty()
            && journey.code.len() <= MOST_CODE
            && journey.goals.iter().all(|goal| !goal.go_on && goal.within.as_ref().is_none_or(clock_time))
            && match &journey.reentry {
                ReEntry::Never { .. } | ReEntry::AfterFinishing => true,
                ReEntry::AfterEntry(span) | ReEntry::AfterExit(span) => clock_time(span),
            }
    }

    /// What runs of a journey hear of an event, as far as it is native. None: the VM does it.
    pub fn hears(&mut self, event: u16, journey: u16) -> Option<Option<&'a RunTable>> {
        if !self.is_native(journey) {
            return None;
        }
        let table = &self.tables.events[usize::from(event)];
        let heard = match table.hears[usize::from(journey)] {
            Hears::Nothing => return Some(None),
            Hears::Watches(_) => return None,
            Hears::Runs(number) => &table.runs[usize::from(number)],
        };
        if !heard.updates.is_empty() || heard.arms.iter().any(Option::is_none) {
            return None;
        }
        let image = self.journey(journey);
        let goals = heard.goals.iter().map(|number| &image.goals[usize::from(*number)].listener);
        let starts = heard.start_over.iter().map(|number| &image.start_over[usize::from(*number)].listener);
        let exits = heard.exits.iter().filter_map(|number| of_event(&image.exits[usize::from(*number)].on));
        let mut listeners: Vec<&Listener> = goals.chain(starts).chain(exits).collect();
        for (place, arms) in image.places.iter().zip(&heard.arms) {
            if let PlaceKind::First { arms: all, .. } = &place.kind {
                let numbers = arms.iter().flatten();
                listeners.extend(numbers.filter_map(|number| of_event(&all[usize::from(*number)].on)));
            }
        }
        let native = |plan: &mut Plan<'a>, listener: &Listener| {
            listener.of.is_none() && listener.condition.is_none_or(|condition| plan.looks(condition, event, true))
        };
        listeners.into_iter().all(|listener| native(self, listener)).then_some(Some(heard))
    }

    /// The journey that an event may begin for somebody who has no run: its trigger. `Err`: the VM does it.
    pub fn enters(&mut self, event: u16) -> Result<Option<(u16, &'a Trigger)>, ()> {
        let table = &self.tables.events[usize::from(event)];
        let [enter] = table.enters[..] else { return if table.enters.is_empty() { Ok(None) } else { Err(()) } };
        let journey = self.journey(enter.journey);
        let trigger = &journey.triggers[usize::from(enter.trigger)];
        let Trigger::Event { listener, .. } = trigger else { return Err(()) };
        let native = self.is_native(enter.journey)
            && journey.window == (None, None)
            && journey.rollout.is_none()
            && journey.at_once.is_none_or(|most| most > 0)
            && listener.condition.is_none_or(|condition| self.looks(condition, event, true))
            && journey.only_if.is_none_or(|condition| self.looks(condition, event, false))
            && self.walks(enter.journey, 0);
        if native { Ok(Some((enter.journey, trigger))) } else { Err(()) }
    }

    /// Whether the steps from an instruction on are native until the run stands still.
    pub fn walks(&mut self, journey: u16, pc: Pc) -> bool {
        if let Some(known) = self.walks.get(&(journey, pc)) {
            return *known;
        }
        let native = self.walks_from(journey, pc);
        self.walks.insert((journey, pc), native);
        native
    }

    fn walks_from(&mut self, j: u16, pc: Pc) -> bool {
        let journey = self.journey(j);
        let next = pc + 1;
        // Only forward: a walk ends.
        let ahead = |plan: &mut Plan<'a>, to: Pc| to > pc && plan.walks(j, to);
        match journey.code.get(pc as usize) {
            None | Some(Instr::Finish(_)) => true,
            Some(Instr::Nop) => ahead(self, next),
            Some(Instr::Jump(to)) => ahead(self, *to),
            Some(Instr::Unless { condition, to }) => {
                self.sees(*condition, false) && ahead(self, next) && ahead(self, *to)
            }
            Some(Instr::Let { value, .. }) => self.sees(*value, false) && ahead(self, next),
            Some(Instr::Stay(place)) => match &journey.places[usize::from(*place)].kind {
                PlaceKind::Timer { due, past, next } => {
                    self.due(due) && ahead(self, *next) && past.is_none_or(|past| ahead(self, past))
                }
                PlaceKind::First { due, timeout, .. } => self.due(due) && ahead(self, *timeout),
                _ => false,
            },
            Some(Instr::Send(send)) => {
                let image = &journey.sends[usize::from(*send)];
                self.sends(j, *send)
                    && ahead(self, image.sent.unwrap_or(next))
                    && ahead(self, image.refused.unwrap_or(next))
            }
            _ => false,
        }
    }

    fn due(&mut self, due: &Due) -> bool {
        match due {
            Due::After(span) => clock_time(span),
            Due::At(moment) => self.sees(*moment, false),
        }
    }

    fn sends(&mut self, journey: u16, number: u16) -> bool {
        let table = &self.tables.journeys[usize::from(journey)].sends[usize::from(number)];
        let image = &self.program.image;
        let send = &self.journey(journey).sends[usize::from(number)];
        let plain = !table.declined
            && image.messages[usize::from(send.message)].valid == (None, None)
            && send.offer.is_none_or(|offer| image.offers[usize::from(offer)].limits.is_empty())
            && send.id.is_none()
            && send.channel.is_none()
            && self.program.layout.message_at(send.message).is_none()
            && send.tries.iter().all(|by| by.rules.is_empty())
            && table.address.iter().all(|address| !matches!(address, Address::Function(_)));
        plain && send.inputs.iter().all(|input| self.sees(input.value, false))
    }
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
