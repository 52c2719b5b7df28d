//! Steps that change something outside the run: the profile, events, tasks, other journeys.

use super::run::{Effect, Flow, Run, SetsOff};
use crate::expr;
use crate::hir::{Const, Expr, ExprKind, StepKind, Ty};
use crate::scope::Kind;
use journey_grammar::ast::{self, Arg, Block, ClauseKind, FieldValue, Name, Path, Text};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;
use journey_grammar::span::Span;

impl Run<'_, '_> {
    /// `set profile.x = …`
    pub fn set(&mut self, flow: &mut Flow, target: &Path, value: &ast::Expr) -> Option<StepKind> {
        let cx = self.cx;
        let name = match &target.parts[..] {
            [profile, name] if profile.text == "profile" => name,
            parts => {
                let mut d = Diagnostic::new(
                    Code::WrongTarget,
                    target.span,
                    format!("`{}` cannot be set", target.text()),
                    "only what is in the profile can",
                )
                .note("what an event brought stays as it was when it came");
                if let [one] = parts
                    && cx.names.find(Kind::ProfileField, &one.text).is_some()
                {
                    d = d.fix(format!("say `profile.{}`", one.text), one.span, format!("profile.{}", one.text));
                }
                cx.report(d);
                return None;
            }
        };
        let field = cx.lookup_profile(name);
        let Some(field) = field else {
            expr::check_expr(cx, &flow.env, value, None);
            return None;
        };
        let of = &cx.program.profile[field].field;
        if let ast::ExprKind::Path(p) = &value.kind
            && p.text() == "missing"
        {
            if !of.ty.optional {
                cx.report(
                    Diagnostic::new(
                        Code::WrongTarget,
                        value.span,
                        format!("`profile.{}` cannot be missing", of.name),
                        "always there",
                    )
                    .label(of.span, format!("declared `{}`", cx.type_text(&of.ty))),
                );
                return None;
            }
            let value = Expr { span: value.span, ty: of.ty.clone(), kind: ExprKind::Const(Const::Missing) };
            return Some(StepKind::Set { field, value });
        }
        let v = expr::check_expr(cx, &flow.env, value, Some(&of.ty));
        if v.ty.ty == Ty::Poison || !self.in_bounds(&v, &of.bounds, &of.name) {
            return None;
        }
        Some(StepKind::Set { field, value: v })
    }

    /// `emit e { … }`
    pub fn emit(&mut self, flow: &mut Flow, span: Span, event: &Name, fields: &[FieldValue]) -> Option<StepKind> {
        let cx = self.cx;
        let id = cx.lookup_event(event)?;
        let e = &cx.program.events[id];
        if e.everyone {
            cx.report(
                Diagnostic::new(
                    Code::WrongTarget,
                    event.span,
                    format!("`{}` is about no one customer, and a run cannot make it", e.name),
                    "for everyone",
                )
                .label(e.about.span, "declared `for everyone` here")
                .note("what happens to one customer never reaches another"),
            );
            return None;
        }
        self.sets_off.push(SetsOff { what: Effect::Emit(id), waited: flow.waited, span });
        let values = self.fields_of_event(flow, event.span, id, fields)?;
        Some(StepKind::Emit { event: id, fields: values })
    }

    /// `task for team "text" due in D { done {} else {} }`
    pub fn task(
        &mut self,
        flow: &mut Flow,
        team: &Name,
        text: &Text,
        due: Option<&ast::Expr>,
        done: Option<&Block>,
        otherwise: Option<&Block>,
    ) -> Option<StepKind> {
        let team = self.cx.lookup_team(team);
        let length = due.map(|d| self.some_time(d));
        let outcome = (done.is_some() || otherwise.is_some()).then(|| {
            if due.is_none() && !self.broken {
                self.cx.report(
                    Diagnostic::new(
                        Code::TaskOpen,
                        text.span,
                        "the run waits for this task, and it is not due at any time",
                        "due when?",
                    )
                    .note("a task that nobody does would keep the run for ever")
                    .suggest("say `due in 2 days`", text.span.after(), " due in 2 days"),
                );
            }
            flow.wait();
            let (mut completed, mut late) = (flow.clone(), flow.clone());
            let steps = (self.optional_block(&mut completed, done), self.optional_block(&mut late, otherwise));
            flow.meet([completed, late]);
            steps
        });
        Some(StepKind::Task { team: team?, text: text.text.clone(), due: length, outcome })
    }

    /// `go to J(args)`
    pub fn go_to(&mut self, flow: &mut Flow, span: Span, name: &Name, args: &[Arg]) -> Option<StepKind> {
        let cx = self.cx;
        let Some(own) = self.journey else {
            cx.report(
                Diagnostic::new(
                    Code::WrongTarget,
                    span,
                    "an offer cannot end the journey that makes it",
                    "not in an offer",
                )
                .help("set or emit something that the other journey is started by"),
            );
            return None;
        };
        let journey = cx.lookup_journey(name);
        let passed = journey.and_then(|j| {
            if cx.names.is_broken(Kind::Journey, j) {
                return None;
            }
            let params = cx.journey_params.get(j).cloned().unwrap_or_default();
            self.inputs(flow, span, "the journey", name, &params, args)
        });
        if journey.is_none() {
            self.sets_off.push(SetsOff { what: Effect::Unclear, waited: flow.waited, span });
        }
        if let Some(j) = journey {
            self.sets_off.push(SetsOff { what: Effect::HandOff(j), waited: flow.waited, span });
            let target = cx.decls.journeys[j].decl;
            let own_name = &cx.program.journeys[own].name;
            let expects = target
                .header
                .iter()
                .any(|c| matches!(&c.kind, ClauseKind::Trigger(ast::Trigger::HandOff(from)) if from.text == *own_name || cx.names.find(Kind::Journey, &from.text).is_none()));
            if !expects && !target.header_broken && !cx.names.is_broken(Kind::Journey, j) {
                let at = target.header.first().map_or(target.name.span.after(), |c| c.span.before());
                let mut d = Diagnostic::new(
                    Code::HandOffUnmatched,
                    name.span,
                    format!("the journey `{}` takes nobody over from `{own_name}`", name.text),
                    "not expected there",
                )
                .label(target.name.span, format!("has no `trigger from {own_name}`"));
                if !target.header.is_empty() {
                    d = d.suggest(
                        format!("let it take over: `trigger from {own_name}`"),
                        at,
                        format!("trigger from {own_name}\n  "),
                    );
                }
                cx.report(d);
            }
        }
        flow.end();
        Some(StepKind::GoTo { journey: journey?, args: passed? })
    }
}
