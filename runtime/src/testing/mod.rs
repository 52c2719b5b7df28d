//! Tests of a program: a plan of inputs and expectations, run with a virtual clock through the same decoder and step as
//! everything else.
//!
//! Expectations that follow each other are a block; they are about everything since the block before. Before a block is looked
//! at, time has gone on for everybody to the clock's present moment, which is included. In a block every message that was
//! handed over must be expected, in any order; other things matter only where they are expected.

mod coverage;
mod expect;
pub mod plan;
mod run;
pub mod show;

pub use coverage::{Coverage, JourneyCoverage, Untaken};
pub use plan::TestPlan;
pub use run::{Happened, Happening, Rehearsal, Results, TestResult, run};
