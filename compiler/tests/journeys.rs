//! What is said about expressions, journeys and tests: each file of `journeys/` with everything that is found in it. A file whose
//! name begins with `sound` has nothing wrong with it.

use journey_compiler::testing;

#[test]
fn journeys() {
    insta::glob!("journeys/*.journey", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        let checked =
            testing::check(&text, &[("fr.csv", "date,name\n2026-05-01,Fête du Travail\n")], journey_stdlib::packs());
        let found = testing::render(&checked);
        if path.file_name().is_some_and(|n| n.to_string_lossy().starts_with("sound")) {
            assert_eq!(found, "", "{}", path.display());
            return;
        }
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(found);
        });
    });
}
