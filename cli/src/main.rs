//! The `journey` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    journey_cli::main()
}
