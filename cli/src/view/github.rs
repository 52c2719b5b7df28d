//! Workflow commands of GitHub Actions: one annotation a finding.

use super::{Place, severity};
use journey_compiler::project::Source;
use journey_grammar::diagnostic::Diagnostic;

/// One line a finding.
pub fn render(diagnostics: &[Diagnostic], sources: &[Source]) -> String {
    diagnostics
        .iter()
        .map(|d| {
            let place = Place::of(d.span(), sources);
            let mut message = d.message.clone();
            for more in d.labels.iter().take(1).map(|l| &l.text).chain(&d.help) {
                message.push('\n');
                message.push_str(more);
            }
            format!(
                "::{} title={},file={},line={},col={},endLine={},endColumn={}::{}\n",
                level(d),
                property(&format!("journey ({})", d.code)),
                property(&place.file),
                place.line,
                place.column,
                place.end_line,
                place.end_column,
                data(&message)
            )
        })
        .collect()
}

fn level(d: &Diagnostic) -> &'static str {
    match severity(d) {
        "hint" => "notice",
        other => other,
    }
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
