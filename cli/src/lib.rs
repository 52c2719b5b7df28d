//! The `journey` command: arguments, files, terminals, progress. No semantics.
//!
//! Exit codes: 0 fine · 1 the program has errors, or tests, formatting or snapshots found something · 2 wrong use or unreadable input.

pub mod args;
pub mod command;
pub mod engine;
pub mod events;
pub mod load;
pub mod output;
pub mod view;

use clap::Parser;
use std::process::ExitCode;

/// Why a command could not do its work: shown to the person, exit code 2.
#[derive(Debug)]
pub struct Failure {
    /// What went wrong, in a sentence without full stop.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl Failure {
    /// A failure with no advice.
    pub fn new(message: impl Into<String>) -> Failure {
        Failure { message: message.into(), help: None }
    }

    /// Says also what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Failure {
        self.help = Some(help.into());
        self
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        Failure::new(error.to_string())
    }
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Nothing to object to.
    Fine,
    /// It found something.
    Found,
}

/// What a command gives back.
pub type Done = Result<Ended, Failure>;

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let args = args::Args::parse();
    args.color.apply();
    match command::run(args.command) {
        Ok(Ended::Fine) => ExitCode::SUCCESS,
        Ok(Ended::Found) => ExitCode::from(1),
        Err(failure) => {
            output::failure(&failure);
            ExitCode::from(2)
        }
    }
}
