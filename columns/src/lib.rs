//! Recorded events and effects in columns: Parquet files that other tools read as well.
//!
//! A history is decoded once, when it is written; a replay then copies numbers and moments and looks words up once a row group.
//! Nothing is lost: what does not fit in columns is kept as JSON text, and every message can be written again as it came.

mod effects;
mod error;
mod form;
mod group;
mod line;
mod pieces;
mod plan;
mod read;
mod replay;
mod shape;
mod survey;
mod tree;
mod words;
mod write;

pub use effects::write_effects;
pub use error::Error;
pub use form::Form;
pub use read::{History, is_parquet};
pub use replay::{Group, Replay};
pub use tree::Column;
pub use write::{About, Options, Written, write};

#[cfg(test)]
mod tests;
