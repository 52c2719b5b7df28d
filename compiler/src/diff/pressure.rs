//! What an edit does to the most messages that one customer can get.

use crate::hir::Program;
use crate::prove::pressure::{self, Most, Worst, words};
use std::collections::BTreeMap;

/// A bound that is another one now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    /// Which messages: `marketing by sms`.
    pub what: String,
    /// The window, in days.
    pub days: i64,
    /// The most before, after what policies let through; none: there were no such messages.
    pub old: Option<Most>,
    /// The most now.
    pub new: Option<Most>,
}

impl Shift {
    /// Whether one customer can get more than before.
    pub fn rises(&self) -> bool {
        self.new > self.old
    }
}

/// The bounds that an edit changes, the same kind of messages together, the shorter window first.
pub(super) fn shifts(old: &Program, new: &Program) -> Vec<Shift> {
    let (before, after) = (bounds(old), bounds(new));
    let mut keys: Vec<&(String, i64)> = after.keys().chain(before.keys()).collect();
    keys.sort();
    keys.dedup();
    let shift = |key: &(String, i64)| {
        let (old, new) = (before.get(key).copied(), after.get(key).copied());
        (old != new).then(|| Shift { what: key.0.clone(), days: key.1, old, new })
    };
    keys.into_iter().filter_map(shift).collect()
}

/// The most of each kind of messages in each window. All messages together say nothing that a purpose or channel does not.
fn bounds(program: &Program) -> BTreeMap<(String, i64), Most> {
    let kinds = pressure::pressure(program).kinds;
    let said = |worst: &&Worst| worst.purpose.is_some() || worst.channel.is_some();
    let rows = kinds.iter().filter(said).flat_map(|worst| {
        let what = words::messages(program, worst.purpose, worst.channel);
        worst.windows.iter().map(move |window| ((what.clone(), window.days), window.with_policies))
    });
    rows.collect()
}
