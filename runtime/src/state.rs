//! Reading and changing a customer's state by its [`Layout`].
//!
//! Behind the fixed part, the message ids and the journeys that were entered stand records, one after another. The first word of a record
//! is its head: its length in words in the upper 24 bits; the others are its owner's (see [`crate::step`]).

use crate::image::{MISSING, Word};
use crate::layout::{ENTERED_COUNT, ID_COUNT, IDS_NEXT, IDS_ROOM, KNOWN, Layout, OWN_ZONE, ZONE};
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

/// Whether a message id was among the latest [`ID_COUNT`]; remembers it when it was not. The room for ids grows as they come.
pub fn repeated(layout: &Layout, state: &mut Vec<Word>, id: u64) -> bool {
    // One hash in 2⁶⁴ looks like an empty word.
    let id = if id == MISSING { 0 } else { id };
    let (at, mut room, mut next) = (layout.fixed, ids_room(state), (state[ZONE] >> IDS_NEXT & 0xff) as usize);
    if state[at..at + room].contains(&id) {
        return true;
    }
    if next >= room {
        next = room;
        if room < ID_COUNT {
            let more = room.max(ID_COUNT / 4);
            state.splice(at + room..at + room, std::iter::repeat_n(MISSING, more));
            room += more;
        } else {
            next = 0;
        }
    }
    state[at + next] = id;
    state[ZONE] = state[ZONE] & !(0xffff << IDS_ROOM) | (room as Word) << IDS_ROOM | (next as Word + 1) << IDS_NEXT;
    false
}

/// How many words of message ids a state has.
pub fn ids_room(state: &[Word]) -> usize {
    (state[ZONE] >> IDS_ROOM & 0xff) as usize
}

/// Where the records begin.
pub fn records_at(layout: &Layout, state: &[Word]) -> usize {
    layout.fixed + ids_room(state) + entered(state)
}

/// How many journeys the customer has entered. Before the records each has a word: the journey (high half) and how often a run of it
/// was entered, in the order of their first entries.
pub fn entered(state: &[Word]) -> usize {
    (state[ZONE] >> ENTERED_COUNT & 0xffff) as usize
}

/// Where the word of an entered journey stands.
pub fn entry_count(layout: &Layout, state: &[Word], journey: u16) -> Option<usize> {
    let records = records_at(layout, state);
    (records - entered(state)..records).find(|at| state[*at] >> 32 == Word::from(journey))
}

/// Lists a journey behind those that were entered before, with how often; what stands behind moves. Gives the new length; none: there is
/// no room.
pub fn list_entered(layout: &Layout, words: &mut [Word], len: usize, journey: u16, count: u32) -> Option<usize> {
    let at = records_at(layout, words);
    if len == words.len() {
        return None;
    }
    words.copy_within(at..len, at + 1);
    words[at] = Word::from(journey) << 32 | Word::from(count);
    words[ZONE] += 1 << ENTERED_COUNT;
    Some(len + 1)
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
        let zone = zone | state[ZONE] & !(Word::from(ZoneId::MAX) | OWN_ZONE);
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

/// Whether an input of this customer has been handled.
pub fn known(state: &[Word]) -> bool {
    state[ZONE] & KNOWN != 0
}

/// Removes the record at `at`; those behind it move forward, their order stays.
pub fn remove(state: &mut Vec<Word>, at: usize) {
    let end = (at + length(state, at)).min(state.len());
    state.drain(at..end);
}

/// The length of the record at `at`, in words.
pub fn length(state: &[Word], at: usize) -> usize {
    length_of(state[at])
}

/// The length of the record with a head, in words; never 0.
#[inline(always)]
pub fn length_of(head: Word) -> usize {
    ((head >> 40) as usize).max(1)
}
