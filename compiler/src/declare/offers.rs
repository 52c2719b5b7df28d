//! Offers: candidates of the next best action.

use super::{annotations, days, is_broken, policies};
use crate::expr::{self, Env};
use crate::hir::{Expr, Offer, Ty, Type};
use crate::journey;
use crate::scope::{Context, Kind};
use journey_grammar::ast::{self, StepKind};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;

/// Fills [`crate::hir::Program::offers`]; their terms and bodies come later.
pub fn declare(cx: &mut Context) {
    for id in 0..cx.decls.offers.len() {
        let declared = cx.decls.offers[id];
        let decl = declared.decl;
        let about = annotations::about(cx, &declared, decl.name.span);
        let valid = days(cx, decl.valid.as_ref());
        let limits = decl.limits.iter().map(|l| policies::limit_of(cx, l)).collect();
        cx.program.offers.push(Offer {
            name: decl.name.text.clone(),
            about,
            eligible: None,
            propensity: None,
            value: None,
            weight: None,
            limits,
            valid,
            body: Vec::new(),
            variables: Vec::new(),
        });
    }
}

/// Who may get them, and what they are worth.
pub fn terms(cx: &mut Context) {
    for id in 0..cx.decls.offers.len() {
        let decl = cx.decls.offers[id].decl;
        let check = |ast: &Option<ast::Expr>, ty: Ty| -> Option<Expr> {
            let ty = Type { ty, optional: false };
            Some(expr::check_expr(cx, &Env::profile(), ast.as_ref()?, Some(&ty)))
        };
        let eligible = check(&decl.eligible, Ty::Bool);
        let propensity = check(&decl.propensity, Ty::Probability);
        let value = check(&decl.value, Ty::Money(cx.program.currency.clone()));
        let weight = check(&decl.weight, Ty::Number);
        let offer = &mut cx.program.offers[id];
        offer.eligible = eligible;
        offer.propensity = propensity;
        offer.value = value;
        offer.weight = weight;
    }
}

/// What they do.
pub fn bodies(cx: &mut Context) {
    for id in 0..cx.decls.offers.len() {
        let decl = cx.decls.offers[id].decl;
        let broken = is_broken(cx, Kind::Offer, id);
        let first = decl.body.as_ref().and_then(|b| b.steps.first());
        let begins = match first.map(|s| &s.kind) {
            Some(StepKind::Send(_) | StepKind::Broken) => true,
            Some(_) => false,
            None => broken,
        };
        if !begins {
            let (span, label) = match (first, &decl.body) {
                (Some(step), _) => (step.span, "this comes first"),
                (None, Some(body)) => (body.span, "nothing in it"),
                (None, None) => (decl.name.span, "no `do { … }`"),
            };
            cx.report(
                Diagnostic::new(
                    Code::OfferWithoutSend,
                    span,
                    format!("what the offer `{}` does must begin with a send", decl.name.text),
                    label,
                )
                .note("an offer counts as made when its first message is handed over")
                .help("begin with it, as in `do { send free_shipping by email }`"),
            );
        }
        if let Some(body) = &decl.body {
            let (steps, variables) = journey::check_offer_block(cx, id, body);
            let offer = &mut cx.program.offers[id];
            offer.body = steps;
            offer.variables = variables;
        }
    }
}
