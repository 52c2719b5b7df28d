//! The syntax tree: what was written, with its places, before any name is looked up.
//!
//! A tree always exists. What could not be read stands in it as [`Decl::Broken`] or [`StepKind::Broken`], already reported,
//! so that later phases neither miss it nor complain of it again.

mod declaration;
mod expression;
mod journey;
mod policy;
mod test;

pub use declaration::*;
pub use expression::*;
pub use journey::*;
pub use policy::*;
pub use test::*;

use crate::span::{FileId, Span};

/// A word, as written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Name {
    /// The word.
    pub text: String,
    /// Where.
    pub span: Span,
}

/// A text in quotes; `text` is what it says, with escapes resolved.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Text {
    /// What it says.
    pub text: String,
    /// Where, quotes included.
    pub span: Span,
}

/// `a.b.c`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Path {
    /// One or more.
    pub parts: Vec<Name>,
    /// The whole.
    pub span: Span,
}

impl Path {
    /// As written, with dots.
    pub fn text(&self) -> String {
        self.parts.iter().map(|p| p.text.as_str()).collect::<Vec<_>>().join(".")
    }
}

/// One file.
#[derive(Debug, Clone, PartialEq)]
pub struct File {
    /// Which.
    pub file: FileId,
    /// Its declarations, in order.
    pub items: Vec<Item>,
}

/// A declaration with what stands before it.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// From the first of its doc comments or annotations to its end.
    pub span: Span,
    /// Lines of `///`, without the marks, joined by newlines.
    pub doc: Option<String>,
    /// `@facet path`, in order.
    pub annotations: Vec<Annotation>,
    /// A line inside it could not be read (reported): nobody may say of this declaration that something is missing or unknown in it.
    pub broken: bool,
    /// The declaration.
    pub decl: Decl,
}

/// `@campaign retention.cart_recovery`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// The whole.
    pub span: Span,
    /// `campaign`
    pub facet: Name,
    /// `retention.cart_recovery`
    pub path: Path,
}

/// A declaration.
#[derive(Debug, Clone, PartialEq)]
pub enum Decl {
    /// `use std.ecommerce`
    Use(Path),
    /// `taxonomy F { … }`
    Taxonomy(Taxonomy),
    /// `event E "Wire" { … }`
    Event(Event),
    /// `extend event E { … }`
    ExtendEvent(ExtendEvent),
    /// `record R { … }`: the shape of the members of a list.
    Record(Record),
    /// `profile { … }`
    Profile(Profile),
    /// `segment S = cond`
    Segment(Segment),
    /// `purpose P "Label" [needs no consent]`
    Purpose(Purpose),
    /// `channel C { … }`
    Channel(Channel),
    /// `message M(inputs) for purpose { … }`
    Message(Message),
    /// `offer O { … }`
    Offer(Offer),
    /// `policy P for … { … }`
    Policy(Policy),
    /// `webhook W(inputs) gives { … } { … }`
    Webhook(Webhook),
    /// `calendar fr from "fr.csv"`
    Calendar(Calendar),
    /// `team T "address"`
    Team(Team),
    /// `journey J(params) { … }`
    Journey(Journey),
    /// `test "…" { … }`
    Test(Test),
    /// `migrate J from "version" { old to new … }`
    Migrate(Migrate),
    /// Could not be read; reported. `kind` is its keyword and `name` its name, where they could be made out,
    /// so that references to it are not reported too.
    Broken {
        /// `journey`, `event`, …
        kind: Option<String>,
        /// Its name.
        name: Option<Name>,
    },
}
