//! Effects of all shards in one order: by moment, customer and sequence.
//!
//! Each shard puts its own in order; then time is cut into parts, so that parts can be merged and written at once.

use super::Ids;
use super::shard::Shard;
use crate::pool::Pool;
use crate::record::{Effects, Record, Spot};
use std::cmp::Ordering;
use std::ops::Range;

/// An effect: its moment, and where its record begins.
pub(crate) type Place = (i64, Spot);

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
    let mut order: Vec<Place> = Vec::with_capacity(effects.words() / 5);
    order.extend(effects.iter().with_spots().map(|(spot, record)| (record.time(), spot)));
    by_moment(&mut order);
    // Those of a customer stand in their sequence already.
    each_moment(
        &mut order,
        |(time, _)| *time,
        |same| {
            same.sort_by(|(_, a), (_, b)| {
                let customer = |spot: &Spot| effects.at(*spot).customer();
                match (customer(a), customer(b)) {
                    (p, q) if p == q => Ordering::Equal,
                    (p, q) => ids.bytes_of(p).cmp(ids.bytes_of(q)),
                }
            })
        },
    );
    order
}

/// Sorts by moment, digit by digit from the lowest; of one moment they stay as they were.
fn by_moment(order: &mut Vec<Place>) {
    const BITS: u32 = 11;
    let moments = || order.iter().map(|(time, _)| *time);
    let (Some(first), Some(last)) = (moments().min(), moments().max()) else { return };
    let bits = u64::BITS - last.abs_diff(first).leading_zeros();
    let mut sorted = vec![(0, Spot::default()); order.len()];
    for digit in 0..bits.div_ceil(BITS) {
        let of = |time: i64| (time.abs_diff(first) >> (digit * BITS)) as usize & ((1 << BITS) - 1);
        let mut starts = [0usize; 1 << BITS];
        order.iter().for_each(|(time, _)| starts[of(*time)] += 1);
        let mut count = 0;
        for start in &mut starts {
            count += std::mem::replace(start, count);
        }
        for place in order.iter() {
            let next = &mut starts[of(place.0)];
            sorted[*next] = *place;
            *next += 1;
        }
        std::mem::swap(order, &mut sorted);
    }
}

/// Hands out those that share a moment with others. They are in order of moments.
fn each_moment<T>(order: &mut [T], time: impl Fn(&T) -> i64, mut each: impl FnMut(&mut [T])) {
    for same in order.chunk_by_mut(|a, b| time(a) == time(b)) {
        if same.len() > 1 {
            each(same);
        }
    }
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
    let of = |shard: u32, spot: Spot| {
        let shard = &shards[shard as usize];
        (shard, shard.out.effects.at(spot))
    };
    for (at, (_, shard, spot)) in order.iter().enumerate() {
        // What comes later is asked for now: its record, then where its customer's id and its first text stand, then these.
        if let Some((_, shard, spot)) = order.get(at + 3 * AHEAD) {
            shards[*shard as usize].out.effects.prefetch(*spot);
        }
        if let Some((_, shard, spot)) = order.get(at + 2 * AHEAD) {
            let (shard, record) = of(*shard, *spot);
            shard.ids.prefetch_start(record.customer());
            record.payload().first().iter().for_each(|word| shard.pool.prefetch_end(**word));
        }
        if let Some((_, shard, spot)) = order.get(at + AHEAD) {
            let (shard, record) = of(*shard, *spot);
            shard.ids.prefetch_text(record.customer());
            record.payload().first().iter().for_each(|word| shard.pool.prefetch_text(**word));
        }
        let (shard, record) = of(*shard, *spot);
        let customer = shard.ids.get(record.customer());
        each(Told { customer, record, effects: &shard.out.effects, pool: &shard.pool });
    }
}

/// Memory is asked for so many effects before it is used.
const AHEAD: usize = 8;

/// Moment, shard and place of a part's effects, in order.
fn by_time(shards: &[Shard], orders: &[Vec<Place>], part: &Part) -> Vec<(i64, u32, Spot)> {
    let mut order = Vec::with_capacity(part.0.iter().map(Range::len).sum());
    for (shard, range) in (0u32..).zip(&part.0) {
        order.extend(orders[shard as usize][range.clone()].iter().map(|(time, spot)| (*time, shard, *spot)));
    }
    // The sort finds that each shard's are in order, and merges them.
    order.sort_by_key(|(time, ..)| *time);
    let customer = |(_, shard, spot): &(i64, u32, Spot)| {
        let shard = &shards[*shard as usize];
        shard.ids.bytes_of(shard.out.effects.at(*spot).customer())
    };
    // A customer is in one shard, where theirs are in order.
    each_moment(
        &mut order,
        |(time, ..)| *time,
        |same| {
            if same.iter().any(|(_, shard, _)| *shard != same[0].1) {
                same.sort_by(|a, b| customer(a).cmp(customer(b)));
            }
        },
    );
    order
}
