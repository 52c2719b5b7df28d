//! What is known of one journey while it is checked: its variables, its key, and how far the steps have come.

use crate::expr::{Env, Facts, Place};
use crate::hir::{
    EventId, FacetId, HAPPENED_AT, JourneyId, MessageId, Param, Ty, Type, Variable, VariableField, VariableId,
    VariableKind,
};
use crate::scope::Context;
use journey_grammar::ast::{Item, Name};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;
use journey_grammar::span::Span;
use std::collections::BTreeMap;

/// One journey (or the steps of one offer) while it is checked.
pub struct Run<'x, 'a> {
    /// Names, program, findings.
    pub cx: &'x Context<'a>,
    /// Which; none for an offer's steps.
    pub journey: Option<JourneyId>,
    /// What it is called, for findings.
    pub whose: String,
    /// A part of it could not be read: nothing may be said of what is missing.
    pub broken: bool,
    /// Its variables.
    pub variables: Vec<Variable>,
    /// `one run per`
    pub key: Option<Key>,
    /// There is a key, and it could not be read.
    pub key_unclear: bool,
    /// The named sends, wherever they stand.
    pub sends: BTreeMap<String, Sending>,
    /// Names given with `as`, and where.
    pub aliases: BTreeMap<String, Span>,
    /// Stages, and where.
    pub stages: BTreeMap<String, Span>,
    /// Experiments, and where.
    pub experiments: BTreeMap<String, Span>,
    /// The loops that are open: the ways out of each by `stop repeating`.
    pub loops: Vec<Vec<Flow>>,
    /// Inside `on leaving`: nothing may wait.
    pub leaving: bool,
    /// Tags that every step has.
    pub tags: Vec<(FacetId, u32)>,
    /// What steps set off elsewhere.
    pub sets_off: Vec<SetsOff>,
}

/// The key of a journey.
#[derive(Debug, Clone)]
pub struct Key {
    /// The alias it is a field of; the parameter itself for a plain one.
    pub alias: String,
    /// The field; the parameter's name for a plain one.
    pub field: String,
    /// Its type.
    pub ty: Ty,
    /// Where it is said.
    pub span: Span,
}

/// A send with a name.
#[derive(Debug, Clone)]
pub struct Sending {
    /// Its variable.
    pub variable: VariableId,
    /// By which channels.
    pub channels: Vec<usize>,
    /// Where its name stands.
    pub span: Span,
}

/// A hand-off or an event that is made: what may start a journey.
#[derive(Debug, Clone)]
pub struct SetsOff {
    /// What.
    pub what: Effect,
    /// Whether the run has waited before, on every way.
    pub waited: bool,
    /// Where.
    pub span: Span,
}

/// What a step sets off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// `go to`
    HandOff(JourneyId),
    /// `emit`
    Emit(EventId),
    /// `go to` a journey that there is not: it may be any.
    Unclear,
}

/// How far the steps have come.
#[derive(Debug, Clone, Default)]
pub struct Flow {
    /// What is in sight and known. `facts.never`: nobody comes here.
    pub env: Env,
    /// The run has waited on every way here (since it began, or since the round of the loop began).
    pub waited: bool,
    /// Among the steps, where it is known which sends lie behind; a header clause may be asked at any time.
    pub in_steps: bool,
}

/// Fields of a send's variable.
pub const DUE: usize = 0;
/// When it was handed over.
pub const SENT_AT: usize = 1;
/// By which channel.
pub const CHANNEL: usize = 2;

impl Flow {
    /// Nobody comes here.
    pub fn ended(&self) -> bool {
        self.env.facts.never
    }

    /// From here on nobody goes on.
    pub fn end(&mut self) {
        self.env.facts.never = true;
    }

    /// Time passes: what was known of the customer may have changed.
    pub fn pass_time(&mut self) {
        self.env.facts.pass_time();
    }

    /// The run waits.
    pub fn wait(&mut self) {
        self.pass_time();
        self.waited = true;
    }

    /// The same with other facts.
    #[must_use]
    pub fn with(&self, facts: Facts) -> Flow {
        Flow { env: self.env.with(facts), ..*self }
    }

    /// Where ways meet. What is in sight is that of `self`.
    pub fn meet(&mut self, ways: impl IntoIterator<Item = Flow>) {
        let mut met: Option<Flow> = None;
        for way in ways {
            met = Some(match met {
                None => way,
                Some(m) => {
                    let waited = (m.waited || m.ended()) && (way.waited || way.ended());
                    Flow { env: m.env.with(m.env.facts.clone().or(way.env.facts)), waited, in_steps: m.in_steps }
                }
            });
        }
        if let Some(m) = met {
            self.env.facts = m.env.facts;
            self.waited = m.waited;
        }
    }
}

impl<'x, 'a> Run<'x, 'a> {
    /// Nothing known yet.
    pub fn new(cx: &'x Context<'a>, journey: Option<JourneyId>, whose: String, item: &Item) -> Run<'x, 'a> {
        Run {
            cx,
            journey,
            whose,
            broken: item.broken,
            variables: Vec::new(),
            key: None,
            key_unclear: false,
            sends: BTreeMap::new(),
            aliases: BTreeMap::new(),
            stages: BTreeMap::new(),
            experiments: BTreeMap::new(),
            loops: Vec::new(),
            leaving: false,
            tags: Vec::new(),
            sets_off: Vec::new(),
        }
    }

    /// Nothing in sight but the customer and the named sends.
    pub fn env(&self) -> Env {
        let mut env = Env { whose: self.whose.clone(), unclear: self.broken, ..Env::default() };
        for sending in self.sends.values() {
            env.add(sending.variable, self.variables[sending.variable].clone());
        }
        env
    }

    /// A new variable, without a name in sight.
    pub fn add(&mut self, variable: Variable) -> VariableId {
        self.variables.push(variable);
        self.variables.len() - 1
    }

    /// A name for what has none.
    pub fn made_up(&self) -> String {
        format!("#{}", self.variables.len() + 1)
    }

    /// Takes a name for something new; reports one that is taken.
    pub fn take_name(&mut self, name: &Name) -> bool {
        if matches!(name.text.as_str(), "profile" | "now" | "today" | "true" | "false" | "missing") {
            self.cx.report(Diagnostic::new(
                Code::ReservedName,
                name.span,
                format!("`{}` cannot be a name", name.text),
                "a word of the language",
            ));
            return false;
        }
        if let Some(earlier) = self.aliases.get(&name.text) {
            self.cx.report(
                Diagnostic::new(
                    Code::NameTwice,
                    name.span,
                    format!("`{}` already has a meaning in this journey", name.text),
                    "given again",
                )
                .label(*earlier, "given first")
                .help("give it another name"),
            );
            return false;
        }
        self.aliases.insert(name.text.clone(), name.span);
        true
    }

    /// The variable of a parameter.
    pub fn param_variable(&self, param: &Param, may_miss: bool) -> Variable {
        match &param.ty.ty {
            Ty::Event(event) => self.event_variable(&param.name, param.span, &[*event], &[], !may_miss),
            _ => {
                let ty = Type { ty: param.ty.ty.clone(), optional: param.ty.optional || may_miss };
                let field = VariableField { name: param.name.clone(), ty: ty.clone(), sources: Vec::new() };
                let kind = VariableKind::Value(ty);
                Variable { name: param.name.clone(), span: param.span, kind, fields: vec![field] }
            }
        }
    }

    /// The variable of an alias: what its events share. `updates` may replace fields of theirs; `always`: every way in gives it.
    pub fn event_variable(
        &self,
        name: &str,
        span: Span,
        events: &[EventId],
        updates: &[EventId],
        always: bool,
    ) -> Variable {
        let program = &self.cx.program;
        let mut fields: Vec<VariableField> = Vec::new();
        if let Some((first, others)) = events.split_first()
            && let Some(event) = program.events.get(*first)
        {
            for (index, field) in event.fields.iter().enumerate() {
                let mut shared = VariableField {
                    name: field.name.clone(),
                    ty: Type { ty: field.ty.ty.clone(), optional: field.ty.optional || !always },
                    sources: vec![(*first, index)],
                };
                let everywhere = others.iter().filter(|o| *o != first).all(|other| {
                    let fields = &program.events[*other].fields;
                    let Some(i) = fields.iter().position(|f| f.name == field.name) else { return false };
                    shared.ty.optional |= fields[i].ty.optional;
                    shared.sources.push((*other, i));
                    fields[i].ty.ty == field.ty.ty
                });
                for update in updates {
                    let new = program.events.get(*update).and_then(|e| e.fields.iter().find(|f| f.name == field.name));
                    shared.ty.optional |= new.is_some_and(|f| f.ty.ty == field.ty.ty && f.ty.optional);
                }
                if everywhere {
                    fields.push(shared);
                }
            }
            let mut each: Vec<EventId> = events.to_vec();
            each.dedup();
            fields.push(VariableField {
                name: "happened_at".into(),
                ty: Type { ty: Ty::Moment, optional: !always },
                sources: each.iter().map(|e| (*e, HAPPENED_AT)).collect(),
            });
        }
        Variable { name: name.to_string(), span, kind: VariableKind::Event(events.to_vec()), fields }
    }

    /// The variable of a send.
    pub fn send_variable(&self, name: String, span: Span, message: Option<MessageId>) -> Variable {
        let field = |name: &str, ty: Ty| VariableField {
            name: name.into(),
            ty: Type { ty, optional: true },
            sources: Vec::new(),
        };
        let fields = vec![field("due", Ty::Moment), field("sent_at", Ty::Moment), field("channel", Ty::Text)];
        // A send of an unknown message is never lowered: the program does not compile.
        Variable { name, span, kind: VariableKind::Send(message.unwrap_or(0)), fields }
    }

    /// Whether a send has been reached on every way here.
    pub fn has_sent(&self, flow: &Flow, sending: &Sending) -> bool {
        flow.env.facts.is_known(&Place::Field(sending.variable, DUE))
    }

    /// What is known of an event in its `where` is known of the alias it is captured under.
    pub fn capture(&self, facts: &Facts, event: EventId, variable: Option<VariableId>) -> Facts {
        facts.captured(event, |field| {
            let v = variable?;
            let at = self.variables[v].fields.iter().position(|f| f.sources.contains(&(event, field)))?;
            Some(Place::Field(v, at))
        })
    }
}
