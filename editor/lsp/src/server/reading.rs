//! What is shown of a text: hover, outlines, folds, selections, hints.

use super::answers::{Answer, markdown, symbol_kind};
use super::state::{Place, State};
use crate::analysis::Analysis;
use crate::queries::{folds, hints, hover, selection, symbols};
use gen_lsp_types as lt;
use journey_compiler::mentions::Target;
use journey_compiler::scope::Kind;
use journey_grammar::span::Span;
use serde_json::json;

pub(crate) fn hover(state: &mut State, p: lt::HoverParams) -> Answer<lt::HoverRequest> {
    let Some((Place { analysis, file, .. }, offset)) = state.position(&p.text_document_position_params) else {
        return Ok(None);
    };
    let Some((span, mut text)) = hover::hover(&analysis, file, offset, state.disk.now()) else { return Ok(None) };
    if state.client.command_links
        && let Some(name) = journey_named(&analysis, span)
    {
        let arguments = json!([p.text_document_position_params.text_document.uri, name]).to_string();
        text.push_str(&format!("\n[Show the picture](command:journey.showPicture?{})\n", escaped(&arguments)));
    }
    let (contents, range) = (lt::Contents::MarkupContent(markdown(text)), Some(state.range(&analysis, span)));
    Ok(Some(lt::Hover { contents, range }))
}

/// The journey that is named at a place.
fn journey_named(analysis: &Analysis, span: Span) -> Option<&str> {
    let id = analysis.checked.mentions.at(span.file, span.start).into_iter().find_map(|m| match m.target {
        Target::Declared(Kind::Journey, id) if m.span == span => Some(id),
        _ => None,
    });
    Some(&analysis.checked.program.journeys.get(id?)?.name)
}

/// As it may stand in a link.
fn escaped(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

pub(crate) fn document_symbols(state: &mut State, p: lt::DocumentSymbolParams) -> Answer<lt::DocumentSymbolRequest> {
    let Some(Place { analysis, file, .. }) = state.place(&p.text_document.uri) else { return Ok(None) };
    let symbols = symbols::of_file(&analysis, file);
    if state.client.nested_symbols {
        let nested = symbols.iter().map(|s| nested(state, &analysis, s)).collect();
        return Ok(Some(lt::DocumentSymbolResponse::DocumentSymbolList(nested)));
    }
    let mut flat = Vec::new();
    for symbol in &symbols {
        flatten(state, &analysis, &p.text_document.uri, symbol, None, &mut flat);
    }
    Ok(Some(lt::DocumentSymbolResponse::SymbolInformationList(flat)))
}

#[expect(deprecated, reason = "the protocol's own model has the field still")]
fn nested(state: &State, analysis: &Analysis, symbol: &symbols::Symbol) -> lt::DocumentSymbol {
    lt::DocumentSymbol {
        // An empty name is not allowed.
        name: if symbol.name.is_empty() { "…".to_string() } else { symbol.name.clone() },
        detail: (!symbol.detail.is_empty()).then(|| symbol.detail.clone()),
        kind: symbol_kind(symbol.kind),
        tags: None,
        deprecated: None,
        range: state.range(analysis, symbol.span),
        selection_range: state.range(analysis, symbol.at),
        children: Some(symbol.inside.iter().map(|s| nested(state, analysis, s)).collect()),
    }
}

#[expect(deprecated, reason = "the protocol's own model has the field still")]
fn flatten(
    state: &State,
    analysis: &Analysis,
    uri: &lt::Uri,
    symbol: &symbols::Symbol,
    inside: Option<&str>,
    flat: &mut Vec<lt::SymbolInformation>,
) {
    flat.push(lt::SymbolInformation {
        deprecated: None,
        location: lt::Location::new(uri.clone(), state.range(analysis, symbol.span)),
        base_symbol_information: named(&symbol.name, symbol.kind, inside.map(str::to_string)),
    });
    for inner in &symbol.inside {
        flatten(state, analysis, uri, inner, Some(&symbol.name), flat);
    }
}

fn named(name: &str, kind: symbols::Sort, container_name: Option<String>) -> lt::BaseSymbolInformation {
    lt::BaseSymbolInformation { name: name.to_string(), kind: symbol_kind(kind), tags: None, container_name }
}

/// More than these nobody reads.
const MOST_SYMBOLS: usize = 256;

pub(crate) fn workspace_symbols(state: &mut State, p: lt::WorkspaceSymbolParams) -> Answer<lt::WorkspaceSymbolRequest> {
    let mut found = Vec::new();
    let roots: Vec<_> = state.projects.keys().cloned().collect();
    for root in roots {
        let Some(project) = state.projects.get_mut(&root) else { continue };
        let analysis = project.analysis(state.disk);
        for (name, kind, span) in symbols::search(&analysis, &p.query).into_iter().take(MOST_SYMBOLS) {
            let Some(location) = state.location(&root, &analysis, span) else { continue };
            found.push(lt::WorkspaceSymbol {
                location: lt::WorkspaceSymbolLocation::Location(location),
                data: None,
                base_symbol_information: named(name, kind, Some(analysis.path(span.file).to_string())),
            });
        }
    }
    Ok(Some(lt::WorkspaceSymbolResponse::WorkspaceSymbolList(found)))
}

pub(crate) fn folds(state: &mut State, p: lt::FoldingRangeParams) -> Answer<lt::FoldingRangeRequest> {
    let Some(Place { analysis, file, .. }) = state.place(&p.text_document.uri) else { return Ok(None) };
    let found = folds::of_file(&analysis, file).into_iter().map(|(span, fold)| {
        let range = state.range(&analysis, span);
        // The line with the closing brace stays in sight.
        let end_line = if fold == folds::Fold::Block { range.end.line - 1 } else { range.end.line };
        lt::FoldingRange {
            start_line: range.start.line,
            end_line: end_line.max(range.start.line),
            kind: match fold {
                folds::Fold::Block => None,
                folds::Fold::Comment => Some(lt::FoldingRangeKind::Comment),
                folds::Fold::Packs => Some(lt::FoldingRangeKind::Imports),
            },
            ..lt::FoldingRange::default()
        }
    });
    Ok(Some(found.collect()))
}

pub(crate) fn selections(state: &mut State, p: lt::SelectionRangeParams) -> Answer<lt::SelectionRangeRequest> {
    let Some(Place { analysis, file, .. }) = state.place(&p.text_document.uri) else { return Ok(None) };
    let chains = p.positions.iter().map(|position| {
        let offset = state.offset(&analysis, file, *position);
        let around = selection::around(&analysis, file, offset);
        let widest_first = around.into_iter().rev().map(|span| state.range(&analysis, span));
        let chain = widest_first.fold(None, |parent: Option<lt::SelectionRange>, range| {
            Some(lt::SelectionRange { range, parent: parent.map(Box::new) })
        });
        chain.unwrap_or(lt::SelectionRange { range: lt::Range { start: *position, end: *position }, parent: None })
    });
    Ok(Some(chains.collect()))
}

pub(crate) fn hints(state: &mut State, p: lt::InlayHintParams) -> Answer<lt::InlayHintRequest> {
    let Some(Place { analysis, file, .. }) = state.place(&p.text_document.uri) else { return Ok(None) };
    let range = state.span(&analysis, file, p.range);
    let found = hints::in_range(&analysis, range).into_iter().map(|hint| lt::InlayHint {
        position: state.range(&analysis, Span { file, start: hint.at, end: hint.at }).start,
        label: lt::Label::String(hint.label),
        kind: Some(lt::InlayHintKind::Parameter),
        text_edits: None,
        tooltip: Some(lt::Tooltip::String(hint.why)),
        padding_left: Some(true),
        padding_right: None,
        data: None,
    });
    Ok(Some(found.collect()))
}
