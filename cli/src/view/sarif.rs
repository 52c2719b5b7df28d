//! SARIF 2.1.0, for code scanning.

use super::Place;
use journey_compiler::project::Source;
use journey_compiler::severity::TurnedOff;
use journey_grammar::diagnostic::{Diagnostic, Severity};
use journey_grammar::span::Span;
use serde_json::{Value, json};

/// All findings as one run. Those that the project turned off are suppressed, with its reason as justification.
pub fn render(diagnostics: &[Diagnostic], off: &[TurnedOff], sources: &[Source]) -> String {
    let all = || diagnostics.iter().map(|d| (d, None)).chain(off.iter().map(|o| (&o.finding, Some(&o.reason))));
    let mut codes: Vec<_> = all().map(|(d, _)| d.code).collect();
    codes.sort();
    codes.dedup();
    let rules: Vec<Value> = codes
        .iter()
        .map(|c| {
            json!({
                "id": c.as_str(),
                "name": format!("{c:?}"),
                "fullDescription": { "text": about(c.page()) },
                "shortDescription": { "text": c.summary() },
                "defaultConfiguration": { "level": level(c.severity()) },
                "help": { "text": c.page(), "markdown": c.page() },
            })
        })
        .collect();
    let results: Vec<Value> = all()
        .map(|(d, reason)| {
            let mut result = json!({
                "ruleId": d.code.as_str(),
                "ruleIndex": codes.iter().position(|c| *c == d.code),
                "level": level(d.severity),
                "message": { "text": message(d) },
                "locations": d.labels.iter().take(1).map(|l| location(l.span, None, sources)).collect::<Vec<_>>(),
                "relatedLocations": d.labels.iter().skip(1)
                    .map(|l| location(l.span, Some(&l.text), sources)).collect::<Vec<_>>(),
                "fixes": d.fixes.iter().map(|f| json!({
                    "description": { "text": f.title },
                    "artifactChanges": f.edits.iter().map(|(span, text)| json!({
                        "artifactLocation": { "uri": uri(&Place::of(*span, sources).file) },
                        "replacements": [{
                            "deletedRegion": region(*span, sources),
                            "insertedContent": { "text": text },
                        }],
                    })).collect::<Vec<_>>(),
                })).collect::<Vec<_>>(),
            });
            if let Some(reason) = reason {
                result["suppressions"] = json!([{ "kind": "external", "justification": reason }]);
            }
            result
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

/// What the page of a code says below its title, up to its first example. There is no address in the web at which the page stands
/// for every project, so it is brought along as help instead of a link.
fn about(page: &str) -> String {
    let lines = page.lines().skip(1).take_while(|line| !line.starts_with("## "));
    lines.collect::<Vec<_>>().join("\n").trim().to_string()
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "note",
    }
}

/// A path as a relative URI: what has no place in one is written as its bytes (RFC 3986).
fn uri(path: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/".contains(&b);
    path.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
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
            "artifactLocation": { "uri": uri(&Place::of(span, sources).file) },
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
