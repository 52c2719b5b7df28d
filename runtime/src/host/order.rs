//! Effects of all shards in one order: by moment, customer and sequence.
//!
//! Each shard puts its own in order; then time is cut into parts, so that parts can be merged and written at once.

use super::Ids;
use super::shard::Shard;
use crate::pool::Pool;
use crate::record::{Effects, Record};
use std::ops::Range;

/// An effect: its moment, and where its record begins.
pub(crate) type Place = (i64, usize);

/// Effects in a part, about.
const PART: usize = 1 << 12;

/// The effects of a stretch of time: for each shard, which of its effects.
#[derive(Debug, Clone)]
pub struct Part(Vec<Range<usize>>);

/// An effect among others.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// The customer's id.
    pub customer: &'a str,
    /// The effect.
    pub record: Record<'a>,
    /// What holds the record.
    pub effects: &'a Effects,
    /// The texts it names.
    pub pool: &'a Pool,
}

/// A shard's effects by moment, customer and sequence.
pub(crate) fn order(effects: &Effects, ids: &Ids) -> Vec<Place> {
    let mut word = 0;
    let mut order: Vec<Place> = Vec::with_capacity(effects.words.len() / 5);
    for record in effects {
        order.push((record.time(), word));
        word += record.words().len();
    }
    // Those of a customer stand in their sequence already.
    order.sort_unstable_by(|(x, a), (y, b)| {
        let customer = |word: &usize| effects.at(*word).customer();
        x.cmp(y).then_with(|| match (customer(a), customer(b)) {
            (p, q) if p == q => a.cmp(b),
            (p, q) => ids.bytes_of(p).cmp(ids.bytes_of(q)),
        })
    });
    order
}

/// Cuts time into parts of about as many effects.
pub(crate) fn parts(orders: &[Vec<Place>]) -> Vec<Part> {
    let all: usize = orders.iter().map(Vec::len).sum();
    let step = PART / 64;
    let mut sample: Vec<i64> =
        orders.iter().flat_map(|order| order.iter().step_by(step.max(1)).map(|(time, _)| *time)).collect();
    sample.sort_unstable();
    let mut cuts: Vec<i64> = sample.into_iter().step_by(PART / step).skip(1).collect();
    cuts.dedup();
    let mut from = vec![0; orders.len()];
    let mut parts = Vec::with_capacity(cuts.len() + 1);
    for cut in cuts {
        let to: Vec<usize> = orders.iter().map(|order| order.partition_point(|(time, _)| *time < cut)).collect();
        parts.push(Part(from.iter().zip(&to).map(|(from, to)| *from..*to).collect()));
        from = to;
    }
    if all > 0 {
        parts.push(Part(from.iter().zip(orders).map(|(from, order)| *from..order.len()).collect()));
    }
    parts
}

/// The effects of a part, in order.
pub(crate) fn merge<'a>(shards: &'a [Shard], orders: &'a [Vec<Place>], part: &Part, mut each: impl FnMut(Told<'a>)) {
    let order = by_time(shards, orders, part);
    let effects = |shard: u32| &shards[shard as usize].out.effects;
    for (at, (shard, word)) in order.iter().enumerate() {
        // What comes later is asked for now: its record, then where its customer's id stands, then the id.
        if let Some((shard, word)) = order.get(at + 3 * AHEAD) {
            effects(*shard).prefetch(*word);
        }
        if let Some((shard, word)) = order.get(at + 2 * AHEAD) {
            shards[*shard as usize].ids.prefetch_start(effects(*shard).at(*word).customer());
        }
        if let Some((shard, word)) = order.get(at + AHEAD) {
            shards[*shard as usize].ids.prefetch_text(effects(*shard).at(*word).customer());
        }
        let shard = &shards[*shard as usize];
        let record = shard.out.effects.at(*word);
        let customer = shard.ids.get(record.customer());
        each(Told { customer, record, effects: &shard.out.effects, pool: &shard.pool });
    }
}

/// Memory is asked for so many effects before it is used.
const AHEAD: usize = 8;

/// Shard and place of a part's effects, in order.
fn by_time(shards: &[Shard], orders: &[Vec<Place>], part: &Part) -> Vec<(u32, usize)> {
    let mut order = Vec::with_capacity(part.0.iter().map(Range::len).sum());
    let mut queues: Vec<(u32, &[Place])> =
        (0..).zip(&part.0).map(|(shard, range)| (shard, &orders[shard as usize][range.clone()])).collect();
    queues.retain(|(_, queue)| !queue.is_empty());
    let mut heads: Vec<i64> = queues.iter().map(|(_, queue)| queue[0].0).collect();
    let customer = |(shard, queue): &(u32, &[Place])| {
        let shard = &shards[*shard as usize];
        shard.ids.bytes_of(shard.out.effects.at(queue[0].1).customer())
    };
    while let Some(time) = heads.iter().copied().min() {
        let mut same = (0..heads.len()).filter(|i| heads[*i] == time);
        let Some(mut next) = same.next() else { break };
        for other in same {
            if customer(&queues[other]) < customer(&queues[next]) {
                next = other;
            }
        }
        let (shard, queue) = &mut queues[next];
        order.push((*shard, queue[0].1));
        *queue = &queue[1..];
        match queue.first() {
            Some((time, _)) => heads[next] = *time,
            None => {
                queues.swap_remove(next);
                heads.swap_remove(next);
            }
        }
    }
    order
}
