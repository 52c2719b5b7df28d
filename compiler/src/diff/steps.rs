//! Headers and steps.

use super::words::{cite, line_of, matched, words, words_of};
use super::{Change, Cite, Class, How};
use crate::journey::blocks;
use crate::project::Checked;
use journey_grammar::ast::{Block, Clause, ClauseKind, Step, StepKind};
use journey_grammar::span::Span;

/// The name of a clause, and what a change of it is about.
fn clause_kind(kind: &ClauseKind) -> (&'static str, Class) {
    match kind {
        ClauseKind::Trigger(_) => ("trigger", Class::Audience),
        ClauseKind::OnlyIf(_) => ("only if", Class::Audience),
        ClauseKind::OneRun { .. } => ("one run per", Class::Audience),
        ClauseKind::ReEntry(_) => ("re-entry", Class::Audience),
        ClauseKind::StartOver(_) => ("start over", Class::Routing),
        ClauseKind::Update { .. } => ("update", Class::Data),
        ClauseKind::Goal { .. } => ("goal", Class::Routing),
        ClauseKind::Exit { .. } => ("exit", Class::Routing),
        ClauseKind::Pause { .. } => ("pause", Class::Timing),
        ClauseKind::Meanwhile { .. } => ("meanwhile", Class::Consent),
        ClauseKind::Priority(_) => ("priority", Class::Routing),
        ClauseKind::Between(_) => ("from … to", Class::Timing),
        ClauseKind::Rollout(_) => ("rollout", Class::Audience),
        ClauseKind::OnLeaving(_) => ("on leaving", Class::Routing),
    }
}

/// Changes of a header, or of a stage's clauses.
pub(super) fn header(old: &Checked, before: &[Clause], new: &Checked, after: &[Clause]) -> Vec<Change> {
    let piece = |checked: &Checked, clause: &Clause| {
        let (what, class) = clause_kind(&clause.kind);
        (what, class, words(checked, clause.span), clause.span)
    };
    let before: Vec<_> = before.iter().map(|c| piece(old, c)).collect();
    let after: Vec<_> = after.iter().map(|c| piece(new, c)).collect();
    let mut changes = Vec::new();
    // The order of clauses of different kinds means nothing.
    let mut kinds: Vec<&str> = before.iter().chain(&after).map(|c| c.0).collect();
    kinds.sort_unstable();
    kinds.dedup();
    for kind in kinds {
        let one: Vec<_> = before.iter().filter(|c| c.0 == kind).collect();
        let other: Vec<_> = after.iter().filter(|c| c.0 == kind).collect();
        let pairs = matched(&one, &other, |a, b| if a.2 == b.2 { 3 } else { 1 });
        for (i, (what, class, words, span)) in one.iter().enumerate() {
            let (how, new) = match pairs.iter().find(|p| p.0 == i) {
                Some((_, j)) if other[*j].2 == *words => continue,
                Some((_, j)) => (How::Changed, Some(cite(new, other[*j].3))),
                None => (How::Removed, None),
            };
            changes.push(Change { class: *class, how, what: what.to_string(), old: Some(cite(old, *span)), new });
        }
        for (j, (what, class, _, span)) in other.iter().enumerate() {
            if !pairs.iter().any(|p| p.1 == j) {
                let new = Some(cite(new, *span));
                changes.push(Change { class: *class, how: How::Added, what: what.to_string(), old: None, new });
            }
        }
    }
    changes
}

/// A step as it is compared.
struct Node<'a> {
    kind: &'static str,
    class: Class,
    /// What makes it the same step though its words change: the message of a send, the name of a stage.
    identity: String,
    /// All its words.
    words: String,
    /// Its words outside of its blocks and what stands before each of these.
    head: String,
    /// As written.
    cite: Cite,
    /// What stands before each block, with the block.
    blocks: Vec<(String, Cite, Vec<Node<'a>>)>,
    clauses: &'a [Clause],
}

impl Node<'_> {
    /// Steps in it, itself included.
    fn size(&self) -> u32 {
        1 + self.blocks.iter().flat_map(|b| &b.2).map(Node::size).sum::<u32>()
    }
}

fn step_kind(kind: &StepKind) -> (&'static str, Class, String) {
    let name = |n: &journey_grammar::ast::Name| n.text.clone();
    match kind {
        StepKind::Wait { .. } => ("wait", Class::Timing, String::new()),
        StepKind::WaitUntil { .. } => ("wait until", Class::Timing, String::new()),
        StepKind::WaitFor { .. } => ("wait up to", Class::Timing, String::new()),
        StepKind::If { .. } => ("if", Class::Routing, String::new()),
        StepKind::BranchOn { .. } => ("branch on", Class::Routing, String::new()),
        StepKind::Branch { .. } => ("branch", Class::Routing, String::new()),
        StepKind::Experiment { name: n, .. } => ("experiment", Class::Routing, name(n)),
        StepKind::NextBest { .. } => ("next best action", Class::Routing, String::new()),
        StepKind::Send(send) => ("send", Class::Content, name(&send.message)),
        StepKind::Set { target, .. } => ("set", Class::Data, target.text()),
        StepKind::Emit { event, .. } => ("emit", Class::Data, name(event)),
        StepKind::Call { webhook, .. } => ("call", Class::Data, name(webhook)),
        StepKind::Task { team, .. } => ("task", Class::Routing, name(team)),
        StepKind::Repeat { .. } => ("repeat", Class::Routing, String::new()),
        StepKind::StopRepeating => ("stop repeating", Class::Routing, String::new()),
        StepKind::Collect { event, .. } => ("collect", Class::Timing, name(&event.event)),
        StepKind::Stage { name: n, .. } => ("stage", Class::Routing, name(n)),
        StepKind::Finish(_) => ("finish", Class::Routing, String::new()),
        StepKind::GoTo { journey, .. } => ("go to", Class::Routing, name(journey)),
        StepKind::Broken => ("step", Class::Routing, String::new()),
    }
}

fn nodes<'a>(checked: &Checked, block: &'a Block) -> Vec<Node<'a>> {
    block.steps.iter().map(|step| node(checked, step)).collect()
}

fn node<'a>(checked: &Checked, step: &'a Step) -> Node<'a> {
    let (kind, class, identity) = step_kind(&step.kind);
    let text = checked.sources.get(usize::from(step.span.file.0)).map_or("", |s| s.text.as_str());
    let mut inner = blocks(&step.kind);
    inner.sort_by_key(|b| b.span.start);
    let mut head = String::new();
    let mut shown = String::new();
    let mut parts = Vec::new();
    let mut from = step.span.start;
    let clauses: &[Clause] = match &step.kind {
        StepKind::Stage { clauses, .. } => clauses,
        _ => &[],
    };
    if let StepKind::Stage { name, .. } = &step.kind {
        // Its clauses are compared for themselves.
        let span = Span { start: step.span.start, end: name.span.end, ..step.span };
        head = words(checked, span);
        shown = line_of(text.get(span.range()).unwrap_or(""));
        parts.extend(inner.iter().map(|b| (String::new(), cite(checked, name.span), nodes(checked, b))));
    } else {
        for block in inner {
            let before = text.get(from as usize..block.span.start as usize).unwrap_or("");
            // `wait up to 24 hours { on …`: the step's own words, and what belongs to its first arm.
            let own = match before.split_once('{') {
                Some((own, label)) if head.is_empty() => {
                    head = words_of(own);
                    shown = line_of(own);
                    label
                }
                _ => before,
            };
            let start = block.span.start - own.len() as u32;
            let label = Span { start, end: block.span.start, ..block.span };
            parts.push((words_of(own), Cite { span: label, text: line_of(own) }, nodes(checked, block)));
            from = block.span.end;
        }
        let rest = text.get(from as usize..step.span.end as usize).unwrap_or("");
        let rest_words = words_of(rest);
        let rest_words = rest_words.trim_end_matches(['}', ' ']);
        if !rest_words.is_empty() {
            head = format!("{head} {rest_words}").trim().to_string();
            shown = format!("{shown} {}", line_of(rest).trim_end_matches(['}', ' '])).trim().to_string();
        }
    }
    if shown.is_empty() {
        shown = parts.first().map_or_else(|| kind.to_string(), |(_, label, _)| label.text.clone());
    }
    Node {
        kind,
        class,
        identity,
        words: words(checked, step.span),
        head,
        cite: Cite { span: step.span, text: shown },
        blocks: parts,
        clauses,
    }
}

/// Changes of a journey's steps.
pub(super) fn body(old: &Checked, before: &Block, new: &Checked, after: &Block) -> Vec<Change> {
    let mut changes = Vec::new();
    sequence(old, &nodes(old, before), new, &nodes(new, after), &mut changes);
    moves(&mut changes);
    changes
}

fn sequence(old: &Checked, before: &[Node], new: &Checked, after: &[Node], changes: &mut Vec<Change>) {
    let pairs =
        matched(before, after, |a, b| match (a.words == b.words, a.kind == b.kind && a.identity == b.identity) {
            (true, _) => 3 * a.size(),
            // A step with blocks is worth more than a plain one: what is in it is compared in turn.
            (false, true) => a.size().min(b.size()),
            (false, false) => 0,
        });
    let mut at = 0;
    for (j, node) in after.iter().enumerate() {
        let Some((i, _)) = pairs.iter().find(|p| p.1 == j) else {
            added(node, changes);
            continue;
        };
        for (gone, node) in before.iter().enumerate().take(*i).skip(at) {
            if !pairs.iter().any(|p| p.0 == gone) {
                removed(node, changes);
            }
        }
        at = i + 1;
        pair(old, &before[*i], new, node, changes);
    }
    for (gone, node) in before.iter().enumerate().skip(at) {
        if !pairs.iter().any(|p| p.0 == gone) {
            removed(node, changes);
        }
    }
}

fn added(node: &Node, changes: &mut Vec<Change>) {
    changes.push(Change {
        class: node.class,
        how: How::Added,
        what: node.kind.to_string(),
        old: None,
        new: Some(node.cite.clone()),
    });
    node.blocks.iter().flat_map(|b| &b.2).for_each(|inner| added(inner, changes));
}

fn removed(node: &Node, changes: &mut Vec<Change>) {
    changes.push(Change {
        class: node.class,
        how: How::Removed,
        what: node.kind.to_string(),
        old: Some(node.cite.clone()),
        new: None,
    });
    node.blocks.iter().flat_map(|b| &b.2).for_each(|inner| removed(inner, changes));
}

/// Two versions of one step.
fn pair(old: &Checked, one: &Node, new: &Checked, other: &Node, changes: &mut Vec<Change>) {
    if one.words == other.words {
        return;
    }
    if one.head != other.head {
        // Another channel is another way, not another word.
        let class = if one.kind == "send" { Class::Routing } else { one.class };
        changes.push(Change {
            class,
            how: How::Changed,
            what: one.kind.to_string(),
            old: Some(one.cite.clone()),
            new: Some(other.cite.clone()),
        });
    }
    changes.extend(header(old, one.clauses, new, other.clauses));
    let mut taken = vec![false; other.blocks.len()];
    let mut pairs: Vec<Option<usize>> = Vec::new();
    for (label, _, _) in &one.blocks {
        let same = (0..other.blocks.len()).find(|j| !taken[*j] && other.blocks[*j].0 == *label);
        if let Some(j) = same {
            taken[j] = true;
        }
        pairs.push(same);
    }
    // What is left over is paired in order: the same arm under another condition. An `else` stays one.
    for (i, pair) in pairs.iter_mut().enumerate().filter(|(_, p)| p.is_none()) {
        let is_else = |label: &str| label == "else";
        let next =
            (0..other.blocks.len()).find(|j| !taken[*j] && is_else(&other.blocks[*j].0) == is_else(&one.blocks[i].0));
        if let Some(j) = next {
            taken[j] = true;
            let (from, to) = (&one.blocks[i].1, &other.blocks[j].1);
            changes.push(Change {
                class: Class::Routing,
                how: How::Changed,
                what: format!("{}: when", one.kind),
                old: Some(from.clone()),
                new: Some(to.clone()),
            });
        }
        *pair = next;
    }
    for (i, (_, cite, steps)) in one.blocks.iter().enumerate() {
        match pairs[i] {
            Some(j) => sequence(old, steps, new, &other.blocks[j].2, changes),
            None => {
                let what = format!("{}: arm", one.kind);
                changes.push(Change {
                    class: Class::Routing,
                    how: How::Removed,
                    what,
                    old: Some(cite.clone()),
                    new: None,
                });
                steps.iter().for_each(|step| removed(step, changes));
            }
        }
    }
    for (_, cite, steps) in other.blocks.iter().zip(&taken).filter(|(_, t)| !**t).map(|(b, _)| b) {
        let what = format!("{}: arm", one.kind);
        changes.push(Change { class: Class::Routing, how: How::Added, what, old: None, new: Some(cite.clone()) });
        steps.iter().for_each(|step| added(step, changes));
    }
}

/// A step that goes in one place and comes in another with the same words has moved.
fn moves(changes: &mut Vec<Change>) {
    let mut at = 0;
    while at < changes.len() {
        let one = &changes[at];
        let (Some(text), true) = (one.old.as_ref().map(|c| &c.text), one.how == How::Removed) else {
            at += 1;
            continue;
        };
        let to = changes
            .iter()
            .position(|c| c.how == How::Added && c.what == one.what && c.new.as_ref().is_some_and(|n| n.text == *text));
        match to {
            Some(to) => {
                changes[at].how = How::Moved;
                changes[at].class = Class::Routing;
                changes[at].new = changes[to].new.clone();
                changes.remove(to);
                // What stood before it may have been taken away.
                if to > at {
                    at += 1;
                }
            }
            None => at += 1,
        }
    }
}
