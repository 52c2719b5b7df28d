//! `team T "address"`.

use super::annotations;
use crate::hir::Team;
use crate::scope::Context;
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;

/// Fills [`crate::hir::Program::teams`].
pub fn declare(cx: &mut Context) {
    for id in 0..cx.decls.teams.len() {
        let declared = cx.decls.teams[id];
        let decl = declared.decl;
        let about = annotations::about(cx, &declared, decl.name.span);
        if decl.address.text.trim().is_empty() {
            cx.report(Diagnostic::new(
                Code::BadAddress,
                decl.address.span,
                format!("the team `{}` cannot be reached", decl.name.text),
                "no address",
            ));
        }
        cx.program.teams.push(Team { name: decl.name.text.clone(), about, address: decl.address.text.clone() });
    }
}
