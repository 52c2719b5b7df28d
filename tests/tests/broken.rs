//! Programs with mistakes: what a person is shown.
//!
//! `tests/broken/*.journey` are written by hand, each with one mistake people make (or a few that must not disturb each other). The snapshot
//! shows the source and the findings together. The mutations take working programs and break them in hundreds of ways.

use journey_grammar::tokens::tokenize;
use journey_tests::{check_named, findings, repository};
use std::path::PathBuf;

fn programs_of(folder: &str) -> Vec<PathBuf> {
    let mut paths: Vec<_> = std::fs::read_dir(repository().join(folder))
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "journey"))
        .collect();
    paths.sort();
    paths
}

#[test]
fn mistakes_are_shown_so_that_a_marketer_can_mend_them() {
    let broken = programs_of("tests/broken");
    assert!(broken.len() >= 30, "{}", broken.len());
    for path in broken {
        let name = path.file_stem().unwrap().to_string_lossy().to_string();
        let text = std::fs::read_to_string(&path).unwrap();
        let checked = check_named(&format!("{name}.journey"), &text);
        assert!(checked.has_errors() || !checked.diagnostics.is_empty(), "{name} has no mistake");
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(format!("broken-{name}"), format!("{text}\n----- findings\n\n{}", findings(&checked)));
        });
    }
}

/// Numbers that are the same on every machine (Marsaglia's xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit.max(1)
    }
}

/// One word or sign is left out, doubled, replaced, misspelt, or a stray one is put in. Gives the text and where it was changed.
fn broken(text: &str, random: &mut Random) -> (String, usize) {
    let tokens: Vec<_> = tokenize(text).into_iter().filter(|t| !t.kind.is_trivia()).collect();
    let token = &tokens[random.below(tokens.len())];
    let (start, end) = (token.start as usize, token.end as usize);
    let word = &text[start..end];
    let other = &tokens[random.below(tokens.len())];
    let replacement = match random.below(6) {
        0 => String::new(),
        1 => format!("{word} {word}"),
        2 => text[other.start as usize..other.end as usize].to_string(),
        3 => {
            let mut letters: Vec<char> = word.chars().collect();
            let at = random.below(letters.len());
            letters.remove(at);
            letters.into_iter().collect()
        }
        4 => format!("{word} {{"),
        _ => format!("{} {word}", ["}", "(", "@", "where", "20", "ข้อความ", "\"", "else"][random.below(8)]),
    };
    (format!("{}{replacement}{}", &text[..start], &text[end..]), start)
}

/// Working programs broken in hundreds of ways: never a panic, never a flood, and the findings stand in the text.
#[test]
fn broken_programs_give_bounded_and_well_placed_errors() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut programs = 0;
    let mut with_errors = 0;
    let mut near = 0;
    for path in programs_of("tests/rules") {
        let text = std::fs::read_to_string(&path).unwrap();
        for _ in 0..12 {
            let (mutant, at) = broken(&text, &mut random);
            let checked = check_named("mutant.journey", &mutant);
            programs += 1;
            let line = |byte: usize| mutant[..byte.min(mutant.len())].matches('\n').count();
            for diagnostic in &checked.diagnostics {
                for label in &diagnostic.labels {
                    let source = &checked.sources[usize::from(label.span.file.0)].text;
                    assert!(source.get(label.span.range()).is_some(), "a label outside of the text:\n{mutant}");
                }
            }
            let found = findings(&checked);
            assert!(
                checked.diagnostics.len() <= 25,
                "{} findings for one change in\n{mutant}\n{found}",
                checked.diagnostics.len()
            );
            if checked.has_errors() {
                with_errors += 1;
                let changed = line(at);
                let close = |d: &journey_grammar::diagnostic::Diagnostic| {
                    d.labels.iter().any(|l| line(l.span.start as usize).abs_diff(changed) <= 3)
                };
                near += usize::from(checked.diagnostics.iter().any(close));
            }
        }
    }
    assert!(programs >= 500, "{programs}");
    assert!(with_errors * 10 >= programs * 6, "only {with_errors} of {programs} were found to be broken");
    // A name that is no longer declared is missed where it is used; most mistakes are seen where they are made.
    assert!(near * 100 >= with_errors * 80, "only {near} of {with_errors} have a finding near the change");
}

/// A documented journey that its vendor's tool accepts, and that leaves people standing in a step for ever.
#[test]
fn the_recipe_that_must_not_compile_is_told_why() {
    let checked = journey_tests::check_folder(&repository().join("tests/recipes/r12_repeat_purchase/broken"));
    assert!(checked.has_errors());
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("recipe-r12d", findings(&checked));
    });
}
