//! `journey infer` and `journey import`: declarations made of data, and of other tools' schemas.

use super::data::against::lines;
use crate::args::{Import, Infer};
use crate::output::{self, FAINT, GOOD, count, styled, thousands};
use crate::{Done, Ended, Failure, load};
use journey_compiler::project::Project;
use journey_contracts::draft::Draft;
use journey_contracts::import::{self, Kind};
use journey_contracts::infer::{Known, infer};
use journey_contracts::observe::{Observed, outside};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// `journey infer`
pub(super) fn events(args: &Infer) -> Done {
    let mut observed = Observed::default();
    let (mut number, mut unread) = (0u64, 0u64);
    lines(&args.events, args.quiet, |line| {
        number += 1;
        if line.iter().all(u8::is_ascii_whitespace) {
            return;
        }
        let message: Value = serde_json::from_slice(line).unwrap_or(Value::Null);
        match outside(&message) {
            Some(outside) => observed.take(number, &outside),
            None => unread += 1,
        }
    })?;
    if observed.events.is_empty() && observed.identify.count == 0 {
        return Err(Failure::new(format!("there are no events in {}", load::show(&args.events)))
            .help("events are JSON lines, as Segment or CloudEvents have them: see `docs/events.md`"));
    }
    let packs = packs();
    let known = Known { packs: packs.iter().map(|(wire, pack)| (wire.clone(), pack.as_str())).collect() };
    let mut draft = infer(&observed, &known);
    let what =
        args.events.file_name().map_or_else(|| "standard input".to_string(), |n| n.to_string_lossy().into_owned());
    let mut notes = vec![
        format!("made by `journey infer` of {what}: {} lines", thousands(number)),
        "all that came keeps to it; what may come yet, only people know: go through it before relying on it"
            .to_string(),
    ];
    if unread > 0 {
        notes.push(format!("{} are no events or joined names, and left out", count(unread as usize, "line")));
    }
    notes.append(&mut draft.notes);
    draft.notes = notes;
    write(&draft, args.output.as_deref())
}

/// `journey import`
pub(super) fn schema(args: &Import) -> Done {
    let text = load::read(&args.schema)?;
    let shown = load::show(&args.schema);
    let document: Value = serde_json::from_str(&text).map_err(|e| {
        Failure::new(format!("{shown} is not JSON: {e}")).help("export the plan as JSON, not as a spreadsheet")
    })?;
    let called = args.schema.file_stem().map_or_else(|| "event".to_string(), |s| s.to_string_lossy().into_owned());
    let called = called.strip_suffix(".schema").unwrap_or(&called).to_string();
    let (kind, mut draft) =
        import::import(&document, &called).map_err(|why| Failure::new(format!("cannot use {shown}: {why}")))?;
    let kind = match kind {
        Kind::JsonSchema => "a JSON Schema",
        Kind::TrackingPlan => "a tracking plan",
    };
    let file = args.schema.file_name().unwrap_or_default().to_string_lossy().into_owned();
    draft.notes.insert(0, format!("made by `journey import` of {file}, {kind}"));
    write(&draft, args.output.as_deref())
}

/// Wire names that the packs of the standard library declare, with the pack.
fn packs() -> Vec<(String, String)> {
    let uses: String = journey_stdlib::packs().iter().map(|(name, _)| format!("use {name}\n")).collect();
    let none = |_: &str| Err("no files".to_string());
    let checked = journey_compiler::check::check(&Project {
        settings: "[project]\nname = \"packs\"\ntime_zone = \"UTC\"\ncurrency = \"EUR\"\n".to_string(),
        files: vec![("packs.journey".to_string(), uses)],
        assets: &none,
        packs: journey_stdlib::packs(),
    });
    let events = checked.program.events.iter().filter(|e| e.about.from_pack);
    events.map(|e| (e.wire.clone(), checked.sources[usize::from(e.about.span.file.0)].path.clone())).collect()
}

fn write(draft: &Draft, to: Option<&Path>) -> Done {
    let text = draft.write().map_err(|found| {
        let first = found.first().map_or(String::new(), |d| d.message.clone());
        Failure::new(format!("what was made cannot be read again: {first}"))
            .help("this is a defect of the command, not of the data; please report it")
    })?;
    let Some(to) = to.filter(|to| *to != Path::new("-")) else {
        output::print(&text);
        return Ok(Ended::Fine);
    };
    let to: PathBuf = to.into();
    if to.exists() {
        return Err(Failure::new(format!("{} is there already", load::show(&to)))
            .help("what somebody may have worked on is not written over: give another name, or remove the file"));
    }
    std::fs::write(&to, text).map_err(|e| Failure::new(format!("cannot write {}: {e}", load::show(&to))))?;
    let fields: usize =
        draft.events.iter().chain(&draft.records).map(|e| e.fields.len()).sum::<usize>() + draft.profile.len();
    let left: usize = draft.events.iter().chain(&draft.records).map(|e| e.left_out.len()).sum();
    output::line(&format!(
        "{} {}: {} with {}",
        styled(GOOD, "made"),
        load::show(&to),
        count(draft.events.len(), "event"),
        count(fields, "field"),
    ));
    if left > 0 {
        output::line(&styled(FAINT, format!("what could not be said stands in comments: {} `left out`", left)));
    }
    Ok(Ended::Fine)
}
