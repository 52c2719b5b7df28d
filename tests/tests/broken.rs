//! Programs with mistakes: what a person is shown.
//!
//! `tests/broken/*.journey` are written by hand, each with one mistake people make (or a few that must not disturb each other). The snapshot
//! shows the source and the findings together. The mutations take working programs and break them in hundreds of ways.

use journey_tests::{check_named, findings, repository};
use std::path::PathBuf;

fn programs(folder: &str) -> Vec<PathBuf> {
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
    let broken = programs("tests/broken");
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
