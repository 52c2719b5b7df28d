//! Shapes: a message's JSON text with its values taken out. The values stand in columns; the shape says which, and how each was
//! written, so that the text is found again as it came. There are few shapes in a file, for senders write the same calls over and over.
//!
//! `{"type":"track","event":%e0,"userId":%c0,"timestamp":%t0,"properties":{"total":%0,"coupon":null}}`
//!
//! | mark | value |
//! |---|---|
//! | `%e` style | column `event` |
//! | `%c` style, `%C` | column `customer`, as text or as a number |
//! | `%m` style, `%M` | column `message_id`, as text or as a number |
//! | `%t` style | column `time` |
//! | `%r` style | column `received_at` |
//! | `%` style | the column of the path |

use crate::form::Form;
use crate::line::Kind;
use crate::tree::Column;
use rustc_hash::FxHashMap;

/// Where a value of a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Event,
    Customer {
        number: bool,
    },
    MessageId {
        number: bool,
    },
    Time,
    Received,
    /// Index into [`Column`]s.
    Column(u16),
}

/// A mark in a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) source: Source,
    pub(crate) style: u8,
}

/// Writes a mark.
pub(crate) fn write_mark(out: &mut String, mark: Mark) {
    out.push('%');
    let letter = match mark.source {
        Source::Event => Some('e'),
        Source::Customer { number } => Some(if number { 'C' } else { 'c' }),
        Source::MessageId { number } => Some(if number { 'M' } else { 'm' }),
        Source::Time => Some('t'),
        Source::Received => Some('r'),
        Source::Column(_) => None,
    };
    out.extend(letter);
    if !matches!(mark.source, Source::Customer { number: true } | Source::MessageId { number: true }) {
        out.push(char::from(b'0' + mark.style));
    }
}

/// What stands at a name of a shape.
#[derive(Debug, PartialEq)]
pub(crate) enum Part {
    Null,
    /// A word that is part of the shape.
    Literal(String),
    Value(Mark),
    Object(Vec<(String, Part)>),
}

impl Part {
    /// What stands under a name of an object.
    pub(crate) fn child(&self, name: &str) -> Option<&Part> {
        match self {
            Part::Object(names) => names.iter().find(|(known, _)| known == name).map(|(_, part)| part),
            _ => None,
        }
    }
}

/// A shape that has been read.
#[derive(Debug)]
pub(crate) struct Shape {
    text: String,
    pub(crate) root: Part,
    pub(crate) kind: Kind,
    /// Marks with their places in the text.
    marks: Vec<(usize, usize, Mark)>,
}

/// The columns of a file, by path.
#[derive(Debug, Default)]
pub(crate) struct Paths(FxHashMap<Vec<String>, u16>);

impl Paths {
    pub(crate) fn new(columns: &[Column]) -> Paths {
        Paths((0u16..).zip(columns).map(|(i, column)| (column.path.clone(), i)).collect())
    }
}

impl Shape {
    /// Reads a shape; none when it is not one.
    pub(crate) fn read(text: &str, paths: &Paths) -> Option<Shape> {
        let mut reader = Reader { text, pos: 0, paths, path: Vec::new(), marks: Vec::new() };
        reader.space();
        let root = reader.object()?;
        reader.space();
        let marks = reader.marks;
        let kind = kind(&root)?;
        (reader.pos == text.len()).then(|| Shape { text: text.to_string(), root, kind, marks })
    }

    /// Writes a message of this shape; `value` writes the value of a mark.
    pub(crate) fn write(&self, out: &mut String, mut value: impl FnMut(&mut String, Mark)) {
        let mut from = 0;
        for (start, end, mark) in &self.marks {
            out.push_str(&self.text[from..*start]);
            value(out, *mark);
            from = *end;
        }
        out.push_str(&self.text[from..]);
    }
}

/// What messages of a shape are.
fn kind(root: &Part) -> Option<Kind> {
    let there = |name: &str| match root.child(name) {
        None | Some(Part::Null) => false,
        Some(Part::Literal(word)) => !word.is_empty(),
        Some(Part::Value(_) | Part::Object(_)) => true,
    };
    if there("specversion") {
        return Some(Kind::Event);
    }
    match root.child("type") {
        Some(Part::Literal(word)) if !word.is_empty() => Kind::named(word),
        _ => Some(Kind::Track),
    }
}

struct Reader<'a> {
    text: &'a str,
    pos: usize,
    paths: &'a Paths,
    path: Vec<String>,
    marks: Vec<(usize, usize, Mark)>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.pos).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.pos += 1;
        Some(byte)
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.pos += 1;
        }
    }

    /// Up to the next quote; there are no escapes in shapes.
    fn string(&mut self) -> Option<String> {
        (self.next()? == b'"').then_some(())?;
        let end = self.pos + self.text.get(self.pos..)?.find('"')?;
        let text = self.text[self.pos..end].to_string();
        self.pos = end + 1;
        Some(text)
    }

    fn object(&mut self) -> Option<Part> {
        let mut names = Vec::new();
        (self.next()? == b'{').then_some(())?;
        self.space();
        if self.peek() == Some(b'}') {
            self.pos += 1;
            return Some(Part::Object(names));
        }
        // Shapes are no deeper than the columns' paths, or columns would be missing; deep empty objects end here.
        (self.path.len() < 64).then_some(())?;
        loop {
            let name = self.string()?;
            self.space();
            (self.next()? == b':').then_some(())?;
            self.space();
            self.path.push(name.clone());
            let part = self.part()?;
            self.path.pop();
            names.push((name, part));
            self.space();
            match self.next()? {
                b',' => self.space(),
                b'}' => return Some(Part::Object(names)),
                _ => return None,
            }
        }
    }

    fn part(&mut self) -> Option<Part> {
        let start = self.pos;
        Some(match self.peek()? {
            b'{' => self.object()?,
            b'"' => Part::Literal(self.string()?),
            b'%' => {
                self.pos += 1;
                let letter = self.next()?;
                let source = match letter {
                    b'e' => Source::Event,
                    b'c' | b'C' => Source::Customer { number: letter == b'C' },
                    b'm' | b'M' => Source::MessageId { number: letter == b'M' },
                    b't' => Source::Time,
                    b'r' => Source::Received,
                    _ => {
                        self.pos -= 1;
                        Source::Column(*self.paths.0.get(&self.path)?)
                    }
                };
                let digit = if matches!(letter, b'C' | b'M') { b'0' } else { self.next()? };
                let style = digit.checked_sub(b'0').filter(|style| *style < 10)?;
                let mark = Mark { source, style };
                self.marks.push((start, self.pos, mark));
                Part::Value(mark)
            }
            _ => {
                let rest = &self.text[start..];
                let end = rest.find([',', '}', ' ', '\t', '\r', '\n'])?;
                self.pos += end;
                match &rest[..end] {
                    "null" => Part::Null,
                    word => Part::Literal(word.to_string()),
                }
            }
        })
    }
}

/// Styles of marks are digits.
pub(crate) fn fits(form: Form, style: u8) -> bool {
    style < 10 && (form == Form::Number || style < 6)
}
