//! What the client can do.

use crate::text::Encoding;
use gen_lsp_types::PositionEncodingKind;
use serde_json::Value;

/// What of the client's abilities makes a difference to the answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Client {
    /// How it counts columns.
    pub encoding: Encoding,
    /// It asks for findings, and must not be sent them too: it would show them twice.
    pub pulls: bool,
    /// It can be asked to ask for findings again.
    pub pulls_again: bool,
    /// It shows other places that belong to a finding.
    pub related: bool,
    /// It can insert texts with gaps to fill in.
    pub snippets: bool,
    /// It takes changes with the versions they are for.
    pub versioned: bool,
    /// It tells of changed files when it is asked to.
    pub watches: bool,
    /// It shows symbols inside one another.
    pub nested_symbols: bool,
    /// It can be asked to ask for lenses again.
    pub lenses_again: bool,
    /// It can be asked to ask for hints again.
    pub hints_again: bool,
    /// It can show a file in the program that is made for it.
    pub shows: bool,
    /// It follows links that are commands.
    pub command_links: bool,
}

impl Client {
    /// From what it says of itself when it begins.
    pub fn new(initialize: &Value) -> Client {
        let can = &initialize["capabilities"];
        let yes = |path: &str| can.pointer(path).and_then(Value::as_bool).unwrap_or(false);
        let offered = can.pointer("/general/positionEncodings").cloned().unwrap_or(Value::Null);
        let offered: Vec<PositionEncodingKind> = serde_json::from_value(offered).unwrap_or_default();
        Client {
            encoding: Encoding::choose(&offered),
            // Some clients send an empty object and understand only what they are sent.
            pulls: can.pointer("/textDocument/diagnostic").and_then(Value::as_object).is_some_and(|o| !o.is_empty()),
            pulls_again: yes("/workspace/diagnostics/refreshSupport"),
            related: yes("/textDocument/publishDiagnostics/relatedInformation")
                || yes("/textDocument/diagnostic/relatedInformation"),
            snippets: yes("/textDocument/completion/completionItem/snippetSupport"),
            versioned: yes("/workspace/workspaceEdit/documentChanges"),
            watches: yes("/workspace/didChangeWatchedFiles/dynamicRegistration"),
            nested_symbols: yes("/textDocument/documentSymbol/hierarchicalDocumentSymbolSupport"),
            lenses_again: yes("/workspace/codeLens/refreshSupport"),
            hints_again: yes("/workspace/inlayHint/refreshSupport"),
            shows: yes("/window/showDocument/support"),
            command_links: initialize["initializationOptions"]["commandLinks"].as_bool().unwrap_or(false),
        }
    }
}
