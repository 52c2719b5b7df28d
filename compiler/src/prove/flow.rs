//! What a journey's flow can and cannot do: knowledge is carried along the steps, sharpened by each condition, and met again where
//! ways meet (abstract interpretation: P. and R. Cousot, POPL 1977). What it calls impossible never happens in any run; what it is
//! silent about may still be impossible.
//!
//! Knowledge of the customer (profile, histories, segments, the clock) holds for one instant: it ends at every wait, send and call,
//! and in a journey with a pause at every effect. What events brought holds on, but for fields that an `update` replaces.

use super::evaluate::{Loose, Sight};
use super::knowledge::{Knowledge, Never, Place, Value};
use super::overlap::{Arms, Overlap};
use crate::expr::walk;
use crate::hir::{
    Arm, CaseValue, Clauses, Const, EventUse, Expr, ExprKind, HAPPENED_AT, Journey, JourneyId, Limiting, Occasion,
    OfferId, Past, Program, Step, StepKind, Trigger, Until, VariableId, VariableKind,
};
use journey_grammar::span::Span;

/// Where a claim stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Of {
    /// In a journey.
    Journey(JourneyId),
    /// In an offer.
    Offer(OfferId),
    /// In a segment or another condition of no journey.
    Declaration,
}

/// What is claimed of every run, whatever happens.
#[derive(Debug, Clone)]
pub enum What {
    /// A part of a condition is always so when it is asked. `negated`: it stands under a `not`.
    Decided {
        /// The part.
        part: Expr,
        /// How it is answered, as it stands.
        truth: bool,
        /// Under a `not`.
        negated: bool,
    },
    /// Nobody comes to this step.
    Step,
    /// Nobody comes into this arm of a wait.
    Arm,
    /// A value is never this case.
    Case,
    /// Nobody comes to this `else`; the span is its first step's.
    Else,
    /// None of the offers of this next best action can be chosen.
    NoOffer,
    /// A candidate of this next best action is never chosen.
    NotChosen {
        /// Which.
        offer: OfferId,
        /// Always comes before it, where it is eligible at all.
        before: Option<OfferId>,
    },
    /// The wait is over as soon as it begins.
    NoWait,
}

/// A claim.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Where.
    pub of: Of,
    /// What.
    pub what: What,
    /// What it is about.
    pub span: Span,
    /// The conditions it follows from.
    pub because: Vec<Span>,
}

/// What is found in the flow of a program.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// What never happens, or always.
    pub claims: Vec<Claim>,
    /// Arms that overlap, so that their order decides.
    pub overlaps: Vec<Overlap>,
    /// Pieces of knowledge that were looked through: the same on every run, and no more than a program's size asks for.
    pub work: u64,
}

impl Found {
    fn take(&mut self, flow: Flow) {
        self.claims.extend(flow.claims);
        self.overlaps.extend(flow.overlaps);
        self.work += flow.sight.work.get();
    }
}

/// All that can be found in a program without errors.
pub fn found(program: &Program) -> Found {
    let loose = Loose::of(program);
    let mut all = Found::default();
    for segment in program.segments.iter().filter(|s| !s.about.from_pack) {
        let mut flow = Flow::new(program, None, Of::Declaration, &[], &loose);
        flow.asked(&Knowledge::default(), &segment.condition);
        all.take(flow);
    }
    for (id, offer) in program.offers.iter().enumerate() {
        let mut flow = Flow::new(program, None, Of::Offer(id), &offer.variables, &loose);
        let mut k = Knowledge::default();
        if let Some(eligible) = &offer.eligible {
            k = flow.asked(&k, eligible).0;
        }
        for term in [&offer.propensity, &offer.value, &offer.weight].into_iter().flatten() {
            flow.inside(&k, term);
        }
        // Whether the send of an offer is held, nobody knows; what comes before it is this instant.
        flow.steps(k, &offer.body);
        all.take(flow);
    }
    for (id, journey) in program.journeys.iter().enumerate() {
        let mut flow = Flow::new(program, Some(journey), Of::Journey(id), &journey.variables, &loose);
        flow.journey(journey);
        all.take(flow);
    }
    all
}

/// One journey or offer.
struct Flow<'p> {
    sight: Sight<'p>,
    of: Of,
    /// Effects may have to wait for a pause to end.
    pauses: bool,
    claims: Vec<Claim>,
    overlaps: Vec<Overlap>,
    /// The goals and exits in force that end the run before any wait of it hears the event.
    ends: Vec<&'p EventUse>,
    /// The ways out of each open loop by `stop repeating`.
    loops: Vec<Vec<Knowledge>>,
}

impl<'p> Flow<'p> {
    fn new(
        program: &'p Program,
        journey: Option<&'p Journey>,
        of: Of,
        variables: &'p [crate::hir::Variable],
        loose: &'p Loose,
    ) -> Flow<'p> {
        let mut flow = Flow {
            sight: Sight::new(program, variables, loose),
            of,
            pauses: journey.is_none(),
            claims: Vec::new(),
            overlaps: Vec::new(),
            ends: Vec::new(),
            loops: Vec::new(),
        };
        let Some(journey) = journey else { return flow };
        flow.pauses = !journey.clauses.pauses.is_empty();
        crate::hir::each_step(&journey.body, &mut |step| {
            if let StepKind::Stage { clauses, .. } = &step.kind {
                flow.pauses |= !clauses.pauses.is_empty();
            }
        });
        let id = match of {
            Of::Journey(id) => Some(id),
            _ => None,
        };
        flow.sight.updated = journey.updates.iter().map(|(_, v)| *v).collect();
        let migrated = program.migrations.iter().any(|m| Some(m.journey) == id);
        for (v, variable) in journey.variables.iter().enumerate() {
            for (f, own) in variable.fields.iter().enumerate() {
                let updated = journey.updates.iter().filter(|(_, of)| *of == v).any(|(event, _)| {
                    program.events.get(event.event).is_some_and(|e| e.fields.iter().any(|f| f.name == own.name))
                });
                // Whoever comes from an older version brings what that one asked for.
                if updated || migrated {
                    flow.sight.replaced.insert((v, f));
                }
            }
        }
        flow
    }

    fn claim(&mut self, what: What, span: Span, because: Vec<Span>) {
        let because = because.into_iter().filter(|b| *b != span).collect();
        self.claims.push(Claim { of: self.of, what, span, because });
    }

    fn passed(&self, mut k: Knowledge) -> Knowledge {
        k.pass_time(&|v, f| self.sight.replaced.contains(&(v, f)));
        k
    }

    /// Before an effect: a pause may keep it back.
    fn before_effect(&self, k: Knowledge) -> Knowledge {
        if self.pauses { self.passed(k) } else { k }
    }

    // ------------------------------------------------------------------------------------------ conditions

    /// A condition is asked: what is decided in it is claimed. Gives what is known when it holds, and when it does not.
    fn asked(&mut self, k: &Knowledge, e: &Expr) -> (Knowledge, Knowledge) {
        let before = self.claims.len();
        self.parts(k, e, false);
        let told = self.claims.len() > before;
        let (holds, fails) = self.sight.ways(k.clone(), e, true, true);
        let way = |way: Option<Knowledge>| {
            let mut way = way.unwrap_or_else(Knowledge::ended);
            if told && way.never.is_some() {
                way.never = Some(Never::Told);
            }
            way
        };
        (way(holds), way(fails))
    }

    /// Claims the parts that are decided, each as it is asked: the right side of an `and` only when the left one holds.
    fn parts(&mut self, k: &Knowledge, e: &Expr, negated: bool) {
        if k.never.is_some() {
            return;
        }
        match &e.kind {
            // What was written as one (`between`, `is missing`) is one.
            ExprKind::Not(a) if a.span != e.span => self.parts(k, a, !negated),
            ExprKind::And(a, b) | ExprKind::Or(a, b) if a.span != e.span => {
                self.parts(k, a, negated);
                let and = matches!(e.kind, ExprKind::And(..));
                let (holds, fails) = self.sight.ways(k.clone(), a, and, !and);
                if let Some(k) = if and { holds } else { fails } {
                    self.parts(&k, b, negated);
                }
            }
            ExprKind::Const(_) | ExprKind::Poison => {}
            _ => {
                self.inside(k, e);
                if let Some(truth) = self.sight.decide(k, e) {
                    let because = self.sight.reasons(k, e);
                    self.claim(What::Decided { part: e.clone(), truth, negated }, e.span, because);
                }
            }
        }
    }

    /// The conditions of questions inside an expression (`count(E where …)`, `any(items where …)`).
    fn inside(&mut self, k: &Knowledge, e: &Expr) {
        match &e.kind {
            ExprKind::Count(h, _) | ExprKind::Sum(h, _) | ExprKind::Last(h, _) | ExprKind::First(h, _) => {
                if let Some(condition) = &h.condition {
                    self.parts(&Knowledge::default(), condition, false);
                }
            }
            ExprKind::Each { list, condition, .. } => {
                self.inside(k, list);
                if let Some(condition) = condition {
                    let mut member = k.clone();
                    member.forget_present();
                    self.parts(&member, condition, false);
                }
            }
            // Whether it has held for a while is asked of other moments too.
            ExprKind::Held(condition, _) => self.parts(&Knowledge::default(), condition, false),
            _ => walk::children(e, &mut |part| self.inside(k, part)),
        }
    }

    /// A value that a step works out; a condition as a value is asked like any other.
    fn worked_out(&mut self, k: &Knowledge, e: &Expr) {
        match e.kind {
            ExprKind::Not(_)
            | ExprKind::And(..)
            | ExprKind::Or(..)
            | ExprKind::Compare(..)
            | ExprKind::IsKnown(_)
            | ExprKind::InSubtree(..)
            | ExprKind::InList(..) => self.parts(k, e, false),
            _ => self.inside(k, e),
        }
    }

    // ------------------------------------------------------------------------------------------ the header

    fn journey(&mut self, journey: &'p Journey) {
        let mut ways = Vec::new();
        for trigger in &journey.triggers {
            let k = self.trigger(trigger);
            ways.push(match &journey.only_if {
                Some(_) if k.never.is_some() => k,
                Some(only_if) => self.sight.ways(k, only_if, true, false).0.unwrap_or_default(),
                None => k,
            });
        }
        // Whoever starts over is not asked again who may come in.
        for (event, variable) in &journey.start_over {
            let heard = self.heard(&Knowledge::default(), event);
            let mut k = self.passed(heard.clone());
            for (place, value) in self.captured(&heard, event, Some(*variable)) {
                k.keep(place, value);
            }
            ways.push(k);
        }
        if let Some(only_if) = &journey.only_if {
            // Asked of whoever comes, before it is known of anybody.
            let ways: Vec<_> = journey.triggers.iter().map(|t| self.quietly(|flow| flow.trigger(t))).collect();
            let at_entry = self.sight.meet(ways);
            self.parts(&at_entry, only_if, false);
        }
        let mut top = self.sight.meet(ways);
        top.never = None;
        let anytime = self.passed(top.clone());
        for (event, _) in &journey.updates {
            self.heard(&Knowledge::default(), event);
        }
        for goal in &journey.goals {
            self.heard(&anytime, &goal.event);
        }
        self.clauses(&anytime, &journey.clauses);
        self.ends.extend(journey.goals.iter().filter(|goal| !goal.go_on).map(|goal| &goal.event));
        self.ends.extend(exits(&journey.clauses));
        self.steps(top, &journey.body);
        self.ends.clear();
        self.steps(anytime, &journey.on_leaving);
    }

    /// Without claims: for what is claimed elsewhere.
    fn quietly<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.claims.len();
        let result = work(self);
        self.claims.truncate(before);
        result
    }

    fn trigger(&mut self, trigger: &Trigger) -> Knowledge {
        let k = Knowledge::default();
        match trigger {
            Trigger::Event(event) => {
                let heard = self.heard(&k, event);
                let captured = self.captured(&heard, event, event.alias);
                let mut k = heard;
                k.forget_present();
                for (place, value) in captured {
                    k.keep(place, value);
                }
                k
            }
            Trigger::Condition(condition) => self.asked(&k, condition).0,
            Trigger::Enters(s) | Trigger::Every { segment: Some(s), .. } => self.in_segment(k, *s, true),
            Trigger::Leaves(s) => self.in_segment(k, *s, false),
            Trigger::Every { .. } | Trigger::Date { .. } | Trigger::HandOff(_) => k,
        }
    }

    fn in_segment(&self, k: Knowledge, segment: usize, inside: bool) -> Knowledge {
        let Some(of) = self.sight.program.segments.get(segment) else { return k };
        let ty = crate::hir::Type { ty: crate::hir::Ty::Bool, optional: false };
        let asked = Expr { span: of.about.span, ty, kind: ExprKind::InSegment(segment) };
        let (holds, fails) = self.sight.ways(k, &asked, inside, !inside);
        (if inside { holds } else { fails }).unwrap_or_default()
    }

    /// An event comes and is listened for: what is known then, of the present event too.
    fn heard(&mut self, k: &Knowledge, event: &EventUse) -> Knowledge {
        let mut present = k.clone();
        present.forget_present();
        match &event.condition {
            Some(condition) => self.asked(&present, condition).0,
            None => present,
        }
    }

    /// What is known of the present event, as knowledge of the variable that keeps it.
    fn captured(&self, heard: &Knowledge, event: &EventUse, variable: Option<VariableId>) -> Vec<(Place, Value)> {
        let Some(v) = variable else { return Vec::new() };
        let Some(variable) = self.sight.variables.get(v) else { return Vec::new() };
        if !matches!(variable.kind, VariableKind::Event(_)) {
            return Vec::new();
        }
        let fields = self.sight.program.events.get(event.event).map_or(0, |e| e.fields.len());
        (0..fields)
            .chain([HAPPENED_AT])
            .filter_map(|f| {
                let value = heard.get(&Place::EventField(event.event, f))?.clone();
                let own = variable.fields.iter().position(|own| own.sources.contains(&(event.event, f)))?;
                Some((Place::Field(v, own), value))
            })
            .collect()
    }

    fn clauses(&mut self, anytime: &Knowledge, clauses: &Clauses) {
        for exit in &clauses.exits {
            self.occasion(anytime, &exit.on);
        }
        for pause in &clauses.pauses {
            self.occasion(anytime, &pause.on);
            if let Some(until) = &pause.until {
                self.heard(anytime, until);
            }
        }
    }

    fn occasion(&mut self, k: &Knowledge, on: &Occasion) -> Knowledge {
        match on {
            Occasion::Event(event) => self.heard(k, event),
            Occasion::Condition(condition) => self.asked(k, condition).0,
        }
    }

    // ------------------------------------------------------------------------------------------ steps

    fn steps(&mut self, mut k: Knowledge, steps: &'p [Step]) -> Knowledge {
        for step in steps {
            match k.never {
                Some(Never::Told) => return k,
                Some(Never::Untold) => {
                    self.claim(What::Step, step.span, Vec::new());
                    return Knowledge::ended();
                }
                None => k = self.step(k, step),
            }
        }
        k
    }

    fn step(&mut self, k: Knowledge, step: &'p Step) -> Knowledge {
        match &step.kind {
            StepKind::Wait(_) | StepKind::Collect { .. } => {
                if let StepKind::Collect { event, .. } = &step.kind {
                    let later = self.passed(k.clone());
                    self.heard(&later, event);
                }
                self.passed(k)
            }
            StepKind::WaitUntil { until, past, then } => {
                if let Until::Moment(moment) = until {
                    self.worked_out(&k, moment);
                }
                let mut ways = vec![self.steps(self.passed(k.clone()), then)];
                match past {
                    // No time has gone by.
                    Some(Past::Continue) => ways.push(k),
                    Some(Past::Steps(steps)) => ways.push(self.steps(k, steps)),
                    Some(Past::Finish(_)) | None => {}
                }
                self.sight.meet(ways)
            }
            StepKind::WaitFor { limit, arms, otherwise } => self.wait_for(k, limit, arms, otherwise),
            StepKind::If { arms, otherwise, .. } => self.choose(k, arms, otherwise),
            StepKind::BranchOn { on, arms, at, otherwise } => self.branch_on(k, on, arms, at, otherwise.as_deref()),
            StepKind::Experiment { arms, .. } => {
                let ways: Vec<_> = arms.iter().map(|(_, _, body)| self.steps(k.clone(), body)).collect();
                self.sight.meet(ways)
            }
            StepKind::NextBest { candidates, otherwise } => {
                let mut chosen = false;
                for (offer, rank) in candidates {
                    self.worked_out(&k, rank);
                    let eligible = self.sight.program.offers.get(*offer).and_then(|o| o.eligible.as_ref());
                    chosen |= eligible.is_none_or(|e| self.sight.decide(&k, e) != Some(false));
                }
                if !chosen {
                    let eligible =
                        candidates.iter().filter_map(|(o, _)| self.sight.program.offers[*o].eligible.as_ref());
                    let mut because: Vec<Span> = eligible.flat_map(|e| self.sight.reasons(&k, e)).collect();
                    because.sort_unstable();
                    because.dedup();
                    because.truncate(2);
                    self.claim(What::NoOffer, step.span, because);
                    return self.steps(k, otherwise);
                }
                for (offer, before) in super::offers::never_chosen(&self.sight, &k, candidates) {
                    self.claim(What::NotChosen { offer, before }, step.span, Vec::new());
                }
                let done = self.passed(k.clone());
                let otherwise = self.steps(k, otherwise);
                self.sight.or(done, otherwise)
            }
            StepKind::Send(send) => {
                let k = self.before_effect(k);
                send.args.iter().for_each(|a| self.worked_out(&k, a));
                let k = self.passed(k);
                match &send.outcome {
                    Some((sent, otherwise)) => {
                        let sent = self.steps(k.clone(), sent);
                        let otherwise = self.steps(k, otherwise);
                        self.sight.or(sent, otherwise)
                    }
                    None => k,
                }
            }
            StepKind::Set { value, .. } => {
                // It is an input of its own, after this instant: until then the profile is as it was.
                let k = self.before_effect(k);
                self.worked_out(&k, value);
                k
            }
            StepKind::Emit { fields, .. } => {
                let k = self.before_effect(k);
                fields.iter().for_each(|(_, value)| self.worked_out(&k, value));
                k
            }
            StepKind::Call { args, then, otherwise, .. } => {
                let k = self.before_effect(k);
                args.iter().for_each(|a| self.worked_out(&k, a));
                let k = self.passed(k);
                let answered = self.steps(k.clone(), then);
                let otherwise = self.steps(k, otherwise);
                self.sight.or(answered, otherwise)
            }
            StepKind::Task { outcome, .. } => {
                let k = self.before_effect(k);
                match outcome {
                    Some((done, otherwise)) => {
                        let k = self.passed(k);
                        let done = self.steps(k.clone(), done);
                        let otherwise = self.steps(k, otherwise);
                        self.sight.or(done, otherwise)
                    }
                    None => k,
                }
            }
            StepKind::Repeat { body, .. } => {
                self.loops.push(Vec::new());
                // Every round has a wait, so that what holds in all of them is what time does not change.
                let round = self.steps(self.passed(k), body);
                let mut ways = self.loops.pop().unwrap_or_default();
                ways.push(round);
                self.sight.meet(ways)
            }
            StepKind::StopRepeating => {
                if let Some(ways) = self.loops.last_mut() {
                    ways.push(k);
                }
                Knowledge::ended()
            }
            StepKind::Stage { clauses, body, .. } => {
                let anytime = self.passed(k.clone());
                self.clauses(&anytime, clauses);
                let outside = self.ends.len();
                self.ends.extend(exits(clauses));
                let k = self.steps(k, body);
                self.ends.truncate(outside);
                k
            }
            StepKind::GoTo { args, .. } => {
                let k = self.before_effect(k);
                args.iter().for_each(|a| self.worked_out(&k, a));
                Knowledge::ended()
            }
            StepKind::Finish(_) => Knowledge::ended(),
        }
    }

    /// `if`, `branch { when }`
    fn choose(&mut self, k: Knowledge, arms: &'p [(Expr, Vec<Step>)], otherwise: &'p [Step]) -> Knowledge {
        let mut ways = Vec::new();
        let mut rest = k.clone();
        let mut order = Arms::default();
        for (number, (condition, body)) in arms.iter().enumerate() {
            if rest.never.is_some() {
                // What stands above takes everybody.
                if rest.never == Some(Never::Untold) {
                    self.claim(
                        What::Decided { part: condition.clone(), truth: false, negated: false },
                        condition.span,
                        Vec::new(),
                    );
                    rest.never = Some(Never::Told);
                }
                break;
            }
            let before = self.claims.len();
            let (holds, fails) = self.asked(&rest, condition);
            let overlap = order.ask(&self.sight, &rest, condition);
            if number > 0 && number + 1 == arms.len() && fails.never.is_some() {
                // The last of several that leave nothing over: that is how one writes them when there is no `else`.
                let alone = self.sight.decide(&k, condition) == Some(true);
                let decided = |c: &Claim| matches!(c.what, What::Decided { .. });
                rest = fails;
                if !alone && self.claims.len() == before + 1 && self.claims.last().is_some_and(decided) {
                    let because = self.claims.pop().map(|c| c.because).unwrap_or_default();
                    self.overlaps.extend(overlap);
                    rest.never = Some(Never::Untold);
                    if let Some(first) = otherwise.first() {
                        self.claim(What::Else, first.span, because);
                        rest.never = Some(Never::Told);
                    }
                }
                ways.push(self.steps(holds, body));
                if otherwise.is_empty() {
                    ways.push(rest);
                    return self.sight.meet(ways);
                }
                break;
            }
            if self.claims.len() == before {
                self.overlaps.extend(overlap);
            }
            ways.push(self.steps(holds, body));
            rest = fails;
        }
        if rest.never == Some(Never::Untold)
            && let Some(first) = otherwise.first()
        {
            self.claim(What::Else, first.span, Vec::new());
            rest.never = Some(Never::Told);
        }
        ways.push(self.steps(rest, otherwise));
        self.sight.meet(ways)
    }

    fn branch_on(
        &mut self,
        k: Knowledge,
        on: &Expr,
        arms: &'p [(Vec<CaseValue>, Vec<Step>)],
        at: &[Vec<Span>],
        otherwise: Option<&'p [Step]>,
    ) -> Knowledge {
        self.worked_out(&k, on);
        let mut ways = Vec::new();
        let mut rest = k;
        for (number, (cases, body)) in arms.iter().enumerate() {
            let mut inside = Knowledge::ended();
            for (n, case) in cases.iter().enumerate() {
                let asked = case_as_condition(on, case);
                let (mut is, is_not) = self.sight.ways(rest.clone(), &asked, true, true);
                if is.as_ref().is_some_and(|k| k.never == Some(Never::Untold))
                    && let Some(span) = at.get(number).and_then(|at| at.get(n))
                {
                    let because = self.sight.reasons(&rest, on);
                    self.claim(What::Case, *span, because);
                    is = None;
                }
                inside = self.sight.or(inside, is.unwrap_or_else(Knowledge::ended));
                rest = is_not.unwrap_or_else(Knowledge::ended);
            }
            ways.push(self.steps(inside, body));
        }
        if let Some(otherwise) = otherwise {
            if rest.never == Some(Never::Untold) {
                if let Some(first) = otherwise.first() {
                    let because = self.sight.reasons(&rest, on);
                    self.claim(What::Else, first.span, because);
                }
                rest.never = Some(Never::Told);
            }
            ways.push(self.steps(rest, otherwise));
        }
        self.sight.meet(ways)
    }

    /// What is known of an event that does not end the run as this one listens for it.
    fn left_over(&self, after: &Knowledge, end: &EventUse) -> Knowledge {
        let mut present = after.clone();
        present.forget_present();
        match &end.condition {
            Some(condition) => self.sight.ways(present, condition, false, true).1.unwrap_or_else(Knowledge::ended),
            None => Knowledge::ended(),
        }
    }

    fn wait_for(&mut self, k: Knowledge, limit: &Limiting, arms: &'p [Arm], otherwise: &'p [Step]) -> Knowledge {
        if let Limiting::Moment(moment) = limit {
            self.worked_out(&k, moment);
        }
        let after = self.passed(k.clone());
        let mut ways = Vec::new();
        // What the goals, the exits and the arms above leave over of each event that is listened for in the same way.
        let mut left: Vec<(&EventUse, Knowledge)> = Vec::new();
        for end in &self.ends {
            if arms.iter().any(|arm| matches!(&arm.on, Occasion::Event(event) if event.event == end.event)) {
                left.push((end, self.left_over(&after, end)));
            }
        }
        let ends = left.len();
        let mut order: Vec<(&EventUse, Arms)> = Vec::new();
        for arm in arms {
            match &arm.on {
                Occasion::Event(event) => {
                    let like = |of: &EventUse| {
                        of.event == event.event
                            && (of.key.is_none() || of.key == event.key)
                            && (of.of.is_none() || of.of == event.of)
                    };
                    let mut present = after.clone();
                    present.forget_present();
                    for (_, rest) in left.iter().filter(|(of, _)| like(of)) {
                        present = sharpened(present, rest, event.event);
                    }
                    let before = self.claims.len();
                    let (heard, rest) = match &event.condition {
                        Some(condition) => self.asked(&present, condition),
                        None => (present.clone(), Knowledge::ended()),
                    };
                    if heard.never == Some(Never::Untold) {
                        let ended = left.iter().take(ends).filter(|(of, rest)| like(of) && rest.never.is_some());
                        let because = ended.map(|(of, _)| of.span).take(1).collect();
                        self.claim(What::Arm, arm.span, because);
                    }
                    if let Some(condition) = event.condition.as_ref().filter(|_| self.claims.len() == before) {
                        let same = |of: &EventUse| (of.event, of.key, of.of) == (event.event, event.key, event.of);
                        let at = order.iter().position(|(of, _)| same(of)).unwrap_or_else(|| {
                            order.push((event, Arms::default()));
                            order.len() - 1
                        });
                        self.overlaps.extend(order[at].1.ask(&self.sight, &present, condition));
                    }
                    if heard.never.is_none() {
                        let captured = self.captured(&heard, event, event.alias);
                        let mut inside = heard;
                        if let Some(v) = event.alias {
                            inside.forget_variable(v);
                        }
                        inside.forget_present();
                        for (place, value) in captured {
                            inside.keep(place, value);
                        }
                        ways.push(self.steps(inside, &arm.body));
                    }
                    left.push((event, rest));
                }
                Occasion::Condition(condition) => {
                    if !arm.becomes && self.sight.decide(&k, condition) == Some(true) && ways.is_empty() {
                        // Asked as the wait begins, before any time has gone by.
                        let because = self.sight.reasons(&k, condition);
                        self.claim(What::NoWait, condition.span, because);
                        let (holds, _) = self.sight.ways(k, condition, true, false);
                        return self.steps(holds.unwrap_or_default(), &arm.body);
                    }
                    let (holds, _) = self.asked(&after, condition);
                    ways.push(self.steps(holds, &arm.body));
                }
            }
        }
        ways.push(self.steps(after, otherwise));
        self.sight.meet(ways)
    }
}

/// The events on which an exit ends the run.
fn exits(clauses: &Clauses) -> impl Iterator<Item = &EventUse> {
    clauses.exits.iter().filter_map(|exit| match &exit.on {
        Occasion::Event(event) => Some(event),
        Occasion::Condition(_) => None,
    })
}

/// A knowledge with what another knows of the present event, when that is no more than about the event.
fn sharpened(mut k: Knowledge, rest: &Knowledge, event: usize) -> Knowledge {
    if rest.never.is_some() {
        k.never = Some(Never::Untold);
        return k;
    }
    for (place, value) in rest.of_event(event) {
        k.keep(place.clone(), value.clone());
    }
    k
}

/// A case of a `branch on`, as a condition.
pub fn case_as_condition(on: &Expr, case: &CaseValue) -> Expr {
    let boolean =
        |kind| Expr { span: on.span, ty: crate::hir::Type { ty: crate::hir::Ty::Bool, optional: false }, kind };
    let known = || boolean(ExprKind::IsKnown(Box::new(on.clone())));
    let there = Box::new(Expr { ty: crate::hir::Type { optional: false, ..on.ty.clone() }, ..on.clone() });
    let is = match case {
        CaseValue::Missing => return boolean(ExprKind::Not(Box::new(known()))),
        CaseValue::Subtree(facet, node) => boolean(ExprKind::InSubtree(there, *facet, *node)),
        CaseValue::Value(value) => {
            let constant = Expr { span: on.span, ty: there.ty.clone(), kind: ExprKind::Const(value.clone()) };
            match (&value, &on.ty.ty) {
                (Const::Bool(true), _) => *there,
                (Const::Bool(false), _) => boolean(ExprKind::Not(there)),
                _ => boolean(ExprKind::Compare(crate::hir::Comparison::Equal, there, Box::new(constant))),
            }
        }
    };
    if on.ty.optional { boolean(ExprKind::And(Box::new(known()), Box::new(is))) } else { is }
}
