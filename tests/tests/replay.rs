//! The main claim of a replay: the same events give the same bytes, whatever the threads, and however the lines of different customers
//! stand among each other. Shown on the real orders of the `cdnow` example.

use journey_runtime::batch::Reference;
use journey_runtime::host::memory::{self, Options};
use journey_runtime::program::Program;
use journey_runtime::report::human;
use journey_runtime::report::line;
use journey_runtime::report::summary::Summary;
use journey_tests::{check_folder, repository};
use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;

/// Summary and effects.
fn replay(program: &Program, lines: &str, options: Options) -> (String, String) {
    let options = Options {
        until: Some(915_148_799_999),
        assume_consent: vec!["marketing".to_string()],
        keep_effects: true,
        ..options
    };
    let outcome = memory::run(program, lines.as_bytes(), &options, |_| {}).unwrap();
    let mut written = Vec::new();
    let write = |lines: &[u8]| {
        written.extend_from_slice(lines);
        Ok(())
    };
    outcome.write_effects(program, options.threads, write).unwrap();
    let effects: Vec<String> = outcome.effects(program).map(|(who, e)| line::effect(&program.image, who, &e)).collect();
    assert!(String::from_utf8(written).unwrap().lines().eq(&effects), "lines are written as what they mean");
    // Memory is what it is: texts are shared in the order in which they come.
    let mut summary = Summary::new(&program.image, &outcome, Vec::new());
    summary.memory = Default::default();
    (human::summary(&summary, 100).to_string(), effects.join("\n"))
}

#[test]
fn a_replay_gives_the_same_bytes_for_any_threads_and_interleaving() {
    let folder = repository().join("examples/cdnow");
    let checked = check_folder(&folder);
    let mut image = journey_compiler::lower::lower(&checked.program, &checked.sources);
    journey_runtime::host::assume_reachable(&mut image, &["email".to_string()]);
    let program = Program::new(image).unwrap();
    let mut text = String::new();
    let file = std::fs::File::open(folder.join("orders.jsonl.gz")).unwrap();
    flate2::read::MultiGzDecoder::new(file).read_to_string(&mut text).unwrap();
    // A part of the customers will do; whole histories.
    let of = |line: &str| line.split("\"userId\":\"").nth(1).unwrap()[..5].parse::<u32>().unwrap();
    let lines: Vec<&str> = text.lines().filter(|l| of(l) <= 3_000).collect();
    let as_recorded = lines.join("\n");
    // One customer after the other, the last first: each customer's own lines keep their order.
    let mut by_customer: BTreeMap<u32, Vec<&str>> = BTreeMap::new();
    lines.iter().for_each(|l| by_customer.entry(of(l)).or_default().push(l));
    let by_customer = by_customer.into_values().rev().flatten().collect::<Vec<_>>().join("\n");
    let reference = Options { engine: Some(Arc::new(Reference)), ..Options::default() };
    let first = replay(&program, &as_recorded, reference);
    assert!(first.1.lines().count() > 20_000, "{}", first.1.lines().count());
    for (lines, options) in [
        (&as_recorded, Options { threads: 2, ..Options::default() }),
        (&as_recorded, Options { threads: 7, shards: 3, batch: 1, ..Options::default() }),
        (&as_recorded, Options::default()),
        (&by_customer, Options { batch: 1000, ..Options::default() }),
        (&by_customer, Options { threads: 3, shards: 40, batch: 7, ..Options::default() }),
    ] {
        let again = replay(&program, lines, options);
        assert_eq!(again.0, first.0);
        assert!(again.1 == first.1, "the effects differ");
    }
}
