//! The words all teams share, and what is tagged with them.

use crate::Project;
use crate::html::{anchor, doc, esc, section};
use journey_picture::words::title;

/// A facet with more nodes than this shows only those that are used, and the ways to them.
const LARGE: usize = 120;

pub(crate) fn page(p: &Project<'_>) -> String {
    let mut body = "<p class=\"kind\">Project</p><h1>Taxonomy</h1><p class=\"lead\">The words all teams share. A label outside them \
                    does not compile.</p>"
        .to_string();
    for (number, facet) in p.program.facets.iter().enumerate() {
        let tagged: Vec<Vec<String>> = (0..facet.nodes.len() as u32).map(|node| things(p, number, node)).collect();
        let large = facet.nodes.len() > LARGE;
        let shown = |node: usize| {
            let end = facet.nodes[node].end as usize;
            !large || tagged[node..end].iter().any(|t| !t.is_empty())
        };
        let mut tree = String::new();
        // Ends of the subtrees that are open.
        let mut open: Vec<u32> = Vec::new();
        tree += "<ul class=\"tree\">";
        for (at, node) in facet.nodes.iter().enumerate() {
            while open.last().is_some_and(|end| *end <= at as u32) {
                open.pop();
                tree += "</ul></li>";
            }
            if !shown(at) {
                continue;
            }
            let last = node.path.rsplit('.').next().unwrap_or(&node.path);
            let label = node.labels.iter().find(|(locale, _)| locale.is_empty()).map(|(_, label)| label);
            let label = label.map_or(String::new(), |label| format!(" {}", esc(label)));
            let others = node.labels.iter().filter(|(locale, _)| !locale.is_empty());
            let others: String = others
                .map(|(locale, label)| format!(" <small lang=\"{0}\">{1}</small>", esc(locale), esc(label)))
                .collect();
            let old = node.deprecated.map_or(String::new(), |use_| {
                format!(" <span class=\"chip\">no longer used: {}</span>", esc(&facet.nodes[use_ as usize].path))
            });
            let links: String = node
                .links
                .iter()
                .map(|(verb, facet, to)| {
                    let of = &p.program.facets[*facet];
                    format!(" <small>{} {} {}</small>", esc(verb), esc(&of.name), esc(&of.nodes[*to as usize].path))
                })
                .collect();
            let things =
                if tagged[at].is_empty() { String::new() } else { format!("<p>{}</p>", tagged[at].join(" · ")) };
            tree += &format!(
                "<li id=\"{}\"><code>{}</code>{label}{others}{old}{links}{things}",
                esc(&anchor(&format!("{}.{}", facet.name, node.path))),
                esc(last)
            );
            let inside = (at + 1..node.end as usize).any(shown);
            if inside {
                tree += "<ul>";
                open.push(node.end);
            } else {
                tree += "</li>";
            }
        }
        for _ in open {
            tree += "</ul></li>";
        }
        tree += "</ul>";
        if large {
            tree = format!("<p class=\"small\">{} words; shown are those in use.</p>{tree}", facet.nodes.len());
        }
        // An empty list is no list.
        let tree = tree.replace("<ul class=\"tree\"></ul>", "<p class=\"none\">none in use</p>");
        body +=
            &section(&anchor(&facet.name), &title(&facet.name), &format!("{}{tree}", doc(facet.about.doc.as_ref())));
    }
    if p.program.facets.is_empty() {
        body += "<p>No taxonomy is declared.</p>";
    }
    p.page("taxonomy.html", "Taxonomy", &body)
}

/// What is tagged with a node.
fn things(p: &Project<'_>, facet: usize, node: u32) -> Vec<String> {
    let has = |tags: &[(usize, u32)]| tags.contains(&(facet, node));
    let mut all = Vec::new();
    all.extend(p.journeys.iter().filter(|j| has(&p.program.journeys[**j].about.tags)).map(|j| p.journey("", *j)));
    all.extend(p.messages.iter().filter(|m| has(&p.program.messages[**m].about.tags)).map(|m| p.message("", *m)));
    all.extend(p.offers.iter().filter(|o| has(&p.program.offers[**o].about.tags)).map(|o| p.offer("", *o)));
    all
}
