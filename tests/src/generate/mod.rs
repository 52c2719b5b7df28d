//! Whole programs by chance, and what customers do to them: for tests that ask whether every way of running a program means the same.
//!
//! [`program`] writes a program as text, directed by the types of its parts, so that nearly every one compiles; [`stream`] writes what
//! happens, for any program. The same seed gives the same text on every machine.

mod expression;
mod journey;
mod random;
mod steps;
pub mod stream;
mod world;
mod written;

pub use random::Random;

use expression::{Reach, Sight};
use journey::HandOff;
use steps::Steps;
use world::{Segment, World};

/// A generated program, in parts that can be left out.
#[derive(Debug, Clone)]
pub struct Generated {
    /// What its journeys are made of.
    pub declarations: String,
    /// Its journeys.
    pub journeys: Vec<String>,
}

impl Generated {
    /// The program as text.
    pub fn text(&self) -> String {
        format!("{}{}", self.declarations, self.journeys.concat())
    }
}

/// The program of a seed.
pub fn program(seed: u64) -> Generated {
    program_of(seed, false)
}

/// The program of a seed that asks the same again and again, so that much of it is decided already.
pub fn program_that_asks_again(seed: u64) -> Generated {
    program_of(seed, true)
}

fn program_of(seed: u64, again: bool) -> Generated {
    let random = &mut Random::new(seed);
    let count = 1 + random.below(4);
    let mut world = World::new(random, count);
    world.again = again;
    segments(random, &mut world);
    offers(random, &mut world);
    let names: Vec<String> = (0..count).map(|_| world.name("journey")).collect();
    let mut journeys = Vec::new();
    let mut waiting: Option<(String, HandOff)> = None;
    for (at, name) in names.iter().enumerate() {
        let to = match names.get(at + 1) {
            Some(next) if random.percent(25) => {
                Some(HandOff { name: next.clone(), inputs: journey::inputs(random, &mut world) })
            }
            _ => None,
        };
        let from = waiting.as_ref().map(|(source, hand_off)| (source.as_str(), hand_off));
        journeys.push(journey::journey(random, &mut world, at, name, from, to.as_ref()));
        waiting = to.map(|to| (name.clone(), to));
    }
    Generated { declarations: world.text, journeys }
}

fn segments(random: &mut Random, world: &mut World) {
    for _ in 0..1 + random.below(3) {
        let name = world.name("group");
        let loose = random.percent(20);
        let condition = Sight::new(world, if loose { Reach::Run } else { Reach::Watched }).condition(random);
        world.text.push_str(&format!("segment {name} = {condition}\n\n"));
        world.segments.push(Segment { name, loose });
    }
}

fn offers(random: &mut Random, world: &mut World) {
    for _ in 0..random.below(4) {
        let name = world.name("offer");
        let mut sight = Sight::new(world, Reach::Run);
        sight.depth = 1;
        let eligible = sight.condition(random);
        let propensity = written::share(random);
        let mut steps = Steps::new(random, world, sight, None, true, 0);
        let Some(deed) = steps.deed() else { continue };
        let text = world::offer(random, &name, &eligible, &propensity, &deed);
        world.text.push_str(&text);
        world.offers.push(name);
    }
}
