//! Row `compile`: from ten thousand lines to a verified program.

use crate::Scale;
use crate::engines;
use crate::measure::{self, Contestant, Kind, Race, Sample, race, timed};
use crate::source;
use journey_compiler::lower::lower;
use journey_jit::Level;
use journey_runtime::program::Program;
use journey_tests::work;
use std::fmt::Write;
use std::process::{Command, Stdio};

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
    Ok(vec![race("compile", title, "line", scale.rounds(9), contestants)?, machine_code(scale)?, starts(scale)?])
}

/// Machine code of a journey with fifty places, each with its wait, its condition and its send.
fn machine_code(scale: &Scale) -> Result<Race, String> {
    let mut text = r#"use std.messaging
event seen "Seen" { value: money }
purpose service "Your visit" needs no consent
policy calm for all journeys { at most 5 messages per rolling 7 days, else drop }
message hello(value: money) for service { email { subject "Hello"  body "{{ value }}" } }
profile { points: int = 0 }
journey long {
  trigger  on seen as it where it.value > 10 EUR
  re-entry after finishing
"#
    .to_string();
    for n in 1..=50 {
        let _ = write!(
            text,
            "  wait {} hours\n  if it.value > {} EUR or profile.points > {n} {{ send hello(it.value) by email }}\n",
            n % 20 + 1,
            10 + n
        );
    }
    text.push_str("}\n");
    let program = source::program("long", &text)?;
    let levels = [(Kind::Floor, "not optimised", Level::None), (Kind::Ours, "optimised", Level::Speed)];
    let contestants = levels
        .into_iter()
        .map(|(kind, name, level)| {
            let program = &program;
            Contestant::new(kind, name, "tables, then machine code", move |_| {
                let mut bytes = 0;
                let sample = timed(1, || {
                    let made = engines::jit(program, level);
                    bytes = made.as_ref().map_or(0, |jit| jit.bytes() as u64);
                    u64::from(made.is_ok())
                });
                Sample { want: Some(1), bytes: Some(bytes), ..sample }
            })
        })
        .collect();
    race("compile", "machine code of a journey with 50 waits", "program", scale.rounds(9), contestants)
}

/// How long `journey run` takes for a project when there are no events: CPU time of the process from its beginning to its end.
fn starts(scale: &Scale) -> Result<Race, String> {
    let here = std::env::current_exe().map_err(|error| error.to_string())?;
    let command = here.with_file_name("journey");
    let events = scale.scratch.join("none.jsonl");
    std::fs::write(&events, "").map_err(|error| format!("{}: {error}", events.display()))?;
    let start = |arguments: &[&std::ffi::OsStr]| {
        let before = measure::children_cpu();
        let output = Command::new(&command).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
        let check = u64::from(output.is_ok_and(|status| status.success()));
        Sample { seconds: measure::children_cpu() - before, units: 1, check, want: Some(1), bytes: None }
    };
    let mut contestants =
        vec![Contestant::new(Kind::Floor, "journey --version", "a process, and nothing to do", |_| {
            start(&["--version".as_ref()])
        })];
    for example in ["retail", "telco", "saas"] {
        let folder = journey_tests::repository().join("examples").join(example);
        let (start, events) = (&start, &events);
        contestants.push(Contestant::new(
            Kind::Ours,
            format!("journey run examples/{example}"),
            "read, check, lower, verify; no events",
            move |_| start(&["run".as_ref(), folder.as_os_str(), "--events".as_ref(), events.as_os_str()]),
        ));
    }
    race("compile", "start of `journey run`", "start", scale.rounds(15), contestants)
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
