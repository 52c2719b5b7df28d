//! Contact pressure: the most messages one customer can get in any window of time, over all journeys together.
//!
//! A bound that is always true, and as small as the steps allow: for each journey the least time in which one line of its runs can
//! make n sends ([`spans`]), as many lines as may run at once, all journeys added up. A day counts 24 hours; what a change of
//! clocks can add is a bound of its own. `docs/proofs/pressure.md` says what is proven, and what is not.

pub mod anchor;
pub mod reach;
pub mod rules;
pub mod spans;
pub mod walk;
pub mod words;

use crate::flow::{End, Graph, NodeId, NodeKind, Why};
use crate::hir::{ChannelId, JourneyId, Program, PurposeId, ReEntry, StepKind, Trigger};
use anchor::DAY;
use reach::NEVER;
use rules::{Kind, RuleNumber, Rules, Sending};
pub use spans::Most;
use spans::{Spacing, Spans};
use std::collections::{BTreeMap, BTreeSet};
use walk::{Units, Walk};

/// The windows that are reported beside those of the policies, in days.
pub const WINDOWS: [i64; 3] = [1, 7, 30];

/// A change of clocks makes a day shorter by at most this, and a window longer.
const CLOCKS: i64 = 2 * 3_600_000;

/// Arms of a journey's experiments are told apart up to so many combinations.
const COMBINATIONS: usize = 16;

/// What was found.
#[derive(Debug, Clone)]
pub struct Pressure {
    /// For each cap and gap of the policies, in the order in which they are written.
    pub rules: Vec<Verdict>,
    /// For all messages, each purpose, each channel, and each purpose by each channel, where there are any.
    pub kinds: Vec<Worst>,
    /// With what sends were taken to come later than the journeys say.
    pub holding: Holding,
}

/// What is found of a cap or a gap.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// The policy.
    pub policy: usize,
    /// The rule in [`crate::hir::Policy::rules`].
    pub rule: usize,
    /// The rule among those that keep sends back ([`Rules`]).
    pub number: RuleNumber,
    /// What it lets through.
    pub allowed: u32,
    /// The most that journeys ask for in its window, with what policies hold back coming later.
    pub most: Most,
    /// The same where clocks are changed in the window.
    pub at_change: Most,
    /// What each journey may ask for, the largest first.
    pub journeys: Vec<(JourneyId, Most)>,
}

impl Verdict {
    /// The rule never keeps anything back.
    pub fn proven(&self) -> bool {
        self.at_change <= Most::Of(u64::from(self.allowed))
    }
}

/// The most sends of one kind.
#[derive(Debug, Clone)]
pub struct Worst {
    /// Of this purpose; none: of all.
    pub purpose: Option<PurposeId>,
    /// By this channel; none: by any.
    pub channel: Option<ChannelId>,
    /// For each of [`WINDOWS`].
    pub windows: Vec<InWindow>,
}

/// The most in a window.
#[derive(Debug, Clone)]
pub struct InWindow {
    /// In days.
    pub days: i64,
    /// What journeys can do without any policy.
    pub alone: Most,
    /// What policies let through of it.
    pub with_policies: Most,
    /// What each journey can do, the largest first.
    pub journeys: Vec<(JourneyId, Most)>,
}

/// With what sends may come later than the journey says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holding {
    /// The journey's own pauses.
    Pauses,
    /// Hours of policies, and `meanwhile hold`.
    Hours,
    /// Caps and gaps too.
    All,
}

/// Everything that the questions are answered from.
pub struct Analysis<'p> {
    program: &'p Program,
    /// Rules that keep sends back.
    pub rules: Rules<'p>,
    /// For each journey, the sends of its graph's nodes.
    sendings: Vec<Vec<Option<Sending>>>,
    /// Purposes whose sends a journey may hold back while it runs.
    held_meanwhile: Vec<bool>,
    walks: BTreeMap<(JourneyId, Units, Holding), Vec<Walk<'p>>>,
    spacings: BTreeMap<(JourneyId, Units), Spacing>,
}

/// Computes it all.
pub fn pressure(program: &Program) -> Pressure {
    let mut analysis = Analysis::new(program);
    let mut holding = Holding::Hours;
    let mut verdicts = analysis.verdicts(holding);
    let holds = |v: &Verdict| matches!(analysis.rules.over(v.number), Some(crate::hir::Over::Hold(_)));
    // Nothing is held by a cap or gap as long as none is exceeded; where one is, what it holds comes later.
    if verdicts.iter().any(|v| holds(v) && !v.proven()) {
        holding = Holding::All;
        verdicts = analysis.verdicts(holding);
    }
    let kinds = analysis.kinds(holding);
    Pressure { rules: verdicts, kinds, holding }
}

impl<'p> Analysis<'p> {
    /// Of a checked program without errors.
    pub fn new(program: &'p Program) -> Analysis<'p> {
        let rules = Rules::new(program);
        let mut held_meanwhile = vec![false; program.purposes.len()];
        let sendings = (0..program.journeys.len())
            .map(|id| {
                let graph = Graph::new(program, id);
                let stages = graph.stages.iter().map(|s| s.clauses);
                for clauses in stages.chain([&program.journeys[id].clauses]) {
                    clauses.meanwhile.iter().filter(|(hold, _)| *hold).for_each(|(_, p)| held_meanwhile[*p] = true);
                }
                (0..graph.nodes.len()).map(|node| rules.sending(program, &graph, node)).collect()
            })
            .collect();
        let (walks, spacings) = (BTreeMap::new(), BTreeMap::new());
        Analysis { program, rules, sendings, held_meanwhile, walks, spacings }
    }

    /// The walks of a journey: one for each combination of its experiments' arms.
    pub fn walks(&mut self, id: JourneyId, units: Units, holding: Holding) -> &[Walk<'p>] {
        if !self.walks.contains_key(&(id, units, holding)) {
            let sendings = &self.sendings[id];
            let journey = &self.program.journeys[id];
            let held = |graph: &Graph, node: NodeId| {
                let paused = graph.clauses(node).into_iter().any(|c| !c.pauses.is_empty());
                if paused || !journey.clauses.pauses.is_empty() {
                    return None;
                }
                let Some(sending) = &sendings[node] else { return Some(0) };
                match holding {
                    Holding::Pauses => Some(0),
                    _ if self.held_meanwhile[sending.purpose] => None,
                    _ => self.rules.hold(self.program, sending, holding == Holding::All),
                }
            };
            let made: Vec<Walk<'p>> = combinations(self.program, id)
                .iter()
                .map(|arms| Walk::new(self.program, id, units, &held, arms))
                .collect();
            self.walks.insert((id, units, holding), made);
        }
        &self.walks[&(id, units, holding)]
    }

    /// The walks of a journey that have been made already.
    pub fn known_walks(&self, id: JourneyId, units: Units, holding: Holding) -> &[Walk<'p>] {
        self.walks.get(&(id, units, holding)).map_or(&[], Vec::as_slice)
    }

    /// The places of a journey's walk that are sends of a kind.
    pub fn counted(&self, id: JourneyId, walk: &Walk, kind: Kind) -> Vec<bool> {
        let counts = |node: NodeId| self.sendings[id][node].as_ref().is_some_and(|s| kind.has(s));
        walk.places.iter().map(|p| p.node.is_some_and(counts)).collect()
    }

    /// The purposes that a journey writes for.
    pub fn purposes(&self, id: JourneyId) -> BTreeSet<PurposeId> {
        self.sendings[id].iter().flatten().map(|s| s.purpose).collect()
    }

    /// How many runs of a journey a customer may have at once; none: any number.
    pub fn lines(&self, id: JourneyId) -> Option<u32> {
        let journey = &self.program.journeys[id];
        if journey.key.is_none() { Some(1) } else { journey.at_once }
    }

    /// What lies between entries of a line.
    fn spacing(&mut self, id: JourneyId, units: Units, asked: &mut Vec<JourneyId>) -> Spacing {
        if let Some(known) = self.spacings.get(&(id, units)) {
            return *known;
        }
        let journey = &self.program.journeys[id];
        let mut spacing = Spacing::new(journey, units, journey.key.is_none());
        if let [Trigger::HandOff(from)] = journey.triggers[..]
            && self.lines(from) == Some(1)
            && !asked.contains(&from)
        {
            // Handed over no more often than the other journey gets there.
            asked.push(id);
            let between = self.spacing(from, units, asked);
            asked.pop();
            let to = |walk: &Walk, place: usize| {
                let node = walk.places[place].node;
                node.is_some_and(|n| matches!(walk.graph.nodes[n].kind, NodeKind::End(End::HandedOff(j), _) if j == id))
            };
            let least = self.walks(from, units, Holding::All).iter().map(|walk| {
                let counted: Vec<bool> = (0..walk.places.len()).map(|p| to(walk, p)).collect();
                let spans = Spans::new(walk, &counted, between, NEVER - 1);
                spans.least.get(2).copied().unwrap_or(NEVER)
            });
            let least = least.min().unwrap_or(NEVER);
            spacing.entry = spacing.entry.max(least);
            if least >= NEVER - 1 {
                spacing.exit = NEVER;
            }
        }
        if asked.is_empty() {
            self.spacings.insert((id, units), spacing);
        }
        spacing
    }

    /// The least times of one line of a journey for sends of a kind, for each combination of arms. `limited`: without the sends of
    /// offers that have a limit of their own.
    fn spans(
        &mut self,
        id: JourneyId,
        kind: Kind,
        (units, holding, horizon): (Units, Holding, i64),
        limited: bool,
    ) -> Vec<Spans> {
        let spacing = self.spacing(id, units, &mut Vec::new());
        self.walks(id, units, holding);
        let sendings = &self.sendings[id];
        let counts = |node: NodeId| {
            sendings[node]
                .as_ref()
                .is_some_and(|s| kind.has(s) && !(limited && s.offer.is_some_and(|o| has_limit(self.program, o))))
        };
        self.walks[&(id, units, holding)]
            .iter()
            .map(|walk| {
                let counted: Vec<bool> = walk.places.iter().map(|p| p.node.is_some_and(counts)).collect();
                Spans::new(walk, &counted, spacing, horizon)
            })
            .collect()
    }

    /// The most sends of a kind that a journey makes in each of some windows.
    fn of_journey(
        &mut self,
        id: JourneyId,
        kind: Kind,
        how: (Units, Holding),
        windows: &[i64],
        limited: bool,
    ) -> Vec<Most> {
        if !self.sendings[id].iter().flatten().any(|s| kind.has(s)) {
            return vec![Most::Of(0); windows.len()];
        }
        let horizon = windows.iter().copied().max().unwrap_or(DAY).min(NEVER - 1);
        let spans = self.spans(id, kind, (how.0, how.1, horizon), limited);
        let lines = self.lines(id);
        let most = |window: i64| {
            let of_line = spans.iter().map(|s| s.most(window)).max().unwrap_or(Most::Of(0));
            match (of_line, lines) {
                (Most::Of(0), _) => Most::Of(0),
                (Most::Of(n), Some(lines)) => Most::Of(n.saturating_mul(u64::from(lines))),
                _ => Most::Endless,
            }
        };
        windows.iter().map(|w| most(*w)).collect()
    }

    /// The most sends of a kind that all journeys make together in each of some windows, and each journey's own.
    fn most(&mut self, kind: Kind, how: (Units, Holding), windows: &[i64]) -> Vec<(Most, Vec<(JourneyId, Most)>)> {
        let mut found = vec![(Most::Of(0), Vec::new()); windows.len()];
        let mut without_offers = vec![Most::Of(0); windows.len()];
        for id in 0..self.program.journeys.len() {
            let each = self.of_journey(id, kind, how, windows, false);
            let offers = |s: &Sending| s.offer.is_some_and(|o| has_limit(self.program, o));
            let rest = if self.sendings[id].iter().flatten().any(offers) {
                self.of_journey(id, kind, how, windows, true)
            } else {
                each.clone()
            };
            for (at, most) in each.into_iter().enumerate() {
                without_offers[at] = without_offers[at] + rest[at];
                found[at].0 = found[at].0 + most;
                if most > Most::Of(0) {
                    found[at].1.push((id, most));
                }
            }
        }
        // Offers count over all journeys: so many in a window, whoever makes them.
        let program = self.program;
        let offered =
            |offer: usize| self.sendings.iter().flatten().flatten().any(|s| s.offer == Some(offer) && kind.has(s));
        let offers: Vec<usize> = (0..program.offers.len()).filter(|o| has_limit(program, *o) && offered(*o)).collect();
        for (at, window) in windows.iter().enumerate() {
            let limits = offers.iter().map(|o| {
                let limits = program.offers[*o].limits.iter().map(|l| rules::in_window(l, *window));
                limits.min().map_or(Most::Endless, Most::Of)
            });
            let limited = limits.fold(without_offers[at], |sum, m| sum + m);
            found[at].0 = found[at].0.min(limited);
            found[at].1.sort_by_key(|(id, most)| (std::cmp::Reverse(*most), *id));
        }
        found
    }

    /// The most sends of a kind that a customer can get in any window of so many milliseconds, whenever clocks are changed.
    pub fn at_most(&mut self, kind: Kind, window: i64, holding: Holding) -> Most {
        let window = window.saturating_add(CLOCKS);
        let each: Vec<Sending> = self.sendings.iter().flatten().flatten().filter(|s| kind.has(s)).cloned().collect();
        let journeys = self.most(kind, (Units::Plain, holding), &[window]);
        let most = journeys.into_iter().map(|(most, _)| most).next().unwrap_or(Most::Endless);
        most.min(self.rules.allow(kind, &each, window))
    }

    fn verdicts(&mut self, holding: Holding) -> Vec<Verdict> {
        let mut verdicts = Vec::new();
        for number in 0..self.rules.all.len() {
            let Some((allowed, window, units)) = self.rules.asks(number) else { continue };
            let kind = Kind::Under(number);
            let found = self.most(kind, (units, holding), &[window, window.saturating_add(CLOCKS).min(NEVER - 1)]);
            let (policy, of) = self.rules.all[number];
            let rule = self.program.policies[policy].rules.iter().position(|r| std::ptr::eq(r, of)).unwrap_or(0);
            let [(most, journeys), (at_change, _)] = &found[..] else { continue };
            verdicts.push(Verdict {
                policy,
                rule,
                number,
                allowed,
                most: *most,
                at_change: *at_change,
                journeys: journeys.clone(),
            });
        }
        verdicts
    }

    fn kinds(&mut self, holding: Holding) -> Vec<Worst> {
        let each: Vec<Sending> = self.sendings.iter().flatten().flatten().cloned().collect();
        let mut kinds: Vec<(Option<PurposeId>, Option<ChannelId>)> = vec![(None, None)];
        let purposes = (0..self.program.purposes.len()).filter(|p| each.iter().any(|s| s.purpose == *p));
        for purpose in purposes {
            kinds.push((Some(purpose), None));
            let by = |c: &usize| each.iter().any(|s| Kind::Of(Some(purpose), Some(*c)).has(s));
            kinds.extend((0..self.program.channels.len()).filter(by).map(|c| (Some(purpose), Some(c))));
        }
        let used = |c: &usize| each.iter().any(|s| Kind::Of(None, Some(*c)).has(s));
        kinds.extend((0..self.program.channels.len()).filter(used).map(|c| (None, Some(c))));
        if each.is_empty() {
            kinds.clear();
        }
        let windows: Vec<i64> = WINDOWS.iter().map(|d| d * DAY).collect();
        let mut worst: Vec<Worst> = Vec::new();
        for (purpose, channel) in kinds {
            let kind = Kind::Of(purpose, channel);
            let of_kind: Vec<Sending> = each.iter().filter(|s| kind.has(s)).cloned().collect();
            let alone = self.most(kind, (Units::Plain, Holding::Pauses), &windows);
            let held = self.most(kind, (Units::Plain, holding), &windows);
            let in_windows =
                alone.into_iter().zip(held).zip(WINDOWS).map(|(((alone, journeys), held), days)| InWindow {
                    days,
                    alone,
                    with_policies: held.0.min(self.rules.allow(kind, &of_kind, days * DAY)),
                    journeys,
                });
            worst.push(Worst { purpose, channel, windows: in_windows.collect() });
        }
        tighten(&mut worst);
        worst
    }
}

/// All messages are those of all purposes, and those by all channels: their sum is a bound too.
fn tighten(worst: &mut [Worst]) {
    for at in 0..worst.len() {
        for window in 0..WINDOWS.len() {
            let (purpose, channel) = (worst[at].purpose, worst[at].channel);
            let sum = |parts: &dyn Fn(&Worst) -> bool| {
                let parts = worst.iter().filter(|w| parts(w)).map(|w| w.windows[window].with_policies);
                parts.fold(Most::Of(0), |a, b| a + b)
            };
            let mut most = worst[at].windows[window].with_policies;
            if channel.is_none() {
                most = most.min(sum(&|w| w.purpose == purpose && w.channel.is_some()));
            }
            if purpose.is_none() {
                most = most.min(sum(&|w| w.channel == channel && w.purpose.is_some()));
            }
            worst[at].windows[window].with_policies = most;
        }
    }
}

/// Whether an offer's limits bound all its sends: its steps send once.
fn has_limit(program: &Program, offer: usize) -> bool {
    fn sends(steps: &[crate::hir::Step]) -> usize {
        let of = |s: &crate::hir::Step| match &s.kind {
            StepKind::Repeat { .. } => 2,
            StepKind::Send(_) => 1 + s.kind.blocks().into_iter().map(sends).sum::<usize>(),
            _ => s.kind.blocks().into_iter().map(sends).sum(),
        };
        steps.iter().map(of).sum()
    }
    let offer = &program.offers[offer];
    !offer.limits.is_empty() && sends(&offer.body) == 1
}

/// Which arm a customer is in, for each experiment of a journey: all combinations, or one that says nothing where there are too many.
fn combinations(program: &Program, id: JourneyId) -> Vec<Vec<(NodeId, usize)>> {
    let graph = Graph::new(program, id);
    let mut all: Vec<Vec<(NodeId, usize)>> = vec![Vec::new()];
    let mut named: Vec<(&str, NodeId)> = Vec::new();
    for (node, _) in graph.nodes.iter().enumerate() {
        let Some(StepKind::Experiment { name, arms }) = graph.step(node).map(|s| &s.kind) else { continue };
        // Steps of an offer may stand in a journey twice: the arm is the same.
        let same = named.iter().find(|(known, _)| known == name).map(|(_, node)| *node);
        named.push((name, node));
        let choices = 0..arms.len();
        all = all
            .into_iter()
            .flat_map(|chosen| {
                let taken = same.and_then(|s| chosen.iter().find(|(n, _)| *n == s)).map(|(_, arm)| *arm);
                let choices: Vec<usize> = taken.map_or_else(|| choices.clone().collect(), |arm| vec![arm]);
                choices.into_iter().map(move |arm| [&chosen[..], &[(node, arm)]].concat())
            })
            .collect();
        if all.len() > COMBINATIONS {
            return vec![Vec::new()];
        }
    }
    all
}

/// Whether a way is the one of another arm than the customer's.
fn other_arm(chosen: &[(NodeId, usize)], edge: &crate::flow::Edge) -> bool {
    match edge.why {
        Why::Variant(arm) => chosen.iter().any(|(node, mine)| *node == edge.from && *mine != arm),
        _ => false,
    }
}

/// Why a journey's sends have no bound: the clause that lets them go on.
pub fn clause(program: &Program, id: JourneyId) -> String {
    let journey = &program.journeys[id];
    if journey.key.is_some() && journey.at_once.is_none() {
        return "`one run per …` does not say how many at once".to_string();
    }
    if !journey.start_over.is_empty() {
        return "`start over` begins it again at every such event".to_string();
    }
    match (&journey.reentry, journey.key.is_some()) {
        (ReEntry::AfterFinishing, false) => "`re-entry after finishing` lets people in again at once".to_string(),
        (_, true) => "every new key lets people in again at once".to_string(),
        _ => "its steps may follow one another without any time between".to_string(),
    }
}
