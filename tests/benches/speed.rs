//! How fast the compiler and the memory host are: `cargo bench --bench speed`.
//!
//! Two workloads, both made here and the same on every run: a project of about ten thousand lines, and a year of events of many
//! customers through an abandoned-cart journey. Each is timed several times; the best is printed, since everything that disturbs a
//! measurement makes it slower. `docs/performance.md` says what was measured where.

use journey_runtime::host::memory::{self, Options};
use journey_runtime::program::Program;
use journey_tests::work::{self, JOURNEYS, SHOP};
use journey_tests::{check_files, must_compile};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Customers of the run, and events.
const CUSTOMERS: u64 = 100_000;
const EVENTS: u64 = 1_000_000;

fn main() {
    compile();
    run();
}

/// The best of several rounds, and what the last gave.
fn best<T>(rounds: usize, mut work: impl FnMut() -> T) -> (Duration, T) {
    let mut time = Duration::MAX;
    let mut result = None;
    for _ in 0..rounds {
        let started = Instant::now();
        let given = black_box(work());
        time = time.min(started.elapsed());
        result = Some(given);
    }
    (time, result.expect("there is at least one round"))
}

fn compile() {
    let files = work::large_project();
    let lines: usize = files.iter().map(|(_, text)| text.lines().count()).sum();
    let bytes: usize = files.iter().map(|(_, text)| text.len()).sum();
    println!("project: {lines} lines, {} journeys, {} kB", JOURNEYS, bytes / 1000);
    let (parse, _) = best(5, || {
        files
            .iter()
            .map(|(_, text)| journey_grammar::parse::parse(Default::default(), text).file.items.len())
            .sum::<usize>()
    });
    let (check, checked) = best(5, || check_files(files.clone()));
    must_compile("the large project", &checked);
    let (lower, image) = best(5, || journey_compiler::lower::lower(&checked.program, &checked.sources));
    let (verify, _) = best(5, || Program::new(image.clone()).map(|_| ()).map_err(|e| e.len()));
    for (what, time) in [("parse", parse), ("check, with parsing", check), ("lower", lower), ("verify", verify)] {
        println!("  {what:<20} {:>8.1} ms", time.as_secs_f64() * 1e3);
    }
}

fn run() {
    let files = vec![("shop.journey".to_string(), SHOP.to_string())];
    let checked = check_files(files);
    must_compile("the shop", &checked);
    let image = journey_compiler::lower::lower(&checked.program, &checked.sources);
    let program = Program::new(image).map_err(|e| format!("{e:?}")).expect("the compiler makes images that verify");
    let lines = work::events(EVENTS, CUSTOMERS);
    println!(
        "run: {EVENTS} events of {CUSTOMERS} customers, {} MB, {} bytes an event",
        lines.len() / 1_000_000,
        lines.len() as u64 / EVENTS
    );
    for threads in [1, 2] {
        let options = Options { threads, assume_consent: vec!["marketing".to_string()], ..Options::default() };
        let (time, outcome) =
            best(3, || memory::run(&program, lines.as_bytes(), &options, |_| {}).expect("memory can be read"));
        println!(
            "  {threads} thread(s)          {:>8.0} events/s   {:.0} ns an event",
            EVENTS as f64 / time.as_secs_f64(),
            time.as_nanos() as f64 / EVENTS as f64,
        );
        let memory = outcome.memory;
        let [states, ids, texts] = [memory.states, memory.ids, memory.texts].map(|m| m as u64 / outcome.customers);
        println!(
            "  bytes a customer     {states} state, {ids} id, {texts} texts; as laid out, without runs: {}",
            program.layout.fresh().len() * 8
        );
    }
}
