//! A compact record says the same as the effect of the reference, for every kind.

use crate::build::*;
use journey_runtime::image::*;
use journey_runtime::input::{Effect, EffectKind, LeaveHow, Reason, Value};
use journey_runtime::record::{self, Effects, NO_JOURNEY, NO_PC, Of, how, materialise};

/// The word of a value.
fn word(w: &World, value: &Value) -> Word {
    match value {
        Value::Missing => MISSING,
        Value::Int(n) => *n as Word,
        Value::Text(text) => w.pool.find(text).unwrap().into(),
        other => panic!("{other:?}"),
    }
}

/// Writes the record by which a fast engine would tell of an effect; `locale` is the customer's.
fn compact(w: &World, effects: &mut Effects, locale: Word, effect: &Effect) {
    let Some(j) = effect.journey else { return effects.own(7, effect.clone()) };
    let image = &w.program.image;
    let journey = &image.journeys[usize::from(j)];
    let pcs: Vec<u32> = (0u32..)
        .zip(&journey.step_of)
        .filter(|(_, step)| effect.step.is_none_or(|own| own == **step))
        .map(|(pc, _)| pc)
        .collect();
    let pc = if effect.step.is_some() { pcs[0] } else { NO_PC };
    let of = Of { time: effect.time, journey: j, run: effect.run, start: 1, pc, customer: 7 };
    let send_and_try = |channel: &u16| {
        let Instr::Send(send) = journey.code[pc as usize] else { panic!("no send") };
        let by = journey.sends[usize::from(send)].tries.iter().position(|by| by.channel == *channel).unwrap();
        (send, by as u16)
    };
    match &effect.kind {
        EffectKind::Entered { key, from, joined } => {
            effects.entered(&of, *from, *joined, key.as_ref().map(|key| word(w, key)));
        }
        EffectKind::StartedOver => effects.started_over(&of),
        EffectKind::Updated => effects.updated(&of),
        EffectKind::EntryRefused { key, reason } => {
            effects.entry_refused(&of, *reason, key.as_ref().map(|key| word(w, key)));
        }
        EffectKind::Assigned { experiment, arm } => effects.assigned(&of, *experiment, *arm),
        EffectKind::Converted => effects.converted(&of),
        EffectKind::Left { how: LeaveHow::Exit(text) } => {
            let exit = journey.exits.iter().position(|exit| exit.text == *text).unwrap();
            effects.left(&of, how::EXIT, exit as u16, None);
        }
        EffectKind::Left { how: LeaveHow::Label(label) } => {
            let label = image.texts.iter().position(|text| text == label).unwrap();
            effects.left(&of, how::LABEL, 0, Some(label as u32));
        }
        EffectKind::Left { how } => {
            let (code, to) = match how {
                LeaveHow::Goal => (how::GOAL, 0),
                LeaveHow::LateGoal => (how::LATE_GOAL, 0),
                LeaveHow::PauseTooLong => (how::PAUSE_TOO_LONG, 0),
                LeaveHow::TooLong => (how::TOO_LONG, 0),
                LeaveHow::HandedOff(to) => (how::HANDED_OFF, *to),
                LeaveHow::OutOfFuel => (how::OUT_OF_FUEL, 0),
                _ => (how::END, 0),
            };
            effects.left(&of, code, to, None);
        }
        EffectKind::Sent { channel, inputs, .. } => {
            let (send, by) = send_and_try(channel);
            let inputs: Vec<Word> = inputs.iter().map(|(_, value)| word(w, value)).collect();
            // The id tells which start and which round it was.
            let tries = (1..4).flat_map(|start| (0..4).map(move |round| (start, vec![round; journey.zeroed.len()])));
            let known = tries.into_iter().any(|(start, rounds)| {
                let of = Of { start, ..of };
                let mut tried = Effects::default();
                tried.sent(&of, send, by, locale, &inputs, &rounds);
                let id = tried.iter().find_map(|record| record::effect_id(image, &w.id, record));
                if id == effect.id {
                    effects.sent(&of, send, by, locale, &inputs, &rounds);
                }
                id == effect.id
            });
            assert!(known, "the id follows from start and rounds");
        }
        EffectKind::Refused { channel, reason, detail, .. } => {
            let (send, by) = send_and_try(channel);
            let why = match reason {
                Reason::NotValid => 0,
                Reason::NoConsent => 1,
                Reason::NotReachable => 2,
                _ if detail.contains("offer") => 0x2_0000,
                _ => 0x1_0000,
            };
            effects.refused(&of, send, by, *reason, why);
        }
        EffectKind::Held { channel, reason, until, .. } => {
            let (send, by) = send_and_try(channel);
            let why = if *reason == Reason::Meanwhile { record::why::RUN } else { record::why::RULE | 1 };
            effects.held(&of, send, by, *reason, why, *until);
        }
        _ => effects.own(7, effect.clone()),
    }
}

/// Everything that has happened since the last call, there and back.
fn check(w: &mut World, seen: &mut Vec<(u8, u16, Option<Reason>)>) {
    let emitted = std::mem::take(&mut w.story.effects);
    let locale = w.state[w.program.layout.profile_at + usize::from(LOCALE)];
    let mut effects = Effects::default();
    emitted.iter().for_each(|effect| compact(w, &mut effects, locale, effect));
    let back: Vec<Effect> =
        effects.iter().map(|record| materialise(&w.program, &w.pool, &effects, &w.id, record)).collect();
    assert_eq!(back, emitted);
    assert!(effects.iter().all(|record| record.customer() == 7));
    seen.extend(effects.iter().map(|record| (record.kind(), record.code(), record.reason())));
}

#[test]
fn every_kind_says_what_the_reference_says() {
    let mut b = Build::new();
    let came = b.event("came", &[("id", Ty::Text), ("n", Ty::Int)]);
    let bought = b.event("bought", &[("id", Ty::Text)]);
    let left = b.event("left", &[]);
    let again = b.event("again", &[]);
    let news = b.event("news", &[]);
    let (name, x, label) = (b.text("subject"), b.text("short"), b.text("all done"));
    let (note, offer, old) = (b.message("note", SERVICE), b.message("offer", MARKETING), b.message("old", SERVICE));
    b.image.messages[usize::from(note)].renderings[0].1 = vec!["de".into(), "de-AT".into(), String::new()];
    b.image.messages[usize::from(old)].valid = (None, Some(0));
    let cap = b.rule(
        RuleKind::Cap(Limit { count: 1, window: Window::Rolling(Span { days: 30, ..Span::default() }) }),
        Over::Drop,
    );
    b.image.offers.push(Offer {
        name: "gift".into(),
        limits: vec![Limit { count: 1, window: Window::Rolling(days(30)) }],
        valid: (None, None),
    });
    let mut j = b.journey("a");
    let (id, n, round) = (j.slot("cart.id", Ty::Text), j.slot("cart.n", Ty::Int), j.slot("#round", Ty::Int));
    j.on(came, None, &[(0, id), (1, n)]);
    j.it().key = Some(id);
    j.it().zeroed = vec![round];
    let of_cart = Listener { key: Some(0), ..hear(bought) };
    let capture = Capture { fields: vec![(1, n)], ..Capture::default() };
    j.it().updates = vec![Update { listener: Listener { key: Some(0), ..hear(came) }, capture: capture.clone() }];
    j.it().start_over = vec![StartOver { listener: hear(again), capture: Capture::default() }];
    j.it().goals = vec![Goal { listener: of_cart, within: Some(days(1)), go_on: false }];
    j.it().exits = vec![
        Exit { on: Occasion::Event(hear(news)), text: "exit on news".into(), for_good: false, stage: None },
        Exit { on: Occasion::Event(hear(left)), text: "exit on left".into(), for_good: true, stage: None },
    ];
    j.step("split", Instr::Experiment { name, arms: vec![(1 << 32, x, 1)] });
    let body = j.wait(ms(HOUR));
    j.send_by(note, &[EMAIL], &[]);
    j.send_by(offer, &[SMS, EMAIL], &[cap]);
    let first = j.send_by(old, &[EMAIL], &[]);
    let gift = j.send(note);
    assert_eq!((first, gift), (4, 5));
    j.it().sends[3].offer = Some(0);
    j.step("again", Instr::Again { slot: round, times: 2, body });
    j.step("finish", Instr::Finish(Some(label)));
    let number = j.number;
    let inputs = vec![
        Input { name: "id".into(), value: b.slot(number, id, Ty::Text) },
        Input { name: "n".into(), value: b.slot(number, n, Ty::Int) },
    ];
    b.image.journeys[usize::from(number)].sends[0].inputs = inputs;
    let mut j = b.journey("b");
    j.on(news, None, &[]);
    j.step("go to", Instr::GoTo { journey: 2, args: vec![] });
    let mut j = b.journey("c");
    j.it().triggers.push(Trigger::HandOff(1));
    j.wait(days(3));
    j.finish();
    let quiet = b.rule(RuleKind::Quiet { from: 11 * HOUR, to: 13 * HOUR }, Over::Hold(None));
    let score = b.constant(Ty::Int, 5);
    let mut j = b.journey("d");
    j.on(again, None, &[]);
    j.step("set", Instr::Set { field: SCORE, value: score });
    j.send_by(note, &[EMAIL], &[quiet]);
    j.finish();

    let mut w = b.world();
    let mut seen = Vec::new();
    let [c1, c2, c3] = ["c1", "c2", "c3"].map(|id| w.text(id));
    w.at("2026-03-02 10:00").agrees(MARKETING, true);
    w.does(came, &[c1, 3]).does(came, &[c1, 4]).does(came, &[c2, MISSING]).does(came, &[MISSING, 1]);
    check(&mut w, &mut seen);
    // Rounds, refusals, labels; then again from the top.
    w.until("2026-03-02 11:30").at("2026-03-02 11:40").does(again, &[]).until("2026-03-02 15:00");
    check(&mut w, &mut seen);
    let [locale, phone] = ["de-CH", "+49 1"].map(|text| w.text(text));
    w.at("2026-03-02 15:00").becomes(LOCALE, locale).becomes(PHONE, phone).agrees(MARKETING, false);
    w.does(came, &[c1, 3]).until("2026-03-02 16:00").agrees(MARKETING, true).until("2026-03-02 17:00");
    check(&mut w, &mut seen);
    w.at("2026-03-02 17:00").does(came, &[c1, 1]).does(bought, &[c1]).does(came, &[c3, 1]).does(news, &[]);
    w.does(news, &[]).does(came, &[c2, 1]).does(left, &[]).does(came, &[c2, 1]);
    w.at("2026-03-04 17:00").does(came, &[c3, 1]).at("2026-03-09 10:00").does(bought, &[c3]).until("2026-03-10 10:00");
    check(&mut w, &mut seen);

    let kinds = [
        record::ENTERED,
        record::STARTED_OVER,
        record::UPDATED,
        record::ENTRY_REFUSED,
        record::ASSIGNED,
        record::CONVERTED,
        record::LEFT,
        record::SENT,
        record::REFUSED,
        record::OWNED,
        record::HELD,
    ];
    for kind in kinds {
        assert!(seen.iter().any(|(seen, ..)| *seen == kind), "{kind}");
    }
    assert!(seen.contains(&(record::ENTERED, NO_JOURNEY, None)) && seen.contains(&(record::ENTERED, 1, None)));
    for how in [how::GOAL, how::EXIT, how::END, how::LABEL, how::HANDED_OFF] {
        assert!(seen.contains(&(record::LEFT, how, None)), "{how}");
    }
    use Reason::*;
    for reason in [NoKey, Barred, NotValid, NoConsent, NotReachable, Capped] {
        assert!(seen.iter().any(|(.., seen)| *seen == Some(reason)), "{reason:?}");
    }
}
