//! One walk over a line of JSON: everything is checked as strictly as a JSON library does, and only the places of what is asked for
//! are kept.
//!
//! The quotes of sixty-four bytes are found at once; they say where texts begin and end. Whatever stands between texts is looked
//! at byte by byte. A walk that finds something wrong, or something rare, gives up: the general reader takes the line then, and says
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

    /// None: there is no table for the names somewhere.
    pub(crate) fn node(self) -> Option<Node> {
        let names = match self.names.is_empty() {
            true => None,
            false => Some(Names::new((0..).zip(&self.names).map(|(i, (name, _))| (name.as_str(), i)))?),
        };
        let children = self.names.into_iter().map(|(_, paths)| paths.node()).collect::<Option<_>>()?;
        Some(Node { names, children, slot: self.slot, simple: self.simple })
    }
}

/// What walks have found: a span for each slot. Kept from line to line, since forgetting is only counting on.
#[derive(Debug, Default)]
pub(crate) struct Spans {
    spans: Vec<Span>,
    line: u32,
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

/// A walk over one line. The text is valid UTF-8, of less than two gigabytes.
pub(crate) struct Walk<'t> {
    text: &'t [u8],
    /// The byte that is looked at next.
    at: usize,
    /// Quotes of the present block that have not been passed, and where it begins.
    quotes: u64,
    block: usize,
    /// Where the next block begins; behind everything once the line has ended.
    next: usize,
    /// The byte that a backslash at the end of the block before has escaped.
    escaped: usize,
    /// Whether the line has escapes, so far.
    escapes: bool,
}

/// A block of bytes.
const BLOCK: usize = 64;

#[inline]
fn bits(of: &[u8x16; 4]) -> u64 {
    let [a, b, c, d] = of.map(|v| u64::from(v.to_bitmask()));
    a | b << 16 | c << 32 | d << 48
}

impl<'t> Walk<'t> {
    /// Walks over the object that begins at `from`, keeping the places of what `node` asks for. Gives the place behind its line's
    /// end, and whether there are escapes in the line.
    pub(crate) fn line(text: &'t [u8], from: usize, node: &Node, spans: &mut Spans) -> Option<(usize, bool)> {
        let mut walk = Walk { text, at: from, quotes: 0, block: from, next: from, escaped: usize::MAX, escapes: false };
        if walk.token()? != b'{' {
            return None;
        }
        walk.object(node, spans)?;
        loop {
            match text.get(walk.at) {
                None => return Some((walk.at, walk.escapes)),
                Some(b'\n') => return Some((walk.at + 1, walk.escapes)),
                Some(b' ' | b'\r') => walk.at += 1,
                Some(_) => return None,
            }
        }
    }

    /// Where the next quote stands.
    #[inline]
    fn quote(&mut self) -> Option<usize> {
        while self.quotes == 0 {
            self.block()?;
        }
        let at = self.block + self.quotes.trailing_zeros() as usize;
        self.quotes &= self.quotes - 1;
        Some(at)
    }

    /// Finds the quotes of the next block.
    #[inline]
    fn block(&mut self) -> Option<()> {
        self.block = self.next;
        let rest = self.text.get(self.block..)?;
        let mut padded = [b'\n'; BLOCK];
        let block: &[u8; BLOCK] = match rest.first_chunk() {
            Some(block) => block,
            None => {
                padded[..rest.len()].copy_from_slice(rest);
                &padded
            }
        };
        let part = |i: usize| {
            let mut bytes = [0; 16];
            bytes.copy_from_slice(&block[i..i + 16]);
            u8x16::new(bytes)
        };
        let parts = [part(0), part(16), part(32), part(48)];
        let (quote, backslash, last_control) = (u8x16::splat(b'"'), u8x16::splat(b'\\'), u8x16::splat(0x1f));
        let quotes = parts.map(|v| v.simd_eq(quote));
        let backslashes = parts.map(|v| v.simd_eq(backslash));
        let controls = parts.map(|v| v.max(last_control).simd_eq(last_control));
        self.quotes = bits(&quotes);
        self.next = self.block + BLOCK;
        let odd = (0..4).fold(u8x16::splat(0), |odd, i| odd | backslashes[i] | controls[i]);
        if odd.to_bitmask() != 0 || self.escaped == self.block {
            return self.odd(bits(&backslashes), bits(&controls));
        }
        Some(())
    }

    /// A block with backslashes, control characters or the line's end.
    #[cold]
    fn odd(&mut self, mut backslashes: u64, controls: u64) -> Option<()> {
        if controls != 0 {
            let end = controls.trailing_zeros();
            let at = self.block + end as usize;
            match self.text.get(at..).unwrap_or_default() {
                [] | [b'\n', ..] | [b'\r'] | [b'\r', b'\n', ..] => {}
                // Nothing but a line's end is usual.
                _ => return None,
            }
            self.quotes &= (1 << end) - 1;
            backslashes &= (1 << end) - 1;
            self.next = usize::MAX;
        }
        if self.escaped == self.block {
            self.quotes &= !1;
            backslashes &= !1;
        }
        self.escapes |= backslashes != 0;
        while backslashes != 0 {
            let bit = backslashes.trailing_zeros();
            backslashes &= backslashes - 1;
            let at = self.block + bit as usize + 1;
            match self.text.get(at)? {
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
                b'u' if self.text.get(at + 1..at + 5)?.iter().all(u8::is_ascii_hexdigit) => {}
                _ => return None,
            }
            match 1u64.checked_shl(bit + 1) {
                Some(escaped) => {
                    self.quotes &= !escaped;
                    backslashes &= !escaped;
                }
                None => self.escaped = at,
            }
        }
        Some(())
    }

    /// The byte that stands next, white space passed.
    #[inline]
    fn token(&mut self) -> Option<u8> {
        loop {
            match *self.text.get(self.at)? {
                b' ' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    /// Passes a text, at whose first quote the walk stands. Gives where its last one is.
    #[inline]
    fn string(&mut self) -> Option<usize> {
        let first = self.quote()?;
        debug_assert_eq!(first, self.at, "quotes outside of texts begin one");
        let last = self.quote()?;
        self.at = last + 1;
        Some(last)
    }

    /// Passes a name and the colon behind it; the walk stands at its first quote. Gives where the name stands.
    #[inline]
    fn name(&mut self) -> Option<(usize, usize)> {
        let from = self.at + 1;
        let to = self.string()?;
        if self.token()? != b':' {
            return None;
        }
        self.at += 1;
        Some((from, to))
    }

    /// Whether the text in the line may hold escapes.
    fn has_escapes(&self, from: usize, to: usize) -> bool {
        self.escapes && self.text.get(from..to).is_none_or(|text| text.contains(&b'\\'))
    }

    /// Passes an object of which something is asked for; the walk stands at its brace.
    fn object(&mut self, node: &Node, spans: &mut Spans) -> Option<()> {
        self.at += 1;
        let mut byte = self.token()?;
        if byte == b'}' {
            self.at += 1;
            return Some(());
        }
        loop {
            if byte != b'"' {
                return None;
            }
            let (from, to) = self.name()?;
            if self.has_escapes(from, to) {
                return None;
            }
            byte = self.token()?;
            match node.names.as_ref().and_then(|names| names.find(self.text, from, to)) {
                None => self.pass(byte)?,
                Some(number) => {
                    let child = node.children.get(number as usize)?;
                    let from = self.at;
                    if byte == b'{' && child.names.is_some() {
                        self.object(child, spans)?;
                    } else {
                        self.pass(byte)?;
                    }
                    if child.simple && self.is_rare(byte, from) {
                        return None;
                    }
                    spans.set(child.slot, from, self.at)?;
                }
            }
            match self.token()? {
                b',' => self.at += 1,
                b'}' => {
                    self.at += 1;
                    return Some(());
                }
                _ => return None,
            }
            byte = self.token()?;
        }
    }

    /// Whether the value behind the walk is one that the envelope seldom has.
    #[inline]
    fn is_rare(&self, byte: u8, from: usize) -> bool {
        match byte {
            b'"' => self.has_escapes(from, self.at),
            b'n' | b't' | b'f' => false,
            // Whole numbers of few digits.
            _ => {
                let text = self.text.get(from..self.at).unwrap_or_default();
                text.len() > 18 || !text.iter().all(u8::is_ascii_digit)
            }
        }
    }

    /// Passes any value, which begins with this byte.
    #[inline]
    fn pass(&mut self, byte: u8) -> Option<()> {
        match byte {
            b'"' => self.string().map(|_| ()),
            b'{' | b'[' => self.nested(byte),
            _ => self.plain(byte),
        }
    }

    /// Passes a number, `true`, `false` or `null`.
    #[inline]
    fn plain(&mut self, byte: u8) -> Option<()> {
        let word: &[u8] = match byte {
            b't' => b"true",
            b'f' => b"false",
            b'n' => b"null",
            _ => return self.number(byte),
        };
        if !self.text.get(self.at..)?.starts_with(word) {
            return None;
        }
        self.at += word.len();
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let from = self.at;
        while self.text.get(self.at)?.is_ascii_digit() {
            self.at += 1;
        }
        (self.at > from).then_some(())
    }

    fn number(&mut self, mut byte: u8) -> Option<()> {
        if byte == b'-' {
            self.at += 1;
            byte = *self.text.get(self.at)?;
        }
        // A number does not begin with zeros.
        if byte == b'0' {
            self.at += 1;
        } else {
            self.digits()?;
        }
        byte = *self.text.get(self.at)?;
        if byte == b'.' {
            self.at += 1;
            self.digits()?;
            byte = *self.text.get(self.at)?;
        }
        if byte | 0x20 == b'e' {
            self.at += 1;
            if let b'+' | b'-' = *self.text.get(self.at)? {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(())
    }

    /// Passes a list or an object of which nothing is asked for.
    fn nested(&mut self, byte: u8) -> Option<()> {
        // A bit for each one that is open, the innermost lowest, above them a one: set for objects.
        let mut open = 1u64;
        let mut object = byte == b'{';
        // Whether the walk stands at a brace or bracket that opens.
        let mut opens = true;
        loop {
            if opens {
                self.at += 1;
                opens = false;
                if self.token()? == if object { b'}' } else { b']' } {
                    self.at += 1;
                    // An empty one is a value that is passed.
                    if open == 1 {
                        return Some(());
                    }
                    object = open & 1 == 1;
                    open >>= 1;
                    match self.closed(&mut open, &mut object)? {
                        true => return Some(()),
                        false => continue,
                    }
                }
            }
            // A member.
            let mut byte = self.token()?;
            if object {
                if byte != b'"' {
                    return None;
                }
                self.name()?;
                byte = self.token()?;
            }
            if let b'{' | b'[' = byte {
                // More than sixty-two within each other are rare.
                if open >> 62 != 0 {
                    return None;
                }
                open = open << 1 | u64::from(object);
                object = byte == b'{';
                opens = true;
                continue;
            }
            if byte == b'"' {
                self.string()?;
            } else {
                self.plain(byte)?;
            }
            if self.closed(&mut open, &mut object)? {
                return Some(());
            }
        }
    }

    /// Passes what stands behind a member: a comma, or the ends of one or more lists and objects. Whether all are closed.
    #[inline]
    fn closed(&mut self, open: &mut u64, object: &mut bool) -> Option<bool> {
        loop {
            let byte = self.token()?;
            self.at += 1;
            if byte == b',' {
                return Some(false);
            }
            if byte != if *object { b'}' } else { b']' } {
                return None;
            }
            if *open == 1 {
                return Some(true);
            }
            *object = *open & 1 == 1;
            *open >>= 1;
        }
    }
}
