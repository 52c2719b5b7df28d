//! A rule of six branches and four scored offers, compiled from source, beside the same by hand: `cargo bench -p journey-jit --bench rule`.
//!
//! The events are fresh: a million different ones, so no processor learns their branches by heart. All variants run in turns in one
//! process and are timed by the thread's processor time; each must give the same checksum. What is printed is the median over the rounds,
//! and the median of each round's ratio to the first.

use journey_compiler::check::check;
use journey_compiler::lower::lower;
use journey_compiler::project::Project;
use journey_jit::{Decision, Form, Functions, Level, Outcome};
use journey_runtime::eval::{Frame, Scope};
use journey_runtime::image::{Image, Instr, Pc, Word};
use journey_runtime::pool::Pool;
use journey_runtime::program::Program;
use std::hint::black_box;

const EVENTS: usize = 1 << 20;
const ROUNDS: usize = 15;
/// Values of the enums in the source, by their order there.
const CART: u32 = 0;
const PLATINUM: u32 = 0;
const GOLD: u32 = 1;
const SILVER: u32 = 2;

/// What is written by hand: a struct of the fields.
#[repr(C)]
#[derive(Clone, Copy)]
struct Event {
    basket: f64,
    chance: f64,
    days: i64,
    kind: u32,
    country: u32,
    tier: u32,
    opt_in: u8,
}

const WEIGHTS: [f64; 4] = [0.0503, 0.1009, 0.2003, 0.4007];
const BASES: [f64; 4] = [20.017, 18.003, 10.009, -20.011];
/// `de, es, fr, it, nl`, by their order in the source.
const NEAR: [u32; 5] = [3, 5, 6, 8, 10];

fn best_of(score: f64) -> i32 {
    let s: [f64; 4] = std::array::from_fn(|at| score * WEIGHTS[at] + BASES[at]);
    let (mut best, mut at) = (s[0], 0);
    for (number, score) in s.into_iter().enumerate().skip(1) {
        if score > best {
            (best, at) = (score, number as i32);
        }
    }
    at
}

/// As one writes it.
#[inline(never)]
fn branches(e: &Event) -> i32 {
    if e.kind != CART || e.opt_in == 0 {
        return 0;
    }
    let branch = if e.tier == PLATINUM && e.basket >= 250.0 {
        10
    } else if NEAR.contains(&e.country) && e.basket >= 100.0 {
        20
    } else if e.days > 90 && e.basket >= 50.0 {
        30
    } else if e.tier == GOLD || e.tier == SILVER {
        40
    } else {
        50
    };
    branch + best_of(e.chance * e.basket)
}

/// As one writes it after measuring.
#[inline(never)]
fn no_branches(e: &Event) -> i32 {
    let live = (e.kind == CART) & (e.opt_in != 0);
    let vip = (e.tier == PLATINUM) & (e.basket >= 250.0);
    let near = matches!(e.country, 3 | 5 | 6 | 8 | 10) & (e.basket >= 100.0);
    let long = (e.days > 90) & (e.basket >= 50.0);
    let loyal = (e.tier == GOLD) | (e.tier == SILVER);
    let mut branch = 50;
    branch = if loyal { 40 } else { branch };
    branch = if long { 30 } else { branch };
    branch = if near { 20 } else { branch };
    branch = if vip { 10 } else { branch };
    let score = e.chance * e.basket;
    let s: [f64; 4] = std::array::from_fn(|at| score * WEIGHTS[at] + BASES[at]);
    let (second, fourth) = (s[1] > s[0], s[3] > s[2]);
    let (low, high) = (if second { s[1] } else { s[0] }, if fourth { s[3] } else { s[2] });
    let at = if high > low { 2 + i32::from(fourth) } else { i32::from(second) };
    (branch + at) * i32::from(live)
}

struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((u128::from(self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)) * u128::from(most)) >> 64) as u64
    }
}

fn events() -> Vec<Event> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let event = |_| {
        let kind = [0, 0, 0, 0, 0, 0, 0, 0, 1, 2][random.below(10) as usize];
        let country = [3, 6, 8, 5, 10, 15, 7, 12, 9, 16][random.below(10) as usize];
        let tier = [0, 1, 1, 2, 2, 3, 3, 3, 3, 3][random.below(10) as usize];
        let basket = random.below(50_001) as f64 / 100.0;
        let chance = random.below(1_001) as f64 / 1_000.0;
        let days = random.below(181) as i64;
        Event { basket, chance, days, kind, country, tier, opt_in: u8::from(random.below(10) < 9) }
    };
    (0..EVENTS).map(event).collect()
}

fn image(text: &str) -> Image {
    let none = |_: &str| Err("this program stands alone".to_string());
    let checked = check(&Project {
        settings: "[project]\nname = \"rule\"\ntime_zone = \"UTC\"\ncurrency = \"EUR\"\n".to_string(),
        files: vec![("rule.journey".to_string(), text.to_string())],
        assets: &none,
        packs: journey_stdlib::packs(),
    });
    assert!(!checked.has_errors(), "{:?}", checked.diagnostics);
    lower(&checked.program, &checked.sources)
}

/// Seconds this thread has used a processor.
fn clock() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: it writes the time it is pointed to.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let events = events();
    let program = Program::new(image(include_str!("rule.journey"))).expect("the compiler makes images that verify");
    let journey = &program.image.journeys[0];
    let (slots, fields) = (journey.slots.len(), program.image.profile.len());
    let slot = |name: &str| journey.slots.iter().position(|slot| slot.name == name).expect("the rule reads it");
    let field =
        |name: &str| program.image.profile.iter().position(|field| field.name == name).expect("the rule reads it");
    let places = [field("basket"), field("chance")];
    let [days, kind, country, tier, opt_in] =
        ["days", "kind", "country", "tier", "opt_in"].map(|name| slot(&format!("it.{name}")));

    // The same events as rows: profile fields, then the run's slots.
    let form = Form { stride: fields + slots, profile: 0, slots: fields };
    let mut rows = vec![0; EVENTS * form.stride];
    for (event, row) in events.iter().zip(rows.chunks_exact_mut(form.stride)) {
        row[places[0]] = event.basket.to_bits();
        row[places[1]] = event.chance.to_bits();
        let slots = &mut row[fields..];
        slots[days] = event.days as Word;
        slots[kind] = Word::from(event.kind);
        slots[country] = Word::from(event.country);
        slots[tier] = Word::from(event.tier);
        slots[opt_in] = Word::from(event.opt_in);
    }
    let want: i64 = events.iter().map(|e| i64::from(branches(e))).sum();

    let [fast, quick] = [Level::Speed, Level::None].map(|level| {
        let started = clock();
        let decision = Decision::new(&program, 0, 0, form, level).expect("the rule is pure");
        println!("{level:?}: {:.0} µs to compile, {} bytes", (clock() - started) * 1e6, decision.bytes());
        decision
    });
    // What an outcome counts: ten for each branch in order of the source, one for each offer.
    let score: Vec<i64> = fast.outcomes.iter().map(|outcome| value(journey.code.as_slice(), *outcome)).collect();
    let same: Vec<i64> = quick.outcomes.iter().map(|outcome| value(journey.code.as_slice(), *outcome)).collect();
    let mut out = vec![0; 1024];
    let mut batch = |decision: &Decision, score: &[i64]| {
        let mut sum = 0;
        for rows in rows.chunks(1024 * form.stride) {
            let count = decision.run(rows, &mut out);
            sum += out[..count].iter().map(|outcome| score[*outcome as usize]).sum::<i64>();
        }
        sum
    };
    let mut hand = vec![0; 1024];
    let mut by_hand = |rule: fn(&Event) -> i32| {
        let mut sum = 0;
        for events in events.chunks(1024) {
            for (out, event) in hand.iter_mut().zip(events) {
                *out = rule(event);
            }
            sum += hand[..events.len()].iter().map(|outcome| i64::from(*outcome)).sum::<i64>();
        }
        sum
    };
    let functions = Functions::new(&program, Level::Speed).expect("this processor is known");
    let pool = Pool::new(&program.image);
    let mut frame = Frame::new(&program);
    let mut state = program.layout.fresh();
    let at = program.layout.profile_at;
    let mut walked = |eval: &mut dyn FnMut(&Scope<'_>, u32, &mut Frame) -> Word| {
        let mut sum = 0;
        for row in rows.chunks_exact(form.stride) {
            state[at..at + fields].copy_from_slice(&row[..fields]);
            let scope = Scope { slots: &row[fields..], ..Scope::of(&program, &pool, &state, 0) };
            sum += walk(&program, |function| eval(&scope, function, &mut frame));
        }
        sum
    };

    let names = [
        "by hand, no branches",
        "by hand, branches",
        "compiled, speed",
        "compiled, none",
        "functions compiled",
        "functions, dense",
        "functions, plain",
    ];
    let mut times = vec![Vec::new(); names.len()];
    for round in 0..=ROUNDS {
        for (at, times) in times.iter_mut().enumerate() {
            let started = clock();
            let sum = match at {
                0 => by_hand(no_branches),
                1 => by_hand(branches),
                2 => batch(&fast, &score),
                3 => batch(&quick, &same),
                4 => {
                    walked(&mut |scope, function, frame| functions.eval(scope, function, frame, &mut i64::MAX.clone()))
                }
                5 => walked(&mut |scope, function, frame| scope.value(function, frame)),
                _ => walked(&mut |scope, function, frame| scope.eval(function, frame, &mut i64::MAX.clone())),
            };
            let took = clock() - started;
            assert_eq!(black_box(sum), want, "{}", names[at]);
            if round > 0 {
                times.push(took * 1e9 / EVENTS as f64);
            }
        }
    }
    println!("{:<24} {:>8} {:>8}", "", "ns/event", "x floor");
    for (name, of) in names.iter().zip(&times) {
        let ratios = of.iter().zip(&times[0]).map(|(a, b)| a / b).collect();
        println!("{name:<24} {:>8.2} {:>8.2}", median(of.clone()), median(ratios));
    }
}

/// What an outcome counts: ten for each branch in order of the source, one for each offer.
fn value(code: &[Instr], outcome: Outcome) -> i64 {
    match outcome {
        Outcome::Offer { decision, candidate, .. } => 10 * (i64::from(decision) + 1) + i64::from(candidate),
        Outcome::At(pc) => panic!("{:?} is not decided", code.get(pc as usize)),
        Outcome::Finish(_) | Outcome::End => 0,
    }
}

/// The journey's code by an evaluator of its functions.
fn walk(program: &Program, mut eval: impl FnMut(u32) -> Word) -> i64 {
    let journey = &program.image.journeys[0];
    let mut pc: Pc = 0;
    loop {
        pc = match &journey.code[pc as usize] {
            Instr::Nop => pc + 1,
            Instr::Jump(to) => *to,
            Instr::Unless { condition, to } => {
                if eval(*condition) == 1 {
                    pc + 1
                } else {
                    *to
                }
            }
            Instr::NextBest(number) => {
                let ranks = journey.next_best[usize::from(*number)].candidates.iter();
                let (mut best, mut at) = (f64::NEG_INFINITY, 0);
                for (number, candidate) in ranks.enumerate() {
                    let rank = f64::from_bits(eval(candidate.rank));
                    if rank > best {
                        (best, at) = (rank, number as i64);
                    }
                }
                return 10 * (i64::from(*number) + 1) + at;
            }
            _ => return 0,
        };
    }
}
