//! Types of expressions.

use crate::hir::{Const, EventId, Expr, ExprKind, Length, Param, Ty, Type};
use crate::scope::Context;
use journey_grammar::ast;

/// What an expression may name.
#[derive(Debug, Clone, Default)]
pub struct Env {}

impl Env {
    /// The profile, histories and segments.
    pub fn profile() -> Env {
        Env {}
    }

    /// The fields of one event, and constants.
    pub fn event(_event: EventId) -> Env {
        Env {}
    }

    /// The inputs of a message, and the profile.
    pub fn message(_params: &[Param]) -> Env {
        Env {}
    }
}

/// The typed form of an expression. `expected` gives bare words and numbers their meaning, and what does not fit is reported.
pub fn check_expr(_cx: &Context, _env: &Env, ast: &ast::Expr, _expected: Option<&Type>) -> Expr {
    Expr { span: ast.span, ty: Type { ty: Ty::Poison, optional: false }, kind: ExprKind::Poison }
}

/// The value of a constant expression; [`Const::Missing`] when it is none (reported).
pub fn constant(_cx: &Context, _ast: &ast::Expr, _expected: Option<&Type>) -> Const {
    Const::Missing
}

/// A constant length of time.
pub fn length(_cx: &Context, _ast: &ast::Expr) -> Length {
    Length { months: 0, days: 0, ms: 0 }
}
