//! Every program on a page compiles, and those that say so run.
//!
//! What stands behind the opening fence says how:
//!
//! * `journey`: a program that stands alone;
//! * `journey more`: one more file of the program that grows down the page;
//! * `journey error J0101`: the page's program with this added raises exactly that code;
//! * `tests` at the end of the first two: its tests pass.

use journey_compiler::project::Checked;
use journey_runtime::host::memory::{self, Options};
use journey_runtime::program::Program;
use journey_tests::{Block, blocks, check_files, findings, must_compile, must_pass, repository};
use std::collections::BTreeSet;

fn pages() -> Vec<(String, Vec<Block>)> {
    let mut paths = vec![repository().join("README.md")];
    let docs = ["docs", "docs/proofs"].map(|folder| std::fs::read_dir(repository().join(folder)).into_iter().flatten());
    paths.extend(
        docs.into_iter()
            .flatten()
            .filter_map(|e| e.ok().map(|e| e.path()))
            .filter(|p| p.extension().is_some_and(|e| e == "md")),
    );
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            (path.strip_prefix(repository()).unwrap().display().to_string(), blocks(&text))
        })
        .collect()
}

fn hold(name: &str, checked: &Checked, tests: bool) {
    must_compile(name, checked);
    if tests {
        must_pass(name, checked);
    }
}

#[test]
fn every_program_on_a_page_compiles_and_its_tests_pass() {
    let mut programs = 0;
    for (page, blocks) in pages() {
        let mut growing: Vec<(String, String)> = Vec::new();
        for block in blocks.iter().filter(|b| b.info.split(' ').next() == Some("journey")) {
            programs += 1;
            let name = format!("{page}:{}", block.line);
            let file = (format!("{:04}.journey", block.line), block.text.clone());
            let words: Vec<&str> = block.info.split_whitespace().skip(1).collect();
            match words.as_slice() {
                [] | ["tests"] => hold(&name, &check_files(vec![file]), !words.is_empty()),
                ["more", rest @ ..] => {
                    growing.push(file);
                    hold(&name, &check_files(growing.clone()), rest == ["tests"]);
                }
                ["error", code] => {
                    let mut files = growing.clone();
                    files.push(file);
                    let checked = check_files(files);
                    let codes: Vec<&str> = checked.diagnostics.iter().map(|d| d.code.as_str()).collect();
                    assert_eq!(codes, [*code], "{name}:\n{}", findings(&checked));
                }
                other => panic!("{name}: nobody knows what {other:?} means"),
            }
        }
    }
    assert!(programs > 0);
}

/// The README shows a program, events, and the story that comes of them.
#[test]
fn the_story_of_the_readme_is_what_the_program_tells() {
    let text = std::fs::read_to_string(repository().join("README.md")).unwrap();
    let blocks = blocks(&text);
    let block = |info: &str| &blocks.iter().find(|b| b.info == info).unwrap().text;
    let checked = check_files(vec![("readme.journey".to_string(), block("journey tests").clone())]);
    let image = journey_compiler::lower::lower(&checked.program, &checked.sources);
    let program = Program::new(image).unwrap();
    let options = Options { story: Some("ana".to_string()), ..Options::default() };
    let outcome = memory::run(&program, block("jsonl").as_bytes(), &options, |_| {}).unwrap();
    assert_eq!(&outcome.story.unwrap().tell(&program, "ana").to_string(), block("text"));
}

/// Links of the reference lead to programs that are there, and no rule is without a link.
#[test]
fn the_reference_links_every_rule() {
    let reference = std::fs::read_to_string(repository().join("docs/reference.md")).unwrap();
    let linked: BTreeSet<&str> =
        reference.split("](../tests/rules/").skip(1).filter_map(|rest| rest.split(')').next()).collect();
    let written: BTreeSet<String> = std::fs::read_dir(repository().join("tests/rules"))
        .unwrap()
        .map(|e| e.unwrap().file_name().to_string_lossy().to_string())
        .collect();
    assert_eq!(linked, written.iter().map(String::as_str).collect());
}
