//! What there is: in a file, and in the whole project.

use crate::analysis::Analysis;
use journey_compiler::journey::blocks;
use journey_compiler::mentions::Target;
use journey_compiler::scope::Kind;
use journey_grammar::ast::{self, Decl, StepKind};
use journey_grammar::span::{FileId, Span};

/// Something with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbol {
    /// Its name.
    pub name: String,
    /// What it is, in a word or two.
    pub detail: String,
    /// Its kind, for an icon.
    pub kind: Sort,
    /// The whole.
    pub span: Span,
    /// Its name in the text.
    pub at: Span,
    /// What stands in it.
    pub inside: Vec<Symbol>,
}

/// Kinds of symbols.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "named after what they are")]
pub enum Sort {
    Taxonomy,
    Node,
    Event,
    Field,
    Record,
    Segment,
    Purpose,
    Channel,
    Message,
    Rendering,
    Offer,
    Policy,
    Webhook,
    Calendar,
    Team,
    Journey,
    Stage,
    Step,
    Test,
}

/// The symbols of a file, one inside the other.
pub fn of_file(analysis: &Analysis, file: FileId) -> Vec<Symbol> {
    let items = analysis.tree(file).map(|t| t.items.as_slice()).unwrap_or_default();
    items.iter().filter_map(item).collect()
}

fn symbol(name: &ast::Name, detail: impl Into<String>, kind: Sort, span: Span, inside: Vec<Symbol>) -> Symbol {
    // Editors want the name inside the whole.
    let span = span.to(name.span);
    Symbol { name: name.text.clone(), detail: detail.into(), kind, span, at: name.span, inside }
}

fn item(item: &ast::Item) -> Option<Symbol> {
    let span = item.span;
    Some(match &item.decl {
        Decl::Use(_) => return None,
        Decl::Taxonomy(d) => {
            let nodes = match &d.body {
                ast::TaxonomyBody::Nodes(nodes) => nodes.iter().map(node).collect(),
                ast::TaxonomyBody::File(_) => Vec::new(),
            };
            symbol(&d.name, "taxonomy", Sort::Taxonomy, span, nodes)
        }
        Decl::Event(d) => symbol(&d.name, "event", Sort::Event, span, fields(&d.fields)),
        Decl::ExtendEvent(d) => symbol(&d.name, "extend event", Sort::Event, span, fields(&d.fields)),
        Decl::Record(d) => symbol(&d.name, "record", Sort::Record, span, fields(&d.fields)),
        Decl::Profile(d) => {
            let at = Span { end: span.start, ..span };
            let name = ast::Name { text: "profile".to_string(), span: at };
            symbol(&name, "", Sort::Record, span, fields(&d.fields))
        }
        Decl::Segment(d) => symbol(&d.name, "segment", Sort::Segment, span, Vec::new()),
        Decl::Purpose(d) => symbol(&d.name, "purpose", Sort::Purpose, span, Vec::new()),
        Decl::Channel(d) => symbol(&d.name, "channel", Sort::Channel, span, Vec::new()),
        Decl::Message(d) => {
            let renderings = d.renderings.iter().map(|r| {
                let locale = r.locale.as_ref().map_or(String::new(), |l| format!("in {}", l.text));
                symbol(&r.channel, locale, Sort::Rendering, r.span, Vec::new())
            });
            symbol(&d.name, format!("message for {}", d.purpose.text), Sort::Message, span, renderings.collect())
        }
        Decl::Offer(d) => symbol(&d.name, "offer", Sort::Offer, span, Vec::new()),
        Decl::Policy(d) => symbol(&d.name, "policy", Sort::Policy, span, Vec::new()),
        Decl::Webhook(d) => symbol(&d.name, "webhook", Sort::Webhook, span, fields(&d.gives)),
        Decl::Calendar(d) => symbol(&d.name, "calendar", Sort::Calendar, span, Vec::new()),
        Decl::Team(d) => symbol(&d.name, "team", Sort::Team, span, Vec::new()),
        Decl::Journey(d) => {
            let mut steps = Vec::new();
            places(&d.body, &mut steps);
            symbol(&d.name, "journey", Sort::Journey, span, steps)
        }
        Decl::Test(d) => Symbol {
            name: d.title.text.clone(),
            detail: "test".to_string(),
            kind: Sort::Test,
            span: span.to(d.title.span),
            at: d.title.span,
            inside: Vec::new(),
        },
        Decl::Migrate(d) => symbol(&d.journey, "migrate", Sort::Journey, span, Vec::new()),
        Decl::Broken { name, kind } => {
            symbol(name.as_ref()?, kind.clone().unwrap_or_default(), Sort::Journey, span, Vec::new())
        }
    })
}

fn node(of: &ast::TaxNode) -> Symbol {
    let label = of.labels.first().map_or(String::new(), |(_, text)| text.text.clone());
    symbol(&of.name, label, Sort::Node, of.span, of.children.iter().map(node).collect())
}

fn fields(fields: &[ast::Field]) -> Vec<Symbol> {
    fields.iter().map(|f| symbol(&f.name, "", Sort::Field, f.span, Vec::new())).collect()
}

/// Stages, and steps that have a name.
fn places(block: &ast::Block, found: &mut Vec<Symbol>) {
    for step in &block.steps {
        let mut inside = Vec::new();
        for block in blocks(&step.kind) {
            places(block, &mut inside);
        }
        let here = match &step.kind {
            StepKind::Stage { name, .. } => Some((name, "stage".to_string(), Sort::Stage)),
            StepKind::Send(ast::Send { message, alias: Some(alias), .. }) => {
                Some((alias, format!("send {}", message.text), Sort::Step))
            }
            StepKind::Call { webhook, alias: Some(alias), .. } => {
                Some((alias, format!("call {}", webhook.text), Sort::Step))
            }
            StepKind::Collect { event, alias, .. } => {
                Some((alias, format!("collect {}", event.event.text), Sort::Step))
            }
            StepKind::Experiment { name, .. } => Some((name, "experiment".to_string(), Sort::Step)),
            _ => None,
        };
        match here {
            Some((name, detail, kind)) => found.push(symbol(name, detail, kind, step.span, inside)),
            None => found.extend(inside),
        }
    }
}

/// The declarations of the project whose names have the letters of `query` in their order: name, kind, place of the name.
pub fn search<'a>(analysis: &'a Analysis, query: &str) -> Vec<(&'a str, Sort, Span)> {
    let mut found = Vec::new();
    for mention in analysis.checked.mentions.all().iter().filter(|m| m.defines) {
        let Target::Declared(kind, _) = mention.target else { continue };
        if analysis.is_pack(mention.span.file) {
            continue;
        }
        let name = analysis.at(mention.span);
        if has_letters(name, query) {
            found.push((name, sort(kind), mention.span));
        }
    }
    for file in &analysis.checked.trees {
        for item in file.items.iter().filter(|_| !analysis.is_pack(file.file)) {
            if let Decl::Test(test) = &item.decl
                && has_letters(&test.title.text, query)
            {
                found.push((&test.title.text, Sort::Test, test.title.span));
            }
        }
    }
    found
}

/// Whether the letters of `query` stand in `name`, in their order.
fn has_letters(name: &str, query: &str) -> bool {
    let mut name = name.chars().flat_map(char::to_lowercase);
    query.chars().flat_map(char::to_lowercase).all(|wanted| name.any(|c| c == wanted))
}

/// The sort of a declaration.
pub fn sort(kind: Kind) -> Sort {
    match kind {
        Kind::Facet => Sort::Taxonomy,
        Kind::Record => Sort::Record,
        Kind::Event => Sort::Event,
        Kind::ProfileField => Sort::Field,
        Kind::Segment => Sort::Segment,
        Kind::Purpose => Sort::Purpose,
        Kind::Channel => Sort::Channel,
        Kind::Message => Sort::Message,
        Kind::Offer => Sort::Offer,
        Kind::Policy => Sort::Policy,
        Kind::Webhook => Sort::Webhook,
        Kind::Calendar => Sort::Calendar,
        Kind::Team => Sort::Team,
        Kind::Journey => Sort::Journey,
    }
}
