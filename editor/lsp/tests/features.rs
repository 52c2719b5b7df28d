//! The page of features is what the server says it can do.

mod support;

use serde_json::{Value, json};
use support::{Client, Memory};

/// What each ability is for a person.
const ABILITIES: &[(&str, &str)] = &[
    ("textDocumentSync", "Works on what is typed, saved or not; takes changes as they come"),
    ("diagnosticProvider", "Findings, for editors that ask; others are sent them"),
    ("codeActionProvider", "Mends a finding, or all of a file"),
    ("completionProvider", "Completes names, words and whole constructs, also in lines half written"),
    ("signatureHelpProvider", "Shows the inputs of what is sent, called or handed over to"),
    (
        "hoverProvider",
        "Says what a name or word means; when a wait ends; what may keep a send back; how long a journey may last, and how many messages at worst",
    ),
    ("definitionProvider", "Goes to the meaning of a name, and to the files that are named"),
    ("typeDefinitionProvider", "Goes to the event, taxonomy or record of a name"),
    ("referencesProvider", "Finds every use, in contents too"),
    ("documentHighlightProvider", "Marks the uses in the file"),
    ("renameProvider", "Renames everywhere, if the program still means the same"),
    ("documentSymbolProvider", "Outline"),
    ("workspaceSymbolProvider", "Finds a declaration of the project by its letters"),
    ("documentFormattingProvider", "Lays out a file"),
    ("documentRangeFormattingProvider", "Lays out a part, although another is broken"),
    ("documentOnTypeFormattingProvider", "Lays out a declaration when its `}` is typed"),
    ("foldingRangeProvider", "Folds blocks, comments and packs"),
    ("selectionRangeProvider", "Grows the selection: word, line, block, step, declaration"),
    ("semanticTokensProvider", "Colours: all, a part, or what changed"),
    (
        "inlayHintProvider",
        "Shows what is not written: currency, calendar or elapsed, whose time, the share of all, implied inputs, needed addresses",
    ),
    ("codeLensProvider", "`▶ run` above tests; the picture of a journey, and what it sends, above it"),
    (
        "executeCommandProvider",
        "Runs tests, and shows their story when they fail; shows pictures of journeys, and what is proven of them",
    ),
    ("callHierarchyProvider", "Who hands over to whom"),
    ("documentLinkProvider", "Opens the files and packs that are named"),
];

#[test]
fn the_page_lists_exactly_what_the_server_can_do() {
    let able = json!({ "textDocument": { "diagnostic": { "dynamicRegistration": false } } });
    let client = Client::with(Memory::default(), able);
    let Value::Object(capabilities) = serde_json::to_value(&client.capabilities).unwrap() else { panic!() };
    client.end();
    let mut table = String::from("| what | in the protocol |\n|---|---|\n");
    for (name, what) in ABILITIES {
        assert!(capabilities.contains_key(*name), "the server cannot do `{name}`");
        table.push_str(&format!("| {what} | `{name}` |\n"));
    }
    let unknown: Vec<&String> = capabilities
        .keys()
        .filter(|k| *k != "positionEncoding" && !ABILITIES.iter().any(|(name, _)| name == k))
        .collect();
    assert!(unknown.is_empty(), "nothing is said of {unknown:?}");

    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/editors/README.md");
    let page = std::fs::read_to_string(path).unwrap();
    let begin = page.find("-->\n").unwrap() + 4;
    let end = page.find("<!-- end of features -->").unwrap();
    let current = format!("{}{table}{}", &page[..begin], &page[end..]);
    if std::env::var_os("JOURNEY_WRITE_DOCS").is_some() {
        std::fs::write(path, current).unwrap();
    } else {
        assert!(page == current, "docs/editors/README.md is not current: run this test with JOURNEY_WRITE_DOCS=1");
    }
}
