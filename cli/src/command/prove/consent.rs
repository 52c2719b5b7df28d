//! Which consent stands before each send.

use crate::view::Place;
use crate::view::table::{self, Table};
use journey_compiler::project::Checked;
use journey_compiler::prove::consent::{ConsentRule, Row};
use journey_compiler::prove::words;
use journey_grammar::span::Span;
use journey_runtime::report::human::{Text, Tone};
use serde_json::{Value, json};

const TITLE: &str = "Which consent stands before each send";
const ABOUT: &str = "Asked at the hand-over itself, on each try and again after every hold: who withdraws while a run waits gets \
                     nothing more. No condition of a journey can weaken it.";

/// Lines of the table for people: channels of a purpose under one rule together.
fn together(rows: &[Row]) -> Vec<Vec<&Row>> {
    let same = |a: &Row, b: &Row| a.purpose == b.purpose && a.rule == b.rule && a.said == b.said;
    let mut all: Vec<Vec<&Row>> = Vec::new();
    for row in rows {
        match all.iter_mut().find(|group| same(group[0], row)) {
            Some(group) => group.push(row),
            None => all.push(vec![row]),
        }
    }
    all
}

/// Purpose, channels, what is asked for, who says so, how many sends.
fn cells(checked: &Checked, group: &[&Row]) -> [String; 5] {
    let program = &checked.program;
    let (row, purpose) = (group[0], &program.purposes[group[0].purpose]);
    let channels: Vec<&str> = group.iter().map(|r| program.channels[r.channel].name.as_str()).collect();
    let place = |span: Span| {
        let place = Place::of(span, &checked.sources);
        format!("{}:{}", place.file, place.line)
    };
    let said = |(policy, rule): &(usize, usize)| {
        let policy = &program.policies[*policy];
        format!("{} ({})", policy.name, place(policy.rules[*rule].span))
    };
    let by = match row.rule {
        ConsentRule::None => format!("the purpose ({})", place(purpose.about.span)),
        _ => row.said.iter().map(said).collect::<Vec<_>>().join(", "),
    };
    let mut sends: Vec<&Span> = group.iter().flat_map(|r| &r.sends).collect();
    sends.sort_unstable_by_key(|s| (s.file.0, s.start));
    sends.dedup();
    [purpose.name.clone(), channels.join(", "), words::consent(row.rule).to_string(), sends.len().to_string(), by]
}

pub(super) fn human(checked: &Checked, rows: &[Row], columns: usize) -> Text {
    let mut out = Text::default();
    if rows.is_empty() {
        return out;
    }
    out.line().add(Tone::Strong, TITLE);
    table::paragraph(&mut out, Tone::Dim, 0, ABOUT, columns);
    let mut table = Table::new(2, &["purpose", "by", "asked for", "sends", "said by"]).to_the_right(&[3]);
    for group in together(rows) {
        let [purpose, channels, asked, sends, by] = cells(checked, &group);
        let tone = if group[0].rule == ConsentRule::None { Tone::Plain } else { Tone::Good };
        let plain = |text| (Tone::Plain, text);
        table.row(vec![(Tone::Strong, purpose), plain(channels), (tone, asked), plain(sends), (Tone::Dim, by)]);
    }
    table.write(&mut out, columns);
    out
}

pub(super) fn markdown(checked: &Checked, rows: &[Row]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut out =
        format!("## {TITLE}\n\n{ABOUT}\n\n| purpose | by | asked for | sends | said by |\n|---|---|---|---|---|\n");
    for group in together(rows) {
        out.push_str(&format!("| {} |\n", cells(checked, &group).join(" | ")));
    }
    out
}

pub(super) fn json(checked: &Checked, rows: &[Row]) -> Value {
    let program = &checked.program;
    let at = |span: Span| {
        let place = Place::of(span, &checked.sources);
        json!({ "file": place.file, "line": place.line })
    };
    let said = |(policy, rule): &(usize, usize)| {
        let policy = &program.policies[*policy];
        json!({ "policy": policy.name, "at": at(policy.rules[*rule].span) })
    };
    let row = |row: &Row| {
        json!({
            "purpose": program.purposes[row.purpose].name,
            "channel": program.channels[row.channel].name,
            "asks": match row.rule {
                ConsentRule::None => None,
                ConsentRule::Any => Some("any channel"),
                ConsentRule::Channel => Some("this channel"),
            },
            "said_by": row.said.iter().map(said).collect::<Vec<_>>(),
            "sends": row.sends.iter().map(|s| at(*s)).collect::<Vec<_>>(),
        })
    };
    rows.iter().map(row).collect()
}
