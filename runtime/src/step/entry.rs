//! Who comes in: triggers, hand-offs, start over, update; and what is remembered of those who were in.

use super::admission::{Admission, Candidate};
use super::machine::{Machine, On};
use super::run::{self, AGE, BARRED, CONVERTED, ENTERED, Keep, Run, SINCE, UPDATED};
use super::tell;
use crate::image::{Journey, MISSING, ReEntry, Trigger, Word};
use crate::input::{Effect, EffectKind, Sink, Value};
use crate::time::Zone;

/// How many barred keys of a journey are kept for a customer; the oldest are forgotten.
const BARRED_KEPT: usize = 1_000;

/// A run that is to be started by another one.
#[derive(Debug, Clone)]
pub(crate) struct HandOff {
    /// The journey.
    pub journey: u16,
    /// Its parameters.
    pub args: Vec<Word>,
    /// Who hands off.
    pub from: u16,
}

/// The slots that a run forgets when it starts over.
pub(crate) fn forgotten(journey: &Journey) -> Vec<u16> {
    let mut kept = vec![false; journey.slots.len()];
    let mut keep = |slot: u16| kept.iter_mut().skip(usize::from(slot)).take(1).for_each(|kept| *kept = true);
    (0..journey.params).for_each(&mut keep);
    journey.key.into_iter().for_each(&mut keep);
    journey.pauses.iter().for_each(|pause| keep(pause.since));
    for trigger in &journey.triggers {
        if let Trigger::Event { capture, .. } = trigger {
            capture.fields.iter().for_each(|(_, slot)| keep(*slot));
            capture.clear.iter().copied().chain(capture.happened_at).for_each(&mut keep);
        }
    }
    kept.iter().zip(0u16..).filter(|(kept, _)| !**kept).map(|(_, slot)| slot).collect()
}

/// What is kept of an ended run at `now`.
pub(crate) fn kept(journey: &Journey, zone: &Zone, now: i64, words: &[Word], run: Run) -> Keep {
    let entered = run.moment(words, ENTERED);
    if run.whole(words) && !run.is(words, CONVERTED) {
        let open = |within: &crate::image::Span| now <= zone.add(entered, within);
        if journey.goals.iter().any(|goal| goal.within.as_ref().is_some_and(open)) {
            return Keep::All;
        }
    }
    let asked = run.is(words, BARRED)
        || match &journey.reentry {
            ReEntry::Never { .. } => true,
            ReEntry::AfterFinishing => false,
            ReEntry::AfterEntry(span) => now < zone.add(entered, span),
            ReEntry::AfterExit(span) => now < zone.add(run.moment(words, SINCE), span),
        };
    if asked { Keep::Stub } else { Keep::Nothing }
}

/// How many keys of ended runs a journey remembers.
pub(crate) fn remembered(journey: &Journey) -> usize {
    match &journey.reentry {
        ReEntry::Never { remember } => (*remember).max(1) as usize,
        _ => BARRED_KEPT,
    }
}

impl<S: Sink> Machine<'_, S> {
    /// Phase: start over and update.
    pub(super) fn start_over_and_update(&mut self, on: On<'_>) {
        for at in 0.. {
            let Some(run) = self.in_line(at) else { return };
            let journey = self.journey(run);
            if !run.alive(self.state) || (journey.start_over.is_empty() && journey.updates.is_empty()) {
                continue;
            }
            if let Some(clause) = journey.start_over.iter().find(|clause| self.hears(run, &clause.listener, on)) {
                self.work.taken.push(run.journey(self.state));
                self.start_over(run);
                self.capture(run, &clause.capture, on);
                self.effect(run, None, None, EffectKind::StartedOver);
                self.go_on(run, 0);
                continue;
            }
            let mut updated = false;
            for update in &journey.updates {
                if self.hears(run, &update.listener, on) {
                    self.capture(run, &update.capture, on);
                    updated = true;
                }
            }
            if updated {
                self.work.taken.push(run.journey(self.state));
                run.mark(self.state, UPDATED, true);
                self.effect(run, None, None, EffectKind::Updated);
                // Clauses that read what was replaced hold from now on.
                let stage = self.stage_of(run);
                if !self.leaves(run, stage, On::Nothing) {
                    self.look_at_pauses(run, stage, On::Nothing);
                }
            }
        }
    }

    /// Brings a run back to its beginning: what its steps have kept is forgotten; its key, what its triggers know, and its
    /// pauses stay.
    fn start_over(&mut self, run: Run) {
        let journey = self.journey(run);
        for slot in forgotten(journey) {
            run.set_slot(self.state, slot, MISSING);
        }
        for slot in &journey.zeroed {
            run.set_slot(self.state, *slot, 0);
        }
        let (number, start) = (run.number(self.state), run.start(self.state));
        run.set_numbers(self.state, number, start.saturating_add(1));
        run.mark(self.state, CONVERTED, false);
        run.set_out(self.state, self.now);
    }

    /// Phase: new runs, by events and by what has begun or ceased to hold. Each journey is asked once.
    pub(super) fn new_runs(&mut self, on: On<'_>) {
        let plan = &self.program.plan;
        let mut offered = std::mem::take(&mut self.work.offered);
        offered.clear();
        if let On::Event { event, .. } = on {
            offered.extend(&plan.by_event[usize::from(event)]);
        }
        for change in &self.work.changes {
            let triggers = if change.holds { &plan.by_begin } else { &plan.by_cease };
            offered.extend(&triggers[usize::from(change.watch)]);
        }
        offered.sort_unstable();
        let mut asked = None;
        for (_, journey, trigger) in &offered {
            if asked == Some(*journey) || self.work.taken.contains(journey) {
                continue;
            }
            let run = self.candidate(*journey);
            let trigger = &self.image.journeys[usize::from(*journey)].triggers[usize::from(*trigger)];
            if let Trigger::Event { listener, capture } = trigger {
                self.capture(run, capture, on);
                if !self.hears(run, listener, on) {
                    self.state.truncate(run.0);
                    continue;
                }
            }
            asked = Some(*journey);
            if self.admit(run, None) {
                self.go_on(run, 0);
            }
        }
        self.work.offered = offered;
    }

    /// A record at the end of the state for someone who may come in.
    pub(super) fn candidate(&mut self, journey: u16) -> Run {
        let image = &self.image.journeys[usize::from(journey)];
        run::append(
            self.state,
            journey,
            self.program.layout.forms[usize::from(journey)],
            image.slots.len(),
            &image.zeroed,
        )
    }

    /// Lets a candidate in, or removes its record and tells why not. `from` is the journey that hands off to it.
    pub(super) fn admit(&mut self, run: Run, from: Option<u16>) -> bool {
        let j = run.journey(self.state);
        let journey = &self.image.journeys[usize::from(j)];
        let fits = journey.only_if.is_none_or(|condition| self.eval(run, condition) == 1);
        let (zone, now, first) = (self.zone(), self.now, self.first());
        let candidate = Candidate { journey, zone, now, first, run, handed_off: from.is_some() };
        match candidate.admission(self.state, fits, || self.customer.id) {
            Admission::Enters(earlier) => {
                candidate.enter(&self.program.layout, self.state, earlier);
                let kind = EffectKind::Entered { key: self.key_value(run), from, joined: false };
                self.effect(run, None, None, kind);
                true
            }
            Admission::Joins(alive) => {
                let kind = EffectKind::Entered { key: self.key_value(run), from, joined: true };
                self.state.truncate(run.0);
                self.effect(alive, None, None, kind);
                false
            }
            Admission::Refused(reason, earlier) => {
                let kind = EffectKind::EntryRefused { key: self.key_value(run), reason };
                self.state.truncate(run.0);
                self.sink.effect(Effect { time: now, journey: Some(j), run: 0, step: None, id: None, kind });
                if S::TELLS {
                    let text = self.refusal_in_words(j, reason, earlier);
                    self.tell_journey(j, text);
                }
                false
            }
        }
    }

    /// Starts the run that another one hands off to; none when it is not let in.
    pub(super) fn take_over(&mut self, handoff: HandOff) -> Option<Run> {
        let run = self.candidate(handoff.journey);
        let params = self.image.journeys[usize::from(handoff.journey)].params;
        for (slot, value) in (0..params).zip(&handoff.args) {
            run.set_slot(self.state, slot, *value);
        }
        self.admit(run, Some(handoff.from)).then_some(run)
    }

    fn key_value(&self, run: Run) -> Option<Value> {
        let journey = self.journey(run);
        let slot = journey.key?;
        let ty = &journey.slots.get(usize::from(slot))?.ty;
        Some(tell::value(self.program, self.pool, ty, run.slot(self.state, slot)))
    }

    /// Forgets the oldest keys of journeys that remember only so many; `stubs` are journeys of runs that have just lost their slots.
    pub(super) fn forget_oldest_keys(&mut self, stubs: &[u16]) {
        let first = self.first();
        for j in stubs {
            let remember = remembered(&self.image.journeys[usize::from(*j)]);
            let stub = |state: &[Word], run: &Run| run.journey(state) == *j && !run.whole(state);
            let held = run::records(self.state, first).filter(|run| stub(self.state, run)).count();
            for _ in remember..held {
                let stubs = run::records(self.state, first).filter(|run| stub(self.state, run));
                let Some(oldest) = stubs.min_by_key(|run| (run.moment(self.state, SINCE), run.get(self.state, AGE)))
                else {
                    break;
                };
                if S::TELLS {
                    let text = format!(
                        "only {remember} keys are remembered: the oldest is forgotten and would be let in again"
                    );
                    self.tell_journey(*j, text);
                }
                crate::state::remove(self.state, oldest.0);
            }
        }
    }
}
