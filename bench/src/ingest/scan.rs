//! A scanner written by hand for one shape of message: the floor of reading JSON lines.
//!
//! It knows where the five fields stand, skips all else sixteen bytes at a time, and checks nothing: what it skips may be no JSON, and
//! wanted texts with escapes it gets wrong. So it is less than a reader of foreign data may do.

use std::arch::x86_64::{_mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8};

/// Bytes behind the last line that may be read.
pub const PADDING: usize = 64;

/// What is wanted of a message.
#[derive(Default, Clone, Copy)]
pub struct Fields<'a> {
    pub user: &'a str,
    pub event: &'a str,
    pub timestamp: &'a str,
    pub value: f64,
    pub country: &'a str,
}

/// Lines, one after the other.
pub struct Lines<'a> {
    text: &'a [u8],
    /// Where the padding begins.
    end: usize,
    at: usize,
}

impl<'a> Lines<'a> {
    /// `padded` ends with [`PADDING`] zeros; every line is a message of the known shape and ends with a newline.
    pub fn new(padded: &'a [u8]) -> Lines<'a> {
        Lines { text: padded, end: padded.len().saturating_sub(PADDING), at: 0 }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Fields<'a>;

    #[inline(always)]
    fn next(&mut self) -> Option<Fields<'a>> {
        if self.at >= self.end {
            return None;
        }
        // SAFETY: lines are whole messages of the known shape, so that every search ends within them; a load of sixteen bytes that
        // begins in a line ends in the padding at the latest.
        let (fields, next) = unsafe { line(self.text.as_ptr(), self.at) };
        self.at = next;
        Some(fields)
    }
}

#[inline(always)]
unsafe fn ends(base: *const u8, mut at: usize) -> usize {
    loop {
        // SAFETY: see `Lines::next`.
        let chunk = unsafe { _mm_loadu_si128(base.add(at).cast()) };
        // SAFETY: SSE2 is part of x86-64.
        let found = |byte: u8| unsafe { _mm_movemask_epi8(_mm_cmpeq_epi8(chunk, _mm_set1_epi8(byte as i8))) as u32 };
        let (quotes, escapes) = (found(b'"'), found(b'\\'));
        if escapes == 0 {
            if quotes != 0 {
                return at + quotes.trailing_zeros() as usize;
            }
            at += 16;
        } else if quotes.trailing_zeros() < escapes.trailing_zeros() {
            return at + quotes.trailing_zeros() as usize;
        } else {
            at += escapes.trailing_zeros() as usize + 2;
        }
    }
}

/// Behind the value that begins here.
#[inline(always)]
unsafe fn skip(base: *const u8, mut at: usize) -> usize {
    // SAFETY: see `Lines::next`.
    unsafe {
        match *base.add(at) {
            b'"' => ends(base, at + 1) + 1,
            b'{' | b'[' => {
                let mut depth = 0usize;
                loop {
                    let chunk = _mm_loadu_si128(base.add(at).cast());
                    let lower = _mm_or_si128(chunk, _mm_set1_epi8(0x20));
                    let found = |of, byte: u8| _mm_movemask_epi8(_mm_cmpeq_epi8(of, _mm_set1_epi8(byte as i8))) as u32;
                    let (open, close, quote) = (found(lower, b'{'), found(lower, b'}'), found(chunk, b'"'));
                    let mut all = open | close | quote;
                    let mut next = at + 16;
                    while all != 0 {
                        let place = all.trailing_zeros();
                        let bit = 1u32 << place;
                        all &= all - 1;
                        if quote & bit != 0 {
                            next = ends(base, at + place as usize + 1) + 1;
                            break;
                        } else if open & bit != 0 {
                            depth += 1;
                        } else {
                            depth -= 1;
                            if depth == 0 {
                                return at + place as usize + 1;
                            }
                        }
                    }
                    at = next;
                }
            }
            _ => {
                while !matches!(*base.add(at), b',' | b'}' | b']') {
                    at += 1;
                }
                at
            }
        }
    }
}

#[inline(always)]
unsafe fn number(base: *const u8, at: usize) -> (f64, usize) {
    const POWERS: [f64; 10] = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
    let (mut end, mut digits, mut places, mut point) = (at, 0u64, 0, false);
    loop {
        // SAFETY: see `Lines::next`.
        match unsafe { *base.add(end) } {
            digit @ b'0'..=b'9' => {
                digits = digits * 10 + u64::from(digit - b'0');
                places += usize::from(point);
            }
            b'.' => point = true,
            _ => break,
        }
        end += 1;
    }
    (digits as f64 / POWERS[places.min(9)], end)
}

#[inline(always)]
unsafe fn line<'a>(base: *const u8, start: usize) -> (Fields<'a>, usize) {
    let mut fields = Fields::default();
    let mut at = start + 1;
    // SAFETY: see `Lines::next`; the lines are text, and so is what stands between two quotes.
    unsafe {
        let text = |from: usize, to: usize| {
            std::str::from_utf8_unchecked(std::slice::from_raw_parts(base.add(from), to - from))
        };
        loop {
            let key_end = ends(base, at + 1);
            let key = text(at + 1, key_end);
            let value = key_end + 2;
            match key {
                "userId" | "event" | "timestamp" => {
                    let end = ends(base, value + 1);
                    let found = text(value + 1, end);
                    match key {
                        "userId" => fields.user = found,
                        "event" => fields.event = found,
                        _ => fields.timestamp = found,
                    }
                    at = end + 1;
                }
                "properties" | "context" => {
                    let properties = key == "properties";
                    at = value + 1;
                    if *base.add(at) == b'}' {
                        at += 1;
                    } else {
                        loop {
                            let key_end = ends(base, at + 1);
                            let value = key_end + 2;
                            match (properties, text(at + 1, key_end)) {
                                (true, "value") => (fields.value, at) = number(base, value),
                                (false, "country") => {
                                    let end = ends(base, value + 1);
                                    fields.country = text(value + 1, end);
                                    at = end + 1;
                                }
                                _ => at = skip(base, value),
                            }
                            let last = *base.add(at) != b',';
                            at += 1;
                            if last {
                                break;
                            }
                        }
                    }
                }
                _ => at = skip(base, value),
            }
            if *base.add(at) != b',' {
                return (fields, at + 2);
            }
            at += 1;
        }
    }
}

/// Milliseconds since 1970 UTC of `2025-11-21T10:20:30.456Z` or `2025-11-21T10:20:30Z` (days from civil, Howard Hinnant 2013).
#[inline(always)]
pub fn moment(text: &str) -> i64 {
    let bytes = text.as_bytes();
    if bytes.len() < 20 {
        return 0;
    }
    let two = |at: usize| i64::from(bytes[at] - b'0') * 10 + i64::from(bytes[at + 1] - b'0');
    let (year, month, day) = (two(0) * 100 + two(2), two(5), two(8));
    let (y, m) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let era = y / 400;
    let of_era = y - era * 400;
    let of_year = (153 * m + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    let thousandths = if bytes.len() == 24 { i64::from(bytes[20] - b'0') * 100 + two(21) } else { 0 };
    ((days * 24 + two(11)) * 60 + two(14)) * 60_000 + two(17) * 1_000 + thousandths
}
