//! A look at all records of a customer: who hears an event, who is due, and when time does something next.

use super::*;
use journey_runtime::image::{Exit, Occasion, Pause};
use journey_runtime::step::run::{ARRIVED, EXPIRED, GONE, HELD, UPDATED};
use journey_runtime::time::lengths;

impl<'a> Machine<'_, 'a, '_> {
    /// Looks at all records. Finds the run that hears the event (or is due), if it is one, and says when time does something to the
    /// others. What is more than that is declined.
    pub(super) fn scan(&mut self, instant: bool) {
        let declined = self.blocks.declined;
        let (words, len, first, now) =
            (self.get(|v| v.words), self.get(|v| v.len), self.get(|v| v.first), self.get(|v| v.now));
        let bytes = self.b.ins().ishl_imm_u(len, 3);
        let end = self.b.ins().iadd(words, bytes);
        let listens = if instant { None } else { Some(self.listens()) };
        let zero = self.word(0);
        self.set(|v| v.scan, first);
        self.set(|v| v.hit, zero);
        self.set(|v| v.must, zero);
        let (test, body, done) = (self.b.create_block(), self.b.create_block(), self.b.create_block());
        let (alive, over) = (self.b.create_block(), self.b.create_block());
        self.jump(test);
        self.b.switch_to_block(test);
        let at = self.get(|v| v.scan);
        let more = self.b.ins().icmp(IntCC::UnsignedLessThan, at, end);
        self.b.ins().brif(more, body, &[], done, &[]);

        self.b.switch_to_block(body);
        let head = self.load(at, 0);
        let journey = self.bits(head, 0, 16);
        let journeys = self.plan.program.image.journeys.len() as i64;
        let known = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, journey, journeys);
        self.need(known, declined);
        let listens = listens.map(|listens| {
            let offset = self.b.ins().ishl_imm_u(journey, 2);
            let at = self.b.ins().iadd(listens, offset);
            self.b.ins().uload32(flags(), at, 0)
        });
        let unusual = self.b.create_block();
        self.waiting(at, head, journey, end, listens, test, unusual);

        self.b.switch_to_block(unusual);
        let size = self.b.ins().ushr_imm_u(head, 40);
        self.need(size, declined);
        let bytes = self.b.ins().ishl_imm_u(size, 3);
        let next = self.b.ins().iadd(at, bytes);
        let wild = self.b.ins().icmp(IntCC::UnsignedGreaterThan, next, end);
        self.unless(wild, declined);
        self.set(|v| v.scan, next);
        let odd = self.b.ins().band_imm_u(head, i64::from(ARRIVED | UPDATED | GONE) << 24);
        self.unless(odd, declined);
        let status = self.bits(head, 16, 8);
        let ended = self.is(status, Word::from(ENDED));
        self.b.ins().brif(ended, over, &[], alive, &[]);

        self.b.switch_to_block(alive);
        let record = Record { at, head, size, journey, status };
        self.alive(record, listens, now, test);

        self.b.switch_to_block(over);
        self.over(record, listens, now);
        self.jump(test);
        self.b.switch_to_block(done);
    }

    /// A run that waits and watches nothing, as most do: its head says all. Goes to `unusual` with every other.
    #[expect(clippy::too_many_arguments, reason = "as many as a look at a record takes")]
    fn waiting(
        &mut self,
        at: Value,
        head: Value,
        journey: Value,
        end: Value,
        listens: Option<Value>,
        test: Block,
        unusual: Block,
    ) {
        let waiting = self.of_context(AT.waiting);
        let offset = self.b.ins().imul_imm_s(journey, size_of::<Waiting>() as i64);
        let waiting = self.b.ins().iadd(waiting, offset);
        let mut field = |field: usize| self.b.ins().load(types::I64, flags(), waiting, field as i32);
        let (usual, bytes, due) =
            (field(offset_of!(Waiting, head)), field(offset_of!(Waiting, bytes)), field(offset_of!(Waiting, due)));
        let is = self.b.ins().icmp(IntCC::Equal, head, usual);
        self.need(is, unusual);
        let next = self.b.ins().iadd(at, bytes);
        let wild = self.b.ins().icmp(IntCC::UnsignedGreaterThan, next, end);
        self.unless(wild, unusual);
        let word = self.b.ins().iadd(at, due);
        let wake = self.load(word, 0);
        let (something, nothing) = (self.b.create_block(), self.b.create_block());
        match listens {
            None => {
                let now = self.get(|v| v.now);
                let due = self.b.ins().icmp(IntCC::SignedLessThanOrEqual, wake, now);
                self.b.ins().brif(due, something, &[], nothing, &[]);
                self.b.switch_to_block(something);
            }
            Some(listens) => {
                let asks = i64::from(Listens::HEARS | Listens::DECLINES);
                let asks = self.b.ins().band_imm_u(listens, asks);
                self.b.ins().brif(asks, something, &[], nothing, &[]);
                self.b.switch_to_block(something);
                let more = self.b.ins().band_imm_u(listens, i64::from(Listens::DECLINES | Listens::KEYED));
                self.unless(more, unusual);
            }
        }
        self.set(|v| v.scan, next);
        self.hit(at, test);

        self.b.switch_to_block(nothing);
        self.set(|v| v.scan, next);
        self.wakes_at(wake);
        self.jump(test);
    }

    /// What the runs of journeys hear of the event, journey by journey.
    fn listens(&mut self) -> Value {
        let item = self.get(|v| v.item);
        let event = self.b.ins().uload16(types::I64, flags(), item, offset_of!(Item, event) as i32);
        let offset = self.b.ins().imul_imm_s(event, 4 * self.plan.program.image.journeys.len() as i64);
        let listens = self.of_context(AT.listens);
        self.b.ins().iadd(listens, offset)
    }

    /// A run that is alive.
    fn alive(&mut self, record: Record, listens: Option<Value>, now: Value, test: Block) {
        let declined = self.blocks.declined;
        let Record { at, head, size, status, .. } = record;
        let waits = self.is(status, Word::from(WAITS));
        let stands = match self.plan.tables.meanwhile {
            true => waits,
            false => {
                let held = self.is(status, Word::from(HELD));
                self.b.ins().bor(waits, held)
            }
        };
        self.need(stands, declined);
        let forms = &self.plan.program.layout.forms;
        let (checks, wakes) =
            (forms.iter().any(|form| form.has(Form::CHECKED)), forms.iter().any(|form| form.has(Form::WAKES)));
        let keyed = self.bits(head, 32, 1);
        let due_at = self.b.ins().iadd_imm_s(keyed, Form::KEY as i64);
        let checked = self.bits(head, 33, 1);
        let last = self.b.ins().iadd(due_at, checked);
        let wake_at = match wakes {
            false => due_at,
            true => {
                let behind = self.b.ins().iadd_imm_s(last, 1);
                let has = self.b.ins().band_imm_u(head, i64::from(Form::WAKES) << 32);
                self.b.ins().select(has, behind, due_at)
            }
        };
        let most = self.b.ins().umax(last, wake_at);
        let there = self.b.ins().icmp(IntCC::UnsignedGreaterThan, size, most);
        self.need(there, declined);
        let offset = self.b.ins().ishl_imm_u(wake_at, 3);
        let word = self.b.ins().iadd(at, offset);
        let wake = self.load(word, 0);
        let Some(listens) = listens else {
            if checks {
                let (look, on) = (self.b.create_block(), self.b.create_block());
                self.b.ins().brif(checked, look, &[], on, &[]);
                self.b.switch_to_block(look);
                let offset = self.b.ins().ishl_imm_u(last, 3);
                let word = self.b.ins().iadd(at, offset);
                let check = self.load(word, 0);
                let due = self.b.ins().icmp(IntCC::SignedLessThanOrEqual, check, now);
                self.unless(due, declined);
                self.wakes_at(check);
                self.jump(on);
                self.b.switch_to_block(on);
            }
            let (due, later) = (self.b.create_block(), self.b.create_block());
            let is = self.b.ins().icmp(IntCC::SignedLessThanOrEqual, wake, now);
            self.b.ins().brif(is, due, &[], later, &[]);
            self.b.switch_to_block(due);
            self.hit(at, test);
            self.b.switch_to_block(later);
            self.wakes_at(wake);
            return self.jump(test);
        };
        let (listening, quiet) = (self.b.create_block(), self.b.create_block());
        let asks = self.b.ins().band_imm_u(listens, i64::from(Listens::HEARS | Listens::DECLINES));
        self.b.ins().brif(asks, listening, &[], quiet, &[]);
        self.b.switch_to_block(listening);
        self.has_key(record, listens, quiet);
        let declines = self.b.ins().band_imm_u(listens, i64::from(Listens::DECLINES));
        self.unless(declines, declined);
        self.hit(at, test);

        self.b.switch_to_block(quiet);
        for j in 0..self.plan.program.image.journeys.len() as u16 {
            if self.plan.tables.journeys[usize::from(j)].plain {
                continue;
            }
            let (this, other) = (self.b.create_block(), self.b.create_block());
            let is = self.is(record.journey, Word::from(j));
            self.b.ins().brif(is, this, &[], other, &[]);
            self.b.switch_to_block(this);
            self.quiet(j, record);
            self.wakes_at(wake);
            self.jump(test);
            self.b.switch_to_block(other);
        }
        self.wakes_at(wake);
        self.jump(test);
    }

    /// The one run that something happens to.
    fn hit(&mut self, at: Value, test: Block) {
        let (declined, hit) = (self.blocks.declined, self.get(|v| v.hit));
        self.unless(hit, declined);
        self.set(|v| v.hit, at);
        self.jump(test);
    }

    /// Goes to `other` with a run that has not the key which is asked for.
    fn has_key(&mut self, record: Record, listens: Value, other: Block) {
        let (look, on) = (self.b.create_block(), self.b.create_block());
        let asked = self.b.ins().band_imm_u(listens, i64::from(Listens::KEYED));
        self.b.ins().brif(asked, look, &[], on, &[]);
        self.b.switch_to_block(look);
        let (row, field) = (self.get(|v| v.row), self.b.ins().ushr_imm_u(listens, 16));
        let offset = self.b.ins().ishl_imm_u(field, 3);
        let word = self.b.ins().iadd(row, offset);
        let key = self.load(word, 0);
        // A record without a key has the key 0, and at least the words of the header before it.
        let (keyed, zero) = (self.bits(record.head, 32, 1), self.word(0));
        let (read, compare) = (self.b.create_block(), self.b.create_block());
        self.b.append_block_param(compare, types::I64);
        self.b.ins().brif(keyed, read, &[], compare, &[zero.into()]);
        self.b.switch_to_block(read);
        let declined = self.blocks.declined;
        let there = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThan, record.size, Form::KEY as i64);
        self.need(there, declined);
        let own = self.load(record.at, Form::KEY as i32);
        self.b.ins().jump(compare, &[own.into()]);
        self.b.switch_to_block(compare);
        let own = self.b.block_params(compare)[0];
        let same = self.b.ins().icmp(IntCC::Equal, key, own);
        let missing = self.word(MISSING);
        let known = self.b.ins().icmp(IntCC::NotEqual, key, missing);
        let same = self.b.ins().band(same, known);
        self.b.ins().brif(same, on, &[], other, &[]);
        self.b.switch_to_block(on);
    }

    /// A run that has ended: whether it is kept as it is.
    fn over(&mut self, record: Record, listens: Option<Value>, now: Value) {
        let declined = self.blocks.declined;
        let Record { at, head, size, journey, .. } = record;
        let keyed = self.bits(head, 32, 1);
        let least = self.b.ins().iadd_imm_s(keyed, Form::KEY as i64);
        let there = self.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, size, least);
        self.need(there, declined);
        let whole = self.b.ins().icmp(IntCC::UnsignedGreaterThan, size, least);
        let converted = self.b.ins().band_imm_u(head, i64::from(CONVERTED) << 24);
        let open = self.is(converted, 0);
        let may_convert = self.b.ins().band(whole, open);
        if let Some(listens) = listens {
            let quiet = self.b.create_block();
            let late = self.b.ins().band_imm_u(listens, i64::from(Listens::LATE));
            let late = self.b.ins().icmp_imm_u(IntCC::NotEqual, late, 0);
            let hears = self.b.ins().band(late, may_convert);
            self.need(hears, quiet);
            self.has_key(record, listens, quiet);
            self.declined();
            self.b.switch_to_block(quiet);
        }
        let (entered, left) = (self.load(at, ENTERED), self.load(at, SINCE));
        self.plain_moment(entered);
        self.plain_moment(left);
        let kept = self.of_context(AT.kept);
        let offset = self.b.ins().imul_imm_s(journey, size_of::<Kept>() as i64);
        let kept = self.b.ins().iadd(kept, offset);
        let until = |machine: &mut Self, from: Value, field: usize| {
            let span = machine.b.ins().load(types::I64, flags(), kept, field as i32);
            machine.b.ins().iadd(from, span)
        };
        let in_time = until(self, entered, offset_of!(Kept, whole));
        let in_time = self.b.ins().icmp(IntCC::SignedLessThanOrEqual, now, in_time);
        let stays_whole = self.b.ins().band(may_convert, in_time);
        let barred = self.b.ins().band_imm_u(head, i64::from(BARRED) << 24);
        let mut asked = self.b.ins().icmp_imm_u(IntCC::NotEqual, barred, 0);
        for (from, field) in [(entered, offset_of!(Kept, after_entry)), (left, offset_of!(Kept, after_exit))] {
            let until = until(self, from, field);
            let before = self.b.ins().icmp(IntCC::SignedLessThan, now, until);
            asked = self.b.ins().bor(asked, before);
        }
        let stays = self.b.ins().select(whole, stays_whole, asked);
        let goes = self.b.ins().bxor_imm_u(stays, 1);
        let goes = self.b.ins().uextend(types::I64, goes);
        let must = self.get(|v| v.must);
        let must = self.b.ins().bor(must, goes);
        self.set(|v| v.must, must);
    }

    /// A run that watches conditions or may pause, and hears nothing: all stays as it is, but for when to look again. Else declines.
    fn quiet(&mut self, j: u16, record: Record) {
        let declined = self.blocks.declined;
        let Record { at: run, status, .. } = record;
        self.is_whole(j, run);
        let journey = self.journey(j);
        let arms = |place: &PlaceKind| matches!(place, PlaceKind::First { .. });
        let staged = journey.exits.iter().any(|exit| exit.stage.is_some())
            || journey.pauses.iter().any(|pause| pause.stage.is_some())
            || journey.places.iter().any(|place| arms(&place.kind));
        if staged {
            // Before a send that is held it stands in the send's stage.
            let waits = self.is(status, Word::from(WAITS));
            self.need(waits, declined);
        }
        let never = self.word(NEVER as Word);
        let mut check = never;
        for exit in &journey.exits {
            if let Exit { on: Occasion::Condition(condition), stage, .. } = exit {
                let force = self.stands_in(j, run, *stage);
                let holds = self.watched(j, run, *condition, force, &mut check);
                self.unless(holds, declined);
            }
        }
        for pause in &journey.pauses {
            self.pause(j, run, pause, &mut check);
        }
        let check = self.arms(j, run, check);
        if self.form(j).has(Form::CHECKED) {
            let at = self.form(j).check() as i32;
            self.store(check, run, at);
            self.wakes_at(check);
        }
    }

    /// Whether a condition in force holds; brings down when it is looked at again.
    fn watched(&mut self, j: u16, run: Value, condition: FnId, force: Value, check: &mut Value) -> Value {
        let now = self.get(|v| v.now);
        let (word, changes) = self.watch(j, condition, run, false, true);
        let soon = self.b.ins().iadd_imm_s(now, 1);
        let next = self.b.ins().smax(changes, soon);
        let never = self.word(NEVER as Word);
        let next = self.b.ins().select(force, next, never);
        *check = self.lesser(*check, next);
        let holds = self.is(word, 1);
        self.b.ins().band(holds, force)
    }

    /// A pause that goes on as it is.
    fn pause(&mut self, j: u16, run: Value, pause: &Pause, check: &mut Value) {
        let (declined, now) = (self.blocks.declined, self.get(|v| v.now));
        let at = self.form(j).header() as i32 + i32::from(pause.since);
        let since = self.load(run, at);
        let force = self.stands_in(j, run, pause.stage);
        let none = self.is(since, MISSING);
        let expired = self.is(since, EXPIRED);
        // Whether it must have no beginning: its condition does not hold, or its stage is left.
        let holds = match &pause.on {
            Occasion::Condition(condition) => self.watched(j, run, *condition, force, check),
            // What begins it is not heard now: it stays as it was.
            Occasion::Event(_) => {
                let some = self.b.ins().bxor_imm_u(none, 1);
                self.b.ins().band(force, some)
            }
        };
        let begun = self.b.ins().bxor_imm_u(none, 1);
        let same = self.b.ins().icmp(IntCC::Equal, holds, begun);
        self.need(same, declined);
        if let Some(span) = &pause.at_most {
            let until = self.b.ins().iadd_imm_s(since, lengths(span).0.clamp(-MOST_SPAN, MOST_SPAN));
            let before = self.b.ins().icmp(IntCC::SignedLessThan, now, until);
            let plain = self.is_plain(since);
            let before = self.b.ins().band(before, plain);
            let unbound = self.b.ins().bor(none, expired);
            let fine = self.b.ins().bor(before, unbound);
            self.need(fine, declined);
        }
    }

    /// Conditions that the present wait waits for: none becomes true. Gives when to look again.
    fn arms(&mut self, j: u16, run: Value, check: Value) -> Value {
        let declined = self.blocks.declined;
        let journey = self.journey(j);
        let place_at = self.b.ins().uload32(flags(), run, 8 * AGE_AT + 4);
        let after = self.b.create_block();
        self.b.append_block_param(after, types::I64);
        for (number, place) in journey.places.iter().enumerate() {
            let PlaceKind::First { arms, .. } = &place.kind else { continue };
            if !arms.iter().any(|arm| matches!(arm.on, Occasion::Condition(_))) {
                continue;
            }
            let other = self.b.create_block();
            let here = self.is(place_at, number as Word);
            self.need(here, other);
            let mut check = check;
            let force = self.b.ins().iconst(types::I8, 1);
            for arm in arms {
                let Occasion::Condition(condition) = arm.on else { continue };
                let holds = self.watched(j, run, condition, force, &mut check);
                match arm.becomes {
                    None => self.unless(holds, declined),
                    Some(slot) => {
                        let at = self.form(j).header() as i32 + i32::from(slot);
                        let word = self.load(run, at);
                        let was_false = self.is(word, 1);
                        let passes = self.b.ins().band(holds, was_false);
                        self.unless(passes, declined);
                        // That it was false is kept: what is not kept yet, the VM keeps.
                        let fails = self.b.ins().bxor_imm_u(holds, 1);
                        let will = self.b.ins().bor(was_false, fails);
                        let will = self.b.ins().uextend(types::I64, will);
                        let same = self.b.ins().icmp(IntCC::Equal, will, word);
                        self.need(same, declined);
                    }
                }
            }
            self.b.ins().jump(after, &[check.into()]);
            self.b.switch_to_block(other);
        }
        self.b.ins().jump(after, &[check.into()]);
        self.b.switch_to_block(after);
        self.b.block_params(after)[0]
    }
}

/// Milliseconds that are added at most: 2⁶⁰.
const MOST_SPAN: i64 = 1 << 60;

/// A record that is looked at.
#[derive(Clone, Copy)]
struct Record {
    /// Pointer to it.
    at: Value,
    head: Value,
    /// Its words.
    size: Value,
    journey: Value,
    status: Value,
}
