//! What an edit changes, as text, Markdown and JSON.

use super::reach::Reach;
use crate::view::table::{self, Table};
use crate::view::{self, Place};
use journey_compiler::diff::{Change, Cite, Class, Diff, Fate, How, Lasts, Part, Shift};
use journey_compiler::project::Checked;
use journey_compiler::prove::pressure::words;
use journey_compiler::prove::words as proven;
use journey_runtime::report::human::{Text, Tone};
use serde_json::{Value, json};

/// Characters of a part's words that are shown.
const WORDS: usize = 160;

fn place(cite: &Cite, checked: &Checked) -> String {
    let place = Place::of(cite.span, &checked.sources);
    if place.file.is_empty() || place.file == "journey.toml" {
        "journey.toml".to_string()
    } else {
        format!("{}:{}", place.file, place.line)
    }
}

fn short(text: &str) -> String {
    match text.char_indices().nth(WORDS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_string(),
    }
}

/// `2 audience, 1 timing`
fn counted(found: &Diff) -> String {
    let said: Vec<String> = found.counts().iter().map(|(class, count)| format!("{count} {}", class.word())).collect();
    said.join(", ")
}

fn title(part: &Part) -> String {
    if part.name == part.kind { part.kind.to_string() } else { format!("{} {}", part.kind, part.name) }
}

/// What becomes of people who are in, in words; none where that is said of nothing.
fn people(part: &Part) -> Vec<String> {
    let mut said = Vec::new();
    if part.reaches_people_inside {
        said.push("holds at once, also for people who are already in a journey".to_string());
    }
    if part.kind != "journey" {
        return said;
    }
    let (old, new) = &part.versions;
    match (part.how, old == new) {
        (How::Added, _) => said.push("nobody is in it yet; a deployment makes nobody enter".to_string()),
        (_, true) => said.push("people in it stay where they are: its own words are the same".to_string()),
        _ if part.places.is_empty() => {}
        _ => {
            let finish = part.places.iter().filter(|p| p.fate == Fate::FinishesOnOld).count();
            let moved = part.places.len() - finish;
            if moved == 0 {
                let version = old.as_deref().map_or(String::new(), |v| format!(" ({})", &v[..8.min(v.len())]));
                said.push(format!(
                    "people in it finish on the old version{version}, in each of its {} places",
                    part.places.len()
                ));
            }
        }
    }
    said
}

/// A table of what follows from the edit: what it is about, and its rows.
struct Section {
    title: &'static str,
    /// What, in words how it was and is, and what to think of it.
    rows: Vec<(String, String, Tone)>,
}

fn risen(rises: bool) -> Tone {
    if rises { Tone::Bad } else { Tone::Good }
}

/// Everything that follows from the edit and is not a change by itself.
fn sections(found: &Diff, reach: Option<&[Reach]>) -> Vec<Section> {
    let said = |most: Option<_>| most.map_or("none".to_string(), words::number);
    let same = |a: &Shift, b: &Shift| a.what == b.what;
    let kinds = found.pressure.chunk_by(same).map(|shifts| {
        let one = |s: &Shift| {
            let days = crate::output::count(usize::try_from(s.days).unwrap_or(0), "day");
            format!("{} in {days}, was {}", said(s.new), said(s.old))
        };
        let all: Vec<String> = shifts.iter().map(one).collect();
        (shifts[0].what.clone(), all.join("; "), risen(shifts.iter().any(Shift::rises)))
    });
    let stays = found.stays.iter().map(|stayed| {
        let (old, new) = (&stayed.old, &stayed.new);
        let mut said = Vec::new();
        if old.by_steps != new.by_steps {
            said.push(format!("{} by its steps, was {}", new.by_steps, old.by_steps));
        }
        if old.most != new.most && (&old.by_steps, &new.by_steps) != (&old.most, &new.most) {
            said.push(format!("held back too {}, was {}", new.most, old.most));
        }
        (stayed.journey.clone(), said.join("; "), risen(stayed.rises()))
    });
    let gates = found.gates.iter().map(|gate| {
        let was = gate.old.map_or("was not sent", proven::consent);
        let text = match (gate.old, gate.new) {
            (Some(_), Some(new)) => format!("{}, was {was}", proven::consent(new)),
            (None, Some(new)) => format!("{}, {was}", proven::consent(new)),
            (_, None) => format!("is not sent any more, was {was}"),
        };
        let tone = if gate.old.is_some() { risen(gate.weakens()) } else { Tone::Plain };
        (gate.what.clone(), text, if gate.weakens() { Tone::Bad } else { tone })
    });
    let number = |n: Option<usize>| n.map_or("none".to_string(), |n| crate::output::thousands(n as u64));
    let touched = |r: &&Reach| {
        let changed = r.no_longer + r.anew > 0;
        changed || found.parts.iter().any(|p| p.kind == "journey" && p.name == r.journey)
    };
    let reach = reach.unwrap_or(&[]).iter().filter(touched).map(|r| {
        let text = format!("{}, was {} ({})", number(r.now), number(r.before), r.shift());
        (r.journey.clone(), text, if r.no_longer + r.anew == 0 { Tone::Dim } else { Tone::Plain })
    });
    let all = [
        Section { title: "the most that one customer can get", rows: kinds.collect() },
        Section { title: "how long a run may stay", rows: stays.collect() },
        Section { title: "which consent is asked for", rows: gates.collect() },
        Section { title: "how many customers of the recorded events come in", rows: reach.collect() },
    ];
    all.into_iter().filter(|section| !section.rows.is_empty()).collect()
}

/// For people, in so many columns.
pub fn human(found: &Diff, reach: Option<&[Reach]>, old: &Checked, new: &Checked, columns: usize) -> Text {
    let mut out = Text::default();
    if found.parts.is_empty() {
        out.line().add(Tone::Good, "the same").add(Tone::Plain, ": nothing changes in what the two versions mean");
        return out;
    }
    for part in &found.parts {
        let line = out.line();
        line.add(Tone::Strong, title(part));
        let mut beside = Vec::new();
        if part.how != How::Changed {
            beside.push(part.how.word().to_string());
        }
        beside.extend(part.owner.as_ref().map(|o| format!("owner {o}")));
        if !beside.is_empty() {
            line.add(Tone::Dim, format!("  {}", beside.join(" · ")));
        }
        for change in &part.changes {
            let cite = change.new.as_ref().map(|c| place(c, new)).or(change.old.as_ref().map(|c| place(c, old)));
            let line = out.line();
            line.add(Tone::Plain, format!("  {:<9}", change.class.word()));
            line.add(Tone::Plain, format!("{} {}", change.what, change.how.word()));
            line.add(Tone::Dim, format!("  {}", cite.unwrap_or_default()));
            let mut say = |tone, mark: &str, cite: &Cite| {
                for (number, text) in
                    table::wrapped(&short(&cite.text), columns.saturating_sub(15)).into_iter().enumerate()
                {
                    let mark = if number == 0 { mark } else { " " };
                    out.line().add(Tone::Plain, " ".repeat(11)).add(tone, format!("{mark} {text}"));
                }
            };
            if let (Some(cite), false) = (&change.old, change.how == How::Moved) {
                say(Tone::Bad, "-", cite);
            }
            if let Some(cite) = &change.new {
                say(Tone::Good, if change.how == How::Moved { "→" } else { "+" }, cite);
            }
        }
        for said in people(part) {
            out.line().add(Tone::Dim, format!("  {said}"));
        }
        let moved = part.places.iter().any(|p| matches!(p.fate, Fate::Moved(_) | Fate::Finishes));
        if moved {
            out.line().add(Tone::Plain, "  people who wait at");
            let mut table = Table::new(4, &["", "", ""]);
            for one in &part.places {
                table.row(vec![
                    (Tone::Plain, short(&one.old.text)),
                    (Tone::Dim, place(&one.old, old)),
                    (Tone::Plain, one.fate.text()),
                ]);
            }
            table.write(&mut out, columns);
        }
        out.line();
    }
    for section in sections(found, reach) {
        out.line().add(Tone::Strong, section.title);
        let mut table = Table::new(2, &["", ""]);
        for (what, said, tone) in section.rows {
            table.row(vec![(Tone::Plain, what), (tone, said)]);
        }
        table.write(&mut out, columns);
        out.line();
    }
    let line = out.line();
    let total = found.changes().count();
    line.add(Tone::Strong, crate::output::count(total, "change")).add(Tone::Plain, format!(": {}", counted(found)));
    if !found.owners().is_empty() {
        line.add(Tone::Plain, format!("; owned by {}", found.owners().join(", ")));
    }
    out
}

/// For a comment of a review.
pub fn markdown(found: &Diff, reach: Option<&[Reach]>, old: &Checked, new: &Checked) -> String {
    let mut out = String::from("### What this changes\n\n");
    for finding in &found.findings {
        let at = Place::of(finding.span(), &new.sources);
        out.push_str(&format!("**{}** {} ({}:{})\n\n", finding.code, cell(&finding.message), at.file, at.line));
    }
    if found.parts.is_empty() {
        out.push_str("Nothing: the two versions mean the same.\n");
        return out;
    }
    out.push_str(&format!("{}: {}", crate::output::count(found.changes().count(), "change"), counted(found)));
    if !found.owners().is_empty() {
        out.push_str(&format!(". Owned by {}", found.owners().join(", ")));
    }
    out.push_str(".\n");
    for section in sections(found, reach) {
        out.push_str(&format!("\n| {} | |\n|---|---|\n", section.title));
        for (what, said, _) in section.rows {
            out.push_str(&format!("| {} | {} |\n", cell(&what), cell(&said)));
        }
    }
    for part in &found.parts {
        let how = if part.how == How::Changed { String::new() } else { format!(" ({})", part.how.word()) };
        let owner = part.owner.as_ref().map_or(String::new(), |o| format!(" · {o}"));
        out.push_str(&format!("\n#### {}{how}{owner}\n\n", title(part)));
        out.push_str("| | | before | now | where |\n|---|---|---|---|---|\n");
        for change in &part.changes {
            let at = change.new.as_ref().map(|c| place(c, new)).or(change.old.as_ref().map(|c| place(c, old)));
            out.push_str(&format!(
                "| **{}** | {} {} | {} | {} | {} |\n",
                change.class.word(),
                cell(&change.what),
                change.how.word(),
                change.old.as_ref().map_or(String::new(), |c| code(&c.text)),
                change.new.as_ref().map_or(String::new(), |c| code(&c.text)),
                at.map_or(String::new(), |at| code(&at)),
            ));
        }
        for said in people(part) {
            out.push_str(&format!("\n{}{}.\n", said[..1].to_uppercase(), &said[1..]));
        }
        if part.places.iter().any(|p| matches!(p.fate, Fate::Moved(_) | Fate::Finishes)) {
            out.push_str("\n| people who wait at | |\n|---|---|\n");
            for one in &part.places {
                out.push_str(&format!("| {} | {} |\n", code(&one.old.text), cell(&one.fate.text())));
            }
        }
    }
    out
}

fn cell(text: &str) -> String {
    short(text).replace('|', "\\|").replace('\n', " ")
}

/// Text as code, whatever marks stand in it.
fn code(text: &str) -> String {
    let text = cell(text);
    if text.is_empty() {
        text
    } else if text.contains('`') {
        format!("`` {text} ``")
    } else {
        format!("`{text}`")
    }
}

/// For programs.
pub fn json(found: &Diff, reach: Option<&[Reach]>, old: &Checked, new: &Checked) -> Value {
    let at = |cite: &Cite, checked: &Checked| {
        let place = Place::of(cite.span, &checked.sources);
        json!({ "file": place.file, "line": place.line, "text": cite.text })
    };
    let change = |change: &Change| {
        json!({
            "class": change.class.word(),
            "how": change.how.word(),
            "what": change.what,
            "old": change.old.as_ref().map(|c| at(c, old)),
            "new": change.new.as_ref().map(|c| at(c, new)),
        })
    };
    let part = |part: &Part| {
        json!({
            "kind": part.kind,
            "name": part.name,
            "how": part.how.word(),
            "owner": part.owner,
            "old_version": part.versions.0,
            "new_version": part.versions.1,
            "reaches_people_inside": part.reaches_people_inside,
            "changes": part.changes.iter().map(change).collect::<Vec<_>>(),
            "places": part.places.iter().map(|p| json!({
                "at": at(&p.old, old),
                "names": p.names,
                "fate": match &p.fate {
                    Fate::Kept => json!("kept"),
                    Fate::FinishesOnOld => json!("finishes on old"),
                    Fate::Moved(to) => json!({ "moved": to }),
                    Fate::Finishes => json!("finishes"),
                },
            })).collect::<Vec<_>>(),
        })
    };
    let lasts = |lasts: &Lasts| json!({ "by_steps": lasts.by_steps, "most": lasts.most, "most_ms": lasts.most_ms });
    let counts: serde_json::Map<String, Value> =
        Class::ALL.iter().map(|c| (c.word().to_string(), found.counts().get(c).copied().unwrap_or(0).into())).collect();
    json!({
        "schema_version": 1,
        "counts": counts,
        "owners": found.owners(),
        "pressure": found.pressure.iter().map(|s| json!({
            "messages": s.what,
            "days": s.days,
            "old": s.old.map(|most| most.number()),
            "new": s.new.map(|most| most.number()),
        })).collect::<Vec<_>>(),
        "stays": found.stays.iter().map(|s| json!({
            "journey": s.journey,
            "old": lasts(&s.old),
            "new": lasts(&s.new),
        })).collect::<Vec<_>>(),
        "consent": found.gates.iter().map(|g| json!({
            "messages": g.what,
            "old": g.old.map(proven::consent),
            "new": g.new.map(proven::consent),
            "weaker": g.weakens(),
        })).collect::<Vec<_>>(),
        "reach": reach.map(|all| all.iter().map(|r| json!({
            "journey": r.journey,
            "old": r.before,
            "new": r.now,
            "no_longer": r.no_longer,
            "anew": r.anew,
        })).collect::<Vec<_>>()),
        "findings": found.findings.iter().map(|d| view::json::finding(d, &new.sources)).collect::<Vec<_>>(),
        "parts": found.parts.iter().map(part).collect::<Vec<_>>(),
    })
}
