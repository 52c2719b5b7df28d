//! Tests in a program: their customers, inputs and expectations.

mod clock;
mod expectations;
mod inputs;

use crate::hir::{EventId, MessageId, Program, Test, TestKind, TestLine};
use crate::journey::each_written;
use crate::mentions::{Local, Target};
use crate::scope::{Context, Kind};
use clock::Clock;
use journey_grammar::ast::{self, Name, TestField};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;
use journey_grammar::span::Span;
use std::collections::BTreeMap;

/// Checks every test, into `cx.program.tests`. Inputs of messages that a test asks for are added to what their sends carry.
pub fn check_tests(cx: &mut Context) {
    let mut asked: Vec<(MessageId, usize, usize)> = Vec::new();
    let mut tests = Vec::new();
    let tasks = tasks(cx);
    for declared in &cx.decls.tests {
        let broken = declared.item.broken;
        let mut checker = Checker::new(cx, declared.decl, broken, &tasks);
        let lines = declared.decl.items.iter().filter_map(|line| checker.line(line)).collect::<Vec<_>>();
        checker.expects_something(declared.decl);
        asked.append(&mut checker.asked);
        tests.push(Test {
            title: declared.decl.title.text.clone(),
            span: declared.item.span,
            customers: checker.customers.into_iter().map(|c| c.name).collect(),
            lines,
        });
    }
    for (message, param, field) in asked {
        let inputs = &mut cx.program.messages[message].inputs;
        if !inputs.contains(&(param, Some(field))) {
            inputs.push((param, Some(field)));
        }
    }
    cx.program.tests = tests;
}

/// A customer of a test.
struct Customer {
    name: String,
    span: Span,
    /// Where their days begin.
    zone: Option<String>,
}

/// One test while it is checked.
struct Checker<'x, 'a> {
    cx: &'x Context<'a>,
    customers: Vec<Customer>,
    clock: Clock,
    broken: bool,
    /// Texts of tasks that journeys give, by team (none: of a team that there is not).
    tasks: &'x [(Option<usize>, String)],
    /// Fields of messages' inputs that expectations name: message, input, field.
    asked: Vec<(MessageId, usize, usize)>,
    /// The clock has been asked for before it was set.
    told_unset: bool,
}

impl<'x, 'a> Checker<'x, 'a> {
    fn new(
        cx: &'x Context<'a>,
        test: &ast::Test,
        broken: bool,
        tasks: &'x [(Option<usize>, String)],
    ) -> Checker<'x, 'a> {
        let mut checker = Checker {
            cx,
            customers: Vec::new(),
            clock: Clock::default(),
            broken,
            tasks,
            asked: Vec::new(),
            told_unset: false,
        };
        let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
        for line in &test.items {
            let ast::TestKind::Customer(name, fields) = &line.kind else { continue };
            if let Some(earlier) = seen.get(name.text.as_str()) {
                cx.report(
                    Diagnostic::new(
                        Code::CustomerTwice,
                        name.span,
                        format!("two customers of this test are called `{}`", name.text),
                        "called so again",
                    )
                    .label(*earlier, "called so first"),
                );
                continue;
            }
            seen.insert(&name.text, name.span);
            let zone = fields.iter().find_map(|f| match f {
                TestField::Value(v) if v.name.text == "time_zone" => match &v.value.kind {
                    ast::ExprKind::Text(zone) if crate::iso::is_zone(zone) => Some(zone.clone()),
                    _ => None,
                },
                _ => None,
            });
            cx.define(Local::Customer, name.span);
            checker.customers.push(Customer { name: name.text.clone(), span: name.span, zone });
        }
        checker
    }

    /// The customer of that name; reported where there is none.
    fn who(&self, name: &Name) -> Option<usize> {
        let found = self.customers.iter().position(|c| c.name == name.text);
        if let Some(at) = found {
            self.cx.mention(name.span, Target::Local(Local::Customer, self.customers[at].span));
        }
        if found.is_none() && !self.broken {
            let near = journey_grammar::diagnostic::nearest(&name.text, self.customers.iter().map(|c| c.name.as_str()));
            let d = Diagnostic::new(
                Code::UnknownCustomer,
                name.span,
                format!("this test has no customer `{}`", name.text),
                match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "not introduced".to_string(),
                },
            );
            self.cx.report(match near {
                Some(near) => d.fix(format!("change it to `{near}`"), name.span, near),
                None => d.help(format!(
                    "introduce them first: `customer {} {{ email: \"{}@example.com\" }}`",
                    name.text, name.text
                )),
            });
        }
        found
    }

    /// The zone in which a customer's dates and times are read.
    fn zone_of(&self, who: Option<usize>) -> &str {
        let own = who.and_then(|w| self.customers.get(w)).and_then(|c| c.zone.as_deref());
        own.unwrap_or(&self.cx.program.time_zone)
    }

    fn line(&mut self, line: &ast::TestItem) -> Option<TestLine> {
        use ast::TestKind as A;
        let span = line.span;
        if matches!(line.kind, A::Does { .. } | A::DoesRaw { .. } | A::Everyone { .. } | A::Becomes(..) | A::After(_)) {
            self.needs_clock(span);
        }
        let kind = match &line.kind {
            A::Customer(name, fields) => self.customer(name, fields),
            A::At { date, time, zone } => self.at(span, date, time, zone.as_ref()),
            A::After(length) => {
                let length = crate::expr::checked_length(self.cx, length)?;
                self.clock.advance(length);
                Some(TestKind::After(length))
            }
            A::Does { who, event, of, fields, id } => self.does(who, event, of.as_ref(), fields, id.as_ref()),
            A::DoesRaw { who, event, json, id } => {
                let who = self.who(who)?;
                Some(TestKind::DoesRaw {
                    who,
                    wire: self.wire(&event.text),
                    json: json.text.clone(),
                    id: id.as_ref().map(|t| t.text.clone()),
                })
            }
            A::Everyone { event, fields } => self.everyone(event, fields),
            A::Becomes(who, fields) => {
                let who = self.who(who)?;
                Some(TestKind::Becomes { who, profile: self.profile(Some(who), fields)? })
            }
            A::Consent { who, grants, purpose, channel } => {
                let who = self.who(who);
                let purpose = self.cx.lookup_purpose(purpose);
                let channel = match channel {
                    Some(c) => Some(self.cx.lookup_channel(c)?),
                    None => None,
                };
                Some(TestKind::Consent { who: who?, granted: *grants, purpose: purpose?, channel })
            }
            A::WebhookFails { webhook, times } => {
                Some(TestKind::WebhookFails { webhook: self.cx.lookup_webhook(webhook)?, times: *times })
            }
            A::WebhookGives(webhook, fields) => self.gives(webhook, fields),
            A::Completes { team, text, who } => {
                let team_id = self.cx.lookup_team(team);
                let who = self.who(who);
                self.task_is_given(team_id, text);
                Some(TestKind::Completes { team: team_id?, text: text.text.clone(), who: who? })
            }
            A::Expect(expect) => self.expect(expect).map(TestKind::Expect),
            A::Broken => None,
        };
        kind.map(|kind| TestLine { span, kind })
    }

    fn needs_clock(&mut self, span: Span) {
        if self.clock.is_set() || self.told_unset || self.broken {
            return;
        }
        self.told_unset = true;
        self.cx.report(
            Diagnostic::new(Code::ClockUnset, span, "when this happens is not said", "the test has no time yet")
                .note("a test has a clock of its own: it says what time it is, and moves it on")
                .suggest("say when", span.before(), "at 2026-03-02 10:00\n    "),
        );
    }

    fn expects_something(&self, test: &ast::Test) {
        let expects = test.items.iter().any(|i| matches!(i.kind, ast::TestKind::Expect(_) | ast::TestKind::Broken));
        if expects || self.broken {
            return;
        }
        self.cx.report(
            Diagnostic::new(
                Code::NothingExpected,
                test.title.span,
                format!("the test \"{}\" expects nothing", test.title.text),
                "cannot fail",
            )
            .help("say what must have happened: `expect ana receives welcome by email`, `expect ana receives nothing`"),
        );
    }

    /// Reports a task that no journey gives.
    fn task_is_given(&self, team: Option<usize>, text: &ast::Text) {
        let Some(team) = team else { return };
        let given = || self.tasks.iter().filter(|(t, _)| t.is_none_or(|t| t == team)).map(|(_, text)| text.as_str());
        if given().any(|t| t == text.text) {
            return;
        }
        let name = &self.cx.program.teams[team].name;
        let near = journey_grammar::diagnostic::nearest(&text.text, given());
        let d = Diagnostic::new(
            Code::UnknownTask,
            text.span,
            format!("no journey gives `{name}` a task \"{}\"", text.text),
            match near {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => "given by no journey".to_string(),
            },
        );
        let all: Vec<String> = given().map(|t| format!("\"{t}\"")).collect();
        self.cx.report(match near {
            Some(near) => d.fix(format!("change it to \"{near}\""), text.span, format!("\"{near}\"")),
            None if all.is_empty() => d.help("it is given no task at all"),
            None => d.help(format!("its tasks are {}", all.join(", "))),
        });
    }

    /// The name on the wire of a declared event, or the name as it stands.
    fn wire(&self, name: &str) -> String {
        let declared = self.cx.program.events.iter().find(|e| e.name == name);
        declared.map(|e| e.wire.clone()).unwrap_or_else(|| name.to_string())
    }
}

/// Every task that is written in the program: team and text. A step that is wrong in itself gives its task all the same.
fn tasks(cx: &Context) -> Vec<(Option<usize>, String)> {
    let mut found = Vec::new();
    let mut look = |block: &ast::Block| {
        each_written(block, &mut |step| {
            if let ast::StepKind::Task { team, text, .. } = &step.kind {
                found.push((cx.names.find(Kind::Team, &team.text), text.text.clone()));
            }
        });
    };
    for journey in &cx.decls.journeys {
        look(&journey.decl.body);
        for clause in &journey.decl.header {
            if let ast::ClauseKind::OnLeaving(block) = &clause.kind {
                look(block);
            }
        }
    }
    for offer in &cx.decls.offers {
        offer.decl.body.iter().for_each(&mut look);
    }
    found
}

/// Whether a channel reports this event.
fn is_receipt(program: &Program, event: EventId) -> bool {
    program.channels.iter().any(|c| c.reports.contains(&event))
}
