//! What a run hears, its goals, its exits, and its end.

use super::ids;
use super::machine::{FUEL, Machine, On};
use super::run::{BARRED, CHECK, CONVERTED, DUE, ENDED, ENTERED, HOLDER, KEY, LEAVING, NEVER, Run, SINCE, WAKE};
use crate::image::{Listener, MISSING, Occasion, Role, Word};
use crate::input::{EffectKind, LeaveHow, Sink};

impl<S: Sink> Machine<'_, S> {
    /// Whether a run hears the present event as a clause of it listens: the event, its key, the send it is a receipt of, its condition.
    pub fn hears(&mut self, run: Run, listener: &Listener, on: On<'_>) -> bool {
        let On::Event { event, row, .. } = on else { return false };
        if listener.event != event {
            return false;
        }
        if let Some(field) = listener.key {
            let key = row.get(usize::from(field)).copied().unwrap_or(MISSING);
            if key == MISSING || key != run.get(self.state, KEY) {
                return false;
            }
        }
        if let Some(send) = listener.of
            && !self.is_receipt_of(run, send, event, row)
        {
            return false;
        }
        match listener.condition {
            Some(condition) => {
                let (word, _) = self.eval_at(Some(run), on, condition, self.now);
                if S::TELLS && word != 1 {
                    let text = format!("{} came, but {} does not hold", self.event_name(event), self.text(condition));
                    self.tell(Some(run), None, text);
                }
                word == 1
            }
            None => true,
        }
    }

    /// Whether a receipt speaks of a run's latest hand-over of a send.
    fn is_receipt_of(&self, run: Run, send: u16, event: u16, row: &[Word]) -> bool {
        let Role::Receipt { send_id, message } = &self.image.events[usize::from(event)].role else { return false };
        let send = &self.journey(run).sends[usize::from(send)];
        let Some(id) = send.id.and_then(|slot| run.id(self.state, slot)) else { return false };
        let field = |field: &Option<u16>| field.map_or(MISSING, |field| row[usize::from(field)]);
        let named = field(send_id);
        if named != MISSING {
            return ids::id_of_text(self.pool.word(named)) == Some(id);
        }
        let message = field(message);
        message != MISSING
            && self.pool.word(message) == self.image.messages[usize::from(send.message)].name
            && self.program.layout.message_at(send.message).is_some_and(|at| self.state[at] == id as Word)
    }

    /// Phase: goals.
    pub(super) fn goals(&mut self, event: u16, on: On<'_>) {
        for at in 0.. {
            let Some(run) = self.in_line(at) else { return };
            let journey = self.journey(run);
            if !journey.goals.iter().any(|goal| goal.listener.event == event) {
                continue;
            }
            let entered = run.moment(self.state, ENTERED);
            let (mut reached, mut late) = (false, false);
            for goal in &journey.goals {
                let alive = run.alive(self.state);
                let in_time = match &goal.within {
                    Some(span) => self.now <= self.zone().add(entered, span),
                    None => alive,
                };
                let counted = run.is(self.state, CONVERTED);
                let matters = if in_time { alive || !counted } else { alive && !goal.go_on };
                if !matters || !self.hears(run, &goal.listener, on) {
                    continue;
                }
                if in_time {
                    if !counted {
                        run.mark(self.state, CONVERTED, true);
                        self.effect(run, None, None, EffectKind::Converted);
                    }
                    reached |= !goal.go_on;
                } else {
                    late = true;
                }
            }
            if reached || (late && run.is(self.state, CONVERTED)) {
                self.end(run, LeaveHow::Goal);
            } else if late {
                self.end(run, LeaveHow::LateGoal);
            }
        }
    }

    /// Phase: exits.
    pub(super) fn exits(&mut self, on: On<'_>) {
        for at in 0.. {
            let Some(run) = self.in_line(at) else { return };
            if run.alive(self.state) {
                let stage = self.stage_of(run);
                self.leaves(run, stage, on);
            }
        }
    }

    /// Ends a run that an exit clause in force in `stage` asks to leave; says whether it did.
    pub fn leaves(&mut self, run: Run, stage: Option<u16>, on: On<'_>) -> bool {
        let journey = self.journey(run);
        for exit in journey.exits.iter().filter(|exit| super::machine::in_stage(journey, stage, exit.stage)) {
            let asks = match &exit.on {
                Occasion::Event(listener) => self.hears(run, listener, on),
                Occasion::Condition(condition) => self.watches(run, *condition),
            };
            if asks {
                if exit.for_good {
                    run.mark(self.state, BARRED, true);
                }
                self.end(run, LeaveHow::Exit(exit.text.clone()));
                return true;
            }
        }
        false
    }

    /// The end of a run. What it does on leaving comes before it is told that it left.
    pub fn end(&mut self, run: Run, how: LeaveHow) {
        if !run.alive(self.state) {
            return;
        }
        run.set_status(self.state, LEAVING);
        if let Some(pc) = self.journey(run).on_leaving
            && how != LeaveHow::OutOfFuel
        {
            // Fuel of its own: what it runs on leaving does not count for the run it may hand off to, nor the other way round.
            let fuel = std::mem::replace(&mut self.fuel, FUEL);
            self.walk(run, pc);
            self.fuel = fuel;
        }
        run.set_status(self.state, ENDED);
        run.put_moment(self.state, SINCE, self.now);
        for field in [DUE, CHECK, WAKE] {
            run.put_moment(self.state, field, NEVER);
        }
        run.put(self.state, HOLDER, MISSING);
        self.effect(run, None, None, EffectKind::Left { how });
    }
}
