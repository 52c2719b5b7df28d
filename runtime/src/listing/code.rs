//! The code of functions. Constants stand where they are read, in the type that is read there.

use super::Out;
use super::words::span;
use crate::image::{Arith, Cmp, FnId, Fold, Function, ListTy, MISSING, Op, Reg, Ty, Word};

impl Out<'_> {
    /// A function: its text, what it sees, its code. Nothing for one whose code says no more than its text.
    pub(super) fn function(&mut self, id: FnId) -> String {
        let image = self.image;
        let Some(function) = image.functions.get(id as usize) else { return String::new() };
        let targets: Vec<usize> = function.ops.iter().filter_map(target).collect();
        let members = self.members.get(&id).cloned();
        let none = vec![None; usize::from(function.regs)];
        let mut code = Code { constants: constants(function), types: none.clone(), written: none, function, members };
        // Twice, since a constant may be put into a register before anything whose type is known.
        function.ops.iter().for_each(|op| _ = self.op(&mut code, op));
        let mut lines = Vec::new();
        let mut label = String::new();
        for (at, op) in function.ops.iter().enumerate() {
            let line = self.op(&mut code, op);
            if targets.contains(&at) {
                label = if label.is_empty() { at.to_string() } else { format!("{label}, {at}") };
            }
            // A constant that stands where it is read has no line of its own.
            if !line.is_empty() {
                lines.push(format!("{label:>3} {line}"));
                label.clear();
            }
        }
        let plain = match &lines[..] {
            [_give] => true,
            [read, _give] => read.trim_start() == format!("r0 = {}", function.text),
            _ => false,
        };
        if plain {
            return String::new();
        }
        let event = function.event.map(|event| format!("event {}", self.event(event)));
        let journey = function.journey.map(|journey| format!("run of {}", self.other_journey(journey)));
        let member = (function.member > 0).then(|| "member of a list".to_string());
        let sees: Vec<String> = event.into_iter().chain(journey).chain(member).collect();
        let sees = if sees.is_empty() { String::new() } else { format!(" [{}]", sees.join(", ")) };
        let head = format!("    {}: {}{sees}\n", function.text, self.ty(&function.ty));
        lines.iter().fold(head, |text, line| text + "      " + line + "\n")
    }

    fn op(&mut self, code: &mut Code<'_>, op: &Op) -> String {
        let image = self.image;
        let reg = |code: &Code<'_>, reg: Reg, ty: &Ty| self.operand(code, reg, Some(ty));
        let bare = |code: &Code<'_>, reg: Reg| self.operand(code, reg, code.ty(reg));
        let zone = |code: &Code<'_>, zone: Option<Reg>| {
            zone.map_or(String::new(), |zone| format!(" in {}", self.operand(code, zone, Some(&Ty::Zone))))
        };
        let (dst, ty, text) = match op {
            Op::Const { dst, .. } if code.constant(*dst).is_some() => return String::new(),
            Op::Const { dst, value } => {
                let ty = code.written.get(usize::from(*dst)).cloned().flatten();
                let text = ty.as_ref().map_or_else(|| raw(*value), |ty| self.value(ty, *value));
                (dst, ty, text)
            }
            Op::Profile { dst, field } => {
                let ty = image.profile.get(usize::from(*field)).map(|field| field.ty.clone());
                (dst, ty, self.profile(*field))
            }
            Op::Slot { dst, slot } => {
                let journey = code.function.journey.and_then(|journey| image.journeys.get(usize::from(journey)));
                let slot = journey.and_then(|journey| journey.slots.get(usize::from(*slot)));
                (dst, slot.map(|slot| slot.ty.clone()), slot.map_or("?".into(), |slot| slot.name.clone()))
            }
            Op::Event { dst, field } => {
                let event = code.function.event.unwrap_or(u16::MAX);
                let fields = image.events.get(usize::from(event)).map(|event| &event.fields);
                let ty = fields.and_then(|fields| fields.get(usize::from(*field))).map(|field| field.ty.clone());
                (dst, ty, format!("event.{}", self.event_field(event, *field)))
            }
            Op::HappenedAt { dst } => (dst, Some(Ty::Moment), "event.happened_at".into()),
            Op::Member { dst, field } => {
                let member = code.members.as_ref().and_then(|list| list.fields.get(usize::from(*field)));
                let name = member
                    .filter(|field| !field.name.is_empty())
                    .map_or("member".into(), |field| format!("member.{}", field.name));
                (dst, member.map(|field| field.ty.clone()), name)
            }
            Op::Kept { dst, history, field: None } => {
                (dst, Some(Ty::Moment), format!("{}.happened_at", self.history(*history)))
            }
            Op::Kept { dst, history, field: Some(field) } => {
                let (name, ty) = self.kept(*history, *field);
                (dst, ty, format!("{}.{name}", self.history(*history)))
            }
            Op::Tally { dst, history } => (dst, self.tallied(*history), self.history(*history).into()),
            Op::InSegment { dst, segment } => (dst, Some(Ty::Bool), format!("in {}", self.segment(*segment))),
            Op::Held { dst, watch, span: length } => {
                (dst, Some(Ty::Bool), format!("{} for {}", self.watch(*watch), span(length)))
            }
            Op::Now { dst } => (dst, Some(Ty::Moment), "now".into()),
            Op::Today { dst } => (dst, Some(Ty::Date), "today".into()),
            Op::CompareNow { cmp, dst, a } => {
                (dst, Some(Ty::Bool), format!("now {} {}", sign(*cmp), reg(code, *a, &Ty::Moment)))
            }
            Op::CompareToday { cmp, dst, a } => {
                (dst, Some(Ty::Bool), format!("today {} {}", sign(*cmp), reg(code, *a, &Ty::Date)))
            }
            Op::Move { dst, a } => (dst, code.ty(*a).cloned(), bare(code, *a)),
            Op::Known { dst, a } => (dst, Some(Ty::Bool), format!("{} is known", bare(code, *a))),
            Op::Not { dst, a } => (dst, Some(Ty::Bool), format!("not {}", reg(code, *a, &Ty::Bool))),
            Op::CompareInt { cmp, dst, a, b } => {
                let ty = code.ty(*a).or(code.ty(*b)).cloned().unwrap_or(Ty::Int);
                (dst, Some(Ty::Bool), format!("{} {} {}", reg(code, *a, &ty), sign(*cmp), reg(code, *b, &ty)))
            }
            Op::CompareNum { cmp, dst, a, b } => {
                let ty = code.ty(*a).or(code.ty(*b)).cloned().unwrap_or(Ty::Number);
                (dst, Some(Ty::Bool), format!("{} {} {}", reg(code, *a, &ty), sign(*cmp), reg(code, *b, &ty)))
            }
            Op::Arith { op, dst, a, b } => {
                let money = Ty::Money(image.currency.clone());
                let (left, right, result) = arithmetic(*op, code.ty(*a), code.ty(*b), money);
                (dst, Some(result), format!("{} {} {}", reg(code, *a, &left), operator(*op), reg(code, *b, &right)))
            }
            Op::IntToNum { dst, a } => (dst, Some(Ty::Number), format!("number {}", reg(code, *a, &Ty::Int))),
            Op::InSubtree { dst, a, from, .. } => {
                let node = code.ty(*a).map_or(from.to_string(), |ty| self.value(ty, Word::from(*from)));
                (dst, Some(Ty::Bool), format!("{} in {node}", bare(code, *a)))
            }
            Op::InList { dst, a, list } => {
                let list = self.list_of(code, *list, code.ty(*a));
                (dst, Some(Ty::Bool), format!("{} in {list}", bare(code, *a)))
            }
            Op::Contains { dst, a, b } => {
                (dst, Some(Ty::Bool), format!("{} contains {}", reg(code, *a, &Ty::Text), reg(code, *b, &Ty::Text)))
            }
            Op::StartsWith { dst, a, b } => {
                (dst, Some(Ty::Bool), format!("{} starts with {}", reg(code, *a, &Ty::Text), reg(code, *b, &Ty::Text)))
            }
            Op::IsDay { dst, a, days, calendar } => {
                let day = super::words::days_of_week(*days);
                let text = format!("{} is {day}{}", reg(code, *a, &Ty::Date), self.calendar(*calendar));
                (dst, Some(Ty::Bool), text)
            }
            Op::AddSpan { dst, a, span: length } => {
                (dst, Some(Ty::Moment), format!("{} + {}", reg(code, *a, &Ty::Moment), span(length)))
            }
            Op::AddDays { dst, a, span: length } => {
                (dst, Some(Ty::Date), format!("{} + {}", reg(code, *a, &Ty::Date), span(length)))
            }
            Op::DateOf { dst, a, zone: of } => {
                (dst, Some(Ty::Date), format!("date of {}{}", reg(code, *a, &Ty::Moment), zone(code, *of)))
            }
            Op::AtTime { dst, date, time, zone: of } => {
                let (date, time) = (reg(code, *date, &Ty::Date), reg(code, *time, &Ty::Time));
                (dst, Some(Ty::Moment), format!("{date} at {time}{}", zone(code, *of)))
            }
            Op::NextAt { dst, day, time, zone: of } => {
                let time = reg(code, *time, &Ty::Time);
                (dst, Some(Ty::Moment), format!("next {} at {time}{}", self.day(day), zone(code, *of)))
            }
            Op::AddWeekdays { dst, count, calendar } => {
                (dst, Some(Ty::Moment), format!("now + {count} weekdays{}", self.calendar(*calendar)))
            }
            Op::Each { dst, list, body, fold, .. } => {
                let text = bare(code, *list);
                if let Some(Ty::List(of)) = code.ty(*list) {
                    self.members.insert(*body, (**of).clone());
                }
                let (word, ty) = match fold {
                    Fold::Any => ("any", Ty::Bool),
                    Fold::All => ("all", Ty::Bool),
                    Fold::Count => ("count", Ty::Int),
                    Fold::SumInt => ("sum", Ty::Int),
                    Fold::SumNum => ("sum", Ty::Number),
                };
                let body_ty = image.functions.get(*body as usize).map(|body| body.ty.clone());
                let ty = if *fold == Fold::SumInt { body_ty.unwrap_or(ty) } else { ty };
                (dst, Some(ty), format!("{word} of {text}: {}", self.expression(*body)))
            }
            Op::Length { dst, list, .. } => (dst, Some(Ty::Int), format!("length of {}", bare(code, *list))),
            Op::Jump { to } => return format!("go to {to}"),
            Op::JumpIf { a, to } => return format!("if {} go to {to}", reg(code, *a, &Ty::Bool)),
            Op::JumpUnless { a, to } => return format!("unless {} go to {to}", reg(code, *a, &Ty::Bool)),
            Op::JumpMissing { a, to } => return format!("if {} is missing go to {to}", bare(code, *a)),
            Op::Return { a } => return format!("give {}", reg(code, *a, &code.function.ty)),
        };
        if let (Some(now), Some(first)) =
            (code.types.get_mut(usize::from(*dst)), code.written.get_mut(usize::from(*dst)))
        {
            *first = first.take().or(ty.clone());
            *now = ty;
        }
        format!("r{dst} = {text}")
    }

    /// A register, or the constant in it.
    fn operand(&self, code: &Code<'_>, reg: Reg, ty: Option<&Ty>) -> String {
        match (code.constant(reg), ty) {
            (None, _) => format!("r{reg}"),
            (Some(word), Some(ty)) => self.value(ty, word),
            (Some(word), None) => raw(word),
        }
    }

    /// A list register; the members of a constant one are of the type of what is looked for.
    fn list_of(&self, code: &Code<'_>, list: Reg, member: Option<&Ty>) -> String {
        match (code.constant(list), member) {
            (Some(list), Some(member)) => {
                let members: Vec<String> =
                    self.pool.members(list).iter().map(|word| self.value(member, *word)).collect();
                format!("[{}]", members.join(", "))
            }
            _ => self.operand(code, list, None),
        }
    }

    fn kept(&self, history: u16, field: u16) -> (String, Option<Ty>) {
        use crate::image::HistoryKind::{First, Last};
        let history = self.image.histories.get(usize::from(history));
        let kept = history.and_then(|history| match &history.kind {
            Last { fields } | First { fields } => Some((history.event, *fields.get(usize::from(field))?)),
            _ => None,
        });
        let field =
            kept.and_then(|(event, field)| self.image.events.get(usize::from(event))?.fields.get(usize::from(field)));
        (field.map_or("?".into(), |field| field.name.clone()), field.map(|field| field.ty.clone()))
    }

    fn tallied(&self, history: u16) -> Option<Ty> {
        use crate::image::HistoryKind::{Days, SumTotal};
        let history = self.image.histories.get(usize::from(history))?;
        match history.kind {
            Days { field: Some(field), .. } | SumTotal { field } => {
                let event = self.image.events.get(usize::from(history.event))?;
                event.fields.get(usize::from(field)).map(|field| field.ty.clone())
            }
            _ => Some(Ty::Int),
        }
    }
}

/// What is known while the operations are written in order.
struct Code<'a> {
    function: &'a Function,
    /// The list whose members it is about.
    members: Option<ListTy>,
    /// Constants that are the only thing ever written to their register.
    constants: Vec<Option<Word>>,
    /// For each register, the first type that is written to it.
    written: Vec<Option<Ty>>,
    /// The types of what was written last.
    types: Vec<Option<Ty>>,
}

impl Code<'_> {
    fn constant(&self, reg: Reg) -> Option<Word> {
        self.constants.get(usize::from(reg)).copied().flatten()
    }

    fn ty(&self, reg: Reg) -> Option<&Ty> {
        self.types.get(usize::from(reg)).and_then(Option::as_ref)
    }
}

fn constants(function: &Function) -> Vec<Option<Word>> {
    let mut constants = vec![None; usize::from(function.regs)];
    let mut written = vec![0; usize::from(function.regs)];
    for op in &function.ops {
        let Some(dst) = op.dst().map(usize::from).filter(|dst| *dst < written.len()) else { continue };
        written[dst] += 1;
        constants[dst] = match op {
            Op::Const { value, .. } if written[dst] == 1 => Some(*value),
            _ => None,
        };
    }
    constants
}

fn target(op: &Op) -> Option<usize> {
    match op {
        Op::Jump { to } | Op::JumpIf { to, .. } | Op::JumpUnless { to, .. } | Op::JumpMissing { to, .. } => {
            Some(usize::from(*to))
        }
        _ => None,
    }
}

fn raw(word: Word) -> String {
    if word == MISSING { "missing".into() } else { (word as i64).to_string() }
}

fn sign(cmp: Cmp) -> &'static str {
    match cmp {
        Cmp::Eq => "==",
        Cmp::Ne => "!=",
        Cmp::Lt => "<",
        Cmp::Le => "<=",
        Cmp::Gt => ">",
        Cmp::Ge => ">=",
    }
}

fn operator(op: Arith) -> &'static str {
    match op {
        Arith::AddInt | Arith::AddNum => "+",
        Arith::SubInt | Arith::SubNum => "-",
        Arith::MulInt | Arith::MulNum | Arith::MulMoney => "*",
        Arith::DivNum | Arith::DivMoney | Arith::RatioMoney => "/",
    }
}

/// The types of both operands and of the result, from what is known of the operands.
fn arithmetic(op: Arith, left: Option<&Ty>, right: Option<&Ty>, money: Ty) -> (Ty, Ty, Ty) {
    let known = |ty: Option<&Ty>, other: Ty| ty.cloned().unwrap_or(other);
    match op {
        Arith::AddInt | Arith::SubInt => match (left, right) {
            (Some(Ty::Moment), Some(Ty::Moment)) if op == Arith::SubInt => (Ty::Moment, Ty::Moment, Ty::Duration),
            (Some(Ty::Moment), _) => (Ty::Moment, Ty::Duration, Ty::Moment),
            (Some(Ty::Date), Some(Ty::Date)) => (Ty::Date, Ty::Date, Ty::Int),
            (Some(Ty::Date), _) => (Ty::Date, Ty::Int, Ty::Date),
            _ => {
                let ty = known(left.or(right), Ty::Int);
                (ty.clone(), ty.clone(), ty)
            }
        },
        Arith::MulInt => (known(left, Ty::Int), known(right, Ty::Int), known(left.or(right), Ty::Int)),
        Arith::AddNum | Arith::SubNum | Arith::MulNum | Arith::DivNum => {
            (known(left, Ty::Number), known(right, Ty::Number), Ty::Number)
        }
        Arith::MulMoney | Arith::DivMoney => {
            let money = known(left, money);
            (money.clone(), known(right, Ty::Number), money)
        }
        Arith::RatioMoney => (known(left, money.clone()), known(right, known(left, money)), Ty::Number),
    }
}
