//! A small program for tests, made by hand: it has one of everything.

use crate::image::*;
use crate::time::{DAY, HOUR};

pub const SHOP: TextId = 0;
pub const HELLO: TextId = 1;
pub const ARM: TextId = 2;
pub const NEW_YORK: TextId = 3;
pub const LABEL: TextId = 4;
pub const HELL: TextId = 5;

pub const VIEWED: u16 = 0;
pub const ORDERED: u16 = 1;
pub const OPENED: u16 = 2;

pub const EMAIL: u16 = 0;
pub const TIER: u16 = 1;
pub const TIME_ZONE: u16 = 2;
pub const BORN: u16 = 3;
pub const LOCALE: u16 = 5;
pub const LIKES: u16 = 6;

pub const RECENT: u16 = 0;
pub const TOTAL: u16 = 1;
pub const BY_DAY: u16 = 2;
pub const SUM_BY_DAY: u16 = 3;
pub const SUM: u16 = 4;
pub const LAST: u16 = 5;
pub const FIRST: u16 = 6;
pub const NUMBERS: u16 = 7;
pub const BY_WEEK: u16 = 8;

/// Event fields of `viewed`.
pub const VALUE: u16 = 0;
pub const COUNT: u16 = 1;
pub const NAME: u16 = 2;
pub const ITEMS: u16 = 3;
pub const RATE: u16 = 4;

pub fn hours(hours: i64) -> Span {
    Span { ms: hours * HOUR, ..Span::default() }
}

pub fn days(days: i32) -> Span {
    Span { days, ..Span::default() }
}

pub fn money() -> Ty {
    Ty::Money("EUR".into())
}

/// A list of records `{ price: money?, kind: text }`.
pub fn items() -> Ty {
    let field = |name: &str, ty, optional| ListField {
        name: name.into(),
        path: name.into(),
        currency_path: None,
        ty,
        optional,
        bounds: Bounds::default(),
    };
    let fields = vec![field("price", money(), true), field("kind", Ty::Text, false)];
    Ty::List(Box::new(ListTy { fields, at_most: 20, records: true }))
}

/// A list of texts.
pub fn texts() -> Ty {
    let field = ListField {
        name: String::new(),
        path: String::new(),
        currency_path: None,
        ty: Ty::Text,
        optional: false,
        bounds: Bounds::default(),
    };
    Ty::List(Box::new(ListTy { fields: vec![field], at_most: 20, records: false }))
}

fn field(name: &str, ty: Ty, optional: bool) -> EventField {
    EventField {
        name: name.into(),
        path: name.into(),
        currency_path: None,
        ty,
        optional,
        bounds: Bounds::default(),
        default: None,
    }
}

fn profile(name: &str, ty: Ty, default: Word) -> ProfileField {
    ProfileField {
        name: name.into(),
        path: name.into(),
        currency_path: None,
        ty,
        optional: default == MISSING,
        bounds: Bounds::default(),
        default,
    }
}

fn event(name: &str, wire: &str, fields: Vec<EventField>, role: Role) -> Event {
    Event { name: name.into(), wire: wire.into(), everyone: false, used: true, fields, role }
}

fn history(text: &str, event: u16, condition: Option<FnId>, kind: HistoryKind) -> History {
    History { text: text.into(), event, condition, kind }
}

/// A function of the customer; set `event`, `journey` and `member` for others.
pub fn function(text: &str, ty: Ty, ops: Vec<Op>) -> Function {
    let regs = ops.iter().filter_map(Op::dst).max().map_or(0, |most| most + 1);
    Function { text: text.into(), ops, regs, ty, event: None, journey: None, member: 0 }
}

pub const fn constant(dst: Reg, value: Word) -> Op {
    Op::Const { dst, value }
}

pub const fn give(a: Reg) -> Op {
    Op::Return { a }
}

fn step(id: &str, text: &str, line: u32, pc: Pc) -> Step {
    Step {
        id: id.into(),
        text: text.into(),
        parent: None,
        stage: None,
        line,
        file: "cart.journey".into(),
        annotations: vec![],
        pc,
    }
}

fn slot(name: &str, ty: Ty) -> Slot {
    Slot { name: name.into(), ty }
}

fn on(event: u16) -> Listener {
    Listener { event, key: None, of: None, condition: None }
}

/// The program.
pub fn image() -> Image {
    Image {
        name: "sample".into(),
        time_zone: "Europe/Berlin".into(),
        currency: "EUR".into(),
        texts: ["shop", "hello", "variant", "America/New_York", "nothing to offer", "hell"].map(String::from).into(),
        lists: vec![vec![0, 1], vec![]],
        facets: vec![Facet {
            name: "product".into(),
            nodes: [("apparel", 3), ("apparel.shoes", 2), ("apparel.outerwear", 3), ("services", 4)]
                .map(|(path, end)| Node { path: path.into(), end })
                .into(),
        }],
        enums: vec![Enum { values: ["bronze", "silver", "gold"].map(String::from).into() }],
        calendars: vec![Calendar { name: "fr".into(), days: vec![20_549] }],
        events: events(),
        profile: vec![
            profile("email", Ty::Text, MISSING),
            profile("tier", Ty::Enum(0), 0),
            profile("time_zone", Ty::Zone, MISSING),
            profile("born", Ty::Date, MISSING),
            profile("spent", money(), 0),
            profile("locale", Ty::Text, MISSING),
            profile("likes", Ty::Facet(0), MISSING),
        ],
        zone_field: Some(TIME_ZONE),
        locale_field: Some(LOCALE),
        histories: histories(),
        watches: vec![
            Watch { text: "count(ordered in last 2 hours) >= 2".into(), condition: 2 },
            Watch { text: "regular for 7 days".into(), condition: 3 },
        ],
        segments: vec![
            Segment { name: "gold".into(), condition: 1 },
            Segment { name: "golden_regular".into(), condition: 4 },
        ],
        purposes: vec![
            Purpose { name: "marketing".into(), needs_no_consent: false },
            Purpose { name: "service".into(), needs_no_consent: true },
        ],
        channels: vec![
            Channel { name: "email".into(), address: Some(5), address_text: "profile.email".into() },
            Channel { name: "push".into(), address: None, address_text: String::new() },
        ],
        messages: vec![Message {
            name: "cart_reminder".into(),
            purpose: 0,
            valid: (None, Some(21_000)),
            renderings: vec![(0, vec![String::new(), "th-TH".into()]), (1, vec![String::new()])],
        }],
        offers: vec![Offer {
            name: "free_shipping".into(),
            limits: vec![
                Limit { count: 2, window: Window::Rolling(days(30)) },
                Limit { count: 1, window: Window::Ever },
            ],
            valid: (Some(20_000), None),
        }],
        rules: rules(),
        webhooks: vec![Webhook {
            name: "stock".into(),
            method: "post".into(),
            url: "https://example.com/stock".into(),
            gives: vec![field("left", Ty::Int, false)],
            within: hours(1),
            attempts: 5,
        }],
        teams: vec!["sales".into()],
        journeys: vec![cart(), winback()],
        functions: functions(),
    }
}

fn events() -> Vec<Event> {
    let viewed = vec![
        field("value", money(), true),
        field("count", Ty::Int, false),
        field("name", Ty::Text, false),
        field("items", items(), false),
        field("rate", Ty::Number, true),
    ];
    vec![
        event("viewed", "Product Viewed", viewed, Role::Plain),
        event("ordered", "Order Completed", vec![field("name", Ty::Text, false)], Role::Plain),
        event(
            "opened",
            "Message Opened",
            vec![field("send_id", Ty::Text, true)],
            Role::Receipt { send_id: Some(0), message: None },
        ),
    ]
}

fn histories() -> Vec<History> {
    let kept = vec![VALUE, NAME];
    let hour = HistoryKind::Recent { keep: 3, window: hours(2) };
    let week = HistoryKind::Recent { keep: 3, window: days(7) };
    vec![
        history("count(ordered in last 2 hours)", ORDERED, None, hour),
        history("count(viewed where count > 1)", VIEWED, Some(0), HistoryKind::Total),
        history("count(viewed by day in last 3 days)", VIEWED, None, HistoryKind::Days { days: 3, field: None }),
        history(
            "sum(viewed.value by day in last 3 days)",
            VIEWED,
            None,
            HistoryKind::Days { days: 3, field: Some(VALUE) },
        ),
        history("sum(viewed.count)", VIEWED, None, HistoryKind::SumTotal { field: COUNT }),
        history("last(viewed)", VIEWED, None, HistoryKind::Last { fields: kept.clone() }),
        history("first(viewed)", VIEWED, None, HistoryKind::First { fields: kept }),
        history("sum(viewed.rate)", VIEWED, None, HistoryKind::SumTotal { field: RATE }),
        history("count(ordered in last 7 days)", ORDERED, None, week),
    ]
}

fn rules() -> Vec<Rule> {
    let rule = |text: &str, kind, over| Rule { policy: "contact_pressure".into(), text: text.into(), kind, over };
    let week = Limit { count: 3, window: Window::Rolling(days(7)) };
    let day = Limit { count: 1, window: Window::Calendar(Period::Day) };
    vec![
        rule("at most 3 marketing messages per rolling 7 days, else drop", RuleKind::Cap(week), Over::Drop),
        rule(
            "at most 1 message per calendar day by email, else hold up to 2 days, then drop",
            RuleKind::Cap(day),
            Over::Hold(Some(days(2))),
        ),
        rule("at least 4 hours between messages, else hold", RuleKind::Gap(hours(4)), Over::Hold(None)),
        rule(
            "quiet from 21:00 to 08:00, else hold",
            RuleKind::Quiet { from: 21 * HOUR, to: 8 * HOUR },
            Over::Hold(None),
        ),
        rule(
            "deliver from 09:00 to 17:00 on weekdays, else hold",
            RuleKind::Deliver { from: 9 * HOUR, to: 17 * HOUR, days: 0b1_1111, calendar: Some(0) },
            Over::Hold(None),
        ),
    ]
}

fn functions() -> Vec<Function> {
    let both = |first: Vec<Op>, second: Vec<Op>| {
        let mut ops = first;
        ops.push(Op::JumpUnless { a: 0, to: ops.len() as u16 + 1 + second.len() as u16 });
        ops.extend(second);
        ops.push(give(0));
        ops
    };
    let in_journey = |function: Function| Function { journey: Some(0), ..function };
    vec![
        // 0: the condition of a history
        Function {
            event: Some(VIEWED),
            ..function(
                "count > 1",
                Ty::Bool,
                vec![
                    Op::Event { dst: 0, field: COUNT },
                    constant(1, 1),
                    Op::CompareInt { cmp: Cmp::Gt, dst: 0, a: 0, b: 1 },
                    give(0),
                ],
            )
        },
        // 1: a segment
        function(
            "profile.tier == gold",
            Ty::Bool,
            vec![
                Op::Profile { dst: 0, field: TIER },
                constant(1, 2),
                Op::CompareInt { cmp: Cmp::Eq, dst: 0, a: 0, b: 1 },
                give(0),
            ],
        ),
        // 2: a watch
        function(
            "count(ordered in last 2 hours) >= 2",
            Ty::Bool,
            vec![
                Op::Tally { dst: 0, history: RECENT },
                constant(1, 2),
                Op::CompareInt { cmp: Cmp::Ge, dst: 0, a: 0, b: 1 },
                give(0),
            ],
        ),
        // 3: a watch of a watch
        function(
            "count(ordered in last 2 hours) >= 2 for 1 hour",
            Ty::Bool,
            vec![Op::Held { dst: 0, watch: 0, span: hours(1) }, give(0)],
        ),
        // 4: a segment of a segment
        function(
            "in gold and count(viewed by day in last 3 days) >= 1",
            Ty::Bool,
            both(
                vec![Op::InSegment { dst: 0, segment: 0 }],
                vec![
                    Op::Tally { dst: 0, history: BY_DAY },
                    constant(1, 1),
                    Op::CompareInt { cmp: Cmp::Ge, dst: 0, a: 0, b: 1 },
                ],
            ),
        ),
        // 5: an address
        function("profile.email", Ty::Text, vec![Op::Profile { dst: 0, field: EMAIL }, give(0)]),
        // 6: a trigger's condition
        Function {
            event: Some(VIEWED),
            ..function(
                "value >= 20 EUR",
                Ty::Bool,
                vec![
                    Op::Event { dst: 0, field: VALUE },
                    constant(1, 0),
                    Op::JumpMissing { a: 0, to: 5 },
                    constant(2, 20_000_000),
                    Op::CompareInt { cmp: Cmp::Ge, dst: 1, a: 0, b: 2 },
                    give(1),
                ],
            )
        },
        // 7: a condition of a run
        in_journey(function(
            "cart.value >= 200 EUR",
            Ty::Bool,
            vec![
                Op::Slot { dst: 0, slot: 1 },
                Op::Known { dst: 1, a: 0 },
                Op::JumpUnless { a: 1, to: 5 },
                constant(2, 200_000_000),
                Op::CompareInt { cmp: Cmp::Ge, dst: 1, a: 0, b: 2 },
                give(1),
            ],
        )),
        // 8: a moment of a run
        in_journey(function(
            "next weekday at 09:00 in \"America/New_York\"",
            Ty::Moment,
            vec![
                constant(0, (9 * HOUR) as Word),
                constant(1, NEW_YORK.into()),
                Op::NextAt { dst: 2, day: DayRule::Week { days: 0b1_1111, calendar: Some(0) }, time: 0, zone: Some(1) },
                give(2),
            ],
        )),
        // 9: an input
        in_journey(function("cart.name", Ty::Text, vec![Op::Slot { dst: 0, slot: 0 }, give(0)])),
        // 10: a query's body
        Function {
            member: 2,
            ..function(
                "price >= 10 EUR",
                Ty::Bool,
                vec![
                    Op::Member { dst: 0, field: 0 },
                    Op::Known { dst: 1, a: 0 },
                    Op::JumpUnless { a: 1, to: 5 },
                    constant(2, 10_000_000),
                    Op::CompareInt { cmp: Cmp::Ge, dst: 1, a: 0, b: 2 },
                    give(1),
                ],
            )
        },
        // 11: what is sent, as a query
        in_journey(function(
            "any(cart.items where price >= 10 EUR)",
            Ty::Bool,
            vec![
                Op::Slot { dst: 0, slot: 2 },
                Op::Each { dst: 0, list: 0, stride: 2, body: 10, fold: Fold::Any },
                give(0),
            ],
        )),
        // 12: a rank
        in_journey(function("value", money(), vec![constant(0, 6_000_000), give(0)])),
        // 13: a profile field's value
        in_journey(function("gold", Ty::Enum(0), vec![constant(0, 2), give(0)])),
        // 14: a member's price
        Function { member: 2, ..function("price", money(), vec![Op::Member { dst: 0, field: 0 }, give(0)]) },
        // 15: an int of a run
        in_journey(function("0", Ty::Int, vec![constant(0, 0), give(0)])),
        // 16: a number of a member
        Function { member: 1, ..function("number", Ty::Number, vec![Op::Member { dst: 0, field: 0 }, give(0)]) },
    ]
}

fn cart() -> Journey {
    let capture = Capture { fields: vec![(NAME, 0), (VALUE, 1), (ITEMS, 2)], happened_at: Some(3), clear: vec![] };
    let steps = vec![
        step("wait#1", "wait 1 hour", 11, 0),
        step("reminder", "send cart_reminder(cart) by push, else email as reminder", 12, 1),
        step("wait#2", "wait up to 24 hours", 13, 2),
        step("if", "if cart.value >= 200 EUR", 17, 3),
        step("task", "task for sales \"shop\" due in 1 day", 18, 4),
        step("next best action", "next best action", 20, 6),
        step("call stock", "call stock as left", 22, 8),
        step("repeat", "repeat up to 3 times", 24, 10),
        step("experiment", "experiment variant", 26, 13),
        step("go to winback", "go to winback(cart)", 28, 15),
        step("collect", "collect viewed as seen for 1 hour, at most 5", 30, 16),
        step("set", "set profile.tier = gold", 32, 17),
        step("emit", "emit ordered", 33, 18),
        step("finish", "finish as \"nothing to offer\"", 34, 19),
        step("on leaving", "on leaving", 36, 20),
    ];
    let code = vec![
        (Instr::Stay(0), 0),
        (Instr::Send(0), 1),
        (Instr::Stay(1), 2),
        (Instr::Unless { condition: 7, to: 6 }, 3),
        (Instr::Task { team: 0, text: SHOP, due: Some(days(1)), id: Some(6) }, 4),
        (Instr::Stay(2), 4),
        (Instr::NextBest(0), 5),
        (Instr::Send(1), 5),
        (Instr::Call { webhook: 0, inputs: vec![Input { name: "name".into(), value: 9 }], id: 8 }, 6),
        (Instr::Stay(3), 6),
        (Instr::Let { slot: 10, value: 15 }, 7),
        (Instr::Nop, 7),
        (Instr::Again { slot: 10, times: 3, body: 11 }, 7),
        (Instr::Experiment { name: ARM, arms: vec![(1 << 31, SHOP, 14), (1 << 32, HELLO, 16)] }, 8),
        (Instr::Jump(15), 8),
        (Instr::GoTo { journey: 1, args: vec![Some(9)] }, 9),
        (Instr::Stay(4), 10),
        (Instr::Set { field: TIER, value: 13 }, 11),
        (Instr::Emit { event: ORDERED, fields: vec![Some(9)] }, 12),
        (Instr::Finish(Some(LABEL)), 13),
        (Instr::Set { field: TIER, value: 13 }, 14),
        (Instr::Finish(None), 14),
    ];
    let (code, step_of): (Vec<_>, Vec<u16>) = code.into_iter().unzip();
    let tries = vec![
        Try { channel: 1, consent: ConsentRule::Channel, rules: vec![0, 2, 3] },
        Try { channel: 0, consent: ConsentRule::Any, rules: vec![0, 1, 2, 4] },
    ];
    let send = Send {
        message: 0,
        inputs: vec![Input { name: "cart.name".into(), value: 9 }, Input { name: "dear".into(), value: 11 }],
        tries,
        offer: None,
        due: Some(13),
        sent_at: Some(14),
        channel: Some(15),
        id: Some(4),
        sent: None,
        refused: Some(2),
        stage: Some(0),
    };
    Journey {
        name: "abandoned_cart".into(),
        hash: 7,
        annotations: vec![("product".into(), "apparel.shoes".into())],
        slots: vec![
            slot("cart.name", Ty::Text),
            slot("cart.value", money()),
            slot("cart.items", items()),
            slot("cart.happened_at", Ty::Moment),
            slot("#reminder.id", Ty::Int),
            slot("#reminder.id2", Ty::Int),
            slot("#task.id", Ty::Int),
            slot("#task.id2", Ty::Int),
            slot("#stock.id", Ty::Int),
            slot("#stock.id2", Ty::Int),
            slot("#round", Ty::Int),
            slot("seen", items()),
            slot("left.left", Ty::Int),
            slot("reminder.due", Ty::Moment),
            slot("reminder.sent_at", Ty::Moment),
            slot("reminder.channel", Ty::Text),
            slot("#paused", Ty::Moment),
            slot("#became", Ty::Bool),
        ],
        params: 0,
        key: Some(0),
        at_once: Some(10),
        reentry: ReEntry::AfterEntry(days(7)),
        triggers: vec![Trigger::Event {
            listener: Listener { condition: Some(6), ..on(VIEWED) },
            capture: capture.clone(),
        }],
        only_if: Some(4),
        window: (Some(20_000), None),
        rollout: Some(1 << 31),
        priority: 2,
        start_over: vec![StartOver {
            listener: Listener { key: Some(NAME), condition: Some(6), ..on(VIEWED) },
            capture: capture.clone(),
        }],
        updates: vec![Update { listener: on(VIEWED), capture: Capture { happened_at: None, ..capture.clone() } }],
        goals: vec![Goal { listener: Listener { key: Some(0), ..on(ORDERED) }, within: Some(days(3)), go_on: false }],
        exits: vec![
            Exit { on: Occasion::Event(on(OPENED)), text: "exit on opened".into(), for_good: true, stage: None },
            Exit { on: Occasion::Condition(7), text: "exit when large".into(), for_good: false, stage: Some(0) },
        ],
        pauses: vec![Pause {
            on: Occasion::Event(on(OPENED)),
            until: Some(on(ORDERED)),
            text: "pause on opened until ordered".into(),
            at_most: Some(days(14)),
            then_exit: true,
            stage: None,
            since: 16,
        }],
        meanwhile: vec![Meanwhile { hold: true, purpose: 0, stage: None }],
        on_leaving: Some(20),
        lasts: Some(days(90)),
        stages: vec![Stage { name: "nurture".into(), parent: None }],
        code,
        step_of,
        points: vec![Point { text: "else of if".into(), pc: 6, line: 19, file: "cart.journey".into() }],
        steps,
        places: vec![
            Place { stage: Some(0), kind: PlaceKind::Timer { due: Due::After(hours(1)), past: None, next: 1 } },
            Place {
                stage: None,
                kind: PlaceKind::First {
                    due: Due::At(8),
                    arms: vec![
                        WaitArm {
                            on: Occasion::Event(Listener { of: Some(0), ..on(OPENED) }),
                            becomes: None,
                            capture: Capture { happened_at: Some(3), ..Capture::default() },
                            next: 3,
                        },
                        WaitArm { on: Occasion::Condition(7), becomes: Some(17), capture: Capture::default(), next: 6 },
                    ],
                    timeout: 3,
                },
            },
            Place { stage: None, kind: PlaceKind::Task { id: 6, due: Some(days(1)), done: 8, late: 6 } },
            Place {
                stage: None,
                kind: PlaceKind::Answer { webhook: 0, id: 8, slots: vec![Some(12)], next: 10, failed: 13 },
            },
            Place {
                stage: None,
                kind: PlaceKind::Collect {
                    listener: on(VIEWED),
                    due: Due::After(hours(1)),
                    fields: vec![VALUE, NAME],
                    list: 11,
                    at_most: 5,
                    next: 17,
                },
            },
        ],
        sends: vec![
            send.clone(),
            Send {
                offer: Some(0),
                id: None,
                due: None,
                sent_at: None,
                channel: None,
                refused: None,
                stage: None,
                ..send
            },
        ],
        next_best: vec![NextBest {
            candidates: vec![Candidate { offer: 0, eligible: Some(7), rank: 12, send: 1, body: 7 }],
            rank_text: "value".into(),
            otherwise: 8,
        }],
        zeroed: vec![10],
    }
}

fn winback() -> Journey {
    Journey {
        name: "winback".into(),
        hash: 8,
        annotations: vec![],
        slots: vec![slot("name", Ty::Text)],
        params: 1,
        key: None,
        at_once: None,
        reentry: ReEntry::Never { remember: 1 },
        triggers: vec![
            Trigger::HandOff(0),
            Trigger::Begins(0),
            Trigger::Ceases(1),
            Trigger::Every { day: DayRule::Month(31), at: 9 * HOUR, zone: Some(NEW_YORK), segment: Some(1) },
            Trigger::Anniversary { field: BORN, at: 9 * HOUR, zone: None },
        ],
        only_if: None,
        window: (None, None),
        rollout: None,
        priority: 0,
        start_over: vec![],
        updates: vec![],
        goals: vec![],
        exits: vec![],
        pauses: vec![],
        meanwhile: vec![],
        on_leaving: None,
        lasts: None,
        stages: vec![],
        code: vec![Instr::Stay(0), Instr::Finish(None)],
        step_of: vec![0, 1],
        points: vec![],
        steps: vec![step("wait", "wait 1 month", 3, 0), step("end", "end", 4, 1)],
        places: vec![Place {
            stage: None,
            kind: PlaceKind::Timer { due: Due::After(Span { months: 1, ..Span::default() }), past: None, next: 1 },
        }],
        sends: vec![],
        next_best: vec![],
        zeroed: vec![],
    }
}

/// A moment: noon UTC of 2026-05-04 (a Monday), plus hours.
pub fn noon(hours: i64) -> i64 {
    20_577 * DAY + 12 * HOUR + hours * HOUR
}
