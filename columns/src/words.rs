//! Words from columns: one value of one row at a time, words of a dictionary once a shard and row group.

use crate::plan::{How, Of, Reading};
use crate::read::Array1;
use crate::tree::Column;
use arrow_array::Array;
use journey_runtime::image::{Bounds, MISSING, Word};
use journey_runtime::ingest::Decoder;
use journey_runtime::pool::Pool;
use journey_runtime::time::Zones;

/// A word that has not been worked out. Where a value comes to this word or the next one, the decoder reads the message.
const UNSET: Word = 0x7ff8_dead_beef_0000;
/// There is no word: the decoder says why.
const BAD: Word = UNSET + 1;

/// What reading words needs.
pub(crate) struct Reader<'a> {
    pub(crate) columns: &'a [Column],
    pub(crate) readings: &'a [Reading],
    /// The arrays of the paths' columns; those that nothing reads are not there.
    pub(crate) arrays: &'a [Option<Array1>],
    pub(crate) decoder: &'a Decoder,
    pub(crate) zones: &'a Zones,
    /// For each reading of a column of words, the words of its dictionary.
    caches: Vec<Vec<Word>>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(
        columns: &'a [Column],
        readings: &'a [Reading],
        arrays: &'a [Option<Array1>],
        decoder: &'a Decoder,
        zones: &'a Zones,
    ) -> Reader<'a> {
        Reader { columns, readings, arrays, decoder, zones, caches: vec![Vec::new(); readings.len()] }
    }

    /// The word of a row. None: the decoder must read the message.
    #[inline]
    pub(crate) fn word(&mut self, reading: u16, row: usize, pool: &mut Pool) -> Option<Word> {
        let Reading { column, how } = &self.readings[usize::from(reading)];
        let array = self.arrays[usize::from(*column)].as_ref()?;
        match (how, array) {
            (_, Array1::Word(which, words)) => {
                if which.is_null(row) {
                    return None;
                }
                let at = which.value(row) as usize;
                if self.caches[usize::from(reading)].is_empty() {
                    self.caches[usize::from(reading)] = vec![UNSET; words.len()];
                }
                let cached = *self.caches[usize::from(reading)].get(at)?;
                let word = match cached {
                    UNSET => {
                        let word = self.of_text(how, words.value(at), pool).unwrap_or(BAD);
                        self.caches[usize::from(reading)][at] = word;
                        word
                    }
                    word => word,
                };
                (word != BAD && word != UNSET).then_some(word)
            }
            (How::Bool, Array1::Bool(array)) => array.is_valid(row).then(|| Word::from(array.value(row))),
            (How::Whole(bounds), Array1::Int(array)) => {
                array.is_valid(row).then(|| within(array.value(row), bounds)).flatten()
            }
            (How::Whole(bounds), Array1::Date(array)) => {
                array.is_valid(row).then(|| within(array.value(row).into(), bounds)).flatten()
            }
            (How::Moment(bounds), Array1::Moment(array)) => {
                array.is_valid(row).then(|| within(array.value(row).div_euclid(1000), bounds)).flatten()
            }
            (How::Money(bounds), Array1::Int(array)) => {
                let millionths = array.is_valid(row).then(|| array.value(row).checked_mul(1_000_000)).flatten()?;
                within(millionths, bounds)
            }
            (How::Money(bounds), Array1::Number(array)) => {
                within(array.is_valid(row).then(|| millionths(array.value(row))).flatten()?, bounds)
            }
            (How::Number(limits), Array1::Int(array)) => {
                array.is_valid(row).then(|| number(array.value(row) as f64, *limits)).flatten()
            }
            (How::Number(limits), Array1::Number(array)) => {
                array.is_valid(row).then(|| number(array.value(row), *limits)).flatten()
            }
            (How::Text(most), Array1::Text(array)) => {
                array.is_valid(row).then(|| text(array.value(row), *most, pool)).flatten()
            }
            (How::Currency(_) | How::Names(_), Array1::Text(array)) => {
                array.is_valid(row).then(|| self.of_text(how, array.value(row), pool)).flatten()
            }
            (How::Json(of, field), array) => {
                let mut json = String::new();
                let form = self.columns[usize::from(*column)].form;
                // Numbers mean the same in any style, texts too.
                array.write(row, form, 0, &mut json).then(|| self.json(*of, *field, &json, pool)).flatten()
            }
            _ => None,
        }
    }

    fn of_text(&self, how: &How, value: &str, pool: &mut Pool) -> Option<Word> {
        match how {
            How::Text(most) => text(value, *most, pool),
            How::Currency(expected) => value.eq_ignore_ascii_case(expected).then_some(1),
            How::Names(names) => names.iter().any(|name| name == value).then_some(1),
            How::Json(of, field) => {
                let mut json = String::new();
                crate::form::write_text(&mut json, value, 0);
                self.json(*of, *field, &json, pool)
            }
            _ => None,
        }
    }

    fn json(&self, of: Of, field: u16, json: &str, pool: &mut Pool) -> Option<Word> {
        let event = match of {
            Of::Event(event) => Some(event),
            Of::Profile => None,
        };
        if json == "null" { None } else { self.decoder.word(event, field, json, self.zones, pool) }
    }

    /// Yes or no of a row.
    pub(crate) fn yes(&self, column: u16, row: usize) -> Option<bool> {
        match self.arrays[usize::from(column)].as_ref()? {
            Array1::Bool(array) if array.is_valid(row) => Some(array.value(row)),
            _ => None,
        }
    }
}

fn text(value: &str, most: Option<u32>, pool: &mut Pool) -> Option<Word> {
    if most.is_some_and(|most| value.len() > most as usize && value.chars().count() > most as usize) {
        return None;
    }
    Some(Word::from(pool.text(value)))
}

fn within(value: i64, bounds: &Bounds) -> Option<Word> {
    let fits = bounds.between.is_none_or(|(least, most)| (least as i64..=most as i64).contains(&value));
    (value as Word != MISSING && fits).then_some(value as Word)
}

fn number(value: f64, limits: Option<(f64, f64)>) -> Option<Word> {
    // Zero has one word: the one of -0.0 says "missing".
    let value = if value == 0.0 { 0.0 } else { value };
    let fits = value.is_finite() && limits.is_none_or(|(least, most)| value >= least && value <= most);
    fits.then(|| value.to_bits())
}

/// Millionths of an amount whose text is the shortest that means this double, or has up to six digits after the point. Both say the
/// same when there are at most 15 digits in all: doubles tell all those apart.
fn millionths(value: f64) -> Option<i64> {
    let rounded = (value * 1e6).round();
    (rounded.abs() < 1e15 && rounded / 1e6 == value).then_some(rounded as i64)
}
