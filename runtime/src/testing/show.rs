//! Results of tests for people, as JSON, and as JUnit reads them.

use super::coverage::Coverage;
use super::run::{Failure, Happened, Results, TestResult};
use crate::program::Program;
use crate::report::human::{Text, Tone, left};
use crate::report::story::{What, effect_in_words};
use crate::report::words::{date, share, time};
use serde_json::{Value, json};
use std::fmt::Write;

/// A failing test: its time-line, and what was expected where it failed.
pub fn failing(program: &Program, test: &TestResult) -> Text {
    let mut out = Text::default();
    out.line()
        .add(Tone::Bad, "✗ ")
        .add(Tone::Strong, test.title.clone())
        .add(Tone::Dim, format!("  {}:{}", test.file, test.line));
    timeline(program, test, &mut out);
    for failure in &test.failures {
        out.line();
        tell(&mut out, test, failure);
    }
    out
}

fn tell(out: &mut Text, test: &TestResult, failure: &Failure) {
    out.line().add(Tone::Dim, format!("    {}:{}", test.file, failure.line));
    out.line().add(Tone::Plain, "    expected  ").add(Tone::Good, failure.expected.clone());
    for (i, got) in failure.got.iter().enumerate() {
        out.line()
            .add(Tone::Plain, if i == 0 { "    but       " } else { "              " })
            .add(Tone::Bad, got.clone());
    }
}

/// All that happened, in order of time. What differs from what was expected is marked.
fn timeline(program: &Program, test: &TestResult, out: &mut Text) {
    let mut happened: Vec<_> = test.happened.iter().enumerate().collect();
    // Customers live beside each other; a stable sort brings their times together and keeps each one's order.
    happened.sort_by_key(|(_, happening)| happening.what.time());
    let names = test.customers.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let several = test.customers.len() > 1;
    let (mut day, mut clock) = (None, None);
    for (i, happening) in happened {
        let zone = program.zones.get(happening.zone);
        let at = happening.what.time();
        let local = zone.local(at);
        if day != Some(local.date) {
            (day, clock) = (Some(local.date), None);
            out.line().add(Tone::Dim, format!("    {}", date(local.date)));
        }
        let shown = if clock == Some(local.time) { String::new() } else { time(local.time) };
        let who = match happening.who {
            Some(who) if several => format!("{}  ", left(&test.customers[who], names)),
            _ if several => " ".repeat(names + 2),
            _ => String::new(),
        };
        let (mark, tone, words) = match &happening.what {
            Happened::Entry(entry) => {
                let journey = entry
                    .journey
                    .map_or(String::new(), |j| format!("{}: ", program.image.journeys[usize::from(j)].name));
                match &entry.what {
                    What::Zone(..) => continue,
                    What::Input(words) => (" ", Tone::Strong, words.clone()),
                    What::Told(words) => (" ", Tone::Dim, format!("  {journey}{words}")),
                    What::Effect(effect) => {
                        let (tone, words) = effect_in_words(program, effect, zone);
                        let differs = test.failures.iter().any(|failure| failure.marks.contains(&i));
                        (
                            if differs { "✗" } else { " " },
                            if differs { Tone::Bad } else { tone },
                            format!("→ {journey}{words}"),
                        )
                    }
                }
            }
            Happened::Rejected(_, problem) => ("!", Tone::Bad, format!("rejected: {problem}")),
            Happened::Expected(_, _, words, true) => ("✓", Tone::Dim, words.clone()),
            Happened::Expected(_, _, words, false) => ("✗", Tone::Bad, words.clone()),
        };
        clock = Some(local.time);
        out.line().add(Tone::Dim, format!("    {shown:<9}")).add(tone, format!("{mark} {who}{words}"));
    }
}

/// All results: failing tests with their time-lines, then how many passed.
pub fn human(program: &Program, results: &Results) -> Text {
    let mut out = Text::default();
    for test in results.tests.iter().filter(|test| !test.passed()) {
        out.append(failing(program, test));
        out.line();
    }
    let failed = results.failed();
    let passed = results.tests.len() - failed;
    let line = out.line();
    if failed > 0 {
        line.add(Tone::Bad, format!("{failed} failed, "));
    }
    line.add(if failed > 0 { Tone::Plain } else { Tone::Good }, format!("{passed} passed"));
    let (taken, all) = results.coverage.sum();
    if all > 0 {
        line.add(
            Tone::Dim,
            format!("; tests took {taken} of {all} steps and branches ({})", share(taken as u64, all as u64)),
        );
    }
    out
}

/// Steps and branches that no test took.
pub fn coverage(coverage: &Coverage) -> Text {
    let mut out = Text::default();
    for journey in &coverage.journeys {
        let line = out.line();
        line.add(Tone::Strong, journey.name.clone())
            .add(Tone::Dim, format!("  {} of {} steps and branches", journey.taken, journey.all));
        let place = |untaken: &super::Untaken| format!("{}:{}", untaken.file, untaken.line);
        let width = journey.untaken.iter().map(|u| place(u).chars().count()).max().unwrap_or(0);
        for untaken in &journey.untaken {
            out.line()
                .add(Tone::Dim, format!("  {}  ", left(&place(untaken), width)))
                .add(Tone::Plain, untaken.text.clone());
        }
    }
    out
}

/// Results for programs.
pub fn json(program: &Program, results: &Results) -> Value {
    let failure = |failure: &Failure| json!({ "line": failure.line, "expected": failure.expected, "got": failure.got });
    let test = |test: &TestResult| {
        let mut shown = json!({
            "title": test.title,
            "file": test.file,
            "line": test.line,
            "passed": test.passed(),
        });
        if !test.passed() {
            shown["failures"] = test.failures.iter().map(failure).collect();
            let mut text = Text::default();
            timeline(program, test, &mut text);
            shown["timeline"] = text.to_string().into();
        }
        shown
    };
    let untaken = |u: &super::Untaken| json!({ "file": u.file, "line": u.line, "text": u.text });
    let journeys = results.coverage.journeys.iter().map(|journey| {
        json!({
            "journey": journey.name,
            "taken": journey.taken,
            "all": journey.all,
            "untaken": journey.untaken.iter().map(untaken).collect::<Vec<_>>(),
        })
    });
    json!({
        "passed": results.tests.len() - results.failed(),
        "failed": results.failed(),
        "tests": results.tests.iter().map(test).collect::<Vec<_>>(),
        "coverage": journeys.collect::<Vec<_>>(),
    })
}

/// Results as JUnit XML: one suite for each file.
pub fn junit(program: &Program, results: &Results) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(out, "<testsuites tests=\"{}\" failures=\"{}\">", results.tests.len(), results.failed());
    let mut files: Vec<&str> = results.tests.iter().map(|test| test.file.as_str()).collect();
    files.dedup();
    for file in files {
        let tests: Vec<&TestResult> = results.tests.iter().filter(|test| test.file == file).collect();
        let failed = tests.iter().filter(|test| !test.passed()).count();
        let _ =
            writeln!(out, "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failed}\">", escape(file), tests.len());
        for test in tests {
            let open = format!(
                "    <testcase name=\"{}\" classname=\"{}\" file=\"{}\" line=\"{}\"",
                escape(&test.title),
                escape(file),
                escape(file),
                test.line
            );
            match test.failures.first() {
                None => {
                    let _ = writeln!(out, "{open}/>");
                }
                Some(first) => {
                    let message = format!(
                        "line {}: expected {}, but {}",
                        first.line,
                        first.expected.trim_start_matches("expect "),
                        first.got.join("; ")
                    );
                    let text = escape(&failing(program, test).to_string());
                    let _ = writeln!(
                        out,
                        "{open}>\n      <failure message=\"{}\">{text}</failure>\n    </testcase>",
                        escape(&message)
                    );
                }
            }
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

/// Text in XML. Control characters have no place there.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
