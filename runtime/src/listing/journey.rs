//! Journeys: the header in words, then the code, each step under its line of the program.

use super::Out;
use super::reads::{JourneyReads, reads};
use super::words::span;
use crate::image::{
    Capture, ConsentRule, Due, FnId, Instr, Journey, NextBest, Occasion, Pc, PlaceKind, ReEntry, Send, Step, TextId,
    Trigger,
};
use crate::report::words;

impl<'a> Out<'a> {
    pub(super) fn journey(&mut self, at: u16, journey: &'a Journey) {
        self.blank();
        self.line(0, format!("journey {}", journey.name));
        if !journey.annotations.is_empty() {
            let labels: Vec<String> =
                journey.annotations.iter().map(|(facet, path)| format!("@{facet} {path}")).collect();
            self.line(2, labels.join("  "));
        }
        self.reads(&reads(self.image, journey));
        self.blank();
        self.header(journey);
        self.slots(at, journey);
        self.code(journey);
        self.expressions();
    }

    fn reads(&mut self, reads: &JourneyReads) {
        let list = |items: Vec<String>| items.join(", ");
        let events = reads.events.iter().map(|(event, fields)| {
            let fields: Vec<&str> = fields.iter().map(|field| self.event_field(*event, *field)).collect();
            format!("{} {{ {} }}", self.event(*event), fields.join(", ")).replace("{  }", "{ }")
        });
        let rows = [
            ("reads events", list(events.collect())),
            ("reads profile", list(reads.profile.iter().map(|field| self.profile(*field)).collect())),
            ("reads histories", list(reads.histories.iter().map(|history| self.history(*history).into()).collect())),
            ("reads segments", list(reads.segments.iter().map(|segment| self.segment(*segment).into()).collect())),
        ];
        let rows = rows.into_iter().filter(|row| !row.1.is_empty()).map(|(what, names)| (what.to_string(), names));
        let rows = rows.collect();
        self.rows(2, rows);
    }

    fn header(&mut self, journey: &'a Journey) {
        let mut rows: Vec<(&str, String)> = Vec::new();
        for trigger in &journey.triggers {
            let text = self.trigger(journey, trigger);
            rows.push(("trigger", text));
        }
        if let Some(condition) = journey.only_if {
            rows.push(("only if", self.expression(condition).into()));
        }
        let once = journey.at_once.map_or(String::new(), |most| format!(", at most {most} at once"));
        let key = journey.key.map_or("one at a time".into(), |slot| format!("one per {}", slot_name(journey, slot)));
        rows.push(("runs", key + &once));
        rows.push((
            "re-entry",
            match &journey.reentry {
                ReEntry::Never { remember } if journey.key.is_some() => format!("never, remember {remember}"),
                ReEntry::Never { .. } => "never".into(),
                ReEntry::AfterFinishing => "after finishing".into(),
                ReEntry::AfterEntry(length) => format!("{} after entry", span(length)),
                ReEntry::AfterExit(length) => format!("{} after exit", span(length)),
            },
        ));
        for start_over in &journey.start_over {
            let text = self.listener(journey, &start_over.listener)
                + &self.keeps(journey, &start_over.listener.event, &start_over.capture);
            rows.push(("start over", format!("on {text}")));
        }
        for update in &journey.updates {
            let text = self.listener(journey, &update.listener)
                + &self.keeps(journey, &update.listener.event, &update.capture);
            rows.push(("update", format!("on {text}")));
        }
        for goal in &journey.goals {
            let within = goal.within.map_or(String::new(), |length| format!(" within {} of entry", span(&length)));
            let go_on = if goal.go_on { ", continue" } else { "" };
            rows.push(("goal", format!("on {}{within}{go_on}", self.listener(journey, &goal.listener))));
        }
        for exit in &journey.exits {
            let for_good = if exit.for_good { "for good " } else { "" };
            rows.push((
                "exit",
                format!("{for_good}{}{}", self.occasion(journey, &exit.on), self.in_stage(journey, exit.stage)),
            ));
        }
        for pause in &journey.pauses {
            let mut text = match &pause.on {
                Occasion::Condition(condition) => format!("while {}", self.expression(*condition)),
                Occasion::Event(listener) => format!("on {}", self.listener(journey, listener)),
            };
            if let Some(until) = &pause.until {
                text += &format!(" until {}", self.listener(journey, until));
            }
            if let Some(length) = &pause.at_most {
                let then = if pause.then_exit { "exit" } else { "go on" };
                text += &format!(", at most {}, then {then}", span(length));
            }
            rows.push(("pause", text + &self.in_stage(journey, pause.stage)));
        }
        for meanwhile in &journey.meanwhile {
            let does = if meanwhile.hold { "hold" } else { "drop" };
            let stage = self.in_stage(journey, meanwhile.stage);
            rows.push(("meanwhile", format!("{does} {}{stage}", self.purpose(meanwhile.purpose))));
        }
        if journey.priority != 0 {
            rows.push(("priority", journey.priority.to_string()));
        }
        let window = self.dates(journey.window);
        if !window.is_empty() {
            rows.push(("entry", window));
        }
        if let Some(share) = journey.rollout {
            // To a hundredth of a percent; the exact threshold follows from the program's own words.
            let percent = (f64::from(share) / 2f64.powi(32) * 10_000.0).round() / 100.0;
            rows.push(("rollout", format!("{percent} percent")));
        }
        if let Some(lasts) = &journey.lasts {
            rows.push(("lasts", format!("at most {}", span(lasts))));
        }
        if let Some(pc) = journey.on_leaving {
            rows.push(("on leaving", format!("go to {pc}")));
        }
        for stage in &journey.stages {
            rows.push(("stage", stage.name.clone() + &self.in_stage(journey, stage.parent)));
        }
        self.rows(2, rows.into_iter().map(|(what, text)| (what.to_string(), text)).collect());
    }

    fn trigger(&mut self, journey: &Journey, trigger: &Trigger) -> String {
        match trigger {
            Trigger::Event { listener, capture } => {
                format!("on {}{}", self.listener(journey, listener), self.keeps(journey, &listener.event, capture))
            }
            Trigger::Begins(watch) => format!("when {} begins to hold", self.watch(*watch)),
            Trigger::Ceases(watch) => format!("when {} ceases to hold", self.watch(*watch)),
            Trigger::Every { day, at, zone, segment } => {
                let who = segment.map_or(String::new(), |segment| format!(" for {}", self.segment(segment)));
                format!("every {} at {}{}{who}", self.day(day), words::time(*at), self.in_zone(*zone))
            }
            Trigger::Anniversary { field, at, zone } => {
                format!("on {} at {}{}", self.profile(*field), words::time(*at), self.in_zone(*zone))
            }
            Trigger::HandOff(from) => format!("from {}", self.other_journey(*from)),
        }
    }

    fn in_zone(&self, zone: Option<TextId>) -> String {
        zone.map_or(String::new(), |zone| format!(" in {}", self.constant(zone)))
    }

    fn in_stage(&self, journey: &Journey, stage: Option<u16>) -> String {
        let stage = stage.and_then(|stage| journey.stages.get(usize::from(stage)));
        stage.map_or(String::new(), |stage| format!(", in stage {}", stage.name))
    }

    fn occasion(&mut self, journey: &Journey, on: &Occasion) -> String {
        match on {
            Occasion::Event(listener) => format!("on {}", self.listener(journey, listener)),
            Occasion::Condition(condition) => format!("when {}", self.expression(*condition)),
        }
    }

    /// What of an event is kept: slots that are called as their field is are not said twice.
    fn keeps(&self, journey: &Journey, event: &u16, capture: &Capture) -> String {
        let fields = capture.fields.iter().map(|(field, slot)| {
            let (field, slot) = (self.event_field(*event, *field), slot_name(journey, *slot));
            if slot.rsplit('.').next() == Some(field) { slot.to_string() } else { format!("{slot} = {field}") }
        });
        let mut parts: Vec<String> = fields.collect();
        parts.extend(capture.happened_at.map(|slot| slot_name(journey, slot).to_string()));
        let mut text = if parts.is_empty() { String::new() } else { format!("; keeps {}", parts.join(", ")) };
        if !capture.clear.is_empty() {
            let cleared: Vec<&str> = capture.clear.iter().map(|slot| slot_name(journey, *slot)).collect();
            text += &format!("; forgets {}", cleared.join(", "));
        }
        text
    }

    fn slots(&mut self, at: u16, journey: &Journey) {
        self.blank();
        let bytes = self.layout.run_words.get(usize::from(at)).map_or(0, |words| 8 * words);
        self.line(2, format!("each run keeps {bytes} bytes"));
        let rows = journey.slots.iter().enumerate().map(|(slot, kept)| {
            let parameter = if slot < usize::from(journey.params) { ", a parameter" } else { "" };
            let zero = if journey.zeroed.contains(&(slot as u16)) { " = 0" } else { "" };
            (kept.name.clone(), format!("{}{zero}{parameter}", self.ty(&kept.ty)))
        });
        let rows = rows.collect();
        self.rows(4, rows);
    }

    fn code(&mut self, journey: &'a Journey) {
        let mut present = None;
        let mut shown = vec![false; journey.steps.len()];
        for (pc, instr) in journey.code.iter().enumerate() {
            let step = journey.step_of.get(pc).copied().map(usize::from);
            if step != present {
                present = step;
                if let Some((at, step)) = step.and_then(|at| Some((at, journey.steps.get(at)?))) {
                    let again = std::mem::replace(&mut shown[at], true);
                    self.blank();
                    self.line(2, self.step(journey, step, again, instr));
                }
            }
            let mut lines = self.instr(journey, pc, instr).into_iter();
            self.line(2, format!("{pc:>4}  {}", lines.next().unwrap_or_default()));
            lines.for_each(|line| self.line(10, line));
        }
    }

    /// The heading of a step; a short one when some of its code has been shown.
    fn step(&self, journey: &Journey, step: &Step, again: bool, instr: &Instr) -> String {
        match (again, instr) {
            (true, Instr::Finish(None)) => "// the end".into(),
            (true, _) => format!("// [{}]", step.id),
            (false, _) => {
                let labels = step.annotations.iter().filter(|label| !journey.annotations.contains(label));
                let labels: String = labels.map(|(facet, path)| format!("  @{facet} {path}")).collect();
                format!("// {}   [{}{}]{labels}", step.text, step.id, self.in_stage(journey, step.stage))
            }
        }
    }

    fn instr(&mut self, journey: &'a Journey, pc: usize, instr: &'a Instr) -> Vec<String> {
        let image = self.image;
        let line = match instr {
            Instr::Nop => "nothing".into(),
            Instr::Jump(to) => format!("go to {to}"),
            Instr::Unless { condition, to } => format!("unless {} go to {to}", self.expression(*condition)),
            Instr::Stay(place) => return self.place(journey, pc, *place),
            Instr::Experiment { name, arms } => {
                let mut lines = vec![format!("experiment {}", self.pool.get(*name))];
                let mut before = 0;
                for (threshold, arm, to) in arms {
                    let share = ((threshold - before) as f64 / 2f64.powi(32) * 10_000.0).round() / 100.0;
                    lines.push(format!("{} {share} percent: go to {to}", self.pool.get(*arm)));
                    before = *threshold;
                }
                return lines;
            }
            Instr::NextBest(at) => match journey.next_best.get(usize::from(*at)) {
                Some(decision) => return self.decision(journey, decision),
                None => "?".into(),
            },
            Instr::Send(at) => match journey.sends.get(usize::from(*at)) {
                Some(send) => return self.send(journey, send),
                None => "?".into(),
            },
            Instr::Set { field, value } => format!("set {} = {}", self.profile(*field), self.expression(*value)),
            Instr::Emit { event, fields } => {
                let values = fields.iter().enumerate().filter_map(|(field, value)| {
                    let name = self.event_field(*event, field as u16);
                    Some((name, (*value)?))
                });
                let values: Vec<(&str, FnId)> = values.collect();
                format!("emit {} {{ {} }}", self.event(*event), self.arguments(values))
            }
            Instr::Call { webhook, inputs, .. } => {
                let name = image.webhooks.get(usize::from(*webhook)).map_or("?", |webhook| webhook.name.as_str());
                format!(
                    "call {name}({})",
                    self.arguments(inputs.iter().map(|input| (input.name.as_str(), input.value)))
                )
            }
            Instr::Task { team, text, due, .. } => {
                let team = image.teams.get(usize::from(*team)).map_or("?", String::as_str);
                let due = due.map_or(String::new(), |length| format!(" due in {}", span(&length)));
                format!("task for {team} {}{due}", self.constant(*text))
            }
            Instr::Let { slot, value } => format!("{} = {}", slot_name(journey, *slot), self.expression(*value)),
            Instr::Again { slot, times, body } => {
                format!("{} + 1; while below {times} go to {body}", slot_name(journey, *slot))
            }
            Instr::GoTo { journey: other, args } => {
                let slots = image.journeys.get(usize::from(*other)).map_or(&[][..], |other| &other.slots);
                let args = slots.iter().zip(args).filter_map(|(slot, value)| Some((slot.name.as_str(), (*value)?)));
                format!("hand off to {}({})", self.other_journey(*other), self.arguments(args))
            }
            Instr::Finish(None) => "finish".into(),
            Instr::Finish(Some(label)) => format!("finish as {}", self.constant(*label)),
        };
        vec![line]
    }

    fn place(&mut self, journey: &'a Journey, pc: usize, place: u16) -> Vec<String> {
        let Some(place) = journey.places.get(usize::from(place)) else { return vec!["?".into()] };
        // What comes next in any case is not said.
        let then = |next: Pc| if next as usize == pc + 1 { String::new() } else { format!("; then go to {next}") };
        match &place.kind {
            PlaceKind::Timer { due, past, next } => {
                let past = past.map_or(String::new(), |to| format!("; if that is past go to {to}"));
                vec![format!("wait {}{past}{}", self.due(due, ""), then(*next))]
            }
            PlaceKind::First { due, arms, timeout } => {
                let mut lines = vec![format!("wait {}", self.due(due, "up to "))];
                for arm in arms {
                    let becomes = if arm.becomes.is_some() { " becomes true" } else { "" };
                    let mut text = self.occasion(journey, &arm.on) + becomes;
                    if let Occasion::Event(listener) = &arm.on {
                        text += &self.keeps(journey, &listener.event, &arm.capture);
                    }
                    lines.push(format!("{text}: go to {}", arm.next));
                }
                lines.push(format!("else: go to {timeout}"));
                lines
            }
            PlaceKind::Collect { listener, due, fields, list, at_most, next } => {
                let fields: Vec<&str> = fields.iter().map(|field| self.event_field(listener.event, *field)).collect();
                let what = format!("{} {{ {} }}", self.listener(journey, listener), fields.join(", "));
                let list = slot_name(journey, *list);
                vec![format!("collect {what} in {list} {}, at most {at_most}{}", self.due(due, "for "), then(*next))]
            }
            PlaceKind::Answer { webhook, slots, next, failed, .. } => {
                let webhook = self.image.webhooks.get(usize::from(*webhook));
                let (name, gives) = webhook.map_or(("?", &[][..]), |webhook| (&webhook.name, &webhook.gives));
                let kept = gives
                    .iter()
                    .zip(slots)
                    .filter_map(|(field, slot)| Some(format!("{} = {}", slot_name(journey, (*slot)?), field.name)));
                let kept: Vec<String> = kept.collect();
                let kept = if kept.is_empty() { String::new() } else { format!("; keeps {}", kept.join(", ")) };
                vec![
                    format!("wait for the answer of {name}"),
                    format!("answer{kept}: go to {next}"),
                    format!("else: go to {failed}"),
                ]
            }
            PlaceKind::Task { due, done, late, .. } => {
                let due = due.map_or(String::new(), |length| format!(", up to {}", span(&length)));
                vec![format!("wait for the task{due}"), format!("done: go to {done}"), format!("else: go to {late}")]
            }
        }
    }

    fn due(&mut self, due: &Due, for_length: &str) -> String {
        match due {
            Due::After(length) => format!("{for_length}{}", span(length)),
            Due::At(moment) => format!("until {}", self.expression(*moment)),
        }
    }

    fn send(&mut self, journey: &'a Journey, send: &'a Send) -> Vec<String> {
        let message = self.image.messages.get(usize::from(send.message));
        let (name, purpose) =
            message.map_or(("?", "?"), |message| (message.name.as_str(), self.purpose(message.purpose)));
        let inputs = self.arguments(send.inputs.iter().map(|input| (input.name.as_str(), input.value)));
        let offer = send.offer.map_or(String::new(), |offer| format!(", counted for offer {}", self.offer(offer)));
        let mut lines = vec![format!("send {name}({inputs}) for {purpose}{offer}")];
        for one in &send.tries {
            let consent = match one.consent {
                ConsentRule::None => "without consent",
                ConsentRule::Channel => "with consent for the channel",
                ConsentRule::Any => "with consent for any channel",
            };
            lines.push(format!("by {}, {consent}", self.channel(one.channel)));
            let rules = one.rules.iter().filter_map(|rule| self.image.rules.get(usize::from(*rule)));
            lines.extend(rules.map(|rule| format!("  {}", rule.text)));
        }
        let kept = [("due", send.due), ("sent_at", send.sent_at), ("channel", send.channel), ("id", send.id)];
        let kept = kept.into_iter().filter_map(|(what, slot)| Some((what, slot_name(journey, slot?))));
        // A slot that is called as what it keeps is not said twice.
        let kept = kept.map(|(what, slot)| if slot.ends_with(what) { slot.into() } else { format!("{slot} = {what}") });
        let kept: Vec<String> = kept.collect();
        if !kept.is_empty() {
            lines.push(format!("keeps {}", kept.join(", ")));
        }
        lines.extend(send.sent.map(|to| format!("sent: go to {to}")));
        lines.extend(send.refused.map(|to| format!("refused: go to {to}")));
        lines
    }

    fn decision(&mut self, journey: &'a Journey, decision: &'a NextBest) -> Vec<String> {
        let mut lines = vec![format!("next best action, rank by {}", decision.rank_text)];
        for candidate in &decision.candidates {
            let eligible = candidate.eligible.map_or(String::new(), |if_| format!(" if {}", self.expression(if_)));
            let rank = self.expression(candidate.rank);
            let send = journey.sends.get(usize::from(candidate.send));
            let message = send.and_then(|send| self.image.messages.get(usize::from(send.message)));
            let message = message.map_or("?", |message| message.name.as_str());
            let offer = self.offer(candidate.offer);
            lines.push(format!("{offer}{eligible}, rank {rank}, first sends {message}: go to {}", candidate.body));
        }
        lines.push(format!("else: go to {}", decision.otherwise));
        lines
    }

    /// `cart: cart.id, amount: cart.value * 2`; a value that is called as its name is not said twice.
    fn arguments<'n>(&mut self, arguments: impl IntoIterator<Item = (&'n str, FnId)>) -> String {
        let arguments = arguments.into_iter().map(|(name, value)| {
            let value = self.expression(value);
            if value == name { name.to_string() } else { format!("{name}: {value}") }
        });
        arguments.collect::<Vec<_>>().join(", ")
    }
}

fn slot_name(journey: &Journey, slot: u16) -> &str {
    journey.slots.get(usize::from(slot)).map_or("?", |slot| slot.name.as_str())
}
