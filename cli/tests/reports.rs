//! What the command says of projects, versions and data: input and output together.

mod common;

use common::{code, err, journey, out};
use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

const SETTINGS: &str = include_str!("reports/journey.toml");
const BEFORE: &str = include_str!("reports/before.journey");
const AFTER: &str = include_str!("reports/after.journey");
const EVENTS: &str = include_str!("reports/events.jsonl");
const PLAN: &str = include_str!("reports/plan.json");
const LATE: &str = include_str!("reports/late.journey");

/// Files in a folder of their own, and what the commands say there, one after the other.
fn told(files: &[(&str, &str)], commands: &[&[&str]]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut told = String::new();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        let _ = writeln!(told, "---- {name}\n{}", text.trim_end());
    }
    for args in commands {
        let output = journey().args(*args).current_dir(folder.path()).output().unwrap();
        let _ = write!(told, "\n$ journey {}\n{}", args.join(" "), shown(&out(&output)));
        if !output.stderr.is_empty() {
            let _ = write!(told, "---- beside\n{}", err(&output));
        }
        let _ = writeln!(told, "---- exit code {}", code(&output));
    }
    told
}

/// Output as it is; of SARIF without the pages of the codes, which are long, and the version.
fn shown(text: &str) -> String {
    let Ok(mut value) = serde_json::from_str::<Value>(text) else { return text.to_string() };
    if value.get("runs").is_none() {
        return text.to_string();
    }
    let driver = &mut value["runs"][0]["tool"]["driver"];
    driver["version"] = "…".into();
    for rule in driver["rules"].as_array_mut().unwrap() {
        for form in ["text", "markdown"] {
            let page = rule["help"][form].as_str().unwrap();
            rule["help"][form] = format!("{} …", page.lines().next().unwrap()).into();
        }
    }
    format!("{value:#}\n")
}

macro_rules! snapshot {
    ($name:expr, $value:expr) => {
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false, snapshot_path => "reports" }, {
            insta::assert_snapshot!($name, $value);
        });
    };
}

#[test]
fn data_against_declarations() {
    let files = [("journey.toml", SETTINGS), ("shop.journey", BEFORE), ("events.jsonl", EVENTS)];
    snapshot!(
        "data_against",
        told(
            &files,
            &[
                &["data", "--against", "events.jsonl", "--quiet"],
                &["data", "--against", "events.jsonl", "--quiet", "--allow", "60"],
            ]
        )
    );
}

#[test]
fn declarations_from_data_and_plans() {
    let files = [("events.jsonl", EVENTS), ("plan.json", PLAN)];
    snapshot!("infer_and_import", told(&files, &[&["infer", "events.jsonl", "--quiet"], &["import", "plan.json"]]));
}

#[test]
fn two_versions() {
    let files = [
        ("old/journey.toml", SETTINGS),
        ("old/shop.journey", BEFORE),
        ("new/journey.toml", SETTINGS),
        ("new/shop.journey", AFTER),
        ("events.jsonl", EVENTS),
    ];
    let with_events = ["--events", "events.jsonl", "--quiet"];
    let diff = |more: &[&'static str]| [&["diff", "old", "new"], more, &with_events].concat();
    let forms = [diff(&[]), diff(&["--format", "markdown"]), diff(&["--format", "json", "--fail-on", "consent"])];
    snapshot!("diff", told(&files, &forms.each_ref().map(Vec::as_slice)));
}

/// A migration that knows one place of the old version, and misspells another.
#[test]
fn a_migration_against_the_old_version() {
    let migrated =
        format!("{AFTER}\nmigrate cart from \"ca6edd64\" {{\n  chaise   to chase\n  reminder finishes\n}}\n");
    let files = [
        ("old/journey.toml", SETTINGS),
        ("old/shop.journey", BEFORE),
        ("new/journey.toml", SETTINGS),
        ("new/shop.journey", migrated.as_str()),
    ];
    snapshot!("migration", told(&files, &[&["diff", "old", "new"]]));
}

#[test]
fn what_is_certain() {
    let files = [("journey.toml", SETTINGS), ("shop.journey", AFTER)];
    let commands: [&[&str]; 3] =
        [&["prove"], &["prove", "--format", "markdown", "--witness"], &["prove", "--format", "json"]];
    snapshot!("prove", told(&files, &commands));
}

/// A project may say how much a finding matters, and why: every form shows that.
#[test]
fn how_much_findings_matter() {
    let settings = format!(
        "{SETTINGS}\n[severity]\nJ0312 = {{ level = \"off\", reason = \"written by the campaign tool\" }}\n\
         J0803 = {{ level = \"error\", reason = \"letters are printed after 60 days\" }}\n"
    );
    let files = [("journey.toml", settings.as_str()), ("shop.journey", LATE)];
    let forms = ["human", "concise", "json", "sarif", "github"];
    let commands = forms.map(|form| ["check", "--format", form]);
    snapshot!("severity", told(&files, &commands.each_ref().map(<[_; 3]>::as_slice)));
}

/// Two revisions of a repository, and one against the project as it stands. The project is not at the top of it.
#[test]
fn revisions_are_read_by_git() {
    let folder = tempfile::tempdir().unwrap();
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        command.arg("-C").arg(folder.path());
        // Nothing of whoever runs this.
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "Ana").env(format!("GIT_{who}_EMAIL"), "ana@example.com");
        }
        let output = command.args(args).output().unwrap();
        assert!(output.status.success(), "git {args:?}: {}", err(&output));
    };
    let project = folder.path().join("shop");
    let write = |name: &str, text: &str| std::fs::write(project.join(name), text).unwrap();
    std::fs::create_dir(&project).unwrap();
    git(&["init", "--quiet", "--initial-branch", "main"]);
    write("journey.toml", SETTINGS);
    write("shop.journey", BEFORE);
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message", "before"]);
    git(&["tag", "before"]);
    write("shop.journey", AFTER);
    git(&["commit", "--quiet", "--all", "--message", "after"]);
    write("shop.journey", &AFTER.replace("wait 2 days", "wait 3 days"));
    let diff = |args: &[&str]| journey().arg("diff").args(args).current_dir(folder.path()).output().unwrap();
    let text = |args: &[&str]| out(&diff(args));

    let two = text(&["before", "main", "--project", "shop"]);
    assert!(two.contains("- wait 1 hour") && two.contains("+ wait 2 days"), "{two}");
    assert_eq!(text(&["before..main", "--project", "shop"]), two);
    let stands = text(&["--base", "main", "--project", "shop"]);
    assert!(stands.contains("- wait 2 days") && stands.contains("+ wait 3 days"), "{stands}");
    assert_eq!(text(&["main..HEAD", "--project", "shop"]), "the same: nothing changes in what the two versions mean\n");
    // A revision and a folder.
    assert_eq!(text(&["main", project.to_str().unwrap(), "--project", "shop"]), stands);
    for (args, words) in [
        (["nowhere", "main", "--project", "shop"], "`nowhere` is neither a folder nor a revision"),
        (["before", "main", "--project", "."], "there is no journey.toml"),
    ] {
        let output = diff(&args);
        assert_eq!(code(&output), 2, "{args:?}");
        assert!(err(&output).contains(words), "{}", err(&output));
    }
    // Options of git are no revisions.
    assert_eq!(code(&diff(&["--project", "shop", "--base=--output=x"])), 2);
    assert!(!Path::new(&project).join("x").exists());
}
