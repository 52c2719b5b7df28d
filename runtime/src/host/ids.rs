//! Customer ids to small numbers, in order of first appearance.
//!
//! Two pieces of memory answer a lookup: a slot of the table, and the id itself, which carries its number. So a batch of lookups can
//! bring both near before it asks ([`Ids::prefetch_slot`], [`Ids::prefetch_id`]).

use crate::image::Word;
use crate::store::prefetch;

/// Ids of a shard, each kept once.
#[derive(Debug)]
pub struct Ids {
    /// For each id a word with its number (low half) and its length in bytes (high half); then its bytes, filled up to a word.
    words: Vec<Word>,
    /// For each number, where its id stands in `words`.
    starts: Vec<u32>,
    /// Open addressing, at most two thirds full: the lower half of the hash (high half), and the place in `words` plus one; 0 is free.
    table: Vec<u64>,
}

impl Default for Ids {
    fn default() -> Self {
        Ids { words: Vec::new(), starts: Vec::new(), table: vec![0; 64] }
    }
}

impl Ids {
    /// The number of an id, whose hash is given; and whether it is new.
    pub fn take(&mut self, id: &str, hash: u64) -> (u32, bool) {
        let slot = match self.slot(id, hash) {
            Ok(number) => return (number, false),
            Err(slot) => slot,
        };
        let number = self.starts.len() as u32;
        let at = u32::try_from(self.words.len()).expect("memory ends before 32 GiB of ids in one shard do");
        self.starts.push(at);
        self.words.push(Word::from(number) | (id.len() as Word) << 32);
        self.words.extend(id.as_bytes().chunks(8).map(word));
        self.table[slot] = entry(hash, at);
        if self.starts.len() * 3 > self.table.len() * 2 {
            self.grow();
        }
        (number, true)
    }

    /// The number of an id that is here.
    pub fn find(&self, id: &str, hash: u64) -> Option<u32> {
        self.slot(id, hash).ok()
    }

    /// Asks for the slot of the table that is looked at first ahead of its use.
    #[inline]
    pub fn prefetch_slot(&self, hash: u64) {
        prefetch(&self.table[hash as usize & (self.table.len() - 1)]);
    }

    /// Asks for the id that this slot names ahead of its use; the slot should be near by then.
    #[inline]
    pub fn prefetch_id(&self, hash: u64) {
        let slot = self.table[hash as usize & (self.table.len() - 1)];
        if let Some(word) = (slot as u32).checked_sub(1).and_then(|at| self.words.get(at as usize)) {
            prefetch(word);
        }
    }

    /// Asks for where the id of a number stands ahead of its use.
    #[inline]
    pub fn prefetch_start(&self, number: u32) {
        if let Some(start) = self.starts.get(number as usize) {
            prefetch(start);
        }
    }

    /// Asks for the id of a number ahead of its use; where it stands should be near by then.
    #[inline]
    pub fn prefetch_text(&self, number: u32) {
        let at = self.starts.get(number as usize).copied().unwrap_or_default();
        if let Some(word) = self.words.get(at as usize) {
            prefetch(word);
        }
    }

    /// The id of a number.
    pub fn get(&self, number: u32) -> &str {
        std::str::from_utf8(self.bytes_of(number)).unwrap_or_default()
    }

    /// The bytes of the id of a number.
    pub fn bytes_of(&self, number: u32) -> &[u8] {
        self.bytes(self.starts[number as usize] as usize)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// Bytes of memory, about.
    pub fn memory(&self) -> usize {
        8 * (self.words.capacity() + self.table.capacity()) + 4 * self.starts.capacity()
    }

    /// The bytes of the id at a place.
    fn bytes(&self, at: usize) -> &[u8] {
        let length = (self.words[at] >> 32) as usize;
        &bytemuck::cast_slice(&self.words[at + 1..])[..length]
    }

    /// Its number, or the free slot where it would stand.
    fn slot(&self, id: &str, hash: u64) -> Result<u32, usize> {
        let mask = self.table.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            let here = self.table[slot];
            if here == 0 {
                return Err(slot);
            }
            if here >> 32 == hash & 0xffff_ffff {
                let at = (here as u32 - 1) as usize;
                if self.bytes(at) == id.as_bytes() {
                    return Ok(self.words[at] as u32);
                }
            }
            slot = (slot + 1) & mask;
        }
    }

    fn grow(&mut self) {
        let mask = self.table.len() * 2 - 1;
        let mut table = vec![0; mask + 1];
        for here in self.table.iter().filter(|here| **here != 0) {
            let mut slot = (here >> 32) as usize & mask;
            while table[slot] != 0 {
                slot = (slot + 1) & mask;
            }
            table[slot] = *here;
        }
        self.table = table;
    }
}

fn entry(hash: u64, at: u32) -> u64 {
    hash << 32 | u64::from(at + 1)
}

/// Up to eight bytes as they stand in memory.
fn word(bytes: &[u8]) -> Word {
    let mut word = [0; 8];
    word[..bytes.len()].copy_from_slice(bytes);
    Word::from_ne_bytes(word)
}

#[cfg(test)]
mod tests {
    use super::Ids;

    #[test]
    fn ids_are_numbered_in_order_of_appearance() {
        let mut ids = Ids::default();
        // Hashes that meet in one slot, and two that are equal.
        let hash = |n: u32| u64::from(n / 2) << 24;
        let name = |n: u32| format!("{}{n}", &"customer-"[..n as usize % 10]);
        for n in 0..1000 {
            assert_eq!(ids.take(&name(n), hash(n)), (n, true));
        }
        for n in 0..1000 {
            assert_eq!(ids.take(&name(n), hash(n)), (n, false));
            assert_eq!(ids.get(n), name(n));
        }
        assert_eq!(ids.find("d", hash(3)), None);
        assert_eq!(ids.take("", 0), (1000, true));
        assert_eq!((ids.get(1000), ids.len()), ("", 1001));
    }
}
