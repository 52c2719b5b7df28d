//! Where findings are gathered: at most a hundred of a file, since nobody reads more.

use crate::codes::Code;
use crate::diagnostic::Diagnostic;

const LIMIT: usize = 100;

/// The findings of one file.
#[derive(Default)]
pub(crate) struct Sink {
    found: Vec<Diagnostic>,
    left_out: usize,
}

impl Sink {
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if self.is_full() {
            self.left_out += 1;
        } else {
            self.found.push(diagnostic);
        }
    }

    /// No more findings are kept.
    pub fn is_full(&self) -> bool {
        self.found.len() >= LIMIT
    }

    /// How many were found.
    pub fn count(&self) -> usize {
        self.found.len() + self.left_out
    }

    /// Drops what was found after there were `from` findings and does not satisfy `keep`.
    pub fn retain_after(&mut self, from: usize, keep: impl Fn(&Diagnostic) -> bool) {
        let mut at = 0;
        self.found.retain(|d| {
            at += 1;
            at <= from || keep(d)
        });
    }

    /// In the order of their places, with a closing word where some are left out.
    pub fn finish(mut self) -> Vec<Diagnostic> {
        self.found.sort_by_key(|d| (d.span().start, d.span().end, d.code));
        if self.left_out > 0
            && let Some(last) = self.found.last()
        {
            let message = format!("{} more mistakes in this file are not shown", self.left_out);
            let closing = Diagnostic::new(Code::TooManyMistakes, last.span(), message, "the last that is shown");
            self.found.push(closing);
        }
        self.found
    }
}
