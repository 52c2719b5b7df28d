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

use clap::Parser;
use measure::Race;
use std::fmt::Display;
use std::path::{Path, PathBuf};
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

/// Journey beside hand-written Rust and other engines: one table a race, with ratios to the floor.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// A little of all, to see that it works
    #[arg(long)]
    quick: bool,
    /// Only these rows
    #[arg(long, value_name = "ROW", value_delimiter = ',', value_parser = ROWS.map(|(name, _)| name), default_values = ROWS.map(|(name, _)| name))]
    rows: Vec<String>,
    /// Of the rows `step` and `end`, only races whose titles have this in them
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    races: String,
    /// Only contestants whose names have this in them, and the floor; of the same rows
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    only: String,
    /// Where engines that are programs of their own are installed; without it, they are left out
    #[arg(long, value_name = "FOLDER")]
    outside: Option<PathBuf>,
    /// Where events and effects are written while it runs [default: the system's folder for such files]
    #[arg(long, value_name = "FOLDER")]
    scratch: Option<PathBuf>,
    /// What stands above the tables: when and on what they were measured
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    conditions: String,
    /// Write the numbers here; those of rows that were not run are kept
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Draw the newest numbers of all rows here (SVG)
    #[arg(long, value_name = "FILE")]
    chart: Option<PathBuf>,
    /// Put the tables into this page, between its marks
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // Some peers walk their trees by recursion.
    let work = std::thread::Builder::new().stack_size(256 << 20).spawn(|| run(arguments));
    match work.map(|thread| thread.join()) {
        Ok(Ok(Ok(()))) => ExitCode::SUCCESS,
        Ok(Ok(Err(message))) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
        _ => ExitCode::FAILURE,
    }
}

fn run(arguments: Arguments) -> Result<(), String> {
    let Arguments { quick, rows, races, only, outside, scratch, conditions, json, chart, page } = arguments;
    let scale = Scale { quick, outside, scratch: scratch.unwrap_or_else(std::env::temp_dir), races, only };
    println!("{conditions}\n");
    let mut races = Vec::new();
    for (_, row) in ROWS.iter().filter(|(name, _)| rows.iter().any(|row| row == name)) {
        for race in row(&scale)? {
            println!("{}", table::markdown(&race));
            races.push(race);
        }
    }
    let failed = |path: &Path, error: &dyn Display| format!("{}: {error}", path.display());
    let write = |path: &Path, text: &str| std::fs::write(path, text).map_err(|error| failed(path, &error));
    // The newest of each row, also of those that were not run now.
    let mut all = races.clone();
    if let Some(path) = json {
        if let Ok(text) = std::fs::read_to_string(&path) {
            let before: Vec<Race> = serde_json::from_str(&text).map_err(|error| failed(&path, &error))?;
            all.extend(before.into_iter().filter(|race| !rows.iter().any(|row| race.row == *row)));
            all.sort_by_key(|race| ROWS.iter().position(|(name, _)| race.row == *name));
        }
        write(&path, &serde_json::to_string_pretty(&all).map_err(|error| error.to_string())?)?;
    }
    if let Some(path) = chart {
        write(&path, &chart::svg(&all))?;
    }
    if let Some(path) = page {
        let mut text = std::fs::read_to_string(&path).map_err(|error| failed(&path, &error))?;
        for name in &rows {
            let tables: Vec<String> = races.iter().filter(|race| race.row == *name).map(table::markdown).collect();
            text = page::fill(&text, name, &format!("{conditions}\n\n{}", tables.join("\n")))?;
        }
        write(&path, &text)?;
    }
    Ok(())
}
