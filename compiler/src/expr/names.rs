//! Names in expressions: fields, variables, inputs, the profile, and words that get their meaning from the kind wanted.

use super::facts::Place;
use super::{Env, Reach, fit, poison, said, typed, words};
use crate::hir::{Const, Expr, ExprKind, Field, FieldId, HAPPENED_AT, Ty, Type, Variable, VariableId, VariableKind};
use crate::mentions::{Local, Target};
use crate::scope::{Context, Kind};
use journey_grammar::ast::{self, Name, Path};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::{Diagnostic, nearest};
use journey_grammar::span::Span;

/// What the first part of a path stands for.
enum Root<'e> {
    /// A field of the present list member, or the member itself.
    Member(usize, Type),
    /// A field of the present event.
    EventField(usize, usize, Type),
    /// The present event, by its alias.
    Event(usize),
    /// A variable of the run.
    Variable(VariableId, &'e Variable),
    /// An input of a message.
    Param(usize, &'e Ty),
    /// Worked out before.
    Given(&'e Expr),
    /// `profile`
    Profile,
}

fn root<'e>(cx: &Context, env: &'e Env, name: &str) -> Option<Root<'e>> {
    if let Some(member) = &env.member {
        match member_fields(cx, member) {
            Some(fields) => {
                if let Some(i) = fields.iter().position(|f| f.name == name) {
                    return Some(Root::Member(i, fields[i].ty.clone()));
                }
            }
            None if name == "it" => return Some(Root::Member(0, Type { ty: member.clone(), optional: false })),
            None => {}
        }
    }
    if let Some(present) = &env.event {
        if present.alias.as_deref() == Some(name) {
            return Some(Root::Event(present.event));
        }
        if let Some((i, ty)) = event_field(cx, present.event, name) {
            return Some(Root::EventField(present.event, i, ty));
        }
    }
    if let Some(e) = env.given.get(name) {
        return Some(Root::Given(e));
    }
    if let Some(seen) = env.variables.get(name) {
        return Some(Root::Variable(seen.id, &seen.variable));
    }
    if let Some(i) = env.params.iter().position(|p| p.name == name) {
        return Some(Root::Param(i, &env.params[i].ty.ty));
    }
    (name == "profile").then_some(Root::Profile)
}

/// The fields of a list member, when it has some.
pub fn member_fields<'c>(cx: &'c Context, ty: &Ty) -> Option<&'c [Field]> {
    match ty {
        Ty::Record(id) => cx.program.records.get(*id).map(|r| r.fields.as_slice()),
        Ty::Event(id) => cx.program.events.get(*id).map(|e| e.fields.as_slice()),
        _ => None,
    }
}

fn event_field(cx: &Context, event: usize, name: &str) -> Option<(usize, Type)> {
    if name == "happened_at" {
        return Some((HAPPENED_AT, Type { ty: Ty::Moment, optional: false }));
    }
    let fields = &cx.program.events.get(event)?.fields;
    fields.iter().position(|f| f.name == name).map(|i| (i, fields[i].ty.clone()))
}

/// Whether the path begins with a name in sight.
pub fn resolves(cx: &Context, env: &Env, path: &Path) -> bool {
    path.parts.first().is_some_and(|p| root(cx, env, &p.text).is_some())
}

/// The type of what a path names, when it is in sight; nothing is reported.
pub fn type_of(cx: &Context, env: &Env, path: &Path) -> Option<Ty> {
    let first = path.parts.first()?;
    match (root(cx, env, &first.text)?, &path.parts[1..]) {
        (Root::Member(_, ty) | Root::EventField(_, _, ty), []) => Some(ty.ty),
        (Root::Event(e), [name]) => event_field(cx, e, &name.text).map(|(_, ty)| ty.ty),
        (Root::Variable(_, v), []) => match v.kind {
            VariableKind::Value(_) | VariableKind::Collected(_) => v.fields.first().map(|f| f.ty.ty.clone()),
            _ => None,
        },
        (Root::Variable(_, v), [name]) => v.fields.iter().find(|f| f.name == name.text).map(|f| f.ty.ty.clone()),
        (Root::Given(e), []) => Some(e.ty.ty.clone()),
        (Root::Param(_, ty), []) => Some(ty.clone()),
        (Root::Param(_, Ty::Event(e)), [name]) => event_field(cx, *e, &name.text).map(|(_, ty)| ty.ty),
        (Root::Profile, [name]) => cx.names.find(Kind::ProfileField, &name.text).map(|f| profile_type(cx, f).ty),
        _ => None,
    }
}

/// Whether an expression is a bare word (or a list of them) that needs to be told its kind.
pub fn is_word(cx: &Context, env: &Env, ast: &ast::Expr) -> bool {
    match &ast.kind {
        ast::ExprKind::Path(p) => !resolves(cx, env, p),
        ast::ExprKind::List(all) => all.iter().any(|e| is_word(cx, env, e)),
        ast::ExprKind::Paren(e) => is_word(cx, env, e),
        ast::ExprKind::Binary { op: ast::BinaryOp::Otherwise, left, .. } => is_word(cx, env, left),
        _ => false,
    }
}

/// A path.
pub fn path(cx: &Context, env: &Env, path: &Path, hint: Option<&Ty>) -> Expr {
    let span = path.span;
    let Some(first) = path.parts.first() else { return poison(span) };
    // The kind that is wanted decides first: `gold` beside `profile.tier` is the value, whatever else is called so.
    match hint {
        Some(Ty::Enum(id)) if path.parts.len() == 1 => {
            let values = cx.program.enums.get(*id).map(|e| e.values.as_slice()).unwrap_or_default();
            let value = values.iter().position(|v| *v == first.text).and_then(|v| u16::try_from(v).ok());
            if let Some(v) = value {
                cx.mention(span, Target::Value(*id, v));
                return typed(span, Ty::Enum(*id), ExprKind::Const(Const::Enum(*id, v)));
            }
        }
        Some(Ty::Facet(id)) if !resolves(cx, env, path) || is_node(cx, *id, path) => {
            return match cx.lookup_node(*id, path) {
                Some(node) => typed(span, Ty::Facet(*id), ExprKind::Const(Const::Node(*id, node))),
                None => poison(span),
            };
        }
        _ => {}
    }
    let Some(root) = root(cx, env, &first.text) else {
        unknown(cx, env, path, first, hint);
        return poison(span);
    };
    let rest = &path.parts[1..];
    mention(cx, env, &root, first, rest.first());
    match root {
        Root::Member(i, ty) => plain(cx, env, span, rest, ExprKind::Member(i), ty),
        Root::EventField(event, i, ty) => plain(cx, env, span, rest, ExprKind::EventField(event, i), ty),
        Root::Event(event) => match rest {
            [] => {
                say_which_field(cx, span, first, event_field_names(cx, event));
                poison(span)
            }
            [name, rest @ ..] => match cx.lookup_event_field(event, name) {
                Some(i) => plain(cx, env, span, rest, ExprKind::EventField(event, i), field_type(cx, event, i)),
                None => poison(span),
            },
        },
        Root::Given(e) => {
            if rest.is_empty() {
                return Expr { span, ..e.clone() };
            }
            plain(cx, env, span, rest, e.kind.clone(), e.ty.clone())
        }
        Root::Variable(..) if matches!(env.reach, Reach::History | Reach::Constant) => {
            out_of_reach(cx, env, span, &format!("`{}`", first.text))
        }
        Root::Variable(id, variable) => of_variable(cx, env, span, first, rest, id, variable, hint),
        Root::Param(p, ty) => match (ty, rest) {
            (Ty::Poison, _) => poison(span),
            (Ty::Event(_), []) if matches!(hint, Some(Ty::Event(_))) => {
                typed(span, ty.clone(), ExprKind::Param(p, None))
            }
            (Ty::Event(event), []) => {
                say_which_field(cx, span, first, event_field_names(cx, *event));
                poison(span)
            }
            (Ty::Event(event), [name, rest @ ..]) => match cx.lookup_event_field(*event, name) {
                Some(i) => plain(cx, env, span, rest, ExprKind::Param(p, Some(i)), field_type(cx, *event, i)),
                None => poison(span),
            },
            _ => plain(cx, env, span, rest, ExprKind::Param(p, None), env.params[p].ty.clone()),
        },
        Root::Profile => {
            if !matches!(env.reach, Reach::Customer | Reach::Message) {
                return out_of_reach(cx, env, span, "the profile");
            }
            match rest {
                [] => {
                    let names = cx.program.profile.iter().map(|f| f.field.name.clone()).collect();
                    say_which_field(cx, span, first, names);
                    poison(span)
                }
                [name, rest @ ..] => match cx.lookup_profile(name) {
                    Some(f) => plain(cx, env, span, rest, ExprKind::Profile(f), profile_type(cx, f)),
                    None => poison(span),
                },
            }
        }
    }
}

/// Writes down what the first part of a path stands for, and the field after it. Fields of events and of the profile are written
/// down where they are looked up.
fn mention(cx: &Context, env: &Env, root: &Root, first: &Name, second: Option<&Name>) {
    match root {
        Root::Member(i, _) => {
            if let Some(target) = env.member.as_ref().and_then(|m| member_field(m, *i)) {
                cx.mention(first.span, target);
            }
        }
        Root::EventField(event, i, _) => cx.mention(first.span, Target::EventField(*event, *i)),
        Root::Event(_) => {
            // The alias of the event that is listened for: known by where it was given.
            if let Some(alias) = env.event.as_ref().and_then(|e| e.alias_span) {
                cx.mention(first.span, Target::Local(Local::Variable, alias));
            }
        }
        Root::Variable(_, variable) => {
            cx.mention(first.span, Target::Local(Local::Variable, variable.span));
            let Some(name) = second else { return };
            match &variable.kind {
                VariableKind::Answer(webhook) => {
                    let gives = cx.program.webhooks.get(*webhook).map(|w| w.gives.as_slice()).unwrap_or_default();
                    if let Some(at) = gives.iter().position(|f| f.name == name.text) {
                        cx.mention(name.span, Target::AnswerField(*webhook, at));
                    }
                }
                _ => {
                    for field in variable.fields.iter().filter(|f| f.name == name.text) {
                        for (event, at) in &field.sources {
                            cx.mention(name.span, Target::EventField(*event, *at));
                        }
                    }
                }
            }
        }
        Root::Param(p, _) => cx.mention(first.span, Target::Local(Local::Input, env.params[*p].span)),
        Root::Given(_) | Root::Profile => {}
    }
}

/// The field of a list's member.
pub fn member_field(member: &Ty, at: usize) -> Option<Target> {
    match member {
        Ty::Record(id) => Some(Target::RecordField(*id, at)),
        Ty::Event(id) => Some(Target::EventField(*id, at)),
        _ => None,
    }
}

fn is_node(cx: &Context, facet: usize, path: &Path) -> bool {
    cx.program.facets.get(facet).is_some_and(|f| {
        f.by_path.contains_key(&path.text())
            || (path.parts.len() == 1 && f.by_last.get(&path.parts[0].text).is_some_and(|n| n.len() == 1))
    })
}

fn profile_type(cx: &Context, field: FieldId) -> Type {
    cx.program.profile.get(field).map(|f| f.field.ty.clone()).unwrap_or(Type { ty: Ty::Poison, optional: false })
}

/// The type of an event's field.
pub fn field_type(cx: &Context, event: usize, field: usize) -> Type {
    if field == HAPPENED_AT {
        return Type { ty: Ty::Moment, optional: false };
    }
    let field = cx.program.events.get(event).and_then(|e| e.fields.get(field));
    field.map(|f| f.ty.clone()).unwrap_or(Type { ty: Ty::Poison, optional: false })
}

/// The part of a path before a name.
fn before(span: Span, name: &Name) -> Span {
    Span { end: name.span.start.saturating_sub(1).max(span.start), ..span }
}

/// A value that has no fields; known where it is known to be there.
fn plain(cx: &Context, env: &Env, span: Span, rest: &[Name], kind: ExprKind, ty: Type) -> Expr {
    if ty.ty == Ty::Poison {
        return poison(span);
    }
    if let Some(further) = rest.first() {
        cx.report(
            Diagnostic::new(
                Code::NoSuchField,
                further.span,
                format!(
                    "{} has no `{}`: it is {}",
                    said(cx, before(span, further)),
                    further.text,
                    words::kind(cx, &ty.ty)
                ),
                "nothing to look into",
            )
            .help(match ty.ty {
                Ty::List(_) => "a list is asked with `any(… where …)`, `all`, `count` and `sum`",
                _ => "it stands for itself, without anything after it",
            }),
        );
        return poison(span);
    }
    let mut e = Expr { span, ty, kind };
    if e.ty.optional && Place::of(&e).is_some_and(|p| env.facts.is_known(&p)) {
        e.ty.optional = false;
    }
    e
}

#[expect(clippy::too_many_arguments, reason = "the parts of one construct")]
fn of_variable(
    cx: &Context,
    env: &Env,
    span: Span,
    first: &Name,
    rest: &[Name],
    id: VariableId,
    variable: &Variable,
    hint: Option<&Ty>,
) -> Expr {
    match (&variable.kind, rest) {
        (VariableKind::Event(events), _) if events.is_empty() => poison(span),
        (VariableKind::Value(ty), _) => plain(cx, env, span, rest, ExprKind::Field(id, 0), ty.clone()),
        (VariableKind::Collected(_), _) => {
            let ty = variable.fields.first().map(|f| f.ty.clone());
            let ty = ty.unwrap_or(Type { ty: Ty::Poison, optional: false });
            plain(cx, env, span, rest, ExprKind::Field(id, 0), ty)
        }
        (VariableKind::Event(_), []) if matches!(hint, Some(Ty::Event(_))) => {
            whole(cx, env, span, first, id, variable, hint)
        }
        (_, []) => {
            say_which_field(cx, span, first, variable.fields.iter().map(|f| f.name.clone()).collect());
            poison(span)
        }
        (_, [name, rest @ ..]) => match variable.fields.iter().position(|f| f.name == name.text) {
            Some(i) => plain(cx, env, span, rest, ExprKind::Field(id, i), variable.fields[i].ty.clone()),
            None => {
                if !is_unclear(cx, variable) {
                    no_field(cx, env, first, name, variable);
                }
                poison(span)
            }
        },
    }
}

/// An alias passed on as a whole: it must have what the event that is wanted has.
fn whole(
    cx: &Context,
    env: &Env,
    span: Span,
    first: &Name,
    id: VariableId,
    variable: &Variable,
    hint: Option<&Ty>,
) -> Expr {
    let (VariableKind::Event(events), Some(Ty::Event(wanted))) = (&variable.kind, hint) else { return poison(span) };
    let passed = typed(span, Ty::Event(*wanted), ExprKind::Variable(id));
    let Some(event) = cx.program.events.get(*wanted) else { return poison(span) };
    let mut lacking: Vec<&str> = Vec::new();
    let mut unsure: Vec<&str> = Vec::new();
    for field in &event.fields {
        match variable.fields.iter().position(|f| f.name == field.name) {
            Some(i) if variable.fields[i].ty.ty == field.ty.ty => {
                let known = !variable.fields[i].ty.optional || env.facts.is_known(&Place::Field(id, i));
                if !known && !field.ty.optional {
                    unsure.push(&field.name);
                }
            }
            _ => lacking.push(&field.name),
        }
    }
    if !lacking.is_empty() {
        let is: Vec<&str> = events.iter().filter_map(|e| cx.program.events.get(*e)).map(|e| e.name.as_str()).collect();
        cx.report(
            Diagnostic::new(
                Code::WrongKind,
                span,
                format!("`{}` is {}, where `{}` is needed", first.text, words::listed(&is), event.name),
                format!("has no {}", words::listed(&lacking)),
            )
            .help("pass an event of that kind, or let the input be the fields that are needed"),
        );
        return poison(span);
    }
    if !unsure.is_empty() {
        cx.report(
            Diagnostic::new(
                Code::MayBeMissing,
                span,
                format!("`{}` may be missing", first.text),
                "may be missing here",
            )
            .note("not every way into this journey gives it")
            .help(format!("ask first: `if {}.{} is known {{ … }}`", first.text, unsure[0])),
        );
        return poison(span);
    }
    passed
}

fn is_unclear(cx: &Context, variable: &Variable) -> bool {
    match &variable.kind {
        VariableKind::Event(events) => events.iter().any(|e| cx.names.is_broken(Kind::Event, *e)),
        VariableKind::Collected(e) => cx.names.is_broken(Kind::Event, *e),
        VariableKind::Answer(w) => cx.names.is_broken(Kind::Webhook, *w),
        _ => false,
    }
}

fn no_field(cx: &Context, env: &Env, first: &Name, name: &Name, variable: &Variable) {
    let events = match &variable.kind {
        VariableKind::Event(events) => events.as_slice(),
        _ => &[],
    };
    if let [event] = events[..] {
        cx.lookup_event_field(event, name);
        return;
    }
    // A field that some of several events have is known, and yet not of the alias they share.
    let partly: Vec<&str> = events
        .iter()
        .filter_map(|e| cx.program.events.get(*e))
        .filter(|e| e.fields.iter().any(|f| f.name == name.text))
        .map(|e| e.name.as_str())
        .collect();
    let names = variable.fields.iter().map(|f| f.name.as_str());
    let message = format!("`{}` has no field `{}`", first.text, name.text);
    cx.unknown_in(&format!("{} {}", env.whose, first.text), message, name, names, |d| {
        if partly.len() == events.len() && events.len() > 1 {
            d.note(format!("{} have it, and of different types", words::listed(&partly)))
        } else if partly.is_empty() {
            let all: Vec<&str> = variable.fields.iter().map(|f| f.name.as_str()).collect();
            if all.is_empty() { d } else { d.help(format!("it has {}", words::listed(&all))) }
        } else {
            d.note(format!(
                "only {} has it: an alias that several triggers share has the fields they share",
                words::listed(&partly)
            ))
        }
    });
}

fn event_field_names(cx: &Context, event: usize) -> Vec<String> {
    cx.program.events.get(event).map(|e| e.fields.iter().map(|f| f.name.clone()).collect()).unwrap_or_default()
}

fn say_which_field(cx: &Context, span: Span, name: &Name, fields: Vec<String>) {
    let d = Diagnostic::new(
        Code::NoSuchField,
        span,
        format!("`{}` is not a value by itself", name.text),
        "say which field",
    );
    let shown: Vec<String> = fields.into_iter().take(8).map(|f| format!("{}.{f}", name.text)).collect();
    cx.report(if shown.is_empty() { d } else { d.help(format!("its fields are {}", words::listed(&shown))) });
}

/// Something that cannot be named where the expression stands.
pub fn out_of_reach(cx: &Context, env: &Env, span: Span, what: &str) -> Expr {
    let d = match env.reach {
        Reach::History => Diagnostic::new(
            Code::HistoryCondition,
            span,
            format!("{what} cannot be asked for in the `where` of a history"),
            "not a field of the event",
        )
        .note("what is remembered of events is decided when they come: it may depend on their own fields and on fixed values only"),
        Reach::Message => Diagnostic::new(
            Code::NotInMessage,
            span,
            format!("{what} cannot be named in a message"),
            "not an input of the message",
        )
        .note("the text of a message sees its inputs and the profile")
        .help("add an input to the message, and pass the value with `send`"),
        Reach::Constant | Reach::Customer => Diagnostic::new(
            Code::NotConstant,
            span,
            format!("{what} is not a fixed value"),
            "a fixed value is needed here",
        ),
    };
    cx.report(d);
    poison(span)
}

/// Reports a name that is not in sight, with what was probably meant.
fn unknown(cx: &Context, env: &Env, path: &Path, first: &Name, hint: Option<&Ty>) {
    // Beside something that is wrong already, nobody can tell what a word stands for.
    if env.unclear || matches!(hint, Some(Ty::Poison)) {
        return;
    }
    match hint {
        Some(Ty::Enum(id)) if path.parts.len() == 1 => {
            cx.lookup_value(*id, first);
            return;
        }
        Some(Ty::Text | Ty::Zone) if path.parts.len() == 1 && nearest(&first.text, in_sight(cx, env)).is_none() => {
            cx.report(
                Diagnostic::new(
                    Code::WrongKind,
                    path.span,
                    format!("`{}` is a bare word, where text is needed", first.text),
                    "text stands in quotes",
                )
                .fix(format!("say `\"{}\"`", first.text), path.span, format!("\"{}\"", first.text)),
            );
            return;
        }
        Some(Ty::Bool) if matches!(first.text.as_str(), "yes" | "no") => {
            let word = if first.text == "yes" { "true" } else { "false" };
            cx.report(
                Diagnostic::new(Code::WrongKind, path.span, format!("`{}` is said `{word}`", first.text), "yes or no")
                    .fix(format!("say `{word}`"), path.span, word),
            );
            return;
        }
        _ => {}
    }
    if env.reach == Reach::Constant {
        out_of_reach(cx, env, path.span, &format!("`{}`", path.text()));
        return;
    }
    let owners = owners(cx, env, &first.text);
    let near = if owners.is_empty() { in_sight(cx, env) } else { Vec::new() };
    let message = format!("there is no `{}` in sight here", first.text);
    // A bare word in a `where` is a field of the event: the same one may be missed elsewhere.
    let event = env.event.as_ref().and_then(|p| cx.program.events.get(p.event));
    let whose = event.map_or(env.whose.as_str(), |e| e.name.as_str());
    cx.unknown_in(whose, message, first, near, |mut d| {
        if let Some(l) = d.labels.first_mut() {
            l.text = "not a name in sight".into();
        }
        if !owners.is_empty() {
            if owners.len() == 1
                && let Some(l) = d.labels.first_mut()
            {
                l.text = format!("did you mean `{}`?", owners[0]);
            }
            for owner in owners {
                d = d.suggest(format!("change it to `{owner}`"), first.span, owner);
            }
            return d;
        }
        if cx.names.find(Kind::Segment, &first.text).is_some() {
            return d.note(format!("`{}` is a segment", first.text)).fix(
                format!("ask whether the customer is in it: `in {}`", first.text),
                path.span,
                format!("in {}", first.text),
            );
        }
        if cx.names.find(Kind::Event, &first.text).is_some() {
            return d
                .note(format!(
                    "`{}` is an event; the fields of one that came are reached by the alias it was given with `as`",
                    first.text
                ))
                .help(format!(
                    "what is remembered of it is asked with `last({})`, `count({})`",
                    first.text, first.text
                ));
        }
        let names = in_sight(cx, env);
        match &names[..] {
            [] => d,
            ["profile"] => d.help("what is known of the customer is named with `profile.` before it"),
            [one] => d.help(format!("in sight is `{one}`")),
            _ => d.help(format!("in sight are {}", words::listed(&names))),
        }
    });
}

/// Names that could have been meant.
fn in_sight<'e>(cx: &'e Context, env: &'e Env) -> Vec<&'e str> {
    let mut names: Vec<&str> = Vec::new();
    if !matches!(env.reach, Reach::History | Reach::Constant) {
        names.extend(env.variables.keys().map(String::as_str));
    }
    if let Some(present) = &env.event {
        let fields = cx.program.events.get(present.event).map(|e| e.fields.as_slice()).unwrap_or_default();
        names.extend(fields.iter().map(|f| f.name.as_str()));
    }
    let member = env.member.as_ref().and_then(|m| member_fields(cx, m));
    names.extend(member.unwrap_or_default().iter().map(|f| f.name.as_str()));
    names.extend(env.params.iter().map(|p| p.name.as_str()));
    if let Some(alias) = env.event.as_ref().and_then(|p| p.alias.as_deref()) {
        names.push(alias);
    }
    if matches!(env.reach, Reach::Customer | Reach::Message) {
        names.push("profile");
    }
    names.sort_unstable();
    names.dedup();
    names
}

/// What has a field of that name: `profile.tier` for `tier`, `cart.value` for `value`.
fn owners(cx: &Context, env: &Env, field: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (name, seen) in env.variables.iter() {
        if seen.variable.fields.iter().any(|f| f.name == field)
            && !matches!(seen.variable.kind, VariableKind::Value(_) | VariableKind::Collected(_))
        {
            found.push(format!("{name}.{field}"));
        }
    }
    for p in env.params.iter() {
        if let Ty::Event(e) = p.ty.ty
            && event_field(cx, e, field).is_some()
        {
            found.push(format!("{}.{field}", p.name));
        }
    }
    if matches!(env.reach, Reach::Customer | Reach::Message) && cx.names.find(Kind::ProfileField, field).is_some() {
        found.push(format!("profile.{field}"));
    }
    found
}

/// `{ a: 1 }`: a member of a list of records, in tests.
pub fn record(cx: &Context, env: &Env, span: Span, fields: &[ast::FieldValue], hint: Option<&Ty>) -> Expr {
    let Some(Ty::Record(id)) = hint else {
        if !matches!(hint, Some(Ty::Poison)) {
            cx.report(Diagnostic::new(
                Code::WrongKind,
                span,
                match hint {
                    Some(ty) => format!("fields in braces, where {} is needed", words::kind(cx, ty)),
                    None => "fields in braces have no meaning here".into(),
                },
                "a member of a list of records",
            ));
        }
        return poison(span);
    };
    let Some(record) = cx.program.records.get(*id) else { return poison(span) };
    let mut values: Vec<(String, Const)> = Vec::new();
    let mut sound = true;
    for given in fields {
        let Some(field) = record.fields.iter().find(|f| f.name == given.name.text) else {
            if !cx.names.is_broken(Kind::Record, *id) {
                let message = format!("a `{}` has no field `{}`", record.name, given.name.text);
                let names = record.fields.iter().map(|f| f.name.as_str());
                cx.unknown_in(&record.name, message, &given.name, names, |d| d);
            }
            sound = false;
            continue;
        };
        if let Some(at) = record.fields.iter().position(|f| f.name == given.name.text) {
            cx.mention(given.name.span, Target::RecordField(*id, at));
        }
        if values.iter().any(|(n, _)| *n == field.name) {
            cx.report(field_twice(&given.name));
            continue;
        }
        let e = super::infer(cx, env, &given.value, Some(&field.ty.ty));
        let e = fit(cx, env, e, &field.ty);
        match e.kind {
            ExprKind::Const(c) => {
                super::fit::within_bounds(cx, given.value.span, &c, &field.bounds, &format!("`{}`", field.name));
                values.push((field.name.clone(), c));
            }
            ExprKind::Poison => sound = false,
            _ => {
                cx.report(Diagnostic::new(
                    Code::NotConstant,
                    given.value.span,
                    format!("{} is not a fixed value", said(cx, given.value.span)),
                    "a fixed value is needed here",
                ));
                sound = false;
            }
        }
    }
    let lacking: Vec<&str> = record
        .fields
        .iter()
        .filter(|f| !f.ty.optional && f.default.is_none() && !matches!(f.ty.ty, Ty::Poison | Ty::List(_)))
        .filter(|f| !fields.iter().any(|g| g.name.text == f.name))
        .map(|f| f.name.as_str())
        .collect();
    if sound && !lacking.is_empty() {
        cx.report(lacks_fields(span, &format!("a `{}`", record.name), &lacking));
        sound = false;
    }
    if sound { typed(span, Ty::Record(*id), ExprKind::Const(Const::Record(values))) } else { poison(span) }
}

/// A field is given a value twice.
pub fn field_twice(name: &Name) -> Diagnostic {
    Diagnostic::new(
        Code::FieldTwice,
        name.span,
        format!("`{}` is given a value twice", name.text),
        "given a value before",
    )
}

/// Fields that must be given are not.
pub fn lacks_fields(span: Span, what: &str, lacking: &[&str]) -> Diagnostic {
    let fields = words::listed(lacking);
    let plural = if lacking.len() == 1 { "" } else { "s" };
    Diagnostic::new(
        Code::FieldsLacking,
        span,
        format!("{what} needs the field{plural} {fields}"),
        format!("without {fields}"),
    )
    .note("only a field declared with a `?` or with a value of its own may be left out")
}
