//! The clock of a test, as far as it can be followed while checking: to find one that goes back.

use super::Checker;
use crate::expr;
use crate::hir::{Const, Length, TestKind, TestMoment, Ty, Type};
use journey_grammar::ast::{self, Text};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;
use journey_grammar::span::Span;

/// What time it is.
#[derive(Default)]
pub struct Clock {
    /// The instant and the zone it was said in.
    now: Option<jiff::Zoned>,
    /// Where it was last set.
    set_at: Option<Span>,
    /// It was set to what could not be read.
    unclear: bool,
}

impl Clock {
    /// Whether it has been set.
    pub fn is_set(&self) -> bool {
        self.now.is_some() || self.unclear
    }

    /// Moves it on.
    pub fn advance(&mut self, by: Length) {
        let Some(now) = &self.now else { return };
        let span = jiff::Span::new()
            .try_months(by.months)
            .and_then(|s| s.try_days(by.days))
            .and_then(|s| s.try_milliseconds(by.ms));
        self.now = span.and_then(|s| now.checked_add(s)).ok();
        self.unclear |= self.now.is_none();
    }
}

impl Checker<'_, '_> {
    /// `at 2026-03-01 10:00 in "UTC"`
    pub fn at(&mut self, span: Span, date: &ast::Expr, time: &ast::Expr, zone: Option<&Text>) -> Option<TestKind> {
        let date = self.day(date);
        let time = self.time(time);
        let zone = self.zone(zone);
        let (Some(date), Some(time), Some(zone)) = (date, time, zone) else {
            self.clock.unclear = true;
            self.clock.now = None;
            return None;
        };
        let read_in = zone.clone().unwrap_or_else(|| self.zone_of(Some(0)).to_string());
        let then = expr::instant(date, time, &read_in)
            .and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok())
            .and_then(|t| t.in_tz(&read_in).ok());
        if let (Some(before), Some(then), Some(earlier)) = (&self.clock.now, &then, self.clock.set_at)
            && then.timestamp() < before.timestamp()
        {
            self.cx.report(
                Diagnostic::new(
                    Code::ClockBack,
                    span,
                    "time does not go back",
                    format!("it is {} already", before.strftime("%Y-%m-%d %H:%M")),
                )
                .label(earlier, "set here"),
            );
        }
        self.clock.unclear = then.is_none();
        self.clock.now = then;
        self.clock.set_at = Some(span);
        Some(TestKind::At { date, time, zone })
    }

    /// When something is expected to have happened.
    pub fn moment(&self, at: Option<&ast::TestMoment>) -> Option<Option<TestMoment>> {
        let Some(at) = at else { return Some(None) };
        let date = match &at.date {
            Some(date) => Some(self.day(date)?),
            None => None,
        };
        let time = self.time(&at.time);
        let zone = self.zone(at.zone.as_ref());
        Some(Some(TestMoment { date, time: time?, zone: zone? }))
    }

    fn day(&self, date: &ast::Expr) -> Option<i64> {
        match expr::constant(self.cx, date, Some(&Type { ty: Ty::Date, optional: false })) {
            Const::Date(day) => Some(day),
            _ => None,
        }
    }

    fn time(&self, time: &ast::Expr) -> Option<i64> {
        match expr::constant(self.cx, time, Some(&Type { ty: Ty::Time, optional: false })) {
            Const::Time(ms) => Some(ms),
            _ => None,
        }
    }

    fn zone(&self, zone: Option<&Text>) -> Option<Option<String>> {
        let Some(zone) = zone else { return Some(None) };
        let ast = ast::Expr { span: zone.span, kind: ast::ExprKind::Text(zone.text.clone()) };
        match expr::constant(self.cx, &ast, Some(&Type { ty: Ty::Zone, optional: false })) {
            Const::Text(name) => Some(Some(name)),
            _ => None,
        }
    }
}
