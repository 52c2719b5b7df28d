//! Requests and their answers.

use super::Refused;
use super::state::{Place, State};
use crate::queries;
use gen_lsp_types as lt;
use lsp_server::ErrorCode;
use serde_json::Value;

type Answer<R> = Result<<R as lt::Request>::Result, Refused>;

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
        CodeActionRequest => code_actions,
    }
}

fn code_actions(state: &mut State, p: lt::CodeActionParams) -> Answer<lt::CodeActionRequest> {
    let Some(Place { root, analysis, file }) = state.place(&p.text_document.uri) else { return Ok(None) };
    let range = state.span(&analysis, file, p.range);
    let wanted = |kind: &str| {
        let only = p.context.only.as_ref();
        only.is_none_or(|only| {
            only.iter().any(|o| {
                let o = String::from(o.clone());
                o.is_empty() || kind == o || kind.starts_with(&format!("{o}."))
            })
        })
    };
    let mut offered = Vec::new();
    let offer = |mending: queries::fixes::Mending, kind: lt::CodeActionKind| {
        let edit = state.workspace_edit(&root, &analysis, &mending.edits)?;
        // The client's own copy of the finding, which it knows.
        let finding = mending.finding.and_then(|at| analysis.checked.diagnostics.get(at)).and_then(|d| {
            let code = lt::Code::String(d.code.to_string());
            let range = state.range(&analysis, d.span());
            p.context.diagnostics.iter().find(|c| c.code.as_ref() == Some(&code) && c.range == range).cloned()
        });
        Some(lt::CodeActionResponse::CodeAction(lt::CodeAction {
            title: mending.title,
            kind: Some(kind),
            diagnostics: finding.map(|f| vec![f]),
            is_preferred: mending.preferred.then_some(true),
            edit: Some(edit),
            ..lt::CodeAction::default()
        }))
    };
    if wanted("quickfix") {
        let mendings = queries::fixes::in_range(&analysis, range);
        offered.extend(mendings.into_iter().filter_map(|m| offer(m, lt::CodeActionKind::QuickFix)));
    }
    if wanted("source.fixAll.journey") {
        let kind = lt::CodeActionKind::Custom("source.fixAll.journey".into());
        offered.extend(queries::fixes::all(&analysis, file).and_then(|m| offer(m, kind)));
    }
    Ok(Some(offered))
}
