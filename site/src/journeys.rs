//! A journey: picture, clauses, steps, data, messages, rules.

use crate::Project;
use crate::html::{doc, esc, href, said, section, table};
use crate::text;
use journey_compiler::hir::{FacetId, RuleKind, Step as HirStep, StepKind};
use journey_compiler::inventory::{Owner, Personal};
use journey_compiler::prove::consent::Row;
use journey_compiler::prove::pressure::Most;
use journey_compiler::prove::words as proven;
use journey_picture::words::{human, listed};
use journey_picture::{Options, Picture, svg};
use std::collections::{BTreeMap, BTreeSet};

/// The picture alone, with its heading.
pub(crate) fn picture(p: &Project<'_>, journey: usize) -> String {
    svg::svg(&Picture::new(p.program, p.sources, journey), &Options::default())
}

pub(crate) fn page(p: &Project<'_>, journey: usize) -> String {
    let of = &p.program.journeys[journey];
    let up = "../";
    let picture = Picture::new(p.program, p.sources, journey);
    let options = Options { bare: true, to_steps: true, ..Options::default() };
    let path = format!("journeys/{}.html", of.name);
    let mut body = format!("<p class=\"kind\">Journey</p><h1>{}</h1>{}", esc(&picture.title), p.chips(up, &of.about));
    body += &doc(of.about.doc.as_ref());
    body += &facts(p, journey);
    body += &format!(
        "<figure class=\"picture\"><div class=\"canvas\">{}</div><figcaption><a href=\"{}\">The picture alone</a> · \
         <code>{}</code></figcaption></figure>",
        svg::svg(&picture, &options),
        href(&format!("{}.svg", of.name)),
        esc(&format!("{}:{}", picture.place.file, picture.place.line))
    );
    let mut rules = String::new();
    for trigger in &picture.triggers {
        let title = esc(&trigger.title);
        rules += &format!("<div><dt>Starts</dt><dd>{title} {}</dd></div>", esc(&trigger.lines.join(", ")));
    }
    if let Some(condition) = &picture.only_if {
        rules += &format!("<div><dt>Only if</dt><dd>{}</dd></div>", esc(condition));
    }
    let rules = format!("<dl class=\"notes\">{rules}</dl>{}", text::notes(&picture.notes));
    body += &section("rules", "Who comes in, and what ends it", &rules);
    body += &section("steps", "Step by step", &text::steps(p, up, &picture.steps, true));
    if !picture.on_leaving.is_empty() {
        body += &section("leaving", "At any end", &text::steps(p, up, &picture.on_leaving, true));
    }
    body += &section("messages", "Messages it sends", &messages(p, journey));
    body += &section("certain", "What is certain", &certain(p, journey));
    body += &section("policies", "Policies that concern it", &policies(p, journey));
    body += &section("data", "Data it reads", &data(p, journey));
    p.page(&path, &picture.title, &body)
}

/// What is known of it in numbers.
fn facts(p: &Project<'_>, journey: usize) -> String {
    let mut tiles = String::new();
    let mut tile = |number: String, what: &str| {
        tiles += &format!("<div class=\"tile\"><b>{}</b><span>{}</span></div>", esc(&number), esc(what));
    };
    let whole = p.pressure.kinds.iter().find(|k| k.purpose.is_none() && k.channel.is_none());
    for window in whole.into_iter().flat_map(|k| &k.windows) {
        if let Some((_, most)) = window.journeys.iter().find(|(j, _)| *j == journey) {
            let days = if window.days == 1 { "1 day".to_string() } else { format!("{} days", window.days) };
            let text = match most {
                Most::Of(n) => journey_runtime::report::words::count(*n),
                Most::Endless => "no limit".to_string(),
            };
            tile(text, &format!("messages in {days} at most, before any policy"));
        }
    }
    if let Some(stay) = p.stays.get(journey) {
        let what = if stay.by_steps.ms == 0 { "in the whole journey" } else { "a run stays at most, by its steps" };
        let tile = format!("<div class=\"tile\"><b>{}</b><span>{what}</span></div>", esc(&proven::by_steps(stay)));
        tiles += &tile;
    }
    if tiles.is_empty() { tiles } else { format!("<div class=\"tiles\">{tiles}</div>") }
}

/// What is proven of it: how long its runs may stay, and which consent stands before its sends.
fn certain(p: &Project<'_>, journey: usize) -> String {
    let mut out = String::new();
    if let Some(stay) = p.stays.get(journey) {
        let mut why: Vec<String> =
            proven::longest(p.sources, &stay.way_by_steps, 6).into_iter().map(|(text, _)| code(&text)).collect();
        why.extend(
            proven::longest(p.sources, &proven::held(stay), 6)
                .iter()
                .map(|(text, _)| format!("held back at {}", code(text))),
        );
        why.extend(proven::open(p.program, stay).into_iter().map(|(why, spans)| {
            let steps: Vec<String> = spans.iter().map(|s| code(&proven::step(p.sources, *s))).collect();
            format!("no end at {}: {}", steps.join(", "), said(&why))
        }));
        let why: String = why.iter().map(|why| format!("<li>{why}</li>")).collect();
        out += &format!(
            "<h3>How long a run may stay</h3><p>By its steps at most <b>{}</b>; with pauses and with rules that hold a send back, \
             <b>{}</b>.</p><ul class=\"small\">{why}</ul>",
            said(&proven::by_steps(stay)),
            said(&proven::most(p.program, stay))
        );
    }
    let of = &p.program.journeys[journey];
    let mut sends = BTreeSet::new();
    places(p, &of.body, &mut sends);
    places(p, &of.on_leaving, &mut sends);
    let here = |row: &&Row| row.sends.iter().any(|s| sends.contains(&(s.file.0, s.start)));
    let rows = consent(p, "../", &p.consent.iter().filter(here).collect::<Vec<_>>());
    if !rows.is_empty() {
        out += &format!("<h3>Which consent is asked for</h3>{rows}");
    }
    out
}

/// What a step says, as code, and how long it takes.
fn code(text: &str) -> String {
    match text.rsplit_once(": ") {
        Some((step, long)) => format!("<code>{}</code>: {}", esc(step), esc(long)),
        None => format!("<code>{}</code>", esc(text)),
    }
}

/// A table of purposes, channels and what the gate asks for before a send.
pub(crate) fn consent(p: &Project<'_>, up: &str, rows: &[&Row]) -> String {
    let cells = |row: &&Row| {
        let purpose = &p.program.purposes[row.purpose];
        let policy = |(policy, _): &(usize, usize)| {
            let name = &p.program.policies[*policy].name;
            let anchor = esc(&crate::html::anchor(name));
            format!("<a href=\"{up}policies.html#{anchor}\">{}</a>", esc(&journey_picture::words::title(name)))
        };
        let mut by: Vec<String> = row.said.iter().map(policy).collect();
        by.dedup();
        vec![
            esc(&purpose.label),
            esc(&human(&p.program.channels[row.channel].name)),
            esc(proven::consent(row.rule)),
            if by.is_empty() { "the purpose itself".to_string() } else { by.join(", ") },
        ]
    };
    table(&["For", "By", "Asked for at each hand-over", "Said by"], &rows.iter().map(cells).collect::<Vec<_>>())
}

/// Where sends stand, those of the offers that steps choose from included.
fn places(p: &Project<'_>, steps: &[HirStep], found: &mut BTreeSet<(u16, u32)>) {
    for step in steps {
        match &step.kind {
            StepKind::Send(_) => _ = found.insert((step.span.file.0, step.span.start)),
            StepKind::NextBest { candidates, .. } => {
                candidates.iter().for_each(|(offer, _)| places(p, &p.program.offers[*offer].body, found));
            }
            _ => {}
        }
        step.kind.blocks().into_iter().for_each(|block| places(p, block, found));
    }
}

/// Sends of steps, those of the offers they choose from included: message and the channels it is tried by.
pub(crate) fn sends(p: &Project<'_>, steps: &[HirStep], found: &mut BTreeMap<usize, BTreeSet<usize>>) {
    for step in steps {
        match &step.kind {
            StepKind::Send(send) => found.entry(send.message).or_default().extend(&send.channels),
            StepKind::NextBest { candidates, .. } => {
                for (offer, _) in candidates {
                    sends(p, &p.program.offers[*offer].body, found);
                }
            }
            _ => {}
        }
        for block in step.kind.blocks() {
            sends(p, block, found);
        }
    }
}

/// What a journey may send.
pub(crate) fn sends_of(p: &Project<'_>, journey: usize) -> BTreeMap<usize, BTreeSet<usize>> {
    let of = &p.program.journeys[journey];
    let mut found = BTreeMap::new();
    sends(p, &of.body, &mut found);
    sends(p, &of.on_leaving, &mut found);
    found
}

fn messages(p: &Project<'_>, journey: usize) -> String {
    let rows: Vec<Vec<String>> = sends_of(p, journey)
        .into_iter()
        .map(|(message, channels)| {
            let of = &p.program.messages[message];
            let channels: Vec<String> = channels.iter().map(|c| human(&p.program.channels[*c].name)).collect();
            vec![p.message("../", message), esc(&listed(&channels, "or")), esc(&p.program.purposes[of.purpose].label)]
        })
        .collect();
    table(&["Message", "By", "For"], &rows)
}

fn policies(p: &Project<'_>, journey: usize) -> String {
    let tags = &p.program.journeys[journey].about.tags;
    let mut out = String::new();
    for policy in p.program.policies.iter().filter(|policy| concerns(p, &policy.scope, tags)) {
        let rules: String = policy
            .rules
            .iter()
            .filter(|rule| !matches!(rule.kind, RuleKind::Annotations { .. }))
            .map(|rule| format!("<li>{}.</li>", esc(&p.words.rule(rule))))
            .collect();
        if !rules.is_empty() {
            let name = esc(&journey_picture::words::title(&policy.name));
            let anchor = esc(&crate::html::anchor(&policy.name));
            out += &format!("<h3><a href=\"../policies.html#{anchor}\">{name}</a></h3><ul>{rules}</ul>");
        }
    }
    out
}

/// Whether something with these annotations is in a policy's scope.
fn concerns(p: &Project<'_>, scope: &[(FacetId, u32)], tags: &[(FacetId, u32)]) -> bool {
    let facets: BTreeSet<FacetId> = scope.iter().map(|(facet, _)| *facet).collect();
    facets.iter().all(|facet| {
        scope.iter().filter(|(f, _)| f == facet).any(|(_, node)| {
            let end = p.program.facets[*facet].nodes[*node as usize].end;
            tags.iter().any(|(f, tag)| f == facet && (*node..end).contains(tag))
        })
    })
}

fn data(p: &Project<'_>, journey: usize) -> String {
    let mut rows = Vec::new();
    for (subject, uses) in &p.inventory.data {
        let mut why: Vec<String> = Vec::new();
        for one in uses.iter().filter(|u| u.journey == journey) {
            let mut text = one.why();
            if let Some(back) = one.look_back {
                text += &format!(" ({})", back.text());
            }
            if !why.contains(&text) {
                why.push(text);
            }
        }
        if why.is_empty() {
            continue;
        }
        let (of, link) = match subject.owner {
            Owner::Event(event) => {
                let name = &p.program.events[event].name;
                (human(name), Some(format!("event-{name}")))
            }
            Owner::Profile => ("profile".to_string(), Some("profile".to_string())),
            Owner::Consent(purpose) => (format!("consent to {}", human(&p.program.purposes[purpose].name)), None),
            Owner::Answer(webhook) => (format!("answer of {}", human(&p.program.webhooks[webhook].name)), None),
        };
        let of = match link {
            Some(link) => format!("<a href=\"../data.html#{}\">{}</a>", esc(&crate::html::anchor(&link)), esc(&of)),
            None => esc(&of),
        };
        let field = subject.name(p.program).map_or(String::new(), |f| format!("<code>{}</code>", esc(&f)));
        let personal = match subject.personal(p.program) {
            Some(Personal::Declared | Personal::Address) => "personal",
            Some(Personal::ByItsName) => "personal, by its name",
            None => "",
        };
        rows.push(vec![of, field, esc(&why.join(", ")), esc(personal)]);
    }
    table(&["Of", "Field", "For", ""], &rows)
}
