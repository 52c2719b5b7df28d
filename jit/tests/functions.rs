//! Generated functions mean the same to the evaluator and as machine code of both levels, to the bit: results, and when they may change.

use journey_jit::{Functions, Level};
use journey_runtime::eval::{Frame, Scope};
use journey_runtime::image::{
    Arith, Bounds, Calendar, Cmp, Enum, Event, EventField, FnId, Function, History, HistoryKind, Image, Journey,
    MISSING, Op, ProfileField, ReEntry, Reg, Role, Segment, Slot, Span, Ty, Watch, Word,
};
use journey_runtime::pool::Pool;
use journey_runtime::program::Program;
use proptest::prelude::*;

/// An expression, by its type.
#[derive(Debug, Clone)]
enum Int {
    Const(i64),
    Profile,
    Slot,
    Row,
    HappenedAt,
    Total,
    SinceLast(Box<Int>),
    Otherwise(Box<Int>),
    Arith(Arith, Box<Int>, Box<Int>),
    Money(Arith, Box<Int>, Box<Num>),
    Later(Box<Int>, i64),
    Now,
}

#[derive(Debug, Clone)]
enum Num {
    Const(f64),
    Profile,
    Chance,
    Slot,
    Row,
    Otherwise(Box<Num>),
    Of(Box<Int>),
    Ratio(Box<Int>, Box<Int>),
    Arith(Arith, Box<Num>, Box<Num>),
}

#[derive(Debug, Clone)]
enum Is {
    Const(bool),
    Profile,
    Slot,
    Not(Box<Is>),
    And(Box<Is>, Box<Is>),
    Or(Box<Is>, Box<Is>),
    Int(Cmp, Box<Int>, Box<Int>),
    Num(Cmp, Box<Num>, Box<Num>),
    Case(Vec<u8>),
    Below(u32, u32),
    InList,
    Known(u8),
    Now(Cmp, Box<Int>),
    Held(i64),
    Day(u8, Box<Int>, bool),
    Segment,
    Today(Cmp, Box<Int>),
    Begins,
}

const PROFILE: [&str; 8] = ["count", "count?", "number", "number?", "chance", "yes", "case?", "node?"];

fn any_int() -> impl Strategy<Value = i64> {
    prop_oneof![
        3 => -3i64..4,
        1 => prop::sample::select(vec![i64::MAX, i64::MIN + 1, i64::MAX - 1, 1 << 53, -(1 << 53), 1 << 62, 1_000_000]),
        1 => (i64::MIN + 1)..,
    ]
}

fn any_number() -> impl Strategy<Value = f64> {
    prop_oneof![
        3 => (-8i32..9).prop_map(|n| f64::from(n) / 4.0),
        1 => prop::sample::select(vec![f64::MAX, f64::MIN, 1e300, -1e300, 1e154, -1e155, f64::MIN_POSITIVE, 5e-324, 1e-200, 0.1]),
        1 => prop::num::f64::NORMAL,
    ]
}

fn any_cmp() -> impl Strategy<Value = Cmp> {
    prop::sample::select(vec![Cmp::Eq, Cmp::Ne, Cmp::Lt, Cmp::Le, Cmp::Gt, Cmp::Ge])
}

/// Expressions up to a depth.
fn ints(depth: u32) -> BoxedStrategy<Int> {
    let leaf = prop_oneof![
        any_int().prop_map(Int::Const),
        Just(Int::Profile),
        Just(Int::Slot),
        Just(Int::Row),
        Just(Int::HappenedAt),
        Just(Int::Total),
    ];
    if depth == 0 {
        return leaf.boxed();
    }
    let below = || ints(depth - 1).prop_map(Box::new);
    let whole = prop::sample::select(vec![Arith::AddInt, Arith::SubInt, Arith::MulInt]);
    let money = prop::sample::select(vec![Arith::MulMoney, Arith::DivMoney]);
    prop_oneof![
        2 => leaf,
        1 => below().prop_map(Int::SinceLast),
        1 => below().prop_map(Int::Otherwise),
        4 => (whole, below(), below()).prop_map(|(op, a, b)| Int::Arith(op, a, b)),
        1 => (money, below(), nums(depth - 1)).prop_map(|(op, a, b)| Int::Money(op, a, Box::new(b))),
        1 => (below(), any_int()).prop_map(|(a, ms)| Int::Later(a, ms)),
        1 => Just(Int::Now),
    ]
    .boxed()
}

fn nums(depth: u32) -> BoxedStrategy<Num> {
    let leaf = prop_oneof![
        any_number().prop_map(Num::Const),
        Just(Num::Profile),
        Just(Num::Chance),
        Just(Num::Slot),
        Just(Num::Row),
    ];
    if depth == 0 {
        return leaf.boxed();
    }
    let below = || nums(depth - 1).prop_map(Box::new);
    let int = || ints(depth - 1).prop_map(Box::new);
    let real = prop::sample::select(vec![Arith::AddNum, Arith::SubNum, Arith::MulNum, Arith::DivNum]);
    prop_oneof![
        2 => leaf,
        1 => below().prop_map(Num::Otherwise),
        1 => int().prop_map(Num::Of),
        1 => (int(), int()).prop_map(|(a, b)| Num::Ratio(a, b)),
        5 => (real, below(), below()).prop_map(|(op, a, b)| Num::Arith(op, a, b)),
    ]
    .boxed()
}

fn conditions(depth: u32) -> BoxedStrategy<Is> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Is::Const),
        Just(Is::Profile),
        Just(Is::Slot),
        prop::collection::vec(0u8..70, 1..6).prop_map(Is::Case),
        (0u32..5, 0u32..9).prop_map(|(from, more)| Is::Below(from, from + more)),
        Just(Is::InList),
        (0u8..4).prop_map(Is::Known),
        (1i64..100).prop_map(Is::Held),
        Just(Is::Segment),
        Just(Is::Begins),
    ];
    if depth == 0 {
        return leaf.boxed();
    }
    let below = || conditions(depth - 1).prop_map(Box::new);
    let int = || ints(depth - 1).prop_map(Box::new);
    let num = || nums(depth - 1).prop_map(Box::new);
    prop_oneof![
        3 => leaf,
        1 => below().prop_map(Is::Not),
        3 => (below(), below()).prop_map(|(a, b)| Is::And(a, b)),
        3 => (below(), below()).prop_map(|(a, b)| Is::Or(a, b)),
        2 => (any_cmp(), int(), int()).prop_map(|(cmp, a, b)| Is::Int(cmp, a, b)),
        2 => (any_cmp(), num(), num()).prop_map(|(cmp, a, b)| Is::Num(cmp, a, b)),
        1 => (any_cmp(), int()).prop_map(|(cmp, a)| Is::Now(cmp, a)),
        1 => (any_cmp(), int()).prop_map(|(cmp, a)| Is::Today(cmp, a)),
        1 => (0u8..128, int(), any::<bool>()).prop_map(|(days, a, work)| Is::Day(days, a, work)),
    ]
    .boxed()
}

/// Makes operations of expressions as the compiler does.
#[derive(Default)]
struct Making {
    ops: Vec<Op>,
    regs: Reg,
}

impl Making {
    fn reg(&mut self) -> Reg {
        self.regs += 1;
        self.regs - 1
    }

    fn op(&mut self, op: impl FnOnce(Reg) -> Op) -> Reg {
        let dst = self.reg();
        self.ops.push(op(dst));
        dst
    }

    fn jump(&mut self, op: Op) -> usize {
        self.ops.push(op);
        self.ops.len() - 1
    }

    fn land(&mut self, at: usize) {
        let here = self.ops.len() as u16;
        if let Op::Jump { to } | Op::JumpIf { to, .. } | Op::JumpUnless { to, .. } | Op::JumpMissing { to, .. } =
            &mut self.ops[at]
        {
            *to = here;
        }
    }

    /// `value`, or when it is missing, the other.
    fn otherwise(&mut self, value: Reg, other: impl FnOnce(&mut Making) -> Reg) -> Reg {
        let result = self.reg();
        let missing = self.jump(Op::JumpMissing { a: value, to: 0 });
        self.ops.push(Op::Move { dst: result, a: value });
        let done = self.jump(Op::Jump { to: 0 });
        self.land(missing);
        let other = other(self);
        self.ops.push(Op::Move { dst: result, a: other });
        self.land(done);
        result
    }

    fn profile(&mut self, name: &str) -> Reg {
        let field = PROFILE.iter().position(|known| *known == name).expect("it is in the list") as u16;
        self.op(|dst| Op::Profile { dst, field })
    }

    fn int(&mut self, int: &Int) -> Reg {
        match int {
            Int::Const(value) => self.op(|dst| Op::Const { dst, value: *value as Word }),
            Int::Profile => self.profile("count"),
            Int::Slot => self.op(|dst| Op::Slot { dst, slot: 0 }),
            Int::Row => self.op(|dst| Op::Event { dst, field: 0 }),
            Int::HappenedAt => self.op(|dst| Op::HappenedAt { dst }),
            Int::Total => self.op(|dst| Op::Tally { dst, history: 0 }),
            Int::SinceLast(other) => {
                let last = self.op(|dst| Op::Kept { dst, history: 1, field: Some(0) });
                self.otherwise(last, |making| making.int(other))
            }
            Int::Otherwise(other) => {
                let value = self.profile("count?");
                self.otherwise(value, |making| making.int(other))
            }
            Int::Arith(op, a, b) => {
                let (a, b) = (self.int(a), self.int(b));
                self.op(|dst| Op::Arith { op: *op, dst, a, b })
            }
            Int::Money(op, a, b) => {
                let (a, b) = (self.int(a), self.num(b));
                self.op(|dst| Op::Arith { op: *op, dst, a, b })
            }
            Int::Later(a, ms) => {
                let a = self.int(a);
                self.op(|dst| Op::AddSpan { dst, a, span: Span { ms: *ms, ..Span::default() } })
            }
            Int::Now => self.op(|dst| Op::Now { dst }),
        }
    }

    fn num(&mut self, num: &Num) -> Reg {
        match num {
            Num::Const(value) => {
                let value = if *value == 0.0 { 0.0 } else { *value };
                self.op(|dst| Op::Const { dst, value: value.to_bits() })
            }
            Num::Profile => self.profile("number"),
            Num::Chance => self.profile("chance"),
            Num::Slot => self.op(|dst| Op::Slot { dst, slot: 1 }),
            Num::Row => self.op(|dst| Op::Event { dst, field: 1 }),
            Num::Otherwise(other) => {
                let value = self.profile("number?");
                self.otherwise(value, |making| making.num(other))
            }
            Num::Of(a) => {
                let a = self.int(a);
                self.op(|dst| Op::IntToNum { dst, a })
            }
            Num::Ratio(a, b) => {
                let (a, b) = (self.int(a), self.int(b));
                self.op(|dst| Op::Arith { op: Arith::RatioMoney, dst, a, b })
            }
            Num::Arith(op, a, b) => {
                let (a, b) = (self.num(a), self.num(b));
                self.op(|dst| Op::Arith { op: *op, dst, a, b })
            }
        }
    }

    fn is(&mut self, is: &Is) -> Reg {
        match is {
            Is::Const(value) => self.op(|dst| Op::Const { dst, value: Word::from(*value) }),
            Is::Profile => self.profile("yes"),
            Is::Slot => self.op(|dst| Op::Slot { dst, slot: 2 }),
            Is::Not(a) => {
                let a = self.is(a);
                self.op(|dst| Op::Not { dst, a })
            }
            Is::And(a, b) | Is::Or(a, b) => {
                let result = self.reg();
                let first = self.is(a);
                self.ops.push(Op::Move { dst: result, a: first });
                let and = matches!(is, Is::And(..));
                let jump = if and { Op::JumpUnless { a: first, to: 0 } } else { Op::JumpIf { a: first, to: 0 } };
                let done = self.jump(jump);
                let second = self.is(b);
                self.ops.push(Op::Move { dst: result, a: second });
                self.land(done);
                result
            }
            Is::Int(cmp, a, b) => {
                let (a, b) = (self.int(a), self.int(b));
                self.op(|dst| Op::CompareInt { cmp: *cmp, dst, a, b })
            }
            Is::Num(cmp, a, b) => {
                let (a, b) = (self.num(a), self.num(b));
                self.op(|dst| Op::CompareNum { cmp: *cmp, dst, a, b })
            }
            Is::Case(cases) => {
                let value = self.profile("case?");
                let result = self.op(|dst| Op::Const { dst, value: 0 });
                let mut hits = Vec::new();
                for case in cases {
                    let b = self.op(|dst| Op::Const { dst, value: Word::from(*case) });
                    let hit = self.op(|dst| Op::CompareInt { cmp: Cmp::Eq, dst, a: value, b });
                    self.ops.push(Op::Move { dst: result, a: hit });
                    hits.push(self.jump(Op::JumpIf { a: hit, to: 0 }));
                }
                hits.into_iter().for_each(|at| self.land(at));
                result
            }
            Is::Below(from, to) => {
                let a = self.profile("node?");
                self.op(|dst| Op::InSubtree { dst, a, from: *from, to: *to })
            }
            Is::InList => {
                let a = self.profile("count");
                let list = self.op(|dst| Op::Const { dst, value: 0 });
                self.op(|dst| Op::InList { dst, a, list })
            }
            Is::Known(which) => {
                let a = self.profile(["count?", "number?", "case?", "node?"][usize::from(*which)]);
                self.op(|dst| Op::Known { dst, a })
            }
            Is::Now(cmp, a) => {
                let a = self.int(a);
                self.op(|dst| Op::CompareNow { cmp: *cmp, dst, a })
            }
            Is::Held(ms) => self.op(|dst| Op::Held { dst, watch: 0, span: Span { ms: *ms, ..Span::default() } }),
            Is::Day(days, a, work) => {
                // Dates, not just any number.
                let a = self.int(a);
                let date = self.op(|dst| Op::DateOf { dst, a, zone: None });
                let calendar = work.then_some(0);
                self.op(|dst| Op::IsDay { dst, a: date, days: *days, calendar })
            }
            Is::Segment => self.op(|dst| Op::InSegment { dst, segment: 0 }),
            Is::Today(cmp, a) => {
                let a = self.int(a);
                let date = self.op(|dst| Op::DateOf { dst, a, zone: None });
                self.op(|dst| Op::CompareToday { cmp: *cmp, dst, a: date })
            }
            Is::Begins => {
                let a = self.op(|dst| Op::Const { dst, value: 0 });
                let b = self.op(|dst| Op::Const { dst, value: 1 });
                self.op(|dst| Op::StartsWith { dst, a, b })
            }
        }
    }

    fn function(mut self, result: Reg, ty: Ty, event: bool, journey: bool) -> Function {
        self.ops.push(Op::Return { a: result });
        Function {
            text: "generated".to_string(),
            ops: self.ops,
            regs: self.regs,
            ty,
            event: event.then_some(0),
            journey: journey.then_some(0),
            member: 0,
        }
    }
}

fn image(functions: Vec<Function>) -> Image {
    let field = |name: &str, ty: Ty, optional: bool| ProfileField {
        name: name.to_string(),
        path: name.to_string(),
        currency_path: None,
        ty,
        optional,
        bounds: Bounds::default(),
        default: if optional { MISSING } else { 0 },
    };
    let of_event = |name: &str, ty: Ty| EventField {
        name: name.to_string(),
        path: name.to_string(),
        currency_path: None,
        ty,
        optional: false,
        bounds: Bounds::default(),
        default: None,
    };
    let history = |kind| History { text: "history".to_string(), event: 0, condition: None, kind };
    let node = |path: &str, end| journey_runtime::image::Node { path: path.to_string(), end };
    let mut segment = Making::default();
    let count = segment.profile("count");
    let one = segment.op(|dst| Op::Const { dst, value: 1 });
    let many = segment.op(|dst| Op::CompareInt { cmp: Cmp::Gt, dst, a: count, b: one });
    let mut all = vec![segment.function(many, Ty::Bool, false, false)];
    all.extend(functions);
    let types = [Ty::Int, Ty::Int, Ty::Number, Ty::Number, Ty::Probability, Ty::Bool, Ty::Enum(0), Ty::Facet(0)];
    Image {
        name: "generated".to_string(),
        time_zone: "Europe/Berlin".to_string(),
        currency: "EUR".to_string(),
        texts: vec!["begins".to_string(), "be".to_string()],
        lists: vec![vec![0, 1, 2, 7, 90, i64::MAX as Word]],
        enums: vec![Enum { values: (0..70).map(|n| format!("v{n}")).collect() }],
        facets: vec![journey_runtime::image::Facet {
            name: "facet".to_string(),
            nodes: vec![node("a", 3), node("a.b", 2), node("a.c", 3), node("d", 4), node("e", 5)],
        }],
        calendars: vec![Calendar { name: "work".to_string(), days: vec![3, 4, 100, 200] }],
        events: vec![Event {
            name: "seen".to_string(),
            wire: "seen".to_string(),
            everyone: false,
            used: true,
            fields: vec![of_event("count", Ty::Int), of_event("number", Ty::Number)],
            role: Role::Plain,
        }],
        profile: PROFILE.iter().zip(types).map(|(name, ty)| field(name, ty, name.ends_with('?'))).collect(),
        histories: vec![history(HistoryKind::Total), history(HistoryKind::Last { fields: vec![0] })],
        watches: vec![Watch { text: "watch".to_string(), condition: 0 }],
        segments: vec![Segment { name: "segment".to_string(), condition: 0 }],
        journeys: vec![journey()],
        functions: all,
        ..Image::default()
    }
}

fn journey() -> Journey {
    let slot = |name: &str, ty| Slot { name: name.to_string(), ty };
    Journey {
        name: "journey".to_string(),
        hash: 1,
        annotations: Vec::new(),
        slots: vec![slot("count", Ty::Int), slot("number", Ty::Number), slot("yes", Ty::Bool)],
        params: 0,
        key: None,
        at_once: None,
        reentry: ReEntry::AfterFinishing,
        triggers: Vec::new(),
        only_if: None,
        window: (None, None),
        rollout: None,
        priority: 0,
        start_over: Vec::new(),
        updates: Vec::new(),
        goals: Vec::new(),
        exits: Vec::new(),
        pauses: Vec::new(),
        meanwhile: Vec::new(),
        on_leaving: None,
        lasts: None,
        stages: Vec::new(),
        code: vec![journey_runtime::image::Instr::Finish(None)],
        step_of: vec![0],
        steps: vec![journey_runtime::image::Step {
            id: "finish".to_string(),
            text: "finish".to_string(),
            parent: None,
            stage: None,
            line: 1,
            file: "generated.journey".to_string(),
            annotations: Vec::new(),
            pc: 0,
        }],
        points: Vec::new(),
        places: Vec::new(),
        sends: Vec::new(),
        next_best: Vec::new(),
        zeroed: Vec::new(),
    }
}

/// What functions are asked about.
#[derive(Debug, Clone)]
struct World {
    count: [i64; 2],
    number: [f64; 2],
    chance: f64,
    yes: bool,
    case: Option<u8>,
    node: Option<u8>,
    slots: (i64, f64, bool),
    row: (i64, f64),
    total: u32,
    last: Option<i64>,
    since: Option<i64>,
    known: [bool; 2],
    now: i64,
}

fn worlds() -> impl Strategy<Value = World> {
    let some = (any_int(), any_int(), any_number(), any_number(), 0u32..=4, any::<bool>());
    let more = (prop::option::of(0u8..70), prop::option::of(0u8..5), (any_int(), any_number(), any::<bool>()));
    let rest = (
        (any_int(), any_number()),
        0u32..5,
        prop::option::of(any_int()),
        prop::option::of(0i64..200),
        any::<[bool; 2]>(),
        prop_oneof![0i64..200, any_int()],
    );
    (some, more, rest).prop_map(|(some, more, rest)| World {
        count: [some.0, some.1],
        number: [some.2, some.3],
        chance: f64::from(some.4) / 4.0,
        yes: some.5,
        case: more.0,
        node: more.1,
        slots: more.2,
        row: rest.0,
        total: rest.1,
        last: rest.2,
        since: rest.3,
        known: rest.4,
        now: rest.5,
    })
}

fn bits(number: f64) -> Word {
    if number == 0.0 { 0 } else { number.to_bits() }
}

fn check(functions: Vec<Function>, worlds: &[World]) -> Result<(usize, usize), TestCaseError> {
    let count = functions.len() as FnId;
    let program = Program::new(image(functions)).map_err(|errors| TestCaseError::fail(format!("{errors:?}")))?;
    let compiled = [Level::None, Level::Speed].map(|level| Functions::new(&program, level).expect("it compiles"));
    let pool = Pool::new(&program.image);
    let mut frame = Frame::new(&program);
    for world in worlds {
        let mut state = program.layout.fresh();
        let optional = |known: bool, word: Word| if known { word } else { MISSING };
        let profile = [
            world.count[0] as Word,
            optional(world.known[0], world.count[1] as Word),
            bits(world.number[0]),
            optional(world.known[1], bits(world.number[1])),
            bits(world.chance),
            Word::from(world.yes),
            world.case.map_or(MISSING, Word::from),
            world.node.map_or(MISSING, Word::from),
        ];
        state[program.layout.profile_at..program.layout.profile_at + profile.len()].copy_from_slice(&profile);
        state[program.layout.histories[0].at] = Word::from(world.total);
        state[program.layout.histories[1].at + 1] = world.last.map_or(MISSING, |last| last as Word);
        state[program.layout.watch_at(0)] = world.since.map_or(MISSING, |since| since as Word);
        let slots = [world.slots.0 as Word, bits(world.slots.1), Word::from(world.slots.2)];
        let row = [world.row.0 as Word, bits(world.row.1)];
        let scope = Scope {
            slots: &slots,
            row: &row,
            happened_at: world.row.0,
            ..Scope::of(&program, &pool, &state, world.now)
        };
        for function in 1..=count {
            let mut changes = i64::MAX;
            let word = scope.eval(function, &mut frame, &mut changes);
            prop_assert_eq!(
                scope.value(function, &mut frame),
                word,
                "dense: {:#?}",
                program.image.functions[function as usize].ops
            );
            for (compiled, level) in compiled.iter().zip(["none", "speed"]) {
                let mut when = i64::MAX;
                let found = compiled.eval(&scope, function, &mut frame, &mut when);
                let ops = &program.image.functions[function as usize].ops;
                prop_assert_eq!((found, when), (word, changes), "{}: {:#?}", level, ops);
            }
        }
    }
    Ok(compiled[0].compiled())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn generated_functions_mean_the_same(
        conditions in prop::collection::vec(conditions(4), 1..5),
        ints in prop::collection::vec(ints(4), 1..5),
        nums in prop::collection::vec(nums(4), 1..5),
        worlds in prop::collection::vec(worlds(), 1..24),
    ) {
        let mut functions = Vec::new();
        for is in &conditions {
            let mut making = Making::default();
            let result = making.is(is);
            functions.push(making.function(result, Ty::Bool, true, true));
        }
        for int in &ints {
            let mut making = Making::default();
            let result = making.int(int);
            functions.push(making.function(result, Ty::Int, true, true));
        }
        for num in &nums {
            let mut making = Making::default();
            let result = making.num(num);
            functions.push(making.function(result, Ty::Number, true, true));
        }
        check(functions, &worlds)?;
    }
}

#[test]
fn what_leaves_the_finite_numbers_comes_back() {
    let huge = || Box::new(Num::Const(1e300));
    let times = |a, b| Num::Arith(Arith::MulNum, a, b);
    // (1e300 * n * 1e300) - (1e300 * 1e300): held at the greatest number at each step.
    let product = times(Box::new(times(huge(), Box::new(Num::Profile))), huge());
    let difference = Num::Arith(Arith::SubNum, Box::new(product), Box::new(times(huge(), huge())));
    let mut making = Making::default();
    let result = making.num(&difference);
    let function = making.function(result, Ty::Number, true, true);
    let mut world = World {
        count: [0; 2],
        number: [2.0; 2],
        chance: 0.0,
        yes: false,
        case: None,
        node: None,
        slots: (0, 0.0, false),
        row: (0, 0.0),
        total: 0,
        last: None,
        since: None,
        known: [false; 2],
        now: 0,
    };
    let mut worlds = Vec::new();
    for number in [0.0, 1.0, -1.0, 1e-300, f64::MAX, 2.0] {
        world.number[0] = number;
        worlds.push(world.clone());
    }
    let compiled = check(vec![function], &worlds).expect("they are equal");
    assert_eq!(compiled, (2, 2), "both are machine code");
}

#[test]
fn code_is_freed_with_what_it_belongs_to() {
    let program = Program::new(image(Vec::new())).expect("it is well-formed");
    for _ in 0..50 {
        let functions = Functions::new(&program, Level::None).expect("it compiles");
        assert!(functions.bytes() > 0);
    }
}
