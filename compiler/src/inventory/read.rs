//! What expressions read.

use super::walk::Walk;
use super::{LookBack, Owner, Role, Subject, Via};
use crate::expr::walk::children;
use crate::hir::{Expr, ExprKind, HAPPENED_AT, HistoryUse, Ty, Variable, VariableKind};

/// What an expression's names mean, and what its readings are for.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) clause: super::Clause,
    pub(super) role: Role,
    /// The place in the journey, where the expression itself does not stand there.
    pub(super) place: Option<journey_grammar::span::Span>,
    pub(super) via: Option<Via>,
    /// What variables are.
    pub(super) variables: &'a [Variable],
    /// What a message's params are.
    pub(super) args: &'a [Expr],
    pub(super) look_back: Option<LookBack>,
}

impl<'a> At<'a> {
    pub(super) fn role(self, role: Role) -> At<'a> {
        At { role, ..self }
    }

    /// Inside of something else that the journey names at `place`.
    pub(super) fn inside(self, via: Via, place: journey_grammar::span::Span) -> At<'a> {
        At { via: Some(via), place: Some(self.place.unwrap_or(place)), ..self }
    }
}

impl Walk<'_> {
    /// Notes all that `e` reads.
    pub(super) fn expr(&mut self, e: &Expr, at: At<'_>) {
        self.expr_in(e, at, &[]);
    }

    /// Likewise; `lists` are the lists whose present member it sees.
    fn expr_in(&mut self, e: &Expr, at: At<'_>, lists: &[Subject]) {
        match &e.kind {
            ExprKind::Profile(field) => self.note(Subject::field(Owner::Profile, *field), e.span, at),
            ExprKind::Field(..) | ExprKind::EventField(..) => {
                for subject in self.subjects(e, at) {
                    self.note(subject, e.span, at);
                }
            }
            ExprKind::Variable(variable) => {
                for event in events_of(at.variables.get(*variable)) {
                    self.note(Subject::event(event), e.span, at);
                }
            }
            ExprKind::Param(param, field) => match (at.args.get(*param), field) {
                // The argument stands in the journey.
                (Some(arg), None) => self.expr_in(arg, At { via: at.via, ..at }, lists),
                (Some(Expr { kind: ExprKind::Variable(variable), .. }), Some(field)) => {
                    for event in events_of(at.variables.get(*variable)) {
                        self.note(Subject::field(Owner::Event(event), *field), e.span, at);
                    }
                }
                _ => {}
            },
            ExprKind::Member(member) => {
                for list in lists {
                    let subject = match list.field {
                        // A member of what was collected is an event.
                        None => Subject { field: Some(*member), ..*list },
                        Some(_) => Subject { member: Some(*member), ..*list },
                    };
                    if subject.field == Some(HAPPENED_AT) || subject.declared(self.program).is_some() {
                        self.note(subject, e.span, at);
                    }
                }
            }
            ExprKind::InSegment(segment) => {
                self.touched.segments.insert(*segment);
                let condition = &self.program.segments[*segment].condition;
                self.expr(condition, at.inside(Via::Segment(*segment), e.span));
            }
            ExprKind::Today => self.zone(e.span, at),
            ExprKind::At(_, _, None) => {
                self.zone(e.span, at);
                self.parts(e, at, lists);
            }
            ExprKind::IsDay(_, _, calendar) => {
                self.touched.calendars.extend(calendar);
                self.parts(e, at, lists);
            }
            ExprKind::Held(inner, length) => {
                self.expr_in(inner, At { look_back: Some(LookBack::Held(*length)), ..at }, lists);
            }
            ExprKind::Count(history, _) => self.history(e, history, None, LookBack::Ever, at),
            ExprKind::Sum(history, field) => self.history(e, history, Some(*field), LookBack::Ever, at),
            ExprKind::Last(history, field) => self.history(e, history, Some(*field), LookBack::Latest, at),
            ExprKind::First(history, field) => self.history(e, history, Some(*field), LookBack::First, at),
            ExprKind::Each { list, condition, field, .. } => {
                self.expr_in(list, at, lists);
                let over = self.subjects(list, at);
                if let Some(condition) = condition {
                    self.expr_in(condition, at, &over);
                }
                if let Some(field) = field {
                    let kind = ExprKind::Member(*field);
                    self.expr_in(&Expr { span: e.span, ty: e.ty.clone(), kind }, at, &over);
                }
            }
            _ => self.parts(e, at, lists),
        }
    }

    fn parts(&mut self, e: &Expr, at: At<'_>, lists: &[Subject]) {
        let mut all = Vec::new();
        children(e, &mut |part| all.push(part));
        for part in all {
            self.expr_in(part, at, lists);
        }
    }

    fn history(&mut self, e: &Expr, history: &HistoryUse, field: Option<usize>, without: LookBack, at: At<'_>) {
        let look_back = Some(history.window.map_or(without, LookBack::Last));
        let at = At { look_back, ..at };
        let owner = Owner::Event(history.event);
        self.note(Subject::event(history.event), e.span, at);
        if let Some(field) = field.filter(|f| *f != HAPPENED_AT) {
            self.note(Subject::field(owner, field), e.span, at);
        }
        if let Some(condition) = &history.condition {
            self.expr(condition, at);
        }
    }

    /// What a plain reference stands for: several where it may be of several events.
    fn subjects(&self, e: &Expr, at: At<'_>) -> Vec<Subject> {
        match &e.kind {
            ExprKind::Profile(field) => vec![Subject::field(Owner::Profile, *field)],
            ExprKind::EventField(event, field) => vec![Subject::field(Owner::Event(*event), *field)],
            ExprKind::Field(variable, field) => {
                let Some(variable) = at.variables.get(*variable) else { return Vec::new() };
                match &variable.kind {
                    VariableKind::Event(_) => variable.fields.get(*field).map_or_else(Vec::new, |f| {
                        f.sources.iter().map(|(event, field)| Subject::field(Owner::Event(*event), *field)).collect()
                    }),
                    VariableKind::Answer(webhook) => vec![Subject::field(Owner::Answer(*webhook), *field)],
                    // The list itself is the events that were collected.
                    VariableKind::Collected(event) => vec![Subject::event(*event)],
                    VariableKind::Value(_) | VariableKind::Send(_) => Vec::new(),
                }
            }
            ExprKind::Param(param, field) => match (at.args.get(*param), field) {
                (Some(arg), None) => self.subjects(arg, at),
                (Some(Expr { kind: ExprKind::Variable(variable), .. }), Some(field)) => {
                    let events = events_of(at.variables.get(*variable));
                    events.into_iter().map(|event| Subject::field(Owner::Event(event), *field)).collect()
                }
                _ => Vec::new(),
            },
            ExprKind::Otherwise(a, _) => self.subjects(a, at),
            _ => Vec::new(),
        }
    }

    /// What is handed out whole: of an event its fields, of a list of records theirs.
    pub(super) fn whole(&mut self, e: &Expr, at: At<'_>) {
        self.expr(e, at);
        let mut subjects = self.subjects(e, at);
        if let ExprKind::Variable(variable) = &e.kind {
            for event in events_of(at.variables.get(*variable)) {
                let fields = 0..self.program.events[event].fields.len();
                subjects.extend(fields.map(|field| Subject::field(Owner::Event(event), field)));
            }
        }
        for subject in subjects {
            self.note(subject, e.span, at);
            if let Some(Ty::List(of)) = subject.declared(self.program).map(|f| &f.ty.ty)
                && let Ty::Record(record) = **of
            {
                for member in 0..self.program.records[record].fields.len() {
                    self.note(Subject { member: Some(member), ..subject }, e.span, at);
                }
            }
        }
    }
}

fn events_of(variable: Option<&Variable>) -> Vec<crate::hir::EventId> {
    match variable.map(|v| &v.kind) {
        Some(VariableKind::Event(events)) => events.clone(),
        Some(VariableKind::Collected(event)) => vec![*event],
        _ => Vec::new(),
    }
}
