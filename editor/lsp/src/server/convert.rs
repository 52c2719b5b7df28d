//! From bytes of files to the editor's lines and columns.

use super::state::State;
use crate::analysis::Analysis;
use gen_lsp_types as lt;
use journey_grammar::span::{FileId, Span};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// A text and where it goes.
pub(crate) type Edits = Vec<(Span, String)>;

impl State<'_> {
    /// A place of one file.
    pub fn range(&self, analysis: &Analysis, span: Span) -> lt::Range {
        match analysis.lines(span.file) {
            Some(lines) => lines.range(analysis.text(span.file), span.range(), self.client.encoding),
            None => lt::Range::default(),
        }
    }

    /// The byte of a place.
    pub fn offset(&self, analysis: &Analysis, file: FileId, position: lt::Position) -> u32 {
        match analysis.lines(file) {
            Some(lines) => lines.offset(analysis.text(file), position, self.client.encoding),
            None => 0,
        }
    }

    /// The bytes of a range.
    pub fn span(&self, analysis: &Analysis, file: FileId, range: lt::Range) -> Span {
        let start = self.offset(analysis, file, range.start);
        let end = self.offset(analysis, file, range.end).max(start);
        Span { file, start, end }
    }

    /// The uri of a file.
    pub fn uri_of(&self, root: &Path, analysis: &Analysis, file: FileId) -> Option<lt::Uri> {
        self.uri(&self.path(root, analysis, file)?)
    }

    /// A place with its file.
    pub fn location(&self, root: &Path, analysis: &Analysis, span: Span) -> Option<lt::Location> {
        Some(lt::Location::new(self.uri_of(root, analysis, span.file)?, self.range(analysis, span)))
    }

    /// Edits of one file.
    pub fn text_edits(&self, analysis: &Analysis, edits: &[(Span, String)]) -> Vec<lt::TextEdit> {
        edits
            .iter()
            .map(|(span, text)| lt::TextEdit { range: self.range(analysis, *span), new_text: text.clone() })
            .collect()
    }

    /// Edits of several files. None when one of them cannot be changed.
    pub fn workspace_edit(&self, root: &Path, analysis: &Analysis, edits: &Edits) -> Option<lt::WorkspaceEdit> {
        let mut files: BTreeMap<FileId, Edits> = BTreeMap::new();
        for (span, text) in edits {
            if analysis.is_pack(span.file) {
                return None;
            }
            files.entry(span.file).or_default().push((*span, text.clone()));
        }
        let mut edit = lt::WorkspaceEdit::default();
        let mut changes = HashMap::new();
        let mut versioned = Vec::new();
        for (file, edits) in files {
            let path = self.path(root, analysis, file)?;
            let uri = self.uri(&path)?;
            let edits = self.text_edits(analysis, &edits);
            if self.client.versioned {
                versioned.push(lt::DocumentChange::TextDocumentEdit(lt::TextDocumentEdit {
                    text_document: lt::OptionalVersionedTextDocumentIdentifier {
                        version: self.version(&path),
                        text_document_identifier: lt::TextDocumentIdentifier { uri },
                    },
                    edits: edits.into_iter().map(lt::Edit::TextEdit).collect(),
                }));
            } else {
                changes.insert(uri, edits);
            }
        }
        if self.client.versioned {
            edit.document_changes = Some(versioned);
        } else {
            edit.changes = Some(changes);
        }
        Some(edit)
    }
}
