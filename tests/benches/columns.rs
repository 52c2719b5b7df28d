//! How fast a history in columns is read, beside the same history as JSON lines: `cargo bench --bench columns`.
//!
//! Each way runs on one thread, in turns, so that what disturbs the machine disturbs both alike; the best round counts. Time is what the
//! kernel says this process has had of the processors. "Decoding" is a run whose engine does nothing with its batches.

use journey_columns::{History, Options as Writing, Replay};
use journey_runtime::batch::{Batch, Engine, Parts};
use journey_runtime::host::memory::{self, Options, Outcome};
use journey_runtime::host::source::Source;
use journey_runtime::ingest::Decoder;
use journey_runtime::program::Program;
use journey_tests::work::{self, SHOP};
use journey_tests::{check_files, must_compile};
use std::fs::File;
use std::hint::black_box;
use std::ops::Range;
use std::sync::Arc;

const CUSTOMERS: u64 = 100_000;
const EVENTS: u64 = 1_000_000;
const ROUNDS: usize = 5;

/// Does nothing, and says that all is done.
#[derive(Debug)]
struct Idle;

impl Engine for Idle {
    fn batch(&self, _: &mut Parts<'_>, batch: &Batch, _: usize) -> usize {
        batch.items.len()
    }

    fn end(&self, _: &mut Parts<'_>, _: i64, customers: Range<u32>) -> u32 {
        customers.end
    }
}

/// Nanoseconds that the threads of this process have run, those that have ended included.
fn cpu() -> u64 {
    // utime and stime, in hundredths of a second; the main thread is finer.
    let stat = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    stat.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or_default()
}

fn main() {
    let checked = check_files(vec![("shop.journey".to_string(), SHOP.to_string())]);
    must_compile("the shop", &checked);
    let image = journey_compiler::lower::lower(&checked.program, &checked.sources);
    let program = Program::new(image).map_err(|e| format!("{e:?}")).expect("the compiler makes images that verify");
    let lines = work::visits(EVENTS, CUSTOMERS);
    let path = std::env::temp_dir().join(format!("journey-columns-{}.parquet", std::process::id()));
    let before = cpu();
    let written = journey_columns::write(
        || Ok(lines.as_bytes()),
        File::create(&path).expect("the folder of temporary files can be written"),
        &Writing::default(),
        |_| {},
    )
    .expect("the history can be written");
    println!(
        "{EVENTS} events of {CUSTOMERS} customers: {} bytes an event as JSON, {} in columns; converted at {} ns an event, {} kept as JSON",
        written.bytes_before / EVENTS,
        written.bytes_after / EVENTS,
        (cpu() - before) / EVENTS,
        written.as_json,
    );
    let history = History::open(&path).expect("it is a history");
    let decoder = Decoder::new(&program.image);
    let options = |engine: Option<Arc<dyn Engine>>| Options {
        threads: 1,
        assume_consent: vec!["marketing".to_string()],
        engine,
        ..Options::default()
    };
    let by_lines =
        |options: &Options| memory::run(&program, lines.as_bytes(), options, |_| {}).expect("memory is read");
    let by_columns = |options: &Options| {
        let replay = Replay::new(&history, &program, &decoder, options.until, options.shard_count());
        memory::run_source(&program, &decoder, &replay, options, |_| {}).expect("the file is read")
    };
    let (idle, whole) = (options(Some(Arc::new(Idle))), options(None));
    let mut best = [u64::MAX; 5];
    let mut time = |which: usize, work: &dyn Fn() -> Option<Outcome>| {
        let before = cpu();
        let outcome = black_box(work());
        best[which] = best[which].min(cpu() - before);
        outcome
    };
    for _ in 0..ROUNDS {
        time(0, &|| Some(by_lines(&idle)));
        time(1, &|| Some(by_columns(&idle)));
        time(2, &|| {
            let replay = Replay::new(&history, &program, &decoder, None, 16);
            (0..replay.pieces()).for_each(|piece| drop(replay.load(piece).expect("the file is read")));
            None
        });
        let lines = time(3, &|| Some(by_lines(&whole)));
        let columns = time(4, &|| Some(by_columns(&whole)));
        let totals = |outcome: Option<Outcome>| outcome.map(|outcome| (outcome.customers, outcome.tally));
        assert!(totals(lines) == totals(columns), "both ways come to the same");
    }
    let [json, columns, loading, json_run, columns_run] = best.map(|time| time as f64 / EVENTS as f64);
    println!(
        "  decoding  JSON lines {json:>7.1} ns an event   columns {columns:>6.1} (of these loading {loading:.1})   {:.1}×",
        json / columns
    );
    println!(
        "  a run     JSON lines {json_run:>7.1} ns an event   columns {columns_run:>6.1}   {:.1}×",
        json_run / columns_run
    );
    let _ = std::fs::remove_file(&path);
}
