//! Which engine a run gets.

use crate::args::EngineChoice;
use journey_jit::{Jit, Level};
use journey_runtime::batch::{Engine, Reference};
use journey_runtime::program::Program;
use journey_runtime::report::summary::EngineSummary;
use journey_runtime::tables::Vm;
use std::sync::Arc;

/// Bytes of events from which on compiling pays: the code is made in a few milliseconds, in which the VM works on some ten thousand
/// messages of a few hundred bytes.
const WORTH_IT: u64 = 8 << 20;

/// The engine, and how it is told. `size`: bytes of the events, where they are known before they are read.
pub fn choose(program: &Program, choice: EngineChoice, size: Option<u64>) -> (Arc<dyn Engine>, EngineSummary) {
    let told = |name: &str, reason: Option<String>| EngineSummary {
        name: name.to_string(),
        reason,
        inputs: None,
        native: None,
    };
    let vm = |reason| (Arc::new(Vm::new(program)) as Arc<dyn Engine>, told("vm", reason));
    match choice {
        EngineChoice::Reference => (Arc::new(Reference), told("reference", None)),
        EngineChoice::Vm => vm(None),
        EngineChoice::Auto if size.is_some_and(|size| size < WORTH_IT) => {
            vm(Some("so few events are done before machine code is made".to_string()))
        }
        EngineChoice::Auto | EngineChoice::Jit => match Jit::new(program, Level::Speed) {
            Ok(jit) => (Arc::new(jit), told("jit", None)),
            Err(reason) => vm(Some(reason.to_string())),
        },
    }
}
