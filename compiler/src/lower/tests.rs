//! From checked tests to a plan that the runtime's test runner understands: names instead of numbers, values as JSON.

use crate::hir::{self, Const, Expect, Program, TestKind, Ty};
use crate::project::Source;
use journey_grammar::span::Span;
use journey_runtime::report::words;
use journey_runtime::testing::plan::{self, Kind, Left, Line, Moment, TestPlan};
use serde_json::{Map, Value, json};

/// The tests of a program without errors. `sources` are those of the check that made it.
pub fn lower_tests(program: &Program, sources: &[Source]) -> TestPlan {
    let plan = Plan { program, sources };
    TestPlan { tests: program.tests.iter().map(|test| plan.test(test)).collect() }
}

/// One test that is not in the program's own texts.
pub fn lower_test(program: &Program, test: &hir::Test) -> plan::Test {
    Plan { program, sources: &[] }.test(test)
}

struct Plan<'a> {
    program: &'a Program,
    sources: &'a [Source],
}

impl Plan<'_> {
    fn test(&self, test: &hir::Test) -> plan::Test {
        let (line, file) = self.place(test.span);
        let lines = test.lines.iter().map(|line| Line {
            line: self.place(line.span).0,
            text: self.text(line.span),
            kind: self.kind(&line.kind),
        });
        plan::Test { title: test.title.clone(), file, line, customers: test.customers.clone(), lines: lines.collect() }
    }

    /// Line (from 1) and file of a span.
    fn place(&self, span: Span) -> (u32, String) {
        let Some(source) = self.sources.get(usize::from(span.file.0)) else { return (0, String::new()) };
        let before = source.text.get(..span.start as usize).unwrap_or_default();
        (before.matches('\n').count() as u32 + 1, source.path.clone())
    }

    /// The source text of a span, on one line.
    fn text(&self, span: Span) -> String {
        let text =
            self.sources.get(usize::from(span.file.0)).and_then(|s| s.text.get(span.range())).unwrap_or_default();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn kind(&self, kind: &TestKind) -> Kind {
        let program = self.program;
        match kind {
            TestKind::Customer { who, profile, consents } => Kind::Customer {
                who: *who,
                message: self.identify(profile),
                consents: consents.iter().map(|(p, c)| (program.purposes[*p].name.clone(), self.channel(c))).collect(),
            },
            TestKind::At { date, time, zone } => Kind::At { date: *date, time: *time, zone: zone.clone() },
            TestKind::After(length) => Kind::After(*length),
            TestKind::Does { who, event, of, fields, id } => Kind::Does {
                who: *who,
                wire: program.events[*event].wire.clone(),
                message: self.message(&program.events[*event], fields),
                of: of.map(|message| program.messages[message].name.clone()),
                id: id.clone(),
            },
            TestKind::DoesRaw { who, wire, json, id } => {
                let properties = serde_json::from_str(json).unwrap_or_else(|_| json.clone().into());
                let message = Map::from_iter([("properties".to_string(), properties)]);
                Kind::Does { who: *who, wire: wire.clone(), message, of: None, id: id.clone() }
            }
            TestKind::Everyone { event, fields } => Kind::Everyone {
                wire: program.events[*event].wire.clone(),
                message: self.message(&program.events[*event], fields),
            },
            TestKind::Becomes { who, profile } => Kind::Becomes { who: *who, message: self.identify(profile) },
            TestKind::Consent { who, granted, purpose, channel } => Kind::Consent {
                who: *who,
                granted: *granted,
                purpose: program.purposes[*purpose].name.clone(),
                channel: self.channel(channel),
            },
            TestKind::WebhookFails { webhook, times } => {
                Kind::WebhookFails { webhook: program.webhooks[*webhook].name.clone(), times: *times }
            }
            TestKind::WebhookGives { webhook, fields } => {
                let webhook = &program.webhooks[*webhook];
                let mut answer = Map::new();
                for (field, value) in fields {
                    self.put(&mut answer, None, &webhook.gives[*field], value);
                }
                Kind::WebhookGives { webhook: webhook.name.clone(), answer: Value::Object(answer) }
            }
            TestKind::Completes { team, text, who } => {
                Kind::Completes { team: program.teams[*team].name.clone(), text: text.clone(), who: *who }
            }
            TestKind::Expect(expect) => Kind::Expect(self.expect(expect)),
        }
    }

    fn expect(&self, expect: &Expect) -> plan::Expect {
        let program = self.program;
        let journey = |j: &hir::JourneyId| program.journeys[*j].name.clone();
        let message = |m: &hir::MessageId| program.messages[*m].name.clone();
        match expect {
            Expect::Receives { who, message: m, channel, at, with } => plan::Expect::Receives {
                who: *who,
                message: message(m),
                channel: self.channel(channel),
                at: moment(at),
                with: with.iter().map(|(name, value)| (name.clone(), self.shown(value))).collect(),
            },
            Expect::Nothing { who, from } => plan::Expect::Nothing { who: *who, from: from.as_ref().map(journey) },
            Expect::Waiting { who, journey: j, at } => {
                plan::Expect::Waiting { who: *who, journey: journey(j), at: at.clone() }
            }
            Expect::NotIn { who, journey: j } => plan::Expect::NotIn { who: *who, journey: journey(j) },
            Expect::Enters { who, journey: j, at } => {
                plan::Expect::Enters { who: *who, journey: journey(j), at: moment(at) }
            }
            Expect::Leaves { who, journey: j, how, label, at } => plan::Expect::Leaves {
                who: *who,
                journey: journey(j),
                how: if *label { Left::Label(how.clone()) } else { Left::Word(how.clone()) },
                at: moment(at),
            },
            Expect::Converts { who, journey: j, at } => {
                plan::Expect::Converts { who: *who, journey: journey(j), at: moment(at) }
            }
            Expect::Refused { who, message: m, channel, reason, at } => plan::Expect::Refused {
                who: *who,
                message: message(m),
                channel: self.channel(channel),
                reason: reason.clone(),
                at: moment(at),
            },
            Expect::RefusedEntry { who, journey: j, reason } => {
                plan::Expect::RefusedEntry { who: *who, journey: journey(j), reason: reason.clone() }
            }
            Expect::Task { team, text, at } => {
                plan::Expect::Task { team: program.teams[*team].name.clone(), text: text.clone(), at: moment(at) }
            }
            Expect::Profile { who, fields } => {
                let shown = |(field, value): &(hir::FieldId, Const)| {
                    (program.profile[*field].field.name.clone(), self.shown(value))
                };
                plan::Expect::Profile { who: *who, fields: fields.iter().map(shown).collect() }
            }
            Expect::Emits { who, event, with } => {
                let event = &program.events[*event];
                let shown = |(field, value): &(usize, Const)| (event.fields[*field].name.clone(), self.shown(value));
                plan::Expect::Emits { who: *who, event: event.name.clone(), with: with.iter().map(shown).collect() }
            }
            Expect::Rejected(words) => plan::Expect::Rejected(words.clone()),
        }
    }

    fn channel(&self, channel: &Option<hir::ChannelId>) -> Option<String> {
        channel.map(|channel| self.program.channels[channel].name.clone())
    }

    /// What an `identify` says beyond its name.
    fn identify(&self, profile: &[(hir::FieldId, Const)]) -> Map<String, Value> {
        let mut message = Map::new();
        for (field, value) in profile {
            self.put(&mut message, Some("traits"), &self.program.profile[*field].field, value);
        }
        message
    }

    /// What an event's message says beyond its name.
    fn message(&self, event: &hir::Event, fields: &[(usize, Const)]) -> Map<String, Value> {
        let mut message = Map::new();
        for (field, value) in fields {
            self.put(&mut message, Some("properties"), &event.fields[*field], value);
        }
        message
    }

    /// Puts a field where it stands on the wire, and its currency where that stands. `below`: where paths without a `/` begin.
    fn put(&self, message: &mut Map<String, Value>, below: Option<&str>, field: &hir::Field, value: &Const) {
        place(message, below, &field.path, self.wire(value, &field.ty.ty));
        if let (Ty::Money(currency), Some(path)) = (&field.ty.ty, &field.currency_path) {
            place(message, below, path, currency.clone().into());
        }
    }

    /// A value as it comes on the wire.
    fn wire(&self, value: &Const, ty: &Ty) -> Value {
        match (value, ty) {
            (Const::Money(millionths), _) => number(*millionths as f64 / 1e6),
            (Const::List(members), Ty::List(of)) => members.iter().map(|member| self.wire(member, of)).collect(),
            (Const::Record(fields), Ty::Record(record)) => {
                let mut member = Map::new();
                for (name, value) in fields {
                    if let Some(field) = self.program.records[*record].fields.iter().find(|f| f.name == *name) {
                        self.put(&mut member, None, field, value);
                    }
                }
                Value::Object(member)
            }
            _ => self.shown(value),
        }
    }

    /// A value as effects carry it. Of an amount, the currency is known from its type.
    fn shown(&self, value: &Const) -> Value {
        match value {
            Const::Missing => Value::Null,
            Const::Bool(yes) => (*yes).into(),
            Const::Int(n) => (*n).into(),
            Const::Number(n) => number(*n),
            Const::Money(millionths) => json!({ "amount": number(*millionths as f64 / 1e6) }),
            Const::Text(text) => text.clone().into(),
            Const::Duration(length) => words::iso_duration(super::nominal(*length)).into(),
            Const::Date(days) => words::date(*days).into(),
            Const::Time(ms) => words::time(*ms).into(),
            Const::Moment(ms) => words::moment(*ms).into(),
            Const::Enum(of, value) => self.program.enums[*of].values[usize::from(*value)].clone().into(),
            Const::Node(facet, node) => self.program.facets[*facet].nodes[*node as usize].path.clone().into(),
            Const::List(members) => members.iter().map(|member| self.shown(member)).collect(),
            Const::Record(fields) => {
                Value::Object(fields.iter().map(|(name, value)| (name.clone(), self.shown(value))).collect())
            }
        }
    }
}

/// A number; whole ones without a point.
fn number(n: f64) -> Value {
    let whole = n as i64;
    if whole as f64 == n { whole.into() } else { n.into() }
}

fn moment(at: &Option<hir::TestMoment>) -> Option<Moment> {
    at.as_ref().map(|at| Moment { date: at.date, time: at.time, zone: at.zone.clone() })
}

/// Puts a value at a path: `a.b` below `below`, `/a/b` at the root.
fn place(message: &mut Map<String, Value>, below: Option<&str>, path: &str, value: Value) {
    let mut parts: Vec<&str> = match path.strip_prefix('/') {
        Some(path) => path.split('/').collect(),
        None => below.into_iter().chain(path.split('.')).collect(),
    };
    let Some(last) = parts.pop() else { return };
    let mut at = message;
    for part in parts {
        let next = at.entry(part).or_insert_with(|| json!({}));
        let Value::Object(next) = next else { return };
        at = next;
    }
    at.insert(last.to_string(), value);
}
