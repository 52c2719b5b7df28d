//! The data dictionary: profile, segments, events, channels, calls.

use crate::Project;
use crate::html::{anchor, doc, esc, section, table};
use journey_compiler::hir::Field;
use journey_compiler::inventory::{Owner, Subject};
use journey_picture::words::{human, title};
use std::collections::BTreeSet;

pub(crate) fn page(p: &Project<'_>) -> String {
    let mut body = "<p class=\"kind\">Project</p><h1>Data</h1><p class=\"lead\">What is known of customers, what they do, and which \
                    journeys look at it.</p>"
        .to_string();
    let fields = p.program.profile.iter().enumerate().map(|(at, of)| (at, &of.field));
    body += &section("profile", "Profile", &rows(p, Owner::Profile, fields));
    let segments: String = p
        .program
        .segments
        .iter()
        .map(|of| {
            format!(
                "<article id=\"segment-{}\"><h3>{}</h3>{}<p><code>{}</code></p></article>",
                esc(&anchor(&of.name)),
                esc(&title(&of.name)),
                doc(of.about.doc.as_ref()),
                esc(&p.words.expr(&of.condition))
            )
        })
        .collect();
    body += &section("segments", "Segments", &segments);
    let events = |pack: bool| -> String {
        let wanted = p
            .program
            .events
            .iter()
            .enumerate()
            .filter(|(number, of)| of.about.from_pack == pack && (!pack || read(p, Owner::Event(*number))));
        wanted.map(|(number, _)| event(p, number)).collect()
    };
    body += &section("events", "Events of this project", &events(false));
    body += &section("packs", "Events of the standard library that journeys read", &events(true));
    let calls: String = p
        .program
        .webhooks
        .iter()
        .enumerate()
        .map(|(number, of)| {
            let table = rows(p, Owner::Answer(number), of.gives.iter().enumerate());
            format!(
                "<article id=\"call-{}\"><h3>{}</h3>{}<p><code>{} {}</code></p>{table}</article>",
                esc(&anchor(&of.name)),
                esc(&title(&of.name)),
                doc(of.about.doc.as_ref()),
                esc(&of.method),
                esc(&of.url)
            )
        })
        .collect();
    body += &section("calls", "Calls to other systems", &calls);
    let channels: Vec<Vec<String>> = p
        .program
        .channels
        .iter()
        .map(|of| {
            let address =
                of.address.as_ref().map_or(String::new(), |a| format!("<code>{}</code>", esc(&p.words.expr(a))));
            let reports: Vec<String> = of.reports.iter().map(|e| human(&p.program.events[*e].name)).collect();
            vec![esc(&human(&of.name)), address, esc(&reports.join(", "))]
        })
        .collect();
    body += &section("channels", "Channels", &table(&["Channel", "Address", "Tells us"], &channels));
    p.page("data.html", "Data", &body)
}

/// Whether some journey reads anything of it.
fn read(p: &Project<'_>, owner: Owner) -> bool {
    p.inventory.data.keys().any(|subject| subject.owner == owner)
}

fn event(p: &Project<'_>, number: usize) -> String {
    let of = &p.program.events[number];
    let mut about = vec![format!("arrives as <code>{}</code>", esc(&of.wire))];
    if let Some(source) = &of.source {
        about.push(format!("from {}", esc(source)));
    }
    if of.everyone {
        about.push("about no one customer".to_string());
    }
    let owner = of.about.owner.map_or(String::new(), |team| p.owner("", team));
    let fields = of.fields.iter().enumerate();
    // Of a pack, only what is read.
    let fields: Vec<(usize, &Field)> = fields
        .filter(|(at, _)| !of.about.from_pack || !readers(p, Owner::Event(number), Some(*at)).is_empty())
        .collect();
    let by = readers(p, Owner::Event(number), None);
    let by = if by.is_empty() { String::new() } else { format!("<p class=\"small\">Used by {}</p>", by.join(", ")) };
    format!(
        "<article id=\"event-{}\"><h3>{} {owner}</h3>{}<p>{}</p>{by}{}</article>",
        esc(&anchor(&of.name)),
        esc(&title(&of.name)),
        doc(of.about.doc.as_ref()),
        about.join(", "),
        rows(p, Owner::Event(number), fields.into_iter())
    )
}

/// Links to the journeys that look at it.
fn readers(p: &Project<'_>, owner: Owner, field: Option<usize>) -> Vec<String> {
    let subjects = p.inventory.data.range(Subject { owner, field: None, member: None }..);
    let of = subjects.take_while(|(s, _)| s.owner == owner).filter(|(s, _)| s.field == field);
    let journeys: BTreeSet<usize> = of.flat_map(|(_, uses)| uses.iter().map(|u| u.journey)).collect();
    p.journeys.iter().filter(|j| journeys.contains(j)).map(|j| p.journey("", *j)).collect()
}

fn rows<'f>(p: &Project<'_>, owner: Owner, fields: impl Iterator<Item = (usize, &'f Field)>) -> String {
    let rows: Vec<Vec<String>> = fields
        .map(|(at, field)| {
            let subject = Subject { owner, field: Some(at), member: None };
            let personal = subject.personal(p.program).is_some();
            let chip = if personal { " <span class=\"chip\">personal</span>" } else { "" };
            vec![
                format!("<code>{}</code>{chip}", esc(&field.name)),
                esc(&p.words.ty(&field.ty)),
                field.doc.as_ref().map_or(String::new(), |d| esc(d)),
                readers(p, owner, Some(at)).join(", "),
            ]
        })
        .collect();
    table(&["Field", "Kind", "", "Used by"], &rows)
}
