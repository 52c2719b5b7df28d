//! `journey events`

use super::run::{Bar, write_to};
use crate::args::{Convert, Events, RunFormat};
use crate::output::{self, FAINT, styled};
use crate::{Done, Ended, Failure, events, load};
use journey_columns::{Error, History, Options, Written};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Instant;

pub(super) fn run(args: &Events) -> Done {
    match args {
        Events::Convert(args) => convert(args),
    }
}

/// Why a history cannot be read.
pub(super) fn refused(path: &Path, error: &Error) -> Failure {
    let failure = Failure::new(format!("cannot use {}: {error}", load::show(path)));
    match error.help() {
        Some(help) => failure.help(help),
        None => failure,
    }
}

fn convert(args: &Convert) -> Done {
    if args.from == args.to {
        return Err(Failure::new("both files are the same").help("give the new file another name"));
    }
    if journey_columns::is_parquet(&args.from) { to_lines(args) } else { to_columns(args) }
}

fn to_columns(args: &Convert) -> Done {
    if args.from == Path::new("-") {
        return Err(Failure::new(
            "standard input can be read only once, and events are read twice to find their columns",
        )
        .help("save them to a file first"));
    }
    if args.to.extension().is_none_or(|extension| extension != "parquet") {
        return Err(Failure::new(format!("{} does not end in `.parquet`", load::show(&args.to)))
            .help("JSON lines become Parquet, and Parquet becomes JSON lines: `journey events convert events.jsonl events.parquet`"));
    }
    let started = Instant::now();
    let first = events::open(&args.from)?;
    let bar = Bar::new(args.quiet, first.size.map(|size| 2 * size));
    // Bytes of the file that have been read, by both readings.
    let readings = std::cell::RefCell::new(vec![first.read.clone()]);
    let mut first = Some(first.reader);
    let open = || match first.take() {
        Some(reader) => Ok(reader),
        None => {
            let again = events::open(&args.from).map_err(|failure| io::Error::other(failure.message))?;
            readings.borrow_mut().push(again.read.clone());
            Ok(again.reader)
        }
    };
    // The file has its name only when it is whole.
    let part = part(&args.to);
    let cannot = |error: io::Error| Failure::new(format!("cannot write {}: {error}", load::show(&args.to)));
    let file = BufWriter::with_capacity(1 << 20, File::create(&part).map_err(cannot)?);
    let options = Options { threads: threads(args.threads), ..Options::default() };
    let options = Options { rows: args.rows.unwrap_or(options.rows), ..options };
    let written = journey_columns::write(open, file, &options, |bytes| {
        let read = readings.borrow().iter().map(|read| read.load(Ordering::Relaxed)).sum();
        bar.at(read, || format!("{} MB", output::thousands(bytes / 1_000_000)));
    });
    bar.end();
    let written = match written {
        Ok(written) => written,
        Err(error) => {
            // What is left is no history; that it cannot be removed is not worth another message.
            let _ = std::fs::remove_file(&part);
            return Err(match error {
                Error::Input(error) => events::unreadable(&args.from, &error),
                other => Failure::new(format!("cannot write {}: {other}", load::show(&args.to))),
            });
        }
    };
    std::fs::rename(&part, &args.to).map_err(cannot)?;
    let size = std::fs::metadata(&args.from).map_or(0, |metadata| metadata.len());
    match args.format {
        RunFormat::Json => output::line(&json(&written, size)?),
        RunFormat::Human => {
            output::line(&format!(
                "{} messages of {} customers → {}: {} columns, {}",
                output::thousands(written.messages),
                output::thousands(written.customers),
                load::show(&args.to),
                written.columns,
                bytes(written.bytes_after),
            ));
            let mut notes = vec![format!("from {} of JSON", bytes(written.bytes_before))];
            if size != written.bytes_before {
                notes.push(format!("{} packed", bytes(size)));
            }
            if written.as_json > 0 {
                let odd = output::count(usize::try_from(written.as_json).unwrap_or(usize::MAX), "message");
                notes.push(format!("{odd} kept as JSON text, because they do not fit in columns"));
            }
            notes.push(format!("in {:.1} s", started.elapsed().as_secs_f64()));
            output::line(&styled(FAINT, notes.join(" · ")));
        }
    }
    Ok(Ended::Fine)
}

fn json(written: &Written, packed: u64) -> Result<String, Failure> {
    let mut value = serde_json::to_value(written).map_err(|error| Failure::new(error.to_string()))?;
    value["bytes_packed"] = packed.into();
    serde_json::to_string_pretty(&value).map_err(|error| Failure::new(error.to_string()))
}

fn to_lines(args: &Convert) -> Done {
    let history = History::open(&args.from).map_err(|error| refused(&args.from, &error))?;
    let packing = args.to.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    if packing == "parquet" {
        return Err(Failure::new(format!("{} is Parquet already", load::show(&args.from)))
            .help("give the new file a name that ends in `.jsonl`, `.gz` or `.zst` to get JSON lines"));
    }
    let bar = Bar::new(args.quiet, Some(history.messages()));
    let threads = threads(args.threads);
    let mut outcome = Ok(());
    let mut write = |writer: &mut dyn Write| {
        let progress = |messages| bar.at(messages, || format!("{} messages", output::thousands(messages)));
        match history.write_lines(writer, threads, progress) {
            Err(Error::Output(error)) => Err(io::Error::other(error)),
            other => {
                outcome = other;
                Ok(())
            }
        }
    };
    let written = write_to(&args.to, |writer| match packing {
        "gz" => {
            let mut packed = flate2::write::GzEncoder::new(writer, flate2::Compression::default());
            write(&mut packed)?;
            packed.finish().map(|_| ())
        }
        "zst" => {
            let mut packed = zstd::stream::write::Encoder::new(writer, 3)?;
            write(&mut packed)?;
            packed.finish().map(|_| ())
        }
        _ => write(writer),
    });
    bar.end();
    written?;
    outcome.map_err(|error| refused(&args.from, &error))?;
    let to_terminal = args.to == Path::new("-");
    match args.format {
        RunFormat::Json if !to_terminal => {
            let size = std::fs::metadata(&args.to).map_or(0, |metadata| metadata.len());
            let said = serde_json::json!({
                "messages": history.messages(), "bytes_before": history.size(), "bytes_after": size,
            });
            output::line(&serde_json::to_string_pretty(&said).map_err(|error| Failure::new(error.to_string()))?);
        }
        RunFormat::Human if !to_terminal => {
            let messages = output::thousands(history.messages());
            output::line(&format!("{messages} messages → {}", load::show(&args.to)));
        }
        _ => {}
    }
    Ok(Ended::Fine)
}

fn threads(asked: Option<usize>) -> usize {
    asked.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
}

fn part(to: &Path) -> PathBuf {
    let mut name = to.as_os_str().to_os_string();
    name.push(".part");
    name.into()
}

/// `12.3 MB`
fn bytes(number: u64) -> String {
    match number {
        0..1_000 => output::count(number as usize, "byte"),
        1_000..1_000_000 => format!("{:.1} kB", number as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", number as f64 / 1e6),
        _ => format!("{:.2} GB", number as f64 / 1e9),
    }
}
