//! `calendar fr from "fr.csv"`: a day a line, and what it is after a comma.

use super::annotations;
use crate::hir::Calendar;
use crate::scope::Context;
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;
use journey_grammar::span::{FileId, Span};

/// Fills [`crate::hir::Program::calendars`].
pub fn declare(cx: &mut Context) {
    for id in 0..cx.decls.calendars.len() {
        let declared = cx.decls.calendars[id];
        let decl = declared.decl;
        let about = annotations::about(cx, &declared, decl.name.span);
        let days = match super::read(cx, &decl.file) {
            Some((file, text)) => days(cx, file, &text),
            None => Vec::new(),
        };
        cx.program.calendars.push(Calendar { name: decl.name.text.clone(), about, days });
    }
}

/// Days since 1970, sorted. Lines that begin with `#`, empty ones, and a first line of headings say nothing.
fn days(cx: &Context, file: FileId, text: &str) -> Vec<i64> {
    let mut days = Vec::new();
    let mut start = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let at = start;
        start += line.len();
        let body = line.trim_start_matches('\u{feff}').trim();
        if body.is_empty() || body.starts_with('#') {
            continue;
        }
        let first = body.split([',', ';', '\t']).next().unwrap_or(body).trim().trim_matches('"');
        match first.parse::<jiff::civil::Date>() {
            Ok(date) if first.len() == 10 => days.push(since_1970(date)),
            _ if number == 0 && first.starts_with(char::is_alphabetic) => {}
            _ => {
                let begin = at + line.find(first).unwrap_or(0);
                cx.report(
                    Diagnostic::new(
                        Code::BadCalendarLine,
                        Span::new(file, begin, begin + first.len()),
                        format!("`{first}` is not a day"),
                        "a line begins with a day",
                    )
                    .help("write year, month and day, as in `2026-12-25`"),
                );
            }
        }
    }
    days.sort_unstable();
    days.dedup();
    days
}

fn since_1970(date: jiff::civil::Date) -> i64 {
    let epoch = jiff::civil::date(1970, 1, 1);
    i64::from(epoch.until(date).map_or(0, |span| span.get_days()))
}
