//! What is known at a point of a journey: of each value, what it may still be, and where that was said.

use super::ranges::Ranges;
use crate::hir::{EventId, FieldId, HAPPENED_AT, SegmentId, VariableId};
use journey_grammar::span::Span;
use std::collections::BTreeMap;

/// A history or a question, by its number in [`super::evaluate::Sight`]: equal ones have the same.
pub type Shape = u32;

/// A value that keeps its identity from one mention to the next.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Of the profile.
    Profile(FieldId),
    /// Of a variable of the run.
    Field(VariableId, usize),
    /// Of the event a `where` is about.
    EventField(EventId, usize),
    /// Of the list member a `where` is about.
    Member(usize),
    /// A field of `last(E)` (`true`) or `first(E)`, by what is remembered.
    Remembered(bool, Shape, usize),
    /// `count(E …)`
    Count(Shape),
    /// `sum(E.field …)`
    Sum(Shape, usize),
    /// Whether the customer is in a segment.
    Segment(SegmentId),
    /// Any other question, and whether its answer stays the same while the run waits. They are last in order.
    Asked(Shape, bool),
}

impl Place {
    /// Whether it may change while the run waits. `replaced`: fields that an `update` may give new values.
    fn changes(&self, replaced: &dyn Fn(VariableId, usize) -> bool) -> bool {
        match self {
            Place::Field(v, f) => replaced(*v, *f),
            Place::Asked(_, stays) => !stays,
            _ => true,
        }
    }
}

/// What a value may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// It may be missing.
    pub missing: bool,
    /// What it may be when it is not.
    pub is: Ranges,
    /// The conditions that said so, the latest last.
    pub said: Vec<Span>,
}

/// Conditions that are kept to explain a finding.
const SAID: usize = 2;

impl Value {
    /// Nothing is known of it.
    pub fn unknown() -> Value {
        Value { missing: true, is: Ranges::all(), said: Vec::new() }
    }

    /// There, and one of these.
    pub fn of(is: Ranges) -> Value {
        Value { missing: false, is, said: Vec::new() }
    }

    /// It can be nothing at all, not even missing.
    pub fn is_impossible(&self) -> bool {
        !self.missing && self.is.is_empty()
    }

    /// The same, and where that was said.
    fn say(&mut self, at: Span) {
        if self.said.last() != Some(&at) {
            self.said.retain(|s| *s != at);
            self.said.push(at);
        }
        if self.said.len() > SAID {
            self.said.remove(0);
        }
    }

    /// What it may be where two ways meet.
    fn join(&self, other: &Value) -> Value {
        let mut said = self.said.clone();
        said.extend(other.said.iter().filter(|s| !self.said.contains(s)));
        said.sort_unstable();
        said.truncate(SAID);
        Value { missing: self.missing || other.missing, is: self.is.join(&other.is), said }
    }
}

/// What is known at a point.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Knowledge {
    /// Places of which more is known than their kind says.
    places: BTreeMap<Place, Value>,
    /// Nobody comes here.
    pub never: Option<Never>,
}

/// Why nobody comes to a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Never {
    /// It was said already: everybody leaves, or a finding tells of it.
    Told,
    /// It follows from what is known, and was not said yet.
    Untold,
}

impl Knowledge {
    /// Nobody comes here, and that needs no words.
    pub fn ended() -> Knowledge {
        Knowledge { places: BTreeMap::new(), never: Some(Never::Told) }
    }

    /// Of how many places something is known.
    pub fn size(&self) -> usize {
        self.places.len()
    }

    /// What is known of a place beyond its kind.
    pub fn get(&self, place: &Place) -> Option<&Value> {
        self.places.get(place)
    }

    /// Whether the answer to some question as a whole is known.
    pub fn has_answers(&self) -> bool {
        self.places.last_key_value().is_some_and(|(place, _)| matches!(place, Place::Asked(..)))
    }

    /// From here on the place is one of these; `at` says so.
    pub fn learn(&mut self, place: Place, mut value: Value, at: Span) {
        if self.places.get(&place).is_some_and(|old| old.missing == value.missing && old.is == value.is) {
            return;
        }
        value.say(at);
        if value.is_impossible() {
            self.never.get_or_insert(Never::Untold);
        }
        self.places.insert(place, value);
    }

    /// From here on the place is one of these, as something else said that it keeps the value of.
    pub fn keep(&mut self, place: Place, value: Value) {
        self.places.insert(place, value);
    }

    /// Time passes: what may have changed is forgotten.
    pub fn pass_time(&mut self, replaced: &dyn Fn(VariableId, usize) -> bool) {
        self.places.retain(|place, _| !place.changes(replaced));
    }

    /// What is known of the present event and the present list member belongs to another one from here on.
    pub fn forget_present(&mut self) {
        self.places.retain(|place, _| match place {
            Place::EventField(..) | Place::Member(_) => false,
            // A question may read the present event; whether it does is not looked up.
            Place::Asked(..) => false,
            _ => true,
        });
    }

    /// Nothing is known of a variable's fields any more: it holds another event from here on.
    pub fn forget_variable(&mut self, variable: VariableId) {
        self.places.retain(|place, _| !matches!(place, Place::Field(v, _) if *v == variable));
    }

    /// What is known of the fields of the present event.
    pub fn of_event(&self, event: EventId) -> impl Iterator<Item = (&Place, &Value)> {
        self.places.iter().filter(move |(place, _)| matches!(place, Place::EventField(e, _) if *e == event))
    }

    /// What is known where two ways meet. Only what is known on both is, and is more than what `nothing_new` says everybody knows; so a
    /// journey costs what its steps cost, and not what its paths do.
    #[must_use]
    pub fn or(self, other: Knowledge, nothing_new: &dyn Fn(&Place, &Value) -> bool) -> Knowledge {
        match (self.never, other.never) {
            (Some(a), Some(b)) => {
                let told = if a == Never::Told && b == Never::Told { Never::Told } else { Never::Untold };
                return Knowledge { places: BTreeMap::new(), never: Some(told) };
            }
            (Some(_), None) => return other,
            (None, Some(_)) => return self,
            (None, None) => {}
        }
        let both = |(place, a): (Place, Value)| {
            let b = other.places.get(&place)?;
            if a == *b {
                return Some((place, a));
            }
            let joined = a.join(b);
            (!nothing_new(&place, &joined)).then_some((place, joined))
        };
        Knowledge { places: self.places.into_iter().filter_map(both).collect(), never: None }
    }

    /// The events and fields that histories remember are there when one of their fields is.
    pub fn event_of(place: &Place) -> Option<Place> {
        match place {
            Place::Remembered(last, shape, f) if *f != HAPPENED_AT => {
                Some(Place::Remembered(*last, *shape, HAPPENED_AT))
            }
            _ => None,
        }
    }
}
