//! The steps of a run, until it stands still or has ended.

use super::*;

impl<'a> Machine<'_, 'a, '_> {
    /// The present run goes on from an instruction.
    pub(super) fn walk(&mut self, j: u16, pc: Pc) {
        let block = match self.walks.get(&(j, pc)) {
            Some(block) => *block,
            None => {
                let block = self.b.create_block();
                self.walks.insert((j, pc), block);
                self.unmade.push((j, pc));
                block
            }
        };
        self.jump(block);
    }

    /// A run goes on from an instruction: in the code, or by the lean machine.
    pub(super) fn go_on(&mut self, j: u16, run: Value, pc: Pc) {
        self.set(|v| v.run, run);
        match self.plan.walks(j, pc) {
            true => self.walk(j, pc),
            false => self.hand_over(run, pc),
        }
    }

    pub(super) fn step(&mut self, j: u16, pc: Pc) {
        let journey = self.journey(j);
        let run = self.get(|v| v.run);
        if self.plan.hands_over(j, pc) {
            return self.hand_over(run, pc);
        }
        let next = pc + 1;
        match journey.code.get(pc as usize) {
            None => self.end(j, run, how::END, 0, None),
            Some(Instr::Finish(None)) => self.end(j, run, how::END, 0, None),
            Some(Instr::Finish(Some(label))) => self.end(j, run, how::LABEL, 0, Some(*label)),
            Some(Instr::Jump(to)) => self.walk(j, *to),
            Some(Instr::Unless { condition, to }) => {
                let holds = self.holds(j, *condition, run, false);
                let (yes, no) = (self.b.create_block(), self.b.create_block());
                self.b.ins().brif(holds, yes, &[], no, &[]);
                self.b.switch_to_block(yes);
                self.walk(j, next);
                self.b.switch_to_block(no);
                self.walk(j, *to);
            }
            Some(Instr::Let { slot, value }) => {
                let value = self.eval(j, *value, run, false);
                self.set_slot(j, run, *slot, value);
                self.walk(j, next);
            }
            Some(Instr::Stay(place)) => self.stay(j, run, *place),
            Some(Instr::Send(send)) => self.send(j, run, pc, *send),
            // The plan has no others.
            Some(_) => self.walk(j, next),
        }
    }

    pub(super) fn stay(&mut self, j: u16, run: Value, number: u16) {
        let place = &self.journey(j).places[usize::from(number)];
        let (due, next, past) = match &place.kind {
            PlaceKind::Timer { due, past, next } => (due, *next, past.unwrap_or(*next)),
            PlaceKind::First { due, timeout, .. } => (due, *timeout, *timeout),
            // The plan has no others.
            _ => return self.declined(),
        };
        let head = self.load(run, 0);
        let rest = self.word(!(0xff << 16));
        let head = self.b.ins().band(head, rest);
        let head = self.b.ins().bor_imm_u(head, i64::from(WAITS) << 16);
        self.store(head, run, 0);
        let at = self.b.ins().iconst(types::I32, i64::from(number));
        self.b.ins().store(flags(), at, run, 8 * AGE_AT + 4);
        let now = self.get(|v| v.now);
        self.store(now, run, SINCE);
        let due_at = self.form(j).due() as i32;
        let tail = self.blocks.tail;
        match due {
            Due::After(span) => {
                let due = self.b.ins().iadd_imm_s(now, span.ms);
                self.store(due, run, due_at);
                match span.ms.cmp(&0) {
                    std::cmp::Ordering::Less => self.walk(j, past),
                    std::cmp::Ordering::Equal => self.walk(j, next),
                    std::cmp::Ordering::Greater => {
                        self.wakes_at(due);
                        self.jump(tail);
                    }
                }
            }
            Due::At(moment) => {
                // A moment that is missing is the least there is, and so is its word.
                let due = self.eval(j, *moment, run, false);
                self.store(due, run, due_at);
                let (over, stays, late, exact) =
                    (self.b.create_block(), self.b.create_block(), self.b.create_block(), self.b.create_block());
                let ahead = self.b.ins().icmp(IntCC::SignedGreaterThan, due, now);
                self.b.ins().brif(ahead, stays, &[], over, &[]);
                self.b.switch_to_block(stays);
                self.wakes_at(due);
                self.jump(tail);
                self.b.switch_to_block(over);
                let equal = self.b.ins().icmp(IntCC::Equal, due, now);
                self.b.ins().brif(equal, exact, &[], late, &[]);
                self.b.switch_to_block(exact);
                self.walk(j, next);
                self.b.switch_to_block(late);
                self.walk(j, past);
            }
        }
    }

    pub(super) fn send(&mut self, j: u16, run: Value, pc: Pc, number: u16) {
        let journey = self.journey(j);
        let send = &journey.sends[usize::from(number)];
        let form = self.form(j);
        let image = &self.plan.program.image;
        let purpose = image.messages[usize::from(send.message)].purpose;
        let (words, now) = (self.get(|v| v.words), self.get(|v| v.now));
        if form.has(Form::HOLDS) {
            let asked = form.asked() as i32;
            for (at, word) in [(0, MISSING), (1, 0), (2, 0), (3, MISSING)] {
                self.put(word, run, asked + at);
            }
        }
        if let Some(slot) = send.due {
            self.set_slot(j, run, slot, now);
        }
        if let Some(slot) = send.sent_at {
            let missing = self.word(MISSING);
            self.set_slot(j, run, slot, missing);
        }
        let known = &self.plan.tables.journeys[usize::from(j)].sends[usize::from(number)];
        let (rendered, addresses) = (known.rendered.clone(), known.address.clone());
        for (at, by) in send.tries.iter().enumerate() {
            let other = self.b.create_block();
            let refuse = |machine: &mut Self, no: Block, reason: Reason, why: u32| {
                let yes = machine.b.current_block().expect("a block is being made");
                machine.b.switch_to_block(no);
                machine.refuse(j, run, pc, number, at, reason, why);
                machine.jump(other);
                machine.b.switch_to_block(yes);
            };
            if !rendered[at] {
                self.refuse(j, run, pc, number, at, Reason::NotValid, why::MESSAGE);
                self.jump(other);
                self.b.switch_to_block(other);
                continue;
            }
            let consents: Vec<u16> = match by.consent {
                ConsentRule::None => Vec::new(),
                ConsentRule::Channel => vec![by.channel],
                ConsentRule::Any => (0..image.channels.len() as u16).collect(),
            };
            if by.consent != ConsentRule::None {
                let layout = &self.plan.program.layout;
                let mut granted = self.b.ins().iconst(types::I8, 0);
                for channel in consents {
                    let pair = usize::from(purpose) * layout.channels + usize::from(channel);
                    let word = self.load(words, (layout.consent_at + pair / 32) as i32);
                    let said = self.bits(word, (pair % 32 * 2) as u32, 2);
                    let yes = self.is(said, 1);
                    granted = self.b.ins().bor(granted, yes);
                }
                let no = self.b.create_block();
                self.need(granted, no);
                refuse(self, no, Reason::NoConsent, why::CONSENT);
            }
            if let Address::At(word) = addresses[at] {
                let address = self.load(words, word as i32);
                let missing = self.is(address, MISSING);
                let empty = self.is(address, Word::from(Pool::empty(image)));
                let none = self.b.ins().bor(missing, empty);
                let no = self.b.create_block();
                self.unless(none, no);
                refuse(self, no, Reason::NotReachable, why::ADDRESS);
            }
            if let Some(slot) = send.sent_at {
                self.set_slot(j, run, slot, now);
            }
            let locale = match image.locale_field {
                Some(field) => self.load(words, (self.plan.program.layout.profile_at + usize::from(field)) as i32),
                None => self.word(MISSING),
            };
            let mut payload = vec![locale];
            for input in &send.inputs {
                payload.push(self.eval(j, input.value, run, false));
            }
            for slot in &journey.zeroed {
                payload.push(self.load(run, form.header() as i32 + i32::from(*slot)));
            }
            self.effect((record::SENT, number, at as u16), j, Some(run), pc, &payload);
            self.walk(j, send.sent.unwrap_or(pc + 1));
            self.b.switch_to_block(other);
        }
        self.walk(j, send.refused.unwrap_or(pc + 1));
    }

    #[expect(clippy::too_many_arguments, reason = "as many as a refusal tells")]
    pub(super) fn refuse(&mut self, j: u16, run: Value, pc: Pc, number: u16, at: usize, reason: Reason, why: u32) {
        let form = self.form(j);
        if form.has(Form::HOLDS) && at < 8 {
            // Told once for each reason; here for the first time, since each send is asked once.
            let told_at = form.asked() as i32 + 1;
            let told = self.load(run, told_at);
            let bit = self.word(1 << (at * 8 + reason as usize % 8));
            let told = self.b.ins().bor(told, bit);
            self.store(told, run, told_at);
        }
        let payload = self.word(reason as Word | Word::from(why) << 32);
        self.effect((record::REFUSED, number, at as u16), j, Some(run), pc, &[payload]);
    }
}
