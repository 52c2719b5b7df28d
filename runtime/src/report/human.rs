//! Text for people: lines of pieces that say how they are meant, so that a terminal may colour them; and the summary laid out in it.

use super::summary::{ArmSummary, JourneySummary, MemorySummary, Summary};
use super::words::{bytes, count, counted, share};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use unicode_width::UnicodeWidthStr;

/// How a piece of text is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// As it is.
    #[default]
    Plain,
    /// What one looks for first.
    Strong,
    /// What one may skip.
    Dim,
    /// What was hoped for.
    Good,
    /// What was not.
    Bad,
}

/// Lines of pieces. [`fmt::Display`] gives them without colour.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text {
    /// The lines.
    pub lines: Vec<Line>,
}

/// A line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// Its pieces.
    pub pieces: Vec<(Tone, String)>,
}

impl Text {
    /// A new line at the end.
    pub fn line(&mut self) -> &mut Line {
        self.lines.push(Line::default());
        let last = self.lines.len() - 1;
        &mut self.lines[last]
    }

    /// Adds all lines of another text.
    pub fn append(&mut self, other: Text) {
        self.lines.extend(other.lines);
    }
}

impl Line {
    /// Adds a piece.
    pub fn add(&mut self, tone: Tone, text: impl Into<String>) -> &mut Line {
        self.pieces.push((tone, text.into()));
        self
    }

    /// Columns it takes.
    pub fn width(&self) -> usize {
        self.pieces.iter().map(|(_, text)| text.width()).sum()
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.lines {
            let text: String = line.pieces.iter().map(|(_, text)| text.as_str()).collect();
            writeln!(f, "{}", text.trim_end())?;
        }
        Ok(())
    }
}

/// A text to the left of a column of this width.
pub(crate) fn left(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

/// A text to the right of a column of this width.
pub(crate) fn right(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(text.width())))
}

/// A table: its first columns to the left, the others to the right.
struct Table {
    lefts: usize,
    head: Vec<String>,
    rows: Vec<(Tone, Vec<String>)>,
}

impl Table {
    fn new(lefts: usize, head: &[&str]) -> Table {
        Table { lefts, head: head.iter().map(|h| h.to_string()).collect(), rows: Vec::new() }
    }

    fn row(&mut self, tone: Tone, cells: Vec<String>) {
        self.rows.push((tone, cells));
    }

    fn write(&self, out: &mut Text) {
        let width = |i: usize| {
            let cells = self.rows.iter().filter_map(|(_, cells)| cells.get(i)).chain(self.head.get(i));
            cells.map(|cell| cell.width()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.head.len()).map(width).collect();
        let lay = |cells: &[String], i: usize| {
            let cell = if i < self.lefts { left(&cells[i], widths[i]) } else { right(&cells[i], widths[i]) };
            if i == 0 { cell } else { format!("  {cell}") }
        };
        let line = out.line();
        for i in 0..self.head.len() {
            line.add(if i == 0 { Tone::Strong } else { Tone::Dim }, lay(&self.head, i));
        }
        for (tone, cells) in &self.rows {
            let line = out.line();
            for i in 0..cells.len() {
                line.add(*tone, lay(cells, i));
            }
        }
    }
}

/// Items one after another behind an indent, on as many lines as they need.
fn wrapped(out: &mut Text, indent: &str, items: Vec<String>, width: usize) {
    let mut line = String::new();
    for (i, item) in items.iter().enumerate() {
        let item = if i + 1 < items.len() { format!("{item},") } else { item.clone() };
        if !line.is_empty() && indent.width() + line.width() + 1 + item.width() > width {
            out.line().add(Tone::Dim, format!("{indent}{line}"));
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&item);
    }
    if !line.is_empty() {
        out.line().add(Tone::Dim, format!("{indent}{line}"));
    }
}

fn most_first(counts: &BTreeMap<String, u64>) -> Vec<(&String, u64)> {
    let mut counts: Vec<(&String, u64)> = counts.iter().map(|(name, n)| (name, *n)).collect();
    counts.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    counts
}

fn listed(counts: &BTreeMap<String, u64>, most: usize) -> Vec<String> {
    let counts = most_first(counts);
    let mut items: Vec<String> = counts.iter().take(most).map(|(name, n)| format!("{name} {}", count(*n))).collect();
    if counts.len() > most {
        items.push(format!("and {} more", counts.len() - most));
    }
    items
}

/// The summary for people, on lines of about `width` columns.
pub fn summary(summary: &Summary, width: usize) -> Text {
    let mut out = Text::default();
    let messages = &summary.messages;
    let head = out.line();
    head.add(Tone::Strong, summary.project.clone());
    if let Some(horizon) = &summary.horizon {
        head.add(Tone::Dim, format!(", up to {}", horizon.replace('T', " ").replace('Z', " UTC")));
    }
    let mut parts = vec![
        counted(messages.read, "message"),
        format!("{} used", count(messages.used)),
        counted(summary.customers, "customer"),
    ];
    let unread: u64 = messages.unread.values().sum();
    let unknown: u64 = messages.unknown.values().sum();
    for (n, what) in [
        (unread, "not read"),
        (unknown, "of unknown events"),
        (messages.bad, "bad"),
        (messages.after_horizon, "after the horizon"),
    ] {
        if n > 0 {
            parts.push(format!("{} {what}", count(n)));
        }
    }
    wrapped(&mut out, "", parts, width);
    for assumption in &summary.assumptions {
        out.line().add(Tone::Dim, format!("taken for granted: {assumption}"));
    }
    if let Some(engine) = &summary.engine {
        let reason = engine.reason.as_ref().map_or(String::new(), |reason| format!(": {reason}"));
        let native = match (engine.native, engine.inputs) {
            (Some(native), Some(inputs)) if inputs > 0 => {
                format!(", {} of {} in machine code", share(native, inputs), counted(inputs, "input"))
            }
            _ => String::new(),
        };
        out.line().add(Tone::Dim, format!("engine: {}{native}{reason}", engine.name));
    }

    if !summary.journeys.is_empty() {
        out.line();
        let mut table = Table::new(1, &["Journeys", "entered", "converted", "", "ended", "still in"]);
        for journey in &summary.journeys {
            let ended: u64 = journey.left.values().sum();
            let tone = if journey.entered == 0 { Tone::Dim } else { Tone::Plain };
            let cells = vec![
                journey.name.clone(),
                count(journey.entered),
                if journey.conversion_rate.is_some() { count(journey.converted) } else { "–".into() },
                journey.conversion_rate.map_or(String::new(), |_| share(journey.converted, journey.entered)),
                count(ended),
                count(journey.waiting),
            ];
            table.row(tone, cells);
        }
        table.write(&mut out);
        summary.journeys.iter().for_each(|journey| details(&mut out, journey, width));
    }

    if !summary.experiments.is_empty() {
        out.line();
        let mut table = Table::new(2, &["Experiments", "arm", "runs", "converted", ""]);
        for (i, arm) in summary.experiments.iter().enumerate() {
            let same = |before: &ArmSummary| (&before.journey, &before.experiment) == (&arm.journey, &arm.experiment);
            let first = i == 0 || !same(&summary.experiments[i - 1]);
            table.row(
                Tone::Plain,
                vec![
                    if first { format!("{} of {}", arm.experiment, arm.journey) } else { String::new() },
                    arm.arm.clone(),
                    count(arm.runs),
                    if arm.conversion_rate.is_some() { count(arm.converted) } else { "–".into() },
                    arm.conversion_rate.map_or(String::new(), |_| share(arm.converted, arm.runs)),
                ],
            );
        }
        table.write(&mut out);
    }

    if !summary.sends.is_empty() {
        out.line();
        let channels: BTreeSet<&str> = summary.sends.iter().map(|send| send.channel.as_str()).collect();
        let mut head = vec!["Sends"];
        head.extend(&channels);
        head.push("all");
        let mut table = Table::new(1, &head);
        let mut messages: Vec<&str> = summary.sends.iter().map(|send| send.message.as_str()).collect();
        messages.dedup();
        let number = |n: u64| if n == 0 { "–".to_string() } else { count(n) };
        for message in &messages {
            let of = |channel: &str| -> u64 {
                summary.sends.iter().filter(|s| s.message == *message && s.channel == channel).map(|s| s.sent).sum()
            };
            let mut cells = vec![message.to_string()];
            cells.extend(channels.iter().map(|channel| number(of(channel))));
            cells.push(number(channels.iter().map(|channel| of(channel)).sum()));
            table.row(Tone::Plain, cells);
        }
        if messages.len() > 1 {
            let all =
                |channel: &str| -> u64 { summary.sends.iter().filter(|s| s.channel == channel).map(|s| s.sent).sum() };
            let mut cells = vec!["all".to_string()];
            cells.extend(channels.iter().map(|channel| number(all(channel))));
            cells.push(number(summary.sends.iter().map(|s| s.sent).sum()));
            table.row(Tone::Strong, cells);
        }
        table.write(&mut out);
    }

    if !summary.not_sent.is_empty() {
        out.line();
        let mut table = Table::new(3, &["Not sent, or later", "by", "because", "refused", "held"]);
        let number = |n: u64| if n == 0 { "–".to_string() } else { count(n) };
        for refusal in &summary.not_sent {
            let cells = vec![
                refusal.message.clone(),
                refusal.channel.clone(),
                refusal.reason.clone(),
                number(refusal.refused),
                number(refusal.held),
            ];
            table.row(Tone::Plain, cells);
        }
        table.write(&mut out);
    }

    for (title, counts) in [
        ("Offers", &summary.offers),
        ("Tasks", &summary.tasks),
        ("Calls", &summary.calls),
        ("Events made", &summary.emitted),
    ] {
        if !counts.is_empty() {
            out.line();
            let mut table = Table::new(1, &[title, ""]);
            most_first(counts).into_iter().for_each(|(name, n)| table.row(Tone::Plain, vec![name.clone(), count(n)]));
            table.write(&mut out);
        }
    }

    if !summary.dead_letters.is_empty() {
        out.line();
        let mut table = Table::new(1, &["Bad input", "", ""]);
        for dead in summary.dead_letters.iter().take(12) {
            let name = dead.field.as_ref().map_or(dead.contract.clone(), |field| format!("{}.{field}", dead.contract));
            let line = dead.first_line.map_or(String::new(), |line| format!("first in line {}", count(line)));
            table.row(Tone::Bad, vec![format!("{name} {}", dead.example), count(dead.count), line]);
        }
        table.write(&mut out);
        if summary.dead_letters.len() > 12 {
            out.line().add(Tone::Dim, format!("and {} more kinds", summary.dead_letters.len() - 12));
        }
    }
    for (title, counts) in [("Unknown events", &messages.unknown), ("Events nothing reads", &messages.unread)] {
        if !counts.is_empty() {
            out.line();
            out.line().add(Tone::Strong, title);
            wrapped(&mut out, "  ", listed(counts, 12), width);
        }
    }
    if summary.customers > 0 {
        out.line();
        let MemorySummary { bytes_per_customer, state, index, id, texts, bytes: all, run } = &summary.memory;
        let mut memory = format!("{} in memory, {} bytes a customer", bytes(*all), count(*bytes_per_customer));
        if *all > 0 {
            let parts = [(state, "state"), (index, "index"), (id, "id"), (texts, "texts")];
            memory += &format!(": {}", parts.map(|(bytes, name)| format!("{} {name}", count(*bytes))).join(", "));
        }
        match (run.values().min(), run.values().max()) {
            (Some(least), Some(most)) if least == most => memory += &format!("; {most} a run"),
            (Some(least), Some(most)) => memory += &format!("; {least} to {most} a run"),
            _ => {}
        }
        out.line().add(Tone::Dim, memory);
    }
    out
}

/// How runs ended, and why others did not begin.
fn details(out: &mut Text, journey: &JourneySummary, width: usize) {
    let mut others = Vec::new();
    for (n, what) in [
        (journey.joined, "joined"),
        (journey.started_over, "started over"),
        (journey.updated, "updated"),
        (journey.paused, "paused"),
    ] {
        if n > 0 {
            others.push(format!("{what} {}", count(n)));
        }
    }
    let ended = listed(&journey.left, 8);
    let refused = listed(&journey.refused, 8);
    if ended.is_empty() && refused.is_empty() && others.is_empty() {
        return;
    }
    out.line();
    out.line().add(Tone::Strong, journey.name.clone());
    for (title, items) in [("ended", ended), ("not let in", refused), ("also", others)] {
        if !items.is_empty() {
            let first = out.lines.len();
            wrapped(out, "              ", items, width);
            if let Some((_, text)) = out.lines.get_mut(first).and_then(|line| line.pieces.first_mut()) {
                *text = format!("  {}{}", left(title, 12), text.trim_start());
            }
        }
    }
}
