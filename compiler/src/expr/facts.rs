//! What is known of values at a point of the program, as far as types need it: which are there, and which cases are left to a
//! `branch on`. What else follows from conditions is worked out by [`crate::prove`], once the program has no mistakes.

use super::walk::is_poisoned;
use crate::hir::{Comparison, Const, EventId, Expr, ExprKind, FieldId, HistoryUse, Ty, VariableId};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeSet;
use std::rc::Rc;

/// A value that keeps its identity from one mention to the next.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Place {
    /// Of the profile.
    Profile(FieldId),
    /// Of a variable of the run.
    Field(VariableId, usize),
    /// Of the event a `where` is about.
    EventField(EventId, usize),
    /// Of the list member a `where` is about.
    Member(usize),
    /// Of a message's input.
    Param(usize, Option<usize>),
    /// `last(E)` (`true`) or `first(E)`, with its conditions; the event as a whole, or one of its fields.
    Remembered(bool, Rc<HistoryUse>, Option<usize>),
}

impl Place {
    /// The place an expression reads, when it reads just one.
    pub fn of(e: &Expr) -> Option<Place> {
        Some(match &e.kind {
            ExprKind::Profile(f) => Place::Profile(*f),
            ExprKind::Field(v, f) => Place::Field(*v, *f),
            ExprKind::EventField(e, f) => Place::EventField(*e, *f),
            ExprKind::Member(f) => Place::Member(*f),
            ExprKind::Param(p, f) => Place::Param(*p, *f),
            ExprKind::Last(h, f) => Place::Remembered(true, Rc::new(h.clone()), field(*f)),
            ExprKind::First(h, f) => Place::Remembered(false, Rc::new(h.clone()), field(*f)),
            ExprKind::ToNumber(e) => return Place::of(e),
            _ => return None,
        })
    }

    /// Whether it may change while a run waits.
    fn is_live(&self) -> bool {
        matches!(self, Place::Profile(_) | Place::Remembered(..))
    }
}

fn field(f: usize) -> Option<usize> {
    // Of a remembered event the time is always there: knowing it is knowing the event.
    (f != crate::hir::HAPPENED_AT).then_some(f)
}

/// What is known.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    known: FxHashSet<Place>,
    missing: FxHashSet<Place>,
    /// Values of an enum or a bool (0, 1) that it may still have.
    values: FxHashMap<Place, BTreeSet<u16>>,
    /// Was known before a wait, a send or a call.
    forgotten: FxHashSet<Place>,
    /// May be replaced while the run waits (`update`).
    replaceable: FxHashSet<Place>,
    /// A condition on the way here could not be read: what it asked may be known.
    unclear: bool,
    /// This point is never reached.
    pub never: bool,
}

impl Facts {
    /// Whether the place is known to have a value.
    pub fn is_known(&self, place: &Place) -> bool {
        self.known.contains(place)
    }

    /// Whether a condition on the way here could not be read: nobody may say that something is not known.
    pub fn is_unclear(&self) -> bool {
        self.unclear
    }

    /// Something on the way here could not be read.
    pub fn doubt(&mut self) {
        self.unclear = true;
    }

    /// Whether the place was known before a wait, a send or a call.
    pub fn is_forgotten(&self, place: &Place) -> bool {
        self.forgotten.contains(place)
    }

    /// From here on the place has a value.
    pub fn know(&mut self, place: Place) {
        if let Place::Remembered(last, history, Some(_)) = &place {
            self.know(Place::Remembered(*last, history.clone(), None));
        }
        self.missing.remove(&place);
        self.forgotten.remove(&place);
        self.known.insert(place);
    }

    /// Nothing is known of the place any more.
    pub fn forget(&mut self, place: &Place) {
        self.known.remove(place);
        self.missing.remove(place);
        self.values.remove(place);
    }

    /// A wait, a send or a call: what is known of the profile and of histories ends.
    pub fn pass_time(&mut self) {
        let replaceable = std::mem::take(&mut self.replaceable);
        let changes = |p: &Place| p.is_live() || replaceable.contains(p);
        let (live, kept): (FxHashSet<Place>, FxHashSet<Place>) =
            std::mem::take(&mut self.known).into_iter().partition(changes);
        self.known = kept;
        self.forgotten.extend(live);
        self.missing.retain(|p| !changes(p));
        self.values.retain(|p, _| !changes(p));
        self.replaceable = replaceable;
    }

    /// From now on the place may be replaced while the run waits.
    pub fn replaceable(&mut self, place: Place) {
        self.forget(&place);
        self.replaceable.insert(place);
    }

    /// Inside a question about a list, its members are others than outside.
    pub fn forget_members(&mut self) {
        let other = |p: &Place| !matches!(p, Place::Member(_));
        self.known.retain(other);
        self.missing.retain(other);
        self.values.retain(|p, _| other(p));
    }

    /// What is known of a field of this event is known of the same field of a variable that holds it.
    pub fn captured(&self, event: EventId, to: impl Fn(usize) -> Option<Place>) -> Facts {
        let place = |p: &Place| match p {
            Place::EventField(e, f) if *e == event => to(*f),
            Place::EventField(..) => None,
            other => Some(other.clone()),
        };
        Facts {
            known: self.known.iter().filter_map(place).collect(),
            missing: self.missing.iter().filter_map(place).collect(),
            values: self.values.iter().filter_map(|(p, v)| Some((place(p)?, v.clone()))).collect(),
            forgotten: self.forgotten.clone(),
            replaceable: self.replaceable.clone(),
            unclear: self.unclear,
            never: self.never,
        }
    }

    /// What is known where two ways meet.
    #[must_use]
    pub fn or(self, other: Facts) -> Facts {
        if self.never {
            return other;
        }
        if other.never {
            return self;
        }
        let known: FxHashSet<Place> = self.known.intersection(&other.known).cloned().collect();
        let mut forgotten: FxHashSet<Place> = self.forgotten.union(&other.forgotten).cloned().collect();
        forgotten.retain(|p| !known.contains(p));
        Facts {
            missing: self.missing.intersection(&other.missing).cloned().collect(),
            values: self
                .values
                .iter()
                .filter_map(|(p, a)| Some((p.clone(), a.union(other.values.get(p)?).copied().collect())))
                .collect(),
            known,
            forgotten,
            replaceable: self.replaceable.union(&other.replaceable).cloned().collect(),
            unclear: self.unclear || other.unclear,
            never: false,
        }
    }

    /// What is known when the condition holds (`truth`) or does not.
    #[must_use]
    pub fn when(&self, condition: &Expr, truth: bool, sizes: &dyn Fn(&Ty) -> Option<u16>) -> Facts {
        let mut facts = self.clone();
        facts.unclear |= is_poisoned(condition);
        let (holds, fails) = facts.ways(condition, truth, !truth, sizes);
        holds.or(fails).unwrap_or_default()
    }

    /// What is known when the condition holds, and when it does not, as far as it is wanted. Both come from one walk: where two
    /// ways meet, both outcomes of a part are needed, and to work them out one by one would double with each level.
    fn ways(
        self,
        e: &Expr,
        holds: bool,
        fails: bool,
        sizes: &dyn Fn(&Ty) -> Option<u16>,
    ) -> (Option<Facts>, Option<Facts>) {
        let meet = |one: Option<Facts>, other: Option<Facts>| Some(one?.or(other?));
        match &e.kind {
            ExprKind::Not(a) => {
                let (fails, holds) = self.ways(a, fails, holds, sizes);
                (holds, fails)
            }
            ExprKind::And(a, b) => {
                let (first, not_first) = self.ways(a, true, fails, sizes);
                let (both, not_second) = first.unwrap_or_default().ways(b, holds, fails, sizes);
                (both, meet(not_first, not_second))
            }
            ExprKind::Or(a, b) => {
                let (first, not_first) = self.ways(a, holds, true, sizes);
                let (second, neither) = not_first.unwrap_or_default().ways(b, holds, fails, sizes);
                (meet(first, second), neither)
            }
            _ => {
                let other = (holds && fails).then(|| self.clone());
                let assumed = |mut facts: Facts, truth| {
                    facts.assume(e, truth, sizes);
                    facts
                };
                match other {
                    Some(other) => (Some(assumed(self, true)), Some(assumed(other, false))),
                    None if holds => (Some(assumed(self, true)), None),
                    None if fails => (None, Some(assumed(self, false))),
                    None => (None, None),
                }
            }
        }
    }

    /// Takes for granted that a condition which is not put together of others holds, or does not.
    fn assume(&mut self, e: &Expr, truth: bool, sizes: &dyn Fn(&Ty) -> Option<u16>) {
        match (&e.kind, truth) {
            (ExprKind::IsKnown(a), _) => {
                let Some(place) = Place::of(a) else { return };
                if truth {
                    self.know(place);
                } else {
                    self.forget(&place);
                    self.missing.insert(place);
                }
            }
            (ExprKind::Compare(op, a, b), _) => {
                // What has been compared was there.
                for place in [a, b].into_iter().filter_map(|e| Place::of(e)) {
                    self.know(place);
                }
                let op = if truth { *op } else { opposite(*op) };
                self.compare(op, a, b, sizes);
                self.compare(mirrored(op), b, a, sizes);
            }
            _ => {
                if e.ty.ty == Ty::Bool
                    && let Some(place) = Place::of(e)
                {
                    self.know(place.clone());
                    self.restrict(place, [u16::from(truth)].into());
                }
            }
        }
    }

    fn compare(&mut self, op: Comparison, a: &Expr, b: &Expr, sizes: &dyn Fn(&Ty) -> Option<u16>) {
        let ExprKind::Const(value) = &b.kind else { return };
        let Some(place) = Place::of(a) else { return };
        if let (Some(v), Some(size)) = (small(value), sizes(&b.ty.ty)) {
            match op {
                Comparison::Equal => self.restrict(place, [v].into()),
                Comparison::NotEqual => self.restrict(place, (0..size).filter(|x| *x != v).collect()),
                _ => {}
            }
        }
    }

    fn restrict(&mut self, place: Place, to: BTreeSet<u16>) {
        let now = match self.values.get(&place) {
            Some(old) => old.intersection(&to).copied().collect(),
            None => to,
        };
        self.values.insert(place, now);
    }

    /// The values of an enum or bool that the place may still have, when that is known.
    pub fn values(&self, place: &Place) -> Option<&BTreeSet<u16>> {
        self.values.get(place)
    }
}

fn small(c: &Const) -> Option<u16> {
    match c {
        Const::Bool(b) => Some(u16::from(*b)),
        Const::Enum(_, v) => Some(*v),
        _ => None,
    }
}

/// The comparison that holds when this one does not.
pub fn opposite(op: Comparison) -> Comparison {
    match op {
        Comparison::Equal => Comparison::NotEqual,
        Comparison::NotEqual => Comparison::Equal,
        Comparison::Less => Comparison::GreaterEqual,
        Comparison::LessEqual => Comparison::Greater,
        Comparison::Greater => Comparison::LessEqual,
        Comparison::GreaterEqual => Comparison::Less,
    }
}

/// The comparison with its sides exchanged.
pub fn mirrored(op: Comparison) -> Comparison {
    match op {
        Comparison::Less => Comparison::Greater,
        Comparison::LessEqual => Comparison::GreaterEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterEqual => Comparison::LessEqual,
        same => same,
    }
}
