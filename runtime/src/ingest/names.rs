//! Names that are looked up in lines: by their length, their first sixteen and their last eight bytes, in a table
//! with hardly any collisions.

/// Some names, each with a number.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    /// As many as a power of two. A free one has no text, and a length that no name has.
    slots: Vec<Slot>,
    /// An odd number that keeps names apart.
    factor: u64,
    shift: u32,
}

#[derive(Debug, Clone)]
struct Slot {
    length: usize,
    first: u64,
    last: u64,
    number: u32,
    /// A name that belongs here stands in the next one, or behind it.
    goes_on: bool,
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

/// For each length, which bits of sixteen bytes are of a name.
const MASKS: [[u64; 2]; 17] = {
    let mut masks = [[0; 2]; 17];
    let mut length = 0;
    while length <= 16 {
        let mask = if length == 16 { u128::MAX } else { (1 << (length * 8)) - 1 };
        masks[length] = [mask as u64, (mask >> 64) as u64];
        length += 1;
    }
    masks
};

impl Sign {
    /// Of the name that stands at `from..to`: its first and last bytes.
    #[inline(always)]
    fn at(text: &[u8], from: usize, to: usize) -> Sign {
        let length = to - from;
        let [first, last] = match text.get(from..from + 16).and_then(|bytes| bytes.first_chunk::<16>()) {
            Some(bytes) => {
                let bytes = u128::from_le_bytes(*bytes);
                [bytes as u64, (bytes >> 64) as u64]
            }
            None => Sign::at_the_end(text, from),
        };
        let masks = &MASKS[length.min(16)];
        let mut last = last & masks[1];
        if length > 16 {
            last ^= Sign::end(text, to);
        }
        Sign { length, first: first & masks[0], last }
    }

    /// The last eight bytes of a long name.
    #[cold]
    fn end(text: &[u8], to: usize) -> u64 {
        text.get(to - 8..to).and_then(|bytes| bytes.first_chunk()).map_or(0, |bytes| u64::from_le_bytes(*bytes))
    }

    /// The bytes where less than sixteen are left.
    #[cold]
    fn at_the_end(text: &[u8], from: usize) -> [u64; 2] {
        let rest = text.get(from..).unwrap_or_default().iter().rev();
        let bytes = rest.fold(0, |bytes: u128, byte| bytes << 8 | u128::from(*byte));
        [bytes as u64, (bytes >> 64) as u64]
    }

    #[inline(always)]
    fn slot(self, factor: u64, shift: u32) -> usize {
        let mixed = (self.first ^ self.last.rotate_left(29)).wrapping_add(self.length as u64);
        (mixed.wrapping_mul(factor) >> (shift & 63)) as usize
    }
}

impl Names {
    /// Of two equal names the first counts.
    pub(crate) fn new<'n>(names: impl IntoIterator<Item = (&'n str, u32)>) -> Names {
        let mut all: Vec<(Sign, &[u8], u32)> = Vec::new();
        for (name, number) in names {
            let text = name.as_bytes();
            if all.iter().all(|(_, other, _)| *other != text) {
                all.push((Sign::at(text, 0, text.len()), text, number));
            }
        }
        let bits = (all.len() * 2).next_power_of_two().max(2).trailing_zeros();
        let shift = 64 - bits;
        // Of some factors the one that brings the fewest names to one place.
        let collisions = |factor: &u64| {
            let mut taken = vec![false; 1 << bits];
            all.iter().filter(|(sign, ..)| std::mem::replace(&mut taken[sign.slot(*factor, shift)], true)).count()
        };
        let factors = (1..200u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let factor = factors.min_by_key(collisions).unwrap_or(1);
        let free = Slot { length: usize::MAX, first: 0, last: 0, number: 0, goes_on: false, text: Box::default() };
        let mut slots = vec![free; 1 << bits];
        for (sign, text, number) in all {
            let mut at = sign.slot(factor, shift);
            while slots[at].length != usize::MAX {
                slots[at].goes_on = true;
                at = (at + 1) & (slots.len() - 1);
            }
            let Sign { length, first, last } = sign;
            slots[at] = Slot { length, first, last, number, goes_on: false, text: text.into() };
        }
        Names { slots, factor, shift }
    }

    /// The number of the name that stands at `from..to`.
    #[inline(never)]
    pub(crate) fn find(&self, text: &[u8], from: usize, to: usize) -> Option<u32> {
        let sign = Sign::at(text, from, to);
        let mut at = sign.slot(self.factor, self.shift);
        loop {
            let slot = self.slots.get(at)?;
            let same = slot.length == sign.length && slot.first == sign.first && slot.last == sign.last;
            // Up to sixteen bytes the two words hold all of it.
            if same && (sign.length <= 16 || slot.is_long(text, from, to)) {
                return Some(slot.number);
            }
            if !slot.goes_on {
                return None;
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
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
    fn long_names_are_told_apart() {
        let one = Names::new([("Segment Consent Preference Updated", 7)]);
        assert_eq!(find(&one, "Segment Consent Preference Updated"), Some(7));
        assert_eq!(find(&one, "Segment Consent Quarrels   Updated"), None);
        let many: Vec<String> = (0..100).map(|n| format!("of one length {n:03} and like each other")).collect();
        let table = Names::new(many.iter().map(String::as_str).zip(0..));
        assert!((0..100).all(|n| find(&table, &many[n as usize]) == Some(n)));
        assert_eq!(find(&Names::new([]), ""), None);
    }

    proptest! {
        #[test]
        fn names_are_found_and_no_others(names in prop::collection::btree_set("[a-c\\x00é]{0,18}", 0..60), other in "[a-c\\x00é]{0,18}") {
            let table = Names::new(names.iter().map(String::as_str).zip(0..));
            for (i, name) in (0..).zip(&names) {
                prop_assert_eq!(find(&table, name), Some(i));
            }
            prop_assert_eq!(find(&table, &other).is_some(), names.contains(&other));
        }
    }
}
