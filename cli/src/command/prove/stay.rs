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

/// The line of a step of a journey, with its file where that is another one.
fn line(checked: &Checked, stay: &Stay, span: Span) -> String {
    let place = Place::of(span, &checked.sources);
    let home = checked.program.journeys[stay.journey].about.span.file;
    if span.file == home { place.line.to_string() } else { format!("{}:{}", place.file, place.line) }
}

/// The steps that make a way long, with their lines.
fn longest(checked: &Checked, stay: &Stay, way: &[(Span, Took)]) -> String {
    let shown = words::longest(&checked.sources, way, STEPS);
    let more = way.len() - shown.len();
    let mut said: Vec<String> =
        shown.iter().map(|(text, span)| format!("{text} ({})", line(checked, stay, *span))).collect();
    if more > 0 {
        said.push(format!("and {more} more"));
    }
    said.join(" · ")
}

/// What makes it so, a line each: the longest waits; what holds back for how long; what has no end by itself.
fn reasons(checked: &Checked, stay: &Stay) -> Vec<String> {
    let mut said = vec![longest(checked, stay, &stay.way_by_steps)];
    let held = words::held(stay);
    if !held.is_empty() {
        said.push(format!("held back: {}", longest(checked, stay, &held)));
    }
    said.extend(words::open(&checked.program, stay).into_iter().map(|(why, spans)| {
        let lines: Vec<String> = spans.iter().map(|span| line(checked, stay, *span)).collect();
        format!("no end: {why} ({})", lines.join(", "))
    }));
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
        way.iter()
            .map(|(span, took)| json!({ "step": words::step(&checked.sources, *span), "at": at(*span), "ms": took.ms }))
            .collect()
    };
    let open = |(span, why): &(Span, Endless)| {
        let kind = match why {
            Endless::Moment => "moment",
            Endless::Pauses => "pauses",
            Endless::Held => "held",
            Endless::Meanwhile(_) => "meanwhile",
        };
        json!({ "step": words::step(&checked.sources, *span), "at": at(*span), "why": kind, "says": words::endless(&checked.program, *why) })
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
