//! Effects in columns: the parts of their JSON lines, words as dictionaries.

use crate::error::Error;
use arrow_array::builder::{
    FixedSizeBinaryBuilder, StringBuilder, StringDictionaryBuilder, TimestampMillisecondBuilder, UInt32Builder,
};
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use journey_runtime::host::memory::Outcome;
use journey_runtime::host::parallel;
use journey_runtime::input::{Effect, EffectKind};
use journey_runtime::program::Program;
use journey_runtime::record::materialise;
use journey_runtime::report::line;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use std::io::Write;
use std::sync::Arc;

/// Columns of words, in the order of a line; `time`, `customer` and `run` stand before them.
const WORDS: [&str; 16] = [
    "journey",
    "step",
    "kind",
    "from",
    "to",
    "experiment",
    "arm",
    "message",
    "channel",
    "locale",
    "offer",
    "field",
    "event",
    "webhook",
    "team",
    "reason",
];
/// Columns of text; the last four hold JSON.
const TEXTS: [&str; 6] = ["text", "detail", "key", "value", "inputs", "annotations"];
/// Columns of moments.
const MOMENTS: [&str; 2] = ["due", "until"];

fn schema() -> Schema {
    let moment = || DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()));
    let word = || DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let mut fields = vec![
        Field::new("time", moment(), false),
        Field::new("customer", DataType::Utf8, false),
        Field::new("run", DataType::UInt32, true),
    ];
    fields.extend(WORDS.iter().map(|name| Field::new(*name, word(), true)));
    fields.extend(TEXTS.iter().map(|name| Field::new(*name, DataType::Utf8, true)));
    fields.extend(MOMENTS.iter().map(|name| Field::new(*name, moment(), true)));
    fields.push(Field::new("id", DataType::FixedSizeBinary(16), true));
    Schema::new(fields)
}

/// Effects on their way into a batch.
struct Batch {
    time: TimestampMillisecondBuilder,
    customer: StringBuilder,
    run: UInt32Builder,
    words: Vec<StringDictionaryBuilder<Int32Type>>,
    texts: Vec<StringBuilder>,
    moments: Vec<TimestampMillisecondBuilder>,
    id: FixedSizeBinaryBuilder,
}

impl Batch {
    fn new() -> Batch {
        let moment = || TimestampMillisecondBuilder::new().with_timezone("UTC");
        Batch {
            time: moment(),
            customer: StringBuilder::new(),
            run: UInt32Builder::new(),
            words: WORDS.iter().map(|_| StringDictionaryBuilder::new()).collect(),
            texts: TEXTS.iter().map(|_| StringBuilder::new()).collect(),
            moments: MOMENTS.iter().map(|_| moment()).collect(),
            id: FixedSizeBinaryBuilder::new(16),
        }
    }

    fn take(&mut self, program: &Program, customer: &str, effect: &Effect) -> Result<(), Error> {
        let line = line::parts(&program.image, customer, effect);
        self.time.append_value(effect.time);
        self.customer.append_value(customer);
        self.run.append_option(line.run);
        let words = [
            line.journey,
            line.step,
            Some(line.kind),
            line.from,
            line.to,
            line.experiment,
            line.arm,
            line.message,
            line.channel,
            line.locale,
            line.offer,
            line.field,
            line.event,
            line.webhook,
            line.team,
            line.reason.as_deref(),
        ];
        for (column, word) in self.words.iter_mut().zip(words) {
            match word {
                Some(word) => {
                    column.append(word).map_err(Error::output)?;
                }
                None => column.append_null(),
            }
        }
        fn json(value: &Option<impl serde::Serialize>) -> Result<Option<String>, Error> {
            value.as_ref().map(serde_json::to_string).transpose().map_err(Error::output)
        }
        let texts = [
            line.text.map(str::to_string),
            line.detail.map(str::to_string),
            json(&line.key)?,
            json(&line.value)?,
            json(&line.inputs)?,
            json(&line.annotations)?,
        ];
        for (column, text) in self.texts.iter_mut().zip(texts) {
            column.append_option(text);
        }
        let (due, until) = match &effect.kind {
            EffectKind::Tasked { due, .. } => (*due, None),
            EffectKind::Held { until, .. } => (None, *until),
            _ => (None, None),
        };
        for (column, moment) in self.moments.iter_mut().zip([due, until]) {
            column.append_option(moment);
        }
        match effect.id {
            Some(id) => self.id.append_value(id.to_be_bytes()).map_err(Error::output)?,
            None => self.id.append_null(),
        }
        Ok(())
    }

    fn finish(mut self, schema: &Arc<Schema>) -> Result<RecordBatch, Error> {
        let mut arrays: Vec<ArrayRef> =
            vec![Arc::new(self.time.finish()), Arc::new(self.customer.finish()), Arc::new(self.run.finish())];
        arrays.extend(self.words.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef));
        arrays.extend(self.texts.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef));
        arrays.extend(self.moments.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef));
        arrays.push(Arc::new(self.id.finish()));
        RecordBatch::try_new(schema.clone(), arrays).map_err(Error::output)
    }
}

/// Writes all effects that were kept, ordered by moment, customer and sequence. Gives how many they are.
pub fn write_effects(
    program: &Program,
    outcome: &Outcome,
    to: impl Write + Send,
    threads: usize,
) -> Result<u64, Error> {
    let schema = Arc::new(schema());
    let properties = WriterProperties::builder()
        .set_created_by("journey".into())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).map_err(Error::output)?));
    let mut writer = ArrowWriter::try_new(to, schema.clone(), Some(properties.build())).map_err(Error::output)?;
    let threads = threads.max(1);
    let parts = outcome.parts();
    let mut written = 0;
    for some in parts.chunks(4 * threads) {
        let batches = parallel(threads, some.len(), |i| {
            let mut batch = Batch::new();
            let mut done = Ok(());
            outcome.each(&some[i], |told| {
                if done.is_ok() {
                    let effect = materialise(program, told.pool, told.effects, told.customer, told.record);
                    done = batch.take(program, told.customer, &effect);
                }
            });
            done.and_then(|()| batch.finish(&schema))
        });
        for batch in batches {
            let batch = batch?;
            written += batch.num_rows() as u64;
            writer.write(&batch).map_err(Error::output)?;
        }
    }
    writer.finish().map_err(Error::output)?;
    Ok(written)
}
