//! What is open, which projects there are, and what was told of them.

use super::client::Client;
use super::notification;
use crate::analysis::Analysis;
use crate::disk::Disk;
use crate::project::{Project, SETTINGS};
use crate::proofs::{Job, Proved};
use crate::text::Lines;
use gen_lsp_types as lt;
use journey_grammar::codes::Code;
use journey_grammar::span::FileId;
use lsp_server::{Message, Notification, Request, RequestId, Response};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// A text that is open in the editor.
pub(crate) struct Document {
    /// As the client writes it.
    pub uri: lt::Uri,
    pub version: i32,
    pub text: String,
    lines: Lines,
}

/// A file of a project, and the project at this moment.
pub(crate) struct Place {
    /// The project's folder.
    pub root: PathBuf,
    pub analysis: Rc<Analysis>,
    pub file: FileId,
}

pub(crate) struct State<'d> {
    pub disk: &'d dyn Disk,
    pub client: Client,
    /// By path; what is on no disk is known by its uri.
    pub documents: BTreeMap<PathBuf, Document>,
    /// By folder; a file without a project by its own path.
    pub projects: BTreeMap<PathBuf, Project>,
    /// Where packs stand for the editor, and their names.
    packs: BTreeMap<PathBuf, String>,
    /// The project that was worked on last: packs are read in its sight.
    last: Option<PathBuf>,
    /// Messages to be sent.
    pub out: Vec<Message>,
    /// What was sent of each file, so that it is not sent twice.
    pub told: BTreeMap<PathBuf, Vec<lt::Diagnostic>>,
    /// The last tokens that were sent of each file, with their number.
    pub painted: BTreeMap<PathBuf, (u64, Vec<u32>)>,
    /// Counts requests of ours and answers that may be asked for again.
    pub counter: u64,
    /// Where the pages of codes stand for the editor, as far as they were asked for.
    pages: RefCell<BTreeMap<&'static str, Option<lt::Uri>>>,
    /// Pictures that the client was asked to show.
    pub showing: BTreeMap<RequestId, PathBuf>,
    /// The version of each open file that was last told.
    pub told_versions: BTreeMap<PathBuf, i32>,
}

impl<'d> State<'d> {
    pub fn new(disk: &'d dyn Disk, client: Client) -> State<'d> {
        State {
            disk,
            client,
            documents: BTreeMap::new(),
            projects: BTreeMap::new(),
            packs: BTreeMap::new(),
            last: None,
            out: Vec::new(),
            told: BTreeMap::new(),
            painted: BTreeMap::new(),
            counter: 0,
            pages: RefCell::default(),
            showing: BTreeMap::new(),
            told_versions: BTreeMap::new(),
        }
    }

    /// What is said once, at the beginning.
    pub fn begin(&mut self) {
        for (name, text) in journey_stdlib::packs() {
            if let Some(path) = self.disk.shelf(&format!("{}.journey", name.replace('.', "/")), text) {
                self.packs.insert(path, (*name).to_string());
            }
        }
        if self.client.watches {
            let globs = ["**/*.journey", "**/journey.toml", "**/*.{html,htm,txt,md,csv}"];
            let watchers: Vec<Value> = globs.iter().map(|g| json!({ "globPattern": g })).collect();
            let registration = json!({ "registrations": [{
                "id": "files",
                "method": "workspace/didChangeWatchedFiles",
                "registerOptions": { "watchers": watchers },
            }] });
            self.ask("client/registerCapability", registration);
        }
    }

    /// Asks the client for something, and goes on.
    pub fn ask(&mut self, method: &str, params: Value) -> RequestId {
        self.counter += 1;
        let id = RequestId::from(format!("journey-{}", self.counter));
        self.out.push(Message::Request(Request { id: id.clone(), method: method.to_string(), params }));
        id
    }

    /// Takes an answer of the client: a picture that it could not show can be looked at all the same.
    pub fn answered(&mut self, response: &Response) {
        let Some(path) = self.showing.remove(&response.id) else { return };
        let shown = response.response_result.as_ref().is_ok_and(|r| r["success"].as_bool().unwrap_or(true));
        if !shown {
            self.say(lt::MessageType::Info, format!("the picture is at {}", path.display()));
        }
    }

    /// Says something to the person.
    pub fn say(&mut self, kind: lt::MessageType, message: String) {
        self.out.push(notification::<lt::ShowMessageNotification>(lt::ShowMessageParams { kind, message }));
    }

    /// Says something in the client's log.
    pub fn log(&mut self, message: &str) {
        let params = json!({ "type": 1, "message": message });
        self.out.push(notification::<lt::LogMessageNotification>(params));
    }

    /// Takes notice of what the client tells.
    pub fn notice(&mut self, told: Notification) {
        let Notification { method, params } = told;
        match method.as_str() {
            "textDocument/didOpen" => with(params, |p: lt::DidOpenTextDocumentParams| {
                let document = p.text_document;
                self.open(document.uri, document.version, document.text);
            }),
            "textDocument/didChange" => with(params, |p| self.change(p)),
            "textDocument/didClose" => {
                with(params, |p: lt::DidCloseTextDocumentParams| self.close(&p.text_document.uri));
            }
            "textDocument/didSave" if !self.client.watches => {
                with(params, |p: lt::DidSaveTextDocumentParams| self.on_disk(&p.text_document.uri));
            }
            "workspace/didChangeWatchedFiles" => with(params, |p: lt::DidChangeWatchedFilesParams| {
                for event in &p.changes {
                    self.on_disk(&event.uri);
                }
                self.refresh();
            }),
            _ => {}
        }
    }

    fn open(&mut self, uri: lt::Uri, version: i32, text: String) {
        let path = path_of(&uri);
        let lines = Lines::new(&text);
        self.load(&path);
        self.documents.insert(path.clone(), Document { uri, version, text, lines });
        self.hand_over(&path);
    }

    fn change(&mut self, params: lt::DidChangeTextDocumentParams) {
        let path = path_of(&params.text_document.text_document_identifier.uri);
        let encoding = self.client.encoding;
        let Some(document) = self.documents.get_mut(&path) else { return };
        document.version = params.text_document.version;
        for change in params.content_changes {
            match change {
                lt::TextDocumentContentChangeEvent::TextDocumentContentChangePartial(part) => {
                    let start = document.lines.offset(&document.text, part.range.start, encoding) as usize;
                    let end = document.lines.offset(&document.text, part.range.end, encoding) as usize;
                    document.text.replace_range(start..end.max(start), &part.text);
                }
                lt::TextDocumentContentChangeEvent::TextDocumentContentChangeWholeDocument(whole) => {
                    document.text = whole.text;
                }
            }
            document.lines = Lines::new(&document.text);
        }
        self.hand_over(&path);
    }

    /// Gives the text of an open file to its project.
    fn hand_over(&mut self, path: &Path) {
        let Some(text) = self.documents.get(path).map(|d| d.text.clone()) else { return };
        if let Some((root, below)) = self.owner(path)
            && let Some(project) = self.projects.get_mut(&root)
        {
            project.open(below, text);
            self.last = Some(root);
        }
    }

    fn close(&mut self, uri: &lt::Uri) {
        let path = path_of(uri);
        self.documents.remove(&path);
        self.painted.remove(&path);
        self.told_versions.remove(&path);
        let Some((root, below)) = self.owner(&path) else { return };
        let Some(project) = self.projects.get_mut(&root) else { return };
        project.close(&below);
        if !project.has_settings() && project.is_idle() {
            self.projects.remove(&root);
            self.told_nothing(&path);
        }
    }

    /// A file has changed on disk.
    fn on_disk(&mut self, uri: &lt::Uri) {
        let path = path_of(uri);
        if path.file_name().is_some_and(|n| n == SETTINGS) {
            // A folder may have become a project, or be one no longer.
            let open: Vec<PathBuf> = self.documents.keys().cloned().collect();
            let gone: Vec<PathBuf> =
                self.projects.iter().filter(|(_, p)| !p.has_settings()).map(|(root, _)| root.clone()).collect();
            for root in gone {
                self.projects.remove(&root);
            }
            for path in open {
                self.load(&path);
                self.hand_over(&path);
            }
        }
        for (root, project) in &mut self.projects {
            if path.starts_with(root) {
                project.reload(self.disk);
            }
        }
    }

    /// Asks the client to ask again for what may have changed without a keystroke.
    pub fn refresh(&mut self) {
        if self.client.pulls && self.client.pulls_again {
            self.ask("workspace/diagnostic/refresh", Value::Null);
        }
        if self.client.lenses_again {
            self.ask("workspace/codeLens/refresh", Value::Null);
        }
        if self.client.hints_again {
            self.ask("workspace/inlayHint/refresh", Value::Null);
        }
    }

    /// Loads the project a file belongs to, if it is not there yet.
    fn load(&mut self, path: &Path) {
        if self.owner(path).is_some() || self.packs.contains_key(path) {
            return;
        }
        let project = match self.disk.root(path) {
            Some(root) => match Project::load(self.disk, root) {
                Ok(project) => project,
                Err(why) => {
                    self.log(&format!("the project cannot be read: {why}"));
                    return;
                }
            },
            None if path.extension().is_some_and(|e| e == "journey") => {
                let folder = path.parent().unwrap_or(path).to_path_buf();
                self.projects.insert(path.to_path_buf(), Project::loose(folder));
                return;
            }
            None => return,
        };
        self.projects.insert(project.root.clone(), project);
    }

    /// The project of a file (by its key), and the file's path in it.
    pub fn owner(&self, path: &Path) -> Option<(PathBuf, String)> {
        if let Some(project) = self.projects.get(path) {
            return Some((path.to_path_buf(), project.below(path)?));
        }
        let nearest = path.ancestors().find(|a| self.projects.get(*a).is_some_and(Project::has_settings))?;
        // A project further down that is not loaded yet is another one.
        if self.disk.root(path).is_some_and(|root| root != nearest && root.starts_with(nearest)) {
            return None;
        }
        Some((nearest.to_path_buf(), self.projects.get(nearest)?.below(path)?))
    }

    /// The file a uri stands for, in the newest analysis of its project. None for what the project does not read.
    pub fn place(&mut self, uri: &lt::Uri) -> Option<Place> {
        let path = path_of(uri);
        let (root, below) = match self.packs.get(&path) {
            Some(pack) => (self.last.clone()?, pack.clone()),
            None => self.owner(&path)?,
        };
        let analysis = self.projects.get_mut(&root)?.analysis(self.disk);
        let file = analysis.file(&below)?;
        Some(Place { root, analysis, file })
    }

    /// [`State::place`], with everything proved that can be: for what must not go wrong.
    pub fn place_proved(&mut self, uri: &lt::Uri) -> Option<Place> {
        let place = self.place(uri)?;
        let analysis = self.projects.get_mut(&place.root)?.complete(self.disk);
        Some(Place { analysis, ..place })
    }

    /// What of a project is to be proved next.
    pub fn to_prove(&self) -> Option<Job> {
        self.projects.iter().find_map(|(root, project)| {
            let checked = project.to_prove()?;
            Some(Job { root: root.clone(), revision: project.revision, checked })
        })
    }

    /// Takes what was proved, and tells what is new.
    pub fn proved(&mut self, proved: Proved) {
        let Some(project) = self.projects.get_mut(&proved.root) else { return };
        if !project.take(proved.revision, proved.found) {
            return;
        }
        if self.client.pulls {
            if self.client.pulls_again {
                self.ask("workspace/diagnostic/refresh", Value::Null);
            }
        } else {
            let analysis = project.analysis(self.disk);
            self.tell_of(&proved.root, &analysis);
        }
    }

    /// The path of a file of a project, for the editor.
    pub fn path(&self, root: &Path, analysis: &Analysis, file: FileId) -> Option<PathBuf> {
        let name = analysis.path(file);
        if analysis.is_pack(file) {
            return self.packs.iter().find(|(_, pack)| *pack == name).map(|(path, _)| path.clone());
        }
        Some(self.projects.get(root)?.root.join(name))
    }

    /// The uri of a path: as the client writes it, where it has it open.
    pub fn uri(&self, path: &Path) -> Option<lt::Uri> {
        if let Some(document) = self.documents.get(path) {
            return Some(document.uri.clone());
        }
        lt::Uri::from_file_path(path).ok().or_else(|| lt::Uri::parse(path.to_str()?).ok())
    }

    /// The page of a code, for the editor.
    pub fn page(&self, code: Code) -> Option<lt::Uri> {
        let make = || self.uri(&self.disk.shelf(&format!("codes/{code}.md"), code.page())?);
        self.pages.borrow_mut().entry(code.as_str()).or_insert_with(make).clone()
    }

    /// The version of a file, where it is open.
    pub fn version(&self, path: &Path) -> Option<i32> {
        self.documents.get(path).map(|d| d.version)
    }
}

/// The path of a uri; the uri itself for what is on no disk.
pub(crate) fn path_of(uri: &lt::Uri) -> PathBuf {
    uri.to_file_path().unwrap_or_else(|()| PathBuf::from(uri.as_str()))
}

fn with<P: serde::de::DeserializeOwned>(params: Value, f: impl FnOnce(P)) {
    // What cannot be read is not for us.
    if let Ok(params) = serde_json::from_value(params) {
        f(params);
    }
}
