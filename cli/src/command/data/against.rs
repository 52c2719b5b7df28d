//! `journey data --against`: recorded events held against the declarations.

use super::super::run::{Bar, print_text};
use crate::args::{Data, DataFormat};
use crate::events::{self, Events};
use crate::output;
use crate::view::Place;
use crate::view::table::{self, Table, csv};
use crate::{Done, Ended, Failure};
use journey_columns::{Error, History};
use journey_compiler::project::Checked;
use journey_contracts::check::{Checker, EventReport, Finding, Report};
use journey_grammar::diagnostic::Severity;
use journey_runtime::report::human::{Text, Tone};
use journey_runtime::report::words::{count, share};
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::sync::atomic::Ordering;

pub(super) fn run(args: &Data, checked: &Checked, path: &Path) -> Done {
    if !(0.0..=100.0).contains(&args.allow) {
        return Err(Failure::new("`--allow` is a share of the messages, from 0 to 100 percent"));
    }
    let mut checker = Checker::new(&checked.program, &checked.sources);
    lines(path, args.quiet, |line| checker.line(line))?;
    let report = checker.finish();
    match args.format {
        DataFormat::Human => print_text(&human(checked, &report, table::width())),
        DataFormat::Json => {
            let json = serde_json::to_string_pretty(&report).map_err(|e| Failure::new(e.to_string()))?;
            output::line(&json);
        }
        DataFormat::Csv => output::print(&rows(&report)),
    }
    let allowed = report.messages as f64 * args.allow / 100.0;
    Ok(if report.broken as f64 > allowed { Ended::Found } else { Ended::Fine })
}

/// Every line of recorded events, without its newline, with a bar where somebody watches.
pub(in crate::command) fn lines(path: &Path, quiet: bool, mut each: impl FnMut(&[u8])) -> Result<(), Failure> {
    let mut number = 0u64;
    if journey_columns::is_parquet(path) {
        let refused = |error: Error| super::super::events::refused(path, &error);
        let history = History::open(path).map_err(refused)?;
        let bar = Bar::new(quiet, Some(history.messages()));
        let writer = Lines { each: &mut each, rest: Vec::new() };
        let progress = |messages| bar.at(messages, || format!("{} messages", output::thousands(messages)));
        let read = history.write_lines(writer, 1, progress);
        bar.end();
        return read.map_err(refused);
    }
    let Events { reader, size, read } = events::open(path)?;
    let bar = Bar::new(quiet, size);
    let mut reader = BufReader::with_capacity(1 << 18, reader);
    let mut line = Vec::new();
    loop {
        line.clear();
        if reader.read_until(b'\n', &mut line).map_err(|e| events::unreadable(path, &e))? == 0 {
            break;
        }
        each(line.strip_suffix(b"\n").unwrap_or(&line));
        number += 1;
        if number.is_multiple_of(1024) {
            bar.at(read.load(Ordering::Relaxed), || format!("{} messages", output::thousands(number)));
        }
    }
    bar.end();
    Ok(())
}

/// What is written, line by line.
struct Lines<'f, F: FnMut(&[u8])> {
    each: &'f mut F,
    rest: Vec<u8>,
}

impl<F: FnMut(&[u8])> Write for Lines<'_, F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut left = bytes;
        while let Some(end) = left.iter().position(|b| *b == b'\n') {
            self.rest.extend_from_slice(&left[..end]);
            (self.each)(&self.rest);
            self.rest.clear();
            left = &left[end + 1..];
        }
        self.rest.extend_from_slice(left);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.rest.is_empty() {
            (self.each)(&self.rest);
            self.rest.clear();
        }
        Ok(())
    }
}

/// The findings, then what came, in so many columns.
pub fn human(checked: &Checked, report: &Report, columns: usize) -> Text {
    let mut out = Text::default();
    for finding in &report.findings {
        said(checked, finding, columns, &mut out);
        out.line();
    }
    out.line().add(Tone::Strong, "What came");
    let mut table =
        Table::new(2, &["event", "messages", "broken", "fields that are missing now and then"]).to_the_right(&[1, 2]);
    for event in &report.events {
        let tone = if event.name.is_some() { Tone::Plain } else { Tone::Dim };
        let broken = if event.broken > 0 { Tone::Bad } else { Tone::Plain };
        table.row(vec![
            (tone, called(event)),
            (tone, count(event.count)),
            (broken, if event.broken > 0 { count(event.broken) } else { "–".to_string() }),
            (Tone::Dim, missing(event)),
        ]);
    }
    table.write(&mut out, columns);
    let undeclared = report.events.iter().filter(|e| e.name.is_some() && !e.undeclared.is_empty());
    let mut table = Table::new(2, &["event", "fields that are sent and not declared"]);
    for event in undeclared {
        let names: Vec<&str> = event.undeclared.iter().map(|(path, _)| path.as_str()).collect();
        table.row(vec![(Tone::Plain, called(event)), (Tone::Dim, names.join(", "))]);
    }
    if !table.is_empty() {
        out.line();
        table.write(&mut out, columns);
    }
    if !report.did_not_come.is_empty() {
        out.line();
        let text = format!("Declared, and not among these data: {}", report.did_not_come.join(", "));
        for line in table::wrapped(&text, columns) {
            out.line().add(Tone::Plain, line);
        }
    }
    out.line();
    let line = out.line();
    if report.broken == 0 {
        line.add(Tone::Good, "ok")
            .add(Tone::Plain, format!(" {} messages, none breaks its contract", count(report.messages)));
    } else {
        line.add(Tone::Bad, format!("{} of {} messages", count(report.broken), count(report.messages)))
            .add(Tone::Plain, format!(" ({}) break their contract", share(report.broken, report.messages)));
    }
    let warnings = report.findings.iter().filter(|f| f.code.severity() == Severity::Warning).count();
    if warnings > 0 {
        line.add(Tone::Plain, format!(", {}", output::count(warnings, "warning")));
    }
    out
}

fn called(event: &EventReport) -> String {
    match &event.name {
        Some(name) if *name == event.wire => name.clone(),
        Some(name) => format!("{name} \"{}\"", event.wire),
        None => format!("\"{}\" (not declared)", event.wire),
    }
}

/// `coupon 80.0 %, brand 12.5 %`
fn missing(event: &EventReport) -> String {
    let now_and_then = event.fields.iter().filter(|f| f.missing > 0 && f.missing < event.count);
    let mut said: Vec<String> = now_and_then
        .map(|f| format!("{}\u{a0}{}", f.name, share(f.missing, event.count).replace(' ', "\u{a0}")))
        .collect();
    let never: Vec<&str> = event.fields.iter().filter(|f| f.missing == event.count).map(|f| f.name.as_str()).collect();
    if !never.is_empty() {
        said.push(format!("never there: {}", never.join(", ")));
    }
    said.join(", ")
}

fn said(checked: &Checked, finding: &Finding, columns: usize, out: &mut Text) {
    let line = out.line();
    match finding.code.severity() {
        Severity::Error => line.add(Tone::Bad, format!("error[{}]", finding.code)),
        Severity::Warning => line.add(Tone::Strong, format!("warning[{}]", finding.code)),
        Severity::Hint => line.add(Tone::Plain, format!("hint[{}]", finding.code)),
    };
    line.add(Tone::Plain, format!(": {}", finding.message));
    let mut examples: Vec<String> = Vec::new();
    for example in &finding.examples {
        examples.push(match &example.value {
            Some(value) => format!("line {}: {value}", example.line),
            None => format!("line {}", example.line),
        });
    }
    let more = if finding.count > examples.len() as u64 { " …" } else { "" };
    let times =
        format!("{} of {} messages ({})", count(finding.count), count(finding.of), share(finding.count, finding.of));
    let mut line = |word: &str, text: String| {
        for (number, text) in table::wrapped(&text, columns.saturating_sub(9)).into_iter().enumerate() {
            let word = if number == 0 { format!("{word:>7}: ") } else { " ".repeat(9) };
            out.line().add(Tone::Dim, word).add(Tone::Plain, text);
        }
    };
    line("seen", format!("{times}; {}{more}", examples.join(", ")));
    if let Some(span) = finding.declared {
        let place = Place::of(span, &checked.sources);
        line("declared", format!("{}:{}", place.file, place.line));
    }
    if let Some(help) = &finding.help {
        line("help", help.clone());
    }
}

/// A row for each finding.
pub fn rows(report: &Report) -> String {
    let mut out =
        csv(&["code", "severity", "contract", "field", "messages", "of", "first_line", "example", "message", "help"]);
    for finding in &report.findings {
        let severity = match finding.code.severity() {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Hint => "hint",
        };
        let first = finding.examples.first();
        out.push_str(&csv(&[
            finding.code.as_str(),
            severity,
            &finding.contract,
            finding.field.as_deref().unwrap_or_default(),
            &finding.count.to_string(),
            &finding.of.to_string(),
            &first.map_or_else(String::new, |e| e.line.to_string()),
            first.and_then(|e| e.value.as_deref()).unwrap_or_default(),
            &finding.message,
            finding.help.as_deref().unwrap_or_default(),
        ]));
    }
    out
}
