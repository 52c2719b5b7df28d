//! Changes: mending, renaming, layout.

use super::Refused;
use super::answers::Answer;
use super::state::{Place, State};
use crate::queries::{fixes, layout, names};
use gen_lsp_types as lt;
use journey_grammar::span::Span;

pub(crate) fn code_actions(state: &mut State, p: lt::CodeActionParams) -> Answer<lt::CodeActionRequest> {
    let Some(Place { root, analysis, file }) = state.place(&p.text_document.uri) else { return Ok(None) };
    let range = state.span(&analysis, file, p.range);
    let wanted = |kind: &str| {
        p.context.only.as_ref().is_none_or(|only| {
            only.iter()
                .map(|o| String::from(o.clone()))
                .any(|o| o.is_empty() || kind == o || kind.starts_with(&format!("{o}.")))
        })
    };
    let offer = |mending: fixes::Mending, kind: lt::CodeActionKind| {
        let edit = state.workspace_edit(&root, &analysis, &mending.edits)?;
        // The client's own copy of the finding, which it knows.
        let finding = mending.finding.and_then(|at| analysis.findings.get(at)).and_then(|d| {
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
    let mut offered = Vec::new();
    if wanted("quickfix") {
        let mendings = fixes::in_range(&analysis, range);
        offered.extend(mendings.into_iter().filter_map(|m| offer(m, lt::CodeActionKind::QuickFix)));
    }
    if wanted("source.fixAll.journey") {
        let kind = lt::CodeActionKind::Custom("source.fixAll.journey".into());
        offered.extend(fixes::all(&analysis, file).and_then(|m| offer(m, kind)));
    }
    Ok(Some(offered))
}

pub(crate) fn prepare_rename(state: &mut State, p: lt::PrepareRenameParams) -> Answer<lt::PrepareRenameRequest> {
    let Some((Place { analysis, file, .. }, offset)) = state.position(&p.text_document_position_params) else {
        return Ok(None);
    };
    let (span, placeholder) = names::prepare_rename(&analysis, file, offset).map_err(Refused::because)?;
    let range = state.range(&analysis, span);
    Ok(Some(lt::PrepareRenameResult::PrepareRenamePlaceholder(lt::PrepareRenamePlaceholder { range, placeholder })))
}

pub(crate) fn rename(state: &mut State, p: lt::RenameParams) -> Answer<lt::RenameRequest> {
    let Some((Place { root, analysis, file }, offset)) = state.position(&p.text_document_position_params) else {
        return Ok(None);
    };
    let edits = names::rename(&analysis, file, offset, &p.new_name).map_err(Refused::because)?;
    if let Some(project) = state.projects.get_mut(&root) {
        let before = project.complete(state.disk);
        let after = project.supposing(state.disk, &names::changed(&before, &edits));
        names::means_the_same(&before, &edits, &after).map_err(Refused::because)?;
    }
    Ok(state.workspace_edit(&root, &analysis, &edits))
}

pub(crate) fn format(state: &mut State, p: lt::DocumentFormattingParams) -> Answer<lt::DocumentFormattingRequest> {
    let Some(Place { analysis, file, .. }) = state.place(&p.text_document.uri) else { return Ok(None) };
    if analysis.tree(file).is_none() {
        return Ok(None);
    }
    Ok(layout::whole(&analysis, file).map(|edits| state.text_edits(&analysis, &edits)))
}

pub(crate) fn format_range(
    state: &mut State,
    p: lt::DocumentRangeFormattingParams,
) -> Answer<lt::DocumentRangeFormattingRequest> {
    let Some(Place { analysis, file, .. }) = state.place(&p.text_document.uri) else { return Ok(None) };
    let range = state.span(&analysis, file, p.range);
    Ok(layout::part(&analysis, range).map(|edits| state.text_edits(&analysis, &edits)))
}

pub(crate) fn format_on_type(
    state: &mut State,
    p: lt::DocumentOnTypeFormattingParams,
) -> Answer<lt::DocumentOnTypeFormattingRequest> {
    let Some(Place { analysis, file, .. }) = state.place(&p.text_document.uri) else { return Ok(None) };
    let at = state.offset(&analysis, file, p.position);
    let edits = layout::part(&analysis, Span { file, start: at, end: at });
    Ok(edits.map(|edits| state.text_edits(&analysis, &edits)))
}
