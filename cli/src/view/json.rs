//! For programs: an array of findings.

use super::{Place, severity};
use journey_compiler::project::Source;
use journey_compiler::severity::TurnedOff;
use journey_grammar::diagnostic::Diagnostic;
use journey_grammar::span::Span;
use serde_json::{Value, json};

/// All findings as one JSON array, one finding a line. Those that the project turned off come last, with its reason.
pub fn render(diagnostics: &[Diagnostic], off: &[TurnedOff], sources: &[Source]) -> String {
    let turned_off = |off: &TurnedOff| {
        let mut value = finding(&off.finding, sources);
        value["turned_off"] = off.reason.clone().into();
        value.to_string()
    };
    let found = diagnostics.iter().map(|d| finding(d, sources).to_string());
    let lines: Vec<String> = found.chain(off.iter().map(turned_off)).collect();
    if lines.is_empty() { "[]\n".to_string() } else { format!("[\n{}\n]\n", lines.join(",\n")) }
}

/// One finding.
pub fn finding(d: &Diagnostic, sources: &[Source]) -> Value {
    json!({
        "code": d.code.as_str(),
        "severity": severity(d),
        "message": d.message,
        "labels": d.labels.iter().map(|l| {
            let mut place = place(l.span, sources);
            place["text"] = l.text.clone().into();
            place
        }).collect::<Vec<_>>(),
        "notes": d.notes,
        "help": d.help,
        "fixes": d.fixes.iter().map(|f| json!({
            "title": f.title,
            "safe": f.safe,
            "edits": f.edits.iter().map(|(span, text)| {
                let mut edit = place(*span, sources);
                edit["replacement"] = text.clone().into();
                edit
            }).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    })
}

fn place(span: Span, sources: &[Source]) -> Value {
    let place = Place::of(span, sources);
    json!({
        "file": place.file,
        "line": place.line, "column": place.column,
        "end_line": place.end_line, "end_column": place.end_column,
        "byte": span.start, "end_byte": span.end,
    })
}
