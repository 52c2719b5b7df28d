//! What was proved stays in sight while somebody types.
//!
//! Proofs take longer than a keystroke may: they are made beside the server when typing pauses. Until then the findings of earlier
//! proofs stay where nothing was changed, at the place where their declaration stands now, so that nothing flickers.

use journey_compiler::project::Checked;
use journey_grammar::diagnostic::Diagnostic;
use journey_grammar::span::{FileId, Span};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;

/// A program that is to be proved.
#[derive(Debug)]
pub struct Job {
    /// The project's folder.
    pub root: PathBuf,
    /// Which of its analyses.
    pub revision: u64,
    /// The program.
    pub checked: Arc<Checked>,
}

/// What was proved.
#[derive(Debug)]
pub struct Proved {
    /// The project's folder.
    pub root: PathBuf,
    /// Which of its analyses it is about.
    pub revision: u64,
    /// What was found, in no order; none when the proof itself failed.
    pub found: Option<Vec<Diagnostic>>,
}

impl Job {
    /// Does it. Nothing ends the thread it runs in.
    pub fn run(self) -> Proved {
        let found = catch_unwind(AssertUnwindSafe(|| self.checked.prove())).ok();
        Proved { root: self.root, revision: self.revision, found }
    }
}

/// The findings of an earlier program's proofs that are about declarations which stand unchanged in a newer one, at their places there.
pub fn carried(proved: &[Diagnostic], old: &Checked, new: &Checked) -> Vec<Diagnostic> {
    let mut moves = Moves { old, new, known: BTreeMap::new() };
    let moved = proved.iter().filter_map(|d| {
        let mut d = d.clone();
        for label in &mut d.labels {
            label.span = moves.span(label.span)?;
        }
        for fix in &mut d.fixes {
            for (span, _) in &mut fix.edits {
                *span = moves.span(*span)?;
            }
        }
        // What is wrong with its place now says more.
        let at = d.span();
        let hidden = new.diagnostics.iter().any(|other| {
            let other = other.span();
            other.file == at.file && other.start < at.end && at.start < other.end
        });
        (!hidden).then_some(d)
    });
    moved.collect()
}

/// Where unchanged declarations have gone to.
struct Moves<'c> {
    old: &'c Checked,
    new: &'c Checked,
    /// By file: those of the beginning and of the end that are unchanged, and how far they have moved.
    known: BTreeMap<FileId, Option<(FileId, Vec<Moved>)>>,
}

struct Moved {
    span: Span,
    by: i64,
}

impl Moves<'_> {
    fn span(&mut self, span: Span) -> Option<Span> {
        let (old, new) = (self.old, self.new);
        let known = self.known.entry(span.file).or_insert_with(|| moves(old, new, span.file));
        let (file, all) = known.as_ref()?;
        let by = all.iter().find(|m| m.span.start <= span.start && span.end <= m.span.end)?.by;
        let place = |at: u32| u32::try_from(i64::from(at) + by).ok();
        Some(Span { file: *file, start: place(span.start)?, end: place(span.end)? })
    }
}

fn moves(old: &Checked, new: &Checked, file: FileId) -> Option<(FileId, Vec<Moved>)> {
    let source = old.sources.get(usize::from(file.0))?;
    let at = new.sources.iter().position(|s| s.path == source.path)?;
    let (id, target) = (FileId(u16::try_from(at).ok()?), &new.sources[at]);
    if target.text == source.text {
        let end = u32::try_from(source.text.len()).ok()?;
        return Some((id, vec![Moved { span: Span { file, start: 0, end }, by: 0 }]));
    }
    let tree = |checked: &Checked, file: FileId| checked.trees.iter().find(|t| t.file == file).cloned();
    let (before, after) = (tree(old, file)?, tree(new, id)?);
    let (before, after) = (&before.items, &after.items);
    let same = |a: Span, b: Span| source.text.get(a.range()) == target.text.get(b.range());
    let moved = |a: Span, b: Span| Moved { span: a, by: i64::from(b.start) - i64::from(a.start) };
    let first = before.iter().zip(after).take_while(|(a, b)| same(a.span, b.span));
    let mut all: Vec<Moved> = first.map(|(a, b)| moved(a.span, b.span)).collect();
    let rest = before.len().min(after.len()) - all.len();
    let last = before.iter().rev().zip(after.iter().rev()).take(rest).take_while(|(a, b)| same(a.span, b.span));
    all.extend(last.map(|(a, b)| moved(a.span, b.span)));
    Some((id, all))
}
