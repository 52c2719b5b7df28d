//! Records straight to lines of JSON: the same bytes as [`line::effect`] of what the record means, without making it.
//!
//! What is the same for all effects of a journey, step, send or channel is rendered once.

use super::line;
use super::words::{Json, date};
use crate::image::{Image, Journey, MISSING, TextId, Ty, Word};
use crate::input::{LeaveHow, Reason};
use crate::pool::Pool;
use crate::program::Program;
use crate::record::{self, Effects, Record};
use crate::step::{self, Why};
use crate::time::DAY;
use rustc_hash::FxHashMap;
use serde::Serialize;

/// What is rendered once for a program.
pub(crate) struct Lines<'a> {
    program: &'a Program,
    journeys: Vec<JourneyParts>,
}

struct JourneyParts {
    /// `,"journey":"cart"`
    name: Vec<u8>,
    /// `,"journey":"cart","run":`
    run: Vec<u8>,
    /// The key's type, when runs are told apart.
    key: Option<Ty>,
    /// For each send its inputs.
    inputs: Vec<Vec<InputParts>>,
}

struct InputParts {
    /// `"value":`
    name: Vec<u8>,
    ty: Ty,
    /// Of amounts: `,"currency":"EUR"}`
    currency: Vec<u8>,
}

/// What is the same on the lines of all records with the same cause.
#[derive(Default)]
struct Phrase {
    /// From the step to what differs: `,"step":"send note","kind":"sent","message":"note","channel":"email"`
    lead: Vec<u8>,
    /// The locale is written behind the lead.
    locale: bool,
    /// From there to what differs: `,"offer":"gift","inputs":{`
    middle: Vec<u8>,
    /// What follows, with the end of the line.
    end: Vec<u8>,
}

/// A part `,"name":value`, for text.
fn part(name: &str, value: &str) -> Vec<u8> {
    let mut out = format!(",\"{name}\":").into_bytes();
    string(&mut out, value);
    out
}

impl<'a> Lines<'a> {
    pub(crate) fn new(program: &'a Program) -> Lines<'a> {
        let journeys =
            program.image.journeys.iter().map(|journey| JourneyParts::new(&program.image, journey)).collect();
        Lines { program, journeys }
    }

    pub(crate) fn writer(&self) -> Writer<'a, '_> {
        let (now, later) = (Day::new(b"{\"time\":\"", b"Z\",\"customer\":"), Day::new(b",\"until\":\"", b"Z\""));
        Writer { lines: self, now, later, phrases: Vec::new(), of_cause: FxHashMap::default(), named: Vec::new() }
    }
}

impl JourneyParts {
    fn new(image: &Image, journey: &Journey) -> JourneyParts {
        let input = |input: &crate::image::Input| {
            let mut name = Vec::new();
            string(&mut name, &input.name);
            name.push(b':');
            let ty = image.functions[input.value as usize].ty.clone();
            let currency = if let Ty::Money(currency) = &ty { in_currency(currency) } else { Vec::new() };
            InputParts { name, ty, currency }
        };
        let name = part("journey", &journey.name);
        JourneyParts {
            run: [&name[..], b",\"run\":"].concat(),
            name,
            key: journey.key.and_then(|slot| journey.slots.get(usize::from(slot))).map(|slot| slot.ty.clone()),
            inputs: journey.sends.iter().map(|send| send.inputs.iter().map(input).collect()).collect(),
        }
    }
}

/// `,"reason":"exit","detail":"…"`
fn reason(how: &LeaveHow) -> Vec<u8> {
    let (reason, detail) = line::how_left(how);
    let mut out = part("reason", reason);
    out.extend(detail.map(|detail| part("detail", detail)).unwrap_or_default());
    out
}

/// Kind, journey, step, code and extra of a record, and the first word of its payload where that tells what happened.
type Cause = (u8, u16, Option<u16>, u16, u16, Word);

/// Writes lines. Works out what is seldom needed when it first is.
pub(crate) struct Writer<'a, 'l> {
    lines: &'l Lines<'a>,
    /// Moments of effects, and of what they wait for.
    now: Day,
    later: Day,
    phrases: Vec<Phrase>,
    /// Index into the phrases.
    of_cause: FxHashMap<Cause, usize>,
    /// Memory for what an id is made of.
    named: Vec<u8>,
}

/// Moments with what stands before and behind them. The text of the one that was written last is kept: most are of the same day.
struct Day {
    before: &'static [u8],
    behind: &'static [u8],
    day: Option<i64>,
    text: Vec<u8>,
    /// Where the hour begins in the text.
    hour: usize,
}

impl Day {
    fn new(before: &'static [u8], behind: &'static [u8]) -> Day {
        Day { before, behind, day: None, text: Vec::new(), hour: 0 }
    }

    /// RFC 3339 in UTC, as [`super::words::moment`] writes it up to the `Z`.
    fn moment(&mut self, out: &mut Vec<u8>, time: i64) {
        let (day, ms) = (time.div_euclid(DAY), time.rem_euclid(DAY));
        if self.day != Some(day) {
            let front = [self.before, date(day).as_bytes(), b"T"].concat();
            (self.day, self.hour) = (Some(day), front.len());
            self.text = [&front, &b"00:00:00"[..], self.behind].concat();
        }
        let seconds = (ms / 1000) as u32;
        let clock = &mut self.text[self.hour..self.hour + 8];
        for (at, n) in [(0, seconds / 3600), (3, seconds / 60 % 60), (6, seconds % 60)] {
            clock[at..at + 2].copy_from_slice(&two(n));
        }
        let rest = (ms % 1000) as u32;
        if rest == 0 {
            out.extend_from_slice(&self.text);
        } else {
            let (front, behind) = self.text.split_at(self.hour + 8);
            let low = two(rest % 100);
            out.extend_from_slice(front);
            out.extend_from_slice(&[b'.', b'0' + (rest / 100) as u8, low[0], low[1]]);
            out.extend_from_slice(behind);
        }
    }
}

impl Writer<'_, '_> {
    /// Appends the line of a record, with its newline. `effects` holds the record, `pool` its texts.
    pub(crate) fn write(
        &mut self,
        out: &mut Vec<u8>,
        pool: &Pool,
        effects: &Effects,
        customer: &str,
        record: Record<'_>,
    ) {
        let program = self.lines.program;
        let image = &program.image;
        if let Some(index) = record.owned() {
            out.extend_from_slice(line::effect(image, customer, &effects.owned[index]).as_bytes());
            out.push(b'\n');
            return;
        }
        let j = record.journey().unwrap_or_default();
        let journey = &self.lines.journeys[usize::from(j)];
        let step = record.step(image);
        let first = record.payload().first().copied();
        let told = match record.kind() {
            record::ASSIGNED | record::LEFT | record::REFUSED | record::HELD => first.unwrap_or_default(),
            _ => 0,
        };
        let cause = (record.kind(), j, step, record.code(), record.extra(), told);
        let phrase = match self.of_cause.get(&cause) {
            Some(phrase) => *phrase,
            None => {
                self.phrases.push(Phrase::new(image, record));
                self.of_cause.insert(cause, self.phrases.len() - 1);
                self.phrases.len() - 1
            }
        };
        let phrase = &self.phrases[phrase];
        self.now.moment(out, record.time());
        string(out, customer);
        if record.run() > 0 {
            out.extend_from_slice(&journey.run);
            number(out, u64::from(record.run()));
        } else {
            out.extend_from_slice(&journey.name);
        }
        out.extend_from_slice(&phrase.lead);
        match record.kind() {
            record::ENTERED | record::ENTRY_REFUSED => {
                if let Some(ty) = &journey.key {
                    value(out, program, pool, ty, first.unwrap_or(MISSING));
                }
            }
            record::SENT => {
                let (locale, rest) = record.payload().split_first().unwrap_or((&MISSING, &[]));
                if phrase.locale {
                    let send = &image.journeys[usize::from(j)].sends[usize::from(record.code())];
                    let channel = send.tries[usize::from(record.extra())].channel;
                    let locale = step::locale(pool, &image.messages[usize::from(send.message)], channel, *locale);
                    if !locale.is_empty() {
                        out.extend_from_slice(b",\"locale\":");
                        string(out, locale);
                    }
                }
                out.extend_from_slice(&phrase.middle);
                let inputs = &journey.inputs[usize::from(record.code())];
                let mut begun = false;
                for (InputParts { name, ty, currency }, word) in
                    inputs.iter().zip(rest).filter(|(_, word)| **word != MISSING)
                {
                    if std::mem::replace(&mut begun, true) {
                        out.push(b',');
                    }
                    out.extend_from_slice(name);
                    match ty {
                        Ty::Money(_) if is_plain(*word) => amount(out, *word, currency),
                        ty => value(out, program, pool, ty, *word),
                    }
                }
                if !inputs.is_empty() {
                    out.push(b'}');
                }
                id(out, &mut self.named, image, customer, record, rest.get(inputs.len()..).unwrap_or(&[]));
            }
            record::HELD => {
                if let Some(until) = record.until() {
                    self.later.moment(out, until);
                }
            }
            _ => {}
        }
        out.extend_from_slice(&phrase.end);
    }
}

/// The id of a hand-over; `memory` is used for what it is made of.
fn id(out: &mut Vec<u8>, memory: &mut Vec<u8>, image: &Image, customer: &str, record: Record<'_>, rounds: &[Word]) {
    let Some(named) = record::named(image, customer, record) else { return };
    let id = step::effect_id_in(memory, &named, rounds.iter().copied());
    let mut digits = *b",\"id\":\"--------------------------------\"";
    for (pair, byte) in digits[7..39].chunks_exact_mut(2).zip(id.to_be_bytes()) {
        pair[0] = b"0123456789abcdef"[usize::from(byte >> 4)];
        pair[1] = b"0123456789abcdef"[usize::from(byte & 15)];
    }
    out.extend_from_slice(&digits);
}

impl Phrase {
    /// Of the lines of a record's cause.
    fn new(image: &Image, record: Record<'_>) -> Phrase {
        let Some(journey) = record.journey().map(|journey| &image.journeys[usize::from(journey)]) else {
            return Phrase { end: b"}\n".to_vec(), ..Phrase::default() };
        };
        let step = record.step(image).and_then(|step| journey.steps.get(usize::from(step)));
        let mut phrase = Phrase::default();
        let lead = &mut phrase.lead;
        lead.extend(step.map(|step| part("step", &step.id)).unwrap_or_default());
        lead.extend(part("kind", kind(record)));
        if matches!(record.kind(), record::ENTERED | record::ENTRY_REFUSED) {
            if journey.key.is_some_and(|slot| journey.slots.get(usize::from(slot)).is_some()) {
                lead.extend_from_slice(b",\"key\":");
            }
            phrase.end = detail(image, journey, record);
        } else if matches!(record.kind(), record::SENT | record::REFUSED | record::HELD) {
            let send = &journey.sends[usize::from(record.code())];
            let message = &image.messages[usize::from(send.message)];
            let channel = send.tries[usize::from(record.extra())].channel;
            lead.extend(part("message", &message.name));
            lead.extend(part("channel", &image.channels[usize::from(channel)].name));
            if record.kind() == record::SENT {
                phrase.locale = message
                    .renderings
                    .iter()
                    .filter(|(by, _)| *by == channel)
                    .any(|(_, locales)| locales.iter().any(|locale| !locale.is_empty()));
                let offer = send.offer.map(|offer| part("offer", &image.offers[usize::from(offer)].name));
                phrase.middle = offer.unwrap_or_default();
                if !send.inputs.is_empty() {
                    phrase.middle.extend_from_slice(b",\"inputs\":{");
                }
            } else {
                lead.extend(detail(image, journey, record));
            }
        } else {
            lead.extend(detail(image, journey, record));
        }
        let annotations = step.map_or(&journey.annotations, |step| &step.annotations);
        if !annotations.is_empty() {
            phrase.end.extend_from_slice(b",\"annotations\":");
            serialize(&mut phrase.end, &line::Annotations(annotations));
        }
        phrase.end.extend_from_slice(b"}\n");
        phrase
    }
}

/// What a record's effect is called.
fn kind(record: Record<'_>) -> &'static str {
    match record.kind() {
        record::ENTERED if record.extra() == 1 => "joined",
        record::ENTERED => "entered",
        record::STARTED_OVER => "started_over",
        record::UPDATED => "updated",
        record::CONVERTED => "converted",
        record::ENTRY_REFUSED => "entry_refused",
        record::ASSIGNED => "assigned",
        record::LEFT => "left",
        record::SENT => "sent",
        record::HELD => "held",
        _ => "refused",
    }
}

/// What is said of a record's cause: where a run came from, its arm, how it left, why somebody was not let in or not written to.
fn detail(image: &Image, journey: &Journey, record: Record<'_>) -> Vec<u8> {
    let name = |journey: u16| image.journeys[usize::from(journey)].name.as_str();
    match record.kind() {
        record::ENTERED if record.code() != record::NO_JOURNEY => part("from", name(record.code())),
        record::ENTRY_REFUSED => part("reason", record.reason().map_or("", Reason::words)),
        record::ASSIGNED => {
            let (experiment, arm) = record.pair();
            let text = |text: TextId| image.texts[text as usize].as_str();
            [part("experiment", text(experiment)), part("arm", text(arm))].concat()
        }
        record::LEFT => {
            let left = record::leave_how(image, journey, record);
            match left {
                LeaveHow::HandedOff(to) => [part("to", name(to)), reason(&left)].concat(),
                _ => reason(&left),
            }
        }
        record::REFUSED | record::HELD => refusal(image, journey, record),
        _ => Vec::new(),
    }
}

/// `,"reason":"capped","detail":"…"`
fn refusal(image: &Image, journey: &Journey, record: Record<'_>) -> Vec<u8> {
    let send = &journey.sends[usize::from(record.code())];
    let channel = send.tries[usize::from(record.extra())].channel;
    let detail = step::why_in_words(image, send.message, channel, Why::of_code(record.pair().1));
    let mut out = part("reason", record.reason().map_or("", Reason::words));
    if !detail.is_empty() {
        out.extend(part("detail", &detail));
    }
    out
}

fn serialize(out: &mut Vec<u8>, value: &impl Serialize) {
    // Writing to memory does not fail, and these values have no maps with strange keys.
    let _ = serde_json::to_writer(out, value);
}

/// Two digits.
fn two(n: u32) -> [u8; 2] {
    [b'0' + (n / 10 % 10) as u8, b'0' + (n % 10) as u8]
}

fn number(out: &mut Vec<u8>, mut n: u64) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (n % 10) as u8;
        n /= 10;
        if n == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

fn signed(out: &mut Vec<u8>, n: i64) {
    if n < 0 {
        out.push(b'-');
    }
    number(out, n.unsigned_abs());
}

/// A text as a JSON string.
fn string(out: &mut Vec<u8>, text: &str) {
    if text.bytes().fold(false, |odd, b| odd | (b < 0x20) | (b == b'"') | (b == b'\\')) {
        return serialize(out, &text);
    }
    out.reserve(text.len() + 2);
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

/// Millionths below this are written as a decimal number with all their digits: fifteen digits are exact.
const EXACT: u64 = 1_000_000_000_000_000;
/// Amounts below a ten-thousandth are written with an exponent some day.
const TINY: u64 = 100;

/// Whether an amount is written with all its digits.
fn is_plain(word: Word) -> bool {
    (TINY..EXACT).contains(&(word as i64).unsigned_abs())
}

/// `,"currency":"EUR"}`
fn in_currency(currency: &str) -> Vec<u8> {
    let mut out = part("currency", currency);
    out.push(b'}');
    out
}

/// An amount that [`is_plain`], with its currency.
fn amount(out: &mut Vec<u8>, word: Word, currency: &[u8]) {
    out.extend_from_slice(b"{\"amount\":");
    let amount = word as i64;
    if amount < 0 {
        out.push(b'-');
    }
    let (whole, rest) = (amount.unsigned_abs() / 1_000_000, (amount.unsigned_abs() % 1_000_000) as u32);
    number(out, whole);
    if rest != 0 {
        out.push(b'.');
        for pair in [rest / 10_000, rest / 100 % 100, rest % 100] {
            out.extend_from_slice(&two(pair));
        }
        while out.last() == Some(&b'0') {
            out.pop();
        }
    }
    out.extend_from_slice(currency);
}

/// A word with its type, as [`Json`] writes the value.
fn value(out: &mut Vec<u8>, program: &Program, pool: &Pool, ty: &Ty, word: Word) {
    match ty {
        _ if word == MISSING => out.extend_from_slice(b"null"),
        Ty::Bool => out.extend_from_slice(if word == 1 { b"true" } else { b"false" }),
        Ty::Int => signed(out, word as i64),
        Ty::Text | Ty::Zone => string(out, pool.word(word)),
        Ty::Money(currency) if is_plain(word) => amount(out, word, &in_currency(currency)),
        ty => serialize(out, &Json(&step::value(program, pool, ty, word))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::words::moment;
    use super::*;
    use crate::input::Value;
    use proptest::prelude::*;

    fn program() -> Program {
        Program::new(Image { time_zone: "UTC".into(), ..Image::default() }).expect("nothing is well-formed")
    }

    fn written(program: &Program, ty: &Ty, word: Word) -> String {
        let pool = Pool::new(&program.image);
        let mut out = Vec::new();
        value(&mut out, program, &pool, ty, word);
        let expected = step::value(program, &pool, ty, word);
        assert_eq!(out, serde_json::to_vec(&Json(&expected)).expect("it is written"), "{expected:?}");
        String::from_utf8(out).expect("JSON is text")
    }

    #[test]
    fn amounts_are_written_as_ever() {
        let program = program();
        let money = Ty::Money("EUR".into());
        assert_eq!(written(&program, &money, 80_500_000), r#"{"amount":80.5,"currency":"EUR"}"#);
        for n in [0, 1, 10, 99, 100, 101, 999_999, 1_000_000, 1_000_001, 999_999_999_999_999, 1_000_000_000_000_000] {
            written(&program, &money, n);
            written(&program, &money, (n as i64).wrapping_neg() as Word);
        }
        for n in [i64::MAX, i64::MIN, -1] {
            written(&program, &Ty::Int, n as Word);
        }
    }

    proptest! {
        #[test]
        fn values_are_written_as_ever(n in any::<i64>(), scale in 0u32..60, text in ".{0,12}", control in 0u8..=127) {
            let program = program();
            for ty in [Ty::Money("EUR".into()), Ty::Int, Ty::Number, Ty::Percent, Ty::Bool, Ty::Duration] {
                written(&program, &ty, (n >> scale) as Word);
            }
            written(&program, &Ty::Number, (n as f64 / 1e3).to_bits());
            let text = format!("{text}{}", char::from(control));
            let mut out = Vec::new();
            string(&mut out, &text);
            prop_assert_eq!(out, serde_json::to_vec(&Json(&Value::Text(text))).expect("it is written"));
        }

        #[test]
        fn moments_are_written_as_ever(time in prop_oneof![-70_000_000_000_000i64..260_000_000_000_000, any::<i32>().prop_map(|s| i64::from(s) * 1000)]) {
            let mut day = Day::new(b"at ", b"Z");
            let mut out = Vec::new();
            for time in [time, time + 1, time + DAY] {
                out.clear();
                day.moment(&mut out, time);
                prop_assert_eq!(std::str::from_utf8(&out).expect("digits"), format!("at {}", moment(time)));
            }
        }
    }
}
