//! How long runs of each journey may stay.

use crate::view::Place;
use crate::view::table;
use journey_compiler::project::Checked;
use journey_compiler::prove::stay::{Endless, Stay, Took};
use journey_compiler::prove::words;
use journey_grammar::span::Span;
use journey_runtime::report::human::{Text, Tone};
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

const TITLE: &str = "How long a run may stay";
const ABOUT: &str = "From the entry, or from the last `start over`, with every wait at its longest; a goal or an exit only ends it \
                     sooner. Held back: with pauses, and with rules that hold a send. In brackets: lines.";

/// Steps that are shown of each longest way.
const STEPS: usize = 4;

/// What a step says before its first block, on one line, without annotations.
fn head(checked: &Checked, span: Span) -> String {
    let text = checked.sources.get(usize::from(span.file.0)).and_then(|s| s.text.get(span.range())).unwrap_or("");
    let line = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('@')).unwrap_or("");
    line.split(['{', '(', '"']).next().unwrap_or("").trim().to_string()
}

/// Whether a step's first words end with how long it is: `wait up to 2 days`.
fn says_how_long(head: &str) -> bool {
    let units = ["second", "minute", "hour", "day", "week"];
    let unit = head.rsplit(' ').next().unwrap_or("");
    head.starts_with("wait ") && units.contains(&unit.trim_end_matches('s'))
}

/// The line of a step of a journey, with its file where that is another one.
fn line(checked: &Checked, stay: &Stay, span: Span) -> String {
    let place = Place::of(span, &checked.sources);
    let home = checked.program.journeys[stay.journey].about.span.file;
    if span.file == home { place.line.to_string() } else { format!("{}:{}", place.file, place.line) }
}

/// The steps that make a way long: the longest ones, in the order of the journey.
fn longest(checked: &Checked, stay: &Stay, way: &[(Span, Took)]) -> String {
    let mut by_length: Vec<&(Span, Took)> = way.iter().collect();
    by_length.sort_by_key(|(span, took)| (std::cmp::Reverse(*took), span.start));
    by_length.truncate(STEPS);
    by_length.sort_by_key(|(span, _)| span.start);
    let said = by_length.iter().map(|(span, took)| {
        let head = head(checked, *span);
        let more = if says_how_long(&head) { String::new() } else { format!(": {}", words::length(took.plain())) };
        format!("{head}{more} ({})", line(checked, stay, *span))
    });
    let mut said: Vec<String> = said.collect();
    if let more @ 1.. = way.len() - by_length.len() {
        said.push(format!("and {more} more"));
    }
    said.join(" · ")
}

/// What makes it so, a line each: the longest waits; what holds back for how long; what has no end by itself.
fn reasons(checked: &Checked, stay: &Stay) -> Vec<String> {
    let mut said = vec![longest(checked, stay, &stay.way_by_steps)];
    if stay.most.is_some() {
        let by_itself =
            |span: Span| stay.way_by_steps.iter().find(|(at, _)| *at == span).map_or(0, |(_, took)| took.ms);
        let held = stay.way.iter().map(|(span, took)| (*span, Took { ms: took.ms - by_itself(*span), clocks: 0 }));
        let held: Vec<(Span, Took)> = held.filter(|(_, took)| took.ms > 0).collect();
        if !held.is_empty() {
            said.push(format!("held back: {}", longest(checked, stay, &held)));
        }
    }
    let mut open: Vec<(Endless, Vec<String>)> = Vec::new();
    for (span, why) in &stay.open {
        let line = line(checked, stay, *span);
        match open.iter_mut().find(|(of, _)| of == why) {
            Some((_, lines)) if lines.contains(&line) => {}
            Some((_, lines)) => lines.push(line),
            None => open.push((*why, vec![line])),
        }
    }
    let no_end = |(why, lines): (Endless, Vec<String>)| {
        format!("no end: {} ({})", words::endless(&checked.program, why), lines.join(", "))
    };
    said.extend(open.into_iter().map(no_end));
    said.retain(|said| !said.is_empty());
    said
}

pub(super) fn human(checked: &Checked, stays: &[Stay], columns: usize) -> Text {
    let mut out = Text::default();
    if stays.is_empty() {
        return out;
    }
    out.line().add(Tone::Strong, TITLE);
    table::paragraph(&mut out, Tone::Dim, 0, ABOUT, columns);
    let width = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0);
    let name = |stay: &Stay| checked.program.journeys[stay.journey].name.as_str();
    let names = width(&mut stays.iter().map(|s| name(s).width())).max("journey".len());
    let lengths = width(&mut stays.iter().map(|s| words::by_steps(s).width())).max("by its steps".len());
    out.line().add(Tone::Dim, format!("  {:names$}  {:lengths$}  held back too", "journey", "by its steps"));
    for stay in stays {
        let line = out.line();
        line.add(Tone::Plain, "  ").add(Tone::Strong, format!("{:names$}", name(stay)));
        line.add(Tone::Plain, format!("  {:lengths$}", words::by_steps(stay)));
        line.add(Tone::Plain, format!("  {}", words::most(&checked.program, stay)));
        for said in reasons(checked, stay) {
            table::paragraph(&mut out, Tone::Dim, 4, &said, columns);
        }
    }
    out
}

pub(super) fn markdown(checked: &Checked, stays: &[Stay]) -> String {
    if stays.is_empty() {
        return String::new();
    }
    let mut out = format!(
        "## {TITLE}\n\n{ABOUT}\n\n| journey | by its steps | held back too | what takes longest |\n|---|---|---|---|\n"
    );
    for stay in stays {
        out.push_str(&format!(
            "| `{}` | {} | {} | {} |\n",
            checked.program.journeys[stay.journey].name,
            words::by_steps(stay),
            words::most(&checked.program, stay),
            reasons(checked, stay).join("<br>").replace('|', "\\|")
        ));
    }
    out
}

pub(super) fn json(checked: &Checked, stays: &[Stay]) -> Value {
    let at = |span: Span| {
        let place = Place::of(span, &checked.sources);
        json!({ "file": place.file, "line": place.line })
    };
    let way = |way: &[(Span, Took)]| -> Vec<Value> {
        way.iter().map(|(span, took)| json!({ "step": head(checked, *span), "at": at(*span), "ms": took.ms })).collect()
    };
    let open = |(span, why): &(Span, Endless)| {
        let kind = match why {
            Endless::Moment => "moment",
            Endless::Pauses => "pauses",
            Endless::Held => "held",
            Endless::Meanwhile(_) => "meanwhile",
        };
        json!({ "step": head(checked, *span), "at": at(*span), "why": kind, "says": words::endless(&checked.program, *why) })
    };
    let one = |stay: &Stay| {
        let limit = stay.limit.map(|(policy, rule, length)| {
            let policy = &checked.program.policies[policy];
            json!({ "policy": policy.name, "at": at(policy.rules[rule].span), "ms": journey_compiler::flow::most_ms(length) })
        });
        json!({
            "journey": checked.program.journeys[stay.journey].name,
            "by_steps_ms": stay.by_steps.ms,
            "by_steps": words::by_steps(stay),
            "way_by_steps": way(&stay.way_by_steps),
            "most_ms": stay.most.map(|most| most.ms),
            "most": words::most(&checked.program, stay),
            "way": way(&stay.way),
            "no_end": stay.open.iter().map(open).collect::<Vec<_>>(),
            "ended_by": limit,
        })
    };
    stays.iter().map(one).collect()
}
