//! Sends: channel by channel through the gates, to a hand-over, a hold, or a refusal.

use super::{Address, Machine};
use crate::image::{MISSING, Over, Pc, RuleKind, Send, Try};
use crate::input::Reason;
use crate::limits::{self, Room};
use crate::state;
use crate::step::run::{AGE, ARRIVED, ASKED, AT, DUE, HELD, HOLD_TOLD, HOLDER, NUMBERS, Run, TOLD};
use crate::step::{self, Named, Why, effect_id_in, hold_told, meanwhile};
use crate::time::NEVER;

/// Why a channel does not take a message: the reason, what raised it, and until when it is held.
type Barrier = (Reason, Why, Option<i64>);

impl<'m> Machine<'m> {
    /// A run comes to a send, or asks again. Gives where it goes on.
    pub(super) fn send(&mut self, run: Run, pc: Pc, number: u16) -> Option<Pc> {
        let journey = self.journey(run);
        let send = &journey.sends[usize::from(number)];
        if !self.may_act(run, pc) {
            return None;
        }
        let leaving = !run.alive(self.words);
        run.put(self.words, HOLDER, MISSING);
        if run.get(self.words, ASKED) == MISSING {
            run.put_moment(self.words, ASKED, self.now);
            run.put(self.words, TOLD, 0);
            run.put(self.words, HOLD_TOLD, 0);
            if let Some(slot) = send.due {
                run.set_slot(self.words, slot, self.now as u64);
            }
            for slot in [send.sent_at, send.channel].into_iter().flatten() {
                run.set_slot(self.words, slot, MISSING);
            }
        }
        for (at, by) in send.tries.iter().enumerate() {
            match self.gates(run, number, at) {
                None => {
                    self.hand_over(run, pc, number, at, send, by);
                    return Some(send.sent.unwrap_or(pc + 1));
                }
                Some((reason, why, Some(until))) if !leaving => {
                    self.hold(run, pc, number, at, by, reason, why, until);
                    return None;
                }
                // On leaving nothing can wait: a hold is a refusal.
                Some((reason, why, _)) => self.refuse(run, pc, number, at, reason, why),
            }
        }
        run.put(self.words, ASKED, MISSING);
        Some(send.refused.unwrap_or(pc + 1))
    }

    /// The first barrier on a channel, gate by gate; none if it can be handed over.
    fn gates(&mut self, run: Run, number: u16, at: usize) -> Option<Barrier> {
        if let Some(barrier) = self.content_consent_address(run, number, at) {
            return Some(barrier);
        }
        if let Some(barrier) = self.meanwhile(run, number) {
            return Some(barrier);
        }
        let send = &self.journey(run).sends[usize::from(number)];
        if let Some(offer) = send.offer
            && !self.offer_has_room(offer)
        {
            return Some((Reason::Capped, Why::Offer(offer), None));
        }
        for rule in &send.tries[at].rules {
            let Some((reason, free)) = step::barred_by_rule(self.program, self.state(), self.zone(), self.now, *rule)
            else {
                continue;
            };
            let until = match &self.image.rules[usize::from(*rule)].over {
                Over::Drop => None,
                Over::Hold(limit) => {
                    let asked = run.moment(self.words, ASKED);
                    let end = limit.as_ref().map_or(NEVER, |span| self.zone().add(asked, span));
                    // Held in vain would be held for ever: what never is allowed is refused.
                    Some(free.min(end)).filter(|until| self.now < *until && *until != NEVER)
                }
            };
            return Some((reason, Why::Rule(*rule), until));
        }
        None
    }

    /// Whether a next best action could be handed over but for holds and quiet hours.
    pub(super) fn could_pass(&mut self, run: Run, number: u16) -> bool {
        let send = &self.journey(run).sends[usize::from(number)];
        for (at, by) in send.tries.iter().enumerate() {
            if self.content_consent_address(run, number, at).is_some()
                || self.meanwhile(run, number).is_some_and(|(.., until)| until.is_none())
            {
                continue;
            }
            let barred = by.rules.iter().any(|number| {
                let rule = &self.image.rules[usize::from(*number)];
                let hours = matches!(rule.kind, RuleKind::Quiet { .. } | RuleKind::Deliver { .. });
                !hours
                    && rule.over == Over::Drop
                    && step::barred_by_rule(self.program, self.state(), self.zone(), self.now, *number).is_some()
            });
            if !barred {
                return true;
            }
        }
        false
    }

    /// What the customer's other runs hold or drop meanwhile.
    fn meanwhile(&self, run: Run, number: u16) -> Option<Barrier> {
        let known = &self.tables.journeys[usize::from(run.journey(self.words))].sends[usize::from(number)];
        if !known.meanwhile {
            return None;
        }
        let message = self.journey(run).sends[usize::from(number)].message;
        let purpose = self.image.messages[usize::from(message)].purpose;
        let (other, holds) = meanwhile::barrier(self.image, self.state(), self.first(), run, purpose)?;
        let why = Why::Run(other.get(self.words, AGE), other.journey(self.words));
        Some((Reason::Meanwhile, why, holds.then_some(NEVER)))
    }

    /// The gates of content validity, consent and reachability.
    fn content_consent_address(&mut self, run: Run, number: u16, at: usize) -> Option<Barrier> {
        let journey = self.journey(run);
        let known = &self.tables.journeys[usize::from(run.journey(self.words))].sends[usize::from(number)];
        let send = &journey.sends[usize::from(number)];
        let message = &self.image.messages[usize::from(send.message)];
        if !known.rendered[at] || !self.is_valid(message.valid) {
            return Some((Reason::NotValid, Why::Message, None));
        }
        let by = &send.tries[at];
        if !self.consents(message.purpose, by.consent, by.channel) {
            return Some((Reason::NoConsent, Why::Consent, None));
        }
        let address = match known.address[at] {
            Address::Open => return None,
            Address::At(word) => self.words[word],
            Address::Function(function) => self.eval(run, function),
        };
        (address == MISSING || self.pool.word(address).is_empty()).then_some((Reason::NotReachable, Why::Address, None))
    }

    /// Whether today is within first and last day, in the customer's zone.
    pub(super) fn is_valid(&self, (first, last): (Option<i64>, Option<i64>)) -> bool {
        if first.is_none() && last.is_none() {
            return true;
        }
        let today = self.zone().date(self.now);
        first.is_none_or(|first| first <= today) && last.is_none_or(|last| today <= last)
    }

    /// Whether all limits of an offer have room.
    pub(super) fn offer_has_room(&self, offer: u16) -> bool {
        let offer = usize::from(offer);
        let limits = self.image.offers[offer].limits.iter().zip(&self.program.layout.offers[offer]);
        limits
            .into_iter()
            .all(|(limit, memory)| limits::room(limit, *memory, self.state(), self.zone(), self.now) == Room::Now)
    }

    fn hand_over(&mut self, run: Run, pc: Pc, number: u16, at: usize, send: &Send, by: &Try) {
        let layout = &self.program.layout;
        for rule in &by.rules {
            if let Some(memory) = layout.rules[usize::from(*rule)] {
                limits::count(memory, self.words, self.now);
            }
        }
        if let Some(offer) = send.offer {
            for memory in &layout.offers[usize::from(offer)] {
                limits::count(*memory, self.words, self.now);
            }
        }
        let message_at = layout.message_at(send.message);
        if message_at.is_some() || send.id.is_some() {
            let id = self.effect_id(run, pc);
            if let Some(at) = message_at {
                self.words[at] = id as u64;
            }
            if let Some(slot) = send.id {
                run.set_id(self.words, slot, id);
            }
        }
        if let Some(slot) = send.sent_at {
            run.set_slot(self.words, slot, self.now as u64);
        }
        if let Some(slot) = send.channel {
            let name = self.pool.text(&self.image.channels[usize::from(by.channel)].name);
            run.set_slot(self.words, slot, u64::from(name));
        }
        run.put(self.words, ASKED, MISSING);
        let mut inputs = std::mem::take(&mut self.work.inputs);
        inputs.clear();
        for input in &send.inputs {
            let word = self.eval(run, input.value);
            inputs.push(word);
        }
        let given = inputs.len();
        inputs.extend(self.journey(run).zeroed.iter().map(|slot| run.slot(self.words, *slot)));
        let locale = self.image.locale_field.map_or(MISSING, |field| state::profile(self.program, self.words, field));
        let of = self.of(run, Some(pc));
        self.out.sent(&of, number, at as u16, locale, &inputs[..given], &inputs[given..]);
        self.work.inputs = inputs;
    }

    /// The id of the effect that a run makes at an instruction.
    pub(super) fn effect_id(&mut self, run: Run, pc: Pc) -> u128 {
        let mut memory = std::mem::take(&mut self.work.rare.named);
        let journey = self.journey(run);
        let step = journey.step_of.get(pc as usize).and_then(|step| journey.steps.get(usize::from(*step)));
        let numbers = run.get(self.words, NUMBERS);
        let named = Named {
            customer: self.names.name(self.customer),
            journey: &journey.name,
            version: journey.hash,
            run: numbers as u32,
            start: (numbers >> 32) as u32,
            step: step.map_or("", |step| &step.id),
        };
        let id = effect_id_in(&mut memory, &named, journey.zeroed.iter().map(|slot| run.slot(self.words, *slot)));
        self.work.rare.named = memory;
        id
    }

    #[expect(clippy::too_many_arguments, reason = "what is known of the hold")]
    fn hold(&mut self, run: Run, pc: Pc, number: u16, at: usize, by: &Try, reason: Reason, why: Why, until: i64) {
        run.set_status(self.words, HELD);
        run.put(self.words, AT, u64::from(pc));
        run.put_moment(self.words, DUE, until);
        run.mark(self.words, ARRIVED, true);
        if let Why::Run(age, _) = why {
            run.put(self.words, HOLDER, age);
        }
        let told = hold_told(by.channel, reason, until, why);
        if run.get(self.words, HOLD_TOLD) != told {
            run.put(self.words, HOLD_TOLD, told);
            let of = self.of(run, Some(pc));
            self.out.held(&of, number, at as u16, reason, why.code(), (until != NEVER).then_some(until));
        }
    }

    fn refuse(&mut self, run: Run, pc: Pc, number: u16, at: usize, reason: Reason, why: Why) {
        // A send that asks again is refused again for the same reason: that is told once.
        let bit = (at < 8).then(|| 1u64 << (at * 8 + reason as usize % 8));
        let told = run.get(self.words, TOLD);
        if bit.is_some_and(|bit| told & bit != 0) {
            return;
        }
        run.put(self.words, TOLD, told | bit.unwrap_or(0));
        let of = self.of(run, Some(pc));
        self.out.refused(&of, number, at as u16, reason, why.code());
    }
}
