//! The commands, one a module.

mod build;
mod check;
mod completions;
pub mod data;
pub mod diff;
mod doc;
mod events;
mod explain;
mod fmt;
mod graph;
mod infer;
mod lsp;
mod new;
mod prove;
mod run;
pub use new::FILES as TEMPLATE;
mod snapshot;
mod test;

use crate::args::Command;
use crate::{Done, Ended, load, output, view};
use journey_compiler::project::Checked;
use journey_runtime::image::Image;
use std::path::{Path, PathBuf};

/// Does what was asked.
pub fn run(command: Command) -> Done {
    match command {
        Command::New(args) => new::run(&args),
        Command::Run(args) => run::run(&args),
        Command::Data(args) => data::run(&args),
        Command::Infer(args) => infer::events(&args),
        Command::Import(args) => infer::schema(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Events(args) => events::run(&args),
        Command::Test(args) => test::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Fmt(args) => fmt::run(&args),
        Command::Lsp => lsp::run(),
        Command::Doc(args) => doc::run(&args),
        Command::Graph(args) => graph::run(&args),
        Command::Build(args) => build::run(&args),
        Command::Prove(args) => prove::run(&args),
        Command::Snapshot(args) => snapshot::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Completions(args) => completions::run(&args),
    }
}

/// A project that compiles.
struct Compiled {
    root: PathBuf,
    checked: Checked,
    image: Image,
}

/// The project at `path`, compiled; none when it has errors, which have been shown.
fn compile(path: &Path) -> Result<Option<Compiled>, crate::Failure> {
    let loaded = load::project(path)?;
    let checked = loaded.check();
    if checked.has_errors() {
        output::print(&view::render(view::Format::Human, &checked.diagnostics, &checked.sources, output::colour()));
        output::note(&check::closing(&checked));
        return Ok(None);
    }
    let image = journey_compiler::lower::lower(&checked.program, &checked.sources);
    Ok(Some(Compiled { root: loaded.root, checked, image }))
}

/// `Found` when there is none.
fn or_found<T>(some: Option<T>, then: impl FnOnce(T) -> Done) -> Done {
    some.map_or(Ok(Ended::Found), then)
}
