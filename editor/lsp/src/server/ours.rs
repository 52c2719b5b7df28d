//! Requests beyond the protocol, for editors that show more: pictures of journeys, and tests as a tree. `docs/editors/README.md`
//! describes them to whoever writes a client.

use super::Refused;
use super::answers::Answer;
use super::state::{Place, State, path_of};
use crate::analysis::Analysis;
use gen_lsp_types as lt;
use journey_compiler::hir::JourneyId;
use journey_compiler::lower::{lower, lower_tests};
use journey_grammar::ast::Decl;
use journey_grammar::span::{FileId, Span};
use journey_picture::{Options, Picture, svg};
use journey_runtime::program::Program;
use journey_runtime::testing::{self, Results, TestResult};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::rc::Rc;

macro_rules! request {
    ($(#[$doc:meta])* $name:ident, $method:literal: $params:ty => $result:ty) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $name {}
        impl lt::Request for $name {
            const METHOD: lt::LspRequestMethod<'static> = lt::LspRequestMethod::Custom($method);
            const MESSAGE_DIRECTION: lt::MessageDirection = lt::MessageDirection::ClientToServer;
            type Params = $params;
            type Result = $result;
        }
    };
}

request! {
    /// The picture of a journey.
    PictureRequest, "journey/picture": PictureParams => Option<Shown>
}
request! {
    /// The tests of a file, or of all projects.
    TestsRequest, "journey/tests": TestsParams => Vec<ListedTest>
}
request! {
    /// Runs tests.
    RunTestRequest, "journey/runTest": RunTestParams => TestRun
}

/// Which picture.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PictureParams {
    /// A file of the project.
    pub uri: lt::Uri,
    /// The journey's name.
    pub journey: Option<String>,
    /// Without a name: the journey that stands here, or is named here.
    pub position: Option<lt::Position>,
}

/// A picture, and what leads from it into the text.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Shown {
    /// The journey's name.
    pub journey: String,
    /// Its name for people.
    pub title: String,
    /// The file with its declaration.
    pub uri: lt::Uri,
    /// Its name there.
    pub range: lt::Range,
    /// The picture, for light and dark.
    pub svg: String,
    /// Its steps: `<g data-step="ID">` in the picture.
    pub steps: Vec<ShownStep>,
}

/// A step of a picture.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ShownStep {
    /// Its number in the picture.
    pub id: usize,
    /// The file it stands in: that of the journey, or of an offer.
    pub uri: lt::Uri,
    /// Its text, the steps inside it included.
    pub range: lt::Range,
    /// In words.
    pub title: String,
}

/// Which tests.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TestsParams {
    /// Those of this file; none: all.
    pub uri: Option<lt::Uri>,
}

/// A test that there is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ListedTest {
    /// What it says.
    pub title: String,
    /// Its file.
    pub uri: lt::Uri,
    /// The whole of it.
    pub range: lt::Range,
    /// Its title there.
    #[serde(rename = "titleRange")]
    pub title_range: lt::Range,
}

/// Which tests to run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RunTestParams {
    /// Those of this file; none: all.
    pub uri: Option<lt::Uri>,
    /// Of these, the ones that say this; none: all of them.
    pub titles: Option<Vec<String>>,
}

/// What came of tests.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct TestRun {
    /// How many passed.
    pub passed: usize,
    /// How many did not.
    pub failed: usize,
    /// Each of them.
    pub tests: Vec<RanTest>,
    /// What they took of each journey, where tests of whole projects were run.
    pub coverage: Vec<Covered>,
}

/// What came of a test.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RanTest {
    /// What it says.
    pub title: String,
    /// Its file.
    pub uri: lt::Uri,
    /// Its first line.
    pub range: lt::Range,
    /// Whether all was as expected.
    pub passed: bool,
    /// What was not as expected.
    pub failures: Vec<Failed>,
    /// Where it failed: what happened, and what was expected, as `journey test` prints it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub story: Option<String>,
}

/// An expectation that was not met.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Failed {
    /// Its line.
    pub range: lt::Range,
    /// As it is written.
    pub expected: String,
    /// What happened instead, a line each.
    pub got: Vec<String>,
}

/// What tests took of a journey.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Covered {
    /// The journey's name.
    pub journey: String,
    /// Steps and ways that were taken.
    pub taken: usize,
    /// Of so many.
    pub all: usize,
    /// What no test took.
    pub untaken: Vec<Untaken>,
}

/// A step or way that no test took.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Untaken {
    /// Its file.
    pub uri: lt::Uri,
    /// Its line.
    pub range: lt::Range,
    /// As it is written.
    pub text: String,
}

pub(crate) fn picture(state: &mut State, p: PictureParams) -> Answer<PictureRequest> {
    let Some(Place { root, analysis, file }) = state.place(&p.uri) else { return Ok(None) };
    let id = match (&p.journey, p.position) {
        (Some(name), _) => analysis.checked.program.journeys.iter().position(|j| j.name == *name),
        (None, Some(position)) => crate::queries::journey_at(&analysis, file, state.offset(&analysis, file, position)),
        (None, None) => None,
    };
    let Some(id) = id else { return Ok(None) };
    let picture = drawn(&analysis, id)?;
    let mut steps = Vec::new();
    picture.each(&mut |step| {
        if let Some(place) = state.location(&root, &analysis, step.span) {
            let title = format!("{} {}", step.kicker, step.title).trim().to_string();
            steps.push(ShownStep { id: step.id, uri: place.uri, range: place.range, title });
        }
    });
    let declared = analysis.checked.program.journeys.get(id).map(|j| j.about.span);
    let Some(place) = declared.and_then(|at| state.location(&root, &analysis, at)) else { return Ok(None) };
    Ok(Some(Shown {
        svg: svg::svg(&picture, &Options::default()),
        journey: picture.name,
        title: picture.title,
        uri: place.uri,
        range: place.range,
        steps,
    }))
}

/// A journey as it is drawn; refused while the program has errors, since what it means is not known.
pub(super) fn drawn(analysis: &Analysis, id: JourneyId) -> Result<Picture, Refused> {
    let checked = &analysis.checked;
    if !checked.is_sound() {
        return Err(Refused::because("the program has errors: the picture is drawn when they are mended"));
    }
    Ok(Picture::new(&checked.program, &checked.sources, id))
}

pub(crate) fn tests(state: &mut State, p: TestsParams) -> Answer<TestsRequest> {
    let mut found = Vec::new();
    for (root, analysis, only) in projects(state, p.uri.as_ref())? {
        for tree in &analysis.checked.trees {
            if analysis.is_pack(tree.file) || only.is_some_and(|file| file != tree.file) {
                continue;
            }
            let Some(uri) = state.uri_of(&root, &analysis, tree.file) else { continue };
            for item in &tree.items {
                let Decl::Test(test) = &item.decl else { continue };
                found.push(ListedTest {
                    title: test.title.text.clone(),
                    uri: uri.clone(),
                    range: state.range(&analysis, item.span),
                    title_range: state.range(&analysis, test.title.span),
                });
            }
        }
    }
    Ok(found)
}

pub(crate) fn run_tests(state: &mut State, p: RunTestParams) -> Answer<RunTestRequest> {
    let mut all = TestRun::default();
    for (root, analysis, only) in projects(state, p.uri.as_ref())? {
        let ran = run(&analysis, only, p.titles.as_deref())?;
        all.passed += ran.results.tests.len() - ran.results.failed();
        all.failed += ran.results.failed();
        for test in &ran.results.tests {
            let Some(at) = line(state, &root, &analysis, &test.file, test.line) else { continue };
            let failures = test.failures.iter().filter_map(|f| {
                let range = line(state, &root, &analysis, &test.file, f.line)?.range;
                Some(Failed { range, expected: f.expected.clone(), got: f.got.clone() })
            });
            all.tests.push(RanTest {
                title: test.title.clone(),
                uri: at.uri,
                range: at.range,
                passed: test.passed(),
                failures: failures.collect(),
                story: ran.story(test),
            });
        }
        if p.uri.is_some() || p.titles.is_some() {
            continue;
        }
        for journey in &ran.results.coverage.journeys {
            let untaken = journey.untaken.iter().filter_map(|u| {
                let at = line(state, &root, &analysis, &u.file, u.line)?;
                Some(Untaken { uri: at.uri, range: at.range, text: u.text.clone() })
            });
            let untaken = untaken.collect();
            all.coverage.push(Covered {
                journey: journey.name.clone(),
                taken: journey.taken,
                all: journey.all,
                untaken,
            });
        }
    }
    Ok(all)
}

type Seen = (PathBuf, Rc<Analysis>, Option<FileId>);

/// The project of a file, and the file; or all projects.
fn projects(state: &mut State, uri: Option<&lt::Uri>) -> Result<Vec<Seen>, Refused> {
    if let Some(uri) = uri {
        let Some(Place { root, analysis, file }) = state.place_proved(uri) else {
            return Err(Refused::because(format!("{} belongs to no project", path_of(uri).display())));
        };
        return Ok(vec![(root, analysis, Some(file))]);
    }
    let disk = state.disk;
    Ok(state.projects.iter_mut().map(|(root, project)| (root.clone(), project.complete(disk), None)).collect())
}

/// A line of a file, from 1.
fn line(state: &State, root: &Path, analysis: &Analysis, path: &str, number: u32) -> Option<lt::Location> {
    let file = analysis.file(path)?;
    let (lines, text) = (analysis.lines(file)?, analysis.text(file));
    let number = number.saturating_sub(1);
    let (start, end) = (lines.start(number, text), lines.end(number, text));
    let indent = analysis.at(Span { file, start, end });
    let indent = (indent.len() - indent.trim_start().len()) as u32;
    state.location(root, analysis, Span { file, start: start + indent, end })
}

/// Tests that were run, with the program they were run on.
pub(super) struct Ran {
    pub program: Program,
    pub results: Results,
}

impl Ran {
    /// What happened in a test that failed.
    pub fn story(&self, test: &TestResult) -> Option<String> {
        (!test.passed()).then(|| testing::show::failing(&self.program, test).to_string())
    }
}

/// Runs tests through the runner that `journey test` uses: those of a file, or all; of these, those with a title, or all.
pub(super) fn run(analysis: &Analysis, only: Option<FileId>, titles: Option<&[String]>) -> Result<Ran, Refused> {
    let checked = &analysis.checked;
    if analysis.has_errors() {
        return Err(Refused::because("the program has errors: tests run when they are mended"));
    }
    let program = Program::new(lower(&checked.program, &checked.sources))
        .map_err(|_| Refused::because("the program could not be made ready to run"))?;
    let mut plan = lower_tests(&checked.program, &checked.sources);
    let path = only.map(|file| analysis.path(file));
    plan.tests.retain(|t| path.is_none_or(|path| t.file == path) && titles.is_none_or(|all| all.contains(&t.title)));
    let results = testing::run(&program, &plan, None);
    Ok(Ran { program, results })
}
