//! What compiled code asks of the lean machine: rare steps, and those that need zones, texts and hashes.

use super::batch::{FIRST_ENTRY, INSTANT, SEES_EVENT, Shard, TIME_ONLY, WHY_REFERENCE, WHY_ROOM};
use journey_runtime::batch::{Batch, Item, OTHER};
use journey_runtime::image::Word;
use journey_runtime::record::Effects;
use journey_runtime::tables::{self, Declined, Shared, Within, Words};

/// What the lean machine works with.
pub struct Host<'a> {
    /// As for the VM.
    pub shared: Shared<'a>,
    /// The inputs.
    pub items: &'a [Item],
    /// What they point to.
    pub batch: &'a Batch,
    /// Inputs that were handed on to the VM.
    pub handed_on: u64,
    /// Those of them that are no events.
    pub others: u64,
    /// Words of effects that there is room for, at least, when the code goes on.
    pub room: usize,
}

/// Gives effects room, and says where the next one goes and where the room ends.
pub fn make_room(effects: &mut Effects, room: usize) -> (*mut Word, *mut Word) {
    let room = effects.piece(room).spare_capacity_mut();
    let out = room.as_mut_ptr().cast::<Word>();
    // SAFETY: the end of the same room.
    (out, unsafe { out.add(room.len()) })
}

/// What the code has said belongs to the effects.
///
/// # Safety
/// `out` comes from [`make_room`] of the same effects, and has moved on by whole words that have been written, within the room.
pub unsafe fn take_said(effects: &mut Effects, out: *const Word) {
    let words = effects.piece(0);
    // SAFETY: as said above.
    unsafe { words.set_len(out.offset_from_unsigned(words.as_ptr())) };
}

/// Does something with the state that the code is at.
fn work<R>(shard: *mut Shard, work: impl FnOnce(&mut Shared<'_>, &mut Words<'_>, &Within<'_>) -> R) -> R {
    // SAFETY: the code hands on the pointer that it was given, to a shard that nobody else uses meanwhile; its host lives as long as the
    // call of the code. The words are those of a slot of the store, `room` of them; only the code and this function use them now. The
    // effects' room is that of the host's effects.
    let (shard, host, words) = unsafe {
        let shard = &mut *shard;
        let host = &mut *shard.host;
        take_said(host.shared.out, shard.out);
        let words = std::slice::from_raw_parts_mut(shard.words, shard.room as usize);
        (shard, host, words)
    };
    let item = &host.items[shard.number as usize];
    let event = host.shared.program.image.events.get(usize::from(item.event));
    let row = event.and_then(|event| host.batch.rows.get(item.row as usize..)?.get(..event.fields.len()));
    let within = Within { customer: item.customer, now: shard.now, event: row.map(|row| (item, row)) };
    let mut words = Words { words, len: shard.len as usize };
    let result = work(&mut host.shared, &mut words, &within);
    shard.len = words.len as u64;
    (shard.out, shard.out_end) = make_room(host.shared.out, host.room);
    result
}

/// The VM does the input, with what is due before it; 0, or why not. It puts back what it declines.
pub extern "C" fn hand_on(shard: *mut Shard, _: u64, _: u64) -> u64 {
    // SAFETY: as in `work`; nothing else uses either now.
    let (item, batch) = unsafe {
        let host = &*(*shard).host;
        (host.items[(*shard).number as usize], host.batch)
    };
    let done = work(shard, |shared, words, _| match item.event {
        TIME_ONLY => tables::advance(shared, item.customer, words, item.seen, false),
        _ => tables::item(shared, batch, &item, words),
    });
    if done != Err(Declined::Room) {
        // SAFETY: likewise.
        let host = unsafe { &mut *(*shard).host };
        host.handed_on += 1;
        host.others += u64::from(item.event == OTHER);
    }
    why(done)
}

/// The VM does what is due before the input; 0, or why not. What it has done by then stays done.
pub extern "C" fn advance(shard: *mut Shard, until: u64, _: u64) -> u64 {
    why(work(shard, |shared, words, within| tables::advance(shared, within.customer, words, until as i64, false)))
}

/// Why the lean machine did not do something; 0: it did.
fn why(done: Result<(), Declined>) -> u64 {
    match done {
        Ok(()) => 0,
        // It is tried again.
        Err(Declined::Room) => WHY_ROOM,
        Err(Declined::Shape) => WHY_REFERENCE,
    }
}

/// The word of the state at which a pointer points.
fn index(words: &Words<'_>, run: u64) -> usize {
    (run as usize - words.words.as_ptr().addr()) / size_of::<Word>()
}

/// A run goes on from an instruction, and the input ends.
pub extern "C" fn go_on(shard: *mut Shard, run: u64, arguments: u64) -> u64 {
    work(shard, |shared, words, within| {
        let done = within.go_on(shared, words, index(words, run), arguments as u32);
        debug_assert!(done.is_ok(), "the plan has seen that nothing is declined from there on");
        end(shared, words, within, arguments);
    });
    0
}

/// A run hears the event where it waits, if it does, and the input ends.
pub extern "C" fn hear(shard: *mut Shard, run: u64, arguments: u64) -> u64 {
    work(shard, |shared, words, within| {
        let done = within.hear(shared, words, index(words, run));
        debug_assert!(done.is_ok(), "the plan has seen that nothing is declined from there on");
        end(shared, words, within, arguments);
    });
    0
}

/// Time does to the runs that are due what it is time for, and the instant ends.
pub extern "C" fn fire(shard: *mut Shard, _: u64, arguments: u64) -> u64 {
    work(shard, |shared, words, within| {
        let done = within.timers(shared, words);
        debug_assert!(done.is_ok(), "the plan has seen that nothing of the run's journey is declined");
        end(shared, words, within, arguments);
    });
    0
}

/// The input ends.
pub extern "C" fn finish(shard: *mut Shard, _: u64, arguments: u64) -> u64 {
    work(shard, |shared, words, within| end(shared, words, within, arguments));
    0
}

fn end(shared: &mut Shared<'_>, words: &mut Words<'_>, within: &Within<'_>, arguments: u64) {
    let done = within.finish(shared, words, arguments & FIRST_ENTRY != 0, arguments & INSTANT != 0);
    debug_assert!(done.is_ok(), "the code has looked whether there is room");
}

/// The result of a function of the run at `run`, and when it may change.
pub extern "C" fn eval(shard: *mut Shard, run: u64, arguments: u64) -> u64 {
    let (word, changes) = work(shard, |shared, words, within| {
        within.eval(shared, words, index(words, run), arguments & SEES_EVENT != 0, arguments as u32)
    });
    // SAFETY: as in `work`.
    unsafe { (*shard).changes = changes };
    word
}

/// Remembers the event in a history.
pub extern "C" fn observe(shard: *mut Shard, history: u64, _: u64) -> u64 {
    work(shard, |shared, words, within| within.observe(shared, words, history as u16));
    0
}

/// Gives message ids more room; 0 when there is none.
pub extern "C" fn more_ids(shard: *mut Shard, _: u64, _: u64) -> u64 {
    work(shard, |shared, words, within| u64::from(within.more_ids(shared, words)))
}
