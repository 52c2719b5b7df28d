//! Tokens without trivia: what is wrong with single ones is reported, and declarations are told apart by where they begin.

use super::layout::Layout;
use super::sink::Sink;
use super::slips;
use crate::span::{FileId, Span};
use crate::tokens::{self, Token, TokenKind};
use std::ops::Range;

/// A token with what its line says of it, before lines are settled.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Raw {
    pub kind: TokenKind,
    pub start: u32,
    pub end: u32,
    /// It is the first of its line.
    pub first: bool,
    /// The width of the blanks its line begins with.
    pub indent: u32,
    /// The end of line (or `;`) before it.
    pub newline: Option<(u32, u32)>,
    /// That was a `;`.
    pub semicolon: bool,
}

/// Drops trivia, and reports what is wrong with single tokens.
pub(crate) struct Filter<'a, 's> {
    pub file: FileId,
    pub text: &'a str,
    pub sink: &'s mut Sink,
    pub layout: &'s mut Layout,
}

impl Filter<'_, '_> {
    pub fn run(&mut self, tokens: &[Token]) -> Vec<Raw> {
        let mut raw: Vec<Raw> = Vec::with_capacity(tokens.len() / 2);
        let mut newline = None;
        let mut semicolon = false;
        let mut first = true;
        let mut indent = 0;
        // The next token follows something that was reported.
        let mut reported = false;
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            at += 1;
            let range = (token.start, token.end);
            match token.kind {
                TokenKind::Newline => {
                    newline = Some(range);
                    semicolon = false;
                    first = true;
                    indent = 0;
                }
                TokenKind::Whitespace => {
                    if first {
                        indent = width(token.text(self.text));
                    }
                }
                TokenKind::Doc | TokenKind::Comment | TokenKind::HashComment => {
                    slips::hidden_characters(self.file, self.text, *token, self.sink);
                    if token.kind == TokenKind::Doc && first {
                        self.layout.docs.push(range);
                    }
                    if token.kind == TokenKind::HashComment {
                        self.sink.push(slips::hash_comment(self.span(token)));
                        if !first {
                            self.layout.reported.extend(raw.last().map(|r| r.end));
                        }
                    }
                }
                TokenKind::Semicolon => {
                    let next =
                        tokens[at..].iter().find(|t| !matches!(t.kind, TokenKind::Whitespace | TokenKind::Comment));
                    let last = next.is_none_or(|t| matches!(t.kind, TokenKind::Newline | TokenKind::RBrace));
                    self.sink.push(slips::semicolon(self.span(token), last));
                    newline = Some(range);
                    semicolon = true;
                    if !last {
                        self.layout.reported.extend(raw.last().map(|r| r.end));
                        reported = true;
                    }
                }
                TokenKind::Error => {
                    slips::wrong_characters(self.file, self.text, *token, self.sink);
                    self.layout.reported.push(token.start);
                    reported = true;
                }
                kind => {
                    if std::mem::take(&mut reported) {
                        self.layout.reported.push(token.start);
                    }
                    slips::hidden_characters(self.file, self.text, *token, self.sink);
                    if kind == TokenKind::UnclosedText {
                        self.sink.push(slips::unclosed_text(self.span(token), self.text));
                        self.layout.reported.push(token.start);
                    }
                    raw.push(Raw {
                        kind,
                        start: token.start,
                        end: token.end,
                        first,
                        indent,
                        newline: newline.take(),
                        semicolon,
                    });
                    first = false;
                    semicolon = false;
                    if kind == TokenKind::LBrace
                        && self.opens_raw_json(&raw)
                        && let Some(close) = end_of_json(tokens, at)
                    {
                        at = close;
                    }
                }
            }
        }
        raw
    }

    fn span(&self, token: &Token) -> Span {
        Span::new(self.file, token.start as usize, token.end as usize)
    }

    /// Whether the `{` at the end follows `does raw E`.
    fn opens_raw_json(&self, raw: &[Raw]) -> bool {
        let word = |back: usize| {
            raw.len()
                .checked_sub(back)
                .and_then(|i| raw.get(i))
                .map_or("", |r| &self.text[r.start as usize..r.end as usize])
        };
        word(3) == "raw" && word(4) == "does"
    }
}

/// The index of the `}` that closes the JSON begun before `from`; it may not run into a line that begins in column 0.
fn end_of_json(tokens: &[Token], from: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (i, token) in tokens.iter().enumerate().skip(from) {
        match token.kind {
            TokenKind::LBrace => depth += 1,
            TokenKind::RBrace if depth == 0 => return Some(i),
            TokenKind::RBrace => depth -= 1,
            TokenKind::Word if i > 0 && tokens[i - 1].kind == TokenKind::Newline => return None,
            _ => {}
        }
    }
    None
}

fn width(blanks: &str) -> u32 {
    blanks.chars().fold(0, |w, c| match c {
        '\t' => w / 4 * 4 + 4,
        '\u{FEFF}' => w,
        _ => w + 1,
    })
}

/// Cuts the tokens where declarations begin in column 0, whatever the braces say.
pub(crate) fn segments(text: &str, raw: &[Raw]) -> Vec<Range<usize>> {
    let mut starts = Vec::new();
    let mut annotations: Option<usize> = None;
    for (i, tok) in raw.iter().enumerate() {
        if !tok.first {
            continue;
        }
        if tok.indent != 0 {
            annotations = None;
        } else if tok.kind == TokenKind::At {
            annotations.get_or_insert(i);
        } else {
            let before = annotations.take();
            if begins_declaration(text, raw, i) {
                starts.push(before.unwrap_or(i));
            }
        }
    }
    if starts.first() != Some(&0) && !raw.is_empty() {
        starts.insert(0, 0);
    }
    let ends = starts.iter().copied().skip(1).chain([raw.len()]);
    starts.iter().copied().zip(ends).map(|(from, to)| from..to).collect()
}

fn begins_declaration(text: &str, raw: &[Raw], at: usize) -> bool {
    let word = |i: usize| {
        raw.get(i).filter(|r| r.kind == TokenKind::Word).map_or("", |r| &text[r.start as usize..r.end as usize])
    };
    let same_line = |i: usize| raw.get(i).is_some_and(|r| !r.first);
    let kind = |i: usize| raw.get(i).map(|r| r.kind);
    match word(at) {
        "profile" => kind(at + 1) == Some(TokenKind::LBrace),
        "test" => matches!(kind(at + 1), Some(TokenKind::Text | TokenKind::UnclosedText | TokenKind::OtherText)),
        "extend" => word(at + 1) == "event",
        w if tokens::DECLARATIONS.contains(&w) => kind(at + 1) == Some(TokenKind::Word) && same_line(at + 1),
        _ => false,
    }
}
