//! What is said between client and server, over a connection in memory.

mod support;

use gen_lsp_types as lt;
use serde_json::json;
use support::{Client, Memory, SETTINGS, uri};

const EVENTS: &str = "event cart_updated \"Cart Updated\" {\n  value: money\n}\n";

const WELCOME: &str = "\
use std.messaging

purpose service \"About your order\" needs no consent

message ตะกร้า_reminder for service {
  email { subject \"สวัสดี 🛒\"  body \"…\" }
}

journey cart {
  trigger on cart_updated
  re-entry never

  send ตะกร้า_reminder by email
}
";

fn disk() -> Memory {
    Memory::new(&[("/p/journey.toml", SETTINGS), ("/p/events.journey", EVENTS), ("/p/journeys/cart.journey", WELCOME)])
}

fn place(line: u32, character: u32) -> serde_json::Value {
    json!({ "line": line, "character": character })
}

#[test]
fn a_sound_project_has_no_findings() {
    let mut client = Client::new(disk());
    client.open("/p/journeys/cart.journey", WELCOME);
    assert_eq!(client.told("/p/journeys/cart.journey").diagnostics, []);
    client.end();
}

#[test]
fn a_change_that_is_not_saved_is_found_in_other_files_too() {
    let mut client = Client::new(disk());
    client.open("/p/events.journey", EVENTS);
    assert_eq!(client.told("/p/events.journey").diagnostics, []);
    // `cart_updated` becomes `cart_changed`.
    client.change("/p/events.journey", json!({ "start": place(0, 11), "end": place(0, 18) }), "changed");
    let told = client.told("/p/journeys/cart.journey");
    let [finding] = &told.diagnostics[..] else { panic!("{told:#?}") };
    assert_eq!(finding.code, Some(lt::Code::String("J0101".to_string())));
    assert_eq!(finding.range.start, lt::Position { line: 9, character: 13 });
    assert_eq!(finding.code_description.as_ref().unwrap().href.as_str(), "file:///shelf/codes/J0101.md");
    assert_eq!((told.version, client.told("/p/events.journey").version), (None, Some(2)));
    // Closing it, without saving, takes the change back.
    client.say("textDocument/didClose", json!({ "textDocument": { "uri": uri("/p/events.journey") } }));
    assert_eq!(client.told("/p/journeys/cart.journey").diagnostics, []);
    client.end();
}

#[test]
fn columns_are_counted_as_the_client_counts() {
    // `send ตะกร้า_reminder by emial`: where `emial` begins.
    for (offered, column) in [(json!(["utf-8"]), 38), (json!(["utf-16"]), 26), (json!(["utf-32"]), 26), (json!([]), 26)]
    {
        let text = WELCOME.replace("by email", "by emial").replace('\n', "\r\n");
        let mut client = Client::with(disk(), json!({ "general": { "positionEncodings": offered } }));
        client.open("/p/journeys/cart.journey", &text);
        let told = client.told("/p/journeys/cart.journey");
        assert_eq!(told.diagnostics[0].range.start, lt::Position { line: 12, character: column }, "{offered}");
        client.end();
    }
}

#[test]
fn a_client_that_asks_is_not_sent_the_same_again() {
    let mut client =
        Client::with(disk(), json!({ "textDocument": { "diagnostic": { "dynamicRegistration": false } } }));
    assert!(client.capabilities.diagnostic_provider.is_some());
    client.open("/p/journeys/cart.journey", &WELCOME.replace("by email", "by emial"));
    let document = json!({ "uri": uri("/p/journeys/cart.journey") });
    let report = client.ask::<lt::DocumentDiagnosticRequest>(json!({ "textDocument": document }));
    let lt::DocumentDiagnosticReport::RelatedFullDocumentDiagnosticReport(full) = report else { panic!() };
    let id = full.full_document_diagnostic_report.result_id.unwrap();
    assert_eq!(full.full_document_diagnostic_report.items.len(), 1);
    let again = json!({ "textDocument": document, "previousResultId": id });
    let report = client.ask::<lt::DocumentDiagnosticRequest>(again);
    assert!(matches!(report, lt::DocumentDiagnosticReport::RelatedUnchangedDocumentDiagnosticReport(_)));
    let all = client.ask::<lt::WorkspaceDiagnosticRequest>(json!({ "previousResultIds": [] }));
    assert_eq!(all.items.len(), 1);
    client.end();
}

#[test]
fn a_client_that_understands_only_what_it_is_sent_is_sent_it() {
    let mut client = Client::with(disk(), json!({ "textDocument": { "diagnostic": {} } }));
    assert!(client.capabilities.diagnostic_provider.is_none());
    client.open("/p/journeys/cart.journey", WELCOME);
    assert_eq!(client.told("/p/journeys/cart.journey").diagnostics, []);
    client.end();
}

#[test]
fn a_file_without_a_project_is_checked_by_itself() {
    let mut client = Client::new(Memory::default());
    client.open("/elsewhere/a.journey", "team sales \"s@example.com\"\njourney\n");
    assert_eq!(client.told("/elsewhere/a.journey").diagnostics.len(), 1);
    client.say("textDocument/didClose", json!({ "textDocument": { "uri": uri("/elsewhere/a.journey") } }));
    assert_eq!(client.told("/elsewhere/a.journey").diagnostics, []);
    client.end();
}

#[test]
fn files_that_change_on_disk_are_read_again() {
    let disk = disk();
    let watching = json!({ "workspace": { "didChangeWatchedFiles": { "dynamicRegistration": true } } });
    let mut client = Client::with(disk.clone(), watching);
    client.asked("client/registerCapability");
    client.open("/p/journeys/cart.journey", WELCOME);
    assert_eq!(client.told("/p/journeys/cart.journey").diagnostics, []);
    disk.write("/p/events.journey", "");
    let changes = json!({ "changes": [{ "uri": uri("/p/events.journey"), "type": 2 }] });
    client.say("workspace/didChangeWatchedFiles", changes);
    assert_eq!(client.told("/p/journeys/cart.journey").diagnostics.len(), 1);
    disk.write("/p/events.journey", EVENTS);
    disk.write("/p/journey.toml", "[project]\nname = \"p\"\ntime_zone = \"Europe/Berlyn\"\ncurrency = \"EUR\"\n");
    let changes = json!({ "changes": [{ "uri": uri("/p/journey.toml"), "type": 2 }] });
    client.say("workspace/didChangeWatchedFiles", changes);
    assert_eq!(client.told("/p/journey.toml").diagnostics.len(), 1);
    assert_eq!(client.told("/p/journeys/cart.journey").diagnostics, []);
    client.end();
}

#[test]
fn a_finding_is_mended_where_it_stands_and_with_all_others() {
    let mut client = Client::with(
        disk(),
        json!({
            "general": { "positionEncodings": ["utf-8"] },
            "workspace": { "workspaceEdit": { "documentChanges": true } },
        }),
    );
    client.open("/p/journeys/cart.journey", &WELCOME.replace("by email", "by emial"));
    let told = client.told("/p/journeys/cart.journey");
    let params = json!({
        "textDocument": { "uri": uri("/p/journeys/cart.journey") },
        "range": told.diagnostics[0].range,
        "context": { "diagnostics": told.diagnostics },
    });
    let actions = client.ask::<lt::CodeActionRequest>(params).unwrap();
    let actions: Vec<lt::CodeAction> = actions
        .into_iter()
        .map(|a| match a {
            lt::CodeActionResponse::CodeAction(a) => a,
            lt::CodeActionResponse::Command(c) => panic!("{c:?}"),
        })
        .collect();
    let titles: Vec<&str> = actions.iter().map(|a| a.title.as_str()).collect();
    assert_eq!(titles, ["change it to `email`", "fix the one thing that can be"]);
    assert_eq!(actions[0].is_preferred, Some(true));
    assert_eq!(actions[0].diagnostics.as_ref().unwrap(), &told.diagnostics);
    let edit = serde_json::to_value(&actions[0].edit).unwrap();
    assert_eq!(edit["documentChanges"][0]["textDocument"]["version"], 1);
    assert_eq!(edit["documentChanges"][0]["edits"][0]["newText"], "email");
    client.end();
}

#[test]
fn what_cannot_be_answered_is_refused_and_the_server_lives_on() {
    let mut client = Client::new(disk());
    let (code, _) = client.ask_for("textDocument/unheardOf", json!({})).unwrap_err();
    assert_eq!(code, -32601);
    let (code, _) = client.ask_for("textDocument/codeAction", json!({ "nonsense": 1 })).unwrap_err();
    assert_eq!(code, -32602);
    client.open("/p/journeys/cart.journey", WELCOME);
    assert_eq!(client.told("/p/journeys/cart.journey").diagnostics, []);
    client.end();
}

#[test]
fn a_client_that_leaves_without_goodbye_is_noticed() {
    let (ours, theirs) = lsp_server::Connection::memory();
    let server = std::thread::spawn(move || journey_lsp::server::run(&theirs, &Memory::default()));
    drop(ours);
    assert!(server.join().unwrap().is_err());
}

const TESTED: &str = "
journey hello {
  trigger on cart_updated
  re-entry never
  wait 1 hour
}

test \"someone waits\" {
  customer ana {}
  at 2026-03-02 10:00
    ana does cart_updated { value: 3 EUR }
  expect ana is waiting in hello
}

test \"nobody waits\" {
  customer ana {}
  at 2026-03-02 10:00
    ana does cart_updated { value: 3 EUR }
  expect ana is not in hello
}
";

#[test]
fn tests_are_run_from_the_line_above_them() {
    let disk = Memory::new(&[("/p/journey.toml", SETTINGS), ("/p/events.journey", EVENTS), ("/p/t.journey", TESTED)]);
    let mut client = Client::new(disk);
    client.open("/p/t.journey", TESTED);
    assert_eq!(client.told("/p/t.journey").diagnostics, []);
    let lenses = client.ask::<lt::CodeLensRequest>(json!({ "textDocument": { "uri": uri("/p/t.journey") } })).unwrap();
    let titles: Vec<&str> = lenses.iter().map(|l| l.command.as_ref().unwrap().title.as_str()).collect();
    assert_eq!(titles, ["▷ picture", "1 wait", "▶ run all 2 tests", "▶ run", "▶ run"]);
    for (lens, good) in [(&lenses[3], true), (&lenses[4], false)] {
        let command = lens.command.clone().unwrap();
        let params = json!({ "command": command.command, "arguments": command.arguments });
        client.ask::<lt::ExecuteCommandRequest>(params);
        let shown = client.shown();
        assert_eq!(shown.starts_with('✓'), good, "{shown}");
        assert_eq!(shown.contains("expected"), !good, "{shown}");
    }
    client.end();
}

#[test]
fn a_rename_across_files_is_tried_before_it_is_made() {
    let mut client = Client::new(disk());
    client.open("/p/events.journey", EVENTS);
    client.told("/p/events.journey");
    let at = json!({ "textDocument": { "uri": uri("/p/events.journey") }, "position": place(0, 8) });
    let mut params = at.clone();
    params["newName"] = json!("basket_changed");
    let edit = serde_json::to_value(client.ask::<lt::RenameRequest>(params.clone())).unwrap();
    assert_eq!(edit["changes"].as_object().unwrap().len(), 2);
    // That name is taken, by the standard library.
    params["newName"] = json!("message_opened");
    let (_, why) = client.ask_for("textDocument/rename", params).unwrap_err();
    assert!(why.contains("would not compile"), "{why}");
    client.end();
}

#[test]
fn completion_says_more_when_it_is_asked() {
    let mut client = Client::new(disk());
    client.open("/p/journeys/cart.journey", &WELCOME.replace("send ตะกร้า_reminder by email", "send "));
    client.told("/p/journeys/cart.journey");
    let at = json!({ "textDocument": { "uri": uri("/p/journeys/cart.journey") }, "position": place(12, 7) });
    let Some(lt::CompletionResponse::CompletionList(list)) = client.ask::<lt::CompletionRequest>(at) else { panic!() };
    let [item] = &list.items[..] else { panic!("{list:#?}") };
    assert_eq!(item.label, "ตะกร้า_reminder");
    let resolved = client.ask::<lt::CompletionResolveRequest>(serde_json::to_value(item).unwrap());
    let Some(lt::Documentation::MarkupContent(said)) = resolved.documentation else { panic!() };
    assert!(said.value.contains("message ตะกร้า_reminder() for service"), "{}", said.value);
    client.end();
}

#[test]
fn colours_are_sent_whole_then_by_their_difference() {
    let mut client = Client::new(disk());
    client.open("/p/events.journey", EVENTS);
    client.told("/p/events.journey");
    let document = json!({ "uri": uri("/p/events.journey") });
    let all = client.ask::<lt::SemanticTokensRequest>(json!({ "textDocument": document })).unwrap();
    assert!(all.data.len() >= 5, "{all:?}");
    client.change("/p/events.journey", json!({ "start": place(1, 2), "end": place(1, 2) }), "x");
    client.told("/p/events.journey");
    let params = json!({ "textDocument": document, "previousResultId": all.result_id });
    let delta = client.ask::<lt::SemanticTokensDeltaRequest>(params);
    assert!(matches!(delta, Some(lt::SemanticTokensDeltaResponse::SemanticTokensDelta(_))), "{delta:?}");
    client.end();
}

#[test]
fn an_extension_is_given_pictures_and_tests() {
    use journey_lsp::server::ours::{PictureRequest, RunTestRequest, TestsRequest};
    let disk = Memory::new(&[("/p/journey.toml", SETTINGS), ("/p/events.journey", EVENTS), ("/p/t.journey", TESTED)]);
    let mut client = Client::new(disk);
    client.open("/p/t.journey", TESTED);
    assert_eq!(client.told("/p/t.journey").diagnostics, []);
    let named = client.ask::<PictureRequest>(json!({ "uri": uri("/p/events.journey"), "journey": "hello" })).unwrap();
    assert_eq!((named.journey.as_str(), named.uri.as_str()), ("hello", "file:///p/t.journey"));
    assert!(named.svg.starts_with("<svg") && named.svg.contains("data-step=\"0\""));
    assert_eq!((named.steps[0].title.as_str(), named.steps[0].range.start.line), ("Wait 1 hour", 4));
    let standing = json!({ "uri": uri("/p/t.journey"), "position": place(3, 5) });
    assert_eq!(client.ask::<PictureRequest>(standing).unwrap().journey, "hello");
    assert!(client.ask::<PictureRequest>(json!({ "uri": uri("/p/t.journey"), "journey": "hullo" })).is_none());

    let tests = client.ask::<TestsRequest>(json!({}));
    let titles: Vec<(&str, u32)> = tests.iter().map(|t| (t.title.as_str(), t.title_range.start.line)).collect();
    assert_eq!(titles, [("someone waits", 7), ("nobody waits", 14)]);
    let one = client.ask::<RunTestRequest>(json!({ "uri": uri("/p/t.journey"), "titles": ["someone waits"] }));
    assert_eq!((one.passed, one.failed, one.coverage.len()), (1, 0, 0));
    let all = client.ask::<RunTestRequest>(json!({}));
    assert_eq!((all.passed, all.failed, all.coverage[0].all), (1, 1, 1));
    let failed = &all.tests[1];
    assert_eq!(
        (failed.failures[0].range.start, failed.range.start.line),
        (lt::Position { line: 18, character: 2 }, 14)
    );
    assert!(failed.story.as_ref().unwrap().contains("expect ana is not in hello"), "{failed:#?}");

    client.change("/p/t.journey", json!({ "start": place(4, 2), "end": place(4, 6) }), "wat");
    client.told("/p/t.journey");
    let asked = json!({ "uri": uri("/p/t.journey"), "journey": "hello" });
    let (_, why) = client.ask_for("journey/picture", asked).unwrap_err();
    assert_eq!(why, "the program has errors: the picture is drawn when they are mended");
    client.end();
}

#[test]
fn a_picture_is_shown_as_far_as_the_client_can() {
    let disk = Memory::new(&[("/p/journey.toml", SETTINGS), ("/p/events.journey", EVENTS), ("/p/t.journey", TESTED)]);
    let choose = |client: &mut Client, nth: usize| {
        client.open("/p/t.journey", TESTED);
        assert_eq!(client.told("/p/t.journey").diagnostics, []);
        let asked = json!({ "textDocument": { "uri": uri("/p/t.journey") } });
        let lens = client.ask::<lt::CodeLensRequest>(asked).unwrap().swap_remove(nth);
        let command = lens.command.unwrap();
        let params = json!({ "command": command.command, "arguments": command.arguments });
        client.ask::<lt::ExecuteCommandRequest>(params).unwrap()
    };
    let picture = "file:///shelf/pictures/page/hello.svg";
    let mut able = Client::with(disk.clone(), json!({ "window": { "showDocument": { "support": true } } }));
    assert_eq!(choose(&mut able, 0), json!({ "uri": picture }));
    assert_eq!(able.asked("window/showDocument"), json!({ "uri": picture, "external": true }));
    able.end();
    let mut plain = Client::new(disk);
    choose(&mut plain, 0);
    assert_eq!(plain.shown(), "the picture is at /shelf/pictures/page/hello.svg");
    plain.end();
}

#[test]
fn what_is_proven_of_a_journey_is_said() {
    let disk = Memory::new(&[("/p/journey.toml", SETTINGS), ("/p/events.journey", EVENTS), ("/p/t.journey", TESTED)]);
    let mut client = Client::with(disk, json!({}));
    client.open("/p/t.journey", TESTED);
    client.told("/p/t.journey");
    let params = json!({ "command": "journey.showFacts", "arguments": [uri("/p/t.journey"), "hello"] });
    client.ask::<lt::ExecuteCommandRequest>(params);
    let said = client.shown();
    assert!(said.starts_with("hello: 1 wait\nLongest stay by its steps: 1 hour"), "{said}");
    client.end();
}

/// A condition that follows from another: something that only a proof can find.
const PROVEN: &str = "
profile { points: int = 0 }

journey hello {
  trigger on cart_updated
  only if profile.points > 3
  re-entry never
  if profile.points > 2 { wait 1 hour } else { wait 2 hours }
}
";

#[test]
fn what_was_proved_stays_while_something_else_is_typed() {
    let disk = Memory::new(&[("/p/journey.toml", SETTINGS), ("/p/events.journey", EVENTS), ("/p/t.journey", PROVEN)]);
    let mut client = Client::new(disk);
    client.open("/p/t.journey", PROVEN);
    // First what the check finds; then, when nobody types, what is proved.
    assert_eq!(client.told("/p/t.journey").diagnostics, []);
    let proved = client.told("/p/t.journey");
    assert!(!proved.diagnostics.is_empty());
    assert_eq!(proved.version, Some(1));
    // Above it a mistake is typed: what was proved goes down with its declaration, and stays.
    client.change("/p/t.journey", json!({ "start": place(0, 0), "end": place(0, 0) }), "team\n");
    let told = client.told("/p/t.journey");
    let moved: Vec<u32> =
        told.diagnostics.iter().filter(|d| d.range.start.line > 2).map(|d| d.range.start.line).collect();
    let before: Vec<u32> = proved.diagnostics.iter().map(|d| d.range.start.line + 1).collect();
    assert_eq!(moved, before);
    assert_eq!(told.diagnostics.len(), before.len() + 1);
    // In the declaration itself it is not known any more.
    client.change("/p/t.journey", json!({ "start": place(0, 0), "end": place(1, 0) }), "");
    client.told("/p/t.journey");
    client.change("/p/t.journey", json!({ "start": place(5, 27), "end": place(5, 28) }), "4");
    assert_eq!(client.told("/p/t.journey").diagnostics, []);
    assert!(!client.told("/p/t.journey").diagnostics.is_empty());
    client.end();
}

const LETTER: &str = "
use std.messaging

purpose service \"About your order\" needs no consent

message letter(cart: cart_updated) for service {
  email { subject \"Your cart\"  body file \"content/letter.html\" }
}
";

#[test]
fn contents_that_are_not_saved_are_checked_completed_and_renamed() {
    let disk = Memory::new(&[
        ("/p/journey.toml", SETTINGS),
        ("/p/events.journey", EVENTS),
        ("/p/letter.journey", LETTER),
        ("/p/content/letter.html", "<p>Saved</p>\n"),
    ]);
    let html = "/p/content/letter.html";
    let mut client = Client::new(disk);
    client.open("/p/letter.journey", LETTER);
    assert_eq!(client.told("/p/letter.journey").diagnostics, []);
    // Opened with another text than the saved one; then a name that there is not.
    client.open(html, "<p>{{ cart.value }}</p>\n");
    assert_eq!(client.told(html).diagnostics, []);
    client.change(html, json!({ "start": place(0, 11), "end": place(0, 16) }), "valeu");
    let told = client.told(html);
    let [finding] = &told.diagnostics[..] else { panic!("{told:#?}") };
    assert_eq!(
        (finding.range.start, finding.range.end),
        (lt::Position { line: 0, character: 11 }, lt::Position { line: 0, character: 16 })
    );
    // What is half written is completed.
    client.change(html, json!({ "start": place(0, 11), "end": place(0, 16) }), "");
    client.told(html);
    let at = json!({ "textDocument": { "uri": uri(html) }, "position": place(0, 11) });
    let Some(lt::CompletionResponse::CompletionList(list)) = client.ask::<lt::CompletionRequest>(at) else { panic!() };
    let labels: Vec<&str> = list.items.iter().map(|i| i.label.as_str()).collect();
    assert_eq!(labels, ["happened_at", "value"]);
    // A name is changed from here, everywhere.
    client.change(html, json!({ "start": place(0, 11), "end": place(0, 11) }), "value");
    assert_eq!(client.told(html).diagnostics, []);
    let rename = |character: u32, name: &str| json!({ "textDocument": { "uri": uri(html) }, "position": place(0, character), "newName": name });
    let edit = serde_json::to_value(client.ask::<lt::RenameRequest>(rename(12, "amount"))).unwrap();
    let files: Vec<&String> = edit["changes"].as_object().unwrap().keys().collect();
    assert_eq!(files, ["file:///p/content/letter.html", "file:///p/events.journey"]);
    let edit = serde_json::to_value(client.ask::<lt::RenameRequest>(rename(7, "basket"))).unwrap();
    assert_eq!(edit["changes"][uri(html)][0]["newText"], "basket");
    assert_eq!(edit["changes"][uri("/p/letter.journey")].as_array().unwrap().len(), 1);
    // Closed without saving, what is saved counts.
    client.say("textDocument/didClose", json!({ "textDocument": { "uri": uri(html) } }));
    client.end();
}
