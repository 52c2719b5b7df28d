//! `journey doc`

use crate::args::Doc;
use crate::output::{self, GOOD, WARN, styled};
use crate::{Done, Ended, Failure, load};
use std::path::Path;
use std::process::{Command, Stdio};

pub(super) fn run(args: &Doc) -> Done {
    let Some(compiled) = super::compile(&args.project)? else { return Ok(Ended::Found) };
    let pages = journey_site::pages(&compiled.checked.program, &compiled.checked.sources);
    for (path, text) in &pages {
        let file = args.output.join(path);
        let cannot = |e: std::io::Error| Failure::new(format!("cannot write {}: {e}", load::show(&file)));
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder).map_err(cannot)?;
        }
        std::fs::write(&file, text).map_err(cannot)?;
    }
    let count = pages.iter().filter(|(path, _)| path.ends_with(".html")).count();
    let front = args.output.join("index.html");
    output::note(&format!("{} {}: {}", styled(GOOD, "wrote"), output::count(count, "page"), load::show(&front)));
    if args.open && !open(&front) {
        output::note(&format!("{} there is no program here that opens pages", styled(WARN, "note:")));
    }
    Ok(Ended::Fine)
}

/// Opens a page in whatever the system opens pages with; whether there is such a thing.
fn open(page: &Path) -> bool {
    let page = std::path::absolute(page).unwrap_or_else(|_| page.to_path_buf());
    let mut command = if cfg!(target_os = "macos") {
        Command::new("open")
    } else if cfg!(windows) {
        Command::new("explorer")
    } else {
        Command::new("xdg-open")
    };
    command.arg(page).stdout(Stdio::null()).stderr(Stdio::null()).spawn().is_ok()
}
