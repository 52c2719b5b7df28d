//! Conditions of entry that say what has *not* happened, and that nobody asks again after a wait.

use crate::expr::walk;
use crate::hir::{
    self, Comparison, Const, EventId, Expr, ExprKind, FieldId, HistoryUse, Journey, Occasion, SegmentId, Step,
    StepKind, Trigger, Until,
};
use crate::scope::Context;
use journey_grammar::ast::{self, ClauseKind};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;
use journey_grammar::span::Span;
use std::collections::BTreeSet;

/// What may come about meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Happening {
    Event(EventId),
    Segment(SegmentId),
    Field(FieldId),
}

/// A part of what is asked at the entry that says that something has not happened.
struct Absent {
    span: Span,
    /// What makes it false. Where one of them is asked again, so is this.
    by: Vec<Happening>,
    /// The clause that ends the run when it has happened.
    exit: String,
    /// What has happened then, in words.
    what: String,
    /// Which run an event with the key means is for the author to say, unless it was a question about the customer.
    clause: Option<Span>,
}

/// Warns of every condition of entry that asks for something not to have happened, when a message goes out after a wait to whom it
/// has happened meanwhile.
pub fn report(cx: &Context, decl: &ast::Journey, journey: &Journey) {
    let mut late = Late::default();
    late.steps(&journey.body, false);
    let Some(late) = late.first else { return };
    let mut absent = at_entry(cx, decl, journey);
    if absent.is_empty() {
        return;
    }
    let asked = asked_again(cx, journey);
    absent.retain(|absent| !absent.by.iter().any(|by| asked.contains(by)));
    for Absent { span, exit, what, clause, .. } in absent {
        let d = Diagnostic::new(
            Code::AskedOnce,
            span,
            format!("`{}` is asked at the entry, and never again", cx.text(span)),
            "true when they come in",
        )
        .label(head(cx, late), format!("goes out even if {what} meanwhile"))
        .note("a wait lies between, and what had not happened may have happened by then");
        cx.report(match clause {
            Some(at) => d.suggest(format!("end the run then: `{exit}`"), at.after(), format!("\n  {exit}")),
            None => d.help(format!("end the run then: `{exit}`")),
        });
    }
}

/// What the entry asks for.
fn at_entry(cx: &Context, decl: &ast::Journey, journey: &Journey) -> Vec<Absent> {
    let mut all = Vec::new();
    let clause = |is: &dyn Fn(&ClauseKind) -> bool| decl.header.iter().find(|c| is(&c.kind)).map(|c| c.span);
    if let Some(only_if) = &journey.only_if {
        let clause = clause(&|c| matches!(c, ClauseKind::OnlyIf(_)));
        Entry { cx, journey, clause }.absent(only_if, &mut all);
    }
    // Of several ways in, each asks something else.
    let [trigger] = journey.triggers.as_slice() else { return all };
    let entry = Entry { cx, journey, clause: clause(&|c| matches!(c, ClauseKind::Trigger(_))) };
    let named = decl.header.iter().find_map(|c| match &c.kind {
        ClauseKind::Trigger(ast::Trigger::Enters(name) | ast::Trigger::Leaves(name)) => Some(name.span),
        _ => None,
    });
    match (trigger, named) {
        (Trigger::Condition(condition), _) => entry.absent(condition, &mut all),
        (Trigger::Event(hir::EventUse { condition: Some(condition), .. }), _) => entry.absent(condition, &mut all),
        (Trigger::Leaves(s), Some(span)) => {
            let name = &cx.program.segments[*s].name;
            let (exit, what) = (format!("exit when in {name}"), format!("they are back in `{name}`"));
            // The words of the trigger, not only the name.
            let span = with_word(cx, span, "leaves");
            all.push(Absent { span, by: vec![Happening::Segment(*s)], exit, what, clause: entry.clause });
        }
        (Trigger::Enters(s), Some(span)) => {
            entry.lapsed(*s, with_word(cx, span, "enters"), &mut all);
        }
        _ => {}
    }
    all
}

/// What is asked in one clause of the header.
struct Entry<'c, 'x> {
    cx: &'c Context<'x>,
    journey: &'c Journey,
    clause: Option<Span>,
}

impl Entry<'_, '_> {
    /// The parts of a condition that say that something has not happened; all of them hold for everyone who comes in.
    fn absent(&self, e: &Expr, found: &mut Vec<Absent>) {
        let cx = self.cx;
        let mut add = |by: Happening, exit: String, what: String| {
            found.push(Absent { span: e.span, by: vec![by], exit, what, clause: self.clause });
        };
        match &e.kind {
            ExprKind::And(a, b) => {
                self.absent(a, found);
                self.absent(b, found);
            }
            ExprKind::InSegment(s) => self.lapsed(*s, e.span, found),
            ExprKind::Compare(op, l, r) => match (&l.kind, &r.kind) {
                (ExprKind::Count(h, _), ExprKind::Const(Const::Int(n))) => {
                    let most = match op {
                        Comparison::Equal | Comparison::LessEqual => *n,
                        Comparison::Less => *n - 1,
                        _ => return,
                    };
                    let name = &cx.program.events[h.event].name;
                    let (exit, what) = match most {
                        0 => (self.exit_on(h), format!("`{name}` has happened")),
                        _ => {
                            (format!("exit when {} > {most}", cx.text(l.span)), format!("`{name}` has happened again"))
                        }
                    };
                    add(Happening::Event(h.event), exit, what);
                }
                (ExprKind::Profile(f), ExprKind::Const(c @ (Const::Bool(_) | Const::Enum(..)))) => {
                    let (field, value) = (cx.text(l.span), cx.text(r.span));
                    let exit = match (op, c) {
                        (Comparison::Equal, Const::Bool(false)) | (Comparison::NotEqual, Const::Bool(true)) => {
                            format!("exit when {field}")
                        }
                        (Comparison::NotEqual, Const::Enum(..)) => format!("exit when {field} == {value}"),
                        _ => return,
                    };
                    add(Happening::Field(*f), exit, format!("`{field}` has changed"));
                }
                _ => {}
            },
            ExprKind::Not(inner) => match &inner.kind {
                ExprKind::InSegment(s) => {
                    let name = &cx.program.segments[*s].name;
                    let exit = format!("exit when in {name}");
                    add(Happening::Segment(*s), exit, format!("they have come into `{name}`"));
                }
                ExprKind::IsKnown(of) => match &of.kind {
                    ExprKind::Last(h, _) | ExprKind::First(h, _) => {
                        let what = format!("`{}` has happened", cx.program.events[h.event].name);
                        add(Happening::Event(h.event), self.exit_on(h), what);
                    }
                    ExprKind::Profile(f) => {
                        let field = cx.text(of.span);
                        let exit = format!("exit when {field} is known");
                        add(Happening::Field(*f), exit, format!("`{field}` is known"));
                    }
                    _ => {}
                },
                ExprKind::Profile(f) => {
                    let field = cx.text(inner.span);
                    add(Happening::Field(*f), format!("exit when {field}"), format!("`{field}` has changed"));
                }
                _ => {}
            },
            _ => {}
        }
    }

    /// Whoever is in such a segment has not done something for a while.
    fn lapsed(&self, segment: SegmentId, span: Span, found: &mut Vec<Absent>) {
        let Some(of) = self.cx.program.segments.get(segment) else { return };
        let mut by = Vec::new();
        undone(&of.condition, &mut by);
        let [Happening::Event(event), ..] = by[..] else { return };
        by.push(Happening::Segment(segment));
        let what = format!("`{}` has happened", self.cx.program.events[event].name);
        let exit = format!("exit when not in {}", of.name);
        found.push(Absent { span, by, exit, what, clause: self.clause });
    }

    /// The clause that ends a run when an event comes of which none was remembered. The question is about the customer.
    fn exit_on(&self, history: &HistoryUse) -> String {
        let event = &self.cx.program.events[history.event];
        let mut exit = format!("exit on {}", event.name);
        if let Some(Expr { kind: ExprKind::Field(v, f), .. }) = &self.journey.key
            && let Some(variable) = self.journey.variables.get(*v)
            && let Some(key) = variable.fields.get(*f)
            && event.fields.iter().any(|field| field.name == key.name)
        {
            exit.push_str(&format!(" for any {}", variable.name));
        }
        if let Some(condition) = &history.condition {
            exit.push_str(&format!(" where {}", self.cx.text(condition.span)));
        }
        exit
    }
}

/// The events that a condition says have not happened.
fn undone(e: &Expr, found: &mut Vec<Happening>) {
    match &e.kind {
        ExprKind::And(a, b) => {
            undone(a, found);
            undone(b, found);
        }
        ExprKind::Compare(op, l, r) => {
            if let (ExprKind::Count(h, _), ExprKind::Const(Const::Int(n))) = (&l.kind, &r.kind)
                && matches!((op, n), (Comparison::Equal | Comparison::LessEqual, 0) | (Comparison::Less, 1))
            {
                found.push(Happening::Event(h.event));
            }
        }
        ExprKind::Not(inner) => {
            if let ExprKind::IsKnown(of) = &inner.kind
                && let ExprKind::Last(h, _) | ExprKind::First(h, _) = &of.kind
            {
                found.push(Happening::Event(h.event));
            }
        }
        _ => {}
    }
}

/// A place with the word that stands before it.
fn with_word(cx: &Context, span: Span, word: &str) -> Span {
    let before = cx.sources.get(usize::from(span.file.0)).and_then(|s| s.text.get(..span.start as usize)).unwrap_or("");
    match before.trim_end().strip_suffix(word) {
        Some(rest) => Span { start: rest.len() as u32, ..span },
        None => span,
    }
}

fn head(cx: &Context, span: Span) -> Span {
    let first = cx.text(span).lines().next().map_or(0, str::len) as u32;
    Span { end: (span.start + first).min(span.end), ..span }
}

/// The first message that goes out after a wait.
#[derive(Default)]
struct Late {
    first: Option<Span>,
}

impl Late {
    /// Whether a run has waited where these steps end, when it had before or not.
    fn steps(&mut self, steps: &[Step], waited: bool) -> bool {
        steps.iter().fold(waited, |waited, step| self.step(step, waited))
    }

    fn step(&mut self, step: &Step, before: bool) -> bool {
        let waits = matches!(
            step.kind,
            StepKind::Wait(_) | StepKind::WaitUntil { .. } | StepKind::WaitFor { .. } | StepKind::Collect { .. }
        );
        if before && self.first.is_none() && matches!(step.kind, StepKind::Send(_) | StepKind::NextBest { .. }) {
            self.first = Some(step.span);
        }
        let within = before || waits;
        let mut after = within;
        for inner in step.kind.blocks() {
            let waited = self.steps(inner, within);
            // In its next rounds a loop has waited.
            if waited && !within && matches!(step.kind, StepKind::Repeat { times: 2.., .. }) {
                self.steps(inner, true);
            }
            after |= waited;
        }
        after
    }
}

/// What some clause, arm or condition of the journey asks for.
fn asked_again(cx: &Context, journey: &Journey) -> BTreeSet<Happening> {
    let mut found = BTreeSet::new();
    for goal in &journey.goals {
        found.insert(Happening::Event(goal.event.event));
    }
    clauses(cx, &journey.clauses, &mut found);
    for (of, _) in journey.start_over.iter().chain(&journey.updates) {
        found.insert(Happening::Event(of.event));
    }
    steps(cx, &journey.body, &mut found);
    found
}

fn clauses(cx: &Context, clauses: &hir::Clauses, found: &mut BTreeSet<Happening>) {
    for exit in &clauses.exits {
        occasion(cx, &exit.on, found);
    }
    for pause in &clauses.pauses {
        occasion(cx, &pause.on, found);
    }
}

fn occasion(cx: &Context, on: &Occasion, found: &mut BTreeSet<Happening>) {
    match on {
        Occasion::Event(of) => {
            found.insert(Happening::Event(of.event));
        }
        Occasion::Condition(c) => condition(cx, c, found, 0),
    }
}

fn condition(cx: &Context, e: &Expr, found: &mut BTreeSet<Happening>, depth: usize) {
    walk::each(e, &mut |e| match &e.kind {
        ExprKind::Count(h, _) | ExprKind::Sum(h, _) | ExprKind::Last(h, _) | ExprKind::First(h, _) => {
            found.insert(Happening::Event(h.event));
        }
        // A segment reads earlier ones only; the depth is a belt beside those braces.
        ExprKind::InSegment(s) if depth < 64 => {
            found.insert(Happening::Segment(*s));
            if let Some(s) = cx.program.segments.get(*s) {
                condition(cx, &s.condition, found, depth + 1);
            }
        }
        ExprKind::Profile(f) => {
            found.insert(Happening::Field(*f));
        }
        _ => {}
    });
}

fn steps(cx: &Context, all: &[Step], found: &mut BTreeSet<Happening>) {
    for step in all {
        match &step.kind {
            StepKind::WaitFor { arms, .. } => arms.iter().for_each(|a| occasion(cx, &a.on, found)),
            StepKind::If { arms, .. } => arms.iter().for_each(|(c, _)| condition(cx, c, found, 0)),
            StepKind::BranchOn { on, .. } => condition(cx, on, found, 0),
            StepKind::WaitUntil { until: Until::Moment(m), .. } => condition(cx, m, found, 0),
            StepKind::Stage { clauses: c, .. } => clauses(cx, c, found),
            // What the journey itself brings about is no surprise.
            StepKind::Set { field, .. } => _ = found.insert(Happening::Field(*field)),
            StepKind::NextBest { candidates, .. } => {
                let offers = candidates.iter().filter_map(|(offer, _)| cx.program.offers[*offer].eligible.as_ref());
                offers.for_each(|eligible| condition(cx, eligible, found, 0));
            }
            StepKind::Collect { event, .. } => {
                found.insert(Happening::Event(event.event));
            }
            _ => {}
        }
        for inner in step.kind.blocks() {
            steps(cx, inner, found);
        }
    }
}
