//! What an editor may ask of an analysis: pure functions of a project and a place, in bytes.

pub mod fixes;

use journey_grammar::span::Span;

/// Changes of texts: each place gets another text. They do not overlap.
pub type Edits = Vec<(Span, String)>;
