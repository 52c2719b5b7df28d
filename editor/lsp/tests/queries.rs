//! What is answered about a place, drawn under the text. `$0` marks the cursor.

mod support;

use journey_compiler::check::{Kept, check_again};
use journey_compiler::project::Project;
use journey_grammar::diagnostic::edited;
use journey_grammar::span::{FileId, Span};
use journey_lsp::analysis::Analysis;
use journey_lsp::queries::*;
use std::fmt::Write;
use support::{NOW, SETTINGS};

/// Files as `=== path` and what stands in them; one of them has the cursor.
struct Fixture {
    analysis: Analysis,
    file: FileId,
    offset: u32,
}

fn fixture(text: &str) -> Fixture {
    let text = if text.starts_with("===") { text.to_string() } else { format!("=== main.journey\n{text}") };
    let mut files: Vec<(String, String)> = text
        .split("=== ")
        .skip(1)
        .map(|part| part.split_once('\n').unwrap())
        .map(|(path, text)| (path.to_string(), text.to_string()))
        .collect();
    let (path, offset) = files
        .iter_mut()
        .find_map(|(path, text)| {
            let at = text.find("$0")?;
            text.replace_range(at..at + 2, "");
            Some((path.clone(), at as u32))
        })
        .unwrap_or((files[0].0.clone(), 0));
    let (journeys, others): (Vec<_>, Vec<_>) = files.into_iter().partition(|(path, _)| path.ends_with(".journey"));
    let assets = |path: &str| -> Result<String, String> {
        others.iter().find(|(p, _)| p == path).map(|(_, text)| text.clone()).ok_or_else(|| "no such file".to_string())
    };
    let settings = SETTINGS.to_string();
    let project = Project { settings, files: journeys, assets: &assets, packs: journey_stdlib::packs() };
    let analysis = Analysis::new(check_again(&project, &mut Kept::default()));
    let file = analysis.file(&path).unwrap();
    Fixture { analysis, file, offset }
}

impl Fixture {
    /// Each line that a place touches, with the place underlined and its words behind.
    fn draw(&self, places: &[(Span, String)]) -> String {
        let mut out = String::new();
        let mut before = None;
        for (span, words) in places {
            let path = self.analysis.path(span.file);
            if before != Some(span.file) {
                writeln!(out, "{path}").unwrap();
            }
            before = Some(span.file);
            let text = self.analysis.text(span.file);
            let lines = self.analysis.lines(span.file).unwrap();
            let line = lines.line(span.start);
            let (start, end) = (lines.start(line, text) as usize, lines.end(line, text) as usize);
            let column = text[start..span.start as usize].chars().count();
            let marked = &text[span.start as usize..(span.end as usize).min(end).max(span.start as usize)];
            let marks = marked.chars().count().max(1);
            writeln!(out, "{:>4} | {}", line + 1, &text[start..end]).unwrap();
            writeln!(out, "     | {}{} {words}", " ".repeat(column), "▔".repeat(marks)).unwrap();
        }
        out
    }

    fn spans(&self, places: &[Span]) -> String {
        self.draw(&places.iter().map(|s| (*s, String::new())).collect::<Vec<_>>())
    }
}

const SHOP: &str = r#"
use std.messaging

event cart_updated "Cart Updated" {
  /// What the cart is worth.
  value: money from "total"
  cart_id: text
  kind: one of new, old
}

purpose marketing "News and offers"
taxonomy campaign { retention "Retention" { cart_recovery  win_back } }
team lifecycle "life@example.com"
profile { tier: one of bronze, silver, gold = bronze }
segment good = profile.tier == gold

policy calm for all journeys {
  require consent for marketing, per channel
  at most 3 marketing messages per rolling 7 days, else drop
  quiet from 21:00 to 08:00 by push, else hold
}

message reminder(cart: cart_updated) for marketing {
  email { subject "{{ cart.value }}"  body file "content/reminder.html" }
  push  { title "Still there?"  body "Your cart waits." }
}

/// Win back who leaves a cart behind.
@campaign retention.cart_recovery
@owner lifecycle
journey abandoned {
  trigger on cart_updated as cart where cart.value >= 20 EUR and kind == new
  one run per cart.cart_id
  re-entry 7 days after entry

  wait 1 month
  send reminder(cart) by push, else email as first
  wait up to 2 hours {
    on message_clicked of first { wait until monday at 09:00 }
    else { if in good { finish } }
  }
  experiment words { variant a 50 percent { wait 1 day } variant b 50 percent { experiment more { variant x 30 percent { wait 2 days } variant y 70 percent {} } } }
  go to later(cart)
}

journey later(cart: cart_updated) {
  trigger from abandoned
  re-entry never
  wait 1 hour
  send reminder by email
}

test "waits a month" {
  customer ana { email: "ana@example.com", tier: gold, consents: [marketing] }
  at 2026-03-01 10:00
    ana does cart_updated { value: 30 EUR, cart_id: "c", kind: new }
  expect ana is waiting in abandoned
}
=== content/reminder.html
<p>{{ cart.value }} {{ profile.tier }}</p>
"#;

/// The shop with the cursor behind the nth `what`.
fn shop(what: &str, nth: usize) -> Fixture {
    let text = format!("=== main.journey{SHOP}");
    let at = text.match_indices(what).nth(nth).unwrap_or_else(|| panic!("no {what}")).0 + what.len();
    let mut text = text;
    text.insert_str(at, "$0");
    let fixture = fixture(&text);
    assert_eq!(fixture.analysis.checked.diagnostics, []);
    fixture
}

#[test]
fn names_lead_to_their_meaning() {
    let mut out = String::new();
    for (what, nth) in [
        ("trigger on cart_up", 0),
        ("where cart.val", 0),
        ("where car", 0),
        ("kind == n", 0),
        ("== gol", 0),
        ("@campaign retention.cart_rec", 0),
        ("@camp", 0),
        ("@owner life", 0),
        ("of fir", 0),
        ("in goo", 0),
        ("{{ cart.val", 1),
        ("go to lat", 0),
        ("ana does car", 0),
        ("{ value: 30 EUR, cart_i", 0),
        ("cart_id: \"c\", kin", 0),
        ("waiting in aban", 0),
        ("else emai", 0),
    ] {
        let f = shop(what, nth);
        let (name, places) = names::definition(&f.analysis, f.file, f.offset).unwrap_or_else(|| panic!("{what}"));
        writeln!(out, "{}", f.draw(&[(name, "leads to".to_string())]).trim_end()).unwrap();
        // A definition in a pack may change its line.
        let places: Vec<Span> = places.into_iter().filter(|p| !f.analysis.is_pack(p.file)).collect();
        writeln!(out, "{}", f.spans(&places)).unwrap();
    }
    insta::assert_snapshot!(out);
}

#[test]
fn every_use_of_a_name_is_found() {
    let mut out = String::new();
    for (what, nth) in [
        ("event cart_up", 0),
        ("  val", 0),
        ("as car", 0),
        ("@campaign reten", 0),
        ("tier: one of bronze, silver, gol", 0),
    ] {
        let f = shop(what, nth);
        let places = names::references(&f.analysis, f.file, f.offset, true);
        writeln!(out, "-- {what}\n{}", f.spans(&places)).unwrap();
    }
    insta::assert_snapshot!(out);
}

#[test]
fn a_name_is_changed_everywhere_and_the_data_stays_as_it_is() {
    let mut out = String::new();
    for (what, nth, new) in [
        ("event cart_up", 0, "basket_changed"),
        ("  cart_i", 0, "basket"),
        ("as car", 0, "basket"),
        ("tier: one of bronze, silver, gol", 0, "platinum"),
        ("{ cart_rec", 0, "carts"),
        ("profile { ti", 0, "level"),
        ("message remi", 0, "ตะกร้า"),
    ] {
        let f = shop(what, nth);
        let edits = names::rename(&f.analysis, f.file, f.offset, new).unwrap();
        writeln!(out, "-- {what} → {new}").unwrap();
        for (path, text) in names::changed(&f.analysis, &edits) {
            let old = f.analysis.text(f.analysis.file(&path).unwrap());
            for (a, b) in old.lines().zip(text.lines()).filter(|(a, b)| a != b) {
                writeln!(out, "{path}\n  - {}\n  + {}", a.trim(), b.trim()).unwrap();
            }
        }
        writeln!(out).unwrap();
    }
    insta::assert_snapshot!(out);
}

#[test]
fn what_cannot_be_renamed_says_why() {
    let mut out = String::new();
    for (what, nth, new) in
        [("else emai", 0, "post"), ("as car", 0, "two words"), ("send remi", 0, "7up"), ("wai", 0, "x")]
    {
        let f = shop(what, nth);
        let refused = names::rename(&f.analysis, f.file, f.offset, new).unwrap_err();
        writeln!(out, "{what} → {new}: {refused}").unwrap();
    }
    insta::assert_snapshot!(out, @r"
    else emai → post: `email` is declared in `std.messaging`, which is part of the standard library
    as car → two words: `two words` is not a name: a name is letters, digits and `_`, and begins with a letter
    send remi → 7up: `7up` is not a name: a name is letters, digits and `_`, and begins with a letter
    wai → x: there is no name here that could be changed
    ");
}

#[test]
fn a_rename_that_changes_the_meaning_is_refused() {
    let f = shop("as car", 0);
    let edits = names::rename(&f.analysis, f.file, f.offset, "first").unwrap();
    let text = edited(f.analysis.text(f.file), &edits);
    let after = fixture(&format!("=== main.journey\n{}=== content/reminder.html\n<p></p>\n", text.trim_start()));
    assert!(names::means_the_same(&f.analysis, &edits, &after.analysis).is_err());
}

#[test]
fn hover_says_what_is_known() {
    let mut out = String::new();
    for (what, nth) in [
        ("trigger on cart_up", 0),
        ("where cart.val", 0),
        ("where car", 0),
        ("@campaign retention.cart_rec", 0),
        ("send remin", 0),
        ("else ema", 0),
        ("in goo", 0),
        ("@owner life", 0),
        ("go to lat", 0),
        ("profile.tie", 0),
        ("of fir", 0),
        ("trigg", 0),
        ("re-ent", 0),
        ("  wai", 0),
        ("wait up t", 0),
        ("wait until mon", 0),
        ("\n  sen", 0),
        ("wher", 0),
        ("experi", 0),
        ("taxon", 0),
    ] {
        let f = shop(what, nth);
        let Some((span, text)) = hover::hover(&f.analysis, f.file, f.offset, NOW) else {
            writeln!(out, "-- {what}: nothing\n").unwrap();
            continue;
        };
        writeln!(out, "{}{}\n", f.spans(&[span]), text.trim_end()).unwrap();
    }
    insta::assert_snapshot!(out);
}

#[test]
fn outlines_folds_selections_hints_and_lenses() {
    let f = shop("else { if in goo", 0);
    let mut out = String::new();
    fn tree(symbols: &[symbols::Symbol], depth: usize, out: &mut String) {
        for s in symbols {
            writeln!(out, "{}{} ({})", "  ".repeat(depth), s.name, s.detail).unwrap();
            assert!(s.span.start <= s.at.start && s.at.end <= s.span.end, "{}", s.name);
            tree(&s.inside, depth + 1, out);
        }
    }
    tree(&symbols::of_file(&f.analysis, f.file), 0, &mut out);
    writeln!(out, "\n-- found by `crt`").unwrap();
    for (name, kind, _) in symbols::search(&f.analysis, "crt") {
        writeln!(out, "{name} {kind:?}").unwrap();
    }
    writeln!(out, "\n-- folds").unwrap();
    let lines = f.analysis.lines(f.file).unwrap();
    for (span, fold) in folds::of_file(&f.analysis, f.file) {
        writeln!(out, "{}-{} {fold:?}", lines.line(span.start) + 1, lines.line(span.end) + 1).unwrap();
    }
    writeln!(out, "\n-- selections").unwrap();
    for span in selection::around(&f.analysis, f.file, f.offset).into_iter().take(9) {
        writeln!(out, "{}", describe::shortened(f.analysis.at(span))).unwrap();
    }
    let whole = Span { file: f.file, start: 0, end: u32::MAX };
    let hints: Vec<_> = hints::in_range(&f.analysis, whole)
        .into_iter()
        .map(|h| (Span { file: f.file, start: h.at, end: h.at }, format!("{} ({})", h.label, h.why)))
        .collect();
    writeln!(out, "\n-- hints\n{}", f.draw(&hints)).unwrap();
    let lenses: Vec<_> = lenses::of_file(&f.analysis, f.file).into_iter().map(|l| (l.span, l.title)).collect();
    writeln!(out, "-- lenses\n{}", f.draw(&lenses)).unwrap();
    let links: Vec<_> = links::of_file(&f.analysis, f.file).into_iter().map(|(s, g)| (s, format!("{g:?}"))).collect();
    writeln!(out, "-- links\n{}", f.draw(&links)).unwrap();
    insta::assert_snapshot!(out);
}

#[test]
fn every_word_has_its_colour() {
    let f = shop("as first", 0);
    let pieces = paint::of_file(&f.analysis, f.file);
    let mut out = String::new();
    for piece in pieces {
        let modifiers: Vec<&str> = paint::MODIFIERS
            .iter()
            .enumerate()
            .filter(|(i, _)| piece.modifiers >> i & 1 == 1)
            .map(|(_, m)| *m)
            .collect();
        writeln!(out, "{:<40} {:?} {}", f.analysis.at(piece.span), piece.paint, modifiers.join(" ")).unwrap();
    }
    insta::assert_snapshot!(out);
}

#[test]
fn hand_offs_are_calls() {
    let f = shop("journey later", 0);
    let later = calls::at(&f.analysis, f.file, f.offset).unwrap();
    let came = calls::incoming(&f.analysis, later.at);
    let [(from, places)] = &came[..] else { panic!("{came:?}") };
    assert_eq!((from.name.as_str(), f.analysis.at(places[0])), ("abandoned", "go to later(cart)"));
    let went = calls::outgoing(&f.analysis, from.at);
    assert_eq!(went[0].0, later);
}

#[test]
fn a_part_is_laid_out_although_another_is_broken() {
    let f = fixture("team   a    \"a@example.com\"\n\njourney {\n\nsegment  b=profile.email   is known$0\n");
    assert_eq!(layout::whole(&f.analysis, f.file), None);
    let here = Span { file: f.file, start: f.offset, end: f.offset };
    let edits = layout::part(&f.analysis, here).unwrap();
    let text = edited(f.analysis.text(f.file), &edits);
    assert_eq!(text, "team   a    \"a@example.com\"\n\njourney {\n\nsegment b = profile.email is known\n");
}

/// What is offered when `line` has been typed where `after` ends in the shop; `none` when nothing is.
fn offered(after: &str, line: &str) -> String {
    let text = SHOP.trim_start().replacen(after, &format!("{after}{line}$0"), 1);
    assert!(text.contains("$0"), "{after}");
    let f = fixture(&format!("=== main.journey\n{text}"));
    let (word, items) = complete::complete(&f.analysis, f.file, f.offset);
    let begun = &f.analysis.text(f.file)[word.start as usize..f.offset as usize];
    let fits: Vec<String> =
        items.iter().filter(|i| i.label.starts_with(begun)).take(14).map(|i| i.label.clone()).collect();
    let more = items.iter().filter(|i| i.label.starts_with(begun)).count().saturating_sub(14);
    let more = if more > 0 { format!(" … {more} more") } else { String::new() };
    if fits.is_empty() { "none".to_string() } else { format!("{}{more}", fits.join(" · ")) }
}

#[test]
fn completion_knows_where_it_is() {
    let steps = "  wait 1 month\n";
    let header = "  re-entry 7 days after entry\n";
    let mut out = String::new();
    for (after, line) in [
        (steps, "  "),
        (steps, "  se"),
        (steps, "  send "),
        (steps, "  send reminder "),
        (steps, "  send reminder by "),
        (steps, "  send reminder by push, else "),
        (steps, "  @"),
        (steps, "  @campaign "),
        (steps, "  @campaign retention."),
        (steps, "  @owner "),
        (steps, "  wait 2 "),
        (steps, "  wait u"),
        (steps, "  go to "),
        (steps, "  task for "),
        (steps, "  emit "),
        (steps, "  emit cart_updated { "),
        (steps, "  emit cart_updated { kind: "),
        (steps, "  if cart."),
        (steps, "  if profile.tier == "),
        (steps, "  if in "),
        (steps, "  if count("),
        (steps, "  set profile."),
        (steps, "  wait up to 1 day {\n    on "),
        (steps, "  wait up to 1 day {\n    on message_opened of "),
        (steps, "  branch on profile.tier {\n    "),
        (header, "  "),
        (header, "  re-entry "),
        (header, "  goal on cart_updated "),
        (header, "  exit on cart_updated where "),
        (header, "  trigger when enters "),
        ("team lifecycle \"life@example.com\"\n", "jo"),
        ("team lifecycle \"life@example.com\"\n", "use std."),
        ("  cart_id: text\n", "  more: "),
        ("policy calm for all journeys {\n", "  require consent for "),
        ("policy calm for all journeys {\n", "  "),
        ("  push  { title \"Still there?\"", "  "),
        ("body \"Your cart waits.", " {{ "),
        ("body \"Your cart waits.", " {{ cart."),
        ("  expect ana is waiting in abandoned\n", "  expect ana "),
        ("  expect ana is waiting in abandoned\n", "  expect ana receives "),
        ("  expect ana is waiting in abandoned\n", "  "),
        ("  expect ana is waiting in abandoned\n", "  ana does "),
        ("  expect ana is waiting in abandoned\n", "  ana becomes { "),
        ("  expect ana is waiting in abandoned\n", "  // wa"),
    ] {
        writeln!(out, "{}▏\n    {}\n", line, offered(after, line)).unwrap();
    }
    insta::assert_snapshot!(out);
}

#[test]
fn names_are_offered_in_files_with_a_messages_words() {
    let f =
        fixture(&format!("=== main.journey{}", SHOP.replace("{{ cart.value }} {{ profile.tier }}", "{{ cart.$0 }}")));
    let (_, items) = complete::complete(&f.analysis, f.file, f.offset);
    let labels: Vec<&str> = items.iter().map(|i| i.label.as_str()).collect();
    assert_eq!(labels, ["cart_id", "happened_at", "kind", "value"]);
}

#[test]
fn inputs_are_shown_while_they_are_written() {
    let f = shop("send reminder(", 0);
    let found = signature::at(&f.analysis, f.file, f.offset).unwrap();
    assert_eq!((found.label.as_str(), found.active), ("reminder(cart: cart_updated)", 0));
    assert_eq!(&found.label[found.inputs[0].0..found.inputs[0].1], "cart: cart_updated");
}

#[test]
fn no_answer_panics_anywhere_in_broken_text() {
    // The shop, cut off at many places, and everything asked at the cut.
    let text = SHOP.trim_start();
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).step_by(37).collect();
    for at in places {
        let f = fixture(&format!("=== main.journey\n{}$0\n", &text[..at]));
        complete::complete(&f.analysis, f.file, f.offset);
        signature::at(&f.analysis, f.file, f.offset);
        hover::hover(&f.analysis, f.file, f.offset, NOW);
        selection::around(&f.analysis, f.file, f.offset);
        folds::of_file(&f.analysis, f.file);
        paint::of_file(&f.analysis, f.file);
        symbols::of_file(&f.analysis, f.file);
        lenses::of_file(&f.analysis, f.file);
        layout::part(&f.analysis, Span { file: f.file, start: f.offset, end: f.offset });
    }
}

/// A real project, with the text of one file replaced.
fn retail(path: &str, text: &str) -> Fixture {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/retail");
    let read = |path: &str| std::fs::read_to_string(root.join(path)).map_err(|e| e.to_string());
    let mut files = Vec::new();
    for folder in ["", "content", "journeys"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let below = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            if below.ends_with(".journey") && below != path {
                files.push((below.clone(), read(&below).unwrap()));
            }
        }
    }
    files.push((path.to_string(), text.to_string()));
    files.sort();
    let settings = read("journey.toml").unwrap();
    let project = Project { settings, files, assets: &read, packs: journey_stdlib::packs() };
    let analysis = Analysis::new(check_again(&project, &mut Kept::default()));
    let file = analysis.file(path).unwrap();
    Fixture { analysis, file, offset: text.len() as u32 }
}

/// The names that are given with `as` in the journey that is open at the end of a text, and whether they are of events.
fn aliases(text: &str) -> Vec<(&str, bool)> {
    let declaration = text.rfind("\njourney ").map_or(text, |at| &text[at..]);
    let mut found = Vec::new();
    for line in declaration.lines().filter(|l| !l.trim_start().starts_with("//")) {
        let words: Vec<&str> = line.split(|c: char| c.is_whitespace() || c == ',').filter(|w| !w.is_empty()).collect();
        for at in words.windows(2).filter(|w| w[0] == "as" && !w[1].starts_with('"')).map(|w| w[1]) {
            found.push((at, words.contains(&"on") && !words.contains(&"send")));
        }
    }
    found
}

#[test]
fn what_a_journey_names_is_offered_wherever_it_is_cut_off() {
    let every = std::env::var("JOURNEY_EVERY").ok().and_then(|n| n.parse().ok()).unwrap_or(149);
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/retail");
    for path in ["journeys/abandoned_cart.journey", "journeys/after_purchase.journey", "journeys/back_in_stock.journey"]
    {
        let text = std::fs::read_to_string(root.join(path)).unwrap();
        let body = text.find("re-entry").unwrap();
        for (at, _) in text.char_indices().skip(body).step_by(every) {
            // Not inside a text or comment: there the words are the customer's.
            let line = &text[text[..at].rfind('\n').map_or(0, |n| n + 1)..at];
            if line.matches('"').count() % 2 == 1 || line.contains("//") {
                continue;
            }
            let known = aliases(&text[..at - line.len()]);
            let cut = format!("{}\n  if ", &text[..at]);
            let f = retail(path, &cut);
            let (_, items) = complete::complete(&f.analysis, f.file, f.offset);
            for (name, _) in &known {
                assert!(items.iter().any(|i| i.label == *name), "`{name}` is not offered in {path}, after\n{cut}");
            }
            if let Some((name, _)) = known.iter().find(|(_, event)| *event) {
                let f = retail(path, &format!("{cut}{name}."));
                let (_, items) = complete::complete(&f.analysis, f.file, f.offset);
                assert!(
                    items.iter().any(|i| i.sort == complete::Sort::Field),
                    "nothing of `{name}` in {path}, after\n{cut}"
                );
            }
        }
    }
}

#[test]
fn a_line_that_cannot_be_read_yet_names_things_all_the_same() {
    let f = fixture(&format!(
        "=== main.journey\n{}\njourney half {{\n  trigger on cart_updated as basket where basket.$0",
        SHOP.trim_start().split("=== ").next().unwrap()
    ));
    let (_, items) = complete::complete(&f.analysis, f.file, f.offset);
    let labels: Vec<&str> = items.iter().map(|i| i.label.as_str()).collect();
    assert_eq!(labels, ["cart_id", "happened_at", "kind", "value"]);
}
