//! What the tests share: diagnostics drawn under their source, fixes applied, trees without places.

#[allow(dead_code, reason = "not every test file prints trees")]
pub mod tree;

use journey_grammar::diagnostic::{Diagnostic, Fix};
use journey_grammar::parse::{Parsed, parse};
use journey_grammar::span::{FileId, Span};
use std::fmt::Write as _;
use unicode_width::UnicodeWidthStr;

/// Reads a text as the only file.
pub fn read(text: &str) -> Parsed {
    parse(FileId(0), text)
}

/// The text with a fix applied.
#[allow(dead_code, reason = "not every test file applies fixes")]
pub fn apply(text: &str, fix: &Fix) -> String {
    let mut edits = fix.edits.clone();
    edits.sort_by_key(|(span, _)| std::cmp::Reverse((span.start, span.end)));
    let mut text = text.to_string();
    for (span, with) in edits {
        text.replace_range(span.range(), &with);
    }
    text
}

/// Every finding with its lines of source and what is marked in them.
#[allow(dead_code, reason = "not every test file draws")]
pub fn draw(text: &str, diagnostics: &[Diagnostic]) -> String {
    let mut out = String::new();
    for d in diagnostics {
        let _ = writeln!(out, "{} {}", d.code, d.message);
        for label in &d.labels {
            draw_label(&mut out, text, label.span, &label.text);
        }
        for note in &d.notes {
            let _ = writeln!(out, "   note: {note}");
        }
        for help in &d.help {
            let _ = writeln!(out, "   help: {help}");
        }
        for fix in &d.fixes {
            let kind = if fix.safe { "fix" } else { "suggestion" };
            let _ = writeln!(out, "   {kind}: {}", fix.title);
            let fixed = apply(text, fix);
            for (before, after) in text.lines().zip(fixed.lines()).filter(|(a, b)| a != b).take(1) {
                let _ = (before, writeln!(out, "      -> {}", after.trim_end()));
            }
        }
    }
    out
}

fn draw_label(out: &mut String, text: &str, span: Span, label: &str) {
    let start = span.start as usize;
    let line_start = text[..start].rfind('\n').map_or(0, |n| n + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |n| start + n);
    let number = text[..start].matches('\n').count() + 1;
    let line = text[line_start..line_end].trim_end_matches('\r');
    let marked = &text[start..(span.end as usize).clamp(start, line_end.max(start))];
    let shown: String = line.chars().map(|c| if c.is_control() { '·' } else { c }).collect();
    let _ = writeln!(out, "{number:>3} | {shown}");
    let pad = text[line_start..start].width();
    let _ = writeln!(out, "    | {}{} {label}", " ".repeat(pad), "^".repeat(marked.width().max(1)));
}
