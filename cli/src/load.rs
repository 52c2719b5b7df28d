//! Reading a project from its folder.

use crate::Failure;
use journey_compiler::project::{Checked, Project};
use std::path::{Path, PathBuf};

/// The name of the file that makes a folder a project.
pub const SETTINGS: &str = "journey.toml";

/// Sources larger than this are not journeys.
const LARGEST: u64 = 16 << 20;

/// A project's folder and what stands in it.
#[derive(Debug)]
pub struct Loaded {
    /// The folder.
    pub root: PathBuf,
    /// The text of `journey.toml`.
    pub settings: String,
    /// Path and text of each `.journey` file.
    pub files: Vec<(String, String)>,
}

/// The project that `path` (a folder, its `journey.toml`, or a file below it) belongs to.
pub fn project(path: &Path) -> Result<Loaded, Failure> {
    let root = root(path)?;
    let settings = read(&root.join(SETTINGS))?;
    let files = files(&root)?;
    if files.is_empty() {
        return Err(Failure::new(format!("there is no .journey file in {}", show(&root)))
            .help("add one, or make a project that runs with `journey new NAME`"));
    }
    Ok(Loaded { root, settings, files })
}

impl Loaded {
    /// What stands before the project's paths as seen from the current folder, where the project is below it: `shop/`.
    pub fn way_from_here(&self) -> String {
        let here = std::env::current_dir().and_then(|here| here.canonicalize());
        let way = here.ok().zip(self.root.canonicalize().ok());
        let way = way.and_then(|(here, root)| root.strip_prefix(here).ok().map(Path::to_path_buf));
        let folders = way.iter().flat_map(|way| way.iter());
        folders.map(|folder| folder.to_string_lossy().into_owned() + "/").collect()
    }

    /// Checks it.
    pub fn check(&self) -> Checked {
        let assets = |path: &str| asset(&self.root, path);
        journey_compiler::check::check(&Project {
            settings: self.settings.clone(),
            files: self.files.clone(),
            assets: &assets,
            packs: journey_stdlib::packs(),
        })
    }
}

/// The nearest folder upward from `path` that has a `journey.toml`.
fn root(path: &Path) -> Result<PathBuf, Failure> {
    let metadata = std::fs::metadata(path).map_err(|e| unreadable(path, &e))?;
    let start = if metadata.is_dir() { Some(path) } else { path.parent() };
    let absolute = std::path::absolute(start.unwrap_or(path)).map_err(|e| unreadable(path, &e))?;
    if let Some(folder) = root_of(&absolute) {
        // As the person wrote it, when it is that very folder.
        return Ok(match start {
            Some(start) if folder == absolute && !start.as_os_str().is_empty() => start.to_path_buf(),
            _ => folder,
        });
    }
    Err(Failure::new(format!("{} is no journey project: there is no {SETTINGS} in it or above it", show(path)))
        .help("`journey new NAME` makes a project"))
}

/// The nearest folder that is a project: this one, or one above it.
pub fn root_of(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().find(|folder| folder.join(SETTINGS).is_file()).map(Path::to_path_buf)
}

/// The `.journey` files below `root` that git would see, without those of projects further down.
pub fn files(root: &Path) -> Result<Vec<(String, String)>, Failure> {
    let top = root.to_path_buf();
    let walk = ignore::WalkBuilder::new(root)
        .require_git(false)
        .filter_entry(move |entry| {
            let folder = entry.file_type().is_some_and(|t| t.is_dir());
            !folder || entry.path() == top || !entry.path().join(SETTINGS).is_file()
        })
        .build();
    let mut files = Vec::new();
    for entry in walk {
        let entry = entry.map_err(|e| Failure::new(format!("cannot read the project: {e}")))?;
        let path = entry.path();
        if entry.file_type().is_some_and(|t| t.is_file()) && path.extension().is_some_and(|e| e == "journey") {
            let below = path.strip_prefix(root).unwrap_or(path);
            let name = below.components().map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
            files.push((name, read(path)?));
        }
    }
    files.sort();
    Ok(files)
}

/// The text of a file; says where it is no UTF-8.
pub fn read(path: &Path) -> Result<String, Failure> {
    let length = std::fs::metadata(path).map_err(|e| unreadable(path, &e))?.len();
    if length > LARGEST {
        return Err(Failure::new(format!(
            "{} is larger than {} MB, too large for a source file",
            show(path),
            LARGEST >> 20
        )));
    }
    let bytes = std::fs::read(path).map_err(|e| unreadable(path, &e))?;
    text(path, bytes)
}

/// Bytes as text; says where they are no UTF-8.
pub fn text(path: &Path, bytes: Vec<u8>) -> Result<String, Failure> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at].iter().filter(|b| **b == b'\n').count() + 1;
        Failure::new(format!("{} is not UTF-8 text: line {line} has a byte that belongs to no character", show(path)))
            .help("save the file as UTF-8")
    })
}

/// A file that the project names, for the compiler.
pub fn asset(root: &Path, path: &str) -> Result<String, String> {
    let inside = Path::new(path).components().all(|c| matches!(c, std::path::Component::Normal(_)));
    if !inside {
        return Err("it must be a path inside the project".to_string());
    }
    read(&root.join(path)).map_err(|f| f.message)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    let why = match error.kind() {
        std::io::ErrorKind::NotFound => "it does not exist".to_string(),
        std::io::ErrorKind::PermissionDenied => "there is no right to read it".to_string(),
        _ => error.to_string(),
    };
    Failure::new(format!("cannot read {}: {why}", show(path)))
}

/// A path for people.
pub fn show(path: &Path) -> String {
    if path.as_os_str().is_empty() { ".".to_string() } else { path.display().to_string() }
}
