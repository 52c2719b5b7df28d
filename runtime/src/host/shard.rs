//! The second half of the work: the customers of one shard, their states, and what is decided for them.
//!
//! Messages are decoded into a batch of flat items; ids, index and states of the batch's customers are brought near, many at a time;
//! then the engine works on the batch, and the reference machine on what the engine declines.

use super::parse::Parsed;
use super::source::Raw;
use super::{DeadLetter, Ids};
use crate::batch::{Batch, Engine, HAS_ID, Item, OTHER, Parts};
use crate::image::{Image, Word};
use crate::ingest::{self, Decoded, Decoder, Fault, Problem};
use crate::input::{Effect, EffectKind, Input, InputKind, Sink, stamp};
use crate::layout::{ID_COUNT, SEEN};
use crate::pool::Pool;
use crate::program::Program;
use crate::record::{Effects, Spot};
use crate::report::Counts;
use crate::report::passage::Follower;
use crate::report::story::{Story, describe};
use crate::state;
use crate::step::{self, Customer};
use crate::store::Store;
use std::any::Any;
use std::sync::{Arc, Mutex};
use xxhash_rust::xxh3::xxh3_64;

/// Memory is brought near for so many at a time.
const AHEAD: usize = 32;

/// Customers for whom the end comes in one go.
const TOGETHER: u32 = 1 << 12;

/// What a shard is asked for beside the counts.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// Keep every effect.
    pub(crate) effects: bool,
    /// Tell this customer's story.
    pub(crate) story: Option<String>,
    /// Follow every run.
    pub(crate) passage: bool,
    /// Purposes everybody has consented to before they say otherwise.
    pub(crate) consents: Vec<u16>,
    /// Messages in a batch at most.
    pub(crate) batch: usize,
}

/// Some of the customers.
pub(crate) struct Shard {
    pub(crate) pool: Pool,
    pub(crate) ids: Ids,
    pub(crate) store: Store,
    everyone: Vec<Public>,
    /// For each customer, how many of the events for everyone they have seen.
    seen: Vec<u32>,
    ingest: ingest::Scratch,
    step: step::Scratch,
    /// The engine's own memory; locked so that finished shards can be shared.
    engine: Mutex<Box<dyn Any + Send>>,
    pub(crate) batch: Batch,
    /// Where each item of the batch came from.
    origins: Vec<From>,
    /// A state while the reference works on it.
    state: Vec<Word>,
    pub(crate) out: Out,
    wanted: Wanted,
    /// The customer whose story is told, once they are here.
    told: Option<u32>,
}

/// An event for everyone.
struct Public {
    line: u64,
    happened_at: i64,
    received_at: Option<i64>,
    kind: InputKind,
    raw: Arc<str>,
}

/// What comes out of a shard.
#[derive(Default)]
pub(crate) struct Out {
    pub(crate) counts: Counts,
    /// A customer's effects are in the order in which they were decided.
    pub(crate) effects: Effects,
    pub(crate) dead: Vec<DeadLetter>,
    pub(crate) story: Option<Story>,
    pub(crate) follower: Option<Follower>,
}

/// Where an item came from.
#[derive(Clone, Copy)]
enum From {
    /// From within.
    Within,
    /// A message of the piece.
    Message(u32),
    /// An event for everyone.
    Everyone(u32),
}

/// The same, with its line and the message.
#[derive(Clone, Copy)]
enum Origin<'a> {
    /// Of JSON lines.
    Line(u64, &'a [u8]),
    /// Of a piece of another form: the line in the piece. The message is only made when it is asked for.
    Piece(&'a dyn Raw, u32),
}

impl Origin<'_> {
    fn line(self) -> u64 {
        match self {
            Origin::Line(line, _) => line,
            Origin::Piece(piece, line) => piece.first() + u64::from(line),
        }
    }

    fn raw(self) -> String {
        match self {
            Origin::Line(_, raw) => text(raw),
            Origin::Piece(piece, line) => piece.raw(line),
        }
    }
}

/// Where the messages of a batch stand.
#[derive(Clone, Copy)]
enum Source<'p, 'a> {
    Nowhere,
    Lines(Piece<'p, 'a>),
    Other(&'p dyn Raw),
}

/// A piece whose messages the shard takes, and the line of its first one.
#[derive(Clone, Copy)]
pub(crate) struct Piece<'p, 'a> {
    pub(crate) parsed: &'p Parsed<'a>,
    pub(crate) first: u64,
}

/// What all shards share.
#[derive(Clone, Copy)]
pub(crate) struct Shared<'a> {
    pub(crate) program: &'a Program,
    pub(crate) decoder: &'a Decoder,
    pub(crate) engine: &'a dyn Engine,
}

/// Sorts what the reference decides.
struct Drain<'a> {
    out: &'a mut Out,
    number: u32,
    id: &'a str,
    origin: Option<Origin<'a>>,
}

impl Sink for Drain<'_> {
    fn effect(&mut self, effect: Effect) {
        if let EffectKind::Rejected { contract, field, reason } = effect.kind {
            let kind = EffectKind::Rejected { contract: String::new(), field: None, reason: String::new() };
            self.out.counts.tally.count(&Effect { kind, ..effect });
            let problem = Problem { contract, field, fault: Fault::Unusable, reason };
            let raw = self.origin.map_or(String::new(), Origin::raw);
            self.out.dead.push(DeadLetter {
                line: self.origin.map(Origin::line),
                customer: Some(self.id.to_string()),
                problem,
                raw,
            });
        } else {
            self.out.effects.own(self.number, effect);
        }
    }
}

/// The same, and writes the story down.
struct Telling<'a>(Drain<'a>, &'a mut Story);

impl Sink for Telling<'_> {
    const TELLS: bool = true;

    fn effect(&mut self, effect: Effect) {
        self.1.effect(effect.clone());
        self.0.effect(effect);
    }

    fn told(&mut self, time: i64, journey: Option<u16>, run: u32, step: Option<u16>, text: String) {
        self.1.told(time, journey, run, step, text);
    }

    fn passed(&mut self, journey: u16, run: u32, pc: u32) {
        self.1.passed(journey, run, pc);
    }
}

/// The same, and follows the runs.
struct Following<'a>(Drain<'a>, &'a mut Follower, &'a Image);

impl Sink for Following<'_> {
    const PASSES: bool = true;

    fn effect(&mut self, effect: Effect) {
        self.1.effect(self.2, self.0.number, &effect);
        self.0.effect(effect);
    }

    fn passed(&mut self, journey: u16, run: u32, pc: u32) {
        self.1.passed(self.2, self.0.number, journey, run, pc);
    }
}

/// A line as text, without its end.
pub(crate) fn text(raw: &[u8]) -> String {
    String::from_utf8_lossy(raw).trim_end_matches(['\r', '\n']).to_string()
}

impl Shard {
    pub(crate) fn new(program: &Program, engine: &dyn Engine, wanted: &Wanted) -> Shard {
        Shard {
            pool: Pool::new(&program.image),
            ids: Ids::default(),
            store: Store::new(program.layout.room + ID_COUNT),
            everyone: Vec::new(),
            seen: Vec::new(),
            ingest: ingest::Scratch::default(),
            step: step::Scratch::new(program),
            engine: Mutex::new(engine.memory(program)),
            batch: Batch::default(),
            origins: Vec::new(),
            state: Vec::new(),
            out: Out {
                counts: Counts::new(&program.image),
                follower: wanted.passage.then(|| Follower::new(&program.image)),
                ..Out::default()
            },
            wanted: wanted.clone(),
            told: None,
        }
    }

    /// Takes the messages of a piece that are named by `of`. Only one shard `speaks` for events for everyone.
    pub(crate) fn take(&mut self, shared: Shared<'_>, piece: Piece<'_, '_>, of: &[u32], speaks: bool) {
        // A story is told input by input.
        let size = if self.wanted.story.is_some() { 1 } else { self.wanted.batch.max(1) };
        for part in of.chunks(size) {
            for part in part.chunks(AHEAD) {
                self.bring_ids_near(piece.parsed, part);
                for at in part {
                    self.decode(shared, piece, *at, speaks);
                }
            }
            self.work(shared, Source::Lines(piece));
        }
    }

    fn bring_ids_near(&self, parsed: &Parsed<'_>, part: &[u32]) {
        let hashes = || part.iter().map(|at| parsed.items[*at as usize].hash);
        hashes().for_each(|hash| self.ids.prefetch_slot(hash));
        hashes().for_each(|hash| self.ids.prefetch_id(hash));
    }

    /// Puts a message into the batch.
    fn decode(&mut self, shared: Shared<'_>, piece: Piece<'_, '_>, at: u32, speaks: bool) {
        let item = &piece.parsed.items[at as usize];
        let line = piece.first + item.line;
        let message = &item.message;
        let row = self.batch.rows.len();
        let (pool, scratch, rows) = (&mut self.pool, &mut self.ingest, &mut self.batch.rows);
        let decoded =
            match shared.decoder.append(message, &piece.parsed.found, &shared.program.zones, pool, scratch, rows) {
                Ok(decoded) => decoded,
                Err(problem) => {
                    if item.kept.is_none() || speaks {
                        let customer = item.kept.is_none().then_some(&*message.customer);
                        self.dead(line, customer, message.happened_at, problem, text(item.raw));
                    }
                    return;
                }
            };
        if item.kept.is_none() || speaks {
            self.out.counts.tally.used += 1;
        }
        let (happened_at, received_at, id) = (message.happened_at, message.received_at, message.id);
        if let Some(raw) = &item.kept {
            if let Decoded::Row(event) = decoded {
                let row = self.batch.rows.drain(row..).collect();
                self.ingest.inputs.push(InputKind::Event { event, happened_at, id, row });
            }
            let mut inputs = std::mem::take(&mut self.ingest.inputs);
            self.told_everyone(line, happened_at, received_at, inputs.drain(..), raw);
            self.ingest.inputs = inputs;
            return;
        }
        let seen = stamp(happened_at, received_at, i64::MIN);
        let customer = self.customer(&message.customer, item.hash, line, seen);
        self.catch_up(customer, line);
        match decoded {
            Decoded::Row(event) => {
                let (flags, id) = id.map_or((0, 0), |id| (HAS_ID, id));
                let (line, row) = (item.line as u32, row as u32);
                self.batch.items.push(Item { customer, event, flags, row, line, seen, happened_at, id });
                self.origins.push(From::Message(at));
            }
            Decoded::Inputs => {
                let mut inputs = std::mem::take(&mut self.ingest.inputs);
                for kind in inputs.drain(..) {
                    self.put(customer, item.line as u32, seen, happened_at, kind, From::Message(at));
                }
                self.ingest.inputs = inputs;
            }
        }
    }

    /// A message that cannot be used; whose it is, none for everyone's.
    pub(crate) fn dead(&mut self, line: u64, customer: Option<&str>, happened_at: i64, problem: Problem, raw: String) {
        if let Some(story) = self.out.story.as_mut().filter(|_| customer == self.wanted.story.as_deref()) {
            story.input(happened_at, format!("sends what cannot be used: {problem}"));
        }
        let customer = customer.map(str::to_string);
        self.out.dead.push(DeadLetter { line: Some(line), customer, problem, raw });
    }

    /// Keeps what was said to everyone.
    pub(crate) fn told_everyone(
        &mut self,
        line: u64,
        happened_at: i64,
        received_at: Option<i64>,
        inputs: impl Iterator<Item = InputKind>,
        raw: &Arc<str>,
    ) {
        let public = |kind| Public { line, happened_at, received_at, kind, raw: raw.clone() };
        self.everyone.extend(inputs.map(public));
    }

    /// The number of a customer, who is made known if they are new at this line.
    pub(crate) fn customer(&mut self, id: &str, hash: u64, line: u64, seen: i64) -> u32 {
        let (number, new) = self.ids.take(id, hash);
        if new {
            self.store.add();
            // What everyone was told before was not told to them.
            self.seen.push(self.everyone.partition_point(|public| public.line < line) as u32);
            if self.wanted.story.as_deref() == Some(id) {
                self.told = Some(number);
                self.out.story = Some(Story::default());
            }
            for i in 0..self.wanted.consents.len() {
                let kind = InputKind::Consent { purpose: self.wanted.consents[i], channel: None, granted: true };
                self.put(number, 0, seen, seen, kind, From::Within);
            }
        }
        number
    }

    /// Gives a customer the events for everyone before a line that they have not seen yet.
    #[inline]
    pub(crate) fn catch_up(&mut self, number: u32, line: u64) {
        if self.everyone.is_empty() {
            return;
        }
        let first = self.seen[number as usize];
        if self.everyone.get(first as usize).is_some_and(|public| public.line < line) {
            self.hear(number, first, line);
        }
    }

    fn hear(&mut self, number: u32, first: u32, line: u64) {
        let end = self.everyone.partition_point(|public| public.line < line) as u32;
        self.seen[number as usize] = end;
        for at in first..end {
            let public = &self.everyone[at as usize];
            let (happened_at, seen) = (public.happened_at, stamp(public.happened_at, public.received_at, i64::MIN));
            let mut item = Item { customer: number, seen, happened_at, ..Item::default() };
            match &public.kind {
                InputKind::Event { event, id, row, .. } => {
                    item.event = *event;
                    (item.flags, item.id) = id.map_or((0, 0), |id| (HAS_ID, id));
                    item.row = self.batch.rows.len() as u32;
                    self.batch.rows.extend_from_slice(row);
                }
                other => {
                    item.event = OTHER;
                    item.row = self.batch.others.len() as u32;
                    self.batch.others.push(other.clone());
                }
            }
            self.batch.items.push(item);
            self.origins.push(From::Everyone(at));
        }
    }

    /// Puts an item of a piece into the batch.
    #[inline]
    pub(crate) fn arrived(&mut self, item: Item) {
        self.origins.push(From::Message(item.line));
        self.batch.items.push(item);
    }

    /// Puts an input of a piece into the batch.
    pub(crate) fn put_arrived(&mut self, customer: u32, line: u32, seen: i64, happened_at: i64, kind: InputKind) {
        self.put(customer, line, seen, happened_at, kind, From::Message(line));
    }

    /// Works on the batch when it is full.
    #[inline]
    pub(crate) fn work_when_full(&mut self, shared: Shared<'_>, piece: &dyn Raw) {
        // A story is told input by input.
        if self.batch.items.len() >= self.wanted.batch || self.wanted.story.is_some() {
            self.work_rest(shared, piece);
        }
    }

    /// Works on what is left in the batch.
    pub(crate) fn work_rest(&mut self, shared: Shared<'_>, piece: &dyn Raw) {
        self.work(shared, Source::Other(piece));
    }

    /// Puts an input into the batch.
    fn put(&mut self, customer: u32, line: u32, seen: i64, happened_at: i64, kind: InputKind, from: From) {
        let mut item = Item { customer, line, seen, happened_at, ..Item::default() };
        match kind {
            InputKind::Event { event, happened_at, id, row } => {
                item.event = event;
                item.happened_at = happened_at;
                (item.flags, item.id) = id.map_or((0, 0), |id| (HAS_ID, id));
                item.row = self.batch.rows.len() as u32;
                self.batch.rows.extend_from_slice(&row);
                self.ingest.take_back(InputKind::Event { event, happened_at, id, row });
            }
            other => {
                item.event = OTHER;
                item.row = self.batch.others.len() as u32;
                self.batch.others.push(other);
            }
        }
        self.batch.items.push(item);
        self.origins.push(from);
    }

    /// Works on the batch.
    fn work(&mut self, shared: Shared<'_>, source: Source<'_, '_>) {
        let mut batch = std::mem::take(&mut self.batch);
        let mut origins = std::mem::take(&mut self.origins);
        let before = self.out.effects.end();
        let mut at = 0;
        loop {
            if self.fast() {
                at = shared.engine.batch(&mut self.parts(shared.program), &batch, at);
            }
            let Some(item) = batch.items.get(at) else { break };
            let everyone;
            let origin = match origins[at] {
                From::Within => None,
                From::Message(at) => match source {
                    Source::Nowhere => None,
                    Source::Lines(piece) => {
                        let item = &piece.parsed.items[at as usize];
                        Some(Origin::Line(piece.first + item.line, item.raw))
                    }
                    Source::Other(piece) => Some(Origin::Piece(piece, at)),
                },
                From::Everyone(at) => {
                    let public = &self.everyone[at as usize];
                    everyone = public.raw.clone();
                    Some(Origin::Line(public.line, everyone.as_bytes()))
                }
            };
            let kind = match item.event {
                OTHER => {
                    let done = InputKind::TaskDone { task: 0 };
                    std::mem::replace(&mut batch.others[item.row as usize], done)
                }
                event => {
                    let fields = shared.program.image.events[usize::from(event)].fields.len();
                    let mut row = self.ingest.row_memory();
                    let from = item.row as usize;
                    row.extend_from_slice(&batch.rows[from..from + fields]);
                    InputKind::Event { event, happened_at: item.happened_at, id: item.id(), row }
                }
            };
            self.reference(shared.program, item, kind, origin);
            at += 1;
        }
        self.counted(before);
        batch.clear();
        origins.clear();
        (self.batch, self.origins) = (batch, origins);
    }

    /// Whether the engine may work; who tells or follows needs the reference.
    fn fast(&self) -> bool {
        self.told.is_none() && !self.wanted.passage
    }

    fn parts<'a>(&'a mut self, program: &'a Program) -> Parts<'a> {
        Parts {
            program,
            pool: &mut self.pool,
            ids: &self.ids,
            store: &mut self.store,
            effects: &mut self.out.effects,
            scratch: &mut self.step,
            memory: &mut **self.engine.get_mut().unwrap_or_else(|poisoned| poisoned.into_inner()),
        }
    }

    /// Counts the effects from a spot on, and keeps them if they are wanted.
    fn counted(&mut self, from: Spot) {
        self.out.counts.count(&self.out.effects, from);
        if !self.wanted.effects {
            self.out.effects.clear();
        }
    }

    /// One input by the reference machine.
    fn reference(&mut self, program: &Program, item: &Item, kind: InputKind, origin: Option<Origin<'_>>) {
        let number = item.customer;
        self.state.clear();
        self.state.extend_from_slice(self.store.get(number));
        let words = &mut self.state;
        let previous = words.get(SEEN).map_or(i64::MIN, |seen| *seen as i64);
        let input = Input { seen: item.seen.max(previous), kind };
        let customer = Customer { id: self.ids.get(number) };
        let (pool, scratch) = (&mut self.pool, &mut self.step);
        let story = if self.told == Some(number) { self.out.story.take() } else { None };
        let follower = self.out.follower.take();
        match story {
            None => {
                let mut drain = Drain { out: &mut self.out, number, id: customer.id, origin: None };
                match follower {
                    None => {
                        step::advance(program, pool, scratch, &customer, words, input.seen, false, &mut drain);
                        drain.origin = origin;
                        step::step(program, pool, scratch, &customer, words, &input, &mut drain);
                    }
                    Some(mut follower) => {
                        let mut following = Following(drain, &mut follower, &program.image);
                        step::advance(program, pool, scratch, &customer, words, input.seen, false, &mut following);
                        following.0.origin = origin;
                        step::step(program, pool, scratch, &customer, words, &input, &mut following);
                        self.out.follower = Some(follower);
                    }
                }
            }
            Some(mut story) => {
                let mut telling =
                    Telling(Drain { out: &mut self.out, number, id: customer.id, origin: None }, &mut story);
                step::advance(program, pool, scratch, &customer, words, input.seen, false, &mut telling);
                telling.0.origin = origin;
                let before = telling.1.input(input.seen, describe(program, pool, &input, origin.is_none()));
                step::step(program, pool, scratch, &customer, words, &input, &mut telling);
                if !telling.1.leave_out_unheard(before, program, &input) {
                    telling.1.zone(before, state::zone_id(words), state::own_zone(words));
                }
                self.out.story = Some(story);
            }
        }
        self.store.put(number, &self.state);
        self.ingest.take_back(input.kind);
    }

    /// Lets time go on to the horizon for all customers.
    pub(crate) fn end(&mut self, shared: Shared<'_>, horizon: i64) {
        let customers = self.ids.len() as u32;
        if !self.everyone.is_empty() {
            for first in (0..customers).step_by(self.wanted.batch.max(1)) {
                for number in first..customers.min(first.saturating_add(self.wanted.batch.max(1) as u32)) {
                    self.catch_up(number, u64::MAX);
                }
                self.work(shared, Source::Nowhere);
            }
        }
        let mut number = 0;
        while number < customers {
            // What nobody keeps is forgotten after each of these.
            let to = number.saturating_add(TOGETHER).min(customers);
            let before = self.out.effects.end();
            if self.fast() {
                number = shared.engine.end(&mut self.parts(shared.program), horizon, number..to);
            }
            if number < to {
                self.last(shared.program, number, horizon);
                number += 1;
            }
            self.counted(before);
        }
    }

    /// Lets time go on to the horizon for a customer, by the reference machine.
    fn last(&mut self, program: &Program, number: u32, horizon: i64) {
        if !self.store.is_due(number, horizon) {
            return;
        }
        self.state.clear();
        self.state.extend_from_slice(self.store.get(number));
        let words = &mut self.state;
        let customer = Customer { id: self.ids.get(number) };
        let (pool, scratch) = (&mut self.pool, &mut self.step);
        let story = if self.told == Some(number) { self.out.story.take() } else { None };
        match story {
            None => {
                let follower = self.out.follower.take();
                let mut drain = Drain { out: &mut self.out, number, id: customer.id, origin: None };
                match follower {
                    None => step::advance(program, pool, scratch, &customer, words, horizon, true, &mut drain),
                    Some(mut follower) => {
                        let mut following = Following(drain, &mut follower, &program.image);
                        step::advance(program, pool, scratch, &customer, words, horizon, true, &mut following);
                        self.out.follower = Some(follower);
                    }
                }
            }
            Some(mut story) => {
                let mut telling =
                    Telling(Drain { out: &mut self.out, number, id: customer.id, origin: None }, &mut story);
                step::advance(program, pool, scratch, &customer, words, horizon, true, &mut telling);
                self.out.story = Some(story);
            }
        }
        self.store.put(number, &self.state);
    }

    /// A customer's state, by id.
    pub(crate) fn state(&self, id: &str) -> Option<&[Word]> {
        let number = self.ids.find(id, xxh3_64(id.as_bytes()))?;
        Some(self.store.get(number))
    }
}

/// The numbers of purposes; the names that are none.
pub(crate) fn purposes(image: &Image, names: &[String]) -> (Vec<u16>, Vec<String>) {
    let mut found = Vec::new();
    let mut unknown = Vec::new();
    for name in names {
        match image.purposes.iter().position(|purpose| purpose.name == *name) {
            Some(purpose) => found.push(purpose as u16),
            None => unknown.push(name.clone()),
        }
    }
    (found, unknown)
}
