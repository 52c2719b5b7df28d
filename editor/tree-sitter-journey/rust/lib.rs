//! The journey language for tree-sitter: the parser that editors use, with its queries.

use tree_sitter_language::LanguageFn;

unsafe extern "C" {
    fn tree_sitter_journey() -> *const ();
}

/// The grammar, for `tree_sitter::Parser::set_language`.
// SAFETY: the function is the one that tree-sitter generated; it takes nothing and returns a constant.
pub const LANGUAGE: LanguageFn = unsafe { LanguageFn::from_raw(tree_sitter_journey) };

/// The colours of words.
pub const HIGHLIGHTS: &str = include_str!("../queries/highlights.scm");
/// Other languages inside.
pub const INJECTIONS: &str = include_str!("../queries/injections.scm");
/// Names that live in a part of a file.
pub const LOCALS: &str = include_str!("../queries/locals.scm");
/// What is declared and where it is used.
pub const TAGS: &str = include_str!("../queries/tags.scm");
/// What can be folded away.
pub const FOLDS: &str = include_str!("../queries/folds.scm");
/// Where lines stand further in.
pub const INDENTS: &str = include_str!("../queries/indents.scm");
