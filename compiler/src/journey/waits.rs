//! Waits, and gathering what comes.

use super::events::Listening;
use super::run::{Flow, Run};
use crate::expr::{self, sizes};
use crate::hir::{
    self, DayRule, Delay, Expr, ExprKind, Length, Limiting, StepKind, Ty, Type, VariableField, VariableKind,
};
use crate::scope::Context;
use journey_grammar::ast::{self, Block, EventRef, Name, Until};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;
use journey_grammar::span::Span;

const EVERY_DAY: u8 = 0b111_1111;

impl Run<'_, '_> {
    /// `wait 2 hours`, `wait 2 weekdays in fr`
    pub fn wait(&mut self, flow: &mut Flow, duration: &ast::Expr, calendar: Option<&Name>) -> Option<StepKind> {
        flow.wait();
        if let ast::ExprKind::Quantity(n, unit) = &duration.kind
            && matches!(unit.text.as_str(), "weekday" | "weekdays")
        {
            let calendar = expr::calendar(self.cx, calendar, 0b001_1111)?;
            return match n.replace('_', "").parse::<u16>() {
                Ok(n) if n > 0 => Some(StepKind::Wait(Delay::Weekdays(n, calendar))),
                _ => {
                    self.cx.report(Diagnostic::new(
                        Code::BadLiteral,
                        duration.span,
                        format!("`{n} {}` cannot be waited for", unit.text),
                        "a whole number of weekdays, at least one",
                    ));
                    None
                }
            };
        }
        if let Some(name) = calendar {
            self.cx.report(
                Diagnostic::new(
                    Code::WrongKind,
                    name.span,
                    "a calendar of holidays belongs to weekdays",
                    "only weekdays leave holidays out",
                )
                .help("`wait 2 weekdays in fr` counts working days"),
            );
            return None;
        }
        if self.not_a_length(flow, duration) {
            return None;
        }
        expr::checked_length(self.cx, duration).map(|l| StepKind::Wait(Delay::Length(l)))
    }

    /// `wait booking.starts_at` where `wait until booking.starts_at` is meant.
    fn not_a_length(&self, flow: &Flow, duration: &ast::Expr) -> bool {
        let ast::ExprKind::Path(path) = &duration.kind else { return false };
        let text = path.text();
        let (message, label, fix) = match expr::type_of(self.cx, &flow.env, path) {
            Some(Ty::Moment) => (
                format!("`{text}` is a moment, and `wait` takes a length of time"),
                "wait until then?",
                format!("until {text} else continue"),
            ),
            Some(Ty::Date) => (
                format!("`{text}` is a day, and `wait` takes a length of time"),
                "wait until that day?",
                format!("until {text} at 09:00 else continue"),
            ),
            Some(Ty::Duration) => (
                format!("`{text}` is not fixed, and how long a `wait` takes is"),
                "different for each",
                format!("until now + {text} else continue"),
            ),
            _ => return false,
        };
        let code = if fix.contains("now") { Code::NotConstant } else { Code::WrongKind };
        self.cx.report(Diagnostic::new(code, duration.span, message, label).suggest(
            format!("say `wait {fix}`"),
            duration.span,
            fix,
        ));
        true
    }

    /// `wait until …`
    pub fn wait_until(
        &mut self,
        flow: &mut Flow,
        span: Span,
        until: &Until,
        past: Option<&ast::Past>,
        then: Option<&Block>,
    ) -> Option<StepKind> {
        let cx = self.cx;
        let (until, ahead) = match until {
            Until::Clock { at, zone } => {
                let at = expr::time_of_day(cx, &flow.env, at);
                let zone = zone.as_ref().map(|z| expr::zone(cx, &flow.env, z));
                let day = DayRule::Week { days: EVERY_DAY, calendar: None };
                (Some(hir::Until::Next { day, at, zone }), true)
            }
            Until::Day { day, calendar, at, zone } => {
                let at = expr::time_of_day(cx, &flow.env, at);
                let zone = zone.as_ref().map(|z| expr::zone(cx, &flow.env, z));
                let day = expr::days(cx, day).and_then(|days| {
                    Some(DayRule::Week { days, calendar: expr::calendar(cx, calendar.as_ref(), days)? })
                });
                (day.map(|day| hir::Until::Next { day, at, zone }), true)
            }
            Until::Moment(e) => {
                let e = expr::check_expr(cx, &flow.env, e, Some(&Type { ty: Ty::Moment, optional: false }));
                let ahead = is_ahead(&e) || e.ty.ty == Ty::Poison;
                (Some(hir::Until::Moment(e)), ahead)
            }
        };
        let mut waited = flow.clone();
        waited.wait();
        let then = self.optional_block(&mut waited, then);
        let mut ways = vec![waited];
        let past = match past {
            None if ahead => None,
            None => {
                if !self.broken {
                    self.past_missing(span, then.is_empty());
                }
                None
            }
            Some(past) => {
                if ahead && matches!(&until, Some(u) if !is_poisoned(u)) {
                    cx.report(
                        Diagnostic::new(
                            Code::DeadArm,
                            else_span(self.cx, span, past),
                            "this moment is never past",
                            "never needed",
                        )
                        .note("it is always after the present moment")
                        .fix("take it away", else_span(self.cx, span, past), ""),
                    );
                }
                // It was past already: no time has gone by.
                Some(match past {
                    ast::Past::Continue => {
                        ways.push(flow.clone());
                        hir::Past::Continue
                    }
                    ast::Past::Finish(label) => hir::Past::Finish(label.as_ref().map(|l| l.text.clone())),
                    ast::Past::Block(block) => {
                        let mut at_once = flow.clone();
                        let steps = self.block(&mut at_once, block);
                        ways.push(at_once);
                        hir::Past::Steps(steps)
                    }
                })
            }
        };
        flow.meet(ways);
        Some(StepKind::WaitUntil { until: until?, past, then })
    }

    fn past_missing(&self, span: Span, plain: bool) {
        let text = self.cx.text(span);
        let first = text.lines().next().map_or(0, str::len) as u32;
        let head = Span { end: span.start + first, ..span };
        let mut d = Diagnostic::new(
            Code::PastMissing,
            head,
            "what happens when this moment is already past is not said",
            "and if it is past?",
        )
        .note("a date from data may lie behind: the event came late, or the run was held up")
        .suggest("go on at once: `else continue`", span.after(), " else continue");
        if plain {
            d = d.suggest("end the journey: `else finish`", span.after(), " else finish");
        }
        self.cx.report(d);
    }

    /// `wait up to 24 hours { … }`
    pub fn wait_for(
        &mut self,
        flow: &mut Flow,
        span: Span,
        limit: &ast::Expr,
        arms: &[ast::Arm],
        otherwise: Option<&Block>,
    ) -> Option<StepKind> {
        let cx = self.cx;
        let limiting = self.limiting(flow, limit);
        let mut after = flow.clone();
        after.pass_time();
        let mut ways = Vec::new();
        let mut checked: Vec<hir::Arm> = Vec::new();
        for arm in arms {
            let mut inside = after.clone();
            let on = match &arm.on {
                ast::Occasion::Event(of) => {
                    inside.waited = true;
                    self.arm_event(&after, &mut inside, of).map(hir::Occasion::Event)
                }
                ast::Occasion::Condition(c) => {
                    inside.waited |= arm.becomes;
                    let c = expr::check_condition(cx, &after.env, c);
                    expr::check_watched(cx, &c, "a condition that is waited for");
                    inside.env.facts = inside.env.facts.when(&c, true, &sizes(cx));
                    Some(hir::Occasion::Condition(c))
                }
            };
            let body = self.block(&mut inside, &arm.body);
            ways.push(inside);
            let Some(on) = on else { continue };
            if let Some(earlier) = checked.iter().find(|earlier| takes_all(&earlier.on, &on)) {
                cx.report(
                    Diagnostic::new(
                        Code::DeadArm,
                        occasion_span(&on, arm.span),
                        "nobody comes to this arm",
                        "never reached",
                    )
                    .label(occasion_span(&earlier.on, earlier.span), "this takes every such event"),
                );
            }
            checked.push(hir::Arm { span: arm.span, on, becomes: arm.becomes, body });
        }
        let mut timed_out = after;
        timed_out.waited |= matches!(limiting, Some(Limiting::Length(_)));
        if otherwise.is_none() && !self.broken {
            let head = Span { end: limit.span.end, ..span };
            cx.report(
                Diagnostic::new(Code::ElseMissing, head, "what happens when the time is up is not said", "no `else`")
                    .suggest_arms(cx, "go on: `else { }`", span, &["else { }"]),
            );
        }
        let otherwise = self.optional_block(&mut timed_out, otherwise);
        ways.push(timed_out);
        flow.meet(ways);
        Some(StepKind::WaitFor { limit: limiting?, arms: checked, otherwise })
    }

    fn limiting(&self, flow: &Flow, limit: &ast::Expr) -> Option<Limiting> {
        let e = expr::check_known(self.cx, &flow.env, limit, Some(&Ty::Duration));
        match (&e.ty.ty, &e.kind) {
            (Ty::Poison, _) => None,
            (Ty::Moment, _) => Some(Limiting::Moment(e)),
            (Ty::Date, _) => {
                expr::fit(self.cx, &flow.env, e, &Type { ty: Ty::Moment, optional: false });
                None
            }
            _ => expr::checked_length(self.cx, limit).map(Limiting::Length),
        }
    }

    /// The event of an arm, and what is in sight and known once it has come.
    fn arm_event(&mut self, before: &Flow, inside: &mut Flow, of: &EventRef) -> Option<hir::EventUse> {
        let event = self.cx.names.find(crate::scope::Kind::Event, &of.event.text);
        let variable = of.alias.as_ref().filter(|a| self.may_call(inside, a)).map(|alias| {
            let events: Vec<usize> = event.into_iter().collect();
            let variable = self.event_variable(&alias.text, alias.span, &events, &[], true);
            let id = self.add(variable.clone());
            inside.env.add(id, variable);
            id
        });
        let used = self.event_use(before, of, Listening::Run, variable)?;
        inside.env.facts = self.after(before, &used);
        Some(used)
    }

    /// Whether a name that goes out of sight again may be given here; reported where it already has a meaning.
    fn may_call(&self, flow: &Flow, name: &Name) -> bool {
        let Some(seen) = flow.env.variables.get(&name.text) else { return true };
        self.cx.report(
            Diagnostic::new(
                Code::NameTwice,
                name.span,
                format!("`{}` already has a meaning here", name.text),
                "given again",
            )
            .label(seen.variable.span, "given first")
            .help("give it another name"),
        );
        false
    }

    /// `collect E as items for 1 hour, at most 50`
    pub fn collect(
        &mut self,
        flow: &mut Flow,
        span: Span,
        of: &EventRef,
        alias: &Name,
        window: &ast::Expr,
        at_most: Option<u32>,
    ) -> Option<StepKind> {
        let cx = self.cx;
        let before = Flow { in_steps: flow.in_steps, ..flow.clone() };
        let of = EventRef { alias: None, ..of.clone() };
        let used = self.event_use(&before, &of, Listening::Run, None);
        let length = expr::checked_length(cx, window);
        flow.wait();
        if at_most.is_none() && !self.broken {
            cx.report(
                Diagnostic::new(
                    Code::CollectUnbounded,
                    span,
                    "how many are gathered at most is not said",
                    "no `at most`",
                )
                .note("what is gathered is kept with the customer; once it is full, the journey goes on early")
                .suggest("say `at most 50`", window.span.after(), ", at most 50"),
            );
        } else if at_most == Some(0) {
            cx.report(Diagnostic::new(Code::CollectUnbounded, span, "at most 0 gathers nothing", "at least 1"));
        }
        let event = used.as_ref().map(|u| u.event);
        if let Some(e) = event.and_then(|id| cx.program.events.get(id)).filter(|e| e.fields.is_empty()) {
            let message = format!("`{}` has no fields: there is nothing to gather", e.name);
            cx.report(Diagnostic::new(Code::CollectUnbounded, of.event.span, message, "an empty event"));
        }
        let ty = Type { ty: Ty::List(Box::new(event.map_or(Ty::Poison, Ty::Event))), optional: false };
        let ty = if event.is_some() { ty } else { Type { ty: Ty::Poison, optional: false } };
        let variable = hir::Variable {
            name: alias.text.clone(),
            span: alias.span,
            kind: event.map_or(VariableKind::Value(ty.clone()), VariableKind::Collected),
            fields: vec![VariableField { name: alias.text.clone(), ty, sources: Vec::new() }],
        };
        let named = self.take_name(alias);
        let id = self.add(variable.clone());
        if named {
            flow.env.add(id, variable);
        }
        Some(StepKind::Collect {
            event: hir::EventUse { alias: Some(id), ..used? },
            alias: id,
            window: length?,
            at_most: at_most?,
        })
    }
}

/// Whether an earlier arm takes every event that a later one waits for.
fn takes_all(earlier: &hir::Occasion, later: &hir::Occasion) -> bool {
    match (earlier, later) {
        (hir::Occasion::Event(a), hir::Occasion::Event(b)) => {
            a.event == b.event
                && a.condition.is_none()
                && (a.of.is_none() || a.of == b.of)
                && (a.key.is_none() || a.key == b.key)
        }
        _ => false,
    }
}

fn occasion_span(on: &hir::Occasion, arm: Span) -> Span {
    match on {
        hir::Occasion::Event(e) => e.span,
        hir::Occasion::Condition(c) => {
            if c.span == Span::default() {
                arm
            } else {
                c.span
            }
        }
    }
}

fn is_poisoned(until: &hir::Until) -> bool {
    match until {
        hir::Until::Moment(e) => e.ty.ty == Ty::Poison,
        hir::Until::Next { at, .. } => at.ty.ty == Ty::Poison,
    }
}

/// From the last `else` of a `wait until` to its end.
fn else_span(cx: &Context, span: Span, past: &ast::Past) -> Span {
    let end = match past {
        ast::Past::Block(b) => b.span.start,
        _ => span.end,
    };
    let text = cx.text(Span { end, ..span });
    let start = text.rfind("else").map_or(span.start, |at| span.start + at as u32);
    Span { start, ..span }
}

/// Whether a moment is always after the present one: `now + 3 days`, `now + 1 day at 09:00`.
fn is_ahead(e: &Expr) -> bool {
    fn days_on(e: &Expr) -> bool {
        matches!(&e.kind, ExprKind::Shift(a, Length { months, days, .. }, false)
            if matches!(a.kind, ExprKind::Now | ExprKind::Today) && (*months > 0 || *days > 0))
    }
    match &e.kind {
        ExprKind::Shift(a, l, false) => {
            matches!(a.kind, ExprKind::Now) && (l.months > 0 || l.days > 0 || l.ms > 0) || (is_ahead(a) && positive(l))
        }
        // In another zone that day may have begun, or be over, already.
        ExprKind::At(day, _, None) => days_on(day),
        _ => false,
    }
}

fn positive(l: &Length) -> bool {
    l.months >= 0 && l.days >= 0 && l.ms >= 0
}

/// Offers to add arms to a block.
pub trait SuggestArms {
    /// Offers to add these lines before the brace that closes the step at `span`.
    fn suggest_arms<S: AsRef<str>>(self, cx: &Context, title: &str, span: Span, arms: &[S]) -> Self;
}

impl SuggestArms for Diagnostic {
    fn suggest_arms<S: AsRef<str>>(self, cx: &Context, title: &str, span: Span, arms: &[S]) -> Diagnostic {
        let text = cx.sources.get(usize::from(span.file.0)).map(|s| s.text.as_str()).unwrap_or_default();
        let end = span.end.saturating_sub(1);
        let before = text.get(..end as usize).unwrap_or_default();
        let line = before.rfind('\n').map_or("", |n| &before[n + 1..]);
        let at = Span { start: end, end, ..span };
        let arms = arms.iter().map(AsRef::as_ref);
        let text: String = if line.trim().is_empty() {
            // The brace has a line of its own.
            arms.map(|a| format!("  {a}\n{line}")).collect()
        } else {
            arms.map(|a| format!("{a} ")).collect()
        };
        self.suggest(title, at, text)
    }
}
