//! What an edit does to what is proven beside pressure: how long runs may stay, and which consent is asked for.

use crate::hir::Program;
use crate::prove::consent::{self, ConsentRule};
use crate::prove::stay::{self, Stay};
use crate::prove::{pressure, words};
use std::collections::BTreeMap;

/// How long a run may stay is another length now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stayed {
    /// The journey, by name.
    pub journey: String,
    /// Before.
    pub old: Lasts,
    /// Now.
    pub new: Lasts,
}

/// How long a run may stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lasts {
    /// In words, what its steps wait for at most.
    pub by_steps: String,
    /// In words, with what holds it back.
    pub most: String,
    /// In milliseconds; none: there is no end to it. What holds it back included.
    pub most_ms: Option<i64>,
}

impl Stayed {
    /// Whether a run may stay longer than before.
    pub fn rises(&self) -> bool {
        let reach = |lasts: &Lasts| lasts.most_ms.unwrap_or(i64::MAX);
        reach(&self.new) > reach(&self.old)
    }
}

/// Another consent is asked for before messages of a purpose by a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// Which messages: `marketing by sms`.
    pub what: String,
    /// The weakest that was asked for; none: nothing was sent.
    pub old: Option<ConsentRule>,
    /// The weakest that is asked for now; none: nothing is sent.
    pub new: Option<ConsentRule>,
}

impl Gate {
    /// Whether less is asked for than before, or something is sent that asks nobody.
    pub fn weakens(&self) -> bool {
        match (self.old, self.new) {
            (Some(old), Some(new)) => strictness(new) < strictness(old),
            (None, new) => new == Some(ConsentRule::None),
            (Some(_), None) => false,
        }
    }
}

fn strictness(rule: ConsentRule) -> u8 {
    match rule {
        ConsentRule::None => 0,
        ConsentRule::Any => 1,
        ConsentRule::Channel => 2,
    }
}

/// Journeys of both versions whose longest stay is another one.
pub(super) fn stays(old: &Program, new: &Program) -> Vec<Stayed> {
    let (before, mut after) = (lasts(old), lasts(new));
    let both = before.into_iter().filter_map(|(journey, old)| {
        let new = after.remove(&journey)?;
        (old != new).then_some(Stayed { journey, old, new })
    });
    both.collect()
}

fn lasts(program: &Program) -> BTreeMap<String, Lasts> {
    let of = |stay: &Stay| Lasts {
        by_steps: words::by_steps(stay),
        most: words::most(program, stay),
        most_ms: words::ends(stay),
    };
    stay::stays(program).iter().map(|stay| (program.journeys[stay.journey].name.clone(), of(stay))).collect()
}

/// Purposes and channels before which another consent is asked for.
pub(super) fn gates(old: &Program, new: &Program) -> Vec<Gate> {
    let (before, after) = (weakest(old), weakest(new));
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort();
    names.dedup();
    let gate = |what: &String| {
        let (old, new) = (before.get(what).copied(), after.get(what).copied());
        (old != new).then(|| Gate { what: what.clone(), old, new })
    };
    names.into_iter().filter_map(gate).collect()
}

fn weakest(program: &Program) -> BTreeMap<String, ConsentRule> {
    let mut all: BTreeMap<String, ConsentRule> = BTreeMap::new();
    for row in consent::table(program) {
        let what = pressure::words::messages(program, Some(row.purpose), Some(row.channel));
        let rule = all.entry(what).or_insert(row.rule);
        if strictness(row.rule) < strictness(*rule) {
            *rule = row.rule;
        }
    }
    all
}
