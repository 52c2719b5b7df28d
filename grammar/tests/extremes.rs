//! Texts that no one means well with: deep, long, strange. each is read and reported in few words.

mod support;

use journey_grammar::codes::Code;

/// How many bytes make a large text: a megabyte, less in builds that are not optimised.
const LARGE: usize = if cfg!(debug_assertions) { 100_000 } else { 1_000_000 };

/// The codes reported for a text. What is slow here takes minutes, and is noticed.
fn codes(text: &str) -> Vec<Code> {
    let parsed = support::read(text);
    // The tree is walked and dropped without trouble.
    let _ = format!("{:?}", parsed.file).len();
    parsed.diagnostics.iter().map(|d| d.code).collect()
}

#[test]
fn depth() {
    let nested =
        |open: &str, close: &str, n: usize| format!("segment s = {}a == 1{}\n", open.repeat(n), close.repeat(n));
    assert_eq!(codes(&nested("(", ")", 60)), []);
    assert_eq!(codes(&nested("(", ")", 10_000)), [Code::TooDeep]);
    assert_eq!(codes(&nested("(", "", 10_000)), [Code::TooDeep]);
    assert_eq!(codes(&nested("[", "]", 10_000)), [Code::TooDeep]);
    assert_eq!(codes(&nested("not ", "", 10_000)), [Code::TooDeep]);
    assert_eq!(codes(&nested("- ", "", 10_000)), [Code::TooDeep]);
    assert_eq!(codes(&format!("segment s = a{}\n", " or a".repeat(10_000))), [Code::TooDeep]);
    assert_eq!(codes(&format!("segment s = a{}\n", ".b".repeat(10_000))), []);
    assert_eq!(codes(&format!("segment s = (a){}\n", ".b".repeat(10_000))), [Code::TooDeep]);
    assert_eq!(
        codes(&format!("segment s = {}a{}\n", "count(a where ".repeat(1000), ")".repeat(1000))),
        [Code::TooDeep]
    );
    assert_eq!(codes(&format!("profile {{ x: {}text }}\n", "list of ".repeat(10_000))), [Code::TooDeep]);

    let ifs = |n: usize| format!("journey j {{\n{}finish\n{}\n}}\n", "if a == 1 {\n".repeat(n), "}\n".repeat(n));
    assert_eq!(codes(&ifs(60)), []);
    assert_eq!(codes(&ifs(5_000)), [Code::TooDeep]);
    assert_eq!(
        codes(&format!("taxonomy t {{\n{}{}\n}}\n", "a {\n".repeat(5_000), "}\n".repeat(5_000))),
        [Code::TooDeep]
    );
    let chain = format!("journey j {{\n  if a == 1 {{ }}{}\n}}\n", "\n  else if a == 2 { }".repeat(2_000));
    assert_eq!(codes(&chain), []);
    // Depth of brackets and operators in them together.
    let both = format!("segment s = {}a{}\n", "(a or a or a or a or a or a or a or ".repeat(60), ")".repeat(60));
    assert_eq!(codes(&both), [Code::TooDeep]);
}

#[test]
fn length() {
    let large = |piece: &str| piece.repeat(LARGE / piece.len());
    for piece in [
        "a", "1", "a ", "\"", "{", "}", "(", ")", "'", "@", "#", "\\", "-", "\n", "\r", "ก", "\u{0}", "\u{202E}",
        "// \n", "\"a\" ", ";",
    ] {
        let text = large(piece);
        assert!(codes(&text).len() <= 101, "{piece:?}");
        assert!(codes(&format!("journey j {{\n  wait 1 hour\n{text}\n}}\n")).len() <= 101, "{piece:?} in a journey");
        assert!(codes(&format!("segment s = {text}\n")).len() <= 101, "{piece:?} in an expression");
    }
}

#[test]
fn many_mistakes() {
    let broken = "  snd hello by email\n  if profile.a > {\n    set profile.b = \n  } else {\n    wait ~ 1\n  }\n";
    let text = format!("journey j {{\n{}}}\n", broken.repeat(LARGE / broken.len()));
    let found = codes(&text);
    assert_eq!(found.len(), 101);
    let last = support::read(&text).diagnostics.pop().expect("a closing word").message;
    assert!(last.ends_with("more mistakes in this file are not shown"), "{last}");
    let text = "event e { a: txt\n".repeat(LARGE / 20);
    assert_eq!(codes(&text).len(), 101);
    let text = "journey j { if a == 1 { finish } }\nteam t \"t\n".repeat(LARGE / 50);
    assert_eq!(codes(&text).len(), 101);
}

#[test]
fn one_mistake_in_a_large_file() {
    let step = "  if profile.lifetime_value > 100 EUR and profile.tier == gold {\n    send hello(cart: cart) by email as mail\n  }\n";
    let text = format!("journey j {{\n{0}  snd hello by sms\n{0}}}\n", step.repeat(LARGE / 2 / step.len()));
    assert_eq!(codes(&text), [Code::Misspelt]);
}

#[test]
fn nothing_at_all() {
    for text in ["", " ", "\n", "\r\n", "// only a comment", "/// only a doc comment\n", "\u{FEFF}"] {
        assert_eq!(codes(text), [], "{text:?}");
    }
}

#[test]
fn line_ends_of_every_kind() {
    let unix = include_str!("programs/end_to_end.journey");
    let items = support::read(unix).file.items;
    for end in ["\r\n", "\r"] {
        let text = unix.replace('\n', end);
        assert_eq!(codes(&text), []);
        let other = support::read(&text).file.items;
        assert_eq!(items.len(), other.len());
        assert_eq!(support::tree::compact(&items), support::tree::compact(&other));
    }
}
