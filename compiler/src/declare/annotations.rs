//! `@facet path` and `@owner team`: what they name, and what taxonomies and policies ask of them.

use crate::hir::{About, FacetId, RuleKind};
use crate::scope::{Context, Declared, Kind};
use journey_grammar::ast::{Annotation, Item};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;
use journey_grammar::span::Span;
use std::collections::BTreeSet;

/// What a declaration has in common with all others; `name` is where its name stands.
pub fn about<T>(cx: &Context, declared: &Declared<T>, name: Span) -> About {
    about_item(cx, declared.item, name, declared.pack)
}

fn about_item(cx: &Context, item: &Item, name: Span, pack: bool) -> About {
    let mut about = About { span: name, doc: item.doc.clone(), from_pack: pack, ..About::default() };
    let mut owner: Option<Span> = None;
    for annotation in &item.annotations {
        if annotation.facet.text != "owner" {
            continue;
        }
        if let Some(earlier) = owner {
            cx.report(
                Diagnostic::new(Code::DuplicateName, annotation.span, "`@owner` stands twice", "here again")
                    .label(earlier, "here first"),
            );
            continue;
        }
        owner = Some(annotation.span);
        about.owner = team(cx, annotation);
    }
    about.tags = tags(cx, &item.annotations, &[]);
    about
}

fn team(cx: &Context, annotation: &Annotation) -> Option<usize> {
    let name = annotation.path.parts.first()?;
    cx.lookup_team(name)
}

/// The places that annotations name, after those that are inherited. Reports unknown ones, and links that are not honoured.
pub fn tags(cx: &Context, annotations: &[Annotation], inherited: &[(FacetId, u32)]) -> Vec<(FacetId, u32)> {
    let mut tags = inherited.to_vec();
    let mut own = Vec::new();
    for annotation in annotations {
        if annotation.facet.text == "owner" {
            continue;
        }
        let Some(facet) = cx.lookup_facet(&annotation.facet) else { continue };
        let Some(node) = cx.lookup_node(facet, &annotation.path) else { continue };
        own.push((facet, node, annotation));
        if !tags.contains(&(facet, node)) {
            tags.push((facet, node));
        }
    }
    for (facet, node, annotation) in &own {
        let (facet, node) = (*facet, *node);
        honoured(cx, (facet, node), annotation, annotations, &tags);
    }
    for (at, (facet, node, annotation)) in own.iter().enumerate() {
        let earlier: Vec<_> = own[..at].iter().map(|(f, n, a)| ((*f, *n), Some(a.span))).collect();
        let earlier = inherited.iter().map(|tag| (*tag, None)).chain(earlier);
        opposed(cx, (*facet, *node), annotation, earlier);
    }
    tags
}

/// `excludes`: nothing is marked with both.
fn opposed(
    cx: &Context,
    tag: (FacetId, u32),
    annotation: &Annotation,
    earlier: impl Iterator<Item = ((FacetId, u32), Option<Span>)>,
) {
    let program = &cx.program;
    let node = |(facet, node): (FacetId, u32)| &program.facets[facet].nodes[node as usize];
    for (other, at) in earlier {
        let (one, by) = match (program.excludes(other, tag), program.excludes(tag, other)) {
            (true, _) => (other, tag),
            (_, true) => (tag, other),
            _ => continue,
        };
        let message = format!("`{}` excludes `{}`", node(one).path, node(by).path);
        let mut d = Diagnostic::new(Code::UnmetRequirement, annotation.span, message, "cannot stand here");
        d = match at {
            Some(at) => d.label(at, "beside this"),
            None => d.note(format!("`{}` is inherited from the journey", node(other).path)),
        };
        cx.report(d);
    }
}

/// `requires`: where a declaration has tags of both facets, one must lie in the subtree the link names.
fn honoured(
    cx: &Context,
    (facet, node): (FacetId, u32),
    annotation: &Annotation,
    all: &[Annotation],
    tags: &[(FacetId, u32)],
) {
    let program = &cx.program;
    let mut at = Some(node);
    while let Some(n) = at {
        let n = &program.facets[facet].nodes[n as usize];
        at = n.parent;
        for (verb, to, target) in &n.links {
            if verb != "requires" || *to == facet {
                continue;
            }
            let wanted = &program.facets[*to];
            let end = wanted.nodes[*target as usize].end;
            let mut both = tags.iter().filter(|(f, _)| f == to).peekable();
            if both.peek().is_none() || both.any(|(_, t)| (*target..end).contains(t)) {
                continue;
            }
            let path = &wanted.nodes[*target as usize].path;
            let mut d = Diagnostic::new(
                Code::UnmetRequirement,
                annotation.span,
                format!("`{}` requires `@{} {path}`", n.path, wanted.name),
                format!("asks for `@{} {path}`", wanted.name),
            )
            .label(n.span, "required here");
            match all.iter().find(|a| a.facet.text == wanted.name) {
                Some(other) => {
                    d = d.label(other.span, "but this stands here").suggest(
                        format!("change it to `@{} {path}`", wanted.name),
                        other.span,
                        format!("@{} {path}", wanted.name),
                    );
                }
                None => d = d.note(format!("the tag of `{}` is inherited from the journey", wanted.name)),
            }
            cx.report(d);
        }
    }
}

/// `require @owner, @campaign on journey`: reports the declarations that lack one.
pub fn required(cx: &Context) {
    let mut said: BTreeSet<(Span, Option<FacetId>)> = BTreeSet::new();
    for policy in &cx.program.policies {
        for rule in &policy.rules {
            let RuleKind::Annotations { facets, on } = &rule.kind else { continue };
            let (kind, about): (Kind, Vec<(&str, &About)>) = match on.as_str() {
                "journey" => (Kind::Journey, cx.program.journeys.iter().map(|d| (d.name.as_str(), &d.about)).collect()),
                "message" => (Kind::Message, cx.program.messages.iter().map(|d| (d.name.as_str(), &d.about)).collect()),
                "offer" => (Kind::Offer, cx.program.offers.iter().map(|d| (d.name.as_str(), &d.about)).collect()),
                _ => continue,
            };
            for (id, (name, about)) in about.iter().enumerate() {
                if about.from_pack || cx.names.is_broken(kind, id) || !in_scope(cx, &policy.scope, &about.tags) {
                    continue;
                }
                for facet in facets {
                    lacks(cx, kind, name, about, *facet, (&policy.name, rule.span), &mut said);
                }
            }
        }
    }
}

fn lacks(
    cx: &Context,
    kind: Kind,
    name: &str,
    about: &About,
    facet: Option<FacetId>,
    (policy, rule): (&str, Span),
    said: &mut BTreeSet<(Span, Option<FacetId>)>,
) {
    let there = match facet {
        Some(facet) => about.tags.iter().any(|(f, _)| *f == facet),
        None => about.owner.is_some(),
    };
    if there || written(cx, kind, name, facet) || !said.insert((about.span, facet)) {
        return;
    }
    let (word, path) = match facet {
        Some(facet) => (cx.program.facets[facet].name.as_str(), "a place of the taxonomy"),
        None => ("owner", "a team"),
    };
    cx.report(
        Diagnostic::new(
            Code::MissingAnnotation,
            about.span,
            format!("the {} `{name}` has no `@{word}`", kind.word()),
            format!("`@{word}` is missing"),
        )
        .label(rule, format!("the policy `{policy}` asks for it"))
        .help(format!("write `@{word}` and {path} on a line above it")),
    );
}

/// Whether the annotation stands there, if with a name that was reported.
fn written(cx: &Context, kind: Kind, name: &str, facet: Option<FacetId>) -> bool {
    let word = match facet {
        Some(facet) => cx.program.facets[facet].name.as_str(),
        None => "owner",
    };
    let item = cx.names.find(kind, name).and_then(|id| match kind {
        Kind::Journey => cx.decls.journeys.get(id).map(|d| d.item),
        Kind::Message => cx.decls.messages.get(id).map(|d| d.item),
        Kind::Offer => cx.decls.offers.get(id).map(|d| d.item),
        _ => None,
    });
    item.is_some_and(|item| item.annotations.iter().any(|a| a.facet.text == word))
}

/// Whether tags lie in the scope of a policy: for each facet of the scope, one of its subtrees has one of them.
fn in_scope(cx: &Context, scope: &[(FacetId, u32)], tags: &[(FacetId, u32)]) -> bool {
    scope.iter().all(|(facet, _)| {
        scope.iter().filter(|(f, _)| f == facet).any(|(f, top)| {
            let end = cx.program.facets[*f].nodes[*top as usize].end;
            tags.iter().any(|(tf, t)| tf == f && (*top..end).contains(t))
        })
    })
}
