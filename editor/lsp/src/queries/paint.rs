//! Which colour each word has: from the tokens, and from what names stand for.

use crate::analysis::Analysis;
use journey_compiler::mentions::{Local, Target};
use journey_compiler::scope::Kind;
use journey_grammar::span::{FileId, Span};
use journey_grammar::tokens::TokenKind;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// What a piece of text is, by the protocol's names; the order is that of [`PAINTS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as the protocol names them")]
pub enum Paint {
    Keyword,
    Comment,
    String,
    Number,
    Operator,
    Type,
    Event,
    Property,
    Variable,
    Parameter,
    EnumMember,
    Class,
    Function,
    Namespace,
    Struct,
    Decorator,
    Interface,
}

/// The names of the paints, in their order.
pub const PAINTS: [&str; 17] = [
    "keyword",
    "comment",
    "string",
    "number",
    "operator",
    "type",
    "event",
    "property",
    "variable",
    "parameter",
    "enumMember",
    "class",
    "function",
    "namespace",
    "struct",
    "decorator",
    "interface",
];

/// The names of what else may be said of a piece: it is a definition; it comes from the standard library; it is deprecated.
pub const MODIFIERS: [&str; 4] = ["declaration", "defaultLibrary", "deprecated", "documentation"];

/// One painted piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// Where; on one line.
    pub span: Span,
    /// What.
    pub paint: Paint,
    /// Bits of [`MODIFIERS`].
    pub modifiers: u32,
}

const WORDS_OF_TYPES: &[&str] =
    &["bool", "int", "number", "percent", "probability", "text", "money", "duration", "date", "time", "moment", "zone"];

static WORDS: LazyLock<BTreeSet<&str>> = LazyLock::new(|| journey_grammar::tokens::words().collect());

/// The painted pieces of a file, in order.
pub fn of_file(analysis: &Analysis, file: FileId) -> Vec<Piece> {
    let (tokens, text) = (analysis.tokens(file), analysis.text(file));
    let mentions = analysis.checked.mentions.of_file(file);
    let mut next = 0;
    let mut pieces = Vec::new();
    let significant = |i: usize| tokens[i + 1..].iter().find(|t| !t.kind.is_trivia()).map(|t| t.kind);
    let journey = analysis.tree(file).is_some();
    if !journey {
        return pieces;
    }
    for (i, token) in tokens.iter().enumerate() {
        let span = Span { file, start: token.start, end: token.end };
        while mentions.get(next).is_some_and(|m| m.span.start < token.start) {
            next += 1;
        }
        let (paint, modifiers) = match token.kind {
            TokenKind::Whitespace | TokenKind::Newline => continue,
            TokenKind::Doc => (Paint::Comment, 0b1000),
            TokenKind::Comment | TokenKind::HashComment => (Paint::Comment, 0),
            TokenKind::Text | TokenKind::UnclosedText | TokenKind::OtherText => (Paint::String, 0),
            TokenKind::Number | TokenKind::Date | TokenKind::Time => (Paint::Number, 0),
            TokenKind::Operator | TokenKind::OtherOperator => (Paint::Operator, 0),
            TokenKind::At => (Paint::Decorator, 0),
            TokenKind::Word => {
                let word = token.text(text);
                match mentions.get(next).filter(|m| m.span == span) {
                    Some(m) => {
                        let mut modifiers = u32::from(m.defines);
                        if from_pack(analysis, m.target) {
                            modifiers |= 0b10;
                        }
                        if is_deprecated(analysis, m.target) {
                            modifiers |= 0b100;
                        }
                        (paint_of(m.target), modifiers)
                    }
                    // `name:` is a field or an argument, whatever the word.
                    None if significant(i) == Some(TokenKind::Colon) => (Paint::Property, 0),
                    None if i > 0 && tokens[i - 1].kind == TokenKind::Dot => (Paint::Property, 0),
                    None if WORDS_OF_TYPES.contains(&word) && follows_colon(tokens, i) => (Paint::Type, 0),
                    None if i > 0 && tokens[i - 1].kind == TokenKind::At => (Paint::Decorator, 0),
                    None if WORDS.contains(word) => (Paint::Keyword, 0),
                    None => continue,
                }
            }
            _ => continue,
        };
        pieces.push(Piece { span, paint, modifiers });
    }
    pieces
}

fn follows_colon(tokens: &[journey_grammar::tokens::Token], at: usize) -> bool {
    tokens[..at].iter().rev().find(|t| !t.kind.is_trivia()).is_some_and(|t| t.kind == TokenKind::Colon)
}

fn paint_of(target: Target) -> Paint {
    match target {
        Target::Declared(kind, _) => match kind {
            Kind::Facet => Paint::Decorator,
            Kind::Record => Paint::Struct,
            Kind::Event => Paint::Event,
            Kind::ProfileField => Paint::Property,
            Kind::Segment | Kind::Purpose | Kind::Calendar => Paint::Type,
            Kind::Channel => Paint::Interface,
            Kind::Message | Kind::Webhook | Kind::Offer => Paint::Function,
            Kind::Policy | Kind::Team => Paint::Namespace,
            Kind::Journey => Paint::Class,
        },
        Target::EventField(..) | Target::RecordField(..) | Target::AnswerField(..) => Paint::Property,
        Target::Node(..) | Target::Value(..) => Paint::EnumMember,
        Target::Local(Local::Input, _) => Paint::Parameter,
        Target::Local(Local::Stage | Local::Experiment, _) => Paint::Namespace,
        Target::Local(..) => Paint::Variable,
    }
}

fn from_pack(analysis: &Analysis, target: Target) -> bool {
    let program = &analysis.checked.program;
    let about = match target {
        Target::Declared(Kind::Event, id) | Target::EventField(id, _) => program.events.get(id).map(|e| &e.about),
        Target::Declared(Kind::Channel, id) => program.channels.get(id).map(|c| &c.about),
        Target::Declared(Kind::Segment, id) => program.segments.get(id).map(|s| &s.about),
        Target::Declared(Kind::Record, id) | Target::RecordField(id, _) => program.records.get(id).map(|r| &r.about),
        _ => None,
    };
    about.is_some_and(|a| a.from_pack)
}

fn is_deprecated(analysis: &Analysis, target: Target) -> bool {
    match target {
        Target::Node(facet, node) => {
            let nodes = analysis.checked.program.facets.get(facet).map(|f| &f.nodes);
            nodes.and_then(|n| n.get(node as usize)).is_some_and(|n| n.deprecated.is_some())
        }
        _ => false,
    }
}
