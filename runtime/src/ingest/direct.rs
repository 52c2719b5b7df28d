//! The direct reader: usual events in one walk over their bytes, straight to the words of their row.
//!
//! All places that any event of the program reads, and those of the envelope, have a slot each; a walk fills them without knowing
//! which event it reads, so the order of names does not matter. From the slots come the event and its words. Texts wait for the pool
//! of their customer's shard: until then their word says where they stand in the line.
//!
//! Whatever is rare or wrong is left to the general reader, which says what is wrong in words. The two agree on everything that
//! the direct reader takes: see `equality.rs`.

use super::fields::Field;
use super::names::Names;
use super::value::{fits, plain};
use super::walk::{Paths, Span, Spans, walk};
use super::*;
use crate::image::{Bounds, Ty};

/// Parts of the envelope, by their slots.
const NAMES: [&str; 21] = [
    "type",
    "event",
    "userId",
    "anonymousId",
    "messageId",
    "timestamp",
    "originalTimestamp",
    "sentAt",
    "receivedAt",
    "specversion",
    "id",
    "source",
    "subject",
    "time",
    "previousId",
    "properties",
    "traits",
    "data",
    "context",
    "name",
    "category",
];
const TYPE: usize = 0;
const EVENT: usize = 1;
const USER_ID: usize = 2;
const ANONYMOUS_ID: usize = 3;
const MESSAGE_ID: usize = 4;
const TIMESTAMP: usize = 5;
const ORIGINAL_TIMESTAMP: usize = 6;
const SENT_AT: usize = 7;
const RECEIVED_AT: usize = 8;
const SPEC_VERSION: usize = 9;
const ID: usize = 10;
const SOURCE: usize = 11;
const SUBJECT: usize = 12;
const TIME: usize = 13;
/// Parts before this one are simple values.
const PROPERTIES: usize = 15;
const TRAITS: usize = 16;
const DATA: usize = 17;
const CONTEXT: usize = 18;

/// Where fields may stand.
const BASES: [usize; 3] = [PROPERTIES, TRAITS, DATA];

/// Bytes that are checked to be text and then read, before the next: they stay close to the processor meanwhile.
const WINDOW: usize = 1 << 15;

/// What wire names lead to beside events.
const RARE: u32 = u32::MAX;

/// A field whose word is still a place in the line, among the changes of a profile.
const LATER: Word = 1 << 32;

/// How messages of a program are read in one walk.
#[derive(Debug)]
pub(super) struct Direct {
    root: super::walk::Node,
    slots: usize,
    /// Wire names to events, or to [`RARE`].
    wires: Names,
    /// For each event; none where it can only be read by the general reader.
    events: Vec<Option<Plan>>,
    identify: Option<Identify>,
}

/// How an `identify` is read; one that tells of consent is left to the general reader.
#[derive(Debug)]
struct Identify {
    /// A place for each field of the profile.
    traits: Vec<Wanted>,
    /// What is asked for in the context, which is only walked over for this: every message has one, and most of them a long one.
    context: super::walk::Node,
    /// Where consent would stand.
    consent: [usize; 2],
}

/// How an event's row is made.
#[derive(Debug)]
struct Plan {
    /// For each of [`BASES`], a place for each field.
    bases: [Vec<Wanted>; 3],
    /// The same for the properties of a page or screen, whose name and category may stand at the root. None where that is intricate.
    page: Option<Vec<Wanted>>,
    /// Fields that wait for a pool.
    later: Vec<usize>,
}

/// Where a field stands.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    slot: usize,
    /// Where it stands when it does not stand there.
    else_slot: Option<usize>,
    currency: Option<usize>,
}

/// What reading a piece of a file has found. Kept from piece to piece for its memory.
#[derive(Debug, Default)]
pub struct Found {
    /// Rows of events; texts, zones and lists are still places in their line.
    rows: Vec<Word>,
    spans: Spans,
}

impl Found {
    /// Forgets the rows of all messages.
    pub fn clear(&mut self) {
        self.rows.clear();
    }

    pub(super) fn row(&self, at: u32, width: usize) -> &[Word] {
        self.rows.get(at as usize..at as usize + width).unwrap_or_default()
    }

    /// The changes of a profile, each of two words, that begin with their count.
    pub(super) fn changes(&self, at: u32) -> &[Word] {
        let count = self.rows.get(at as usize).map_or(0, |count| *count as usize);
        self.row(at + 1, 2 * count)
    }
}

/// A part of the envelope.
#[derive(Clone, Copy)]
enum Part<'a> {
    Missing,
    Text(&'a str),
    Digits(&'a str),
    Other,
}

impl<'a> Part<'a> {
    fn is_there(self) -> bool {
        !matches!(self, Part::Missing)
    }

    /// None: it is rare or wrong.
    fn text(self) -> Option<&'a str> {
        match self {
            Part::Text(text) => Some(text),
            _ => None,
        }
    }

    fn id(self) -> Option<&'a str> {
        match self {
            Part::Text(text) | Part::Digits(text) => Some(text),
            _ => None,
        }
    }
}

impl Direct {
    /// `stand_ins` are fields of the profile with what stands in for them in `context`.
    pub(super) fn new(image: &Image, events: &[Known], stand_ins: &[(u16, &str)]) -> Direct {
        let mut paths = Paths::default();
        let mut slots = 0;
        for (i, name) in NAMES.iter().enumerate() {
            paths.slot(&[name], i < PROPERTIES, &mut slots);
        }
        let mut plans = Vec::new();
        for (event, known) in image.events.iter().zip(events) {
            plans.push(if event.used { Plan::new(event, known, &mut paths, &mut slots) } else { None });
        }
        let identify = Identify::new(image, stand_ins, &mut paths, &mut slots);
        let special = ["identify", "alias", CONSENT_UPDATED].map(|name| (name, RARE));
        let wires =
            special.into_iter().chain(image.events.iter().zip(0u32..).map(|(event, i)| (event.wire.as_str(), i)));
        Direct { root: paths.node(), slots, wires: Names::new(wires), events: plans, identify }
    }
}

/// The slot of a field's path below a part of the envelope, or from the message's root. None: it is too long.
fn place(base: usize, path: &str, paths: &mut Paths, slots: &mut usize) -> Option<usize> {
    match path.strip_prefix('/') {
        Some(path) => paths.slot(&path.split('/').collect::<Vec<_>>(), false, slots),
        None => {
            let names: Vec<&str> = std::iter::once(NAMES[base]).chain(path.split('.')).collect();
            paths.slot(&names, false, slots)
        }
    }
}

impl Identify {
    fn new(image: &Image, stand_ins: &[(u16, &str)], paths: &mut Paths, slots: &mut usize) -> Option<Identify> {
        if image.events.iter().any(|event| event.wire == "identify") {
            return None;
        }
        let (mut traits, mut context) = (Vec::new(), Paths::default());
        for (i, field) in (0..).zip(&image.profile) {
            let currency = match &field.currency_path {
                Some(path) => Some(place(TRAITS, path, paths, slots)?),
                None => None,
            };
            let slot = place(TRAITS, &field.path, paths, slots)?;
            let else_slot = match stand_ins.iter().find(|(field, _)| *field == i) {
                Some((_, name)) => Some(context.slot(&[name], false, slots)?),
                None => None,
            };
            traits.push(Wanted { slot, else_slot, currency });
        }
        let ours = paths.slot(&[NAMES[TRAITS], "consents"], false, slots)?;
        let theirs = context.slot(&["consent", "categoryPreferences"], false, slots)?;
        Some(Identify { traits, context: context.node(), consent: [ours, theirs] })
    }
}

impl Plan {
    fn new(event: &Event, known: &Known, paths: &mut Paths, slots: &mut usize) -> Option<Plan> {
        let mut place = |base: usize, path: &str| place(base, path, paths, slots);
        let mut bases = [const { Vec::new() }; 3];
        for (wanted, base) in bases.iter_mut().zip(BASES) {
            for field in &event.fields {
                let currency = match &field.currency_path {
                    Some(path) => Some(place(base, path)?),
                    None => None,
                };
                wanted.push(Wanted { slot: place(base, &field.path)?, else_slot: None, currency });
            }
        }
        let at_root = |path: &str| ["name", "category"].contains(&path);
        let below = |path: &str| ["name.", "category."].iter().any(|name| path.starts_with(name));
        let intricate = event.fields.iter().any(|field| {
            below(&field.path) || field.currency_path.as_deref().is_some_and(|path| below(path) || at_root(path))
        });
        let page = (!intricate).then(|| {
            let mut page = bases[0].clone();
            for (wanted, field) in page.iter_mut().zip(&event.fields) {
                wanted.else_slot = NAMES.iter().position(|name| at_root(&field.path) && field.path == *name);
            }
            page
        });
        let later = (0..).zip(&known.layout.fields).filter(|(_, field)| is_later(field)).map(|(i, _)| i).collect();
        Some(Plan { bases, page, later })
    }
}

/// Whether a field's word can only be made with a pool.
fn is_later(field: &Field) -> bool {
    !matches!(&field.kind, Kind::Plain(ty) if !matches!(ty, Ty::Text | Ty::Zone))
}

/// A line that is being read: its text is part of `text`.
struct Sight<'a, 's> {
    text: &'a str,
    spans: &'s Spans,
}

impl<'a> Sight<'a, '_> {
    fn raw(&self, span: Span) -> &'a str {
        self.text.get(span.from as usize..span.to as usize).unwrap_or_default()
    }

    /// The value of a slot.
    fn value(&self, slot: usize) -> Option<&'a str> {
        self.spans.get(slot).map(|span| self.raw(span))
    }

    fn part(&self, slot: usize) -> Part<'a> {
        let Some(raw) = self.value(slot) else { return Part::Missing };
        match raw.as_bytes() {
            [b'"', b'"'] | [b'n', ..] => Part::Missing,
            [b'"', ..] => Part::Text(raw.get(1..raw.len() - 1).unwrap_or_default()),
            [b'0'..=b'9', ..] => Part::Digits(raw),
            _ => Part::Other,
        }
    }

    /// The time of a part.
    fn moment(&self, part: Part<'a>) -> Option<i64> {
        moment::moment(part.text()?).filter(|time| PLAUSIBLE.contains(time))
    }
}

impl Decoder {
    /// Reads a piece of whole lines: hands each to `take` as it came, with what it is. What messages need to be made to inputs stands
    /// in `found`.
    pub fn lines<'a>(&self, piece: &'a [u8], found: &mut Found, mut take: impl FnMut(&'a [u8], Line<'a>)) {
        let mut rest = piece;
        while !rest.is_empty() {
            let window = &rest[..window(rest)];
            rest = &rest[window.len()..];
            match std::str::from_utf8(window) {
                Ok(text) => self.window(text, found, &mut take),
                // Only the lines that are no text are lost.
                Err(_) => {
                    for raw in window.split_inclusive(|byte| *byte == b'\n') {
                        match std::str::from_utf8(raw) {
                            Ok(text) => self.window(text, found, &mut take),
                            Err(_) => take(raw, self.read(raw)),
                        }
                    }
                }
            }
        }
    }

    fn window<'a>(&self, text: &'a str, found: &mut Found, take: &mut impl FnMut(&'a [u8], Line<'a>)) {
        // Places in a walk are of 32 bits.
        let short = text.len() <= i32::MAX as usize;
        let mut at = 0;
        while at < text.len() {
            let (line, end) = match if short { self.line(text, at, found) } else { None } {
                Some(read) => read,
                None => {
                    let end = memchr::memchr(b'\n', &text.as_bytes()[at..]).map_or(text.len(), |i| at + i + 1);
                    (self.read_text(&text[at..end]), end)
                }
            };
            take(&text.as_bytes()[at..end], line);
            at = end;
        }
    }

    /// Reads the line that begins at `from`, and says where the next begins. None: it is for the general reader.
    fn line<'a>(&self, text: &'a str, from: usize, found: &mut Found) -> Option<(Line<'a>, usize)> {
        let direct = &self.direct;
        found.spans.begin(direct.slots);
        let (end, escapes) = walk(text.as_bytes(), from, &direct.root, &mut found.spans)?;
        if let Some(identify) = &direct.identify
            && let Some(kind) = found.spans.get(TYPE)
            && text.get(kind.from as usize..kind.to as usize) == Some("\"identify\"")
            && let Some(context) = found.spans.get(CONTEXT)
            && text.as_bytes().get(context.from as usize) == Some(&b'{')
        {
            let whole = text.as_bytes().get(..context.to as usize)?;
            walk(whole, context.from as usize, &identify.context, &mut found.spans)?;
        }
        let sight = Sight { text, spans: &found.spans };
        let part = |slot| sight.part(slot);
        let cloud = part(SPEC_VERSION).is_there();
        let kind = match part(TYPE) {
            Part::Missing => None,
            kind => Some(kind.text()?),
        };
        let (mut page, mut identify) = (false, None);
        let (wire, base) = match kind {
            _ if cloud => (kind?, 2),
            Some("track") | None => (part(EVENT).text()?, 0),
            Some("page" | "screen") => {
                page = true;
                (kind?, 0)
            }
            Some("group") if sight.value(TRAITS).is_none() => ("group", 0),
            Some("group") => ("group", 1),
            Some("identify") => {
                identify = Some(direct.identify.as_ref()?);
                ("identify", 1)
            }
            Some(_) => return None,
        };
        let event = match direct.wires.find(wire.as_bytes(), 0, wire.len()) {
            _ if identify.is_some() => 0,
            Some(RARE) => return None,
            Some(event) if self.events[event as usize].used => event as u16,
            other => {
                let times = [TIME, TIMESTAMP, ORIGINAL_TIMESTAMP, SENT_AT, RECEIVED_AT].map(part);
                let time = times.into_iter().find(|time| time.is_there()).and_then(|time| sight.moment(time));
                let line = match other {
                    Some(_) => Line::Unread(wire.into(), time),
                    None => Line::Unknown(wire.into(), time),
                };
                return Some((line, end));
            }
        };
        let everyone = identify.is_none() && self.events[usize::from(event)].everyone;
        let customer = match (everyone, cloud) {
            (true, _) => "",
            (_, true) => part(SUBJECT).id()?,
            _ => match part(USER_ID) {
                Part::Missing => part(ANONYMOUS_ID).id()?,
                id => id.id()?,
            },
        };
        let (happened_at, received_at) = match cloud {
            true => (sight.moment(part(TIME))?, None),
            false => {
                let receipt = part(RECEIVED_AT);
                let times = [part(TIMESTAMP), part(ORIGINAL_TIMESTAMP), part(SENT_AT), receipt];
                let own = times.into_iter().find(|time| time.is_there())?;
                (sight.moment(own)?, if receipt.is_there() { Some(sight.moment(receipt)?) } else { None })
            }
        };
        if received_at.is_some_and(|received| happened_at > received + AHEAD_LIMIT) {
            return None;
        }
        let id = match cloud {
            true => match part(ID) {
                Part::Missing => None,
                id => Some(general::cloud_id(part(SOURCE).text().unwrap_or_default(), id.id()?)),
            },
            false => match part(MESSAGE_ID) {
                Part::Missing => None,
                id => Some(xxh3_64(id.id()?.as_bytes())),
            },
        };
        if sight.value(BASES[base]).is_some_and(|raw| !raw.starts_with('{') && raw != "null") {
            return None;
        }
        let row = found.rows.len();
        let at = u32::try_from(row).ok()?;
        let line = text.get(from..end)?;
        let (made, body, inside) = match identify {
            Some(identify) => {
                let made = self.make_changes(identify, &sight, from, escapes, &mut found.rows);
                (made, Body::Identify, Inside::Changes(at))
            }
            None => {
                let (known, plan) = (&self.events[usize::from(event)], direct.events[usize::from(event)].as_ref()?);
                let wanted = if page { plan.page.as_ref()? } else { &plan.bases[base] };
                let made = self.make_row(known, wanted, &sight, from, escapes, &mut found.rows);
                (made, Body::Event(event), Inside::Row(at))
            }
        };
        if made.is_none() {
            found.rows.truncate(row);
            return None;
        }
        let customer = customer.into();
        Some((Line::Message(Message { customer, happened_at, received_at, id, body, line, inside }), end))
    }

    /// Appends what an `identify` says of the profile: how many fields, then each with its word; where the word must wait for a pool, it
    /// says where in the line the value stands, and the field is marked [`LATER`]. None: something in it is rare or wrong.
    fn make_changes(
        &self,
        identify: &Identify,
        sight: &Sight<'_, '_>,
        from: usize,
        escapes: bool,
        rows: &mut Vec<Word>,
    ) -> Option<()> {
        if identify.consent.iter().any(|slot| sight.value(*slot).is_some()) {
            return None;
        }
        let count = rows.len();
        rows.push(0);
        for (i, (field, wanted)) in (0..).zip(self.profile.fields.iter().zip(&identify.traits)) {
            let own = sight.spans.get(wanted.slot);
            let Some(span) = own.or_else(|| sight.spans.get(wanted.else_slot?)) else { continue };
            let raw = sight.raw(span);
            if raw == "null" {
                // A trait that is null is forgotten; what stands in for one that is not there says nothing then.
                if own.is_some() {
                    rows.extend([i, field.default?]);
                    rows[count] += 1;
                }
                continue;
            }
            // What stands in for a trait has none of its bounds.
            let bounds = if own.is_some() { &field.bounds } else { &Bounds::default() };
            let word = self.word_of(field, bounds, wanted, sight, (span, raw), from, escapes)?;
            rows.extend([if is_later(field) { i | LATER } else { i }, word]);
            rows[count] += 1;
        }
        Some(())
    }

    /// The word of a value that is not null, or for what waits for a pool its place. None: it is rare or wrong.
    #[expect(clippy::too_many_arguments, reason = "what a line and a field are made of")]
    fn word_of(
        &self,
        field: &Field,
        bounds: &Bounds,
        wanted: &Wanted,
        sight: &Sight<'_, '_>,
        (span, raw): (Span, &str),
        from: usize,
        escapes: bool,
    ) -> Option<Word> {
        let word = match &field.kind {
            Kind::Plain(Ty::Text) if raw.starts_with('"') => {
                let text = text_of(raw, escapes)?;
                fits(&text, bounds).ok()?;
                place_of(span, from)
            }
            Kind::Plain(Ty::Text) => return None,
            Kind::Plain(Ty::Zone) | Kind::List(..) | Kind::Records(..) => place_of(span, from),
            Kind::Plain(ty) => plain(raw, ty, bounds, &self.tables).ok()?,
        };
        let currency = wanted.currency.and_then(|slot| sight.value(slot)).filter(|raw| *raw != "null");
        if let (Some(raw), Some(expected)) = (currency, &field.currency)
            && !value::text(raw)?.eq_ignore_ascii_case(expected)
        {
            return None;
        }
        Some(word)
    }

    /// Appends an event's row. None: something in it is rare or wrong.
    fn make_row(
        &self,
        known: &Known,
        wanted: &[Wanted],
        sight: &Sight<'_, '_>,
        from: usize,
        escapes: bool,
        rows: &mut Vec<Word>,
    ) -> Option<()> {
        for (field, wanted) in known.layout.fields.iter().zip(wanted) {
            let span = sight.spans.get(wanted.slot).or_else(|| sight.spans.get(wanted.else_slot?));
            let value = span.map(|span| (span, sight.raw(span))).filter(|(_, raw)| *raw != "null");
            let Some((span, raw)) = value else {
                match field.default {
                    // Its word comes from the default later.
                    Some(_) if is_later(field) => rows.push(MISSING),
                    Some(word) => rows.push(word),
                    None if field.optional => rows.push(MISSING),
                    None => return None,
                }
                continue;
            };
            rows.push(self.word_of(field, &field.bounds, wanted, sight, (span, raw), from, escapes)?);
        }
        Some(())
    }

    /// Appends the row of a message that [`Decoder::lines`] has read directly, with its texts.
    pub(super) fn finish_row(
        &self,
        message: &Message<'_>,
        event: u16,
        row: &[Word],
        place: &mut Place<'_>,
        rows: &mut Vec<Word>,
    ) -> Result<(), Problem> {
        let known = &self.events[usize::from(event)];
        let start = rows.len();
        rows.extend_from_slice(row);
        for &i in self.direct.events[usize::from(event)].iter().flat_map(|plan| &plan.later) {
            let field = &known.layout.fields[i];
            let flawed = |flaw: Flaw| flaw.of(&known.name, Some(&field.name));
            let word = match row[i] {
                MISSING => field.default.unwrap_or(MISSING),
                at => {
                    let (from, to) = ((at >> 32) as usize, at as u32 as usize);
                    let raw = message.line.get(from..to).unwrap_or_default();
                    match &field.kind {
                        Kind::Plain(Ty::Text) => Word::from(place.pool.text(&text_of(raw, true).unwrap_or_default())),
                        kind => value::word(raw, kind, &field.bounds, place).map_err(flawed)?,
                    }
                }
            };
            rows[start + i] = word;
        }
        self.role(known, &rows[start..], place.pool)
    }
}

impl Decoder {
    /// What an `identify` that was read directly says of the profile. None: something in it is wrong.
    pub(super) fn finish_changes(
        &self,
        message: &Message<'_>,
        row: &[Word],
        place: &mut Place<'_>,
    ) -> Option<InputKind> {
        let change = |pair: &[Word]| {
            let [field, word] = *pair else { return None };
            let at = field & (LATER - 1);
            if field < LATER {
                return Some((at as u16, word));
            }
            let field = &self.profile.fields[at as usize];
            let raw = message.line.get((word >> 32) as usize..word as u32 as usize)?;
            let word = match &field.kind {
                Kind::Plain(Ty::Text) => Word::from(place.pool.text(&text_of(raw, true)?)),
                kind => value::word(raw, kind, &field.bounds, place).ok()?,
            };
            Some((at as u16, word))
        };
        let changes = row.chunks(2).map(change).collect::<Option<Vec<_>>>()?;
        Some(InputKind::Profile { id: message.id, changes })
    }
}

/// The text of a JSON text.
fn text_of(raw: &str, escapes: bool) -> Option<Cow<'_, str>> {
    match escapes {
        true => value::text(raw),
        false => raw.get(1..raw.len() - 1).map(Cow::Borrowed),
    }
}

/// A word that says where in its line a value stands. It is never [`MISSING`], for lines have less than two gigabytes.
fn place_of(span: Span, line: usize) -> Word {
    let from = u64::from(span.from) - line as u64;
    from << 32 | (u64::from(span.to) - line as u64)
}

/// How many bytes are looked at together: whole lines, about [`WINDOW`] bytes, more where a line is longer.
fn window(rest: &[u8]) -> usize {
    if rest.len() <= WINDOW {
        return rest.len();
    }
    match memchr::memrchr(b'\n', &rest[..WINDOW]) {
        Some(end) => end + 1,
        None => memchr::memchr(b'\n', &rest[WINDOW..]).map_or(rest.len(), |end| WINDOW + end + 1),
    }
}
