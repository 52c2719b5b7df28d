//! The lean machine as an engine of a host.

use super::{Declined, Names, Scratch, Shared, Tables, Words, advance, event_of, known};
use crate::batch::{Batch, Engine, Item, OTHER, Parts};
use crate::host::Ids;
use crate::layout::ID_COUNT;
use crate::program::Program;
use crate::store::Store;
use std::any::Any;
use std::ops::Range;

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

    /// As [`Engine::batch`], for one item; false when it is declined.
    pub fn item(&self, parts: &mut Parts<'_>, batch: &Batch, at: usize) -> bool {
        work(&mut shared!(&self.tables, parts), parts.store, batch, &batch.items[at])
    }

    /// As [`Engine::end`], for one customer; false when it is declined.
    pub fn settle(&self, parts: &mut Parts<'_>, horizon: i64, customer: u32) -> bool {
        settle(&mut shared!(&self.tables, parts), parts.store, horizon, customer)
    }
}

impl Names for Ids {
    fn name(&self, customer: u32) -> &str {
        self.get(customer)
    }
}

/// Items whose states are asked for in one go, while those asked for before are worked on. Together, since each waits for the
/// processor to find where its page is, and many of those waits go on at the same time; one by one they would hold up the work between.
const AHEAD: usize = 8;

/// Up to which item of a batch states are on their way, and homes.
struct Asked {
    states: usize,
    homes: usize,
}

impl Asked {
    /// Asks for what the items behind the next [`AHEAD`] need.
    fn go_on(&mut self, store: &Store, items: &[Item], at: usize) {
        let homes = (at + 3 * AHEAD).min(items.len());
        for item in &items[self.homes.min(homes)..homes] {
            let _ = store.prefetch_home(item.customer);
        }
        self.homes = homes;
        let states = (at + 2 * AHEAD).min(items.len());
        for item in &items[self.states.min(states)..states] {
            let _ = store.prefetch_state(item.customer);
        }
        self.states = states;
    }
}

/// One item of a batch, after what is due before it. When it is declined, what was due stays done.
pub fn item(shared: &mut Shared<'_>, batch: &Batch, item: &Item, words: &mut Words<'_>) -> Result<(), Declined> {
    let stamp = item.stamp(&words.words[..words.len]);
    advance(shared, item.customer, words, stamp, false)?;
    input(shared, batch, item, words)
}

/// The input itself.
fn input(shared: &mut Shared<'_>, batch: &Batch, item: &Item, words: &mut Words<'_>) -> Result<(), Declined> {
    if item.event == OTHER {
        let kind = batch.others.get(item.row as usize).ok_or(Declined::Shape)?;
        return known(shared, item.customer, words, item.seen, kind);
    }
    let table = shared.tables.events.get(usize::from(item.event)).ok_or(Declined::Shape)?;
    let row = batch.rows.get(item.row as usize..item.row as usize + table.fields).ok_or(Declined::Shape)?;
    event_of(shared, item.customer, words, table, item, row)
}

/// One item of a batch, after what is due before it; false when it is declined.
fn work(shared: &mut Shared<'_>, store: &mut Store, batch: &Batch, item: &Item) -> bool {
    let ids = if item.id().is_some() { ID_COUNT / 4 } else { 0 };
    let first = shared.program.layout.room + ids;
    with_room(shared, store, item.customer, first, |shared, words| {
        if words.len == 0 && words.words.len() < first {
            return Err(Declined::Room);
        }
        self::item(shared, batch, item, words)
    })
}

/// What is due for a customer up to the horizon; false when it is declined.
fn settle(shared: &mut Shared<'_>, store: &mut Store, horizon: i64, customer: u32) -> bool {
    with_room(shared, store, customer, 0, |shared, words| advance(shared, customer, words, horizon, true))
}

/// Does something with a customer's words, and does it again with more room (`first` words, and then more) as long as that is what it
/// lacks. False when it is declined.
fn with_room(
    shared: &mut Shared<'_>,
    store: &mut Store,
    customer: u32,
    first: usize,
    mut work: impl FnMut(&mut Shared<'_>, &mut Words<'_>) -> Result<(), Declined>,
) -> bool {
    loop {
        let (room, len) = store.state_mut(customer);
        let mut words = Words { words: room, len };
        let done = work(shared, &mut words);
        let (now, room) = (words.len, words.words.len());
        if now != len {
            store.set_length(customer, now);
        }
        match done {
            Ok(()) => return true,
            Err(Declined::Shape) => return false,
            Err(Declined::Room) if room < first => store.grow(customer, first),
            // For one more run, or for message ids.
            Err(Declined::Room) => {
                let run = shared.program.layout.room - shared.program.layout.fixed;
                store.grow(customer, room + run.max(ID_COUNT));
            }
        }
    }
}

impl Engine for Vm {
    fn memory(&self, program: &Program) -> Box<dyn Any + Send> {
        Box::new(Scratch::new(program))
    }

    fn batch(&self, parts: &mut Parts<'_>, batch: &Batch, from: usize) -> usize {
        let mut shared = shared!(&self.tables, parts);
        let store = &mut *parts.store;
        let mut asked = Asked { states: from, homes: from };
        for (at, item) in batch.items.iter().enumerate().skip(from) {
            if at % AHEAD == 0 || at == from {
                asked.go_on(store, &batch.items, at);
            }
            if !work(&mut shared, store, batch, item) {
                return at;
            }
        }
        batch.items.len()
    }

    fn end(&self, parts: &mut Parts<'_>, horizon: i64, customers: Range<u32>) -> u32 {
        let mut shared = shared!(&self.tables, parts);
        let store = &mut *parts.store;
        let (from, end) = (customers.start, customers.end);
        let mut asked = from;
        for customer in customers {
            if customer.is_multiple_of(AHEAD as u32) || customer == from {
                // Homes follow each other; states that have left them do not.
                let to = customer.saturating_add(2 * AHEAD as u32).min(end);
                (asked..to).for_each(|customer| {
                    let _ = store.prefetch_state(customer);
                });
                asked = asked.max(to);
            }
            if store.is_due(customer, horizon) && !settle(&mut shared, store, horizon, customer) {
                return customer;
            }
        }
        end
    }
}
