//! Whole projects: the packs of the standard library, and every recipe and example, compile without a finding.

use journey_compiler::check::check;
use journey_compiler::project::{Checked, Project};
use journey_compiler::testing;
use std::path::{Path, PathBuf};

fn texts(folder: &Path, root: &Path, files: &mut Vec<(String, String)>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() && !path.join("journey.toml").exists() {
            texts(&path, root, files);
        } else if path.extension().is_some_and(|e| e == "journey") {
            let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
            files.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
}

fn check_folder(root: &Path) -> Checked {
    let mut files = Vec::new();
    texts(root, root, &mut files);
    let read = |path: &str| std::fs::read_to_string(root.join(path)).map_err(|e| e.to_string());
    let settings = std::fs::read_to_string(root.join("journey.toml")).unwrap();
    check(&Project { settings, files, assets: &read, packs: journey_stdlib::packs() })
}

fn folders(below: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(below);
    let Ok(entries) = std::fs::read_dir(root) else { return Vec::new() };
    let mut found: Vec<PathBuf> =
        entries.map(|e| e.unwrap().path()).filter(|p| p.join("journey.toml").exists()).collect();
    found.sort();
    found
}

#[test]
fn recipes_and_examples_compile() {
    let mut wrong = Vec::new();
    for folder in folders("tests/recipes").into_iter().chain(folders("examples")) {
        let checked = check_folder(&folder);
        if !checked.diagnostics.is_empty() {
            wrong.push(format!("{}\n{}", folder.display(), testing::render(&checked)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn packs_compile() {
    for (name, _) in journey_stdlib::packs() {
        let checked = testing::check(&format!("use {name}\n"), &[], journey_stdlib::packs());
        assert!(checked.diagnostics.is_empty(), "{name}\n{}", testing::render(&checked));
    }
}
