//! Contestants of a race: who does the same work, how it is timed, and that all of them come to the same result.
//!
//! All contestants of a race run in this process, one after the other in every round, so that whatever disturbs the machine
//! disturbs them alike. A ratio is the median over the rounds of (contestant / floor in the same round). Times of work on one
//! thread are CPU time of that thread, so that other processes on the machine count little.

use std::borrow::Cow;
use std::hint::black_box;
use std::time::Instant;

/// What a contestant is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The fastest way known to do the work by hand: what ratios are relative to.
    Floor,
    /// The same by hand in another way, for comparison.
    Hand,
    /// Journey.
    Ours,
    /// Another engine.
    Peer,
}

impl Kind {
    /// As it stands in results.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Floor => "floor",
            Kind::Hand => "hand",
            Kind::Ours => "journey",
            Kind::Peer => "peer",
        }
    }
}

/// One run of a contestant.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// Seconds it took.
    pub seconds: f64,
    /// Events (or whatever is counted) it did.
    pub units: u64,
    /// What it came to.
    pub check: u64,
    /// What it must come to; none: what the floor has come to in this round.
    pub want: Option<u64>,
    /// Bytes it holds at the end, where that is of interest.
    pub bytes: Option<u64>,
}

/// Who does the work. `run` gets the number of the round.
pub struct Contestant<'a> {
    name: String,
    kind: Kind,
    what: String,
    /// In one round only: it is so slow that more would take most of the time.
    once: bool,
    run: Box<dyn FnMut(usize) -> Sample + 'a>,
}

impl<'a> Contestant<'a> {
    /// One that times itself; `what` says what it is in a few words.
    pub fn new(
        kind: Kind,
        name: impl Into<String>,
        what: impl Into<String>,
        run: impl FnMut(usize) -> Sample + 'a,
    ) -> Contestant<'a> {
        Contestant { name: name.into(), kind, what: what.into(), once: false, run: Box::new(run) }
    }

    /// Whether it is the floor, or its name has a text in it.
    pub fn is_wanted(&self, only: &str) -> bool {
        self.kind == Kind::Floor || self.name.contains(only)
    }

    /// The same, in the first round that counts and in no other.
    pub fn once(self) -> Contestant<'a> {
        Contestant { once: true, ..self }
    }
}

/// What is known of a contestant when the race is over.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Line {
    /// Its race.
    pub race: String,
    /// Its name.
    pub name: String,
    /// What it is: `floor`, `hand`, `journey`, `peer`.
    pub kind: Cow<'static, str>,
    /// Nanoseconds a unit: the median of the rounds.
    pub ns: f64,
    /// The least of the rounds.
    pub least: f64,
    /// Times the floor: the median of the rounds' ratios.
    pub ratio: f64,
    /// The least and greatest ratio of a round.
    pub spread: (f64, f64),
    /// Bytes it holds.
    pub bytes: Option<u64>,
    /// In a few words.
    pub what: String,
}

/// A race that is over.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Race {
    /// Of which row: `rule`, `step`.
    pub row: Cow<'static, str>,
    /// What is done.
    pub title: String,
    /// What is counted: `event`, `line`.
    pub unit: Cow<'static, str>,
    /// The contestants, in the order in which they ran.
    pub lines: Vec<Line>,
}

/// Runs `rounds` rounds after one that only warms up. The first contestant is the floor. Fails when results differ.
pub fn race(
    row: &'static str,
    title: impl Into<String>,
    unit: &'static str,
    rounds: usize,
    mut contestants: Vec<Contestant<'_>>,
) -> Result<Race, String> {
    let title = title.into();
    eprintln!("{row}: {title}");
    let mut samples: Vec<Vec<Sample>> = contestants.iter().map(|_| Vec::with_capacity(rounds)).collect();
    for round in 0..=rounds {
        let mut floor = None;
        for (contestant, samples) in contestants.iter_mut().zip(&mut samples) {
            if contestant.once && round != 1.min(rounds - 1) {
                continue;
            }
            let sample = black_box((contestant.run)(round));
            let want = sample.want.or(floor).unwrap_or(sample.check);
            floor = floor.or(Some(sample.check));
            if sample.check != want {
                return Err(format!(
                    "{row}, {title}: {} comes to {}, but {want} is right",
                    contestant.name, sample.check
                ));
            }
            // With one round there is no time to warm up.
            if round > 0 || rounds == 1 {
                samples.push(sample);
            }
        }
        if rounds == 1 {
            break;
        }
        eprint!(".");
    }
    eprintln!();
    let ns = |sample: &Sample| sample.seconds * 1e9 / sample.units as f64;
    let floors: Vec<f64> = samples.first().map(|s| s.iter().map(ns).collect()).unwrap_or_default();
    let lines = contestants
        .iter()
        .zip(&samples)
        .map(|(contestant, samples)| {
            let times: Vec<f64> = samples.iter().map(ns).collect();
            let ratios: Vec<f64> = times.iter().zip(&floors).map(|(time, floor)| time / floor).collect();
            let (low, high) = ends(&ratios);
            Line {
                race: title.clone(),
                name: contestant.name.clone(),
                kind: contestant.kind.name().into(),
                ns: median(&times),
                least: ends(&times).0,
                ratio: median(&ratios),
                spread: (low, high),
                bytes: samples.last().and_then(|s| s.bytes),
                what: contestant.what.clone(),
            }
        })
        .collect();
    Ok(Race { row: row.into(), title, unit: unit.into(), lines })
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

fn ends(values: &[f64]) -> (f64, f64) {
    values.iter().fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(*v), high.max(*v)))
}

/// Times work on this thread by its CPU time. The work gives what it came to.
pub fn timed(units: usize, work: impl FnOnce() -> u64) -> Sample {
    let started = thread_cpu();
    let check = black_box(work());
    Sample { seconds: thread_cpu() - started, units: units as u64, check, want: None, bytes: None }
}

/// Times work on several threads by the clock on the wall: of use on a quiet machine only.
pub fn timed_by_wall(units: usize, work: impl FnOnce() -> u64) -> Sample {
    let started = Instant::now();
    let check = black_box(work());
    Sample { seconds: started.elapsed().as_secs_f64(), units: units as u64, check, want: None, bytes: None }
}

/// Does something with this thread, and those it starts, held to the first so many cores.
pub fn held_to<R>(cores: usize, work: impl FnOnce() -> R) -> R {
    let size = std::mem::size_of::<libc::cpu_set_t>();
    // SAFETY: a `cpu_set_t` of zeros is an empty one; both live through the calls, and `size` is theirs.
    let before = unsafe {
        let mut before: libc::cpu_set_t = std::mem::zeroed();
        libc::sched_getaffinity(0, size, &mut before);
        let mut held: libc::cpu_set_t = std::mem::zeroed();
        let mine = (0..libc::CPU_SETSIZE as usize).filter(|core| libc::CPU_ISSET(*core, &before));
        mine.take(cores).for_each(|core| libc::CPU_SET(core, &mut held));
        libc::sched_setaffinity(0, size, &held);
        before
    };
    let result = work();
    // SAFETY: as above.
    unsafe { libc::sched_setaffinity(0, size, &before) };
    result
}

/// Times work on several threads by the CPU time of all of them.
pub fn timed_by_process(units: usize, work: impl FnOnce() -> u64) -> Sample {
    let started = process_cpu();
    let check = black_box(work());
    Sample { seconds: process_cpu() - started, units: units as u64, check, want: None, bytes: None }
}

/// Seconds of CPU this thread has used.
pub fn thread_cpu() -> f64 {
    clock(libc::CLOCK_THREAD_CPUTIME_ID)
}

/// Seconds of CPU this process has used.
pub fn process_cpu() -> f64 {
    clock(libc::CLOCK_PROCESS_CPUTIME_ID)
}

/// Seconds of CPU that processes this one has started and waited for have used.
pub fn children_cpu() -> f64 {
    // SAFETY: a `rusage` of zeros is one; it lives through the call.
    let used = unsafe {
        let mut used: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_CHILDREN, &mut used);
        used
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 * 1e-6;
    seconds(used.ru_utime) + seconds(used.ru_stime)
}

fn clock(id: libc::clockid_t) -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a timespec that lives through the call; both clocks exist on Linux.
    unsafe { libc::clock_gettime(id, &mut time) };
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}
