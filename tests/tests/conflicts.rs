//! What is said of journeys that meet is true of generated programs too: pasted into its program, every example compiles and passes.
//!
//! `JOURNEY_CONFLICTS_SEEDS=1000` (or `1000-2000`) takes so many seeds instead of those of every day.

use journey_compiler::lower::{lower, lower_tests};
use journey_compiler::prove::conflicts;
use journey_compiler::prove::pressure::Analysis;
use journey_runtime::program::Program as Machine;
use journey_tests::{check_text, findings, generate};

fn seeds() -> std::ops::Range<u64> {
    let wanted = std::env::var("JOURNEY_CONFLICTS_SEEDS").unwrap_or_default();
    match wanted.split_once('-') {
        Some((from, to)) => from.parse().unwrap()..to.parse().unwrap(),
        None => 0..wanted.parse().unwrap_or(60),
    }
}

/// How many conflicts were found in a program, or which of their examples is wrong.
fn held(text: &str) -> Result<usize, String> {
    let checked = check_text(text);
    if checked.has_errors() {
        return Ok(0);
    }
    let program = &checked.program;
    let machine = Machine::new(lower(program, &checked.sources)).unwrap();
    let found = conflicts::find(program, &machine, &mut Analysis::new(program), conflicts::PAIRS);
    let examples = found.meetings.iter().map(|m| &m.test).chain(found.circles.iter().map(|c| &c.test));
    let examples: Vec<String> = examples.cloned().collect();
    let pasted = check_text(&format!("{text}\n{}", examples.join("\n")));
    if pasted.has_errors() {
        return Err(format!("does not compile:\n{}", findings(&pasted)));
    }
    let machine = Machine::new(lower(&pasted.program, &pasted.sources)).unwrap();
    let results = journey_runtime::testing::run(&machine, &lower_tests(&pasted.program, &pasted.sources), None);
    let failed = results.tests.iter().find(|t| !t.passed());
    failed.map_or(Ok(examples.len()), |t| Err(format!("{}: {:?}", t.title, t.failures)))
}

#[test]
fn every_example_compiles_and_passes() {
    let (mut found, mut failed) = (0, Vec::new());
    for seed in seeds() {
        match held(&generate::program(seed).text()) {
            Ok(examples) => found += examples,
            Err(what) => failed.push(format!("seed {seed}: {what}")),
        }
    }
    println!("{found} examples");
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(found > 0, "no program has journeys that meet");
}
