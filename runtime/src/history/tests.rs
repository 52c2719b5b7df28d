use super::*;
use crate::image::{Image, Span};
use crate::sample::{self, days, hours, noon};
use crate::state;
use crate::time::{DAY, HOUR};
use proptest::prelude::*;

struct Customer {
    program: Program,
    pool: Pool,
    state: Vec<Word>,
    frame: Frame,
    dirty: Dirty,
}

impl Customer {
    fn new(change: impl FnOnce(&mut Image)) -> Customer {
        let mut image = sample::image();
        change(&mut image);
        let program = Program::new(image).expect("it is well-formed");
        Customer {
            pool: Pool::new(&program.image),
            state: program.layout.fresh(),
            frame: Frame::new(&program),
            dirty: Dirty::new(&program),
            program,
        }
    }

    fn sees(&mut self, event: u16, row: &[Word], now: i64) {
        let seen = Seen { event, row, happened_at: now - 1, now };
        observe(&self.program, &self.pool, &mut self.state, &mut self.frame, seen, &mut self.dirty);
    }

    fn views(&mut self, value: Word, count: Word, now: i64) {
        self.sees(sample::VIEWED, &[value, count, 0, 0, MISSING], now);
    }

    fn orders(&mut self, now: i64) {
        self.sees(sample::ORDERED, &[0], now);
    }

    /// The tally, and when time alone changes it.
    fn tally(&self, history: u16, now: i64) -> (i64, Option<i64>) {
        let mut changes = i64::MAX;
        let word = tally(&self.program, &self.state, history, now, &mut changes);
        (word as i64, (changes != i64::MAX).then_some(changes))
    }

    fn moves(&mut self, zone: &str) {
        let zone = self.pool.text(zone);
        state::set_profile(&self.program, &self.pool, &mut self.state, sample::TIME_ZONE, zone.into());
    }
}

#[test]
fn an_event_counts_until_the_window_has_passed() {
    let mut customer = Customer::new(|_| ());
    assert_eq!(customer.tally(sample::RECENT, noon(0)), (0, None));
    customer.orders(noon(0));
    customer.orders(noon(1));
    assert_eq!(customer.tally(sample::RECENT, noon(1)), (2, Some(noon(2))));
    assert_eq!(customer.tally(sample::RECENT, noon(2) - 1), (2, Some(noon(2))));
    assert_eq!(customer.tally(sample::RECENT, noon(2)), (1, Some(noon(3))));
    assert_eq!(customer.tally(sample::RECENT, noon(3)), (0, None));
}

#[test]
fn no_more_moments_are_kept_than_asked_for() {
    let mut customer = Customer::new(|_| ());
    for minute in 0..5 {
        customer.orders(noon(0) + minute * 60_000);
    }
    assert_eq!(customer.tally(sample::RECENT, noon(1)), (3, Some(noon(2) + 2 * 60_000)));
}

#[test]
fn a_window_of_days_keeps_the_time_of_day_over_the_clock_change() {
    let mut customer = Customer::new(|_| ());
    // Berlin, Saturday 24 October 2026, 12:00 local: seven days later it is 12:00 again, an hour more in UTC.
    let saturday = (20_750 * DAY) + 10 * HOUR;
    customer.orders(saturday);
    assert_eq!(customer.tally(sample::BY_WEEK, saturday), (1, Some(saturday + 7 * DAY + HOUR)));
}

#[test]
fn only_what_meets_the_condition_is_counted() {
    let mut customer = Customer::new(|_| ());
    customer.views(MISSING, 1, noon(0));
    customer.views(MISSING, 2, noon(0));
    assert_eq!(customer.tally(sample::TOTAL, noon(0)), (1, None));
}

#[test]
fn days_leave_at_the_customers_midnight() {
    let mut customer = Customer::new(|_| ());
    customer.views(5, 1, noon(0));
    customer.views(7, 1, noon(24));
    customer.views(MISSING, 1, noon(24));
    assert_eq!(customer.tally(sample::BY_DAY, noon(24)), (3, Some(noon(58))));
    assert_eq!(customer.tally(sample::SUM_BY_DAY, noon(24)), (12, Some(noon(58))));
    assert_eq!(customer.tally(sample::SUM_BY_DAY, noon(58) - 1), (12, Some(noon(58))));
    assert_eq!(customer.tally(sample::SUM_BY_DAY, noon(58)), (7, Some(noon(82))));
    assert_eq!(customer.tally(sample::BY_DAY, noon(82)), (0, None));
    // Long after, the days in between are empty.
    customer.views(1, 1, noon(240));
    assert_eq!(customer.tally(sample::SUM_BY_DAY, noon(240)), (1, Some(noon(240 + 58))));
}

#[test]
fn a_move_to_where_it_is_still_yesterday_loses_nothing() {
    let mut customer = Customer::new(|_| ());
    customer.moves("Pacific/Kiritimati");
    customer.views(5, 1, noon(0));
    customer.moves("Pacific/Honolulu");
    assert_eq!(customer.tally(sample::SUM_BY_DAY, noon(0)).0, 5);
    customer.views(7, 1, noon(0));
    assert_eq!(customer.tally(sample::SUM_BY_DAY, noon(0)).0, 12);
}

#[test]
fn sums_saturate() {
    let mut customer = Customer::new(|_| ());
    customer.views(i64::MAX as Word, i64::MAX as Word, noon(0));
    customer.views(1, 1, noon(0));
    assert_eq!(customer.tally(sample::SUM_BY_DAY, noon(0)).0, i64::MAX);
    assert_eq!(customer.tally(sample::SUM, noon(0)).0, i64::MAX);
}

#[test]
fn the_first_stays_and_the_last_is_replaced() {
    let mut customer = Customer::new(|_| ());
    let read = |customer: &Customer, history| {
        [None, Some(0), Some(1)].map(|field| kept(&customer.program, &customer.state, history, field))
    };
    assert_eq!(read(&customer, sample::FIRST), [MISSING; 3]);
    customer.views(5, 1, noon(0));
    customer.views(MISSING, 1, noon(1));
    // The moment is the event's own time.
    assert_eq!(read(&customer, sample::FIRST), [noon(0) as Word - 1, 5, 0]);
    assert_eq!(read(&customer, sample::LAST), [noon(1) as Word - 1, MISSING, 0]);
}

/// All zones the property below moves customers between: far apart, with and without clock changes.
const ZONES: [&str; 4] = ["Europe/Berlin", "America/New_York", "Pacific/Apia", "Asia/Kathmandu"];

proptest! {
    /// Histories agree with counting all events anew, at any moment.
    #[test]
    fn observing_agrees_with_recounting(
        of in 0usize..ZONES.len(),
        window in prop_oneof![(1i64..200).prop_map(hours), (1i32..9).prop_map(days), Just(Span { months: 1, ..Span::default() })],
        kept_days in 1u16..10,
        gaps in prop::collection::vec((0i64..60, 0u64..100), 0..40),
        later in 0i64..2000,
    ) {
        let mut customer = Customer::new(|image| {
            image.histories[usize::from(sample::RECENT)].kind = HistoryKind::Recent { keep: 40, window };
            for history in [sample::BY_DAY, sample::SUM_BY_DAY] {
                let HistoryKind::Days { days, .. } = &mut image.histories[usize::from(history)].kind else { continue };
                *days = kept_days;
            }
        });
        customer.moves(ZONES[of]);
        let mut now = noon(4000);
        let mut events = Vec::new();
        for (gap, value) in gaps {
            now += gap * HOUR / 2;
            events.push((now, value));
            customer.orders(now);
            customer.views(value, 1, now);
        }
        let mut at = now;
        let zone = zone(&customer.program, &customer.state);
        for step in [0, 1, later] {
            at += step * HOUR;
            let (count, changes) = customer.tally(sample::RECENT, at);
            prop_assert_eq!(count, events.iter().filter(|(t, _)| zone.add(*t, &window) > at).count() as i64);
            prop_assert_eq!(changes, events.iter().map(|(t, _)| zone.add(*t, &window)).filter(|end| *end > at).min());
            let first = zone.date(at) - i64::from(kept_days);
            let counted: Vec<&(i64, u64)> = events.iter().filter(|(t, _)| zone.date(*t) > first).collect();
            prop_assert_eq!(customer.tally(sample::BY_DAY, at).0, counted.len() as i64);
            let (sum, changes) = customer.tally(sample::SUM_BY_DAY, at);
            prop_assert_eq!(sum, counted.iter().map(|(_, value)| *value as i64).sum::<i64>());
            // Up to the change the sum stays, and at it the sum is another one.
            if let Some(changes) = changes {
                prop_assert!(changes > at);
                prop_assert_eq!(customer.tally(sample::SUM_BY_DAY, changes - 1).0, sum);
                prop_assert_ne!(customer.tally(sample::SUM_BY_DAY, changes).0, sum);
            }
        }
        prop_assert_eq!(customer.tally(sample::SUM, at).0, events.len() as i64);
    }
}
