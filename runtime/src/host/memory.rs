//! The memory host: a program over recorded events, as fast as the machine allows. Time is the events' time.
//!
//! The file is cut into pieces of whole lines. Pieces are read into messages in parallel; each message goes to the shard of its
//! customer; shards work in parallel, each through its messages in the order of the file. Customers never interact, the number
//! of shards is fixed, and effects are put in order by moment, customer and sequence: so the outcome is the same to the byte for
//! any number of threads, and for any interleaving of different customers' lines.

use super::alias::Aliases;
use super::chunks::Chunks;
use super::parse::{Parsed, parse, shard_of};
use super::shard::{Out, Shard, Wanted, purposes, text};
use super::{DeadLetter, SHARDS};
use crate::image::Word;
use crate::ingest::Decoder;
use crate::input::Effect;
use crate::program::Program;
use crate::report::story::Story;
use crate::report::tally::{Tally, sum};
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use xxhash_rust::xxh3::xxh3_64;

/// How a program is run.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The horizon: time goes on to here (included) after the last event, and events after it are left out. Milliseconds since
    /// 1970 UTC. None: the latest time in the data; what is due after it keeps waiting.
    pub until: Option<i64>,
    /// Worker threads; 0 is one. The outcome does not depend on it.
    pub threads: usize,
    /// Purposes everybody has consented to, on all channels, before the events say otherwise.
    pub assume_consent: Vec<String>,
    /// Keep every effect for [`Outcome::effects`]; without it there are only counts.
    pub keep_effects: bool,
    /// Tell this customer's story.
    pub story: Option<String>,
}

/// How far a run has come.
#[derive(Debug, Clone, Copy, Default)]
pub struct Progress {
    /// Bytes of events.
    pub bytes: u64,
    /// Messages.
    pub messages: u64,
}

/// What came of a run.
pub struct Outcome {
    /// The moment to which time went. None: there was no time in the data.
    pub horizon: Option<i64>,
    /// Bytes of events.
    pub bytes: u64,
    /// Messages: lines that are not blank.
    pub messages: u64,
    /// Messages after the horizon, left out.
    pub after: u64,
    /// Events that are not declared, by wire name.
    pub unknown: BTreeMap<String, u64>,
    /// Events that nothing reads, by wire name.
    pub unread: BTreeMap<String, u64>,
    /// Inputs that could not be used, in the order of the file.
    pub dead: Vec<DeadLetter>,
    /// Counts of what was decided.
    pub tally: Tally,
    /// How many customers there are.
    pub customers: u64,
    /// The story that was asked for, if that customer is in the data.
    pub story: Option<Story>,
    /// Bytes used at the end.
    pub memory: Memory,
    shards: Vec<Shard>,
}

/// Bytes used at the end of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Memory {
    /// Customers' states.
    pub states: usize,
    /// Customers' ids.
    pub ids: usize,
    /// Texts and lists.
    pub texts: usize,
}

impl Memory {
    /// Of all kinds.
    pub fn total(&self) -> usize {
        self.states + self.ids + self.texts
    }
}

/// Runs a program over JSON lines. Fails only when `events` cannot be read.
pub fn run(
    program: &Program,
    events: impl Read + Send,
    options: &Options,
    mut progress: impl FnMut(Progress),
) -> io::Result<Outcome> {
    let threads = options.threads.max(1);
    let decoder = Decoder::new(&program.image);
    let wanted = Wanted {
        effects: options.keep_effects,
        story: options.story.clone(),
        consents: purposes(&program.image, &options.assume_consent).0,
    };
    let mut shards: Vec<Mutex<Shard>> = (0..SHARDS).map(|_| Mutex::new(Shard::new(program, &wanted))).collect();
    let mut aliases = Aliases::default();
    let mut outcome = Outcome {
        horizon: None,
        bytes: 0,
        messages: 0,
        after: 0,
        unknown: BTreeMap::new(),
        unread: BTreeMap::new(),
        dead: Vec::new(),
        tally: Tally::default(),
        customers: 0,
        story: None,
        memory: Memory::default(),
        shards: Vec::new(),
    };
    let mut lines = 0u64;
    let mut latest = None;
    std::thread::scope(|scope| -> io::Result<()> {
        // Reading (and unpacking) goes on while the pieces before are worked on.
        let (sender, receiver) = mpsc::sync_channel(2 * threads);
        scope.spawn(move || {
            for chunk in Chunks::new(events) {
                if sender.send(chunk).is_err() {
                    break;
                }
            }
        });
        loop {
            let mut chunks: Vec<Vec<u8>> = Vec::new();
            while chunks.len() < 2 * threads {
                match if chunks.is_empty() { receiver.recv().ok() } else { receiver.try_recv().ok() } {
                    Some(chunk) => chunks.push(chunk?),
                    None => break,
                }
            }
            if chunks.is_empty() {
                return Ok(());
            }
            let mut pieces = parallel(threads, chunks.len(), |i| parse(&decoder, &chunks[i], options.until));
            let mut firsts = Vec::with_capacity(pieces.len());
            for (parsed, chunk) in pieces.iter_mut().zip(&chunks) {
                firsts.push(lines + 1);
                outcome.take(parsed, lines + 1, chunk.len());
                lines += parsed.lines;
                latest = latest.max(parsed.latest);
                if parsed.aliases || !aliases.is_empty() {
                    aliases.apply(parsed);
                }
            }
            parallel(threads, SHARDS, |s| {
                let mut shard = lock(&shards[s]);
                for (parsed, first) in pieces.iter().zip(&firsts) {
                    for i in &parsed.of_shard[s] {
                        shard.take(program, &decoder, &parsed.items[*i as usize], *first, s == 0);
                    }
                }
            });
            progress(Progress { bytes: outcome.bytes, messages: outcome.messages });
        }
    })?;
    outcome.horizon = options.until.or(latest);
    if let Some(horizon) = outcome.horizon {
        parallel(threads, SHARDS, |s| lock(&shards[s]).end(program, horizon));
    }
    for shard in shards.drain(..) {
        outcome.add(shard.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()));
    }
    // Within a line, the order in which its shard found them; what has no line comes last.
    outcome.dead.sort_by_key(|letter| letter.line.unwrap_or(u64::MAX));
    parallel_sort(&mut outcome.shards, threads);
    Ok(outcome)
}

impl Outcome {
    /// Takes what parsing alone has found.
    fn take(&mut self, parsed: &mut Parsed<'_>, first: u64, bytes: usize) {
        self.bytes += bytes as u64;
        self.messages += parsed.messages;
        self.after += parsed.after;
        sum(&mut self.unknown, &parsed.unknown);
        sum(&mut self.unread, &parsed.unread);
        let dead =
            |(line, problem, raw)| DeadLetter { line: Some(first + line), customer: None, problem, raw: text(raw) };
        self.dead.extend(parsed.bad.drain(..).map(dead));
    }

    fn add(&mut self, mut shard: Shard) {
        self.customers += shard.ids.len() as u64;
        self.memory.states += shard.state_memory();
        self.memory.ids += shard.ids.memory();
        self.memory.texts += shard.pool.memory();
        let Out { tally, dead, story, .. } = &mut shard.out;
        self.tally.add(tally);
        self.dead.append(dead);
        self.story = self.story.take().or(story.take());
        self.shards.push(shard);
    }

    /// All effects with their customers, ordered by moment, customer and sequence. Empty unless they were kept.
    pub fn effects(&self) -> impl Iterator<Item = (&str, &Effect)> {
        let mut queues: Vec<_> = self.shards.iter().map(|shard| shard.effects().peekable()).collect();
        std::iter::from_fn(move || {
            let heads = queues
                .iter_mut()
                .enumerate()
                .filter_map(|(i, queue)| queue.peek().map(|(id, effect)| (effect.time, *id, i)));
            let (_, _, next) = heads.min()?;
            queues[next].next()
        })
    }

    /// A customer's state at the end.
    pub fn state(&self, customer: &str) -> Option<&[Word]> {
        self.shards[shard_of(xxh3_64(customer.as_bytes()))].state(customer)
    }
}

impl Shard {
    fn effects(&self) -> impl Iterator<Item = (&str, &Effect)> {
        self.out.effects.iter().map(|(number, effect)| (self.ids.get(*number), effect))
    }

    /// Puts effects in order. Those of a customer stand in their sequence already, and a stable sort keeps it.
    fn sort(&mut self) {
        let ids = &self.ids;
        self.out.effects.sort_by(|(a, x), (b, y)| {
            x.time
                .cmp(&y.time)
                .then_with(|| if a == b { std::cmp::Ordering::Equal } else { ids.get(*a).cmp(ids.get(*b)) })
        });
    }
}

fn parallel_sort(shards: &mut [Shard], threads: usize) {
    let cells: Vec<Mutex<&mut Shard>> = shards.iter_mut().map(Mutex::new).collect();
    parallel(threads, cells.len(), |s| cells[s].lock().unwrap_or_else(|poisoned| poisoned.into_inner()).sort());
}

fn lock(shard: &Mutex<Shard>) -> std::sync::MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Does `count` pieces of work on some threads; the results are in order.
fn parallel<T: Send>(threads: usize, count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    if threads == 1 || count <= 1 {
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
