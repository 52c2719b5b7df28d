//! The phases of one input, each for all the customer's runs before the next.

use super::run::{self, ARRIVED, CHECK, GONE, HELD, Keep, NEVER, PAUSED, Run, UPDATED, WAITS, WAKE as RUN_WAKE};
use super::{Customer, Scratch, calendar, meanwhile};
use crate::eval::Scope;
use crate::history::{self, Seen};
use crate::image::{FnId, Image, Instr, Journey, MISSING, Pc, Role, Word};
use crate::input::{Effect, EffectKind, InputKind, Sink};
use crate::layout::{SEEN, WAKE};
use crate::pool::Pool;
use crate::program::Program;
use crate::state::{self, Changed};
use crate::time::Zone;
use crate::watch;

/// Instructions that a run may take without standing still; a run that takes more has a defect and is ended.
pub(crate) const FUEL: u32 = 10_000;
/// Inputs that `set` and `emit` may make at one instant; the run that makes one more is ended.
pub(crate) const QUEUE: u32 = 1_000;

/// Whether `at` is in the stage of a clause: that stage or one inside it. A clause without a stage is always in force.
pub fn in_stage(journey: &Journey, at: Option<u16>, clause: Option<u16>) -> bool {
    let Some(wanted) = clause else { return true };
    let mut stage = at;
    for _ in 0..=journey.stages.len() {
        match stage {
            Some(inner) if inner == wanted => return true,
            Some(inner) => stage = journey.stages.get(usize::from(inner)).and_then(|stage| stage.parent),
            None => return false,
        }
    }
    false
}

/// The stage of an instruction.
pub(crate) fn stage_at(journey: &Journey, pc: Pc) -> Option<u16> {
    match journey.code.get(pc as usize) {
        Some(Instr::Send(send)) => journey.sends[usize::from(*send)].stage,
        Some(Instr::Stay(place)) => journey.places[usize::from(*place)].stage,
        _ => journey
            .step_of
            .get(pc as usize)
            .and_then(|step| journey.steps.get(usize::from(*step)))
            .and_then(|s| s.stage),
    }
}

/// The stage a run stands in.
pub(crate) fn stage_of(image: &Image, state: &[Word], run: Run) -> Option<u16> {
    let (journey, at) = (&image.journeys[usize::from(run.journey(state))], run.get(state, run::AT));
    match run.status(state) {
        WAITS => journey.places.get(at as usize).and_then(|place| place.stage),
        HELD | PAUSED => stage_at(journey, at as Pc),
        _ => None,
    }
}

/// The purpose and the channel that an event's words name; else the field that names what does not exist, and why.
pub(crate) fn named(
    image: &Image,
    pool: &Pool,
    purpose: Word,
    channel: Option<Word>,
) -> Result<(u16, Option<u16>), (&'static str, String)> {
    let name = pool.word(purpose);
    let purpose = image.purposes.iter().position(|known| known.name == name);
    let purpose = purpose.ok_or_else(|| ("purpose", format!("there is no purpose `{name}`")))?;
    let Some(word) = channel.filter(|channel| *channel != MISSING) else { return Ok((purpose as u16, None)) };
    let name = pool.word(word);
    let channel = image.channels.iter().position(|known| known.name == name);
    let channel = channel.ok_or_else(|| ("channel", format!("there is no channel `{name}`")))?;
    Ok((purpose as u16, Some(channel as u16)))
}

/// What the runs may hear in the present input.
#[derive(Clone, Copy)]
pub(super) enum On<'h> {
    /// An event.
    Event { event: u16, happened_at: i64, row: &'h [Word] },
    /// The answer of a call.
    Answer { call: u128, answer: Option<&'h [Word]> },
    /// A task is done.
    Done(u128),
    /// Something has changed, or time has passed: conditions may.
    Nothing,
}

/// Everything a step works with.
pub(super) struct Machine<'a, S: Sink> {
    pub program: &'a Program,
    pub image: &'a Image,
    pub pool: &'a mut Pool,
    pub work: &'a mut Scratch,
    pub customer: &'a Customer<'a>,
    pub state: &'a mut Vec<Word>,
    pub sink: &'a mut S,
    pub now: i64,
    pub fuel: u32,
    /// Inputs made by `set` and `emit` in this step.
    pub made: u32,
}

impl<'a, S: Sink> Machine<'a, S> {
    pub fn new(
        program: &'a Program,
        pool: &'a mut Pool,
        work: &'a mut Scratch,
        customer: &'a Customer<'a>,
        state: &'a mut Vec<Word>,
        sink: &'a mut S,
        now: i64,
    ) -> Self {
        state[SEEN] = now as Word;
        work.queue.clear();
        work.handoffs.clear();
        work.changes.clear();
        Machine { program, image: &program.image, pool, work, customer, state, sink, now, fuel: FUEL, made: 0 }
    }

    // ------------------------------------------------------------------------------------------ small things

    /// Where the records begin.
    pub fn first(&self) -> usize {
        state::records_at(&self.program.layout, self.state)
    }

    pub fn journey(&self, run: Run) -> &'a Journey {
        &self.image.journeys[usize::from(run.journey(self.state))]
    }

    /// The zone that local times are read in.
    pub fn zone(&self) -> &'a Zone {
        state::zone(self.program, self.state)
    }

    /// The result of a function that sees a run and the present event, at `now`; and when time alone may change it.
    pub fn eval_at(&mut self, run: Option<Run>, on: On<'_>, function: FnId, now: i64) -> (Word, i64) {
        let (row, happened_at) = match on {
            On::Event { row, happened_at, .. } => (row, happened_at),
            _ => (&[][..], now),
        };
        let slots = run.map_or(&[][..], |run| run.slots(self.state));
        let scope = Scope { slots, row, happened_at, ..Scope::of(self.program, self.pool, self.state, now) };
        let mut changes = NEVER;
        let word = scope.eval(function, &mut self.work.frame, &mut changes);
        (word, changes)
    }

    /// The result of a function that sees a run.
    pub fn eval(&mut self, run: Run, function: FnId) -> Word {
        self.eval_at(Some(run), On::Nothing, function, self.now).0
    }

    /// Whether a condition of a run holds that is looked at again when time alone may change it.
    pub fn watches(&mut self, run: Run, condition: FnId) -> bool {
        let (word, changes) = self.eval_at(Some(run), On::Nothing, condition, self.now);
        let check = run.moment(self.state, CHECK).min(changes.max(self.now.saturating_add(1)));
        run.put_moment(self.state, CHECK, check);
        word == 1
    }

    /// The stage a run stands in.
    pub fn stage_of(&self, run: Run) -> Option<u16> {
        stage_of(self.image, self.state, run)
    }

    /// Copies what a clause keeps of the present event into a run's slots.
    pub fn capture(&mut self, run: Run, capture: &crate::image::Capture, on: On<'_>) {
        let On::Event { row, happened_at, .. } = on else { return };
        for slot in &capture.clear {
            run.set_slot(self.state, *slot, MISSING);
        }
        for (field, slot) in &capture.fields {
            run.set_slot(self.state, *slot, row.get(usize::from(*field)).copied().unwrap_or(MISSING));
        }
        if let Some(slot) = capture.happened_at {
            run.set_slot(self.state, slot, happened_at as Word);
        }
    }

    /// Hands out an effect of a run.
    pub fn effect(&mut self, run: Run, pc: Option<Pc>, id: Option<u128>, kind: EffectKind) {
        let journey = run.journey(self.state);
        let step = pc.and_then(|pc| self.image.journeys[usize::from(journey)].step_of.get(pc as usize).copied());
        let effect = Effect { time: self.now, journey: Some(journey), run: run.number(self.state), step, id, kind };
        self.sink.effect(effect);
    }

    /// Puts an input behind the present one; false when there are too many at this instant.
    pub fn make(&mut self, input: InputKind) -> bool {
        self.made += 1;
        if self.made > QUEUE {
            return false;
        }
        self.work.queue.push_back(input);
        true
    }

    fn reject(&mut self, contract: String, field: Option<String>, reason: &str) {
        let kind = EffectKind::Rejected { contract, field, reason: reason.to_string() };
        self.sink.effect(Effect { time: self.now, journey: None, run: 0, step: None, id: None, kind });
    }

    // ------------------------------------------------------------------------------------------ inputs

    /// One input, through all its phases.
    pub fn input(&mut self, kind: &InputKind) {
        let known = state::known(self.state);
        let mut rezoned = false;
        let mut on = On::Nothing;
        match kind {
            InputKind::Event { event, happened_at, id, row } => {
                let Some(declared) = self.image.events.get(usize::from(*event)) else { return };
                if declared.fields.len() != row.len() {
                    return self.reject(declared.name.clone(), None, "its row has another form than the program knows");
                }
                if self.repeats(*id, &declared.name) {
                    return;
                }
                on = On::Event { event: *event, happened_at: *happened_at, row };
                if let Role::Consent { granted, purpose, channel } = &declared.role
                    && !self.consent_of_event(
                        &declared.name,
                        *granted,
                        row[usize::from(*purpose)],
                        channel.map(|c| row[usize::from(c)]),
                    )
                {
                    return;
                }
                let seen = Seen { event: *event, row, happened_at: *happened_at, now: self.now };
                history::observe(self.program, self.pool, self.state, &mut self.work.frame, seen, &mut self.work.dirty);
            }
            InputKind::Profile { id, changes } => {
                if self.repeats(*id, "profile") {
                    return;
                }
                for (field, word) in changes.iter().filter(|(field, _)| usize::from(*field) < self.image.profile.len())
                {
                    let changed = state::set_profile(self.program, self.pool, self.state, *field, *word);
                    self.work.dirty.profile(self.program, *field, changed);
                    rezoned |= changed == Changed::Zone;
                    if changed != Changed::Nothing && known {
                        let anew = calendar::Anew::Field(*field);
                        calendar::plan(self.program, self.pool, self.state, self.now, anew);
                    }
                }
            }
            InputKind::Consent { purpose, channel, granted } => {
                let known = usize::from(*purpose) < self.image.purposes.len()
                    && channel.is_none_or(|channel| usize::from(channel) < self.image.channels.len());
                if known {
                    state::set_consent(&self.program.layout, self.state, *purpose, *channel, *granted);
                }
            }
            InputKind::Answer { call, answer } => on = On::Answer { call: *call, answer: answer.as_deref() },
            InputKind::TaskDone { task } => on = On::Done(*task),
        }
        self.phases(on, rezoned, !known);
    }

    /// A condition may have changed by time alone.
    pub fn time_passes(&mut self) {
        self.phases(On::Nothing, false, false);
    }

    fn repeats(&mut self, id: Option<u64>, what: &str) -> bool {
        let repeated = id.is_some_and(|id| state::repeated(&self.program.layout, self.state, id));
        if S::TELLS && repeated {
            self.tell(None, None, format!("{what} came again under the same message id: nothing changes"));
        }
        repeated
    }

    /// Yes or no that came as an event; false when it speaks of a purpose or channel that does not exist.
    fn consent_of_event(&mut self, event: &str, granted: bool, purpose: Word, channel: Option<Word>) -> bool {
        match named(self.image, self.pool, purpose, channel) {
            Ok((purpose, channel)) => {
                state::set_consent(&self.program.layout, self.state, purpose, channel, granted);
                true
            }
            Err((field, reason)) => {
                self.reject(event.to_string(), Some(field.to_string()), &reason);
                false
            }
        }
    }

    fn phases(&mut self, on: On<'_>, rezoned: bool, first_sight: bool) {
        self.work.changes.clear();
        let work = &mut *self.work;
        watch::refresh(
            self.program,
            self.pool,
            self.state,
            &mut work.frame,
            self.now,
            &mut work.dirty,
            &mut work.changes,
        );
        if first_sight {
            calendar::plan(self.program, self.pool, self.state, self.now, calendar::Anew::All);
        } else if rezoned {
            calendar::plan(self.program, self.pool, self.state, self.now, calendar::Anew::Zone);
        }
        self.line_up();
        self.work.taken.clear();
        if let On::Event { event, .. } = on {
            self.goals(event, on);
        }
        self.exits(on);
        self.pauses(on);
        if let On::Event { .. } = on {
            self.start_over_and_update(on);
        }
        self.waits(on, rezoned);
        self.new_runs(on);
    }

    /// Puts the customer's runs in order: higher priority first, then the older.
    fn line_up(&mut self) {
        let mut order = std::mem::take(&mut self.work.order);
        order.clear();
        let stands = |run: &Run| run.whole(self.state) && !run.is(self.state, GONE);
        order.extend(run::records(self.state, self.first()).filter(stands));
        for run in &order {
            run.mark(self.state, ARRIVED, false);
            run.mark(self.state, UPDATED, false);
            run.put_moment(self.state, CHECK, NEVER);
        }
        if order.len() > 1 {
            let (plan, state) = (&self.program.plan, &*self.state);
            let key = |run: &Run| {
                let journey = usize::from(run.journey(state));
                (std::cmp::Reverse(self.image.journeys[journey].priority), run.get(state, run::AGE), plan.rank[journey])
            };
            order.sort_unstable_by_key(key);
        }
        self.work.order = order;
    }

    /// The `at`th of the runs that were there when the present input came; those that came since are not among them.
    pub fn in_line(&self, at: usize) -> Option<Run> {
        self.work.order.get(at).copied()
    }

    /// Works on what follows at the same instant until nothing does: sends that another run held back, inputs that runs have made.
    pub fn settle(&mut self) {
        loop {
            while let Some(run) = meanwhile::freed(self.image, self.state, self.first()) {
                self.go_on(run, run.get(self.state, run::AT) as Pc);
            }
            let Some(input) = self.work.queue.pop_front() else { return };
            self.input(&input);
        }
    }

    /// Leaves the state as it is kept: without what nobody asks for any more, and with the moment at which time does something.
    pub fn finish(&mut self) {
        self.list_entered();
        self.forget();
        // What came where it stands by this input hears the next one.
        let mut at = self.first();
        while at < self.state.len() {
            Run(at).mark(self.state, ARRIVED, false);
            at += Run(at).len(self.state);
        }
        self.state[WAKE] = self.earliest() as Word;
    }

    /// Lists the journeys that were entered for the first time.
    fn list_entered(&mut self) {
        let layout = &self.program.layout;
        let unlisted = |run: &Run| state::entry_count(layout, self.state, run.journey(self.state)).is_none();
        let room = run::records(self.state, self.first()).filter(unlisted).count();
        if room > 0 {
            let len = self.state.len();
            self.state.resize(len + room, MISSING);
            let listed = run::list_entered(layout, self.state, len).unwrap_or(len);
            self.state.truncate(listed);
        }
    }

    fn earliest(&self) -> i64 {
        let mut wake = watch::due(self.program, self.state).min(calendar::due(self.program, self.state));
        for run in run::records(self.state, self.first()) {
            if run.alive(self.state) {
                wake = wake.min(run.moment(self.state, RUN_WAKE)).min(run.moment(self.state, CHECK));
            }
        }
        wake
    }

    /// Removes ended runs for which nothing asks any more.
    fn forget(&mut self) {
        let first = self.first();
        if run::records(self.state, first).all(|run| run.alive(self.state)) {
            return;
        }
        let (image, zone, now) = (self.image, self.zone(), self.now);
        let mut stubs = std::mem::take(&mut self.work.taken);
        stubs.clear();
        let kept = |words: &[Word], run: Run| -> Keep {
            if run.alive(words) {
                return Keep::All;
            }
            if run.is(words, GONE) {
                return Keep::Nothing;
            }
            let journey = run.journey(words);
            let kept = super::entry::kept(&image.journeys[usize::from(journey)], zone, now, words, run);
            if kept == Keep::Stub && run.whole(words) && !stubs.contains(&journey) {
                stubs.push(journey);
            }
            kept
        };
        run::compact(self.state, first, kept);
        self.forget_oldest_keys(&stubs);
        self.work.taken = stubs;
    }
}
