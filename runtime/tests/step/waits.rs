//! Waits, time-outs, collecting, calls and tasks.

use crate::build::*;
use journey_runtime::image::*;
use journey_runtime::input::{EffectKind, InputKind};

/// A journey of one wait and a note.
fn waiting(kind: impl FnOnce(&mut J<'_>) -> PlaceKind) -> (World, u16) {
    let mut b = Build::new();
    let came = b.event("came", &[("amount", Ty::Int)]);
    let (note, other) = (b.message("note", SERVICE), b.message("other", SERVICE));
    let mut j = b.journey("wait");
    j.on(came, None, &[]);
    let kind = kind(&mut j);
    j.stay(kind);
    j.send(note);
    j.finish();
    j.send(other);
    j.finish();
    (b.world(), came)
}

fn timer(due: Due) -> PlaceKind {
    PlaceKind::Timer { due, past: Some(3), next: 1 }
}

#[test]
fn hours_are_elapsed_and_days_are_the_same_time_of_day() {
    // In New York clocks are put forward on 8 March 2026.
    for (span, told) in [(ms(24 * HOUR), "2026-03-08 17:00"), (days(1), "2026-03-08 16:00")] {
        let (mut w, came) = waiting(|_| timer(Due::After(span)));
        w.at("2026-03-07 17:00").moves_to("America/New_York").does(came, &[1]).until("2026-03-20 10:00");
        w.expect_only("sent", &[&format!("{told} wait#1 sent note by email")]);
    }
}

#[test]
fn until_a_time_of_day_is_strictly_after_now() {
    let (mut w, came) = waiting(|j| timer(Due::At(j.b.next_at(9 * HOUR))));
    w.at("2026-03-02 09:00").does(came, &[1]).until("2026-03-20 10:00");
    w.expect_only("sent", &["2026-03-03 09:00 wait#1 sent note by email"]);
}

#[test]
fn a_moment_that_is_past_goes_its_own_way_and_one_that_is_now_goes_on() {
    let until = |moment: &'static str| {
        let (mut w, came) = waiting(|j| timer(Due::At(j.b.constant(Ty::Moment, t(moment) as Word))));
        w.at("2026-03-02 09:00").does(came, &[1]).until("2026-03-20 10:00");
        w.story.effects.iter().map(|effect| w.line(effect)).nth(1).unwrap()
    };
    assert_eq!(until("2026-03-02 08:59"), "2026-03-02 09:00 wait#1 sent other by email");
    assert_eq!(until("2026-03-02 09:00"), "2026-03-02 09:00 wait#1 sent note by email");
    assert_eq!(until("2026-03-02 09:01"), "2026-03-02 09:01 wait#1 sent note by email");
}

#[test]
fn calendar_waits_that_follow_each_other_do_not_drift() {
    let mut b = Build::new();
    let came = b.event("came", &[]);
    let note = b.message("note", SERVICE);
    let zero = b.constant(Ty::Int, 0);
    let mut j = b.journey("monthly");
    j.on(came, None, &[]);
    let round = j.slot("#round", Ty::Int);
    j.it().zeroed.push(round);
    j.step("let", Instr::Let { slot: round, value: zero });
    j.send(note);
    j.wait(months(1));
    j.step("again", Instr::Again { slot: round, times: 4, body: 1 });
    j.finish();
    let mut w = b.world();
    w.at("2026-01-31 10:00").does(came, &[]).until("2026-12-01 00:00");
    let ids: std::collections::BTreeSet<_> = w.story.effects.iter().filter_map(|effect| effect.id).collect();
    assert_eq!(ids.len(), 4, "each round has its own effect id");
    w.expect(&[
        "2026-01-31 10:00 monthly#1 entered",
        "2026-01-31 10:00 monthly#1 sent note by email",
        "2026-02-28 10:00 monthly#1 sent note by email",
        "2026-03-31 10:00 monthly#1 sent note by email",
        "2026-04-30 10:00 monthly#1 sent note by email",
        "2026-05-31 10:00 monthly#1 left at end",
    ]);
}

#[test]
fn other_time_between_calendar_waits_begins_the_count_anew() {
    let mut b = Build::new();
    let came = b.event("came", &[]);
    let note = b.message("note", SERVICE);
    let mut j = b.journey("monthly");
    j.on(came, None, &[]);
    for span in [months(1), ms(HOUR), months(1)] {
        j.wait(span);
    }
    j.send(note);
    j.finish();
    let mut w = b.world();
    w.at("2026-01-31 10:00").does(came, &[]).until("2026-12-01 00:00");
    w.expect_only("sent", &["2026-03-28 11:00 monthly#1 sent note by email"]);
}

#[test]
fn when_the_zone_changes_local_moments_are_worked_out_anew() {
    for (due, told) in [(Some(days(1)), "2026-03-08 16:00"), (None, "2026-03-07 21:00")] {
        let (mut w, came) = waiting(|j| match due {
            Some(span) => timer(Due::After(span)),
            None => timer(Due::At(j.b.next_at(16 * HOUR))),
        });
        w.at("2026-03-07 17:00").does(came, &[1]);
        w.at("2026-03-07 18:00").moves_to("America/New_York").until("2026-03-20 10:00");
        w.expect_only("sent", &[&format!("{told} wait#1 sent note by email")]);
    }
    // The moment is past where the customer is now.
    let (mut w, came) = waiting(|j| timer(Due::At(j.b.next_at(20 * HOUR))));
    w.at("2026-03-07 17:00").does(came, &[1]);
    w.at("2026-03-07 18:00").moves_to("Asia/Tokyo").until("2026-03-20 10:00");
    w.expect_only("sent", &["2026-03-08 11:00 wait#1 sent note by email"]);
}

fn first(due: Due, arms: Vec<WaitArm>) -> PlaceKind {
    PlaceKind::First { due, arms, timeout: 3 }
}

#[test]
fn whichever_comes_first() {
    let world = || waiting(|_| first(Due::After(ms(HOUR)), vec![arm(0, 1)]));
    let (mut w, came) = world();
    // The event that starts a run is not seen by its own waits.
    w.at("2026-03-02 10:00").does(came, &[1]).expect(&["2026-03-02 10:00 wait#1 entered"]);
    w.at("2026-03-02 10:30")
        .does(came, &[1])
        .expect_only("wait#1", &["2026-03-02 10:30 wait#1 sent note by email", "2026-03-02 10:30 wait#1 left at end"]);
    let (mut w, came) = world();
    w.at("2026-03-02 10:00").does(came, &[1]).until("2026-03-02 12:00");
    w.expect_only("sent", &["2026-03-02 11:00 wait#1 sent other by email"]);
    // At one instant the event comes before the time-out.
    let (mut w, came) = world();
    w.at("2026-03-02 10:00").does(came, &[1]).at("2026-03-02 11:00").does(came, &[1]);
    w.expect_only("sent", &["2026-03-02 11:00 wait#1 sent note by email"]);
}

#[test]
fn an_event_whose_where_fails_does_not_end_the_wait() {
    let (mut w, came) = waiting(|j| {
        let large = j.b.event_is(0, 0, Cmp::Ge, 10);
        let on = Occasion::Event(Listener { condition: Some(large), ..hear(0) });
        first(Due::After(ms(HOUR)), vec![WaitArm { on, ..arm(0, 1) }])
    });
    w.at("2026-03-02 10:00")
        .does(came, &[1])
        .at("2026-03-02 10:10")
        .does(came, &[9])
        .at("2026-03-02 10:20")
        .does(came, &[10]);
    w.expect_only("sent", &["2026-03-02 10:20 wait#1 sent note by email"]);
}

#[test]
fn several_that_match_at_one_input_the_first_in_order() {
    let (mut w, came) = waiting(|_| first(Due::After(ms(HOUR)), vec![arm(0, 3), arm(0, 1)]));
    w.at("2026-03-02 10:00")
        .does(came, &[1])
        .does(came, &[1])
        .expect_only("sent", &["2026-03-02 10:00 wait#1 sent other by email"]);
}

#[test]
fn a_wait_looks_forward_only() {
    let mut b = Build::new();
    let came = b.event("came", &[]);
    let note = b.message("note", SERVICE);
    let mut j = b.journey("twice");
    j.on(came, None, &[]);
    j.stay(first(Due::After(ms(HOUR)), vec![arm(came, 1)]));
    j.stay(PlaceKind::First { due: Due::After(ms(HOUR)), arms: vec![arm(came, 2)], timeout: 3 });
    j.send(note);
    j.finish();
    let mut w = b.world();
    w.at("2026-03-02 10:00").does(came, &[]).does(came, &[]).expect_only("sent", &[]);
    w.does(came, &[]).expect_only("sent", &["2026-03-02 10:00 twice#1 sent note by email"]);
}

fn when(j: &mut J<'_>, becomes: bool) -> WaitArm {
    let vip = j.b.profile_is(VIP, Cmp::Eq, 1);
    let slot = becomes.then(|| j.slot("#becomes", Ty::Bool));
    WaitArm { on: Occasion::Condition(vip), becomes: slot, ..arm(0, 1) }
}

#[test]
fn when_a_condition_holds_it_passes_at_once() {
    let (mut w, came) = waiting(|j| {
        let arm = when(j, false);
        first(Due::After(ms(HOUR)), vec![arm])
    });
    w.at("2026-03-02 10:00")
        .becomes(VIP, 1)
        .does(came, &[1])
        .expect_only("sent", &["2026-03-02 10:00 wait#1 sent note by email"]);
    w.becomes(VIP, 0).does(came, &[1]);
    w.at("2026-03-02 10:30").becomes(VIP, 1).expect_only("sent", &["2026-03-02 10:30 wait#2 sent note by email"]);
}

#[test]
fn when_a_condition_becomes_true_it_has_to_be_false_first() {
    let (mut w, came) = waiting(|j| {
        let arm = when(j, true);
        first(Due::After(ms(HOUR)), vec![arm])
    });
    w.at("2026-03-02 10:00").becomes(VIP, 1).does(came, &[1]);
    w.at("2026-03-02 10:10").becomes(VIP, 1).expect_only("sent", &[]);
    w.becomes(VIP, 0).expect_only("sent", &[]);
    w.at("2026-03-02 10:20").becomes(VIP, 1).expect_only("sent", &["2026-03-02 10:20 wait#1 sent note by email"]);
}

#[test]
fn a_condition_of_time_ends_a_wait_at_its_own_instant() {
    let (mut w, came) = waiting(|j| {
        let now = j.b.now_is(Cmp::Ge, t("2026-03-02 10:30"));
        first(Due::After(ms(HOUR)), vec![WaitArm { on: Occasion::Condition(now), ..arm(0, 1) }])
    });
    w.at("2026-03-02 10:00").does(came, &[1]).until("2026-03-03 10:00");
    w.expect_only("sent", &["2026-03-02 10:30 wait#1 sent note by email"]);
}

#[test]
fn an_arm_keeps_what_it_says_of_its_event() {
    let (w, came) = waiting(|j| {
        let slot = j.slot("amount", Ty::Int);
        j.slot("when", Ty::Moment);
        let capture = Capture { fields: vec![(0, slot)], happened_at: Some(1), clear: vec![] };
        first(Due::After(ms(HOUR)), vec![WaitArm { capture, ..arm(0, 1) }])
    });
    let mut image = w.program.image.clone();
    let function = |slot, ty| Function {
        text: String::new(),
        ops: vec![Op::Slot { dst: 0, slot }, Op::Return { a: 0 }],
        regs: 1,
        ty,
        event: None,
        journey: Some(0),
        member: 0,
    };
    image.functions.extend([function(0, Ty::Int), function(1, Ty::Moment)]);
    let count = image.functions.len() as u32;
    image.journeys[0].sends[0].inputs =
        vec![Input { name: "amount".into(), value: count - 2 }, Input { name: "when".into(), value: count - 1 }];
    let mut w = World::new(image);
    w.at("2026-03-02 10:00").does(came, &[1]);
    let event = InputKind::Event { event: came, happened_at: 5, id: None, row: vec![42] };
    w.input(event).expect_only("sent", &["2026-03-02 10:00 wait#1 sent note by email amount=42 when=Moment(5)"]);
}

/// Gathers amounts for an hour, at most 3.
fn collecting() -> (World, u16) {
    let mut b = Build::new();
    let (came, item) = (b.event("came", &[]), b.event("item", &[("amount", Ty::Int), ("name", Ty::Text)]));
    let note = b.message("note", SERVICE);
    let field = |name: &str, ty| ListField {
        name: name.into(),
        path: name.into(),
        currency_path: None,
        ty,
        optional: true,
        bounds: Bounds::default(),
    };
    let ty = Ty::List(Box::new(ListTy {
        fields: vec![field("name", Ty::Text), field("amount", Ty::Int)],
        at_most: 3,
        records: true,
    }));
    let mut j = b.journey("digest");
    j.on(came, None, &[]);
    let list = j.slot("items", ty.clone());
    let kind = PlaceKind::Collect {
        listener: hear(item),
        due: Due::After(ms(HOUR)),
        fields: vec![1, 0],
        list,
        at_most: 3,
        next: 1,
    };
    j.stay(kind);
    j.send(note);
    j.finish();
    let value = b.slot(0, list, ty);
    b.image.journeys[0].sends[0].inputs.push(Input { name: "items".into(), value });
    (b.world(), came)
}

#[test]
fn collecting_ends_in_time() {
    let (mut w, came) = collecting();
    let (x, y) = (w.text("x"), w.text("y"));
    w.at("2026-03-02 10:00").does(came, &[]).does(came + 1, &[1, x]).at("2026-03-02 10:30").does(came + 1, &[2, y]);
    w.until("2026-03-02 12:00").does(came, &[]).until("2026-03-02 14:00").expect_only(
        "sent",
        &[
            "2026-03-02 11:00 digest#1 sent note by email items=[(x,1) (y,2)]",
            "2026-03-02 13:00 digest#2 sent note by email items=[]",
        ],
    );
}

#[test]
fn collecting_ends_early_when_it_is_full() {
    let (mut w, came) = collecting();
    let x = w.text("x");
    w.at("2026-03-02 10:00").does(came, &[]);
    for amount in 1..5 {
        w.does(came + 1, &[amount, x]);
    }
    w.expect_only("sent", &["2026-03-02 10:00 digest#1 sent note by email items=[(x,1) (x,2) (x,3)]"]);
}

/// A call, its answer, and what comes after.
fn calling() -> (World, u16) {
    let mut b = Build::new();
    let came = b.event("came", &[]);
    let (note, failed) = (b.message("note", SERVICE), b.message("failed", SERVICE));
    let field = b.image.events[0].fields.first().cloned();
    assert!(field.is_none());
    let gives = EventField {
        name: "score".into(),
        path: "score".into(),
        currency_path: None,
        ty: Ty::Int,
        optional: false,
        bounds: Bounds::default(),
        default: None,
    };
    b.image.webhooks.push(Webhook {
        name: "rating".into(),
        method: "post".into(),
        url: "https://example.com".into(),
        gives: vec![gives],
        within: ms(HOUR),
        attempts: 3,
    });
    let mut j = b.journey("ask");
    j.on(came, None, &[]);
    let id = j.slot("#id", Ty::Int);
    j.slot("#id2", Ty::Int);
    let score = j.slot("answer.score", Ty::Int);
    j.step("call", Instr::Call { webhook: 0, inputs: vec![], id });
    j.stay(PlaceKind::Answer { webhook: 0, id, slots: vec![Some(score)], next: 2, failed: 4 });
    j.send(note);
    j.finish();
    j.send(failed);
    j.finish();
    let value = b.slot(0, score, Ty::Int);
    b.image.journeys[0].sends[0].inputs.push(Input { name: "score".into(), value });
    (b.world(), came)
}

#[test]
fn a_call_waits_for_its_own_answer() {
    let (mut w, came) = calling();
    w.at("2026-03-02 10:00").does(came, &[]);
    let call = w.story.effects.iter().find_map(|effect| effect.id).unwrap();
    w.at("2026-03-02 10:10")
        .input(InputKind::Answer { call: call + 1, answer: Some(vec![6]) })
        .expect_only("sent", &[]);
    w.input(InputKind::Answer { call, answer: Some(vec![7]) })
        .expect_only("sent", &["2026-03-02 10:10 ask#1 sent note by email score=7"]);
    // It comes again: nobody waits for it.
    w.input(InputKind::Answer { call, answer: Some(vec![8]) }).expect(&[]);
}

#[test]
fn a_call_that_fails_or_is_not_answered_in_time_goes_its_own_way() {
    let (mut w, came) = calling();
    w.at("2026-03-02 10:00").does(came, &[]);
    let call = w.story.effects.iter().find_map(|effect| effect.id).unwrap();
    w.input(InputKind::Answer { call, answer: None })
        .expect_only("sent", &["2026-03-02 10:00 ask#1 sent failed by email"]);
    w.does(came, &[]).until("2026-03-02 12:00").expect_only("sent", &["2026-03-02 11:00 ask#2 sent failed by email"]);
}

/// Work for people; `due` none waits as long as the run lives.
fn tasking(due: Option<Span>) -> (World, u16) {
    let mut b = Build::new();
    let came = b.event("came", &[]);
    let done = b.event("done", &[("task_id", Ty::Text)]);
    b.image.events[usize::from(done)].role = Role::TaskCompleted { task_id: 0 };
    b.image.teams.push("sales".into());
    let text = b.text("call her");
    let (thanks, late) = (b.message("thanks", SERVICE), b.message("late", SERVICE));
    let mut j = b.journey("work");
    j.on(came, None, &[]);
    let id = j.slot("#id", Ty::Int);
    j.slot("#id2", Ty::Int);
    j.step("task", Instr::Task { team: 0, text, due, id: Some(id) });
    j.stay(PlaceKind::Task { id, due, done: 2, late: 4 });
    j.send(thanks);
    j.finish();
    j.send(late);
    j.finish();
    (b.world(), came)
}

#[test]
fn a_task_waits_until_it_is_done_or_due() {
    let (mut w, came) = tasking(Some(days(1)));
    w.at("2026-03-02 10:00").does(came, &[]);
    let task = w.story.effects.iter().find_map(|effect| effect.id).unwrap();
    w.at("2026-03-02 12:00").input(InputKind::TaskDone { task }).expect(&[
        "2026-03-02 10:00 work#1 entered",
        "2026-03-02 10:00 work#1 task call her due 2026-03-03 10:00",
        "2026-03-02 12:00 work#1 sent thanks by email",
        "2026-03-02 12:00 work#1 left at end",
    ]);
    w.does(came, &[]).until("2026-03-10 10:00").expect_only("sent", &["2026-03-03 12:00 work#2 sent late by email"]);
}

#[test]
fn a_task_is_done_by_an_event_that_names_it() {
    let (mut w, came) = tasking(None);
    w.at("2026-03-02 10:00").does(came, &[]);
    let task = w.story.effects.iter().find_map(|effect| effect.id).unwrap();
    let (wrong, right) = (w.text("nonsense"), w.text(&journey_runtime::step::id_text(task)));
    w.at("2027-03-02 10:00").does(came + 1, &[wrong]).does(came + 1, &[right]);
    w.expect_only("sent", &["2027-03-02 10:00 work#1 sent thanks by email"]);
    assert!(matches!(w.story.effects.first().map(|e| &e.kind), None | Some(EffectKind::Left { .. })));
}

#[test]
fn experiments_give_the_same_arm_on_every_entry_and_shares_as_said() {
    let mut b = Build::new();
    let came = b.event("came", &[]);
    let (name, x, y) = (b.text("colour"), b.text("a"), b.text("b"));
    let (red, blue) = (b.message("red", SERVICE), b.message("blue", SERVICE));
    let mut j = b.journey("try");
    j.on(came, None, &[]);
    j.step("experiment", Instr::Experiment { name, arms: vec![(1 << 30, x, 1), (1 << 32, y, 3)] });
    j.send(red);
    j.finish();
    j.send(blue);
    j.finish();
    let image = b.image;
    let mut red = 0;
    for customer in 0..200 {
        let mut w = World::new(image.clone());
        w.id = format!("customer {customer}");
        w.at("2026-03-02 10:00").does(came, &[]).does(came, &[]);
        let sent: Vec<_> = w.story.effects.iter().map(|e| w.line(e)).filter(|l| l.contains("sent")).collect();
        assert_eq!(sent[0].contains("red"), sent[1].contains("red"));
        red += usize::from(sent[0].contains("red"));
    }
    assert!((30..70).contains(&red), "{red} of 200 for a quarter");
}
