//! What an edit changes: two versions of a project, compared by what they say and not by how it is written.
//!
//! Words are compared without comments and layout. Declarations are matched by name, their parts by key; steps are matched from the
//! top down, each block by a longest common subsequence in which steps that are the same weigh most, and those of one kind and name
//! (whose blocks are then compared in turn) weigh by what is in them. What goes in one place and comes in another has moved.
//! (Top-down matching of equal subtrees first: Falleri et al., Fine-grained and accurate source code differencing, 2014.)

mod declarations;
mod migrate;
mod places;
mod pressure;
mod proven;
mod reads;
mod steps;
mod words;

pub use places::{Fate, Place};
pub use pressure::Shift;
pub use proven::{Gate, Lasts, Stayed};

use crate::hir::Program;
use crate::lower::version;
use crate::project::Checked;
use journey_grammar::ast::{self, Decl};
use journey_grammar::diagnostic::Diagnostic;
use journey_grammar::span::Span;
use std::collections::BTreeMap;

/// What an edit is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Who comes in, and when again; who belongs to a segment; who may be offered something.
    Audience,
    /// What people live through, and in which order.
    Routing,
    /// When.
    Timing,
    /// What is said to them.
    Content,
    /// What may be sent at all: consent, caps, gaps, channels.
    Consent,
    /// What is read and written.
    Data,
}

impl Class {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Class; 6] =
        [Class::Audience, Class::Routing, Class::Timing, Class::Content, Class::Consent, Class::Data];

    /// `audience`
    pub fn word(self) -> &'static str {
        match self {
            Class::Audience => "audience",
            Class::Routing => "routing",
            Class::Timing => "timing",
            Class::Content => "content",
            Class::Consent => "consent",
            Class::Data => "data",
        }
    }
}

/// What happened to a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It says something else.
    Changed,
    /// It says the same elsewhere.
    Moved,
}

impl How {
    /// `added`
    pub fn word(self) -> &'static str {
        match self {
            How::Added => "added",
            How::Removed => "removed",
            How::Changed => "changed",
            How::Moved => "moved",
        }
    }
}

/// What stands in one of the versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cite {
    /// Where.
    pub span: Span,
    /// Its words, on one line.
    pub text: String,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What it is about.
    pub class: Class,
    /// What happened.
    pub how: How,
    /// The part: `wait`, `rendering email`, `field total`.
    pub what: String,
    /// In the old version.
    pub old: Option<Cite>,
    /// In the new one.
    pub new: Option<Cite>,
}

/// The changes of one declaration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// `journey`, `message` …
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Whether the whole is new, gone, or else.
    pub how: How,
    /// The team that owns it, now or before.
    pub owner: Option<String>,
    /// What is changed in it.
    pub changes: Vec<Change>,
    /// It holds for people who are already in a journey, too.
    pub reaches_people_inside: bool,
    /// Of a journey of the old version: where people wait, and what becomes of them.
    pub places: Vec<Place>,
    /// Of a journey: its versions.
    pub versions: (Option<String>, Option<String>),
}

/// What an edit changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diff {
    /// By kind, journeys first, then by name. What is the same is left out.
    pub parts: Vec<Part>,
    /// What it does to the most messages that one customer can get.
    pub pressure: Vec<Shift>,
    /// What it does to how long runs may stay, by journey.
    pub stays: Vec<Stayed>,
    /// What it does to the consent that is asked for, by purpose and channel.
    pub gates: Vec<Gate>,
    /// What is wrong in the new version for one who knows the old one, where it stands in the new one.
    pub findings: Vec<Diagnostic>,
}

impl Diff {
    /// All changes.
    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        self.parts.iter().flat_map(|p| &p.changes)
    }

    /// How many changes there are of each class.
    pub fn counts(&self) -> BTreeMap<Class, usize> {
        let mut counts = BTreeMap::new();
        self.changes().for_each(|c| *counts.entry(c.class).or_default() += 1);
        counts
    }

    /// Teams that own what is touched.
    pub fn owners(&self) -> Vec<&str> {
        let mut owners: Vec<&str> = self.parts.iter().filter_map(|p| p.owner.as_deref()).collect();
        owners.sort_unstable();
        owners.dedup();
        owners
    }
}

/// What changes from one version of a project to another. Both have no errors.
pub fn diff(old: &Checked, new: &Checked) -> Diff {
    let mut parts = journeys(old, new);
    parts.extend(declarations::declarations(old, new));
    reads::reads(old, new, &mut parts);
    parts.retain(|p| !p.changes.is_empty());
    let findings = migrate::lacking(old, new);
    if parts.is_empty() {
        return Diff { findings, ..Diff::default() };
    }
    let (before, after) = (&old.program, &new.program);
    let (stays, gates) = (proven::stays(before, after), proven::gates(before, after));
    Diff { parts, pressure: pressure::shifts(before, after), stays, gates, findings }
}

/// The journeys of a version, by name.
fn journeys_of(checked: &Checked) -> BTreeMap<&str, (&ast::Item, &ast::Journey)> {
    let items = checked.trees.iter().flat_map(|t| &t.items);
    let journeys = items.filter_map(|item| match &item.decl {
        Decl::Journey(journey) => Some((journey.name.text.as_str(), (item, journey))),
        _ => None,
    });
    journeys.collect()
}

fn owner_of(program: &Program, name: &str) -> Option<String> {
    let journey = program.journeys.iter().find(|j| j.name == name)?;
    journey.about.owner.map(|t| program.teams[t].name.clone())
}

fn version_of(checked: &Checked, name: &str) -> Option<String> {
    let journey = checked.program.journeys.iter().find(|j| j.name == name)?;
    Some(format!("{:016x}", version(journey, &checked.sources)))
}

fn journeys(old: &Checked, new: &Checked) -> Vec<Part> {
    let (before, after) = (journeys_of(old), journeys_of(new));
    let mut names: Vec<&str> = before.keys().chain(after.keys()).copied().collect();
    names.sort_unstable();
    names.dedup();
    let part = |name: &str| {
        let (one, other) = (before.get(name), after.get(name));
        let mut changes = Vec::new();
        let how = match (one, other) {
            (Some((a, one)), Some((b, other))) => {
                changes.extend(words::annotations(old, a, new, b));
                changes.extend(steps::header(old, &one.header, new, &other.header));
                changes.extend(steps::body(old, &one.body, new, &other.body));
                How::Changed
            }
            (Some((_, journey)), None) => {
                let cite = words::cite_line(old, journey.name.span);
                changes.push(Change {
                    class: Class::Routing,
                    how: How::Removed,
                    what: "journey".into(),
                    old: Some(cite),
                    new: None,
                });
                How::Removed
            }
            (None, Some((_, journey))) => {
                let cite = words::cite_line(new, journey.name.span);
                changes.push(Change {
                    class: Class::Routing,
                    how: How::Added,
                    what: "journey".into(),
                    old: None,
                    new: Some(cite),
                });
                How::Added
            }
            (None, None) => How::Changed,
        };
        let versions = (version_of(old, name), version_of(new, name));
        let places = one
            .map_or_else(Vec::new, |(_, journey)| places::places(old, journey, new, other.map(|(_, j)| *j), &versions));
        Part {
            kind: "journey",
            name: name.to_string(),
            how,
            owner: owner_of(&new.program, name).or_else(|| owner_of(&old.program, name)),
            changes,
            reaches_people_inside: false,
            places,
            versions,
        }
    };
    names.into_iter().map(part).collect()
}
