//! Everything that is written in the language here can be read: the packs of the standard library and the recipes.

use journey_grammar::diagnostic::Diagnostic;
use journey_grammar::parse::parse;
use journey_grammar::span::FileId;
use std::path::{Path, PathBuf};

/// Where and what, a line each.
fn said(path: &str, text: &str, diagnostics: &[Diagnostic]) -> String {
    let line = |d: &Diagnostic| {
        let before = text.get(..d.span().start as usize).unwrap_or(text);
        let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
        format!("{path}:{line}: {} {}\n", d.code.as_str(), d.message)
    };
    diagnostics.iter().map(line).collect()
}

/// The `.journey` files below a folder, in order of their paths.
fn below(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            below(&path, found);
        } else if path.extension().is_some_and(|e| e == "journey") {
            found.push(path);
        }
    }
}

#[test]
fn every_pack_reads() {
    let report: String = journey_stdlib::packs()
        .iter()
        .map(|(name, text)| said(name, text, &parse(FileId(0), text).diagnostics))
        .collect();
    assert_eq!(report, "");
}

#[test]
fn every_recipe_reads() {
    let mut files = Vec::new();
    below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("recipes"), &mut files);
    assert!(files.len() > 20, "the recipes are gone");
    let mut report = String::new();
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        report += &said(&path.display().to_string(), &text, &parse(FileId(0), &text).diagnostics);
    }
    assert_eq!(report, "");
}
