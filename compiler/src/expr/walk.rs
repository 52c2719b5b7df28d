//! Walking typed expressions.

use crate::hir::{Expr, ExprKind};

/// Calls `$f` on every part that `$e` is made of, one level down; with `mut`, to change it.
macro_rules! on_children {
    ($e:ident, $f:ident, $iter:ident $(, $mut:tt)?) => {{
        use ExprKind as K;
        match &$($mut)? $e.kind {
            K::Poison
            | K::Const(_)
            | K::Profile(_)
            | K::Field(..)
            | K::Variable(_)
            | K::Param(..)
            | K::EventField(..)
            | K::Member(_)
            | K::Now
            | K::Today
            | K::InSegment(_) => {}
            K::Not(a)
            | K::Negate(a)
            | K::ToNumber(a)
            | K::IsKnown(a)
            | K::InSubtree(a, ..)
            | K::IsDay(a, ..)
            | K::Shift(a, ..)
            | K::Held(a, _) => $f(a),
            K::And(a, b)
            | K::Or(a, b)
            | K::Compare(_, a, b)
            | K::Otherwise(a, b)
            | K::InList(a, b)
            | K::Contains(a, b)
            | K::StartsWith(a, b)
            | K::Arithmetic(_, a, b) => {
                $f(a);
                $f(b);
            }
            K::At(a, b, c) => {
                $f(a);
                $f(b);
                if let Some(c) = c {
                    $f(c);
                }
            }
            K::List(all) => all.$iter().for_each($f),
            K::Count(h, _) | K::Sum(h, _) | K::Last(h, _) | K::First(h, _) => {
                if let Some(c) = &$($mut)? h.condition {
                    $f(c);
                }
            }
            K::Each { list, condition, .. } => {
                $f(list);
                if let Some(c) = condition {
                    $f(c);
                }
            }
        }
    }};
}

/// Calls `f` on every part that `e` is made of, one level down. Conditions of histories are parts too.
pub fn children<'e>(e: &'e Expr, f: &mut dyn FnMut(&'e Expr)) {
    on_children!(e, f, iter);
}

/// Likewise, to change them.
pub fn children_mut(e: &mut Expr, f: &mut dyn FnMut(&mut Expr)) {
    on_children!(e, f, iter_mut, mut);
}

/// Whether some part of `e`, or `e` itself, is so.
pub fn any(e: &Expr, is: &dyn Fn(&Expr) -> bool) -> bool {
    if is(e) {
        return true;
    }
    let mut found = false;
    children(e, &mut |c| found = found || any(c, is));
    found
}

/// Calls `f` on `e` and on every part of it, the whole first.
pub fn each<'e>(e: &'e Expr, f: &mut dyn FnMut(&'e Expr)) {
    f(e);
    children(e, &mut |c| each(c, f));
}

/// Whether a part was wrong and has been reported.
pub fn is_poisoned(e: &Expr) -> bool {
    any(e, &|e| matches!(e.kind, ExprKind::Poison))
}
