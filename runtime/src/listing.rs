//! The stable text form of an image, for review.

use crate::image::Image;

/// The listing of an image: the same text for the same meaning, without paths or hashes of tools.
pub fn listing(image: &Image) -> String {
    format!("program {}\n", image.name)
}
