//! Runs tests: a virtual clock, and the customers of one test.

use super::coverage::Coverage;
use super::expect;
use super::plan::{Kind, Line, Moment, Test, TestPlan};
use crate::image::{Role, Word};
use crate::ingest::{self, Decoder, Problem};
use crate::input::{EffectKind, Input, InputKind, stamp};
use crate::layout::SEEN;
use crate::pool::Pool;
use crate::program::Program;
use crate::report::story::{Entry, Story, What, describe};
use crate::report::words;
use crate::state;
use crate::step::{self, Customer, id_text};
use crate::time::{DAY, Zone, ZoneId};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Where the clock stands in a test that never says: 2026-01-01.
const BEGINNING: i64 = 20_454 * DAY;

/// What came of all tests.
#[derive(Debug, Clone)]
pub struct Results {
    /// In the order of the plan.
    pub tests: Vec<TestResult>,
    /// What they took of the program.
    pub coverage: Coverage,
}

impl Results {
    /// How many failed.
    pub fn failed(&self) -> usize {
        self.tests.iter().filter(|test| !test.passed()).count()
    }
}

/// What came of a test.
#[derive(Debug, Clone)]
pub struct TestResult {
    /// What it says.
    pub title: String,
    /// Where it stands.
    pub file: String,
    /// Where it stands, from 1.
    pub line: u32,
    /// What was not as expected; empty when it passed.
    pub failures: Vec<Failure>,
    /// All that happened, up to the first failure.
    pub happened: Vec<Happening>,
    /// Names of its customers.
    pub customers: Vec<String>,
}

impl TestResult {
    /// Whether all was as expected.
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

/// Something that was not as expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The line of the expectation (or input) that failed; for an unexpected send, of the block's last one.
    pub line: u32,
    /// What was expected, as it is written.
    pub expected: String,
    /// What happened instead, a line each.
    pub got: Vec<String>,
    /// What of it stands in [`TestResult::happened`], and where.
    pub marks: Vec<usize>,
}

/// One thing that happened in a test.
#[derive(Debug, Clone, PartialEq)]
pub struct Happening {
    /// To whom (index into the test's customers); none: to nobody in particular.
    pub who: Option<usize>,
    /// The zone that local times were read in.
    pub zone: ZoneId,
    /// What.
    pub what: Happened,
}

/// The kinds of happenings.
#[derive(Debug, Clone, PartialEq)]
pub enum Happened {
    /// An input, a decision, an effect.
    Entry(Entry),
    /// An input that could not be used.
    Rejected(i64, Problem),
    /// An expectation, looked at at this moment: its line, its text, and whether it was met.
    Expected(i64, u32, String, bool),
}

impl Happened {
    /// When. Milliseconds since 1970 UTC.
    pub fn time(&self) -> i64 {
        match self {
            Happened::Entry(entry) => entry.time,
            Happened::Rejected(time, _) | Happened::Expected(time, ..) => *time,
        }
    }
}

/// Runs the tests whose title contains `only` (all when none).
pub fn run(program: &Program, plan: &TestPlan, only: Option<&str>) -> Results {
    let decoder = Decoder::new(&program.image);
    let mut passed = BTreeSet::new();
    let wanted = plan.tests.iter().filter(|test| only.is_none_or(|only| test.title.contains(only)));
    let tests = wanted.map(|test| Stage::new(program, &decoder, test).play(&mut passed)).collect();
    Results { tests, coverage: Coverage::new(&program.image, &passed) }
}

/// Plays single tests of a program, one after the other, without asking what they took of it.
pub struct Rehearsal<'p> {
    program: &'p Program,
    decoder: Decoder,
}

impl<'p> Rehearsal<'p> {
    /// Of a program.
    pub fn new(program: &'p Program) -> Rehearsal<'p> {
        Rehearsal { program, decoder: Decoder::new(&program.image) }
    }

    /// What comes of one test.
    pub fn play(&self, test: &Test) -> TestResult {
        Stage::new(self.program, &self.decoder, test).play(&mut BTreeSet::new())
    }
}

/// A test while it runs.
pub(super) struct Stage<'p> {
    pub(super) program: &'p Program,
    decoder: &'p Decoder,
    pub(super) test: &'p Test,
    pub(super) pool: Pool,
    ingest: ingest::Scratch,
    step: step::Scratch,
    pub(super) people: Vec<Person>,
    pub(super) clock: Option<i64>,
    fakes: Vec<Fake>,
    /// Everything so far.
    pub(super) happened: Vec<Happening>,
    /// Where the present block's period begins in it.
    pub(super) since: usize,
    /// How much of it has been searched for calls.
    looked_at: usize,
    failures: Vec<Failure>,
}

/// A customer.
#[derive(Default)]
pub(super) struct Person {
    pub(super) state: Vec<Word>,
    story: Story,
    /// Said of them before the clock stood anywhere.
    waiting: Vec<Value>,
    /// The zone they were said to be in, for programs that do not keep it.
    zone: Option<ZoneId>,
}

/// How a webhook answers.
#[derive(Default, Clone)]
struct Fake {
    /// So many calls get no answer.
    failing: u32,
    answer: Option<Value>,
}

impl<'p> Stage<'p> {
    fn new(program: &'p Program, decoder: &'p Decoder, test: &'p Test) -> Stage<'p> {
        Stage {
            program,
            decoder,
            test,
            pool: Pool::new(&program.image),
            ingest: ingest::Scratch::default(),
            step: step::Scratch::new(program),
            people: test.customers.iter().map(|_| Person::default()).collect(),
            clock: None,
            fakes: vec![Fake::default(); program.image.webhooks.len()],
            happened: Vec::new(),
            since: 0,
            looked_at: 0,
            failures: Vec::new(),
        }
    }

    fn play(mut self, passed: &mut BTreeSet<(u16, u32)>) -> TestResult {
        let mut lines = &self.test.lines[..];
        while let Some((line, rest)) = lines.split_first() {
            if let Kind::Expect(_) = line.kind {
                let block = lines.iter().take_while(|line| matches!(line.kind, Kind::Expect(_))).count();
                let (block, rest) = lines.split_at(block);
                self.block(block);
                lines = rest;
            } else {
                self.line(line);
                lines = rest;
            }
            if !self.failures.is_empty() {
                break;
            }
        }
        // What is sent after the last expectation is not expected either.
        if self.failures.is_empty() && self.clock.is_some() {
            self.block(&[]);
        }
        for person in &mut self.people {
            passed.append(&mut person.story.passed);
        }
        TestResult {
            title: self.test.title.clone(),
            file: self.test.file.clone(),
            line: self.test.line,
            failures: self.failures,
            happened: self.happened,
            customers: self.test.customers.clone(),
        }
    }

    /// The clock; it is set going when nothing has said where it stands.
    pub(super) fn now(&mut self) -> i64 {
        match self.clock {
            Some(now) => now,
            None => {
                let zone = self.zone_of(0);
                let now = self.program.zones.get(zone).moment(BEGINNING / DAY, 0);
                self.set_clock(now);
                now
            }
        }
    }

    fn set_clock(&mut self, to: i64) {
        // The clock never goes back: customers would live through the same time twice.
        self.clock = Some(self.clock.map_or(to, |now| now.max(to)));
        for who in 0..self.people.len() {
            for message in std::mem::take(&mut self.people[who].waiting) {
                self.feed(who, &message);
            }
        }
    }

    /// The zone a customer's local times are read in; the project's for a customer who is not there.
    pub(super) fn zone_of(&self, who: usize) -> ZoneId {
        match self.people.get(who) {
            Some(person) if self.program.image.zone_field.is_some() && person.state.len() > SEEN => {
                state::zone_id(&person.state)
            }
            Some(person) => person.zone.unwrap_or(self.program.zone),
            None => self.program.zone,
        }
    }

    /// A moment of an expectation, in the zone it names or the customer's.
    pub(super) fn moment(&self, moment: &Moment, who: usize) -> i64 {
        let named = moment.zone.as_deref().and_then(|name| self.program.zones.find(name));
        let zone: &Zone = self.program.zones.get(named.unwrap_or_else(|| self.zone_of(who)));
        let date = moment.date.unwrap_or_else(|| zone.date(self.clock.unwrap_or(BEGINNING)));
        zone.moment(date, moment.time)
    }

    fn line(&mut self, line: &Line) {
        match &line.kind {
            Kind::Customer { who, message, consents } => {
                let mut said = Map::new();
                for (purpose, channel) in consents {
                    match channel {
                        None => {
                            said.insert(purpose.clone(), true.into());
                        }
                        Some(channel) => {
                            let by = said.entry(purpose.clone()).or_insert_with(|| json!({}));
                            if let Value::Object(by) = by {
                                by.insert(channel.clone(), true.into());
                            }
                        }
                    }
                }
                let mut message = message.clone();
                put(&mut message, "/traits/consents", said.into());
                self.identify(*who, message);
            }
            Kind::Becomes { who, message } => self.identify(*who, message.clone()),
            Kind::Consent { who, granted, purpose, channel } => {
                let said = match channel {
                    None => json!(granted),
                    Some(channel) => json!({ channel: granted }),
                };
                let mut message = Map::new();
                put(&mut message, "/traits/consents", json!({ purpose: said }));
                self.identify(*who, message);
            }
            Kind::At { date, time, zone } => {
                let named = zone.as_deref().and_then(|name| self.program.zones.find(name));
                let zone = named.unwrap_or_else(|| self.zone_of(0));
                self.set_clock(self.program.zones.get(zone).moment(*date, *time));
            }
            Kind::After(span) => {
                let now = self.now();
                let zone = self.program.zones.get(self.zone_of(0));
                self.set_clock(zone.add(now, span));
            }
            Kind::Does { who, wire, message, of, id } => {
                self.now();
                let mut message = self.message(wire, message.clone(), Some(*who));
                if let (Some(of), Value::Object(message)) = (of, &mut message) {
                    match self.latest_send(*who, of) {
                        Some(send) => self.make_receipt(wire, message, of, &send),
                        None => return self.fail(line, vec![format!("{of} was not sent before")]),
                    }
                }
                if let (Some(id), Value::Object(message)) = (id, &mut message) {
                    message.insert("messageId".into(), id.clone().into());
                }
                self.feed(*who, &message);
            }
            Kind::Everyone { wire, message } => {
                self.now();
                let message = self.message(wire, message.clone(), None);
                (0..self.people.len()).for_each(|who| self.feed(who, &message));
            }
            Kind::WebhookFails { webhook, times } => {
                self.with_fake(webhook, |fake| fake.failing = times.unwrap_or(u32::MAX));
            }
            Kind::WebhookGives { webhook, answer } => self.with_fake(webhook, |fake| {
                // After `fails` it answers again; after `fails twice`, once those two calls are over.
                fake.failing = if fake.failing == u32::MAX { 0 } else { fake.failing };
                fake.answer = Some(answer.clone());
            }),
            Kind::Completes { team, text, who } => {
                let now = self.now();
                // A task is given when its time has come, also when that is right now.
                self.advance(*who, now, true);
                match self.open_task(*who, team, text) {
                    Some(task) => self.take(*who, InputKind::TaskDone { task }, now, None),
                    None => self.fail(line, vec![format!("{team} has no such task for {}", self.test.customers[*who])]),
                }
            }
            Kind::Expect(_) => {}
        }
    }

    fn fail(&mut self, line: &Line, got: Vec<String>) {
        self.failures.push(Failure { line: line.line, expected: line.text.clone(), got, marks: Vec::new() });
    }

    fn with_fake(&mut self, webhook: &str, change: impl FnOnce(&mut Fake)) {
        if let Some(at) = self.program.image.webhooks.iter().position(|w| w.name == webhook) {
            change(&mut self.fakes[at]);
        }
    }

    fn identify(&mut self, who: usize, message: Map<String, Value>) {
        let message = self.message("identify", message, Some(who));
        if let Some(zone) = message["traits"]["time_zone"].as_str().and_then(|name| self.program.zones.find(name)) {
            self.people[who].zone = Some(zone);
        }
        match self.clock {
            Some(_) => self.feed(who, &message),
            None => self.people[who].waiting.push(message),
        }
    }

    /// The message of an event.
    fn message(&self, wire: &str, mut message: Map<String, Value>, who: Option<usize>) -> Value {
        let call = matches!(wire, "page" | "screen" | "group" | "identify" | "alias");
        message.insert("type".into(), if call { wire.into() } else { "track".into() });
        if !call {
            message.insert("event".into(), wire.into());
        }
        if matches!(wire, "group" | "identify") {
            // These two keep in their traits what others keep in their properties.
            if let Some(Value::Object(properties)) = message.remove("properties") {
                let traits = message.entry("traits").or_insert_with(|| json!({}));
                if let Value::Object(traits) = traits {
                    traits.extend(properties);
                }
            }
        }
        if let Some(who) = who {
            message.insert("userId".into(), self.test.customers[who].clone().into());
        }
        Value::Object(message)
    }

    /// Effect id and channel of the latest hand-over of a message.
    fn latest_send(&self, who: usize, message: &str) -> Option<(String, String)> {
        let image = &self.program.image;
        let of = |happening: &Happening| match &happening.what {
            Happened::Entry(Entry { what: What::Effect(effect), .. }) if happening.who == Some(who) => {
                match &effect.kind {
                    EffectKind::Sent { message: m, channel, .. } if image.messages[usize::from(*m)].name == message => {
                        Some((id_text(effect.id?), image.channels[usize::from(*channel)].name.clone()))
                    }
                    _ => None,
                }
            }
            _ => None,
        };
        self.happened.iter().rev().find_map(of)
    }

    /// Says of which send an event is the receipt, where the test has not said it.
    fn make_receipt(&self, wire: &str, message: &mut Map<String, Value>, of: &str, (id, channel): &(String, String)) {
        let Some(event) = self.program.image.events.iter().find(|event| event.wire == wire) else { return };
        let Role::Receipt { send_id, message: name } = &event.role else { return };
        let by_channel = event.fields.iter().position(|field| field.name == "channel").map(|field| field as u16);
        for (field, value) in [(*send_id, id.as_str()), (*name, of), (by_channel, channel)] {
            if let Some(field) = field.and_then(|field| event.fields.get(usize::from(field))) {
                put(message, &field.path, value.into());
            }
        }
    }

    /// The latest task of that text that the team has for a customer.
    fn open_task(&self, who: usize, team: &str, text: &str) -> Option<u128> {
        let image = &self.program.image;
        let task = |happening: &Happening| match &happening.what {
            Happened::Entry(Entry { what: What::Effect(effect), .. }) if happening.who == Some(who) => {
                match &effect.kind {
                    EffectKind::Tasked { team: t, text: said, .. }
                        if image.teams[usize::from(*t)] == team && said == text =>
                    {
                        effect.id
                    }
                    _ => None,
                }
            }
            _ => None,
        };
        self.happened.iter().rev().find_map(task)
    }

    // ------------------------------------------------------------------------------------------ inputs

    /// Feeds a message as if it had come at the clock's present moment.
    fn feed(&mut self, who: usize, message: &Value) {
        let now = self.now();
        let mut message = message.clone();
        message["timestamp"] = words::moment(now).into();
        let line = message.to_string();
        let mut scratch = std::mem::take(&mut self.ingest);
        let decoded = match self.decoder.read(line.as_bytes()) {
            ingest::Line::Message(message) => {
                let decoded = self.decoder.decode(&message, &self.program.zones, &mut self.pool, &mut scratch);
                decoded.map(|()| {
                    scratch.inputs.drain(..).map(|kind| (kind, message.happened_at, message.received_at)).collect()
                })
            }
            ingest::Line::Bad(problem) => Err(problem),
            ingest::Line::Unread(name, _) | ingest::Line::Unknown(name, _) => {
                let words = format!("does {name}, which nothing reads");
                self.people[who].story.input(now, words);
                Ok(Vec::new())
            }
            ingest::Line::Blank => Ok(Vec::new()),
        };
        self.ingest = scratch;
        match decoded {
            Ok(inputs) => inputs
                .into_iter()
                .for_each(|(kind, happened_at, received_at)| self.take(who, kind, happened_at, received_at)),
            Err(problem) => {
                self.advance(who, now, false);
                self.happened.push(Happening {
                    who: Some(who),
                    zone: self.zone_of(who),
                    what: Happened::Rejected(now, problem),
                });
            }
        }
        self.tell(who);
    }

    /// One input: time goes on to it, then it is taken.
    fn take(&mut self, who: usize, kind: InputKind, happened_at: i64, received_at: Option<i64>) {
        let previous = self.people[who].state.get(SEEN).map_or(i64::MIN, |seen| *seen as i64);
        let seen = stamp(happened_at, received_at, previous);
        self.advance(who, seen, false);
        self.step(who, &Input { seen, kind });
    }

    fn step(&mut self, who: usize, input: &Input) {
        let person = &mut self.people[who];
        let customer = Customer { id: &self.test.customers[who] };
        person.story.input(input.seen, describe(self.program, &self.pool, input, false));
        let (pool, scratch) = (&mut self.pool, &mut self.step);
        step::step(self.program, pool, scratch, &customer, &mut person.state, input, &mut person.story);
        self.tell(who);
        self.answer(who, input.seen);
    }

    /// Lets a customer's time go on to `until`, moment by moment: calls are answered when they are made.
    pub(super) fn advance(&mut self, who: usize, until: i64, inclusive: bool) {
        while let Some(due) = step::next_wake(&self.people[who].state) {
            if due > until || (due == until && !inclusive) {
                break;
            }
            let person = &mut self.people[who];
            let customer = Customer { id: &self.test.customers[who] };
            let (pool, scratch) = (&mut self.pool, &mut self.step);
            step::advance(self.program, pool, scratch, &customer, &mut person.state, due, true, &mut person.story);
            self.tell(who);
            self.answer(who, due);
        }
    }

    /// Answers the calls that were made last, as the test has said.
    fn answer(&mut self, who: usize, now: i64) {
        let calls: Vec<(u16, u128)> = self.calls(who);
        for (webhook, call) in calls {
            let fake = &mut self.fakes[usize::from(webhook)];
            if fake.failing > 0 {
                fake.failing = if fake.failing == u32::MAX { u32::MAX } else { fake.failing - 1 };
                continue;
            }
            let Some(answer) = &fake.answer else { continue };
            match self.decoder.answer(webhook, &answer.to_string(), &self.program.zones, &mut self.pool) {
                Ok(words) => {
                    self.step(who, &Input { seen: now, kind: InputKind::Answer { call, answer: Some(words) } })
                }
                Err(problem) => {
                    let what = Happened::Rejected(now, problem);
                    self.happened.push(Happening { who: Some(who), zone: self.zone_of(who), what });
                }
            }
        }
    }

    /// Calls that have been made and not looked at yet.
    fn calls(&mut self, who: usize) -> Vec<(u16, u128)> {
        let called = |happening: &Happening| match &happening.what {
            Happened::Entry(Entry { what: What::Effect(effect), .. }) if happening.who == Some(who) => {
                match &effect.kind {
                    EffectKind::Called { webhook, .. } => Some((*webhook, effect.id?)),
                    _ => None,
                }
            }
            _ => None,
        };
        let from = std::mem::replace(&mut self.looked_at, self.happened.len());
        self.happened[from..].iter().filter_map(called).collect()
    }

    /// Moves what a customer's story has gained to what happened.
    fn tell(&mut self, who: usize) {
        let zone = self.zone_of(who);
        let gained = std::mem::take(&mut self.people[who].story.entries);
        self.happened.extend(gained.into_iter().map(|entry| Happening {
            who: Some(who),
            zone,
            what: Happened::Entry(entry),
        }));
    }

    // ------------------------------------------------------------------------------------------ expectations

    /// Looks at expectations that stand together.
    fn block(&mut self, lines: &[Line]) {
        let now = self.now();
        for who in 0..self.people.len() {
            self.advance(who, now, !lines.is_empty());
        }
        let verdicts = expect::judge(self, lines);
        for (line, failure) in lines.iter().zip(&verdicts.lines) {
            let what = Happened::Expected(now, line.line, line.text.clone(), failure.is_none());
            self.happened.push(Happening { who: None, zone: self.zone_of(0), what });
        }
        self.failures.extend(verdicts.lines.into_iter().flatten());
        self.failures.extend(verdicts.unexpected);
        self.since = self.happened.len();
    }
}

/// Puts a value at a path: `a.b` below the properties, `/a/b` from the root. What is there already stays.
fn put(message: &mut Map<String, Value>, path: &str, value: Value) {
    let (mut parts, root) = match path.strip_prefix('/') {
        Some(path) => (path.split('/').collect::<Vec<_>>(), true),
        None => (path.split('.').collect(), false),
    };
    if !root {
        parts.insert(0, "properties");
    }
    let Some(last) = parts.pop() else { return };
    let mut at = message;
    for part in parts {
        let next = at.entry(part).or_insert_with(|| json!({}));
        let Value::Object(next) = next else { return };
        at = next;
    }
    at.entry(last).or_insert(value);
}
