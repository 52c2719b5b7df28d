//! The compiler, the tree-sitter grammar and the TextMate grammar say the same of every program of this project: of the examples,
//! the recipes, the rules, the packs, and of every program on a page. The compiler is right.

mod classes;
mod programs;

use classes::{Class, Colours};
use programs::Program;

/// How many disagreements a failing test shows.
const SHOWN: usize = 40;

/// Asserts that `other` gives every word of every program the compiler's class.
fn agree(what: &str, other: impl Fn(&str) -> Colours) {
    let mut wrong = Vec::new();
    let (mut programs, mut words) = (0, 0);
    for program in programs::sound() {
        programs += 1;
        let colours = other(&program.text);
        for (range, class) in classes::of_compiler(&program.text) {
            words += 1;
            let given = colours.of(range.clone());
            if !class.agrees(given) {
                wrong.push(program.complaint(range, &format!("{class:?}, here {given:?}")));
            }
        }
    }
    assert!(programs > 200 && words > 20_000, "{programs} programs with {words} words: where are the others?");
    let shown = wrong.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("\n");
    assert!(wrong.is_empty(), "{what} and the compiler disagree on {} of {words} words:\n{shown}", wrong.len());
}

#[test]
fn tree_sitter_reads_what_the_compiler_reads() {
    let mut wrong = Vec::new();
    for program in programs::sound() {
        let tree = classes::tree(&program.text);
        if let Some(node) = first_error(tree.root_node()) {
            wrong.push(program.complaint(node.byte_range(), "not read"));
        }
    }
    assert!(wrong.is_empty(), "{} programs are not read:\n{}", wrong.len(), wrong.join("\n"));
}

fn first_error(node: tree_sitter::Node<'_>) -> Option<tree_sitter::Node<'_>> {
    if node.is_error() || node.is_missing() {
        return Some(node);
    }
    if !node.has_error() {
        return None;
    }
    let mut cursor = node.walk();
    node.children(&mut cursor).find_map(first_error)
}

#[test]
fn tree_sitter_and_the_compiler_agree_on_every_word() {
    let colours = classes::TreeSitter::new();
    agree("tree-sitter", |text| colours.of(text));
}

#[test]
fn the_textmate_grammar_and_the_compiler_agree_on_every_word() {
    let colours = classes::TextMate::new();
    agree("the TextMate grammar", |text| colours.of(text));
}

#[test]
fn both_agree_inside_the_placeholders_of_messages() {
    let (tree_sitter, textmate) = (classes::TreeSitter::new(), classes::TextMate::new());
    let (mut wrong, mut words) = (Vec::new(), 0);
    for program in programs::sound().into_iter().filter(|p| p.text.contains("{{")) {
        let (one, other) = (tree_sitter.of(&program.text), textmate.of(&program.text));
        for range in classes::words_of_placeholders(&program.text) {
            words += 1;
            let (a, b) = (one.of(range.clone()), other.of(range.clone()));
            if a != b && !(a.is_name() && b.is_name()) {
                wrong.push(program.complaint(range, &format!("tree-sitter {a:?}, TextMate {b:?}")));
            }
        }
    }
    assert!(words > 200, "only {words} words in placeholders");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Each word that is a keyword somewhere in the compiler's grammar is one in tree-sitter's, and the other way round.
#[test]
fn the_words_of_the_language_are_the_same() {
    let compiler: Vec<&str> = sorted(journey_grammar::tokens::words());
    let language = tree_sitter::Language::from(tree_sitter_journey::LANGUAGE);
    let kinds = (0..language.node_kind_count() as u16)
        .filter(|id| !language.node_kind_is_named(*id) && language.node_kind_is_visible(*id));
    let kinds = kinds.filter_map(|id| language.node_kind_for_id(id));
    let tree_sitter = sorted(kinds.filter(|k| k.starts_with(|c: char| c.is_ascii_lowercase())));
    assert_eq!(tree_sitter, compiler);
}

fn sorted<'a>(words: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut words: Vec<&str> = words.collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// Editors differ in which of two patterns wins. Here none is asked to choose.
#[test]
fn no_place_is_coloured_twice() {
    let colours = classes::TreeSitter::new();
    for program in programs::sound() {
        let captures = colours.captures(&program.text);
        for (a, b) in captures.iter().zip(captures.iter().skip(1)) {
            assert_ne!(a.0, b.0, "{}", program.complaint(a.0.clone(), &format!("{} and {}", a.1, b.1)));
        }
    }
}

/// What is wrong costs a few lines at most: the rest of a file keeps its colours.
#[test]
fn a_mistake_costs_its_own_lines() {
    let colours = classes::TreeSitter::new();
    let text =
        std::fs::read_to_string(programs::root().join("examples/retail/journeys/abandoned_cart.journey")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    for at in (0..lines.len()).filter(|at| lines[*at].starts_with("  ") && !lines[*at].trim_end().ends_with(['{', '}']))
    {
        let mut broken = lines.clone();
        broken[at] = "  send by by 5 5 else";
        let broken = broken.join("\n") + "\n";
        let after = broken.find("next best action").unwrap();
        let class = colours.of(&broken).of(after..after + 4);
        assert_eq!(class, Class::Keyword, "after a mistake in line {}: {}", at + 1, lines[at]);
    }
}

impl Program {
    fn complaint(&self, range: std::ops::Range<usize>, what: &str) -> String {
        let line = self.text[..range.start].matches('\n').count();
        let shown = self.text.lines().nth(line).unwrap_or("");
        let word = self.text[range].lines().next().unwrap_or("");
        format!("{}:{}: `{word}`: {what}\n    {}", self.name, self.line + line, shown.trim())
    }
}
