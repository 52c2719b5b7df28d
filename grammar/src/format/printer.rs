//! Goes through the atoms once, with the layout's decisions, and writes lines.

use super::atoms::Atoms;
use super::layout::{Blank, Break, Indent, Layout, Table, WIDTH};

/// A line of output: `out[start..end]`, without its comment.
struct Line {
    start: usize,
    end: usize,
    indent: usize,
    width: usize,
    comment: Option<usize>,
    /// The comment goes on with the one above it.
    continues: bool,
}

/// The lines so far, and where it stands.
pub(super) struct Printer<'l, 't> {
    layout: &'l mut Layout<'t>,
    order: Vec<usize>,
    tables: Vec<Vec<&'l Table>>,
    /// Whether each group breaks, and the column at which it opened.
    broken: Vec<bool>,
    opened_at: Vec<usize>,
    out: String,
    lines: Vec<Line>,
    /// Column of the next character.
    column: usize,
    /// Indentation of the statement, and the number of the line on which it began.
    statement: usize,
    statement_line: usize,
}

impl<'l, 't> Printer<'l, 't> {
    pub fn new(layout: &'l mut Layout<'t>, order: Vec<usize>, tables: Vec<Vec<&'l Table>>) -> Printer<'l, 't> {
        let groups = layout.groups.len();
        let mut printer = Printer {
            layout,
            order,
            tables,
            broken: vec![false; groups],
            opened_at: vec![0; groups],
            out: String::new(),
            lines: Vec::new(),
            column: 0,
            statement: 0,
            statement_line: 1,
        };
        printer.begin_line(0);
        printer
    }

    pub fn run(mut self) -> String {
        let n = self.layout.atoms.len();
        let mut opening = 0;
        for i in 0..n {
            self.gap(i);
            while let Some(&g) = self.order.get(opening).filter(|&&g| self.layout.groups[g].first == i) {
                self.open(g);
                opening += 1;
            }
            self.atom(i);
        }
        self.end(n);
        let lines = columns_of_comments(&self.lines, &self.out, self.layout.atoms);
        let mut text = String::with_capacity(self.out.len() + self.out.len() / 8);
        for (line, column) in self.lines.iter().zip(lines) {
            text.push_str(self.out[line.start..line.end].trim_end_matches(' '));
            if let (Some(comment), Some(column)) = (line.comment, column) {
                text.extend(std::iter::repeat_n(' ', column - line.width));
                text.push_str(self.layout.atoms.comment(comment));
            }
            text.push('\n');
        }
        text
    }

    fn begin_line(&mut self, indent: usize) {
        let start = self.out.len();
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.lines.push(Line { start, end: start, indent, width: indent, comment: None, continues: false });
        self.column = indent;
    }

    fn end_line(&mut self) {
        let end = self.out.len();
        if let Some(line) = self.lines.last_mut() {
            line.end = end;
            line.width = self.column;
        }
    }

    fn new_line(&mut self, blank: bool, indent: usize) {
        self.end_line();
        if blank {
            self.begin_line(0);
            self.end_line();
        }
        self.begin_line(indent);
    }

    fn atom(&mut self, i: usize) {
        let atoms = self.layout.atoms;
        self.out.push_str(atoms.text(i));
        self.column = match atoms.last_line_width(i) {
            Some(width) => width,
            None => self.column + atoms.width(i),
        };
    }

    /// Decides whether a group breaks.
    fn open(&mut self, g: usize) {
        let group = &self.layout.groups[g];
        let flat_parent = group.parent.is_some_and(|p| !self.broken[p]);
        let headed = group.with_head && self.lines.len() > self.statement_line;
        let width = self.column + self.layout.flat(group.first, group.end) + self.layout.tail(group.end);
        self.opened_at[g] = self.column;
        self.broken[g] = !flat_parent && (group.forced || headed || width > WIDTH);
        if self.broken[g] {
            for table in std::mem::take(&mut self.tables[g]) {
                self.layout.align(table);
            }
        }
    }

    fn gap(&mut self, i: usize) {
        let atoms = self.layout.atoms;
        let gap = self.layout.gaps[i];
        let first = i == 0;
        let breaks = match gap.breaks {
            Break::Never => false,
            Break::Always => !first,
            Break::With(g) => self.broken[g],
            Break::Fill(g) => self.broken[g] && !self.has_room(i),
            Break::Flow(g) => self.broken[g] && (atoms.newline(i) || !self.has_room(i)),
        };
        if !breaks && !atoms.has_comments(i) {
            if !first {
                self.out.extend(std::iter::repeat_n(' ', gap.space));
                self.column += gap.space;
            }
            return;
        }
        let indent = self.indent(gap.indent);
        self.comments(i, gap.comments.map_or(indent, |c| self.indent(c)), gap.blank);
        let own = atoms.has_own_line_comments(i);
        let blank = match gap.blank {
            Blank::Keep => atoms.blank_after_comments(i),
            Blank::Drop | Blank::Closing => false,
            Blank::Opening => own && atoms.blank_after_comments(i),
            Blank::Force => !own || atoms.blank_after_comments(i),
        };
        let begins = !first || atoms.has_comments(i);
        if begins {
            self.new_line(blank, indent);
        }
        if matches!(gap.indent, Indent::Column(_)) {
            self.statement = indent;
            self.statement_line = self.lines.len();
        }
    }

    /// Whether the line has room up to the next possible break after gap `i`.
    fn has_room(&self, i: usize) -> bool {
        let end = self.layout.next.get(i + 1).copied().unwrap_or(i + 1);
        self.column + self.layout.gaps[i].space + self.layout.flat(i, end) <= WIDTH
    }

    fn indent(&self, indent: Indent) -> usize {
        match indent {
            Indent::Continued => self.statement + 4,
            Indent::Column(column) => column,
            Indent::In(more) => self.statement + more,
            Indent::Below { group, out } => self.below(group, out),
        }
    }

    /// Operands stand below each other and operators further out; where that would be further out than the statement's own
    /// block, or leave too little room, they are indented instead.
    fn below(&self, g: usize, out: usize) -> usize {
        let (group, at) = (&self.layout.groups[g], self.opened_at[g]);
        let mut widest = 0;
        for (k, &operator) in group.operators.iter().enumerate() {
            let end = group.operators.get(k + 1).copied().unwrap_or(group.end);
            widest = widest.max(self.layout.flat(operator, end).saturating_sub(out));
        }
        let close = self.statement + 4;
        if at + widest > WIDTH && close < at {
            close
        } else if out > 0 && at < self.statement + 6 {
            at
        } else {
            at - out
        }
    }

    /// Prints the comments of a gap: the first may go on with the line, the others have their own.
    fn comments(&mut self, i: usize, indent: usize, blank: Blank) {
        let atoms = self.layout.atoms;
        let mut forced = blank == Blank::Force && !atoms.has_blank(i);
        let mut first = true;
        for comment in atoms.comments(i) {
            if i > 0 && atoms.is_trailing(comment) {
                self.trail(comment, false);
            } else if i > 0 && atoms.continues(comment) {
                let indent = self.lines.last().map_or(0, |l| l.indent);
                self.new_line(false, 0);
                self.trail(comment, true);
                if let Some(line) = self.lines.last_mut() {
                    line.indent = indent;
                }
            } else {
                let kept = !first || matches!(blank, Blank::Keep | Blank::Closing | Blank::Force);
                let space = forced || (kept && atoms.blank_before_comment(comment));
                (first, forced) = (false, false);
                let begins = i > 0 || self.column > 0 || self.lines.len() > 1;
                if begins {
                    self.new_line(space, indent);
                }
                self.out.push_str(atoms.comment(comment));
                self.column = usize::MAX; // nothing may follow on this line
                self.end_line();
            }
        }
    }

    fn trail(&mut self, comment: usize, continues: bool) {
        if let Some(line) = self.lines.last_mut() {
            line.comment = Some(comment);
            line.continues = continues;
        }
    }

    fn end(&mut self, n: usize) {
        self.comments(n, 0, Blank::Keep);
        self.end_line();
        if self.lines.len() == 1 && self.out.is_empty() && self.lines[0].comment.is_none() {
            self.lines.clear();
        }
    }
}

/// Lines whose comments begin in one column.
#[derive(Default)]
struct Remarks {
    lines: Vec<usize>,
    /// Columns of the widest line, of the least wide, and of the widest comment.
    widest: usize,
    least: usize,
    comment: usize,
}

impl Remarks {
    /// Spaces before a comment.
    const SPACE: usize = 2;
    /// No comment is pushed further out than that for another's sake.
    const FAR: usize = 24;

    /// Columns of a comment, if it has room on its line; one that has none in any case need not be spared.
    fn room(line: &Line, comment: usize) -> usize {
        if line.width + Self::SPACE + comment <= WIDTH { comment } else { 0 }
    }

    fn takes(&self, line: &Line, comment: usize) -> bool {
        let (widest, least) = (self.widest.max(line.width), self.least.min(line.width));
        let comment = self.comment.max(Self::room(line, comment));
        self.lines.is_empty()
            || line.continues
            || (widest - least <= Self::FAR && (comment == 0 || widest + Self::SPACE + comment <= WIDTH))
    }

    fn add(&mut self, number: usize, line: &Line, comment: usize) {
        if self.lines.is_empty() {
            self.least = line.width;
        }
        self.lines.push(number);
        self.comment = self.comment.max(Self::room(line, comment));
        if !line.continues {
            self.widest = self.widest.max(line.width);
            self.least = self.least.min(line.width);
        }
    }

    fn close(&mut self, columns: &mut [Option<usize>]) {
        let remarks = std::mem::take(self);
        for line in remarks.lines {
            columns[line] = Some(remarks.widest + Self::SPACE);
        }
    }
}

/// For each line, the column at which its comment begins: the same for neighbours.
fn columns_of_comments(lines: &[Line], out: &str, atoms: &Atoms<'_>) -> Vec<Option<usize>> {
    let mut columns = vec![None; lines.len()];
    let mut remarks = Remarks::default();
    for (number, line) in lines.iter().enumerate() {
        let same_block = number.checked_sub(1).and_then(|n| lines.get(n)).is_some_and(|above| {
            let closes = out[above.start..above.end].trim_start().starts_with(['}', ')', ']']);
            line.indent == above.indent && line.end > line.start && !closes
        });
        if !(same_block || line.continues) {
            remarks.close(&mut columns);
        }
        if let Some(comment) = line.comment {
            let width = atoms.comment_width(comment);
            if !remarks.takes(line, width) {
                remarks.close(&mut columns);
            }
            remarks.add(number, line, width);
        }
    }
    remarks.close(&mut columns);
    columns
}
