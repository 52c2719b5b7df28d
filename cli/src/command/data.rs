//! `journey data`

pub mod against;

use super::run::print_text;
use crate::args::{Data, DataFormat};
use crate::output::{self, count};
use crate::view::Place;
use crate::view::table::{self, Table, csv};
use crate::{Done, Ended, Failure};
use journey_compiler::hir::Program;
use journey_compiler::inventory::{Inventory, Owner, Personal, Role, Subject, Unused, Use, Via, inventory};
use journey_compiler::project::{Checked, Source};
use journey_grammar::diagnostic::nearest;
use journey_grammar::span::Span;
use journey_runtime::report::human::{Text, Tone};
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub(super) fn run(args: &Data) -> Done {
    let Some(compiled) = super::compile(&args.project)? else { return Ok(Ended::Found) };
    let checked = &compiled.checked;
    if let Some(events) = &args.against {
        return against::run(args, checked, events);
    }
    let mut found = inventory(&checked.program);
    if let Some(name) = &args.journey {
        found = found.of_journey(journey(&checked.program, name)?);
    }
    match args.format {
        DataFormat::Human => print_text(&human(checked, &found, table::width())),
        DataFormat::Json => {
            let json = serde_json::to_string_pretty(&json(checked, &found)).map_err(|e| Failure::new(e.to_string()))?;
            output::line(&json);
        }
        DataFormat::Csv => output::print(&rows(checked, &found)),
    }
    Ok(Ended::Fine)
}

/// The journey of this name.
pub(super) fn journey(program: &Program, name: &str) -> Result<usize, Failure> {
    program.journeys.iter().position(|j| j.name == name).ok_or_else(|| {
        let failure = Failure::new(format!("there is no journey `{name}`"));
        match nearest(name, program.journeys.iter().map(|j| j.name.as_str())) {
            Some(near) => failure.help(format!("is it `{near}`?")),
            None => failure.help("`journey check` says which there are"),
        }
    })
}

/// What a thing is kept in, for people: `cart_updated "Cart Updated"`.
fn title(program: &Program, owner: Owner) -> (String, Option<String>) {
    match owner {
        Owner::Event(id) => {
            let event = &program.events[id];
            (event.name.clone(), Some(format!("\"{}\"", event.wire)))
        }
        Owner::Profile => ("profile".to_string(), None),
        Owner::Consent(id) => (format!("consent to {}", program.purposes[id].name), None),
        Owner::Answer(id) => (format!("answer of {}", program.webhooks[id].name), None),
    }
}

/// What is said of an owner beside its name: where it comes from, whose it is.
fn origin(program: &Program, owner: Owner) -> Vec<String> {
    let subject = Subject { owner, field: None, member: None };
    let mut said = Vec::new();
    if let Some(source) = subject.source(program) {
        said.push(format!("source {source}"));
    }
    if let Some(team) = subject.team(program) {
        said.push(format!("owner {}", program.teams[team].name));
    }
    if let Owner::Event(id) = owner {
        if program.events[id].everyone {
            said.push("for everyone".to_string());
        }
        if program.events[id].about.from_pack {
            said.push("of a pack".to_string());
        }
    }
    said
}

fn personal_word(personal: Personal) -> &'static str {
    match personal {
        Personal::Declared => "personal",
        Personal::Address => "personal: an address",
        Personal::ByItsName => "perhaps personal",
    }
}

/// The tables, in so many columns.
pub fn human(checked: &Checked, found: &Inventory, columns: usize) -> Text {
    let program = &checked.program;
    let mut out = Text::default();
    let owners: BTreeSet<Owner> = found.data.keys().map(|s| s.owner).collect();
    let readers: BTreeSet<usize> = found.data.values().flatten().map(|u| u.journey).collect();
    let events = owners.iter().filter(|o| matches!(o, Owner::Event(_))).count();
    let fields = found.data.keys().filter(|s| s.field.is_some()).count();
    out.line().add(Tone::Strong, program.name.clone()).add(
        Tone::Plain,
        format!(
            ": {} and {} are used by {}",
            count(events, "event"),
            count(fields, "field"),
            count(readers.len(), "journey")
        ),
    );
    for owner in owners {
        let (name, wire) = title(program, owner);
        out.line();
        let line = out.line();
        line.add(Tone::Strong, name);
        if let Some(wire) = wire {
            line.add(Tone::Plain, format!(" {wire}"));
        }
        let origin = origin(program, owner);
        if !origin.is_empty() {
            line.add(Tone::Dim, format!("  {}", origin.join(" · ")));
        }
        let mut table = Table::new(2, &["field", "type", "journey", "used for (line)"]);
        for (subject, uses) in found.data.iter().filter(|(s, _)| s.owner == owner) {
            subject_rows(checked, subject, uses, &mut table);
        }
        table.write(&mut out, columns);
    }
    if !readers.is_empty() {
        out.line();
        out.line().add(Tone::Strong, "Journeys");
        let mut table = Table::new(2, &["", "", ""]);
        for id in readers {
            let journey = &program.journeys[id];
            let owner = journey.about.owner.map_or(String::new(), |t| format!("owner {}", program.teams[t].name));
            let place = place(checked, journey.about.span);
            table.row(vec![(Tone::Plain, journey.name.clone()), (Tone::Dim, owner), (Tone::Plain, place)]);
        }
        table.write(&mut out, columns);
    }
    if !found.unused.is_empty() {
        out.line();
        out.line().add(Tone::Strong, "Declared, and used by no journey");
        let mut table = Table::new(2, &["", "", ""]);
        for Unused { kind, name, span } in &found.unused {
            table.row(vec![
                (Tone::Dim, kind.to_string()),
                (Tone::Plain, name.clone()),
                (Tone::Plain, place(checked, *span)),
            ]);
        }
        table.write(&mut out, columns);
    }
    let perhaps = found.data.keys().filter(|s| s.personal(program) == Some(Personal::ByItsName));
    let perhaps: Vec<String> =
        perhaps.filter_map(|s| Some(format!("{}.{}", title(program, s.owner).0, s.name(program)?))).collect();
    if !perhaps.is_empty() {
        out.line();
        let text = format!(
            "{} by the name, and not marked: {}. To mark a field, write `personal` after its type.",
            if perhaps.len() == 1 {
                "1 field is perhaps personal".to_string()
            } else {
                format!("{} fields are perhaps personal", perhaps.len())
            },
            perhaps.join(", "),
        );
        for line in table::wrapped(&text, columns) {
            out.line().add(Tone::Dim, line);
        }
    }
    out
}

/// Through what a thing is used, where that says more than the reason: the language and the clock are asked by every message.
fn through(program: &Program, one: &Use) -> String {
    match one.via {
        _ if matches!(one.role, Role::Language | Role::Zone | Role::Consent) => String::new(),
        Some(Via::Segment(id)) => format!(" by segment {}", program.segments[id].name),
        Some(Via::Message(id)) => format!(" in {}", program.messages[id].name),
        Some(Via::Offer(id)) => format!(" of {}", program.offers[id].name),
        Some(Via::Channel(id)) => format!(" for {}", program.channels[id].name),
        Some(Via::Policy(_)) | None => String::new(),
    }
}

/// A row for each journey that uses the thing.
fn subject_rows(checked: &Checked, subject: &Subject, uses: &[Use], table: &mut Table) {
    let program = &checked.program;
    let name = subject.name(program).unwrap_or_else(|| "(itself)".to_string());
    let mut ty = subject.type_text(program).unwrap_or_default();
    if let Some(personal) = subject.personal(program) {
        ty = format!("{ty} · {}", personal_word(personal));
    }
    let mut first = true;
    for of_journey in uses.chunk_by(|a, b| a.journey == b.journey) {
        // One reason, and the lines it is at.
        let mut reasons: Vec<(String, Vec<usize>)> = Vec::new();
        for one in of_journey {
            let look_back = one.look_back.map_or(String::new(), |l| format!(" ({})", l.text()));
            let reason = format!("{}{}{look_back}", one.why(), through(program, one));
            let line = Place::of(one.place, &checked.sources).line;
            match reasons.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, lines)) if lines.contains(&line) => {}
                Some((_, lines)) => lines.push(line),
                None => reasons.push((reason, vec![line])),
            }
        }
        let said: Vec<String> = reasons
            .into_iter()
            .map(|(reason, lines)| {
                let lines: Vec<String> = lines.iter().map(usize::to_string).collect();
                table::unbroken(&format!("{reason} {}", lines.join(", ")))
            })
            .collect();
        let cell = |text: &str| if first { text.to_string() } else { String::new() };
        table.row(vec![
            (Tone::Plain, cell(&name)),
            (Tone::Dim, cell(&ty)),
            (Tone::Plain, program.journeys[of_journey[0].journey].name.clone()),
            (Tone::Plain, said.join("; ")),
        ]);
        first = false;
    }
}

/// `journeys/cart.journey:12`
fn place(checked: &Checked, span: Span) -> String {
    let place = Place::of(span, &checked.sources);
    format!("{}:{}", place.file, place.line)
}

/// `event`, `profile`, `consent`, `answer`, and the name.
fn owner_words(program: &Program, owner: Owner) -> (&'static str, &str) {
    match owner {
        Owner::Event(id) => ("event", &program.events[id].name),
        Owner::Profile => ("profile", "profile"),
        Owner::Consent(id) => ("consent", &program.purposes[id].name),
        Owner::Answer(id) => ("answer", &program.webhooks[id].name),
    }
}

/// A row for every use, and one for everything that nobody uses.
pub fn rows(checked: &Checked, found: &Inventory) -> String {
    let program = &checked.program;
    let mut out = csv(&[
        "kind",
        "name",
        "wire",
        "field",
        "type",
        "personal",
        "source",
        "owner",
        "journey",
        "why",
        "through",
        "look_back",
        "file",
        "line",
    ]);
    for (subject, uses) in &found.data {
        let (kind, name) = owner_words(program, subject.owner);
        let wire = match subject.owner {
            Owner::Event(id) => program.events[id].wire.as_str(),
            _ => "",
        };
        let field = subject.name(program).unwrap_or_default();
        let ty = subject.type_text(program).unwrap_or_default();
        let personal = subject.personal(program).map_or("", personal_word);
        let source = subject.source(program).unwrap_or_default();
        let owner = subject.team(program).map_or("", |t| &program.teams[t].name);
        for one in uses {
            let via = one.via.map(|v| v.text(program)).unwrap_or_default();
            let look_back = one.look_back.map(|l| l.text()).unwrap_or_default();
            let place = Place::of(one.place, &checked.sources);
            out.push_str(&csv(&[
                kind,
                name,
                wire,
                &field,
                &ty,
                personal,
                source,
                owner,
                &program.journeys[one.journey].name,
                &one.why(),
                &via,
                &look_back,
                &place.file,
                &place.line.to_string(),
            ]));
        }
    }
    for Unused { kind, name, span } in &found.unused {
        let place = Place::of(*span, &checked.sources);
        let line = place.line.to_string();
        out.push_str(&csv(&[kind, name, "", "", "", "", "", "", "", "unused", "", "", &place.file, &line]));
    }
    out
}

/// Everything, for programs.
pub fn json(checked: &Checked, found: &Inventory) -> Value {
    let program = &checked.program;
    let at = |span: Span, sources: &[Source]| {
        let place = Place::of(span, sources);
        json!({ "file": place.file, "line": place.line, "column": place.column })
    };
    let sources = &checked.sources;
    let data: Vec<Value> = found
        .data
        .iter()
        .map(|(subject, uses)| {
            let (kind, name) = owner_words(program, subject.owner);
            json!({
                "kind": kind,
                "name": name,
                "wire": match subject.owner { Owner::Event(id) => Some(&program.events[id].wire), _ => None },
                "field": subject.name(program),
                "type": subject.type_text(program),
                "personal": subject.personal(program).map(|p| match p {
                    Personal::Declared => "declared",
                    Personal::Address => "address",
                    Personal::ByItsName => "by its name",
                }),
                "source": subject.source(program),
                "owner": subject.team(program).map(|t| &program.teams[t].name),
                "uses": uses.iter().map(|one| json!({
                    "journey": program.journeys[one.journey].name,
                    "why": one.why(),
                    "through": one.via.map(|v| v.text(program)),
                    "look_back": one.look_back.map(|l| l.text()),
                    "at": at(one.place, sources),
                    "named_at": at(one.named, sources),
                })).collect::<Vec<_>>(),
            })
        })
        .collect();
    let unused: Vec<Value> =
        found.unused.iter().map(|u| json!({ "kind": u.kind, "name": u.name, "at": at(u.span, sources) })).collect();
    json!({ "schema_version": 1, "project": program.name, "data": data, "unused": unused })
}
