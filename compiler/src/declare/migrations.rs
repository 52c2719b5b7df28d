//! `migrate J from "version" { … }`: where people of an older version go on.

use crate::hir::Migration;
use crate::scope::{Context, Kind};
use journey_grammar::ast::{Block, Name, StepKind};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;
use journey_grammar::span::Span;
use std::collections::{BTreeMap, BTreeSet};

/// Fills [`crate::hir::Program::migrations`].
pub fn declare(cx: &mut Context) {
    let mut versions: BTreeMap<(usize, &str), Span> = BTreeMap::new();
    let mut migrations = Vec::new();
    for declared in &cx.decls.migrations {
        let decl = declared.decl;
        let Some(journey) = cx.lookup_journey(&decl.journey) else { continue };
        if let Some(earlier) = versions.insert((journey, &decl.from.text), decl.from.span) {
            cx.report(
                Diagnostic::new(
                    Code::DuplicateName,
                    decl.from.span,
                    format!("two migrations of `{}` are from one version", decl.journey.text),
                    "here again",
                )
                .label(earlier, "here first"),
            );
            continue;
        }
        let mut places = BTreeSet::new();
        places_in(&cx.decls.journeys[journey].decl.body, &mut places);
        let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
        let mut moves = Vec::new();
        for (old, new) in &decl.moves {
            if let Some(earlier) = seen.insert(&old.text, old.span) {
                cx.report(
                    Diagnostic::new(
                        Code::DuplicateName,
                        old.span,
                        format!("the place `{}` is moved twice", old.text),
                        "here again",
                    )
                    .label(earlier, "here first"),
                );
                continue;
            }
            if let Some(new) = new
                && !places.contains(new.text.as_str())
                && !cx.names.is_broken(Kind::Journey, journey)
            {
                let what = format!("stage or step of `{}`", decl.journey.text);
                cx.unknown(&what, new, places.iter().copied(), |d| {
                    d.help("people go to a stage, or to a step with an alias")
                });
            }
            moves.push((old.text.clone(), new.as_ref().map(|n| n.text.clone())));
        }
        migrations.push(Migration { journey, from: decl.from.text.clone(), moves });
    }
    cx.program.migrations = migrations;
}

/// Names of stages, and aliases of sends, calls and collections.
pub(crate) fn places_in<'a>(block: &'a Block, places: &mut BTreeSet<&'a str>) {
    for step in &block.steps {
        let mut name = |n: Option<&'a Name>| {
            if let Some(n) = n {
                places.insert(n.text.as_str());
            }
        };
        match &step.kind {
            StepKind::Stage { name: stage, .. } => name(Some(stage)),
            StepKind::Send(send) => name(send.alias.as_ref()),
            StepKind::Call { alias, .. } => name(alias.as_ref()),
            StepKind::Collect { alias, .. } => name(Some(alias)),
            _ => {}
        }
        for block in crate::journey::blocks(&step.kind) {
            places_in(block, places);
        }
    }
}
