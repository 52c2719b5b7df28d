//! `journey graph`

use crate::args::{Graph, GraphFormat};
use crate::output::{self, GOOD, styled};
use crate::{Done, Ended, Failure, load};
use journey_picture::{Counts, Options, Picture, graph, svg};
use journey_runtime::host::memory::{self, Outcome};
use std::path::Path;

pub(super) fn run(args: &Graph) -> Done {
    let Some(compiled) = super::compile(&args.project)? else { return Ok(Ended::Found) };
    let checked = &compiled.checked;
    let program = &checked.program;
    let wanted = wanted(args, &compiled)?;
    let format = args.format.unwrap_or_else(|| by_name(args.output.as_deref()));
    let seen = args.events.as_ref().map(|events| Seen::run(&compiled, events, args)).transpose()?;
    let draw = |journey: usize| {
        let picture = Picture::new(program, &checked.sources, journey);
        let counts = seen.as_ref().and_then(|seen| seen.counts(&picture.name));
        match format {
            GraphFormat::Svg => svg::svg(&picture, &Options { link: args.link.clone(), counts, ..Options::default() }),
            GraphFormat::Mermaid => graph::mermaid(&picture, counts.as_ref()),
            GraphFormat::Dot => graph::dot(&picture, counts.as_ref()),
            GraphFormat::Json => json(&picture, counts.as_ref()),
        }
    };
    match &args.output {
        Some(folder) if folder.is_dir() || args.journey.is_none() && folder.extension().is_none() => {
            std::fs::create_dir_all(folder)
                .map_err(|e| Failure::new(format!("cannot make {}: {e}", load::show(folder))))?;
            for journey in wanted {
                let file = folder.join(format!("{}.{}", program.journeys[journey].name, format.extension()));
                write(&file, &draw(journey))?;
            }
        }
        output => {
            let [journey] = wanted.as_slice() else {
                let names: Vec<&str> = wanted.iter().map(|j| program.journeys[*j].name.as_str()).collect();
                return Err(Failure::new(format!("there are {} journeys to draw", names.len())).help(format!(
                    "name one with `--journey` ({}), or draw all into a folder: `-o pictures`",
                    names.join(", ")
                )));
            };
            match output {
                Some(file) => write(file, &draw(*journey))?,
                None => output::print(&draw(*journey)),
            }
        }
    }
    Ok(Ended::Fine)
}

/// What happened to people in a run over events.
struct Seen {
    program: journey_runtime::program::Program,
    outcome: Outcome,
}

impl Seen {
    fn run(compiled: &super::Compiled, events: &Path, args: &Graph) -> Result<Seen, Failure> {
        let (checked, image) = (&compiled.checked, compiled.image.clone());
        let wanted = memory::Options { passage: true, ..memory::Options::default() };
        let (program, outcome) = super::run::replay(checked, image, events, args.until.as_ref(), args.quiet, wanted)?;
        Ok(Seen { program, outcome })
    }

    fn counts(&self, journey: &str) -> Option<Counts> {
        let image = &self.program.image;
        let journey = image.journeys.iter().position(|j| j.name == journey)?;
        Some(Counts::new(image, journey, self.outcome.passage.as_ref()?, &self.outcome.tally))
    }
}

/// The journeys that are asked for, by name; all of a project or file when none is named.
fn wanted(args: &Graph, compiled: &super::Compiled) -> Result<Vec<usize>, Failure> {
    let program = &compiled.checked.program;
    let mut all: Vec<usize> = (0..program.journeys.len()).collect();
    all.sort_by(|a, b| program.journeys[*a].name.cmp(&program.journeys[*b].name));
    if let Some(name) = &args.journey {
        let found = all.iter().copied().find(|j| program.journeys[*j].name == *name);
        return found.map(|j| vec![j]).ok_or_else(|| {
            let names: Vec<&str> = all.iter().map(|j| program.journeys[*j].name.as_str()).collect();
            let near = journey_grammar::diagnostic::nearest(name, names.iter().copied());
            let help = near
                .map_or_else(|| format!("there are {}", names.join(", ")), |near| format!("did you mean `{near}`?"));
            Failure::new(format!("there is no journey `{name}`")).help(help)
        });
    }
    // Of one file, when one is named.
    if args.project.extension().is_some_and(|e| e == "journey")
        && let Ok(file) = std::path::absolute(&args.project)
        && let Ok(root) = std::path::absolute(&compiled.root)
    {
        let inside = |j: &usize| {
            let file_of = usize::from(program.journeys[*j].span.file.0);
            compiled.checked.sources.get(file_of).is_some_and(|source| root.join(&source.path) == file)
        };
        all.retain(inside);
    }
    if all.is_empty() {
        return Err(Failure::new(format!("there is no journey in {}", load::show(&args.project))));
    }
    Ok(all)
}

/// What the end of a file's name asks for.
fn by_name(output: Option<&Path>) -> GraphFormat {
    match output.and_then(Path::extension).and_then(|e| e.to_str()) {
        Some("mmd" | "mermaid") => GraphFormat::Mermaid,
        Some("dot" | "gv") => GraphFormat::Dot,
        Some("json") => GraphFormat::Json,
        _ => GraphFormat::Svg,
    }
}

#[derive(serde::Serialize)]
struct Json<'a> {
    schema_version: u32,
    #[serde(flatten)]
    picture: &'a Picture,
    graph: graph::Graph,
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<&'a Counts>,
}

fn json(picture: &Picture, counts: Option<&Counts>) -> String {
    let whole = Json { schema_version: 1, picture, graph: graph::Graph::new(picture, counts), counts };
    let mut text = serde_json::to_string_pretty(&whole).unwrap_or_default();
    text.push('\n');
    text
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    super::run::write_to(path, |writer| writer.write_all(text.as_bytes()))?;
    if path != Path::new("-") {
        output::note(&format!("{} {}", styled(GOOD, "wrote"), load::show(path)));
    }
    Ok(())
}
