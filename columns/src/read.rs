//! A history in columns: opening it, loading what is wanted of it, and its messages as JSON lines again.

use crate::error::Error;
use crate::form::{self, Form};
use crate::shape::{Mark, Paths, Shape, Source};
use crate::write::{About, FIXED, KEY, VERSION, schema};
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType, UInt64Type};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Date32Array, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray, UInt64Array,
};
use arrow_schema::DataType;
use journey_runtime::host::parallel;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowSelection,
    RowSelectionPolicy,
};
use parquet::file::metadata::{ColumnChunkMask, PageIndexPolicy};
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A file of columns that is a history.
pub struct History {
    path: PathBuf,
    metadata: ArrowReaderMetadata,
    about: About,
    pub(crate) paths: Paths,
    size: u64,
}

/// Whether a file begins as Parquet files do.
pub fn is_parquet(path: &Path) -> bool {
    let mut first = [0; 4];
    File::open(path).is_ok_and(|mut file| io::Read::read_exact(&mut file, &mut first).is_ok() && &first == b"PAR1")
}

/// Places of the columns every history has.
pub(crate) const LINE: usize = 0;
pub(crate) const KIND: usize = 1;
pub(crate) const EVENT: usize = 2;
pub(crate) const CUSTOMER: usize = 3;
pub(crate) const TIME: usize = 4;
pub(crate) const RECEIVED: usize = 5;
pub(crate) const ID: usize = 6;
pub(crate) const HASH: usize = 7;
pub(crate) const SHAPE: usize = 8;
pub(crate) const JSON: usize = 9;

impl History {
    /// Opens a history, and sees that it is one.
    pub fn open(path: &Path) -> Result<History, Error> {
        let file = File::open(path).map_err(Error::Input)?;
        let size = file.metadata().map_err(Error::Input)?.len();
        // Where pages stand, so that those of rows that nothing reads are skipped; and the times of each page.
        let options = ArrowReaderOptions::new()
            .with_page_index_policy(PageIndexPolicy::Optional)
            .with_column_index_mask(ColumnChunkMask::columns([TIME]));
        let metadata = ArrowReaderMetadata::load(&file, options).map_err(Error::parquet)?;
        let said = metadata.metadata().file_metadata().key_value_metadata();
        let said =
            said.and_then(|pairs| pairs.iter().find(|pair| pair.key == KEY)).and_then(|pair| pair.value.as_ref());
        let said = said.ok_or(Error::NotHistory)?;
        let version = serde_json::from_str::<serde_json::Value>(said).ok().and_then(|said| said["version"].as_u64());
        match version {
            Some(version) if version == u64::from(VERSION) => {}
            Some(version) => return Err(Error::Version(version.try_into().unwrap_or(u32::MAX))),
            None => return Err(Error::NotHistory),
        }
        let about: About = serde_json::from_str(said).map_err(|_| Error::NotHistory)?;
        let wanted = schema(&about);
        let found = metadata.schema();
        for (at, field) in wanted.fields().iter().enumerate() {
            match found.fields().get(at) {
                Some(other) if other.name() == field.name() && other.data_type() == field.data_type() => {}
                Some(other) if other.name() == field.name() => {
                    let (is, was) = (other.data_type(), field.data_type());
                    return Err(Error::changed(format!("column `{}` is {is}, and was {was}", field.name())));
                }
                _ => return Err(Error::changed(format!("column `{}` is not in its place", field.name()))),
            }
        }
        let paths = Paths::new(&about.columns);
        Ok(History { path: path.to_path_buf(), metadata, about, paths, size })
    }

    /// What it says of itself.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// Bytes of the file.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Messages.
    pub fn messages(&self) -> u64 {
        self.metadata.metadata().file_metadata().num_rows().max(0) as u64
    }

    /// Row groups.
    pub fn groups(&self) -> usize {
        self.metadata.metadata().num_row_groups()
    }

    /// Messages of a row group.
    pub(crate) fn rows(&self, group: usize) -> usize {
        self.metadata.metadata().row_group(group).num_rows().max(0) as usize
    }

    /// Reads columns of a row group, all rows or some, so many at once.
    fn reader(
        &self,
        group: usize,
        columns: &[usize],
        rows: Option<&Rows>,
        at_once: usize,
    ) -> Result<ParquetRecordBatchReader, Error> {
        // Each reader has a file of its own: readers of one file share its place in it.
        let file = File::open(&self.path).map_err(Error::Input)?;
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone());
        let mask = ProjectionMask::leaves(builder.parquet_schema(), columns.iter().copied());
        let mut reader = builder.with_row_groups(vec![group]).with_projection(mask).with_batch_size(at_once.max(1));
        if let Some(rows) = rows {
            let chosen = rows.ranges.iter().map(|range| range.start as usize..range.end as usize);
            let chosen = RowSelection::from_consecutive_ranges(chosen, self.rows(group));
            reader = reader.with_row_selection(chosen).with_row_selection_policy(RowSelectionPolicy::Selectors);
        }
        reader.build().map_err(Error::parquet)
    }

    /// Loads columns of a row group, all rows or some.
    pub(crate) fn load(&self, group: usize, columns: &[usize], rows: Option<&Rows>) -> Result<Vec<Array1>, Error> {
        let count = rows.map_or(self.rows(group), Rows::len);
        let mut batches = self.reader(group, columns, rows, count)?;
        let batch = batches.next().ok_or_else(|| Error::parquet("a row group is empty"))?.map_err(Error::parquet)?;
        if batch.num_rows() != count {
            return Err(Error::parquet("a row group ends early"));
        }
        arrays(&batch, columns)
    }

    /// Loads columns of a row group some rows at a time, in memory that is used again and again. `each` gets the number of the first
    /// row, and the columns.
    pub(crate) fn each_few(
        &self,
        group: usize,
        columns: &[usize],
        mut each: impl FnMut(usize, &[Array1]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut done = 0;
        for batch in self.reader(group, columns, None, FEW)? {
            let batch = batch.map_err(Error::parquet)?;
            each(done, &arrays(&batch, columns)?)?;
            done += batch.num_rows();
        }
        if done == self.rows(group) { Ok(()) } else { Err(Error::parquet("a row group ends early")) }
    }

    /// The pages of the times of a row group: their rows, and the latest time (microseconds). None when the file does not say.
    pub(crate) fn latest_of_pages(&self, group: usize) -> Option<Vec<(Range<u32>, i64)>> {
        let metadata = self.metadata.metadata();
        let index = metadata.page_index()?;
        let Some(ColumnIndexMetaData::INT64(times)) = index.column_index(group, TIME) else { return None };
        let starts: Vec<u32> = index
            .page_locations(group, TIME)?
            .iter()
            .map(|page| u32::try_from(page.first_row_index))
            .collect::<Result<_, _>>()
            .ok()?;
        let ends = starts.iter().skip(1).copied().chain(std::iter::once(self.rows(group) as u32));
        let pages = starts.iter().zip(ends).enumerate();
        // A page without times has none that is late.
        Some(pages.map(|(at, (start, end))| (*start..end, times.max_value(at).copied().unwrap_or(i64::MIN))).collect())
    }

    /// Reads shapes.
    pub(crate) fn shapes(&self, texts: &StringArray) -> Result<Vec<Shape>, Error> {
        let read = |text: Option<&str>| {
            // Where no row has a shape, the dictionary holds one empty text that nothing names.
            let text = text.filter(|text| !text.is_empty()).unwrap_or("{}");
            Shape::read(text, &self.paths).ok_or_else(|| Error::changed(format!("the shape `{text}` cannot be read")))
        };
        texts.iter().map(read).collect()
    }

    /// Loads a whole row group.
    pub(crate) fn whole(&self, group: usize, threads: usize) -> Result<Whole<'_>, Error> {
        let all: Vec<usize> = (0..FIXED.len() + self.about.columns.len()).collect();
        let some: Vec<&[usize]> = all.chunks(all.len().div_ceil(threads.max(1))).collect();
        let loaded = parallel(threads, some.len(), |i| self.load(group, some[i], None));
        let mut arrays = Vec::with_capacity(all.len());
        for loaded in loaded {
            arrays.extend(loaded?);
        }
        let (_, shapes) = arrays[SHAPE].words()?;
        let shapes = self.shapes(shapes)?;
        Ok(Whole { history: self, shapes, arrays })
    }

    /// Writes the messages as JSON lines, in the order of the file they came from. `progress` hears how many are written.
    pub fn write_lines(&self, mut to: impl Write, threads: usize, mut progress: impl FnMut(u64)) -> Result<(), Error> {
        let mut done = 0;
        for group in 0..self.groups() {
            let whole = self.whole(group, threads)?;
            let lines = whole.arrays[LINE].hashes()?;
            let mut order: Vec<u32> = (0..lines.len() as u32).collect();
            order.sort_by_key(|row| lines.value(*row as usize));
            let cut = order.len().div_ceil(threads.max(1) * 8).max(1);
            let pieces: Vec<&[u32]> = order.chunks(cut).collect();
            let texts = parallel(threads, pieces.len(), |i| {
                let (mut text, mut line) = (Vec::new(), String::new());
                for row in pieces[i] {
                    line.clear();
                    whole.write(*row as usize, &mut line)?;
                    if whole.is_bytes(*row as usize)? {
                        // What was no text is none again: each replaced piece becomes a byte that no text has.
                        for part in line.split_inclusive('\u{fffd}') {
                            match part.strip_suffix('\u{fffd}') {
                                Some(part) => {
                                    text.extend_from_slice(part.as_bytes());
                                    text.push(0xff);
                                }
                                None => text.extend_from_slice(part.as_bytes()),
                            }
                        }
                    } else {
                        text.extend_from_slice(line.as_bytes());
                    }
                    text.push(b'\n');
                }
                Ok::<_, Error>(text)
            });
            for (text, piece) in texts.into_iter().zip(&pieces) {
                to.write_all(&text?).map_err(Error::output)?;
                done += piece.len() as u64;
                progress(done);
            }
        }
        to.flush().map_err(Error::output)
    }
}

/// Rows that are loaded at once where not all are.
const FEW: usize = 1 << 13;

/// The columns of a batch that were asked for.
fn arrays(batch: &RecordBatch, columns: &[usize]) -> Result<Vec<Array1>, Error> {
    // They come in the order of the file, each once.
    let mut order = columns.to_vec();
    order.sort_unstable();
    order.dedup();
    if batch.num_columns() != order.len() {
        return Err(Error::parquet("columns are missing"));
    }
    columns.iter().map(|column| Array1::new(batch.column(order.partition_point(|other| other < column)))).collect()
}

/// Some rows of a row group, in order.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    ranges: Vec<Range<u32>>,
    /// For each range how many rows are in those before.
    before: Vec<u32>,
    count: u32,
}

impl Rows {
    /// Adds rows that come after those there are. Where no more than `near` are between, they are added as well.
    pub(crate) fn add(&mut self, rows: Range<u32>, near: u32) {
        match self.ranges.last_mut() {
            Some(last) if rows.start - last.end <= near => {
                self.count += rows.end - last.end;
                last.end = rows.end;
            }
            _ => {
                self.before.push(self.count);
                self.count += rows.end - rows.start;
                self.ranges.push(rows);
            }
        }
    }

    /// How many they are.
    pub(crate) fn len(&self) -> usize {
        self.count as usize
    }

    pub(crate) fn ranges(&self) -> &[Range<u32>] {
        &self.ranges
    }

    /// The row of the row group that is the `at`th of these.
    pub(crate) fn row(&self, at: usize) -> usize {
        let range = self.before.partition_point(|before| *before as usize <= at) - 1;
        self.ranges[range].start as usize + at - self.before[range] as usize
    }
}

/// Leaving out fewer rows than these costs more than reading them.
pub(crate) const NEAR: u32 = 256;

/// A loaded column.
#[derive(Debug)]
pub(crate) enum Array1 {
    Bool(BooleanArray),
    Int(Int64Array),
    Hash(UInt64Array),
    Number(Float64Array),
    Moment(TimestampMicrosecondArray),
    Date(Date32Array),
    Text(StringArray),
    /// Which word each row has, and the words.
    Word(Int32Array, StringArray),
}

impl Array1 {
    fn new(array: &ArrayRef) -> Result<Array1, Error> {
        Ok(match array.data_type() {
            DataType::Boolean => Array1::Bool(array.as_boolean().clone()),
            DataType::Int64 => Array1::Int(array.as_primitive::<Int64Type>().clone()),
            DataType::UInt64 => Array1::Hash(array.as_primitive::<UInt64Type>().clone()),
            DataType::Float64 => Array1::Number(array.as_primitive::<Float64Type>().clone()),
            DataType::Timestamp(..) => Array1::Moment(array.as_primitive::<TimestampMicrosecondType>().clone()),
            DataType::Date32 => Array1::Date(array.as_primitive::<Date32Type>().clone()),
            DataType::Utf8 => Array1::Text(array.as_string::<i32>().clone()),
            DataType::Dictionary(..) => {
                let array = array.as_dictionary::<Int32Type>();
                let words = array.values().as_string_opt::<i32>().ok_or_else(|| Error::parquet("words are no text"))?;
                Array1::Word(array.keys().clone(), words.clone())
            }
            other => return Err(Error::parquet(format!("a column of {other}"))),
        })
    }

    pub(crate) fn words(&self) -> Result<(&Int32Array, &StringArray), Error> {
        match self {
            Array1::Word(which, words) => Ok((which, words)),
            _ => Err(Error::changed("a column is not of words")),
        }
    }

    pub(crate) fn hashes(&self) -> Result<&UInt64Array, Error> {
        match self {
            Array1::Hash(array) => Ok(array),
            _ => Err(Error::changed("a column is not of whole numbers")),
        }
    }

    pub(crate) fn moments(&self) -> Result<&TimestampMicrosecondArray, Error> {
        match self {
            Array1::Moment(array) => Ok(array),
            _ => Err(Error::changed("a column is not of moments")),
        }
    }

    /// The text of a row, of words or texts.
    pub(crate) fn text(&self, row: usize) -> Option<&str> {
        match self {
            Array1::Text(array) if array.is_valid(row) => Some(array.value(row)),
            Array1::Word(which, words) if which.is_valid(row) => {
                usize::try_from(which.value(row)).ok().filter(|at| *at < words.len()).map(|at| words.value(at))
            }
            _ => None,
        }
    }

    /// Writes the value of a row as the JSON text it came from. False: there is none.
    pub(crate) fn write(&self, row: usize, form: Form, style: u8, out: &mut String) -> bool {
        use std::fmt::Write;
        match (self, form) {
            (Array1::Bool(array), _) if array.is_valid(row) => {
                out.push_str(if array.value(row) { "true" } else { "false" });
            }
            (Array1::Int(array), _) if array.is_valid(row) => {
                // Writing to a string cannot fail.
                let _ = write!(out, "{}", array.value(row));
            }
            (Array1::Number(array), _) if array.is_valid(row) => form::write_number(out, array.value(row), style),
            (Array1::Moment(array), _) if array.is_valid(row) => {
                out.push('"');
                form::write_moment(out, array.value(row), style);
                out.push('"');
            }
            (Array1::Date(array), _) if array.is_valid(row) => {
                out.push('"');
                form::write_date(out, array.value(row).into());
                out.push('"');
            }
            (Array1::Text(_) | Array1::Word(..), form) => match (self.text(row), form) {
                (None, _) => return false,
                (Some(text), Form::Json) => out.push_str(text),
                (Some(text), _) => form::write_text(out, text, style),
            },
            _ => return false,
        }
        true
    }
}

/// A row group with all its columns.
pub(crate) struct Whole<'a> {
    history: &'a History,
    shapes: Vec<Shape>,
    pub(crate) arrays: Vec<Array1>,
}

impl Whole<'_> {
    /// Writes the message of a row as it came.
    pub(crate) fn write(&self, row: usize, out: &mut String) -> Result<(), Error> {
        if let Some(json) = self.arrays[JSON].text(row) {
            out.push_str(json);
            return Ok(());
        }
        let (which, _) = self.arrays[SHAPE].words()?;
        let shape = which.is_valid(row).then(|| which.value(row) as usize).and_then(|at| self.shapes.get(at));
        let shape = shape.ok_or_else(|| Error::changed("a message has neither shape nor JSON"))?;
        let mut whole = true;
        shape.write(out, |out, mark| whole &= self.value(row, mark, out));
        if whole { Ok(()) } else { Err(Error::changed("a value of a message is missing")) }
    }

    fn value(&self, row: usize, mark: Mark, out: &mut String) -> bool {
        let as_is = |column: usize, out: &mut String| match self.arrays[column].text(row) {
            Some(text) => {
                out.push_str(text);
                true
            }
            None => false,
        };
        match mark.source {
            Source::Event => self.arrays[EVENT].write(row, Form::Word, mark.style, out),
            Source::Customer { number: true } => as_is(CUSTOMER, out),
            Source::Customer { number: false } => self.arrays[CUSTOMER].write(row, Form::Word, mark.style, out),
            Source::MessageId { number: true } => as_is(ID, out),
            Source::MessageId { number: false } => self.arrays[ID].write(row, Form::Text, mark.style, out),
            Source::Time => self.arrays[TIME].write(row, Form::Moment, mark.style, out),
            Source::Received => self.arrays[RECEIVED].write(row, Form::Moment, mark.style, out),
            Source::Column(column) => {
                let form = self.history.about.columns[usize::from(column)].form;
                self.arrays[FIXED.len() + usize::from(column)].write(row, form, mark.style, out)
            }
        }
    }

    /// Whether the line of a row was no text.
    pub(crate) fn is_bytes(&self, row: usize) -> Result<bool, Error> {
        Ok(self.arrays[KIND].text(row) == Some("bytes"))
    }
}
