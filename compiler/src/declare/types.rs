//! Types as they are written, and the fields that have them.

use crate::expr;
use crate::hir::{Bounds, Const, EnumId, EnumType, Field, Param, Ty, Type};
use crate::iso;
use crate::mentions::Target;
use crate::scope::{Context, Entry, Kind};
use journey_grammar::ast::{self, Name, TypeKind};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;
use journey_grammar::span::Span;
use std::collections::BTreeMap;

/// The built-in types that are one word.
const PLAIN: &[(&str, Ty)] = &[
    ("bool", Ty::Bool),
    ("int", Ty::Int),
    ("number", Ty::Number),
    ("percent", Ty::Percent),
    ("probability", Ty::Probability),
    ("text", Ty::Text),
    ("duration", Ty::Duration),
    ("date", Ty::Date),
    ("time", Ty::Time),
    ("moment", Ty::Moment),
    ("zone", Ty::Zone),
];

/// What other languages call types, and what is meant.
const HABITS: &[(&str, &str)] = &[
    ("string", "text"),
    ("str", "text"),
    ("varchar", "text"),
    ("boolean", "bool"),
    ("integer", "int"),
    ("long", "int"),
    ("bigint", "int"),
    ("float", "number"),
    ("double", "number"),
    ("decimal", "number"),
    ("numeric", "number"),
    ("datetime", "moment"),
    ("timestamp", "moment"),
    ("instant", "moment"),
    ("timezone", "zone"),
    ("currency", "money"),
    ("price", "money"),
    ("amount", "money"),
    ("interval", "duration"),
];

/// Where a type stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A field of an event, of the profile or of an answer.
    Field,
    /// A field of a record, which is a member of a list.
    RecordField,
    /// A parameter: events as a whole may be passed.
    Param,
}

/// The `one of` type with these values; equal lists are one type.
pub fn intern(cx: &mut Context, values: Vec<String>) -> EnumId {
    let known = cx.program.enums.iter().position(|e| e.values == values);
    known.unwrap_or_else(|| {
        cx.program.enums.push(EnumType { values });
        cx.program.enums.len() - 1
    })
}

/// What a written type is, and what its values may be. Poison when it is wrong (reported).
pub fn resolve(cx: &mut Context, ast: &ast::Type, place: Place) -> (Type, Bounds) {
    let (ty, bounds) = plain(cx, ast, place, false);
    (Type { ty, optional: ast.optional }, bounds)
}

fn plain(cx: &mut Context, ast: &ast::Type, place: Place, member: bool) -> (Ty, Bounds) {
    let mut bounds = Bounds::default();
    let ty = match &ast.kind {
        TypeKind::Broken => Ty::Poison,
        TypeKind::Named(name) => named(cx, name, ast.span, place, member),
        TypeKind::Money(None) => Ty::Money(cx.program.currency.clone()),
        TypeKind::Money(Some(currency)) => {
            if iso::is_currency(&currency.text) {
                Ty::Money(currency.text.clone())
            } else {
                cx.report(iso::unknown_currency(&currency.text, currency.span, false));
                Ty::Poison
            }
        }
        TypeKind::Between { name, low, high } => {
            let ty = named(cx, name, name.span, place, member);
            if !matches!(ty, Ty::Int | Ty::Number | Ty::Percent | Ty::Probability | Ty::Money(_) | Ty::Poison) {
                cx.report(
                    Diagnostic::new(
                        Code::ImpossibleBounds,
                        ast.span,
                        format!("`{}` has no least and most", name.text),
                        "only numbers do",
                    )
                    .help("write `int between 0 and 10` or `number between 0 and 1`"),
                );
                return (Ty::Poison, bounds);
            }
            let expected = Type { ty: ty.clone(), optional: false };
            let least = expr::constant(cx, low, Some(&expected));
            let most = expr::constant(cx, high, Some(&expected));
            if ty != Ty::Poison && least != Const::Missing && most != Const::Missing {
                if compare(&least, &most) == Some(std::cmp::Ordering::Greater) {
                    cx.report(
                        Diagnostic::new(
                            Code::ImpossibleBounds,
                            low.span.to(high.span),
                            "no value lies between these two",
                            "the first is the larger one",
                        )
                        .fix(
                            "swap them",
                            low.span.to(high.span),
                            format!("{} and {}", cx.text(high.span), cx.text(low.span)),
                        ),
                    );
                } else {
                    bounds.between = Some((least, most));
                }
            }
            ty
        }
        TypeKind::BoundedText(most) => {
            at_least_one(cx, *most, ast.span, "a text of no characters says nothing");
            bounds.at_most = Some((*most).max(1));
            Ty::Text
        }
        TypeKind::OneOf(values) => {
            let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
            for value in values {
                if let Some(earlier) = seen.insert(&value.text, value.span) {
                    cx.report(
                        Diagnostic::new(
                            Code::DuplicateName,
                            value.span,
                            format!("the value `{}` stands twice", value.text),
                            "here again",
                        )
                        .label(earlier, "here first"),
                    );
                }
            }
            let mut unique: Vec<String> = Vec::new();
            for value in values {
                if !unique.contains(&value.text) {
                    unique.push(value.text.clone());
                }
            }
            let id = intern(cx, unique);
            for value in values {
                let at = cx.program.enums[id].values.iter().position(|v| *v == value.text);
                if let Some(at) = at.and_then(|at| u16::try_from(at).ok()) {
                    cx.note(value.span, Target::Value(id, at), true);
                }
            }
            Ty::Enum(id)
        }
        TypeKind::List { of, at_most } => {
            if member || place == Place::RecordField {
                let what = if member { "a list cannot hold lists" } else { "a record cannot hold a list" };
                cx.report(Diagnostic::new(Code::NestedData, ast.span, what, "one level too deep").note(
                    "what is kept of a customer has a fixed size: lists hold plain values, or records of plain values",
                ));
                return (Ty::Poison, bounds);
            }
            match at_most {
                None => {
                    cx.report(
                        Diagnostic::new(
                            Code::UnboundedList,
                            ast.span,
                            "a list must say how many members it has at most",
                            "no `at most`",
                        )
                        .note("what is kept of a customer has a fixed size")
                        .suggest("let it have 20", ast.span.after(), " at most 20"),
                    );
                }
                Some(most) => at_least_one(cx, *most, ast.span, "a list of no members says nothing"),
            }
            if of.optional {
                cx.report(
                    Diagnostic::new(Code::NestedData, of.span, "a member of a list cannot be missing", "no `?` here")
                        .help("a list that may be missing as a whole is declared in the field: `= []`"),
                );
            }
            let (inner, inside) = plain(cx, of, place, true);
            if inside != Bounds::default() {
                bounds.members = Some(Box::new(inside));
            }
            bounds.at_most = Some(at_most.unwrap_or(1).max(1));
            if inner == Ty::Poison { Ty::Poison } else { Ty::List(Box::new(inner)) }
        }
    };
    (ty, bounds)
}

fn at_least_one(cx: &Context, most: u32, span: Span, why: &str) {
    if most == 0 {
        cx.report(Diagnostic::new(Code::ImpossibleBounds, span, why, "at most 0"));
    }
}

fn named(cx: &Context, name: &Name, span: Span, place: Place, member: bool) -> Ty {
    if name.text == "money" {
        return Ty::Money(cx.program.currency.clone());
    }
    if let Some((_, ty)) = PLAIN.iter().find(|(word, _)| *word == name.text) {
        return ty.clone();
    }
    let entry = |kind| cx.names.get(kind, &name.text);
    match entry(Kind::Facet) {
        Some(Entry::Known(id, _)) => {
            cx.mention(name.span, Target::Declared(Kind::Facet, id));
            return Ty::Facet(id);
        }
        Some(Entry::Poisoned) => return Ty::Poison,
        None => {}
    }
    match entry(Kind::Record) {
        Some(Entry::Known(id, _)) if member => {
            cx.mention(name.span, Target::Declared(Kind::Record, id));
            return Ty::Record(id);
        }
        Some(Entry::Known(..)) => {
            let mut d = Diagnostic::new(
                Code::NestedData,
                span,
                format!("the record `{}` stands outside of a list", name.text),
                "a record is the shape of the members of a list",
            );
            d = if place == Place::RecordField {
                d.note("a record holds plain values, no other records")
            } else {
                d.help("a single value inside another is a field of its own: `city: text from \"address.city\"`")
            };
            cx.report(d);
            return Ty::Poison;
        }
        Some(Entry::Poisoned) => return Ty::Poison,
        None => {}
    }
    match entry(Kind::Event) {
        Some(Entry::Known(id, _)) if place == Place::Param => {
            cx.mention(name.span, Target::Declared(Kind::Event, id));
            return Ty::Event(id);
        }
        Some(Entry::Known(..)) => {
            cx.report(
                Diagnostic::new(
                    Code::EventAsType,
                    span,
                    format!("the event `{}` cannot be the type of a field", name.text),
                    "an event, where a type is due",
                )
                .help("declare a `record` with the fields that are needed, and a `list of` it"),
            );
            return Ty::Poison;
        }
        Some(Entry::Poisoned) if place == Place::Param => return Ty::Poison,
        _ => {}
    }
    unknown(cx, name, place);
    Ty::Poison
}

fn unknown(cx: &Context, name: &Name, place: Place) {
    if cx.names.is_unclear(Kind::Facet)
        || cx.names.is_unclear(Kind::Record)
        || (place == Place::Param && cx.names.is_unclear(Kind::Event))
    {
        return;
    }
    let lower = name.text.to_lowercase();
    let habit = HABITS.iter().find(|(word, _)| *word == lower).map(|(_, meant)| *meant);
    let same = PLAIN.iter().map(|(word, _)| *word).find(|word| *word == lower);
    if let Some(meant) = habit.or(same) {
        cx.report(
            Diagnostic::new(
                Code::UnknownName,
                name.span,
                format!("there is no type `{}`", name.text),
                format!("it is called `{meant}` here"),
            )
            .fix(format!("change it to `{meant}`"), name.span, meant),
        );
        return;
    }
    let mut names: Vec<&str> = PLAIN.iter().map(|(word, _)| *word).chain(["money"]).collect();
    names.extend(cx.names.of_kind(Kind::Facet));
    names.extend(cx.names.of_kind(Kind::Record));
    if place == Place::Param {
        names.extend(cx.names.of_kind(Kind::Event));
    }
    cx.unknown("type", name, names, |d| {
        d.help(
            "types are `text`, `int`, `number`, `money`, `bool`, `date`, `moment` …, taxonomies, and lists of records",
        )
    });
}

/// How two constants of one type compare; none when they have no order.
pub fn compare(a: &Const, b: &Const) -> Option<std::cmp::Ordering> {
    match (a, b) {
        (Const::Int(a), Const::Int(b))
        | (Const::Money(a), Const::Money(b))
        | (Const::Date(a), Const::Date(b))
        | (Const::Time(a), Const::Time(b))
        | (Const::Moment(a), Const::Moment(b)) => Some(a.cmp(b)),
        (Const::Number(a), Const::Number(b)) => a.partial_cmp(b),
        (Const::Int(a), Const::Number(b)) => (*a as f64).partial_cmp(b),
        (Const::Number(a), Const::Int(b)) => a.partial_cmp(&(*b as f64)),
        _ => None,
    }
}

/// The fields of an event, record, answer or of the profile; `taken` has those that are there already, by name. Reports what
/// stands twice.
pub fn fields(
    cx: &mut Context,
    asts: &[ast::Field],
    place: Place,
    owner: &str,
    taken: &mut BTreeMap<String, Span>,
) -> Vec<Field> {
    let mut fields = Vec::new();
    for ast in asts {
        if let Some(earlier) = taken.get(&ast.name.text) {
            cx.report(
                Diagnostic::new(
                    Code::DuplicateName,
                    ast.name.span,
                    format!("{owner} has the field `{}` already", ast.name.text),
                    "here again",
                )
                .label(*earlier, "here first"),
            );
            continue;
        }
        taken.insert(ast.name.text.clone(), ast.name.span);
        fields.push(field(cx, ast, place));
    }
    fields
}

fn field(cx: &mut Context, ast: &ast::Field, place: Place) -> Field {
    if ast.name.text == "happened_at" && place != Place::RecordField {
        cx.report(
            Diagnostic::new(
                Code::ReservedName,
                ast.name.span,
                "`happened_at` cannot be the name of a field",
                "every event has it already",
            )
            .note("it is the moment at which the event happened"),
        );
    }
    let (mut ty, bounds) = resolve(cx, &ast.ty, place);
    if let Some(from) = &ast.from
        && from.text.trim().is_empty()
    {
        cx.report(Diagnostic::new(
            Code::BadSource,
            from.span,
            format!("`from` does not say where `{}` stands in the data", ast.name.text),
            "empty",
        ));
    }
    if let Some(currency) = &ast.currency_from
        && !matches!(ty.ty, Ty::Money(_) | Ty::Poison)
    {
        cx.report(
            Diagnostic::new(
                Code::BadSource,
                currency.span,
                format!("`{}` has no currency", ast.name.text),
                "only money does",
            )
            .note(format!("its type is `{}`", cx.type_text(&ty))),
        );
    }
    let default = ast.default.as_ref().and_then(|value| default(cx, ast, value, &mut ty, &bounds, place));
    Field {
        name: ast.name.text.clone(),
        span: ast.name.span,
        doc: ast.doc.clone(),
        ty,
        bounds,
        personal: ast.personal,
        path: ast.from.as_ref().map_or_else(|| ast.name.text.clone(), |from| from.text.clone()),
        currency_path: ast.currency_from.as_ref().map(|from| from.text.clone()),
        default,
    }
}

fn default(
    cx: &Context,
    ast: &ast::Field,
    value: &ast::Expr,
    ty: &mut Type,
    bounds: &Bounds,
    place: Place,
) -> Option<Const> {
    if place == Place::RecordField {
        cx.report(
            Diagnostic::new(
                Code::BadDefault,
                value.span,
                format!("`{}` cannot have a stand-in", ast.name.text),
                "a field of a record",
            )
            .help("let it be missing (`?`), and give the stand-in where it is used: `x otherwise 0`"),
        );
        return None;
    }
    if ty.optional {
        let mark = ast.ty.span.after();
        let mark = Span { start: mark.start.saturating_sub(1), ..mark };
        cx.report(
            Diagnostic::new(
                Code::BadDefault,
                value.span,
                format!("`{}` has a stand-in, so it is never missing", ast.name.text),
                "taken when nothing comes",
            )
            .label(mark, "but this says that it may be missing")
            .fix("remove the `?`", mark, ""),
        );
        ty.optional = false;
    }
    let found = expr::constant(cx, value, Some(ty));
    if found == Const::Missing {
        return None;
    }
    if let Some(why) = outside(&found, bounds) {
        cx.report(
            Diagnostic::new(
                Code::BadDefault,
                value.span,
                format!("the stand-in of `{}` is not a value it may have", ast.name.text),
                why,
            )
            .label(ast.ty.span, "what it may be"),
        );
        return None;
    }
    Some(found)
}

/// Why a value is outside of bounds, if it is.
pub fn outside(value: &Const, bounds: &Bounds) -> Option<String> {
    use std::cmp::Ordering::{Greater, Less};
    if let Some((least, most)) = &bounds.between {
        if compare(value, least) == Some(Less) {
            return Some("less than the least".to_string());
        }
        if compare(value, most) == Some(Greater) {
            return Some("more than the most".to_string());
        }
    }
    let most = usize::try_from(bounds.at_most?).ok()?;
    match value {
        Const::Text(text) if text.chars().count() > most => Some(format!("longer than {most}")),
        Const::List(items) if items.len() > most => Some(format!("more than {most}")),
        _ => None,
    }
}

/// The parameters of a message, webhook or journey.
pub fn params(cx: &mut Context, asts: &[ast::Param]) -> Vec<Param> {
    let mut taken: BTreeMap<&str, Span> = BTreeMap::new();
    let mut params = Vec::new();
    for ast in asts {
        let name = &ast.name;
        if let Some(earlier) = taken.insert(&name.text, name.span) {
            cx.report(
                Diagnostic::new(
                    Code::DuplicateName,
                    name.span,
                    format!("two inputs are called `{}`", name.text),
                    "here again",
                )
                .label(earlier, "here first"),
            );
            continue;
        }
        if matches!(name.text.as_str(), "profile" | "claim" | "now" | "today" | "true" | "false") {
            cx.report(Diagnostic::new(
                Code::ReservedName,
                name.span,
                format!("`{}` cannot be the name of an input", name.text),
                "a word of the language",
            ));
        }
        let (ty, _) = resolve(cx, &ast.ty, Place::Param);
        params.push(Param { name: name.text.clone(), span: name.span, ty });
    }
    params
}
