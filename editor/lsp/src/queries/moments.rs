//! When a wait would end for customers who come to it at some moments.

use crate::analysis::Analysis;
use journey_compiler::hir::{Const, DayRule, Delay, Expr, ExprKind, Limiting, Program, Step, StepKind, Until};
use journey_grammar::span::Span;
use journey_runtime::image;
use journey_runtime::report::words;
use journey_runtime::time::{DAY, HOUR, NEVER, Zone, Zones, civil, days_from_civil, weekday};

/// The step that is written at a place, in whatever journey or offer.
pub fn step_at(program: &Program, span: Span) -> Option<&Step> {
    fn find(steps: &[Step], span: Span) -> Option<&Step> {
        steps.iter().filter(|s| s.span.start <= span.start && span.end <= s.span.end).find_map(|s| {
            if s.span == span {
                return Some(s);
            }
            s.kind.blocks().into_iter().find_map(|b| find(b, span))
        })
    }
    let journeys = program.journeys.iter().flat_map(|j| [&j.body, &j.on_leaving]);
    journeys
        .chain(program.offers.iter().map(|o| &o.body))
        .filter(|b| b.first().is_some_and(|s| s.span.file == span.file))
        .find_map(|b| find(b, span))
}

/// When a wait ends, for somebody who comes now, and for moments at which it may surprise. None where it depends on the run.
pub fn of_wait(analysis: &Analysis, step: &Step, now: i64) -> Option<Vec<String>> {
    let program = &analysis.checked.program;
    let zones = Zones::new();
    let zone = zones.get(zones.find(&program.time_zone)?);
    let ends = |at: i64| -> Option<i64> {
        let end = match &step.kind {
            StepKind::Wait(Delay::Length(length)) => zone.add(at, length),
            StepKind::Wait(Delay::Weekdays(count, calendar)) => {
                let holidays = calendar.and_then(|c| program.calendars.get(c)).map_or(&[][..], |c| &c.days);
                zone.add_weekdays(at, *count, holidays)
            }
            StepKind::WaitFor { limit: Limiting::Length(length), .. } => zone.add(at, length),
            StepKind::WaitUntil { until: Until::Next { day, at: time, zone: None }, .. } => {
                zone.next_at(at, &rule(day), time_of(time)?, &calendars(program))
            }
            _ => return None,
        };
        (end != NEVER).then_some(end)
    };
    let verb = if matches!(step.kind, StepKind::WaitFor { .. }) { "time is up" } else { "goes on" };
    let mut lines = Vec::new();
    for at in [Some(now), friday_evening(zone, now), last_of_month(zone, now)].into_iter().flatten() {
        let (from, to) = (local(zone, at), local(zone, ends(at)?));
        let who = if at == now { "now, " } else { "" };
        lines.push(format!("- {who}{from} → {verb} {to}"));
    }
    lines.push(format!("\nin {}", program.time_zone));
    Some(lines)
}

fn rule(day: &DayRule) -> image::DayRule {
    match day {
        DayRule::Week { days, calendar } => {
            image::DayRule::Week { days: *days, calendar: calendar.and_then(|c| u16::try_from(c).ok()) }
        }
        DayRule::Month(day) => image::DayRule::Month(*day),
    }
}

fn calendars(program: &Program) -> Vec<image::Calendar> {
    program.calendars.iter().map(|c| image::Calendar { name: c.name.clone(), days: c.days.clone() }).collect()
}

fn time_of(e: &Expr) -> Option<i64> {
    match &e.kind {
        ExprKind::Const(Const::Time(ms)) => Some(*ms),
        _ => None,
    }
}

/// The coming Friday at 18:00.
fn friday_evening(zone: &Zone, now: i64) -> Option<i64> {
    let today = zone.date(now);
    (today..=today + 7).filter(|d| weekday(*d) == 4).map(|d| zone.moment(d, 18 * HOUR)).find(|at| *at > now)
}

/// The last day of this month at 10:00, or of the next.
fn last_of_month(zone: &Zone, now: i64) -> Option<i64> {
    let (year, month, _) = civil(zone.date(now));
    let months = (0..3).map(|n| (year + (month - 1 + n + 1) / 12, (month - 1 + n + 1) % 12 + 1));
    months.map(|(y, m)| zone.moment(days_from_civil(y, m, 1) - 1, 10 * HOUR)).find(|at| *at > now)
}

/// `Mon 2026-03-02 10:00`
fn local(zone: &Zone, at: i64) -> String {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let local = zone.local(at);
    let day = DAYS.get(usize::from(weekday(local.date))).copied().unwrap_or_default();
    // Seconds say nothing here.
    let minute = local.time.rem_euclid(DAY) / 60_000 * 60_000;
    format!("{day} {} {}", words::date(local.date), words::time(minute))
}
