//! Lines, brackets and declarations, found from tokens alone.
//!
//! What this layer settles once, no rule of the grammar has to know: which ends of lines end a line, which bracket belongs to which,
//! where a declaration begins although the one before lacks a brace, and what indentation says about a brace too few or too many.
//! Everything reported here is reported once, and the repaired tokens are read on as if it had not happened.

use super::sink::Sink;
use super::slips;
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Fix};
use crate::span::{FileId, Span};
use crate::tokens::{self, Token, TokenKind};
use std::ops::Range;

/// How many brackets may stand inside one another.
pub(crate) const MAX_DEPTH: usize = 64;

const NONE: u32 = u32::MAX;

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
    partner: u32,
}

impl Tok {
    pub fn partner(&self) -> Option<usize> {
        (self.partner != NONE).then_some(self.partner as usize)
    }
}

/// A token with what its line says of it, before lines are settled.
#[derive(Debug, Clone, Copy)]
struct Raw {
    kind: TokenKind,
    start: u32,
    end: u32,
    /// It is the first of its line.
    first: bool,
    /// The width of the blanks its line begins with.
    indent: u32,
    /// The end of line (or `;`) before it.
    newline: Option<(u32, u32)>,
    /// That was a `;`.
    semicolon: bool,
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

/// Drops trivia, and reports what is wrong with single tokens.
struct Filter<'a, 's> {
    file: FileId,
    text: &'a str,
    sink: &'s mut Sink,
    layout: &'s mut Layout,
}

impl Filter<'_, '_> {
    fn run(&mut self, tokens: &[Token]) -> Vec<Raw> {
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
fn segments(text: &str, raw: &[Raw]) -> Vec<Range<usize>> {
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

struct Open {
    /// In `out`.
    tok: usize,
    kind: TokenKind,
    /// Of the line on which it stands.
    indent: u32,
    /// Of the first line inside it.
    inside: Option<u32>,
    /// Something stands behind it on its line.
    inline: bool,
}

/// Pairs the brackets of one segment, with the help of indentation where they do not add up.
struct Brackets<'a, 's> {
    file: FileId,
    text: &'a str,
    raw: &'a [Raw],
    range: Range<usize>,
    sink: &'s mut Sink,
    layout: &'s mut Layout,
    stack: Vec<Open>,
    /// `}` too few and too many, as long as it is not known where.
    missing: usize,
    stray: usize,
    /// Nesting is too deep somewhere: braces are not counted any more.
    silent: bool,
    /// No closer was found for something too deep: do not look again.
    no_closer: bool,
    line_indent: u32,
}

impl<'a, 's> Brackets<'a, 's> {
    fn new(
        file: FileId,
        text: &'a str,
        raw: &'a [Raw],
        range: Range<usize>,
        sink: &'s mut Sink,
        layout: &'s mut Layout,
    ) -> Self {
        let count = |kind| raw[range.clone()].iter().filter(|r| r.kind == kind).count();
        let (opens, closes) = (count(TokenKind::LBrace), count(TokenKind::RBrace));
        Brackets {
            file,
            text,
            raw,
            range,
            sink,
            layout,
            stack: Vec::new(),
            missing: opens.saturating_sub(closes),
            stray: closes.saturating_sub(opens),
            silent: false,
            no_closer: false,
            line_indent: 0,
        }
    }

    fn run(mut self) {
        let mut at = self.range.start;
        while at < self.range.end {
            let tok = self.raw[at];
            if tok.first {
                self.close_parens_before(at);
                self.heed_indentation(at);
                self.line_indent = tok.indent;
            }
            if tok.newline.is_some() && at > self.range.start && self.ends_line(at) {
                let (start, end) = tok.newline.unwrap_or_default();
                self.layout.toks.push(Tok { kind: TokenKind::Newline, start, end, instead: None, partner: NONE });
            }
            if tok.kind.opens() {
                if self.stack.len() >= MAX_DEPTH {
                    at = self.too_deep(at);
                    continue;
                }
                self.stack.push(Open {
                    tok: self.layout.toks.len(),
                    kind: tok.kind,
                    indent: self.line_indent,
                    inside: None,
                    inline: self.raw.get(at + 1).is_some_and(|r| !r.first),
                });
                self.keep(tok);
            } else if tok.kind.closes() {
                self.close(at);
            } else {
                self.keep(tok);
            }
            at += 1;
        }
        self.close_the_rest();
    }

    /// At the end of the declaration. Several open blocks are one mistake: the text ends too soon.
    fn close_the_rest(&mut self) {
        let braces: Vec<Span> = self
            .stack
            .iter()
            .filter(|o| o.kind == TokenKind::LBrace)
            .map(|o| self.layout.toks[o.tok])
            .map(|t| self.span(t.start, t.end))
            .collect();
        if let [first, rest @ ..] = braces.as_slice()
            && !rest.is_empty()
            && !self.silent
        {
            let end = self.layout.toks.last().map_or(0, |t| t.end);
            let message = format!("{} blocks are not closed where this declaration ends", braces.len());
            let mut d = Diagnostic::new(Code::UnclosedBrace, *first, message, "opened here");
            for span in rest {
                d = d.label(*span, "and here");
            }
            let closers: String = self
                .stack
                .iter()
                .rev()
                .filter(|o| o.kind == TokenKind::LBrace)
                .map(|o| format!("\n{}}}", " ".repeat(o.indent as usize)))
                .collect();
            let edits = vec![(self.span(end, end), closers)];
            d.fixes.push(Fix { title: "close them here".into(), edits, safe: false });
            self.sink.push(d);
            self.silent = true;
        }
        while let Some(open) = self.stack.pop() {
            self.unclosed(open, None);
        }
    }

    fn word(&self, at: usize) -> &'a str {
        match self.raw.get(at) {
            Some(r) if r.kind == TokenKind::Word => &self.text[r.start as usize..r.end as usize],
            _ => "",
        }
    }

    fn span(&self, start: u32, end: u32) -> Span {
        Span::new(self.file, start as usize, end as usize)
    }

    fn keep(&mut self, tok: Raw) {
        let instead = slips::full_width(self.span(tok.start, tok.end), self.text, self.sink);
        self.layout.toks.push(Tok { kind: tok.kind, start: tok.start, end: tok.end, instead, partner: NONE });
    }

    fn pair(&mut self, open: usize, close: usize) {
        self.layout.toks[open].partner = close as u32;
        self.layout.toks[close].partner = open as u32;
    }

    /// Puts in a bracket that is not there, after the last token.
    fn put(&mut self, kind: TokenKind) {
        let at = self.layout.toks.last().map_or(0, |t| t.end);
        let instead = match kind {
            TokenKind::LBrace => "{",
            TokenKind::RBrace => "}",
            TokenKind::RBracket => "]",
            TokenKind::RParen => ")",
            _ => "\u{1}",
        };
        self.layout.toks.push(Tok { kind, start: at, end: at, instead: Some(instead), partner: NONE });
    }

    /// Closes what is still open, with a report. `before` is the line that shows it.
    fn unclosed(&mut self, open: Open, before: Option<usize>) {
        let tok = self.layout.toks[open.tok];
        let span = self.span(tok.start, tok.end);
        let end = self.layout.toks.last().map_or(0, |t| t.end);
        if open.kind == TokenKind::LBrace {
            if !self.silent {
                let indent = " ".repeat(open.indent as usize);
                let mut d = Diagnostic::new(Code::UnclosedBrace, span, "this `{` is never closed", "opened here");
                if let Some(before) = before {
                    let next = self.raw[before];
                    d = d.label(self.span(next.start, next.end), "a `}` is missing before this line");
                }
                d.fixes.push(Fix {
                    title: "add the missing `}`".into(),
                    edits: vec![(self.span(end, end), format!("\n{indent}}}"))],
                    safe: false,
                });
                self.sink.push(d);
            }
            self.missing = self.missing.saturating_sub(1);
            self.layout.reported.extend([tok.start, end]);
            self.put(TokenKind::RBrace);
        } else {
            let (close, name) =
                if open.kind == TokenKind::LParen { (TokenKind::RParen, "(") } else { (TokenKind::RBracket, "[") };
            if !self.layout.reported.iter().rev().take(8).any(|r| (tok.start..=end).contains(r)) {
                let message = format!("this `{name}` is never closed");
                let other = if name == "(" { ")" } else { "]" };
                self.sink.push(
                    Diagnostic::new(Code::UnclosedBracket, span, message, "opened here")
                        .help(format!("close it with `{other}`")),
                );
            }
            self.layout.reported.push(tok.start);
            self.put(close);
        }
        let close = self.layout.toks.len() - 1;
        self.pair(open.tok, close);
    }

    /// A line that begins like a statement is not inside the `(` before it.
    fn close_parens_before(&mut self, at: usize) {
        let in_paren = |s: &Self| s.stack.last().is_some_and(|o| o.kind != TokenKind::LBrace);
        if in_paren(self) && begins_line(self.text, self.raw, at) {
            while in_paren(self) {
                if let Some(open) = self.stack.pop() {
                    self.unclosed(open, None);
                }
            }
        }
    }

    /// Where braces are too few or too many, the first line whose indentation contradicts them names the culprit.
    fn heed_indentation(&mut self, at: usize) {
        let tok = self.raw[at];
        let closes = tok.kind == TokenKind::RBrace;
        if !closes && self.continues(at) {
            return;
        }
        if self.stray > 0 && !closes && at > self.range.start && self.lacks_open(at) {
            let indent = self.line_indent;
            let end = self.layout.toks.last().map_or(0, |t| t.end);
            self.sink.push(slips::missing_open(self.span(end, end)));
            self.layout.reported.push(end);
            self.put(TokenKind::LBrace);
            self.stack.push(Open {
                tok: self.layout.toks.len() - 1,
                kind: TokenKind::LBrace,
                indent,
                inside: None,
                inline: false,
            });
            self.stray -= 1;
        }
        while self.missing > 0
            && let Some(top) = self.stack.last()
            && top.kind == TokenKind::LBrace
            && if closes {
                tok.indent < top.indent
            } else {
                tok.indent <= top.indent && top.inside.map_or(top.inline, |i| i > top.indent)
            }
        {
            if let Some(open) = self.stack.pop() {
                self.unclosed(open, Some(at));
            }
        }
        if !closes
            && let Some(top) = self.stack.last_mut()
            && top.inside.is_none()
        {
            top.inside = Some(tok.indent);
        }
    }

    /// Whether the line before `at` should have ended with a `{`.
    fn lacks_open(&self, at: usize) -> bool {
        let before = self.raw[at - 1];
        let ends_open = before.kind.opens() || before.kind == TokenKind::Comma || before.kind == TokenKind::Assign;
        let in_brace = self.stack.last().is_none_or(|o| o.kind == TokenKind::LBrace);
        in_brace && !ends_open && before.kind != TokenKind::RBrace && self.raw[at].indent > self.line_indent
    }

    fn close(&mut self, at: usize) {
        let tok = self.raw[at];
        let wanted = match tok.kind {
            TokenKind::RBrace => TokenKind::LBrace,
            TokenKind::RParen => TokenKind::LParen,
            _ => TokenKind::LBracket,
        };
        if tok.kind == TokenKind::RBrace {
            // Brackets end with the braces round them.
            if self.stack.iter().any(|o| o.kind == TokenKind::LBrace) {
                while self.stack.last().is_some_and(|o| o.kind != TokenKind::LBrace) {
                    if let Some(open) = self.stack.pop() {
                        self.unclosed(open, None);
                    }
                }
            }
            if self.stray > 0 && !tok.first && self.put_missing_open() {
                self.stray -= 1;
            }
            let out_of_place = self.stray > 0
                && if tok.first {
                    self.stack.last().is_some_and(|o| tok.indent > o.indent)
                } else {
                    self.ends_block_of_earlier_line() && self.goes_on_after(at)
                };
            if out_of_place || self.stack.last().is_none_or(|o| o.kind != TokenKind::LBrace) {
                self.stray = self.stray.saturating_sub(1);
                if !tok.first {
                    // The line that it stands on cannot be read, and says so.
                    self.keep(tok);
                } else if !self.silent {
                    self.sink.push(slips::stray_brace(self.span(tok.start, tok.end)));
                }
                return;
            }
        }
        self.keep(tok);
        let innermost = self.stack.last().map(|o| o.kind);
        let mistaken = tok.kind != TokenKind::RBrace
            && innermost.is_some_and(|k| k != TokenKind::LBrace && k != wanted)
            && !self.stack.iter().rev().take_while(|o| o.kind != TokenKind::LBrace).any(|o| o.kind == wanted);
        if mistaken && let (Some(open), Some(close)) = (self.stack.last(), self.layout.toks.last_mut()) {
            let (kind, plain, opened) = match open.kind {
                TokenKind::LParen => (TokenKind::RParen, ")", "("),
                _ => (TokenKind::RBracket, "]", "["),
            };
            (close.kind, close.instead) = (kind, Some(plain));
            let open = self.layout.toks[open.tok];
            let (open, close) = (self.span(open.start, open.end), self.span(tok.start, tok.end));
            let message = format!("what `{opened}` opens, `{plain}` closes");
            self.sink.push(
                Diagnostic::new(Code::UnclosedBracket, close, message, format!("`{plain}` is meant"))
                    .label(open, "opened here")
                    .fix(format!("write `{plain}`"), close, plain),
            );
        }
        if (mistaken || innermost == Some(wanted))
            && let Some(open) = self.stack.pop()
        {
            let close = self.layout.toks.len() - 1;
            self.pair(open.tok, close);
        }
    }

    /// Where the present line begins among the tokens.
    fn line_start(&self) -> usize {
        self.layout.toks.iter().rposition(|t| t.kind == TokenKind::Newline).map_or(0, |n| n + 1)
    }

    fn ends_block_of_earlier_line(&self) -> bool {
        self.stack.last().is_some_and(|o| o.kind == TokenKind::LBrace && o.tok < self.line_start())
    }

    /// Whether the next line stands as far in as this one, so that nothing ended here.
    fn goes_on_after(&self, at: usize) -> bool {
        let next = self.raw[at + 1..self.range.end].iter().find(|r| r.first);
        next.is_some_and(|r| r.indent >= self.line_indent && r.kind != TokenKind::RBrace)
    }

    /// A `}` in the middle of a line that would close a block of an earlier line: where a step stands before it on its line, the block
    /// of that step lacks its `{`, which is put in.
    fn put_missing_open(&mut self) -> bool {
        let line = self.line_start();
        if !self.ends_block_of_earlier_line() {
            return false;
        }
        let is_step = |t: &Tok| {
            t.kind == TokenKind::Word && tokens::STEPS.contains(&&self.text[t.start as usize..t.end as usize])
        };
        let toks = &self.layout.toks;
        let begins = |i: &usize| is_step(&toks[*i]) && toks[i - 1].kind != TokenKind::LBrace;
        let Some(at) = (line + 1..toks.len()).find(begins) else { return false };
        let (before, step) = (self.layout.toks[at - 1].end, self.layout.toks[at]);
        let word = &self.text[step.start as usize..step.end as usize];
        let span = self.span(step.start, step.end);
        self.sink.push(
            Diagnostic::new(
                Code::MissingBrace,
                span,
                format!("a `{{` is missing before this `{word}`"),
                "expected `{` here",
            )
            .fix("add `{`", span.before(), "{ "),
        );
        self.layout.reported.push(before);
        self.layout
            .toks
            .insert(at, Tok { kind: TokenKind::LBrace, start: before, end: before, instead: Some("{"), partner: NONE });
        for i in at + 1..self.layout.toks.len() {
            match self.layout.toks[i].partner() {
                Some(partner) if partner >= at => self.layout.toks[i].partner += 1,
                Some(partner) => self.layout.toks[partner].partner = i as u32,
                None => {}
            }
        }
        self.stack.push(Open {
            tok: at,
            kind: TokenKind::LBrace,
            indent: self.line_indent,
            inside: None,
            inline: false,
        });
        true
    }

    /// Reports what is nested too deep and steps over it; returns where to go on.
    fn too_deep(&mut self, at: usize) -> usize {
        let tok = self.raw[at];
        if !self.silent {
            self.sink.push(slips::too_deep(self.span(tok.start, tok.end)));
        }
        self.silent = true;
        self.layout.reported.push(tok.start);
        let mut depth = 0usize;
        let mut next = None;
        if !self.no_closer {
            for i in at..self.range.end {
                if self.raw[i].kind.opens() {
                    depth += 1;
                } else if self.raw[i].kind.closes() {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        next = Some(i + 1);
                        break;
                    }
                }
            }
        }
        let next = next.unwrap_or_else(|| {
            self.no_closer = true;
            (at + 1..self.range.end).find(|i| self.raw[*i].first).unwrap_or(self.range.end)
        });
        if tok.kind == TokenKind::LBrace {
            self.keep(tok);
            let open = self.layout.toks.len() - 1;
            self.put(TokenKind::RBrace);
            self.pair(open, open + 1);
        } else {
            self.put(TokenKind::Error);
        }
        next
    }

    /// Whether the end of line before the token ends a line.
    fn ends_line(&self, at: usize) -> bool {
        if self.stack.last().is_some_and(|o| o.kind != TokenKind::LBrace) {
            return false;
        }
        self.raw[at].semicolon || !self.continues(at)
    }

    /// Whether a line that begins with the token goes on with the line before it.
    fn continues(&self, at: usize) -> bool {
        let colon_after = self.raw.get(at + 1).is_some_and(|r| r.kind == TokenKind::Colon);
        match self.raw[at].kind {
            TokenKind::Word
                if matches!(self.word(at), "or" | "and" | "else" | "elseif" | "elsif" | "elif") && !colon_after =>
            {
                return true;
            }
            TokenKind::LBrace | TokenKind::Assign | TokenKind::Comma | TokenKind::OtherOperator => return true,
            TokenKind::Operator => return self.text.as_bytes().get(self.raw[at].start as usize) != Some(&b'-'),
            TokenKind::RBrace | TokenKind::At => return false,
            _ => {}
        }
        let Some(before) = at.checked_sub(1).filter(|b| *b >= self.range.start) else { return false };
        let open_ended = match self.raw[before].kind {
            TokenKind::Comma | TokenKind::Assign | TokenKind::Operator => true,
            TokenKind::Word => matches!(self.word(before), "or" | "and") && !self.raw[before].first,
            _ => false,
        };
        open_ended && !begins_line(self.text, self.raw, at)
    }
}

/// Whether the token begins a line of its own wherever it stands first: a word for a step, a clause or the like, not used as a name.
fn begins_line(text: &str, raw: &[Raw], at: usize) -> bool {
    let tok = raw[at];
    if !tok.first || tok.kind != TokenKind::Word {
        return false;
    }
    let word = &text[tok.start as usize..tok.end as usize];
    let begins = tokens::STEPS.contains(&word)
        || tokens::CLAUSES.contains(&word)
        || matches!(word, "expect" | "require" | "quiet" | "deliver" | "customer" | "everyone");
    begins
        && raw.get(at + 1).is_some_and(|next| {
            !matches!(
                next.kind,
                TokenKind::Colon
                    | TokenKind::Comma
                    | TokenKind::Dot
                    | TokenKind::RParen
                    | TokenKind::RBracket
                    | TokenKind::Operator
            )
        })
}
