//! How the text of a `.journey` file becomes a tree.
//!
//! This crate knows tokens, the grammar, the syntax tree, the formatter and what a diagnostic is.
//! It knows no names, no types and no taxonomy.

pub mod ast;
pub mod codes;
pub mod diagnostic;
pub mod format;
pub mod parse;
pub mod span;
pub mod tokens;
