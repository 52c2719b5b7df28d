//! A project as it was in a revision, read by the `git` that is installed.

use crate::Failure;
use crate::load::{self, SETTINGS};
use journey_compiler::project::{Checked, Project};
use std::path::Path;
use std::process::Command;

/// Checks the project in `folder` as it was in a revision.
pub(super) fn check(folder: &Path, revision: &str) -> Result<Checked, Failure> {
    // What begins with a dash would be an option.
    if revision.is_empty() || revision.starts_with('-') {
        return Err(Failure::new(format!("`{revision}` is no revision")));
    }
    let root = if folder.is_file() { folder.parent().unwrap_or(folder) } else { folder };
    let commit = format!("{revision}^{{commit}}");
    if git(root, &["rev-parse", "--quiet", "--verify", "--end-of-options", &commit]).is_err() {
        // Says it if this is no repository, or git is not there.
        git(root, &["rev-parse", "--show-toplevel"])?;
        return Err(Failure::new(format!("`{revision}` is neither a folder nor a revision of {}", load::show(root)))
            .help("`git log` shows the revisions; a branch that is only on the server needs `git fetch` first"));
    }
    let prefix = text(git(root, &["rev-parse", "--show-prefix"])?).trim_end_matches('\n').to_string();
    let listed = text(
        git(root, &["ls-tree", "-r", "-z", "--name-only", "--full-tree", revision, "--", &format!(":/{prefix}")])
            .or_else(|_| git(root, &["ls-tree", "-r", "-z", "--name-only", "--full-tree", revision]))?,
    );
    let all: Vec<&str> = listed.split('\0').filter_map(|path| path.strip_prefix(prefix.as_str())).collect();
    if !all.contains(&SETTINGS) {
        return Err(Failure::new(format!("there is no {SETTINGS} in {} at {revision}", load::show(root)))
            .help("name the project's folder with `--project`"));
    }
    // Projects further down are projects of their own.
    let others: Vec<&str> =
        all.iter().filter_map(|path| path.strip_suffix(SETTINGS)).filter(|folder| !folder.is_empty()).collect();
    let show = |path: &str| git(root, &["show", &format!("{revision}:{prefix}{path}")]);
    let settings = load::text(Path::new(SETTINGS), show(SETTINGS)?)?;
    let mut files = Vec::new();
    for path in &all {
        if path.ends_with(".journey") && !others.iter().any(|folder| path.starts_with(folder)) {
            files.push((path.to_string(), load::text(Path::new(path), show(path)?)?));
        }
    }
    files.sort();
    let assets = |path: &str| {
        let bytes = show(path).map_err(|_| format!("it is not there at {revision}"))?;
        load::text(Path::new(path), bytes).map_err(|f| f.message)
    };
    Ok(journey_compiler::check::check(&Project { settings, files, assets: &assets, packs: journey_stdlib::packs() }))
}

/// What git says, or why it does not.
fn git(folder: &Path, args: &[&str]) -> Result<Vec<u8>, Failure> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let output = Command::new("git").arg("-C").arg(folder).args(args).output().map_err(|e| {
        Failure::new(format!("git cannot be run: {e}"))
            .help("revisions are read by git; without it, compare two folders")
    })?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().trim_start_matches("fatal: ").to_string();
    Err(Failure::new(format!("git could not answer: {said}")))
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}
