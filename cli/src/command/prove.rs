//! `journey prove`: a report of sections, each a proof, in the forms that were asked for.

mod conflicts;
mod consent;
mod pressure;
mod stay;

use super::run::print_text;
use crate::args::{Prove, ProveFormat};
use crate::output;
use crate::view::table;
use crate::{Done, Ended, Failure};
use journey_compiler::prove::pressure::Analysis;
use journey_compiler::prove::{self, witness};
use journey_runtime::report::human::{Text, Tone};
use serde_json::json;

pub(super) fn run(args: &Prove) -> Done {
    let Some(compiled) = super::compile(&args.project)? else { return Ok(Ended::Found) };
    let checked = &compiled.checked;
    let program = &checked.program;
    let found = prove::pressure::pressure(program);
    let mut shown = pressure::Shown { asked: args.witness, of: vec![None; found.rules.len()] };
    let machine = journey_runtime::program::Program::new(compiled.image).map_err(super::run::refused)?;
    let mut analysis = Analysis::new(program);
    let meet = prove::conflicts::find(program, &machine, &mut analysis, args.pairs);
    if args.witness {
        let rules = found.rules.iter();
        let find = |verdict| witness::find(program, &machine, &mut analysis, verdict);
        shown.of = rules.map(find).collect();
    }
    let stays = prove::stay::stays(program);
    let consents = prove::consent::table(program);
    match args.format {
        ProveFormat::Human => {
            let columns = table::width();
            let sections = [
                pressure::human(checked, &found, &shown, columns),
                conflicts::human(program, &meet, args.witness, columns),
                stay::human(checked, &stays, columns),
                consent::human(checked, &consents, columns),
            ];
            let mut out = Text::default();
            out.line().add(Tone::Dim, format!("{}: what is certain", program.name));
            for section in sections.into_iter().filter(|s| !s.lines.is_empty()) {
                out.line();
                out.append(section);
            }
            print_text(&out);
        }
        ProveFormat::Markdown => {
            let sections = [
                format!("# {}: what is certain\n", program.name),
                pressure::markdown(checked, &found, &shown),
                conflicts::markdown(program, &meet, args.witness),
                stay::markdown(checked, &stays),
                consent::markdown(checked, &consents),
            ];
            output::print(&sections.into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join("\n"));
        }
        ProveFormat::Json => {
            let value = json!({
                "project": program.name,
                "pressure": pressure::json(checked, &found, &shown),
                "conflicts": conflicts::json(program, &meet),
                "stay": stay::json(checked, &stays),
                "consent": consent::json(checked, &consents),
            });
            output::line(&serde_json::to_string_pretty(&value).map_err(|e| Failure::new(e.to_string()))?);
        }
    }
    Ok(Ended::Fine)
}
