//! Where the cursor stands, from tokens alone: so that it is known in a line that is only half written.

use crate::analysis::Analysis;
use journey_grammar::parse::Body;
use journey_grammar::span::{FileId, Span};
use journey_grammar::tokens::{DECLARATIONS, Token, TokenKind};

/// A pair of braces that is open at the cursor: the tokens of the line it stands on, up to it.
#[derive(Debug, Clone)]
pub struct Open {
    /// What stands between the braces.
    pub body: Body,
    /// Its line, as indices into the tokens that mean something.
    line: std::ops::Range<usize>,
}

/// The place of the cursor.
pub struct Cursor<'a> {
    text: &'a str,
    /// Tokens that mean something, up to the cursor, without the word that is being written.
    tokens: Vec<Token>,
    /// Open braces, the innermost last.
    pub open: Vec<Open>,
    line: usize,
    /// The word that is being written: from its beginning to its end, which may lie behind the cursor.
    pub word: Span,
    /// What of the word stands before the cursor.
    pub begun: &'a str,
    /// Inside a text: what of it stands before the cursor.
    pub in_text: Option<&'a str>,
    /// Inside a comment.
    pub in_comment: bool,
}

impl<'a> Cursor<'a> {
    /// The place of a byte of a file.
    pub fn new(analysis: &'a Analysis, file: FileId, offset: u32) -> Cursor<'a> {
        let text = analysis.text(file);
        let mut cursor = Cursor {
            text,
            tokens: Vec::new(),
            open: Vec::new(),
            line: 0,
            word: Span { file, start: offset, end: offset },
            begun: "",
            in_text: None,
            in_comment: false,
        };
        let mut fresh = true;
        for token in analysis.tokens(file) {
            if token.start >= offset {
                break;
            }
            let written = token.end >= offset;
            match token.kind {
                TokenKind::Whitespace => continue,
                TokenKind::Newline => {
                    cursor.end_line();
                    fresh = true;
                    continue;
                }
                kind if kind.is_comment() => {
                    cursor.in_comment = written;
                    continue;
                }
                TokenKind::Text | TokenKind::UnclosedText
                    if token.end > offset || token.kind == TokenKind::UnclosedText && written =>
                {
                    cursor.in_text = text.get(token.start as usize + 1..offset as usize);
                }
                TokenKind::Word if written => {
                    cursor.word = Span { file, start: token.start, end: token.end };
                    cursor.begun = text.get(token.start as usize..offset as usize).unwrap_or("");
                    continue;
                }
                _ => {}
            }
            let column_0 = fresh
                && (token.start == 0
                    || text.as_bytes().get(token.start as usize - 1).is_some_and(|b| matches!(b, b'\n' | b'\r')));
            fresh = false;
            // A declaration begins here, whatever is still open before it.
            if column_0 && (token.kind == TokenKind::At || DECLARATIONS.contains(&token.text(text))) {
                cursor.open.clear();
                if cursor.tokens.get(cursor.line).is_none_or(|t| t.kind != TokenKind::At) {
                    cursor.line = cursor.tokens.len();
                }
            }
            match token.kind {
                TokenKind::LBrace => {
                    let body = cursor.body_of_line();
                    cursor.open.push(Open { body, line: cursor.line..cursor.tokens.len() });
                    cursor.tokens.push(*token);
                    cursor.line = cursor.tokens.len();
                }
                TokenKind::RBrace => {
                    let line = cursor.open.pop().map(|o| o.line.start);
                    cursor.tokens.push(*token);
                    // `} else {` goes on with the line it began on.
                    cursor.line = line.unwrap_or(cursor.tokens.len());
                }
                _ => cursor.tokens.push(*token),
            }
        }
        cursor
    }

    /// The names that are given with `as` from a byte up to the cursor: each with the word that says what is named (`on`, `send`, `call`,
    /// `collect`), and what stands behind that.
    pub fn aliases(&self, from: u32) -> Vec<(&'a str, &'a str, &'a str)> {
        let first = self.tokens.partition_point(|t| t.start < from);
        let mut found = Vec::new();
        for at in first..self.tokens.len() {
            let named = self.tokens.get(at + 1).is_some_and(|t| t.kind == TokenKind::Word);
            if self.text_of(at) != "as" || !named {
                continue;
            }
            let says = |i: &usize| matches!(self.text_of(*i), "on" | "send" | "call" | "collect");
            if let Some(said) = (first..at).rev().find(says) {
                found.push((self.text_of(at + 1), self.text_of(said), self.text_of(said + 1)));
            }
        }
        found
    }

    /// A line ends, unless a bracket is open on it.
    fn end_line(&mut self) {
        let depth = self.tokens[self.line..].iter().fold(0i32, |d, t| match t.kind {
            TokenKind::LParen | TokenKind::LBracket => d + 1,
            TokenKind::RParen | TokenKind::RBracket => d - 1,
            _ => d,
        });
        if depth <= 0 {
            self.line = self.tokens.len();
        }
    }

    /// What stands between the braces that are open last.
    pub fn body(&self) -> Body {
        self.open.last().map_or(Body::Items, |o| o.body)
    }

    fn text_of(&self, at: usize) -> &'a str {
        self.tokens.get(at).map_or("", |t| t.text(self.text))
    }

    /// The words and marks of the line before the word that is being written.
    pub fn words(&self) -> Vec<&'a str> {
        (self.line..self.tokens.len()).map(|i| self.text_of(i)).collect()
    }

    /// The line before the word that is being written, as it is written.
    pub fn line(&self) -> &'a str {
        let start = self.tokens.get(self.line).map_or(self.word.start, |t| t.start);
        self.text.get(start as usize..self.word.start as usize).unwrap_or("")
    }

    /// The words of the line on which an open brace stands.
    pub fn head(&self, open: &Open) -> Vec<&'a str> {
        open.line.clone().map(|i| self.text_of(i)).collect()
    }

    /// What an opening brace at the end of the present line would hold.
    fn body_of_line(&self) -> Body {
        let all = self.words();
        // Without annotations.
        let mut at = 0;
        while all.get(at) == Some(&"@") {
            at += 3;
            while all.get(at) == Some(&".") {
                at += 2;
            }
        }
        let words = &all[at.min(all.len())..];
        let first = words.first().copied().unwrap_or("");
        let has = |w: &str| words.contains(&w);
        match self.body() {
            Body::Items => match first {
                "taxonomy" => Body::Nodes,
                "event" => Body::Event,
                "extend" | "record" | "profile" => Body::Fields,
                "channel" => Body::Channel,
                "message" => Body::Message,
                "offer" => Body::Offer,
                "policy" => Body::Policy,
                "webhook" if words.last() == Some(&"gives") => Body::Fields,
                "webhook" => Body::Webhook,
                "journey" => Body::Journey,
                "test" => Body::Test,
                "migrate" => Body::Migrate,
                _ => Body::Items,
            },
            Body::Nodes => Body::Nodes,
            Body::Message => Body::Parts,
            Body::Journey | Body::Block => match first {
                "wait" if has("up") => Body::Arms,
                "branch" if has("on") => Body::Cases,
                "branch" => Body::Whens,
                "experiment" => Body::Variants,
                "next" => Body::NextBest,
                "send" => Body::Outcomes,
                "task" => Body::TaskEnds,
                "emit" => Body::Record,
                "stage" => Body::Journey,
                _ => Body::Block,
            },
            Body::Test if first == "customer" => Body::Customer,
            Body::Test | Body::Record | Body::Customer | Body::Fields => Body::Record,
            _ => Body::Block,
        }
    }
}
