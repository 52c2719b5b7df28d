//! What is said above tests and journeys.

use crate::analysis::Analysis;
use journey_compiler::hir::{JourneyId, Step, StepKind};
use journey_grammar::ast::Decl;
use journey_grammar::span::{FileId, Span};

/// What stands above a declaration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lens {
    /// The declaration's first line.
    pub span: Span,
    /// What it says.
    pub title: String,
    /// What happens when it is chosen.
    pub does: Deed,
}

/// What a lens does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// Runs the test of that title.
    RunTest(String),
    /// Runs every test of the file.
    RunAll,
    /// Shows the places where the journey is named.
    ShowUses(Span),
}

/// The lenses of a file.
pub fn of_file(analysis: &Analysis, file: FileId) -> Vec<Lens> {
    let mut lenses = Vec::new();
    let Some(tree) = analysis.tree(file) else { return lenses };
    let tests = tree.items.iter().filter(|i| matches!(i.decl, Decl::Test(_))).count();
    let mut first = true;
    for item in &tree.items {
        match &item.decl {
            Decl::Test(test) => {
                let span = test.title.span;
                if first && tests > 1 {
                    lenses.push(Lens { span, title: format!("▶ run all {tests} tests"), does: Deed::RunAll });
                }
                first = false;
                lenses.push(Lens { span, title: "▶ run".to_string(), does: Deed::RunTest(test.title.text.clone()) });
            }
            Decl::Journey(journey) => {
                let span = journey.name.span;
                let id = analysis.checked.program.journeys.iter().position(|j| j.about.span == span);
                let facts = id.map(|id| facts(analysis, id)).unwrap_or_default();
                if !facts.is_empty() {
                    lenses.push(Lens { span, title: facts.join(" · "), does: Deed::ShowUses(span) });
                }
            }
            _ => {}
        }
    }
    lenses
}

/// What can be said of a journey in a line: what it sends, and by which channels.
pub fn facts(analysis: &Analysis, id: JourneyId) -> Vec<String> {
    fn count(steps: &[Step], sends: &mut usize, waits: &mut usize, channels: &mut Vec<usize>) {
        for step in steps {
            match &step.kind {
                StepKind::Send(send) => {
                    *sends += 1;
                    channels
                        .extend(send.channels.iter().filter(|c| !channels.contains(c)).copied().collect::<Vec<_>>());
                }
                StepKind::Wait(_) | StepKind::WaitUntil { .. } | StepKind::WaitFor { .. } => *waits += 1,
                _ => {}
            }
            for block in step.kind.blocks() {
                count(block, sends, waits, channels);
            }
        }
    }
    let program = &analysis.checked.program;
    let Some(journey) = program.journeys.get(id) else { return Vec::new() };
    let (mut sends, mut waits, mut channels) = (0, 0, Vec::new());
    count(&journey.body, &mut sends, &mut waits, &mut channels);
    let plural = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    let mut facts = Vec::new();
    if sends > 0 {
        let names: Vec<&str> =
            channels.iter().filter_map(|c| program.channels.get(*c)).map(|c| c.name.as_str()).collect();
        facts.push(format!("{} by {}", plural(sends, "send"), names.join(", ")));
    }
    if waits > 0 {
        facts.push(plural(waits, "wait"));
    }
    facts
}
