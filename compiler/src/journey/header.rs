//! The header of a journey: what starts, ends, pauses and limits its runs.

use super::entrances::Entrances;
use super::events::Listening;
use super::run::{Flow, Run};
use crate::declare;
use crate::expr::{self, Facts, Place, sizes};
use crate::hir::{self, Clauses, Const, EventUse, ExprKind, Goal, Journey, ReEntry, Ty, Type};
use crate::mentions::{Local, Target};
use journey_grammar::ast::{self, Clause, ClauseKind, EventRef};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;
use journey_grammar::span::Span;
use std::collections::BTreeMap;

impl Run<'_, '_> {
    /// Checks the header into `journey`, and says what is known at the top of the steps. Blocks of the header are left for later.
    pub fn header(&mut self, decl: &ast::Journey, entrances: &mut Entrances, journey: &mut Journey) -> Flow {
        self.say_twice(decl);
        let names = self.in_sight(entrances);
        // A header clause may be asked at any time of the run.
        let anytime = Flow { env: names.clone(), ..Flow::default() };

        // The ways in first: what they know, the rest may use.
        for clause in &decl.header {
            match &clause.kind {
                ClauseKind::Trigger(trigger) => {
                    if let Some(t) = self.trigger(clause.span, trigger, entrances) {
                        journey.triggers.push(t);
                    }
                }
                ClauseKind::StartOver(of) => {
                    let variable = of.alias.as_ref().and_then(|a| entrances.variables.get(&a.text)).copied();
                    let Some(used) = self.event_use(&anytime, of, Listening::Run, variable) else {
                        entrances.known(Facts::default());
                        continue;
                    };
                    entrances.known(self.after(&anytime, &used));
                    match variable {
                        Some(v) => journey.start_over.push((used, v)),
                        None if of.alias.is_none() && self.no_aliases(decl) => {
                            // No step knows the event by a name, so there is none to give.
                            let hidden = self.event_variable(&self.made_up(), of.span, &[used.event], &[], true);
                            let v = self.add(hidden);
                            journey.start_over.push((used, v));
                        }
                        None => self.start_over_without_alias(of, entrances),
                    }
                }
                _ => {}
            }
        }
        let mut at_top = Flow { in_steps: true, ..anytime.clone() };
        at_top.env.facts = entrances.facts.clone().unwrap_or_default();
        for clause in &decl.header {
            if let ClauseKind::OnlyIf(condition) = &clause.kind {
                let c = expr::check_condition(self.cx, &at_top.env, condition);
                // A run that starts over was not asked again.
                if journey.start_over.is_empty() {
                    at_top.env.facts = at_top.env.facts.when(&c, true, &sizes(self.cx));
                }
                journey.only_if = Some(c);
            }
        }
        self.updates(decl, &anytime, entrances, journey, &mut at_top);
        if !journey.start_over.is_empty() {
            at_top.pass_time();
        }
        let mut anytime = anytime.with(at_top.env.facts.clone());
        anytime.pass_time();

        journey.key = self.key.as_ref().and_then(|key| {
            let v = *entrances.variables.get(&key.alias)?;
            let variable = &self.variables[v];
            let f = variable.fields.iter().position(|f| f.name == key.field)?;
            Some(hir::Expr { span: key.span, ty: variable.fields[f].ty.clone(), kind: ExprKind::Field(v, f) })
        });
        for clause in &decl.header {
            self.clause(clause, &anytime, journey);
        }
        self.lacking(decl, entrances);
        at_top
    }

    /// What the header and the steps may name.
    fn in_sight(&self, entrances: &Entrances) -> expr::Env {
        let mut env = self.env();
        for id in entrances.variables.values() {
            env.add(*id, self.variables[*id].clone());
        }
        env
    }

    /// What is known after an event has come.
    pub fn after(&self, flow: &Flow, used: &EventUse) -> Facts {
        let mut facts = flow.env.facts.clone();
        if let Some(c) = &used.condition {
            facts = facts.when(c, true, &sizes(self.cx));
        }
        self.capture(&facts, used.event, used.alias)
    }

    fn trigger(&mut self, span: Span, trigger: &ast::Trigger, entrances: &mut Entrances) -> Option<hir::Trigger> {
        let cx = self.cx;
        let customer = expr::Env { whose: self.whose.clone(), unclear: self.broken, ..expr::Env::default() };
        let nothing = Flow { env: customer.clone(), ..Flow::default() };
        if !matches!(trigger, ast::Trigger::Event(_)) {
            entrances.known(Facts::default());
        }
        Some(match trigger {
            ast::Trigger::Event(of) => {
                let variable = of.alias.as_ref().and_then(|a| entrances.variables.get(&a.text)).copied();
                let used = self.event_use(&nothing, of, Listening::Trigger, variable);
                entrances.known(used.as_ref().map(|u| self.after(&nothing, u)).unwrap_or_default());
                hir::Trigger::Event(used?)
            }
            ast::Trigger::Enters(name) | ast::Trigger::Leaves(name) => {
                let segment = cx.lookup_segment(name)?;
                expr::check_watched_segment(cx, segment, name.span);
                match trigger {
                    ast::Trigger::Enters(_) => hir::Trigger::Enters(segment),
                    _ => hir::Trigger::Leaves(segment),
                }
            }
            ast::Trigger::Condition(condition) => {
                let c = expr::check_condition(cx, &customer, condition);
                expr::check_watched(cx, &c, "a condition that starts runs");
                hir::Trigger::Condition(c)
            }
            ast::Trigger::Every { unit, day, calendar, at, zone, segment } => {
                let at = self.clock(at);
                let zone = self.zone_name(zone.as_ref());
                let segment = segment.as_ref().map(|s| cx.lookup_segment(s));
                let day = match (unit.text.as_str(), day) {
                    ("month", Some(d)) if (1..=31).contains(d) => hir::DayRule::Month(*d as u8),
                    ("month", Some(d)) => {
                        cx.report(
                            Diagnostic::new(
                                Code::BadSchedule,
                                span,
                                format!("no month has a day {d}"),
                                "a day of the month is from 1 to 31",
                            )
                            .note("in a shorter month, the 31st is its last day"),
                        );
                        return None;
                    }
                    ("month", None) => {
                        cx.report(
                            Diagnostic::new(
                                Code::BadSchedule,
                                unit.span,
                                "on which day of the month?",
                                "no day is said",
                            )
                            .suggest("say `on 1`", unit.span.after(), " on 1"),
                        );
                        return None;
                    }
                    _ => {
                        let days = expr::days(cx, unit)?;
                        let calendar = expr::calendar(cx, calendar.as_ref(), days)?;
                        hir::DayRule::Week { days, calendar }
                    }
                };
                hir::Trigger::Every { day, at: at?, zone: zone?, segment: segment.unwrap_or_default() }
            }
            ast::Trigger::Date { date, at, zone } => {
                let e = expr::check_expr(cx, &customer, date, None);
                let at = self.clock(at);
                let zone = self.zone_name(zone.as_ref());
                match (&e.kind, &e.ty.ty) {
                    (_, Ty::Poison) => return None,
                    (ExprKind::Profile(field), Ty::Date) => hir::Trigger::Date { field: *field, at: at?, zone: zone? },
                    _ => {
                        cx.report(
                            Diagnostic::new(
                                Code::BadSchedule,
                                date.span,
                                "a yearly day is a day that is kept in the profile",
                                "not a day of the profile",
                            )
                            .help("for a day that an event brings, start with the event and `wait until` the day"),
                        );
                        return None;
                    }
                }
            }
            ast::Trigger::HandOff(name) => hir::Trigger::HandOff(cx.lookup_journey(name)?),
        })
    }

    /// A fixed time of day, in milliseconds.
    fn clock(&self, at: &ast::Expr) -> Option<i64> {
        match expr::constant(self.cx, at, Some(&Type { ty: Ty::Time, optional: false })) {
            Const::Time(ms) => Some(ms),
            _ => None,
        }
    }

    /// The name of a zone that exists; `None` when it does not (reported).
    fn zone_name(&self, zone: Option<&ast::Text>) -> Option<Option<String>> {
        let Some(zone) = zone else { return Some(None) };
        let ast = ast::Expr { span: zone.span, kind: ast::ExprKind::Text(zone.text.clone()) };
        match expr::constant(self.cx, &ast, Some(&Type { ty: Ty::Zone, optional: false })) {
            Const::Text(name) => Some(Some(name)),
            _ => None,
        }
    }

    /// Whether no way in gives its event a name.
    fn no_aliases(&self, decl: &ast::Journey) -> bool {
        decl.header.iter().all(|c| match &c.kind {
            ClauseKind::Trigger(ast::Trigger::Event(of)) | ClauseKind::StartOver(of) => of.alias.is_none(),
            _ => true,
        })
    }

    fn start_over_without_alias(&self, of: &EventRef, entrances: &Entrances) {
        if of.alias.is_some() || self.broken {
            return; // Its alias has been reported.
        }
        let alias = entrances.variables.keys().next().cloned().unwrap_or_else(|| "newest".into());
        self.cx.report(
            Diagnostic::new(
                Code::StartOverAlias,
                of.span,
                "a run that starts over takes the newer event in the place of the older",
                "under which name?",
            )
            .help("give it the name that the trigger gives")
            .suggest(
                format!("say `as {alias}`"),
                of.scope.as_ref().map_or(of.event.span, |s| s.span).after(),
                format!(" as {alias}"),
            ),
        );
    }

    fn updates(
        &mut self,
        decl: &ast::Journey,
        anytime: &Flow,
        entrances: &Entrances,
        journey: &mut Journey,
        at_top: &mut Flow,
    ) {
        for clause in &decl.header {
            let ClauseKind::Update { alias, event: of } = &clause.kind else { continue };
            let flow = Flow { env: anytime.env.clone(), ..Flow::default() };
            let used = self.event_use(&flow, of, Listening::Run, None);
            let Some(v) = entrances.variables.get(&alias.text).copied() else {
                if !self.broken {
                    let message = format!("there is no `{}` whose fields could be replaced", alias.text);
                    let names = entrances.variables.keys().map(String::as_str);
                    self.cx.unknown_in(&self.whose, message, alias, names, |d| d);
                }
                continue;
            };
            self.cx.mention(alias.span, Target::Local(Local::Variable, self.variables[v].span));
            let Some(used) = used else { continue };
            let fields = &self.cx.program.events[used.event].fields;
            let mut replaced = 0;
            let mut clash = None;
            for (i, own) in self.variables[v].fields.iter().enumerate() {
                let Some(new) = fields.iter().find(|f| f.name == own.name) else { continue };
                if new.ty.ty == Ty::Poison || own.ty.ty == Ty::Poison {
                    replaced += 1;
                } else if new.ty.ty == own.ty.ty {
                    replaced += 1;
                    at_top.env.facts.replaceable(Place::Field(v, i));
                } else {
                    clash.get_or_insert((own.name.clone(), new.ty.clone(), own.ty.clone()));
                }
            }
            let poisoned = matches!(&self.variables[v].kind, hir::VariableKind::Event(e) if e.is_empty());
            if poisoned {
                continue;
            }
            let name = &self.cx.program.events[used.event].name;
            if let Some((field, new, own)) = clash {
                let (new, own) = (self.cx.type_text(&new), self.cx.type_text(&own));
                self.cx.report(
                    Diagnostic::new(
                        Code::UpdateNothing,
                        of.event.span,
                        format!("`{field}` of `{name}` is `{new}`, and of `{}` it is `{own}`", alias.text),
                        "cannot take the other's place",
                    )
                    .note("`update` replaces the fields that have the same name, and they must be of the same type"),
                );
            } else if replaced == 0 {
                self.cx.report(
                    Diagnostic::new(
                        Code::UpdateNothing,
                        of.event.span,
                        format!("`{name}` has no field that `{}` has", alias.text),
                        "nothing to replace",
                    )
                    .note("`update` replaces the fields that have the same name"),
                );
            } else {
                journey.updates.push((used, v));
            }
        }
    }

    fn clause(&mut self, clause: &Clause, anytime: &Flow, journey: &mut Journey) {
        let cx = self.cx;
        match &clause.kind {
            ClauseKind::Trigger(_) | ClauseKind::OnlyIf(_) | ClauseKind::StartOver(_) | ClauseKind::Update { .. } => {}
            ClauseKind::OneRun { at_once, .. } => {
                if *at_once == Some(0) {
                    cx.report(Diagnostic::new(
                        Code::BadHeaderValue,
                        clause.span,
                        "at most 0 at once would let nobody in",
                        "at least 1",
                    ));
                }
                journey.at_once = *at_once;
            }
            ClauseKind::ReEntry(reentry) => journey.reentry = self.reentry(clause.span, reentry),
            ClauseKind::Goal { event, within, go_on } => {
                let within = within.as_ref().and_then(|d| expr::checked_length(cx, d));
                if let Some(event) = self.event_use(anytime, event, Listening::Run, None) {
                    journey.goals.push(Goal { event, within, go_on: *go_on });
                }
            }
            ClauseKind::Exit { .. } | ClauseKind::Pause { .. } | ClauseKind::Meanwhile { .. } => {
                let mut clauses = std::mem::take(&mut journey.clauses);
                self.staying(clause, anytime, &mut clauses);
                journey.clauses = clauses;
            }
            ClauseKind::Priority(value) => {
                if let Const::Int(n) = expr::constant(cx, value, Some(&Type { ty: Ty::Int, optional: false })) {
                    journey.priority = n;
                }
            }
            ClauseKind::Between(range) => journey.window = declare::days(cx, Some(range)),
            ClauseKind::Rollout(share) => journey.rollout = self.share(share),
            ClauseKind::OnLeaving(_) => {} // With the steps.
        }
    }

    /// A share between nothing and everything, as a fraction.
    pub fn share(&self, ast: &ast::Expr) -> Option<f64> {
        match expr::constant(self.cx, ast, Some(&Type { ty: Ty::Percent, optional: false })) {
            Const::Number(n) if n > 0.0 && n <= 1.0 => Some(n),
            Const::Number(_) => {
                self.cx.report(Diagnostic::new(
                    Code::BadHeaderValue,
                    ast.span,
                    format!("`{}` is no share of the customers", self.cx.text(ast.span)),
                    "must be more than 0 and at most 100 percent",
                ));
                None
            }
            _ => None,
        }
    }

    fn reentry(&self, span: Span, reentry: &ast::ReEntry) -> ReEntry {
        match reentry {
            ast::ReEntry::Never { remember } => {
                if remember.is_some() && self.key.is_none() && !self.broken {
                    self.cx.report(
                        Diagnostic::new(
                            Code::RememberWithoutKey,
                            span,
                            "there is nothing to remember without a key",
                            "one run per customer, ever",
                        )
                        .note("`remember` says how many keys of a customer are kept; without `one run per` there is only the customer"),
                    );
                }
                ReEntry::Never { remember: *remember }
            }
            ast::ReEntry::AfterFinishing => ReEntry::AfterFinishing,
            ast::ReEntry::After { duration, exit } => {
                let length = expr::checked_length(self.cx, duration).unwrap_or_default();
                if *exit { ReEntry::AfterExit(length) } else { ReEntry::AfterEntry(length) }
            }
        }
    }

    /// `exit`, `pause`, `meanwhile`: of the header, or of a stage.
    pub fn staying(&mut self, clause: &Clause, flow: &Flow, clauses: &mut Clauses) {
        let cx = self.cx;
        match &clause.kind {
            ClauseKind::Exit { for_good, on } => {
                if let Some(on) = self.occasion(flow, on, "a condition that ends runs") {
                    clauses.exits.push(hir::Exit { span: clause.span, on, for_good: *for_good });
                }
            }
            ClauseKind::Pause { on, until, at_most, then_exit } => {
                let on_event = matches!(on, ast::Occasion::Event(_));
                let on = self.occasion(flow, on, "a condition that pauses runs");
                let until_use = until.as_ref().and_then(|u| self.event_use(flow, u, Listening::Run, None));
                if on_event && until.is_none() {
                    cx.report(
                        Diagnostic::new(
                            Code::PauseOpen,
                            clause.span,
                            "this pause is not said to end",
                            "until what?",
                        )
                        .help("say what ends it: `pause on ticket_opened until ticket_closed, at most 14 days, then exit`"),
                    );
                    return;
                }
                let length = at_most.as_ref().and_then(|d| expr::checked_length(cx, d));
                if at_most.is_none() {
                    let d = Diagnostic::new(
                        Code::PauseOpen,
                        clause.span,
                        "this pause may never end",
                        "how long at most, and what then?",
                    )
                    .note("a run that is paused for good is a customer who is forgotten");
                    cx.report(
                        d.suggest(
                            "say `at most 14 days, then exit`",
                            clause.span.after(),
                            ", at most 14 days, then exit",
                        )
                        .suggest(
                            "say `at most 14 days, then go on`",
                            clause.span.after(),
                            ", at most 14 days, then go on",
                        ),
                    );
                } else if then_exit.is_none() {
                    cx.report(
                        Diagnostic::new(
                            Code::PauseOpen,
                            clause.span,
                            "what happens when the pause has lasted so long is not said",
                            "and then?",
                        )
                        .suggest("say `then exit`", clause.span.after(), ", then exit")
                        .suggest("say `then go on`", clause.span.after(), ", then go on"),
                    );
                }
                if let Some(on) = on {
                    clauses.pauses.push(hir::Pause {
                        span: clause.span,
                        on,
                        until: until_use,
                        at_most: length,
                        then_exit: then_exit.unwrap_or(true),
                    });
                }
            }
            ClauseKind::Meanwhile { hold, purpose } => {
                if let Some(p) = cx.lookup_purpose(purpose) {
                    clauses.meanwhile.push((*hold, p));
                }
            }
            _ => cx.report(
                Diagnostic::new(
                    Code::ClauseNotHere,
                    clause.span,
                    "this belongs to the header of the journey",
                    "a stage may begin with `exit`, `pause` and `meanwhile`",
                )
                .help("move it above the first step of the journey"),
            ),
        }
    }

    fn occasion(&mut self, flow: &Flow, on: &ast::Occasion, what: &str) -> Option<hir::Occasion> {
        match on {
            ast::Occasion::Event(of) => self.event_use(flow, of, Listening::Run, None).map(hir::Occasion::Event),
            ast::Occasion::Condition(c) => {
                let c = expr::check_condition(self.cx, &flow.env, c);
                expr::check_watched(self.cx, &c, what);
                Some(hir::Occasion::Condition(c))
            }
        }
    }

    fn say_twice(&self, decl: &ast::Journey) {
        let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
        for clause in &decl.header {
            let word = match &clause.kind {
                ClauseKind::OnlyIf(_) => "only if",
                ClauseKind::OneRun { .. } => "one run per",
                ClauseKind::ReEntry(_) => "re-entry",
                ClauseKind::Priority(_) => "priority",
                ClauseKind::Between(_) => "from … to",
                ClauseKind::Rollout(_) => "rollout",
                ClauseKind::OnLeaving(_) => "on leaving",
                _ => continue,
            };
            match seen.get(word) {
                Some(first) => {
                    let d = Diagnostic::new(
                        Code::ClauseTwice,
                        clause.span,
                        format!("`{word}` can only be said once in a journey"),
                        "said again",
                    )
                    .label(*first, "said first");
                    self.cx.report(match word {
                        "only if" => d.help("join the conditions with `and`"),
                        _ => d,
                    });
                }
                None => {
                    seen.insert(word, clause.span);
                }
            }
        }
    }

    /// What every journey must say.
    fn lacking(&self, decl: &ast::Journey, entrances: &Entrances) {
        if self.broken || decl.header_broken {
            return;
        }
        let triggers = decl.header.iter().filter(|c| matches!(c.kind, ClauseKind::Trigger(_)));
        let last_trigger = triggers.map(|c| c.span).next_back();
        let Some(last_trigger) = last_trigger else {
            self.cx.report(
                Diagnostic::new(
                    Code::TriggerMissing,
                    decl.name.span,
                    format!("nothing starts the journey `{}`", decl.name.text),
                    "no trigger",
                )
                .help("begin it with what starts a run: `trigger on order_completed as order`, `trigger when enters loyal`, `trigger every monday at 09:00`, `trigger from another_journey`"),
            );
            return;
        };
        let handed = decl.header.iter().any(|c| matches!(c.kind, ClauseKind::Trigger(ast::Trigger::HandOff(_))));
        if !decl.params.is_empty() && !handed {
            self.cx.report(
                Diagnostic::new(
                    Code::HandOffUnmatched,
                    decl.params[0].name.span,
                    format!("nobody gives the journey `{}` its `{}`", decl.name.text, decl.params[0].name.text),
                    "only a hand-off brings something along",
                )
                .help("say who hands over with `trigger from`, or take what is needed from the trigger's event"),
            );
        }
        let said = decl.header.iter().any(|c| matches!(c.kind, ClauseKind::ReEntry(_)));
        if said || entrances.by_hand_off_only {
            return;
        }
        let key = self.key.as_ref().map(|k| format!("`{}.{}`", k.alias, k.field));
        let who = match &key {
            Some(key) => format!("someone who was in with the same {key}"),
            None => "someone who was in".to_string(),
        };
        let after = decl
            .header
            .iter()
            .filter(|c| matches!(c.kind, ClauseKind::Trigger(_) | ClauseKind::OnlyIf(_) | ClauseKind::OneRun { .. }))
            .map(|c| c.span)
            .max_by_key(|s| s.end)
            .unwrap_or(last_trigger);
        let mut d = Diagnostic::new(
            Code::ReEntryMissing,
            decl.name.span,
            format!("may {who} come in again? `{}` does not say", decl.name.text),
            "no `re-entry`",
        )
        .note("there is no safe answer to take for granted: one would write to people twice, the other would leave them out for ever");
        for (clause, title) in [
            ("re-entry after finishing", "let them in again once they are through"),
            ("re-entry never", "let them in once in their life"),
            ("re-entry 30 days after entry", "let them in again 30 days after they came in"),
            ("re-entry 30 days after exit", "let them in again 30 days after they left"),
        ] {
            d = d.suggest(format!("{title}: `{clause}`"), after.after(), format!("\n  {clause}"));
        }
        self.cx.report(d);
    }
}
