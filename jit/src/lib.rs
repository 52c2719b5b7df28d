//! Programs as machine code. The meaning is that of the step machine in `journey-runtime`, to the bit; this crate only makes it fast.
//!
//! An expression becomes a [`graph`] (`lift`), the graph becomes Cranelift's IR (`emit`), and that becomes machine code (`code`).
//! The step of a program (`step`) is code too: the usual inputs of a batch, the loop inside.
//! What has no place in a graph stays with the evaluator: nothing is half compiled.

mod code;
mod context;
mod decide;
mod emit;
mod functions;
mod graph;
mod lift;
mod step;

pub use code::{Level, NoCode};
pub use decide::{Decision, Form, Outcome};
pub use functions::Functions;
pub use step::Jit;
