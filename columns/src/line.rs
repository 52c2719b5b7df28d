//! One line of JSON to its leaves, and what its outside says. Whatever is unusual makes the line odd: it is then kept as it came,
//! and what it means is the decoder's business alone.

use crate::form::{Value, plain};
use crate::tree::Tree;
use journey_runtime::ingest;
use journey_runtime::input::AHEAD_LIMIT;
use serde_json::value::RawValue;
use std::borrow::Cow;
use xxhash_rust::xxh3::{Xxh3Default, xxh3_64};

/// The parts of the outside, in the order of their nodes (from 1).
pub(crate) const PARTS: [&str; 15] = [
    "type",
    "event",
    "userId",
    "anonymousId",
    "previousId",
    "messageId",
    "timestamp",
    "originalTimestamp",
    "sentAt",
    "receivedAt",
    "specversion",
    "id",
    "source",
    "subject",
    "time",
];
const TYPE: usize = 1;
const EVENT: usize = 2;
const USER_ID: usize = 3;
const ANONYMOUS_ID: usize = 4;
const MESSAGE_ID: usize = 6;
const TIMESTAMP: usize = 7;
const RECEIVED_AT: usize = 10;
const SPEC_VERSION: usize = 11;
const ID: usize = 12;
const SOURCE: usize = 13;
const SUBJECT: usize = 14;
const TIME: usize = 15;

/// Deepest objects that are walked into.
const DEPTH: usize = 60;

/// A value that is neither `null` nor an object that is walked into.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Leaf {
    pub(crate) node: u32,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// The leaves of a line, in their order.
#[derive(Debug, Default)]
pub(crate) struct Leaves {
    pub(crate) all: Vec<Leaf>,
    /// For each part of the outside its leaf, plus one.
    parts: [usize; 16],
    /// A part of the outside is an object.
    object: bool,
}

/// The line is not what the walk understands.
#[derive(Debug, PartialEq)]
pub(crate) struct Odd;

impl Leaves {
    /// Walks a line. `number` must differ from line to line.
    pub(crate) fn walk(&mut self, tree: &mut Tree, line: &str, number: u64) -> Result<(), Odd> {
        self.all.clear();
        self.parts = [0; 16];
        self.object = false;
        let mut at = At { text: line, bytes: line.as_bytes(), pos: 0, number };
        at.space();
        self.object(tree, &mut at, 0, 0)?;
        at.space();
        if at.pos == line.len() { Ok(()) } else { Err(Odd) }
    }

    fn object(&mut self, tree: &mut Tree, at: &mut At<'_>, node: u32, depth: usize) -> Result<(), Odd> {
        at.take(b'{')?;
        tree.enter(node);
        at.space();
        if at.peek() == Some(b'}') {
            at.pos += 1;
            return Ok(());
        }
        loop {
            let name = at.name()?;
            let child = tree.child(node, name, at.number).ok_or(Odd)?;
            at.space();
            at.take(b':')?;
            at.space();
            let start = at.pos;
            match at.peek().ok_or(Odd)? {
                b'n' => at.word("null")?,
                b'{' if tree.opens(child) => {
                    if depth == DEPTH {
                        return Err(Odd);
                    }
                    self.object |= node == 0 && (child as usize) <= PARTS.len();
                    self.object(tree, at, child, depth + 1)?;
                }
                first => {
                    at.value(first)?;
                    if node == 0 && child as usize <= PARTS.len() {
                        self.parts[child as usize] = self.all.len() + 1;
                    }
                    self.all.push(Leaf { node: child, start, end: at.pos });
                }
            }
            at.space();
            match at.peek() {
                Some(b',') => at.pos += 1,
                Some(b'}') => {
                    at.pos += 1;
                    return Ok(());
                }
                _ => return Err(Odd),
            }
            at.space();
        }
    }

    fn part(&self, part: usize) -> Option<usize> {
        self.parts[part].checked_sub(1)
    }
}

/// A place in a line.
struct At<'a> {
    text: &'a str,
    bytes: &'a [u8],
    pos: usize,
    number: u64,
}

impl<'a> At<'a> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.pos).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.pos += 1;
        }
    }

    fn take(&mut self, byte: u8) -> Result<(), Odd> {
        if self.peek() == Some(byte) {
            self.pos += 1;
            Ok(())
        } else {
            Err(Odd)
        }
    }

    fn word(&mut self, word: &str) -> Result<(), Odd> {
        if self.bytes[self.pos..].starts_with(word.as_bytes()) {
            self.pos += word.len();
            Ok(())
        } else {
            Err(Odd)
        }
    }

    /// A name without escapes.
    fn name(&mut self) -> Result<&'a str, Odd> {
        let start = self.pos + 1;
        self.string()?;
        let name = &self.text[start..self.pos - 1];
        if name.contains('\\') { Err(Odd) } else { Ok(name) }
    }

    fn string(&mut self) -> Result<(), Odd> {
        self.take(b'"')?;
        loop {
            match self.peek().ok_or(Odd)? {
                b'"' => {
                    self.pos += 1;
                    return Ok(());
                }
                b'\\' => {
                    let escape = self.bytes.get(self.pos + 1).copied().ok_or(Odd)?;
                    self.pos += 2;
                    match escape {
                        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
                        b'u' => {
                            let hex = self.bytes.get(self.pos..self.pos + 4).ok_or(Odd)?;
                            if !hex.iter().all(u8::is_ascii_hexdigit) {
                                return Err(Odd);
                            }
                            self.pos += 4;
                        }
                        _ => return Err(Odd),
                    }
                }
                0..0x20 => return Err(Odd),
                _ => self.pos += 1,
            }
        }
    }

    fn digits(&mut self) -> Result<(), Odd> {
        let start = self.pos;
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.pos += 1;
        }
        if self.pos > start { Ok(()) } else { Err(Odd) }
    }

    fn number(&mut self) -> Result<(), Odd> {
        if self.peek() == Some(b'-') {
            self.pos += 1;
        }
        match self.peek() {
            Some(b'0') => self.pos += 1,
            _ => self.digits()?,
        }
        if self.peek() == Some(b'.') {
            self.pos += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.pos += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.pos += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    /// Any value but `null`.
    fn value(&mut self, first: u8) -> Result<(), Odd> {
        match first {
            b'"' => self.string(),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'{' | b'[' => {
                let mut values = serde_json::Deserializer::from_str(&self.text[self.pos..]).into_iter::<&RawValue>();
                let value = values.next().ok_or(Odd)?.map_err(|_| Odd)?;
                self.pos += value.get().len();
                Ok(())
            }
            _ => self.number(),
        }
    }
}

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Track,
    Page,
    Screen,
    Group,
    Identify,
    Alias,
    /// A CloudEvent.
    Event,
    /// None of these, or its outside is not understood.
    Other,
    /// It is no text.
    Bytes,
}

impl Kind {
    pub(crate) const ALL: [(Kind, &str); 9] = [
        (Kind::Track, "track"),
        (Kind::Page, "page"),
        (Kind::Screen, "screen"),
        (Kind::Group, "group"),
        (Kind::Identify, "identify"),
        (Kind::Alias, "alias"),
        (Kind::Event, "event"),
        (Kind::Other, "other"),
        (Kind::Bytes, "bytes"),
    ];

    pub(crate) fn words(self) -> &'static str {
        Kind::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, words)| words)
    }

    pub(crate) fn named(words: &str) -> Option<Kind> {
        Kind::ALL.iter().find(|(_, known)| *known == words).map(|(kind, _)| *kind)
    }
}

/// The outside of a line, as far as it is plain.
#[derive(Debug)]
pub(crate) struct Outside<'a> {
    pub(crate) kind: Kind,
    /// Of a track or a CloudEvent; with its leaf.
    pub(crate) event: Option<(Cow<'a, str>, usize)>,
    /// With its leaf, and whether it is a number.
    pub(crate) customer: Option<(Cow<'a, str>, usize, bool)>,
    /// Its own time, microseconds; with its leaf.
    pub(crate) time: Option<(i64, usize)>,
    /// Its time of receipt, likewise.
    pub(crate) received: Option<(i64, usize)>,
    /// Its message id, likewise as the customer's.
    pub(crate) id: Option<(Cow<'a, str>, usize, bool)>,
    /// The hash of its message id, as ingest makes it.
    pub(crate) hash: Option<u64>,
    /// All that ingest asks of a message's outside (but the customer) is there, and good.
    pub(crate) clean: bool,
}

/// A simple value, as ingest reads the outside.
enum Scalar<'a> {
    Missing,
    Text(Cow<'a, str>),
    Whole(&'a str),
    Other,
    /// Ingest must look itself.
    Odd,
}

impl<'a> Outside<'a> {
    /// Of a line that has been walked.
    pub(crate) fn of(line: &'a str, leaves: &Leaves) -> Outside<'a> {
        let raw = |part: usize| leaves.part(part).map(|at| &line[leaves.all[at].start..leaves.all[at].end]);
        let scalar = |part: usize| match raw(part) {
            None | Some("\"\"") => Scalar::Missing,
            Some(raw) => match Value::of(raw) {
                Value::OddText | Value::OddNumber => Scalar::Odd,
                Value::Int(_) => Scalar::Whole(raw),
                Value::Text(_) | Value::Moment(..) | Value::Date(_) => Scalar::Text(plain(raw)),
                _ => Scalar::Other,
            },
        };
        let at = |part: usize| leaves.part(part).unwrap_or_default();
        let text = |part: usize| match scalar(part) {
            Scalar::Text(text) => Some((text, at(part))),
            _ => None,
        };
        let id = |part: usize| match scalar(part) {
            Scalar::Text(text) => Some((text, at(part), false)),
            Scalar::Whole(digits) => Some((digits.into(), at(part), true)),
            _ => None,
        };
        let there = |part: usize| !matches!(scalar(part), Scalar::Missing);
        let mut clean = !leaves.object && (1..=PARTS.len()).all(|part| !matches!(scalar(part), Scalar::Odd));
        let mut moment = |part: usize| {
            let time = text(part).and_then(|(text, at)| Some((instant(&text)?, at)));
            clean &= time.is_some();
            time
        };
        let cloud = there(SPEC_VERSION);
        let (time, received);
        if cloud {
            (time, received) = (moment(TIME), None);
        } else {
            time = (TIMESTAMP..=RECEIVED_AT).find(|part| there(*part)).and_then(&mut moment);
            received = if there(RECEIVED_AT) { moment(RECEIVED_AT) } else { None };
        }
        let ahead = |(own, _): (i64, usize), (receipt, _): (i64, usize)| {
            own.div_euclid(1000) > receipt.div_euclid(1000) + AHEAD_LIMIT
        };
        clean &= time.is_some() && !time.zip(received).is_some_and(|(own, receipt)| ahead(own, receipt));
        let (kind, event) = if cloud {
            (Kind::Event, text(TYPE))
        } else {
            // In a message that is no CloudEvent, `time` means something to nobody, but for events that nothing reads.
            clean &= !there(TIME);
            match scalar(TYPE) {
                Scalar::Text(kind) if kind == "track" => (Kind::Track, text(EVENT)),
                Scalar::Missing if there(EVENT) => (Kind::Track, text(EVENT)),
                Scalar::Text(kind) => match Kind::named(&kind) {
                    Some(kind @ (Kind::Page | Kind::Screen | Kind::Group | Kind::Identify | Kind::Alias)) => {
                        (kind, None)
                    }
                    _ => (Kind::Other, None),
                },
                _ => (Kind::Other, None),
            }
        };
        let named = event.is_some() || !matches!(kind, Kind::Event | Kind::Track);
        clean &= named && kind != Kind::Other;
        let customer = if cloud { id(SUBJECT) } else { id(USER_ID).or_else(|| id(ANONYMOUS_ID)) };
        let message = if cloud { id(ID) } else { id(MESSAGE_ID) };
        let hash = message.as_ref().map(|(id, ..)| match cloud {
            true => {
                let mut hash = Xxh3Default::new();
                hash.update(text(SOURCE).map(|(source, _)| source).unwrap_or_default().as_bytes());
                hash.update(b"\0");
                hash.update(id.as_bytes());
                hash.digest()
            }
            false => xxh3_64(id.as_bytes()),
        });
        Outside { kind, event, customer, time, received, id: message, hash, clean }
    }

    /// The outside of a line that cannot be walked.
    pub(crate) fn unknown(kind: Kind) -> Outside<'a> {
        let (event, customer, time, received, id, hash) = (None, None, None, None, None, None);
        Outside { kind, event, customer, time, received, id, hash, clean: false }
    }
}

/// Whether a leaf is the type of a message that is no CloudEvent, or the version of CloudEvents: words of which there are few.
pub(crate) fn is_literal(kind: Kind, node: u32) -> bool {
    node as usize == SPEC_VERSION || (node as usize == TYPE && kind != Kind::Event)
}

/// Microseconds of a moment that ingest takes.
fn instant(text: &str) -> Option<i64> {
    let micros = match crate::form::moment(text) {
        Some((micros, _)) => micros,
        None => ingest::moment(text)?.checked_mul(1000)?,
    };
    ingest::PLAUSIBLE.contains(&micros.div_euclid(1000)).then_some(micros)
}
