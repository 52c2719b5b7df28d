//! Inputs that runs make, effect ids, and what has no end.

use crate::build::*;
use journey_runtime::image::*;
use journey_runtime::input::{Effect, EffectKind, Input as In, InputKind, Value};
use journey_runtime::step::step;

#[test]
fn set_is_an_input_of_its_own_after_the_present_one() {
    let mut b = Build::new();
    let came = b.event("came", &[]);
    let (before, after) = (b.message("before", SERVICE), b.message("after", SERVICE));
    let high = b.profile_is(SCORE, Cmp::Ge, 1);
    let watch = b.watch(high);
    let one = b.constant(Ty::Int, 1);
    let mut j = b.journey("a");
    j.on(came, None, &[]);
    j.step("set", Instr::Set { field: SCORE, value: one });
    // The run itself still sees what was.
    j.step("if", Instr::Unless { condition: high, to: 3 });
    j.send(after);
    j.send(before);
    j.finish();
    let mut j = b.journey("b");
    j.it().triggers.push(Trigger::Begins(watch));
    j.finish();
    let mut j = b.journey("c");
    j.on(came, None, &[]);
    j.finish();
    let mut w = b.world();
    w.at("2026-03-02 10:00").does(came, &[]).expect(&[
        "2026-03-02 10:00 a#1 entered",
        "2026-03-02 10:00 a#1 set score = 1",
        "2026-03-02 10:00 a#1 sent before by email",
        "2026-03-02 10:00 a#1 left at end",
        "2026-03-02 10:00 c#1 entered",
        "2026-03-02 10:00 c#1 left at end",
        "2026-03-02 10:00 b#1 entered",
        "2026-03-02 10:00 b#1 left at end",
    ]);
}

#[test]
fn emit_is_an_input_of_its_own_with_its_fields() {
    let mut b = Build::new();
    let came = b.event("came", &[]);
    let made = b.event("made", &[("amount", Ty::Int), ("other", Ty::Int)]);
    b.image.events[usize::from(made)].fields[1].default = Some(9);
    let five = b.constant(Ty::Int, 5);
    let mut j = b.journey("a");
    j.on(came, None, &[]);
    j.step("emit", Instr::Emit { event: made, fields: vec![Some(five), None] });
    j.finish();
    let note = b.message("note", SERVICE);
    let mut j = b.journey("b");
    let (x, y) = (j.slot("x", Ty::Int), j.slot("y", Ty::Int));
    j.on(made, None, &[(0, x), (1, y)]);
    j.send(note);
    j.finish();
    for (slot, name) in [(x, "x"), (y, "y")] {
        let value = b.slot(1, slot, Ty::Int);
        b.image.journeys[1].sends[0].inputs.push(Input { name: name.into(), value });
    }
    let mut w = b.world();
    w.at("2026-03-02 10:00").does(came, &[]);
    let emitted = w.story.effects.iter().find_map(|effect| match &effect.kind {
        EffectKind::Emitted { fields, .. } => Some(fields.clone()),
        _ => None,
    });
    assert_eq!(emitted, Some(vec![("amount".into(), Value::Int(5)), ("other".into(), Value::Int(9))]));
    w.expect_only("sent", &["2026-03-02 10:00 b#1 sent note by email x=5 y=9"]);
}

#[test]
fn events_that_make_each_other_without_end_are_stopped() {
    let mut b = Build::new();
    let came = b.event("came", &[]);
    let other = b.event("other", &[]);
    let mut j = b.journey("a");
    j.on(came, None, &[]);
    j.step("emit", Instr::Emit { event: came, fields: vec![] });
    j.finish();
    let mut j = b.journey("b");
    j.on(other, None, &[]);
    j.wait(ms(HOUR));
    j.finish();
    let mut w = b.world();
    w.at("2026-03-02 10:00")
        .does(other, &[])
        .does(came, &[])
        .expect_only("fuel", &["2026-03-02 10:00 a#1001 left: out of fuel"]);
    // The customer is not stuck.
    w.until("2026-03-02 12:00").expect(&["2026-03-02 11:00 b#1 left at end"]);
}

#[test]
fn a_run_that_turns_in_circles_is_ended_and_reported() {
    let mut b = Build::new();
    let came = b.event("came", &[]);
    let mut j = b.journey("a");
    j.on(came, None, &[]);
    j.step("jump", Instr::Jump(0));
    let mut w = b.world();
    w.at("2026-03-02 10:00")
        .does(came, &[])
        .expect(&["2026-03-02 10:00 a#1 entered", "2026-03-02 10:00 a#1 left: out of fuel"]);
}

#[test]
fn waits_for_what_is_past_in_circles_end_too() {
    let mut b = Build::new();
    let came = b.event("came", &[]);
    let past = b.constant(Ty::Moment, 0);
    let mut j = b.journey("a");
    j.on(came, None, &[]);
    j.stay(PlaceKind::Timer { due: Due::At(past), past: None, next: 1 });
    j.step("jump", Instr::Jump(0));
    let mut w = b.world();
    w.at("2026-03-02 10:00").does(came, &[]).expect_only("left", &["2026-03-02 10:00 a#1 left: out of fuel"]);
}

#[test]
fn effect_ids_are_the_same_on_every_replay_and_differ_by_customer() {
    let ids = |customer: &str| {
        let mut b = Build::new();
        let came = b.event("came", &[]);
        let note = b.message("note", SERVICE);
        let mut j = b.journey("a");
        j.on(came, None, &[]);
        j.send(note);
        j.send(note);
        j.finish();
        let mut w = b.world();
        w.id = customer.into();
        w.at("2026-03-02 10:00").does(came, &[]).does(came, &[]);
        w.story.effects.iter().filter_map(|effect| effect.id).collect::<Vec<_>>()
    };
    assert_eq!(ids("ana"), ids("ana"));
    let all: std::collections::BTreeSet<_> = ids("ana").into_iter().chain(ids("bo")).collect();
    assert_eq!(all.len(), 8);
}

#[test]
fn only_what_goes_out_has_an_id() {
    let mut b = Build::new();
    let came = b.event("came", &[]);
    let note = b.message("note", MARKETING);
    let mut j = b.journey("a");
    j.on(came, None, &[]);
    j.send(note);
    j.finish();
    let mut w = b.world();
    w.at("2026-03-02 10:00").does(came, &[]).agrees(MARKETING, true).does(came, &[]);
    for effect in &w.story.effects {
        assert_eq!(effect.id.is_some(), matches!(effect.kind, EffectKind::Sent { .. }), "{effect:?}");
    }
}

#[test]
fn inputs_that_fit_nothing_change_nothing() {
    let mut b = Build::new();
    let came = b.event("came", &[("amount", Ty::Int)]);
    let mut j = b.journey("a");
    j.on(came, None, &[]);
    j.wait(ms(HOUR));
    j.finish();
    let mut w = b.world();
    w.at("2026-03-02 10:00").does(came, &[1]);
    let state = w.state.clone();
    w.input(InputKind::Event { event: 99, happened_at: 0, id: None, row: vec![] });
    w.input(InputKind::Profile { id: None, changes: vec![(99, 1)] });
    w.input(InputKind::Consent { purpose: 99, channel: None, granted: true });
    w.input(InputKind::Consent { purpose: 0, channel: Some(99), granted: true });
    w.input(InputKind::Answer { call: 7, answer: Some(vec![1, 2, 3]) });
    w.input(InputKind::TaskDone { task: 7 });
    assert_eq!(w.state, state);
    w.does(came, &[1, 2]).expect(&[
        "2026-03-02 10:00 a#1 entered",
        "2026-03-02 10:00 -#0 rejected came: its row has another form than the program knows",
    ]);
}

#[test]
fn a_stamp_before_the_latest_one_is_read_as_the_latest() {
    let mut b = Build::new();
    let came = b.event("came", &[]);
    let mut j = b.journey("a");
    j.on(came, None, &[]);
    j.wait(ms(HOUR));
    j.finish();
    let mut w = b.world();
    w.at("2026-03-02 10:00")
        .does(came, &[])
        .until("2026-03-02 11:00")
        .expect_only("left", &["2026-03-02 11:00 a#1 left at end"]);
    w.at("2026-03-02 09:00").does(came, &[]).expect(&["2026-03-02 11:00 a#2 entered"]);
}

#[test]
fn effects_may_be_thrown_away_or_gathered() {
    let mut b = Build::new();
    let came = b.event("came", &[]);
    let mut j = b.journey("a");
    j.on(came, None, &[]);
    j.finish();
    let mut w = b.world();
    let mut effects: Vec<Effect> = vec![];
    let customer = journey_runtime::step::Customer { id: "ana" };
    let input = In { seen: 0, kind: InputKind::Event { event: came, happened_at: 0, id: None, row: vec![] } };
    step(&w.program, &mut w.pool, &mut w.scratch, &customer, &mut w.state, &input, &mut effects);
    assert_eq!(effects.len(), 2);
    step(&w.program, &mut w.pool, &mut w.scratch, &customer, &mut w.state, &input, &mut ());
}
