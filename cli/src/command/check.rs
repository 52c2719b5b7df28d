//! `journey check`

use crate::args::Check;
use crate::load::{self, Loaded};
use crate::output::{self, BAD, FAINT, GOOD, WARN, count, styled};
use crate::view::{self, Format};
use crate::{Done, Ended, Failure};
use journey_compiler::project::Checked;
use journey_grammar::diagnostic::{Severity, edited, safe_edits};
use journey_grammar::span::Span;
use std::collections::BTreeMap;

pub(super) fn run(args: &Check) -> Done {
    let mut loaded = load::project(&args.project)?;
    let mut checked = loaded.check();
    if args.fix {
        let fixed = fix(&loaded, &checked)?;
        if fixed > 0 {
            output::note(&format!("{} {}", styled(GOOD, "fixed"), count(fixed, "place")));
            loaded = load::project(&args.project)?;
            checked = loaded.check();
        }
    }
    if matches!(args.format, Format::Concise | Format::Github | Format::Sarif) {
        // Who reads these opens the files from where the command was started: an editor, a code host.
        let way = loaded.way_from_here();
        for source in checked.sources.iter_mut().filter(|s| !s.pack) {
            source.path.insert_str(0, &way);
        }
    }
    output::print(&view::checked(args.format, &checked, output::colour()));
    if matches!(args.format, Format::Human | Format::Concise) {
        for line in turned_off(&checked) {
            output::note(&styled(FAINT, line));
        }
        output::note(&closing(&checked));
    }
    let warnings = args.deny_warnings && checked.diagnostics.iter().any(|d| d.severity != Severity::Hint);
    Ok(if checked.has_errors() || warnings { Ended::Found } else { Ended::Fine })
}

/// A line for each code that the project has turned off and that was found.
fn turned_off(checked: &Checked) -> Vec<String> {
    let mut codes: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    for off in &checked.turned_off {
        codes.entry(off.finding.code.as_str()).or_insert((0, &off.reason)).0 += 1;
    }
    codes.iter().map(|(code, (n, why))| format!("{} {code} turned off: {why}", count(*n, "finding"))).collect()
}

/// The last line: what was found, or what is there.
pub(super) fn closing(checked: &Checked) -> String {
    let of = |severity| checked.diagnostics.iter().filter(|d| d.severity == severity).count();
    let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
    if errors == 0 {
        let program = &checked.program;
        let messages = program.messages.iter().filter(|m| !m.about.from_pack).count();
        let mut line = format!(
            "{} {}: {}, {}, {}",
            styled(GOOD, "ok"),
            program.name,
            count(program.journeys.len(), "journey"),
            count(messages, "message"),
            count(program.tests.len(), "test"),
        );
        if warnings > 0 {
            line.push_str(&format!(", {}", styled(WARN, count(warnings, "warning"))));
        }
        return line;
    }
    let mut line = styled(BAD, count(errors, "error"));
    if warnings > 0 {
        line.push_str(&format!(", {}", styled(WARN, count(warnings, "warning"))));
    }
    let mut codes: Vec<&str> = checked.diagnostics.iter().map(|d| d.code.as_str()).collect();
    codes.sort_unstable();
    codes.dedup();
    let fixable = checked.diagnostics.iter().filter(|d| d.fixes.iter().any(|f| f.safe)).count();
    if fixable > 0 {
        line.push_str(&format!("; {fixable} can be mended by `journey check --fix`"));
    }
    if let Some(code) = codes.first() {
        line.push_str(&styled(FAINT, format!("; more on a code: `journey explain {code}`")));
    }
    line
}

/// Applies the first safe fix of each finding, leaving out those that overlap an earlier one. How many were applied.
fn fix(loaded: &Loaded, checked: &Checked) -> Result<usize, Failure> {
    let own = |span: Span| checked.sources.get(usize::from(span.file.0)).is_some_and(|s| !s.pack);
    let (applied, edits) = safe_edits(&checked.diagnostics, own);
    for (file, source) in checked.sources.iter().enumerate() {
        let mut of_file = edits.iter().filter(|(span, _)| usize::from(span.file.0) == file).peekable();
        if of_file.peek().is_some() {
            std::fs::write(loaded.root.join(&source.path), edited(&source.text, of_file))
                .map_err(|e| Failure::new(format!("cannot write {}: {e}", source.path)))?;
        }
    }
    Ok(applied)
}
