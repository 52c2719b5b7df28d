//! Declarations: packs, taxonomies, data, and the small ones.

use super::reader::{Entry, Reader};
use super::rules::{Body, Pair, Rule, child, has};
use crate::ast::*;
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Fix};
use crate::span::Span;

impl Reader<'_> {
    /// A declaration with its annotations and doc comment.
    pub(crate) fn item(&mut self, pair: Pair<'_>) -> Item {
        let mut span = self.span(&pair);
        let mut annotations = Vec::new();
        let mut decl = None;
        let mut keyword = span.start;
        for part in pair.into_inner() {
            if part.as_rule() == Rule::annotation {
                annotations.push(self.annotation(&part));
            } else {
                let place = self.span(&part);
                keyword = place.start;
                decl = Some(self.declaration(part));
            }
        }
        let (doc, start) = self.doc_before(span.start, keyword);
        span.start = start.unwrap_or(span.start).min(span.start);
        let decl = decl.unwrap_or(Decl::Broken { kind: None, name: None });
        Item { span, doc, annotations, broken: self.broken, decl }
    }

    /// The doc comment between what stands before `start` and `end`, and where it begins.
    fn doc_before(&self, start: u32, end: u32) -> (Option<String>, Option<u32>) {
        let from = self.layout.end_before(start);
        let docs = &self.layout.docs;
        let range = docs.partition_point(|d| d.0 < from)..docs.partition_point(|d| d.0 < end);
        let Some(docs) = docs.get(range).filter(|d| !d.is_empty()) else { return (None, None) };
        let line = |(start, end): &(u32, u32)| {
            let text = self.text.get(*start as usize..*end as usize).unwrap_or("").trim_start_matches('/').trim_end();
            text.strip_prefix(' ').unwrap_or(text).to_string()
        };
        (Some(docs.iter().map(line).collect::<Vec<_>>().join("\n")), docs.first().map(|d| d.0))
    }

    fn declaration(&mut self, pair: Pair<'_>) -> Decl {
        match pair.as_rule() {
            Rule::use_pack => Decl::Use(self.path_in(&pair)),
            Rule::taxonomy => Decl::Taxonomy(self.taxonomy(pair)),
            Rule::event => Decl::Event(self.event(pair)),
            Rule::extend_event => {
                let name = self.word_in(&pair);
                Decl::ExtendEvent(ExtendEvent { name, fields: self.fields_in(&pair) })
            }
            Rule::record_type => {
                let name = self.word_in(&pair);
                Decl::Record(Record { name, fields: self.fields_in(&pair) })
            }
            Rule::profile => Decl::Profile(Profile { fields: self.fields_in(&pair) }),
            Rule::segment => Decl::Segment(Segment { name: self.word_in(&pair), condition: self.expr_in(&pair) }),
            Rule::purpose => Decl::Purpose(Purpose {
                name: self.word_in(&pair),
                label: self.text_in(&pair),
                needs_no_consent: has(&pair, Rule::no_consent),
            }),
            Rule::channel => Decl::Channel(self.channel(pair)),
            Rule::message => Decl::Message(self.message(pair)),
            Rule::offer => Decl::Offer(self.offer(pair)),
            Rule::policy => Decl::Policy(self.policy(pair)),
            Rule::webhook => Decl::Webhook(self.webhook(pair)),
            Rule::calendar => Decl::Calendar(Calendar { name: self.word_in(&pair), file: self.text_or_empty(&pair) }),
            Rule::team => Decl::Team(Team { name: self.word_in(&pair), address: self.text_or_empty(&pair) }),
            Rule::journey => Decl::Journey(self.journey(pair)),
            Rule::test => Decl::Test(self.test(pair)),
            Rule::migrate => Decl::Migrate(self.migrate(pair)),
            _ => Decl::Broken { kind: None, name: None },
        }
    }

    // ---------------------------------------------------------------------------------------- small parts

    /// The first word of a rule. Every caller's rule has one; without it, the name is empty.
    pub(crate) fn word_in(&self, pair: &Pair<'_>) -> Name {
        match child(pair, Rule::word) {
            Some(word) => self.name(&word),
            None => Name { text: String::new(), span: self.span(pair).before() },
        }
    }

    /// All words of a rule, in order.
    pub(crate) fn words_in(&self, pair: &Pair<'_>) -> Vec<Name> {
        pair.into_inner().filter(|p| p.as_rule() == Rule::word).map(|p| self.name(&p)).collect()
    }

    /// The word inside the child that `rule` read: `as x`, `by x`.
    pub(crate) fn word_of(&self, pair: &Pair<'_>, rule: Rule) -> Option<Name> {
        child(pair, rule).map(|p| self.word_in(&p))
    }

    /// The words inside the child that `rule` read.
    pub(crate) fn words_of(&self, pair: &Pair<'_>, rule: Rule) -> Vec<Name> {
        child(pair, rule).and_then(|p| child(&p, Rule::words)).map(|p| self.words_in(&p)).unwrap_or_default()
    }

    /// A rule `path`.
    pub(crate) fn path(&self, pair: &Pair<'_>) -> Path {
        Path { parts: self.words_in(pair), span: self.span(pair) }
    }

    /// The path in a rule.
    pub(crate) fn path_in(&self, pair: &Pair<'_>) -> Path {
        match child(pair, Rule::path) {
            Some(path) => self.path(&path),
            None => Path { parts: Vec::new(), span: self.span(pair) },
        }
    }

    /// The text in a rule, if there is one.
    pub(crate) fn text_in(&mut self, pair: &Pair<'_>) -> Option<Text> {
        child(pair, Rule::text).map(|p| self.text(&p))
    }

    /// The text in a rule that has one.
    pub(crate) fn text_or_empty(&mut self, pair: &Pair<'_>) -> Text {
        let text = self.text_in(pair);
        text.unwrap_or_else(|| Text { text: String::new(), span: self.span(pair) })
    }

    /// `@facet path`
    pub(crate) fn annotation(&self, pair: &Pair<'_>) -> Annotation {
        Annotation { span: self.span(pair), facet: self.word_in(pair), path: self.path_in(pair) }
    }

    /// The whole number in a rule.
    pub(crate) fn integer_in(&mut self, pair: &Pair<'_>) -> u32 {
        child(pair, Rule::integer).map_or(0, |p| self.integer(&p))
    }

    /// A rule `integer`.
    pub(crate) fn integer(&mut self, pair: &Pair<'_>) -> u32 {
        let digits = pair.as_str().replace('_', "");
        digits.parse().unwrap_or_else(|_| {
            let span = self.span(pair);
            let message = format!("`{digits}` is too large a number here");
            let most = format!("at most {}", u32::MAX);
            self.sink.push(Diagnostic::new(Code::NumberTooLarge, span, message, most));
            u32::MAX
        })
    }

    /// Reports what stands twice where it may stand once.
    pub(crate) fn said_twice(&mut self, what: &str, first: Span, again: Span) {
        let message = format!("`{what}` is said twice");
        self.sink
            .push(Diagnostic::new(Code::SaidTwice, again, message, "said again here").label(first, "said first here"));
    }

    // ---------------------------------------------------------------------------------------- taxonomies

    fn taxonomy(&mut self, pair: Pair<'_>) -> Taxonomy {
        let name = self.word_in(&pair);
        let file = child(&pair, Rule::from_file).map(|f| self.text_or_empty(&f));
        let body = match (file, child(&pair, Rule::nodes)) {
            (Some(file), _) => TaxonomyBody::File(file),
            (None, Some(nodes)) => TaxonomyBody::Nodes(self.nodes(nodes)),
            (None, None) => TaxonomyBody::Nodes(Vec::new()),
        };
        Taxonomy { name, body }
    }

    fn nodes(&mut self, pair: Pair<'_>) -> Vec<TaxNode> {
        let mut nodes = Vec::new();
        let mut commas: Vec<Span> = Vec::new();
        self.each(pair, Body::Nodes, &mut |reader, entry| match entry {
            Entry::Read(p) if p.as_rule() == Rule::node => nodes.push(reader.node(p)),
            Entry::Read(p) => commas.push(reader.span(&p)),
            Entry::Broken { .. } => {}
        });
        if let Some(first) = commas.first() {
            let mut d = Diagnostic::new(
                Code::UnexpectedToken,
                *first,
                "the names of a taxonomy stand without commas between them",
                "not expected here",
            );
            let edits = commas.iter().map(|c| (*c, String::new())).collect();
            d.fixes.push(Fix { title: "remove the commas".into(), edits, safe: true });
            self.sink.push(d);
        }
        nodes
    }

    fn node(&mut self, pair: Pair<'_>) -> TaxNode {
        let span = self.span(&pair);
        let mut node = TaxNode {
            name: self.word_in(&pair),
            labels: Vec::new(),
            deprecated: None,
            links: Vec::new(),
            children: Vec::new(),
            span,
        };
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::labels => {
                    let mut locale = None;
                    for label in part.into_inner() {
                        match label.as_rule() {
                            Rule::word => locale = Some(self.name(&label)),
                            Rule::text => {
                                let text = self.text(&label);
                                node.labels.push((locale.take(), text));
                            }
                            _ => {}
                        }
                    }
                }
                Rule::deprecated => {
                    let path = self.path_in(&part);
                    if let Some(first) = &node.deprecated {
                        self.said_twice("deprecated", first.span, path.span);
                    }
                    node.deprecated = Some(path);
                }
                Rule::link => {
                    let verb = child(&part, Rule::link_verb).map_or_else(|| self.word_in(&part), |v| self.name(&v));
                    node.links.push(TaxLink {
                        verb,
                        facet: self.word_of(&part, Rule::link_facet),
                        path: self.path_in(&part),
                    });
                }
                Rule::nodes => node.children = self.nodes(part),
                _ => {}
            }
        }
        node
    }

    // ---------------------------------------------------------------------------------------- data

    fn event(&mut self, pair: Pair<'_>) -> Event {
        let mut event = Event {
            name: self.word_in(&pair),
            wire: self.text_in(&pair),
            everyone: child(&pair, Rule::everyone).map(|p| self.span(&p)),
            source: None,
            owner: None,
            fields: Vec::new(),
        };
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::source | Rule::owner => self.event_head(&mut event, part),
                Rule::event_body => self.each(part, Body::Event, &mut |reader, entry| match entry {
                    Entry::Read(p) if p.as_rule() == Rule::field => {
                        let field = reader.field(p);
                        event.fields.push(field);
                    }
                    Entry::Read(p) => reader.event_head(&mut event, p),
                    Entry::Broken { span, words } => event.fields.extend(broken_field(span, words)),
                }),
                _ => {}
            }
        }
        event
    }

    /// `source "shop"`, `owner team`
    fn event_head(&mut self, event: &mut Event, pair: Pair<'_>) {
        if pair.as_rule() == Rule::source {
            let text = self.text_or_empty(&pair);
            if let Some(first) = &event.source {
                self.said_twice("source", first.span, text.span);
            }
            event.source = Some(text);
        } else {
            let name = self.word_in(&pair);
            if let Some(first) = &event.owner {
                self.said_twice("owner", first.span, name.span);
            }
            event.owner = Some(name);
        }
    }

    /// The fields in the braces of a rule.
    pub(crate) fn fields_in(&mut self, pair: &Pair<'_>) -> Vec<Field> {
        let mut fields = Vec::new();
        if let Some(body) = child(pair, Rule::fields) {
            self.each(body, Body::Fields, &mut |reader, entry| match entry {
                Entry::Read(p) => fields.push(reader.field(p)),
                Entry::Broken { span, words } => fields.extend(broken_field(span, words)),
            });
        }
        fields
    }

    fn field(&mut self, pair: Pair<'_>) -> Field {
        let span = self.span(&pair);
        let (doc, _) = self.doc_before(span.start, span.start);
        let name = self.word_in(&pair);
        let ty = self.type_in(&pair);
        let personal = child(&pair, Rule::personal).is_some();
        let from = child(&pair, Rule::field_from).map(|p| self.text_or_empty(&p));
        let currency_from = child(&pair, Rule::currency_from).map(|p| self.text_or_empty(&p));
        let default = child(&pair, Rule::default).map(|p| self.value_in(&p));
        Field { span, doc, name, ty, personal, from, currency_from, default }
    }

    /// `(name: type, …)`
    pub(crate) fn params_in(&mut self, pair: &Pair<'_>) -> Vec<Param> {
        let Some(params) = child(pair, Rule::params) else { return Vec::new() };
        let params = params.into_inner().filter(|p| p.as_rule() == Rule::param);
        params.map(|p| Param { name: self.word_in(&p), ty: self.type_in(&p) }).collect()
    }

    fn type_in(&mut self, pair: &Pair<'_>) -> Type {
        match child(pair, Rule::type_ref) {
            Some(ty) => self.type_ref(ty),
            None => Type { span: self.span(pair), kind: TypeKind::Broken, optional: false },
        }
    }

    fn type_ref(&mut self, pair: Pair<'_>) -> Type {
        let span = self.span(&pair);
        let mut lists = 0usize;
        let mut bounds: Vec<(u32, Span)> = Vec::new();
        let mut optional = false;
        let mut kind = TypeKind::Broken;
        let mut base = span;
        for part in pair.into_inner() {
            let place = self.span(&part);
            match part.as_rule() {
                Rule::list_of => lists += 1,
                Rule::optional => optional = true,
                Rule::at_most => bounds.push((self.integer_in(&part), place)),
                Rule::one_of => {
                    base = place;
                    kind = TypeKind::OneOf(self.words_in(&part));
                }
                Rule::money => {
                    base = place;
                    kind = TypeKind::Money(child(&part, Rule::currency).map(|c| self.name(&c)));
                }
                Rule::named => {
                    base = place;
                    optional |= has(&part, Rule::optional);
                    let name = self.word_in(&part);
                    kind = match child(&part, Rule::bounds) {
                        Some(bounds) => {
                            let (low, high) = self.two_sums(&bounds);
                            TypeKind::Between { name, low, high }
                        }
                        None => TypeKind::Named(name),
                    };
                }
                _ => {}
            }
        }
        if lists > 2 {
            self.sink.push(
                Diagnostic::new(Code::TooDeep, span, "a list of lists of lists cannot be kept", "more than two levels")
                    .help("give the inner list a `record` of its own"),
            );
            return Type { span, kind: TypeKind::Broken, optional };
        }
        // The last bounds are the lists', the outermost last; one that is left is the text's.
        let own = bounds.len().saturating_sub(lists);
        let is_text = matches!(&kind, TypeKind::Named(n) if n.text == "text");
        if own > 1 || (own == 1 && !is_text) {
            let place = bounds.get(usize::from(is_text)).map_or(span, |b| b.1);
            let mut d = Diagnostic::new(
                Code::UnexpectedToken,
                place,
                "`at most` bounds texts and lists",
                "bounds nothing here",
            );
            if matches!(&kind, TypeKind::Named(n) if matches!(n.text.as_str(), "int" | "number")) {
                d = d.help("a number is bounded by `between 0 and 10`");
            }
            self.sink.push(d);
        }
        if is_text && own >= 1 {
            kind = TypeKind::BoundedText(bounds[0].0);
        }
        let for_lists = bounds.get(own..).unwrap_or_default();
        for level in 0..lists {
            // With fewer bounds than lists, the outer ones have them.
            let at_most = (level + for_lists.len()).checked_sub(lists).and_then(|i| for_lists.get(i)).map(|b| b.0);
            let of = Box::new(Type { span: base, kind, optional: false });
            kind = TypeKind::List { of, at_most };
        }
        Type { span, kind, optional }
    }

    // ---------------------------------------------------------------------------------------- small declarations

    fn webhook(&mut self, pair: Pair<'_>) -> Webhook {
        let name = self.word_in(&pair);
        let params = self.params_in(&pair);
        let gives = child(&pair, Rule::gives).map(|g| self.fields_in(&g)).unwrap_or_default();
        let mut request: Option<(Name, Text)> = None;
        let mut retry = None;
        let mut broken = false;
        if let Some(body) = child(&pair, Rule::webhook_body) {
            self.each(body, Body::Webhook, &mut |reader, entry| match entry {
                Entry::Read(p) if p.as_rule() == Rule::request => {
                    let found = (reader.word_in(&p), reader.text_or_empty(&p));
                    if let Some((first, _)) = &request {
                        reader.said_twice(&first.text.clone(), first.span, found.0.span);
                    }
                    request = Some(found);
                }
                Entry::Read(p) if p.as_rule() == Rule::retry => {
                    let times = reader.integer_in(&p);
                    retry = Some((times, reader.sum_in(&p)));
                }
                Entry::Read(_) => {}
                Entry::Broken { .. } => broken = true,
            });
        }
        let (method, url) = request.unwrap_or_else(|| {
            let span = name.span;
            if !broken {
                let message = format!("webhook `{}` does not say where it goes", name.text);
                self.sink.push(
                    Diagnostic::new(Code::PartMissing, span, message, "no address in its braces")
                        .help("say it as `post \"https://…\"`"),
                );
            }
            self.broken = true;
            (Name { text: "post".into(), span }, Text { text: String::new(), span })
        });
        Webhook { name, params, gives, method, url, retry }
    }

    fn migrate(&mut self, pair: Pair<'_>) -> Migrate {
        let journey = self.word_in(&pair);
        let from = self.text_or_empty(&pair);
        let mut moves = Vec::new();
        if let Some(body) = child(&pair, Rule::migrate_body) {
            self.each(body, Body::Migrate, &mut |reader, entry| {
                if let Entry::Read(p) = entry {
                    moves.push((reader.word_in(&p), reader.word_of(&p, Rule::move_to)));
                }
            });
        }
        Migrate { journey, from, moves }
    }
}

/// A field of which the name is known.
fn broken_field(span: Span, words: Vec<Name>) -> Option<Field> {
    let name = words.into_iter().next()?;
    let ty = Type { span, kind: TypeKind::Broken, optional: false };
    Some(Field { span, doc: None, name, ty, personal: false, from: None, currency_from: None, default: None })
}
