//! Examples and recipes: they compile, their tests pass, and what they compile to is looked at.

use journey_tests::{check_folder, must_compile, must_pass, projects, repository};
use std::path::Path;

fn name(folder: &Path) -> String {
    folder.file_name().unwrap().to_string_lossy().to_string()
}

fn hold(folder: &Path) {
    let checked = check_folder(folder);
    must_compile(&name(folder), &checked);
    assert!(checked.diagnostics.is_empty(), "{}:\n{}", name(folder), journey_tests::findings(&checked));
    assert!(!checked.program.tests.is_empty(), "{} has no tests", name(folder));
    must_pass(&name(folder), &checked);
    let image = journey_compiler::lower::lower(&checked.program, &checked.sources);
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(format!("listing-{}", name(folder)), journey_runtime::listing::listing(&image));
    });
}

#[test]
fn every_example_holds() {
    let examples = projects("examples");
    assert!(examples.len() >= 4, "{examples:?}");
    for folder in examples {
        hold(&folder);
    }
}

#[test]
fn every_recipe_holds() {
    let recipes = projects("tests/recipes");
    assert!(recipes.len() >= 11, "{recipes:?}");
    for folder in recipes {
        hold(&folder);
    }
}

#[test]
fn the_new_project_holds() {
    let folder = tempfile::tempdir().unwrap();
    for (file, text) in journey_cli::command::TEMPLATE {
        std::fs::write(folder.path().join(file), text.replace("NAME", "spring")).unwrap();
    }
    let checked = check_folder(folder.path());
    must_compile("template", &checked);
    must_pass("template", &checked);
}

/// Each rule of the language has a program here that shows it.
#[test]
fn every_rule_holds() {
    let mut rules: Vec<_> = std::fs::read_dir(repository().join("tests/rules"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "journey"))
        .collect();
    rules.sort();
    assert!(rules.len() >= 20, "{rules:?}");
    let mut failed = Vec::new();
    for path in rules {
        let name = name(&path);
        let text = std::fs::read_to_string(&path).unwrap();
        let checked = journey_tests::check_named(&name, &text);
        if let Err(why) = journey_tests::passes(&name, &checked) {
            failed.push(why);
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
