//! `[severity]` in `journey.toml`: how much a finding matters in this project, and why.

use crate::scope::{Context, listed};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::{Diagnostic, Severity, nearest};
use journey_grammar::span::{FileId, Span};
use toml::de::{DeTable, DeValue};

/// The section.
pub const SECTION: &str = "severity";

const LEVELS: [&str; 4] = ["off", "hint", "warning", "error"];

/// What a project says of a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjusted {
    /// Which.
    pub code: Code,
    /// How much it matters; none: it is not shown.
    pub level: Option<Severity>,
    /// Why.
    pub reason: String,
}

/// A finding that the project has turned off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnedOff {
    /// The finding.
    pub finding: Diagnostic,
    /// Why, as the project says.
    pub reason: String,
}

/// Reads the section; reports what is wrong in it.
pub fn read(cx: &Context, text: &str) -> Vec<Adjusted> {
    let Ok(table) = DeTable::parse(text) else { return Vec::new() };
    let Some((_, section)) = table.get_ref().iter().find(|(k, _)| k.get_ref() == SECTION) else { return Vec::new() };
    let Some(section) = section.get_ref().as_table() else {
        let span = place(section.span());
        let message = format!("`{SECTION}` is a section, not a setting");
        let label = format!("a section begins with a line `[{SECTION}]`");
        cx.report(Diagnostic::new(Code::UnreadableSettings, span, message, label));
        return Vec::new();
    };
    section.iter().filter_map(|(key, value)| adjusted(cx, key.get_ref(), place(key.span()), value)).collect()
}

fn adjusted(cx: &Context, name: &str, span: Span, value: &toml::Spanned<DeValue>) -> Option<Adjusted> {
    let codes = || Code::ALL.iter().map(|c| c.as_str());
    let Some(code) = Code::ALL.iter().find(|c| c.as_str() == name).copied() else {
        let near = nearest(name, codes());
        let label = near.map_or("not known".to_string(), |near| format!("did you mean `{near}`?"));
        let d = Diagnostic::new(Code::UnknownSetting, span, format!("there is no code `{name}`"), label);
        cx.report(match near {
            Some(near) => d.suggest(format!("change it to `{near}`"), span, near),
            None => d.help("a code is `J` and four digits, as findings show it"),
        });
        return None;
    };
    let whole = place(value.span());
    let text = |key: &str| -> Option<(String, Span)> {
        let (_, value) = value.get_ref().as_table()?.iter().find(|(k, _)| k.get_ref() == key)?;
        Some((value.get_ref().as_str()?.to_string(), place(value.span())))
    };
    let Some((level, at)) = text("level") else {
        let label = "it is `{ level = \"warning\", reason = \"…\" }`";
        let message = format!("how much `{name}` matters is not said");
        cx.report(Diagnostic::new(Code::UnreadableSettings, whole, message, label));
        return None;
    };
    let severity = match level.as_str() {
        "off" => None,
        "hint" => Some(Severity::Hint),
        "warning" => Some(Severity::Warning),
        "error" => Some(Severity::Error),
        other => {
            let near = nearest(other, LEVELS);
            let label = near.map_or("not known".to_string(), |near| format!("did you mean `{near}`?"));
            let d = Diagnostic::new(Code::UnknownSetting, at, format!("there is no level `{other}`"), label);
            cx.report(d.help(format!("it is {}", listed(LEVELS.iter().copied(), "or"))));
            return None;
        }
    };
    if !code.is_adjustable() && severity != Some(Severity::Error) {
        cx.report(
            Diagnostic::new(
                Code::SeverityFixed,
                span,
                format!("`{name}` has to stay an error: {}", code.summary()),
                "cannot be turned down",
            )
            .note("a program with it means nothing that could be run"),
        );
        return None;
    }
    match text("reason").filter(|(reason, _)| !reason.trim().is_empty()) {
        Some((reason, _)) => Some(Adjusted { code, level: severity, reason }),
        None => {
            cx.report(
                Diagnostic::new(
                    Code::SeverityReason,
                    whole,
                    format!("why `{name}` matters less or more here is not said"),
                    "no reason",
                )
                .help(format!("say it: `{{ level = \"{level}\", reason = \"…\" }}`")),
            );
            None
        }
    }
}

fn place(range: std::ops::Range<usize>) -> Span {
    Span::new(FileId(0), range.start, range.end)
}

/// Findings as much as the project says they matter, and those that it turned off.
pub fn apply(found: Vec<Diagnostic>, adjusted: &[Adjusted]) -> (Vec<Diagnostic>, Vec<TurnedOff>) {
    let (mut kept, mut off) = (Vec::new(), Vec::new());
    for mut finding in found {
        match adjusted.iter().find(|a| a.code == finding.code) {
            None => kept.push(finding),
            Some(Adjusted { level: Some(level), .. }) => {
                finding.severity = *level;
                kept.push(finding);
            }
            Some(Adjusted { level: None, reason, .. }) => off.push(TurnedOff { finding, reason: reason.clone() }),
        }
    }
    (kept, off)
}
