//! `journey lsp`

use crate::{Done, Ended, Failure, load};
use journey_lsp::disk::{Disk, Folder};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

pub(super) fn run() -> Done {
    let (connection, threads) = lsp_server::Connection::stdio();
    let served = journey_lsp::server::run(&connection, &Here);
    drop(connection);
    let clean =
        served.map_err(|e| Failure::new(e.to_string()).help("an editor starts this command, and speaks with it"))?;
    threads.join()?;
    Ok(if clean { Ended::Fine } else { Ended::Found })
}

/// This machine.
struct Here;

impl Disk for Here {
    fn root(&self, file: &Path) -> Option<PathBuf> {
        load::root_of(file.parent()?)
    }

    fn folder(&self, root: &Path) -> Result<Folder, String> {
        let settings = load::read(&root.join(load::SETTINGS)).map_err(|f| f.message)?;
        let files = load::files(root).map_err(|f| f.message)?;
        Ok(Folder { settings, files })
    }

    fn read(&self, root: &Path, path: &str) -> Result<String, String> {
        load::asset(root, path)
    }

    fn shelf(&self, name: &str, text: &str) -> Option<PathBuf> {
        let path = shelves()?.join(name);
        if std::fs::read(&path).is_ok_and(|there| there == text.as_bytes()) {
            return Some(path);
        }
        std::fs::create_dir_all(path.parent()?).ok()?;
        std::fs::write(&path, text).ok()?;
        Some(path)
    }

    fn now(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).map(|d| d.as_millis());
        since.ok().and_then(|ms| i64::try_from(ms).ok()).unwrap_or(0)
    }
}

/// Where programs keep what they can make again, by version, since another version has other packs.
fn shelves() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    let caches = folder("XDG_CACHE_HOME")
        .or_else(|| folder("LOCALAPPDATA"))
        .or_else(|| folder("HOME").map(|home| home.join(".cache")))
        .unwrap_or_else(std::env::temp_dir);
    Some(caches.join("journey").join(env!("CARGO_PKG_VERSION")))
}
