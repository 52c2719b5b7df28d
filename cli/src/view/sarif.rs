//! SARIF 2.1.0, for code scanning.

use super::{Place, severity};
use journey_compiler::project::Source;
use journey_grammar::diagnostic::Diagnostic;
use journey_grammar::span::Span;
use serde_json::{Value, json};

/// All findings as one run.
pub fn render(diagnostics: &[Diagnostic], sources: &[Source]) -> String {
    let mut codes: Vec<_> = diagnostics.iter().map(|d| d.code).collect();
    codes.sort();
    codes.dedup();
    let rules: Vec<Value> = codes
        .iter()
        .map(|c| {
            json!({
                "id": c.as_str(),
                "shortDescription": { "text": c.summary() },
                "help": { "text": c.page(), "markdown": c.page() },
            })
        })
        .collect();
    let results: Vec<Value> = diagnostics
        .iter()
        .map(|d| {
            json!({
                "ruleId": d.code.as_str(),
                "ruleIndex": codes.iter().position(|c| *c == d.code),
                "level": severity(d),
                "message": { "text": message(d) },
                "locations": d.labels.iter().take(1).map(|l| location(l.span, None, sources)).collect::<Vec<_>>(),
                "relatedLocations": d.labels.iter().skip(1)
                    .map(|l| location(l.span, Some(&l.text), sources)).collect::<Vec<_>>(),
                "fixes": d.fixes.iter().map(|f| json!({
                    "description": { "text": f.title },
                    "artifactChanges": f.edits.iter().map(|(span, text)| json!({
                        "artifactLocation": { "uri": Place::of(*span, sources).file },
                        "replacements": [{
                            "deletedRegion": region(*span, sources),
                            "insertedContent": { "text": text },
                        }],
                    })).collect::<Vec<_>>(),
                })).collect::<Vec<_>>(),
            })
        })
        .collect();
    let report = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "journey",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{report:#}\n")
}

fn message(d: &Diagnostic) -> String {
    let mut text = d.message.clone();
    for more in d.help.iter().chain(&d.notes) {
        text.push('\n');
        text.push_str(more);
    }
    text
}

fn location(span: Span, text: Option<&str>, sources: &[Source]) -> Value {
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": { "uri": Place::of(span, sources).file },
            "region": region(span, sources),
        }
    });
    if let Some(text) = text {
        location["message"] = json!({ "text": text });
    }
    location
}

fn region(span: Span, sources: &[Source]) -> Value {
    let place = Place::of(span, sources);
    json!({
        "startLine": place.line, "startColumn": place.column,
        "endLine": place.end_line, "endColumn": place.end_column,
    })
}
