//! The outside world, as the server is given it: whoever starts the server brings it, so that tests can bring another.

use std::path::{Path, PathBuf};

/// A project's files as they stand on disk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folder {
    /// The text of `journey.toml`.
    pub settings: String,
    /// Path (relative, `/` between) and text of each `.journey` file, sorted by path.
    pub files: Vec<(String, String)>,
}

/// Answers for files.
pub trait Disk {
    /// The nearest folder upward from a file that is a project.
    fn root(&self, file: &Path) -> Option<PathBuf>;

    /// What stands in a project's folder, or why it cannot be read, in words.
    fn folder(&self, root: &Path) -> Result<Folder, String>;

    /// The text of a file that a project names, by its path relative to the project; or why it cannot be read, in words.
    fn read(&self, root: &Path, path: &str) -> Result<String, String>;

    /// Where a text of ours (a pack, the page of a code) can be read by the editor; it is put there when it is not there yet. None
    /// when there is no such place.
    fn shelf(&self, name: &str, text: &str) -> Option<PathBuf>;

    /// What time it is: milliseconds since 1970 UTC. Only examples of moments are made of it.
    fn now(&self) -> i64;
}
