//! Expressions.

use super::*;

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// The whole.
    pub span: Span,
    /// What it is.
    pub kind: ExprKind,
}

/// The kinds of expressions.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// `true`, `false`
    Bool(bool),
    /// `3`, `3.5`, as written; `_` may group digits.
    Number(String),
    /// `2 hours`, `45 percent`, `20 EUR`, `2 weekdays`: the unit is one word after a number.
    Quantity(String, Name),
    /// `"…"`
    Text(String),
    /// `2026-03-01`, checked later to be a day that exists.
    Date(String),
    /// `09:00`, `09:00:30`
    Time(String),
    /// `a`, `a.b`, `profile.x`
    Path(Path),
    /// `now`
    Now,
    /// `today`
    Today,
    /// `[a, b]`
    List(Vec<Expr>),
    /// `{ a: 1 }`, in tests and for lists of records.
    Record(Vec<FieldValue>),
    /// `not x`
    Not(Box<Expr>),
    /// `-x`
    Negate(Box<Expr>),
    /// `(x)`; kept, since it answers whether `and` and `or` were told apart.
    Paren(Box<Expr>),
    /// `a op b`; `op_span` is the operator's place.
    Binary {
        /// Which.
        op: BinaryOp,
        /// Where.
        op_span: Span,
        /// Left.
        left: Box<Expr>,
        /// Right.
        right: Box<Expr>,
    },
    /// `x between a and b`
    Between {
        /// What.
        value: Box<Expr>,
        /// Least.
        low: Box<Expr>,
        /// Most.
        high: Box<Expr>,
    },
    /// `x is known`, `x is missing`
    IsKnown {
        /// What.
        value: Box<Expr>,
        /// `is known`, else `is missing`.
        known: bool,
    },
    /// `today is weekday in fr`, `today is monday`, `today is not weekday`
    IsDay {
        /// A date.
        value: Box<Expr>,
        /// `weekday`, `weekend`, `monday` …
        day: Name,
        /// `in fr`
        calendar: Option<Name>,
        /// `is not`
        negated: bool,
    },
    /// `in loyal`: the customer is in that segment.
    InSegment(Name),
    /// `d at 09:00 [in "Europe/Paris"]`
    At {
        /// A date, or a moment whose date is taken.
        date: Box<Expr>,
        /// The time of day.
        time: Box<Expr>,
        /// In another zone than the customer's.
        zone: Option<Box<Expr>>,
    },
    /// `c for 7 days`: has held without a break.
    Held {
        /// What.
        condition: Box<Expr>,
        /// How long.
        duration: Box<Expr>,
    },
    /// `count(E where c in last 30 days by day)`, `sum(E.field by day in last 90 days)`, `last(E)`, `first(E)`,
    /// and of lists: `any/all/count/sum(items where c)`. Which it is, event or list, is decided by the name.
    Query {
        /// Which.
        function: Name,
        /// `E`, `E.field`, `items`, `cart.items`, `cart.items.price`
        of: Path,
        /// `where c`
        condition: Option<Box<Expr>>,
        /// `in last D`
        window: Option<Box<Expr>>,
        /// `by day`
        by_day: bool,
    },
    /// `last(order_completed).total`: a field of a query's result.
    Field(Box<Expr>, Name),
    /// Could not be read; reported.
    Broken,
}

/// Operators with two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `or`
    Or,
    /// `and`
    And,
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
    /// `in`
    In,
    /// `not in`
    NotIn,
    /// `contains`
    Contains,
    /// `starts with`
    StartsWith,
    /// `otherwise`
    Otherwise,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
}

impl BinaryOp {
    /// As written.
    pub fn text(self) -> &'static str {
        match self {
            BinaryOp::Or => "or",
            BinaryOp::And => "and",
            BinaryOp::Equal => "==",
            BinaryOp::NotEqual => "!=",
            BinaryOp::Less => "<",
            BinaryOp::LessEqual => "<=",
            BinaryOp::Greater => ">",
            BinaryOp::GreaterEqual => ">=",
            BinaryOp::In => "in",
            BinaryOp::NotIn => "not in",
            BinaryOp::Contains => "contains",
            BinaryOp::StartsWith => "starts with",
            BinaryOp::Otherwise => "otherwise",
            BinaryOp::Add => "+",
            BinaryOp::Subtract => "-",
            BinaryOp::Multiply => "*",
            BinaryOp::Divide => "/",
        }
    }
}
