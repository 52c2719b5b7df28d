//! A compiled decision ends where the journey's code does, instruction by instruction, on rows of all kinds.

use journey_compiler::check::check;
use journey_compiler::lower::lower;
use journey_compiler::project::Project;
use journey_jit::{Decision, Form, Level, Outcome};
use journey_runtime::eval::{Frame, Scope};
use journey_runtime::image::{Instr, Pc, Ty, Word};
use journey_runtime::pool::Pool;
use journey_runtime::program::Program;
use proptest::prelude::*;

fn program() -> Program {
    let none = |_: &str| Err("this program stands alone".to_string());
    let checked = check(&Project {
        settings: "[project]\nname = \"rule\"\ntime_zone = \"UTC\"\ncurrency = \"EUR\"\n".to_string(),
        files: vec![("rule.journey".to_string(), include_str!("../benches/rule.journey").to_string())],
        assets: &none,
        packs: journey_stdlib::packs(),
    });
    assert!(!checked.has_errors(), "{:?}", checked.diagnostics);
    Program::new(lower(&checked.program, &checked.sources)).expect("the compiler makes images that verify")
}

/// The code, by the evaluator. Nothing closes the gates of its offers.
fn walk(program: &Program, mut eval: impl FnMut(u32) -> Word) -> Outcome {
    let journey = &program.image.journeys[0];
    let mut pc: Pc = 0;
    loop {
        pc = match journey.code.get(pc as usize) {
            None => return Outcome::End,
            Some(Instr::Nop) => pc + 1,
            Some(Instr::Jump(to)) => *to,
            Some(Instr::Unless { condition, to }) => {
                if eval(*condition) == 1 {
                    pc + 1
                } else {
                    *to
                }
            }
            Some(Instr::Finish(label)) => return Outcome::Finish(*label),
            Some(Instr::NextBest(decision)) => {
                let candidates = &journey.next_best[usize::from(*decision)].candidates;
                let mut best: Option<(f64, u16)> = None;
                for (at, candidate) in (0..).zip(candidates) {
                    let rank = f64::from_bits(eval(candidate.rank));
                    if best.is_none_or(|(known, _)| rank > known) {
                        best = Some((rank, at));
                    }
                }
                let (_, candidate) = best.expect("all are eligible");
                let body = candidates[usize::from(candidate)].body;
                return Outcome::Offer { decision: *decision, candidate, body };
            }
            Some(_) => return Outcome::At(pc),
        };
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_decision_ends_where_the_code_does(rows in prop::collection::vec((any::<[u8; 8]>(), 0u32..60_000, 0u32..=1000), 1..40)) {
        let program = program();
        let image = &program.image;
        let (fields, slots) = (image.profile.len(), image.journeys[0].slots.len());
        let form = Form { stride: fields + slots, profile: 0, slots: fields };
        let mut words = Vec::new();
        for (bytes, basket, chance) in &rows {
            words.extend(image.profile.iter().map(|field| match field.name.as_str() {
                "basket" => (f64::from(*basket) / 100.0).to_bits(),
                "chance" => (f64::from(*chance) / 1000.0).to_bits(),
                _ => field.default,
            }));
            words.extend(image.journeys[0].slots.iter().zip(bytes).map(|(slot, byte)| match slot.ty {
                Ty::Bool => Word::from(byte % 4 != 0),
                Ty::Enum(of) => Word::from(*byte) % image.enums[usize::from(of)].values.len() as Word,
                _ => Word::from(*byte),
            }));
        }
        let (pool, mut frame) = (Pool::new(image), Frame::new(&program));
        for level in [Level::None, Level::Speed] {
            let decision = Decision::new(&program, 0, 0, form, level).expect("the rule is pure");
            let mut out = vec![u32::MAX; rows.len()];
            prop_assert_eq!(decision.run(&words, &mut out), rows.len());
            for (row, found) in words.chunks_exact(form.stride).zip(&out) {
                let mut state = program.layout.fresh();
                state[program.layout.profile_at..][..fields].copy_from_slice(&row[..fields]);
                let scope = Scope { slots: &row[fields..], ..Scope::of(&program, &pool, &state, 0) };
                let expected = walk(&program, |function| scope.eval(function, &mut frame, &mut i64::MAX.clone()));
                prop_assert_eq!(decision.outcomes[*found as usize], expected);
            }
        }
    }
}
