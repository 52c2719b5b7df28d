//! Claims: what a message promises must be said by every rendering of it.

use super::rendering::Claimed;
use super::template::Template;
use crate::hir::{Const, ExprKind, Piece};
use crate::scope::Context;
use journey_grammar::ast::{self, ExprKind as Written};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;

/// Reports the claims that a rendering does not state, neither by `{{ claim.x }}` nor in words.
pub fn stated(
    cx: &Context,
    message: &str,
    rendering: &ast::Rendering,
    parts: &[(String, Template)],
    claims: &[Claimed],
) {
    for claim in claims {
        if claim.value == Const::Missing {
            continue;
        }
        let by_place = parts.iter().flat_map(|(_, t)| &t.pieces).any(|p| match p {
            Piece::Value(e) => matches!(&e.kind, ExprKind::Const(v) if *v == claim.value) && e.ty == claim.expr.ty,
            Piece::Text(_) => false,
        });
        let forms = forms(claim.written);
        let in_words = parts.iter().flat_map(|(_, t)| &t.pieces).any(|p| match p {
            Piece::Text(text) => forms.iter().any(|form| says(text, form)),
            Piece::Value(_) => false,
        });
        if by_place || in_words || unread(parts) {
            continue;
        }
        let value = cx.text(claim.written.span);
        cx.report(
            Diagnostic::new(
                Code::UnstatedClaim,
                rendering.channel.span,
                format!("`{message}` by `{}` does not state its claim `{}`", rendering.channel.text, claim.name),
                format!("`{value}` does not stand in it"),
            )
            .label(claim.written.span, "claimed here")
            .help(format!("write `{{{{ claim.{} }}}}` where it belongs, or the value in words", claim.name)),
        );
    }
}

/// Whether a part has nothing in it, as when its file could not be read (reported).
fn unread(parts: &[(String, Template)]) -> bool {
    parts.iter().any(|(_, t)| t.pieces.is_empty())
}

/// The ways in which a value may stand in a text. None for values that are only known by their place.
fn forms(written: &ast::Expr) -> Vec<String> {
    match &written.kind {
        Written::Text(text) => vec![text.clone()],
        Written::Number(number) => amounts(number),
        Written::Date(date) => vec![date.clone()],
        Written::Time(time) => vec![time.clone()],
        Written::Paren(inner) => forms(inner),
        Written::Quantity(number, unit) => {
            let signs: &[&str] = match unit.text.as_str() {
                "percent" => &["percent", "per cent", "%"],
                "EUR" => &["EUR", "€", "euro", "euros"],
                "USD" => &["USD", "$", "dollars"],
                "GBP" => &["GBP", "£", "pounds"],
                "JPY" => &["JPY", "¥", "円"],
                "CNY" => &["CNY", "¥", "元"],
                "THB" => &["THB", "฿", "บาท"],
                other => &[other],
            };
            let mut forms = Vec::new();
            for number in amounts(number) {
                for sign in signs {
                    for gap in ["", " ", "\u{a0}", "\u{202f}"] {
                        forms.push(format!("{number}{gap}{sign}"));
                        forms.push(format!("{sign}{gap}{number}"));
                    }
                    // `7-day`, `20-percent`
                    forms.push(format!("{number}-{}", sign.trim_end_matches('s')));
                }
            }
            forms
        }
        _ => Vec::new(),
    }
}

/// A number as it stands, with a decimal comma, and with two decimals.
fn amounts(number: &str) -> Vec<String> {
    let plain = number.replace('_', "");
    let mut forms = vec![plain.clone()];
    if plain.contains('.') {
        forms.push(plain.replace('.', ","));
        let decimals = plain.rsplit('.').next().map_or(0, str::len);
        if decimals == 1 {
            forms.push(format!("{plain}0"));
            forms.push(format!("{}0", plain.replace('.', ",")));
        }
    } else {
        forms.push(format!("{plain}.00"));
        forms.push(format!("{plain},00"));
        if plain.len() > 3 {
            for mark in [",", ".", " ", "\u{a0}", "\u{202f}", "'"] {
                forms.push(grouped(&plain, mark));
            }
        }
    }
    forms
}

fn grouped(digits: &str, mark: &str) -> String {
    let mut out = String::new();
    for (at, c) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push_str(mark);
        }
        out.push(c);
    }
    out
}

/// Whether `form` stands in `text`, upper or lower case, and not as a part of a longer number (`20 %` in `120 %`).
fn says(text: &str, form: &str) -> bool {
    let (text, form) = (text.to_lowercase(), form.to_lowercase());
    if form.is_empty() {
        return false;
    }
    let mut from = 0;
    while let Some(at) = text[from..].find(&form).map(|a| from + a) {
        let before = text[..at].chars().next_back();
        let mut after = text[at + form.len()..].chars();
        let begins = form.starts_with(|c: char| c.is_ascii_digit());
        let ends = form.ends_with(|c: char| c.is_ascii_digit());
        let joined_before = begins
            && (before.is_some_and(|c| c.is_ascii_digit())
                || (before.is_some_and(|c| matches!(c, '.' | ','))
                    && text[..at].chars().rev().nth(1).is_some_and(|c| c.is_ascii_digit())));
        let next = after.next();
        let joined_after = ends
            && (next.is_some_and(|c| c.is_ascii_digit())
                || (next.is_some_and(|c| matches!(c, '.' | ',')) && after.next().is_some_and(|c| c.is_ascii_digit())));
        if !joined_before && !joined_after {
            return true;
        }
        from = at + form.chars().next().map_or(1, char::len_utf8);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_in_words_but_not_inside_a_longer_number() {
        assert!(says("Save 20 % today", "20 %"));
        assert!(says("SAVE 20 PERCENT", "20 percent"));
        assert!(!says("Save 120 % today", "20 %"));
        assert!(!says("from 1.20 %", "20 %"));
        assert!(says("from €5.", "€5"));
        assert!(!says("from €5.50", "€5"));
        assert!(!says("from €50", "€5"));
    }

    #[test]
    fn numbers_may_be_grouped() {
        assert_eq!(grouped("1234567", ","), "1,234,567");
        assert!(amounts("1000").contains(&"1.000".to_string()));
        assert!(amounts("4.5").contains(&"4,50".to_string()));
    }
}
