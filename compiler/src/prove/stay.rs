//! How long a run may stay: the longest way through a journey's graph, with every wait at its longest.
//!
//! Counted from the entry, or from the last `start over`. Nodes are in order, so the longest ways are found in one pass (the longest
//! path of an acyclic graph; loops, inner ones first, count as their longest round as often as they may go round).

use super::pressure::rules::Rules;
use super::pressure::walk::most;
use crate::flow::{Graph, LoopId, NodeId, NodeKind, Why, most_ms};
use crate::hir::{Clauses, Journey, JourneyId, Length, Program, PurposeId, RuleKind, StepKind};
use journey_grammar::span::Span;

/// How long a run of a journey may stay.
#[derive(Debug, Clone)]
pub struct Stay {
    /// Which journey.
    pub journey: JourneyId,
    /// At most so long; none: there is no end to it.
    pub most: Option<Took>,
    /// What has no end by itself, in the order of the steps.
    pub open: Vec<(Span, Endless)>,
    /// The steps of the longest way on which time passes, and how much; a loop counts as one.
    pub way: Vec<(Span, Took)>,
    /// By what the steps themselves wait for at most: without pauses, held sends and moments that data say.
    pub by_steps: Took,
    /// The steps of that way, and how much time passes on them.
    pub way_by_steps: Vec<(Span, Took)>,
    /// For each node of the graph, when a run may come there at the latest; none: at any time, or never.
    pub latest: Vec<Option<Took>>,
    /// Likewise for the nodes of offers, counted from when the offer was chosen.
    pub since_chosen: Vec<Option<Took>>,
    /// A policy ends every run after so long: policy and rule.
    pub limit: Option<(usize, usize, Length)>,
}

/// Time that passes at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Took {
    /// So many milliseconds,
    pub ms: i64,
    /// of which so many only where clocks are put back meanwhile.
    pub clocks: i64,
}

impl Took {
    fn of(length: Length) -> Took {
        Took { ms: most_ms(length), clocks: most_ms(length).saturating_sub(most(length)) }
    }

    fn and(self, other: Took) -> Took {
        Took { ms: self.ms.saturating_add(other.ms), clocks: self.clocks.saturating_add(other.clocks) }
    }

    fn times(self, n: i64) -> Took {
        Took { ms: self.ms.saturating_mul(n), clocks: self.clocks.saturating_mul(n) }
    }

    /// Milliseconds, every day having 24 hours.
    pub fn plain(self) -> i64 {
        self.ms.saturating_sub(self.clocks)
    }
}

/// Why something has no end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endless {
    /// A moment that data say.
    Moment,
    /// Pauses that take turns.
    Pauses,
    /// Rules that may hold a send for ever.
    Held,
    /// Runs of this journey hold the send, one after the other.
    Meanwhile(JourneyId),
}

/// Of every journey.
pub fn stays(program: &Program) -> Vec<Stay> {
    let keepers = Keepers::new(program);
    let of = |id| {
        let graph = Graph::new(program, id);
        let (bare, all) = (Walk::new(program, None, &graph).stay(), Walk::new(program, Some(&keepers), &graph).stay());
        Stay { by_steps: bare.most.unwrap_or_default(), way_by_steps: bare.way, ..all }
    };
    (0..program.journeys.len()).map(of).collect()
}

/// What may keep sends back beside the journey itself.
struct Keepers<'p> {
    rules: Rules<'p>,
    /// Journeys with the purposes whose sends they may hold while they run.
    meanwhile: Vec<(JourneyId, PurposeId)>,
}

impl<'p> Keepers<'p> {
    fn new(program: &'p Program) -> Keepers<'p> {
        let mut meanwhile = Vec::new();
        for (id, journey) in program.journeys.iter().enumerate() {
            let mut add = |clauses: &Clauses| {
                meanwhile.extend(clauses.meanwhile.iter().filter(|(hold, _)| *hold).map(|(_, purpose)| (id, *purpose)));
            };
            add(&journey.clauses);
            crate::hir::each_step(&journey.body, &mut |step| {
                if let StepKind::Stage { clauses, .. } = &step.kind {
                    add(clauses);
                }
            });
        }
        Keepers { rules: Rules::new(program), meanwhile }
    }
}

/// Since the beginning of a stretch of nodes, when runs come to each of them.
struct Spread {
    start: NodeId,
    since: Vec<Option<Since>>,
}

impl Spread {
    fn at(&self, node: NodeId) -> Option<Since> {
        self.since.get(node.checked_sub(self.start)?).copied().flatten()
    }

    /// Where there is an end to it.
    fn took(&self, node: NodeId) -> Option<Took> {
        self.at(node).filter(|s| !s.endless).map(|s| s.took)
    }
}

/// Since the entry, when a run is somewhere at the latest.
#[derive(Debug, Clone, Copy)]
struct Since {
    took: Took,
    endless: bool,
    /// The node before, and what passed from there.
    from: Option<(NodeId, Took)>,
}

impl Since {
    fn later(self, other: Since) -> bool {
        (self.endless, self.took.ms) > (other.endless, other.took.ms)
    }
}

struct Walk<'w, 'p> {
    program: &'p Program,
    journey: &'p Journey,
    graph: &'w Graph<'p>,
    /// How long effects may be kept back at each node.
    kept: Vec<(Took, Option<Endless>)>,
    /// The longest round of each loop, as far as it is known.
    rounds: Vec<Since>,
    /// The loop that begins at a node.
    loop_at: Vec<Option<LoopId>>,
    /// Only what the steps themselves wait for counts.
    bare: bool,
}

impl<'w, 'p> Walk<'w, 'p> {
    /// Without rules, only what the steps themselves wait for counts.
    fn new(program: &'p Program, keepers: Option<&Keepers<'p>>, graph: &'w Graph<'p>) -> Walk<'w, 'p> {
        let journey = &program.journeys[graph.journey];
        let kept =
            |node| keepers.map_or((Took::default(), None), |keepers| kept_back(program, journey, keepers, graph, node));
        let kept = (0..graph.nodes.len()).map(kept).collect();
        let none = Since { took: Took::default(), endless: false, from: None };
        let rounds = vec![none; graph.loops.len()];
        let mut loop_at = vec![None; graph.nodes.len()];
        for (id, of) in graph.loops.iter().enumerate() {
            loop_at[of.node] = Some(id);
        }
        Walk { program, journey, graph, kept, rounds, loop_at, bare: keepers.is_none() }
    }

    fn stay(mut self) -> Stay {
        for id in (0..self.graph.loops.len()).rev() {
            let of = self.graph.loops[id];
            let since = self.spread(of.node, of.end, Some(id));
            let back = |node: NodeId| {
                let ways = self.graph.ways(node).filter(move |e| e.to == of.node);
                ways.filter_map(|e| self.pass(&since, node, e.time.most)).reduce(|a, b| if b.later(a) { b } else { a })
            };
            let longest = (of.node + 1..of.end).filter_map(back).reduce(|a, b| if b.later(a) { b } else { a });
            if let Some(longest) = longest {
                self.rounds[id] = longest;
            }
        }
        let end = self.graph.leaving.unwrap_or(self.graph.nodes.len());
        let since = self.spread(0, end, None);
        let ends = (0..end).filter(|n| matches!(self.graph.nodes[*n].kind, NodeKind::End(..)));
        // Before a hand-over a run may have to wait for a pause to end.
        let done = |n: NodeId| self.pass(&since, n, Some(Length::default()));
        let longest = ends.filter_map(done).reduce(|a, b| if b.later(a) { b } else { a });
        let mut way: Vec<(NodeId, Took)> = Vec::new();
        let mut at = longest.and_then(|l| l.from);
        while let Some((node, took)) = at {
            let node_said = self.outermost(node);
            match way.last_mut() {
                Some((last, sum)) if *last == node_said => *sum = sum.and(took),
                _ => way.push((node_said, took)),
            }
            at = since.at(node).and_then(|s| s.from);
        }
        let way = way.into_iter().rev().filter(|(_, took)| took.ms > 0);
        Stay {
            journey: self.graph.journey,
            most: longest.filter(|l| !l.endless).map(|l| l.took),
            open: (0..end).filter_map(|n| Some((self.graph.nodes[n].span, self.open(n)?))).collect(),
            way: way.map(|(node, took)| (self.graph.nodes[node].span, took)).collect(),
            by_steps: Took::default(),
            way_by_steps: Vec::new(),
            latest: (0..self.graph.nodes.len()).map(|node| since.took(node)).collect(),
            since_chosen: if self.bare { Vec::new() } else { self.since_chosen() },
            limit: self.limit(),
        }
    }

    /// The node of the outermost loop around a node, or itself.
    fn outermost(&self, node: NodeId) -> NodeId {
        let mut at = node;
        while let Some(id) = self.graph.nodes[at].within {
            at = self.graph.loops[id].node;
        }
        at
    }

    /// Why a run may be at a node without end.
    fn open(&self, node: NodeId) -> Option<Endless> {
        let moment = || self.graph.ways(node).any(|e| e.time.most.is_none()).then_some(Endless::Moment);
        self.kept[node].1.or_else(|| moment().filter(|_| !self.bare))
    }

    fn since_chosen(&self) -> Vec<Option<Took>> {
        let nodes = &self.graph.nodes;
        let mut all = vec![None; nodes.len()];
        let mut start = 0;
        // The steps of an offer stand together.
        for copy in nodes.chunk_by(|a, b| a.offer == b.offer) {
            let end = start + copy.len();
            if copy[0].offer.is_some() {
                let since = self.spread(start, end, None);
                (start..end).for_each(|node| all[node] = since.took(node));
            }
            start = end;
        }
        all
    }

    /// When a run is at each node from `start` on at the latest, counted from there. `inside`: one round of this loop.
    fn spread(&self, start: NodeId, end: NodeId, inside: Option<LoopId>) -> Spread {
        let mut spread = Spread { start, since: vec![None; end.saturating_sub(start)] };
        if let Some(first) = spread.since.first_mut() {
            *first = Some(Since { took: Took::default(), endless: false, from: None });
        }
        for node in start..end {
            let Some(here) = spread.at(node) else { continue };
            let round = self.loop_at[node].filter(|id| Some(*id) != inside);
            for edge in self.graph.ways(node).filter(|e| e.to > node) {
                let next = match (round, edge.why) {
                    (Some(id), why) => {
                        let (round, times) = (self.rounds[id], i64::from(self.graph.loops[id].times));
                        // Into the last round, or out after it.
                        let gone = if why == Why::Over { times } else { times - 1 };
                        let passed = round.took.times(gone);
                        let endless = here.endless || (round.endless && gone > 0);
                        Some(Since { took: here.took.and(passed), endless, from: Some((node, passed)) })
                    }
                    (None, _) => self.pass(&spread, node, edge.time.most),
                };
                if let (Some(next), Some(old)) = (next, spread.since.get_mut(edge.to - start))
                    && old.is_none_or(|old| next.later(old))
                {
                    *old = Some(next);
                }
            }
        }
        spread
    }

    /// From a node on, by a way on which so much time may pass.
    fn pass(&self, since: &Spread, node: NodeId, most: Option<Length>) -> Option<Since> {
        let here = since.at(node)?;
        let (kept, why) = self.kept[node];
        let passed = most.map_or(Took::default(), Took::of).and(kept);
        let endless = here.endless || why.is_some() || (most.is_none() && !self.bare);
        Some(Since { took: here.took.and(passed), endless, from: Some((node, passed)) })
    }

    /// The shortest life that a policy gives the journey's runs.
    fn limit(&self) -> Option<(usize, usize, Length)> {
        let policies = self.program.policies.iter().enumerate();
        policies
            .filter(|(_, p)| self.program.in_scope(&p.scope, &self.journey.about.tags))
            .flat_map(|(id, p)| p.rules.iter().enumerate().map(move |(n, rule)| (id, n, rule)))
            .filter_map(|(id, n, rule)| match rule.kind {
                RuleKind::Lasts(length) => Some((id, n, length)),
                _ => None,
            })
            .min_by_key(|(_, _, length)| crate::lower::nominal(*length))
    }
}

/// How long a run may be kept at a node beside the step itself: by pauses, and by rules that hold its send.
fn kept_back(
    program: &Program,
    journey: &Journey,
    Keepers { rules, meanwhile }: &Keepers<'_>,
    graph: &Graph,
    node: NodeId,
) -> (Took, Option<Endless>) {
    let open = |why| (Took::default(), Some(why));
    if !graph.step(node).is_some_and(|step| step.kind.is_effect()) {
        return (Took::default(), None);
    }
    let stages = graph.clauses(node);
    let clauses = std::iter::once(&journey.clauses).chain(stages);
    let pauses: Vec<_> = clauses.flat_map(|c: &Clauses| &c.pauses).collect();
    let paused = match pauses.as_slice() {
        [] => Took::default(),
        [one] => match one.at_most {
            Some(most) => Took::of(most),
            None => return open(Endless::Pauses),
        },
        _ => return open(Endless::Pauses),
    };
    let Some(sending) = rules.sending(program, graph, node) else { return (paused, None) };
    // Another run of the journey itself is one of the others.
    let several = || journey.at_once.is_some_and(|n| n > 1) || journey.key.is_some();
    let holds =
        |(id, purpose): &&(JourneyId, PurposeId)| *purpose == sending.purpose && (*id != graph.journey || several());
    if let Some((id, _)) = meanwhile.iter().find(holds) {
        return open(Endless::Meanwhile(*id));
    }
    match rules.hold(program, &sending, true) {
        // Released, it may come into a pause again, and then into hours once more.
        Some(held) if held > 0 && paused.ms > 0 => (Took { ms: held, clocks: 0 }.and(paused).times(2), None),
        Some(held) => (Took { ms: held, clocks: 0 }.and(paused), None),
        None => open(Endless::Held),
    }
}
