//! What of an image the step looks up again and again, worked out once.

use crate::image::{Image, Trigger};
use crate::layout::Layout;

/// Which triggers are asked by what. Triggers are `(rank, journey, trigger)`: the rank orders journeys by priority (higher first),
/// then name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    /// For each event.
    pub by_event: Vec<Vec<(u16, u16, u16)>>,
    /// For each watch, those it starts when it begins to hold.
    pub by_begin: Vec<Vec<(u16, u16, u16)>>,
    /// For each watch, those it starts when it ceases to hold.
    pub by_cease: Vec<Vec<(u16, u16, u16)>>,
    /// Calendar triggers, indices into [`Layout::calendar`], by rank.
    pub calendar: Vec<usize>,
    /// For each journey, its rank.
    pub rank: Vec<u16>,
}

impl Plan {
    /// The plan of a verified image.
    pub fn new(image: &Image, layout: &Layout) -> Plan {
        let mut order: Vec<u16> = (0..image.journeys.len() as u16).collect();
        // Journeys are ordered by name already, and the sort is stable.
        order.sort_by_key(|j| std::cmp::Reverse(image.journeys[usize::from(*j)].priority));
        let mut rank = vec![0; order.len()];
        for (at, journey) in order.iter().enumerate() {
            rank[usize::from(*journey)] = at as u16;
        }
        let mut plan = Plan {
            by_event: vec![Vec::new(); image.events.len()],
            by_begin: vec![Vec::new(); image.watches.len()],
            by_cease: vec![Vec::new(); image.watches.len()],
            calendar: Vec::new(),
            rank,
        };
        for j in order {
            for (t, trigger) in image.journeys[usize::from(j)].triggers.iter().enumerate() {
                let entry = (plan.rank[usize::from(j)], j, t as u16);
                match trigger {
                    Trigger::Event { listener, .. } => plan.by_event[usize::from(listener.event)].push(entry),
                    Trigger::Begins(watch) => plan.by_begin[usize::from(*watch)].push(entry),
                    Trigger::Ceases(watch) => plan.by_cease[usize::from(*watch)].push(entry),
                    Trigger::Every { .. } | Trigger::Anniversary { .. } | Trigger::HandOff(_) => {}
                }
            }
        }
        let key = |at: &usize| (plan.rank[usize::from(layout.calendar[*at].journey)], *at);
        let mut calendar: Vec<usize> = (0..layout.calendar.len()).collect();
        calendar.sort_unstable_by_key(key);
        Plan { calendar, ..plan }
    }
}
