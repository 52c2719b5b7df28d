//! What is proven of the recipes and examples; every limit that can be reached is shown to be reached by a test that passes; and how
//! near to the bounds these tests come.

mod examples;

use journey_compiler::hir::Program;
use journey_compiler::lower::lower;
use journey_compiler::prove::conflicts;
use journey_compiler::prove::pressure::{self, Analysis, Pressure, WINDOWS, words};
use journey_compiler::prove::witness;
use journey_runtime::input::EffectKind;
use journey_runtime::program::Program as Machine;
use journey_runtime::report::story::{Entry, What};
use journey_runtime::testing::{Happened, TestResult};
use std::fmt::Write;

const DAY: i64 = 86_400_000;

#[test]
fn limits_of_the_examples() {
    let mut seen = String::new();
    for example in examples::all() {
        let checked = example.check("");
        let program = &checked.program;
        let machine = Machine::new(lower(program, &checked.sources)).unwrap();
        let found = pressure::pressure(program);
        writeln!(seen, "# {}\n{}", program.name, words::lead(&found)).unwrap();
        let mut analysis = Analysis::new(program);
        let mut tests = String::new();
        for verdict in &found.rules {
            let rule = words::rule(program, &checked.sources, verdict);
            writeln!(seen, "\n{rule}\n  {}", words::verdict(program, verdict)).unwrap();
            match witness::find(program, &machine, &mut analysis, verdict) {
                Some(witness) => {
                    writeln!(seen, "  {}\n{}", witness.detail, witness.test).unwrap();
                    tests.push_str(&witness.test);
                    tests.push('\n');
                }
                None if verdict.proven() => {}
                None => writeln!(seen, "  no witness found").unwrap(),
            }
        }
        seen.push('\n');
        // Pasted into the project they compile, and pass.
        examples::passes(&example.check(&tests));
    }
    insta::assert_snapshot!(seen);
}

/// How near the examples that are found come to the bounds. A bound that becomes looser, or an example that is lost, is seen here.
#[test]
fn how_tight_the_bounds_of_the_examples_are() {
    let mut seen = String::new();
    for example in examples::all().iter().filter(|e| !e.recipe) {
        let checked = example.check("");
        let program = &checked.program;
        let machine = Machine::new(lower(program, &checked.sources)).unwrap();
        let found = pressure::pressure(program);
        let mut analysis = Analysis::new(program);
        let of_rules = found.rules.iter().map(|v| witness::find(program, &machine, &mut analysis, v));
        let of_rules: Vec<_> = of_rules.collect();
        let mut tests: Vec<String> = of_rules.iter().flatten().map(|w| w.test.clone()).collect();
        let conflicts = conflicts::find(program, &machine, &mut analysis, usize::MAX);
        tests.extend(conflicts.meetings.into_iter().map(|m| m.test));
        let played = examples::passes(&example.check(&tests.join("\n")));
        writeln!(seen, "# {}", program.name).unwrap();
        for (verdict, witness) in found.rules.iter().zip(&of_rules) {
            let reached = match witness {
                Some(witness) if witness.sent >= verdict.allowed as usize => "reached, and the next one kept back",
                Some(_) => "reached",
                None if verdict.proven() => "never reached, proven",
                None => "may be reached; no example",
            };
            writeln!(seen, "{}: {reached}", words::rule(program, &checked.sources, verdict)).unwrap();
        }
        seen.push_str(&bounds(program, &machine, &found, &played));
        seen.push('\n');
    }
    insta::assert_snapshot!(seen);
}

/// For each kind of message and each window: the bound, and the most that an example has.
fn bounds(program: &Program, machine: &Machine, found: &Pressure, played: &[TestResult]) -> String {
    let mut sent: Vec<Vec<(i64, usize, usize)>> = Vec::new();
    for result in played {
        let of = |happened: &Happened| {
            let Happened::Entry(Entry { what: What::Effect(effect), .. }) = happened else { return None };
            let EffectKind::Sent { message, channel, .. } = effect.kind else { return None };
            let message = &machine.image.messages[usize::from(message)].name;
            let message = program.messages.iter().find(|m| m.name == *message)?;
            let channel = &machine.image.channels[usize::from(channel)].name;
            Some((effect.time, message.purpose, program.channels.iter().position(|c| c.name == *channel)?))
        };
        sent.push(result.happened.iter().filter_map(|h| of(&h.what)).collect());
    }
    let mut seen = String::new();
    for worst in &found.kinds {
        let counts = |p: usize, c: usize| worst.purpose.is_none_or(|w| w == p) && worst.channel.is_none_or(|w| w == c);
        let most = |days: i64| {
            let in_one = |sent: &Vec<(i64, usize, usize)>| {
                let times: Vec<i64> = sent.iter().filter(|(_, p, c)| counts(*p, *c)).map(|(t, ..)| *t).collect();
                let from = |at: &i64| times.iter().filter(|t| *t >= at && **t < at + days * DAY).count();
                times.iter().map(from).max().unwrap_or(0)
            };
            sent.iter().map(in_one).max().unwrap_or(0)
        };
        let cells = worst.windows.iter().zip(WINDOWS).filter_map(|(window, days)| {
            let bound = window.with_policies.number()?;
            let reached = if most(days) as u64 == bound { " (reached)" } else { "" };
            Some(format!("{} of {bound} in {days} d{reached}", most(days)))
        });
        let cells: Vec<String> = cells.collect();
        let kind = words::messages(program, worst.purpose, worst.channel);
        let said = if cells.is_empty() { "no bound".to_string() } else { cells.join(", ") };
        writeln!(seen, "{kind}: {said}").unwrap();
    }
    seen
}
