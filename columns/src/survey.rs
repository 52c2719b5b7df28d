//! What is done with each row of a row group, as the columns of shapes and events say: which rows are read, and by which plan.

use crate::error::Error;
use crate::plan::{Plan, Plans};
use crate::read::{EVENT, History, NEAR, Rows, SHAPE};
use crate::shape::Shape;
use arrow_array::{Array, Int32Array, StringArray};
use journey_runtime::host::source::Found;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

/// Plans that every row may have.
pub const SKIP: u16 = 0;
pub const JSON_PLAN: u16 = 1;
pub const LOOK: u16 = 2;
/// Plans of a row group, at most; rows of others are read as JSON.
const PLANS: usize = u16::MAX as usize;

/// Pairs of a shape and an event that are looked up in a table.
const TABLE: usize = 1 << 20;

/// Rows that stand together, with the same plan.
pub struct Run {
    /// The rows.
    pub rows: Range<u32>,
    /// Its number.
    pub plan: u16,
}

/// Which word each row has; -1 for none.
fn words_of(which: &Int32Array) -> Cow<'_, [i32]> {
    match which.nulls().filter(|nulls| nulls.null_count() > 0) {
        None => Cow::Borrowed(which.values()),
        Some(nulls) => which.values().iter().zip(nulls).map(|(word, there)| if there { *word } else { -1 }).collect(),
    }
}

/// Where the words end that are the same as that of a row.
fn end_of_same(words: &[i32], row: usize) -> usize {
    let first = words[row];
    let near = words[row..].iter().take(8).take_while(|word| **word == first).count();
    let mut end = row + near;
    if near < 8 {
        return end;
    }
    // Where some are the same, most often many are: a block at once.
    for block in words[end..].chunks(64) {
        if !block.iter().fold(true, |same, word| same & (*word == first)) {
            return end + block.iter().take_while(|word| **word == first).count();
        }
        end += block.len();
    }
    end
}

/// What the columns of shapes and events say of a row group.
pub struct Survey<'a> {
    history: &'a History,
    /// All plans of the row group.
    pub plans: Plans<'a>,
    /// The dictionaries that were seen last, and the plans of their pairs.
    pairs: Option<Pairs>,
    /// The rows that are read, by their plans.
    pub runs: Vec<Run>,
    /// The rows that are read.
    pub rows: Rows,
    /// How many there are, and what is not read.
    pub found: Found,
}

/// Shapes and events of the dictionaries of some rows.
struct Pairs {
    shapes: Vec<Shape>,
    events: StringArray,
    of_shapes: StringArray,
    /// The plans of pairs. Shapes and events are few: a table answers, where it is not too large.
    table: Vec<u16>,
    others: FxHashMap<(i32, i32), u16>,
}

impl Pairs {
    fn new(history: &History, events: &StringArray, shapes: &StringArray) -> Result<Pairs, Error> {
        let (of_shapes, shapes) = (shapes.clone(), history.shapes(shapes)?);
        let size = Some(shapes.len() * (events.len() + 1)).filter(|size| *size <= TABLE).unwrap_or_default();
        Ok(Pairs { shapes, events: events.clone(), of_shapes, table: vec![SKIP; size], others: FxHashMap::default() })
    }

    /// Whether these are the dictionaries: rows of a row group share them, as a rule.
    fn are(&self, events: &StringArray, shapes: &StringArray) -> bool {
        let same = |a: &StringArray, b: &StringArray| a.len() == b.len() && a.values().as_ptr() == b.values().as_ptr();
        same(&self.events, events) && same(&self.of_shapes, shapes)
    }

    fn event(&self, pair: (i32, i32)) -> Option<&str> {
        usize::try_from(pair.1).ok().filter(|event| *event < self.events.len()).map(|event| self.events.value(event))
    }

    /// The number of the plan for a shape and an event.
    fn plan(&mut self, pair: (i32, i32), plans: &mut Plans<'_>) -> u16 {
        let Ok(shape) = usize::try_from(pair.0) else { return LOOK };
        let place = shape * (self.events.len() + 1) + (pair.1 + 1) as usize;
        let known = self.table.get(place).copied().filter(|plan| *plan != SKIP);
        if let Some(known) = known.or_else(|| self.others.get(&pair).copied()) {
            return known;
        }
        let plan = match self.shapes.get(shape) {
            Some(shape) if plans.all.len() < PLANS => plans.plan(shape, self.event(pair)),
            _ => Plan::First,
        };
        plans.all.push(plan);
        let number = (plans.all.len() - 1).min(PLANS) as u16;
        self.others.insert(pair, number);
        if let Some(place) = self.table.get_mut(place) {
            *place = number;
        }
        number
    }
}

impl<'a> Survey<'a> {
    /// Finds out what is done with each row of a row group, which stands for so many bytes of the file.
    pub fn of(history: &'a History, mut plans: Plans<'a>, index: usize, bytes: u64) -> Result<Survey<'a>, Error> {
        plans.all = vec![Plan::Unread, Plan::Json, Plan::First];
        let found = Found { messages: history.rows(index) as u64, bytes, ..Found::default() };
        let mut survey = Survey { history, plans, pairs: None, runs: Vec::new(), rows: Rows::default(), found };
        history.each_few(index, &[EVENT, SHAPE], |first, loaded| {
            let [event, shape] = loaded else { return Err(Error::parquet("columns are missing")) };
            survey.take(first, event.words()?, shape.words()?)
        })?;
        Ok(survey)
    }

    /// Takes the rows from one on: which event and which shape each has, and these.
    fn take(
        &mut self,
        first: usize,
        (event_of, events): (&Int32Array, &StringArray),
        (shape_of, shapes): (&Int32Array, &StringArray),
    ) -> Result<(), Error> {
        let pairs = match self.pairs.take().filter(|pairs| pairs.are(events, shapes)) {
            Some(pairs) => self.pairs.insert(pairs),
            None => self.pairs.insert(Pairs::new(self.history, events, shapes)?),
        };
        let (shape_of, event_of) = (words_of(shape_of), words_of(event_of));
        let (mut same_shape, mut same_event) = (0, 0);
        let mut row = 0;
        while row < shape_of.len() {
            let pair = (shape_of[row], event_of[row]);
            let from = row;
            for (same, words) in [(&mut same_shape, &shape_of), (&mut same_event, &event_of)] {
                if *same == row {
                    *same = end_of_same(words, row);
                }
            }
            row = same_shape.min(same_event);
            let plan = pairs.plan(pair, &mut self.plans);
            let counts = match &self.plans.all[usize::from(plan)] {
                Plan::Unknown => &mut self.found.unknown,
                Plan::Unread => &mut self.found.unread,
                _ => {
                    let rows = (first + from) as u32..(first + row) as u32;
                    self.rows.add(rows.clone(), NEAR);
                    match self.runs.last_mut() {
                        Some(last) if last.plan == plan && last.rows.end == rows.start => last.rows.end = rows.end,
                        _ => self.runs.push(Run { rows, plan }),
                    }
                    continue;
                }
            };
            // A page, screen or group has no event of its own and is counted under its kind.
            let kind = || pairs.shapes.get(pair.0 as usize).map_or("", |shape: &Shape| shape.kind.words());
            count(counts, pairs.event(pair).unwrap_or_else(kind), (row - from) as u64);
        }
        Ok(())
    }
}

/// Counts so many more of a name.
pub fn count(names: &mut BTreeMap<String, u64>, name: &str, more: u64) {
    match names.get_mut(name) {
        Some(count) => *count += more,
        None => {
            names.insert(name.to_string(), more);
        }
    }
}
