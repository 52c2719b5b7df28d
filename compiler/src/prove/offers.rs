//! Offers that a next best action never chooses: there is always another one that comes before them.

use super::evaluate::Sight;
use super::flow::{Claim, Of, What};
use super::knowledge::Knowledge;
use crate::hir::{Expr, ExprKind, Offer, OfferId, Operation, Program, Send, StepKind};
use std::collections::BTreeMap;

/// Candidates that are never chosen where this is known, and the one that comes before each; none: they are never eligible here.
pub fn never_chosen(sight: &Sight, k: &Knowledge, candidates: &[(OfferId, Expr)]) -> Vec<(OfferId, Option<OfferId>)> {
    let mut found = Vec::new();
    for (at, (offer, rank)) in candidates.iter().enumerate() {
        let of = &sight.program.offers[*offer];
        let eligible = match &of.eligible {
            Some(eligible) => sight.ways(k.clone(), eligible, true, false).0.unwrap_or_default(),
            None => k.clone(),
        };
        if eligible.never.is_some() {
            found.push((*offer, None));
            continue;
        }
        let before = candidates.iter().enumerate().find(|(other_at, (other, other_rank))| {
            let program = sight.program;
            other != offer
                && is_there(program, &program.offers[*other], of)
                && program.offers[*other].eligible.as_ref().is_none_or(|e| sight.decide(&eligible, e) == Some(true))
                && outranks(sight, &eligible, other_rank, rank, *other_at < at)
        });
        if let Some((_, (other, _))) = before {
            found.push((*offer, Some(*other)));
        }
    }
    found
}

/// Whether an offer, where it is eligible, can be chosen whenever the other one can: it has no limits, is valid as long, and its first
/// send passes wherever the other's does.
fn is_there(program: &Program, offer: &Offer, other: &Offer) -> bool {
    let (Some((send, tags)), Some((other_send, other_tags))) = (first_send(program, offer), first_send(program, other))
    else {
        return false;
    };
    let (message, other_message) = (&program.messages[send.message], &program.messages[other_send.message]);
    offer.limits.is_empty()
        && covers(offer.valid, other.valid)
        && covers(message.valid, other_message.valid)
        && message.purpose == other_message.purpose
        && other_send.channels.iter().all(|c| send.channels.contains(c))
        && program.policies.iter().all(|p| program.in_scope(&p.scope, &tags) == program.in_scope(&p.scope, &other_tags))
}

/// The send that an offer begins with, with its labels and those of its message.
fn first_send<'p>(program: &'p Program, offer: &'p Offer) -> Option<(&'p Send, Vec<(usize, u32)>)> {
    let step = offer.body.first()?;
    let StepKind::Send(send) = &step.kind else { return None };
    Some((send, step.tags.iter().chain(&program.messages[send.message].about.tags).copied().collect()))
}

/// Whether first and last days are around others.
fn covers(days: (Option<i64>, Option<i64>), others: (Option<i64>, Option<i64>)) -> bool {
    let first = days.0.is_none_or(|day| others.0.is_some_and(|other| day <= other));
    let last = days.1.is_none_or(|day| others.1.is_some_and(|other| day >= other));
    first && last
}

/// Whether one rank is always above another; or as high, which is enough for what is declared first.
fn outranks(sight: &Sight, k: &Knowledge, rank: &Expr, other: &Expr, first: bool) -> bool {
    let (a, b) = (sight.value(k, rank), sight.value(k, other));
    if a.missing || b.missing {
        return false;
    }
    let (Some((low, _)), Some((_, high))) = (a.is.ends(), b.is.ends()) else { return false };
    low > high || (first && (low == high || at_least(sight, k, rank, other)))
}

/// Whether one value is never below another, as far as their form shows it: the same things times a greater one.
fn at_least(sight: &Sight, k: &Knowledge, a: &Expr, b: &Expr) -> bool {
    if a == b {
        return true;
    }
    let no_less = |a: &Expr, b: &Expr| {
        let (a, b) = (sight.value(k, a), sight.value(k, b));
        let ends = a.is.ends().zip(b.is.ends());
        !a.missing && !b.missing && ends.is_some_and(|((low, _), (_, high))| low >= high)
    };
    if no_less(a, b) {
        return true;
    }
    let (ExprKind::Arithmetic(op, a1, a2), ExprKind::Arithmetic(other, b1, b2)) = (&a.kind, &b.kind) else {
        return false;
    };
    // What is multiplied with must not be below nothing: numbers are in the order of their bits, where nothing is 0 too.
    let some = |e: &Expr| {
        let value = sight.value(k, e);
        !value.missing && value.is.ends().is_some_and(|(low, _)| low >= 0)
    };
    let times = matches!(op, Operation::ScaleMoney | Operation::MultiplyNumber | Operation::Multiply);
    op == other
        && times
        && [a1, a2, b1, b2].into_iter().all(|e| some(e))
        && at_least(sight, k, a1, b1)
        && at_least(sight, k, a2, b2)
}

/// A claim that an offer is not chosen, and the offer that comes before it there.
type Before<'c> = (&'c Claim, OfferId);

/// An offer that is never chosen, wherever it is asked for, and what comes before it: where, and which.
pub fn nowhere<'c>(program: &Program, claims: &'c [Claim]) -> BTreeMap<OfferId, Vec<Before<'c>>> {
    let mut asked: BTreeMap<OfferId, usize> = BTreeMap::new();
    let mut count = |step: &crate::hir::Step| {
        if let StepKind::NextBest { candidates, .. } = &step.kind {
            candidates.iter().for_each(|(offer, _)| *asked.entry(*offer).or_default() += 1);
        }
    };
    for journey in &program.journeys {
        crate::hir::each_step(&journey.body, &mut count);
    }
    for offer in &program.offers {
        crate::hir::each_step(&offer.body, &mut count);
    }
    let mut never: BTreeMap<OfferId, (usize, Vec<Before>)> = BTreeMap::new();
    for claim in claims.iter().filter(|c| matches!(c.of, Of::Journey(_) | Of::Offer(_))) {
        if let What::NotChosen { offer, before } = &claim.what {
            let entry = never.entry(*offer).or_default();
            entry.0 += 1;
            entry.1.extend(before.map(|before| (claim, before)));
        }
    }
    never.retain(|offer, (times, by)| !by.is_empty() && asked.get(offer) == Some(times));
    never.into_iter().map(|(offer, (_, by))| (offer, by)).collect()
}
