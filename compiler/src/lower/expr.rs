//! Expressions to functions.

use super::{Copy, Lower, nominal, of_owner};
use crate::hir::{self, Comparison, Const, Expr, ExprKind, Fold, HAPPENED_AT, Operation, Ty};
use journey_runtime::image::{self, Arith, Cmp, FnId, MISSING, Op, Reg};

/// Whose variables an expression sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Owner {
    /// The journey (of the program).
    pub journey: hir::JourneyId,
    /// The copy of an offer's steps, or 0.
    pub copy: Copy,
}

/// What members a query's `where` sees.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Member {
    None,
    Plain,
    Record(hir::RecordId),
    Collected(hir::EventId),
}

/// A function being made.
struct Function {
    ops: Vec<Op>,
    regs: u16,
    event: Option<hir::EventId>,
    owner: Option<Owner>,
    member: Member,
}

impl Function {
    fn new(event: Option<hir::EventId>, owner: Option<Owner>, member: Member) -> Function {
        Function { ops: Vec::new(), regs: 0, event, owner, member }
    }

    fn reg(&mut self) -> Reg {
        self.regs += 1;
        self.regs - 1
    }

    /// Adds an operation with a fresh register as its result.
    fn op(&mut self, op: impl FnOnce(Reg) -> Op) -> Reg {
        let dst = self.reg();
        self.ops.push(op(dst));
        dst
    }

    /// Adds a jump whose target is set later by [`Function::land`].
    fn jump(&mut self, op: Op) -> usize {
        self.ops.push(op);
        self.ops.len() - 1
    }

    /// The jump at `at` leads to what comes next.
    fn land(&mut self, at: usize) {
        let here = self.ops.len() as u16;
        if let Op::Jump { to } | Op::JumpIf { to, .. } | Op::JumpUnless { to, .. } | Op::JumpMissing { to, .. } =
            &mut self.ops[at]
        {
            *to = here;
        }
    }
}

impl Lower<'_> {
    /// A function that works out `expr`; `event` is the one whose row it sees.
    pub(super) fn condition(&mut self, expr: &Expr, event: Option<hir::EventId>, owner: Option<Owner>) -> FnId {
        let mut f = Function::new(event, owner, Member::None);
        let result = self.expr(&mut f, expr);
        f.ops.push(Op::Return { a: result });
        let text = self.source(expr.span);
        self.finish(f, text, &expr.ty.ty)
    }

    /// A function that says whether `on` is one of `cases`.
    pub(super) fn case(&mut self, on: &Expr, cases: &[hir::CaseValue], text: String, owner: Owner) -> FnId {
        let mut f = Function::new(None, Some(owner), Member::None);
        let value = self.expr(&mut f, on);
        let known = f.op(|dst| Op::Known { dst, a: value });
        let result = f.op(|dst| Op::Const { dst, value: 0 });
        let mut hits = Vec::new();
        let mut after_missing = None;
        if cases.contains(&hir::CaseValue::Missing) {
            let missing = f.op(|dst| Op::Not { dst, a: known });
            f.ops.push(Op::Move { dst: result, a: missing });
            hits.push(f.jump(Op::JumpIf { a: missing, to: 0 }));
        } else if on.ty.optional {
            after_missing = Some(f.jump(Op::JumpUnless { a: known, to: 0 }));
        }
        for case in cases {
            let hit = match case {
                hir::CaseValue::Missing => continue,
                hir::CaseValue::Subtree(facet, node) => {
                    let to = self.program.facets[*facet].nodes[*node as usize].end;
                    f.op(|dst| Op::InSubtree { dst, a: value, from: *node, to })
                }
                hir::CaseValue::Value(constant) => {
                    let word = self.word(constant);
                    let b = f.op(|dst| Op::Const { dst, value: word });
                    compare(&mut f, Cmp::Eq, &on.ty.ty, value, b)
                }
            };
            f.ops.push(Op::Move { dst: result, a: hit });
            hits.push(f.jump(Op::JumpIf { a: hit, to: 0 }));
        }
        for at in hits.into_iter().chain(after_missing) {
            f.land(at);
        }
        f.ops.push(Op::Return { a: result });
        self.finish(f, text, &Ty::Bool)
    }

    /// A function that works out the next local moment of a day rule.
    pub(super) fn next_at(
        &mut self,
        day: &hir::DayRule,
        at: &Expr,
        zone: Option<&Expr>,
        text: String,
        owner: Owner,
    ) -> FnId {
        let mut f = Function::new(None, Some(owner), Member::None);
        let time = self.expr(&mut f, at);
        let zone = zone.map(|z| self.expr(&mut f, z));
        let day = day_rule(day);
        let result = f.op(|dst| Op::NextAt { dst, day, time, zone });
        f.ops.push(Op::Return { a: result });
        self.finish(f, text, &Ty::Moment)
    }

    /// A function that works out `now` plus so many weekdays.
    pub(super) fn add_weekdays(
        &mut self,
        count: u16,
        calendar: Option<hir::CalendarId>,
        text: String,
        owner: Owner,
    ) -> FnId {
        let mut f = Function::new(None, Some(owner), Member::None);
        let calendar = calendar.map(|c| c as u16);
        let result = f.op(|dst| Op::AddWeekdays { dst, count, calendar });
        f.ops.push(Op::Return { a: result });
        self.finish(f, text, &Ty::Moment)
    }

    /// A function that gives a constant int.
    pub(super) fn constant_int(&mut self, value: i64, owner: Owner) -> FnId {
        let mut f = Function::new(None, Some(owner), Member::None);
        let result = f.op(|dst| Op::Const { dst, value: value as u64 });
        f.ops.push(Op::Return { a: result });
        self.finish(f, value.to_string(), &Ty::Int)
    }

    /// A function that reads a slot.
    pub(super) fn read_slot(&mut self, slot: u16, text: String, ty: &Ty, owner: Owner) -> FnId {
        let mut f = Function::new(None, Some(owner), Member::None);
        let result = f.op(|dst| Op::Slot { dst, slot });
        f.ops.push(Op::Return { a: result });
        self.finish(f, text, ty)
    }

    fn finish(&mut self, f: Function, text: String, ty: &Ty) -> FnId {
        if self.looks {
            return 0;
        }
        let member = self.stride(&f.member);
        let function = image::Function {
            text,
            ops: f.ops,
            regs: f.regs,
            ty: self.ty(ty),
            event: f.event.map(|e| e as u16),
            journey: f.owner.map(|o| self.journey_index[o.journey]),
            member,
        };
        match self.functions.number(&function, |id| &self.image.functions[id]) {
            Ok(id) => id,
            Err(id) => {
                self.image.functions.push(function);
                id
            }
        }
    }

    /// Words of a member; as `ListTy::stride`, one of which nothing is read has one word.
    fn stride(&self, member: &Member) -> u16 {
        match member {
            Member::None => 0,
            Member::Plain => 1,
            Member::Record(record) => of_owner(&self.records, *record).len().max(1) as u16,
            Member::Collected(event) => of_owner(&self.collected, *event).len().max(1) as u16,
        }
    }

    fn constant(&mut self, f: &mut Function, value: &Const) -> Reg {
        let value = self.word(value);
        f.op(|dst| Op::Const { dst, value })
    }

    fn expr(&mut self, f: &mut Function, expr: &Expr) -> Reg {
        match &expr.kind {
            // A program with poison is never lowered; any word will do.
            ExprKind::Poison | ExprKind::Variable(_) | ExprKind::Param(..) => {
                f.op(|dst| Op::Const { dst, value: MISSING })
            }
            ExprKind::Const(value) => self.constant(f, value),
            ExprKind::Profile(field) => {
                let field = self.profile_field(*field);
                f.op(|dst| Op::Profile { dst, field })
            }
            ExprKind::Field(variable, field) => {
                let slot = match f.owner {
                    Some(owner) => self.slot(owner, *variable, *field),
                    None => 0,
                };
                f.op(|dst| Op::Slot { dst, slot })
            }
            ExprKind::EventField(event, field) => self.event_operand(f, *event, *field),
            ExprKind::Member(field) => {
                let field = match f.member {
                    Member::None | Member::Plain => 0,
                    Member::Record(record) => self.record_field(record, *field),
                    Member::Collected(event) => self.collected_field(event, *field),
                };
                f.op(|dst| Op::Member { dst, field })
            }
            ExprKind::Now => f.op(|dst| Op::Now { dst }),
            ExprKind::Today => f.op(|dst| Op::Today { dst }),
            ExprKind::Not(a) => {
                let a = self.expr(f, a);
                f.op(|dst| Op::Not { dst, a })
            }
            ExprKind::Negate(a) => {
                let b = self.expr(f, a);
                let zero = f.op(|dst| Op::Const { dst, value: 0 });
                let op = if is_number(&a.ty.ty) { Arith::SubNum } else { Arith::SubInt };
                f.op(|dst| Op::Arith { op, dst, a: zero, b })
            }
            ExprKind::And(a, b) => self.short_circuit(f, a, b, true),
            ExprKind::Or(a, b) => self.short_circuit(f, a, b, false),
            ExprKind::Compare(comparison, a, b) => self.compare(f, *comparison, a, b),
            ExprKind::ToNumber(a) => {
                let a = self.expr(f, a);
                f.op(|dst| Op::IntToNum { dst, a })
            }
            ExprKind::IsKnown(a) => {
                let a = self.expr(f, a);
                f.op(|dst| Op::Known { dst, a })
            }
            ExprKind::Otherwise(a, b) => {
                let result = f.reg();
                let a = self.expr(f, a);
                let missing = f.jump(Op::JumpMissing { a, to: 0 });
                f.ops.push(Op::Move { dst: result, a });
                let done = f.jump(Op::Jump { to: 0 });
                f.land(missing);
                let b = self.expr(f, b);
                f.ops.push(Op::Move { dst: result, a: b });
                f.land(done);
                result
            }
            ExprKind::InSubtree(a, facet, node) => {
                let a = self.expr(f, a);
                let to = self.program.facets[*facet].nodes[*node as usize].end;
                f.op(|dst| Op::InSubtree { dst, a, from: *node, to })
            }
            ExprKind::InList(a, list) => self.in_list(f, a, list),
            // A list of expressions stands only right of `in`.
            ExprKind::List(_) => f.op(|dst| Op::Const { dst, value: MISSING }),
            ExprKind::InSegment(segment) => {
                let segment = *segment as u16;
                f.op(|dst| Op::InSegment { dst, segment })
            }
            ExprKind::Contains(a, b) => {
                let (a, b) = (self.expr(f, a), self.expr(f, b));
                f.op(|dst| Op::Contains { dst, a, b })
            }
            ExprKind::StartsWith(a, b) => {
                let (a, b) = (self.expr(f, a), self.expr(f, b));
                f.op(|dst| Op::StartsWith { dst, a, b })
            }
            ExprKind::IsDay(a, days, calendar) => {
                let a = self.expr(f, a);
                let (days, calendar) = (*days, calendar.map(|c| c as u16));
                f.op(|dst| Op::IsDay { dst, a, days, calendar })
            }
            ExprKind::At(date, time, zone) => {
                let value = self.expr(f, date);
                let zone = zone.as_ref().map(|z| self.expr(f, z));
                let date = match date.ty.ty {
                    Ty::Moment => f.op(|dst| Op::DateOf { dst, a: value, zone }),
                    _ => value,
                };
                let time = self.expr(f, time);
                f.op(|dst| Op::AtTime { dst, date, time, zone })
            }
            ExprKind::Shift(a, length, minus) => {
                let reg = self.expr(f, a);
                let span = if *minus { negated(*length) } else { *length };
                match a.ty.ty {
                    Ty::Moment => f.op(|dst| Op::AddSpan { dst, a: reg, span }),
                    Ty::Date => f.op(|dst| Op::AddDays { dst, a: reg, span }),
                    _ => {
                        let b = f.op(|dst| Op::Const { dst, value: nominal(span) as u64 });
                        f.op(|dst| Op::Arith { op: Arith::AddInt, dst, a: reg, b })
                    }
                }
            }
            ExprKind::Arithmetic(operation, a, b) => self.arithmetic(f, *operation, a, b),
            ExprKind::Held(condition, span) => {
                let watch = self.watch(condition);
                let span = *span;
                f.op(|dst| Op::Held { dst, watch, span })
            }
            ExprKind::Count(..) | ExprKind::Sum(..) | ExprKind::Last(..) | ExprKind::First(..) => {
                let text = self.source(expr.span);
                self.history(f, &expr.kind, text)
            }
            ExprKind::Each { fold, list, condition, field } => self.each(f, *fold, list, condition.as_deref(), *field),
        }
    }

    /// A field of the present event, or of its own time.
    fn event_operand(&mut self, f: &mut Function, event: hir::EventId, field: usize) -> Reg {
        if field == HAPPENED_AT {
            return f.op(|dst| Op::HappenedAt { dst });
        }
        let field = self.event_field(event, field);
        f.op(|dst| Op::Event { dst, field })
    }

    fn short_circuit(&mut self, f: &mut Function, a: &Expr, b: &Expr, and: bool) -> Reg {
        let result = f.reg();
        let a = self.expr(f, a);
        f.ops.push(Op::Move { dst: result, a });
        let done = f.jump(if and { Op::JumpUnless { a, to: 0 } } else { Op::JumpIf { a, to: 0 } });
        let b = self.expr(f, b);
        f.ops.push(Op::Move { dst: result, a: b });
        f.land(done);
        result
    }

    fn compare(&mut self, f: &mut Function, comparison: Comparison, a: &Expr, b: &Expr) -> Reg {
        let cmp = cmp(comparison);
        match (&a.kind, &b.kind) {
            (ExprKind::Now, _) => {
                let a = self.expr(f, b);
                f.op(|dst| Op::CompareNow { cmp, dst, a })
            }
            (_, ExprKind::Now) => {
                let a = self.expr(f, a);
                f.op(|dst| Op::CompareNow { cmp: flipped(cmp), dst, a })
            }
            (ExprKind::Today, _) => {
                let a = self.expr(f, b);
                f.op(|dst| Op::CompareToday { cmp, dst, a })
            }
            (_, ExprKind::Today) => {
                let a = self.expr(f, a);
                f.op(|dst| Op::CompareToday { cmp: flipped(cmp), dst, a })
            }
            _ => {
                let (left, right) = (self.expr(f, a), self.expr(f, b));
                compare(f, cmp, &a.ty.ty, left, right)
            }
        }
    }

    fn in_list(&mut self, f: &mut Function, a: &Expr, list: &Expr) -> Reg {
        let ExprKind::List(members) = &list.kind else {
            let (a, list) = (self.expr(f, a), self.expr(f, list));
            return f.op(|dst| Op::InList { dst, a, list });
        };
        let value = self.expr(f, a);
        let result = f.op(|dst| Op::Const { dst, value: 0 });
        let mut hits = Vec::new();
        for member in members {
            let b = self.expr(f, member);
            let hit = compare(f, Cmp::Eq, &a.ty.ty, value, b);
            f.ops.push(Op::Move { dst: result, a: hit });
            hits.push(f.jump(Op::JumpIf { a: hit, to: 0 }));
        }
        for at in hits {
            f.land(at);
        }
        result
    }

    fn arithmetic(&mut self, f: &mut Function, operation: Operation, a: &Expr, b: &Expr) -> Reg {
        let (a, b) = (self.expr(f, a), self.expr(f, b));
        let op = match operation {
            Operation::Add | Operation::AddDuration => Arith::AddInt,
            Operation::Subtract | Operation::Difference | Operation::SubtractDuration => Arith::SubInt,
            Operation::Multiply => Arith::MulInt,
            Operation::AddNumber => Arith::AddNum,
            Operation::SubtractNumber => Arith::SubNum,
            Operation::MultiplyNumber => Arith::MulNum,
            Operation::DivideNumber => Arith::DivNum,
            Operation::ScaleMoney => Arith::MulMoney,
            Operation::DivideMoney => Arith::DivMoney,
            Operation::Ratio => Arith::RatioMoney,
            Operation::DateDifference => {
                let days = f.op(|dst| Op::Arith { op: Arith::SubInt, dst, a, b });
                let day = f.op(|dst| Op::Const { dst, value: 86_400_000 });
                return f.op(|dst| Op::Arith { op: Arith::MulInt, dst, a: days, b: day });
            }
        };
        f.op(|dst| Op::Arith { op, dst, a, b })
    }

    /// The watch of a condition; equal ones are one.
    pub(super) fn watch(&mut self, condition: &Expr) -> u16 {
        let function = self.condition(condition, None, None);
        let text = self.source(condition.span);
        self.watch_function(function, text)
    }

    /// The watch of a segment.
    pub(super) fn watch_segment(&mut self, segment: hir::SegmentId) -> u16 {
        let mut f = Function::new(None, None, Member::None);
        let result = f.op(|dst| Op::InSegment { dst, segment: segment as u16 });
        f.ops.push(Op::Return { a: result });
        let text = format!("in {}", self.program.segments[segment].name);
        let function = self.finish(f, text.clone(), &Ty::Bool);
        self.watch_function(function, text)
    }

    fn watch_function(&mut self, condition: FnId, text: String) -> u16 {
        if self.looks {
            return 0;
        }
        *self.watches.entry(condition).or_insert_with(|| {
            self.image.watches.push(image::Watch { text, condition });
            (self.image.watches.len() - 1) as u16
        })
    }

    fn history(&mut self, f: &mut Function, kind: &ExprKind, text: String) -> Reg {
        let (ExprKind::Count(of, _) | ExprKind::Sum(of, _) | ExprKind::Last(of, _) | ExprKind::First(of, _)) = kind
        else {
            return f.op(|dst| Op::Const { dst, value: MISSING });
        };
        let event = self.event(of.event);
        let condition = of.condition.as_ref().map(|c| self.condition(c, Some(of.event), None));
        let days = of.window.map(|w| (nominal(w) / 86_400_000).clamp(1, i64::from(u16::MAX)) as u16);
        let wanted = match kind {
            ExprKind::Count(_, keep) => match (of.window, of.by_day) {
                (Some(_), true) => image::HistoryKind::Days { days: days.unwrap_or(1), field: None },
                (Some(window), false) => image::HistoryKind::Recent { keep: (*keep).max(1) as u16, window },
                (None, _) => image::HistoryKind::Total,
            },
            ExprKind::Sum(_, field) => {
                let field = self.event_field(of.event, *field);
                match days {
                    Some(days) => image::HistoryKind::Days { days, field: Some(field) },
                    None => image::HistoryKind::SumTotal { field },
                }
            }
            ExprKind::First(..) => image::HistoryKind::First { fields: Vec::new() },
            _ => image::HistoryKind::Last { fields: Vec::new() },
        };
        let history = self.history_entry(event, condition, wanted, text);
        match kind {
            ExprKind::Last(_, HAPPENED_AT) | ExprKind::First(_, HAPPENED_AT) => {
                f.op(|dst| Op::Kept { dst, history, field: None })
            }
            ExprKind::Last(_, field) | ExprKind::First(_, field) => {
                let field = self.event_field(of.event, *field);
                let kept = self.kept_field(history, field);
                f.op(|dst| Op::Kept { dst, history, field: Some(kept) })
            }
            _ => f.op(|dst| Op::Tally { dst, history }),
        }
    }

    /// The history that keeps what is wanted: uses of one event, condition and window share one.
    fn history_entry(&mut self, event: u16, condition: Option<FnId>, wanted: image::HistoryKind, text: String) -> u16 {
        use image::HistoryKind::{First, Last, Recent};
        if self.looks {
            return 0;
        }
        let same = self.histories.entry((event, condition)).or_default();
        for at in same.iter().copied() {
            match (&mut self.image.histories[usize::from(at)].kind, &wanted) {
                (Recent { keep, window }, Recent { keep: more, window: same }) if window == same => {
                    *keep = (*keep).max(*more);
                    return at;
                }
                (Last { .. }, Last { .. }) | (First { .. }, First { .. }) => return at,
                (have, want) if have == want => return at,
                _ => {}
            }
        }
        let at = self.image.histories.len() as u16;
        self.image.histories.push(image::History { text, event, condition, kind: wanted });
        same.push(at);
        at
    }

    /// The place of an event's field among those a `last` or `first` keeps.
    fn kept_field(&mut self, history: u16, field: u16) -> u16 {
        match self.image.histories.get_mut(usize::from(history)).map(|h| &mut h.kind) {
            Some(image::HistoryKind::Last { fields } | image::HistoryKind::First { fields }) => {
                let at = fields.iter().position(|f| *f == field).unwrap_or_else(|| {
                    fields.push(field);
                    fields.len() - 1
                });
                at as u16
            }
            _ => 0,
        }
    }

    fn each(
        &mut self,
        f: &mut Function,
        fold: Fold,
        list: &Expr,
        condition: Option<&Expr>,
        field: Option<usize>,
    ) -> Reg {
        let member = match &list.ty.ty {
            Ty::List(of) => match **of {
                Ty::Record(record) => Member::Record(record),
                Ty::Event(event) => Member::Collected(event),
                _ => Member::Plain,
            },
            _ => Member::Plain,
        };
        let list_reg = self.expr(f, list);
        let mut body = Function::new(f.event, f.owner, member);
        let mut text = condition.map(|c| self.source(c.span)).unwrap_or_default();
        let mut ty = Ty::Bool;
        let passes = condition.map(|c| self.expr(&mut body, c));
        let result = if fold == Fold::Sum {
            let skip = passes.map(|a| {
                let skip = body.op(|dst| Op::Const { dst, value: MISSING });
                (skip, body.jump(Op::JumpUnless { a, to: 0 }))
            });
            let index = field.unwrap_or(0);
            let (name, field_ty, place) = match &member {
                Member::Record(record) => {
                    let field = &self.program.records[*record].fields[index];
                    (field.name.clone(), field.ty.ty.clone(), self.record_field(*record, index))
                }
                Member::Collected(event) => {
                    let field = &self.program.events[*event].fields[index];
                    (field.name.clone(), field.ty.ty.clone(), self.collected_field(*event, index))
                }
                _ => ("member".to_string(), element(&list.ty.ty), 0),
            };
            let value = body.op(|dst| Op::Member { dst, field: place });
            text = if text.is_empty() { name } else { format!("{name} where {text}") };
            ty = field_ty;
            match skip {
                Some((skip, at)) => {
                    body.ops.push(Op::Move { dst: skip, a: value });
                    body.land(at);
                    skip
                }
                None => value,
            }
        } else {
            match passes {
                Some(reg) => reg,
                None => body.op(|dst| Op::Const { dst, value: 1 }),
            }
        };
        body.ops.push(Op::Return { a: result });
        let fold = match fold {
            Fold::Any => image::Fold::Any,
            Fold::All => image::Fold::All,
            Fold::Count => image::Fold::Count,
            Fold::Sum if is_number(&ty) => image::Fold::SumNum,
            Fold::Sum => image::Fold::SumInt,
        };
        let stride = self.stride(&member);
        let body = self.finish(body, text, &ty);
        f.op(|dst| Op::Each { dst, list: list_reg, stride, body, fold })
    }
}

fn element(ty: &Ty) -> Ty {
    match ty {
        Ty::List(of) => (**of).clone(),
        _ => Ty::Int,
    }
}

fn is_number(ty: &Ty) -> bool {
    matches!(ty, Ty::Number | Ty::Percent | Ty::Probability)
}

fn compare(f: &mut Function, cmp: Cmp, ty: &Ty, a: Reg, b: Reg) -> Reg {
    if is_number(ty) {
        f.op(|dst| Op::CompareNum { cmp, dst, a, b })
    } else {
        f.op(|dst| Op::CompareInt { cmp, dst, a, b })
    }
}

fn cmp(comparison: Comparison) -> Cmp {
    match comparison {
        Comparison::Equal => Cmp::Eq,
        Comparison::NotEqual => Cmp::Ne,
        Comparison::Less => Cmp::Lt,
        Comparison::LessEqual => Cmp::Le,
        Comparison::Greater => Cmp::Gt,
        Comparison::GreaterEqual => Cmp::Ge,
    }
}

/// `a cmp b` as `b cmp a`.
fn flipped(cmp: Cmp) -> Cmp {
    match cmp {
        Cmp::Lt => Cmp::Gt,
        Cmp::Le => Cmp::Ge,
        Cmp::Gt => Cmp::Lt,
        Cmp::Ge => Cmp::Le,
        same => same,
    }
}

fn negated(length: hir::Length) -> hir::Length {
    hir::Length { months: -length.months, days: -length.days, ms: -length.ms }
}

pub(super) fn day_rule(day: &hir::DayRule) -> image::DayRule {
    match day {
        hir::DayRule::Week { days, calendar } => {
            image::DayRule::Week { days: *days, calendar: calendar.map(|c| c as u16) }
        }
        hir::DayRule::Month(day) => image::DayRule::Month(*day),
    }
}
