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
    let told = |shard: usize, at: usize| {
        let (time, word) = orders[shard][at];
        let shard = &shards[shard];
        let record = shard.out.effects.at(word);
        let customer = shard.ids.get(record.customer());
        (time, Told { customer, record, effects: &shard.out.effects, pool: &shard.pool })
    };
    let mut queues: Vec<(i64, Told<'a>, usize, Range<usize>)> = part
        .0
        .iter()
        .enumerate()
        .filter_map(|(shard, range)| {
            let mut range = range.clone();
            range.next().map(|first| {
                let (time, head) = told(shard, first);
                (time, head, shard, range)
            })
        })
        .collect();
    while !queues.is_empty() {
        let mut next = 0;
        for i in 1..queues.len() {
            let (this, best) = (&queues[i], &queues[next]);
            if this.0 < best.0 || (this.0 == best.0 && this.1.customer < best.1.customer) {
                next = i;
            }
        }
        let queue = &mut queues[next];
        each(queue.1);
        match queue.3.next() {
            Some(at) => (queue.0, queue.1) = told(queue.2, at),
            None => {
                queues.swap_remove(next);
            }
        }
    }
}
