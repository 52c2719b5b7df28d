//! Pieces of another form than lines through the shards: what there is to do stands on a board, and each thread takes what is ready.
//!
//! A piece is loaded, then names are looked up in it, in the order of the pieces; then each shard is given its share, again in order.
//! Nobody waits for a certain piece or shard as long as another one is ready, so a piece that takes longer holds up nobody.

use super::alias::Aliases;
use super::flow::{Ledger, Reading};
use super::memory::Progress;
use super::shard::Shard;
use super::source::{Piece, Share, Source};
use super::threads::{Guard, InTurn, on_threads};
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A piece whose shares are given to the shards.
struct Open<P> {
    piece: P,
    number: usize,
    /// How far the run has come with it.
    come: Progress,
}

/// Something to do.
enum Task<P> {
    /// Load the piece of this number.
    Load(usize),
    /// Look up the names in it, and enter what was found.
    Resolve(usize, P),
    /// Give a shard its share.
    Feed(Arc<Open<P>>, usize),
}

/// What has been done, and by it what can be.
struct Board<P> {
    /// How many pieces there are.
    pieces: usize,
    /// How many may be in memory.
    most: usize,
    /// Those before it have been taken to be loaded.
    begun: usize,
    /// Those that wait for the names of the pieces before them.
    loaded: BTreeMap<usize, P>,
    /// In those before it names have been looked up.
    resolved: usize,
    resolving: bool,
    /// Those of which not all shares have been given, in order.
    open: VecDeque<Arc<Open<P>>>,
    /// For each shard the piece whose share is next, and whether a thread is at it.
    shards: Vec<(usize, bool)>,
    /// All shares of those before it have been given.
    done: usize,
    come: Progress,
}

impl<P> Board<P> {
    fn new(pieces: usize, shards: usize, threads: usize) -> Board<P> {
        Board {
            pieces,
            most: threads + 1,
            begun: 0,
            loaded: BTreeMap::new(),
            resolved: 0,
            resolving: false,
            open: VecDeque::new(),
            shards: vec![(0, false); shards],
            done: 0,
            come: Progress::default(),
        }
    }

    /// Takes what is ready: what lets go of memory first.
    fn take(&mut self) -> Option<Task<P>> {
        if !self.resolving
            && let Some(piece) = self.loaded.remove(&self.resolved)
        {
            self.resolving = true;
            return Some(Task::Resolve(self.resolved, piece));
        }
        for open in &self.open {
            if let Some(s) = self.shards.iter().position(|shard| *shard == (open.number, false)) {
                self.shards[s].1 = true;
                return Some(Task::Feed(open.clone(), s));
            }
        }
        if self.begun < self.pieces && self.begun - self.done < self.most {
            self.begun += 1;
            return Some(Task::Load(self.begun - 1));
        }
        None
    }

    fn resolved(&mut self, open: Open<P>) {
        self.resolved += 1;
        self.resolving = false;
        self.open.push_back(Arc::new(open));
    }

    /// A shard has been given its share. Gives the piece, when that was the last one: its memory is given back without the board.
    fn fed(&mut self, s: usize) -> Option<Arc<Open<P>>> {
        self.shards[s] = (self.shards[s].0 + 1, false);
        self.done = self.shards.iter().map(|(next, _)| *next).min().unwrap_or_default();
        let done = self.open.pop_front_if(|open| open.number < self.done);
        self.come = done.as_ref().map_or(self.come, |open| open.come);
        done
    }
}

/// Takes all pieces of a source through the shards. Fails only when they cannot be read. Gives back the ledger.
pub(crate) fn run<S: Source, L: Ledger>(
    source: &S,
    reading: Reading<'_>,
    shards: &[InTurn<Shard>],
    ledger: L,
    mut progress: impl FnMut(Progress),
) -> io::Result<L> {
    let threads = reading.threads.max(1);
    let stop = AtomicBool::new(false);
    let names = InTurn::new((Aliases::default(), ledger));
    let board = Mutex::new(Board::new(source.pieces(), shards.len(), threads));
    let changed = Condvar::new();
    let look = || -> MutexGuard<'_, Board<S::Piece>> { board.lock().unwrap_or_else(PoisonError::into_inner) };
    // Waits for something to do; none: all is done, or has stopped before. Also how far all have come.
    let next = || -> Option<(Task<S::Piece>, Progress)> {
        let mut board = look();
        loop {
            if stop.load(Ordering::Relaxed) || board.done >= board.pieces {
                return None;
            }
            if let Some(task) = board.take() {
                return Some((task, board.come));
            }
            // Woken by what others do; looks up now and then in case they have stopped.
            let waited = changed.wait_timeout(board, Duration::from_millis(20));
            board = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    };
    let work = |task: Task<S::Piece>| -> io::Result<()> {
        match task {
            Task::Load(number) => {
                let piece = source.load(number)?;
                look().loaded.insert(number, piece);
            }
            Task::Resolve(number, mut piece) => {
                let found = piece.found();
                let come = names.take(number as u64, &stop, |(aliases, ledger)| {
                    piece.resolve(aliases).map(|()| ledger.enter_found(found))
                });
                let Some(come) = come.transpose()? else { return Ok(()) };
                look().resolved(Open { piece, number, come });
            }
            Task::Feed(open, s) => {
                let fed = shards[s].take(open.number as u64, &stop, |shard| {
                    let mut share = Share::new(shard, reading.shared, &open.piece, s == 0);
                    open.piece.feed(s, &mut share)?;
                    share.end();
                    Ok::<_, io::Error>(())
                });
                if fed.transpose()?.is_none() {
                    return Ok(());
                }
                let done = look().fed(s);
                drop(done);
            }
        }
        changed.notify_all();
        Ok(())
    };
    let worker = |progress: &mut dyn FnMut(Progress)| -> io::Result<()> {
        let _guard = Guard(&stop);
        let mut told = 0;
        while let Some((task, come)) = next() {
            if come.messages > told {
                told = come.messages;
                progress(come);
            }
            work(task).inspect_err(|_| stop.store(true, Ordering::Relaxed))?;
        }
        Ok(())
    };
    on_threads(threads, worker, &mut progress)?;
    progress(look().come);
    Ok(names.into_inner().1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever order threads do what they have taken, pieces are looked up and given in order, and all are.
    #[test]
    fn everything_is_done_in_order() {
        for (seed, (pieces, shards, threads)) in [(0, 1, 1), (1, 1, 2), (7, 3, 2), (20, 5, 4)].into_iter().enumerate() {
            let mut board: Board<()> = Board::new(pieces, shards, threads);
            let (mut taken, mut resolved, mut given) = (VecDeque::new(), Vec::new(), vec![Vec::new(); shards]);
            let mut turn = seed;
            loop {
                while taken.len() < threads
                    && let Some(task) = board.take()
                {
                    taken.push_back(task);
                }
                turn = (turn * 31 + 7) % 101;
                taken.rotate_left(if taken.is_empty() { 0 } else { turn % taken.len() });
                match taken.pop_front() {
                    None => break,
                    Some(Task::Load(number)) => _ = board.loaded.insert(number, ()),
                    Some(Task::Resolve(number, piece)) => {
                        resolved.push(number);
                        board.resolved(Open { piece, number, come: Progress::default() });
                    }
                    Some(Task::Feed(open, s)) => {
                        given[s].push(open.number);
                        drop(board.fed(s));
                    }
                }
                assert!(board.begun - board.done <= threads + 1 && board.open.len() <= threads + 1);
            }
            let all: Vec<usize> = (0..pieces).collect();
            assert_eq!((resolved, board.done), (all.clone(), pieces));
            assert!(given.iter().all(|given| *given == all));
        }
    }
}
