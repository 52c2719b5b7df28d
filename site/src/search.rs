//! The index of the search, and the few lines that search it.

use crate::Project;
use crate::html::{anchor, href};
use journey_compiler::hir::About;
use journey_picture::words::title;

pub(crate) fn script(p: &Project<'_>) -> String {
    let of = p.program;
    let mut entries: Vec<[String; 4]> = Vec::new();
    let mut add = |kind: &str, name: &str, about: &About, to: String| {
        let text = about.doc.clone().unwrap_or_default();
        entries.push([title(name), kind.to_string(), format!("{name} {text}"), to]);
    };
    for journey in &p.journeys {
        let of = &of.journeys[*journey];
        add("Journey", &of.name, &of.about, href(&format!("journeys/{}.html", of.name)));
    }
    for message in &p.messages {
        let of = &of.messages[*message];
        add("Message", &of.name, &of.about, href(&format!("messages/{}.html", of.name)));
    }
    for offer in &p.offers {
        let of = &of.offers[*offer];
        add("Offer", &of.name, &of.about, href(&format!("offers/{}.html", of.name)));
    }
    for policy in &of.policies {
        add("Policy", &policy.name, &policy.about, format!("policies.html#{}", href(&anchor(&policy.name))));
    }
    for segment in &of.segments {
        add("Segment", &segment.name, &segment.about, format!("data.html#segment-{}", href(&anchor(&segment.name))));
    }
    let events = of.events.iter().filter(|e| !e.about.from_pack);
    for event in events {
        add("Event", &event.name, &event.about, format!("data.html#event-{}", href(&anchor(&event.name))));
    }
    let rows: Vec<String> = entries
        .iter()
        .map(|entry| format!("[{}]", entry.iter().map(|text| string(text)).collect::<Vec<_>>().join(",")))
        .collect();
    format!("const INDEX = [\n{}\n];\n{}", rows.join(",\n"), include_str!("search.js"))
}

/// A text as a script has it.
fn string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '<' => out.push_str("\\u003c"),
            '\u{2028}' | '\u{2029}' => out.push(' '),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
