//! Events that are listened for: whom they mean, what they answer to, and under which condition.

use super::run::{Flow, Run};
use crate::expr::{self, Env, words};
use crate::hir::{EventId, EventUse, VariableId};
use crate::mentions::{Local, Target};
use crate::scope::{Context, Kind};
use journey_grammar::ast::{EventRef, Name, Scope};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;
use journey_grammar::span::Span;

/// What an event is listened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listening {
    /// To start a run.
    Trigger,
    /// By a run that is alive.
    Run,
}

impl Run<'_, '_> {
    /// An event that is listened for, where `env` is in sight. None when there is no such event (reported).
    pub fn event_use(
        &mut self,
        flow: &Flow,
        of: &EventRef,
        listening: Listening,
        alias: Option<VariableId>,
    ) -> Option<EventUse> {
        let event = self.cx.lookup_event(&of.event)?;
        self.everyone(of, event, listening);
        let key = match listening {
            Listening::Trigger => {
                if let Some(scope) = &of.scope {
                    self.cx.report(
                        Diagnostic::new(
                            Code::WrongScope,
                            scope.span,
                            "a trigger starts a run of its own",
                            "there is no run yet that it could belong to",
                        )
                        .fix("take it away", with_blank(scope.span), ""),
                    );
                }
                None
            }
            Listening::Run => self.scope(of, event),
        };
        let sending = of.of.as_ref().and_then(|name| self.receipt(flow, of, event, name));
        let condition = of.condition.as_ref().map(|c| {
            let alias = of.alias.as_ref();
            // Of several triggers with one alias, the first gives it its meaning.
            let alias = alias.map(|a| (a.text.as_str(), self.aliases.get(&a.text).copied().unwrap_or(a.span)));
            let env = flow.env.at_event(event, alias);
            let env = Env { unclear: env.unclear || self.cx.names.is_broken(Kind::Event, event), ..env };
            expr::check_condition(self.cx, &env, c)
        });
        if of.of.is_some() && sending.is_none() {
            return None; // Reported; without it, it would be every receipt.
        }
        Some(EventUse { event, span: of.span, key, of: sending, alias, condition })
    }

    fn everyone(&self, of: &EventRef, event: EventId, listening: Listening) {
        let e = &self.cx.program.events[event];
        if e.everyone && listening == Listening::Trigger {
            self.cx.report(
                Diagnostic::new(
                    Code::EveryoneTrigger,
                    of.event.span,
                    format!("`{}` is about no one customer, and cannot start a run", e.name),
                    "for everyone",
                )
                .label(e.about.span, "declared `for everyone` here")
                .note("a run belongs to a customer")
                .help("start the run with what makes a customer wait for it, and listen with `wait up to … { on … }`"),
            );
        }
    }

    /// `for this cart`: the field of the event that must be the run's key.
    fn scope(&self, of: &EventRef, event: EventId) -> Option<usize> {
        let e = &self.cx.program.events[event];
        if self.key_unclear {
            return None;
        }
        let Some(key) = &self.key else {
            if let Some(scope) = &of.scope
                && !self.broken
            {
                self.cx.report(
                    Diagnostic::new(
                        Code::WrongScope,
                        scope.span,
                        "this journey has no key that an event could be matched with",
                        "whose?",
                    )
                    .note("without a key there is one run per customer, and every event of the customer reaches it")
                    .help("`one run per … ` in the header gives it a key")
                    .fix("take it away", with_blank(scope.span), ""),
                );
            }
            return None;
        };
        let has = e.fields.iter().position(|f| f.name == key.field);
        let Some(scope) = &of.scope else {
            if let Some(field) = has
                && of.of.is_none()
                && e.fields[field].ty.ty == key.ty
            {
                let at = of.event.span;
                self.cx.report(
                    Diagnostic::new(
                        Code::ScopeMissing,
                        at,
                        format!("which `{}` does `{}` mean: this run's, or any?", key.alias, e.name),
                        format!("has a `{}`", key.field),
                    )
                    .label(key.span, "runs are kept apart by this")
                    .note(format!(
                        "`for this {0}` reaches the run whose `{1}` the event carries; `for any {0}` reaches every run of the customer",
                        key.alias, key.field
                    ))
                    .suggest(format!("say `for this {}`", key.alias), at.after(), format!(" for this {}", key.alias))
                    .suggest(format!("say `for any {}`", key.alias), at.after(), format!(" for any {}", key.alias)),
                );
            }
            return None;
        };
        if scope.what.text != key.alias {
            let word = if scope.any { "any" } else { "this" };
            self.cx.report(
                Diagnostic::new(
                    Code::WrongScope,
                    scope.what.span,
                    format!("runs are kept apart by `{}`, not by `{}`", key.alias, scope.what.text),
                    format!("`for {word} {}`?", key.alias),
                )
                .label(key.span, "said here")
                .fix(format!("change it to `{}`", key.alias), scope.what.span, key.alias.clone()),
            );
        }
        if scope.what.text == key.alias
            && let Some(first) = self.aliases.get(&key.alias)
        {
            self.cx.mention(scope.what.span, Target::Local(Local::Variable, *first));
        }
        if scope.any { None } else { self.matching_field(event, scope) }
    }

    fn matching_field(&self, event: EventId, scope: &Scope) -> Option<usize> {
        let key = self.key.as_ref()?;
        let e = &self.cx.program.events[event];
        let (name, span) = match &scope.by {
            Some(by) => (by.text.as_str(), by.span),
            None => (key.field.as_str(), scope.span),
        };
        let Some(field) = e.fields.iter().position(|f| f.name == name) else {
            if self.cx.names.is_broken(Kind::Event, event) {
                return None;
            }
            if let Some(by) = &scope.by {
                self.cx.lookup_event_field(event, by);
                return None;
            }
            let candidates: Vec<&str> =
                e.fields.iter().filter(|f| f.ty.ty == key.ty).map(|f| f.name.as_str()).collect();
            let mut d = Diagnostic::new(
                Code::WrongScope,
                span,
                format!("`{}` has no field `{}`", e.name, key.field),
                "nothing to match the run's key with",
            )
            .label(key.span, "runs are kept apart by this");
            let near = journey_grammar::diagnostic::nearest(&key.field, candidates.iter().copied());
            if let Some(near) = near.or(if candidates.len() == 1 { Some(candidates[0]) } else { None }) {
                d = d.suggest(format!("match it with `{near}`"), scope.span.after(), format!(" by {near}"));
            } else if !candidates.is_empty() {
                d = d.help(format!("say by which field, one of {}: `by …`", words::listed(&candidates)));
            }
            d = d.help(format!(
                "without `for this {}` the event is about the customer, and reaches every run",
                key.alias
            ));
            self.cx.report(d.suggest("take it away", with_blank(scope.span), ""));
            return None;
        };
        if let Some(by) = &scope.by {
            self.cx.mention(by.span, Target::EventField(event, field));
        }
        let ty = &e.fields[field].ty.ty;
        if *ty != key.ty && *ty != crate::hir::Ty::Poison {
            let (is, key_is) = (words::kind(self.cx, ty), words::kind(self.cx, &key.ty));
            self.cx.report(
                Diagnostic::new(
                    Code::WrongScope,
                    span,
                    format!("`{name}` of `{}` is {is}, and the key is {key_is}", e.name),
                    "never equal",
                )
                .label(key.span, key_is.clone()),
            );
            return None;
        }
        Some(field)
    }

    /// `of reminder`: the send it is a receipt of.
    fn receipt(&self, flow: &Flow, of: &EventRef, event: EventId, name: &Name) -> Option<VariableId> {
        let program = &self.cx.program;
        let e = &program.events[event];
        let Some(sending) = self.sends.get(&name.text) else {
            if !self.broken {
                let message = format!("no send of this journey is called `{}`", name.text);
                let names = self.sends.keys().map(String::as_str);
                let is_message = self.cx.names.find(Kind::Message, &name.text).is_some();
                self.cx.unknown_in(&format!("sends of {}", self.whose), message, name, names, |d| {
                    if is_message {
                        d.note(format!("`{}` is a message; a receipt belongs to one send of it", name.text))
                            .help("give the send a name with `as`, and use that name here")
                    } else {
                        d.help("give the send a name with `as`")
                    }
                });
            }
            return None;
        };
        self.cx.mention(name.span, Target::Local(Local::Variable, sending.span));
        let reported = |c: &usize| program.channels.get(*c).is_some_and(|c| c.reports.contains(&event));
        if !program.channels.iter().any(|c| c.reports.contains(&event)) {
            self.cx.report(
                Diagnostic::new(
                    Code::ReceiptNotGiven,
                    of.event.span,
                    format!("`{}` is no receipt, and belongs to no message", e.name),
                    "no channel reports it",
                )
                .fix("take `of …` away", of_phrase(self.cx, name), ""),
            );
            return None;
        }
        let mute: Vec<&str> = sending
            .channels
            .iter()
            .filter(|c| !reported(c))
            .filter_map(|c| program.channels.get(*c))
            .map(|c| c.name.as_str())
            .collect();
        if !sending.channels.is_empty() && mute.len() == sending.channels.len() {
            self.cx.report(
                Diagnostic::new(
                    Code::ReceiptNotGiven,
                    of.event.span,
                    format!("`{}` will never come: {} does not report it", e.name, words::listed(&mute)),
                    "not a receipt of that channel",
                )
                .label(sending.span, "sent here")
                .help(match reports(program, &sending.channels) {
                    r if r.is_empty() => "nothing is reported by it".to_string(),
                    r => format!("it reports {}", words::listed(&r)),
                }),
            );
        } else if !mute.is_empty() {
            self.cx.report(
                Diagnostic::new(
                    Code::ReceiptNotAlways,
                    of.event.span,
                    format!("{} does not report `{}`", words::listed(&mute), e.name),
                    "never comes of what is sent by it",
                )
                .label(sending.span, "sent here")
                .note("a run whose message went out by that channel waits until the time is up"),
            );
        }
        if !flow.ended() && flow.in_steps && !self.has_sent(flow, sending) {
            self.cx.report(
                Diagnostic::new(
                    Code::ReceiptUncertain,
                    name.span,
                    format!("`{}` may not have been sent here", name.text),
                    "not on every way to this place",
                )
                .label(sending.span, "sent here"),
            );
        }
        Some(sending.variable)
    }
}

/// A phrase with the blank before it.
fn with_blank(span: Span) -> Span {
    Span { start: span.start.saturating_sub(1), ..span }
}

/// ` of reminder`, with the blanks and the word before the name.
pub fn of_phrase(cx: &Context, name: &Name) -> Span {
    let text = cx.sources.get(usize::from(name.span.file.0)).map(|s| s.text.as_str()).unwrap_or_default();
    let before = text.get(..name.span.start as usize).unwrap_or_default().trim_end();
    let kept = before.strip_suffix("of").unwrap_or(before).trim_end();
    Span { start: kept.len() as u32, ..name.span }
}

fn reports<'p>(program: &'p crate::hir::Program, channels: &[usize]) -> Vec<&'p str> {
    let mut names: Vec<&str> = channels
        .iter()
        .filter_map(|c| program.channels.get(*c))
        .flat_map(|c| c.reports.iter())
        .filter_map(|e| program.events.get(*e))
        .map(|e| e.name.as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}
