//! What an editor may ask of an analysis: pure functions of a project and a place, in bytes.

pub mod calls;
pub mod complete;
pub mod cursor;
pub mod describe;
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

use journey_grammar::span::Span;

/// Changes of texts: each place gets another text. They do not overlap.
pub type Edits = Vec<(Span, String)>;
