//! Where people of the old version wait, and what becomes of them. A run lives on by the version it began with, unless a migration
//! names the place it is at.

use super::Cite;
use super::migrate::is_from;
use super::words::{cite, words};
use crate::journey::blocks;
use crate::project::Checked;
use journey_grammar::ast::{Block, Decl, Journey, Migrate, StepKind};

/// What becomes of people who wait somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// The journey says what it said: nothing happens to them.
    Kept,
    /// They go on by the old version, to its end.
    FinishesOnOld,
    /// They go to this place of the new version.
    Moved(String),
    /// They leave.
    Finishes,
}

impl Fate {
    /// In words.
    pub fn text(&self) -> String {
        match self {
            Fate::Kept => "stay where they are".to_string(),
            Fate::FinishesOnOld => "finish on the old version".to_string(),
            Fate::Moved(to) => format!("go to `{to}` of the new version"),
            Fate::Finishes => "leave".to_string(),
        }
    }
}

/// A place where people wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// In the old version.
    pub old: Cite,
    /// The stages and aliases it lies in, the innermost last: what a migration can name.
    pub names: Vec<String>,
    /// What becomes of those who wait there.
    pub fate: Fate,
}

/// Every place of the old version of a journey, in the order of its steps.
pub(super) fn places(
    old: &Checked,
    journey: &Journey,
    new: &Checked,
    after: Option<&Journey>,
    versions: &(Option<String>, Option<String>),
) -> Vec<Place> {
    let same = match (versions, after) {
        ((Some(one), Some(other)), _) if one == other => true,
        (_, Some(after)) => words(old, journey.body.span) == words(new, after.body.span) && versions.0 == versions.1,
        _ => false,
    };
    let migration = migration(new, &journey.name.text, versions.0.as_deref());
    let mut found = Vec::new();
    collect(old, &journey.body, &mut Vec::new(), &mut found);
    for place in &mut found {
        place.fate = if same { Fate::Kept } else { fate(migration, &place.names) };
    }
    found
}

/// The migration from the old version.
fn migration<'c>(new: &'c Checked, journey: &str, version: Option<&str>) -> Option<&'c Migrate> {
    let items = new.trees.iter().flat_map(|t| &t.items);
    let mut all = items.filter_map(|item| if let Decl::Migrate(m) = &item.decl { Some(m) } else { None });
    let version = version?;
    all.find(|m| m.journey.text == journey && is_from(m, version))
}

/// The innermost name that the migration knows decides.
fn fate(migration: Option<&Migrate>, names: &[String]) -> Fate {
    let moves = migration.map_or(&[][..], |m| &m.moves);
    let named = names.iter().rev().find_map(|name| moves.iter().find(|(old, _)| old.text == *name));
    match named {
        Some((_, Some(to))) => Fate::Moved(to.text.clone()),
        Some((_, None)) => Fate::Finishes,
        None => Fate::FinishesOnOld,
    }
}

fn collect(old: &Checked, block: &Block, names: &mut Vec<String>, found: &mut Vec<Place>) {
    for step in &block.steps {
        let alias = match &step.kind {
            StepKind::Stage { name, .. } => Some(name),
            StepKind::Send(send) => send.alias.as_ref(),
            StepKind::Call { alias, .. } => alias.as_ref(),
            StepKind::Collect { alias, .. } => Some(alias),
            _ => None,
        };
        let depth = names.len();
        names.extend(alias.map(|a| a.text.clone()));
        let waits = match &step.kind {
            StepKind::Wait { .. } | StepKind::WaitUntil { .. } | StepKind::WaitFor { .. } => true,
            // A held message, an answer that is awaited, work that is not done.
            StepKind::Send(_) | StepKind::Call { .. } | StepKind::Collect { .. } => true,
            StepKind::Task { done, otherwise, .. } => done.is_some() || otherwise.is_some(),
            _ => false,
        };
        if waits {
            let mut cite = cite(old, step.span);
            // The step's own words: what it waits for, not what follows.
            cite.text = cite.text.split(" {").next().unwrap_or_default().to_string();
            found.push(Place { old: cite, names: names.clone(), fate: Fate::Kept });
        }
        for inner in blocks(&step.kind) {
            collect(old, inner, names, found);
        }
        names.truncate(depth);
    }
}
