//! Row `step`: a journey's step with all that belongs to it, and with so many customers that memory is what counts.
//!
//! An abandoned cart. Six of ten events update a cart: an hour later there is a send, a day after that another. Three of twenty are
//! orders, which end it; the rest are pages, which touch the customer. 20 million events lie over six simulated hours, so that timers
//! fire all the time. What comes out must be the same number of sends.

pub mod floor;
mod ours;
pub mod outside;

use crate::Scale;
use crate::measure::{Contestant, Kind, Race, Sample, race, timed};
use crate::random::{Random, mix};
use floor::{Customers, Numbered, Table, Timers};

/// Seconds.
pub const HOUR: u32 = 3_600;
pub const DAY: u32 = 86_400;
/// The simulated time.
pub const SPAN: u32 = 6 * HOUR;

/// Kinds of events.
pub const CART: u8 = 0;
pub const ORDER: u8 = 1;
pub const PAGE: u8 = 2;

/// An event: 24 bytes.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Event {
    /// Scattered 64-bit id of the customer.
    pub customer: u64,
    /// The customer's number, scattered too.
    pub number: u32,
    /// Seconds.
    pub at: u32,
    /// Cents of the cart.
    pub value: f32,
    pub kind: u8,
}

/// How many sends there were, of the first wait and of the second.
#[derive(Default, Clone, Copy, PartialEq, Debug)]
pub struct Sends {
    pub first: u64,
    pub second: u64,
}

impl Sends {
    pub fn check(self) -> u64 {
        self.first | self.second << 32
    }
}

/// How customers take part.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mix {
    /// All alike.
    Uniform,
    /// By Zipf's law: the k-th with a frequency of 1/k.
    Zipf,
}

impl Mix {
    fn name(self) -> &'static str {
        match self {
            Mix::Uniform => "all alike",
            Mix::Zipf => "by Zipf's law",
        }
    }
}

/// The id of a customer of rank `k`.
fn id(k: u64) -> u64 {
    mix(k + 1)
}

/// The number of a customer of rank `k`: scattered, so that the busiest do not lie side by side. `count` is a power of ten.
fn number(k: u64, count: u64) -> u32 {
    (k * 7_368_787 % count) as u32
}

pub fn events(customers: u64, count: usize, mix: Mix) -> Vec<Event> {
    let mut random = Random(42);
    let span = (customers as f64).ln();
    let event = |at: usize| {
        let k = match mix {
            Mix::Uniform => random.below(customers),
            Mix::Zipf => (((random.fraction() * span).exp()) as u64 - 1).min(customers - 1),
        };
        let kind = match random.below(100) {
            0..60 => CART,
            60..75 => ORDER,
            _ => PAGE,
        };
        Event {
            customer: id(k),
            number: number(k, customers),
            at: 1 + (at as u64 * u64::from(SPAN) / count as u64) as u32,
            value: random.below(50_000) as f32,
            kind,
        }
    };
    (0..count).map(event).collect()
}

/// The races.
pub fn run(scale: &Scale) -> Result<Vec<Race>, String> {
    let mut races = Vec::new();
    let sizes: &[(u64, usize, Mix)] = if scale.quick {
        &[(100_000, 2_000_000, Mix::Uniform)]
    } else {
        &[
            (1_000_000, 20_000_000, Mix::Uniform),
            (1_000_000, 20_000_000, Mix::Zipf),
            (10_000_000, 20_000_000, Mix::Uniform),
            (10_000_000, 20_000_000, Mix::Zipf),
        ]
    };
    for &(customers, count, mix) in sizes {
        let title = title(customers, count, mix);
        if title.contains(&scale.races) {
            races.push(one(scale, customers, count, mix, title)?);
        }
    }
    if scale.races.is_empty() {
        races.extend(outside::run(scale)?);
    }
    Ok(races)
}

fn title(customers: u64, count: usize, mix: Mix) -> String {
    let thousands = crate::table::thousands;
    format!("step, {} customers, {}, {} events", thousands(customers), mix.name(), thousands(count as u64))
}

fn one(scale: &Scale, customers: u64, count: usize, mix: Mix, title: String) -> Result<Race, String> {
    let events = events(customers, count, mix);
    let mut contestants = vec![
        Contestant::new(
            Kind::Floor,
            "Rust by hand, table of ids",
            "32-byte slots, 32 ahead, huge pages, queues",
            |_| by_hand(&mut Table::new(customers, (0..customers).map(id)), &events, customers),
        ),
        Contestant::new(Kind::Hand, "Rust by hand, numbered customers", "nothing to look up", |_| {
            by_hand(&mut Numbered::new(customers as usize), &events, customers)
        }),
    ];
    contestants.extend(ours::contestants(&events, customers)?);
    contestants.retain(|contestant| contestant.is_wanted(&scale.only));
    race("step", title, "event", scale.rounds(3), contestants)
}

fn by_hand<C: Customers>(customers: &mut C, events: &[Event], count: u64) -> Sample {
    let mut timers = Timers::default();
    let mut sends = Sends::default();
    let sample = timed(events.len(), || {
        sends = floor::run(customers, &mut timers, events);
        sends.check()
    });
    let check = if ours::looks_ahead(count) {
        floor::until(customers, &mut timers, SPAN + DAY, &mut sends);
        sends.check()
    } else {
        sample.check
    };
    Sample { check, bytes: Some((customers.bytes() + timers.bytes()) / count), ..sample }
}
