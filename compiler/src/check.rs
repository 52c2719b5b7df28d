//! From the texts of a project to the checked program.

use crate::project::{Checked, Project, Source};
use crate::scope::Context;
use crate::{journey, test};

/// Checks a project. Never fails: what is wrong is said in [`Checked::diagnostics`].
pub fn check(project: &Project) -> Checked {
    let mut sources = vec![Source { path: "journey.toml".into(), text: project.settings.clone(), pack: false }];
    for (path, text) in &project.files {
        sources.push(Source { path: path.clone(), text: text.clone(), pack: false });
    }
    let trees = Vec::new();
    let mut cx = Context::new(project.assets, sources);
    journey::check_journeys(&mut cx);
    test::check_tests(&mut cx);
    let Context { program, sources, diagnostics, .. } = cx;
    Checked { sources, trees, settings: None, program, diagnostics: diagnostics.into_inner() }
}
