//! The first half of the work: from a piece of the file to messages, each with its line and its customer's shard.

use crate::ingest::{Body, Decoder, Found, Line, Message, Problem};
use std::collections::BTreeMap;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

/// A message with its place.
pub(crate) struct Item<'a> {
    /// Of the piece, from 0.
    pub(crate) line: u64,
    /// Of the customer's id.
    pub(crate) hash: u64,
    pub(crate) message: Message<'a>,
    /// The line as it came.
    pub(crate) raw: &'a [u8],
    /// The line of an event for everyone, which outlives the piece.
    pub(crate) kept: Option<Arc<str>>,
}

/// What stands in a piece.
#[derive(Default)]
pub(crate) struct Parsed<'a> {
    /// Lines, also blank ones.
    pub(crate) lines: u64,
    /// Messages: lines that are not blank.
    pub(crate) messages: u64,
    pub(crate) items: Vec<Item<'a>>,
    /// Rows of the items.
    pub(crate) found: Found,
    /// For each shard the items it must see, in order.
    pub(crate) of_shard: Vec<Vec<u32>>,
    /// Lines that cannot be used.
    pub(crate) bad: Vec<(u64, Problem, &'a [u8])>,
    pub(crate) unknown: BTreeMap<String, u64>,
    pub(crate) unread: BTreeMap<String, u64>,
    /// Messages that came after the horizon.
    pub(crate) after: u64,
    /// Latest time of the piece.
    pub(crate) latest: Option<i64>,
    /// Whether a customer gets another name here.
    pub(crate) aliases: bool,
}

/// Reads a piece. Messages later than `until` are counted and left out. `found` is memory of a piece that is done with.
pub(crate) fn parse<'a>(
    decoder: &Decoder,
    chunk: &'a [u8],
    mut found: Found,
    until: Option<i64>,
    shards: usize,
) -> Parsed<'a> {
    found.clear();
    // Messages are a few hundred bytes each: room for them is made once.
    let items = Vec::with_capacity(chunk.len() / 256);
    let mut parsed = Parsed { of_shard: vec![Vec::new(); shards], items, ..Parsed::default() };
    decoder.lines(chunk, &mut found, |raw, line| parsed.take(decoder, raw, line, until));
    parsed.found = found;
    parsed.dispatch();
    parsed
}

impl<'a> Parsed<'a> {
    fn take(&mut self, decoder: &Decoder, raw: &'a [u8], line: Line<'a>, until: Option<i64>) {
        let at = self.lines;
        self.lines += 1;
        self.messages += 1;
        let time = match line {
            Line::Blank => {
                self.messages -= 1;
                None
            }
            Line::Unknown(name, time) => {
                count(&mut self.unknown, &name);
                time
            }
            Line::Unread(name, time) => {
                count(&mut self.unread, &name);
                time
            }
            Line::Bad(problem) => {
                self.bad.push((at, problem, raw));
                None
            }
            Line::Message(message) => {
                let time = message.happened_at.max(message.received_at.unwrap_or(i64::MIN));
                if until.is_some_and(|until| time > until) {
                    self.after += 1;
                } else {
                    self.aliases |= matches!(message.body, Body::Alias(_));
                    let hash = xxh3_64(message.customer.as_bytes());
                    let kept = decoder.for_everyone(&message).then(|| String::from_utf8_lossy(raw).into());
                    self.items.push(Item { line: at, hash, message, raw, kept });
                }
                Some(time)
            }
        };
        self.latest = self.latest.max(time);
    }

    /// Works out which shard sees which item.
    pub(crate) fn dispatch(&mut self) {
        self.of_shard.iter_mut().for_each(Vec::clear);
        let shards = self.of_shard.len();
        for (i, item) in (0u32..).zip(&self.items) {
            match item.kept {
                Some(_) => self.of_shard.iter_mut().for_each(|shard| shard.push(i)),
                None => self.of_shard[shard_of(item.hash, shards)].push(i),
            }
        }
    }
}

fn count(names: &mut BTreeMap<String, u64>, name: &str) {
    match names.get_mut(name) {
        Some(count) => *count += 1,
        None => {
            names.insert(name.to_string(), 1);
        }
    }
}

/// The shard of a customer, by the hash of their id.
pub fn shard_of(hash: u64, shards: usize) -> usize {
    (hash >> 32) as usize % shards
}
