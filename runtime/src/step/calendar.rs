//! Triggers by the calendar: due from the first sight of a customer on, at most once per local date (or year).

use super::machine::{Machine, On};
use crate::image::{FnId, MISSING, Trigger, Word};
use crate::input::Sink;
use crate::layout::CalendarPlace;
use crate::pool::Pool;
use crate::program::Program;
use crate::state;
use crate::time::{NEVER, Zone, civil};

/// Which triggers are worked out anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anew {
    /// All: the customer is seen for the first time.
    All,
    /// Those that follow the customer's zone.
    Zone,
    /// Those that follow a profile field.
    Field(u16),
}

fn trigger_at<'p>(program: &'p Program, place: &CalendarPlace) -> &'p Trigger {
    &program.image.journeys[usize::from(place.journey)].triggers[usize::from(place.trigger)]
}

/// The zone of a trigger, and whether it is the customer's.
fn zone_of<'p>(program: &'p Program, pool: &Pool, state: &[Word], trigger: &Trigger) -> (&'p Zone, bool) {
    let own = (state::zone(program, state), true);
    let (Trigger::Every { zone, .. } | Trigger::Anniversary { zone, .. }) = trigger else { return own };
    match zone.and_then(|name| program.zone_of(pool, Word::from(name))) {
        Some(zone) => (program.zones.get(zone), false),
        None => own,
    }
}

/// The next moment of a trigger strictly after now.
fn next_due(program: &Program, pool: &Pool, state: &[Word], now: i64, trigger: &Trigger) -> i64 {
    let (zone, _) = zone_of(program, pool, state, trigger);
    match trigger {
        Trigger::Every { day, at, .. } => zone.next_at(now, day, *at, &program.image.calendars),
        Trigger::Anniversary { field, at, .. } => match state::profile(program, state, *field) {
            MISSING => NEVER,
            date => zone.next_anniversary(now, date as i64, *at),
        },
        _ => NEVER,
    }
}

/// Works out anew when triggers are due.
pub(crate) fn plan(program: &Program, pool: &Pool, state: &mut [Word], now: i64, anew: Anew) {
    for place in &program.layout.calendar {
        let trigger = trigger_at(program, place);
        let wanted = match anew {
            Anew::All => true,
            Anew::Zone => zone_of(program, pool, state, trigger).1,
            Anew::Field(changed) => matches!(trigger, Trigger::Anniversary { field, .. } if *field == changed),
        };
        if wanted {
            state[place.at] = next_due(program, pool, state, now, trigger) as Word;
        }
    }
}

/// The earliest due time.
pub(crate) fn due(program: &Program, state: &[Word]) -> i64 {
    program.layout.calendar.iter().map(|place| state[place.at] as i64).min().unwrap_or(NEVER)
}

/// Whether a trigger is due, on a date (or in a year) on which it has not been; then it has been now, and is due next after now.
pub(crate) fn falls_due(program: &Program, pool: &Pool, state: &mut [Word], now: i64, place: &CalendarPlace) -> bool {
    if state[place.at] as i64 > now {
        return false;
    }
    let trigger = trigger_at(program, place);
    let today = zone_of(program, pool, state, trigger).0.date(now);
    state[place.at] = next_due(program, pool, state, now, trigger) as Word;
    let last = state[place.at + 1];
    let again = last != MISSING
        && match trigger {
            Trigger::Anniversary { .. } => civil(last as i64).0 == civil(today).0,
            _ => last as i64 == today,
        };
    if !again {
        state[place.at + 1] = today as Word;
    }
    !again
}

/// The condition of those whom a trigger concerns; none: everyone.
pub(crate) fn concerns(program: &Program, place: &CalendarPlace) -> Option<FnId> {
    match trigger_at(program, place) {
        Trigger::Every { segment: Some(segment), .. } => Some(program.image.segments[usize::from(*segment)].condition),
        _ => None,
    }
}

impl<S: Sink> Machine<'_, S> {
    /// Fires what is due, journeys by priority and name. Each journey is asked once at one instant.
    pub(super) fn calendar_triggers(&mut self) {
        if due(self.program, self.state) > self.now {
            return;
        }
        let mut asked = None;
        for at in &self.program.plan.calendar {
            let place = &self.program.layout.calendar[*at];
            if !falls_due(self.program, self.pool, self.state, self.now, place)
                || concerns(self.program, place)
                    .is_some_and(|condition| self.eval_at(None, On::Nothing, condition, self.now).0 != 1)
                || asked == Some(place.journey)
            {
                continue;
            }
            asked = Some(place.journey);
            let run = self.candidate(place.journey);
            if self.admit(run, None) {
                self.go_on(run, 0);
            }
        }
        self.settle();
    }
}
