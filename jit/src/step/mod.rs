//! The step as machine code: the tables' machine for the most usual inputs, one function for a whole batch.
//!
//! `plan` says what of a program is native, `machine` makes the code, `batch` is what the code is given, `host` what it asks of the lean
//! machine for rare steps, `engine` runs it and leaves the rest to the VM.

mod batch;
mod constants;
mod engine;
mod host;
mod machine;
mod plan;

pub use engine::Jit;
