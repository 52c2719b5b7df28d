//! Messages on their way into a row group: columns with gaps, in the order of the file.

use crate::form::{self, Form, Value, exact, plain};
use crate::line::{Kind, Leaves, Odd, Outside, is_literal};
use crate::shape::{Mark, Source, fits, write_mark};
use crate::tree::{Column, Tree};
use rustc_hash::FxHashMap;

/// Texts one after another.
#[derive(Debug, Default, Clone)]
pub(crate) struct Texts {
    bytes: String,
    ends: Vec<usize>,
}

impl Texts {
    pub(crate) fn push(&mut self, text: &str) {
        self.bytes.push_str(text);
        self.ends.push(self.bytes.len());
    }

    pub(crate) fn get(&self, i: usize) -> &str {
        let start = if i == 0 { 0 } else { self.ends[i - 1] };
        &self.bytes[start..self.ends[i]]
    }

    fn append(&mut self, other: &Texts) {
        let base = self.bytes.len();
        self.bytes.push_str(&other.bytes);
        self.ends.extend(other.ends.iter().map(|end| base + end));
    }
}

/// Values of one form.
#[derive(Debug, Clone)]
pub(crate) enum Values {
    Bools(Vec<bool>),
    Ints(Vec<i64>),
    Hashes(Vec<u64>),
    Numbers(Vec<f64>),
    Moments(Vec<i64>),
    Dates(Vec<i32>),
    Texts(Texts),
    /// Few different ones: each once, and which.
    Words(Words),
}

/// Texts, each kept once.
#[derive(Debug, Default, Clone)]
pub(crate) struct Words {
    pub(crate) texts: Texts,
    numbers: FxHashMap<Box<str>, u32>,
    pub(crate) which: Vec<u32>,
}

impl Words {
    fn number(&mut self, text: &str) -> u32 {
        match self.numbers.get(text) {
            Some(number) => *number,
            None => {
                let number = self.numbers.len() as u32;
                self.numbers.insert(text.into(), number);
                self.texts.push(text);
                number
            }
        }
    }

    /// How many different ones there are.
    pub(crate) fn len(&self) -> usize {
        self.numbers.len()
    }

    fn append(&mut self, other: &Words) {
        let numbers: Vec<u32> = (0..other.len()).map(|i| self.number(other.texts.get(i))).collect();
        self.which.extend(other.which.iter().map(|which| numbers[*which as usize]));
    }
}

/// A column with gaps.
#[derive(Debug, Clone)]
pub(crate) struct Sparse {
    /// Rows that have a value, ascending.
    pub(crate) rows: Vec<u32>,
    pub(crate) values: Values,
}

impl Sparse {
    fn new(values: Values) -> Sparse {
        Sparse { rows: Vec::new(), values }
    }

    fn of(form: Form) -> Sparse {
        Sparse::new(match form {
            Form::Bool => Values::Bools(Vec::new()),
            Form::Int => Values::Ints(Vec::new()),
            Form::Number => Values::Numbers(Vec::new()),
            Form::Moment => Values::Moments(Vec::new()),
            Form::Date => Values::Dates(Vec::new()),
            Form::Word => Values::Words(Words::default()),
            Form::Text | Form::Json => Values::Texts(Texts::default()),
        })
    }

    fn word(&mut self, row: u32, word: &str) {
        self.rows.push(row);
        match &mut self.values {
            Values::Words(words) => {
                let number = words.number(word);
                words.which.push(number);
            }
            Values::Texts(texts) => texts.push(word),
            _ => unreachable!("columns of words hold words"),
        }
    }

    fn moment(&mut self, row: u32, value: i64) {
        self.rows.push(row);
        if let Values::Moments(all) | Values::Ints(all) = &mut self.values {
            all.push(value);
        }
    }

    fn hash(&mut self, row: u32, value: u64) {
        self.rows.push(row);
        if let Values::Hashes(all) = &mut self.values {
            all.push(value);
        }
    }

    /// Takes a value of which [`fit`] has said that it fits.
    fn push(&mut self, row: u32, raw: &str, value: Value) {
        self.rows.push(row);
        match (&mut self.values, value) {
            (Values::Bools(all), Value::Bool(value)) => all.push(value),
            (Values::Ints(all), Value::Int(value)) => all.push(value),
            (Values::Numbers(all), Value::Int(value)) => all.push(value as f64),
            (Values::Numbers(all), Value::Number(value, _)) => all.push(value),
            (Values::Moments(all), Value::Moment(value, _)) => all.push(value),
            (Values::Dates(all), Value::Date(value)) => all.push(value),
            (Values::Words(words), _) => {
                let number = words.number(&plain(raw));
                words.which.push(number);
            }
            (Values::Texts(texts), _) => texts.push(raw),
            _ => unreachable!("only values that fit are taken"),
        }
    }

    fn append(&mut self, other: &Sparse, base: u32) {
        self.rows.extend(other.rows.iter().map(|row| base + row));
        match (&mut self.values, &other.values) {
            (Values::Bools(all), Values::Bools(more)) => all.extend_from_slice(more),
            (Values::Ints(all), Values::Ints(more)) => all.extend_from_slice(more),
            (Values::Hashes(all), Values::Hashes(more)) => all.extend_from_slice(more),
            (Values::Numbers(all), Values::Numbers(more)) => all.extend_from_slice(more),
            (Values::Moments(all), Values::Moments(more)) => all.extend_from_slice(more),
            (Values::Dates(all), Values::Dates(more)) => all.extend_from_slice(more),
            (Values::Texts(all), Values::Texts(more)) => all.append(more),
            (Values::Words(all), Values::Words(more)) => all.append(more),
            _ => unreachable!("both are the same column"),
        }
    }
}

/// The style in which a column of a form holds a value, if it does.
fn fit(form: Form, value: &Value) -> Option<u8> {
    let style = match (form, value) {
        (Form::Bool, Value::Bool(_)) | (Form::Int, Value::Int(_)) | (Form::Date, Value::Date(_)) | (Form::Json, _) => 0,
        (Form::Number, Value::Int(value)) if exact(*value) => 0,
        (Form::Number, Value::Number(_, style)) | (Form::Moment, Value::Moment(_, style)) => *style,
        (Form::Word | Form::Text, Value::Text(style)) => *style,
        (Form::Word | Form::Text, Value::Moment(..) | Value::Date(_)) => 0,
        _ => return None,
    };
    fits(form, style).then_some(style)
}

/// Shapes of a row group, at most: what comes after them is kept as JSON text.
const SHAPES: usize = 4096;

/// Messages of a piece of the file, or of a row group.
#[derive(Debug)]
pub(crate) struct Group {
    /// How many messages.
    pub(crate) rows: u32,
    /// The line of the first row's piece, from 1; lines are counted from here.
    pub(crate) lines: Vec<u64>,
    pub(crate) kind: Vec<Kind>,
    pub(crate) event: Sparse,
    pub(crate) customer: Sparse,
    pub(crate) time: Sparse,
    pub(crate) received: Sparse,
    pub(crate) id: Sparse,
    pub(crate) hash: Sparse,
    pub(crate) shape: Sparse,
    pub(crate) json: Sparse,
    pub(crate) columns: Vec<Sparse>,
    /// Bytes, about.
    pub(crate) bytes: usize,
}

/// What is used again from line to line.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    leaves: Leaves,
    marks: Vec<Mark>,
    values: Vec<Value>,
    shape: String,
}

/// What a file's columns are, for filling them.
pub(crate) struct Plan<'a> {
    pub(crate) columns: &'a [Column],
    pub(crate) of_node: &'a [Option<u16>],
}

impl Group {
    pub(crate) fn new(columns: &[Column]) -> Group {
        let words = || Sparse::new(Values::Words(Words::default()));
        Group {
            rows: 0,
            lines: Vec::new(),
            kind: Vec::new(),
            event: words(),
            customer: words(),
            time: Sparse::of(Form::Moment),
            received: Sparse::of(Form::Moment),
            id: Sparse::of(Form::Text),
            hash: Sparse::new(Values::Hashes(Vec::new())),
            shape: words(),
            json: Sparse::of(Form::Text),
            columns: columns.iter().map(|column| Sparse::of(column.form)).collect(),
            bytes: 0,
        }
    }

    /// Takes the line `number` (from 1), without its end. A line that is no text is given as [`Err`], its text with replacements.
    pub(crate) fn take(
        &mut self,
        plan: &Plan<'_>,
        tree: &mut Tree,
        scratch: &mut Scratch,
        number: u64,
        line: Result<&str, &str>,
    ) {
        let row = self.rows;
        self.rows += 1;
        self.lines.push(number);
        let (outside, shaped) = match line {
            Err(_) => (Outside::unknown(Kind::Bytes), false),
            Ok(text) => match scratch.leaves.walk(tree, text, number) {
                Err(Odd) => (Outside::unknown(Kind::Other), false),
                Ok(()) => {
                    let outside = Outside::of(text, &scratch.leaves);
                    let shaped =
                        outside.clean && scratch.shape(plan, text, &outside) && self.shape_has_room(&scratch.shape);
                    (outside, shaped)
                }
            },
        };
        let (Ok(text) | Err(text)) = line;
        self.bytes += text.len();
        self.kind.push(outside.kind);
        if let Some((event, _)) = &outside.event {
            self.event.word(row, event);
        }
        if let Some((customer, ..)) = &outside.customer {
            self.customer.word(row, customer);
        }
        if let Some((time, _)) = outside.time {
            self.time.moment(row, time);
        }
        if let Some((time, _)) = outside.received {
            self.received.moment(row, time);
        }
        if let Some((id, ..)) = &outside.id {
            self.id.word(row, id);
        }
        if let Some(hash) = outside.hash {
            self.hash.hash(row, hash);
        }
        if !shaped {
            self.json.word(row, text);
            return;
        }
        self.shape.word(row, &scratch.shape);
        for (i, mark) in scratch.marks.iter().enumerate() {
            if let Source::Column(column) = mark.source {
                let leaf = scratch.leaves.all[i];
                let raw = &text[leaf.start..leaf.end];
                let form = plan.columns[usize::from(column)].form;
                let column = &mut self.columns[usize::from(column)];
                match form {
                    Form::Text => column.word(row, &plain(raw)),
                    _ => column.push(row, raw, scratch.values[i]),
                }
            }
        }
    }

    fn shape_has_room(&self, shape: &str) -> bool {
        match &self.shape.values {
            Values::Words(words) => words.len() < SHAPES || words.numbers.contains_key(shape),
            _ => false,
        }
    }

    /// Takes the messages of a piece that comes after.
    pub(crate) fn append(&mut self, piece: &Group) {
        let base = self.rows;
        self.rows += piece.rows;
        self.bytes += piece.bytes;
        self.lines.extend_from_slice(&piece.lines);
        self.kind.extend_from_slice(&piece.kind);
        let mine = [
            &mut self.event,
            &mut self.customer,
            &mut self.time,
            &mut self.received,
            &mut self.id,
            &mut self.hash,
            &mut self.shape,
            &mut self.json,
        ];
        let theirs = [
            &piece.event,
            &piece.customer,
            &piece.time,
            &piece.received,
            &piece.id,
            &piece.hash,
            &piece.shape,
            &piece.json,
        ];
        for (mine, theirs) in mine.into_iter().zip(theirs).chain(self.columns.iter_mut().zip(&piece.columns)) {
            mine.append(theirs, base);
        }
    }
}

impl Scratch {
    /// Works out the shape, and a mark and a value for each leaf. False: a value does not fit its column.
    fn shape(&mut self, plan: &Plan<'_>, line: &str, outside: &Outside<'_>) -> bool {
        let Scratch { leaves, marks, values, shape } = self;
        marks.clear();
        values.clear();
        shape.clear();
        let mut from = 0;
        let mut kept = 0;
        for i in 0..leaves.all.len() {
            let leaf = leaves.all[i];
            let raw = &line[leaf.start..leaf.end];
            if is_literal(outside.kind, leaf.node) {
                // Shapes are read without escapes and lists.
                if raw.contains(['\\', '[', '%']) {
                    return false;
                }
                continue;
            }
            let value = Value::of(raw);
            let mark = match derived(outside, i, &value) {
                Some(mark) => mark,
                None => {
                    let Some(column) = plan.of_node.get(leaf.node as usize).copied().flatten() else { return false };
                    let Some(style) = fit(plan.columns[usize::from(column)].form, &value) else { return false };
                    Mark { source: Source::Column(column), style }
                }
            };
            shape.push_str(&line[from..leaf.start]);
            write_mark(shape, mark);
            from = leaf.end;
            leaves.all[kept] = leaf;
            kept += 1;
            marks.push(mark);
            values.push(value);
        }
        leaves.all.truncate(kept);
        shape.push_str(&line[from..]);
        true
    }
}

/// The mark of a leaf that a column of the outside holds.
fn derived(outside: &Outside<'_>, leaf: usize, value: &Value) -> Option<Mark> {
    let text = match value {
        Value::Text(style) => Some(*style),
        Value::Moment(..) | Value::Date(_) => Some(0),
        _ => None,
    };
    if outside.event.as_ref().is_some_and(|(_, at)| *at == leaf) {
        return Some(Mark { source: Source::Event, style: text? });
    }
    if let Some((_, _, number)) = outside.customer.as_ref().filter(|(_, at, _)| *at == leaf) {
        return Some(Mark { source: Source::Customer { number: *number }, style: if *number { 0 } else { text? } });
    }
    if let Some((_, _, number)) = outside.id.as_ref().filter(|(_, at, _)| *at == leaf) {
        return Some(Mark { source: Source::MessageId { number: *number }, style: if *number { 0 } else { text? } });
    }
    for (time, source) in [(outside.time, Source::Time), (outside.received, Source::Received)] {
        if let (Some((_, at)), Value::Moment(_, style)) = (time, value)
            && at == leaf
        {
            return Some(Mark { source, style: *style });
        }
    }
    None
}

/// Notes the values of a line that need columns of their own.
pub(crate) fn note(tree: &mut Tree, leaves: &mut Leaves, number: u64, line: &str) {
    if leaves.walk(tree, line, number).is_err() {
        return;
    }
    let outside = Outside::of(line, leaves);
    if !outside.clean {
        return;
    }
    for (i, leaf) in leaves.all.iter().enumerate() {
        let raw = &line[leaf.start..leaf.end];
        if !is_literal(outside.kind, leaf.node) && derived(&outside, i, &form::Value::of(raw)).is_none() {
            tree.note(leaf.node, raw);
        }
    }
}
