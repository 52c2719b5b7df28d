//! Work whose instructions `.ci/instructions` counts: the same on every run, on one thread, without a clock.
//!
//! `counted compile` makes a program of ten thousand lines; `counted prove` proves all that can be proven of it, with the examples of rules
//! that are exceeded. `counted replay FILE` runs a shop on the events of a file, which
//! `counted events FILE` writes.

// The work of the benchmarks; it stands here so that nothing but the compiler and the runtime has to be built for it.
#[allow(dead_code, reason = "the benchmarks use all of it")]
#[path = "../../tests/src/work.rs"]
mod work;

use journey_compiler::project::{Checked, Project};
use journey_compiler::prove::pressure::{self, Analysis};
use journey_compiler::prove::{consent, stay, witness};
use journey_runtime::host::memory::{self, Options};
use journey_runtime::program::Program;
use std::hint::black_box;
use std::process::ExitCode;

const EVENTS: u64 = 50_000;
const CUSTOMERS: u64 = 5_000;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["compile"] => {
            black_box(compile(work::large_project()));
            Ok(())
        }
        ["prove"] => {
            prove(work::large_project());
            Ok(())
        }
        ["events", file] => std::fs::write(file, work::carts(EVENTS, CUSTOMERS)).map_err(|e| e.to_string()),
        ["replay", file] => std::fs::read(file).map_err(|e| e.to_string()).and_then(|events| replay(&events)),
        _ => Err("counted compile | counted prove | counted events FILE | counted replay FILE".to_string()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn compile(files: Vec<(String, String)>) -> Program {
    machine(&check(files))
}

fn prove(files: Vec<(String, String)>) {
    let checked = check(files);
    let (program, machine) = (&checked.program, machine(&checked));
    let found = pressure::pressure(program);
    let mut analysis = Analysis::new(program);
    for rule in &found.rules {
        black_box(witness::find(program, &machine, &mut analysis, rule));
    }
    black_box((stay::stays(program), consent::table(program)));
}

fn check(files: Vec<(String, String)>) -> Checked {
    let none = |_: &str| Err("there are no other files".to_string());
    let settings = "[project]\nname = \"work\"\ntime_zone = \"Europe/Berlin\"\ncurrency = \"EUR\"\n".to_string();
    let project = Project { settings, files, assets: &none, packs: journey_stdlib::packs() };
    let checked = journey_compiler::check::check(&project);
    assert!(!checked.has_errors(), "{:?}", checked.diagnostics);
    checked
}

fn machine(checked: &Checked) -> Program {
    let image = journey_compiler::lower::lower(&checked.program, &checked.sources);
    Program::new(image).map_err(|errors| format!("{errors:?}")).expect("the compiler makes images that verify")
}

fn replay(events: &[u8]) -> Result<(), String> {
    let program = compile(vec![("shop.journey".to_string(), work::SHOP.to_string())]);
    let options = Options { threads: 1, assume_consent: vec!["marketing".to_string()], ..Options::default() };
    let outcome = memory::run(&program, events, &options, |_| {}).map_err(|e| e.to_string())?;
    if outcome.messages != EVENTS {
        return Err(format!("{} events were run, not {EVENTS}", outcome.messages));
    }
    Ok(())
}
