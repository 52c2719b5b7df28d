//! Work that is spread over threads: pieces of it, things that are changed in turn, and workers that stop together.

use super::memory::Progress;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Does `count` pieces of work on some threads; the results are in order.
pub fn parallel<T: Send>(threads: usize, count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    if threads <= 1 || count <= 1 {
        return (0..count).map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<(usize, T)>> = Mutex::new(Vec::with_capacity(count));
    std::thread::scope(|scope| {
        for _ in 0..threads.min(count) {
            scope.spawn(|| {
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    if i >= count {
                        break;
                    }
                    let result = work(i);
                    results.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push((i, result));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    results.sort_by_key(|(i, _)| *i);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Something that pieces change one after the other.
pub(crate) struct InTurn<T> {
    /// Whose turn it is.
    inner: Mutex<(u64, T)>,
    changed: Condvar,
}

impl<T> InTurn<T> {
    pub(crate) fn new(inner: T) -> InTurn<T> {
        InTurn { inner: Mutex::new((0, inner)), changed: Condvar::new() }
    }

    /// Does a piece's work when its turn has come. None: all has stopped before.
    pub(super) fn take<R>(&self, piece: u64, stop: &AtomicBool, work: impl FnOnce(&mut T) -> R) -> Option<R> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        while inner.0 != piece {
            if stop.load(Ordering::Relaxed) {
                return None;
            }
            // Woken when the turn changes; looks up now and then in case the one whose turn it is has stopped.
            let waited = self.changed.wait_timeout(inner, Duration::from_millis(20));
            inner = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        let result = work(&mut inner.1);
        inner.0 += 1;
        drop(inner);
        self.changed.notify_all();
        Some(result)
    }

    pub(crate) fn into_inner(self) -> T {
        self.inner.into_inner().unwrap_or_else(PoisonError::into_inner).1
    }
}

/// Stops the others when a thread does not end as it should.
pub(super) struct Guard<'a>(pub(super) &'a AtomicBool);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}

/// Runs workers on so many threads, this one among them: it alone tells of progress. Gives the first failure.
pub(super) fn on_threads(
    threads: usize,
    worker: impl Fn(&mut dyn FnMut(Progress)) -> io::Result<()> + Sync,
    progress: &mut dyn FnMut(Progress),
) -> io::Result<()> {
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(|| worker(&mut |_| {}))).collect();
        let mut result = worker(progress);
        for other in others {
            match other.join() {
                Ok(theirs) => result = result.and(theirs),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        result
    })
}
