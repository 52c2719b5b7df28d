//! What the words of a text are in their places: a word may be the language's in one line and a name in the next.

use super::layout::Layout;
use super::reader::Reader;
use super::rules::{Rule, read};
use super::sink::Sink;
use crate::span::{FileId, Span};
use crate::tokens::tokenize;

/// What a word is in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Use {
    /// A word of the language: `send`, the `at` of `at 09:00`.
    Keyword,
    /// Of what an amount is: `hours`, `EUR`, `percent`.
    Unit,
    /// The facet or the path of an annotation: both words of `@campaign welcome`.
    Annotation,
}

/// The words of a text that are more than names, in order, with what they are. Declarations that cannot be read have none.
pub fn uses_of_words(file: FileId, text: &str) -> Vec<(Span, Use)> {
    let mut sink = Sink::default();
    let layout = Layout::new(file, text, &tokenize(text), &mut sink);
    let reader = Reader::new(file, text, &layout, &mut sink);
    let mut uses = Vec::new();
    for (range, _) in &layout.items {
        let Some(buffer) = reader.whole(range.clone()) else { continue };
        let Ok(tree) = read(Rule::line_of_items, &buffer.text) else { continue };
        let mut annotated = 0; // where the last annotation ends
        for node in &tree.nodes {
            let written = buffer.text.get(node.start as usize..node.end as usize).unwrap_or("").trim_end();
            let what = match node.rule {
                Rule::annotation | Rule::facet => {
                    annotated = node.end;
                    continue;
                }
                Rule::word if node.start < annotated => Use::Annotation,
                Rule::unit => Use::Unit,
                rule if is_keyword(rule) => Use::Keyword,
                _ => continue,
            };
            let (start, end) = (node.start as usize, node.start as usize + written.len());
            let span = Span { file, start: buffer.map.start(start), end: buffer.map.end(end) };
            if uses.last().is_none_or(|(last, _): &(Span, Use)| last.end <= span.start) {
                uses.push((span, what));
            }
        }
    }
    uses
}

/// The rules with a capital are the words they are named after.
fn is_keyword(rule: Rule) -> bool {
    rule != Rule::EOI && format!("{rule:?}").starts_with(|c: char| c.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let mut out = text.to_string();
        for (span, what) in uses_of_words(FileId(0), text).into_iter().rev() {
            let mark = match what {
                Use::Keyword => '!',
                Use::Unit => '#',
                Use::Annotation => '@',
            };
            out.insert(span.start as usize, mark);
        }
        out
    }

    #[test]
    fn a_word_is_what_its_place_makes_of_it() {
        let text = "\
@owner lifecycle
journey send {
  trigger on wait as cart where cart.send >= 20 EUR // send
  re-entry never

  send send(send: 3 days) by by
}
";
        assert_eq!(
            shown(text),
            "\
@@owner @lifecycle
!journey send {
  !trigger !on wait !as cart !where cart.send >= 20 #EUR // send
  !re-entry !never

  !send send(send: 3 #days) !by by
}
"
        );
    }
}
