//! Events: who hears them, and what they do there.

use super::*;
use cranelift_frontend::Switch;
use journey_runtime::image::Span;
use journey_runtime::time::lengths;

/// Pairs of an event and a journey from which on there is no code of their own for a customer's only run.
const MOST_ALONE: usize = 32;

/// The ways on of an event: a block each.
struct Ways<'a> {
    event: u16,
    /// All records have been looked at.
    looked: Block,
    /// No run has heard it.
    unheard: Block,
    /// For each journey whose runs may hear it: one that waits, and is whole.
    heard: Vec<(u16, &'a RunTable, Block)>,
}

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
        let count = self.plan.program.image.events.len() as i64;
        let known = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, event, count);
        self.need(known, odd);
        let of_events = self.of_context(AT.events);
        let offset = self.b.ins().ishl_imm_u(event, 3);
        let at = self.b.ins().iadd(of_events, offset);
        let fields = self.load(at, 0);
        let native = self.b.ins().icmp_imm_s(IntCC::NotEqual, fields, NOT_NATIVE as i64);
        self.need(native, odd);
        self.row(fields);
        if !self.plan.tables.calm {
            let (declined, words) = (self.blocks.declined, self.get(|v| v.words));
            let zone = self.load(words, ZONE as i32);
            let known = self.b.ins().band_imm_u(zone, KNOWN as i64);
            self.need(known, declined);
        }
        self.next_by_itself(false);
        self.message_id();
        self.early(event);
        self.records();
        let mut ways = Vec::new();
        for number in 0..self.plan.program.image.events.len() as u16 {
            if self.plan.tables.events[usize::from(number)].rare.is_none() {
                ways.push(self.ways(number));
            }
        }
        self.alone(event, &ways);
        self.scan(false);
        let mut switch = Switch::new();
        for ways in &ways {
            switch.set_entry(u128::from(ways.event), ways.looked);
        }
        switch.emit(self.b, event, odd);
        for ways in ways {
            if self.b.func.dfg.num_blocks() > MOST_BLOCKS / 2 {
                let heard = ways.heard.iter().map(|(.., block)| *block);
                for block in [ways.looked, ways.unheard].into_iter().chain(heard) {
                    self.b.switch_to_block(block);
                    self.declined();
                }
                continue;
            }
            let fields = self.plan.program.image.events[usize::from(ways.event)].fields.len();
            self.constants.events[usize::from(ways.event)] = fields as u64;
            self.one_event(ways);
        }

        // No input, when only time was to go on.
        self.b.switch_to_block(odd);
        let item = self.get(|v| v.item);
        let event = self.b.ins().uload16(types::I64, flags(), item, offset_of!(Item, event) as i32);
        let time = self.is(event, Word::from(TIME_ONLY));
        let next = self.blocks.next;
        self.unless(time, next);
        self.declined();
    }

    /// Events that change what is asked of them are remembered before it is certain that they are native; what that changes is kept, to be
    /// put back.
    fn early(&mut self, event: Value) {
        let events = 0..self.plan.program.image.events.len() as u16;
        let early: Vec<u16> = events.filter(|event| self.plan.is_early(*event)).collect();
        if early.is_empty() {
            return;
        }
        let (mut switch, on) = (Switch::new(), self.b.create_block());
        let blocks: Vec<Block> = early.iter().map(|_| self.b.create_block()).collect();
        for (event, block) in early.iter().zip(&blocks) {
            switch.set_entry(u128::from(*event), *block);
        }
        switch.emit(self.b, event, on);
        for (event, block) in early.into_iter().zip(blocks) {
            self.b.switch_to_block(block);
            let (words, saved) = (self.get(|v| v.words), self.of_context(AT.saved));
            let mut count = 0;
            for number in self.plan.observes(event) {
                let place = self.plan.program.layout.histories[usize::from(*number)];
                for at in place.at..place.at + place.words {
                    let word = self.load(words, at as i32);
                    self.put(8 * at as Word, saved, 2 * count);
                    self.store(word, saved, 2 * count + 1);
                    count += 1;
                }
            }
            let count = self.word(count as Word);
            self.set(|v| v.saved, count);
            for number in self.plan.observes(event) {
                self.observe(*number);
            }
            self.jump(on);
        }
        self.b.switch_to_block(on);
    }

    /// Finds the row, of so many words.
    fn row(&mut self, fields: Value) {
        let (declined, item) = (self.blocks.declined, self.get(|v| v.item));
        let row = self.b.ins().uload32(flags(), item, offset_of!(Item, row) as i32);
        let end = self.b.ins().iadd(row, fields);
        let rows = self.of_context(AT.row_words);
        let beyond = self.b.ins().icmp(IntCC::UnsignedGreaterThan, end, rows);
        self.unless(beyond, declined);
        let rows = self.of_context(AT.rows);
        let offset = self.b.ins().ishl_imm_u(row, 3);
        let row = self.b.ins().iadd(rows, offset);
        self.set(|v| v.row, row);
    }

    /// The ways on of an event.
    fn ways(&mut self, event: u16) -> Ways<'a> {
        let (looked, unheard) = (self.b.create_block(), self.b.create_block());
        let mut heard = Vec::new();
        for j in 0..self.plan.program.image.journeys.len() as u16 {
            if let Some(table) = self.plan.hears(event, j).flatten() {
                heard.push((j, table, self.b.create_block()));
            }
        }
        Ways { event, looked, unheard, heard }
    }

    /// Customers without records, and those with one run that waits and watches nothing: most. Where there are few events and journeys,
    /// each is code of its own; all else goes on.
    fn alone(&mut self, event: Value, all: &[Ways<'a>]) {
        let tables = self.plan.tables;
        let plain = (0u16..).zip(&tables.journeys).filter(|(_, table)| table.plain);
        let plain: Vec<u16> = plain.map(|(journey, _)| journey).collect();
        if all.len() * (plain.len() + 1) > MOST_ALONE {
            return;
        }
        let (words, len, first) = (self.get(|v| v.words), self.get(|v| v.len), self.get(|v| v.first));
        let bytes = self.b.ins().ishl_imm_u(len, 3);
        let end = self.b.ins().iadd(words, bytes);
        let size = self.b.ins().isub(end, first);
        let zero = self.word(0);
        self.set(|v| v.hit, zero);
        self.set(|v| v.must, zero);
        let others = self.get(|v| v.others);
        let alone = self.plan.program.layout.watches == 0 && self.plan.program.layout.calendar.is_empty();
        let slow = self.b.create_block();
        for ways in all {
            let (this, other, somebody) = (self.b.create_block(), self.b.create_block(), self.b.create_block());
            let is = self.is(event, Word::from(ways.event));
            self.b.ins().brif(is, this, &[], other, &[]);
            self.b.switch_to_block(this);
            self.b.ins().brif(size, somebody, &[], ways.unheard, &[]);
            self.b.switch_to_block(somebody);
            let head = self.load(first, 0);
            for &j in &plain {
                let heard = match self.plan.hears(ways.event, j) {
                    Some(None) => None,
                    Some(Some(table)) if table.key.is_none() => ways.heard.iter().find(|(journey, ..)| *journey == j),
                    _ => continue,
                };
                let Waiting { head: usual, bytes, due } = self.constants.waiting[usize::from(j)];
                let fits = self.is(size, bytes);
                let usual = self.word(usual);
                let same = self.b.ins().icmp(IntCC::Equal, head, usual);
                let is = self.b.ins().band(fits, same);
                let more = self.b.create_block();
                self.need(is, more);
                match heard {
                    Some((.., block)) => {
                        self.set(|v| v.run, first);
                        self.jump(*block);
                    }
                    None => {
                        let wake = self.load(first, due as i32 / 8);
                        let next = if alone { wake } else { self.lesser(others, wake) };
                        self.set(|v| v.others, next);
                        self.jump(ways.unheard);
                    }
                }
                self.b.switch_to_block(more);
                self.set(|v| v.others, others);
            }
            self.jump(slow);
            self.b.switch_to_block(other);
        }
        self.jump(slow);
        self.b.switch_to_block(slow);
    }

    /// An event, once all records have been looked at.
    fn one_event(&mut self, ways: Ways<'a>) {
        let Ways { event, looked, unheard, heard } = ways;
        self.observed = if self.plan.is_early(event) { &[] } else { self.plan.observes(event) };
        self.b.switch_to_block(looked);
        if heard.is_empty() {
            self.jump(unheard);
        } else {
            let declined = self.blocks.declined;
            let run = self.get(|v| v.hit);
            self.need(run, unheard);
            self.set(|v| v.run, run);
            let head = self.load(run, 0);
            let (journey, status) = (self.bits(head, 0, 16), self.bits(head, 16, 8));
            let waits = self.is(status, Word::from(WAITS));
            self.need(waits, declined);
            for (j, _, block) in &heard {
                let (this, other) = (self.b.create_block(), self.b.create_block());
                let is = self.is(journey, Word::from(*j));
                self.b.ins().brif(is, this, &[], other, &[]);
                self.b.switch_to_block(this);
                self.is_whole(*j, run);
                self.jump(*block);
                self.b.switch_to_block(other);
            }
            self.declined();
        }
        for (j, heard, block) in heard {
            self.b.switch_to_block(block);
            let run = self.get(|v| v.run);
            self.heard(event, j, run, heard);
            // It has not heard it.
            let form = self.form(j);
            let wake = if form.has(Form::WAKES) { form.wake() } else { form.due() } as i32;
            let wake = self.load(run, wake);
            self.wakes_at(wake);
            self.jump(unheard);
        }
        self.b.switch_to_block(unheard);
        self.new_run(event);
    }

    /// Looks whether the message id was among the latest. Then the input changes nothing more.
    pub(super) fn message_id(&mut self) {
        let declined = self.blocks.declined;
        let (item, words) = (self.get(|v| v.item), self.get(|v| v.words));
        let zone = self.load(words, ZONE as i32);
        let known_bit = self.word(KNOWN);
        let zone = self.b.ins().bor(zone, known_bit);
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
        let (test, at, fresh) = self.each_from(ids, end);
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
        let (grow, again) = (self.b.create_block(), self.b.create_block());
        let most = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, room, ID_COUNT as i64);
        self.b.ins().brif(most, again, &[], grow, &[]);
        self.b.switch_to_block(grow);
        // What stands behind moves. If the input is declined, the room is there already, and means nothing; of a customer of whom nothing
        // was known, nothing is.
        let zero = self.word(0);
        let grown = self.call(AT.more_ids, zero, zero);
        let cramped = self.blocks.cramped;
        self.need(grown, cramped);
        let (at, len) = (self.get(|v| v.entry), self.get(|v| v.len));
        let entry = self.load(at, 0);
        let before = self.bits(entry, raw::LENGTH_FROM, raw::LENGTH_TO - raw::LENGTH_FROM);
        let (was, new) = (self.b.create_block(), self.b.create_block());
        self.b.ins().brif(before, was, &[], new, &[]);
        self.b.switch_to_block(was);
        self.put_length(at, entry, len);
        self.jump(new);
        self.b.switch_to_block(new);
        let zone = self.load(words, ZONE as i32);
        let zone = self.b.ins().bor(zone, known_bit);
        self.set(|v| v.zone, zone);
        self.b.ins().jump(there, &[room.into()]);
        self.b.switch_to_block(again);
        let zero = self.word(0);
        self.b.ins().jump(there, &[zero.into()]);
        self.b.switch_to_block(there);
        let next = self.b.block_params(there)[0];
        let offset = self.b.ins().ishl_imm_u(next, 3);
        let at = self.b.ins().iadd(ids, offset);
        self.set(|v| v.id_at, at);
        let rest = self.word(!(0xff << IDS_NEXT));
        let zone = self.get(|v| v.zone);
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
        if !self.plan.keeps(number) {
            let (number, zero) = (self.word(Word::from(number)), self.word(0));
            self.call(AT.observe, number, zero);
            return;
        }
        let after = self.b.create_block();
        if let Some(condition) = history.condition {
            // It sees the row only: any journey's run will do.
            let holds = self.holds(0, condition, words, true);
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
            HistoryKind::Recent { keep, .. } => {
                let (last, now) = (at + i32::from(*keep) - 1, self.get(|v| v.now));
                for to in at..last {
                    let moment = self.load(words, to + 1);
                    self.store(moment, words, to);
                }
                if last >= at {
                    self.store(now, words, last);
                }
            }
            // The plan keeps no others.
            HistoryKind::Days { .. } => {}
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
            let holds = self.holds(journey, condition, run, true);
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

    /// What a run does that hears the event, clause by clause; goes on where it does nothing.
    pub(super) fn heard(&mut self, event: u16, j: u16, run: Value, heard: &'a RunTable) {
        let journey = self.journey(j);
        let known = heard.key.is_some();
        let enters = &self.plan.tables.events[usize::from(event)].enters;
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
                    let [in_time, too_late] = self.in_time(entered, span, IntCC::SignedLessThanOrEqual);
                    let unsure = self.b.ins().bor(in_time, too_late);
                    let unsure = self.b.ins().bxor_imm_u(unsure, 1);
                    let unsure = self.b.ins().band(hears, unsure);
                    let declined = self.blocks.declined;
                    self.unless(unsure, declined);
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
            if self.nobody_enters(event) {
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
            if self.nobody_enters(event) {
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
            if own && self.plan.goes(j, 0) {
                self.commit();
                self.start_over(j, run);
                self.capture(j, run, &clause.capture);
                self.effect((record::STARTED_OVER, 0, 0), j, Some(run), record::NO_PC, &[]);
                self.go_on(j, run, 0);
            } else {
                self.declined();
            }
            self.b.switch_to_block(other);
        }

        let place = self.b.ins().uload32(flags(), run, 8 * AGE_AT + 4);
        for (number, arms) in heard.arms.iter().enumerate() {
            if self.plan.is_asked(event, j, number, heard) {
                let other = self.b.create_block();
                let here = self.is(place, number as Word);
                self.need(here, other);
                if self.nobody_enters(event) {
                    self.commit();
                    self.ask(AT.hear, run, 0);
                } else {
                    self.declined();
                }
                self.b.switch_to_block(other);
                continue;
            }
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
                if self.plan.goes(j, arm.next) && self.nobody_enters(event) {
                    self.commit();
                    self.capture(j, run, &arm.capture);
                    self.go_on(j, run, arm.next);
                } else {
                    self.declined();
                }
                self.b.switch_to_block(passed);
            }
            self.jump(other);
            self.b.switch_to_block(other);
        }
    }

    /// Goes on where no trigger hears the event. False when the code does not know.
    fn nobody_enters(&mut self, event: u16) -> bool {
        let (declined, words) = (self.blocks.declined, self.get(|v| v.words));
        let enters = &self.plan.tables.events[usize::from(event)].enters;
        let mut conditions = Vec::new();
        for enter in enters {
            let trigger = &self.journey(enter.journey).triggers[usize::from(enter.trigger)];
            let Trigger::Event { listener: Listener { condition: Some(condition), .. }, .. } = trigger else {
                return false;
            };
            if !self.plan.looks(*condition, event) || self.plan.reads_slots(*condition) {
                return false;
            }
            conditions.push((enter.journey, *condition));
        }
        for (journey, condition) in conditions {
            let hears = self.holds(journey, condition, words, true);
            self.unless(hears, declined);
        }
        true
    }

    /// Whether now is within a span from a moment for certain (`before` its end), and whether it is not, whatever the zone.
    pub(super) fn in_time(&mut self, from: Value, span: &Span, before: IntCC) -> [Value; 2] {
        let now = self.get(|v| v.now);
        let (least, most) = lengths(span);
        let until = self.b.ins().iadd_imm_s(from, least.clamp(-(1 << 61), 1 << 61));
        let yes = self.b.ins().icmp(before, now, until);
        if least == most {
            let no = self.b.ins().bxor_imm_u(yes, 1);
            return [yes, no];
        }
        let until = self.b.ins().iadd_imm_s(from, most.clamp(-(1 << 61), 1 << 61));
        let may = self.b.ins().icmp(before, now, until);
        let no = self.b.ins().bxor_imm_u(may, 1);
        [yes, no]
    }

    /// Whether a run waits at one of the places of a stage.
    pub(super) fn stands_in(&mut self, j: u16, run: Value, stage: Option<u16>) -> Value {
        let journey = self.journey(j);
        if stage.is_none() {
            return self.b.ins().iconst(types::I8, 1);
        }
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
}
