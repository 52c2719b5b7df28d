//! What the rest of the project sees of a journey: its name, annotations and parameters.

use super::{annotations, types};
use crate::hir::{Clauses, Journey, ReEntry};
use crate::scope::Context;

/// Fills [`crate::hir::Program::journeys`] with journeys that have no header and no steps yet, and [`Context::journey_params`].
pub fn declare(cx: &mut Context) {
    for id in 0..cx.decls.journeys.len() {
        let declared = cx.decls.journeys[id];
        let decl = declared.decl;
        let about = annotations::about(cx, &declared, decl.name.span);
        let params = types::params(cx, &decl.params);
        cx.program.journeys.push(Journey {
            name: decl.name.text.clone(),
            about,
            span: declared.item.span,
            variables: Vec::new(),
            params: params.len(),
            triggers: Vec::new(),
            only_if: None,
            key: None,
            at_once: None,
            reentry: ReEntry::AfterFinishing,
            start_over: Vec::new(),
            updates: Vec::new(),
            goals: Vec::new(),
            clauses: Clauses::default(),
            priority: 0,
            window: (None, None),
            rollout: None,
            on_leaving: Vec::new(),
            body: Vec::new(),
        });
        cx.journey_params.push(params);
    }
}
