//! What to say of a line that could not be read.

use super::layout::Layout;
use super::reader::Reader;
use super::rules::{Body, Rule};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::span::{FileId, Span};
use pest::error::{Error, InputLocation};
use std::ops::Range;

/// What is said, and what may be tried to read the line after all.
pub(crate) struct Problem {
    pub diagnostic: Diagnostic,
    /// The token, and what it should have been.
    pub replace: Option<(usize, String)>,
    /// Where a second line begins on this one.
    pub split: Option<usize>,
    /// The token at which reading stopped.
    pub at: usize,
}

/// Where pest stopped.
pub(crate) fn position(error: &Error<Rule>) -> usize {
    match error.location {
        InputLocation::Pos(at) => at,
        InputLocation::Span((at, _)) => at,
    }
}

/// When nothing better is known than a place.
pub(crate) fn somewhere(file: FileId, text: &str, at: u32) -> Diagnostic {
    let rest = text.get(at as usize..).unwrap_or("");
    let width = rest.chars().next().map_or(0, char::len_utf8);
    let span = Span::new(file, at as usize, at as usize + width);
    Diagnostic::new(Code::UnexpectedToken, span, "this cannot be read here", "not expected here")
}

pub(crate) fn explain(
    reader: &Reader<'_>,
    line: &Range<usize>,
    _kind: Body,
    _error: &Error<Rule>,
    place: u32,
) -> Problem {
    let at = line.clone().find(|i| reader.layout.toks[*i].end > place).unwrap_or(line.end);
    Problem { diagnostic: somewhere(reader.file, reader.text, place), replace: None, split: None, at }
}

pub(crate) fn doubtful_parts(_layout: &Layout, _line: &Range<usize>, _at: Option<usize>) -> Vec<Range<usize>> {
    Vec::new()
}
