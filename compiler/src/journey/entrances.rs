//! The ways into a journey: what its triggers and `start over` name, and what is known at the top of its steps.

use super::run::{Key, Run};
use crate::expr::{Facts, words};
use crate::hir::{EventId, Param, Ty, VariableId};
use crate::mentions::{Local, Target};
use crate::scope::Kind;
use journey_grammar::ast::{self, ClauseKind, EventRef, Name, Path};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;
use journey_grammar::span::Span;
use std::collections::BTreeMap;

/// A way in: its alias, and what it is called for findings.
struct Entrance<'t> {
    alias: Option<&'t Name>,
    event: Option<EventId>,
    span: Span,
    hand_off: bool,
}

/// The aliases of the header.
#[derive(Debug, Default)]
pub struct Entrances {
    /// Variables by alias and parameter.
    pub variables: BTreeMap<String, VariableId>,
    /// Whether no run begins but by hand-off.
    pub by_hand_off_only: bool,
    /// What is known after each way in, as far as it has been looked at.
    pub facts: Option<Facts>,
}

impl Entrances {
    /// One more way in, with what is known after it.
    pub fn known(&mut self, facts: Facts) {
        self.facts = Some(match self.facts.take() {
            None => facts,
            Some(before) => before.or(facts),
        });
    }
}

impl Run<'_, '_> {
    /// Makes the variables of the header and finds the key.
    pub fn entrances(&mut self, decl: &ast::Journey, params: &[Param]) -> Entrances {
        let mut ways: Vec<Entrance> = Vec::new();
        let mut updates: BTreeMap<&str, Vec<EventId>> = BTreeMap::new();
        let mut unknown: Vec<&str> = Vec::new();
        for clause in &decl.header {
            let (of, hand_off): (Option<&EventRef>, bool) = match &clause.kind {
                ClauseKind::Trigger(ast::Trigger::Event(of)) | ClauseKind::StartOver(of) => (Some(of), false),
                ClauseKind::Trigger(ast::Trigger::HandOff(_)) => (None, true),
                ClauseKind::Trigger(_) => (None, false),
                ClauseKind::Update { alias, event } => {
                    if let Some(e) = self.cx.names.find(Kind::Event, &event.event.text) {
                        updates.entry(&alias.text).or_default().push(e);
                    }
                    continue;
                }
                _ => continue,
            };
            let event = of.and_then(|of| self.cx.names.find(Kind::Event, &of.event.text));
            let alias = of.and_then(|of| of.alias.as_ref());
            if alias.is_none() && matches!(clause.kind, ClauseKind::StartOver(_)) {
                continue; // Reported with the clause, where there is a name to give.
            }
            if let (Some(alias), None) = (alias, event) {
                unknown.push(&alias.text);
            }
            ways.push(Entrance { alias, event, span: clause.span, hand_off });
        }
        let mut entrances =
            Entrances { by_hand_off_only: !ways.is_empty() && ways.iter().all(|w| w.hand_off), ..Entrances::default() };
        for param in params {
            let may_miss = !ways.is_empty() && !entrances.by_hand_off_only;
            let variable = self.param_variable(param, may_miss);
            let id = self.add(variable);
            self.aliases.insert(param.name.clone(), param.span);
            entrances.variables.insert(param.name.clone(), id);
        }
        let mut seen: Vec<&str> = Vec::new();
        for way in &ways {
            let Some(alias) = way.alias else { continue };
            if seen.contains(&alias.text.as_str()) {
                if let Some(first) = self.aliases.get(&alias.text) {
                    self.cx.mention(alias.span, Target::Local(Local::Variable, *first));
                }
                continue;
            }
            seen.push(&alias.text);
            if !self.take_name(alias) {
                continue;
            }
            let sharing: Vec<&Entrance> =
                ways.iter().filter(|w| w.alias.is_some_and(|a| a.text == alias.text)).collect();
            let always = sharing.len() == ways.len();
            let events: Vec<EventId> = if unknown.contains(&alias.text.as_str()) {
                Vec::new()
            } else {
                sharing.iter().filter_map(|w| w.event).collect()
            };
            let replaced = updates.get(alias.text.as_str()).cloned().unwrap_or_default();
            let variable = self.event_variable(&alias.text, alias.span, &events, &replaced, always);
            let id = self.add(variable);
            entrances.variables.insert(alias.text.clone(), id);
        }
        for clause in &decl.header {
            if let ClauseKind::OneRun { key, .. } = &clause.kind
                && self.key.is_none()
            {
                self.key = self.find_key(&entrances, &ways, key);
                self.key_unclear = self.key.as_ref().is_none_or(|k| k.ty == Ty::Poison);
            }
        }
        entrances
    }

    fn find_key(&self, entrances: &Entrances, ways: &[Entrance], path: &Path) -> Option<Key> {
        let first = path.parts.first()?;
        let bad = |span: Span, message: String, label: &str| Diagnostic::new(Code::BadKey, span, message, label);
        let Some(id) = entrances.variables.get(&first.text) else {
            if self.broken {
                return None;
            }
            let owners: Vec<String> = entrances
                .variables
                .iter()
                .filter(|(_, v)| self.variables[**v].fields.iter().any(|f| f.name == first.text))
                .map(|(name, _)| format!("{name}.{}", first.text))
                .collect();
            let message = format!("runs cannot be kept apart by `{}`", path.text());
            let near =
                journey_grammar::diagnostic::nearest(&first.text, entrances.variables.keys().map(String::as_str));
            let d = bad(path.span, message, "not a field of what starts the run");
            self.cx.report(match (owners.first(), near) {
                (Some(owner), _) => d.fix(format!("change it to `{owner}`"), path.span, owner.clone()),
                (None, Some(near)) => d.fix(format!("change it to `{near}`"), first.span, near),
                (None, None) => d.help(
                    "give the trigger's event a name with `as`, and name one of its fields: `one run per cart.cart_id`",
                ),
            });
            return None;
        };
        let variable = &self.variables[*id];
        self.cx.mention(first.span, Target::Local(Local::Variable, variable.span));
        let (field, span) = match (&variable.kind, &path.parts[1..]) {
            (crate::hir::VariableKind::Value(_), []) => (first, first.span),
            (crate::hir::VariableKind::Event(events), _) if events.is_empty() => return None,
            (_, [field]) => (field, field.span),
            (_, _) => {
                let fields: Vec<String> =
                    variable.fields.iter().map(|f| format!("{}.{}", first.text, f.name)).take(8).collect();
                self.cx.report(
                    bad(path.span, format!("`{}` is not a field", path.text()), "say which field")
                        .help(format!("its fields are {}", words::listed(&fields))),
                );
                return None;
            }
        };
        let Some(at) = variable.fields.iter().position(|f| f.name == field.text) else {
            if !self.broken {
                if let crate::hir::VariableKind::Event(events) = &variable.kind
                    && let [event] = events[..]
                {
                    self.cx.lookup_event_field(event, field);
                    return None;
                }
                let message = format!("`{}` has no field `{}`", first.text, field.text);
                let names = variable.fields.iter().map(|f| f.name.as_str());
                self.cx.unknown_in(&format!("{} {}", self.whose, first.text), message, field, names, |d| d);
            }
            return None;
        };
        for (event, index) in &variable.fields[at].sources {
            self.cx.mention(field.span, Target::EventField(*event, *index));
        }
        let ty = variable.fields[at].ty.ty.clone();
        if !matches!(ty, Ty::Text | Ty::Int | Ty::Enum(_) | Ty::Facet(_) | Ty::Date | Ty::Moment | Ty::Poison) {
            let kind = words::kind(self.cx, &ty);
            self.cx.report(
                bad(
                    span,
                    format!("`{}` is {kind}, and cannot keep runs apart", path.text()),
                    "not a name for anything",
                )
                .help("a key is an id: a text, a whole number, a day"),
            );
            return None;
        }
        let without = ways.iter().find(|w| !w.hand_off && w.alias.is_none_or(|a| a.text != first.text));
        if let Some(way) = without {
            self.cx.report(
                bad(
                    path.span,
                    format!("not every run has a `{}`", path.text()),
                    "the key of a run must come with what starts it",
                )
                .label(way.span, format!("a run that begins here has no `{}`", first.text))
                .help("give every trigger's event the same name with `as`, or make it a journey of its own"),
            );
        }
        Some(Key { alias: first.text.clone(), field: field.text.clone(), ty, span: path.span })
    }
}
