//! The compiled step as an engine of a host.

use super::batch::{RING, Ready, SAVED, Shard, TIME_ONLY, WHY_DECLINED, WHY_REFERENCE, WHY_ROOM};
use super::constants::{Constants, most_words};
use super::host::{self, Host};
use super::machine::Machine;
use super::plan::Plan;
use crate::code::{Code, Level, NoCode, Workshop, guarded};
use crate::context::Context;
use crate::emit::far_signature;
use cranelift_codegen::ir::{AbiParam, Signature, types};
use journey_runtime::batch::{Batch, Engine, Item, Parts};
use journey_runtime::image::Word;
use journey_runtime::layout::ID_COUNT;
use journey_runtime::program::Program;
use journey_runtime::store::{Store, prefetch_address, raw};
use journey_runtime::tables::{Scratch, Shared, Vm};
use std::any::Any;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Inputs that are worked on in one go.
const STEP: usize = 4;
/// Inputs that are ready meanwhile; the homes of as many more are on their way, at least.
const AHEAD: usize = 8;
/// Homes that are asked for in one go, since each waits for the processor to find where its page is, and several such waits go on at
/// the same time.
const BURST: usize = 8;
/// Bytes of a line of the cache.
const LINE: usize = 64;
const _: () = assert!(STEP + 2 * AHEAD + BURST <= RING);
/// Customers that are looked at together when everything ends.
const TOGETHER: u32 = 1 << 10;

type Entry = unsafe extern "C" fn(*mut Shard, u64, u64) -> u64;

/// Machine code for the usual inputs of a program, and the VM for the others.
#[derive(Debug)]
pub struct Jit {
    vm: Vm,
    code: Code,
    entry: Entry,
    /// Words that the effects of one input may have.
    most: usize,
    constants: Constants,
    /// Inputs that came, and of those the ones that the VM was asked to do.
    inputs: AtomicU64,
    handed_on: AtomicU64,
}

/// Memory of a shard.
struct Memory {
    vm: Box<dyn Any + Send>,
    items: Vec<Item>,
    learnt: Learnt,
}

/// Inputs after which it is known what a shard's are like.
const LEARNT: u64 = 1 << 12;

/// What became of inputs.
#[derive(Debug, Clone, Copy, Default)]
struct Learnt {
    inputs: u64,
    /// Those that the VM was asked to do.
    handed_on: u64,
    /// Of these, those that the VM declined.
    declined: u64,
}

impl Learnt {
    /// Whether the code is worth its way. One that is handed on is looked at for nothing, which costs about half of what a native one
    /// saves; after one that the reference does, everything is asked for anew.
    fn pays(&self) -> bool {
        let native = self.inputs.saturating_sub(self.handed_on);
        self.inputs < LEARNT || native >= self.handed_on / 2 + 2 * self.declined
    }
}

impl Jit {
    /// Compiles the step of a program. The reason when nothing of it is native.
    pub fn new(program: &Program, level: Level) -> Result<Jit, NoCode> {
        let vm = Vm::new(program);
        let (code, entry, most, constants) = guarded(|| {
            let mut plan = Plan::new(program, vm.tables());
            if let Some(reason) = plan.refused() {
                return Err(NoCode(reason.to_string()));
            }
            let mut workshop = Workshop::new(level)?;
            let far = far_signature(workshop.signature());
            let calls = call_out_signature(workshop.signature());
            let mut constants = Constants::default();
            let made = workshop.function(3, true, |builder, params| {
                let signatures = [far, calls].map(|signature| builder.import_signature(signature));
                constants = Machine::make(&mut plan, builder, params, signatures);
            })?;
            let code = workshop.finish()?;
            // SAFETY: it has just been compiled with this signature: a pointer and two numbers in, a number out, the host's convention.
            let entry = unsafe { std::mem::transmute::<*const u8, Entry>(code.address(made)) };
            Ok((code, entry, most_words(&plan), constants))
        })?;
        let (inputs, handed_on) = (AtomicU64::new(0), AtomicU64::new(0));
        Ok(Jit { vm, code, entry, most, constants, inputs, handed_on })
    }

    /// Bytes of machine code.
    pub fn bytes(&self) -> usize {
        self.code.bytes
    }

    /// How many inputs came since it was made, and how many of those the VM was asked to do. What is due counts when the customer is
    /// looked at for the last time.
    pub fn inputs(&self) -> (u64, u64) {
        (self.inputs.load(Relaxed), self.handed_on.load(Relaxed))
    }

    /// Works on items from `from` on; gives the first that is not done, and whether the VM may do it.
    fn go_on(&self, on: &mut Work<'_>, parts: &mut Parts<'_>, from: usize) -> (usize, bool) {
        let Parts { program, pool, ids, store, effects, memory, .. } = parts;
        let scratch: &mut Scratch = memory.downcast_mut().expect("an engine gets back the memory that it gave");
        let room = 2 * self.most;
        let tables = self.vm.tables();
        let shared = Shared { program, tables, pool, names: *ids, scratch, out: effects };
        let mut host = Host { shared, items: on.items, batch: on.batch, handed_on: 0, others: 0, room };
        let mut at = from;
        loop {
            self.ask_ahead(on, store, at);
            if at >= on.ready {
                // All are done; or a customer is not there, who is the VM's to complain about.
                return (at, true);
            }
            let why;
            (at, why) = self.in_room(on, store, &mut host, at);
            on.handed_on += std::mem::take(&mut host.handed_on);
            on.others += std::mem::take(&mut host.others);
            match why {
                WHY_DECLINED | WHY_REFERENCE => return (at, why == WHY_DECLINED),
                WHY_ROOM => {
                    // The first time; or for one more run, or for message ids, as the VM gives it. Then it is tried again.
                    let (layout, item) = (&program.layout, &on.items[at]);
                    let customer = item.customer;
                    let room = store.capacity(customer);
                    let first = layout.room + if item.id().is_some() { ID_COUNT / 4 } else { 0 };
                    let more = (layout.room - layout.fixed).max(ID_COUNT);
                    store.grow(customer, if room < first { first } else { room + more });
                    on.done_elsewhere(at, customer, store);
                }
                _ => {}
            }
        }
    }

    /// The same as long as effects have room. Also why it ended.
    fn in_room(&self, on: &mut Work<'_>, store: &mut Store, host: &mut Host<'_>, from: usize) -> (usize, u64) {
        let mut at = from;
        let (out, out_end) = host::make_room(host.shared.out, host.room);
        let mut shard = Shard {
            context: Context::default(),
            ready: on.ring.as_ptr(),
            rows: on.batch.rows.as_ptr(),
            row_words: on.batch.rows.len() as u64,
            out,
            out_end,
            why: 0,
            nowhere: 0,
            saved: on.saved.as_mut_ptr(),
            events: self.constants.events.as_ptr(),
            listens: self.constants.listens.as_ptr(),
            kept: self.constants.kept.as_ptr(),
            waiting: self.constants.waiting.as_ptr(),
            host: (&raw mut *host).cast(),
            words: std::ptr::null_mut(),
            len: 0,
            room: 0,
            number: 0,
            now: 0,
            changes: i64::MAX,
            hand_on: host::hand_on,
            advance: host::advance,
            go_on: host::go_on,
            hear: host::hear,
            fire: host::fire,
            finish: host::finish,
            eval: host::eval,
            observe: host::observe,
            more_ids: host::more_ids,
        };
        while shard.why == 0 && at < on.ready {
            let to = (at + STEP).min(on.ready);
            // SAFETY: the ring has all items from `at` to `to`, each with where its customer's entry and state are: addresses of now,
            // since whoever gives a customer with a state other room has them taken anew. The entries say truly how long a state
            // is, and nobody else looks at either meanwhile. The code reads rows below `row_words`, reads and writes a state within its
            // slot (it compares lengths first), and effects up to `out_end`; the constants have an entry for each event, for each event and
            // journey, and for each journey. It lives in `self.code`. What it calls uses `host`, which nobody else does meanwhile.
            at = unsafe { (self.entry)(&mut shard, at as u64, to as u64) } as usize;
            self.ask_ahead(on, store, at);
        }
        // SAFETY: `out` stands behind what has been written to the room that `make_room` gave last.
        unsafe { host::take_said(host.shared.out, shard.out) };
        (at, shard.why)
    }

    /// Asks for the homes and the states of the items from one on.
    #[inline]
    fn ask_ahead(&self, on: &mut Work<'_>, store: &Store, at: usize) {
        let want = (at + STEP + AHEAD).min(on.items.len());
        if on.asked < want + AHEAD && on.asked < on.items.len() {
            let from = on.asked.max(at);
            let further = (from + BURST).max(want).min(on.items.len());
            for (number, item) in (from..).zip(&on.items[from..further]) {
                let place = store.prefetch_home(item.customer);
                on.ring[number % RING] = place.map_or(Ready::NONE, |place| Ready::new(item, place));
            }
            on.asked = further;
        }
        while on.ready < want {
            let ready = &mut on.ring[on.ready % RING];
            if ready.entry.is_null() {
                return;
            }
            // SAFETY: the address of an entry, as `prefetch_home` gave it; homes never move, and nobody has the store meanwhile.
            let entry = unsafe { *ready.entry };
            if entry < raw::LONG {
                prefetch_address(ready.words.addr() + LINE);
            } else {
                let item = &on.items[on.ready];
                *ready = Ready::new(item, store.prefetch_state(item.customer).unwrap_or_default());
            }
            on.ready += 1;
        }
    }
}

/// Inputs that are worked on.
struct Work<'i> {
    items: &'i [Item],
    batch: &'i Batch,
    /// Those before it stand in the ring, with where their states are.
    ready: usize,
    /// The homes of those before it have been asked for, and stand in the ring.
    asked: usize,
    ring: [Ready; RING],
    /// See [`Shard::saved`].
    saved: [Word; 2 * SAVED],
    /// Inputs that the VM was asked to do.
    handed_on: u64,
    /// Those of them that are no events.
    others: u64,
}

impl<'i> Work<'i> {
    fn new(items: &'i [Item], batch: &'i Batch, from: usize) -> Work<'i> {
        let (ring, saved) = ([const { Ready::NONE }; RING], [0; 2 * SAVED]);
        Work { items, batch, ready: from, asked: from, ring, saved, handed_on: 0, others: 0 }
    }

    /// Somebody else did the item before `next`, and may have given its customer other room.
    fn done_elsewhere(&mut self, next: usize, customer: u32, store: &Store) {
        self.ready = self.ready.max(next);
        for at in next..self.ready {
            let item = &self.items[at];
            if item.customer == customer {
                self.ring[at % RING] = Ready::new(item, store.prefetch_state(customer).unwrap_or_default());
            }
        }
    }
}

impl Engine for Jit {
    fn memory(&self, program: &Program) -> Box<dyn Any + Send> {
        Box::new(Memory { vm: self.vm.memory(program), items: Vec::new(), learnt: Learnt::default() })
    }

    fn native(&self) -> Option<(u64, u64)> {
        let (inputs, handed_on) = self.inputs();
        Some((inputs, inputs.saturating_sub(handed_on)))
    }

    fn batch(&self, parts: &mut Parts<'_>, batch: &Batch, from: usize) -> usize {
        let (mut parts, _, learnt) = split(parts);
        if !learnt.pays() {
            let reached = self.vm.batch(&mut parts, batch, from);
            let inputs = (reached + 1).min(batch.items.len()) as u64 - from as u64;
            self.inputs.fetch_add(inputs, Relaxed);
            self.handed_on.fetch_add(inputs, Relaxed);
            return reached;
        }
        let mut work = Work::new(&batch.items, batch, from);
        let mut at = from;
        let reached = loop {
            let (to, vm) = self.go_on(&mut work, &mut parts, at);
            at = to;
            if at == batch.items.len() || !vm {
                break at;
            }
            work.handed_on += 1;
            if !self.vm.item(&mut parts, batch, at) {
                break at;
            }
            work.done_elsewhere(at + 1, batch.items[at].customer, parts.store);
            at += 1;
        };
        let inputs = (reached + 1).min(batch.items.len()) as u64 - from as u64;
        // What is no event is always the VM's: it says nothing of the events.
        learnt.inputs += inputs - work.others;
        learnt.handed_on += work.handed_on - work.others;
        learnt.declined += u64::from(reached < batch.items.len());
        self.inputs.fetch_add(inputs, Relaxed);
        self.handed_on.fetch_add(work.handed_on, Relaxed);
        reached
    }

    fn end(&self, parts: &mut Parts<'_>, horizon: i64, customers: Range<u32>) -> u32 {
        let (mut parts, items, learnt) = split(parts);
        if !learnt.pays() {
            return self.vm.end(&mut parts, horizon, customers);
        }
        let until = horizon.saturating_add(1);
        let nothing = Batch::default();
        let Range { start: mut customer, end } = customers;
        while customer < end {
            let to = customer.saturating_add(TOGETHER).min(end);
            items.clear();
            (customer..to).for_each(|customer| {
                let _ = parts.store.prefetch_state(customer);
            });
            let due = (customer..to).filter(|customer| parts.store.is_due(*customer, horizon));
            items.extend(due.map(|customer| Item { customer, event: TIME_ONLY, seen: until, ..Item::default() }));
            let mut at = 0;
            let mut work = Work::new(items, &nothing, 0);
            loop {
                let (to, vm) = self.go_on(&mut work, &mut parts, at);
                at = to;
                let Some(item) = items.get(at) else { break };
                if !vm || !self.vm.settle(&mut parts, horizon, item.customer) {
                    return item.customer;
                }
                work.done_elsewhere(at + 1, item.customer, parts.store);
                at += 1;
            }
            customer = to;
        }
        customer
    }
}

/// A shard's parts with the VM's memory, and the engine's own.
fn split<'p>(parts: &'p mut Parts<'_>) -> (Parts<'p>, &'p mut Vec<Item>, &'p mut Learnt) {
    let Memory { vm, items, learnt } =
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
    (parts, items, learnt)
}

/// The signature of a call-out.
fn call_out_signature(mut signature: Signature) -> Signature {
    signature.params.extend([AbiParam::new(types::I64); 3]);
    signature.returns.push(AbiParam::new(types::I64));
    signature
}
