//! The source as the formatter sees it: atoms that stay as they are, and what stood between them.

use std::ops::Range;
use unicode_width::UnicodeWidthStr;

/// What a piece of source is to the formatter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece {
    /// A word, a mark, a number, a text.
    Atom,
    /// `// …` or `/// …`
    Comment,
}

#[derive(Debug, Clone)]
struct Atom {
    range: Range<usize>,
    /// Columns; of the first line if there are several.
    width: usize,
    /// Columns of the last line, if there are several.
    last_line: Option<usize>,
}

#[derive(Debug, Clone)]
struct Comment {
    range: Range<usize>,
    /// Stands on the line of the atom before it.
    trailing: bool,
    /// Stands right below a trailing comment, in the same column.
    continues: bool,
    /// A blank line stands before it.
    blank: bool,
    column: usize,
}

/// What stood before an atom.
#[derive(Debug, Clone, Default)]
struct Before {
    newline: bool,
    /// A blank line, after the last comment.
    blank: bool,
    comments: Range<usize>,
}

/// The source in pieces.
#[derive(Debug)]
pub(super) struct Atoms<'t> {
    source: &'t str,
    atoms: Vec<Atom>,
    /// One more than atoms: the last is what stands at the end.
    before: Vec<Before>,
    comments: Vec<Comment>,
    /// For each bracket its partner, else itself.
    partners: Vec<usize>,
    /// For each byte the first atom that begins there or after.
    at: Vec<u32>,
}

impl<'t> Atoms<'t> {
    /// From the pieces of `source`, in order. What lies in `verbatim` (in order) is one atom each.
    pub fn new(
        source: &'t str,
        pieces: impl Iterator<Item = (Piece, Range<usize>)>,
        verbatim: &[Range<usize>],
    ) -> Atoms<'t> {
        let mut this = Atoms {
            source,
            atoms: Vec::new(),
            before: Vec::new(),
            comments: Vec::new(),
            partners: Vec::new(),
            at: Vec::new(),
        };
        let mut before = Before::default();
        let mut last = 0;
        let mut verbatim = verbatim.iter().peekable();
        for (piece, mut range) in pieces {
            if range.start < last {
                continue; // inside a piece that is kept as a whole
            }
            while verbatim.next_if(|v| v.end <= range.start).is_some() {}
            let mut kind = piece;
            if let Some(whole) = verbatim.next_if(|v| v.start <= range.start && range.start < v.end) {
                (kind, range) = (Piece::Atom, whole.clone());
            }
            let lines = source[last.min(range.start)..range.start].matches('\n').count();
            before.newline |= lines > 0;
            if kind != Piece::Atom {
                range.end = range.start + source[range.clone()].trim_end().len();
            }
            last = range.end;
            if kind == Piece::Comment {
                this.comment_piece(&mut before, range, lines);
                continue;
            }
            before.blank = lines > 1;
            before.comments.end = this.comments.len();
            this.before.push(std::mem::take(&mut before));
            before.comments = this.comments.len()..this.comments.len();
            this.atom_piece(range);
        }
        before.comments.end = this.comments.len();
        this.before.push(before);
        this.index();
        this
    }

    fn comment_piece(&mut self, before: &mut Before, range: Range<usize>, lines: usize) {
        let line = self.source[..range.start].rfind('\n').map_or(0, |n| n + 1);
        let column = self.source[line..range.start].width();
        let trailing = lines == 0 && !self.atoms.is_empty();
        let continues = lines == 1
            && self.comments[before.comments.start..]
                .last()
                .is_some_and(|c| (c.trailing || c.continues) && c.column == column);
        self.comments.push(Comment { range, trailing, continues, blank: lines > 1, column });
        before.newline = true;
    }

    fn atom_piece(&mut self, range: Range<usize>) {
        let text = &self.source[range.clone()];
        let (width, last_line) = match (text.split_once('\n'), text.rsplit_once('\n')) {
            (Some((first, _)), Some((_, last))) => (first.width(), Some(last.width())),
            _ => (text.width(), None),
        };
        self.atoms.push(Atom { range, width, last_line });
    }

    fn index(&mut self) {
        self.partners = (0..self.atoms.len()).collect();
        let mut open = Vec::new();
        for i in 0..self.atoms.len() {
            match self.text(i) {
                "(" | "[" | "{" => open.push(i),
                ")" | "]" | "}" => {
                    if let Some(partner) = open.pop() {
                        (self.partners[i], self.partners[partner]) = (partner, i);
                    }
                }
                _ => {}
            }
        }
        self.at = Vec::with_capacity(self.source.len() + 1);
        for (i, atom) in self.atoms.iter().enumerate() {
            self.at.resize(atom.range.start + 1, i as u32);
        }
        self.at.resize(self.source.len() + 1, self.atoms.len() as u32);
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.atoms.len()
    }

    /// The atom that begins at `offset`, or the first one after.
    pub fn at(&self, offset: u32) -> usize {
        self.at.get(offset as usize).map_or(self.atoms.len(), |&i| i as usize)
    }

    /// As written; empty past the end.
    pub fn text(&self, i: usize) -> &'t str {
        self.atoms.get(i).map_or("", |a| &self.source[a.range.clone()])
    }

    /// The bracket that belongs to the bracket `i`.
    pub fn partner(&self, i: usize) -> usize {
        self.partners.get(i).copied().unwrap_or(i)
    }

    /// Columns, of the first line.
    pub fn width(&self, i: usize) -> usize {
        self.atoms[i].width
    }

    /// Columns of the last line, when it has several.
    pub fn last_line_width(&self, i: usize) -> Option<usize> {
        self.atoms[i].last_line
    }

    /// Whether it has several lines.
    pub fn is_tall(&self, i: usize) -> bool {
        self.atoms.get(i).is_some_and(|a| a.last_line.is_some())
    }

    /// Whether a line ended before it.
    pub fn newline(&self, i: usize) -> bool {
        self.before[i].newline
    }

    /// Whether comments stand before it.
    pub fn has_comments(&self, i: usize) -> bool {
        !self.before[i].comments.is_empty()
    }

    /// Whether comments on lines of their own stand before it.
    pub fn has_own_line_comments(&self, i: usize) -> bool {
        self.comments(i).any(|c| !self.comments[c].trailing && !self.comments[c].continues)
    }

    /// Whether doc comments stand before it.
    pub fn has_docs(&self, i: usize) -> bool {
        self.comments(i).any(|c| self.comment(c).starts_with("///"))
    }

    /// The comments before it.
    pub fn comments(&self, i: usize) -> Range<usize> {
        self.before[i].comments.clone()
    }

    /// Whether a blank line stands before it, or before a comment before it.
    pub fn has_blank(&self, i: usize) -> bool {
        self.before[i].blank || self.comments(i).any(|c| self.comments[c].blank)
    }

    /// Whether a blank line stands between it and what is before it, comments included.
    pub fn blank_after_comments(&self, i: usize) -> bool {
        self.before[i].blank
    }

    /// A comment, as written.
    pub fn comment(&self, comment: usize) -> &'t str {
        &self.source[self.comments[comment].range.clone()]
    }

    /// Its columns.
    pub fn comment_width(&self, comment: usize) -> usize {
        self.comment(comment).width()
    }

    /// Whether it stands on the line of the atom before it.
    pub fn is_trailing(&self, comment: usize) -> bool {
        self.comments[comment].trailing
    }

    /// Whether it goes on with the trailing comment above it.
    pub fn continues(&self, comment: usize) -> bool {
        self.comments[comment].continues
    }

    /// Whether a blank line stands before it.
    pub fn blank_before_comment(&self, comment: usize) -> bool {
        self.comments[comment].blank
    }

    /// Spaces before an atom, where nothing else is said.
    pub fn usual_space(&self, i: usize) -> usize {
        if i == 0 || i >= self.len() {
            return 0;
        }
        let (left, right) = (self.text(i - 1), self.text(i));
        let tight = matches!(right, "," | ")" | "]" | ":" | "?" | ".")
            || matches!(left, "(" | "[" | "." | "@")
            || (left, right) == ("{", "}")
            || (right == "(" && left.ends_with(|c: char| c.is_alphanumeric() || c == '_'));
        usize::from(!tight)
    }
}
