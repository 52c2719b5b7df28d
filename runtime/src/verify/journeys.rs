//! Journeys: their headers, and the control flow of their code.

use super::functions::Kind;
use super::{Check, MOST, Site, distinct};
use crate::image::{
    Capture, Due, FnId, Instr, Journey, Listener, NextBest, Occasion, Pc, PlaceKind, ReEntry, Send, Trigger, Ty,
};

/// Most keys that are remembered.
const MOST_KEYS: u32 = 1 << 16;
/// Arms of an experiment share this.
const WHOLE: u64 = 1 << 32;

/// A journey and its index.
#[derive(Clone, Copy)]
struct This<'a> {
    at: u16,
    journey: &'a Journey,
}

impl Check<'_> {
    pub(super) fn journeys(&mut self) {
        let image = self.image;
        self.at("journeys");
        self.need(image.journeys.is_sorted_by(|a, b| a.name < b.name), "they are not ordered by name");
        for (at, journey) in image.journeys.iter().enumerate() {
            let this = This { at: at as u16, journey };
            self.header(this);
            self.tables(this);
            if !self.errors.is_empty() {
                continue;
            }
            for (pc, instr) in journey.code.iter().enumerate() {
                self.at(format!("journey {}, instruction {pc}", journey.name));
                self.instr(this, pc, instr);
            }
            for (at, place) in journey.places.iter().enumerate() {
                self.at(format!("journey {}, place {at}", journey.name));
                self.stage(this, place.stage);
                self.place(this, &place.kind);
            }
            for (at, send) in journey.sends.iter().enumerate() {
                self.at(format!("journey {}, send {at}", journey.name));
                self.send(this, send);
            }
            for (at, decision) in journey.next_best.iter().enumerate() {
                self.at(format!("journey {}, decision {at}", journey.name));
                self.next_best(this, decision);
            }
            if let (Some(start), true) = (journey.on_leaving, self.errors.is_empty()) {
                self.at(format!("journey {}, on leaving", journey.name));
                self.leaves_at_once(this, start);
            }
        }
    }

    fn header(&mut self, this: This<'_>) {
        let image = self.image;
        let journey = this.journey;
        self.at(format!("journey {}", journey.name));
        for slot in &journey.slots {
            self.ty(&slot.ty);
        }
        self.need(usize::from(journey.params) <= journey.slots.len(), "more parameters than slots");
        journey.key.iter().for_each(|slot| self.slot(this, *slot, None));
        journey.zeroed.iter().for_each(|slot| self.slot(this, *slot, None));
        match &journey.reentry {
            ReEntry::Never { remember } => {
                self.need((1..=MOST_KEYS).contains(remember), "remembers no key, or too many")
            }
            ReEntry::AfterFinishing => {}
            ReEntry::AfterEntry(span) | ReEntry::AfterExit(span) => self.ahead(span),
        }
        for (at, trigger) in journey.triggers.iter().enumerate() {
            self.at(format!("journey {}, trigger {at}", journey.name));
            match trigger {
                Trigger::Event { listener, capture } => {
                    self.need(listener.key.is_none() && listener.of.is_none(), "a trigger is tied to a run");
                    self.listener(this, listener, false);
                    self.capture(this, listener.event, capture);
                }
                Trigger::Begins(watch) | Trigger::Ceases(watch) => _ = self.index("watch", *watch, image.watches.len()),
                Trigger::Every { day, at, zone, segment } => {
                    self.day(day);
                    self.time(*at);
                    self.zone(*zone);
                    segment.iter().for_each(|segment| _ = self.index("segment", *segment, image.segments.len()));
                }
                Trigger::Anniversary { field, at, zone } => {
                    if self.index("profile field", *field, image.profile.len()) {
                        let date = image.profile[usize::from(*field)].ty == Ty::Date;
                        self.need(date, "an anniversary of something that is no date");
                    }
                    self.time(*at);
                    self.zone(*zone);
                }
                Trigger::HandOff(from) => _ = self.index("journey", *from, image.journeys.len()),
            }
        }
        self.at(format!("journey {}, only if", journey.name));
        journey.only_if.iter().for_each(|condition| self.condition(this, *condition, None));
        self.at(format!("journey {}", journey.name));
        self.dates(journey.window);
        for (at, start_over) in journey.start_over.iter().enumerate() {
            self.at(format!("journey {}, start over {at}", journey.name));
            self.listener(this, &start_over.listener, true);
            self.capture(this, start_over.listener.event, &start_over.capture);
        }
        for (at, update) in journey.updates.iter().enumerate() {
            self.at(format!("journey {}, update {at}", journey.name));
            self.listener(this, &update.listener, true);
            self.capture(this, update.listener.event, &update.capture);
        }
        for (at, goal) in journey.goals.iter().enumerate() {
            self.at(format!("journey {}, goal {at}", journey.name));
            self.listener(this, &goal.listener, true);
            goal.within.iter().for_each(|span| self.ahead(span));
        }
        for (at, exit) in journey.exits.iter().enumerate() {
            self.at(format!("journey {}, exit {at}", journey.name));
            self.occasion(this, &exit.on);
            self.stage(this, exit.stage);
        }
        for (at, pause) in journey.pauses.iter().enumerate() {
            self.at(format!("journey {}, pause {at}", journey.name));
            self.occasion(this, &pause.on);
            pause.until.iter().for_each(|listener| self.listener(this, listener, true));
            self.need(
                pause.until.is_none() || matches!(pause.on, Occasion::Event(_)),
                "ends by an event, but begins by none",
            );
            pause.at_most.iter().for_each(|span| self.ahead(span));
            self.slot(this, pause.since, Some(&Ty::Moment));
            self.stage(this, pause.stage);
        }
        self.at(format!("journey {}", journey.name));
        for meanwhile in &journey.meanwhile {
            self.index("purpose", meanwhile.purpose, image.purposes.len());
            self.stage(this, meanwhile.stage);
        }
        journey.lasts.iter().for_each(|span| self.ahead(span));
    }

    fn tables(&mut self, this: This<'_>) {
        let journey = this.journey;
        self.at(format!("journey {}", journey.name));
        self.need(!journey.code.is_empty(), "it has no code");
        self.need(journey.code.len() < u32::MAX as usize, "its code is too long");
        for (what, length) in [
            ("steps", journey.steps.len()),
            ("stages", journey.stages.len()),
            ("places", journey.places.len()),
            ("sends", journey.sends.len()),
            ("decisions", journey.next_best.len()),
        ] {
            if length >= MOST {
                self.error(format!("too many {what}"));
            }
        }
        self.need(journey.step_of.len() == journey.code.len(), "not every instruction belongs to a step");
        self.need(
            journey.step_of.iter().all(|step| usize::from(*step) < journey.steps.len()),
            "an instruction belongs to no step",
        );
        self.need(distinct(journey.steps.iter().map(|step| &step.id)), "two steps have one name");
        for (at, step) in journey.steps.iter().enumerate() {
            self.need(step.parent.is_none_or(|parent| usize::from(parent) < at), "a step stands in a later one");
            self.stage(this, step.stage);
            self.pc(this, step.pc);
        }
        for (at, stage) in journey.stages.iter().enumerate() {
            self.need(stage.parent.is_none_or(|parent| usize::from(parent) < at), "a stage stands in a later one");
        }
        journey.points.iter().for_each(|point| self.pc(this, point.pc));
        journey.on_leaving.iter().for_each(|pc| self.pc(this, *pc));
    }

    fn instr(&mut self, this: This<'_>, pc: usize, instr: &Instr) {
        let image = self.image;
        let journey = this.journey;
        let goes_on = match instr {
            Instr::Nop => true,
            Instr::Jump(to) => {
                self.pc(this, *to);
                false
            }
            Instr::Unless { condition, to } => {
                self.condition(this, *condition, None);
                self.pc(this, *to);
                true
            }
            Instr::Stay(place) => {
                self.index("place", *place, journey.places.len());
                false
            }
            Instr::Experiment { name, arms } => {
                self.text_id(*name);
                for (_, arm, to) in arms {
                    self.text_id(*arm);
                    self.pc(this, *to);
                }
                let rising = arms.is_sorted_by(|a, b| a.0 <= b.0);
                self.need(rising && arms.last().is_some_and(|last| last.0 == WHOLE), "the arms do not share the whole");
                false
            }
            Instr::NextBest(at) => {
                self.index("decision", *at, journey.next_best.len());
                false
            }
            Instr::Send(at) => {
                let inside = self.index("send", *at, journey.sends.len());
                let send = &journey.sends[if inside { usize::from(*at) } else { return }];
                send.sent.is_none() || send.refused.is_none()
            }
            Instr::Set { field, value } => {
                if self.index("profile field", *field, image.profile.len()) {
                    self.function(*value, &image.profile[usize::from(*field)].ty, Self::run_site(this.at, None));
                }
                true
            }
            Instr::Emit { event, fields } => {
                if self.index("event", *event, image.events.len()) {
                    let event = &image.events[usize::from(*event)];
                    self.need(event.fields.len() == fields.len(), "the event has other fields");
                    for (field, value) in event.fields.iter().zip(fields) {
                        value.iter().for_each(|value| self.function(*value, &field.ty, Self::run_site(this.at, None)));
                    }
                }
                true
            }
            Instr::Call { webhook, inputs, id } => {
                self.index("webhook", *webhook, image.webhooks.len());
                inputs.iter().for_each(|input| self.input(this, input.value));
                self.pair(this, *id);
                true
            }
            Instr::Task { team, text, due, id } => {
                self.index("team", *team, image.teams.len());
                self.text_id(*text);
                due.iter().for_each(|span| self.ahead(span));
                id.iter().for_each(|id| self.pair(this, *id));
                true
            }
            Instr::Let { slot, value } => {
                if self.index("slot", *slot, journey.slots.len()) {
                    self.function(*value, &journey.slots[usize::from(*slot)].ty, Self::run_site(this.at, None));
                }
                true
            }
            Instr::Again { slot, body, .. } => {
                self.slot(this, *slot, Some(&Ty::Int));
                self.pc(this, *body);
                true
            }
            Instr::GoTo { journey: other, args } => {
                if self.index("journey", *other, image.journeys.len()) {
                    let other = &image.journeys[usize::from(*other)];
                    self.need(args.len() == usize::from(other.params), "hands off other parameters than are asked for");
                    for (slot, value) in other.slots.iter().zip(args) {
                        value.iter().for_each(|value| self.function(*value, &slot.ty, Self::run_site(this.at, None)));
                    }
                }
                false
            }
            Instr::Finish(label) => {
                label.iter().for_each(|label| self.text_id(*label));
                false
            }
        };
        self.need(!goes_on || pc + 1 < journey.code.len(), "control runs out of the code");
    }

    fn place(&mut self, this: This<'_>, place: &PlaceKind) {
        let image = self.image;
        match place {
            PlaceKind::Timer { due, past, next } => {
                self.due(this, due);
                past.iter().for_each(|pc| self.pc(this, *pc));
                self.pc(this, *next);
            }
            PlaceKind::First { due, arms, timeout } => {
                self.due(this, due);
                self.pc(this, *timeout);
                for arm in arms {
                    self.occasion(this, &arm.on);
                    match &arm.on {
                        Occasion::Event(listener) => {
                            self.capture(this, listener.event, &arm.capture);
                            self.need(arm.becomes.is_none(), "an event does not become true");
                        }
                        Occasion::Condition(_) => {
                            let nothing = arm.capture == Capture::default();
                            self.need(nothing, "a condition brings no event to keep");
                            arm.becomes.iter().for_each(|slot| self.slot(this, *slot, None));
                        }
                    }
                    self.pc(this, arm.next);
                }
            }
            PlaceKind::Collect { listener, due, fields, list, at_most, next } => {
                self.listener(this, listener, true);
                self.due(this, due);
                if let Some(event) = image.events.get(usize::from(listener.event)) {
                    fields.iter().for_each(|field| _ = self.index("field", *field, event.fields.len()));
                }
                self.need(*at_most > 0, "nothing is collected");
                if self.index("slot", *list, this.journey.slots.len()) {
                    let kind = Kind::of(&this.journey.slots[usize::from(*list)].ty);
                    self.need(kind == Kind::List(fields.len().max(1)), "what is collected does not fit its list");
                }
                self.pc(this, *next);
            }
            PlaceKind::Answer { webhook, id, slots, next, failed } => {
                self.pair(this, *id);
                self.pc(this, *next);
                self.pc(this, *failed);
                if self.index("webhook", *webhook, image.webhooks.len()) {
                    let gives = &image.webhooks[usize::from(*webhook)].gives;
                    self.need(gives.len() == slots.len(), "the answer has other fields");
                    for (field, slot) in gives.iter().zip(slots) {
                        slot.iter().for_each(|slot| self.slot(this, *slot, Some(&field.ty)));
                    }
                }
            }
            PlaceKind::Task { id, due, done, late } => {
                self.pair(this, *id);
                due.iter().for_each(|span| self.ahead(span));
                self.pc(this, *done);
                self.pc(this, *late);
            }
        }
    }

    fn send(&mut self, this: This<'_>, send: &Send) {
        let image = self.image;
        self.index("message", send.message, image.messages.len());
        send.inputs.iter().for_each(|input| self.input(this, input.value));
        for one in &send.tries {
            self.index("channel", one.channel, image.channels.len());
            one.rules.iter().for_each(|rule| _ = self.index("rule", *rule, image.rules.len()));
        }
        send.offer.iter().for_each(|offer| _ = self.index("offer", *offer, image.offers.len()));
        send.due.iter().for_each(|slot| self.slot(this, *slot, Some(&Ty::Moment)));
        send.sent_at.iter().for_each(|slot| self.slot(this, *slot, Some(&Ty::Moment)));
        send.channel.iter().for_each(|slot| self.slot(this, *slot, Some(&Ty::Text)));
        send.id.iter().for_each(|slot| self.pair(this, *slot));
        send.sent.iter().chain(&send.refused).for_each(|pc| self.pc(this, *pc));
        self.stage(this, send.stage);
    }

    fn next_best(&mut self, this: This<'_>, decision: &NextBest) {
        let image = self.image;
        self.pc(this, decision.otherwise);
        for candidate in &decision.candidates {
            self.index("offer", candidate.offer, image.offers.len());
            candidate.eligible.iter().for_each(|condition| self.condition(this, *condition, None));
            if let Some(ty) = self.function_of_any_type(candidate.rank, Self::run_site(this.at, None)) {
                self.need(matches!(Kind::of(&ty), Kind::Int | Kind::Number), "the rank is no number and no money");
            }
            self.index("send", candidate.send, this.journey.sends.len());
            self.pc(this, candidate.body);
        }
    }

    /// What runs when a run ends neither waits nor hands off, and comes to its end.
    fn leaves_at_once(&mut self, this: This<'_>, start: Pc) {
        let journey = this.journey;
        let mut seen = vec![false; journey.code.len()];
        let mut open = vec![start];
        while let Some(pc) = open.pop() {
            if std::mem::replace(&mut seen[pc as usize], true) {
                continue;
            }
            match &journey.code[pc as usize] {
                Instr::Jump(to) => open.push(*to),
                Instr::Unless { to, .. } => open.extend([*to, pc + 1]),
                Instr::Again { body, .. } => open.extend([*body, pc + 1]),
                Instr::Experiment { arms, .. } => open.extend(arms.iter().map(|arm| arm.2)),
                Instr::NextBest(at) => {
                    let decision = &journey.next_best[usize::from(*at)];
                    open.push(decision.otherwise);
                    open.extend(decision.candidates.iter().map(|candidate| candidate.body));
                }
                Instr::Send(at) => {
                    let send = &journey.sends[usize::from(*at)];
                    open.extend([send.sent.unwrap_or(pc + 1), send.refused.unwrap_or(pc + 1)]);
                }
                Instr::Stay(_) | Instr::GoTo { .. } => self.error("a run that ends waits or hands off"),
                Instr::Finish(_) => {}
                Instr::Nop
                | Instr::Set { .. }
                | Instr::Emit { .. }
                | Instr::Call { .. }
                | Instr::Task { .. }
                | Instr::Let { .. } => {
                    open.push(pc + 1);
                }
            }
        }
    }

    fn listener(&mut self, this: This<'_>, listener: &Listener, run: bool) {
        let image = self.image;
        if !self.index("event", listener.event, image.events.len()) {
            return;
        }
        if let Some(field) = listener.key {
            let fields = &image.events[usize::from(listener.event)].fields;
            if self.index("field", field, fields.len()) {
                let key = this.journey.key.and_then(|slot| this.journey.slots.get(usize::from(slot)));
                let alike = key.is_some_and(|slot| Kind::of(&slot.ty).fits(Kind::of(&fields[usize::from(field)].ty)));
                self.need(alike, "the event's field cannot be the key of a run");
            }
        }
        if let Some(send) = listener.of
            && self.index("send", send, this.journey.sends.len())
        {
            self.need(this.journey.sends[usize::from(send)].id.is_some(), "a receipt of a send whose id is not kept");
        }
        if let Some(condition) = listener.condition {
            let site = Site { event: Some(listener.event), journey: Some(this.at), run };
            self.function(condition, &Ty::Bool, site);
        }
    }

    fn occasion(&mut self, this: This<'_>, on: &Occasion) {
        match on {
            Occasion::Event(listener) => self.listener(this, listener, true),
            Occasion::Condition(condition) => self.condition(this, *condition, None),
        }
    }

    fn capture(&mut self, this: This<'_>, event: u16, capture: &Capture) {
        let Some(event) = self.image.events.get(usize::from(event)) else { return };
        for (field, slot) in &capture.fields {
            if self.index("field", *field, event.fields.len()) {
                self.slot(this, *slot, Some(&event.fields[usize::from(*field)].ty));
            }
        }
        capture.happened_at.iter().for_each(|slot| self.slot(this, *slot, Some(&Ty::Moment)));
        capture.clear.iter().for_each(|slot| self.slot(this, *slot, None));
    }

    fn due(&mut self, this: This<'_>, due: &Due) {
        match due {
            Due::After(span) => self.ahead(span),
            Due::At(moment) => self.function(*moment, &Ty::Moment, Self::run_site(this.at, None)),
        }
    }

    fn condition(&mut self, this: This<'_>, condition: FnId, event: Option<u16>) {
        self.function(condition, &Ty::Bool, Self::run_site(this.at, event));
    }

    fn input(&mut self, this: This<'_>, value: FnId) {
        self.function_of_any_type(value, Self::run_site(this.at, None));
    }

    fn pc(&mut self, this: This<'_>, pc: Pc) {
        self.index("instruction", pc, this.journey.code.len());
    }

    fn stage(&mut self, this: This<'_>, stage: Option<u16>) {
        stage.iter().for_each(|stage| _ = self.index("stage", *stage, this.journey.stages.len()));
    }

    /// A slot, of this type if one is asked for.
    fn slot(&mut self, this: This<'_>, slot: u16, ty: Option<&Ty>) {
        if self.index("slot", slot, this.journey.slots.len()) {
            let found = Kind::of(&this.journey.slots[usize::from(slot)].ty);
            self.need(ty.is_none_or(|ty| found.fits(Kind::of(ty))), "a slot has another type than what is put into it");
        }
    }

    /// Two slots, one after the other.
    fn pair(&mut self, this: This<'_>, slot: u16) {
        self.index("slot", u32::from(slot) + 1, this.journey.slots.len());
    }
}
