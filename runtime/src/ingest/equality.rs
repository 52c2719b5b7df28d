//! The direct reader against the general one, on real lines with bytes changed, lost, doubled and spliced in: whatever a piece
//! holds, the same messages, the same inputs and the same problems in the same words must come of it.

use super::tests::{say, shop};
use super::*;
use crate::image::{EventField, ListTy, Ty};
use proptest::prelude::*;
use std::rc::Rc;

/// Lines of all kinds, as senders write them.
const LINES: &[&str] = &[
    r#"{"type":"track","messageId":"ajs-next-1","userId":"u_000000000042","event":"Order Completed","timestamp":"2025-11-21T10:11:12.345Z","properties":{"order_id":"o_1","total":19.99,"currency":"EUR","count":3,"items":[{"sku":"a1","price":{"amount":5.5,"currency":"EUR"},"quantity":2}],"tags":["x","y"]},"context":{"ip":"10.1.2.3","groupId":"g1","library":{"name":"analytics.js","version":"2.11.1"}}}"#,
    r#"{"anonymousId":"a-1","context":{"groupId":null,"page":{"url":"https:\/\/shop.example\/?q=\"a\"","title":"\u00dcbersicht \ud83d\ude00"}},"event":"Order Completed","messageId":"m-1","originalTimestamp":"2025-11-21T10:11:12Z","properties":{"chance":0.25,"day":"2024-02-29","gift":true,"order_id":"\u00fc\n","patience":"PT1H30M","promotion":{"code":"SPRING","category":"shoes"},"ships_at":"2025-11-21T10:11:12+01:00","slot":"09:30","tier":"gold","total":1e2,"weight":-0.0,"zone":"Europe/Berlin"},"receivedAt":"2025-11-21T10:11:13.000Z","sentAt":"2025-11-21T10:11:12.999Z","timestamp":"2025-11-21T10:11:12.000Z","type":"track","userId":null}"#,
    r#"{"type": "track", "event": "Order Completed", "userId": 42, "timestamp": "2025-11-21T10:11:12Z", "properties": {"order_id": "สวัสดี", "total": 0, "other": [[], {}, [1, -2.5e-3, {"a": null, "b": [true, false]}]]}}"#,
    r#"{"specversion":"1.0","type":"Order Completed","id":"1","source":"/shop","subject":"ana","time":"1970-01-01T00:00:01Z","data":{"order_id":"o","total":1,"currency":"eur"}}"#,
    r#"{"type":"page","anonymousId":"x","name":"Home","category":"Shop","timestamp":"2025-11-21T10:11:12Z","properties":{"url":"/"}}"#,
    r#"{"type":"group","userId":"u","groupId":"g1","timestamp":"2025-11-21T10:11:12Z","traits":{"plan":"pro"},"properties":{"plan":"x"}}"#,
    r#"{"type":"identify","userId":"ana","timestamp":"1970-01-01T00:00:01Z","traits":{"email":"a@b.c","tier":"gold","consents":{"marketing":{"email":true}}},"context":{"timezone":"Asia/Tokyo","locale":"ja-JP","consent":{"categoryPreferences":{"marketing":false}}}}"#,
    r#"{"type":"alias","previousId":"x","userId":"u","timestamp":"1970-01-01T00:00:01Z"}"#,
    r#"{"event":"consent_granted","userId":"u","timestamp":"1970-01-01T00:00:01Z","properties":{"purpose":"marketing","channel":"email"}}"#,
    r#"{"event":"Task Completed","userId":"u","sentAt":"1970-01-01T00:00:01Z","properties":{"task_id":"t-1"}}"#,
    r#"{"type":"track","event":"Restocked","timestamp":"1970-01-01T00:00:01Z","properties":{"sku":"a"}}"#,
    r#"{"type":"track","event":"Scrolled","userId":"u","timestamp":"1970-01-01T00:00:01Z","properties":{"to":1}}"#,
    r#"{"type":"track","event":"Nobody Declared This","userId":"u","time":5,"timestamp":"1970-01-01T00:00:01Z"}"#,
    r#"{"type":"track","event":"Segment Consent Preference Updated","userId":"ana","timestamp":"1970-01-01T00:00:01Z","context":{"consent":{"categoryPreferences":{"marketing":false}}}}"#,
    r#"{"type":"track","event":"Order Completed","userId":"u","timestamp":"2025-11-21T10:11:12Z","properties":null}"#,
    r#"{"type":"identify","messageId":"m","userId":"ana","timestamp":"1970-01-01T00:00:01Z","traits":{"email":"a@\u0062.c","tier":"gold","age":null,"time_zone":"Europe/Berlin"},"context":{"timezone":"Asia/Tokyo","locale":"ja-JP"}}"#,
    r#"{"type":"identify","anonymousId":"ana","timestamp":"1970-01-01T00:00:01Z","context":{"timezone":"Mars","consent":{}}}"#,
    "  \r",
    "",
];

/// Pieces that mutations splice in.
const PIECES: &[&str] = &[
    "\"",
    "\\",
    "\\\"",
    "\\\\",
    "\\u0041",
    "\\ud83d",
    "\\ude00",
    "\\u00e",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    " ",
    "\t",
    "\r",
    "\n",
    "\r\n",
    "null",
    "true",
    "false",
    "0",
    "-",
    "-0",
    "00",
    "1.",
    ".5",
    "1e5",
    "1E+400",
    "-1.5e-7",
    "12345678901234567890",
    "\"\"",
    "{}",
    "[]",
    "é",
    "😀",
    "\u{0}",
    "\u{1f}",
    "\u{7f}",
    "\"userId\":",
    "\"type\":\"track\",",
    "\"event\":\"Order Completed\",",
    "\"properties\":{},",
    "\"properties\":{\"total\":1},",
    "\"specversion\":\"1.0\",",
    "\"specversion\":null,",
    "\"receivedAt\":\"2025-11-21T09:11:12Z\",",
    "\"total\":",
    "\"us\\u0065rId\":\"z\",",
    "\"order_id\":\"o2\",",
    "\"currency\":\"USD\",",
    "\"promotion\":{\"code\":\"A\"},",
    "\"promotion\":5,",
    "\"time\":\"2025-11-21T10:11:12Z\",",
    "\"name\":\"N\",",
    "\"tier\":",
    "\"traits\":{},",
    "\"traits\":null,",
    "\"timezone\":null,",
    "\"consents\":{\"marketing\":true},",
    "\"properties\":7,",
    "\"userId\":true,",
    "[[[[[[[[",
    "]]]]]]]]",
];

/// A program, and what its readers need.
struct Bench {
    image: Image,
    decoder: Rc<Decoder>,
    zones: Zones,
    pool: Pool,
    scratch: Scratch,
    found: Found,
}

impl Bench {
    fn new(image: Image) -> Bench {
        let decoder = Rc::new(Decoder::new(&image));
        let pool = Pool::new(&image);
        Bench { image, decoder, zones: Zones::new(), pool, scratch: Scratch::default(), found: Found::default() }
    }
}

/// What a line comes to, in words that do not depend on numbers of the pool.
fn told(bench: &mut Bench, found: &Found, line: Line<'_>) -> String {
    let Bench { image, decoder, zones, pool, scratch, .. } = bench;
    let message = match line {
        Line::Message(message) => message,
        other => return format!("{other:?}"),
    };
    let mut rows = vec![7];
    let outside = format!(
        "{} {} {:?} {:?} {:?} {:?}",
        message.customer,
        message.happened_at,
        message.received_at,
        message.id,
        message.body,
        message.line.trim()
    );
    let decoded = decoder.append(&message, found, zones, pool, scratch, &mut rows);
    let row = |event: u16, row: &[Word]| {
        let fields = &image.events[usize::from(event)].fields;
        assert_eq!(fields.len(), row.len());
        fields.iter().zip(row).map(|(f, word)| format!("{}={} ", f.name, say(&f.ty, *word, pool))).collect::<String>()
    };
    let inside = match decoded {
        Err(problem) => {
            assert_eq!(rows, [7]);
            format!("{problem:?}")
        }
        Ok(Decoded::Row(event)) => row(event, &rows[1..]),
        Ok(Decoded::Inputs) => {
            let words = |input: &InputKind| match input {
                InputKind::Event { event, row: words, .. } => row(*event, words),
                InputKind::Profile { id, changes } => {
                    let change = |(f, word): &(u16, Word)| say(&image.profile[usize::from(*f)].ty, *word, pool);
                    format!("{id:?} {:?}", changes.iter().map(change).collect::<Vec<_>>())
                }
                other => format!("{other:?}"),
            };
            scratch.inputs.iter().map(words).collect::<Vec<_>>().join("; ")
        }
    };
    format!("{outside} {inside}")
}

/// Compares both readers on a piece. Gives how many of its lines were read directly, and how many there are.
fn compare(bench: &mut Bench, piece: &[u8]) -> (usize, usize) {
    let mut found = std::mem::take(&mut bench.found);
    found.clear();
    let mut lines = Vec::new();
    let decoder = bench.decoder.clone();
    decoder.lines(piece, &mut found, |raw, line| lines.push((raw, line)));
    let raws: Vec<&[u8]> = lines.iter().map(|(raw, _)| *raw).collect();
    assert_eq!(raws, piece.split_inclusive(|byte| *byte == b'\n').collect::<Vec<_>>());
    let (mut direct, all) = (0, lines.len());
    for (raw, line) in lines {
        // What nothing reads has no inside: there it only counts whether it is taken for the same.
        direct += usize::from(match &line {
            Line::Message(message) => matches!(message.inside, Inside::Row(_) | Inside::Changes(_)),
            line => matches!(line, Line::Unread(..) | Line::Unknown(..)),
        });
        let general = told(bench, &found, decoder.read(raw));
        let direct = told(bench, &found, line);
        assert_eq!(direct, general, "\n{}\n{:?}", String::from_utf8_lossy(raw), raw);
    }
    bench.found = found;
    (direct, all)
}

/// Marsaglia's xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) % limit.max(1) as u64) as usize
    }

    fn range(&mut self, length: usize) -> std::ops::Range<usize> {
        let from = self.below(length + 1);
        from..from + self.below((length - from).min(40) + 1)
    }

    /// Changes a line at one place.
    fn change(&mut self, line: &mut Vec<u8>) {
        let at = self.below(line.len() + 1);
        match self.below(8) {
            0 if at < line.len() => line[at] ^= 1 << self.below(8),
            1 if at < line.len() => line[at] = self.below(256) as u8,
            2 => {
                let range = self.range(line.len());
                line.drain(range);
            }
            3 => {
                let range = self.range(line.len());
                let copy = line[range].to_vec();
                line.splice(at..at, copy);
            }
            4 => {
                let other = LINES[self.below(LINES.len())].as_bytes();
                let copy = other[self.range(other.len())].to_vec();
                line.splice(at..at, copy);
            }
            5 => line.truncate(at),
            _ => {
                let piece = PIECES[self.below(PIECES.len())].bytes();
                let range = if self.below(2) == 0 { at..at } else { at..(at + self.below(4)).min(line.len()) };
                line.splice(range, piece);
            }
        }
    }
}

/// A program whose only event has every kind of field at intricate paths.
fn intricate() -> Image {
    let mut image = shop();
    let field = |name: &str, path: &str, ty: Ty| EventField { optional: true, ..super::tests::field(name, path, ty) };
    let list = ListTy { records: false, at_most: 2, fields: Vec::new() };
    image.events[0].fields = vec![
        field("whole", "total", Ty::Text),
        field("again", "total", Ty::Int),
        field("above", "promotion", Ty::Text),
        field("below", "promotion.code", Ty::Text),
        field("root", "/properties/order_id", Ty::Text),
        field("kind", "/type", Ty::Text),
        field("user", "/userId", Ty::Text),
        field("empty", "", Ty::Text),
        field("list", "items", Ty::List(Box::new(list))),
    ];
    image.events[1].fields = vec![
        EventField { currency_path: Some("category".into()), ..field("name", "name", Ty::Money("EUR".into())) },
        field("first", "name.first", Ty::Text),
    ];
    image
}

#[test]
fn damaged_lines_mean_the_same() {
    // Two hundred thousand lines where the compiler makes it fast.
    let pieces = if cfg!(debug_assertions) { 1_000 } else { 10_000 };
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut bench = Bench::new(shop());
    let (mut direct, mut all) = (0, 0);
    for _ in 0..pieces {
        let mut piece = Vec::new();
        for _ in 0..20 {
            let mut line = LINES[random.below(LINES.len())].as_bytes().to_vec();
            for _ in 0..random.below(4) {
                random.change(&mut line);
            }
            piece.extend(line);
            piece.push(b'\n');
        }
        let (of_piece, lines) = compare(&mut bench, &piece);
        direct += of_piece;
        all += lines;
    }
    assert!(direct > all / 8, "only {direct} of {all} lines are read directly");
}

#[test]
fn intricate_programs_mean_the_same() {
    let pieces = if cfg!(debug_assertions) { 1_000 } else { 10_000 };
    let mut random = Random(3);
    let mut bench = Bench::new(intricate());
    for _ in 0..pieces {
        let mut line = LINES[random.below(6)].as_bytes().to_vec();
        for _ in 0..random.below(3) {
            random.change(&mut line);
        }
        compare(&mut bench, &line);
    }
}

#[test]
fn usual_lines_are_read_directly() {
    let mut bench = Bench::new(shop());
    for line in [0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 15, 16] {
        assert_eq!(compare(&mut bench, LINES[line].as_bytes()), (1, 1), "{}", LINES[line]);
    }
    let all = LINES.join("\r\n");
    assert_eq!(compare(&mut bench, all.as_bytes()).1, LINES.len() - 1);
}

#[test]
fn texts_and_escapes_may_lie_across_blocks() {
    let mut bench = Bench::new(shop());
    for text in [r#"\""#, r"\\", r"\\\\\\", r#"\\\""#, r"\u0022", "\u{1f}", "é", r"\", r"\x", r"\u12"] {
        for n in 0..140 {
            let line = format!(
                r#"{{"{}{text}":"{text}","event":"Restocked","timestamp":"1970-01-01T00:00:01Z","properties":{{"sku":"a{text}b"}}}}"#,
                "x".repeat(n)
            );
            compare(&mut bench, line.as_bytes());
            compare(&mut bench, format!("{line}\n{line}").as_bytes());
        }
    }
}

#[test]
fn nesting_may_be_deep() {
    let mut bench = Bench::new(shop());
    for n in (0..200).chain([100_000]) {
        for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":[[],{}],\"b\":", "}]")] {
            let line = format!(
                r#"{{"x":{}1{},"event":"Restocked","timestamp":"1970-01-01T00:00:01Z","properties":{{"sku":"a"}}}}"#,
                open.repeat(n),
                close.repeat(n)
            );
            compare(&mut bench, line.as_bytes());
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_mean_the_same(bytes in prop::collection::vec(any::<u8>(), 0..300), text in r#"(\PC|[\\"{}\[\]:,\n]){0,80}"#) {
        let mut bench = Bench::new(shop());
        compare(&mut bench, &bytes);
        compare(&mut bench, text.as_bytes());
    }

    #[test]
    fn numbers_mean_the_same(number in "-?[0-9]{0,22}(\\.[0-9]{0,8})?([eE][+-]?[0-9]{0,3})?", place in 0..4usize) {
        let mut bench = Bench::new(shop());
        let mut values = ["\"u\"", "1", "1", "1"];
        values[place] = &number;
        let [user, total, count, other] = values;
        let line = format!(
            r#"{{"event":"Order Completed","userId":{user},"timestamp":"1970-01-01T00:00:01Z","other":{other},"properties":{{"order_id":"o","total":{total},"count":{count},"weight":{total}}}}}"#
        );
        compare(&mut bench, line.as_bytes());
    }
}
