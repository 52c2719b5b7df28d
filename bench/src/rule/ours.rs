//! The rule compiled from source, as machine code and by the evaluator of the step machine.

use super::{COUNTRIES, Event, TIERS, TYPES};
use crate::measure::{Contestant, Kind, timed};
use crate::source;
use journey_jit::{Decision, Form, Functions, Level, Outcome};
use journey_runtime::eval::{Frame, Scope};
use journey_runtime::image::{FnId, Image, Instr, Pc, Ty, Word};
use journey_runtime::pool::Pool;
use journey_runtime::program::Program;
use std::rc::Rc;

/// Rows that are decided in one go.
const BATCH: usize = 1024;

/// Outcomes of the rule, at most.
const OUTCOMES: usize = 64;

/// The rule in Journey.
const SOURCE: &str = include_str!("../../../jit/benches/rule.journey");

/// The events as the program has them: profile fields, then what its run keeps.
struct Rows {
    program: Program,
    form: Form,
    words: Vec<Word>,
}

/// Journey's engines.
pub fn contestants(events: &[Event]) -> Result<Vec<Contestant<'static>>, String> {
    let rows = Rc::new(rows(events)?);
    let count = events.len();
    let mut all = Vec::new();
    for (level, name) in
        [(Level::Speed, "Journey, machine code"), (Level::None, "Journey, machine code, not optimised")]
    {
        let decision =
            Decision::new(&rows.program, 0, 0, rows.form, level).map_err(|error| format!("rule: {error:?}"))?;
        // So many that an outcome is one of them whatever it is: what is counted here is no part of the decision.
        let mut worths = [0; OUTCOMES];
        for (worth_of, outcome) in worths.iter_mut().zip(&decision.outcomes) {
            *worth_of = worth(*outcome);
        }
        if decision.outcomes.len() > OUTCOMES {
            return Err("rule: it has more outcomes than are counted".to_string());
        }
        let (rows, mut out) = (rows.clone(), vec![0; BATCH]);
        all.push(Contestant::new(Kind::Ours, name, "from source; batches of 1,024 rows", move |_| {
            timed(count, || {
                let mut sum = 0;
                for rows in rows.words.chunks(BATCH * rows.form.stride) {
                    let count = decision.run(rows, &mut out);
                    sum += out[..count].iter().map(|outcome| worths[*outcome as usize % OUTCOMES]).sum::<u64>();
                }
                sum
            })
        }));
    }
    let functions = Functions::new(&rows.program, Level::Speed).map_err(|error| format!("rule: {error:?}"))?;
    let compiled = rows.clone();
    all.push(Contestant::new(Kind::Ours, "Journey, conditions as machine code", "called by the walker", move |_| {
        compiled.walk(count, &mut Compiled { functions: &functions, frame: Frame::new(&compiled.program) })
    }));
    let dense = rows.clone();
    all.push(Contestant::new(Kind::Ours, "Journey, VM", "dense functions, one row at a time", move |_| {
        dense.walk(count, &mut Dense { frame: Frame::new(&dense.program) })
    }));
    all.push(Contestant::new(Kind::Ours, "Journey, evaluator", "the reference, one row at a time", move |_| {
        rows.walk(count, &mut Reference { frame: Frame::new(&rows.program) })
    }));
    Ok(all)
}

/// What an outcome counts: ten for each branch in order of the source, one for each offer.
fn worth(outcome: Outcome) -> u64 {
    match outcome {
        Outcome::Offer { decision, candidate, .. } => 10 * (u64::from(decision) + 1) + u64::from(candidate),
        Outcome::At(_) | Outcome::Finish(_) | Outcome::End => 0,
    }
}

impl Rows {
    /// The journey's code over every row, its functions worked out by an engine.
    fn walk(&self, count: usize, engine: &mut impl Asked) -> crate::measure::Sample {
        let Rows { program, form, words } = self;
        let pool = Pool::new(&program.image);
        let mut state = program.layout.fresh();
        let at = program.layout.profile_at;
        timed(count, || {
            let mut sum = 0;
            for row in words.chunks_exact(form.stride) {
                state[at..at + form.slots].copy_from_slice(&row[..form.slots]);
                let scope = Scope { slots: &row[form.slots..], ..Scope::of(program, &pool, &state, 0) };
                sum += decide(program, &scope, engine);
            }
            sum
        })
    }
}

/// What works out functions.
trait Asked {
    /// Where the conditions from an instruction on lead; none when they are looked at one by one.
    fn ahead(&mut self, _: &Scope<'_>, _: Pc) -> Option<Pc> {
        None
    }

    /// Whether a condition holds.
    fn holds(&mut self, scope: &Scope<'_>, condition: FnId) -> bool;

    /// The rank of a candidate.
    fn rank(&mut self, scope: &Scope<'_>, function: FnId) -> f64;
}

/// Machine code for each function.
struct Compiled<'a> {
    functions: &'a Functions,
    frame: Frame,
}

impl Asked for Compiled<'_> {
    fn holds(&mut self, scope: &Scope<'_>, condition: FnId) -> bool {
        self.functions.eval(scope, condition, &mut self.frame, &mut i64::MAX.clone()) == 1
    }

    fn rank(&mut self, scope: &Scope<'_>, function: FnId) -> f64 {
        f64::from_bits(self.functions.eval(scope, function, &mut self.frame, &mut i64::MAX.clone()))
    }
}

/// What the VM has of functions.
struct Dense {
    frame: Frame,
}

impl Asked for Dense {
    fn ahead(&mut self, scope: &Scope<'_>, pc: Pc) -> Option<Pc> {
        scope.branch(0, pc).map(|(pc, _)| pc)
    }

    fn holds(&mut self, scope: &Scope<'_>, condition: FnId) -> bool {
        scope.is_so(condition, &mut self.frame)
    }

    fn rank(&mut self, scope: &Scope<'_>, function: FnId) -> f64 {
        f64::from_bits(scope.value(function, &mut self.frame))
    }
}

/// The evaluator.
struct Reference {
    frame: Frame,
}

impl Asked for Reference {
    fn holds(&mut self, scope: &Scope<'_>, condition: FnId) -> bool {
        scope.holds(condition, &mut self.frame, &mut i64::MAX.clone())
    }

    fn rank(&mut self, scope: &Scope<'_>, function: FnId) -> f64 {
        f64::from_bits(scope.eval(function, &mut self.frame, &mut i64::MAX.clone()))
    }
}

/// The journey's code by an engine.
fn decide(program: &Program, scope: &Scope<'_>, engine: &mut impl Asked) -> u64 {
    let journey = &program.image.journeys[0];
    let mut pc: Pc = 0;
    loop {
        pc = match &journey.code[pc as usize] {
            Instr::Nop => pc + 1,
            Instr::Jump(to) => *to,
            Instr::Unless { condition, to } => {
                if let Some(end) = engine.ahead(scope, pc) {
                    end
                } else if engine.holds(scope, *condition) {
                    pc + 1
                } else {
                    *to
                }
            }
            Instr::NextBest(number) => {
                let candidates = &journey.next_best[usize::from(*number)].candidates;
                let (mut best, mut at) = (f64::NEG_INFINITY, 0);
                for (number, candidate) in candidates.iter().enumerate() {
                    let rank = engine.rank(scope, candidate.rank);
                    if rank > best {
                        (best, at) = (rank, number as u64);
                    }
                }
                return 10 * (u64::from(*number) + 1) + at;
            }
            _ => return 0,
        };
    }
}

fn rows(events: &[Event]) -> Result<Rows, String> {
    let program = source::program("rule", SOURCE)?;
    let image = &program.image;
    let journey = &image.journeys[0];
    let slot = |name: &str| {
        let at = journey.slots.iter().position(|slot| slot.name == format!("it.{name}"));
        at.ok_or_else(|| format!("the rule keeps no {name}"))
    };
    let field = |name: &str| {
        let at = image.profile.iter().position(|field| field.name == name);
        at.ok_or_else(|| format!("the rule reads no {name}"))
    };
    let (basket, chance) = (field("basket")?, field("chance")?);
    let (days, opt_in) = (slot("days")?, slot("opt_in")?);
    let choices = [
        (slot("kind")?, numbers(image, &journey.slots[slot("kind")?].ty, &TYPES.map(|(n, text)| (n, short(text))))?),
        (
            slot("country")?,
            numbers(image, &journey.slots[slot("country")?].ty, &COUNTRIES.map(|(n, t)| (n, short(t))))?,
        ),
        (slot("tier")?, numbers(image, &journey.slots[slot("tier")?].ty, &TIERS.map(|(n, text)| (n, short(text))))?),
    ];
    let slots = image.profile.len();
    let form = Form { stride: slots + journey.slots.len(), profile: 0, slots };
    let mut words = vec![0; events.len() * form.stride];
    for (event, row) in events.iter().zip(words.chunks_exact_mut(form.stride)) {
        row[basket] = event.value.to_bits();
        row[chance] = event.propensity.to_bits();
        row[slots + days] = event.days as Word;
        row[slots + opt_in] = Word::from(event.opt_in);
        for ((slot, numbers), symbol) in choices.iter().zip([event.kind, event.country, event.tier]) {
            row[slots + slot] = numbers[symbol as usize];
        }
    }
    Ok(Rows { program, form, words })
}

/// A text as the source's enums name it: `Cart Updated` is `cart`.
fn short(text: &str) -> String {
    match text {
        "Product Viewed" => "page".to_string(),
        _ => text.split(' ').next().unwrap_or_default().to_lowercase(),
    }
}

/// For each interned text the word of its value in the program.
fn numbers(image: &Image, ty: &Ty, texts: &[(u32, String)]) -> Result<Vec<Word>, String> {
    let Ty::Enum(number) = ty else { return Err(format!("{ty:?} is no choice")) };
    let values = &image.enums[usize::from(*number)].values;
    let mut words = vec![0; 64];
    for (symbol, text) in texts {
        let at = values.iter().position(|value| value == text);
        words[*symbol as usize] = at.ok_or_else(|| format!("the rule knows no {text}"))? as Word;
    }
    Ok(words)
}
