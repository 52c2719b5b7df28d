//! Row `end`: from a file of events to a file of effects.
//!
//! The shop of `journey_tests::work`: an abandoned cart keyed by cart, with consent, caps, quiet hours, a goal, and a message that is
//! waited for; events of a year in the form of the Segment specification. They stand in memory as JSON lines, and in a file in columns
//! (Parquet) that was made of them before. Effects are written to a file as JSON lines, in order of time.

use crate::Scale;
use crate::engines;
use crate::ingest::scan::{Lines, PADDING, moment};
use crate::measure::{Contestant, Kind, Race, Sample, held_to, race, timed, timed_by_process, timed_by_wall};
use crate::source;
use crate::table::thousands;
use journey_columns::{History, Replay};
use journey_runtime::batch::Engine;
use journey_runtime::host::memory::{self, Options};
use journey_runtime::ingest::Decoder;
use journey_runtime::program::Program;
use journey_tests::work;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use xxhash_rust::xxh3::Xxh3Default;

/// Events for each customer.
const EACH: u64 = 10;

/// The races.
pub fn run(scale: &Scale) -> Result<Vec<Race>, String> {
    let unit: u64 = if scale.quick { 20_000 } else { 500_000 };
    let mut races = Vec::new();
    races.extend(engines(scale, 2 * unit, Mix::Visits)?);
    races.extend(engines(scale, 2 * unit, Mix::Carts)?);
    races.extend(sizes(scale, unit)?);
    races.extend(journeys(scale, unit)?);
    races.extend(cores(scale, 1_000_000)?);
    Ok(races)
}

/// How events stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum From {
    Lines,
    Columns,
}

impl From {
    const ALL: [From; 2] = [From::Lines, From::Columns];

    fn name(self) -> &'static str {
        match self {
            From::Lines => "JSON lines",
            From::Columns => "Parquet",
        }
    }
}

/// What the events are: see `journey_tests::work`.
#[derive(Clone, Copy)]
enum Mix {
    /// Visits to a shop, most of them to look.
    Visits,
    /// Most events concern the journey.
    Carts,
}

/// A shop with `more` journeys that its events do not concern.
fn shop(more: usize) -> Result<Program, String> {
    let mut text = work::SHOP.to_string();
    for n in 0..more {
        let _ = write!(
            text,
            "\nevent other_{n} \"Other {n}\" {{ value: money from \"total\" }}\n
journey other_{n} {{
  trigger  on other_{n} as other where other.value >= {n} EUR
  re-entry after finishing
  wait 1 hour
  send reminder(other.value) by email
}}\n"
        );
    }
    source::program("shop", &text)
}

/// A program and its events.
struct Work {
    program: Program,
    lines: String,
    columns: PathBuf,
    count: u64,
    effects: PathBuf,
}

impl Work {
    fn new(scale: &Scale, program: Program, count: u64, mix: Mix) -> Result<Work, String> {
        let (name, lines) = match mix {
            Mix::Visits => ("visits", work::visits(count, count / EACH)),
            Mix::Carts => ("carts", work::carts(count, count / EACH)),
        };
        let columns = scale.scratch.join(format!("{name}-{count}.parquet"));
        let made = File::create(&columns).map_err(journey_columns::Error::Input).and_then(|file| {
            journey_columns::write(|| Ok(lines.as_bytes()), file, &journey_columns::Options::default(), |_| {})
        });
        made.map_err(|error| format!("{}: {error}", columns.display()))?;
        Ok(Work { program, lines, columns, count, effects: scale.scratch.join("effects.jsonl") })
    }

    /// One run, its effects written to a file. It comes to a hash of the file; to 0 when something cannot be read or written.
    fn run(&self, from: From, threads: usize, engine: &Arc<dyn Engine>) -> u64 {
        self.try_run(from, threads, engine).unwrap_or_else(|error| {
            eprintln!("{error}");
            0
        })
    }

    fn try_run(&self, from: From, threads: usize, engine: &Arc<dyn Engine>) -> Result<u64, Box<dyn std::error::Error>> {
        let program = &self.program;
        let options = Options {
            threads,
            assume_consent: vec!["marketing".to_string()],
            keep_effects: true,
            engine: Some(engine.clone()),
            ..Options::default()
        };
        let outcome = match from {
            From::Lines => memory::run(program, self.lines.as_bytes(), &options, |_| {})?,
            From::Columns => {
                let history = History::open(&self.columns)?;
                let decoder = Decoder::new(&program.image);
                let replay = Replay::new(&history, program, &decoder, None, options.shard_count());
                memory::run_source(program, &decoder, &replay, &options, |_| {})?
            }
        };
        let mut file = File::create(&self.effects)?;
        let mut hash = Xxh3Default::new();
        outcome.write_effects(program, threads, |lines| {
            hash.update(lines);
            file.write_all(lines)
        })?;
        Ok(hash.digest())
    }

    /// Every run writes a new file: to throw an old one away is not its work.
    fn clear(&self) {
        let _ = std::fs::remove_file(&self.effects);
    }

    /// CPU time of all threads: on a busy machine the wall tells nothing.
    fn sample(&self, from: From, engine: &Arc<dyn Engine>) -> Sample {
        self.clear();
        timed_by_process(self.count as usize, || self.run(from, 1, engine))
    }
}

fn engines(scale: &Scale, count: u64, mix: Mix) -> Result<Option<Race>, String> {
    let what = match mix {
        Mix::Visits => "visits to a shop, one event in six is read",
        Mix::Carts => "eight events in ten are read",
    };
    let title = format!("end to end, {} events of {} customers; {what}", thousands(count), thousands(count / EACH));
    if !title.contains(&scale.races) {
        return Ok(None);
    }
    let work = &Work::new(scale, shop(0)?, count, mix)?;
    let mut padded = work.lines.clone().into_bytes();
    padded.extend_from_slice(&[0; PADDING]);
    let what = "who, what and when of each line; nothing is done with it";
    let mut contestants = vec![Contestant::new(Kind::Floor, "Rust by hand, reading only", what, |_| {
        let sample = timed(count as usize, || {
            Lines::new(&padded).map(|f| moment(f.timestamp) as u64 + f.user.len() as u64 + f.event.len() as u64).sum()
        });
        Sample { want: Some(sample.check), ..sample }
    })];
    // Engines and forms must agree with each other, to the byte.
    let right = work.run(From::Lines, 1, &engines::best(&work.program));
    for from in From::ALL {
        for named in engines::all(&work.program) {
            let name = format!("{}, {}", named.name, from.name());
            contestants.push(Contestant::new(Kind::Ours, name, "to effects, one thread", move |_| Sample {
                want: Some(right),
                ..work.sample(from, &named.engine)
            }));
        }
    }
    contestants.retain(|contestant| contestant.is_wanted(&scale.only));
    race("end", title, "event", scale.rounds(3), contestants).map(Some)
}

fn sizes(scale: &Scale, unit: u64) -> Result<Option<Race>, String> {
    let title = "end to end, as events and customers grow";
    if !title.contains(&scale.races) {
        return Ok(None);
    }
    let mut works = Vec::new();
    for times in [1, 4, 16] {
        works.push(Work::new(scale, shop(0)?, unit * times, Mix::Visits)?);
    }
    let mut contestants = Vec::new();
    for from in From::ALL {
        for work in &works {
            let engine = engines::best(&work.program);
            let name = format!("{}, {} customers", from.name(), thousands(work.count / EACH));
            let what = format!("{} events, one thread", thousands(work.count));
            contestants.push(Contestant::new(Kind::Ours, name, what, move |_| {
                let sample = work.sample(from, &engine);
                Sample { want: Some(sample.check), ..sample }
            }));
        }
    }
    race("end", title, "event", scale.rounds(2), contestants).map(Some)
}

fn journeys(scale: &Scale, unit: u64) -> Result<Option<Race>, String> {
    let title = "end to end, as journeys grow";
    if !title.contains(&scale.races) {
        return Ok(None);
    }
    let mut works = Vec::new();
    for more in [0, 50, 250] {
        works.push((more, Work::new(scale, shop(more)?, unit, Mix::Visits)?));
    }
    let mut contestants = Vec::new();
    for (more, work) in &works {
        let engine = engines::best(&work.program);
        let name = format!("beside {more} journeys that ignore the events");
        contestants.push(Contestant::new(Kind::Ours, name, "JSON lines, one thread", move |_| {
            work.sample(From::Lines, &engine)
        }));
    }
    race("end", title, "event", scale.rounds(5), contestants).map(Some)
}

/// What a second core gives: the same work on one core (all threads held to it) and on two. What the machine itself gives is the first
/// of them: cores of a rented machine are often two threads of one.
fn cores(scale: &Scale, count: u64) -> Result<Vec<Race>, String> {
    let title =
        |what: &str| Some(format!("what a second core gives: {what}")).filter(|title| title.contains(&scale.races));
    let rounds = 100 * count;
    let sums = |_| {
        let threads: Vec<_> = (0..2).map(|seed| std::thread::spawn(move || sums(seed, rounds))).collect();
        threads.into_iter().fold(0, |all, thread| all ^ thread.join().unwrap_or_default())
    };
    let mut races = Vec::new();
    if let Some(title) = title("sums in registers") {
        races.push(on_cores(scale, title, "sum", 16 * rounds as usize, || {}, sums)?);
    }
    let of_events = From::ALL.map(|from| {
        let title = title(&format!("{} to effects, {} events", from.name(), thousands(count)));
        title.map(|title| (from, title))
    });
    if of_events.iter().any(Option::is_some) {
        let work = &Work::new(scale, shop(0)?, count, Mix::Visits)?;
        let engine = &engines::best(&work.program);
        for (from, title) in of_events.into_iter().flatten() {
            let run = |cores| work.run(from, cores, engine);
            races.push(on_cores(scale, title, "event", count as usize, || work.clear(), run)?);
        }
    }
    Ok(races)
}

/// Work on one core, with one thread, and on two, with two. What has to be done `before` does not count.
fn on_cores(
    scale: &Scale,
    title: String,
    unit: &'static str,
    units: usize,
    before: impl Fn(),
    work: impl Fn(usize) -> u64,
) -> Result<Race, String> {
    let (before, work) = (&before, &work);
    let contestants = [(Kind::Floor, 1), (Kind::Ours, 2)].map(|(kind, cores)| {
        let name = if cores == 1 { "one core" } else { "two cores" };
        Contestant::new(kind, name, "by the clock on the wall", move |_| {
            before();
            held_to(cores, || timed_by_wall(units, || work(cores)))
        })
    });
    race("end", title, unit, scale.rounds(5), contestants.into())
}

/// Eight sums that do not wait for each other.
fn sums(seed: u64, rounds: u64) -> u64 {
    let mut sums = [0, 1, 2, 3, 4, 5, 6, 7].map(|n| seed + n);
    for round in 0..rounds {
        sums.iter_mut().for_each(|sum| *sum = sum.wrapping_add(round) ^ (*sum >> 3));
    }
    sums.iter().fold(0, |all, sum| all ^ sum)
}
