//! What a journey project means: names, taxonomy, types, flow, and the image it compiles to.
//!
//! Pure: it reads no files, clocks or environment. The caller brings sources and answers for the files they name.

mod again;
pub mod check;
mod collect;
pub mod declare;
pub mod diff;
pub mod expr;
pub mod flow;
pub mod hir;
pub mod inventory;
pub mod iso;
pub mod journey;
pub mod lower;
pub mod mentions;
pub mod project;
pub mod prove;
pub mod scope;
mod settings;
pub mod severity;
pub mod test;
pub mod testing;
