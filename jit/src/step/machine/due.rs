//! What is due before an input.

use super::*;

impl Machine<'_, '_, '_> {
    /// What is due before the input, then the input.
    pub(super) fn advance(&mut self) {
        let declined = self.blocks.declined;
        let (item, words) = (self.get(|v| v.item), self.get(|v| v.words));
        let seen = self.b.ins().load(types::I64, flags(), item, offset_of!(Item, seen) as i32);
        let before = self.load(words, SEEN as i32);
        let later = self.b.ins().icmp(IntCC::SignedGreaterThan, before, seen);
        let stamp = self.b.ins().select(later, before, seen);
        self.set(|v| v.now, stamp);
        let wake = self.load(words, WAKE as i32);
        let due = self.b.ins().icmp(IntCC::SignedLessThan, wake, stamp);
        let (instant, event) = (self.b.create_block(), self.b.create_block());
        self.b.ins().brif(due, instant, &[], event, &[]);

        // What the code does not know of what is due, the VM does; then the input.
        let asked = self.b.create_block();
        self.b.set_cold_block(asked);
        self.blocks.declined = asked;
        self.b.switch_to_block(instant);
        let later = self.b.ins().icmp(IntCC::SignedGreaterThan, before, wake);
        let now = self.b.ins().select(later, before, wake);
        self.set(|v| v.now, now);
        self.plain_moment(now);
        self.next_by_itself(true);
        self.records();
        self.scan(true);
        let hit = self.get(|v| v.hit);
        self.need(hit, declined);
        self.set(|v| v.run, hit);
        let head = self.load(hit, 0);
        let one = self.word(1);
        self.set(|v| v.instant, one);
        let journey = self.bits(head, 0, 16);
        for j in 0..self.plan.program.image.journeys.len() as u16 {
            if self.b.func.dfg.num_blocks() > MOST_BLOCKS {
                break;
            }
            let (this, other) = (self.b.create_block(), self.b.create_block());
            let is = self.is(journey, Word::from(j));
            self.b.ins().brif(is, this, &[], other, &[]);
            self.b.switch_to_block(this);
            self.is_whole(j, hit);
            self.fire(j, hit);
            self.b.switch_to_block(other);
        }
        self.declined();
        self.blocks.declined = declined;

        self.b.switch_to_block(asked);
        let zero = self.word(0);
        let why = self.call(AT.advance, stamp, zero);
        self.set(|v| v.why, why);
        self.set(|v| v.now, stamp);
        self.set(|v| v.instant, zero);
        let (at, len) = (self.get(|v| v.entry), self.get(|v| v.len));
        let entry = self.load(at, 0);
        self.put_length(at, entry, len);
        let neither = self.blocks.neither;
        self.b.ins().brif(why, neither, &[], event, &[]);

        self.b.switch_to_block(event);
        self.event();
    }

    /// The run that is due goes on from where it stands: in the code, or by the lean machine.
    fn fire(&mut self, j: u16, run: Value) {
        let declined = self.blocks.declined;
        let head = self.load(run, 0);
        let status = self.bits(head, 16, 8);
        let at = self.b.ins().uload32(flags(), run, 8 * AGE_AT + 4);
        let (held, called) = (self.b.create_block(), self.b.create_block());
        let waits = self.is(status, Word::from(WAITS));
        self.need(waits, held);
        for (number, place) in self.journey(j).places.iter().enumerate() {
            let pc = match &place.kind {
                PlaceKind::Timer { next, .. } => *next,
                PlaceKind::First { timeout, .. } => *timeout,
                _ => continue,
            };
            let walks = self.plan.walks(j, pc);
            if !walks && !self.plan.is_callable(j, pc) {
                continue;
            }
            let (this, other) = (self.b.create_block(), self.b.create_block());
            let is = self.is(at, number as Word);
            self.b.ins().brif(is, this, &[], other, &[]);
            self.b.switch_to_block(this);
            if walks {
                let due = self.form(j).due() as i32;
                let (due, words, now) = (self.load(run, due), self.get(|v| v.words), self.get(|v| v.now));
                let late = self.b.ins().icmp(IntCC::SignedGreaterThan, due, now);
                self.unless(late, declined);
                self.store(now, words, SEEN as i32);
                self.walk(j, pc);
            } else {
                self.jump(called);
            }
            self.b.switch_to_block(other);
        }
        self.declined();

        self.b.switch_to_block(held);
        for pc in 0..self.journey(j).code.len() as Pc {
            if matches!(self.journey(j).code[pc as usize], Instr::Send(_)) && self.plan.is_callable(j, pc) {
                let other = self.b.create_block();
                let is = self.is(at, Word::from(pc));
                self.b.ins().brif(is, called, &[], other, &[]);
                self.b.switch_to_block(other);
            }
        }
        self.declined();

        self.b.switch_to_block(called);
        let (words, now) = (self.get(|v| v.words), self.get(|v| v.now));
        self.store(now, words, SEEN as i32);
        let zero = self.word(0);
        let arguments = self.arguments(zero);
        self.call(AT.fire, run, arguments);
        let done = self.blocks.done;
        self.jump(done);
    }
}
