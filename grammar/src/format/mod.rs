//! One layout for every file.
//!
//! The formatter changes white space and nothing else: words, marks, texts and comments stay as they are, in their order. The tree says
//! where lines begin and what stands in columns ([`shape`] and its parts), [`layout`] prints it. What comes out is read again before it is
//! given: should it say anything else than what went in, the text is left as it was.

mod atoms;
mod declarations;
mod expressions;
mod layout;
mod printer;
mod same;
mod scenarios;
mod shape;
mod steps;
#[cfg(test)]
mod tests;

use crate::ast::{Decl, File, TestKind, Text};
use crate::diagnostic::{Diagnostic, Severity};
use crate::span::FileId;
use crate::tokens::{TokenKind, tokenize};
use atoms::{Atoms, Piece};
use shape::Shape;
use std::borrow::Cow;
use std::ops::Range;

/// The text in the one layout, or what is wrong with its syntax.
///
/// Words, texts and comments stay as written; lines end with a newline alone. Formatting what was formatted changes nothing.
pub fn format(text: &str) -> Result<String, Vec<Diagnostic>> {
    let tree = read(text)?;
    let (text, tree) = if text.contains('\r') {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let tree = read(&text)?;
        (Cow::Owned(text), tree)
    } else {
        (Cow::Borrowed(text), tree)
    };
    let formatted = print(&text, &tree);
    if formatted == text {
        return Ok(formatted);
    }
    // The proof of the work. It holds by construction; a mistake here must not cost anybody a word.
    let kept = contents(&text) == contents(&formatted) && read(&formatted).is_ok_and(|again| same::same(tree, again));
    Ok(if kept { formatted } else { text.into_owned() })
}

fn read(text: &str) -> Result<File, Vec<Diagnostic>> {
    let parsed = crate::parse::parse(FileId::default(), text);
    if parsed.diagnostics.iter().any(|d| d.severity == Severity::Error) {
        Err(parsed.diagnostics)
    } else {
        Ok(parsed.file)
    }
}

/// What is in the text but white space: one line for each piece.
fn contents(text: &str) -> Vec<&str> {
    let tokens = tokenize(text);
    let kept = tokens.iter().filter(|t| !matches!(t.kind, TokenKind::Whitespace | TokenKind::Newline));
    kept.map(|t| t.text(text).trim_end()).collect()
}

fn print(text: &str, tree: &File) -> String {
    let tokens = tokenize(text);
    let pieces = tokens.iter().filter_map(|token| {
        let piece = match token.kind {
            TokenKind::Whitespace | TokenKind::Newline => return None,
            kind if kind.is_comment() => Piece::Comment,
            _ => Piece::Atom,
        };
        Some((piece, token.range()))
    });
    let atoms = Atoms::new(text, pieces, &verbatim(tree));
    let mut shape = Shape::new(&atoms);
    shape.file(tree);
    shape.layout.print()
}

/// What stays as it is although it is several tokens: the JSON of tests, and locales such as `th-TH`.
fn verbatim(tree: &File) -> Vec<Range<usize>> {
    let range = |text: &Text| text.span.start as usize..text.span.end as usize;
    let mut ranges = Vec::new();
    for item in &tree.items {
        match &item.decl {
            Decl::Test(test) => ranges.extend(test.items.iter().filter_map(|line| match &line.kind {
                TestKind::DoesRaw { json, .. } => Some(range(json)),
                _ => None,
            })),
            Decl::Message(message) => {
                ranges.extend(message.renderings.iter().filter_map(|r| r.locale.as_ref().map(range)))
            }
            _ => {}
        }
    }
    ranges
}
