//! What every part of the checking shares: the names of the project, the program as far as it is built, and what was found.

use crate::hir::{self, EventId, FacetId, Type};
use crate::mentions::{Local, Mention, Target};
use crate::project::{Files, Source};
use journey_grammar::ast::{self, Name, Path};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::{Diagnostic, nearest};
use journey_grammar::span::Span;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// Kinds of declarations that have names. Each kind has its own names: a message and a journey may be called alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "named after what they are")]
pub enum Kind {
    Facet,
    Record,
    Event,
    ProfileField,
    Segment,
    Purpose,
    Channel,
    Message,
    Offer,
    Policy,
    Webhook,
    Calendar,
    Team,
    Journey,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 14] = [
        Kind::Facet,
        Kind::Record,
        Kind::Event,
        Kind::ProfileField,
        Kind::Segment,
        Kind::Purpose,
        Kind::Channel,
        Kind::Message,
        Kind::Offer,
        Kind::Policy,
        Kind::Webhook,
        Kind::Calendar,
        Kind::Team,
        Kind::Journey,
    ];

    /// What people call it.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Facet => "taxonomy",
            Kind::Record => "record",
            Kind::Event => "event",
            Kind::ProfileField => "profile field",
            Kind::Segment => "segment",
            Kind::Purpose => "purpose",
            Kind::Channel => "channel",
            Kind::Message => "message",
            Kind::Offer => "offer",
            Kind::Policy => "policy",
            Kind::Webhook => "webhook",
            Kind::Calendar => "calendar",
            Kind::Team => "team",
            Kind::Journey => "journey",
        }
    }

    /// With its article.
    pub fn a_word(self) -> String {
        let article = if matches!(self, Kind::Event | Kind::Offer) { "an" } else { "a" };
        format!("{article} {}", self.word())
    }

    /// The kind whose declarations begin with `keyword`.
    pub fn of_keyword(keyword: &str) -> Option<Kind> {
        if keyword == "profile" {
            return Some(Kind::ProfileField);
        }
        Kind::ALL.into_iter().find(|k| k.word() == keyword)
    }
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// The declaration with this index in the vector of its kind in [`hir::Program`]; declared at this place
    /// (an empty span for what is built in).
    Known(usize, Span),
    /// Its declaration could not be read, or it was reported as unknown: nothing is said of it.
    Poisoned,
}

/// All names of a project.
#[derive(Debug, Default)]
pub struct Names {
    tables: BTreeMap<Kind, BTreeMap<String, Entry>>,
    /// Kinds of which something is declared that could not be read, not even its name.
    unclear: BTreeSet<Kind>,
    /// Declarations of which a part could not be read: nobody may say that something is unknown or missing in them.
    broken: BTreeSet<(Kind, usize)>,
}

impl Names {
    /// Enters a declaration; the earlier one when there is one of that name already, which stays.
    pub fn declare(&mut self, kind: Kind, name: &Name, id: usize) -> Option<Entry> {
        let table = self.tables.entry(kind).or_default();
        match table.get(&name.text) {
            Some(earlier) => Some(*earlier),
            None => {
                table.insert(name.text.clone(), Entry::Known(id, name.span));
                None
            }
        }
    }

    /// What a name stands for, without reporting anything.
    pub fn get(&self, kind: Kind, name: &str) -> Option<Entry> {
        self.tables.get(&kind).and_then(|t| t.get(name)).copied()
    }

    /// The declaration of a name, without reporting anything.
    pub fn find(&self, kind: Kind, name: &str) -> Option<usize> {
        match self.get(kind, name) {
            Some(Entry::Known(id, _)) => Some(id),
            _ => None,
        }
    }

    /// Gives a known name another index (segments are put in order after they are all known).
    pub fn renumber(&mut self, kind: Kind, name: &str, id: usize) {
        if let Some(Entry::Known(old, _)) = self.tables.entry(kind).or_default().get_mut(name) {
            *old = id;
        }
    }

    /// From now on nothing is said of this name.
    pub fn poison(&mut self, kind: Kind, name: &str) {
        self.tables.entry(kind).or_default().entry(name.to_string()).or_insert(Entry::Poisoned);
    }

    /// Whether there is a name of this kind whose declaration could not be read.
    pub fn has_poisoned(&self, kind: Kind) -> bool {
        self.tables.get(&kind).is_some_and(|t| t.values().any(|e| *e == Entry::Poisoned))
    }

    /// Something of this kind could not be read, not even its name: unknown names of the kind are not reported.
    pub fn unclear(&mut self, kind: Kind) {
        self.unclear.insert(kind);
    }

    /// Whether unknown names of the kind are to be left alone.
    pub fn is_unclear(&self, kind: Kind) -> bool {
        self.unclear.contains(&kind)
    }

    /// A part of this declaration could not be read.
    pub fn mark_broken(&mut self, kind: Kind, id: usize) {
        self.broken.insert((kind, id));
    }

    /// Whether a part of this declaration could not be read: then nobody may say that something is unknown or missing in it.
    pub fn is_broken(&self, kind: Kind, id: usize) -> bool {
        self.broken.contains(&(kind, id))
    }

    /// The known names of a kind, in order.
    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &str> {
        self.tables
            .get(&kind)
            .into_iter()
            .flat_map(|t| t.iter().filter(|(_, e)| matches!(e, Entry::Known(..))).map(|(n, _)| n.as_str()))
    }
}

/// `a`, `b` or `c`: at most eight of them.
pub fn listed<'n>(names: impl Iterator<Item = &'n str>, word: &str) -> String {
    let all: Vec<String> = names.map(|n| format!("`{n}`")).collect();
    match &all[..] {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] if all.len() <= 8 => format!("{} {word} {last}", first.join(", ")),
        _ => format!("{} and {} more", all[..7].join(", "), all.len() - 7),
    }
}

/// A declaration where it stands in a tree.
#[derive(Debug)]
pub struct Declared<'a, T> {
    /// With its doc and annotations.
    pub item: &'a ast::Item,
    /// The declaration.
    pub decl: &'a T,
    /// Of a pack of the standard library.
    pub pack: bool,
}

impl<T> Clone for Declared<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Declared<'_, T> {}

/// The declarations of all trees, by kind. The index of a named one is its id: `decls.journeys[id]` is what
/// `program.journeys[id]` was written as. A second declaration of a name is reported and left out.
#[derive(Debug, Default)]
#[expect(missing_docs, reason = "named after what they hold")]
pub struct Decls<'a> {
    pub taxonomies: Vec<Declared<'a, ast::Taxonomy>>,
    pub events: Vec<Declared<'a, ast::Event>>,
    pub extends: Vec<Declared<'a, ast::ExtendEvent>>,
    pub records: Vec<Declared<'a, ast::Record>>,
    pub profiles: Vec<Declared<'a, ast::Profile>>,
    pub segments: Vec<Declared<'a, ast::Segment>>,
    pub purposes: Vec<Declared<'a, ast::Purpose>>,
    pub channels: Vec<Declared<'a, ast::Channel>>,
    pub messages: Vec<Declared<'a, ast::Message>>,
    pub offers: Vec<Declared<'a, ast::Offer>>,
    pub policies: Vec<Declared<'a, ast::Policy>>,
    pub webhooks: Vec<Declared<'a, ast::Webhook>>,
    pub calendars: Vec<Declared<'a, ast::Calendar>>,
    pub teams: Vec<Declared<'a, ast::Team>>,
    pub journeys: Vec<Declared<'a, ast::Journey>>,
    pub tests: Vec<Declared<'a, ast::Test>>,
    pub migrations: Vec<Declared<'a, ast::Migrate>>,
}

/// What every part of the checking shares.
pub struct Context<'a> {
    /// The program as far as it is built. Declarations are complete before journeys are checked, journeys before tests.
    pub program: hir::Program,
    /// All names.
    pub names: Names,
    /// The trees' declarations.
    pub decls: Decls<'a>,
    /// Answers for files the project names.
    pub assets: &'a dyn Files,
    /// All texts; files the project names are added when they are read, so that findings can point into them.
    pub sources: Vec<Source>,
    /// The parameters of each journey, by its id.
    pub journey_params: Vec<Vec<hir::Param>>,
    /// What was found so far, in any order.
    pub diagnostics: RefCell<Vec<Diagnostic>>,
    /// Whether names are written down as they are resolved.
    pub noting: bool,
    /// Names that were resolved, in any order.
    pub mentions: RefCell<Vec<Mention>>,
    /// Unknown names that were reported, with the index of the finding.
    reported: RefCell<BTreeMap<Unknown, usize>>,
    /// What is told of one declaration, while that is kept for the next time.
    record: RefCell<Option<Vec<Told>>>,
}

/// An unknown name: in whose sight, and the name. It is reported once.
type Unknown = (String, String);

/// Something that was told of a declaration: as it is found there, before it is put together with what others say.
#[derive(Debug, Clone)]
pub(crate) enum Told {
    /// A finding.
    Finding(Diagnostic),
    /// A name that is not known, with its finding should it be the first.
    Unknown(Unknown, Diagnostic),
}

impl<'a> Context<'a> {
    /// A context with an empty program.
    pub fn new(assets: &'a dyn Files, sources: Vec<Source>) -> Context<'a> {
        Context {
            program: hir::Program::default(),
            names: Names::default(),
            decls: Decls::default(),
            assets,
            sources,
            journey_params: Vec::new(),
            diagnostics: RefCell::default(),
            noting: false,
            mentions: RefCell::default(),
            reported: RefCell::default(),
            record: RefCell::default(),
        }
    }

    /// Keeps a finding.
    pub fn report(&self, diagnostic: Diagnostic) {
        self.tell(Told::Finding(diagnostic));
    }

    /// From here on what is told is only recorded.
    pub(crate) fn begin_record(&self) {
        *self.record.borrow_mut() = Some(Vec::new());
    }

    /// What was told since the record began. It still has to be told.
    pub(crate) fn end_record(&self) -> Vec<Told> {
        self.record.borrow_mut().take().unwrap_or_default()
    }

    /// Tells something, or records it.
    pub(crate) fn tell(&self, told: Told) {
        if let Some(record) = &mut *self.record.borrow_mut() {
            record.push(told);
            return;
        }
        match told {
            Told::Finding(d) => self.diagnostics.borrow_mut().push(d),
            Told::Unknown(key, d) if !self.again(&key, d.span()) => {
                let mut diagnostics = self.diagnostics.borrow_mut();
                self.reported.borrow_mut().insert(key, diagnostics.len());
                diagnostics.push(d);
            }
            Told::Unknown(..) => {}
        }
    }

    /// Writes down what a name stands for.
    pub fn mention(&self, span: Span, target: Target) {
        self.note(span, target, false);
    }

    /// Writes down a name that is given its meaning here and known only nearby.
    pub fn define(&self, kind: Local, span: Span) {
        self.note(span, Target::Local(kind, span), true);
    }

    /// Writes down what a name stands for, and whether it is given that meaning here.
    pub fn note(&self, span: Span, target: Target, defines: bool) {
        if self.noting {
            self.mentions.borrow_mut().push(Mention { span, target, defines });
        }
    }

    /// Writes down the parts of a path that ends at a node.
    fn mention_node(&self, facet: FacetId, node: u32, path: &Path) {
        if !self.noting {
            return;
        }
        let nodes = &self.program.facets[facet].nodes;
        let mut at = Some(node);
        for part in path.parts.iter().rev() {
            let Some(id) = at else { return };
            self.mention(part.span, Target::Node(facet, id));
            at = nodes[id as usize].parent;
        }
    }

    /// The text at a place, as written.
    pub fn text(&self, span: Span) -> &str {
        self.sources.get(usize::from(span.file.0)).and_then(|s| s.text.get(span.range())).unwrap_or("")
    }

    /// The declaration of that kind and name. None when there is none (reported once per name, with the nearest one), or when
    /// its declaration could not be read (said already): then go on as if it were right.
    pub fn lookup(&self, kind: Kind, name: &Name) -> Option<usize> {
        match self.names.get(kind, &name.text) {
            Some(Entry::Known(id, _)) => {
                self.mention(name.span, Target::Declared(kind, id));
                Some(id)
            }
            Some(Entry::Poisoned) => None,
            None => {
                if !self.names.is_unclear(kind) {
                    self.unknown(kind.word(), name, self.names.of_kind(kind), |d| self.elsewhere(kind, name, d));
                }
                None
            }
        }
    }

    /// The event of that name, or none (reported).
    pub fn lookup_event(&self, name: &Name) -> Option<EventId> {
        self.lookup(Kind::Event, name)
    }

    /// The taxonomy of that name, or none (reported).
    pub fn lookup_facet(&self, name: &Name) -> Option<FacetId> {
        self.lookup(Kind::Facet, name)
    }

    /// The profile field of that name, or none (reported).
    pub fn lookup_profile(&self, name: &Name) -> Option<hir::FieldId> {
        self.lookup(Kind::ProfileField, name)
    }

    /// The segment of that name, or none (reported).
    pub fn lookup_segment(&self, name: &Name) -> Option<hir::SegmentId> {
        self.lookup(Kind::Segment, name)
    }

    /// The purpose of that name, or none (reported).
    pub fn lookup_purpose(&self, name: &Name) -> Option<hir::PurposeId> {
        self.lookup(Kind::Purpose, name)
    }

    /// The channel of that name, or none (reported).
    pub fn lookup_channel(&self, name: &Name) -> Option<hir::ChannelId> {
        self.lookup(Kind::Channel, name)
    }

    /// The message of that name, or none (reported).
    pub fn lookup_message(&self, name: &Name) -> Option<hir::MessageId> {
        self.lookup(Kind::Message, name)
    }

    /// The offer of that name, or none (reported).
    pub fn lookup_offer(&self, name: &Name) -> Option<hir::OfferId> {
        self.lookup(Kind::Offer, name)
    }

    /// The webhook of that name, or none (reported).
    pub fn lookup_webhook(&self, name: &Name) -> Option<hir::WebhookId> {
        self.lookup(Kind::Webhook, name)
    }

    /// The calendar of that name, or none (reported).
    pub fn lookup_calendar(&self, name: &Name) -> Option<hir::CalendarId> {
        self.lookup(Kind::Calendar, name)
    }

    /// The team of that name, or none (reported).
    pub fn lookup_team(&self, name: &Name) -> Option<hir::TeamId> {
        self.lookup(Kind::Team, name)
    }

    /// The journey of that name, or none (reported).
    pub fn lookup_journey(&self, name: &Name) -> Option<hir::JourneyId> {
        self.lookup(Kind::Journey, name)
    }

    /// The field of an event, or none (reported, unless a part of the event could not be read). `happened_at` is known of every
    /// event: [`hir::HAPPENED_AT`].
    pub fn lookup_event_field(&self, event: EventId, name: &Name) -> Option<usize> {
        if name.text == "happened_at" {
            self.mention(name.span, Target::EventField(event, hir::HAPPENED_AT));
            return Some(hir::HAPPENED_AT);
        }
        let e = self.program.events.get(event)?;
        if let Some(index) = e.fields.iter().position(|f| f.name == name.text) {
            self.mention(name.span, Target::EventField(event, index));
            return Some(index);
        }
        if !self.names.is_broken(Kind::Event, event) {
            let names = e.fields.iter().map(|f| f.name.as_str()).chain(["happened_at"]);
            let message = format!("`{}` has no field `{}`", e.name, name.text);
            self.unknown_in(&e.name, message, name, names, |d| d);
        }
        None
    }

    /// The value of a `one of` type, or none (reported).
    pub fn lookup_value(&self, enum_id: hir::EnumId, name: &Name) -> Option<u16> {
        let values = &self.program.enums.get(enum_id)?.values;
        if let Some(index) = values.iter().position(|v| *v == name.text) {
            let index = u16::try_from(index).ok()?;
            self.mention(name.span, Target::Value(enum_id, index));
            return Some(index);
        }
        let all = values.join(", ");
        let may = listed(values.iter().map(String::as_str), "or");
        let message = format!("`{}` is not one of the values it may be: {may}", name.text);
        self.unknown_in(&all, message, name, values.iter().map(String::as_str), |d| d);
        None
    }

    /// The node of a facet that a path names: the whole path, or a last part that only one node has. None when there is none
    /// (reported once), when it may be several (reported), or when the taxonomy could not be read. A deprecated node is a warning.
    pub fn lookup_node(&self, facet: FacetId, path: &Path) -> Option<u32> {
        let node = self.find_node(facet, path)?;
        let f = &self.program.facets[facet];
        if let Some(instead) = f.nodes[node as usize].deprecated {
            let instead = &f.nodes[instead as usize].path;
            self.report(
                Diagnostic::new(
                    Code::DeprecatedNode,
                    path.span,
                    format!("`{}` of the taxonomy `{}` is deprecated", path.text(), f.name),
                    format!("`{instead}` has taken its place"),
                )
                .fix(format!("change it to `{instead}`"), path.span, instead.clone()),
            );
        }
        Some(node)
    }

    /// [`Context::lookup_node`] that takes deprecated nodes as they are.
    pub fn find_node(&self, facet: FacetId, path: &Path) -> Option<u32> {
        let f = self.program.facets.get(facet)?;
        let text = path.text();
        if let Some(node) = f.by_path.get(&text) {
            self.mention_node(facet, *node, path);
            return Some(*node);
        }
        // A path may begin anywhere, if what follows is unique: `apparel.shoes` for `goods.apparel.shoes`.
        let last = path.parts.last()?;
        let ending = format!(".{text}");
        let found: Vec<u32> = f
            .by_last
            .get(&last.text)
            .into_iter()
            .flatten()
            .copied()
            .filter(|n| path.parts.len() == 1 || f.nodes[*n as usize].path.ends_with(&ending))
            .collect();
        match found[..] {
            [node] => {
                self.mention_node(facet, node, path);
                Some(node)
            }
            [] => {
                if !self.names.is_broken(Kind::Facet, facet) {
                    self.unknown_path(f, path, &text);
                }
                None
            }
            _ => {
                let paths: Vec<String> =
                    found.iter().take(6).map(|n| format!("`{}`", f.nodes[*n as usize].path)).collect();
                let more = found.len().saturating_sub(6);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                let mut d = Diagnostic::new(
                    Code::AmbiguousPath,
                    path.span,
                    format!("`{text}` stands in several places of the taxonomy `{}`", f.name),
                    format!("one of {}{more}", paths.join(", ")),
                )
                .help("write the whole path");
                for n in found.iter().take(6) {
                    let whole = &f.nodes[*n as usize].path;
                    d = d.suggest(format!("change it to `{whole}`"), path.span, whole.clone());
                }
                self.report(d);
                None
            }
        }
    }

    fn unknown_path(&self, f: &hir::Facet, path: &Path, text: &str) {
        let whole = nearest(text, f.by_path.keys().map(String::as_str)).map(str::to_string);
        let near = whole.or_else(|| {
            let last = &path.parts.last()?.text;
            let same = f.by_last.get(last).or_else(|| {
                let near = nearest(last, f.by_last.keys().map(String::as_str))?;
                f.by_last.get(near)
            })?;
            let node = same.first()?;
            Some(f.nodes[*node as usize].path.clone())
        });
        let key = (format!("path of {}", f.name), text.to_string());
        let mut d = Diagnostic::new(
            Code::UnknownPath,
            path.span,
            format!("the taxonomy `{}` has no path `{text}`", f.name),
            match &near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "not in the taxonomy".to_string(),
            },
        );
        match near {
            Some(near) => d = d.fix(format!("change it to `{near}`"), path.span, near),
            None => {
                let tops: Vec<String> =
                    f.nodes.iter().filter(|n| n.parent.is_none()).take(8).map(|n| format!("`{}`", n.path)).collect();
                if !tops.is_empty() {
                    d = d.help(format!("at the top of it stand {}", tops.join(", ")));
                }
            }
        }
        self.tell(Told::Unknown(key, d));
    }

    /// Reports a name that is not known as `what` (`event`, ``field of `x` ``), with the nearest of `names` as fix. A second use
    /// of the same name adds its place to the first finding.
    pub fn unknown<'n>(
        &self,
        what: &str,
        name: &Name,
        names: impl IntoIterator<Item = &'n str>,
        also: impl FnOnce(Diagnostic) -> Diagnostic,
    ) {
        self.unknown_in(what, format!("there is no {what} `{}`", name.text), name, names, also);
    }

    /// [`Context::unknown`] in other words: `message` says what is wrong, `whose` tells apart what the same word may stand for in
    /// different places.
    pub fn unknown_in<'n>(
        &self,
        whose: &str,
        message: String,
        name: &Name,
        names: impl IntoIterator<Item = &'n str>,
        also: impl FnOnce(Diagnostic) -> Diagnostic,
    ) {
        let key = (whose.to_string(), name.text.clone());
        let near = nearest(&name.text, names);
        let mut d = Diagnostic::new(
            Code::UnknownName,
            name.span,
            message,
            match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "not known".to_string(),
            },
        );
        d = match near {
            Some(near) => d.fix(format!("change it to `{near}`"), name.span, near),
            None => also(d),
        };
        self.tell(Told::Unknown(key, d));
    }

    /// Whether this unknown name was reported; then its place and fix are added to that finding.
    fn again(&self, key: &Unknown, span: Span) -> bool {
        let reported = self.reported.borrow();
        let Some(index) = reported.get(key) else { return false };
        let mut diagnostics = self.diagnostics.borrow_mut();
        let Some(d) = diagnostics.get_mut(*index) else { return false };
        if d.labels.iter().any(|l| l.span == span) {
            return true;
        }
        d.labels.push(journey_grammar::diagnostic::Label { span, text: "and here".to_string() });
        if let Some(fix) = d.fixes.first_mut()
            && let Some((_, text)) = fix.edits.first().cloned()
        {
            fix.edits.push((span, text));
        }
        true
    }

    /// What may help with an unknown name: it is known as something else.
    fn elsewhere(&self, kind: Kind, name: &Name, d: Diagnostic) -> Diagnostic {
        let other = Kind::ALL.into_iter().find(|k| *k != kind && self.names.find(*k, &name.text).is_some());
        match other {
            Some(other) => d.note(format!("`{}` is {}, not {}", name.text, other.a_word(), kind.a_word())),
            None => d,
        }
    }

    /// A type in the words of the language: `money EUR?`, `one of a, b`.
    pub fn type_text(&self, ty: &Type) -> String {
        self.program.type_text(ty)
    }

    /// A type in the words of the language.
    pub fn ty_text(&self, ty: &hir::Ty) -> String {
        self.program.ty_text(ty)
    }
}
