//! What the server can do.

use super::client::Client;
use crate::queries::paint::{MODIFIERS, PAINTS};
use gen_lsp_types as lt;

/// What a client may have executed: run a test, or all of a file; show the picture of a journey, or what is proven of it.
pub const COMMANDS: [&str; 4] = ["journey.runTest", "journey.runTests", "journey.showPicture", "journey.showFacts"];

/// Everything, for a client.
pub fn capabilities(client: &Client) -> lt::ServerCapabilities {
    let no = lt::WorkDoneProgressOptions::default;
    let words = |words: &[&str]| Some(words.iter().map(|w| (*w).to_string()).collect::<Vec<_>>());
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
        completion_provider: Some(lt::CompletionOptions {
            trigger_characters: words(&["@", ".", ":", "{"]),
            all_commit_characters: None,
            resolve_provider: Some(true),
            completion_item: None,
            work_done_progress_options: no(),
        }),
        signature_help_provider: Some(lt::SignatureHelpOptions {
            trigger_characters: words(&["(", ","]),
            retrigger_characters: None,
            work_done_progress_options: no(),
        }),
        hover_provider: Some(lt::HoverProvider::Bool(true)),
        definition_provider: Some(lt::DefinitionProvider::Bool(true)),
        type_definition_provider: Some(lt::TypeDefinitionProvider::Bool(true)),
        references_provider: Some(lt::ReferencesProvider::Bool(true)),
        document_highlight_provider: Some(lt::DocumentHighlightProvider::Bool(true)),
        rename_provider: Some(lt::RenameProvider::RenameOptions(lt::RenameOptions {
            prepare_provider: Some(true),
            work_done_progress_options: no(),
        })),
        document_symbol_provider: Some(lt::DocumentSymbolProvider::Bool(true)),
        workspace_symbol_provider: Some(lt::WorkspaceSymbolProvider::Bool(true)),
        code_action_provider: Some(lt::CodeActionProvider::CodeActionOptions(lt::CodeActionOptions {
            code_action_kinds: Some(vec![lt::CodeActionKind::QuickFix, lt::CodeActionKind::SourceFixAll]),
            ..lt::CodeActionOptions::default()
        })),
        document_formatting_provider: Some(lt::DocumentFormattingProvider::Bool(true)),
        document_range_formatting_provider: Some(lt::DocumentRangeFormattingProvider::Bool(true)),
        document_on_type_formatting_provider: Some(lt::DocumentOnTypeFormattingOptions {
            first_trigger_character: "}".to_string(),
            more_trigger_character: None,
        }),
        folding_range_provider: Some(lt::FoldingRangeProvider::Bool(true)),
        selection_range_provider: Some(lt::SelectionRangeProvider::Bool(true)),
        inlay_hint_provider: Some(lt::InlayHintProvider::Bool(true)),
        code_lens_provider: Some(lt::CodeLensOptions { resolve_provider: None, work_done_progress_options: no() }),
        document_link_provider: Some(lt::DocumentLinkOptions {
            resolve_provider: None,
            work_done_progress_options: no(),
        }),
        call_hierarchy_provider: Some(lt::CallHierarchyProvider::Bool(true)),
        semantic_tokens_provider: Some(lt::SemanticTokensProvider::SemanticTokensOptions(lt::SemanticTokensOptions {
            legend: lt::SemanticTokensLegend {
                token_types: words(&PAINTS).unwrap_or_default(),
                token_modifiers: words(&MODIFIERS).unwrap_or_default(),
            },
            range: Some(lt::SemanticTokensOptionsRange::Bool(true)),
            full: Some(lt::Full::SemanticTokensFullDelta(lt::SemanticTokensFullDelta { delta: Some(true) })),
            work_done_progress_options: no(),
        })),
        execute_command_provider: Some(lt::ExecuteCommandOptions {
            commands: words(&COMMANDS).unwrap_or_default(),
            work_done_progress_options: no(),
        }),
        ..lt::ServerCapabilities::default()
    }
}
