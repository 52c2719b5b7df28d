//! The record of a run: a few words in the customer's state, one record after another at its end.
//!
//! A customer has at most one record for each journey and key. It stays after the run has ended for as long as something
//! asks for it: a goal that may still convert, a re-entry rule, a bar. Once only those last two may ask, it keeps no slots.

use crate::image::{MISSING, Word};
use crate::layout::{Form, Layout};
use crate::state::{self, length_of};
pub use crate::time::NEVER;

/// Where a record begins in the state's words. Records never move while an input is worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run(pub usize);

/// What a record keeps before its slots. The words of some are only there when the journey can need them ([`Form`]); a field that is not
/// there has the value that nothing has touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// Length in words (24 bits, high), form (8), flags (8), status (8), journey (16).
    Head,
    /// Run number (low 32 bits) and start number (high 32 bits), both from 1.
    Numbers,
    /// Lower is older, over all journeys of the customer. 32 bits.
    Age,
    /// Status [`WAITS`]: the place; [`HELD`] and [`PAUSED`]: the instruction it stands before. 32 bits.
    At,
    /// The moment of its latest start.
    Entered,
    /// Since when it stands where it stands; of an ended run, when it ended.
    Since,
    /// What tells it apart; 0 without a key.
    Key,
    /// When the place ends by itself, or the send is asked again; [`NEVER`].
    Due,
    /// When its conditions may change by time alone; [`NEVER`].
    Check,
    /// The earliest moment at which time alone does anything to it; [`NEVER`]. Where it has no word, that is the end of its stay.
    Wake,
    /// The moment from which calendar waits that follow each other are counted; [`MISSING`].
    Anchor,
    /// Months (high 32 bits) and days (low 32 bits) that have been counted from it.
    Counted,
    /// When the present send was first asked for; [`MISSING`].
    Asked,
    /// Refusals of the present send that have been told: a bit for each of the first eight channels and reason.
    Told,
    /// What was told of the present hold: a hash; 0 for nothing.
    HoldTold,
    /// The age of the run that holds the present send by `meanwhile`; [`MISSING`].
    Holder,
}

pub use Field::{
    Age as AGE, Anchor as ANCHOR, Asked as ASKED, At as AT, Check as CHECK, Counted as COUNTED, Due as DUE,
    Entered as ENTERED, HoldTold as HOLD_TOLD, Holder as HOLDER, Key as KEY, Numbers as NUMBERS, Since as SINCE,
    Told as TOLD, Wake as WAKE,
};

/// The word that age and place share: age in the low half.
const AGE_AT: usize = 2;

impl Field {
    /// Its word in a record of a form.
    #[inline(always)]
    fn word(self, form: Form) -> Option<usize> {
        match self {
            Field::Head => Some(0),
            Field::Numbers => Some(1),
            Field::Age | Field::At => Some(AGE_AT),
            Field::Entered => Some(3),
            Field::Since => Some(4),
            Field::Key => form.has(Form::KEYED).then_some(Form::KEY),
            Field::Due => Some(form.due()),
            Field::Check => form.has(Form::CHECKED).then(|| form.check()),
            Field::Wake => form.has(Form::WAKES).then(|| form.wake()),
            Field::Anchor => form.has(Form::CALENDAR).then(|| form.anchor()),
            Field::Counted => form.has(Form::CALENDAR).then(|| form.anchor() + 1),
            Field::Asked => form.has(Form::HOLDS).then(|| form.asked()),
            Field::Told => form.has(Form::HOLDS).then(|| form.asked() + 1),
            Field::HoldTold => form.has(Form::HOLDS).then(|| form.asked() + 2),
            Field::Holder => form.has(Form::HOLDS).then(|| form.asked() + 3),
        }
    }
}

/// Status: it has not taken its first step.
pub const FRESH: u8 = 0;
/// Status: it stands at a place.
pub const WAITS: u8 = 1;
/// Status: it stands before a send that is held.
pub const HELD: u8 = 2;
/// Status: it stands before an effect, stopped by a pause.
pub const PAUSED: u8 = 3;
/// Status: it runs its last steps.
pub const LEAVING: u8 = 4;
/// Status: it has ended.
pub const ENDED: u8 = 5;

/// Flag: its conversion has been counted.
pub const CONVERTED: u8 = 1;
/// Flag: its key is barred for good.
pub const BARRED: u8 = 2;
/// Flag: it came where it stands by the present input, which its waits do not see.
pub const ARRIVED: u8 = 4;
/// Flag: its context was replaced by the present input.
pub const UPDATED: u8 = 8;
/// Flag: a newer run has its key; it goes with the next tidying.
pub const GONE: u8 = 16;

/// What a pause's slot says when its time is over though its condition still holds.
pub const EXPIRED: Word = NEVER as Word;

/// Words of a customer's state, read and written as records of runs.
impl Run {
    /// Its first word.
    #[inline(always)]
    fn head(self, words: &[Word]) -> Word {
        words.get(self.0).copied().unwrap_or(0)
    }

    #[inline(always)]
    fn put_head(self, words: &mut [Word], head: Word) {
        if let Some(word) = words.get_mut(self.0) {
            *word = head;
        }
    }

    /// Which words it has.
    #[inline(always)]
    pub fn form(self, words: &[Word]) -> Form {
        Form((self.head(words) >> 32) as u8)
    }

    /// A field of its header.
    // In place, where the field is known: then little of it is left.
    #[inline(always)]
    pub fn get(self, words: &[Word], field: Field) -> Word {
        let head = self.head(words);
        // A record of which only a part is left has none of the others.
        let read = |at: usize| {
            let there = at < length_of(head);
            if there { words.get(self.0 + at).copied() } else { None }.unwrap_or(MISSING)
        };
        let form = Form((head >> 32) as u8);
        let Some(at) = field.word(form) else {
            return match field {
                Field::Wake if matches!((head >> 16) as u8, WAITS | HELD) => read(form.due()),
                Field::Check | Field::Wake => NEVER as Word,
                Field::Anchor | Field::Asked | Field::Holder => MISSING,
                _ => 0,
            };
        };
        match field {
            Field::Head => head,
            Field::Age => read(at) & 0xffff_ffff,
            Field::At => read(at) >> 32,
            _ => read(at),
        }
    }

    /// Sets a field of its header.
    #[inline(always)]
    pub fn put(self, words: &mut [Word], field: Field, value: Word) {
        let head = self.head(words);
        let Some(at) = field.word(Form((head >> 32) as u8)).filter(|at| *at < length_of(head)) else { return };
        if let Some(word) = words.get_mut(self.0 + at) {
            *word = match field {
                Field::Age => *word & !0xffff_ffff | value.min(0xffff_ffff),
                Field::At => *word & 0xffff_ffff | value << 32,
                _ => value,
            };
        }
    }

    /// Sets a moment of its header.
    #[inline(always)]
    pub fn put_moment(self, words: &mut [Word], field: Field, moment: i64) {
        self.put(words, field, moment as Word);
    }

    /// A moment of its header.
    #[inline(always)]
    pub fn moment(self, words: &[Word], field: Field) -> i64 {
        self.get(words, field) as i64
    }

    /// Words of the whole record; never 0, so that a walk ends.
    #[inline]
    pub fn len(self, words: &[Word]) -> usize {
        length_of(self.head(words))
    }

    /// Index of its journey.
    #[inline]
    pub fn journey(self, words: &[Word]) -> u16 {
        self.head(words) as u16
    }

    /// How it stands.
    #[inline]
    pub fn status(self, words: &[Word]) -> u8 {
        (self.head(words) >> 16) as u8
    }

    /// Neither ended nor leaving.
    #[inline]
    pub fn alive(self, words: &[Word]) -> bool {
        self.status(words) < LEAVING
    }

    /// Whether it has its slots and its whole header.
    #[inline]
    pub fn whole(self, words: &[Word]) -> bool {
        self.len(words) >= self.form(words).header()
    }

    /// Sets how it stands.
    #[inline]
    pub fn set_status(self, words: &mut [Word], status: u8) {
        let head = self.head(words) & !(0xff << 16) | Word::from(status) << 16;
        self.put_head(words, head);
    }

    /// Whether it has a flag.
    #[inline]
    pub fn is(self, words: &[Word], flag: u8) -> bool {
        (self.head(words) >> 24) as u8 & flag != 0
    }

    /// Sets or takes a flag.
    #[inline]
    pub fn mark(self, words: &mut [Word], flag: u8, on: bool) {
        let (head, bit) = (self.head(words), Word::from(flag) << 24);
        self.put_head(words, if on { head | bit } else { head & !bit });
    }

    /// From 1 for the customer's first run in the journey.
    pub fn number(self, words: &[Word]) -> u32 {
        self.get(words, NUMBERS) as u32
    }

    /// From 1, one more at each start over.
    pub fn start(self, words: &[Word]) -> u32 {
        (self.get(words, NUMBERS) >> 32) as u32
    }

    /// Sets both.
    pub fn set_numbers(self, words: &mut [Word], number: u32, start: u32) {
        self.put(words, NUMBERS, u64::from(number) | u64::from(start) << 32);
    }

    /// It stands somewhere from a moment on: how, and where ([`Field::At`]).
    #[inline]
    pub fn stand(self, words: &mut [Word], status: u8, at: u32, since: i64) {
        // Even what is left of an ended run has these.
        if let Some([head, _, place, _, since_when, ..]) = words.get_mut(self.0..) {
            *head = *head & !(0xff << 16) | Word::from(status) << 16;
            *place = *place & 0xffff_ffff | Word::from(at) << 32;
            *since_when = since as Word;
        }
    }

    /// Puts it before its first step, at a moment.
    pub fn set_out(self, words: &mut [Word], now: i64) {
        self.stand(words, FRESH, 0, now);
        self.put_moment(words, ENTERED, now);
        self.put_moment(words, DUE, NEVER);
        let form = self.form(words);
        if form.has(Form::CHECKED) {
            self.put_moment(words, CHECK, NEVER);
        }
        if form.has(Form::CALENDAR) {
            self.put(words, ANCHOR, MISSING);
            self.put(words, COUNTED, 0);
        }
        if form.has(Form::HOLDS) {
            self.put(words, ASKED, MISSING);
            self.put(words, TOLD, 0);
            self.put(words, HOLD_TOLD, 0);
            self.put(words, HOLDER, MISSING);
        }
    }

    /// Its slots; none for an ended run that keeps none.
    #[inline]
    pub fn slots(self, words: &[Word]) -> &[Word] {
        words.get(self.0 + self.form(words).header()..self.0 + self.len(words)).unwrap_or(&[])
    }

    /// Its slots, to be changed.
    #[inline]
    pub fn slots_mut(self, words: &mut [Word]) -> &mut [Word] {
        words.get_mut(self.0 + self.form(words).header()..self.0 + self.len(words)).unwrap_or(&mut [])
    }

    /// A slot.
    pub fn slot(self, words: &[Word], slot: u16) -> Word {
        self.slots(words).get(usize::from(slot)).copied().unwrap_or(MISSING)
    }

    /// Sets a slot.
    #[inline]
    pub fn set_slot(self, words: &mut [Word], slot: u16, value: Word) {
        if let Some(word) = self.slots_mut(words).get_mut(usize::from(slot)) {
            *word = value;
        }
    }

    /// Sets slots to a value.
    #[inline]
    pub fn fill(self, words: &mut [Word], slots: &[u16], value: Word) {
        slots.iter().for_each(|slot| self.set_slot(words, *slot, value));
    }

    /// Two slots, one after the other, as an id.
    pub fn id(self, words: &[Word], slot: u16) -> Option<u128> {
        let pair = [self.slot(words, slot), self.slot(words, slot.saturating_add(1))];
        (pair != [MISSING; 2]).then(|| super::ids::id_of(pair))
    }

    /// Sets two slots.
    pub fn set_id(self, words: &mut [Word], slot: u16, id: u128) {
        let [upper, lower] = super::ids::words_of(id);
        self.set_slot(words, slot, upper);
        self.set_slot(words, slot.saturating_add(1), lower);
    }
}

/// Counts an entry; gives how many there were, this one included. A journey that was never entered before is listed at the end of the
/// input ([`list_entered`]), since that moves records; until then its records say how often.
pub fn count_entry(layout: &Layout, state: &mut [Word], journey: u16) -> u32 {
    match state::entry_count(layout, state, journey) {
        Some(at) => {
            let count = (state[at] as u32).saturating_add(1);
            state[at] = state[at] & !0xffff_ffff | Word::from(count);
            count
        }
        None => latest_number(layout, state, journey).saturating_add(1),
    }
}

/// The highest number of a journey's records; 0 without one.
fn latest_number(layout: &Layout, state: &[Word], journey: u16) -> u32 {
    let own = records(state, state::records_at(layout, state)).filter(|run| run.journey(state) == journey);
    own.map(|run| run.number(state)).max().unwrap_or(0)
}

/// Lists the journeys that were entered for the first time; their records move. The state is the first `len` of the words. Gives the new
/// length; none: there is no room.
pub fn list_entered(layout: &Layout, words: &mut [Word], len: usize) -> Option<usize> {
    let (mut at, mut len) = (state::records_at(layout, words), len);
    while at < len {
        let run = Run(at);
        at += run.len(words);
        let journey = run.journey(words);
        if state::entry_count(layout, words, journey).is_none() {
            let count = latest_number(layout, &words[..len], journey);
            len = state::list_entered(layout, words, len, journey, count)?;
            at += 1;
        }
    }
    Some(len)
}

/// Appends a fresh record to the words.
pub fn append(words: &mut Vec<Word>, journey: u16, form: Form, slots: usize, zeroed: &[u16]) -> Run {
    let run = Run(words.len());
    let len = form.header() + slots;
    words.resize(run.0 + len, MISSING);
    begin(words, run, journey, form, len, zeroed);
    run
}

/// Makes a fresh record of words that are [`MISSING`].
pub fn begin(words: &mut [Word], run: Run, journey: u16, form: Form, len: usize, zeroed: &[u16]) {
    words[run.0] = (len as Word) << 40 | Word::from(form.0) << 32 | Word::from(journey);
    words[run.0 + 1..run.0 + form.header()].fill(0);
    run.set_out(words, 0);
    run.put_moment(words, WAKE, NEVER);
    run.fill(words, zeroed, 0);
}

/// The records from `first` on.
pub fn records(words: &[Word], first: usize) -> impl Iterator<Item = Run> {
    let mut at = first;
    std::iter::from_fn(move || {
        let run = Run(at);
        (at < words.len()).then(|| {
            at += run.len(words);
            run
        })
    })
}

/// What stays of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Everything.
    All,
    /// What re-entry and bars ask for.
    Stub,
    /// Nothing.
    Nothing,
}

/// Keeps of each record from `first` on what `keep` says; the order stays.
pub fn compact(words: &mut Vec<Word>, first: usize, keep: impl FnMut(&[Word], Run) -> Keep) {
    let len = compact_words(words, first, keep);
    words.truncate(len);
}

/// The same for words where they stand; gives how many are left.
pub fn compact_words(words: &mut [Word], first: usize, mut keep: impl FnMut(&[Word], Run) -> Keep) -> usize {
    let (mut from, mut to) = (first, first);
    while from < words.len() {
        let len = Run(from).len(words).min(words.len() - from);
        let kept = match keep(words, Run(from)) {
            Keep::All => len,
            // Up to the key, if there is one.
            Keep::Stub => Run(from).form(words).due().min(len),
            Keep::Nothing => 0,
        };
        words.copy_within(from..from + kept, to);
        if kept > 0 && kept < len {
            let head = words[to];
            words[to] = head & 0xffff_ffff | head & Word::from(Form::KEYED) << 32 | (kept as Word) << 40;
        }
        from += len;
        to += kept;
    }
    to
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_keeps_what_is_put_into_it() {
        let mut words = vec![7; 3];
        let form = Form(Form::KEYED | Form::HOLDS);
        let run = append(&mut words, 2, form, 4, &[1]);
        run.set_status(&mut words, HELD);
        run.mark(&mut words, BARRED, true);
        run.mark(&mut words, ARRIVED, true);
        run.mark(&mut words, ARRIVED, false);
        run.set_numbers(&mut words, 3, 9);
        run.set_id(&mut words, 2, 5 << 64 | 6);
        assert_eq!((run.journey(&words), run.status(&words), run.len(&words)), (2, HELD, form.header() + 4));
        assert_eq!((run.is(&words, BARRED), run.is(&words, ARRIVED)), (true, false));
        assert_eq!((run.number(&words), run.start(&words)), (3, 9));
        assert_eq!(run.slots(&words), &[MISSING, 0, 5, 6]);
        assert_eq!(run.id(&words, 2), Some(5 << 64 | 6));
        assert_eq!(run.moment(&words, DUE), NEVER);
    }

    #[test]
    fn compacting_keeps_the_order() {
        let mut words = vec![];
        for journey in 0..4 {
            append(
                &mut words,
                journey,
                Form(if journey == 0 { Form::KEYED | Form::WAKES } else { Form::CALENDAR }),
                2,
                &[],
            );
        }
        compact(&mut words, 0, |words, run| match run.journey(words) {
            0 => Keep::Stub,
            2 => Keep::Nothing,
            _ => Keep::All,
        });
        let left: Vec<_> = records(&words, 0).map(|run| (run.journey(&words), run.len(&words))).collect();
        assert_eq!(left, [(0, 6), (1, 10), (3, 10)]);
        assert!(!Run(0).whole(&words));
    }
}
