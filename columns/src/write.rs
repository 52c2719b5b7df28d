//! A history in JSON lines to a history in columns.
//!
//! The file is read twice: once to see which paths there are and what stands at each, once to fill the columns. Memory is
//! bounded by one row group.

use crate::error::Error;
use crate::form::Form;
use crate::group::{Group, Plan, Scratch, Sparse, Values, note};
use crate::line::{Leaves, PARTS};
use crate::pieces::{each, lines};
use crate::tree::{Column, Tree};
use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, DictionaryArray, Float64Array, Int32Array, Int64Array, RecordBatch,
    StringArray, TimestampMicrosecondArray, UInt64Array,
};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use serde::{Deserialize, Serialize};
use std::io::{Read, Write};
use std::sync::{Arc, Mutex};
use xxhash_rust::xxh3::xxh3_64;

/// The columns every history has, before those of its paths.
pub(crate) const FIXED: [&str; 10] =
    ["line", "kind", "event", "customer", "time", "received_at", "message_id", "message_hash", "shape", "json"];

/// Under this name the file says what it is.
pub(crate) const KEY: &str = "journey.history";

/// The form of files that this version writes and reads.
pub(crate) const VERSION: u32 = 1;

/// What a history says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The form of the file.
    pub version: u32,
    /// Bytes of the JSON lines it was made of.
    pub bytes: u64,
    /// The columns of the messages' paths.
    pub columns: Vec<Column>,
}

/// How a history is written.
#[derive(Debug, Clone)]
pub struct Options {
    /// Worker threads; 0 is one. The outcome does not depend on it.
    pub threads: usize,
    /// Messages of a row group: within it, rows stand event by event, those of an event customer by customer.
    pub rows: u32,
}

impl Default for Options {
    fn default() -> Self {
        Options { threads: 1, rows: 1 << 17 }
    }
}

/// What came of writing a history.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Written {
    /// Messages: lines that are not blank.
    pub messages: u64,
    /// Those kept as JSON text, because they do not fit in columns.
    pub as_json: u64,
    /// Different customers, as far as messages say who they are about.
    pub customers: u64,
    /// Columns for paths of messages.
    pub columns: usize,
    /// Row groups.
    pub row_groups: usize,
    /// Bytes of JSON lines, unpacked.
    pub bytes_before: u64,
    /// Bytes of the file in columns.
    pub bytes_after: u64,
}

/// Writes a history. `open` opens the JSON lines, twice; `progress` hears how many bytes of both readings are done.
pub fn write<R: Read>(
    mut open: impl FnMut() -> std::io::Result<R>,
    to: impl Write + Send,
    options: &Options,
    mut progress: impl FnMut(u64),
) -> Result<Written, Error> {
    let threads = options.threads.max(1);
    let first = || Tree::new(&PARTS);
    let mut tree = first();
    let mut done = 0;
    each(
        open().map_err(Error::Input)?,
        threads,
        |start, piece| {
            let (mut tree, mut leaves) = (first(), Leaves::default());
            for (number, line) in lines(start, piece) {
                if let Ok(line) = std::str::from_utf8(line) {
                    note(&mut tree, &mut leaves, number, line);
                }
            }
            tree
        },
        |found, piece| {
            tree.add(&found);
            done += piece.len() as u64;
            progress(done);
            Ok(())
        },
    )
    .map_err(Error::Input)?;
    let (columns, of_node) = tree.close(&FIXED);
    let about = About { version: VERSION, bytes: done, columns };
    let mut writer = Writer::new(to, &about)?;
    let mut written = Written { columns: about.columns.len(), bytes_before: done, ..Written::default() };
    let plan = Plan { columns: &about.columns, of_node: &of_node };
    // Walking moves marks in the tree: each worker has its own.
    let idle: Mutex<Vec<(Tree, Scratch)>> = Mutex::new(Vec::new());
    let mut group = Group::new(&about.columns);
    let mut customers = Customers::default();
    let mut failed = None;
    let read = each(
        open().map_err(Error::Input)?,
        threads,
        |start, piece| {
            let lock = || idle.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            let kept = lock().pop();
            let (mut tree, mut scratch) = kept.unwrap_or_else(|| (tree.clone(), Scratch::default()));
            let mut rows = Group::new(&about.columns);
            for (number, line) in lines(start, piece) {
                match std::str::from_utf8(line) {
                    Ok(line) => rows.take(&plan, &mut tree, &mut scratch, number, Ok(line)),
                    Err(_) => {
                        rows.take(&plan, &mut tree, &mut scratch, number, Err(&String::from_utf8_lossy(line)));
                    }
                }
            }
            lock().push((tree, scratch));
            rows
        },
        |rows, piece| {
            done += piece.len() as u64;
            group.append(&rows);
            if group.rows >= options.rows.max(1) || group.bytes > MEMORY {
                let full = std::mem::replace(&mut group, Group::new(&about.columns));
                if let Err(error) = writer.group(&full, &mut written, &mut customers, threads) {
                    failed = Some(error);
                    return Err(std::io::Error::other("writing failed"));
                }
            }
            progress(done);
            Ok(())
        },
    );
    if let Some(error) = failed {
        return Err(error);
    }
    read.map_err(Error::Input)?;
    if group.rows > 0 {
        writer.group(&group, &mut written, &mut customers, threads)?;
    }
    written.customers = customers.0.len() as u64;
    written.bytes_after = writer.close()?;
    Ok(written)
}

/// Bytes of messages in a row group, at most, about.
const MEMORY: usize = 1 << 30;

/// Hashes of the customers there are.
#[derive(Default)]
struct Customers(rustc_hash::FxHashSet<u64>);

fn moment() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

fn words() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

fn data_type(form: Form) -> DataType {
    match form {
        Form::Bool => DataType::Boolean,
        Form::Int => DataType::Int64,
        Form::Number => DataType::Float64,
        Form::Moment => moment(),
        Form::Date => DataType::Date32,
        Form::Word => words(),
        Form::Text | Form::Json => DataType::Utf8,
    }
}

/// The columns of a history.
pub(crate) fn schema(about: &About) -> Schema {
    let mut fields = vec![
        Field::new("line", DataType::UInt64, false),
        Field::new("kind", words(), false),
        Field::new("event", words(), true),
        Field::new("customer", words(), true),
        Field::new("time", moment(), true),
        Field::new("received_at", moment(), true),
        Field::new("message_id", DataType::Utf8, true),
        Field::new("message_hash", DataType::UInt64, true),
        Field::new("shape", words(), true),
        Field::new("json", DataType::Utf8, true),
    ];
    fields.extend(about.columns.iter().map(|column| Field::new(&column.name, data_type(column.form), true)));
    Schema::new(fields)
}

struct Writer<W: Write + Send> {
    inner: ArrowWriter<W>,
    schema: Arc<Schema>,
}

impl<W: Write + Send> Writer<W> {
    fn new(to: W, about: &About) -> Result<Writer<W>, Error> {
        let schema = Arc::new(schema(about));
        let said = serde_json::to_string(about).map_err(|error| Error::Output(error.to_string()))?;
        let zstd = Compression::ZSTD(ZstdLevel::try_new(1).map_err(Error::output)?);
        let mut properties = WriterProperties::builder()
            .set_created_by("journey".into())
            .set_key_value_metadata(Some(vec![KeyValue::new(KEY.to_string(), said)]))
            .set_compression(zstd)
            .set_statistics_enabled(EnabledStatistics::Chunk)
            // Pages whose rows nothing reads are skipped.
            .set_data_page_row_count_limit(1 << 13)
            .set_write_batch_size(1 << 12)
            .set_max_row_group_row_count(None)
            // Words are kept once a row group, however many there are.
            .set_dictionary_page_size_limit(256 << 20);
        // Columns are named by one name each, dots or not.
        let path = |name: &str| ColumnPath::new(vec![name.to_string()]);
        // A replay asks for the latest of the times that it does not read.
        properties = properties.set_column_statistics_enabled(path("time"), EnabledStatistics::Page);
        for field in schema.fields() {
            let column = path(field.name());
            properties = match field.data_type() {
                // Differences from row to row are small within a customer, and quick to add up.
                DataType::UInt64 if field.name() == "line" => differences(properties, column),
                DataType::Timestamp(..) => differences(properties, column),
                DataType::Int64 => differences(properties, column),
                // Hashes do not repeat and do not shrink.
                DataType::UInt64 => properties
                    .set_column_dictionary_enabled(column.clone(), false)
                    .set_column_compression(column, Compression::UNCOMPRESSED),
                DataType::Utf8 => properties.set_column_dictionary_enabled(column, false),
                _ => properties,
            };
        }
        let inner = ArrowWriter::try_new(to, schema.clone(), Some(properties.build())).map_err(Error::output)?;
        Ok(Writer { inner, schema })
    }

    fn group(
        &mut self,
        group: &Group,
        written: &mut Written,
        customers: &mut Customers,
        threads: usize,
    ) -> Result<(), Error> {
        let order = order(group, customers);
        let rows = group.rows as usize;
        let kinds: StringArray = crate::line::Kind::ALL.iter().map(|(_, words)| Some(*words)).collect();
        let which =
            |kind| crate::line::Kind::ALL.iter().position(|(known, _)| *known == kind).unwrap_or_default() as i32;
        let kind = Int32Array::from_iter_values(order.iter().map(|row| which(group.kind[*row as usize])));
        let kind = DictionaryArray::<Int32Type>::try_new(kind, Arc::new(kinds)).map_err(Error::output)?;
        let line = UInt64Array::from_iter_values(order.iter().map(|row| group.lines[*row as usize]));
        let mut sparse = vec![
            &group.event,
            &group.customer,
            &group.time,
            &group.received,
            &group.id,
            &group.hash,
            &group.shape,
            &group.json,
        ];
        sparse.extend(&group.columns);
        let dense = journey_runtime::host::parallel(threads, sparse.len(), |i| dense(sparse[i], rows, &order));
        let mut arrays: Vec<ArrayRef> = vec![Arc::new(line), Arc::new(kind)];
        for array in dense {
            arrays.push(array?);
        }
        let batch = RecordBatch::try_new(self.schema.clone(), arrays).map_err(Error::output)?;
        self.inner.write(&batch).map_err(Error::output)?;
        self.inner.flush().map_err(Error::output)?;
        written.messages += u64::from(group.rows);
        written.as_json += group.json.rows.len() as u64;
        written.row_groups += 1;
        Ok(())
    }

    fn close(mut self) -> Result<u64, Error> {
        self.inner.finish().map_err(Error::output)?;
        Ok(self.inner.bytes_written() as u64)
    }
}

type Builder = parquet::file::properties::WriterPropertiesBuilder;

fn differences(properties: Builder, column: ColumnPath) -> Builder {
    properties
        .set_column_dictionary_enabled(column.clone(), false)
        .set_column_encoding(column.clone(), Encoding::DELTA_BINARY_PACKED)
        .set_column_compression(column, Compression::UNCOMPRESSED)
}

/// The rows of a group in the order in which they are written: first those without a shape, then kind by kind and event by event;
/// those of an event customer by customer (first those about nobody), each customer's in the order of the file.
fn order(group: &Group, all: &mut Customers) -> Vec<u32> {
    let in_file: Vec<u32> = (0..group.rows).collect();
    let by_customer = match &group.customer.values {
        Values::Words(words) => {
            let hashes: Vec<u64> = (0..words.len()).map(|i| xxh3_64(words.texts.get(i).as_bytes())).collect();
            all.0.extend(&hashes);
            // Shards of customers follow from these bits: a shard's customers stand together.
            let mut sorted: Vec<u32> = (0..words.len() as u32).collect();
            sorted.sort_by_key(|i| ((hashes[*i as usize] >> 32) % 256, *i));
            let mut rank = vec![0u32; words.len()];
            for (at, i) in (1..).zip(&sorted) {
                rank[*i as usize] = at;
            }
            let mut of_row = vec![0u32; group.rows as usize];
            for (row, which) in group.customer.rows.iter().zip(&words.which) {
                of_row[*row as usize] = rank[*which as usize];
            }
            sorted_by(&in_file, &of_row, words.len() + 1)
        }
        _ => in_file,
    };
    let events = match &group.event.values {
        Values::Words(words) => words.len() as u32 + 1,
        _ => 1,
    };
    let mut of_row = vec![0u32; group.rows as usize];
    if let Values::Words(words) = &group.event.values {
        for (row, which) in group.event.rows.iter().zip(&words.which) {
            of_row[*row as usize] = which + 1;
        }
    }
    for row in &group.shape.rows {
        let class = &mut of_row[*row as usize];
        *class += 1 + group.kind[*row as usize] as u32 * events;
    }
    for row in &group.json.rows {
        of_row[*row as usize] = 0;
    }
    sorted_by(&by_customer, &of_row, 1 + crate::line::Kind::ALL.len() * events as usize)
}

/// Rows by the numbers they have, which are less than `count`; of one number as they were.
fn sorted_by(rows: &[u32], of_row: &[u32], count: usize) -> Vec<u32> {
    let mut starts = vec![0u32; count + 1];
    for number in of_row {
        starts[*number as usize + 1] += 1;
    }
    for i in 1..starts.len() {
        starts[i] += starts[i - 1];
    }
    let mut sorted = vec![0u32; rows.len()];
    for row in rows {
        let next = &mut starts[of_row[*row as usize] as usize];
        sorted[*next as usize] = *row;
        *next += 1;
    }
    sorted
}

/// A column without gaps, in order.
fn dense(sparse: &Sparse, rows: usize, order: &[u32]) -> Result<ArrayRef, Error> {
    let mut of_row = vec![u32::MAX; rows];
    for (at, row) in (0u32..).zip(&sparse.rows) {
        of_row[*row as usize] = at;
    }
    let at = || order.iter().map(|row| Some(of_row[*row as usize]).filter(|at| *at != u32::MAX).map(|at| at as usize));
    Ok(match &sparse.values {
        Values::Bools(all) => Arc::new(at().map(|at| at.map(|at| all[at])).collect::<BooleanArray>()),
        Values::Ints(all) => Arc::new(at().map(|at| at.map(|at| all[at])).collect::<Int64Array>()),
        Values::Hashes(all) => Arc::new(at().map(|at| at.map(|at| all[at])).collect::<UInt64Array>()),
        Values::Numbers(all) => Arc::new(at().map(|at| at.map(|at| all[at])).collect::<Float64Array>()),
        Values::Moments(all) => {
            Arc::new(at().map(|at| at.map(|at| all[at])).collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
        }
        Values::Dates(all) => Arc::new(at().map(|at| at.map(|at| all[at])).collect::<Date32Array>()),
        Values::Texts(all) => Arc::new(at().map(|at| at.map(|at| all.get(at))).collect::<StringArray>()),
        Values::Words(all) => {
            let keys: Int32Array = at().map(|at| at.map(|at| all.which[at] as i32)).collect();
            let texts = StringArray::from_iter_values((0..all.len()).map(|i| all.texts.get(i)));
            Arc::new(DictionaryArray::<Int32Type>::try_new(keys, Arc::new(texts)).map_err(Error::output)?)
        }
    })
}
