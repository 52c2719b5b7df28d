//! Names that are looked up in lines: by their length, their first and their last eight bytes in a table without collisions.

/// Some names, each with a number.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    /// As many as a power of two. A free one has no text, and a length that no name has.
    slots: Vec<Slot>,
    /// An odd number that keeps all names apart.
    factor: u64,
    shift: u32,
}

#[derive(Debug, Clone)]
struct Slot {
    length: usize,
    first: u64,
    last: u64,
    number: u32,
    text: Box<[u8]>,
}

impl Slot {
    #[cold]
    fn is_long(&self, text: &[u8], from: usize, to: usize) -> bool {
        text.get(from..to) == Some(&self.text)
    }
}

/// What a name is looked up by.
#[derive(Clone, Copy)]
struct Sign {
    length: usize,
    first: u64,
    last: u64,
}

impl Sign {
    /// Of the name that stands at `from..to`.
    #[inline]
    fn at(text: &[u8], from: usize, to: usize) -> Sign {
        let length = to - from;
        if length > 8 {
            return Sign { length, first: eight(text, from), last: eight(text, to - 8) };
        }
        let first = match text.get(from..from + 8) {
            // The shift is in two halves, for it may be by all 64 bits.
            Some(_) => eight(text, from) & !(u64::MAX << (length * 4) << (length * 4)),
            None => Sign::at_the_end(text, from, to),
        };
        Sign { length, first, last: 0 }
    }

    /// The first word where less than eight bytes are left.
    #[cold]
    fn at_the_end(text: &[u8], from: usize, to: usize) -> u64 {
        text[from..to].iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
    }

    #[inline]
    fn slot(self, factor: u64, shift: u32) -> usize {
        let mixed = (self.first ^ self.last.rotate_left(29)).wrapping_add(self.length as u64);
        (mixed.wrapping_mul(factor) >> shift) as usize
    }
}

#[inline]
fn eight(text: &[u8], from: usize) -> u64 {
    text.get(from..from + 8).and_then(|bytes| bytes.first_chunk()).map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

impl Names {
    /// Of two equal names the first counts. None: no table keeps them apart (long names that differ only in the middle).
    pub(crate) fn new<'n>(names: impl IntoIterator<Item = (&'n str, u32)>) -> Option<Names> {
        let mut all: Vec<(Sign, &[u8], u32)> = Vec::new();
        for (name, number) in names {
            let text = name.as_bytes();
            if all.iter().all(|(_, other, _)| *other != text) {
                all.push((Sign::at(text, 0, text.len()), text, number));
            }
        }
        let free = || Slot { length: usize::MAX, first: 0, last: 0, number: 0, text: Box::default() };
        let smallest = (all.len() * 2).next_power_of_two().max(2).trailing_zeros();
        for bits in smallest..smallest + 6 {
            let shift = 64 - bits;
            'factors: for n in 1..200u64 {
                let factor = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
                let mut slots = vec![free(); 1 << bits];
                for (sign, text, number) in &all {
                    let slot = &mut slots[sign.slot(factor, shift)];
                    if slot.length != usize::MAX {
                        continue 'factors;
                    }
                    let Sign { length, first, last } = *sign;
                    *slot = Slot { length, first, last, number: *number, text: (*text).into() };
                }
                return Some(Names { slots, factor, shift });
            }
        }
        None
    }

    /// The number of the name that stands at `from..to`.
    #[inline(never)]
    pub(crate) fn find(&self, text: &[u8], from: usize, to: usize) -> Option<u32> {
        let sign = Sign::at(text, from, to);
        let slot = self.slots.get(sign.slot(self.factor, self.shift))?;
        let same = slot.length == sign.length && slot.first == sign.first && slot.last == sign.last;
        // Up to sixteen bytes the two words hold all of it.
        (same && (sign.length <= 16 || slot.is_long(text, from, to))).then_some(slot.number)
    }
}

#[cfg(test)]
mod tests {
    use super::Names;
    use proptest::prelude::*;

    fn find(names: &Names, text: &str) -> Option<u32> {
        let around = format!("{text}, and what follows");
        let found = names.find(around.as_bytes(), 0, text.len());
        assert_eq!(found, names.find(text.as_bytes(), 0, text.len()), "at the end of the text");
        found
    }

    #[test]
    fn what_only_the_middle_tells_apart_is_found_or_there_is_no_table() {
        let one = Names::new([("Segment Consent Preference Updated", 7)]).expect("one name fits");
        assert_eq!(find(&one, "Segment Consent Preference Updated"), Some(7));
        assert_eq!(find(&one, "Segment Consent Quarrels   Updated"), None);
        assert!(Names::new([("12345678 one 12345678", 0), ("12345678 two 12345678", 1)]).is_none());
        assert!(Names::new([]).is_some_and(|none| find(&none, "").is_none()));
    }

    proptest! {
        #[test]
        fn names_are_found_and_no_others(names in prop::collection::btree_set("[a-c\\x00é]{0,18}", 0..60), other in "[a-c\\x00é]{0,18}") {
            if let Some(table) = Names::new((0..).zip(&names).map(|(i, name)| (name.as_str(), i))) {
                for (i, name) in (0..).zip(&names) {
                    prop_assert_eq!(find(&table, name), Some(i));
                }
                prop_assert_eq!(find(&table, &other).is_some(), names.contains(&other));
            }
        }
    }
}
