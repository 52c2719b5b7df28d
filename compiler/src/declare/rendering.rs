//! Renderings: what a message says on a channel and in a language.

use super::template::{self, Sight, Template};
use super::{claims, is_broken};
use crate::expr::Env;
use crate::hir::{Const, Expr, Param, Rendering};
use crate::scope::{Context, Kind};
use journey_grammar::ast::{self, PartValue};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::{Diagnostic, nearest};
use journey_grammar::span::Span;
use std::collections::BTreeMap;

/// A claim with its value.
pub struct Claimed<'a> {
    /// Its name.
    pub name: String,
    /// Where that stands.
    pub span: Span,
    /// Its value; [`Const::Missing`] where it is none (reported).
    pub value: Const,
    /// The same with its type.
    pub expr: Expr,
    /// As written.
    pub written: &'a ast::Expr,
}

/// What the channels of the standard library can show: what must be there (one word of each list), and what else may be.
type Shape = (&'static str, &'static [&'static [&'static str]], &'static [&'static str]);
const SHAPES: &[Shape] = &[
    ("email", &[&["subject"], &["body"]], &["preheader", "from_name", "reply_to", "text"]),
    ("sms", &[&["body", "text"]], &["sender"]),
    ("push", &[&["title"], &["body"]], &["image", "link", "sound"]),
];

/// The renderings of a message. Reports unknown channels, what stands twice, what is missing, and claims that are not stated.
pub fn renderings(cx: &mut Context, id: usize, params: &[Param], stated: &[Claimed]) -> Vec<Rendering> {
    let declared = cx.decls.messages[id];
    let decl = declared.decl;
    let broken = is_broken(cx, Kind::Message, id);
    let sight = Sight { env: Env::message(params), claims: stated, broken };
    let mut found: Vec<Rendering> = Vec::new();
    let mut seen: BTreeMap<(&str, &str), Span> = BTreeMap::new();
    for ast in &decl.renderings {
        let locale = ast.locale.as_ref().map_or("", |l| l.text.as_str());
        if let Some(text) = &ast.locale
            && !is_locale(&text.text)
        {
            cx.report(
                Diagnostic::new(
                    Code::UnknownLocale,
                    text.span,
                    format!("`{}` is not the name of a language", text.text),
                    "neither `th` nor `th-TH`",
                )
                .note("a language is two or three small letters, after which may stand a country: `pt`, `pt-BR`"),
            );
        }
        let place = ast.channel.span;
        if let Some(earlier) = seen.insert((&ast.channel.text, locale), place) {
            let language = if locale.is_empty() { String::new() } else { format!(" in `{locale}`") };
            cx.report(
                Diagnostic::new(
                    Code::DuplicateRendering,
                    place,
                    format!("`{}` says twice what it is by `{}`{language}", decl.name.text, ast.channel.text),
                    "here again",
                )
                .label(earlier, "here first"),
            );
        }
        let channel = cx.lookup_channel(&ast.channel);
        let parts = parts(cx, &sight, ast);
        if !broken {
            complete(cx, ast);
            claims::stated(cx, &decl.name.text, ast, &parts, stated);
        }
        if let Some(channel) = channel
            && !found.iter().any(|r| r.channel == channel && r.locale == locale)
        {
            found.push(Rendering { channel, locale: locale.to_string(), parts, span: ast.span });
        }
    }
    if broken {
        return found;
    }
    if decl.renderings.is_empty() {
        cx.report(
            Diagnostic::new(
                Code::IncompleteContent,
                decl.name.span,
                format!("the message `{}` says nothing", decl.name.text),
                "no rendering",
            )
            .help("say what it is by each channel, as in `email { subject \"…\"  body \"…\" }`"),
        );
    }
    for ast in &decl.renderings {
        let Some(locale) = &ast.locale else { continue };
        let channel = ast.channel.text.as_str();
        if seen.contains_key(&(channel, "")) {
            continue;
        }
        // Once for each channel.
        seen.insert((channel, ""), ast.span);
        cx.report(
            Diagnostic::new(
                Code::NoDefaultRendering,
                ast.channel.span.to(locale.span),
                format!("`{}` has no rendering by `{channel}` for other languages", decl.name.text),
                format!("only for `{}`", locale.text),
            )
            .note("people of all other languages, and those whose language is unknown, would get nothing")
            .help(format!("write `{channel} {{ … }}` without a language")),
        );
    }
    found
}

fn parts(cx: &mut Context, sight: &Sight, ast: &ast::Rendering) -> Vec<(String, Template)> {
    let mut parts = Vec::new();
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    for (name, value) in &ast.parts {
        if let Some(earlier) = seen.insert(&name.text, name.span) {
            cx.report(
                Diagnostic::new(
                    Code::DuplicateRendering,
                    name.span,
                    format!("there are two `{}`", name.text),
                    "here again",
                )
                .label(earlier, "here first"),
            );
            continue;
        }
        let template = match value {
            PartValue::Text(text) => template::inline(cx, sight, text.span),
            PartValue::File(path) => match super::read(cx, path) {
                Some((file, text)) => template::of_file(cx, sight, file, &text),
                None => Template::default(),
            },
        };
        parts.push((name.text.clone(), template));
    }
    parts
}

/// What a rendering on a channel of the standard library must have. Other channels are free.
fn complete(cx: &Context, ast: &ast::Rendering) {
    let channel = ast.channel.text.as_str();
    let Some((_, needed, others)) = SHAPES.iter().find(|(name, ..)| *name == channel) else { return };
    let known: Vec<&str> = needed.iter().flat_map(|n| n.iter()).chain(others.iter()).copied().collect();
    let mut misspelt = false;
    for (name, _) in &ast.parts {
        if known.contains(&name.text.as_str()) {
            continue;
        }
        if let Some(near) = nearest(&name.text, known.iter().copied()) {
            misspelt = true;
            cx.report(
                Diagnostic::new(
                    Code::UnknownPart,
                    name.span,
                    format!("`{channel}` has no `{}`", name.text),
                    format!("did you mean `{near}`?"),
                )
                .fix(format!("change it to `{near}`"), name.span, near),
            );
        }
    }
    if misspelt {
        return;
    }
    for one_of in *needed {
        if ast.parts.iter().any(|(name, _)| one_of.contains(&name.text.as_str())) {
            continue;
        }
        let word = one_of[0];
        cx.report(
            Diagnostic::new(
                Code::IncompleteContent,
                ast.channel.span,
                format!("a message by `{channel}` needs a `{word}`"),
                format!("no `{word}` in it"),
            )
            .help(format!("write `{word} \"…\"`")),
        );
    }
}

/// `th`, `th-TH`, `zh-Hant-TW`
fn is_locale(text: &str) -> bool {
    let mut parts = text.split('-');
    let language =
        parts.next().is_some_and(|l| (2..=3).contains(&l.len()) && l.bytes().all(|b| b.is_ascii_lowercase()));
    language && parts.all(|p| (2..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::is_locale;

    #[test]
    fn languages_are_told_by_their_form() {
        for good in ["th", "th-TH", "zh-Hant-TW", "fil"] {
            assert!(is_locale(good), "{good}");
        }
        for bad in ["", "T", "Thai", "th_TH", "TH"] {
            assert!(!is_locale(bad), "{bad}");
        }
    }
}
