//! What journeys do to one another: in the recipes and examples, and in programs small enough to be understood at a glance (the files
//! of `conflicts/`, parts of which are programs of their own). Every conflict comes with a test, and the test passes.

mod examples;

use journey_compiler::lower::lower;
use journey_compiler::project::Checked;
use journey_compiler::prove::conflicts::{self, Conflicts, words};
use journey_compiler::prove::pressure::Analysis;
use journey_compiler::testing;
use journey_runtime::program::Program as Machine;
use std::fmt::Write;

fn find(checked: &Checked, pairs: usize) -> Conflicts {
    assert!(!checked.has_errors(), "{}", testing::render(checked));
    let program = &checked.program;
    let machine = Machine::new(lower(program, &checked.sources)).unwrap();
    conflicts::find(program, &machine, &mut Analysis::new(program), pairs)
}

/// What was found, in words; with its tests where asked.
fn said(checked: &Checked, found: &Conflicts, tests: bool) -> String {
    let program = &checked.program;
    let mut seen = format!("{}\n", words::lead(found));
    for meeting in &found.meetings {
        let start = words::start(program, meeting);
        let start = if start.is_empty() { start } else { format!(" ({start})") };
        let over = words::over(program, meeting);
        writeln!(seen, "\n{over}: {}{start}", words::meeting(program, meeting)).unwrap();
        writeln!(seen, "  {}", words::outcome(program, meeting)).unwrap();
        if tests {
            seen.push_str(&meeting.test);
        }
    }
    for circle in &found.circles {
        writeln!(seen, "\n{}", words::round(program, &circle.journeys)).unwrap();
        writeln!(seen, "  {}", words::circle(circle)).unwrap();
        if tests {
            seen.push_str(&circle.test);
        }
    }
    if found.not_ridden > 0 {
        writeln!(seen, "{} circles without an example", found.not_ridden).unwrap();
    }
    seen
}

fn tests(found: &Conflicts) -> String {
    let all = found.meetings.iter().map(|m| &m.test).chain(found.circles.iter().map(|c| &c.test));
    all.cloned().collect::<Vec<_>>().join("\n")
}

#[test]
fn examples() {
    let mut seen = String::new();
    for example in examples::all() {
        let checked = example.check("");
        let found = find(&checked, usize::MAX);
        // Recipes are about single journeys; what is said of several in one file is held by their tests.
        let said = if example.recipe { format!("{}\n", words::lead(&found)) } else { said(&checked, &found, false) };
        writeln!(seen, "# {}\n{said}", checked.program.name).unwrap();
        examples::passes(&example.check(&tests(&found)));
    }
    insta::assert_snapshot!(seen);
}

const BEFORE: &str = r#"
use std.messaging
purpose marketing "News"
purpose service "Service" needs no consent
policy consent for all journeys { require consent for marketing, per channel }
event asked "Asked" { id: text at most 40  value: int between 0 and 100 }
event bought "Bought" { id: text at most 40  value: int between 0 and 100 }
event gone "Gone" { id: text at most 40 }
profile { email: text?  risk: int = 0 }
message news for marketing { email { subject "News" body "News" } }
message more for marketing { email { subject "More" body "More" } }
message thanks for service { email { subject "Thanks" body "Thanks" } }
"#;

#[test]
fn programs() {
    insta::glob!("conflicts/*.journey", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        let mut seen = String::new();
        for part in text.split("// ---\n") {
            let program = format!("{BEFORE}{part}");
            let checked = testing::check(&program, &[], journey_stdlib::packs());
            let found = find(&checked, conflicts::PAIRS);
            writeln!(seen, "{}\n\n{}", part.trim(), said(&checked, &found, true)).unwrap();
            let pasted = testing::check(&format!("{program}\n{}", tests(&found)), &[], journey_stdlib::packs());
            let results = testing_results(&pasted);
            assert_eq!(results, "", "{}", path.display());
        }
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(seen);
        });
    });
}

fn testing_results(checked: &Checked) -> String {
    assert!(!checked.has_errors(), "{}", testing::render(checked));
    let plan = journey_compiler::lower::lower_tests(&checked.program, &checked.sources);
    let machine = Machine::new(lower(&checked.program, &checked.sources)).unwrap();
    let results = journey_runtime::testing::run(&machine, &plan, None);
    let failed = results.tests.iter().filter(|t| !t.passed());
    failed.map(|t| format!("{}: {:?}\n", t.title, t.failures)).collect()
}

/// A project of many journeys that all write for one purpose: so many pairs are played through and no more, and that is said.
#[test]
fn many_journeys() {
    let mut text = BEFORE.to_string();
    for n in 0..40 {
        text.push_str(&format!(
            "journey j{n} {{\n  trigger  on asked where value == {n}\n  re-entry after finishing\n  send news by email\n}}\n"
        ));
    }
    let checked = testing::check(&text, &[], journey_stdlib::packs());
    let found = find(&checked, 10);
    assert_eq!((found.pairs, found.tried), (40 * 39 / 2, 10));
    let said = words::lead(&found);
    assert!(said.contains("Of 10 that were played through"), "{said}");
    // Nobody asks two things in one event, so none of these is by one event.
    assert!(found.meetings.iter().all(|m| m.event.is_none()));
}
