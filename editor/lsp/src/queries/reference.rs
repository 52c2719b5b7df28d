//! What the words of the language mean: the tables of the reference, which is one of the sources.

use journey_grammar::tokens::{TokenKind, tokenize};
use std::sync::LazyLock;

const REFERENCE: &str = include_str!("../../../../docs/reference.md");

/// Words inside expressions, which have no line of their own in the reference.
const EXPRESSIONS: &[(&str, &str)] = &[
    ("otherwise", "`x otherwise y`: y stands in where x is missing."),
    ("known", "`x is known`: the value is there. Behind it, and inside the `if` that asks it, x is used as it is."),
    ("missing", "`x is missing`: the value is not there."),
    ("between", "`x between a and b`: both ends belong to it."),
    ("contains", "`text contains text`"),
    ("starts", "`text starts with text`"),
    ("now", "`now`: the moment at which it is asked."),
    ("today", "`today`: the customer's day, in the customer's zone."),
    (
        "count",
        "`count(E where … in last 30 days)`: how often it happened. Compared with a constant up to 32 it is exact to the instant; any other count says `by day`. `count(items where …)`: how many members of a list.",
    ),
    (
        "sum",
        "`sum(E.field by day in last 90 days)`: of what happened. `sum(items.field where …)`: of a list's members.",
    ),
    ("last", "`last(E)`: the latest one; its fields may be missing."),
    ("first", "`first(E)`: the earliest one; its fields may be missing."),
    ("any", "`any(items where …)`: some member is so. In `for any cart`: every run of the customer is meant."),
    ("all", "`all(items where …)`: every member is so."),
    ("weekday", "`today is weekday in fr`: Monday to Friday, without the holidays of a calendar."),
    ("where", "`where cond`: only events for which it holds. Their fields stand bare."),
    ("this", "`for this cart`: the run whose key the event carries."),
    ("holdout", "`holdout 10 percent`: a share that gets nothing; it goes on after the block unless it says `finish`."),
    ("profile", "`profile.x`: what is known of the customer now, read again at each pass of a send."),
];

/// A row of a table: how it is written, in several forms, and what it means.
struct Row {
    forms: Vec<Vec<String>>,
    code: String,
    meaning: String,
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let rows = REFERENCE.lines().filter(|l| l.starts_with("| `"));
    rows.filter_map(|line| {
        let (code, meaning) = line.strip_prefix("| ")?.strip_suffix('|')?.split_once(" |")?;
        let code = without_links(code);
        let forms = code.split('`').skip(1).step_by(2).map(words).collect();
        Some(Row { forms, code, meaning: without_links(meaning.trim()) })
    })
    .collect()
});

/// The words a form begins with.
fn words(form: &str) -> Vec<String> {
    let tokens = tokenize(form);
    let words = tokens.iter().filter(|t| t.kind == TokenKind::Word).map(|t| t.text(form).to_string());
    words.collect()
}

/// `[text](place)` as `text`.
fn without_links(markdown: &str) -> String {
    let mut out = String::new();
    let mut rest = markdown;
    while let Some(open) = rest.find('[') {
        let link = rest[open..].find("](").map(|m| open + m);
        let close = link.and_then(|m| rest[m..].find(')').map(|c| m + c));
        let (Some(middle), Some(close)) = (link, close) else { break };
        // Brackets in code are no links.
        if rest[open..middle].contains('`') && rest[..open].matches('`').count() % 2 == 1 {
            out.push_str(&rest[..=open]);
            rest = &rest[open + 1..];
            continue;
        }
        out.push_str(&rest[..open]);
        out.push_str(&rest[open + 1..middle]);
        rest = &rest[close + 1..];
    }
    out.push_str(rest);
    out
}

/// What a line means that begins with these words, in Markdown: the row of the reference that has most of them.
pub fn of_line(line: &[&str]) -> Option<String> {
    let common = |form: &Vec<String>| form.iter().zip(line).take_while(|(a, b)| a == *b).count();
    let best = ROWS
        .iter()
        .map(|row| (row.forms.iter().map(common).max().unwrap_or(0), row))
        .filter(|(n, _)| *n > 0)
        .reduce(|best, row| if row.0 > best.0 { row } else { best })?;
    Some(shown(best.1))
}

fn shown(row: &Row) -> String {
    if row.meaning.is_empty() { row.code.clone() } else { format!("{}\n\n{}", row.code, row.meaning) }
}

/// What a word means inside an expression.
pub fn of_word(word: &str) -> Option<String> {
    EXPRESSIONS.iter().find(|(known, _)| *known == word).map(|(_, meaning)| (*meaning).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_clause_and_declaration_has_its_row() {
        use journey_grammar::tokens::{CLAUSES, DECLARATIONS, STEPS};
        let none: Vec<&str> = [DECLARATIONS, CLAUSES, STEPS]
            .into_iter()
            .flatten()
            .copied()
            .filter(|w| of_line(&[w]).is_none() && !matches!(*w, "use" | "extend"))
            .collect();
        assert!(none.is_empty(), "{none:?}");
    }

    #[test]
    fn the_row_that_says_most_of_the_line_is_taken() {
        let row = of_line(&["wait", "until", "monday"]).unwrap();
        assert!(row.contains("strictly after now"), "{row}");
        assert!(!row.contains("]("), "{row}");
    }
}
