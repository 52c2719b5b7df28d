//! The rules of `journey.pest`. They do not leave the parser.

#![allow(missing_docs, reason = "generated; journey.pest is the documentation")]

use pest::iterators::Pairs;
use pest::{Parser as _, Token};

#[derive(pest_derive::Parser)]
#[grammar = "journey.pest"]
pub(crate) struct Rules;

/// Reads `text` by one of the rules that end with it.
pub(crate) fn read(rule: Rule, text: &str) -> Result<Tree<'_>, Box<pest::error::Error<Rule>>> {
    match super::quick::read(rule, text) {
        Some(tree) => Ok(tree),
        None => Rules::parse(rule, text).map(Tree::of).map_err(Box::new),
    }
}

/// What the rules read of a text: pairs, each before those inside it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tree<'i> {
    pub text: &'i str,
    pub nodes: Vec<Node>,
}

/// A pair of a tree.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub rule: Rule,
    /// First byte, and one past the last.
    pub start: u32,
    pub end: u32,
    /// The pair after those inside this one.
    pub next: u32,
}

impl<'i> Tree<'i> {
    /// From pest's.
    pub fn of(pairs: Pairs<'i, Rule>) -> Tree<'i> {
        let mut nodes: Vec<Node> = Vec::new();
        let mut open: Vec<usize> = Vec::new();
        let text = pairs.get_input();
        for token in pairs.tokens() {
            match token {
                Token::Start { rule, pos } => {
                    open.push(nodes.len());
                    let at = pos.pos() as u32;
                    nodes.push(Node { rule, start: at, end: at, next: 0 });
                }
                Token::End { pos, .. } => {
                    let next = nodes.len() as u32;
                    if let Some(node) = open.pop().and_then(|at| nodes.get_mut(at)) {
                        (node.end, node.next) = (pos.pos() as u32, next);
                    }
                }
            }
        }
        Tree { text, nodes }
    }

    /// The pairs that are in no other.
    pub fn pairs(&self) -> Inner<'_> {
        Inner { tree: self, at: 0, end: self.nodes.len() as u32 }
    }

    /// The first pair that `rule` read, however deep.
    pub fn find(&self, rule: Rule) -> Option<Pair<'_>> {
        let at = self.nodes.iter().position(|n| n.rule == rule)?;
        Some(Pair { tree: self, at: at as u32 })
    }
}

/// A piece of text and the rule that read it.
#[derive(Clone, Copy)]
pub(crate) struct Pair<'i> {
    tree: &'i Tree<'i>,
    at: u32,
}

impl<'i> Pair<'i> {
    fn node(&self) -> &'i Node {
        &self.tree.nodes[self.at as usize]
    }

    /// The rule.
    pub fn as_rule(&self) -> Rule {
        self.node().rule
    }

    /// Its first byte in the buffer.
    pub fn start(&self) -> usize {
        self.node().start as usize
    }

    /// The text it read, without the blanks after it.
    pub fn as_str(&self) -> &'i str {
        let text = &self.tree.text[self.start()..self.node().end as usize];
        if text.as_bytes().last().is_some_and(|c| c.is_ascii_graphic()) { text } else { text.trim_end() }
    }

    /// The pairs inside it.
    pub fn into_inner(self) -> Inner<'i> {
        Inner { tree: self.tree, at: self.at + 1, end: self.node().next }
    }
}

/// Pairs side by side.
#[derive(Clone)]
pub(crate) struct Inner<'i> {
    tree: &'i Tree<'i>,
    at: u32,
    end: u32,
}

impl<'i> Iterator for Inner<'i> {
    type Item = Pair<'i>;

    fn next(&mut self) -> Option<Pair<'i>> {
        let pair = (self.at < self.end).then_some(Pair { tree: self.tree, at: self.at })?;
        self.at = pair.node().next;
        Some(pair)
    }
}

/// The first child that `rule` read.
pub(crate) fn child<'i>(pair: &Pair<'i>, rule: Rule) -> Option<Pair<'i>> {
    pair.into_inner().find(|c| c.as_rule() == rule)
}

/// Whether `rule` read one of the children.
pub(crate) fn has(pair: &Pair<'_>, rule: Rule) -> bool {
    child(pair, rule).is_some()
}

/// The kinds of bodies, by what stands between their braces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// A file: declarations.
    Items,
    /// `taxonomy F { … }`
    Nodes,
    /// `event E { … }`
    Event,
    /// Fields: of a record, of the profile, of an answer.
    Fields,
    /// `channel C { … }`
    Channel,
    /// `message M { … }`
    Message,
    /// A rendering: `email { … }`
    Parts,
    /// `offer O { … }`
    Offer,
    /// `policy P { … }`
    Policy,
    /// `webhook W { … }`
    Webhook,
    /// `migrate J { … }`
    Migrate,
    /// `journey J { … }`, `stage S { … }`: clauses and steps.
    Journey,
    /// Steps.
    Block,
    /// `wait up to … { … }`
    Arms,
    /// `branch on x { … }`
    Cases,
    /// `branch { … }`
    Whens,
    /// `experiment N { … }`
    Variants,
    /// `next best action { … }`
    NextBest,
    /// `send … { … }`
    Outcomes,
    /// `task … { … }`
    TaskEnds,
    /// `{ name: value }`
    Record,
    /// `test "…" { … }`
    Test,
    /// `customer ana { … }`
    Customer,
}

impl Body {
    /// The rule that reads one of its lines.
    pub(crate) fn line(self) -> Rule {
        match self {
            Body::Items => Rule::line_of_items,
            Body::Nodes => Rule::line_of_nodes,
            Body::Event => Rule::line_of_event,
            Body::Fields => Rule::line_of_fields,
            Body::Channel => Rule::line_of_channel,
            Body::Message => Rule::line_of_message,
            Body::Parts => Rule::line_of_parts,
            Body::Offer => Rule::line_of_offer,
            Body::Policy => Rule::line_of_policy,
            Body::Webhook => Rule::line_of_webhook,
            Body::Migrate => Rule::line_of_migrate,
            Body::Journey => Rule::line_of_journey,
            Body::Block => Rule::line_of_block,
            Body::Arms => Rule::line_of_arms,
            Body::Cases => Rule::line_of_cases,
            Body::Whens => Rule::line_of_whens,
            Body::Variants => Rule::line_of_variants,
            Body::NextBest => Rule::line_of_next_best,
            Body::Outcomes => Rule::line_of_outcomes,
            Body::TaskEnds => Rule::line_of_task_ends,
            Body::Record => Rule::line_of_record,
            Body::Test => Rule::line_of_test,
            Body::Customer => Rule::line_of_customer,
        }
    }

    /// What its lines may be.
    pub(crate) fn entries(self) -> &'static [Rule] {
        match self {
            Body::Items => &[Rule::item],
            Body::Nodes => &[Rule::node],
            Body::Event | Body::Fields => &[Rule::field],
            Body::Channel => &[Rule::address, Rule::reports],
            Body::Message => &[Rule::rendering, Rule::claim, Rule::dates],
            Body::Parts => &[Rule::part],
            Body::Offer => &[Rule::offer_line],
            Body::Policy => &[Rule::policy_rule],
            Body::Webhook => &[Rule::request, Rule::retry],
            Body::Migrate => &[Rule::move_place],
            Body::Journey => &[Rule::step, Rule::clause],
            Body::Block => &[Rule::step],
            Body::Arms => &[Rule::arm],
            Body::Cases => &[Rule::case_arm, Rule::otherwise],
            Body::Whens => &[Rule::when_arm, Rule::otherwise],
            Body::Variants => &[Rule::variant, Rule::holdout],
            Body::NextBest => &[Rule::from_offers, Rule::rank, Rule::otherwise],
            Body::Outcomes => &[Rule::sent, Rule::otherwise],
            Body::TaskEnds => &[Rule::done, Rule::otherwise],
            Body::Record | Body::Customer => &[Rule::pair],
            Body::Test => &[Rule::test_line],
        }
    }

    /// Whether what stands in it ends with its block, so that a `}` ends a line there.
    pub(crate) fn after_block(self) -> bool {
        use Body::*;
        matches!(self, Arms | Cases | Whens | Variants | NextBest | Outcomes | TaskEnds | Message | Nodes)
    }
}
