//! Works out the functions of an image: what an expression means.

use crate::history;
use crate::image::{Cmp, DayRule, FnId, Fold, Function, MISSING, Op, Reg, Word};
use crate::number::{add_int, arith, number};
use crate::pool::Pool;
use crate::program::Program;
use crate::state;
use crate::time::{self, MINUTE, NEVER, Zone, holidays};

/// What an expression sees.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The program.
    pub program: &'a Program,
    /// The shard's texts and lists.
    pub pool: &'a Pool,
    /// The customer's whole state.
    pub state: &'a [Word],
    /// The run's slots.
    pub slots: &'a [Word],
    /// The present event's row.
    pub row: &'a [Word],
    /// The present event's own time.
    pub happened_at: i64,
    /// The present member of a list.
    pub member: &'a [Word],
    /// The present moment.
    pub now: i64,
}

/// Registers, used again for each evaluation.
#[derive(Debug, Clone)]
pub struct Frame(Vec<Word>);

impl Frame {
    /// Room for any function of the program and all it calls.
    pub fn new(program: &Program) -> Frame {
        Frame(vec![0; program.frame_words])
    }
}

impl<'a> Scope<'a> {
    /// A scope without run, event and member.
    pub fn of(program: &'a Program, pool: &'a Pool, state: &'a [Word], now: i64) -> Scope<'a> {
        Scope { program, pool, state, slots: &[], row: &[], happened_at: now, member: &[], now }
    }

    /// The result of a function. Brings `changes` down to the earliest moment after now at which the result may change by
    /// the passing of time alone; leaves it as it is when that never happens.
    pub fn eval(&self, function: FnId, frame: &mut Frame, changes: &mut i64) -> Word {
        self.run(&self.program.image.functions[function as usize], &mut frame.0, changes)
    }

    /// Whether a condition holds; `changes` as in [`Scope::eval`].
    pub fn holds(&self, function: FnId, frame: &mut Frame, changes: &mut i64) -> bool {
        self.eval(function, frame, changes) == 1
    }

    fn zone(&self) -> &'a Zone {
        state::zone(self.program, self.state)
    }

    fn zone_in(&self, zone: Option<Reg>, regs: &[Word]) -> &'a Zone {
        let named = zone.map(|reg| regs[usize::from(reg)]).filter(|word| *word != MISSING);
        let named = named.and_then(|word| self.program.zone_of(self.pool, word));
        named.map_or_else(|| self.zone(), |zone| self.program.zones.get(zone))
    }

    fn run(&self, function: &Function, frame: &mut [Word], changes: &mut i64) -> Word {
        let (regs, rest) = frame.split_at_mut(usize::from(function.regs));
        let calendars = &self.program.image.calendars;
        let mut at = 0;
        macro_rules! set {
            ($dst:expr, $value:expr) => {{
                let value = $value;
                regs[usize::from(*$dst)] = value;
            }};
        }
        macro_rules! reg {
            ($a:expr) => {
                regs[usize::from(*$a)]
            };
        }
        loop {
            let op = &function.ops[at];
            at += 1;
            match op {
                Op::Const { dst, value } => set!(dst, *value),
                Op::Profile { dst, field } => {
                    set!(dst, self.state[self.program.layout.profile_at + usize::from(*field)])
                }
                Op::Slot { dst, slot } => set!(dst, self.slots[usize::from(*slot)]),
                Op::Event { dst, field } => set!(dst, self.row[usize::from(*field)]),
                Op::HappenedAt { dst } => set!(dst, self.happened_at as Word),
                Op::Member { dst, field } => set!(dst, self.member[usize::from(*field)]),
                Op::Kept { dst, history, field } => {
                    set!(dst, history::kept(self.program, self.state, *history, *field))
                }
                Op::Tally { dst, history } => {
                    set!(dst, history::tally(self.program, self.state, *history, self.now, changes));
                }
                Op::InSegment { dst, segment } => {
                    let condition = self.program.image.segments[usize::from(*segment)].condition;
                    set!(dst, self.run(&self.program.image.functions[condition as usize], rest, changes));
                }
                Op::Held { dst, watch, span } => {
                    let since = self.state[self.program.layout.watch_at(*watch)];
                    let held = since != MISSING && {
                        let from = self.zone().add(since as i64, span);
                        if from > self.now {
                            *changes = (*changes).min(from);
                        }
                        from <= self.now
                    };
                    set!(dst, Word::from(held));
                }
                Op::Now { dst } => {
                    *changes = (*changes).min(next_minute(self.now));
                    set!(dst, self.now as Word);
                }
                Op::Today { dst } => {
                    let zone = self.zone();
                    *changes = (*changes).min(zone.midnight_after(self.now));
                    set!(dst, zone.date(self.now) as Word);
                }
                Op::CompareNow { cmp, dst, a } => {
                    let moment = reg!(a) as i64;
                    if let Some(step) = steps_until_change(*cmp, self.now, moment) {
                        *changes = (*changes).min(moment.saturating_add(step));
                    }
                    set!(dst, Word::from(compare(*cmp, self.now, moment)));
                }
                Op::CompareToday { cmp, dst, a } => {
                    let (zone, date) = (self.zone(), reg!(a) as i64);
                    let today = zone.date(self.now);
                    if let Some(step) = steps_until_change(*cmp, today, date) {
                        *changes = (*changes).min(zone.start(date.saturating_add(step)));
                    }
                    set!(dst, Word::from(compare(*cmp, today, date)));
                }
                Op::Move { dst, a } => set!(dst, reg!(a)),
                Op::Known { dst, a } => set!(dst, Word::from(reg!(a) != MISSING)),
                Op::Not { dst, a } => set!(dst, reg!(a) ^ 1),
                Op::CompareInt { cmp, dst, a, b } => {
                    set!(dst, Word::from(compare(*cmp, reg!(a) as i64, reg!(b) as i64)))
                }
                Op::CompareNum { cmp, dst, a, b } => {
                    set!(dst, Word::from(compare(*cmp, f64::from_bits(reg!(a)), f64::from_bits(reg!(b)))));
                }
                Op::Arith { op, dst, a, b } => set!(dst, arith(*op, reg!(a), reg!(b))),
                Op::IntToNum { dst, a } => set!(dst, number(reg!(a) as i64 as f64)),
                Op::InSubtree { dst, a, from, to } => {
                    set!(dst, Word::from((Word::from(*from)..Word::from(*to)).contains(&reg!(a))));
                }
                Op::InList { dst, a, list } => set!(dst, Word::from(self.pool.members(reg!(list)).contains(&reg!(a)))),
                Op::Contains { dst, a, b } => {
                    set!(dst, Word::from(self.pool.word(reg!(a)).contains(self.pool.word(reg!(b)))));
                }
                Op::StartsWith { dst, a, b } => {
                    set!(dst, Word::from(self.pool.word(reg!(a)).starts_with(self.pool.word(reg!(b)))));
                }
                Op::IsDay { dst, a, days, calendar } => {
                    set!(dst, Word::from(time::is_day(reg!(a) as i64, *days, holidays(calendars, *calendar))));
                }
                Op::AddSpan { dst, a, span } => set!(dst, self.zone().add(reg!(a) as i64, span) as Word),
                Op::AddDays { dst, a, span } => set!(dst, time::add_days(reg!(a) as i64, span) as Word),
                Op::DateOf { dst, a, zone } => set!(dst, self.zone_in(*zone, regs).date(reg!(a) as i64) as Word),
                Op::AtTime { dst, date, time, zone } => {
                    set!(dst, self.zone_in(*zone, regs).moment(reg!(date) as i64, reg!(time) as i64) as Word);
                }
                Op::NextAt { dst, day, time, zone } => {
                    let next = self.next_at(day, reg!(time) as i64, self.zone_in(*zone, regs));
                    *changes = (*changes).min(next);
                    set!(dst, next as Word);
                }
                Op::AddWeekdays { dst, count, calendar } => {
                    *changes = (*changes).min(next_minute(self.now));
                    set!(dst, self.zone().add_weekdays(self.now, *count, holidays(calendars, *calendar)) as Word);
                }
                Op::Each { dst, list, stride, body, fold } => {
                    let members = self.pool.members(reg!(list));
                    let body = &self.program.image.functions[*body as usize];
                    set!(dst, self.each(members, usize::from(*stride), body, *fold, rest, changes));
                }
                Op::Length { dst, list, stride } => {
                    set!(dst, (self.pool.members(reg!(list)).len() / usize::from(*stride).max(1)) as Word);
                }
                Op::Jump { to } => at = usize::from(*to),
                Op::JumpIf { a, to } => {
                    if reg!(a) == 1 {
                        at = usize::from(*to);
                    }
                }
                Op::JumpUnless { a, to } => {
                    if reg!(a) != 1 {
                        at = usize::from(*to);
                    }
                }
                Op::JumpMissing { a, to } => {
                    if reg!(a) == MISSING {
                        at = usize::from(*to);
                    }
                }
                Op::Return { a } => return reg!(a),
            }
        }
    }

    fn next_at(&self, day: &DayRule, at: i64, zone: &Zone) -> i64 {
        zone.next_at(self.now, day, at, &self.program.image.calendars)
    }

    fn each(
        &self,
        list: &'a [Word],
        stride: usize,
        body: &Function,
        fold: Fold,
        frame: &mut [Word],
        changes: &mut i64,
    ) -> Word {
        let mut total: Word = Word::from(fold == Fold::All);
        for member in list.chunks_exact(stride.max(1)) {
            let value = Scope { member, ..*self }.run(body, frame, changes);
            match fold {
                Fold::Any if value == 1 => return 1,
                Fold::All if value != 1 => return 0,
                Fold::Any | Fold::All => {}
                Fold::Count => total += Word::from(value == 1),
                Fold::SumInt | Fold::SumNum if value == MISSING => {}
                Fold::SumInt => total = add_int(total as i64, value as i64) as Word,
                Fold::SumNum => total = number(f64::from_bits(total) + f64::from_bits(value)),
            }
        }
        total
    }
}

fn compare<T: PartialOrd>(cmp: Cmp, a: T, b: T) -> bool {
    match cmp {
        Cmp::Eq => a == b,
        Cmp::Ne => a != b,
        Cmp::Lt => a < b,
        Cmp::Le => a <= b,
        Cmp::Gt => a > b,
        Cmp::Ge => a >= b,
    }
}

/// `present cmp other` for a present that only grows: how far after `other` it changes next; none if it never does.
fn steps_until_change(cmp: Cmp, present: i64, other: i64) -> Option<i64> {
    match cmp {
        Cmp::Lt | Cmp::Ge => (present < other).then_some(0),
        Cmp::Le | Cmp::Gt => (present <= other).then_some(1),
        Cmp::Eq | Cmp::Ne if present < other => Some(0),
        Cmp::Eq | Cmp::Ne => (present == other).then_some(1),
    }
}

/// A value made from the bare present changes all the time; it is looked at each minute. Comparisons with a moment are exact
/// instead ([`Op::CompareNow`]).
fn next_minute(now: i64) -> i64 {
    if now > NEVER - MINUTE { NEVER } else { (now.div_euclid(MINUTE) + 1) * MINUTE }
}

pub mod dense;
mod flat;
#[cfg(test)]
mod tests;
