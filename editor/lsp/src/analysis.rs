//! A project at one moment, checked: what every answer is made from. It never changes; the next keystroke makes another.

use crate::text::Lines;
use journey_compiler::project::Checked;
use journey_compiler::prove::pressure::{Pressure, pressure};
use journey_compiler::prove::stay::{Stay, stays};
use journey_grammar::ast;
use journey_grammar::diagnostic::{Diagnostic, Severity};
use journey_grammar::span::{FileId, Span};
use journey_grammar::tokens::{Token, tokenize};
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A checked project with what is worked out from it when it is first asked for.
#[derive(Debug)]
pub struct Analysis {
    /// The program.
    pub checked: Arc<Checked>,
    /// Everything found, ordered by file and place: by the check, and what was proved or stays from earlier proofs.
    pub findings: Vec<Diagnostic>,
    by_path: BTreeMap<String, FileId>,
    lines: Vec<OnceCell<Lines>>,
    tokens: Vec<OnceCell<Vec<Token>>>,
    proven: OnceCell<Option<Proven>>,
}

/// What is proven of a program without errors, in numbers.
#[derive(Debug)]
pub struct Proven {
    /// How long runs may stay.
    pub stays: Vec<Stay>,
    /// How many messages somebody may get.
    pub pressure: Pressure,
}

impl Analysis {
    /// Of a project that was checked for an editor, with everything that was proved.
    pub fn new(checked: Checked) -> Analysis {
        let proved = checked.prove();
        Analysis::with(Arc::new(checked), proved)
    }

    /// Of a project that was checked for an editor, with what is known to be proved.
    pub fn with(checked: Arc<Checked>, proved: Vec<Diagnostic>) -> Analysis {
        let ids = (0..checked.sources.len()).filter_map(|at| u16::try_from(at).ok().map(FileId));
        let by_path = checked.sources.iter().map(|s| s.path.clone()).zip(ids).collect();
        let lines = checked.sources.iter().map(|_| OnceCell::new()).collect();
        let tokens = checked.sources.iter().map(|_| OnceCell::new()).collect();
        let findings = checked.findings_with(proved).0;
        Analysis { checked, findings, by_path, lines, tokens, proven: OnceCell::new() }
    }

    /// Whether the program must not be run.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|d| d.severity == Severity::Error)
    }

    /// What is proven of the program; none while it has errors. It is made when it is first asked for, which may take longer than
    /// anything else here.
    pub fn proven(&self) -> Option<&Proven> {
        let program = &self.checked.program;
        let make = || Proven { stays: stays(program), pressure: pressure(program) };
        self.proven.get_or_init(|| self.checked.is_sound().then(make)).as_ref()
    }

    /// The file with this path relative to the project, or of the pack of that name.
    pub fn file(&self, path: &str) -> Option<FileId> {
        self.by_path.get(path).copied()
    }

    /// The path of a file relative to the project, or the name of a pack.
    pub fn path(&self, file: FileId) -> &str {
        self.checked.sources.get(usize::from(file.0)).map_or("", |s| s.path.as_str())
    }

    /// Whether a file is a pack of the standard library, which nobody can change.
    pub fn is_pack(&self, file: FileId) -> bool {
        self.checked.sources.get(usize::from(file.0)).is_some_and(|s| s.pack)
    }

    /// The text of a file.
    pub fn text(&self, file: FileId) -> &str {
        self.checked.sources.get(usize::from(file.0)).map_or("", |s| s.text.as_str())
    }

    /// The text at a place.
    pub fn at(&self, span: Span) -> &str {
        self.text(span.file).get(span.range()).unwrap_or("")
    }

    /// The lines of a file; none when there is no such file.
    pub fn lines(&self, file: FileId) -> Option<&Lines> {
        Some(self.lines.get(usize::from(file.0))?.get_or_init(|| Lines::new(self.text(file))))
    }

    /// The tokens of a file.
    pub fn tokens(&self, file: FileId) -> &[Token] {
        match self.tokens.get(usize::from(file.0)) {
            Some(cell) => cell.get_or_init(|| tokenize(self.text(file))),
            None => &[],
        }
    }

    /// The tree of a `.journey` file or pack.
    pub fn tree(&self, file: FileId) -> Option<&ast::File> {
        self.checked.trees.iter().map(|t| &**t).find(|t| t.file == file)
    }

    /// The declaration that holds a byte.
    pub fn item(&self, file: FileId, offset: u32) -> Option<&ast::Item> {
        self.tree(file)?.items.iter().find(|i| i.span.start <= offset && offset <= i.span.end)
    }
}
