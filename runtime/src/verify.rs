//! Proves an image well-formed before anything runs it.

use crate::image::Image;
use crate::time::Zones;

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyError {
    /// In which part: `journey abandoned_cart, instruction 4`.
    pub place: String,
    /// What.
    pub message: String,
}

impl std::fmt::Display for VerifyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// Proves the image well-formed, or says everything that is wrong with it.
pub fn verify(image: &Image, zones: &Zones) -> Result<(), Vec<VerifyError>> {
    if zones.find(&image.time_zone).is_none() {
        return Err(vec![VerifyError {
            place: "project".into(),
            message: format!("no time zone {}", image.time_zone),
        }]);
    }
    Ok(())
}
