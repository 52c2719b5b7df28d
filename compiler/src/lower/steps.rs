//! Steps to instructions.

use super::journey::Making;
use super::{Lower, of_owner};
use crate::hir::{self, Delay, Limiting, Past, Step, StepKind, Until};
use journey_grammar::span::Span;
use journey_runtime::image::{self, Capture, Due, Instr, Pc, PlaceKind};

impl<'a> Lower<'a> {
    pub(super) fn steps(&mut self, m: &mut Making, steps: &[Step]) {
        for step in steps {
            self.step(m, step);
        }
    }

    fn step(&mut self, m: &mut Making, step: &Step) {
        let outer = (m.step, m.parent);
        let label = m.label();
        m.put(label);
        let (line, file) = self.line(step.span);
        let mut annotations: Vec<(String, String)> = step.tags.iter().map(|t| self.tag(t)).collect();
        annotations.sort();
        m.image.steps.push(image::Step {
            id: self.step_name(m, &step.kind),
            text: self.headline(step.span),
            parent: m.parent,
            stage: m.stage,
            line,
            file,
            annotations,
            pc: label,
        });
        m.step = (m.image.steps.len() - 1) as u16;
        m.parent = Some(m.step);
        self.step_kind(m, step);
        (m.step, m.parent) = outer;
        // What joins branches again belongs to the step it stands in.
    }

    /// A step's name: stable under edits elsewhere.
    fn step_name(&self, m: &Making, kind: &StepKind) -> String {
        let alias = |variable: hir::VariableId| {
            let name = &self.variables(m)[variable].name;
            (!name.starts_with('#')).then(|| name.clone())
        };
        let program = self.program;
        match kind {
            StepKind::Wait(_) => "wait".to_string(),
            StepKind::WaitUntil { .. } => "wait until".to_string(),
            StepKind::WaitFor { .. } => "wait up to".to_string(),
            StepKind::If { .. } => "if".to_string(),
            StepKind::BranchOn { .. } => "branch".to_string(),
            StepKind::Experiment { name, .. } => format!("experiment {name}"),
            StepKind::NextBest { .. } => "next best action".to_string(),
            StepKind::Send(send) => {
                alias(send.alias).unwrap_or_else(|| format!("send {}", program.messages[send.message].name))
            }
            StepKind::Set { field, .. } => format!("set {}", program.profile[*field].field.name),
            StepKind::Emit { event, .. } => format!("emit {}", program.events[*event].name),
            StepKind::Call { webhook, alias: of, .. } => {
                of.and_then(alias).unwrap_or_else(|| format!("call {}", program.webhooks[*webhook].name))
            }
            StepKind::Task { team, .. } => format!("task for {}", program.teams[*team].name),
            StepKind::Repeat { .. } => "repeat".to_string(),
            StepKind::StopRepeating => "stop repeating".to_string(),
            StepKind::Collect { alias: of, .. } => format!("collect {}", self.variables(m)[*of].name),
            StepKind::Stage { name, .. } => format!("stage {name}"),
            StepKind::Finish(_) => "finish".to_string(),
            StepKind::GoTo { journey, .. } => format!("go to {}", program.journeys[*journey].name),
        }
    }

    /// The first line of a step, without its annotations and its opening brace.
    fn headline(&self, span: Span) -> String {
        if self.looks {
            return String::new();
        }
        let text = self.sources.get(usize::from(span.file.0)).and_then(|s| s.text.get(span.range())).unwrap_or("");
        let line = text
            .lines()
            .map(str::trim)
            .find(|l| !l.is_empty() && !l.starts_with('@') && !l.starts_with("//"))
            .unwrap_or("");
        let line = line.split(" //").next().unwrap_or("").trim_end();
        line.strip_suffix('{').unwrap_or(line).trim_end().to_string()
    }

    /// The arm of a step that begins here, for coverage. An empty arm gets an instruction of its own.
    pub(super) fn arm(&mut self, m: &mut Making, text: String, span: Span, steps: &[Step]) {
        let label = m.label();
        m.put(label);
        let (line, file) = self.line(steps.first().map_or(span, |s| s.span));
        m.image.points.push(image::Point { text, pc: label, line, file });
        m.emit(Instr::Nop);
        self.steps(m, steps);
    }

    fn step_kind(&mut self, m: &mut Making, step: &Step) {
        let owner = m.owner();
        match &step.kind {
            StepKind::Wait(Delay::Length(span)) => {
                let next = m.label();
                m.place(PlaceKind::Timer { due: Due::After(*span), past: None, next });
                m.put(next);
            }
            StepKind::Wait(Delay::Weekdays(count, calendar)) => {
                let text = self.headline(step.span);
                let at = self.add_weekdays(*count, *calendar, text, owner);
                let next = m.label();
                m.place(PlaceKind::Timer { due: Due::At(at), past: None, next });
                m.put(next);
            }
            StepKind::WaitUntil { until, past, then } => self.wait_until(m, step.span, until, past.as_ref(), then),
            StepKind::WaitFor { limit, arms, otherwise } => self.wait_for(m, step.span, limit, arms, otherwise),
            StepKind::If { arms, otherwise, has_else } => {
                let end = m.label();
                for (condition, steps) in arms {
                    let next = m.label();
                    let text = self.source(condition.span);
                    let function = self.condition(condition, None, Some(owner));
                    m.emit(Instr::Unless { condition: function, to: next });
                    self.arm(m, format!("when {text}"), condition.span, steps);
                    m.emit(Instr::Jump(end));
                    m.put(next);
                }
                if *has_else {
                    let text = format!("else of {}", self.headline(step.span));
                    self.arm(m, text, step.span, otherwise);
                }
                m.put(end);
            }
            StepKind::BranchOn { on, arms, otherwise, .. } => {
                let end = m.label();
                let value = self.source(on.span);
                for (cases, steps) in arms {
                    let next = m.label();
                    let words: Vec<String> = cases.iter().map(|c| self.case_words(c)).collect();
                    let text = format!("{value} is {}", words.join(" or "));
                    let condition = self.case(on, cases, text.clone(), owner);
                    m.emit(Instr::Unless { condition, to: next });
                    self.arm(m, format!("when {text}"), step.span, steps);
                    m.emit(Instr::Jump(end));
                    m.put(next);
                }
                if let Some(steps) = otherwise {
                    let text = format!("else of {}", self.headline(step.span));
                    self.arm(m, text, step.span, steps);
                }
                m.put(end);
            }
            StepKind::Experiment { name, arms } => self.experiment(m, step.span, name, arms),
            StepKind::NextBest { candidates, otherwise } => self.next_best(m, step.span, candidates, otherwise),
            StepKind::Send(send) => self.send(m, step, send),
            StepKind::Set { field, value } => {
                let (field, value) = (self.profile_field(*field), self.condition(value, None, Some(owner)));
                m.emit(Instr::Set { field, value });
            }
            StepKind::Emit { event, fields } => {
                let values: Vec<(u16, u32)> = fields
                    .iter()
                    .map(|(f, value)| (self.event_field(*event, *f), self.condition(value, None, Some(owner))))
                    .collect();
                let words = of_owner(&self.events, *event).len();
                let mut fields = vec![None; words];
                for (field, value) in values {
                    if let Some(place) = fields.get_mut(usize::from(field)) {
                        *place = Some(value);
                    }
                }
                let event = self.event(*event);
                m.emit(Instr::Emit { event, fields });
            }
            StepKind::Call { webhook, args, alias, then, otherwise } => {
                let params = &self.program.webhooks[*webhook].params;
                let mut inputs = Vec::new();
                for (param, arg) in params.iter().zip(args) {
                    self.inputs_of(m, &param.name, arg, None, &mut inputs);
                }
                let id = m.id_words("call");
                let gives = self.program.webhooks[*webhook].gives.len();
                let slots = (0..gives)
                    .map(|field| {
                        let alias = (*alias)?;
                        let read = self.slots[m.journey].binary_search(&(m.copy, alias, field)).is_ok();
                        read.then(|| self.slot(owner, alias, field))
                    })
                    .collect();
                let webhook = *webhook as u16;
                m.emit(Instr::Call { webhook, inputs, id });
                let (next, failed, end) = (m.label(), m.label(), m.label());
                m.place(PlaceKind::Answer { webhook, id, slots, next, failed });
                m.put(next);
                self.arm(m, format!("answer of {}", self.headline(step.span)), step.span, then);
                m.emit(Instr::Jump(end));
                m.put(failed);
                self.arm(m, format!("else of {}", self.headline(step.span)), step.span, otherwise);
                m.put(end);
            }
            StepKind::Task { team, text, due, outcome } => {
                let text = self.text(text);
                let id = outcome.as_ref().map(|_| m.id_words("task"));
                m.emit(Instr::Task { team: *team as u16, text, due: *due, id });
                if let (Some((done_steps, late_steps)), Some(id)) = (outcome, id) {
                    let (done, late, end) = (m.label(), m.label(), m.label());
                    m.place(PlaceKind::Task { id, due: *due, done, late });
                    m.put(done);
                    self.arm(m, format!("done of {}", self.headline(step.span)), step.span, done_steps);
                    m.emit(Instr::Jump(end));
                    m.put(late);
                    self.arm(m, format!("else of {}", self.headline(step.span)), step.span, late_steps);
                    m.put(end);
                }
            }
            StepKind::Repeat { times, body } => {
                let slot = m.word("round", image::Ty::Int);
                m.image.zeroed.push(slot);
                let (start, end) = (m.label(), m.label());
                let value = self.constant_int(0, owner);
                m.emit(Instr::Let { slot, value });
                m.put(start);
                m.emit(Instr::Nop);
                m.loops.push(end);
                self.steps(m, body);
                m.loops.pop();
                m.emit(Instr::Again { slot, times: *times, body: start });
                m.put(end);
            }
            StepKind::StopRepeating => {
                if let Some(end) = m.loops.last().copied() {
                    m.emit(Instr::Jump(end));
                }
            }
            StepKind::Collect { event, alias, window, at_most } => {
                let listener = self.listener(m, event);
                let list = self.slot(owner, *alias, 0);
                let read = of_owner(&self.collected, event.event).to_vec();
                let mut fields = Vec::with_capacity(read.len());
                for (_, field) in read {
                    self.collected_field(event.event, field);
                    fields.push(self.event_field(event.event, field));
                }
                let next = m.label();
                m.place(PlaceKind::Collect {
                    listener,
                    due: Due::After(*window),
                    fields,
                    list,
                    at_most: *at_most,
                    next,
                });
                m.put(next);
            }
            StepKind::Stage { name, clauses, body } => {
                let outer = m.stage;
                m.image.stages.push(image::Stage { name: name.clone(), parent: outer });
                m.stage = Some((m.image.stages.len() - 1) as u16);
                self.steps(m, body);
                // After the body: its clauses may speak of its sends.
                self.clauses(m, clauses);
                m.stage = outer;
            }
            StepKind::Finish(label) => {
                let label = label.as_ref().map(|l| self.text(l));
                m.emit(Instr::Finish(label));
            }
            StepKind::GoTo { journey, args } => self.go_to(m, *journey, args),
        }
    }

    fn case_words(&self, case: &hir::CaseValue) -> String {
        match case {
            hir::CaseValue::Missing => "missing".to_string(),
            hir::CaseValue::Subtree(facet, node) => self.program.facets[*facet].nodes[*node as usize].path.clone(),
            hir::CaseValue::Value(value) => match value {
                hir::Const::Enum(id, value) => self.program.enums[*id].values[usize::from(*value)].clone(),
                hir::Const::Bool(b) => b.to_string(),
                hir::Const::Int(i) => i.to_string(),
                hir::Const::Number(n) => n.to_string(),
                hir::Const::Text(t) => format!("{t:?}"),
                hir::Const::Money(m) => (*m as f64 / 1e6).to_string(),
                hir::Const::Node(facet, node) => self.program.facets[*facet].nodes[*node as usize].path.clone(),
                other => format!("{other:?}"),
            },
        }
    }

    fn wait_until(&mut self, m: &mut Making, span: Span, until: &Until, past: Option<&Past>, then: &[Step]) {
        let owner = m.owner();
        let at = match until {
            Until::Next { day, at, zone } => {
                let text = self.headline(span);
                self.next_at(day, at, zone.as_ref(), text, owner)
            }
            Until::Moment(moment) => self.condition(moment, None, Some(owner)),
        };
        let (next, late, end) = (m.label(), m.label(), m.label());
        let target = match past {
            None => None,
            Some(Past::Continue) => Some(end),
            Some(_) => Some(late),
        };
        m.place(PlaceKind::Timer { due: Due::At(at), past: target, next });
        m.put(next);
        if !then.is_empty() {
            self.arm(m, format!("reached: {}", self.headline(span)), span, then);
        }
        match past {
            Some(Past::Finish(label)) => {
                m.emit(Instr::Jump(end));
                m.put(late);
                let label = label.as_ref().map(|l| self.text(l));
                m.emit(Instr::Finish(label));
            }
            Some(Past::Steps(steps)) => {
                m.emit(Instr::Jump(end));
                m.put(late);
                self.arm(m, format!("past: {}", self.headline(span)), span, steps);
            }
            _ => {}
        }
        m.put(end);
    }

    fn wait_for(&mut self, m: &mut Making, span: Span, limit: &Limiting, arms: &[hir::Arm], otherwise: &[Step]) {
        let owner = m.owner();
        let due = match limit {
            Limiting::Length(length) => Due::After(*length),
            Limiting::Moment(moment) => Due::At(self.condition(moment, None, Some(owner))),
        };
        let (timeout, end) = (m.label(), m.label());
        let mut entries = Vec::new();
        let mut targets = Vec::new();
        for arm in arms {
            let next = m.label();
            let on = self.occasion(m, &arm.on);
            let capture = match &arm.on {
                hir::Occasion::Event(of) => {
                    let variables = self.variables(m);
                    self.capture(owner, variables, of.alias, of.event)
                }
                hir::Occasion::Condition(_) => Capture::default(),
            };
            let becomes = arm.becomes.then(|| m.word("becomes", image::Ty::Bool));
            entries.push(image::WaitArm { on, becomes, capture, next });
            targets.push(next);
        }
        m.place(PlaceKind::First { due, arms: entries, timeout });
        for (arm, next) in arms.iter().zip(targets) {
            m.put(next);
            self.arm(m, self.headline(arm.span), arm.span, &arm.body);
            m.emit(Instr::Jump(end));
        }
        m.put(timeout);
        self.arm(m, format!("else of {}", self.headline(span)), span, otherwise);
        m.put(end);
    }

    fn experiment(&mut self, m: &mut Making, span: Span, name: &str, arms: &[(String, f64, Vec<Step>)]) {
        let end = m.label();
        let mut entries = Vec::new();
        let mut targets: Vec<Pc> = Vec::new();
        let mut share = 0.0;
        for (at, (arm, part, _)) in arms.iter().enumerate() {
            share += part;
            let last = at + 1 == arms.len();
            let threshold = if last { 1 << 32 } else { (share * 4_294_967_296.0).round() as u64 };
            let next = m.label();
            entries.push((threshold, self.text(arm), next));
            targets.push(next);
        }
        let experiment = self.text(name);
        m.emit(Instr::Experiment { name: experiment, arms: entries });
        for ((arm, _, steps), next) in arms.iter().zip(targets) {
            m.put(next);
            self.arm(m, format!("{arm} of experiment {name}"), span, steps);
            m.emit(Instr::Jump(end));
        }
        m.put(end);
    }

    fn next_best(&mut self, m: &mut Making, span: Span, candidates: &[(hir::OfferId, hir::Expr)], otherwise: &[Step]) {
        let program = self.program;
        let owner = m.owner();
        let decision = m.image.next_best.len();
        let (none, end) = (m.label(), m.label());
        m.image.next_best.push(image::NextBest { candidates: Vec::new(), rank_text: String::new(), otherwise: none });
        m.emit(Instr::NextBest(decision as u16));
        let mut entries = Vec::new();
        let mut rank_text = String::new();
        for (offer, rank) in candidates {
            let body = m.label();
            let eligible = program.offers[*offer].eligible.as_ref().map(|e| self.condition(e, None, None));
            rank_text = self.source(rank.span);
            let rank = self.condition(rank, None, Some(owner));
            m.put(body);
            m.copies.push(*offer);
            let outer = std::mem::replace(&mut m.copy, m.copies.len() as u32);
            let first = m.image.sends.len();
            self.arm(m, format!("offer {}", program.offers[*offer].name), span, &program.offers[*offer].body);
            m.copy = outer;
            m.emit(Instr::Jump(end));
            if let Some(send) = m.image.sends.get_mut(first) {
                send.offer = Some(*offer as u16);
            }
            entries.push(image::Candidate { offer: *offer as u16, eligible, rank, send: first as u16, body });
        }
        m.image.next_best[decision].candidates = entries;
        m.image.next_best[decision].rank_text = rank_text;
        m.put(none);
        self.arm(m, format!("else of {}", self.headline(span)), span, otherwise);
        m.put(end);
    }

    fn go_to(&mut self, m: &mut Making, journey: hir::JourneyId, args: &[hir::Expr]) {
        let owner = m.owner();
        let target = &self.program.journeys[journey];
        // Parameters stand first.
        let read: Vec<(hir::VariableId, usize)> = self.slots[journey]
            .iter()
            .take_while(|(copy, variable, _)| *copy == 0 && *variable < target.params)
            .map(|(_, variable, field)| (*variable, *field))
            .collect();
        let mut values = Vec::new();
        for (variable, field) in read {
            let value = match args.get(variable) {
                Some(arg) => match &arg.kind {
                    hir::ExprKind::Variable(passed) => {
                        self.passed_field(m, *passed, &target.variables[variable], field)
                    }
                    _ => Some(self.condition(arg, None, Some(owner))),
                },
                None => None,
            };
            values.push(value);
        }
        let journey = self.journey_index[journey];
        m.emit(Instr::GoTo { journey, args: values });
    }

    /// The field of a variable that stands for a field of the parameter it is passed for.
    fn passed_field(
        &mut self,
        m: &Making,
        passed: hir::VariableId,
        param: &hir::Variable,
        field: usize,
    ) -> Option<image::FnId> {
        let owner = m.owner();
        let of = &self.variables(m)[passed];
        let (name, ty, index) = match param.fields.get(field) {
            None => ("happened_at".to_string(), hir::Ty::Moment, hir::HAPPENED_AT),
            Some(wanted) => {
                let index = of.fields.iter().position(|f| f.name == wanted.name)?;
                (wanted.name.clone(), wanted.ty.ty.clone(), index)
            }
        };
        let slot = self.slot(owner, passed, index);
        Some(self.read_slot(slot, format!("{}.{name}", of.name), &ty, owner))
    }
}
