//! What can go wrong with files of columns.

use std::fmt;
use std::io;

/// Why a file could not be read or written.
#[derive(Debug)]
pub enum Error {
    /// The JSON lines could not be read.
    Input(io::Error),
    /// The file could not be written.
    Output(String),
    /// It is no Parquet file, or a damaged one.
    NotParquet(String),
    /// It is a Parquet file, but not one that `journey events convert` has made.
    NotHistory,
    /// It was made by another version.
    Version(u32),
    /// It is not what it says it is: another tool has changed it.
    Changed(String),
}

impl Error {
    pub(crate) fn output(error: impl fmt::Display) -> Error {
        Error::Output(error.to_string())
    }

    pub(crate) fn parquet(error: impl fmt::Display) -> Error {
        Error::NotParquet(error.to_string())
    }

    pub(crate) fn changed(what: impl Into<String>) -> Error {
        Error::Changed(what.into())
    }

    /// What may be done about it.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Error::NotHistory | Error::Version(_) | Error::Changed(_) => {
                Some("make it anew from the JSON lines: `journey events convert events.jsonl events.parquet`")
            }
            Error::NotParquet(_) => Some("was the file cut off while it was copied?"),
            Error::Input(_) | Error::Output(_) => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Input(error) => error.fmt(f),
            Error::Output(error) => f.write_str(error),
            Error::NotParquet(error) => write!(f, "it is damaged, or no Parquet file ({error})"),
            Error::NotHistory => {
                f.write_str("it is a Parquet file, but no history that `journey events convert` has made")
            }
            Error::Version(version) => {
                write!(f, "it was made by another version of journey (form {version}, not {VERSION})")
            }
            Error::Changed(what) => write!(f, "it has been changed since `journey events convert` made it: {what}"),
        }
    }
}

impl std::error::Error for Error {}

use crate::write::VERSION;
