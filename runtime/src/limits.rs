//! Caps, gaps and limits of offers: what was handed over in a window, and when there is room again.

use crate::image::{Limit, MISSING, Span, Window, Word};
use crate::layout::Memory;
use crate::state::push;
use crate::time::{NEVER, Zone};

/// Room under a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// There is room now.
    Now,
    /// There is room from this moment on, if nothing is handed over before; `i64::MAX`: never.
    From(i64),
}

/// Whether one more hand-over at `now` stays within a limit. Counted is what was handed over in the window up to and including now.
pub fn room(limit: &Limit, memory: Memory, state: &[Word], zone: &Zone, now: i64) -> Room {
    match memory {
        Memory::Number { at } if state[at] < Word::from(limit.count) => Room::Now,
        Memory::Number { .. } => Room::From(NEVER),
        Memory::Moments { count: 0, .. } => Room::From(NEVER),
        // As many moments are kept as are allowed: there is no room while the oldest of them counts.
        Memory::Moments { at, .. } => match (state[at], &limit.window) {
            (MISSING, _) => Room::Now,
            (oldest, Window::Rolling(span)) => from(now, zone.add(oldest as i64, span)),
            (oldest, Window::Calendar(period)) => from(now, zone.period_end(oldest as i64, *period)),
            (_, Window::Ever) => Room::From(NEVER),
        },
    }
}

/// Whether so long has passed since the latest hand-over.
pub fn gap(span: &Span, memory: Memory, state: &[Word], zone: &Zone, now: i64) -> Room {
    match memory {
        Memory::Moments { at, count } if count > 0 && state[at + count - 1] != MISSING => {
            from(now, zone.add(state[at + count - 1] as i64, span))
        }
        _ => Room::Now,
    }
}

fn from(now: i64, free: i64) -> Room {
    if free <= now { Room::Now } else { Room::From(free) }
}

/// Counts a hand-over.
pub fn count(memory: Memory, state: &mut [Word], now: i64) {
    match memory {
        Memory::Moments { at, count } => push(&mut state[at..at + count], now as Word),
        Memory::Number { at } => state[at] = state[at].saturating_add(1),
    }
}
