//! What helps while a line is typed.

use super::answers::{Answer, markdown};
use super::state::{Place, State};
use crate::queries::complete::{Item, Sort, complete as offers};
use crate::queries::{describe, signature as signatures, snippets};
use gen_lsp_types as lt;
use serde_json::json;

pub(crate) fn complete(state: &mut State, p: lt::CompletionParams) -> Answer<lt::CompletionRequest> {
    let uri = p.text_document_position_params.text_document.uri.clone();
    let Some((Place { analysis, file, .. }, offset)) = state.position(&p.text_document_position_params) else {
        return Ok(None);
    };
    let (word, items) = offers(&analysis, file, offset);
    let range = state.range(&analysis, word);
    let items = items.into_iter().enumerate().map(|(n, item)| {
        let text = match &item.snippet {
            Some(snippet) if !state.client.snippets => snippets::plain(snippet),
            Some(snippet) => snippet.clone(),
            None => item.label.clone(),
        };
        let snippet = item.snippet.is_some() && state.client.snippets;
        // Where its name is given its meaning, from which all else that is known of it can be told later.
        let meaning = item.target.and_then(|t| analysis.checked.mentions.definitions(t).next()).map(|m| m.span);
        let data = meaning.map(|s| json!({ "uri": uri, "path": analysis.path(s.file), "at": s.start }));
        lt::CompletionItem {
            label: item.label.clone(),
            label_details: (!item.detail.is_empty())
                .then(|| lt::CompletionItemLabelDetails { detail: None, description: Some(item.detail.clone()) }),
            kind: Some(kind(&item)),
            sort_text: Some(format!("{n:05}")),
            insert_text_format: snippet.then_some(lt::InsertTextFormat::Snippet),
            text_edit: Some(lt::CompletionItemTextEdit::TextEdit(lt::TextEdit { range, new_text: text })),
            data,
            ..lt::CompletionItem::default()
        }
    });
    let items = items.collect();
    Ok(Some(lt::CompletionResponse::CompletionList(lt::CompletionList { items, ..lt::CompletionList::default() })))
}

fn kind(item: &Item) -> lt::CompletionItemKind {
    match item.sort {
        Sort::Value => lt::CompletionItemKind::EnumMember,
        Sort::Field => lt::CompletionItemKind::Field,
        Sort::Variable => lt::CompletionItemKind::Variable,
        Sort::Name => match item.detail.as_str() {
            "event" => lt::CompletionItemKind::Event,
            "message" | "webhook" => lt::CompletionItemKind::Function,
            "journey" => lt::CompletionItemKind::Class,
            "channel" => lt::CompletionItemKind::Interface,
            _ => lt::CompletionItemKind::Constant,
        },
        Sort::Node => lt::CompletionItemKind::EnumMember,
        Sort::Type => lt::CompletionItemKind::TypeParameter,
        Sort::Construct => lt::CompletionItemKind::Snippet,
        Sort::Word => lt::CompletionItemKind::Keyword,
        Sort::Function => lt::CompletionItemKind::Function,
        Sort::Unit => lt::CompletionItemKind::Unit,
    }
}

pub(crate) fn resolve(state: &mut State, mut item: lt::CompletionItem) -> Answer<lt::CompletionResolveRequest> {
    let data = item.data.clone().unwrap_or_default();
    let uri = serde_json::from_value::<lt::Uri>(data["uri"].clone()).ok();
    let known = uri.and_then(|uri| {
        let Place { analysis, .. } = state.place(&uri)?;
        let file = analysis.file(data["path"].as_str()?)?;
        let at = u32::try_from(data["at"].as_u64()?).ok()?;
        let target = analysis.checked.mentions.at(file, at).first()?.target;
        describe::describe(&analysis, target)
    });
    item.documentation = known.map(|text| lt::Documentation::MarkupContent(markdown(text)));
    Ok(item)
}

pub(crate) fn signature(state: &mut State, p: lt::SignatureHelpParams) -> Answer<lt::SignatureHelpRequest> {
    let Some((Place { analysis, file, .. }, offset)) = state.position(&p.text_document_position_params) else {
        return Ok(None);
    };
    let Some(found) = signatures::at(&analysis, file, offset) else { return Ok(None) };
    let units = |bytes: usize| state.client.encoding.length(found.label.get(..bytes).unwrap_or(""));
    let inputs = found.inputs.iter().map(|(start, end)| lt::ParameterInformation {
        label: lt::ParameterInformationLabel::Tuple((units(*start), units(*end))),
        documentation: None,
    });
    let parameters = Some(inputs.collect());
    let active = u32::try_from(found.active).unwrap_or(0);
    let documentation = found.doc.clone().map(|doc| lt::Documentation::MarkupContent(markdown(doc)));
    let signature =
        lt::SignatureInformation { label: found.label.clone(), documentation, parameters, active_parameter: None };
    Ok(Some(lt::SignatureHelp {
        signatures: vec![signature],
        active_signature: Some(0),
        active_parameter: Some(lt::ActiveParameter::Int(active)),
    }))
}
