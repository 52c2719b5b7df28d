//! The form of an image in a file, `.journeyc`: `JOURNEYC`, the format's version, the payload's length and hash, the payload.

use crate::image::Image;
use xxhash_rust::xxh3::xxh3_64;

/// The first bytes of every image file.
pub const MAGIC: &[u8; 8] = b"JOURNEYC";
/// Changes whenever the image's shape does.
pub const FORMAT: u32 = 1;
/// An image larger than this is refused. Bytes.
pub const LARGEST: u64 = 256 << 20;
const HEAD: usize = 8 + 4 + 8 + 8;

/// Why bytes are no image file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileError {
    /// They do not begin as one.
    NotAnImage,
    /// They were written in another version of the format.
    OtherFormat(u32),
    /// There are fewer or more of them than they say.
    WrongLength,
    /// They have changed since they were written.
    Damaged,
    /// The payload does not have the shape of an image.
    Malformed,
}

impl std::fmt::Display for FileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            FileError::NotAnImage => write!(f, "this is not a compiled journey program"),
            FileError::OtherFormat(found) => {
                write!(
                    f,
                    "the program was compiled for format {found}, and this runtime reads format {FORMAT}: compile it anew"
                )
            }
            FileError::WrongLength => write!(f, "the compiled program is cut short or has something behind it"),
            FileError::Damaged => write!(f, "the compiled program has been damaged: its hash does not agree"),
            FileError::Malformed => write!(f, "the compiled program cannot be read"),
        }
    }
}

impl std::error::Error for FileError {}

/// The file of an image.
pub fn write(image: &Image) -> Vec<u8> {
    let payload = postcard::to_allocvec(image);
    seal(&payload.expect("an image holds only values that postcard can write, and memory takes them"))
}

/// The file of a payload.
pub(crate) fn seal(payload: &[u8]) -> Vec<u8> {
    let mut file = Vec::with_capacity(HEAD + payload.len());
    file.extend_from_slice(MAGIC);
    file.extend_from_slice(&FORMAT.to_le_bytes());
    file.extend_from_slice(&(payload.len() as u64).to_le_bytes());
    file.extend_from_slice(&xxh3_64(payload).to_le_bytes());
    file.extend_from_slice(payload);
    file
}

/// The image of a file. It is not verified yet: [`crate::program::Program::load`] does both.
pub fn read(bytes: &[u8]) -> Result<Image, FileError> {
    let (magic, rest) = bytes.split_first_chunk::<8>().ok_or(FileError::NotAnImage)?;
    if magic != MAGIC {
        return Err(FileError::NotAnImage);
    }
    let (format, rest) = rest.split_first_chunk::<4>().ok_or(FileError::WrongLength)?;
    let format = u32::from_le_bytes(*format);
    if format != FORMAT {
        return Err(FileError::OtherFormat(format));
    }
    let (length, rest) = rest.split_first_chunk::<8>().ok_or(FileError::WrongLength)?;
    let (hash, payload) = rest.split_first_chunk::<8>().ok_or(FileError::WrongLength)?;
    let length = u64::from_le_bytes(*length);
    if length != payload.len() as u64 || length > LARGEST {
        return Err(FileError::WrongLength);
    }
    if u64::from_le_bytes(*hash) != xxh3_64(payload) {
        return Err(FileError::Damaged);
    }
    match postcard::take_from_bytes(payload) {
        Ok((image, [])) => Ok(image),
        _ => Err(FileError::Malformed),
    }
}
