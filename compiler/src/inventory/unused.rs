//! Declarations that no journey uses.

use super::walk::{Touched, own};
use super::{Owner, Subject, Use};
use crate::hir::{About, ExprKind, Program, Ty};
use journey_grammar::span::Span;
use std::collections::{BTreeMap, BTreeSet};

/// A declaration that no journey uses, directly or through others. Tests do not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unused {
    /// `event`, `field`, `message` …
    pub kind: &'static str,
    /// Its name; of a field with its owner: `cart_updated.items`, `profile.tier`.
    pub name: String,
    /// Where its name stands.
    pub span: Span,
}

/// All of them, by kind and then in order of declaration.
pub(super) fn unused(program: &Program, data: &BTreeMap<Subject, Vec<Use>>, touched: &Touched) -> Vec<Unused> {
    let mut all = Vec::new();
    events(program, data, &mut all);
    profile(program, data, &mut all);
    let mut named = |kind, name: &str, about: &About, used: bool| {
        if !used && !about.from_pack {
            all.push(Unused { kind, name: name.to_string(), span: about.span });
        }
    };
    for (id, segment) in program.segments.iter().enumerate() {
        named("segment", &segment.name, &segment.about, touched.segments.contains(&id));
    }
    for (id, message) in program.messages.iter().enumerate() {
        named("message", &message.name, &message.about, touched.messages.contains(&id));
    }
    for (id, offer) in program.offers.iter().enumerate() {
        named("offer", &offer.name, &offer.about, touched.offers.contains(&id));
    }
    for (id, channel) in program.channels.iter().enumerate() {
        named("channel", &channel.name, &channel.about, touched.channels.contains(&id));
    }
    for (id, purpose) in program.purposes.iter().enumerate() {
        named("purpose", &purpose.name, &purpose.about, touched.purposes.contains(&id));
    }
    for (id, webhook) in program.webhooks.iter().enumerate() {
        named("webhook", &webhook.name, &webhook.about, touched.webhooks.contains(&id));
    }
    for (id, calendar) in program.calendars.iter().enumerate() {
        named("calendar", &calendar.name, &calendar.about, touched.calendars.contains(&id));
    }
    let owners: BTreeSet<usize> = owners(program).collect();
    for (id, team) in program.teams.iter().enumerate() {
        named("team", &team.name, &team.about, touched.teams.contains(&id) || owners.contains(&id));
    }
    all
}

fn owners(program: &Program) -> impl Iterator<Item = usize> {
    let events = program.events.iter().map(|e| &e.about);
    let messages = program.messages.iter().map(|m| &m.about);
    let offers = program.offers.iter().map(|o| &o.about);
    let segments = program.segments.iter().map(|s| &s.about);
    events.chain(messages).chain(offers).chain(segments).filter_map(|about| about.owner)
}

fn events(program: &Program, data: &BTreeMap<Subject, Vec<Use>>, all: &mut Vec<Unused>) {
    for (id, event) in program.events.iter().enumerate() {
        let used = data.keys().any(|s| s.owner == Owner::Event(id));
        if !used {
            if own(event) {
                all.push(Unused { kind: "event", name: event.name.clone(), span: event.about.span });
            }
            continue;
        }
        // What a pack says of the event is not the project's: its own words begin where it extends it.
        for (field, declared) in event.fields.iter().enumerate() {
            let of_project = own(event) || declared.span.file != event.about.span.file;
            let read = data.contains_key(&Subject::field(Owner::Event(id), field));
            // The currency beside an amount is read with it.
            let beside = event.fields.iter().any(|f| f.currency_path.as_deref() == Some(declared.path.as_str()));
            if of_project && !read && !beside {
                let name = format!("{}.{}", event.name, declared.name);
                all.push(Unused { kind: "field", name, span: declared.span });
            }
            if let Ty::List(of) = &declared.ty.ty
                && let Ty::Record(record) = **of
                && of_project
                && read
                && !program.records[record].about.from_pack
            {
                for (member, part) in program.records[record].fields.iter().enumerate() {
                    let subject = Subject { owner: Owner::Event(id), field: Some(field), member: Some(member) };
                    if !data.contains_key(&subject) {
                        let name = format!("{}.{}[].{}", event.name, declared.name, part.name);
                        all.push(Unused { kind: "field", name, span: part.span });
                    }
                }
            }
        }
    }
}

fn profile(program: &Program, data: &BTreeMap<Subject, Vec<Use>>, all: &mut Vec<Unused>) {
    for (id, field) in program.profile.iter().enumerate() {
        // A channel's address is there to be sent to, whether or not anything is.
        let reads = |e: &crate::hir::Expr| matches!(e.kind, ExprKind::Profile(of) if of == id);
        let addresses = program.channels.iter().filter_map(|c| c.address.as_ref());
        let address = addresses.into_iter().any(|a| crate::expr::walk::any(a, &reads));
        if !field.built_in && !address && !data.contains_key(&Subject::field(Owner::Profile, id)) {
            let name = format!("profile.{}", field.field.name);
            all.push(Unused { kind: "field", name, span: field.field.span });
        }
    }
}
