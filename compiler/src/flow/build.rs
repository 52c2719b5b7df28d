//! From steps to the graph.

use super::*;
use crate::hir::{Const, Delay, ExprKind, Journey, Limiting, Occasion, Past, Program, Send, StepKind, Until};

/// A way that still lacks its end.
struct Open {
    from: NodeId,
    why: Why,
    time: Lasting,
}

struct Builder<'p> {
    program: &'p Program,
    graph: Graph<'p>,
    stage: Option<StageId>,
    within: Option<LoopId>,
    offer: Option<OfferId>,
    /// The ways out by `stop repeating` of each open loop.
    stops: Vec<Vec<Open>>,
}

impl<'p> Graph<'p> {
    /// The graph of a journey.
    pub fn new(program: &'p Program, id: JourneyId) -> Graph<'p> {
        let journey: &'p Journey = &program.journeys[id];
        let graph = Graph {
            journey: id,
            nodes: Vec::new(),
            edges: Vec::new(),
            out: Vec::new(),
            loops: Vec::new(),
            stages: Vec::new(),
            leaving: None,
        };
        let mut b = Builder { program, graph, stage: None, within: None, offer: None, stops: Vec::new() };
        let entry = b.node(NodeKind::Entry, journey.about.span);
        let open = b.steps(&journey.body, vec![next(entry)]);
        b.end(open, End::Completed, None, journey.about.span);
        if !journey.on_leaving.is_empty() {
            let leaving = b.node(NodeKind::Leaving, journey.on_leaving[0].span);
            b.graph.leaving = Some(leaving);
            let open = b.steps(&journey.on_leaving, vec![next(leaving)]);
            b.end(open, End::Left, None, journey.about.span);
        }
        let mut graph = b.graph;
        graph.edges.sort_by_key(|e| (e.from, e.why));
        graph.out = vec![Vec::new(); graph.nodes.len()];
        for (id, edge) in graph.edges.iter().enumerate() {
            graph.out[edge.from].push(id);
        }
        graph
    }
}

fn next(from: NodeId) -> Open {
    at_once(from, Why::Next)
}

fn at_once(from: NodeId, why: Why) -> Open {
    Open { from, why, time: Lasting::NONE }
}

impl<'p> Builder<'p> {
    fn node(&mut self, kind: NodeKind<'p>, span: Span) -> NodeId {
        let node = Node { kind, span, stage: self.stage, within: self.within, offer: self.offer };
        self.graph.nodes.push(node);
        self.graph.nodes.len() - 1
    }

    fn lead(&mut self, open: Vec<Open>, to: NodeId) {
        self.graph.edges.extend(open.into_iter().map(|o| Edge { from: o.from, to, why: o.why, time: o.time }));
    }

    fn end(&mut self, open: Vec<Open>, how: End<'p>, step: Option<&'p Step>, span: Span) {
        if !open.is_empty() {
            let node = self.node(NodeKind::End(how, step), step.map_or(span, |s| s.span));
            self.lead(open, node);
        }
    }

    /// The ways out of a list of steps.
    fn steps(&mut self, steps: &'p [Step], mut open: Vec<Open>) -> Vec<Open> {
        for step in steps {
            if open.is_empty() {
                break; // Never reached; that has been said.
            }
            open = self.step(step, open);
        }
        open
    }

    /// Steps that begin with one way.
    fn arm(&mut self, steps: &'p [Step], from: NodeId, why: Why, time: Lasting) -> Vec<Open> {
        self.steps(steps, vec![Open { from, why, time }])
    }

    fn step(&mut self, step: &'p Step, open: Vec<Open>) -> Vec<Open> {
        match &step.kind {
            StepKind::Finish(label) => {
                self.end(open, End::Finished(label.as_deref()), Some(step), step.span);
                return Vec::new();
            }
            StepKind::GoTo { journey, .. } => {
                self.end(open, End::HandedOff(*journey), Some(step), step.span);
                return Vec::new();
            }
            StepKind::Stage { name, clauses, body } => {
                let outer = self.stage;
                self.graph.stages.push(Stage { name, node: self.graph.nodes.len(), parent: outer, clauses });
                self.stage = Some(self.graph.stages.len() - 1);
                let node = self.node(NodeKind::Step(step), step.span);
                self.lead(open, node);
                let open = self.arm(body, node, Why::Next, Lasting::NONE);
                self.stage = outer;
                return open;
            }
            _ => {}
        }
        let node = self.node(NodeKind::Step(step), step.span);
        self.lead(open, node);
        self.ways(step, node)
    }

    /// The ways on from a step, through the blocks in it.
    fn ways(&mut self, step: &'p Step, node: NodeId) -> Vec<Open> {
        let program = self.program;
        let mut out = Vec::new();
        match &step.kind {
            StepKind::Wait(delay) => {
                let time = match delay {
                    Delay::Length(length) => Lasting::exactly(*length),
                    Delay::Weekdays(count, calendar) => time::weekdays(program, *count, *calendar),
                };
                out.push(Open { from: node, why: Why::Next, time });
            }
            StepKind::WaitUntil { until, past, then } => {
                let time = match until {
                    Until::Next { day, .. } => day_rule(program, day),
                    Until::Moment(moment) => fixed(moment).unwrap_or(Lasting::up_to(None)),
                };
                let why = if past.is_some() { Why::Reached } else { Why::Next };
                out = self.arm(then, node, why, time);
                match past {
                    None => {}
                    Some(Past::Continue) => out.push(at_once(node, Why::Past)),
                    Some(Past::Finish(label)) => {
                        let open = vec![at_once(node, Why::Past)];
                        self.end(open, End::Finished(label.as_deref()), None, step.span);
                    }
                    Some(Past::Steps(steps)) => out.extend(self.arm(steps, node, Why::Past, Lasting::NONE)),
                }
            }
            StepKind::WaitFor { limit, arms, otherwise } => {
                let whole = match limit {
                    Limiting::Length(length) => Lasting::exactly(*length),
                    Limiting::Moment(moment) => fixed(moment).unwrap_or(Lasting::up_to(None)),
                };
                for (i, arm) in arms.iter().enumerate() {
                    let time = Lasting::up_to(whole.most);
                    out.extend(self.arm(&arm.body, node, Why::Came(i), time));
                }
                // What always holds at once leaves nothing to time out.
                let never = |o: &Occasion| matches!(o, Occasion::Condition(c) if matches!(c.kind, ExprKind::Const(Const::Bool(true))));
                if !arms.iter().any(|a| !a.becomes && never(&a.on)) {
                    out.extend(self.arm(otherwise, node, Why::TimedOut, whole));
                }
            }
            StepKind::If { arms, otherwise, .. } => {
                for (i, (_, steps)) in arms.iter().enumerate() {
                    out.extend(self.arm(steps, node, Why::Arm(i), Lasting::NONE));
                }
                out.extend(self.arm(otherwise, node, Why::Otherwise, Lasting::NONE));
            }
            StepKind::BranchOn { arms, otherwise, .. } => {
                for (i, (_, steps)) in arms.iter().enumerate() {
                    out.extend(self.arm(steps, node, Why::Arm(i), Lasting::NONE));
                }
                if let Some(steps) = otherwise {
                    out.extend(self.arm(steps, node, Why::Otherwise, Lasting::NONE));
                }
            }
            StepKind::Experiment { arms, .. } => {
                for (i, (_, _, steps)) in arms.iter().enumerate() {
                    out.extend(self.arm(steps, node, Why::Variant(i), Lasting::NONE));
                }
            }
            StepKind::NextBest { candidates, otherwise } => {
                for (i, (offer, _)) in candidates.iter().enumerate() {
                    let outer = self.offer.replace(*offer);
                    let body: &'p [Step] = &program.offers[*offer].body;
                    let open = self.arm(body, node, Why::Chosen(i), Lasting::NONE);
                    self.offer = outer;
                    out.extend(open);
                }
                out.extend(self.arm(otherwise, node, Why::Otherwise, Lasting::NONE));
            }
            StepKind::Send(Send { outcome: Some((sent, refused)), .. }) => {
                out = self.arm(sent, node, Why::Sent, Lasting::NONE);
                out.extend(self.arm(refused, node, Why::Refused, Lasting::NONE));
            }
            StepKind::Call { webhook, then, otherwise, .. } => {
                let time = Lasting::up_to(Some(program.webhooks[*webhook].within));
                out = self.arm(then, node, Why::Answered, time);
                out.extend(self.arm(otherwise, node, Why::Unanswered, time));
            }
            StepKind::Task { due, outcome: Some((done, late)), .. } => {
                out = self.arm(done, node, Why::Done, Lasting::up_to(*due));
                if let Some(due) = due {
                    out.extend(self.arm(late, node, Why::Late, Lasting::exactly(*due)));
                }
            }
            StepKind::Repeat { times, body } => return self.repeat(node, *times, body),
            StepKind::StopRepeating => {
                if let Some(stops) = self.stops.last_mut() {
                    stops.push(at_once(node, Why::Stopped));
                }
            }
            StepKind::Collect { window, .. } => {
                out.push(Open { from: node, why: Why::Next, time: Lasting::up_to(Some(*window)) });
            }
            StepKind::Send(_) | StepKind::Set { .. } | StepKind::Emit { .. } | StepKind::Task { .. } => {
                out.push(next(node));
            }
            // Made where their nodes are.
            StepKind::Stage { .. } | StepKind::Finish(_) | StepKind::GoTo { .. } => {}
        }
        out
    }

    fn repeat(&mut self, node: NodeId, times: u32, body: &'p [Step]) -> Vec<Open> {
        let within = self.within;
        let id = self.graph.loops.len();
        self.graph.loops.push(Loop { node, times, end: node + 1, within });
        self.within = Some(id);
        self.stops.push(Vec::new());
        let open = self.arm(body, node, Why::Round, Lasting::NONE);
        self.within = within;
        self.graph.loops[id].end = self.graph.nodes.len();
        let completes = !open.is_empty();
        self.lead(open, node);
        let mut out = self.stops.pop().unwrap_or_default();
        if completes {
            out.push(at_once(node, Why::Over));
        }
        out
    }
}
