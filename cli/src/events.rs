//! Recorded events: files, standard input, packed or not.

use crate::{Failure, load};
use std::fs::File;
use std::io::{self, BufReader, Chain, Cursor, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Events that are being read.
pub struct Events {
    /// The lines, unpacked.
    pub reader: Box<dyn Read + Send>,
    /// Bytes of the file, where there is one.
    pub size: Option<u64>,
    /// Bytes of the file that have been read so far, packed.
    pub read: Arc<AtomicU64>,
}

/// Opens a file, or standard input for `-`. What it is packed with is told by its first bytes, not by its name.
pub fn open(path: &Path) -> Result<Events, Failure> {
    let read = Arc::new(AtomicU64::new(0));
    if path == Path::new("-") {
        let reader = unpacked(Counted { inner: io::stdin(), read: read.clone() })?;
        return Ok(Events { reader, size: None, read });
    }
    let cannot = |e: io::Error| {
        let why = match e.kind() {
            io::ErrorKind::NotFound => "it does not exist".to_string(),
            io::ErrorKind::PermissionDenied => "there is no right to read it".to_string(),
            _ => e.to_string(),
        };
        Failure::new(format!("cannot read {}: {why}", load::show(path)))
    };
    let file = File::open(path).map_err(cannot)?;
    let metadata = file.metadata().map_err(cannot)?;
    if metadata.is_dir() {
        return Err(Failure::new(format!("{} is a folder, not a file of events", load::show(path))));
    }
    let reader = unpacked(Counted { inner: file, read: read.clone() })
        .map_err(|f| Failure { message: format!("cannot read {}: {}", load::show(path), f.message), help: f.help })?;
    Ok(Events { reader, size: Some(metadata.len()), read })
}

/// Why reading events failed, for people.
pub fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let why = match error.kind() {
        io::ErrorKind::UnexpectedEof => "it ends in the middle of its packed data".to_string(),
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => format!("its packed data are damaged ({error})"),
        _ => error.to_string(),
    };
    Failure::new(format!("cannot read {} to its end: {why}", load::show(path)))
        .help("nothing was written; was the file cut off while it was copied?")
}

/// The stream without its packing.
fn unpacked(mut source: impl Read + Send + 'static) -> Result<Box<dyn Read + Send>, Failure> {
    let mut first = Vec::new();
    (&mut source).take(4).read_to_end(&mut first)?;
    let packing = first.clone();
    let whole: Chain<Cursor<Vec<u8>>, _> = Cursor::new(first).chain(source);
    Ok(match packing.as_slice() {
        [0x1f, 0x8b, ..] => Box::new(flate2::read::MultiGzDecoder::new(BufReader::with_capacity(1 << 16, whole))),
        [0x28, 0xb5, 0x2f, 0xfd] => Box::new(zstd::stream::read::Decoder::new(whole)?),
        _ => Box::new(whole),
    })
}

/// Counts what goes through.
struct Counted<R> {
    inner: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.inner.read(buffer)?;
        self.read.fetch_add(bytes as u64, Ordering::Relaxed);
        Ok(bytes)
    }
}
