//! What an editor may ask of an analysis: pure functions of a project and a place, in bytes.

pub mod calls;
pub mod complete;
pub mod cursor;
pub mod describe;
pub mod facts;
pub mod fixes;
pub mod folds;
pub mod hints;
pub mod hover;
pub mod layout;
pub mod lenses;
pub mod links;
pub mod moments;
pub mod names;
pub mod paint;
pub mod reference;
pub mod selection;
pub mod signature;
pub mod snippets;
pub mod symbols;

use crate::analysis::Analysis;
use journey_compiler::hir::JourneyId;
use journey_compiler::mentions::Target;
use journey_compiler::scope::Kind;
use journey_grammar::span::{FileId, Span};

/// Changes of texts: each place gets another text. They do not overlap.
pub type Edits = Vec<(Span, String)>;

/// The journey that is named at a byte, else the one that is declared around it.
pub fn journey_at(analysis: &Analysis, file: FileId, offset: u32) -> Option<JourneyId> {
    let named = analysis.checked.mentions.at(file, offset).into_iter().find_map(|m| match m.target {
        Target::Declared(Kind::Journey, id) => Some(id),
        _ => None,
    });
    let around = || {
        let item = analysis.item(file, offset)?.span;
        let inside = |at: Span| at.file == file && item.start <= at.start && at.end <= item.end;
        analysis.checked.program.journeys.iter().position(|j| inside(j.about.span))
    };
    named.or_else(around)
}
