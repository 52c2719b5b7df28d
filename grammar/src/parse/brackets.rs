//! Brackets: which belongs to which, what indentation says where they do not add up, and which ends of lines end a line.

use super::filter::Raw;
use super::layout::{Layout, MAX_DEPTH, NONE, Tok};
use super::sink::Sink;
use super::slips;
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Fix};
use crate::span::{FileId, Span};
use crate::tokens::{self, TokenKind};
use std::ops::Range;

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
pub(crate) struct Brackets<'a, 's> {
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
    /// Where the present line begins in the layout's tokens.
    line_start: usize,
}

impl<'a, 's> Brackets<'a, 's> {
    pub fn new(
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
            line_start: 0,
        }
    }

    pub fn run(mut self) {
        self.line_start = self.layout.toks.len();
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
                self.line_start = self.layout.toks.len();
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
                tok.indent <= top.indent && top.inside.map_or(top.inline || self.is_indented(), |i| i > top.indent)
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

    /// Whether what stands in the block round the innermost one is further in than that block's own line, as it is in most files.
    fn is_indented(&self) -> bool {
        let mut braces = self.stack.iter().rev().filter(|o| o.kind == TokenKind::LBrace).skip(1);
        braces.next().is_some_and(|o| o.inside.is_some_and(|i| i > o.indent))
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

    fn ends_block_of_earlier_line(&self) -> bool {
        self.stack.last().is_some_and(|o| o.kind == TokenKind::LBrace && o.tok < self.line_start)
    }

    /// Whether the next line stands as far in as this one, so that nothing ended here.
    fn goes_on_after(&self, at: usize) -> bool {
        let next = self.raw[at + 1..self.range.end].iter().find(|r| r.first);
        next.is_some_and(|r| r.indent >= self.line_indent && r.kind != TokenKind::RBrace)
    }

    /// A `}` in the middle of a line that would close a block of an earlier line: where a step stands before it on its line, the block
    /// of that step lacks its `{`, which is put in.
    fn put_missing_open(&mut self) -> bool {
        let line = self.line_start;
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
