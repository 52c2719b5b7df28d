//! What the server can do.

use super::client::Client;
use gen_lsp_types as lt;

/// Everything, for a client.
pub fn capabilities(client: &Client) -> lt::ServerCapabilities {
    lt::ServerCapabilities {
        position_encoding: Some(client.encoding.kind()),
        text_document_sync: Some(lt::TextDocumentSync::Options(lt::TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(lt::TextDocumentSyncKind::Incremental),
            will_save: None,
            will_save_wait_until: None,
            save: Some(lt::Save::Bool(true)),
        })),
        diagnostic_provider: client.pulls.then(|| {
            lt::DiagnosticProvider::DiagnosticOptions(lt::DiagnosticOptions {
                identifier: Some("journey".to_string()),
                inter_file_dependencies: true,
                workspace_diagnostics: true,
                ..lt::DiagnosticOptions::default()
            })
        }),
        code_action_provider: Some(lt::CodeActionProvider::CodeActionOptions(lt::CodeActionOptions {
            code_action_kinds: Some(vec![lt::CodeActionKind::QuickFix, lt::CodeActionKind::SourceFixAll]),
            ..lt::CodeActionOptions::default()
        })),
        ..lt::ServerCapabilities::default()
    }
}
