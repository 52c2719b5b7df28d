//! The machine code of a program's step: one function that works on a batch, its loop inside.
//!
//! An input first looks at all records of the customer (`scan`): which run hears it, which is due, which conditions it may change, when
//! time does something next. What nobody hears is remembered (`event`), and that is all. A run that hears it, or is due, is taken to the
//! place where it stands, and the steps from there are code of their own, each once (`walk`); rare steps are asked of the lean machine,
//! which knows them ([`super::host`]). Nothing that matters is changed before it is certain that the input is native; everything else is
//! given back to the VM.

use super::batch::{
    AT, FIRST_ENTRY, INSTANT, Kept, Listens, NOT_NATIVE, RING, Ready, SEES_EVENT, TIME_ONLY, WHY_DECLINED, WHY_FULL,
    WHY_ROOM, Waiting,
};
use super::constants::{Constants, most_words};
use super::plan::{Lifted, Plan, of_event};
use crate::emit::{Base, Emit, Leaves, add_whole};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, Block, InstBuilder, MemFlagsData, Value, types};
use cranelift_frontend::{FunctionBuilder, Variable};
use journey_runtime::batch::{HAS_ID, Item};
use journey_runtime::image::{
    Capture, ConsentRule, Due, FnId, HistoryKind, Instr, Journey, Listener, MISSING, Pc, PlaceKind, ReEntry, Trigger,
    Word,
};
use journey_runtime::input::Reason;
use journey_runtime::layout::{ENTERED_COUNT, Form, ID_COUNT, IDS_NEXT, IDS_ROOM, KNOWN, SEEN, WAKE, WATCH_DUE, ZONE};
use journey_runtime::pool::Pool;
use journey_runtime::record::{self, how, why};
use journey_runtime::step::in_stage;
use journey_runtime::step::run::{BARRED, CONVERTED, ENDED, FRESH, NEVER, WAITS};
use journey_runtime::store::raw;
use journey_runtime::tables::{Address, RunTable};
use std::collections::BTreeMap;
use std::mem::offset_of;

mod due;
mod entry;
mod event;
mod run;
mod scan;
mod walk;

/// Blocks of code from which on what is due is left to the VM; from half of them on, further events.
const MOST_BLOCKS: usize = 4_000;
/// Words of a run's record that every form has.
const NUMBERS: i32 = 1;
const AGE_AT: i32 = 2;
const ENTERED: i32 = 3;
const SINCE: i32 = 4;

/// Values that live through an input.
struct Vars {
    /// Number of the item.
    number: Variable,
    /// Pointer to the item.
    item: Variable,
    /// Pointer to the customer's entry.
    entry: Variable,
    /// Pointer to the customer's words.
    words: Variable,
    /// How many there are.
    len: Variable,
    /// How many have room.
    room: Variable,
    /// The present moment.
    now: Variable,
    /// The event's row.
    row: Variable,
    /// Pointer to the run's record.
    run: Variable,
    /// Where the next effect goes.
    out: Variable,
    /// 1 while a due moment is done before the input.
    instant: Variable,
    /// Where the message id goes, or nowhere of meaning.
    id_at: Variable,
    /// The state's small things as they will be.
    zone: Variable,
    /// Pointer to the first record.
    first: Variable,
    /// Pointer to the next record that is looked at.
    scan: Variable,
    /// When time does something next, but for the present run.
    others: Variable,
    /// Pointer to the run that hears the event, or is due; 0: none.
    hit: Variable,
    /// Why the lean machine has to leave the state as it is kept: [`UNTIDY`], [`UNLISTED`].
    must: Variable,
    /// How many words are put back when the input is declined.
    saved: Variable,
    /// Why the VM did not do an input.
    why: Variable,
}

/// An ended run is no longer kept as it is.
const UNTIDY: i64 = 1;
/// A run was entered whose journey is not listed yet.
const UNLISTED: i64 = 2;

/// Makes the code.
pub struct Machine<'p, 'a, 'b> {
    plan: &'p mut Plan<'a>,
    b: &'p mut FunctionBuilder<'b>,
    context: Value,
    far: ir::SigRef,
    /// Of call-outs.
    calls: ir::SigRef,
    constants: Constants,
    to: Value,
    v: Vars,
    /// Steps from an instruction on.
    walks: BTreeMap<(u16, Pc), Block>,
    unmade: Vec<(u16, Pc)>,
    /// The histories that the event feeds whose code is made.
    observed: &'a [u16],
    /// What an event does.
    events: Option<Block>,
    /// What is no usual event.
    odd: Block,
    /// The end of a run of a journey.
    tidies: BTreeMap<u16, Block>,
    blocks: Blocks,
    /// Words of effects that one input may make.
    most: i64,
}

#[derive(Clone, Copy)]
struct Blocks {
    next: Block,
    done: Block,
    /// The next moment of time is known: that is said, and the state is left as it is kept.
    tail: Block,
    /// The lean machine leaves the state as it is kept.
    finish: Block,
    advance: Block,
    declined: Block,
    /// The VM did not do it either.
    neither: Block,
    full: Block,
    /// The state has no room for what is to come.
    cramped: Block,
    /// The customer has no slot that the code can work on.
    alone: Block,
}

fn flags() -> MemFlagsData {
    MemFlagsData::trusted()
}

impl<'p, 'a, 'b> Machine<'p, 'a, 'b> {
    /// The whole function: `(context, from, to) -> the first that is not done`.
    pub fn make(
        plan: &'p mut Plan<'a>,
        b: &'p mut FunctionBuilder<'b>,
        params: &[Value],
        [far, calls]: [ir::SigRef; 2],
    ) -> Constants {
        let var = |b: &mut FunctionBuilder<'b>| b.declare_var(types::I64);
        let v = Vars {
            number: var(b),
            item: var(b),
            entry: var(b),
            words: var(b),
            len: var(b),
            room: var(b),
            now: var(b),
            row: var(b),
            run: var(b),
            out: var(b),
            instant: var(b),
            id_at: var(b),
            zone: var(b),
            first: var(b),
            scan: var(b),
            others: var(b),
            hit: var(b),
            must: var(b),
            saved: var(b),
            why: var(b),
        };
        let mut block = || b.create_block();
        let blocks = Blocks {
            next: block(),
            done: block(),
            advance: block(),
            declined: block(),
            neither: block(),
            full: block(),
            tail: block(),
            finish: block(),
            cramped: block(),
            alone: block(),
        };
        b.set_cold_block(blocks.declined);
        b.set_cold_block(blocks.neither);
        b.set_cold_block(blocks.full);
        b.set_cold_block(blocks.finish);
        let odd = b.create_block();
        let most = 8 * most_words(plan) as i64;
        let constants = Constants::new(plan);
        let mut machine = Machine {
            plan,
            b,
            context: params[0],
            far,
            calls,
            constants,
            to: params[2],
            v,
            walks: BTreeMap::new(),
            unmade: Vec::new(),
            observed: &[],
            events: None,
            odd,
            tidies: BTreeMap::new(),
            blocks,
            most,
        };
        machine.batch(params[1]);
        machine.constants
    }

    // ------------------------------------------------------------------------------------------ small things

    fn get(&mut self, of: fn(&Vars) -> Variable) -> Value {
        let var = of(&self.v);
        self.b.use_var(var)
    }

    fn set(&mut self, of: fn(&Vars) -> Variable, value: Value) {
        let var = of(&self.v);
        self.b.def_var(var, value);
    }

    fn word(&mut self, word: Word) -> Value {
        self.b.ins().iconst(types::I64, word as i64)
    }

    fn load(&mut self, at: Value, word: i32) -> Value {
        self.b.ins().load(types::I64, flags(), at, 8 * word)
    }

    fn store(&mut self, value: Value, at: Value, word: i32) {
        self.b.ins().store(flags(), value, at, 8 * word);
    }

    fn put(&mut self, word: Word, at: Value, to: i32) {
        let word = self.word(word);
        self.store(word, at, to);
    }

    fn of_context(&mut self, offset: i32) -> Value {
        let context = self.context;
        self.b.ins().load(types::I64, flags(), context, offset)
    }

    /// Goes on in a new block if a flag holds, else to `other`.
    fn need(&mut self, flag: Value, other: Block) {
        let here = self.b.create_block();
        self.b.ins().brif(flag, here, &[], other, &[]);
        self.b.switch_to_block(here);
    }

    /// Goes to `other` if a flag holds, else on in a new block.
    fn unless(&mut self, flag: Value, other: Block) {
        let here = self.b.create_block();
        self.b.ins().brif(flag, other, &[], here, &[]);
        self.b.switch_to_block(here);
    }

    fn jump(&mut self, to: Block) {
        self.b.ins().jump(to, &[]);
    }

    fn declined(&mut self) {
        let declined = self.blocks.declined;
        self.jump(declined);
    }

    /// Bits of a word.
    fn bits(&mut self, word: Value, from: u32, count: u32) -> Value {
        let word = if from == 0 { word } else { self.b.ins().ushr_imm_u(word, i64::from(from)) };
        if from + count == 64 { word } else { self.b.ins().band_imm_u(word, ((1u64 << count) - 1) as i64) }
    }

    fn is(&mut self, value: Value, word: Word) -> Value {
        self.b.ins().icmp_imm_s(IntCC::Equal, value, word as i64)
    }

    /// A function of the run whose record `run` points to; with the present event, if `hears`.
    fn eval(&mut self, journey: u16, function: FnId, run: Value, hears: bool) -> Value {
        self.watch(journey, function, run, hears, false).0
    }

    /// The same; and when it may change, if that is asked.
    fn watch(&mut self, journey: u16, function: FnId, run: Value, hears: bool, changes: bool) -> (Value, Value) {
        let never = self.word(NEVER as Word);
        let (words, row, now) = (self.get(|v| v.words), self.get(|v| v.row), self.get(|v| v.now));
        let header = self.form(journey).header() as i32;
        let item = self.get(|v| v.item);
        if self.plan.function(function).is_none() {
            let sees = if hears { SEES_EVENT } else { 0 };
            let arguments = self.word(Word::from(function) | sees);
            let word = self.call(AT.eval, run, arguments);
            return (word, if changes { self.of_context(AT.changes) } else { never });
        }
        let happened = match hears {
            true => self.b.ins().load(types::I64, flags(), item, offset_of!(Item, happened_at) as i32),
            false => now,
        };
        let Some(Lifted { graph, result, changes: when }) = self.plan.function(function) else { return (never, never) };
        let base = |at, words| Some(Base { at, words });
        let leaves = Leaves {
            context: self.context,
            places: [base(words, 0), base(run, header), base(row, 0), None],
            now: Some(now),
            happened_at: Some(happened),
            frozen: false,
        };
        let roots = [*result, *when];
        let values = Emit::new(graph, self.b, leaves, self.far).roots(&roots[..if changes { 2 } else { 1 }]);
        (values[0], values.get(1).copied().unwrap_or(never))
    }

    fn holds(&mut self, journey: u16, function: FnId, run: Value, hears: bool) -> Value {
        let word = self.eval(journey, function, run, hears);
        self.is(word, 1)
    }

    /// Asks the lean machine for something.
    fn call(&mut self, what: i32, a: Value, b: Value) -> Value {
        let (context, sig) = (self.context, self.calls);
        for (of, at) in [
            (self.v.out, AT.out),
            (self.v.words, AT.words),
            (self.v.len, AT.len),
            (self.v.room, AT.room),
            (self.v.number, AT.number),
            (self.v.now, AT.now),
        ] {
            let value = self.b.use_var(of);
            self.b.ins().store(flags(), value, context, at);
        }
        let what = self.of_context(what);
        let call = self.b.ins().call_indirect(sig, what, &[context, a, b]);
        let result = self.b.inst_results(call)[0];
        let (out, len) = (self.of_context(AT.out), self.of_context(AT.len));
        self.set(|v| v.out, out);
        self.set(|v| v.len, len);
        result
    }

    /// What a call-out that ends the input is told beside.
    fn arguments(&mut self, pc: Value) -> Value {
        let (must, instant) = (self.get(|v| v.must), self.get(|v| v.instant));
        let entered = self.b.ins().band_imm_u(must, UNLISTED);
        let entered =
            self.b.ins().ishl_imm_u(entered, i64::from(FIRST_ENTRY.trailing_zeros() - UNLISTED.trailing_zeros()));
        let instant = self.b.ins().ishl_imm_u(instant, i64::from(INSTANT.trailing_zeros()));
        let both = self.b.ins().bor(entered, instant);
        self.b.ins().bor(both, pc)
    }

    /// A run goes on from an instruction, by the lean machine, and the input ends.
    fn hand_over(&mut self, run: Value, pc: Pc) {
        self.ask(AT.go_on, run, pc);
    }

    /// The lean machine is asked for something that a run does, and the input ends.
    fn ask(&mut self, what: i32, run: Value, pc: Pc) {
        let pc = self.word(Word::from(pc));
        let arguments = self.arguments(pc);
        self.call(what, run, arguments);
        let done = self.blocks.done;
        self.jump(done);
    }

    fn lesser(&mut self, a: Value, b: Value) -> Value {
        let less = self.b.ins().icmp(IntCC::SignedLessThan, a, b);
        self.b.ins().select(less, a, b)
    }

    /// Time does something at a moment, too.
    fn wakes_at(&mut self, moment: Value) {
        let others = self.get(|v| v.others);
        let others = self.lesser(others, moment);
        self.set(|v| v.others, others);
    }

    fn must(&mut self, what: i64) {
        let must = self.get(|v| v.must);
        let must = self.b.ins().bor_imm_u(must, what);
        self.set(|v| v.must, must);
    }

    fn form(&self, journey: u16) -> Form {
        self.plan.tables.journeys[usize::from(journey)].form
    }

    fn journey(&self, journey: u16) -> &'a Journey {
        self.plan.journey(journey)
    }

    fn set_slot(&mut self, journey: u16, run: Value, slot: u16, value: Value) {
        let at = self.form(journey).header() as i32 + i32::from(slot);
        self.store(value, run, at);
    }

    fn capture(&mut self, journey: u16, run: Value, capture: &Capture) {
        let missing = self.word(MISSING);
        for slot in &capture.clear {
            self.set_slot(journey, run, *slot, missing);
        }
        let row = self.get(|v| v.row);
        for (field, slot) in &capture.fields {
            let value = self.load(row, i32::from(*field));
            self.set_slot(journey, run, *slot, value);
        }
        if let Some(slot) = capture.happened_at {
            let item = self.get(|v| v.item);
            let happened = self.b.ins().load(types::I64, flags(), item, offset_of!(Item, happened_at) as i32);
            self.set_slot(journey, run, slot, happened);
        }
    }

    /// Appends an effect of a journey; `run` none: of nobody's run.
    fn effect(&mut self, head: (u8, u16, u16), journey: u16, run: Option<Value>, pc: u32, payload: &[Value]) {
        let (kind, code, extra) = head;
        let length = (record::HEAD + payload.len()) as Word;
        let head = Word::from(kind) | length << 8 | Word::from(code) << 16 | Word::from(journey) << 32;
        let out = self.get(|v| v.out);
        self.put(head | Word::from(extra) << 48, out, 0);
        let now = self.get(|v| v.now);
        self.store(now, out, 1);
        let numbers = match run {
            Some(run) => self.load(run, NUMBERS),
            None => self.word(0),
        };
        self.store(numbers, out, 2);
        let item = self.get(|v| v.item);
        let customer = self.b.ins().uload32(flags(), item, offset_of!(Item, customer) as i32);
        let customer = self.b.ins().ishl_imm_u(customer, 32);
        let whose = self.b.ins().bor_imm_u(customer, i64::from(pc));
        self.store(whose, out, 3);
        for (at, word) in payload.iter().enumerate() {
            self.store(*word, out, (record::HEAD + at) as i32);
        }
        let out = self.b.ins().iadd_imm_s(out, 8 * length as i64);
        self.set(|v| v.out, out);
    }

    // ------------------------------------------------------------------------------------------ the loop

    fn batch(&mut self, from: Value) {
        let Blocks { next, done, advance, declined, neither, full, tail, finish, cramped, alone } = self.blocks;
        self.set(|v| v.number, from);
        let out = self.of_context(AT.out);
        self.set(|v| v.out, out);
        let zero = self.word(0);
        let Vars { now, run, instant, row, zone, id_at, first, scan, others, hit, must, saved, why, .. } = self.v;
        for var in [now, run, instant, row, zone, id_at, first, scan, others, hit, must, saved, why] {
            self.b.def_var(var, zero);
        }
        let (head, ended) = (self.b.create_block(), self.b.create_block());
        self.jump(head);

        // One more is done.
        self.b.switch_to_block(next);
        let number = self.get(|v| v.number);
        let number = self.b.ins().iadd_imm_s(number, 1);
        self.set(|v| v.number, number);
        self.jump(head);

        self.b.switch_to_block(head);
        let (number, to) = (self.get(|v| v.number), self.to);
        let more = self.b.ins().icmp(IntCC::UnsignedLessThan, number, to);
        self.need(more, ended);
        self.find_customer();

        self.b.switch_to_block(advance);
        self.advance();

        self.b.switch_to_block(done);
        self.keep_length();

        self.b.switch_to_block(declined);
        let put_back = self.put_back();
        self.b.switch_to_block(put_back);
        let entry_at = self.get(|v| v.entry);
        let entry = self.load(entry_at, 0);
        let len = self.bits(entry, raw::LENGTH_FROM, raw::LENGTH_TO - raw::LENGTH_FROM);
        self.set(|v| v.len, len);
        let zero = self.word(0);
        let why = self.call(AT.hand_on, zero, zero);
        self.set(|v| v.why, why);
        let len = self.get(|v| v.len);
        self.put_length(entry_at, entry, len);
        self.b.ins().brif(why, neither, &[], next, &[]);
        self.b.switch_to_block(cramped);
        let put_back = self.put_back();
        let ends = [
            (ended, Some(0)),
            (neither, None),
            (put_back, Some(WHY_ROOM)),
            (full, Some(WHY_FULL)),
            (alone, Some(WHY_DECLINED)),
        ];
        for (block, reason) in ends {
            self.b.switch_to_block(block);
            let reason = match reason {
                Some(reason) => self.word(reason),
                None => self.get(|v| v.why),
            };
            let (context, out) = (self.context, self.get(|v| v.out));
            self.b.ins().store(flags(), out, context, AT.out);
            self.b.ins().store(flags(), reason, context, AT.why);
            let number = self.get(|v| v.number);
            self.b.ins().return_(&[number]);
        }
        self.b.switch_to_block(tail);
        let (words, others, must) = (self.get(|v| v.words), self.get(|v| v.others), self.get(|v| v.must));
        self.store(others, words, WAKE as i32);
        self.b.ins().brif(must, finish, &[], done, &[]);
        self.b.switch_to_block(finish);
        let zero = self.word(0);
        let arguments = self.arguments(zero);
        self.call(AT.finish, zero, arguments);
        self.jump(done);
        while let Some((journey, pc)) = self.unmade.pop() {
            let block = self.walks[&(journey, pc)];
            self.b.switch_to_block(block);
            self.step(journey, pc);
        }
    }

    /// Finds the words of the item's customer, and makes them for one of whom nothing is known.
    fn find_customer(&mut self) {
        let Blocks { advance, declined, full, alone, .. } = self.blocks;
        // What is loaded here is kept as it is: sums of pointers would be worked out again at every use.
        let (ring, number) = (self.of_context(AT.ready), self.get(|v| v.number));
        let place = self.b.ins().band_imm_u(number, RING as i64 - 1);
        let offset = self.b.ins().imul_imm_s(place, size_of::<Ready>() as i64);
        let ready = self.b.ins().iadd(ring, offset);
        let zero = self.word(0);
        self.set(|v| v.saved, zero);
        self.set(|v| v.instant, zero);
        let item = self.b.ins().load(types::I64, flags(), ready, offset_of!(Ready, item) as i32);
        self.set(|v| v.item, item);
        let words = self.b.ins().load(types::I64, flags(), ready, offset_of!(Ready, words) as i32);
        self.set(|v| v.words, words);
        let room = self.b.ins().load(types::I64, flags(), ready, offset_of!(Ready, room) as i32);
        self.set(|v| v.room, room);
        let at = self.b.ins().load(types::I64, flags(), ready, offset_of!(Ready, entry) as i32);
        self.set(|v| v.entry, at);
        // Without a slot, or alone.
        let none = self.is(words, 0);
        self.unless(none, alone);
        // Room for what the input and one due moment say.
        let (out, end) = (self.get(|v| v.out), self.of_context(AT.out_end));
        let after = self.b.ins().iadd_imm_s(out, self.most);
        let over = self.b.ins().icmp(IntCC::UnsignedGreaterThan, after, end);
        self.unless(over, full);
        let entry = self.load(at, 0);
        let len = self.bits(entry, raw::LENGTH_FROM, raw::LENGTH_TO - raw::LENGTH_FROM);
        self.set(|v| v.len, len);
        let new = self.b.create_block();
        let fixed = self.plan.program.layout.fixed;
        let known = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, len, fixed as i64);
        self.b.ins().brif(known, advance, &[], new, &[]);

        self.b.switch_to_block(new);
        if !self.plan.tables.calm {
            // What is watched is worked out at first sight.
            return self.declined();
        }
        let some = self.b.ins().icmp_imm_u(IntCC::NotEqual, len, 0);
        self.unless(some, declined);
        let fits = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, room, fixed as i64);
        self.need(fits, declined);
        // Behind the state's end, words have no meaning: if the input is declined, nothing has changed.
        for (at, word) in self.plan.program.layout.fresh_words().to_vec().into_iter().enumerate() {
            self.put(word, words, at as i32);
        }
        let fixed = self.word(fixed as Word);
        self.set(|v| v.len, fixed);
        let seen = self.b.ins().load(types::I64, flags(), item, offset_of!(Item, seen) as i32);
        self.set(|v| v.now, seen);
        self.event();
    }

    /// What was changed too early is put back; gives the block behind it.
    fn put_back(&mut self) -> Block {
        let (saved, words, count) = (self.of_context(AT.saved), self.get(|v| v.words), self.get(|v| v.saved));
        let bytes = self.b.ins().ishl_imm_u(count, 4);
        let end = self.b.ins().iadd(saved, bytes);
        let (test, at, done) = self.each_from(saved, end);
        let (offset, word) = (self.load(at, 0), self.load(at, 1));
        let to = self.b.ins().iadd(words, offset);
        self.store(word, to, 0);
        let next = self.b.ins().iadd_imm_s(at, 16);
        self.b.ins().jump(test, &[next.into()]);
        done
    }

    /// Declines moments whose sums with spans could overflow.
    fn plain_moment(&mut self, moment: Value) {
        let declined = self.blocks.declined;
        let plain = self.is_plain(moment);
        self.need(plain, declined);
    }

    fn is_plain(&mut self, moment: Value) -> Value {
        let up = self.b.ins().iadd_imm_s(moment, 1 << 61);
        self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, up, 1 << 62)
    }

    /// Goes through memory from a pointer to one behind its end: the code that follows is for each place `at`, and jumps to `test` with the
    /// next, or elsewhere. Gives `test`, `at`, and the block behind the end.
    fn each_from(&mut self, from: Value, end: Value) -> (Block, Value, Block) {
        let (test, body, done) = (self.b.create_block(), self.b.create_block(), self.b.create_block());
        self.b.append_block_param(test, types::I64);
        self.b.ins().jump(test, &[from.into()]);
        self.b.switch_to_block(test);
        let at = self.b.block_params(test)[0];
        let more = self.b.ins().icmp(IntCC::UnsignedLessThan, at, end);
        self.b.ins().brif(more, body, &[], done, &[]);
        self.b.switch_to_block(body);
        (test, at, done)
    }

    /// Finds where the records begin.
    fn records(&mut self) {
        let (declined, words, len) = (self.blocks.declined, self.get(|v| v.words), self.get(|v| v.len));
        let zone = self.load(words, ZONE as i32);
        let (room, entered) = (self.bits(zone, IDS_ROOM, 8), self.bits(zone, ENTERED_COUNT, 16));
        let behind = self.b.ins().iadd(room, entered);
        let first = self.b.ins().iadd_imm_s(behind, self.plan.program.layout.fixed as i64);
        let wild = self.b.ins().icmp(IntCC::UnsignedGreaterThan, first, len);
        self.unless(wild, declined);
        let offset = self.b.ins().ishl_imm_u(first, 3);
        let first = self.b.ins().iadd(words, offset);
        self.set(|v| v.first, first);
    }

    /// When time does something next by what is no run's; declines where that is now, or, for an event, where a watched condition may
    /// have changed.
    fn next_by_itself(&mut self, instant: bool) {
        let (declined, words, now) = (self.blocks.declined, self.get(|v| v.words), self.get(|v| v.now));
        let layout = &self.plan.program.layout;
        let mut next = self.word(NEVER as Word);
        if layout.watches > 0 {
            next = self.load(words, WATCH_DUE as i32);
            let due = self.b.ins().icmp(IntCC::SignedLessThanOrEqual, next, now);
            self.unless(due, declined);
        }
        for place in &layout.calendar {
            let due = self.load(words, place.at as i32);
            next = self.lesser(next, due);
        }
        if instant && !layout.calendar.is_empty() {
            let due = self.b.ins().icmp(IntCC::SignedLessThanOrEqual, next, now);
            self.unless(due, declined);
        }
        self.set(|v| v.others, next);
    }

    /// Declines a record that is not as long as its journey's runs are, or of another form.
    fn is_whole(&mut self, j: u16, run: Value) {
        let declined = self.blocks.declined;
        let table = &self.plan.tables.journeys[usize::from(j)];
        let (form, words) = (table.form, table.words as Word);
        let head = self.load(run, 0);
        let shape = self.b.ins().ushr_imm_u(head, 32);
        let whole = self.is(shape, words << 8 | Word::from(form.0));
        self.need(whole, declined);
    }

    /// The state is as it is kept: its length goes into the entry, and the next input is taken.
    fn keep_length(&mut self) {
        let Blocks { next, advance, .. } = self.blocks;
        let (at, len) = (self.get(|v| v.entry), self.get(|v| v.len));
        let entry = self.load(at, 0);
        let before = self.bits(entry, raw::LENGTH_FROM, raw::LENGTH_TO - raw::LENGTH_FROM);
        let (keep, kept) = (self.b.create_block(), self.b.create_block());
        let same = self.b.ins().icmp(IntCC::Equal, before, len);
        // Mostly it is as long as before.
        self.b.ins().brif(same, kept, &[], keep, &[]);
        self.b.switch_to_block(keep);
        self.put_length(at, entry, len);
        self.jump(kept);
        self.b.switch_to_block(kept);
        let instant = self.get(|v| v.instant);
        let zero = self.word(0);
        self.set(|v| v.instant, zero);
        let again = self.b.create_block();
        self.b.ins().brif(instant, again, &[], next, &[]);
        // More may be due; and there must be room for what it says.
        self.b.switch_to_block(again);
        let (out, end) = (self.get(|v| v.out), self.of_context(AT.out_end));
        let after = self.b.ins().iadd_imm_s(out, self.most);
        let over = self.b.ins().icmp(IntCC::UnsignedGreaterThan, after, end);
        let full = self.blocks.full;
        self.unless(over, full);
        self.jump(advance);
    }

    /// Puts a length into an entry.
    fn put_length(&mut self, at: Value, entry: Value, len: Value) {
        let mask = ((1u64 << (raw::LENGTH_TO - raw::LENGTH_FROM)) - 1) << raw::LENGTH_FROM;
        let rest = self.word(!mask);
        let rest = self.b.ins().band(entry, rest);
        let len = self.b.ins().ishl_imm_u(len, i64::from(raw::LENGTH_FROM));
        let entry = self.b.ins().bor(rest, len);
        self.store(entry, at, 0);
    }
}
