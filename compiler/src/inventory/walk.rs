//! Through a journey, clause by clause and step by step.

use super::read::At;
use super::{Clause, Owner, Role, Subject, Use, Via};
use crate::expr::walk::each;
use crate::hir::{
    self, CalendarId, ChannelId, Clauses, DayRule, Delay, Event, EventUse, ExprKind, JourneyId, Limiting, MessageId,
    Occasion, OfferId, Piece, Program, PurposeId, RuleKind, SegmentId, Step, StepKind, TeamId, Trigger, Until,
    Variable, WebhookId, Window,
};
use journey_grammar::span::Span;
use std::collections::{BTreeMap, BTreeSet};

/// Declarations that some journey uses, beside events and fields.
#[derive(Debug, Default)]
pub(super) struct Touched {
    pub(super) segments: BTreeSet<SegmentId>,
    pub(super) messages: BTreeSet<MessageId>,
    pub(super) offers: BTreeSet<OfferId>,
    pub(super) channels: BTreeSet<ChannelId>,
    pub(super) webhooks: BTreeSet<WebhookId>,
    pub(super) purposes: BTreeSet<PurposeId>,
    pub(super) teams: BTreeSet<TeamId>,
    pub(super) calendars: BTreeSet<CalendarId>,
}

/// One walk through one journey.
pub(super) struct Walk<'p> {
    pub(super) program: &'p Program,
    journey: JourneyId,
    data: &'p mut BTreeMap<Subject, Vec<Use>>,
    pub(super) touched: &'p mut Touched,
}

/// Notes all that a journey uses.
pub(super) fn journey(program: &Program, id: JourneyId, data: &mut BTreeMap<Subject, Vec<Use>>, touched: &mut Touched) {
    Walk { program, journey: id, data, touched }.all();
}

impl<'p> Walk<'p> {
    /// Notes one use.
    pub(super) fn note(&mut self, subject: Subject, named: Span, at: At<'_>) {
        self.data.entry(subject).or_default().push(Use {
            journey: self.journey,
            clause: at.clause,
            role: at.role,
            place: at.place.unwrap_or(named),
            via: at.via,
            named,
            look_back: at.look_back,
        });
    }

    /// Notes that local time is asked for.
    pub(super) fn zone(&mut self, named: Span, at: At<'_>) {
        self.built_in("time_zone", named, at.role(Role::Zone));
    }

    fn built_in(&mut self, name: &str, named: Span, at: At<'_>) {
        if let Some(field) = self.program.profile.iter().position(|f| f.field.name == name) {
            self.note(Subject::field(Owner::Profile, field), named, at);
        }
    }

    fn all(&mut self) {
        let journey = &self.program.journeys[self.journey];
        self.touched.teams.extend(journey.about.owner);
        let at = |clause| At {
            clause,
            role: Role::Condition,
            place: None,
            via: None,
            variables: &journey.variables,
            args: &[],
            look_back: None,
        };
        for trigger in &journey.triggers {
            self.trigger(trigger, journey.about.span, at(Clause::Trigger));
        }
        if let Some(condition) = &journey.only_if {
            self.expr(condition, at(Clause::Entry));
        }
        if let Some(key) = &journey.key {
            self.expr(key, at(Clause::OneRun).role(Role::Key));
        }
        for (event, _) in &journey.start_over {
            self.event(event, at(Clause::StartOver));
        }
        for (event, _) in &journey.updates {
            self.event(event, at(Clause::Update));
        }
        for goal in &journey.goals {
            self.event(&goal.event, at(Clause::Goal));
        }
        self.clauses(&journey.clauses, at(Clause::Exit));
        self.steps(&journey.on_leaving, at(Clause::Send));
        self.steps(&journey.body, at(Clause::Send));
        for (event, variable) in &journey.updates {
            self.replaced(event, &journey.variables[*variable], at(Clause::Update).role(Role::Value));
        }
    }

    /// The fields of an event that take the place of those of a variable which are read.
    fn replaced(&mut self, event: &EventUse, variable: &Variable, at: At<'_>) {
        for own in &variable.fields {
            let read = own.sources.iter().any(|(of, field)| {
                let uses = self.data.get(&Subject::field(Owner::Event(*of), *field));
                uses.is_some_and(|uses| uses.iter().any(|u| u.journey == self.journey))
            });
            let fields = &self.program.events[event.event].fields;
            let new = fields.iter().position(|f| f.name == own.name && f.ty.ty == own.ty.ty);
            if let Some(field) = new.filter(|_| read) {
                self.note(Subject::field(Owner::Event(event.event), field), event.span, at);
            }
        }
    }

    fn trigger(&mut self, trigger: &Trigger, journey: Span, at: At<'_>) {
        match trigger {
            Trigger::Event(event) => self.event(event, at),
            Trigger::Enters(segment) | Trigger::Leaves(segment) => self.segment(*segment, journey, at),
            Trigger::Condition(condition) => self.expr(condition, at),
            Trigger::Every { day, zone, segment, .. } => {
                self.days(day);
                if zone.is_none() {
                    self.zone(journey, at);
                }
                if let Some(segment) = segment {
                    self.segment(*segment, journey, at);
                }
            }
            Trigger::Date { field, zone, .. } => {
                self.note(Subject::field(Owner::Profile, *field), journey, at.role(Role::Moment));
                if zone.is_none() {
                    self.zone(journey, at);
                }
            }
            Trigger::HandOff(_) => {}
        }
    }

    fn segment(&mut self, segment: SegmentId, place: Span, at: At<'_>) {
        self.touched.segments.insert(segment);
        self.expr(&self.program.segments[segment].condition, at.inside(Via::Segment(segment), place));
    }

    fn days(&mut self, day: &DayRule) {
        if let DayRule::Week { calendar, .. } = day {
            self.touched.calendars.extend(calendar);
        }
    }

    fn event(&mut self, event: &EventUse, at: At<'_>) {
        self.note(Subject::event(event.event), event.span, at.role(Role::Event));
        if let Some(key) = event.key {
            self.note(Subject::field(Owner::Event(event.event), key), event.span, at.role(Role::Key));
        }
        if event.of.is_some() {
            // A receipt finds its send by this.
            let fields = &self.program.events[event.event].fields;
            if let Some(id) = fields.iter().position(|f| f.name == "send_id") {
                self.note(Subject::field(Owner::Event(event.event), id), event.span, at.role(Role::Key));
            }
        }
        if let Some(condition) = &event.condition {
            self.expr(condition, at.role(Role::Condition));
        }
    }

    fn occasion(&mut self, on: &Occasion, at: At<'_>) {
        match on {
            Occasion::Event(event) => self.event(event, at),
            Occasion::Condition(condition) => self.expr(condition, at),
        }
    }

    fn clauses(&mut self, clauses: &Clauses, at: At<'_>) {
        for exit in &clauses.exits {
            self.occasion(&exit.on, At { clause: Clause::Exit, ..at });
        }
        for pause in &clauses.pauses {
            let at = At { clause: Clause::Pause, ..at };
            self.occasion(&pause.on, at);
            if let Some(until) = &pause.until {
                self.event(until, at);
            }
        }
        self.touched.purposes.extend(clauses.meanwhile.iter().map(|(_, purpose)| *purpose));
    }

    fn steps(&mut self, steps: &'p [Step], at: At<'_>) {
        for step in steps {
            self.step(step, at);
            for block in step.kind.blocks() {
                self.steps(block, at);
            }
        }
    }

    fn step(&mut self, step: &'p Step, at: At<'_>) {
        let of = |clause| At { clause, role: Role::Condition, ..at };
        match &step.kind {
            StepKind::Wait(delay) => {
                match delay {
                    Delay::Weekdays(_, calendar) => self.touched.calendars.extend(calendar),
                    // Clock time is the same everywhere.
                    Delay::Length(length) if length.days == 0 && length.months == 0 => return,
                    Delay::Length(_) => {}
                }
                self.zone(step.span, of(Clause::Wait));
            }
            StepKind::WaitUntil { until, .. } => {
                let at = of(Clause::Wait).role(Role::Moment);
                match until {
                    Until::Next { day, at: time, zone } => {
                        self.days(day);
                        self.expr(time, at);
                        match zone {
                            Some(zone) => self.expr(zone, at.role(Role::Zone)),
                            None => self.zone(step.span, at),
                        }
                    }
                    Until::Moment(moment) => self.expr(moment, at),
                }
            }
            StepKind::WaitFor { limit, arms, .. } => {
                if let Limiting::Moment(moment) = limit {
                    self.expr(moment, of(Clause::Wait).role(Role::Moment));
                }
                for arm in arms {
                    self.occasion(&arm.on, of(Clause::Wait));
                }
            }
            StepKind::If { arms, .. } => {
                for (condition, _) in arms {
                    self.expr(condition, of(Clause::Branch));
                }
            }
            StepKind::BranchOn { on, .. } => self.expr(on, of(Clause::Branch)),
            StepKind::NextBest { candidates, .. } => {
                for (offer, rank) in candidates {
                    self.offer(*offer, rank, step.span, of(Clause::NextBest));
                }
            }
            StepKind::Send(send) => self.send(send, step, of(Clause::Send)),
            StepKind::Set { field, value } => {
                let at = of(Clause::Set);
                self.note(Subject::field(Owner::Profile, *field), step.span, at.role(Role::Written));
                self.expr(value, at.role(Role::Value));
            }
            StepKind::Emit { event, fields } => {
                let at = of(Clause::Emit);
                self.note(Subject::event(*event), step.span, at.role(Role::Written));
                for (field, value) in fields {
                    self.note(Subject::field(Owner::Event(*event), *field), step.span, at.role(Role::Written));
                    self.expr(value, at.role(Role::Value));
                }
            }
            StepKind::Call { webhook, args, .. } => {
                self.touched.webhooks.insert(*webhook);
                for arg in args {
                    self.whole(arg, of(Clause::Call).role(Role::Input));
                }
            }
            StepKind::Task { team, .. } => _ = self.touched.teams.insert(*team),
            StepKind::Collect { event, .. } => self.event(event, of(Clause::Collect)),
            StepKind::Stage { clauses, .. } => self.clauses(clauses, at),
            StepKind::GoTo { args, .. } => {
                for arg in args {
                    self.expr(arg, of(Clause::GoTo).role(Role::Input));
                }
            }
            StepKind::Experiment { .. } | StepKind::Repeat { .. } | StepKind::StopRepeating | StepKind::Finish(_) => {}
        }
    }

    fn offer(&mut self, id: OfferId, rank: &hir::Expr, place: Span, at: At<'_>) {
        self.touched.offers.insert(id);
        let offer = &self.program.offers[id];
        let inside = at.inside(Via::Offer(id), place);
        self.expr(rank, inside.role(Role::Rank));
        if let Some(eligible) = &offer.eligible {
            self.expr(eligible, inside);
        }
        if offer.limits.iter().any(|l| matches!(l.window, Window::Calendar(_)))
            || offer.valid.0.is_some()
            || offer.valid.1.is_some()
        {
            self.zone(offer.about.span, inside);
        }
        let variables: &'p [Variable] = &offer.variables;
        self.steps(&offer.body, At { variables, ..inside });
    }

    fn send(&mut self, send: &'p hir::Send, step: &Step, at: At<'_>) {
        let program = self.program;
        let message = &program.messages[send.message];
        let place = at.place.unwrap_or(step.span);
        self.touched.messages.insert(send.message);
        self.touched.purposes.insert(message.purpose);
        self.touched.channels.extend(&send.channels);

        let at = At { place: Some(place), args: &send.args, ..at };
        let inside = At { via: Some(Via::Message(send.message)), ..at };
        let of_channel = message.renderings.iter().filter(|r| send.channels.contains(&r.channel));
        let mut filled: BTreeSet<usize> = BTreeSet::new();
        for rendering in of_channel {
            if !rendering.locale.is_empty() {
                self.built_in("locale", message.about.span, inside.role(Role::Language));
            }
            let pieces = rendering.parts.iter().flat_map(|(_, template)| &template.pieces);
            for value in pieces.filter_map(|p| if let Piece::Value(value) = p { Some(value) } else { None }) {
                self.expr(value, inside.role(Role::Placeholder));
                each(value, &mut |e| {
                    if let ExprKind::Param(param, _) = e.kind {
                        filled.insert(param);
                    }
                });
            }
        }
        for (param, arg) in send.args.iter().enumerate() {
            // Of an event only what some placeholder names is handed over; plain values always are.
            if !filled.contains(&param) && !matches!(arg.kind, ExprKind::Variable(_)) {
                self.whole(arg, inside.role(Role::Input));
            }
        }
        for &channel in &send.channels {
            if let Some(address) = &program.channels[channel].address {
                self.expr(address, At { via: Some(Via::Channel(channel)), ..at }.role(Role::Address));
            }
        }
        let mut tags = step.tags.clone();
        tags.extend(&message.about.tags);
        for (id, policy) in program.policies.iter().enumerate().filter(|(_, p)| program.in_scope(&p.scope, &tags)) {
            let inside = At { via: Some(Via::Policy(id)), ..at };
            for rule in policy.rules.iter().filter(|r| !r.except.contains(&message.purpose)) {
                let sends_by =
                    |channels: &[ChannelId]| channels.is_empty() || channels.iter().any(|c| send.channels.contains(c));
                match &rule.kind {
                    RuleKind::Consent { purpose, .. } if *purpose == message.purpose => {
                        self.note(Subject::consent(*purpose), rule.span, inside.role(Role::Consent));
                    }
                    RuleKind::Cap { limit, purpose, channels, .. }
                        if purpose.is_none_or(|p| p == message.purpose)
                            && sends_by(channels)
                            && limit.window != Window::Ever =>
                    {
                        self.zone(rule.span, inside);
                    }
                    RuleKind::Quiet { channels, .. } if sends_by(channels) => self.zone(rule.span, inside),
                    RuleKind::Deliver { channels, calendar, .. } if sends_by(channels) => {
                        self.touched.calendars.extend(calendar);
                        self.zone(rule.span, inside);
                    }
                    _ => {}
                }
            }
        }
    }
}

/// Whether an event is of the project itself.
pub(super) fn own(event: &Event) -> bool {
    !event.about.from_pack
}
