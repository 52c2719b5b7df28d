//! From the checked program to the image.
//!
//! Rows, slots and the profile hold only what something reads. What is read is found by lowering: it is repeated with what the
//! last pass has seen, until nothing new is seen. So the order of fields and slots is that of their declarations, and does not
//! depend on where they are first read: an edit in one journey leaves the listing of the others alone. These passes only look;
//! one more, which knows all that is read, makes the image.

mod expr;
mod journey;
mod send;
mod steps;
mod tables;
mod tests;

pub use journey::version;
pub use tests::{lower_test, lower_tests};

use crate::hir::{self, Const, Program, Ty};
use crate::project::Source;
use journey_grammar::span::Span;
use journey_runtime::image::{self, Image, Word};
use rustc_hash::{FxBuildHasher, FxHashMap};
use std::collections::BTreeSet;
use std::hash::{BuildHasher, Hash};

/// The image of a program without errors. `sources` are those of the check that made it.
pub fn lower(program: &Program, sources: &[Source]) -> Image {
    let mut known = Read { slots: vec![BTreeSet::new(); program.journeys.len()], ..Read::default() };
    loop {
        let seen = Lower::new(program, sources, &known, true).all().seen;
        if seen == known {
            return Lower::new(program, sources, &known, false).all().image;
        }
        known = seen;
    }
}

/// An image whose rows hold every field that is declared, and in which nothing runs: recorded data are held against it.
pub fn declared(program: &Program, sources: &[Source]) -> Image {
    let every = |owner: usize, fields: usize| (0..fields).map(move |field| (owner, field));
    let known = Read {
        events: program.events.iter().enumerate().flat_map(|(id, e)| every(id, e.fields.len())).collect(),
        profile: (0..program.profile.len()).collect(),
        records: program.records.iter().enumerate().flat_map(|(id, r)| every(id, r.fields.len())).collect(),
        slots: vec![BTreeSet::new(); program.journeys.len()],
        ..Read::default()
    };
    let mut lower = Lower::new(program, sources, &known, false);
    lower.tables();
    lower.image.events.iter_mut().for_each(|event| event.used = true);
    lower.image
}

/// The number of a slot's owner: 0 for the journey's own variables, and one for each place an offer's steps are copied to.
type Copy = u32;

/// What the program reads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Read {
    /// Fields of events.
    events: BTreeSet<(hir::EventId, usize)>,
    /// Profile fields.
    profile: BTreeSet<hir::FieldId>,
    /// Fields of records.
    records: BTreeSet<(hir::RecordId, usize)>,
    /// Fields of collected events.
    collected: BTreeSet<(hir::EventId, usize)>,
    /// Variables' fields, per journey.
    slots: Vec<BTreeSet<(Copy, hir::VariableId, usize)>>,
}

/// One pass.
struct Lower<'a> {
    program: &'a Program,
    sources: &'a [Source],
    /// It only looks for what is read: texts, functions, watches and histories are not made, and have the number 0.
    looks: bool,
    /// What the last pass saw, sorted.
    events: Vec<(hir::EventId, usize)>,
    profile: Vec<hir::FieldId>,
    records: Vec<(hir::RecordId, usize)>,
    collected: Vec<(hir::EventId, usize)>,
    slots: Vec<Vec<(Copy, hir::VariableId, usize)>>,
    /// What this pass sees.
    seen: Read,
    image: Image,
    texts: Numbers,
    lists: Numbers,
    functions: Numbers,
    /// The watch of a function.
    watches: FxHashMap<image::FnId, u16>,
    /// The histories of an event and a condition.
    histories: FxHashMap<(u16, Option<image::FnId>), Vec<u16>>,
    /// From the program's journeys to the image's, which are ordered by name.
    journey_index: Vec<u16>,
    /// Line starts of each source.
    lines: Vec<Vec<u32>>,
}

impl<'a> Lower<'a> {
    fn new(program: &'a Program, sources: &'a [Source], known: &Read, looks: bool) -> Lower<'a> {
        let mut order: Vec<usize> = (0..program.journeys.len()).collect();
        order.sort_by(|a, b| program.journeys[*a].name.cmp(&program.journeys[*b].name));
        let mut journey_index = vec![0; order.len()];
        for (position, journey) in order.iter().enumerate() {
            journey_index[*journey] = position as u16;
        }
        Lower {
            program,
            sources,
            looks,
            events: known.events.iter().copied().collect(),
            profile: known.profile.iter().copied().collect(),
            records: known.records.iter().copied().collect(),
            collected: known.collected.iter().copied().collect(),
            slots: known.slots.iter().map(|s| s.iter().copied().collect()).collect(),
            seen: Read { slots: vec![BTreeSet::new(); program.journeys.len()], ..Read::default() },
            image: Image::default(),
            texts: Numbers::default(),
            lists: Numbers::default(),
            functions: Numbers::default(),
            watches: FxHashMap::default(),
            histories: FxHashMap::default(),
            journey_index,
            lines: if looks { Vec::new() } else { sources.iter().map(|s| line_starts(&s.text)).collect() },
        }
    }

    fn all(mut self) -> Self {
        self.tables();
        self.journeys();
        self
    }

    fn text(&mut self, text: &str) -> u32 {
        if self.looks {
            return 0;
        }
        match self.texts.number(text, |id| self.image.texts[id].as_str()) {
            Ok(id) => id,
            Err(id) => {
                self.image.texts.push(text.to_string());
                id
            }
        }
    }

    fn list(&mut self, words: Vec<Word>) -> u32 {
        if self.looks {
            return 0;
        }
        match self.lists.number(&words, |id| &self.image.lists[id]) {
            Ok(id) => id,
            Err(id) => {
                self.image.lists.push(words);
                id
            }
        }
    }

    /// The word of an event's field in the event's row.
    fn event_field(&mut self, event: hir::EventId, field: usize) -> u16 {
        if self.looks {
            self.seen.events.insert((event, field));
        }
        position(&self.events, event, field)
    }

    /// The image's number of a profile field.
    fn profile_field(&mut self, field: hir::FieldId) -> u16 {
        if self.looks {
            self.seen.profile.insert(field);
        }
        self.profile.binary_search(&field).unwrap_or(0) as u16
    }

    /// The word of a record's field in a member.
    fn record_field(&mut self, record: hir::RecordId, field: usize) -> u16 {
        if self.looks {
            self.seen.records.insert((record, field));
        }
        position(&self.records, record, field)
    }

    /// The word of a collected event's field in a member.
    fn collected_field(&mut self, event: hir::EventId, field: usize) -> u16 {
        if self.looks {
            self.seen.collected.insert((event, field));
        }
        self.event_field(event, field);
        position(&self.collected, event, field)
    }

    /// A constant's word.
    fn word(&mut self, value: &Const) -> Word {
        match value {
            Const::Bool(b) => u64::from(*b),
            Const::Int(i) | Const::Money(i) | Const::Date(i) | Const::Time(i) | Const::Moment(i) => *i as u64,
            Const::Number(n) => number_word(*n),
            Const::Text(t) => u64::from(self.text(t)),
            Const::Duration(length) => nominal(*length) as u64,
            Const::Enum(_, value) => u64::from(*value),
            Const::Node(_, node) => u64::from(*node),
            Const::List(members) => {
                let words = members.iter().map(|m| self.word(m)).collect();
                u64::from(self.list(words))
            }
            Const::Record(_) | Const::Missing => image::MISSING,
        }
    }

    /// The image's type. A list of records has the fields that are read, in order of declaration.
    fn ty(&mut self, ty: &Ty) -> image::Ty {
        match ty {
            Ty::Bool => image::Ty::Bool,
            Ty::Int => image::Ty::Int,
            Ty::Number => image::Ty::Number,
            Ty::Percent => image::Ty::Percent,
            Ty::Probability => image::Ty::Probability,
            Ty::Text => image::Ty::Text,
            Ty::Money(currency) => image::Ty::Money(currency.clone()),
            Ty::Duration => image::Ty::Duration,
            Ty::Date => image::Ty::Date,
            Ty::Time => image::Ty::Time,
            Ty::Moment => image::Ty::Moment,
            Ty::Zone => image::Ty::Zone,
            Ty::Enum(id) => image::Ty::Enum(*id as u16),
            Ty::Facet(id) => image::Ty::Facet(*id as u16),
            Ty::List(of) => image::Ty::List(Box::new(self.list_ty(of, &hir::Bounds::default()))),
            // Members, aliases and poison are no values of their own: nothing asks for their word.
            Ty::Record(_) | Ty::Event(_) | Ty::Poison => image::Ty::Bool,
        }
    }

    /// A list's members; `bounds` are the list's own.
    fn list_ty(&mut self, of: &Ty, bounds: &hir::Bounds) -> image::ListTy {
        let program = self.program;
        let fields = match of {
            Ty::Record(record) => {
                let read = of_owner(&self.records, *record).to_vec();
                read.iter().map(|f| self.list_field(&program.records[*record].fields[f.1])).collect()
            }
            Ty::Event(event) => {
                let read = of_owner(&self.collected, *event).to_vec();
                read.iter().map(|f| self.list_field(&program.events[*event].fields[f.1])).collect()
            }
            plain => vec![image::ListField {
                name: String::new(),
                path: String::new(),
                currency_path: None,
                ty: self.ty(plain),
                optional: false,
                bounds: bounds.members.as_ref().map(|m| self.bounds(m, plain)).unwrap_or_default(),
            }],
        };
        image::ListTy {
            fields,
            at_most: bounds.at_most.unwrap_or(u32::MAX),
            records: matches!(of, Ty::Record(_) | Ty::Event(_)),
        }
    }

    fn list_field(&mut self, field: &hir::Field) -> image::ListField {
        image::ListField {
            name: field.name.clone(),
            path: field.path.clone(),
            currency_path: field.currency_path.clone(),
            ty: self.field_ty(&field.ty.ty, &field.bounds),
            optional: field.ty.optional,
            bounds: self.bounds(&field.bounds, &field.ty.ty),
        }
    }

    /// A declared field's type: a list carries its bound.
    fn field_ty(&mut self, ty: &Ty, bounds: &hir::Bounds) -> image::Ty {
        match ty {
            Ty::List(of) => image::Ty::List(Box::new(self.list_ty(of, bounds))),
            other => self.ty(other),
        }
    }

    fn bounds(&mut self, bounds: &hir::Bounds, ty: &Ty) -> image::Bounds {
        image::Bounds {
            between: bounds.between.as_ref().map(|(low, high)| (self.word(low), self.word(high))),
            at_most: if matches!(ty, Ty::List(_)) { None } else { bounds.at_most },
        }
    }

    /// The source text of a span, on one line.
    fn source(&self, span: Span) -> String {
        if self.looks {
            return String::new();
        }
        let text = self.sources.get(usize::from(span.file.0)).and_then(|s| s.text.get(span.range())).unwrap_or("");
        let mut on_one_line = String::with_capacity(text.len());
        for word in text.lines().flat_map(|line| line.split("//").next().unwrap_or("").split_whitespace()) {
            if !on_one_line.is_empty() {
                on_one_line.push(' ');
            }
            on_one_line.push_str(word);
        }
        on_one_line
    }

    /// Line (from 1) and file of a span.
    fn line(&self, span: Span) -> (u32, String) {
        if self.looks {
            return (0, String::new());
        }
        let file = usize::from(span.file.0);
        let line = self.lines.get(file).map_or(0, |starts| starts.partition_point(|s| *s <= span.start));
        (line as u32, self.sources.get(file).map(|s| s.path.clone()).unwrap_or_default())
    }

    /// `@facet path` in words.
    fn tag(&self, tag: &(hir::FacetId, u32)) -> (String, String) {
        let facet = &self.program.facets[tag.0];
        (facet.name.clone(), facet.nodes[tag.1 as usize].path.clone())
    }
}

/// Numbers of different things, in the order in which they are first asked for. The things themselves are kept elsewhere, once.
#[derive(Default)]
struct Numbers {
    /// By hash; one of the same hash stands under the next that is free.
    by_hash: FxHashMap<u64, u32>,
}

impl Numbers {
    /// The number of `thing`; `Err` with a fresh one when it had none. `known` gives the thing of a number.
    fn number<'t, T: Hash + PartialEq + ?Sized + 't>(
        &mut self,
        thing: &T,
        known: impl Fn(usize) -> &'t T,
    ) -> Result<u32, u32> {
        let mut hash = FxBuildHasher.hash_one(thing);
        while let Some(id) = self.by_hash.get(&hash) {
            if known(*id as usize) == thing {
                return Ok(*id);
            }
            hash = hash.wrapping_add(1);
        }
        let id = self.by_hash.len() as u32;
        self.by_hash.insert(hash, id);
        Err(id)
    }
}

/// Where the lines of a text begin.
fn line_starts(text: &str) -> Vec<u32> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at as u32 + 1)).collect()
}

/// The place of `(owner, field)` among the fields of its owner.
fn position(known: &[(usize, usize)], owner: usize, field: usize) -> u16 {
    let of = of_owner(known, owner);
    of.partition_point(|k| k.1 < field) as u16
}

/// The fields of one owner.
fn of_owner(known: &[(usize, usize)], owner: usize) -> &[(usize, usize)] {
    let from = known.partition_point(|k| k.0 < owner);
    let known = &known[from..];
    &known[..known.partition_point(|k| k.0 == owner)]
}

/// The word of a number: never NaN, never -0.0.
fn number_word(n: f64) -> Word {
    if n.is_nan() || n == 0.0 { 0 } else { n.to_bits() }
}

/// A length where it is only compared or added to another: days count 24 hours, months 30 days.
pub(crate) fn nominal(length: hir::Length) -> i64 {
    length.ms + (i64::from(length.days) + 30 * i64::from(length.months)) * 86_400_000
}
