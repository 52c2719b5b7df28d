//! The lean machine as an engine of a host.

use super::{Declined, Names, Scratch, Shared, Tables, Words, advance, event, known};
use crate::batch::{Batch, Engine, Item, OTHER, Parts};
use crate::host::Ids;
use crate::layout::ID_COUNT;
use crate::program::Program;
use std::any::Any;

/// The VM: walks a program's tables.
#[derive(Debug)]
pub struct Vm {
    tables: Tables,
}

impl Vm {
    /// An engine for a program.
    pub fn new(program: &Program) -> Vm {
        Vm { tables: Tables::new(program) }
    }

    /// The tables.
    pub fn tables(&self) -> &Tables {
        &self.tables
    }
}

impl Names for Ids {
    fn name(&self, customer: u32) -> &str {
        self.get(customer)
    }
}

/// What the tables need of a shard's parts.
macro_rules! shared {
    ($tables:expr, $parts:expr) => {
        Shared {
            program: $parts.program,
            tables: $tables,
            pool: $parts.pool,
            names: $parts.ids,
            scratch: $parts.memory.downcast_mut::<Scratch>().expect("an engine gets back the memory that it gave"),
            out: $parts.effects,
        }
    };
}

/// How many items ahead states are asked for.
const AHEAD: usize = 16;

/// One item of a batch.
fn input(shared: &mut Shared<'_>, batch: &Batch, item: &Item, words: &mut Words<'_>) -> Result<(), Declined> {
    if item.event == OTHER {
        let kind = batch.others.get(item.row as usize).ok_or(Declined)?;
        return known(shared, item.customer, words, item.seen, kind);
    }
    let fields = shared.program.image.events.get(usize::from(item.event)).ok_or(Declined)?.fields.len();
    let row = batch.rows.get(item.row as usize..item.row as usize + fields).ok_or(Declined)?;
    event(shared, item.customer, words, item, row)
}

impl Engine for Vm {
    fn memory(&self, program: &Program) -> Box<dyn Any + Send> {
        Box::new(Scratch::new(program))
    }

    fn batch(&self, parts: &mut Parts<'_>, batch: &Batch, from: usize) -> usize {
        let mut shared = shared!(&self.tables, parts);
        let store = &mut *parts.store;
        for (at, item) in batch.items.iter().enumerate().skip(from) {
            // The states of the items to come are on their way while this one is worked on, and their index entries before them.
            if let Some(item) = batch.items.get(at + 2 * AHEAD) {
                store.prefetch_index(item.customer);
            }
            if let Some(item) = batch.items.get(at + AHEAD) {
                store.prefetch_state(item.customer);
            }
            let len = store.length(item.customer);
            if len == 0 {
                let ids = if item.id().is_some() { ID_COUNT / 4 } else { 0 };
                store.grow(item.customer, self.tables.room + ids);
            }
            let mut words = Words { words: store.room_mut(item.customer), len };
            let stamp = item.stamp(&words.words[..len]);
            let done = advance(&mut shared, item.customer, &mut words, stamp, false)
                .and_then(|()| input(&mut shared, batch, item, &mut words));
            let now = words.len;
            if now != len {
                store.set_length(item.customer, now);
            }
            if done == Err(Declined) {
                return at;
            }
        }
        batch.items.len()
    }

    fn end(&self, parts: &mut Parts<'_>, horizon: i64, from: u32) -> u32 {
        let mut shared = shared!(&self.tables, parts);
        let store = &mut *parts.store;
        for customer in from..store.len() as u32 {
            let len = store.length(customer);
            let mut words = Words { words: store.room_mut(customer), len };
            let done = advance(&mut shared, customer, &mut words, horizon, true);
            let now = words.len;
            if now != len {
                store.set_length(customer, now);
            }
            if done == Err(Declined) {
                return customer;
            }
        }
        store.len() as u32
    }
}
