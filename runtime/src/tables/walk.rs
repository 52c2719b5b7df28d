//! The steps of a run, one instruction after another, until it stands still or ends.

use super::{Declined, Machine};
use crate::image::{Due, Instr, Journey, MISSING, Occasion, Pc, Place, PlaceKind, WaitArm};
use crate::record::how;
use crate::step::decide::Rank;
use crate::step::machine::FUEL;
use crate::step::pause::Paused;
use crate::step::run::{ARRIVED, Run, SINCE, WAITS};
use crate::step::{ids, pause, wait};

impl<'m> Machine<'m> {
    /// A run goes on from an instruction.
    pub(super) fn go_on(&mut self, run: Run, pc: Pc) -> Result<(), Declined> {
        self.fuel = FUEL;
        self.walk(run, pc);
        self.set_wake(run);
        if self.work.rare.handoffs.is_empty() { Ok(()) } else { self.hand_off() }
    }

    /// Works out when time alone does something to a run, beside changing its conditions.
    pub(super) fn set_wake(&mut self, run: Run) {
        pause::set_wake(self.program, self.words, run);
    }

    /// Takes the steps from an instruction on, until the run stands still or has ended.
    pub(super) fn walk(&mut self, run: Run, pc: Pc) {
        let journey = self.journey(run);
        let mut pc = pc;
        loop {
            if self.fuel == 0 {
                return self.end(run, how::OUT_OF_FUEL, 0, None);
            }
            self.fuel -= 1;
            let Some(instr) = journey.code.get(pc as usize) else { return self.end(run, how::END, 0, None) };
            let next = pc + 1;
            pc = match instr {
                Instr::Nop => next,
                Instr::Jump(to) => *to,
                Instr::Unless { condition, to } => match self.branch(run, pc) {
                    Some(end) => end,
                    None if self.is_so(run, false, *condition) => next,
                    None => *to,
                },
                Instr::Stay(place) => match self.arrive(journey, run, *place) {
                    Some(next) => next,
                    None => return,
                },
                Instr::Experiment { name, arms } => {
                    let name_text = &self.image.texts[*name as usize];
                    let lot = u64::from(ids::lot("experiment", name_text, self.names.name(self.customer)));
                    match arms.iter().find(|(threshold, ..)| *threshold > lot) {
                        None => next,
                        Some((_, arm, to)) => {
                            let of = self.of(run, Some(pc));
                            self.out.assigned(&of, *name, *arm);
                            *to
                        }
                    }
                }
                Instr::NextBest(decision) => self.next_best(run, *decision),
                Instr::Send(send) => match self.send(run, pc, *send) {
                    Some(next) => next,
                    None => return,
                },
                Instr::Let { slot, value } => {
                    let value = self.eval(run, *value);
                    run.set_slot(self.words, *slot, value);
                    next
                }
                Instr::Again { slot, times, body } => {
                    let round = match run.slot(self.words, *slot) {
                        MISSING => 1,
                        round => round.saturating_add(1),
                    };
                    run.set_slot(self.words, *slot, round);
                    if round < u64::from(*times) { *body } else { next }
                }
                Instr::Finish(label) => {
                    return match label {
                        _ if !run.alive(self.words) => {}
                        None => self.end(run, how::END, 0, None),
                        Some(label) => self.end(run, how::LABEL, 0, Some(*label)),
                    };
                }
                Instr::GoTo { journey, args } => {
                    // On leaving nobody is handed off.
                    if run.alive(self.words) && self.may_act(run, pc) {
                        self.hands_off(run, *journey, args);
                    }
                    return;
                }
                Instr::Set { .. } | Instr::Emit { .. } | Instr::Call { .. } | Instr::Task { .. } => {
                    if !self.may_act(run, pc) {
                        return;
                    }
                    if !self.act(run, pc, instr) {
                        return self.end(run, how::OUT_OF_FUEL, 0, None);
                    }
                    next
                }
            };
        }
    }

    /// Where the conditions lead that begin with the one at an instruction, if they can be looked at together.
    fn branch(&mut self, run: Run, pc: Pc) -> Option<Pc> {
        let journey = run.journey(self.words);
        let (end, steps) = self.scope(run, false, self.now).0.branch(journey, pc)?;
        // The first has been paid for.
        self.fuel = self.fuel.checked_sub(steps - 1)?;
        Some(end)
    }

    /// A run of a journey comes to a place. Gives where it goes on if it does not stay.
    fn arrive(&mut self, journey: &'m Journey, run: Run, number: u16) -> Option<Pc> {
        if !run.alive(self.words) {
            // There are no waits on leaving; a place there ends it.
            return None;
        }
        let place = &journey.places[usize::from(number)];
        let watches = !self.tables.journeys[usize::from(run.journey(self.words))].plain;
        if watches
            && (self.leaves(run, place.stage, false) || self.look_at_pauses(run, place.stage, false) == Paused::Left)
        {
            return None;
        }
        run.stand(self.words, WAITS, u32::from(number), self.now);
        run.mark(self.words, ARRIVED, true);
        if watches
            && let PlaceKind::First { arms, .. } = &place.kind
            && let Some(next) = self.arms_on_arrival(run, arms)
        {
            return Some(next);
        }
        if let PlaceKind::Collect { list, .. } = &place.kind {
            let empty = self.pool.list(&[]);
            run.set_slot(self.words, *list, u64::from(empty));
        }
        let due = wait::due(place);
        wait::count_from_anchor(self.program, self.words, run, self.now, due);
        self.set_due(run, place, due)
    }

    /// Conditions of a wait are looked at on arrival: one that holds passes at once; one that must become true has to be false first.
    fn arms_on_arrival(&mut self, run: Run, arms: &[WaitArm]) -> Option<Pc> {
        let mut passed = None;
        for arm in arms {
            let Occasion::Condition(condition) = arm.on else { continue };
            let holds = self.watches(run, condition);
            if let Some(slot) = arm.becomes {
                run.set_slot(self.words, slot, u64::from(!holds));
            } else if holds && passed.is_none() {
                passed = Some(arm.next);
            }
        }
        passed
    }

    /// Works out when the stay at a place ends; gives where the run goes on if that is now or past.
    #[inline(always)]
    pub(super) fn set_due(&mut self, run: Run, place: &Place, due: Option<&Due>) -> Option<Pc> {
        let ends = match due {
            // The function sees the run, at the moment of its arrival.
            Some(Due::At(moment)) => wait::until(self.eval_at(run, *moment, run.moment(self.words, SINCE))),
            due => wait::ends(self.program, self.words, run, place, due),
        };
        wait::stay_until(self.words, run, self.now, place, ends)
    }

    /// The candidate with the highest rank, of those that may be chosen; of equals the first.
    fn next_best(&mut self, run: Run, number: u16) -> Pc {
        let journey = self.journey(run);
        let decision = &journey.next_best[usize::from(number)];
        let mut best: Option<(Rank, Pc)> = None;
        for candidate in &decision.candidates {
            if !self.is_valid(self.image.offers[usize::from(candidate.offer)].valid) {
                continue;
            }
            if let Some(eligible) = candidate.eligible
                && !self.is_so(run, false, eligible)
            {
                continue;
            }
            if !self.offer_has_room(candidate.offer) || !self.could_pass(run, candidate.send) {
                continue;
            }
            let rank = Rank::of(&self.image.functions[candidate.rank as usize].ty, self.eval(run, candidate.rank));
            if best.is_none_or(|(known, _)| rank.above(known)) {
                best = Some((rank, candidate.body));
            }
        }
        best.map_or(decision.otherwise, |(_, body)| body)
    }
}
