//! The `journey` command, built like the benchmarks: how long it takes to start.

use std::process::ExitCode;

/// As the command has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    journey_cli::main()
}
