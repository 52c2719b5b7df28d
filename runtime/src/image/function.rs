//! Functions: expressions as operations over registers.

use super::*;

/// A register of a function's frame.
pub type Reg = u16;

/// An expression: straight-line code with forward jumps only, over a frame of registers; it ends with [`Op::Return`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Function {
    /// In the program's words, for traces and listings.
    pub text: String,
    /// The code.
    pub ops: Vec<Op>,
    /// Registers it needs.
    pub regs: u16,
    /// What it returns.
    pub ty: Ty,
    /// The event whose row [`Op::Event`] reads; none: it must not be used.
    pub event: Option<u16>,
    /// The journey whose slots [`Op::Slot`] reads; none: it must not be used.
    pub journey: Option<u16>,
    /// Words of the member that [`Op::Member`] reads; 0: it must not be used.
    pub member: u16,
}

/// Comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Cmp {
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

/// Arithmetic. Integer arithmetic saturates; the result is never [`MISSING`] nor NaN (a division by zero gives 0) and never -0.0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Arith {
    /// `i64 + i64` (ints, money, durations in ms, moment + ms, date + days)
    AddInt,
    /// `i64 - i64`
    SubInt,
    /// `i64 * i64`
    MulInt,
    /// `f64 + f64`
    AddNum,
    /// `f64 - f64`
    SubNum,
    /// `f64 * f64`
    MulNum,
    /// `f64 / f64`
    DivNum,
    /// `money * number`, rounded half to even.
    MulMoney,
    /// `money / number`, likewise.
    DivMoney,
    /// `money / money` as a number.
    RatioMoney,
}

#[expect(
    missing_docs,
    reason = "operands are named alike in all operations: dst, a, b and indices named after what they index"
)]
/// One operation. `dst` is where its result goes. Unless it says otherwise, operands are never [`MISSING`]: the compiler has proved it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Op {
    /// A constant.
    Const { dst: Reg, value: Word },
    /// A profile field, live; may be missing.
    Profile { dst: Reg, field: u16 },
    /// A slot of the run; may be missing.
    Slot { dst: Reg, slot: u16 },
    /// A field of the present event's row; may be missing.
    Event { dst: Reg, field: u16 },
    /// The present event's own time.
    HappenedAt { dst: Reg },
    /// A field of the present member, inside [`Op::Each`].
    Member { dst: Reg, field: u16 },
    /// The moment of a `Last` or `First` history (`field` none), or one of its kept fields (index into its `fields`); may be missing.
    Kept { dst: Reg, history: u16, field: Option<u16> },
    /// The count or sum of a history: int, number or money.
    Tally { dst: Reg, history: u16 },
    /// Whether the customer is in the segment now.
    InSegment { dst: Reg, segment: u16 },
    /// Whether the watched condition has held for `span` without a break.
    Held { dst: Reg, watch: u16, span: Span },
    /// The present moment.
    Now { dst: Reg },
    /// The present local date.
    Today { dst: Reg },
    /// `now cmp a`, where `a` is a moment: knows when its result changes.
    CompareNow { cmp: Cmp, dst: Reg, a: Reg },
    /// `today cmp a`, where `a` is a date: likewise.
    CompareToday { cmp: Cmp, dst: Reg, a: Reg },
    /// Copies; may be missing.
    Move { dst: Reg, a: Reg },
    /// Whether `a` is known.
    Known { dst: Reg, a: Reg },
    /// Bool.
    Not { dst: Reg, a: Reg },
    /// `i64` and every type held as one (also bool, enum, node, text and zone for `Eq` and `Ne`).
    CompareInt { cmp: Cmp, dst: Reg, a: Reg, b: Reg },
    /// `f64`.
    CompareNum { cmp: Cmp, dst: Reg, a: Reg, b: Reg },
    /// Arithmetic.
    Arith { op: Arith, dst: Reg, a: Reg, b: Reg },
    /// `i64` to `f64`.
    IntToNum { dst: Reg, a: Reg },
    /// Whether node `a` is in `from..to` (a node's subtree).
    InSubtree { dst: Reg, a: Reg, from: u32, to: u32 },
    /// Whether `a` is a member of list `list` (of plain values).
    InList { dst: Reg, a: Reg, list: Reg },
    /// Text `a` contains text `b`.
    Contains { dst: Reg, a: Reg, b: Reg },
    /// Text `a` starts with text `b`.
    StartsWith { dst: Reg, a: Reg, b: Reg },
    /// Whether date `a` falls on one of `days` (bit 0 is Monday) and, with a calendar, is none of its days.
    IsDay { dst: Reg, a: Reg, days: u8, calendar: Option<u16> },
    /// Moment `a` plus a span, calendar parts in the customer's zone (months clamp to the month's end).
    AddSpan { dst: Reg, a: Reg, span: Span },
    /// Date `a` plus a span of months and days.
    AddDays { dst: Reg, a: Reg, span: Span },
    /// The local date of moment `a`, in `zone` (a zone, may be missing: then the customer's) or the customer's.
    DateOf { dst: Reg, a: Reg, zone: Option<Reg> },
    /// The moment of local time `time` on date `date`, in `zone` or the customer's.
    AtTime { dst: Reg, date: Reg, time: Reg, zone: Option<Reg> },
    /// The next local moment strictly after `now` at `time` on a day of the rule, in `zone` or the customer's.
    NextAt { dst: Reg, day: DayRule, time: Reg, zone: Option<Reg> },
    /// `now` plus so many weekdays (not Saturday, Sunday or a day of the calendar), the same local time.
    AddWeekdays { dst: Reg, count: u16, calendar: Option<u16> },
    /// Runs `body` for each member of list `list`.
    Each { dst: Reg, list: Reg, stride: u16, body: FnId, fold: Fold },
    /// How many members list `list` has.
    Length { dst: Reg, list: Reg, stride: u16 },
    /// Goes on there (forward).
    Jump { to: u16 },
    /// Goes on there (forward) when `a` is true.
    JumpIf { a: Reg, to: u16 },
    /// Goes on there (forward) when `a` is false.
    JumpUnless { a: Reg, to: u16 },
    /// Goes on there (forward) when `a` is missing.
    JumpMissing { a: Reg, to: u16 },
    /// The result.
    Return { a: Reg },
}

impl Op {
    /// The register it writes; none for jumps and the result.
    pub fn dst(&self) -> Option<Reg> {
        Some(match self {
            Op::Const { dst, .. }
            | Op::Profile { dst, .. }
            | Op::Slot { dst, .. }
            | Op::Event { dst, .. }
            | Op::HappenedAt { dst }
            | Op::Member { dst, .. }
            | Op::Kept { dst, .. }
            | Op::Tally { dst, .. }
            | Op::InSegment { dst, .. }
            | Op::Held { dst, .. }
            | Op::Now { dst }
            | Op::Today { dst }
            | Op::CompareNow { dst, .. }
            | Op::CompareToday { dst, .. }
            | Op::Move { dst, .. }
            | Op::Known { dst, .. }
            | Op::Not { dst, .. }
            | Op::CompareInt { dst, .. }
            | Op::CompareNum { dst, .. }
            | Op::Arith { dst, .. }
            | Op::IntToNum { dst, .. }
            | Op::InSubtree { dst, .. }
            | Op::InList { dst, .. }
            | Op::Contains { dst, .. }
            | Op::StartsWith { dst, .. }
            | Op::IsDay { dst, .. }
            | Op::AddSpan { dst, .. }
            | Op::AddDays { dst, .. }
            | Op::DateOf { dst, .. }
            | Op::AtTime { dst, .. }
            | Op::NextAt { dst, .. }
            | Op::AddWeekdays { dst, .. }
            | Op::Each { dst, .. }
            | Op::Length { dst, .. } => *dst,
            Op::Jump { .. }
            | Op::JumpIf { .. }
            | Op::JumpUnless { .. }
            | Op::JumpMissing { .. }
            | Op::Return { .. } => {
                return None;
            }
        })
    }
}

/// What [`Op::Each`] makes of its body's results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Fold {
    /// Bool: some are true.
    Any,
    /// Bool: none is false.
    All,
    /// Int: how many are true.
    Count,
    /// Sum of `i64` results; missing ones add nothing.
    SumInt,
    /// Sum of `f64` results; likewise.
    SumNum,
}
