//! What the tests share: finding programs, checking them, showing what was found.

pub mod equal;
pub mod generate;
pub mod proved;
pub mod work;

use journey_cli::view::{self, Format};
use journey_compiler::project::{Checked, Project};
use journey_grammar::diagnostic::Severity;
use journey_runtime::program::Program;
use journey_runtime::testing;
use std::path::{Path, PathBuf};

/// The settings of programs that stand alone, in pages and test files.
pub const SETTINGS: &str = "[project]\nname = \"page\"\ntime_zone = \"Europe/Berlin\"\ncurrency = \"EUR\"\n";

/// The folder of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// The folders below `folder` (of the repository) that are projects, sorted; not those inside another's.
pub fn projects(folder: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(repository().join(folder))
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok().map(|e| e.path()))
        .filter(|path| path.join("journey.toml").is_file())
        .collect();
    found.sort();
    found
}

/// Checks the project in a folder.
pub fn check_folder(folder: &Path) -> Checked {
    match journey_cli::load::project(folder) {
        Ok(loaded) => loaded.check(),
        Err(failure) => panic!("{}: {}", folder.display(), failure.message),
    }
}

/// Checks a program that stands alone.
pub fn check_text(text: &str) -> Checked {
    check_named("page.journey", text)
}

/// Checks a program that stands alone, under a name.
pub fn check_named(name: &str, text: &str) -> Checked {
    check_files(vec![(name.to_string(), text.to_string())])
}

/// Checks a program of several files (path and text) that names no others.
pub fn check_files(files: Vec<(String, String)>) -> Checked {
    let none = |_: &str| Err("this program stands alone".to_string());
    journey_compiler::check::check(&Project {
        settings: SETTINGS.to_string(),
        files,
        assets: &none,
        packs: journey_stdlib::packs(),
    })
}

/// Whether the program can be run: its errors, if any, are only of steps and conditions that are there in vain.
pub fn means_something(checked: &Checked) -> bool {
    checked.diagnostics.iter().all(|d| d.severity != Severity::Error || d.code.is_adjustable())
}

/// The findings as a person sees them, without colour.
pub fn findings(checked: &Checked) -> String {
    view::render(Format::Human, &checked.diagnostics, &checked.sources, false)
}

/// Fails with the findings if there are errors.
pub fn must_compile(what: &str, checked: &Checked) {
    assert!(!checked.has_errors(), "{what} does not compile:\n{}", findings(checked));
}

/// A fenced block of a Markdown page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// What stands behind the opening fence: `journey`, `journey run`, `console`.
    pub info: String,
    /// Its text.
    pub text: String,
    /// Line of the opening fence, from 1.
    pub line: usize,
}

/// The fenced blocks of a page, in order.
pub fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (number, line) in markdown.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => {
                open = Some(Block { info: info.trim().to_string(), text: String::new(), line: number + 1 });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {}
        }
    }
    blocks
}

/// Runs the tests of a checked program. `Err` tells what failed, with the findings or the failing time-lines.
pub fn passes(what: &str, checked: &Checked) -> Result<(), String> {
    if checked.has_errors() {
        return Err(format!("{what} does not compile:\n{}", findings(checked)));
    }
    let image = journey_compiler::lower::lower(&checked.program, &checked.sources);
    let plan = journey_compiler::lower::lower_tests(&checked.program, &checked.sources);
    let program = Program::new(image).map_err(|errors| format!("{what} is refused by the verifier: {errors:?}"))?;
    let results = testing::run(&program, &plan, None);
    if results.tests.is_empty() {
        return Err(format!("{what} has no tests"));
    }
    if results.failed() > 0 {
        return Err(format!("{what}:\n{}", testing::show::human(&program, &results)));
    }
    Ok(())
}

/// Fails with what failed.
pub fn must_pass(what: &str, checked: &Checked) {
    if let Err(why) = passes(what, checked) {
        panic!("{why}");
    }
}
