//! A journey's steps as a graph: where a run can be, which ways lead on from there and why, and the least and most time that
//! passes on each. The proofs, the pictures and the comparison of versions read this one graph.
//!
//! Times are those that the steps themselves ask for. What keeps a run back beside its steps (a pause, a send that a policy
//! holds) is not in them, and neither are the clauses that may end a run anywhere (`exit`, `goal`): whoever reads the graph
//! adds what matters to them.

mod build;
mod time;

pub use time::{Lasting, add, day_rule, fixed, least_ms, most_ms};

use crate::hir::{Clauses, JourneyId, OfferId, Step};
use journey_grammar::span::Span;

/// Index into [`Graph::nodes`].
pub type NodeId = usize;
/// Index into [`Graph::edges`].
pub type EdgeId = usize;
/// Index into [`Graph::loops`].
pub type LoopId = usize;
/// Index into [`Graph::stages`].
pub type StageId = usize;

/// The graph of one journey. Nodes are in the order in which the steps are written; an edge to a
/// node that is not after its own ([`Edge::leads_back`]) begins the next round of a loop.
#[derive(Debug, Clone)]
pub struct Graph<'p> {
    /// Which journey.
    pub journey: JourneyId,
    /// Places. The first is [`NodeKind::Entry`].
    pub nodes: Vec<Node<'p>>,
    /// Ways, in the order of the nodes they leave, and there in the order of the source.
    pub edges: Vec<Edge>,
    /// For each node, the edges that leave it.
    pub out: Vec<Vec<EdgeId>>,
    /// `repeat`, outer ones before inner ones.
    pub loops: Vec<Loop>,
    /// `stage`, outer ones before inner ones.
    pub stages: Vec<Stage<'p>>,
    /// Where `on leaving` begins, when the journey has it. No edge leads here: every end does.
    pub leaving: Option<NodeId>,
}

/// A place in a journey.
#[derive(Debug, Clone)]
pub struct Node<'p> {
    /// What it is.
    pub kind: NodeKind<'p>,
    /// Where it stands in the source.
    pub span: Span,
    /// The innermost stage it is in. A stage's own node is in it.
    pub stage: Option<StageId>,
    /// The innermost loop it is in. A loop's own node is not in it.
    pub within: Option<LoopId>,
    /// The offer whose steps it is one of, copied here by a next best action: its variables are those of the offer.
    pub offer: Option<OfferId>,
}

/// What a node is.
#[derive(Debug, Clone, Copy)]
pub enum NodeKind<'p> {
    /// Before the first step.
    Entry,
    /// A step. `finish` and `go to` are [`NodeKind::End`] instead.
    Step(&'p Step),
    /// The run ends here; the step that says so, where one does.
    End(End<'p>, Option<&'p Step>),
    /// `on leaving` begins.
    Leaving,
}

/// How a run ends by its steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End<'p> {
    /// After the last step.
    Completed,
    /// `finish`, with its label.
    Finished(Option<&'p str>),
    /// `go to`
    HandedOff(JourneyId),
    /// After the last step of `on leaving`.
    Left,
}

/// A way from one node to another.
#[derive(Debug, Clone, PartialEq)]
pub struct Edge {
    /// From here.
    pub from: NodeId,
    /// To there.
    pub to: NodeId,
    /// Why a run takes it.
    pub why: Why,
    /// What passes on it.
    pub time: Lasting,
}

/// Why a run takes a way. Numbers are indices into the arms of the step that it leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// There is only this one.
    Next,
    /// What the arm of a `wait up to` waits for has come.
    Came(usize),
    /// A `wait up to` has timed out.
    TimedOut,
    /// The moment of a `wait until` has come.
    Reached,
    /// It was past already.
    Past,
    /// The condition of an arm of `if` or `branch` holds, or it is the case of `branch on`.
    Arm(usize),
    /// None of the arms.
    Otherwise,
    /// The customer is in this arm of the experiment.
    Variant(usize),
    /// This candidate of the next best action was chosen.
    Chosen(usize),
    /// The message was handed over.
    Sent,
    /// It was refused on every channel.
    Refused,
    /// The call was answered.
    Answered,
    /// It was not.
    Unanswered,
    /// The task was done.
    Done,
    /// It was not done in time.
    Late,
    /// Into a round of a loop.
    Round,
    /// On after a loop: after its last round.
    Over,
    /// Out of a loop, by `stop repeating`.
    Stopped,
}

/// A `repeat`. Its rounds begin at its node by [`Why::Round`] and lead back to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loop {
    /// Its node.
    pub node: NodeId,
    /// Rounds at most.
    pub times: u32,
    /// One past the last node of its body, which begins after its own node.
    pub end: NodeId,
    /// The loop around it.
    pub within: Option<LoopId>,
}

/// A `stage`.
#[derive(Debug, Clone, Copy)]
pub struct Stage<'p> {
    /// Its name.
    pub name: &'p str,
    /// Its node.
    pub node: NodeId,
    /// The stage around it.
    pub parent: Option<StageId>,
    /// What holds while a run is in it.
    pub clauses: &'p Clauses,
}

impl Edge {
    /// Whether it leads back to the beginning of a loop.
    pub fn leads_back(&self) -> bool {
        self.to <= self.from
    }
}

impl<'p> Graph<'p> {
    /// The edges that leave a node.
    pub fn ways(&self, node: NodeId) -> impl Iterator<Item = &Edge> {
        self.out[node].iter().map(|e| &self.edges[*e])
    }

    /// The step of a node, where it is one.
    pub fn step(&self, node: NodeId) -> Option<&'p Step> {
        match self.nodes[node].kind {
            NodeKind::Step(step) => Some(step),
            NodeKind::End(_, step) => step,
            NodeKind::Entry | NodeKind::Leaving => None,
        }
    }

    /// The clauses that hold at a node beside those of the header: of the stages it is in, the innermost first.
    pub fn clauses(&self, node: NodeId) -> Vec<&'p Clauses> {
        let mut all = Vec::new();
        let mut stage = self.nodes[node].stage;
        while let Some(s) = stage {
            all.push(self.stages[s].clauses);
            stage = self.stages[s].parent;
        }
        all
    }
}
