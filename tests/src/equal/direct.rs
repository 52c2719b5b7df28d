//! The smallest host there can be: one shard, one thread, inputs handed to an engine in batches of any size. It knows nothing of how the
//! real hosts do their work, and so shows what they should come to.

use super::Told;
use journey_runtime::batch::{Batch, Engine, HAS_ID, Item, OTHER, Parts};
use journey_runtime::host::Ids;
use journey_runtime::image::Word;
use journey_runtime::ingest::{self, Body, Decoder, Line};
use journey_runtime::input::{Effect, EffectKind, Input, InputKind};
use journey_runtime::pool::Pool;
use journey_runtime::program::Program;
use journey_runtime::record::{Effects, Owning, materialise};
use journey_runtime::report::line;
use journey_runtime::step::{self, Customer};
use journey_runtime::store::Store;
use std::any::Any;
use std::collections::BTreeMap;

/// How the inputs are handed on.
#[derive(Debug, Clone, Copy)]
pub struct How<'e> {
    /// What works on them.
    pub engine: &'e dyn Engine,
    /// Inputs of a batch.
    pub batch: usize,
    /// After every so many batches all states are taken out and put into new memory; 0: never.
    pub move_house: usize,
}

/// A host in the middle of its work.
struct Direct<'p> {
    program: &'p Program,
    how: How<'p>,
    pool: Pool,
    ids: Ids,
    store: Store,
    effects: Effects,
    step: step::Scratch,
    memory: Box<dyn Any + Send>,
    batch: Batch,
    batches: usize,
    left: usize,
    /// All that is to be taken. It is decoded first, so that texts have the same numbers whatever the batches.
    waiting: Vec<Waiting>,
}

/// An input that has been decoded.
struct Waiting {
    customer: u32,
    seen: i64,
    happened_at: i64,
    kind: InputKind,
}

/// What came of it, with the effects themselves.
pub struct Came {
    /// For comparison.
    pub told: Told,
    /// In order, with their customers.
    pub effects: Vec<(String, Effect)>,
    /// How many inputs there were.
    pub inputs: usize,
    /// How many of them, and of the customers at the end, the engine left to the reference.
    pub left: usize,
}

/// The line that brings a webhook's answer. Only this host reads it: others take it for bad input.
pub const ANSWER: &[u8] = b"{\"answer\":";

fn hash(id: &str) -> u64 {
    id.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3)) | 1
}

/// Runs a program over lines up to a horizon (included).
pub fn run(program: &Program, lines: &[u8], horizon: i64, how: How<'_>) -> Came {
    let decoder = Decoder::new(&program.image);
    let mut direct = Direct {
        program,
        how,
        pool: Pool::new(&program.image),
        ids: Ids::default(),
        store: Store::new(program.layout.room),
        effects: Effects::default(),
        step: step::Scratch::new(program),
        memory: how.engine.memory(program),
        batch: Batch::default(),
        batches: 0,
        left: 0,
        waiting: Vec::new(),
    };
    let mut scratch = ingest::Scratch::default();
    let mut aliases: BTreeMap<String, String> = BTreeMap::new();
    let mut dead = String::new();
    for raw in lines.split(|byte| *byte == b'\n') {
        if raw.starts_with(ANSWER) {
            direct.answer(&decoder, raw);
            continue;
        }
        let message = match decoder.read(raw) {
            Line::Message(message) => message,
            Line::Bad(problem) => {
                dead.push_str(&format!("{problem}\n"));
                continue;
            }
            _ => continue,
        };
        let seen = message.happened_at.max(message.received_at.unwrap_or(i64::MIN));
        if seen > horizon {
            continue;
        }
        if let Body::Alias(previous) = &message.body {
            let (previous, user) = (previous.to_string(), message.customer.to_string());
            if previous != user {
                // The name means itself again, where the way from it would come back to it.
                let way = std::iter::successors(Some(&user), |name| aliases.get(*name));
                if way.skip(1).any(|name| *name == previous) {
                    aliases.remove(&user);
                }
                aliases.insert(previous, user);
            }
            // Whoever is named is known from now on.
            direct.customer(&message.customer);
            continue;
        }
        if let Err(problem) = decoder.decode(&message, &program.zones, &mut direct.pool, &mut scratch) {
            dead.push_str(&format!("{problem}\n"));
            continue;
        }
        let kinds: Vec<InputKind> = scratch.inputs.drain(..).collect();
        if decoder.for_everyone(&message) {
            for customer in 0..direct.ids.len() as u32 {
                let waiting =
                    |kind: &InputKind| Waiting { customer, seen, happened_at: message.happened_at, kind: kind.clone() };
                direct.waiting.extend(kinds.iter().map(waiting));
            }
        } else {
            let who = resolve(&aliases, &message.customer);
            let customer = direct.customer(who);
            let waiting = |kind| Waiting { customer, seen, happened_at: message.happened_at, kind };
            direct.waiting.extend(kinds.into_iter().map(waiting));
        }
    }
    let waiting = std::mem::take(&mut direct.waiting);
    let inputs = waiting.len();
    for Waiting { customer, seen, happened_at, kind } in waiting {
        direct.push(customer, seen, happened_at, kind);
    }
    direct.flush();
    direct.end(horizon);
    let Direct { pool, ids, store, effects, left, .. } = direct;
    let mut came: Vec<(String, Effect)> = Vec::new();
    for record in effects.iter() {
        let who = ids.get(record.customer());
        let effect = materialise(program, &pool, &effects, who, record);
        if let EffectKind::Rejected { contract, reason, .. } = &effect.kind {
            dead.push_str(&format!("{who}: {contract}: {reason}\n"));
        } else {
            came.push((who.to_string(), effect));
        }
    }
    came.sort_by(|(a, x), (b, y)| x.time.cmp(&y.time).then_with(|| a.cmp(b)));
    let lines: Vec<String> = came.iter().map(|(who, e)| line::effect(&program.image, who, e)).collect();
    let states = (0..ids.len() as u32).map(|c| (ids.get(c).to_string(), store.get(c).to_vec())).collect();
    Came { told: Told { effects: lines.join("\n"), summary: String::new(), dead, states }, effects: came, inputs, left }
}

fn resolve<'a>(aliases: &'a BTreeMap<String, String>, mut name: &'a str) -> &'a str {
    while let Some(next) = aliases.get(name) {
        name = next;
    }
    name
}

impl Direct<'_> {
    fn customer(&mut self, who: &str) -> u32 {
        let (number, new) = self.ids.take(who, hash(who));
        if new {
            self.store.add();
        }
        number
    }

    /// `{"answer":"<id of the call>","customer":"c0","webhook":0,"gives":{…}}`; without `gives` the call has failed.
    fn answer(&mut self, decoder: &Decoder, raw: &[u8]) {
        let Ok(line) = serde_json::from_slice::<serde_json::Value>(raw) else { return };
        let (Some(call), Some(who), Some(at)) =
            (line["answer"].as_str().and_then(step::id_of_text), line["customer"].as_str(), line["at"].as_i64())
        else {
            return;
        };
        let webhook = line["webhook"].as_u64().unwrap_or_default() as u16;
        let answer = match line.get("gives") {
            None => None,
            Some(gives) => match decoder.answer(webhook, &gives.to_string(), &self.program.zones, &mut self.pool) {
                Ok(words) => Some(words),
                Err(_) => return,
            },
        };
        let customer = self.customer(who);
        self.waiting.push(Waiting { customer, seen: at, happened_at: at, kind: InputKind::Answer { call, answer } });
    }

    fn push(&mut self, customer: u32, seen: i64, happened_at: i64, kind: InputKind) {
        let mut item = Item { customer, seen, happened_at, event: OTHER, ..Item::default() };
        match kind {
            InputKind::Event { event, id, row, .. } => {
                item.event = event;
                item.row = self.batch.rows.len() as u32;
                self.batch.rows.extend_from_slice(&row);
                if let Some(id) = id {
                    (item.flags, item.id) = (HAS_ID, id);
                }
            }
            other => {
                item.row = self.batch.others.len() as u32;
                self.batch.others.push(other);
            }
        }
        self.batch.items.push(item);
        if self.batch.items.len() >= self.how.batch {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let batch = std::mem::take(&mut self.batch);
        let mut from = 0;
        while from < batch.items.len() {
            from = self.engine(|engine, parts| engine.batch(parts, &batch, from));
            if let Some(item) = batch.items.get(from) {
                self.reference(&batch, item);
                from += 1;
            }
        }
        self.batch = batch;
        self.batch.clear();
        self.batches += 1;
        if self.how.move_house > 0 && self.batches.is_multiple_of(self.how.move_house) {
            self.move_house();
        }
    }

    fn engine<R>(&mut self, work: impl FnOnce(&dyn Engine, &mut Parts<'_>) -> R) -> R {
        let mut parts = Parts {
            program: self.program,
            pool: &mut self.pool,
            ids: &self.ids,
            store: &mut self.store,
            effects: &mut self.effects,
            scratch: &mut self.step,
            memory: &mut *self.memory,
        };
        work(self.how.engine, &mut parts)
    }

    fn reference(&mut self, batch: &Batch, item: &Item) {
        let kind = match item.event {
            OTHER => batch.others[item.row as usize].clone(),
            event => {
                let fields = self.program.image.events[usize::from(event)].fields.len();
                let row = batch.rows[item.row as usize..item.row as usize + fields].to_vec();
                InputKind::Event { event, happened_at: item.happened_at, id: item.id(), row }
            }
        };
        self.with(item.customer, |program, pool, scratch, customer, state, sink| {
            let input = Input { seen: item.stamp(state), kind };
            step::advance(program, pool, scratch, customer, state, input.seen, false, sink);
            step::step(program, pool, scratch, customer, state, &input, sink);
        });
    }

    fn with(
        &mut self,
        number: u32,
        work: impl FnOnce(&Program, &mut Pool, &mut step::Scratch, &Customer<'_>, &mut Vec<Word>, &mut Owning<'_>),
    ) {
        self.left += 1;
        let mut state = self.store.get(number).to_vec();
        let customer = Customer { id: self.ids.get(number) };
        let mut sink = Owning { effects: &mut self.effects, customer: number };
        work(self.program, &mut self.pool, &mut self.step, &customer, &mut state, &mut sink);
        self.store.put(number, &state);
    }

    fn end(&mut self, horizon: i64) {
        let (mut from, customers) = (0, self.store.len() as u32);
        while from < customers {
            // Some at a time, as hosts do it.
            let to = customers.min(from + 5);
            from = self.engine(|engine, parts| engine.end(parts, horizon, from..to));
            if from < to {
                self.with(from, |program, pool, scratch, customer, state, sink| {
                    step::advance(program, pool, scratch, customer, state, horizon, true, sink);
                });
                from += 1;
            }
        }
    }

    /// States are words: taken out and put elsewhere they go on as if nothing had been.
    fn move_house(&mut self) {
        // Sometimes into homes that are too small.
        let mut store = Store::new(self.program.layout.room / 2);
        for customer in 0..self.store.len() as u32 {
            store.add();
            store.put(customer, self.store.get(customer));
        }
        self.store = store;
        self.step = step::Scratch::new(self.program);
        self.memory = self.how.engine.memory(self.program);
    }
}
