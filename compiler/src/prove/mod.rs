//! What can be said of a program before a customer lives through it.

pub mod pressure;
