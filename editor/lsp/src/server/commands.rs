//! What is said above tests and journeys, and what happens when it is chosen.

use super::Refused;
use super::answers::Answer;
use super::notification;
use super::ours;
use super::state::{Place, State, path_of};
use crate::queries::lenses::{self, Deed};
use gen_lsp_types as lt;
use journey_grammar::span::Span;
use journey_runtime::testing;
use serde_json::{Value, json};

pub(crate) fn lenses(state: &mut State, p: lt::CodeLensParams) -> Answer<lt::CodeLensRequest> {
    let uri = p.text_document.uri;
    let Some(Place { analysis, file, .. }) = state.place(&uri) else { return Ok(None) };
    let found = lenses::of_file(&analysis, file).into_iter().map(|lens| {
        let range = state.range(&analysis, lens.span);
        let (command, arguments) = match lens.does {
            Deed::RunTest(title) => ("journey.runTest", vec![json!(uri), json!(title)]),
            Deed::RunAll => ("journey.runTests", vec![json!(uri)]),
            Deed::ShowUses(_) => ("journey.showUses", vec![json!(uri), json!(range.start)]),
        };
        let command =
            lt::Command { title: lens.title, tooltip: None, command: command.to_string(), arguments: Some(arguments) };
        lt::CodeLens { range, command: Some(command), data: None }
    });
    Ok(Some(found.collect()))
}

pub(crate) fn execute(state: &mut State, p: lt::ExecuteCommandParams) -> Answer<lt::ExecuteCommandRequest> {
    let arguments = p.arguments.unwrap_or_default();
    let uri = arguments.first().and_then(|u| serde_json::from_value::<lt::Uri>(u.clone()).ok());
    let uri = uri.ok_or_else(|| Refused::because(format!("`{}` needs the file's uri", p.command)))?;
    match p.command.as_str() {
        "journey.runTest" => {
            let title = arguments.get(1).and_then(Value::as_str);
            let title = title.ok_or_else(|| Refused::because("`journey.runTest` needs the title of a test"))?;
            run(state, &uri, Some(title)).map(Some)
        }
        "journey.runTests" => run(state, &uri, None).map(Some),
        "journey.showUses" => Ok(uses(state, &uri, arguments.get(1))),
        other => Err(Refused::because(format!("there is no command `{other}`"))),
    }
}

/// Runs tests of a file, and shows what came of it. The answer is what `journey test --format json` writes.
fn run(state: &mut State, uri: &lt::Uri, only: Option<&str>) -> Result<Value, Refused> {
    let Some(Place { analysis, file, .. }) = state.place(uri) else {
        return Err(Refused::because(format!("{} belongs to no project", path_of(uri).display())));
    };
    let titles = only.map(|title| vec![title.to_string()]);
    let ran = ours::run(&analysis, Some(file), titles.as_deref())?;
    let results = &ran.results;
    let story: Vec<String> = results.tests.iter().filter_map(|t| ran.story(t)).collect();
    let passed = results.tests.len() - results.failed();
    let (kind, message) = match (results.failed(), &results.tests[..]) {
        (_, []) => (lt::MessageType::Warning, "there is no such test".to_string()),
        (0, [one]) => (lt::MessageType::Info, format!("✓ {}", one.title)),
        (0, _) => (lt::MessageType::Info, format!("✓ {passed} tests passed")),
        (failed, _) => (lt::MessageType::Error, format!("✗ {failed} failed, {passed} passed\n{}", story.join("\n"))),
    };
    state.out.push(notification::<lt::ShowMessageNotification>(lt::ShowMessageParams { kind, message }));
    Ok(testing::show::json(&ran.program, results))
}

/// Where a journey is named: for clients that show places.
fn uses(state: &mut State, uri: &lt::Uri, position: Option<&Value>) -> Option<Value> {
    let position: lt::Position = serde_json::from_value(position?.clone()).ok()?;
    let Place { root, analysis, file } = state.place(uri)?;
    let offset = state.offset(&analysis, file, position);
    let places: Vec<Span> = crate::queries::names::references(&analysis, file, offset, false);
    let found: Vec<lt::Location> = places.iter().filter_map(|s| state.location(&root, &analysis, *s)).collect();
    serde_json::to_value(found).ok()
}
