//! Journey beside hand-written Rust and other engines: the same work, in the same process, in the same round.
//!
//! `bench/run` builds and runs this. `docs/performance.md` says what the rows mean.

mod chart;
mod compile;
mod end;
mod engines;
mod ingest;
mod measure;
mod page;
mod random;
mod rule;
mod source;
mod step;
mod table;

use measure::Race;
use std::path::PathBuf;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How much is done.
pub struct Scale {
    /// Little: to see that all of it works.
    pub quick: bool,
    /// Where peers that are programs of their own are installed; none: they are left out.
    pub outside: Option<PathBuf>,
    /// For files that are made.
    pub scratch: PathBuf,
    /// Of the step and the row `end`: only races whose titles have this in them.
    pub races: String,
    /// Of both: only contestants whose names have this in them, and the floor.
    pub only: String,
}

impl Scale {
    /// Rounds that are counted.
    pub fn rounds(&self, full: usize) -> usize {
        if self.quick { full.min(3) } else { full }
    }
}

/// What makes a row's races.
type Row = fn(&Scale) -> Result<Vec<Race>, String>;

const ROWS: [(&str, Row); 5] =
    [("rule", rule::run), ("step", step::run), ("ingest", ingest::run), ("end", end::run), ("compile", compile::run)];

const USAGE: &str = "usage: journey-bench [--quick] [--rows rule,step,…] [--races TEXT] [--only TEXT] [--outside FOLDER] [--scratch FOLDER] [--json FILE] [--chart FILE] [--page FILE] [--conditions TEXT]";

fn main() -> ExitCode {
    // Some peers walk their trees by recursion.
    let work = std::thread::Builder::new().stack_size(256 << 20).spawn(run);
    match work.map(|thread| thread.join()) {
        Ok(Ok(Ok(()))) => ExitCode::SUCCESS,
        Ok(Ok(Err(message))) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
        _ => ExitCode::FAILURE,
    }
}

fn run() -> Result<(), String> {
    let mut scale =
        Scale { quick: false, outside: None, scratch: std::env::temp_dir(), races: String::new(), only: String::new() };
    let mut rows: Vec<String> = ROWS.iter().map(|(name, _)| name.to_string()).collect();
    let (mut json, mut picture, mut page) = (None, None, None);
    let mut conditions = String::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value\n{USAGE}"));
        match argument.as_str() {
            "--quick" => scale.quick = true,
            "--rows" => rows = value()?.split(',').map(str::to_string).collect(),
            "--outside" => scale.outside = Some(value()?.into()),
            "--scratch" => scale.scratch = value()?.into(),
            "--races" => scale.races = value()?,
            "--only" => scale.only = value()?,
            "--json" => json = Some(value()?),
            "--chart" => picture = Some(value()?),
            "--page" => page = Some(value()?),
            "--conditions" => conditions = value()?,
            _ => return Err(format!("{argument} is unknown\n{USAGE}")),
        }
    }
    println!("{conditions}\n");
    let mut races = Vec::new();
    for name in &rows {
        let row = ROWS.iter().find(|(known, _)| known == name);
        let (_, row) =
            row.ok_or_else(|| format!("there is no row {name}; there are {}", ROWS.map(|(name, _)| name).join(", ")))?;
        for race in row(&scale)? {
            println!("{}", table::markdown(&race));
            races.push(race);
        }
    }
    let write = |path: &str, text: &str| std::fs::write(path, text).map_err(|error| format!("{path}: {error}"));
    // The newest of each row, also of those that were not run now.
    let mut all = races.clone();
    if let Some(path) = json {
        if let Ok(text) = std::fs::read_to_string(&path) {
            let before: Vec<Race> = serde_json::from_str(&text).map_err(|error| format!("{path}: {error}"))?;
            all.extend(before.into_iter().filter(|race| !rows.iter().any(|row| race.row == *row)));
            all.sort_by_key(|race| ROWS.iter().position(|(name, _)| race.row == *name));
        }
        write(&path, &serde_json::to_string_pretty(&all).map_err(|error| error.to_string())?)?;
    }
    if let Some(path) = picture {
        write(&path, &chart::svg(&all))?;
    }
    if let Some(path) = page {
        let mut text = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        for name in &rows {
            let tables: Vec<String> = races.iter().filter(|race| race.row == *name).map(table::markdown).collect();
            text = page::fill(&text, name, &format!("{conditions}\n\n{}", tables.join("\n")))?;
        }
        write(&path, &text)?;
    }
    Ok(())
}
