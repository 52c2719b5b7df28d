//! Functions of an image as a [`Graph`]: forward jumps become selections.
//!
//! At a conditional jump both ways are worked out up to where they meet again (the nearest operation that all ways pass), and what
//! differs there is selected by the condition. What asks zones, texts or lists has no place in a graph: such a function is left to
//! the evaluator.

use crate::graph::{Far, Graph, Id, Place, Range, Real, Whole};
use journey_runtime::image::{Arith, Cmp, FnId, HistoryKind, Image, MISSING, Op, Reg, Trigger, Ty, Word};
use journey_runtime::image::{Bounds, Capture, Instr, Journey};
use journey_runtime::program::Program;

/// Operations that are looked at for one root; jumps within jumps may be looked at more than once.
const MOST: usize = 4_000;
/// Members of a constant list, and holidays, that are compared one by one.
const MOST_MEMBERS: usize = 128;

/// Makes graphs of a program's functions.
pub struct Lift<'a> {
    program: &'a Program,
    bounds: &'a Trusted,
    /// The graph, of one or several functions.
    pub graph: Graph,
    left: usize,
}

/// What is known on the way through a function.
#[derive(Clone)]
struct Way {
    regs: Vec<Option<Id>>,
    changes: Id,
    result: Option<Id>,
}

impl<'a> Lift<'a> {
    /// An empty graph.
    pub fn new(program: &'a Program, bounds: &'a Trusted) -> Lift<'a> {
        Lift { program, bounds, graph: Graph::default(), left: MOST }
    }

    /// The result of a function, and when it may change; none when it has no place in a graph.
    pub fn function(&mut self, function: FnId) -> Option<(Id, Id)> {
        self.left = MOST;
        let changes = self.graph.changes();
        self.called(function, changes)
    }

    fn called(&mut self, function: FnId, changes: Id) -> Option<(Id, Id)> {
        let ops = &self.program.image.functions[function as usize].ops;
        let meets = meets(ops)?;
        let regs = vec![None; usize::from(self.program.image.functions[function as usize].regs)];
        let way = self.walk(function, &meets, 0, ops.len(), Way { regs, changes, result: None })?;
        Some((way.result?, way.changes))
    }

    fn walk(&mut self, function: FnId, meets: &[usize], from: usize, to: usize, mut way: Way) -> Option<Way> {
        let program = self.program;
        let ops = &program.image.functions[function as usize].ops;
        let mut at = from;
        while at != to {
            self.left = self.left.checked_sub(1)?;
            let op = ops.get(at)?;
            let branch = match op {
                Op::Jump { to } => {
                    at = usize::from(*to);
                    continue;
                }
                Op::Return { a } => {
                    way.result = way.regs[usize::from(*a)];
                    at = ops.len();
                    continue;
                }
                Op::JumpIf { a, to } => Some((self.flag(&way, *a)?, *to)),
                Op::JumpUnless { a, to } => {
                    let flag = self.flag(&way, *a)?;
                    Some((self.graph.not(flag), *to))
                }
                Op::JumpMissing { a, to } => {
                    let (word, missing) = (self.word(&way, *a)?, self.graph.word(MISSING));
                    Some((self.graph.compare(Cmp::Eq, word, missing), *to))
                }
                _ => None,
            };
            let Some((condition, jump)) = branch else {
                let value = self.op(&mut way, function, op)?;
                way.regs[usize::from(op.dst()?)] = Some(value);
                at += 1;
                continue;
            };
            let meet = meets[at];
            match self.graph.node(condition) {
                crate::graph::Node::Flag(true) => at = usize::from(jump),
                crate::graph::Node::Flag(false) => at += 1,
                _ => {
                    let jumped = self.walk(function, meets, usize::from(jump), meet, way.clone())?;
                    let passed = self.walk(function, meets, at + 1, meet, way)?;
                    way = self.merge(condition, jumped, passed);
                    at = meet;
                }
            }
        }
        Some(way)
    }

    fn merge(&mut self, condition: Id, a: Way, b: Way) -> Way {
        let graph = &mut self.graph;
        let mut one = |a: Option<Id>, b: Option<Id>| Some(graph.select(condition, a?, b?));
        let result = one(a.result, b.result);
        let regs = a.regs.into_iter().zip(b.regs).map(|(a, b)| one(a, b)).collect();
        Way { regs, changes: graph.select(condition, a.changes, b.changes), result }
    }

    fn get(&self, way: &Way, reg: Reg) -> Option<Id> {
        way.regs[usize::from(reg)]
    }

    fn word(&mut self, way: &Way, reg: Reg) -> Option<Id> {
        let id = self.get(way, reg)?;
        Some(self.graph.as_word(id))
    }

    fn float(&mut self, way: &Way, reg: Reg) -> Option<Id> {
        let id = self.get(way, reg)?;
        Some(self.graph.as_float(id))
    }

    fn flag(&mut self, way: &Way, reg: Reg) -> Option<Id> {
        let id = self.get(way, reg)?;
        Some(self.graph.as_flag(id))
    }

    /// A word of a place, and what its type says of it.
    fn load(&mut self, place: Place, at: u32, ty: &Ty, bounds: Option<Range>) -> Id {
        let word = self.graph.load(place, at, bounds);
        if let Ty::Enum(number) = ty {
            self.graph.is_below(word, self.program.image.enums[usize::from(*number)].values.len());
        }
        word
    }

    fn op(&mut self, way: &mut Way, function: FnId, op: &Op) -> Option<Id> {
        let (image, layout) = (&self.program.image, &self.program.layout);
        Some(match op {
            Op::Const { value, .. } => self.graph.word(*value),
            Op::Profile { field, .. } => {
                let bounds = self.bounds.profile[usize::from(*field)];
                let ty = &image.profile[usize::from(*field)].ty;
                self.load(Place::State, layout.profile_at as u32 + u32::from(*field), ty, bounds)
            }
            Op::Slot { slot, .. } => {
                let journey = image.functions[function as usize].journey?;
                let bounds = self.bounds.slots[usize::from(journey)][usize::from(*slot)];
                let ty = &image.journeys[usize::from(journey)].slots[usize::from(*slot)].ty;
                self.load(Place::Slot, u32::from(*slot), ty, bounds)
            }
            Op::Event { field, .. } => {
                let event = image.functions[function as usize].event?;
                let bounds = self.bounds.rows[usize::from(event)][usize::from(*field)];
                let ty = &image.events[usize::from(event)].fields[usize::from(*field)].ty;
                self.load(Place::Row, u32::from(*field), ty, bounds)
            }
            Op::HappenedAt { .. } => self.graph.happened_at(),
            Op::Member { field, .. } => self.graph.load(Place::Member, u32::from(*field), None),
            Op::Kept { history, field, .. } => {
                let at = layout.histories[usize::from(*history)].at + field.map_or(0, |field| 1 + usize::from(field));
                self.graph.load(Place::State, at as u32, None)
            }
            Op::Tally { history, .. } => match image.histories[usize::from(*history)].kind {
                HistoryKind::Total | HistoryKind::SumTotal { .. } => {
                    self.graph.load(Place::State, layout.histories[usize::from(*history)].at as u32, None)
                }
                _ => return None,
            },
            Op::InSegment { segment, .. } => {
                let condition = image.segments[usize::from(*segment)].condition;
                let (result, changes) = self.called(condition, way.changes)?;
                way.changes = changes;
                result
            }
            Op::CompareNow { cmp, a, .. } => {
                let moment = self.word(way, *a)?;
                self.compare_now(way, *cmp, moment)
            }
            Op::Move { a, .. } => self.get(way, *a)?,
            Op::Known { a, .. } => {
                let (word, missing) = (self.word(way, *a)?, self.graph.word(MISSING));
                self.graph.compare(Cmp::Ne, word, missing)
            }
            Op::Not { a, .. } => {
                let a = self.get(way, *a)?;
                if self.graph.kind(a) == crate::graph::Kind::Flag {
                    self.graph.not(a)
                } else {
                    let (word, one) = (self.graph.as_word(a), self.graph.word(1));
                    self.graph.flip(word, one)
                }
            }
            Op::CompareInt { cmp, a, b, .. } => {
                let (a, b) = (self.word(way, *a)?, self.word(way, *b)?);
                self.graph.compare(*cmp, a, b)
            }
            Op::CompareNum { cmp, a, b, .. } => {
                let (a, b) = (self.float(way, *a)?, self.float(way, *b)?);
                self.graph.compare_real(*cmp, a, b)
            }
            Op::Arith { op, a, b, .. } => self.arith(way, *op, *a, *b)?,
            Op::IntToNum { a, .. } => {
                let a = self.word(way, *a)?;
                self.graph.convert(a)
            }
            Op::InSubtree { a, from, to, .. } => {
                let a = self.word(way, *a)?;
                self.graph.between(a, Word::from(*from), Word::from(*to))
            }
            Op::InList { a, list, .. } => {
                let (a, list) = (self.word(way, *a)?, self.word(way, *list)?);
                let crate::graph::Node::Const(list) = self.graph.node(list) else { return None };
                let members = usize::try_from(list).ok().and_then(|list| image.lists.get(list))?;
                if members.len() > MOST_MEMBERS {
                    return None;
                }
                self.graph.one_of(a, members.clone())
            }
            Op::IsDay { a, days, calendar, .. } => {
                let date = self.word(way, *a)?;
                let holidays = calendar.map_or(&[][..], |calendar| &image.calendars[usize::from(calendar)].days);
                if holidays.len() > MOST_MEMBERS {
                    return None;
                }
                let holidays = self.graph.one_of(date, holidays.iter().map(|day| *day as Word).collect());
                let weekday = self.graph.weekday(date);
                let is_day = self.graph.one_of(weekday, (0..7).filter(|day| days >> day & 1 == 1).collect());
                let works = self.graph.not(holidays);
                self.graph.and(is_day, works)
            }
            Op::AddSpan { a, span, .. } if span.months == 0 && span.days == 0 => {
                let (a, ms) = (self.word(way, *a)?, self.graph.word(span.ms as Word));
                self.graph.whole(Whole::Add, a, ms)
            }
            Op::Held { watch, span, .. } if span.months == 0 && span.days == 0 => {
                let since = self.graph.load(Place::State, layout.watch_at(*watch) as u32, None);
                let (ms, missing, never) =
                    (self.graph.word(span.ms as Word), self.graph.word(MISSING), self.graph.word(i64::MAX as Word));
                let known = self.graph.compare(Cmp::Ne, since, missing);
                let from = self.graph.whole(Whole::Add, since, ms);
                let now = self.graph.now();
                let reached = self.graph.compare(Cmp::Le, from, now);
                let ahead = self.graph.not(reached);
                let ahead = self.graph.and(known, ahead);
                let next = self.graph.select(ahead, from, never);
                way.changes = self.graph.lesser(way.changes, next);
                self.graph.and(known, reached)
            }
            _ => return None,
        })
    }

    /// `now cmp moment`, and when that changes.
    fn compare_now(&mut self, way: &mut Way, cmp: Cmp, moment: Id) -> Id {
        let graph = &mut self.graph;
        let (now, never, one) = (graph.now(), graph.word(i64::MAX as Word), graph.word(1));
        let before = graph.compare(Cmp::Lt, now, moment);
        let next = match cmp {
            Cmp::Lt | Cmp::Ge => graph.select(before, moment, never),
            Cmp::Le | Cmp::Gt => {
                let after = graph.plus(moment, one);
                let not_after = graph.compare(Cmp::Le, now, moment);
                graph.select(not_after, after, never)
            }
            Cmp::Eq | Cmp::Ne => {
                let after = graph.plus(moment, one);
                let equal = graph.compare(Cmp::Eq, now, moment);
                let at = graph.select(equal, after, never);
                graph.select(before, moment, at)
            }
        };
        way.changes = graph.lesser(way.changes, next);
        graph.compare(cmp, now, moment)
    }

    fn arith(&mut self, way: &Way, op: Arith, a: Reg, b: Reg) -> Option<Id> {
        let whole = |op| Some(op);
        let (whole, real) = match op {
            Arith::AddInt => (whole(Whole::Add), None),
            Arith::SubInt => (whole(Whole::Sub), None),
            Arith::MulInt => (whole(Whole::Mul), None),
            Arith::AddNum => (None, Some(Real::Add)),
            Arith::SubNum => (None, Some(Real::Sub)),
            Arith::MulNum => (None, Some(Real::Mul)),
            Arith::DivNum => (None, Some(Real::Div)),
            Arith::MulMoney | Arith::DivMoney => {
                let (amount, factor) = (self.word(way, a)?, self.float(way, b)?);
                let far = if op == Arith::MulMoney { Far::MulMoney } else { Far::DivMoney };
                return Some(self.graph.far(far, amount, factor));
            }
            Arith::RatioMoney => {
                let (a, b) = (self.word(way, a)?, self.word(way, b)?);
                return Some(self.graph.ratio(a, b));
            }
        };
        match (whole, real) {
            (Some(op), _) => {
                let (a, b) = (self.word(way, a)?, self.word(way, b)?);
                Some(self.graph.whole(op, a, b))
            }
            (_, Some(op)) => {
                let (a, b) = (self.float(way, a)?, self.float(way, b)?);
                Some(self.graph.real(op, a, b))
            }
            _ => None,
        }
    }
}

/// For each operation, the nearest later one that every way from it passes; the number of operations for the end.
fn meets(ops: &[Op]) -> Option<Vec<usize>> {
    let end = ops.len();
    let mut meets = vec![end; end + 1];
    let join = |meets: &[usize], mut a: usize, mut b: usize| {
        while a != b {
            if a < b {
                a = meets[a];
            } else {
                b = meets[b];
            }
        }
        a
    };
    for (at, op) in ops.iter().enumerate().rev() {
        meets[at] = match op {
            Op::Return { .. } => end,
            Op::Jump { to } => usize::from(*to),
            Op::JumpIf { to, .. } | Op::JumpUnless { to, .. } | Op::JumpMissing { to, .. } => {
                join(&meets, usize::from(*to), (at + 1).min(end))
            }
            _ => (at + 1).min(end),
        };
        if meets[at] <= at {
            return None;
        }
    }
    Some(meets)
}

/// Within which bounds numbers are, where everything that writes them has been checked against these.
#[derive(Debug)]
pub struct Trusted {
    profile: Vec<Option<Range>>,
    rows: Vec<Vec<Option<Range>>>,
    slots: Vec<Vec<Option<Range>>>,
}

impl Trusted {
    /// What an image's declarations promise and no instruction of its own breaks.
    pub fn new(image: &Image) -> Trusted {
        let mut profile: Vec<_> = image.profile.iter().map(|field| declared(&field.ty, &field.bounds)).collect();
        let mut rows: Vec<Vec<_>> = image
            .events
            .iter()
            .map(|event| event.fields.iter().map(|field| declared(&field.ty, &field.bounds)).collect())
            .collect();
        for instr in image.journeys.iter().flat_map(|journey| &journey.code) {
            match instr {
                // What a program works out is held by no bounds.
                Instr::Set { field, .. } => profile[usize::from(*field)] = None,
                Instr::Emit { event, .. } => rows[usize::from(*event)].fill(None),
                _ => {}
            }
        }
        let slots = image.journeys.iter().map(|journey| slots(journey, &rows)).collect();
        Trusted { profile, rows, slots }
    }
}

fn declared(ty: &Ty, bounds: &Bounds) -> Option<Range> {
    match (ty, bounds.between) {
        (Ty::Number | Ty::Percent | Ty::Probability, Some((low, high))) => {
            Some(Range { low: f64::from_bits(low), high: f64::from_bits(high) })
        }
        (Ty::Probability, None) => Some(Range { low: 0.0, high: 1.0 }),
        _ => None,
    }
}

/// The bounds of slots that are filled from events only.
fn slots(journey: &Journey, rows: &[Vec<Option<Range>>]) -> Vec<Option<Range>> {
    /// Nothing writes it, only what is bounded does, or something else.
    #[derive(Clone, Copy)]
    enum Writers {
        None,
        Bounded(Range),
        Others,
    }
    let mut writers = vec![Writers::None; journey.slots.len()];
    let mut captures: Vec<(u16, &Capture)> = Vec::new();
    for trigger in &journey.triggers {
        if let Trigger::Event { listener, capture } = trigger {
            captures.push((listener.event, capture));
        }
    }
    captures.extend(journey.start_over.iter().map(|clause| (clause.listener.event, &clause.capture)));
    captures.extend(journey.updates.iter().map(|clause| (clause.listener.event, &clause.capture)));
    let mut other = |slot: u16| {
        if let Some(writers) = writers.get_mut(usize::from(slot)) {
            *writers = Writers::Others;
        }
    };
    (0..journey.params).for_each(&mut other);
    journey.zeroed.iter().copied().for_each(&mut other);
    for instr in &journey.code {
        if let Instr::Let { slot, .. } = instr {
            other(*slot);
        }
    }
    for place in &journey.places {
        match &place.kind {
            journey_runtime::image::PlaceKind::First { arms, .. } => {
                for arm in arms {
                    match &arm.on {
                        journey_runtime::image::Occasion::Event(listener) => {
                            captures.push((listener.event, &arm.capture))
                        }
                        journey_runtime::image::Occasion::Condition(_) => {
                            arm.capture.fields.iter().for_each(|(_, slot)| other(*slot));
                        }
                    }
                }
            }
            journey_runtime::image::PlaceKind::Answer { slots, .. } => {
                slots.iter().flatten().copied().for_each(&mut other)
            }
            _ => {}
        }
    }
    for (event, capture) in captures {
        for (field, slot) in &capture.fields {
            let given = rows.get(usize::from(event)).and_then(|row| row.get(usize::from(*field)).copied().flatten());
            let Some(writers) = writers.get_mut(usize::from(*slot)) else { continue };
            *writers = match (*writers, given) {
                (Writers::None, Some(range)) => Writers::Bounded(range),
                (Writers::Bounded(a), Some(b)) => {
                    Writers::Bounded(Range { low: a.low.min(b.low), high: a.high.max(b.high) })
                }
                _ => Writers::Others,
            };
        }
    }
    writers.into_iter().map(|writers| if let Writers::Bounded(range) = writers { Some(range) } else { None }).collect()
}
