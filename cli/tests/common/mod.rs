//! The command, run as people and scripts run it.

use std::process::{Command, Output};

/// The command, told nothing by the environment.
pub fn journey() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_journey"));
    command.env_remove("NO_COLOR").env_remove("JOURNEY_FORMAT");
    command
}

/// Its exit code.
pub fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

/// What it says.
pub fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What it says beside.
pub fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}
