//! Functions once more, for speed: operations that hold their operands, worked out once when a program is made ready.
//!
//! What is read or constant is no operation of its own but an operand; a comparison, the move of its result and the jump behind it are
//! one operation; so are the comparisons of one value with constants, and arithmetic in a row. Functions that read time, zones, texts
//! or lists stay with the evaluator, whose meaning this has, to the bit.

use super::flat::Flat;
use super::{Frame, Scope, compare};
use crate::image::{Arith, Cmp, FnId, Function, HistoryKind, Image, MISSING, Op, Reg, Word};
use crate::layout::Layout;
use crate::number::{arith, number};

/// All functions of a program, as far as they are dense.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dense {
    functions: Vec<Option<Code>>,
    /// Those of them that need no steps.
    pub(super) flat: Flat,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Code {
    pub steps: Vec<Step>,
    pub constants: Vec<Word>,
    /// Arithmetic in a row: what is done to what there is so far, with what.
    pub chains: Vec<(Arith, Operand)>,
    /// Words that are read of state, slots and row, at least.
    needs: [usize; 3],
    pub regs: usize,
}

/// Where an operand is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Operand {
    pub place: u8,
    pub at: u16,
}

const STATE: u8 = 0;
const SLOTS: u8 = 1;
const ROW: u8 = 2;
pub(super) const CONSTANTS: u8 = 3;
pub(super) const REGS: u8 = 4;

/// A jump to the result: the function gives what was just tested.
pub(super) const RESULT: u16 = u16::MAX;

/// One operation. A test sets its register to what it finds, and goes `to` another step when that is `on`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Step {
    Copy {
        dst: Reg,
        a: Operand,
    },
    Not {
        dst: Reg,
        a: Operand,
    },
    Known {
        dst: Reg,
        a: Operand,
    },
    Arith {
        op: Arith,
        dst: Reg,
        a: Operand,
        b: Operand,
    },
    /// `a`, and then each of the chain's operations from `from` on.
    Chain {
        dst: Reg,
        a: Operand,
        from: u16,
        count: u8,
    },
    ToNumber {
        dst: Reg,
        a: Operand,
    },
    Flag {
        dst: Reg,
        on: bool,
        to: u16,
        a: Operand,
    },
    Int {
        cmp: Cmp,
        dst: Reg,
        on: bool,
        to: u16,
        a: Operand,
        b: Operand,
    },
    Number {
        cmp: Cmp,
        dst: Reg,
        on: bool,
        to: u16,
        a: Operand,
        b: Operand,
    },
    /// With a constant.
    IntTo {
        cmp: Cmp,
        dst: Reg,
        on: bool,
        to: u16,
        a: Operand,
        b: i64,
    },
    /// With a constant.
    NumberTo {
        cmp: Cmp,
        dst: Reg,
        on: bool,
        to: u16,
        a: Operand,
        b: f64,
    },
    /// Whether it is one of at most 64 values from `low` on.
    OneOf {
        dst: Reg,
        on: bool,
        to: u16,
        a: Operand,
        low: Word,
        mask: u64,
    },
    Below {
        dst: Reg,
        on: bool,
        to: u16,
        a: Operand,
        from: u32,
        below: u32,
    },
    Jump {
        to: u16,
    },
    JumpIf {
        a: Operand,
        on: bool,
        to: u16,
    },
    JumpMissing {
        a: Operand,
        to: u16,
    },
    Return {
        a: Operand,
    },
}

impl Dense {
    /// What of an image's functions is dense.
    pub fn new(image: &Image, layout: &Layout) -> Dense {
        let functions: Vec<_> = image.functions.iter().map(|function| dense(image, layout, function)).collect();
        let mut flat = Flat::default();
        functions.iter().for_each(|code| flat.push(code.as_ref()));
        flat.fork(image);
        Dense { functions, flat }
    }
}

impl Scope<'_> {
    /// As [`Scope::eval`], without when the result may change.
    #[inline]
    pub fn value(&self, function: FnId, frame: &mut Frame) -> Word {
        match self.summed(function) {
            Some(sum) => sum,
            None => self.stepped(function, frame),
        }
    }

    #[inline(never)]
    fn stepped(&self, function: FnId, frame: &mut Frame) -> Word {
        match self.program.dense.functions.get(function as usize) {
            Some(Some(code)) if self.has(code) => self.steps(code, &mut frame.0),
            _ => self.eval(function, frame, &mut i64::MAX.clone()),
        }
    }

    fn has(&self, code: &Code) -> bool {
        let [state, slots, row] = code.needs;
        state <= self.state.len() && slots <= self.slots.len() && row <= self.row.len()
    }

    fn steps(&self, code: &Code, frame: &mut [Word]) -> Word {
        let places = [self.state, self.slots, self.row, &code.constants];
        let regs = &mut frame[..code.regs];
        macro_rules! get {
            ($a:expr) => {
                if $a.place == REGS {
                    regs[usize::from($a.at)]
                } else {
                    places[usize::from($a.place & 3)][usize::from($a.at)]
                }
            };
        }
        let mut at = 0;
        macro_rules! test {
            ($dst:expr, $on:expr, $to:expr, $found:expr) => {{
                let found = $found;
                if found == $on && $to == RESULT {
                    return Word::from(found);
                }
                regs[usize::from($dst)] = Word::from(found);
                if found == $on {
                    at = usize::from($to);
                }
            }};
        }
        loop {
            let step = &code.steps[at];
            at += 1;
            match *step {
                Step::Copy { dst, a } => regs[usize::from(dst)] = get!(a),
                Step::Not { dst, a } => regs[usize::from(dst)] = get!(a) ^ 1,
                Step::Known { dst, a } => regs[usize::from(dst)] = Word::from(get!(a) != MISSING),
                Step::Arith { op, dst, a, b } => regs[usize::from(dst)] = arith(op, get!(a), get!(b)),
                Step::Chain { dst, a, from, count } => {
                    let first = f64::from_bits(get!(a));
                    let chain = &code.chains[usize::from(from)..][..usize::from(count)];
                    let mut value = first;
                    for (op, b) in chain {
                        value = apply(*op, value, f64::from_bits(get!(b)));
                    }
                    // What leaves the finite numbers never comes back by itself: then it is held at each operation. The sign of
                    // zero on the way is nothing that the result shows.
                    if !value.is_finite() {
                        value = first;
                        for (op, b) in chain {
                            value = f64::from_bits(number(apply(*op, value, f64::from_bits(get!(b)))));
                        }
                    }
                    let word = number(value);
                    // Most often it is the result.
                    if let Step::Return { a: Operand { place: REGS, at: reg } } = code.steps[at]
                        && reg == dst
                    {
                        return word;
                    }
                    regs[usize::from(dst)] = word;
                }
                Step::ToNumber { dst, a } => regs[usize::from(dst)] = number(get!(a) as i64 as f64),
                Step::Flag { dst, on, to, a } => {
                    // What is copied is the word; whether it is true is whether it is 1.
                    let word = get!(a);
                    regs[usize::from(dst)] = word;
                    if (word == 1) == on {
                        if to == RESULT {
                            return word;
                        }
                        at = usize::from(to);
                    }
                }
                Step::Int { cmp, dst, on, to, a, b } => {
                    test!(dst, on, to, compare(cmp, get!(a) as i64, get!(b) as i64));
                }
                Step::Number { cmp, dst, on, to, a, b } => {
                    test!(dst, on, to, compare(cmp, f64::from_bits(get!(a)), f64::from_bits(get!(b))));
                }
                Step::IntTo { cmp, dst, on, to, a, b } => test!(dst, on, to, compare(cmp, get!(a) as i64, b)),
                Step::NumberTo { cmp, dst, on, to, a, b } => {
                    test!(dst, on, to, compare(cmp, f64::from_bits(get!(a)), b));
                }
                Step::OneOf { dst, on, to, a, low, mask } => {
                    let above = get!(a).wrapping_sub(low);
                    test!(dst, on, to, above < 64 && mask >> above & 1 == 1);
                }
                Step::Below { dst, on, to, a, from, below } => {
                    test!(dst, on, to, (Word::from(from)..Word::from(below)).contains(&get!(a)));
                }
                Step::Jump { to } => at = usize::from(to),
                Step::JumpIf { a, on, to } => {
                    if (get!(a) == 1) == on {
                        at = usize::from(to);
                    }
                }
                Step::JumpMissing { a, to } => {
                    if get!(a) == MISSING {
                        at = usize::from(to);
                    }
                }
                Step::Return { a } => return get!(a),
            }
        }
    }
}

fn apply(op: Arith, a: f64, b: f64) -> f64 {
    match op {
        Arith::AddNum => a + b,
        Arith::SubNum => a - b,
        _ => a * b,
    }
}

/// A function in the making.
struct Making<'a> {
    image: &'a Image,
    ops: &'a [Op],
    /// Where what a register holds is read, if it is only that.
    reads: Vec<Option<Operand>>,
    /// How often a register is written and read.
    writes: Vec<u16>,
    uses: Vec<u16>,
    /// Some jump leads there.
    targets: Vec<bool>,
    /// For each operation, the first step of it or behind it.
    places: Vec<u16>,
    code: Code,
}

fn dense(image: &Image, layout: &Layout, function: &Function) -> Option<Code> {
    let ops = &function.ops;
    let regs = usize::from(function.regs);
    let mut making = Making {
        image,
        ops,
        reads: vec![None; regs],
        writes: vec![0; regs],
        uses: vec![0; regs],
        targets: vec![false; ops.len() + 1],
        places: Vec::new(),
        code: Code { steps: Vec::new(), constants: Vec::new(), chains: Vec::new(), needs: [0; 3], regs },
    };
    if ops.len() >= usize::from(RESULT) {
        return None;
    }
    for op in ops {
        if let Some(dst) = op.dst() {
            making.writes[usize::from(dst)] += 1;
        }
        making.count(op)?;
    }
    for op in ops {
        let (dst, operand) = match op {
            Op::Const { dst, value } => (dst, making.constant(*value)?),
            Op::Profile { dst, field } => (dst, making.read(STATE, layout.profile_at + usize::from(*field))?),
            Op::Slot { dst, slot } => (dst, making.read(SLOTS, usize::from(*slot))?),
            Op::Event { dst, field } => (dst, making.read(ROW, usize::from(*field))?),
            Op::Kept { dst, history, field } => {
                let at = layout.histories[usize::from(*history)].at;
                (dst, making.read(STATE, at + field.map_or(0, |field| 1 + usize::from(field)))?)
            }
            Op::Tally { dst, history } => match image.histories[usize::from(*history)].kind {
                HistoryKind::Total | HistoryKind::SumTotal { .. } => {
                    (dst, making.read(STATE, layout.histories[usize::from(*history)].at)?)
                }
                _ => return None,
            },
            _ => continue,
        };
        if making.writes[usize::from(*dst)] == 1 {
            making.reads[usize::from(*dst)] = Some(operand);
        }
    }
    let mut at = 0;
    while at < ops.len() {
        at = making.step(at)?;
    }
    making.land();
    Some(making.code)
}

impl Making<'_> {
    /// Counts what an operation reads, and where it jumps to; none when it has no dense form.
    fn count(&mut self, op: &Op) -> Option<()> {
        let mut uses = |regs: &[Reg]| regs.iter().for_each(|reg| self.uses[usize::from(*reg)] += 1);
        let to = match op {
            Op::Const { .. }
            | Op::Profile { .. }
            | Op::Slot { .. }
            | Op::Event { .. }
            | Op::Kept { .. }
            | Op::Tally { .. } => return Some(()),
            Op::Move { a, .. }
            | Op::Known { a, .. }
            | Op::Not { a, .. }
            | Op::IntToNum { a, .. }
            | Op::InSubtree { a, .. }
            | Op::Return { a } => {
                uses(&[*a]);
                return Some(());
            }
            Op::CompareInt { a, b, .. }
            | Op::CompareNum { a, b, .. }
            | Op::Arith { a, b, .. }
            | Op::InList { a, list: b, .. } => {
                uses(&[*a, *b]);
                return Some(());
            }
            Op::Jump { to } => to,
            Op::JumpIf { a, to } | Op::JumpUnless { a, to } | Op::JumpMissing { a, to } => {
                uses(&[*a]);
                to
            }
            _ => return None,
        };
        self.targets[usize::from(*to)] = true;
        Some(())
    }

    fn constant(&mut self, value: Word) -> Option<Operand> {
        let constants = &mut self.code.constants;
        let at = constants.iter().position(|known| *known == value).unwrap_or_else(|| {
            constants.push(value);
            constants.len() - 1
        });
        Some(Operand { place: CONSTANTS, at: u16::try_from(at).ok()? })
    }

    fn read(&mut self, place: u8, at: usize) -> Option<Operand> {
        let needs = &mut self.code.needs[usize::from(place)];
        *needs = (*needs).max(at + 1);
        Some(Operand { place, at: u16::try_from(at).ok()? })
    }

    fn operand(&self, reg: Reg) -> Operand {
        self.reads[usize::from(reg)].unwrap_or(Operand { place: REGS, at: reg })
    }

    /// Whether operation `at` goes together with the one before it.
    fn fuses(&self, at: usize) -> bool {
        at < self.ops.len() && !self.targets[at]
    }

    /// What becomes of the result `hit` of a test at `at`: the register it ends in, whether a jump follows on true or false and to which
    /// operation, and the first operation behind all that.
    fn tail(&self, hit: Reg, at: usize) -> (Reg, Option<(bool, u16)>, usize) {
        let once = self.writes[usize::from(hit)] == 1;
        let mut dst = hit;
        let mut next = at + 1;
        let mut left = self.uses[usize::from(hit)];
        if let Some(Op::Move { dst: to, a }) = self.ops.get(next)
            && *a == hit
            && once
            && self.fuses(next)
        {
            let jumps =
                matches!(self.ops.get(next + 1), Some(Op::JumpIf { a, .. } | Op::JumpUnless { a, .. }) if *a == hit);
            // Only when nobody reads the result but the move, or the move and the jump behind it.
            if left == 1 || left == 2 && jumps && self.fuses(next + 1) {
                dst = *to;
                next += 1;
                left -= 1;
            }
        }
        let jump = match self.ops.get(next) {
            Some(Op::JumpIf { a, to }) if *a == hit && self.fuses(next) => Some((true, *to)),
            Some(Op::JumpUnless { a, to }) if *a == hit && self.fuses(next) => Some((false, *to)),
            _ => None,
        };
        if jump.is_some() && (dst == hit || left == 1) { (dst, jump, next + 1) } else { (dst, None, next) }
    }

    fn push(&mut self, step: Step) {
        self.code.steps.push(step);
    }

    /// Makes the step that begins at an operation; gives the first operation behind it.
    fn step(&mut self, at: usize) -> Option<usize> {
        let here = self.code.steps.len() as u16;
        let mut next = at + 1;
        // Targets are operations until all steps are made ([`Making::land`]).
        match &self.ops[at] {
            Op::Const { dst, .. }
            | Op::Profile { dst, .. }
            | Op::Slot { dst, .. }
            | Op::Event { dst, .. }
            | Op::Kept { dst, .. }
            | Op::Tally { dst, .. } => {
                let flag = matches!(&self.ops[at], Op::Profile { .. } | Op::Slot { .. } | Op::Event { .. });
                match self.reads[usize::from(*dst)] {
                    // A flag that is read, moved and jumped on.
                    Some(a) if flag => {
                        if let (to_reg, Some((on, to)), behind) = self.tail(*dst, at) {
                            self.push(Step::Flag { dst: to_reg, on, to, a });
                            next = behind;
                        }
                    }
                    Some(_) => {}
                    None => {
                        let a = match &self.ops[at] {
                            Op::Const { value, .. } => self.constant(*value)?,
                            _ => return None,
                        };
                        self.push(Step::Copy { dst: *dst, a });
                    }
                }
            }
            Op::Move { dst, a } => self.push(Step::Copy { dst: *dst, a: self.operand(*a) }),
            Op::Known { dst, a } => self.push(Step::Known { dst: *dst, a: self.operand(*a) }),
            Op::Not { dst, a } => self.push(Step::Not { dst: *dst, a: self.operand(*a) }),
            Op::IntToNum { dst, a } => self.push(Step::ToNumber { dst: *dst, a: self.operand(*a) }),
            Op::CompareInt { cmp, dst, a, b } => {
                let (to_reg, jump, behind) = self.tail(*dst, at);
                let (on, to) = jump.unwrap_or((true, behind as u16));
                let (a, b) = (self.operand(*a), self.operand(*b));
                next = behind;
                if *cmp == Cmp::Eq && b.place == CONSTANTS {
                    let word = self.code.constants[usize::from(b.at)];
                    self.one_of(here, Step::OneOf { dst: to_reg, on, to, a, low: word, mask: 1 }, at);
                } else if b.place == CONSTANTS {
                    let b = self.code.constants[usize::from(b.at)] as i64;
                    self.push(Step::IntTo { cmp: *cmp, dst: to_reg, on, to, a, b });
                } else {
                    self.push(Step::Int { cmp: *cmp, dst: to_reg, on, to, a, b });
                }
            }
            Op::CompareNum { cmp, dst, a, b } => {
                let (to_reg, jump, behind) = self.tail(*dst, at);
                let (on, to) = jump.unwrap_or((true, behind as u16));
                let (a, b) = (self.operand(*a), self.operand(*b));
                if b.place == CONSTANTS {
                    let b = f64::from_bits(self.code.constants[usize::from(b.at)]);
                    self.push(Step::NumberTo { cmp: *cmp, dst: to_reg, on, to, a, b });
                } else {
                    self.push(Step::Number { cmp: *cmp, dst: to_reg, on, to, a, b });
                }
                next = behind;
            }
            Op::InSubtree { dst, a, from, to: below } => {
                let (to_reg, jump, behind) = self.tail(*dst, at);
                let (on, to) = jump.unwrap_or((true, behind as u16));
                let a = self.operand(*a);
                self.push(Step::Below { dst: to_reg, on, to, a, from: *from, below: *below });
                next = behind;
            }
            Op::InList { dst, a, list } => {
                let (low, mask) = self.set(self.operand(*list))?;
                let (to_reg, jump, behind) = self.tail(*dst, at);
                let (on, to) = jump.unwrap_or((true, behind as u16));
                self.push(Step::OneOf { dst: to_reg, on, to, a: self.operand(*a), low, mask });
                next = behind;
            }
            Op::Arith { op: Arith::AddNum | Arith::SubNum | Arith::MulNum, .. } => next = self.chain(at)?,
            Op::Arith { op, dst, a, b } => {
                self.push(Step::Arith { op: *op, dst: *dst, a: self.operand(*a), b: self.operand(*b) });
            }
            Op::Jump { to } => self.push(Step::Jump { to: *to }),
            Op::JumpIf { a, to } => self.push(Step::JumpIf { a: self.operand(*a), on: true, to: *to }),
            Op::JumpUnless { a, to } => self.push(Step::JumpIf { a: self.operand(*a), on: false, to: *to }),
            Op::JumpMissing { a, to } => self.push(Step::JumpMissing { a: self.operand(*a), to: *to }),
            Op::Return { a } => self.push(Step::Return { a: self.operand(*a) }),
            _ => return None,
        }
        self.places.resize(next, here);
        Some(next)
    }

    /// The members of a list of the image, if they lie near each other: the least, and a bit for each from it on.
    fn set(&self, list: Operand) -> Option<(Word, u64)> {
        if list.place != CONSTANTS {
            return None;
        }
        let number = usize::try_from(self.code.constants[usize::from(list.at)]).ok()?;
        let members = self.image.lists.get(number)?;
        let low = members.iter().copied().min()?;
        let bit = |member: &Word| (member - low < 64).then(|| 1 << (member - low));
        Some((low, members.iter().try_fold(0, |mask, member| bit(member).map(|bit: u64| mask | bit))?))
    }

    /// A comparison with a constant joins the one before it when both are of one value, and a hit leads to one place.
    fn one_of(&mut self, here: u16, step: Step, at: usize) {
        let Step::OneOf { dst, on, to, a, low, .. } = step else { return };
        // Constants and reads stand between the comparisons, and are no steps.
        let entered = (usize::from(here) > 0)
            && self
                .places
                .iter()
                .rposition(|place| *place + 1 == here)
                .is_some_and(|first| (first + 1..=at).all(|op| !self.targets[op]));
        if entered
            && on
            && let Some(Step::OneOf { dst: d, on: true, to: t, a: b, low: known, mask }) = self.code.steps.last_mut()
            && (*d, *t, *b) == (dst, to, a)
        {
            let least = low.min(*known);
            let shift = *known - least;
            if shift < 64 && *mask << shift >> shift == *mask && low - least < 64 {
                *mask = *mask << shift | 1 << (low - least);
                *known = least;
                return;
            }
        }
        self.push(step);
    }

    /// Arithmetic whose result is only asked for by the next operation goes on in one step.
    fn chain(&mut self, at: usize) -> Option<usize> {
        let Op::Arith { op, dst, a, b } = &self.ops[at] else { return None };
        let from = u16::try_from(self.code.chains.len()).ok()?;
        let a = self.operand(*a);
        self.code.chains.push((*op, self.operand(*b)));
        let (mut last, mut next, mut count) = (*dst, at + 1, 1u8);
        loop {
            // Constants and reads that stand between are no steps.
            let mut ahead = next;
            while self.fuses(ahead) && self.ops[ahead].dst().is_some_and(|dst| self.reads[usize::from(dst)].is_some()) {
                ahead += 1;
            }
            let alone = self.writes[usize::from(last)] == 1 && self.uses[usize::from(last)] == 1;
            match self.ops.get(ahead) {
                Some(Op::Arith { op: op @ (Arith::AddNum | Arith::SubNum | Arith::MulNum), dst, a, b })
                    if alone && *a == last && *b != last && self.fuses(ahead) && count < u8::MAX =>
                {
                    self.code.chains.push((*op, self.operand(*b)));
                    (last, next, count) = (*dst, ahead + 1, count + 1);
                }
                _ => break,
            }
        }
        self.push(Step::Chain { dst: last, a, from, count });
        Some(next)
    }

    /// Turns targets from operations into steps.
    fn land(&mut self) {
        let end = self.code.steps.len() as u16;
        self.places.resize(self.ops.len() + 1, end);
        let steps = self.code.steps.clone();
        let places = &self.places;
        let land = |to: u16| places[usize::from(to)];
        for step in &mut self.code.steps {
            match step {
                Step::Flag { dst, to, .. }
                | Step::Int { dst, to, .. }
                | Step::Number { dst, to, .. }
                | Step::IntTo { dst, to, .. }
                | Step::NumberTo { dst, to, .. }
                | Step::OneOf { dst, to, .. }
                | Step::Below { dst, to, .. } => {
                    *to = land(*to);
                    let result = Operand { place: REGS, at: *dst };
                    if steps.get(usize::from(*to)) == Some(&Step::Return { a: result }) {
                        *to = RESULT;
                    }
                }
                Step::Jump { to } | Step::JumpIf { to, .. } | Step::JumpMissing { to, .. } => *to = land(*to),
                _ => {}
            }
        }
    }
}
