//! From the texts of a project to the checked program.

use crate::project::{Checked, Project, Source};
use crate::scope::{Context, Kind, listed};
use crate::{collect, declare, journey, settings, test};
use journey_grammar::ast::{self, Decl, Path};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::{Diagnostic, nearest};
use journey_grammar::span::FileId;
use std::collections::BTreeSet;

/// Checks a project. Never fails: what is wrong is said in [`Checked::diagnostics`].
pub fn check(project: &Project) -> Checked {
    let mut sources = vec![Source { path: "journey.toml".into(), text: project.settings.clone(), pack: false }];
    let mut found = Vec::new();
    let mut trees = Vec::new();
    // A `FileId` has room for 65,536 files; what is beyond is reported, not read.
    let room = usize::from(u16::MAX) - project.packs.len();
    for (path, text) in project.files.iter().take(room) {
        add(&mut sources, &mut trees, &mut found, path, text, false);
    }
    let mut packs = Packs { missing: false, known: project.packs, used: BTreeSet::new() };
    packs.load(&mut sources, &mut trees, &mut found);

    let mut cx = Context::new(project.assets, sources);
    cx.diagnostics.borrow_mut().extend(found);
    let settings = settings::check(&cx, &project.settings);
    if let Some(settings) = &settings {
        cx.program.name.clone_from(&settings.project.name);
        cx.program.time_zone.clone_from(&settings.project.time_zone);
        cx.program.currency.clone_from(&settings.project.currency);
    } else {
        // The rest is checked all the same, as if this stood there.
        cx.program.time_zone = "UTC".into();
        cx.program.currency = "EUR".into();
    }
    if packs.missing {
        for kind in Kind::ALL {
            cx.names.unclear(kind);
        }
    }
    collect::collect(&mut cx, &trees);
    settings::names(&cx, &project.settings);
    declare::declare(&mut cx);
    journey::check_journeys(&mut cx);
    declare::finish(&mut cx);
    test::check_tests(&mut cx);

    let Context { program, sources, diagnostics, .. } = cx;
    let diagnostics = in_order(diagnostics.into_inner());
    Checked { sources, trees, settings, program, diagnostics }
}

/// Findings of one file that are shown. Who has more has pasted something that is no journey, or will mend these first.
const SHOWN: usize = 100;

/// The first findings of each file; what is left out is said in one more.
fn bounded(diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut kept: Vec<Diagnostic> = Vec::new();
    for of_file in diagnostics.chunk_by(|a, b| a.span().file == b.span().file) {
        kept.extend(of_file.iter().take(SHOWN).cloned());
        if let Some(next) = of_file.get(SHOWN) {
            let message = format!("{} more findings in this file are not shown", of_file.len() - SHOWN);
            kept.push(Diagnostic::new(Code::TooManyMistakes, next.span(), message, "from here on"));
        }
    }
    kept
}

/// By file and place, each finding once.
fn in_order(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    diagnostics
        .sort_by(|a, b| (a.span(), a.severity, a.code, &a.message).cmp(&(b.span(), b.severity, b.code, &b.message)));
    diagnostics.dedup_by(|a, b| a.span() == b.span() && a.code == b.code && a.message == b.message);
    bounded(diagnostics)
}

fn add(
    sources: &mut Vec<Source>,
    trees: &mut Vec<ast::File>,
    found: &mut Vec<Diagnostic>,
    path: &str,
    text: &str,
    pack: bool,
) {
    // There is room: the caller sees to it.
    let file = FileId(sources.len() as u16);
    sources.push(Source { path: path.to_string(), text: text.to_string(), pack });
    let parsed = journey_grammar::parse::parse(file, text);
    trees.push(parsed.file);
    found.extend(parsed.diagnostics);
}

/// The packs that are used, by the project or by other packs.
struct Packs<'a> {
    /// One is named that there is not, or a `use` could not be read.
    missing: bool,
    known: &'a [(&'a str, &'a str)],
    used: BTreeSet<String>,
}

impl<'a> Packs<'a> {
    fn load(&mut self, sources: &mut Vec<Source>, trees: &mut Vec<ast::File>, found: &mut Vec<Diagnostic>) {
        let mut next = 0;
        while next < trees.len() {
            let mut wanted: Vec<Path> = Vec::new();
            for item in &trees[next].items {
                match &item.decl {
                    Decl::Use(path) => wanted.push(path.clone()),
                    Decl::Broken { kind: Some(kind), .. } if kind == "use" => self.missing = true,
                    _ => {}
                }
            }
            next += 1;
            for path in wanted {
                let name = path.text();
                if !self.used.insert(name.clone()) {
                    continue;
                }
                let known = match self.known.iter().find(|(known, _)| *known == name) {
                    Some(known) => Some(*known),
                    None => {
                        found.push(self.unknown(&name, &path));
                        // The one that was probably meant is read instead, so that its names are known.
                        let near = self.near(&name);
                        self.missing |= near.is_none();
                        near.filter(|(near, _)| self.used.insert(near.to_string()))
                    }
                };
                if let Some((name, text)) = known {
                    add(sources, trees, found, name, text, true);
                }
            }
        }
    }

    fn near(&self, name: &str) -> Option<(&'a str, &'a str)> {
        let names = || self.known.iter().map(|(name, _)| *name);
        let near =
            names().find(|n| n.rsplit('.').next() == name.rsplit('.').next()).or_else(|| nearest(name, names()))?;
        self.known.iter().find(|(known, _)| *known == near).copied()
    }

    fn unknown(&self, name: &str, path: &Path) -> Diagnostic {
        let names = || self.known.iter().map(|(name, _)| *name);
        let near = self.near(name).map(|(near, _)| near);
        let label = near.map_or("not in the standard library".to_string(), |near| format!("did you mean `{near}`?"));
        let d = Diagnostic::new(Code::UnknownPack, path.span, format!("there is no pack `{name}`"), label);
        match near {
            Some(near) => d.fix(format!("change it to `{near}`"), path.span, near),
            None => d.help(format!("there are {}", listed(names(), "and"))),
        }
    }
}
