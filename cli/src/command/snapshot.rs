//! `journey snapshot`

use crate::args::Snapshot;
use crate::output::{self, BAD, GOOD, styled};
use crate::{Done, Ended, Failure, load};
use journey_runtime::listing;
use similar::{ChangeTag, TextDiff};

/// The listing beside the sources.
const NAME: &str = "journey.listing";

pub(super) fn run(args: &Snapshot) -> Done {
    super::or_found(super::compile(&args.project)?, |compiled| {
        let path = compiled.root.join(NAME);
        let new = listing::listing(&compiled.image);
        if !args.check {
            std::fs::write(&path, &new)
                .map_err(|e| Failure::new(format!("cannot write {}: {e}", load::show(&path))))?;
            output::note(&format!("{} {}", styled(GOOD, "wrote"), load::show(&path)));
            return Ok(Ended::Fine);
        }
        if !path.exists() {
            return Err(Failure::new(format!("there is no {}", load::show(&path)))
                .help("write it with `journey snapshot`, and keep it with the sources"));
        }
        let old = load::read(&path)?;
        if old == new {
            output::note(&format!("{} the program compiles to the listing beside it", styled(GOOD, "ok")));
            return Ok(Ended::Fine);
        }
        output::print(&difference(&old, &new));
        output::note(&format!(
            "{} what the program compiles to has changed; if that is meant, run `journey snapshot`",
            styled(BAD, "changed")
        ));
        Ok(Ended::Found)
    })
}

/// Changed lines with three lines round them.
fn difference(old: &str, new: &str) -> String {
    let diff = TextDiff::from_lines(old, new);
    let mut out = String::new();
    for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
        out.push_str(&format!("{}\n", hunk.header()));
        for change in hunk.iter_changes() {
            let line = change.value().trim_end_matches('\n');
            let line = match change.tag() {
                ChangeTag::Delete => styled(BAD, format!("-{line}")),
                ChangeTag::Insert => styled(GOOD, format!("+{line}")),
                ChangeTag::Equal => format!(" {line}"),
            };
            out.push_str(&line);
            out.push('\n');
        }
    }
    out
}
