//! The gates of a send.

use crate::build::*;
use journey_runtime::image::*;
use journey_runtime::input::InputKind;

/// A journey that writes a marketing note by these channels under these rules, and then tells how it went.
fn sending(
    channels: &[u16],
    rules: impl FnOnce(&mut Build) -> Vec<u16>,
    change: impl FnOnce(&mut J<'_>),
) -> (World, u16) {
    let mut b = Build::new();
    let came = b.event("came", &[]);
    let (note, lost) = (b.message("note", MARKETING), b.message("lost", SERVICE));
    let rules = rules(&mut b);
    let mut j = b.journey("write");
    j.it().reentry = ReEntry::AfterFinishing;
    j.on(came, None, &[]);
    j.send_by(note, channels, &rules);
    j.finish();
    j.send(lost);
    j.finish();
    j.it().sends[0].refused = Some(2);
    change(&mut j);
    let mut w = b.world();
    w.at("2026-03-01 00:00").agrees(MARKETING, true);
    (w, came)
}

fn cap(count: u16, window: Window) -> RuleKind {
    RuleKind::Cap(Limit { count, window })
}

const DAILY: Window = Window::Calendar(Period::Day);

#[test]
fn the_first_channel_that_takes_it() {
    let (mut w, came) = sending(&[SMS, EMAIL], |_| vec![], |_| {});
    w.at("2026-03-02 10:00").does(came, &[]).expect(&[
        "2026-03-02 10:00 write#1 entered",
        "2026-03-02 10:00 write#1 refused note by sms: not reachable",
        "2026-03-02 10:00 write#1 sent note by email",
        "2026-03-02 10:00 write#1 left at end",
    ]);
    let phone = w.text("+49");
    w.becomes(PHONE, phone).does(came, &[]).expect_only("by", &["2026-03-02 10:00 write#2 sent note by sms"]);
}

#[test]
fn refused_by_all_channels_goes_on_in_its_own_way() {
    let (mut w, came) = sending(&[SMS, EMAIL], |_| vec![], |_| {});
    w.at("2026-03-02 10:00").agrees(MARKETING, false).does(came, &[]).expect_only(
        "by",
        &[
            "2026-03-02 10:00 write#1 refused note by sms: no consent",
            "2026-03-02 10:00 write#1 refused note by email: no consent",
            "2026-03-02 10:00 write#1 sent lost by email",
        ],
    );
}

#[test]
fn consent_that_is_unknown_is_not_granted_and_is_kept_per_channel() {
    let (mut w, came) = sending(&[SMS, EMAIL], |_| vec![], |_| {});
    w.state.clear();
    let phone = w.text("+49");
    w.at("2026-03-02 10:00").becomes(PHONE, phone).does(came, &[]).expect_only(
        "note",
        &[
            "2026-03-02 10:00 write#1 refused note by sms: no consent",
            "2026-03-02 10:00 write#1 refused note by email: no consent",
        ],
    );
    w.input(InputKind::Consent { purpose: MARKETING, channel: Some(EMAIL), granted: true }).does(came, &[]);
    w.expect_only(
        "note",
        &["2026-03-02 10:00 write#2 refused note by sms: no consent", "2026-03-02 10:00 write#2 sent note by email"],
    );
}

#[test]
fn consent_on_any_channel_when_the_rule_says_so() {
    let (mut w, came) = sending(&[SMS], |_| vec![], |j| j.it().sends[0].tries[0].consent = ConsentRule::Any);
    w.state.clear();
    let phone = w.text("+49");
    w.at("2026-03-02 10:00").becomes(PHONE, phone);
    w.input(InputKind::Consent { purpose: MARKETING, channel: Some(EMAIL), granted: true }).does(came, &[]);
    w.expect_only("note", &["2026-03-02 10:00 write#1 sent note by sms"]);
}

#[test]
fn consent_that_comes_as_an_event() {
    let (w, came) = sending(
        &[EMAIL],
        |b| {
            for (name, granted) in [("yes", true), ("no", false)] {
                let event = b.event(name, &[("purpose", Ty::Text), ("channel", Ty::Text)]);
                b.image.events[usize::from(event)].role = Role::Consent { granted, purpose: 0, channel: Some(1) };
            }
            vec![]
        },
        |_| {},
    );
    let (yes, no) = (came + 1, came + 2);
    let mut w = World::new(w.program.image.clone());
    let (marketing, nothing, email) = (w.text("marketing"), w.text("nothing"), w.text("email"));
    w.at("2026-03-02 10:00")
        .does(yes, &[marketing, email])
        .does(came, &[])
        .does(no, &[marketing, MISSING])
        .does(came, &[]);
    w.expect_only(
        "note",
        &["2026-03-02 10:00 write#1 sent note by email", "2026-03-02 10:00 write#2 refused note by email: no consent"],
    );
    w.does(yes, &[nothing, email]).does(yes, &[marketing, nothing]).expect(&[
        "2026-03-02 10:00 -#0 rejected yes: there is no purpose `nothing`",
        "2026-03-02 10:00 -#0 rejected yes: there is no channel `nothing`",
    ]);
}

#[test]
fn a_message_is_valid_on_its_dates_in_the_customers_zone() {
    let (mut w, came) = sending(
        &[EMAIL],
        |_| vec![],
        |j| {
            j.b.image.messages[0].valid = (Some(d("2026-03-03")), Some(d("2026-03-04")));
        },
    );
    w.at("2026-03-02 23:59").does(came, &[]).at("2026-03-03 00:00").does(came, &[]);
    w.at("2026-03-04 23:59").does(came, &[]).moves_to("Asia/Tokyo").does(came, &[]).expect_only(
        "note",
        &[
            "2026-03-02 23:59 write#1 refused note by email: not valid",
            "2026-03-03 00:00 write#2 sent note by email",
            "2026-03-04 23:59 write#3 sent note by email",
            "2026-03-04 23:59 write#4 refused note by email: not valid",
        ],
    );
}

#[test]
fn gates_are_asked_in_their_order() {
    // Everything is against it; what is told is the first gate, and with each that opens the next one.
    let (mut w, came) = sending(
        &[SMS],
        |b| vec![b.rule(cap(1, DAILY), Over::Drop), b.rule(RuleKind::Quiet { from: 0, to: 12 * HOUR }, Over::Drop)],
        |j| {
            j.b.image.messages[0].valid = (Some(d("2026-03-03")), None);
            let came = 0;
            let mut blocker = j.b.journey("zz");
            blocker.it().reentry = ReEntry::Never { remember: 1 };
            let vip = blocker.b.profile_is(VIP, Cmp::Eq, 1);
            blocker.it().only_if = Some(vip);
            blocker.on(came, None, &[]);
            blocker.it().meanwhile.push(Meanwhile { hold: false, purpose: MARKETING, stage: None });
            blocker.wait(days(1));
            blocker.finish();
        },
    );
    let phone = w.text("+49");
    w.at("2026-03-02 10:00").becomes(VIP, 1).agrees(MARKETING, false).does(came, &[]);
    w.at("2026-03-03 09:00").does(came, &[]);
    w.agrees(MARKETING, true).does(came, &[]);
    w.becomes(PHONE, phone).does(came, &[]);
    w.at("2026-03-03 10:30").does(came, &[]);
    w.at("2026-03-03 12:00").does(came, &[]).does(came, &[]);
    w.expect_only(
        "note",
        &[
            "2026-03-02 10:00 write#1 refused note by sms: not valid",
            "2026-03-03 09:00 write#2 refused note by sms: no consent",
            "2026-03-03 09:00 write#3 refused note by sms: not reachable",
            "2026-03-03 09:00 write#4 refused note by sms: meanwhile",
            "2026-03-03 10:30 write#5 refused note by sms: quiet hours",
            "2026-03-03 12:00 write#6 sent note by sms",
            "2026-03-03 12:00 write#7 refused note by sms: capped",
        ],
    );
}

#[test]
fn a_cap_counts_what_was_handed_over_in_its_rolling_window() {
    let (mut w, came) = sending(&[EMAIL], |b| vec![b.rule(cap(2, Window::Rolling(days(7))), Over::Drop)], |_| {});
    for at in ["2026-03-02 10:00", "2026-03-03 10:00", "2026-03-09 09:59", "2026-03-09 10:00", "2026-03-09 10:01"] {
        w.at(at).does(came, &[]);
    }
    w.expect_only(
        "note",
        &[
            "2026-03-02 10:00 write#1 sent note by email",
            "2026-03-03 10:00 write#2 sent note by email",
            "2026-03-09 09:59 write#3 refused note by email: capped",
            "2026-03-09 10:00 write#4 sent note by email",
            "2026-03-09 10:01 write#5 refused note by email: capped",
        ],
    );
}

#[test]
fn a_cap_that_holds_releases_when_there_is_room() {
    let (mut w, came) = sending(&[EMAIL], |b| vec![b.rule(cap(1, DAILY), Over::Hold(None))], |_| {});
    w.at("2026-03-02 10:00").does(came, &[]).does(came, &[]).until("2026-03-05 10:00").expect(&[
        "2026-03-02 10:00 write#1 entered",
        "2026-03-02 10:00 write#1 sent note by email",
        "2026-03-02 10:00 write#1 left at end",
        "2026-03-02 10:00 write#2 entered",
        "2026-03-02 10:00 write#2 held note by email: capped until 2026-03-03 00:00",
        "2026-03-03 00:00 write#2 sent note by email",
        "2026-03-03 00:00 write#2 left at end",
    ]);
}

#[test]
fn hold_up_to_so_long_then_drop_counts_from_the_first_asking() {
    let (mut w, came) =
        sending(&[EMAIL], |b| vec![b.rule(cap(1, Window::Rolling(days(7))), Over::Hold(Some(days(2))))], |_| {});
    w.at("2026-03-02 10:00").does(came, &[]).does(came, &[]).until("2026-03-05 10:00").expect_only(
        "note",
        &[
            "2026-03-02 10:00 write#1 sent note by email",
            "2026-03-02 10:00 write#2 held note by email: capped until 2026-03-04 10:00",
            "2026-03-04 10:00 write#2 refused note by email: capped",
        ],
    );
}

#[test]
fn a_cap_for_ever_that_holds_is_a_refusal() {
    let (mut w, came) = sending(&[EMAIL], |b| vec![b.rule(cap(1, Window::Ever), Over::Hold(None))], |_| {});
    w.at("2026-03-02 10:00").does(came, &[]).does(came, &[]).expect_only(
        "note",
        &["2026-03-02 10:00 write#1 sent note by email", "2026-03-02 10:00 write#2 refused note by email: capped"],
    );
}

#[test]
fn a_gap_is_so_long_after_the_last_one() {
    let (mut w, came) =
        sending(&[EMAIL], |b| vec![b.rule(RuleKind::Gap(ms(4 * HOUR)), Over::Hold(Some(days(1))))], |_| {});
    w.at("2026-03-02 10:00").does(came, &[]).at("2026-03-02 11:00").does(came, &[]).until("2026-03-02 20:00");
    w.does(came, &[]).expect_only(
        "note",
        &[
            "2026-03-02 10:00 write#1 sent note by email",
            "2026-03-02 11:00 write#2 held note by email: too soon until 2026-03-02 14:00",
            "2026-03-02 14:00 write#2 sent note by email",
            "2026-03-02 20:00 write#3 sent note by email",
        ],
    );
}

#[test]
fn quiet_hours_include_their_start_exclude_their_end_and_wrap_midnight() {
    let quiet = RuleKind::Quiet { from: 21 * HOUR, to: 8 * HOUR };
    let (mut w, came) = sending(&[EMAIL], |b| vec![b.rule(quiet, Over::Hold(None))], |_| {});
    w.at("2026-03-02 20:59").does(came, &[]).at("2026-03-02 21:00").does(came, &[]).until("2026-03-03 07:59");
    w.at("2026-03-03 08:00").does(came, &[]).until("2026-03-03 08:00").does(came, &[]).expect_only(
        "note",
        &[
            "2026-03-02 20:59 write#1 sent note by email",
            "2026-03-02 21:00 write#2 held note by email: quiet hours until 2026-03-03 08:00",
            "2026-03-03 08:00 write#2 sent note by email",
            "2026-03-03 08:00 write#3 sent note by email",
        ],
    );
}

#[test]
fn a_delivery_window_has_days_and_hours() {
    let window = RuleKind::Deliver { from: 9 * HOUR, to: 17 * HOUR, days: 0b1_1111, calendar: None };
    let (mut w, came) = sending(&[EMAIL], |b| vec![b.rule(window, Over::Hold(None))], |_| {});
    w.at("2026-03-06 17:00").does(came, &[]).until("2026-03-10 10:00").does(came, &[]).expect_only(
        "note",
        &[
            "2026-03-06 17:00 write#1 held note by email: outside hours until 2026-03-09 09:00",
            "2026-03-09 09:00 write#1 sent note by email",
            "2026-03-10 10:00 write#2 sent note by email",
        ],
    );
}

#[test]
fn what_follows_a_held_send_counts_from_its_release() {
    let quiet = RuleKind::Quiet { from: 21 * HOUR, to: 8 * HOUR };
    let mut b = Build::new();
    let came = b.event("came", &[]);
    let (one, two) = (b.message("one", SERVICE), b.message("two", SERVICE));
    let quiet = b.rule(quiet, Over::Hold(None));
    let mut j = b.journey("write");
    j.on(came, None, &[]);
    j.send_by(one, &[EMAIL], &[quiet]);
    j.wait(ms(HOUR));
    j.send(two);
    j.finish();
    let mut w = b.world();
    w.at("2026-03-02 22:00").does(came, &[]).until("2026-03-04 00:00").expect_only(
        "sent",
        &["2026-03-03 08:00 write#1 sent one by email", "2026-03-03 09:00 write#1 sent two by email"],
    );
}

#[test]
fn after_a_hold_it_begins_again_at_the_first_gate_of_the_first_channel() {
    let quiet = RuleKind::Quiet { from: 21 * HOUR, to: 8 * HOUR };
    let (mut w, came) = sending(&[SMS, EMAIL], |b| vec![b.rule(quiet, Over::Hold(None))], |_| {});
    w.at("2026-03-02 22:00").does(came, &[]);
    let phone = w.text("+49");
    w.at("2026-03-02 23:00").becomes(PHONE, phone).until("2026-03-04 00:00").expect_only(
        "note",
        &[
            "2026-03-02 22:00 write#1 refused note by sms: not reachable",
            "2026-03-02 22:00 write#1 held note by email: quiet hours until 2026-03-03 08:00",
            "2026-03-03 08:00 write#1 sent note by sms",
        ],
    );
    // Consent is asked again too; what was refused before for the same reason is told once.
    let (mut w, came) = sending(&[SMS, EMAIL], |b| vec![b.rule(quiet_again(), Over::Hold(None))], |_| {});
    w.at("2026-03-02 22:00").does(came, &[]);
    w.at("2026-03-02 23:00").agrees(MARKETING, false).until("2026-03-04 00:00").expect_only(
        "note",
        &[
            "2026-03-02 22:00 write#1 refused note by sms: not reachable",
            "2026-03-02 22:00 write#1 held note by email: quiet hours until 2026-03-03 08:00",
            "2026-03-03 08:00 write#1 refused note by sms: no consent",
            "2026-03-03 08:00 write#1 refused note by email: no consent",
        ],
    );
}

fn quiet_again() -> RuleKind {
    RuleKind::Quiet { from: 21 * HOUR, to: 8 * HOUR }
}

#[test]
fn a_hold_of_the_first_channel_keeps_the_send_from_the_second() {
    let (mut w, came) = sending(
        &[SMS, EMAIL],
        |b| vec![b.rule(quiet_again(), Over::Hold(None))],
        |j| {
            j.it().sends[0].tries[1].rules.clear();
        },
    );
    let phone = w.text("+49");
    w.at("2026-03-02 22:00").becomes(PHONE, phone).does(came, &[]).until("2026-03-04 00:00").expect_only(
        "note",
        &[
            "2026-03-02 22:00 write#1 held note by sms: quiet hours until 2026-03-03 08:00",
            "2026-03-03 08:00 write#1 sent note by sms",
        ],
    );
}

#[test]
fn exit_and_goal_come_before_all_gates_after_a_hold_too() {
    let (mut w, came) = sending(
        &[EMAIL],
        |b| vec![b.rule(quiet_again(), Over::Hold(None))],
        |j| {
            let vip = j.b.profile_is(VIP, Cmp::Eq, 1);
            j.it().exits.push(Exit {
                on: Occasion::Condition(vip),
                text: "exit when vip".into(),
                for_good: false,
                stage: None,
            });
        },
    );
    w.at("2026-03-02 22:00").does(came, &[]).at("2026-03-02 23:00").becomes(VIP, 1).until("2026-03-04 00:00");
    w.expect_only(
        "write",
        &[
            "2026-03-02 22:00 write#1 entered",
            "2026-03-02 22:00 write#1 held note by email: quiet hours until 2026-03-03 08:00",
            "2026-03-02 23:00 write#1 left: exit when vip",
        ],
    );
}

#[test]
fn when_the_zone_changes_a_held_send_asks_again() {
    let (mut w, came) = sending(&[EMAIL], |b| vec![b.rule(quiet_again(), Over::Hold(None))], |_| {});
    w.at("2026-03-02 22:00").does(came, &[]).at("2026-03-02 22:30").moves_to("Asia/Kathmandu");
    w.at("2026-03-02 23:00").moves_to("Australia/Sydney").expect_only(
        "note",
        &[
            "2026-03-02 22:00 write#1 held note by email: quiet hours until 2026-03-03 08:00",
            "2026-03-02 22:30 write#1 held note by email: quiet hours until 2026-03-03 02:15",
            "2026-03-02 23:00 write#1 sent note by email",
        ],
    );
}

#[test]
fn a_pause_stops_a_held_send_and_its_hold_counts_on() {
    let (mut w, came) = sending(
        &[EMAIL],
        |b| vec![b.rule(cap(1, Window::Rolling(days(7))), Over::Hold(Some(days(2))))],
        |j| {
            let vip = j.b.profile_is(VIP, Cmp::Eq, 1);
            let since = j.slot("#paused", Ty::Moment);
            j.it().pauses.push(Pause {
                on: Occasion::Condition(vip),
                until: None,
                text: "vip".into(),
                at_most: None,
                then_exit: false,
                stage: None,
                since,
            });
        },
    );
    w.at("2026-03-02 10:00").does(came, &[]).does(came, &[]);
    w.at("2026-03-03 10:00").becomes(VIP, 1).until("2026-03-05 10:00").becomes(VIP, 0);
    w.expect_only(
        "write#2",
        &[
            "2026-03-02 10:00 write#2 entered",
            "2026-03-02 10:00 write#2 held note by email: capped until 2026-03-04 10:00",
            "2026-03-04 10:00 write#2 paused: vip",
            "2026-03-05 10:00 write#2 resumed",
            "2026-03-05 10:00 write#2 refused note by email: capped",
            "2026-03-05 10:00 write#2 sent lost by email",
            "2026-03-05 10:00 write#2 left at end",
        ],
    );
}

/// Two journeys: `a` that lives for a day and holds or drops marketing, in a stage of its first hour; `b` that writes.
fn meanwhile(hold: bool, stage: Option<u16>) -> (World, u16, u16) {
    let mut b = Build::new();
    let (come, write) = (b.event("come", &[]), b.event("write", &[]));
    let (news, own, receipt) =
        (b.message("news", MARKETING), b.message("own", MARKETING), b.message("receipt", SERVICE));
    let mut j = b.journey("a");
    j.on(come, None, &[]);
    j.it().stages.push(Stage { name: "first".into(), parent: None });
    j.it().meanwhile.push(Meanwhile { hold, purpose: MARKETING, stage });
    j.send(own);
    j.stage = Some(0);
    j.wait(ms(HOUR));
    j.stage = None;
    j.wait(ms(HOUR));
    j.finish();
    let mut j = b.journey("b");
    j.on(write, None, &[]);
    j.send(receipt);
    j.send(news);
    j.finish();
    let mut w = b.world();
    w.at("2026-03-01 00:00").agrees(MARKETING, true);
    (w, come, write)
}

#[test]
fn meanwhile_drop_refuses_sends_of_other_runs_and_not_its_own() {
    let (mut w, come, write) = meanwhile(false, None);
    w.at("2026-03-02 10:00").does(come, &[]).does(write, &[]).until("2026-03-02 12:00").does(write, &[]);
    w.expect_only(
        "by",
        &[
            "2026-03-02 10:00 a#1 sent own by email",
            "2026-03-02 10:00 b#1 sent receipt by email",
            "2026-03-02 10:00 b#1 refused news by email: meanwhile",
            "2026-03-02 12:00 b#2 sent receipt by email",
            "2026-03-02 12:00 b#2 sent news by email",
        ],
    );
}

#[test]
fn meanwhile_hold_keeps_sends_until_the_other_run_ends() {
    let (mut w, come, write) = meanwhile(true, None);
    w.at("2026-03-02 10:00").does(come, &[]).does(write, &[]).until("2026-03-03 10:00").expect_only(
        "news",
        &["2026-03-02 10:00 b#1 held news by email: meanwhile", "2026-03-02 12:00 b#1 sent news by email"],
    );
}

#[test]
fn meanwhile_of_a_stage_holds_while_the_run_is_in_it() {
    let (mut w, come, write) = meanwhile(true, Some(0));
    w.at("2026-03-02 10:00").does(come, &[]).does(write, &[]).until("2026-03-03 10:00").expect_only(
        "news",
        &["2026-03-02 10:00 b#1 held news by email: meanwhile", "2026-03-02 11:00 b#1 sent news by email"],
    );
}

#[test]
fn two_runs_that_hold_each_other_do_not_wait_for_ever() {
    for (first, second, expected) in
        [(0, 0, ["a#1 sent news", "b#1 sent news"]), (0, 1, ["b#1 sent news", "a#1 sent news"])]
    {
        let mut b = Build::new();
        let come = b.event("come", &[]);
        let news = b.message("news", MARKETING);
        for (name, priority) in [("a", first), ("b", second)] {
            let mut j = b.journey(name);
            j.it().priority = priority;
            j.on(come, None, &[]);
            j.it().meanwhile.push(Meanwhile { hold: true, purpose: MARKETING, stage: None });
            j.wait(ms(HOUR));
            j.send(news);
            j.wait(ms(HOUR));
            j.finish();
        }
        let mut w = b.world();
        w.at("2026-03-02 10:00").agrees(MARKETING, true).does(come, &[]).until("2026-03-10 10:00");
        let lines: Vec<_> = w.story.effects.iter().map(|e| w.line(e)).filter(|l| l.contains("sent")).collect();
        assert_eq!(lines.len(), 2, "{lines:?}");
        for (line, expected) in lines.iter().zip(expected) {
            assert!(line.contains(expected), "{lines:?}");
        }
    }
}

#[test]
fn a_run_that_others_hold_and_that_holds_them_comes_later_when_they_asked_first() {
    // `b` asks first and is held by `a`; when `a` asks it is not held by `b`, that waits for it.
    let mut b = Build::new();
    let come = b.event("come", &[]);
    let news = b.message("news", MARKETING);
    for (name, hours) in [("a", 2), ("b", 1)] {
        let mut j = b.journey(name);
        j.on(come, None, &[]);
        j.it().meanwhile.push(Meanwhile { hold: true, purpose: MARKETING, stage: None });
        j.wait(ms(hours * HOUR));
        j.send(news);
        j.finish();
    }
    let mut w = b.world();
    w.at("2026-03-02 10:00").agrees(MARKETING, true).does(come, &[]).until("2026-03-10 10:00").expect_only(
        "news",
        &[
            "2026-03-02 11:00 b#1 held news by email: meanwhile",
            "2026-03-02 12:00 a#1 sent news by email",
            "2026-03-02 12:00 b#1 sent news by email",
        ],
    );
}

#[test]
fn the_locale_is_the_customers_or_its_language_or_the_default() {
    let (mut w, came) = sending(
        &[EMAIL],
        |_| vec![],
        |j| {
            j.b.image.messages[0].renderings[0].1 = ["", "de", "th-TH"].map(String::from).to_vec();
        },
    );
    for (locale, told) in [("th-TH", " in th-TH"), ("de-AT", " in de"), ("th", ""), ("fr-FR", "")] {
        let word = w.text(locale);
        let entries = w.state.len();
        assert!(entries > 0);
        w.at("2026-03-02 10:00").becomes(LOCALE, word).does(came, &[]);
        let sent: Vec<_> = w.story.effects.iter().map(|e| w.line(e)).filter(|l| l.contains("sent")).collect();
        assert!(sent.last().unwrap().ends_with(&format!("by email{told}")), "{sent:?}");
    }
}

/// Two journeys that write the same message and wait for its receipt.
fn receipts(send_id: Option<u16>) -> (World, u16, u16) {
    let mut b = Build::new();
    let (come, late) = (b.event("come", &[]), b.event("late", &[]));
    let opened = b.event("opened", &[("send_id", Ty::Text), ("message", Ty::Text)]);
    b.image.events[usize::from(opened)].role = Role::Receipt { send_id, message: Some(1) };
    let (news, thanks) = (b.message("news", SERVICE), b.message("thanks", SERVICE));
    for (name, trigger) in [("a", come), ("b", late)] {
        let mut j = b.journey(name);
        j.on(trigger, None, &[]);
        let id = j.slot("#id", Ty::Int);
        j.slot("#id2", Ty::Int);
        j.send(news);
        j.it().sends[0].id = Some(id);
        let on = Occasion::Event(Listener { of: Some(0), ..hear(opened) });
        j.stay(PlaceKind::First { due: Due::After(days(1)), arms: vec![WaitArm { on, ..arm(opened, 2) }], timeout: 3 });
        j.send(thanks);
        j.finish();
    }
    (b.world(), come, opened)
}

#[test]
fn a_receipt_is_tied_to_its_send_by_its_id() {
    let (mut w, come, opened) = receipts(Some(0));
    w.at("2026-03-02 10:00").does(come, &[]).does(come + 1, &[]);
    let id = w.story.effects.iter().find_map(|effect| effect.id).unwrap();
    let (id, wrong, news) = (w.text(&journey_runtime::step::id_text(id)), w.text("nonsense"), w.text("news"));
    w.does(opened, &[wrong, news]).does(opened, &[MISSING, MISSING]).expect_only("thanks", &[]);
    w.does(opened, &[id, MISSING]).expect_only("thanks", &["2026-03-02 10:00 a#1 sent thanks by email"]);
}

#[test]
fn a_receipt_without_an_id_means_the_customers_latest_hand_over_of_the_message() {
    let (mut w, come, opened) = receipts(Some(0));
    let (news, thanks) = (w.text("news"), w.text("thanks"));
    w.at("2026-03-02 10:00").does(come, &[]).at("2026-03-02 10:01").does(come + 1, &[]);
    w.does(opened, &[MISSING, thanks]).expect_only("thanks", &[]);
    w.does(opened, &[MISSING, news]).does(opened, &[MISSING, news]);
    w.expect_only("thanks", &["2026-03-02 10:01 b#1 sent thanks by email"]);
    let (mut w, come, opened) = receipts(None);
    let news = w.text("news");
    w.at("2026-03-02 10:00").does(come, &[]).does(opened, &[MISSING, news]);
    w.expect_only("thanks", &["2026-03-02 10:00 a#1 sent thanks by email"]);
}

#[test]
fn what_is_known_of_a_send_afterwards() {
    let (mut w, came) = sending(
        &[SMS, EMAIL],
        |b| vec![b.rule(quiet_again(), Over::Hold(None))],
        |j| {
            let slots = [("due", Ty::Moment), ("sent_at", Ty::Moment), ("channel", Ty::Text)]
                .map(|(name, ty)| j.slot(name, ty));
            let send = &mut j.it().sends[0];
            (send.due, send.sent_at, send.channel) = (Some(slots[0]), Some(slots[1]), Some(slots[2]));
        },
    );
    w.at("2026-03-02 22:00").does(came, &[]);
    let slots = |w: &World| {
        w.state[journey_runtime::state::records_at(&w.program.layout, &w.state) + w.program.layout.forms[0].header()..]
            .to_vec()
    };
    assert_eq!(slots(&w), [t("2026-03-02 22:00") as Word, MISSING, MISSING]);
    // It stays where it stands by a wait after it.
    let mut image = w.program.image.clone();
    let wait = Place { stage: None, kind: PlaceKind::Timer { due: Due::After(days(1)), past: None, next: 3 } };
    image.journeys[0].places.push(wait);
    image.journeys[0].code[1] = Instr::Stay(0);
    let mut w = World::new(image);
    w.at("2026-03-02 22:00").agrees(MARKETING, true).does(came, &[]).until("2026-03-03 08:00");
    let email = w.text("email");
    assert_eq!(slots(&w), [t("2026-03-02 22:00") as Word, t("2026-03-03 08:00") as Word, email]);
}

/// A decision between two offers, their ranks, and the limit of the first.
fn deciding(ranks: [i64; 2], change: impl FnOnce(&mut J<'_>)) -> (World, u16) {
    let mut b = Build::new();
    let came = b.event("came", &[]);
    let vip = b.profile_is(VIP, Cmp::Eq, 1);
    let messages = [b.message("one", MARKETING), b.message("two", MARKETING)];
    for name in ["first", "second"] {
        b.image.offers.push(Offer { name: name.into(), limits: vec![], valid: (None, None) });
    }
    let mut j = b.journey("decide");
    j.on(came, None, &[]);
    j.step("next best", Instr::NextBest(0));
    let mut candidates = vec![];
    for (offer, message) in messages.into_iter().enumerate() {
        let body = j.send(message);
        j.finish();
        j.it().sends[offer].offer = Some(offer as u16);
        let rank = j.b.constant(Ty::Money("EUR".into()), ranks[offer] as Word);
        candidates.push(Candidate { offer: offer as u16, eligible: None, rank, send: offer as u16, body });
    }
    candidates[0].eligible = Some(vip);
    let none = j.b.text("nothing");
    let otherwise = j.step("finish", Instr::Finish(Some(none)));
    j.it().next_best.push(NextBest { candidates, rank_text: "propensity * value".into(), otherwise });
    change(&mut j);
    let mut w = b.world();
    w.at("2026-03-02 10:00").agrees(MARKETING, true).becomes(VIP, 1);
    (w, came)
}

#[test]
fn the_highest_rank_wins_and_of_equals_the_first() {
    for (ranks, told) in [([1, 2], "two"), ([2, 1], "one"), ([2, 2], "one"), ([i64::MAX - 1, i64::MAX], "two")] {
        let (mut w, came) = deciding(ranks, |_| {});
        w.does(came, &[]).expect_only("sent", &[&format!("2026-03-02 10:00 decide#1 sent {told} by email")]);
    }
}

#[test]
fn of_the_offers_that_are_eligible_valid_and_in_their_limits() {
    let (mut w, came) = deciding([2, 1], |_| {});
    w.becomes(VIP, 0).does(came, &[]).expect_only("sent", &["2026-03-02 10:00 decide#1 sent two by email"]);
    let (mut w, came) = deciding([2, 1], |j| j.b.image.offers[0].valid = (None, Some(d("2026-03-01"))));
    w.does(came, &[]).expect_only("sent", &["2026-03-02 10:00 decide#1 sent two by email"]);
    let (mut w, came) = deciding([2, 1], |j| {
        for offer in &mut j.b.image.offers {
            offer.limits.push(Limit { count: 1, window: Window::Rolling(days(30)) });
        }
    });
    w.does(came, &[]).does(came, &[]).does(came, &[]).until("2026-04-01 10:00").does(came, &[]).expect_only(
        "decide",
        &[
            "2026-03-02 10:00 decide#1 entered",
            "2026-03-02 10:00 decide#1 sent one by email",
            "2026-03-02 10:00 decide#1 left at end",
            "2026-03-02 10:00 decide#2 entered",
            "2026-03-02 10:00 decide#2 sent two by email",
            "2026-03-02 10:00 decide#2 left at end",
            "2026-03-02 10:00 decide#3 entered",
            "2026-03-02 10:00 decide#3 left as nothing",
            "2026-04-01 10:00 decide#4 entered",
            "2026-04-01 10:00 decide#4 sent one by email",
            "2026-04-01 10:00 decide#4 left at end",
        ],
    );
}

#[test]
fn an_offer_must_be_able_to_pass_every_gate_but_holds_and_quiet_hours() {
    let with_rule = |kind: RuleKind, over: Over| {
        let (mut w, came) = deciding([2, 1], |j| {
            let rule = j.b.rule(kind, over);
            j.it().sends[0].tries[0].rules.push(rule);
        });
        w.at("2026-03-02 22:00").does(came, &[]).does(came, &[]).until("2026-03-02 22:00");
        w.story.effects.iter().map(|e| w.line(e)).filter(|l| l.contains("one") || l.contains("two")).collect::<Vec<_>>()
    };
    let ever = || cap(0, Window::Calendar(Period::Day));
    assert_eq!(with_rule(ever(), Over::Drop)[0], "2026-03-02 22:00 decide#1 sent two by email");
    assert!(with_rule(ever(), Over::Hold(Some(days(1))))[0].contains("held one by email: capped"));
    assert!(with_rule(quiet_again(), Over::Hold(None))[0].contains("held one by email: quiet hours"));
    assert!(with_rule(quiet_again(), Over::Drop)[0].contains("refused one by email: quiet hours"));
    // No consent to anything: nothing to offer.
    let (mut w, came) = deciding([2, 1], |_| {});
    w.agrees(MARKETING, false)
        .does(came, &[])
        .expect_only("decide", &["2026-03-02 10:00 decide#1 entered", "2026-03-02 10:00 decide#1 left as nothing"]);
    assert!(
        w.story.told.iter().any(|text| text == "offer first: by email: no consent (no consent to marketing by email)"),
        "{:?}",
        w.story.told
    );
}

#[test]
fn an_offers_limit_is_counted_at_hand_over() {
    // Two runs choose the offer at night; in the morning there is room for one.
    let (mut w, came) = deciding([2, 1], |j| {
        j.b.image.offers[0].limits.push(Limit { count: 1, window: Window::Rolling(days(30)) });
        let rule = j.b.rule(quiet_again(), Over::Hold(None));
        j.it().sends[0].tries[0].rules.push(rule);
        let key = j.slot("key", Ty::Int);
        j.it().key = Some(key);
        j.it().triggers.clear();
        let keyed = j.b.event("keyed", &[("key", Ty::Int)]);
        j.on(keyed, None, &[(0, key)]);
    });
    w.at("2026-03-02 22:00").does(came + 1, &[1]).does(came + 1, &[2]).until("2026-03-03 10:00").expect_only(
        "one",
        &[
            "2026-03-02 22:00 decide#1 held one by email: quiet hours until 2026-03-03 08:00",
            "2026-03-02 22:00 decide#2 held one by email: quiet hours until 2026-03-03 08:00",
            "2026-03-03 08:00 decide#1 sent one by email",
            "2026-03-03 08:00 decide#2 refused one by email: capped",
        ],
    );
}
