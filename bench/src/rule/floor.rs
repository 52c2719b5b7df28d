//! The rule by hand.

use super::{BASE, CART, Event, GOLD, PLATINUM, SILVER, SLOPE};

fn near(country: u32) -> bool {
    matches!(country, 11 | 12 | 14 | 17 | 21)
}

/// As one writes it first.
#[inline(never)]
pub fn with_branches(e: &Event) -> i32 {
    if e.kind != CART || e.opt_in == 0 {
        return 0;
    }
    let branch = if e.tier == PLATINUM && e.value >= 250.0 {
        10
    } else if near(e.country) && e.value >= 100.0 {
        20
    } else if e.days > 90 && e.value >= 50.0 {
        30
    } else if e.tier == GOLD || e.tier == SILVER {
        40
    } else {
        50
    };
    let score = e.propensity * e.value;
    let (mut best, mut at) = (score * SLOPE[0] + BASE[0], 0);
    for offer in 1..4 {
        let rank = score * SLOPE[offer] + BASE[offer];
        if rank > best {
            (best, at) = (rank, offer as i32);
        }
    }
    branch + at
}

/// As one writes it after measuring: both sides of everything, and a choice.
#[inline(never)]
pub fn without_branches(e: &Event) -> i32 {
    without_branches_inlined(e)
}

/// The same for the loop to swallow.
#[inline(always)]
pub fn without_branches_inlined(e: &Event) -> i32 {
    let live = (e.kind == CART) & (e.opt_in != 0);
    let vip = (e.tier == PLATINUM) & (e.value >= 250.0);
    let abroad = near(e.country) & (e.value >= 100.0);
    let long = (e.days > 90) & (e.value >= 50.0);
    let loyal = (e.tier == GOLD) | (e.tier == SILVER);
    let mut branch = 50;
    branch = if loyal { 40 } else { branch };
    branch = if long { 30 } else { branch };
    branch = if abroad { 20 } else { branch };
    branch = if vip { 10 } else { branch };
    let score = e.propensity * e.value;
    let s: [f64; 4] = std::array::from_fn(|at| score * SLOPE[at] + BASE[at]);
    let (second, fourth) = (s[1] > s[0], s[3] > s[2]);
    let low = if second { s[1] } else { s[0] };
    let high = if fourth { s[3] } else { s[2] };
    let at = if high > low { 2 + i32::from(fourth) } else { i32::from(second) };
    (branch + at) * i32::from(live)
}
