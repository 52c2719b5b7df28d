//! Migrations, held against the version that they move people from.

use super::{journeys_of, version_of};
use crate::declare::migrations::places_in;
use crate::project::Checked;
use journey_grammar::ast::{Decl, Migrate};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::{Diagnostic, nearest};
use std::collections::BTreeSet;

/// Whether a migration is from this version.
pub(super) fn is_from(migrate: &Migrate, version: &str) -> bool {
    !migrate.from.text.is_empty() && version.starts_with(&migrate.from.text.to_lowercase())
}

/// Places that migrations from the old version name and that it does not have, in the order of the new version.
pub(super) fn lacking(old: &Checked, new: &Checked) -> Vec<Diagnostic> {
    let before = journeys_of(old);
    let mut found = Vec::new();
    for item in new.trees.iter().flat_map(|t| &t.items) {
        let Decl::Migrate(migrate) = &item.decl else { continue };
        let name = migrate.journey.text.as_str();
        let (Some((_, journey)), Some(version)) = (before.get(name), version_of(old, name)) else { continue };
        if !is_from(migrate, &version) {
            continue;
        }
        let mut places = BTreeSet::new();
        places_in(&journey.body, &mut places);
        for (place, _) in migrate.moves.iter().filter(|(place, _)| !places.contains(place.text.as_str())) {
            let mut d = Diagnostic::new(
                Code::NoOldPlace,
                place.span,
                format!("the old version of `{name}` has no place `{}`", place.text),
                "no stage, and no step with this alias",
            );
            d = match (nearest(&place.text, places.iter().copied()), places.is_empty()) {
                (Some(near), _) => d.suggest(format!("write `{near}`"), place.span, near.to_string()),
                (None, false) => {
                    let all: Vec<&str> = places.iter().copied().collect();
                    d.help(format!("it has {}", all.join(", ")))
                }
                (None, true) => d.help("it has neither stages nor steps with an alias: people finish on it"),
            };
            found.push(d.note("whoever is meant stays on the old version, to its end"));
        }
    }
    found
}
