//! Order: of runs, of phases, and of what happens at one instant.

use crate::build::*;
use journey_runtime::image::*;

#[test]
fn runs_of_higher_priority_come_first_then_the_older_then_by_name() {
    let mut b = Build::new();
    let (one, two, go) = (b.event("one", &[]), b.event("two", &[]), b.event("go", &[]));
    let note = b.message("note", SERVICE);
    for (name, trigger, priority) in [("a", two, 0), ("b", one, 0), ("c", one, 0), ("d", two, 5), ("e", two, -5)] {
        let mut j = b.journey(name);
        j.it().priority = priority;
        j.on(trigger, None, &[]);
        j.stay(PlaceKind::First { due: Due::After(days(1)), arms: vec![arm(go, 1)], timeout: 1 });
        j.send(note);
        j.finish();
    }
    let image = b.image;
    let mut w = World::new(image.clone());
    w.at("2026-03-02 10:00").does(one, &[]).at("2026-03-02 11:00").does(two, &[]).does(go, &[]);
    w.expect_only(
        "sent",
        &[
            "2026-03-02 11:00 d#1 sent note by email",
            "2026-03-02 11:00 b#1 sent note by email",
            "2026-03-02 11:00 c#1 sent note by email",
            "2026-03-02 11:00 a#1 sent note by email",
            "2026-03-02 11:00 e#1 sent note by email",
        ],
    );
    // The same for timers at one instant.
    let mut w = World::new(image);
    w.at("2026-03-02 10:00").does(one, &[]).does(two, &[]).until("2026-03-10 11:00");
    w.expect_only(
        "sent",
        &[
            "2026-03-03 10:00 d#1 sent note by email",
            "2026-03-03 10:00 b#1 sent note by email",
            "2026-03-03 10:00 c#1 sent note by email",
            "2026-03-03 10:00 a#1 sent note by email",
            "2026-03-03 10:00 e#1 sent note by email",
        ],
    );
}

#[test]
fn each_phase_is_for_all_runs_before_the_next() {
    let mut b = Build::new();
    let (came, go) = (b.event("came", &[]), b.event("go", &[]));
    let note = b.message("note", SERVICE);
    // In the order of their names they would act the other way round.
    let mut j = b.journey("a_new");
    j.on(go, None, &[]);
    j.finish();
    let mut j = b.journey("b_waits");
    j.on(came, None, &[]);
    j.stay(PlaceKind::First { due: Due::After(days(1)), arms: vec![arm(go, 1)], timeout: 1 });
    j.send(note);
    j.finish();
    let mut j = b.journey("c_starts_over");
    j.on(came, None, &[]);
    j.it().start_over.push(StartOver { listener: hear(go), capture: Capture::default() });
    j.wait(days(1));
    j.finish();
    let mut j = b.journey("d_leaves");
    j.on(came, None, &[]);
    j.it().exits.push(Exit { on: Occasion::Event(hear(go)), text: "exit on go".into(), for_good: false, stage: None });
    j.wait(days(1));
    j.finish();
    let mut j = b.journey("e_converts");
    j.on(came, None, &[]);
    j.it().goals.push(Goal { listener: hear(go), within: None, go_on: false });
    j.wait(days(1));
    j.finish();
    let mut w = b.world();
    w.at("2026-03-02 10:00").does(came, &[]);
    w.story.effects.clear();
    w.does(go, &[]).expect(&[
        "2026-03-02 10:00 e_converts#1 converted",
        "2026-03-02 10:00 e_converts#1 left at goal",
        "2026-03-02 10:00 d_leaves#1 left: exit on go",
        "2026-03-02 10:00 c_starts_over#1 started over",
        "2026-03-02 10:00 b_waits#1 sent note by email",
        "2026-03-02 10:00 b_waits#1 left at end",
        "2026-03-02 10:00 a_new#1 entered",
        "2026-03-02 10:00 a_new#1 left at end",
    ]);
}

#[test]
fn at_one_instant_conditions_then_timers_then_triggers_by_the_calendar() {
    let mut b = Build::new();
    let came = b.event("came", &[]);
    let note = b.message("note", SERVICE);
    let nine = b.now_is(Cmp::Ge, t("2026-03-03 09:00"));
    let watch = b.watch(nine);
    let mut j = b.journey("a_daily");
    j.it().priority = 9;
    j.it().triggers.push(Trigger::Every {
        day: DayRule::Week { days: 127, calendar: None },
        at: 9 * HOUR,
        zone: None,
        segment: None,
    });
    j.finish();
    let mut j = b.journey("b_waits");
    j.it().priority = 9;
    j.on(came, None, &[]);
    j.wait(days(1));
    j.send(note);
    j.finish();
    let mut j = b.journey("c_leaves");
    j.on(came, None, &[]);
    j.it().exits.push(Exit {
        on: Occasion::Condition(nine),
        text: "exit when nine".into(),
        for_good: false,
        stage: None,
    });
    j.wait(days(1));
    j.send(note);
    j.finish();
    let mut j = b.journey("d_begins");
    j.it().triggers.push(Trigger::Begins(watch));
    j.finish();
    let mut w = b.world();
    w.at("2026-03-02 09:00").does(came, &[]);
    w.story.effects.clear();
    w.until("2026-03-03 09:00").expect(&[
        "2026-03-03 09:00 c_leaves#1 left: exit when nine",
        "2026-03-03 09:00 d_begins#1 entered",
        "2026-03-03 09:00 d_begins#1 left at end",
        "2026-03-03 09:00 b_waits#1 sent note by email",
        "2026-03-03 09:00 b_waits#1 left at end",
        "2026-03-03 09:00 a_daily#1 entered",
        "2026-03-03 09:00 a_daily#1 left at end",
    ]);
}

#[test]
fn what_a_timer_makes_comes_before_the_next_timer() {
    let mut b = Build::new();
    let came = b.event("came", &[]);
    let note = b.message("note", SERVICE);
    let vip = b.profile_is(VIP, Cmp::Eq, 1);
    let one = b.constant(Ty::Bool, 1);
    let mut j = b.journey("a");
    j.on(came, None, &[]);
    j.wait(days(1));
    j.step("set", Instr::Set { field: VIP, value: one });
    j.finish();
    let mut j = b.journey("b");
    j.on(came, None, &[]);
    j.it().exits.push(Exit {
        on: Occasion::Condition(vip),
        text: "exit when vip".into(),
        for_good: false,
        stage: None,
    });
    j.wait(days(1));
    j.send(note);
    j.finish();
    let mut w = b.world();
    w.at("2026-03-02 09:00")
        .does(came, &[])
        .until("2026-03-04 09:00")
        .expect_only("b#1", &["2026-03-02 09:00 b#1 entered", "2026-03-03 09:00 b#1 left: exit when vip"]);
}

#[test]
fn events_come_before_timers_at_one_instant() {
    let mut b = Build::new();
    let (came, gone) = (b.event("came", &[]), b.event("gone", &[]));
    let note = b.message("note", SERVICE);
    let mut j = b.journey("a");
    j.on(came, None, &[]);
    j.it().exits.push(Exit {
        on: Occasion::Event(hear(gone)),
        text: "exit on gone".into(),
        for_good: false,
        stage: None,
    });
    j.wait(days(1));
    j.send(note);
    j.finish();
    let mut w = b.world();
    w.at("2026-03-02 09:00").does(came, &[]).at("2026-03-03 09:00").does(gone, &[]).until("2026-03-04 09:00");
    w.expect_only("left", &["2026-03-03 09:00 a#1 left: exit on gone"]);
    // An instant later the timer was first.
    w.does(came, &[]).at("2026-03-05 09:01").does(gone, &[]).expect_only("left", &["2026-03-05 09:00 a#2 left at end"]);
}
