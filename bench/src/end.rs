//! Row `end`: from a file of events in memory to a file of effects.
//!
//! The shop of `journey_tests::work`: an abandoned cart keyed by cart, with consent, caps, quiet hours, a goal, and a message that is
//! waited for; events of a year in the form of the Segment specification.

use crate::Scale;
use crate::engines;
use crate::measure::{Contestant, Kind, Race, Sample, race, timed_by_process, timed_by_wall};
use crate::source;
use crate::table::thousands;
use journey_runtime::batch::Engine;
use journey_runtime::host::memory::{self, Options};
use journey_runtime::program::Program;
use journey_runtime::report::line;
use journey_tests::work;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

/// Events for each customer.
const EACH: u64 = 10;

/// The races.
pub fn run(scale: &Scale) -> Result<Vec<Race>, String> {
    let unit: u64 = if scale.quick { 20_000 } else { 500_000 };
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

/// One run, its effects written to a file. It comes to how many effects there are, and how many bytes.
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
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let (mut count, mut bytes) = (0u64, 0u64);
    for (customer, effect) in outcome.effects(program) {
        let text = line::effect(&program.image, customer, &effect);
        file.write_all(text.as_bytes())?;
        file.write_all(b"\n")?;
        count += 1;
        bytes += text.len() as u64 + 1;
    }
    file.flush()?;
    Ok(count << 40 | bytes)
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
    let what = "JSON lines in, effects out, one thread";
    let contestants = engines::all(&work.program)?
        .into_iter()
        .map(|named| {
            let work = &work;
            Contestant::new(Kind::Ours, named.name, what, move |_| work.sample(1, &named.engine))
        })
        .collect();
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
