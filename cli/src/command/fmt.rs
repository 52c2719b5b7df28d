//! `journey fmt`

use crate::args::Fmt;
use crate::output::{self, BAD, GOOD, count, styled};
use crate::view::{self, Format};
use crate::{Done, Ended, Failure, load};
use journey_compiler::project::Source;
use std::io::Read;
use std::path::{Path, PathBuf};

pub(super) fn run(args: &Fmt) -> Done {
    if args.paths.iter().any(|p| p == Path::new("-")) {
        return standard_input(args);
    }
    let files = files(&args.paths)?;
    let mut ended = Ended::Fine;
    let mut changed = 0;
    for path in &files {
        let text = load::read(path)?;
        let Some(laid_out) = lay_out(&load::show(path), &text) else {
            ended = Ended::Found;
            continue;
        };
        if laid_out == text {
            continue;
        }
        changed += 1;
        if args.check {
            output::line(&format!("{} {}", styled(BAD, "would change"), load::show(path)));
            ended = Ended::Found;
        } else {
            std::fs::write(path, laid_out)
                .map_err(|e| Failure::new(format!("cannot write {}: {e}", load::show(path))))?;
        }
    }
    let verb = if args.check { "would change" } else { "laid out" };
    output::note(&format!("{verb} {} of {}", changed, count(files.len(), "file")));
    Ok(ended)
}

fn standard_input(args: &Fmt) -> Done {
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes)?;
    let text = load::text(Path::new("standard input"), bytes)?;
    let Some(laid_out) = lay_out("standard input", &text) else { return Ok(Ended::Found) };
    if args.check {
        return Ok(if laid_out == text { Ended::Fine } else { Ended::Found });
    }
    output::print(&laid_out);
    Ok(Ended::Fine)
}

/// The text in its layout; none when it has errors, which have been shown.
fn lay_out(path: &str, text: &str) -> Option<String> {
    match journey_grammar::format::format(text) {
        Ok(laid_out) => Some(laid_out),
        Err(diagnostics) => {
            let sources = [Source { path: path.to_string(), text: text.to_string(), pack: false }];
            output::note(view::render(Format::Human, &diagnostics, &sources, output::colour()).trim_end());
            output::note(&format!("{} {path} is left as it is", styled(GOOD, "note:")));
            None
        }
    }
}

/// The files that are named, and the `.journey` files below the folders that are.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        let metadata =
            std::fs::metadata(path).map_err(|e| Failure::new(format!("cannot read {}: {e}", load::show(path))))?;
        if metadata.is_file() {
            files.push(path.clone());
            continue;
        }
        for entry in ignore::WalkBuilder::new(path).require_git(false).build() {
            let entry = entry.map_err(|e| Failure::new(e.to_string()))?;
            let file = entry.file_type().is_some_and(|t| t.is_file());
            if file && entry.path().extension().is_some_and(|e| e == "journey") {
                files.push(entry.into_path());
            }
        }
    }
    files.sort();
    files.dedup();
    Ok(files)
}
