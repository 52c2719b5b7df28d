//! Recorded data and declarations: holds one against the other ([`check`]), makes declarations of data ([`infer`]) and of other
//! tools' schemas ([`import`]).
//!
//! Whether a value is as it is declared is asked of the runtime's own ingest, over an image that reads everything: what is found
//! here is what a run would put among its dead letters. Memory is bounded by what is declared and by [`seen::LIMITS`], never by
//! the length of the data.

pub mod advice;
pub mod check;
pub mod draft;
pub mod import;
pub mod infer;
pub mod observe;
pub mod seen;
