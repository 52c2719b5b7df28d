//! Requests and their answers: where the protocol meets the queries.

use super::Refused;
use super::state::{Place, State};
use super::{commands, navigation, ours, painting, reading, typing, writing};
use crate::queries;
use gen_lsp_types as lt;
use lsp_server::ErrorCode;
use serde_json::Value;

/// What a request is answered with.
pub(crate) type Answer<R> = Result<<R as lt::Request>::Result, Refused>;

/// The answer to a request.
pub(crate) fn answer(state: &mut State, method: &str, params: Value) -> Result<Value, Refused> {
    macro_rules! dispatch {
        ($($request:ty => $f:expr),* $(,)?) => {
            match method {
                $(m if m == <$request as lt::Request>::METHOD.as_str() => {
                    let params: <$request as lt::Request>::Params = serde_json::from_value(params)
                        .map_err(|e| Refused { code: ErrorCode::InvalidParams, message: e.to_string() })?;
                    let answer: <$request as lt::Request>::Result = $f(state, params)?;
                    serde_json::to_value(answer).map_err(|e| Refused::because(e.to_string()))
                })*
                _ => Err(Refused { code: ErrorCode::MethodNotFound, message: format!("there is no `{method}`") }),
            }
        };
    }
    dispatch! {
        lt::DocumentDiagnosticRequest => |state: &mut State, p| -> Answer<lt::DocumentDiagnosticRequest> { Ok(state.asked(&p)) },
        lt::WorkspaceDiagnosticRequest => |state: &mut State, p| -> Answer<lt::WorkspaceDiagnosticRequest> { Ok(state.asked_all(&p)) },
        lt::CodeActionRequest => writing::code_actions,
        lt::RenameRequest => writing::rename,
        lt::PrepareRenameRequest => writing::prepare_rename,
        lt::DocumentFormattingRequest => writing::format,
        lt::DocumentRangeFormattingRequest => writing::format_range,
        lt::DocumentOnTypeFormattingRequest => writing::format_on_type,
        lt::CompletionRequest => typing::complete,
        lt::CompletionResolveRequest => typing::resolve,
        lt::SignatureHelpRequest => typing::signature,
        lt::HoverRequest => reading::hover,
        lt::DocumentSymbolRequest => reading::document_symbols,
        lt::WorkspaceSymbolRequest => reading::workspace_symbols,
        lt::FoldingRangeRequest => reading::folds,
        lt::SelectionRangeRequest => reading::selections,
        lt::InlayHintRequest => reading::hints,
        lt::CodeLensRequest => commands::lenses,
        lt::ExecuteCommandRequest => commands::execute,
        lt::DefinitionRequest => navigation::definition,
        lt::TypeDefinitionRequest => navigation::type_definition,
        lt::ReferencesRequest => navigation::references,
        lt::DocumentHighlightRequest => navigation::highlights,
        lt::DocumentLinkRequest => navigation::links,
        lt::CallHierarchyPrepareRequest => navigation::calls,
        lt::CallHierarchyIncomingCallsRequest => navigation::incoming,
        lt::CallHierarchyOutgoingCallsRequest => navigation::outgoing,
        lt::SemanticTokensRequest => painting::all,
        lt::SemanticTokensDeltaRequest => painting::delta,
        lt::SemanticTokensRangeRequest => painting::range,
        ours::PictureRequest => ours::picture,
        ours::TestsRequest => ours::tests,
        ours::RunTestRequest => ours::run_tests,
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
