//! What stands between `{{` and `}}` in the text of a message.

use super::layout::{Layout, MAX_DEPTH};
use super::reader::Reader;
use super::rules::{Rule, read};
use super::sink::Sink;
use crate::ast::Expr;
use crate::diagnostic::Diagnostic;
use crate::span::FileId;
use std::ops::Range;

/// Reads the expression at `place` (bytes) in the text of a file. Inside a text, `'friend'` is a text too, and `\"friend\"`.
/// The findings are about how it is written; the error is the byte at which it cannot be read on.
pub fn parse_placeholder(file: FileId, text: &str, place: Range<usize>) -> Result<(Expr, Vec<Diagnostic>), usize> {
    let written = text.get(place.clone()).ok_or(place.start)?;
    if written.matches(['(', '[', '{']).count() > MAX_DEPTH {
        return Err(place.start);
    }
    let buffer = with_quotes(written);
    let blanks = buffer.len() - buffer.trim_start().len();
    let start = place.start + blanks;
    let tree = read(Rule::only_expr, buffer.trim()).map_err(|error| start + super::explain::position(&error))?;
    let Some(pair) = tree.find(Rule::expr) else { return Err(start) };
    let mut sink = Sink::default();
    let layout = Layout::new(file, "", &[], &mut sink);
    let expr = Reader::new(file, text, &layout, &mut sink).expr_at(pair, start);
    Ok((expr, sink.finish()))
}

/// The same text with the quotes of the language, and on one line. Every byte keeps its place.
fn with_quotes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut inside = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.peek() == Some(&'"') => {
                chars.next();
                // The blank must not become a part of the text.
                out.push_str(if inside { "\" " } else { " \"" });
                inside = !inside;
            }
            '\'' => out.push('"'),
            '\n' | '\r' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ast::{BinaryOp, ExprKind};

    #[test]
    fn single_quotes_are_texts_and_places_are_kept() {
        for text in ["<p>{{ name otherwise 'friend' }}</p>", r#"<p>{{ name otherwise \"friend\" }}"#] {
            let place = 5..text.find("}}").unwrap();
            let (expr, found) = parse_placeholder(FileId(3), text, place).unwrap();
            assert!(found.is_empty());
            let ExprKind::Binary { op: BinaryOp::Otherwise, left, right, .. } = &expr.kind else { panic!("{expr:?}") };
            assert_eq!(&text[left.span.range()], "name");
            assert_eq!(left.span.file, FileId(3));
            assert_eq!(right.kind, ExprKind::Text("friend".into()));
        }
    }

    #[test]
    fn what_cannot_be_read_has_a_place() {
        let text = "Hello {{ name otherwise }}";
        assert_eq!(parse_placeholder(FileId(0), text, 8..24), Err(23));
        let deep = format!("{{{{ {}1 }}}}", "(".repeat(5000));
        assert!(parse_placeholder(FileId(0), &deep, 2..deep.len() - 2).is_err());
    }
}
