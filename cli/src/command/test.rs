//! `journey test`

use crate::args::{Test, TestFormat};
use crate::output::{self, WARN, styled};
use crate::{Done, Ended, Failure};
use journey_compiler::lower::lower_tests;
use journey_runtime::program::Program;
use journey_runtime::testing;

pub(super) fn run(args: &Test) -> Done {
    super::or_found(super::compile(&args.project)?, |compiled| {
        let plan = lower_tests(&compiled.checked.program, &compiled.checked.sources);
        let program = Program::new(compiled.image).map_err(super::run::refused)?;
        let results = testing::run(&program, &plan, args.only.as_deref());
        match args.format {
            TestFormat::Human => {
                super::run::print_text(&testing::show::human(&program, &results));
                if args.coverage {
                    super::run::print_text(&testing::show::coverage(&results.coverage));
                }
            }
            TestFormat::Json => output::line(&format!("{:#}", testing::show::json(&program, &results))),
            TestFormat::Junit => output::print(&testing::show::junit(&program, &results)),
        }
        if results.tests.is_empty() {
            match &args.only {
                Some(text) => return Err(Failure::new(format!("no test's title contains `{text}`"))),
                None => output::note(&format!("{} there are no tests in this project", styled(WARN, "note:"))),
            }
        }
        Ok(if results.failed() > 0 { Ended::Found } else { Ended::Fine })
    })
}
