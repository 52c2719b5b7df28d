//! For people: the source with the places marked, by ariadne.

use super::floor;
use ariadne::{CharSet, Color, Config, IndexType, Label, LabelAttach, Report, ReportKind};
use journey_compiler::project::Source;
use journey_grammar::diagnostic::{Diagnostic, Severity};
use std::ops::Range;

/// Findings one below the other, an empty line between.
pub fn render(diagnostics: &[Diagnostic], sources: &[Source], colour: bool) -> String {
    let named: Vec<(String, String)> = sources.iter().map(|s| (s.path.clone(), visible(&s.text))).collect();
    let mut cache = ariadne::sources(named);
    let mut out = String::new();
    for diagnostic in diagnostics {
        let mut bytes = Vec::new();
        let written = report(diagnostic, sources, colour).write(&mut cache, &mut bytes);
        let text = String::from_utf8_lossy(&bytes);
        if written.is_err() || text.is_empty() {
            out.push_str(&format!("{}[{}]: {}\n", super::severity(diagnostic), diagnostic.code, diagnostic.message));
        }
        for line in text.lines() {
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out.push('\n');
    }
    out
}

fn report(d: &Diagnostic, sources: &[Source], colour: bool) -> Report<'static, (String, Range<usize>)> {
    let (kind, main) = match d.severity {
        Severity::Error => (ReportKind::Error, Color::Red),
        Severity::Warning => (ReportKind::Warning, Color::Yellow),
        Severity::Hint => (ReportKind::Custom("Hint", Color::Blue), Color::Blue),
    };
    let place = |span: journey_grammar::span::Span| {
        let source = sources.get(usize::from(span.file.0));
        let (path, text) = source.map_or(("", ""), |s| (&s.path, &s.text));
        (path.to_string(), shown(text, span.range()))
    };
    let config = Config::new()
        .with_index_type(IndexType::Byte)
        .with_color(colour)
        .with_char_set(CharSet::Unicode)
        .with_label_attach(LabelAttach::Start)
        .with_tab_width(2);
    let mut report =
        Report::build(kind, place(d.span())).with_config(config).with_code(d.code).with_message(&d.message);
    // In order of the text, the main file first: so that the labels of one file are drawn in one piece.
    let mut labels: Vec<_> = d.labels.iter().enumerate().collect();
    // On one line, from right to left: so that the words hang without crossing.
    let line = |span: journey_grammar::span::Span| {
        let text = sources.get(usize::from(span.file.0)).map_or("", |s| s.text.as_str());
        text[..floor(text, span.start as usize)].matches('\n').count()
    };
    labels.sort_by_key(|(_, l)| {
        (l.span.file != d.span().file, l.span.file, line(l.span), std::cmp::Reverse(l.span.start))
    });
    for (order, (number, label)) in labels.into_iter().enumerate() {
        let color = if number == 0 { main } else { Color::Cyan };
        report = report.with_label(
            Label::new(place(label.span)).with_message(&label.text).with_color(color).with_order(order as i32),
        );
    }
    for help in &d.help {
        report.add_help(help);
    }
    for fix in &d.fixes {
        let change = match fix.edits.as_slice() {
            [(span, text)] if !text.contains('\n') && text.len() <= 60 && !text.trim().is_empty() => {
                if fix.title.contains(text.trim()) || span.start == span.end && fix.title.contains(text.trim()) {
                    fix.title.clone()
                } else {
                    format!("{}: `{}`", fix.title, text.trim())
                }
            }
            _ => fix.title.clone(),
        };
        if !d.help.contains(&change) {
            report.add_help(change);
        }
    }
    for note in &d.notes {
        report.add_note(note);
    }
    report.finish()
}

/// A range that ariadne can show: on character boundaries, inside the text, never empty where there is something to mark.
fn shown(text: &str, range: Range<usize>) -> Range<usize> {
    let start = floor(text, range.start);
    let end = floor(text, range.end).max(start);
    if end > start {
        return start..end;
    }
    match text[start..].chars().next() {
        Some(c) if c != '\n' => start..start + c.len_utf8(),
        _ => start..start,
    }
}

/// The text with characters that would draw on the terminal, or that ariadne takes for line ends, replaced by others of the
/// same length in bytes.
fn visible(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\t' => c,
            '\r' => ' ',
            c if c.is_ascii_control() => '?',
            // Two bytes: C1 controls and NEL.
            '\u{80}'..='\u{9f}' => '·',
            // Three bytes: line and paragraph separators, directions, zero-width marks that hide text.
            '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => '␣',
            c => c,
        })
        .collect()
}
