//! What is put into a test: customers, events, answers.

use super::{Checker, is_receipt};
use crate::expr;
use crate::hir::{Const, EventId, Field, FieldId, HAPPENED_AT, TestKind};
use crate::journey::{is_left_out_list, lacking_fields, of_phrase};
use crate::mentions::Target;
use crate::scope::Kind;
use journey_grammar::ast::{FieldValue, Name, TestField, Text};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;
use journey_grammar::span::Span;

impl Checker<'_, '_> {
    /// `customer ana { email: "…", consents: [marketing] }`
    pub fn customer(&self, name: &Name, fields: &[TestField]) -> Option<TestKind> {
        let who = self.customers.iter().position(|c| c.name == name.text && c.span == name.span)?;
        let mut values = Vec::new();
        let mut consents = Vec::new();
        for field in fields {
            match field {
                TestField::Value(v) => values.push(v.clone()),
                TestField::Consents(all) => {
                    for (purpose, channel) in all {
                        let purpose = self.cx.lookup_purpose(purpose);
                        let channel = match channel {
                            Some(c) => match self.cx.lookup_channel(c) {
                                Some(c) => Some(c),
                                None => continue,
                            },
                            None => None,
                        };
                        if let Some(p) = purpose {
                            consents.push((p, channel));
                        }
                    }
                }
            }
        }
        let profile = self.profile(Some(who), &values).unwrap_or_default();
        Some(TestKind::Customer { who, profile, consents })
    }

    /// Fields of the profile and their values. None when one is wrong (reported).
    pub fn profile(&self, who: Option<usize>, given: &[FieldValue]) -> Option<Vec<(FieldId, Const)>> {
        let mut values: Vec<(FieldId, Const)> = Vec::new();
        let mut sound = true;
        for g in given {
            let Some(id) = self.cx.lookup_profile(&g.name) else {
                sound = false;
                continue;
            };
            if values.iter().any(|(f, _)| *f == id) {
                self.cx.report(expr::field_twice(&g.name));
                continue;
            }
            match self.value(who, &self.cx.program.profile[id].field, g) {
                Some(v) => values.push((id, v)),
                None => sound = false,
            }
        }
        sound.then_some(values)
    }

    /// A value of a field, inside its bounds.
    pub fn value(&self, who: Option<usize>, field: &Field, given: &FieldValue) -> Option<Const> {
        let value = expr::constant_in(self.cx, &given.value, Some(&field.ty), self.zone_of(who))?;
        let what = format!("`{}`", field.name);
        expr::within_bounds(self.cx, given.value.span, &value, &field.bounds, &what).then_some(value)
    }

    /// Fields of an event and their values; `all`: those that are required must be there.
    pub fn fields(
        &self,
        who: Option<usize>,
        span: Span,
        event: EventId,
        given: &[FieldValue],
        all: bool,
    ) -> Option<Vec<(usize, Const)>> {
        let e = &self.cx.program.events[event];
        let mut values: Vec<(usize, Const)> = Vec::new();
        let mut sound = true;
        for g in given {
            let Some(at) = self.cx.lookup_event_field(event, &g.name) else {
                sound = false;
                continue;
            };
            if at == HAPPENED_AT {
                self.cx.report(Diagnostic::new(
                    Code::WrongInput,
                    g.name.span,
                    "an event happens when the clock of the test says so",
                    "cannot be given",
                ));
                sound = false;
                continue;
            }
            if values.iter().any(|(f, _)| *f == at) {
                self.cx.report(expr::field_twice(&g.name));
                continue;
            }
            match self.value(who, &e.fields[at], g) {
                Some(v) => values.push((at, v)),
                None => sound = false,
            }
        }
        let lacking = lacking_fields(&e.fields, |i| values.iter().any(|(f, _)| *f == i));
        if all && sound && !lacking.is_empty() && !self.broken && !self.cx.names.is_broken(Kind::Event, event) {
            self.cx.report(
                expr::lacks_fields(span, &format!("`{}`", e.name), &lacking)
                    .help("what comes broken from outside is tested with `does raw`"),
            );
            return None;
        }
        if all {
            // A list that is not given is empty.
            for (i, field) in e.fields.iter().enumerate() {
                if is_left_out_list(field) && !values.iter().any(|(f, _)| *f == i) {
                    values.push((i, Const::List(Vec::new())));
                }
            }
        }
        sound.then_some(values)
    }

    /// `ana does E { … }`
    pub fn does(
        &self,
        who: &Name,
        event: &Name,
        of: Option<&Name>,
        fields: &[FieldValue],
        id: Option<&Text>,
    ) -> Option<TestKind> {
        let cx = self.cx;
        let who_id = self.who(who);
        let event_id = cx.lookup_event(event);
        let of_id = match of {
            Some(message) => {
                let found = cx.lookup_message(message);
                if let Some(e) = event_id
                    && !is_receipt(&cx.program, e)
                {
                    cx.report(
                        Diagnostic::new(
                            Code::NotAReceipt,
                            message.span,
                            format!("`{}` is no receipt, and belongs to no message", event.text),
                            "no channel reports it",
                        )
                        .fix("take `of …` away", of_phrase(cx, message), ""),
                    );
                    return None;
                }
                Some(found?)
            }
            None => None,
        };
        let event_id = event_id?;
        let e = &cx.program.events[event_id];
        if e.everyone {
            cx.report(
                Diagnostic::new(
                    Code::WrongTarget,
                    event.span,
                    format!("`{}` is about no one customer", e.name),
                    "for everyone",
                )
                .fix(
                    format!("say `everyone sees {}`", e.name),
                    who.span.to(event.span),
                    format!("everyone sees {}", e.name),
                ),
            );
            return None;
        }
        let fields = self.fields(who_id, event.span, event_id, fields, true)?;
        let id = id.map(|t| t.text.clone());
        Some(TestKind::Does { who: who_id?, event: event_id, of: of_id, fields, id })
    }

    /// `everyone sees E { … }`
    pub fn everyone(&self, event: &Name, fields: &[FieldValue]) -> Option<TestKind> {
        let cx = self.cx;
        let id = cx.lookup_event(event)?;
        let e = &cx.program.events[id];
        if !e.everyone {
            let someone = self.customers.first().map_or("ana", |c| c.name.as_str());
            cx.report(
                Diagnostic::new(
                    Code::WrongTarget,
                    event.span,
                    format!("`{}` is about one customer", e.name),
                    "not for everyone",
                )
                .label(e.about.span, "not declared `for everyone`")
                .help(format!("say who does it: `{someone} does {}`", e.name)),
            );
            return None;
        }
        let fields = self.fields(None, event.span, id, fields, true)?;
        Some(TestKind::Everyone { event: id, fields })
    }

    /// `W gives { … }`
    pub fn gives(&self, webhook: &Name, given: &[FieldValue]) -> Option<TestKind> {
        let cx = self.cx;
        let id = cx.lookup_webhook(webhook)?;
        let w = &cx.program.webhooks[id];
        let mut values: Vec<(usize, Const)> = Vec::new();
        let mut sound = true;
        for g in given {
            let Some(at) = w.gives.iter().position(|f| f.name == g.name.text) else {
                if !cx.names.is_broken(Kind::Webhook, id) {
                    let message = format!("the answer of `{}` has no field `{}`", w.name, g.name.text);
                    let names = w.gives.iter().map(|f| f.name.as_str());
                    cx.unknown_in(&format!("answer of {}", w.name), message, &g.name, names, |d| d);
                }
                sound = false;
                continue;
            };
            cx.mention(g.name.span, Target::AnswerField(id, at));
            if values.iter().any(|(f, _)| *f == at) {
                cx.report(expr::field_twice(&g.name));
                continue;
            }
            match self.value(None, &w.gives[at], g) {
                Some(v) => values.push((at, v)),
                None => sound = false,
            }
        }
        let lacking = lacking_fields(&w.gives, |i| values.iter().any(|(f, _)| *f == i));
        if sound && !lacking.is_empty() && !self.broken && !cx.names.is_broken(Kind::Webhook, id) {
            cx.report(expr::lacks_fields(webhook.span, &format!("the answer of `{}`", w.name), &lacking));
            return None;
        }
        sound.then_some(TestKind::WebhookGives { webhook: id, fields: values })
    }
}
