//! The machine that runs tests, asked what becomes of a schedule; and a test made of it.

use super::schedule::{Schedule, at_line};
use super::write;
use crate::hir::{Expect, JourneyId, MessageId, Program, Test, TestKind, TestLine, TestMoment};
use crate::lower::lower_test;
use crate::prove::pressure::anchor::DAY;
use journey_runtime::input::{Effect, EffectKind};
use journey_runtime::program::Program as Machine;
use journey_runtime::report::story::{Entry, What};
use journey_runtime::testing::{Happened, Rehearsal, TestResult};
use journey_runtime::time::Zone;

const MINUTE: i64 = 60_000;

/// A program and its machine.
pub struct Player<'p> {
    /// The program.
    pub program: &'p Program,
    stage: Rehearsal<'p>,
    zone: &'p Zone,
    /// Which journey, message and channel of the program those of the image are.
    journeys: Vec<Option<JourneyId>>,
    messages: Vec<Option<MessageId>>,
    channels: Vec<Option<usize>>,
}

impl<'p> Player<'p> {
    /// `machine` is the program's image.
    pub fn new(program: &'p Program, machine: &'p Machine) -> Player<'p> {
        let image = &machine.image;
        let place = |names: Vec<&str>, name: &str| names.iter().position(|n| *n == name);
        let journeys = || program.journeys.iter().map(|j| j.name.as_str()).collect();
        let messages = || program.messages.iter().map(|m| m.name.as_str()).collect();
        let channels = || program.channels.iter().map(|c| c.name.as_str()).collect();
        Player {
            program,
            stage: Rehearsal::new(machine),
            zone: machine.zones.get(machine.zone),
            journeys: image.journeys.iter().map(|j| place(journeys(), &j.name)).collect(),
            messages: image.messages.iter().map(|m| place(messages(), &m.name)).collect(),
            channels: image.channels.iter().map(|c| place(channels(), &c.name)).collect(),
        }
    }

    /// A schedule of a customer of this program, in which nothing happens yet.
    pub fn schedule(&self) -> Schedule<'p> {
        Schedule::new(self.program, self.zone)
    }

    /// What the machine makes of lines.
    pub fn play(&self, who: &str, lines: Vec<TestKind>) -> TestResult {
        let line = |kind| TestLine { span: Default::default(), kind };
        let lines = lines.into_iter().map(line).collect();
        let test = Test { title: String::new(), span: Default::default(), customers: vec![who.to_string()], lines };
        self.stage.play(&lower_test(self.program, &test))
    }

    /// A moment (milliseconds since 1970 UTC) as it is at the customer's place: local milliseconds since 1970.
    pub fn local(&self, time: i64) -> i64 {
        let local = self.zone.local(time);
        local.date * DAY + local.time
    }

    /// The journey that an effect belongs to.
    pub fn journey(&self, effect: &Effect) -> Option<JourneyId> {
        effect.journey.and_then(|j| *self.journeys.get(usize::from(j))?)
    }

    /// The message of the program that is this one of the image.
    pub fn message(&self, message: u16) -> Option<MessageId> {
        *self.messages.get(usize::from(message))?
    }

    /// The lines up to a moment, and the clock going on to another one (both milliseconds since 1970 UTC).
    pub fn until(&self, lines: &[TestKind], time: i64, end: i64) -> Vec<TestKind> {
        let later = |line: &TestKind| matches!(line, TestKind::At { date, time: of_day, .. } if date * DAY + of_day > self.local(time));
        let mut short: Vec<TestKind> = lines.iter().take_while(|line| !later(line)).cloned().collect();
        short.push(at_line((self.local(end) + MINUTE - 1).div_euclid(MINUTE) * MINUTE));
        short
    }

    /// That this hand-over, refusal or entry happens.
    pub fn expect(&self, effect: &Effect) -> Option<Expect> {
        let local = self.local(effect.time);
        let moment = TestMoment { date: Some(local.div_euclid(DAY)), time: local.rem_euclid(DAY), zone: None };
        let at = (local.rem_euclid(MINUTE) == 0).then_some(moment);
        let channel = |c: u16| self.channels.get(usize::from(c)).copied().flatten();
        Some(match &effect.kind {
            EffectKind::Sent { message, channel: c, .. } => Expect::Receives {
                who: 0,
                message: self.message(*message)?,
                channel: channel(*c),
                at,
                with: Vec::new(),
            },
            EffectKind::Refused { message, channel: c, reason, .. } => Expect::Refused {
                who: 0,
                message: self.message(*message)?,
                channel: channel(*c),
                reason: reason.words().to_string(),
                at,
            },
            EffectKind::Entered { .. } => Expect::Enters { who: 0, journey: self.journey(effect)?, at },
            _ => return None,
        })
    }

    /// Whether an event lacks a field that a test must give: there are values that nobody here can make up.
    fn lacks(&self, line: &TestKind) -> bool {
        let (TestKind::Does { event, fields, .. } | TestKind::Everyone { event, fields }) = line else { return false };
        let declared = self.program.events[*event].fields.iter().enumerate();
        let mut needed = declared.filter(|(_, f)| !f.ty.optional && f.default.is_none());
        needed.any(|(at, _)| fields.iter().all(|(given, _)| *given != at))
    }

    /// These lines and what is expected of them as it may stand in a `.journey` file; none where it does not pass.
    pub fn test(&self, title: &str, who: &str, mut lines: Vec<TestKind>, expected: Vec<Expect>) -> Option<String> {
        if expected.is_empty() || lines.iter().any(|line| self.lacks(line)) {
            return None;
        }
        lines.extend(expected.into_iter().map(TestKind::Expect));
        let passes = self.play(who, lines.clone()).passed();
        passes.then(|| write::test(self.program, title, who, &lines))
    }
}

/// The effects among what happened, in order.
pub fn effects(result: &TestResult) -> impl Iterator<Item = &Effect> {
    result.happened.iter().filter_map(|h| match &h.what {
        Happened::Entry(Entry { what: What::Effect(effect), .. }) => Some(effect),
        _ => None,
    })
}
