//! Row `rule`: six branches, ten comparisons, a country in a set, and the best of four scored offers, on events that are all different.
//!
//! A loop over a few thousand events lets the processor learn every branch by heart; a stream of events cannot be learnt. So there
//! are 1,048,576 of them, and the engines that are too slow for all of them take the next slice in each round.

mod floor;
mod ours;
#[cfg(feature = "peers")]
mod peers;

use crate::Scale;
use crate::measure::{Contestant, Kind, Race, race, timed};
use crate::random::Random;
use std::hint::black_box;

/// Interned texts, as a program that cares for speed keeps them.
pub const CART: u32 = 3;
pub const PLATINUM: u32 = 40;
pub const GOLD: u32 = 41;
pub const SILVER: u32 = 42;
const TYPES: [(u32, &str); 3] = [(CART, "Cart Updated"), (4, "Order Completed"), (5, "Product Viewed")];
const COUNTRIES: [(u32, &str); 10] = [
    (11, "DE"),
    (14, "FR"),
    (17, "IT"),
    (12, "ES"),
    (21, "NL"),
    (30, "US"),
    (31, "GB"),
    (32, "PL"),
    (33, "JP"),
    (34, "BR"),
];
const TIERS: [(u32, &str); 4] = [(PLATINUM, "platinum"), (GOLD, "gold"), (SILVER, "silver"), (43, "bronze")];
/// The score of an offer is `propensity * value * SLOPE + BASE`; each wins sometimes.
pub const SLOPE: [f64; 4] = [0.0503, 0.1009, 0.2003, 0.4007];
pub const BASE: [f64; 4] = [20.017, 18.003, 10.009, -20.011];

/// An event as hand-written Rust has it: 40 bytes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Event {
    pub value: f64,
    pub propensity: f64,
    pub days: i64,
    pub kind: u32,
    pub country: u32,
    pub tier: u32,
    pub opt_in: u8,
}

#[cfg(feature = "peers")]
impl Event {
    fn text(known: &[(u32, &'static str)], symbol: u32) -> &'static str {
        known.iter().find(|(number, _)| *number == symbol).map_or("", |(_, text)| text)
    }
}

/// Eight of ten have the right type, nine of ten may be written to.
fn events(count: usize) -> Vec<Event> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let event = |_| Event {
        kind: TYPES[[0, 0, 0, 0, 0, 0, 0, 0, 1, 2][random.below(10) as usize]].0,
        country: COUNTRIES[random.below(10) as usize].0,
        tier: TIERS[[0, 1, 1, 2, 2, 3, 3, 3, 3, 3][random.below(10) as usize]].0,
        value: random.below(50_001) as f64 / 100.0,
        propensity: random.below(1_001) as f64 / 1_000.0,
        days: random.below(181) as i64,
        opt_in: u8::from(random.below(10) < 9),
    };
    (0..count).map(event).collect()
}

/// The race.
pub fn run(scale: &Scale) -> Result<Vec<Race>, String> {
    let events = events(if scale.quick { 1 << 17 } else { 1 << 20 });
    let all = |rule: fn(&Event) -> i32| {
        let events = &events;
        move |_| timed(events.len(), || events.iter().map(|event| rule(black_box(event)) as u64).sum())
    };
    let mut contestants = vec![
        Contestant::new(
            Kind::Floor,
            "Rust by hand, without branches",
            "interned texts, a call for each event",
            all(floor::without_branches),
        ),
        Contestant::new(
            Kind::Hand,
            "Rust by hand, with branches",
            "the same, as one writes it first",
            all(floor::with_branches),
        ),
        Contestant::new(Kind::Hand, "Rust by hand, without branches, inlined", "a loop over all", {
            let events = &events;
            move |_| timed(events.len(), || events.iter().map(|e| floor::without_branches_inlined(e) as u64).sum())
        }),
    ];
    contestants.extend(ours::contestants(&events)?);
    #[cfg(feature = "peers")]
    contestants.extend(peers::contestants(&events, if scale.quick { 1 << 12 } else { 1 << 14 })?);
    let title = format!("rule, {} events that are all different", crate::table::thousands(events.len() as u64));
    Ok(vec![race("rule", title, "event", scale.rounds(15), contestants)?])
}
