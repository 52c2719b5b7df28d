//! What a compiled step is given by pointer.

use crate::context::Context;
use journey_runtime::batch::Item;
use journey_runtime::image::Word;
use std::mem::offset_of;

/// Why a batch ended early: the input is not native.
pub const WHY_DECLINED: u64 = 1;
/// Why a batch ended early: effects have no room.
pub const WHY_FULL: u64 = 2;
/// [`Item::event`] of what is no input: only time goes on.
pub const TIME_ONLY: u16 = u16::MAX - 1;

/// Pointers to what a shard has, and what the code leaves. Everything that is pointed to belongs to the caller for the length of a call.
#[derive(Debug)]
#[repr(C)]
pub struct Shard {
    /// For expressions.
    pub context: Context,
    /// The inputs.
    pub items: *const Item,
    /// Rows of all events.
    pub rows: *const Word,
    /// How many words they have.
    pub row_words: u64,
    /// The store's index, a word a customer.
    pub index: *mut u64,
    /// The store's chunks.
    pub chunks: *const *mut Word,
    /// For each class of slots how many words they have; 0: none such.
    pub rooms: *const u64,
    /// In and out: where the next effect goes.
    pub out: *mut Word,
    /// Behind the last word for effects.
    pub out_end: *mut Word,
    /// Out: why it ended, 0 when all is done.
    pub why: u64,
    /// A word that nobody reads.
    pub nowhere: Word,
}

/// Byte offsets of a [`Shard`].
#[derive(Debug)]
pub struct Offsets {
    pub items: i32,
    pub rows: i32,
    pub row_words: i32,
    pub index: i32,
    pub chunks: i32,
    pub rooms: i32,
    pub out: i32,
    pub out_end: i32,
    pub why: i32,
    pub nowhere: i32,
}

/// Where everything stands in a [`Shard`]; its beginning is a [`Context`].
pub const AT: Offsets = Offsets {
    items: offset_of!(Shard, items) as i32,
    rows: offset_of!(Shard, rows) as i32,
    row_words: offset_of!(Shard, row_words) as i32,
    index: offset_of!(Shard, index) as i32,
    chunks: offset_of!(Shard, chunks) as i32,
    rooms: offset_of!(Shard, rooms) as i32,
    out: offset_of!(Shard, out) as i32,
    out_end: offset_of!(Shard, out_end) as i32,
    why: offset_of!(Shard, why) as i32,
    nowhere: offset_of!(Shard, nowhere) as i32,
};

const _: () = assert!(offset_of!(Shard, context) == 0);
