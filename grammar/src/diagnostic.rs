//! What is said to a person about a program: one type, and every view (terminal, JSON, SARIF, GitHub,
//! editors) is made from it. Offsets are bytes; each view converts them once.

use crate::codes::Code;
use crate::span::Span;

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The program does not compile.
    Error,
    /// The program compiles, and does something its author may not want.
    Warning,
    /// Worth knowing.
    Hint,
}

/// A marked place with the words that belong to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The marked text.
    pub span: Span,
    /// What is said there; short, no full stop.
    pub text: String,
}

/// A change of the source that mends the matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What the change does, as an imperative: ``change it to `send` ``.
    pub title: String,
    /// The edits, which do not overlap. An edit replaces the span's text.
    pub edits: Vec<(Span, String)>,
    /// Whether it may be applied without being looked at.
    pub safe: bool,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The stable code; it has a page.
    pub code: Code,
    /// How much it matters.
    pub severity: Severity,
    /// The one sentence that must stand alone: lower-case start, no full stop, user's words in backticks.
    pub message: String,
    /// The main place first. Never empty for findings in source text.
    pub labels: Vec<Label>,
    /// Why it is so.
    pub notes: Vec<String>,
    /// What to do.
    pub help: Vec<String>,
    /// Changes that mend it, best first.
    pub fixes: Vec<Fix>,
}

impl Diagnostic {
    /// A finding with its code's severity at `span`; `label` is what is said at the place.
    pub fn new(code: Code, span: Span, message: impl Into<String>, label: impl Into<String>) -> Diagnostic {
        Diagnostic {
            code,
            severity: code.severity(),
            message: message.into(),
            labels: vec![Label { span, text: label.into() }],
            notes: Vec::new(),
            help: Vec::new(),
            fixes: Vec::new(),
        }
    }

    /// Also marks another place.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Also says why.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Diagnostic {
        self.notes.push(text.into());
        self
    }

    /// Also says what to do.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Diagnostic {
        self.help.push(text.into());
        self
    }

    /// Also offers a change of one place that may be applied without being looked at.
    #[must_use]
    pub fn fix(mut self, title: impl Into<String>, span: Span, replacement: impl Into<String>) -> Diagnostic {
        self.fixes.push(Fix { title: title.into(), edits: vec![(span, replacement.into())], safe: true });
        self
    }

    /// Also offers a change of one place that a person should look at first.
    #[must_use]
    pub fn suggest(mut self, title: impl Into<String>, span: Span, replacement: impl Into<String>) -> Diagnostic {
        self.fixes.push(Fix { title: title.into(), edits: vec![(span, replacement.into())], safe: false });
        self
    }

    /// The main place.
    pub fn span(&self) -> Span {
        self.labels.first().map(|l| l.span).unwrap_or_default()
    }
}

/// The edits of the first safe fix of each finding, leaving out fixes that overlap an earlier one or reach where `may` forbids; and of
/// how many findings they are.
pub fn safe_edits<'d>(
    findings: impl IntoIterator<Item = &'d Diagnostic>,
    may: impl Fn(Span) -> bool,
) -> (usize, Vec<(Span, String)>) {
    let mut taken: Vec<(Span, String)> = Vec::new();
    let mut mended = 0;
    for fix in findings.into_iter().filter_map(|d| d.fixes.iter().find(|f| f.safe)) {
        let free = fix.edits.iter().all(|(span, _)| {
            let apart = |other: &Span| span.file != other.file || span.end <= other.start || other.end <= span.start;
            may(*span) && taken.iter().all(|(other, _)| apart(other))
        });
        if free {
            taken.extend(fix.edits.iter().cloned());
            mended += 1;
        }
    }
    (mended, taken)
}

/// A text with edits made to it; they must not overlap.
pub fn edited<'e>(text: &str, edits: impl IntoIterator<Item = &'e (Span, String)>) -> String {
    let mut edits: Vec<&(Span, String)> = edits.into_iter().collect();
    edits.sort_by_key(|(span, _)| std::cmp::Reverse((span.start, span.end)));
    let mut text = text.to_string();
    for (span, replacement) in edits {
        text.replace_range(span.range(), replacement);
    }
    text
}

/// The nearest of `names` to `wanted`, if it is near enough to be what was meant:
/// Damerau–Levenshtein distance 1 for words of up to four letters, else 2 (3 from nine letters on).
pub fn nearest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = match wanted.chars().count() {
        0..=4 => 1,
        5..=8 => 2,
        _ => 3,
    };
    names
        .into_iter()
        // Names of other lengths are not near, and the distance is not worth the time.
        .filter(|n| *n != wanted && n.len().abs_diff(wanted.len()) <= 4 * limit)
        .map(|n| (strsim::damerau_levenshtein(wanted, n), n))
        .filter(|(d, _)| *d <= limit)
        .min()
        .map(|(_, n)| n)
}
