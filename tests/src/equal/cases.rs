//! Failures: made small, kept, and run for ever.

use super::Case;
use crate::generate::Generated;
use crate::generate::stream::{Said, bytes};
use std::path::{Path, PathBuf};

/// The folder in which cases are kept.
pub fn folder() -> PathBuf {
    crate::repository().join("tests/equal")
}

/// How often a failure is tried again to make it smaller.
const TRIES: usize = 150;

/// Leaves out journeys and lines as long as it still goes wrong.
pub fn shrink(generated: &Generated, stream: Vec<Said>, what: String, laws: Option<u64>) -> (Case, String) {
    let (mut small, mut said, mut what) = (generated.clone(), stream, what);
    let mut tries = 0;
    let mut fails = |generated: &Generated, stream: &[Said]| {
        tries += 1;
        if tries > TRIES { None } else { super::fails(generated, stream, laws) }
    };
    let mut at = 0;
    while at < small.journeys.len() && small.journeys.len() > 1 {
        let mut less = small.clone();
        less.journeys.remove(at);
        match fails(&less, &said) {
            Some(still) => (small, what) = (less, still),
            None => at += 1,
        }
    }
    let mut size = said.len() / 2;
    while size > 0 {
        let mut from = 0;
        while from < said.len() {
            let mut less = said.clone();
            less.drain(from..(from + size).min(said.len()));
            match fails(&small, &less) {
                Some(still) => (said, what) = (less, still),
                None => from += size,
            }
        }
        size /= 2;
    }
    (Case { program: small.text(), stream: said }, what)
}

/// Keeps a case; gives where.
pub fn save(name: &str, case: &Case) -> String {
    let folder = folder();
    let path = folder.join(format!("{name}.journey"));
    let written = std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::write(&path, &case.program))
        .and_then(|()| std::fs::write(path.with_extension("jsonl"), bytes(&case.stream)));
    match written {
        Ok(()) => path.display().to_string(),
        Err(error) => {
            format!("nothing ({error}):\n{}\n{}", case.program, String::from_utf8_lossy(&bytes(&case.stream)))
        }
    }
}

/// All cases that are kept, by name.
pub fn all() -> Vec<(String, Case)> {
    let mut names: Vec<PathBuf> = std::fs::read_dir(folder())
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok().map(|e| e.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "journey"))
        .collect();
    names.sort();
    names.iter().filter_map(|path| Some((path.file_stem()?.to_string_lossy().to_string(), load(path)?))).collect()
}

fn load(path: &Path) -> Option<Case> {
    let program = std::fs::read_to_string(path).ok()?;
    let lines = std::fs::read(path.with_extension("jsonl")).ok()?;
    Some(Case { program, stream: said(&lines) })
}

/// Lines of a file. All that is known of when one comes is the time that stands in it.
pub fn said(lines: &[u8]) -> Vec<Said> {
    let when = |line: &[u8]| super::laws::time_of(line).unwrap_or_default();
    lines.split(|byte| *byte == b'\n').map(|line| Said { at: when(line), line: line.to_vec() }).collect()
}
