//! Decisions: from an instruction of a journey to where it first comes to something that acts, for many rows in one go.
//!
//! Only what is pure takes part: conditions that are graphs, and choices among candidates whose gates nothing can close. The rest of
//! the code is where a decision ends.

use crate::code::{Code, Level, NoCode, Workshop, guarded};
use crate::context::Context;
use crate::emit::{Base, Emit, Leaves, far_signature};
use crate::functions::{MOST_COST, Needs};
use crate::graph::{Id, Node, Place};
use crate::lift::{Lift, Trusted};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{BlockArg, InstBuilder, MemFlagsData, types};
use journey_runtime::image::{Cmp, ConsentRule, FnId, Instr, Journey, NextBest, Pc, RuleKind, TextId, Ty, Word};
use journey_runtime::program::Program;
use std::collections::BTreeMap;

/// Where a decision ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It comes to an instruction that acts, or that is not decided here.
    At(Pc),
    /// The run is over, under this label.
    Finish(Option<TextId>),
    /// A candidate of a decision is the best; its steps begin there.
    Offer {
        /// Index into [`Journey::next_best`].
        decision: u16,
        /// Index into its candidates.
        candidate: u16,
        /// Where its steps begin.
        body: Pc,
    },
    /// The code has no further instruction.
    End,
}

/// How a row lies in a batch: profile fields and the run's slots, as words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    /// Words from one row to the next.
    pub stride: usize,
    /// Where its profile begins.
    pub profile: usize,
    /// Where its slots begin.
    pub slots: usize,
}

/// Rows that are decided in one turn of the loop, where a decision is short.
const AT_ONCE: usize = 4;

/// About how many instructions a short decision has, at most.
const SHORT: usize = 128;

type Entry = unsafe extern "C" fn(*const Context, *const Word, u64, *mut u32);

/// A compiled decision.
pub struct Decision {
    /// What the numbers of [`Decision::run`] mean.
    pub outcomes: Vec<Outcome>,
    code: Code,
    entry: Entry,
    form: Form,
    /// Words of a row that are read, at least.
    reads: usize,
}

impl std::fmt::Debug for Decision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decision").field("outcomes", &self.outcomes).field("code", &self.code).finish()
    }
}

impl Decision {
    /// Compiles what is decided from `pc` of a journey on, for rows of a form.
    pub fn new(program: &Program, journey: u16, pc: Pc, form: Form, level: Level) -> Result<Decision, NoCode> {
        guarded(|| {
            let bounds = Trusted::new(&program.image);
            let mut deciding = Deciding {
                journey: &program.image.journeys[usize::from(journey)],
                program,
                lift: Lift::new(program, &bounds),
                outcomes: vec![Outcome::End],
                known: BTreeMap::new(),
            };
            let root = deciding.from(pc);
            let (graph, outcomes) = (deciding.lift.graph, deciding.outcomes);
            if graph.cost(&[root]) > MOST_COST {
                return Err(NoCode("the decision is too long to be made without branches".to_string()));
            }
            let needs = Needs::of(&graph, &graph.needed(&[root]));
            let first = program.layout.profile_at;
            let beyond = first + program.image.profile.len();
            let outside = graph.needed(&[root]).into_iter().any(|id| match graph.node(id) {
                Node::Load(Place::State, at) => !(first..beyond).contains(&(at as usize)),
                Node::Load(Place::Row | Place::Member, _) | Node::Now | Node::HappenedAt | Node::Changes => true,
                _ => false,
            });
            if outside {
                return Err(NoCode("the decision reads more than profile and context".to_string()));
            }
            let profile = needs.at(Place::State).saturating_sub(first);
            let mut reads = 0;
            if profile > 0 {
                reads = form.profile + profile;
            }
            if needs.at(Place::Slot) > 0 {
                reads = reads.max(form.slots + needs.at(Place::Slot));
            }
            if form.stride == 0 || reads > form.stride || i32::try_from(8 * AT_ONCE * form.stride).is_err() {
                return Err(NoCode("the rows are shorter than what is read of them".to_string()));
            }
            let at_once = if graph.cost(&[root]) <= SHORT { AT_ONCE } else { 1 };
            let mut workshop = Workshop::new(level)?;
            let far = far_signature(workshop.signature());
            let made = workshop.function(4, false, |builder, params| {
                let far = builder.import_signature(far);
                let [context, rows, count, out] = params else { return };
                let mut first_row = [*rows, *out];
                // What is left over is decided row by row.
                for at_once in if at_once > 1 { vec![at_once, 1] } else { vec![1] } {
                    let (body, after) = (builder.create_block(), builder.create_block());
                    for block in [body, after] {
                        builder.append_block_param(block, types::I64);
                        builder.append_block_param(block, types::I64);
                    }
                    let bytes = 8 * form.stride as i64;
                    // So many rows that all are done which can be done so many at once.
                    let whole = builder.ins().band_imm_s(*count, -(at_once as i64));
                    let last = builder.ins().imul_imm_s(whole, bytes);
                    let last = builder.ins().iadd(*rows, last);
                    let some = builder.ins().icmp(IntCC::UnsignedLessThan, first_row[0], last);
                    let args = first_row.map(BlockArg::Value);
                    builder.ins().brif(some, body, &args, after, &args);
                    builder.switch_to_block(body);
                    let (at, to) = (builder.block_params(body)[0], builder.block_params(body)[1]);
                    for row in 0..at_once as i32 {
                        let before = row * form.stride as i32;
                        let profile = Base { at, words: before + form.profile as i32 - first as i32 };
                        let slots = Base { at, words: before + form.slots as i32 };
                        let leaves =
                            Leaves { places: [Some(profile), Some(slots), None, None], ..Leaves::of(*context) };
                        let found = Emit::new(&graph, builder, leaves, far).roots(&[root])[0];
                        builder.ins().store(MemFlagsData::trusted(), found, to, 4 * row);
                    }
                    let next = builder.ins().iadd_imm_s(at, bytes * at_once as i64);
                    let to = builder.ins().iadd_imm_s(to, 4 * at_once as i64);
                    let more = builder.ins().icmp(IntCC::UnsignedLessThan, next, last);
                    let args = [next, to].map(BlockArg::Value);
                    builder.ins().brif(more, body, &args, after, &args);
                    builder.switch_to_block(after);
                    first_row = [builder.block_params(after)[0], builder.block_params(after)[1]];
                }
                builder.ins().return_(&[]);
            })?;
            let code = workshop.finish()?;
            // SAFETY: it has just been compiled with this signature: three pointers and a count, the host's convention.
            let entry = unsafe { std::mem::transmute::<*const u8, Entry>(code.address(made)) };
            Ok(Decision { outcomes, code, entry, form, reads })
        })
    }

    /// Decides for each row; `out` gets indices into [`Decision::outcomes`]. As many rows as are whole in `rows` and have room in
    /// `out`; says how many that were.
    pub fn run(&self, rows: &[Word], out: &mut [u32]) -> usize {
        let whole = if self.reads == 0 {
            rows.len() / self.form.stride
        } else if rows.len() < self.reads {
            0
        } else {
            (rows.len() - self.reads) / self.form.stride + 1
        };
        let count = whole.min(out.len());
        // SAFETY: of each of `count` rows the code reads at most the first `reads` words, which lie in `rows`; it writes `count` numbers,
        // for which there is room in `out`; the context is there. The code lives in `self.code`, which is borrowed.
        unsafe { (self.entry)(&Context::default(), rows.as_ptr(), count as u64, out.as_mut_ptr()) };
        count
    }

    /// Bytes of machine code.
    pub fn bytes(&self) -> usize {
        self.code.bytes
    }
}

struct Deciding<'a> {
    program: &'a Program,
    journey: &'a Journey,
    lift: Lift<'a>,
    outcomes: Vec<Outcome>,
    known: BTreeMap<Pc, Id>,
}

/// How candidates are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ranks {
    Whole,
    Real,
}

impl Deciding<'_> {
    fn outcome(&mut self, outcome: Outcome) -> Id {
        let at = self.outcomes.iter().position(|known| *known == outcome).unwrap_or_else(|| {
            self.outcomes.push(outcome);
            self.outcomes.len() - 1
        });
        self.lift.graph.small(at as u32)
    }

    /// The outcome from an instruction on.
    fn from(&mut self, pc: Pc) -> Id {
        if let Some(known) = self.known.get(&pc) {
            return *known;
        }
        let found = self.work_out(pc);
        self.known.insert(pc, found);
        found
    }

    fn work_out(&mut self, pc: Pc) -> Id {
        let Some(instr) = self.journey.code.get(pc as usize) else { return self.outcome(Outcome::End) };
        let decided = match instr {
            Instr::Nop => Some(self.from(pc + 1)),
            Instr::Jump(to) if *to > pc => Some(self.from(*to)),
            Instr::Unless { condition, to } if *to > pc => self.condition(*condition).map(|condition| {
                let (yes, no) = (self.from(pc + 1), self.from(*to));
                self.lift.graph.select(condition, yes, no)
            }),
            Instr::NextBest(decision) => self.best(pc, *decision),
            Instr::Finish(label) => Some(self.outcome(Outcome::Finish(*label))),
            _ => None,
        };
        decided.unwrap_or_else(|| self.outcome(Outcome::At(pc)))
    }

    /// A condition, as a flag; none when it has no place in a graph or time may change it.
    fn condition(&mut self, function: FnId) -> Option<Id> {
        let (result, changes) = self.lift.function(function)?;
        (self.lift.graph.node(changes) == Node::Changes).then(|| self.lift.graph.as_flag(result))
    }

    fn best(&mut self, pc: Pc, number: u16) -> Option<Id> {
        let decision = &self.journey.next_best[usize::from(number)];
        if decision.otherwise <= pc || decision.candidates.iter().any(|candidate| candidate.body <= pc) {
            return None;
        }
        let mut ranked = Vec::new();
        let ranks = self.ranks(decision)?;
        for candidate in &decision.candidates {
            let offer = &self.program.image.offers[usize::from(candidate.offer)];
            if offer.valid != (None, None) || !offer.limits.is_empty() || !self.always_passes(candidate.send) {
                return None;
            }
            let eligible = match candidate.eligible {
                Some(function) => self.condition(function)?,
                None => self.lift.graph.flag(true),
            };
            let (rank, changes) = self.lift.function(candidate.rank)?;
            if self.lift.graph.node(changes) != Node::Changes {
                return None;
            }
            let rank = match ranks {
                Ranks::Whole => self.lift.graph.as_word(rank),
                Ranks::Real => self.lift.graph.as_float(rank),
            };
            ranked.push((eligible, rank));
        }
        // The outcomes of one decision follow each other, so that each is the first and a number.
        let first = self.outcomes.len() as u32;
        for (at, candidate) in decision.candidates.iter().enumerate() {
            let offer = Outcome::Offer { decision: number, candidate: at as u16, body: candidate.body };
            self.outcomes.push(offer);
        }
        let otherwise = self.from(decision.otherwise);
        let numbered: Vec<_> =
            ranked.iter().enumerate().map(|(at, (eligible, rank))| (*eligible, *rank, at as u32)).collect();
        if numbered.is_empty() {
            return Some(otherwise);
        }
        let (some, _, best) = self.best_of(&numbered, ranks);
        let base = self.lift.graph.small(first);
        let chosen = self.lift.graph.sum(base, best);
        Some(self.lift.graph.select(some, chosen, otherwise))
    }

    /// Whether there is one, its rank, and its number: the higher rank, of equals the first. In halves, so that the comparisons do not
    /// wait for each other.
    fn best_of(&mut self, candidates: &[(Id, Id, u32)], ranks: Ranks) -> (Id, Id, Id) {
        if let [(eligible, rank, at)] = candidates {
            let at = self.lift.graph.small(*at);
            return (*eligible, *rank, at);
        }
        let (left, right) = candidates.split_at(candidates.len() / 2);
        let (a, rank_a, at_a) = self.best_of(left, ranks);
        let (b, rank_b, at_b) = self.best_of(right, ranks);
        let graph = &mut self.lift.graph;
        let higher = match ranks {
            Ranks::Whole => graph.compare(Cmp::Gt, rank_b, rank_a),
            Ranks::Real => graph.compare_real(Cmp::Gt, rank_b, rank_a),
        };
        let (alone, any) = (graph.not(a), graph.or(a, b));
        let better = graph.or(alone, higher);
        let second = graph.and(b, better);
        let rank = match (ranks, graph.node(second) == graph.node(higher)) {
            (Ranks::Real, true) => graph.greater(rank_a, rank_b),
            _ => graph.select(second, rank_b, rank_a),
        };
        (any, rank, graph.select(second, at_b, at_a))
    }

    /// How ranks are compared; none when they are of several kinds.
    fn ranks(&self, decision: &NextBest) -> Option<Ranks> {
        let kind = |function: FnId| match self.program.image.functions[function as usize].ty {
            Ty::Money(_) => 0,
            Ty::Number | Ty::Percent | Ty::Probability => 1,
            _ => 2,
        };
        let mut kinds = decision.candidates.iter().map(|candidate| kind(candidate.rank));
        let first = kinds.next()?;
        kinds.all(|kind| kind == first).then_some(if first == 1 { Ranks::Real } else { Ranks::Whole })
    }

    /// Whether nothing can close the gates of a candidate's first send, whoever the customer is.
    fn always_passes(&self, send: u16) -> bool {
        let image = &self.program.image;
        let send = &self.journey.sends[usize::from(send)];
        let message = &image.messages[usize::from(send.message)];
        let dropped = image
            .journeys
            .iter()
            .flat_map(|journey| &journey.meanwhile)
            .any(|clause| !clause.hold && clause.purpose == message.purpose);
        if dropped || message.valid != (None, None) {
            return false;
        }
        send.tries.iter().any(|channel| {
            let rules = channel.rules.iter().all(|number| {
                let rule = &image.rules[usize::from(*number)];
                matches!(rule.kind, RuleKind::Quiet { .. } | RuleKind::Deliver { .. })
                    || rule.over != journey_runtime::image::Over::Drop
            });
            channel.consent == ConsentRule::None
                && message.renderings.iter().any(|(by, _)| *by == channel.channel)
                && image.channels[usize::from(channel.channel)].address.is_none()
                && rules
        })
    }
}
