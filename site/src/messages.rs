//! Messages as they are read.

use crate::html::{doc, esc, section, table};
use crate::journeys::{sends, sends_of};
use crate::{Project, render};
use journey_picture::words::{human, title};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) fn list(p: &Project<'_>) -> String {
    let rows: Vec<Vec<String>> = p
        .messages
        .iter()
        .map(|message| {
            let of = &p.program.messages[*message];
            let mut channels: Vec<String> = Vec::new();
            let mut locales: BTreeSet<&str> = BTreeSet::new();
            for rendering in &of.renderings {
                let name = human(&p.program.channels[rendering.channel].name);
                if !channels.contains(&name) {
                    channels.push(name);
                }
                locales.extend(Some(rendering.locale.as_str()).filter(|l| !l.is_empty()));
            }
            let first = of.renderings.first().and_then(|r| r.parts.first());
            let quote = first.map_or(String::new(), |(_, t)| format!("<q>{}</q>", render::chips(p, t)));
            let locales: Vec<&str> = locales.into_iter().collect();
            vec![
                p.message("", *message),
                quote,
                esc(&channels.join(", ")),
                esc(&locales.join(", ")),
                esc(&p.program.purposes[of.purpose].label),
            ]
        })
        .collect();
    let table = table(&["Message", "", "Channels", "Also in", "For"], &rows);
    p.page("messages.html", "Messages", &format!("<p class=\"kind\">Project</p><h1>Messages</h1>{table}"))
}

pub(crate) fn page(p: &Project<'_>, message: usize) -> String {
    let of = &p.program.messages[message];
    let name = title(&of.name);
    let purpose = &p.program.purposes[of.purpose];
    let consent = if purpose.needs_no_consent { "needs no consent" } else { "needs consent" };
    let mut body = format!("<p class=\"kind\">Message</p><h1>{}</h1>{}", esc(&name), p.chips("../", &of.about));
    body += &doc(of.about.doc.as_ref());
    body += &format!("<p>For <b>{}</b>, which {consent}.", esc(&purpose.label));
    match of.valid {
        (None, None) => {}
        (first, last) => {
            let day = |d: Option<i64>| d.map_or("…".to_string(), journey_runtime::report::words::date);
            body += &format!(" Sent only from {} to {}.", day(first), day(last));
        }
    }
    body += "</p>";
    if !of.claims.is_empty() {
        let claims: Vec<String> = of
            .claims
            .iter()
            .map(|(name, value)| format!("{} {}", esc(&human(name)), esc(&p.words.constant(value, None))))
            .collect();
        body += &format!("<p>Every rendering states: {}.</p>", claims.join(", "));
    }
    let renderings: String = of.renderings.iter().map(|r| render::rendering(p, r)).collect();
    body += &section("renderings", "As it is read", &format!("<div class=\"renderings\">{renderings}</div>"));
    let inputs: Vec<Vec<String>> = of
        .params
        .iter()
        .map(|param| vec![format!("<code>{}</code>", esc(&param.name)), esc(&p.words.ty(&param.ty))])
        .collect();
    body += &section("inputs", "What it is told", &table(&["Input", "Kind"], &inputs));
    let journeys: Vec<String> =
        p.journeys.iter().filter(|j| sends_of(p, **j).contains_key(&message)).map(|j| p.journey("../", *j)).collect();
    let offers: Vec<String> = p
        .offers
        .iter()
        .filter(|o| {
            let mut found = BTreeMap::new();
            sends(p, &p.program.offers[**o].body, &mut found);
            found.contains_key(&message)
        })
        .map(|o| p.offer("../", *o))
        .collect();
    let mut used = String::new();
    if !journeys.is_empty() {
        used += &format!("<p>By the journeys {}.</p>", journeys.join(", "));
    }
    if !offers.is_empty() {
        used += &format!("<p>By the offers {}.</p>", offers.join(", "));
    }
    if used.is_empty() {
        used += "<p>No journey sends it.</p>";
    }
    body += &section("used", "Who sends it", &used);
    p.page(&format!("messages/{}.html", of.name), &name, &body)
}
