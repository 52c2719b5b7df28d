//! The states of all customers of a shard, in large pieces of memory.
//!
//! Customers have homes: slots of one size that stand side by side in the order of their numbers, so that nothing has to be looked up to
//! find one. The first word of a home says where the state stands and how long it is; it stands behind that word as long as it fits. A
//! state that has become longer stands in a slot of its size class, or alone when it is of unusual size. Slots that are given up are used
//! again by the next state of that class. Memory is taken in chunks, which the system gives in huge pages and which never move: a slice of
//! a state is good until the customer's state is given more room.

use crate::image::Word;
use crate::step;
use memmap2::MmapMut;

/// Words of a chunk: 16 MiB. The first is smaller, in small pages: few customers need little.
const CHUNK: usize = 1 << 21;
const FIRST: usize = 1 << 15;
/// Words of the largest slot; longer states stand alone.
const LARGEST: usize = 1 << 14;
/// Words of the finest steps between slots.
const UNIT: usize = 2;
/// The class of states that stand at home.
const HOME: u64 = 0;
/// The class of states that stand alone.
const ALONE: u64 = 0xff;
/// Words of the largest home. What is larger grows more often, and would leave more behind.
const LARGEST_HOME: usize = 32;
/// Words of all homes together from which on they are worth huge pages.
const MANY: usize = 1 << 17;
/// Free list: no slot.
const NONE: u64 = u64::MAX;

/// Bits of an entry: the place (in units of two words; of a state that stands alone, its number), the length in words, the class.
const PLACE: u32 = 34;
const LENGTH: u32 = 22;

/// The first word of a home: where the state stands. Zero is that of a customer of whom nothing is known.
#[derive(Debug, Clone, Copy, Default)]
#[repr(transparent)]
struct Entry(u64);

impl Entry {
    #[inline]
    fn new(place: u64, length: usize, class: u64) -> Entry {
        Entry(place | (length as u64) << PLACE | class << (PLACE + LENGTH))
    }

    #[inline]
    fn place(self) -> u64 {
        self.0 & ((1 << PLACE) - 1)
    }

    #[inline]
    fn length(self) -> usize {
        (self.0 >> PLACE) as usize & ((1 << LENGTH) - 1)
    }

    #[inline]
    fn class(self) -> u64 {
        self.0 >> (PLACE + LENGTH)
    }
}

/// The class of slots for so many words (not 0): from 1 on.
fn class_of(words: usize) -> u64 {
    let units = words.div_ceil(UNIT);
    if units <= 16 {
        // A slot of seven would lie over three lines as often as over two.
        return if units == 7 { 8 } else { units as u64 };
    }
    // Eight classes to each doubling.
    let octave = (units - 1).ilog2() - 4;
    let step = 2usize << octave;
    u64::from(16 + 8 * octave) + (units - (16 << octave)).div_ceil(step) as u64
}

/// Words of a slot of a class.
#[inline]
fn words_of(class: u64) -> usize {
    ROOMS[class as usize] as usize
}

/// For each class the words of a slot.
const ROOMS: [u32; ALONE as usize] = {
    let mut rooms = [0; ALONE as usize];
    let mut class = 0;
    while class < rooms.len() {
        rooms[class] = UNIT as u32
            * match class {
                ..=16 => class as u32,
                // Of a class that no slot has, the number may be too large.
                _ if (class - 17) / 8 > 16 => 0,
                _ => (16 << ((class - 17) / 8)) + ((class as u32 - 17) % 8 + 1) * (2 << ((class - 17) / 8)),
            };
        class += 1;
    }
    rooms
};

/// States of customers, who are numbered from 0 in the order in which they are added.
#[derive(Debug)]
pub struct Store {
    homes: Homes,
    chunks: Vec<Chunk>,
    /// Where the next new slot begins, in units from the first chunk's beginning as if all were of full size.
    top: u64,
    /// For each class the first slot that was given up; its first word names the next.
    free: Vec<u64>,
    /// States that stand alone, at their numbers.
    alone: Vec<Alone>,
    alone_free: Vec<u64>,
    /// A state on its way to another slot.
    moved: Vec<Word>,
}

/// A state of unusual size, and the room behind it.
#[derive(Debug, Default)]
struct Alone {
    room: Vec<Word>,
    length: usize,
}

/// Where all customers have their entries, and most their states.
#[derive(Debug)]
struct Homes {
    chunks: Vec<Chunk>,
    /// How many customers there are.
    len: usize,
    /// Words of a home: whole lines, or one word.
    words: usize,
    /// A chunk has so many homes, as a power of two.
    shift: u32,
}

impl Homes {
    fn new(words: usize) -> Homes {
        let words = (words + 1).next_multiple_of(LINE / 8);
        // Else it says where the state stands, and no more.
        let words = if words <= LARGEST_HOME { words } else { 1 };
        Homes { chunks: Vec::new(), len: 0, words, shift: (CHUNK / words).ilog2() }
    }

    fn add(&mut self) -> usize {
        let number = self.len;
        if number >> self.shift == self.chunks.len() {
            let chunk = Chunk::new(self.words << self.shift);
            if number > 0 {
                chunk.in_huge_pages();
            }
            self.chunks.push(chunk);
        }
        if number == MANY / self.words {
            // What few customers have not touched takes no memory.
            self.chunks[0].in_huge_pages();
        }
        self.len += 1;
        number
    }

    /// The chunk and the word at which a customer's home begins.
    #[inline]
    fn place(&self, customer: u32) -> (usize, usize) {
        let number = customer as usize;
        assert!(number < self.len, "there is no customer {number}");
        (number >> self.shift, (number & ((1 << self.shift) - 1)) * self.words)
    }

    /// The address of a customer's home, if there is such a one.
    #[inline]
    fn address(&self, customer: u32) -> Option<usize> {
        let number = customer as usize;
        if number >= self.len {
            return None;
        }
        let chunk = self.chunks.get(number >> self.shift)?;
        Some(chunk.base + (number & ((1 << self.shift) - 1)) * self.words * 8)
    }

    #[inline]
    fn entry(&self, customer: u32) -> Entry {
        let (chunk, at) = self.place(customer);
        Entry(self.chunks[chunk].words()[at])
    }

    #[inline]
    fn set(&mut self, customer: u32, entry: Entry) {
        let (chunk, at) = self.place(customer);
        self.chunks[chunk].words_mut()[at] = entry.0;
    }

    /// Words that a state may have at home.
    #[inline]
    fn room(&self) -> usize {
        self.words - 1
    }

    #[inline]
    fn state(&self, customer: u32) -> &[Word] {
        let (chunk, at) = self.place(customer);
        &self.chunks[chunk].words()[at + 1..at + self.words]
    }

    #[inline]
    fn home_mut(&mut self, customer: u32) -> (Entry, &mut [Word]) {
        let (chunk, at) = self.place(customer);
        let home = &mut self.chunks[chunk].words_mut()[at..at + self.words];
        (Entry(home[0]), &mut home[1..])
    }
}

/// A piece of memory, all zero at first.
struct Chunk {
    memory: Memory,
    /// The address of the first word.
    base: usize,
    words: usize,
}

enum Memory {
    Mapped(MmapMut),
    /// Where the system gives no mapping.
    Heap(#[expect(dead_code, reason = "it is looked at by its address")] Vec<Word>),
}

impl std::fmt::Debug for Chunk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} words", self.words)
    }
}

impl Chunk {
    fn new(words: usize) -> Chunk {
        if let Ok(mut map) = MmapMut::map_anon(8 * words) {
            let base = map.as_mut_ptr().expose_provenance();
            return Chunk { memory: Memory::Mapped(map), base, words };
        }
        let mut heap = vec![0; words];
        let base = heap.as_mut_ptr().expose_provenance();
        Chunk { memory: Memory::Heap(heap), base, words }
    }

    /// Asks for huge pages, for what has not been touched yet. Where there are none, small ones do.
    fn in_huge_pages(&self) {
        #[cfg(target_os = "linux")]
        if let Memory::Mapped(map) = &self.memory {
            let _ = map.advise(memmap2::Advice::HugePage);
        }
    }

    #[inline]
    #[expect(
        unsafe_code,
        reason = "for each item of a batch, to ask what kind of memory it is takes as long as the rest"
    )]
    fn words(&self) -> &[Word] {
        // SAFETY: `base` is the address of `memory`, exposed when that was made: so many words, all of them set, which stay where they
        // are as long as this value lives, and which are looked at through this value alone.
        unsafe { std::slice::from_raw_parts(std::ptr::with_exposed_provenance(self.base), self.words) }
    }

    #[inline]
    #[expect(unsafe_code, reason = "as above")]
    fn words_mut(&mut self) -> &mut [Word] {
        // SAFETY: as above; and nobody else has this value.
        unsafe { std::slice::from_raw_parts_mut(std::ptr::with_exposed_provenance_mut(self.base), self.words) }
    }
}

impl Default for Store {
    fn default() -> Self {
        Store::new(0)
    }
}

/// Bytes of a cache line, and units.
const LINE: usize = 64;
const LINE_UNITS: u64 = (LINE / (8 * UNIT)) as u64;

/// Asks for the cache line of a value ahead of its use. A hint: it never fails and means nothing.
#[inline]
pub(crate) fn prefetch<T>(word: &T) {
    prefetch_address(std::ptr::from_ref(word).addr());
}

/// The same for the line of an address, whatever may be there.
#[inline]
pub fn prefetch_address(address: usize) {
    #[cfg(target_arch = "x86_64")]
    #[expect(unsafe_code, reason = "the instruction has no safe form")]
    // SAFETY: a prefetch of any address has no effect that a program can see; SSE is part of x86-64.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(std::ptr::without_provenance(address));
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}

/// Units of a full chunk.
const UNITS: u64 = (CHUNK / UNIT) as u64;
const _: () = assert!(UNITS.is_power_of_two());

impl Store {
    /// A store in whose homes there is room for states of so many words, unless those are large.
    pub fn new(words: usize) -> Store {
        Store {
            homes: Homes::new(words),
            chunks: Vec::new(),
            top: 0,
            free: vec![NONE; class_of(LARGEST) as usize + 1],
            alone: Vec::new(),
            alone_free: Vec::new(),
            moved: Vec::new(),
        }
    }

    /// Adds a customer of whom nothing is known yet: the state is empty. Gives their number.
    pub fn add(&mut self) -> u32 {
        self.homes.add() as u32
    }

    /// How many customers there are.
    pub fn len(&self) -> usize {
        self.homes.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.homes.len == 0
    }

    /// Asks for the first line of a customer's home ahead of its use. Says where the state stands if it is there; none: there is no such
    /// customer.
    #[inline]
    pub fn prefetch_home(&self, customer: u32) -> Option<Place> {
        let entry = self.homes.address(customer)?;
        prefetch_address(entry);
        Some(Place { words: entry.wrapping_add(8), room: self.homes.room(), entry })
    }

    /// Asks for what else of a customer's state is used; the first line of the home should be near by then. Says where the state stands;
    /// none: there is no such customer.
    #[inline]
    #[expect(unsafe_code, reason = "for each item of a batch, what is safe takes as long as the rest")]
    pub fn prefetch_state(&self, customer: u32) -> Option<Place> {
        let home = self.homes.address(customer)?;
        // SAFETY: the address of a word of a chunk, exposed when that was made.
        let entry = Entry(unsafe { *std::ptr::with_exposed_provenance::<Word>(home) });
        let (words, room) = match entry.class() {
            HOME => {
                prefetch_address(home.wrapping_add(LINE));
                (home.wrapping_add(8), self.homes.room())
            }
            ALONE => return Some(Place::default()),
            class => {
                let (chunk, at) = place(entry.place());
                let first = self.chunks.get(chunk)?.base.wrapping_add(8 * at);
                prefetch_address(first);
                prefetch_address(first.wrapping_add(LINE));
                (first, words_of(class))
            }
        };
        let length = entry.length();
        if length >= 2 * LINE / 8 {
            // What is longer still is read from the front on; the processor sees that itself.
            prefetch_address(words.wrapping_add(2 * LINE));
            prefetch_address(words.wrapping_add(3 * LINE));
            prefetch_address(words.wrapping_add(8 * length - 8));
        }
        Some(Place { words, room, entry: home })
    }

    /// A customer's state.
    #[inline]
    pub fn get(&self, customer: u32) -> &[Word] {
        let entry = self.homes.entry(customer);
        match entry.class() {
            HOME => &self.homes.state(customer)[..entry.length()],
            ALONE => {
                let alone = &self.alone[entry.place() as usize];
                &alone.room[..alone.length]
            }
            _ => {
                let (chunk, at) = place(entry.place());
                &self.chunks[chunk].words()[at..at + entry.length()]
            }
        }
    }

    /// A customer's state, to be changed in place.
    #[inline]
    pub fn get_mut(&mut self, customer: u32) -> &mut [Word] {
        let (room, length) = self.state_mut(customer);
        &mut room[..length]
    }

    /// A customer's state and the room behind it, which holds no meaning: for appending, before [`Store::set_length`].
    #[inline]
    pub fn room_mut(&mut self, customer: u32) -> &mut [Word] {
        self.state_mut(customer).0
    }

    /// The same, and how many of the words are the state.
    // In place: it is asked for each item of a batch.
    #[inline(always)]
    pub fn state_mut(&mut self, customer: u32) -> (&mut [Word], usize) {
        let (entry, home) = self.homes.home_mut(customer);
        match entry.class() {
            HOME => (home, entry.length()),
            ALONE => {
                let alone = &mut self.alone[entry.place() as usize];
                (&mut alone.room, alone.length)
            }
            class => {
                let (chunk, at) = place(entry.place());
                (&mut self.chunks[chunk].words_mut()[at..at + words_of(class)], entry.length())
            }
        }
    }

    /// Words of a customer's state.
    #[inline]
    pub fn length(&self, customer: u32) -> usize {
        let entry = self.homes.entry(customer);
        if entry.class() == ALONE { self.alone[entry.place() as usize].length } else { entry.length() }
    }

    /// Whether time does something to a customer up to a moment. Milliseconds since 1970 UTC.
    #[inline]
    pub fn is_due(&self, customer: u32, horizon: i64) -> bool {
        step::next_wake(self.get(customer)).is_some_and(|due| due <= horizon)
    }

    /// Words a customer's state may have where it stands.
    #[inline]
    pub fn capacity(&self, customer: u32) -> usize {
        let entry = self.homes.entry(customer);
        match entry.class() {
            HOME => self.homes.room(),
            ALONE => self.alone[entry.place() as usize].room.len(),
            class => words_of(class),
        }
    }

    /// Says how many words the state has now; at most its capacity.
    #[inline]
    pub fn set_length(&mut self, customer: u32, words: usize) {
        let entry = self.homes.entry(customer);
        let words = words.min(self.capacity(customer));
        if entry.class() == ALONE {
            self.alone[entry.place() as usize].length = words;
            return;
        }
        self.homes.set(customer, Entry::new(entry.place(), words, entry.class()));
    }

    /// Gives the state room for at least so many words; those it has stay.
    pub fn grow(&mut self, customer: u32, words: usize) {
        if words > self.capacity(customer) {
            self.settle(customer, words);
        }
    }

    /// Sets the whole state.
    pub fn put(&mut self, customer: u32, state: &[Word]) {
        let capacity = self.capacity(customer);
        // What has become much smaller gives its room back.
        let fits = state.len() <= capacity
            && (state.len() > capacity / 2 || self.homes.entry(customer).class() == HOME || capacity <= 16);
        if !fits {
            self.set_length(customer, 0);
            self.settle(customer, state.len());
        }
        self.room_mut(customer)[..state.len()].copy_from_slice(state);
        self.set_length(customer, state.len());
    }

    /// Moves a state to a place for so many words, not fewer than it has.
    fn settle(&mut self, customer: u32, words: usize) {
        let mut state = std::mem::take(&mut self.moved);
        state.clear();
        state.extend_from_slice(self.get(customer));
        self.give_up(self.homes.entry(customer));
        let entry = if words <= self.homes.room() {
            Entry::new(0, 0, HOME)
        } else if words > LARGEST {
            let alone = Alone { room: vec![0; words], length: 0 };
            let number = match self.alone_free.pop() {
                Some(number) => {
                    self.alone[number as usize] = alone;
                    number
                }
                None => {
                    self.alone.push(alone);
                    self.alone.len() as u64 - 1
                }
            };
            Entry::new(number, 0, ALONE)
        } else {
            let class = class_of(words);
            Entry::new(self.slot(class), 0, class)
        };
        self.homes.set(customer, entry);
        self.room_mut(customer)[..state.len()].copy_from_slice(&state);
        self.set_length(customer, state.len());
        self.moved = state;
    }

    /// A slot of a class.
    fn slot(&mut self, class: u64) -> u64 {
        let slot = self.free[class as usize];
        if slot != NONE {
            let (chunk, at) = place(slot);
            self.free[class as usize] = self.chunks[chunk].words()[at];
            return slot;
        }
        let units = (words_of(class) / UNIT) as u64;
        if units.is_multiple_of(LINE_UNITS) {
            // Whole lines; a smaller slot never takes what is left before them.
            self.top = self.top.next_multiple_of(LINE_UNITS);
        }
        let (used, room) = match self.chunks.len() {
            0 => (0, 0),
            1 => (self.top, (FIRST / UNIT) as u64),
            chunks => (self.top - (chunks as u64 - 1) * UNITS, UNITS),
        };
        if used + units > room {
            // What is left of the last chunk is lost: at most a slot.
            self.top = self.chunks.len() as u64 * UNITS;
            let first = self.chunks.is_empty();
            let chunk = Chunk::new(if first { FIRST } else { CHUNK });
            if !first {
                chunk.in_huge_pages();
            }
            self.chunks.push(chunk);
        }
        let slot = self.top;
        self.top += units;
        slot
    }

    fn give_up(&mut self, entry: Entry) {
        match entry.class() {
            HOME => {}
            ALONE => {
                self.alone[entry.place() as usize] = Alone::default();
                self.alone_free.push(entry.place());
            }
            class => {
                let (chunk, at) = place(entry.place());
                self.chunks[chunk].words_mut()[at] = self.free[class as usize];
                self.free[class as usize] = entry.place();
            }
        }
    }

    /// Bytes of memory that states and their slots take.
    pub fn state_memory(&self) -> usize {
        let last = self.chunks.len().saturating_sub(1);
        let used = if last == 0 { self.top as usize } else { self.top as usize - last * UNITS as usize };
        let before = if last == 0 { 0 } else { FIRST + (last - 1) * CHUNK };
        let homes = self.homes.len * self.homes.room();
        8 * (homes + before + used * UNIT) + self.alone.iter().map(|state| 8 * state.room.capacity()).sum::<usize>()
    }

    /// Bytes of memory of the words that say where states stand.
    pub fn index_memory(&self) -> usize {
        8 * self.homes.len
    }
}

/// How an entry is read: for code that is made when the program is known.
pub mod raw {
    /// The lowest bit of the length in words.
    pub const LENGTH_FROM: u32 = super::PLACE;
    /// The lowest bit behind it.
    pub const LENGTH_TO: u32 = super::PLACE + super::LENGTH;
    /// From this entry on, the state does not stand at home, or not in the first two lines of it.
    pub const LONG: super::Word = ((2 * super::LINE / 8) as super::Word) << LENGTH_FROM;
}

/// Where a customer's state stands, by addresses that pointers may be made of: good until a customer is added, or this one is given room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// The address of its first word; 0: it stands alone.
    pub words: usize,
    /// Words that have room there.
    pub room: usize,
    /// The address of the word that says where it stands.
    pub entry: usize,
}

impl Place {
    /// Whether there is one.
    #[inline]
    pub fn is_there(&self) -> bool {
        self.words != 0
    }
}

/// The chunk and the word of a place.
#[inline]
fn place(place: u64) -> (usize, usize) {
    ((place / UNITS) as usize, (place % UNITS) as usize * UNIT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn slots_fit_and_waste_little() {
        let mut last = 0;
        for words in 1..=LARGEST {
            let class = class_of(words);
            let slot = words_of(class);
            assert!(slot >= words, "{words}: class {class} of {slot}");
            assert!(slot < words + 2 * UNIT || slot * 8 <= words * 9, "{words}: class {class} of {slot}");
            assert!(class == last || class == last + 1 || class == 8, "{words}");
            assert!(class == last || words_of(last) < words, "{words}: a smaller class would do");
            last = class;
        }
        assert!(last < ALONE);
    }

    #[derive(Debug, Clone)]
    enum Deed {
        Add,
        Put(usize, usize),
        Grow(usize, usize),
        Append(usize, usize),
        Change(usize),
        Truncate(usize, usize),
    }

    fn deed() -> impl Strategy<Value = Deed> {
        let words = prop_oneof![8 => 0usize..80, 2 => 80usize..3000, 1 => LARGEST - 3..2 * LARGEST];
        prop_oneof![
            2 => Just(Deed::Add),
            6 => (any::<usize>(), words.clone()).prop_map(|(c, n)| Deed::Put(c, n)),
            2 => (any::<usize>(), words).prop_map(|(c, n)| Deed::Grow(c, n)),
            4 => (any::<usize>(), 0usize..30).prop_map(|(c, n)| Deed::Append(c, n)),
            4 => any::<usize>().prop_map(Deed::Change),
            2 => (any::<usize>(), any::<usize>()).prop_map(|(c, n)| Deed::Truncate(c, n)),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn states_are_kept_as_they_are(home in 0usize..100, deeds in prop::collection::vec(deed(), 1..300)) {
            let mut store = Store::new(home);
            let mut oracle: Vec<Vec<Word>> = Vec::new();
            let mut fresh = 0;
            let mut next = || { fresh += 1; fresh };
            for deed in deeds {
                let who = |c: usize| if oracle.is_empty() { None } else { Some(c % oracle.len()) };
                match deed {
                    Deed::Add => {
                        prop_assert_eq!(store.add() as usize, oracle.len());
                        oracle.push(Vec::new());
                    }
                    Deed::Put(c, n) => if let Some(c) = who(c) {
                        oracle[c] = (0..n).map(|_| next()).collect();
                        store.put(c as u32, &oracle[c]);
                    },
                    Deed::Grow(c, n) => if let Some(c) = who(c) {
                        store.grow(c as u32, n);
                        prop_assert!(store.capacity(c as u32) >= n);
                    },
                    Deed::Append(c, n) => if let Some(c) = who(c) {
                        let old = oracle[c].len();
                        oracle[c].extend((0..n).map(|_| next()));
                        store.grow(c as u32, old + n);
                        store.room_mut(c as u32)[old..old + n].copy_from_slice(&oracle[c][old..]);
                        store.set_length(c as u32, old + n);
                    },
                    Deed::Change(c) => if let Some(c) = who(c)
                        && let Some(word) = oracle[c].last_mut()
                    {
                        *word = next();
                        *store.get_mut(c as u32).last_mut().expect("as long as the oracle's") = *word;
                    },
                    Deed::Truncate(c, n) => if let Some(c) = who(c) {
                        let n = n % (oracle[c].len() + 1);
                        oracle[c].truncate(n);
                        store.set_length(c as u32, n);
                    },
                }
            }
            prop_assert_eq!(store.len(), oracle.len());
            for (c, state) in oracle.iter().enumerate() {
                prop_assert_eq!(store.get(c as u32), state.as_slice());
                prop_assert_eq!(store.length(c as u32), state.len());
            }
        }
    }

    #[test]
    fn room_that_is_given_up_is_used_again() {
        let mut store = Store::default();
        for n in 0..50_000u64 {
            let c = store.add();
            store.put(c, &[n; 41]);
        }
        let before = store.state_memory();
        for n in 0..50_000u32 {
            store.put(n, &[]);
            store.put(n, &[u64::from(n) + 7; 43]);
        }
        assert_eq!(store.state_memory(), before);
        assert!((0..50_000u32).all(|n| store.get(n) == [u64::from(n) + 7; 43]));
        assert!(before < 50_000 * 8 * (48 + 8), "{before}");
    }
}
