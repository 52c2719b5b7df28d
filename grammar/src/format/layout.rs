//! The printer: where lines break and how far they are indented.
//!
//! What is written never changes, only the white space between: so a layout is one decision for each gap between
//! two atoms. A gap may break never, always, or together with its group; a group breaks when it does not fit, or holds
//! something that cannot stand on one line. Widths are prefix sums, so the question whether a group fits costs the same
//! for any size, and the whole is linear (after Oppen, "Prettyprinting", 1980, with groups as ranges).

use super::atoms::Atoms;
use super::printer::Printer;

/// The longest line, in columns. A text, a comment or a name is never broken for it.
pub(super) const WIDTH: usize = 100;

/// How a gap breaks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Break {
    /// Stays on the line.
    Never,
    /// Begins a line.
    Always,
    /// Breaks when that group does.
    With(usize),
    /// Breaks when that group does and what follows, up to the next possible break, has no room.
    Fill(usize),
    /// The same, and where it was broken already.
    Flow(usize),
}

/// Where a line begins that a gap has broken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Indent {
    /// Further in than the line it continues.
    Continued,
    /// At this column: a statement begins.
    Column(usize),
    /// So much further in than the statement.
    In(usize),
    /// Below the first atom of its group, so much further out.
    Below {
        /// The group.
        group: usize,
        /// How much further out.
        out: usize,
    },
}

/// What becomes of blank lines in a gap.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Blank {
    /// One, if there was one.
    Keep,
    /// None.
    Drop,
    /// None before what comes first.
    Opening,
    /// None after what comes last.
    Closing,
    /// One in any case.
    Force,
}

/// The white space before an atom.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gap {
    /// Spaces, when it does not break.
    pub space: usize,
    /// How it breaks.
    pub breaks: Break,
    /// Where the line then begins.
    pub indent: Indent,
    /// Where comments on their own lines begin, if not where the line does.
    pub comments: Option<Indent>,
    /// Blank lines.
    pub blank: Blank,
}

/// Atoms that are laid out together: all gaps of a group break, or none.
#[derive(Debug, Clone)]
pub(super) struct Group {
    /// Its first atom.
    pub first: usize,
    /// One past its last.
    pub end: usize,
    /// Breaks in any case.
    pub forced: bool,
    /// Breaks when the statement before it is already on more than one line.
    pub with_head: bool,
    /// Operators at whose gaps a chain of conditions breaks.
    pub operators: Vec<usize>,
    /// The smallest group around it.
    pub parent: Option<usize>,
}

/// A line of a table. Its cells begin at these atoms; the first is always there.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// First atoms of the cells.
    pub cells: [Option<usize>; 3],
    /// First atom of the line, with what stands before the first cell.
    pub first: usize,
    /// One past its last atom.
    pub end: usize,
    /// Where it begins.
    pub indent: usize,
    /// The last cell takes part only if the row stands on one line.
    pub flat: bool,
}

/// Lines below each other with columns in common.
#[derive(Debug, Clone)]
pub(super) struct Table {
    /// Applies when that group breaks; always when missing.
    pub group: Option<usize>,
    /// Least space between columns.
    pub space: usize,
    /// Columns are in common only among neighbours that stand on one line each.
    pub runs: bool,
    /// In order.
    pub rows: Vec<Row>,
}

/// A layout in the making, and then the printer of it.
#[derive(Debug)]
pub(super) struct Layout<'t> {
    pub atoms: &'t Atoms<'t>,
    pub gaps: Vec<Gap>,
    pub groups: Vec<Group>,
    pub tables: Vec<Table>,
    /// First atom and end of each declaration, and whether it may stand right below the one before.
    pub items: Vec<(usize, usize, bool)>,
    /// `before[i]`: columns up to atom `i`, were all on one line.
    before: Vec<usize>,
    /// `next[i]`: the first gap from `i` on that may break.
    pub next: Vec<usize>,
    /// `hard[i]`: how many gaps and atoms before `i` need more than one line.
    hard: Vec<usize>,
    /// `forced[i]`: how many groups that begin before `i` break in any case.
    forced: Vec<usize>,
}

impl<'t> Layout<'t> {
    /// Everything on one line, with the usual spaces.
    pub fn new(atoms: &'t Atoms<'t>) -> Layout<'t> {
        let gaps = (0..=atoms.len())
            .map(|i| Gap {
                space: atoms.usual_space(i),
                breaks: Break::Never,
                indent: Indent::Continued,
                comments: None,
                blank: Blank::Drop,
            })
            .collect();
        Layout {
            atoms,
            gaps,
            groups: Vec::new(),
            tables: Vec::new(),
            items: Vec::new(),
            before: Vec::new(),
            next: Vec::new(),
            hard: Vec::new(),
            forced: Vec::new(),
        }
    }

    /// A group of the atoms `first..end`.
    pub fn group(&mut self, first: usize, end: usize) -> usize {
        self.groups.push(Group { first, end, forced: false, with_head: false, operators: Vec::new(), parent: None });
        self.groups.len() - 1
    }

    /// The text that the layout gives. Ends with a newline, unless it is empty.
    pub fn print(mut self) -> String {
        self.measure();
        let order = self.nest();
        self.force();
        self.separate_items();
        let tables = std::mem::take(&mut self.tables);
        for table in tables.iter().filter(|t| t.group.is_none()) {
            self.align(table);
        }
        let mut tables_of: Vec<Vec<&Table>> = vec![Vec::new(); self.groups.len()];
        for table in &tables {
            if let Some(group) = table.group {
                tables_of[group].push(table);
            }
        }
        Printer::new(&mut self, order, tables_of).run()
    }

    fn measure(&mut self) {
        let n = self.atoms.len();
        self.before = Vec::with_capacity(n + 1);
        self.hard = Vec::with_capacity(n + 2);
        let (mut column, mut hard) = (0, 0);
        for i in 0..n {
            column += self.gaps[i].space;
            self.before.push(column);
            self.hard.push(hard);
            column += self.atoms.width(i);
            let gap = &self.gaps[i];
            if gap.breaks == Break::Always || self.atoms.has_comments(i) || self.atoms.is_tall(i) {
                hard += 1;
            }
        }
        self.before.push(column);
        self.hard.extend([hard, hard]);
        self.next = vec![n; n + 1];
        for i in (0..n).rev() {
            let never = self.gaps[i].breaks == Break::Never && !self.atoms.has_comments(i);
            self.next[i] = if never { self.next[i + 1] } else { i };
        }
    }

    /// Finds each group's parent; the result is the order in which groups open.
    fn nest(&mut self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.groups.len()).collect();
        order.sort_by_key(|&g| (self.groups[g].first, std::cmp::Reverse(self.groups[g].end), g));
        let mut open: Vec<usize> = Vec::new();
        for &g in &order {
            while open.last().is_some_and(|&o| self.groups[o].end <= self.groups[g].first) {
                open.pop();
            }
            self.groups[g].parent = open.last().copied();
            open.push(g);
        }
        order
    }

    /// A group that holds something of more than one line breaks.
    fn force(&mut self) {
        let mut order: Vec<usize> = (0..self.groups.len()).collect();
        order.sort_by_key(|&g| std::cmp::Reverse((self.groups[g].first, std::cmp::Reverse(self.groups[g].end), g)));
        for g in order {
            let group = &self.groups[g];
            let forced = group.forced || self.is_tall(group.first, group.end);
            self.groups[g].forced = forced;
            if let (true, Some(parent)) = (forced, self.groups[g].parent) {
                self.groups[parent].forced = true;
            }
        }
        self.forced = vec![0; self.atoms.len() + 2];
        for group in self.groups.iter().filter(|g| g.forced) {
            self.forced[group.first + 1] += 1;
        }
        for i in 1..self.forced.len() {
            self.forced[i] += self.forced[i - 1];
        }
    }

    /// Whether something in `first..end` needs more than one line by itself.
    fn is_tall(&self, first: usize, end: usize) -> bool {
        if first >= end {
            return false;
        }
        // The gap before the first atom does not count; the first atom does.
        self.atoms.is_tall(first) || self.hard[end] > self.hard[first + 1]
    }

    /// Columns of `first..end` on one line.
    pub fn flat(&self, first: usize, end: usize) -> usize {
        if first >= end { 0 } else { self.before[end - 1] + self.atoms.width(end - 1) - self.before[first] }
    }

    /// Columns after `end` up to where a line may break next.
    pub fn tail(&self, end: usize) -> usize {
        let next = self.next.get(end).copied().unwrap_or(end);
        if next > end { self.gaps[end].space + self.flat(end, next) } else { 0 }
    }

    /// Whether `first..end` stands on one line that begins at column `indent`.
    fn stands_on_one_line(&self, first: usize, end: usize, indent: usize) -> bool {
        let forced = self.forced[end] > self.forced[first];
        !forced && !self.is_tall(first, end) && indent + self.flat(first, end) + self.tail(end) <= WIDTH
    }

    /// A blank line between declarations, unless they are of one kind, stand together as written, and the second is one line
    /// (and the first too, or closed by its brace).
    fn separate_items(&mut self) {
        let mut closed = true;
        for i in 0..self.items.len() {
            let (first, end, like) = self.items[i];
            let short = self.stands_on_one_line(first, end, 0);
            let together = like && closed && short && !self.atoms.has_docs(first);
            self.gaps[first].blank = if i == 0 || together { Blank::Keep } else { Blank::Force };
            closed = short || self.atoms.text(end.saturating_sub(1)) == "}";
        }
    }

    /// Widens gaps so that the cells of a table's rows begin in the same columns.
    pub fn align(&mut self, table: &Table) {
        let mut run: Vec<Row> = Vec::new();
        for row in &table.rows {
            let mut row = row.clone();
            let ends_run = row.flat && !self.stands_on_one_line(row.cells[0].unwrap_or(row.first), row.end, row.indent);
            if ends_run {
                drop_last(&mut row);
            }
            let gap = &self.gaps[row.first];
            let blank = gap.blank == Blank::Force || (gap.blank == Blank::Keep && self.atoms.has_blank(row.first));
            if table.runs && (blank || ends_run) {
                self.align_run(&mut run, table.space);
            }
            if !(table.runs && ends_run) {
                run.push(row);
            }
        }
        self.align_run(&mut run, table.space);
    }

    fn align_run(&mut self, run: &mut Vec<Row>, space: usize) {
        if run.len() > 1 && !self.pad(run, space) {
            run.iter_mut().filter(|r| r.flat).for_each(drop_last);
            self.pad(run, space);
        }
        run.clear();
    }

    /// Does nothing, and says so, if a row that must stand on one line would become too long.
    fn pad(&mut self, rows: &[Row], space: usize) -> bool {
        let mut widths = [0; 3];
        for row in rows {
            for (column, width) in widths.iter_mut().enumerate() {
                if let (Some(cell), Some(next)) =
                    (row.cells[column], row.cells.iter().skip(column + 1).flatten().next())
                {
                    *width = (*width).max(self.flat(cell, *next));
                }
            }
        }
        let mut starts = [0; 3];
        for column in 1..3 {
            let width = widths[column - 1];
            starts[column] = starts[column - 1] + if width == 0 { 0 } else { width + space };
        }
        let mut pads = Vec::new();
        for row in rows {
            let mut at = 0;
            let cells: Vec<(usize, usize)> = (0..3).filter_map(|c| row.cells[c].map(|cell| (c, cell))).collect();
            for (k, &(column, cell)) in cells.iter().enumerate() {
                if k > 0 {
                    pads.push((cell, starts[column] - at));
                }
                let end = cells.get(k + 1).map_or(row.end, |next| next.1);
                at = starts[column] + self.flat(cell, end);
            }
            if row.flat && row.indent + at + self.tail(row.end) > WIDTH {
                return false;
            }
        }
        for (atom, spaces) in pads {
            self.gaps[atom].space = spaces;
        }
        true
    }
}

fn drop_last(row: &mut Row) {
    if let Some(last) = row.cells.iter_mut().rev().find(|c| c.is_some()) {
        *last = None;
    }
    row.flat = false;
}
