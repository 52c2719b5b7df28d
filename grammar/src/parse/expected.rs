//! What may come next on a line: for an editor that completes it.

use super::explain::position;
use super::rules::{Body, Rule, Rules};
use super::vocabulary::{Says, describe};
use pest::Parser as _;
use pest::error::ErrorVariant;
use std::collections::BTreeSet;

/// A character that can be read nowhere.
const NOWHERE: char = '\u{2}';

/// The words of the language that may follow `line`, the beginning of a line between braces of this kind.
pub fn words_after(body: Body, line: &str) -> Vec<&'static str> {
    // What is in braces before has no say in what may follow; what is open is read as if it were closed.
    let mut text = line.replace(['\n', '\r'], " ");
    let end = text.trim_end().len();
    text.push(NOWHERE);
    let Err(error) = Rules::parse(body.line(), &text) else { return Vec::new() };
    if position(&error) < end {
        return Vec::new();
    }
    let ErrorVariant::ParsingError { positives, .. } = error.variant else { return Vec::new() };
    let mut words: BTreeSet<&'static str> = BTreeSet::new();
    for rule in positives {
        match describe(rule) {
            Says::Exactly(word) if word.starts_with(|c: char| c.is_ascii_alphabetic()) => {
                words.insert(word);
            }
            Says::Operator if !line.trim().is_empty() => words.extend(operators(rule)),
            _ => {}
        }
    }
    words.into_iter().filter(|w| !w.contains('"')).collect()
}

/// How an operator is written.
fn operators(rule: Rule) -> &'static [&'static str] {
    match rule {
        Rule::or => &["or"],
        Rule::and => &["and"],
        Rule::in_ => &["in"],
        Rule::not_in => &["not in"],
        Rule::contains => &["contains"],
        Rule::starts_with => &["starts with"],
        Rule::instead => &["otherwise"],
        Rule::at_time => &["at"],
        Rule::between => &["between"],
        Rule::is_known => &["is known", "is missing"],
        Rule::is_day => &["is weekday"],
        Rule::held => &["for"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_follow_is_what_the_grammar_reads() {
        let after = |body, line| words_after(body, line).join(", ");
        assert_eq!(after(Body::Block, "send reminder "), "by");
        assert!(after(Body::Block, "send reminder by push, ").contains("else"));
        assert!(after(Body::Journey, "re-entry ").contains("never"));
        assert!(after(Body::Journey, "trigger ").contains("every"), "{}", after(Body::Journey, "trigger "));
        assert!(after(Body::Block, "if cart.value ").contains("between"));
        assert_eq!(after(Body::Block, "send ( "), "");
    }
}
