//! What is wrong with a single sign, and how to say so: habits of other languages, signs of other keyboards, and characters that hide.

use super::sink::Sink;
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Fix};
use crate::span::{FileId, Span};
use crate::tokens::Token;

pub(crate) fn hash_comment(span: Span) -> Diagnostic {
    let mark = Span { end: span.start + 1, ..span };
    Diagnostic::new(Code::HashComment, mark, "comments begin with `//`", "this begins a comment in other languages")
        .fix("write `//`", mark, "//")
}

pub(crate) fn semicolon(span: Span, last: bool) -> Diagnostic {
    let d = Diagnostic::new(Code::Semicolon, span, "lines end without a `;`", "not needed");
    if last { d.fix("remove it", span, "") } else { d.suggest("begin a new line", span, "\n") }
}

pub(crate) fn unclosed_text(span: Span, text: &str) -> Diagnostic {
    // Trailing blanks are hardly meant.
    let written = text.get(span.range()).unwrap_or("").trim_end();
    let end = Span { start: span.start + written.len() as u32, end: span.start + written.len() as u32, ..span };
    let marked = Span { end: end.end, ..span };
    Diagnostic::new(
        Code::UnclosedText,
        marked,
        "this text is missing its closing `\"`",
        "begins here and runs to the end of the line",
    )
    .note("a text stands on one line; `\\n` is a line break inside it")
    .suggest("close it at the end of the line", end, "\"")
}

pub(crate) fn stray_brace(span: Span) -> Diagnostic {
    Diagnostic::new(Code::StrayBrace, span, "this `}` closes nothing", "no `{` belongs to it").suggest(
        "remove it",
        span,
        "",
    )
}

pub(crate) fn missing_open(span: Span) -> Diagnostic {
    Diagnostic::new(Code::MissingBrace, span, "a `{` is missing at the end of this line", "expected `{` here")
        .note("the lines below are further in, and a `}` closes them")
        .fix("add `{`", span, " {")
}

pub(crate) fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::TooDeep,
        span,
        "brackets and blocks stand too deep inside one another",
        format!("deeper than {} levels", super::layout::MAX_DEPTH),
    )
    .help("give a part of it a name of its own: a segment, or a journey that is handed over to")
}

/// What a full-width mark stands for; reported with a fix.
pub(crate) fn full_width(span: Span, text: &str, sink: &mut Sink) -> Option<&'static str> {
    let written = text.get(span.range())?;
    if written.len() < 3 || written.len() > 4 {
        return None;
    }
    let plain = match written {
        "｛" => "{",
        "｝" => "}",
        "（" => "(",
        "）" => ")",
        "［" => "[",
        "］" => "]",
        "，" | "、" => ",",
        "：" => ":",
        "？" => "?",
        "＠" => "@",
        "＝" => "=",
        _ => return None,
    };
    sink.push(
        Diagnostic::new(
            Code::FullWidthMark,
            span,
            format!("`{written}` is a full-width mark"),
            format!("`{plain}` is meant"),
        )
        .fix(format!("write `{plain}`"), span, plain),
    );
    Some(plain)
}

/// Characters that mean nothing outside texts and comments.
pub(crate) fn wrong_characters(file: FileId, text: &str, token: Token, sink: &mut Sink) {
    let written = token.text(text);
    let span = Span::new(file, token.start as usize, token.end as usize);
    let Some(first) = written.chars().next() else { return };
    if is_hidden(first) || is_control(first) {
        hidden_characters(file, text, token, sink);
        return;
    }
    if first == '\'' || "‘’‚“”„«»".contains(first) {
        sink.push(
            Diagnostic::new(
                Code::OtherQuotes,
                span,
                format!("`{first}` opens no text that is closed on this line"),
                "not closed",
            )
            .help("texts stand in straight double quotes: `\"…\"`"),
        );
        return;
    }
    let shown: String = written.chars().take(12).collect();
    let (message, label) = if written.chars().nth(1).is_none() {
        (format!("`{shown}` means nothing here"), "not a character of the language".to_string())
    } else {
        (format!("`{shown}` mean nothing here"), "not characters of the language".to_string())
    };
    let mut d = Diagnostic::new(Code::UnknownCharacter, span, message, label).suggest("remove it", span, "");
    let plain = match written {
        "–" | "—" | "−" | "－" => Some("-"),
        "×" | "·" | "＊" => Some("*"),
        "÷" | "／" => Some("/"),
        "＋" => Some("+"),
        "＜" => Some("<"),
        "＞" => Some(">"),
        "。" | "．" => Some("."),
        "…" => Some("..."),
        "→" => Some("to"),
        _ => None,
    };
    if let Some(plain) = plain.filter(|p| *p != "...") {
        d.fixes.clear();
        d = d.fix(format!("write `{plain}`"), span, plain);
    }
    sink.push(d);
}

fn is_hidden(c: char) -> bool {
    matches!(c, '\u{200B}' | '\u{2060}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

fn is_control(c: char) -> bool {
    c.is_control() && !matches!(c, '\t' | '\n' | '\r')
}

/// Control characters, and those that change the direction of what stands after them: a line may then read otherwise than it runs.
/// The marks that Arabic, Hebrew, Thai and Indic texts need (joiners, left-to-right and right-to-left marks) are allowed.
pub(crate) fn hidden_characters(file: FileId, text: &str, token: Token, sink: &mut Sink) {
    let written = token.text(text);
    // Most tokens are plain ASCII; the check must cost nothing for them.
    if written.bytes().all(|b| (b' '..0x7f).contains(&b) || b == b'\t') {
        return;
    }
    let mut chars = written.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if !(is_hidden(c) || is_control(c)) {
            continue;
        }
        let start = token.start as usize + at;
        let mut end = start + c.len_utf8();
        while let Some((_, next)) = chars.next_if(|(_, n)| *n == c) {
            end += next.len_utf8();
        }
        let span = Span::new(file, start, end);
        let mut d = Diagnostic::new(
            Code::HiddenCharacter,
            span,
            format!("an invisible character (U+{:04X}) stands here", c as u32),
            "cannot be seen",
        )
        .note("with such characters a line can read otherwise than it runs");
        d.fixes.push(Fix { title: "remove it".into(), edits: vec![(span, String::new())], safe: true });
        sink.push(d);
    }
}
