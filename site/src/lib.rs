//! The documentation of a project: static pages that ask nothing of a server, work from a folder, and need scripts only to search.
//!
//! Pure: a checked program goes in, paths and texts come out. Pages are plain functions that write HTML; the one rule is that every
//! word of a program goes through [`html::esc`]. A template language would be one more thing to learn, and would check less.

mod data;
mod front;
pub mod html;
mod journeys;
mod messages;
mod offers;
mod policies;
mod render;
mod search;
mod taxonomy;
mod text;

use html::{Page, href};
use journey_compiler::hir::Program;
use journey_compiler::inventory::{Inventory, inventory};
use journey_compiler::project::Source;
use journey_compiler::prove::consent::{Row, table};
use journey_compiler::prove::pressure::{Pressure, pressure};
use journey_compiler::prove::stay::{Stay, stays};
use journey_picture::words::{Words, title};

/// A project and what is known of it.
pub(crate) struct Project<'a> {
    pub(crate) program: &'a Program,
    pub(crate) sources: &'a [Source],
    pub(crate) words: Words<'a>,
    pub(crate) inventory: Inventory,
    pub(crate) pressure: Pressure,
    /// By journey.
    pub(crate) stays: Vec<Stay>,
    pub(crate) consent: Vec<Row>,
    /// Journeys, messages and offers in the order of their names.
    pub(crate) journeys: Vec<usize>,
    pub(crate) messages: Vec<usize>,
    pub(crate) offers: Vec<usize>,
}

/// All pages of a program that has no errors: path in the site, and text.
pub fn pages(program: &Program, sources: &[Source]) -> Vec<(String, String)> {
    fn by_name<'p>(names: impl Iterator<Item = &'p String>) -> Vec<usize> {
        let mut all: Vec<(&String, usize)> = names.zip(0..).collect();
        all.sort();
        all.into_iter().map(|(_, at)| at).collect()
    }
    let project = Project {
        program,
        sources,
        words: Words { program, sources },
        inventory: inventory(program),
        pressure: pressure(program),
        stays: stays(program),
        consent: table(program),
        journeys: by_name(program.journeys.iter().map(|j| &j.name)),
        messages: by_name(program.messages.iter().map(|m| &m.name)),
        offers: by_name(program.offers.iter().map(|o| &o.name)),
    };
    let p = &project;
    let mut all = vec![
        ("index.html".to_string(), front::page(p)),
        ("messages.html".to_string(), messages::list(p)),
        ("offers.html".to_string(), offers::list(p)),
        ("policies.html".to_string(), policies::page(p)),
        ("data.html".to_string(), data::page(p)),
        ("taxonomy.html".to_string(), taxonomy::page(p)),
        ("owners.html".to_string(), front::owners(p)),
    ];
    for journey in &p.journeys {
        let name = &program.journeys[*journey].name;
        all.push((format!("journeys/{name}.html"), journeys::page(p, *journey)));
        all.push((format!("journeys/{name}.svg"), journeys::picture(p, *journey)));
    }
    for message in &p.messages {
        all.push((format!("messages/{}.html", program.messages[*message].name), messages::page(p, *message)));
    }
    for offer in &p.offers {
        all.push((format!("offers/{}.html", program.offers[*offer].name), offers::page(p, *offer)));
    }
    all.push(("style.css".to_string(), include_str!("style.css").to_string()));
    all.push(("search.js".to_string(), search::script(p)));
    all
}

impl Project<'_> {
    /// A page of this project; `path` is its place in the site.
    pub(crate) fn page(&self, path: &str, name: &str, body: &str) -> String {
        Page { project: self, path, name }.whole(body)
    }

    /// A link to a journey, from a page so many folders down.
    pub(crate) fn journey(&self, up: &str, journey: usize) -> String {
        let name = &self.program.journeys[journey].name;
        format!("<a href=\"{up}{}\">{}</a>", href(&format!("journeys/{name}.html")), html::esc(&title(name)))
    }

    pub(crate) fn message(&self, up: &str, message: usize) -> String {
        let name = &self.program.messages[message].name;
        format!("<a href=\"{up}{}\">{}</a>", href(&format!("messages/{name}.html")), html::esc(&title(name)))
    }

    pub(crate) fn offer(&self, up: &str, offer: usize) -> String {
        let name = &self.program.offers[offer].name;
        format!("<a href=\"{up}{}\">{}</a>", href(&format!("offers/{name}.html")), html::esc(&title(name)))
    }

    /// The owner and the annotations of something as chips.
    pub(crate) fn chips(&self, up: &str, about: &journey_compiler::hir::About) -> String {
        let mut out = String::new();
        if let Some(team) = about.owner {
            out += &self.owner(up, team);
        }
        for (facet, node) in &about.tags {
            let of = &self.program.facets[*facet];
            let path = &of.nodes[*node as usize].path;
            out += &format!(
                "<a class=\"chip\" href=\"{up}taxonomy.html#{}\">{}: {}</a>",
                html::esc(&html::anchor(&format!("{}.{path}", of.name))),
                html::esc(&journey_picture::words::human(&of.name)),
                html::esc(&self.words.node(*facet, *node))
            );
        }
        if out.is_empty() { out } else { format!("<p class=\"chips\">{out}</p>") }
    }

    /// An owner as a chip.
    pub(crate) fn owner(&self, up: &str, team: usize) -> String {
        let name = &self.program.teams[team].name;
        format!(
            "<a class=\"chip\" href=\"{up}owners.html#{}\"><i class=\"dot o{}\"></i>{}</a>",
            html::esc(&html::anchor(name)),
            team % journey_picture::svg::OWNERS.len(),
            html::esc(&journey_picture::words::human(name))
        )
    }
}
