//! The recipes and examples as projects, and tests pasted into them.

use journey_compiler::check::check;
use journey_compiler::lower::{lower, lower_tests};
use journey_compiler::project::{Checked, Project};
use journey_compiler::testing;
use journey_runtime::program::Program as Machine;
use journey_runtime::testing::TestResult;
use std::path::{Path, PathBuf};

/// A project on the disk.
pub struct Example {
    root: PathBuf,
    settings: String,
    files: Vec<(String, String)>,
    /// It is one of the recipes: journeys beside one another in one file, and no whole project.
    pub recipe: bool,
}

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

/// All of them, in order.
pub fn all() -> Vec<Example> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let below = |folder: &str| std::fs::read_dir(top.join(folder)).unwrap().map(|e| e.unwrap().path());
    let mut roots: Vec<PathBuf> =
        below("examples").chain(below("tests/recipes")).filter(|p| p.join("journey.toml").exists()).collect();
    roots.sort();
    let example = |root: PathBuf| {
        let mut files = Vec::new();
        texts(&root, &root, &mut files);
        let recipe = root.components().any(|part| part.as_os_str() == "recipes");
        Example { settings: std::fs::read_to_string(root.join("journey.toml")).unwrap(), root, files, recipe }
    };
    roots.into_iter().map(example).collect()
}

impl Example {
    /// The project with a file of tests pasted into it.
    pub fn check(&self, tests: &str) -> Checked {
        let read = |path: &str| std::fs::read_to_string(self.root.join(path)).map_err(|e| e.to_string());
        let mut files = self.files.clone();
        files.push(("witness.journey".to_string(), tests.to_string()));
        check(&Project { settings: self.settings.clone(), files, assets: &read, packs: journey_stdlib::packs() })
    }
}

/// Runs the tests that were pasted into a project; all of them pass.
pub fn passes(checked: &Checked) -> Vec<TestResult> {
    assert!(!checked.has_errors(), "{}", testing::render(checked));
    let plan = lower_tests(&checked.program, &checked.sources);
    let machine = Machine::new(lower(&checked.program, &checked.sources)).unwrap();
    let results = journey_runtime::testing::run(&machine, &plan, None);
    let pasted: Vec<TestResult> = results.tests.into_iter().filter(|t| t.file == "witness.journey").collect();
    for result in &pasted {
        assert!(result.passed(), "{}: {:?}", result.title, result.failures);
    }
    pasted
}
