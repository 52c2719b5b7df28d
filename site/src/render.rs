//! Messages as people see them. What is filled in stands as a chip with its name: nothing is made up.

use crate::Project;
use crate::html::esc;
use journey_compiler::hir::{Piece, Rendering, Template};
use journey_picture::style::{Look, of_channel};
use journey_picture::words::title;

/// A rendering as a mock-up of its channel.
pub(crate) fn rendering(p: &Project<'_>, of: &Rendering) -> String {
    let channel = &p.program.channels[of.channel].name;
    let locale = if of.locale.is_empty() { "default".to_string() } else { of.locale.clone() };
    let lang = if of.locale.is_empty() { String::new() } else { format!(" lang=\"{}\"", esc(&of.locale)) };
    let part = |name: &str| of.parts.iter().find(|(n, _)| n == name).map(|(_, t)| t);
    let (look, _) = of_channel(channel);
    let inside = match look {
        Look::Email => email(p, of, part("subject")),
        Look::Push => {
            let title = part("title").map_or(String::new(), |t| format!("<b>{}</b>", chips(p, t)));
            let rest = others(p, of, &["title"]);
            format!("<div class=\"phone\"><div class=\"notice\"><i></i>{title}{rest}</div></div>")
        }
        Look::Phone | Look::Chat => {
            format!("<div class=\"phone {}\"><div class=\"bubble\">{}</div></div>", look.class(), others(p, of, &[]))
        }
        _ => format!("<div class=\"letter\">{}</div>", others(p, of, &[])),
    };
    format!(
        "<figure class=\"rendering\"{lang}><figcaption><b>{}</b> <span class=\"chip\">{}</span></figcaption>{inside}</figure>",
        esc(&title(channel)),
        esc(&locale)
    )
}

/// All parts but these, each as a paragraph.
fn others(p: &Project<'_>, of: &Rendering, but: &[&str]) -> String {
    let parts = of.parts.iter().filter(|(name, _)| !but.contains(&name.as_str()));
    parts.map(|(_, template)| format!("<p>{}</p>", chips(p, template))).collect()
}

fn email(p: &Project<'_>, of: &Rendering, subject: Option<&Template>) -> String {
    let subject = subject.map_or(String::new(), |s| format!("<p class=\"subject\">{}</p>", chips(p, s)));
    let mut out = format!("<div class=\"mail\">{subject}");
    for (name, template) in of.parts.iter().filter(|(name, _)| name != "subject") {
        let html = is_html(template);
        if html {
            // About as high as its text; what is longer can be scrolled.
            let (height, title) = ((180 + letters(template) * 3 / 5).clamp(200, 640), esc(name));
            out += &format!(
                "<iframe sandbox=\"\" loading=\"lazy\" title=\"{title}\" height=\"{height}\" srcdoc=\"{}\"></iframe>",
                esc(&document(p, template))
            );
        } else {
            out += &format!("<div class=\"body\"><p>{}</p></div>", chips(p, template));
        }
    }
    out + "</div>"
}

/// About how many letters of a template are read.
fn letters(template: &Template) -> usize {
    let (mut count, mut inside_tag) = (0, false);
    for piece in &template.pieces {
        match piece {
            Piece::Value(_) => count += 8,
            Piece::Text(text) => {
                for c in text.chars().filter(|c| !c.is_whitespace()) {
                    inside_tag = c == '<' || inside_tag && c != '>';
                    count += usize::from(!inside_tag && c != '>');
                }
            }
        }
    }
    count
}

/// Whether what is written is HTML.
fn is_html(template: &Template) -> bool {
    template.pieces.iter().any(|piece| match piece {
        Piece::Text(text) => {
            ["</p>", "</div>", "</td>", "</body>", "<br", "</h1>", "</a>"].iter().any(|tag| text.contains(tag))
        }
        Piece::Value(_) => false,
    })
}

/// A template as a page of its own that may fetch nothing.
fn document(p: &Project<'_>, template: &Template) -> String {
    let mut out = String::from(
        "<!DOCTYPE html><meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'unsafe-inline'; img-src data:\"><meta name=\"color-scheme\" content=\"light\"><style>html{background:#fff;\
         color:#1b2333;font:15px/1.5 sans-serif}body{margin:18px}mark{background:#fff1cf;color:#6b4d00;border-radius:4px;\
         padding:0 4px}</style>",
    );
    let mut inside_tag = false;
    for piece in &template.pieces {
        match piece {
            Piece::Text(text) => {
                out.push_str(text);
                if let Some(last) = text.rfind(['<', '>']) {
                    inside_tag = text[last..].starts_with('<');
                }
            }
            Piece::Value(value) => {
                let name = esc(&p.words.filled(value));
                // An attribute holds text only.
                out += &if inside_tag { name } else { format!("<mark>{name}</mark>") };
            }
        }
    }
    out
}

/// A template as text with chips.
pub(crate) fn chips(p: &Project<'_>, template: &Template) -> String {
    let mut out = String::new();
    for piece in &template.pieces {
        match piece {
            Piece::Text(text) => out += &esc(text).replace('\n', "<br>"),
            Piece::Value(value) => {
                let (name, whole) = (esc(&p.words.filled(value)), esc(&p.words.expr(value)));
                out += &format!("<mark title=\"{whole}\">{name}</mark>");
            }
        }
    }
    out
}
