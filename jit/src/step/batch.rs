//! What a compiled step is given by pointer.

use super::host::Host;
use crate::context::Context;
use journey_runtime::batch::Item;
use journey_runtime::image::Word;
use journey_runtime::store::Place;
use std::mem::offset_of;

/// Why a batch ended early: the customer has no slot that the code can work on.
pub const WHY_DECLINED: u64 = 1;
/// Why a batch ended early: effects have no room.
pub const WHY_FULL: u64 = 2;
/// Why a batch ended early: the customer's state needs more room.
pub const WHY_ROOM: u64 = 3;
/// Why a batch ended early: the VM does not do the input either.
pub const WHY_REFERENCE: u64 = 4;
/// Words that an event may feed before it is certain that it is native.
pub const SAVED: usize = 64;
/// [`Item::event`] of what is no input: only time goes on.
pub const TIME_ONLY: u16 = u16::MAX - 1;

/// Inputs that may be ready at a time.
pub const RING: usize = 32;

/// An input, and where its customer's state stands.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Ready {
    /// The input.
    pub item: *const Item,
    /// The customer's words; null: the input is not native.
    pub words: *mut Word,
    /// How many words have room there.
    pub room: u64,
    /// The customer's entry.
    pub entry: *mut Word,
}

impl Ready {
    /// No input.
    pub const NONE: Ready =
        Ready { item: std::ptr::null(), words: std::ptr::null_mut(), room: 0, entry: std::ptr::null_mut() };

    /// An input of a customer with a place.
    #[inline(always)]
    pub fn new(item: &Item, place: Place) -> Ready {
        Ready {
            item,
            words: std::ptr::with_exposed_provenance_mut(place.words),
            room: place.room as u64,
            entry: std::ptr::with_exposed_provenance_mut(place.entry),
        }
    }
}

/// Pointers to what a shard has, and what the code leaves. Everything that is pointed to belongs to the caller for the length of a call.
#[derive(Debug)]
#[repr(C)]
pub struct Shard {
    /// For expressions.
    pub context: Context,
    /// The inputs that are ready, each at its number modulo [`RING`].
    pub ready: *const Ready,
    /// Rows of all events.
    pub rows: *const Word,
    /// How many words they have.
    pub row_words: u64,
    /// In and out: where the next effect goes.
    pub out: *mut Word,
    /// Behind the last word for effects.
    pub out_end: *mut Word,
    /// Out: why it ended, 0 when all is done.
    pub why: u64,
    /// A word that nobody reads.
    pub nowhere: Word,
    /// Room for what is put back when an input is declined: [`SAVED`] times where in the state, in bytes, and the word.
    pub saved: *mut Word,
    /// For each event how many words its row has; [`NOT_NATIVE`]: the VM does it.
    pub events: *const u64,
    /// For each event and journey what its runs hear: see [`Listens`].
    pub listens: *const u32,
    /// For each journey how long ended runs are kept.
    pub kept: *const Kept,
    /// For each journey how its runs are while they wait.
    pub waiting: *const Waiting,
    /// What the functions below work with.
    pub host: *mut Host<'static>,
    /// For those functions: the customer's words,
    pub words: *mut Word,
    /// in and out: how many are used,
    pub len: u64,
    /// how many have room,
    pub room: u64,
    /// the number of the item,
    pub number: u64,
    /// and the present moment.
    pub now: i64,
    /// Out: when the result of a function may change by time alone.
    pub changes: i64,
    /// The VM does the input, if it can; else why not.
    pub hand_on: CallOut,
    /// The VM does what is due before the input; else why not.
    pub advance: CallOut,
    /// The run whose record it is goes on from an instruction, and the input ends.
    pub go_on: CallOut,
    /// The run hears the event where it waits, if it does, and the input ends.
    pub hear: CallOut,
    /// Time does to the run that is due what it is time for, and the instant ends.
    pub fire: CallOut,
    /// The input ends: the state is left as it is kept.
    pub finish: CallOut,
    /// A function of a run.
    pub eval: CallOut,
    /// The event is remembered in a history.
    pub observe: CallOut,
    /// Message ids get more room.
    pub more_ids: CallOut,
}

/// What compiled code asks of the lean machine: two words in, one out.
pub type CallOut = extern "C" fn(*mut Shard, u64, u64) -> u64;

/// [`Shard::events`] of an event that is not native.
pub const NOT_NATIVE: u64 = u64::MAX;

/// What runs of a journey hear of an event, in a word: flags, and from bit 16 on the field that must be their key.
#[derive(Debug)]
pub struct Listens;

impl Listens {
    /// A run that is alive may hear it, and the code knows how.
    pub const HEARS: u32 = 1;
    /// A run that is alive may hear it, or what it is asked changes with it: the VM knows.
    pub const DECLINES: u32 = 2;
    /// So may a whole one that has ended.
    pub const LATE: u32 = 4;
    /// Only that with the key.
    pub const KEYED: u32 = 8;
}

/// A run of a journey that waits and watches nothing, as most do.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Waiting {
    /// The head of its record; 0: of no run.
    pub head: u64,
    /// Bytes of the record.
    pub bytes: u64,
    /// The byte where the moment stands at which time does something to it.
    pub due: u64,
}

/// How long ended runs of a journey are kept for certain: [`journey_runtime::tables::Kept`], in numbers that never overflow.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Kept {
    /// Whole, from entry.
    pub whole: i64,
    /// For re-entry, from entry.
    pub after_entry: i64,
    /// For re-entry, from the end.
    pub after_exit: i64,
}

/// In `arguments` of a call-out: a run was entered whose journey is not listed yet.
pub const FIRST_ENTRY: u64 = 1 << 32;
/// In `arguments` of a call-out: the input is an instant.
pub const INSTANT: u64 = 1 << 33;
/// In `arguments` of [`Shard::eval`]: the function sees the event.
pub const SEES_EVENT: u64 = 1 << 32;

/// Byte offsets of a [`Shard`].
#[derive(Debug)]
pub struct Offsets {
    pub ready: i32,
    pub rows: i32,
    pub row_words: i32,
    pub out: i32,
    pub out_end: i32,
    pub why: i32,
    pub nowhere: i32,
    pub saved: i32,
    pub events: i32,
    pub listens: i32,
    pub kept: i32,
    pub waiting: i32,
    pub words: i32,
    pub len: i32,
    pub room: i32,
    pub number: i32,
    pub now: i32,
    pub changes: i32,
    pub hand_on: i32,
    pub advance: i32,
    pub go_on: i32,
    pub hear: i32,
    pub fire: i32,
    pub finish: i32,
    pub eval: i32,
    pub observe: i32,
    pub more_ids: i32,
}

/// Where everything stands in a [`Shard`]; its beginning is a [`Context`].
pub const AT: Offsets = Offsets {
    ready: offset_of!(Shard, ready) as i32,
    rows: offset_of!(Shard, rows) as i32,
    row_words: offset_of!(Shard, row_words) as i32,
    out: offset_of!(Shard, out) as i32,
    out_end: offset_of!(Shard, out_end) as i32,
    why: offset_of!(Shard, why) as i32,
    nowhere: offset_of!(Shard, nowhere) as i32,
    saved: offset_of!(Shard, saved) as i32,
    events: offset_of!(Shard, events) as i32,
    listens: offset_of!(Shard, listens) as i32,
    kept: offset_of!(Shard, kept) as i32,
    waiting: offset_of!(Shard, waiting) as i32,
    words: offset_of!(Shard, words) as i32,
    len: offset_of!(Shard, len) as i32,
    room: offset_of!(Shard, room) as i32,
    number: offset_of!(Shard, number) as i32,
    now: offset_of!(Shard, now) as i32,
    changes: offset_of!(Shard, changes) as i32,
    hand_on: offset_of!(Shard, hand_on) as i32,
    advance: offset_of!(Shard, advance) as i32,
    go_on: offset_of!(Shard, go_on) as i32,
    hear: offset_of!(Shard, hear) as i32,
    fire: offset_of!(Shard, fire) as i32,
    finish: offset_of!(Shard, finish) as i32,
    eval: offset_of!(Shard, eval) as i32,
    observe: offset_of!(Shard, observe) as i32,
    more_ids: offset_of!(Shard, more_ids) as i32,
};

const _: () = assert!(offset_of!(Shard, context) == 0);
