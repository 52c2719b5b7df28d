//! The memory host: a program over recorded events, as fast as the machine allows. Time is the events' time.
//!
//! The file is cut into pieces of whole lines. Pieces are read into messages in parallel; each message goes to the shard of its
//! customer; shards work in parallel, each through its messages in the order of the file ([`super::flow`]). Customers never interact, and effects
//! are put in order by moment, customer and sequence: so the outcome is the same to the byte for any number of threads and shards,
//! any size of batches, and any interleaving of different customers' lines.

use super::DeadLetter;
use super::board;
use super::flow::{self, Ledger, Reading};
use super::order::{self, Part, Place, Told};
use super::parse::{Parsed, shard_of};
use super::shard::{Out, Shard, Shared, Wanted, purposes, text};
use super::source::{Found, Source};
use super::threads::{InTurn, parallel};
use crate::batch::Engine;
use crate::image::{Image, Word};
use crate::ingest::Decoder;
use crate::input::Effect;
use crate::program::Program;
use crate::record;
use crate::report::passage::Passage;
use crate::report::story::Story;
use crate::report::tally::{Tally, sum};
use crate::report::{Lines, Writer};
use crate::tables::Vm;
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
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
    /// Follow every run, for [`Outcome::passage`]. All is done by the reference machine then, and nobody's story is told.
    pub passage: bool,
    /// What works on batches; none: the VM. The outcome does not depend on it, nor on the next two.
    pub engine: Option<Arc<dyn Engine>>,
    /// Messages in a batch at most; 0 is the default.
    pub batch: usize,
    /// Customers are spread over so many shards, by a hash of their id; 0 is the default.
    pub shards: usize,
}

/// Messages in a batch, unless said otherwise.
const BATCH: usize = 256;
/// Shards, unless said otherwise.
const SHARDS: usize = 16;

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
    /// How runs went through the journeys, if that was asked for.
    pub passage: Option<Passage>,
    /// Bytes used at the end.
    pub memory: Memory,
    /// Bytes of a run's record, by journey; they are part of [`Memory::states`].
    pub run_bytes: Vec<usize>,
    shards: Vec<Shard>,
    /// For each shard its effects in order.
    order: Vec<Vec<Place>>,
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
    /// Where each customer's state stands.
    pub index: usize,
}

impl Memory {
    /// Of all kinds.
    pub fn total(&self) -> usize {
        self.states + self.ids + self.texts + self.index
    }
}

/// Runs a program over JSON lines. Fails only when `events` cannot be read.
pub fn run(
    program: &Program,
    events: impl Read + Send,
    options: &Options,
    progress: impl FnMut(Progress),
) -> io::Result<Outcome> {
    let decoder = Decoder::new(&program.image);
    let engine = options.engine(program);
    let shared = Shared { program, decoder: &decoder, engine: &*engine };
    let shards: Vec<InTurn<Shard>> = options.shards(shared).into_iter().map(InTurn::new).collect();
    let reading = Reading { shared, threads: options.threads.max(1), until: options.until };
    let outcome = flow::run(events, reading, &shards, Outcome::begin(program), progress)?;
    Ok(outcome.end(shared, options, shards.into_iter().map(InTurn::into_inner).collect()))
}

/// Runs a program over events of another form. Fails only when they cannot be read.
pub fn run_source<S: Source>(
    program: &Program,
    decoder: &Decoder,
    source: &S,
    options: &Options,
    progress: impl FnMut(Progress),
) -> io::Result<Outcome> {
    let engine = options.engine(program);
    let shared = Shared { program, decoder, engine: &*engine };
    let shards: Vec<InTurn<Shard>> = options.shards(shared).into_iter().map(InTurn::new).collect();
    let reading = Reading { shared, threads: options.threads.max(1), until: options.until };
    let outcome = board::run(source, reading, &shards, Outcome::begin(program), progress)?;
    Ok(outcome.end(shared, options, shards.into_iter().map(InTurn::into_inner).collect()))
}

impl Options {
    /// How many shards there are.
    pub fn shard_count(&self) -> usize {
        if self.shards == 0 { SHARDS } else { self.shards }
    }

    fn engine(&self, program: &Program) -> Arc<dyn Engine> {
        self.engine.clone().unwrap_or_else(|| Arc::new(Vm::new(program)))
    }

    /// Shards of nobody yet.
    fn shards(&self, shared: Shared<'_>) -> Vec<Shard> {
        let Shared { program, engine, .. } = shared;
        let wanted = Wanted {
            effects: self.keep_effects,
            story: self.story.clone().filter(|_| !self.passage),
            passage: self.passage,
            consents: purposes(&program.image, &self.assume_consent).0,
            batch: if self.batch == 0 { BATCH } else { self.batch },
        };
        (0..self.shard_count()).map(|_| Shard::new(program, engine, &wanted)).collect()
    }
}

impl Ledger for Outcome {
    fn enter(&mut self, parsed: &mut Parsed<'_>, first: u64, bytes: usize) -> Progress {
        let dead =
            |(line, problem, raw)| DeadLetter { line: Some(first + line), customer: None, problem, raw: text(raw) };
        self.enter_found(Found {
            bytes: bytes as u64,
            messages: parsed.messages,
            after: parsed.after,
            unknown: std::mem::take(&mut parsed.unknown),
            unread: std::mem::take(&mut parsed.unread),
            dead: parsed.bad.drain(..).map(dead).collect(),
            latest: parsed.latest,
        })
    }

    fn enter_found(&mut self, found: Found) -> Progress {
        self.bytes += found.bytes;
        self.messages += found.messages;
        self.after += found.after;
        sum(&mut self.unknown, &found.unknown);
        sum(&mut self.unread, &found.unread);
        self.dead.extend(found.dead);
        self.horizon = self.horizon.max(found.latest);
        Progress { bytes: self.bytes, messages: self.messages }
    }
}

impl Outcome {
    /// Of nothing yet.
    fn begin(program: &Program) -> Outcome {
        Outcome {
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
            passage: None,
            memory: Memory::default(),
            run_bytes: program.layout.footprint().runs,
            shards: Vec::new(),
            order: Vec::new(),
        }
    }

    /// Lets time go on to the horizon, and puts all together.
    fn end(mut self, shared: Shared<'_>, options: &Options, shards: Vec<Shard>) -> Outcome {
        let threads = options.threads.max(1);
        let shards: Vec<Mutex<Shard>> = shards.into_iter().map(Mutex::new).collect();
        self.horizon = options.until.or(self.horizon);
        // The end comes, and at once its effects are put in order, while they are near.
        self.order = parallel(threads, shards.len(), |s| {
            let mut shard = lock(&shards[s]);
            if let Some(horizon) = self.horizon {
                shard.end(shared, horizon);
            }
            order::order(&shard.out.effects, &shard.ids)
        });
        for shard in shards {
            self.add(&shared.program.image, shard.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()));
        }
        // Of a line and customer, in the order in which they were found; what has no line comes last.
        self.dead.sort_by(|a, b| {
            let line = |letter: &DeadLetter| letter.line.unwrap_or(u64::MAX);
            line(a).cmp(&line(b)).then_with(|| a.customer.cmp(&b.customer))
        });
        self
    }

    fn add(&mut self, image: &Image, mut shard: Shard) {
        self.customers += shard.ids.len() as u64;
        self.memory.states += shard.store.state_memory();
        self.memory.index += shard.store.index_memory();
        self.memory.ids += shard.ids.memory();
        self.memory.texts += shard.pool.memory();
        let Out { counts, dead, story, follower, .. } = &mut shard.out;
        if let Some(follower) = follower.take() {
            self.passage.get_or_insert_default().add(&follower.end());
        }
        self.tally.add(&counts.tally(image));
        self.dead.append(dead);
        self.story = self.story.take().or(story.take());
        self.shards.push(shard);
    }

    /// All effects with their customers, ordered by moment, customer and sequence. Empty unless they were kept.
    pub fn effects<'a>(&'a self, program: &'a Program) -> impl Iterator<Item = (&'a str, Effect)> {
        self.parts().into_iter().flat_map(move |part| {
            let mut all = Vec::new();
            self.each(&part, |told| {
                let Told { customer, record, effects, pool } = told;
                all.push((customer, record::materialise(program, pool, effects, customer, record)));
            });
            all
        })
    }

    /// The effects in parts that follow each other in time. Together they are all, ordered by moment, customer and sequence.
    pub fn parts(&self) -> Vec<Part> {
        order::parts(&self.order)
    }

    /// The effects of a part, in order.
    pub fn each<'a>(&'a self, part: &Part, each: impl FnMut(Told<'a>)) {
        order::merge(&self.shards, &self.order, part, each);
    }

    /// Writes all effects as lines of JSON, in order, as [`crate::report::line::effect`] writes each. `write` gets pieces of whole
    /// lines, one after the other. Fails when `write` does.
    pub fn write_effects(
        &self,
        program: &Program,
        threads: usize,
        mut write: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let lines = Lines::new(program);
        let parts = self.parts();
        let render = |part: usize, out: &mut Vec<u8>, writer: &mut Writer<'_, '_>| {
            out.clear();
            self.each(&parts[part], |told| writer.write(out, told.pool, told.effects, told.customer, told.record));
        };
        let threads = threads.min(parts.len());
        if threads <= 1 {
            let (mut out, mut writer) = (Vec::new(), lines.writer());
            return (0..parts.len()).try_for_each(|part| {
                render(part, &mut out, &mut writer);
                write(&out)
            });
        }
        std::thread::scope(|scope| {
            // Each thread takes the next part with a sheet to write it on, and gets sheets back when they are written to the file.
            let (give_back, sheets) = mpsc::channel::<Vec<u8>>();
            (0..2 * threads + 2).for_each(|_| _ = give_back.send(Vec::new()));
            let pile = Arc::new(Mutex::new((0..parts.len(), sheets)));
            let (sender, rendered) = mpsc::channel::<(usize, Vec<u8>)>();
            for _ in 0..threads {
                let (render, lines, pile, sender) = (&render, &lines, pile.clone(), sender.clone());
                scope.spawn(move || {
                    let mut writer = lines.writer();
                    loop {
                        let (part, mut out) = {
                            let (parts, sheets) = &mut *lock(&pile);
                            // None: nobody gives any back, since writing has failed.
                            let Ok(out) = sheets.recv() else { break };
                            let Some(part) = parts.next() else { break };
                            (part, out)
                        };
                        render(part, &mut out, &mut writer);
                        if sender.send((part, out)).is_err() {
                            break;
                        }
                    }
                });
            }
            drop((sender, pile));
            let (mut next, mut early) = (0, BTreeMap::new());
            for (part, out) in rendered {
                early.insert(part, out);
                while let Some(out) = early.remove(&next) {
                    write(&out)?;
                    let _ = give_back.send(out);
                    next += 1;
                }
            }
            Ok(())
        })
    }

    /// A customer's state at the end.
    pub fn state(&self, customer: &str) -> Option<&[Word]> {
        self.shards[shard_of(xxh3_64(customer.as_bytes()), self.shards.len())].state(customer)
    }
}

fn lock<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
