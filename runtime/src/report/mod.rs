//! What a run has to say: counts, effects as lines, a summary for people, and the story of one customer.

mod counts;
pub mod human;
pub mod line;
mod lines;
pub mod passage;
pub mod story;
pub mod summary;
pub mod tally;
pub mod words;

pub(crate) use counts::Counts;
pub(crate) use lines::{Lines, Writer};
