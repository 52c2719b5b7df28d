//! Text to tree. Never fails: what cannot be read is reported, and stands in the tree as broken.
//!
//! ```text
//! text ─ tokens ─▶ layout: lines, brackets, declarations ─▶ one declaration at a time:
//!     the rules of journey.pest read the whole ── they can ──▶ tree
//!                          └─ it cannot: its bodies are emptied, and read line by line, each line's own bodies in turn
//!                               a line that cannot be read: one report, then the likeliest repair is read instead
//! ```
//!
//! So a mistake costs its own line, and the effort is a small number of short parses for each line that is wrong.
//!
//! The rules are there twice, from the same file: as functions that are quick and know nothing of mistakes, and as pest's parser, which
//! is asked where those fail and says what was expected.

mod brackets;
mod content;
mod declarations;
mod expected;
mod explain;
mod expr;
mod filter;
mod journey;
mod layout;
mod placeholder;
mod quick;
mod reader;
mod rules;
mod sink;
mod slips;
mod steps;
mod test_lines;
mod uses;
mod vocabulary;

pub use expected::words_after;
pub use placeholder::parse_placeholder;
pub use rules::Body;
pub use uses::{Use, uses_of_words};

use crate::ast;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::span::{FileId, Span};
use crate::tokens::tokenize;

/// What a file says, and what is wrong with how it says it.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// The tree, of whatever could be read.
    pub file: ast::File,
    /// In the order of their places.
    pub diagnostics: Vec<Diagnostic>,
}

/// The largest file that is read, in bytes. Offsets are 32 bits wide, and no person writes a file of 16 MB.
pub const MAX_BYTES: usize = 16 << 20;

/// Reads a file. Never fails and never panics, whatever the text.
pub fn parse(file: FileId, text: &str) -> Parsed {
    if text.len() > MAX_BYTES {
        let span = Span::new(file, 0, 0);
        let d = Diagnostic::new(
            Code::TooDeep,
            span,
            "this file is larger than 16 MB, and is not read",
            "the file begins here",
        )
        .help("divide it into several files: all files of a project are one program");
        return Parsed { file: ast::File { file, items: Vec::new() }, diagnostics: vec![d] };
    }
    let mut sink = sink::Sink::default();
    let layout = layout::Layout::new(file, text, &tokenize(text), &mut sink);
    let items = reader::Reader::new(file, text, &layout, &mut sink).items();
    Parsed { file: ast::File { file, items }, diagnostics: sink.finish() }
}

#[cfg(test)]
mod whole_and_by_line {
    use super::*;

    fn by_line(text: &str) -> Parsed {
        let file = FileId(0);
        let mut sink = sink::Sink::default();
        let layout = layout::Layout::new(file, text, &tokenize(text), &mut sink);
        let mut reader = reader::Reader::new(file, text, &layout, &mut sink);
        reader.never_whole = true;
        let items = reader.items();
        Parsed { file: ast::File { file, items }, diagnostics: sink.finish() }
    }

    #[test]
    fn give_the_same_tree() {
        for text in
            [include_str!("../tests/programs/everything.journey"), include_str!("../tests/programs/end_to_end.journey")]
        {
            let (whole, lines) = (parse(FileId(0), text), by_line(text));
            assert_eq!(lines.diagnostics, []);
            for (a, b) in whole.file.items.iter().zip(&lines.file.items) {
                assert_eq!(a, b);
            }
            assert_eq!(whole, lines);
        }
    }
}
