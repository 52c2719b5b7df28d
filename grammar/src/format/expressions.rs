//! The layout of expressions and types.

use super::layout::{Break, Indent};
use super::shape::Shape;
use crate::ast::{BinaryOp, Expr, ExprKind, Type, TypeKind};

impl Shape<'_> {
    /// An expression, if there is one.
    pub fn maybe(&mut self, expr: &Option<Expr>) {
        if let Some(expr) = expr {
            self.expr(expr);
        }
    }

    /// An expression.
    pub fn expr(&mut self, expr: &Expr) {
        let first = self.first(expr.span);
        match &expr.kind {
            ExprKind::Bool(_)
            | ExprKind::Number(_)
            | ExprKind::Quantity(..)
            | ExprKind::Text(_)
            | ExprKind::Date(_)
            | ExprKind::Time(_)
            | ExprKind::Path(_)
            | ExprKind::Now
            | ExprKind::Today
            | ExprKind::InSegment(_)
            | ExprKind::Broken => {}
            ExprKind::List(values) => self.list(first, values),
            ExprKind::Record(values) => self.record(first, values),
            ExprKind::Not(value) => self.expr(value),
            ExprKind::Negate(value) => {
                self.expr(value);
                let value = self.first(value.span);
                self.layout.gaps[value].space = 0;
            }
            ExprKind::Paren(value) => {
                if first > 0 && !matches!(self.atoms.text(first - 1), "(" | "[") {
                    self.layout.gaps[first].space = 1;
                }
                self.expr(value);
            }
            ExprKind::Binary { op: op @ (BinaryOp::And | BinaryOp::Or), .. } => self.chain(*op, expr),
            ExprKind::Binary { left, right, .. } => {
                self.expr(left);
                self.expr(right);
            }
            ExprKind::Between { value, low, high } => {
                self.expr(value);
                self.expr(low);
                self.expr(high);
            }
            ExprKind::IsKnown { value, .. } | ExprKind::IsDay { value, .. } => self.expr(value),
            ExprKind::At { date, time, zone } => {
                self.expr(date);
                self.expr(time);
                if let Some(zone) = zone {
                    self.expr(zone);
                }
            }
            ExprKind::Held { condition, duration } => {
                self.expr(condition);
                self.expr(duration);
            }
            ExprKind::Query { condition, window, .. } => self.query(first, condition.as_deref(), window.as_deref()),
            ExprKind::Field(value, _) => self.expr(value),
        }
    }

    /// `a and b and c`: on one line if it was written so and fits, else a line for each operand.
    fn chain(&mut self, op: BinaryOp, whole: &Expr) {
        let (mut operators, mut operands) = (Vec::new(), Vec::new());
        let mut rest = whole;
        while let ExprKind::Binary { op: other, op_span, left, right } = &rest.kind
            && *other == op
        {
            operators.push(self.first(*op_span));
            operands.push(&**right);
            rest = left;
        }
        operands.push(rest);
        operators.reverse();
        let first = self.first(whole.span);
        let group = self.layout.group(first, self.end(whole.span));
        // In parentheses, operators stay inside of them.
        let out = if first > 0 && self.is(first - 1, "(") { 0 } else { op.text().len() + 1 };
        for &operator in &operators {
            // Before a comment it ends the line: an operator alone on a line would not go on with the next.
            let (gap, out) = if self.atoms.has_comments(operator + 1) { (operator + 1, 0) } else { (operator, out) };
            let gap = &mut self.layout.gaps[gap];
            (gap.breaks, gap.indent) = (Break::With(group), Indent::Below { group, out });
        }
        let broken = |&operator: &usize| self.atoms.newline(operator) || self.atoms.newline(operator + 1);
        self.layout.groups[group].forced = operators.iter().any(broken);
        self.layout.groups[group].operators = operators;
        operands.into_iter().rev().for_each(|o| self.expr(o));
    }

    /// `count(E where c in last D)`
    fn query(&mut self, function: usize, condition: Option<&Expr>, window: Option<&Expr>) {
        let open = function + 1;
        let close = self.atoms.partner(open);
        if close > open + 1 {
            let group = self.layout.group(open + 1, close + 1);
            let parts = [condition.map(|c| (c, 1)), window.map(|w| (w, 2))];
            for (part, words) in parts.into_iter().flatten() {
                let begins = self.first(part.span).saturating_sub(words).max(open + 1);
                let gap = &mut self.layout.gaps[begins];
                (gap.breaks, gap.indent) = (Break::With(group), Indent::Below { group, out: 0 });
            }
        }
        if let Some(condition) = condition {
            self.expr(condition);
        }
        if let Some(window) = window {
            self.expr(window);
        }
    }

    /// `[a, b]`: as much on a line as fits.
    fn list(&mut self, open: usize, values: &[Expr]) {
        let close = self.atoms.partner(open);
        if close > open + 1 {
            let group = self.layout.group(open + 1, close + 1);
            for value in values.iter().skip(1) {
                let first = self.first(value.span);
                let gap = &mut self.layout.gaps[first];
                (gap.breaks, gap.indent) = (Break::Fill(group), Indent::Below { group, out: 0 });
            }
        }
        values.iter().for_each(|v| self.expr(v));
    }

    /// A type.
    pub fn ty(&mut self, ty: &Type) {
        match &ty.kind {
            TypeKind::Between { low, high, .. } => {
                self.expr(low);
                self.expr(high);
            }
            TypeKind::List { of, .. } => self.ty(of),
            TypeKind::OneOf(words) => self.words(words, self.end(ty.span)),
            TypeKind::Named(_) | TypeKind::BoundedText(_) | TypeKind::Money(_) | TypeKind::Broken => {}
        }
    }
}
