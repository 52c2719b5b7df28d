//! Every way of running a program means the same: shown on programs and streams by chance, and on those that once went wrong.
//!
//! `JOURNEY_EQUAL_SEEDS=200` (or `1000-2000`) takes so many seeds instead of those of every day. What goes wrong is shrunk and kept in
//! `tests/equal`, where it is run for ever.

use journey_runtime::program::Program;
use journey_tests::equal::direct::{self, Came, How};
use journey_tests::equal::{self, Done, cases};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// After all that happens in the examples: 1 January 2028.
const HORIZON: i64 = 1_830_297_600_000;

/// The seeds: from, and up to (not included).
fn seeds() -> (u64, u64) {
    let wanted = std::env::var("JOURNEY_EQUAL_SEEDS").unwrap_or_default();
    match wanted.split_once('-') {
        Some((from, to)) => (from.parse().unwrap(), to.parse().unwrap()),
        None => (0, wanted.parse().unwrap_or(110)),
    }
}

#[test]
fn generated_programs_mean_the_same_in_every_way() {
    let (from, to) = seeds();
    let next = AtomicU64::new(from);
    let found: Mutex<(Done, Vec<String>)> = Mutex::default();
    std::panic::set_hook(Box::new(|_| {}));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= to {
                        break;
                    }
                    let came = equal::seed(seed, 3, 250);
                    let mut found = found.lock().unwrap();
                    match came {
                        Ok(done) => found.0.add(done),
                        Err(what) => {
                            println!("{what}\n");
                            found.1.push(what);
                        }
                    }
                }
            });
        }
    });
    let _ = std::panic::take_hook();
    let (done, wrong) = found.into_inner().unwrap();
    println!(
        "{} of {} programs accepted, {} steps, {} effects; the VM left {} of {} inputs to the reference",
        done.accepted, done.programs, done.steps, done.effects, done.vm.1, done.vm.0
    );
    assert!(wrong.is_empty(), "{} seeds differ:\n{}", wrong.len(), wrong.join("\n\n"));
    assert!(done.vm.1 * 200 <= done.vm.0, "the VM does nearly everything itself");
    assert!(done.accepted * 100 >= done.programs * 90, "too many generated programs do not compile");
}

#[test]
fn examples_mean_the_same_in_every_engine() {
    for folder in journey_tests::projects("examples") {
        let Ok(lines) = std::fs::read(folder.join("events.jsonl")) else { continue };
        let checked = journey_tests::check_folder(&folder);
        let image = journey_compiler::lower::lower(&checked.program, &checked.sources);
        let program = Program::new(image).unwrap();
        let mut first: Option<Came> = None;
        for (name, engine) in equal::engines(&program) {
            let how = How { engine: &*engine, batch: 1024, move_house: 0 };
            let came = direct::run(&program, &lines, HORIZON, how);
            match &first {
                None => first = Some(came),
                Some(first) => {
                    let differs = first.told.differs(&came.told);
                    assert_eq!(differs, None, "{}, {name}", folder.display());
                    assert_eq!(came.left, 0, "{}, {name}: left to the reference", folder.display());
                }
            }
        }
    }
}

#[test]
fn what_once_went_wrong_stays_right() {
    for (name, case) in cases::all() {
        let program = equal::compile(&case.program).unwrap_or_else(|| panic!("{name} does not compile"));
        if let Err(what) = equal::check(&program, &case.stream, true) {
            panic!("{name}: {what}");
        }
    }
}
