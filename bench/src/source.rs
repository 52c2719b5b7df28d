//! From source text to what runs.

use journey_compiler::lower::lower;
use journey_compiler::project::{Checked, Project};
use journey_runtime::image::Image;
use journey_runtime::program::Program;

/// Checks files (path and text) as a project of their own.
pub fn check(files: Vec<(String, String)>) -> Checked {
    let none = |_: &str| Err("this program stands alone".to_string());
    journey_compiler::check::check(&Project {
        settings: "[project]\nname = \"bench\"\ntime_zone = \"Europe/Berlin\"\ncurrency = \"EUR\"\n".to_string(),
        files,
        assets: &none,
        packs: journey_stdlib::packs(),
    })
}

/// The image of a program. Fails with what is wrong with it.
pub fn image(what: &str, files: Vec<(String, String)>) -> Result<Image, String> {
    let checked = check(files);
    if checked.has_errors() {
        let found: Vec<String> = checked.diagnostics.iter().map(|d| format!("{} {}", d.code, d.message)).collect();
        return Err(format!("{what} does not compile: {}", found.join("; ")));
    }
    Ok(lower(&checked.program, &checked.sources))
}

/// A program of one file, ready to run.
pub fn program(what: &str, text: &str) -> Result<Program, String> {
    let image = image(what, vec![(format!("{what}.journey"), text.to_string())])?;
    Program::new(image).map_err(|errors| format!("{what} is refused by the verifier: {errors:?}"))
}
