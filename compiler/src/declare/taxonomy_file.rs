//! `taxonomy F from "file.txt"`: a path a line.
//!
//! A line is `A > B > C`, with its number before it or not: `123 - A > B > C`, `123<tab>A > B > C`, `123,A > B > C`. That is the
//! format in which Google publishes its product taxonomy. Empty lines and lines that begin with `#` say nothing.
//!
//! A label becomes the name of its node so: it is written in lower case; letters, accents, marks and digits stay; whatever else
//! stands between them becomes one `_`; and where the first is a digit, a `_` comes before it. `Arts & Crafts` is `arts_crafts`,
//! `Männer` is `männer`, `3D Printers` is `_3d_printers`. Two labels of one place must not become the same name.

use super::taxonomy::node;
use crate::hir::Facet;
use crate::scope::Context;
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;
use journey_grammar::span::{FileId, Span};
use journey_grammar::tokens::is_word_char;
use std::collections::BTreeMap;

/// The name of the node with this label; empty when nothing of the label can stand in a name.
pub fn identifier(label: &str) -> String {
    let mut name = String::new();
    let mut gap = false;
    for c in label.chars().flat_map(char::to_lowercase) {
        if c == '_' || !is_word_char(c) {
            gap = true;
            continue;
        }
        if gap && !name.is_empty() {
            name.push('_');
        }
        gap = false;
        name.push(c);
    }
    if name.starts_with(|c: char| c.is_numeric()) {
        name.insert(0, '_');
    }
    name
}

struct Draft<'t> {
    name: String,
    label: &'t str,
    span: Span,
    /// A line of its own names it; else it is only above one that a line names.
    written: bool,
    children: Vec<usize>,
    by_name: BTreeMap<String, usize>,
}

/// Adds the nodes of the file to the facet. Bad lines are reported and left out; then it says no.
pub fn read(cx: &Context, facet: &mut Facet, file: FileId, text: &str) -> bool {
    let before = cx.diagnostics.borrow().len();
    let mut drafts = vec![Draft {
        name: String::new(),
        label: "",
        span: Span::new(file, 0, 0),
        written: true,
        children: Vec::new(),
        by_name: BTreeMap::new(),
    }];
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let at = start;
        start += line.len();
        let body = line.trim_start_matches('\u{feff}').trim();
        if !body.is_empty() && !body.starts_with('#') {
            // `body` is a part of `line`, so its place is where it begins in it.
            let begin = at + line.find(body).unwrap_or(0);
            add(cx, &mut drafts, file, begin, body);
        }
    }
    // Preorder, without recursion.
    let mut stack: Vec<(usize, Option<u32>)> = drafts[0].children.iter().rev().map(|c| (*c, None)).collect();
    while let Some((draft, parent)) = stack.pop() {
        let d = &drafts[draft];
        let path = match parent {
            Some(parent) => format!("{}.{}", facet.nodes[parent as usize].path, d.name),
            None => d.name.clone(),
        };
        let id = facet.nodes.len() as u32;
        let mut entry = node(path, parent, d.span);
        entry.labels.push((String::new(), d.label.to_string()));
        facet.nodes.push(entry);
        stack.extend(d.children.iter().rev().map(|c| (*c, Some(id))));
    }
    // A subtree ends where the last of its children ends; children come after their parent.
    for id in (0..facet.nodes.len()).rev() {
        let end = facet.nodes[id].end.max(id as u32 + 1);
        facet.nodes[id].end = end;
        if let Some(parent) = facet.nodes[id].parent {
            let above = &mut facet.nodes[parent as usize];
            above.end = above.end.max(end);
        }
    }
    cx.diagnostics.borrow().len() == before
}

/// Without the number before the path, and the quotes of a column.
fn path_of(line: &str) -> &str {
    let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let rest = &line[digits..];
    let cut = if digits == 0 {
        line
    } else if let Some(rest) =
        rest.strip_prefix('\t').or_else(|| rest.strip_prefix(',')).or_else(|| rest.strip_prefix(';'))
    {
        rest
    } else if let Some(rest) = rest.trim_start().strip_prefix("- ") {
        rest
    } else {
        line
    };
    let cut = cut.trim();
    cut.strip_prefix('"').and_then(|c| c.strip_suffix('"')).unwrap_or(cut)
}

fn add<'t>(cx: &Context, drafts: &mut Vec<Draft<'t>>, file: FileId, begin: usize, line: &'t str) {
    let whole = Span::new(file, begin, begin + line.len());
    let mut at = 0;
    let mut parts = path_of(line).split('>').map(str::trim).peekable();
    while let Some(label) = parts.next() {
        let name = identifier(label);
        if name.is_empty() {
            cx.report(
                Diagnostic::new(
                    Code::BadTaxonomyLine,
                    whole,
                    "a line of a taxonomy's file cannot be read",
                    "a part of the path has no letters",
                )
                .help("write a path a line: `A > B > C`"),
            );
            return;
        }
        let last = parts.peek().is_none();
        match drafts[at].by_name.get(&name).copied() {
            Some(there) => {
                let d = &mut drafts[there];
                if d.label != label || (last && d.written) {
                    let why = if d.label == label {
                        format!("`{label}` stands twice in one place")
                    } else {
                        format!("`{label}` and `{}` both become `{name}`", d.label)
                    };
                    let earlier = d.span;
                    cx.report(
                        Diagnostic::new(Code::BadTaxonomyLine, whole, why, "here again").label(earlier, "here first"),
                    );
                    return;
                }
                d.written |= last;
                at = there;
            }
            None => {
                let id = drafts.len();
                drafts[at].by_name.insert(name.clone(), id);
                drafts[at].children.push(id);
                drafts.push(Draft {
                    name,
                    label,
                    span: whole,
                    written: last,
                    children: Vec::new(),
                    by_name: BTreeMap::new(),
                });
                at = id;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_become_names() {
        for (label, name) in [
            ("Animals & Pet Supplies", "animals_pet_supplies"),
            ("Männer", "männer"),
            ("T-Shirts", "t_shirts"),
            ("3D Printers", "_3d_printers"),
            (" (New) ", "new"),
            ("รองเท้า", "รองเท้า"),
            ("&", ""),
        ] {
            assert_eq!(identifier(label), name, "{label}");
        }
    }

    #[test]
    fn numbers_before_a_path_are_left_out() {
        for line in ["A > B", "12 - A > B", "12\tA > B", "12,A > B", "12,\"A > B\"", "\"A > B\""] {
            assert_eq!(path_of(line), "A > B", "{line}");
        }
        assert_eq!(path_of("3D Printers"), "3D Printers");
    }
}
