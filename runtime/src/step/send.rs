//! Sends: channel by channel through the gates, to a hand-over, a hold, or a refusal.

use super::machine::Machine;
use super::meanwhile;
use super::run::{AGE, ARRIVED, ASKED, AT, DUE, HELD, HOLD_TOLD, HOLDER, NEVER, Run, TOLD};
use crate::image::{ConsentRule, MISSING, Message, Over, Pc, RuleKind, Send, Try, Word};
use crate::input::{EffectKind, Reason, Sink};
use crate::limits::{self, Room};
use crate::pool::Pool;
use crate::program::Program;
use crate::record::why;
use crate::state::{self, Consent};
use crate::time::Zone;

/// What stands in the way of a hand-over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Barrier {
    pub reason: Reason,
    /// Held until then ([`NEVER`]: not known), else refused.
    pub until: Option<i64>,
    pub why: Why,
}

/// What raised a barrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// The message's dates, or it has no rendering for the channel.
    Message,
    /// Consent.
    Consent,
    /// The channel's address.
    Address,
    /// A run of the customer, by its age, in this journey.
    Run(u64, u16),
    /// A rule of a policy.
    Rule(u16),
    /// A limit of an offer.
    Offer(u16),
}

impl Why {
    /// What a compact record has kept.
    pub(crate) fn of_code(code: u32) -> Why {
        match (code >> 16, code as u16) {
            (0, 0) => Why::Message,
            (0, 1) => Why::Consent,
            (1, rule) => Why::Rule(rule),
            (2, offer) => Why::Offer(offer),
            (3, journey) => Why::Run(0, journey),
            _ => Why::Address,
        }
    }

    /// The word of a compact record; of a run only its journey is kept.
    pub(crate) fn code(self) -> u32 {
        match self {
            Why::Message => why::MESSAGE,
            Why::Consent => why::CONSENT,
            Why::Address => why::ADDRESS,
            Why::Rule(rule) => why::RULE | u32::from(rule),
            Why::Offer(offer) => why::OFFER | u32::from(offer),
            Why::Run(_, journey) => why::RUN | u32::from(journey),
        }
    }

    pub(crate) fn hash(self) -> u64 {
        match self {
            Why::Message => 1,
            Why::Consent => 2,
            Why::Address => 3,
            Why::Run(age, _) => 1 << 32 | age,
            Why::Rule(rule) => 2 << 32 | u64::from(rule),
            Why::Offer(offer) => 3 << 32 | u64::from(offer),
        }
    }
}

/// The locale a message is rendered in for a customer whose locale is this word: that one, or its language, or the default (empty).
pub(crate) fn locale<'a>(pool: &Pool, message: &'a Message, channel: u16, word: Word) -> &'a str {
    let Some((_, locales)) = message.renderings.iter().find(|(by, _)| *by == channel) else { return "" };
    let wanted = if word == MISSING { "" } else { pool.word(word) };
    let language = wanted.split(['-', '_']).next().unwrap_or("");
    let known = |name: &str| locales.iter().find(|locale| locale.as_str() == name).map(String::as_str);
    known(wanted).or_else(|| known(language)).unwrap_or_default()
}

/// Whether a rule does not allow a hand-over now: why, and from when on it does.
pub(crate) fn barred_by_rule(
    program: &Program,
    state: &[Word],
    zone: &Zone,
    now: i64,
    number: u16,
) -> Option<(Reason, i64)> {
    let memory = program.layout.rules[usize::from(number)];
    let (reason, room) = match &program.image.rules[usize::from(number)].kind {
        RuleKind::Cap(limit) => (Reason::Capped, limits::room(limit, memory?, state, zone, now)),
        RuleKind::Gap(span) => (Reason::TooSoon, limits::gap(span, memory?, state, zone, now)),
        RuleKind::Quiet { from, to } => {
            return zone.quiet_until(now, *from, *to).map(|end| (Reason::QuietHours, end));
        }
        RuleKind::Deliver { from, to, days, calendar } => {
            let holidays = crate::time::holidays(&program.image.calendars, *calendar);
            return zone.deliver_from(now, *from, *to, *days, holidays).map(|start| (Reason::OutsideHours, start));
        }
    };
    match room {
        Room::Now => None,
        Room::From(free) => Some((reason, free)),
    }
}

/// What is remembered of a hold that was told: a hash; never 0.
pub(crate) fn hold_told(channel: u16, reason: Reason, until: i64, why: Why) -> Word {
    let told = [u64::from(channel), reason as u64, until as u64, why.hash()];
    told.iter().fold(1, |hash: u64, word| (hash.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15)) | 1
}

impl<S: Sink> Machine<'_, S> {
    /// A run comes to a send, or asks again. Gives where it goes on; none if it stays or has left.
    pub(super) fn send(&mut self, run: Run, pc: Pc, number: u16) -> Option<Pc> {
        if !self.may_act(run, pc) {
            return None;
        }
        let send = &self.journey(run).sends[usize::from(number)];
        let leaving = !run.alive(self.state);
        run.put(self.state, HOLDER, MISSING);
        if run.get(self.state, ASKED) == MISSING {
            run.put_moment(self.state, ASKED, self.now);
            run.put(self.state, TOLD, 0);
            run.put(self.state, HOLD_TOLD, 0);
            if let Some(slot) = send.due {
                run.set_slot(self.state, slot, self.now as Word);
            }
            for slot in [send.sent_at, send.channel].into_iter().flatten() {
                run.set_slot(self.state, slot, MISSING);
            }
        }
        for (at, channel) in send.tries.iter().enumerate() {
            match self.gates(run, send, channel) {
                None => {
                    self.hand_over(run, pc, send, channel);
                    return Some(send.sent.unwrap_or(pc + 1));
                }
                Some(barrier) => match barrier.until.filter(|_| !leaving) {
                    Some(until) => {
                        self.hold(run, pc, send, channel, barrier, until);
                        return None;
                    }
                    // On leaving nothing can wait: a hold is a refusal.
                    None => self.refuse(run, pc, send, at, barrier),
                },
            }
        }
        run.put(self.state, ASKED, MISSING);
        Some(send.refused.unwrap_or(pc + 1))
    }

    /// The first barrier on a channel, gate by gate; none if it can be handed over.
    fn gates(&mut self, run: Run, send: &Send, channel: &Try) -> Option<Barrier> {
        if let Some(barrier) = self.content_consent_address(run, send, channel) {
            return Some(barrier);
        }
        if let Some(barrier) = self.meanwhile(run, self.image.messages[usize::from(send.message)].purpose) {
            return Some(barrier);
        }
        if let Some(offer) = send.offer
            && self.offer_room(offer) != Room::Now
        {
            return Some(Barrier { reason: Reason::Capped, until: None, why: Why::Offer(offer) });
        }
        let asked = run.moment(self.state, ASKED);
        channel.rules.iter().find_map(|number| {
            let (reason, free) = barred_by_rule(self.program, self.state, self.zone(), self.now, *number)?;
            let until = match &self.image.rules[usize::from(*number)].over {
                Over::Drop => None,
                Over::Hold(limit) => {
                    let end = limit.as_ref().map_or(NEVER, |span| self.zone().add(asked, span));
                    // Held in vain would be held for ever: what never is allowed is refused.
                    Some(free.min(end)).filter(|until| self.now < *until && *until != NEVER)
                }
            };
            Some(Barrier { reason, until, why: Why::Rule(*number) })
        })
    }

    /// Whether a next best action could be handed over but for holds and quiet hours; if not, why on each channel.
    pub(super) fn could_pass(&mut self, run: Run, send: &Send) -> Result<(), Vec<(u16, Barrier)>> {
        let mut barriers = Vec::new();
        for channel in &send.tries {
            let purpose = self.image.messages[usize::from(send.message)].purpose;
            let barrier = self
                .content_consent_address(run, send, channel)
                .or_else(|| self.meanwhile(run, purpose).filter(|barrier| barrier.until.is_none()))
                .or_else(|| {
                    channel.rules.iter().find_map(|number| {
                        let rule = &self.image.rules[usize::from(*number)];
                        let hours = matches!(rule.kind, RuleKind::Quiet { .. } | RuleKind::Deliver { .. });
                        if hours || rule.over != Over::Drop {
                            return None;
                        }
                        let (reason, _) = barred_by_rule(self.program, self.state, self.zone(), self.now, *number)?;
                        Some(Barrier { reason, until: None, why: Why::Rule(*number) })
                    })
                });
            match barrier {
                None => return Ok(()),
                Some(barrier) if S::TELLS => barriers.push((channel.channel, barrier)),
                Some(_) => {}
            }
        }
        Err(barriers)
    }

    /// The gates of content validity, consent and reachability.
    fn content_consent_address(&mut self, run: Run, send: &Send, channel: &Try) -> Option<Barrier> {
        let refused = |reason, why| Some(Barrier { reason, until: None, why });
        let message = &self.image.messages[usize::from(send.message)];
        let rendered = message.renderings.iter().any(|(by, _)| *by == channel.channel);
        if !rendered || !self.is_valid(message.valid) {
            return refused(Reason::NotValid, Why::Message);
        }
        let layout = &self.program.layout;
        let granted = |by: u16| state::consent(layout, self.state, message.purpose, by) == Consent::Granted;
        let consents = match channel.consent {
            ConsentRule::None => true,
            ConsentRule::Channel => granted(channel.channel),
            ConsentRule::Any => (0..self.image.channels.len() as u16).any(granted),
        };
        if !consents {
            return refused(Reason::NoConsent, Why::Consent);
        }
        if let Some(address) = self.image.channels[usize::from(channel.channel)].address {
            let word = self.eval(run, address);
            if word == MISSING || self.pool.word(word).is_empty() {
                return refused(Reason::NotReachable, Why::Address);
            }
        }
        None
    }

    /// Whether today is within first and last day, in the customer's zone.
    pub(super) fn is_valid(&self, (first, last): (Option<i64>, Option<i64>)) -> bool {
        let today = self.zone().date(self.now);
        first.is_none_or(|first| first <= today) && last.is_none_or(|last| today <= last)
    }

    /// The first limit of an offer that has no room.
    pub(super) fn offer_room(&self, offer: u16) -> Room {
        let (zone, offer) = (self.zone(), usize::from(offer));
        let memories = self.program.layout.offers[offer].iter();
        let rooms = self.image.offers[offer].limits.iter().zip(memories);
        rooms
            .map(|(limit, memory)| limits::room(limit, *memory, self.state, zone, self.now))
            .find(|room| *room != Room::Now)
            .unwrap_or(Room::Now)
    }

    /// What the customer's other runs hold or drop meanwhile.
    fn meanwhile(&self, run: Run, purpose: u16) -> Option<Barrier> {
        let (other, holds) = meanwhile::barrier(self.image, self.state, self.first(), run, purpose)?;
        let why = Why::Run(other.get(self.state, AGE), other.journey(self.state));
        Some(Barrier { reason: Reason::Meanwhile, until: holds.then_some(NEVER), why })
    }

    // ------------------------------------------------------------------------------------------ outcomes

    fn hand_over(&mut self, run: Run, pc: Pc, send: &Send, channel: &Try) {
        let id = self.effect_id(run, pc);
        for rule in &channel.rules {
            if let Some(memory) = self.program.layout.rules[usize::from(*rule)] {
                limits::count(memory, self.state, self.now);
            }
        }
        if let Some(offer) = send.offer {
            for memory in &self.program.layout.offers[usize::from(offer)] {
                limits::count(*memory, self.state, self.now);
            }
        }
        if let Some(at) = self.program.layout.message_at(send.message) {
            self.state[at] = id as Word;
        }
        if let Some(slot) = send.sent_at {
            run.set_slot(self.state, slot, self.now as Word);
        }
        if let Some(slot) = send.channel {
            let name = self.pool.text(&self.image.channels[usize::from(channel.channel)].name);
            run.set_slot(self.state, slot, u64::from(name));
        }
        if let Some(slot) = send.id {
            run.set_id(self.state, slot, id);
        }
        run.put(self.state, ASKED, MISSING);
        let inputs = self.values_of(run, &send.inputs);
        let locale = self.locale(&self.image.messages[usize::from(send.message)], channel.channel);
        let kind =
            EffectKind::Sent { message: send.message, channel: channel.channel, locale, offer: send.offer, inputs };
        self.effect(run, Some(pc), Some(id), kind);
    }

    /// The locale a message is rendered in.
    fn locale(&self, message: &Message, channel: u16) -> String {
        let word = self.image.locale_field.map_or(MISSING, |field| state::profile(self.program, self.state, field));
        locale(self.pool, message, channel, word).to_string()
    }

    fn refuse(&mut self, run: Run, pc: Pc, send: &Send, at: usize, barrier: Barrier) {
        // A send that asks again is refused again for the same reason: that is told once.
        let bit = (at < 8).then(|| 1u64 << (at * 8 + barrier.reason as usize % 8));
        let told = run.get(self.state, TOLD);
        if bit.is_some_and(|bit| told & bit != 0) {
            return;
        }
        run.put(self.state, TOLD, told | bit.unwrap_or(0));
        let channel = send.tries[at].channel;
        let detail = self.barrier_in_words(send.message, channel, barrier);
        let kind = EffectKind::Refused { message: send.message, channel, reason: barrier.reason, detail };
        self.effect(run, Some(pc), None, kind);
    }

    fn hold(&mut self, run: Run, pc: Pc, send: &Send, channel: &Try, barrier: Barrier, until: i64) {
        run.set_status(self.state, HELD);
        run.put(self.state, AT, u64::from(pc));
        run.put_moment(self.state, DUE, until);
        run.mark(self.state, ARRIVED, true);
        if let Why::Run(age, _) = barrier.why {
            run.put(self.state, HOLDER, age);
        }
        let told = hold_told(channel.channel, barrier.reason, until, barrier.why);
        if run.get(self.state, HOLD_TOLD) != told {
            run.put(self.state, HOLD_TOLD, told);
            let detail = self.barrier_in_words(send.message, channel.channel, barrier);
            let until = (until != NEVER).then_some(until);
            let kind = EffectKind::Held {
                message: send.message,
                channel: channel.channel,
                reason: barrier.reason,
                until,
                detail,
            };
            self.effect(run, Some(pc), None, kind);
        }
    }
}
