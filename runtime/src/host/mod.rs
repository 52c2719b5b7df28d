//! Hosts: whoever feeds inputs to the step in order, keeps customers' states and hands effects on. A host knows nothing of what
//! a journey means.

mod alias;
mod board;
mod chunks;
mod flow;
mod ids;
pub mod memory;
mod order;
mod parse;
mod shard;
pub mod source;
#[cfg(test)]
mod tests;
mod threads;

pub use alias::Aliases;
pub use ids::Ids;
pub use order::{Part, Told};
pub use parse::shard_of;
pub use threads::parallel;

use crate::image::Image;
use crate::ingest::Problem;

/// An input that could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Where it stood, from 1; none for an input that came from within.
    pub line: Option<u64>,
    /// Whose it was, where that is known.
    pub customer: Option<String>,
    /// Why.
    pub problem: Problem,
    /// As it came.
    pub raw: String,
}

/// Takes for granted that everybody can be reached on these channels: their addresses are no longer asked for.
/// Returns the names that are no channels of the program.
pub fn assume_reachable(image: &mut Image, channels: &[String]) -> Vec<String> {
    let mut unknown = Vec::new();
    for name in channels {
        match image.channels.iter_mut().find(|channel| channel.name == *name) {
            Some(channel) => channel.address = None,
            None => unknown.push(name.clone()),
        }
    }
    unknown
}
