//! Pictures: they say what the program does, and other tools can read them.

use journey_compiler::project::Checked;
use journey_picture::model::{Kind, Step};
use journey_picture::{Counts, Options, Picture, graph, svg};
use journey_runtime::host::memory;
use journey_runtime::program::Program;
use journey_tests::{check_folder, check_text, must_compile, projects};

fn each(mut hold: impl FnMut(&str, &Checked, usize, &Picture)) {
    for folder in projects("examples").into_iter().chain(projects("tests/recipes")) {
        let checked = check_folder(&folder);
        must_compile("example", &checked);
        for journey in 0..checked.program.journeys.len() {
            let picture = Picture::new(&checked.program, &checked.sources, journey);
            hold(&format!("{}: {}", folder.display(), picture.name), &checked, journey, &picture);
        }
    }
}

/// Counts of a run are found by these numbers.
#[test]
fn steps_and_arms_are_numbered_as_the_compiled_program_numbers_them() {
    each(|name, checked, _, picture| {
        let image = journey_compiler::lower::lower(&checked.program, &checked.sources);
        let compiled = image.journeys.iter().find(|j| j.name == picture.name).unwrap();
        let mut seen = vec![None; compiled.steps.len()];
        let mut points = 0;
        picture.each(&mut |step| {
            seen[step.id].get_or_insert_with(|| (step.source.clone(), step.place.line as u32));
            points += step.offers.len() + step.arms.iter().filter(|arm| arm.point.is_some()).count();
        });
        let read: Vec<_> = seen.into_iter().map(Option::unwrap).collect();
        let written: Vec<_> = compiled.steps.iter().map(|s| (s.text.clone(), s.line)).collect();
        let texts = |of: &[(String, u32)]| of.iter().map(|(text, _)| text.clone()).collect::<Vec<_>>();
        assert_eq!(texts(&read), texts(&written), "{name}");
        // An arm of nothing that nobody could draw apart is left out of the picture.
        assert!(points <= compiled.points.len(), "{name}");
    });
}

#[test]
fn pictures_are_well_formed_and_the_same_each_time() {
    each(|name, checked, journey, picture| {
        let options = Options { link: Some("https://git.example/a?b=\"c\"&d".to_string()), ..Options::default() };
        let text = svg::svg(picture, &options);
        let again = Picture::new(&checked.program, &checked.sources, journey);
        assert_eq!(text, svg::svg(&again, &options), "{name}");
        let tree = roxmltree::Document::parse(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        let title = tree.root_element().children().find(|n| n.has_tag_name("title"));
        assert_eq!(title.and_then(|t| t.text()), Some(picture.title.as_str()));
        let drawn = tree.descendants().filter(|n| n.has_attribute("data-step")).count();
        assert_eq!(drawn, count(&picture.steps), "{name}: every step is drawn once");
    });
}

/// Whoever comes in waits, is gone, or has come to an end: nobody is counted twice or lost between the boxes of a picture.
#[test]
fn counts_of_a_run_add_up() {
    for folder in projects("examples").into_iter().filter(|p| p.join("events.jsonl").is_file()) {
        let checked = check_folder(&folder);
        let program = Program::new(journey_compiler::lower::lower(&checked.program, &checked.sources)).unwrap();
        let events = std::fs::read(folder.join("events.jsonl")).unwrap();
        let options = memory::Options { passage: true, threads: 2, ..memory::Options::default() };
        let outcome = memory::run(&program, events.as_slice(), &options, |_| {}).unwrap();
        let fast = memory::run(&program, events.as_slice(), &memory::Options::default(), |_| {}).unwrap();
        assert_eq!(outcome.tally, fast.tally, "to follow runs changes nothing");
        for (at, journey) in program.image.journeys.iter().enumerate() {
            let name = format!("{}: {}", folder.display(), journey.name);
            let counts = Counts::new(&program.image, at, outcome.passage.as_ref().unwrap(), &outcome.tally);
            let of = checked.program.journeys.iter().position(|j| j.name == journey.name).unwrap();
            let picture = Picture::new(&checked.program, &checked.sources, of);
            let (mut waiting, mut left, mut finished) = (0, 0, 0);
            picture.each(&mut |step| {
                waiting += counts.steps[step.id].waiting;
                left += counts.steps[step.id].left;
                if matches!(step.kind, Kind::Finish | Kind::GoTo) {
                    finished += counts.came(step.id);
                }
                // The ways out of a branch are as many as came, but for those who stayed.
                if !step.arms.is_empty() {
                    let own = counts.steps[step.id].waiting + counts.steps[step.id].left;
                    let went: u64 = step.arms.iter().map(|arm| counts.went(step, arm)).sum();
                    assert_eq!(went + own, counts.came(step.id), "{name}: {}", step.source);
                }
            });
            assert_eq!(waiting, counts.alive, "{name}");
            assert_eq!(waiting + left + finished + counts.ended, counts.entered, "{name}");
        }
    }
}

/// Steps, without those of offers.
fn count(steps: &[Step]) -> usize {
    steps.iter().map(|step| 1 + step.blocks().map(count).sum::<usize>()).sum()
}

const STRANGE: &str = r##"
purpose service "Notes" needs no consent
channel post { address profile.email }
event it_happened "It <happened>" { what: text at most 80 }
message note_it for service { post { text "<b>\"5 > 3\" & `more` #1 — ก็ดี 你好 👋</b>" } }

/// Quotes "here" & <there>; and \ too.
journey strange {
  trigger  on it_happened as x where x.what == "\"<end>\" & #35; ] | }"
  re-entry after finishing

  if x.what contains "end" {
    send note_it by post
    finish as "it's the \"end\" <of> it & ]} | all"
  } else {
    finish as "ลูกค้าที่ยังไม่เคยซื้อสินค้ากับเราเลยในช่วงหกเดือนที่ผ่านมา"
  }
}
"##;

/// Whatever stands in a text, the picture is still a picture.
#[test]
fn texts_with_signs_of_other_languages_are_escaped() {
    let checked = check_text(STRANGE);
    must_compile("strange", &checked);
    let picture = Picture::new(&checked.program, &checked.sources, 0);
    let text = svg::svg(&picture, &Options::default());
    let tree = roxmltree::Document::parse(&text).unwrap();
    let said: String = tree.descendants().filter_map(|n| n.text()).collect();
    assert!(said.contains("It's the \"end\" <of> it"), "{text}");
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("picture-strange", format!("{}\n{}", graph::mermaid(&picture, None), graph::dot(&picture, None)));
    });
}

/// Blocks on one line say the same as blocks on many.
#[test]
fn the_layout_of_the_text_does_not_show() {
    let many = STRANGE.replace(
        "re-entry after finishing\n",
        "re-entry after finishing\n  wait up to 2 days {\n    on it_happened {}\n    else { wait 1 day }\n  }\n",
    );
    let one = many.replace("{\n    on it_happened {}\n    else", "{ on it_happened {} else");
    let draw = |text: &str| {
        let checked = check_text(text);
        must_compile("strange", &checked);
        words(&svg::svg(&Picture::new(&checked.program, &checked.sources, 0), &Options::default()))
    };
    assert!(draw(&many).contains("else: after 2 days"));
    assert_eq!(draw(&many), draw(&one));
}

/// The parts of the drawing, for whoever reviews a change of it.
#[test]
fn a_picture_says_what_the_program_does() {
    let folder = projects("examples").into_iter().find(|p| p.ends_with("saas")).unwrap();
    let checked = check_folder(&folder);
    let of = |name: &str| checked.program.journeys.iter().position(|j| j.name == name).unwrap();
    let trial = Picture::new(&checked.program, &checked.sources, of("trial"));
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("picture-trial", graph::mermaid(&trial, None));
        insta::assert_snapshot!("picture-trial-words", words(&svg::svg(&trial, &Options::default())));
    });
}

/// The texts of an SVG in order.
fn words(svg: &str) -> String {
    let tree = roxmltree::Document::parse(svg).unwrap();
    let texts = tree.descendants().filter(|n| n.has_tag_name("text")).filter_map(|n| n.text());
    texts.collect::<Vec<_>>().join("\n")
}
