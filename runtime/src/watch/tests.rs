use super::*;
use crate::history::{Seen, observe};
use crate::sample::{self, noon};
use crate::step::run;
use crate::{limits, state};

struct Customer {
    program: Program,
    pool: Pool,
    state: Vec<Word>,
    frame: Frame,
    dirty: Dirty,
}

impl Customer {
    fn new() -> Customer {
        let program = Program::new(sample::image()).expect("it is well-formed");
        Customer {
            pool: Pool::new(&program.image),
            state: program.layout.fresh(),
            frame: Frame::new(&program),
            dirty: Dirty::new(&program),
            program,
        }
    }

    fn orders(&mut self, now: i64) -> Vec<(u16, bool)> {
        let seen = Seen { event: sample::ORDERED, row: &[0], happened_at: now, now };
        observe(&self.program, &self.pool, &mut self.state, &mut self.frame, seen, &mut self.dirty);
        self.refresh(now)
    }

    fn refresh(&mut self, now: i64) -> Vec<(u16, bool)> {
        let mut changes = Vec::new();
        refresh(&self.program, &self.pool, &mut self.state, &mut self.frame, now, &mut self.dirty, &mut changes);
        changes.into_iter().map(|change| (change.watch, change.holds)).collect()
    }
}

#[test]
fn conditions_begin_and_cease_by_events_and_by_time() {
    let mut customer = Customer::new();
    // Watch 0: two orders in two hours. Watch 1: that has held for an hour.
    assert_eq!(customer.orders(noon(0)), []);
    assert_eq!(due(&customer.program, &customer.state), noon(2));
    assert_eq!(customer.orders(noon(0) + 1), [(0, true)]);
    assert!(holds(&customer.program, &customer.state, 0));
    // An hour on, the second condition begins.
    assert_eq!(due(&customer.program, &customer.state), noon(1) + 1);
    assert_eq!(customer.refresh(noon(1)), []);
    assert_eq!(customer.refresh(noon(1) + 1), [(1, true)]);
    // When the first order leaves the window, both cease.
    assert_eq!(due(&customer.program, &customer.state), noon(2));
    assert_eq!(customer.refresh(noon(2)), [(0, false), (1, false)]);
    assert_eq!(due(&customer.program, &customer.state), noon(2) + 1);
    assert_eq!(customer.refresh(noon(2) + 1), []);
    assert_eq!(due(&customer.program, &customer.state), i64::MAX);
}

#[test]
fn a_customer_seen_for_the_first_time_was_in_nothing() {
    let mut customer = Customer::new();
    // Holds from the very first input on: it begins then.
    customer.program.image.functions[2].ops[1] = sample::constant(1, 0);
    assert_eq!(customer.refresh(noon(0)), [(0, true)]);
    assert_eq!(customer.refresh(noon(0)), []);
}

#[test]
fn only_what_reads_a_change_is_marked() {
    let customer = Customer::new();
    let program = &customer.program;
    assert_eq!(program.watches_of_history[usize::from(sample::RECENT)], [0]);
    assert!(program.watches_of_history[usize::from(sample::BY_DAY)].is_empty());
    assert_eq!(program.watches_of_watch, [vec![1], vec![]]);
    assert_eq!(program.watch_order, [0, 1]);
    assert!(program.watches_of_zone.is_empty());
    let segment = &program.reads[program.image.segments[1].condition as usize];
    assert_eq!((&segment.fields[..], &segment.histories[..]), (&[sample::TIER][..], &[sample::BY_DAY][..]));
    assert!(segment.time && segment.local_time);
}

#[test]
fn consent_is_kept_for_each_purpose_and_channel() {
    use state::{Consent, consent, set_consent};
    let customer = Customer::new();
    let (layout, mut words) = (&customer.program.layout, customer.state.clone());
    let all = |words: &[Word]| {
        [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(purpose, channel)| consent(layout, words, purpose, channel))
    };
    assert_eq!(all(&words), [Consent::Unknown; 4]);
    set_consent(layout, &mut words, 0, None, true);
    set_consent(layout, &mut words, 0, Some(1), false);
    set_consent(layout, &mut words, 1, Some(1), true);
    assert_eq!(all(&words), [Consent::Granted, Consent::Refused, Consent::Unknown, Consent::Granted]);
}

#[test]
fn repeated_messages_are_known_for_a_while() {
    let customer = Customer::new();
    let (layout, mut words) = (&customer.program.layout, customer.state.clone());
    // Records stay as they are while the room for ids grows before them.
    words.extend([5, 6]);
    let mut repeated = |id| state::repeated(layout, &mut words, id);
    assert!(!repeated(7));
    assert!(repeated(7));
    assert!(!repeated(MISSING));
    assert!(repeated(MISSING));
    for id in 100..114 {
        assert!(!repeated(id));
    }
    assert!(repeated(7));
    assert!(!repeated(114), "the oldest gives way");
    assert!(!repeated(7));
    assert!(repeated(101));
    assert_eq!((words.len(), &words[words.len() - 2..]), (customer.state.len() + 16 + 2, &[5, 6][..]));
}

#[test]
fn entries_are_counted_by_journey() {
    let customer = Customer::new();
    let (layout, mut words) = (&customer.program.layout, customer.state.clone());
    let form = layout.forms[0];
    let enter = |words: &mut Vec<Word>| {
        let run = run::append(words, 0, form, 0, &[]);
        let number = run::count_entry(layout, words, 0);
        run.set_numbers(words, number, 1);
        number
    };
    // Two at one instant: records do not move before its end.
    let none = words.len();
    assert_eq!([enter(&mut words), enter(&mut words)], [1, 2]);
    assert_eq!(run::list_entered(layout, &mut words.clone(), words.len()), None, "no room");
    let len = words.len();
    words.push(0);
    assert_eq!(run::list_entered(layout, &mut words, len), Some(len + 1));
    assert_eq!((state::entered(&words), state::records_at(layout, &words)), (1, none + 1));
    // It is known when no record is left.
    words.truncate(none + 1);
    assert_eq!(enter(&mut words), 3);
    assert_eq!(run::list_entered(layout, &mut words.clone(), words.len()), Some(words.len()), "it is listed");
}

mod room {
    use super::*;
    use crate::image::{Limit, Period, Window};
    use limits::Room;

    /// Hand-overs under rule 0 of the sample with another window; then, is there room?
    fn asked(window: Window, count: u16, sent: &[i64], now: i64) -> Room {
        let limit = Limit { count, window };
        let mut image = sample::image();
        image.rules[0].kind = crate::image::RuleKind::Cap(limit.clone());
        let program = Program::new(image).expect("it is well-formed");
        let memory = program.layout.rules[0].expect("a cap remembers");
        let mut words = program.layout.fresh();
        sent.iter().for_each(|at| limits::count(memory, &mut words, *at));
        limits::room(&limit, memory, &words, state::zone(&program, &words), now)
    }

    #[test]
    fn in_a_rolling_window() {
        let week = || Window::Rolling(sample::days(7));
        assert_eq!(asked(week(), 2, &[noon(0)], noon(1)), Room::Now);
        assert_eq!(asked(week(), 2, &[noon(0), noon(1)], noon(2)), Room::From(noon(7 * 24)));
        assert_eq!(asked(week(), 2, &[noon(0), noon(1)], noon(7 * 24) - 1), Room::From(noon(7 * 24)));
        assert_eq!(asked(week(), 2, &[noon(0), noon(1)], noon(7 * 24)), Room::Now);
        assert_eq!(asked(week(), 0, &[], noon(0)), Room::From(i64::MAX));
    }

    #[test]
    fn in_a_calendar_period() {
        let of = |period, now| asked(Window::Calendar(period), 1, &[noon(0)], now);
        assert_eq!(of(Period::Day, noon(10) - 1), Room::From(noon(10)));
        assert_eq!(of(Period::Day, noon(10)), Room::Now);
        // Monday is the first day of its week.
        assert_eq!(of(Period::Week, noon(24)), Room::From(noon(6 * 24 + 10)));
        assert_eq!(of(Period::Month, noon(24)), Room::From(noon(27 * 24 + 10)));
    }

    #[test]
    fn ever() {
        assert_eq!(asked(Window::Ever, 2, &[noon(0)], noon(1)), Room::Now);
        assert_eq!(asked(Window::Ever, 2, &[noon(0), noon(0)], noon(1)), Room::From(i64::MAX));
    }

    #[test]
    fn after_a_gap() {
        let program = Program::new(sample::image()).expect("it is well-formed");
        let memory = program.layout.rules[2].expect("a gap remembers");
        let mut words = program.layout.fresh();
        let gap =
            |words: &[Word], now| limits::gap(&sample::hours(4), memory, words, state::zone(&program, words), now);
        assert_eq!(gap(&words, noon(0)), Room::Now);
        limits::count(memory, &mut words, noon(0));
        assert_eq!(gap(&words, noon(4) - 1), Room::From(noon(4)));
        assert_eq!(gap(&words, noon(4)), Room::Now);
    }
}

#[test]
fn the_footprint_adds_up() {
    let program = Program::new(sample::image()).expect("it is well-formed");
    let parts = program.layout.footprint();
    let sum = parts.header + parts.profile + parts.consent + parts.histories.iter().sum::<usize>() + parts.watches;
    assert_eq!(sum + parts.rules + parts.offers + parts.calendar + parts.messages, parts.customer);
    assert_eq!(parts.customer, 8 * program.layout.fresh().len());
}
