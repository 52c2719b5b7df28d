//! A journey as nodes and edges, for tools that lay out themselves: Mermaid, DOT, JSON.

use crate::counts::{Counts, people};
use crate::model::{Kind, Picture, Step, goes_on};
use crate::words::{share, title};
use serde::Serialize;
use std::fmt::Write;

/// Nodes and edges of a journey.
#[derive(Debug, Clone, Serialize)]
pub struct Graph {
    /// In the order in which they are read.
    pub nodes: Vec<Node>,
    /// In the order of the nodes they leave.
    pub edges: Vec<Edge>,
    /// Stages and loops.
    pub groups: Vec<Group>,
}

/// A node.
#[derive(Debug, Clone, Serialize)]
pub struct Node {
    /// `s3` for the step with number 3; unique.
    pub id: String,
    /// The step's number; none for what starts and ends a journey.
    pub step: Option<usize>,
    /// Its kind, as [`Kind`] or `trigger`, `only_if`, `end`.
    pub kind: String,
    /// What it says, line by line.
    pub lines: Vec<String>,
    /// The group it stands in, an index.
    pub group: Option<usize>,
}

/// An edge.
#[derive(Debug, Clone, Serialize)]
pub struct Edge {
    /// A node's id.
    pub from: String,
    /// A node's id.
    pub to: String,
    /// What leads along it.
    pub label: String,
    /// The way back of a loop.
    pub back: bool,
}

/// A stage or a loop.
#[derive(Debug, Clone, Serialize)]
pub struct Group {
    /// Its title.
    pub title: String,
    /// The group it stands in.
    pub parent: Option<usize>,
}

/// An end that leads on: a node and what its edge will say.
type Loose = Vec<(String, String)>;

impl Graph {
    /// The graph of a journey, with counts where a run has made some.
    pub fn new(picture: &Picture, counts: Option<&Counts>) -> Graph {
        let graph = Graph { nodes: Vec::new(), edges: Vec::new(), groups: Vec::new() };
        let mut maker = Maker { graph, group: None, extra: 0, loops: Vec::new(), counts };
        let mut loose: Loose = Vec::new();
        for (at, trigger) in picture.triggers.iter().enumerate() {
            let id = format!("t{at}");
            let lines = [vec![trigger.title.clone()], trigger.lines.clone()].concat();
            maker.node(id.clone(), None, "trigger", lines);
            loose.push((id, counts.map(|c| people(c.entered)).filter(|_| at == 0).unwrap_or_default()));
        }
        if let Some(condition) = &picture.only_if {
            maker.node("only_if".into(), None, "only_if", vec![format!("Only if {condition}")]);
            maker.join(std::mem::take(&mut loose), "only_if");
            loose = vec![("only_if".into(), String::new())];
        }
        let loose = maker.steps(&picture.steps, loose);
        if goes_on(&picture.steps) {
            maker.node("the_end".into(), None, "end", vec!["The end".into()]);
            maker.join(loose, "the_end");
        }
        maker.graph
    }
}

struct Maker<'c> {
    graph: Graph,
    group: Option<usize>,
    /// Nodes that are no steps of their own.
    extra: usize,
    /// What leaves the loops around.
    loops: Vec<Loose>,
    counts: Option<&'c Counts>,
}

impl Maker<'_> {
    fn node(&mut self, id: String, step: Option<usize>, kind: &str, lines: Vec<String>) {
        self.graph.nodes.push(Node { id, step, kind: kind.to_string(), lines, group: self.group });
    }

    fn join(&mut self, loose: Loose, to: &str) {
        for (from, label) in loose {
            self.graph.edges.push(Edge { from, to: to.to_string(), label, back: false });
        }
    }

    fn steps(&mut self, steps: &[Step], mut loose: Loose) -> Loose {
        for step in steps {
            loose = self.step(step, loose);
        }
        loose
    }

    fn step(&mut self, step: &Step, loose: Loose) -> Loose {
        match step.kind {
            Kind::Stage | Kind::Repeat => return self.grouped(step, loose),
            Kind::StopRepeating => {
                if let Some(out) = self.loops.last_mut() {
                    out.extend(loose);
                }
                return Vec::new();
            }
            _ => {}
        }
        let mut id = format!("s{}", step.id);
        if self.graph.nodes.iter().any(|n| n.id == id) {
            self.extra += 1;
            id = format!("x{}", self.extra);
        }
        let mut head = format!("{} {}", step.kicker, step.title).trim().to_string();
        if let (Kind::Task | Kind::NextBestAction | Kind::Collect, false) = (step.kind, step.title.is_empty()) {
            head = format!("{}: {}", step.kicker, step.title);
        }
        let mut lines = vec![head];
        lines.extend(step.lines.iter().cloned());
        lines.extend(step.offers.iter().map(|offer| {
            let count = self.counts.map(|c| format!(": {}", people(c.arm(offer.point)))).unwrap_or_default();
            format!("- {}{count}", title(&offer.name))
        }));
        lines.extend(step.tags.iter().map(|tag| format!("{}: {}", crate::words::human(&tag.facet), tag.label)));
        if let Some(counts) = self.counts {
            lines.push(format!("{} came", people(counts.came(step.id))));
            lines.extend(counts.lines(step.id));
            lines.extend(Some(counts.waiting(step.id)).filter(|n| *n > 0).map(|n| format!("{} wait here", people(n))));
        }
        let kind = serde_name(step.kind);
        self.node(id.clone(), Some(step.id), kind, lines);
        self.join(loose, &id);
        if step.arms.is_empty() {
            return if step.goes_on() { vec![(id, String::new())] } else { Vec::new() };
        }
        let mut out = Vec::new();
        for arm in &step.arms {
            let mut label =
                arm.share.map_or_else(|| arm.label.clone(), |part| format!("{} {}", arm.label, share(part)));
            if let Some(counts) = self.counts {
                label += &format!(": {}", people(counts.went(step, arm)));
            }
            out.extend(self.steps(&arm.steps, vec![(id.clone(), label)]));
        }
        out
    }

    fn grouped(&mut self, step: &Step, loose: Loose) -> Loose {
        let outer = self.group;
        let text = format!("{} {}", step.kicker, step.title);
        self.graph.groups.push(Group { title: text, parent: outer });
        self.group = Some(self.graph.groups.len() - 1);
        let repeats = step.kind == Kind::Repeat;
        let mut loose = loose;
        let first = format!("s{}", step.id);
        if repeats {
            self.node(first.clone(), Some(step.id), "repeat", vec![format!("Repeat {}", step.title)]);
            self.join(loose, &first);
            loose = vec![(first.clone(), String::new())];
            self.loops.push(Vec::new());
        }
        let mut out = self.steps(&step.body, loose);
        if repeats {
            for (from, label) in &out {
                let (from, to, label) = (from.clone(), first.clone(), label.clone());
                self.graph.edges.push(Edge { from, to, label, back: true });
            }
            if !out.is_empty() {
                // After the last round it goes on from where the rounds begin.
                out = vec![(first, "after the last round".into())];
            }
            out.extend(self.loops.pop().unwrap_or_default());
        }
        self.group = outer;
        out
    }
}

fn serde_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Wait => "wait",
        Kind::WaitUntil => "wait_until",
        Kind::WaitUpTo => "wait_up_to",
        Kind::If => "if",
        Kind::Branch => "branch",
        Kind::Experiment => "experiment",
        Kind::NextBestAction => "next_best_action",
        Kind::Send => "send",
        Kind::Set => "set",
        Kind::Emit => "emit",
        Kind::Call => "call",
        Kind::Task => "task",
        Kind::Repeat => "repeat",
        Kind::StopRepeating => "stop_repeating",
        Kind::Collect => "collect",
        Kind::Stage => "stage",
        Kind::Finish => "finish",
        Kind::GoTo => "go_to",
    }
}

/// The journey in Mermaid's words.
pub fn mermaid(picture: &Picture, counts: Option<&Counts>) -> String {
    let graph = Graph::new(picture, counts);
    let mut out = format!("---\ntitle: {}\n---\nflowchart TD\n", yaml(&picture.title));
    nested(&graph, None, 1, &mut out, &mut |depth, item, out| {
        let pad = "  ".repeat(depth);
        match item {
            Item::Node(node) => {
                let text = quoted(&node.lines.join("\n"));
                let (open, close) = match node.kind.as_str() {
                    "trigger" => ("([", "])"),
                    "only_if" | "if" | "branch" => ("{{", "}}"),
                    "wait" | "wait_until" | "wait_up_to" => ("(", ")"),
                    "finish" | "end" | "go_to" => ("([", "])"),
                    _ => ("[", "]"),
                };
                let _ = writeln!(out, "{pad}{}{open}{text}{close}:::is_{}", node.id, node.kind);
            }
            Item::Open(at, group) => {
                let _ = writeln!(out, "{pad}subgraph g{at}[{}]", quoted(&group.title));
            }
            Item::Close => {
                let _ = writeln!(out, "{pad}end");
            }
        }
    });
    for edge in &graph.edges {
        let arrow = if edge.back { "-.->" } else { "-->" };
        let label = if edge.label.is_empty() { String::new() } else { format!("|{}|", quoted(&edge.label)) };
        let _ = writeln!(out, "  {} {arrow}{label} {}", edge.from, edge.to);
    }
    for (kind, fill, stroke) in CLASSES {
        if graph.nodes.iter().any(|n| n.kind == *kind) {
            let _ = writeln!(out, "  classDef is_{kind} fill:{fill},stroke:{stroke},color:#1b2333");
        }
    }
    out
}

/// Fill and edge by kind, for tools that have no looks of their own.
const CLASSES: &[(&str, &str, &str)] = &[
    ("trigger", "#def7ea", "#3aa76d"),
    ("only_if", "#eef7f2", "#3aa76d"),
    ("wait", "#fff4dc", "#d99a1b"),
    ("wait_until", "#fff4dc", "#d99a1b"),
    ("wait_up_to", "#fff4dc", "#d99a1b"),
    ("if", "#eef0f5", "#7a869e"),
    ("branch", "#eef0f5", "#7a869e"),
    ("experiment", "#fbe6f6", "#b8439b"),
    ("next_best_action", "#ffe9d9", "#d9702b"),
    ("send", "#e0edfd", "#2f6fd0"),
    ("task", "#fde3ea", "#c73a63"),
    ("call", "#f1e8f8", "#8352a8"),
    ("repeat", "#fdf6e6", "#c9a227"),
    ("finish", "#eceef2", "#6b7487"),
    ("end", "#eceef2", "#6b7487"),
    ("go_to", "#e6effc", "#2f6fd0"),
];

/// Text between Mermaid's quotes: signs that it reads by their numbers, a line break by `<br/>`.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '\n' => out.push_str("<br/>"),
            '"' => out.push_str("#quot;"),
            '#' => out.push_str("#35;"),
            '&' => out.push_str("#amp;"),
            '<' => out.push_str("#lt;"),
            '>' => out.push_str("#gt;"),
            // Markdown is read in quotes that begin so; lists at the beginning of a text are not drawn.
            '`' => out.push_str("#96;"),
            '\\' => out.push_str("#92;"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn yaml(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace(char::is_control, " "))
}

/// The journey for Graphviz.
pub fn dot(picture: &Picture, counts: Option<&Counts>) -> String {
    let graph = Graph::new(picture, counts);
    let mut out = format!(
        "digraph {} {{\n  graph [label={}, labelloc=t, fontname=\"Helvetica,Arial,sans-serif\", fontsize=16, nodesep=0.4, \
         ranksep=0.5]\n  node [shape=box, style=\"rounded,filled\", fillcolor=\"#ffffff\", color=\"#9aa7bd\", \
         fontname=\"Helvetica,Arial,sans-serif\", fontsize=11]\n  edge [color=\"#7a869e\", \
         fontname=\"Helvetica,Arial,sans-serif\", fontsize=10]\n",
        string(&picture.name),
        string(&picture.title)
    );
    nested(&graph, None, 1, &mut out, &mut |depth, item, out| {
        let pad = "  ".repeat(depth);
        match item {
            Item::Node(node) => {
                let color = CLASSES.iter().find(|(kind, ..)| *kind == node.kind);
                let color =
                    color.map_or(String::new(), |(_, fill, edge)| format!(", fillcolor=\"{fill}\", color=\"{edge}\""));
                let shape = match node.kind.as_str() {
                    "only_if" | "if" | "branch" => ", shape=hexagon, style=filled",
                    _ => "",
                };
                let _ = writeln!(out, "{pad}{} [label={}{shape}{color}]", node.id, string(&node.lines.join("\n")));
            }
            Item::Open(at, group) => {
                let _ = writeln!(
                    out,
                    "{pad}subgraph cluster_{at} {{\n{pad}  graph [label={}, labeljust=l, style=\"rounded,filled\", fillcolor=\"#f3f4fa\", color=\"#c8cdea\", fontsize=12]",
                    string(&group.title)
                );
            }
            Item::Close => {
                let _ = writeln!(out, "{pad}}}");
            }
        }
    });
    for edge in &graph.edges {
        let mut with = Vec::new();
        if !edge.label.is_empty() {
            with.push(format!("label={}", string(&edge.label)));
        }
        if edge.back {
            with.push("style=dashed, constraint=false".to_string());
        }
        let with = if with.is_empty() { String::new() } else { format!(" [{}]", with.join(", ")) };
        let _ = writeln!(out, "  {} -> {}{with}", edge.from, edge.to);
    }
    out.push_str("}\n");
    out
}

/// A text between quotes; lines are centred.
fn string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            // Graphviz reads the entities of HTML.
            '&' => out.push_str("&amp;"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

enum Item<'g> {
    Node(&'g Node),
    Open(usize, &'g Group),
    Close,
}

/// Nodes of a group, and the groups in it, in order.
fn nested(
    graph: &Graph,
    group: Option<usize>,
    depth: usize,
    out: &mut String,
    write: &mut impl FnMut(usize, Item<'_>, &mut String),
) {
    for node in graph.nodes.iter().filter(|n| n.group == group) {
        write(depth, Item::Node(node), out);
    }
    for (at, inner) in graph.groups.iter().enumerate().filter(|(_, g)| g.parent == group) {
        write(depth, Item::Open(at, inner), out);
        nested(graph, Some(at), depth + 1, out, write);
        write(depth, Item::Close, out);
    }
}
