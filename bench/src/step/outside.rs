//! Peers that are programs of their own (Node, Python): the same mix at a size they can do.
//!
//! They read the events from a file, time their own work (CPU time, after the file is read), and say how many sends there were.

use super::{Event, Mix, Sends, by_hand, events, floor::Table, id};
use crate::Scale;
use crate::measure::{Contestant, Kind, Race, Sample, race};
use serde::Deserialize;
use std::io::Write;
use std::path::Path;
use std::process::Command;

/// What a peer says at its end: one line of JSON.
#[derive(Deserialize)]
struct Said {
    /// CPU seconds.
    seconds: f64,
    events: u64,
    first: u64,
    second: u64,
    bytes: Option<u64>,
}

/// Name, what it is, command and its arguments in the folder of peers, events it can do.
const PEERS: [(&str, &str, &[&str], usize); 3] = [
    (
        "JavaScript by hand",
        "Node 20, a Map and queues",
        &["node", "--expose-gc", "--max-old-space-size=6000", "step.mjs", "hand"],
        200_000,
    ),
    (
        "XState 5 actors",
        "Node 20, `after` timers on a simulated clock",
        &["node", "--expose-gc", "--max-old-space-size=6000", "step.mjs", "xstate"],
        200_000,
    ),
    ("durable-rules 2", "Python, in memory; it counts carts, without timers", &["venv/bin/python", "step.py"], 10_000),
];

/// Customers of these races.
const CUSTOMERS: u64 = 10_000;

/// A race for each peer's number of events; none when peers are not installed.
pub fn run(scale: &Scale) -> Result<Vec<Race>, String> {
    let Some(folder) = &scale.outside else { return Ok(Vec::new()) };
    let mut races = Vec::new();
    let mut sizes: Vec<usize> = PEERS.iter().map(|peer| peer.3).collect();
    sizes.dedup();
    for size in sizes {
        let events = events(CUSTOMERS, size, Mix::Uniform);
        let file = scale.scratch.join(format!("step-{size}.json"));
        write(&file, &events).map_err(|error| format!("{}: {error}", file.display()))?;
        let carts = events.iter().filter(|event| event.kind == super::CART).count() as u64;
        let mut contestants = vec![Contestant::new(Kind::Floor, "Rust by hand, table of ids", "as above", |_| {
            by_hand(&mut Table::new(CUSTOMERS, (0..CUSTOMERS).map(id)), &events, CUSTOMERS)
        })];
        contestants.extend(super::ours::contestants(&events, CUSTOMERS)?);
        for &(name, what, command, _) in PEERS.iter().filter(|peer| peer.3 == size) {
            // Without timers there is nothing to send: what it has counted must be right.
            let want = name.starts_with("durable").then(|| Sends { first: carts, second: 0 }.check());
            let file = &file;
            contestants.push(Contestant::new(Kind::Peer, name, what, move |_| match ask(folder, command, file) {
                Ok(said) => Sample {
                    seconds: said.seconds,
                    units: said.events,
                    check: Sends { first: said.first, second: said.second }.check(),
                    want,
                    bytes: said.bytes,
                },
                Err(message) => {
                    eprintln!("{name}: {message}");
                    Sample { seconds: f64::NAN, units: 1, check: u64::MAX, want, bytes: None }
                }
            }));
        }
        let title = format!(
            "step, {} customers, {} events: other engines",
            crate::table::thousands(CUSTOMERS),
            crate::table::thousands(size as u64)
        );
        races.push(race("step", title, "event", 1, contestants)?);
    }
    Ok(races)
}

fn write(path: &Path, events: &[Event]) -> std::io::Result<()> {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
    let mut before = "[";
    for event in events {
        write!(file, "{before}[{},{},{},{}]", event.number, event.at, event.kind, event.value)?;
        before = ",\n";
    }
    writeln!(file, "]")
}

fn ask(folder: &Path, command: &[&str], file: &Path) -> Result<Said, String> {
    // A program in the folder, or one that the system knows.
    let program = folder.join(command[0]);
    let program = if program.exists() { program } else { command[0].into() };
    let output = Command::new(program)
        .args(&command[1..])
        .arg(file)
        .current_dir(folder)
        .output()
        .map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().last().unwrap_or_default();
    serde_json::from_str(last).map_err(|error| format!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}
