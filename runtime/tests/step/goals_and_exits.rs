//! Goals, exits, the longest life, and what is done on leaving.

use crate::build::*;
use journey_runtime::image::*;

/// A journey with a goal within 3 days that waits a day; `go_on` continues after the goal.
fn with_goal(within: Option<Span>, go_on: bool, wait: Span) -> (World, u16, u16) {
    let mut b = Build::new();
    let (came, bought) = (b.event("came", &[("cart", Ty::Text)]), b.event("bought", &[("cart", Ty::Text)]));
    let note = b.message("note", SERVICE);
    let mut j = b.journey("cart");
    let key = j.slot("cart.id", Ty::Text);
    j.it().key = Some(key);
    j.it().at_once = Some(5);
    j.on(came, None, &[(0, key)]);
    j.it().goals.push(Goal { listener: Listener { key: Some(0), ..hear(bought) }, within, go_on });
    j.wait(wait);
    j.send(note);
    j.finish();
    (b.world(), came, bought)
}

#[test]
fn a_goal_in_time_converts_and_ends_the_run_with_its_key() {
    let (mut w, came, bought) = with_goal(Some(days(3)), false, days(1));
    let (x, y) = (w.text("x"), w.text("y"));
    w.at("2026-03-02 10:00").does(came, &[x]).does(came, &[y]);
    w.at("2026-03-02 11:00").does(bought, &[y]).does(bought, &[MISSING]);
    w.until("2026-03-09 10:00").expect(&[
        "2026-03-02 10:00 cart#1 entered x",
        "2026-03-02 10:00 cart#2 entered y",
        "2026-03-02 11:00 cart#2 converted",
        "2026-03-02 11:00 cart#2 left at goal",
        "2026-03-03 10:00 cart#1 sent note by email",
        "2026-03-03 10:00 cart#1 left at end",
    ]);
}

#[test]
fn a_goal_converts_once_also_after_the_last_step() {
    let (mut w, came, bought) = with_goal(Some(days(3)), false, days(1));
    let x = w.text("x");
    w.at("2026-03-02 10:00").does(came, &[x]);
    w.at("2026-03-05 10:00").does(bought, &[x]).does(bought, &[x]);
    w.until("2026-03-09 10:00").expect_only("convert", &["2026-03-05 10:00 cart#1 converted"]);
}

#[test]
fn after_its_time_a_goal_is_no_conversion() {
    let (mut w, came, bought) = with_goal(Some(days(3)), false, days(1));
    let x = w.text("x");
    w.at("2026-03-02 10:00").does(came, &[x]);
    w.at("2026-03-05 10:01").does(bought, &[x]).expect_only("convert", &[]);
    // What was kept for it is gone.
    assert_eq!(w.state.len(), journey_runtime::state::records_at(&w.program.layout, &w.state));
}

#[test]
fn after_its_time_a_goal_still_ends_a_run_that_is_alive() {
    let (mut w, came, bought) = with_goal(Some(days(3)), false, days(10));
    let x = w.text("x");
    w.at("2026-03-02 10:00").does(came, &[x]);
    w.at("2026-03-06 10:00").does(bought, &[x]);
    w.expect(&["2026-03-02 10:00 cart#1 entered x", "2026-03-06 10:00 cart#1 left at goal, late"]);
}

#[test]
fn a_goal_that_continues_counts_once_and_goes_on() {
    let (mut w, came, bought) = with_goal(Some(days(3)), true, days(1));
    let x = w.text("x");
    w.at("2026-03-02 10:00").does(came, &[x]);
    w.at("2026-03-02 11:00").does(bought, &[x]).does(bought, &[x]);
    w.until("2026-03-09 10:00").expect(&[
        "2026-03-02 10:00 cart#1 entered x",
        "2026-03-02 11:00 cart#1 converted",
        "2026-03-03 10:00 cart#1 sent note by email",
        "2026-03-03 10:00 cart#1 left at end",
    ]);
}

#[test]
fn a_goal_without_a_time_counts_while_the_run_lives() {
    let (mut w, came, bought) = with_goal(None, false, days(1));
    let x = w.text("x");
    w.at("2026-03-02 10:00").does(came, &[x]);
    w.at("2026-03-04 10:00").does(bought, &[x]).expect_only("convert", &[]);
    w.does(came, &[x]);
    w.at("2026-03-04 11:00").does(bought, &[x]).expect_only("convert", &["2026-03-04 11:00 cart#2 converted"]);
}

#[test]
fn start_over_begins_the_time_of_the_goal_anew() {
    let (mut image, came, bought) = {
        let (w, came, bought) = with_goal(Some(days(3)), true, days(2));
        (w.program.image.clone(), came, bought)
    };
    let listener = Listener { key: Some(0), ..hear(came) };
    image.journeys[0].start_over.push(StartOver { listener, capture: Capture::default() });
    let mut w = World::new(image);
    let x = w.text("x");
    w.at("2026-03-02 10:00").does(came, &[x]).does(bought, &[x]);
    w.at("2026-03-04 09:00").does(came, &[x]);
    w.at("2026-03-07 08:00").does(bought, &[x]);
    w.expect_only("converted", &["2026-03-02 10:00 cart#1 converted", "2026-03-07 08:00 cart#1 converted"]);
}

#[test]
fn goals_of_all_runs_come_before_exits_of_any() {
    let mut b = Build::new();
    let (came, bought) = (b.event("came", &[]), b.event("bought", &[]));
    for name in ["a", "b"] {
        let mut j = b.journey(name);
        j.on(came, None, &[]);
        j.it().goals.push(Goal { listener: hear(bought), within: Some(days(1)), go_on: name == "a" });
        j.it().exits.push(Exit {
            on: Occasion::Event(hear(bought)),
            text: "exit on bought".into(),
            for_good: false,
            stage: None,
        });
        j.wait(days(1));
        j.finish();
    }
    let mut w = b.world();
    w.at("2026-03-02 10:00").does(came, &[]).does(bought, &[]).expect(&[
        "2026-03-02 10:00 a#1 entered",
        "2026-03-02 10:00 b#1 entered",
        "2026-03-02 10:00 a#1 converted",
        "2026-03-02 10:00 b#1 converted",
        "2026-03-02 10:00 b#1 left at goal",
        "2026-03-02 10:00 a#1 left: exit on bought",
    ]);
}

/// A journey that waits a day and has this exit.
fn with_exit(exit: impl FnOnce(&mut J<'_>, u16) -> Exit) -> (World, u16, u16) {
    let mut b = Build::new();
    let (came, gone) = (b.event("came", &[]), b.event("gone", &[("amount", Ty::Int)]));
    let note = b.message("note", SERVICE);
    let mut j = b.journey("stay");
    j.on(came, None, &[]);
    j.it().stages.push(Stage { name: "early".into(), parent: None });
    j.it().stages.push(Stage { name: "inner".into(), parent: Some(0) });
    let exit = exit(&mut j, gone);
    j.it().exits.push(exit);
    j.stage = Some(1);
    j.wait(days(1));
    j.send(note);
    j.stage = None;
    j.wait(days(1));
    j.send(note);
    j.finish();
    (b.world(), came, gone)
}

#[test]
fn an_exit_ends_the_run_at_once_wherever_it_is() {
    let (mut w, came, gone) = with_exit(|j, gone| {
        let large = j.b.event_is(gone, 0, Cmp::Ge, 10);
        let on = Occasion::Event(Listener { condition: Some(large), ..hear(gone) });
        Exit { on, text: "exit on gone".into(), for_good: false, stage: None }
    });
    w.at("2026-03-02 10:00").does(came, &[]);
    w.at("2026-03-02 11:00").does(gone, &[9]);
    w.at("2026-03-02 12:00").does(gone, &[10]).does(came, &[]);
    w.expect(&[
        "2026-03-02 10:00 stay#1 entered",
        "2026-03-02 12:00 stay#1 left: exit on gone",
        "2026-03-02 12:00 stay#2 entered",
    ]);
}

#[test]
fn an_exit_for_good_bars_the_key() {
    let (mut w, came, gone) = with_exit(|_, gone| Exit {
        on: Occasion::Event(hear(gone)),
        text: "exit for good on gone".into(),
        for_good: true,
        stage: None,
    });
    w.at("2026-03-02 10:00").does(came, &[]).does(gone, &[1]);
    w.at("2036-03-02 10:00").does(came, &[]).expect_only(
        "20",
        &[
            "2026-03-02 10:00 stay#1 entered",
            "2026-03-02 10:00 stay#1 left: exit for good on gone",
            "2036-03-02 10:00 stay#0 refused entry: barred for good",
        ],
    );
}

#[test]
fn an_exit_of_a_stage_holds_in_it_and_in_what_it_holds() {
    let (mut w, came, gone) = with_exit(|_, gone| Exit {
        on: Occasion::Event(hear(gone)),
        text: "exit on gone".into(),
        for_good: false,
        stage: Some(0),
    });
    w.at("2026-03-02 10:00").does(came, &[]);
    w.at("2026-03-03 11:00").does(gone, &[1]);
    w.until("2026-03-05 10:00").expect_only("left", &["2026-03-04 10:00 stay#1 left at end"]);
    w.does(came, &[]).does(gone, &[1]).expect_only("left", &["2026-03-05 10:00 stay#2 left: exit on gone"]);
}

#[test]
fn an_exit_when_a_condition_holds_is_asked_at_every_input_on_entry_and_at_its_own_instant() {
    let exit = |condition| Exit {
        on: Occasion::Condition(condition),
        text: "exit when vip".into(),
        for_good: false,
        stage: None,
    };
    let (mut w, came, _) = with_exit(|j, _| exit(j.b.profile_is(VIP, Cmp::Eq, 1)));
    w.at("2026-03-02 10:00").does(came, &[]);
    w.at("2026-03-02 11:00").becomes(VIP, 1).does(came, &[]).expect(&[
        "2026-03-02 10:00 stay#1 entered",
        "2026-03-02 11:00 stay#1 left: exit when vip",
        "2026-03-02 11:00 stay#2 entered",
        "2026-03-02 11:00 stay#2 left: exit when vip",
    ]);
    let (mut w, came, _) = with_exit(|j, _| exit(j.b.now_is(Cmp::Ge, t("2026-03-03 10:00"))));
    w.at("2026-03-02 10:00").does(came, &[]);
    // At one instant conditions change before timers: nothing is sent.
    w.until("2026-03-09 10:00")
        .expect(&["2026-03-02 10:00 stay#1 entered", "2026-03-03 10:00 stay#1 left: exit when vip"]);
}

#[test]
fn an_exit_of_a_stage_that_holds_on_arrival_acts_before_the_first_effect_there() {
    let mut b = Build::new();
    let came = b.event("came", &[]);
    let note = b.message("note", SERVICE);
    let vip = b.profile_is(VIP, Cmp::Eq, 1);
    let mut j = b.journey("stay");
    j.on(came, None, &[]);
    j.it().stages.push(Stage { name: "late".into(), parent: None });
    j.it().exits.push(Exit {
        on: Occasion::Condition(vip),
        text: "exit when vip".into(),
        for_good: false,
        stage: Some(0),
    });
    j.send(note);
    j.stage = Some(0);
    j.send(note);
    j.finish();
    let mut w = b.world();
    w.at("2026-03-02 10:00").becomes(VIP, 1).does(came, &[]).expect(&[
        "2026-03-02 10:00 stay#1 entered",
        "2026-03-02 10:00 stay#1 sent note by email",
        "2026-03-02 10:00 stay#1 left: exit when vip",
    ]);
}

#[test]
fn a_run_lasts_at_most_as_long_as_a_policy_allows() {
    let (w, came, _) = with_exit(|_, gone| Exit {
        on: Occasion::Event(hear(gone)),
        text: String::new(),
        for_good: false,
        stage: None,
    });
    let mut image = w.program.image.clone();
    image.journeys[0].lasts = Some(days(1));
    let mut w = World::new(image);
    w.at("2026-03-02 10:00").does(came, &[]).until("2026-03-09 10:00");
    w.expect(&["2026-03-02 10:00 stay#1 entered", "2026-03-03 10:00 stay#1 left: lasted too long"]);
}

#[test]
fn on_leaving_runs_at_any_end_and_nothing_holds_it_back() {
    let mut b = Build::new();
    let (came, gone) = (b.event("came", &[]), b.event("gone", &[]));
    let bye = b.message("bye", SERVICE);
    let always = b.constant(Ty::Bool, 1);
    let mut j = b.journey("stay");
    j.on(came, None, &[]);
    let since = j.slot("#paused", Ty::Moment);
    j.it().exits.push(Exit {
        on: Occasion::Event(hear(gone)),
        text: "exit on gone".into(),
        for_good: false,
        stage: None,
    });
    j.it().pauses.push(Pause {
        on: Occasion::Condition(always),
        until: None,
        text: "pause".into(),
        at_most: None,
        then_exit: false,
        stage: None,
        since,
    });
    j.wait(days(1));
    j.finish();
    let quiet = j.b.rule(RuleKind::Quiet { from: 0, to: 12 * HOUR }, Over::Hold(None));
    let leaving = j.send_by(bye, &[EMAIL], &[]);
    j.it().on_leaving = Some(leaving);
    j.send_by(bye, &[EMAIL], &[quiet]);
    j.finish();
    let mut w = b.world();
    w.at("2026-03-02 10:00").does(came, &[]).does(gone, &[]).does(came, &[]).until("2026-03-03 10:00").expect(&[
        "2026-03-02 10:00 stay#1 entered",
        "2026-03-02 10:00 stay#1 sent bye by email",
        "2026-03-02 10:00 stay#1 refused bye by email: quiet hours",
        "2026-03-02 10:00 stay#1 left: exit on gone",
        "2026-03-02 10:00 stay#2 entered",
        "2026-03-03 10:00 stay#2 sent bye by email",
        "2026-03-03 10:00 stay#2 refused bye by email: quiet hours",
        "2026-03-03 10:00 stay#2 left at end",
    ]);
}

#[test]
fn a_run_that_a_newer_one_has_replaced_converts_no_more() {
    let mut b = Build::new();
    let (came, bought) = (b.event("came", &[]), b.event("bought", &[]));
    let mut j = b.journey("a");
    j.on(came, None, &[]);
    j.it().goals.push(Goal { listener: hear(bought), within: Some(days(3)), go_on: true });
    j.step("emit", Instr::Emit { event: bought, fields: vec![] });
    j.wait(ms(HOUR));
    j.finish();
    let mut image = b.image;
    // The first run does not reach its goal; the second emits it at the instant it comes in.
    let mut w = World::new({
        image.journeys[0].code[0] = Instr::Nop;
        image.clone()
    });
    w.at("2026-03-02 10:00").does(came, &[]).until("2026-03-02 12:00");
    let state = w.state.clone();
    image.journeys[0].code[0] = Instr::Emit { event: bought, fields: vec![] };
    let mut w = World::new(image);
    w.state = state;
    w.at("2026-03-02 12:00").does(came, &[]).expect(&[
        "2026-03-02 12:00 a#2 entered",
        "2026-03-02 12:00 a#2 emitted bought",
        "2026-03-02 12:00 a#2 converted",
    ]);
}
