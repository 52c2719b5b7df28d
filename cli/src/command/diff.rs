//! `journey diff`: what an edit changes, for review.

mod git;
mod reach;
mod show;

use crate::args::{Diff, DiffClass, DiffFormat};
use crate::output;
use crate::view;
use crate::{Done, Ended, Failure, load};
use journey_compiler::diff::{self, Class};
use journey_compiler::project::Checked;
use journey_grammar::diagnostic::Severity;
use std::path::Path;

pub use reach::Reach;
pub use show::{human, json, markdown};

/// One of the two versions.
enum Side {
    /// A folder.
    Folder(std::path::PathBuf),
    /// The project as it was in a revision of git.
    Revision(String),
}

pub(super) fn run(args: &Diff) -> Done {
    let (old, new) = sides(args)?;
    let (Some(before), Some(after)) = (read(args, &old)?, read(args, &new)?) else { return Ok(Ended::Found) };
    let found = diff::diff(&before, &after);
    let reach = args.events.as_ref().map(|events| reach::reach(&before, &after, events, args.quiet)).transpose()?;
    let reach = reach.as_deref();
    match args.format {
        DiffFormat::Human => {
            let findings = view::render(view::Format::Human, &found.findings, &after.sources, output::colour());
            output::print(&findings);
            super::run::print_text(&human(&found, reach, &before, &after, view::table::width()));
        }
        DiffFormat::Markdown => output::print(&markdown(&found, reach, &before, &after)),
        DiffFormat::Json => {
            let json = json(&found, reach, &before, &after);
            output::line(&serde_json::to_string_pretty(&json).map_err(|e| Failure::new(e.to_string()))?);
        }
    }
    let objects = |class: Class| {
        args.fail_on.iter().any(|c| match c {
            DiffClass::Any => true,
            DiffClass::Audience => class == Class::Audience,
            DiffClass::Routing => class == Class::Routing,
            DiffClass::Timing => class == Class::Timing,
            DiffClass::Content => class == Class::Content,
            DiffClass::Consent => class == Class::Consent,
            DiffClass::Data => class == Class::Data,
        })
    };
    let wrong = found.findings.iter().any(|d| d.severity == Severity::Error);
    Ok(if wrong || found.changes().any(|c| objects(c.class)) { Ended::Found } else { Ended::Fine })
}

/// What is compared: two folders, two revisions, a revision and what stands in the folder.
fn sides(args: &Diff) -> Result<(Side, Side), Failure> {
    let side = |text: &str| match Path::new(text).exists() {
        true => Side::Folder(text.into()),
        false => Side::Revision(text.to_string()),
    };
    let here = || Side::Folder(args.project.clone());
    let versions: Vec<&str> = args.versions.iter().map(String::as_str).collect();
    match (&args.base, versions.as_slice()) {
        (Some(base), []) => Ok((Side::Revision(base.clone()), here())),
        (Some(_), _) => Err(Failure::new("`--base` says already what is compared with the project")
            .help("leave the two versions out, or the option")),
        (None, [one]) => match one.split_once("..").filter(|_| !Path::new(one).exists()) {
            Some((old, new)) => {
                let or_head = |text: &str| if text.is_empty() { "HEAD".to_string() } else { text.to_string() };
                Ok((Side::Revision(or_head(old)), Side::Revision(or_head(new.trim_start_matches('.')))))
            }
            None => Ok((side(one), here())),
        },
        (None, [old, new]) => Ok((side(old), side(new))),
        (None, _) => Err(Failure::new("nothing says what is compared").help(
            "name two folders, `journey diff old new`; two revisions, `journey diff main..HEAD`; or one, `journey diff --base main`",
        )),
    }
}

/// A version, checked; none when it has errors, which have been shown.
fn read(args: &Diff, side: &Side) -> Result<Option<Checked>, Failure> {
    let (called, checked) = match side {
        Side::Folder(folder) => (load::show(folder), load::project(folder)?.check()),
        Side::Revision(revision) => (revision.clone(), git::check(&args.project, revision)?),
    };
    if !checked.has_errors() {
        return Ok(Some(checked));
    }
    output::print(&view::render(view::Format::Human, &checked.diagnostics, &checked.sources, output::colour()));
    output::note(&super::check::closing(&checked));
    output::note(&format!("{called} has errors: what it means is not known, so nothing can be said of what changes"));
    Ok(None)
}
