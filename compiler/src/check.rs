//! From the texts of a project to the checked program.

pub use crate::again::Kept;
use crate::mentions::Mentions;
use crate::project::{Checked, Project, Source};
use crate::scope::{Context, Kind, listed};
use crate::severity::TurnedOff;
use crate::{collect, declare, journey, prove, settings, severity, test};
use journey_grammar::ast::{self, Decl, Path};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::{Diagnostic, Severity, nearest};
use journey_grammar::span::FileId;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Checks a project. Never fails: what is wrong is said in [`Checked::diagnostics`].
pub fn check(project: &Project) -> Checked {
    let mut checked = check_all(project, &mut Kept::default(), false);
    let proved = checked.prove();
    (checked.diagnostics, checked.turned_off) = checked.findings_with(proved);
    checked
}

/// [`check`] for an editor: what is `kept` from the time before is not made again, and every name is written down with what it stands
/// for, in [`Checked::mentions`]. What has to be proved is not among the findings; it takes longer, and may come later
/// ([`Checked::prove`], [`Checked::findings_with`]).
pub fn check_again(project: &Project, kept: &mut Kept) -> Checked {
    let mut checked = check_all(project, kept, true);
    (checked.diagnostics, checked.turned_off) = checked.findings_with(Vec::new());
    checked
}

impl Checked {
    /// Whether the check itself found no error, however much the project says it matters: so that something can be proved.
    pub fn is_sound(&self) -> bool {
        !self.found.iter().any(|d| d.severity == Severity::Error)
    }

    /// What can be proved of the program, in no order: nothing as long as it has errors.
    pub fn prove(&self) -> Vec<Diagnostic> {
        if !self.is_sound() {
            return Vec::new();
        }
        prove::prove(&self.program, &self.sources, &self.found)
    }

    /// The findings of the check together with what was proved: by file and place, as much as the project says they matter; and those
    /// that it turned off.
    pub fn findings_with(&self, proved: Vec<Diagnostic>) -> (Vec<Diagnostic>, Vec<TurnedOff>) {
        let all = self.found.iter().cloned().chain(proved).collect();
        severity::apply(in_order(all), &self.adjusted)
    }
}

/// Everything but the findings in order.
fn check_all(project: &Project, kept: &mut Kept, noting: bool) -> Checked {
    if noting {
        kept.begin();
    }
    let mut sources = vec![Source { path: "journey.toml".into(), text: project.settings.clone(), pack: false }];
    let mut found = Vec::new();
    let mut trees = Vec::new();
    // A `FileId` has room for 65,536 files; what is beyond is reported, not read.
    let room = usize::from(u16::MAX) - project.packs.len();
    for (path, text) in project.files.iter().take(room) {
        add(&mut sources, &mut trees, &mut found, kept, path, text, false);
    }
    let mut packs = Packs { missing: false, known: project.packs, used: BTreeSet::new() };
    packs.load(&mut sources, &mut trees, &mut found, kept);

    let mut cx = Context::new(project.assets, sources);
    cx.noting = noting;
    cx.diagnostics.borrow_mut().extend(found);
    let settings = settings::check(&cx, &project.settings);
    let adjusted = severity::read(&cx, &project.settings);
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
    if noting {
        kept.compare(&trees, &cx.sources);
    }
    journey::check_journeys(&mut cx, &trees, noting.then_some(kept));
    declare::finish(&mut cx);
    test::check_tests(&mut cx);

    let Context { program, sources, diagnostics, mentions, .. } = cx;
    let mentions = if noting { Mentions::new(mentions.into_inner(), &program) } else { Mentions::default() };
    let found = diagnostics.into_inner();
    let (diagnostics, turned_off) = (Vec::new(), Vec::new());
    Checked { sources, trees, settings, program, mentions, diagnostics, turned_off, found, adjusted }
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
    trees: &mut Vec<Arc<ast::File>>,
    found: &mut Vec<Diagnostic>,
    kept: &mut Kept,
    path: &str,
    text: &str,
    pack: bool,
) {
    // There is room: the caller sees to it.
    let file = FileId(sources.len() as u16);
    sources.push(Source { path: path.to_string(), text: text.to_string(), pack });
    let (tree, mistakes) = kept.parse(file, path, text);
    trees.push(tree);
    found.extend(mistakes);
}

/// The packs that are used, by the project or by other packs.
struct Packs<'a> {
    /// One is named that there is not, or a `use` could not be read.
    missing: bool,
    known: &'a [(&'a str, &'a str)],
    used: BTreeSet<String>,
}

impl<'a> Packs<'a> {
    fn load(
        &mut self,
        sources: &mut Vec<Source>,
        trees: &mut Vec<Arc<ast::File>>,
        found: &mut Vec<Diagnostic>,
        kept: &mut Kept,
    ) {
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
                    add(sources, trees, found, kept, name, text, true);
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
