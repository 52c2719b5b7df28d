//! Reading and changing a customer's state by its [`Layout`].
//!
//! Behind the fixed part stand records, one after another. The first word of a record is its head: its length in words in
//! the upper half, and in the lower half a tag that its owner chooses (for runs, the journey).

use crate::image::{MISSING, Word};
use crate::layout::{ID_COUNT, IDS, Layout, OWN_ZONE, ZONE};
use crate::pool::Pool;
use crate::program::Program;
use crate::time::{Zone, ZoneId};

/// What the customer has said to a purpose on a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// Nothing; it is never taken for a yes.
    Unknown,
    /// Yes.
    Granted,
    /// No.
    Refused,
}

/// The consent for a purpose on a channel.
pub fn consent(layout: &Layout, state: &[Word], purpose: u16, channel: u16) -> Consent {
    let pair = usize::from(purpose) * layout.channels + usize::from(channel);
    match state[layout.consent_at + pair / 32] >> (pair % 32 * 2) & 3 {
        1 => Consent::Granted,
        2 => Consent::Refused,
        _ => Consent::Unknown,
    }
}

/// Remembers yes or no for a purpose, on one channel or all.
pub fn set_consent(layout: &Layout, state: &mut [Word], purpose: u16, channel: Option<u16>, granted: bool) {
    let channels = match channel {
        Some(channel) => usize::from(channel)..usize::from(channel) + 1,
        None => 0..layout.channels,
    };
    for channel in channels {
        let pair = usize::from(purpose) * layout.channels + channel;
        let (word, shift) = (&mut state[layout.consent_at + pair / 32], pair % 32 * 2);
        *word = *word & !(3 << shift) | (if granted { 1 } else { 2 }) << shift;
    }
}

/// Whether a message id was among the latest; remembers it when it was not.
pub fn repeated(state: &mut [Word], id: u64) -> bool {
    let ids = &mut state[IDS..IDS + ID_COUNT];
    // One hash in 2⁶⁴ looks like an empty word.
    let id = if id == MISSING { 0 } else { id };
    if ids.contains(&id) {
        return true;
    }
    push(ids, id);
    false
}

/// Puts a word at the end of a ring, whose oldest leaves.
pub fn push(ring: &mut [Word], word: Word) {
    if let Some(last) = ring.len().checked_sub(1) {
        ring.copy_within(1.., 0);
        ring[last] = word;
    }
}

/// The zone that the customer's local times are read in.
pub fn zone<'a>(program: &'a Program, state: &[Word]) -> &'a Zone {
    program.zones.get(zone_id(state))
}

/// Its id.
pub fn zone_id(state: &[Word]) -> ZoneId {
    state[ZONE] as ZoneId
}

/// Whether that zone is the customer's own, not the project's.
pub fn own_zone(state: &[Word]) -> bool {
    state[ZONE] & OWN_ZONE != 0
}

/// What a change of the profile did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// The field had that value already.
    Nothing,
    /// The field.
    Field,
    /// The field, and with it the zone that local times are read in.
    Zone,
}

/// Sets a profile field; [`MISSING`] forgets it, back to its default.
pub fn set_profile(program: &Program, pool: &Pool, state: &mut [Word], field: u16, value: Word) -> Changed {
    let default = program.image.profile[usize::from(field)].default;
    let value = if value == MISSING { default } else { value };
    let place = &mut state[program.layout.profile_at + usize::from(field)];
    if *place == value {
        return Changed::Nothing;
    }
    *place = value;
    if program.image.zone_field == Some(field) {
        let own = if value == MISSING { None } else { program.zone_of(pool, value) };
        let zone = own.map_or(Word::from(program.zone), |zone| Word::from(zone) | OWN_ZONE);
        if state[ZONE] != zone {
            let moved = state[ZONE] as ZoneId != zone as ZoneId;
            state[ZONE] = zone;
            return if moved { Changed::Zone } else { Changed::Field };
        }
    }
    Changed::Field
}

/// A profile field.
pub fn profile(program: &Program, state: &[Word], field: u16) -> Word {
    state[program.layout.profile_at + usize::from(field)]
}

/// Adds a record of `words` words (head included, the others [`MISSING`]); gives its place.
pub fn append(state: &mut Vec<Word>, tag: u32, words: usize) -> usize {
    let at = state.len();
    state.push((words as Word) << 32 | Word::from(tag));
    state.resize(at + words.max(1), MISSING);
    at
}

/// Removes the record at `at`; those behind it move forward, their order stays.
pub fn remove(state: &mut Vec<Word>, at: usize) {
    let end = (at + length(state, at)).min(state.len());
    state.drain(at..end);
}

/// The tag of the record at `at`.
pub fn tag(state: &[Word], at: usize) -> u32 {
    state[at] as u32
}

/// The length of the record at `at`, in words.
pub fn length(state: &[Word], at: usize) -> usize {
    ((state[at] >> 32) as usize).max(1)
}

/// The places of all records, in order of their making.
pub fn records<'a>(layout: &Layout, state: &'a [Word]) -> impl Iterator<Item = usize> + 'a {
    let mut at = layout.records_at;
    std::iter::from_fn(move || {
        let here = at;
        (here < state.len()).then(|| {
            at += length(state, here);
            here
        })
    })
}
