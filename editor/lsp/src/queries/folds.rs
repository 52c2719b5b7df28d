//! What can be folded: blocks, runs of comments, the packs in use. From tokens alone, so that broken text folds too.

use crate::analysis::Analysis;
use journey_grammar::span::{FileId, Span};
use journey_grammar::tokens::TokenKind;

/// What a fold is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fold {
    /// What stands between braces or brackets.
    Block,
    /// Comments on lines of their own.
    Comment,
    /// Lines that begin with `use`.
    Packs,
}

/// The folds of a file, each over several lines.
pub fn of_file(analysis: &Analysis, file: FileId) -> Vec<(Span, Fold)> {
    let Some(lines) = analysis.lines(file) else { return Vec::new() };
    let text = analysis.text(file);
    let mut found = Vec::new();
    let mut open: Vec<u32> = Vec::new();
    let mut runs: Vec<(Span, Fold)> = Vec::new();
    let mut starts_line = true;
    for token in analysis.tokens(file) {
        match token.kind {
            TokenKind::Newline => starts_line = true,
            TokenKind::Whitespace => {}
            kind => {
                if kind.opens() {
                    open.push(token.start);
                } else if kind.closes()
                    && let Some(start) = open.pop()
                {
                    found.push((Span { file, start, end: token.end }, Fold::Block));
                }
                let run = match kind {
                    k if k.is_comment() => Some(Fold::Comment),
                    TokenKind::Word if token.text(text) == "use" => Some(Fold::Packs),
                    _ => None,
                };
                if let (Some(run), true) = (run, starts_line) {
                    match runs.last_mut() {
                        Some((last, fold)) if *fold == run && lines.line(last.end) + 1 == lines.line(token.start) => {
                            last.end = lines.end(lines.line(token.start), text);
                        }
                        _ => {
                            let end = lines.end(lines.line(token.start), text);
                            runs.push((Span { file, start: token.start, end }, run));
                        }
                    }
                }
                starts_line = false;
            }
        }
    }
    found.extend(runs);
    found.retain(|(span, _)| lines.line(span.start) < lines.line(span.end));
    found.sort_by_key(|(span, _)| *span);
    found
}
