//! Steps and clauses as text that can be read aloud.

use crate::Project;
use crate::html::{esc, href};
use journey_picture::model::{Kind, Note, Step, first_words};
use journey_picture::words::{share, title};

/// Steps as a numbered list; each can be linked to by its number.
pub(crate) fn steps(p: &Project<'_>, up: &str, steps: &[Step], anchors: bool) -> String {
    if steps.is_empty() {
        return "<p class=\"none\">goes on</p>".to_string();
    }
    let items: String = steps.iter().map(|step| item(p, up, step, anchors)).collect();
    format!("<ol class=\"steps\">{items}</ol>")
}

fn item(p: &Project<'_>, up: &str, step: &Step, anchors: bool) -> String {
    let id = if anchors { format!(" id=\"step-{}\"", step.id) } else { String::new() };
    let mut out = format!(
        "<li{id} class=\"step {}\"><p>{}</p>",
        journey_picture::style::look(step).class(),
        sentence(p, up, step)
    );
    let chips: String =
        step.tags.iter().map(|tag| format!("<span class=\"chip\">{}</span>", esc(&tag.label))).collect();
    if !chips.is_empty() {
        out += &format!("<p class=\"chips\">{chips}</p>");
    }
    out += &notes(&step.notes);
    for offer in &step.offers {
        let number = p.program.offers.iter().position(|o| o.name == offer.name);
        let link = number.map_or_else(|| esc(&title(&offer.name)), |o| p.offer(up, o));
        out += &format!("<div class=\"arm\"><h4>Offer {link}</h4>{}</div>", steps(p, up, &offer.steps, false));
    }
    for arm in &step.arms {
        let part = arm.share.map_or(String::new(), |part| format!(" <small>{}</small>", esc(&share(part))));
        out += &format!(
            "<div class=\"arm\"><h4>{}{part}</h4>{}</div>",
            esc(&arm.label),
            steps(p, up, &arm.steps, anchors)
        );
    }
    if !step.body.is_empty() {
        out += &steps(p, up, &step.body, anchors);
    }
    out + "</li>"
}

fn sentence(p: &Project<'_>, up: &str, step: &Step) -> String {
    let name = step.names.as_deref().unwrap_or("");
    let linked =
        |folder: &str| format!("<a href=\"{up}{}\">{}</a>", href(&format!("{folder}/{name}.html")), esc(&title(name)));
    let rest = if step.lines.is_empty() { String::new() } else { format!(", {}", esc(&step.lines.join(", "))) };
    let text = esc(&step.title);
    match step.kind {
        Kind::Send => {
            // What is filled in stands as a chip.
            let message = p.program.messages.iter().find(|m| m.name == name);
            let channel = step.channels.first().and_then(|c| p.program.channels.iter().position(|of| of.name == *c));
            let words = message.zip(channel).and_then(|(message, channel)| first_words(message, channel));
            let quote = words.map_or(String::new(), |words| format!(" <q>{}</q>", crate::render::chips(p, words)));
            format!("<b>Send</b> {} {}{quote}", linked("messages"), esc(&step.lines.join(", ")))
        }
        Kind::GoTo => format!("<b>Go to</b> {}", linked("journeys")),
        Kind::Task => {
            let team = p.program.teams.iter().position(|t| t.name == name);
            let team = team.map_or_else(|| esc(name), |team| p.owner(up, team));
            format!("<b>Task for</b> {team}: <q>{text}</q>{rest}")
        }
        Kind::Stage => format!("<b>{text}</b>"),
        Kind::NextBestAction => format!("<b>Next best action</b>: one of these offers{rest}"),
        Kind::Finish if step.title.is_empty() => "<b>The end</b>".to_string(),
        Kind::Finish => format!("<b>The end</b>: <q>{text}</q>"),
        Kind::StopRepeating => "<b>Stop repeating</b>".to_string(),
        _ => format!("<b>{}</b> {text}{rest}", esc(&step.kicker)),
    }
}

/// Clauses as a list of terms.
pub(crate) fn notes(notes: &[Note]) -> String {
    if notes.is_empty() {
        return String::new();
    }
    let row = |note: &Note| format!("<div><dt>{}</dt><dd>{}</dd></div>", esc(&note.label), esc(&note.text));
    format!("<dl class=\"notes\">{}</dl>", notes.iter().map(row).collect::<String>())
}
