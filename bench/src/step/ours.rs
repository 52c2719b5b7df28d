//! The abandoned cart compiled from source, by each engine, over the states of a shard.

use super::floor::Huge;
use super::{CART, DAY, Event, ORDER, SPAN, Sends, id, number};
use crate::engines::{self, Named};
use crate::measure::{Contestant, Kind, Sample, thread_cpu};
use crate::source;
use journey_runtime::batch::{Batch, Item, Parts};
use journey_runtime::host::Ids;
use journey_runtime::image::Word;
use journey_runtime::pool::Pool;
use journey_runtime::program::Program;
use journey_runtime::record::{self, Effects};
use journey_runtime::step::Scratch;
use journey_runtime::store::Store;
use std::any::Any;
use std::rc::Rc;
use xxhash_rust::xxh3::xxh3_64;

/// Events that are handed over in one go. (A host hands over fewer still.)
const BATCH: usize = 1 << 11;
/// Ids that are looked up ahead.
const AHEAD: usize = 16;
/// Milliseconds since 1970 UTC of second 0.
const BEGIN: i64 = 1_767_225_600_000;

/// Whether the end is awaited too: what is due a day after the last event. Not timed, and not for the largest.
pub fn looks_ahead(customers: u64) -> bool {
    customers <= 1_000_000
}

/// Each engine, with ids to look up and without.
pub fn contestants<'a>(events: &'a [Event], customers: u64) -> Result<Vec<Contestant<'a>>, String> {
    let program = Rc::new(source::program("cart", include_str!("cart.journey"))?);
    let mut all = Vec::new();
    for engine in engines::all(&program) {
        let engine = Rc::new(engine);
        for looked_up in [true, false] {
            if !looked_up && engine.slow {
                continue;
            }
            let (program, engine) = (program.clone(), engine.clone());
            let slow = engine.slow;
            let name = if looked_up { engine.name.to_string() } else { format!("{}, numbered customers", engine.name) };
            let what = if looked_up { "a table of ids before it" } else { "nothing to look up" };
            let contestant = Contestant::new(Kind::Ours, name, what, move |_| {
                let table = looked_up.then(|| Numbers::new(customers));
                Shard::new(&program, &engine, customers).work(&engine, table, events, customers)
            });
            all.push(if slow { contestant.once() } else { contestant });
        }
    }
    Ok(all)
}

/// From 64-bit ids to numbers: what a host does with the ids of events, for ids that are numbers already.
struct Numbers {
    slots: Huge<(u64, u64)>,
    shift: u32,
    mask: usize,
}

impl Numbers {
    fn new(customers: u64) -> Numbers {
        let size = ((customers as f64 / 0.7) as usize).next_power_of_two();
        let mut numbers = Numbers { slots: Huge::new(size), shift: 64 - size.trailing_zeros(), mask: size - 1 };
        for k in 0..customers {
            let mut at = numbers.first(id(k));
            while numbers.slots.at(at).0 != 0 {
                at = (at + 1) & numbers.mask;
            }
            *numbers.slots.at(at) = (id(k), u64::from(number(k, customers)));
        }
        numbers
    }

    #[inline(always)]
    fn first(&self, id: u64) -> usize {
        (id.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift) as usize
    }

    fn find(&mut self, items: &mut [Item], events: &[Event]) {
        events.iter().take(AHEAD).for_each(|event| self.slots.ask(self.first(event.customer)));
        for (number, (item, event)) in items.iter_mut().zip(events).enumerate() {
            if let Some(later) = events.get(number + AHEAD) {
                self.slots.ask(self.first(later.customer));
            }
            let mut at = self.first(event.customer);
            while self.slots.at(at).0 != event.customer {
                at = (at + 1) & self.mask;
            }
            item.customer = self.slots.at(at).1 as u32;
        }
    }
}

/// All customers, in one shard.
struct Shard<'a> {
    program: &'a Program,
    pool: Pool,
    ids: Ids,
    store: Store,
    effects: Effects,
    scratch: Scratch,
    memory: Box<dyn Any + Send>,
    /// Which event is which kind.
    kinds: [u16; 3],
    /// Index of the first message.
    first: u16,
}

impl<'a> Shard<'a> {
    /// Everybody has been seen once, at second 0: the floor has its customers in place, too.
    fn new(program: &'a Program, engine: &Named, customers: u64) -> Shard<'a> {
        let image = &program.image;
        let event = |name: &str| image.events.iter().position(|event| event.name == name).unwrap_or_default() as u16;
        let mut shard = Shard {
            program,
            pool: Pool::new(image),
            ids: Ids::default(),
            store: Store::new(program.layout.room),
            effects: Effects::default(),
            scratch: Scratch::new(program),
            memory: engine.engine.memory(program),
            kinds: [event("cart_updated"), event("order_completed"), event("page_viewed")],
            first: image.messages.iter().position(|message| message.name == "first").unwrap_or_default() as u16,
        };
        let mut batch = Batch::default();
        for customer in 0..customers as u32 {
            let name = format!("{customer}");
            shard.ids.take(&name, xxh3_64(name.as_bytes()));
            shard.store.add();
            batch.items.push(Item {
                customer,
                event: shard.kinds[2],
                seen: BEGIN,
                happened_at: BEGIN,
                ..Item::default()
            });
            if batch.items.len() == BATCH || u64::from(customer) + 1 == customers {
                shard.batch(engine, &batch);
                shard.effects.clear();
                batch.clear();
            }
        }
        shard
    }

    fn parts(&mut self) -> Parts<'_> {
        Parts {
            program: self.program,
            pool: &mut self.pool,
            ids: &self.ids,
            store: &mut self.store,
            effects: &mut self.effects,
            scratch: &mut self.scratch,
            memory: &mut *self.memory,
        }
    }

    fn batch(&mut self, engine: &Named, batch: &Batch) {
        engines::work(&*engine.engine, &mut self.parts(), batch);
    }

    /// Lets time go on to a second for all; gives the seconds that it takes. Effects are counted now and then, as hosts do it.
    fn end(&mut self, engine: &Named, seconds: u32, sends: &mut Sends) -> f64 {
        let (customers, mut taken) = (self.store.len() as u32, 0.0);
        for first in (0..customers).step_by(BATCH) {
            let to = customers.min(first + BATCH as u32);
            let started = thread_cpu();
            engines::end(&*engine.engine, &mut self.parts(), BEGIN + i64::from(seconds) * 1000, first..to);
            taken += thread_cpu() - started;
            self.count(sends);
        }
        taken
    }

    fn work(mut self, engine: &Named, mut table: Option<Numbers>, events: &[Event], customers: u64) -> Sample {
        let (mut sends, mut seconds) = (Sends::default(), 0.0);
        let mut batch = Batch::default();
        for events in events.chunks(BATCH) {
            batch.clear();
            for event in events {
                let at = BEGIN + i64::from(event.at) * 1000;
                let row = batch.rows.len() as u32;
                let number = match event.kind {
                    CART => {
                        batch.rows.push((f64::from(event.value) * 10_000.0) as Word);
                        self.kinds[0]
                    }
                    ORDER => self.kinds[1],
                    _ => self.kinds[2],
                };
                let item =
                    Item { customer: event.number, event: number, row, seen: at, happened_at: at, ..Item::default() };
                batch.items.push(item);
            }
            let started = thread_cpu();
            if let Some(table) = &mut table {
                table.find(&mut batch.items, events);
            }
            self.batch(engine, &batch);
            seconds += thread_cpu() - started;
            self.count(&mut sends);
        }
        seconds += self.end(engine, SPAN, &mut sends);
        let bytes = (self.store.state_memory() + self.store.index_memory()) as u64 / customers;
        if looks_ahead(customers) {
            self.end(engine, SPAN + DAY, &mut sends);
        }
        Sample { seconds, units: events.len() as u64, check: sends.check(), want: None, bytes: Some(bytes) }
    }

    /// Counts the sends, and forgets the effects.
    fn count(&mut self, sends: &mut Sends) {
        let image = &self.program.image;
        for record in &self.effects {
            let message = match (record.kind(), record.owned()) {
                (record::SENT, _) => {
                    let journey = &image.journeys[usize::from(record.journey().unwrap_or_default())];
                    journey.sends[usize::from(record.code())].message
                }
                (_, Some(owned)) => match &self.effects.owned[owned].kind {
                    journey_runtime::input::EffectKind::Sent { message, .. } => *message,
                    _ => continue,
                },
                _ => continue,
            };
            if message == self.first {
                sends.first += 1;
            } else {
                sends.second += 1;
            }
        }
        self.effects.clear();
    }
}
