//! The section of `journey prove` on journeys that get in each other's way.

use crate::view::table::{self, Table};
use journey_compiler::hir::Program;
use journey_compiler::prove::conflicts::{Circle, Conflicts, Meeting, Outcome, Over, Part, words};
use journey_runtime::report::human::{Text, Tone};
use journey_runtime::report::words::{date, time};
use serde_json::{Value, json};

const DAY: i64 = 86_400_000;

const TITLE: &str = "Journeys that get in each other's way";
const ABOUT: &str = "Every line has an example that was played through; `--witness` shows them as tests.";

/// Meetings with one outcome, the worst first, and what is said of them.
fn groups<'c>(program: &Program, found: &'c Conflicts) -> Vec<(String, Vec<&'c Meeting>)> {
    let mut groups: Vec<(String, Vec<&Meeting>)> = Vec::new();
    for meeting in &found.meetings {
        let outcome = words::outcome(program, meeting);
        match groups.iter_mut().find(|(known, _)| *known == outcome) {
            Some((_, of)) => of.push(meeting),
            None => groups.push((outcome, vec![meeting])),
        }
    }
    groups.sort_by_key(|(_, of)| match of[0].outcome {
        Outcome::Both if words::matters(program, of[0]) => 0,
        Outcome::Lost { .. } => 1,
        Outcome::Waits { .. } => 2,
        Outcome::Both => 3,
    });
    groups
}

/// `win_back: we_miss_you`
fn part(program: &Program, part: &Part) -> String {
    format!("{}: {}", program.journeys[part.journey].name, program.messages[part.message].name)
}

/// What they meet over, and by which event.
fn note(program: &Program, meeting: &Meeting) -> String {
    let start = words::start(program, meeting);
    let over = words::over(program, meeting);
    if start.is_empty() { over } else { format!("{over}; {start}") }
}

/// The section, for people. `witness`: with the examples.
pub(super) fn human(program: &Program, found: &Conflicts, witness: bool, columns: usize) -> Text {
    let mut out = Text::default();
    let test = |out: &mut Text, test: &str| {
        if witness {
            out.line();
            for line in test.lines() {
                out.line().add(Tone::Dim, format!("    {line}"));
            }
        }
    };
    out.line().add(Tone::Strong, TITLE);
    table::paragraph(&mut out, Tone::Plain, 0, &words::lead(found), columns);
    let says = found.meetings.len() + found.circles.len();
    if says > 0 && !witness {
        table::paragraph(&mut out, Tone::Dim, 0, ABOUT, columns);
    }
    for (outcome, meetings) in groups(program, found) {
        out.line();
        let (tone, mark) = match meetings[0].outcome {
            _ if words::matters(program, meetings[0]) => (Tone::Bad, "! "),
            Outcome::Both => (Tone::Dim, "· "),
            Outcome::Lost { .. } | Outcome::Waits { .. } => (Tone::Good, "✓ "),
        };
        let mut lines = table::wrapped(&outcome, columns.saturating_sub(2)).into_iter();
        out.line().add(tone, mark).add(Tone::Strong, lines.next().unwrap_or_default());
        for line in lines {
            out.line().add(Tone::Strong, format!("  {line}"));
        }
        let mut rows = Table::new(2, &["comes first", "comes second", "both for"]);
        for meeting in &meetings {
            rows.row(vec![
                (Tone::Plain, part(program, &meeting.first)),
                (Tone::Plain, part(program, &meeting.second)),
                (Tone::Plain, note(program, meeting)),
            ]);
        }
        rows.write(&mut out, columns);
        if let Some(remedy) = words::remedy(program, meetings[0]) {
            table::paragraph(&mut out, Tone::Dim, 2, &remedy, columns);
        }
        meetings.iter().for_each(|meeting| test(&mut out, &meeting.test));
    }
    if !found.circles.is_empty() || found.not_ridden > 0 {
        out.line();
        out.line().add(Tone::Strong, "Hand-offs that lead round");
    }
    for circle in &found.circles {
        out.line().add(Tone::Bad, "! ").add(Tone::Strong, words::round(program, &circle.journeys));
        table::paragraph(&mut out, Tone::Plain, 2, &words::circle(circle), columns);
        test(&mut out, &circle.test);
    }
    if found.not_ridden > 0 {
        table::paragraph(&mut out, Tone::Plain, 0, &not_ridden(found), columns);
    }
    out
}

fn not_ridden(found: &Conflicts) -> String {
    match found.not_ridden {
        1 => "Of one more that the steps allow no example was found.".to_string(),
        n => format!("Of {n} more that the steps allow no example was found."),
    }
}

/// The section as Markdown.
pub(super) fn markdown(program: &Program, found: &Conflicts, witness: bool) -> String {
    let mut out = format!("## {TITLE}\n\n{}\n", words::lead(found));
    let test = |out: &mut String, test: &str| {
        if witness {
            out.push_str(&format!("\n```journey\n{}\n```\n", test.trim_end()));
        }
    };
    for (outcome, meetings) in groups(program, found) {
        out.push_str(&format!("\n**{outcome}**\n\n| comes first | comes second | both for |\n|---|---|---|\n"));
        for meeting in &meetings {
            let (first, second) = (part(program, &meeting.first), part(program, &meeting.second));
            out.push_str(&format!("| {first} | {second} | {} |\n", note(program, meeting)));
        }
        if let Some(remedy) = words::remedy(program, meetings[0]) {
            out.push_str(&format!("\n{remedy}\n"));
        }
        meetings.iter().for_each(|meeting| test(&mut out, &meeting.test));
    }
    if !found.circles.is_empty() {
        out.push_str("\n### Hand-offs that lead round\n");
    }
    for circle in &found.circles {
        out.push_str(&format!("\n* **{}**\n  {}\n", words::round(program, &circle.journeys), words::circle(circle)));
        test(&mut out, &circle.test);
    }
    if found.not_ridden > 0 {
        out.push_str(&format!("\n{}\n", not_ridden(found)));
    }
    out
}

/// The section as data.
pub(super) fn json(program: &Program, found: &Conflicts) -> Value {
    let part = |part: &Part| {
        let at = format!("{} {}", date(part.at.div_euclid(DAY)), time(part.at.rem_euclid(DAY)));
        json!({
            "journey": program.journeys[part.journey].name,
            "message": program.messages[part.message].name,
            "at": at,
        })
    };
    let node = |(facet, node): (usize, u32)| {
        let facet = &program.facets[facet];
        json!({ "facet": facet.name, "path": facet.nodes[node as usize].path })
    };
    let meeting = |meeting: &Meeting| {
        let (outcome, long, why) = match &meeting.outcome {
            Outcome::Both => ("both sent", None, None),
            Outcome::Waits { long, why } => ("second waits", Some(*long), Some(why)),
            Outcome::Lost { why } => ("second lost", None, Some(why)),
        };
        let (purpose, opposites) = match meeting.over {
            Over::Purpose(purpose) => (Some(&program.purposes[purpose].name), None),
            Over::Opposites(one, other) => (None, Some([node(one), node(other)])),
        };
        json!({
            "purpose": purpose,
            "opposites": opposites,
            "first": part(&meeting.first),
            "second": part(&meeting.second),
            "started_by": meeting.event.map(|event| &program.events[event].name),
            "outcome": outcome,
            "waits_ms": long,
            "reason": why.map(|why| why.reason.words()),
            "because": why.map(|why| &why.detail),
            "says": words::meeting(program, meeting),
            "test": meeting.test,
        })
    };
    let circle = |circle: &Circle| {
        let names: Vec<&String> = circle.journeys.iter().map(|j| &program.journeys[*j].name).collect();
        json!({
            "journeys": names,
            "least_ms": circle.least,
            "example_ms": circle.took,
            "example_messages": circle.messages,
            "says": words::circle(circle),
            "test": circle.test,
        })
    };
    json!({
        "pairs": found.pairs,
        "played_through": found.tried,
        "meetings": found.meetings.iter().map(meeting).collect::<Vec<_>>(),
        "circles": found.circles.iter().map(circle).collect::<Vec<_>>(),
        "circles_without_example": found.not_ridden,
    })
}
