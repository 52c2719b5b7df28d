//! The `journey` command.

use std::process::ExitCode;

/// Checking makes and drops many small trees, in the language server at every keystroke.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    journey_cli::main()
}
