//! Records, events, and what is added to events.

use super::annotations;
use super::types::{self, Place};
use crate::hir::{Event, Record};
use crate::scope::{Context, Kind};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;
use journey_grammar::span::Span;
use std::collections::BTreeMap;

/// Fills [`crate::hir::Program::records`] and [`crate::hir::Program::events`].
pub fn declare(cx: &mut Context) {
    for id in 0..cx.decls.records.len() {
        let declared = cx.decls.records[id];
        let decl = declared.decl;
        let about = annotations::about(cx, &declared, decl.name.span);
        let owner = format!("the record `{}`", decl.name.text);
        let fields = types::fields(cx, &decl.fields, Place::RecordField, &owner, &mut BTreeMap::new());
        cx.program.records.push(Record { name: decl.name.text.clone(), about, fields });
    }
    let mut taken = Vec::new();
    for id in 0..cx.decls.events.len() {
        let declared = cx.decls.events[id];
        let decl = declared.decl;
        let mut about = annotations::about(cx, &declared, decl.name.span);
        if let Some(owner) = &decl.owner {
            let team = cx.lookup_team(owner);
            if about.owner.is_some() && team.is_some() && about.owner != team {
                cx.report(
                    Diagnostic::new(
                        Code::DuplicateName,
                        owner.span,
                        format!("the event `{}` has two owners", decl.name.text),
                        "here again",
                    )
                    .label(declared.item.span, "`@owner` stands before it"),
                );
            }
            about.owner = about.owner.or(team);
        }
        let owner = format!("the event `{}`", decl.name.text);
        let mut fields_taken = BTreeMap::new();
        let fields = types::fields(cx, &decl.fields, Place::Field, &owner, &mut fields_taken);
        taken.push(fields_taken);
        let wire = decl.wire.as_ref().map_or_else(|| decl.name.text.clone(), |w| w.text.clone());
        cx.program.events.push(Event {
            name: decl.name.text.clone(),
            wire,
            about,
            everyone: decl.everyone.is_some(),
            source: decl.source.as_ref().map(|s| s.text.clone()),
            fields,
        });
    }
    for at in 0..cx.decls.extends.len() {
        let declared = cx.decls.extends[at];
        let decl = declared.decl;
        // Resolved even when the event is unknown, so that what else is wrong in them is said at once.
        let Some(event) = cx.lookup_event(&decl.name) else {
            types::fields(cx, &decl.fields, Place::Field, "the event", &mut BTreeMap::new());
            continue;
        };
        let owner = format!("the event `{}`", decl.name.text);
        let fields = types::fields(cx, &decl.fields, Place::Field, &owner, &mut taken[event]);
        cx.program.events[event].fields.extend(fields);
        if declared.item.broken {
            cx.names.mark_broken(Kind::Event, event);
        }
    }
    wires(cx);
}

/// Two events of one name on the wire could not be told apart.
fn wires(cx: &Context) {
    let mut taken: BTreeMap<&str, (usize, Span)> = BTreeMap::new();
    for (id, event) in cx.program.events.iter().enumerate() {
        let decl = cx.decls.events[id].decl;
        let span = decl.wire.as_ref().map_or(decl.name.span, |w| w.span);
        if event.wire.trim().is_empty() {
            cx.report(Diagnostic::new(
                Code::BadSource,
                span,
                format!("the event `{}` has no name in the data", event.name),
                "empty",
            ));
            continue;
        }
        let Some((other, earlier)) = taken.insert(&event.wire, (id, span)) else { continue };
        // What a pack says cannot be changed here: the project's own event is the one to mend.
        let (here, there, name) = if event.about.from_pack { (earlier, span, other) } else { (span, earlier, id) };
        let mut d = Diagnostic::new(
            Code::DuplicateWireName,
            here,
            format!("two events are called `{}` in the data", event.wire),
            "here again",
        )
        .label(there, "here first")
        .note("what comes in could be either");
        let known = &cx.program.events[if name == id { other } else { id }];
        if known.about.from_pack {
            d = d.help(format!("to add fields, write `extend event {} {{ … }}`", known.name));
        }
        cx.report(d);
    }
}
