//! The story of one customer, in words: what came in, what was decided and why not otherwise, and what came of it.

use super::human::{Text, Tone};
use super::line::how_left;
use super::words::{date, duration, named, text, time};
use crate::image::{Image, MISSING};
use crate::input::{Effect, EffectKind, Input, InputKind, LeaveHow, Reason, Sink};
use crate::pool::Pool;
use crate::program::Program;
use crate::step;
use crate::time::{Zone, ZoneId, weekday};
use std::collections::BTreeSet;

/// What happened to a customer, in order.
#[derive(Debug, Default, Clone)]
pub struct Story {
    /// In order.
    pub entries: Vec<Entry>,
    /// Instructions that runs have passed: journey and index.
    pub passed: BTreeSet<(u16, u32)>,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// When. Milliseconds since 1970 UTC.
    pub time: i64,
    /// The journey it belongs to.
    pub journey: Option<u16>,
    /// The run of that journey; 0 if none.
    pub run: u32,
    /// The step of that journey.
    pub step: Option<u16>,
    /// What.
    pub what: What,
}

/// The kinds of entries.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// An input, in words.
    Input(String),
    /// A decision, in words.
    Told(String),
    /// An effect.
    Effect(Effect),
    /// From here on local times are read in this zone; whether it is the customer's own.
    Zone(ZoneId, bool),
}

impl Sink for Story {
    const TELLS: bool = true;

    fn effect(&mut self, effect: Effect) {
        let (time, journey, run, step) = (effect.time, effect.journey, effect.run, effect.step);
        self.entries.push(Entry { time, journey, run, step, what: What::Effect(effect) });
    }

    fn told(&mut self, time: i64, journey: Option<u16>, run: u32, step: Option<u16>, text: String) {
        self.entries.push(Entry { time, journey, run, step, what: What::Told(text) });
    }

    fn passed(&mut self, journey: u16, _run: u32, pc: u32) {
        self.passed.insert((journey, pc));
    }
}

impl Story {
    /// Tells an input that is about to be taken; gives its place, for [`Story::zone`].
    pub fn input(&mut self, time: i64, words: String) -> usize {
        self.entries.push(Entry { time, journey: None, run: 0, step: None, what: What::Input(words) });
        self.entries.len() - 1
    }

    /// Takes back the input at `place` if it was for everyone and nothing of this customer's came of it. Whether it did.
    pub fn leave_out_unheard(&mut self, place: usize, program: &Program, input: &Input) -> bool {
        let everyone = match &input.kind {
            InputKind::Event { event, .. } => program.image.events[usize::from(*event)].everyone,
            _ => false,
        };
        let unheard = everyone && self.entries.len() == place + 1;
        if unheard {
            self.entries.truncate(place);
        }
        unheard
    }

    /// Tells in which zone local times are read after the input at `place` was taken. Said once for as long as it stays.
    pub fn zone(&mut self, place: usize, zone: ZoneId, own: bool) {
        let last = self.entries.iter().rev().find_map(|entry| match entry.what {
            What::Zone(zone, own) => Some((zone, own)),
            _ => None,
        });
        if last != Some((zone, own)) {
            let time = self.entries[place].time;
            self.entries.insert(place, Entry { time, journey: None, run: 0, step: None, what: What::Zone(zone, own) });
        }
    }

    /// The story, day by day.
    pub fn tell(&self, program: &Program, customer: &str) -> Text {
        let mut out = Text::default();
        out.line().add(Tone::Strong, customer);
        let mut zone = program.zones.get(program.zone);
        let mut day = None;
        let mut clock = None;
        for (i, entry) in self.entries.iter().enumerate() {
            // Why somebody was not let in is told next, in more words.
            let next = self.entries.get(i + 1);
            if let What::Effect(Effect { kind: EffectKind::EntryRefused { .. }, .. }) = entry.what
                && next.is_some_and(|next| matches!(next.what, What::Told(_)) && next.journey == entry.journey)
            {
                continue;
            }
            if let What::Zone(id, own) = entry.what {
                zone = program.zones.get(id);
                let whose =
                    if own { "the customer's zone" } else { "the project's zone; the customer's own is not known" };
                out.line().add(Tone::Dim, format!("local times in {} ({whose})", program.zones.name(id)));
                (day, clock) = (None, None);
                continue;
            }
            let local = zone.local(entry.time);
            if day != Some(local.date) {
                day = Some(local.date);
                clock = None;
                out.line();
                out.line().add(
                    Tone::Strong,
                    format!("{} {}", date(local.date), WEEKDAYS[usize::from(weekday(local.date)) % 7]),
                );
            }
            let shown = if clock == Some(local.time) { String::new() } else { time(local.time) };
            clock = Some(local.time);
            let line = out.line();
            line.add(Tone::Dim, format!("  {shown:<9}"));
            let who = entry.journey.map(|journey| run_name(&program.image, journey, entry.run)).unwrap_or_default();
            match &entry.what {
                What::Input(words) => line.add(Tone::Strong, words.clone()),
                What::Told(words) => line.add(Tone::Dim, format!("  {who}{words}")),
                What::Effect(effect) => {
                    let (tone, words) = effect_in_words(program, effect, zone);
                    line.add(Tone::Plain, format!("→ {who}")).add(tone, words)
                }
                What::Zone(..) => line,
            };
        }
        out
    }
}

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// `abandoned_cart 2: `; the number only from the second run on.
fn run_name(image: &Image, journey: u16, run: u32) -> String {
    let name = &image.journeys[usize::from(journey)].name;
    if run > 1 { format!("{name} (run {run}): ") } else { format!("{name}: ") }
}

/// An input in words, from the customer's point of view. `assumed`: nobody sent it.
pub fn describe(program: &Program, pool: &Pool, input: &Input, assumed: bool) -> String {
    let image = &program.image;
    match &input.kind {
        InputKind::Event { event, happened_at, row, .. } => {
            let event = &image.events[usize::from(*event)];
            let fields: Vec<_> = event
                .fields
                .iter()
                .zip(row)
                .map(|(f, word)| (f.name.clone(), step::value(program, pool, &f.ty, *word)))
                .collect();
            let fields = if fields.is_empty() { String::new() } else { format!(" {{ {} }}", named(&fields)) };
            let late = input.seen - happened_at;
            let late = if late > 0 { format!(", which happened {} before", duration(late)) } else { String::new() };
            format!("{} {}{fields}{late}", if event.everyone { "everyone sees" } else { "does" }, event.name)
        }
        InputKind::Profile { changes, .. } => {
            let say = |(field, word): &(u16, u64)| {
                let field = &image.profile[usize::from(*field)];
                match *word {
                    MISSING => format!("{} no longer known", field.name),
                    word => format!("{}: {}", field.name, text(&step::value(program, pool, &field.ty, word))),
                }
            };
            format!("becomes {{ {} }}", changes.iter().map(say).collect::<Vec<_>>().join(", "))
        }
        InputKind::Consent { purpose, channel, granted } => {
            let by = channel.map_or(String::new(), |c| format!(" by {}", image.channels[usize::from(c)].name));
            let says = if *granted { "agrees to" } else { "withdraws" };
            let taken = if assumed { " (taken for granted)" } else { "" };
            format!("{says} {}{by}{taken}", image.purposes[usize::from(*purpose)].name)
        }
        InputKind::Answer { answer: Some(_), .. } => "a call is answered".into(),
        InputKind::Answer { answer: None, .. } => "a call gets no answer".into(),
        InputKind::TaskDone { .. } => "a task is done".into(),
    }
}

/// An effect in words, without its journey; local times in `zone`.
pub fn effect_in_words(program: &Program, effect: &Effect, zone: &Zone) -> (Tone, String) {
    let image = &program.image;
    let message = |m: &u16| image.messages[usize::from(*m)].name.as_str();
    let channel = |c: &u16| image.channels[usize::from(*c)].name.as_str();
    let journey = |j: &u16| image.journeys[usize::from(*j)].name.as_str();
    let with = |fields: &[_]| if fields.is_empty() { String::new() } else { format!(" with {{ {} }}", named(fields)) };
    let why = |reason: &Reason, detail: &str| match reason.words() {
        words if detail.starts_with(words) => detail.to_string(),
        words if detail.is_empty() => words.to_string(),
        words => format!("{words}, {detail}"),
    };
    match &effect.kind {
        EffectKind::Entered { key, from, joined } => {
            let key = key.as_ref().map_or(String::new(), |key| format!(" for {}", text(key)));
            let from = from.as_ref().map_or(String::new(), |from| format!(", handed off by {}", journey(from)));
            let begins = if *joined { "is there already and goes on" } else { "begins" };
            (Tone::Good, format!("{begins}{key}{from}"))
        }
        EffectKind::StartedOver => (Tone::Plain, "starts over from the top".into()),
        EffectKind::Updated => (Tone::Plain, "takes the newer values".into()),
        EffectKind::EntryRefused { reason, .. } => (Tone::Bad, format!("refuses entry: {}", reason.words())),
        EffectKind::Assigned { experiment, arm } => {
            (Tone::Plain, format!("experiment {}: {}", image.texts[*experiment as usize], image.texts[*arm as usize]))
        }
        EffectKind::Converted => (Tone::Good, "converts".into()),
        EffectKind::Left { how } => {
            let words = match how_left(how) {
                (_, Some(label)) if matches!(how, LeaveHow::Label(_)) => format!("ends as {label:?}"),
                ("end", _) => "ends after the last step".into(),
                ("goal", _) => "ends at its goal".into(),
                ("late goal", _) => "ends at its goal, too late to convert".into(),
                (_, Some(clause)) => format!("ends: {clause}"),
                (kind, None) => match how {
                    LeaveHow::HandedOff(to) => format!("hands off to {}", journey(to)),
                    _ => format!("ends: {kind}"),
                },
            };
            (Tone::Plain, words)
        }
        EffectKind::Sent { message: m, channel: c, locale, offer, inputs } => {
            let locale = if locale.is_empty() { String::new() } else { format!(" in {locale}") };
            let offer = offer.map_or(String::new(), |o| format!(" for offer {}", image.offers[usize::from(o)].name));
            (Tone::Good, format!("sends {} by {}{locale}{offer}{}", message(m), channel(c), with(inputs)))
        }
        EffectKind::Refused { message: m, channel: c, reason, detail } => {
            (Tone::Bad, format!("may not send {} by {}: {}", message(m), channel(c), why(reason, detail)))
        }
        EffectKind::Held { message: m, channel: c, reason, until, detail } => {
            let until = until.map_or(String::new(), |until| format!(" until {}", step::moment_text(zone, until)));
            (Tone::Plain, format!("holds {} by {}{until}: {}", message(m), channel(c), why(reason, detail)))
        }
        EffectKind::Set { field, value } => {
            (Tone::Plain, format!("sets profile.{} = {}", image.profile[usize::from(*field)].name, text(value)))
        }
        EffectKind::Emitted { event, fields } => {
            (Tone::Plain, format!("emits {}{}", image.events[usize::from(*event)].name, with(fields)))
        }
        EffectKind::Called { webhook, inputs } => {
            (Tone::Plain, format!("calls {}{}", image.webhooks[usize::from(*webhook)].name, with(inputs)))
        }
        EffectKind::Tasked { team, text, due } => {
            let due = due.map_or(String::new(), |due| format!(", due {}", step::moment_text(zone, due)));
            (Tone::Plain, format!("gives a task to {}: {text:?}{due}", image.teams[usize::from(*team)]))
        }
        EffectKind::Paused { reason } => (Tone::Plain, format!("stands still: {reason}")),
        EffectKind::Resumed => (Tone::Plain, "goes on".into()),
        EffectKind::Rejected { contract, field, reason } => {
            let field = field.as_ref().map_or(String::new(), |field| format!(".{field}"));
            (Tone::Bad, format!("cannot use {contract}{field}: {reason}"))
        }
    }
}
