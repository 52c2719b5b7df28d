//! Journeys: headers and steps.

use crate::hir::{OfferId, Step, Variable};
use crate::scope::Context;
use journey_grammar::ast;

/// Checks every journey. `cx.program.journeys` already has each with its name, `about` and parameters; the rest is filled in.
pub fn check_journeys(_cx: &mut Context) {}

/// Checks the steps of an offer: its steps and the variables they declare.
pub fn check_offer_block(_cx: &Context, _offer: OfferId, _block: &ast::Block) -> (Vec<Step>, Vec<Variable>) {
    (Vec::new(), Vec::new())
}
