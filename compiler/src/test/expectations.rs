//! What a test expects.

use super::Checker;
use crate::expr::{self, words};
use crate::hir::{Const, Expect, JourneyId, MessageId, Ty};
use crate::journey::each_written;
use crate::mentions::{Local, Target};
use crate::scope::Kind;
use journey_grammar::ast::{self, FieldValue, LeaveHow, Name, Text};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::{Diagnostic, nearest};
use journey_runtime::input::Reason;

impl Checker<'_, '_> {
    /// One expectation.
    pub fn expect(&mut self, expect: &ast::Expect) -> Option<Expect> {
        use ast::Expect as A;
        let cx = self.cx;
        Some(match expect {
            A::Receives { who, message, channel, at, with } => {
                let who = self.who(who);
                let message = cx.lookup_message(message);
                let channel = self.channel(channel.as_ref());
                let at = self.moment(at.as_ref());
                let with = message.and_then(|m| self.with(who, m, with));
                Expect::Receives { who: who?, message: message?, channel: channel?, at: at?, with: with? }
            }
            A::Nothing { who, from } => {
                let who = self.who(who);
                let from = match from {
                    Some(j) => Some(cx.lookup_journey(j)?),
                    None => None,
                };
                Expect::Nothing { who: who?, from }
            }
            A::Waiting { who, journey, at } => {
                let who = self.who(who);
                let journey = cx.lookup_journey(journey)?;
                if let Some(place) = at
                    && !self.is_place(journey, place)
                {
                    return None;
                }
                Expect::Waiting { who: who?, journey, at: at.as_ref().map(|p| p.text.clone()) }
            }
            A::NotIn { who, journey } => {
                let (who, journey) = (self.who(who), cx.lookup_journey(journey));
                Expect::NotIn { who: who?, journey: journey? }
            }
            A::Enters { who, journey, at } => {
                let (who, journey, at) = (self.who(who), cx.lookup_journey(journey), self.moment(at.as_ref()));
                Expect::Enters { who: who?, journey: journey?, at: at? }
            }
            A::Leaves { who, journey, how, at } => {
                let (who, journey, at) = (self.who(who), cx.lookup_journey(journey), self.moment(at.as_ref()));
                let (how, label) = self.leaves(journey?, how)?;
                Expect::Leaves { who: who?, journey: journey?, how, label, at: at? }
            }
            A::Converts { who, journey, at } => {
                let (who, id, at) = (self.who(who), cx.lookup_journey(journey), self.moment(at.as_ref()));
                let id = id?;
                if !self.has_goal(id) && !self.is_unclear(id) {
                    cx.report(self.no_goal(id, journey.span));
                    return None;
                }
                Expect::Converts { who: who?, journey: id, at: at? }
            }
            A::Refused { who, message, channel, reason, at } => {
                let (who, message) = (self.who(who), cx.lookup_message(message));
                let channel = self.channel(channel.as_ref());
                let at = self.moment(at.as_ref());
                let reason = self.reason(reason, Reason::SENDING);
                Expect::Refused { who: who?, message: message?, channel: channel?, reason: reason?, at: at? }
            }
            A::RefusedEntry { who, journey, reason } => {
                let (who, journey) = (self.who(who), cx.lookup_journey(journey));
                let reason = self.reason(reason, Reason::ENTRY);
                Expect::RefusedEntry { who: who?, journey: journey?, reason: reason? }
            }
            A::Task { team, text, at } => {
                let team = cx.lookup_team(team);
                let at = self.moment(at.as_ref());
                if let Some(text) = text {
                    self.task_is_given(team, text);
                }
                Expect::Task { team: team?, text: text.as_ref().map(|t| t.text.clone()), at: at? }
            }
            A::Profile { who, fields } => {
                let who = self.who(who);
                Expect::Profile { who: who?, fields: self.profile(who, fields)? }
            }
            A::Emits { who, event, with } => {
                let who = self.who(who);
                let id = cx.lookup_event(event)?;
                Expect::Emits { who: who?, event: id, with: self.fields(who, event.span, id, with, false)? }
            }
            A::Rejected(words) => Expect::Rejected(words.text.clone()),
        })
    }

    fn channel(&self, channel: Option<&Name>) -> Option<Option<usize>> {
        match channel {
            Some(c) => self.cx.lookup_channel(c).map(Some),
            None => Some(None),
        }
    }

    /// `with { total: 80 EUR, cart: { value: 80 EUR } }`: inputs of the message by name. The field of an event that is an input
    /// may stand alone where only one has it.
    fn with(&mut self, who: Option<usize>, id: MessageId, given: &[FieldValue]) -> Option<Vec<(String, Const)>> {
        let cx = self.cx;
        let message = &cx.program.messages[id];
        let mut values: Vec<(String, Const)> = Vec::new();
        let mut sound = true;
        for g in given {
            if let Some(at) = message.params.iter().position(|p| p.name == g.name.text) {
                let param = &message.params[at];
                cx.mention(g.name.span, Target::Local(Local::Input, param.span));
                match &param.ty.ty {
                    Ty::Event(event) => {
                        let ast::ExprKind::Record(fields) = &g.value.kind else {
                            cx.report(
                                Diagnostic::new(
                                    Code::WrongKind,
                                    g.value.span,
                                    format!("`{}` is {}", param.name, words::kind(cx, &param.ty.ty)),
                                    "say which of its fields",
                                )
                                .help(format!("`{}: {{ … }}` with the fields that matter", param.name)),
                            );
                            sound = false;
                            continue;
                        };
                        let Some(fields) = self.fields(who, g.name.span, *event, fields, false) else {
                            sound = false;
                            continue;
                        };
                        for (field, value) in fields {
                            let name = &cx.program.events[*event].fields[field].name;
                            values.push((format!("{}.{name}", param.name), value));
                            self.asked.push((id, at, field));
                        }
                    }
                    _ => match expr::constant_in(cx, &g.value, Some(&param.ty), self.zone_of(who)) {
                        Some(v) => values.push((param.name.clone(), v)),
                        None => sound = false,
                    },
                }
                continue;
            }
            let owners: Vec<(usize, usize, usize)> = message
                .params
                .iter()
                .enumerate()
                .filter_map(|(at, p)| match p.ty.ty {
                    Ty::Event(e) => {
                        let field = cx.program.events[e].fields.iter().position(|f| f.name == g.name.text)?;
                        Some((at, e, field))
                    }
                    _ => None,
                })
                .collect();
            match owners[..] {
                [(at, event, field)] => {
                    let declared = &cx.program.events[event].fields[field];
                    cx.mention(g.name.span, Target::EventField(event, field));
                    match self.value(who, declared, g) {
                        Some(v) => {
                            values.push((format!("{}.{}", message.params[at].name, declared.name), v));
                            self.asked.push((id, at, field));
                        }
                        None => sound = false,
                    }
                }
                _ => {
                    sound = false;
                    if cx.names.is_broken(Kind::Message, id) {
                        continue;
                    }
                    let said = format!("the message `{}` has no input `{}`", message.name, g.name.text);
                    let names: Vec<&str> = message.params.iter().map(|p| p.name.as_str()).collect();
                    let help = if names.is_empty() {
                        "it has no inputs".to_string()
                    } else {
                        format!("its inputs are {}", words::listed(&names))
                    };
                    cx.unknown_in(&format!("inputs of {}", message.name), said, &g.name, names, |d| d.help(help));
                }
            }
        }
        sound.then_some(values)
    }

    /// Whether a journey cannot be looked into, because a part of it could not be read.
    fn is_unclear(&self, journey: JourneyId) -> bool {
        let declared = self.cx.decls.journeys[journey];
        declared.item.broken || declared.decl.header_broken || self.cx.names.is_broken(Kind::Journey, journey)
    }

    /// Whether a journey has a stage or a named step of that name; reported where not.
    fn is_place(&self, id: JourneyId, place: &Name) -> bool {
        let journey = &self.cx.program.journeys[id];
        let mut named: Vec<(&Name, Local)> = Vec::new();
        each_written(&self.cx.decls.journeys[id].decl.body, &mut |step| match &step.kind {
            ast::StepKind::Stage { name, .. } => named.push((name, Local::Stage)),
            ast::StepKind::Send(ast::Send { alias: Some(a), .. })
            | ast::StepKind::Call { alias: Some(a), .. }
            | ast::StepKind::Collect { alias: a, .. } => named.push((a, Local::Variable)),
            _ => {}
        });
        if let Some((found, kind)) = named.iter().find(|(name, _)| name.text == place.text) {
            self.cx.mention(place.span, Target::Local(*kind, found.span));
            return true;
        }
        let places: Vec<&str> = named.iter().map(|(name, _)| name.text.as_str()).collect();
        if self.is_unclear(id) {
            return false;
        }
        let near = nearest(&place.text, places.iter().copied());
        let d = Diagnostic::new(
            Code::UnknownPlace,
            place.span,
            format!("the journey `{}` has no place `{}`", journey.name, place.text),
            match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "neither a stage nor a named step".to_string(),
            },
        );
        self.cx.report(match near {
            Some(near) => d.fix(format!("change it to `{near}`"), place.span, near),
            None if places.is_empty() => d.help("a place is a stage, or a step with a name: `send … as reminder`"),
            None => d.help(format!("its places are {}", words::listed(&places))),
        });
        false
    }

    fn has_goal(&self, id: JourneyId) -> bool {
        let header = &self.cx.decls.journeys[id].decl.header;
        header.iter().any(|c| matches!(c.kind, ast::ClauseKind::Goal { .. }))
    }

    fn no_goal(&self, id: JourneyId, span: journey_grammar::span::Span) -> Diagnostic {
        let journey = &self.cx.program.journeys[id];
        Diagnostic::new(Code::UnknownEnd, span, format!("the journey `{}` has no goal", journey.name), "never converts")
            .label(journey.about.span, "no `goal` in its header")
    }

    fn leaves(&self, id: JourneyId, how: &LeaveHow) -> Option<(String, bool)> {
        let cx = self.cx;
        let journey = &cx.program.journeys[id];
        match how {
            LeaveHow::Word(word) => {
                if matches!(word.text.as_str(), "goal" | "late") && !self.has_goal(id) && !self.is_unclear(id) {
                    cx.report(self.no_goal(id, word.span));
                    return None;
                }
                if matches!(word.text.as_str(), "goal" | "late" | "exit" | "end") {
                    return Some((word.text.clone(), false));
                }
                let labels = labels(self.cx.decls.journeys[id].decl);
                let d = Diagnostic::new(
                    Code::UnknownEnd,
                    word.span,
                    format!("nobody leaves a journey at `{}`", word.text),
                    "`goal`, `late`, `exit`, `end`, or a label in quotes",
                );
                let near = nearest(&word.text, ["goal", "late", "exit", "end"]);
                cx.report(match near {
                    _ if labels.contains(&word.text.as_str()) => {
                        d.fix("put the label in quotes", word.span, format!("\"{}\"", word.text))
                    }
                    Some(near) => d.fix(format!("change it to `{near}`"), word.span, near),
                    None => d,
                });
                None
            }
            LeaveHow::Label(label) => {
                let labels = labels(self.cx.decls.journeys[id].decl);
                if labels.contains(&label.text.as_str()) {
                    return Some((label.text.clone(), true));
                }
                if self.is_unclear(id) {
                    return None;
                }
                let near = nearest(&label.text, labels.iter().copied());
                let d = Diagnostic::new(
                    Code::UnknownEnd,
                    label.span,
                    format!("the journey `{}` never finishes as \"{}\"", journey.name, label.text),
                    match near {
                        Some(near) => format!("did you mean \"{near}\"?"),
                        None => "no `finish as` says this".to_string(),
                    },
                );
                cx.report(match near {
                    Some(near) => d.fix(format!("change it to \"{near}\""), label.span, format!("\"{near}\"")),
                    None if labels.is_empty() => d.help("it has no `finish as`"),
                    None => {
                        let all: Vec<String> = labels.iter().map(|l| format!("\"{l}\"")).collect();
                        d.help(format!("it finishes as {}", all.join(", ")))
                    }
                });
                None
            }
        }
    }

    fn reason(&self, reason: &Text, known: &[Reason]) -> Option<String> {
        if known.iter().any(|r| r.words() == reason.text) {
            return Some(reason.text.clone());
        }
        let words: Vec<&str> = known.iter().map(|r| r.words()).collect();
        let habit = match reason.text.as_str() {
            "cap" | "caps" | "frequency" | "over the cap" => Some("capped"),
            "consent" | "unsubscribed" | "opted out" => Some("no consent"),
            "quiet" => Some("quiet hours"),
            "unreachable" | "no address" => Some("not reachable"),
            "already inside" | "in already" => Some("already in"),
            "gap" => Some("too soon"),
            _ => None,
        };
        let near = habit.filter(|h| words.contains(h)).or_else(|| nearest(&reason.text, words.iter().copied()));
        let other = Reason::ALL.iter().any(|r| r.words() == reason.text);
        let d = Diagnostic::new(
            Code::UnknownReason,
            reason.span,
            match other {
                true => format!("`{}` is no reason for this", reason.text),
                false => format!("there is no reason `{}`", reason.text),
            },
            match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "not one of the reasons".to_string(),
            },
        );
        let d = match near {
            Some(near) => d.fix(format!("change it to `{near}`"), reason.span, near),
            None => d,
        };
        self.cx.report(d.help(format!("the reasons are {}", words::listed(&words))));
        None
    }
}

/// The labels of `finish as` in a journey, as they are written.
fn labels(journey: &ast::Journey) -> Vec<&str> {
    let mut labels: Vec<&str> = Vec::new();
    each_written(&journey.body, &mut |step| match &step.kind {
        ast::StepKind::Finish(Some(label)) => labels.push(&label.text),
        ast::StepKind::WaitUntil { past: Some(ast::Past::Finish(Some(label))), .. } => labels.push(&label.text),
        _ => {}
    });
    labels
}
