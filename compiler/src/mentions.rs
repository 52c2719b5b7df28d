//! Where names stand and what they stand for: written down while names are resolved, for editors.
//!
//! Nothing of the checking reads it. A place may mean several things (the field of an alias that two events share).

use crate::hir::{EnumId, EventId, FacetId, HAPPENED_AT, Program, RecordId, WebhookId};
use crate::scope::Kind;
use journey_grammar::span::{FileId, Span};

/// What a name is used for that is known only inside one declaration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Local {
    /// The alias of an event, a send, an answer, a collection; or a parameter of a journey.
    Variable,
    /// An input of a message or webhook.
    Input,
    /// A stage of a journey.
    Stage,
    /// An experiment.
    Experiment,
    /// A customer of a test.
    Customer,
    /// A claim of a message.
    Claim,
}

/// What a name stands for. Numbers are indices into the vectors of [`Program`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// A declaration with a name.
    Declared(Kind, usize),
    /// A field of an event; [`HAPPENED_AT`] too.
    EventField(EventId, usize),
    /// A field of a record.
    RecordField(RecordId, usize),
    /// A field of a webhook's answer.
    AnswerField(WebhookId, usize),
    /// A node of a taxonomy.
    Node(FacetId, u32),
    /// A value of a `one of` type.
    Value(EnumId, u16),
    /// Something known only where it is; the place is that of its (first) definition.
    Local(Local, Span),
}

/// A name at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mention {
    /// The name.
    pub span: Span,
    /// What it stands for.
    pub target: Target,
    /// It is given its meaning here.
    pub defines: bool,
}

/// All names of a project with what they stand for, by file and place.
#[derive(Debug, Clone, Default)]
pub struct Mentions {
    all: Vec<Mention>,
}

impl Mentions {
    /// Puts them in order, with the definitions that stand in the program.
    pub(crate) fn new(mut all: Vec<Mention>, program: &Program) -> Mentions {
        let mut define = |span: Span, target: Target| all.push(Mention { span, target, defines: true });
        macro_rules! named {
            ($($list:ident: $kind:expr),*) => {
                $(for (id, d) in program.$list.iter().enumerate() {
                    define(d.about.span, Target::Declared($kind, id));
                })*
            };
        }
        named!(facets: Kind::Facet, records: Kind::Record, events: Kind::Event, segments: Kind::Segment);
        named!(purposes: Kind::Purpose, channels: Kind::Channel, messages: Kind::Message, offers: Kind::Offer);
        named!(policies: Kind::Policy, webhooks: Kind::Webhook, calendars: Kind::Calendar, teams: Kind::Team);
        named!(journeys: Kind::Journey);
        for (id, f) in program.profile.iter().enumerate() {
            define(f.field.span, Target::Declared(Kind::ProfileField, id));
        }
        for (id, facet) in program.facets.iter().enumerate() {
            for (at, node) in facet.nodes.iter().enumerate() {
                define(node.span, Target::Node(id, at as u32));
            }
        }
        for (id, event) in program.events.iter().enumerate() {
            for (at, field) in event.fields.iter().enumerate() {
                define(field.span, Target::EventField(id, at));
            }
        }
        for (id, record) in program.records.iter().enumerate() {
            for (at, field) in record.fields.iter().enumerate() {
                define(field.span, Target::RecordField(id, at));
            }
        }
        for (id, webhook) in program.webhooks.iter().enumerate() {
            for (at, field) in webhook.gives.iter().enumerate() {
                define(field.span, Target::AnswerField(id, at));
            }
        }
        let inputs = program.messages.iter().flat_map(|m| &m.params);
        for param in inputs.chain(program.webhooks.iter().flat_map(|w| &w.params)) {
            define(param.span, Target::Local(Local::Input, param.span));
        }
        let variables = program.journeys.iter().flat_map(|j| &j.variables);
        for v in variables.chain(program.offers.iter().flat_map(|o| &o.variables)) {
            if !v.name.starts_with('#') {
                define(v.span, Target::Local(Local::Variable, v.span));
            }
        }
        // What is built in stands nowhere.
        all.retain(|m| m.span.start < m.span.end);
        all.sort_unstable_by_key(|m| (m.span, m.target, !m.defines));
        all.dedup_by_key(|m| (m.span, m.target));
        Mentions { all }
    }

    /// Every mention, by file and place.
    pub fn all(&self) -> &[Mention] {
        &self.all
    }

    /// Those of one file, by place.
    pub fn of_file(&self, file: FileId) -> &[Mention] {
        let from = self.all.partition_point(|m| m.span.file < file);
        let to = self.all.partition_point(|m| m.span.file <= file);
        &self.all[from..to]
    }

    /// What is named at a byte of a file: the shortest names that hold it or end there. Names do not overlap, but for the `message_`
    /// receipts and paths that are recorded part by part, so that the shortest is the one that is meant.
    pub fn at(&self, file: FileId, offset: u32) -> Vec<&Mention> {
        let mut found: Vec<&Mention> =
            self.of_file(file).iter().take_while(|m| m.span.start <= offset).filter(|m| offset <= m.span.end).collect();
        // Between `a.b`, the name that begins here is meant rather than the one that ends here.
        if found.iter().any(|m| m.span.end > offset) {
            found.retain(|m| m.span.end > offset);
        }
        let shortest = found.iter().map(|m| m.span.end - m.span.start).min();
        found.retain(|m| Some(m.span.end - m.span.start) == shortest);
        found
    }

    /// Every place where a target is named.
    pub fn of(&self, target: Target) -> impl Iterator<Item = &Mention> {
        self.all.iter().filter(move |m| m.target == target)
    }

    /// Where it is given its meaning; none for what is built in.
    pub fn definitions(&self, target: Target) -> impl Iterator<Item = &Mention> {
        self.of(target).filter(|m| m.defines)
    }
}

impl Target {
    /// A field that every event has, which stands nowhere.
    pub fn is_happened_at(self) -> bool {
        matches!(self, Target::EventField(_, HAPPENED_AT))
    }
}
