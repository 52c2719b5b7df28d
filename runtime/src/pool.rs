//! The texts and lists of a shard, each kept once and named by a small number.
//!
//! Words of type text, zone and list are numbers of a pool. The image's own texts and lists come first, so a constant
//! of the program has the same number in every pool. The empty text follows them, unless it is one of them: so its number is
//! known from the image, too. A pool only grows; ids follow from the order of insertion alone.

use crate::image::{Image, Word};
use crate::store::prefetch;
use xxhash_rust::xxh3::xxh3_64;

/// Texts and lists, interned.
#[derive(Debug, Clone)]
pub struct Pool {
    bytes: String,
    text_ends: Vec<usize>,
    texts: Table,
    words: Vec<Word>,
    list_ends: Vec<usize>,
    lists: Table,
}

impl Pool {
    /// A pool that holds the image's texts and lists under their numbers. They must differ from each other, which the
    /// verifier has seen to.
    pub fn new(image: &Image) -> Pool {
        let mut pool = Pool {
            bytes: String::new(),
            text_ends: vec![0],
            texts: Table::new(),
            words: Vec::new(),
            list_ends: vec![0],
            lists: Table::new(),
        };
        for text in &image.texts {
            pool.text(text);
        }
        pool.text("");
        for list in &image.lists {
            pool.list(list);
        }
        pool
    }

    /// The number that the empty text has in every pool of this image.
    pub fn empty(image: &Image) -> u32 {
        image.texts.iter().position(String::is_empty).unwrap_or(image.texts.len()) as u32
    }

    /// The number of a text; a new one when it was not here before.
    pub fn text(&mut self, text: &str) -> u32 {
        let hash = hash_text(text);
        let (bytes, ends) = (&self.bytes, &self.text_ends);
        match self.texts.find(hash, |id| slice_of(ends, id).is_some_and(|range| &bytes[range] == text)) {
            Ok(id) => id,
            Err(gap) => {
                self.bytes.push_str(text);
                self.text_ends.push(self.bytes.len());
                self.texts.insert(gap, hash)
            }
        }
    }

    /// The number of a text, if it is here.
    pub fn find(&self, text: &str) -> Option<u32> {
        let (bytes, ends) = (&self.bytes, &self.text_ends);
        self.texts.find(hash_text(text), |id| slice_of(ends, id).is_some_and(|range| &bytes[range] == text)).ok()
    }

    /// The text of a number; empty for a number that was never given.
    pub fn get(&self, id: u32) -> &str {
        slice_of(&self.text_ends, id).map_or("", |range| &self.bytes[range])
    }

    /// The text of a word of type text or zone.
    pub fn word(&self, word: Word) -> &str {
        u32::try_from(word).map_or("", |id| self.get(id))
    }

    /// Asks for where a text ends, ahead of its use; for any word.
    #[inline]
    pub(crate) fn prefetch_end(&self, word: Word) {
        if let Some(end) = usize::try_from(word).ok().and_then(|id| self.text_ends.get(id)) {
            prefetch(end);
        }
    }

    /// Asks for a text ahead of its use; where it ends should be near by then.
    #[inline]
    pub(crate) fn prefetch_text(&self, word: Word) {
        let start = usize::try_from(word).ok().and_then(|id| self.text_ends.get(id));
        if let Some(byte) = start.and_then(|start| self.bytes.as_bytes().get(*start)) {
            prefetch(byte);
        }
    }

    /// The number of a list, given the words of its members one after another.
    pub fn list(&mut self, list: &[Word]) -> u32 {
        let hash = hash_words(list);
        let (words, ends) = (&self.words, &self.list_ends);
        match self.lists.find(hash, |id| slice_of(ends, id).is_some_and(|range| &words[range] == list)) {
            Ok(id) => id,
            Err(gap) => {
                self.words.extend_from_slice(list);
                self.list_ends.push(self.words.len());
                self.lists.insert(gap, hash)
            }
        }
    }

    /// The words of a list; empty for a number that was never given.
    pub fn members(&self, list: Word) -> &[Word] {
        let range = u32::try_from(list).ok().and_then(|id| slice_of(&self.list_ends, id));
        range.map_or(&[], |range| &self.words[range])
    }

    /// How many texts and lists there are.
    pub fn len(&self) -> (usize, usize) {
        (self.text_ends.len() - 1, self.list_ends.len() - 1)
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.len() == (0, 0)
    }

    /// Bytes of memory it uses, about.
    pub fn memory(&self) -> usize {
        self.bytes.capacity()
            + 8 * (self.text_ends.capacity() + self.words.capacity() + self.list_ends.capacity())
            + 8 * (self.texts.slots.len() + self.lists.slots.len())
    }
}

fn slice_of(ends: &[usize], id: u32) -> Option<std::ops::Range<usize>> {
    let id = id as usize;
    Some(*ends.get(id)?..*ends.get(id + 1)?)
}

fn hash_text(text: &str) -> u32 {
    xxh3_64(text.as_bytes()) as u32
}

fn hash_words(words: &[Word]) -> u32 {
    let mut hash = xxhash_rust::xxh3::Xxh3Default::new();
    for word in words {
        hash.update(&word.to_le_bytes());
    }
    hash.digest() as u32
}

/// An open-addressing table of numbers, at most half full. A slot holds a hash and the number plus one; 0 is free.
#[derive(Debug, Clone)]
struct Table {
    slots: Vec<(u32, u32)>,
    used: u32,
}

impl Table {
    fn new() -> Table {
        Table { slots: vec![(0, 0); 16], used: 0 }
    }

    /// The number for which `same` holds, or the slot where it would stand.
    fn find(&self, hash: u32, same: impl Fn(u32) -> bool) -> Result<u32, usize> {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            match self.slots[at] {
                (_, 0) => return Err(at),
                (h, id) if h == hash && same(id - 1) => return Ok(id - 1),
                _ => at = (at + 1) & mask,
            }
        }
    }

    /// Gives the next number and puts it into the slot that `find` has named.
    fn insert(&mut self, gap: usize, hash: u32) -> u32 {
        let id = self.used;
        self.used = id.checked_add(1).expect("memory ends before four billion texts do");
        self.slots[gap] = (hash, self.used);
        if self.used as usize * 2 > self.slots.len() {
            let larger = vec![(0, 0); self.slots.len() * 2];
            let mask = larger.len() - 1;
            for slot in std::mem::replace(&mut self.slots, larger) {
                if slot.1 != 0 {
                    let mut at = slot.0 as usize & mask;
                    while self.slots[at].1 != 0 {
                        at = (at + 1) & mask;
                    }
                    self.slots[at] = slot;
                }
            }
        }
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn constants_keep_their_numbers() {
        let image = Image {
            texts: vec!["mail".into(), String::new(), "สวัสดี".into()],
            lists: vec![vec![1, 2], vec![]],
            ..Image::default()
        };
        let mut pool = Pool::new(&image);
        assert_eq!(pool.len(), (3, 2));
        assert_eq!((pool.text("mail"), pool.text(""), pool.text("สวัสดี")), (0, 1, 2));
        assert_eq!((pool.list(&[1, 2]), pool.list(&[])), (0, 1));
        assert_eq!(Pool::empty(&image), 1);
        assert_eq!(pool.text("new"), 3);
        assert_eq!(pool.find("new"), Some(3));
        assert_eq!(pool.find("unheard"), None);
    }

    #[test]
    fn the_empty_text_has_a_number_that_the_image_tells() {
        let image = Image { texts: vec!["mail".into()], ..Image::default() };
        assert_eq!(Pool::empty(&image), 1);
        assert_eq!(Pool::new(&image).find(""), Some(1));
    }

    #[test]
    fn numbers_that_were_never_given_are_empty() {
        let pool = Pool::new(&Image::default());
        assert_eq!(pool.word(crate::image::MISSING), "");
        assert_eq!(pool.members(7), &[] as &[Word]);
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out(texts in prop::collection::vec(".{0,6}", 0..200), lists in prop::collection::vec(prop::collection::vec(0u64..3, 0..4), 0..200)) {
            let mut pool = Pool::new(&Image::default());
            let ids: Vec<u32> = texts.iter().map(|t| pool.text(t)).collect();
            let list_ids: Vec<u32> = lists.iter().map(|l| pool.list(l)).collect();
            for (text, id) in texts.iter().zip(&ids) {
                prop_assert_eq!(pool.get(*id), text.as_str());
                prop_assert_eq!(pool.text(text), *id);
            }
            for (list, id) in lists.iter().zip(&list_ids) {
                prop_assert_eq!(pool.members(u64::from(*id)), list.as_slice());
                prop_assert_eq!(pool.list(list), *id);
            }
        }
    }
}
