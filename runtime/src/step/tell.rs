//! Words for traces and effects.

use super::machine::Machine;
use super::run::{ENTERED, Run, SINCE};
use super::send::{Barrier, Why};
use crate::image::{FnId, Image, ListTy, MISSING, Pc, ReEntry, Ty, Word};
use crate::input::{Reason, Sink, Value};
use crate::pool::Pool;
use crate::program::Program;
use crate::state;
use crate::time::{Zone, civil};

/// A word with its type, for output.
pub fn value(program: &Program, pool: &Pool, ty: &Ty, word: Word) -> Value {
    value_of(&program.image, pool, ty, word)
}

/// A word with its type, for output; the image need not be verified.
pub fn value_of(image: &Image, pool: &Pool, ty: &Ty, word: Word) -> Value {
    if word == MISSING {
        return Value::Missing;
    }
    match ty {
        Ty::Bool => Value::Bool(word == 1),
        Ty::Int => Value::Int(word as i64),
        Ty::Number => Value::Number(f64::from_bits(word)),
        Ty::Percent | Ty::Probability => Value::Percent(f64::from_bits(word)),
        Ty::Money(currency) => Value::Money(word as i64, currency.clone()),
        Ty::Text | Ty::Zone => Value::Text(pool.word(word).to_string()),
        Ty::Duration => Value::Duration(word as i64),
        Ty::Date => Value::Date(word as i64),
        Ty::Time => Value::Time(word as i64),
        Ty::Moment => Value::Moment(word as i64),
        Ty::Enum(of) => {
            let name = image.enums.get(usize::from(*of)).and_then(|of| of.values.get(word as usize));
            Value::Name(name.cloned().unwrap_or_default())
        }
        Ty::Facet(of) => {
            let node = image.facets.get(usize::from(*of)).and_then(|of| of.nodes.get(word as usize));
            Value::Name(node.map(|node| node.path.clone()).unwrap_or_default())
        }
        Ty::List(of) => list(image, pool, of, word),
    }
}

fn list(image: &Image, pool: &Pool, of: &ListTy, word: Word) -> Value {
    let members = pool.members(word).chunks_exact(of.stride().max(1));
    let member = |words: &[Word]| {
        let mut fields = of
            .fields
            .iter()
            .zip(words)
            .map(|(field, word)| (field.name.clone(), value_of(image, pool, &field.ty, *word)));
        if of.records {
            Value::Record(fields.collect())
        } else {
            fields.next().map_or(Value::Missing, |(_, value)| value)
        }
    };
    Value::List(members.map(member).collect())
}

/// A moment in local time: `2026-03-01 10:00`, with seconds and thousandths if it has any.
pub fn moment_text(zone: &Zone, at: i64) -> String {
    let local = zone.local(at);
    let (year, month, day) = civil(local.date);
    let (seconds, thousandths) = (local.time / 1000, local.time % 1000);
    let mut text = format!("{year:04}-{month:02}-{day:02} {:02}:{:02}", seconds / 3600, seconds / 60 % 60);
    if seconds % 60 != 0 || thousandths != 0 {
        text += &format!(":{:02}", seconds % 60);
    }
    if thousandths != 0 {
        text += &format!(".{thousandths:03}");
    }
    text
}

/// Millionths as a decimal: `12.5`.
pub(super) fn decimal(millionths: i64) -> String {
    let (whole, part) = (millionths.unsigned_abs() / 1_000_000, millionths.unsigned_abs() % 1_000_000);
    let sign = if millionths < 0 { "-" } else { "" };
    let part = format!("{part:06}");
    match part.trim_end_matches('0') {
        "" => format!("{sign}{whole}"),
        part => format!("{sign}{whole}.{part}"),
    }
}

/// What stands in the way of a message on a channel.
pub(crate) fn why_in_words(image: &Image, message: u16, channel: u16, why: Why) -> String {
    let message = &image.messages[usize::from(message)];
    let channel = &image.channels[usize::from(channel)];
    match why {
        Why::Message
            if message.renderings.iter().all(|(by, _)| image.channels[usize::from(*by)].name != channel.name) =>
        {
            format!("{} has nothing to say by {}", message.name, channel.name)
        }
        Why::Message => format!("{} is not valid on this date", message.name),
        Why::Consent => {
            let purpose = &image.purposes[usize::from(message.purpose)].name;
            format!("no consent to {purpose} by {}", channel.name)
        }
        Why::Address => format!("{} is not known", channel.address_text),
        Why::Run(_, journey) => format!("meanwhile in {}", image.journeys[usize::from(journey)].name),
        Why::Rule(rule) => {
            let rule = &image.rules[usize::from(rule)];
            format!("{} ({})", rule.text, rule.policy)
        }
        Why::Offer(offer) => {
            format!("the limit of offer {} is reached", image.offers[usize::from(offer)].name)
        }
    }
}

impl<S: Sink> Machine<'_, S> {
    /// Tells a decision of a run, or of no run.
    pub(super) fn tell(&mut self, run: Option<Run>, pc: Option<Pc>, text: String) {
        let journey = run.map(|run| run.journey(self.state));
        let step = journey
            .zip(pc)
            .and_then(|(journey, pc)| self.image.journeys[usize::from(journey)].step_of.get(pc as usize).copied());
        let number = run.map_or(0, |run| run.number(self.state));
        self.sink.told(self.now, journey, number, step, text);
    }

    /// Tells a decision about a journey.
    pub(super) fn tell_journey(&mut self, journey: u16, text: String) {
        self.sink.told(self.now, Some(journey), 0, None, text);
    }

    /// A function in the program's words.
    pub(super) fn text(&self, function: FnId) -> &str {
        &self.image.functions[function as usize].text
    }

    /// An event's name.
    pub(super) fn event_name(&self, event: u16) -> &str {
        &self.image.events[usize::from(event)].name
    }

    /// A moment in the customer's time, with the zone that was used.
    pub(super) fn moment_in_words(&self, at: i64) -> String {
        format!("{} ({})", moment_text(self.zone(), at), self.program.zones.name(state::zone_id(self.state)))
    }

    /// Why somebody was not let in.
    pub(super) fn refusal_in_words(&self, journey: u16, reason: Reason, earlier: Option<Run>) -> String {
        let journey = &self.image.journeys[usize::from(journey)];
        let why = match reason {
            Reason::OnlyIf => format!("{} does not hold", journey.only_if.map_or("", |condition| self.text(condition))),
            Reason::OutsideDates => "today is outside the journey's dates".to_string(),
            Reason::NotInRollout => "the customer is not in the share that may enter".to_string(),
            Reason::NoKey => "what tells runs apart is not known".to_string(),
            Reason::AlreadyIn => "a run is alive".to_string(),
            Reason::Barred => "was let out for good".to_string(),
            Reason::TooManyRuns => format!("{} runs are alive", journey.at_once.unwrap_or(0)),
            Reason::ReEntry => {
                let again = |from: i64| format!("may come in again from {} on", self.moment_in_words(from));
                let moment = |field| earlier.map_or(self.now, |run| run.moment(self.state, field));
                match &journey.reentry {
                    ReEntry::AfterEntry(span) => again(self.zone().add(moment(ENTERED), span)),
                    ReEntry::AfterExit(span) => again(self.zone().add(moment(SINCE), span)),
                    _ => "was in before, and never again".to_string(),
                }
            }
            other => other.words().to_string(),
        };
        format!("not let in ({}): {why}", reason.words())
    }

    /// What stands in the way of a message on a channel.
    pub(super) fn barrier_in_words(&self, message: u16, channel: u16, barrier: Barrier) -> String {
        why_in_words(self.image, message, channel, barrier.why)
    }

    /// The same, with the channel's name and the reason.
    pub(super) fn barrier_on_channel(&self, message: u16, channel: u16, barrier: Barrier) -> String {
        let name = &self.image.channels[usize::from(channel)].name;
        format!("by {name}: {} ({})", barrier.reason.words(), self.barrier_in_words(message, channel, barrier))
    }
}
