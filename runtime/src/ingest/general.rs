//! The general reader: any message, with what is wrong with it in words. It reads with a JSON library, first the outside of the
//! message, then, where it goes on, its fields.

use super::*;

impl Decoder {
    /// Reads the outside of one line (without its newline).
    pub fn read<'a>(&self, line: &'a [u8]) -> Line<'a> {
        match std::str::from_utf8(line) {
            Ok(line) => self.read_text(line),
            Err(_) => bad("message", None, Fault::NotJson, "is not UTF-8".into()),
        }
    }

    /// [`Decoder::read`] of a line that is known to be text.
    pub fn read_text<'a>(&self, line: &'a str) -> Line<'a> {
        let line = line.trim_matches([' ', '\t', '\r', '\n']);
        if line.is_empty() {
            return Line::Blank;
        }
        match serde_json::from_str::<Envelope<'a>>(line) {
            Ok(envelope) => self.message(line, envelope),
            Err(error) if line.starts_with('{') => {
                bad("message", None, Fault::NotJson, format!("is not JSON (character {})", error.column()))
            }
            Err(_) => bad("message", None, Fault::NotJson, "is not a JSON object".into()),
        }
    }

    fn message<'a>(&self, line: &'a str, envelope: Envelope<'a>) -> Line<'a> {
        let cloud = envelope.spec_version.is_there();
        let Envelope { kind, event, properties, traits, data, context, name, category, .. } = envelope;
        let mut page = [None, None];
        let (wire, fields) = if cloud {
            match kind.into_text() {
                Some(wire) => (wire, data),
                None => return bad("message", Some("type"), Fault::UnknownKind, "is missing".into()),
            }
        } else {
            match kind.text() {
                Some("track") | None if event.is_there() => match event.into_text() {
                    Some(wire) => (wire, properties),
                    None => return bad("message", Some("event"), Fault::UnknownKind, "must be text".into()),
                },
                Some("page" | "screen") => {
                    page = [name, category];
                    (kind.into_text().unwrap_or_default(), properties)
                }
                Some("group") => ("group".into(), traits.or(properties)),
                Some("identify") => ("identify".into(), traits),
                Some("alias") => ("alias".into(), None),
                Some("track") => return bad("message", Some("event"), Fault::UnknownKind, "is missing".into()),
                Some(other) => {
                    let reason =
                        format!("`{}` is none of track, identify, page, screen, group, alias", value::short(other));
                    return bad("message", Some("type"), Fault::UnknownKind, reason);
                }
                None => return bad("message", Some("type"), Fault::UnknownKind, "is missing".into()),
            }
        };
        let event = self.by_wire.get(&*wire).copied();
        let known = event.map(|e| &self.events[usize::from(e)]);
        let alias = !cloud && wire == "alias";
        let mut body = match known {
            _ if wire == "identify" => Body::Identify,
            _ if alias => Body::Alias("".into()),
            Some(known) if known.used => Body::Event(event.unwrap_or_default()),
            _ if !cloud && wire == CONSENT_UPDATED => Body::Consent,
            _ => {
                let times = [
                    &envelope.time,
                    &envelope.timestamp,
                    &envelope.original_timestamp,
                    &envelope.sent_at,
                    &envelope.received_at,
                ];
                let time = times.into_iter().find(|time| time.is_there()).and_then(|time| instant(time).ok());
                return match known {
                    Some(_) => Line::Unread(wire, time),
                    None => Line::Unknown(wire, time),
                };
            }
        };
        let contract = match &body {
            Body::Event(_) => known.map_or("", |k| k.name.as_str()),
            Body::Identify => "identify",
            Body::Alias(_) => "alias",
            Body::Consent => "consent",
        };
        let customer = match known {
            Some(known) if known.everyone => "".into(),
            _ => {
                let (field, id) = match cloud {
                    true => ("subject", envelope.subject.into_id()),
                    false => ("userId", envelope.user_id.into_id().or(envelope.anonymous_id.into_id())),
                };
                match id {
                    Some(id) => id,
                    None => {
                        return bad(contract, Some(field), Fault::NoCustomer, "says no customer: it is missing".into());
                    }
                }
            }
        };
        if let Body::Alias(previous) = &mut body {
            match envelope.previous_id.into_id() {
                Some(id) => *previous = id,
                None => return bad(contract, Some("previousId"), Fault::Missing, "is missing".into()),
            }
        }
        let receipt = if cloud { Scalar::Missing } else { envelope.received_at };
        let times = match cloud {
            true => vec![("time", &envelope.time)],
            false => vec![
                ("timestamp", &envelope.timestamp),
                ("originalTimestamp", &envelope.original_timestamp),
                ("sentAt", &envelope.sent_at),
                ("receivedAt", &receipt),
            ],
        };
        let first = times[0].0;
        let Some((field, own)) = times.into_iter().find(|(_, time)| time.is_there()) else {
            return bad(contract, Some(first), Fault::NoTime, "is missing".into());
        };
        let happened_at = match instant(own) {
            Ok(time) => time,
            Err(reason) => return bad(contract, Some(field), Fault::NoTime, reason),
        };
        let received_at = match &receipt {
            Scalar::Missing => None,
            receipt => match instant(receipt) {
                Ok(time) => Some(time),
                Err(reason) => return bad(contract, Some("receivedAt"), Fault::NoTime, reason),
            },
        };
        if received_at.is_some_and(|received| happened_at > received + AHEAD_LIMIT) {
            return bad(contract, Some(field), Fault::AheadOfReceipt, "is more than an hour after the receipt".into());
        }
        let id = match cloud {
            true => envelope.id.into_id().map(|id| cloud_id(envelope.source.text().unwrap_or_default(), &id)),
            false => envelope.message_id.into_id().map(|id| xxh3_64(id.as_bytes())),
        };
        let inside = Inside::Parts(Box::new(Parts { fields: fields.unwrap_or("null"), context, page }));
        Line::Message(Message { customer, happened_at, received_at, id, body, line, inside })
    }

    /// Decodes the fields of a message into [`Scratch::inputs`]. Texts go to `pool`.
    pub fn decode(
        &self,
        message: &Message<'_>,
        zones: &Zones,
        pool: &mut Pool,
        scratch: &mut Scratch,
    ) -> Result<(), Problem> {
        match &message.inside {
            Inside::Parts(parts) => self.decode_parts(message, parts, zones, pool, scratch),
            // What it says stands elsewhere: it is read anew.
            Inside::Row(_) | Inside::Changes(_) => match self.read_text(message.line) {
                Line::Message(anew) => {
                    self.decode(&Message { customer: message.customer.clone(), ..anew }, zones, pool, scratch)
                }
                _ => Ok(()),
            },
        }
    }

    fn decode_parts(
        &self,
        message: &Message<'_>,
        parts: &Parts<'_>,
        zones: &Zones,
        pool: &mut Pool,
        scratch: &mut Scratch,
    ) -> Result<(), Problem> {
        let Scratch { inputs, row } = scratch;
        inputs.clear();
        let mut place = Place { tables: &self.tables, pool, zones };
        match &message.body {
            Body::Event(event) => {
                let known = &self.events[usize::from(*event)];
                self.row(message, parts, &known.layout, row, &mut place, &known.name)?;
                self.role(known, &row.words, place.pool)?;
                if self.tells_of_consent(message) {
                    self.preferences(parts, inputs, &known.name)?;
                }
                inputs.push(InputKind::Event {
                    event: *event,
                    happened_at: message.happened_at,
                    id: message.id,
                    row: std::mem::take(&mut row.words),
                });
            }
            Body::Identify => self.identify(message, parts, row, &mut place, inputs)?,
            Body::Consent => self.preferences(parts, inputs, "consent")?,
            Body::Alias(_) => {}
        }
        Ok(())
    }

    /// Whether the message is the one by which Segment tells of consent.
    fn tells_of_consent(&self, message: &Message<'_>) -> bool {
        message.body == Body::Consent
            || self.by_wire.get(CONSENT_UPDATED).is_some_and(|event| message.body == Body::Event(*event))
    }

    /// All that is wrong with a message of [`Decoder::read`], at most one problem a field; a run would meet the first of them.
    /// Texts go to `pool`.
    pub fn problems(
        &self,
        message: &Message<'_>,
        zones: &Zones,
        pool: &mut Pool,
        scratch: &mut Scratch,
    ) -> Vec<Problem> {
        let Inside::Parts(parts) = &message.inside else { return Vec::new() };
        let (contract, layout) = match &message.body {
            Body::Event(event) => {
                let known = &self.events[usize::from(*event)];
                (known.name.as_str(), &known.layout)
            }
            Body::Identify => ("identify", &self.profile),
            Body::Alias(_) | Body::Consent => return Vec::new(),
        };
        let mut place = Place { tables: &self.tables, pool, zones };
        if let Err(problem) = self.fill_row(message, parts, layout, &mut scratch.row, &mut place, contract) {
            return vec![problem];
        }
        let flaws = scratch.row.finish_all(layout);
        let mut problems: Vec<Problem> =
            flaws.into_iter().map(|(field, flaw)| flaw.of(contract, Some(&layout.fields[field].name))).collect();
        if problems.is_empty() {
            // What its fields say must be known, too: purposes, channels, zones.
            problems.extend(self.decode(message, zones, pool, scratch).err());
        }
        problems
    }

    fn row(
        &self,
        message: &Message<'_>,
        parts: &Parts<'_>,
        layout: &Layout,
        row: &mut Row,
        place: &mut Place<'_>,
        contract: &str,
    ) -> Result<(), Problem> {
        self.fill_row(message, parts, layout, row, place, contract)?;
        row.finish(layout).map_err(|(field, flaw)| flaw.of(contract, Some(&layout.fields[field].name)))
    }

    /// Takes what the message has for the fields.
    fn fill_row(
        &self,
        message: &Message<'_>,
        parts: &Parts<'_>,
        layout: &Layout,
        row: &mut Row,
        place: &mut Place<'_>,
        contract: &str,
    ) -> Result<(), Problem> {
        row.begin(layout);
        let whole = |flaw: Flaw| flaw.of(contract, None);
        row.object(layout, &layout.properties, parts.fields, place).map_err(whole)?;
        for (name, raw) in ["name", "category"].iter().zip(parts.page) {
            if let (Some(raw), Some(node)) = (raw, layout.properties.child(name)) {
                row.fill(layout, node, raw, place).map_err(whole)?;
            }
        }
        row.object(layout, &layout.root, message.line, place).map_err(whole)
    }

    /// What an event means beyond its fields is the step's business; here the names it says must be known.
    pub(super) fn role(&self, known: &Known, row: &[Word], pool: &Pool) -> Result<(), Problem> {
        let Role::Consent { purpose, channel, .. } = known.role else { return Ok(()) };
        let text = |f: u16| Some(row[usize::from(f)]).filter(|w| *w != MISSING).map(|word| pool.word(word));
        let flawed = |f: u16, flaw: Flaw| flaw.of(&known.name, Some(&known.layout.fields[usize::from(f)].name));
        let Some(name) = text(purpose) else {
            return Err(flawed(purpose, Flaw::new(Fault::Missing, "is missing")));
        };
        self.purpose(name).map_err(|flaw| flawed(purpose, flaw))?;
        if let Some((channel, name)) = channel.and_then(|c| Some((c, text(c)?))) {
            self.channel(name).map_err(|flaw| flawed(channel, flaw))?;
        }
        Ok(())
    }

    fn identify(
        &self,
        message: &Message<'_>,
        parts: &Parts<'_>,
        row: &mut Row,
        place: &mut Place<'_>,
        inputs: &mut Vec<InputKind>,
    ) -> Result<(), Problem> {
        const CONTRACT: &str = "identify";
        self.row(message, parts, &self.profile, row, place, CONTRACT)?;
        for (stand_in, name) in [(&self.zone, "timezone"), (&self.locale, "locale")] {
            let Some((field, kind)) = stand_in else { continue };
            let i = usize::from(*field);
            let raw = parts.context.filter(|_| !row.there[i]).and_then(|context| find(context, &[name]));
            if let Some(raw) = raw.filter(|raw| *raw != "null") {
                let flawed = |flaw: Flaw| flaw.of(CONTRACT, Some(&format!("context.{name}")));
                row.words[i] = value::word(raw, kind, &Default::default(), place).map_err(flawed)?;
                row.there[i] = true;
            }
        }
        // Consent comes first: what the traits set off finds it in place.
        if let Some(consents) = find(parts.fields, &["consents"]) {
            self.consents(consents, true, inputs).map_err(|flaw| flaw.of(CONTRACT, Some("consents")))?;
        }
        self.preferences(parts, inputs, CONTRACT)?;
        let there = (0u16..).zip(row.there.iter().zip(&row.words)).filter(|(_, (there, _))| **there);
        let changes = there.map(|(field, (_, word))| (field, *word)).collect();
        // Also when it changes nothing: from here on the customer is known.
        inputs.push(InputKind::Profile { id: message.id, changes });
        Ok(())
    }

    /// `context.consent.categoryPreferences`
    fn preferences(&self, parts: &Parts<'_>, inputs: &mut Vec<InputKind>, contract: &str) -> Result<(), Problem> {
        let raw = parts.context.and_then(|context| find(context, &["consent", "categoryPreferences"]));
        let flawed = |flaw: Flaw| flaw.of(contract, Some("context.consent.categoryPreferences"));
        raw.map_or(Ok(()), |raw| self.consents(raw, false, inputs).map_err(flawed))
    }

    /// `{ "marketing": true }` or `{ "marketing": { "email": true } }`
    fn consents(&self, raw: &str, ours: bool, inputs: &mut Vec<InputKind>) -> Result<(), Flaw> {
        if raw == "null" {
            return Ok(());
        }
        let yes_or_no = |raw: &str, name: &str| match raw {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(Flaw::new(Fault::WrongType, "must be true or false").at(&format!(".{name}"))),
        };
        let purposes = entries(raw).ok_or_else(|| Flaw::new(Fault::WrongType, "must be an object"))?;
        for (name, raw) in purposes {
            let purpose = match self.purpose(&name) {
                Ok(purpose) => purpose,
                Err(flaw) if ours => return Err(flaw),
                Err(_) => continue,
            };
            match entries(raw) {
                None if raw == "null" => {}
                None => inputs.push(InputKind::Consent { purpose, channel: None, granted: yes_or_no(raw, &name)? }),
                Some(channels) => {
                    for (channel, raw) in channels.iter().filter(|(_, raw)| *raw != "null") {
                        let granted = yes_or_no(raw, &format!("{name}.{channel}"))?;
                        let channel = self.channel(channel).map_err(|flaw| flaw.at(&format!(".{name}")))?;
                        inputs.push(InputKind::Consent { purpose, channel: Some(channel), granted });
                    }
                }
            }
        }
        Ok(())
    }

    fn purpose(&self, name: &str) -> Result<u16, Flaw> {
        index(&self.purposes, name)
            .ok_or_else(|| Flaw::new(Fault::UnknownValue, format!("`{}` is no purpose", value::short(name))))
    }

    fn channel(&self, name: &str) -> Result<u16, Flaw> {
        index(&self.channels, name)
            .ok_or_else(|| Flaw::new(Fault::UnknownValue, format!("`{}` is no channel", value::short(name))))
    }
}

/// The hash of a CloudEvent's id.
pub(super) fn cloud_id(source: &str, id: &str) -> u64 {
    let mut hash = Xxh3Default::new();
    hash.update(source.as_bytes());
    hash.update(b"\0");
    hash.update(id.as_bytes());
    hash.digest()
}

fn index(names: &[String], name: &str) -> Option<u16> {
    names.iter().position(|n| n == name).map(|i| i as u16)
}

fn bad(contract: &str, field: Option<&str>, fault: Fault, reason: String) -> Line<'static> {
    Line::Bad(Problem { contract: contract.to_string(), field: field.map(str::to_string), fault, reason })
}

/// The moment of a part of the envelope, or why it is none.
fn instant(time: &Scalar<'_>) -> Result<i64, String> {
    let text = time.text().ok_or("must be a moment with its zone like 2026-03-01T09:00:00Z, as text")?;
    match moment::moment(text) {
        Some(time) if PLAUSIBLE.contains(&time) => Ok(time),
        Some(_) => Err(format!("must lie from 1970 to 2099, and is {}", value::short(text))),
        None => {
            Err(format!("must be a moment with its zone like 2026-03-01T09:00:00Z, and is `{}`", value::short(text)))
        }
    }
}

/// The names and values of a JSON object, in their order.
fn entries(raw: &str) -> Option<Vec<(Cow<'_, str>, &str)>> {
    struct Entries;
    impl<'de> Visitor<'de> for Entries {
        type Value = Vec<(Cow<'de, str>, &'de str)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut entries: Self::Value = Vec::new();
            while let Some((name, raw)) = map.next_entry::<Cow<'de, str>, &'de RawValue>()? {
                // A name that comes twice means what stands there the second time.
                entries.retain(|(n, _)| *n != name);
                entries.push((name, raw.get()));
            }
            Ok(entries)
        }
    }
    if !raw.starts_with('{') {
        return None;
    }
    serde_json::Deserializer::from_str(raw).deserialize_map(Entries).ok()
}

/// What stands at a path of names below a JSON object.
fn find<'a>(raw: &'a str, path: &[&str]) -> Option<&'a str> {
    let Some((first, rest)) = path.split_first() else { return Some(raw) };
    let found = entries(raw)?.into_iter().find(|(name, _)| name == first).map(|(_, raw)| raw);
    found.and_then(|raw| find(raw, rest))
}
