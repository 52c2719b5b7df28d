//! The compiled step as an engine of a host.

use super::batch::{Shard, TIME_ONLY, WHY_DECLINED};
use super::machine::Machine;
use super::plan::Plan;
use crate::code::{Code, Level, NoCode, Workshop, guarded};
use crate::context::Context;
use crate::emit::far_signature;
use journey_runtime::batch::{Batch, Engine, Item, Parts};
use journey_runtime::image::Word;
use journey_runtime::layout::ID_COUNT;
use journey_runtime::program::Program;
use journey_runtime::record::Effects;
use journey_runtime::store::Store;
use journey_runtime::tables::Vm;
use std::any::Any;

/// Inputs that are worked on in one go.
const STEP: usize = 2;
/// Inputs whose states are on their way meanwhile; the index entries of as many more are, too.
const AHEAD: usize = 12;
/// Customers that are looked at together when everything ends.
const TOGETHER: usize = 1 << 10;
/// Words that effects have room for, beyond what they have, when the code begins.
const EFFECTS: usize = 1 << 15;

type Entry = unsafe extern "C" fn(*mut Shard, u64, u64) -> u64;

/// Machine code for the usual inputs of a program, and the VM for the others.
#[derive(Debug)]
pub struct Jit {
    vm: Vm,
    code: Code,
    entry: Entry,
    /// Words that the effects of one input may have.
    most: usize,
    /// Words of each class of slots.
    rooms: Vec<u64>,
}

/// Memory of a shard.
struct Memory {
    vm: Box<dyn Any + Send>,
    items: Vec<Item>,
    /// Inputs that the VM was asked to do.
    handed_on: u64,
}

impl Jit {
    /// Compiles the step of a program. The reason when nothing of it is native.
    pub fn new(program: &Program, level: Level) -> Result<Jit, NoCode> {
        let vm = Vm::new(program);
        let (code, entry, most) = guarded(|| {
            let mut plan = Plan::new(program, vm.tables());
            if let Some(reason) = plan.refused() {
                return Err(NoCode(reason.to_string()));
            }
            let mut workshop = Workshop::new(level)?;
            let far = far_signature(workshop.signature());
            let made = workshop.function(3, true, |builder, params| {
                let far = builder.import_signature(far);
                Machine::make(&mut plan, builder, params, far);
            })?;
            let code = workshop.finish()?;
            // SAFETY: it has just been compiled with this signature: a pointer and two numbers in, a number out, the host's convention.
            let entry = unsafe { std::mem::transmute::<*const u8, Entry>(code.address(made)) };
            Ok((code, entry, super::machine::most_words(&plan)))
        })?;
        Ok(Jit { vm, code, entry, most, rooms: Store::rooms() })
    }

    /// Bytes of machine code.
    pub fn bytes(&self) -> usize {
        self.code.bytes
    }

    /// How many inputs the VM was asked to do, given a shard's memory.
    pub fn handed_on(memory: &(dyn Any + Send)) -> u64 {
        memory.downcast_ref::<Memory>().map_or(0, |memory| memory.handed_on)
    }

    /// Works on items natively from `from` on; gives the first that is not done.
    fn native(&self, on: &mut Work<'_>, store: &mut Store, effects: &mut Effects, from: usize) -> usize {
        let mut at = from;
        loop {
            self.ask_ahead(on, store, at);
            if at >= on.ready {
                // All are done; or a customer is not there, who is the VM's to complain about.
                return at;
            }
            let why;
            (at, why) = self.in_place(on, store, effects, at);
            if why == WHY_DECLINED {
                return at;
            }
        }
    }

    /// The same as long as no state moves and effects have room. Also why it ended.
    fn in_place(&self, on: &mut Work<'_>, store: &mut Store, effects: &mut Effects, from: usize) -> (usize, u64) {
        let items = on.items;
        let mut at = from;
        let raw = store.raw();
        let words = &mut effects.words;
        words.reserve(EFFECTS.max(2 * self.most));
        let (len, room) = (words.len(), words.spare_capacity_mut());
        let out = room.as_mut_ptr().cast::<Word>();
        let mut shard = Shard {
            context: Context::default(),
            items: items.as_ptr(),
            rows: on.rows.as_ptr(),
            row_words: on.rows.len() as u64,
            index: raw.index,
            chunks: raw.chunks.as_ptr(),
            rooms: self.rooms.as_ptr(),
            out,
            // SAFETY: the end of the same room.
            out_end: unsafe { out.add(room.len()) },
            why: 0,
            nowhere: 0,
        };
        let moved = on.moved;
        while shard.why == 0 && on.moved == moved && at < on.ready {
            let to = (at + STEP).min(on.ready);
            // SAFETY: `items` has all from `at` to `to`, and their customers have index entries. The pointers are of now: no customer has
            // been added or given room since. The index entries say truly where in the chunks a slot is and how long, and nobody else
            // looks at either meanwhile. The code reads rows below `row_words`, reads and writes a state within its slot (it compares
            // lengths first), and effects up to `out_end`. It lives in `self.code`.
            at = unsafe { (self.entry)(&mut shard, at as u64, to as u64) } as usize;
            self.ask_ahead(on, store, at);
        }
        // SAFETY: `out` has moved on from the old end by whole words that have been written, within the capacity.
        unsafe { effects.words.set_len(len + shard.out.offset_from_unsigned(out)) };
        (at, shard.why)
    }

    /// Asks for the index entries and the states of the items from one on, and gives room to those who have none.
    fn ask_ahead(&self, on: &mut Work<'_>, store: &mut Store, at: usize) {
        let want = (at + STEP + AHEAD).min(on.items.len());
        let further = (want + AHEAD).min(on.items.len());
        on.items[on.asked.min(further)..further].iter().for_each(|item| store.prefetch_index(item.customer));
        on.asked = on.asked.max(further);
        self.make_ready(on, store, want);
    }

    /// Asks for the states of items up to one, and gives room to those who have none.
    fn make_ready(&self, on: &mut Work<'_>, store: &mut Store, to: usize) {
        while let Some(item) = on.items[..to].get(on.ready) {
            match store.prefetch_state(item.customer) {
                Some(true) => {}
                Some(false) if item.event == TIME_ONLY => {}
                Some(false) => {
                    let ids = if item.id().is_some() { ID_COUNT / 4 } else { 0 };
                    store.grow(item.customer, self.vm.tables().room + ids);
                    let _ = store.prefetch_state(item.customer);
                    on.moved += 1;
                }
                None => return,
            }
            on.ready += 1;
        }
    }
}

/// Inputs that are worked on.
struct Work<'i> {
    items: &'i [Item],
    rows: &'i [Word],
    /// Those before it have customers that are there and have room.
    ready: usize,
    /// The index entries of those before it have been asked for.
    asked: usize,
    /// How often customers were given room.
    moved: u64,
}

impl<'i> Work<'i> {
    fn new(items: &'i [Item], rows: &'i [Word], from: usize) -> Work<'i> {
        Work { items, rows, ready: from, asked: from, moved: 0 }
    }

    /// The VM takes over: it may give room, and does the next item.
    fn hand_over(&mut self, next: usize) {
        self.moved += 1;
        self.ready = self.ready.max(next);
    }
}

impl Engine for Jit {
    fn memory(&self, program: &Program) -> Box<dyn Any + Send> {
        Box::new(Memory { vm: self.vm.memory(program), items: Vec::new(), handed_on: 0 })
    }

    fn batch(&self, parts: &mut Parts<'_>, batch: &Batch, from: usize) -> usize {
        let mut work = Work::new(&batch.items, &batch.rows, from);
        let mut at = from;
        loop {
            at = self.native(&mut work, parts.store, parts.effects, at);
            if at == batch.items.len() {
                return at;
            }
            work.hand_over(at + 1);
            let (mut parts, (_, handed_on)) = split(parts);
            *handed_on += 1;
            if !self.vm.item(&mut parts, batch, at) {
                return at;
            }
            at += 1;
        }
    }

    fn end(&self, parts: &mut Parts<'_>, horizon: i64, from: u32) -> u32 {
        let (mut parts, (items, _)) = split(parts);
        let until = horizon.saturating_add(1);
        let mut customer = from;
        while (customer as usize) < parts.store.len() {
            let to = (customer as usize + TOGETHER).min(parts.store.len()) as u32;
            items.clear();
            let known = (customer..to).filter(|customer| parts.store.length(*customer) > 0);
            items.extend(known.map(|customer| Item { customer, event: TIME_ONLY, seen: until, ..Item::default() }));
            let mut at = 0;
            let mut work = Work::new(items, &[], 0);
            loop {
                at = self.native(&mut work, parts.store, parts.effects, at);
                let Some(item) = items.get(at) else { break };
                work.hand_over(at + 1);
                if !self.vm.settle(&mut parts, horizon, item.customer) {
                    return item.customer;
                }
                at += 1;
            }
            customer = to;
        }
        customer
    }
}

/// A shard's parts with the VM's memory, and the engine's own.
fn split<'p>(parts: &'p mut Parts<'_>) -> (Parts<'p>, (&'p mut Vec<Item>, &'p mut u64)) {
    let Memory { vm, items, handed_on } =
        parts.memory.downcast_mut().expect("an engine gets back the memory that it gave");
    let parts = Parts {
        program: parts.program,
        pool: parts.pool,
        ids: parts.ids,
        store: parts.store,
        effects: parts.effects,
        scratch: parts.scratch,
        memory: &mut **vm,
    };
    (parts, (items, handed_on))
}
