//! The reader's promise, tried on damaged programs: it never panics, says something but not too much, says it near the damage,
//! and keeps every declaration that was not touched.

mod support;

use journey_grammar::ast::{Decl, Item};
use journey_grammar::tokens::{Token, TokenKind, tokenize};
use proptest::prelude::*;

const PROGRAMS: &[&str] = &[include_str!("programs/everything.journey"), include_str!("programs/end_to_end.journey")];

/// How many damaged programs are read; builds that are not optimised are slower.
const ROUNDS: usize = if cfg!(debug_assertions) { 400 } else { 8000 };

/// Pieces that are put in or written instead of others.
const PIECES: &[&str] = &[
    "{", "}", "(", ")", "[", "]", ",", ":", ".", "=", "==", "\"", "'", "@", "and", "or", "not", "in", "wait", "send",
    "if", "else", "when", "journey", "3", "5 days", "foo", "x.y", "\n", ";", "#", "//", "%", "&&", "ก", "\u{0}",
    "\u{202E}", "re-entry", "for", "at", "-", "😀",
];

/// The same numbers on every run (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % sides.max(1) as u64) as usize
    }
}

/// Damages a text once; where, and what was done.
fn mutate(text: &str, dice: &mut Dice) -> (String, usize, String) {
    let tokens: Vec<Token> = tokenize(text).into_iter().filter(|t| !t.kind.is_trivia()).collect();
    let i = dice.roll(tokens.len());
    let token = tokens[i];
    let (start, end) = (token.start as usize, token.end as usize);
    let mut out = text.to_string();
    let what = match dice.roll(5) {
        0 => {
            out.replace_range(start..end, "");
            format!("delete {:?}", &text[start..end])
        }
        1 => {
            let copy = format!(" {}", &text[start..end]);
            out.insert_str(end, &copy);
            format!("double {:?}", &text[start..end])
        }
        2 => {
            let next = tokens[(i + 1).min(tokens.len() - 1)];
            if next.start > token.start {
                let swapped =
                    format!("{}{}{}", &text[next.range()], &text[end..next.start as usize], &text[start..end]);
                out.replace_range(start..next.end as usize, &swapped);
            }
            format!("swap {:?} and {:?}", &text[start..end], &text[next.range()])
        }
        3 => {
            let piece = PIECES[dice.roll(PIECES.len())];
            out.replace_range(start..end, piece);
            format!("write {piece:?} for {:?}", &text[start..end])
        }
        _ => {
            let piece = PIECES[dice.roll(PIECES.len())];
            out.insert_str(start, &format!("{piece} "));
            format!("put {piece:?} before {:?}", &text[start..end])
        }
    };
    (out, start, what)
}

/// A declaration without its places.
fn placeless(item: &Item) -> String {
    let text = format!("{item:?}");
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find("0:") {
        out.push_str(&rest[..at]);
        rest = rest[at + 2..].trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    }
    out.push_str(rest);
    out
}

fn check_places(text: &str, parsed: &journey_grammar::parse::Parsed) {
    for d in &parsed.diagnostics {
        let places = d.labels.iter().map(|l| l.span).chain(d.fixes.iter().flat_map(|f| f.edits.iter().map(|e| e.0)));
        for span in places {
            assert!(
                text.get(span.range()).is_some(),
                "{} is marked at {span:?}, which is no piece of the text",
                d.message
            );
        }
    }
    for item in &parsed.file.items {
        assert!(text.get(item.span.range()).is_some());
    }
}

#[test]
fn one_mistake_costs_its_own_declaration_and_gives_few_reports() {
    let mut dice = Dice(1);
    let (mut silent, mut one, mut more, mut far) = (0, 0, 0, 0);
    let whole: Vec<Vec<Item>> = PROGRAMS.iter().map(|text| support::read(text).file.items).collect();
    for round in 0..ROUNDS {
        // The large program takes long in builds that are not optimised.
        let program = usize::from(round % 4 != 0);
        let (text, items) = (PROGRAMS[program], &whole[program]);
        let (damaged, at, what) = mutate(text, &mut dice);
        let parsed = support::read(&damaged);
        check_places(&damaged, &parsed);
        match parsed.diagnostics.len() {
            0 => silent += 1,
            1 => one += 1,
            n => {
                more += 1;
                if std::env::var("SHOW").is_ok() {
                    println!("{n} after {what}\n{}", support::draw(&damaged, &parsed.diagnostics));
                }
            }
        }
        assert!(parsed.diagnostics.len() <= 6, "{what}\n{}", support::draw(&damaged, &parsed.diagnostics));
        if let Some(d) = parsed.diagnostics.first() {
            let line = |at: usize| damaged[..at.min(damaged.len())].matches('\n').count();
            let lines = line(d.span().start as usize).abs_diff(line(at));
            if lines > 3 {
                far += 1;
                if std::env::var("SHOW").is_ok() {
                    println!(
                        "{lines} lines away after {what} in line {}\n{}",
                        line(at) + 1,
                        support::draw(&damaged, &parsed.diagnostics)
                    );
                }
            }
        }
        // The declarations that do not hold the damage, nor stand beside it: those before it in place, of those after it a few.
        let hurt = items.iter().rposition(|i| i.span.start as usize <= at).unwrap_or(0);
        let lost =
            |item: &Item| panic!("{what} lost {:?}\n{}", item.decl, support::draw(&damaged, &parsed.diagnostics));
        for item in items.iter().take(hurt.saturating_sub(1)) {
            if !parsed.file.items.contains(item) {
                lost(item);
            }
        }
        let after = parsed.file.items.len().saturating_sub(items.len() - hurt);
        for _ in 0..3 {
            if let Some(item) = items.get(hurt + 2 + dice.roll(items.len())) {
                let wanted = placeless(item);
                let kept = parsed.file.items[after..]
                    .iter()
                    .any(|i| i.span.range().len() == item.span.range().len() && placeless(i) == wanted);
                if !kept {
                    lost(item);
                }
            }
        }
    }
    println!("{silent} read without a word, {one} with one report, {more} with more; {far} far from the damage");
    assert!(more * 10 < one, "{one} once, {more} more often");
    assert!(far * 25 < one, "{far} far of {one}");
}

#[test]
fn several_mistakes_give_no_more_reports_than_a_few_each() {
    let mut dice = Dice(7);
    for round in 0..ROUNDS / 4 {
        let mut text = PROGRAMS[usize::from(round % 4 != 0)].to_string();
        let mistakes = 2 + dice.roll(6);
        for _ in 0..mistakes {
            text = mutate(&text, &mut dice).0;
        }
        let parsed = support::read(&text);
        check_places(&text, &parsed);
        assert!(parsed.diagnostics.len() <= 4 * mistakes, "{}", support::draw(&text, &parsed.diagnostics));
    }
}

#[test]
fn cut_anywhere() {
    let text = PROGRAMS[1];
    for at in
        (0..text.len()).step_by(if cfg!(debug_assertions) { 11 } else { 1 }).filter(|at| text.is_char_boundary(*at))
    {
        let parsed = support::read(&text[..at]);
        check_places(&text[..at], &parsed);
        assert!(parsed.diagnostics.len() <= 4, "{}", support::draw(&text[..at], &parsed.diagnostics));
    }
}

#[test]
fn a_broken_declaration_keeps_its_name() {
    let text = "event (bought { total: money }\n@campaign retention\nmessage hello { }\n";
    let names: Vec<_> = support::read(text)
        .file
        .items
        .into_iter()
        .map(|i| match i.decl {
            Decl::Broken { kind, name } => (kind, name.map(|n| n.text)),
            other => panic!("{other:?}"),
        })
        .collect();
    let some = |s: &str| Some(s.to_string());
    assert_eq!(names, [(some("event"), None), (some("message"), some("hello"))]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(100) })]

    #[test]
    fn any_text_is_cut_without_loss(text in any::<String>()) {
        let tokens = tokenize(&text);
        let mut at = 0;
        for token in &tokens {
            prop_assert_eq!(token.start, at);
            prop_assert!(token.end > token.start);
            prop_assert!(text.is_char_boundary(token.end as usize));
            at = token.end;
        }
        prop_assert_eq!(at as usize, text.len());
        check_places(&text, &support::read(&text));
    }

    #[test]
    fn any_heap_of_pieces_is_read(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..60)) {
        let text = pieces.join(" ");
        let parsed = support::read(&text);
        check_places(&text, &parsed);
        let inside = format!("journey j {{\n{text}\n}}\nteam t \"t\"\n");
        check_places(&inside, &support::read(&inside));
    }
}

#[test]
fn tokens_of_every_kind() {
    let text = "a 1 2026-03-01 09:00 \"t\" \"u\n// c\n/// d\n# e\n{ } ( ) [ ] , : . ? @ = == && % ; 'x' re-entry \\";
    let kinds: Vec<TokenKind> = tokenize(text).iter().map(|t| t.kind).filter(|k| *k != TokenKind::Whitespace).collect();
    use TokenKind::*;
    assert_eq!(
        kinds,
        [
            Word,
            Number,
            Date,
            Time,
            Text,
            UnclosedText,
            Newline,
            Comment,
            Newline,
            Doc,
            Newline,
            HashComment,
            Newline,
            LBrace,
            RBrace,
            LParen,
            RParen,
            LBracket,
            RBracket,
            Comma,
            Colon,
            Dot,
            Question,
            At,
            Assign,
            Operator,
            OtherOperator,
            Sign,
            Semicolon,
            OtherText,
            Word,
            Error
        ]
    );
}
