//! Pauses: while one is in force, a run makes no effect. Waits, time-outs, goals, exits and start over go on.

use super::machine::{Machine, On};
use super::run::{ARRIVED, AT, DUE, ENTERED, EXPIRED, HELD, NEVER, PAUSED, Run, WAITS, WAKE};
use crate::image::{FnId, Listener, MISSING, Occasion, Pause, Pc, Word};
use crate::input::{EffectKind, LeaveHow, Sink};
use crate::layout::Form;
use crate::program::Program;
use crate::state::zone;
use crate::time::Zone;

/// How a run stands to its pauses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paused {
    /// None is in force.
    No,
    /// This one is.
    By(usize),
    /// One lasted too long, and the run has left.
    Left,
}

/// What a pause asks of its run.
pub(crate) enum Asks<'p> {
    /// Whether a condition holds.
    Holds(FnId),
    /// Whether it hears the present event as this listens.
    Hears(&'p Listener),
}

/// What the slot of a pause says now, which said `before`. `there`: its run stands where it concerns it.
pub(crate) fn since(pause: &Pause, before: Word, there: bool, now: i64, mut ask: impl FnMut(Asks<'_>) -> bool) -> Word {
    if !there {
        return MISSING;
    }
    match &pause.on {
        Occasion::Condition(condition) => match (ask(Asks::Holds(*condition)), before) {
            (false, _) => MISSING,
            (true, MISSING) => now as Word,
            (true, before) => before,
        },
        Occasion::Event(begin) => {
            let over = !in_force(before);
            if !over && pause.until.as_ref().is_some_and(|until| ask(Asks::Hears(until))) {
                MISSING
            } else if over && ask(Asks::Hears(begin)) {
                now as Word
            } else {
                before
            }
        }
    }
}

/// Whether a pause is in force whose slot says this.
pub(crate) fn in_force(since: Word) -> bool {
    since != MISSING && since != EXPIRED
}

/// Whether a pause that is in force has lasted as long as it may.
pub(crate) fn is_over(pause: &Pause, since: Word, zone: &Zone, now: i64) -> bool {
    in_force(since) && pause.at_most.as_ref().is_some_and(|span| now >= zone.add(since as i64, span))
}

impl<S: Sink> Machine<'_, S> {
    /// Phase: pauses begin, end, and are over.
    pub(super) fn pauses(&mut self, on: On<'_>) {
        for at in 0.. {
            let Some(run) = self.in_line(at) else { return };
            if run.alive(self.state) && !self.journey(run).pauses.is_empty() {
                let stage = self.stage_of(run);
                if self.look_at_pauses(run, stage, on) != Paused::Left {
                    self.set_wake(run);
                }
            }
        }
    }

    /// Brings a run's pauses up to date, for a run that stands in `stage`.
    pub fn look_at_pauses(&mut self, run: Run, stage: Option<u16>, on: On<'_>) -> Paused {
        let journey = self.journey(run);
        let mut first = Paused::No;
        for (number, pause) in journey.pauses.iter().enumerate() {
            let before = run.slot(self.state, pause.since);
            let there = super::machine::in_stage(journey, stage, pause.stage);
            let mut since = since(pause, before, there, self.now, |asks| match asks {
                Asks::Holds(condition) => self.watches(run, condition),
                Asks::Hears(listener) => self.hears(run, listener, on),
            });
            if is_over(pause, since, self.zone(), self.now) {
                if pause.then_exit {
                    self.end(run, LeaveHow::PauseTooLong);
                    return Paused::Left;
                }
                since = EXPIRED;
            }
            if since != before {
                run.set_slot(self.state, pause.since, since);
                if S::TELLS {
                    let text = match since {
                        MISSING => format!("`{}`: over", pause.text),
                        EXPIRED => format!("`{}`: has lasted as long as it may; the run goes on", pause.text),
                        _ => format!("`{}`: begins; the run makes no effect meanwhile", pause.text),
                    };
                    self.tell(Some(run), None, text);
                }
            }
            if in_force(since) && first == Paused::No {
                first = Paused::By(number);
            }
        }
        first
    }

    /// Whether a run may make the effect of the instruction at `pc`. If not, it has left, or stands there until its pause ends.
    pub fn may_act(&mut self, run: Run, pc: Pc) -> bool {
        if !run.alive(self.state) {
            // On leaving, neither exits nor pauses apply.
            return true;
        }
        let journey = self.journey(run);
        let stage = super::machine::stage_at(journey, pc);
        if self.leaves(run, stage, On::Nothing) {
            return false;
        }
        match self.look_at_pauses(run, stage, On::Nothing) {
            Paused::No => true,
            Paused::Left => false,
            Paused::By(pause) => {
                run.set_status(self.state, PAUSED);
                run.put(self.state, AT, u64::from(pc));
                run.put_moment(self.state, DUE, NEVER);
                run.mark(self.state, ARRIVED, true);
                self.effect(run, Some(pc), None, EffectKind::Paused { reason: journey.pauses[pause].text.clone() });
                false
            }
        }
    }

    /// A run that stands before an effect does it now, if none of its pauses is in force any more.
    pub fn resume(&mut self, run: Run) {
        if !self.journey(run).pauses.iter().any(|pause| in_force(run.slot(self.state, pause.since))) {
            let pc = run.get(self.state, AT) as Pc;
            self.effect(run, Some(pc), None, EffectKind::Resumed);
            self.go_on(run, pc);
        }
    }

    /// Works out when time alone does something to a run, beside changing its conditions.
    pub fn set_wake(&mut self, run: Run) {
        set_wake(self.program, self.state, run);
    }
}

/// Works out when time does something to a run.
#[inline]
pub(crate) fn set_wake(program: &Program, words: &mut [Word], run: Run) {
    // Where time does no more than end its stay there is no word.
    if run.form(words).has(Form::WAKES) && run.alive(words) {
        put_wake(program, words, run);
    }
}

fn put_wake(program: &Program, words: &mut [Word], run: Run) {
    let journey = &program.image.journeys[usize::from(run.journey(words))];
    let zone = zone(program, words);
    let mut wake = match run.status(words) {
        WAITS | HELD => run.moment(words, DUE),
        _ => NEVER,
    };
    if let Some(span) = &journey.lasts {
        wake = wake.min(zone.add(run.moment(words, ENTERED), span));
    }
    for pause in &journey.pauses {
        let since = run.slot(words, pause.since);
        if let Some(span) = pause.at_most.as_ref().filter(|_| in_force(since)) {
            wake = wake.min(zone.add(since as i64, span));
        }
    }
    run.put_moment(words, WAKE, wake);
}
