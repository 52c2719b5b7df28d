//! What can be proved of a program without errors, before a customer lives through it: what its flow can and cannot do, how long a
//! run may stay, how many messages somebody may get.
//!
//! Each analysis gives facts as plain data, and `docs/proofs/` says what it proves, what it cannot, and how.

pub mod conflicts;
pub mod consent;
mod evaluate;
pub mod flow;
pub mod goals;
mod knowledge;
mod offers;
pub mod outlast;
mod overlap;
pub mod pressure;
mod ranges;
mod report;
pub mod stay;
pub mod witness;
pub mod words;

use crate::hir::Program;
use crate::project::Source;
use journey_grammar::diagnostic::Diagnostic;

/// Everything the proofs find in a program without errors, in no order. `already` was found before: what it says is not said again.
pub fn prove(program: &Program, sources: &[Source], already: &[Diagnostic]) -> Vec<Diagnostic> {
    let mut found = report::report(program, sources, already, &flow::found(program));
    let (texts, stays) = (report::Texts(sources), stay::stays(program));
    found.extend(outlast::report(program, &texts, &stays));
    found.extend(goals::report(program, &texts, &stays));
    found.extend(consent::report(program));
    found
}
