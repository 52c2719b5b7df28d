//! What an edit changes: two versions of one small project, and what is said of them.

use journey_compiler::diff::{Change, Diff, Fate, diff};
use journey_compiler::project::Checked;
use journey_compiler::testing;
use journey_grammar::codes::Code;
use std::fmt::Write as _;

fn checked(program: &str) -> Checked {
    let checked = testing::check(program, &[], journey_stdlib::packs());
    assert!(!checked.has_errors(), "{}", testing::render(&checked));
    checked
}

fn show(found: &Diff) -> String {
    let mut out = String::new();
    for part in &found.parts {
        let owner = part.owner.as_deref().unwrap_or("–");
        let _ = writeln!(out, "{} {} {} (owner {owner})", part.kind, part.name, part.how.word());
        for change in &part.changes {
            let _ = writeln!(out, "  {:<9} {} {}", change.class.word(), change.what, change.how.word());
            for (mark, cite) in [("-", &change.old), ("+", &change.new)] {
                if let Some(cite) = cite {
                    let _ = writeln!(out, "            {mark} {}", cite.text);
                }
            }
        }
        for place in &part.places {
            let _ = writeln!(out, "  at `{}` {}", place.old.text, place.fate.text());
        }
    }
    out
}

const OLD: &str = include_str!("diff/old.journey");
const NEW: &str = include_str!("diff/new.journey");

#[test]
fn an_edit() {
    let found = diff(&checked(OLD), &checked(NEW));
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(format!("{OLD}\n==========\n\n{NEW}\n==========\n\n{}", show(&found)));
    });
}

#[test]
fn a_version_is_the_same_as_itself_however_it_is_written() {
    let old = checked(OLD);
    assert_eq!(diff(&old, &old), Diff::default());
    // Comments, blank lines, and the order of declarations.
    let text = OLD.replace("\n\n  ", "\n    ");
    let mut pieces: Vec<&str> = text.split("\n\n").collect();
    pieces.reverse();
    let other = checked(&format!("// another order\n{}", pieces.join("\n\n// a comment\n\n")));
    assert_eq!(show(&diff(&old, &other)), "");
}

/// What is added one way is removed the other way.
#[test]
fn back_and_forth() {
    let (old, new) = (checked(OLD), checked(NEW));
    let there = diff(&old, &new);
    let back = diff(&new, &old);
    let key = |c: &Change| (c.class, c.what.clone());
    let mut one: Vec<_> = there.changes().map(key).collect();
    let mut other: Vec<_> = back.changes().map(key).collect();
    one.sort();
    other.sort();
    assert_eq!(one, other);
}

/// The page of a migration that does not know the version before: its two versions, and the mended ones.
#[test]
fn a_migration_from_a_place_that_is_not_there() {
    let page = Code::NoOldPlace.page();
    assert!(page.starts_with(&format!("# J1009: {}\n", Code::NoOldPlace.summary())));
    let mut told = String::new();
    for section in page.split("\n## ").skip(1) {
        let mut programs = section.split("```journey").skip(1).map(|rest| {
            let body = &rest[rest.find('\n').unwrap() + 1..];
            &body[..body.find("\n```").unwrap()]
        });
        let (old, new) = (programs.next().unwrap(), programs.next().unwrap());
        let (before, mut after) = (checked(old), checked(new));
        let found = diff(&before, &after);
        assert!(
            found.parts[0].versions.0.as_ref().is_some_and(|v| new.contains(&v[..8])),
            "{:?}",
            found.parts[0].versions
        );
        after.diagnostics = found.findings;
        let _ = write!(told, "{}\n{}\n==========\n\n", section.trim_end(), testing::render(&after));
    }
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("a_place_that_is_not_there", told);
    });
}

/// What is proven of both versions, where an edit changes it.
#[test]
fn what_is_proven_changes_with_it() {
    let stricter = NEW.replace("consent for marketing", "consent for marketing, per channel");
    let mut told = String::new();
    for (title, old, new) in [("an edit", OLD, NEW), ("consent by any channel", stricter.as_str(), NEW)] {
        let found = diff(&checked(old), &checked(new));
        let _ = writeln!(told, "{title}");
        for s in &found.stays {
            let (old, new) = (&s.old, &s.new);
            let _ = writeln!(told, "  {}: {} → {}, {} → {}", s.journey, old.by_steps, new.by_steps, old.most, new.most);
        }
        for gate in &found.gates {
            let _ = writeln!(told, "  {}: {:?} → {:?}, weaker {}", gate.what, gate.old, gate.new, gate.weakens());
        }
    }
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("what_is_proven_changes_with_it", told);
    });
}

/// Everyone who waits in the old version goes somewhere: the place that a migration names, or on by the old version.
#[test]
fn people_in_flight() {
    let old = checked(OLD);
    let found = diff(&old, &checked(NEW));
    let version = found.parts[0].versions.0.clone().unwrap();
    let migrated =
        format!("{NEW}\nmigrate cart from \"{}\" {{\n  chase to chase\n  reminder finishes\n}}\n", &version[..8]);
    let found = diff(&old, &checked(&migrated));
    let fates: Vec<(&str, &Fate)> = found.parts[0].places.iter().map(|p| (p.old.text.as_str(), &p.fate)).collect();
    assert_eq!(
        fates,
        [
            ("wait 1 hour", &Fate::FinishesOnOld),
            ("send note by email as reminder", &Fate::Finishes),
            ("wait up to 24 hours", &Fate::Moved("chase".to_string())),
            ("send nudge by email", &Fate::Moved("chase".to_string())),
        ]
    );
}
