//! What an expression may be worked out to, from what is known: the abstract counterpart of `runtime/src/eval.rs`.

use super::knowledge::{Knowledge, Never, Place, Shape, Value};
use super::ranges::{Ranges, of_number, to_number};
use crate::expr::facts::{mirrored, opposite};
use crate::expr::walk;
use crate::hir::{
    self, Bounds, Comparison, Const, EventId, Expr, ExprKind, HAPPENED_AT, HistoryUse, Operation, Program, StepKind,
    Ty, Type, Variable, VariableId,
};
use journey_runtime::image::Arith;
use journey_runtime::number::{LEAST, arith};
use rustc_hash::FxHashMap;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

/// What never changes while knowledge flows: the program, whose variables are meant, the texts seen so far.
pub struct Sight<'p> {
    /// The program.
    pub program: &'p Program,
    /// The variables of the journey or offer.
    pub variables: &'p [Variable],
    /// Fields whose declared bounds a step may break: of the profile, and of events.
    loose: &'p Loose,
    /// Fields that an `update` may replace while a run waits, or that a migration brings from an older version.
    pub replaced: BTreeSet<(VariableId, usize)>,
    /// Variables of which an `update` may replace fields.
    pub updated: BTreeSet<VariableId>,
    texts: RefCell<BTreeMap<String, i64>>,
    histories: RefCell<FxHashMap<HistoryUse, Shape>>,
    /// Questions of which an answer was remembered.
    questions: RefCell<FxHashMap<Expr, Place>>,
    /// Places of knowledge that were looked through: what all this costs.
    pub work: Cell<u64>,
}

/// Fields that steps fill with values nobody holds against the bounds that were declared. What comes from outside keeps them.
#[derive(Debug, Default)]
pub struct Loose {
    profile: BTreeSet<usize>,
    events: BTreeSet<(EventId, usize)>,
}

impl Loose {
    /// Those of a program.
    pub fn of(program: &Program) -> Loose {
        let mut loose = Loose::default();
        let bodies = program.journeys.iter().flat_map(|j| [&j.body, &j.on_leaving]);
        for steps in bodies.chain(program.offers.iter().map(|o| &o.body)) {
            hir::each_step(steps, &mut |step| match &step.kind {
                StepKind::Set { field, .. } => _ = loose.profile.insert(*field),
                StepKind::Emit { event, fields } => loose.events.extend(fields.iter().map(|(f, _)| (*event, *f))),
                _ => {}
            });
        }
        loose
    }
}

impl<'p> Sight<'p> {
    /// For a journey, an offer or a condition that stands alone (no variables).
    pub fn new(program: &'p Program, variables: &'p [Variable], loose: &'p Loose) -> Sight<'p> {
        Sight {
            program,
            variables,
            loose,
            replaced: BTreeSet::new(),
            updated: BTreeSet::new(),
            texts: RefCell::default(),
            histories: RefCell::default(),
            questions: RefCell::default(),
            work: Cell::default(),
        }
    }

    // ------------------------------------------------------------------------------------------ places

    /// The place an expression reads, when it reads just one.
    pub fn place(&self, e: &Expr) -> Option<Place> {
        Some(match &e.kind {
            ExprKind::Profile(f) => Place::Profile(*f),
            ExprKind::Field(v, f) => Place::Field(*v, *f),
            ExprKind::EventField(event, f) => Place::EventField(*event, *f),
            ExprKind::Member(f) => Place::Member(*f),
            ExprKind::Last(h, f) => Place::Remembered(true, self.shape(h), *f),
            ExprKind::First(h, f) => Place::Remembered(false, self.shape(h), *f),
            ExprKind::Count(h, _) => Place::Count(self.shape(h)),
            ExprKind::Sum(h, f) => Place::Sum(self.shape(h), *f),
            ExprKind::InSegment(s) => Place::Segment(*s),
            _ => return None,
        })
    }

    /// A history's number: those that remember the same have the same.
    fn shape(&self, history: &HistoryUse) -> Shape {
        let mut histories = self.histories.borrow_mut();
        if let Some(shape) = histories.get(history) {
            return *shape;
        }
        let next = histories.len() as Shape;
        histories.insert(history.clone(), next);
        next
    }

    /// What is known of the answer to a question as a whole.
    fn answered<'k>(&self, k: &'k Knowledge, e: &Expr) -> Option<&'k Value> {
        if !k.has_answers() {
            return None;
        }
        k.get(self.questions.borrow().get(e)?)
    }

    /// The question as a whole, for what nothing better is known of.
    fn asked(&self, e: &Expr) -> Place {
        let mut questions = self.questions.borrow_mut();
        if let Some(place) = questions.get(e) {
            return place.clone();
        }
        let mut stays = true;
        walk::each(e, &mut |part| {
            stays &= match &part.kind {
                ExprKind::Field(v, f) => !self.replaced.contains(&(*v, *f)),
                ExprKind::Profile(_)
                | ExprKind::EventField(..)
                | ExprKind::Member(_)
                | ExprKind::Last(..)
                | ExprKind::First(..)
                | ExprKind::Count(..)
                | ExprKind::Sum(..)
                | ExprKind::InSegment(_)
                | ExprKind::Held(..)
                | ExprKind::Now
                | ExprKind::Today => false,
                // Days and times of day are those of the customer's zone, which may change.
                ExprKind::At(..) | ExprKind::Shift(..) => false,
                _ => true,
            }
        });
        let place = Place::Asked(questions.len() as Shape, stays);
        questions.insert(e.clone(), place.clone());
        place
    }

    /// What is known of a place, with what its declaration says.
    fn look(&self, k: &Knowledge, place: &Place, ty: &Type) -> Value {
        if let Some(value) = k.get(place) {
            return value.clone();
        }
        let gone = |event: &Place| k.get(event).filter(|v| v.is.is_empty()).cloned();
        Knowledge::event_of(place).as_ref().and_then(gone).unwrap_or_else(|| self.declared(place, ty))
    }

    /// What a place may be by its declaration alone.
    fn declared(&self, place: &Place, ty: &Type) -> Value {
        let program = self.program;
        let whole = |event: EventId, f: usize| {
            if f == HAPPENED_AT {
                return self.kind(&Ty::Moment);
            }
            let field = program.events.get(event).and_then(|e| e.fields.get(f));
            match field {
                Some(field) if !self.loose.events.contains(&(event, f)) => self.bounded(&field.ty.ty, &field.bounds),
                Some(field) => self.kind(&field.ty.ty),
                None => self.kind(&ty.ty),
            }
        };
        match place {
            Place::Profile(f) => match program.profile.get(*f) {
                Some(p) => {
                    let is = match self.loose.profile.contains(f) {
                        true => self.kind(&p.field.ty.ty),
                        false => self.bounded(&p.field.ty.ty, &p.field.bounds),
                    };
                    Value { missing: p.field.ty.optional, is, said: Vec::new() }
                }
                None => Value::unknown(),
            },
            Place::Field(v, f) => match self.variables.get(*v).and_then(|v| v.fields.get(*f)) {
                Some(field) => {
                    let sources = field.sources.iter().map(|(e, f)| whole(*e, *f));
                    // What an `update` brings has its own bounds.
                    let is = match self.variables.get(*v).map(|v| &v.kind) {
                        Some(hir::VariableKind::Event(_)) => sources
                            .reduce(|a, b| a.join(&b))
                            .filter(|_| !self.updated.contains(v))
                            .unwrap_or_else(|| self.kind(&field.ty.ty)),
                        _ => self.kind(&field.ty.ty),
                    };
                    Value { missing: field.ty.optional, is, said: Vec::new() }
                }
                None => Value::unknown(),
            },
            Place::EventField(event, f) => {
                let field = program.events.get(*event).and_then(|e| e.fields.get(*f));
                let missing = *f != HAPPENED_AT && field.is_none_or(|f| f.ty.optional);
                Value { missing, is: whole(*event, *f), said: Vec::new() }
            }
            Place::Remembered(..) => Value { missing: true, is: self.kind(&ty.ty), said: Vec::new() },
            Place::Count(_) => Value::of(Ranges::between(0, i64::MAX)),
            Place::Segment(_) | Place::Asked(..) => Value::of(Ranges::between(0, 1)),
            Place::Sum(..) => Value::of(self.kind(&ty.ty)),
            Place::Member(_) => Value { missing: true, is: self.kind(&ty.ty), said: Vec::new() },
        }
    }

    /// What is known where two ways meet.
    pub fn or(&self, one: Knowledge, other: Knowledge) -> Knowledge {
        self.count(&one);
        self.count(&other);
        one.or(other, &|place, value| self.is_declared(place, value))
    }

    fn count(&self, k: &Knowledge) {
        self.work.set(self.work.get() + 1 + k.size() as u64);
    }

    /// What is known where ways meet.
    pub fn meet(&self, ways: impl IntoIterator<Item = Knowledge>) -> Knowledge {
        ways.into_iter().reduce(|one, other| self.or(one, other)).unwrap_or_else(Knowledge::ended)
    }

    /// Whether a value is no more than what its declaration says. Of what types alone tell, it is not asked.
    fn is_declared(&self, place: &Place, value: &Value) -> bool {
        let by_itself = matches!(
            place,
            Place::Profile(_)
                | Place::Field(..)
                | Place::EventField(..)
                | Place::Count(_)
                | Place::Segment(_)
                | Place::Asked(..)
        );
        by_itself && {
            let unknown = Type { ty: Ty::Poison, optional: true };
            let declared = self.declared(place, &unknown);
            declared.missing == value.missing && declared.is == value.is
        }
    }

    /// What values of a kind may be.
    fn kind(&self, ty: &Ty) -> Ranges {
        match ty {
            Ty::Bool => Ranges::between(0, 1),
            Ty::Enum(id) => {
                let values = self.program.enums.get(*id).map_or(0, |e| e.values.len());
                Ranges::between(0, values as i64 - 1)
            }
            Ty::Facet(id) => {
                let nodes = self.program.facets.get(*id).map_or(0, |f| f.nodes.len());
                Ranges::between(0, nodes as i64 - 1)
            }
            Ty::Int | Ty::Money(_) | Ty::Duration | Ty::Date | Ty::Time | Ty::Moment => {
                Ranges::between(LEAST, i64::MAX)
            }
            _ => Ranges::all(),
        }
    }

    fn bounded(&self, ty: &Ty, bounds: &Bounds) -> Ranges {
        let kind = self.kind(ty);
        let number = |c: &Const| self.constant(c).and_then(|r| r.single());
        match &bounds.between {
            Some((low, high)) => match (number(low), number(high)) {
                (Some(low), Some(high)) => kind.meet(&Ranges::between(low, high)),
                _ => kind,
            },
            None if *ty == Ty::Probability => Ranges::between(of_number(0.0), of_number(1.0)),
            None => kind,
        }
    }

    // ------------------------------------------------------------------------------------------ values

    /// A constant as the one value it is; none for lists and what is missing.
    pub fn constant(&self, c: &Const) -> Option<Ranges> {
        Some(Ranges::one(match c {
            Const::Bool(b) => i64::from(*b),
            Const::Int(n) | Const::Money(n) | Const::Date(n) | Const::Time(n) | Const::Moment(n) => *n,
            Const::Number(n) => of_number(*n),
            Const::Duration(length) => crate::lower::nominal(*length),
            Const::Enum(_, v) => i64::from(*v),
            Const::Node(_, n) => i64::from(*n),
            Const::Text(text) => {
                let mut texts = self.texts.borrow_mut();
                let next = texts.len() as i64;
                *texts.entry(text.clone()).or_insert(next)
            }
            Const::List(_) | Const::Record(_) | Const::Missing => return None,
        }))
    }

    /// What an expression may be.
    pub fn value(&self, k: &Knowledge, e: &Expr) -> Value {
        if let Some(place) = self.place(e) {
            return self.look(k, &place, &e.ty);
        }
        match &e.kind {
            ExprKind::Const(Const::Missing) => Value { is: Ranges::NONE, ..Value::unknown() },
            ExprKind::Const(c) => self.constant(c).map_or_else(Value::unknown, Value::of),
            ExprKind::ToNumber(a) => {
                let a = self.value(k, a);
                let is = match a.is.ends() {
                    Some((low, high)) => Ranges::between(of_number(low as f64), of_number(high as f64)),
                    None => Ranges::NONE,
                };
                Value { is, ..a }
            }
            ExprKind::Otherwise(a, b) => {
                let (a, b) = (self.value(k, a), self.value(k, b));
                if !a.missing {
                    return a;
                }
                let said = a.said.into_iter().chain(b.said).collect();
                Value { missing: b.missing, is: a.is.join(&b.is), said }
            }
            ExprKind::Arithmetic(operation, a, b) => self.arithmetic(k, *operation, a, b),
            _ if e.ty.ty == Ty::Bool && !e.ty.optional => match self.decide(k, e) {
                Some(truth) => Value::of(Ranges::one(i64::from(truth))),
                None => Value::of(Ranges::between(0, 1)),
            },
            _ => Value { missing: true, is: self.kind(&e.ty.ty), said: Vec::new() },
        }
    }

    /// Every operation rises or falls steadily in each of its sides, so its ends come of the ends of the sides.
    fn arithmetic(&self, k: &Knowledge, operation: Operation, a: &Expr, b: &Expr) -> Value {
        let (whole, number) = (false, true);
        let (op, left, right, result) = match operation {
            Operation::Add | Operation::AddDuration => (Arith::AddInt, whole, whole, whole),
            Operation::Subtract | Operation::SubtractDuration | Operation::Difference => {
                (Arith::SubInt, whole, whole, whole)
            }
            Operation::Multiply => (Arith::MulInt, whole, whole, whole),
            Operation::AddNumber => (Arith::AddNum, number, number, number),
            Operation::SubtractNumber => (Arith::SubNum, number, number, number),
            Operation::MultiplyNumber => (Arith::MulNum, number, number, number),
            Operation::ScaleMoney => (Arith::MulMoney, whole, number, whole),
            // A division by what may be nothing has no ends.
            Operation::DivideNumber | Operation::DivideMoney | Operation::Ratio | Operation::DateDifference => {
                return Value::unknown();
            }
        };
        let (a, b) = (self.value(k, a), self.value(k, b));
        let (Some(x), Some(y)) = (a.is.ends(), b.is.ends()) else { return Value::unknown() };
        if a.missing || b.missing {
            return Value::unknown();
        }
        let word = |v: i64, number: bool| if number { to_number(v).to_bits() } else { v as u64 };
        // Of fractions that nothing bounds the ends are no fractions.
        let finite = |(low, high): (i64, i64), number: bool| {
            !number || (to_number(low).is_finite() && to_number(high).is_finite())
        };
        if !finite(x, left) || !finite(y, right) {
            return Value::unknown();
        }
        let corners = [(x.0, y.0), (x.0, y.1), (x.1, y.0), (x.1, y.1)].map(|(x, y)| {
            let made = arith(op, word(x, left), word(y, right));
            if result { of_number(f64::from_bits(made)) } else { made as i64 }
        });
        let (low, high) = corners.iter().fold((i64::MAX, i64::MIN), |(l, h), c| (l.min(*c), h.max(*c)));
        let said = a.said.into_iter().chain(b.said).collect();
        Value { missing: false, is: Ranges::between(low, high), said }
    }

    // ------------------------------------------------------------------------------------------ conditions

    /// Whether what is known decides a condition.
    pub fn decide(&self, k: &Knowledge, e: &Expr) -> Option<bool> {
        match &e.kind {
            ExprKind::Const(Const::Bool(b)) => Some(*b),
            ExprKind::Not(a) => self.decide(k, a).map(|b| !b),
            ExprKind::And(a, b) => match self.decide(k, a) {
                Some(false) => Some(false),
                Some(true) => self.decide(k, b),
                None => (self.when(k, a, true).and_then(|k| self.decide(&k, b)) == Some(false)).then_some(false),
            },
            ExprKind::Or(a, b) => match self.decide(k, a) {
                Some(true) => Some(true),
                Some(false) => self.decide(k, b),
                None => (self.when(k, a, false).and_then(|k| self.decide(&k, b)) == Some(true)).then_some(true),
            },
            _ => self.decide_one(k, e),
        }
    }

    fn decide_one(&self, k: &Knowledge, e: &Expr) -> Option<bool> {
        let answer = match &e.kind {
            ExprKind::Compare(op, a, b) => {
                let textual = matches!(a.ty.ty, Ty::Text | Ty::Zone | Ty::List(_) | Ty::Poison);
                if textual && !matches!(op, Comparison::Equal | Comparison::NotEqual) {
                    return None;
                }
                compare(*op, &self.value(k, a), &self.value(k, b))
            }
            ExprKind::IsKnown(a) => {
                let a = self.value(k, a);
                match (a.missing, a.is.is_empty()) {
                    (false, _) => Some(true),
                    (true, true) => Some(false),
                    (true, false) => None,
                }
            }
            ExprKind::InSubtree(a, facet, node) => among(&self.value(k, a), &self.subtree(*facet, *node)),
            ExprKind::InList(a, list) => self.listed(list).and_then(|list| among(&self.value(k, a), &list)),
            ExprKind::InSegment(s) => {
                let known = k.get(&Place::Segment(*s)).and_then(|v| v.is.single()).map(|v| v == 1);
                // Segments read earlier ones only.
                known.or_else(|| self.decide(k, &self.program.segments.get(*s)?.condition))
            }
            _ => match self.place(e) {
                Some(place) => {
                    let value = self.look(k, &place, &e.ty);
                    if value.missing { None } else { value.is.single().map(|v| v == 1) }
                }
                None => None,
            },
        };
        answer.or_else(|| self.answered(k, e)?.is.single().map(|v| v == 1))
    }

    /// The nodes of a subtree.
    pub fn subtree(&self, facet: usize, node: u32) -> Ranges {
        let end = self.program.facets.get(facet).and_then(|f| f.nodes.get(node as usize)).map_or(node, |n| n.end - 1);
        Ranges::between(i64::from(node), i64::from(end))
    }

    /// The members of a list that is written out; none when they are not all fixed.
    pub fn listed(&self, list: &Expr) -> Option<Ranges> {
        let constants: Vec<&Const> = match &list.kind {
            ExprKind::Const(Const::List(all)) => all.iter().collect(),
            ExprKind::List(all) => all
                .iter()
                .map(|e| if let ExprKind::Const(c) = &e.kind { Some(c) } else { None })
                .collect::<Option<_>>()?,
            _ => return None,
        };
        constants.into_iter().try_fold(Ranges::NONE, |all, c| Some(all.join(&self.constant(c)?)))
    }

    /// What is known when a condition holds, or does not; none when that cannot be.
    fn when(&self, k: &Knowledge, e: &Expr, truth: bool) -> Option<Knowledge> {
        let (holds, fails) = self.ways(k.clone(), e, truth, !truth);
        (if truth { holds } else { fails }).filter(|k| k.never.is_none())
    }

    /// What is known when a condition holds, and when it does not, as far as it is wanted. Both come of one walk: to work them out
    /// one by one would double with each level.
    pub fn ways(&self, k: Knowledge, e: &Expr, holds: bool, fails: bool) -> (Option<Knowledge>, Option<Knowledge>) {
        let meet = |one: Option<Knowledge>, other: Option<Knowledge>| Some(self.or(one?, other?));
        match &e.kind {
            ExprKind::Not(a) => {
                let (fails, holds) = self.ways(k, a, fails, holds);
                (holds, fails)
            }
            ExprKind::And(a, b) => {
                let (first, not_first) = self.ways(k, a, true, fails);
                let (both, not_second) = self.ways(first.unwrap_or_default(), b, holds, fails);
                (both, meet(not_first, not_second))
            }
            ExprKind::Or(a, b) => {
                let (first, not_first) = self.ways(k, a, holds, true);
                let (second, neither) = self.ways(not_first.unwrap_or_default(), b, holds, fails);
                (meet(first, second), neither)
            }
            _ => {
                self.count(&k);
                let decided = if k.never.is_some() { None } else { self.decide_one(&k, e) };
                let assumed = |mut k: Knowledge, truth: bool| {
                    if decided == Some(!truth) {
                        k.never = Some(Never::Untold);
                    }
                    self.assume(&mut k, e, truth);
                    k
                };
                match (holds, fails) {
                    (true, true) => (Some(assumed(k.clone(), true)), Some(assumed(k, false))),
                    (true, false) => (Some(assumed(k, true)), None),
                    (false, true) => (None, Some(assumed(k, false))),
                    (false, false) => (None, None),
                }
            }
        }
    }

    /// Takes for granted that a condition which is not put together of others holds, or does not.
    fn assume(&self, k: &mut Knowledge, e: &Expr, truth: bool) {
        if k.never.is_some() {
            return;
        }
        match &e.kind {
            ExprKind::Const(_) | ExprKind::Poison => {}
            ExprKind::Compare(op, a, b) => {
                let op = if truth { *op } else { opposite(*op) };
                let (left, right) = (self.value(k, a), self.value(k, b));
                if left.missing && !matches!(a.kind, ExprKind::Otherwise(..))
                    || right.missing && !matches!(b.kind, ExprKind::Otherwise(..))
                {
                    return; // What a comparison of something missing comes to is nothing to build on.
                }
                let textual = matches!(a.ty.ty, Ty::Text | Ty::Zone | Ty::List(_) | Ty::Poison);
                if textual && !matches!(op, Comparison::Equal | Comparison::NotEqual) {
                    return;
                }
                self.restrict(k, a, &allowed(op, &right.is), e.span);
                self.restrict(k, b, &allowed(mirrored(op), &left.is), e.span);
                if left.is.single().is_none() && right.is.single().is_none() {
                    self.answer(k, e, truth);
                }
            }
            ExprKind::IsKnown(a) => {
                let Some(place) = self.place(a) else { return self.answer(k, e, truth) };
                let value = self.look(k, &place, &a.ty);
                if truth {
                    if let Some(event) = Knowledge::event_of(&place) {
                        let ty = Type { ty: Ty::Moment, optional: true };
                        let whole = Value { missing: false, ..self.look(k, &event, &ty) };
                        k.learn(event, whole, e.span);
                    }
                    k.learn(place, Value { missing: false, ..value }, e.span);
                } else {
                    k.learn(place, Value { is: Ranges::NONE, ..value }, e.span);
                }
            }
            ExprKind::InSubtree(a, facet, node) => {
                let inside = self.subtree(*facet, *node);
                self.restrict(k, a, &if truth { inside } else { inside.rest() }, e.span);
            }
            ExprKind::InList(a, list) => match self.listed(list) {
                Some(inside) => self.restrict(k, a, &if truth { inside } else { inside.rest() }, e.span),
                None => self.answer(k, e, truth),
            },
            ExprKind::InSegment(s) => {
                k.learn(Place::Segment(*s), Value::of(Ranges::one(i64::from(truth))), e.span);
                if let Some(segment) = self.program.segments.get(*s) {
                    let before = std::mem::take(k);
                    let (holds, fails) = self.ways(before, &segment.condition, truth, !truth);
                    *k = (if truth { holds } else { fails }).unwrap_or_default();
                }
            }
            _ => match self.place(e) {
                Some(place) => {
                    let value = self.look(k, &place, &e.ty);
                    if !value.missing {
                        let is = value.is.meet(&Ranges::one(i64::from(truth)));
                        k.learn(place, Value { is, ..value }, e.span);
                    }
                }
                None => self.answer(k, e, truth),
            },
        }
    }

    /// Remembers the answer to a question as a whole.
    fn answer(&self, k: &mut Knowledge, e: &Expr, truth: bool) {
        k.learn(self.asked(e), Value::of(Ranges::one(i64::from(truth))), e.span);
    }

    /// The value of an expression is one of these.
    fn restrict(&self, k: &mut Knowledge, e: &Expr, to: &Ranges, at: journey_grammar::span::Span) {
        match &e.kind {
            ExprKind::ToNumber(a) => {
                let (Some((low, high)), Ty::Int) = (to.ends(), &a.ty.ty) else { return };
                // Beyond these, whole numbers and fractions do not meet one to one.
                let edge = 1i64 << 52;
                let near = |x: f64| x.abs() <= edge as f64;
                let (low, high) = (to_number(low), to_number(high));
                let low = if near(low) { low.ceil() as i64 } else { LEAST };
                let high = if near(high) { high.floor() as i64 } else { i64::MAX };
                if low > i64::MIN && (low == LEAST || low <= high) {
                    self.restrict(k, a, &Ranges::between(low, high), at);
                }
            }
            // With a stand-in that is ruled out, the value itself is there.
            ExprKind::Otherwise(a, b) => {
                let Some(place) = self.place(a) else { return };
                let (value, other) = (self.look(k, &place, &a.ty), self.value(k, b));
                let stands_in = other.missing || !other.is.meet(to).is_empty();
                let missing = value.missing && stands_in;
                k.learn(place, Value { missing, is: value.is.meet(to), said: value.said }, at);
            }
            _ => {
                let Some(place) = self.place(e) else { return };
                let value = self.look(k, &place, &e.ty);
                let is = value.is.meet(to);
                if is != value.is {
                    k.learn(place, Value { is, ..value }, at);
                }
            }
        }
    }

    /// The conditions on the way here that an expression's answer follows from.
    pub fn reasons(&self, k: &Knowledge, e: &Expr) -> Vec<journey_grammar::span::Span> {
        let mut said = Vec::new();
        let add = |said: &mut Vec<_>, value: Option<&Value>| {
            for at in value.into_iter().flat_map(|v| &v.said) {
                if !said.contains(at) && *at != e.span {
                    said.push(*at);
                }
            }
        };
        add(&mut said, self.answered(k, e));
        walk::each(e, &mut |part| {
            let place = self.place(part);
            add(&mut said, place.as_ref().and_then(|p| k.get(p)));
            add(&mut said, place.as_ref().and_then(Knowledge::event_of).and_then(|p| k.get(&p)));
            if let ExprKind::InSegment(s) = &part.kind
                && let Some(segment) = self.program.segments.get(*s)
            {
                walk::each(&segment.condition, &mut |part| {
                    add(&mut said, self.place(part).and_then(|p| k.get(&p)));
                });
            }
        });
        said.sort_unstable();
        said
    }
}

/// What a side may be when it stands so to the other.
pub fn allowed(op: Comparison, other: &Ranges) -> Ranges {
    let Some((low, high)) = other.ends() else { return Ranges::NONE };
    match op {
        Comparison::Equal => other.clone(),
        Comparison::NotEqual => other.single().map_or_else(Ranges::all, |v| Ranges::one(v).rest()),
        Comparison::Less => high.checked_sub(1).map_or(Ranges::NONE, |high| Ranges::between(i64::MIN, high)),
        Comparison::LessEqual => Ranges::between(i64::MIN, high),
        Comparison::Greater => low.checked_add(1).map_or(Ranges::NONE, |low| Ranges::between(low, i64::MAX)),
        Comparison::GreaterEqual => Ranges::between(low, i64::MAX),
    }
}

/// Whether a comparison is decided.
fn compare(op: Comparison, a: &Value, b: &Value) -> Option<bool> {
    if a.missing || b.missing {
        return None;
    }
    let ((a_low, a_high), (b_low, b_high)) = (a.is.ends()?, b.is.ends()?);
    match op {
        Comparison::Equal if a.is.meet(&b.is).is_empty() => Some(false),
        Comparison::Equal => (a.is.single().is_some() && a.is == b.is).then_some(true),
        Comparison::NotEqual => compare(Comparison::Equal, a, b).map(|equal| !equal),
        Comparison::Less if a_high < b_low => Some(true),
        Comparison::Less => (a_low >= b_high).then_some(false),
        Comparison::LessEqual if a_high <= b_low => Some(true),
        Comparison::LessEqual => (a_low > b_high).then_some(false),
        Comparison::Greater => compare(Comparison::LessEqual, a, b).map(|x| !x),
        Comparison::GreaterEqual => compare(Comparison::Less, a, b).map(|x| !x),
    }
}

/// Whether a value is one of these.
fn among(value: &Value, of: &Ranges) -> Option<bool> {
    if value.missing || value.is.is_empty() {
        return None;
    }
    let both = value.is.meet(of);
    if both.is_empty() { Some(false) } else { (both == value.is).then_some(true) }
}
