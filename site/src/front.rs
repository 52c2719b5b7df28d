//! The front page, and the owners.

use crate::Project;
use crate::html::{anchor, doc, esc, href, said, section, table};
use crate::journeys::sends_of;
use journey_compiler::hir::TeamId;
use journey_compiler::prove::pressure::Most;
use journey_compiler::prove::words as proven;
use journey_picture::words::{human, title};
use std::collections::BTreeMap;

pub(crate) fn page(p: &Project<'_>) -> String {
    let of = p.program;
    let mut body = format!(
        "<p class=\"kind\">Project</p><h1>{}</h1><p class=\"lead\">Customers whose zone is not known live in {}; amounts are in {}.</p>",
        esc(&title(&of.name)),
        esc(&of.time_zone),
        esc(&of.currency)
    );
    let own = |pack: bool| !pack;
    let counts = [
        (of.journeys.len(), "journeys", "#journeys"),
        (of.messages.len(), "messages", "messages.html"),
        (of.offers.len(), "offers", "offers.html"),
        (of.policies.len(), "policies", "policies.html"),
        (of.events.iter().filter(|e| own(e.about.from_pack)).count(), "events of its own", "data.html"),
        (of.segments.iter().filter(|s| own(s.about.from_pack)).count(), "segments", "data.html#segments"),
        (of.tests.len(), "tests", ""),
    ];
    let tile = |(n, what, to): &(usize, &str, &str)| {
        let inside = format!("<b>{n}</b><span>{what}</span>");
        if to.is_empty() {
            format!("<div class=\"tile\">{inside}</div>")
        } else {
            format!("<a class=\"tile\" href=\"{to}\">{inside}</a>")
        }
    };
    let tiles: String = counts.iter().filter(|(n, ..)| *n > 0).map(tile).collect();
    body += &format!("<div class=\"tiles\">{tiles}</div>");
    body += &section("journeys", "Journeys", &by_owner(p));
    body += &section("contact", "Contact at a glance", &contact(p));
    body += &section("stays", "How long people stay", &stays(p));
    body += &section("channels", "Who speaks by which channel", &matrix(p));
    p.page("index.html", "Overview", &body)
}

/// Journeys by their owners.
fn by_owner(p: &Project<'_>) -> String {
    let mut owners: BTreeMap<Option<TeamId>, Vec<usize>> = BTreeMap::new();
    for journey in &p.journeys {
        owners.entry(p.program.journeys[*journey].about.owner).or_default().push(*journey);
    }
    let mut out = String::new();
    // Those that are nobody's come last.
    for (owner, journeys) in
        owners.iter().filter(|(o, _)| o.is_some()).chain(owners.iter().filter(|(o, _)| o.is_none()))
    {
        let heading =
            owner.map_or_else(|| "<span class=\"chip\">no owner</span>".to_string(), |team| p.owner("", team));
        let cards: String = journeys.iter().map(|journey| card(p, *journey)).collect();
        out += &format!("<h3 class=\"owner\">{heading}</h3><div class=\"cards\">{cards}</div>");
    }
    out
}

fn card(p: &Project<'_>, journey: usize) -> String {
    let of = &p.program.journeys[journey];
    let campaigns: String = of
        .about
        .tags
        .iter()
        .filter(|(facet, _)| p.program.facets[*facet].name == "campaign")
        .map(|(facet, node)| format!("<span class=\"chip\">{}</span>", esc(&p.words.node(*facet, *node))))
        .collect();
    let starts: Vec<String> = of.triggers.iter().map(|t| p.words.trigger(t).0).collect();
    let sends = sends_of(p, journey).len();
    let plural = if sends == 1 { "" } else { "s" };
    format!(
        "<a class=\"card\" href=\"{}\"><b>{}</b>{campaigns}<span class=\"says\">{}</span><span class=\"small\">Starts: {} · \
         {sends} message{plural}</span></a>",
        href(&format!("journeys/{}.html", of.name)),
        esc(&title(&of.name)),
        esc(of.about.doc.as_deref().unwrap_or("")),
        esc(&starts.join(", "))
    )
}

/// The most that one customer can get.
fn contact(p: &Project<'_>) -> String {
    let mut rows = Vec::new();
    for kind in p.pressure.kinds.iter().filter(|k| k.purpose.is_none() || k.channel.is_none()) {
        let what = match (kind.purpose, kind.channel) {
            (None, None) => "all messages".to_string(),
            (Some(purpose), _) => format!("for {}", human(&p.program.purposes[purpose].name)),
            (None, Some(channel)) => format!("by {}", human(&p.program.channels[channel].name)),
        };
        let mut row = vec![esc(&what)];
        for window in &kind.windows {
            let alone = if window.alone == window.with_policies { String::new() } else { number(window.alone) };
            row.push(format!("<b>{}</b> <small>{alone}</small>", number(window.with_policies)));
        }
        rows.push(row);
    }
    let days = journey_compiler::prove::pressure::WINDOWS
        .map(|d| if d == 1 { "in 1 day".into() } else { format!("in {d} days") });
    let heads = ["The most one customer can get", &days[0], &days[1], &days[2]];
    let table = table(&heads, &rows);
    if table.is_empty() {
        return table;
    }
    format!(
        "{table}<p class=\"small\">Worked out over all journeys, with their least waits. Small: what the journeys could do without \
         any policy.</p>"
    )
}

fn number(most: Most) -> String {
    match most {
        Most::Of(n) => journey_runtime::report::words::count(n),
        Most::Endless => "no limit".to_string(),
    }
}

/// How long a run of each journey may stay.
fn stays(p: &Project<'_>) -> String {
    let row = |journey: &usize| {
        let stay = p.stays.get(*journey)?;
        Some(vec![p.journey("", *journey), said(&proven::by_steps(stay)), said(&proven::most(p.program, stay))])
    };
    let rows: Vec<Vec<String>> = p.journeys.iter().filter_map(row).collect();
    table(&["At most", "by its steps", "with what holds it back"], &rows)
}

/// Journeys and channels.
fn matrix(p: &Project<'_>) -> String {
    let mut used: Vec<usize> = Vec::new();
    let mut all = Vec::new();
    for journey in &p.journeys {
        let mut by: BTreeMap<usize, usize> = BTreeMap::new();
        for (_, channels) in sends_of(p, *journey) {
            for channel in channels {
                *by.entry(channel).or_default() += 1;
            }
        }
        used.extend(by.keys());
        all.push((*journey, by));
    }
    used.sort_unstable();
    used.dedup();
    if used.is_empty() {
        return String::new();
    }
    let names: Vec<String> = used.iter().map(|c| esc(&human(&p.program.channels[*c].name))).collect();
    let mut heads = vec!["Messages"];
    heads.extend(names.iter().map(String::as_str));
    let rows: Vec<Vec<String>> = all
        .into_iter()
        .map(|(journey, by)| {
            let cells =
                used.iter().map(|c| by.get(c).map_or(String::new(), |n| format!("<span class=\"count\">{n}</span>")));
            std::iter::once(p.journey("", journey)).chain(cells).collect()
        })
        .collect();
    table(&heads, &rows)
}

pub(crate) fn owners(p: &Project<'_>) -> String {
    let mut body = "<p class=\"kind\">Project</p><h1>Owners</h1>".to_string();
    for (number, team) in p.program.teams.iter().enumerate() {
        let mut inside = format!("<p>{}</p>{}", esc(&team.address), doc(team.about.doc.as_ref()));
        let list = |what: &str, links: Vec<String>| {
            if links.is_empty() { String::new() } else { format!("<p>{what}: {}</p>", links.join(", ")) }
        };
        let journeys = p.journeys.iter().filter(|j| p.program.journeys[**j].about.owner == Some(number));
        inside += &list("Journeys", journeys.map(|j| p.journey("", *j)).collect());
        let messages = p.messages.iter().filter(|m| p.program.messages[**m].about.owner == Some(number));
        inside += &list("Messages", messages.map(|m| p.message("", *m)).collect());
        let offers = p.offers.iter().filter(|o| p.program.offers[**o].about.owner == Some(number));
        inside += &list("Offers", offers.map(|o| p.offer("", *o)).collect());
        let policies = p.program.policies.iter().filter(|of| of.about.owner == Some(number));
        let policy = |of: &journey_compiler::hir::Policy| {
            format!("<a href=\"policies.html#{}\">{}</a>", esc(&anchor(&of.name)), esc(&title(&of.name)))
        };
        inside += &list("Policies", policies.map(policy).collect());
        let color = number % journey_picture::svg::OWNERS.len();
        body += &format!(
            "<section id=\"{}\"><h2><i class=\"dot o{color}\"></i>{}</h2>{inside}</section>",
            esc(&anchor(&team.name)),
            esc(&title(&team.name))
        );
    }
    if p.program.teams.is_empty() {
        body += "<p>No team is declared.</p>";
    }
    p.page("owners.html", "Owners", &body)
}
