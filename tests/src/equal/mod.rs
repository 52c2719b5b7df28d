//! Whether all ways of running a program mean the same: the same effects, the same summary, the same dead letters, the same words of
//! every customer.

pub mod cases;
pub mod direct;
pub mod laws;

use crate::generate::stream::{self, Said};
use crate::generate::{self, Generated};
use direct::{Came, How};
use journey_jit::{Jit, Level};
use journey_runtime::batch::{Engine, Reference};
use journey_runtime::host::memory::{self, Options};
use journey_runtime::image::Word;
use journey_runtime::program::Program;
use journey_runtime::report::human;
use journey_runtime::report::line;
use journey_runtime::report::summary::Summary;
use journey_runtime::tables::Vm;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

/// What came of a run, for comparison.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Told {
    /// JSON lines.
    pub effects: String,
    /// As it is printed, without the memory.
    pub summary: String,
    /// What could not be used.
    pub dead: String,
    /// The words of customers at the end.
    pub states: BTreeMap<String, Vec<Word>>,
}

impl Told {
    /// Where two runs differ, in a few lines.
    pub fn differs(&self, other: &Told) -> Option<String> {
        let lines = |a: &str, b: &str, what: &str| {
            (a != b).then(|| {
                let at = a.lines().zip(b.lines()).take_while(|(x, y)| x == y).count();
                let show = |text: &str| text.lines().skip(at).take(2).map(|l| format!("    {l}\n")).collect::<String>();
                format!("{what}, line {}:\n{}  instead of\n{}", at + 1, show(b), show(a))
            })
        };
        lines(&self.effects, &other.effects, "effects")
            .or_else(|| lines(&self.dead, &other.dead, "dead letters"))
            .or_else(|| lines(&self.summary, &other.summary, "summary"))
            .or_else(|| {
                let all: BTreeSet<&String> = self.states.keys().chain(other.states.keys()).collect();
                all.into_iter().find_map(|who| {
                    let (a, b) = (self.states.get(who), other.states.get(who));
                    (a != b).then(|| format!("words of {who}:\n    {b:x?}\n  instead of\n    {a:x?}"))
                })
            })
    }
}

/// The engines that take batches, for a program. The first is the one that defines the meaning.
pub fn engines(program: &Program) -> Vec<(&'static str, Arc<dyn Engine>)> {
    let mut engines: Vec<(&'static str, Arc<dyn Engine>)> =
        vec![("reference", Arc::new(Reference)), ("vm", Arc::new(Vm::new(program)))];
    for (name, level) in [("jit none", Level::None), ("jit speed", Level::Speed)] {
        // Some programs have nothing that is compiled.
        if let Ok(jit) = Jit::new(program, level) {
            engines.push((name, Arc::new(jit)));
        }
    }
    engines
}

/// Compiles a program that stands alone; none when it has errors. Chance says things in vain: those mean something all the same.
pub fn compile(text: &str) -> Option<Program> {
    let checked = crate::check_text(text);
    if !crate::means_something(&checked) {
        return None;
    }
    let image = journey_compiler::lower::lower(&checked.program, &checked.sources);
    match Program::new(image) {
        Ok(program) => Some(program),
        Err(errors) => panic!("the verifier refuses what the compiler made: {errors:?}"),
    }
}

/// How the memory host does its work.
#[derive(Debug, Clone)]
pub struct Work {
    /// What works on batches.
    pub engine: Arc<dyn Engine>,
    /// Messages in a batch.
    pub batch: usize,
    /// Parts of the customers.
    pub shards: usize,
    /// Workers.
    pub threads: usize,
}

/// Through the memory host. The states of `customers` are told.
pub fn host(program: &Program, lines: &[u8], horizon: i64, work: &Work, customers: &BTreeSet<String>) -> Told {
    let options = Options {
        until: Some(horizon),
        threads: work.threads,
        keep_effects: true,
        engine: Some(work.engine.clone()),
        batch: work.batch,
        shards: work.shards,
        ..Options::default()
    };
    let outcome = match memory::run(program, lines, &options, |_| {}) {
        Ok(outcome) => outcome,
        Err(error) => panic!("lines in memory can be read: {error}"),
    };
    let effects: Vec<String> = outcome.effects(program).map(|(who, e)| line::effect(&program.image, who, &e)).collect();
    let dead: Vec<String> = outcome.dead.iter().map(line::dead_letter).collect();
    // Memory is what it is: texts are shared in the order in which they come.
    let mut summary = Summary::new(&program.image, &outcome, Vec::new());
    summary.memory = Default::default();
    let state = |who: &String| Some((who.clone(), outcome.state(who)?.to_vec()));
    Told {
        effects: effects.join("\n"),
        dead: dead.join("\n"),
        summary: human::summary(&summary, 100).to_string(),
        states: customers.iter().filter_map(state).collect(),
    }
}

/// A program and what happens in it.
pub struct Case {
    /// Its text.
    pub program: String,
    /// Lines.
    pub stream: Vec<Said>,
}

/// What was done, for the count.
#[derive(Debug, Clone, Copy, Default)]
pub struct Done {
    /// Programs that were generated.
    pub programs: u64,
    /// Those that compiled.
    pub accepted: u64,
    /// Inputs, each as often as some engine has taken it.
    pub steps: u64,
    /// Effects of the first run of each.
    pub effects: u64,
    /// Inputs of the VM, in the small host; and how many of them it left to the reference.
    pub vm: (u64, u64),
}

impl Done {
    /// Adds another's.
    pub fn add(&mut self, other: Done) {
        self.programs += other.programs;
        self.accepted += other.accepted;
        self.steps += other.steps;
        self.effects += other.effects;
        self.vm = (self.vm.0 + other.vm.0, self.vm.1 + other.vm.1);
    }
}

/// Where time ends: a little after the last line.
pub fn horizon(stream: &[Said]) -> i64 {
    stream.iter().map(|said| said.at).max().unwrap_or_default() + 100 * 86_400_000
}

/// Runs a case in every way. `Err` says what differs.
pub fn check(program: &Program, stream: &[Said], full: bool) -> Result<Done, String> {
    let mut done = Done::default();
    let lines = stream::bytes(stream);
    let horizon = horizon(stream);
    let engines = engines(program);
    let mut first: Option<Came> = None;
    let ways: &[(usize, usize)] = if full { &[(4096, 0), (1, 0), (7, 0), (3, 2)] } else { &[(7, 0)] };
    for (name, engine) in &engines {
        for (batch, move_house) in ways {
            let how = How { engine: &**engine, batch: *batch, move_house: *move_house };
            let way = format!("{name} in batches of {batch}");
            let came = guarded(&way, || direct::run(program, &lines, horizon, how))?;
            done.steps += came.inputs as u64;
            if *name == "vm" {
                done.vm = (done.vm.0 + came.inputs as u64, done.vm.1 + came.left as u64);
            }
            match &first {
                None => first = Some(came),
                Some(first) => {
                    if let Some(what) = first.told.differs(&came.told) {
                        return Err(format!("{way}: {what}"));
                    }
                }
            }
        }
    }
    let Some(first) = first else { return Ok(done) };
    done.effects = first.effects.len() as u64;
    let customers: BTreeSet<String> = first.told.states.keys().cloned().collect();
    // Lines that only the small host reads make effects only there.
    let answered = stream.iter().any(|said| said.line.starts_with(direct::ANSWER));
    let mut host_told: Option<Told> = None;
    let shapes: Vec<(usize, usize)> = if full {
        [1, 7, 4096].into_iter().flat_map(|batch| [1, 3, 16].map(|shards| (batch, shards))).collect()
    } else {
        vec![(7, 3)]
    };
    for (batch, shards) in shapes {
        let mut words: Option<BTreeMap<String, Vec<Word>>> = None;
        for (name, engine) in &engines {
            // Threads only matter where there is something to share out.
            for threads in if full && shards > 1 { 1..=2 } else { 2..=2 } {
                let way = format!("host: {name}, batches of {batch}, {shards} shards, {threads} threads");
                let work = Work { engine: engine.clone(), batch, shards, threads };
                let mut told = guarded(&way, || host(program, &lines, horizon, &work, &customers))?;
                done.steps += first.inputs as u64;
                // Texts have their numbers in the order in which a shard comes by them: with the shape of the work the same.
                let now = std::mem::take(&mut told.states);
                let before = words.get_or_insert_with(|| now.clone());
                let states = |states: &BTreeMap<String, Vec<Word>>| Told { states: states.clone(), ..Told::default() };
                if *before != now {
                    return Err(format!("{way}: {}", states(before).differs(&states(&now)).unwrap_or_default()));
                }
                if told.effects != first.told.effects && !answered {
                    let direct = Told { effects: first.told.effects.clone(), ..told.clone() };
                    return Err(format!("{way}: {}", direct.differs(&told).unwrap_or_default()));
                }
                let before = host_told.get_or_insert_with(|| told.clone());
                if let Some(what) = before.differs(&told) {
                    return Err(format!("{way}: {what}"));
                }
            }
        }
    }
    Ok(done)
}

/// Does something; a panic is an error like any other.
pub fn guarded<T>(what: &str, work: impl FnOnce() -> T) -> Result<T, String> {
    std::panic::catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|t| t.to_string())).unwrap_or_default();
        format!("{what}: panics: {text}")
    })
}

/// What happens in a program: a first run tells which receipts there can be.
pub fn happens(program: &Program, seed: u64, count: usize) -> Vec<Said> {
    let said = stream::stream(&program.image, seed, count);
    let how = How { engine: &Reference, batch: 4096, move_house: 0 };
    let came = direct::run(program, &stream::bytes(&said), horizon(&said), how);
    let effects = came.effects.iter().map(|(who, effect)| (who.as_str(), effect));
    stream::answer(&program.image, &said, effects, seed)
}

/// One seed: a program, and some streams for it. A failure is shrunk, and told with what makes it happen.
pub fn seed(seed: u64, streams: u64, count: usize) -> Result<Done, String> {
    let generated = generate::program(seed);
    let text = generated.text();
    let mut done = Done { programs: 1, ..Done::default() };
    let program = guarded("the compiler", || compile(&text)).map_err(|what| format!("seed {seed}: {what}\n{text}"))?;
    let Some(program) = program else { return Ok(done) };
    done.accepted = 1;
    for n in 0..streams {
        let stream_seed = seed.wrapping_mul(1_000).wrapping_add(n);
        let said = guarded("the first run", || happens(&program, stream_seed, count))
            .map_err(|what| format!("seed {seed}, stream {n}: {what}\n{text}"))?;
        let laws = (n == 0).then_some(stream_seed);
        match examine(&generated, &program, &said, laws) {
            Ok(some) => done.add(some),
            Err(what) => {
                let (case, what) = cases::shrink(&generated, said, what, laws);
                let saved = cases::save(&format!("seed_{seed}_{n}"), &case);
                return Err(format!("seed {seed}, stream {n}: {what}\nshrunk to {saved}"));
            }
        }
    }
    Ok(done)
}

/// Runs a program over a stream in every way; with a seed, asks for the laws too.
fn examine(generated: &Generated, program: &Program, stream: &[Said], laws: Option<u64>) -> Result<Done, String> {
    let mut done = check(program, stream, laws.is_some())?;
    if let Some(seed) = laws {
        done.steps += laws::hold(generated, program, stream, seed)?;
    }
    Ok(done)
}

/// Whether a program that is made of these parts and this stream still goes wrong.
pub fn fails(generated: &Generated, stream: &[Said], laws: Option<u64>) -> Option<String> {
    let program = guarded("the compiler", || compile(&generated.text())).ok()??;
    examine(generated, &program, stream, laws).err()
}
