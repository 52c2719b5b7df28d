//! How a compiled program runs: image, verifier, step, ingest, hosts.
//!
//! This crate knows no source text and no compiler. The step is a pure function of program, customer's state and input.

pub mod batch;
pub mod eval;
pub mod file;
pub mod history;
pub mod host;
pub mod image;
pub mod ingest;
pub mod input;
pub mod layout;
pub mod limits;
pub mod listing;
pub mod number;
pub mod pool;
pub mod program;
pub mod record;
pub mod report;
#[cfg(test)]
mod sample;
pub mod state;
pub mod step;
pub mod store;
pub mod tables;
pub mod testing;
pub mod time;
pub mod verify;
pub mod watch;
