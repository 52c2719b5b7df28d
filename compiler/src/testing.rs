//! For tests: findings as plain text, with what they are about underlined. No colours, no clock, the same everywhere.

use crate::project::{Checked, Project, Source};
use journey_grammar::diagnostic::{Diagnostic, Severity};
use journey_grammar::span::Span;
use std::fmt::Write;

/// The settings of programs in tests and on the pages of the codes.
pub const SETTINGS: &str = "[project]\nname      = \"page\"\ntime_zone = \"Europe/Berlin\"\ncurrency  = \"EUR\"\n";

/// Checks one text as a project. `files` are those it names: path and text.
pub fn check(text: &str, files: &[(&str, &str)], packs: &[(&str, &str)]) -> Checked {
    check_with(SETTINGS, text, files, packs)
}

/// [`check`] with other settings.
pub fn check_with(settings: &str, text: &str, files: &[(&str, &str)], packs: &[(&str, &str)]) -> Checked {
    let read = |path: &str| -> Result<String, String> {
        let found = files.iter().find(|(name, _)| *name == path);
        found.map(|(_, text)| text.to_string()).ok_or_else(|| "there is no such file".to_string())
    };
    let project = Project {
        settings: settings.to_string(),
        files: vec![("main.journey".to_string(), text.to_string())],
        assets: &read,
        packs,
    };
    crate::check::check(&project)
}

/// Every finding as text.
pub fn render(checked: &Checked) -> String {
    checked.diagnostics.iter().map(|d| render_one(d, &checked.sources)).collect::<Vec<_>>().join("\n")
}

/// One finding as text: what it says, and the source with what it is about underlined. A fix shows the lines as they become.
pub fn render_one(d: &Diagnostic, sources: &[Source]) -> String {
    let mut out = String::new();
    let severity = match d.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "hint",
    };
    let _ = writeln!(out, "{severity}[{}]: {}", d.code, d.message);
    for label in &d.labels {
        let Some(source) = sources.get(usize::from(label.span.file.0)) else { continue };
        let (number, line, column) = place(source, label.span);
        let width = line.chars().count().saturating_sub(column);
        let marked = source.text.get(label.span.range()).unwrap_or("");
        let marks = marked.lines().next().unwrap_or("").chars().count().clamp(1, width.max(1));
        let _ = writeln!(out, "  {}:{}:{}", source.path, number, column + 1);
        let _ = writeln!(out, "    {line}");
        let _ = writeln!(out, "    {}{} {}", " ".repeat(column), "^".repeat(marks), label.text);
    }
    for note in &d.notes {
        let _ = writeln!(out, "  note: {note}");
    }
    for help in &d.help {
        let _ = writeln!(out, "  help: {help}");
    }
    for fix in &d.fixes {
        let how = if fix.safe { "fix" } else { "suggestion" };
        let _ = writeln!(out, "  {how}: {}", fix.title);
        for (span, text) in &fix.edits {
            let Some(source) = sources.get(usize::from(span.file.0)) else { continue };
            let (_, line, column) = place(source, *span);
            let end = column + source.text.get(span.range()).unwrap_or("").chars().count();
            let before: String = line.chars().take(column).collect();
            let after: String = line.chars().skip(end).collect();
            let _ = writeln!(out, "    + {}", format!("{before}{text}{after}").trim());
        }
    }
    out
}

/// Number of the line (from 1), the line, and the column in it (characters, from 0).
fn place(source: &Source, span: Span) -> (usize, &str, usize) {
    let at = (span.start as usize).min(source.text.len());
    let before = source.text.get(..at).unwrap_or("");
    let start = before.rfind('\n').map_or(0, |n| n + 1);
    let number = before.matches('\n').count() + 1;
    let line = source.text[start..].lines().next().unwrap_or("");
    (number, line, before[start..].chars().count())
}
