//! From ways through journeys to what one customer does, and when.

use super::solve::{Sight, Solver, Spot, any};
use crate::flow::Why;
use crate::hir::{
    Bounds, CaseValue, Comparison, Const, EventId, EventUse, Expr, ExprKind, JourneyId, Limiting, MessageId, Occasion,
    Program, SegmentId, Send, StepKind, TeamId, TestKind, Trigger, Ty, Type, Until, VariableId, VariableKind,
    WebhookId,
};
use crate::prove::pressure::anchor::DAY;
use crate::prove::pressure::walk::{Because, Walk, WayId};
use std::collections::BTreeMap;

const MINUTE: i64 = 60_000;

/// What happens at a moment.
#[derive(Debug, Clone)]
pub enum Doing {
    /// The event of this number in [`Schedule::events`]; a receipt of the message's latest send.
    Event(usize, Option<MessageId>),
    /// A condition begins to hold: the profile becomes so.
    Becomes,
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
    /// Which event each is.
    pub events: Vec<EventId>,
    /// When something happens: local milliseconds since 1970.
    pub doings: Vec<(i64, Doing)>,
    /// What must hold.
    pub solver: Solver,
    /// What must hold from the moment on at which the profile becomes so, and not before.
    pub later: Solver,
    /// Arms of experiments that the customer must be in.
    pub arms: Vec<(String, String)>,
    runs: usize,
}

/// One run: a journey and the ways it goes.
pub struct Run<'w, 'p> {
    /// Which journey.
    pub journey: JourneyId,
    /// Its walk.
    pub walk: &'w Walk<'p>,
    /// From the entry.
    pub ways: &'w [WayId],
}

impl<'p> Schedule<'p> {
    /// Nothing yet.
    pub fn new(program: &'p Program) -> Schedule<'p> {
        Schedule {
            program,
            events: Vec::new(),
            doings: Vec::new(),
            solver: Solver::default(),
            later: Solver::default(),
            arms: Vec::new(),
            runs: 0,
        }
    }

    /// Adds a run that is entered at `at` (local milliseconds since 1970). False when it cannot be brought about by events.
    pub fn add(&mut self, run: &Run, at: i64) -> bool {
        self.runs += 1;
        let program = self.program;
        let journey = &program.journeys[run.journey];
        let mut captured: BTreeMap<VariableId, usize> = BTreeMap::new();
        let key = self.runs;
        let entered = journey.triggers.iter().any(|trigger| match trigger {
            Trigger::Event(of) => self.event(run.journey, of, &mut captured, at, Some(key)),
            Trigger::Enters(segment) => self.begins(&in_segment(*segment), run, &captured, at),
            Trigger::Condition(condition) => self.begins(condition, run, &captured, at),
            Trigger::Every { segment, .. } => {
                segment.is_none_or(|s| self.ask(&in_segment(s), true, run.journey, &captured))
            }
            Trigger::Leaves(_) | Trigger::Date { .. } | Trigger::HandOff(_) => false,
        });
        if !entered {
            return false;
        }
        if let Some(only_if) = &journey.only_if
            && !self.ask(only_if, true, run.journey, &captured)
        {
            return false;
        }
        let mut now = at;
        run.ways.iter().all(|way| self.way(run, *way, &mut captured, &mut now))
    }

    fn begins(&mut self, condition: &Expr, run: &Run, captured: &BTreeMap<VariableId, usize>, at: i64) -> bool {
        let events = self.events.clone();
        let variables = &self.program.journeys[run.journey].variables;
        let sight = Sight { program: self.program, captured, variables, present: None, events: &events };
        self.doings.push((at, Doing::Becomes));
        self.later.ask(condition, true, &sight)
    }

    fn ask(&mut self, e: &Expr, holds: bool, journey: JourneyId, captured: &BTreeMap<VariableId, usize>) -> bool {
        let events = self.events.clone();
        let variables = &self.program.journeys[journey].variables;
        let sight = Sight { program: self.program, captured, variables, present: None, events: &events };
        self.solver.ask(e, holds, &sight)
    }

    /// An event that is listened for, for which the run's clause holds.
    fn event(
        &mut self,
        journey: JourneyId,
        of: &EventUse,
        captured: &mut BTreeMap<VariableId, usize>,
        at: i64,
        new_key: Option<usize>,
    ) -> bool {
        let program = self.program;
        let variables = &program.journeys[journey].variables;
        let number = self.events.len();
        self.events.push(of.event);
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
            };
            if let Some((_, field)) = place {
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
        {
            let declared = &program.events[self.events[entry]].fields[*source];
            let value = self.solver.value(program, Spot::Event(entry, *source), &declared.ty.ty, &declared.bounds, 0);
            if value.is_none_or(|v| !self.solver.set(Spot::Event(number, field), v)) {
                return false;
            }
        }
        if let Some(condition) = &of.condition {
            let events = self.events.clone();
            let sight = Sight { program, captured, variables, present: Some(number), events: &events };
            if !self.solver.ask(condition, true, &sight) {
                return false;
            }
        }
        if let Some(alias) = of.alias {
            captured.insert(alias, number);
        }
        self.doings.push((at, Doing::Event(number, receipt)));
        true
    }

    fn way(&mut self, run: &Run, way: WayId, captured: &mut BTreeMap<VariableId, usize>, now: &mut i64) -> bool {
        let way = &run.walk.ways[way];
        let Because::Step(edge) = way.why else { return matches!(way.why, Because::Ended) };
        let edge = &run.walk.graph.edges[edge];
        let Some(step) = run.walk.graph.step(edge.from) else { return true };
        let journey = run.journey;
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
                        .all(|(i, (c, _))| self.ask(c, i == taken, journey, captured))
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
                            conditions.iter().any(|c| self.ask(c, true, journey, captured))
                        } else {
                            conditions.iter().all(|c| self.ask(c, false, journey, captured))
                        }
                    })
            }
            (StepKind::WaitFor { arms, .. }, Why::Came(arm)) => match &arms[arm].on {
                Occasion::Event(of) => {
                    *now += MINUTE;
                    !of_offer && self.event(journey, of, captured, *now, None)
                }
                Occasion::Condition(c) => of_offer || self.ask(c, true, journey, captured),
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
            (StepKind::WaitUntil { .. }, _) => {
                *now += way.most.unwrap_or(way.least);
                true
            }
            (StepKind::Experiment { name, arms }, Why::Variant(arm)) => {
                self.arms.push((name.clone(), arms[arm].0.clone()));
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
                        Some(c) if chosen == Some(i) => self.ask(c, true, journey, captured),
                        // Whoever cannot be excluded may still rank lower.
                        Some(c) => {
                            self.ask(c, false, journey, captured);
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
                profile.push((id, value));
            }
        }
        let consents = (0..program.purposes.len()).filter(|p| !program.purposes[*p].needs_no_consent);
        let mut lines = vec![TestKind::Customer { who: 0, profile, consents: consents.map(|p| (p, None)).collect() }];
        let mut doings: Vec<(i64, TestKind)> = Vec::new();
        for (at, doing) in &self.doings {
            doings.extend(self.line(doing).into_iter().map(|line| (*at, line)));
        }
        let begin = doings.iter().map(|(at, _)| *at).filter(|at| *at > i64::MIN).min().unwrap_or(0);
        // What must have happened before happens just before.
        let mut before: BTreeMap<EventId, u32> = BTreeMap::new();
        for (event, times) in &self.solver.before {
            let known = before.entry(*event).or_default();
            *known = (*known).max(*times);
        }
        for (event, times) in before {
            for n in 0..times {
                let fields = self.fields(event, usize::MAX);
                let does = TestKind::Does { who: 0, event, of: None, fields, id: None };
                doings.push((begin - i64::from(times - n) * MINUTE, does));
            }
        }
        doings.sort_by_key(|(at, _)| *at);
        let mut clock = None;
        for (at, line) in doings {
            let at = at.max(begin - 60 * MINUTE);
            if clock != Some(at) {
                clock = Some(at);
                lines.push(at_line(at));
            }
            lines.push(line);
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
            Doing::Becomes => {
                let each = program.profile.iter().enumerate();
                let value = |(id, field): (usize, &crate::hir::ProfileField)| {
                    let field = &field.field;
                    Some((id, self.later.value(program, Spot::Profile(id), &field.ty.ty, &field.bounds, 1)?))
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
                let needed = !field.ty.optional && field.default.is_none() && !matches!(field.ty.ty, Ty::List(_));
                let value = match asked {
                    Some(value) => Some(value),
                    None if needed => any(program, &field.ty.ty, &field.bounds, name),
                    None => None,
                };
                Some((at, value?))
            })
            .collect()
    }
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
