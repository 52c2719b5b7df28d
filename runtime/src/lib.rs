//! How a compiled program runs: image, verifier, step, ingest, hosts.
//!
//! This crate knows no source text and no compiler. The step is a pure function of program, customer's state and input.

pub mod image;
pub mod input;
