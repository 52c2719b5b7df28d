//! Runs: how they begin again, and end.

use super::*;

impl<'a> Machine<'_, 'a, '_> {
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
        if form.has(Form::WAKES) {
            self.put(NEVER as Word, run, form.wake() as i32);
        }
        if form.has(Form::HOLDS) {
            self.put(MISSING, run, form.asked() as i32 + 3);
        }
        let label: Vec<Value> = label.map(|label| self.word(Word::from(label))).into_iter().collect();
        self.effect((record::LEFT, by, extra), j, Some(run), record::NO_PC, &label);
        self.set(|v| v.run, run);
        self.tidy(j);
    }

    /// What is kept of a run, which has ended.
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

    /// The only record is shortened here; among others, the lean machine knows how they move.
    fn keep(&mut self, j: u16) {
        let Blocks { done, tail, .. } = self.blocks;
        let journey = self.journey(j);
        let form = self.form(j);
        let (run, words, first) = (self.get(|v| v.run), self.get(|v| v.words), self.get(|v| v.first));
        let (len, must) = (self.get(|v| v.len), self.get(|v| v.must));
        let head = self.load(run, 0);
        self.must(UNTIDY);
        self.unless(must, tail);
        let is_first = self.b.ins().icmp(IntCC::Equal, run, first);
        self.need(is_first, tail);
        let bytes = self.b.ins().isub(run, words);
        let first = self.b.ins().sshr_imm_s(bytes, 3);
        let length = self.bits(head, 40, 24);
        let end = self.b.ins().iadd(first, length);
        let is_last = self.b.ins().icmp(IntCC::Equal, end, len);
        self.need(is_last, tail);
        let (entered, since) = (self.load(run, ENTERED), self.load(run, SINCE));
        let plain = self.is_plain(entered);
        self.need(plain, tail);
        let zero = self.word(0);
        let spans = journey.goals.iter().filter_map(|goal| goal.within.as_ref());
        for span in spans {
            // Whole, it may still convert.
            let [open, closed] = self.in_time(entered, span, IntCC::SignedLessThanOrEqual);
            let converted = self.b.ins().band_imm_u(head, i64::from(CONVERTED) << 24);
            let converted = self.b.ins().icmp_imm_u(IntCC::NotEqual, converted, 0);
            let closed = self.b.ins().bor(closed, converted);
            let (other, stays) = (self.b.create_block(), self.b.create_block());
            self.b.ins().brif(closed, other, &[], stays, &[]);
            self.b.switch_to_block(stays);
            self.need(open, tail);
            self.set(|v| v.must, zero);
            self.jump(tail);
            self.b.switch_to_block(other);
        }
        self.set(|v| v.must, zero);
        let barred = self.b.ins().band_imm_u(head, i64::from(BARRED) << 24);
        let barred = self.b.ins().icmp_imm_u(IntCC::NotEqual, barred, 0);
        let asked = match &journey.reentry {
            ReEntry::Never { .. } => self.b.ins().iconst(types::I8, 1),
            ReEntry::AfterFinishing => barred,
            ReEntry::AfterEntry(span) | ReEntry::AfterExit(span) => {
                let from = if matches!(journey.reentry, ReEntry::AfterEntry(_)) { entered } else { since };
                let [before, over] = self.in_time(from, span, IntCC::SignedLessThan);
                let asked = self.b.ins().bor(barred, before);
                let sure = self.b.ins().bor(asked, over);
                let unsure = self.b.create_block();
                self.need(sure, unsure);
                let here = self.b.current_block().expect("a block is being made");
                self.b.switch_to_block(unsure);
                self.must(UNTIDY);
                self.jump(tail);
                self.b.switch_to_block(here);
                asked
            }
        };
        let others = self.get(|v| v.others);
        self.store(others, words, WAKE as i32);
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
