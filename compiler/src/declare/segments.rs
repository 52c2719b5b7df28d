//! `segment S = condition`.

use super::annotations;
use crate::expr::{self, Env};
use crate::hir::{Expr, ExprKind, Segment, Ty, Type};
use crate::scope::{Context, Kind};

/// Fills [`crate::hir::Program::segments`]; their conditions come later.
pub fn declare(cx: &mut Context) {
    for id in 0..cx.decls.segments.len() {
        let declared = cx.decls.segments[id];
        let decl = declared.decl;
        let about = annotations::about(cx, &declared, decl.name.span);
        let condition =
            Expr { span: decl.condition.span, ty: Type { ty: Ty::Poison, optional: false }, kind: ExprKind::Poison };
        cx.program.segments.push(Segment { name: decl.name.text.clone(), about, condition });
    }
}

/// Their conditions; one that is made of itself (reported) stays poisoned.
pub fn conditions(cx: &mut Context) {
    let bool = Type { ty: Ty::Bool, optional: false };
    for id in 0..cx.decls.segments.len() {
        if cx.names.is_broken(Kind::Segment, id) {
            continue;
        }
        let ast = &cx.decls.segments[id].decl.condition;
        let condition = expr::check_expr(cx, &Env::profile(), ast, Some(&bool));
        cx.program.segments[id].condition = condition;
    }
}
