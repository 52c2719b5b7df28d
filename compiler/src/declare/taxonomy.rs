//! `taxonomy F { … }`: nodes in preorder, labels, deprecations and links.

use super::{annotations, taxonomy_file};
use crate::hir::{Facet, FacetId, Node};
use crate::scope::Context;
use journey_grammar::ast::{TaxNode, TaxonomyBody};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;
use journey_grammar::span::Span;
use std::collections::BTreeMap;

const VERBS: [&str; 4] = ["requires", "complements", "replaces", "excludes"];

/// Fills [`crate::hir::Program::facets`].
pub fn declare(cx: &mut Context) {
    for id in 0..cx.decls.taxonomies.len() {
        let declared = cx.decls.taxonomies[id];
        let mut facet = empty(&declared.decl.name.text);
        let whole = match &declared.decl.body {
            TaxonomyBody::Nodes(nodes) => add(cx, &mut facet, nodes, None),
            TaxonomyBody::File(path) => match super::read(cx, path) {
                Some((file, text)) => taxonomy_file::read(cx, &mut facet, file, &text),
                None => false,
            },
        };
        if !whole {
            cx.names.mark_broken(crate::scope::Kind::Facet, id);
        }
        index(&mut facet);
        cx.program.facets.push(facet);
    }
    // Links and annotations may name any of them.
    for id in 0..cx.decls.taxonomies.len() {
        let declared = cx.decls.taxonomies[id];
        if let TaxonomyBody::Nodes(nodes) = &declared.decl.body {
            let mut paths = Vec::new();
            links(cx, id, nodes, "", &mut paths);
            for (node, found) in paths {
                let node = &mut cx.program.facets[id].nodes[node as usize];
                match found {
                    Found::Instead(other) => node.deprecated = Some(other),
                    Found::Link(verb, facet, other) => node.links.push((verb, facet, other)),
                }
            }
        }
    }
    for id in 0..cx.decls.taxonomies.len() {
        deprecations(cx, id);
    }
    replacements(cx);
    for id in 0..cx.decls.taxonomies.len() {
        let declared = cx.decls.taxonomies[id];
        cx.program.facets[id].about = annotations::about(cx, &declared, declared.decl.name.span);
    }
}

fn empty(name: &str) -> Facet {
    Facet {
        name: name.to_string(),
        about: Default::default(),
        nodes: Vec::new(),
        by_path: BTreeMap::new(),
        by_last: BTreeMap::new(),
    }
}

/// A node without labels and links, its subtree not yet closed.
pub fn node(path: String, parent: Option<u32>, span: Span) -> Node {
    Node { path, labels: Vec::new(), parent, end: 0, deprecated: None, links: Vec::new(), span }
}

/// Adds nodes; whether all of them could be added.
fn add(cx: &Context, facet: &mut Facet, nodes: &[TaxNode], parent: Option<u32>) -> bool {
    let mut whole = true;
    let mut here: BTreeMap<&str, Span> = BTreeMap::new();
    for tree in nodes {
        let name = tree.name.text.as_str();
        if let Some(earlier) = here.insert(name, tree.name.span) {
            cx.report(
                Diagnostic::new(
                    Code::DuplicateNode,
                    tree.name.span,
                    format!("`{name}` stands twice in one place of the taxonomy `{}`", facet.name),
                    "here again",
                )
                .label(earlier, "here first"),
            );
            whole &= tree.children.is_empty();
            continue;
        }
        let path = match parent {
            Some(parent) => format!("{}.{name}", facet.nodes[parent as usize].path),
            None => name.to_string(),
        };
        let id = facet.nodes.len() as u32;
        let mut entry = node(path, parent, tree.name.span);
        let mut locales: BTreeMap<&str, Span> = BTreeMap::new();
        for (locale, text) in &tree.labels {
            let locale = locale.as_ref().map_or("", |l| l.text.as_str());
            if let Some(earlier) = locales.insert(locale, text.span) {
                let language = if locale.is_empty() { String::new() } else { format!(" in `{locale}`") };
                cx.report(
                    Diagnostic::new(
                        Code::DuplicateNode,
                        text.span,
                        format!("`{name}` has two labels{language}"),
                        "here again",
                    )
                    .label(earlier, "here first"),
                );
                continue;
            }
            entry.labels.push((locale.to_string(), text.text.clone()));
        }
        facet.nodes.push(entry);
        whole &= add(cx, facet, &tree.children, Some(id));
        facet.nodes[id as usize].end = facet.nodes.len() as u32;
    }
    whole
}

fn index(facet: &mut Facet) {
    for (id, node) in facet.nodes.iter().enumerate() {
        let id = id as u32;
        facet.by_path.insert(node.path.clone(), id);
        let last = node.path.rsplit('.').next().unwrap_or(&node.path);
        facet.by_last.entry(last.to_string()).or_default().push(id);
    }
}

enum Found {
    Instead(u32),
    Link(String, FacetId, u32),
}

fn links(cx: &Context, facet: FacetId, nodes: &[TaxNode], above: &str, found: &mut Vec<(u32, Found)>) {
    for tree in nodes {
        let path = if above.is_empty() { tree.name.text.clone() } else { format!("{above}.{}", tree.name.text) };
        let Some(id) = cx.program.facets[facet].by_path.get(&path).copied() else { continue };
        if let Some(instead) = &tree.deprecated
            && let Some(other) = cx.find_node(facet, instead)
        {
            if other == id {
                cx.report(Diagnostic::new(
                    Code::BadDeprecation,
                    instead.span,
                    format!("`{path}` cannot take its own place"),
                    "names itself",
                ));
            } else {
                found.push((id, Found::Instead(other)));
            }
        }
        for link in &tree.links {
            if !VERBS.contains(&link.verb.text.as_str()) {
                cx.unknown("link", &link.verb, VERBS, |d| {
                    d.help("links are `requires`, `complements`, `replaces` and `excludes`")
                });
                continue;
            }
            let to = match &link.facet {
                Some(name) => match cx.lookup_facet(name) {
                    Some(to) => to,
                    None => continue,
                },
                None => facet,
            };
            if let Some(other) = cx.find_node(to, &link.path) {
                found.push((id, Found::Link(link.verb.text.clone(), to, other)));
            }
        }
        links(cx, facet, &tree.children, &path, found);
    }
}

/// What takes the place of a deprecated node must be in use itself.
fn deprecations(cx: &mut Context, id: FacetId) {
    let facet = &cx.program.facets[id];
    let mut wrong = Vec::new();
    for (at, node) in facet.nodes.iter().enumerate() {
        let Some(instead) = node.deprecated else { continue };
        let other = &facet.nodes[instead as usize];
        if other.deprecated.is_some() {
            wrong.push(at);
            let mut d = Diagnostic::new(
                Code::BadDeprecation,
                node.span,
                format!("`{}` is to be replaced by `{}`, which is deprecated too", node.path, other.path),
                format!("points to `{}`", other.path),
            )
            .label(other.span, "deprecated here");
            let mut last = instead;
            let mut steps = 0;
            while let Some(next) = facet.nodes[last as usize].deprecated {
                last = next;
                steps += 1;
                if steps > facet.nodes.len() {
                    break;
                }
            }
            if steps <= facet.nodes.len() {
                d = d.help(format!("use `{}`, which is not", facet.nodes[last as usize].path));
            }
            cx.report(d);
        }
    }
    for at in wrong {
        cx.program.facets[id].nodes[at].deprecated = None;
    }
}

/// `replaces` may not lead back to where it began.
fn replacements(cx: &Context) {
    let facets = &cx.program.facets;
    let next = |(facet, node): (FacetId, u32)| -> Vec<(FacetId, u32)> {
        facets[facet].nodes[node as usize]
            .links
            .iter()
            .filter(|(verb, ..)| verb == "replaces")
            .map(|(_, f, n)| (*f, *n))
            .collect()
    };
    let mut done: std::collections::BTreeSet<(FacetId, u32)> = Default::default();
    for (f, facet) in facets.iter().enumerate() {
        for n in 0..facet.nodes.len() as u32 {
            let start = (f, n);
            if done.contains(&start) || next(start).is_empty() {
                continue;
            }
            let mut stack = vec![(start, next(start))];
            while let Some((at, rest)) = stack.last_mut() {
                let at = *at;
                let Some(to) = rest.pop() else {
                    done.insert(at);
                    stack.pop();
                    continue;
                };
                if done.contains(&to) {
                    continue;
                }
                if let Some(from) = stack.iter().position(|(s, _)| *s == to) {
                    let circle: Vec<(FacetId, u32)> = stack[from..].iter().map(|(s, _)| *s).collect();
                    report_circle(cx, &circle);
                    continue;
                }
                stack.push((to, next(to)));
            }
        }
    }
}

fn report_circle(cx: &Context, circle: &[(FacetId, u32)]) {
    let node = |(f, n): &(FacetId, u32)| &cx.program.facets[*f].nodes[*n as usize];
    let Some(first) = circle.first().map(node) else { return };
    let mut d = Diagnostic::new(
        Code::ReplacementCycle,
        first.span,
        format!("`{}` replaces itself", first.path),
        "replaces itself, by whatever way",
    );
    for other in circle.iter().skip(1).map(node) {
        d = d.label(other.span, "over this one");
    }
    cx.report(d);
}
