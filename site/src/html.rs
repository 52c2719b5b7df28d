//! The frame of every page, and what all of them need.

use crate::Project;
pub use journey_picture::escape as esc;
use journey_picture::svg::{OWNERS, hsl};
use journey_picture::words::title;

/// A path as an address: what is no plain letter is written by its bytes.
pub fn href(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
            out.push(byte as char);
        } else {
            out += &format!("%{byte:02X}");
        }
    }
    out
}

/// A name as the target of a link inside a page: it has no blanks.
pub fn anchor(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join("-")
}

/// A doc comment as paragraphs.
pub fn doc(doc: Option<&String>) -> String {
    let Some(text) = doc else { return String::new() };
    let paragraphs = text.split("\n\n").map(|p| format!("<p class=\"lead\">{}</p>", esc(p.trim())));
    paragraphs.collect()
}

/// Words of a report as HTML: what stands in backticks is code.
pub fn said(text: &str) -> String {
    let parts = text.split('`').enumerate().map(|(at, part)| match at % 2 {
        0 => esc(part),
        _ => format!("<code>{}</code>", esc(part)),
    });
    parts.collect()
}

/// A table; nothing when it has no rows. Cells are HTML.
pub fn table(heads: &[&str], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let heads: String = heads.iter().map(|h| format!("<th scope=\"col\">{h}</th>")).collect();
    let row = |row: &Vec<String>| {
        let cells: String = row.iter().map(|cell| format!("<td>{cell}</td>")).collect();
        format!("<tr>{cells}</tr>")
    };
    let rows: String = rows.iter().map(row).collect();
    format!("<div class=\"wide\"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>")
}

/// A section with a heading; nothing when there is nothing in it.
pub fn section(id: &str, heading: &str, body: &str) -> String {
    if body.is_empty() {
        return String::new();
    }
    format!("<section id=\"{id}\"><h2>{}</h2>{body}</section>", esc(heading))
}

/// A page of the site.
pub(crate) struct Page<'a> {
    pub(crate) project: &'a Project<'a>,
    /// Its place in the site.
    pub(crate) path: &'a str,
    /// What it is called.
    pub(crate) name: &'a str,
}

impl Page<'_> {
    pub(crate) fn whole(&self, body: &str) -> String {
        let up = if self.path.contains('/') { "../" } else { "" };
        let project = esc(&title(&self.project.program.name));
        let name = esc(self.name);
        let heading = if self.path == "index.html" { project.clone() } else { format!("{name} · {project}") };
        let owners: String = (0..OWNERS.len())
            .map(|at| format!(".o{at}{{background:{}}}", hsl(f64::from(OWNERS[at]), 62.0, 52.0)))
            .collect();
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{heading}</title>\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <link rel=\"stylesheet\" href=\"{up}style.css\">\n<style>{owners}</style>\n</head>\n<body>\n\
             <a class=\"skip\" href=\"#main\">To the text</a>\n\
             <header class=\"top\"><a class=\"brand\" href=\"{up}index.html\">{project}</a>\
             <form class=\"search\" role=\"search\" hidden><input type=\"search\" aria-label=\"Search\" \
             placeholder=\"Search\" autocomplete=\"off\"><ul hidden></ul></form></header>\n\
             <div class=\"sides\">\n<nav aria-label=\"Pages\"><details open><summary>Contents</summary>{}</details></nav>\n\
             <main id=\"main\">\n{body}\n</main>\n</div>\n\
             <script src=\"{up}search.js\" data-up=\"{up}\"></script>\n</body>\n</html>\n",
            self.contents(up)
        )
    }

    fn contents(&self, up: &str) -> String {
        let p = self.project;
        let link = |path: &str, text: &str| {
            let here = if path == self.path { " aria-current=\"page\"" } else { "" };
            format!("<li><a href=\"{up}{}\"{here}>{}</a></li>", href(path), esc(text))
        };
        let mut out = format!("<ul>{}</ul>", link("index.html", "Overview"));
        let list = |heading: &str, folder: &str, names: Vec<&String>| {
            if names.is_empty() {
                return String::new();
            }
            let items: String = names.iter().map(|name| link(&format!("{folder}/{name}.html"), &title(name))).collect();
            let open = if folder == "journeys" || self.path.starts_with(folder) { " open" } else { "" };
            let count = names.len();
            format!("<details{open}><summary>{heading} <small>{count}</small></summary><ul>{items}</ul></details>")
        };
        let of = p.program;
        out += &list("Journeys", "journeys", p.journeys.iter().map(|j| &of.journeys[*j].name).collect());
        out += "<ul>";
        out += &link("messages.html", "Messages");
        if !p.offers.is_empty() {
            out += &link("offers.html", "Offers");
        }
        out += &link("policies.html", "Policies");
        out += &link("data.html", "Data");
        out += &link("taxonomy.html", "Taxonomy");
        out += &link("owners.html", "Owners");
        out += "</ul>";
        out += &list("All messages", "messages", p.messages.iter().map(|m| &of.messages[*m].name).collect());
        out += &list("All offers", "offers", p.offers.iter().map(|o| &of.offers[*o].name).collect());
        out
    }
}
