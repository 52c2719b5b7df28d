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

/// Milliseconds of this thread on a processor: other work on the machine disturbs it less than time on the wall.
fn thread_cpu() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}

/// What `work` gives; `least` becomes the shortest time it took so far.
fn timed<T>(least: &mut f64, work: impl FnOnce() -> T) -> T {
    let started = thread_cpu();
    let given = black_box(work());
    *least = least.min(thread_cpu() - started);
    given
}

/// From texts to a program that is ready, at three sizes: what grows faster than the project shows.
fn compile() {
    println!("compile, ms of CPU time on one thread");
    println!("  journeys    lines       parse      check      lower     verify      total    lines/s");
    for journeys in [JOURNEYS, 2 * JOURNEYS, 4 * JOURNEYS] {
        let files = work::large_project_of(journeys);
        let lines: usize = files.iter().map(|(_, text)| text.lines().count()).sum();
        let [mut parse, mut check, mut lower, mut verify, mut total] = [f64::MAX; 5];
        for _ in 0..5 {
            timed(&mut parse, || {
                let parsed =
                    files.iter().map(|(_, text)| journey_grammar::parse::parse(Default::default(), text).file.items);
                parsed.map(|items| items.len()).sum::<usize>()
            });
            timed(&mut total, || {
                let checked = timed(&mut check, || check_files(files.clone()));
                must_compile("the large project", &checked);
                let image = timed(&mut lower, || journey_compiler::lower::lower(&checked.program, &checked.sources));
                let program = timed(&mut verify, || Program::new(image));
                program
                    .map(|_| ())
                    .map_err(|errors| format!("{errors:?}"))
                    .expect("the compiler makes images that verify");
            });
        }
        let check = check - parse;
        println!(
            "  {journeys:>8} {lines:>8}  {parse:>10.1} {check:>10.1} {lower:>10.1} {verify:>10.1} {total:>10.1} {:>10.0}",
            lines as f64 / total * 1e3
        );
    }
}

fn run() {
    let files = vec![("shop.journey".to_string(), SHOP.to_string())];
    let checked = check_files(files);
    must_compile("the shop", &checked);
    let image = journey_compiler::lower::lower(&checked.program, &checked.sources);
    let program = Program::new(image).map_err(|e| format!("{e:?}")).expect("the compiler makes images that verify");
    let lines = work::visits(EVENTS, CUSTOMERS);
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
