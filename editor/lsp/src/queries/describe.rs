//! What is known of a name, in Markdown.

use super::facts;
use super::names::{input, variable};
use crate::analysis::Analysis;
use journey_compiler::hir::{About, Field, HAPPENED_AT, Param, Program, VariableKind};
use journey_compiler::mentions::{Local, Target};
use journey_compiler::scope::Kind;
use journey_grammar::span::Span;
use journey_runtime::report::words;
use std::fmt::Write;

/// What is known of what a name stands for: its declaration in a few words, then what its author says, then where it comes from.
pub fn describe(analysis: &Analysis, target: Target) -> Option<String> {
    let program = &analysis.checked.program;
    let (head, about, more) = match target {
        Target::Declared(kind, id) => declared(analysis, program, kind, id)?,
        Target::EventField(_, HAPPENED_AT) => {
            let more = "The moment at which the event happened, as its source says it.".to_string();
            ("happened_at: moment".to_string(), None, vec![more])
        }
        Target::EventField(event, at) => {
            let event = program.events.get(event)?;
            return Some(field(program, event.fields.get(at)?, &format!("event `{}`", event.name)));
        }
        Target::RecordField(record, at) => {
            let record = program.records.get(record)?;
            return Some(field(program, record.fields.get(at)?, &format!("record `{}`", record.name)));
        }
        Target::AnswerField(webhook, at) => {
            let webhook = program.webhooks.get(webhook)?;
            return Some(field(program, webhook.gives.get(at)?, &format!("the answer of `{}`", webhook.name)));
        }
        Target::Node(facet, node) => {
            let facet = program.facets.get(facet)?;
            let node = facet.nodes.get(node as usize)?;
            let mut more = Vec::new();
            let labels = node
                .labels
                .iter()
                .map(|(locale, text)| if locale.is_empty() { text.clone() } else { format!("{text} ({locale})") });
            let labels: Vec<String> = labels.collect();
            if !labels.is_empty() {
                more.push(labels.join(" · "));
            }
            if let Some(instead) = node.deprecated.and_then(|i| facet.nodes.get(i as usize)) {
                more.push(format!("**Deprecated**: use `{}`", instead.path));
            }
            for (verb, other, to) in &node.links {
                let other = program.facets.get(*other)?;
                more.push(format!("{verb} {} `{}`", other.name, other.nodes.get(*to as usize)?.path));
            }
            (format!("@{} {}", facet.name, node.path), None, more)
        }
        Target::Value(of, at) => {
            let of = program.enums.get(of)?;
            (of.values.get(usize::from(at))?.clone(), None, vec![format!("one of {}", code_list(&of.values))])
        }
        Target::Local(kind, span) => local(analysis, program, kind, span)?,
    };
    let mut text = format!("```journey\n{head}\n```\n");
    if let Some(about) = about {
        said_of(program, about, &mut text);
    }
    for line in more {
        let _ = write!(text, "\n{line}\n");
    }
    if let Some(about) = about
        && about.from_pack
    {
        let _ = write!(text, "\nFrom `{}`\n", analysis.path(about.span.file));
    }
    Some(text)
}

/// Doc, owner and annotations.
fn said_of(program: &Program, about: &About, text: &mut String) {
    if let Some(doc) = &about.doc {
        let _ = write!(text, "\n{doc}\n");
    }
    let mut facts = Vec::new();
    if let Some(team) = about.owner.and_then(|t| program.teams.get(t)) {
        facts.push(format!("owner `{}` ({})", team.name, team.address));
    }
    for (facet, node) in &about.tags {
        if let Some(facet) = program.facets.get(*facet)
            && let Some(node) = facet.nodes.get(*node as usize)
        {
            facts.push(format!("`@{} {}`", facet.name, node.path));
        }
    }
    if !facts.is_empty() {
        let _ = write!(text, "\n{}\n", facts.join(" · "));
    }
}

type Card<'p> = (String, Option<&'p About>, Vec<String>);

fn declared<'p>(analysis: &Analysis, program: &'p Program, kind: Kind, id: usize) -> Option<Card<'p>> {
    let mut more = Vec::new();
    Some(match kind {
        Kind::Facet => {
            let f = program.facets.get(id)?;
            more.push(format!("{} places in its hierarchy", words::count(f.nodes.len() as u64)));
            (format!("taxonomy {}", f.name), Some(&f.about), more)
        }
        Kind::Record => {
            let r = program.records.get(id)?;
            (format!("record {}{}", r.name, braced(program, &r.fields)), Some(&r.about), more)
        }
        Kind::Event => {
            let e = program.events.get(id)?;
            let wire = if e.wire == e.name { String::new() } else { format!(" \"{}\"", e.wire) };
            let everyone = if e.everyone { " for everyone" } else { "" };
            more.extend(e.source.as_ref().map(|s| format!("comes from {s}")));
            (format!("event {}{wire}{everyone}{}", e.name, braced(program, &e.fields)), Some(&e.about), more)
        }
        Kind::ProfileField => {
            let f = program.profile.get(id)?;
            let built_in = "Every project has this field; it need not be declared.";
            more.extend(f.built_in.then(|| built_in.to_string()));
            more.extend(f.field.doc.clone());
            (format!("profile.{}", typed(program, &f.field)), None, more)
        }
        Kind::Segment => {
            let s = program.segments.get(id)?;
            let condition = shortened(analysis.at(s.condition.span));
            (format!("segment {} = {condition}", s.name), Some(&s.about), more)
        }
        Kind::Purpose => {
            let p = program.purposes.get(id)?;
            let consent = if p.needs_no_consent { " needs no consent" } else { "" };
            (format!("purpose {} \"{}\"{consent}", p.name, p.label), Some(&p.about), more)
        }
        Kind::Channel => {
            let c = program.channels.get(id)?;
            let reports: Vec<String> =
                c.reports.iter().filter_map(|e| program.events.get(*e)).map(|e| e.name.clone()).collect();
            if let Some(address) = &c.address {
                more.push(format!("address `{}`", analysis.at(address.span)));
            }
            more.push(if reports.is_empty() {
                "gives no receipts".to_string()
            } else {
                format!("reports {}", code_list(&reports))
            });
            (format!("channel {}", c.name), Some(&c.about), more)
        }
        Kind::Message => {
            let m = program.messages.get(id)?;
            let purpose = program.purposes.get(m.purpose).map_or("", |p| p.name.as_str());
            let renderings: Vec<String> = m
                .renderings
                .iter()
                .filter_map(|r| {
                    let channel = &program.channels.get(r.channel)?.name;
                    Some(if r.locale.is_empty() { channel.clone() } else { format!("{channel} in {}", r.locale) })
                })
                .collect();
            more.push(format!("by {}", code_list(&renderings)));
            let subject = m.renderings.iter().flat_map(|r| &r.parts).find(|(name, _)| name == "subject");
            if let Some((_, subject)) = subject {
                more.push(format!("“{}”", plain_text(analysis, subject)));
            }
            (format!("message {}({}) for {purpose}", m.name, params(program, &m.params)), Some(&m.about), more)
        }
        Kind::Offer => {
            let o = program.offers.get(id)?;
            for (word, expr) in
                [("eligible", &o.eligible), ("propensity", &o.propensity), ("value", &o.value), ("weight", &o.weight)]
            {
                more.extend(expr.as_ref().map(|e| format!("{word} `{}`", shortened(analysis.at(e.span)))));
            }
            (format!("offer {}", o.name), Some(&o.about), more)
        }
        Kind::Policy => {
            let p = program.policies.get(id)?;
            more.extend(p.rules.iter().map(|r| format!("- `{}`", shortened(analysis.at(r.span)))));
            (format!("policy {}", p.name), Some(&p.about), more)
        }
        Kind::Webhook => {
            let w = program.webhooks.get(id)?;
            more.push(format!("{} {}", w.method, w.url));
            let gives = braced(program, &w.gives);
            (format!("webhook {}({}) gives{gives}", w.name, params(program, &w.params)), Some(&w.about), more)
        }
        Kind::Calendar => {
            let c = program.calendars.get(id)?;
            more.push(format!("{} days that are no weekdays", c.days.len()));
            (format!("calendar {}", c.name), Some(&c.about), more)
        }
        Kind::Team => {
            let t = program.teams.get(id)?;
            (format!("team {} \"{}\"", t.name, t.address), Some(&t.about), more)
        }
        Kind::Journey => {
            let j = program.journeys.get(id)?;
            let inputs: Vec<String> = j
                .variables
                .iter()
                .take(j.params)
                .map(|v| format!("{}: {}", v.name, kind_of(program, &v.kind)))
                .collect();
            let inputs = if inputs.is_empty() { String::new() } else { format!("({})", inputs.join(", ")) };
            let short = facts::in_short(analysis, id);
            more.extend((!short.is_empty()).then(|| short.join(" · ")));
            let proven = facts::of_journey(analysis, id);
            more.extend((!proven.is_empty()).then(|| list(&proven)));
            (format!("journey {}{inputs}", j.name), Some(&j.about), more)
        }
    })
}

fn local<'p>(analysis: &'p Analysis, program: &'p Program, kind: Local, span: Span) -> Option<Card<'p>> {
    let name = analysis.at(span);
    Some(match kind {
        Local::Variable => {
            let v = variable(analysis, span)?;
            let mut more = Vec::new();
            match &v.kind {
                VariableKind::Send(_) => more.push("Known afterwards: `due`, `sent_at`, `channel`".to_string()),
                VariableKind::Value(_) => {}
                _ => {
                    let fields: Vec<String> =
                        v.fields.iter().map(|f| format!("{}: {}", f.name, program.type_text(&f.ty))).collect();
                    more.extend(fields.iter().map(|f| format!("- `{f}`")));
                }
            }
            (format!("{name}: {}", kind_of(program, &v.kind)), None, more)
        }
        Local::Input => {
            let p = input(analysis, span)?;
            (format!("{name}: {}", program.type_text(&p.ty)), None, vec!["an input".to_string()])
        }
        Local::Stage => (format!("stage {name}"), None, Vec::new()),
        Local::Experiment => {
            let more = "The arm is drawn from this name and the customer: another name draws anew.".to_string();
            (format!("experiment {name}"), None, vec![more])
        }
        Local::Customer => (format!("customer {name}"), None, Vec::new()),
        Local::Claim => {
            let claims = program.messages.iter().flat_map(|m| &m.claims);
            let value = claims.clone().find(|(n, _)| n == name).map(|(_, v)| program.const_text(v));
            (format!("claim {name} = {}", value.unwrap_or_default()), None, Vec::new())
        }
    })
}

/// What a variable is, as a type is written.
pub fn kind_of(program: &Program, kind: &VariableKind) -> String {
    let event = |e: &usize| program.events.get(*e).map_or("…", |e| e.name.as_str()).to_string();
    match kind {
        VariableKind::Event(events) => events.iter().map(event).collect::<Vec<_>>().join(" or "),
        VariableKind::Value(ty) => program.type_text(ty),
        VariableKind::Send(m) => format!("send of {}", program.messages.get(*m).map_or("…", |m| m.name.as_str())),
        VariableKind::Answer(w) => format!("answer of {}", program.webhooks.get(*w).map_or("…", |w| w.name.as_str())),
        VariableKind::Collected(e) => format!("list of {}", event(e)),
    }
}

/// `name: type`, with bounds and what stands in for a missing value.
pub fn typed(program: &Program, field: &Field) -> String {
    let mut text = format!("{}: {}", field.name, program.field_text(field));
    if let Some(default) = &field.default {
        let _ = write!(text, " = {}", program.const_text(default));
    }
    text
}

fn field(program: &Program, of: &Field, owner: &str) -> String {
    let mut text = format!("```journey\n{}\n```\n", typed(program, of));
    if let Some(doc) = &of.doc {
        let _ = write!(text, "\n{doc}\n");
    }
    let from = if of.path == of.name { String::new() } else { format!(", in the data `{}`", of.path) };
    let _ = write!(text, "\nA field of {owner}{from}\n");
    text
}

fn braced(program: &Program, fields: &[Field]) -> String {
    if fields.is_empty() {
        return String::new();
    }
    let lines: Vec<String> = fields.iter().map(|f| format!("  {}", typed(program, f))).collect();
    format!(" {{\n{}\n}}", lines.join("\n"))
}

/// `cart: cart_updated, amount: money EUR`
pub fn params(program: &Program, params: &[Param]) -> String {
    params.iter().map(|p| format!("{}: {}", p.name, program.type_text(&p.ty))).collect::<Vec<_>>().join(", ")
}

/// As a list of Markdown.
pub fn list(lines: &[String]) -> String {
    lines.iter().map(|line| format!("- {line}")).collect::<Vec<_>>().join("\n")
}

fn code_list(words: &[String]) -> String {
    words.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", ")
}

/// On one line, and not too long.
pub fn shortened(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(120) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

fn plain_text(analysis: &Analysis, template: &journey_compiler::hir::Template) -> String {
    use journey_compiler::hir::Piece;
    let pieces = template.pieces.iter().map(|p| match p {
        Piece::Text(text) => text.clone(),
        Piece::Value(e) => format!("{{{{ {} }}}}", analysis.at(e.span).trim()),
    });
    shortened(&pieces.collect::<String>())
}
