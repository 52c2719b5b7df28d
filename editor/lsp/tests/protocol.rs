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
