//! Choices: experiments and the next best action.

use super::ids;
use super::machine::Machine;
use super::run::Run;
use crate::image::{Pc, TextId, Ty, Word};
use crate::input::{EffectKind, Sink};
use crate::limits::Room;

impl<S: Sink> Machine<'_, S> {
    /// The arm of an experiment that falls to the customer: the same on every entry.
    pub(super) fn experiment(&mut self, run: Run, pc: Pc, name: TextId, arms: &[(u64, TextId, Pc)]) -> Pc {
        let lot = u64::from(ids::lot("experiment", &self.image.texts[name as usize], self.customer.id));
        let Some((_, arm, to)) = arms.iter().find(|(threshold, ..)| *threshold > lot) else { return pc + 1 };
        self.effect(run, Some(pc), None, EffectKind::Assigned { experiment: name, arm: *arm });
        *to
    }

    /// The candidate with the highest rank, of those that are eligible, in their limits, and whose first send could be handed over but
    /// for holds and quiet hours; of equals the first.
    pub(super) fn next_best(&mut self, run: Run, pc: Pc, number: u16) -> Pc {
        let journey = self.journey(run);
        let decision = &journey.next_best[usize::from(number)];
        let mut best: Option<(Rank, usize)> = None;
        for (at, candidate) in decision.candidates.iter().enumerate() {
            let offer = &self.image.offers[usize::from(candidate.offer)];
            let against = 'against: {
                if !self.is_valid(offer.valid) {
                    break 'against Some("not on offer on this date".to_string());
                }
                if let Some(eligible) = candidate.eligible
                    && self.eval(run, eligible) != 1
                {
                    break 'against Some(if S::TELLS {
                        format!("not eligible: {}", self.text(eligible))
                    } else {
                        String::new()
                    });
                }
                if self.offer_room(candidate.offer) != Room::Now {
                    break 'against Some("its limit is reached".to_string());
                }
                self.could_pass(run, &journey.sends[usize::from(candidate.send)]).err().map(|barriers| {
                    let message = journey.sends[usize::from(candidate.send)].message;
                    let words =
                        barriers.iter().map(|(channel, barrier)| self.barrier_on_channel(message, *channel, *barrier));
                    words.collect::<Vec<_>>().join("; ")
                })
            };
            if let Some(against) = against {
                if S::TELLS {
                    self.tell(Some(run), Some(pc), format!("offer {}: {against}", offer.name));
                }
                continue;
            }
            let rank = Rank::of(&self.image.functions[candidate.rank as usize].ty, self.eval(run, candidate.rank));
            if S::TELLS {
                let text = format!("offer {}: {} = {}", offer.name, decision.rank_text, rank.words());
                self.tell(Some(run), Some(pc), text);
            }
            if best.is_none_or(|(known, _)| rank.above(known)) {
                best = Some((rank, at));
            }
        }
        let chosen = best.and_then(|(_, at)| decision.candidates.get(at));
        if S::TELLS {
            let text = match chosen {
                Some(candidate) => format!("chosen: {}", self.image.offers[usize::from(candidate.offer)].name),
                None => "nothing to offer".to_string(),
            };
            self.tell(Some(run), Some(pc), text);
        }
        chosen.map_or(decision.otherwise, |candidate| candidate.body)
    }
}

/// What candidates are compared by: ints and amounts exactly, the rest as numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Rank {
    Int(i64),
    Money(i64),
    Number(f64),
}

impl Rank {
    pub fn of(ty: &Ty, word: Word) -> Rank {
        match ty {
            Ty::Money(_) => Rank::Money(word as i64),
            Ty::Number | Ty::Percent | Ty::Probability => Rank::Number(f64::from_bits(word)),
            _ => Rank::Int(word as i64),
        }
    }

    pub fn above(self, other: Rank) -> bool {
        match (self, other) {
            (Rank::Int(a), Rank::Int(b)) | (Rank::Money(a), Rank::Money(b)) => a > b,
            (a, b) => a.number() > b.number(),
        }
    }

    fn number(self) -> f64 {
        match self {
            Rank::Int(word) | Rank::Money(word) => word as f64,
            Rank::Number(number) => number,
        }
    }

    fn words(self) -> String {
        match self {
            Rank::Int(word) => word.to_string(),
            Rank::Money(millionths) => super::tell::decimal(millionths),
            Rank::Number(number) => format!("{number}"),
        }
    }
}
