//! What is said above tests and journeys, and what happens when it is chosen.

use super::Refused;
use super::answers::Answer;
use super::ours;
use super::state::{Place, State, path_of};
use crate::queries;
use crate::queries::lenses::{self, Deed};
use gen_lsp_types as lt;
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
            Deed::ShowPicture(journey) => ("journey.showPicture", vec![json!(uri), json!(journey)]),
            Deed::ShowFacts(journey) => ("journey.showFacts", vec![json!(uri), json!(journey)]),
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
    let named = || {
        let name = arguments.get(1).and_then(Value::as_str);
        name.ok_or_else(|| Refused::because(format!("`{}` needs a name beside the file's uri", p.command)))
    };
    match p.command.as_str() {
        "journey.runTest" => run(state, &uri, Some(named()?)).map(Some),
        "journey.runTests" => run(state, &uri, None).map(Some),
        "journey.showPicture" => picture(state, uri, named()?).map(Some),
        "journey.showFacts" => facts(state, &uri, named()?).map(Some),
        other => Err(Refused::because(format!("there is no command `{other}`"))),
    }
}

/// Runs tests of a file, and shows what came of it. The answer is what `journey test --format json` writes.
fn run(state: &mut State, uri: &lt::Uri, only: Option<&str>) -> Result<Value, Refused> {
    let Some(Place { analysis, file, .. }) = state.place_proved(uri) else {
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
    state.say(kind, message);
    Ok(testing::show::json(&ran.program, results))
}

/// Draws a journey into a file, and has it shown: by the program that shows such files, or by saying where it is. The answer is the
/// file's uri.
fn picture(state: &mut State, uri: lt::Uri, name: &str) -> Result<Value, Refused> {
    let asked = ours::PictureParams { uri, journey: Some(name.to_string()), position: None };
    let Some(shown) = ours::picture(state, asked)? else { return Err(no_journey(name)) };
    let project = state.place(&shown.uri).map(|p| p.analysis.checked.program.name.clone()).unwrap_or_default();
    let file = |name: &str| name.replace(|c: char| !c.is_alphanumeric() && c != '_' && c != '-', "_");
    let at = format!("pictures/{}/{}.svg", file(&project), file(&shown.journey));
    let Some(path) = state.disk.shelf(&at, &shown.svg) else {
        return Err(Refused::because("there is no place where the picture could be written"));
    };
    let uri = state.uri(&path).ok_or_else(|| Refused::because(format!("the picture is at {}", path.display())))?;
    if state.client.shows {
        let id = state.ask("window/showDocument", json!({ "uri": uri, "external": true }));
        state.showing.insert(id, path);
    } else {
        state.say(lt::MessageType::Info, format!("the picture is at {}", path.display()));
    }
    Ok(json!({ "uri": uri }))
}

/// Says what is proven of a journey. The answer is the lines that were said.
fn facts(state: &mut State, uri: &lt::Uri, name: &str) -> Result<Value, Refused> {
    let Some(Place { analysis, .. }) = state.place(uri) else { return Err(no_journey(name)) };
    let Some(id) = analysis.checked.program.journeys.iter().position(|j| j.name == name) else {
        return Err(no_journey(name));
    };
    let mut lines = vec![format!("{name}: {}", queries::facts::in_short(&analysis, id).join(" · "))];
    lines.extend(queries::facts::of_journey(&analysis, id));
    if !analysis.checked.is_sound() {
        lines.push("more is known when the program has no errors".to_string());
    }
    state.say(lt::MessageType::Info, lines.join("\n"));
    Ok(json!(lines))
}

fn no_journey(name: &str) -> Refused {
    Refused::because(format!("there is no journey `{name}`"))
}
