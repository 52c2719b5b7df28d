//! One walk over a line of JSON: everything is checked as strictly as a JSON library does, and only the places of what is asked for
//! are kept.
//!
//! First the quotes of the line are found, sixty-four bytes at a time; they say where texts begin and end. What stands between texts
//! is looked at byte by byte. A walk that finds something wrong, or something rare, gives up: the general reader takes the line then, and says
//! what is wrong with it. So all that matters here is that nothing is let through that the general reader would not.

use super::names::Names;
use wide::u8x16;

/// Where a value stands in the text: from its first byte to behind its last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from: u32,
    pub(crate) to: u32,
    /// Which line it was found in.
    line: u32,
}

/// What is asked for at one place of a message, and below it.
#[derive(Debug, Default)]
pub(crate) struct Node {
    names: Option<Names>,
    children: Vec<Node>,
    slot: usize,
    /// A simple value of the envelope: texts with escapes, fractions, lists and objects are rare there.
    simple: bool,
}

/// Paths from the message's root, each with its slot, before they are made to nodes.
#[derive(Debug, Default)]
pub(crate) struct Paths {
    names: Vec<(String, Paths)>,
    slot: usize,
    simple: bool,
}

/// A path with more names is not asked for in a walk.
const DEEPEST: usize = 32;

impl Paths {
    /// The slot of a path, a new one when it is not here yet. None: it is too long.
    pub(crate) fn slot(&mut self, path: &[&str], simple: bool, slots: &mut usize) -> Option<usize> {
        if path.len() > DEEPEST {
            return None;
        }
        let Some((first, rest)) = path.split_first() else {
            self.simple |= simple;
            return Some(self.slot);
        };
        let at = match self.names.iter().position(|(name, _)| name == first) {
            Some(at) => at,
            None => {
                self.names.push(((*first).to_string(), Paths { slot: *slots, ..Paths::default() }));
                *slots += 1;
                self.names.len() - 1
            }
        };
        self.names[at].1.slot(rest, simple, slots)
    }

    pub(crate) fn node(self) -> Node {
        let names = self.names.iter().map(|(name, _)| name.as_str()).zip(0..);
        let names = if self.names.is_empty() { None } else { Some(Names::new(names)) };
        let children = self.names.into_iter().map(|(_, paths)| paths.node()).collect();
        Node { names, children, slot: self.slot, simple: self.simple }
    }
}

/// What walks have found: a span for each slot. Kept from line to line, since forgetting is only counting on.
#[derive(Debug, Default)]
pub(crate) struct Spans {
    spans: Vec<Span>,
    line: u32,
    /// A bit for each byte of the line that is a quote around a text.
    quotes: Vec<u64>,
}

impl Spans {
    /// Forgets all.
    pub(crate) fn begin(&mut self, slots: usize) {
        if self.spans.len() != slots || self.line == u32::MAX {
            self.spans = vec![Span::default(); slots];
            self.line = 0;
        }
        self.line += 1;
    }

    /// What has been found for a slot.
    #[inline]
    pub(crate) fn get(&self, slot: usize) -> Option<Span> {
        self.spans.get(slot).copied().filter(|span| span.line == self.line)
    }

    /// None: it has been found before.
    #[inline]
    fn set(&mut self, slot: usize, from: usize, to: usize) -> Option<()> {
        let line = self.line;
        let span = self.spans.get_mut(slot).filter(|span| span.line != line)?;
        *span = Span { from: from as u32, to: to as u32, line };
        Some(())
    }
}

/// A block of bytes.
const BLOCK: usize = 64;

#[inline(always)]
fn bits(of: &[u8x16; 4]) -> u64 {
    let [a, b, c, d] = of.map(|v| u64::from(v.to_bitmask()));
    a | b << 16 | c << 32 | d << 48
}

/// Walks over the object that begins at `from`, keeping the places of what `node` asks for. Gives the place behind its line's end,
/// and whether there are escapes in the line. The text is valid UTF-8, of less than two gigabytes.
pub(crate) fn walk(text: &[u8], from: usize, node: &Node, spans: &mut Spans) -> Option<(usize, bool)> {
    let mut quotes = std::mem::take(&mut spans.quotes);
    let result = find_quotes(text, from, &mut quotes).and_then(|(end, escapes)| {
        let line = Line { text: text.get(from..)?, from, quotes: &quotes, escapes };
        let mut step = line.step(0)?;
        if step.token(&line)? != b'{' {
            return None;
        }
        let behind = from + line.object(step.at, node, spans)?;
        let rest = text.get(behind..end)?;
        let end = if text.get(end) == Some(&b'\n') { end + 1 } else { end };
        rest.iter().all(|byte| matches!(byte, b' ' | b'\r')).then_some((end, escapes))
    });
    spans.quotes = quotes;
    result
}

/// Finds the quotes around texts in the line that begins at `from`, block by block; gives where the line ends, and whether there are
/// escapes in it. Escapes are checked here, and so is that there are no control characters.
#[inline]
fn find_quotes(text: &[u8], from: usize, into: &mut Vec<u64>) -> Option<(usize, bool)> {
    into.clear();
    let (quote, backslash, last_control) = (u8x16::splat(b'"'), u8x16::splat(b'\\'), u8x16::splat(0x1f));
    // The byte that a backslash at the end of the block before has escaped.
    let mut escaped = usize::MAX;
    let mut escapes = false;
    let mut at = from;
    loop {
        let padded;
        let block: &[u8; BLOCK] = match text.get(at..)?.first_chunk() {
            Some(block) => block,
            None => {
                padded = padded_block(text.get(at..)?);
                &padded
            }
        };
        let part = |i: usize| {
            let mut bytes = [0; 16];
            bytes.copy_from_slice(&block[i..i + 16]);
            u8x16::new(bytes)
        };
        let parts = [part(0), part(16), part(32), part(48)];
        let backslashes = parts.map(|v| v.simd_eq(backslash));
        let controls = parts.map(|v| v.max(last_control).simd_eq(last_control));
        let quotes = bits(&parts.map(|v| v.simd_eq(quote)));
        let odd = (0..4).fold(u8x16::splat(0), |odd, i| odd | backslashes[i] | controls[i]);
        if odd.to_bitmask() == 0 && escaped != at {
            into.push(quotes);
        } else {
            let (quotes, end) =
                odd_block(text, at, [quotes, bits(&backslashes), bits(&controls)], &mut escaped, &mut escapes)?;
            into.push(quotes);
            if let Some(end) = end {
                return Some((end, escapes));
            }
        }
        at += BLOCK;
    }
}

#[cold]
fn padded_block(rest: &[u8]) -> [u8; BLOCK] {
    let mut padded = [b'\n'; BLOCK];
    padded[..rest.len()].copy_from_slice(rest);
    padded
}

/// The quotes of a block with backslashes, control characters or the line's end, and that end.
fn odd_block(
    text: &[u8],
    block: usize,
    [mut quotes, mut backslashes, controls]: [u64; 3],
    escaped: &mut usize,
    escapes: &mut bool,
) -> Option<(u64, Option<usize>)> {
    let mut end = None;
    if controls != 0 {
        let bit = controls.trailing_zeros();
        let at = block + bit as usize;
        match text.get(at..).unwrap_or_default() {
            [] | [b'\n', ..] | [b'\r'] | [b'\r', b'\n', ..] => {}
            // Nothing but a line's end is usual.
            _ => return None,
        }
        quotes &= (1 << bit) - 1;
        backslashes &= (1 << bit) - 1;
        end = Some(if text.get(at) == Some(&b'\r') { at + 1 } else { at });
    }
    if *escaped == block {
        quotes &= !1;
        backslashes &= !1;
    }
    *escapes |= backslashes != 0;
    while backslashes != 0 {
        let bit = backslashes.trailing_zeros();
        backslashes &= backslashes - 1;
        let at = block + bit as usize + 1;
        match text.get(at)? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
            b'u' if text.get(at + 1..at + 5)?.iter().all(u8::is_ascii_hexdigit) => {}
            _ => return None,
        }
        match 1u64.checked_shl(bit + 1) {
            Some(next) => {
                quotes &= !next;
                backslashes &= !next;
            }
            None => *escaped = at,
        }
    }
    Some((quotes, end))
}

/// A line whose quotes are found. Places in it are counted from its beginning.
struct Line<'t> {
    /// From the line's beginning; it goes on behind its end, where nothing is accepted: a line's end is no white space here.
    text: &'t [u8],
    /// Where the line begins.
    from: usize,
    quotes: &'t [u64],
    escapes: bool,
}

/// How far a walk has come. All of it is inlined where it walks, and stays in registers there; from function to function only the
/// place is handed on.
struct Step {
    /// The byte that is looked at next.
    at: usize,
    /// Quotes of the present block that have not been passed, and where it begins.
    quotes: u64,
    block: usize,
}

impl Step {
    /// Passes white space, and gives the byte behind it, where the walk then stands.
    #[inline(always)]
    fn token(&mut self, line: &Line<'_>) -> Option<u8> {
        let mut byte = *line.text.get(self.at)?;
        while byte == b' ' {
            self.at += 1;
            byte = *line.text.get(self.at)?;
        }
        Some(byte)
    }

    /// Makes sure that there is a quote in the present block.
    #[inline(always)]
    fn seek(&mut self, line: &Line<'_>) -> Option<()> {
        while self.quotes == 0 {
            self.block += BLOCK;
            self.quotes = *line.quotes.get(self.block / BLOCK)?;
        }
        Some(())
    }

    /// Passes a text, at whose first quote the walk stands. Gives where its last one is.
    #[inline(always)]
    fn string(&mut self, line: &Line<'_>) -> Option<usize> {
        self.seek(line)?;
        debug_assert_eq!(
            self.block + self.quotes.trailing_zeros() as usize,
            self.at,
            "quotes outside of texts begin one"
        );
        self.quotes &= self.quotes - 1;
        self.seek(line)?;
        let last = self.block + self.quotes.trailing_zeros() as usize;
        self.quotes &= self.quotes - 1;
        self.at = last + 1;
        Some(last)
    }

    /// Passes the colon behind a name. Gives the byte behind it, where the walk then stands.
    #[inline(always)]
    fn colon(&mut self, line: &Line<'_>) -> Option<u8> {
        if *line.text.get(self.at)? != b':' && self.token(line)? != b':' {
            return None;
        }
        self.at += 1;
        self.expected(line, b'"')
    }

    /// [`Step::token`] where this byte is usual, and white space is not.
    #[inline(always)]
    fn expected(&mut self, line: &Line<'_>, usual: u8) -> Option<u8> {
        let byte = *line.text.get(self.at)?;
        if byte == usual { Some(byte) } else { self.token(line) }
    }

    /// Passes any value, which begins with this byte.
    #[inline(always)]
    fn value(&mut self, line: &Line<'_>, byte: u8) -> Option<()> {
        match byte {
            b'"' => self.string(line).map(|_| ()),
            b'{' | b'[' => {
                *self = line.step(line.nested(self.at, byte)?)?;
                Some(())
            }
            _ => {
                self.at = line.plain(self.at, byte)?;
                Some(())
            }
        }
    }
}

impl Line<'_> {
    /// A walk that stands between texts.
    #[inline(always)]
    fn step(&self, at: usize) -> Option<Step> {
        let block = at / BLOCK * BLOCK;
        let quotes = self.quotes.get(at / BLOCK).copied().unwrap_or(0) & u64::MAX << (at % BLOCK);
        Some(Step { at, quotes, block })
    }

    /// Whether there are escapes in a part of a line that has some.
    #[cold]
    fn has_escapes(&self, from: usize, to: usize) -> bool {
        self.text.get(from..to).is_none_or(|text| text.contains(&b'\\'))
    }

    /// Passes an object of which something is asked for, whose brace stands at `at`. Gives the place behind it.
    fn object(&self, at: usize, node: &Node, spans: &mut Spans) -> Option<usize> {
        let mut step = self.step(at)?;
        step.at += 1;
        let mut byte = step.token(self)?;
        if byte == b'}' {
            return Some(step.at + 1);
        }
        let names = node.names.as_ref()?;
        loop {
            if byte != b'"' {
                return None;
            }
            let from = step.at + 1;
            let to = step.string(self)?;
            if self.escapes && self.has_escapes(from, to) {
                return None;
            }
            byte = step.colon(self)?;
            match names.find(self.text, from, to) {
                None => step.value(self, byte)?,
                Some(number) => {
                    let child = node.children.get(number as usize)?;
                    let from = step.at;
                    if byte == b'{' && child.names.is_some() {
                        step = self.step(self.object(from, child, spans)?)?;
                    } else {
                        step.value(self, byte)?;
                    }
                    if child.simple && (byte != b'"' || self.escapes) && self.is_rare(byte, from, step.at) {
                        return None;
                    }
                    spans.set(child.slot, self.from + from, self.from + step.at)?;
                }
            }
            byte = step.expected(self, b',')?;
            step.at += 1;
            match byte {
                b',' => byte = step.expected(self, b'"')?,
                b'}' => return Some(step.at),
                _ => return None,
            }
        }
    }

    /// Whether a value is one that the envelope seldom has.
    #[inline(never)]
    fn is_rare(&self, byte: u8, from: usize, to: usize) -> bool {
        match byte {
            b'"' => self.escapes && self.has_escapes(from, to),
            b'n' | b't' | b'f' => false,
            // Whole numbers of few digits are usual.
            _ => {
                let text = self.text.get(from..to).unwrap_or_default();
                text.len() > 18 || !text.iter().all(u8::is_ascii_digit)
            }
        }
    }

    /// Where the number, `true`, `false` or `null` at `from` ends.
    #[inline(always)]
    fn plain(&self, from: usize, byte: u8) -> Option<usize> {
        if byte.is_ascii_digit() { self.number(from) } else { self.rare(from, byte) }
    }

    #[inline(never)]
    fn rare(&self, from: usize, byte: u8) -> Option<usize> {
        let word: &[u8] = match byte {
            b't' => b"true",
            b'f' => b"false",
            b'n' => b"null",
            _ => return self.long_number(from),
        };
        self.text.get(from..)?.starts_with(word).then_some(from + word.len())
    }

    /// Where the number at `from` ends, whose first byte is a digit.
    #[inline(always)]
    fn number(&self, from: usize) -> Option<usize> {
        // Digits, perhaps with a point between them, that end within eight bytes, are seen in one word.
        if let Some(bytes) = self.text.get(from..).and_then(|rest| rest.first_chunk()) {
            let word = u64::from_le_bytes(*bytes);
            let others = other_than_digits(word);
            let rest = others & others.wrapping_sub(1);
            if rest != 0 {
                let (whole, end) = (others.trailing_zeros() & !7, rest.trailing_zeros() & !7);
                let [first, behind, last] = [0, whole, end].map(|bit| (word >> bit) as u8);
                if first != b'0' || whole == 8 {
                    if behind == b'.' {
                        if end > whole + 8 && last | 0x20 != b'e' {
                            return Some(from + end as usize / 8);
                        }
                    } else if behind | 0x20 != b'e' {
                        return Some(from + whole as usize / 8);
                    }
                }
            }
        }
        self.long_number(from)
    }

    fn digits(&self, from: usize) -> Option<usize> {
        let mut at = from;
        while self.text.get(at)?.is_ascii_digit() {
            at += 1;
        }
        (at > from).then_some(at)
    }

    #[inline(never)]
    fn long_number(&self, mut at: usize) -> Option<usize> {
        if *self.text.get(at)? == b'-' {
            at += 1;
        }
        // A number does not begin with zeros.
        at = if *self.text.get(at)? == b'0' { at + 1 } else { self.digits(at)? };
        if *self.text.get(at)? == b'.' {
            at = self.digits(at + 1)?;
        }
        if *self.text.get(at)? | 0x20 == b'e' {
            at += 1;
            if let b'+' | b'-' = *self.text.get(at)? {
                at += 1;
            }
            at = self.digits(at)?;
        }
        Some(at)
    }

    /// Passes a list or an object of which nothing is asked for, which begins at `at` with this byte. Gives the place behind it.
    #[inline(never)]
    fn nested(&self, at: usize, byte: u8) -> Option<usize> {
        let mut step = self.step(at)?;
        // A bit for each one that is open around the innermost, which stands lowest, above them a one: set for objects.
        let mut open = 1u64;
        let mut object = byte == b'{';
        'open: loop {
            // The walk stands at a brace or bracket that opens.
            step.at += 1;
            let mut byte = step.token(self)?;
            // A bracket closes a list, a brace an object; both have this bit, which no other byte has that may stand here.
            let mut closes = byte | 0x20 == b'}';
            loop {
                if !closes {
                    // A member.
                    if object {
                        if byte != b'"' {
                            return None;
                        }
                        step.string(self)?;
                        byte = step.colon(self)?;
                    }
                    match byte {
                        b'"' => {
                            step.string(self)?;
                        }
                        b'{' | b'[' => {
                            // More than sixty-two within each other are rare.
                            if open >> 62 != 0 {
                                return None;
                            }
                            open = open << 1 | u64::from(object);
                            object = byte == b'{';
                            continue 'open;
                        }
                        _ => step.at = self.plain(step.at, byte)?,
                    }
                    byte = step.expected(self, b',')?;
                }
                // Behind a member, or where a list or object closes.
                while byte != b',' {
                    if byte != if object { b'}' } else { b']' } {
                        return None;
                    }
                    step.at += 1;
                    if open == 1 {
                        return Some(step.at);
                    }
                    object = open & 1 == 1;
                    open >>= 1;
                    byte = step.token(self)?;
                }
                step.at += 1;
                byte = step.expected(self, b'"')?;
                closes = false;
            }
        }
    }
}

/// A bit in each byte that is no digit, its highest.
#[inline(always)]
fn other_than_digits(word: u64) -> u64 {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    // Digits become 0 to 9; what is above that overflows into the highest bit, which others have set already.
    let digits = word ^ 0x3030_3030_3030_3030;
    (digits & !HIGH).wrapping_add(0x7676_7676_7676_7676) & HIGH | digits & HIGH
}
