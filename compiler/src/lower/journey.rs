//! Journeys: headers, slots, captures.

use super::expr::{Owner, day_rule};
use super::{Copy, Lower};
use crate::hir::{self, EventUse, HAPPENED_AT, VariableKind};
use journey_grammar::tokens;
use journey_runtime::image::{self, Capture, Instr, Listener, Pc};
use rustc_hash::FxHashMap;

/// A journey being made. Targets of control are labels until [`Making::finish`] puts instructions' numbers for them.
pub(super) struct Making {
    /// Which journey of the program.
    pub journey: hir::JourneyId,
    pub image: image::Journey,
    /// Where each label stands.
    pub labels: Vec<Pc>,
    /// The step that instructions belong to.
    pub step: u16,
    /// The step they stand in.
    pub parent: Option<u16>,
    /// The stage they stand in.
    pub stage: Option<u16>,
    /// Ends of the loops they stand in.
    pub loops: Vec<Pc>,
    /// Whose variables they see.
    pub copy: Copy,
    /// The offers whose steps have been copied; copy `n` is `copies[n - 1]`.
    pub copies: Vec<hir::OfferId>,
    /// The image's sends of each variable of a send, per copy.
    pub sends: Vec<((Copy, hir::VariableId), u16)>,
    /// Words that keep a send's effect id, per variable, when a receipt is tied to it.
    pub tied: Vec<((Copy, hir::VariableId), u16)>,
}

impl Making {
    pub(super) fn owner(&self) -> Owner {
        Owner { journey: self.journey, copy: self.copy }
    }

    /// A label to be put somewhere later.
    pub(super) fn label(&mut self) -> Pc {
        self.labels.push(Pc::MAX);
        (self.labels.len() - 1) as Pc
    }

    /// The label stands before the next instruction.
    pub(super) fn put(&mut self, label: Pc) {
        self.labels[label as usize] = self.image.code.len() as Pc;
    }

    pub(super) fn emit(&mut self, instr: Instr) {
        self.image.code.push(instr);
        self.image.step_of.push(self.step);
    }

    /// A fresh word of the run.
    pub(super) fn word(&mut self, name: &str, ty: image::Ty) -> u16 {
        self.image.slots.push(image::Slot { name: format!("#{name}"), ty });
        (self.image.slots.len() - 1) as u16
    }

    /// Two words that keep an effect's id.
    pub(super) fn id_words(&mut self, name: &str) -> u16 {
        let first = self.word(&format!("{name}.id"), image::Ty::Int);
        self.word(&format!("{name}.id2"), image::Ty::Int);
        first
    }

    pub(super) fn place(&mut self, kind: image::PlaceKind) {
        let place = self.image.places.len() as u16;
        self.image.places.push(image::Place { stage: self.stage, kind });
        self.emit(Instr::Stay(place));
    }

    /// Labels become numbers of instructions.
    fn finish(mut self) -> image::Journey {
        let labels = std::mem::take(&mut self.labels);
        let to = |pc: &mut Pc| *pc = labels.get(*pc as usize).copied().unwrap_or(*pc);
        for instr in &mut self.image.code {
            match instr {
                Instr::Jump(pc) | Instr::Unless { to: pc, .. } | Instr::Again { body: pc, .. } => to(pc),
                Instr::Experiment { arms, .. } => arms.iter_mut().for_each(|(_, _, pc)| to(pc)),
                _ => {}
            }
        }
        for place in &mut self.image.places {
            match &mut place.kind {
                image::PlaceKind::Timer { past, next, .. } => {
                    past.iter_mut().for_each(to);
                    to(next);
                }
                image::PlaceKind::First { arms, timeout, .. } => {
                    arms.iter_mut().for_each(|a| to(&mut a.next));
                    to(timeout);
                }
                image::PlaceKind::Collect { next, .. } => to(next),
                image::PlaceKind::Answer { next, failed, .. } => {
                    to(next);
                    to(failed);
                }
                image::PlaceKind::Task { done, late, .. } => {
                    to(done);
                    to(late);
                }
            }
        }
        for send in &mut self.image.sends {
            send.sent.iter_mut().for_each(to);
            send.refused.iter_mut().for_each(to);
        }
        for decision in &mut self.image.next_best {
            decision.candidates.iter_mut().for_each(|c| to(&mut c.body));
            to(&mut decision.otherwise);
        }
        self.image.on_leaving.iter_mut().for_each(to);
        self.image.points.iter_mut().for_each(|p| to(&mut p.pc));
        self.image.steps.iter_mut().for_each(|s| to(&mut s.pc));
        self.image
    }
}

impl<'a> Lower<'a> {
    /// Lowers all journeys, in order of their names.
    pub(super) fn journeys(&mut self) {
        let mut order: Vec<usize> = (0..self.program.journeys.len()).collect();
        order.sort_by_key(|j| self.journey_index[*j]);
        for journey in order {
            let made = self.journey(journey);
            self.image.journeys.push(made);
        }
    }

    fn journey(&mut self, id: hir::JourneyId) -> image::Journey {
        let program = self.program;
        let journey = &program.journeys[id];
        let mut annotations: Vec<(String, String)> = journey.about.tags.iter().map(|t| self.tag(t)).collect();
        if let Some(owner) = journey.about.owner {
            annotations.push(("owner".to_string(), program.teams[owner].name.clone()));
        }
        annotations.sort();
        let mut m = Making {
            journey: id,
            image: image::Journey {
                name: journey.name.clone(),
                hash: if self.looks { 0 } else { version(journey, self.sources) },
                annotations,
                slots: Vec::new(),
                params: 0,
                key: None,
                at_once: journey.at_once,
                reentry: reentry(&journey.reentry),
                triggers: Vec::new(),
                only_if: None,
                window: journey.window,
                rollout: journey.rollout.map(|share| (share * 4_294_967_296.0).round().min(4_294_967_295.0) as u32),
                priority: journey.priority,
                start_over: Vec::new(),
                updates: Vec::new(),
                goals: Vec::new(),
                exits: Vec::new(),
                pauses: Vec::new(),
                meanwhile: Vec::new(),
                on_leaving: None,
                lasts: self.lasts(journey),
                stages: Vec::new(),
                code: Vec::new(),
                step_of: Vec::new(),
                steps: Vec::new(),
                points: Vec::new(),
                places: Vec::new(),
                sends: Vec::new(),
                next_best: Vec::new(),
                zeroed: Vec::new(),
            },
            labels: Vec::new(),
            step: 0,
            parent: None,
            stage: None,
            loops: Vec::new(),
            copy: 0,
            copies: Vec::new(),
            sends: Vec::new(),
            tied: Vec::new(),
        };
        self.variable_slots(&mut m);
        // The steps first: clauses may speak of their sends.
        self.steps(&mut m, &journey.body);
        m.step = m.image.steps.iter().rposition(|s| s.parent.is_none()).unwrap_or(0) as u16;
        m.emit(Instr::Finish(None));
        if !journey.on_leaving.is_empty() {
            let label = m.label();
            m.put(label);
            m.image.on_leaving = Some(label);
            self.steps(&mut m, &journey.on_leaving);
            m.emit(Instr::Finish(None));
        }
        self.header(&mut m, journey);
        for ((copy, variable), id) in m.tied.clone() {
            if let Some((_, send)) = m.sends.iter().find(|(v, _)| *v == (copy, variable)) {
                m.image.sends[usize::from(*send)].id = Some(id);
            }
        }
        self.name_copied_slots(&mut m);
        number_steps(&mut m.image.steps);
        m.finish()
    }

    /// The words for the variables that are read, parameters first.
    fn variable_slots(&mut self, m: &mut Making) {
        let journey = &self.program.journeys[m.journey];
        for (copy, variable, field) in self.slots[m.journey].clone() {
            let (name, ty) = if copy == 0 {
                self.slot_entry(&journey.variables[variable], field)
            } else {
                // Known once the offer's steps have been copied.
                (String::new(), image::Ty::Bool)
            };
            if copy == 0 && variable < journey.params {
                m.image.params += 1;
            }
            m.image.slots.push(image::Slot { name, ty });
        }
    }

    fn name_copied_slots(&mut self, m: &mut Making) {
        let program = self.program;
        let own = self.slots[m.journey].partition_point(|(copy, _, _)| *copy == 0);
        for (at, (copy, variable, field)) in self.slots[m.journey].clone().into_iter().enumerate().skip(own) {
            let offer = m.copies.get(copy as usize - 1).map(|offer| &program.offers[*offer]);
            if let Some((offer, known)) = offer.and_then(|o| Some((o, o.variables.get(variable)?))) {
                let (name, ty) = self.slot_entry(known, field);
                m.image.slots[at] = image::Slot { name: format!("{}.{name}", offer.name), ty };
            }
        }
    }

    fn slot_entry(&mut self, variable: &hir::Variable, field: usize) -> (String, image::Ty) {
        let name = variable.name.clone();
        if field == HAPPENED_AT {
            return (format!("{name}.happened_at"), image::Ty::Moment);
        }
        let Some(of) = variable.fields.get(field) else { return (name, image::Ty::Bool) };
        let ty = match (&variable.kind, of.sources.first()) {
            (VariableKind::Event(_), Some((event, index))) if *index != HAPPENED_AT => {
                let declared = &self.program.events[*event].fields[*index];
                self.field_ty(&declared.ty.ty, &declared.bounds)
            }
            _ => self.ty(&of.ty.ty),
        };
        let whole = matches!(variable.kind, VariableKind::Value(_) | VariableKind::Collected(_));
        (if whole { name } else { format!("{name}.{}", of.name) }, ty)
    }

    /// The word of a variable's field in the run.
    pub(super) fn slot(&mut self, owner: Owner, variable: hir::VariableId, field: usize) -> u16 {
        if self.looks {
            self.seen.slots[owner.journey].insert((owner.copy, variable, field));
        }
        self.slots[owner.journey].binary_search(&(owner.copy, variable, field)).unwrap_or(0) as u16
    }

    /// What of `event` goes into the words of `variable`.
    pub(super) fn capture(
        &mut self,
        owner: Owner,
        variables: &[hir::Variable],
        variable: Option<hir::VariableId>,
        event: hir::EventId,
    ) -> Capture {
        let mut capture = Capture::default();
        let Some(variable) = variable else { return capture };
        let of = &variables[variable];
        let slots = &self.slots[owner.journey];
        let from = slots.partition_point(|(c, v, _)| (*c, *v) < (owner.copy, variable));
        let read = slots[from..].iter().take_while(|(c, v, _)| (*c, *v) == (owner.copy, variable));
        let read: Vec<usize> = read.map(|(_, _, f)| *f).collect();
        for field in read {
            let slot = self.slot(owner, variable, field);
            let source = match of.fields.get(field) {
                None => Some(HAPPENED_AT),
                Some(entry) => entry
                    .sources
                    .iter()
                    .find(|(e, _)| *e == event)
                    .map(|(_, f)| *f)
                    .or_else(|| self.program.events[event].fields.iter().position(|f| f.name == entry.name)),
            };
            match source {
                Some(HAPPENED_AT) => capture.happened_at = Some(slot),
                Some(index) => {
                    let index = self.event_field(event, index);
                    capture.fields.push((index, slot));
                }
                None => capture.clear.push(slot),
            }
        }
        capture
    }

    /// What an event that is listened for must be.
    pub(super) fn listener(&mut self, m: &mut Making, of: &EventUse) -> Listener {
        let event = self.event(of.event);
        let key = of.key.map(|f| self.event_field(of.event, f));
        let owner = m.owner();
        let tied = of.of.map(|variable| self.tie(m, variable));
        let condition = of.condition.as_ref().map(|c| self.condition(c, Some(of.event), Some(owner)));
        Listener { event, key, of: tied, condition }
    }

    /// The send of a variable, whose latest effect id is kept from now on.
    fn tie(&mut self, m: &mut Making, variable: hir::VariableId) -> u16 {
        let key = (m.copy, variable);
        if !m.tied.iter().any(|(v, _)| *v == key) {
            let id = m.id_words(&self.variables(m)[variable].name);
            m.tied.push((key, id));
        }
        m.sends.iter().find(|(v, _)| *v == key).map_or(0, |(_, send)| *send)
    }

    /// The variables that are seen: the journey's, or those of the offer whose steps are being copied.
    pub(super) fn variables(&self, m: &Making) -> &'a [hir::Variable] {
        match m.copy {
            0 => &self.program.journeys[m.journey].variables,
            copy => &self.program.offers[m.copies[copy as usize - 1]].variables,
        }
    }

    fn header(&mut self, m: &mut Making, journey: &hir::Journey) {
        let owner = m.owner();
        let variables = &self.program.journeys[m.journey].variables;
        if let Some(hir::ExprKind::Field(variable, field)) = journey.key.as_ref().map(|k| &k.kind) {
            m.image.key = Some(self.slot(owner, *variable, *field));
        }
        for trigger in &journey.triggers {
            let trigger = match trigger {
                hir::Trigger::Event(of) => image::Trigger::Event {
                    listener: self.listener(m, of),
                    capture: self.capture(owner, variables, of.alias, of.event),
                },
                hir::Trigger::Enters(segment) => image::Trigger::Begins(self.watch_segment(*segment)),
                hir::Trigger::Leaves(segment) => image::Trigger::Ceases(self.watch_segment(*segment)),
                hir::Trigger::Condition(condition) => image::Trigger::Begins(self.watch(condition)),
                hir::Trigger::Every { day, at, zone, segment } => image::Trigger::Every {
                    day: day_rule(day),
                    at: *at,
                    zone: zone.as_ref().map(|z| self.text(z)),
                    segment: segment.map(|s| s as u16),
                },
                hir::Trigger::Date { field, at, zone } => image::Trigger::Anniversary {
                    field: self.profile_field(*field),
                    at: *at,
                    zone: zone.as_ref().map(|z| self.text(z)),
                },
                hir::Trigger::HandOff(from) => image::Trigger::HandOff(self.journey_index[*from]),
            };
            m.image.triggers.push(trigger);
        }
        m.image.only_if = journey.only_if.as_ref().map(|c| self.condition(c, None, Some(owner)));
        for (of, variable) in &journey.start_over {
            let listener = self.listener(m, of);
            let capture = self.capture(owner, variables, Some(*variable), of.event);
            m.image.start_over.push(image::StartOver { listener, capture });
        }
        for (of, variable) in &journey.updates {
            let listener = self.listener(m, of);
            let mut capture = self.capture(owner, variables, Some(*variable), of.event);
            // Only what the event has is replaced.
            capture.clear.clear();
            m.image.updates.push(image::Update { listener, capture });
        }
        for goal in &journey.goals {
            let listener = self.listener(m, &goal.event);
            m.image.goals.push(image::Goal { listener, within: goal.within, go_on: goal.go_on });
        }
        self.clauses(m, &journey.clauses);
    }

    /// `exit`, `pause`, `meanwhile` of a header or of the stage that is open.
    pub(super) fn clauses(&mut self, m: &mut Making, clauses: &hir::Clauses) {
        for exit in &clauses.exits {
            let on = self.occasion(m, &exit.on);
            let (text, stage) = (self.source(exit.span), m.stage);
            m.image.exits.push(image::Exit { on, text, for_good: exit.for_good, stage });
        }
        for pause in &clauses.pauses {
            let on = self.occasion(m, &pause.on);
            let until = pause.until.as_ref().map(|u| self.listener(m, u));
            let since = m.word(&format!("paused{}", m.image.pauses.len() + 1), image::Ty::Moment);
            let (text, stage) = (self.source(pause.span), m.stage);
            m.image.pauses.push(image::Pause {
                on,
                until,
                text,
                at_most: pause.at_most,
                then_exit: pause.then_exit,
                stage,
                since,
            });
        }
        for (hold, purpose) in &clauses.meanwhile {
            let stage = m.stage;
            m.image.meanwhile.push(image::Meanwhile { hold: *hold, purpose: *purpose as u16, stage });
        }
    }

    pub(super) fn occasion(&mut self, m: &mut Making, on: &hir::Occasion) -> image::Occasion {
        match on {
            hir::Occasion::Event(of) => image::Occasion::Event(self.listener(m, of)),
            hir::Occasion::Condition(condition) => {
                let owner = m.owner();
                image::Occasion::Condition(self.condition(condition, None, Some(owner)))
            }
        }
    }

    /// The shortest life that a policy gives the journey's runs.
    fn lasts(&self, journey: &hir::Journey) -> Option<image::Span> {
        self.program
            .policies
            .iter()
            .filter(|p| self.program.in_scope(&p.scope, &journey.about.tags))
            .flat_map(|p| &p.rules)
            .filter_map(|r| match r.kind {
                hir::RuleKind::Lasts(span) => Some(span),
                _ => None,
            })
            .min_by_key(|span| super::nominal(*span))
    }
}

/// The version: a hash of the declaration's words, without comments and layout.
pub fn version(journey: &hir::Journey, sources: &[crate::project::Source]) -> u64 {
    let source = sources.get(usize::from(journey.span.file.0));
    let text = source.and_then(|s| s.text.get(journey.span.range())).unwrap_or("");
    let words: Vec<&str> = tokens::tokenize(text)
        .into_iter()
        .filter(|t| !t.kind.is_trivia())
        .map(|t| &text[t.start as usize..t.end as usize])
        .collect();
    xxhash_rust::xxh3::xxh3_64(words.join(" ").as_bytes())
}

fn reentry(reentry: &hir::ReEntry) -> image::ReEntry {
    match reentry {
        hir::ReEntry::Never { remember } => image::ReEntry::Never { remember: remember.unwrap_or(1) },
        hir::ReEntry::AfterFinishing => image::ReEntry::AfterFinishing,
        hir::ReEntry::AfterEntry(span) => image::ReEntry::AfterEntry(*span),
        hir::ReEntry::AfterExit(span) => image::ReEntry::AfterExit(*span),
    }
}

/// Steps of one name get numbers, in order.
fn number_steps(steps: &mut [image::Step]) {
    // How many steps have a name, and how many of them have their number.
    let mut names: FxHashMap<String, (usize, usize)> = FxHashMap::default();
    for step in steps.iter() {
        match names.get_mut(&step.id) {
            Some((all, _)) => *all += 1,
            None => _ = names.insert(step.id.clone(), (1, 0)),
        }
    }
    for step in steps.iter_mut() {
        if let Some((all, numbered)) = names.get_mut(&step.id)
            && *all > 1
        {
            *numbered += 1;
            step.id = format!("{}#{numbered}", step.id);
        }
    }
}
