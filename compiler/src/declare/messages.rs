//! Messages: what is common to their renderings.

use super::rendering::{self, Claimed};
use super::template::Template;
use super::{annotations, channels, days, types};
use crate::expr::{self, Env, walk};
use crate::hir::{Const, ExprKind, Message, Param, Piece, Ty};
use crate::mentions::Local;
use crate::scope::Context;
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;
use journey_grammar::span::Span;
use std::collections::{BTreeMap, BTreeSet};

/// Fills [`crate::hir::Program::messages`]; their contents come later.
pub fn declare(cx: &mut Context) {
    for id in 0..cx.decls.messages.len() {
        let declared = cx.decls.messages[id];
        let decl = declared.decl;
        let about = annotations::about(cx, &declared, decl.name.span);
        let params = types::params(cx, &decl.params);
        let purpose = channels::purpose_or_stand_in(cx, &decl.purpose);
        let valid = days(cx, decl.valid.as_ref());
        cx.program.messages.push(Message {
            name: decl.name.text.clone(),
            about,
            params,
            purpose,
            valid,
            claims: Vec::new(),
            renderings: Vec::new(),
            inputs: Vec::new(),
        });
    }
}

/// Claims, renderings, and the inputs that they name.
pub fn contents(cx: &mut Context) {
    for id in 0..cx.decls.messages.len() {
        let claims = claims(cx, id);
        let params = cx.program.messages[id].params.clone();
        let renderings = rendering::renderings(cx, id, &params, &claims);
        let inputs = inputs(&params, renderings.iter().flat_map(|r| r.parts.iter().map(|(_, t)| t)));
        let message = &mut cx.program.messages[id];
        message.claims = claims.into_iter().map(|c| (c.name, c.value)).collect();
        message.renderings = renderings;
        message.inputs = inputs;
    }
}

fn claims<'a>(cx: &Context<'a>, id: usize) -> Vec<Claimed<'a>> {
    let decl = cx.decls.messages[id].decl;
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    let mut claims = Vec::new();
    for claim in &decl.claims {
        if let Some(earlier) = seen.insert(&claim.name.text, claim.name.span) {
            cx.report(
                Diagnostic::new(
                    Code::DuplicateName,
                    claim.name.span,
                    format!("two claims are called `{}`", claim.name.text),
                    "here again",
                )
                .label(earlier, "here first"),
            );
            continue;
        }
        let expr = expr::check_expr(cx, &Env::constant(), &claim.value, None);
        let value = if let ExprKind::Const(value) = &expr.kind { value.clone() } else { Const::Missing };
        cx.define(Local::Claim, claim.name.span);
        claims.push(Claimed {
            name: claim.name.text.clone(),
            span: claim.name.span,
            value,
            expr,
            written: &claim.value,
        });
    }
    claims
}

/// The inputs that effects carry: every plain one, and of an event the fields that templates name.
fn inputs<'t>(params: &[Param], templates: impl Iterator<Item = &'t Template>) -> Vec<(usize, Option<usize>)> {
    let mut found: BTreeSet<(usize, Option<usize>)> = BTreeSet::new();
    for (at, param) in params.iter().enumerate() {
        if !matches!(param.ty.ty, Ty::Event(_)) {
            found.insert((at, None));
        }
    }
    for template in templates {
        for piece in &template.pieces {
            if let Piece::Value(expr) = piece {
                walk::each(expr, &mut |e| {
                    if let ExprKind::Param(param, Some(field)) = e.kind {
                        found.insert((param, Some(field)));
                    }
                });
            }
        }
    }
    found.into_iter().collect()
}
