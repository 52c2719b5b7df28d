//! The paths of a file's messages, and what stands at each: found by reading the file once, so that each path gets the column
//! that holds it best.

use crate::form::{Form, Value, exact};
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use std::hash::Hasher;

/// A name at a place in messages.
#[derive(Debug, Default, Clone)]
pub(crate) struct Node {
    name: Box<str>,
    parent: u32,
    depth: u8,
    children: Vec<u32>,
    /// Where among the children the next name is looked for first: names come in the same order again and again.
    next: usize,
    by_name: FxHashMap<Box<str>, u32>,
    /// The line that has this name last.
    seen: u64,
    /// Objects here are kept as JSON text, and so is all below them.
    pub(crate) whole: bool,
    object: bool,
    counts: Counts,
}

/// How many values of which looks stand at a node.
#[derive(Debug, Default, Clone)]
struct Counts {
    bools: u64,
    ints: u64,
    large: u64,
    numbers: u64,
    odd_numbers: u64,
    texts: u64,
    odd_texts: u64,
    moments: u64,
    dates: u64,
    json: u64,
    sampled: u32,
    different: FxHashSet<u64>,
}

/// Objects with more names than this name something else than fields: they are kept as JSON text.
const NAMES: usize = 200;
/// Objects deeper than this are kept as JSON text.
const DEPTH: u8 = 8;
/// So many texts of a path are looked at to see whether they repeat.
const SAMPLE: u32 = 20_000;
/// Columns of a file, at most, about.
const COLUMNS: usize = 1000;
/// One in so many values of a path may be odd before all of them are kept as JSON text; else the odd one's message is.
const ODD: u64 = 100;

/// All names.
#[derive(Debug, Clone)]
pub(crate) struct Tree {
    pub(crate) nodes: Vec<Node>,
    /// No new names are taken.
    pub(crate) closed: bool,
}

/// A column of a file.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Column {
    /// Its name in the file.
    pub name: String,
    /// The names from the message's root.
    pub path: Vec<String>,
    /// What it holds.
    pub form: Form,
}

impl Tree {
    /// A tree in which `first` are the nodes 1, 2, … below the root.
    pub(crate) fn new(first: &[&str]) -> Tree {
        let mut tree = Tree { nodes: vec![Node::default()], closed: false };
        for name in first {
            tree.child(0, name, 0);
        }
        tree
    }

    /// The node of a name below `parent` in this line. None: it came in this line already, or is not known and the tree closed.
    pub(crate) fn child(&mut self, parent: u32, name: &str, line: u64) -> Option<u32> {
        let at = &self.nodes[parent as usize];
        let guess = at.children.get(at.next).copied().filter(|c| *self.nodes[*c as usize].name == *name);
        let child = match guess.or_else(|| at.by_name.get(name).copied()) {
            Some(child) => child,
            None if self.closed => return None,
            None => {
                let child = self.nodes.len() as u32;
                let depth = at.depth + 1;
                self.nodes.push(Node { name: name.into(), parent, depth, seen: u64::MAX, ..Node::default() });
                let at = &mut self.nodes[parent as usize];
                at.children.push(child);
                at.by_name.insert(name.into(), child);
                at.whole |= parent != 0 && at.children.len() > NAMES;
                child
            }
        };
        let place = &mut self.nodes[parent as usize];
        place.next = match guess {
            Some(_) => place.next + 1,
            None => place.children.iter().position(|c| *c == child).map_or(0, |at| at + 1),
        };
        let node = &mut self.nodes[child as usize];
        (std::mem::replace(&mut node.seen, line) != line).then_some(child)
    }

    /// An object begins: its names are looked for from the first one again.
    pub(crate) fn enter(&mut self, node: u32) {
        self.nodes[node as usize].next = 0;
    }

    /// Whether an object at a node is walked into; in an open tree it is noted.
    pub(crate) fn opens(&mut self, node: u32) -> bool {
        let at = &mut self.nodes[node as usize];
        if !self.closed {
            at.object = true;
            at.whole |= at.depth >= DEPTH || at.counts.any();
        }
        !at.whole
    }

    /// Notes what a leaf looks like.
    pub(crate) fn note(&mut self, node: u32, raw: &str) {
        let at = &mut self.nodes[node as usize];
        at.whole |= at.object;
        let counts = &mut at.counts;
        match Value::of(raw) {
            Value::Bool(_) => counts.bools += 1,
            Value::Int(value) => {
                counts.ints += 1;
                counts.large += u64::from(!exact(value));
            }
            Value::Number(..) => counts.numbers += 1,
            Value::OddNumber => counts.odd_numbers += 1,
            Value::Moment(..) => counts.moments += 1,
            Value::Date(_) => counts.dates += 1,
            Value::Text(_) => counts.texts += 1,
            Value::OddText => counts.odd_texts += 1,
            Value::List | Value::Object => counts.json += 1,
        }
        if raw.starts_with('"') && counts.sampled < SAMPLE {
            counts.sampled += 1;
            let mut hasher = FxHasher::default();
            hasher.write(raw.as_bytes());
            counts.different.insert(hasher.finish());
        }
    }

    /// Takes what another tree of the same first nodes has found, as if its lines had come after.
    pub(crate) fn add(&mut self, other: &Tree) {
        self.add_node(0, other, 0);
    }

    fn add_node(&mut self, mine: u32, other: &Tree, theirs: u32) {
        let from = &other.nodes[theirs as usize];
        let at = &mut self.nodes[mine as usize];
        at.counts.add(&from.counts);
        at.object |= from.object;
        at.whole |= from.whole || (at.object && at.counts.any());
        for &child in &from.children {
            let name = &other.nodes[child as usize].name;
            let known = self.nodes[mine as usize].by_name.get(name).copied();
            if let Some(node) = known.or_else(|| self.child(mine, name, u64::MAX - 1)) {
                self.add_node(node, other, child);
            }
        }
    }

    /// Ends the noting: which columns there are, and for each node its column.
    pub(crate) fn close(&mut self, taken: &[&str]) -> (Vec<Column>, Vec<Option<u16>>) {
        self.closed = true;
        for node in &mut self.nodes {
            node.seen = u64::MAX;
        }
        let mut leaves = self.leaves();
        while leaves.len() > COLUMNS {
            // The object with the most fields goes first.
            let mut fields: FxHashMap<u32, usize> = FxHashMap::default();
            for leaf in &leaves {
                *fields.entry(self.nodes[*leaf as usize].parent).or_default() += 1;
            }
            let most = fields.into_iter().filter(|(node, _)| *node != 0).max_by_key(|(node, n)| (*n, *node));
            let Some((most, _)) = most else { break };
            self.nodes[most as usize].whole = true;
            leaves = self.leaves();
        }
        leaves.truncate(COLUMNS);
        let mut names: FxHashSet<String> = taken.iter().map(|name| name.to_lowercase()).collect();
        let mut columns = Vec::new();
        let mut of_node = vec![None; self.nodes.len()];
        for leaf in leaves {
            let path = self.path(leaf);
            let mut name = path.join(".");
            // Other tools do not tell names apart by capitals.
            while !names.insert(name.to_lowercase()) {
                name.push('_');
            }
            let node = &self.nodes[leaf as usize];
            let form = if node.whole { Form::Json } else { node.counts.form() };
            of_node[leaf as usize] = Some(columns.len() as u16);
            columns.push(Column { name, path, form });
        }
        (columns, of_node)
    }

    /// The nodes that need a column, in the order of their first appearance, objects' fields together.
    fn leaves(&self) -> Vec<u32> {
        let mut leaves = Vec::new();
        let mut stack = vec![0u32];
        while let Some(at) = stack.pop() {
            let node = &self.nodes[at as usize];
            if node.counts.any() || node.whole {
                leaves.push(at);
            }
            if !node.whole {
                stack.extend(node.children.iter().rev());
            }
        }
        leaves
    }

    fn path(&self, node: u32) -> Vec<String> {
        let mut path = Vec::new();
        let mut at = node;
        while at != 0 {
            path.push(self.nodes[at as usize].name.to_string());
            at = self.nodes[at as usize].parent;
        }
        path.reverse();
        path
    }
}

impl Counts {
    fn any(&self) -> bool {
        self.all() > 0
    }

    fn all(&self) -> u64 {
        self.bools + self.all_numbers() + self.all_texts() + self.json
    }

    fn all_numbers(&self) -> u64 {
        self.ints + self.numbers + self.odd_numbers
    }

    fn all_texts(&self) -> u64 {
        self.texts + self.odd_texts + self.moments + self.dates
    }

    fn add(&mut self, other: &Counts) {
        self.bools += other.bools;
        self.ints += other.ints;
        self.large += other.large;
        self.numbers += other.numbers;
        self.odd_numbers += other.odd_numbers;
        self.texts += other.texts;
        self.odd_texts += other.odd_texts;
        self.moments += other.moments;
        self.dates += other.dates;
        self.json += other.json;
        if self.sampled < SAMPLE {
            self.sampled += other.sampled;
            self.different.extend(&other.different);
        }
    }

    /// The form that holds (nearly) all of them.
    fn form(&self) -> Form {
        let all = self.all();
        let few = |odd: u64| odd * ODD <= all;
        if self.bools == all {
            Form::Bool
        } else if self.all_numbers() == all {
            match () {
                () if self.numbers == 0 && few(self.odd_numbers) => Form::Int,
                () if few(self.odd_numbers + self.large) => Form::Number,
                () => Form::Json,
            }
        } else if self.all_texts() == all {
            match () {
                () if self.moments == all => Form::Moment,
                () if self.dates == all => Form::Date,
                () if !few(self.odd_texts) => Form::Json,
                () if self.different.len() as u32 * 2 <= self.sampled => Form::Word,
                () => Form::Text,
            }
        } else {
            Form::Json
        }
    }
}
