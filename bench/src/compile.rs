//! Row `compile`: from ten thousand lines to a verified program.

use crate::Scale;
use crate::measure::{Contestant, Kind, Race, Sample, race, timed};
use crate::source;
use journey_compiler::lower::lower;
use journey_runtime::program::Program;
use journey_tests::work;

/// The races: each stage by itself, the floor being what reads every byte once.
pub fn run(scale: &Scale) -> Result<Vec<Race>, String> {
    let files = work::large_project();
    let lines: usize = files.iter().map(|(_, text)| text.lines().count()).sum();
    let checked = source::check(files.clone());
    if checked.has_errors() {
        return Err("the large project does not compile".to_string());
    }
    let image = lower(&checked.program, &checked.sources);
    let own = |sample: Sample| Sample { want: Some(sample.check), ..sample };
    let contestants = vec![
        Contestant::new(Kind::Floor, "words found by hand", "every byte is read, words are counted", |_| {
            own(timed(lines, || files.iter().map(|(_, text)| words(text.as_bytes())).sum()))
        }),
        Contestant::new(Kind::Ours, "parse", "with all that recovery needs", |_| {
            let items = |(_, text): &(String, String)| {
                journey_grammar::parse::parse(Default::default(), text).file.items.len() as u64
            };
            own(timed(lines, || files.iter().map(items).sum()))
        }),
        Contestant::new(Kind::Ours, "parse and check", "names, types, proofs", |_| {
            let files = files.clone();
            own(timed(lines, || source::check(files).diagnostics.len() as u64))
        }),
        Contestant::new(Kind::Ours, "lower", "to the image", |_| {
            own(timed(lines, || lower(&checked.program, &checked.sources).functions.len() as u64))
        }),
        Contestant::new(Kind::Ours, "verify", "and what a program works out once", |_| {
            let image = image.clone();
            own(timed(lines, || Program::new(image).map_or(0, |program| program.reads.len() as u64)))
        }),
        Contestant::new(Kind::Ours, "all of it", "from text to a program that is ready", |_| {
            let files = files.clone();
            own(timed(lines, || {
                let checked = source::check(files);
                let image = lower(&checked.program, &checked.sources);
                Program::new(image).map_or(0, |program| program.reads.len() as u64)
            }))
        }),
    ];
    let title = format!("compile, {} lines", crate::table::thousands(lines as u64));
    Ok(vec![race("compile", title, "line", scale.rounds(9), contestants)?])
}

/// How many words there are.
fn words(text: &[u8]) -> u64 {
    let mut inside = false;
    let mut count = 0;
    for byte in text {
        let letter = byte.is_ascii_alphanumeric() || *byte == b'_';
        count += u64::from(letter & !inside);
        inside = letter;
    }
    count
}
