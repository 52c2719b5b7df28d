//! The steps of a run, one instruction after another, until it stands still or ends.

use super::entry::HandOff;
use super::ids::{self, Named};
use super::machine::{FUEL, Machine, On};
use super::run::{LEAVING, NUMBERS, Run};
use super::{deed, tell};
use crate::eval::Scope;
use crate::image::{FnId, Input as Given, Instr, MISSING, Pc};
use crate::input::{LeaveHow, Sink, Value};
use crate::state;
use crate::time::NEVER;

/// Fuel that a hand-off takes.
pub(crate) const HAND_OFF: u32 = 99;

impl<S: Sink> Machine<'_, S> {
    /// A run goes on from an instruction; so do those it hands off to.
    pub fn go_on(&mut self, run: Run, pc: Pc) {
        self.fuel = FUEL;
        self.walk(run, pc);
        if run.alive(self.state) {
            self.set_wake(run);
        }
        while let Some(handoff) = self.work.handoffs.pop() {
            // A hand-off costs as much as many instructions: a circle of them ends soon.
            self.fuel = self.fuel.saturating_sub(HAND_OFF);
            let Some(next) = self.take_over(handoff) else { continue };
            self.walk(next, 0);
            if next.alive(self.state) {
                self.set_wake(next);
            }
        }
    }

    /// Takes the steps from `pc` on, until the run stands still or has ended.
    pub(super) fn walk(&mut self, run: Run, pc: Pc) {
        let j = run.journey(self.state);
        let journey = self.journey(run);
        let leaving = run.status(self.state) == LEAVING;
        let mut pc = pc;
        loop {
            if self.fuel == 0 {
                return self.end(run, LeaveHow::OutOfFuel);
            }
            self.fuel -= 1;
            let Some(instr) = journey.code.get(pc as usize) else { return self.end(run, LeaveHow::End) };
            if S::PASSES {
                self.sink.passed(j, run.number(self.state), pc);
            }
            let next = pc + 1;
            pc = match instr {
                Instr::Nop => next,
                Instr::Jump(to) => *to,
                Instr::Unless { condition, to } => {
                    let holds = self.eval(run, *condition) == 1;
                    if S::TELLS {
                        let text = format!("{}: {}", self.text(*condition), if holds { "yes" } else { "no" });
                        self.tell(Some(run), Some(pc), text);
                    }
                    if holds { next } else { *to }
                }
                Instr::Stay(place) => match self.arrive(run, pc, *place) {
                    Some(next) => next,
                    None => return,
                },
                Instr::Experiment { name, arms } => self.experiment(run, pc, *name, arms),
                Instr::NextBest(decision) => self.next_best(run, pc, *decision),
                Instr::Send(send) => match self.send(run, pc, *send) {
                    Some(next) => next,
                    None => return,
                },
                Instr::Let { slot, value } => {
                    let value = self.eval(run, *value);
                    run.set_slot(self.state, *slot, value);
                    next
                }
                Instr::Again { slot, times, body } => {
                    let round = match run.slot(self.state, *slot) {
                        MISSING => 1,
                        round => round.saturating_add(1),
                    };
                    run.set_slot(self.state, *slot, round);
                    let again = round < u64::from(*times);
                    if S::TELLS {
                        let text = if again {
                            format!("round {} of at most {times}", round + 1)
                        } else {
                            format!("{times} rounds are done")
                        };
                        self.tell(Some(run), Some(pc), text);
                    }
                    if again { *body } else { next }
                }
                Instr::Finish(label) => {
                    let label = label.map(|label| self.image.texts[label as usize].clone());
                    if !leaving {
                        self.end(run, label.map_or(LeaveHow::End, LeaveHow::Label));
                    }
                    return;
                }
                Instr::GoTo { journey: to, args } => {
                    if leaving || !self.may_act(run, pc) {
                        return;
                    }
                    let args = args.iter().map(|arg| arg.map_or(MISSING, |arg| self.eval(run, arg))).collect();
                    self.end(run, LeaveHow::HandedOff(*to));
                    self.work.handoffs.push(HandOff { journey: *to, args, from: j });
                    return;
                }
                Instr::Set { .. } | Instr::Emit { .. } | Instr::Call { .. } | Instr::Task { .. } => {
                    if !self.may_act(run, pc) {
                        return;
                    }
                    if !self.act(run, pc, instr) {
                        return self.end(run, LeaveHow::OutOfFuel);
                    }
                    next
                }
            };
        }
    }

    /// The effects that a run makes and goes on from at once; false when it has made too many inputs at one instant.
    fn act(&mut self, run: Run, pc: Pc, instr: &Instr) -> bool {
        let id = self.effect_id(run, pc);
        let scope = Scope { slots: run.slots(self.state), ..Scope::of(self.program, self.pool, self.state, self.now) };
        let (zone, frame) = (state::zone(self.program, self.state), &mut self.work.frame);
        let eval = |function| scope.eval(function, frame, &mut NEVER.clone());
        let Some(deed) = deed::deed(self.program, self.pool, zone, self.now, instr, eval) else { return true };
        if let Some(slot) = deed.id {
            run.set_id(self.state, slot, id);
        }
        self.effect(run, Some(pc), Some(id), deed.kind);
        deed.input.is_none_or(|input| self.make(input))
    }

    /// Names and values of what a message or call is given.
    pub(super) fn values_of(&mut self, run: Run, inputs: &[Given]) -> Vec<(String, Value)> {
        inputs.iter().map(|input| (input.name.clone(), self.value_of(run, input.value))).collect()
    }

    fn value_of(&mut self, run: Run, function: FnId) -> Value {
        let word = self.eval_at(Some(run), On::Nothing, function, self.now).0;
        tell::value(self.program, self.pool, &self.image.functions[function as usize].ty, word)
    }

    /// The id of the effect that a run makes at an instruction.
    pub(super) fn effect_id(&self, run: Run, pc: Pc) -> u128 {
        let journey = self.journey(run);
        let step = journey.step_of.get(pc as usize).and_then(|step| journey.steps.get(usize::from(*step)));
        let numbers = run.get(self.state, NUMBERS);
        let named = Named {
            customer: self.customer.id,
            journey: &journey.name,
            version: journey.hash,
            run: numbers as u32,
            start: (numbers >> 32) as u32,
            step: step.map_or("", |step| &step.id),
        };
        ids::effect_id(&named, journey.zeroed.iter().map(|slot| run.slot(self.state, *slot)))
    }
}
