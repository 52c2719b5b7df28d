//! The command as people and scripts use it: exit codes, streams, extremes.

mod common;

use common::{code, err, journey, out};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

fn run(args: &[&str]) -> Output {
    journey().args(args).output().unwrap()
}

/// A project made by `journey new`.
fn new_project(folder: &Path) -> PathBuf {
    let path = folder.join("spring");
    let made = run(&["new", path.to_str().unwrap()]);
    assert_eq!(code(&made), 0, "{}", err(&made));
    path
}

const SETTINGS: &str = "[project]\nname = \"p\"\ntime_zone = \"UTC\"\ncurrency = \"EUR\"\n";

/// A project with one file of these bytes.
fn project_of(folder: &Path, bytes: &[u8]) -> String {
    std::fs::write(folder.join("journey.toml"), SETTINGS).unwrap();
    std::fs::write(folder.join("a.journey"), bytes).unwrap();
    folder.to_str().unwrap().to_string()
}

/// It says why in one error, and does not panic.
fn refused(output: &Output, expected: i32, words: &str) {
    let text = out(output) + &err(output);
    assert_eq!(code(output), expected, "{text}");
    assert!(text.contains(words), "{text}");
    assert!(!text.contains("panicked"), "{text}");
}

#[test]
fn a_new_project_checks_tests_runs_and_is_laid_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = new_project(folder.path());
    let path = path.to_str().unwrap();
    for args in [
        &["check", path][..],
        &["check", "--deny-warnings", path],
        &["test", path],
        &["run", path],
        &["fmt", "--check", path],
    ] {
        let output = run(args);
        assert_eq!(code(&output), 0, "{args:?}: {}{}", out(&output), err(&output));
    }
    let story = out(&run(&["run", path, "--trace", "ana"]));
    assert!(story.contains("sends welcome by email"), "{story}");
    refused(&run(&["run", path, "--trace", "nobody"]), 2, "no customer `nobody`");
    refused(&run(&["new", path]), 2, "not empty");
}

#[test]
fn mistakes_are_1_and_wrong_use_is_2() {
    let folder = tempfile::tempdir().unwrap();
    let project = project_of(folder.path(), b"journey x {\n  wait 2\n}\n");
    refused(&run(&["check", &project]), 1, "J0");
    refused(&run(&["test", &project]), 1, "J0");
    refused(&run(&["run", &project]), 1, "J0");
    refused(&run(&["check", "--colour"]), 2, "--color");
    refused(&run(&["check", "/nowhere/at/all"]), 2, "does not exist");
    refused(&run(&["explain", "J9999"]), 2, "no code");
    assert_eq!(code(&run(&["explain", "J0101"])), 0);
    assert_eq!(code(&run(&["--help"])), 0);
}

#[test]
fn findings_have_forms_for_programs() {
    let folder = tempfile::tempdir().unwrap();
    let project = project_of(
        folder.path(),
        "// ก\njourney x {\n  trigger on nothing_known\n  re-entry never\n  finish\n}\n".as_bytes(),
    );
    let json: serde_json::Value =
        serde_json::from_slice(&run(&["check", "--format", "json", &project]).stdout).unwrap();
    assert_eq!(json[0]["code"], "J0101");
    assert_eq!((&json[0]["labels"][0]["line"], &json[0]["labels"][0]["column"]), (&3.into(), &14.into()));
    let sarif: serde_json::Value =
        serde_json::from_slice(&run(&["check", "--format", "sarif", &project]).stdout).unwrap();
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "J0101");
    assert_eq!(
        sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
        "a.journey"
    );
    let github = out(&run(&["check", "--format", "github", &project]));
    assert!(github.starts_with("::error title=journey (J0101),file=a.journey,line=3,col=14,"), "{github}");
    let concise = out(&run(&["check", "--format", "concise", &project]));
    assert!(concise.starts_with("a.journey:3:14: error[J0101]: "), "{concise}");
    // Paths are those that lead there from where the command was started.
    let name = folder.path().file_name().unwrap().to_str().unwrap();
    let mut above = journey();
    above.current_dir(folder.path().parent().unwrap()).args(["check", "--format", "concise", name]);
    let above = out(&above.output().unwrap());
    assert!(above.starts_with(&format!("{name}/a.journey:3:14: error[J0101]: ")), "{above}");
}

#[test]
fn a_pipe_gets_no_colour_and_may_close_early() {
    let folder = tempfile::tempdir().unwrap();
    let project = project_of(folder.path(), b"journey x {\n  wait 2\n}\n");
    let piped = run(&["check", &project]);
    assert!(!out(&piped).contains('\x1b'));
    let forced = run(&["check", "--color", "always", &project]);
    assert!(out(&forced).contains('\x1b'));
    let mut child = journey().args(["explain"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert!(!err(&ended).contains("panicked"), "{}", err(&ended));
}

#[test]
fn standard_input_is_laid_out_and_run_on() {
    let feed = |args: &[&str], text: &str| {
        let mut child =
            journey().args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    let laid_out = feed(&["fmt", "-"], "team   a \"a@b.c\"   // who\n");
    assert_eq!(out(&laid_out), "team a \"a@b.c\"  // who\n");
    assert_eq!(code(&feed(&["fmt", "--check", "-"], "team   a \"a@b.c\"\n")), 1);
    let folder = tempfile::tempdir().unwrap();
    let project = new_project(folder.path());
    let events = std::fs::read_to_string(project.join("events.jsonl")).unwrap();
    let summary = feed(&["run", project.to_str().unwrap(), "--events", "-", "--format", "json"], &events);
    let json: serde_json::Value = serde_json::from_slice(&summary.stdout).unwrap();
    assert_eq!(json["messages"]["read"], 6);
}

#[test]
fn packed_events_are_told_by_their_content() {
    let folder = tempfile::tempdir().unwrap();
    let project = new_project(folder.path());
    let events = std::fs::read(project.join("events.jsonl")).unwrap();
    let plain = run(&["run", project.to_str().unwrap()]);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&events).unwrap();
    let gzip = gzip.finish().unwrap();
    let zst = zstd::encode_all(&events[..], 3).unwrap();
    for (name, bytes) in [("a.gz", &gzip), ("b.zst", &zst), ("c", &gzip)] {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let packed = run(&["run", project.to_str().unwrap(), "--events", path.to_str().unwrap()]);
        assert_eq!(out(&packed), out(&plain), "{name}: {}", err(&packed));
    }
    for cut in [gzip.len() / 2, gzip.len() - 3] {
        let path = folder.path().join("cut.gz");
        std::fs::write(&path, &gzip[..cut]).unwrap();
        refused(&run(&["run", project.to_str().unwrap(), "--events", path.to_str().unwrap()]), 2, "cannot read");
    }
}

#[test]
fn snapshots_are_written_and_compared() {
    let folder = tempfile::tempdir().unwrap();
    let path = new_project(folder.path());
    let project = path.to_str().unwrap();
    refused(&run(&["snapshot", "--check", project]), 2, "journey snapshot");
    assert_eq!(code(&run(&["snapshot", project])), 0);
    assert_eq!(code(&run(&["snapshot", "--check", project])), 0);
    let file = path.join("welcome.journey");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("wait up to 3 days", "wait up to 4 days")).unwrap();
    let changed = run(&["snapshot", "--check", project]);
    assert_eq!(code(&changed), 1);
    assert!(out(&changed).contains("4 days"), "{}", out(&changed));
}

#[test]
fn a_build_runs_like_its_sources() {
    let folder = tempfile::tempdir().unwrap();
    let path = new_project(folder.path());
    let image = folder.path().join("spring.journeyc");
    let built = run(&["build", path.to_str().unwrap(), "-o", image.to_str().unwrap()]);
    assert_eq!(code(&built), 0, "{}", err(&built));
    let events = path.join("events.jsonl");
    let args = ["--events", events.to_str().unwrap(), "--until", "2026-04-01"];
    let from_image = journey().arg("run").arg(&image).args(args).output().unwrap();
    let from_sources = journey().arg("run").arg(&path).args(args).output().unwrap();
    assert_eq!(out(&from_image), out(&from_sources), "{}", err(&from_image));
    let mut bytes = std::fs::read(&image).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    std::fs::write(&image, bytes).unwrap();
    refused(&journey().arg("run").arg(&image).args(args).output().unwrap(), 2, "cannot use");
}

#[test]
fn engines_give_the_same_effects_and_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = new_project(folder.path());
    let effects = |engine: &str| {
        let to = folder.path().join(engine);
        let args = ["--until", "2026-04-01", "--format", "json", "--engine", engine, "--output", to.to_str().unwrap()];
        let events = path.join("events.jsonl");
        let ran = journey().arg("run").arg(&path).arg("--events").arg(events).args(args).output().unwrap();
        assert_eq!(code(&ran), 0, "{}", err(&ran));
        let told = |name: &str| out(&ran).contains(&format!("\"name\": \"{name}\""));
        match engine {
            // So few events are not worth compiling for.
            "auto" => assert!(told("vm"), "{}", out(&ran)),
            "jit" => assert!(told("jit") || told("vm") && !out(&ran).contains("\"reason\": null"), "{}", out(&ran)),
            _ => assert!(told(engine), "{}", out(&ran)),
        }
        std::fs::read(to).unwrap()
    };
    let expected = effects("reference");
    for engine in ["vm", "jit", "auto"] {
        assert!(effects(engine) == expected, "the effects of {engine} differ");
    }
}

#[test]
fn safe_fixes_are_applied() {
    let folder = tempfile::tempdir().unwrap();
    let path = new_project(folder.path());
    let file = path.join("welcome.journey");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("send first_steps by", "send frist_steps by")).unwrap();
    assert_eq!(code(&run(&["check", path.to_str().unwrap()])), 1);
    assert_eq!(code(&run(&["check", "--fix", path.to_str().unwrap()])), 0);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn extremes_are_clear_errors() {
    let check = |bytes: &[u8]| {
        let folder = tempfile::tempdir().unwrap();
        run(&["check", &project_of(folder.path(), bytes)])
    };
    let deep = format!("segment deep = {}1 == 1{}\n", "(".repeat(10_000), ")".repeat(10_000));
    refused(&check(deep.as_bytes()), 1, "J0");
    refused(&check(&vec![b'x'; 1 << 20]), 1, "J0");
    refused(&check("journey a {\n".repeat(90_000).as_bytes()), 1, "J0");
    refused(&check(b"team a \"\xff\xfe\"\n"), 2, "not UTF-8");
    refused(&check("team a \"a\u{0}b\u{202e}c\"\n".as_bytes()), 1, "J0");
    let empty = tempfile::tempdir().unwrap();
    refused(&run(&["check", empty.path().to_str().unwrap()]), 2, "no journey project");
    std::fs::write(empty.path().join("journey.toml"), SETTINGS).unwrap();
    refused(&run(&["check", empty.path().to_str().unwrap()]), 2, "no .journey file");
    std::fs::write(empty.path().join("journey.toml"), "[project\n").unwrap();
    std::fs::write(empty.path().join("a.journey"), "").unwrap();
    refused(&run(&["check", empty.path().to_str().unwrap()]), 1, "journey.toml");
}

/// A folder without rights. Root reads everything, so there is nothing to see as root.
#[cfg(unix)]
#[test]
fn a_folder_without_rights_is_a_clear_error() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let project = project_of(folder.path(), b"team a \"a@b.c\"\n");
    let closed = folder.path().join("closed");
    std::fs::create_dir(&closed).unwrap();
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o000)).unwrap();
    let readable = std::fs::read_dir(&closed).is_ok();
    let output = run(&["check", &project]);
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o755)).unwrap();
    if readable {
        assert_eq!(code(&output), 0, "{}", err(&output));
    } else {
        refused(&output, 2, "closed");
    }
}

#[test]
fn shells_get_their_completions() {
    for shell in ["bash", "zsh", "fish"] {
        let script = run(&["completions", shell]);
        assert!(out(&script).contains("journey"), "{shell}");
    }
}

#[test]
fn events_become_columns_and_lines_again() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let project = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/retail");
    let lines = format!("{project}/events.jsonl");
    let made = run(&["events", "convert", &lines, &at("events.parquet"), "--format", "json"]);
    assert_eq!(code(&made), 0, "{}", err(&made));
    let said: serde_json::Value = serde_json::from_str(&out(&made)).unwrap();
    // Two messages do not fit in the columns and are kept whole.
    assert_eq!((&said["messages"], &said["as_json"]), (&2005.into(), &2.into()), "{said}");
    for back in ["back.jsonl", "back.jsonl.gz", "back.jsonl.zst"] {
        let made = run(&["events", "convert", &at("events.parquet"), &at(back)]);
        assert_eq!(code(&made), 0, "{}", err(&made));
    }
    assert!(
        std::fs::read(at("back.jsonl")).unwrap() == std::fs::read(&lines).unwrap(),
        "the messages are as they came"
    );
    let over = |events: &str, effects: &str| {
        let ran = run(&["run", project, "--quiet", "--events", events, "--output", effects]);
        assert_eq!(code(&ran), 0, "{}", err(&ran));
        let text = out(&ran);
        text.lines().filter(|line| !line.contains("bytes") && !line.contains("memory")).collect::<Vec<_>>().join("\n")
    };
    let expected = over(&lines, &at("lines.jsonl"));
    for (events, effects) in
        [("events.parquet", "columns.jsonl"), ("back.jsonl.gz", "gz.jsonl"), ("back.jsonl.zst", "zst.jsonl")]
    {
        assert_eq!(over(&at(events), &at(effects)), expected);
        assert!(std::fs::read(at(effects)).unwrap() == std::fs::read(at("lines.jsonl")).unwrap(), "{events}");
    }
    over(&at("events.parquet"), &at("effects.parquet"));
    assert_eq!(&std::fs::read(at("effects.parquet")).unwrap()[..4], b"PAR1");
}

#[test]
fn files_that_are_not_what_they_seem_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let project = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/retail");
    let lines = format!("{project}/events.jsonl");
    std::fs::write(at("cut.parquet"), "PAR1 and no more").unwrap();
    refused(&run(&["run", project, "--events", &at("cut.parquet")]), 2, "damaged, or no Parquet file");
    refused(&run(&["events", "convert", &at("cut.parquet"), &at("x.jsonl")]), 2, "damaged, or no Parquet file");
    refused(&run(&["events", "convert", &lines, &at("x.csv")]), 2, "does not end in `.parquet`");
    refused(&run(&["events", "convert", &lines, &lines]), 2, "both files are the same");
    refused(&run(&["events", "convert", "-", &at("x.parquet")]), 2, "only once");
    refused(&run(&["events", "convert", &at("none.jsonl"), &at("x.parquet")]), 2, "does not exist");
    let effects = run(&["run", project, "--quiet", "--output", &at("effects.parquet")]);
    assert_eq!(code(&effects), 0, "{}", err(&effects));
    refused(&run(&["run", project, "--events", &at("effects.parquet")]), 2, "no history");
    assert!(!folder.path().join("x.parquet").exists() && !folder.path().join("x.parquet.part").exists());
}
