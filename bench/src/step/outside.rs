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
#[derive(Deserialize, Default)]
struct Said {
    /// CPU seconds.
    seconds: f64,
    events: u64,
    first: u64,
    second: u64,
    bytes: Option<u64>,
}

/// A program in the folder of peers.
struct Peer {
    name: &'static str,
    what: &'static str,
    /// What must be installed there.
    needs: &'static str,
    command: &'static [&'static str],
    /// Events it can do in a few seconds.
    events: usize,
    /// It has no timers, and counts carts instead of sends.
    counts_carts: bool,
}

const PEERS: [Peer; 3] = [
    Peer {
        name: "JavaScript by hand",
        what: "Node, a Map and queues",
        needs: "step.mjs",
        command: &["node", "--expose-gc", "--max-old-space-size=6000", "step.mjs", "hand"],
        events: 200_000,
        counts_carts: false,
    },
    Peer {
        name: "XState 5 actors",
        what: "Node, `after` timers on a simulated clock",
        needs: "node_modules/xstate",
        command: &["node", "--expose-gc", "--max-old-space-size=6000", "step.mjs", "xstate"],
        events: 200_000,
        counts_carts: false,
    },
    Peer {
        name: "durable-rules 2",
        what: "Python, in memory, without timers",
        needs: "venv/bin/python",
        command: &["venv/bin/python", "step.py"],
        events: 10_000,
        counts_carts: true,
    },
];

/// Customers of these races.
const CUSTOMERS: u64 = 10_000;

/// A race for each peer's number of events; none when peers are not installed.
pub fn run(scale: &Scale) -> Result<Vec<Race>, String> {
    let Some(folder) = &scale.outside else { return Ok(Vec::new()) };
    let mut races = Vec::new();
    let mut sizes: Vec<usize> = PEERS.iter().map(|peer| peer.events).collect();
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
        let file = &file;
        for peer in PEERS.iter().filter(|peer| peer.events == size && folder.join(peer.needs).exists()) {
            // Without timers there is nothing to send: what it has counted must be right.
            let want = peer.counts_carts.then(|| Sends { first: carts, second: 0 }.check());
            contestants.push(Contestant::new(Kind::Peer, peer.name, peer.what, move |_| {
                let said = ask(folder, peer.command, file).unwrap_or_else(|message| {
                    eprintln!("{}: {message}", peer.name);
                    Said::default()
                });
                Sample {
                    seconds: said.seconds,
                    units: said.events,
                    check: Sends { first: said.first, second: said.second }.check(),
                    want,
                    bytes: said.bytes,
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
