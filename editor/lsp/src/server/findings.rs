//! What the compiler found, told to the editor: sent to it, or given when it asks.

use super::notification;
use super::state::{State, path_of};
use crate::analysis::Analysis;
use gen_lsp_types as lt;
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::{Diagnostic, Severity};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

impl State<'_> {
    /// Sends what has changed, to a client that waits for it.
    pub fn tell(&mut self) {
        let roots: Vec<PathBuf> = self.projects.keys().cloned().collect();
        for root in roots {
            let Some(project) = self.projects.get_mut(&root) else { continue };
            if !project.is_stale() {
                continue;
            }
            // Made now for a client that asks, too: the answer to its next question is ready.
            let analysis = project.analysis(self.disk);
            if !self.client.pulls {
                self.tell_of(&root, &analysis);
            }
        }
    }

    /// Sends what has changed in a project.
    pub fn tell_of(&mut self, root: &Path, analysis: &Analysis) {
        for (path, findings) in self.findings(root, analysis) {
            let version = self.version(&path);
            let known = self.told.get(&path);
            let same = known.map_or(findings.is_empty(), |known| *known == findings);
            if same && self.told_versions.get(&path).copied() == version {
                continue;
            }
            if let Some(version) = version {
                self.told_versions.insert(path.clone(), version);
            }
            self.publish(path, findings);
        }
    }

    /// The project for a client that asks: one that cannot be told to ask again gets everything at once.
    fn for_who_asks(&mut self, root: &Path) -> Option<Rc<Analysis>> {
        let project = self.projects.get_mut(root)?;
        Some(if self.client.pulls_again { project.analysis(self.disk) } else { project.complete(self.disk) })
    }

    /// Takes back what was told of a file that is no longer anybody's.
    pub fn told_nothing(&mut self, path: &Path) {
        if self.told.remove(path).is_some_and(|told| !told.is_empty()) {
            self.publish(path.to_path_buf(), Vec::new());
        }
    }

    fn publish(&mut self, path: PathBuf, findings: Vec<lt::Diagnostic>) {
        let Some(uri) = self.uri(&path) else { return };
        let params = lt::PublishDiagnosticsParams::new(uri, self.version(&path), findings.clone());
        self.out.push(notification::<lt::PublishDiagnosticsNotification>(params));
        self.told.insert(path, findings);
    }

    /// The findings of every file of a project that has some, had some, or is open.
    fn findings(&self, root: &Path, analysis: &Analysis) -> BTreeMap<PathBuf, Vec<lt::Diagnostic>> {
        let mut found: BTreeMap<PathBuf, Vec<lt::Diagnostic>> = BTreeMap::new();
        let ours = |path: &PathBuf| self.owner(path).is_some_and(|(owner, _)| owner == root);
        for path in self.documents.keys().chain(self.told.keys()).filter(|p| ours(p)) {
            found.insert(path.clone(), Vec::new());
        }
        for diagnostic in &analysis.findings {
            let Some(path) = self.path(root, analysis, diagnostic.span().file) else { continue };
            // The settings of a file without a project are ours, and packs are nobody's to mend.
            let settings = diagnostic.span().file.0 == 0 && self.projects.get(root).is_some_and(|p| !p.has_settings());
            if !analysis.is_pack(diagnostic.span().file) && !settings {
                found.entry(path).or_default().push(self.finding(root, analysis, diagnostic));
            }
        }
        found
    }

    fn finding(&self, root: &Path, analysis: &Analysis, d: &Diagnostic) -> lt::Diagnostic {
        let mut message = d.message.clone();
        if let Some(label) = d.labels.first().filter(|l| !l.text.is_empty()) {
            message.push_str(&format!("\n{}", label.text));
        }
        for note in &d.notes {
            message.push_str(&format!("\nnote: {note}"));
        }
        for help in &d.help {
            message.push_str(&format!("\nhelp: {help}"));
        }
        let mut related = Vec::new();
        for label in d.labels.iter().skip(1) {
            match self.location(root, analysis, label.span) {
                Some(location) if self.client.related => {
                    related.push(lt::DiagnosticRelatedInformation { location, message: label.text.clone() });
                }
                _ => message.push_str(&format!("\n{}: {}", analysis.at(label.span), label.text)),
            }
        }
        let severity = match d.severity {
            Severity::Error => lt::DiagnosticSeverity::Error,
            Severity::Warning => lt::DiagnosticSeverity::Warning,
            Severity::Hint => lt::DiagnosticSeverity::Hint,
        };
        lt::Diagnostic {
            range: self.range(analysis, d.span()),
            severity: Some(severity),
            code: Some(lt::Code::String(d.code.to_string())),
            code_description: self.page(d.code).map(|href| lt::CodeDescription { href }),
            source: Some("journey".to_string()),
            message: lt::Message::String(message),
            tags: tag(d.code).map(|t| vec![t]),
            related_information: (!related.is_empty()).then_some(related),
            data: None,
        }
    }

    /// The findings of one file, for a client that asks.
    pub fn asked(&mut self, params: &lt::DocumentDiagnosticParams) -> lt::DocumentDiagnosticReport {
        let path = path_of(&params.text_document.uri);
        let mut items = Vec::new();
        if let Some((root, _)) = self.owner(&path)
            && let Some(analysis) = self.for_who_asks(&root)
        {
            items = self.findings(&root, &analysis).remove(&path).unwrap_or_default();
        }
        let id = number(&items);
        if params.previous_result_id.as_ref() == Some(&id) {
            let mut report = lt::RelatedUnchangedDocumentDiagnosticReport::default();
            report.unchanged_document_diagnostic_report.result_id = id;
            return lt::DocumentDiagnosticReport::RelatedUnchangedDocumentDiagnosticReport(report);
        }
        let report = lt::RelatedFullDocumentDiagnosticReport {
            full_document_diagnostic_report: lt::FullDocumentDiagnosticReport { result_id: Some(id), items },
            ..Default::default()
        };
        lt::DocumentDiagnosticReport::RelatedFullDocumentDiagnosticReport(report)
    }

    /// The findings of all files.
    pub fn asked_all(&mut self, params: &lt::WorkspaceDiagnosticParams) -> lt::WorkspaceDiagnosticReport {
        let mut all: BTreeMap<PathBuf, Vec<lt::Diagnostic>> = BTreeMap::new();
        let roots: Vec<PathBuf> = self.projects.keys().cloned().collect();
        for root in roots {
            let Some(analysis) = self.for_who_asks(&root) else { continue };
            all.extend(self.findings(&root, &analysis));
        }
        let before: BTreeMap<PathBuf, &str> =
            params.previous_result_ids.iter().map(|p| (path_of(&p.uri), p.value.as_str())).collect();
        for path in before.keys() {
            all.entry(path.clone()).or_default();
        }
        let mut items = Vec::new();
        for (path, findings) in all {
            let Some(uri) = self.uri(&path) else { continue };
            let (version, id) = (self.version(&path), number(&findings));
            items.push(if before.get(&path) == Some(&id.as_str()) {
                let unchanged_document_diagnostic_report = lt::UnchangedDocumentDiagnosticReport { result_id: id };
                lt::WorkspaceDocumentDiagnosticReport::WorkspaceUnchangedDocumentDiagnosticReport(
                    lt::WorkspaceUnchangedDocumentDiagnosticReport {
                        uri,
                        version,
                        unchanged_document_diagnostic_report,
                    },
                )
            } else {
                let full_document_diagnostic_report =
                    lt::FullDocumentDiagnosticReport { result_id: Some(id), items: findings };
                lt::WorkspaceDocumentDiagnosticReport::WorkspaceFullDocumentDiagnosticReport(
                    lt::WorkspaceFullDocumentDiagnosticReport { uri, version, full_document_diagnostic_report },
                )
            });
        }
        lt::WorkspaceDiagnosticReport { items }
    }
}

/// A number that changes with the findings.
fn number(findings: &[lt::Diagnostic]) -> String {
    use std::hash::{Hash, Hasher};
    let mut hasher = rustc_hash::FxHasher::default();
    serde_json::to_string(findings).unwrap_or_default().hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// How an editor may draw it: what is never reached is faint, what is deprecated is struck through.
fn tag(code: Code) -> Option<lt::DiagnosticTag> {
    match code {
        Code::Unreachable | Code::DeadArm | Code::NeverMissing => Some(lt::DiagnosticTag::Unnecessary),
        Code::DeprecatedNode => Some(lt::DiagnosticTag::Deprecated),
        _ => None,
    }
}
