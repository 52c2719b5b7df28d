//! What an expression may name where it stands, and what is known there.

use super::facts::Facts;
use crate::hir::{EventId, Expr, Param, Ty, Variable, VariableId};
use journey_grammar::span::Span;
use std::collections::BTreeMap;
use std::rc::Rc;

/// How far an expression may look beyond the names given to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reach {
    /// The profile, histories, segments and the clock.
    #[default]
    Customer,
    /// The profile: in the text of a message.
    Message,
    /// Nothing but the fields of the event: in the `where` of a history.
    History,
    /// Nothing: a constant is wanted.
    Constant,
}

/// A variable in sight.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Its index in the journey.
    pub id: VariableId,
    /// What it is.
    pub variable: Rc<Variable>,
}

/// The event a `where` is about.
#[derive(Debug, Clone)]
pub struct Present {
    /// Which.
    pub event: EventId,
    /// `as cart`: `cart.value` is the present event's, too.
    pub alias: Option<String>,
    /// Where that alias was given first.
    pub alias_span: Option<Span>,
}

/// What an expression may name.
#[derive(Debug, Clone, Default)]
pub struct Env {
    /// What is known at this point.
    pub facts: Facts,
    /// The run's variables in sight.
    pub variables: Rc<BTreeMap<String, Seen>>,
    /// The event whose fields stand bare.
    pub event: Option<Present>,
    /// The type of the list members whose fields stand bare.
    pub member: Option<Ty>,
    /// Words that stand for something worked out before: `propensity`, `value`, `weight` of an offer.
    pub given: Rc<BTreeMap<String, Expr>>,
    /// The inputs of the message this is the text of.
    pub params: Rc<Vec<Param>>,
    /// Whose names these are (a journey's), so that one misspelt name is said once.
    pub whose: String,
    /// How far it may look.
    pub reach: Reach,
    /// A name in sight could not be read: unknown names are not reported.
    pub unclear: bool,
    /// The condition this is a part of, where `x is known and` may be put; `true` when it must be put in brackets.
    pub condition: Option<(Span, bool)>,
    /// Under a `not`: what never holds makes the whole always hold.
    pub negated: bool,
}

impl Env {
    /// The profile, histories, segments and the clock.
    pub fn profile() -> Env {
        Env::default()
    }

    /// The fields of one event, and constants.
    pub fn event(event: EventId) -> Env {
        Env { event: Some(Present { event, alias: None, alias_span: None }), reach: Reach::History, ..Env::default() }
    }

    /// The inputs of a message, and the profile.
    pub fn message(params: &[Param]) -> Env {
        Env { params: Rc::new(params.to_vec()), reach: Reach::Message, ..Env::default() }
    }

    /// Constants only.
    pub fn constant() -> Env {
        Env { reach: Reach::Constant, ..Env::default() }
    }

    /// The same with other facts.
    #[must_use]
    pub fn with(&self, facts: Facts) -> Env {
        // What is known here is not copied only to be replaced.
        Env {
            facts,
            variables: self.variables.clone(),
            event: self.event.clone(),
            member: self.member.clone(),
            given: self.given.clone(),
            params: self.params.clone(),
            whose: self.whose.clone(),
            ..*self
        }
    }

    /// The same in the `where` of an event that is listened for.
    #[must_use]
    pub fn at_event(&self, event: EventId, alias: Option<(&str, Span)>) -> Env {
        let (alias, alias_span) = alias.map(|(name, span)| (name.to_string(), span)).unzip();
        Env { event: Some(Present { event, alias, alias_span }), ..self.clone() }
    }

    /// Puts a variable in sight.
    pub fn add(&mut self, id: VariableId, variable: Variable) {
        let name = variable.name.clone();
        Rc::make_mut(&mut self.variables).insert(name, Seen { id, variable: Rc::new(variable) });
    }
}
