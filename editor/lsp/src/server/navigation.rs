//! From a name to its other places.

use super::answers::Answer;
use super::state::{Place, State, path_of};
use crate::analysis::Analysis;
use crate::queries::{calls, links, names};
use gen_lsp_types as lt;
use journey_grammar::span::Span;
use std::path::Path;

fn locations(state: &State, root: &Path, analysis: &Analysis, places: &[Span]) -> Vec<lt::Location> {
    places.iter().filter_map(|span| state.location(root, analysis, *span)).collect()
}

pub(crate) fn definition(state: &mut State, p: lt::DefinitionParams) -> Answer<lt::DefinitionRequest> {
    let Some((Place { root, analysis, file }, offset)) = state.position(&p.text_document_position_params) else {
        return Ok(None);
    };
    // A file that is named is where it is given its meaning.
    let link = links::of_file(&analysis, file).into_iter().find(|(s, _)| s.start <= offset && offset <= s.end);
    if let Some((_, links::Goal::File(path) | links::Goal::Pack(path))) = link
        && let Some(target) = analysis.file(&path)
    {
        let place = Span { file: target, start: 0, end: 0 };
        let found = locations(state, &root, &analysis, &[place]);
        return Ok(Some(lt::DefinitionResponse::Definition(lt::Definition::LocationList(found))));
    }
    let Some((_, places)) = names::definition(&analysis, file, offset) else { return Ok(None) };
    let found = locations(state, &root, &analysis, &places);
    Ok(Some(lt::DefinitionResponse::Definition(lt::Definition::LocationList(found))))
}

pub(crate) fn type_definition(state: &mut State, p: lt::TypeDefinitionParams) -> Answer<lt::TypeDefinitionRequest> {
    let Some((Place { root, analysis, file }, offset)) = state.position(&p.text_document_position_params) else {
        return Ok(None);
    };
    let Some((_, places)) = names::type_definition(&analysis, file, offset) else { return Ok(None) };
    let found = locations(state, &root, &analysis, &places);
    Ok(Some(lt::TypeDefinitionResponse::Definition(lt::Definition::LocationList(found))))
}

pub(crate) fn references(state: &mut State, p: lt::ReferenceParams) -> Answer<lt::ReferencesRequest> {
    let Some((Place { root, analysis, file }, offset)) = state.position(&p.text_document_position_params) else {
        return Ok(None);
    };
    let places = names::references(&analysis, file, offset, p.context.include_declaration);
    Ok(Some(locations(state, &root, &analysis, &places)))
}

pub(crate) fn highlights(state: &mut State, p: lt::DocumentHighlightParams) -> Answer<lt::DocumentHighlightRequest> {
    let Some((Place { analysis, file, .. }, offset)) = state.position(&p.text_document_position_params) else {
        return Ok(None);
    };
    let found = names::highlights(&analysis, file, offset).into_iter().map(|(span, defines)| lt::DocumentHighlight {
        range: state.range(&analysis, span),
        kind: Some(if defines { lt::DocumentHighlightKind::Write } else { lt::DocumentHighlightKind::Read }),
    });
    Ok(Some(found.collect()))
}

pub(crate) fn links(state: &mut State, p: lt::DocumentLinkParams) -> Answer<lt::DocumentLinkRequest> {
    let Some(Place { root, analysis, file }) = state.place(&p.text_document.uri) else { return Ok(None) };
    let found = links::of_file(&analysis, file).into_iter().filter_map(|(span, goal)| {
        let (links::Goal::File(path) | links::Goal::Pack(path)) = goal;
        let target = state.uri_of(&root, &analysis, analysis.file(&path)?)?;
        Some(lt::DocumentLink { range: state.range(&analysis, span), target: Some(target), tooltip: None, data: None })
    });
    Ok(Some(found.collect()))
}

fn item(state: &State, root: &Path, analysis: &Analysis, journey: &calls::Journey) -> Option<lt::CallHierarchyItem> {
    Some(lt::CallHierarchyItem {
        name: journey.name.clone(),
        kind: lt::SymbolKind::Class,
        tags: None,
        detail: Some(analysis.path(journey.at.file).to_string()),
        uri: state.uri_of(root, analysis, journey.at.file)?,
        range: state.range(analysis, journey.span),
        selection_range: state.range(analysis, journey.at),
        data: None,
    })
}

pub(crate) fn calls(state: &mut State, p: lt::CallHierarchyPrepareParams) -> Answer<lt::CallHierarchyPrepareRequest> {
    let Some((Place { root, analysis, file }, offset)) = state.position(&p.text_document_position_params) else {
        return Ok(None);
    };
    let found = calls::at(&analysis, file, offset).and_then(|j| item(state, &root, &analysis, &j));
    Ok(found.map(|item| vec![item]))
}

/// The name of the journey that an item was made of.
fn named(state: &mut State, of: &lt::CallHierarchyItem) -> Option<(Place, Span)> {
    // The item may be of a file that is not open.
    let uri = state.uri(&path_of(&of.uri))?;
    let place = state.place(&uri)?;
    let span = state.span(&place.analysis, place.file, of.selection_range);
    Some((place, span))
}

pub(crate) fn incoming(
    state: &mut State,
    p: lt::CallHierarchyIncomingCallsParams,
) -> Answer<lt::CallHierarchyIncomingCallsRequest> {
    let Some((Place { root, analysis, .. }, span)) = named(state, &p.item) else { return Ok(None) };
    let found = calls::incoming(&analysis, span).into_iter().filter_map(|(journey, places)| {
        let from_ranges = places.iter().map(|s| state.range(&analysis, *s)).collect();
        Some(lt::CallHierarchyIncomingCall { from: item(state, &root, &analysis, &journey)?, from_ranges })
    });
    Ok(Some(found.collect()))
}

pub(crate) fn outgoing(
    state: &mut State,
    p: lt::CallHierarchyOutgoingCallsParams,
) -> Answer<lt::CallHierarchyOutgoingCallsRequest> {
    let Some((Place { root, analysis, .. }, span)) = named(state, &p.item) else { return Ok(None) };
    let found = calls::outgoing(&analysis, span).into_iter().filter_map(|(journey, places)| {
        let from_ranges = places.iter().map(|s| state.range(&analysis, *s)).collect();
        Some(lt::CallHierarchyOutgoingCall { to: item(state, &root, &analysis, &journey)?, from_ranges })
    });
    Ok(Some(found.collect()))
}
