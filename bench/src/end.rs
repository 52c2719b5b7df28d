//! Row `end`: from a file of events in memory to a file of effects.
//!
//! The shop of `journey_tests::work`: an abandoned cart keyed by cart, with consent, caps, quiet hours, a goal, and a message that is
//! waited for; events of a year in the form of the Segment specification.

use crate::Scale;
use crate::engines;
use crate::ingest::scan::{Lines, PADDING, moment};
use crate::measure::{Contestant, Kind, Race, Sample, race, timed, timed_by_process, timed_by_wall};
use crate::source;
use crate::table::thousands;
use journey_runtime::batch::Engine;
use journey_runtime::host::memory::{self, Options};
use journey_runtime::program::Program;
use journey_tests::work;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use xxhash_rust::xxh3::Xxh3Default;

/// Events for each customer.
const EACH: u64 = 10;

/// The races.
pub fn run(scale: &Scale) -> Result<Vec<Race>, String> {
    let unit: u64 = scale.pick(500_000, 20_000, 1_000);
    Ok(vec![engines(scale, 2 * unit)?, sizes(scale, unit)?, journeys(scale, unit)?, threads(scale, 4 * unit)?])
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

/// One run, its effects written to a file. It comes to a hash of the file.
fn once(
    program: &Program,
    events: &str,
    threads: usize,
    engine: &Arc<dyn Engine>,
    path: &Path,
) -> Result<u64, std::io::Error> {
    let options = Options {
        threads,
        assume_consent: vec!["marketing".to_string()],
        keep_effects: true,
        engine: Some(engine.clone()),
        ..Options::default()
    };
    let outcome = memory::run(program, events.as_bytes(), &options, |_| {})?;
    let mut file = File::create(path)?;
    let mut hash = Xxh3Default::new();
    outcome.write_effects(program, threads, |lines| {
        hash.update(lines);
        file.write_all(lines)
    })?;
    Ok(hash.digest())
}

struct Work {
    program: Program,
    events: String,
    count: u64,
    path: std::path::PathBuf,
}

impl Work {
    fn new(scale: &Scale, program: Program, count: u64) -> Work {
        let path = scale.scratch.join("effects.jsonl");
        Work { program, events: work::events(count, count / EACH), count, path }
    }

    fn run(&self, threads: usize, engine: &Arc<dyn Engine>) -> u64 {
        // A check that no run comes to.
        once(&self.program, &self.events, threads, engine, &self.path).unwrap_or(u64::MAX)
    }

    /// CPU time of all threads: on a busy machine the wall tells nothing.
    fn sample(&self, threads: usize, engine: &Arc<dyn Engine>) -> Sample {
        timed_by_process(self.count as usize, || self.run(threads, engine))
    }
}

fn engines(scale: &Scale, count: u64) -> Result<Race, String> {
    let work = Work::new(scale, shop(0)?, count);
    let mut padded = work.events.clone().into_bytes();
    padded.extend_from_slice(&[0; PADDING]);
    let what = "who, what and when of each line; nothing is done with it";
    let mut contestants = vec![Contestant::new(Kind::Floor, "Rust by hand, reading only", what, |_| {
        let sample = timed(count as usize, || {
            Lines::new(&padded).map(|f| moment(f.timestamp) as u64 + f.user.len() as u64 + f.event.len() as u64).sum()
        });
        Sample { want: Some(sample.check), ..sample }
    })];
    let mut hash = None;
    for named in engines::all(&work.program)? {
        let work = &work;
        // The engines must agree with each other.
        let right = *hash.get_or_insert_with(|| work.run(1, &named.engine));
        contestants.push(Contestant::new(Kind::Ours, named.name, "JSON lines to effects, one thread", move |_| {
            Sample { want: Some(right), ..work.sample(1, &named.engine) }
        }));
    }
    let title = format!("end to end, {} events of {} customers, by engine", thousands(count), thousands(count / EACH));
    race("end", title, "event", scale.rounds(3), contestants)
}

fn sizes(scale: &Scale, unit: u64) -> Result<Race, String> {
    let mut works = Vec::new();
    for times in [1, 4, 16] {
        works.push(Work::new(scale, shop(0)?, unit * times));
    }
    let contestants = works
        .iter()
        .map(|work| {
            let engine = engines::best(&work.program);
            let name = format!("{} events of {} customers", thousands(work.count), thousands(work.count / EACH));
            Contestant::new(Kind::Ours, name, "one thread", move |_| {
                let sample = work.sample(1, &engine);
                Sample { want: Some(sample.check), ..sample }
            })
        })
        .collect();
    race("end", "end to end, as events and customers grow", "event", scale.rounds(2), contestants)
}

fn journeys(scale: &Scale, unit: u64) -> Result<Race, String> {
    let mut works = Vec::new();
    for more in [0, 50, 250] {
        works.push((more, Work::new(scale, shop(more)?, unit)));
    }
    let contestants = works
        .iter()
        .map(|(more, work)| {
            let engine = engines::best(&work.program);
            let name = format!("beside {more} journeys that ignore the events");
            Contestant::new(Kind::Ours, name, "one thread", move |_| work.sample(1, &engine))
        })
        .collect();
    race("end", "end to end, as journeys grow", "event", scale.rounds(5), contestants)
}

fn threads(scale: &Scale, count: u64) -> Result<Race, String> {
    let work = Work::new(scale, shop(0)?, count);
    let engine = engines::best(&work.program);
    let mut contestants = Vec::new();
    for threads in [1, 2] {
        let (work, engine) = (&work, &engine);
        contestants.push(Contestant::new(Kind::Ours, format!("{threads} threads"), "time on the wall", move |_| {
            timed_by_wall(work.count as usize, || work.run(threads, engine))
        }));
    }
    let title = format!("end to end, {} events, by threads", thousands(count));
    race("end", title, "event", scale.rounds(3), contestants)
}
