//! What is said above tests and journeys.

use super::facts;
use crate::analysis::Analysis;
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
    /// Shows the picture of the journey of that name.
    ShowPicture(String),
    /// Says what is proven of the journey of that name.
    ShowFacts(String),
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
                let Some(id) = id else { continue };
                let name = &journey.name.text;
                lenses.push(Lens { span, title: "▷ picture".to_string(), does: Deed::ShowPicture(name.clone()) });
                let facts = facts::in_short(analysis, id);
                if !facts.is_empty() {
                    lenses.push(Lens { span, title: facts.join(" · "), does: Deed::ShowFacts(name.clone()) });
                }
            }
            _ => {}
        }
    }
    lenses
}
