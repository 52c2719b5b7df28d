//! Whatever is written, checking ends and says so: lines left out, words swapped, files cut short.

use journey_compiler::testing;
use std::path::Path;

/// The recipes' programs, each as one text.
fn programs() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/recipes");
    let mut folders: Vec<_> = std::fs::read_dir(root).unwrap().map(|e| e.unwrap().path()).collect();
    folders.sort();
    let read = |folder: &Path, name: &str| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
    folders.iter().map(|f| read(f, "journeys.journey") + &read(f, "tests.journey")).collect()
}

fn check(text: &str) -> usize {
    testing::check(text, &[("fr.csv", "2026-05-01\n")], journey_stdlib::packs()).diagnostics.len()
}

/// How many steps are left out between two that are tried; `JOURNEY_EVERY=1` tries all.
fn stride(usual: usize) -> usize {
    std::env::var("JOURNEY_EVERY").ok().and_then(|n| n.parse().ok()).unwrap_or(usual)
}

#[test]
fn a_line_is_left_out() {
    for program in programs() {
        let lines: Vec<&str> = program.lines().collect();
        for out in (0..lines.len()).step_by(stride(11)) {
            let text: Vec<&str> = lines.iter().enumerate().filter(|(i, _)| *i != out).map(|(_, l)| *l).collect();
            check(&text.join("\n"));
        }
    }
}

#[test]
fn a_file_is_cut_short() {
    for program in programs() {
        let ends: Vec<usize> = program.char_indices().map(|(at, _)| at).collect();
        for end in ends.into_iter().step_by(stride(499)) {
            check(&program[..end]);
        }
    }
}

#[test]
fn two_words_are_swapped() {
    for program in programs() {
        let words: Vec<(usize, &str)> = program
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .filter(|w| !w.is_empty())
            .map(|w| (w.as_ptr() as usize - program.as_ptr() as usize, w))
            .collect();
        for at in (0..words.len()).step_by(stride(37)) {
            let (a, first) = words[at];
            let (b, second) = words[(at * 7 + 13) % words.len()];
            if a >= b {
                continue;
            }
            let text = format!(
                "{}{second}{}{first}{}",
                &program[..a],
                &program[a + first.len()..b],
                &program[b + second.len()..]
            );
            check(&text);
        }
    }
}
