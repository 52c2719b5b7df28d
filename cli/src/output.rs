//! Writing to terminals and pipes.

use crate::Failure;
use anstyle::{AnsiColor, Style};
use std::io::{self, Write};

/// Red and bold.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// Green and bold.
pub const GOOD: Style = AnsiColor::Green.on_default().bold();
/// Yellow.
pub const WARN: Style = AnsiColor::Yellow.on_default();
/// Cyan.
pub const NAME: Style = AnsiColor::Cyan.on_default();
/// Bold.
pub const BOLD: Style = Style::new().bold();
/// Dimmed.
pub const FAINT: Style = Style::new().dimmed();

/// `text` in a style; the stream takes the style away where it is not wanted.
pub fn styled(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// Writes to standard output. A reader that has gone away (`| head`) ends the program quietly.
pub fn print(text: &str) {
    gone_is_fine(anstream::stdout().lock().write_all(text.as_bytes()));
}

/// Writes a line to standard output.
pub fn line(text: &str) {
    gone_is_fine(writeln!(anstream::stdout().lock(), "{text}"));
}

/// Writes a line to standard error: what is no data.
pub fn note(text: &str) {
    gone_is_fine(writeln!(anstream::stderr().lock(), "{text}"));
}

/// Whether standard output wants colour.
pub fn colour() -> bool {
    anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
}

/// Says why a command could not do its work.
pub fn failure(failure: &Failure) {
    note(&format!("{}: {}", styled(BAD, "error"), failure.message));
    if let Some(help) = &failure.help {
        note(&format!("{}: {help}", styled(BOLD, "help")));
    }
}

fn gone_is_fine(result: io::Result<()>) {
    if let Err(error) = result {
        if error.kind() == io::ErrorKind::BrokenPipe {
            std::process::exit(0);
        }
        // Nothing is left to say it on.
        std::process::exit(2);
    }
}

/// `3 errors`, `1 error`
pub fn count(number: usize, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{} {one}s", thousands(number as u64)) }
}

/// `1,234,567`
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
