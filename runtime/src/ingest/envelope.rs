//! The outside of a message: a call of the Segment specification, or a CloudEvent. What stands inside is kept as it came.

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// The parts of a message that say what it is. The last of several parts of one name counts.
#[derive(Debug, Default)]
pub(crate) struct Envelope<'a> {
    pub(crate) kind: Scalar<'a>,
    pub(crate) event: Scalar<'a>,
    pub(crate) user_id: Scalar<'a>,
    pub(crate) anonymous_id: Scalar<'a>,
    pub(crate) previous_id: Scalar<'a>,
    pub(crate) message_id: Scalar<'a>,
    pub(crate) timestamp: Scalar<'a>,
    pub(crate) original_timestamp: Scalar<'a>,
    pub(crate) sent_at: Scalar<'a>,
    pub(crate) received_at: Scalar<'a>,
    pub(crate) spec_version: Scalar<'a>,
    pub(crate) id: Scalar<'a>,
    pub(crate) source: Scalar<'a>,
    pub(crate) subject: Scalar<'a>,
    pub(crate) time: Scalar<'a>,
    pub(crate) properties: Option<&'a str>,
    pub(crate) traits: Option<&'a str>,
    pub(crate) data: Option<&'a str>,
    pub(crate) context: Option<&'a str>,
    /// Of a page or screen.
    pub(crate) name: Option<&'a str>,
    /// Of a page or screen.
    pub(crate) category: Option<&'a str>,
}

/// A simple value of the envelope.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) enum Scalar<'a> {
    /// Not there, or `null`.
    #[default]
    Missing,
    /// A text that is not empty.
    Text(Cow<'a, str>),
    /// A whole number, as its digits.
    Whole(String),
    /// Anything else.
    Other,
}

impl<'a> Scalar<'a> {
    /// Its text, where it is one.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Scalar::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn into_text(self) -> Option<Cow<'a, str>> {
        match self {
            Scalar::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Its text or digits: ids are often numbers.
    pub(crate) fn into_id(self) -> Option<Cow<'a, str>> {
        match self {
            Scalar::Text(text) => Some(text),
            Scalar::Whole(digits) => Some(Cow::Owned(digits)),
            _ => None,
        }
    }

    pub(crate) fn is_there(&self) -> bool {
        *self != Scalar::Missing
    }
}

impl<'de> Deserialize<'de> for Scalar<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Scalar<'de>, E> {
        Ok(if text.is_empty() { Scalar::Missing } else { Scalar::Text(Cow::Borrowed(text)) })
    }

    fn visit_str<E>(self, text: &str) -> Result<Scalar<'de>, E> {
        Ok(if text.is_empty() { Scalar::Missing } else { Scalar::Text(Cow::Owned(text.to_string())) })
    }

    fn visit_unit<E>(self) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Missing)
    }

    fn visit_i64<E>(self, value: i64) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Whole(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Whole(value.to_string()))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Scalar<'de>, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar<'de>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other)
    }
}

/// Names of parts.
enum Part {
    Kind,
    Event,
    UserId,
    AnonymousId,
    PreviousId,
    MessageId,
    Timestamp,
    OriginalTimestamp,
    SentAt,
    ReceivedAt,
    SpecVersion,
    Id,
    Source,
    Subject,
    Time,
    Properties,
    Traits,
    Data,
    Context,
    Name,
    Category,
    Unread,
}

impl<'de> Deserialize<'de> for Part {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(PartVisitor)
    }
}

struct PartVisitor;

impl Visitor<'_> for PartVisitor {
    type Value = Part;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, key: &str) -> Result<Part, E> {
        Ok(match key {
            "type" => Part::Kind,
            "event" => Part::Event,
            "userId" => Part::UserId,
            "anonymousId" => Part::AnonymousId,
            "previousId" => Part::PreviousId,
            "messageId" => Part::MessageId,
            "timestamp" => Part::Timestamp,
            "originalTimestamp" => Part::OriginalTimestamp,
            "sentAt" => Part::SentAt,
            "receivedAt" => Part::ReceivedAt,
            "specversion" => Part::SpecVersion,
            "id" => Part::Id,
            "source" => Part::Source,
            "subject" => Part::Subject,
            "time" => Part::Time,
            "properties" => Part::Properties,
            "traits" => Part::Traits,
            "data" => Part::Data,
            "context" => Part::Context,
            "name" => Part::Name,
            "category" => Part::Category,
            _ => Part::Unread,
        })
    }
}

impl<'de> Deserialize<'de> for Envelope<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EnvelopeVisitor)
    }
}

struct EnvelopeVisitor;

impl<'de> Visitor<'de> for EnvelopeVisitor {
    type Value = Envelope<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Envelope<'de>, A::Error> {
        fn raw<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Option<&'de str>, A::Error> {
            map.next_value::<&'de RawValue>().map(|raw| Some(raw.get()))
        }
        let mut envelope = Envelope::default();
        while let Some(part) = map.next_key::<Part>()? {
            match part {
                Part::Kind => envelope.kind = map.next_value()?,
                Part::Event => envelope.event = map.next_value()?,
                Part::UserId => envelope.user_id = map.next_value()?,
                Part::AnonymousId => envelope.anonymous_id = map.next_value()?,
                Part::PreviousId => envelope.previous_id = map.next_value()?,
                Part::MessageId => envelope.message_id = map.next_value()?,
                Part::Timestamp => envelope.timestamp = map.next_value()?,
                Part::OriginalTimestamp => envelope.original_timestamp = map.next_value()?,
                Part::SentAt => envelope.sent_at = map.next_value()?,
                Part::ReceivedAt => envelope.received_at = map.next_value()?,
                Part::SpecVersion => envelope.spec_version = map.next_value()?,
                Part::Id => envelope.id = map.next_value()?,
                Part::Source => envelope.source = map.next_value()?,
                Part::Subject => envelope.subject = map.next_value()?,
                Part::Time => envelope.time = map.next_value()?,
                Part::Properties => envelope.properties = raw(&mut map)?,
                Part::Traits => envelope.traits = raw(&mut map)?,
                Part::Data => envelope.data = raw(&mut map)?,
                Part::Context => envelope.context = raw(&mut map)?,
                Part::Name => envelope.name = raw(&mut map)?,
                Part::Category => envelope.category = raw(&mut map)?,
                Part::Unread => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(envelope)
    }
}
