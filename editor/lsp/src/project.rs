//! A project as the server keeps it: what is on disk, what is open and not saved, and the last analysis.

use crate::analysis::Analysis;
use crate::disk::{Disk, Folder};
use crate::proofs::carried;
use journey_compiler::check::{Kept, check_again};
use journey_compiler::project::{Checked, Project as Brought};
use journey_grammar::diagnostic::Diagnostic;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

/// The settings of a file that belongs to no project.
const LOOSE: &str = "[project]\nname = \"untitled\"\ntime_zone = \"UTC\"\ncurrency = \"EUR\"\n";

/// The name of a project's settings.
pub const SETTINGS: &str = "journey.toml";

/// One project.
pub struct Project {
    /// Its folder.
    pub root: PathBuf,
    /// It is a single file without a `journey.toml`.
    loose: bool,
    folder: Folder,
    /// Texts that are open, by their path relative to the folder.
    open: BTreeMap<String, String>,
    /// Files that it names, as they were read.
    named: RefCell<BTreeMap<String, Result<String, String>>>,
    kept: Kept,
    analysis: Option<Rc<Analysis>>,
    /// What the newest analysis knows to be proved: by its own proofs, or by earlier ones.
    proved: Vec<Diagnostic>,
    /// The newest analysis has been proved itself.
    settled: bool,
    /// Something changed since the analysis was made.
    stale: bool,
    /// Counts analyses.
    pub revision: u64,
}

impl Project {
    /// The project in a folder.
    pub fn load(disk: &dyn Disk, root: PathBuf) -> Result<Project, String> {
        let folder = disk.folder(&root)?;
        Ok(Project::new(root, folder, false))
    }

    /// A file that belongs to no project: it is checked by itself.
    pub fn loose(folder: PathBuf) -> Project {
        Project::new(folder, Folder { settings: LOOSE.to_string(), files: Vec::new() }, true)
    }

    fn new(root: PathBuf, folder: Folder, loose: bool) -> Project {
        Project {
            root,
            loose,
            folder,
            open: BTreeMap::new(),
            named: RefCell::default(),
            kept: Kept::default(),
            analysis: None,
            proved: Vec::new(),
            settled: false,
            stale: true,
            revision: 0,
        }
    }

    /// Reads everything on disk again.
    pub fn reload(&mut self, disk: &dyn Disk) {
        if !self.loose
            && let Ok(folder) = disk.folder(&self.root)
        {
            self.folder = folder;
        }
        self.named.borrow_mut().clear();
        self.stale = true;
    }

    /// Whether the settings of this project are on disk.
    pub fn has_settings(&self) -> bool {
        !self.loose
    }

    /// The path of a file relative to the project; none when it stands outside.
    pub fn below(&self, path: &Path) -> Option<String> {
        let below = path.strip_prefix(&self.root).ok()?;
        Some(below.components().map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/"))
    }

    /// A file is open with this text, saved or not.
    pub fn open(&mut self, path: String, text: String) {
        if self.open.get(&path) != Some(&text) {
            self.open.insert(path, text);
            self.stale = true;
        }
    }

    /// A file is no longer open: what is on disk counts again.
    pub fn close(&mut self, path: &str) {
        self.stale |= self.open.remove(path).is_some();
    }

    /// Whether nothing of it is open.
    pub fn is_idle(&self) -> bool {
        self.open.is_empty()
    }

    /// Whether the analysis is of an older text.
    pub fn is_stale(&self) -> bool {
        self.stale || self.analysis.is_none()
    }

    /// The texts as they stand now, with other texts in place of some.
    fn brought(&self, instead: &BTreeMap<String, String>) -> (String, Vec<(String, String)>) {
        let open = |path: &str| instead.get(path).or_else(|| self.open.get(path));
        let settings = open(SETTINGS).filter(|_| !self.loose).unwrap_or(&self.folder.settings).clone();
        let mut files: BTreeMap<String, String> = self.folder.files.iter().cloned().collect();
        for (path, text) in self.open.iter().chain(instead) {
            if path.ends_with(".journey") {
                files.insert(path.clone(), text.clone());
            }
        }
        (settings, files.into_iter().collect())
    }

    fn check(&self, disk: &dyn Disk, kept: &mut Kept, instead: &BTreeMap<String, String>) -> Checked {
        let (settings, files) = self.brought(instead);
        let assets = |path: &str| -> Result<String, String> {
            if let Some(text) = instead.get(path).or_else(|| self.open.get(path)) {
                return Ok(text.clone());
            }
            let mut named = self.named.borrow_mut();
            named.entry(path.to_string()).or_insert_with(|| disk.read(&self.root, path)).clone()
        };
        let project = Brought { settings, files, assets: &assets, packs: journey_stdlib::packs() };
        check_again(&project, kept)
    }

    /// The project as it stands now, checked. What has to be proved is there as far as it is known ([`crate::proofs`]).
    pub fn analysis(&mut self, disk: &dyn Disk) -> Rc<Analysis> {
        if !self.stale
            && let Some(analysis) = &self.analysis
        {
            return analysis.clone();
        }
        let mut kept = std::mem::take(&mut self.kept);
        let checked = Arc::new(self.check(disk, &mut kept, &BTreeMap::new()));
        self.kept = kept;
        self.proved = match &self.analysis {
            Some(before) => carried(&self.proved, &before.checked, &checked),
            None => Vec::new(),
        };
        self.settled = false;
        self.stale = false;
        self.revision += 1;
        // To take a large program to pieces takes a while, and nobody needs to wait for it.
        if let Some(before) = self.analysis.take().and_then(Rc::into_inner) {
            let before = before.checked;
            std::thread::spawn(move || drop(before));
        }
        self.show(checked)
    }

    fn show(&mut self, checked: Arc<Checked>) -> Rc<Analysis> {
        let analysis = Rc::new(Analysis::with(checked, self.proved.clone()));
        self.analysis = Some(analysis.clone());
        analysis
    }

    /// The project as it stands now, checked and proved.
    pub fn complete(&mut self, disk: &dyn Disk) -> Rc<Analysis> {
        let analysis = self.analysis(disk);
        if self.settled || !analysis.checked.is_sound() {
            return analysis;
        }
        let found = analysis.checked.prove();
        self.settle(analysis.checked.clone(), found)
    }

    /// What is to be proved of the newest analysis; none when it is stale, has errors, or is proved.
    pub fn to_prove(&self) -> Option<Arc<Checked>> {
        let analysis = self.analysis.as_ref().filter(|_| !self.stale && !self.settled)?;
        analysis.checked.is_sound().then(|| analysis.checked.clone())
    }

    /// Takes what was proved of an analysis, if that is still the newest one. Whether anything is known now that was not.
    pub fn take(&mut self, revision: u64, found: Option<Vec<Diagnostic>>) -> bool {
        let Some(before) = self.analysis.clone().filter(|_| self.revision == revision && !self.stale && !self.settled)
        else {
            return false;
        };
        // A proof that failed is not made again.
        let found = found.unwrap_or_else(|| self.proved.clone());
        self.settle(before.checked.clone(), found).findings != before.findings
    }

    /// The newest analysis, with its own proofs.
    fn settle(&mut self, checked: Arc<Checked>, found: Vec<Diagnostic>) -> Rc<Analysis> {
        self.proved = found;
        self.settled = true;
        self.show(checked)
    }

    /// What it would be with other texts in place of some, by path; proved.
    pub fn supposing(&mut self, disk: &dyn Disk, instead: &BTreeMap<String, String>) -> Analysis {
        let mut kept = std::mem::take(&mut self.kept);
        let checked = self.check(disk, &mut kept, instead);
        self.kept = kept;
        Analysis::new(checked)
    }
}
