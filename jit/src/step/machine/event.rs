//! Events: who hears them, and what they do there.

use super::*;

impl<'a> Machine<'_, 'a, '_> {
    /// The input, at `now`.
    pub(super) fn event(&mut self) {
        // Both ways to an event come here: one makes the code, the other goes there.
        let now = self.get(|v| v.now);
        let (odd, made) = (self.odd, self.events.is_some());
        let plain = self.is_plain(now);
        self.need(plain, odd);
        let events = *self.events.get_or_insert_with(|| self.b.create_block());
        self.jump(events);
        if made {
            return;
        }
        self.b.switch_to_block(events);
        let item = self.get(|v| v.item);
        let event = self.b.ins().uload16(types::I64, flags(), item, offset_of!(Item, event) as i32);
        for number in 0..self.plan.program.image.events.len() as u16 {
            let table = &self.plan.tables.events[usize::from(number)];
            let role = &self.plan.program.image.events[usize::from(number)].role;
            if table.declined.is_some() || !matches!(role, Role::Plain) {
                continue;
            }
            let Some(observed) = self.plan.observes(number) else { continue };
            if self.b.func.dfg.num_blocks() > MOST_BLOCKS / 2 {
                break;
            }
            self.observed = observed;
            let (this, other) = (self.b.create_block(), self.b.create_block());
            let is = self.is(event, Word::from(number));
            self.b.ins().brif(is, this, &[], other, &[]);
            self.b.switch_to_block(this);
            self.one_event(number);
            self.b.switch_to_block(other);
        }
        self.jump(odd);

        // No input, when only time was to go on.
        self.b.switch_to_block(odd);
        let item = self.get(|v| v.item);
        let event = self.b.ins().uload16(types::I64, flags(), item, offset_of!(Item, event) as i32);
        let time = self.is(event, Word::from(TIME_ONLY));
        let next = self.blocks.next;
        self.unless(time, next);
        self.declined();
    }

    pub(super) fn one_event(&mut self, event: u16) {
        let declined = self.blocks.declined;
        let fields = self.plan.program.image.events[usize::from(event)].fields.len();
        let item = self.get(|v| v.item);
        let row = self.b.ins().uload32(flags(), item, offset_of!(Item, row) as i32);
        let end = self.b.ins().iadd_imm_s(row, fields as i64);
        let rows = self.of_context(AT.row_words);
        let beyond = self.b.ins().icmp(IntCC::UnsignedGreaterThan, end, rows);
        self.unless(beyond, declined);
        let rows = self.of_context(AT.rows);
        let offset = self.b.ins().ishl_imm_u(row, 3);
        let row = self.b.ins().iadd(rows, offset);
        self.set(|v| v.row, row);

        let (nobody, somebody) = (self.b.create_block(), self.b.create_block());
        let (run, first) = self.records();
        self.set(|v| v.run, run);
        let len = self.get(|v| v.len);
        let wild = self.b.ins().icmp(IntCC::UnsignedGreaterThan, first, len);
        self.unless(wild, declined);
        self.message_id();
        let some = self.b.ins().icmp(IntCC::UnsignedLessThan, first, len);
        self.b.ins().brif(some, somebody, &[], nobody, &[]);

        self.b.switch_to_block(somebody);
        let head = self.load(run, 0);
        self.is_only(first, head);
        let (journey, status) = (self.bits(head, 0, 16), self.bits(head, 16, 8));
        for j in 0..self.plan.program.image.journeys.len() as u16 {
            let heard = match self.plan.hears(event, j) {
                Some(None) => continue,
                Some(Some(heard)) => Some(heard),
                None => None,
            };
            let (this, other) = (self.b.create_block(), self.b.create_block());
            let is = self.is(journey, Word::from(j));
            self.b.ins().brif(is, this, &[], other, &[]);
            self.b.switch_to_block(this);
            match heard {
                Some(heard) => {
                    let ended = self.b.create_block();
                    let waits = self.is(status, Word::from(WAITS));
                    self.need(waits, ended);
                    self.is_whole(j, run);
                    self.waiting(event, j, run, heard);
                    self.b.switch_to_block(ended);
                    let is = self.is(status, Word::from(ENDED));
                    self.need(is, declined);
                    self.gone(event, j, head, heard);
                }
                None => self.declined(),
            }
            self.b.switch_to_block(other);
        }
        self.unheard(event, run, head, status);

        self.b.switch_to_block(nobody);
        self.new_run(event);
    }

    /// Looks whether the message id was among the latest. Then the input changes nothing more.
    pub(super) fn message_id(&mut self) {
        let declined = self.blocks.declined;
        let (item, words) = (self.get(|v| v.item), self.get(|v| v.words));
        let zone = self.load(words, ZONE as i32);
        let known = self.word(KNOWN);
        let zone = self.b.ins().bor(zone, known);
        self.set(|v| v.zone, zone);
        let context = self.context;
        let nowhere = self.b.ins().iadd_imm_s(context, i64::from(AT.nowhere));
        self.set(|v| v.id_at, nowhere);
        let item_flags = self.b.ins().uload16(types::I64, flags(), item, offset_of!(Item, flags) as i32);
        let has = self.b.ins().band_imm_u(item_flags, i64::from(HAS_ID));
        let (look, on) = (self.b.create_block(), self.b.create_block());
        self.b.ins().brif(has, look, &[], on, &[]);

        self.b.switch_to_block(look);
        let id = self.id();
        let (room, next) = (self.bits(zone, IDS_ROOM, 8), self.bits(zone, IDS_NEXT, 8));
        let fixed = 8 * self.plan.program.layout.fixed as i64;
        let ids = self.b.ins().iadd_imm_s(words, fixed);
        let bytes = self.b.ins().ishl_imm_u(room, 3);
        let end = self.b.ins().iadd(ids, bytes);
        let (test, body, fresh) = (self.b.create_block(), self.b.create_block(), self.b.create_block());
        self.b.append_block_param(test, types::I64);
        self.b.ins().jump(test, &[ids.into()]);
        self.b.switch_to_block(test);
        let at = self.b.block_params(test)[0];
        let more = self.b.ins().icmp(IntCC::UnsignedLessThan, at, end);
        self.b.ins().brif(more, body, &[], fresh, &[]);
        self.b.switch_to_block(body);
        let known = self.load(at, 0);
        let same = self.b.ins().icmp(IntCC::Equal, known, id);
        // It came again: who hears it is not the same question any more; the VM knows.
        let after = self.b.ins().iadd_imm_s(at, 8);
        self.b.ins().brif(same, declined, &[], test, &[after.into()]);
        self.b.switch_to_block(fresh);
        let all = self.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, next, room);
        let (turn, there) = (self.b.create_block(), self.b.create_block());
        self.b.append_block_param(there, types::I64);
        self.b.ins().brif(all, turn, &[], there, &[next.into()]);
        self.b.switch_to_block(turn);
        // More room moves the records: the VM does it.
        let most = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, room, ID_COUNT as i64);
        self.need(most, declined);
        let zero = self.word(0);
        self.b.ins().jump(there, &[zero.into()]);
        self.b.switch_to_block(there);
        let next = self.b.block_params(there)[0];
        let offset = self.b.ins().ishl_imm_u(next, 3);
        let at = self.b.ins().iadd(ids, offset);
        self.set(|v| v.id_at, at);
        let rest = self.word(!(0xff << IDS_NEXT));
        let rest = self.b.ins().band(zone, rest);
        let next = self.b.ins().iadd_imm_s(next, 1);
        let next = self.b.ins().ishl_imm_u(next, i64::from(IDS_NEXT));
        let zone = self.b.ins().bor(rest, next);
        self.set(|v| v.zone, zone);
        self.jump(on);
        self.b.switch_to_block(on);
    }

    /// The message id's hash as it is kept.
    pub(super) fn id(&mut self) -> Value {
        let item = self.get(|v| v.item);
        let id = self.b.ins().load(types::I64, flags(), item, offset_of!(Item, id) as i32);
        let (empty, zero) = (self.is(id, MISSING), self.word(0));
        self.b.ins().select(empty, zero, id)
    }

    /// The input is native: from here on it changes things.
    pub(super) fn commit(&mut self) {
        let (words, now, zone, id_at) =
            (self.get(|v| v.words), self.get(|v| v.now), self.get(|v| v.zone), self.get(|v| v.id_at));
        self.store(now, words, SEEN as i32);
        self.store(zone, words, ZONE as i32);
        let id = self.id();
        self.store(id, id_at, 0);
        for history in self.observed {
            self.observe(*history);
        }
    }

    /// Remembers the event.
    pub(super) fn observe(&mut self, number: u16) {
        let program = self.plan.program;
        let history = &program.image.histories[usize::from(number)];
        let at = program.layout.histories[usize::from(number)].at as i32;
        let (words, row) = (self.get(|v| v.words), self.get(|v| v.row));
        let after = self.b.create_block();
        if let Some(condition) = history.condition {
            // It sees the row only: any journey's run will do.
            let holds = self.holds(0, condition, words);
            self.need(holds, after);
        }
        let old = self.load(words, at);
        match &history.kind {
            HistoryKind::Total => {
                let full = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, old, i64::MAX);
                let (more, most) = (self.b.ins().iadd_imm_s(old, 1), self.word(i64::MAX as Word));
                let new = self.b.ins().select(full, most, more);
                self.store(new, words, at);
            }
            HistoryKind::SumTotal { field } => {
                let value = self.load(row, i32::from(*field));
                let (missing, zero) = (self.is(value, MISSING), self.word(0));
                let value = self.b.ins().select(missing, zero, value);
                let new = add_whole(self.b, old, value);
                self.store(new, words, at);
            }
            HistoryKind::Last { fields } | HistoryKind::First { fields } => {
                if matches!(history.kind, HistoryKind::First { .. }) {
                    let first = self.is(old, MISSING);
                    self.need(first, after);
                }
                let item = self.get(|v| v.item);
                let happened = self.b.ins().load(types::I64, flags(), item, offset_of!(Item, happened_at) as i32);
                self.store(happened, words, at);
                for (to, field) in (at + 1..).zip(fields) {
                    let value = self.load(row, i32::from(*field));
                    self.store(value, words, to);
                }
            }
            // The plan has no others.
            HistoryKind::Recent { .. } | HistoryKind::Days { .. } => {}
        }
        self.jump(after);
        self.b.switch_to_block(after);
    }

    /// Whether a run hears the event as a clause listens; none: for certain.
    pub(super) fn hears(&mut self, journey: u16, run: Value, listener: &Listener, key_is_known: bool) -> Option<Value> {
        let mut hears = None;
        if let Some(field) = listener.key.filter(|_| !key_is_known) {
            hears = Some(self.same_key(journey, run, field));
        }
        if let Some(condition) = listener.condition {
            let holds = self.holds(journey, condition, run);
            hears = Some(match hears {
                Some(same) => self.b.ins().band(same, holds),
                None => holds,
            });
        }
        hears
    }

    pub(super) fn same_key(&mut self, journey: u16, run: Value, field: u16) -> Value {
        let row = self.get(|v| v.row);
        let key = self.load(row, i32::from(field));
        let own = match self.form(journey).has(Form::KEYED) {
            true => self.load(run, Form::KEY as i32),
            false => self.word(0),
        };
        let same = self.b.ins().icmp(IntCC::Equal, key, own);
        let missing = self.word(MISSING);
        let known = self.b.ins().icmp(IntCC::NotEqual, key, missing);
        self.b.ins().band(same, known)
    }

    /// An event comes to the only run, which waits and may hear it.
    pub(super) fn waiting(&mut self, event: u16, j: u16, run: Value, heard: &'a RunTable) {
        let unheard = self.b.create_block();
        if let Some(field) = heard.key {
            let same = self.same_key(j, run, field);
            self.need(same, unheard);
        }
        self.heard(event, j, run, heard);
        self.jump(unheard);
        self.b.switch_to_block(unheard);
        if !self.plan.tables.events[usize::from(event)].enters.is_empty() {
            // Somebody may come in beside the run.
            return self.declined();
        }
        self.commit();
        let due = self.form(j).due() as i32;
        let wake = self.load(run, due);
        self.still_waits(wake);
    }

    /// Nothing has happened to the only run, which is due then.
    pub(super) fn still_waits(&mut self, wake: Value) {
        let (words, done) = (self.get(|v| v.words), self.blocks.done);
        self.store(wake, words, WAKE as i32);
        self.jump(done);
    }

    /// An event comes to one whose only run, of a native journey, does not hear it, whether it waits or has ended.
    pub(super) fn unheard(&mut self, event: u16, run: Value, head: Value, status: Value) {
        let declined = self.blocks.declined;
        if !self.plan.tables.events[usize::from(event)].enters.is_empty() {
            return self.declined();
        }
        // The word of when it is due stands behind the key, if there is one.
        let keyed = self.bits(head, 32, 1);
        let due = self.b.ins().iadd_imm_s(keyed, Form::KEY as i64);
        let (ended, waiting) = (self.b.create_block(), self.b.create_block());
        let length = self.bits(head, 40, 24);
        let waits = self.is(status, Word::from(WAITS));
        self.b.ins().brif(waits, waiting, &[], ended, &[]);

        self.b.switch_to_block(waiting);
        let there = self.b.ins().icmp(IntCC::UnsignedGreaterThan, length, due);
        self.need(there, declined);
        self.commit();
        let offset = self.b.ins().ishl_imm_u(due, 3);
        let at = self.b.ins().iadd(run, offset);
        let wake = self.load(at, 0);
        self.still_waits(wake);

        self.b.switch_to_block(ended);
        let is = self.is(status, Word::from(ENDED));
        self.need(is, declined);
        let there = self.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, length, due);
        self.need(there, declined);
        self.commit();
        let any = self.tidy_any;
        self.jump(any);
    }

    /// What a run does that hears the event, clause by clause; goes on where it does nothing.
    pub(super) fn heard(&mut self, event: u16, j: u16, run: Value, heard: &'a RunTable) {
        let journey = self.journey(j);
        let known = heard.key.is_some();
        let enters = &self.plan.tables.events[usize::from(event)].enters;
        let alone = enters.is_empty();
        let own = enters.iter().all(|enter| enter.journey == j);
        let one =
            |machine: &mut Self, hears: Option<Value>| hears.unwrap_or_else(|| machine.b.ins().iconst(types::I8, 1));

        let (mut reached, mut late) = (None, None);
        for number in &heard.goals {
            let goal = &journey.goals[usize::from(*number)];
            let hears = self.hears(j, run, &goal.listener, known);
            let hears = one(self, hears);
            let or = |machine: &mut Self, a: Option<Value>, b| match a {
                Some(a) => Some(machine.b.ins().bor(a, b)),
                None => Some(b),
            };
            match &goal.within {
                None => reached = or(self, reached, hears),
                Some(span) => {
                    let entered = self.load(run, ENTERED);
                    self.plain_moment(entered);
                    let until = self.b.ins().iadd_imm_s(entered, span.ms);
                    let now = self.get(|v| v.now);
                    let in_time = self.b.ins().icmp(IntCC::SignedLessThanOrEqual, now, until);
                    let too_late = self.b.ins().bxor_imm_u(in_time, 1);
                    let (yes, no) = (self.b.ins().band(hears, in_time), self.b.ins().band(hears, too_late));
                    reached = or(self, reached, yes);
                    late = or(self, late, no);
                }
            }
        }
        for (flag, by) in [(reached, how::GOAL), (late, how::LATE_GOAL)] {
            let Some(flag) = flag else { continue };
            let (this, other) = (self.b.create_block(), self.b.create_block());
            self.b.ins().brif(flag, this, &[], other, &[]);
            self.b.switch_to_block(this);
            if alone {
                self.commit();
                if by == how::GOAL {
                    self.mark(run, CONVERTED);
                    self.effect((record::CONVERTED, 0, 0), j, Some(run), record::NO_PC, &[]);
                }
                self.end(j, run, by, 0, None);
            } else {
                self.declined();
            }
            self.b.switch_to_block(other);
        }

        for number in &heard.exits {
            let exit = &journey.exits[usize::from(*number)];
            let Some(listener) = of_event(&exit.on) else { continue };
            let other = self.b.create_block();
            if exit.stage.is_some() {
                let standing = self.stands_in(j, run, exit.stage);
                self.need(standing, other);
            }
            let hears = self.hears(j, run, listener, known);
            let hears = one(self, hears);
            self.need(hears, other);
            if alone {
                self.commit();
                if exit.for_good {
                    self.mark(run, BARRED);
                }
                self.end(j, run, how::EXIT, *number, None);
            } else {
                self.declined();
            }
            self.b.switch_to_block(other);
        }

        for number in &heard.start_over {
            let clause = &journey.start_over[usize::from(*number)];
            let hears = self.hears(j, run, &clause.listener, known);
            let hears = one(self, hears);
            let other = self.b.create_block();
            self.need(hears, other);
            if own && self.plan.walks(j, 0) {
                self.commit();
                self.start_over(j, run);
                self.capture(j, run, &clause.capture);
                self.effect((record::STARTED_OVER, 0, 0), j, Some(run), record::NO_PC, &[]);
                self.walk(j, 0);
            } else {
                self.declined();
            }
            self.b.switch_to_block(other);
        }

        let place = self.b.ins().uload32(flags(), run, 8 * AGE_AT + 4);
        for (number, arms) in heard.arms.iter().enumerate() {
            let Some(arms) = arms else { continue };
            let PlaceKind::First { arms: all, .. } = &journey.places[number].kind else { continue };
            if arms.is_empty() {
                continue;
            }
            let other = self.b.create_block();
            let here = self.is(place, number as Word);
            self.need(here, other);
            for arm in arms {
                let arm = &all[usize::from(*arm)];
                let Some(listener) = of_event(&arm.on) else { continue };
                let hears = self.hears(j, run, listener, known);
                let hears = one(self, hears);
                let passed = self.b.create_block();
                self.need(hears, passed);
                if alone && self.plan.walks(j, arm.next) {
                    self.commit();
                    self.capture(j, run, &arm.capture);
                    self.walk(j, arm.next);
                } else {
                    self.declined();
                }
                self.b.switch_to_block(passed);
            }
            self.jump(other);
            self.b.switch_to_block(other);
        }
    }

    /// Whether a run waits at one of the places of a stage.
    pub(super) fn stands_in(&mut self, j: u16, run: Value, stage: Option<u16>) -> Value {
        let journey = self.journey(j);
        let at = self.b.ins().uload32(flags(), run, 8 * AGE_AT + 4);
        let mut found = self.b.ins().iconst(types::I8, 0);
        for (number, place) in journey.places.iter().enumerate() {
            if in_stage(journey, place.stage, stage) {
                let here = self.is(at, number as Word);
                found = self.b.ins().bor(found, here);
            }
        }
        found
    }

    pub(super) fn mark(&mut self, run: Value, flag: u8) {
        let head = self.load(run, 0);
        let head = self.b.ins().bor_imm_u(head, i64::from(flag) << 24);
        self.store(head, run, 0);
    }

    /// An event comes to one whose only run has ended.
    pub(super) fn gone(&mut self, event: u16, j: u16, head: Value, heard: &'a RunTable) {
        if !self.plan.tables.events[usize::from(event)].enters.is_empty() {
            return self.declined();
        }
        let declined = self.blocks.declined;
        let words = self.bits(head, 40, 24);
        let least = self.form(j).due() as i64;
        let there = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, words, least);
        self.need(there, declined);
        if heard.late {
            // It may still convert, if it is whole.
            let header = self.form(j).header() as i64;
            let whole = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, words, header);
            let converted = self.b.ins().band_imm_u(head, i64::from(CONVERTED) << 24);
            let open = self.is(converted, 0);
            let may = self.b.ins().band(whole, open);
            self.unless(may, declined);
        }
        self.commit();
        self.tidy(j);
    }
}
