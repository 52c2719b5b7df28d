//! The messages of a shard as flat items, and what works on them.

use crate::host::Ids;
use crate::image::Word;
use crate::input::InputKind;
use crate::layout::SEEN;
use crate::pool::Pool;
use crate::program::Program;
use crate::record::Effects;
use crate::step;
use crate::store::Store;
use std::any::Any;
use std::fmt::Debug;
use std::ops::Range;

/// [`Item::event`] of an input that is no event: it stands in [`Batch::others`] at [`Item::row`].
pub const OTHER: u16 = u16::MAX;
/// Flag of [`Item::flags`]: [`Item::id`] is the hash of a message id.
pub const HAS_ID: u16 = 1;

/// One input of one customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C)]
pub struct Item {
    /// Number of the customer in the shard.
    pub customer: u32,
    /// Index into the image's events, or [`OTHER`].
    pub event: u16,
    /// [`HAS_ID`].
    pub flags: u16,
    /// Where its row begins in [`Batch::rows`] (a word for each field of the event), or its place in [`Batch::others`].
    pub row: u32,
    /// Its line in the piece it came in, from 0.
    pub line: u32,
    /// The later of its own time and its receipt; the stamp is the later of this and the customer's previous one. Milliseconds
    /// since 1970 UTC, as are all times.
    pub seen: i64,
    /// Its own time.
    pub happened_at: i64,
    /// A hash of its message id, when flagged.
    pub id: u64,
}

/// Inputs of customers of one shard, in the order in which they came.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// The inputs.
    pub items: Vec<Item>,
    /// Rows of all events.
    pub rows: Vec<Word>,
    /// Inputs that are no events.
    pub others: Vec<InputKind>,
}

impl Batch {
    /// Forgets all; the memory stays for the next.
    pub fn clear(&mut self) {
        self.items.clear();
        self.rows.clear();
        self.others.clear();
    }
}

impl Item {
    /// The message id's hash.
    pub fn id(&self) -> Option<u64> {
        (self.flags & HAS_ID != 0).then_some(self.id)
    }

    /// The stamp of the input for a customer whose state this is (see [`crate::input::stamp`]).
    pub fn stamp(&self, state: &[Word]) -> i64 {
        state.get(SEEN).map_or(self.seen, |previous| self.seen.max(*previous as i64))
    }
}

/// What an engine works with in a shard.
pub struct Parts<'a> {
    /// The program.
    pub program: &'a Program,
    /// The shard's texts.
    pub pool: &'a mut Pool,
    /// The customers' ids.
    pub ids: &'a Ids,
    /// The customers' states.
    pub store: &'a mut Store,
    /// Where effects are appended, in the order in which they are decided.
    pub effects: &'a mut Effects,
    /// Memory of the reference machine, for those who call it.
    pub scratch: &'a mut step::Scratch,
    /// The engine's own memory in this shard: what [`Engine::memory`] gave.
    pub memory: &'a mut (dyn Any + Send),
}

/// A way to work on batches that gives the same states and effects as the reference machine ([`crate::step`]), to the byte, for all it
/// takes on. What it declines, the reference does.
pub trait Engine: Debug + Send + Sync {
    /// The engine's own memory for a shard, kept from call to call.
    fn memory(&self, _program: &Program) -> Box<dyn Any + Send> {
        Box::new(())
    }

    /// How many inputs came since it was made, and how many of them were done in machine code; none where nothing is.
    fn native(&self) -> Option<(u64, u64)> {
        None
    }

    /// Works on inputs from `from` on, in order, for each: time goes on to its stamp (exclusive, [`step::advance`]), then the input
    /// ([`step::step`]). Gives the index of the first it declines, of which it has changed nothing; the number of items when none.
    fn batch(&self, parts: &mut Parts<'_>, batch: &Batch, from: usize) -> usize;

    /// Lets time go on to the horizon (inclusive) for customers, in order of their numbers, who are all there. Gives the first it
    /// declines, for whom it has done nothing; the end of the range when none.
    fn end(&self, parts: &mut Parts<'_>, horizon: i64, customers: Range<u32>) -> u32;
}

/// Declines everything: the reference machine does all.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reference;

impl Engine for Reference {
    fn batch(&self, _: &mut Parts<'_>, _: &Batch, from: usize) -> usize {
        from
    }

    fn end(&self, _: &mut Parts<'_>, _: i64, customers: Range<u32>) -> u32 {
        customers.start
    }
}
