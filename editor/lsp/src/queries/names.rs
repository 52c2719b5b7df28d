//! Where a name is given its meaning, where it is used, and how it is changed everywhere.

use super::Edits;
use crate::analysis::Analysis;
use journey_compiler::hir::{Ty, VariableKind};
use journey_compiler::mentions::{Local, Target};
use journey_compiler::scope::Kind;
use journey_grammar::ast;
use journey_grammar::diagnostic::{Severity, edited};
use journey_grammar::span::{FileId, Span};
use journey_grammar::tokens::{TokenKind, tokenize};
use std::collections::{BTreeMap, BTreeSet};

/// The name at a byte and what it stands for.
pub fn named(analysis: &Analysis, file: FileId, offset: u32) -> Option<(Span, Vec<Target>)> {
    let found = analysis.checked.mentions.at(file, offset);
    let span = found.first()?.span;
    Some((span, found.iter().map(|m| m.target).collect()))
}

/// Where the name at a byte is given its meaning: the name, and the places.
pub fn definition(analysis: &Analysis, file: FileId, offset: u32) -> Option<(Span, Vec<Span>)> {
    let (name, targets) = named(analysis, file, offset)?;
    let mentions = &analysis.checked.mentions;
    let places: Vec<Span> = targets.iter().flat_map(|t| mentions.definitions(*t)).map(|m| m.span).collect();
    (!places.is_empty()).then_some((name, places))
}

/// Where the type of the name at a byte is declared: the event of an alias, the taxonomy or record of a field, the message of a send.
pub fn type_definition(analysis: &Analysis, file: FileId, offset: u32) -> Option<(Span, Vec<Span>)> {
    let (name, targets) = named(analysis, file, offset)?;
    let mentions = &analysis.checked.mentions;
    let types = targets.iter().flat_map(|t| types_of(analysis, *t));
    let places: Vec<Span> = types.flat_map(|t| mentions.definitions(t)).map(|m| m.span).collect();
    (!places.is_empty()).then_some((name, places))
}

fn types_of(analysis: &Analysis, target: Target) -> Vec<Target> {
    let program = &analysis.checked.program;
    let of = |ty: &Ty| -> Vec<Target> {
        match ty {
            Ty::Facet(id) => vec![Target::Declared(Kind::Facet, *id)],
            Ty::Record(id) => vec![Target::Declared(Kind::Record, *id)],
            Ty::Event(id) => vec![Target::Declared(Kind::Event, *id)],
            Ty::List(of) => match &**of {
                Ty::Facet(id) => vec![Target::Declared(Kind::Facet, *id)],
                Ty::Record(id) => vec![Target::Declared(Kind::Record, *id)],
                Ty::Event(id) => vec![Target::Declared(Kind::Event, *id)],
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    };
    match target {
        Target::EventField(e, f) => field(program.events.get(e).map(|e| &e.fields[..]), f).map(|f| of(&f.ty.ty)),
        Target::RecordField(r, f) => field(program.records.get(r).map(|r| &r.fields[..]), f).map(|f| of(&f.ty.ty)),
        Target::AnswerField(w, f) => field(program.webhooks.get(w).map(|w| &w.gives[..]), f).map(|f| of(&f.ty.ty)),
        Target::Declared(Kind::ProfileField, f) => program.profile.get(f).map(|f| of(&f.field.ty.ty)),
        Target::Node(facet, _) => Some(vec![Target::Declared(Kind::Facet, facet)]),
        Target::Local(Local::Input, span) => input(analysis, span).map(|p| of(&p.ty.ty)),
        Target::Local(Local::Variable, span) => variable(analysis, span).map(|v| match &v.kind {
            VariableKind::Event(events) => events.iter().map(|e| Target::Declared(Kind::Event, *e)).collect(),
            VariableKind::Value(ty) => of(&ty.ty),
            VariableKind::Send(m) => vec![Target::Declared(Kind::Message, *m)],
            VariableKind::Answer(w) => vec![Target::Declared(Kind::Webhook, *w)],
            VariableKind::Collected(e) => vec![Target::Declared(Kind::Event, *e)],
        }),
        _ => None,
    }
    .unwrap_or_default()
}

fn field(fields: Option<&[journey_compiler::hir::Field]>, at: usize) -> Option<&journey_compiler::hir::Field> {
    fields?.get(at)
}

/// The input of a message or webhook that is declared at a place.
pub fn input(analysis: &Analysis, span: Span) -> Option<&journey_compiler::hir::Param> {
    let program = &analysis.checked.program;
    let messages = program.messages.iter().flat_map(|m| &m.params);
    messages.chain(program.webhooks.iter().flat_map(|w| &w.params)).find(|p| p.span == span)
}

/// The variable of a journey or offer that is named first at a place.
pub fn variable(analysis: &Analysis, span: Span) -> Option<&journey_compiler::hir::Variable> {
    let program = &analysis.checked.program;
    let journeys = program.journeys.iter().flat_map(|j| &j.variables);
    journeys.chain(program.offers.iter().flat_map(|o| &o.variables)).find(|v| v.span == span)
}

/// Every place where what is named at a byte is named.
pub fn references(analysis: &Analysis, file: FileId, offset: u32, with_definitions: bool) -> Vec<Span> {
    let Some((_, targets)) = named(analysis, file, offset) else { return Vec::new() };
    let mentions = &analysis.checked.mentions;
    let places = targets.iter().flat_map(|t| mentions.of(*t)).filter(|m| with_definitions || !m.defines);
    places.map(|m| m.span).collect::<BTreeSet<_>>().into_iter().collect()
}

/// The places in the same file, each with whether it gives the meaning.
pub fn highlights(analysis: &Analysis, file: FileId, offset: u32) -> Vec<(Span, bool)> {
    let Some((_, targets)) = named(analysis, file, offset) else { return Vec::new() };
    let here = analysis.checked.mentions.of_file(file).iter().filter(|m| targets.contains(&m.target));
    here.map(|m| (m.span, m.defines)).collect::<BTreeSet<_>>().into_iter().collect()
}

/// The name at a byte, if it can be changed; else why not.
pub fn prepare_rename(analysis: &Analysis, file: FileId, offset: u32) -> Result<(Span, String), String> {
    let (name, targets) =
        named(analysis, file, offset).ok_or("there is no name here that could be changed".to_string())?;
    changeable(analysis, &targets)?;
    Ok((name, analysis.at(name).to_string()))
}

/// Whether a name is this project's own to change.
fn changeable(analysis: &Analysis, targets: &[Target]) -> Result<(), String> {
    let mentions = &analysis.checked.mentions;
    for target in targets {
        let mut defined = false;
        for place in mentions.definitions(*target) {
            defined = true;
            let path = analysis.path(place.span.file);
            if analysis.is_pack(place.span.file) {
                return Err(format!(
                    "`{}` is declared in `{path}`, which is part of the standard library",
                    analysis.at(place.span)
                ));
            }
            if analysis.tree(place.span.file).is_none() {
                return Err(format!("`{}` comes from the file `{path}`: change it there", analysis.at(place.span)));
            }
        }
        if !defined {
            return Err("this name is part of the language".to_string());
        }
    }
    Ok(())
}

/// The edits that give what is named at a byte another name, everywhere; else why that cannot be.
///
/// Names in the data stay as they are: where an event or field was found by its own name, that is written down.
pub fn rename(analysis: &Analysis, file: FileId, offset: u32, new: &str) -> Result<Edits, String> {
    let (name, targets) =
        named(analysis, file, offset).ok_or("there is no name here that could be changed".to_string())?;
    changeable(analysis, &targets)?;
    if !matches!(&tokenize(new)[..], [t] if t.kind == TokenKind::Word) {
        return Err(format!("`{new}` is not a name: a name is letters, digits and `_`, and begins with a letter"));
    }
    let mentions = &analysis.checked.mentions;
    let mut edits: BTreeMap<Span, String> = BTreeMap::new();
    let old = definition(analysis, file, offset)
        .and_then(|(_, places)| places.first().map(|p| analysis.at(*p).to_string()))
        .unwrap_or_else(|| analysis.at(name).to_string());
    for target in &targets {
        for mention in mentions.of(*target) {
            let written = analysis.at(mention.span);
            let text = if written == old {
                new.to_string()
            } else if old.strip_prefix("message_") == Some(written) {
                // A receipt, by the last part of its event.
                let receipt = new.strip_prefix("message_");
                receipt
                    .map(str::to_string)
                    .ok_or_else(|| format!("`{old}` is a receipt of a channel: its name must begin with `message_`"))?
            } else {
                continue;
            };
            edits.insert(mention.span, text);
            if mention.defines
                && let Some((at, from)) = in_the_data(analysis, *target, mention.span, &old)
            {
                edits.insert(at, from);
            }
        }
    }
    Ok(edits.into_iter().collect())
}

/// What must be written after a declaration so that it is found in the data under its old name.
fn in_the_data(analysis: &Analysis, target: Target, name: Span, old: &str) -> Option<(Span, String)> {
    let item = analysis.item(name.file, name.start)?;
    let fields: &[ast::Field] = match (&item.decl, target) {
        (ast::Decl::Event(e), Target::Declared(Kind::Event, _)) if e.name.span == name => {
            return e.wire.is_none().then(|| (name.after(), format!(" \"{old}\"")));
        }
        (ast::Decl::Event(e), Target::EventField(..)) => &e.fields,
        (ast::Decl::ExtendEvent(e), Target::EventField(..)) => &e.fields,
        (ast::Decl::Record(r), Target::RecordField(..)) => &r.fields,
        (ast::Decl::Profile(p), Target::Declared(Kind::ProfileField, _)) => &p.fields,
        (ast::Decl::Webhook(w), Target::AnswerField(..)) => &w.gives,
        _ => return None,
    };
    let field = fields.iter().find(|f| f.name.span == name)?;
    field.from.is_none().then(|| (field.ty.span.after(), format!(" from \"{old}\"")))
}

/// The texts of the files that edits change, by path.
pub fn changed(analysis: &Analysis, edits: &Edits) -> BTreeMap<String, String> {
    let files: BTreeSet<FileId> = edits.iter().map(|(span, _)| span.file).collect();
    let text = |file: FileId| edited(analysis.text(file), edits.iter().filter(|(span, _)| span.file == file));
    files.into_iter().map(|file| (analysis.path(file).to_string(), text(file))).collect()
}

/// Whether a program means after edits what it meant before: no new error, and every changed name stands for one and the same thing.
/// Else what would be wrong.
pub fn means_the_same(before: &Analysis, edits: &Edits, after: &Analysis) -> Result<(), String> {
    let errors = |a: &Analysis| -> Vec<String> {
        let all = a.findings.iter().filter(|d| d.severity == Severity::Error);
        all.map(|d| format!("{} {}", d.code, d.message)).collect()
    };
    let (old, new) = (errors(before), errors(after));
    if new.len() > old.len() {
        let first = after.findings.iter().filter(|d| d.severity == Severity::Error);
        let first = first.map(|d| (&d.message, format!("{} {}", d.code, d.message))).find(|(_, e)| !old.contains(e));
        let why = first.map_or_else(|| "it would no longer compile".to_string(), |(message, _)| message.clone());
        return Err(format!("with that name the program would not compile: {why}"));
    }
    // Only names; what is inserted beside them has no meaning of its own.
    let mut common: Option<BTreeSet<Target>> = None;
    for (span, text) in edits.iter().filter(|(span, _)| span.start < span.end) {
        let Some(place) = moved(before, edits, after, *span) else { continue };
        let named = after.checked.mentions.at(place.file, place.start);
        let here: BTreeSet<Target> = named.iter().map(|m| m.target).collect();
        let both = match &common {
            Some(common) => common.intersection(&here).copied().collect(),
            None => here,
        };
        if both.is_empty() {
            return Err(format!("`{text}` means something else in one of the places where the name stands"));
        }
        common = Some(both);
    }
    Ok(())
}

/// Where a place stands after edits, in the analysis made after them.
fn moved(before: &Analysis, edits: &Edits, after: &Analysis, span: Span) -> Option<Span> {
    let file = after.file(before.path(span.file))?;
    let mut start = i64::from(span.start);
    for (other, text) in edits.iter().filter(|(o, _)| o.file == span.file && o.end <= span.start && *o != span) {
        start += text.len() as i64 - i64::from(other.end - other.start);
    }
    let start = u32::try_from(start).ok()?;
    Some(Span { file, start, end: start + 1 })
}
