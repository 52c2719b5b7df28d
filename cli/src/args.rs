//! The command line.

use crate::view::Format;
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// The language for customer journeys: check, test and run `.journey` files.
#[derive(Debug, Parser)]
#[command(
    name = "journey",
    version,
    propagate_version = true,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "\
Examples:
  journey new spring              make a project that runs
  journey check                   find every mistake of the project in this folder
  journey run --trace ana         run it over its events, and tell one customer's story
  journey test                    run the tests in its .journey files
  journey explain J0101           what a code means, with an example and its fix

Exit codes: 0 fine · 1 the program has errors, or tests fail · 2 wrong use or unreadable input"
)]
pub struct Args {
    /// Colour in the output
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto)]
    pub color: Colour,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// In a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Colour {
    /// Makes it so for all that is printed.
    pub fn apply(self) {
        match self {
            Colour::Auto => anstream::ColorChoice::Auto,
            Colour::Always => anstream::ColorChoice::Always,
            Colour::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a new project that runs
    New(New),
    /// Find every mistake of a project
    Check(Check),
    /// Lay out .journey files
    Fmt(Fmt),
    /// Run the tests in the .journey files
    Test(Test),
    /// Run a project over recorded events
    Run(Run),
    /// What a project reads, by which journey and why; and whether recorded events are as they should be
    #[command(after_help = "\
Examples:
  journey data                            every event and field that is read, by whom and why, and what nobody uses
  journey data --journey abandoned_cart   what one journey reads
  journey data --format csv > data.csv    a row for every use, for the data team
  journey data --against events.jsonl.gz  hold recorded events against the declarations

With --against, a message breaks its contract when a run that read everything declared would put it among its dead letters;
unknown events, spellings and mixed units are warnings. Exit code 1 if the share of broken messages is above --allow.")]
    Data(Data),
    /// Say what an edit changes: who comes in, what they live through, when, what is said, what is read
    #[command(after_help = "\
Examples:
  journey diff --base main                      what the project in this folder changes against main
  journey diff main..HEAD --project shop        two revisions of git
  journey diff shop-before shop                 two folders
  journey diff --base main --format markdown    for a comment of a review
  journey diff --base main --fail-on consent,audience
  journey diff --base main --events events.jsonl
                                                with how many customers come in under either version

What is only written otherwise (comments, layout, the order of declarations) is no change. Exit code 1 if a change is of a
class of --fail-on, or if one of the versions has errors.")]
    Diff(Diff),
    /// Write the declarations that recorded events keep to
    #[command(after_help = "\
Examples:
  journey infer events.jsonl                       print declarations: events, fields, bounds, and what they rest on
  journey infer events.jsonl.gz -o data.journey    write them to a file
  journey data --against events.jsonl.gz           hold other data against them")]
    Infer(Infer),
    /// Turn a JSON Schema or a tracking plan of Segment or RudderStack into declarations
    #[command(after_help = "\
Examples:
  journey import plan.json -o plan.journey         a tracking plan, exported as JSON
  journey import order_completed.schema.json       a JSON Schema of one event

What cannot be said in the language stands in the file as a comment: `left out`.")]
    Import(Import),
    /// Turn recorded events from JSON lines to columns and back
    #[command(subcommand)]
    Events(Events),
    /// Write pages about a project: its journeys, messages, offers, rules and data
    #[command(after_help = "\
Examples:
  journey doc --open                    write the pages to ./site, and look at them
  journey doc examples/retail -o pages  another project, another folder

The pages need no server and fetch nothing: send the folder to whoever should read it.")]
    Doc(Doc),
    /// Draw journeys: SVG, Mermaid, DOT
    #[command(after_help = "\
Examples:
  journey graph journeys/win_back.journey > win_back.svg      one file, one journey
  journey graph --journey win_back --format mermaid           for a page that draws Mermaid
  journey graph -o pictures                                   every journey of the project
  journey graph -o pictures --events events.jsonl             with how many people went where
  journey graph -o pictures --link https://git.example/shop   each step leads to its line")]
    Graph(Graph),
    /// Compile a project
    Build(Build),
    /// Say what is certain of a project: how many messages one customer can get at most, how long a run may stay, which consent
    /// is asked for
    Prove(Prove),
    /// Write or compare the listing of a project beside its sources
    Snapshot(Snapshot),
    /// Explain a code such as J0101
    Explain(Explain),
    /// Serve an editor: findings, completion, hover, rename and all else while a journey is typed
    #[command(after_help = "\
An editor starts this command and speaks with it over standard input and output. How to set up VS Code, Neovim, Helix, Zed and
Emacs stands in docs/editors.")]
    Lsp,
    /// Write a completion script for a shell
    Completions(Completions),
}

/// `journey new`
#[derive(Debug, ClapArgs)]
pub struct New {
    /// The folder to make; its last part names the project
    pub path: PathBuf,
}

/// `journey check`
#[derive(Debug, ClapArgs)]
pub struct Check {
    /// The project's folder, or a file in it
    #[arg(default_value = ".")]
    pub project: PathBuf,
    /// How findings are shown
    #[arg(long, value_enum, default_value_t = Format::Human, env = "JOURNEY_FORMAT")]
    pub format: Format,
    /// Apply the fixes that need no second look
    #[arg(long)]
    pub fix: bool,
    /// Exit with 1 on warnings too
    #[arg(long)]
    pub deny_warnings: bool,
}

/// `journey fmt`
#[derive(Debug, ClapArgs)]
pub struct Fmt {
    /// Files or folders; `-` lays out standard input
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// Change nothing; exit with 1 if something would change
    #[arg(long)]
    pub check: bool,
}

/// How results of tests are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TestFormat {
    /// For people: failing tests as a time-line
    Human,
    /// For programs
    Json,
    /// JUnit XML, for CI
    Junit,
}

/// `journey test`
#[derive(Debug, ClapArgs)]
pub struct Test {
    /// The project's folder, or a file in it
    #[arg(default_value = ".")]
    pub project: PathBuf,
    /// Only tests whose title contains this
    #[arg(long, value_name = "TEXT")]
    pub only: Option<String>,
    /// How results are shown
    #[arg(long, value_enum, default_value_t = TestFormat::Human)]
    pub format: TestFormat,
    /// List every step and branch that no test took
    #[arg(long)]
    pub coverage: bool,
}

/// How a summary is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RunFormat {
    /// For people
    Human,
    /// For programs
    Json,
}

/// What works on events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EngineChoice {
    /// Machine code where it pays, else the virtual machine
    Auto,
    /// The virtual machine
    Vm,
    /// Machine code; what is not compiled is done by the virtual machine
    Jit,
    /// The machine that defines the meaning, slow
    #[value(hide = true)]
    Reference,
}

/// `journey run`
#[derive(Debug, ClapArgs)]
pub struct Run {
    /// The project's folder, a file in it, or a compiled .journeyc file
    #[arg(default_value = ".")]
    pub project: PathBuf,
    /// Recorded events: JSON lines, also .gz and .zst, or Parquet of `journey events convert`; `-` is standard input. Default: `events` of `[run]` in journey.toml
    #[arg(long, short, value_name = "FILE")]
    pub events: Option<PathBuf>,
    /// Run on to this date or moment after the events end (1998-12-31, 1998-12-31T00:00:00Z)
    #[arg(long, value_name = "WHEN")]
    pub until: Option<String>,
    /// Write every effect: as JSON lines, or in columns where the name ends in `.parquet`
    #[arg(long, short, visible_alias = "effects", value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Write every input that could not be used as a JSON line, with the reason
    #[arg(long, value_name = "FILE")]
    pub dead_letters: Option<PathBuf>,
    /// Tell this customer's story
    #[arg(long, value_name = "CUSTOMER")]
    pub trace: Option<String>,
    /// Worker threads; the result does not depend on it
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// What works on the events; the result does not depend on it
    #[arg(long, value_enum, default_value_t = EngineChoice::Auto)]
    pub engine: EngineChoice,
    /// How the summary is shown
    #[arg(long, value_enum, default_value_t = RunFormat::Human)]
    pub format: RunFormat,
    /// No progress bar
    #[arg(long, short)]
    pub quiet: bool,
}

/// `journey events`
#[derive(Debug, Subcommand)]
pub enum Events {
    /// JSON lines to Parquet, which is decoded once and replayed many times; Parquet to the same JSON lines again
    #[command(after_help = "\
Examples:
  journey events convert events.jsonl.gz events.parquet   columns for replays, DuckDB, Polars
  journey run --events events.parquet                     run over them
  journey events convert events.parquet events.jsonl      the messages as they came")]
    Convert(Convert),
}

/// `journey events convert`
#[derive(Debug, ClapArgs)]
pub struct Convert {
    /// JSON lines (also .gz and .zst), or Parquet that this command has made
    pub from: PathBuf,
    /// The new file: `.parquet`, or for JSON lines `.jsonl`, `.gz`, `.zst` or `-`
    pub to: PathBuf,
    /// Messages of a row group; within one, messages stand event by event [default: 131072]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=16_777_216))]
    pub rows: Option<u32>,
    /// Worker threads; the result does not depend on it
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// How the summary is shown
    #[arg(long, value_enum, default_value_t = RunFormat::Human)]
    pub format: RunFormat,
    /// No progress bar
    #[arg(long, short)]
    pub quiet: bool,
}

/// How data are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DataFormat {
    /// For people: tables
    Human,
    /// For programs
    Json,
    /// For spreadsheets: a row for every use
    Csv,
}

/// How proofs are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProveFormat {
    /// For people
    Human,
    /// For people, to be sent or published
    Markdown,
    /// For programs
    Json,
}

/// `journey prove`
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  journey prove                       what is certain of the project in this folder
  journey prove --witness             with a test for each limit that can be reached, which shows how
  journey prove --pairs 500           more pairs of journeys, to see whether they get in each other's way
  journey prove --format markdown     a report to send

Every number holds for each customer, whatever they do and whenever they do it.")]
pub struct Prove {
    /// The project's folder, or a file in it
    #[arg(default_value = ".")]
    pub project: PathBuf,
    /// How it is shown
    #[arg(long, value_enum, default_value_t = ProveFormat::Human)]
    pub format: ProveFormat,
    /// Show how each limit that can be reached is reached, and how journeys meet, as tests
    #[arg(long)]
    pub witness: bool,
    /// Play so many pairs of journeys through at most, to see whether they meet
    #[arg(long, value_name = "N", default_value_t = journey_compiler::prove::conflicts::PAIRS)]
    pub pairs: usize,
}

/// `journey data`
#[derive(Debug, ClapArgs)]
pub struct Data {
    /// The project's folder, or a file in it
    #[arg(default_value = ".")]
    pub project: PathBuf,
    /// Only what this journey reads
    #[arg(long, value_name = "NAME", conflicts_with = "against")]
    pub journey: Option<String>,
    /// Hold these recorded events against the declarations: JSON lines, also .gz and .zst, or Parquet of `journey events convert`; `-` is standard input
    #[arg(long, value_name = "EVENTS")]
    pub against: Option<PathBuf>,
    /// With --against: exit with 1 only if more than this share of the messages, in percent, break their contract
    #[arg(long, value_name = "PERCENT", default_value_t = 0.0, requires = "against")]
    pub allow: f64,
    /// How it is shown
    #[arg(long, value_enum, default_value_t = DataFormat::Human)]
    pub format: DataFormat,
    /// No progress bar
    #[arg(long, short)]
    pub quiet: bool,
}

/// `journey infer`
#[derive(Debug, ClapArgs)]
pub struct Infer {
    /// Recorded events: JSON lines, also .gz and .zst, or Parquet of `journey events convert`; `-` is standard input
    pub events: PathBuf,
    /// Where; default: standard output
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// No progress bar
    #[arg(long, short)]
    pub quiet: bool,
}

/// `journey import`
#[derive(Debug, ClapArgs)]
pub struct Import {
    /// A JSON file
    pub schema: PathBuf,
    /// Where; default: standard output
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// How changes are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// For people
    Human,
    /// For programs
    Json,
    /// For a comment of a review
    Markdown,
}

/// What a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DiffClass {
    /// Who comes in, and when again
    Audience,
    /// What people live through
    Routing,
    /// When
    Timing,
    /// What is said
    Content,
    /// What may be sent at all
    Consent,
    /// What is read and written
    Data,
    /// All of them
    Any,
}

/// `journey diff`
#[derive(Debug, ClapArgs)]
pub struct Diff {
    /// OLD and NEW, each a folder or a revision of git; `OLD..NEW`; or OLD alone, against the project as it stands
    #[arg(value_name = "VERSION", num_args = 0..=2)]
    pub versions: Vec<String>,
    /// Compare the project with this revision
    #[arg(long, value_name = "REVISION")]
    pub base: Option<String>,
    /// The project's folder, where revisions are compared
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    pub project: PathBuf,
    /// How changes are shown
    #[arg(long, value_enum, default_value_t = DiffFormat::Human)]
    pub format: DiffFormat,
    /// Exit with 1 if there are changes of these classes
    #[arg(long, value_enum, value_name = "CLASS", value_delimiter = ',')]
    pub fail_on: Vec<DiffClass>,
    /// Run both versions over these recorded events, and say how many customers come in under each
    #[arg(long, short, value_name = "FILE")]
    pub events: Option<PathBuf>,
    /// No progress bar
    #[arg(long, short)]
    pub quiet: bool,
}

/// `journey doc`
#[derive(Debug, ClapArgs)]
pub struct Doc {
    /// The project's folder, or a file in it
    #[arg(default_value = ".")]
    pub project: PathBuf,
    /// The folder for the pages; what is in it already and has another name stays
    #[arg(long, short, value_name = "DIR", default_value = "site")]
    pub output: PathBuf,
    /// Open the front page
    #[arg(long)]
    pub open: bool,
}

/// How a journey is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// A picture for light and dark
    Svg,
    /// A Mermaid flowchart
    Mermaid,
    /// For Graphviz
    Dot,
    /// For programs: all that the picture says, and its nodes and edges
    Json,
}

impl GraphFormat {
    /// The end of a file's name.
    pub fn extension(self) -> &'static str {
        match self {
            GraphFormat::Svg => "svg",
            GraphFormat::Mermaid => "mmd",
            GraphFormat::Dot => "dot",
            GraphFormat::Json => "json",
        }
    }
}

/// `journey graph`
#[derive(Debug, ClapArgs)]
pub struct Graph {
    /// The project's folder, or a file in it, whose journeys are drawn
    #[arg(default_value = ".")]
    pub project: PathBuf,
    /// Only this journey
    #[arg(long, short, value_name = "NAME")]
    pub journey: Option<String>,
    /// How it is drawn [default: by the name of the output, else svg]
    #[arg(long, value_enum)]
    pub format: Option<GraphFormat>,
    /// Where: a file for one journey, a folder for several; default: standard output
    #[arg(long, short, value_name = "FILE|DIR")]
    pub output: Option<PathBuf>,
    /// Each step leads to its line below this address (svg)
    #[arg(long, value_name = "URL")]
    pub link: Option<String>,
    /// Run the project over these events, and say on the picture how many went where
    #[arg(long, short, value_name = "FILE")]
    pub events: Option<PathBuf>,
    /// Run on to this date or moment after the events end (1998-12-31, 1998-12-31T00:00:00Z)
    #[arg(long, value_name = "WHEN", requires = "events")]
    pub until: Option<String>,
    /// No progress bar
    #[arg(long, short)]
    pub quiet: bool,
}

/// What `journey build` writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Emit {
    /// The compiled program (.journeyc)
    Image,
    /// Its stable text form, made for review
    Listing,
}

/// `journey build`
#[derive(Debug, ClapArgs)]
pub struct Build {
    /// The project's folder, or a file in it
    #[arg(default_value = ".")]
    pub project: PathBuf,
    /// What to write
    #[arg(long, value_enum, default_value_t = Emit::Image)]
    pub emit: Emit,
    /// Where; default: NAME.journeyc for an image, standard output for a listing
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// `journey snapshot`
#[derive(Debug, ClapArgs)]
pub struct Snapshot {
    /// The project's folder, or a file in it
    #[arg(default_value = ".")]
    pub project: PathBuf,
    /// Write nothing; exit with 1 and show the difference if the listing has changed
    #[arg(long)]
    pub check: bool,
}

/// `journey explain`
#[derive(Debug, ClapArgs)]
pub struct Explain {
    /// The code; without it, all codes are listed
    pub code: Option<String>,
}

/// `journey completions`
#[derive(Debug, ClapArgs)]
pub struct Completions {
    /// The shell
    pub shell: clap_complete::Shell,
}
