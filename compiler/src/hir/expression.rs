//! Constants and typed expressions.

use super::*;
use std::hash::{Hash, Hasher};

/// A constant.
#[derive(Debug, Clone, PartialEq)]
pub enum Const {
    /// Yes or no.
    Bool(bool),
    /// Whole.
    Int(i64),
    /// Number, percent, probability.
    Number(f64),
    /// Millionths.
    Money(i64),
    /// Text or zone.
    Text(String),
    /// A length of time.
    Duration(Length),
    /// Days since 1970.
    Date(i64),
    /// Milliseconds of the day.
    Time(i64),
    /// Milliseconds since 1970.
    Moment(i64),
    /// Value of an enum.
    Enum(EnumId, u16),
    /// Node of a facet.
    Node(FacetId, u32),
    /// A list of constants.
    List(Vec<Const>),
    /// A member: field and value (in tests).
    Record(Vec<(String, Const)>),
    /// Not known (in tests).
    Missing,
}

// Numbers of programs are never NaN.
impl Eq for Const {}

impl Hash for Const {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Const::Bool(b) => b.hash(state),
            Const::Int(n) | Const::Money(n) | Const::Date(n) | Const::Time(n) | Const::Moment(n) => n.hash(state),
            // Negative nothing is nothing.
            Const::Number(n) => (n + 0.0).to_bits().hash(state),
            Const::Text(text) => text.hash(state),
            Const::Duration(length) => length.hash(state),
            Const::Enum(of, value) => (of, value).hash(state),
            Const::Node(of, node) => (of, node).hash(state),
            Const::List(all) => all.hash(state),
            Const::Record(all) => all.hash(state),
            Const::Missing => {}
        }
    }
}

/// A typed expression. Two are equal when they ask the same, wherever they are written and whatever is known there of what may be
/// missing.
#[derive(Debug, Clone)]
pub struct Expr {
    /// Where.
    pub span: Span,
    /// Its type.
    pub ty: Type,
    /// What it is.
    pub kind: ExprKind,
}

impl PartialEq for Expr {
    fn eq(&self, other: &Expr) -> bool {
        self.kind == other.kind && self.ty.ty == other.ty.ty
    }
}

impl Eq for Expr {}

impl Hash for Expr {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.kind.hash(state);
    }
}

/// A history the expression reads; equal ones share their memory.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HistoryUse {
    /// The event.
    pub event: EventId,
    /// `where`: only [`ExprKind::EventField`] and constants.
    pub condition: Option<Box<Expr>>,
    /// `in last D`
    pub window: Option<Length>,
    /// `by day`
    pub by_day: bool,
}

/// The kinds of typed expressions.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ExprKind {
    /// Reported.
    Poison,
    /// A constant.
    Const(Const),
    /// A profile field, live.
    Profile(FieldId),
    /// A field of a variable (for a plain value: field 0).
    Field(VariableId, usize),
    /// A variable as a whole, as an argument.
    Variable(VariableId),
    /// A parameter of a message in its templates: param, and field of its event (`HAPPENED_AT` too).
    Param(usize, Option<usize>),
    /// A field of the present event, in a `where`; [`HAPPENED_AT`] too.
    EventField(EventId, usize),
    /// A field of the present member, in a query of a list; the whole member for lists of plain values (field 0).
    Member(usize),
    /// `now`
    Now,
    /// `today`
    Today,
    /// `not`
    Not(Box<Expr>),
    /// `-x`, of its type.
    Negate(Box<Expr>),
    /// `and`
    And(Box<Expr>, Box<Expr>),
    /// `or`
    Or(Box<Expr>, Box<Expr>),
    /// Both sides of one type (an int beside a number has been given a [`ExprKind::ToNumber`]).
    Compare(Comparison, Box<Expr>, Box<Expr>),
    /// Int to number.
    ToNumber(Box<Expr>),
    /// Is it known.
    IsKnown(Box<Expr>),
    /// `x otherwise y`
    Otherwise(Box<Expr>, Box<Expr>),
    /// In the subtree of a node.
    InSubtree(Box<Expr>, FacetId, u32),
    /// Member of a list.
    InList(Box<Expr>, Box<Expr>),
    /// A list of expressions of one type; constant ones are `Const(List)`.
    List(Vec<Expr>),
    /// The customer is in that segment.
    InSegment(SegmentId),
    /// Text contains text.
    Contains(Box<Expr>, Box<Expr>),
    /// Text starts with text.
    StartsWith(Box<Expr>, Box<Expr>),
    /// Date falls on one of these days (bit 0 is Monday), holidays left out.
    IsDay(Box<Expr>, u8, Option<CalendarId>),
    /// Date (or a moment's date) at time, in a zone.
    At(Box<Expr>, Box<Expr>, Option<Box<Expr>>),
    /// Moment or date plus a constant length; `true`: minus.
    Shift(Box<Expr>, Length, bool),
    /// Arithmetic, see [`Operation`].
    Arithmetic(Operation, Box<Expr>, Box<Expr>),
    /// A comparison that has held for so long; reads profile, histories and segments only.
    Held(Box<Expr>, Length),
    /// `count(E …)`: an int.
    Count(HistoryUse, u32),
    /// `sum(E.field …)`
    Sum(HistoryUse, usize),
    /// `last(E)`: a field of it ([`HAPPENED_AT`] too); `last(E) is known` reads its time. May be missing.
    Last(HistoryUse, usize),
    /// `first(E)`, likewise.
    First(HistoryUse, usize),
    /// `any all count sum(items where …)`: for `sum` the body is what is summed (missing adds nothing) under the condition.
    Each {
        /// Which.
        fold: Fold,
        /// The list.
        list: Box<Expr>,
        /// `where`; sees [`ExprKind::Member`].
        condition: Option<Box<Expr>>,
        /// For `sum`: the member's field.
        field: Option<usize>,
    },
}

/// Comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
}

/// Arithmetic by its types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Int, money, duration.
    Add,
    /// Int, money, duration.
    Subtract,
    /// Int.
    Multiply,
    /// Number, percent, probability.
    AddNumber,
    /// Likewise.
    SubtractNumber,
    /// Likewise.
    MultiplyNumber,
    /// Likewise; ints have been made numbers.
    DivideNumber,
    /// Money (left) times number.
    ScaleMoney,
    /// Money by number.
    DivideMoney,
    /// Money by money.
    Ratio,
    /// Moment minus moment: a duration.
    Difference,
    /// Date minus date: a duration of days.
    DateDifference,
    /// Moment plus a duration that is not constant (clock time).
    AddDuration,
    /// Moment minus such a duration.
    SubtractDuration,
}

/// Folds of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fold {
    /// Some.
    Any,
    /// All.
    All,
    /// How many.
    Count,
    /// The sum of a field.
    Sum,
}
