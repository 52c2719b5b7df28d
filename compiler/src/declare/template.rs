//! Templates: text with `{{ … }}` in it.

use super::rendering::Claimed;
use crate::expr::{self, Env};
pub use crate::hir::Template;
use crate::hir::{Expr, ExprKind, Piece, Ty};
use crate::mentions::{Local, Target};
use crate::scope::Context;
use journey_grammar::ast;
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::{Diagnostic, Severity};
use journey_grammar::span::{FileId, Span};
use std::ops::Range;

/// What the placeholders of a template may name, and what its claims are.
pub struct Sight<'c, 'a> {
    /// The inputs of the message, and the profile.
    pub env: Env,
    /// `{{ claim.discount }}`
    pub claims: &'c [Claimed<'a>],
    /// The message's claims could not all be read.
    pub broken: bool,
}

/// The template of a text in a journey file; `span` is that of the text with its quotes.
pub fn inline(cx: &Context, sight: &Sight, span: Span) -> Template {
    let written = cx.text(span);
    let mut place = span.range();
    place.start += usize::from(written.starts_with('"'));
    place.end -= usize::from(written.len() > 1 && written.ends_with('"'));
    let whole = cx.sources.get(usize::from(span.file.0)).map_or("", |s| s.text.as_str());
    parse(cx, sight, span.file, whole, place, true)
}

/// The template of a file.
pub fn of_file(cx: &Context, sight: &Sight, file: FileId, text: &str) -> Template {
    parse(cx, sight, file, text, 0..text.len(), false)
}

/// The template at `place` in the text of a file. `escapes`: it is a text of the language.
fn parse(cx: &Context, sight: &Sight, file: FileId, whole: &str, place: Range<usize>, escapes: bool) -> Template {
    let mut pieces = Vec::new();
    let start = place.start;
    let text = whole.get(place).unwrap_or("");
    let mut at = 0;
    while let Some(open) = text[at..].find("{{").map(|o| at + o) {
        literal(&mut pieces, &text[at..open], escapes);
        let inside = open + 2;
        let close = text[inside..].find("}}").map(|c| inside + c);
        // A placeholder ends before the next one begins.
        let close = close.filter(|c| !text[inside..*c].contains("{{"));
        let Some(close) = close else {
            let span = Span::new(file, start + open, start + inside);
            cx.report(
                Diagnostic::new(
                    Code::BrokenPlaceholder,
                    span,
                    "a placeholder is not closed",
                    "opened here, with no `}}` after it",
                )
                .help("write `{{ profile.first_name otherwise 'friend' }}`"),
            );
            at = inside;
            continue;
        };
        let span = Span::new(file, start + open, start + close + 2);
        if let Some(value) = placeholder(cx, sight, span, whole, start + inside..start + close) {
            pieces.push(Piece::Value(value));
        }
        at = close + 2;
    }
    literal(&mut pieces, &text[at..], escapes);
    Template { pieces }
}

fn literal(pieces: &mut Vec<Piece>, text: &str, escapes: bool) {
    if text.is_empty() {
        return;
    }
    let text = if escapes { unescaped(text) } else { text.to_string() };
    match pieces.last_mut() {
        Some(Piece::Text(before)) => before.push_str(&text),
        _ => pieces.push(Piece::Text(text)),
    }
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some(other) => out.push(other),
                None => out.push('\\'),
            },
            c => out.push(c),
        }
    }
    out
}

/// The value of the placeholder `whole`, whose inside stands at `place` in `file`.
fn placeholder(cx: &Context, sight: &Sight, whole: Span, file: &str, place: Range<usize>) -> Option<Expr> {
    if file.get(place.clone()).is_none_or(|inside| inside.trim().is_empty()) {
        cx.report(
            Diagnostic::new(Code::BrokenPlaceholder, whole, "a placeholder says nothing", "empty")
                .help("name what is to stand here, as in `{{ cart.value }}`, or remove it"),
        );
        return None;
    }
    let ast = match journey_grammar::parse::parse_placeholder(whole.file, file, place) {
        Ok((ast, found)) => {
            let unreadable = found.iter().any(|d| d.severity == Severity::Error);
            found.into_iter().for_each(|d| cx.report(d));
            if unreadable {
                return None;
            }
            ast
        }
        Err(at) => {
            let width = file.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
            cx.report(
                Diagnostic::new(
                    Code::BrokenPlaceholder,
                    Span::new(whole.file, at, at + width),
                    format!("the placeholder `{}` cannot be read", cx.text(whole)),
                    "not expected here",
                )
                .help("write what is to stand here, as in `{{ profile.first_name otherwise 'friend' }}`"),
            );
            return None;
        }
    };
    if let Some(value) = claim(cx, sight, &ast) {
        return value;
    }
    let value = expr::check_expr(cx, &sight.env, &ast, None);
    let poisoned = expr::walk::is_poisoned(&value) || value.ty.ty == Ty::Poison;
    if poisoned {
        return Some(value);
    }
    if matches!(value.ty.ty, Ty::List(_) | Ty::Record(_) | Ty::Event(_)) {
        cx.report(
            Diagnostic::new(
                Code::UnprintablePlaceholder,
                ast.span,
                format!("`{}` cannot stand in a text", cx.text(ast.span)),
                format!("its type is `{}`", cx.type_text(&value.ty)),
            )
            .help("name a field of it, or what is counted: `count(cart.items)`"),
        );
        return None;
    }
    if value.ty.optional {
        let mut d = Diagnostic::new(
            Code::MissingStandIn,
            ast.span,
            format!("`{}` may be missing, and then nothing stands here", cx.text(ast.span)),
            "may be missing",
        );
        d = match stand_in(&value.ty.ty) {
            Some(stand_in) => {
                d.suggest("say what stands here instead", ast.span.after(), format!(" otherwise {stand_in}"))
            }
            None => d.help("say what stands here instead, with `otherwise`"),
        };
        cx.report(d);
    }
    Some(value)
}

/// `{{ claim.discount }}`: its value. `None` when it is no claim.
fn claim(cx: &Context, sight: &Sight, ast: &ast::Expr) -> Option<Option<Expr>> {
    let ast::ExprKind::Path(path) = &ast.kind else { return None };
    let [first, name] = &path.parts[..] else { return None };
    if first.text != "claim" {
        return None;
    }
    match sight.claims.iter().find(|c| c.name == name.text) {
        Some(claim) => {
            cx.mention(name.span, Target::Local(Local::Claim, claim.span));
            let known = matches!(claim.expr.kind, ExprKind::Const(_));
            Some(known.then(|| Expr { span: ast.span, ..claim.expr.clone() }))
        }
        None => {
            if !sight.broken {
                cx.unknown("claim", name, sight.claims.iter().map(|c| c.name.as_str()), |d| {
                    d.help(format!("a claim is written in the message, as in `claim {} = 20 percent`", name.text))
                });
            }
            Some(None)
        }
    }
}

fn stand_in(ty: &Ty) -> Option<String> {
    Some(match ty {
        Ty::Text => "''".to_string(),
        Ty::Int | Ty::Number => "0".to_string(),
        Ty::Percent | Ty::Probability => "0 percent".to_string(),
        Ty::Money(currency) => format!("0 {currency}"),
        _ => return None,
    })
}
