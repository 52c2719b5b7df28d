//! The laws of the formatter, over every program of the repository and over mutations of them; and its look.

use super::*;
use crate::tokens::{CLAUSES, DECLARATIONS as KINDS, OPERATORS, STEPS, Token};
use proptest::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// Checks the laws on `text`, if it parses; says whether it does.
#[track_caller]
fn laws(text: &str) -> bool {
    let Ok(tree) = read(text) else { return false };
    let once = print(text, &tree);
    let show = || format!("\n----- source\n{text}\n----- formatted\n{once}");
    assert_eq!(contents(text), contents(&once), "words or comments have changed{}", show());
    match read(&once) {
        Ok(again) => {
            let twice = print(&once, &again);
            assert!(same::same(tree, again), "it says something else{}", show());
            assert_eq!(twice, once, "formatting again changes it{}", show());
        }
        Err(errors) => panic!("it does not parse any more: {errors:?}{}", show()),
    }
    assert!(once.is_empty() || (once.ends_with('\n') && !once.ends_with("\n\n")), "one newline at the end{}", show());
    true
}

/// Every program of the repository, by path.
fn corpus() -> Vec<(PathBuf, String)> {
    fn collect(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        for entry in entries.flatten() {
            let path = entry.path();
            let name = entry.file_name();
            if path.is_dir() && name != "target" && !name.to_string_lossy().starts_with('.') {
                collect(&path, found);
            } else if path.extension().is_some_and(|e| e == "journey")
                && let Ok(text) = std::fs::read_to_string(&path)
            {
                found.push((path, text));
            }
        }
    }
    let mut found = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."), &mut found);
    found.sort();
    found
}

/// The declarations of the repository, one text each, those of one form once.
static DECLARATIONS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut forms = std::collections::BTreeSet::new();
    let mut found = Vec::new();
    for (_, text) in corpus() {
        let Ok(file) = read(&text) else { continue };
        for item in &file.items {
            let text = &text[item.span.start as usize..item.span.end as usize];
            let form: Vec<TokenKind> = tokenize(text).iter().map(|t| t.kind).collect();
            if forms.insert(form) {
                found.push(text.to_string());
            }
        }
    }
    found
});

#[test]
fn the_laws_hold_for_every_program_of_the_repository() {
    let parsed = corpus().iter().filter(|(_, text)| laws(text)).count();
    assert!(parsed > 20, "only {parsed} programs parse");
}

#[test]
fn line_ends_become_newlines() {
    for (_, text) in corpus().into_iter().filter(|(_, text)| read(text).is_ok()) {
        let crlf = text.replace('\n', "\r\n");
        assert_eq!(format(&crlf), format(&text));
    }
}

#[test]
fn what_has_errors_is_left_alone() {
    assert!(format("journey {\n  wiat 1 day\n").is_err());
}

#[test]
fn nothing_stays_nothing() {
    assert_eq!(format(""), Ok(String::new()));
    assert_eq!(format("\n\n"), Ok(String::new()));
    assert_eq!(format("\n\n// only a remark  \n\n\n"), Ok("// only a remark\n".to_string()));
}

/// A comment of its own after every token where one may stand, alone and all together, behind the token and below it.
#[test]
fn a_comment_after_any_token_stays_there() {
    let mut tried = std::collections::BTreeSet::new();
    let mut places = 0;
    for text in DECLARATIONS.iter() {
        let tokens: Vec<Token> = tokenize(text).into_iter().filter(|t| !t.kind.is_trivia()).collect();
        let remarks = [(" // remark ", "\n"), ("\n// remark ", "\n"), ("\n\n      /// remark ", "\n\n\n")];
        let mut all = remarks.map(|_| text.clone());
        for (n, token) in tokens.iter().enumerate().rev() {
            // A place like one that was tried already is passed over.
            let kind = |i: usize| tokens.get(i).map(|t| t.kind);
            if !tried.insert((kind(n.wrapping_sub(1)), word_of(token, text), kind(n), kind(n + 1))) {
                continue;
            }
            let end = token.end as usize;
            for (all, (before, after)) in all.iter_mut().zip(remarks) {
                let remark = format!("{before}{n}{after}");
                if laws(&[&text[..end], &remark, &text[end..]].concat()) {
                    all.insert_str(end, &remark);
                    places += 1;
                }
            }
        }
        all.iter().for_each(|all| {
            laws(all);
        });
    }
    assert!(places > 500, "only {places} places");
}

/// The word, if it is one of the language's: names are all alike.
fn word_of(token: &Token, text: &str) -> String {
    let word = token.text(text);
    let reserved =
        STEPS.contains(&word) || CLAUSES.contains(&word) || KINDS.contains(&word) || OPERATORS.contains(&word);
    if reserved || word == "else" { word.to_string() } else { String::new() }
}

/// A change of one gap between tokens.
fn regap(text: &str, choice: prop::sample::Index, gap: &str) -> String {
    let tokens = tokenize(text);
    if tokens.is_empty() {
        return text.to_string();
    }
    let token = tokens[choice.index(tokens.len())];
    let (start, end) = (token.start as usize, token.end as usize);
    match token.kind {
        TokenKind::Whitespace | TokenKind::Newline => [&text[..start], gap, &text[end..]].concat(),
        _ => [&text[..end], gap, &text[end..]].concat(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// White space and comments anywhere, and tokens that are missing or doubled: whatever still parses obeys the laws.
    #[test]
    fn the_laws_hold_for_mutations(
        which in any::<prop::sample::Index>(),
        gaps in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(vec![" ", "\n", "\n\n\n", "\t", "   ", " // aside\n", "\n// above\n", ""])), 0..12),
        tokens in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..2),
    ) {
        let mut text = DECLARATIONS[which.index(DECLARATIONS.len())].clone();
        for (choice, gap) in gaps {
            let changed = regap(&text, choice, gap);
            if read(&changed).is_ok() {
                text = changed;
            }
        }
        for (choice, double) in tokens {
            let all = tokenize(&text);
            let range = all[choice.index(all.len())].range();
            let piece = if double { format!("{0} {0}", &text[range.clone()]) } else { String::new() };
            let changed = [&text[..range.start], &piece, &text[range.end..]].concat();
            if read(&changed).is_ok() {
                text = changed;
            }
        }
        laws(&text);
    }
}

/// What goes in and what comes out.
#[test]
fn the_look() {
    insta::glob!("fixtures/*.journey", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        let formatted = format(&text).unwrap_or_else(|errors| format!("{errors:#?}"));
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(format!("{text}\n======== becomes ========\n\n{formatted}"));
        });
    });
}
