//! The layout of journeys: headers, steps and blocks.

use super::layout::{Blank, Indent, Row};
use super::shape::Shape;
use crate::ast::*;

impl Shape<'_> {
    /// A block that stands by itself.
    pub fn block(&mut self, block: &Block) {
        let group = self.braces(self.first(block.span));
        self.steps(block, group);
    }

    /// Blocks of one step, which break together: `{ … } else { … }`.
    fn blocks(&mut self, blocks: &[&Block]) {
        if let (Some(first), Some(last)) = (blocks.first(), blocks.last()) {
            let group = self.head_group(self.first(first.span), self.end(last.span));
            blocks.iter().for_each(|b| self.steps(b, group));
        }
    }

    fn steps(&mut self, block: &Block, group: usize) {
        self.inside(|shape| block.steps.iter().for_each(|s| shape.step(s)));
        let entries: Vec<usize> = block.steps.iter().map(|s| self.first(s.span)).collect();
        self.body(self.first(block.span), group, entries);
    }

    /// `head { … }` lines between the braces at `open`; each is given by its first atom and its block.
    fn arms(&mut self, open: usize, arms: &[(usize, Option<&Block>)], others: &[usize]) {
        let group = self.braces(open);
        let rows: Vec<Row> = self.inside(|shape| {
            let row = |shape: &mut Self, first: usize, block: Option<&Block>| {
                let block = block?;
                shape.block(block);
                Some(shape.flat_row([first, shape.first(block.span)], shape.end(block.span)))
            };
            arms.iter().filter_map(|&(first, block)| row(shape, first, block)).collect()
        });
        self.body(open, group, arms.iter().map(|a| a.0).chain(others.iter().copied()));
        self.layout.groups[group].forced |= arms.len() + others.len() > 1;
        self.runs(Some(group), rows);
    }

    /// The arm of `block`, whose head is the one word before it.
    fn word_arm<'b>(&self, block: &'b Option<Block>) -> Option<(usize, Option<&'b Block>)> {
        block.as_ref().map(|b| (self.first(b.span).saturating_sub(1), Some(b)))
    }

    /// The `else` after a block begins below the step, if a comment comes between.
    fn else_of(&mut self, block: &Block) {
        let word = self.first(block.span).saturating_sub(1);
        if self.is(word, "else") {
            self.outdent(word);
        }
    }

    fn outdent(&mut self, atom: usize) {
        self.layout.gaps[atom].indent = Indent::Column(self.indent);
        self.layout.gaps[atom].blank = Blank::Drop;
    }

    /// A step.
    fn step(&mut self, step: &Step) {
        let end = self.end(step.span);
        let first = match step.annotations.last() {
            Some(last) => self.end(last.span),
            None => self.first(step.span),
        };
        self.annotations(&step.annotations, first);
        match &step.kind {
            StepKind::Wait { duration, .. } => self.expr(duration),
            StepKind::WaitUntil { until, past, then } => {
                match until {
                    Until::Clock { at, zone } | Until::Day { at, zone, .. } => {
                        self.expr(at);
                        self.maybe(zone);
                    }
                    Until::Moment(moment) => self.expr(moment),
                }
                let mut blocks: Vec<&Block> = then.iter().collect();
                if let Some(Past::Block(block)) = past {
                    if then.is_some() {
                        self.else_of(block);
                    }
                    blocks.push(block);
                }
                self.blocks(&blocks);
            }
            StepKind::WaitFor { limit, arms, otherwise } => {
                self.expr(limit);
                let mut lines = Vec::new();
                self.inside(|shape| {
                    for arm in arms {
                        shape.occasion(&arm.on);
                        lines.push((shape.first(arm.span), Some(&arm.body)));
                    }
                });
                lines.extend(self.word_arm(otherwise));
                self.arms_after(self.end(limit.span), end, &lines);
            }
            StepKind::If { arms, otherwise } => {
                let mut blocks = Vec::new();
                for (k, (condition, block)) in arms.iter().enumerate() {
                    self.expr(condition);
                    if k > 0 {
                        self.outdent(self.first(condition.span).saturating_sub(2));
                    }
                    blocks.push(block);
                }
                if let Some(block) = otherwise {
                    self.else_of(block);
                    blocks.push(block);
                }
                self.blocks(&blocks);
            }
            StepKind::BranchOn { on, arms, otherwise } => {
                self.expr(on);
                let mut lines = Vec::new();
                for (cases, block) in arms {
                    for case in cases {
                        if let Case::Value(value) = case {
                            self.expr(value);
                        }
                    }
                    let Some(case) = cases.first() else { continue };
                    let span = match case {
                        Case::Path(path) => path.span,
                        Case::Value(value) => value.span,
                    };
                    lines.push((self.first(span), Some(block)));
                }
                lines.extend(self.word_arm(otherwise));
                self.arms_after(self.end(on.span), end, &lines);
            }
            StepKind::Branch { arms, otherwise } => {
                let mut lines = Vec::new();
                self.inside(|shape| {
                    for (condition, block) in arms {
                        shape.expr(condition);
                        lines.push((shape.first(condition.span).saturating_sub(1), Some(block)));
                    }
                });
                lines.extend(self.word_arm(otherwise));
                self.arms_after(first, end, &lines);
            }
            StepKind::Experiment { arms, .. } => {
                if let Some(open) = self.find("{", first, end) {
                    self.variants(open, arms);
                }
            }
            StepKind::NextBest { rank, otherwise, .. } => {
                self.inside(|shape| shape.maybe(rank));
                let rank = rank.as_ref().map(|r| self.first(r.span).saturating_sub(2));
                let lines: Vec<_> = self.word_arm(otherwise).into_iter().collect();
                if let Some(open) = self.find("{", first, end) {
                    let from = Some(open + 1).filter(|&from| self.is(from, "from"));
                    let others: Vec<usize> = [from, rank].into_iter().flatten().collect();
                    self.arms(open, &lines, &others);
                }
            }
            StepKind::Send(send) => {
                self.args(first + 2, &send.args);
                let lines = [self.word_arm(&send.sent), self.word_arm(&send.otherwise)];
                self.outcomes(first, end, lines);
            }
            StepKind::Set { value, .. } => self.expr(value),
            StepKind::Emit { fields, .. } => {
                if let Some(open) = self.find("{", first, end) {
                    self.record(open, fields);
                }
            }
            StepKind::Call { args, .. } => {
                self.args(first + 2, args);
                self.call_blocks(&step.kind);
            }
            StepKind::Task { due, done, otherwise, .. } => {
                self.maybe(due);
                let lines = [self.word_arm(done), self.word_arm(otherwise)];
                self.outcomes(first, end, lines);
            }
            StepKind::Repeat { body, .. } => self.block(body),
            StepKind::Collect { event, window, .. } => {
                self.event(event);
                self.expr(window);
            }
            StepKind::Stage { clauses, body, .. } => self.journey_body(clauses, body, Blank::Keep),
            StepKind::GoTo { args, .. } => self.args(first + 3, args),
            StepKind::StopRepeating | StepKind::Finish(_) | StepKind::Broken => {}
        }
    }

    /// `variant a 45 percent { … }` lines, with the shares in a column.
    fn variants(&mut self, open: usize, arms: &[ExperimentArm]) {
        let group = self.braces(open);
        let rows: Vec<Row> = self.inside(|shape| {
            let row = |shape: &mut Self, arm: &ExperimentArm| {
                let (first, end) = (shape.first(arm.span), shape.end(arm.span));
                let share = shape.first(arm.share.span);
                shape.expr(&arm.share);
                let Some(body) = &arm.body else { return shape.row([first, share], end) };
                shape.block(body);
                shape.flat_row([first, share, shape.first(body.span)], end)
            };
            arms.iter().map(|a| row(shape, a)).collect()
        });
        self.body(open, group, arms.iter().map(|a| self.first(a.span)).collect::<Vec<_>>());
        self.layout.groups[group].forced |= arms.len() > 1;
        self.table(Some(group), 1, rows);
    }

    fn arms_after(&mut self, from: usize, end: usize, lines: &[(usize, Option<&Block>)]) {
        if let Some(open) = self.find("{", from, end) {
            self.arms(open, lines, &[]);
        }
    }

    /// `{ sent { … } else { … } }`, if there is such.
    fn outcomes(&mut self, first: usize, end: usize, arms: [Option<(usize, Option<&Block>)>; 2]) {
        let arms: Vec<_> = arms.into_iter().flatten().collect();
        if let Some(open) = self.find("{", first, end) {
            self.arms(open, &arms, &[]);
        }
    }

    /// `{ … } else { … }` of a call.
    fn call_blocks(&mut self, call: &StepKind) {
        let StepKind::Call { then, otherwise, .. } = call else { return };
        let mut blocks: Vec<&Block> = then.iter().collect();
        if let Some(block) = otherwise {
            self.else_of(block);
            blocks.push(block);
        }
        self.blocks(&blocks);
    }

    /// Clauses, whose words are a column, and steps. `between` is the blank line between them.
    pub fn journey_body(&mut self, clauses: &[Clause], body: &Block, between: Blank) {
        let open = self.first(body.span);
        let group = self.braces(open);
        let rows = self.inside(|shape| {
            let rows: Vec<Row> = clauses.iter().filter_map(|c| shape.clause(c)).collect();
            body.steps.iter().for_each(|s| shape.step(s));
            rows
        });
        let spans = clauses.iter().map(|c| c.span).chain(body.steps.iter().map(|s| s.span));
        let entries: Vec<usize> = spans.map(|s| self.first(s)).collect();
        self.body(open, group, entries);
        self.table(Some(group), 1, rows);
        if let (Some(_), Some(step)) = (clauses.first(), body.steps.first()) {
            let first = self.first(step.span);
            self.layout.gaps[first].blank = between;
        }
    }

    /// A clause; the result is its row, if its words are in the column.
    fn clause(&mut self, clause: &Clause) -> Option<Row> {
        let first = self.first(clause.span);
        let words = match &clause.kind {
            ClauseKind::Trigger(trigger) => {
                self.trigger(trigger);
                1
            }
            ClauseKind::OnlyIf(condition) => {
                self.expr(condition);
                2
            }
            ClauseKind::OneRun { .. } => 2,
            ClauseKind::ReEntry(re_entry) => {
                if let ReEntry::After { duration, .. } = re_entry {
                    self.expr(duration);
                }
                1
            }
            ClauseKind::StartOver(event) => {
                self.event(event);
                2
            }
            ClauseKind::Update { event, .. } => {
                self.event(event);
                1
            }
            ClauseKind::Goal { event, within, .. } => {
                self.event(event);
                self.maybe(within);
                1
            }
            ClauseKind::Exit { on, .. } => {
                self.occasion(on);
                1
            }
            ClauseKind::Pause { on, until, at_most, .. } => {
                self.occasion(on);
                if let Some(until) = until {
                    self.event(until);
                }
                self.maybe(at_most);
                1
            }
            ClauseKind::Meanwhile { .. } => 1,
            ClauseKind::Priority(value) | ClauseKind::Rollout(value) => {
                self.expr(value);
                1
            }
            ClauseKind::Between(_) => 1,
            ClauseKind::OnLeaving(block) => {
                self.block(block);
                return None;
            }
        };
        Some(self.row([first, first + words], self.end(clause.span)))
    }

    fn trigger(&mut self, trigger: &Trigger) {
        match trigger {
            Trigger::Event(event) => self.event(event),
            Trigger::Condition(condition) => self.expr(condition),
            Trigger::Every { at, .. } => self.expr(at),
            Trigger::Date { date, at, .. } => {
                self.expr(date);
                self.expr(at);
            }
            Trigger::Enters(_) | Trigger::Leaves(_) | Trigger::HandOff(_) => {}
        }
    }

    fn occasion(&mut self, occasion: &Occasion) {
        match occasion {
            Occasion::Event(event) => self.event(event),
            Occasion::Condition(condition) => self.expr(condition),
        }
    }

    fn event(&mut self, event: &EventRef) {
        self.maybe(&event.condition);
    }
}
