//! What is proven of the recipes and examples; and every limit that can be reached is shown to be reached by a test that passes.

use journey_compiler::check::check;
use journey_compiler::lower::{lower, lower_tests};
use journey_compiler::project::Project;
use journey_compiler::prove::pressure::{self, Analysis, words};
use journey_compiler::prove::witness;
use journey_compiler::testing;
use journey_runtime::program::Program as Machine;
use std::fmt::Write;
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

fn projects() -> Vec<PathBuf> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let below = |folder: &str| std::fs::read_dir(top.join(folder)).unwrap().map(|e| e.unwrap().path());
    let mut found: Vec<PathBuf> =
        below("examples").chain(below("tests/recipes")).filter(|p| p.join("journey.toml").exists()).collect();
    found.sort();
    found
}

#[test]
fn limits_of_the_examples() {
    let mut seen = String::new();
    for root in projects() {
        let mut files = Vec::new();
        texts(&root, &root, &mut files);
        let read = |path: &str| std::fs::read_to_string(root.join(path)).map_err(|e| e.to_string());
        let settings = std::fs::read_to_string(root.join("journey.toml")).unwrap();
        let mut project = Project { settings, files, assets: &read, packs: journey_stdlib::packs() };
        let checked = check(&project);
        let program = &checked.program;
        let machine = Machine::new(lower(program, &checked.sources)).unwrap();
        let found = pressure::pressure(program);
        writeln!(seen, "# {}\n{}", program.name, words::lead(&found)).unwrap();
        let mut analysis = Analysis::new(program);
        let mut tests = String::new();
        for verdict in &found.rules {
            let rule = words::rule(program, &checked.sources, verdict);
            writeln!(seen, "\n{rule}\n  {}", words::verdict(program, verdict)).unwrap();
            match witness::find(program, &checked.sources, &machine, &mut analysis, verdict) {
                Some(witness) => {
                    writeln!(seen, "  {}\n{}", witness.detail, witness.test).unwrap();
                    tests.push_str(&witness.test);
                    tests.push('\n');
                }
                None if verdict.proven() => {}
                None => writeln!(seen, "  no witness found").unwrap(),
            }
        }
        seen.push('\n');
        // Pasted into the project they compile, and pass.
        project.files.push(("witness.journey".to_string(), tests));
        let checked = check(&project);
        assert!(!checked.has_errors(), "{}\n{seen}", testing::render(&checked));
        let plan = lower_tests(&checked.program, &checked.sources);
        let machine = Machine::new(lower(&checked.program, &checked.sources)).unwrap();
        let results = journey_runtime::testing::run(&machine, &plan, None);
        for result in results.tests.iter().filter(|t| t.file == "witness.journey") {
            assert!(result.passed(), "{}: {:?}\n{seen}", result.title, result.failures);
        }
    }
    insta::assert_snapshot!(seen);
}
