//! Functions: one pass over the operations of each, since jumps only go forward.

use super::{Check, Site};
use crate::image::{Arith, FnId, Fold, Function, HistoryKind, Image, Op, Reg, Ty};
use std::collections::BTreeMap;

/// Most registers of a function.
const MOST_REGS: usize = 1 << 12;
/// Registers times operations, which bounds the memory of the proof.
const MOST_STATES: usize = 1 << 24;
/// How deep functions may call each other through segments and queries.
const DEEPEST: usize = 64;
/// Operations of a function and all it calls, each member of a list counted once.
const MOST_WORK: u64 = 1 << 20;

/// What is known of a word: types that are held alike are one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Not written on some path here.
    Unset,
    /// Constants, and what depends on the path.
    Any,
    Bool,
    /// Ints, money, durations, dates, times, moments.
    Int,
    Number,
    Text,
    Enum(u16),
    Facet(u16),
    /// With its stride.
    List(usize),
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Kind::Unset => "nothing",
            Kind::Any => "any value",
            Kind::Bool => "a bool",
            Kind::Int => "an integer",
            Kind::Number => "a number",
            Kind::Text => "a text",
            Kind::Enum(_) => "a one-of value",
            Kind::Facet(_) => "a taxonomy node",
            Kind::List(_) => "a list",
        })
    }
}

impl Kind {
    pub(super) fn of(ty: &Ty) -> Kind {
        match ty {
            Ty::Bool => Kind::Bool,
            Ty::Int | Ty::Money(_) | Ty::Duration | Ty::Date | Ty::Time | Ty::Moment => Kind::Int,
            Ty::Number | Ty::Percent | Ty::Probability => Kind::Number,
            Ty::Text | Ty::Zone => Kind::Text,
            Ty::Enum(at) => Kind::Enum(*at),
            Ty::Facet(at) => Kind::Facet(*at),
            Ty::List(list) => Kind::List(list.stride()),
        }
    }

    /// Whether it may stand where `wanted` is needed.
    pub(super) fn fits(self, wanted: Kind) -> bool {
        self != Kind::Unset && (self == wanted || self == Kind::Any || wanted == Kind::Any)
    }

    fn merge(self, other: Kind) -> Kind {
        match (self, other) {
            (a, b) if a == b => a,
            (Kind::Unset, _) | (_, Kind::Unset) => Kind::Unset,
            _ => Kind::Any,
        }
    }
}

impl Check<'_> {
    pub(super) fn functions(&mut self) {
        let image = self.image;
        for (at, function) in image.functions.iter().enumerate() {
            self.at(format!("function {at} ({})", function.text));
            self.ty(&function.ty);
            if let Some(event) = function.event {
                self.index("event", event, image.events.len());
            }
            if let Some(journey) = function.journey {
                self.index("journey", journey, image.journeys.len());
            }
            self.need(usize::from(function.regs) <= MOST_REGS, "too many registers");
            let states = function.ops.len().saturating_mul(usize::from(function.regs));
            self.need(states <= MOST_STATES && function.ops.len() <= usize::from(u16::MAX), "too long");
            self.need(matches!(function.ops.last(), Some(Op::Return { .. })), "does not end with its result");
        }
        for (at, segment) in image.segments.iter().enumerate() {
            self.at(format!("segment {}", segment.name));
            self.index("function", segment.condition, image.functions.len());
            // Every later segment of that name would be hidden from readers of traces.
            let twice = image.segments[..at].iter().any(|other| other.name == segment.name);
            self.need(!twice, "stands there twice");
        }
        for watch in &image.watches {
            self.at(format!("watch {}", watch.text));
            self.index("function", watch.condition, image.functions.len());
        }
        // The proofs below follow these indices.
        if !self.errors.is_empty() {
            return;
        }
        for (at, function) in image.functions.iter().enumerate() {
            self.at(format!("function {at} ({})", function.text));
            self.body(function);
        }
        if self.errors.is_empty() {
            self.calls();
        }
    }

    fn body(&mut self, function: &Function) {
        let mut flow =
            Flow { function, now: Some(vec![Kind::Unset; usize::from(function.regs)]), ahead: BTreeMap::new() };
        for (at, op) in function.ops.iter().enumerate() {
            flow.arrive(at);
            self.op(&mut flow, at, op);
            if self.errors.len() >= super::MOST_ERRORS {
                return;
            }
        }
    }

    fn op(&mut self, flow: &mut Flow<'_>, at: usize, op: &Op) {
        use Kind::{Any, Bool, Int, Number, Text};
        let image = self.image;
        let function = flow.function;
        let kind = |ty: Option<&Ty>| ty.map_or(Any, Kind::of);
        match op {
            Op::Const { dst, .. } => self.write(flow, *dst, Any),
            Op::Profile { dst, field } => {
                self.index("profile field", *field, image.profile.len());
                self.write(flow, *dst, kind(image.profile.get(usize::from(*field)).map(|field| &field.ty)));
            }
            Op::Slot { dst, slot } => {
                let slots = function.journey.map_or(&[][..], |journey| &image.journeys[usize::from(journey)].slots);
                self.index("slot", *slot, slots.len());
                self.write(flow, *dst, kind(slots.get(usize::from(*slot)).map(|slot| &slot.ty)));
            }
            Op::Event { dst, field } => {
                let fields = function.event.map_or(&[][..], |event| &image.events[usize::from(event)].fields);
                self.index("field of the event", *field, fields.len());
                self.write(flow, *dst, kind(fields.get(usize::from(*field)).map(|field| &field.ty)));
            }
            Op::HappenedAt { dst } => {
                self.need(function.event.is_some(), "there is no event whose time could be read");
                self.write(flow, *dst, Int);
            }
            Op::Member { dst, field } => {
                self.index("field of the member", *field, usize::from(function.member));
                self.write(flow, *dst, Any);
            }
            Op::Kept { dst, history, field } => {
                let mut found = Int;
                if self.index("history", *history, image.histories.len()) {
                    let history = &image.histories[usize::from(*history)];
                    match (&history.kind, field) {
                        (HistoryKind::Last { fields } | HistoryKind::First { fields }, Some(field)) => {
                            self.index("kept field", *field, fields.len());
                            let event = image.events.get(usize::from(history.event));
                            let of = fields.get(usize::from(*field)).copied().map(usize::from);
                            found =
                                kind(event.zip(of).and_then(|(event, of)| event.fields.get(of)).map(|field| &field.ty));
                        }
                        (HistoryKind::Last { .. } | HistoryKind::First { .. }, None) => {}
                        _ => self.error("a count is read as an event"),
                    }
                }
                self.write(flow, *dst, found);
            }
            Op::Tally { dst, history } => {
                let mut found = Int;
                if self.index("history", *history, image.histories.len()) {
                    let history = &image.histories[usize::from(*history)];
                    match &history.kind {
                        HistoryKind::Days { field: Some(field), .. } | HistoryKind::SumTotal { field } => {
                            let event = image.events.get(usize::from(history.event));
                            found = kind(
                                event.and_then(|event| event.fields.get(usize::from(*field))).map(|field| &field.ty),
                            );
                        }
                        HistoryKind::Last { .. } | HistoryKind::First { .. } => {
                            self.error("an event is read as a count")
                        }
                        _ => {}
                    }
                }
                self.write(flow, *dst, found);
            }
            Op::InSegment { dst, segment } => {
                self.index("segment", *segment, image.segments.len());
                self.write(flow, *dst, Bool);
            }
            Op::Held { dst, watch, span } => {
                self.index("watch", *watch, image.watches.len());
                self.ahead(span);
                self.write(flow, *dst, Bool);
            }
            Op::Now { dst } | Op::Today { dst } => self.write(flow, *dst, Int),
            Op::CompareNow { dst, a, .. } | Op::CompareToday { dst, a, .. } => {
                self.read(flow, *a, Int);
                self.write(flow, *dst, Bool);
            }
            Op::Move { dst, a } => {
                let found = self.read(flow, *a, Any);
                self.write(flow, *dst, found);
            }
            Op::Known { dst, a } => {
                self.read(flow, *a, Any);
                self.write(flow, *dst, Bool);
            }
            Op::Not { dst, a } => {
                self.read(flow, *a, Bool);
                self.write(flow, *dst, Bool);
            }
            Op::CompareInt { dst, a, b, .. } => {
                let left = self.read(flow, *a, Any);
                let right = self.read(flow, *b, Any);
                let numbers = [left, right].iter().any(|kind| matches!(kind, Number | Kind::List(_)));
                self.need(!numbers && left.fits(right), "what is compared as integers is not alike, or no integer");
                self.write(flow, *dst, Bool);
            }
            Op::CompareNum { dst, a, b, .. } => {
                self.read(flow, *a, Number);
                self.read(flow, *b, Number);
                self.write(flow, *dst, Bool);
            }
            Op::Arith { op, dst, a, b } => {
                let (left, right, result) = match op {
                    Arith::AddInt | Arith::SubInt | Arith::MulInt => (Int, Int, Int),
                    Arith::AddNum | Arith::SubNum | Arith::MulNum | Arith::DivNum => (Number, Number, Number),
                    Arith::MulMoney | Arith::DivMoney => (Int, Number, Int),
                    Arith::RatioMoney => (Int, Int, Number),
                };
                self.read(flow, *a, left);
                self.read(flow, *b, right);
                self.write(flow, *dst, result);
            }
            Op::IntToNum { dst, a } => {
                self.read(flow, *a, Int);
                self.write(flow, *dst, Number);
            }
            Op::InSubtree { dst, a, from, to } => {
                let found = self.read(flow, *a, Any);
                self.need(matches!(found, Kind::Facet(_) | Any | Kind::Unset) && from <= to, "no node, or no subtree");
                self.write(flow, *dst, Bool);
            }
            Op::InList { dst, a, list } => {
                self.read(flow, *a, Any);
                self.read(flow, *list, Kind::List(1));
                self.write(flow, *dst, Bool);
            }
            Op::Contains { dst, a, b } | Op::StartsWith { dst, a, b } => {
                self.read(flow, *a, Text);
                self.read(flow, *b, Text);
                self.write(flow, *dst, Bool);
            }
            Op::IsDay { dst, a, days, calendar } => {
                self.read(flow, *a, Int);
                self.need(*days < 1 << 7, "a week has seven days");
                self.calendar(*calendar);
                self.write(flow, *dst, Bool);
            }
            Op::AddSpan { dst, a, .. } | Op::AddDays { dst, a, .. } => {
                self.read(flow, *a, Int);
                self.write(flow, *dst, Int);
            }
            Op::DateOf { dst, a, zone } => {
                self.read(flow, *a, Int);
                zone.iter().for_each(|zone| _ = self.read(flow, *zone, Text));
                self.write(flow, *dst, Int);
            }
            Op::AtTime { dst, date, time, zone } => {
                self.read(flow, *date, Int);
                self.read(flow, *time, Int);
                zone.iter().for_each(|zone| _ = self.read(flow, *zone, Text));
                self.write(flow, *dst, Int);
            }
            Op::NextAt { dst, day, time, zone } => {
                self.day(day);
                self.read(flow, *time, Int);
                zone.iter().for_each(|zone| _ = self.read(flow, *zone, Text));
                self.write(flow, *dst, Int);
            }
            Op::AddWeekdays { dst, calendar, .. } => {
                self.calendar(*calendar);
                self.write(flow, *dst, Int);
            }
            Op::Each { dst, list, stride, body, fold } => {
                self.read(flow, *list, Kind::List(usize::from(*stride)));
                self.need(*stride > 0, "members have no words");
                let result = self.fold(function, *stride, *body, *fold);
                self.write(flow, *dst, result);
            }
            Op::Length { dst, list, stride } => {
                self.read(flow, *list, Kind::List(usize::from(*stride)));
                self.need(*stride > 0, "members have no words");
                self.write(flow, *dst, Int);
            }
            Op::Jump { to } => {
                self.jump(flow, at, *to);
                flow.now = None;
            }
            Op::JumpIf { a, to } | Op::JumpUnless { a, to } => {
                self.read(flow, *a, Bool);
                self.jump(flow, at, *to);
            }
            Op::JumpMissing { a, to } => {
                self.read(flow, *a, Any);
                self.jump(flow, at, *to);
            }
            Op::Return { a } => {
                self.read(flow, *a, Kind::of(&function.ty));
                flow.now = None;
            }
        }
    }

    fn fold(&mut self, caller: &Function, stride: u16, body: FnId, fold: Fold) -> Kind {
        let (needed, result) = match fold {
            Fold::Any | Fold::All => (Kind::Bool, Kind::Bool),
            Fold::Count => (Kind::Bool, Kind::Int),
            Fold::SumInt => (Kind::Int, Kind::Int),
            Fold::SumNum => (Kind::Number, Kind::Number),
        };
        if self.index("function", body, self.image.functions.len()) {
            let body = &self.image.functions[body as usize];
            self.need(body.member == stride, "a query's condition is about other members");
            let sees = |needed: Option<u16>, given: Option<u16>| needed.is_none() || needed == given;
            let same = sees(body.event, caller.event) && sees(body.journey, caller.journey);
            self.need(same, "a query's condition reads what its surroundings do not");
            self.need(Kind::of(&body.ty).fits(needed), "a query's condition gives another type");
        }
        result
    }

    fn read(&mut self, flow: &Flow<'_>, reg: Reg, wanted: Kind) -> Kind {
        if !self.index("register", reg, usize::from(flow.function.regs)) {
            return Kind::Any;
        }
        // Code that nothing reaches is only checked for its indices.
        let Some(now) = &flow.now else { return Kind::Any };
        let found = now[usize::from(reg)];
        if !found.fits(wanted) {
            self.error(format!("register {reg} holds {found}, and {wanted} is read"));
        }
        if wanted == Kind::Any { found } else { wanted }
    }

    fn write(&mut self, flow: &mut Flow<'_>, reg: Reg, kind: Kind) {
        if self.index("register", reg, usize::from(flow.function.regs))
            && let Some(now) = &mut flow.now
        {
            now[usize::from(reg)] = if kind == Kind::Unset { Kind::Any } else { kind };
        }
    }

    fn jump(&mut self, flow: &mut Flow<'_>, at: usize, to: u16) {
        let to = usize::from(to);
        if to <= at || to >= flow.function.ops.len() {
            self.error(format!("operation {at} jumps to {to}"));
        } else {
            flow.leave(to);
        }
    }

    /// No function calls itself, and calls are neither deep nor dear.
    fn calls(&mut self) {
        let functions = &self.image.functions;
        let mut done: Vec<Option<(usize, u64)>> = vec![None; functions.len()];
        for start in 0..functions.len() {
            self.call(start, 0, &mut done);
            if !self.errors.is_empty() {
                return;
            }
        }
        for (at, function) in functions.iter().enumerate() {
            let (depth, work) = done[at].unwrap_or_default();
            self.at(format!("function {at} ({})", function.text));
            self.need(depth <= DEEPEST && work <= MOST_WORK, "does too much at once");
        }
        let watches = &self.image.watches;
        let mut order: Vec<u8> = vec![0; watches.len()];
        for watch in 0..watches.len() {
            self.held(watch, 0, &mut order);
        }
    }

    /// Depth and work of a function.
    fn call(&mut self, function: usize, depth: usize, done: &mut [Option<(usize, u64)>]) -> (usize, u64) {
        if let Some(known) = done[function] {
            return known;
        }
        if depth > DEEPEST {
            self.at(format!("function {function} ({})", self.image.functions[function].text));
            self.error("calls itself, or too deep");
            return (0, 0);
        }
        let image = self.image;
        let mut below = 0;
        let ops = &image.functions[function].ops;
        let mut work = ops.len() as u64;
        for function in ops.iter().filter_map(|op| called(image, op)) {
            let (deep, more) = self.call(function as usize, depth + 1, done);
            if !self.errors.is_empty() {
                return (0, 0);
            }
            below = below.max(deep);
            work = work.saturating_add(more);
        }
        done[function] = Some((below + 1, work));
        (below + 1, work)
    }

    /// No watch asks for how long it has held itself. `order`: 0 not visited, 1 on the way, 2 done.
    fn held(&mut self, watch: usize, depth: usize, order: &mut [u8]) {
        if order[watch] == 2 || !self.errors.is_empty() {
            return;
        }
        self.at(format!("watch {}", self.image.watches[watch].text));
        if order[watch] == 1 || depth > DEEPEST {
            self.error("asks for itself, or too deep");
            return;
        }
        order[watch] = 1;
        for read in self.reach(self.image.watches[watch].condition) {
            for op in &self.image.functions[read as usize].ops {
                if let Op::Held { watch, .. } = op {
                    self.held(usize::from(*watch), depth + 1, order);
                }
            }
        }
        order[watch] = 2;
    }

    /// A function and all it calls; ends because calls have been proved to.
    fn reach(&self, function: FnId) -> Vec<FnId> {
        let image = self.image;
        let mut reached = vec![function];
        let mut next = 0;
        while let Some(function) = reached.get(next).copied() {
            next += 1;
            for called in image.functions[function as usize].ops.iter().filter_map(|op| called(image, op)) {
                if !reached.contains(&called) {
                    reached.push(called);
                }
            }
        }
        reached
    }

    pub(super) fn reads_slots(&self, function: FnId) -> bool {
        let mut ops =
            self.reach(function).into_iter().flat_map(|function| &self.image.functions[function as usize].ops);
        ops.any(|op| matches!(op, Op::Slot { .. }))
    }

    /// The condition of a history must not depend on when it is asked.
    pub(super) fn only_reads_its_event(&mut self, function: FnId) {
        if function as usize >= self.image.functions.len() {
            return;
        }
        let mut ops =
            self.reach(function).into_iter().flat_map(|function| &self.image.functions[function as usize].ops);
        let other = ops.any(|op| {
            matches!(
                op,
                Op::Profile { .. }
                    | Op::Slot { .. }
                    | Op::Kept { .. }
                    | Op::Tally { .. }
                    | Op::InSegment { .. }
                    | Op::Held { .. }
                    | Op::Now { .. }
                    | Op::Today { .. }
                    | Op::CompareNow { .. }
                    | Op::CompareToday { .. }
                    | Op::NextAt { .. }
                    | Op::AddWeekdays { .. }
            )
        });
        self.need(!other, "what is remembered depends on more than its event");
    }

    /// The site of a run's conditions.
    pub(super) fn run_site(journey: u16, event: Option<u16>) -> Site {
        Site { event, journey: Some(journey), run: true }
    }
}

/// The function that an operation calls. Indices have been proved.
fn called(image: &Image, op: &Op) -> Option<FnId> {
    match op {
        Op::InSegment { segment, .. } => Some(image.segments[usize::from(*segment)].condition),
        Op::Each { body, .. } => Some(*body),
        _ => None,
    }
}

/// What registers hold while the operations are gone through in order.
struct Flow<'a> {
    function: &'a Function,
    /// None: nothing reaches the present operation.
    now: Option<Vec<Kind>>,
    /// What arrives by jumps at later operations.
    ahead: BTreeMap<usize, Vec<Kind>>,
}

impl Flow<'_> {
    fn arrive(&mut self, at: usize) {
        let Some(mut other) = self.ahead.remove(&at) else { return };
        if let Some(now) = &self.now {
            merge(&mut other, now);
        }
        self.now = Some(other);
    }

    fn leave(&mut self, to: usize) {
        let Some(now) = &self.now else { return };
        match self.ahead.get_mut(&to) {
            Some(other) => merge(other, now),
            None => _ = self.ahead.insert(to, now.clone()),
        }
    }
}

fn merge(into: &mut [Kind], from: &[Kind]) {
    for (a, b) in into.iter_mut().zip(from) {
        *a = a.merge(*b);
    }
}
