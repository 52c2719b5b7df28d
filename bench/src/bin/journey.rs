//! The `journey` command, built like the benchmarks: how long it takes to start.

use std::process::ExitCode;

fn main() -> ExitCode {
    journey_cli::main()
}
