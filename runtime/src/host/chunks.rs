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
        // All of its bytes are there from the piece before, so that few have to be zeroed.
        let mut chunk = self.used.try_recv().unwrap_or_default();
        let mut filled = self.rest.len();
        chunk.resize(self.size.max(filled + self.size / 4).max(filled + 1), 0);
        chunk[..filled].copy_from_slice(&self.rest);
        self.rest.clear();
        loop {
            let from = filled;
            match fill(&mut self.source, &mut chunk[from..]) {
                Err(error) => {
                    self.done = true;
                    return Some(Err(error));
                }
                Ok(read) => filled += read,
            }
            if filled < chunk.len() {
                self.done = true;
                chunk.truncate(filled);
                return (!chunk.is_empty()).then_some(Ok(chunk));
            }
            if let Some(newline) = memchr::memrchr(b'\n', &chunk[from..]) {
                let end = from + newline + 1;
                self.rest.extend_from_slice(&chunk[end..]);
                chunk.truncate(end);
                return Some(Ok(chunk));
            }
            chunk.resize(filled + (self.size / 4).max(1), 0);
        }
    }
}

/// Reads until the room is full or nothing more comes; how many bytes came.
fn fill(source: &mut impl Read, room: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < room.len() {
        match source.read(&mut room[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
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
