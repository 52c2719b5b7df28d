//! Pieces of the file through the shards: each thread takes a piece, reads it, and gives each shard its messages when the shard has
//! taken those of the pieces before. Nobody waits for a whole round of others; a shard sees pieces in the order of the file.

use super::alias::Aliases;
use super::chunks::Chunks;
use super::memory::Progress;
use super::parse::{Parsed, parse};
use super::shard::{Piece, Shard, Shared};
use super::source;
use crate::ingest::Found;
use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError, mpsc};
use std::time::Duration;

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

/// What is found in pieces before their messages are looked into.
pub(crate) trait Ledger: Send {
    /// A piece was read: the line of its first message, and its bytes. Gives how far the run has come.
    fn enter(&mut self, parsed: &mut Parsed<'_>, first: u64, bytes: usize) -> Progress;

    /// A piece of another form was read.
    fn enter_found(&mut self, found: source::Found) -> Progress;
}

/// How pieces are read.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub(crate) shared: Shared<'a>,
    pub(crate) threads: usize,
    /// Messages after this are left out.
    pub(crate) until: Option<i64>,
}

/// Pieces in the order of the file, each with its number.
struct Source {
    pieces: mpsc::Receiver<io::Result<Vec<u8>>>,
    next: u64,
}

/// Lines and names as the pieces come.
struct Lines<L> {
    lines: u64,
    aliases: Aliases,
    ledger: L,
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

/// Takes all events through the shards. Fails only when they cannot be read. Gives back the ledger.
pub(crate) fn run<L: Ledger>(
    events: impl Read + Send,
    reading: Reading<'_>,
    shards: &[InTurn<Shard>],
    ledger: L,
    mut progress: impl FnMut(Progress),
) -> io::Result<L> {
    let threads = reading.threads.max(1);
    let stop = AtomicBool::new(false);
    let lines = InTurn::new(Lines { lines: 0, aliases: Aliases::default(), ledger });
    let (sender, pieces) = mpsc::sync_channel(threads + 1);
    let (give_back, used) = mpsc::channel();
    // None: nothing more is taken, so the reader stops as well.
    let source = Mutex::new(Some(Source { pieces, next: 0 }));
    let worker = |progress: &mut dyn FnMut(Progress)| -> io::Result<()> {
        let _guard = Guard(&stop);
        let mut found = Found::default();
        loop {
            let mut source = source.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(Source { pieces, next }) = &mut *source else { return Ok(()) };
            let chunk = match pieces.recv() {
                Ok(Ok(chunk)) if !stop.load(Ordering::Relaxed) => chunk,
                Ok(Err(error)) => {
                    stop.store(true, Ordering::Relaxed);
                    return Err(error);
                }
                _ => return Ok(()),
            };
            let piece = *next;
            *next += 1;
            drop(source);
            let mut parsed = parse(reading.shared.decoder, &chunk, found, reading.until, shards.len());
            let entered = lines.take(piece, &stop, |lines| {
                let first = lines.lines + 1;
                lines.lines += parsed.lines;
                if parsed.aliases || !lines.aliases.is_empty() {
                    lines.aliases.apply(&mut parsed);
                }
                (first, lines.ledger.enter(&mut parsed, first, chunk.len()))
            });
            let Some((first, come)) = entered else { return Ok(()) };
            for (s, shard) in shards.iter().enumerate() {
                let work = |shard: &mut Shard| {
                    let piece = Piece { parsed: &parsed, first };
                    shard.take(reading.shared, piece, &parsed.of_shard[s], s == 0);
                };
                if shard.take(piece, &stop, work).is_none() {
                    return Ok(());
                }
            }
            found = parsed.found;
            // The reader may have ended.
            let _ = give_back.send(chunk);
            progress(come);
        }
    };
    std::thread::scope(|scope| -> io::Result<()> {
        // Reading (and unpacking) goes on while the pieces before are worked on.
        scope.spawn(move || {
            for piece in Chunks::new(events, used) {
                if sender.send(piece).is_err() {
                    break;
                }
            }
        });
        let result = on_threads(threads, worker, &mut progress);
        source.lock().unwrap_or_else(PoisonError::into_inner).take();
        result
    })?;
    Ok(lines.into_inner().ledger)
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
