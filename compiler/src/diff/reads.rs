//! What journeys read and write now, and did not before; and the other way round.

use super::{Change, Cite, Class, How, Part};
use crate::hir::Program;
use crate::inventory::{Owner, Personal, Role, Subject, inventory};
use crate::project::Checked;
use journey_grammar::span::Span;
use std::collections::BTreeMap;

/// By journey, what is used: the name of the thing, with where.
type Uses = BTreeMap<String, BTreeMap<String, (Span, &'static str)>>;

fn uses(program: &Program) -> Uses {
    let mut uses = Uses::new();
    for (subject, all) in inventory(program).data {
        // An address, the clock and the language come with every send: what is said of them is said by the send.
        for one in all.iter().filter(|u| !matches!(u.role, Role::Zone | Role::Language | Role::Address)) {
            let verb = if one.role == Role::Written { "writes" } else { "reads" };
            let of_journey = uses.entry(program.journeys[one.journey].name.clone()).or_default();
            of_journey.entry(format!("{verb} {}", name(program, &subject))).or_insert((one.place, verb));
        }
    }
    uses
}

fn name(program: &Program, subject: &Subject) -> String {
    let owner = match subject.owner {
        Owner::Event(id) => program.events[id].name.clone(),
        Owner::Profile => "profile".to_string(),
        Owner::Consent(id) => format!("consent to {}", program.purposes[id].name),
        Owner::Answer(id) => format!("answer of {}", program.webhooks[id].name),
    };
    let personal = matches!(subject.personal(program), Some(Personal::Declared | Personal::Address));
    let mark = if personal { " (personal)" } else { "" };
    match subject.name(program) {
        Some(field) => format!("`{owner}.{field}`{mark}"),
        None => format!("`{owner}`"),
    }
}

/// Adds what is read now, or no longer, to the parts of the journeys that are in both versions.
pub(super) fn reads(old: &Checked, new: &Checked, parts: &mut [Part]) {
    let (before, after) = (uses(&old.program), uses(&new.program));
    let none = BTreeMap::new();
    for part in parts.iter_mut().filter(|p| p.kind == "journey" && p.how == How::Changed) {
        let one = before.get(&part.name).unwrap_or(&none);
        let other = after.get(&part.name).unwrap_or(&none);
        for (what, (span, _)) in other.iter().filter(|(what, _)| !one.contains_key(*what)) {
            let new = Some(Cite { span: *span, text: what.clone() });
            part.changes.push(Change {
                class: Class::Data,
                how: How::Added,
                what: "use of data".into(),
                old: None,
                new,
            });
        }
        for (what, (span, _)) in one.iter().filter(|(what, _)| !other.contains_key(*what)) {
            let old = Some(Cite { span: *span, text: what.clone() });
            part.changes.push(Change {
                class: Class::Data,
                how: How::Removed,
                what: "use of data".into(),
                old,
                new: None,
            });
        }
    }
}
