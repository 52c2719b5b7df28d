//! What the tree says about the layout: the parts that declarations, steps and expressions have in common.

use super::atoms::Atoms;
use super::layout::{Blank, Break, Indent, Layout, Row, Table};
use crate::ast::{Annotation, Arg, Field, FieldValue, Name, Param};
use crate::span::Span;
use crate::tokens::{CLAUSES, STEPS};

/// Walks the tree and decides about the gaps.
#[derive(Debug)]
pub(super) struct Shape<'t> {
    pub atoms: &'t Atoms<'t>,
    pub layout: Layout<'t>,
    /// The column at which the present statement begins.
    pub indent: usize,
}

/// A line of a body: where it begins, and how much further in than the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub first: usize,
    pub deeper: usize,
}

impl<'t> Shape<'t> {
    pub fn new(atoms: &'t Atoms<'t>) -> Shape<'t> {
        Shape { atoms, layout: Layout::new(atoms), indent: 0 }
    }

    /// The first atom of `span`.
    pub fn first(&self, span: Span) -> usize {
        self.atoms.at(span.start)
    }

    /// One past the last atom of `span`.
    pub fn end(&self, span: Span) -> usize {
        self.atoms.at(span.end)
    }

    /// The first `mark` in `from..end`, outside of brackets that open on the way; `None` when a bracket closes before.
    pub fn find(&self, mark: &str, from: usize, end: usize) -> Option<usize> {
        let mut i = from;
        while i < end {
            match self.atoms.text(i) {
                text if text == mark => return Some(i),
                "(" | "[" | "{" => i = self.atoms.partner(i).max(i) + 1,
                ")" | "]" | "}" => return None,
                _ => i += 1,
            }
        }
        None
    }

    /// Whether the atom `i` is `word`.
    pub fn is(&self, i: usize, word: &str) -> bool {
        self.atoms.text(i) == word
    }

    /// Decides within a body, two columns further in.
    pub fn inside<R>(&mut self, decide: impl FnOnce(&mut Self) -> R) -> R {
        self.indent += 2;
        let result = decide(self);
        self.indent -= 2;
        result
    }

    /// The group of the braces that open at `open`.
    pub fn braces(&mut self, open: usize) -> usize {
        let end = self.atoms.partner(open) + 1;
        self.head_group(open, end)
    }

    /// A group that breaks when what stands before it in its statement has broken.
    pub fn head_group(&mut self, first: usize, end: usize) -> usize {
        let group = self.layout.group(first, end);
        self.layout.groups[group].with_head = true;
        group
    }

    /// `{ … }` at `open`, on one line if it was written so and fits, else a line for each entry.
    pub fn body(&mut self, open: usize, group: usize, entries: impl IntoIterator<Item = usize>) {
        self.uneven_body(open, group, entries.into_iter().map(|first| Entry { first, deeper: 0 }).collect());
    }

    /// The same, with entries that begin in different columns.
    pub fn uneven_body(&mut self, open: usize, group: usize, mut entries: Vec<Entry>) {
        let close = self.atoms.partner(open);
        if close <= open {
            return;
        }
        entries.retain(|e| open < e.first && e.first < close);
        entries.sort_unstable();
        self.other_lines(open, close, &mut entries);
        entries.sort_unstable();
        entries.dedup_by_key(|e| e.first);
        let inner = self.indent + 2;
        let mut broken = false;
        for (k, entry) in entries.iter().enumerate() {
            broken |= self.atoms.newline(entry.first);
            let after = self.atoms.text(entry.first - 1);
            let gap = &mut self.layout.gaps[entry.first];
            gap.breaks = Break::With(group);
            gap.indent = Indent::Column(inner + entry.deeper);
            gap.blank = if k == 0 { Blank::Opening } else { Blank::Keep };
            gap.space = if k == 0 || after == "," { 1 } else { 2 };
        }
        broken |= self.atoms.newline(close);
        let empty = entries.is_empty();
        let gap = &mut self.layout.gaps[close];
        gap.breaks = if empty { Break::Never } else { Break::With(group) };
        gap.indent = Indent::Column(self.indent);
        gap.comments = Some(Indent::Column(inner));
        gap.blank = if empty { Blank::Drop } else { Blank::Closing };
        gap.space = usize::from(!empty);
        if broken && (!empty || self.atoms.has_comments(close)) {
            self.layout.groups[group].forced = true;
        }
    }

    /// Lines that were begun inside a body, and of which the tree says nothing, stay lines.
    fn other_lines(&self, open: usize, close: usize, entries: &mut Vec<Entry>) {
        let mut i = open + 1;
        let known: Vec<usize> = entries.iter().map(|e| e.first).collect();
        while i < close {
            let (before, text) = (self.atoms.text(i - 1), self.atoms.text(i));
            let mark = |text: &str| text.starts_with(['=', '!', '<', '>', '+', '*', '/', ',']);
            let open_ended =
                mark(before) || before == "-" || (matches!(before, "or" | "and") && !self.atoms.newline(i - 1));
            let goes_on = open_ended || mark(text) || matches!(text, "or" | "and" | "else" | "{");
            if self.atoms.newline(i) && !goes_on && known.binary_search(&i).is_err() {
                entries.push(Entry { first: i, deeper: 0 });
            }
            i = if matches!(text, "(" | "[" | "{") { self.atoms.partner(i).max(i) } else { i } + 1;
        }
    }

    /// `( … )` at `open`: on one line if it fits, else a line for each part. The values of named parts are a column.
    fn parens(&mut self, open: usize, values: &[Option<Span>]) {
        let close = self.atoms.partner(open);
        if close <= open + 1 {
            return;
        }
        let group = self.layout.group(open, close + 1);
        let mut next = Some(open + 1);
        let mut rows = Vec::new();
        let mut values = values.iter();
        while let Some(part) = next {
            let gap = &mut self.layout.gaps[part];
            (gap.breaks, gap.indent) = (Break::With(group), Indent::In(2));
            let comma = self.find(",", part, close);
            if let Some(Some(value)) = values.next() {
                rows.push(self.row([part, self.first(*value)], comma.unwrap_or(close)));
            }
            next = comma.map(|comma| comma + 1).filter(|&part| part < close);
        }
        let gap = &mut self.layout.gaps[close];
        (gap.breaks, gap.indent, gap.comments) = (Break::With(group), Indent::In(0), Some(Indent::In(2)));
        self.table(Some(group), 1, rows);
    }

    /// `@facet path` before `next`, a line each.
    pub fn annotations(&mut self, annotations: &[Annotation], next: usize) {
        let mut rows = Vec::new();
        let firsts: Vec<usize> = annotations.iter().map(|a| self.first(a.span)).collect();
        for (k, (annotation, &first)) in annotations.iter().zip(&firsts).enumerate() {
            let end = firsts.get(k + 1).copied().unwrap_or(next);
            let path = self.first(annotation.path.span);
            rows.push(self.row([first, path], end));
            self.begin_line(end);
        }
        self.table(None, 1, rows);
    }

    /// A line begins at `i`, where the present statement does.
    pub fn begin_line(&mut self, i: usize) {
        let gap = &mut self.layout.gaps[i];
        (gap.breaks, gap.indent, gap.blank) = (Break::Always, Indent::Column(self.indent), Blank::Drop);
    }

    /// Words in a list, from the second on: as many on a line as fit.
    pub fn words(&mut self, words: &[Name], end: usize) {
        if let [first, rest @ ..] = words {
            let group = self.layout.group(self.first(first.span), end);
            for word in rest {
                let word = self.first(word.span);
                // A line that begins with such a word may be read as a line of its own.
                if STEPS.contains(&self.atoms.text(word)) || CLAUSES.contains(&self.atoms.text(word)) {
                    continue;
                }
                let gap = &mut self.layout.gaps[word];
                (gap.breaks, gap.indent) = (Break::Fill(group), Indent::Below { group, out: 0 });
            }
        }
    }

    /// A row of a table.
    pub fn row<const N: usize>(&self, cells: [usize; N], end: usize) -> Row {
        let mut row = Row { cells: [None; 3], first: cells[0], end, indent: self.indent, flat: false };
        for (place, cell) in row.cells.iter_mut().zip(cells) {
            *place = Some(cell);
        }
        row
    }

    /// The same, whose last cell takes part only if the row stands on one line.
    pub fn flat_row<const N: usize>(&self, cells: [usize; N], end: usize) -> Row {
        Row { flat: true, ..self.row(cells, end) }
    }

    /// Aligns rows when `group` breaks.
    pub fn table(&mut self, group: Option<usize>, space: usize, rows: Vec<Row>) {
        if rows.len() > 1 {
            self.layout.tables.push(Table { group, space, runs: false, rows });
        }
    }

    /// Aligns neighbouring rows that stand on one line each.
    pub fn runs(&mut self, group: Option<usize>, rows: Vec<Row>) {
        if rows.len() > 1 {
            self.layout.tables.push(Table { group, space: 1, runs: true, rows });
        }
    }

    /// `{ name: type … }` at `open`.
    pub fn fields(&mut self, open: usize, fields: &[Field], others: &[usize]) {
        let group = self.braces(open);
        let entries: Vec<usize> = fields.iter().map(|f| self.first(f.span)).chain(others.iter().copied()).collect();
        let rows = self.inside(|shape| {
            let mut rows = Vec::new();
            for field in fields {
                let (name, ty) = (shape.first(field.name.span), shape.first(field.ty.span));
                rows.push(shape.row([name, ty], shape.end(field.span)));
                shape.ty(&field.ty);
                shape.maybe(&field.default);
            }
            rows
        });
        self.body(open, group, entries);
        self.table(Some(group), 1, rows);
    }

    /// `(name: type, …)` at `open`, if there is one.
    pub fn params(&mut self, open: usize, params: &[Param]) {
        if self.is(open, "(") {
            self.parens(open, &params.iter().map(|p| Some(p.ty.span)).collect::<Vec<_>>());
            params.iter().for_each(|p| self.ty(&p.ty));
        }
    }

    /// `(name: value, …)` at `open`, if there is one.
    pub fn args(&mut self, open: usize, args: &[Arg]) {
        if self.is(open, "(") {
            let values: Vec<_> = args.iter().map(|a| a.name.as_ref().map(|_| a.value.span)).collect();
            self.parens(open, &values);
            args.iter().for_each(|a| self.expr(&a.value));
        }
    }

    /// `{ name: value, … }` at `open`.
    pub fn record(&mut self, open: usize, values: &[FieldValue]) {
        let group = self.braces(open);
        let entries: Vec<usize> = values.iter().map(|v| self.first(v.name.span)).collect();
        let rows = self.inside(|shape| {
            let row = |v: &FieldValue| {
                shape.row([shape.first(v.name.span), shape.first(v.value.span)], shape.end(v.value.span))
            };
            let rows = values.iter().map(row).collect();
            values.iter().for_each(|v| shape.expr(&v.value));
            rows
        });
        self.values(open, group, &entries, rows);
    }

    /// `{ name: value, … }`: values that were written side by side stay so, values that have a line each are a column.
    pub fn values(&mut self, open: usize, group: usize, entries: &[usize], rows: Vec<Row>) {
        self.body(open, group, entries.iter().copied());
        let rest = entries.get(1..).unwrap_or_default();
        let mut lines = true;
        for &entry in rest.iter().filter(|&&e| e > 0) {
            if self.is(entry - 1, ",") {
                self.layout.gaps[entry].breaks = Break::Flow(group);
                lines &= self.atoms.newline(entry);
            }
        }
        if lines {
            self.table(Some(group), 1, rows);
        }
    }
}
