//! Programs that a hostile hand has changed, but that the verifier has let pass, run as any other.

use super::tests::sealed;
use crate::image::{MISSING, Word};
use crate::input::{Effect, Input, InputKind, Sink};
use crate::pool::Pool;
use crate::program::Program;
use crate::sample;
use crate::step::{Customer, Scratch, advance, next_wake, step};
use crate::time::HOUR;
use proptest::prelude::*;

/// Wants to be told everything, and forgets it.
struct Listener;

impl Sink for Listener {
    const TELLS: bool = true;
    fn effect(&mut self, _: Effect) {}
}

/// An input in the raw: which kind, what it is about, values to choose from, hours until it comes.
type Raw = (u8, u8, [u8; 6], u8);

/// Words that mean something to the sample: small numbers, texts, lists, amounts.
const WORDS: [Word; 10] = [0, 1, 2, 3, MISSING, 5_000_000, 20_000_000, 250_000_000, u64::MAX, 1 << 52];

fn input(program: &Program, (kind, about, words, _): Raw) -> InputKind {
    let word = |at: usize| WORDS[usize::from(words[at % words.len()]) % WORDS.len()];
    let among = |length: usize| (usize::from(about) % length.max(1)) as u16;
    let image = &program.image;
    match kind % 8 {
        0 if !image.profile.is_empty() => {
            InputKind::Profile { id: None, changes: vec![(among(image.profile.len()), word(0))] }
        }
        1 if !image.purposes.is_empty() => {
            InputKind::Consent { purpose: among(image.purposes.len()), channel: None, granted: words[0] % 4 > 0 }
        }
        2 => InputKind::Answer { call: u128::from(about), answer: (words[0] > 100).then(|| vec![word(1)]) },
        _ => {
            let event = among(image.events.len());
            let fields = image.events.get(usize::from(event)).map_or(0, |event| event.fields.len());
            InputKind::Event { event, happened_at: sample::noon(0), id: None, row: (0..fields).map(word).collect() }
        }
    }
}

fn live(program: &Program, inputs: &[Raw]) {
    if program.image.events.is_empty() {
        return;
    }
    let mut pool = Pool::new(&program.image);
    let mut scratch = Scratch::new(program);
    let customer = Customer { id: "ana" };
    let mut state = Vec::new();
    let mut now = sample::noon(0);
    for raw in inputs {
        now += i64::from(raw.3) * HOUR;
        // A wait of a millisecond may have been made of one of a month.
        for _ in 0..20 {
            match next_wake(&state) {
                Some(due) if due < now => {
                    advance(program, &mut pool, &mut scratch, &customer, &mut state, due, true, &mut Listener);
                }
                _ => break,
            }
        }
        let input = Input { seen: now, kind: input(program, *raw) };
        step(program, &mut pool, &mut scratch, &customer, &mut state, &input, &mut Listener);
    }
}

fn inputs() -> impl Strategy<Value = Vec<Raw>> {
    prop::collection::vec((any::<u8>(), any::<u8>(), any::<[u8; 6]>(), 0u8..60), 1..30)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_was_accepted_runs(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4), inputs in inputs()) {
        let file = sealed(&sample::image(), |payload| {
            for (at, byte) in changes {
                let at = at.index(payload.len());
                payload[at] = byte;
            }
        });
        if let Ok(program) = Program::load(&file) {
            live(&program, &inputs);
        }
    }
}
