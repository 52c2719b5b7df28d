//! What a project is made of, as the caller brings it.

use crate::hir;
use crate::mentions::Mentions;
use crate::severity::{Adjusted, TurnedOff};
use journey_grammar::ast;
use journey_grammar::diagnostic::{Diagnostic, Severity};
use serde::Deserialize;
use std::sync::Arc;

/// One text, with its path relative to the project (for people; `/` between).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// `journeys/cart.journey`, `journey.toml`, `std.ecommerce`
    pub path: String,
    /// What stands in it.
    pub text: String,
    /// A pack of the standard library.
    pub pack: bool,
}

/// Answers for files that a project names: templates, large taxonomies, calendars.
pub trait Files {
    /// The text of the file at this path relative to the project, or why it cannot be read, in words.
    fn read(&self, path: &str) -> Result<String, String>;
}

impl<F: Fn(&str) -> Result<String, String>> Files for F {
    fn read(&self, path: &str) -> Result<String, String> {
        self(path)
    }
}

/// A project, ready to be checked.
pub struct Project<'a> {
    /// The text of `journey.toml`.
    pub settings: String,
    /// Path and text of each `.journey` file, sorted by path.
    pub files: Vec<(String, String)>,
    /// Everything else it names.
    pub assets: &'a dyn Files,
    /// Packs of the standard library: name and text.
    pub packs: &'a [(&'a str, &'a str)],
}

/// `journey.toml`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// `[project]`
    pub project: ProjectSettings,
    /// `[run]`
    #[serde(default)]
    pub run: RunSettings,
    /// `[severity]`: how much findings matter in this project, by code.
    #[serde(default)]
    pub severity: std::collections::BTreeMap<String, SeveritySetting>,
}

/// A line of `[severity]`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SeveritySetting {
    /// `off`, `hint`, `warning`, `error`
    pub level: String,
    /// Why.
    pub reason: String,
}

/// `[project]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectSettings {
    /// Its name.
    pub name: String,
    /// IANA name of the zone of customers whose own is unknown.
    pub time_zone: String,
    /// ISO 4217 letters.
    pub currency: String,
}

/// `[run]`: what `journey run` takes for granted where recorded events do not tell. Shown in its summary.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunSettings {
    /// The events to run on when the command line names none; relative to the project.
    pub events: Option<String>,
    /// The horizon (`1998-12-31`) when the command line names none.
    pub until: Option<String>,
    /// Purposes everyone has consented to whose consent the events never tell.
    #[serde(default)]
    pub assume_consent: Vec<String>,
    /// Channels on which everyone can be reached.
    #[serde(default)]
    pub assume_reachable: Vec<String>,
}

/// What checking found.
#[derive(Debug, Clone)]
pub struct Checked {
    /// All texts; a `FileId` is an index. `journey.toml` first, then the project's files, then the packs in use,
    /// then the templates, taxonomies and calendars that were read.
    pub sources: Vec<Source>,
    /// The trees of the `.journey` files and packs.
    pub trees: Vec<Arc<ast::File>>,
    /// The settings, where `journey.toml` could be read.
    pub settings: Option<Settings>,
    /// The checked program; poisoned where there are errors.
    pub program: hir::Program,
    /// Where names stand and what they stand for; empty unless it was asked for ([`crate::check::check_again`]).
    pub mentions: Mentions,
    /// Everything found, ordered by file and place.
    pub diagnostics: Vec<Diagnostic>,
    /// What the project has turned off, with its reason.
    pub turned_off: Vec<TurnedOff>,
    /// What the check itself found, in the order in which it was found.
    pub(crate) found: Vec<Diagnostic>,
    /// How much findings matter in this project.
    pub(crate) adjusted: Vec<Adjusted>,
}

impl Checked {
    /// Whether the program must not be run.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|d| d.severity == Severity::Error)
    }
}
