//! Names and lots that are the same on every replay: effect ids, arms of experiments, shares of a rollout.
//!
//! All are hashes (XXH3) of stable names; parts are kept apart by a byte that no UTF-8 text contains.

use xxhash_rust::xxh3::{Xxh3Default, xxh3_128};

/// No UTF-8 text contains it.
const APART: [u8; 1] = [0xff];

/// What an effect is named by.
pub(crate) struct Named<'a> {
    pub customer: &'a str,
    pub journey: &'a str,
    pub version: u64,
    pub run: u32,
    pub start: u32,
    pub step: &'a str,
}

/// The id of an effect: of customer, journey, version, run, start, step, and the rounds of its loops.
pub(crate) fn effect_id(named: &Named, rounds: impl Iterator<Item = u64>) -> u128 {
    effect_id_in(&mut Vec::new(), named, rounds)
}

/// [`effect_id`], with memory to put the parts together in.
pub(crate) fn effect_id_in(memory: &mut Vec<u8>, named: &Named, rounds: impl Iterator<Item = u64>) -> u128 {
    memory.clear();
    memory.extend_from_slice(named.customer.as_bytes());
    memory.extend_from_slice(&APART);
    memory.extend_from_slice(named.journey.as_bytes());
    memory.extend_from_slice(&APART);
    memory.extend_from_slice(&named.version.to_le_bytes());
    memory.extend_from_slice(&named.run.to_le_bytes());
    memory.extend_from_slice(&named.start.to_le_bytes());
    memory.extend_from_slice(named.step.as_bytes());
    memory.extend_from_slice(&APART);
    for round in rounds {
        memory.extend_from_slice(&round.to_le_bytes());
    }
    xxh3_128(memory)
}

/// A number below 2³² that belongs to a thing of this name and a customer: the same whenever it is asked for.
pub fn lot(kind: &str, name: &str, customer: &str) -> u32 {
    let mut hash = Xxh3Default::new();
    for part in [kind, name, customer] {
        hash.update(part.as_bytes());
        hash.update(&APART);
    }
    (hash.digest() >> 32) as u32
}

/// As the outside reads and writes an id: 32 hexadecimal digits.
pub fn id_text(id: u128) -> String {
    format!("{id:032x}")
}

/// The id of a text of 32 hexadecimal digits.
pub fn id_of_text(text: &str) -> Option<u128> {
    (text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit())).then(|| u128::from_str_radix(text, 16).ok())?
}

/// An id as the two words of its slots, upper half first.
pub(super) fn words_of(id: u128) -> [u64; 2] {
    [(id >> 64) as u64, id as u64]
}

/// The id in two words.
pub(super) fn id_of(words: [u64; 2]) -> u128 {
    u128::from(words[0]) << 64 | u128::from(words[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_tell_every_part_apart() {
        let named = || Named { customer: "ana", journey: "cart", version: 7, run: 1, start: 1, step: "send a" };
        let id = effect_id(&named(), [0].into_iter());
        assert_eq!(id, effect_id(&named(), [0].into_iter()), "the same on every replay");
        let others = [
            effect_id(&Named { customer: "an", journey: "acart", ..named() }, [0].into_iter()),
            effect_id(&Named { version: 8, ..named() }, [0].into_iter()),
            effect_id(&Named { run: 2, ..named() }, [0].into_iter()),
            effect_id(&Named { start: 2, ..named() }, [0].into_iter()),
            effect_id(&Named { step: "send b", ..named() }, [0].into_iter()),
            effect_id(&named(), [1].into_iter()),
            effect_id(&named(), [0, 0].into_iter()),
        ];
        assert!(others.iter().all(|other| *other != id));
    }

    #[test]
    fn ids_read_back() {
        let id = 0x0000_1234_5678_9abc_def0_1234_5678_9abc_u128;
        assert_eq!(id_of_text(&id_text(id)), Some(id));
        assert_eq!(id_of(words_of(id)), id);
        assert_eq!(id_of_text("+0001234567890abcdef0123456789abc"), None);
        assert_eq!(id_of_text("1234"), None);
    }

    #[test]
    fn lots_are_spread_evenly() {
        let below = (0..10_000).filter(|n| lot("experiment", "x", &format!("c{n}")) < u32::MAX / 4).count();
        assert!((2_300..2_700).contains(&below), "{below}");
    }
}
