//! Pauses.

use crate::build::*;
use journey_runtime::image::*;

/// Waits an hour, writes, waits an hour, writes; paused while the customer is vip.
fn paused(change: impl FnOnce(&mut J<'_>, &mut Pause)) -> (World, u16) {
    let mut b = Build::new();
    let came = b.event("came", &[]);
    let (one, two) = (b.message("one", SERVICE), b.message("two", SERVICE));
    let vip = b.profile_is(VIP, Cmp::Eq, 1);
    let mut j = b.journey("talk");
    j.on(came, None, &[]);
    let since = j.slot("#paused", Ty::Moment);
    let mut pause = Pause {
        on: Occasion::Condition(vip),
        until: None,
        text: "pause while vip".into(),
        at_most: None,
        then_exit: false,
        stage: None,
        since,
    };
    j.it().stages.push(Stage { name: "early".into(), parent: None });
    j.stage = Some(0);
    j.wait(ms(HOUR));
    j.send(one);
    j.stage = None;
    j.wait(ms(HOUR));
    j.send(two);
    j.finish();
    change(&mut j, &mut pause);
    j.it().pauses.push(pause);
    (b.world(), came)
}

#[test]
fn while_paused_waits_go_on_and_effects_come_first_when_it_ends() {
    let (mut w, came) = paused(|_, _| {});
    w.at("2026-03-02 10:00").does(came, &[]);
    w.at("2026-03-02 10:30").becomes(VIP, 1);
    w.at("2026-03-02 12:30").becomes(VIP, 0);
    // What follows counts from there.
    w.until("2026-03-02 20:00").expect(&[
        "2026-03-02 10:00 talk#1 entered",
        "2026-03-02 11:00 talk#1 paused: pause while vip",
        "2026-03-02 12:30 talk#1 resumed",
        "2026-03-02 12:30 talk#1 sent one by email",
        "2026-03-02 13:30 talk#1 sent two by email",
        "2026-03-02 13:30 talk#1 left at end",
    ]);
}

#[test]
fn a_pause_that_ends_during_a_wait_leaves_no_trace() {
    let (mut w, came) = paused(|_, _| {});
    w.at("2026-03-02 10:00").does(came, &[]);
    w.at("2026-03-02 10:30").becomes(VIP, 1);
    w.at("2026-03-02 10:40").becomes(VIP, 0);
    w.until("2026-03-02 11:00")
        .expect(&["2026-03-02 10:00 talk#1 entered", "2026-03-02 11:00 talk#1 sent one by email"]);
}

#[test]
fn who_comes_in_while_the_condition_holds_is_paused_at_the_first_effect() {
    let (mut w, came) = paused(|_, _| {});
    w.at("2026-03-02 10:00").becomes(VIP, 1).does(came, &[]).until("2026-03-02 11:00");
    w.expect(&["2026-03-02 10:00 talk#1 entered", "2026-03-02 11:00 talk#1 paused: pause while vip"]);
}

#[test]
fn at_most_so_long_then_exit() {
    let (mut w, came) = paused(|_, pause| {
        pause.at_most = Some(ms(2 * HOUR));
        pause.then_exit = true;
    });
    w.at("2026-03-02 10:00").does(came, &[]);
    w.at("2026-03-02 10:30").becomes(VIP, 1);
    w.until("2026-03-02 20:00").expect(&[
        "2026-03-02 10:00 talk#1 entered",
        "2026-03-02 11:00 talk#1 paused: pause while vip",
        "2026-03-02 12:30 talk#1 left: paused too long",
    ]);
}

#[test]
fn at_most_so_long_then_go_on_until_the_condition_has_been_false() {
    let (mut w, came) = paused(|_, pause| pause.at_most = Some(ms(2 * HOUR)));
    w.at("2026-03-02 10:00").does(came, &[]);
    w.at("2026-03-02 10:30").becomes(VIP, 1);
    w.at("2026-03-02 12:40").becomes(VIP, 0).becomes(VIP, 1);
    w.at("2026-03-02 14:00").becomes(SCORE, 1).until("2026-03-02 20:00").expect(&[
        "2026-03-02 10:00 talk#1 entered",
        "2026-03-02 11:00 talk#1 paused: pause while vip",
        "2026-03-02 12:30 talk#1 resumed",
        "2026-03-02 12:30 talk#1 sent one by email",
        // It has been false, and holds again: a new pause.
        "2026-03-02 13:30 talk#1 paused: pause while vip",
        "2026-03-02 14:40 talk#1 resumed",
        "2026-03-02 14:40 talk#1 sent two by email",
        "2026-03-02 14:40 talk#1 left at end",
    ]);
    let (mut w, came) = paused(|_, pause| pause.at_most = Some(ms(2 * HOUR)));
    w.at("2026-03-02 10:00").becomes(VIP, 1).does(came, &[]).until("2026-03-02 20:00").expect_only(
        "sent",
        &["2026-03-02 12:00 talk#1 sent one by email", "2026-03-02 13:00 talk#1 sent two by email"],
    );
}

#[test]
fn from_an_event_until_an_event() {
    let (mut w, came) = paused(|j, pause| {
        let (opened, closed) = (j.b.event("opened", &[]), j.b.event("closed", &[]));
        pause.on = Occasion::Event(hear(opened));
        pause.until = Some(hear(closed));
        pause.text = "pause on opened".into();
    });
    let (opened, closed) = (came + 1, came + 2);
    // Before the run there was no run to pause.
    w.at("2026-03-02 09:00").does(opened, &[]);
    w.at("2026-03-02 10:00").does(came, &[]).until("2026-03-02 11:00");
    w.at("2026-03-02 11:30").does(opened, &[]).does(opened, &[]);
    w.at("2026-03-02 13:00").does(closed, &[]).expect(&[
        "2026-03-02 10:00 talk#1 entered",
        "2026-03-02 11:00 talk#1 sent one by email",
        "2026-03-02 12:00 talk#1 paused: pause on opened",
        "2026-03-02 13:00 talk#1 resumed",
        "2026-03-02 13:00 talk#1 sent two by email",
        "2026-03-02 13:00 talk#1 left at end",
    ]);
}

#[test]
fn a_pause_of_a_stage_holds_only_there() {
    let (mut w, came) = paused(|_, pause| pause.stage = Some(0));
    w.at("2026-03-02 10:00").does(came, &[]);
    w.at("2026-03-02 11:30").becomes(VIP, 1);
    w.until("2026-03-02 12:00").expect_only(
        "sent",
        &["2026-03-02 11:00 talk#1 sent one by email", "2026-03-02 12:00 talk#1 sent two by email"],
    );
    w.does(came, &[])
        .until("2026-03-02 20:00")
        .expect(&["2026-03-02 12:00 talk#2 entered", "2026-03-02 13:00 talk#2 paused: pause while vip"]);
}

#[test]
fn goals_exits_and_start_over_go_on_while_paused() {
    let change = |j: &mut J<'_>, _: &mut Pause| {
        let (gone, again) = (j.b.event("gone", &[]), j.b.event("again", &[]));
        j.it().exits.push(Exit {
            on: Occasion::Event(hear(gone)),
            text: "exit on gone".into(),
            for_good: false,
            stage: None,
        });
        j.it().start_over.push(StartOver { listener: hear(again), capture: Capture::default() });
    };
    let (mut w, came) = paused(change);
    w.at("2026-03-02 10:00").becomes(VIP, 1).does(came, &[]).until("2026-03-02 11:30");
    w.does(came + 2, &[]).until("2026-03-02 13:00").does(came + 1, &[]);
    w.expect(&[
        "2026-03-02 10:00 talk#1 entered",
        "2026-03-02 11:00 talk#1 paused: pause while vip",
        "2026-03-02 11:30 talk#1 started over",
        "2026-03-02 12:30 talk#1 paused: pause while vip",
        "2026-03-02 13:00 talk#1 left: exit on gone",
    ]);
}

#[test]
fn every_kind_of_effect_is_stopped() {
    let stopped = |instr: fn(&mut J<'_>) -> Instr| {
        let mut b = Build::new();
        let came = b.event("came", &[]);
        b.image.teams.push("team".into());
        b.text("work");
        b.image.webhooks.push(Webhook {
            name: "hook".into(),
            method: "post".into(),
            url: String::new(),
            gives: vec![],
            within: ms(HOUR),
            attempts: 1,
        });
        let vip = b.profile_is(VIP, Cmp::Eq, 1);
        let mut j = b.journey("talk");
        j.on(came, None, &[]);
        let (since, id) = (j.slot("#paused", Ty::Moment), j.slot("#id", Ty::Int));
        j.slot("#id2", Ty::Int);
        assert_eq!(id, 1);
        j.it().pauses.push(Pause {
            on: Occasion::Condition(vip),
            until: None,
            text: "vip".into(),
            at_most: None,
            then_exit: false,
            stage: None,
            since,
        });
        let instr = instr(&mut j);
        j.step("effect", instr);
        j.finish();
        if let Instr::GoTo { .. } = j.it().code[0] {
            let mut j = b.journey("talk_more");
            j.it().triggers.push(Trigger::HandOff(0));
            j.finish();
        }
        let mut w = b.world();
        w.at("2026-03-02 10:00")
            .becomes(VIP, 1)
            .does(came, &[])
            .expect(&["2026-03-02 10:00 talk#1 entered", "2026-03-02 10:00 talk#1 paused: vip"]);
        w.becomes(VIP, 0);
        w.story.effects.iter().map(|effect| w.line(effect)).nth(1).unwrap()
    };
    assert_eq!(
        stopped(|j| Instr::Set { field: SCORE, value: j.b.constant(Ty::Int, 7) }),
        "2026-03-02 10:00 talk#1 set score = 7"
    );
    assert_eq!(stopped(|_| Instr::Emit { event: 0, fields: vec![] }), "2026-03-02 10:00 talk#1 emitted came");
    assert_eq!(stopped(|_| Instr::Task { team: 0, text: 0, due: None, id: None }), "2026-03-02 10:00 talk#1 task work");
    assert_eq!(stopped(|_| Instr::Call { webhook: 0, inputs: vec![], id: 1 }), "2026-03-02 10:00 talk#1 called hook");
    assert_eq!(stopped(|_| Instr::GoTo { journey: 1, args: vec![] }), "2026-03-02 10:00 talk#1 left to talk_more");
}
