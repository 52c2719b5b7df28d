//! Changes that mend what was found.

use super::Edits;
use crate::analysis::Analysis;
use journey_grammar::diagnostic::safe_edits;
use journey_grammar::span::{FileId, Span};

/// A change that is offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mending {
    /// What it does, as an imperative.
    pub title: String,
    /// The change.
    pub edits: Edits,
    /// It needs no second look, and is the best for its finding.
    pub preferred: bool,
    /// The finding it mends, as an index into the analysis' findings; none for all at once.
    pub finding: Option<usize>,
}

/// What mends the findings in a part of a file, best first for each.
pub fn in_range(analysis: &Analysis, range: Span) -> Vec<Mending> {
    let mut found = Vec::new();
    for (at, d) in analysis.findings.iter().enumerate() {
        let touched = |s: Span| s.file == range.file && s.start <= range.end && range.start <= s.end;
        if !d.labels.iter().any(|l| touched(l.span)) {
            continue;
        }
        for (n, fix) in d.fixes.iter().enumerate() {
            if fix.edits.iter().any(|(s, _)| analysis.is_pack(s.file)) {
                continue;
            }
            let preferred = fix.safe && n == 0 && touched(d.span());
            found.push(Mending { title: fix.title.clone(), edits: fix.edits.clone(), preferred, finding: Some(at) });
        }
    }
    found
}

/// Everything in a file that can be mended without a second look.
pub fn all(analysis: &Analysis, file: FileId) -> Option<Mending> {
    let here = |s: Span| s.file == file && !analysis.is_pack(file);
    let diagnostics = &analysis.findings;
    let (mended, edits) = safe_edits(diagnostics.iter().filter(|d| here(d.span())), here);
    let title = if mended == 1 { "fix the one thing that can be" } else { "fix all that can be" };
    (mended > 0).then(|| Mending { title: title.to_string(), edits, preferred: false, finding: None })
}
