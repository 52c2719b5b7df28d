//! Who comes in.

use super::*;
use journey_runtime::step::run::GONE;

impl<'a> Machine<'_, 'a, '_> {
    /// An event that no run has heard: somebody may come in by it. Then it is remembered.
    pub(super) fn new_run(&mut self, event: u16) {
        let (declined, tail) = (self.blocks.declined, self.blocks.tail);
        let enters = &self.plan.tables.events[usize::from(event)].enters;
        if !enters.is_empty() {
            let mut chosen = self.word(0);
            // The number behind the last trigger of the journeys before.
            let mut before = 0;
            for (at, enter) in enters.iter().enumerate() {
                if at > 0 && enters[at - 1].journey != enter.journey {
                    before = at;
                }
                let journey = self.journey(enter.journey);
                let Trigger::Event { listener, capture } = &journey.triggers[usize::from(enter.trigger)] else {
                    continue;
                };
                let hears = match listener.condition {
                    None => self.b.ins().iconst(types::I8, 1),
                    Some(condition) if !self.plan.looks(condition, event) => {
                        return self.declined();
                    }
                    Some(condition) => {
                        let (run, len) = match self.plan.reads_slots(condition) {
                            true => self.candidate(enter.journey, capture),
                            false => (self.get(|v| v.words), self.get(|v| v.len)),
                        };
                        let before = self.get(|v| v.len);
                        self.set(|v| v.len, len);
                        let hears = self.holds(enter.journey, condition, run, true);
                        self.set(|v| v.len, before);
                        hears
                    }
                };
                let free = self.is(chosen, 0);
                // Journeys are asked once each; two that let in at once are the VM's.
                let other = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThanOrEqual, chosen, before as i64);
                let taken = self.b.ins().bxor_imm_u(free, 1);
                let two = self.b.ins().band(taken, other);
                let two = self.b.ins().band(two, hears);
                self.unless(two, declined);
                let number = self.word(at as Word + 1);
                let takes = self.b.ins().band(hears, free);
                chosen = self.b.ins().select(takes, number, chosen);
            }
            let some = self.b.create_block();
            let none = self.b.create_block();
            self.b.ins().brif(chosen, some, &[], none, &[]);
            self.b.switch_to_block(some);
            for (at, enter) in enters.iter().enumerate() {
                let Trigger::Event { capture, .. } = &self.journey(enter.journey).triggers[usize::from(enter.trigger)]
                else {
                    continue;
                };
                let (this, other) = (self.b.create_block(), self.b.create_block());
                let is = self.is(chosen, at as Word + 1);
                self.b.ins().brif(is, this, &[], other, &[]);
                self.b.switch_to_block(this);
                if self.plan.enters(event, enter.journey) {
                    self.admit(enter.journey, capture);
                } else {
                    self.declined();
                }
                self.b.switch_to_block(other);
            }
            self.declined();
            self.b.switch_to_block(none);
        }
        self.commit();
        self.jump(tail);
    }

    /// A record at the end of the state, which has no meaning yet, for someone who may come in; and the length with it. There
    /// must be room, also for the word that lists the journey.
    fn candidate(&mut self, j: u16, capture: &Capture) -> (Value, Value) {
        let cramped = self.blocks.cramped;
        let journey = self.journey(j);
        let (form, run_words) = (self.form(j), self.plan.tables.journeys[usize::from(j)].words);
        let (words, len, room) = (self.get(|v| v.words), self.get(|v| v.len), self.get(|v| v.room));
        let end = self.b.ins().iadd_imm_s(len, run_words as i64);
        let most = self.b.ins().iadd_imm_s(end, 1);
        let over = self.b.ins().icmp(IntCC::UnsignedGreaterThan, most, room);
        self.unless(over, cramped);
        let offset = self.b.ins().ishl_imm_u(len, 3);
        let run = self.b.ins().iadd(words, offset);
        for slot in 0..journey.slots.len() as u16 {
            let value = self.word(if journey.zeroed.contains(&slot) { 0 } else { MISSING });
            self.set_slot(j, run, slot, value);
        }
        let missing = self.word(MISSING);
        for word in 1..form.header() as i32 {
            self.store(missing, run, word);
        }
        for (part, word) in [(Form::CHECKED, form.check()), (Form::WAKES, form.wake())] {
            if form.has(part) {
                self.put(NEVER as Word, run, word as i32);
            }
        }
        self.put((run_words as Word) << 40 | Word::from(form.0) << 32 | Word::from(j), run, 0);
        self.capture(j, run, capture);
        (run, end)
    }

    /// Lets somebody into a journey, or tells why not.
    fn admit(&mut self, j: u16, capture: &Capture) {
        let Blocks { declined, tail, .. } = self.blocks;
        let journey = self.journey(j);
        let form = self.form(j);
        let (run, end) = self.candidate(j, capture);
        let len = self.get(|v| v.len);
        let key = match journey.key {
            Some(slot) => self.load(run, form.header() as i32 + i32::from(slot)),
            None => self.word(0),
        };
        let (refused, admitted) = (self.b.create_block(), self.b.create_block());
        self.b.append_block_param(refused, types::I64);
        let no = |machine: &mut Self, flag: Value, reason: Reason| {
            let on = machine.b.create_block();
            let reason = machine.word(reason as Word);
            machine.b.ins().brif(flag, refused, &[reason.into()], on, &[]);
            machine.b.switch_to_block(on);
        };
        if let Some(condition) = journey.only_if {
            self.set(|v| v.len, end);
            let holds = self.holds(j, condition, run, false);
            self.set(|v| v.len, len);
            let fails = self.b.ins().bxor_imm_u(holds, 1);
            no(self, fails, Reason::OnlyIf);
        }
        if journey.key.is_some() {
            let missing = self.is(key, MISSING);
            no(self, missing, Reason::NoKey);
        }
        let (earlier, alive, age) = self.those_before(j, run, key);
        let (someone, free) = (self.b.create_block(), self.b.create_block());
        self.b.ins().brif(earlier, someone, &[], free, &[]);
        self.b.switch_to_block(someone);
        let head = self.load(earlier, 0);
        let status = self.bits(head, 16, 8);
        let in_it = self.b.ins().icmp_imm_u(IntCC::NotEqual, status, i64::from(ENDED));
        no(self, in_it, Reason::AlreadyIn);
        let barred = self.b.ins().band_imm_u(head, i64::from(BARRED) << 24);
        let barred = self.b.ins().icmp_imm_u(IntCC::NotEqual, barred, 0);
        no(self, barred, Reason::Barred);
        match &journey.reentry {
            ReEntry::Never { .. } => {
                let reason = self.word(Reason::ReEntry as Word);
                self.b.ins().jump(refused, &[reason.into()]);
            }
            ReEntry::AfterFinishing => self.jump(free),
            ReEntry::AfterEntry(span) | ReEntry::AfterExit(span) => {
                let field = if matches!(journey.reentry, ReEntry::AfterEntry(_)) { ENTERED } else { SINCE };
                let from = self.load(earlier, field);
                self.plain_moment(from);
                let [before, over] = self.in_time(from, span, IntCC::SignedLessThan);
                no(self, before, Reason::ReEntry);
                self.need(over, declined);
                self.jump(free);
            }
        }
        self.b.switch_to_block(free);
        if let Some(most) = journey.at_once {
            let many = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, alive, i64::from(most));
            no(self, many, Reason::TooManyRuns);
        }
        self.jump(admitted);

        self.b.switch_to_block(refused);
        let reason = self.b.block_params(refused)[0];
        let payload: Vec<Value> = journey.key.iter().map(|_| key).collect();
        self.commit();
        let at = self.get(|v| v.out);
        self.effect((record::ENTRY_REFUSED, 0, 0), j, None, record::NO_PC, &payload);
        let head = self.load(at, 0);
        let reason = self.b.ins().ishl_imm_u(reason, 16);
        let head = self.b.ins().bor(head, reason);
        self.store(head, at, 0);
        self.jump(tail);

        self.b.switch_to_block(admitted);
        // The earlier run of the key makes room with the next tidying.
        let (goes, on) = (self.b.create_block(), self.b.create_block());
        self.b.ins().brif(earlier, goes, &[], on, &[]);
        self.b.switch_to_block(goes);
        self.mark(earlier, GONE);
        self.must(UNTIDY);
        self.jump(on);
        self.b.switch_to_block(on);
        self.come_in(j, run, end, key, age);
    }

    /// A candidate comes in.
    fn come_in(&mut self, j: u16, run: Value, end: Value, key: Value, age: Value) {
        let form = self.form(j);
        let journey = self.journey(j);
        let first = self.get(|v| v.first);
        let (counted, unlisted) = self.entry_count(j);
        let number = self.b.ins().uload32(flags(), counted, 0);
        let all = self.is(number, Word::from(u32::MAX));
        let more = self.b.ins().iadd_imm_s(number, 1);
        let more = self.b.ins().select(all, number, more);
        let (one, new) = (self.word(1), self.is(unlisted, 1));
        let number = self.b.ins().select(new, one, more);
        // Alone, its record makes room for the word that lists the journey; else records move at the end of the input.
        let alone = self.b.ins().icmp(IntCC::Equal, run, first);
        let moves = self.b.ins().band(alone, new);
        let moves = self.b.ins().uextend(types::I64, moves);
        let later = self.b.ins().isub(unlisted, moves);
        let later = self.b.ins().imul_imm_s(later, UNLISTED);
        let must = self.get(|v| v.must);
        let must = self.b.ins().bor(must, later);
        self.set(|v| v.must, must);
        let (shift, stay, on) = (self.b.create_block(), self.b.create_block(), self.b.create_block());
        self.b.append_block_param(on, types::I64);
        self.b.ins().brif(moves, shift, &[], stay, &[]);

        self.b.switch_to_block(shift);
        let words = self.plan.tables.journeys[usize::from(j)].words as i32;
        for word in (0..words).rev() {
            let value = self.load(run, word);
            self.store(value, run, word + 1);
        }
        let moved = self.b.ins().iadd_imm_s(run, 8);
        self.put(Word::from(j) << 32 | 1, run, 0);
        let zone = self.get(|v| v.zone);
        let zone = self.b.ins().iadd_imm_s(zone, 1 << ENTERED_COUNT);
        self.set(|v| v.zone, zone);
        self.set(|v| v.first, moved);
        let len = self.b.ins().iadd_imm_s(end, 1);
        self.set(|v| v.len, len);
        self.b.ins().jump(on, &[moved.into()]);

        self.b.switch_to_block(stay);
        let (known, not) = (self.b.create_block(), self.b.create_block());
        self.b.ins().brif(unlisted, not, &[], known, &[]);
        self.b.switch_to_block(known);
        let listed = self.b.ins().bor_imm_u(number, i64::from(j) << 32);
        self.store(listed, counted, 0);
        self.jump(not);
        self.b.switch_to_block(not);
        self.set(|v| v.len, end);
        self.b.ins().jump(on, &[run.into()]);

        self.b.switch_to_block(on);
        let run = self.b.block_params(on)[0];
        self.commit();
        let start = self.word(1 << 32);
        let numbers = self.b.ins().bor(number, start);
        self.store(numbers, run, NUMBERS);
        self.store(age, run, AGE_AT);
        if form.has(Form::KEYED) {
            self.store(key, run, Form::KEY as i32);
        }
        self.set_out(j, run);
        let payload: &[Value] = if journey.key.is_some() { &[key] } else { &[] };
        self.effect((record::ENTERED, record::NO_JOURNEY, 0), j, Some(run), record::NO_PC, payload);
        self.go_on(j, run, 0);
    }

    /// Of the records before a candidate: the one of its key, how many runs of its journey are alive, and the age of the next run.
    fn those_before(&mut self, j: u16, run: Value, key: Value) -> (Value, Value, Value) {
        let (first, zero) = (self.get(|v| v.first), self.word(0));
        let (test, body, on) = (self.b.create_block(), self.b.create_block(), self.b.create_block());
        for _ in 0..4 {
            self.b.append_block_param(test, types::I64);
        }
        let start = [first, zero, zero, zero].map(ir::BlockArg::Value);
        self.b.ins().jump(test, &start);
        self.b.switch_to_block(test);
        let [at, earlier, alive, age] = self.b.block_params(test)[..] else { unreachable!("four have been appended") };
        let more = self.b.ins().icmp(IntCC::UnsignedLessThan, at, run);
        self.b.ins().brif(more, body, &[], on, &[]);
        self.b.switch_to_block(body);
        let head = self.load(at, 0);
        let size = self.b.ins().ushr_imm_u(head, 40);
        let bytes = self.b.ins().ishl_imm_u(size, 3);
        let next = self.b.ins().iadd(at, bytes);
        // One more than the oldest, as far as that goes.
        let old = self.b.ins().uload32(flags(), at, 8 * AGE_AT);
        let old = self.b.ins().iadd_imm_s(old, 1);
        let most = self.word(u64::from(u32::MAX));
        let old = self.b.ins().umin(old, most);
        let age_next = self.b.ins().umax(age, old);
        let own = self.bits(head, 0, 16);
        let (ours, other) = (self.b.create_block(), self.b.create_block());
        let is = self.is(own, Word::from(j));
        let same = [next, earlier, alive, age_next].map(ir::BlockArg::Value);
        self.b.ins().brif(is, ours, &[], other, &[]);
        self.b.switch_to_block(other);
        self.b.ins().jump(test, &same);
        self.b.switch_to_block(ours);
        let status = self.bits(head, 16, 8);
        let ended = self.is(status, Word::from(ENDED));
        let more = self.b.ins().bxor_imm_u(ended, 1);
        let more = self.b.ins().uextend(types::I64, more);
        let alive_next = self.b.ins().iadd(alive, more);
        let is_it = match self.form(j).has(Form::KEYED) {
            true => {
                // The scan has seen that records with keys have the word.
                let own = self.load(at, Form::KEY as i32);
                self.b.ins().icmp(IntCC::Equal, own, key)
            }
            false => self.b.ins().iconst(types::I8, 1),
        };
        let none = self.is(earlier, 0);
        let takes = self.b.ins().band(is_it, none);
        let earlier = self.b.ins().select(takes, at, earlier);
        let args = [next, earlier, alive_next, age_next].map(ir::BlockArg::Value);
        self.b.ins().jump(test, &args);
        self.b.switch_to_block(on);
        let [_, earlier, alive, age] = self.b.block_params(test)[..] else { unreachable!("four have been appended") };
        (earlier, alive, age)
    }

    /// Where the word stands that counts a journey's entries, and 1 when it is not there yet. As
    /// [`journey_runtime::state::entry_count`].
    fn entry_count(&mut self, j: u16) -> (Value, Value) {
        let (first, zone) = (self.get(|v| v.first), self.get(|v| v.zone));
        let words = self.bits(zone, ENTERED_COUNT, 16);
        let bytes = self.b.ins().ishl_imm_u(words, 3);
        let from = self.b.ins().isub(first, bytes);
        let (test, at, found) = self.each_from(from, first);
        let journey = self.b.ins().uload32(flags(), at, 4);
        let same = self.is(journey, Word::from(j));
        let after = self.b.ins().iadd_imm_s(at, 8);
        self.b.ins().brif(same, found, &[], test, &[after.into()]);
        self.b.switch_to_block(found);
        let end = self.b.ins().icmp(IntCC::Equal, at, first);
        let unlisted = self.b.ins().uextend(types::I64, end);
        (at, unlisted)
    }
}
