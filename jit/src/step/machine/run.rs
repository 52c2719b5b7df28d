//! Runs: how they begin, begin again, and end.

use super::*;

impl<'a> Machine<'_, 'a, '_> {
    /// An event comes to one who has no run.
    pub(super) fn new_run(&mut self, event: u16) {
        let Blocks { done, declined, .. } = self.blocks;
        let words = self.get(|v| v.words);
        let Ok(enters) = self.plan.enters(event) else { return self.declined() };
        let Some((j, Trigger::Event { listener, capture })) = enters else {
            self.commit();
            self.put(NEVER as Word, words, WAKE as i32);
            return self.jump(done);
        };
        let journey = self.journey(j);
        let (form, run_words) = (self.form(j), self.plan.tables.journeys[usize::from(j)].words);
        let (counted, unlisted) = self.entry_count(j);
        let (len, room) = (self.get(|v| v.len), self.get(|v| v.room));
        let len = self.b.ins().iadd(len, unlisted);
        let end = self.b.ins().iadd_imm_s(len, run_words as i64);
        let over = self.b.ins().icmp(IntCC::UnsignedGreaterThan, end, room);
        self.unless(over, declined);
        // Behind the state's end: if nobody comes in, it has no meaning.
        let run = self.get(|v| v.run);
        let more = self.b.ins().ishl_imm_u(unlisted, 3);
        let run = self.b.ins().iadd(run, more);
        self.set(|v| v.run, run);
        for slot in 0..journey.slots.len() as u16 {
            let value = self.word(if journey.zeroed.contains(&slot) { 0 } else { MISSING });
            self.set_slot(j, run, slot, value);
        }
        self.put((run_words as Word) << 40 | Word::from(form.0) << 32 | Word::from(j), run, 0);
        self.capture(j, run, capture);
        let nobody = self.b.create_block();
        if let Some(condition) = listener.condition {
            let holds = self.holds(j, condition, run);
            self.need(holds, nobody);
        }
        let key = match journey.key {
            Some(slot) => self.load(run, form.header() as i32 + i32::from(slot)),
            None => self.word(0),
        };
        let refuse = |machine: &mut Self, reason: Reason| {
            machine.commit();
            let payload: &[Value] = if journey.key.is_some() { &[key] } else { &[] };
            machine.effect((record::ENTRY_REFUSED, reason as u16, 0), j, None, record::NO_PC, payload);
            machine.put(NEVER as Word, words, WAKE as i32);
            machine.jump(done);
        };
        if let Some(condition) = journey.only_if {
            let holds = self.holds(j, condition, run);
            let no = self.b.create_block();
            self.need(holds, no);
            let yes = self.b.current_block().expect("a block is being made");
            self.b.switch_to_block(no);
            refuse(self, Reason::OnlyIf);
            self.b.switch_to_block(yes);
        }
        if journey.key.is_some() {
            let missing = self.is(key, MISSING);
            let no = self.b.create_block();
            self.unless(missing, no);
            let yes = self.b.current_block().expect("a block is being made");
            self.b.switch_to_block(no);
            refuse(self, Reason::NoKey);
            self.b.switch_to_block(yes);
        }
        let zone = self.get(|v| v.zone);
        let one = self.b.ins().ishl_imm_u(unlisted, i64::from(ENTERED_COUNT));
        let zone = self.b.ins().iadd(zone, one);
        self.set(|v| v.zone, zone);
        self.commit();
        let number = self.b.ins().uload32(flags(), counted, 0);
        let all = self.is(number, Word::from(u32::MAX));
        let more = self.b.ins().iadd_imm_s(number, 1);
        let more = self.b.ins().select(all, number, more);
        let (first, new) = (self.word(1), self.is(unlisted, 1));
        let number = self.b.ins().select(new, first, more);
        let listed = self.b.ins().bor_imm_u(number, i64::from(j) << 32);
        self.store(listed, counted, 0);
        let start = self.word(1 << 32);
        let numbers = self.b.ins().bor(number, start);
        self.store(numbers, run, NUMBERS);
        self.put(0, run, AGE_AT);
        if form.has(Form::KEYED) {
            self.store(key, run, Form::KEY as i32);
        }
        self.set_out(j, run);
        self.set(|v| v.len, end);
        let payload: &[Value] = if journey.key.is_some() { &[key] } else { &[] };
        self.effect((record::ENTERED, record::NO_JOURNEY, 0), j, Some(run), record::NO_PC, payload);
        self.walk(j, 0);

        self.b.switch_to_block(nobody);
        self.commit();
        self.put(NEVER as Word, words, WAKE as i32);
        self.jump(done);
    }

    /// Where the word stands that counts a journey's entries, of a customer without a run; and 1 when it is not there yet: then it comes
    /// at the end of the state. As [`journey_runtime::state::entry_count`].
    fn entry_count(&mut self, j: u16) -> (Value, Value) {
        let (run, zone) = (self.get(|v| v.run), self.get(|v| v.zone));
        let words = self.bits(zone, ENTERED_COUNT, 16);
        let bytes = self.b.ins().ishl_imm_u(words, 3);
        let from = self.b.ins().isub(run, bytes);
        let (test, body, found) = (self.b.create_block(), self.b.create_block(), self.b.create_block());
        self.b.append_block_param(test, types::I64);
        self.b.ins().jump(test, &[from.into()]);
        self.b.switch_to_block(test);
        let at = self.b.block_params(test)[0];
        let more = self.b.ins().icmp(IntCC::UnsignedLessThan, at, run);
        self.b.ins().brif(more, body, &[], found, &[]);
        self.b.switch_to_block(body);
        let journey = self.b.ins().uload32(flags(), at, 4);
        let same = self.is(journey, Word::from(j));
        let after = self.b.ins().iadd_imm_s(at, 8);
        self.b.ins().brif(same, found, &[], test, &[after.into()]);
        self.b.switch_to_block(found);
        let end = self.b.ins().icmp(IntCC::Equal, at, run);
        let unlisted = self.b.ins().uextend(types::I64, end);
        (at, unlisted)
    }

    pub(super) fn start_over(&mut self, j: u16, run: Value) {
        let journey = self.journey(j);
        let missing = self.word(MISSING);
        for slot in self.plan.tables.journeys[usize::from(j)].forgotten.clone() {
            self.set_slot(j, run, slot, missing);
        }
        let zero = self.word(0);
        for slot in &journey.zeroed {
            self.set_slot(j, run, *slot, zero);
        }
        let start = self.b.ins().uload32(flags(), run, 8 * NUMBERS + 4);
        let all = self.is(start, Word::from(u32::MAX));
        let more = self.b.ins().iadd_imm_s(start, 1);
        let start = self.b.ins().select(all, start, more);
        self.b.ins().istore32(flags(), start, run, 8 * NUMBERS + 4);
        let head = self.load(run, 0);
        let rest = self.word(!(Word::from(CONVERTED) << 24 | 0xff << 16));
        let head = self.b.ins().band(head, rest);
        let head = self.b.ins().bor_imm_u(head, i64::from(FRESH) << 16);
        self.store(head, run, 0);
        self.set_out(j, run);
    }

    /// Puts a run before its first step, but for its status.
    pub(super) fn set_out(&mut self, j: u16, run: Value) {
        let form = self.form(j);
        let now = self.get(|v| v.now);
        self.store(now, run, ENTERED);
        self.store(now, run, SINCE);
        self.put(NEVER as Word, run, form.due() as i32);
        let zero = self.b.ins().iconst(types::I32, 0);
        self.b.ins().store(flags(), zero, run, 8 * AGE_AT + 4);
        if form.has(Form::CALENDAR) {
            self.put(MISSING, run, form.anchor() as i32);
            self.put(0, run, form.anchor() as i32 + 1);
        }
        if form.has(Form::HOLDS) {
            let asked = form.asked() as i32;
            for (at, word) in [(0, MISSING), (1, 0), (2, 0), (3, MISSING)] {
                self.put(word, run, asked + at);
            }
        }
    }

    /// The end of a run.
    pub(super) fn end(&mut self, j: u16, run: Value, by: u16, extra: u16, label: Option<u32>) {
        let form = self.form(j);
        let head = self.load(run, 0);
        let rest = self.word(!(0xff << 16));
        let head = self.b.ins().band(head, rest);
        let head = self.b.ins().bor_imm_u(head, i64::from(ENDED) << 16);
        self.store(head, run, 0);
        let now = self.get(|v| v.now);
        self.store(now, run, SINCE);
        self.put(NEVER as Word, run, form.due() as i32);
        if form.has(Form::HOLDS) {
            self.put(MISSING, run, form.asked() as i32 + 3);
        }
        let label: Vec<Value> = label.map(|label| self.word(Word::from(label))).into_iter().collect();
        self.effect((record::LEFT, by, extra), j, Some(run), record::NO_PC, &label);
        self.tidy(j);
    }

    /// What is kept of the only run, which has ended. Moments in states were stamps once: their sums do not overflow where stamps'
    /// do not.
    pub(super) fn tidy(&mut self, j: u16) {
        if let Some(block) = self.tidies.get(&j) {
            let block = *block;
            return self.jump(block);
        }
        let block = self.b.create_block();
        self.tidies.insert(j, block);
        self.jump(block);
        self.b.switch_to_block(block);
        self.keep(j);
    }

    pub(super) fn keep(&mut self, j: u16) {
        let done = self.blocks.done;
        let journey = self.journey(j);
        let form = self.form(j);
        let (run, words, now) = (self.get(|v| v.run), self.get(|v| v.words), self.get(|v| v.now));
        let head = self.load(run, 0);
        self.put(NEVER as Word, words, WAKE as i32);
        let length = self.bits(head, 40, 24);
        let bytes = self.b.ins().isub(run, words);
        let first = self.b.ins().sshr_imm_s(bytes, 3);
        let open = journey.goals.iter().filter_map(|goal| goal.within.as_ref()).map(|span| span.ms).max();
        if let Some(ms) = open {
            // Whole, it may still convert.
            let entered = self.load(run, ENTERED);
            let until = self.b.ins().iadd_imm_s(entered, ms);
            let in_time = self.b.ins().icmp(IntCC::SignedLessThanOrEqual, now, until);
            let converted = self.b.ins().band_imm_u(head, i64::from(CONVERTED) << 24);
            let open = self.is(converted, 0);
            let whole = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, length, form.header() as i64);
            let all = self.b.ins().band(in_time, open);
            let all = self.b.ins().band(all, whole);
            self.unless(all, done);
        }
        let barred = self.b.ins().band_imm_u(head, i64::from(BARRED) << 24);
        let barred = self.b.ins().icmp_imm_u(IntCC::NotEqual, barred, 0);
        let asked = match &journey.reentry {
            ReEntry::Never { .. } => self.b.ins().iconst(types::I8, 1),
            ReEntry::AfterFinishing => barred,
            ReEntry::AfterEntry(span) | ReEntry::AfterExit(span) => {
                let field = if matches!(journey.reentry, ReEntry::AfterEntry(_)) { ENTERED } else { SINCE };
                let from = self.load(run, field);
                let until = self.b.ins().iadd_imm_s(from, span.ms);
                let before = self.b.ins().icmp(IntCC::SignedLessThan, now, until);
                self.b.ins().bor(barred, before)
            }
        };
        let (stub, nothing) = (self.b.create_block(), self.b.create_block());
        self.b.ins().brif(asked, stub, &[], nothing, &[]);

        self.b.switch_to_block(nothing);
        self.set(|v| v.len, first);
        self.jump(done);

        self.b.switch_to_block(stub);
        let least = form.due() as i64;
        let longer = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThan, length, least);
        self.need(longer, done);
        let low = self.bits(head, 0, 32);
        let keyed = self.b.ins().band_imm_u(head, i64::from(Form::KEYED) << 32);
        let head = self.b.ins().bor(low, keyed);
        let size = self.word((least as Word) << 40);
        let head = self.b.ins().bor(head, size);
        self.store(head, run, 0);
        let len = self.b.ins().iadd_imm_s(first, least);
        self.set(|v| v.len, len);
        self.jump(done);
    }
}
