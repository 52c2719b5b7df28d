//! Journeys: the steps.

use super::reader::{Entry, Reader};
use super::rules::{Body, Pair, Rule, child, has};
use crate::ast::{Arg, Arm, Block, Case, ExperimentArm, Expr, ExprKind, Past, Send, Step, StepKind, Until};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::span::Span;

/// What stands in the braces of a choice: its arms, and the `else`.
struct Choice<A> {
    arms: Vec<A>,
    otherwise: Option<Block>,
}

impl Reader<'_> {
    pub(crate) fn block(&mut self, pair: Pair<'_>) -> Block {
        let span = self.span(&pair);
        let mut steps = Vec::new();
        self.each(pair, Body::Block, &mut |reader, entry| match entry {
            Entry::Read(p) => steps.push(reader.step(p)),
            Entry::Broken { span, .. } => steps.push(Step { span, annotations: Vec::new(), kind: StepKind::Broken }),
        });
        Block { span, steps }
    }

    /// The block in a rule.
    pub(crate) fn block_in(&mut self, pair: &Pair<'_>) -> Block {
        match child(pair, Rule::block) {
            Some(block) => self.block(block),
            None => Block { span: self.span(pair).after(), steps: Vec::new() },
        }
    }

    /// The block behind an `else`, `sent`, `done` in a rule.
    fn block_of(&mut self, pair: &Pair<'_>, rule: Rule) -> Option<Block> {
        child(pair, rule).map(|p| self.block_in(&p))
    }

    pub(crate) fn step(&mut self, pair: Pair<'_>) -> Step {
        let span = self.span(&pair);
        let mut annotations = Vec::new();
        let mut kind = StepKind::Broken;
        for part in pair.into_inner() {
            if part.as_rule() == Rule::annotation {
                annotations.push(self.annotation(&part));
            } else {
                kind = self.step_kind(part);
            }
        }
        Step { span, annotations, kind }
    }

    fn step_kind(&mut self, pair: Pair<'_>) -> StepKind {
        match pair.as_rule() {
            Rule::wait => {
                StepKind::Wait { duration: self.sum_in(&pair), calendar: self.word_of(&pair, Rule::in_calendar) }
            }
            Rule::wait_until => self.wait_until(pair),
            Rule::wait_for => self.wait_for(pair),
            Rule::condition => self.condition(pair),
            Rule::branch_on => self.branch_on(pair),
            Rule::branch => self.branch(pair),
            Rule::experiment => self.experiment(pair),
            Rule::next_best => self.next_best(pair),
            Rule::send => StepKind::Send(self.send(pair)),
            Rule::set => StepKind::Set { target: self.path_in(&pair), value: self.value_in(&pair) },
            Rule::emit => StepKind::Emit { event: self.word_in(&pair), fields: self.record_in(&pair) },
            Rule::call => StepKind::Call {
                webhook: self.word_in(&pair),
                args: self.args_in(&pair),
                alias: self.word_of(&pair, Rule::alias),
                then: child(&pair, Rule::block).map(|p| self.block(p)),
                otherwise: self.block_of(&pair, Rule::otherwise),
            },
            Rule::task => self.task(pair),
            Rule::repeat => StepKind::Repeat { times: self.integer_in(&pair), body: self.block_in(&pair) },
            Rule::stop => StepKind::StopRepeating,
            Rule::collect => {
                let event = self.event_ref_in(&pair);
                let alias = event.alias.clone().unwrap_or_else(|| {
                    let name = event.event.text.clone();
                    let message = format!("`collect {name}` has no name for what it gathers");
                    self.sink.push(
                        Diagnostic::new(Code::PartMissing, event.event.span, message, "`as` and a name are missing")
                            .suggest("give it a name", event.event.span.after(), " as items"),
                    );
                    event.event.clone()
                });
                let window = self.sum_in(&pair);
                StepKind::Collect {
                    event,
                    alias,
                    window,
                    at_most: child(&pair, Rule::at_most).map(|p| self.integer_in(&p)),
                }
            }
            Rule::stage => {
                let name = self.word_in(&pair);
                let span = self.span(&pair);
                match child(&pair, Rule::stage_body) {
                    Some(body) => {
                        let entries = self.entries_of(body);
                        StepKind::Stage { name, clauses: entries.header, body: entries.body }
                    }
                    None => StepKind::Stage { name, clauses: Vec::new(), body: Block { span, steps: Vec::new() } },
                }
            }
            Rule::finish => StepKind::Finish(self.text_in(&pair)),
            Rule::go_to => StepKind::GoTo { journey: self.word_in(&pair), args: self.args_in(&pair) },
            _ => StepKind::Broken,
        }
    }

    fn wait_until(&mut self, pair: Pair<'_>) -> StepKind {
        let mut until = Until::Moment(Expr { span: self.span(&pair), kind: ExprKind::Broken });
        let mut past = None;
        let mut then = None;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::until_day => {
                    let day = child(&part, Rule::day).map_or_else(|| self.word_in(&part), |d| self.name(&d));
                    until = Until::Day {
                        day,
                        calendar: self.word_of(&part, Rule::in_calendar),
                        at: self.clock_of(&part),
                        zone: self.zone_of(&part),
                    };
                }
                Rule::until_clock => until = Until::Clock { at: self.time_in(&part), zone: self.zone_of(&part) },
                Rule::until_moment => until = Until::Moment(self.expr_in(&part)),
                Rule::block => then = Some(self.block(part)),
                Rule::past => {
                    past = Some(if let Some(block) = child(&part, Rule::block) {
                        Past::Block(self.block(block))
                    } else if let Some(finish) = child(&part, Rule::finish) {
                        Past::Finish(self.text_in(&finish))
                    } else {
                        Past::Continue
                    });
                }
                _ => {}
            }
        }
        StepKind::WaitUntil { until, past, then }
    }

    /// The arms and the `else` in the braces of a choice. One that could not be read leaves an `else` with a broken step,
    /// so that nobody says that a case is missing.
    fn choice<A>(
        &mut self,
        body: Option<Pair<'_>>,
        kind: Body,
        f: &mut dyn FnMut(&mut Self, Pair<'_>) -> Option<A>,
    ) -> Choice<A> {
        let mut choice = Choice { arms: Vec::new(), otherwise: None };
        let mut broken: Option<Span> = None;
        let mut last: Option<Span> = None;
        let mut late = false;
        let Some(body) = body else { return choice };
        self.each(body, kind, &mut |reader, entry| match entry {
            Entry::Read(p) if p.as_rule() == Rule::otherwise => {
                let span = reader.span(&p);
                if let Some(first) = last.replace(span) {
                    reader.said_twice("else", reader.first_word(first), reader.first_word(span));
                }
                choice.otherwise = Some(reader.block_in(&p));
            }
            Entry::Read(p) => {
                if let Some(first) = last
                    && !late
                {
                    late = true;
                    let (first, after) = (reader.first_word(first), reader.first_word(reader.span(&p)));
                    reader.sink.push(
                        Diagnostic::new(Code::ElseNotLast, first, "`else` comes last", "everything else ends here")
                            .label(after, "this stands after it"),
                    );
                }
                choice.arms.extend(f(reader, p));
            }
            Entry::Broken { span, .. } => broken = Some(span),
        });
        if let Some(span) = broken
            && choice.otherwise.is_none()
        {
            choice.otherwise =
                Some(Block { span, steps: vec![Step { span, annotations: Vec::new(), kind: StepKind::Broken }] });
        }
        choice
    }

    fn wait_for(&mut self, pair: Pair<'_>) -> StepKind {
        let limit = self.expr_in(&pair);
        let choice = self.choice(child(&pair, Rule::arms), Body::Arms, &mut |reader, p| {
            Some(Arm {
                span: reader.span(&p),
                on: reader.occasion(&p),
                becomes: has(&p, Rule::becomes),
                body: reader.block_in(&p),
            })
        });
        StepKind::WaitFor { limit, arms: choice.arms, otherwise: choice.otherwise }
    }

    fn condition(&mut self, pair: Pair<'_>) -> StepKind {
        let mut arms = Vec::new();
        let mut otherwise = None;
        let mut condition: Option<Expr> = None;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::expr => condition = Some(self.expr(part)),
                Rule::then_slip => self.then_slip(&part),
                Rule::else_if => self.else_if_slip(&part),
                Rule::block => {
                    let block = self.block(part);
                    if let Some(condition) = condition.take() {
                        arms.push((condition, block));
                    }
                }
                Rule::otherwise => otherwise = Some(self.block_in(&part)),
                _ => {}
            }
        }
        StepKind::If { arms, otherwise }
    }

    fn then_slip(&mut self, pair: &Pair<'_>) {
        let span = self.span(pair);
        self.sink.push(
            Diagnostic::new(Code::Then, span, "`if` needs no `then`", "the block follows the condition").fix(
                "remove it",
                span,
                "",
            ),
        );
    }

    fn else_if_slip(&mut self, pair: &Pair<'_>) {
        if let Some(slip) = child(pair, Rule::else_if_slip) {
            let name = self.name(&slip);
            let message = format!("`{}` is written `else if`", name.text);
            self.sink.push(Diagnostic::new(Code::ElseIf, name.span, message, "two words").fix(
                "write `else if`",
                name.span,
                "else if",
            ));
        }
    }

    fn branch_on(&mut self, pair: Pair<'_>) -> StepKind {
        let on = self.expr_in(&pair);
        let choice = self.choice(child(&pair, Rule::cases), Body::Cases, &mut |reader, p| {
            let cases = p.into_inner().filter(|c| c.as_rule() == Rule::case);
            let cases = cases.filter_map(|c| c.into_inner().next()).map(|c| match c.as_rule() {
                Rule::path => Case::Path(reader.path(&c)),
                _ => Case::Value(reader.expr(c)),
            });
            let cases = cases.collect();
            Some((cases, reader.block_in(&p)))
        });
        StepKind::BranchOn { on, arms: choice.arms, otherwise: choice.otherwise }
    }

    fn branch(&mut self, pair: Pair<'_>) -> StepKind {
        let choice = self.choice(child(&pair, Rule::whens), Body::Whens, &mut |reader, p| {
            if let Some(then) = child(&p, Rule::then_slip) {
                reader.then_slip(&then);
            }
            Some((reader.expr_in(&p), reader.block_in(&p)))
        });
        StepKind::Branch { arms: choice.arms, otherwise: choice.otherwise }
    }

    fn experiment(&mut self, pair: Pair<'_>) -> StepKind {
        let name = self.word_in(&pair);
        let mut arms = Vec::new();
        if let Some(body) = child(&pair, Rule::variants) {
            self.each(body, Body::Variants, &mut |reader, entry| {
                let Entry::Read(p) = entry else { return };
                let holdout = p.as_rule() == Rule::holdout;
                let name = match child(&p, Rule::Holdout) {
                    Some(word) => reader.name(&word),
                    None => reader.word_in(&p),
                };
                let share = reader.sum_in(&p);
                let body = child(&p, Rule::block).map(|b| reader.block(b));
                arms.push(ExperimentArm { span: reader.span(&p), holdout, name, share, body });
            });
        }
        StepKind::Experiment { name, arms }
    }

    fn next_best(&mut self, pair: Pair<'_>) -> StepKind {
        let mut from = Vec::new();
        let mut offers = Vec::new();
        let mut rank: Option<Expr> = None;
        let mut source: Option<Span> = None;
        let choice = self.choice(child(&pair, Rule::next_best_body), Body::NextBest, &mut |reader, p| {
            let span = reader.span(&p);
            if p.as_rule() == Rule::rank {
                let by = reader.expr_in(&p);
                if let Some(first) = rank.replace(by) {
                    reader.said_twice("rank by", first.span, span);
                }
            } else {
                if let Some(first) = source.replace(span) {
                    reader.said_twice("from offers", first, span);
                }
                from.extend(p.into_inner().filter(|a| a.as_rule() == Rule::annotation).map(|a| reader.annotation(&a)));
                if let Some(words) = child(&p, Rule::words) {
                    offers.extend(reader.words_in(&words));
                }
            }
            Some(())
        });
        StepKind::NextBest { from, offers, rank, otherwise: choice.otherwise }
    }

    fn send(&mut self, pair: Pair<'_>) -> Send {
        let channels = child(&pair, Rule::by_fallback).map(|p| self.words_in(&p)).unwrap_or_default();
        let args = self.args_in(&pair);
        let (sent, otherwise) = self.ends(child(&pair, Rule::outcomes), Body::Outcomes);
        Send { message: self.word_in(&pair), args, channels, alias: self.word_of(&pair, Rule::alias), sent, otherwise }
    }

    fn task(&mut self, pair: Pair<'_>) -> StepKind {
        let team = self.word_in(&pair);
        let text = self.text_or_empty(&pair);
        let due = child(&pair, Rule::due).map(|p| self.sum_in(&p));
        let (done, otherwise) = self.ends(child(&pair, Rule::task_ends), Body::TaskEnds);
        StepKind::Task { team, text, due, done, otherwise }
    }

    /// `{ sent {} else {} }`, `{ done {} else {} }`
    fn ends(&mut self, body: Option<Pair<'_>>, kind: Body) -> (Option<Block>, Option<Block>) {
        let mut first: Option<(Block, Span)> = None;
        let choice = self.choice(body, kind, &mut |reader, p| {
            let span = reader.first_word(reader.span(&p));
            let block = reader.block_in(&p);
            if let Some((_, before)) = &first {
                let word = if kind == Body::Outcomes { "sent" } else { "done" };
                reader.said_twice(word, *before, span);
            }
            first = Some((block, span));
            Some(())
        });
        (first.map(|f| f.0), choice.otherwise)
    }

    pub(crate) fn args_in(&mut self, pair: &Pair<'_>) -> Vec<Arg> {
        let Some(args) = child(pair, Rule::args) else { return Vec::new() };
        let args = args.into_inner().filter(|p| p.as_rule() == Rule::arg);
        args.map(|p| Arg { name: self.word_of(&p, Rule::arg_name), value: self.value_in(&p) }).collect()
    }
}
