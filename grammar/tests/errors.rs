//! One mistake, one report: each slip with its source, what is marked, and what the fix gives.

mod support;

use std::fmt::Write as _;

/// Draws what is said of each text; the first line of each is its heading.
fn report(cases: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (title, text) in cases {
        let parsed = support::read(text);
        let _ = writeln!(out, "── {title}\n{}", support::draw(text, &parsed.diagnostics));
    }
    out
}

/// A journey with these lines in its body.
fn journey(lines: &str) -> String {
    format!("journey j {{\n  trigger on opened\n  re-entry never\n{lines}\n}}\n")
}

fn steps(cases: &[(&str, &str)]) -> String {
    let whole: Vec<(String, String)> = cases.iter().map(|(t, l)| (t.to_string(), journey(l))).collect();
    report(&whole.iter().map(|(t, s)| (t.as_str(), s.as_str())).collect::<Vec<_>>())
}

#[test]
fn expected_and_found() {
    insta::assert_snapshot!(steps(&[
        ("a word that begins nothing", "  snd hello by email"),
        ("nothing like it", "  frobnicate the customer"),
        ("too little", "  wait"),
        ("too little in the middle", "  send hello by\n  wait 1 hour"),
        ("too much", "  wait 1 hour please"),
        ("a misspelt word inside", "  wait untl 09:00"),
        ("a misspelt word late", "  send hello by email, esle sms"),
        ("a word in capitals", "  Wait 1 hour"),
        ("an operator in capitals", "  if a == 1 AND b == 2 { finish }"),
        ("a word of other tools", "  delay 2 hours"),
        ("a value is missing", "  if profile.age > { finish }"),
        ("a value is missing at the end", "  set profile.age ="),
        ("a reserved word as a value", "  set profile.age = stage"),
        ("a clause inside a block", "  if a == 1 {\n    goal on bought\n  }"),
        ("a colon after the condition", "  if a == 1:\n    finish"),
        ("`to` for `=`", "  set profile.age to 3"),
        ("`==` for `=`", "  set profile.age == 3"),
        ("re-entry without its hyphen", "  reentry never"),
    ]));
}

#[test]
fn habits_of_other_languages() {
    insta::assert_snapshot!(steps(&[
        ("one equals sign", "  if profile.age = 3 { finish }"),
        ("and, or, not as signs", "  if a == 1 && !(b == 2) { finish }\n  if a == 1 || b == 2 { finish }"),
        (
            "other comparisons",
            "  if a <> 1 { finish }\n  if a ≥ 1 { finish }\n  if a => 1 { finish }\n  if a === 1 { finish }"
        ),
        ("semicolons", "  wait 1 hour;\n  wait 1 hour; wait 2 hours"),
        ("elseif", "  if a == 1 { finish }\n  elseif a == 2 { finish }\n  elif a == 3 { finish }\n  else { finish }"),
        ("then", "  if a == 1 then { finish }"),
        ("percent sign", "  set profile.share = 5%"),
        ("currency signs", "  set profile.a = €20\n  set profile.a = $5\n  set profile.a = 20€"),
        ("short units", "  wait 1h\n  wait 30min\n  wait 2 d"),
        ("a twelve-hour clock", "  set profile.a = 9pm"),
        ("a date without zeros", "  set profile.a = 2026-3-1"),
        ("single quotes", "  finish as 'it is \"over\"'"),
        ("curly quotes", "  finish as “over”"),
        ("hash comments", "  # a comment\n  wait 1 hour # another"),
        (
            "is",
            "  if profile.tier is gold { finish }\n  if profile.tier is not gold { finish }\n  if profile.tier is knwon { finish }"
        ),
        ("chained comparisons", "  if 1 <= a <= 3 { finish }\n  if 1 < a < 3 { finish }"),
        ("an escape that is none", "  finish as \"C:\\path\""),
        ("full-width marks", "  send hello（a： 1，b： 2） by email"),
        ("two on one line", "  wait 1 hour send hello by email"),
        ("and with or", "  if a == 1 and b == 2 or c == 3 and d == 4 { finish }"),
    ]));
}

#[test]
fn brackets() {
    insta::assert_snapshot!(report(&[
        ("a brace is missing at the end", "journey a {\n  wait 1 hour\n\njourney b {\n  wait 2 hours\n}\n"),
        ("a brace is missing inside", "journey a {\n  if x == 1 {\n    wait 1 hour\n  wait 2 hours\n}\n"),
        ("a brace too many inside", "journey a {\n  if x == 1 {\n    wait 1 hour\n  }\n  }\n  wait 2 hours\n}\n"),
        ("a brace too many at the end", "journey a {\n  wait 1 hour\n}\n}\n\nteam t \"t\"\n"),
        ("an opening brace is missing", "journey a {\n  if x == 1\n    wait 1 hour\n  }\n  wait 2 hours\n}\n"),
        ("both braces are missing", "journey a {\n  if x == 1 send hello by sms\n  wait 2 hours\n}\n"),
        ("a journey without its brace", "journey a\n  wait 1 hour\n}\nteam t \"t\"\n"),
        ("a bracket is missing", "journey a {\n  if (x == 1 {\n    wait 1 hour\n  }\n  wait 2 hours\n}\n"),
        ("a bracket is missing on its line", "journey a {\n  send hello(a: 1 by sms\n  wait 2 hours\n}\n"),
        ("a bracket too many", "journey a {\n  if x == 1) { finish }\n}\n"),
        ("a list is not closed", "segment s = profile.a in [a, b\nteam t \"t\"\n"),
        ("the wrong bracket", "segment s = (profile.a == 1]\nteam t \"t\"\n"),
        ("an unclosed text", "team t \"t@example.com\nteam u \"u\"\n"),
        ("a single quote that is not closed", "team t 't@example.com\nteam u \"u\"\n"),
    ]));
}

#[test]
fn declarations() {
    insta::assert_snapshot!(report(&[
        ("a misspelt declaration", "jurney a {\n  wait 1 hour\n}\n"),
        ("no declaration", "hello world\nteam t \"t\"\n"),
        ("a step outside a journey", "wait 1 hour\n"),
        ("a field without its type", "profile {\n  email\n  age: int\n}\n"),
        ("a field with an equals sign", "profile {\n  email = text\n  age: int\n}\n"),
        ("a bound that is none", "profile {\n  age: int at most 10\n}\n"),
        ("commas in a taxonomy", "taxonomy f { a, b }\n"),
        (
            "a rule without its else",
            "policy p for all journeys {\n  at most 3 messages per rolling 7 days\n  quiet from 21:00 to 08:00, else hold\n}\n"
        ),
        (
            "a rule with a misspelt word",
            "policy p for all journeys {\n  at most 3 mesages per rolling 7 days, else drop\n}\n"
        ),
        ("a webhook that goes nowhere", "webhook w { retry up to 3 times within 1 hour }\n"),
        ("two on one line", "purpose a \"A\" purpose b \"B\"\n"),
        ("a number too large", "policy p for all journeys {\n  at most 99999999999 messages, else drop\n}\n"),
        ("annotations of nothing", "@campaign retention\n"),
        (
            "a test line",
            "test \"t\" {\n  customer ana { tier: gold }\n  ana dose opened\n  after 3 days\n  expct ana receives nothing\n  expect ana gets hello\n}\n"
        ),
        ("a clause after a step", "journey j {\n  trigger on opened\n  wait 1 hour\n  goal on bought\n}\n"),
        ("said twice", "offer o {\n  value 1 EUR\n  value 2 EUR\n  do { send hello by email }\n}\n"),
        (
            "else not last",
            "journey j {\n  wait up to 1 hour {\n    else { finish }\n    on opened { finish }\n  }\n}\n"
        ),
    ]));
}

#[test]
fn characters() {
    insta::assert_snapshot!(report(&[
        ("a character of no use", "journey j {\n  wait ~ 1 hour\n}\n"),
        ("a long dash", "segment s = profile.a – 1 > 2\n"),
        ("a direction override in a comment", "team t \"t\" // \u{202E}reversed\n"),
        ("a control character in a text", "team t \"a\u{0}b\"\n"),
        ("a zero-width space between words", "team\u{200B} t \"t\"\n"),
        ("a no-break space is a space", "team\u{A0}t \"t\"\n"),
        ("a byte order mark is nothing", "\u{FEFF}team t \"t\"\n"),
        ("names of other scripts", "segment ลูกค้าประจำ = profile.会员 == 真 and profile.고객 is known\n"),
    ]));
}

#[test]
fn several_mistakes_are_several_reports() {
    let text = "\
journey first {
  trigger on opened
  re-entry nevr
  wait 1 hour
  snd hello by email
  if profile.age > {
    set profile.age = 5%
    finsh
  } else {
    send hello by sms
  }
}

event bought {
  total: money
  items list of item
  note: text
}

journey second {
  trigger on bought
  re-entry never
  branch on profile.tier {
    gold { wait 1 hour }
    silver wait 2 hours }
    else { }
  }
}
";
    let parsed = support::read(text);
    insta::assert_snapshot!(support::draw(text, &parsed.diagnostics));
}
