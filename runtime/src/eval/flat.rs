//! Functions without jumps, of the dense ones: conditions that only compare what is read with constants, and numbers that are
//! multiplied and added up.
//!
//! Of such a condition all comparisons are made, each a range or a set of at most 64 values; which of them hold is a number, and the
//! condition is whether that number has one of a few forms. So the processor has no jump to guess but the one on the result. That is made
//! by following the steps ([`super::dense`]) on every way; the meaning is still the evaluator's ([`Scope::eval`]).

use super::dense::{CONSTANTS, Code, Operand, REGS, RESULT, Step};
use super::{Frame, Scope};
use crate::image::{Arith, Cmp, FnId, Image, Instr, Journey, MISSING, Pc, Reg, Word};
use std::collections::BTreeSet;

/// Comparisons of a condition at most.
const TESTS: usize = 16;
/// Ways through a condition that are followed at most.
const WAYS: usize = 32;
/// Conditions that are looked at together at most.
const TOGETHER: usize = 6;

/// What of a program's dense functions is flat.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Flat {
    conditions: Vec<Condition>,
    sums: Vec<Option<Sum>>,
    /// For each journey and instruction, the fork that begins there, from 1 on; 0: none.
    forks_at: Vec<Vec<u16>>,
    forks: Vec<Fork>,
    tests: Vec<Test>,
    forms: Vec<Form>,
    sides: Vec<Side>,
    ends: Vec<End>,
    factors: Vec<Factor>,
}

/// One comparison. It holds when the word's key is at most `span` above `low`, and the mask has its bit.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Test {
    place: u8,
    at: u16,
    /// The bits that turn around in the key of what is negative: [`NUMBER`] or [`WHOLE`].
    turns: u64,
    low: Word,
    span: u64,
    mask: u64,
}

/// What the tests of a condition come to: these of them are asked, and are so.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Form {
    asked: u32,
    so: u32,
}

/// A condition: whether what its tests come to has one of its forms. None has no forms.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Condition {
    tests: (u32, u32),
    forms: (u32, u32),
    /// It holds when it has none of them.
    unless: bool,
}

/// A number, multiplied with and added to others in turn.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Sum {
    it: Operand,
    first: Factor,
    more: (u32, u32),
}

/// What there is so far becomes `it * read * by + plus`.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Factor {
    read: Operand,
    by: f64,
    plus: f64,
}

/// Of a factor that reads nothing: the one number that stands there.
const ONE: Operand = Operand { place: CONSTANTS, at: 0 };

/// Instructions of a journey that only look at conditions: all of these are looked at together, and a table says where each way leads.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Fork {
    tests: (u32, u32),
    sides: (u32, u32),
    /// The first of as many ends as there are ways in which the conditions may stand.
    ends: u32,
}

/// A condition of a fork, of one form.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Side {
    form: Form,
    unless: bool,
}

/// Where a fork leads: to an instruction, by so many.
#[derive(Debug, Clone, Copy, PartialEq)]
struct End {
    pc: Pc,
    steps: u32,
}

/// A number's key is a whole number in the order of the numbers: the more of the other bits, the less is what is negative.
const NUMBER: u64 = u64::MAX >> 1;
/// A whole number is its own key.
const WHOLE: u64 = 0;

#[inline(always)]
fn key(word: Word, turns: u64) -> Word {
    word ^ ((word as i64 >> 63) as u64 & turns)
}

impl Test {
    #[inline(always)]
    fn holds(&self, word: Word) -> bool {
        let above = key(word, self.turns).wrapping_sub(self.low);
        (above <= self.span) & (self.mask >> (above & 63) & 1 == 1)
    }

    fn whole(a: Operand, low: i64, high: i64) -> Test {
        Test {
            place: a.place,
            at: a.at,
            turns: WHOLE,
            low: low as Word,
            span: (high as Word).wrapping_sub(low as Word),
            mask: u64::MAX,
        }
    }

    /// The numbers from one to another.
    fn numbers(a: Operand, low: f64, high: f64) -> Test {
        // Of the two zeros the least, and the greatest.
        let low = key(if low == 0.0 { (-0.0f64).to_bits() } else { low.to_bits() }, NUMBER);
        let high = key(if high == 0.0 { 0 } else { high.to_bits() }, NUMBER);
        Test { turns: NUMBER, ..Test::whole(a, low as i64, high as i64) }
    }

    /// A comparison with a constant: a test, and whether it is its contrary. None when it is never so.
    fn compared(cmp: Cmp, a: Operand, b: i64) -> Option<(Test, bool)> {
        Some(match cmp {
            Cmp::Eq => (Test::whole(a, b, b), true),
            Cmp::Ne => (Test::whole(a, b, b), false),
            Cmp::Lt => (Test::whole(a, i64::MIN, b.checked_sub(1)?), true),
            Cmp::Le => (Test::whole(a, i64::MIN, b), true),
            Cmp::Gt => (Test::whole(a, b.checked_add(1)?, i64::MAX), true),
            Cmp::Ge => (Test::whole(a, b, i64::MAX), true),
        })
    }

    /// The same for numbers.
    fn compared_number(cmp: Cmp, a: Operand, b: f64) -> Option<(Test, bool)> {
        if !b.is_finite() {
            return None;
        }
        let (least, most) = (f64::NEG_INFINITY, f64::INFINITY);
        Some(match cmp {
            Cmp::Eq => (Test::numbers(a, b, b), true),
            Cmp::Ne => (Test::numbers(a, b, b), false),
            Cmp::Lt => (Test::numbers(a, least, b.next_down()), true),
            Cmp::Le => (Test::numbers(a, least, b), true),
            Cmp::Gt => (Test::numbers(a, b.next_up(), most), true),
            Cmp::Ge => (Test::numbers(a, b, most), true),
        })
    }
}

#[inline(always)]
fn part<T>(all: &[T], (from, to): (u32, u32)) -> &[T] {
    all.get(from as usize..to as usize).unwrap_or(&[])
}

impl Flat {
    /// Adds the next function.
    pub(super) fn push(&mut self, code: Option<&Code>) {
        let condition = code.and_then(|code| self.condition(code)).unwrap_or_default();
        self.conditions.push(condition);
        let sum = code.and_then(|code| self.sum(code));
        self.sums.push(sum);
    }

    fn condition(&mut self, code: &Code) -> Option<Condition> {
        let mut ways = Ways { code, tests: Vec::new(), held: Vec::new(), failed: Vec::new(), left: WAYS };
        ways.follow(0, &Way { asked: 0, so: 0, known: vec![Known::Nothing; code.regs] })?;
        if ways.tests.is_empty() {
            return None;
        }
        // The contrary of `a and b or …` is often shorter.
        let unless = ways.failed.len() < ways.held.len();
        let forms = if unless { ways.failed } else { ways.held };
        let (test, form) = (self.tests.len() as u32, self.forms.len() as u32);
        self.tests.extend(ways.tests);
        self.forms.extend(forms);
        Some(Condition { tests: (test, self.tests.len() as u32), forms: (form, self.forms.len() as u32), unless })
    }

    fn sum(&mut self, code: &Code) -> Option<Sum> {
        let [Step::Chain { dst, a, from, count }, Step::Return { a: result }] = code.steps[..] else { return None };
        if result != (Operand { place: REGS, at: dst }) {
            return None;
        }
        if !is_read(a) {
            return None;
        }
        let mut factors: Vec<Factor> = Vec::new();
        for (op, b) in &code.chains[usize::from(from)..][..usize::from(count)] {
            let constant = (b.place == CONSTANTS).then(|| f64::from_bits(code.constants[usize::from(b.at)]));
            match (op, constant, factors.last_mut()) {
                (Arith::MulNum, None, _) if is_read(*b) => factors.push(Factor { read: *b, by: 1.0, plus: 0.0 }),
                (Arith::MulNum, Some(by), Some(last)) if (last.by, last.plus) == (1.0, 0.0) => last.by = by,
                (Arith::MulNum, Some(by), _) => factors.push(Factor { read: ONE, by, plus: 0.0 }),
                (_, Some(b), last) => {
                    // x - b is x + -b.
                    let plus = if *op == Arith::SubNum { -b } else { b };
                    match last {
                        Some(last) if last.plus == 0.0 => last.plus = plus,
                        _ => factors.push(Factor { read: ONE, by: 1.0, plus }),
                    }
                }
                _ => return None,
            }
        }
        let (first, more) = factors.split_first()?;
        let at = self.factors.len() as u32;
        self.factors.extend(more);
        Some(Sum { it: a, first: *first, more: (at, self.factors.len() as u32) })
    }

    /// Finds where conditions of the journeys' code can be looked at together; after all functions.
    pub(super) fn fork(&mut self, image: &Image) {
        for journey in &image.journeys {
            let forks = (0..journey.code.len() as Pc).map(|pc| self.fork_from(journey, pc).unwrap_or(0)).collect();
            self.forks_at.push(forks);
        }
    }

    fn fork_from(&mut self, journey: &Journey, from: Pc) -> Option<u16> {
        let code = |pc: Pc| journey.code.get(pc as usize);
        let Some(Instr::Unless { .. }) = code(from) else { return None };
        let (mut open, mut tests, mut sides) = (BTreeSet::from([from]), Vec::new(), Vec::new());
        // Only forward, so that each is looked at once all that lead to it were.
        while let Some(pc) = open.pop_first() {
            match code(pc) {
                Some(Instr::Nop) => _ = open.insert(pc + 1),
                Some(Instr::Jump(to)) if *to > pc => _ = open.insert(*to),
                Some(Instr::Unless { condition, to }) if *to > pc && sides.len() < TOGETHER => {
                    if let Some(side) = self.side(*condition, &mut tests) {
                        sides.push((pc, side));
                        open.extend([pc + 1, *to]);
                    }
                }
                _ => {}
            }
        }
        if sides.len() < 2 {
            return None;
        }
        let number = u16::try_from(self.forks.len() + 1).ok()?;
        let (test, side, ends) = (self.tests.len() as u32, self.sides.len() as u32, self.ends.len() as u32);
        for way in 0..1u32 << sides.len() {
            let mut end = End { pc: from, steps: 0 };
            loop {
                end.pc = match code(end.pc) {
                    Some(Instr::Nop) => end.pc + 1,
                    Some(Instr::Jump(to)) if *to > end.pc => *to,
                    Some(Instr::Unless { to, .. }) => match sides.iter().position(|(at, _)| *at == end.pc) {
                        Some(bit) if way >> bit & 1 == 1 => end.pc + 1,
                        Some(_) => *to,
                        None => break,
                    },
                    _ => break,
                };
                end.steps += 1;
            }
            self.ends.push(end);
        }
        self.tests.extend(tests);
        self.sides.extend(sides.into_iter().map(|(_, side)| side));
        self.forks.push(Fork { tests: (test, self.tests.len() as u32), sides: (side, self.sides.len() as u32), ends });
        Some(number)
    }

    /// A condition of one form, by the tests of a fork.
    fn side(&self, condition: FnId, tests: &mut Vec<Test>) -> Option<Side> {
        let condition = self.conditions.get(condition as usize)?;
        let [form] = part(&self.forms, condition.forms) else { return None };
        let own = part(&self.tests, condition.tests);
        if tests.len() + own.len() > TESTS {
            return None;
        }
        let mut there = Form { asked: 0, so: 0 };
        for (bit, test) in own.iter().enumerate() {
            let at = tests.iter().position(|known| known == test).unwrap_or_else(|| {
                tests.push(*test);
                tests.len() - 1
            });
            there.asked |= (form.asked >> bit & 1) << at;
            there.so |= (form.so >> bit & 1) << at;
        }
        Some(Side { form: there, unless: condition.unless })
    }
}

/// Whether it is a word of the state, the slots or the row.
fn is_read(a: Operand) -> bool {
    !matches!(a.place, REGS | CONSTANTS)
}

impl Form {
    #[inline(always)]
    fn is(self, so: u32) -> bool {
        so & self.asked == self.so
    }
}

impl Scope<'_> {
    /// Whether a condition holds: as [`Scope::holds`], without when that may change.
    #[inline]
    pub fn is_so(&self, function: FnId, frame: &mut Frame) -> bool {
        match self.tested(function) {
            Some(holds) => holds,
            None => self.value(function, frame) == 1,
        }
    }

    /// Where the conditions that an instruction of a journey begins with lead, and by how many instructions; none when they are looked
    /// at one by one.
    #[inline]
    pub fn branch(&self, journey: u16, pc: Pc) -> Option<(Pc, u32)> {
        let flat = &self.program.dense.flat;
        let number = *flat.forks_at.get(usize::from(journey))?.get(pc as usize)?;
        let fork = flat.forks.get(usize::from(number).checked_sub(1)?)?;
        let so = self.found(part(&flat.tests, fork.tests))?;
        let sides = part(&flat.sides, fork.sides).iter().rev();
        let way = sides.fold(0, |way, side| way << 1 | u32::from(side.form.is(so) != side.unless));
        flat.ends.get((fork.ends + way) as usize).map(|end| (end.pc, end.steps))
    }

    #[inline(always)]
    fn tested(&self, function: FnId) -> Option<bool> {
        let flat = &self.program.dense.flat;
        let condition = flat.conditions.get(function as usize)?;
        let tests = part(&flat.tests, condition.tests);
        if tests.is_empty() {
            return None;
        }
        let so = self.found(tests)?;
        Some(part(&flat.forms, condition.forms).iter().any(|form| form.is(so)) != condition.unless)
    }

    /// Which of the tests hold: a bit for each.
    #[inline(always)]
    fn found(&self, tests: &[Test]) -> Option<u32> {
        let places = [self.state, self.slots, self.row, &[]];
        let mut so = 0;
        for test in tests.iter().rev() {
            let word = *places[usize::from(test.place & 3)].get(usize::from(test.at))?;
            so = so << 1 | u32::from(test.holds(word));
        }
        Some(so)
    }

    /// The word of a sum; none when the function is no sum, or is one that leaves the finite numbers on the way.
    #[inline(always)]
    pub(super) fn summed(&self, function: FnId) -> Option<Word> {
        const ONES: &[Word] = &[1.0f64.to_bits()];
        let flat = &self.program.dense.flat;
        let sum = flat.sums.get(function as usize)?.as_ref()?;
        let places = [self.state, self.slots, self.row, ONES];
        let read = |a: Operand| Some(f64::from_bits(*places[usize::from(a.place & 3)].get(usize::from(a.at))?));
        let on = |it: f64, factor: &Factor| Some(it * read(factor.read)? * factor.by + factor.plus);
        let mut value = on(read(sum.it)?, &sum.first)?;
        if sum.more.0 < sum.more.1 {
            for factor in part(&flat.factors, sum.more) {
                value = on(value, factor)?;
            }
        }
        // What leaves the finite numbers never comes back by itself. -0.0 + 0.0 is 0.0, and nothing else changes.
        value.is_finite().then(|| (value + 0.0).to_bits())
    }
}

/// Following a condition's steps on every way.
struct Ways<'a> {
    code: &'a Code,
    tests: Vec<Test>,
    held: Vec<Form>,
    failed: Vec<Form>,
    left: usize,
}

/// What is known on a way.
#[derive(Clone)]
struct Way {
    asked: u32,
    so: u32,
    known: Vec<Known>,
}

/// What is known of a register.
#[derive(Clone, Copy, PartialEq)]
enum Known {
    Nothing,
    /// It is 0 or 1.
    Flag(bool),
    /// It is what was read there, which is 1, or is something else.
    Read(Operand, bool),
}

/// What a step does next: go on, or look at a test and go on both ways.
enum Next {
    At(usize),
    Test(Test, bool, [Goes; 2]),
    Return(bool),
}

/// Where a way goes when a test is not so, or is so.
#[derive(Clone, Copy)]
struct Goes {
    to: usize,
    sets: Option<(Reg, Known)>,
    /// It is the result.
    result: Option<bool>,
}

impl Ways<'_> {
    fn follow(&mut self, at: usize, way: &Way) -> Option<()> {
        let (mut at, mut way) = (at, way.clone());
        // Only forward, so that a way ends.
        for _ in 0..=self.code.steps.len() {
            match self.next(at, &mut way)? {
                Next::At(next) if next <= at => return None,
                Next::At(next) => at = next,
                Next::Return(holds) => return self.ends(&way, holds),
                Next::Test(test, when, goes) => {
                    let bit = match self.tests.iter().position(|known| *known == test) {
                        Some(bit) => bit,
                        None if self.tests.len() < TESTS => {
                            self.tests.push(test);
                            self.tests.len() - 1
                        }
                        None => return None,
                    };
                    for found in [false, true] {
                        // The comparison holds when the test does, or when it does not.
                        let so = found == when;
                        if way.asked >> bit & 1 == 1 && (way.so >> bit & 1 == 1) != so {
                            continue;
                        }
                        let Goes { to, sets, result } = goes[usize::from(found)];
                        let mut way = way.clone();
                        way.asked |= 1 << bit;
                        way.so |= u32::from(so) << bit;
                        if let Some((reg, known)) = sets {
                            *way.known.get_mut(usize::from(reg))? = known;
                        }
                        match result {
                            Some(holds) => self.ends(&way, holds)?,
                            None if to <= at => return None,
                            None => self.follow(to, &way)?,
                        }
                    }
                    return Some(());
                }
            }
        }
        None
    }

    fn ends(&mut self, way: &Way, holds: bool) -> Option<()> {
        self.left = self.left.checked_sub(1)?;
        let form = Form { asked: way.asked, so: way.so };
        if holds {
            self.held.push(form)
        } else {
            self.failed.push(form)
        }
        Some(())
    }

    /// What is known of an operand, if it is a register or a constant.
    fn known(&self, way: &Way, a: Operand) -> Option<Known> {
        match a.place {
            REGS => way.known.get(usize::from(a.at)).copied().filter(|known| *known != Known::Nothing),
            CONSTANTS => match self.code.constants[usize::from(a.at)] {
                0 => Some(Known::Flag(false)),
                1 => Some(Known::Flag(true)),
                _ => None,
            },
            _ => None,
        }
    }

    fn next(&self, at: usize, way: &mut Way) -> Option<Next> {
        let next = at + 1;
        let jumps = |on: bool, to: u16| move |found: bool| if found == on { usize::from(to) } else { next };
        // A comparison that sets a register to what it finds.
        let tested = |(test, when): (Test, bool), dst: Reg, on: bool, to: u16| {
            let goes = [false, true].map(|found| Goes {
                to: jumps(on, to)(found),
                sets: Some((dst, Known::Flag(found))),
                result: (found == on && to == RESULT).then_some(found),
            });
            Some(Next::Test(test, when, goes))
        };
        match *self.code.steps.get(at)? {
            Step::IntTo { cmp, dst, on, to, a, b } if is_read(a) => tested(Test::compared(cmp, a, b)?, dst, on, to),
            Step::NumberTo { cmp, dst, on, to, a, b } if is_read(a) => {
                tested(Test::compared_number(cmp, a, b)?, dst, on, to)
            }
            Step::OneOf { dst, on, to, a, low, mask } if is_read(a) => {
                let test = Test { mask, ..Test::whole(a, low as i64, low.wrapping_add(63) as i64) };
                tested((test, true), dst, on, to)
            }
            Step::Below { dst, on, to, a, from, below } if is_read(a) && from < below => {
                tested((Test::whole(a, i64::from(from), i64::from(below) - 1), true), dst, on, to)
            }
            Step::Known { dst, a } if is_read(a) => {
                tested((Test::whole(a, MISSING as i64, MISSING as i64), false), dst, true, next as u16)
            }
            Step::Flag { dst, on, to, a } if is_read(a) => {
                let goes = [false, true].map(|found| Goes {
                    to: jumps(on, to)(found),
                    sets: Some((dst, Known::Read(a, found))),
                    result: (found == on && to == RESULT).then_some(found),
                });
                Some(Next::Test(Test::whole(a, 1, 1), true, goes))
            }
            Step::JumpIf { a, on, to } => match self.known(way, a) {
                Some(Known::Flag(found) | Known::Read(_, found)) => Some(Next::At(jumps(on, to)(found))),
                _ if is_read(a) => {
                    let goes = [false, true].map(|found| Goes { to: jumps(on, to)(found), sets: None, result: None });
                    Some(Next::Test(Test::whole(a, 1, 1), true, goes))
                }
                _ => None,
            },
            Step::JumpMissing { a, to } => match self.known(way, a) {
                Some(Known::Flag(_) | Known::Read(_, true)) => Some(Next::At(next)),
                other => {
                    let a = if let Some(Known::Read(a, _)) = other { a } else { a };
                    let goes = [false, true].map(|found| Goes { to: jumps(true, to)(found), sets: None, result: None });
                    let test = Test::whole(a, MISSING as i64, MISSING as i64);
                    is_read(a).then_some(Next::Test(test, true, goes))
                }
            },
            Step::Copy { dst, a } if is_read(a) => {
                let goes = [false, true].map(|found| Goes {
                    to: next,
                    sets: Some((dst, Known::Read(a, found))),
                    result: None,
                });
                Some(Next::Test(Test::whole(a, 1, 1), true, goes))
            }
            Step::Copy { dst, a } => {
                let known = self.known(way, a)?;
                *way.known.get_mut(usize::from(dst))? = known;
                Some(Next::At(next))
            }
            Step::Not { dst, a } => {
                let Some(Known::Flag(found)) = self.known(way, a) else { return None };
                *way.known.get_mut(usize::from(dst))? = Known::Flag(!found);
                Some(Next::At(next))
            }
            Step::Jump { to } => Some(Next::At(usize::from(to))),
            Step::Return { a } => match self.known(way, a) {
                Some(Known::Flag(found) | Known::Read(_, found)) => Some(Next::Return(found)),
                _ if is_read(a) => {
                    let goes = [false, true].map(|found| Goes { to: next, sets: None, result: Some(found) });
                    Some(Next::Test(Test::whole(a, 1, 1), true, goes))
                }
                _ => None,
            },
            _ => None,
        }
    }
}
