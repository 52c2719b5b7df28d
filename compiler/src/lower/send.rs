//! Sends: inputs, channels, and the rules that concern them.

use super::Lower;
use super::journey::Making;
use crate::hir::{self, ExprKind, HAPPENED_AT, RuleKind, Ty};
use journey_runtime::image::{self, Input, Instr};

impl Lower<'_> {
    pub(super) fn send(&mut self, m: &mut Making, step: &hir::Step, send: &hir::Send) {
        let program = self.program;
        let message = &program.messages[send.message];
        let mut inputs = Vec::new();
        for (index, (param, arg)) in message.params.iter().zip(&send.args).enumerate() {
            let fields: Vec<usize> =
                message.inputs.iter().filter(|(p, _)| *p == index).filter_map(|(_, f)| *f).collect();
            self.inputs_of(m, &param.name, arg, Some(&fields), &mut inputs);
        }
        let mut tags = step.tags.clone();
        tags.extend(&message.about.tags);
        let tries = send
            .channels
            .iter()
            .map(|channel| image::Try {
                channel: *channel as u16,
                consent: crate::prove::consent::rule(self.program, message.purpose, &tags).0,
                rules: self.rules_for(message.purpose, *channel, &tags),
            })
            .collect();
        let owner = m.owner();
        let variable = &self.variables(m)[send.alias];
        let mut known = |name: &str| {
            let field = variable.fields.iter().position(|f| f.name == name)?;
            let read = self.slots[m.journey].binary_search(&(m.copy, send.alias, field)).is_ok();
            read.then(|| self.slot(owner, send.alias, field))
        };
        let (due, sent_at, channel) = (known("due"), known("sent_at"), known("channel"));
        let number = m.image.sends.len() as u16;
        m.sends.push(((m.copy, send.alias), number));
        let outcome = send.outcome.as_ref().map(|o| (o, m.label(), m.label(), m.label()));
        m.image.sends.push(image::Send {
            message: send.message as u16,
            inputs,
            tries,
            offer: None,
            due,
            sent_at,
            channel,
            id: None,
            sent: outcome.as_ref().map(|o| o.1),
            refused: outcome.as_ref().map(|o| o.2),
            stage: m.stage,
        });
        m.emit(Instr::Send(number));
        if let Some(((sent_steps, refused_steps), sent, refused, end)) = outcome {
            m.put(sent);
            self.outcome(m, "sent", step, sent_steps);
            m.emit(Instr::Jump(end));
            m.put(refused);
            self.outcome(m, "else", step, refused_steps);
            m.put(end);
        }
    }

    fn outcome(&mut self, m: &mut Making, word: &str, step: &hir::Step, steps: &[hir::Step]) {
        let text = format!("{word} of send");
        self.arm(m, text, step.span, steps);
    }

    /// The inputs that one argument gives: a plain value itself, of an event's alias these fields (all that have a name there, when none are said).
    pub(super) fn inputs_of(
        &mut self,
        m: &Making,
        name: &str,
        arg: &hir::Expr,
        fields: Option<&[usize]>,
        inputs: &mut Vec<Input>,
    ) {
        let owner = m.owner();
        let ExprKind::Variable(variable) = arg.kind else {
            self.whole_lists(&arg.ty.ty);
            let value = self.condition(arg, None, Some(owner));
            inputs.push(Input { name: name.to_string(), value });
            return;
        };
        let of = &self.variables(m)[variable];
        let event = match &arg.ty.ty {
            Ty::Event(event) => Some(*event),
            _ => None,
        };
        let wanted: Vec<(String, usize)> = match (event, fields) {
            (Some(event), Some(fields)) => fields
                .iter()
                .filter_map(|f| {
                    if *f == HAPPENED_AT {
                        return Some(("happened_at".to_string(), HAPPENED_AT));
                    }
                    let field = self.program.events[event].fields[*f].name.clone();
                    of.fields.iter().position(|v| v.name == field).map(|index| (field, index))
                })
                .collect(),
            _ => of.fields.iter().enumerate().map(|(index, f)| (f.name.clone(), index)).collect(),
        };
        for (field, index) in wanted {
            let slot = self.slot(owner, variable, index);
            let ty = of.fields.get(index).map_or(Ty::Moment, |f| f.ty.ty.clone());
            self.whole_lists(&ty);
            let value = self.read_slot(slot, format!("{}.{field}", of.name), &ty, owner);
            inputs.push(Input { name: format!("{name}.{field}"), value });
        }
    }

    /// A list that is handed out is handed out whole.
    fn whole_lists(&mut self, ty: &Ty) {
        if let Ty::List(of) = ty
            && let Ty::Record(record) = **of
        {
            for field in 0..self.program.records[record].fields.len() {
                self.record_field(record, field);
            }
        }
    }

    /// The rules that concern a send, in the order they are asked: gaps and caps, then hours.
    fn rules_for(&self, purpose: hir::PurposeId, channel: hir::ChannelId, tags: &[(hir::FacetId, u32)]) -> Vec<u16> {
        let mut caps = Vec::new();
        let mut hours = Vec::new();
        let mut number = 0;
        for policy in &self.program.policies {
            let concerned = self.program.in_scope(&policy.scope, tags);
            for rule in &policy.rules {
                let (of, channels, group) = match &rule.kind {
                    RuleKind::Cap { purpose, channels, .. } | RuleKind::Gap { purpose, channels, .. } => {
                        (*purpose, channels, &mut caps)
                    }
                    RuleKind::Quiet { channels, .. } | RuleKind::Deliver { channels, .. } => {
                        (None, channels, &mut hours)
                    }
                    RuleKind::Consent { .. } | RuleKind::Annotations { .. } | RuleKind::Lasts(_) => continue,
                };
                let by_purpose = of.is_none_or(|p| p == purpose) && !rule.except.contains(&purpose);
                let by_channel = channels.is_empty() || channels.contains(&channel);
                if concerned && by_purpose && by_channel {
                    group.push(number);
                }
                number += 1;
            }
        }
        caps.extend(hours);
        caps
    }
}
