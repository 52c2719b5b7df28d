//! Shapes of checked expressions that the rest of the compiler relies on.

use journey_compiler::hir::{Comparison, Const, Expr, ExprKind, Length, Ty};
use journey_compiler::testing;

/// The condition of a segment, in a program with an event and a profile.
#[track_caller]
fn condition(text: &str) -> Expr {
    let program = format!(
        "event bought {{ total: money  note: text? }}\n\
         profile {{ seen_at: moment = 2026-01-01 at 09:00 in \"UTC\"  renewal: date = 2026-01-01  visits: int = 0  rating: number = 0 \
         price: money = 0 EUR  share: percent = 0 percent }}\n\
         segment s = {text}\n"
    );
    let checked = testing::check(&program, &[], journey_stdlib::packs());
    assert!(checked.diagnostics.is_empty(), "{text}\n{}", testing::render(&checked));
    checked.program.segments[0].condition.clone()
}

/// How many moments a count keeps.
#[track_caller]
fn kept(text: &str) -> u32 {
    match condition(text).kind {
        ExprKind::Compare(_, l, _) => match l.kind {
            ExprKind::Count(_, keep) => keep,
            other => panic!("{text}: {other:?}"),
        },
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn a_count_keeps_as_many_moments_as_decide_its_comparison() {
    assert_eq!(kept("count(bought in last 7 days) >= 3"), 3);
    assert_eq!(kept("count(bought in last 7 days) > 3"), 4);
    assert_eq!(kept("count(bought in last 7 days) == 3"), 4);
    assert_eq!(kept("count(bought in last 7 days) != 3"), 4);
    assert_eq!(kept("count(bought in last 7 days) < 3"), 3);
    assert_eq!(kept("count(bought in last 7 days) <= 3"), 4);
    assert_eq!(kept("3 <= count(bought in last 7 days)"), 3);
    assert_eq!(kept("count(bought in last 7 days) >= 32"), 32);
    assert_eq!(kept("count(bought in last 7 days) == 0"), 1);
    assert_eq!(kept("count(bought in last 7 days by day) >= 3"), 0);
    assert_eq!(kept("count(bought) >= 4_000"), 0);
}

/// A comparison, and whether its left side is the clock alone; the right side's shift.
#[track_caller]
fn clock(text: &str) -> (Comparison, Option<(Length, bool)>) {
    let ExprKind::Compare(op, l, r) = condition(text).kind else { panic!("{text}") };
    assert!(matches!(l.kind, ExprKind::Now | ExprKind::Today), "{text}: {l:?}");
    match r.kind {
        ExprKind::Shift(_, length, back) => (op, Some((length, back))),
        _ => (op, None),
    }
}

#[test]
fn the_clock_stands_alone_on_the_left() {
    let days = |days| Length { days, ..Length::default() };
    assert_eq!(clock("now - profile.seen_at > 3 days"), (Comparison::Greater, Some((days(3), false))));
    assert_eq!(clock("profile.seen_at - now < 3 days"), (Comparison::Greater, Some((days(3), true))));
    assert_eq!(clock("profile.seen_at < now - 3 days"), (Comparison::Greater, Some((days(3), false))));
    assert_eq!(clock("now + 3 days >= profile.seen_at"), (Comparison::GreaterEqual, Some((days(3), true))));
    assert_eq!(clock("3 days < now - profile.seen_at"), (Comparison::Greater, Some((days(3), false))));
    assert_eq!(clock("today >= profile.renewal - 10 days"), (Comparison::GreaterEqual, Some((days(10), true))));
    assert_eq!(clock("profile.renewal == today"), (Comparison::Equal, None));
    assert_eq!(clock("today - profile.renewal <= 1 day"), (Comparison::LessEqual, Some((days(1), false))));
}

#[test]
fn both_sides_of_a_comparison_are_of_one_kind() {
    for (text, ty) in [
        ("profile.visits > 2.5", Ty::Number),
        ("profile.rating > 2", Ty::Number),
        ("profile.rating > profile.visits", Ty::Number),
        ("profile.price * 2 > 3 EUR", Ty::Money("EUR".into())),
        ("2 * profile.price > 3 EUR", Ty::Money("EUR".into())),
        ("profile.price / 2 EUR > 3", Ty::Number),
        ("profile.share * profile.price > 3 EUR", Ty::Money("EUR".into())),
        ("profile.share + 5 percent > 10 percent", Ty::Percent),
        ("profile.visits / 2 > 3", Ty::Number),
        ("profile.visits + 2 > 3", Ty::Int),
    ] {
        let ExprKind::Compare(_, l, r) = condition(text).kind else { panic!("{text}") };
        assert_eq!((&l.ty.ty, &r.ty.ty), (&ty, &ty), "{text}");
    }
}

#[test]
fn amounts_and_shares_are_exact() {
    let right = |text: &str| match condition(text).kind {
        ExprKind::Compare(_, _, r) => match r.kind {
            ExprKind::Const(c) => c,
            other => panic!("{text}: {other:?}"),
        },
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(right("profile.price > 1_000.50 EUR"), Const::Money(1_000_500_000));
    assert_eq!(right("profile.price > 10 EUR + 0.000001 EUR"), Const::Money(10_000_001));
    assert_eq!(right("profile.share > 12.5 percent"), Const::Number(0.125));
    assert_eq!(right("profile.visits > -3"), Const::Int(-3));
}
