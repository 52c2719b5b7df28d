//! Values for which conditions hold: a small solver over what conditions usually are (comparisons of one field with a constant,
//! lists, subtrees, "is known", and their combinations). What it does not understand it lets pass: a witness is run before it is
//! shown, so a wrong guess costs a witness and never a wrong claim.

use crate::hir::{
    Bounds, Comparison, Const, EventId, Expr, ExprKind, FieldId, HAPPENED_AT, HistoryUse, Length, Program, Ty,
    VariableId,
};
use crate::prove::pressure::anchor::DAY;
use journey_runtime::time;
use std::collections::BTreeMap;

const MINUTE: i64 = 60_000;

/// What a value is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spot {
    /// A field of the profile.
    Profile(FieldId),
    /// A field of one event of the schedule.
    Event(usize, usize),
}

/// What is asked of a value.
#[derive(Debug, Clone, Default, PartialEq)]
struct Wanted {
    low: Option<f64>,
    high: Option<f64>,
    is: Option<Const>,
    not: Vec<Const>,
    known: Option<bool>,
}

/// What is asked of all values.
#[derive(Debug, Clone, Default)]
pub struct Solver {
    wanted: BTreeMap<Spot, Wanted>,
    /// Events that must have happened before.
    pub before: Vec<Before>,
}

/// What must have happened before a moment.
#[derive(Debug, Clone)]
pub struct Before {
    /// Which event.
    pub event: EventId,
    /// What must hold of it.
    pub condition: Option<Expr>,
    /// How often.
    pub times: u32,
    /// When it was the last time; none: any time before.
    pub at: Option<i64>,
}

/// Where an expression stands.
pub struct Sight<'s> {
    /// The program.
    pub program: &'s Program,
    /// For each variable of the run, the event of the schedule it was captured from.
    pub captured: &'s BTreeMap<VariableId, usize>,
    /// The variables themselves.
    pub variables: &'s [crate::hir::Variable],
    /// The present event of the schedule, in a `where`.
    pub present: Option<usize>,
    /// For each event of the schedule, which it is.
    pub events: &'s [EventId],
    /// When it is asked: local milliseconds since 1970.
    pub now: i64,
}

impl Sight<'_> {
    /// The value of an expression that is the same for everybody at this moment.
    fn same_for_all(&self, e: &Expr) -> Option<Const> {
        match &e.kind {
            ExprKind::Const(value) => Some(value.clone()),
            ExprKind::Now => Some(Const::Moment(self.now)),
            ExprKind::Today => Some(Const::Date(self.now.div_euclid(DAY))),
            ExprKind::Shift(of, length, minus) => shifted(self.same_for_all(of)?, length, *minus),
            ExprKind::At(date, time, None) => match (self.same_for_all(date)?, &time.kind) {
                (Const::Date(date), ExprKind::Const(Const::Time(time))) => Some(Const::Moment(date * DAY + time)),
                _ => None,
            },
            _ => None,
        }
    }

    fn spot(&self, e: &Expr) -> Option<Spot> {
        match &e.kind {
            ExprKind::Profile(field) => Some(Spot::Profile(*field)),
            ExprKind::EventField(_, field) if *field != HAPPENED_AT => Some(Spot::Event(self.present?, *field)),
            ExprKind::Field(variable, field) => {
                let at = *self.captured.get(variable)?;
                let sources = &self.variables.get(*variable)?.fields.get(*field)?.sources;
                let (_, field) = sources.iter().find(|(event, _)| *event == self.events[at])?;
                (*field != HAPPENED_AT).then_some(Spot::Event(at, *field))
            }
            ExprKind::ToNumber(of) | ExprKind::Otherwise(of, _) => self.spot(of),
            _ => None,
        }
    }
}

impl Solver {
    /// Asks that a value is exactly this.
    pub fn set(&mut self, spot: Spot, value: Const) -> bool {
        self.narrow(spot, |w| match &w.is {
            Some(known) => *known == value,
            None => {
                w.is = Some(value.clone());
                w.known = Some(true);
                !w.not.contains(&value)
            }
        })
    }

    /// Whether nothing is asked of any value.
    pub fn is_empty(&self) -> bool {
        self.wanted.is_empty()
    }

    /// Whether a value must be exactly something.
    pub fn is(&self, spot: Spot) -> bool {
        self.wanted.get(&spot).is_some_and(|w| w.is.is_some())
    }

    fn narrow(&mut self, spot: Spot, with: impl FnOnce(&mut Wanted) -> bool) -> bool {
        let wanted = self.wanted.entry(spot).or_default();
        let fits = with(wanted) && wanted.low.zip(wanted.high).is_none_or(|(low, high)| low <= high);
        let known =
            wanted.known != Some(false) || (wanted.is.is_none() && wanted.low.is_none() && wanted.high.is_none());
        let number = wanted.is.as_ref().and_then(number);
        fits && known && number.is_none_or(|n| wanted.low.is_none_or(|l| l <= n) && wanted.high.is_none_or(|h| n <= h))
    }

    /// Asks that a condition holds, or does not. False: it cannot, with what has been asked before; nothing is asked then.
    pub fn ask(&mut self, e: &Expr, holds: bool, sight: &Sight) -> bool {
        let before = self.clone();
        let possible = self.try_ask(e, holds, sight);
        if !possible {
            *self = before;
        }
        possible
    }

    fn try_ask(&mut self, e: &Expr, holds: bool, sight: &Sight) -> bool {
        match &e.kind {
            ExprKind::Const(Const::Bool(is)) => *is == holds,
            ExprKind::Not(of) => self.try_ask(of, !holds, sight),
            ExprKind::And(a, b) if holds => self.try_ask(a, true, sight) && self.try_ask(b, true, sight),
            ExprKind::Or(a, b) if !holds => self.try_ask(a, false, sight) && self.try_ask(b, false, sight),
            ExprKind::And(a, b) | ExprKind::Or(a, b) => self.ask(a, holds, sight) || self.ask(b, holds, sight),
            ExprKind::Compare(op, l, r) => self.compare(*op, l, r, holds, sight),
            ExprKind::IsKnown(of) => match (&of.kind, sight.spot(of)) {
                (_, Some(spot)) => self.narrow(spot, |w| {
                    let same = w.known.is_none_or(|k| k == holds);
                    w.known = Some(holds);
                    same
                }),
                (ExprKind::Last(history, _) | ExprKind::First(history, _), _) if holds => {
                    self.happened(history, 1, None)
                }
                _ => true,
            },
            ExprKind::Held(of, _) => self.try_ask(of, holds, sight),
            ExprKind::InSegment(id) => self.try_ask(&sight.program.segments[*id].condition, holds, sight),
            ExprKind::InList(of, list) => {
                let (Some(spot), ExprKind::Const(Const::List(members))) = (sight.spot(of), &list.kind) else {
                    return true;
                };
                if holds {
                    members.iter().any(|m| {
                        let before = self.clone();
                        let fits = self.set(spot, m.clone());
                        if !fits {
                            *self = before;
                        }
                        fits
                    })
                } else {
                    members.iter().all(|m| self.differs(spot, m))
                }
            }
            ExprKind::InSubtree(of, facet, node) => {
                let Some(spot) = sight.spot(of) else { return true };
                let nodes = &sight.program.facets[*facet].nodes;
                let end = nodes[*node as usize].end;
                if holds {
                    return self.set(spot, Const::Node(*facet, *node));
                }
                let outside = (0..nodes.len() as u32).find(|n| !(*node..end).contains(n));
                outside.is_some_and(|n| self.set(spot, Const::Node(*facet, n)))
            }
            ExprKind::Contains(of, text) | ExprKind::StartsWith(of, text) => match (sight.spot(of), &text.kind) {
                (Some(spot), ExprKind::Const(text)) if holds => self.set(spot, text.clone()),
                _ => true,
            },
            _ => match sight.spot(e) {
                Some(spot) => self.set(spot, Const::Bool(holds)),
                None => true,
            },
        }
    }

    fn happened(&mut self, history: &HistoryUse, times: u32, at: Option<i64>) -> bool {
        let condition = history.condition.as_deref().cloned();
        self.before.push(Before { event: history.event, condition, times, at });
        times <= 50
    }

    fn differs(&mut self, spot: Spot, value: &Const) -> bool {
        self.narrow(spot, |w| {
            w.not.push(value.clone());
            w.is.as_ref() != Some(value)
        })
    }

    fn compare(&mut self, op: Comparison, l: &Expr, r: &Expr, holds: bool, sight: &Sight) -> bool {
        use Comparison as C;
        let op = if holds { op } else { opposite(op) };
        let (op, mut place, mut value) = match (sight.same_for_all(l), sight.same_for_all(r)) {
            (_, Some(value)) => (op, l, value),
            (Some(value), _) => (turned(op), r, value),
            // One of the two is taken to be what the other one has become.
            _ => {
                let (Some(a), Some(b)) = (sight.spot(l), sight.spot(r)) else { return true };
                let same = |s: &Solver, of: Spot| s.wanted.get(&of).and_then(|w| w.is.clone());
                return match (op, same(self, a), same(self, b)) {
                    (C::Equal, Some(value), _) => self.set(b, value),
                    (C::Equal, None, Some(value)) => self.set(a, value),
                    _ => true,
                };
            }
        };
        // `x + 3 days` is compared as `x` with what lies three days before.
        while let ExprKind::Shift(of, length, minus) = &place.kind {
            let Some(before) = shifted(value, length, !minus) else { return true };
            (place, value) = (of, before);
        }
        let value = &value;
        match &place.kind {
            ExprKind::Count(history, _) => {
                let least = match (op, value) {
                    (C::GreaterEqual | C::Equal, Const::Int(n)) => *n,
                    (C::Greater, Const::Int(n)) => n.saturating_add(1),
                    _ => 0,
                };
                return least <= 0 || u32::try_from(least).is_ok_and(|n| self.happened(history, n, None));
            }
            ExprKind::Last(history, HAPPENED_AT) => {
                let at = match (op, value) {
                    (C::LessEqual | C::Equal, Const::Moment(at)) => *at,
                    (C::Less, Const::Moment(at)) => at - MINUTE,
                    (_, Const::Moment(at)) => at + MINUTE,
                    _ => return true,
                };
                return at < sight.now && self.happened(history, 1, Some(at));
            }
            _ => {}
        }
        let Some(spot) = sight.spot(place) else { return true };
        let step = step(&place.ty.ty);
        match (op, number(value)) {
            (C::Equal, _) => self.set(spot, value.clone()),
            (C::NotEqual, _) => self.differs(spot, value),
            (_, None) => true,
            (op, Some(n)) => self.narrow(spot, |w| {
                w.known = Some(true);
                let (low, high) = match op {
                    C::Less => (None, Some(n - step)),
                    C::LessEqual => (None, Some(n)),
                    C::Greater => (Some(n + step), None),
                    _ => (Some(n), None),
                };
                w.low = w.low.into_iter().chain(low).reduce(f64::max);
                w.high = w.high.into_iter().chain(high).reduce(f64::min);
                true
            }),
        }
    }

    /// The value of a spot; none where nothing is asked of it, or it must be missing.
    pub fn value(&self, program: &Program, spot: Spot, ty: &Ty, bounds: &Bounds, number: usize) -> Option<Const> {
        let wanted = self.wanted.get(&spot)?;
        if wanted.known == Some(false) {
            return None;
        }
        if let Some(is) = &wanted.is {
            return Some(fit(is, ty));
        }
        let plain = any(program, ty, bounds, number);
        let low = wanted
            .low
            .into_iter()
            .chain(bounds.between.as_ref().and_then(|(l, _)| super::solve::number(l)))
            .reduce(f64::max);
        let high = wanted
            .high
            .into_iter()
            .chain(bounds.between.as_ref().and_then(|(_, h)| super::solve::number(h)))
            .reduce(f64::min);
        let mut value = plain;
        if let Some(v) = value.as_ref().and_then(super::solve::number) {
            let mut v = v;
            if let Some(high) = high {
                v = v.min(high);
            }
            if let Some(low) = low {
                v = v.max(low);
            }
            value = Some(from_number(v, ty));
        }
        // Another one, where that is not wanted.
        let mut tries = 0;
        while value.as_ref().is_some_and(|v| wanted.not.contains(v)) && tries < 20 {
            tries += 1;
            value = match (&value, ty) {
                (Some(Const::Enum(id, v)), _) => {
                    let next = v + 1;
                    (usize::from(next) < program.enums[*id].values.len()).then_some(Const::Enum(*id, next))
                }
                (Some(Const::Bool(b)), _) => Some(Const::Bool(!b)),
                (Some(v), ty) => match super::solve::number(v) {
                    Some(n) => Some(from_number(n + step(ty), ty)),
                    None => any(program, ty, bounds, number + tries),
                },
                (None, _) => None,
            };
        }
        value
    }
}

/// A moment or date so much later, or earlier.
fn shifted(value: Const, length: &Length, minus: bool) -> Option<Const> {
    let sign = if minus { -1 } else { 1 };
    let length = Length { months: sign * length.months, days: sign * length.days, ms: i64::from(sign) * length.ms };
    match value {
        Const::Date(date) => Some(Const::Date(time::add_days(date, &length))),
        Const::Moment(at) => {
            let date = time::add_days(at.div_euclid(DAY), &length);
            Some(Const::Moment(date * DAY + at.rem_euclid(DAY) + length.ms))
        }
        _ => None,
    }
}

/// Any value of a type, inside its bounds; none for what cannot be made up.
pub fn any(program: &Program, ty: &Ty, bounds: &Bounds, number: usize) -> Option<Const> {
    if let Some((low, _)) = &bounds.between {
        return Some(low.clone());
    }
    Some(match ty {
        Ty::Bool => Const::Bool(true),
        Ty::Int => Const::Int(1),
        Ty::Number => Const::Number(1.0),
        Ty::Percent | Ty::Probability => Const::Number(0.5),
        Ty::Text => {
            let text = format!("w{number}");
            let room = bounds.at_most.map_or(text.len(), |n| n as usize);
            Const::Text(text.chars().take(room).collect())
        }
        Ty::Money(_) => Const::Money(10_000_000),
        Ty::Date => Const::Date(20_700),
        Ty::Time => Const::Time(36_000_000),
        Ty::Moment => Const::Moment(20_700 * 86_400_000),
        Ty::Zone => Const::Text(program.time_zone.clone()),
        Ty::Enum(id) => Const::Enum(*id, 0),
        Ty::Facet(id) => Const::Node(*id, 0),
        Ty::List(_) => Const::List(Vec::new()),
        Ty::Duration | Ty::Record(_) | Ty::Event(_) | Ty::Poison => return None,
    })
}

/// A constant as a number of its type.
pub fn number(value: &Const) -> Option<f64> {
    match value {
        Const::Int(n) | Const::Money(n) | Const::Date(n) | Const::Time(n) | Const::Moment(n) => Some(*n as f64),
        Const::Number(n) => Some(*n),
        _ => None,
    }
}

fn from_number(n: f64, ty: &Ty) -> Const {
    match ty {
        Ty::Int => Const::Int(n.round() as i64),
        Ty::Money(_) => Const::Money(n.round() as i64),
        Ty::Date => Const::Date(n.round() as i64),
        Ty::Time => Const::Time(n.round() as i64),
        Ty::Moment => Const::Moment(n.round() as i64),
        _ => Const::Number(n),
    }
}

/// A constant of a comparison as one of the field's type: an int that was compared as a number is an int.
fn fit(value: &Const, ty: &Ty) -> Const {
    match (value, ty) {
        (Const::Number(n), Ty::Int) => Const::Int(n.round() as i64),
        (value, _) => value.clone(),
    }
}

/// The least difference between two values.
fn step(ty: &Ty) -> f64 {
    match ty {
        Ty::Int | Ty::Date => 1.0,
        Ty::Money(_) => 10_000.0,
        Ty::Time | Ty::Moment => 60_000.0,
        _ => 0.01,
    }
}

fn opposite(op: Comparison) -> Comparison {
    use Comparison as C;
    match op {
        C::Equal => C::NotEqual,
        C::NotEqual => C::Equal,
        C::Less => C::GreaterEqual,
        C::LessEqual => C::Greater,
        C::Greater => C::LessEqual,
        C::GreaterEqual => C::Less,
    }
}

fn turned(op: Comparison) -> Comparison {
    use Comparison as C;
    match op {
        C::Less => C::Greater,
        C::LessEqual => C::GreaterEqual,
        C::Greater => C::Less,
        C::GreaterEqual => C::LessEqual,
        same => same,
    }
}
