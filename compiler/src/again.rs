//! What is kept from one check to the next, for editors: a keystroke changes one text, and mostly one journey in it.
//!
//! Texts that are the same are not read again. A journey is not checked again as long as nothing has changed that its check may look at:
//! its own text; what the project declares beside journeys and tests, by words and places; the names and parameters of journeys; and the
//! journeys it hands over to. All else is made anew each time, so that there is little that could be forgotten. That the result is the
//! same as of a check from scratch is tested after random edits of whole projects.

use crate::hir::{Journey, JourneyId};
use crate::journey::{Effect, SetsOff};
use crate::mentions::Mention;
use crate::project::Source;
use crate::scope::{Context, Told};
use journey_grammar::ast::{self, Decl};
use journey_grammar::diagnostic::Diagnostic;
use journey_grammar::span::{FileId, Span};
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// What is kept of the check before.
#[derive(Debug, Default)]
pub struct Kept {
    /// By path.
    texts: BTreeMap<String, Text>,
    /// By the place of its name.
    journeys: BTreeMap<Span, Known>,
    /// What the project declared then.
    world: u64,
    /// It declares the same now. While names and declarations are typed, nothing is kept: it would be of no use at the next keystroke.
    settled: bool,
    /// Counts checks, so that texts which are no longer there are forgotten.
    round: u64,
}

/// A text that was read.
#[derive(Debug)]
struct Text {
    round: u64,
    file: FileId,
    text: String,
    tree: Arc<ast::File>,
    found: Vec<Diagnostic>,
    declares: u64,
}

/// A journey that was checked.
#[derive(Debug)]
struct Known {
    /// Its own tree, and those of the journeys it hands over to.
    trees: Vec<Arc<ast::File>>,
    made: Made,
}

/// What the check of a journey makes.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    pub journey: Journey,
    pub sets_off: Vec<SetsOff>,
    pub told: Vec<Told>,
    pub mentions: Vec<Mention>,
}

impl Kept {
    /// Another check begins.
    pub(crate) fn begin(&mut self) {
        self.round += 1;
    }

    /// The tree of a text, and what was found in reading it.
    pub(crate) fn parse(&mut self, file: FileId, path: &str, text: &str) -> (Arc<ast::File>, Vec<Diagnostic>) {
        if let Some(known) = self.texts.get_mut(path).filter(|k| k.file == file && k.text == text) {
            known.round = self.round;
            return (known.tree.clone(), known.found.clone());
        }
        let parsed = journey_grammar::parse::parse(file, text);
        let (tree, found) = (Arc::new(parsed.file), parsed.diagnostics);
        if self.round == 0 {
            return (tree, found); // Nobody will ask again.
        }
        let declares = declares(&tree, text);
        let text = text.to_string();
        let known = Text { round: self.round, file, text, tree: tree.clone(), found: found.clone(), declares };
        self.texts.insert(path.to_string(), known);
        (tree, found)
    }

    /// Forgets what is no longer there, and journeys if anything is declared that was not: after everything but journeys and tests has
    /// been read, taxonomies and contents too.
    pub(crate) fn compare(&mut self, trees: &[Arc<ast::File>], sources: &[Source]) {
        self.texts.retain(|_, k| k.round == self.round);
        let mut hasher = DefaultHasher::new();
        for (at, source) in sources.iter().enumerate() {
            source.path.hash(&mut hasher);
            // Of texts with a tree, what they declare; of settings, taxonomies and contents, all.
            match self.texts.get(&source.path).filter(|k| usize::from(k.file.0) == at) {
                Some(known) => known.declares.hash(&mut hasher),
                None => source.text.hash(&mut hasher),
            }
        }
        trees.len().hash(&mut hasher);
        let world = hasher.finish();
        self.settled = world == self.world;
        if !self.settled {
            self.journeys.clear();
        }
        self.world = world;
    }

    /// Everything of a journey, made by `check` if it is not known.
    pub(crate) fn journey<'a>(
        &mut self,
        cx: &Context<'a>,
        trees: &'a [Arc<ast::File>],
        id: JourneyId,
        check: impl FnOnce() -> (Journey, Vec<SetsOff>),
    ) -> (Journey, Vec<SetsOff>) {
        if !self.settled {
            return check();
        }
        let at = cx.decls.journeys[id].decl.name.span;
        let tree = |file: FileId| trees.iter().find(|t| t.file == file);
        let same = |known: &&Known| known.trees.iter().all(|k| tree(k.file).is_some_and(|t| Arc::ptr_eq(t, k)));
        if let Some(Known { made, .. }) = self.journeys.get(&at).filter(same) {
            made.told.iter().for_each(|told| cx.tell(told.clone()));
            cx.mentions.borrow_mut().extend(&made.mentions);
            return (made.journey.clone(), made.sets_off.clone());
        }
        let before = cx.mentions.borrow().len();
        cx.begin_record();
        let (journey, sets_off) = check();
        let told = cx.end_record();
        told.iter().for_each(|told| cx.tell(told.clone()));
        let mentions = cx.mentions.borrow()[before..].to_vec();
        let goals = sets_off.iter().filter_map(|s| match s.what {
            Effect::HandOff(to) => Some(cx.decls.journeys[to].item.span.file),
            _ => None,
        });
        let known = std::iter::once(at.file).chain(goals).filter_map(tree).cloned().collect();
        let made = Made { journey: journey.clone(), sets_off: sets_off.clone(), told, mentions };
        self.journeys.insert(at, Known { trees: known, made });
        (journey, sets_off)
    }
}

/// A number for all that other declarations may see of a text's declarations.
fn declares(tree: &ast::File, text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    for item in &tree.items {
        std::mem::discriminant(&item.decl).hash(&mut hasher);
        match &item.decl {
            Decl::Test(_) => {}
            Decl::Journey(journey) => {
                journey.name.text.hash(&mut hasher);
                let behind = text.get(journey.name.span.end as usize..item.span.end as usize).unwrap_or("");
                behind.split('{').next().hash(&mut hasher);
            }
            _ => {
                item.span.hash(&mut hasher);
                item.broken.hash(&mut hasher);
                text.get(item.span.range()).hash(&mut hasher);
            }
        }
    }
    hasher.finish()
}
