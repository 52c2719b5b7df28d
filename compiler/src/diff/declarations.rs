//! Declarations other than journeys, part by part.

use super::words::{self, cite, line_of, words};
use super::{Change, Cite, Class, How, Part};
use crate::hir::{About, Piece, Program};
use crate::project::Checked;
use journey_grammar::ast::{self, Decl, Item, RuleKind};
use journey_grammar::span::Span;
use std::collections::BTreeMap;

/// A part of a declaration: what a change of it is about, what it says, and where.
struct Fact {
    class: Class,
    /// Its words, and whatever else makes it what it is.
    says: String,
    cite: Cite,
}

/// A declaration in parts.
#[derive(Default)]
struct Facts {
    by_key: BTreeMap<String, Fact>,
    annotated: Vec<(String, Span)>,
    owner: Option<String>,
    inside: bool,
    /// What a change is about when the whole comes or goes.
    class: Option<Class>,
    name: Option<Cite>,
}

impl Facts {
    fn add(&mut self, checked: &Checked, class: Class, key: impl Into<String>, span: Span) {
        let fact = Fact { class, says: words(checked, span), cite: cite(checked, span) };
        let key = key.into();
        let mut free = key.clone();
        let mut number = 2;
        while self.by_key.contains_key(&free) {
            free = format!("{key} ({number})");
            number += 1;
        }
        self.by_key.insert(free, fact);
    }
}

type All = BTreeMap<(&'static str, String), Facts>;

/// Every declaration of the project, but journeys and tests.
fn all(checked: &Checked) -> All {
    let mut all = All::new();
    for (number, tree) in checked.trees.iter().enumerate() {
        let source = checked.sources.get(number + 1);
        if source.is_none_or(|s| s.pack) {
            continue;
        }
        for item in &tree.items {
            if let Some((kind, name, span)) = named(&item.decl) {
                let facts = all.entry((kind, name)).or_default();
                facts.name.get_or_insert_with(|| words::cite_line(checked, span));
                facts.annotated.extend(item.annotations.iter().map(|a| (words(checked, a.span), a.span)));
                of(checked, item, facts);
            }
        }
    }
    all
}

fn named(decl: &Decl) -> Option<(&'static str, String, Span)> {
    let of = |kind, name: &ast::Name| Some((kind, name.text.clone(), name.span));
    match decl {
        Decl::Taxonomy(d) => of("taxonomy", &d.name),
        Decl::Event(d) => of("event", &d.name),
        Decl::ExtendEvent(d) => of("event", &d.name),
        Decl::Record(d) => of("record", &d.name),
        Decl::Profile(d) => {
            Some(("profile", "profile".to_string(), d.fields.first().map_or(Span::default(), |f| f.span)))
        }
        Decl::Segment(d) => of("segment", &d.name),
        Decl::Purpose(d) => of("purpose", &d.name),
        Decl::Channel(d) => of("channel", &d.name),
        Decl::Message(d) => of("message", &d.name),
        Decl::Offer(d) => of("offer", &d.name),
        Decl::Policy(d) => of("policy", &d.name),
        Decl::Webhook(d) => of("webhook", &d.name),
        Decl::Calendar(d) => of("calendar", &d.name),
        Decl::Team(d) => of("team", &d.name),
        Decl::Use(_) | Decl::Journey(_) | Decl::Test(_) | Decl::Migrate(_) | Decl::Broken { .. } => None,
    }
}

fn of(checked: &Checked, item: &Item, facts: &mut Facts) {
    let program = &checked.program;
    let owner = |about: Option<&About>| about.and_then(|a| a.owner).map(|t| program.teams[t].name.clone());
    let fields = |facts: &mut Facts, fields: &[ast::Field]| {
        for field in fields {
            facts.add(checked, Class::Data, format!("field {}", field.name.text), field.span);
        }
    };
    facts.class = Some(Class::Data);
    match &item.decl {
        Decl::Event(event) => {
            fields(facts, &event.fields);
            let name = Span { end: event.wire.as_ref().map_or(event.name.span, |w| w.span).end, ..event.name.span };
            facts.add(checked, Class::Data, "name", name);
            if let Some(source) = &event.source {
                facts.add(checked, Class::Data, "source", source.span);
            }
            facts.owner = owner(program.events.iter().find(|e| e.name == event.name.text).map(|e| &e.about));
        }
        Decl::ExtendEvent(event) => fields(facts, &event.fields),
        Decl::Record(record) => fields(facts, &record.fields),
        Decl::Profile(profile) => fields(facts, &profile.fields),
        Decl::Segment(segment) => {
            facts.class = Some(Class::Audience);
            facts.inside = true;
            facts.add(checked, Class::Audience, "condition", segment.condition.span);
            facts.owner = owner(program.segments.iter().find(|s| s.name == segment.name.text).map(|s| &s.about));
        }
        Decl::Purpose(_) | Decl::Channel(_) => {
            facts.class = Some(Class::Consent);
            facts.inside = true;
            facts.add(checked, Class::Consent, "declaration", item.span);
        }
        Decl::Message(message) => {
            facts.class = Some(Class::Content);
            facts.inside = true;
            self::message(checked, message, facts);
            facts.owner = owner(program.messages.iter().find(|m| m.name == message.name.text).map(|m| &m.about));
        }
        Decl::Offer(offer) => {
            facts.class = Some(Class::Audience);
            facts.inside = true;
            let terms = [
                ("eligible", Class::Audience, offer.eligible.as_ref().map(|e| e.span)),
                ("propensity", Class::Routing, offer.propensity.as_ref().map(|e| e.span)),
                ("value", Class::Routing, offer.value.as_ref().map(|e| e.span)),
                ("weight", Class::Routing, offer.weight.as_ref().map(|e| e.span)),
                ("from … to", Class::Timing, offer.valid.as_ref().map(|v| v.span)),
                ("do", Class::Content, offer.body.as_ref().map(|b| b.span)),
            ];
            for (key, class, span) in terms {
                if let Some(span) = span {
                    facts.add(checked, class, key, span);
                }
            }
            for limit in &offer.limits {
                facts.add(checked, Class::Audience, "limit", limit.span);
            }
            facts.owner = owner(program.offers.iter().find(|o| o.name == offer.name.text).map(|o| &o.about));
        }
        Decl::Policy(policy) => {
            facts.class = Some(Class::Consent);
            facts.inside = true;
            let first = policy.rules.first().map_or(item.span.end, |r| r.span.start);
            let scope = Span { start: policy.name.span.end, end: first, ..item.span };
            facts.add(checked, Class::Consent, "scope", scope);
            for rule in &policy.rules {
                let (key, class) = match &rule.kind {
                    RuleKind::Consent { .. } => ("consent rule", Class::Consent),
                    RuleKind::Cap { .. } => ("cap", Class::Consent),
                    RuleKind::Gap { .. } => ("gap", Class::Consent),
                    RuleKind::Quiet { .. } => ("quiet hours", Class::Timing),
                    RuleKind::Deliver { .. } => ("delivery window", Class::Timing),
                    RuleKind::Annotations { .. } => ("required annotations", Class::Content),
                    RuleKind::Lasts(_) => ("longest run", Class::Timing),
                };
                facts.add(checked, class, key, rule.span);
            }
            facts.owner = owner(program.policies.iter().find(|p| p.name == policy.name.text).map(|p| &p.about));
        }
        Decl::Webhook(_) => facts.add(checked, Class::Data, "declaration", item.span),
        Decl::Taxonomy(taxonomy) => {
            if let Some(facet) = program.facets.iter().find(|f| f.name == taxonomy.name.text) {
                for node in &facet.nodes {
                    let says =
                        format!("{:?} {:?}", node.labels, node.deprecated.map(|n| &facet.nodes[n as usize].path));
                    let cite = Cite { span: node.span, text: node.path.clone() };
                    facts.by_key.insert(format!("node {}", node.path), Fact { class: Class::Data, says, cite });
                }
            }
        }
        Decl::Calendar(calendar) => {
            facts.class = Some(Class::Timing);
            let days = program.calendars.iter().find(|c| c.name == calendar.name.text).map(|c| &c.days);
            let cite = cite(checked, calendar.file.span);
            facts.by_key.insert("days".into(), Fact { class: Class::Timing, says: format!("{days:?}"), cite });
        }
        Decl::Team(team) => facts.add(checked, Class::Data, "address", team.address.span),
        Decl::Use(_) | Decl::Journey(_) | Decl::Test(_) | Decl::Migrate(_) | Decl::Broken { .. } => {}
    }
}

fn message(checked: &Checked, message: &ast::Message, facts: &mut Facts) {
    facts.add(checked, Class::Consent, "purpose", message.purpose.span);
    for param in &message.params {
        let span = Span { end: param.ty.span.end, ..param.name.span };
        facts.add(checked, Class::Data, format!("input {}", param.name.text), span);
    }
    if let Some(valid) = &message.valid {
        facts.add(checked, Class::Timing, "from … to", valid.span);
    }
    for claim in &message.claims {
        let span = Span { end: claim.value.span.end, ..claim.name.span };
        facts.add(checked, Class::Content, format!("claim {}", claim.name.text), span);
    }
    // With what stands in files.
    let Some(known) = checked.program.messages.iter().find(|m| m.name == message.name.text) else { return };
    for rendering in &known.renderings {
        let channel = &checked.program.channels[rendering.channel].name;
        let of =
            if rendering.locale.is_empty() { channel.clone() } else { format!("{channel} in {}", rendering.locale) };
        for (part, template) in &rendering.parts {
            let text: String = template.pieces.iter().map(|p| piece(checked, p)).collect();
            let cite = Cite { span: rendering.span, text: text.split_whitespace().collect::<Vec<_>>().join(" ") };
            facts.by_key.insert(format!("{of}: {part}"), Fact { class: Class::Content, says: text, cite });
        }
    }
}

fn piece(checked: &Checked, piece: &Piece) -> String {
    match piece {
        Piece::Text(text) => text.clone(),
        Piece::Value(value) => {
            let text = checked.sources.get(usize::from(value.span.file.0)).and_then(|s| s.text.get(value.span.range()));
            format!("{{{{ {} }}}}", line_of(text.unwrap_or("")))
        }
    }
}

/// The changes of all declarations but journeys, and of the settings.
pub(super) fn declarations(old: &Checked, new: &Checked) -> Vec<Part> {
    let (mut before, mut after) = (all(old), all(new));
    let mut keys: Vec<(&'static str, String)> = before.keys().chain(after.keys()).cloned().collect();
    keys.sort();
    keys.dedup();
    let mut parts = vec![settings(&old.program, &new.program)];
    for key in keys {
        let (one, other) = (before.remove(&key), after.remove(&key));
        let known = other.as_ref().or(one.as_ref());
        let owner = known.and_then(|f| f.owner.clone());
        let inside = known.is_some_and(|f| f.inside);
        let class = known.and_then(|f| f.class).unwrap_or(Class::Data);
        let whole =
            |how, old: Option<Cite>, new: Option<Cite>| vec![Change { class, how, what: key.0.to_string(), old, new }];
        let (how, changes) = match (one, other) {
            (Some(one), Some(other)) => (How::Changed, changed(old, one, new, other)),
            (Some(one), None) => (How::Removed, whole(How::Removed, one.name, None)),
            (None, other) => (How::Added, whole(How::Added, None, other.and_then(|f| f.name))),
        };
        parts.push(Part {
            kind: key.0,
            name: key.1,
            how,
            owner,
            changes,
            reaches_people_inside: inside && how == How::Changed,
            places: Vec::new(),
            versions: (None, None),
        });
    }
    parts
}

fn changed(old: &Checked, mut one: Facts, new: &Checked, other: Facts) -> Vec<Change> {
    let mut changes = Vec::new();
    for (words, span) in one.annotated.iter().filter(|(w, _)| !other.annotated.iter().any(|(o, _)| o == w)) {
        let what = format!("annotation {words}");
        changes.push(Change { class: Class::Content, how: How::Removed, what, old: Some(cite(old, *span)), new: None });
    }
    for (words, span) in other.annotated.iter().filter(|(w, _)| !one.annotated.iter().any(|(o, _)| o == w)) {
        let what = format!("annotation {words}");
        changes.push(Change { class: Class::Content, how: How::Added, what, old: None, new: Some(cite(new, *span)) });
    }
    for (key, fact) in other.by_key {
        let (how, old) = match one.by_key.remove(&key) {
            Some(before) if before.says == fact.says => continue,
            Some(before) => (How::Changed, Some(before.cite)),
            None => (How::Added, None),
        };
        changes.push(Change { class: fact.class, how, what: key, old, new: Some(fact.cite) });
    }
    for (key, fact) in one.by_key {
        changes.push(Change { class: fact.class, how: How::Removed, what: key, old: Some(fact.cite), new: None });
    }
    changes
}

/// Settings that mean something to journeys.
fn settings(old: &Program, new: &Program) -> Part {
    let mut changes = Vec::new();
    let cite = |text: &str| Some(Cite { span: Span::default(), text: text.to_string() });
    for (what, class, one, other) in [
        ("time_zone", Class::Timing, &old.time_zone, &new.time_zone),
        ("currency", Class::Data, &old.currency, &new.currency),
    ] {
        if one != other {
            changes.push(Change { class, how: How::Changed, what: what.to_string(), old: cite(one), new: cite(other) });
        }
    }
    Part {
        kind: "settings",
        name: "journey.toml".to_string(),
        how: How::Changed,
        owner: None,
        changes,
        reaches_people_inside: true,
        places: Vec::new(),
        versions: (None, None),
    }
}
