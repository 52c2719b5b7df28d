//! Who comes in.

use crate::build::*;
use journey_runtime::image::*;
use journey_runtime::input::InputKind;

/// A journey with a key that waits an hour and then writes; its event carries key and amount.
fn keyed(change: impl FnOnce(&mut J<'_>, u16)) -> (World, u16) {
    let mut b = Build::new();
    let event = b.event("added", &[("cart", Ty::Text), ("amount", Ty::Int)]);
    let note = b.message("note", SERVICE);
    let mut j = b.journey("cart");
    let key = j.slot("cart.id", Ty::Text);
    j.slot("cart.amount", Ty::Int);
    j.it().key = Some(key);
    j.it().at_once = Some(2);
    j.on(event, None, &[(0, 0), (1, 1)]);
    j.wait(ms(HOUR));
    j.send(note);
    j.finish();
    change(&mut j, event);
    (b.world(), event)
}

#[test]
fn while_a_run_with_the_key_is_alive_every_entry_is_refused() {
    let (mut w, added) = keyed(|_, _| {});
    let (a, b) = (w.text("a"), w.text("b"));
    w.at("2026-03-02 10:00").does(added, &[a, 1]);
    w.at("2026-03-02 10:10").does(added, &[a, 1]).does(added, &[b, 1]);
    w.until("2026-03-02 12:00").expect(&[
        "2026-03-02 10:00 cart#1 entered a",
        "2026-03-02 10:10 cart#0 refused entry: already in",
        "2026-03-02 10:10 cart#2 entered b",
        "2026-03-02 11:00 cart#1 sent note by email",
        "2026-03-02 11:00 cart#1 left at end",
        "2026-03-02 11:10 cart#2 sent note by email",
        "2026-03-02 11:10 cart#2 left at end",
    ]);
}

#[test]
fn an_entry_above_the_number_at_once_is_refused() {
    let (mut w, added) = keyed(|_, _| {});
    let (a, b, c) = (w.text("a"), w.text("b"), w.text("c"));
    w.at("2026-03-02 10:00").does(added, &[a, 1]).does(added, &[b, 1]).does(added, &[c, 1]);
    w.expect(&[
        "2026-03-02 10:00 cart#1 entered a",
        "2026-03-02 10:00 cart#2 entered b",
        "2026-03-02 10:00 cart#0 refused entry: too many runs",
    ]);
    // Once one has ended there is room.
    w.at("2026-03-02 11:00").does(added, &[c, 1]).expect(&["2026-03-02 11:00 cart#0 refused entry: too many runs"]);
    w.at("2026-03-02 11:01").does(added, &[c, 1]).expect_only("entered", &["2026-03-02 11:01 cart#3 entered c"]);
}

#[test]
fn without_its_key_nobody_comes_in() {
    let (mut w, added) = keyed(|_, _| {});
    w.at("2026-03-02 10:00").does(added, &[MISSING, 1]).expect(&["2026-03-02 10:00 cart#0 refused entry: no key"]);
}

#[test]
fn a_trigger_whose_condition_fails_is_no_refusal() {
    let (mut w, added) = keyed(|j, event| {
        let condition = j.b.event_is(event, 1, Cmp::Ge, 20);
        let Trigger::Event { listener, .. } = &mut j.it().triggers[0] else { return };
        listener.condition = Some(condition);
    });
    let a = w.text("a");
    w.at("2026-03-02 10:00").does(added, &[a, 19]).expect(&[]);
    w.does(added, &[a, 20]).expect(&["2026-03-02 10:00 cart#1 entered a"]);
}

#[test]
fn only_if_comes_before_dates_rollout_and_key() {
    let (mut w, added) = keyed(|j, _| {
        let vip = j.b.profile_is(VIP, Cmp::Eq, 1);
        j.it().only_if = Some(vip);
        j.it().window = (Some(d("2026-03-03")), Some(d("2026-03-04")));
        j.it().rollout = Some(0);
    });
    let a = w.text("a");
    w.at("2026-03-02 10:00").does(added, &[a, 1]).expect(&["2026-03-02 10:00 cart#0 refused entry: only if"]);
    w.becomes(VIP, 1).does(added, &[a, 1]).expect(&["2026-03-02 10:00 cart#0 refused entry: outside dates"]);
    w.at("2026-03-04 23:59").does(added, &[a, 1]).expect(&["2026-03-04 23:59 cart#0 refused entry: not in rollout"]);
    w.at("2026-03-05 00:00").does(added, &[a, 1]).expect(&["2026-03-05 00:00 cart#0 refused entry: outside dates"]);
}

#[test]
fn dates_are_the_customers() {
    let (mut w, added) = keyed(|j, _| j.it().window = (Some(d("2026-03-03")), None));
    let a = w.text("a");
    w.at("2026-03-02 15:59").moves_to("Asia/Shanghai").does(added, &[a, 1]);
    w.expect(&["2026-03-02 15:59 cart#0 refused entry: outside dates"]);
    w.at("2026-03-02 16:00").does(added, &[a, 1]).expect(&["2026-03-02 16:00 cart#1 entered a"]);
}

#[test]
fn a_rollout_lets_in_a_share_of_customers_and_always_the_same() {
    let enters = |customer: &str| {
        let (mut w, added) = keyed(|j, _| j.it().rollout = Some(1 << 30));
        w.id = customer.into();
        let a = w.text("a");
        w.at("2026-03-02 10:00").does(added, &[a, 1]);
        w.line(&w.story.effects[0]).contains("entered")
    };
    let share = (0..200).filter(|n| enters(&format!("customer {n}"))).count();
    assert!((30..70).contains(&share), "{share} of 200 for a quarter");
    assert_eq!(enters("customer 7"), enters("customer 7"));
}

/// A keyless journey that ends when its event's amount comes: entry and end in one instant.
fn short(reentry: ReEntry) -> (World, u16) {
    let mut b = Build::new();
    let event = b.event("came", &[]);
    let mut j = b.journey("short");
    j.it().reentry = reentry;
    j.on(event, None, &[]);
    j.wait(ms(HOUR));
    j.finish();
    (b.world(), event)
}

#[test]
fn re_entry_never() {
    let (mut w, came) = short(ReEntry::Never { remember: 1 });
    w.at("2026-03-02 10:00").does(came, &[]);
    w.at("2031-03-02 10:00").does(came, &[]).expect(&[
        "2026-03-02 10:00 short#1 entered",
        "2026-03-02 11:00 short#1 left at end",
        "2031-03-02 10:00 short#0 refused entry: re-entry",
    ]);
}

#[test]
fn re_entry_after_finishing() {
    let (mut w, came) = short(ReEntry::AfterFinishing);
    w.at("2026-03-02 10:00").does(came, &[]);
    w.at("2026-03-02 11:00").does(came, &[]);
    w.at("2026-03-02 11:00").does(came, &[]).until("2026-03-02 11:00").does(came, &[]).expect(&[
        "2026-03-02 10:00 short#1 entered",
        "2026-03-02 11:00 short#0 refused entry: already in",
        "2026-03-02 11:00 short#0 refused entry: already in",
        "2026-03-02 11:00 short#1 left at end",
        "2026-03-02 11:00 short#2 entered",
    ]);
}

#[test]
fn re_entry_so_long_after_entry() {
    let (mut w, came) = short(ReEntry::AfterEntry(days(7)));
    w.at("2026-03-02 10:00").does(came, &[]);
    w.at("2026-03-09 09:59").does(came, &[]);
    w.at("2026-03-09 10:00").does(came, &[]).expect_only(
        "e",
        &[
            "2026-03-02 10:00 short#1 entered",
            "2026-03-02 11:00 short#1 left at end",
            "2026-03-09 09:59 short#0 refused entry: re-entry",
            "2026-03-09 10:00 short#2 entered",
        ],
    );
}

#[test]
fn re_entry_so_long_after_exit() {
    let (mut w, came) = short(ReEntry::AfterExit(days(7)));
    w.at("2026-03-02 10:00").does(came, &[]);
    w.at("2026-03-09 10:59").does(came, &[]);
    w.at("2026-03-09 11:00").does(came, &[]).expect(&[
        "2026-03-02 10:00 short#1 entered",
        "2026-03-02 11:00 short#1 left at end",
        "2026-03-09 10:59 short#0 refused entry: re-entry",
        "2026-03-09 11:00 short#2 entered",
    ]);
}

#[test]
fn never_with_a_key_remembers_so_many_keys_and_forgets_the_oldest() {
    let (mut w, added) = keyed(|j, _| j.it().reentry = ReEntry::Never { remember: 2 });
    let keys = ["a", "b", "c"].map(|key| w.text(key));
    w.at("2026-03-02 10:00");
    for (hour, key) in keys.iter().enumerate() {
        w.at(&format!("2026-03-02 1{}:00", 2 * hour)).does(added, &[*key, 1]);
    }
    w.until("2026-03-02 20:00").expect_only(
        "entered",
        &[
            "2026-03-02 10:00 cart#1 entered a",
            "2026-03-02 12:00 cart#2 entered b",
            "2026-03-02 14:00 cart#3 entered c",
        ],
    );
    w.does(added, &[keys[1], 1]).expect(&["2026-03-02 20:00 cart#0 refused entry: re-entry"]);
    w.does(added, &[keys[0], 1]).expect(&["2026-03-02 20:00 cart#4 entered a"]);
    assert!(w.story.told.iter().any(|text| text.contains("oldest is forgotten")));
}

#[test]
fn what_nobody_asks_for_any_more_is_not_kept() {
    let (mut w, came) = short(ReEntry::AfterFinishing);
    w.at("2026-03-02 10:00").does(came, &[]);
    assert!(w.state.len() > journey_runtime::state::records_at(&w.program.layout, &w.state));
    w.until("2026-03-02 11:00");
    assert_eq!(w.state.len(), journey_runtime::state::records_at(&w.program.layout, &w.state));
}

#[test]
fn a_repeated_message_id_changes_nothing() {
    let (mut w, came) = short(ReEntry::AfterFinishing);
    let event = |id| InputKind::Event { event: came, happened_at: t("2026-03-02 10:00"), id: Some(id), row: vec![] };
    w.at("2026-03-02 10:00").input(event(1));
    let state = w.state.clone();
    w.input(event(1)).expect(&["2026-03-02 10:00 short#1 entered"]);
    assert_eq!(w.state, state);
    w.input(event(2)).expect(&["2026-03-02 10:00 short#0 refused entry: already in"]);
}

#[test]
fn the_first_trigger_that_matches_is_the_one_that_is_asked() {
    let mut b = Build::new();
    let event = b.event("came", &[("amount", Ty::Int)]);
    let (large, small) = (b.event_is(event, 0, Cmp::Ge, 10), b.event_is(event, 0, Cmp::Ge, 1));
    let note = b.message("note", SERVICE);
    let mut j = b.journey("two");
    let (x, y) = (j.slot("x", Ty::Int), j.slot("y", Ty::Int));
    j.on(event, Some(large), &[(0, x)]);
    j.on(event, Some(small), &[(0, y)]);
    j.send(note);
    j.finish();
    let inputs = [(x, "x"), (y, "y")].map(|(slot, name)| Input { name: name.into(), value: b.slot(0, slot, Ty::Int) });
    b.image.journeys[0].sends[0].inputs = inputs.to_vec();
    let mut w = b.world();
    w.at("2026-03-02 10:00").does(event, &[20]).does(event, &[5]).does(event, &[0]).expect_only(
        "sent",
        &[
            "2026-03-02 10:00 two#1 sent note by email x=20 y=missing",
            "2026-03-02 10:00 two#2 sent note by email x=missing y=5",
        ],
    );
}

#[test]
fn a_first_sight_counts_as_was_false() {
    let mut b = Build::new();
    let event = b.event("came", &[]);
    let (vip, not) = (b.profile_is(VIP, Cmp::Eq, 1), b.profile_is(VIP, Cmp::Eq, 0));
    let (vip, not) = (b.watch(vip), b.watch(not));
    for (name, trigger) in
        [("begins", Trigger::Begins(vip)), ("ceases", Trigger::Ceases(vip)), ("plain", Trigger::Begins(not))]
    {
        let mut j = b.journey(name);
        j.it().triggers.push(trigger);
        j.finish();
    }
    let mut w = b.world();
    w.at("2026-03-02 10:00").does(event, &[]).expect_only("entered", &["2026-03-02 10:00 plain#1 entered"]);
    w.becomes(VIP, 1).expect_only("entered", &["2026-03-02 10:00 begins#1 entered"]);
    w.becomes(VIP, 1).expect(&[]);
    w.becomes(VIP, 0)
        .expect_only("entered", &["2026-03-02 10:00 ceases#1 entered", "2026-03-02 10:00 plain#2 entered"]);
}

#[test]
fn a_condition_of_time_starts_runs_at_its_own_instant() {
    let mut b = Build::new();
    let event = b.event("came", &[]);
    let later = b.now_is(Cmp::Ge, t("2026-03-02 12:34"));
    let later = b.watch(later);
    let mut j = b.journey("later");
    j.it().triggers.push(Trigger::Begins(later));
    j.finish();
    let mut w = b.world();
    w.at("2026-03-02 10:00").does(event, &[]);
    assert_eq!(w.next_wake().as_deref(), Some("2026-03-02 12:34"));
    w.until("2026-03-05 10:00").expect_only("entered", &["2026-03-02 12:34 later#1 entered"]);
}

/// A journey triggered by the calendar.
fn every(trigger: Trigger) -> (World, u16) {
    let mut b = Build::new();
    let event = b.event("came", &[]);
    b.text("UTC");
    let birthday = b.profile("birthday", Ty::Date, MISSING);
    assert_eq!(birthday, 5);
    let vip = b.profile_is(VIP, Cmp::Eq, 1);
    b.image.segments.push(Segment { name: "vips".into(), condition: vip });
    let mut j = b.journey("every");
    j.it().triggers.push(trigger);
    j.finish();
    (b.world(), event)
}

const MONDAYS: DayRule = DayRule::Week { days: 1, calendar: None };

#[test]
fn by_the_calendar_from_first_sight_on_in_the_customers_zone() {
    let (mut w, came) = every(Trigger::Every { day: MONDAYS, at: 9 * HOUR, zone: None, segment: None });
    w.until("2026-02-10 10:00").expect(&[]);
    // Monday at nine itself: the next one is a week away.
    w.at("2026-03-02 09:00").does(came, &[]).moves_to("Asia/Kathmandu");
    w.until("2026-03-20 00:00")
        .expect_only("entered", &["2026-03-09 03:15 every#1 entered", "2026-03-16 03:15 every#2 entered"]);
}

#[test]
fn by_the_calendar_only_members_of_the_segment_at_that_moment() {
    let (mut w, came) = every(Trigger::Every { day: MONDAYS, at: 9 * HOUR, zone: None, segment: Some(0) });
    w.at("2026-03-02 09:00").does(came, &[]);
    w.at("2026-03-10 09:00").becomes(VIP, 1);
    w.at("2026-03-16 09:00").becomes(SCORE, 1);
    w.at("2026-03-17 09:00").becomes(VIP, 0);
    w.until("2026-03-30 00:00").expect_only("entered", &["2026-03-16 09:00 every#1 entered"]);
}

#[test]
fn by_the_calendar_at_most_once_per_local_date() {
    let day = DayRule::Week { days: 0b111_1111, calendar: None };
    let (mut w, came) = every(Trigger::Every { day, at: 9 * HOUR, zone: None, segment: None });
    w.at("2026-03-02 00:00").does(came, &[]).moves_to("Asia/Tokyo");
    w.until("2026-03-03 01:00").expect_only("entered", &["2026-03-03 00:00 every#1 entered"]);
    // Where the customer is now it becomes nine on 3 March once more.
    w.moves_to("America/New_York").until("2026-03-04 20:00");
    w.expect_only("entered", &["2026-03-04 14:00 every#2 entered"]);
}

#[test]
fn by_the_calendar_in_a_zone_of_its_own() {
    let (mut w, came) = every(Trigger::Every { day: MONDAYS, at: 9 * HOUR, zone: Some(0), segment: None });
    w.at("2026-03-02 10:00").does(came, &[]).moves_to("Asia/Tokyo");
    w.until("2026-03-10 10:00").expect_only("entered", &["2026-03-09 09:00 every#1 entered"]);
}

#[test]
fn every_month_on_the_31st_is_its_last_day() {
    let (mut w, came) = every(Trigger::Every { day: DayRule::Month(31), at: 9 * HOUR, zone: None, segment: None });
    w.at("2026-01-15 10:00").does(came, &[]).until("2026-05-01 00:00").expect_only(
        "entered",
        &[
            "2026-01-31 09:00 every#1 entered",
            "2026-02-28 09:00 every#2 entered",
            "2026-03-31 09:00 every#3 entered",
            "2026-04-30 09:00 every#4 entered",
        ],
    );
}

#[test]
fn a_birthday_comes_once_a_year_wherever_one_moves() {
    let (mut w, came) = every(Trigger::Anniversary { field: 5, at: 9 * HOUR, zone: None });
    w.at("2026-01-15 10:00").does(came, &[]).becomes(5, d("2000-07-04") as Word).moves_to("Pacific/Kiritimati");
    w.until("2026-07-03 20:00").expect_only("entered", &["2026-07-03 19:00 every#1 entered"]);
    w.moves_to("Pacific/Honolulu").until("2027-07-03 20:00").expect(&[]);
    // A corrected birthday of this year does not come again either.
    w.becomes(5, d("2000-02-29") as Word).until("2028-02-28 12:00").expect(&[]);
    w.until("2029-01-01 00:00").expect_only("entered", &["2028-02-29 19:00 every#2 entered"]);
}

#[test]
fn start_over_begins_again_from_the_top_with_the_new_context() {
    let mut b = Build::new();
    let added = b.event("added", &[("cart", Ty::Text), ("amount", Ty::Int)]);
    let changed = b.event("changed", &[("cart", Ty::Text), ("amount", Ty::Int)]);
    let note = b.message("note", SERVICE);
    let mut j = b.journey("cart");
    let (key, amount) = (j.slot("cart.id", Ty::Text), j.slot("cart.amount", Ty::Int));
    j.it().key = Some(key);
    j.on(added, None, &[(0, key), (1, amount)]);
    let listener = Listener { key: Some(0), ..hear(changed) };
    let capture = Capture { fields: vec![(0, key), (1, amount)], ..Capture::default() };
    j.it().start_over.push(StartOver { listener, capture });
    // The event that starts over is taken by it and not offered to the triggers.
    j.on(changed, None, &[(0, key), (1, amount)]);
    j.it().reentry = ReEntry::AfterEntry(days(1));
    j.wait(ms(2 * HOUR));
    j.send(note);
    j.finish();
    let value = b.slot(0, amount, Ty::Int);
    b.image.journeys[0].sends[0].inputs.push(Input { name: "amount".into(), value });
    let mut w = b.world();
    let (x, y) = (w.text("x"), w.text("y"));
    w.at("2026-03-02 10:00").does(added, &[x, 1]);
    w.at("2026-03-02 11:30").does(changed, &[x, 2]).does(changed, &[y, 9]);
    w.at("2026-03-03 10:30").does(added, &[x, 3]).expect(&[
        "2026-03-02 10:00 cart#1 entered x",
        "2026-03-02 11:30 cart#1 started over",
        "2026-03-02 11:30 cart#2 entered y",
        "2026-03-02 13:30 cart#1 sent note by email amount=2",
        "2026-03-02 13:30 cart#1 left at end",
        "2026-03-02 13:30 cart#2 sent note by email amount=9",
        "2026-03-02 13:30 cart#2 left at end",
        // It counted as a new entry.
        "2026-03-03 10:30 cart#0 refused entry: re-entry",
    ]);
    w.at("2026-03-03 11:30").does(added, &[x, 3]).expect(&["2026-03-03 11:30 cart#3 entered x"]);
}

#[test]
fn start_over_forgets_what_steps_have_kept_and_makes_new_effect_ids() {
    let mut b = Build::new();
    let came = b.event("came", &[]);
    let again = b.event("again", &[]);
    let note = b.message("note", SERVICE);
    let mut j = b.journey("twice");
    let kept = j.slot("kept", Ty::Int);
    j.on(came, None, &[]);
    j.it().start_over.push(StartOver { listener: hear(again), capture: Capture::default() });
    j.send(note);
    let one = j.b.constant(Ty::Int, 1);
    j.step("let", Instr::Let { slot: kept, value: one });
    j.wait(ms(HOUR));
    j.finish();
    let value = b.slot(0, kept, Ty::Int);
    b.image.journeys[0].sends[0].inputs.push(Input { name: "kept".into(), value });
    let mut w = b.world();
    w.at("2026-03-02 10:00").does(came, &[]).does(again, &[]);
    let ids: Vec<_> = w.story.effects.iter().filter_map(|effect| effect.id).collect();
    assert_eq!(ids.len(), 2);
    assert_ne!(ids[0], ids[1]);
    w.expect_only(
        "sent",
        &[
            "2026-03-02 10:00 twice#1 sent note by email kept=missing",
            "2026-03-02 10:00 twice#1 sent note by email kept=missing",
        ],
    );
}

#[test]
fn update_replaces_the_context_and_works_out_waits_until_a_moment_anew() {
    let mut b = Build::new();
    let booked = b.event("booked", &[("day", Ty::Moment)]);
    let moved = b.event("moved", &[("day", Ty::Moment)]);
    let (note, late) = (b.message("note", SERVICE), b.message("late", SERVICE));
    let mut j = b.journey("trip");
    let day = j.slot("trip.day", Ty::Moment);
    j.on(booked, None, &[(0, day)]);
    j.on(moved, None, &[(0, day)]);
    j.it()
        .updates
        .push(Update { listener: hear(moved), capture: Capture { fields: vec![(0, day)], ..Capture::default() } });
    let until = j.b.slot(0, day, Ty::Moment);
    j.stay(PlaceKind::Timer { due: Due::At(until), past: Some(3), next: 1 });
    j.send(note);
    j.finish();
    j.send(late);
    j.finish();
    let mut w = b.world();
    w.at("2026-03-02 10:00").does(booked, &[t("2026-03-05 10:00") as Word]);
    w.at("2026-03-03 10:00").does(moved, &[t("2026-03-10 10:00") as Word]);
    w.until("2026-03-12 10:00").expect(&[
        "2026-03-02 10:00 trip#1 entered",
        "2026-03-03 10:00 trip#1 updated",
        "2026-03-10 10:00 trip#1 sent note by email",
        "2026-03-10 10:00 trip#1 left at end",
    ]);
    // A moment that is past after it was worked out anew goes the way of what is past.
    w.does(booked, &[t("2026-03-15 10:00") as Word]);
    w.at("2026-03-13 10:00").does(moved, &[t("2026-03-11 10:00") as Word]);
    w.expect(&[
        "2026-03-12 10:00 trip#2 entered",
        "2026-03-13 10:00 trip#2 updated",
        "2026-03-13 10:00 trip#2 sent late by email",
        "2026-03-13 10:00 trip#2 left at end",
    ]);
    // Nobody is in: the event is offered to the trigger.
    w.does(moved, &[t("2026-03-15 10:00") as Word]).expect(&["2026-03-13 10:00 trip#3 entered"]);
}

/// `go to` from one journey with a parameter to another with a key.
fn handoff() -> (World, u16) {
    let mut b = Build::new();
    let came = b.event("came", &[("amount", Ty::Int)]);
    let note = b.message("note", SERVICE);
    let mut j = b.journey("first");
    let amount = j.slot("amount", Ty::Int);
    j.on(came, None, &[(0, amount)]);
    let value = j.b.slot(0, amount, Ty::Int);
    j.step("go to", Instr::GoTo { journey: 1, args: vec![Some(value)] });
    j.finish();
    let mut j = b.journey("second");
    let param = j.slot("param", Ty::Int);
    j.it().params = 1;
    j.it().key = Some(param);
    j.it().at_once = Some(5);
    j.it().reentry = ReEntry::Never { remember: 10 };
    j.it().triggers.push(Trigger::HandOff(0));
    j.wait(ms(HOUR));
    j.send(note);
    j.finish();
    (b.world(), came)
}

#[test]
fn a_hand_off_ends_this_run_and_starts_that_one() {
    let (mut w, came) = handoff();
    w.at("2026-03-02 10:00").does(came, &[7]).until("2026-03-02 12:00").expect(&[
        "2026-03-02 10:00 first#1 entered",
        "2026-03-02 10:00 first#1 left to second",
        "2026-03-02 10:00 second#1 entered 7 from first",
        "2026-03-02 11:00 second#1 sent note by email",
        "2026-03-02 11:00 second#1 left at end",
    ]);
    // Re-entry is not asked.
    w.does(came, &[7]).expect_only(
        "second",
        &["2026-03-02 12:00 first#2 left to second", "2026-03-02 12:00 second#2 entered 7 from first"],
    );
}

#[test]
fn a_hand_off_to_a_key_whose_run_is_alive_joins_it() {
    let (mut w, came) = handoff();
    w.at("2026-03-02 10:00").does(came, &[7]);
    w.at("2026-03-02 10:30").does(came, &[7]).until("2026-03-02 12:00").expect_only(
        "second",
        &[
            "2026-03-02 10:00 first#1 left to second",
            "2026-03-02 10:00 second#1 entered 7 from first",
            "2026-03-02 10:30 first#2 left to second",
            "2026-03-02 10:30 second#1 joined 7 from first",
            "2026-03-02 11:00 second#1 sent note by email",
            "2026-03-02 11:00 second#1 left at end",
        ],
    );
}

#[test]
fn hand_offs_in_a_circle_end() {
    let mut b = Build::new();
    let came = b.event("came", &[]);
    for (name, to) in [("a", 1), ("b", 0)] {
        let mut j = b.journey(name);
        j.on(came, None, &[]);
        j.it().triggers.push(Trigger::HandOff(to));
        j.step("go to", Instr::GoTo { journey: to, args: vec![] });
        j.finish();
    }
    let mut w = b.world();
    w.at("2026-03-02 10:00")
        .does(came, &[])
        .expect_only("fuel", &["2026-03-02 10:00 a#51 left: out of fuel", "2026-03-02 10:00 b#101 left: out of fuel"]);
}
