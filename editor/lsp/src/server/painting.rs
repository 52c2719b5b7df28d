//! Colours: all of a file, a part of it, or what has changed since they were sent last.

use super::answers::Answer;
use super::state::{Place, State, path_of};
use crate::analysis::Analysis;
use crate::queries::paint::{Piece, of_file};
use gen_lsp_types as lt;

/// As the protocol writes them: five numbers each, relative to the piece before.
fn numbers(state: &State, analysis: &Analysis, pieces: &[Piece]) -> Vec<u32> {
    let mut data = Vec::with_capacity(5 * pieces.len());
    let mut before = lt::Position::default();
    for piece in pieces {
        let start = state.range(analysis, piece.span).start;
        let length = state.client.encoding.length(analysis.at(piece.span));
        let line = start.line - before.line;
        let column = if line == 0 { start.character - before.character } else { start.character };
        data.extend([line, column, length, piece.paint as u32, piece.modifiers]);
        before = start;
    }
    data
}

fn tokens(data: &[u32]) -> Vec<lt::SemanticToken> {
    data.chunks_exact(5)
        .map(|n| lt::SemanticToken {
            delta_line: n[0],
            delta_start: n[1],
            length: n[2],
            token_type: n[3],
            token_modifiers_bitset: n[4],
        })
        .collect()
}

/// Keeps what is sent, so that the next answer may be its difference.
fn keep(state: &mut State, uri: &lt::Uri, data: Vec<u32>) -> String {
    state.counter += 1;
    state.painted.insert(path_of(uri), (state.counter, data));
    state.counter.to_string()
}

pub(crate) fn all(state: &mut State, p: lt::SemanticTokensParams) -> Answer<lt::SemanticTokensRequest> {
    let uri = p.text_document.uri;
    let Some(Place { analysis, file, .. }) = state.place(&uri) else { return Ok(None) };
    let data = numbers(state, &analysis, &of_file(&analysis, file));
    let sent = tokens(&data);
    Ok(Some(lt::SemanticTokens { result_id: Some(keep(state, &uri, data)), data: sent }))
}

pub(crate) fn delta(state: &mut State, p: lt::SemanticTokensDeltaParams) -> Answer<lt::SemanticTokensDeltaRequest> {
    let uri = p.text_document.uri;
    let Some(Place { analysis, file, .. }) = state.place(&uri) else { return Ok(None) };
    let data = numbers(state, &analysis, &of_file(&analysis, file));
    let known = state.painted.get(&path_of(&uri)).filter(|(id, _)| id.to_string() == p.previous_result_id);
    let Some((_, old)) = known else {
        let sent = tokens(&data);
        let all = lt::SemanticTokens { result_id: Some(keep(state, &uri, data)), data: sent };
        return Ok(Some(lt::SemanticTokensDeltaResponse::SemanticTokens(all)));
    };
    let edits = difference(old, &data);
    let result_id = Some(keep(state, &uri, data));
    Ok(Some(lt::SemanticTokensDeltaResponse::SemanticTokensDelta(lt::SemanticTokensDelta { result_id, edits })))
}

/// What is equal at both ends stays.
fn difference(old: &[u32], new: &[u32]) -> Vec<lt::SemanticTokensEdit> {
    let start = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    if start == old.len() && start == new.len() {
        return Vec::new();
    }
    let rest = old.len().min(new.len()) - start;
    let end = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    vec![lt::SemanticTokensEdit {
        start: start as u32,
        delete_count: (old.len() - end - start) as u32,
        data: Some(new[start..new.len() - end].to_vec()),
    }]
}

pub(crate) fn range(state: &mut State, p: lt::SemanticTokensRangeParams) -> Answer<lt::SemanticTokensRangeRequest> {
    let Some(Place { analysis, file, .. }) = state.place(&p.text_document.uri) else { return Ok(None) };
    let range = state.span(&analysis, file, p.range);
    let mut pieces = of_file(&analysis, file);
    pieces.retain(|piece| piece.span.start < range.end && range.start < piece.span.end);
    Ok(Some(lt::SemanticTokens { result_id: None, data: tokens(&numbers(state, &analysis, &pieces)) }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_difference_leads_from_the_old_to_the_new(old in prop::collection::vec(0u32..3, 0..30), new in prop::collection::vec(0u32..3, 0..30)) {
            let mut made = old.clone();
            for edit in difference(&old, &new) {
                let (start, end) = (edit.start as usize, (edit.start + edit.delete_count) as usize);
                made.splice(start..end, edit.data.unwrap_or_default());
            }
            prop_assert_eq!(made, new);
        }
    }
}
