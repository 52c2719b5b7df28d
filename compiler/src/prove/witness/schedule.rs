//! From ways through journeys to what one customer does, and when.

use super::solve::{Before, Sight, Solver, Spot, any};
use crate::flow::{End, NodeKind, Why};
use crate::hir::{
    Bounds, CaseValue, Comparison, Const, DayRule, EventId, EventUse, Expr, ExprKind, FieldId, HAPPENED_AT, JourneyId,
    Limiting, MessageId, Occasion, Program, SegmentId, Send, StepKind, TeamId, TestKind, Trigger, Ty, Type, Until,
    VariableId, VariableKind, WebhookId,
};
use crate::prove::pressure::anchor::DAY;
use crate::prove::pressure::walk::{Because, Walk, WayId, most};
use journey_runtime::step::lot as lot_of;
use journey_runtime::time::{self, Zone};
use std::collections::BTreeMap;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// What happens at a moment.
#[derive(Debug, Clone)]
pub enum Doing {
    /// The event of this number in [`Schedule::events`]; a receipt of the message's latest send.
    Event(usize, Option<MessageId>),
    /// Nothing yet, but the customer is known from here on: for whoever comes in by the calendar.
    Known,
    /// A condition begins to hold: the profile becomes so, as [`Schedule::later`] of this number says.
    Becomes(usize),
    /// The team completes a task.
    Completes(TeamId, String),
    /// Calls are not answered from now on.
    Fails(WebhookId),
    /// Calls are answered so.
    Gives(WebhookId),
}

/// What one customer does.
#[derive(Debug, Clone)]
pub struct Schedule<'p> {
    program: &'p Program,
    /// The customer's.
    zone: &'p Zone,
    /// Which event each is.
    pub events: Vec<EventId>,
    /// When something happens: local milliseconds since 1970.
    pub doings: Vec<(i64, Doing)>,
    /// What must hold.
    pub solver: Solver,
    /// What must hold from a moment on at which the profile becomes so, and not before.
    pub later: Vec<Solver>,
    /// What must fall to the customer.
    lots: Vec<Lot>,
    runs: usize,
}

/// An arm of an experiment, or a place in a rollout, that falls to a customer by their name.
#[derive(Debug, Clone)]
struct Lot {
    kind: &'static str,
    name: String,
    /// Shares from here to there.
    from: f64,
    to: f64,
}

/// Names that customers of witnesses may have.
const NAMES: [&str; 12] = ["ana", "ben", "cho", "dan", "eve", "fay", "gil", "hal", "ida", "jon", "kim", "lea"];

/// What a run goes through in one journey. Where there are several, each hands off to the next.
#[derive(Clone, Copy)]
pub struct Leg<'w, 'p> {
    /// Which journey.
    pub journey: JourneyId,
    /// Its walk.
    pub walk: &'w Walk<'p>,
    /// From the entry.
    pub ways: &'w [WayId],
}

/// A run that has been added.
#[derive(Debug, Clone, Copy)]
pub struct Ran {
    /// The event it came in by, where it was one.
    pub event: Option<usize>,
    /// When it has gone its ways, as far as its steps say.
    pub end: i64,
}

impl<'p> Schedule<'p> {
    /// Nothing yet. `zone`: the customer's.
    pub fn new(program: &'p Program, zone: &'p Zone) -> Schedule<'p> {
        Schedule {
            program,
            zone,
            events: Vec::new(),
            doings: Vec::new(),
            solver: Solver::default(),
            later: Vec::new(),
            lots: Vec::new(),
            runs: 0,
        }
    }

    /// Adds a run that is entered at `at` (local milliseconds since 1970), by an event that is there already where one is given.
    /// None when it cannot be brought about by events.
    pub fn add(&mut self, legs: &[Leg<'_, 'p>], at: i64, with: Option<usize>) -> Option<Ran> {
        self.runs += 1;
        let first = legs.first()?;
        let mut captured: BTreeMap<VariableId, usize> = BTreeMap::new();
        let event = self.enter(first.journey, at, with, &mut captured)?;
        let mut now = at;
        let mut giver: Option<&Leg> = None;
        for leg in legs {
            if let Some(giver) = giver {
                captured = self.handed(giver, leg.journey, &captured)?;
            }
            let journey = &self.program.journeys[leg.journey];
            if let Some(share) = journey.rollout {
                self.lots.push(Lot { kind: "rollout", name: journey.name.clone(), from: 0.0, to: share });
            }
            if let Some(only_if) = &journey.only_if
                && !self.ask(only_if, true, leg.journey, &captured, now)
            {
                return None;
            }
            if !leg.ways.iter().all(|way| self.way(leg, *way, &mut captured, &mut now)) {
                return None;
            }
            giver = Some(leg);
        }
        Some(Ran { event, end: now })
    }

    /// Brings about that a run is entered; gives the event that does it, where it is one.
    fn enter(
        &mut self,
        id: JourneyId,
        at: i64,
        with: Option<usize>,
        captured: &mut BTreeMap<VariableId, usize>,
    ) -> Option<Option<usize>> {
        let program = self.program;
        let key = Some(self.runs);
        for trigger in &program.journeys[id].triggers {
            let entered = match trigger {
                Trigger::Event(of) if with.is_none_or(|n| self.events[n] == of.event) => {
                    let number = with.unwrap_or(self.events.len());
                    if self.event(id, of, captured, at, key, with) {
                        return Some(Some(number));
                    }
                    false
                }
                _ if with.is_some() => false,
                Trigger::Enters(segment) => self.begins(&in_segment(*segment), id, captured, at),
                Trigger::Leaves(segment) => {
                    let condition = in_segment(*segment);
                    let never = boolean(&condition, ExprKind::Not(Box::new(condition.clone())));
                    self.ask(&condition, true, id, captured, at - MINUTE) && self.begins(&never, id, captured, at)
                }
                Trigger::Condition(condition) => self.begins(condition, id, captured, at),
                Trigger::Every { segment, .. } => {
                    self.doings.push((at - HOUR, Doing::Known));
                    segment.is_none_or(|s| self.ask(&in_segment(s), true, id, captured, at))
                }
                Trigger::Date { field, .. } => {
                    self.doings.push((at - HOUR, Doing::Known));
                    self.anniversary(*field, at)
                }
                Trigger::Event(_) | Trigger::HandOff(_) => false,
            };
            if entered {
                return Some(None);
            }
        }
        None
    }

    /// A date some years ago whose day of the year is this one.
    fn anniversary(&mut self, field: FieldId, at: i64) -> bool {
        let (year, month, day) = time::civil(at.div_euclid(DAY));
        let date = Const::Date(time::days_from_civil(year - 5, month, day));
        self.solver.set(Spot::Profile(field), date)
    }

    /// What the next journey knows of a run that is handed to it.
    fn handed(
        &self,
        giver: &Leg,
        to: JourneyId,
        captured: &BTreeMap<VariableId, usize>,
    ) -> Option<BTreeMap<VariableId, usize>> {
        let place = giver.walk.ways[*giver.ways.last()?].to;
        let node = giver.walk.places[place].node?;
        let NodeKind::End(End::HandedOff(id), Some(step)) = giver.walk.graph.nodes[node].kind else { return None };
        let StepKind::GoTo { args, .. } = &step.kind else { return None };
        let given = args.iter().enumerate().filter_map(|(param, arg)| match arg.kind {
            ExprKind::Variable(of) => Some((param, *captured.get(&of)?)),
            _ => None,
        });
        (id == to).then(|| given.collect())
    }

    /// Brings about that a condition begins to hold.
    fn begins(
        &mut self,
        condition: &Expr,
        journey: JourneyId,
        captured: &BTreeMap<VariableId, usize>,
        at: i64,
    ) -> bool {
        let events = self.events.clone();
        let variables = &self.program.journeys[journey].variables;
        let sight = Sight { program: self.program, captured, variables, present: None, events: &events, now: at };
        let mut later = Solver::default();
        if !later.ask(condition, true, &sight) {
            return false;
        }
        // The last of what must have happened makes it so, and time where it says when.
        let before = std::mem::take(&mut later.before);
        let by_profile = !later.is_empty();
        if by_profile {
            self.later.push(later);
            self.doings.push((at - self.held(condition), Doing::Becomes(self.later.len() - 1)));
        }
        self.happens(before, if by_profile { at } else { at + MINUTE })
    }

    /// How long a condition must have held.
    fn held(&self, e: &Expr) -> i64 {
        match &e.kind {
            ExprKind::Held(_, length) => most(*length),
            ExprKind::And(a, b) => self.held(a).max(self.held(b)),
            ExprKind::InSegment(id) => self.held(&self.program.segments[*id].condition),
            _ => 0,
        }
    }

    fn ask(
        &mut self,
        e: &Expr,
        holds: bool,
        journey: JourneyId,
        captured: &BTreeMap<VariableId, usize>,
        now: i64,
    ) -> bool {
        let events = self.events.clone();
        let variables = &self.program.journeys[journey].variables;
        let sight = Sight { program: self.program, captured, variables, present: None, events: &events, now };
        self.solver.ask(e, holds, &sight) && self.happens_before(now)
    }

    /// What the solver has found must have happened before this moment.
    fn happens_before(&mut self, now: i64) -> bool {
        let before = std::mem::take(&mut self.solver.before);
        self.happens(before, now)
    }

    fn happens(&mut self, mut before: Vec<Before>, now: i64) -> bool {
        before.sort_by_key(|b| b.at.is_none());
        before.into_iter().all(|b| {
            let same = |d: &&(i64, Doing)| matches!(d.1, Doing::Event(n, _) if self.events[n] == b.event);
            let last = b.at.unwrap_or(now - MINUTE);
            // What comes anyway counts, where nothing is asked of it.
            let there = self.doings.iter().filter(same).filter(|d| b.condition.is_none() && d.0 <= last).count() as u32;
            let missing = if b.at.is_some() { b.times } else { b.times.saturating_sub(there) };
            (0..missing).all(|n| {
                let number = self.events.len();
                self.events.push(b.event);
                self.doings.push((last - i64::from(missing - 1 - n) * MINUTE, Doing::Event(number, None)));
                let Some(condition) = &b.condition else { return true };
                let events = self.events.clone();
                let captured = BTreeMap::new();
                let program = self.program;
                let sight =
                    Sight { program, captured: &captured, variables: &[], present: Some(number), events: &events, now };
                self.solver.ask(condition, true, &sight)
            })
        })
    }

    /// An event that is listened for, for which the run's clause holds.
    fn event(
        &mut self,
        journey: JourneyId,
        of: &EventUse,
        captured: &mut BTreeMap<VariableId, usize>,
        at: i64,
        new_key: Option<usize>,
        there: Option<usize>,
    ) -> bool {
        let program = self.program;
        let variables = &program.journeys[journey].variables;
        let number = there.unwrap_or(self.events.len());
        if there.is_none() {
            self.events.push(of.event);
        }
        let receipt = of.of.and_then(|v| match variables.get(v).map(|v| &v.kind) {
            Some(VariableKind::Send(message)) => Some(*message),
            _ => None,
        });
        if new_key.is_some()
            && let Some(alias) = of.alias
        {
            captured.insert(alias, number);
        }
        let key = program.journeys[journey].key.as_ref();
        if let (Some(new_key), Some(key)) = (new_key, key) {
            // A key of its own.
            let place = match &key.kind {
                ExprKind::Field(v, f) => variables[*v].fields[*f].sources.iter().find(|(e, _)| *e == of.event),
                _ => None,
            }
            .filter(|(_, field)| *field != HAPPENED_AT);
            // An event that is there already has its key, where another run has asked for one.
            let has_one = |solver: &Solver, field: usize| there.is_some() && solver.is(Spot::Event(number, field));
            if let Some((_, field)) = place.filter(|(_, field)| !has_one(&self.solver, *field)) {
                let declared = &program.events[of.event].fields[*field];
                let value = match (&declared.ty.ty, any(program, &declared.ty.ty, &Bounds::default(), new_key)) {
                    (Ty::Int, _) => Some(Const::Int(new_key as i64)),
                    (Ty::Enum(id), _) => {
                        Some(Const::Enum(*id, (new_key % program.enums[*id].values.len().max(1)) as u16))
                    }
                    (Ty::Facet(id), _) => {
                        Some(Const::Node(*id, (new_key % program.facets[*id].nodes.len().max(1)) as u32))
                    }
                    (_, value) => value,
                };
                if value.is_none_or(|v| !self.solver.set(Spot::Event(number, *field), v)) {
                    return false;
                }
            }
        }
        // The key of the run it is for.
        if let (Some(field), Some(Expr { kind: ExprKind::Field(v, f), .. })) = (of.key, key)
            && let Some(entry) = captured.get(v).copied()
            && let Some((_, source)) = variables[*v].fields[*f].sources.iter().find(|(e, _)| *e == self.events[entry])
            && *source != HAPPENED_AT
        {
            let declared = &program.events[self.events[entry]].fields[*source];
            let value = self.solver.value(program, Spot::Event(entry, *source), &declared.ty.ty, &declared.bounds, 0);
            if value.is_none_or(|v| !self.solver.set(Spot::Event(number, field), v)) {
                return false;
            }
        }
        if let Some(condition) = &of.condition {
            let events = self.events.clone();
            let sight = Sight { program, captured, variables, present: Some(number), events: &events, now: at };
            if !self.solver.ask(condition, true, &sight) || !self.happens_before(at) {
                return false;
            }
        }
        if let Some(alias) = of.alias {
            captured.insert(alias, number);
        }
        if there.is_none() {
            self.doings.push((at, Doing::Event(number, receipt)));
        }
        true
    }

    fn way(&mut self, run: &Leg, way: WayId, captured: &mut BTreeMap<VariableId, usize>, now: &mut i64) -> bool {
        let way = &run.walk.ways[way];
        let Because::Step(edge) = way.why else { return matches!(way.why, Because::Ended) };
        let edge = &run.walk.graph.edges[edge];
        let Some(step) = run.walk.graph.step(edge.from) else { return true };
        let (program, journey) = (self.program, run.journey);
        // The steps of offers have variables of their own.
        let of_offer = run.walk.graph.nodes[edge.from].offer.is_some();
        match (&step.kind, edge.why) {
            (StepKind::If { arms, .. }, why) => {
                let taken = match why {
                    Why::Arm(arm) => arm,
                    _ => arms.len(),
                };
                of_offer
                    || arms
                        .iter()
                        .take(taken + 1)
                        .enumerate()
                        .all(|(i, (c, _))| self.ask(c, i == taken, journey, captured, *now))
            }
            (StepKind::BranchOn { on, arms, .. }, why) => {
                let taken = match why {
                    Why::Arm(arm) => arm,
                    _ => arms.len(),
                };
                of_offer
                    || arms.iter().enumerate().take(taken + 1).all(|(i, (cases, _))| {
                        let conditions: Vec<Expr> = cases.iter().map(|c| case(on, c)).collect();
                        if i == taken {
                            conditions.iter().any(|c| self.ask(c, true, journey, captured, *now))
                        } else {
                            conditions.iter().all(|c| self.ask(c, false, journey, captured, *now))
                        }
                    })
            }
            (StepKind::WaitFor { arms, .. }, Why::Came(arm)) => match &arms[arm].on {
                Occasion::Event(of) => {
                    *now += MINUTE;
                    !of_offer && self.event(journey, of, captured, *now, None, None)
                }
                Occasion::Condition(c) => of_offer || self.ask(c, true, journey, captured, *now),
            },
            (StepKind::WaitFor { limit: Limiting::Moment(_), .. }, _) => false,
            (StepKind::WaitUntil { until: Until::Moment(moment), .. }, Why::Reached) => {
                let Some((variable, field, shift)) = crate::prove::pressure::anchor::from_field(moment) else {
                    *now += way.least;
                    return crate::flow::fixed(moment).is_some();
                };
                let Some(event) = captured.get(&variable).copied() else { return false };
                let variables = &self.program.journeys[journey].variables;
                let sources = &variables[variable].fields[field].sources;
                let Some((_, source)) = sources.iter().find(|(e, _)| *e == self.events[event]) else { return false };
                if *source == HAPPENED_AT {
                    let happened = self.doings.iter().find(|(_, d)| matches!(d, Doing::Event(n, _) if *n == event));
                    *now = happened.map_or(*now, |(at, _)| (*now).max(at + shift));
                    return true;
                }
                let spot = Spot::Event(event, *source);
                let declared = &self.program.events[self.events[event]].fields[*source];
                let date = declared.ty.ty == Ty::Date;
                // A moment that is a day or two away when the run comes here; a known one where it has been chosen before.
                let known = self.solver.value(self.program, spot, &declared.ty.ty, &declared.bounds, 0);
                let base = match known {
                    Some(Const::Moment(m)) => m,
                    Some(Const::Date(d)) => d * DAY,
                    _ => (now.div_euclid(DAY) + 2) * DAY - (shift.div_euclid(DAY)) * DAY,
                };
                let value = if date { Const::Date(base.div_euclid(DAY)) } else { Const::Moment(base) };
                *now = (*now).max(base + shift) + DAY;
                self.solver.set(spot, value)
            }
            (StepKind::WaitUntil { until: Until::Next { day, at, .. }, .. }, _) => {
                *now = match (&at.kind, day) {
                    (ExprKind::Const(Const::Time(time)), day) => next_day(program, day, *time, *now + 1),
                    _ => *now + way.most.unwrap_or(way.least),
                };
                true
            }
            (StepKind::Collect { .. }, _) => {
                *now += way.most.unwrap_or(way.least);
                true
            }
            (StepKind::Experiment { name, arms }, Why::Variant(arm)) => {
                let from: f64 = arms[..arm].iter().map(|(_, share, _)| share).sum();
                let to = from + arms[arm].1;
                self.lots.push(Lot { kind: "experiment", name: name.clone(), from, to });
                true
            }
            (StepKind::NextBest { candidates, .. }, why) => {
                let chosen = match why {
                    Why::Chosen(at) => Some(at),
                    _ => None,
                };
                candidates.iter().enumerate().all(|(i, (offer, _))| {
                    let offer = &self.program.offers[*offer];
                    match &offer.eligible {
                        Some(c) if chosen == Some(i) => self.ask(c, true, journey, captured, *now),
                        // Whoever cannot be excluded may still rank lower.
                        Some(c) => {
                            self.ask(c, false, journey, captured, *now);
                            true
                        }
                        None => true,
                    }
                })
            }
            (StepKind::Call { webhook, .. }, why) => {
                let how = if why == Why::Answered { Doing::Gives(*webhook) } else { Doing::Fails(*webhook) };
                self.doings.push((i64::MIN, how));
                true
            }
            (StepKind::Task { team, text, outcome: Some(_), .. }, Why::Done) => {
                *now += MINUTE;
                self.doings.push((*now, Doing::Completes(*team, text.clone())));
                true
            }
            (StepKind::Send(Send { outcome: Some(_), .. }), Why::Refused) => false,
            _ => {
                *now += way.least;
                true
            }
        }
    }

    /// A name to which the arms fall that its runs are in.
    pub fn name(&self) -> Option<String> {
        let all = (0..40).flat_map(|n| NAMES.iter().map(move |name| (name, n)));
        let mut names = all.map(|(name, n)| if n == 0 { name.to_string() } else { format!("{name}{n}") });
        let falls = |lot: &Lot, who: &str| {
            let share = f64::from(lot_of(lot.kind, &lot.name, who)) / 4_294_967_296.0;
            lot.from <= share && share < lot.to
        };
        names.find(|who| self.lots.iter().all(|lot| falls(lot, who)))
    }

    /// As the lines of a test: what the customer is, and what happens when.
    pub fn lines(&self) -> Vec<TestKind> {
        let program = self.program;
        let mut profile: Vec<(usize, Const)> = Vec::new();
        let mut addresses = Vec::new();
        for channel in &program.channels {
            if let Some(Expr { kind: ExprKind::Profile(field), .. }) = &channel.address {
                addresses.push((*field, channel.name.clone()));
            }
        }
        for (id, field) in program.profile.iter().enumerate() {
            let field = &field.field;
            let asked = self.solver.value(program, Spot::Profile(id), &field.ty.ty, &field.bounds, 1);
            let address = addresses.iter().any(|(f, _)| *f == id).then(|| match field.name.as_str() {
                "email" => Const::Text("ana@example.com".into()),
                "phone" => Const::Text("+4915112345678".into()),
                _ => Const::Text("ana-1".into()),
            });
            if let Some(value) = asked.or(address) {
                profile.push((id, self.utc(value)));
            }
        }
        let consents = (0..program.purposes.len()).filter(|p| !program.purposes[*p].needs_no_consent);
        let mut lines = vec![TestKind::Customer { who: 0, profile, consents: consents.map(|p| (p, None)).collect() }];
        let mut doings: Vec<(i64, Option<TestKind>)> =
            self.doings.iter().map(|(at, doing)| (*at, self.line(doing))).collect();
        let begin = doings.iter().map(|(at, _)| *at).filter(|at| *at > i64::MIN).min().unwrap_or(0);
        doings.sort_by_key(|(at, _)| *at);
        let mut clock = None;
        for (at, line) in doings {
            // How calls are answered is said before anything happens.
            let at = at.max(begin);
            if clock != Some(at) {
                clock = Some(at);
                lines.push(at_line(at));
            }
            lines.extend(line);
        }
        lines
    }

    fn line(&self, doing: &Doing) -> Option<TestKind> {
        let program = self.program;
        Some(match doing {
            Doing::Event(number, of) => {
                let event = self.events[*number];
                let fields = self.fields(event, *number);
                match program.events[event].everyone {
                    true => TestKind::Everyone { event, fields },
                    false => TestKind::Does { who: 0, event, of: *of, fields, id: None },
                }
            }
            Doing::Known => return None,
            Doing::Becomes(number) => {
                let later = &self.later[*number];
                let each = program.profile.iter().enumerate();
                let value = |(id, field): (usize, &crate::hir::ProfileField)| {
                    let field = &field.field;
                    Some((id, self.utc(later.value(program, Spot::Profile(id), &field.ty.ty, &field.bounds, 1)?)))
                };
                let profile: Vec<_> = each.filter_map(value).collect();
                if profile.is_empty() {
                    return None;
                }
                TestKind::Becomes { who: 0, profile }
            }
            Doing::Completes(team, text) => TestKind::Completes { team: *team, text: text.clone(), who: 0 },
            Doing::Fails(webhook) => TestKind::WebhookFails { webhook: *webhook, times: None },
            Doing::Gives(webhook) => {
                let fields = program.webhooks[*webhook].gives.iter().enumerate();
                let value = |(at, f): (usize, &crate::hir::Field)| Some((at, any(program, &f.ty.ty, &f.bounds, 1)?));
                TestKind::WebhookGives { webhook: *webhook, fields: fields.filter_map(value).collect() }
            }
        })
    }

    /// Values for the fields of an event: those that are asked for, and those that must be there.
    fn fields(&self, event: EventId, number: usize) -> Vec<(usize, Const)> {
        let program = self.program;
        let fields = program.events[event].fields.iter().enumerate();
        let name = number.min(9_998) + 1;
        fields
            .filter_map(|(at, field)| {
                let asked = self.solver.value(program, Spot::Event(number, at), &field.ty.ty, &field.bounds, name);
                let needed = !field.ty.optional && field.default.is_none();
                let value = match asked {
                    Some(value) => Some(value),
                    None if needed => any(program, &field.ty.ty, &field.bounds, name),
                    None => None,
                };
                Some((at, self.utc(value?)))
            })
            .collect()
    }

    /// Moments are local until they are written.
    fn utc(&self, value: Const) -> Const {
        match value {
            Const::Moment(at) => Const::Moment(self.zone.moment(at.div_euclid(DAY), at.rem_euclid(DAY))),
            value => value,
        }
    }
}

/// The first moment from `at` on at which somebody can come in by a journey's triggers.
pub fn next_entry(program: &Program, id: JourneyId, at: i64) -> i64 {
    let first = program.journeys[id].triggers.iter().map(|trigger| match trigger {
        Trigger::Every { day, at: time, .. } => next_day(program, day, *time, at),
        Trigger::Date { at: time, .. } => next_day(program, &DayRule::Week { days: 0x7f, calendar: None }, *time, at),
        _ => at,
    });
    first.min().unwrap_or(at)
}

/// The first such day and time from `at` on.
fn next_day(program: &Program, day: &DayRule, time: i64, at: i64) -> i64 {
    let is_day = |date: i64| match day {
        DayRule::Week { days, calendar } => {
            let holidays = calendar.map_or(&[][..], |c| program.calendars[c].days.as_slice());
            time::is_day(date, *days, holidays)
        }
        DayRule::Month(wanted) => {
            let ((.., day), (.., next)) = (time::civil(date), time::civil(date + 1));
            day == i64::from(*wanted) || (next == 1 && day < i64::from(*wanted))
        }
    };
    let from = at.div_euclid(DAY) + i64::from(at.rem_euclid(DAY) > time);
    let date = (from..from + 400).find(|date| is_day(*date));
    date.unwrap_or(from) * DAY + time
}

/// The clock of a test at a local moment.
pub fn at_line(at: i64) -> TestKind {
    TestKind::At { date: at.div_euclid(DAY), time: at.rem_euclid(DAY), zone: None }
}

fn boolean(on: &Expr, kind: ExprKind) -> Expr {
    Expr { span: on.span, ty: Type { ty: Ty::Bool, optional: false }, kind }
}

fn in_segment(segment: SegmentId) -> Expr {
    Expr { span: Default::default(), ty: Type { ty: Ty::Bool, optional: false }, kind: ExprKind::InSegment(segment) }
}

/// A case of `branch on` as a condition.
fn case(on: &Expr, case: &CaseValue) -> Expr {
    let of = Box::new(on.clone());
    match case {
        CaseValue::Value(value) => {
            let value = Expr { span: on.span, ty: on.ty.clone(), kind: ExprKind::Const(value.clone()) };
            boolean(on, ExprKind::Compare(Comparison::Equal, of, Box::new(value)))
        }
        CaseValue::Subtree(facet, node) => boolean(on, ExprKind::InSubtree(of, *facet, *node)),
        CaseValue::Missing => boolean(on, ExprKind::Not(Box::new(boolean(on, ExprKind::IsKnown(of))))),
    }
}
