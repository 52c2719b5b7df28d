use super::*;
use crate::image::Calendar;
use proptest::prelude::*;

fn zone(name: &str) -> Zone {
    let zones = Zones::new();
    Zone::new(zones.database.get(zones.name(zones.find(name).expect(name))).expect(name))
}

/// `2026-03-08T07:30Z`
fn at(text: &str) -> i64 {
    text.replace('Z', ":00Z").parse::<Timestamp>().expect(text).as_millisecond()
}

fn day(text: &str) -> i64 {
    let date: jiff::civil::Date = text.parse().expect(text);
    days_from_civil(date.year().into(), date.month().into(), date.day().into())
}

fn clock(hours: i64, minutes: i64) -> i64 {
    hours * HOUR + minutes * MINUTE
}

const EVERY_DAY: DayRule = DayRule::Week { days: ALL_DAYS, calendar: None };

fn months(months: i32) -> Span {
    Span { months, ..Span::default() }
}

fn days(days: i32) -> Span {
    Span { days, ..Span::default() }
}

mod local_times_that_the_clock_change_touches {
    use super::*;

    #[test]
    fn new_york_half_past_two_does_not_exist_and_is_read_with_the_offset_before() {
        assert_eq!(zone("America/New_York").moment(day("2026-03-08"), clock(2, 30)), at("2026-03-08T07:30Z"));
    }

    #[test]
    fn new_york_half_past_one_comes_twice_and_is_the_first() {
        let zone = zone("America/New_York");
        assert_eq!(zone.moment(day("2026-11-01"), clock(1, 30)), at("2026-11-01T05:30Z"));
        // "never both": after the first, the next one is tomorrow's.
        let next = zone.next_at(at("2026-11-01T05:30Z"), &EVERY_DAY, clock(1, 30), &[]);
        assert_eq!(next, at("2026-11-02T06:30Z"));
    }

    #[test]
    fn london_half_past_one() {
        let zone = zone("Europe/London");
        assert_eq!(zone.moment(day("2026-03-29"), clock(1, 30)), at("2026-03-29T01:30Z"));
        assert_eq!(zone.moment(day("2026-10-25"), clock(1, 30)), at("2026-10-25T00:30Z"));
    }

    #[test]
    fn lord_howe_moves_by_half_an_hour() {
        assert_eq!(zone("Australia/Lord_Howe").moment(day("2026-10-04"), clock(2, 15)), at("2026-10-03T15:45Z"));
    }

    #[test]
    fn apia_left_out_a_whole_day() {
        let zone = zone("Pacific/Apia");
        // 30 December 2011 does not exist there: nine o'clock is read with the offset before, UTC-10.
        assert_eq!(zone.moment(day("2011-12-30"), clock(9, 0)), at("2011-12-30T19:00Z"));
        assert_eq!(zone.date(at("2011-12-30T09:59Z")), day("2011-12-29"));
        assert_eq!(zone.date(at("2011-12-30T10:00Z")), day("2011-12-31"));
        assert_eq!(zone.midnight_after(at("2011-12-30T09:59Z")), at("2011-12-30T10:00Z"));
    }

    #[test]
    fn havana_begins_a_day_at_one() {
        let zone = zone("America/Havana");
        assert_eq!(zone.start(day("2026-03-08")), at("2026-03-08T05:00Z"));
        assert_eq!(zone.local(at("2026-03-08T05:00Z")), Local { date: day("2026-03-08"), time: HOUR });
    }
}

mod spans {
    use super::*;

    #[test]
    fn a_day_keeps_the_time_of_day_and_24_hours_do_not() {
        let zone = zone("America/New_York");
        let start = at("2026-03-07T17:00Z");
        assert_eq!(zone.add(start, &days(1)), at("2026-03-08T16:00Z"));
        assert_eq!(zone.add(start, &Span { ms: DAY, ..Span::default() }), at("2026-03-08T17:00Z"));
    }

    #[test]
    fn sixty_calendar_days_over_the_change_keep_five_in_the_morning() {
        assert_eq!(zone("America/New_York").add(at("2026-01-10T10:00Z"), &days(60)), at("2026-03-11T09:00Z"));
    }

    #[test]
    fn months_from_the_31st_clamp_and_do_not_drift() {
        let zone = zone("UTC");
        let start = at("2026-01-31T09:00Z");
        let each: Vec<i64> = (0..5).map(|round| zone.add(start, &months(round))).collect();
        let expected = ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"];
        assert_eq!(each, expected.map(|date| at(&format!("{date}T09:00Z"))));
    }

    #[test]
    fn spans_may_look_back() {
        let zone = zone("Europe/Berlin");
        assert_eq!(zone.add(at("2026-03-31T07:00Z"), &months(-1)), at("2026-02-28T08:00Z"));
        assert_eq!(zone.add(at("2026-03-31T07:00Z"), &days(-10)), at("2026-03-21T08:00Z"));
    }

    #[test]
    fn what_lies_outside_all_calendars_does_not_fail() {
        let zone = zone("Europe/Berlin");
        for extreme in [i64::MIN, i64::MIN + 1, -1, i64::MAX - 1, i64::MAX] {
            for span in
                [months(i32::MAX), months(i32::MIN), days(i32::MAX), days(i32::MIN), Span { ms: i64::MIN, ..days(1) }]
            {
                zone.add(extreme, &span);
                add_days(extreme, &span);
            }
            zone.moment(extreme, extreme);
            zone.next_at(extreme, &EVERY_DAY, 0, &[]);
            zone.next_at(extreme, &DayRule::Month(31), 0, &[]);
            zone.next_anniversary(extreme, extreme, 0);
            zone.midnight_after(extreme);
            zone.period_end(extreme, Period::Year);
            zone.quiet_until(extreme, 0, 1);
            zone.deliver_from(extreme, 0, 1, ALL_DAYS, &[]);
        }
    }
}

mod next_moments {
    use super::*;

    #[test]
    fn kathmandu_is_a_quarter_off() {
        let zone = zone("Asia/Kathmandu");
        assert_eq!(zone.next_at(at("2026-05-04T00:00Z"), &EVERY_DAY, clock(9, 0), &[]), at("2026-05-04T03:15Z"));
    }

    #[test]
    fn saturday_asked_on_a_saturday_is_the_next_one() {
        let zone = zone("UTC");
        let saturday = DayRule::Week { days: 1 << 5, calendar: None };
        let asked = at("2026-05-02T09:00Z");
        assert_eq!(weekday(zone.date(asked)), 5);
        assert_eq!(zone.next_at(asked, &saturday, clock(9, 0), &[]), at("2026-05-09T09:00Z"));
        assert_eq!(zone.next_at(asked - 1, &saturday, clock(9, 0), &[]), asked);
    }

    #[test]
    fn a_day_and_then_nine_is_not_the_next_nine() {
        let zone = zone("UTC");
        let monday = at("2026-05-04T21:00Z");
        assert_eq!(zone.next_at(monday, &EVERY_DAY, clock(9, 0), &[]), at("2026-05-05T09:00Z"));
        assert_eq!(zone.next_at(zone.add(monday, &days(1)), &EVERY_DAY, clock(9, 0), &[]), at("2026-05-06T09:00Z"));
    }

    #[test]
    fn weekdays_at_nine_in_paris() {
        let zone = zone("Europe/Paris");
        let holidays = vec![Calendar { name: "fr".into(), days: vec![day("2026-04-06")] }];
        let next = |now: &str, calendar| {
            zone.next_at(at(now), &DayRule::Week { days: WEEKDAYS, calendar }, clock(9, 0), &holidays)
        };
        assert_eq!(next("2026-03-28T17:00Z", None), at("2026-03-30T07:00Z"));
        assert_eq!(next("2026-03-29T08:00Z", None), at("2026-03-30T07:00Z"));
        assert_eq!(next("2026-03-21T17:00Z", None), at("2026-03-23T08:00Z"));
        assert_eq!(next("2026-04-04T10:00Z", Some(0)), at("2026-04-07T07:00Z"));
    }

    #[test]
    fn the_31st_is_the_last_day_of_short_months() {
        let zone = zone("UTC");
        let mut now = at("2026-01-15T00:00Z");
        let mut seen = Vec::new();
        for _ in 0..4 {
            now = zone.next_at(now, &DayRule::Month(31), clock(9, 0), &[]);
            seen.push(now);
        }
        assert_eq!(
            seen,
            ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"].map(|date| at(&format!("{date}T09:00Z")))
        );
    }

    #[test]
    fn birthdays() {
        let sydney = zone("Australia/Sydney");
        let born = day("1996-02-29");
        assert_eq!(sydney.next_anniversary(at("2027-01-01T00:00Z"), born, clock(9, 0)), at("2027-02-27T22:00Z"));
        assert_eq!(sydney.next_anniversary(at("2027-12-01T00:00Z"), born, clock(9, 0)), at("2028-02-28T22:00Z"));
        let born = day("1990-07-04");
        let now = at("2026-07-01T00:00Z");
        assert_eq!(zone("Pacific/Kiritimati").next_anniversary(now, born, clock(9, 0)), at("2026-07-03T19:00Z"));
        assert_eq!(zone("Pacific/Honolulu").next_anniversary(now, born, clock(9, 0)), at("2026-07-04T19:00Z"));
        let greeted = at("2026-07-04T19:00Z");
        assert_eq!(zone("Pacific/Honolulu").next_anniversary(greeted, born, clock(9, 0)), at("2027-07-04T19:00Z"));
    }

    #[test]
    fn weekdays_are_counted_over_weekends_and_holidays() {
        let zone = zone("Europe/Paris");
        let friday = at("2026-04-03T08:00Z");
        assert_eq!(zone.add_weekdays(friday, 0, &[]), friday);
        assert_eq!(zone.add_weekdays(friday, 1, &[]), at("2026-04-06T08:00Z"));
        assert_eq!(zone.add_weekdays(friday, 2, &[day("2026-04-06")]), at("2026-04-08T08:00Z"));
    }

    #[test]
    fn a_day_that_never_comes() {
        let calendars = vec![Calendar { name: "all".into(), days: (20_000..20_100).collect() }];
        let zone = zone("UTC");
        let none = DayRule::Week { days: 0, calendar: None };
        assert_eq!(zone.next_at(0, &none, 0, &[]), NEVER);
        let rule = DayRule::Week { days: 1, calendar: Some(0) };
        let next = zone.next_at(20_000 * DAY, &rule, 0, &calendars);
        assert!((20_100..20_107).contains(&zone.date(next)));
    }
}

mod hours {
    use super::*;

    #[test]
    fn quiet_hours_over_the_changes_of_new_york() {
        let zone = zone("America/New_York");
        let quiet = |now: &str| zone.quiet_until(at(now), clock(22, 0), clock(8, 0));
        assert_eq!(quiet("2026-03-08T02:59Z"), None);
        assert_eq!(quiet("2026-03-08T03:00Z"), Some(at("2026-03-08T12:00Z")));
        assert_eq!(quiet("2026-03-08T11:59Z"), Some(at("2026-03-08T12:00Z")));
        assert_eq!(quiet("2026-03-08T12:00Z"), None);
        assert_eq!(quiet("2026-11-01T02:00Z"), Some(at("2026-11-01T13:00Z")));
        assert_eq!(quiet("2026-11-01T13:00Z"), None);
    }

    #[test]
    fn quiet_hours_that_end_in_the_repeated_hour_end_the_first_time() {
        let zone = zone("America/New_York");
        let quiet = |now: &str| zone.quiet_until(at(now), clock(22, 0), clock(1, 30));
        assert_eq!(quiet("2026-11-01T05:29Z"), Some(at("2026-11-01T05:30Z")));
        assert_eq!(quiet("2026-11-01T06:10Z"), None);
    }

    #[test]
    fn quiet_hours_within_a_day() {
        let zone = zone("UTC");
        let quiet = |now: &str| zone.quiet_until(at(now), clock(12, 0), clock(14, 0));
        assert_eq!(quiet("2026-05-04T11:59Z"), None);
        assert_eq!(quiet("2026-05-04T12:00Z"), Some(at("2026-05-04T14:00Z")));
        assert_eq!(quiet("2026-05-04T14:00Z"), None);
    }

    #[test]
    fn delivery_on_weekdays() {
        let zone = zone("UTC");
        let window = |now: &str| zone.deliver_from(at(now), clock(9, 0), clock(17, 0), WEEKDAYS, &[day("2026-05-04")]);
        assert_eq!(window("2026-05-01T09:00Z"), None);
        assert_eq!(window("2026-05-01T17:00Z"), Some(at("2026-05-05T09:00Z")));
        assert_eq!(window("2026-05-05T08:59Z"), Some(at("2026-05-05T09:00Z")));
        assert_eq!(window("2026-05-05T09:00Z"), None);
    }

    #[test]
    fn delivery_over_midnight_belongs_to_the_day_it_begins_on() {
        let zone = zone("UTC");
        let friday_night = |now: &str| zone.deliver_from(at(now), clock(22, 0), clock(2, 0), 1 << 4, &[]);
        assert_eq!(friday_night("2026-05-02T01:59Z"), None);
        assert_eq!(friday_night("2026-05-02T02:00Z"), Some(at("2026-05-08T22:00Z")));
        assert_eq!(friday_night("2026-05-01T01:00Z"), Some(at("2026-05-01T22:00Z")));
    }

    #[test]
    fn the_whole_day_ends_at_24_hours() {
        assert_eq!(zone("UTC").deliver_from(at("2026-05-02T23:59Z"), 0, DAY, ALL_DAYS, &[]), None);
    }
}

mod periods {
    use super::*;

    #[test]
    fn begin_and_end() {
        let date = day("2026-05-06");
        let bounds = |period| (period_start(date, period), period_end(date, period));
        assert_eq!(bounds(Period::Day), (date, date + 1));
        assert_eq!(bounds(Period::Week), (day("2026-05-04"), day("2026-05-11")));
        assert_eq!(bounds(Period::Month), (day("2026-05-01"), day("2026-06-01")));
        assert_eq!(bounds(Period::Year), (day("2026-01-01"), day("2027-01-01")));
    }

    #[test]
    fn are_the_customers() {
        let zone = zone("Pacific/Kiritimati");
        assert_eq!(zone.period_start(at("2026-04-30T11:00Z"), Period::Month), at("2026-04-30T10:00Z"));
        assert_eq!(zone.period_end(at("2026-04-30T09:00Z"), Period::Month), at("2026-04-30T10:00Z"));
    }
}

#[test]
fn zones_are_found_in_any_case() {
    let zones = Zones::new();
    let berlin = zones.find("Europe/Berlin").expect("it exists");
    assert_eq!(zones.find("europe/BERLIN"), Some(berlin));
    assert_eq!(zones.name(berlin), "Europe/Berlin");
    assert_eq!(zones.find("Europe/Berlim"), None);
    assert_eq!(zones.find(""), None);
    assert_eq!(zones.get(berlin).offset(at("2026-07-01T00:00Z")), 2 * HOUR);
    zones.get(ZoneId::MAX);
}

/// Any zone: the table agrees with jiff's own reading in both directions, today and far away.
#[test]
fn tables_agree_with_jiff_around_every_change_of_every_zone() {
    let zones = Zones::new();
    for id in 0..zones.names.len() as ZoneId {
        let zone = zones.get(id);
        for &start in &zone.starts[1..] {
            for around in [-DAY, -90 * MINUTE, -HOUR, -1, 0, 1, 30 * MINUTE, HOUR, DAY] {
                agrees(zone, start + around);
            }
        }
        for far in
            ["1900-01-01T00:00Z", "1969-12-31T23:59Z", "2099-12-31T23:59Z", "2100-06-01T00:00Z", "2500-03-29T01:30Z"]
        {
            agrees(zone, at(far));
        }
    }
}

fn agrees(zone: &Zone, moment: i64) {
    let moment = moment.max(FIRST + 2 * DAY);
    assert_eq!(
        zone.offset(moment) / 1000,
        i64::from(zone.rules.to_offset(timestamp(moment)).seconds()),
        "{zone:?} at {moment}"
    );
    // Read as local time, too.
    let local = jiff::tz::Offset::UTC.to_datetime(timestamp(moment));
    let expected = zone.rules.to_ambiguous_timestamp(local).compatible().expect("in range").as_millisecond();
    assert_eq!(zone.moment(0, moment), expected, "{:?} local {local}", zone.rules.iana_name());
}

proptest! {
    #[test]
    fn dates_agree_with_jiff(date in -3_000_000i64..2_900_000) {
        let expected = jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().days(date)).expect("in range");
        let (year, month, of_month) = civil(date);
        prop_assert_eq!((year, month, of_month), (expected.year().into(), expected.month().into(), expected.day().into()));
        prop_assert_eq!(days_from_civil(year, month, of_month), date);
        prop_assert_eq!(i64::from(weekday(date)), i64::from(expected.weekday().to_monday_zero_offset()));
    }

    #[test]
    fn months_added_from_one_beginning_never_drift(start in 0i64..40_000, rounds in 1i32..40) {
        let (_, _, of_month) = civil(start);
        let mut span = Span::default();
        for round in 1..=rounds {
            span = join(&span, &months(1));
            let (year, month, reached) = civil(add_days(start, &span));
            prop_assert_eq!(span.months, round);
            prop_assert_eq!(reached, of_month.min(month_length(year, month)));
        }
    }

    #[test]
    fn the_next_moment_is_after_now_and_on_the_rules_day(now in 0i64..4_000_000_000_000, of in 0usize..4, week in 1u8..128, minute in 0i64..1440, monthly in any::<bool>(), month_day in 1u8..=31) {
        let zone = zone(["America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca"][of]);
        let rule = if monthly { DayRule::Month(month_day) } else { DayRule::Week { days: week, calendar: None } };
        let next = zone.next_at(now, &rule, minute * MINUTE, &[]);
        prop_assert!(next > now);
        let on_day = |date: i64| match rule {
            DayRule::Week { days, .. } => is_day(date, days, &[]),
            DayRule::Month(day) => {
                let (year, month, of_month) = civil(date);
                of_month == i64::from(day).min(month_length(year, month))
            }
        };
        // The date it was read from: its own, or, when that time was in a gap over midnight, the one before.
        let own = zone.date(next);
        let read_from = [own, own - 1].into_iter().find(|date| on_day(*date) && zone.moment(*date, minute * MINUTE) == next);
        prop_assert!(read_from.is_some());
        // And none was left out in between.
        for date in zone.date(now)..own {
            let between = zone.moment(date, minute * MINUTE);
            prop_assert!(!on_day(date) || between <= now || between >= next);
        }
    }

    #[test]
    fn spans_take_as_long_as_is_said(now in 0i64..4_000_000_000_000, of in 0usize..4, months in 0i32..200, days in 0i32..400, ms in 0i64..100) {
        let zone = zone(["America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca"][of]);
        let span = Span { months, days, ms };
        let (least, most) = lengths(&span);
        let takes = zone.add(now, &span) - now;
        prop_assert!(least <= takes && takes <= most);
    }

    #[test]
    fn local_and_back(now in -1_000_000_000_000i64..8_000_000_000_000, of in 0usize..4) {
        let zone = zone(["America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu"][of]);
        let local = zone.local(now);
        let back = zone.moment(local.date, local.time);
        // In a repeated hour the first is meant.
        prop_assert!(back == now || back < now && now - back <= DAY && zone.local(back) == local);
    }
}
