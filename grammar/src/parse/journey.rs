//! Journeys: the header.

use super::reader::{Entry, Reader};
use super::rules::{Body, Pair, Rule, child, has};
use crate::ast::{
    Block, Clause, ClauseKind, EventRef, Expr, ExprKind, Journey, Occasion, ReEntry, Scope, Step, StepKind, Trigger,
};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::span::Span;
use crate::tokens::STEPS;

/// Clauses and steps between one pair of braces.
pub(crate) struct Entries {
    pub header: Vec<Clause>,
    pub body: Block,
    /// A clause could not be read, or what could not be read may have been one.
    pub header_broken: bool,
}

impl Reader<'_> {
    pub(crate) fn journey(&mut self, pair: Pair<'_>) -> Journey {
        let name = self.word_in(&pair);
        let params = self.params_in(&pair);
        let span = self.span(&pair);
        let Entries { header, body, header_broken } = match child(&pair, Rule::journey_body) {
            Some(body) => self.entries_of(body),
            None => Entries { header: Vec::new(), body: Block { span, steps: Vec::new() }, header_broken: true },
        };
        Journey { name, params, header, header_broken, body }
    }

    /// Clauses, then steps.
    pub(crate) fn entries_of(&mut self, pair: Pair<'_>) -> Entries {
        let span = self.span(&pair);
        let mut entries = Entries { header: Vec::new(), body: Block { span, steps: Vec::new() }, header_broken: false };
        let mut late: Vec<Span> = Vec::new();
        self.each(pair, Body::Journey, &mut |reader, entry| match entry {
            Entry::Read(p) if p.as_rule() == Rule::clause => {
                let Some(clause) = reader.clause(p) else { return };
                if entries.body.steps.iter().any(|s| !matches!(s.kind, StepKind::Broken)) {
                    late.push(clause.span);
                }
                entries.header.push(clause);
            }
            Entry::Read(p) => {
                let step = reader.step(p);
                entries.body.steps.push(step);
            }
            Entry::Broken { span, words } => {
                let a_step = words.first().is_some_and(|w| STEPS.contains(&w.text.as_str()));
                if a_step || !entries.body.steps.is_empty() {
                    entries.body.steps.push(Step { span, annotations: Vec::new(), kind: StepKind::Broken });
                } else {
                    entries.header_broken = true;
                }
            }
        });
        if let ([clause, others @ ..], Some(step)) = (late.as_slice(), entries.body.steps.first()) {
            let first = self.first_word(step.span);
            let message = match others.len() {
                0 => "this clause stands after the first step".to_string(),
                n => format!("this clause and {n} more stand after the first step"),
            };
            self.sink.push(
                Diagnostic::new(
                    Code::ClauseAfterStep,
                    *clause,
                    message,
                    "holds from the beginning, wherever it stands",
                )
                .label(first, "the steps begin here")
                .help("move the clauses up, before the first step"),
            );
        }
        entries
    }

    fn clause(&mut self, pair: Pair<'_>) -> Option<Clause> {
        let span = self.span(&pair);
        let pair = pair.into_inner().next()?;
        let kind = match pair.as_rule() {
            Rule::trigger => ClauseKind::Trigger(self.trigger(pair)?),
            Rule::only_if => ClauseKind::OnlyIf(self.expr_in(&pair)),
            Rule::one_run => ClauseKind::OneRun {
                key: self.path_in(&pair),
                at_once: child(&pair, Rule::at_once).map(|p| self.integer_in(&p)),
            },
            Rule::re_entry => ClauseKind::ReEntry(self.re_entry(&pair)),
            Rule::start_over => ClauseKind::StartOver(self.event_ref_in(&pair)),
            Rule::update => ClauseKind::Update { alias: self.word_in(&pair), event: self.event_ref_in(&pair) },
            Rule::goal => ClauseKind::Goal {
                event: self.event_ref_in(&pair),
                within: child(&pair, Rule::within).map(|p| self.sum_in(&p)),
                go_on: has(&pair, Rule::Continue),
            },
            Rule::exit => ClauseKind::Exit { for_good: has(&pair, Rule::for_good), on: self.occasion(&pair) },
            Rule::pause => ClauseKind::Pause {
                on: self.occasion(&pair),
                until: child(&pair, Rule::until_event).map(|p| self.event_ref_in(&p)),
                at_most: child(&pair, Rule::lasting).map(|p| self.sum_in(&p)),
                then_exit: has(&pair, Rule::Then).then(|| has(&pair, Rule::Exit)),
            },
            Rule::meanwhile => ClauseKind::Meanwhile { hold: has(&pair, Rule::Hold), purpose: self.word_in(&pair) },
            Rule::priority => ClauseKind::Priority(self.sum_in(&pair)),
            Rule::dates => ClauseKind::Between(self.dates(pair)),
            Rule::rollout => ClauseKind::Rollout(self.sum_in(&pair)),
            Rule::on_leaving => ClauseKind::OnLeaving(self.block_in(&pair)),
            _ => return None,
        };
        Some(Clause { span, kind })
    }

    fn trigger(&mut self, pair: Pair<'_>) -> Option<Trigger> {
        let pair = pair.into_inner().find(|p| p.as_rule() != Rule::Trigger)?;
        Some(match pair.as_rule() {
            Rule::trigger_on => Trigger::Event(self.event_ref_in(&pair)),
            Rule::trigger_enters => Trigger::Enters(self.word_in(&pair)),
            Rule::trigger_leaves => Trigger::Leaves(self.word_in(&pair)),
            Rule::trigger_when => Trigger::Condition(self.expr_in(&pair)),
            Rule::trigger_from => Trigger::HandOff(self.word_in(&pair)),
            Rule::trigger_every => Trigger::Every {
                unit: self.word_in(&pair),
                day: child(&pair, Rule::on_date).map(|p| self.integer_in(&p)),
                calendar: self.word_of(&pair, Rule::in_calendar),
                at: self.clock_of(&pair),
                zone: child(&pair, Rule::in_text).map(|p| self.text_or_empty(&p)),
                segment: self.word_of(&pair, Rule::for_segment),
            },
            Rule::trigger_date => Trigger::Date {
                date: self.sum_in(&pair),
                at: self.clock_of(&pair),
                zone: child(&pair, Rule::in_text).map(|p| self.text_or_empty(&p)),
            },
            _ => return None,
        })
    }

    /// The time of day behind `at`.
    pub(crate) fn clock_of(&mut self, pair: &Pair<'_>) -> Expr {
        match child(pair, Rule::at_clock) {
            Some(at) => self.clock_in(&at),
            None => Expr { span: self.span(pair), kind: ExprKind::Broken },
        }
    }

    fn re_entry(&mut self, pair: &Pair<'_>) -> ReEntry {
        if let Some(never) = child(pair, Rule::re_entry_never) {
            return ReEntry::Never { remember: child(&never, Rule::remember).map(|p| self.integer_in(&p)) };
        }
        match child(pair, Rule::re_entry_after) {
            Some(after) => ReEntry::After { duration: self.sum_in(&after), exit: has(&after, Rule::Exit) },
            None => ReEntry::AfterFinishing,
        }
    }

    /// `on E …`, `when c`, `while c` in a rule.
    pub(crate) fn occasion(&mut self, pair: &Pair<'_>) -> Occasion {
        if let Some(on) = child(pair, Rule::on_event) {
            return Occasion::Event(self.event_ref_in(&on));
        }
        let condition = child(pair, Rule::when).or_else(|| child(pair, Rule::while_holds));
        Occasion::Condition(match condition {
            Some(condition) => self.expr_in(&condition),
            None => Expr { span: self.span(pair), kind: ExprKind::Broken },
        })
    }

    /// The event a rule refers to.
    pub(crate) fn event_ref_in(&mut self, pair: &Pair<'_>) -> EventRef {
        let found = child(pair, Rule::event_ref).or_else(|| child(pair, Rule::collect_ref));
        let pair = found.unwrap_or(*pair);
        let mut event = EventRef {
            span: self.span(&pair),
            event: self.word_in(&pair),
            scope: None,
            of: None,
            alias: None,
            condition: None,
        };
        for part in pair.into_inner() {
            let span = self.span(&part);
            match part.as_rule() {
                Rule::scope => {
                    let scope = Scope {
                        any: has(&part, Rule::Any),
                        what: self.word_in(&part),
                        by: self.word_of(&part, Rule::scope_by),
                        span,
                    };
                    if let Some(first) = event.scope.replace(scope) {
                        self.said_twice("for", first.span, span);
                    }
                }
                Rule::of_send => {
                    if let Some(first) = event.of.replace(self.word_in(&part)) {
                        self.said_twice("of", first.span, span);
                    }
                }
                Rule::alias => {
                    if let Some(first) = event.alias.replace(self.word_in(&part)) {
                        self.said_twice("as", first.span, span);
                    }
                }
                Rule::r#where | Rule::collect_where => event.condition = Some(self.expr_in(&part)),
                _ => {}
            }
        }
        event
    }
}
