//! `journey build`

use crate::args::{Build, Emit};
use crate::output::{self, GOOD, styled, thousands};
use crate::{Done, Ended, Failure, load};
use journey_runtime::{file, listing};
use std::path::{Path, PathBuf};

pub(super) fn run(args: &Build) -> Done {
    super::or_found(super::compile(&args.project)?, |compiled| {
        let image = &compiled.image;
        match args.emit {
            Emit::Listing => {
                let text = listing::listing(image);
                match &args.output {
                    Some(path) => write(path, text.as_bytes())?,
                    None => output::print(&text),
                }
            }
            Emit::Image => {
                let bytes = file::write(image);
                let path = args.output.clone().unwrap_or_else(|| PathBuf::from(format!("{}.journeyc", image.name)));
                write(&path, &bytes)?;
                output::note(&format!(
                    "{} {} ({} bytes)",
                    styled(GOOD, "wrote"),
                    load::show(&path),
                    thousands(bytes.len() as u64)
                ));
            }
        }
        Ok(Ended::Fine)
    })
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(path, bytes).map_err(|e| Failure::new(format!("cannot write {}: {e}", load::show(path))))
}
