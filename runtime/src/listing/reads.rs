//! What a journey reads: the fields of events and of the profile, histories and segments.

use crate::image::{
    Capture, Due, Event, FnId, Function, Image, Instr, Journey, Listener, Occasion, Op, Place, PlaceKind, Role, Send,
    Trigger, WaitArm,
};
use std::collections::{BTreeMap, BTreeSet};

/// What a journey reads.
#[derive(Default)]
pub(super) struct JourneyReads {
    /// For each event, its fields.
    pub events: BTreeMap<u16, BTreeSet<u16>>,
    pub profile: BTreeSet<u16>,
    pub histories: BTreeSet<u16>,
    pub segments: BTreeSet<u16>,
}

/// Goes through everything a journey names.
pub(super) fn reads(image: &Image, journey: &Journey) -> JourneyReads {
    let mut walk = Walk { image, journey, seen: BTreeSet::new(), reads: JourneyReads::default() };
    walk.header();
    journey.code.iter().for_each(|instr| walk.instr(instr));
    journey.places.iter().for_each(|place| walk.place(place));
    journey.sends.iter().for_each(|send| walk.send(send));
    for candidate in journey.next_best.iter().flat_map(|decision| &decision.candidates) {
        walk.functions(candidate.eligible);
        walk.functions([candidate.rank]);
    }
    walk.reads
}

struct Walk<'a> {
    image: &'a Image,
    journey: &'a Journey,
    seen: BTreeSet<FnId>,
    reads: JourneyReads,
}

impl Walk<'_> {
    fn header(&mut self) {
        let journey = self.journey;
        for trigger in &journey.triggers {
            match trigger {
                Trigger::Event { listener, capture } => {
                    self.listener(listener);
                    self.capture(listener.event, capture);
                }
                Trigger::Begins(watch) | Trigger::Ceases(watch) => self.watch(*watch),
                Trigger::Every { segment, .. } => segment.iter().for_each(|segment| self.segment(*segment)),
                Trigger::Anniversary { field, .. } => _ = self.reads.profile.insert(*field),
                Trigger::HandOff(_) => {}
            }
        }
        self.functions(journey.only_if);
        let replaced = journey.start_over.iter().map(|one| (&one.listener, &one.capture));
        for (listener, capture) in replaced.chain(journey.updates.iter().map(|one| (&one.listener, &one.capture))) {
            self.listener(listener);
            self.capture(listener.event, capture);
        }
        journey.goals.iter().for_each(|goal| self.listener(&goal.listener));
        journey.exits.iter().for_each(|exit| self.occasion(&exit.on));
        for pause in &journey.pauses {
            self.occasion(&pause.on);
            pause.until.iter().for_each(|listener| self.listener(listener));
        }
    }

    fn instr(&mut self, instr: &Instr) {
        match instr {
            Instr::Unless { condition: value, .. } | Instr::Set { value, .. } | Instr::Let { value, .. } => {
                self.functions([*value]);
            }
            Instr::Emit { fields: values, .. } | Instr::GoTo { args: values, .. } => {
                self.functions(values.iter().copied().flatten());
            }
            Instr::Call { inputs, .. } => self.functions(inputs.iter().map(|input| input.value)),
            _ => {}
        }
    }

    fn place(&mut self, place: &Place) {
        match &place.kind {
            PlaceKind::Timer { due, .. } => self.due(due),
            PlaceKind::First { due, arms, .. } => {
                self.due(due);
                for WaitArm { on, capture, .. } in arms {
                    self.occasion(on);
                    if let Occasion::Event(listener) = on {
                        self.capture(listener.event, capture);
                    }
                }
            }
            PlaceKind::Collect { listener, due, fields, .. } => {
                self.listener(listener);
                self.due(due);
                self.reads.events.entry(listener.event).or_default().extend(fields);
            }
            PlaceKind::Answer { .. } | PlaceKind::Task { .. } => {}
        }
    }

    fn send(&mut self, send: &Send) {
        self.functions(send.inputs.iter().map(|input| input.value));
        for one in &send.tries {
            let channel = self.image.channels.get(usize::from(one.channel));
            self.functions(channel.and_then(|channel| channel.address));
        }
    }

    fn due(&mut self, due: &Due) {
        if let Due::At(moment) = due {
            self.functions([*moment]);
        }
    }

    fn occasion(&mut self, on: &Occasion) {
        match on {
            Occasion::Event(listener) => self.listener(listener),
            Occasion::Condition(condition) => self.functions([*condition]),
        }
    }

    fn listener(&mut self, listener: &Listener) {
        let fields = self.reads.events.entry(listener.event).or_default();
        fields.extend(listener.key);
        if listener.of.is_some()
            && let Some(Event { role: Role::Receipt { send_id, message }, .. }) =
                self.image.events.get(usize::from(listener.event))
        {
            fields.extend(send_id.iter().chain(message));
        }
        self.functions(listener.condition);
    }

    fn capture(&mut self, event: u16, capture: &Capture) {
        self.reads.events.entry(event).or_default().extend(capture.fields.iter().map(|(field, _)| *field));
    }

    fn segment(&mut self, segment: u16) {
        self.reads.segments.insert(segment);
        let segment = self.image.segments.get(usize::from(segment));
        self.functions(segment.map(|segment| segment.condition));
    }

    fn watch(&mut self, watch: u16) {
        let watch = self.image.watches.get(usize::from(watch));
        self.functions(watch.map(|watch| watch.condition));
    }

    fn functions(&mut self, functions: impl IntoIterator<Item = FnId>) {
        for function in functions {
            if self.seen.insert(function)
                && let Some(function) = self.image.functions.get(function as usize)
            {
                function.ops.iter().for_each(|op| self.op(function, op));
            }
        }
    }

    fn op(&mut self, function: &Function, op: &Op) {
        match op {
            Op::Profile { field, .. } => _ = self.reads.profile.insert(*field),
            Op::Event { field, .. } => {
                if let Some(event) = function.event {
                    self.reads.events.entry(event).or_default().insert(*field);
                }
            }
            Op::Kept { history, .. } | Op::Tally { history, .. } => _ = self.reads.histories.insert(*history),
            Op::InSegment { segment, .. } => self.segment(*segment),
            Op::Held { watch, .. } => self.watch(*watch),
            Op::Each { body, .. } => self.functions([*body]),
            _ => {}
        }
    }
}
