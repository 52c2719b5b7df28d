//! Bounds on contact pressure are never exceeded: generated programs, and what happens in them by chance, run by the reference.
//!
//! `JOURNEY_PRESSURE_SEEDS=1000` (or `1000-2000`) takes so many seeds instead of those of every day. A program and stream that exceed a
//! bound are kept in `tests/pressure`, and run for ever.

use journey_compiler::prove::pressure::rules::Kind;
use journey_compiler::prove::pressure::{self, Analysis, Most, Verdict};
use journey_runtime::batch::Reference;
use journey_runtime::input::{Effect, EffectKind};
use journey_runtime::program::Program as Machine;
use journey_tests::equal::{self, cases, direct};
use journey_tests::generate;
use journey_tests::generate::stream::{self, Said};
use std::collections::BTreeMap;
use std::path::PathBuf;

const DAY: i64 = 86_400_000;
const WINDOWS: [i64; 4] = [DAY / 24, DAY, 7 * DAY, 30 * DAY];

fn folder() -> PathBuf {
    journey_tests::repository().join("tests/pressure")
}

fn seeds() -> std::ops::Range<u64> {
    let wanted = std::env::var("JOURNEY_PRESSURE_SEEDS").unwrap_or_default();
    match wanted.split_once('-') {
        Some((from, to)) => from.parse().unwrap()..to.parse().unwrap(),
        None => 0..wanted.parse().unwrap_or(80),
    }
}

/// What is proven holds while a customer stays in one time zone.
fn at_home(stream: Vec<Said>) -> Vec<Said> {
    let moves = |line: &[u8]| {
        let text = String::from_utf8_lossy(line);
        text.contains("time_zone") || text.contains("timezone")
    };
    stream.into_iter().filter(|said| !moves(&said.line)).collect()
}

/// The most hand-overs in a window that are so.
fn most(sent: &[(i64, usize, usize)], window: i64, of: impl Fn(usize, usize) -> bool) -> u64 {
    let times: Vec<i64> = sent.iter().filter(|(_, p, c)| of(*p, *c)).map(|(time, ..)| *time).collect();
    let within = |from: usize| times[from..].iter().take_while(|t| **t - times[from] < window).count();
    (0..times.len()).map(within).max().unwrap_or(0) as u64
}

/// What a stream shows to be wrong, in words. Counts the bounds that were reached to the last message.
fn wrong(checked: &journey_compiler::project::Checked, stream: &[Said], tight: &mut u64) -> Option<String> {
    let program = &checked.program;
    let machine = Machine::new(journey_compiler::lower::lower(program, &checked.sources)).unwrap();
    let found = pressure::pressure(program);
    let how = direct::How { engine: &Reference, batch: 1, move_house: 0 };
    let came = direct::run(&machine, &stream::bytes(stream), equal::horizon(stream), how);
    let mut of: BTreeMap<&str, Vec<&Effect>> = BTreeMap::new();
    came.effects.iter().for_each(|(who, effect)| of.entry(who.as_str()).or_default().push(effect));
    let mut analysis = Analysis::new(program);
    let mut bounds = BTreeMap::new();
    for (who, effects) in of {
        let mut sent: Vec<(i64, usize, usize)> = Vec::new();
        for effect in &effects {
            match &effect.kind {
                EffectKind::Sent { message, channel, .. } => {
                    let name = &machine.image.messages[usize::from(*message)].name;
                    let message = program.messages.iter().find(|m| m.name == *name).unwrap();
                    let channel = &machine.image.channels[usize::from(*channel)].name;
                    let channel = program.channels.iter().position(|c| c.name == *channel).unwrap();
                    sent.push((effect.time, message.purpose, channel));
                }
                EffectKind::Refused { detail, .. } | EffectKind::Held { detail, .. } => {
                    let said = |v: &&Verdict| {
                        let rule = &machine.image.rules[v.number];
                        detail.contains(&format!("{} ({})", rule.text, rule.policy))
                    };
                    if let Some(verdict) = found.rules.iter().find(said)
                        && found.rules.iter().filter(said).all(Verdict::proven)
                    {
                        return Some(format!("{who}: kept back by a rule that was proven ({verdict:?}): {detail}"));
                    }
                }
                _ => {}
            }
        }
        sent.sort_unstable();
        for worst in &found.kinds {
            for window in WINDOWS {
                let kind = Kind::Of(worst.purpose, worst.channel);
                let bound = *bounds
                    .entry((worst.purpose, worst.channel, window))
                    .or_insert_with(|| analysis.at_most(kind, window, found.holding));
                let of = |p, c| worst.purpose.is_none_or(|w| w == p) && worst.channel.is_none_or(|w| w == c);
                let most = most(&sent, window, of);
                *tight += u64::from(Most::Of(most) == bound && most > 0);
                if Most::Of(most) > bound {
                    return Some(format!(
                        "{who}: {most} in {} hours, proven {bound:?}, for {kind:?}",
                        window / 3_600_000
                    ));
                }
            }
        }
    }
    None
}

#[test]
fn no_customer_ever_gets_more_than_the_bound() {
    let (mut accepted, mut tight, mut failed) = (0, 0, Vec::new());
    for seed in seeds() {
        let text = generate::program(seed).text();
        let checked = journey_tests::check_text(&text);
        if checked.has_errors() || text.contains("set profile.time_zone") {
            continue;
        }
        accepted += 1;
        let machine = Machine::new(journey_compiler::lower::lower(&checked.program, &checked.sources)).unwrap();
        for n in 0..2 {
            let stream = at_home(equal::happens(&machine, seed.wrapping_mul(1_000).wrapping_add(n), 250));
            if let Some(what) = wrong(&checked, &stream, &mut tight) {
                let path = folder().join(format!("seed_{seed}.journey"));
                let kept = std::fs::create_dir_all(folder())
                    .and_then(|()| std::fs::write(&path, &text))
                    .and_then(|()| std::fs::write(path.with_extension("jsonl"), stream::bytes(&stream)));
                failed.push(format!("seed {seed}: {what}\n  kept: {kept:?} {}", path.display()));
                break;
            }
        }
    }
    println!("{accepted} programs, {tight} bounds reached to the last message");
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(accepted > 0 && tight > 0);
}

#[test]
fn what_once_exceeded_a_bound_stays_within_it() {
    let Ok(entries) = std::fs::read_dir(folder()) else { return };
    let mut paths: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
    paths.sort();
    for path in paths.iter().filter(|p| p.extension().is_some_and(|e| e == "journey")) {
        let checked = journey_tests::check_text(&std::fs::read_to_string(path).unwrap());
        let stream = cases::said(&std::fs::read(path.with_extension("jsonl")).unwrap());
        assert_eq!(wrong(&checked, &stream, &mut 0), None, "{}", path.display());
    }
}
