//! Pictures of journeys: from the checked program to SVG, Mermaid and DOT.
//!
//! Pure: a program goes in and text comes out. [`model`] reads the program, [`layout`] says where everything stands, [`mod@svg`] draws it;
//! [`graph`] and its two writings are for other tools. [`words`] has the program's words as a marketer reads them.

pub mod counts;
pub mod graph;
pub mod layout;
pub mod measure;
pub mod model;
pub mod style;
pub mod svg;
pub mod words;

pub use counts::Counts;
pub use model::Picture;
pub use svg::{Options, escape};

use journey_compiler::hir::Program;
use journey_compiler::project::Source;

/// Draws a journey of a program that has no errors, by its name.
pub fn svg(program: &Program, sources: &[Source], journey: &str, options: &Options) -> Option<String> {
    let journey = program.journeys.iter().position(|j| j.name == journey)?;
    Some(svg::svg(&Picture::new(program, sources, journey), options))
}
