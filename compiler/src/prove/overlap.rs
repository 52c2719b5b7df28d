//! Arms of which two may hold together, so that their order decides.
//!
//! A ladder asks for less and less (`> 200`, then `> 100`): the later arm has the earlier one in it, and that is how ladders are
//! written. Conditions on different values rank them (`gold first, then those with points`). What is left is two ranges of one value
//! that share a part and neither has the other in it (`between 0 and 10`, then `between 10 and 20`): that is rarely meant.

use super::evaluate::{Sight, allowed};
use super::knowledge::Knowledge;
use super::ranges::Ranges;
use crate::expr::facts::mirrored;
use crate::hir::{Comparison, Const, Expr, ExprKind, Program, Ty};
use journey_grammar::span::Span;
use journey_runtime::report::words;

/// Two arms, and what both take.
#[derive(Debug, Clone)]
pub struct Overlap {
    /// The condition of the arm that comes first.
    pub first: Span,
    /// That of the other.
    pub second: Span,
    /// The values that both take, in words; none where there are none for them.
    pub both: Option<String>,
}

/// A condition as ranges of values: it holds when each value is in its range.
#[derive(Debug, Default)]
struct Bands<'e>(Vec<(&'e Expr, Ranges)>);

/// A value, the range an arm asks for, and what was known of it then.
type Band<'e> = (&'e Expr, Ranges, Ranges);

/// The arms that were asked so far.
#[derive(Debug, Default)]
pub struct Arms<'e> {
    /// Where each stands, its ranges, and what was known of the values then.
    asked: Vec<(Span, Vec<Band<'e>>)>,
}

impl<'e> Arms<'e> {
    /// One more arm is asked, when this is known. Gives the first arm that it overlaps with.
    pub fn ask(&mut self, sight: &Sight, k: &Knowledge, condition: &'e Expr) -> Option<Overlap> {
        let mut bands = Bands::default();
        if !bands.all(sight, condition) || bands.0.is_empty() {
            return None;
        }
        let found = self.asked.iter().find_map(|(first, arm)| {
            let (of, both) = overlap(arm, &bands.0)?;
            Some(Overlap { first: *first, second: condition.span, both: said(sight.program, of, &both) })
        });
        let known = bands.0.into_iter().map(|(of, is)| (of, is, sight.value(k, of).is));
        self.asked.push((condition.span, known.collect()));
        found
    }
}

/// The value in whose ranges two arms overlap, and what both take of it; all other values they take alike.
fn overlap<'e>(first: &[Band<'e>], second: &[(&'e Expr, Ranges)]) -> Option<(&'e Expr, Ranges)> {
    if first.len() != second.len() {
        return None;
    }
    let mut found = None;
    for (of, is, known) in first {
        let (_, other) = second.iter().find(|(other, _)| other == of)?;
        let (is, other) = (is.meet(known), other.meet(known));
        if is == other {
            continue;
        }
        let both = is.meet(&other);
        if found.is_some() || both.is_empty() || both == is || both == other {
            return None;
        }
        found = Some((*of, both));
    }
    found
}

impl<'e> Bands<'e> {
    /// Takes a condition in; `false` when it asks for anything else.
    fn all(&mut self, sight: &Sight, e: &'e Expr) -> bool {
        match &e.kind {
            ExprKind::And(a, b) => self.all(sight, a) && self.all(sight, b),
            // What is compared is there.
            ExprKind::IsKnown(_) => true,
            _ => {
                let Some((of, is)) = band(sight, e) else { return false };
                match self.0.iter_mut().find(|(other, _)| *other == of) {
                    Some((_, other)) => *other = other.meet(&is),
                    None => self.0.push((of, is)),
                }
                true
            }
        }
    }
}

/// A condition on one value as its range.
fn band<'e>(sight: &Sight, e: &'e Expr) -> Option<(&'e Expr, Ranges)> {
    let two = |a, b| {
        let ((of, a), (other, b)) = (band(sight, a)?, band(sight, b)?);
        (of == other).then_some((of, a, b))
    };
    match &e.kind {
        ExprKind::Not(a) => band(sight, a).map(|(of, is)| (of, is.rest())),
        ExprKind::And(a, b) => two(a, b).map(|(of, a, b)| (of, a.meet(&b))),
        ExprKind::Or(a, b) => two(a, b).map(|(of, a, b)| (of, a.join(&b))),
        ExprKind::Compare(op, a, b) => {
            let (of, op, constant) = match (&a.kind, &b.kind) {
                (ExprKind::Const(_), ExprKind::Const(_)) => return None,
                (_, ExprKind::Const(c)) => (a, *op, c),
                (ExprKind::Const(c), _) => (b, mirrored(*op), c),
                _ => return None,
            };
            let ordered = !matches!(of.ty.ty, Ty::Text | Ty::Zone | Ty::List(_) | Ty::Poison);
            let orderly = ordered || matches!(op, Comparison::Equal | Comparison::NotEqual);
            orderly.then(|| Some((&**of, allowed(op, &sight.constant(constant)?))))?
        }
        ExprKind::InSubtree(a, facet, node) => Some((a, sight.subtree(*facet, *node))),
        ExprKind::InList(a, list) => Some((a, sight.listed(list)?)),
        ExprKind::InSegment(_) => Some((e, Ranges::one(1))),
        _ if e.ty.ty == Ty::Bool && sight.place(e).is_some() => Some((e, Ranges::one(1))),
        _ => None,
    }
}

/// Values in words.
fn said(program: &Program, of: &Expr, both: &Ranges) -> Option<String> {
    let ty = match &of.kind {
        ExprKind::ToNumber(_) => return None,
        _ => &of.ty.ty,
    };
    let one = |n: i64| {
        Some(match ty {
            Ty::Int => n.to_string(),
            Ty::Money(currency) => format!("{} {currency}", words::decimal(n, 0)),
            Ty::Date => program.const_text(&Const::Date(n)),
            Ty::Time => program.const_text(&Const::Time(n)),
            Ty::Enum(id) => program.const_text(&Const::Enum(*id, u16::try_from(n).ok()?)),
            Ty::Facet(id) => program.const_text(&Const::Node(*id, u32::try_from(n).ok()?)),
            _ => return None,
        })
    };
    let listed = matches!(ty, Ty::Enum(_) | Ty::Facet(_));
    // `> 100 EUR` begins a millionth above it.
    let whole = |n: i64| !matches!(ty, Ty::Money(_)) || n % 10_000 == 0;
    let piece = |(low, high): (i64, i64)| {
        // What nothing bounds is far away.
        let (least, most) = (low > i64::MIN / 4, high < i64::MAX / 4);
        let (from, to) = (
            if whole(low) { ("from", one(low)) } else { ("above", one(low - 1)) },
            if whole(high) { ("to", one(high)) } else { ("below", one(high + 1)) },
        );
        Some(match (least, most) {
            (true, true) if low == high => format!("for {}", one(low)?),
            (true, true) if listed => {
                format!("for {}", (low..=high).map(one).collect::<Option<Vec<_>>>()?.join(", "))
            }
            (true, true) => {
                let and = match (from.0, to.0) {
                    ("from", "to") => "to",
                    ("from", _) => "to below",
                    (_, "to") => "up to",
                    _ => "and below",
                };
                format!("{} {} {and} {}", from.0, from.1?, to.1?)
            }
            (true, false) if whole(low) => format!("from {} on", from.1?),
            (true, false) => format!("above {}", from.1?),
            (false, true) if whole(high) => format!("up to {}", to.1?),
            (false, true) => format!("below {}", to.1?),
            (false, false) => return None,
        })
    };
    let pieces = both.pieces().map(piece).collect::<Option<Vec<_>>>()?;
    Some(pieces.join(", "))
}
