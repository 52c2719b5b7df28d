//! Why an input cannot be used.

use std::fmt;

/// The kinds of reasons, for counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// A line that is no UTF-8 or no JSON object.
    NotJson,
    /// A message that is neither a call of the Segment specification nor a CloudEvent.
    UnknownKind,
    /// It does not say about whom it is.
    NoCustomer,
    /// It does not say when, or not so that it can be understood.
    NoTime,
    /// Its own time is more than an hour after its receipt.
    AheadOfReceipt,
    /// A field that must be there is missing.
    Missing,
    /// A value of another type.
    WrongType,
    /// A value, a text or a list that is too large or too small.
    OutOfBounds,
    /// A value that is none of those the program knows: of a `one of`, a facet, a time zone, a currency, a purpose, a channel.
    UnknownValue,
    /// What it says cannot be used here: a key is missing, an answer comes for nothing.
    Unusable,
}

impl Fault {
    /// As reports say it.
    pub fn words(self) -> &'static str {
        match self {
            Fault::NotJson => "not a JSON object",
            Fault::UnknownKind => "unknown kind of message",
            Fault::NoCustomer => "no customer",
            Fault::NoTime => "no time",
            Fault::AheadOfReceipt => "ahead of its receipt",
            Fault::Missing => "missing",
            Fault::WrongType => "wrong type",
            Fault::OutOfBounds => "out of bounds",
            Fault::UnknownValue => "unknown value",
            Fault::Unusable => "not usable",
        }
    }
}

/// Why an input cannot be used: the contract it broke, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The event's name in the program; `identify`, `alias`, or `message` for what does not get as far as a name.
    pub contract: String,
    /// The field, `items[2].price` inside lists.
    pub field: Option<String>,
    /// Which kind.
    pub fault: Fault,
    /// In words: `must be a date like 2026-03-01, and is a number`.
    pub reason: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.field {
            Some(field) => write!(f, "{}.{}: {}", self.contract, field, self.reason),
            None => write!(f, "{}: {}", self.contract, self.reason),
        }
    }
}

/// A problem of one value, before it is known whose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Flaw {
    /// Below the field: `[2].price`; empty for the field itself.
    pub below: String,
    pub fault: Fault,
    pub reason: String,
}

impl Flaw {
    pub(crate) fn new(fault: Fault, reason: impl Into<String>) -> Flaw {
        Flaw { below: String::new(), fault, reason: reason.into() }
    }

    pub(crate) fn at(mut self, above: &str) -> Flaw {
        self.below.insert_str(0, above);
        self
    }

    pub(crate) fn of(self, contract: &str, field: Option<&str>) -> Problem {
        let field = field.map(|name| format!("{name}{}", self.below));
        Problem { contract: contract.to_string(), field, fault: self.fault, reason: self.reason }
    }
}
