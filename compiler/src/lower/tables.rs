//! Everything above the journeys: facets, events, profile, segments, messages, rules.

use super::{Lower, of_owner};
use crate::hir::{self, Const, RuleKind};
use journey_runtime::image;

/// Events the runtime knows by name, whoever declares them.
const CONSENT_GRANTED: &str = "consent_granted";
const CONSENT_WITHDRAWN: &str = "consent_withdrawn";
const TASK_COMPLETED: &str = "task_completed";
const RECEIPT_PREFIX: &str = "message_";

impl Lower<'_> {
    /// Fills the image's tables.
    pub(super) fn tables(&mut self) {
        let program = self.program;
        self.image.name = program.name.clone();
        self.image.time_zone = program.time_zone.clone();
        self.image.currency = program.currency.clone();
        self.image.facets = program
            .facets
            .iter()
            .map(|f| image::Facet {
                name: f.name.clone(),
                nodes: f.nodes.iter().map(|n| image::Node { path: n.path.clone(), end: n.end }).collect(),
            })
            .collect();
        self.image.enums = program.enums.iter().map(|e| image::Enum { values: e.values.clone() }).collect();
        self.image.calendars =
            program.calendars.iter().map(|c| image::Calendar { name: c.name.clone(), days: c.days.clone() }).collect();
        self.image.teams = program.teams.iter().map(|t| t.name.clone()).collect();
        self.image.purposes = program
            .purposes
            .iter()
            .map(|p| image::Purpose { name: p.name.clone(), needs_no_consent: p.needs_no_consent })
            .collect();
        self.image.offers = program
            .offers
            .iter()
            .map(|o| image::Offer {
                name: o.name.clone(),
                limits: o.limits.iter().map(limit).collect(),
                valid: o.valid,
            })
            .collect();
        self.messages();
        self.profile_table();
        self.events_table();
        self.image.webhooks = program
            .webhooks
            .iter()
            .map(|w| image::Webhook {
                name: w.name.clone(),
                method: w.method.clone(),
                url: w.url.clone(),
                gives: w.gives.iter().map(|f| self.event_field_entry(f)).collect(),
                within: w.within,
                attempts: w.attempts,
            })
            .collect();
        for segment in &program.segments {
            let condition = self.condition(&segment.condition, None, None);
            self.image.segments.push(image::Segment { name: segment.name.clone(), condition });
        }
        for channel in &program.channels {
            let address = channel.address.as_ref().map(|a| self.condition(a, None, None));
            let address_text = channel.address.as_ref().map(|a| self.source(a.span)).unwrap_or_default();
            self.image.channels.push(image::Channel { name: channel.name.clone(), address, address_text });
        }
        self.rules();
    }

    fn messages(&mut self) {
        let program = self.program;
        for message in &program.messages {
            let mut renderings: Vec<(u16, Vec<String>)> = Vec::new();
            for rendering in &message.renderings {
                let channel = rendering.channel as u16;
                match renderings.iter_mut().find(|(c, _)| *c == channel) {
                    Some((_, locales)) => locales.push(rendering.locale.clone()),
                    None => renderings.push((channel, vec![rendering.locale.clone()])),
                }
            }
            self.image.messages.push(image::Message {
                name: message.name.clone(),
                purpose: message.purpose as u16,
                valid: message.valid,
                renderings,
            });
        }
    }

    fn profile_table(&mut self) {
        let program = self.program;
        // The zone is always read: every calendar time is the customer's.
        let named = |name: &str| program.profile.iter().position(|f| f.field.name == name);
        self.image.zone_field = named("time_zone").map(|f| self.profile_field(f));
        let localised = program.messages.iter().any(|m| m.renderings.iter().any(|r| !r.locale.is_empty()));
        self.image.locale_field = named("locale").filter(|_| localised).map(|f| self.profile_field(f));
        for id in self.profile.clone() {
            let field = &program.profile[id].field;
            let entry = image::ProfileField {
                name: field.name.clone(),
                path: field.path.clone(),
                currency_path: field.currency_path.clone(),
                ty: self.field_ty(&field.ty.ty, &field.bounds),
                optional: field.ty.optional,
                bounds: self.bounds(&field.bounds, &field.ty.ty),
                default: field.default.as_ref().map_or(image::MISSING, |d| self.word(d)),
            };
            self.image.profile.push(entry);
        }
    }

    fn events_table(&mut self) {
        let program = self.program;
        for (id, event) in program.events.iter().enumerate() {
            let role = self.role(id, event);
            let read = of_owner(&self.events, id).to_vec();
            let fields =
                read.iter().filter_map(|(_, f)| event.fields.get(*f)).map(|f| self.event_field_entry(f)).collect();
            self.image.events.push(image::Event {
                name: event.name.clone(),
                wire: event.wire.clone(),
                everyone: event.everyone,
                used: role != image::Role::Plain && !matches!(role, image::Role::Receipt { .. }),
                fields,
                role,
            });
        }
    }

    /// What the event means to the runtime; the fields it needs for that are read.
    fn role(&mut self, id: hir::EventId, event: &hir::Event) -> image::Role {
        let field = |name: &str| event.fields.iter().position(|f| f.name == name);
        match event.name.as_str() {
            name @ (CONSENT_GRANTED | CONSENT_WITHDRAWN) => match field("purpose") {
                Some(purpose) => image::Role::Consent {
                    granted: name == CONSENT_GRANTED,
                    purpose: self.event_field(id, purpose),
                    channel: field("channel").map(|c| self.event_field(id, c)),
                },
                None => image::Role::Plain,
            },
            TASK_COMPLETED => match field("task_id") {
                Some(task) => image::Role::TaskCompleted { task_id: self.event_field(id, task) },
                None => image::Role::Plain,
            },
            name if name.starts_with(RECEIPT_PREFIX) && (field("send_id").is_some() || field("message").is_some()) => {
                image::Role::Receipt {
                    send_id: field("send_id").map(|f| self.event_field(id, f)),
                    message: field("message").map(|f| self.event_field(id, f)),
                }
            }
            _ => image::Role::Plain,
        }
    }

    fn event_field_entry(&mut self, field: &hir::Field) -> image::EventField {
        image::EventField {
            name: field.name.clone(),
            path: field.path.clone(),
            currency_path: field.currency_path.clone(),
            ty: self.field_ty(&field.ty.ty, &field.bounds),
            optional: field.ty.optional,
            bounds: self.bounds(&field.bounds, &field.ty.ty),
            default: field.default.as_ref().map(|d: &Const| self.word(d)),
        }
    }

    /// The event is listened for, counted or remembered.
    pub(super) fn event(&mut self, event: hir::EventId) -> u16 {
        self.image.events[event].used = true;
        event as u16
    }

    fn rules(&mut self) {
        let program = self.program;
        for policy in &program.policies {
            for rule in &policy.rules {
                let (kind, how) = match &rule.kind {
                    RuleKind::Cap { limit: l, over: o, .. } => (image::RuleKind::Cap(limit(l)), over(o)),
                    RuleKind::Gap { gap, over: o, .. } => (image::RuleKind::Gap(*gap), over(o)),
                    RuleKind::Quiet { from, to, over: o, .. } => {
                        (image::RuleKind::Quiet { from: *from, to: *to }, over(o))
                    }
                    RuleKind::Deliver { from, to, days, calendar, over: o, .. } => (
                        image::RuleKind::Deliver {
                            from: *from,
                            to: *to,
                            days: *days,
                            calendar: calendar.map(|c| c as u16),
                        },
                        over(o),
                    ),
                    RuleKind::Consent { .. } | RuleKind::Annotations { .. } | RuleKind::Lasts(_) => continue,
                };
                let text = self.source(rule.span);
                self.image.rules.push(image::Rule { policy: policy.name.clone(), text, kind, over: how });
            }
        }
    }
}

pub(super) fn limit(limit: &hir::Limit) -> image::Limit {
    image::Limit {
        count: limit.count.min(u32::from(u16::MAX)) as u16,
        window: match &limit.window {
            hir::Window::Rolling(span) => image::Window::Rolling(*span),
            hir::Window::Calendar(period) => image::Window::Calendar(*period),
            hir::Window::Ever => image::Window::Ever,
        },
    }
}

fn over(over: &hir::Over) -> image::Over {
    match over {
        hir::Over::Drop => image::Over::Drop,
        hir::Over::Hold(limit) => image::Over::Hold(*limit),
    }
}
