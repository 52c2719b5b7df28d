//! What may be written where the cursor stands.
//!
//! Words of the language come from the grammar: the line up to the cursor is read, and what could have stood where it ends is offered.
//! Which names fit is told by the words before them. Both work in a line that is only half written.

use super::cursor::Cursor;
use super::{describe, snippets};
use crate::analysis::Analysis;
use journey_compiler::hir::{Field, Program, Ty, Variable, VariableKind};
use journey_compiler::mentions::{Local, Target};
use journey_compiler::scope::Kind;
use journey_grammar::parse::{Body, words_after};
use journey_grammar::span::{FileId, Span};
use std::collections::BTreeSet;

/// Something that may be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What is shown, and what is looked for.
    pub label: String,
    /// What it is.
    pub sort: Sort,
    /// In a few words.
    pub detail: String,
    /// What is written, with gaps to fill in, when it is not the label.
    pub snippet: Option<String>,
    /// The name's target, for all that is known of it.
    pub target: Option<Target>,
}

/// Kinds of what may be written; those that fit the place best come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "named after what they are")]
pub enum Sort {
    Value,
    Field,
    Variable,
    Name,
    Node,
    Type,
    Construct,
    Word,
    Function,
    Unit,
}

/// Everything that may stand at a byte, best first, and the word it takes the place of.
pub fn complete(analysis: &Analysis, file: FileId, offset: u32) -> (Span, Vec<Item>) {
    let cursor = Cursor::new(analysis, file, offset);
    let mut offers = Offers::new(analysis, &cursor, file, offset);
    if analysis.tree(file).is_none() || cursor.in_text.is_some() {
        let word = offers.in_template(file, offset);
        return (word, offers.done());
    }
    if cursor.in_comment {
        return (cursor.word, Vec::new());
    }
    let names_only = offers.names(&cursor);
    if !names_only {
        let words = cursor.words();
        if words.is_empty() {
            for (label, snippet) in snippets::of_body(cursor.body()) {
                offers.push(label, Sort::Construct, "", Some(snippet.to_string()), None);
            }
        }
        for word in words_after(cursor.body(), cursor.line()) {
            offers.push(word, Sort::Word, "", None, None);
        }
    }
    (cursor.word, offers.done())
}

struct Offers<'a> {
    analysis: &'a Analysis,
    program: &'a Program,
    /// The declaration that holds the cursor, as far as it is written.
    here: Option<Span>,
    /// What its text names up to the cursor, whether or not the line could be read.
    written: Vec<(&'a str, VariableKind)>,
    items: Vec<Item>,
}

const TYPES: [&str; 12] =
    ["text", "int", "number", "money", "bool", "date", "time", "moment", "duration", "percent", "probability", "zone"];

impl<'a> Offers<'a> {
    fn new(analysis: &'a Analysis, cursor: &Cursor<'a>, file: FileId, offset: u32) -> Offers<'a> {
        let program = &analysis.checked.program;
        // A declaration that is not closed yet ends with its last word; the cursor stands behind that.
        let unfinished = || {
            let tree = analysis.tree(file).filter(|_| !cursor.open.is_empty())?;
            let item = tree.items.iter().rev().find(|i| i.span.start <= offset)?;
            Some(Span { end: offset, ..item.span })
        };
        let here = analysis.item(file, offset).map(|i| i.span).or_else(unfinished);
        let aliases = here.map(|h| cursor.aliases(h.start)).unwrap_or_default();
        let written = aliases.into_iter().filter_map(|(name, said, of)| {
            let event = || program.events.iter().position(|e| e.name == of);
            let kind = match said {
                "on" => VariableKind::Event(vec![event()?]),
                "collect" => VariableKind::Collected(event()?),
                "send" => VariableKind::Send(program.messages.iter().position(|m| m.name == of)?),
                _ => VariableKind::Answer(program.webhooks.iter().position(|w| w.name == of)?),
            };
            Some((name, kind))
        });
        Offers { analysis, program, here, written: written.collect(), items: Vec::new() }
    }

    fn push(&mut self, label: &str, sort: Sort, detail: &str, snippet: Option<String>, target: Option<Target>) {
        self.items.push(Item { label: label.to_string(), sort, detail: detail.to_string(), snippet, target });
    }

    fn done(mut self) -> Vec<Item> {
        self.items.sort_by(|a, b| (a.sort, &a.label).cmp(&(b.sort, &b.label)));
        let mut seen = BTreeSet::new();
        self.items.retain(|i| seen.insert(i.label.clone()) && !i.label.is_empty());
        self.items
    }

    /// The names of a kind.
    fn kind(&mut self, kind: Kind) {
        macro_rules! all {
            ($list:ident) => {
                self.program.$list.iter().map(|d| d.name.as_str()).collect::<Vec<&str>>()
            };
        }
        let names: Vec<&'a str> = match kind {
            Kind::Facet => all!(facets),
            Kind::Record => all!(records),
            Kind::Event => all!(events),
            Kind::Segment => all!(segments),
            Kind::Purpose => all!(purposes),
            Kind::Channel => all!(channels),
            Kind::Message => all!(messages),
            Kind::Offer => all!(offers),
            Kind::Policy => all!(policies),
            Kind::Webhook => all!(webhooks),
            Kind::Calendar => all!(calendars),
            Kind::Team => all!(teams),
            Kind::Journey => all!(journeys),
            Kind::ProfileField => self.program.profile.iter().map(|f| f.field.name.as_str()).collect(),
        };
        for (id, name) in names.into_iter().enumerate() {
            self.push(name, Sort::Name, kind.word(), None, Some(Target::Declared(kind, id)));
        }
    }

    fn fields(&mut self, fields: &[Field], target: impl Fn(usize) -> Target, colon: bool) {
        for (at, field) in fields.iter().enumerate() {
            let detail = describe::typed(self.program, field);
            let detail = detail.split_once(": ").map_or("", |(_, ty)| ty);
            let snippet = colon.then(|| format!("{}: $0", field.name));
            self.push(&field.name, Sort::Field, detail, snippet, Some(target(at)));
        }
    }

    fn event_fields(&mut self, event: usize, colon: bool) {
        let Some(e) = self.program.events.get(event) else { return };
        self.fields(&e.fields, |at| Target::EventField(event, at), colon);
        if !colon {
            let at = Target::EventField(event, journey_compiler::hir::HAPPENED_AT);
            self.push("happened_at", Sort::Field, "moment", None, Some(at));
        }
    }

    fn profile(&mut self, colon: bool) {
        let fields: Vec<Field> = self.program.profile.iter().map(|f| f.field.clone()).collect();
        self.fields(&fields, |at| Target::Declared(Kind::ProfileField, at), colon);
    }

    fn answer_fields(&mut self, webhook: usize) {
        let gives = self.program.webhooks.get(webhook).map(|w| w.gives.as_slice()).unwrap_or_default();
        self.fields(gives, |at| Target::AnswerField(webhook, at), false);
    }

    fn event(&self, name: &str) -> Option<usize> {
        self.program.events.iter().position(|e| e.name == name)
    }

    /// The values a type has.
    fn values(&mut self, ty: &Ty) {
        match ty {
            Ty::Bool => {
                self.push("true", Sort::Value, "bool", None, None);
                self.push("false", Sort::Value, "bool", None, None);
            }
            Ty::Enum(id) => {
                let values = self.program.enums.get(*id).map(|e| e.values.as_slice()).unwrap_or_default();
                for (at, value) in values.iter().enumerate() {
                    let target = u16::try_from(at).ok().map(|at| Target::Value(*id, at));
                    self.push(value, Sort::Value, "", None, target);
                }
            }
            Ty::Facet(id) => self.nodes(*id),
            Ty::List(of) => self.values(of),
            _ => {}
        }
    }

    fn nodes(&mut self, facet: usize) {
        let nodes = self.program.facets.get(facet).map(|f| f.nodes.as_slice()).unwrap_or_default();
        for (at, node) in nodes.iter().enumerate().filter(|(_, n)| n.deprecated.is_none()) {
            let label = node.labels.first().map_or("", |(_, text)| text.as_str());
            self.push(&node.path, Sort::Node, label, None, Some(Target::Node(facet, at as u32)));
        }
    }

    /// The variables of the journey or offer that holds the cursor.
    fn variables(&self) -> &'a [Variable] {
        let holds = |s: Span| self.here.is_some_and(|i| i.file == s.file && i.start <= s.start && s.start < i.end);
        let journeys = self.program.journeys.iter().find(|j| holds(j.about.span)).map(|j| j.variables.as_slice());
        let offers = || self.program.offers.iter().find(|o| holds(o.about.span)).map(|o| o.variables.as_slice());
        journeys.or_else(offers).unwrap_or_default()
    }

    /// Offers the variables of a sort: as they are known, else as they are written.
    fn named(&mut self, fits: impl Fn(&VariableKind) -> bool) {
        for v in self.variables().iter().filter(|v| !v.name.starts_with('#') && fits(&v.kind)) {
            let detail = describe::kind_of(self.program, &v.kind);
            self.push(&v.name, Sort::Variable, &detail, None, Some(Target::Local(Local::Variable, v.span)));
        }
        for (name, kind) in std::mem::take(&mut self.written) {
            if fits(&kind) {
                let detail = describe::kind_of(self.program, &kind);
                self.push(name, Sort::Variable, &detail, None, None);
            }
            self.written.push((name, kind));
        }
    }

    /// What may be named in an expression.
    fn expression(&mut self, cursor: &Cursor) {
        self.named(|_| true);
        self.push("profile", Sort::Variable, "what is known of the customer", None, None);
        // Behind an event's `where` its fields stand bare.
        let words = cursor.words();
        if words.contains(&"where") {
            let event = words.iter().find_map(|w| self.event(w));
            if let Some(event) = event {
                self.event_fields(event, false);
            }
        }
        for (label, snippet, detail) in [
            ("count", "count(${1:event} in last ${0:30 days})", "how often it happened"),
            ("sum", "sum(${1:event.field} by day in last ${0:90 days})", "of what happened"),
            ("last", "last(${1:event}).$0", "the latest one"),
            ("first", "first(${1:event}).$0", "the earliest one"),
            ("any", "any(${1:items} where $0)", "some member of a list"),
            ("all", "all(${1:items} where $0)", "every member of a list"),
        ] {
            self.push(label, Sort::Function, detail, Some(snippet.to_string()), None);
        }
        for word in ["now", "today", "not", "in", "true", "false"] {
            self.push(word, Sort::Word, "", None, None);
        }
    }

    /// What stands behind `x.`.
    fn members(&mut self, root: &str) {
        if root == "profile" {
            return self.profile(false);
        }
        if let Some(v) = self.variables().iter().find(|v| v.name == root) {
            match &v.kind {
                VariableKind::Answer(w) => self.answer_fields(*w),
                _ => {
                    for field in &v.fields {
                        let target = field.sources.first().map(|(event, at)| Target::EventField(*event, *at));
                        let ty = self.program.type_text(&field.ty);
                        self.push(&field.name, Sort::Field, &ty, None, target);
                    }
                }
            }
            return;
        }
        if let Some((_, kind)) = self.written.iter().find(|(name, _)| *name == root).cloned() {
            match kind {
                VariableKind::Event(events) => events.into_iter().for_each(|e| self.event_fields(e, false)),
                VariableKind::Answer(w) => self.answer_fields(w),
                VariableKind::Send(_) => {
                    for name in ["due", "sent_at", "channel"] {
                        self.push(name, Sort::Field, "", None, None);
                    }
                }
                VariableKind::Collected(_) | VariableKind::Value(_) => {}
            }
            return;
        }
        let here = self.here;
        let message = self.program.messages.iter().find(|m| {
            here.is_some_and(|h| {
                h.file == m.about.span.file && h.start <= m.about.span.start && m.about.span.start < h.end
            })
        });
        if let Some(Ty::Event(event)) = message.and_then(|m| m.params.iter().find(|p| p.name == root)).map(|p| &p.ty.ty)
        {
            self.event_fields(*event, false);
        } else if let Some(event) = self.event(root) {
            self.event_fields(event, false);
        }
    }

    /// The type of a path: `cart.kind`, `profile.tier`, a bare field of an event on the line.
    fn type_of(&self, path: &[&str], words: &[&str]) -> Option<Ty> {
        match path {
            ["profile", name] => {
                self.program.profile.iter().find(|f| f.field.name == *name).map(|f| f.field.ty.ty.clone())
            }
            [root, name] => match self.variables().iter().find(|v| v.name == *root) {
                Some(v) => v.fields.iter().find(|f| f.name == *name).map(|f| f.ty.ty.clone()),
                None => self.written.iter().find(|(of, _)| of == root).and_then(|(_, kind)| match kind {
                    VariableKind::Event(events) => events.iter().find_map(|e| self.type_of_field(*e, name)),
                    _ => None,
                }),
            },
            [name] => {
                let of_event = words.iter().filter_map(|w| self.event(w)).find_map(|e| self.type_of_field(e, name));
                of_event.or_else(|| {
                    let v = self.variables().iter().find(|v| v.name == *name)?;
                    v.fields.first().map(|f| f.ty.ty.clone())
                })
            }
            _ => None,
        }
    }

    fn type_of_field(&self, event: usize, name: &str) -> Option<Ty> {
        self.program.events.get(event)?.fields.iter().find(|f| f.name == name).map(|f| f.ty.ty.clone())
    }

    /// The path that ends before `end` in the words of a line.
    fn path_before<'w>(words: &[&'w str], end: usize) -> Vec<&'w str> {
        let mut path = Vec::new();
        let mut at = end;
        while at > 0 {
            path.insert(0, words[at - 1]);
            if at < 2 || words[at - 2] != "." {
                break;
            }
            at -= 2;
        }
        path
    }

    /// Offers names; whether nothing but names may stand here.
    fn names(&mut self, cursor: &Cursor) -> bool {
        let words = cursor.words();
        let n = words.len();
        let back = |i: usize| n.checked_sub(i).and_then(|at| words.get(at)).copied().unwrap_or("");
        let (last, before) = (back(1), back(2));
        let has = |w: &str| words.contains(&w);
        let first = words.first().copied().unwrap_or("");
        let body = cursor.body();
        if last == "@" {
            self.kind(Kind::Facet);
            self.push("owner", Sort::Name, "the team that answers for it", None, None);
            return true;
        }
        // `@facet path`, as far as it is written.
        if let Some(at) = words.iter().rposition(|w| *w == "@")
            && at + 1 < n
            && words[at + 2..].iter().enumerate().all(|(i, w)| if i % 2 == 0 { *w != "." } else { *w == "." })
            && (n == at + 2 || last == ".")
        {
            match self.program.facets.iter().position(|f| f.name == words[at + 1]) {
                Some(facet) => {
                    let above: String = words[at + 2..].concat();
                    self.nodes(facet);
                    for item in &mut self.items {
                        item.label = item.label.strip_prefix(&above).map(str::to_string).unwrap_or_default();
                    }
                }
                None if words[at + 1] == "owner" => self.kind(Kind::Team),
                None => {}
            }
            return true;
        }
        if last == "." {
            if first == "use" {
                for (pack, _) in journey_stdlib::packs() {
                    self.push(pack.trim_start_matches("std."), Sort::Name, "pack", None, None);
                }
                return true;
            }
            let root = if before == ")" {
                // `last(E).`
                words[..n - 2].iter().rposition(|w| *w == "(").and_then(|open| words.get(open + 1)).copied()
            } else {
                Self::path_before(&words, n - 1).first().copied()
            };
            self.members(root.unwrap_or(""));
            return true;
        }
        if last == ":" {
            if matches!(body, Body::Fields | Body::Event) || (body == Body::Items && has("(")) {
                for word in TYPES {
                    self.push(word, Sort::Type, "", None, None);
                }
                self.push("one of", Sort::Type, "", Some("one of ${1:a, b}".to_string()), None);
                self.push("list of", Sort::Type, "", Some("list of ${1:record} at most ${0:20}".to_string()), None);
                self.kind(Kind::Facet);
                self.kind(Kind::Record);
                if body == Body::Items {
                    self.kind(Kind::Event);
                }
                return true;
            }
            if let Some(ty) = self.field_type(cursor, before) {
                self.values(&ty);
            }
            if matches!(body, Body::Journey | Body::Block) {
                self.expression(cursor);
            }
            return true;
        }
        if matches!(body, Body::Record | Body::Customer) && (n == 0 || last == ",") {
            self.pairs(cursor);
            return body == Body::Record;
        }
        if body == Body::Customer && has("consents") {
            self.kind(if last == "by" { Kind::Channel } else { Kind::Purpose });
            return true;
        }
        if n == 0 {
            match body {
                Body::Cases => {
                    let head = cursor.open.last().map(|o| cursor.head(o)).unwrap_or_default();
                    let on = Self::path_before(&head, head.len());
                    let all: Vec<&str> = head.clone();
                    if let Some(ty) = self.type_of(&on, &all) {
                        self.values(&ty);
                    }
                }
                Body::Message => self.kind(Kind::Channel),
                Body::Parts => {
                    for part in ["subject", "preheader", "title", "body", "text", "link"] {
                        self.push(part, Sort::Field, "", Some(format!("{part} \"$0\"")), None);
                    }
                }
                Body::Test => self.customers(),
                _ => {}
            }
            return false;
        }
        match (before, last) {
            (_, "on") if first == "branch" => self.expression(cursor),
            (_, "on") if matches!(body, Body::Journey | Body::Arms) && first != "require" => self.kind(Kind::Event),
            (_, "until") if first == "pause" => self.kind(Kind::Event),
            (_, "emit" | "does" | "sees" | "collect" | "emits") | ("extend", "event") => self.kind(Kind::Event),
            (_, "send" | "receives") => self.kind(Kind::Message),
            ("is", "refused") => {
                self.kind(Kind::Message);
                self.push("entry to", Sort::Word, "", None, None);
            }
            (_, "by") if !has("sum") && !has("rank") => self.kind(Kind::Channel),
            (",", "else") if first == "send" => self.kind(Kind::Channel),
            (_, ",") if body == Body::Policy && has("by") => self.kind(Kind::Channel),
            ("go", "to") | ("trigger", "from") | ("entry", "to") => self.kind(Kind::Journey),
            (_, "in") if body == Body::Test => self.kind(Kind::Journey),
            (_, "enters" | "leaves") if body == Body::Test => self.kind(Kind::Journey),
            (_, "from") if body == Body::Test || first == "migrate" => self.kind(Kind::Journey),
            (_, "call") => self.kind(Kind::Webhook),
            ("task", "for") | (_, "owner") => self.kind(Kind::Team),
            (_, "for") if first == "message" || has("consent") => self.kind(Kind::Purpose),
            ("meanwhile", "hold" | "drop") | (_, "except" | "grants" | "withdraws") => self.kind(Kind::Purpose),
            ("when", "enters" | "leaves") => self.kind(Kind::Segment),
            (_, "expect") => self.customers(),
            (_, "offers") => self.kind(Kind::Offer),
            (_, "of") if has("on") && !first.is_empty() => {
                self.named(|kind| matches!(kind, VariableKind::Send(_)));
            }
            ("for", "this" | "any") | ("run", "per") | (_, "update") => {
                self.named(|kind| matches!(kind, VariableKind::Event(_)));
            }
            (_, "==" | "!=") | (_, "in") => {
                let path = Self::path_before(&words, n - 1);
                match self.type_of(&path, &words) {
                    Some(ty) => self.values(&ty),
                    // `in loyal`: the customer is in that segment.
                    None if last == "in" => {
                        self.kind(Kind::Segment);
                        return true;
                    }
                    None => {}
                }
                self.expression(cursor);
                return true;
            }
            (_, "(") if matches!(before, "count" | "sum" | "last" | "first") => self.kind(Kind::Event),
            (
                _,
                "where" | "if" | "when" | "while" | "and" | "or" | "not" | "(" | "," | "=" | "<" | "<=" | ">" | ">="
                | "+" | "-" | "*" | "/" | "otherwise" | "eligible" | "propensity" | "value",
            ) => {
                if last == "=" && first == "set" {
                    let path = Self::path_before(&words, n - 1);
                    if let Some(ty) = self.type_of(&path, &words) {
                        self.values(&ty);
                    }
                }
                self.expression(cursor);
            }
            (_, number) if number.starts_with(|c: char| c.is_ascii_digit()) => {
                let currency = self.program.currency.clone();
                for unit in ["seconds", "minutes", "hours", "days", "weeks", "months", "years", "weekdays", "percent"] {
                    self.push(unit, Sort::Unit, "", None, None);
                }
                self.push(&currency, Sort::Unit, "the project's currency", None, None);
            }
            _ => return false,
        }
        // Behind these only a name may stand; in an expression the grammar has more to say.
        matches!(
            last,
            "send" | "receives" | "emit" | "does" | "sees" | "call" | "expect" | "offers" | "owner" | "==" | "!="
        ) || matches!(
            (before, last),
            ("go", "to") | ("task", "for") | ("trigger", "from") | ("when", "enters" | "leaves")
        ) || (last == "on" && matches!(body, Body::Arms))
    }

    /// What a pair of braces with values belongs to: the event or the profile.
    fn owner_of_pairs(&self, cursor: &Cursor) -> Owner {
        let Some(open) = cursor.open.last() else { return Owner::None };
        let head = cursor.head(open);
        if open.body == Body::Customer || head.contains(&"becomes") || head.contains(&"profile") {
            return Owner::Profile;
        }
        let after = |w: &str| head.iter().position(|h| *h == w).and_then(|at| head.get(at + 1)).copied();
        let event = ["does", "sees", "emit", "emits"].iter().find_map(|w| after(w)).and_then(|e| self.event(e));
        if let Some(event) = event {
            return Owner::Event(event);
        }
        if let Some(message) = after("receives").and_then(|m| self.program.messages.iter().position(|x| x.name == m)) {
            return Owner::Message(message);
        }
        match head.first().and_then(|w| self.program.webhooks.iter().position(|x| x.name == *w)) {
            Some(webhook) => Owner::Webhook(webhook),
            None => Owner::None,
        }
    }

    /// `field: ` of what is made.
    fn pairs(&mut self, cursor: &Cursor) {
        match self.owner_of_pairs(cursor) {
            Owner::Profile => self.profile(true),
            Owner::Event(event) => self.event_fields(event, true),
            Owner::Webhook(w) => {
                let gives = self.program.webhooks.get(w).map(|w| w.gives.as_slice()).unwrap_or_default();
                self.fields(gives, |at| Target::AnswerField(w, at), true);
            }
            Owner::Message(m) => {
                let params = self.program.messages.get(m).map(|m| m.params.as_slice()).unwrap_or_default();
                for p in params {
                    let ty = self.program.type_text(&p.ty);
                    self.push(&p.name, Sort::Field, &ty, Some(format!("{}: $0", p.name)), None);
                }
            }
            Owner::None => {}
        }
    }

    fn field_type(&self, cursor: &Cursor, name: &str) -> Option<Ty> {
        let find = |fields: &[Field]| fields.iter().find(|f| f.name == name).map(|f| f.ty.ty.clone());
        match self.owner_of_pairs(cursor) {
            Owner::Profile => self.program.profile.iter().find(|f| f.field.name == name).map(|f| f.field.ty.ty.clone()),
            Owner::Event(event) => find(&self.program.events.get(event)?.fields),
            Owner::Webhook(w) => find(&self.program.webhooks.get(w)?.gives),
            Owner::Message(_) | Owner::None => None,
        }
    }

    /// The customers of the test that holds a byte.
    fn customers(&mut self) {
        let here = self.here;
        let test =
            self.program.tests.iter().find(|t| here.is_some_and(|h| (h.file, h.start) == (t.span.file, t.span.start)));
        for name in test.map(|t| t.customers.as_slice()).unwrap_or_default() {
            self.push(name, Sort::Variable, "customer", None, None);
        }
    }

    /// Inside `{{ … }}` of a text or of a file with a message's words. The word that is being written.
    fn in_template(&mut self, file: FileId, offset: u32) -> Span {
        let text = self.analysis.text(file).get(..offset as usize).unwrap_or("");
        let begun = text.len() - text.trim_end_matches(journey_grammar::tokens::is_word_char).len();
        let word = Span { file, start: offset - begun as u32, end: offset };
        let line = text.rsplit('\n').next().unwrap_or(text);
        let Some(inside) = line.rfind("{{").map(|at| &line[at + 2..]).filter(|i| !i.contains("}}")) else {
            return word;
        };
        let head = &inside[..inside.len() - begun];
        let root = head
            .strip_suffix('.')
            .map(|h| h.rsplit(|c| !journey_grammar::tokens::is_word_char(c)).next().unwrap_or(""));
        // The messages that this text belongs to.
        let in_message = self.here;
        let path = self.analysis.path(file);
        let messages: Vec<usize> = (0..self.program.messages.len())
            .filter(|m| {
                let about = self.program.messages[*m].about.span;
                match in_message {
                    Some(span) => span.file == about.file && span.start <= about.start && about.start < span.end,
                    None => super::links::of_file(self.analysis, about.file).iter().any(|(at, goal)| {
                        let named = matches!(goal, super::links::Goal::File(p) if p == path);
                        named
                            && self
                                .analysis
                                .item(about.file, at.start)
                                .is_some_and(|i| i.span.start <= about.start && about.start < i.span.end)
                    }),
                }
            })
            .collect();
        match root {
            Some("profile") => self.profile(false),
            Some(root) => {
                let params = messages.iter().flat_map(|m| &self.program.messages[*m].params);
                let events: Vec<usize> = params
                    .filter(|p| p.name == root)
                    .filter_map(|p| if let Ty::Event(e) = p.ty.ty { Some(e) } else { None })
                    .collect();
                for event in events {
                    self.event_fields(event, false);
                }
                if root == "claim" {
                    for (name, value) in messages.iter().flat_map(|m| &self.program.messages[*m].claims) {
                        self.items.push(Item {
                            label: name.clone(),
                            sort: Sort::Field,
                            detail: self.program.const_text(value),
                            snippet: None,
                            target: None,
                        });
                    }
                }
            }
            None => {
                for p in messages.iter().flat_map(|m| &self.program.messages[*m].params) {
                    let target = Target::Local(Local::Input, p.span);
                    let detail = self.program.type_text(&p.ty);
                    self.items.push(Item {
                        label: p.name.clone(),
                        sort: Sort::Variable,
                        detail,
                        snippet: None,
                        target: Some(target),
                    });
                }
                self.push("profile", Sort::Variable, "what is known of the customer", None, None);
                self.push("claim", Sort::Variable, "what the message claims", None, None);
                self.push(
                    "otherwise",
                    Sort::Word,
                    "what stands in where it is missing",
                    Some("otherwise '$0'".to_string()),
                    None,
                );
            }
        }
        word
    }
}

/// What values in braces are given to.
enum Owner {
    Profile,
    Event(usize),
    Webhook(usize),
    Message(usize),
    None,
}
