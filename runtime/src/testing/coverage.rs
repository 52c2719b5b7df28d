//! Which steps and branches the tests took.

use crate::image::{Image, Journey};
use std::collections::BTreeSet;

/// What the tests took, journey by journey.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Ordered by name.
    pub journeys: Vec<JourneyCoverage>,
}

/// What the tests took of a journey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JourneyCoverage {
    /// Its name.
    pub name: String,
    /// Steps and arms.
    pub all: usize,
    /// Those that some test took.
    pub taken: usize,
    /// The others, in the order of the source.
    pub untaken: Vec<Untaken>,
}

/// A step or arm that no test took.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Untaken {
    /// Where it stands.
    pub file: String,
    /// Where it stands, from 1.
    pub line: u32,
    /// `send cart_nudge by sms`, `else of wait up to 24 hours`
    pub text: String,
}

impl Coverage {
    /// From the instructions that were passed: journey and index.
    pub(super) fn new(image: &Image, passed: &BTreeSet<(u16, u32)>) -> Coverage {
        let journey = |(j, journey): (u16, &Journey)| {
            let untaken = |file: &str, line, text: &str| Untaken { file: file.into(), line, text: text.into() };
            let steps = journey.steps.iter().map(|s| (s.pc, untaken(&s.file, s.line, &s.text)));
            let places: Vec<_> =
                steps.chain(journey.points.iter().map(|p| (p.pc, untaken(&p.file, p.line, &p.text)))).collect();
            let all = places.len();
            let mut untaken: Vec<Untaken> =
                places.into_iter().filter(|(pc, _)| !passed.contains(&(j, *pc))).map(|(_, place)| place).collect();
            untaken.sort();
            JourneyCoverage { name: journey.name.clone(), all, taken: all - untaken.len(), untaken }
        };
        Coverage { journeys: (0u16..).zip(&image.journeys).map(journey).collect() }
    }

    /// Steps and arms that were taken, and all.
    pub fn sum(&self) -> (usize, usize) {
        self.journeys.iter().fold((0, 0), |(taken, all), journey| (taken + journey.taken, all + journey.all))
    }
}
