//! `journey.toml`.

use crate::iso;
use crate::project::Settings;
use crate::scope::{Context, Kind, listed};
use journey_grammar::ast::Name;
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::{Diagnostic, nearest};
use journey_grammar::span::{FileId, Span};
use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

const FILE: FileId = FileId(0);

/// A key, and what it is for when it is required.
type Key = (&'static str, Option<&'static str>);

/// Sections and their keys.
const KNOWN: &[(&str, &[Key])] = &[
    (
        "project",
        &[
            ("name", Some("what reports call the project")),
            ("time_zone", Some("the zone of customers whose own is unknown, as in `time_zone = \"Europe/Berlin\"`")),
            ("currency", Some("the currency of `money`, as in `currency = \"EUR\"`")),
        ],
    ),
    ("run", &[("events", None), ("until", None), ("assume_consent", None), ("assume_reachable", None)]),
];

/// Reads the settings: reports what is wrong in them, at its place in `journey.toml`.
pub fn check(cx: &Context, text: &str) -> Option<Settings> {
    let table = match DeTable::parse(text) {
        Ok(table) => table,
        Err(error) => {
            let span = error.span().map_or(place(0..0), place);
            cx.report(Diagnostic::new(
                Code::UnreadableSettings,
                span,
                "`journey.toml` cannot be read",
                error.message().trim_end_matches('.').to_string(),
            ));
            return None;
        }
    };
    let before = cx.diagnostics.borrow().len();
    let whole = place(table.span());
    known_keys(cx, table.get_ref(), whole);
    kinds(cx, table.get_ref());
    values(cx, table.get_ref());
    if cx.diagnostics.borrow().len() > before {
        return None;
    }
    match Settings::deserialize(toml::de::Deserializer::from(table)) {
        Ok(settings) => Some(settings),
        Err(error) => {
            let span = error.span().map_or(place(0..0), place);
            cx.report(Diagnostic::new(
                Code::UnreadableSettings,
                span,
                "a setting has a value of the wrong kind",
                error.message().trim_end_matches('.').to_string(),
            ));
            None
        }
    }
}

/// Looks up the purposes and channels that the settings name, once the project's names are known.
pub fn names(cx: &Context, text: &str) {
    let Ok(table) = DeTable::parse(text) else { return };
    let Some((_, run)) = table.get_ref().iter().find(|(k, _)| k.get_ref() == "run") else { return };
    for (key, kind) in [("assume_consent", Kind::Purpose), ("assume_reachable", Kind::Channel)] {
        let value = run.get_ref().get(key).and_then(|v| v.get_ref().as_array());
        for item in value.into_iter().flatten() {
            let Some(name) = item.get_ref().as_str() else { continue };
            // Without the quotes.
            let whole = place(item.span());
            let span = Span { start: whole.start + 1, end: whole.end.saturating_sub(1), ..whole };
            cx.lookup(kind, &Name { text: name.to_string(), span });
        }
    }
}

fn place(range: std::ops::Range<usize>) -> Span {
    Span::new(FILE, range.start, range.end)
}

fn known_keys(cx: &Context, table: &DeTable, whole: Span) {
    let sections: Vec<&str> = KNOWN.iter().map(|(name, _)| *name).chain([crate::severity::SECTION]).collect();
    unknown_keys(cx, table, &sections, "section");
    for (section, keys) in KNOWN {
        let found = table.iter().find(|(k, _)| k.get_ref() == section);
        let (inside, span) = match found {
            Some((key, value)) => match value.get_ref() {
                DeValue::Table(t) => (Some(t), place(key.span())),
                _ => (None, place(key.span())),
            },
            None => (None, whole.before()),
        };
        if found.is_none() && keys.iter().any(|(_, why)| why.is_some()) {
            // A misspelt section was reported as such.
            if !table.keys().any(|k| nearest(k.get_ref(), [*section]).is_some()) {
                cx.report(
                    Diagnostic::new(
                        Code::MissingSetting,
                        span,
                        format!("`journey.toml` has no section `[{section}]`"),
                        "it belongs here",
                    )
                    .suggest(
                        "begin with it",
                        span,
                        "[project]\nname      = \"my project\"\ntime_zone = \"Europe/Berlin\"\ncurrency  = \"EUR\"\n",
                    ),
                );
            }
            continue;
        }
        if let Some(inside) = inside {
            unknown_keys(cx, inside, &keys.iter().map(|(name, _)| *name).collect::<Vec<_>>(), "setting");
        }
        for (key, why) in *keys {
            let Some(why) = why else { continue };
            if inside.is_some_and(|t| t.keys().any(|k| k.get_ref() == key)) {
                continue;
            }
            // A misspelt key was reported as such.
            if inside.is_some_and(|t| t.keys().any(|k| nearest(k.get_ref(), [*key]).is_some())) {
                continue;
            }
            cx.report(
                Diagnostic::new(
                    Code::MissingSetting,
                    span,
                    format!("`{key}` is missing in `[{section}]` of `journey.toml`"),
                    "it belongs here",
                )
                .note(format!("it says {why}")),
            );
        }
    }
}

fn unknown_keys(cx: &Context, table: &DeTable, known: &[&str], what: &str) {
    for key in table.keys() {
        let name: &str = key.get_ref();
        if known.contains(&name) {
            continue;
        }
        let span = place(key.span());
        let near = nearest(name, known.iter().copied());
        let label = near.map_or("not known".to_string(), |near| format!("did you mean `{near}`?"));
        let mut d =
            Diagnostic::new(Code::UnknownSetting, span, format!("`journey.toml` has no {what} `{name}`"), label);
        d = match near {
            Some(near) => d.fix(format!("change it to `{near}`"), span, near),
            None => d.help(format!("known are {}", listed(known.iter().copied(), "and"))),
        };
        cx.report(d);
    }
}

/// Settings that are lists of texts; all others are texts.
const LISTS: [&str; 2] = ["assume_consent", "assume_reachable"];

fn kinds(cx: &Context, table: &DeTable) {
    for (section, keys) in KNOWN {
        let Some((_, value)) = table.iter().find(|(k, _)| k.get_ref() == section) else { continue };
        let Some(inside) = value.get_ref().as_table() else {
            cx.report(Diagnostic::new(
                Code::UnreadableSettings,
                place(value.span()),
                format!("`{section}` is a section, not a setting"),
                format!("a section begins with a line `[{section}]`"),
            ));
            continue;
        };
        for (key, value) in inside {
            let name: &str = key.get_ref();
            if !keys.iter().any(|(known, _)| *known == name) {
                continue;
            }
            let (fits, wanted) = if LISTS.contains(&name) {
                let items = value.get_ref().as_array();
                (items.is_some_and(|a| a.iter().all(|i| i.get_ref().is_str())), "a list of texts: `[\"a\", \"b\"]`")
            } else {
                (value.get_ref().is_str(), "a text in quotes")
            };
            if !fits {
                cx.report(Diagnostic::new(
                    Code::UnreadableSettings,
                    place(value.span()),
                    format!("the setting `{name}` has a value of the wrong kind"),
                    format!("it is {wanted}"),
                ));
            }
        }
    }
}

fn values(cx: &Context, table: &DeTable) {
    let Some(project) = table.iter().find(|(k, _)| k.get_ref() == "project").and_then(|(_, v)| v.get_ref().as_table())
    else {
        return;
    };
    let text = |name: &str| -> Option<(String, Span)> {
        let (_, value): (_, &Spanned<DeValue>) = project.iter().find(|(k, _)| k.get_ref() == name)?;
        Some((value.get_ref().as_str()?.to_string(), place(value.span())))
    };
    if let Some((zone, span)) = text("time_zone")
        && !iso::is_zone(&zone)
    {
        cx.report(iso::unknown_zone(&zone, span));
    }
    if let Some((currency, span)) = text("currency")
        && !iso::is_currency(&currency)
    {
        cx.report(iso::unknown_currency(&currency, span, true));
    }
}
