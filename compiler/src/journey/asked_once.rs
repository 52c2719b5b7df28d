//! Conditions of entry that say what has *not* happened, and that nobody asks again after a wait.

use crate::expr::walk;
use crate::hir::{
    self, Comparison, Const, EventId, Expr, ExprKind, Journey, Occasion, SegmentId, Step, StepKind, Until,
};
use crate::scope::Context;
use journey_grammar::ast::{self, ClauseKind};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;
use journey_grammar::span::Span;
use std::collections::BTreeSet;

/// What must not have happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Happening {
    Event(EventId),
    Segment(SegmentId),
}

/// Warns of every `only if` that asks for something not to have happened, when a message goes out after a wait to whom it has
/// happened meanwhile.
pub fn report(cx: &Context, decl: &ast::Journey, journey: &Journey) {
    let Some(only_if) = &journey.only_if else { return };
    let mut atoms = Vec::new();
    absent(only_if, &mut atoms);
    if atoms.is_empty() {
        return;
    }
    let mut waited = false;
    let Some(late) = send_after_wait(&journey.body, &mut waited) else { return };
    let asked = asked_again(cx, journey);
    for (happening, span) in atoms {
        if asked.contains(&happening) {
            continue;
        }
        let text = cx.text(span);
        let (exit, what) = match happening {
            Happening::Event(e) => {
                let name = &cx.program.events[e].name;
                (format!("exit on {name}"), format!("`{name}` has happened"))
            }
            Happening::Segment(s) => {
                let name = &cx.program.segments[s].name;
                (format!("exit when in {name}"), format!("they have come into `{name}`"))
            }
        };
        let mut d = Diagnostic::new(
            Code::AskedOnce,
            span,
            format!("`{text}` is asked at the entry, and never again"),
            "true when they come in",
        )
        .label(head(cx, late), format!("goes out even if {what} meanwhile"))
        .note("a wait lies between, and what had not happened may have happened by then");
        // Which run an event with the key means is for the author to say.
        let needs_scope = match (happening, &journey.key) {
            (Happening::Event(e), Some(Expr { kind: ExprKind::Field(v, f), .. })) => {
                let key = journey.variables.get(*v).and_then(|v| v.fields.get(*f));
                key.is_some_and(|k| cx.program.events[e].fields.iter().any(|f| f.name == k.name))
            }
            _ => false,
        };
        let clause = decl.header.iter().find(|c| matches!(c.kind, ClauseKind::OnlyIf(_))).map(|c| c.span);
        d = match clause {
            Some(at) if !needs_scope => {
                d.suggest(format!("end the run then: `{exit}`"), at.after(), format!("\n  {exit}"))
            }
            _ => d.help(format!("end the run then: `{exit} …`")),
        };
        cx.report(d);
    }
}

fn head(cx: &Context, span: Span) -> Span {
    let first = cx.text(span).lines().next().map_or(0, str::len) as u32;
    Span { end: (span.start + first).min(span.end), ..span }
}

/// The parts of a condition that say that something has not happened; all of them hold for everyone who comes in.
fn absent(e: &Expr, found: &mut Vec<(Happening, Span)>) {
    match &e.kind {
        ExprKind::And(a, b) => {
            absent(a, found);
            absent(b, found);
        }
        ExprKind::Compare(op, l, r) => {
            if let (ExprKind::Count(h, _), ExprKind::Const(Const::Int(n))) = (&l.kind, &r.kind)
                && matches!((op, n), (Comparison::Equal | Comparison::LessEqual, 0) | (Comparison::Less, 1))
            {
                found.push((Happening::Event(h.event), e.span));
            }
        }
        ExprKind::Not(inner) => match &inner.kind {
            ExprKind::InSegment(s) => found.push((Happening::Segment(*s), e.span)),
            ExprKind::IsKnown(of) => {
                if let ExprKind::Last(h, _) | ExprKind::First(h, _) = &of.kind {
                    found.push((Happening::Event(h.event), e.span));
                }
            }
            _ => {}
        },
        _ => {}
    }
}

/// The first message that goes out after a wait.
fn send_after_wait(steps: &[Step], waited: &mut bool) -> Option<Span> {
    for step in steps {
        match &step.kind {
            StepKind::Send(_) | StepKind::NextBest { .. } if *waited => return Some(step.span),
            _ => {}
        }
        *waited |= matches!(
            step.kind,
            StepKind::Wait(_) | StepKind::WaitUntil { .. } | StepKind::WaitFor { .. } | StepKind::Collect { .. }
        );
        for inner in step.kind.blocks() {
            if let Some(found) = send_after_wait(inner, waited) {
                return Some(found);
            }
        }
    }
    None
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
