//! Whatever the verifier lets pass runs without a panic and comes to an end.

use super::{Customer, Scratch, advance, next_wake, step};
use crate::image::{Image, MISSING, Trigger, Word};
use crate::input::{Effect, Input, InputKind, Sink};
use crate::pool::Pool;
use crate::program::Program;
use crate::sample;
use crate::time::{DAY, HOUR};
use proptest::prelude::*;

/// Gathers effects and asks for every word.
struct Listens(Vec<Effect>, usize);

impl Sink for Listens {
    const TELLS: bool = true;
    fn effect(&mut self, effect: Effect) {
        self.0.push(effect);
    }
    fn told(&mut self, _: i64, _: Option<u16>, _: u32, _: Option<u16>, text: String) {
        self.1 += text.len();
    }
}

/// The sample, with its doors open.
fn sample() -> Image {
    let mut image = sample::image();
    let cart = &mut image.journeys[0];
    (cart.only_if, cart.rollout) = (None, None);
    if let Some(Trigger::Event { listener, .. }) = cart.triggers.first_mut() {
        listener.condition = None;
    }
    image
}

fn inputs() -> impl Strategy<Value = Vec<(i64, u8, [u8; 6])>> {
    prop::collection::vec((0..30 * HOUR, any::<u8>(), any::<[u8; 6]>()), 1..24)
}

/// A word that may stand in a field: small, missing, a moment, or anything.
fn word(seed: u8, now: i64) -> Word {
    match seed % 8 {
        0 => MISSING,
        1 => now as Word,
        2 => (now + i64::from(seed) * HOUR) as Word,
        3 => f64::to_bits(f64::from(seed) / 7.0),
        _ => Word::from(seed % 5),
    }
}

fn run(image: &Image, inputs: &[(i64, u8, [u8; 6])]) -> Option<Vec<Effect>> {
    let program = Program::new(image.clone()).ok()?;
    let mut pool = Pool::new(&program.image);
    let mut scratch = Scratch::new(&program);
    let (mut state, mut sink) = (Vec::new(), Listens(Vec::new(), 0));
    let customer = Customer { id: "ana" };
    let mut now = sample::noon(0);
    let mut calls = Vec::new();
    let agrees = InputKind::Consent { purpose: 0, channel: None, granted: true };
    step(&program, &mut pool, &mut scratch, &customer, &mut state, &Input { seen: now, kind: agrees }, &mut sink);
    for (gap, kind, seeds) in inputs {
        now += gap;
        let fields = |count: usize| -> Vec<Word> {
            (0..count).map(|at| word(seeds[at % 6].wrapping_add(at as u8), now)).collect()
        };
        let kind = match kind % 8 {
            0 => InputKind::Consent {
                purpose: Word::from(seeds[0] % 3) as u16,
                channel: None,
                granted: seeds[1] % 4 != 0,
            },
            1 => {
                let field = u16::from(seeds[0]) % (program.image.profile.len() as u16 + 1);
                InputKind::Profile { id: None, changes: vec![(field, word(seeds[1], now))] }
            }
            2 => {
                let call = calls.get(usize::from(seeds[0]) % calls.len().max(1)).copied().unwrap_or(7);
                InputKind::Answer { call, answer: (seeds[1] % 3 != 0).then(|| fields(2)) }
            }
            3 => InputKind::TaskDone { task: calls.last().copied().unwrap_or(7) },
            _ => {
                let event = u16::from(seeds[0]) % (program.image.events.len() as u16).max(1);
                let row = fields(program.image.events.get(usize::from(event)).map_or(0, |event| event.fields.len()));
                InputKind::Event { event, happened_at: now - HOUR, id: None, row }
            }
        };
        // Time comes in pieces, so that a program that wakes every minute does not take for ever.
        if next_wake(&state).is_some_and(|wake| wake < now - DAY) {
            now = next_wake(&state).unwrap_or(now);
        }
        advance(&program, &mut pool, &mut scratch, &customer, &mut state, now, false, &mut sink);
        step(&program, &mut pool, &mut scratch, &customer, &mut state, &Input { seen: now, kind }, &mut sink);
        calls.extend(sink.0.iter().rev().take(3).filter_map(|effect| effect.id));
    }
    advance(&program, &mut pool, &mut scratch, &customer, &mut state, now + DAY, true, &mut sink);
    Some(sink.0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn one_of_everything_runs_the_same_again(inputs in inputs()) {
        let image = sample();
        let effects = run(&image, &inputs);
        prop_assert!(effects.is_some());
        prop_assert_eq!(effects, run(&image, &inputs));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_the_verifier_lets_pass_does_not_fail(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        inputs in inputs(),
    ) {
        let mut bytes = postcard::to_allocvec(&sample()).expect("it can be written");
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(image) = postcard::from_bytes::<Image>(&bytes) {
            run(&image, &inputs);
        }
    }
}
