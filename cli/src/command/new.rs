//! `journey new`

use crate::args::New;
use crate::output::{self, BOLD, GOOD, styled};
use crate::{Done, Ended, Failure, load};

/// The files of a new project: name and text, with `NAME` for its name.
pub const FILES: [(&str, &str); 4] = [
    ("journey.toml", include_str!("../../template/journey.toml")),
    ("welcome.journey", include_str!("../../template/welcome.journey")),
    ("events.jsonl", include_str!("../../template/events.jsonl")),
    ("README.md", include_str!("../../template/README.md")),
];

pub(super) fn run(args: &New) -> Done {
    let path = &args.path;
    let name = path
        .file_name()
        .map(|n| n.to_string_lossy().to_string())
        .filter(|n| n.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-'))
        .ok_or_else(|| {
            Failure::new(format!("`{}` cannot name a project", load::show(path)))
                .help("use letters, digits, `_` and `-`: `journey new spring_campaign`")
        })?;
    if std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Failure::new(format!("{} is there already, and not empty", load::show(path)))
            .help("choose another name, or an empty folder"));
    }
    let cannot = |e: std::io::Error| Failure::new(format!("cannot write into {}: {e}", load::show(path)));
    std::fs::create_dir_all(path).map_err(cannot)?;
    for (file, text) in FILES {
        std::fs::write(path.join(file), text.replace("NAME", &name)).map_err(cannot)?;
    }
    output::note(&format!("{} {}", styled(GOOD, "made"), load::show(path)));
    let folder = load::show(path);
    for (command, does) in [
        (format!("journey check {folder}"), "finds every mistake"),
        (format!("journey test {folder}"), "runs its tests"),
        (format!("journey run {folder} --trace ana"), "runs it over events.jsonl, and tells ana's story"),
    ] {
        output::note(&format!("  {}  {does}", styled(BOLD, format!("{command:<40}"))));
    }
    Ok(Ended::Fine)
}
