//! A journey's graph, walked: the rounds of its loops one by one, and at each place what is known of the time ([`Anchor`]). On this
//! graph the least time of a way is all there is to know.

use super::anchor::{self, Anchor, DAY};
use crate::flow::{Edge, EdgeId, Graph, NodeId, NodeKind, Why, fixed};
use crate::hir::{Clauses, Journey, Length, Limiting, Program, RuleKind, Step, StepKind, Until};
use std::collections::BTreeMap;

/// Index into [`Walk::places`].
pub type PlaceId = usize;
/// Index into [`Walk::ways`].
pub type WayId = usize;

/// How many places a walk may have before it is walked again with less detail.
const ROOM: usize = 6_000;

/// What a calendar length is taken for: the least that its months have, in days of 24 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Units {
    /// A month has 28 days, a year 365.
    Plain,
    /// For windows of one month: a month after something is not in its month any more, so both count 31 days.
    Month,
    /// For windows of one year, likewise: 366 days.
    Year,
}

impl Units {
    /// At least so long, in milliseconds.
    pub fn least(self, length: Length) -> i64 {
        let (years, months) = (i64::from(length.months / 12), i64::from(length.months % 12));
        let (year, month) = match self {
            Units::Plain => (365, 28),
            Units::Month => (372, 31),
            Units::Year => (366, 28),
        };
        (years * year + months * month + i64::from(length.days)).saturating_mul(DAY).saturating_add(length.ms).max(0)
    }
}

/// At most so long, in milliseconds, a day being 24 hours.
pub fn most(length: Length) -> i64 {
    let (years, months) = (i64::from(length.months / 12), i64::from(length.months % 12));
    (years * 366 + months * 31 + i64::from(length.days)).saturating_mul(DAY).saturating_add(length.ms).max(0)
}

/// A journey, walked.
pub struct Walk<'p> {
    /// Its graph.
    pub graph: Graph<'p>,
    /// Places; the first is the entry.
    pub places: Vec<Place>,
    /// Ways.
    pub ways: Vec<Way>,
    /// For each place, the ways that leave it.
    pub out: Vec<Vec<WayId>>,
    /// Where a run is over, and another may begin.
    pub over: PlaceId,
    /// Where a run starts over.
    pub again: PlaceId,
    /// Places in an order in which ways lead forward, as far as there is one.
    pub order: Vec<PlaceId>,
    /// For each place, where it stands in the order.
    pub rank: Vec<usize>,
    /// For each place, the most time from the entry until its step has been done; none: there is no end to it.
    pub latest: Vec<Option<i64>>,
}

/// A place.
pub struct Place {
    /// The node of the graph; none where a run is over or starts over.
    pub node: Option<NodeId>,
}

/// A way.
pub struct Way {
    /// From here.
    pub from: PlaceId,
    /// To there.
    pub to: PlaceId,
    /// At least so long, milliseconds, a day being 24 hours.
    pub least: i64,
    /// At most so long; none: there is no end to it.
    pub most: Option<i64>,
    /// Why.
    pub why: Because,
}

/// Why a run takes a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// By its steps.
    Step(EdgeId),
    /// A clause ends it here.
    Cut,
    /// It has ended; what is to be done then follows.
    Ended,
    /// A newer event begins it again.
    StartOver,
}

/// How long a send of a node may be held: none: there is no end to it.
pub type Held<'h> = &'h dyn Fn(&Graph, NodeId) -> Option<i64>;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    node: NodeId,
    rounds: Vec<u32>,
    anchor: Anchor,
}

/// How much is told apart.
#[derive(Clone, Copy, PartialEq)]
enum Detail {
    /// Rounds of loops and anchors.
    Full,
    /// The first round and all others, and anchors.
    FirstRound,
    /// Nothing but the nodes.
    Nodes,
}

impl<'p> Walk<'p> {
    /// Walks a journey, for a customer who is in these arms (node and arm) of its experiments.
    pub fn new(program: &'p Program, id: usize, units: Units, held: Held, arms: &[(NodeId, usize)]) -> Walk<'p> {
        let lasts = lasts(program, id);
        let walk = |detail, room| {
            let mut walker = Walker::new(program, id, units, held, arms, detail);
            walker.lasts = lasts;
            walker.walk(room)
        };
        let detailed = [Detail::Full, Detail::FirstRound].into_iter().map(|detail| walk(detail, ROOM));
        let whole = detailed.into_iter().find_map(|(walk, whole)| whole.then_some(walk));
        whole.unwrap_or_else(|| walk(Detail::Nodes, usize::MAX).0)
    }

    /// The step at a place.
    pub fn step(&self, place: PlaceId) -> Option<&'p Step> {
        self.graph.step(self.places[place].node?)
    }
}

struct Walker<'p, 'h> {
    journey: &'p Journey,
    units: Units,
    held: Held<'h>,
    arms: &'h [(NodeId, usize)],
    detail: Detail,
    /// A policy ends runs that have lasted so long.
    lasts: Option<i64>,
    lasting: Vec<usize>,
    graph: Graph<'p>,
    places: Vec<Place>,
    keys: Vec<Key>,
    known: BTreeMap<Key, PlaceId>,
    ways: Vec<Way>,
}

impl<'p, 'h> Walker<'p, 'h> {
    fn new(
        program: &'p Program,
        id: usize,
        units: Units,
        held: Held<'h>,
        arms: &'h [(NodeId, usize)],
        detail: Detail,
    ) -> Walker<'p, 'h> {
        let journey = &program.journeys[id];
        Walker {
            journey,
            units,
            held,
            arms,
            detail,
            lasts: None,
            lasting: anchor::lasting(journey),
            graph: Graph::new(program, id),
            places: Vec::new(),
            keys: Vec::new(),
            known: BTreeMap::new(),
            ways: Vec::new(),
        }
    }

    /// What has been walked, and whether that is all: it ends where there are more places than `room`.
    fn walk(mut self, room: usize) -> (Walk<'p>, bool) {
        let entry = Key { node: 0, rounds: Vec::new(), anchor: anchor::at_entry(self.journey) };
        self.place(entry);
        let leaving = self.graph.leaving.map(|node| Key { node, rounds: Vec::new(), anchor: Anchor::None });
        let leaving = leaving.map(|key| self.place(key));
        let mut next = 0;
        while next < self.keys.len() && self.keys.len() <= room {
            let from = self.keys[next].clone();
            for edge in self.graph.out[from.node].clone() {
                self.follow(next, &from, edge);
            }
            next += 1;
        }
        let whole = next == self.keys.len();
        let over = self.virtual_place();
        let again = self.virtual_place();
        let after = leaving.unwrap_or(over);
        let mut waiting = vec![false; self.keys.len()];
        self.ways.iter().filter(|w| w.most != Some(0)).for_each(|w| waiting[w.from] = true);
        let too_long = self.too_long();
        for (place, waits) in waiting.into_iter().enumerate() {
            let node = self.keys[place].node;
            let link = |to, why| Way { from: place, to, least: 0, most: Some(0), why };
            match self.graph.nodes[node].kind {
                NodeKind::End(crate::flow::End::Left, _) => self.ways.push(link(over, Because::Ended)),
                NodeKind::End(..) => self.ways.push(link(after, Because::Ended)),
                _ if waits => {
                    if too_long[place] || self.may_be_cut(node) {
                        self.ways.push(link(after, Because::Cut));
                    }
                    if !self.journey.start_over.is_empty() {
                        self.ways.push(link(again, Because::StartOver));
                    }
                }
                _ => {}
            }
        }
        let mut out = vec![Vec::new(); self.places.len()];
        for (id, way) in self.ways.iter().enumerate() {
            out[way.from].push(id);
        }
        let (order, sorted) = order(&out, &self.ways);
        let mut rank = vec![0; order.len()];
        order.iter().enumerate().for_each(|(at, place)| rank[*place] = at);
        let latest = latest(&order[..sorted], &self.ways, &out);
        let Walker { graph, places, ways, .. } = self;
        (Walk { graph, places, ways, out, over, again, order, rank, latest }, whole)
    }

    fn place(&mut self, key: Key) -> PlaceId {
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let id = self.places.len();
        self.places.push(Place { node: Some(key.node) });
        self.known.insert(key.clone(), id);
        self.keys.push(key);
        id
    }

    fn virtual_place(&mut self) -> PlaceId {
        self.places.push(Place { node: None });
        self.places.len() - 1
    }

    /// At which places a run may have lasted as long as a policy allows, or come to that while it waits.
    fn too_long(&self) -> Vec<bool> {
        let mut too_long = vec![false; self.places.len()];
        let Some(lasts) = self.lasts else { return too_long };
        let mut out = vec![Vec::new(); self.places.len()];
        self.ways.iter().enumerate().for_each(|(id, way)| out[way.from].push(id));
        let (order, sorted) = order(&out, &self.ways);
        let latest = latest(&order[..sorted], &self.ways, &out);
        for way in &self.ways {
            let until = latest[way.from].zip(way.most).map(|(at, most)| at.saturating_add(most));
            too_long[way.from] |= until.is_none_or(|until| until >= lasts);
        }
        too_long
    }

    /// Whether a clause may end a run that waits here.
    fn may_be_cut(&self, node: NodeId) -> bool {
        let cuts = |c: &Clauses| !c.exits.is_empty() || c.pauses.iter().any(|p| p.then_exit);
        self.journey.goals.iter().any(|g| !g.go_on)
            || cuts(&self.journey.clauses)
            || self.graph.clauses(node).into_iter().any(cuts)
    }

    fn follow(&mut self, at: PlaceId, from: &Key, id: EdgeId) {
        let edge = self.graph.edges[id].clone();
        if super::other_arm(self.arms, &edge) {
            return;
        }
        let mut key = from.clone();
        if self.detail != Detail::Nodes && !self.rounds(&edge, &mut key) {
            return;
        }
        let Some((least, most, anchor)) = self.time(&edge, &from.anchor) else { return };
        key.node = edge.to;
        // What is held, or paused, is done later, and what follows counts from there.
        let is_effect = self.graph.step(edge.to).is_some_and(|step| step.kind.is_effect());
        let hold = if is_effect { (self.held)(&self.graph, edge.to) } else { Some(0) };
        let most = most.zip(hold).map(|(most, hold)| most + hold);
        key.anchor = match self.detail {
            Detail::Nodes => Anchor::None,
            _ => anchor.after(0, hold),
        };
        let to = self.place(key);
        self.ways.push(Way { from: at, to, least, most, why: Because::Step(id) });
    }

    /// Counts the rounds of loops; false when a way cannot be taken in this round.
    fn rounds(&self, edge: &Edge, key: &mut Key) -> bool {
        let count = |round: u32| if self.detail == Detail::Full { round } else { round.min(1) };
        let node = &self.graph.nodes[edge.from];
        match edge.why {
            // The loop's own node: entered with its round count pushed when first reached.
            Why::Round => {
                let Some(at) = self.graph.loops.iter().find(|l| l.node == edge.from) else { return true };
                let depth = self.depth(node.within);
                if key.rounds.len() == depth {
                    key.rounds.push(0);
                }
                let Some(round) = key.rounds.last().copied() else { return true };
                round < at.times
            }
            Why::Over => {
                let depth = self.depth(node.within);
                let begun = key.rounds.len() > depth;
                let done = match self.graph.loops.iter().find(|l| l.node == edge.from) {
                    Some(at) if self.detail == Detail::Full => key.rounds.last().is_some_and(|r| *r >= at.times),
                    _ => true,
                };
                key.rounds.truncate(depth);
                begun && done
            }
            _ => {
                if edge.leads_back() {
                    // To the loop's node, with one more round behind; inner loops are over.
                    let depth = self.depth(self.graph.nodes[edge.to].within) + 1;
                    key.rounds.truncate(depth);
                    if let Some(round) = key.rounds.last_mut() {
                        *round = count(*round + 1);
                    }
                } else {
                    let depth = self.depth(self.graph.nodes[edge.to].within);
                    key.rounds.truncate(depth);
                }
                true
            }
        }
    }

    fn depth(&self, within: Option<usize>) -> usize {
        let mut depth = 0;
        let mut at = within;
        while let Some(l) = at {
            depth += 1;
            at = self.graph.loops[l].within;
        }
        depth
    }

    /// Least and most time on an edge, and what is known after it; none where it cannot be taken.
    fn time(&self, edge: &Edge, anchor: &Anchor) -> Option<(i64, Option<i64>, Anchor)> {
        let (least, longest) = (self.units.least(edge.time.least), edge.time.most.map(most));
        let plain = Some((least, longest, anchor.after(least, longest)));
        let Some(step) = self.graph.step(edge.from) else { return plain };
        match &step.kind {
            StepKind::WaitUntil { until: Until::Next { day, at, zone }, .. } => {
                Some(anchor.next(day, at, zone.as_ref(), (least, longest)))
            }
            StepKind::WaitUntil { until, .. } => {
                let Some(moment) = anchor::of_data(until) else { return plain };
                let waited = anchor.until(moment, &self.lasting);
                match edge.why {
                    Why::Past => waited.past.then_some((0, Some(0), waited.missed)),
                    _ => waited.reached.map(|least| (least, None, waited.then)),
                }
            }
            StepKind::WaitFor { limit: Limiting::Moment(moment), .. } if fixed(moment).is_none() => {
                let waited = anchor.until(moment, &self.lasting);
                match edge.why {
                    // Past: it times out at once.
                    Why::TimedOut if waited.past => Some((0, None, Anchor::None)),
                    Why::TimedOut => waited.reached.map(|least| (least, None, waited.then)),
                    _ => plain,
                }
            }
            _ => plain,
        }
    }
}

/// How long a run lasts at most by the policies, at the least: the clocks may be put forward.
fn lasts(program: &Program, id: usize) -> Option<i64> {
    let tags = &program.journeys[id].about.tags;
    let rules = program.policies.iter().filter(|p| program.in_scope(&p.scope, tags)).flat_map(|p| &p.rules);
    let lengths = rules.filter_map(|r| match r.kind {
        RuleKind::Lasts(length) => Some(Units::Plain.least(length) - DAY / 12),
        _ => None,
    });
    lengths.min()
}

/// Places in topological order, those on and behind circles last; and how many are sorted.
fn order(out: &[Vec<WayId>], ways: &[Way]) -> (Vec<PlaceId>, usize) {
    let mut entering = vec![0usize; out.len()];
    ways.iter().for_each(|w| entering[w.to] += 1);
    let mut order: Vec<PlaceId> = (0..out.len()).filter(|p| entering[*p] == 0).collect();
    let mut next = 0;
    while next < order.len() {
        for way in &out[order[next]] {
            let to = ways[*way].to;
            entering[to] -= 1;
            if entering[to] == 0 {
                order.push(to);
            }
        }
        next += 1;
    }
    order.extend((0..out.len()).filter(|p| entering[*p] > 0));
    (order, next)
}

/// The most time from the entry to each place.
fn latest(sorted: &[PlaceId], ways: &[Way], out: &[Vec<WayId>]) -> Vec<Option<i64>> {
    let mut latest: Vec<Option<i64>> = vec![None; out.len()];
    let mut seen = vec![false; out.len()];
    for place in sorted {
        if !seen[*place] {
            latest[*place] = Some(0);
        }
        for way in &out[*place] {
            let way = &ways[*way];
            let time = latest[*place].zip(way.most).map(|(a, b)| a.saturating_add(b));
            let known = latest[way.to];
            latest[way.to] = if seen[way.to] { known.zip(time).map(|(a, b)| a.max(b)) } else { time };
            seen[way.to] = true;
        }
    }
    // On and behind circles there is no end.
    let mut is_sorted = vec![false; out.len()];
    sorted.iter().for_each(|p| is_sorted[*p] = true);
    latest.iter_mut().zip(is_sorted).filter(|(_, s)| !s).for_each(|(l, _)| *l = None);
    latest
}
