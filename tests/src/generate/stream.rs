//! What customers do, as lines of JSON, for any program: found in its image alone.

use super::random::Random;
use super::written::TEXTS;
use journey_runtime::image::{EventField, Facet, Image, ListTy, Role, Ty};
use journey_runtime::input::{Effect, EffectKind};
use journey_runtime::step::id_text;
use std::collections::BTreeMap;
use std::fmt::Write;

/// A line, and the moment at which it comes. Milliseconds since 1970 UTC.
#[derive(Debug, Clone)]
pub struct Said {
    /// When.
    pub at: i64,
    /// Without its newline.
    pub line: Vec<u8>,
}

/// The lines as they stand in a file.
pub fn bytes(stream: &[Said]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for said in stream {
        bytes.extend_from_slice(&said.line);
        bytes.push(b'\n');
    }
    bytes
}

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Moments at which something is odd: clocks that change, years that end, days that most years lack.
const ODD: [i64; 9] = [
    1_709_161_200_000, // 29 February 2024 in Berlin
    1_741_503_600_000, // New York goes forward
    1_743_296_400_000, // Berlin goes forward, 2025
    1_761_440_400_000, // Berlin goes back, 2025
    1_762_063_200_000, // New York goes back
    1_767_222_000_000, // the year ends in Berlin
    1_772_319_600_000, // the last day of February 2026
    1_774_746_000_000, // Berlin goes forward, 2026
    1_835_391_600_000, // 29 February 2028
];

/// A stream in the making.
struct Maker<'i> {
    image: &'i Image,
    random: Random,
    now: i64,
    customers: Vec<String>,
    ids: usize,
    said: Vec<Said>,
}

/// About `count` lines of several customers.
pub fn stream(image: &Image, seed: u64, count: usize) -> Vec<Said> {
    let mut random = Random::new(seed ^ 0x5eed);
    let now = 1_738_000_000_000 + random.between(0, 300) * DAY + random.between(0, DAY);
    let mut customers: Vec<String> = (0..2 + random.below(7)).map(|i| format!("c{i}")).collect();
    customers.push("ünï 🎵".to_string());
    let mut maker = Maker { image, random, now, customers, ids: 0, said: Vec::new() };
    for i in 0..maker.customers.len() {
        if maker.random.percent(85) {
            maker.welcome(i);
        }
    }
    while maker.said.len() < count {
        maker.pass();
        maker.something();
    }
    maker.said
}

/// Puts in what comes of effects: receipts of sends, tasks that are done.
pub fn answer<'e>(
    image: &Image,
    stream: &[Said],
    effects: impl Iterator<Item = (&'e str, &'e Effect)>,
    seed: u64,
) -> Vec<Said> {
    let mut maker = Maker {
        image,
        random: Random::new(seed ^ 0xa115),
        now: 0,
        customers: Vec::new(),
        ids: 1_000_000,
        said: Vec::new(),
    };
    let receipts: Vec<usize> = (0..image.events.len())
        .filter(|e| image.events[*e].used && matches!(image.events[*e].role, Role::Receipt { .. }))
        .collect();
    let done = image.events.iter().position(|e| e.used && matches!(e.role, Role::TaskCompleted { .. }));
    for (customer, effect) in effects {
        let Some(id) = effect.id else { continue };
        let later = *maker.random.pick(&[0, 1, MINUTE, HOUR, 5 * HOUR, 2 * DAY]);
        maker.now = effect.time + later;
        match &effect.kind {
            EffectKind::Sent { message, .. } if !receipts.is_empty() && maker.random.percent(50) => {
                let event = *maker.random.pick(&receipts);
                let Role::Receipt { send_id, message: of } = &image.events[event].role else { continue };
                let mut given = BTreeMap::new();
                if let (Some(field), true) = (send_id, maker.random.percent(80)) {
                    given.insert(usize::from(*field), quoted(&id_text(id)));
                }
                if let Some(field) = of {
                    given.insert(usize::from(*field), quoted(&image.messages[usize::from(*message)].name));
                }
                maker.event(event, customer, &given);
            }
            EffectKind::Tasked { .. } => {
                let Some(event) = done.filter(|_| maker.random.percent(60)) else { continue };
                let Role::TaskCompleted { task_id } = image.events[event].role else { continue };
                let given = BTreeMap::from([(usize::from(task_id), quoted(&id_text(id)))]);
                maker.event(event, customer, &given);
            }
            EffectKind::Called { webhook, .. } if maker.random.percent(70) => {
                maker.called(*webhook, &id_text(id), customer)
            }
            _ => {}
        }
    }
    let mut answered = stream.to_vec();
    for said in maker.said {
        let at = answered.iter().position(|other| other.at > said.at).unwrap_or(answered.len());
        answered.insert(at, said);
    }
    answered
}

impl Maker<'_> {
    /// Time goes on.
    fn pass(&mut self) {
        let random = &mut self.random;
        self.now += match random.weighted(&[300, 150, 150, 200, 120, 40, 30, 8, 1]) {
            0 => 0,
            1 => random.between(1, 90 * SECOND),
            2 => random.between(1, 120) * MINUTE,
            3 => random.between(1, 30) * HOUR,
            4 => random.between(1, 6) * DAY,
            5 => random.between(1, 4) * 7 * DAY,
            6 => {
                let odd = ODD.iter().find(|odd| **odd > self.now + HOUR && **odd < self.now + 200 * DAY);
                let by = *random.pick(&[-HOUR, -1, 0, 1, 30 * MINUTE, HOUR]);
                odd.map_or(DAY, |odd| odd + by - self.now)
            }
            7 => random.between(20, 100) * DAY,
            _ => random.between(300, 800) * DAY,
        };
        // To a whole minute now and then, so that moments meet.
        if self.random.percent(20) {
            self.now = self.now / MINUTE * MINUTE + MINUTE;
        }
    }

    fn push(&mut self, line: String) {
        self.said.push(Said { at: self.now, line: line.into_bytes() });
    }

    /// What is known of a customer at first.
    fn welcome(&mut self, customer: usize) {
        let zone = *self.random.pick(&["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "UTC", "Pacific/Apia"]);
        let mut traits = format!("\"email\":\"c{customer}@example.com\"");
        if self.random.percent(60) {
            let _ = write!(traits, ",\"phone\":\"+49{customer}\"");
        }
        if self.random.percent(60) {
            let _ = write!(traits, ",\"push_token\":\"t{customer}\"");
        }
        if self.random.percent(60) {
            let _ = write!(traits, ",\"time_zone\":\"{zone}\"");
        }
        if self.random.percent(40) {
            traits.push_str(",\"locale\":\"th-TH\"");
        }
        if self.random.percent(80) {
            traits.push_str(",\"consents\":{\"marketing\":true,\"research\":{\"email\":true,\"sms\":false}}");
        }
        let who = self.customers[customer].clone();
        let line = format!(
            "{{\"type\":\"identify\",\"userId\":{},\"timestamp\":\"{}\",\"traits\":{{{traits}}}}}",
            quoted(&who),
            iso(self.now)
        );
        self.push(line);
    }

    fn something(&mut self) {
        let who = self.random.pick(&self.customers).clone();
        match self.random.weighted(&[80, 9, 4, 1, 2, 2, 2]) {
            1 => self.identify(&who),
            2 => self.consent(&who),
            3 => self.alias(&who),
            4 => self.repeat(),
            5 => self.bad(),
            6 => {
                let line = format!(
                    "{{\"type\":\"track\",\"event\":\"Nobody Knows This\",\"userId\":{},\"timestamp\":\"{}\"}}",
                    quoted(&who),
                    iso(self.now)
                );
                self.push(line);
            }
            _ => {
                // Those that start runs come more often than the many of the packs.
                let started: Vec<usize> = self
                    .image
                    .events
                    .iter()
                    .enumerate()
                    .filter(|(_, e)| e.used && matches!(e.role, Role::Plain))
                    .map(|(i, _)| i)
                    .collect();
                let event = if self.random.percent(94) && !started.is_empty() {
                    *self.random.pick(&started)
                } else {
                    self.random.below(self.image.events.len())
                };
                self.event(event, &who, &BTreeMap::new());
            }
        }
    }

    fn event(&mut self, event: usize, who: &str, given: &BTreeMap<usize, String>) {
        let declared = &self.image.events[event];
        let mut fields = Object::default();
        for (i, field) in declared.fields.iter().enumerate() {
            let value = match given.get(&i) {
                Some(value) => Some(value.clone()),
                None => self.field(field),
            };
            if let Some(value) = value {
                fields.put(&field.path, value);
                if let Some(path) = &field.currency_path {
                    fields.put(path, quoted("EUR"));
                }
            }
        }
        if self.random.percent(10) {
            fields.put("nobody_reads_this", "{\"a\":[1,2,{\"b\":null}]}".to_string());
        }
        let mut line = String::from("{");
        let cloud = self.random.percent(8);
        let (happened, received) = self.times();
        if cloud {
            let _ = write!(
                line,
                "\"specversion\":\"1.0\",\"type\":{},\"source\":\"shop\",\"subject\":{},\"time\":\"{happened}\",\"data\":{}",
                quoted(&declared.wire),
                quoted(who),
                fields.text()
            );
        } else {
            let kind = if self.random.percent(70) { "\"type\":\"track\"," } else { "" };
            let _ = write!(line, "{kind}\"event\":{},", quoted(&declared.wire));
            if !declared.everyone {
                let _ = write!(line, "\"userId\":{},", quoted(who));
            }
            if let Some(received) = received {
                let _ = write!(line, "\"receivedAt\":\"{received}\",");
            }
            let _ = write!(line, "\"timestamp\":\"{happened}\",\"properties\":{}", fields.text());
        }
        if self.random.percent(60) {
            // An id of before comes again now and then, on another message.
            self.ids += 1;
            let id = if self.random.percent(4) { self.ids.saturating_sub(1 + self.random.below(12)) } else { self.ids };
            let _ = write!(line, ",\"{}\":\"m{id}\"", if cloud { "id" } else { "messageId" });
        }
        line.push('}');
        self.push(line);
    }

    /// Its own time and the receipt: mostly now, sometimes late, seldom from a broken clock.
    fn times(&mut self) -> (String, Option<String>) {
        let random = &mut self.random;
        match random.weighted(&[85, 6, 4, 2, 1]) {
            1 => (iso(self.now - random.between(0, 3 * DAY)), Some(iso(self.now))),
            2 => (iso(self.now - random.between(0, 2 * DAY)), None),
            3 => (iso(self.now + random.between(0, 2 * HOUR)), Some(iso(self.now))),
            4 => ("2150-01-01T00:00:00Z".to_string(), None),
            _ => (iso(self.now), if random.percent(20) { Some(iso(self.now)) } else { None }),
        }
    }

    fn field(&mut self, field: &EventField) -> Option<String> {
        let missing = if field.optional || field.default.is_some() { 25 } else { 1 };
        if self.random.percent(missing) {
            return if self.random.percent(30) { Some("null".to_string()) } else { None };
        }
        Some(self.value(&field.ty))
    }

    fn value(&mut self, ty: &Ty) -> String {
        let image = self.image;
        let random = &mut self.random;
        if random.percent(2) {
            return random
                .pick(&["\"?\"", "-1", "true", "{}", "[]", "9223372036854775808", "1e400", "\"\"", "3.7"])
                .to_string();
        }
        match ty {
            Ty::Bool => random.pick(&["true", "false"]).to_string(),
            Ty::Int => match random.weighted(&[80, 15, 5]) {
                0 => random.below(12).to_string(),
                1 => random.between(-1_000, 100_000).to_string(),
                _ => random
                    .pick(&["9223372036854775807", "-9223372036854775807", "-9223372036854775808", "4294967296", "2e3"])
                    .to_string(),
            },
            Ty::Number => match random.weighted(&[80, 15, 5]) {
                0 => format!("{}.{}", random.below(60), random.below(100)),
                1 => random.between(-50, 50).to_string(),
                _ => random.pick(&["1e308", "-1e308", "5e-324", "-0.0", "1e-320"]).to_string(),
            },
            Ty::Percent | Ty::Probability => {
                random.pick(&["0", "0.05", "0.125", "0.33", "0.5", "0.75", "0.99", "1"]).to_string()
            }
            Ty::Money(_) => match random.weighted(&[80, 15, 5]) {
                0 => random.below(80).to_string(),
                1 => format!("{}.{:02}", random.below(300), random.below(100)),
                _ => random.pick(&["9223372036854.775807", "-9223372036854", "0.0000005", "-12.5"]).to_string(),
            },
            Ty::Text => {
                if random.percent(5) {
                    return random
                        .pick(&[
                            "\"\\u00e4\\ud83c\\udfb5\"",
                            "\"\\\"\\\\\\n\"",
                            "\"\\u202e right to left\"",
                            "\"aaaaaaaaaaaaaaaaaaaa\"",
                        ])
                        .to_string();
                }
                // A few values, so that keys meet.
                quoted(TEXTS[random.weighted(&[30, 25, 20, 8, 5, 5, 4, 1])])
            }
            Ty::Duration => random.pick(&["\"PT1H30M\"", "\"P2D\"", "\"P1W\"", "\"PT0S\"", "\"PT90S\""]).to_string(),
            Ty::Date => {
                let by = random.between(-40, 90);
                quoted(&iso(self.now + by * DAY)[..10])
            }
            Ty::Time => random.pick(&["\"00:00\"", "\"02:30\"", "\"09:00\"", "\"23:59:59.999\""]).to_string(),
            Ty::Moment => {
                let by = random.between(-5 * 24, 30 * 24) * HOUR + random.between(0, 3) * 20 * MINUTE;
                quoted(&iso(self.now + by))
            }
            Ty::Zone => random
                .pick(&["\"Europe/Paris\"", "\"Asia/Tokyo\"", "\"America/New_York\"", "\"Pacific/Apia\""])
                .to_string(),
            Ty::Enum(e) => quoted(random.pick::<String>(&image.enums[usize::from(*e)].values)),
            Ty::Facet(f) => self.node(&image.facets[usize::from(*f)]),
            Ty::List(list) => self.list(list),
        }
    }

    fn node(&mut self, facet: &Facet) -> String {
        quoted(&self.random.pick(&facet.nodes).path)
    }

    fn list(&mut self, list: &ListTy) -> String {
        let count = self.random.below(list.at_most as usize + 1);
        let mut members = Vec::new();
        for _ in 0..count {
            if !list.records {
                members.push(list.fields.first().map_or("null".to_string(), |f| self.value(&f.ty)));
                continue;
            }
            let mut member = Object::default();
            for field in &list.fields {
                if !(field.optional && self.random.percent(30)) {
                    let value = self.value(&field.ty);
                    member.put(&field.path, value);
                }
            }
            members.push(member.text());
        }
        format!("[{}]", members.join(","))
    }

    fn identify(&mut self, who: &str) {
        let mut traits = Object::default();
        let count = 1 + self.random.below(3);
        for _ in 0..count {
            let Some(field) = self.image.profile.get(self.random.below(self.image.profile.len())) else { break };
            let value = if self.random.percent(8) { "null".to_string() } else { self.value(&field.ty) };
            traits.put(&field.path, value);
        }
        if self.random.percent(15) {
            let yes = *self.random.pick(&["true", "false"]);
            traits.put("consents", format!("{{\"marketing\":{yes}}}"));
        }
        let context = match self.random.below(8) {
            0 => ",\"context\":{\"timezone\":\"Australia/Lord_Howe\",\"locale\":\"de-DE\"}",
            1 => ",\"context\":{\"consent\":{\"categoryPreferences\":{\"marketing\":true,\"other\":false}}}",
            _ => "",
        };
        let id = if self.random.percent(30) {
            self.ids += 1;
            format!(",\"messageId\":\"m{}\"", self.ids)
        } else {
            String::new()
        };
        let line = format!(
            "{{\"type\":\"identify\",\"userId\":{},\"timestamp\":\"{}\",\"traits\":{}{context}{id}}}",
            quoted(who),
            iso(self.now),
            traits.text()
        );
        self.push(line);
    }

    fn consent(&mut self, who: &str) {
        let roles: Vec<usize> = (0..self.image.events.len())
            .filter(|e| matches!(self.image.events[*e].role, Role::Consent { .. }))
            .collect();
        if roles.is_empty() {
            return;
        }
        let event = *self.random.pick(&roles);
        let Role::Consent { purpose, channel, .. } = self.image.events[event].role else { return };
        let named = *self.random.pick(&["marketing", "marketing", "research", "service", "nothing"]);
        let mut given = BTreeMap::from([(usize::from(purpose), quoted(named))]);
        if let Some(channel) = channel {
            let by = *self.random.pick(&["null", "null", "\"email\"", "\"sms\"", "\"push\"", "\"pigeon\""]);
            given.insert(usize::from(channel), by.to_string());
        }
        self.event(event, who, &given);
    }

    /// A call is answered, in the form of [`crate::equal::direct::ANSWER`].
    fn called(&mut self, webhook: u16, call: &str, who: &str) {
        let mut gives = Object::default();
        for field in &self.image.webhooks[usize::from(webhook)].gives {
            if let Some(value) = self.field(field) {
                gives.put(&field.path, value);
            }
        }
        let gives = if self.random.percent(85) { format!(",\"gives\":{}", gives.text()) } else { String::new() };
        let line = format!(
            "{{\"answer\":\"{call}\",\"at\":{},\"customer\":{},\"webhook\":{webhook}{gives}}}",
            self.now,
            quoted(who)
        );
        self.push(line);
    }

    /// From now on another name stands for a customer.
    fn alias(&mut self, who: &str) {
        let previous = format!("anon{}", self.random.below(3));
        let line = format!(
            "{{\"type\":\"alias\",\"userId\":{},\"previousId\":\"{previous}\",\"timestamp\":\"{}\"}}",
            quoted(who),
            iso(self.now)
        );
        self.push(line);
        if !self.customers.contains(&previous) {
            self.customers.push(previous);
        }
    }

    /// A line comes again.
    fn repeat(&mut self) {
        let back = 1 + self.random.below(10);
        if let Some(said) = self.said.len().checked_sub(back).map(|at| self.said[at].clone()) {
            self.said.push(Said { at: self.now, line: said.line });
        }
    }

    fn bad(&mut self) {
        let line = *self.random.pick(&[
            &b"{\"type\":\"track\",\"event\":"[..],
            b"[]",
            b"   ",
            b"",
            b"{\"type\":\"track\",\"event\":\"x\xff\",\"userId\":\"c0\"}",
            b"{\"type\":\"screen\"}",
            b"{\"type\":\"juggle\",\"userId\":\"c0\"}",
            b"{\"type\":\"identify\",\"timestamp\":\"2025-06-01T00:00:00Z\",\"traits\":{}}",
            b"{\"type\":\"identify\",\"userId\":\"c0\",\"timestamp\":\"yesterday\",\"traits\":{}}",
            b"null",
        ]);
        self.said.push(Said { at: self.now, line: line.to_vec() });
    }
}

/// A JSON object in the making: fields by paths.
#[derive(Default)]
struct Object(BTreeMap<String, Part>);

enum Part {
    Value(String),
    Object(Object),
}

impl Object {
    fn put(&mut self, path: &str, value: String) {
        match path.split_once('.') {
            None => {
                self.0.insert(path.to_string(), Part::Value(value));
            }
            Some((first, rest)) => {
                let part = self.0.entry(first.to_string()).or_insert_with(|| Part::Object(Object::default()));
                if let Part::Object(inner) = part {
                    inner.put(rest, value);
                }
            }
        }
    }

    fn text(&self) -> String {
        let fields: Vec<String> = self
            .0
            .iter()
            .map(|(name, part)| match part {
                Part::Value(value) => format!("{}:{value}", quoted(name)),
                Part::Object(inner) => format!("{}:{}", quoted(name), inner.text()),
            })
            .collect();
        format!("{{{}}}", fields.join(","))
    }
}

/// A text as JSON.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if (c as u32) < 0x20 => {
                let _ = write!(quoted, "\\u{:04x}", c as u32);
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A moment as it is written on the wire, in UTC.
pub fn iso(ms: i64) -> String {
    let (days, of_day) = (ms.div_euclid(DAY), ms.rem_euclid(DAY));
    // Days to a date, by eras of 400 years that begin on 1 March.
    let z = days + 719_468;
    let (era, day_of_era) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (h, m, s, ms) = (of_day / HOUR, of_day / MINUTE % 60, of_day / SECOND % 60, of_day % SECOND);
    format!("{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}.{ms:03}Z")
}
