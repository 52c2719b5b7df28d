//! The messages of a shard as flat items, and what works on them.

use crate::image::Word;
use crate::input::InputKind;
use crate::layout::SEEN;

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
