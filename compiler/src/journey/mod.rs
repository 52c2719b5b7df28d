//! Journeys: headers and steps.

mod actions;
mod asked_once;
mod branches;
mod cycles;
mod entrances;
mod events;
mod header;
mod inputs;
mod run;
mod sends;
mod steps;
mod waits;

pub use events::of_phrase;
pub use inputs::{is_left_out_list, lacking_fields};

use crate::again::Kept;
use crate::hir::{Journey, JourneyId, OfferId, Step, Trigger, Variable};
use crate::scope::{Context, Kind};
use journey_grammar::ast::{self, Block, ClauseKind, StepKind};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;
pub(crate) use run::{Effect, SetsOff};
use run::{Flow, Run, Sending};
use std::sync::Arc;

/// Checks every journey. `cx.program.journeys` already has each with its name, `about` and parameters; the rest is filled in.
/// What is kept from the time before is not checked again.
pub fn check_journeys<'a>(cx: &mut Context<'a>, trees: &'a [Arc<ast::File>], mut kept: Option<&mut Kept>) {
    let mut sets_off: Vec<(JourneyId, SetsOff)> = Vec::new();
    for id in 0..cx.decls.journeys.len() {
        let (journey, effects) = match &mut kept {
            Some(kept) => kept.journey(cx, trees, id, || check_journey(cx, id)),
            None => check_journey(cx, id),
        };
        cx.program.journeys[id] = journey;
        sets_off.extend(effects.into_iter().map(|e| (id, e)));
    }
    hand_offs(cx, &sets_off);
    cycles::report(cx, &sets_off);
}

fn check_journey(cx: &Context, id: JourneyId) -> (Journey, Vec<SetsOff>) {
    let declared = cx.decls.journeys[id];
    let decl = declared.decl;
    let mut journey = cx.program.journeys[id].clone();
    let mut run = Run::new(cx, Some(id), format!("journey {}", journey.name), declared.item);
    run.broken |= cx.names.is_broken(Kind::Journey, id) || decl.header_broken;
    run.tags = journey.about.tags.clone();
    let params = cx.journey_params.get(id).cloned().unwrap_or_default();
    let mut entrances = run.entrances(decl, &params);
    run.name_sends(&decl.body);
    for clause in &decl.header {
        if let ClauseKind::OnLeaving(block) = &clause.kind {
            run.name_sends(block);
        }
    }
    let mut flow = run.header(decl, &mut entrances, &mut journey);
    let mut leaving = Flow { in_steps: false, ..flow.clone() };
    leaving.pass_time();
    journey.body = run.block(&mut flow, &decl.body);
    run.leaving = true;
    for clause in &decl.header {
        if let ClauseKind::OnLeaving(block) = &clause.kind {
            journey.on_leaving = run.block(&mut leaving.clone(), block);
        }
    }
    if decl.body.steps.is_empty() && !run.broken {
        cx.report(
            Diagnostic::new(
                Code::EmptyJourney,
                decl.name.span,
                format!("nothing happens in the journey `{}`", decl.name.text),
                "no steps",
            )
            .help("say what the customer lives through: `send welcome by email`, `wait 2 days`"),
        );
    }
    let broken = run.broken;
    journey.variables = run.variables;
    journey.params = params.len();
    if !broken {
        asked_once::report(cx, decl, &journey);
    }
    (journey, run.sets_off)
}

/// Checks the steps of an offer: its steps and the variables they declare.
pub fn check_offer_block(cx: &Context, offer: OfferId, block: &Block) -> (Vec<Step>, Vec<Variable>) {
    let declared = cx.decls.offers[offer];
    let mut run = Run::new(cx, None, format!("offer {}", declared.decl.name.text), declared.item);
    run.broken |= cx.names.is_broken(Kind::Offer, offer);
    run.tags = cx.program.offers[offer].about.tags.clone();
    run.name_sends(block);
    let mut flow = Flow { env: run.env(), in_steps: true, ..Flow::default() };
    let steps = run.block(&mut flow, block);
    (steps, run.variables)
}

/// Every `trigger from J` must have a `go to` in J.
fn hand_offs(cx: &Context, sets_off: &[(JourneyId, SetsOff)]) {
    for (to, journey) in cx.program.journeys.iter().enumerate() {
        for trigger in &journey.triggers {
            let Trigger::HandOff(from) = trigger else { continue };
            let given = sets_off
                .iter()
                .any(|(f, s)| f == from && (s.what == run::Effect::Unclear || s.what == run::Effect::HandOff(to)));
            let giver = cx.decls.journeys[*from];
            if given || giver.item.broken || cx.names.is_broken(Kind::Journey, *from) {
                continue;
            }
            let decl = cx.decls.journeys[to].decl;
            let place = decl.header.iter().find_map(|c| match &c.kind {
                ClauseKind::Trigger(ast::Trigger::HandOff(name)) if name.text == giver.decl.name.text => {
                    Some(name.span)
                }
                _ => None,
            });
            let Some(span) = place else { continue };
            cx.report(
                Diagnostic::new(
                    Code::HandOffUnmatched,
                    span,
                    format!("`{}` never hands anybody over to `{}`", giver.decl.name.text, journey.name),
                    "nobody comes from there",
                )
                .label(giver.decl.name.span, format!("has no `go to {}`", journey.name)),
            );
        }
    }
}

impl Run<'_, '_> {
    /// Finds the sends that have names: clauses of the header, and steps before and after, may mean them.
    fn name_sends(&mut self, block: &Block) {
        for step in &block.steps {
            if let StepKind::Send(send) = &step.kind
                && let Some(alias) = &send.alias
                && self.take_name(alias)
            {
                let message = self.cx.names.find(Kind::Message, &send.message.text);
                let channels =
                    send.channels.iter().filter_map(|c| self.cx.names.find(Kind::Channel, &c.text)).collect();
                let variable = self.send_variable(alias.text.clone(), alias.span, message);
                let variable = self.add(variable);
                let sending = Sending { variable, channels, span: alias.span };
                self.sends.insert(alias.text.clone(), sending);
            }
            for inner in blocks(&step.kind) {
                self.name_sends(inner);
            }
        }
    }
}

/// Calls `f` on every step as it is written, those inside others after them.
pub fn each_written<'s>(block: &'s Block, f: &mut dyn FnMut(&'s ast::Step)) {
    for step in &block.steps {
        f(step);
        for inner in blocks(&step.kind) {
            each_written(inner, f);
        }
    }
}

/// The blocks directly in a step, in order.
pub fn blocks(kind: &StepKind) -> Vec<&Block> {
    let mut all: Vec<&Block> = Vec::new();
    match kind {
        StepKind::WaitUntil { past, then, .. } => {
            all.extend(then);
            if let Some(ast::Past::Block(b)) = past {
                all.push(b);
            }
        }
        StepKind::WaitFor { arms, otherwise, .. } => {
            all.extend(arms.iter().map(|a| &a.body));
            all.extend(otherwise);
        }
        StepKind::If { arms, otherwise } | StepKind::Branch { arms, otherwise } => {
            all.extend(arms.iter().map(|(_, b)| b));
            all.extend(otherwise);
        }
        StepKind::BranchOn { arms, otherwise, .. } => {
            all.extend(arms.iter().map(|(_, b)| b));
            all.extend(otherwise);
        }
        StepKind::Experiment { arms, .. } => all.extend(arms.iter().filter_map(|a| a.body.as_ref())),
        StepKind::NextBest { otherwise, .. } => all.extend(otherwise),
        StepKind::Send(send) => {
            all.extend(&send.sent);
            all.extend(&send.otherwise);
        }
        StepKind::Call { then, otherwise, .. } => {
            all.extend(then);
            all.extend(otherwise);
        }
        StepKind::Task { done, otherwise, .. } => {
            all.extend(done);
            all.extend(otherwise);
        }
        StepKind::Repeat { body, .. } | StepKind::Stage { body, .. } => all.push(body),
        _ => {}
    }
    all
}
