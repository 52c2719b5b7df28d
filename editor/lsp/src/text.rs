//! Places in a text as editors count them: lines from 0, and columns in the units that were agreed on.
//!
//! Everything else counts bytes. Each answer is converted once, here.

use gen_lsp_types::{Position, PositionEncodingKind, Range};

/// What a column counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// Bytes.
    Utf8,
    /// Units of UTF-16: what is meant where nothing was agreed on.
    #[default]
    Utf16,
    /// Characters (code points).
    Utf32,
}

impl Encoding {
    /// The first of `offered` that costs nothing to convert, else what everybody understands.
    pub fn choose(offered: &[PositionEncodingKind]) -> Encoding {
        if offered.contains(&PositionEncodingKind::UTF8) {
            Encoding::Utf8
        } else if offered.contains(&PositionEncodingKind::UTF32) && !offered.contains(&PositionEncodingKind::UTF16) {
            Encoding::Utf32
        } else {
            Encoding::Utf16
        }
    }

    /// As the protocol calls it.
    pub fn kind(self) -> PositionEncodingKind {
        match self {
            Encoding::Utf8 => PositionEncodingKind::UTF8,
            Encoding::Utf16 => PositionEncodingKind::UTF16,
            Encoding::Utf32 => PositionEncodingKind::UTF32,
        }
    }

    /// How many units `text` has.
    pub fn length(self, text: &str) -> u32 {
        let units = match self {
            Encoding::Utf8 => text.len(),
            Encoding::Utf16 => text.chars().map(char::len_utf16).sum(),
            Encoding::Utf32 => text.chars().count(),
        };
        u32::try_from(units).unwrap_or(u32::MAX)
    }
}

/// Where the lines of a text begin. A line ends with `\n`, `\r\n` or a lone `\r`, and with nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines {
    starts: Vec<u32>,
    /// Bytes and units are the same everywhere.
    ascii: bool,
}

impl Lines {
    /// The lines of a text.
    pub fn new(text: &str) -> Lines {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for (at, byte) in bytes.iter().enumerate() {
            if *byte == b'\n' || (*byte == b'\r' && bytes.get(at + 1) != Some(&b'\n')) {
                starts.push(at as u32 + 1);
            }
        }
        Lines { starts, ascii: text.is_ascii() }
    }

    /// How many lines there are; at least one.
    pub fn count(&self) -> u32 {
        self.starts.len() as u32
    }

    /// The line a byte stands in.
    pub fn line(&self, offset: u32) -> u32 {
        self.starts.partition_point(|start| *start <= offset) as u32 - 1
    }

    /// The first byte of a line; the end of the text for lines beyond it.
    pub fn start(&self, line: u32, text: &str) -> u32 {
        self.starts.get(line as usize).copied().unwrap_or(text.len() as u32)
    }

    /// One past the last byte of a line that is not its end of line.
    pub fn end(&self, line: u32, text: &str) -> u32 {
        let (start, next) = (self.start(line, text), self.start(line + 1, text));
        let content = text.get(start as usize..next as usize).unwrap_or("");
        start + content.trim_end_matches(['\n', '\r']).len() as u32
    }

    /// The place of a byte. Bytes beyond the end stand at the end, those inside a character at its beginning.
    pub fn position(&self, text: &str, offset: u32, encoding: Encoding) -> Position {
        let mut offset = (offset as usize).min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.line(offset as u32);
        let start = self.start(line, text) as usize;
        let before = text.get(start..offset).unwrap_or("");
        let character = if self.ascii { before.len() as u32 } else { encoding.length(before) };
        Position { line, character }
    }

    /// The byte at a place. A column beyond the end of its line is that end; a line beyond the last is the end of the text; a
    /// column inside a character is its beginning.
    pub fn offset(&self, text: &str, position: Position, encoding: Encoding) -> u32 {
        if position.line >= self.count() {
            return text.len() as u32;
        }
        let (start, end) = (self.start(position.line, text), self.end(position.line, text));
        let line = text.get(start as usize..end as usize).unwrap_or("");
        if self.ascii {
            return start + position.character.min(line.len() as u32);
        }
        let mut units = 0;
        for (at, c) in line.char_indices() {
            let next = units
                + match encoding {
                    Encoding::Utf8 => c.len_utf8(),
                    Encoding::Utf16 => c.len_utf16(),
                    Encoding::Utf32 => 1,
                } as u32;
            if next > position.character {
                return start + at as u32;
            }
            units = next;
        }
        end
    }

    /// A range of bytes as places.
    pub fn range(&self, text: &str, range: std::ops::Range<usize>, encoding: Encoding) -> Range {
        Range {
            start: self.position(text, range.start as u32, encoding),
            end: self.position(text, range.end as u32, encoding),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: [Encoding; 3] = [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32];

    /// Pieces of the scripts people write in, and every end of line.
    fn text() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "a",
            "journey",
            " ",
            "ตะกร้า",
            "สวัสดี",
            "购物车",
            "장바구니",
            "👩‍👩‍👧",
            "🛒",
            "é",
            "\n",
            "\r\n",
            "\r",
            "\u{2028}",
            "\t",
        ]);
        prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn every_character_comes_back_from_its_place(text in text()) {
            let lines = Lines::new(&text);
            for encoding in ALL {
                for (at, _) in text.char_indices().chain([(text.len(), ' ')]) {
                    // Between `\r` and `\n` there is no place.
                    if text[..at].ends_with('\r') && text[at..].starts_with('\n') {
                        continue;
                    }
                    let position = lines.position(&text, at as u32, encoding);
                    prop_assert_eq!(lines.offset(&text, position, encoding), at as u32, "{:?} {:?}", encoding, position);
                }
            }
        }

        #[test]
        fn any_place_is_some_byte_between_characters(text in text(), line in 0u32..50, character in 0u32..50) {
            let lines = Lines::new(&text);
            for encoding in ALL {
                let offset = lines.offset(&text, Position { line, character }, encoding);
                prop_assert!(text.is_char_boundary(offset as usize));
            }
        }

        #[test]
        fn lines_are_those_of_the_protocol(text in text()) {
            let unified = text.replace("\r\n", "\n").replace('\r', "\n");
            prop_assert_eq!(Lines::new(&text).count() as usize, unified.split('\n').count());
        }
    }

    #[test]
    fn columns_are_counted_as_agreed() {
        let text = "ตะกร้า 🛒 x";
        let lines = Lines::new(text);
        let at = text.find('x').unwrap() as u32;
        let columns: Vec<u32> = ALL.iter().map(|e| lines.position(text, at, *e).character).collect();
        assert_eq!(columns, [24, 10, 9]);
    }

    #[test]
    fn utf_8_is_taken_where_it_is_offered() {
        use PositionEncodingKind as K;
        assert_eq!(Encoding::choose(&[]), Encoding::Utf16);
        assert_eq!(Encoding::choose(&[K::UTF16]), Encoding::Utf16);
        assert_eq!(Encoding::choose(&[K::UTF16, K::UTF8, K::UTF32]), Encoding::Utf8);
        assert_eq!(Encoding::choose(&[K::UTF32]), Encoding::Utf32);
    }
}
