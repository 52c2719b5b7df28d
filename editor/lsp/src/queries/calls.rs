//! Who hands people over to whom: `go to`.

use crate::analysis::Analysis;
use journey_compiler::hir::{JourneyId, Step, StepKind};
use journey_compiler::mentions::Target;
use journey_compiler::scope::Kind;
use journey_grammar::span::{FileId, Span};
use std::collections::BTreeMap;

/// A journey in a chain of hand-offs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journey {
    /// Its name.
    pub name: String,
    /// Where that stands.
    pub at: Span,
    /// The whole.
    pub span: Span,
}

/// The journey that is named at a byte, or that the byte stands in.
pub fn at(analysis: &Analysis, file: FileId, offset: u32) -> Option<Journey> {
    let named = analysis.checked.mentions.at(file, offset).into_iter().find_map(|m| match m.target {
        Target::Declared(Kind::Journey, id) => Some(id),
        _ => None,
    });
    let journeys = &analysis.checked.program.journeys;
    let inside = || journeys.iter().position(|j| j.span.file == file && j.span.start <= offset && offset <= j.span.end);
    journey(analysis, named.or_else(inside)?)
}

fn journey(analysis: &Analysis, id: JourneyId) -> Option<Journey> {
    let j = analysis.checked.program.journeys.get(id)?;
    Some(Journey { name: j.name.clone(), at: j.about.span, span: j.span.to(j.about.span) })
}

/// Every hand-off: from, to, and where.
fn hand_offs(analysis: &Analysis) -> Vec<(JourneyId, JourneyId, Span)> {
    fn find(from: JourneyId, steps: &[Step], found: &mut Vec<(JourneyId, JourneyId, Span)>) {
        for step in steps {
            if let StepKind::GoTo { journey, .. } = &step.kind {
                found.push((from, *journey, step.span));
            }
            for block in step.kind.blocks() {
                find(from, block, found);
            }
        }
    }
    let mut found = Vec::new();
    for (id, j) in analysis.checked.program.journeys.iter().enumerate() {
        find(id, &j.body, &mut found);
        find(id, &j.on_leaving, &mut found);
    }
    found
}

fn id_of(analysis: &Analysis, at: Span) -> Option<JourneyId> {
    analysis.checked.program.journeys.iter().position(|j| j.about.span == at)
}

/// The journeys that hand over to the one whose name stands at a place, with their `go to`.
pub fn incoming(analysis: &Analysis, at: Span) -> Vec<(Journey, Vec<Span>)> {
    let Some(to) = id_of(analysis, at) else { return Vec::new() };
    gathered(analysis, hand_offs(analysis).into_iter().filter(|h| h.1 == to).map(|h| (h.0, h.2)))
}

/// The journeys that the one whose name stands at a place hands over to, with its `go to`.
pub fn outgoing(analysis: &Analysis, at: Span) -> Vec<(Journey, Vec<Span>)> {
    let Some(from) = id_of(analysis, at) else { return Vec::new() };
    gathered(analysis, hand_offs(analysis).into_iter().filter(|h| h.0 == from).map(|h| (h.1, h.2)))
}

fn gathered(analysis: &Analysis, found: impl Iterator<Item = (JourneyId, Span)>) -> Vec<(Journey, Vec<Span>)> {
    let mut by_journey: BTreeMap<JourneyId, Vec<Span>> = BTreeMap::new();
    for (id, span) in found {
        by_journey.entry(id).or_default().push(span);
    }
    by_journey.into_iter().filter_map(|(id, spans)| Some((journey(analysis, id)?, spans))).collect()
}
