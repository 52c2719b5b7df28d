//! Bytes to pieces that end where a line ends.

use std::io::{self, Read};
use std::sync::mpsc::Receiver;

/// Bytes of a piece, about.
const SIZE: usize = 1 << 20;

/// Pieces of whole lines, of about a megabyte (more where a line is longer).
#[derive(Debug)]
pub(crate) struct Chunks<R> {
    source: R,
    /// Pieces that are done with, for their memory.
    used: Receiver<Vec<u8>>,
    /// The beginning of a line whose end has not been read.
    rest: Vec<u8>,
    size: usize,
    done: bool,
}

impl<R: Read> Chunks<R> {
    pub(crate) fn new(source: R, used: Receiver<Vec<u8>>) -> Chunks<R> {
        Chunks { source, used, rest: Vec::new(), size: SIZE, done: false }
    }
}

impl<R: Read> Iterator for Chunks<R> {
    type Item = io::Result<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let mut chunk = self.used.try_recv().unwrap_or_default();
        chunk.clear();
        chunk.append(&mut self.rest);
        loop {
            let wanted = self.size.saturating_sub(chunk.len()).max(self.size / 4).max(1) as u64;
            let from = chunk.len();
            match self.source.by_ref().take(wanted).read_to_end(&mut chunk) {
                Err(error) => {
                    self.done = true;
                    return Some(Err(error));
                }
                Ok(read) if (read as u64) < wanted => {
                    self.done = true;
                    return (!chunk.is_empty()).then_some(Ok(chunk));
                }
                Ok(_) => {}
            }
            if let Some(newline) = memchr::memrchr(b'\n', &chunk[from..]) {
                let end = from + newline + 1;
                self.rest.extend_from_slice(&chunk[end..]);
                chunk.truncate(end);
                return Some(Ok(chunk));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Chunks;

    /// Pieces that are done with.
    fn used(count: usize) -> std::sync::mpsc::Receiver<Vec<u8>> {
        let (sender, used) = std::sync::mpsc::channel();
        (0..count).for_each(|_| sender.send(b"old".to_vec()).expect("it is listened to"));
        used
    }

    #[test]
    fn pieces_end_where_lines_end() {
        let text = "one\n\nthree is longer than a piece\nfour\r\nfive";
        for size in 1..60 {
            let chunks = Chunks { size, ..Chunks::new(text.as_bytes(), used(size % 4)) };
            let chunks: Vec<String> =
                chunks.map(|c| String::from_utf8(c.expect("it is read")).expect("it is text")).collect();
            assert_eq!(chunks.concat(), text);
            assert!(chunks.iter().rev().skip(1).all(|c| c.ends_with('\n')), "{chunks:?}");
        }
        assert_eq!(Chunks::new(&b""[..], used(3)).count(), 0);
    }
}
