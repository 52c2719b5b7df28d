//! Policies as sentences, with what is proven of them.

use crate::Project;
use crate::html::{anchor, doc, esc};
use journey_picture::words::{human, listed, title};

pub(crate) fn page(p: &Project<'_>) -> String {
    let mut body =
        "<p class=\"kind\">Project</p><h1>Policies</h1><p class=\"lead\">Rules above the journeys: no journey can opt \
                    out of them.</p>"
            .to_string();
    for (number, policy) in p.program.policies.iter().enumerate() {
        let scope = if policy.scope.is_empty() {
            "all journeys".to_string()
        } else {
            let of = |(facet, node): &(usize, u32)| {
                format!("{} {}", human(&p.program.facets[*facet].name), p.words.node(*facet, *node))
            };
            listed(&policy.scope.iter().map(of).collect::<Vec<_>>(), "and")
        };
        let rules: String = policy
            .rules
            .iter()
            .enumerate()
            .map(|(at, rule)| {
                let verdict = p.pressure.rules.iter().find(|v| v.policy == number && v.rule == at);
                let proven = match verdict {
                    Some(verdict) if verdict.proven() => {
                        " <span class=\"good chip\">never reached by the journeys</span>"
                    }
                    Some(_) => " <span class=\"chip\">keeps the journeys back</span>",
                    None => "",
                };
                format!("<li>{}.{proven}</li>", esc(&p.words.rule(rule)))
            })
            .collect();
        body += &format!(
            "<section id=\"{}\"><h2>{}</h2>{}<p>For {}.</p>{}<ul>{rules}</ul></section>",
            esc(&anchor(&policy.name)),
            esc(&title(&policy.name)),
            p.chips("", &policy.about),
            esc(&scope),
            doc(policy.about.doc.as_ref())
        );
    }
    if p.program.policies.is_empty() {
        body += "<p>No policy is declared.</p>";
    }
    let purposes: Vec<Vec<String>> = p
        .program
        .purposes
        .iter()
        .map(|of| {
            let consent = if of.needs_no_consent { "no" } else { "yes" };
            vec![esc(&human(&of.name)), esc(&of.label), consent.to_string()]
        })
        .collect();
    body += &crate::html::section(
        "purposes",
        "Why we write",
        &crate::html::table(&["Purpose", "In words", "Needs consent"], &purposes),
    );
    let rows: Vec<_> = p.consent.iter().collect();
    body += &crate::html::section("consent", "Which consent is asked for", &crate::journeys::consent(p, "", &rows));
    p.page("policies.html", "Policies", &body)
}
