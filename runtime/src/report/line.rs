//! Effects and dead letters as JSON lines. Every line has its parts in the same order; what does not apply is left out.

use super::words::{Json, JsonFields, moment};
use crate::host::DeadLetter;
use crate::image::Image;
use crate::input::{Effect, EffectKind, LeaveHow, Value};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

/// An effect, ready to be written.
#[derive(Debug, Default, Serialize)]
struct Line<'a> {
    time: String,
    customer: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    journey: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<&'a str>,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<Json<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    experiment: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    arm: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    locale: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offer: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Json<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    team: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inputs: Option<JsonFields<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    annotations: Option<Annotations<'a>>,
}

/// `{"campaign": "retention.cart_recovery"}`; a facet that is named more than once has a list.
#[derive(Debug)]
pub(super) struct Annotations<'a>(pub(super) &'a [(String, String)]);

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
    serde_json::to_string(&line).unwrap_or_default()
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
