//! Reads by the rules of `journey.pest`, many times faster than pest: `build.rs` writes it from them.
//!
//! Where it fails it knows nothing of why; pest reads the text once more, and says.

use super::rules::{Node, Rule, Tree};

/// How many rules may stand in one another. What is deeper is left to pest, which watches the stack.
const MAX_DEPTH: u32 = 1000;

/// Reads `text` by a rule that ends with it; none where pest has to look.
pub(crate) fn read(rule: Rule, text: &str) -> Option<Tree<'_>> {
    let mut state = State {
        text,
        bytes: text.as_bytes(),
        at: 0,
        nodes: Vec::with_capacity(text.len() / 4),
        depth: 0,
        too_deep: false,
    };
    let read = read_rule(rule, &mut state) && !state.too_deep;
    read.then_some(Tree { text, nodes: state.nodes })
}

/// How far a text is read, and the pairs it gave so far.
struct State<'i> {
    text: &'i str,
    bytes: &'i [u8],
    at: usize,
    nodes: Vec<Node>,
    depth: u32,
    too_deep: bool,
}

// Each method that takes a part of a rule gives whether it matched; where it did not, nothing has changed.
impl State<'_> {
    /// The next byte; 0 at the end.
    #[inline(always)]
    fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    fn at_start(&self) -> bool {
        self.at == 0
    }

    fn at_end(&self) -> bool {
        self.at == self.bytes.len()
    }

    #[inline(always)]
    fn text(&mut self, text: &str) -> bool {
        let found = self.bytes[self.at..].starts_with(text.as_bytes());
        if found {
            self.at += text.len();
        }
        found
    }

    #[inline(always)]
    fn ascii(&mut self, is: impl Fn(u8) -> bool) -> bool {
        let found = self.bytes.get(self.at).is_some_and(|c| is(*c));
        self.at += usize::from(found);
        found
    }

    fn char(&mut self, is: impl Fn(char) -> bool) -> bool {
        match self.text[self.at..].chars().next().filter(|c| is(*c)) {
            Some(c) => {
                self.at += c.len_utf8();
                true
            }
            None => false,
        }
    }

    fn any(&mut self) -> bool {
        self.char(|_| true)
    }

    /// To the first of these texts, or to the end.
    fn up_to(&mut self, texts: &[&str]) -> bool {
        let rest = &self.bytes[self.at..];
        let end = (0..rest.len()).find(|at| texts.iter().any(|text| rest[*at..].starts_with(text.as_bytes())));
        self.at += end.unwrap_or(rest.len());
        true
    }

    /// Parts one after another.
    #[inline(always)]
    fn all(&mut self, parts: impl FnOnce(&mut Self) -> bool) -> bool {
        let (at, nodes) = (self.at, self.nodes.len());
        let matched = parts(self);
        if !matched {
            self.at = at;
            self.nodes.truncate(nodes);
        }
        matched
    }

    #[inline(always)]
    fn perhaps(&mut self, part: impl FnOnce(&mut Self) -> bool) -> bool {
        part(self);
        true
    }

    #[inline(always)]
    fn many(&mut self, part: impl Fn(&mut Self) -> bool) -> bool {
        while part(self) {}
        true
    }

    /// Many, with blanks between them.
    #[inline(always)]
    fn many_apart(&mut self, part: impl Fn(&mut Self) -> bool) -> bool {
        if part(self) {
            loop {
                let at = self.at;
                self.blanks();
                if !part(self) {
                    self.at = at;
                    break;
                }
            }
        }
        true
    }

    #[inline(always)]
    fn blanks(&mut self) -> bool {
        while bound_WHITESPACE(self) {}
        true
    }

    /// Looks, and takes nothing.
    #[inline(always)]
    fn ahead(&mut self, part: impl FnOnce(&mut Self) -> bool) -> bool {
        let (at, nodes) = (self.at, self.nodes.len());
        let matched = part(self);
        self.at = at;
        self.nodes.truncate(nodes);
        matched
    }

    /// A rule that makes no pair.
    #[inline(always)]
    fn deeper(&mut self, rule: impl FnOnce(&mut Self) -> bool) -> bool {
        if self.depth == MAX_DEPTH {
            self.too_deep = true;
            return false;
        }
        self.depth += 1;
        let matched = rule(self);
        self.depth -= 1;
        matched
    }

    /// A rule that makes a pair.
    #[inline(always)]
    fn pair(&mut self, rule: Rule, parts: impl FnOnce(&mut Self) -> bool) -> bool {
        let (start, own) = (self.at as u32, self.nodes.len());
        self.nodes.push(Node { rule, start, end: start, next: 0 });
        let matched = self.deeper(parts);
        if matched {
            let (end, next) = (self.at as u32, self.nodes.len() as u32);
            let node = &mut self.nodes[own];
            (node.end, node.next) = (end, next);
        } else {
            self.nodes.truncate(own);
        }
        matched
    }
}

use written::{bound_WHITESPACE, read_rule};

#[allow(unused_parens, non_snake_case, clippy::all, reason = "written by build.rs")]
#[rustfmt::skip]
mod written {
    use super::{Rule, State};

    include!(concat!(env!("OUT_DIR"), "/quick.rs"));
}

#[cfg(test)]
mod tests {
    use super::super::rules::Rules;
    use super::*;
    use pest::Parser as _;

    /// Both ways of reading give the same pairs, or nothing.
    fn compare(rule: Rule, text: &str) -> bool {
        let pest = Rules::parse(rule, text).ok().map(Tree::of);
        let quick = read(rule, text);
        assert_eq!(pest, quick, "{rule:?} of {text:?}");
        quick.is_some()
    }

    fn declarations(text: &str) -> Vec<String> {
        // Enough like `Layout` for texts without `( )` over several lines.
        let mut all: Vec<String> = Vec::new();
        for line in text.lines().map(|l| l.split("//").next().unwrap_or("").trim_end()) {
            let begins = line.starts_with(|c: char| c.is_alphabetic() || c == '@');
            let continues = all.last().is_some_and(|d| d.trim_end().lines().last().is_some_and(|l| l.starts_with('@')));
            match all.last_mut() {
                Some(last) if !begins || continues => {
                    last.push('\n');
                    last.push_str(line);
                }
                _ => all.push(line.to_string()),
            }
        }
        all
    }

    const TEXTS: [&str; 2] = [
        include_str!("../../tests/programs/everything.journey"),
        include_str!("../../tests/programs/end_to_end.journey"),
    ];

    #[test]
    fn reads_what_pest_reads() {
        let mut read = 0;
        for text in TEXTS.into_iter().flat_map(declarations) {
            read += usize::from(compare(Rule::line_of_items, &text));
        }
        assert!(read > 40, "{read}");
    }

    #[test]
    fn fails_where_pest_fails() {
        let mut random = 88_172_645_463_325_252_u64;
        let mut below = |limit: usize| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            (random >> 11) as usize % limit.max(1)
        };
        let bits = [
            "", " ", "\n", "(", "}", "\"", ".", "for", " in ", "not", "-", ",", "1", ":", "é", "ไ", "\u{1}", "==",
            "last",
        ];
        let (mut tried, mut read) = (0, 0);
        for text in TEXTS.into_iter().flat_map(declarations) {
            for _ in 0..12 {
                let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
                let Some(at) = places.get(below(places.len())).copied() else { continue };
                let end = places.get(places.partition_point(|p| *p < at) + below(3)).copied().unwrap_or(text.len());
                let changed = format!("{}{}{}", &text[..at], bits[below(bits.len())], &text[end..]);
                tried += 1;
                read += usize::from(compare(Rule::line_of_items, &changed));
                compare(Rule::line_of_block, &changed);
                compare(Rule::only_expr, changed.lines().last().unwrap_or(""));
            }
        }
        assert!(tried > 500 && read > 100 && read < tried, "{read} of {tried}");
    }

    #[test]
    fn leaves_what_is_deep_to_pest() {
        let text = format!("test \"deep\" {{\n  ana does raw x {}{}\n}}", "{".repeat(3000), "}".repeat(3000));
        assert_eq!(read(Rule::line_of_items, &text), None);
    }
}
