//! Events that come in another form than JSON lines: in pieces, each of which gives every shard its share.

use super::shard::{Shard, Shared};
use super::{Aliases, DeadLetter};
use crate::batch::{HAS_ID, Item};
use crate::image::Word;
use crate::ingest::{Decoder, Problem};
use crate::input::InputKind;
use crate::pool::Pool;
use crate::program::Program;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

/// Where events come from: so many pieces, which are loaded one by one.
pub trait Source: Sync {
    /// Events that stand together.
    type Piece: Piece;

    /// How many pieces there are.
    fn pieces(&self) -> usize;

    /// Loads a piece, by its number. Several threads load pieces at once, each its own.
    fn load(&self, piece: usize) -> io::Result<Self::Piece>;
}

/// Events that stand together. The lines of a piece are all after those of the piece before. Several threads may feed shards at once.
pub trait Piece: Raw + Send + Sync {
    /// What is known without looking into messages' fields; asked once.
    fn found(&mut self) -> Found;

    /// Gives messages to the customers that names mean after the pieces before, and tells of new names. Pieces are asked in order.
    fn resolve(&mut self, aliases: &mut Aliases) -> io::Result<()>;

    /// Gives a shard its share: each customer's messages in their order, before them those for everyone.
    fn feed(&self, shard: usize, share: &mut Share<'_, '_>) -> io::Result<()>;
}

/// Messages as they came, by line.
pub trait Raw {
    /// The message of a line of the piece (counted from 0), without its end.
    fn raw(&self, line: u32) -> String;

    /// The number of the piece's first line in the file, from 1.
    fn first(&self) -> u64;
}

/// What is found in a piece.
#[derive(Debug, Default)]
pub struct Found {
    /// Bytes of the file.
    pub bytes: u64,
    /// Messages.
    pub messages: u64,
    /// Messages after the horizon.
    pub after: u64,
    /// Events that are not declared, by wire name.
    pub unknown: BTreeMap<String, u64>,
    /// Events that nothing reads, by wire name.
    pub unread: BTreeMap<String, u64>,
    /// What cannot be used, and is nobody's.
    pub dead: Vec<DeadLetter>,
    /// Latest time.
    pub latest: Option<i64>,
}

/// What a shard is given by a piece.
pub struct Share<'s, 'a> {
    shard: &'s mut Shard,
    shared: Shared<'a>,
    piece: &'s dyn Raw,
    /// It speaks for events for everyone.
    speaks: bool,
    /// Where the last row begins.
    row: u32,
}

/// An input before it has a row.
#[derive(Debug, Clone, Copy)]
pub struct Head {
    /// Number of the customer in the shard.
    pub customer: u32,
    /// Its line in the piece.
    pub line: u32,
    /// The later of its own time and its receipt.
    pub seen: i64,
    /// Its own time.
    pub happened_at: i64,
    /// A hash of its message id.
    pub id: Option<u64>,
}

impl<'s, 'a> Share<'s, 'a> {
    pub(crate) fn new(shard: &'s mut Shard, shared: Shared<'a>, piece: &'s dyn Raw, speaks: bool) -> Share<'s, 'a> {
        Share { shard, shared, piece, speaks, row: 0 }
    }

    /// The program.
    pub fn program(&self) -> &'a Program {
        self.shared.program
    }

    /// Reads messages that are given as JSON.
    pub fn decoder(&self) -> &'a Decoder {
        self.shared.decoder
    }

    /// The shard's texts and lists.
    pub fn pool(&mut self) -> &mut Pool {
        &mut self.shard.pool
    }

    /// The number of a customer, given the hash ([`xxhash_rust::xxh3::xxh3_64`]) of their id, for a message of a line.
    pub fn customer(&mut self, id: &str, hash: u64, line: u32, seen: i64) -> u32 {
        let line = self.piece.first() + u64::from(line);
        let number = self.shard.customer(id, hash, line, seen);
        self.shard.catch_up(number, line);
        number
    }

    /// Brings near what [`Share::customer`] asks first for a customer with this hash, who comes soon.
    #[inline]
    pub fn expect(&self, hash: u64) {
        self.shard.ids.prefetch_slot(hash);
    }

    /// Brings near what [`Share::customer`] asks next for a customer with this hash, who has been expected and comes very soon.
    #[inline]
    pub fn expect_next(&self, hash: u64) {
        self.shard.ids.prefetch_id(hash);
    }

    /// Before another message of a customer: they hear what was for everyone meanwhile.
    #[inline]
    pub fn again(&mut self, customer: u32, line: u32) {
        let line = self.piece.first() + u64::from(line);
        self.shard.catch_up(customer, line);
    }

    /// A row for the next [`Share::event`]: `fill` appends a word for each field; when it says no, there is no row.
    #[inline]
    pub fn row(&mut self, fill: impl FnOnce(&mut Pool, &mut Vec<Word>) -> bool) -> bool {
        let from = self.shard.batch.rows.len();
        self.row = from as u32;
        let filled = fill(&mut self.shard.pool, &mut self.shard.batch.rows);
        if !filled {
            self.shard.batch.rows.truncate(from);
        }
        filled
    }

    /// An event of a customer, with the row that was made last.
    #[inline]
    pub fn event(&mut self, head: Head, event: u16) {
        let mut item = Item { customer: head.customer, line: head.line, row: self.row, ..Item::default() };
        (item.seen, item.happened_at, item.event) = (head.seen, head.happened_at, event);
        (item.flags, item.id) = head.id.map_or((0, 0), |id| (HAS_ID, id));
        self.shard.out.counts.tally.used += 1;
        self.shard.arrived(item);
        self.shard.work_when_full(self.shared, self.piece);
    }

    /// What a message means, where it is more than one event, or none.
    pub fn inputs(&mut self, head: Head, inputs: impl Iterator<Item = InputKind>) {
        self.shard.out.counts.tally.used += 1;
        for kind in inputs {
            self.shard.put_arrived(head.customer, head.line, head.seen, head.happened_at, kind);
        }
        self.shard.work_when_full(self.shared, self.piece);
    }

    /// What a message for everyone means.
    pub fn everyone(
        &mut self,
        line: u32,
        happened_at: i64,
        received_at: Option<i64>,
        inputs: impl Iterator<Item = InputKind>,
        raw: &Arc<str>,
    ) {
        self.shard.out.counts.tally.used += u64::from(self.speaks);
        let line = self.piece.first() + u64::from(line);
        self.shard.told_everyone(line, happened_at, received_at, inputs, raw);
    }

    /// A message that cannot be used; whose it is, none for everyone's.
    pub fn dead(&mut self, line: u32, customer: Option<&str>, happened_at: i64, problem: Problem, raw: &str) {
        if customer.is_some() || self.speaks {
            let line = self.piece.first() + u64::from(line);
            self.shard.dead(line, customer, happened_at, problem, raw.trim_end_matches(['\r', '\n']).to_string());
        }
    }

    /// The end of the share.
    pub(crate) fn end(self) {
        self.shard.work_rest(self.shared, self.piece);
    }
}
