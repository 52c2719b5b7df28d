//! Files that are named: contents, taxonomies, calendars; and packs.

use crate::analysis::Analysis;
use journey_grammar::ast::{Decl, PartValue, TaxonomyBody};
use journey_grammar::span::{FileId, Span};

/// What a link leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Goal {
    /// A file of the project, by its path.
    File(String),
    /// A pack, by its name.
    Pack(String),
}

/// The links of a file: the place, without quotes, and where it leads.
pub fn of_file(analysis: &Analysis, file: FileId) -> Vec<(Span, Goal)> {
    let mut found = Vec::new();
    let inside = |s: Span| Span { start: s.start + 1, end: s.end.saturating_sub(1).max(s.start + 1), ..s };
    for item in analysis.tree(file).map(|t| t.items.as_slice()).unwrap_or_default() {
        let mut file = |text: &journey_grammar::ast::Text| {
            if analysis.file(&text.text).is_some() {
                found.push((inside(text.span), Goal::File(text.text.clone())));
            }
        };
        match &item.decl {
            Decl::Message(m) => {
                for (_, value) in m.renderings.iter().flat_map(|r| &r.parts) {
                    if let PartValue::File(path) = value {
                        file(path);
                    }
                }
            }
            Decl::Calendar(c) => file(&c.file),
            Decl::Taxonomy(t) => {
                if let TaxonomyBody::File(path) = &t.body {
                    file(path);
                }
            }
            Decl::Use(path) if analysis.file(&path.text()).is_some() => {
                found.push((path.span, Goal::Pack(path.text())));
            }
            _ => {}
        }
    }
    found
}
