//! How many messages one customer can get at most, and what it says of the limits of policies.

use crate::output::count;
use crate::view::Place;
use crate::view::table::{self, Table};
use journey_compiler::hir::{Over, Program};
use journey_compiler::project::Checked;
use journey_compiler::prove::pressure::{self, InWindow, Most, Pressure, Verdict, Worst, words};
use journey_compiler::prove::witness::Witness;
use journey_runtime::report::human::{Text, Tone};
use serde_json::{Value, json};

/// The witnesses: one for each rule that has one, when they were asked for.
pub(super) struct Shown {
    pub(super) asked: bool,
    pub(super) of: Vec<Option<Witness>>,
}

impl Shown {
    /// What is said of a rule's witness, and its test.
    fn say(&self, number: usize, verdict: &Verdict) -> Option<(String, Option<&str>)> {
        if !self.asked || verdict.proven() {
            return None;
        }
        Some(match &self.of[number] {
            Some(witness) => {
                let what = if witness.held { "keeps the next one back" } else { "drops the next one" };
                (
                    format!("For example, and run: {} handed over, then the rule {what}.", messages(witness.sent)),
                    Some(&witness.test),
                )
            }
            None => ("This is a bound. No example was found that reaches it.".to_string(), None),
        })
    }
}

fn messages(n: usize) -> String {
    if n == 1 { "1 message is".to_string() } else { format!("{n} messages are") }
}

/// What the messages of a row are called: `marketing by sms`.
fn kind(program: &Program, worst: &Worst) -> String {
    words::messages(program, worst.purpose, worst.channel)
}

/// What is proven of a window, and what it would be without policies.
fn cell(window: &InWindow) -> String {
    let most = words::number(window.with_policies);
    if window.alone > window.with_policies { format!("{most} ({})", words::number(window.alone)) } else { most }
}

fn days(days: i64) -> String {
    count(usize::try_from(days).unwrap_or(0), "day")
}

/// Rows that say something that the ones before do not: a purpose with one channel is said once.
fn rows(pressure: &Pressure) -> Vec<&Worst> {
    let purposes = pressure.kinds.iter().filter(|w| w.purpose.is_some() && w.channel.is_none()).count();
    let says_more = |w: &&Worst| match (w.purpose, w.channel) {
        (None, Some(_)) => purposes > 1,
        (Some(purpose), Some(_)) => {
            pressure.kinds.iter().filter(|o| o.purpose == Some(purpose) && o.channel.is_some()).count() > 1
        }
        (Some(_), None) => true,
        (None, None) => purposes > 1,
    };
    pressure.kinds.iter().filter(says_more).collect()
}

const ABOUT_TABLE: &str = "Whatever a customer does, and whenever. In brackets: what it would be without the policies.";

pub(super) fn human(checked: &Checked, pressure: &Pressure, shown: &Shown, columns: usize) -> Text {
    let program = &checked.program;
    let mut out = Text::default();
    let say =
        |out: &mut Text, tone: Tone, indent: usize, text: &str| table::paragraph(out, tone, indent, text, columns);
    out.line().add(Tone::Strong, "Limits of the policies");
    say(&mut out, Tone::Plain, 0, &words::lead(pressure));
    for (number, verdict) in pressure.rules.iter().enumerate() {
        out.line();
        let at = Place::of(program.policies[verdict.policy].rules[verdict.rule].span, &checked.sources);
        let (tone, mark) = if verdict.proven() { (Tone::Good, "✓ ") } else { (Tone::Bad, "! ") };
        out.line()
            .add(tone, mark)
            .add(Tone::Strong, words::rule(program, &checked.sources, verdict))
            .add(Tone::Dim, format!("  {} ({}:{})", program.policies[verdict.policy].name, at.file, at.line));
        say(&mut out, Tone::Plain, 2, &words::verdict(program, verdict));
        if let Some((said, test)) = shown.say(number, verdict) {
            say(&mut out, Tone::Plain, 2, &said);
            for line in test.into_iter().flat_map(str::lines) {
                out.line().add(Tone::Dim, format!("    {line}"));
            }
        }
    }
    let rows = rows(pressure);
    if rows.is_empty() {
        return out;
    }
    out.line();
    out.line().add(Tone::Strong, "The most that one customer can get");
    say(&mut out, Tone::Dim, 0, ABOUT_TABLE);
    let mut table = Table::new(2, &["messages", "in 1 day", "in 7 days", "in 30 days", ""]).to_the_right(&[1, 2, 3]);
    for worst in rows {
        let tone = if worst.channel.is_none() { Tone::Strong } else { Tone::Plain };
        let mut cells = vec![(tone, kind(program, worst))];
        cells.extend(worst.windows.iter().map(|w| (Tone::Plain, cell(w))));
        cells.push((Tone::Plain, String::new()));
        table.row(cells);
    }
    table.write(&mut out, columns);
    out
}

pub(super) fn markdown(checked: &Checked, pressure: &Pressure, shown: &Shown) -> String {
    let program = &checked.program;
    let mut out = format!("## Limits of the policies\n\n{}\n", words::lead(pressure));
    if !pressure.rules.is_empty() {
        out.push('\n');
    }
    for (number, verdict) in pressure.rules.iter().enumerate() {
        let at = Place::of(program.policies[verdict.policy].rules[verdict.rule].span, &checked.sources);
        out.push_str(&format!(
            "* **{}** (`{}`, {}:{})\n  {}\n",
            words::rule(program, &checked.sources, verdict),
            program.policies[verdict.policy].name,
            at.file,
            at.line,
            words::verdict(program, verdict)
        ));
        if let Some((said, test)) = shown.say(number, verdict) {
            out.push_str(&format!("  {said}\n"));
            if let Some(test) = test {
                let indented: Vec<String> = test.trim_end().lines().map(|line| format!("  {line}")).collect();
                out.push_str(&format!("\n  ```journey\n{}\n  ```\n", indented.join("\n")));
            }
        }
    }
    let rows = rows(pressure);
    if !rows.is_empty() {
        out.push_str(&format!("\n## The most that one customer can get\n\n{ABOUT_TABLE}\n\n| messages |"));
        pressure::WINDOWS.iter().for_each(|d| out.push_str(&format!(" in {} |", days(*d))));
        out.push_str("\n|---|");
        pressure::WINDOWS.iter().for_each(|_| out.push_str("---:|"));
        for worst in rows {
            out.push_str(&format!("\n| {} |", kind(program, worst)));
            worst.windows.iter().for_each(|w| out.push_str(&format!(" {} |", cell(w))));
        }
        out.push('\n');
    }
    out
}

pub(super) fn json(checked: &Checked, pressure: &Pressure, shown: &Shown) -> Value {
    let program = &checked.program;
    let journeys = |of: &[(usize, Most)]| -> Vec<Value> {
        of.iter().map(|(id, most)| json!({ "journey": program.journeys[*id].name, "most": most.number() })).collect()
    };
    let rule = |(number, verdict): (usize, &Verdict)| {
        let at = Place::of(program.policies[verdict.policy].rules[verdict.rule].span, &checked.sources);
        json!({
            "policy": program.policies[verdict.policy].name,
            "rule": words::rule(program, &checked.sources, verdict),
            "at": { "file": at.file, "line": at.line },
            "allowed": verdict.allowed,
            "most": verdict.most.number(),
            "most_where_clocks_change": verdict.at_change.number(),
            "proven": verdict.proven(),
            "over": match words::over(program, verdict) {
                Some(Over::Drop) => Some("drop"),
                Some(Over::Hold(Some(_))) => Some("hold, then drop"),
                Some(Over::Hold(None)) => Some("hold"),
                None => None,
            },
            "journeys": journeys(&verdict.journeys),
            "says": words::verdict(program, verdict),
            "witness": shown.of[number].as_ref().map(|w| json!({ "handed_over": w.sent, "held": w.held, "test": w.test })),
        })
    };
    let window = |w: &InWindow| {
        json!({
            "days": w.days,
            "most": w.with_policies.number(),
            "most_without_policies": w.alone.number(),
            "journeys": journeys(&w.journeys),
        })
    };
    let worst = |w: &Worst| {
        json!({
            "purpose": w.purpose.map(|p| &program.purposes[p].name),
            "channel": w.channel.map(|c| &program.channels[c].name),
            "windows": w.windows.iter().map(window).collect::<Vec<_>>(),
        })
    };
    json!({
        "rules": pressure.rules.iter().enumerate().map(rule).collect::<Vec<_>>(),
        "most": pressure.kinds.iter().map(worst).collect::<Vec<_>>(),
    })
}
