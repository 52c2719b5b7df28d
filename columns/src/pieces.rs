//! A stream of lines in pieces, worked on in parallel and put together in order.

use journey_runtime::host::parallel;
use std::io::{self, Read};

/// Bytes of a piece, about.
const SIZE: usize = 2 << 20;

/// Reads the stream to its end: `work` sees each piece of whole lines and the number of its first line (from 1), on some threads;
/// `take` gets the results in order.
pub(crate) fn each<T: Send>(
    mut source: impl Read,
    threads: usize,
    work: impl Fn(u64, &[u8]) -> T + Sync,
    mut take: impl FnMut(T, &[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let mut rest = Vec::new();
    let mut line = 1u64;
    let mut done = false;
    while !done {
        let mut pieces = Vec::new();
        while pieces.len() < 2 * threads && !done {
            let mut piece = std::mem::take(&mut rest);
            done = read_piece(&mut source, &mut piece, &mut rest)?;
            if !piece.is_empty() {
                let first = line;
                line += piece.iter().filter(|byte| **byte == b'\n').count() as u64;
                pieces.push((first, piece));
            }
        }
        let results = parallel(threads, pieces.len(), |i| work(pieces[i].0, &pieces[i].1));
        for (result, (_, piece)) in results.into_iter().zip(&pieces) {
            take(result, piece)?;
        }
    }
    Ok(())
}

/// Fills a piece up to the end of a line; what follows goes to `rest`. True at the end of the stream.
fn read_piece(source: &mut impl Read, piece: &mut Vec<u8>, rest: &mut Vec<u8>) -> io::Result<bool> {
    loop {
        let from = piece.len();
        let wanted = SIZE.saturating_sub(from).max(SIZE / 4) as u64;
        if (source.by_ref().take(wanted).read_to_end(piece)? as u64) < wanted {
            return Ok(true);
        }
        if let Some(newline) = piece[from..].iter().rposition(|byte| *byte == b'\n') {
            *rest = piece.split_off(from + newline + 1);
            return Ok(false);
        }
    }
}

/// The lines of a piece with their numbers, without their ends; blank ones are left out.
pub(crate) fn lines(first: u64, piece: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    (first..).zip(piece.split(|byte| *byte == b'\n')).filter_map(|(number, line)| {
        let blank = line.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r'));
        let end = line.iter().rposition(|byte| *byte != b'\r').map_or(0, |at| at + 1);
        (!blank).then(|| (number, &line[..end]))
    })
}
