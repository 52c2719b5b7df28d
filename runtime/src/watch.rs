//! Conditions of the customer whose changes start, end and pause runs.
//!
//! A watch is worked out anew only when something it reads has changed, or when time alone may have changed it.

use crate::eval::{Frame, Scope};
use crate::image::{MISSING, Word};
use crate::layout::{KNOWN, WATCH_DUE, ZONE};
use crate::pool::Pool;
use crate::program::Program;
use crate::state::Changed;

/// Watches that may have changed.
#[derive(Debug, Clone)]
pub struct Dirty {
    marks: Vec<bool>,
    any: bool,
}

impl Dirty {
    /// For what no watch reads.
    pub fn none() -> Dirty {
        Dirty { marks: Vec::new(), any: false }
    }

    /// None yet.
    pub fn new(program: &Program) -> Dirty {
        Dirty { marks: vec![false; program.image.watches.len()], any: false }
    }

    /// Those that read a history.
    pub fn history(&mut self, program: &Program, history: u16) {
        self.mark(&program.watches_of_history[usize::from(history)]);
    }

    /// Those that read a profile field, given what its change did.
    pub fn profile(&mut self, program: &Program, field: u16, changed: Changed) {
        if changed != Changed::Nothing {
            self.mark(&program.watches_of_field[usize::from(field)]);
        }
        if changed == Changed::Zone {
            self.mark(&program.watches_of_zone);
        }
    }

    /// All.
    pub fn all(&mut self) {
        self.marks.fill(true);
        self.any = !self.marks.is_empty();
    }

    /// None any more.
    pub fn clear(&mut self) {
        if std::mem::take(&mut self.any) {
            self.marks.fill(false);
        }
    }

    fn mark(&mut self, watches: &[u16]) {
        for watch in watches {
            self.marks[usize::from(*watch)] = true;
            self.any = true;
        }
    }
}

/// A watch that has begun or ceased to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// Index into the image's watches.
    pub watch: u16,
    /// Begun, else ceased.
    pub holds: bool,
}

/// The earliest moment at which time alone may change a watch; `i64::MAX` if none.
pub fn due(program: &Program, state: &[Word]) -> i64 {
    if program.layout.watches == 0 { i64::MAX } else { state[WATCH_DUE] as i64 }
}

/// Whether a watched condition held when it was last worked out.
pub fn holds(program: &Program, state: &[Word], watch: u16) -> bool {
    state[program.layout.watch_at(watch)] != MISSING
}

/// Works out anew the watches that may have changed, and adds those that did to `changes` in the order of the image's watches.
/// For a customer who is seen for the first time all are worked out: before, none held.
pub fn refresh(
    program: &Program,
    pool: &Pool,
    state: &mut [Word],
    frame: &mut Frame,
    now: i64,
    dirty: &mut Dirty,
    changes: &mut Vec<Change>,
) {
    if state[ZONE] & KNOWN == 0 {
        state[ZONE] |= KNOWN;
        dirty.all();
    }
    if due(program, state) <= now {
        for watch in 0..program.image.watches.len() as u16 {
            if state[program.layout.watch_at(watch) + 1] as i64 <= now {
                dirty.mark(&[watch]);
            }
        }
    }
    if !dirty.any {
        return;
    }
    let first = changes.len();
    for watch in &program.watch_order {
        if !std::mem::take(&mut dirty.marks[usize::from(*watch)]) {
            continue;
        }
        let mut next = i64::MAX;
        let condition = program.image.watches[usize::from(*watch)].condition;
        let holds = Scope::of(program, pool, state, now).holds(condition, frame, &mut next);
        let at = program.layout.watch_at(*watch);
        state[at + 1] = next as Word;
        if holds != (state[at] != MISSING) {
            state[at] = if holds { now as Word } else { MISSING };
            changes.push(Change { watch: *watch, holds });
            dirty.mark(&program.watches_of_watch[usize::from(*watch)]);
        }
    }
    dirty.any = false;
    changes[first..].sort_by_key(|change| change.watch);
    let due =
        (0..program.image.watches.len() as u16).map(|watch| state[program.layout.watch_at(watch) + 1] as i64).min();
    state[WATCH_DUE] = due.unwrap_or(i64::MAX) as Word;
}

#[cfg(test)]
mod tests;
