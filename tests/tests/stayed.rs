//! No run stays longer than the compiler says, and nobody reaches a goal that is said to be out of reach: held to programs by chance, on the machine that defines the meaning.
//!
//! `JOURNEY_STAYED_SEEDS=200` (or `1000-2000`) takes so many seeds instead of those of every day.

use journey_compiler::prove::{goals, stay, words};
use journey_runtime::batch::Reference;
use journey_runtime::input::EffectKind;
use journey_runtime::program::Program;
use journey_tests::equal::direct::{self, How};
use journey_tests::equal::{happens, horizon};
use journey_tests::generate::{program, stream::bytes};
use journey_tests::{check_text, means_something};
use std::collections::BTreeMap;

fn seeds() -> (u64, u64) {
    let wanted = std::env::var("JOURNEY_STAYED_SEEDS").unwrap_or_default();
    match wanted.split_once('-') {
        Some((from, to)) => (from.parse().unwrap(), to.parse().unwrap()),
        None => (0, wanted.parse().unwrap_or(100)),
    }
}

#[test]
fn nobody_stays_longer_than_the_longest_stay() {
    let how = How { engine: &Reference, batch: 4096, move_house: 0 };
    let (from, to) = seeds();
    let (mut bounded, mut runs) = (0, 0);
    for seed in from..to {
        let text = program(seed).text();
        let checked = check_text(&text);
        if !means_something(&checked) {
            continue;
        }
        let machine = Program::new(journey_compiler::lower::lower(&checked.program, &checked.sources)).unwrap();
        let stays = stay::stays(&checked.program);
        let unmet = goals::unmet(&checked.program, &stays);
        let all_unmet = |name: &str| {
            let journeys = checked.program.journeys.iter().enumerate();
            let mut of = journeys.filter(|(_, j)| j.name == name && !j.goals.is_empty());
            of.any(|(id, j)| unmet.iter().filter(|u| u.journey == id).count() == j.goals.len())
        };
        let most: BTreeMap<&str, i64> = stays
            .iter()
            .filter_map(|stay| Some((checked.program.journeys[stay.journey].name.as_str(), words::ends(stay)?)))
            .collect();
        bounded += most.len();
        let said = happens(&machine, seed, 200);
        let came = direct::run(&machine, &bytes(&said), horizon(&said), how);
        let mut inside: BTreeMap<(&str, u16, u32), i64> = BTreeMap::new();
        let name = |journey: u16| machine.image.journeys[usize::from(journey)].name.as_str();
        let hold = |(who, journey, run): (&str, u16, u32), from: i64, until: i64| {
            let Some(most) = most.get(name(journey)) else { return };
            let stayed = until - from;
            assert!(
                stayed <= *most,
                "seed {seed}: {who} was in {} (run {run}) for {stayed} ms, and at most {most} ms are possible\n{text}",
                name(journey)
            );
        };
        for (who, effect) in &came.effects {
            let Some(journey) = effect.journey else { continue };
            let key = (who.as_str(), journey, effect.run);
            match effect.kind {
                EffectKind::Entered { joined: false, .. } | EffectKind::StartedOver => {
                    inside.insert(key, effect.time);
                }
                EffectKind::Left { .. } => {
                    if let Some(from) = inside.remove(&key) {
                        runs += 1;
                        hold(key, from, effect.time);
                    }
                }
                EffectKind::Converted => {
                    let name = name(journey);
                    assert!(
                        !all_unmet(name),
                        "seed {seed}: {who} reached a goal of {name} that is out of reach\n{text}"
                    );
                }
                _ => {}
            }
        }
        // Whoever is still in at the end has not stayed too long so far.
        inside.into_iter().for_each(|(key, from)| hold(key, from, horizon(&said)));
    }
    println!("{runs} runs have ended, in {bounded} journeys with a longest stay");
    assert!(bounded as u64 >= (to - from) / 4, "too few journeys have a longest stay");
}
