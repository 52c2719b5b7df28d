//! What to say of a line that could not be read, and how to read it after all.

use super::layout::Layout;
use super::reader::Reader;
use super::rules::{Body, Rule};
use super::vocabulary::{self, KEYWORDS, Says, describe, keyword};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Fix};
use crate::span::{FileId, Span};
use crate::tokens::{CLAUSES, DECLARATIONS, STEPS, TokenKind};
use pest::error::{Error, ErrorVariant, InputLocation};
use std::collections::BTreeSet;
use std::ops::Range;

/// What is said, and what may be tried to read the line after all.
pub(crate) struct Problem {
    pub diagnostic: Diagnostic,
    /// Tokens, and what they should have been.
    pub replace: Option<(Range<usize>, String)>,
    /// Where a second line begins on this one.
    pub split: Option<usize>,
    /// The token at which reading stopped.
    pub at: usize,
}

/// Where pest stopped.
pub(crate) fn position(error: &Error<Rule>) -> usize {
    match error.location {
        InputLocation::Pos(at) => at,
        InputLocation::Span((at, _)) => at,
    }
}

/// When nothing better is known than a place.
pub(crate) fn somewhere(file: FileId, text: &str, at: u32) -> Diagnostic {
    let rest = text.get(at as usize..).unwrap_or("");
    let width = rest.chars().next().map_or(0, char::len_utf8);
    let span = Span::new(file, at as usize, at as usize + width);
    Diagnostic::new(Code::UnexpectedToken, span, "this cannot be read here", "not expected here")
}

/// A line that could not be read.
struct Line<'r, 'a> {
    reader: &'r Reader<'a>,
    range: Range<usize>,
    kind: Body,
    /// What could have stood there.
    expected: Vec<Rule>,
    /// The token there; the end of the range when the line ended too soon.
    at: usize,
}

/// Says what is wrong with a line. `place` is where reading stopped, in the source.
pub(crate) fn explain(
    reader: &Reader<'_>,
    range: &Range<usize>,
    kind: Body,
    error: &Error<Rule>,
    place: u32,
) -> Problem {
    let mut expected = match &error.variant {
        ErrorVariant::ParsingError { positives, .. } => positives.clone(),
        ErrorVariant::CustomError { .. } => Vec::new(),
    };
    if expected.contains(&kind.line()) {
        expected.extend(kind.entries());
    }
    let at = top_level(reader.layout, range)
        .find(|i| {
            let tok = reader.layout.toks[*i];
            tok.kind != TokenKind::Newline && (tok.end > place || tok.start >= place)
        })
        .unwrap_or(range.end);
    let line = Line { reader, range: range.clone(), kind, expected, at };
    let problem = line.stray_bracket().or_else(|| line.two_on_one_line()).or_else(|| line.misspelt());
    problem.or_else(|| line.missing_braces()).unwrap_or_else(|| line.something_else())
}

/// The tokens of a line that are not inside its braces; the braces themselves are.
fn top_level<'l>(layout: &'l Layout, range: &Range<usize>) -> impl Iterator<Item = usize> + use<'l> {
    let (mut next, end) = (range.start, range.end);
    std::iter::from_fn(move || {
        let at = (next < end).then_some(next)?;
        let tok = &layout.toks[at];
        next = match tok.partner() {
            Some(close) if tok.kind == TokenKind::LBrace && close > at => close,
            _ => at + 1,
        };
        Some(at)
    })
}

impl Line<'_, '_> {
    fn text(&self, at: usize) -> &str {
        let Some(tok) = self.reader.layout.toks.get(at).filter(|_| self.range.contains(&at)) else { return "" };
        tok.instead.unwrap_or_else(|| self.reader.text.get(tok.start as usize..tok.end as usize).unwrap_or(""))
    }

    fn word(&self, at: usize) -> Option<&str> {
        let tok = self.reader.layout.toks.get(at).filter(|_| self.range.contains(&at))?;
        (tok.kind == TokenKind::Word).then(|| self.text(at))
    }

    fn kind(&self, at: usize) -> Option<TokenKind> {
        self.reader.layout.toks.get(at).filter(|_| self.range.contains(&at)).map(|t| t.kind)
    }

    fn span(&self, at: usize) -> Span {
        self.reader.range_span(&(at..at + 1))
    }

    /// The place of the token at which reading stopped, or of the end of the line.
    fn place(&self) -> Span {
        if self.at < self.range.end { self.span(self.at) } else { self.reader.range_span(&self.range).after() }
    }

    /// `)` without `(`
    fn stray_bracket(&self) -> Option<Problem> {
        let tok = self.reader.layout.toks.get(self.at).filter(|_| self.at < self.range.end)?;
        if !tok.kind.closes() || tok.partner().is_some() {
            return None;
        }
        let span = self.span(self.at);
        let replace = Some((self.at..self.at + 1, String::new()));
        if tok.kind == TokenKind::RBrace {
            return Some(Problem { diagnostic: super::slips::stray_brace(span), replace, split: None, at: self.at });
        }
        let close = self.text(self.at);
        let message = format!("this `{close}` closes nothing");
        let open = if close == ")" { "(" } else { "[" };
        let diagnostic = Diagnostic::new(Code::UnclosedBracket, span, message, format!("no `{open}` belongs to it"))
            .suggest("remove it", span, "");
        Some(Problem { diagnostic, replace, split: None, at: self.at })
    }

    /// A second step behind a first.
    fn two_on_one_line(&self) -> Option<Problem> {
        if !self.expected.contains(&Rule::EOI) || self.at == self.range.start {
            return None;
        }
        let word = self.word(self.at)?;
        let what = match self.kind {
            Body::Block if STEPS.contains(&word) => "step",
            Body::Journey if STEPS.contains(&word) => "step",
            Body::Journey if CLAUSES.contains(&word) => "clause",
            Body::Policy if matches!(word, "at" | "quiet" | "require" | "deliver" | "a") => "rule",
            Body::Test if matches!(word, "at" | "after" | "expect" | "customer" | "everyone") => "line",
            Body::Test
                if self.word(self.at + 1).is_some_and(|w| matches!(w, "does" | "becomes" | "withdraws" | "grants")) =>
            {
                "line"
            }
            Body::Items if DECLARATIONS.contains(&word) => "declaration",
            _ => return None,
        };
        let halves = [self.range.start..self.at, self.at..self.range.end];
        if !halves.iter().all(|half| self.reader.reads_with(half, self.kind, &[])) {
            return None;
        }
        let span = self.span(self.at);
        let message = format!("this {what} needs a line of its own");
        let diagnostic = Diagnostic::new(Code::TwoOnOneLine, span, message, format!("a second {what} begins here"))
            .label(self.span(self.range.start), "the first")
            .fix("begin a new line", span.before(), "\n");
        Some(Problem { diagnostic, replace: None, split: Some(self.at), at: self.at })
    }

    /// One word read as another of the language, with which the line can be read.
    fn misspelt(&self) -> Option<Problem> {
        let mut tried = 0;
        let before = top_level(self.reader.layout, &(self.range.start..self.at.min(self.range.end)));
        let before: Vec<usize> = before.collect();
        for at in [self.at].into_iter().chain(before.into_iter().rev()).take(12) {
            let Some(word) = self.word(at) else { continue };
            let named = self.kind(at + 1) == Some(TokenKind::Colon)
                || self.kind(at + 1) == Some(TokenKind::Dot)
                || (at > 0 && self.kind(at - 1) == Some(TokenKind::Dot));
            if named || STEPS.contains(&word) || vocabulary::is_operator(word) {
                continue;
            }
            for (range, meant) in self.candidates(at, word) {
                tried += 1;
                if tried > 24 {
                    return None;
                }
                if self.reader.reads_with(&self.range, self.kind, &[(range.clone(), meant.clone())]) {
                    return Some(self.is_misspelt(range, meant));
                }
            }
        }
        // The line has a second mistake, but this one is plain.
        let word = self.word(self.at).filter(|w| w.len() > 1 && !KEYWORDS.iter().any(|(k, _)| k == w))?;
        let near = crate::diagnostic::nearest(word, self.words_expected())?.to_string();
        let mut problem = self.is_misspelt(self.at..self.at + 1, near);
        problem.replace = None;
        Some(problem)
    }

    fn is_misspelt(&self, range: Range<usize>, meant: String) -> Problem {
        let span = self.reader.range_span(&range);
        let written = self.reader.text.get(span.range()).unwrap_or("").split_whitespace().collect::<Vec<_>>().join(" ");
        let known = vocabulary::synonym(&written).is_some() || written.eq_ignore_ascii_case(&meant);
        let message = if known {
            format!("`{written}` is written `{meant}`")
        } else {
            format!("`{written}` is not a word of the language here")
        };
        let label = if known { "written otherwise".to_string() } else { format!("is `{meant}` meant?") };
        let diagnostic = Diagnostic::new(Code::Misspelt, span, message, label).fix(
            format!("change it to `{meant}`"),
            span,
            meant.clone(),
        );
        Problem { diagnostic, replace: Some((range, meant)), split: None, at: self.at }
    }

    /// What the word at a token may have been meant to be, the nearest first.
    fn candidates(&self, at: usize, word: &str) -> Vec<(Range<usize>, String)> {
        let one = at..at + 1;
        let mut found = Vec::new();
        let lower = word.to_lowercase();
        if lower != word && KEYWORDS.iter().any(|(k, _)| *k == lower) {
            found.push((one.clone(), lower.clone()));
        }
        if at == self.reader.layout.after_annotations(&self.range)
            && let Some(meant) = vocabulary::synonym(&lower)
        {
            found.push((one.clone(), meant.to_string()));
        }
        // `re entry`, `reentry`
        if lower == "reentry" {
            found.push((one.clone(), "re-entry".into()));
        }
        if lower == "re" && self.word(at + 1) == Some("entry") {
            found.push((at..at + 2, "re-entry".into()));
        }
        let limit = match word.chars().count() {
            0..=1 => 0,
            2..=4 => 1,
            5..=8 => 2,
            _ => 3,
        };
        let mut near: Vec<(usize, &str)> = KEYWORDS
            .iter()
            .filter(|(k, _)| *k != word && k.len().abs_diff(word.len()) <= limit)
            .map(|(k, _)| (strsim::damerau_levenshtein(word, k), *k))
            .filter(|(d, _)| *d <= limit)
            .collect();
        near.sort_unstable();
        found.extend(near.into_iter().take(4).map(|(_, k)| (one.clone(), k.to_string())));
        found
    }

    /// The words that could have stood where reading stopped.
    fn words_expected(&self) -> Vec<&'static str> {
        let mut words: Vec<&'static str> = self.expected.iter().filter_map(|r| keyword(*r)).collect();
        for kind in &self.expected {
            match kind {
                Rule::item => words.extend(DECLARATIONS),
                Rule::step => words.extend(STEPS),
                Rule::clause => words.extend(CLAUSES),
                _ => {}
            }
        }
        words
    }

    /// A block without braces.
    fn missing_braces(&self) -> Option<Problem> {
        let says = |wanted| self.expected.iter().any(|r| describe(*r) == wanted);
        if !says(Says::Exactly("{")) || says(Says::End) || says(Says::Thing("a value")) {
            return None;
        }
        let place = self.place();
        let head = self.text(self.reader.layout.after_annotations(&self.range)).to_string();
        let found = self.word(self.at).filter(|w| STEPS.contains(w));
        let ended = self.at >= self.range.end;
        if !ended && found.is_none() {
            return None;
        }
        let message = match found {
            Some(word) => format!("the steps of this `{head}` need braces, and `{word}` follows without"),
            None => format!("expected `{{` at the end of this `{head}`"),
        };
        let mut d = Diagnostic::new(Code::MissingBrace, place, message, "a `{` is missing here");
        if found.is_some() {
            let end = self.reader.range_span(&self.range).after();
            d.fixes.push(Fix {
                title: "put the step in braces".into(),
                edits: vec![(place.before(), "{ ".into()), (end, " }".into())],
                safe: true,
            });
        }
        Some(Problem { diagnostic: d, replace: None, split: None, at: self.at })
    }

    /// Expected this, found that.
    fn something_else(&self) -> Problem {
        let place = self.place();
        let said: BTreeSet<Says> = self.expected.iter().map(|r| describe(*r)).collect();
        let list = self.list(&said);
        let found = self.found();
        let closed = self.at > self.range.start
            && self.kind(self.at).is_some_and(|k| k.closes() || k == TokenKind::LBrace)
            && list.as_deref() == Some("a value");
        let diagnostic = if closed {
            let before = self.shown(self.at - 1);
            Diagnostic::new(
                Code::UnexpectedToken,
                place,
                format!("expected a value after {before}"),
                "a value is missing before this",
            )
        } else if self.at >= self.range.end {
            let before = self.range.clone().next_back().map(|i| self.shown(i)).unwrap_or_default();
            let message = match &list {
                Some(list) => format!("expected {list} after {before}"),
                None => format!("something is missing after {before}"),
            };
            Diagnostic::new(Code::UnexpectedToken, place, message, "the line ends here")
        } else if said.contains(&Says::End) {
            let mut d = Diagnostic::new(
                Code::UnexpectedToken,
                place,
                format!("expected the end of the line, found {found}"),
                "nothing more is expected here",
            );
            if let Some(list) = list {
                d = d.help(format!("{list} may follow here"));
            }
            d
        } else {
            let message = match &list {
                Some(list) => format!("expected {list}, found {found}"),
                None => format!("{found} is not expected here"),
            };
            Diagnostic::new(Code::UnexpectedToken, place, message, "not expected here")
        };
        let diagnostic = self.hints(diagnostic, &said);
        let replace = diagnostic
            .fixes
            .first()
            .and_then(|f| f.edits.first())
            .filter(|(span, _)| *span == place && self.at < self.range.end);
        let replace = replace.map(|(_, with)| (self.at..self.at + 1, with.clone()));
        Problem { diagnostic, replace, split: None, at: self.at }
    }

    /// What was expected, as one phrase.
    fn list(&self, said: &BTreeSet<Says>) -> Option<String> {
        let mut said = said.clone();
        for (words, thing) in
            [(STEPS, vocabulary::STEP), (CLAUSES, vocabulary::CLAUSE), (DECLARATIONS, vocabulary::DECLARATION)]
        {
            if words.iter().filter(|w| said.contains(&Says::Exactly(w))).count() > 5 {
                said.retain(|s| !matches!(s, Says::Exactly(w) if words.contains(w)));
                said.insert(thing);
            }
        }
        let is_value = said.contains(&Says::Thing("a value"));
        // Behind a value any operator may stand; that is not worth a list.
        let behind_value = self.expected.contains(&Rule::plus_minus);
        let mut things: Vec<String> = Vec::new();
        for says in &said {
            match says {
                // The unit of a number, and a slip.
                Says::Thing("a name") | Says::Exactly("then") if behind_value => {}
                Says::Thing(thing) => {
                    // A value may be any of these.
                    let part =
                        ["a text in", "a date", "a time", "a name", "a day"].iter().any(|p| thing.starts_with(p));
                    if !(is_value && part) {
                        things.push((*thing).to_string());
                    }
                }
                Says::Exactly("(" | "[" | "in" | "not" | "{") if is_value => {}
                Says::Exactly(word) if behind_value && vocabulary::is_operator(word) => {}
                Says::Exactly("up") => things.push("`up to`".into()),
                Says::Exactly(word) => things.push(format!("`{word}`")),
                Says::Operator | Says::End | Says::Nothing => {}
            }
        }
        if things.is_empty() && behind_value && !said.contains(&Says::End) {
            things.push("an operator such as `and`, `==` or `+`".to_string());
        }
        if things.is_empty() || things.len() > 8 {
            return None;
        }
        let last = things.pop()?;
        Some(if things.is_empty() { last } else { format!("{} or {last}", things.join(", ")) })
    }

    fn found(&self) -> String {
        if self.at >= self.range.end { "the end of the line".into() } else { self.shown(self.at) }
    }

    /// A token as it is shown in a sentence.
    fn shown(&self, at: usize) -> String {
        let text = self.text(at);
        let short: String = text.chars().take(24).collect();
        let more = if short.len() < text.len() { "…" } else { "" };
        match self.kind(at) {
            Some(TokenKind::Text | TokenKind::UnclosedText | TokenKind::OtherText) => format!("the text {short}{more}"),
            _ => format!("`{short}{more}`"),
        }
    }

    /// What helps with this line in particular.
    fn hints(&self, d: Diagnostic, said: &BTreeSet<Says>) -> Diagnostic {
        let place = self.place();
        let Some(word) = self.word(self.at) else {
            return match self.text(self.at) {
                ":" if said.contains(&Says::Exactly("{")) => d.help("blocks stand in `{ }`"),
                "==" if said.contains(&Says::Exactly("=")) => d.fix("write `=`", place, "="),
                "=" if said.contains(&Says::Exactly(":")) => d.fix("write `:`", place, ":"),
                _ => d,
            };
        };
        let first = self.at == self.reader.layout.after_annotations(&self.range);
        let value_expected = said.contains(&Says::Thing("a value")) && !first;
        if word == "to" && said.contains(&Says::Exactly("=")) {
            return d.fix("write `=`", place, "=");
        }
        if first && self.kind == Body::Block && CLAUSES.contains(&word) {
            return d
                .note(format!("`{word}` is a clause: it stands at the head of the journey, before the first step"));
        }
        if first && self.kind == Body::Items && (STEPS.contains(&word) || CLAUSES.contains(&word)) {
            return d.note(format!("`{word}` stands inside a journey"));
        }
        if value_expected && STEPS.contains(&word) {
            return d.note(format!("by itself, `{word}` begins a step; as a value it needs what it belongs to before it, as in `order.{word}`"));
        }
        if value_expected && KEYWORDS.iter().any(|(k, _)| *k == word) && vocabulary::is_operator(word) {
            return d.note(format!("by itself, `{word}` is an operator; as a value it needs what it belongs to before it, as in `order.{word}`"));
        }
        d
    }
}

/// Parts of a line that may be taken for one value that could not be read: tokens, and what is written instead.
/// `at` is where reading stopped.
pub(crate) fn doubtful_parts(reader: &Reader<'_>, line: &Range<usize>, at: usize) -> Vec<(Range<usize>, String)> {
    let toks = &reader.layout.toks;
    let text = |i: usize| {
        toks[i].instead.or_else(|| reader.text.get(toks[i].start as usize..toks[i].end as usize)).unwrap_or("")
    };
    let mut parts = Vec::new();
    let at = at.min(line.end);
    // Something is missing there.
    if at > line.start && !toks[at - 1].kind.closes() && toks[at - 1].kind != TokenKind::LBrace {
        parts.push((at - 1..at, format!("{} \u{1}", text(at - 1))));
    }
    // Or too much stands there: up to a closing bracket, a comma, a block, the end.
    let mut ends: Vec<usize> = Vec::new();
    let mut i = at;
    while i < line.end {
        let tok = &toks[i];
        if tok.kind.closes() || matches!(tok.kind, TokenKind::Comma | TokenKind::LBrace | TokenKind::Newline) {
            ends.push(i);
            if tok.kind.closes() || tok.kind == TokenKind::LBrace {
                break;
            }
        }
        i = tok.partner().filter(|p| *p > i && *p < line.end).map_or(i, |p| p) + 1;
    }
    if i >= line.end {
        ends.push(line.end);
    }
    let from = line.start + 1;
    for start in (from.max(at.saturating_sub(8))..=at).rev() {
        for end in ends.iter().copied().take(3) {
            let whole = |j: usize| {
                toks[j].partner().is_none_or(|p| (start..end).contains(&p)) && toks[j].kind != TokenKind::LBrace
            };
            if start < end && (start..end).all(whole) {
                parts.push((start..end, "\u{1}".to_string()));
            }
        }
    }
    parts
}
