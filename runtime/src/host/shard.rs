//! The second half of the work: the customers of one shard, their states, and what is decided for them.

use super::parse::Item;
use super::{DeadLetter, Ids};
use crate::image::{Image, Word};
use crate::ingest::{self, Decoder, Fault, Problem};
use crate::input::{Effect, EffectKind, Input, InputKind, Sink, stamp};
use crate::layout::SEEN;
use crate::pool::Pool;
use crate::program::Program;
use crate::report::story::{Story, describe};
use crate::report::tally::Tally;
use crate::state;
use crate::step::{self, Customer};
use rustc_hash::FxHashMap;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

/// What a shard is asked for beside the counts.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// Keep every effect.
    pub(crate) effects: bool,
    /// Tell this customer's story.
    pub(crate) story: Option<String>,
    /// Purposes everybody has consented to before they say otherwise.
    pub(crate) consents: Vec<u16>,
}

/// Some of the customers.
pub(crate) struct Shard {
    pub(crate) pool: Pool,
    pub(crate) ids: Ids,
    customers: Vec<Known>,
    everyone: Vec<Public>,
    ingest: ingest::Scratch,
    step: step::Scratch,
    pub(crate) out: Out,
    wanted: Wanted,
    /// The customer whose story is told, once they are here.
    told: Option<u32>,
}

/// A customer.
#[derive(Default)]
struct Known {
    state: Vec<Word>,
    /// How many of the events for everyone they have seen.
    everyone: usize,
}

/// An event for everyone.
struct Public {
    line: u64,
    happened_at: i64,
    received_at: Option<i64>,
    kind: InputKind,
    raw: Arc<str>,
}

/// A customer's number, the journey, and the run's number.
type RunOf = (u32, u16, u32);

/// The journey, and the texts of the experiment and its arm.
type Arm = (u16, u32, u32);

/// What comes out of a shard.
#[derive(Default)]
pub(crate) struct Out {
    pub(crate) tally: Tally,
    /// With the customer's number; a customer's effects are in the order in which they were decided.
    pub(crate) effects: Vec<(u32, Effect)>,
    pub(crate) dead: Vec<DeadLetter>,
    pub(crate) story: Option<Story>,
    keep: bool,
    /// For each run of a customer, the arms that fell to it, with what they are counted under.
    assigned: FxHashMap<RunOf, Vec<Arm>>,
}

impl Out {
    /// Counts runs of arms, and their conversions. An arm that falls to a run again is still one run.
    fn arms(&mut self, customer: u32, effect: &Effect) {
        let Some(journey) = effect.journey else { return };
        let run = (customer, journey, effect.run);
        match effect.kind {
            EffectKind::Assigned { experiment, arm } => {
                let arm = (journey, experiment, arm);
                let arms = self.assigned.entry(run).or_default();
                if !arms.contains(&arm) {
                    arms.push(arm);
                    self.tally.arms.entry(arm).or_default().runs += 1;
                }
            }
            EffectKind::Converted => {
                for arm in self.assigned.get(&run).into_iter().flatten() {
                    self.tally.arms.entry(*arm).or_default().converted += 1;
                }
            }
            _ => {}
        }
    }
}

/// Where an input came from.
#[derive(Clone, Copy)]
struct Origin<'a> {
    line: u64,
    raw: &'a [u8],
}

/// Sorts what the step decides.
struct Drain<'a> {
    out: &'a mut Out,
    number: u32,
    id: &'a str,
    origin: Option<Origin<'a>>,
}

impl Sink for Drain<'_> {
    fn effect(&mut self, effect: Effect) {
        self.out.tally.count(&effect);
        self.out.arms(self.number, &effect);
        if let EffectKind::Rejected { contract, field, reason } = effect.kind {
            let problem = Problem { contract, field, fault: Fault::Unusable, reason };
            let raw = self.origin.map_or(String::new(), |origin| text(origin.raw));
            self.out.dead.push(DeadLetter {
                line: self.origin.map(|o| o.line),
                customer: Some(self.id.to_string()),
                problem,
                raw,
            });
        } else if self.out.keep {
            self.out.effects.push((self.number, effect));
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

    fn passed(&mut self, journey: u16, pc: u32) {
        self.1.passed(journey, pc);
    }
}

/// A line as text, without its end.
pub(crate) fn text(raw: &[u8]) -> String {
    String::from_utf8_lossy(raw).trim_end_matches(['\r', '\n']).to_string()
}

impl Shard {
    pub(crate) fn new(program: &Program, wanted: &Wanted) -> Shard {
        Shard {
            pool: Pool::new(&program.image),
            ids: Ids::default(),
            customers: Vec::new(),
            everyone: Vec::new(),
            ingest: ingest::Scratch::default(),
            step: step::Scratch::new(program),
            out: Out { keep: wanted.effects, ..Out::default() },
            wanted: wanted.clone(),
            told: None,
        }
    }

    /// Takes one message. `first` is the line of the piece's first one; only one shard `speaks` for events for everyone.
    pub(crate) fn take(&mut self, program: &Program, decoder: &Decoder, item: &Item<'_>, first: u64, speaks: bool) {
        let line = first + item.line;
        let decoded = decoder.decode(&item.message, &program.zones, &mut self.pool, &mut self.ingest);
        if let Err(problem) = decoded {
            if item.kept.is_none() || speaks {
                let customer = item.kept.is_none().then(|| item.message.customer.to_string());
                if let (Some(story), true) = (&mut self.out.story, customer == self.wanted.story) {
                    story.input(item.message.happened_at, format!("sends what cannot be used: {problem}"));
                }
                self.out.dead.push(DeadLetter { line: Some(line), customer, problem, raw: text(item.raw) });
            }
            return;
        }
        if item.kept.is_none() || speaks {
            self.out.tally.used += 1;
        }
        let mut inputs = std::mem::take(&mut self.ingest.inputs);
        let (happened_at, received_at) = (item.message.happened_at, item.message.received_at);
        if let Some(raw) = &item.kept {
            let public = |kind| Public { line, happened_at, received_at, kind, raw: raw.clone() };
            self.everyone.extend(inputs.drain(..).map(public));
        } else {
            let number = self.customer(program, item, stamp(happened_at, received_at, i64::MIN));
            self.catch_up(program, number);
            for kind in inputs.drain(..) {
                self.input(program, number, happened_at, received_at, kind, Some(Origin { line, raw: item.raw }));
            }
        }
        self.ingest.inputs = inputs;
    }

    /// The number of the message's customer, who is made known if they are new.
    fn customer(&mut self, program: &Program, item: &Item<'_>, seen: i64) -> u32 {
        let (number, new) = self.ids.take(&item.message.customer, item.hash);
        if new {
            // What everyone was told before was not told to them.
            self.customers.push(Known { state: Vec::new(), everyone: self.everyone.len() });
            if self.wanted.story.as_deref() == Some(&item.message.customer) {
                self.told = Some(number);
                self.out.story = Some(Story::default());
            }
            for i in 0..self.wanted.consents.len() {
                let kind = InputKind::Consent { purpose: self.wanted.consents[i], channel: None, granted: true };
                self.input(program, number, seen, None, kind, None);
            }
        }
        number
    }

    /// Gives a customer the events for everyone that they have not seen yet.
    fn catch_up(&mut self, program: &Program, number: u32) {
        while let Some(public) = self.everyone.get(self.customers[number as usize].everyone) {
            self.customers[number as usize].everyone += 1;
            let (line, happened_at, received_at) = (public.line, public.happened_at, public.received_at);
            let (kind, raw) = (public.kind.clone(), public.raw.clone());
            self.input(program, number, happened_at, received_at, kind, Some(Origin { line, raw: raw.as_bytes() }));
        }
    }

    fn input(
        &mut self,
        program: &Program,
        number: u32,
        happened_at: i64,
        received_at: Option<i64>,
        kind: InputKind,
        origin: Option<Origin<'_>>,
    ) {
        let words = &mut self.customers[number as usize].state;
        let previous = words.get(SEEN).map_or(i64::MIN, |seen| *seen as i64);
        let input = Input { seen: stamp(happened_at, received_at, previous), kind };
        let customer = Customer { id: self.ids.get(number) };
        let (pool, scratch) = (&mut self.pool, &mut self.step);
        let story = if self.told == Some(number) { self.out.story.take() } else { None };
        match story {
            None => {
                let mut drain = Drain { out: &mut self.out, number, id: customer.id, origin: None };
                step::advance(program, pool, scratch, &customer, words, input.seen, false, &mut drain);
                drain.origin = origin;
                step::step(program, pool, scratch, &customer, words, &input, &mut drain);
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
        self.ingest.take_back(input.kind);
    }

    /// Lets time go on to the horizon for all customers.
    pub(crate) fn end(&mut self, program: &Program, horizon: i64) {
        for number in 0..self.ids.len() as u32 {
            self.catch_up(program, number);
            let words = &mut self.customers[number as usize].state;
            let customer = Customer { id: self.ids.get(number) };
            let (pool, scratch) = (&mut self.pool, &mut self.step);
            let story = if self.told == Some(number) { self.out.story.take() } else { None };
            match story {
                None => {
                    let mut drain = Drain { out: &mut self.out, number, id: customer.id, origin: None };
                    step::advance(program, pool, scratch, &customer, words, horizon, true, &mut drain);
                }
                Some(mut story) => {
                    let mut telling =
                        Telling(Drain { out: &mut self.out, number, id: customer.id, origin: None }, &mut story);
                    step::advance(program, pool, scratch, &customer, words, horizon, true, &mut telling);
                    self.out.story = Some(story);
                }
            }
        }
    }

    /// A customer's state, by id.
    pub(crate) fn state(&self, id: &str) -> Option<&[Word]> {
        let number = self.ids.find(id, xxh3_64(id.as_bytes()))?;
        Some(&self.customers[number as usize].state)
    }

    /// Bytes of the customers' states.
    pub(crate) fn state_memory(&self) -> usize {
        self.customers.iter().map(|known| 8 * known.state.capacity() + size_of::<Known>()).sum()
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
