//! Lines, brackets and declarations, found from tokens alone.
//!
//! What this layer settles once, no rule of the grammar has to know: which ends of lines end a line, which bracket belongs to which,
//! where a declaration begins although the one before lacks a brace, and what indentation says about a brace too few or too many.
//! Everything reported here is reported once, and the repaired tokens are read on as if it had not happened.

use super::brackets::Brackets;
use super::filter::{Filter, segments};
use super::sink::Sink;
use crate::span::FileId;
use crate::tokens::{Token, TokenKind};
use std::ops::Range;

/// How many brackets may stand inside one another.
pub(crate) const MAX_DEPTH: usize = 64;

pub(crate) const NONE: u32 = u32::MAX;

/// A significant token, or an end of line that ends a line ([`TokenKind::Newline`]).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tok {
    pub kind: TokenKind,
    /// First byte in the source. A token that was put in is empty there.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// What is read instead of its text.
    pub instead: Option<&'static str>,
    /// The bracket on the other side, as an index into the tokens.
    pub(crate) partner: u32,
}

impl Tok {
    pub fn partner(&self) -> Option<usize> {
        (self.partner != NONE).then_some(self.partner as usize)
    }
}

/// The settled tokens of a file.
pub(crate) struct Layout {
    pub toks: Vec<Tok>,
    /// Where the declarations stand in `toks`, in order, each with whether it begins further in than column 0 behind another one:
    /// then it is hardly a declaration.
    pub items: Vec<(Range<usize>, bool)>,
    /// Lines of `///` that stand on their own line: start and end in the source.
    pub docs: Vec<(u32, u32)>,
    /// Where something was already reported, in order: a line that holds such a place reports no second mistake.
    pub reported: Vec<u32>,
}

impl Layout {
    /// Reads the tokens of `text`.
    pub fn new(file: FileId, text: &str, tokens: &[Token], sink: &mut Sink) -> Layout {
        let mut layout = Layout {
            toks: Vec::with_capacity(tokens.len()),
            items: Vec::new(),
            docs: Vec::new(),
            reported: Vec::new(),
        };
        let raw = Filter { file, text, sink, layout: &mut layout }.run(tokens);
        for range in segments(text, &raw) {
            let from = layout.toks.len();
            Brackets::new(file, text, &raw, range, sink, &mut layout).run();
            let to = layout.toks.len();
            let lines = layout.lines(from..to, false);
            let column = |line: &Range<usize>| {
                let start = layout.toks[line.start].start as usize;
                text[..start].bytes().rev().take_while(|b| !matches!(b, b'\n' | b'\r')).count()
            };
            let items: Vec<_> =
                lines.into_iter().enumerate().map(|(n, line)| (line.clone(), n > 0 && column(&line) > 0)).collect();
            layout.items.extend(items);
        }
        layout.reported.sort_unstable();
        layout
    }

    /// The lines in a range of tokens, without the ends of lines. Blocks inside them are part of them; a line of annotations
    /// belongs to the next. With `after_block`, a `}` ends a line too.
    pub fn lines(&self, range: Range<usize>, after_block: bool) -> Vec<Range<usize>> {
        let mut lines: Vec<Range<usize>> = Vec::new();
        let mut start = range.start;
        let mut at = range.start;
        let push = |from: usize, to: usize, lines: &mut Vec<Range<usize>>| {
            if from < to {
                lines.push(from..to);
            }
        };
        while at < range.end {
            let tok = &self.toks[at];
            if tok.kind == TokenKind::Newline {
                if !self.only_annotations(start..at) {
                    push(start, at, &mut lines);
                    start = at + 1;
                }
                at += 1;
                continue;
            }
            match tok.partner() {
                Some(end) if end > at && end < range.end => {
                    at = end + 1;
                    if after_block && tok.kind == TokenKind::LBrace {
                        push(start, at, &mut lines);
                        start = at;
                    }
                }
                _ => at += 1,
            }
        }
        push(start, range.end, &mut lines);
        for line in &mut lines {
            while line.end > line.start && self.toks[line.end - 1].kind == TokenKind::Newline {
                line.end -= 1;
            }
        }
        lines.retain(|l| !l.is_empty());
        lines
    }

    /// The first token of a line that belongs to no annotation before it.
    pub fn after_annotations(&self, line: &Range<usize>) -> usize {
        let kind = |i: usize| self.toks.get(i).filter(|_| i < line.end).map(|t| t.kind);
        let mut at = line.start;
        while kind(at) == Some(TokenKind::At)
            && kind(at + 1) == Some(TokenKind::Word)
            && kind(at + 2) == Some(TokenKind::Word)
        {
            at += 3;
            while kind(at) == Some(TokenKind::Dot) && kind(at + 1) == Some(TokenKind::Word) {
                at += 2;
            }
            while kind(at) == Some(TokenKind::Newline) {
                at += 1;
            }
        }
        at
    }

    fn only_annotations(&self, range: Range<usize>) -> bool {
        !range.is_empty() && self.after_annotations(&range) == range.end
    }

    /// The `{` that stands at a byte of the source.
    pub fn open_at(&self, offset: u32) -> Option<usize> {
        let from = self.toks.partition_point(|t| t.start < offset);
        (from..self.toks.len())
            .take_while(|i| self.toks[*i].start == offset)
            .find(|i| self.toks[*i].kind == TokenKind::LBrace)
    }

    /// Where the last significant token before a byte of the source ends.
    pub fn end_before(&self, offset: u32) -> u32 {
        let at = self.toks.partition_point(|t| t.start < offset);
        self.toks[..at].iter().rev().find(|t| t.kind != TokenKind::Newline).map_or(0, |t| t.end)
    }

    /// Where the braces in a line stand that are not inside others: what is between them is not of the line itself.
    pub fn bodies(&self, line: &Range<usize>) -> Vec<Range<u32>> {
        let mut bodies = Vec::new();
        let mut i = line.start;
        while i < line.end {
            match self.toks[i].partner() {
                Some(close) if self.toks[i].kind == TokenKind::LBrace && (i..line.end).contains(&close) => {
                    bodies.push(self.toks[i].end..self.toks[close].start);
                    i = close + 1;
                }
                _ => i += 1,
            }
        }
        bodies
    }

    /// Whether something was already reported between two bytes.
    pub fn reports_between(&self, start: u32, end: u32) -> bool {
        let at = self.reported.partition_point(|r| *r < start);
        self.reported.get(at).is_some_and(|r| *r <= end)
    }

    /// The first token of a line, outside its braces, at or before which something was already reported.
    pub fn first_reported(&self, line: &Range<usize>) -> Option<usize> {
        let mut from = self.toks[line.clone()].first()?.start;
        let mut i = line.start;
        while i < line.end {
            let tok = &self.toks[i];
            if self.reports_between(from, tok.end) {
                return Some(i);
            }
            from = tok.end;
            match tok.partner() {
                Some(close) if tok.kind == TokenKind::LBrace && (i..line.end).contains(&close) => {
                    i = close;
                    from = self.toks[close].start;
                }
                _ => i += 1,
            }
        }
        None
    }
}
