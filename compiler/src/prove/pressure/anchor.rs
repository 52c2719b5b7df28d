//! What a run knows of the time at which it stands: after `wait until monday at 09:00` it is Monday, nine o'clock, and the next
//! `wait until 18:00` lasts nine hours, not "up to a day".

use crate::hir::{Const, DayRule, Expr, ExprKind, Journey, Trigger, Until, VariableId};

/// Milliseconds of a day.
pub const DAY: i64 = 86_400_000;
const WEEK: i64 = 7 * DAY;

/// Where a run stands in time, relative to something it has waited for.
#[expect(missing_docs, reason = "fields are named after what they hold")]
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Anchor {
    /// Nothing is known.
    None,
    /// It was `time` o'clock on one of `days` (bit 0 is Monday), and since then at least `low` and at most `high` has passed.
    Clock { days: u8, time: i64, low: i64, high: i64 },
    /// It was the moment `of` plus `shift`, and since then at least `low` and at most `high` (none: any time) has passed.
    Data { of: Base, shift: i64, low: i64, high: Option<i64> },
}

/// A moment from data that stays the same as long as the run lives: a field of the event it came in by, and whether it was
/// brought to a time of day (only such moments are a known time apart).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Base {
    variable: VariableId,
    field: usize,
    at: bool,
}

/// What waiting until a moment can mean for a run.
pub struct Waited {
    /// The moment is still to come: the least time until then. None: it cannot be.
    pub reached: Option<i64>,
    /// It may be past already.
    pub past: bool,
    /// Where the run stands when it is reached.
    pub then: Anchor,
    /// Where the run stands when it was past.
    pub missed: Anchor,
}

impl Anchor {
    /// The same after some time: at least `least`, at most `most`.
    pub fn after(&self, least: i64, most: Option<i64>) -> Anchor {
        match (self, most) {
            (Anchor::Clock { days, time, low, high }, Some(most)) if high + most - low - least < WEEK => {
                Anchor::Clock { days: *days, time: *time, low: low + least, high: high + most }
            }
            (Anchor::Data { of, shift, low, high }, _) => {
                let high = high.zip(most).map(|(high, most)| high + most);
                Anchor::Data { of: of.clone(), shift: *shift, low: low + least, high }
            }
            _ => Anchor::None,
        }
    }

    /// The least and most time, and what is known then, of waiting for the next such local moment strictly after now. `least` and
    /// `most`: what is known without an anchor.
    pub fn next(
        &self,
        day: &DayRule,
        at: &Expr,
        zone: Option<&Expr>,
        (least, most): (i64, Option<i64>),
    ) -> (i64, Option<i64>, Anchor) {
        let ExprKind::Const(Const::Time(time)) = at.kind else { return (least, most, Anchor::None) };
        if zone.is_some() {
            return (least, most, Anchor::None);
        }
        let wanted = match day {
            DayRule::Week { days, .. } => *days,
            DayRule::Month(_) => 0x7f,
        };
        let Anchor::Clock { days, time: from, low, high } = self else {
            return (least, most, Anchor::Clock { days: wanted, time, low: 0, high: 0 });
        };
        let in_week = |days: u8| (0..7).filter(move |d| days >> d & 1 == 1).map(|d| i64::from(d) * DAY);
        // From each day that it may be: the first wanted moment after the earliest it can be, and on to the first after the latest.
        let mut wait: Option<i64> = None;
        let mut longest = 0;
        let mut reached = 0u8;
        for day in in_week(*days) {
            let (earliest, latest) = (day + from + low, day + from + high);
            let week = earliest.div_euclid(WEEK) * WEEK;
            let moments = (0..4).flat_map(|w| in_week(wanted).map(move |d| week + w * WEEK + d + time));
            let mut before = earliest;
            for moment in moments.filter(|m| *m > earliest) {
                // It is reached by whoever stands between the moment before it and itself; the latest of them waits least.
                let shortest = moment - latest.clamp(before, moment - 1);
                wait = Some(wait.map_or(shortest, |w| w.min(shortest)));
                longest = longest.max(moment - before);
                reached |= 1 << (moment.div_euclid(DAY).rem_euclid(7));
                before = moment;
                if moment > latest {
                    break;
                }
            }
        }
        let then = Anchor::Clock { days: if reached == 0 { wanted } else { reached }, time, low: 0, high: 0 };
        // Holidays take days away, and a month's rule most of them: those waits may be longer.
        let plain = matches!(day, DayRule::Week { calendar: None, .. }) && wait.is_some();
        (wait.unwrap_or(least).max(least), if plain { Some(longest) } else { most }, then)
    }

    /// Waiting until a moment from data.
    pub fn until(&self, moment: &Expr, lasting: &[VariableId]) -> Waited {
        let Some((of, shift)) = base(moment, lasting) else {
            return Waited { reached: Some(0), past: true, then: Anchor::None, missed: Anchor::None };
        };
        let then = Anchor::Data { of: of.clone(), shift, low: 0, high: Some(0) };
        let missed = Anchor::Data { of: of.clone(), shift, low: 0, high: None };
        match self {
            Anchor::Data { of: known, shift: from, low, high } if *known == of => {
                let ahead = shift - from;
                // Still to come for a run that has lost the least time since.
                let reached = (ahead - low >= 0).then(|| high.map_or(0, |high| (ahead - high).max(0)));
                let past = high.is_none_or(|high| ahead - high <= 0);
                Waited { reached, past, then, missed: if ahead < 0 { self.clone() } else { missed } }
            }
            _ => Waited { reached: Some(0), past: true, then, missed },
        }
    }
}

/// A moment as a field of a variable that lasts, and a fixed time from it.
fn base(moment: &Expr, lasting: &[VariableId]) -> Option<(Base, i64)> {
    match &moment.kind {
        ExprKind::Field(variable, field) if lasting.contains(variable) => {
            Some((Base { variable: *variable, field: *field, at: false }, 0))
        }
        ExprKind::Shift(of, length, minus) if length.months == 0 => {
            let (of, shift) = base(of, lasting)?;
            let by = i64::from(length.days) * DAY + length.ms;
            // A shift of hours after a time of day keeps its distance too.
            Some((of, if *minus { shift - by } else { shift + by }))
        }
        ExprKind::At(date, time, zone) if zone.is_none() => {
            let (of, shift) = base(date, lasting)?;
            let ExprKind::Const(Const::Time(time)) = time.kind else { return None };
            // Whole days only: anything else would lie on one date or another.
            (!of.at && shift % DAY == 0).then_some((Base { at: true, ..of }, shift + time))
        }
        _ => None,
    }
}

/// A moment as a field of a variable, and its distance from that field's value.
pub fn from_field(moment: &Expr) -> Option<(VariableId, usize, i64)> {
    let mut variables = Vec::new();
    crate::expr::walk::each(moment, &mut |e| {
        if let ExprKind::Field(variable, _) = e.kind {
            variables.push(variable);
        }
    });
    base(moment, &variables).map(|(of, shift)| (of.variable, of.field, shift))
}

/// What is known at the entry: the time of a calendar trigger, when it is the only way in.
pub fn at_entry(journey: &Journey) -> Anchor {
    match &journey.triggers[..] {
        [Trigger::Every { day, at, zone: None, .. }] if journey.start_over.is_empty() => {
            let days = match day {
                DayRule::Week { days, .. } => *days,
                DayRule::Month(_) => 0x7f,
            };
            Anchor::Clock { days, time: *at, low: 0, high: 0 }
        }
        _ => Anchor::None,
    }
}

/// The variables whose fields stay what they were at the entry.
pub fn lasting(journey: &Journey) -> Vec<VariableId> {
    let mut all: Vec<VariableId> = (0..journey.params).collect();
    all.extend(journey.triggers.iter().filter_map(|t| match t {
        Trigger::Event(e) => e.alias,
        _ => None,
    }));
    all.retain(|v| !journey.updates.iter().any(|(_, updated)| updated == v));
    all
}

/// Whether waiting for this can be told from an anchor.
pub fn of_data(until: &Until) -> Option<&Expr> {
    match until {
        Until::Moment(moment) if crate::flow::fixed(moment).is_none() => Some(moment),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn wait(from: &Anchor, days: u8, hour: i64) -> i64 {
        next(from, days, hour).0
    }

    fn next(from: &Anchor, days: u8, hour: i64) -> (i64, Anchor) {
        let at = Expr {
            span: Default::default(),
            ty: crate::hir::Type { ty: crate::hir::Ty::Time, optional: false },
            kind: ExprKind::Const(Const::Time(hour * HOUR)),
        };
        {
            let (least, _, then) = from.next(&DayRule::Week { days, calendar: None }, &at, None, (1, None));
            (least, then)
        }
    }

    #[test]
    fn from_nine_to_six_it_is_nine_hours_and_from_monday_to_monday_a_week() {
        let nine = Anchor::Clock { days: 0x7f, time: 9 * HOUR, low: 0, high: 0 };
        assert_eq!(wait(&nine, 0x7f, 18), 9 * HOUR);
        assert_eq!(wait(&nine, 0x7f, 9), DAY);
        let monday = Anchor::Clock { days: 1, time: 9 * HOUR, low: 0, high: 0 };
        assert_eq!(wait(&monday, 1, 9), WEEK);
        assert_eq!(wait(&monday, 0b10, 8), 23 * HOUR);
        // Up to ten hours later it may be anything: an instant before six.
        assert_eq!(wait(&nine.after(0, Some(10 * HOUR)), 0x7f, 18), 1);
        assert_eq!(wait(&nine.after(HOUR, Some(2 * HOUR)), 0x7f, 18), 7 * HOUR);
        assert_eq!(wait(&Anchor::None, 0x7f, 18), 1);
        // From six on a Monday to nine on a Wednesday.
        let at = monday.after(0, Some(0));
        let Anchor::Clock { days, .. } = next(&at, 0x7f, 18).1 else { panic!() };
        assert_eq!(days, 1);
        assert_eq!(wait(&next(&at, 0x7f, 18).1, 0b100, 9), 39 * HOUR);
    }
}
