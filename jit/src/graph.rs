//! Expressions as a graph without branches: each value once, simplified as it is made.
//!
//! A node is pure and total: working it out where its result is not asked for costs time and nothing else. So conditions become
//! selections, `and` and `or` of flags, and everything alike is one node. Floats are held *loosely*: right up to the sign of zero,
//! which only shows where the bits are looked at ([`Node::Bits`]). What could leave the finite numbers is marked as *wild* by an
//! analysis of ranges; the emitter works without limits, checks wild nodes once, and goes the exact way when one got out of hand.

use journey_runtime::image::{Cmp, MISSING, Word};
use rustc_hash::FxHashMap;

/// A node's number; operands have lower ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub u32);

/// What a node's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A word.
    Word,
    /// A finite number, loosely.
    Float,
    /// A flag.
    Flag,
    /// A small number, of an outcome.
    Small,
}

/// Where a word is read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// The customer's state, by its offset.
    State,
    /// The run's slots.
    Slot,
    /// The event's row.
    Row,
    /// The present member of a list.
    Member,
}

/// Whole-number arithmetic that saturates and never makes [`MISSING`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Whole {
    /// Sum.
    Add,
    /// Difference.
    Sub,
    /// Product.
    Mul,
}

/// Arithmetic of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Real {
    /// Sum.
    Add,
    /// Difference.
    Sub,
    /// Product.
    Mul,
    /// Quotient; 0 when the divisor is 0.
    Div,
}

/// What is asked of the host: exact arithmetic on more bits than a word has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Far {
    /// `amount * number`
    MulMoney,
    /// `amount / number`
    DivMoney,
}

/// One operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Node {
    /// A constant word.
    Const(Word),
    /// A constant number, by its bits.
    Number(u64),
    /// A constant flag.
    Flag(bool),
    /// A constant small number.
    Small(u32),
    /// A word of a place.
    Load(Place, u32),
    /// The present event's own time.
    HappenedAt,
    /// The present moment.
    Now,
    /// When the result may change, as it was before.
    Changes,
    /// The number that a word holds.
    Float(Id),
    /// The word of a number, with zero's sign put right.
    Bits(Id),
    /// 0 or 1.
    WordOf(Id),
    /// A whole number as a number.
    Convert(Id),
    /// Of whole numbers.
    Whole(Whole, Id, Id),
    /// Of whole numbers, at most the least and greatest there are.
    Plus(Id, Id),
    /// Of numbers.
    Real(Real, Id, Id),
    /// Quotient of two amounts, as a number.
    Ratio(Id, Id),
    /// Asked of the host: an amount and a number.
    Far(Far, Id, Id),
    /// Comparison of whole numbers.
    Compare(Cmp, Id, Id),
    /// Comparison of numbers.
    CompareReal(Cmp, Id, Id),
    /// Whether a word is one of a set.
    OneOf(Id, u32),
    /// Whether a word, as an unsigned number, is from the first on and below the second.
    Between(Id, Word, Word),
    /// The day of the week, 0 for Monday, of a date.
    Weekday(Id),
    And(Id, Id),
    Or(Id, Id),
    Not(Id),
    /// The second if the first holds, else the third.
    Select(Id, Id, Id),
    /// The greater number; the second when they are equal.
    Greater(Id, Id),
    /// The lesser whole number.
    Lesser(Id, Id),
    /// Exclusive or of words.
    Flip(Id, Id),
    /// Sum of small numbers.
    Sum(Id, Id),
}

impl Node {
    /// Its operands.
    pub fn operands(&self) -> impl Iterator<Item = Id> {
        use Node::*;
        let all: [Option<Id>; 3] = match *self {
            Const(_) | Number(_) | Flag(_) | Small(_) | Load(..) | HappenedAt | Now | Changes => [None; 3],
            Float(a) | Bits(a) | WordOf(a) | Convert(a) | OneOf(a, _) | Between(a, ..) | Weekday(a) | Not(a) => {
                [Some(a), None, None]
            }
            Whole(_, a, b)
            | Plus(a, b)
            | Real(_, a, b)
            | Ratio(a, b)
            | Far(_, a, b)
            | Compare(_, a, b)
            | CompareReal(_, a, b)
            | And(a, b)
            | Or(a, b)
            | Greater(a, b)
            | Lesser(a, b)
            | Flip(a, b)
            | Sum(a, b) => [Some(a), Some(b), None],
            Select(a, b, c) => [Some(a), Some(b), Some(c)],
        };
        all.into_iter().flatten()
    }

    /// About how many instructions it takes.
    pub fn cost(&self) -> usize {
        match self {
            Node::Const(_) | Node::Number(_) | Node::Flag(_) | Node::Small(_) => 0,
            Node::Whole(..) => 6,
            Node::Plus(..) | Node::Weekday(_) => 5,
            Node::OneOf(..) => 5,
            Node::Real(Real::Div, ..) | Node::Ratio(..) => 12,
            Node::Far(..) => 40,
            Node::Select(..) | Node::Between(..) => 2,
            _ => 1,
        }
    }
}

/// The least and greatest a number can be. Never NaN.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// At least.
    pub low: f64,
    /// At most.
    pub high: f64,
}

impl Range {
    /// Every number there is.
    pub const ALL: Range = Range { low: f64::MIN, high: f64::MAX };

    fn of(values: impl IntoIterator<Item = f64>) -> Range {
        let mut range = Range { low: f64::INFINITY, high: f64::NEG_INFINITY };
        for value in values {
            // 0 times what overflowed; the overflow itself is seen at another corner.
            if !value.is_nan() {
                range = Range { low: range.low.min(value), high: range.high.max(value) };
            }
        }
        range
    }

    fn union(self, other: Range) -> Range {
        Range { low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    fn finite(self) -> bool {
        self.low.is_finite() && self.high.is_finite()
    }
}

/// What is checked of a wild node: between these it stays.
pub const TAME: f64 = 1e150;

/// A graph that is being made.
#[derive(Debug, Default)]
pub struct Graph {
    nodes: Vec<Node>,
    /// For floats, what they can be.
    ranges: Vec<Range>,
    /// What words hold when they are read as numbers, if it is less than everything.
    bounds: FxHashMap<Id, Range>,
    /// How many values words have that are one of a few, from 0 on; or they are missing.
    few: FxHashMap<Id, usize>,
    wild: Vec<bool>,
    known: FxHashMap<Node, Id>,
    sets: Vec<Vec<Word>>,
}

impl Graph {
    /// A node.
    pub fn node(&self, id: Id) -> Node {
        self.nodes[id.0 as usize]
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// A set of words, in order.
    pub fn set(&self, set: u32) -> &[Word] {
        &self.sets[set as usize]
    }

    /// Whether a number could leave the finite ones.
    pub fn is_wild(&self, id: Id) -> bool {
        self.wild[id.0 as usize]
    }

    /// What kind of value a node has.
    pub fn kind(&self, id: Id) -> Kind {
        use Node::*;
        match self.node(id) {
            Const(_) | Load(..) | HappenedAt | Now | Changes | Bits(_) | WordOf(_) | Whole(..) | Plus(..) | Far(..)
            | Weekday(_) | Lesser(..) | Flip(..) => Kind::Word,
            Number(_) | Float(_) | Convert(_) | Real(..) | Ratio(..) | Greater(..) => Kind::Float,
            Flag(_) | Compare(..) | CompareReal(..) | OneOf(..) | Between(..) | And(..) | Or(..) | Not(_) => Kind::Flag,
            Small(_) | Sum(..) => Kind::Small,
            Select(_, a, _) => self.kind(a),
        }
    }

    /// The nodes that `roots` need, in an order in which operands come first.
    pub fn needed(&self, roots: &[Id]) -> Vec<Id> {
        let mut needed = vec![false; self.nodes.len()];
        for root in roots {
            needed[root.0 as usize] = true;
        }
        for at in (0..self.nodes.len()).rev() {
            if needed[at] {
                for operand in self.nodes[at].operands() {
                    needed[operand.0 as usize] = true;
                }
            }
        }
        (0..self.nodes.len() as u32).map(Id).filter(|id| needed[id.0 as usize]).collect()
    }

    /// About how many instructions `roots` take.
    pub fn cost(&self, roots: &[Id]) -> usize {
        self.needed(roots).into_iter().map(|id| self.node(id).cost()).sum()
    }

    // ------------------------------------------------------------------------------------------ making

    fn put(&mut self, node: Node) -> Id {
        if let Some(id) = self.known.get(&node) {
            return *id;
        }
        let id = Id(self.nodes.len() as u32);
        let (range, wild) = self.range_of(&node);
        self.nodes.push(node);
        self.ranges.push(range);
        self.wild.push(wild);
        self.known.insert(node, id);
        id
    }

    fn range_of(&self, node: &Node) -> (Range, bool) {
        let range = |id: Id| self.ranges[id.0 as usize];
        let found = match *node {
            Node::Number(bits) => Range::of([f64::from_bits(bits)]),
            Node::Float(word) => self.bounds.get(&word).copied().unwrap_or(Range::ALL),
            Node::Convert(_) => Range { low: -9.3e18, high: 9.3e18 },
            Node::Ratio(..) => Range { low: -9.3e18, high: 9.3e18 },
            Node::Select(_, a, b) | Node::Greater(a, b) => range(a).union(range(b)),
            Node::Real(op, a, b) => {
                let (a, b) = (range(a), range(b));
                let corners = match op {
                    // Division limits its result itself: divisors come as near to 0 as they like.
                    Real::Div => return (Range::ALL, false),
                    Real::Add => [a.low + b.low, a.high + b.high, f64::NAN, f64::NAN],
                    Real::Sub => [a.low - b.high, a.high - b.low, f64::NAN, f64::NAN],
                    Real::Mul => [a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high],
                };
                let found = Range::of(corners);
                return if found.finite() { (found, false) } else { (Range { low: -TAME, high: TAME }, true) };
            }
            _ => Range::ALL,
        };
        (found, false)
    }

    /// A word.
    pub fn word(&mut self, word: Word) -> Id {
        self.put(Node::Const(word))
    }

    /// A number.
    pub fn number(&mut self, bits: u64) -> Id {
        self.put(Node::Number(bits))
    }

    /// A flag.
    pub fn flag(&mut self, flag: bool) -> Id {
        self.put(Node::Flag(flag))
    }

    /// A small number.
    pub fn small(&mut self, number: u32) -> Id {
        self.put(Node::Small(number))
    }

    /// A word of a place; `bounds` are those of its number, if it holds one that has been checked against them.
    pub fn load(&mut self, place: Place, at: u32, bounds: Option<Range>) -> Id {
        let id = self.put(Node::Load(place, at));
        if let Some(bounds) = bounds {
            self.bounds.insert(id, bounds);
        }
        id
    }

    /// Notes that a word is below `values`, or [`MISSING`].
    pub fn is_below(&mut self, id: Id, values: usize) {
        self.few.insert(id, values);
    }

    /// Whether a word is below 64, or [`MISSING`].
    pub fn is_few(&self, id: Id) -> bool {
        self.few.get(&id).is_some_and(|values| *values <= 64)
    }

    /// The present event's own time.
    pub fn happened_at(&mut self) -> Id {
        self.put(Node::HappenedAt)
    }

    /// The present moment.
    pub fn now(&mut self) -> Id {
        self.put(Node::Now)
    }

    /// When the result may change, as it was before.
    pub fn changes(&mut self) -> Id {
        self.put(Node::Changes)
    }

    /// A value as a word.
    pub fn as_word(&mut self, id: Id) -> Id {
        match self.kind(id) {
            Kind::Word | Kind::Small => id,
            Kind::Float => match self.node(id) {
                Node::Number(bits) => self.word(if bits == MISSING { 0 } else { bits }),
                _ => self.put(Node::Bits(id)),
            },
            Kind::Flag => match self.node(id) {
                Node::Flag(flag) => self.word(Word::from(flag)),
                _ => self.put(Node::WordOf(id)),
            },
        }
    }

    /// A value as a number.
    pub fn as_float(&mut self, id: Id) -> Id {
        match (self.kind(id), self.node(id)) {
            (Kind::Float, _) => id,
            (_, Node::Const(word)) if !f64::from_bits(word).is_nan() => self.number(word),
            (_, Node::Bits(a)) => a,
            _ => {
                let word = self.as_word(id);
                self.put(Node::Float(word))
            }
        }
    }

    /// Whether a value is true.
    pub fn as_flag(&mut self, id: Id) -> Id {
        match (self.kind(id), self.node(id)) {
            (Kind::Flag, _) => id,
            (_, Node::Const(word)) => self.flag(word == 1),
            (_, Node::WordOf(a)) => a,
            (_, Node::Select(condition, a, b)) => {
                let (a, b) = (self.as_flag(a), self.as_flag(b));
                self.select(condition, a, b)
            }
            _ => {
                let (word, one) = (self.as_word(id), self.word(1));
                self.compare(Cmp::Eq, word, one)
            }
        }
    }

    /// Of whole numbers.
    pub fn whole(&mut self, op: Whole, a: Id, b: Id) -> Id {
        self.put(Node::Whole(op, a, b))
    }

    /// Sum of whole numbers, at most the least and greatest there are.
    pub fn plus(&mut self, a: Id, b: Id) -> Id {
        self.put(Node::Plus(a, b))
    }

    /// Of numbers.
    pub fn real(&mut self, op: Real, a: Id, b: Id) -> Id {
        self.put(Node::Real(op, a, b))
    }

    /// Quotient of two amounts.
    pub fn ratio(&mut self, a: Id, b: Id) -> Id {
        self.put(Node::Ratio(a, b))
    }

    /// Asked of the host.
    pub fn far(&mut self, op: Far, a: Id, b: Id) -> Id {
        self.put(Node::Far(op, a, b))
    }

    /// A whole number as a number.
    pub fn convert(&mut self, a: Id) -> Id {
        self.put(Node::Convert(a))
    }

    /// The day of the week of a date.
    pub fn weekday(&mut self, a: Id) -> Id {
        self.put(Node::Weekday(a))
    }

    /// Comparison of whole numbers, and of every word for equality.
    pub fn compare(&mut self, cmp: Cmp, a: Id, b: Id) -> Id {
        let (a, b) = if matches!(self.node(a), Node::Const(_)) { (b, a) } else { return self.compared(cmp, a, b) };
        let flipped = match cmp {
            Cmp::Lt => Cmp::Gt,
            Cmp::Le => Cmp::Ge,
            Cmp::Gt => Cmp::Lt,
            Cmp::Ge => Cmp::Le,
            same => same,
        };
        self.compared(flipped, a, b)
    }

    fn compared(&mut self, cmp: Cmp, a: Id, b: Id) -> Id {
        if let (Node::Const(a), Node::Const(b)) = (self.node(a), self.node(b)) {
            let (a, b) = (a as i64, b as i64);
            return self.flag(match cmp {
                Cmp::Eq => a == b,
                Cmp::Ne => a != b,
                Cmp::Lt => a < b,
                Cmp::Le => a <= b,
                Cmp::Gt => a > b,
                Cmp::Ge => a >= b,
            });
        }
        if let (Node::WordOf(flag), Node::Const(b)) = (self.node(a), self.node(b)) {
            match (cmp, b) {
                (Cmp::Eq, 1) | (Cmp::Ne, 0) => return flag,
                (Cmp::Eq, 0) | (Cmp::Ne, 1) => return self.not(flag),
                _ => {}
            }
        }
        match (cmp, self.node(b)) {
            (Cmp::Eq, Node::Const(word)) => self.one_of(a, vec![word]),
            (Cmp::Ne, Node::Const(word)) => {
                let is = self.one_of(a, vec![word]);
                self.not(is)
            }
            _ => self.put(Node::Compare(cmp, a, b)),
        }
    }

    /// Comparison of numbers.
    pub fn compare_real(&mut self, cmp: Cmp, a: Id, b: Id) -> Id {
        self.put(Node::CompareReal(cmp, a, b))
    }

    /// Whether a word is one of a set.
    pub fn one_of(&mut self, a: Id, mut set: Vec<Word>) -> Id {
        set.sort_unstable();
        set.dedup();
        if set.is_empty() {
            return self.flag(false);
        }
        if let Node::Const(word) = self.node(a) {
            return self.flag(set.binary_search(&word).is_ok());
        }
        let at = self.sets.iter().position(|known| *known == set).unwrap_or_else(|| {
            self.sets.push(set);
            self.sets.len() - 1
        });
        self.put(Node::OneOf(a, at as u32))
    }

    /// Whether a word is from the first on and below the second.
    pub fn between(&mut self, a: Id, from: Word, to: Word) -> Id {
        match self.node(a) {
            _ if from >= to => self.flag(false),
            Node::Const(word) => self.flag((from..to).contains(&word)),
            _ => self.put(Node::Between(a, from, to)),
        }
    }

    /// Not.
    pub fn not(&mut self, a: Id) -> Id {
        match self.node(a) {
            Node::Flag(flag) => self.flag(!flag),
            Node::Not(a) => a,
            _ => self.put(Node::Not(a)),
        }
    }

    /// Both.
    pub fn and(&mut self, a: Id, b: Id) -> Id {
        match (self.node(a), self.node(b)) {
            (Node::Flag(true), _) => b,
            (_, Node::Flag(true)) => a,
            (Node::Flag(false), _) | (_, Node::Flag(false)) => self.flag(false),
            _ if a == b => a,
            (Node::Not(x), Node::Not(y)) => {
                let either = self.or(x, y);
                self.not(either)
            }
            (Node::Not(x), _) if x == b => self.flag(false),
            (_, Node::Not(y)) if y == a => self.flag(false),
            _ => self.put(Node::And(a.min(b), a.max(b))),
        }
    }

    /// Either.
    pub fn or(&mut self, a: Id, b: Id) -> Id {
        match (self.node(a), self.node(b)) {
            (Node::Flag(false), _) => b,
            (_, Node::Flag(false)) => a,
            (Node::Flag(true), _) | (_, Node::Flag(true)) => self.flag(true),
            _ if a == b => a,
            (Node::Not(x), Node::Not(y)) => {
                let both = self.and(x, y);
                self.not(both)
            }
            (Node::Not(x), _) if x == b => self.flag(true),
            (_, Node::Not(y)) if y == a => self.flag(true),
            (Node::OneOf(x, left), Node::OneOf(y, right)) if x == y => {
                let both = [self.set(left), self.set(right)].concat();
                self.one_of(x, both)
            }
            // A chain of sets grows at its end.
            (Node::OneOf(x, _), Node::Or(p, q)) => match (self.node(p), self.node(q)) {
                (Node::OneOf(y, _), _) if x == y => {
                    let set = self.or(a, p);
                    self.or(set, q)
                }
                (_, Node::OneOf(y, _)) if x == y => {
                    let set = self.or(a, q);
                    self.or(p, set)
                }
                _ => self.put(Node::Or(a.min(b), a.max(b))),
            },
            (Node::Or(..), Node::OneOf(..)) => {
                // Ends: the operands change places once.
                self.or_swapped(b, a)
            }
            _ => self.put(Node::Or(a.min(b), a.max(b))),
        }
    }

    fn or_swapped(&mut self, a: Id, b: Id) -> Id {
        let (Node::OneOf(x, _), Node::Or(p, q)) = (self.node(a), self.node(b)) else {
            return self.put(Node::Or(a.min(b), a.max(b)));
        };
        match (self.node(p), self.node(q)) {
            (Node::OneOf(y, _), _) if x == y => {
                let set = self.or(a, p);
                self.or(set, q)
            }
            (_, Node::OneOf(y, _)) if x == y => {
                let set = self.or(a, q);
                self.or(p, set)
            }
            _ => self.put(Node::Or(a.min(b), a.max(b))),
        }
    }

    /// One of two values of one kind.
    pub fn select(&mut self, condition: Id, a: Id, b: Id) -> Id {
        if a == b {
            return a;
        }
        match self.node(condition) {
            Node::Flag(true) => return a,
            Node::Flag(false) => return b,
            Node::Not(condition) => return self.select(condition, b, a),
            _ => {}
        }
        let (a, b) = self.alike(a, b);
        if a == b {
            return a;
        }
        match (self.node(a), self.node(b)) {
            (Node::Flag(true), _) => return self.or(condition, b),
            (_, Node::Flag(false)) => return self.and(condition, a),
            (Node::Flag(false), _) => {
                let not = self.not(condition);
                return self.and(not, b);
            }
            (_, Node::Flag(true)) => {
                let not = self.not(condition);
                return self.or(not, a);
            }
            (Node::Sum(x, p), Node::Sum(y, q)) if p == q => {
                let base = self.select(condition, x, y);
                return self.sum(base, p);
            }
            _ => {}
        }
        if self.kind(a) == Kind::Flag {
            if a == condition {
                return self.or(condition, b);
            }
            if b == condition {
                return self.and(condition, a);
            }
        }
        self.put(Node::Select(condition, a, b))
    }

    /// Two values as one kind.
    fn alike(&mut self, a: Id, b: Id) -> (Id, Id) {
        let flag = |graph: &Graph, id| match graph.node(id) {
            Node::Const(0) => Some(false),
            Node::Const(1) => Some(true),
            _ => None,
        };
        match (self.kind(a), self.kind(b)) {
            (x, y) if x == y => (a, b),
            (Kind::Flag, Kind::Word) if flag(self, b).is_some() => {
                let b = self.flag(flag(self, b) == Some(true));
                (a, b)
            }
            (Kind::Word, Kind::Flag) if flag(self, a).is_some() => {
                let a = self.flag(flag(self, a) == Some(true));
                (a, b)
            }
            _ => (self.as_word(a), self.as_word(b)),
        }
    }

    /// The greater number; the second when they are equal.
    pub fn greater(&mut self, a: Id, b: Id) -> Id {
        if a == b { a } else { self.put(Node::Greater(a, b)) }
    }

    /// The lesser whole number.
    pub fn lesser(&mut self, a: Id, b: Id) -> Id {
        if a == b { a } else { self.put(Node::Lesser(a, b)) }
    }

    /// Exclusive or of words.
    pub fn flip(&mut self, a: Id, b: Id) -> Id {
        self.put(Node::Flip(a, b))
    }

    /// Sum of small numbers.
    pub fn sum(&mut self, a: Id, b: Id) -> Id {
        match (self.node(a), self.node(b)) {
            (Node::Small(a), Node::Small(b)) => self.small(a + b),
            (_, Node::Small(0)) => a,
            (Node::Small(0), _) => b,
            _ => self.put(Node::Sum(a, b)),
        }
    }
}
