//! Effects of a shard, in pieces of memory that stay where they are: they may be as many as they like, and are never copied to grow.

use super::{
    ASSIGNED, CONVERTED, ENTERED, ENTRY_REFUSED, HEAD, HELD, LEFT, NO_JOURNEY, NO_PC, OWNED, REFUSED, Record, SENT,
    STARTED_OVER, UPDATED,
};
use crate::image::{MISSING, Word};
use crate::input::{Effect, Reason, Sink};
use crate::store::prefetch;

/// Words of a piece: half a megabyte. The first grows to it, since most shards say little.
const PIECE: usize = 1 << 16;

/// Where a record begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spot {
    piece: u32,
    word: u32,
}

/// Effects of a shard, in the order in which they were decided.
#[derive(Debug, Clone, Default)]
pub struct Effects {
    /// Records, one behind the other; none goes over the end of a piece.
    pieces: Vec<Vec<Word>>,
    /// The piece to which the next record is appended, if it fits. Those behind it are empty.
    last: usize,
    /// What [`OWNED`] records point to.
    pub owned: Vec<Effect>,
}

/// Whose effect it is, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Of {
    /// When. Milliseconds since 1970 UTC.
    pub time: i64,
    /// Index of the journey; [`NO_JOURNEY`].
    pub journey: u16,
    /// Number of the run; 0 none.
    pub run: u32,
    /// How often it has set out.
    pub start: u32,
    /// The instruction whose step it is; [`NO_PC`].
    pub pc: u32,
    /// Number of the customer in the shard.
    pub customer: u32,
}

impl Effects {
    /// The piece to which the next records of so many words together are appended; it has room for them.
    #[inline]
    pub fn piece(&mut self, words: usize) -> &mut Vec<Word> {
        if self.pieces.get(self.last).is_none_or(|piece| piece.capacity() - piece.len() < words) {
            self.make_room(words);
        }
        &mut self.pieces[self.last]
    }

    #[cold]
    fn make_room(&mut self, words: usize) {
        match self.pieces.get_mut(self.last) {
            None => self.pieces.push(Vec::with_capacity(words)),
            Some(piece) if piece.len() + words <= PIECE => {
                let all = (2 * piece.capacity()).clamp(piece.len() + words, PIECE);
                piece.reserve_exact(all - piece.len());
            }
            Some(_) => {
                self.last += 1;
                match self.pieces.get_mut(self.last) {
                    None => self.pieces.push(Vec::with_capacity(words.max(PIECE))),
                    Some(piece) => piece.reserve(words),
                }
            }
        }
    }

    /// Appends a record. The payload has at most `255 - HEAD` words.
    #[inline]
    pub fn push(&mut self, kind: u8, code: u16, extra: u16, of: &Of, payload: &[Word]) {
        self.begin(kind, code, extra, of, payload.len()).extend_from_slice(payload);
    }

    /// Appends the head of a record. Gives the piece to which so many words of its payload are to be appended; it has room for them.
    #[inline]
    fn begin(&mut self, kind: u8, code: u16, extra: u16, of: &Of, payload: usize) -> &mut Vec<Word> {
        let length = HEAD + payload;
        debug_assert!(length <= 255, "a record says its length in a byte");
        let head = Word::from(kind) | (length as Word) << 8 | Word::from(code) << 16 | Word::from(of.journey) << 32;
        let piece = self.piece(length);
        piece.extend_from_slice(&[
            head | Word::from(extra) << 48,
            of.time as Word,
            Word::from(of.run) | Word::from(of.start) << 32,
            Word::from(of.pc) | Word::from(of.customer) << 32,
        ]);
        piece
    }

    /// A run began; `joined`: an alive one took a hand-off. The key's word when the journey has a key.
    pub fn entered(&mut self, of: &Of, from: Option<u16>, joined: bool, key: Option<Word>) {
        self.push(ENTERED, from.unwrap_or(NO_JOURNEY), u16::from(joined), of, key.as_slice());
    }

    /// A run began again from the top.
    pub fn started_over(&mut self, of: &Of) {
        self.push(STARTED_OVER, 0, 0, of, &[]);
    }

    /// A run's context was replaced.
    pub fn updated(&mut self, of: &Of) {
        self.push(UPDATED, 0, 0, of, &[]);
    }

    /// Somebody was not let in; the run of `of` is 0. The key's word when the journey has a key.
    pub fn entry_refused(&mut self, of: &Of, reason: Reason, key: Option<Word>) {
        self.push(ENTRY_REFUSED, reason as u16, 0, of, key.as_slice());
    }

    /// An arm fell to a run: texts of the image.
    pub fn assigned(&mut self, of: &Of, experiment: u32, arm: u32) {
        self.push(ASSIGNED, 0, 0, of, &[Word::from(experiment) | Word::from(arm) << 32]);
    }

    /// The goal was reached.
    pub fn converted(&mut self, of: &Of) {
        self.push(CONVERTED, 0, 0, of, &[]);
    }

    /// A run ended. `how` is one of [`how`](super::how), `extra` the exit clause or the journey handed off to, `label` a text of the
    /// image.
    pub fn left(&mut self, of: &Of, how: u16, extra: u16, label: Option<u32>) {
        let label = label.map(Word::from);
        self.push(LEFT, how, extra, of, label.as_slice());
    }

    /// A message was handed over: by which send and try of the journey; the profile's locale ([`MISSING`] none), the inputs' words
    /// and the rounds of the journey's loops. Only where [`sent_fits`](super::sent_fits).
    pub fn sent(&mut self, of: &Of, send: u16, by: u16, locale: Word, inputs: &[Word], rounds: &[Word]) {
        let piece = self.begin(SENT, send, by, of, 1 + inputs.len() + rounds.len());
        piece.push(locale);
        piece.extend_from_slice(inputs);
        piece.extend_from_slice(rounds);
    }

    /// A channel did not take a message: by which send and try of the journey, and why (see [`record`](super)).
    pub fn refused(&mut self, of: &Of, send: u16, by: u16, reason: Reason, why: u32) {
        self.push(REFUSED, send, by, of, &[reason as Word | Word::from(why) << 32]);
    }

    /// A message waits: by which send and try of the journey, why (see [`record`](super)), and until when, if that is known.
    pub fn held(&mut self, of: &Of, send: u16, by: u16, reason: Reason, why: u32, until: Option<i64>) {
        let until = until.map_or(MISSING, |until| until as Word);
        self.push(HELD, send, by, of, &[reason as Word | Word::from(why) << 32, until]);
    }

    /// Any effect, as the reference machine hands it out.
    pub fn own(&mut self, customer: u32, effect: Effect) {
        let of = Of {
            time: effect.time,
            journey: effect.journey.unwrap_or(NO_JOURNEY),
            run: effect.run,
            start: 0,
            pc: NO_PC,
            customer,
        };
        self.push(OWNED, 0, 0, &of, &[self.owned.len() as Word]);
        self.owned.push(effect);
    }

    /// The records, in the order in which they were appended.
    pub fn iter(&self) -> Records<'_> {
        self.from(Spot::default())
    }

    /// Behind the last record.
    pub fn end(&self) -> Spot {
        let word = self.pieces.get(self.last).map_or(0, Vec::len);
        Spot { piece: self.last as u32, word: word as u32 }
    }

    /// The records from a spot on.
    pub fn from(&self, spot: Spot) -> Records<'_> {
        let pieces = self.pieces.get(spot.piece as usize..).unwrap_or_default();
        Records { pieces, spot }
    }

    /// Asks for the record at a spot ahead of its use.
    #[inline]
    pub fn prefetch(&self, spot: Spot) {
        if let Some(word) = self.pieces.get(spot.piece as usize).and_then(|piece| piece.get(spot.word as usize)) {
            prefetch(word);
        }
    }

    /// The record at a spot.
    #[inline]
    pub fn at(&self, spot: Spot) -> Record<'_> {
        Record::first(&self.pieces[spot.piece as usize][spot.word as usize..])
    }

    /// Words of all records.
    pub fn words(&self) -> usize {
        self.pieces.iter().map(Vec::len).sum()
    }

    /// Forgets the records from a spot on.
    pub fn take_back(&mut self, from: Spot) {
        if let Some(first) = self.from(from).find_map(Record::owned) {
            self.owned.truncate(first);
        }
        self.cut(from);
    }

    fn cut(&mut self, from: Spot) {
        let (piece, last) = (from.piece as usize, self.last);
        if let Some([piece, behind @ ..]) = self.pieces.get_mut(piece..=last) {
            piece.truncate(from.word as usize);
            behind.iter_mut().for_each(Vec::clear);
            self.last = from.piece as usize;
        }
    }

    /// Forgets all; the memory stays for the next.
    pub fn clear(&mut self) {
        self.cut(Spot::default());
        self.owned.clear();
    }

    /// Bytes of memory, about; without what owned effects point to.
    pub fn memory(&self) -> usize {
        8 * self.pieces.iter().map(Vec::capacity).sum::<usize>() + size_of::<Effect>() * self.owned.capacity()
    }
}

/// However they lie in pieces.
impl PartialEq for Effects {
    fn eq(&self, other: &Effects) -> bool {
        self.iter().eq(other.iter()) && self.owned == other.owned
    }
}

impl<'a> IntoIterator for &'a Effects {
    type Item = Record<'a>;
    type IntoIter = Records<'a>;

    fn into_iter(self) -> Records<'a> {
        self.iter()
    }
}

/// Records one after the other.
#[derive(Debug, Clone)]
pub struct Records<'a> {
    /// Those that are not done.
    pieces: &'a [Vec<Word>],
    /// The next one, or the end of a piece.
    spot: Spot,
}

impl<'a> Records<'a> {
    /// The same with their spots.
    pub fn with_spots(mut self) -> impl Iterator<Item = (Spot, Record<'a>)> {
        std::iter::from_fn(move || self.step())
    }

    #[inline]
    fn step(&mut self) -> Option<(Spot, Record<'a>)> {
        loop {
            let (piece, behind) = self.pieces.split_first()?;
            if let Some(words) = piece.get(self.spot.word as usize..).filter(|words| !words.is_empty()) {
                let (record, spot) = (Record::first(words), self.spot);
                self.spot.word += record.words().len() as u32;
                return Some((spot, record));
            }
            self.pieces = behind;
            self.spot = Spot { piece: self.spot.piece + 1, word: 0 };
        }
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    #[inline]
    fn next(&mut self) -> Option<Record<'a>> {
        self.step().map(|(_, record)| record)
    }
}

/// Glues what the reference hands out in between the records, as effects of one customer.
#[derive(Debug)]
pub struct Owning<'a> {
    /// Where they go.
    pub effects: &'a mut Effects,
    /// Number of the customer in the shard.
    pub customer: u32,
}

impl Sink for Owning<'_> {
    fn effect(&mut self, effect: Effect) {
        self.effects.own(self.customer, effect);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::EffectKind;

    fn of(customer: u32) -> Of {
        Of { time: i64::from(customer), journey: 0, run: 1, start: 1, pc: 0, customer }
    }

    #[test]
    fn records_come_back_in_order_over_many_pieces() {
        let mut effects = Effects::default();
        let payload = [7; 200];
        let count = 3 * PIECE as u32 / 100;
        for customer in 0..count {
            effects.push(SENT, 0, 0, &of(customer), &payload[..customer as usize % 200]);
        }
        assert!(effects.pieces.len() > 3 && effects.pieces.iter().all(|piece| piece.len() <= PIECE));
        assert!(effects.iter().map(Record::customer).eq(0..count));
        assert!(effects.iter().all(|record| record.payload().len() == record.customer() as usize % 200));
        for (spot, record) in effects.iter().with_spots() {
            assert_eq!(effects.at(spot), record);
        }
        // From behind the last one on there are those that come then, also where they begin a piece.
        for _ in 0..2 * PIECE / 300 {
            let end = effects.end();
            assert_eq!(effects.from(end).count(), 0);
            effects.push(SENT, 0, 0, &of(count), &payload);
            assert_eq!(effects.from(end).map(Record::customer).collect::<Vec<_>>(), [count]);
        }
        let (end, count) = (effects.end(), effects.iter().count());
        let effect = Effect { time: 0, journey: None, run: 0, step: None, id: None, kind: EffectKind::Converted };
        (0..PIECE).for_each(|_| effects.own(count as u32, effect.clone()));
        effects.take_back(end);
        assert_eq!((effects.end(), effects.iter().count(), effects.owned.len()), (end, count, 0));
        let memory = effects.memory();
        effects.clear();
        assert_eq!((effects.iter().count(), effects.words(), effects.memory()), (0, 0, memory));
    }

    #[test]
    fn effects_are_the_same_however_they_lie() {
        let (mut one, mut other) = (Effects::default(), Effects::default());
        for customer in 0..10 {
            one.push(CONVERTED, 0, 0, &of(customer), &[]);
            other.piece(PIECE);
            other.push(CONVERTED, 0, 0, &of(customer), &[]);
        }
        assert!(other.pieces.len() > one.pieces.len());
        assert_eq!(one, other);
        other.push(CONVERTED, 0, 0, &of(10), &[]);
        assert_ne!(one, other);
    }
}
