//! Effects as a few words each: what the fast engines append, and what is counted, sorted and written.
//!
//! Names, texts, ids and details are worked out only when a record is written or compared ([`materialise`]). The reference machine
//! keeps handing out owned [`Effect`]s; [`Owning`] glues them in between.
//!
//! A record is [`HEAD`] words and a payload:
//!
//! ```text
//! word 0: kind (bits 0–7) | words of the record (8–15) | code (16–31) | journey (32–47; 0xffff none) | extra (48–63)
//! word 1: time (milliseconds since 1970 UTC)
//! word 2: run number (low half) | start number (high half)
//! word 3: pc (low half; 0xffff_ffff none) | customer number in the shard (high half)
//! ```
//!
//! | kind | code | extra | payload |
//! |---|---|---|---|
//! | [`ENTERED`] | journey handed off from, or 0xffff | 1: joined | the key's word, when the journey has a key |
//! | [`STARTED_OVER`], [`UPDATED`], [`CONVERTED`] | 0 | 0 | |
//! | [`ENTRY_REFUSED`] | [`Reason`] | 0 | the key's word, when the journey has a key; the run is 0 |
//! | [`ASSIGNED`] | 0 | 0 | experiment (low half) and arm (high half), texts of the image |
//! | [`LEFT`] | how: [`how`] | exit clause, or journey handed off to | the label's text, for a label |
//! | [`SENT`] | send of the journey | try | the profile's locale; a word for each input; a word for each of `Journey::zeroed` |
//! | [`REFUSED`] | send of the journey | try | [`Reason`] (low half) and why (high half) |
//! | [`HELD`] | send of the journey | try | [`Reason`] (low half) and why (high half); until, or [`MISSING`] |
//! | [`OWNED`] | 0 | 0 | index into [`Effects::owned`] |
//!
//! Why: 0 the message, 1 consent, 2 the address, `0x1_0000 | rule`, `0x2_0000 | offer`, `0x3_0000 | journey`
//! of another run (`meanwhile`).

use crate::image::{Image, Journey, MISSING, Word};
use crate::input::{Effect, EffectKind, LeaveHow, Reason, Value};
use crate::pool::Pool;
use crate::program::Program;
use crate::step::{self, Named, Why};

mod effects;
pub use effects::{Effects, Of, Owning, Records, Spot};

/// Words of a record before its payload.
pub const HEAD: usize = 4;
/// No journey, no journey handed off from.
pub const NO_JOURNEY: u16 = u16::MAX;
/// No instruction.
pub const NO_PC: u32 = u32::MAX;

/// A run began, or an alive run took a hand-off.
pub const ENTERED: u8 = 0;
/// A run began again from the top.
pub const STARTED_OVER: u8 = 1;
/// A run's context was replaced.
pub const UPDATED: u8 = 2;
/// Somebody was not let in.
pub const ENTRY_REFUSED: u8 = 3;
/// An arm of an experiment fell to a run.
pub const ASSIGNED: u8 = 4;
/// The goal was reached.
pub const CONVERTED: u8 = 5;
/// A run ended.
pub const LEFT: u8 = 6;
/// A message was handed over.
pub const SENT: u8 = 7;
/// One channel did not take a message.
pub const REFUSED: u8 = 8;
/// Any effect, owned.
pub const OWNED: u8 = 9;
/// A message waits.
pub const HELD: u8 = 10;
/// How many kinds there are.
pub const KINDS: usize = 11;

/// How a run left: the codes of [`LEFT`].
pub mod how {
    /// At a goal.
    pub const GOAL: u16 = 0;
    /// At a goal after its time.
    pub const LATE_GOAL: u16 = 1;
    /// By the exit clause in `extra`.
    pub const EXIT: u16 = 2;
    /// A pause lasted too long.
    pub const PAUSE_TOO_LONG: u16 = 3;
    /// Longer than a policy allows.
    pub const TOO_LONG: u16 = 4;
    /// After the last step.
    pub const END: u16 = 5;
    /// With the label in the payload.
    pub const LABEL: u16 = 6;
    /// Handed off to the journey in `extra`.
    pub const HANDED_OFF: u16 = 7;
    /// Out of fuel.
    pub const OUT_OF_FUEL: u16 = 8;
}

/// What raised a barrier: the upper half of the payload of [`REFUSED`].
pub mod why {
    /// The message's dates, or it has no rendering for the channel.
    pub const MESSAGE: u32 = 0;
    /// Consent.
    pub const CONSENT: u32 = 1;
    /// The channel's address.
    pub const ADDRESS: u32 = 2;
    /// With a rule in the lower half.
    pub const RULE: u32 = 0x1_0000;
    /// With an offer in the lower half.
    pub const OFFER: u32 = 0x2_0000;
    /// Another run, with its journey in the lower half.
    pub const RUN: u32 = 0x3_0000;
}

/// Whether hand-overs of a send are short enough for a record; if not, they are owned.
pub fn sent_fits(journey: &Journey, send: u16) -> bool {
    HEAD + 1 + journey.sends[usize::from(send)].inputs.len() + journey.zeroed.len() <= 255
}

/// One effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a>(&'a [Word]);

impl<'a> Record<'a> {
    /// The record with which words begin.
    fn first(words: &'a [Word]) -> Record<'a> {
        let length = usize::from((words[0] >> 8) as u8).max(HEAD);
        Record(&words[..length])
    }

    /// Its kind.
    pub fn kind(self) -> u8 {
        self.0[0] as u8
    }

    /// Its code, by kind.
    pub fn code(self) -> u16 {
        (self.0[0] >> 16) as u16
    }

    /// Its journey; none for what concerns no journey.
    pub fn journey(self) -> Option<u16> {
        Some((self.0[0] >> 32) as u16).filter(|journey| *journey != NO_JOURNEY)
    }

    /// More of it, by kind.
    pub fn extra(self) -> u16 {
        (self.0[0] >> 48) as u16
    }

    /// When. Milliseconds since 1970 UTC.
    pub fn time(self) -> i64 {
        self.0[1] as i64
    }

    /// Number of the run; 0 none.
    pub fn run(self) -> u32 {
        self.0[2] as u32
    }

    /// How often the run has set out.
    pub fn start(self) -> u32 {
        (self.0[2] >> 32) as u32
    }

    /// The instruction whose step it is.
    pub fn pc(self) -> Option<u32> {
        Some(self.0[3] as u32).filter(|pc| *pc != NO_PC)
    }

    /// Number of the customer in the shard.
    pub fn customer(self) -> u32 {
        (self.0[3] >> 32) as u32
    }

    /// What follows the head, by kind.
    pub fn payload(self) -> &'a [Word] {
        &self.0[HEAD..]
    }

    /// All its words.
    pub fn words(self) -> &'a [Word] {
        self.0
    }

    /// The first word of the payload in halves, low one first.
    pub fn pair(self) -> (u32, u32) {
        let word = self.payload().first().copied().unwrap_or(0);
        (word as u32, (word >> 32) as u32)
    }

    /// The index of an owned effect.
    pub fn owned(self) -> Option<usize> {
        (self.kind() == OWNED).then(|| self.payload().first().map(|index| *index as usize))?
    }

    /// Why somebody was not let in, or a channel did not take a message.
    pub fn reason(self) -> Option<Reason> {
        let number = match self.kind() {
            ENTRY_REFUSED => u32::from(self.code()),
            REFUSED | HELD => self.pair().0,
            _ => return None,
        };
        Reason::ALL.get(number as usize).copied()
    }

    /// When a message that waits is tried again, if that is known.
    pub fn until(self) -> Option<i64> {
        let until = if self.kind() == HELD { self.payload().get(1) } else { None };
        until.filter(|until| **until != MISSING).map(|until| *until as i64)
    }

    /// The step (index into the journey's steps).
    pub fn step(self, image: &Image) -> Option<u16> {
        let journey = &image.journeys[usize::from(self.journey()?)];
        journey.step_of.get(self.pc()? as usize).copied()
    }
}

/// The effect that the reference would have handed out. `effects` holds the record, `pool` its texts; `customer` is the customer's id.
pub fn materialise(program: &Program, pool: &Pool, effects: &Effects, customer: &str, record: Record<'_>) -> Effect {
    if let Some(index) = record.owned() {
        return effects.owned[index].clone();
    }
    let image = &program.image;
    let j = record.journey().unwrap_or_default();
    let journey = &image.journeys[usize::from(j)];
    let key = || {
        let ty = &journey.slots.get(usize::from(journey.key?))?.ty;
        Some(step::value(program, pool, ty, record.payload().first().copied().unwrap_or(MISSING)))
    };
    let mut id = None;
    let kind = match record.kind() {
        ENTERED => EffectKind::Entered {
            key: key(),
            from: Some(record.code()).filter(|from| *from != NO_JOURNEY),
            joined: record.extra() == 1,
        },
        STARTED_OVER => EffectKind::StartedOver,
        UPDATED => EffectKind::Updated,
        ENTRY_REFUSED => EffectKind::EntryRefused { key: key(), reason: record.reason().unwrap_or(Reason::OnlyIf) },
        ASSIGNED => {
            let (experiment, arm) = record.pair();
            EffectKind::Assigned { experiment, arm }
        }
        CONVERTED => EffectKind::Converted,
        LEFT => EffectKind::Left { how: leave_how(image, journey, record) },
        SENT => {
            let send = &journey.sends[usize::from(record.code())];
            let channel = send.tries[usize::from(record.extra())].channel;
            let (locale, rest) = record.payload().split_first().unwrap_or((&MISSING, &[]));
            let inputs: Vec<(String, Value)> = send
                .inputs
                .iter()
                .zip(rest)
                .map(|(input, word)| {
                    let ty = &image.functions[input.value as usize].ty;
                    (input.name.clone(), step::value(program, pool, ty, *word))
                })
                .collect();
            let message = &image.messages[usize::from(send.message)];
            let locale = step::locale(pool, message, channel, *locale).to_string();
            id = effect_id(image, customer, record);
            EffectKind::Sent { message: send.message, channel, locale, offer: send.offer, inputs }
        }
        _ => {
            let send = &journey.sends[usize::from(record.code())];
            let channel = send.tries[usize::from(record.extra())].channel;
            let why = Why::of_code(record.pair().1);
            let (message, reason) = (send.message, record.reason().unwrap_or(Reason::NotValid));
            let detail = step::why_in_words(image, message, channel, why);
            match record.kind() {
                HELD => EffectKind::Held { message, channel, reason, until: record.until(), detail },
                _ => EffectKind::Refused { message, channel, reason, detail },
            }
        }
    };
    Effect { time: record.time(), journey: Some(j), run: record.run(), step: record.step(image), id, kind }
}

/// How a run left.
pub fn leave_how(image: &Image, journey: &Journey, record: Record<'_>) -> LeaveHow {
    match record.code() {
        how::GOAL => LeaveHow::Goal,
        how::LATE_GOAL => LeaveHow::LateGoal,
        how::EXIT => LeaveHow::Exit(journey.exits[usize::from(record.extra())].text.clone()),
        how::PAUSE_TOO_LONG => LeaveHow::PauseTooLong,
        how::TOO_LONG => LeaveHow::TooLong,
        how::LABEL => LeaveHow::Label(image.texts[record.pair().0 as usize].clone()),
        how::HANDED_OFF => LeaveHow::HandedOff(record.extra()),
        how::OUT_OF_FUEL => LeaveHow::OutOfFuel,
        _ => LeaveHow::End,
    }
}

/// What the id of a hand-over is made of, but for the rounds; none: it is of no journey.
pub(crate) fn named<'a>(image: &'a Image, customer: &'a str, record: Record<'_>) -> Option<Named<'a>> {
    let journey = &image.journeys[usize::from(record.journey()?)];
    let step = record.step(image).and_then(|step| journey.steps.get(usize::from(step)));
    Some(Named {
        customer,
        journey: &journey.name,
        version: journey.hash,
        run: record.run(),
        start: record.start(),
        step: step.map_or("", |step| &step.id),
    })
}

/// The id of a hand-over; none for other kinds (an owned effect knows its own).
pub fn effect_id(image: &Image, customer: &str, record: Record<'_>) -> Option<u128> {
    if record.kind() != SENT {
        return None;
    }
    let journey = &image.journeys[usize::from(record.journey()?)];
    let named = named(image, customer, record)?;
    let rounds = record.payload().get(1 + journey.sends[usize::from(record.code())].inputs.len()..).unwrap_or(&[]);
    Some(step::effect_id(&named, rounds.iter().copied()))
}
