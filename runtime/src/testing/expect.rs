//! Whether what happened is what was expected.

use super::plan::{Expect, Kind, Left, Line, Moment};
use super::run::{Failure, Happened, Stage};
use crate::input::{Effect, EffectKind, LeaveHow, Value};
use crate::program::Program;
use crate::report::story::{What, effect_in_words};
use crate::report::words::{self, Json};
use crate::state;
use crate::step::{self, moment_text};
use serde_json::Value as JsonValue;

/// What became of a block of expectations.
pub(super) struct Verdicts {
    /// One for each line: why it was not met.
    pub(super) lines: Vec<Option<Failure>>,
    /// Messages that nothing expected.
    pub(super) unexpected: Option<Failure>,
}

/// An effect of the period, with its customer and its place in what happened.
#[derive(Clone, Copy)]
struct Done<'a> {
    who: usize,
    effect: &'a Effect,
    at: usize,
}

/// What happened instead: each with its place in what happened, where it has one.
type Got = Vec<(Option<usize>, String)>;

/// In words only.
fn words_only(words: impl Into<String>) -> Got {
    vec![(None, words.into())]
}

/// Looks at expectations that stand together. Time has gone on to the present for everybody.
pub(super) fn judge(stage: &Stage<'_>, lines: &[Line]) -> Verdicts {
    let happened = &stage.happened[stage.since..];
    let done = happened.iter().enumerate().filter_map(|(i, happening)| match &happening.what {
        Happened::Entry(entry) => match &entry.what {
            What::Effect(effect) => Some(Done { who: happening.who?, effect, at: stage.since + i }),
            _ => None,
        },
        _ => None,
    });
    let rejected = happened.iter().filter_map(|happening| match &happening.what {
        Happened::Rejected(_, problem) => Some(format!("{problem} ({})", problem.fault.words())),
        Happened::Entry(entry) => match &entry.what {
            What::Effect(Effect { kind: EffectKind::Rejected { contract, field, reason }, .. }) => {
                Some(format!("{contract}.{}: {reason}", field.as_deref().unwrap_or_default()))
            }
            _ => None,
        },
        _ => None,
    });
    let mut judge = Judge { stage, done: done.collect(), rejected: rejected.collect() };
    // What is asked first comes first in the story.
    judge.done.sort_by_key(|done| done.effect.time);
    judge.judge(lines)
}

struct Judge<'a, 's> {
    stage: &'a Stage<'s>,
    done: Vec<Done<'a>>,
    rejected: Vec<String>,
}

impl Judge<'_, '_> {
    fn judge(&self, lines: &[Line]) -> Verdicts {
        let sends: Vec<Done<'_>> =
            self.done.iter().filter(|d| matches!(d.effect.kind, EffectKind::Sent { .. })).copied().collect();
        let fits: Vec<Vec<usize>> =
            lines.iter().map(|line| (0..sends.len()).filter(|s| self.fits(line, &sends[*s])).collect()).collect();
        let taken = assign(&fits, sends.len());
        let free: Vec<Done<'_>> = (0..sends.len()).filter(|s| taken[*s].is_none()).map(|s| sends[s]).collect();
        let verdict = |(i, line): (usize, &Line)| {
            let Kind::Expect(expect) = &line.kind else { return None };
            let got = match expect {
                Expect::Receives { .. } if taken.contains(&Some(i)) => return None,
                Expect::Receives { who, message, .. } => self.instead(*who, message, &free),
                other => self.other(other)?,
            };
            Some(failure(line.line, &line.text, got))
        };
        let verdicts: Vec<Option<Failure>> = lines.iter().enumerate().map(verdict).collect();
        // A send that is told of where it fails a line is not told of again.
        let told = |done: &&Done<'_>| !verdicts.iter().flatten().any(|failure| failure.marks.contains(&done.at));
        let unexpected: Got = free.iter().filter(told).map(|done| self.say(*done)).collect();
        let line = lines.last().or(self.stage.test.lines.last()).map_or(self.stage.test.line, |line| line.line);
        let expected = if lines.is_empty() { "nothing is sent after this" } else { "no other message" };
        let unexpected = (!unexpected.is_empty()).then(|| failure(line, expected, unexpected));
        Verdicts { lines: verdicts, unexpected }
    }

    /// Whether a hand-over is the one that a line expects.
    fn fits(&self, line: &Line, done: &Done<'_>) -> bool {
        let Kind::Expect(Expect::Receives { who, message, channel, at, with }) = &line.kind else { return false };
        let EffectKind::Sent { message: m, channel: c, inputs, .. } = &done.effect.kind else { return false };
        let image = &self.stage.program.image;
        done.who == *who
            && image.messages[usize::from(*m)].name == *message
            && channel.as_ref().is_none_or(|channel| image.channels[usize::from(*c)].name == *channel)
            && self.at(at, done)
            && has(inputs, with)
    }

    fn at(&self, at: &Option<Moment>, done: &Done<'_>) -> bool {
        at.as_ref().is_none_or(|at| self.stage.moment(at, done.who) == done.effect.time)
    }

    /// What is wrong with an expectation that is not about a hand-over; none: nothing.
    fn other(&self, expect: &Expect) -> Option<Got> {
        let program = self.stage.program;
        let image = &program.image;
        let journey_of = |effect: &Effect| effect.journey.map(|j| image.journeys[usize::from(j)].name.as_str());
        // Something of that kind must be among what was done; else tell what comes near.
        let among = |who: Option<usize>,
                     near: &dyn Fn(&Effect) -> bool,
                     exact: &dyn Fn(&Done<'_>) -> bool,
                     nothing: String| {
            let near: Vec<Done<'_>> =
                self.done.iter().filter(|d| who.is_none_or(|who| d.who == who) && near(d.effect)).copied().collect();
            if near.iter().any(exact) {
                return None;
            }
            Some(if near.is_empty() { words_only(nothing) } else { near.iter().map(|done| self.say(*done)).collect() })
        };
        match expect {
            Expect::Receives { .. } => None,
            Expect::Nothing { who, from } => {
                let sent = |done: &&Done<'_>| {
                    done.who == *who
                        && matches!(done.effect.kind, EffectKind::Sent { .. })
                        && from.as_deref().is_none_or(|from| journey_of(done.effect) == Some(from))
                };
                let sent: Got = self.done.iter().filter(sent).map(|done| self.say(*done)).collect();
                (!sent.is_empty()).then_some(sent)
            }
            Expect::Waiting { who, journey, at } => {
                let here = self.standing(*who, journey);
                let met = here.iter().any(|names| at.as_ref().is_none_or(|at| names.contains(at)));
                let got = || match here.is_empty() {
                    true => self.left(*who, journey),
                    false => {
                        here.iter().map(|names| (None, format!("is in {journey} at {}", names.join(", ")))).collect()
                    }
                };
                (!met).then(got)
            }
            Expect::NotIn { who, journey } => {
                let here = self.standing(*who, journey);
                (!here.is_empty()).then(|| {
                    here.iter().map(|names| (None, format!("is in {journey} at {}", names.join(", ")))).collect()
                })
            }
            Expect::Enters { who, journey, at } => {
                let entry = |e: &Effect| {
                    journey_of(e) == Some(journey)
                        && matches!(
                            e.kind,
                            EffectKind::Entered { .. } | EffectKind::EntryRefused { .. } | EffectKind::StartedOver
                        )
                };
                let exact = |d: &Done<'_>| !matches!(d.effect.kind, EffectKind::EntryRefused { .. }) && self.at(at, d);
                among(Some(*who), &entry, &exact, format!("nothing let {} in", self.name(*who)))
            }
            Expect::Leaves { who, journey, how, at } => {
                let left = |e: &Effect| journey_of(e) == Some(journey) && matches!(e.kind, EffectKind::Left { .. });
                let exact = |d: &Done<'_>| {
                    matches!(&d.effect.kind, EffectKind::Left { how: found } if left_so(how, found)) && self.at(at, d)
                };
                let nothing = match self.standing(*who, journey).first() {
                    Some(names) => format!("is still in {journey} at {}", names.join(", ")),
                    None => format!("did not leave {journey}"),
                };
                among(Some(*who), &left, &exact, nothing)
            }
            Expect::Converts { who, journey, at } => {
                let converted = |e: &Effect| journey_of(e) == Some(journey) && matches!(e.kind, EffectKind::Converted);
                among(Some(*who), &converted, &|d| self.at(at, d), "there was no conversion".into())
            }
            Expect::Refused { who, message, channel, reason, at } => {
                let about = |e: &Effect| match &e.kind {
                    EffectKind::Refused { message: m, .. }
                    | EffectKind::Held { message: m, .. }
                    | EffectKind::Sent { message: m, .. } => image.messages[usize::from(*m)].name == *message,
                    _ => false,
                };
                let exact = |d: &Done<'_>| match &d.effect.kind {
                    EffectKind::Refused { channel: c, reason: why, .. } => {
                        why.words() == reason
                            && channel.as_ref().is_none_or(|channel| image.channels[usize::from(*c)].name == *channel)
                            && self.at(at, d)
                    }
                    _ => false,
                };
                among(Some(*who), &about, &exact, format!("nobody tried to send {message}"))
            }
            Expect::RefusedEntry { who, journey, reason } => {
                let entry = |e: &Effect| {
                    journey_of(e) == Some(journey)
                        && matches!(e.kind, EffectKind::Entered { .. } | EffectKind::EntryRefused { .. })
                };
                let exact = |d: &Done<'_>| matches!(&d.effect.kind, EffectKind::EntryRefused { reason: why, .. } if why.words() == reason);
                among(Some(*who), &entry, &exact, format!("nobody asked to enter {journey}"))
            }
            Expect::Task { team, text, at } => {
                let given = |e: &Effect| matches!(e.kind, EffectKind::Tasked { .. });
                let exact = |d: &Done<'_>| match &d.effect.kind {
                    EffectKind::Tasked { team: t, text: said, .. } => {
                        image.teams[usize::from(*t)] == *team
                            && text.as_ref().is_none_or(|text| text == said)
                            && self.at(at, d)
                    }
                    _ => false,
                };
                among(None, &given, &exact, "no task was given".into())
            }
            Expect::Profile { who, fields } => {
                let wrong: Got = fields
                    .iter()
                    .filter_map(|(name, expected)| Some((None, self.field(*who, name, expected)?)))
                    .collect();
                (!wrong.is_empty()).then_some(wrong)
            }
            Expect::Emits { who, event, with } => {
                let emitted = |e: &Effect| matches!(&e.kind, EffectKind::Emitted { event: made, .. } if image.events[usize::from(*made)].name == *event);
                let exact =
                    |d: &Done<'_>| matches!(&d.effect.kind, EffectKind::Emitted { fields, .. } if has(fields, with));
                among(Some(*who), &emitted, &exact, format!("{event} was not emitted"))
            }
            Expect::Rejected(wanted) => {
                let met = self.rejected.iter().any(|reason| reason.to_lowercase().contains(&wanted.to_lowercase()));
                let got = || match self.rejected.is_empty() {
                    true => words_only("nothing was rejected"),
                    false => self.rejected.iter().map(|words| (None, words.clone())).collect(),
                };
                (!met).then(got)
            }
        }
    }

    /// What came instead of a message: hand-overs that nothing expects, and why the message itself was not handed over.
    fn instead(&self, who: usize, message: &str, free: &[Done<'_>]) -> Got {
        let image = &self.stage.program.image;
        let about = |done: &&Done<'_>| match &done.effect.kind {
            EffectKind::Refused { message: m, .. } | EffectKind::Held { message: m, .. } => {
                done.who == who && image.messages[usize::from(*m)].name == message
            }
            _ => false,
        };
        let mut got: Got = free.iter().filter(|done| done.who == who).map(|done| self.say(*done)).collect();
        got.extend(self.done.iter().filter(about).map(|done| self.say(*done)));
        if got.is_empty() {
            got.push((None, format!("nothing was sent to {}", self.name(who))));
        }
        got
    }

    /// How a customer left a journey they should be in.
    fn left(&self, who: usize, journey: &str) -> Got {
        let image = &self.stage.program.image;
        let about = |done: &&Done<'_>| {
            done.who == who
                && done.effect.journey.is_some_and(|j| image.journeys[usize::from(j)].name == journey)
                && matches!(done.effect.kind, EffectKind::Left { .. } | EffectKind::EntryRefused { .. })
        };
        let mut got: Got = self.done.iter().filter(about).map(|done| self.say(*done)).collect();
        if got.is_empty() {
            got.push((None, format!("is not in {journey}")));
        }
        got
    }

    /// For each run of the journey, names of the place it stands at: its step, and the stages around it.
    fn standing(&self, who: usize, journey: &str) -> Vec<Vec<String>> {
        let program = self.stage.program;
        let runs = step::standing(program, &self.stage.people[who].state);
        let here = runs.into_iter().filter(|run| program.image.journeys[usize::from(run.journey)].name == journey);
        let names = |run: step::Standing| {
            let journey = &program.image.journeys[usize::from(run.journey)];
            let mut names = Vec::new();
            let mut step = run.step.and_then(|step| journey.steps.get(usize::from(step)));
            while let Some(here) = step {
                names.push(here.id.clone());
                step = here.parent.and_then(|parent| journey.steps.get(usize::from(parent)));
            }
            let mut stage = run.stage.and_then(|stage| journey.stages.get(usize::from(stage)));
            while let Some(here) = stage {
                names.push(here.name.clone());
                stage = here.parent.and_then(|parent| journey.stages.get(usize::from(parent)));
            }
            names
        };
        here.map(names).collect()
    }

    /// What is wrong with a field of a profile.
    fn field(&self, who: usize, name: &str, expected: &JsonValue) -> Option<String> {
        let program = self.stage.program;
        let Some(index) = program.image.profile.iter().position(|field| field.name == name) else {
            return Some(format!("nothing of the program reads {name}, so it is not kept"));
        };
        let person = &self.stage.people[who];
        let word = match person.state.is_empty() {
            true => program.image.profile[index].default,
            false => state::profile(program, &person.state, index as u16),
        };
        let value = step::value(program, &self.stage.pool, &program.image.profile[index].ty, word);
        (!same(&value, expected)).then(|| format!("{name} is {}", words::text(&value)))
    }

    fn name(&self, who: usize) -> &str {
        &self.stage.test.customers[who]
    }

    /// An effect in words, with whom and when.
    fn say(&self, done: Done<'_>) -> (Option<usize>, String) {
        (Some(done.at), say(self.stage.program, self.stage.zone_of(done.who), self.name(done.who), done.effect))
    }
}

fn failure(line: u32, expected: &str, got: Got) -> Failure {
    let (marks, got): (Vec<Option<usize>>, Vec<String>) = got.into_iter().unzip();
    Failure {
        line,
        expected: expected.trim_start_matches("expect ").to_string(),
        got,
        marks: marks.into_iter().flatten().collect(),
    }
}

/// `ana, 2026-03-01 11:00: abandoned_cart sends cart_reminder by push`
fn say(program: &Program, zone: crate::time::ZoneId, name: &str, effect: &Effect) -> String {
    let zone = program.zones.get(zone);
    let journey = effect.journey.map_or(String::new(), |j| format!("{} ", program.image.journeys[usize::from(j)].name));
    format!("{name}, {}: {journey}{}", moment_text(zone, effect.time), effect_in_words(program, effect, zone).1)
}

fn left_so(expected: &Left, found: &LeaveHow) -> bool {
    match (expected, found) {
        (Left::Label(expected), LeaveHow::Label(found)) => expected == found,
        (Left::Word(expected), found) => match expected.as_str() {
            "goal" => matches!(found, LeaveHow::Goal),
            "late" => matches!(found, LeaveHow::LateGoal),
            "exit" => matches!(found, LeaveHow::Exit(_) | LeaveHow::PauseTooLong | LeaveHow::TooLong),
            "end" => matches!(found, LeaveHow::End),
            _ => false,
        },
        _ => false,
    }
}

/// Whether named values have all that is expected of them.
fn has(found: &[(String, Value)], expected: &[(String, JsonValue)]) -> bool {
    let value = |name: &str| found.iter().find(|(n, _)| n == name).map_or(&Value::Missing, |(_, value)| value);
    expected.iter().all(|(name, expected)| same(value(name), expected))
}

/// Whether a value is as expected. Of a record only the fields that are named count.
fn same(found: &Value, expected: &JsonValue) -> bool {
    serde_json::to_value(Json(found)).is_ok_and(|found| within(&found, expected))
}

fn within(found: &JsonValue, expected: &JsonValue) -> bool {
    match (found, expected) {
        (JsonValue::Object(found), JsonValue::Object(expected)) => {
            expected.iter().all(|(name, expected)| within(found.get(name).unwrap_or(&JsonValue::Null), expected))
        }
        (JsonValue::Array(found), JsonValue::Array(expected)) => {
            found.len() == expected.len() && found.iter().zip(expected).all(|(found, expected)| within(found, expected))
        }
        (JsonValue::Number(found), JsonValue::Number(expected)) => {
            found == expected || found.as_f64() == expected.as_f64()
        }
        _ => found == expected,
    }
}

/// Gives each thing on the right to at most one on the left that it fits, so that as many as possible on the left get one
/// (Kuhn's algorithm; blocks have a handful of lines). For each on the right, who got it.
fn assign(fits: &[Vec<usize>], right: usize) -> Vec<Option<usize>> {
    fn try_from(left: usize, fits: &[Vec<usize>], seen: &mut [bool], taken: &mut [Option<usize>]) -> bool {
        for &r in &fits[left] {
            if std::mem::replace(&mut seen[r], true) {
                continue;
            }
            if taken[r].is_none_or(|other| try_from(other, fits, seen, taken)) {
                taken[r] = Some(left);
                return true;
            }
        }
        false
    }
    let mut taken = vec![None; right];
    for left in 0..fits.len() {
        try_from(left, fits, &mut vec![false; right], &mut taken);
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::{assign, within};
    use serde_json::json;

    #[test]
    fn as_many_as_possible_get_one() {
        assert_eq!(assign(&[vec![0, 1], vec![0]], 2), [Some(1), Some(0)]);
        assert_eq!(assign(&[vec![0], vec![0]], 2), [Some(0), None]);
        assert_eq!(assign(&[vec![0, 1], vec![1, 2], vec![0]], 3), [Some(2), Some(0), Some(1)]);
    }

    #[test]
    fn of_a_record_only_what_is_named_counts() {
        assert!(within(&json!([{"a": 1, "b": 2}]), &json!([{"a": 1.0}])));
        assert!(!within(&json!([{"a": 1}, {"a": 2}]), &json!([{"a": 1}])));
        assert!(within(&json!({"a": 1}), &json!({"b": null})));
        assert!(!within(&json!({"a": 1}), &json!({"a": null})));
    }
}
