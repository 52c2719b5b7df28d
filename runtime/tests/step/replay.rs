//! The same inputs, the same journey: however often it is replayed, and however time is cut into wake-ups.

use crate::build::*;
use journey_runtime::image::*;
use journey_runtime::input::{Effect, InputKind, LeaveHow};
use journey_runtime::step::next_wake;
use proptest::prelude::*;

/// A bit of everything: keys, goals, pauses, start over, rules that hold, loops, meanwhile, conditions of time, the calendar,
/// sets and emits, hand-offs.
fn zoo() -> Image {
    let mut b = Build::new();
    let fields = &[("key", Ty::Int), ("amount", Ty::Int)];
    let (came, changed, bought) = (b.event("came", fields), b.event("changed", fields), b.event("bought", fields));
    let (news, note) = (b.message("news", MARKETING), b.message("note", SERVICE));
    let cap = b.rule(RuleKind::Cap(Limit { count: 2, window: Window::Rolling(days(3)) }), Over::Hold(Some(days(1))));
    let gap = b.rule(RuleKind::Gap(ms(4 * HOUR)), Over::Drop);
    let quiet = b.rule(RuleKind::Quiet { from: 21 * HOUR, to: 8 * HOUR }, Over::Hold(None));
    b.image.histories.push(History {
        text: "count(came in last 3 days)".into(),
        event: came,
        condition: None,
        kind: HistoryKind::Recent { keep: 3, window: days(3) },
    });
    let often = b.function(
        "often",
        Ty::Bool,
        None,
        None,
        vec![
            Op::Tally { dst: 1, history: 0 },
            Op::Const { dst: 2, value: 3 },
            Op::CompareInt { cmp: Cmp::Ge, dst: 0, a: 1, b: 2 },
        ],
    );
    let watch = b.watch(often);
    let held = b.function("held", Ty::Bool, None, None, vec![Op::Held { dst: 0, watch, span: ms(20 * HOUR) }]);
    let vip = b.profile_is(VIP, Cmp::Eq, 1);
    let (one, zero) = (b.constant(Ty::Int, 1), b.constant(Ty::Int, 0));
    let morning = b.next_at(9 * HOUR);

    let mut j = b.journey("a_cart");
    let (key, amount, since) = (j.slot("key", Ty::Int), j.slot("amount", Ty::Int), j.slot("#since", Ty::Moment));
    j.it().key = Some(key);
    j.it().at_once = Some(2);
    j.it().reentry = ReEntry::AfterEntry(days(2));
    j.on(came, None, &[(0, key), (1, amount)]);
    let keyed = |event| Listener { key: Some(0), ..hear(event) };
    let capture = || Capture { fields: vec![(0, key), (1, amount)], ..Capture::default() };
    j.it().start_over.push(StartOver { listener: keyed(changed), capture: capture() });
    j.it().goals.push(Goal { listener: keyed(bought), within: Some(days(4)), go_on: false });
    j.it().pauses.push(Pause {
        on: Occasion::Condition(vip),
        until: None,
        text: "pause while vip".into(),
        at_most: Some(days(2)),
        then_exit: false,
        stage: None,
        since,
    });
    j.wait(ms(5 * HOUR));
    j.send_by(news, &[SMS, EMAIL], &[cap, gap, quiet]);
    j.stay(PlaceKind::Timer { due: Due::At(morning), past: None, next: 3 });
    j.step("if", Instr::Unless { condition: often, to: 5 });
    j.step("go to", Instr::GoTo { journey: 3, args: vec![Some(one)] });
    j.send_by(news, &[EMAIL], &[cap, quiet]);
    j.finish();

    let mut j = b.journey("b_hush");
    j.it().priority = 3;
    j.on(bought, None, &[]);
    j.it().meanwhile.push(Meanwhile { hold: true, purpose: MARKETING, stage: None });
    j.it().lasts = Some(days(2));
    j.stay(PlaceKind::First {
        due: Due::After(days(3)),
        arms: vec![WaitArm { on: Occasion::Condition(held), ..arm(came, 1) }, arm(changed, 1)],
        timeout: 1,
    });
    j.send(note);
    j.finish();

    let mut j = b.journey("c_often");
    j.it().triggers.push(Trigger::Begins(watch));
    j.it().triggers.push(Trigger::Ceases(watch));
    j.it().exits.push(Exit {
        on: Occasion::Condition(held),
        text: "exit when held".into(),
        for_good: false,
        stage: None,
    });
    j.step("set", Instr::Set { field: SCORE, value: one });
    j.step("emit", Instr::Emit { event: changed, fields: vec![Some(one), None] });
    j.wait(days(1));
    j.send_by(note, &[EMAIL], &[gap]);
    j.finish();

    let mut j = b.journey("d_loop");
    let (key, round) = (j.slot("key", Ty::Int), j.slot("#round", Ty::Int));
    j.it().params = 1;
    j.it().key = Some(key);
    j.it().at_once = Some(9);
    j.it().zeroed.push(round);
    j.it().triggers.push(Trigger::HandOff(0));
    let day = DayRule::Week { days: 0b1_0101, calendar: None };
    j.it().triggers.push(Trigger::Event {
        listener: hear(changed),
        capture: Capture { fields: vec![(0, key)], ..Capture::default() },
    });
    j.step("let", Instr::Let { slot: round, value: zero });
    j.wait(days(1));
    j.send_by(note, &[EMAIL], &[quiet]);
    j.step("again", Instr::Again { slot: round, times: 3, body: 1 });
    j.finish();

    let mut j = b.journey("e_daily");
    j.it().triggers.push(Trigger::Every { day, at: 9 * HOUR, zone: None, segment: None });
    j.it().reentry = ReEntry::AfterExit(days(3));
    j.wait(ms(HOUR));
    j.send_by(news, &[EMAIL], &[cap]);
    j.finish();
    b.image
}

const START: i64 = 1_772_400_000_000;

/// An input, so long after the one before.
fn inputs() -> impl Strategy<Value = Vec<(i64, InputKind)>> {
    let gap = prop_oneof![Just(0), 0..2 * HOUR, 0..3 * DAY, (0i64..40).prop_map(|hours| hours * HOUR)];
    let event = (0u16..3, 0u64..3, 0u64..3, prop_oneof![Just(None), (0u64..20).prop_map(Some)])
        .prop_map(|(event, key, amount, id)| InputKind::Event { event, happened_at: 0, id, row: vec![key, amount] });
    let profile = prop_oneof![(0u64..2).prop_map(|word| (VIP, word)), (0u64..4).prop_map(|zone| (ZONE, 1000 + zone))]
        .prop_map(|change| InputKind::Profile { id: None, changes: vec![change] });
    let consent = (any::<bool>(), prop_oneof![Just(None), Just(Some(EMAIL))])
        .prop_map(|(granted, channel)| InputKind::Consent { purpose: MARKETING, channel, granted });
    let kind = prop_oneof![5 => event, 2 => profile, 1 => consent];
    prop::collection::vec((gap, kind), 0..40)
}

/// A world with zones under known numbers.
fn world() -> World {
    let mut w = World::new(zoo());
    for text in ["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati"] {
        w.text(text);
    }
    w
}

/// Runs the inputs; `wake` says at which shares of each gap the customer is woken, and how often.
fn run(inputs: &[(i64, InputKind)], wake: &[u8]) -> (Vec<Effect>, Vec<Word>) {
    let mut w = world();
    let zones: Vec<Word> =
        ["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati"].map(|zone| w.text(zone)).to_vec();
    let mut now = START;
    let mut shares = wake.iter().cycle();
    let mut to = |w: &mut World, now: &mut i64, gap: i64, inclusive: bool| {
        for _ in 0..wake.len().min(4) {
            let share = i64::from(*shares.next().unwrap());
            let until = *now + gap / 255 * share;
            // Early, late and repeated: anything up to the next input is harmless.
            w.advance(until, share % 2 == 0 && until < *now + gap);
            if share % 7 == 0 {
                let due = next_wake(&w.state).unwrap_or(0);
                w.advance(due.min(*now + gap), false);
            }
        }
        *now += gap;
        w.advance(*now, inclusive);
    };
    for (gap, kind) in inputs {
        to(&mut w, &mut now, *gap, false);
        let mut kind = kind.clone();
        if let InputKind::Profile { changes, .. } = &mut kind {
            for (field, word) in changes {
                if *field == ZONE {
                    *word = zones[*word as usize - 1000];
                }
            }
        }
        w.now = now;
        w.input(kind);
    }
    to(&mut w, &mut now, 30 * DAY, true);
    (w.story.effects, w.state)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 64 } else { 512 }))]

    #[test]
    fn wake_ups_that_are_late_early_or_repeated_change_nothing(inputs in inputs(), wake in prop::collection::vec(any::<u8>(), 1..8)) {
        let (effects, state) = run(&inputs, &[]);
        let (others, other_state) = run(&inputs, &wake);
        prop_assert_eq!(effects, others);
        prop_assert_eq!(state, other_state);
    }

    #[test]
    fn a_replay_is_the_same(inputs in inputs()) {
        prop_assert_eq!(run(&inputs, &[]), run(&inputs, &[]));
    }

    #[test]
    fn what_happens_has_an_order_and_an_end(inputs in inputs()) {
        let (effects, state) = run(&inputs, &[]);
        prop_assert!(effects.is_sorted_by_key(|effect| effect.time));
        let out_of_fuel = journey_runtime::input::EffectKind::Left { how: LeaveHow::OutOfFuel };
        prop_assert!(effects.iter().all(|effect| effect.kind != out_of_fuel));
        let ids: Vec<_> = effects.iter().filter_map(|effect| effect.id).collect();
        let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
        prop_assert_eq!(ids.len(), distinct.len(), "an effect id came twice");
        // Waking goes on for the calendar alone.
        prop_assert_eq!(next_wake(&state).is_some(), !inputs.is_empty());
    }

    #[test]
    fn caps_hold_whatever_comes(inputs in inputs()) {
        let (effects, _) = run(&inputs, &[]);
        let news: Vec<i64> = effects
            .iter()
            .filter(|effect| matches!(effect.kind, journey_runtime::input::EffectKind::Sent { message: 0, .. }))
            .map(|effect| effect.time)
            .collect();
        // Three days are at least 71 hours long, whatever clocks do; a change of zone moves the window by at most 26 hours.
        for three in news.windows(3) {
            prop_assert!(three[2] - three[0] >= 45 * HOUR, "{news:?}");
        }
    }
}

#[test]
fn the_zoo_does_something() {
    let event = |event, key| InputKind::Event { event, happened_at: 0, id: None, row: vec![key, 1] };
    let inputs: Vec<_> = std::iter::once((0, InputKind::Consent { purpose: MARKETING, channel: None, granted: true }))
        .chain((0..60).map(|n| ((n as i64 * 5) % 17 * HOUR, event((n * 7 % 5 % 3) as u16, n % 3))))
        .collect();
    let (effects, _) = run(&inputs, &[]);
    let w = world();
    let story: String = effects.iter().map(|effect| w.line(effect) + "\n").collect();
    for what in [
        "entered",
        "from a_cart",
        "started over",
        "converted",
        "left at goal",
        "sent news",
        "sent note",
        "held",
        "set score",
        "emitted",
        "refused",
    ] {
        assert!(story.contains(what), "{what} is missing from\n{story}");
    }
}
