//! Requests and their answers: where the protocol meets the queries.

use super::Refused;
use super::state::{Place, State};
use super::{commands, navigation, painting, reading, typing, writing};
use crate::queries;
use gen_lsp_types as lt;
use lsp_server::ErrorCode;
use serde_json::Value;

/// What a request is answered with.
pub(crate) type Answer<R> = Result<<R as lt::Request>::Result, Refused>;

/// The answer to a request.
pub(crate) fn answer(state: &mut State, method: &str, params: Value) -> Result<Value, Refused> {
    macro_rules! dispatch {
        ($($request:ident => $f:expr),* $(,)?) => {
            match method {
                $(m if m == <lt::$request as lt::Request>::METHOD.as_str() => {
                    let params: <lt::$request as lt::Request>::Params = serde_json::from_value(params)
                        .map_err(|e| Refused { code: ErrorCode::InvalidParams, message: e.to_string() })?;
                    let answer: <lt::$request as lt::Request>::Result = $f(state, params)?;
                    serde_json::to_value(answer).map_err(|e| Refused::because(e.to_string()))
                })*
                _ => Err(Refused { code: ErrorCode::MethodNotFound, message: format!("there is no `{method}`") }),
            }
        };
    }
    dispatch! {
        DocumentDiagnosticRequest => |state: &mut State, p| -> Answer<lt::DocumentDiagnosticRequest> { Ok(state.asked(&p)) },
        WorkspaceDiagnosticRequest => |state: &mut State, p| -> Answer<lt::WorkspaceDiagnosticRequest> { Ok(state.asked_all(&p)) },
        CodeActionRequest => writing::code_actions,
        RenameRequest => writing::rename,
        PrepareRenameRequest => writing::prepare_rename,
        DocumentFormattingRequest => writing::format,
        DocumentRangeFormattingRequest => writing::format_range,
        DocumentOnTypeFormattingRequest => writing::format_on_type,
        CompletionRequest => typing::complete,
        CompletionResolveRequest => typing::resolve,
        SignatureHelpRequest => typing::signature,
        HoverRequest => reading::hover,
        DocumentSymbolRequest => reading::document_symbols,
        WorkspaceSymbolRequest => reading::workspace_symbols,
        FoldingRangeRequest => reading::folds,
        SelectionRangeRequest => reading::selections,
        InlayHintRequest => reading::hints,
        CodeLensRequest => commands::lenses,
        ExecuteCommandRequest => commands::execute,
        DefinitionRequest => navigation::definition,
        TypeDefinitionRequest => navigation::type_definition,
        ReferencesRequest => navigation::references,
        DocumentHighlightRequest => navigation::highlights,
        DocumentLinkRequest => navigation::links,
        CallHierarchyPrepareRequest => navigation::calls,
        CallHierarchyIncomingCallsRequest => navigation::incoming,
        CallHierarchyOutgoingCallsRequest => navigation::outgoing,
        SemanticTokensRequest => painting::all,
        SemanticTokensDeltaRequest => painting::delta,
        SemanticTokensRangeRequest => painting::range,
    }
}

impl State<'_> {
    /// The file and byte that a position stands for.
    pub fn position(&mut self, p: &lt::TextDocumentPositionParams) -> Option<(Place, u32)> {
        let place = self.place(&p.text_document.uri)?;
        let offset = self.offset(&place.analysis, place.file, p.position);
        Some((place, offset))
    }
}

/// As an editor shows it.
pub(crate) fn markdown(value: String) -> lt::MarkupContent {
    lt::MarkupContent { kind: lt::MarkupKind::Markdown, value }
}

/// The protocol's kind of a symbol.
pub(crate) fn symbol_kind(sort: queries::symbols::Sort) -> lt::SymbolKind {
    use queries::symbols::Sort;
    match sort {
        Sort::Taxonomy => lt::SymbolKind::Enum,
        Sort::Node => lt::SymbolKind::EnumMember,
        Sort::Event => lt::SymbolKind::Event,
        Sort::Field => lt::SymbolKind::Field,
        Sort::Record => lt::SymbolKind::Struct,
        Sort::Segment => lt::SymbolKind::Boolean,
        Sort::Purpose | Sort::Team => lt::SymbolKind::Constant,
        Sort::Channel => lt::SymbolKind::Interface,
        Sort::Message | Sort::Webhook => lt::SymbolKind::Function,
        Sort::Rendering => lt::SymbolKind::String,
        Sort::Offer => lt::SymbolKind::Object,
        Sort::Policy => lt::SymbolKind::Operator,
        Sort::Calendar => lt::SymbolKind::Array,
        Sort::Journey => lt::SymbolKind::Class,
        Sort::Stage => lt::SymbolKind::Namespace,
        Sort::Step => lt::SymbolKind::Variable,
        Sort::Test => lt::SymbolKind::Method,
    }
}
