//! The stable text form of an image, for review: what a program reads and remembers, and what each journey does.
//!
//! Everything is named as in the program; numbers stand only where control goes. The same meaning gives the same text: there are no
//! paths, hashes or versions of tools in it, and a change of one journey leaves the others' lines as they were.

mod code;
mod customer;
mod journey;
mod reads;
#[cfg(test)]
mod tests;
mod words;

use crate::image::{FnId, Image, ListTy};
use crate::layout::Layout;
use crate::pool::Pool;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// The listing of an image.
pub fn listing(image: &Image) -> String {
    let mut out = Out {
        image,
        pool: Pool::new(image),
        layout: Layout::new(image, 0),
        text: String::new(),
        expressions: Vec::new(),
        members: BTreeMap::new(),
    };
    out.customer();
    for (at, journey) in image.journeys.iter().enumerate() {
        out.journey(at as u16, journey);
    }
    // Rows without a second column would end in spaces.
    let lines: Vec<&str> = out.text.lines().map(str::trim_end).collect();
    lines.join("\n") + "\n"
}

/// What is written, and what it is written from.
struct Out<'a> {
    image: &'a Image,
    pool: Pool,
    layout: Layout,
    text: String,
    /// Functions that the present part has named; their code follows at its end.
    expressions: Vec<FnId>,
    /// The lists whose members queries' functions are about.
    members: BTreeMap<FnId, ListTy>,
}

impl<'a> Out<'a> {
    fn line(&mut self, indent: usize, text: impl std::fmt::Display) {
        let _ = writeln!(self.text, "{:indent$}{text}", "");
    }

    fn blank(&mut self) {
        self.text.push('\n');
    }

    /// A part of the listing; nothing for one without rows.
    fn part(&mut self, title: &str, rows: Vec<(String, String)>) {
        if rows.is_empty() {
            return;
        }
        self.blank();
        self.line(0, title);
        self.rows(2, rows);
    }

    /// Rows of two columns.
    fn rows(&mut self, indent: usize, rows: Vec<(String, String)>) {
        let width = rows.iter().map(|row| row.0.chars().count()).filter(|width| *width <= 40).max().unwrap_or(0);
        for (first, second) in rows {
            self.line(indent, format!("{first:width$}  {second}"));
        }
    }

    /// A function in the program's words; its code is written at the end of the part.
    fn expression(&mut self, function: FnId) -> &'a str {
        if !self.expressions.contains(&function) {
            self.expressions.push(function);
        }
        self.image.functions.get(function as usize).map_or("?", |function| function.text.as_str())
    }

    /// The code of the functions that were named, and of those they name.
    fn expressions(&mut self) {
        let title = self.text.len();
        let mut written: BTreeSet<String> = BTreeSet::new();
        let mut next = 0;
        while let Some(function) = self.expressions.get(next).copied() {
            next += 1;
            let code = self.function(function);
            // Two functions of one text and one code are one to a reader.
            if written.insert(code.clone()) {
                self.text.push_str(&code);
            }
        }
        if self.text.len() > title {
            self.text.insert_str(title, "\n  expressions\n");
        }
        self.expressions.clear();
    }
}
