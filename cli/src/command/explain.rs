//! `journey explain`

use crate::args::Explain;
use crate::output::{self, BOLD, NAME, styled};
use crate::{Done, Ended, Failure};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::nearest;

pub(super) fn run(args: &Explain) -> Done {
    let Some(wanted) = &args.code else {
        for code in Code::ALL {
            output::line(&format!("{}  {}", styled(NAME, code), code.summary()));
        }
        return Ok(Ended::Fine);
    };
    let code = Code::parse(wanted).ok_or_else(|| {
        let upper = wanted.to_ascii_uppercase();
        let help = match nearest(&upper, Code::ALL.iter().map(|c| c.as_str())) {
            Some(near) => format!("did you mean {near}? `journey explain` lists all codes"),
            None => "`journey explain` lists all codes".to_string(),
        };
        Failure::new(format!("there is no code `{wanted}`")).help(help)
    })?;
    output::print(&page(code.page()));
    Ok(Ended::Fine)
}

/// A page for the terminal: headings bold, programs indented.
fn page(markdown: &str) -> String {
    let mut out = String::new();
    let mut program = false;
    for line in markdown.lines() {
        if line.starts_with("```") {
            program = !program;
            continue;
        }
        if program {
            out.push_str("    ");
            out.push_str(line);
        } else if let Some(heading) = line.strip_prefix('#') {
            out.push_str(&styled(BOLD, heading.trim_start_matches('#').trim()));
        } else {
            out.push_str(line);
        }
        out.push('\n');
    }
    out
}
