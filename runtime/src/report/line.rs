//! Effects and dead letters as JSON lines. Every line has its parts in the same order; what does not apply is left out.

use super::words::{Json, JsonFields, moment};
use crate::host::DeadLetter;
use crate::image::Image;
use crate::input::{Effect, EffectKind, LeaveHow, Value};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

/// An effect, ready to be written: names instead of numbers. What does not apply is none.
#[derive(Debug, Default, Serialize)]
pub struct Line<'a> {
    /// When (RFC 3339, UTC).
    pub time: String,
    /// Whose.
    pub customer: &'a str,
    /// Of which journey.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub journey: Option<&'a str>,
    /// Of which run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<u32>,
    /// At which step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<&'a str>,
    /// What.
    pub kind: &'static str,
    /// What tells the run apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<Json<'a>>,
    /// The journey it was handed off from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<&'a str>,
    /// The journey it is handed off to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<&'a str>,
    /// The experiment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub experiment: Option<&'a str>,
    /// Its arm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arm: Option<&'a str>,
    /// The message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<&'a str>,
    /// The channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<&'a str>,
    /// The rendering.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<&'a str>,
    /// The offer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offer: Option<&'a str>,
    /// The field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<&'a str>,
    /// Its value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Json<'a>>,
    /// The event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<&'a str>,
    /// The webhook.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook: Option<&'a str>,
    /// The team.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<&'a str>,
    /// The work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<&'a str>,
    /// When it is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<String>,
    /// Inputs, or fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inputs: Option<JsonFields<'a>>,
    /// Why, or how.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// In words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<&'a str>,
    /// Until when it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// The effect id, 32 hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Annotations<'a>>,
}

/// `{"campaign": "retention.cart_recovery"}`; a facet that is named more than once has a list.
#[derive(Debug)]
pub struct Annotations<'a>(pub(super) &'a [(String, String)]);

impl Serialize for Annotations<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let mut rest = self.0;
        while let Some((facet, path)) = rest.first() {
            let paths: Vec<&str> = rest.iter().take_while(|(f, _)| f == facet).map(|(_, p)| p.as_str()).collect();
            if paths.len() == 1 {
                map.serialize_entry(facet, path)?
            } else {
                map.serialize_entry(facet, &paths)?
            }
            rest = &rest[paths.len()..];
        }
        map.end()
    }
}

/// An effect as one line of JSON, without its newline.
pub fn effect(image: &Image, customer: &str, effect: &Effect) -> String {
    serde_json::to_string(&parts(image, customer, effect)).unwrap_or_default()
}

/// The parts of an effect's line.
pub fn parts<'a>(image: &'a Image, customer: &'a str, effect: &'a Effect) -> Line<'a> {
    let journey = effect.journey.map(|j| &image.journeys[usize::from(j)]);
    let step = journey.zip(effect.step).and_then(|(journey, step)| journey.steps.get(usize::from(step)));
    let annotations =
        step.map(|step| &step.annotations).or(journey.map(|journey| &journey.annotations)).filter(|a| !a.is_empty());
    let message_name = |m: u16| Some(image.messages[usize::from(m)].name.as_str());
    let channel_name = |c: u16| Some(image.channels[usize::from(c)].name.as_str());
    let journey_name = |j: u16| Some(image.journeys[usize::from(j)].name.as_str());
    fn known(key: &Option<Value>) -> Option<Json<'_>> {
        key.as_ref().map(Json)
    }
    let mut line = Line {
        time: moment(effect.time),
        customer,
        journey: journey.map(|j| j.name.as_str()),
        run: Some(effect.run).filter(|run| *run > 0),
        step: step.map(|s| s.id.as_str()),
        id: effect.id.map(|id| format!("{id:032x}")),
        annotations: annotations.map(|a| Annotations(a)),
        ..Line::default()
    };
    match &effect.kind {
        EffectKind::Entered { key, from, joined } => {
            line.kind = if *joined { "joined" } else { "entered" };
            line.key = known(key);
            line.from = from.and_then(journey_name);
        }
        EffectKind::StartedOver => line.kind = "started_over",
        EffectKind::Updated => line.kind = "updated",
        EffectKind::EntryRefused { key, reason } => {
            line.kind = "entry_refused";
            line.key = known(key);
            line.reason = Some(reason.words().to_string());
        }
        EffectKind::Assigned { experiment, arm } => {
            line.kind = "assigned";
            line.experiment = Some(&image.texts[*experiment as usize]);
            line.arm = Some(&image.texts[*arm as usize]);
        }
        EffectKind::Converted => line.kind = "converted",
        EffectKind::Left { how } => {
            line.kind = "left";
            let (reason, detail) = how_left(how);
            line.reason = Some(reason.to_string());
            line.detail = detail;
            if let LeaveHow::HandedOff(to) = how {
                line.to = journey_name(*to);
            }
        }
        EffectKind::Sent { message, channel, locale, offer, inputs } => {
            line.kind = "sent";
            line.message = message_name(*message);
            line.channel = channel_name(*channel);
            line.locale = Some(locale.as_str()).filter(|locale| !locale.is_empty());
            line.offer = offer.map(|o| image.offers[usize::from(o)].name.as_str());
            line.inputs = Some(JsonFields(inputs)).filter(|_| !inputs.is_empty());
        }
        EffectKind::Refused { message, channel, reason, detail } => {
            line.kind = "refused";
            line.message = message_name(*message);
            line.channel = channel_name(*channel);
            line.reason = Some(reason.words().to_string());
            line.detail = Some(detail.as_str()).filter(|d| !d.is_empty());
        }
        EffectKind::Held { message, channel, reason, until, detail } => {
            line.kind = "held";
            line.message = message_name(*message);
            line.channel = channel_name(*channel);
            line.reason = Some(reason.words().to_string());
            line.detail = Some(detail.as_str()).filter(|d| !d.is_empty());
            line.until = until.map(moment);
        }
        EffectKind::Set { field, value } => {
            line.kind = "set";
            line.field = Some(image.profile[usize::from(*field)].name.as_str());
            line.value = Some(Json(value));
        }
        EffectKind::Emitted { event, fields } => {
            line.kind = "emitted";
            line.event = Some(image.events[usize::from(*event)].name.as_str());
            line.inputs = Some(JsonFields(fields)).filter(|_| !fields.is_empty());
        }
        EffectKind::Called { webhook, inputs } => {
            line.kind = "called";
            line.webhook = Some(image.webhooks[usize::from(*webhook)].name.as_str());
            line.inputs = Some(JsonFields(inputs)).filter(|_| !inputs.is_empty());
        }
        EffectKind::Tasked { team, text, due } => {
            line.kind = "task";
            line.team = Some(image.teams[usize::from(*team)].as_str());
            line.text = Some(text);
            line.due = due.map(moment);
        }
        EffectKind::Paused { reason } => {
            line.kind = "paused";
            line.reason = Some(reason.clone());
        }
        EffectKind::Resumed => line.kind = "resumed",
        EffectKind::Rejected { contract, field, reason } => {
            line.kind = "rejected";
            line.event = Some(contract);
            line.field = field.as_deref();
            line.reason = Some(reason.clone());
        }
    }
    line
}

/// How a run ended: the kind, and the words of the program where it has some.
pub fn how_left(how: &LeaveHow) -> (&'static str, Option<&str>) {
    match how {
        LeaveHow::Goal => ("goal", None),
        LeaveHow::LateGoal => ("late goal", None),
        LeaveHow::Exit(clause) => ("exit", Some(clause)),
        LeaveHow::PauseTooLong => ("pause too long", None),
        LeaveHow::TooLong => ("lasted too long", None),
        LeaveHow::End => ("end", None),
        LeaveHow::Label(label) => ("label", Some(label)),
        LeaveHow::HandedOff(_) => ("handed off", None),
        LeaveHow::OutOfFuel => ("out of fuel", None),
    }
}

/// A dead letter as one line of JSON, without its newline.
pub fn dead_letter(letter: &DeadLetter) -> String {
    #[derive(Serialize)]
    struct Line<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        line: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        customer: Option<&'a str>,
        contract: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        field: Option<&'a str>,
        kind: &'static str,
        reason: &'a str,
        raw: &'a str,
    }
    let problem = &letter.problem;
    let line = Line {
        line: letter.line,
        customer: letter.customer.as_deref(),
        contract: &problem.contract,
        field: problem.field.as_deref(),
        kind: problem.fault.words(),
        reason: &problem.reason,
        raw: &letter.raw,
    };
    serde_json::to_string(&line).unwrap_or_default()
}
