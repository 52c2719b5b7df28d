//! Steps, in the order in which a customer comes to them.

use super::run::{Flow, Run};
use crate::declare::annotations;
use crate::expr;
use crate::hir::{self, Clauses, Step, StepKind};
use crate::mentions::Local;
use journey_grammar::ast::{self, Block};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;
use journey_grammar::span::Span;

impl Run<'_, '_> {
    /// The steps of a block. What it names goes out of sight at its end.
    pub fn block(&mut self, flow: &mut Flow, block: &Block) -> Vec<Step> {
        let outside = flow.env.variables.clone();
        let steps = self.steps(flow, &block.steps);
        flow.env.variables = outside;
        steps
    }

    /// The steps of a block that may not be there.
    pub fn optional_block(&mut self, flow: &mut Flow, block: Option<&Block>) -> Vec<Step> {
        block.map(|b| self.block(flow, b)).unwrap_or_default()
    }

    fn steps(&mut self, flow: &mut Flow, asts: &[ast::Step]) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut ended = flow.ended();
        for (i, ast) in asts.iter().enumerate() {
            if flow.ended() {
                if !ended && !matches!(ast.kind, ast::StepKind::Broken) {
                    self.unreachable(ast.span, i.checked_sub(1).map(|b| &asts[b]));
                }
                // The rest is checked as if one could come here.
                ended = true;
                flow.env.facts.never = false;
            }
            if let Some(step) = self.step(flow, ast) {
                steps.push(step);
            }
        }
        flow.env.facts.never |= ended;
        steps
    }

    fn unreachable(&self, span: Span, before: Option<&ast::Step>) {
        let mut d = Diagnostic::new(Code::Unreachable, span, "nobody comes to this step", "never reached");
        if let Some(before) = before {
            let why = match before.kind {
                ast::StepKind::Finish(_) => "the journey ends here",
                ast::StepKind::GoTo { .. } => "everyone goes to another journey here",
                ast::StepKind::StopRepeating => "everyone leaves the loop here",
                _ => "nobody comes out of this",
            };
            let first_line = self.cx.text(before.span).lines().next().map_or(0, str::len) as u32;
            let head = Span { end: (before.span.start + first_line).min(before.span.end), ..before.span };
            d = d.label(head, why);
        }
        self.cx.report(d);
    }

    fn step(&mut self, flow: &mut Flow, ast: &ast::Step) -> Option<Step> {
        use ast::StepKind as A;
        let tags = annotations::tags(self.cx, &ast.annotations, &self.tags);
        let span = ast.span;
        if self.leaving
            && let Some(what) = waits(&ast.kind)
        {
            self.cx.report(
                Diagnostic::new(
                    Code::LeavingWaits,
                    span,
                    format!("{what} cannot stand in `on leaving`"),
                    "the run is over",
                )
                .note("whoever leaves is gone at that instant: there is nobody left to wait"),
            );
        }
        let kind = match &ast.kind {
            A::Wait { duration, calendar } => self.wait(flow, duration, calendar.as_ref()),
            A::WaitUntil { until, past, then } => self.wait_until(flow, span, until, past.as_ref(), then.as_ref()),
            A::WaitFor { limit, arms, otherwise } => self.wait_for(flow, span, limit, arms, otherwise.as_ref()),
            A::If { arms, otherwise } => self.choose(flow, arms, otherwise.as_ref()),
            A::Branch { arms, otherwise } => self.choose(flow, arms, otherwise.as_ref()),
            A::BranchOn { on, arms, otherwise } => self.branch_on(flow, span, on, arms, otherwise.as_ref()),
            A::Experiment { name, arms } => self.experiment(flow, span, name, arms),
            A::NextBest { from, offers, rank, otherwise } => {
                self.next_best(flow, span, from, offers, rank.as_ref(), otherwise.as_ref())
            }
            A::Send(send) => self.send(flow, span, send),
            A::Set { target, value } => self.set(flow, target, value),
            A::Emit { event, fields } => self.emit(flow, span, event, fields),
            A::Call { webhook, args, alias, then, otherwise } => {
                self.call(flow, span, webhook, args, alias.as_ref(), then.as_ref(), otherwise.as_ref())
            }
            A::Task { team, text, due, done, otherwise } => {
                self.task(flow, team, text, due.as_ref(), done.as_ref(), otherwise.as_ref())
            }
            A::Repeat { times, body } => self.repeat(flow, span, *times, body),
            A::StopRepeating => self.stop_repeating(flow, span),
            A::Collect { event, alias, window, at_most } => self.collect(flow, span, event, alias, window, *at_most),
            A::Stage { name, clauses, body } => self.stage(flow, name, clauses, body),
            A::Finish(label) => {
                flow.end();
                Some(StepKind::Finish(label.as_ref().map(|l| l.text.clone())))
            }
            A::GoTo { journey, args } => self.go_to(flow, span, journey, args),
            A::Broken => None,
        };
        kind.map(|kind| Step { span, tags, kind })
    }

    fn repeat(&mut self, flow: &mut Flow, span: Span, times: u32, body: &Block) -> Option<StepKind> {
        if times == 0 {
            self.cx.report(Diagnostic::new(
                Code::LoopNeverRuns,
                span,
                "a loop of no rounds does nothing",
                "at least once",
            ));
        }
        self.loops.push(Vec::new());
        // A later round knows what is known before the first, less what time may have changed.
        let mut round = flow.clone();
        round.pass_time();
        round.waited = false;
        let steps = self.block(&mut round, body);
        if !round.ended() && !round.waited && !self.broken {
            self.cx.report(
                Diagnostic::new(
                    Code::LoopWithoutWait,
                    Span { end: body.span.start, ..span },
                    "a round of this loop can pass without a wait",
                    format!("{times} rounds at one instant"),
                )
                .note("without a wait on every way through it, all rounds happen at the same moment")
                .help("add a wait to it: `wait 1 day`"),
            );
        }
        let mut ways = self.loops.pop().unwrap_or_default();
        let before = flow.waited;
        for way in &mut ways {
            way.waited |= before;
        }
        round.waited |= before;
        ways.push(round);
        flow.meet(ways);
        Some(StepKind::Repeat { times, body: steps })
    }

    fn stop_repeating(&mut self, flow: &mut Flow, span: Span) -> Option<StepKind> {
        match self.loops.last_mut() {
            Some(ways) => ways.push(flow.clone()),
            None => self.cx.report(Diagnostic::new(
                Code::StopOutsideLoop,
                span,
                "there is no loop here to stop",
                "not inside `repeat`",
            )),
        }
        flow.end();
        Some(StepKind::StopRepeating)
    }

    fn stage(&mut self, flow: &mut Flow, name: &ast::Name, clauses: &[ast::Clause], body: &Block) -> Option<StepKind> {
        match self.stages.get(&name.text) {
            Some(earlier) => self.cx.report(
                Diagnostic::new(
                    Code::StageTwice,
                    name.span,
                    format!("two stages are called `{}`", name.text),
                    "called so again",
                )
                .label(*earlier, "called so first")
                .note("reports and `migrate` tell the places of a journey apart by their names"),
            ),
            None => {
                self.stages.insert(name.text.clone(), name.span);
                self.cx.define(Local::Stage, name.span);
            }
        }
        let mut anytime = flow.clone();
        anytime.pass_time();
        anytime.in_steps = false;
        let mut checked = Clauses::default();
        for clause in clauses {
            self.staying(clause, &anytime, &mut checked);
        }
        let steps = self.block(flow, body);
        Some(StepKind::Stage { name: name.text.clone(), clauses: checked, body: steps })
    }

    /// A length of time that must be fixed.
    pub fn some_time(&self, ast: &ast::Expr) -> hir::Length {
        expr::length(self.cx, ast)
    }
}

/// What kind of waiting a step is, for a place where nothing may wait.
fn waits(kind: &ast::StepKind) -> Option<&'static str> {
    Some(match kind {
        ast::StepKind::Wait { .. } | ast::StepKind::WaitUntil { .. } | ast::StepKind::WaitFor { .. } => "a wait",
        ast::StepKind::Collect { .. } => "`collect`",
        ast::StepKind::Call { .. } => "a call",
        ast::StepKind::Task { done, otherwise, .. } if done.is_some() || otherwise.is_some() => {
            "a task that is waited for"
        }
        ast::StepKind::Repeat { .. } => "a loop",
        ast::StepKind::Stage { .. } => "a stage",
        ast::StepKind::Finish(_) => "`finish`",
        ast::StepKind::GoTo { .. } => "`go to`",
        _ => return None,
    })
}
