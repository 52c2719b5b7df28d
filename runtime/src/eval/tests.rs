use super::*;
use crate::image::{Arith, Function, Image, Span, Ty};
use crate::sample::{self, constant, days, function, give, hours, noon};
use crate::time::{DAY, HOUR};
use crate::{history::Seen, watch};

/// One customer, and the functions that are asked about them.
struct Customer {
    program: Program,
    pool: Pool,
    state: Vec<Word>,
    frame: Frame,
}

/// What an expression gives, and when that may change.
#[derive(Debug, PartialEq)]
struct Result {
    word: Word,
    changes: Option<i64>,
}

fn stays(word: impl Into<Word>) -> Result {
    Result { word: word.into(), changes: None }
}

fn until(changes: i64, word: impl Into<Word>) -> Result {
    Result { word: word.into(), changes: Some(changes) }
}

/// Runs operations of the sample program, whose last is the result.
fn ask(ty: Ty, ops: Vec<Op>) -> Result {
    Customer::asked(function("asked", ty, ops), |_| ()).ask(noon(0))
}

fn holds(ops: Vec<Op>) -> Result {
    ask(Ty::Bool, ops)
}

fn int(ops: Vec<Op>) -> Result {
    ask(Ty::Int, ops)
}

impl Customer {
    /// The function stands last in the program.
    fn asked(function: Function, change: impl FnOnce(&mut Image)) -> Customer {
        let mut image = sample::image();
        change(&mut image);
        image.functions.push(function);
        let program = Program::new(image).expect("it is well-formed");
        let pool = Pool::new(&program.image);
        let frame = Frame::new(&program);
        Customer { state: program.layout.fresh(), program, pool, frame }
    }

    fn scope(&self, now: i64) -> Scope<'_> {
        Scope::of(&self.program, &self.pool, &self.state, now)
    }

    fn ask(&mut self, now: i64) -> Result {
        self.ask_with(now, &[], &[])
    }

    fn ask_with(&mut self, now: i64, slots: &[Word], row: &[Word]) -> Result {
        let mut changes = NEVER;
        let mut frame = self.frame.clone();
        let last = self.program.image.functions.len() as FnId - 1;
        let scope = Scope { slots, row, happened_at: noon(-1), ..self.scope(now) };
        let word = scope.eval(last, &mut frame, &mut changes);
        Result { word, changes: (changes != NEVER).then_some(changes) }
    }

    fn set(&mut self, field: u16, word: Word) -> state::Changed {
        state::set_profile(&self.program, &self.pool, &mut self.state, field, word)
    }

    fn sees(&mut self, event: u16, row: &[Word], now: i64) {
        let seen = Seen { event, row, happened_at: now, now };
        let mut dirty = watch::Dirty::new(&self.program);
        history::observe(&self.program, &self.pool, &mut self.state, &mut self.frame, seen, &mut dirty);
        watch::refresh(&self.program, &self.pool, &mut self.state, &mut self.frame, now, &mut dirty, &mut Vec::new());
    }
}

fn compare_int(cmp: Cmp, a: i64, b: i64) -> Word {
    holds(vec![constant(0, a as Word), constant(1, b as Word), Op::CompareInt { cmp, dst: 2, a: 0, b: 1 }, give(2)])
        .word
}

fn calculate(op: Arith, ty: Ty, a: Word, b: Word) -> Word {
    ask(ty, vec![constant(0, a), constant(1, b), Op::Arith { op, dst: 2, a: 0, b: 1 }, give(2)]).word
}

const TRUE: Word = 1;
const FALSE: Word = 0;

#[test]
fn constants_and_copies() {
    assert_eq!(int(vec![constant(0, 7), Op::Move { dst: 1, a: 0 }, give(1)]), stays(7u64));
    assert_eq!(holds(vec![constant(0, 1), Op::Not { dst: 0, a: 0 }, give(0)]), stays(FALSE));
    assert_eq!(holds(vec![constant(0, MISSING), Op::Known { dst: 0, a: 0 }, give(0)]), stays(FALSE));
    assert_eq!(
        ask(Ty::Number, vec![constant(0, -3i64 as Word), Op::IntToNum { dst: 0, a: 0 }, give(0)]).word,
        (-3f64).to_bits()
    );
}

#[test]
fn integers_are_compared_with_their_sign() {
    let table = [
        (Cmp::Eq, [0, 1, 0]),
        (Cmp::Ne, [1, 0, 1]),
        (Cmp::Lt, [1, 0, 0]),
        (Cmp::Le, [1, 1, 0]),
        (Cmp::Gt, [0, 0, 1]),
        (Cmp::Ge, [0, 1, 1]),
    ];
    for (cmp, [less, same, more]) in table {
        assert_eq!(
            [compare_int(cmp, -1, 0), compare_int(cmp, -1, -1), compare_int(cmp, 0, -1)],
            [less, same, more],
            "{cmp:?}"
        );
    }
}

#[test]
fn numbers_are_compared() {
    let compare = |cmp, a: f64, b: f64| {
        holds(vec![
            constant(0, a.to_bits()),
            constant(1, b.to_bits()),
            Op::CompareNum { cmp, dst: 0, a: 0, b: 1 },
            give(0),
        ])
        .word
    };
    assert_eq!(compare(Cmp::Lt, -0.5, 0.25), TRUE);
    assert_eq!(compare(Cmp::Ge, -0.5, 0.25), FALSE);
    assert_eq!(compare(Cmp::Eq, 0.25, 0.25), TRUE);
}

#[test]
fn arithmetic() {
    assert_eq!(calculate(Arith::AddInt, Ty::Int, 2, 3), 5);
    assert_eq!(calculate(Arith::SubInt, Ty::Int, 2, 3), -1i64 as Word);
    assert_eq!(calculate(Arith::MulInt, Ty::Int, 2, 3), 6);
    assert_eq!(calculate(Arith::MulMoney, sample::money(), 6_000_000, 0.5f64.to_bits()), 3_000_000);
    assert_eq!(calculate(Arith::RatioMoney, Ty::Number, 1, 4), 0.25f64.to_bits());
}

#[test]
fn profile_events_slots_and_members() {
    let mut customer = Customer::asked(
        function("email", Ty::Text, vec![Op::Profile { dst: 0, field: sample::EMAIL }, give(0)]),
        |_| (),
    );
    assert_eq!(customer.ask(noon(0)), stays(MISSING));
    let mail = customer.pool.text("ana@example.com");
    customer.set(sample::EMAIL, mail.into());
    assert_eq!(customer.ask(noon(0)), stays(mail));

    let event = Function {
        event: Some(sample::ORDERED),
        ..function("name", Ty::Text, vec![Op::Event { dst: 0, field: 0 }, give(0)])
    };
    assert_eq!(Customer::asked(event, |_| ()).ask_with(noon(0), &[], &[4]), stays(4u64));
    let time = Function {
        event: Some(sample::ORDERED),
        ..function("at", Ty::Moment, vec![Op::HappenedAt { dst: 0 }, give(0)])
    };
    assert_eq!(Customer::asked(time, |_| ()).ask_with(noon(0), &[], &[4]), stays(noon(-1) as Word));
    let slot = Function { journey: Some(1), ..function("name", Ty::Text, vec![Op::Slot { dst: 0, slot: 0 }, give(0)]) };
    assert_eq!(Customer::asked(slot, |_| ()).ask_with(noon(0), &[9], &[]), stays(9u64));
}

#[test]
fn texts() {
    let text = |op: fn(Reg, Reg, Reg) -> Op, a: u32, b: u32| {
        holds(vec![constant(0, a.into()), constant(1, b.into()), op(2, 0, 1), give(2)]).word
    };
    let contains = |dst, a, b| Op::Contains { dst, a, b };
    let starts = |dst, a, b| Op::StartsWith { dst, a, b };
    assert_eq!(text(contains, sample::HELLO, sample::HELL), TRUE);
    assert_eq!(text(contains, sample::HELL, sample::HELLO), FALSE);
    assert_eq!(text(starts, sample::HELLO, sample::HELL), TRUE);
    assert_eq!(text(starts, sample::HELLO, sample::SHOP), FALSE);
}

#[test]
fn subtrees_and_lists_of_values() {
    let under = |node| holds(vec![constant(0, node), Op::InSubtree { dst: 0, a: 0, from: 0, to: 3 }, give(0)]).word;
    assert_eq!([under(0), under(1), under(2), under(3)], [TRUE, TRUE, TRUE, FALSE]);
    let among = |word, list| {
        holds(vec![constant(0, word), constant(1, list), Op::InList { dst: 0, a: 0, list: 1 }, give(0)]).word
    };
    assert_eq!([among(1, 0), among(2, 0), among(1, 1)], [TRUE, FALSE, FALSE]);
}

#[test]
fn queries_of_lists() {
    let results = |ty: Ty, body, fold| {
        let query = vec![Op::Slot { dst: 0, slot: 11 }, Op::Each { dst: 0, list: 0, stride: 2, body, fold }, give(0)];
        let mut customer = Customer::asked(Function { journey: Some(0), ..function("q", ty, query) }, |_| ());
        let (ten, three) = (10_000_000, 3_000_000);
        let lists = [vec![], vec![ten, 0, three, 1], vec![MISSING, 0, ten, 0], vec![ten, 0, ten + 1, 0]];
        let lists = lists.map(|list| Word::from(customer.pool.list(&list)));
        lists.map(|list| customer.ask_with(noon(0), &[list; 18], &[]).word)
    };
    assert_eq!(results(Ty::Bool, 10, Fold::Any), [0, 1, 1, 1]);
    assert_eq!(results(Ty::Bool, 10, Fold::All), [1, 0, 0, 1]);
    assert_eq!(results(Ty::Int, 10, Fold::Count), [0, 1, 1, 2]);
    assert_eq!(results(sample::money(), 14, Fold::SumInt), [0, 13_000_000, 10_000_000, 20_000_001]);
}

#[test]
fn lists_of_numbers_are_summed_and_counted() {
    let mut customer = Customer::asked(
        function(
            "sum",
            Ty::Number,
            vec![constant(0, 2), Op::Each { dst: 0, list: 0, stride: 1, body: 16, fold: Fold::SumNum }, give(0)],
        ),
        |image| image.lists.push(vec![0.5f64.to_bits(), MISSING, 0.25f64.to_bits()]),
    );
    assert_eq!(customer.ask(noon(0)), stays(0.75f64.to_bits()));
    assert_eq!(int(vec![constant(0, 0), Op::Length { dst: 0, list: 0, stride: 1 }, give(0)]), stays(2u64));
    assert_eq!(int(vec![constant(0, 0), Op::Length { dst: 0, list: 0, stride: 2 }, give(0)]), stays(1u64));
}

#[test]
fn jumps() {
    let jump =
        |op: fn(u16) -> Op, word| int(vec![constant(0, word), constant(1, 10), op(4), constant(1, 20), give(1)]).word;
    let jumps = |op: fn(u16) -> Op| [jump(op, FALSE), jump(op, TRUE)];
    assert_eq!(jumps(|to| Op::Jump { to }), [10, 10]);
    assert_eq!(jumps(|to| Op::JumpIf { a: 0, to }), [20, 10]);
    assert_eq!(jumps(|to| Op::JumpUnless { a: 0, to }), [10, 20]);
    assert_eq!(
        [jump(|to| Op::JumpMissing { a: 0, to }, MISSING), jump(|to| Op::JumpMissing { a: 0, to }, 5)],
        [10, 20]
    );
}

#[test]
fn now_and_today() {
    assert_eq!(ask(Ty::Moment, vec![Op::Now { dst: 0 }, give(0)]), until(noon(0) + MINUTE, noon(0) as Word));
    // Berlin's 5 May begins at 22:00 UTC.
    assert_eq!(ask(Ty::Date, vec![Op::Today { dst: 0 }, give(0)]), until(noon(10), 20_577u64));
}

#[test]
fn comparing_now_knows_when_it_changes() {
    let compare = |cmp, a: i64| holds(vec![constant(0, a as Word), Op::CompareNow { cmp, dst: 0, a: 0 }, give(0)]);
    let (past, now, later) = (noon(-1), noon(0), noon(1));
    assert_eq!(compare(Cmp::Lt, later), until(later, TRUE));
    assert_eq!(compare(Cmp::Lt, now), stays(FALSE));
    assert_eq!(compare(Cmp::Le, later), until(later + 1, TRUE));
    assert_eq!(compare(Cmp::Le, now), until(now + 1, TRUE));
    assert_eq!(compare(Cmp::Gt, later), until(later + 1, FALSE));
    assert_eq!(compare(Cmp::Gt, now), until(now + 1, FALSE));
    assert_eq!(compare(Cmp::Ge, later), until(later, FALSE));
    assert_eq!(compare(Cmp::Ge, now), stays(TRUE));
    assert_eq!(compare(Cmp::Eq, later), until(later, FALSE));
    assert_eq!(compare(Cmp::Eq, now), until(now + 1, TRUE));
    assert_eq!(compare(Cmp::Ne, now), until(now + 1, FALSE));
    for cmp in [Cmp::Eq, Cmp::Ne, Cmp::Lt, Cmp::Le, Cmp::Gt, Cmp::Ge] {
        assert_eq!(compare(cmp, past).changes, None);
    }
}

#[test]
fn comparing_today_changes_at_the_customers_midnight() {
    let compare = |cmp, a: i64| holds(vec![constant(0, a as Word), Op::CompareToday { cmp, dst: 0, a: 0 }, give(0)]);
    let today = 20_577;
    assert_eq!(compare(Cmp::Lt, today + 1), until(noon(10), TRUE));
    assert_eq!(compare(Cmp::Eq, today), until(noon(10), TRUE));
    assert_eq!(compare(Cmp::Gt, today + 1), until(noon(34), FALSE));
    assert_eq!(compare(Cmp::Ge, today), stays(TRUE));
}

#[test]
fn days_and_calendars() {
    let is = |date: u64, days, calendar| {
        holds(vec![constant(0, date), Op::IsDay { dst: 0, a: 0, days, calendar }, give(0)]).word
    };
    assert_eq!(is(20_577, 1, None), TRUE);
    assert_eq!(is(20_578, 1, None), FALSE);
    assert_eq!(is(20_549, 1, None), TRUE);
    assert_eq!(is(20_549, 1, Some(0)), FALSE);
}

#[test]
fn moments_in_the_customers_zone_and_in_another() {
    let nine = || constant(0, (9 * HOUR) as Word);
    let date = || constant(1, 20_577);
    let new_york = || constant(2, sample::NEW_YORK.into());
    let unknown = || constant(2, MISSING);
    let at = |zone: Op, named| {
        ask(Ty::Moment, vec![nine(), date(), zone, Op::AtTime { dst: 0, date: 1, time: 0, zone: named }, give(0)]).word
            as i64
    };
    assert_eq!(at(unknown(), None), noon(-5));
    assert_eq!(at(new_york(), Some(2)), noon(1));
    assert_eq!(at(unknown(), Some(2)), noon(-5));

    let evening = || constant(1, noon(11) as Word);
    let of =
        |zone: Op, named| ask(Ty::Date, vec![evening(), zone, Op::DateOf { dst: 0, a: 1, zone: named }, give(0)]).word;
    assert_eq!(of(unknown(), None), 20_578);
    assert_eq!(of(new_york(), Some(2)), 20_577);

    let every_day = || DayRule::Week { days: 0b111_1111, calendar: None };
    let next = |zone: Op, named| {
        ask(Ty::Moment, vec![nine(), zone, Op::NextAt { dst: 0, day: every_day(), time: 0, zone: named }, give(0)])
    };
    assert_eq!(next(unknown(), None), until(noon(19), noon(19) as Word));
    assert_eq!(next(new_york(), Some(2)), until(noon(1), noon(1) as Word));
}

#[test]
fn spans_are_added_in_the_customers_zone() {
    let from = |at: i64| constant(0, at as Word);
    let month = Span { months: 1, ..Span::default() };
    let add = |span| ask(Ty::Moment, vec![from(noon(0)), Op::AddSpan { dst: 0, a: 0, span }, give(0)]).word as i64;
    assert_eq!(add(days(1)), noon(24));
    assert_eq!(add(hours(24)), noon(24));
    assert_eq!(add(month), noon(31 * 24));
    let add_days =
        |date, span| ask(Ty::Date, vec![constant(0, date), Op::AddDays { dst: 0, a: 0, span }, give(0)]).word;
    assert_eq!(add_days(20_577, days(-7)), 20_570);
    assert_eq!(add_days(20_577, month), 20_608);
    let friday = noon(4 * 24);
    let mut customer = Customer::asked(
        function("in a weekday", Ty::Moment, vec![Op::AddWeekdays { dst: 0, count: 1, calendar: None }, give(0)]),
        |_| (),
    );
    assert_eq!(customer.ask(friday).word as i64, noon(7 * 24));
}

#[test]
fn another_zone_reads_the_same_moment_otherwise() {
    let mut customer = Customer::asked(function("today", Ty::Date, vec![Op::Today { dst: 0 }, give(0)]), |_| ());
    assert_eq!(customer.ask(noon(11)).word, 20_578);
    assert_eq!(customer.set(sample::TIME_ZONE, sample::NEW_YORK.into()), state::Changed::Zone);
    assert!(state::own_zone(&customer.state));
    assert_eq!(customer.ask(noon(11)), until(noon(16), 20_577u64));
    assert_eq!(customer.set(sample::TIME_ZONE, sample::NEW_YORK.into()), state::Changed::Nothing);
    assert_eq!(customer.set(sample::TIME_ZONE, MISSING), state::Changed::Zone);
    assert!(!state::own_zone(&customer.state));
    let berlin = customer.pool.text("Europe/Berlin");
    assert_eq!(customer.set(sample::TIME_ZONE, berlin.into()), state::Changed::Field);
}

#[test]
fn histories_are_read() {
    let read = |ty: Ty, op: Op| {
        let mut customer = Customer::asked(function("h", ty, vec![op, give(0)]), |_| ());
        let before = customer.ask(noon(0)).word;
        customer.sees(sample::VIEWED, &[5_000_000, 2, sample::HELLO.into(), 0, MISSING], noon(-1));
        customer.sees(sample::ORDERED, &[sample::SHOP.into()], noon(-1));
        (before, customer.ask(noon(0)))
    };
    let tally = |history| Op::Tally { dst: 0, history };
    assert_eq!(read(Ty::Int, tally(sample::RECENT)), (0, until(noon(1), 1u64)));
    assert_eq!(read(Ty::Int, tally(sample::TOTAL)), (0, stays(1u64)));
    assert_eq!(read(sample::money(), tally(sample::SUM_BY_DAY)), (0, until(noon(2 * 24 + 10), 5_000_000u64)));
    assert_eq!(read(Ty::Int, tally(sample::SUM)), (0, stays(2u64)));
    assert_eq!(read(Ty::Number, tally(sample::NUMBERS)), (0, stays(0u64)));
    let kept = |history, field| Op::Kept { dst: 0, history, field };
    assert_eq!(read(Ty::Moment, kept(sample::LAST, None)), (MISSING, stays(noon(-1) as Word)));
    assert_eq!(read(Ty::Text, kept(sample::FIRST, Some(1))), (MISSING, stays(sample::HELLO)));
}

#[test]
fn segments_of_segments() {
    let mut customer =
        Customer::asked(function("s", Ty::Bool, vec![Op::InSegment { dst: 0, segment: 1 }, give(0)]), |_| ());
    assert_eq!(customer.ask(noon(0)), stays(FALSE));
    customer.set(sample::TIER, 2);
    assert_eq!(customer.ask(noon(0)), stays(FALSE));
    customer.sees(sample::VIEWED, &[MISSING, 1, 0, 0, MISSING], noon(0));
    // Leaves with the third midnight.
    assert_eq!(customer.ask(noon(0)), until(noon(2 * 24 + 10), TRUE));
    assert_eq!(customer.ask(noon(2 * 24 + 10)), stays(FALSE));
}

#[test]
fn a_condition_that_has_held() {
    let mut customer = Customer::asked(
        function("held", Ty::Bool, vec![Op::Held { dst: 0, watch: 0, span: days(1) }, give(0)]),
        |image| {
            image.histories[0].kind = crate::image::HistoryKind::Total;
        },
    );
    assert_eq!(customer.ask(noon(0)), stays(FALSE));
    customer.sees(sample::ORDERED, &[0], noon(0));
    customer.sees(sample::ORDERED, &[0], noon(1));
    assert_eq!(customer.ask(noon(2)), until(noon(25), FALSE));
    assert_eq!(customer.ask(noon(25)), stays(TRUE));
}

#[test]
fn what_is_not_asked_does_not_wake() {
    // `profile.tier == gold and today …`: while the first is false, midnight changes nothing.
    let ops = vec![
        Op::Profile { dst: 0, field: sample::TIER },
        constant(1, 2),
        Op::CompareInt { cmp: Cmp::Eq, dst: 2, a: 0, b: 1 },
        Op::JumpUnless { a: 2, to: 6 },
        Op::Today { dst: 0 },
        Op::IsDay { dst: 2, a: 0, days: 1, calendar: None },
        give(2),
    ];
    let mut customer = Customer::asked(function("and", Ty::Bool, ops), |_| ());
    assert_eq!(customer.ask(noon(0)), stays(FALSE));
    customer.set(sample::TIER, 2);
    assert_eq!(customer.ask(noon(0)), until(noon(10), TRUE));
    assert_eq!(customer.ask(noon(0) + DAY), until(noon(34), FALSE));
}

mod flat {
    use super::*;
    use proptest::prelude::*;

    /// A condition as a person writes one, of comparisons of profile fields with constants.
    #[derive(Debug, Clone)]
    enum Ask {
        Int(u16, Cmp, Word),
        Num(u16, Cmp, f64),
        Flag(u16),
        Known(u16),
        Below(u16, u32, u32),
        /// Not so when the field is missing.
        Unless(u16, Box<Ask>),
        Not(Box<Ask>),
        Both(Box<Ask>, Box<Ask>),
        Either(Box<Ask>, Box<Ask>),
    }

    impl Ask {
        /// Its operations; gives the register of the result.
        fn lower(&self, ops: &mut Vec<Op>, next: &mut Reg) -> Reg {
            let mut reg = || {
                *next += 1;
                *next - 1
            };
            match self {
                Ask::Int(field, cmp, value) => {
                    let (a, b, dst) = (reg(), reg(), reg());
                    ops.extend([Op::Profile { dst: a, field: *field }, constant(b, *value)]);
                    ops.push(Op::CompareInt { cmp: *cmp, dst, a, b });
                    dst
                }
                Ask::Num(field, cmp, value) => {
                    let (a, b, dst) = (reg(), reg(), reg());
                    ops.extend([Op::Profile { dst: a, field: *field }, constant(b, value.to_bits())]);
                    ops.push(Op::CompareNum { cmp: *cmp, dst, a, b });
                    dst
                }
                Ask::Flag(field) => {
                    let dst = reg();
                    ops.push(Op::Profile { dst, field: *field });
                    dst
                }
                Ask::Known(field) => {
                    let (a, dst) = (reg(), reg());
                    ops.extend([Op::Profile { dst: a, field: *field }, Op::Known { dst, a }]);
                    dst
                }
                Ask::Below(field, from, to) => {
                    let (a, dst) = (reg(), reg());
                    ops.extend([Op::Profile { dst: a, field: *field }, Op::InSubtree { dst, a, from: *from, to: *to }]);
                    dst
                }
                Ask::Unless(field, ask) => {
                    let (a, dst) = (reg(), reg());
                    ops.extend([constant(dst, 0), Op::Profile { dst: a, field: *field }]);
                    let jump = ops.len();
                    ops.push(Op::JumpMissing { a, to: 0 });
                    let found = ask.lower(ops, next);
                    ops.push(Op::Move { dst, a: found });
                    ops[jump] = Op::JumpMissing { a, to: ops.len() as u16 };
                    dst
                }
                Ask::Not(ask) => {
                    let a = ask.lower(ops, next);
                    let dst = *next;
                    *next += 1;
                    ops.push(Op::Not { dst, a });
                    dst
                }
                Ask::Both(a, b) | Ask::Either(a, b) => {
                    let dst = reg();
                    let first = a.lower(ops, next);
                    ops.push(Op::Move { dst, a: first });
                    let jump = ops.len();
                    ops.push(Op::Jump { to: 0 });
                    let second = b.lower(ops, next);
                    ops.push(Op::Move { dst, a: second });
                    let to = ops.len() as u16;
                    ops[jump] = match self {
                        Ask::Both(..) => Op::JumpUnless { a: first, to },
                        _ => Op::JumpIf { a: first, to },
                    };
                    dst
                }
            }
        }
    }

    /// Fields behind those of the sample: whole numbers, numbers, flags, nodes.
    const TYPES: [Ty; 8] = [Ty::Int, Ty::Int, Ty::Number, Ty::Number, Ty::Number, Ty::Bool, Ty::Bool, Ty::Facet(0)];
    const FIRST: u16 = 7;
    const INTS: std::ops::Range<u16> = FIRST..FIRST + 2;
    const NUMBERS: std::ops::Range<u16> = FIRST + 2..FIRST + 5;
    const FLAGS: std::ops::Range<u16> = FIRST + 5..FIRST + 7;
    const NODE: u16 = FIRST + 7;

    fn cmp() -> impl Strategy<Value = Cmp> {
        prop::sample::select(vec![Cmp::Eq, Cmp::Ne, Cmp::Lt, Cmp::Le, Cmp::Gt, Cmp::Ge])
    }

    fn number() -> impl Strategy<Value = f64> {
        prop::sample::select(vec![0.0, -0.0, 1.5, -1.5, 250.0, f64::MIN, f64::MAX, f64::MIN_POSITIVE, 5e-324])
    }

    fn word() -> impl Strategy<Value = Word> {
        let odd = vec![
            MISSING,
            0,
            1,
            2,
            3,
            63,
            64,
            65,
            u64::MAX,
            i64::MAX as Word,
            f64::INFINITY.to_bits(),
            f64::NAN.to_bits(),
        ];
        prop_oneof![prop::sample::select(odd), 0u64..70, number().prop_map(f64::to_bits), any::<u64>()]
    }

    fn ask() -> impl Strategy<Value = Ask> {
        let field = FIRST..NODE + 1;
        let small = prop_oneof![0u64..4, Just(i64::MAX as Word), Just(i64::MIN as Word + 1), 60u64..70];
        let leaf = prop_oneof![
            (INTS, cmp(), small).prop_map(|(f, c, w)| Ask::Int(f, c, w)),
            (NUMBERS, cmp(), number()).prop_map(|(f, c, n)| Ask::Num(f, c, n)),
            FLAGS.prop_map(Ask::Flag),
            field.prop_map(Ask::Known),
            (0u32..2, 2u32..4).prop_map(|(a, b)| Ask::Below(NODE, a, b)),
        ];
        leaf.prop_recursive(3, 12, 2, move |ask| {
            let both = || (ask.clone(), ask.clone());
            prop_oneof![
                (FIRST..NODE + 1, ask.clone()).prop_map(|(f, a)| Ask::Unless(f, a.into())),
                ask.clone().prop_map(|a| Ask::Not(a.into())),
                both().prop_map(|(a, b)| Ask::Both(a.into(), b.into())),
                both().prop_map(|(a, b)| Ask::Either(a.into(), b.into())),
            ]
        })
    }

    /// Asks dense and flat functions what the evaluator says, for states of any words.
    fn same(ty: Ty, ops: Vec<Op>, states: Vec<Vec<Word>>) -> std::result::Result<(), TestCaseError> {
        let mut customer = Customer::asked(function("asked", ty, ops), |image| {
            assert_eq!(image.profile.len(), usize::from(FIRST));
            for (number, ty) in TYPES.into_iter().enumerate() {
                let field = image.profile[usize::from(sample::TIER)].clone();
                let default = if ty == Ty::Facet(0) { MISSING } else { 0 };
                image.profile.push(crate::image::ProfileField {
                    name: format!("any{number}"),
                    ty,
                    default,
                    optional: default == MISSING,
                    ..field
                });
            }
        });
        let last = customer.program.image.functions.len() as FnId - 1;
        let at = customer.program.layout.profile_at + usize::from(FIRST);
        for words in states {
            customer.state[at..at + words.len()].copy_from_slice(&words);
            let wanted = customer.ask(noon(0)).word;
            let mut frame = customer.frame.clone();
            let scope = customer.scope(noon(0));
            prop_assert_eq!(scope.value(last, &mut frame), wanted);
            prop_assert_eq!(scope.is_so(last, &mut frame), wanted == 1);
        }
        Ok(())
    }

    fn states() -> impl Strategy<Value = Vec<Vec<Word>>> {
        prop::collection::vec(prop::collection::vec(word(), TYPES.len()), 8)
    }

    proptest! {
        #[test]
        fn conditions_are_as_the_evaluator_has_them(ask in ask(), states in states()) {
            let (mut ops, mut next) = (Vec::new(), 0);
            let a = ask.lower(&mut ops, &mut next);
            ops.push(give(a));
            same(Ty::Bool, ops, states)?;
        }

        #[test]
        fn sums_are_as_the_evaluator_has_them(
            parts in prop::collection::vec((0u8..3, prop_oneof![NUMBERS.prop_map(Ok), number().prop_map(Err)]), 1..6),
            states in states(),
        ) {
            let mut ops = vec![Op::Profile { dst: 0, field: NUMBERS.start }];
            let mut so_far = 0;
            for (op, by) in parts {
                let (b, dst) = (so_far + 1, so_far + 2);
                ops.push(match by {
                    Ok(field) => Op::Profile { dst: b, field },
                    Err(value) => constant(b, value.to_bits()),
                });
                let op = [Arith::AddNum, Arith::SubNum, Arith::MulNum][usize::from(op)];
                ops.push(Op::Arith { op, dst, a: so_far, b });
                so_far = dst;
            }
            ops.push(give(so_far));
            same(Ty::Number, ops, states)?;
        }
    }
}
