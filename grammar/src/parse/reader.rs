//! Reads declarations, whole where that works, line by line where it does not.

use super::explain::{self, Problem};
use super::layout::Layout;
use super::rules::{Body, Pair, Rule, Tree, read};
use super::sink::Sink;
use crate::ast;
use crate::span::{FileId, Span};
use crate::tokens::TokenKind;
use std::ops::Range;

/// A text for pest, and where its parts come from.
pub(crate) struct Buffer {
    pub text: String,
    pub map: Map,
}

/// From places in a buffer to places in the source.
#[derive(Debug, Clone)]
pub(crate) enum Map {
    /// The buffer is the source from that byte on, with blanks for what does not count.
    Shift(u32),
    /// The buffer is put together from pieces.
    Pieces(Vec<Piece>),
}

/// A piece of a buffer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Piece {
    buffer: (u32, u32),
    source: (u32, u32),
}

impl Map {
    /// Where what begins at `at` begins in the source.
    pub fn start(&self, at: usize) -> u32 {
        let at = at as u32;
        match self {
            Map::Shift(by) => at + by,
            Map::Pieces(pieces) => {
                let i = pieces.partition_point(|p| p.buffer.1 <= at);
                match pieces.get(i) {
                    Some(p) if at > p.buffer.0 => p.source.0 + p.same_length().map_or(0, |_| at - p.buffer.0),
                    Some(p) => p.source.0,
                    None => pieces.last().map_or(0, |p| p.source.1),
                }
            }
        }
    }

    /// Where what ends before `at` ends in the source.
    pub fn end(&self, at: usize) -> u32 {
        let at = at as u32;
        match self {
            Map::Shift(by) => at + by,
            Map::Pieces(pieces) => {
                let i = pieces.partition_point(|p| p.buffer.0 < at);
                match i.checked_sub(1).and_then(|i| pieces.get(i)) {
                    Some(p) if at < p.buffer.1 && p.same_length().is_some() => p.source.0 + (at - p.buffer.0),
                    Some(p) => p.source.1,
                    None => pieces.first().map_or(0, |p| p.source.0),
                }
            }
        }
    }
}

impl Piece {
    fn same_length(&self) -> Option<()> {
        (self.buffer.1 - self.buffer.0 == self.source.1 - self.source.0).then_some(())
    }
}

/// One thing between the braces of a body.
pub(crate) enum Entry<'i> {
    /// Read.
    Read(Pair<'i>),
    /// Could not be read; reported.
    Broken {
        /// All of it.
        span: Span,
        /// The words it begins with, up to three, annotations aside.
        words: Vec<ast::Name>,
    },
}

/// Makes the tree of one file.
pub(crate) struct Reader<'a> {
    pub file: FileId,
    pub text: &'a str,
    pub layout: &'a Layout,
    pub sink: &'a mut Sink,
    /// Of the buffer that is being read.
    map: Map,
    /// The bodies of what is being read are read line by line.
    by_line: bool,
    /// Nothing is read as a whole: for the test that both ways of reading give the same tree.
    pub never_whole: bool,
    /// Something in the present declaration could not be read.
    pub broken: bool,
    /// Operators in the expressions that are being read, one inside another.
    pub operators: usize,
}

impl<'a> Reader<'a> {
    pub fn new(file: FileId, text: &'a str, layout: &'a Layout, sink: &'a mut Sink) -> Reader<'a> {
        Reader {
            file,
            text,
            layout,
            sink,
            map: Map::Shift(0),
            by_line: false,
            never_whole: false,
            broken: false,
            operators: 0,
        }
    }

    /// An expression on its own, whose buffer begins at the byte `start` of the source.
    pub fn expr_at(&mut self, pair: Pair<'_>, start: usize) -> ast::Expr {
        self.map = Map::Shift(start as u32);
        self.expr(pair)
    }

    /// Every declaration of the file.
    pub fn items(mut self) -> Vec<ast::Item> {
        let mut items = Vec::new();
        let mut astray = false;
        for (range, further_in) in &self.layout.items {
            self.broken = false;
            self.by_line = false;
            if !self.never_whole
                && let Some(buffer) = self.whole(range.clone())
            {
                match read(Rule::line_of_items, &buffer.text) {
                    Ok(tree) => {
                        self.map = buffer.map;
                        items.extend(tree.find(Rule::item).map(|p| self.item(p)));
                        continue;
                    }
                    Err(error) => {
                        let before = self.sink.count();
                        let span = self.range_span(range);
                        self.items_by_line(range.clone(), &mut items);
                        if *further_in
                            && items.last().is_some_and(|i: &ast::Item| matches!(i.decl, ast::Decl::Broken { .. }))
                        {
                            // Lines that lost their declaration are one mistake.
                            if std::mem::replace(&mut astray, true) {
                                self.sink.retain_after(before, |_| false);
                                items.pop();
                            }
                            continue;
                        }
                        astray = false;
                        if self.sink.count() == before && !self.layout.reports_between(span.start, span.end) {
                            // The two ways of reading disagree; the strict one counts.
                            self.map = buffer.map;
                            let at = self.map.start(explain::position(&error));
                            self.sink.push(explain::somewhere(self.file, self.text, at));
                        }
                        continue;
                    }
                }
            }
            self.items_by_line(range.clone(), &mut items);
        }
        items
    }

    fn items_by_line(&mut self, range: Range<usize>, items: &mut Vec<ast::Item>) {
        self.by_line = true;
        self.line(range, Body::Items, &mut |reader, entry| {
            let item = match entry {
                Entry::Read(pair) => reader.item(pair),
                Entry::Broken { span, words } => broken_item(span, words),
            };
            items.push(item);
        });
    }

    /// The place of a range of tokens.
    pub fn range_span(&self, range: &Range<usize>) -> Span {
        let toks = &self.layout.toks[range.clone()];
        let start = toks.first().map_or(0, |t| t.start);
        let end = toks.last().map_or(start, |t| t.end);
        Span { file: self.file, start, end }
    }

    /// The place of what a rule read, without the blanks after it.
    pub fn span(&self, pair: &Pair<'_>) -> Span {
        let end = pair.start() + pair.as_str().len();
        let start = self.map.start(pair.start());
        Span { file: self.file, start, end: self.map.end(end).max(start) }
    }

    /// The place of the token a place begins with.
    pub fn first_word(&self, span: Span) -> Span {
        let at = self.layout.toks.partition_point(|t| t.start < span.start);
        self.layout.toks.get(at).map_or(span, |t| Span { end: t.end.min(span.end), ..span })
    }

    /// The word a rule read.
    pub fn name(&self, pair: &Pair<'_>) -> ast::Name {
        ast::Name { text: pair.as_str().to_string(), span: self.span(pair) }
    }

    /// Calls `f` with each thing between the braces of `body`.
    pub fn each(&mut self, body: Pair<'_>, kind: Body, f: &mut dyn FnMut(&mut Self, Entry<'_>)) {
        if !self.by_line {
            for pair in body.into_inner() {
                if !matches!(pair.as_rule(), Rule::open | Rule::close | Rule::comma) {
                    f(self, Entry::Read(pair));
                }
            }
            return;
        }
        let open = self.layout.open_at(self.map.start(body.start()));
        let Some((open, close)) = open.and_then(|o| Some((o, self.layout.toks[o].partner()?))) else { return };
        // Where it is only guessed how far a block reaches, its lines may be others': one report is enough.
        let guessed = self.layout.reports_between(self.layout.toks[open].start, self.layout.toks[open].end);
        let mut lost = false;
        for line in self.layout.lines(open + 1..close, kind.after_block()) {
            let (found, broken) = (self.sink.count(), std::mem::take(&mut self.broken));
            self.line(line, kind, f);
            if self.broken && std::mem::replace(&mut lost, true) && guessed {
                self.sink.retain_after(found, |_| false);
            }
            self.broken |= broken;
        }
    }

    /// Reads one line. What it holds between braces is read afterwards, by [`Reader::each`].
    fn line(&mut self, line: Range<usize>, kind: Body, f: &mut dyn FnMut(&mut Self, Entry<'_>)) {
        let buffer = self.pieces(line.clone(), &[]);
        let error = match read(kind.line(), &buffer.text) {
            Ok(tree) => return self.entries(&tree, buffer.map, f),
            Err(error) => error,
        };
        self.broken = true;
        let place = buffer.map.start(explain::position(&error));
        let found = self.sink.count();
        let own = self.second_reading(line.clone(), kind, &error, place, f);
        // One report a line: what the repaired line gives rise to is not its author's doing.
        let bodies = self.layout.bodies(&line);
        self.sink.retain_after(found + own, |d| bodies.iter().any(|b| b.contains(&d.span().start)));
    }

    /// Reports a line and reads it with the likeliest repair. Returns how many reports it made itself.
    fn second_reading(
        &mut self,
        line: Range<usize>,
        kind: Body,
        error: &pest::error::Error<Rule>,
        place: u32,
        f: &mut dyn FnMut(&mut Self, Entry<'_>),
    ) -> usize {
        let reported = self.layout.first_reported(&line);
        if self.sink.is_full() || reported.is_some() {
            let at = reported.unwrap_or(line.end);
            if !self.repaired(&line, kind, at, f) {
                self.give_up(line, f);
            }
            return 0;
        }
        let Problem { diagnostic, replace, split, at } = explain::explain(self, &line, kind, error, place);
        self.sink.push(diagnostic);
        if let Some(split) = split {
            self.line(line.start..split, kind, f);
            self.line(split..line.end, kind, f);
            return 1;
        }
        if let Some(change) = replace {
            let buffer = self.pieces(line.clone(), &[change]);
            if let Ok(tree) = read(kind.line(), &buffer.text) {
                self.entries(&tree, buffer.map, f);
                return 1;
            }
        }
        if !self.repaired(&line, kind, at, f) {
            self.give_up(line, f);
        }
        1
    }

    /// Tries to read the line with a part of it taken for a value that could not be read. `at` is where reading stopped.
    fn repaired(
        &mut self,
        line: &Range<usize>,
        kind: Body,
        at: usize,
        f: &mut dyn FnMut(&mut Self, Entry<'_>),
    ) -> bool {
        if self.sink.is_full() {
            return false;
        }
        for part in explain::doubtful_parts(self, line, at) {
            let buffer = self.pieces(line.clone(), &[part]);
            if let Ok(tree) = read(kind.line(), &buffer.text) {
                self.entries(&tree, buffer.map, f);
                return true;
            }
        }
        false
    }

    fn give_up(&mut self, line: Range<usize>, f: &mut dyn FnMut(&mut Self, Entry<'_>)) {
        let span = self.range_span(&line);
        let words = self.layout.toks[self.layout.after_annotations(&line)..line.end]
            .iter()
            .take(3)
            .take_while(|t| t.kind == TokenKind::Word)
            .map(|t| {
                let span = Span { file: self.file, start: t.start, end: t.end };
                ast::Name { text: self.text[span.range()].to_string(), span }
            })
            .collect();
        f(self, Entry::Broken { span, words });
    }

    fn entries(&mut self, tree: &Tree<'_>, map: Map, f: &mut dyn FnMut(&mut Self, Entry<'_>)) {
        let outer = std::mem::replace(&mut self.map, map);
        for line in tree.pairs() {
            for pair in line.into_inner() {
                if !matches!(pair.as_rule(), Rule::EOI | Rule::comma) {
                    f(self, Entry::Read(pair));
                }
            }
        }
        self.map = outer;
    }

    /// Whether the line can be read with some of its tokens written otherwise.
    pub fn reads_with(&self, line: &Range<usize>, kind: Body, changes: &[(Range<usize>, String)]) -> bool {
        read(kind.line(), &self.pieces(line.clone(), changes).text).is_ok()
    }

    /// The text of a declaration with blanks for comments and for ends of lines that end none, all at their places;
    /// none when its tokens were mended, since places would move.
    pub fn whole(&self, range: Range<usize>) -> Option<Buffer> {
        let span = self.range_span(&range);
        let mut text = String::with_capacity(span.range().len());
        let mut at = span.start;
        let blanks = |text: &mut String, n: u32| text.extend(std::iter::repeat_n(' ', n as usize));
        for tok in &self.layout.toks[range] {
            if tok.instead.is_some() || tok.kind == TokenKind::UnclosedText {
                return None;
            }
            blanks(&mut text, tok.start.checked_sub(at)?);
            if tok.kind == TokenKind::Newline {
                blanks(&mut text, tok.end - tok.start - 1);
                text.push('\n');
            } else {
                text.push_str(self.text.get(tok.start as usize..tok.end as usize)?);
            }
            at = tok.end;
        }
        Some(Buffer { text, map: Map::Shift(span.start) })
    }

    /// The text of a line without what stands in its braces; `changes` are written instead of some tokens.
    fn pieces(&self, line: Range<usize>, changes: &[(Range<usize>, String)]) -> Buffer {
        let mut text = String::new();
        let mut pieces: Vec<Piece> = Vec::with_capacity(line.len().min(64));
        let mut put = |source: (u32, u32), written: &str, closing: bool| {
            if let Some(last) = pieces.last()
                && (source.0 > last.source.1 || source.0 == source.1 || last.source.0 == last.source.1)
                && !closing
            {
                text.push(' ');
            }
            let from = text.len() as u32;
            text.push_str(written);
            pieces.push(Piece { buffer: (from, text.len() as u32), source });
        };
        let mut i = line.start;
        while i < line.end {
            if let Some((range, with)) = changes.iter().find(|(r, _)| r.start == i && !r.is_empty()) {
                let span = self.range_span(range);
                put((span.start, span.end), with, false);
                i = range.end;
                continue;
            }
            let tok = self.layout.toks[i];
            let source = (tok.start, tok.end);
            match tok.kind {
                // Only between annotations and what they belong to.
                TokenKind::Newline => put(source, "\n", false),
                TokenKind::UnclosedText => {
                    let written = self.text.get(tok.start as usize..tok.end as usize).unwrap_or("");
                    put(source, &format!("{}\"", written.trim_end()), false);
                }
                _ => {
                    let written =
                        tok.instead.or_else(|| self.text.get(tok.start as usize..tok.end as usize)).unwrap_or("");
                    put(source, written, false);
                    if tok.kind == TokenKind::LBrace
                        && let Some(close) = tok.partner().filter(|c| *c < line.end)
                    {
                        let end = self.layout.toks[close];
                        put((end.start, end.end), "}", true);
                        i = close;
                    }
                }
            }
            i += 1;
        }
        Buffer { text, map: Map::Pieces(pieces) }
    }
}

fn broken_item(span: Span, words: Vec<ast::Name>) -> ast::Item {
    let mut words = words.into_iter();
    let kind = words.next().map(|k| k.text);
    let name = if kind.as_deref() == Some("extend") { words.nth(1) } else { words.next() };
    ast::Item { span, doc: None, annotations: Vec::new(), broken: true, decl: ast::Decl::Broken { kind, name } }
}
