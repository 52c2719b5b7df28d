//! Words of the source, without comments and layout.

use super::{Change, Cite, Class, How};
use crate::project::Checked;
use journey_grammar::ast::Item;
use journey_grammar::span::Span;
use journey_grammar::tokens;

/// The text of a span.
fn text(checked: &Checked, span: Span) -> &str {
    checked.sources.get(usize::from(span.file.0)).and_then(|s| s.text.get(span.range())).unwrap_or("")
}

/// The words of a span: equal words mean the same.
pub(super) fn words(checked: &Checked, span: Span) -> String {
    words_of(text(checked, span))
}

/// The words of a text, a blank between, each a text of the language would take as one.
pub(super) fn words_of(text: &str) -> String {
    let words: Vec<&str> = tokens::tokenize(text)
        .into_iter()
        .filter(|t| !t.kind.is_trivia())
        .map(|t| &text[t.start as usize..t.end as usize])
        .collect();
    words.join(" ")
}

/// What stands at a span, on one line, as it was written.
pub(super) fn cite(checked: &Checked, span: Span) -> Cite {
    Cite { span, text: line_of(text(checked, span)) }
}

/// A text without comments, on one line.
pub(super) fn line_of(text: &str) -> String {
    let mut out = String::new();
    let mut end = 0;
    for token in tokens::tokenize(text).into_iter().filter(|t| !t.kind.is_trivia()) {
        let (start, stop) = (token.start as usize, token.end as usize);
        if !out.is_empty() && start > end {
            out.push(' ');
        }
        out.push_str(&text[start..stop]);
        end = stop;
    }
    out
}

/// The line a span begins on.
pub(super) fn cite_line(checked: &Checked, span: Span) -> Cite {
    let whole = checked.sources.get(usize::from(span.file.0)).map_or("", |s| s.text.as_str());
    let at = (span.start as usize).min(whole.len());
    let from = whole[..at].rfind('\n').map_or(0, |n| n + 1);
    let to = whole[at..].find('\n').map_or(whole.len(), |n| at + n);
    Cite { span, text: line_of(&whole[from..to]).trim_end_matches(" {").to_string() }
}

/// Annotations that came and went.
pub(super) fn annotations(old: &Checked, one: &Item, new: &Checked, other: &Item) -> Vec<Change> {
    let of = |checked: &Checked, item: &Item| -> Vec<(String, Span)> {
        item.annotations.iter().map(|a| (words(checked, a.span), a.span)).collect()
    };
    let (before, after) = (of(old, one), of(new, other));
    let mut changes = Vec::new();
    for (words, span) in before.iter().filter(|(w, _)| !after.iter().any(|(a, _)| a == w)) {
        let what = format!("annotation {}", words.split(' ').take(2).collect::<String>());
        changes.push(Change { class: Class::Content, how: How::Removed, what, old: Some(cite(old, *span)), new: None });
    }
    for (words, span) in after.iter().filter(|(w, _)| !before.iter().any(|(b, _)| b == w)) {
        let what = format!("annotation {}", words.split(' ').take(2).collect::<String>());
        let gone = changes.iter().position(|c| c.what == what && c.how == How::Removed);
        match gone {
            Some(at) => {
                changes[at].how = How::Changed;
                changes[at].new = Some(cite(new, *span));
            }
            None => changes.push(Change {
                class: Class::Content,
                how: How::Added,
                what,
                old: None,
                new: Some(cite(new, *span)),
            }),
        }
    }
    changes
}

/// Matches two lists in order so that the weight of the pairs is the largest: a longest common subsequence, of pairs that weigh
/// more the more they have in common; nothing weighs nothing. Of several the one that skips in the old list first.
pub(super) fn matched<T>(old: &[T], new: &[T], weight: impl Fn(&T, &T) -> u32) -> Vec<(usize, usize)> {
    let (n, m) = (old.len(), new.len());
    let mut best = vec![vec![0u32; m + 1]; n + 1];
    for i in (0..n).rev() {
        for j in (0..m).rev() {
            let pair = match weight(&old[i], &new[j]) {
                0 => 0,
                weight => weight + best[i + 1][j + 1],
            };
            best[i][j] = pair.max(best[i + 1][j]).max(best[i][j + 1]);
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut pairs = Vec::new();
    while i < n && j < m {
        let weight = weight(&old[i], &new[j]);
        if weight > 0 && best[i][j] == weight + best[i + 1][j + 1] {
            pairs.push((i, j));
            i += 1;
            j += 1;
        } else if best[i][j] == best[i + 1][j] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}
