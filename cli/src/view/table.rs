//! Tables for people. Nothing is cut: what is too long for the last column goes on below, in the same column.

use journey_runtime::report::human::{Text, Tone};
use unicode_width::UnicodeWidthStr;

/// Columns of a terminal that does not say how many it has, and of pipes.
const WIDTH: usize = 100;

/// The last column is never laid out narrower than this.
const NARROWEST: usize = 32;

/// Columns to lay out in.
pub fn width() -> usize {
    terminal_size::terminal_size().map_or(WIDTH, |(width, _)| usize::from(width.0).max(40))
}

/// A table: a head, and rows of as many cells.
pub struct Table {
    indent: usize,
    head: Vec<&'static str>,
    rows: Vec<Vec<(Tone, String)>>,
    rights: Vec<usize>,
}

impl Table {
    /// An empty one, so many blanks in from the left; an empty `head` is not shown.
    pub fn new(indent: usize, head: &[&'static str]) -> Table {
        Table { indent, head: head.to_vec(), rows: Vec::new(), rights: Vec::new() }
    }

    /// With the numbers of these columns to the right.
    #[must_use]
    pub fn to_the_right(mut self, columns: &[usize]) -> Table {
        self.rights = columns.to_vec();
        self
    }

    /// Adds a row.
    pub fn row(&mut self, cells: Vec<(Tone, String)>) {
        self.rows.push(cells);
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Lays it out at the end of `out`, in so many columns of a terminal.
    pub fn write(&self, out: &mut Text, columns: usize) {
        let count = self.head.len().max(self.rows.iter().map(Vec::len).max().unwrap_or(0));
        let Some(last) = count.checked_sub(1) else { return };
        let widest = |i: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(i)).map(|(_, text)| text.width());
            cells.chain(self.head.get(i).map(|h| h.width())).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..count).map(widest).collect();
        let before = self.indent + widths[..last].iter().map(|w| w + 2).sum::<usize>();
        let room = columns.saturating_sub(before).max(NARROWEST);
        if self.head.iter().any(|h| !h.is_empty()) {
            let head: Vec<(Tone, String)> = self.head.iter().map(|h| (Tone::Dim, h.to_string())).collect();
            self.lay(out, &head, &widths, room);
        }
        for row in &self.rows {
            self.lay(out, row, &widths, room);
        }
    }

    fn lay(&self, out: &mut Text, row: &[(Tone, String)], widths: &[usize], room: usize) {
        let last = widths.len() - 1;
        let tail = row.get(last).map(|(tone, text)| (*tone, wrapped(text, room))).unwrap_or_default();
        let line = out.line();
        line.add(Tone::Plain, " ".repeat(self.indent));
        for (i, (tone, text)) in row.iter().take(last).enumerate() {
            let blanks = " ".repeat(widths[i].saturating_sub(text.width()));
            if self.rights.contains(&i) {
                line.add(Tone::Plain, blanks).add(*tone, text.clone()).add(Tone::Plain, "  ");
            } else {
                line.add(*tone, text.clone()).add(Tone::Plain, blanks + "  ");
            }
        }
        let (tone, lines) = tail;
        let before = self.indent + widths[..last].iter().map(|w| w + 2).sum::<usize>();
        for (number, text) in lines.into_iter().enumerate() {
            let line = if number == 0 { out.lines.last_mut() } else { None };
            match line {
                Some(line) => _ = line.add(tone, text),
                None => _ = out.line().add(Tone::Plain, " ".repeat(before)).add(tone, text),
            }
        }
    }
}

/// A text that is not broken at its blanks where it fits in a column at all.
pub fn unbroken(text: &str) -> String {
    if text.width() <= NARROWEST { text.replace(' ', "\u{a0}") } else { text.to_string() }
}

/// A text in lines of at most so many columns, broken at blanks; a word that is longer keeps its length.
pub fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_string()),
        }
    }
    lines.into_iter().map(|line| line.replace('\u{a0}', " ")).collect()
}

/// A text at the end of `out`, so many blanks in from the left, in so many columns of a terminal.
pub fn paragraph(out: &mut Text, tone: Tone, indent: usize, text: &str, columns: usize) {
    for line in wrapped(text, columns.saturating_sub(indent)) {
        out.line().add(tone, format!("{}{line}", " ".repeat(indent)));
    }
}

/// One line of comma-separated values (RFC 4180).
pub fn csv(cells: &[&str]) -> String {
    let cell = |text: &&str| {
        if text.contains(['"', ',', '\n', '\r']) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text.to_string()
        }
    };
    cells.iter().map(cell).collect::<Vec<_>>().join(",") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_goes_on_below() {
        let mut table = Table::new(2, &["field", "n", "used for"]).to_the_right(&[1]);
        let plain = |text: &str| (Tone::Plain, text.to_string());
        table.row(vec![plain("value"), plain("12"), plain("one two three four five six seven eight nine ten eleven")]);
        table.row(vec![plain("名前"), plain("3"), plain("")]);
        let mut out = Text::default();
        table.write(&mut out, 40);
        let expected = "  field   n  used for\n  value  12  one two three four five six\n             seven eight nine ten eleven\n  名前    3\n";
        assert_eq!(out.to_string(), expected);
    }

    #[test]
    fn cells_with_marks_are_quoted() {
        assert_eq!(csv(&["a", "b,c", "say \"x\""]), "a,\"b,c\",\"say \"\"x\"\"\"\n");
    }
}
