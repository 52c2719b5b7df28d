//! What the language means, rule by rule, on images built by hand.

mod build;
mod effects;
mod entries;
mod goals_and_exits;
mod order;
mod pauses;
mod records;
mod replay;
mod sends;
mod waits;
