//! Views of diagnostics: for people, programs, code hosts. Each converts byte offsets once.

pub mod github;
pub mod human;
pub mod json;
pub mod sarif;
pub mod table;

use clap::ValueEnum;
use journey_compiler::project::{Checked, Source};
use journey_grammar::diagnostic::Diagnostic;
use journey_grammar::span::Span;

/// How findings are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people, with the source and the places marked.
    Human,
    /// One line a finding: `file:line:column: error[J0101]: message`.
    Concise,
    /// For programs.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
}

/// All that a check found, with what the project turned off where the form has a place for it.
pub fn checked(format: Format, checked: &Checked, colour: bool) -> String {
    let (found, off, sources) = (&checked.diagnostics, &checked.turned_off, &checked.sources);
    match format {
        Format::Json => json::render(found, off, sources),
        Format::Sarif => sarif::render(found, off, sources),
        _ => render(format, found, sources, colour),
    }
}

/// All findings in the form that was asked for, ready to print.
pub fn render(format: Format, diagnostics: &[Diagnostic], sources: &[Source], colour: bool) -> String {
    match format {
        Format::Human => human::render(diagnostics, sources, colour),
        Format::Concise => diagnostics.iter().map(|d| concise(d, sources) + "\n").collect(),
        Format::Json => json::render(diagnostics, &[], sources),
        Format::Sarif => sarif::render(diagnostics, &[], sources),
        Format::Github => github::render(diagnostics, sources),
    }
}

fn concise(diagnostic: &Diagnostic, sources: &[Source]) -> String {
    let place = Place::of(diagnostic.span(), sources);
    format!(
        "{}:{}:{}: {}[{}]: {}",
        place.file,
        place.line,
        place.column,
        severity(diagnostic),
        diagnostic.code,
        diagnostic.message
    )
}

/// `error`, `warning` or `hint`.
pub fn severity(diagnostic: &Diagnostic) -> &'static str {
    match diagnostic.severity {
        journey_grammar::diagnostic::Severity::Error => "error",
        journey_grammar::diagnostic::Severity::Warning => "warning",
        journey_grammar::diagnostic::Severity::Hint => "hint",
    }
}

/// A span as lines and columns, from 1. Columns count characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Path of the file.
    pub file: String,
    /// First line.
    pub line: usize,
    /// First column.
    pub column: usize,
    /// Last line.
    pub end_line: usize,
    /// One past the last column.
    pub end_column: usize,
}

impl Place {
    /// Where a span is.
    pub fn of(span: Span, sources: &[Source]) -> Place {
        let Some(source) = sources.get(usize::from(span.file.0)) else {
            return Place { file: String::new(), line: 1, column: 1, end_line: 1, end_column: 1 };
        };
        let (line, column) = line_column(&source.text, span.start as usize);
        let (end_line, end_column) = line_column(&source.text, span.end as usize);
        Place { file: source.path.clone(), line, column, end_line, end_column }
    }
}

/// Line and column of a byte, both from 1; the column counts characters.
fn line_column(text: &str, byte: usize) -> (usize, usize) {
    let byte = floor(text, byte);
    let before = &text[..byte];
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
}

/// The nearest character boundary at or before a byte.
pub(crate) fn floor(text: &str, byte: usize) -> usize {
    let mut byte = byte.min(text.len());
    while !text.is_char_boundary(byte) {
        byte -= 1;
    }
    byte
}
