//! Triggers by the calendar: due from the first sight of a customer on, at most once per local date (or year).

use super::machine::{Machine, On};
use crate::image::{MISSING, Trigger, Word};
use crate::input::Sink;
use crate::layout::CalendarPlace;
use crate::time::{NEVER, Zone, civil};

impl<S: Sink> Machine<'_, S> {
    fn trigger_at(&self, place: &CalendarPlace) -> &'_ Trigger {
        &self.image.journeys[usize::from(place.journey)].triggers[usize::from(place.trigger)]
    }

    /// The zone of a trigger, and whether it is the customer's.
    fn trigger_zone(&self, trigger: &Trigger) -> (&'_ Zone, bool) {
        let (Trigger::Every { zone, .. } | Trigger::Anniversary { zone, .. }) = trigger else {
            return (self.zone(), true);
        };
        match zone.and_then(|name| self.program.zone_of(self.pool, Word::from(name))) {
            Some(zone) => (self.program.zones.get(zone), false),
            None => (self.zone(), true),
        }
    }

    /// The next moment of a trigger strictly after now.
    fn next_due(&self, trigger: &Trigger) -> i64 {
        let (zone, _) = self.trigger_zone(trigger);
        match trigger {
            Trigger::Every { day, at, .. } => zone.next_at(self.now, day, *at, &self.image.calendars),
            Trigger::Anniversary { field, at, .. } => match crate::state::profile(self.program, self.state, *field) {
                MISSING => NEVER,
                date => zone.next_anniversary(self.now, date as i64, *at),
            },
            _ => NEVER,
        }
    }

    fn plan_if(&mut self, wanted: impl Fn(&Self, &Trigger) -> bool) {
        let layout = &self.program.layout;
        for place in &layout.calendar {
            if wanted(self, self.trigger_at(place)) {
                let due = self.next_due(self.trigger_at(place));
                self.state[place.at] = due as Word;
            }
        }
    }

    /// Works out anew when triggers are due: all of them, or those that follow the customer's zone.
    pub(super) fn plan_calendar(&mut self, all: bool) {
        self.plan_if(|machine, trigger| all || machine.trigger_zone(trigger).1);
    }

    /// Works out anew when triggers are due that follow a profile field.
    pub(super) fn plan_anniversaries(&mut self, changed: u16) {
        self.plan_if(|_, trigger| matches!(trigger, Trigger::Anniversary { field, .. } if *field == changed));
    }

    /// The earliest due time.
    pub(super) fn calendar_due(&self) -> i64 {
        self.program.layout.calendar.iter().map(|place| self.state[place.at] as i64).min().unwrap_or(NEVER)
    }

    /// Fires what is due, journeys by priority and name. Each journey is asked once at one instant.
    pub(super) fn calendar_triggers(&mut self) {
        if self.calendar_due() > self.now {
            return;
        }
        let layout = &self.program.layout;
        let plan = &self.program.plan;
        let mut asked = None;
        for at in &plan.calendar {
            let place = &layout.calendar[*at];
            if self.state[place.at] as i64 > self.now {
                continue;
            }
            let trigger = &self.image.journeys[usize::from(place.journey)].triggers[usize::from(place.trigger)];
            let today = self.trigger_zone(trigger).0.date(self.now);
            let due = self.next_due(trigger);
            self.state[place.at] = due as Word;
            let last = self.state[place.at + 1];
            let again = last != MISSING
                && match trigger {
                    Trigger::Anniversary { .. } => civil(last as i64).0 == civil(today).0,
                    _ => last as i64 == today,
                };
            if again {
                continue;
            }
            self.state[place.at + 1] = today as Word;
            if let Trigger::Every { segment: Some(segment), .. } = trigger {
                let condition = self.image.segments[usize::from(*segment)].condition;
                if self.eval_at(None, On::Nothing, condition, self.now).0 != 1 {
                    continue;
                }
            }
            if asked == Some(place.journey) {
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
