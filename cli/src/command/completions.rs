//! `journey completions`

use crate::args::{Args, Completions};
use crate::{Done, Ended, output};
use clap::CommandFactory;

pub(super) fn run(args: &Completions) -> Done {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "journey", &mut script);
    output::print(&String::from_utf8_lossy(&script));
    Ok(Ended::Fine)
}
