//! Pieces of the file through the shards: each thread takes a piece, reads it, and gives each shard its messages when the shard has
//! taken those of the pieces before. Nobody waits for a whole round of others; a shard sees pieces in the order of the file.

use super::alias::Aliases;
use super::chunks::Chunks;
use super::memory::Progress;
use super::parse::{Parsed, parse};
use super::shard::{Piece, Shard, Shared};
use super::source;
use super::threads::{Guard, InTurn, on_threads};
use crate::ingest::Found;
use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};

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
