//! The language server: what an editor asks, answered from what the compiler knows.
//!
//! ```text
//! messages ─ server ─▶ project: disk + open texts ─ compiler ─▶ analysis ─ queries ─▶ answers in bytes ─ server ─▶ lines and columns
//! ```
//!
//! One thread owns everything. It takes all messages that have come, applies the changes in their order, and answers from the analysis of
//! the newest text. Findings are sent when nothing more waits to be read, so a fast typist is never behind. What has to be proved is
//! proved beside it when typing pauses, and given up when it goes on ([`proofs`]).
//!
//! [`queries`] are functions of an analysis and a place. They count bytes and know nothing of the protocol; [`server`] is the only part
//! that does, and converts each answer once. There are no semantics here: what a name stands for is written down by the compiler while
//! it resolves names (`journey_compiler::mentions`).

pub mod analysis;
pub mod disk;
pub mod project;
pub mod proofs;
pub mod queries;
pub mod server;
pub mod text;
