//! What a word is, said by three who know: the compiler, the tree-sitter grammar with its queries, the TextMate grammar.
//!
//! The editors' many names of colours are brought to one class each (`class_of_capture`, `class_of_scope`). What only the compiler of
//! a whole project can know, which kind of thing a name stands for, is one class: a name. So is a mark (`{`, `,`, `=`) where an editor
//! leaves it without a colour.

use giallo::{HighlightOptions, Registry, ThemeVariant};
use journey_grammar::parse::{Use, uses_of_words};
use journey_grammar::span::FileId;
use journey_grammar::tokens::{TokenKind, tokenize};
use std::ops::Range;
use tree_sitter::{Parser, Query, QueryCursor, StreamingIterator, Tree};

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// No colour, or that of a name.
    Name,
    /// A bracket, a comma and the like.
    Mark,
    Comment,
    Doc,
    Text,
    Number,
    Unit,
    Keyword,
    Operator,
    Annotation,
}

impl Class {
    /// A name or a mark.
    pub fn is_name(self) -> bool {
        matches!(self, Class::Name | Class::Mark)
    }

    /// Whether an editor's class is that of the compiler.
    pub fn agrees(self, editor: Class) -> bool {
        self == editor || self.is_name() && editor.is_name()
    }
}

/// The pieces of a program that have a meaning, in order, as the compiler reads them.
pub fn of_compiler(text: &str) -> Vec<(Range<usize>, Class)> {
    let uses = uses_of_words(FileId(0), text);
    let mut uses = uses.iter().peekable();
    let data = data_of_tests(text);
    let mut pieces = Vec::new();
    for token in tokenize(text) {
        let range = token.range();
        while uses.next_if(|(span, _)| (span.start as usize) < range.start).is_some() {}
        let class = match token.kind {
            TokenKind::Whitespace | TokenKind::Newline => continue,
            _ if data.iter().any(|d| d.contains(&range.start)) => continue,
            TokenKind::Comment | TokenKind::HashComment => Class::Comment,
            TokenKind::Doc => Class::Doc,
            TokenKind::Text | TokenKind::OtherText | TokenKind::UnclosedText => {
                pieces.extend(outside_placeholders(text, range).map(|r| (r, Class::Text)));
                continue;
            }
            TokenKind::Number | TokenKind::Date | TokenKind::Time => Class::Number,
            TokenKind::Operator | TokenKind::OtherOperator => Class::Operator,
            TokenKind::At => Class::Annotation,
            TokenKind::Word => match uses.peek() {
                Some((span, what)) if span.start as usize == range.start => match what {
                    Use::Keyword => Class::Keyword,
                    Use::Unit => Class::Unit,
                    Use::Annotation => Class::Annotation,
                },
                _ => Class::Name,
            },
            _ => Class::Mark,
        };
        pieces.push((range, class));
    }
    pieces
}

/// The recorded data in tests (`does raw E { … }`), which is not of the language.
fn data_of_tests(text: &str) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    for (at, _) in text.match_indices(" does raw ") {
        let Some(open) = text[at..].find('{').map(|n| at + n) else { continue };
        let mut depth = 0;
        let mut quoted = false;
        let end = text[open..].bytes().position(|b| {
            match b {
                b'"' => quoted = !quoted,
                b'{' if !quoted => depth += 1,
                b'}' if !quoted => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        ranges.extend(end.map(|n| open..open + n + 1));
    }
    ranges
}

/// Where placeholders stand in a text, with their braces.
fn placeholders(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = range.start;
    while let Some(open) = text[at..range.end].find("{{").map(|n| at + n) {
        let Some(close) = text[open..range.end].find("}}").map(|n| open + n + 2) else { break };
        found.push(open..close);
        at = close;
    }
    found
}

fn outside_placeholders(text: &str, range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let inside = placeholders(text, range.clone());
    let starts = std::iter::once(range.start).chain(inside.iter().map(|p| p.end)).collect::<Vec<_>>();
    let ends = inside.iter().map(|p| p.start).chain([range.end]).collect::<Vec<_>>();
    starts.into_iter().zip(ends).map(|(from, to)| from..to).filter(|r| !r.is_empty())
}

/// Where the placeholders of a program's messages stand, with their braces.
pub fn placeholders_of(text: &str) -> Vec<Range<usize>> {
    let texts = tokenize(text).into_iter().filter(|t| t.kind == TokenKind::Text);
    texts.flat_map(|t| placeholders(text, t.range())).collect()
}

/// The words, numbers and texts between `{{` and `}}`.
pub fn words_of_placeholders(text: &str) -> Vec<Range<usize>> {
    let inside = placeholders_of(text).into_iter().flat_map(|p| {
        let (from, to) = (p.start + 2, p.end - 2);
        tokenize(&text[from..to])
            .into_iter()
            .filter(|t| !t.kind.is_trivia())
            .map(move |t| from + t.start as usize..from + t.end as usize)
    });
    inside.collect()
}

/// The class of every byte of a text.
pub struct Colours(Vec<Class>);

impl Colours {
    /// The class of a piece; where it has several, that of its first letter that differs from a name.
    pub fn of(&self, range: Range<usize>) -> Class {
        let bytes = &self.0[range];
        match bytes.iter().find(|c| **c != bytes[0]) {
            Some(other) if bytes[0] == Class::Name => *other,
            Some(_) => Class::Name,
            None => bytes[0],
        }
    }
}

/// The tree of a text.
pub fn tree(text: &str) -> Tree {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_journey::LANGUAGE.into()).unwrap();
    parser.parse(text, None).unwrap()
}

/// The tree-sitter grammar with its colours.
pub struct TreeSitter {
    query: Query,
}

impl TreeSitter {
    pub fn new() -> TreeSitter {
        let language = tree_sitter_journey::LANGUAGE.into();
        for query in [
            tree_sitter_journey::INJECTIONS,
            tree_sitter_journey::LOCALS,
            tree_sitter_journey::TAGS,
            tree_sitter_journey::FOLDS,
            tree_sitter_journey::INDENTS,
        ] {
            Query::new(&language, query).unwrap();
        }
        TreeSitter { query: Query::new(&language, tree_sitter_journey::HIGHLIGHTS).unwrap() }
    }

    /// The coloured places, outer ones before those inside them.
    pub fn captures(&self, text: &str) -> Vec<(Range<usize>, String)> {
        let tree = tree(text);
        let mut cursor = QueryCursor::new();
        let mut captures = cursor.captures(&self.query, tree.root_node(), text.as_bytes());
        let mut found = Vec::new();
        while let Some((matched, index)) = captures.next() {
            let capture = matched.captures()[*index];
            let name = self.query.capture_names()[capture.index as usize];
            found.push((capture.node.byte_range(), name.to_string()));
        }
        found.sort_by_key(|(r, _)| (r.start, std::cmp::Reverse(r.end)));
        found
    }

    pub fn of(&self, text: &str) -> Colours {
        let mut classes = vec![Class::Name; text.len()];
        for (range, capture) in self.captures(text) {
            classes[range].fill(class_of_capture(&capture));
        }
        Colours(classes)
    }
}

/// What tree-sitter's names of colours say.
fn class_of_capture(capture: &str) -> Class {
    match capture {
        "comment" => Class::Comment,
        "comment.documentation" => Class::Doc,
        "string" | "string.escape" => Class::Text,
        "number" => Class::Number,
        "number.unit" => Class::Unit,
        "keyword" | "keyword.operator" => Class::Keyword,
        "operator" => Class::Operator,
        "attribute" => Class::Annotation,
        c if c.starts_with("punctuation") => Class::Mark,
        c if ["type", "function", "variable", "property", "constant", "module", "label"]
            .iter()
            .any(|n| c == *n || c.starts_with(&format!("{n}."))) =>
        {
            Class::Name
        }
        other => panic!("the capture @{other} has no class"),
    }
}

/// The TextMate grammar, as VS Code runs it.
pub struct TextMate {
    registry: Registry,
}

/// Scopes and their classes: the longest that fits counts, as in a theme.
const SCOPES: &[(&str, Class)] = &[
    ("comment", Class::Comment),
    ("comment.line.documentation", Class::Doc),
    ("string", Class::Text),
    ("constant.character.escape", Class::Text),
    ("punctuation.section.embedded", Class::Mark),
    ("meta.embedded", Class::Name),
    ("constant.numeric", Class::Number),
    ("keyword.other.unit", Class::Unit),
    ("keyword", Class::Keyword),
    ("storage.type", Class::Keyword),
    ("keyword.operator.journey", Class::Operator),
    ("punctuation.definition.annotation", Class::Annotation),
    ("entity.other.attribute-name.annotation", Class::Annotation),
    ("constant.other.annotation", Class::Annotation),
];

impl TextMate {
    pub fn new() -> TextMate {
        let grammar = super::programs::root().join("editor/vscode/syntaxes/journey.tmLanguage.json");
        // A theme whose colours are the numbers of the classes.
        let rules: Vec<String> = SCOPES
            .iter()
            .map(|(scope, class)| {
                format!(r##"{{"scope":"{scope}","settings":{{"foreground":"{}"}}}}"##, colour_of(*class))
            })
            .collect();
        let theme = format!(
            r##"{{"name":"classes","type":"dark","colors":{{"editor.foreground":"#000000","editor.background":"#ffffff"}},"tokenColors":[{}]}}"##,
            rules.join(",")
        );
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("classes.json");
        std::fs::write(&path, theme).unwrap();
        let mut registry = Registry::default();
        registry.add_grammar_from_path(grammar).unwrap();
        registry.add_theme_from_path(path).unwrap();
        registry.link_grammars();
        TextMate { registry }
    }

    pub fn of(&self, text: &str) -> Colours {
        let options = HighlightOptions::new("journey", ThemeVariant::Single("classes")).merge_whitespace(false);
        let lines = self.registry.highlight(text, &options).unwrap().tokens;
        let mut classes = vec![Class::Name; text.len()];
        let mut at = 0;
        for line in lines {
            for piece in line {
                let from = at + text[at..].find(&piece.text).expect("the text, piece by piece");
                at = from + piece.text.len();
                classes[from..at].fill(class_of_colour(&piece));
            }
        }
        Colours(classes)
    }
}

fn class_of_colour(piece: &giallo::HighlightedText) -> Class {
    let ThemeVariant::Single(style) = piece.style else { panic!("one theme") };
    let colour = style.foreground.as_hex();
    let class = SCOPES.iter().map(|(_, class)| *class).find(|class| colour == colour_of(*class));
    class.unwrap_or(Class::Name)
}

/// The colour that stands for a class.
fn colour_of(class: Class) -> String {
    format!("#{:06X}", class as u8)
}
