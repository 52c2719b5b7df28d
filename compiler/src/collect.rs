//! Which declarations there are, and what they are called.

use crate::scope::{Context, Declared, Entry, Kind};
use journey_grammar::ast::{self, Decl, ExprKind, Item, Name};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Words that no declaration may be called, since they mean something where its name would stand.
const RESERVED: &[&str] = &[
    "and",
    "or",
    "not",
    "in",
    "is",
    "between",
    "contains",
    "starts",
    "otherwise",
    "true",
    "false",
    "now",
    "today",
    "known",
    "missing",
    "profile",
    "claim",
    "for",
    "by",
    "as",
    "of",
    "where",
    "from",
    "on",
    "when",
    "else",
    "nothing",
    "everyone",
    "all",
    "file",
];

/// Words that name a type.
const TYPES: &[&str] = &[
    "bool",
    "int",
    "number",
    "percent",
    "probability",
    "text",
    "money",
    "duration",
    "date",
    "time",
    "moment",
    "zone",
    "one",
    "list",
];

/// Enters every declaration of the trees under its name. Reports names that stand twice, and words that cannot be names.
pub fn collect<'a>(cx: &mut Context<'a>, trees: &'a [Arc<ast::File>]) {
    for tree in trees {
        let pack = cx.sources.get(usize::from(tree.file.0)).is_some_and(|s| s.pack);
        for item in &tree.items {
            enter(cx, item, pack);
        }
    }
    order_segments(cx);
    for tree in trees {
        for item in &tree.items {
            if let Decl::Broken { kind, name } = &item.decl {
                poison(cx, kind.as_deref(), name.as_ref());
            }
        }
    }
}

fn enter<'a>(cx: &mut Context<'a>, item: &'a Item, pack: bool) {
    macro_rules! named {
        ($kind:expr, $list:ident, $decl:expr) => {{
            let id = cx.decls.$list.len();
            if name(cx, $kind, &$decl.name, id) {
                cx.decls.$list.push(Declared { item, decl: $decl, pack });
                // Segments are put in order later, and have nothing in them that could be unknown.
                if item.broken && $kind != Kind::Segment {
                    cx.names.mark_broken($kind, id);
                }
            }
        }};
    }
    match &item.decl {
        Decl::Use(_) | Decl::Broken { .. } => {}
        Decl::Taxonomy(d) => named!(Kind::Facet, taxonomies, d),
        Decl::Event(d) => named!(Kind::Event, events, d),
        Decl::ExtendEvent(d) => cx.decls.extends.push(Declared { item, decl: d, pack }),
        Decl::Record(d) => named!(Kind::Record, records, d),
        Decl::Profile(d) => {
            cx.decls.profiles.push(Declared { item, decl: d, pack });
            if item.broken {
                cx.names.unclear(Kind::ProfileField);
            }
        }
        Decl::Segment(d) => named!(Kind::Segment, segments, d),
        Decl::Purpose(d) => named!(Kind::Purpose, purposes, d),
        Decl::Channel(d) => named!(Kind::Channel, channels, d),
        Decl::Message(d) => named!(Kind::Message, messages, d),
        Decl::Offer(d) => named!(Kind::Offer, offers, d),
        Decl::Policy(d) => named!(Kind::Policy, policies, d),
        Decl::Webhook(d) => named!(Kind::Webhook, webhooks, d),
        Decl::Calendar(d) => named!(Kind::Calendar, calendars, d),
        Decl::Team(d) => named!(Kind::Team, teams, d),
        Decl::Journey(d) => named!(Kind::Journey, journeys, d),
        Decl::Test(d) => cx.decls.tests.push(Declared { item, decl: d, pack }),
        Decl::Migrate(d) => cx.decls.migrations.push(Declared { item, decl: d, pack }),
    }
}

/// Enters a name; false when it is taken (reported).
fn name(cx: &mut Context, kind: Kind, name: &Name, id: usize) -> bool {
    let is_type = matches!(kind, Kind::Facet | Kind::Record | Kind::Event);
    if RESERVED.contains(&name.text.as_str())
        || (is_type && TYPES.contains(&name.text.as_str()))
        || (kind == Kind::Facet && name.text == "owner")
    {
        cx.report(
            Diagnostic::new(
                Code::ReservedName,
                name.span,
                format!("`{}` cannot be the name of {}", name.text, kind.a_word()),
                "a word of the language",
            )
            .help("choose another name, best of two words"),
        );
    }
    // A record and a taxonomy are both types: their names must differ.
    let other = match kind {
        Kind::Facet => Some(Kind::Record),
        Kind::Record => Some(Kind::Facet),
        _ => None,
    };
    let clash = other.and_then(|other| Some((other, cx.names.get(other, &name.text)?)));
    if let Some((other, Entry::Known(_, span))) = clash {
        cx.report(
            Diagnostic::new(
                Code::DuplicateName,
                name.span,
                format!("`{}` is {} already", name.text, other.a_word()),
                "here again",
            )
            .label(span, "here first")
            .note("taxonomies and records are types: a field could mean either"),
        );
    }
    match cx.names.declare(kind, name, id) {
        None => true,
        Some(Entry::Poisoned) => false,
        Some(Entry::Known(_, span)) => {
            twice(cx, kind.word(), name, span);
            false
        }
    }
}

/// Reports a name that stands twice; the place in a pack comes second, since only the project can be changed.
pub fn twice(cx: &Context, what: &str, name: &Name, earlier: journey_grammar::span::Span) {
    let pack_of = |span: journey_grammar::span::Span| {
        cx.sources.get(usize::from(span.file.0)).filter(|s| s.pack).map(|s| s.path.clone())
    };
    let (first, again) = if pack_of(name.span).is_some() { (name.span, earlier) } else { (earlier, name.span) };
    let mut d =
        Diagnostic::new(Code::DuplicateName, again, format!("there are two {what}s `{}`", name.text), "here again")
            .label(first, "here first");
    if let Some(pack) = pack_of(first) {
        d = d.note(format!("`use {pack}` brings it in"));
        if what == "event" {
            d = d.help(format!("to add fields, write `extend event {} {{ … }}`", name.text));
        }
    }
    cx.report(d);
}

fn poison(cx: &mut Context, kind: Option<&str>, name: Option<&Name>) {
    let known = match kind {
        Some("extend" | "extend event") => {
            let event = name.and_then(|n| cx.names.find(Kind::Event, &n.text));
            if let Some(event) = event {
                cx.names.mark_broken(Kind::Event, event);
            }
            return;
        }
        Some("test" | "migrate" | "use") => return,
        Some(word) => Kind::of_keyword(word),
        None => None,
    };
    match (known, name) {
        (Some(Kind::ProfileField), _) => cx.names.unclear(Kind::ProfileField),
        (Some(kind), Some(name)) => cx.names.poison(kind, &name.text),
        (Some(kind), None) => cx.names.unclear(kind),
        (None, Some(name)) => {
            for kind in Kind::ALL {
                cx.names.poison(kind, &name.text);
            }
        }
        (None, None) => {}
    }
}

/// Puts segments in an order in which none reads a later one. Those that read themselves, by whatever way, are reported once for
/// each circle; their names are as good as unknown from then on.
fn order_segments(cx: &mut Context) {
    let reads: Vec<Vec<(usize, Name)>> = cx
        .decls
        .segments
        .iter()
        .map(|s| {
            let mut names = Vec::new();
            segments_in(&s.decl.condition, &mut names);
            names.into_iter().filter_map(|n| Some((cx.names.find(Kind::Segment, &n.text)?, n))).collect()
        })
        .collect();
    let mut order = Vec::new();
    let mut state = vec![State::New; reads.len()];
    let mut cyclic = BTreeSet::new();
    for start in 0..reads.len() {
        if state[start] != State::New {
            continue;
        }
        // Depth first without recursion: a chain of segments may be long.
        let mut stack = vec![(start, 0)];
        state[start] = State::Open;
        while let Some((at, next)) = stack.pop() {
            let Some((to, name)) = reads[at].get(next) else {
                state[at] = State::Done;
                order.push(at);
                continue;
            };
            stack.push((at, next + 1));
            match state[*to] {
                State::Done => {}
                State::New => {
                    state[*to] = State::Open;
                    stack.push((*to, 0));
                }
                State::Open => {
                    let circle: Vec<usize> = stack.iter().map(|(s, _)| *s).skip_while(|s| s != to).collect();
                    report_circle(cx, &circle, name);
                    cyclic.extend(circle);
                }
            }
        }
    }
    let sorted: Vec<_> = order.iter().map(|at| cx.decls.segments[*at]).collect();
    for (id, segment) in sorted.iter().enumerate() {
        cx.names.renumber(Kind::Segment, &segment.decl.name.text, id);
    }
    let circular: Vec<usize> =
        order.iter().enumerate().filter(|(_, at)| cyclic.contains(at)).map(|(id, _)| id).collect();
    cx.decls.segments = sorted;
    // A segment in a circle is as good as unreadable: it was said.
    for id in circular {
        cx.names.mark_broken(Kind::Segment, id);
    }
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    New,
    Open,
    Done,
}

fn report_circle(cx: &Context, circle: &[usize], back: &Name) {
    let names: Vec<&Name> = circle.iter().map(|s| &cx.decls.segments[*s].decl.name).collect();
    let Some(first) = names.first() else { return };
    let way: Vec<String> = names.iter().chain([first]).map(|n| format!("`{}`", n.text)).collect();
    let mut d = Diagnostic::new(
        Code::SegmentCycle,
        back.span,
        format!("the segment `{}` is made of itself", first.text),
        format!("asks for `{}` again", back.text),
    );
    for name in names {
        d = d.label(name.span, "in the circle");
    }
    if way.len() > 2 {
        d = d.note(format!("the circle is {}", way.join(" → ")));
    }
    cx.report(d.help("say in one of them what is meant, by fields and events"));
}

/// The segments an expression asks for.
fn segments_in(expr: &ast::Expr, names: &mut Vec<Name>) {
    match &expr.kind {
        ExprKind::InSegment(name) => names.push(name.clone()),
        ExprKind::Not(a) | ExprKind::Negate(a) | ExprKind::Paren(a) | ExprKind::Field(a, _) => segments_in(a, names),
        ExprKind::Binary { left, right, .. } => {
            segments_in(left, names);
            segments_in(right, names);
        }
        ExprKind::Between { value, low, high } => {
            for e in [value, low, high] {
                segments_in(e, names);
            }
        }
        ExprKind::IsKnown { value, .. } | ExprKind::IsDay { value, .. } => segments_in(value, names),
        ExprKind::At { date, time, zone } => {
            segments_in(date, names);
            segments_in(time, names);
            if let Some(zone) = zone {
                segments_in(zone, names);
            }
        }
        ExprKind::Held { condition, duration } => {
            segments_in(condition, names);
            segments_in(duration, names);
        }
        ExprKind::Query { condition, window, .. } => {
            for e in [condition, window].into_iter().flatten() {
                segments_in(e, names);
            }
        }
        ExprKind::List(items) => items.iter().for_each(|e| segments_in(e, names)),
        ExprKind::Record(fields) => fields.iter().for_each(|f| segments_in(&f.value, names)),
        ExprKind::Bool(_)
        | ExprKind::Number(_)
        | ExprKind::Quantity(..)
        | ExprKind::Text(_)
        | ExprKind::Date(_)
        | ExprKind::Time(_)
        | ExprKind::Path(_)
        | ExprKind::Now
        | ExprKind::Today
        | ExprKind::Broken => {}
    }
}
