//! `journey run`

use crate::args::{EngineChoice, Run, RunFormat};
use crate::events::{self, Events};
use crate::output::{self, BAD, BOLD, FAINT, GOOD, styled};
use crate::{Done, Ended, Failure, engine, load};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::civil::{Date, DateTime};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, ToSpan};
use journey_columns::{History, Replay};
use journey_compiler::project::{Checked, RunSettings};
use journey_runtime::host::memory::{self, Options, Outcome};
use journey_runtime::image::Image;
use journey_runtime::ingest::Decoder;
use journey_runtime::program::Program;
use journey_runtime::report::human::{self, Text, Tone};
use journey_runtime::report::line;
use journey_runtime::report::summary::Summary;
use journey_runtime::{file, host};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Columns of the summary where the terminal's are not known.
const WIDTH: usize = 100;

pub(super) fn run(args: &Run) -> Done {
    let Some(source) = source(&args.project)? else { return Ok(Ended::Found) };
    let Source { mut image, settings, root } = source;
    let path = match (&args.events, &settings.events) {
        (Some(path), _) => path.clone(),
        (None, Some(path)) => root.join(path),
        (None, None) => {
            return Err(Failure::new("there are no events to run on").help(
                "name a file: `journey run --events events.jsonl`, or set `events` under [run] in journey.toml",
            ));
        }
    };
    let until = args.until.as_ref().or(settings.until.as_ref()).map(|when| horizon(when, &image)).transpose()?;
    let assumptions = assume(&mut image, &settings)?;
    let program = Program::new(image).map_err(refused)?;
    let size = std::fs::metadata(&path).ok().filter(std::fs::Metadata::is_file).map(|file| file.len());
    let (engine, mut used) = engine::choose(&program, args.engine, size);
    let options = Options {
        engine: Some(engine.clone()),
        until,
        threads: args.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)),
        assume_consent: settings.assume_consent.clone(),
        keep_effects: args.output.is_some(),
        story: args.trace.clone(),
        ..Options::default()
    };
    let outcome = read(&program, &path, &options, args.quiet)?;
    match &args.output {
        Some(to) if to.extension().is_some_and(|extension| extension == "parquet") => {
            let cannot = |why: String| Failure::new(format!("cannot write {}: {why}", load::show(to)));
            let file = File::create(to).map_err(|error| cannot(error.to_string()))?;
            let file = BufWriter::with_capacity(1 << 20, file);
            journey_columns::write_effects(&program, &outcome, file, options.threads)
                .map_err(|error| cannot(error.to_string()))?;
        }
        Some(to) => {
            write_to(to, |writer| outcome.write_effects(&program, options.threads, |lines| writer.write_all(lines)))?;
        }
        None => {}
    }
    if let Some(to) = &args.dead_letters {
        write_lines(to, outcome.dead.iter().map(line::dead_letter))?;
    }
    if let Some(customer) = &args.trace {
        let Some(story) = &outcome.story else {
            return Err(Failure::new(format!("no customer `{customer}` is in {}", load::show(&path))));
        };
        print_text(&story.tell(&program, customer));
        return Ok(Ended::Fine);
    }
    let mut summary = Summary::new(&program.image, &outcome, assumptions);
    // Nobody has asked, and everything is as usual: then it is said in JSON only.
    let silent = args.engine == EngineChoice::Auto && args.format == RunFormat::Human;
    (used.inputs, used.native) = engine.native().unzip();
    summary.engine = (!silent).then_some(used);
    match args.format {
        RunFormat::Json => {
            let json = serde_json::to_string_pretty(&summary).map_err(|e| Failure::new(e.to_string()))?;
            output::line(&json);
        }
        RunFormat::Human => print_text(&human::summary(&summary, WIDTH)),
    }
    Ok(Ended::Fine)
}

/// What is to be run.
struct Source {
    image: Image,
    settings: RunSettings,
    root: PathBuf,
}

/// A compiled file, or a project; none when the project has errors, which have been shown.
fn source(path: &Path) -> Result<Option<Source>, Failure> {
    if path.extension().is_some_and(|e| e == "journeyc") {
        let bytes = std::fs::read(path).map_err(|e| Failure::new(format!("cannot read {}: {e}", load::show(path))))?;
        let image = file::read(&bytes).map_err(|e| Failure::new(format!("cannot use {}: {e}", load::show(path))))?;
        return Ok(Some(Source { image, settings: RunSettings::default(), root: PathBuf::new() }));
    }
    Ok(super::compile(path)?.map(|compiled| Source {
        image: compiled.image,
        settings: compiled.checked.settings.map(|s| s.run).unwrap_or_default(),
        root: compiled.root,
    }))
}

/// Takes for granted what the settings say, and says so.
pub(super) fn assume(image: &mut Image, settings: &RunSettings) -> Result<Vec<String>, Failure> {
    let unknown = settings.assume_consent.iter().find(|p| !image.purposes.iter().any(|known| known.name == **p));
    if let Some(purpose) = unknown {
        return Err(Failure::new(format!("`assume_consent` in journey.toml names `{purpose}`, which is no purpose")));
    }
    if let Some(channel) = host::assume_reachable(image, &settings.assume_reachable).first() {
        return Err(Failure::new(format!("`assume_reachable` in journey.toml names `{channel}`, which is no channel")));
    }
    let mut assumptions = Vec::new();
    if !settings.assume_consent.is_empty() {
        assumptions.push(format!("everybody has consented to {}", settings.assume_consent.join(", ")));
    }
    if !settings.assume_reachable.is_empty() {
        assumptions.push(format!("everybody can be reached by {}", settings.assume_reachable.join(", ")));
    }
    Ok(assumptions)
}

pub(super) fn refused(errors: Vec<journey_runtime::verify::VerifyError>) -> Failure {
    let first = errors.first().map(ToString::to_string).unwrap_or_default();
    Failure::new(format!("the compiled program was refused: {first}"))
        .help("this is a defect of the compiler, not of the program; please report it")
}

/// Runs a project over events with its own settings, on every processor; `until` instead of the one they say. `wanted` says what is
/// to be known of the run beside.
pub(super) fn replay(
    checked: &Checked,
    mut image: Image,
    events: &Path,
    until: Option<&String>,
    quiet: bool,
    wanted: Options,
) -> Result<(Program, Outcome), Failure> {
    let settings = checked.settings.clone().map(|s| s.run).unwrap_or_default();
    assume(&mut image, &settings)?;
    let until = until.or(settings.until.as_ref()).map(|when| horizon(when, &image)).transpose()?;
    let program = Program::new(image).map_err(refused)?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let options = Options { until, threads, assume_consent: settings.assume_consent, ..wanted };
    let outcome = read(&program, events, &options, quiet)?;
    Ok((program, outcome))
}

/// A day (its end, in the project's zone), a local moment, or a moment.
pub(super) fn horizon(when: &str, image: &Image) -> Result<i64, Failure> {
    let wrong = || {
        Failure::new(format!("`{when}` is no date or moment"))
            .help("write a day, `1998-12-31`, or a moment, `1998-12-31T18:00:00Z`")
    };
    let zone = TimeZoneDatabase::bundled().get(&image.time_zone).unwrap_or(TimeZone::UTC);
    if let Ok(moment) = when.parse::<Timestamp>() {
        return Ok(moment.as_millisecond());
    }
    let (local, day) = match when.parse::<Date>() {
        Ok(date) if when.len() == 10 => {
            (date.checked_add(1.day()).map_err(|_| wrong())?.to_datetime(Default::default()), true)
        }
        _ => (when.parse::<DateTime>().map_err(|_| wrong())?, false),
    };
    let moment = zone.to_timestamp(local).map_err(|_| wrong())?.as_millisecond();
    Ok(if day { moment - 1 } else { moment })
}

/// Runs over the events, with a bar where somebody watches.
pub(super) fn read(program: &Program, path: &Path, options: &Options, quiet: bool) -> Result<Outcome, Failure> {
    if journey_columns::is_parquet(path) {
        let refused = |error| super::events::refused(path, &error);
        let history = History::open(path).map_err(refused)?;
        let bar = Bar::new(quiet, Some(history.messages()));
        let decoder = Decoder::new(&program.image);
        let replay = Replay::new(&history, program, &decoder, options.until, options.shard_count());
        let outcome = memory::run_source(program, &decoder, &replay, options, |progress| {
            bar.at(progress.messages, || format!("{} messages", output::thousands(progress.messages)));
        });
        bar.end();
        return outcome.map_err(|error| match error.downcast::<journey_columns::Error>() {
            Ok(error) => refused(error),
            Err(error) => events::unreadable(path, &error),
        });
    }
    let Events { reader, size, read } = events::open(path)?;
    let bar = Bar::new(quiet, size);
    let outcome = memory::run(program, reader, options, |progress| {
        bar.at(read.load(Ordering::Relaxed), || format!("{} messages", output::thousands(progress.messages)));
    });
    bar.end();
    outcome.map_err(|e| events::unreadable(path, &e))
}

/// A progress bar, where somebody watches. Work that is over before anybody looks needs none.
pub(super) struct Bar {
    bar: ProgressBar,
    started: Instant,
}

impl Bar {
    /// A bar of some length; of none when it is not known how much there is to do.
    pub(super) fn new(quiet: bool, length: Option<u64>) -> Bar {
        let bar = match (quiet, length) {
            (true, _) => ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()),
            (false, Some(length)) => {
                ProgressBar::new(length).with_style(style("{bar:30.cyan} {percent:>3}%  {msg}  {eta}"))
            }
            (false, None) => ProgressBar::new_spinner().with_style(style("{spinner}  {msg}")),
        };
        Bar { bar, started: Instant::now() }
    }

    /// So far it has come.
    pub(super) fn at(&self, position: u64, message: impl FnOnce() -> String) {
        if self.started.elapsed() > Duration::from_millis(300) {
            self.bar.set_message(message());
            self.bar.set_position(position);
        }
    }

    /// It is done.
    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸─")
}

fn write_lines(path: &Path, lines: impl Iterator<Item = String>) -> Result<(), Failure> {
    write_to(path, |writer| {
        for line in lines {
            writer.write_all(line.as_bytes())?;
            writer.write_all(b"\n")?;
        }
        Ok(())
    })
}

/// Opens what is to be written; a reader who goes away is no failure.
pub(super) fn write_to(path: &Path, write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<(), Failure> {
    let cannot = |e: std::io::Error| Failure::new(format!("cannot write {}: {e}", load::show(path)));
    let mut writer: Box<dyn Write> = if path == Path::new("-") {
        Box::new(std::io::stdout().lock())
    } else {
        Box::new(BufWriter::with_capacity(1 << 18, File::create(path).map_err(cannot)?))
    };
    match write(&mut writer).and_then(|()| writer.flush()) {
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(cannot),
    }
}

/// Prints text whose pieces say how they are meant.
pub(super) fn print_text(text: &Text) {
    let mut out = String::new();
    for line in &text.lines {
        for (tone, piece) in &line.pieces {
            match tone {
                Tone::Plain => out.push_str(piece),
                Tone::Strong => out.push_str(&styled(BOLD, piece)),
                Tone::Dim => out.push_str(&styled(FAINT, piece)),
                Tone::Good => out.push_str(&styled(GOOD, piece)),
                Tone::Bad => out.push_str(&styled(BAD, piece)),
            }
        }
        out.push('\n');
    }
    output::print(&out);
}
