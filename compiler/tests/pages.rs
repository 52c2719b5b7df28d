//! Every code has its page, and what stands on it is true: the example raises that code and no other, and the mended program has no
//! error.

use journey_compiler::testing;
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Severity;

/// A program on a page: what is checked, and the files it names.
#[derive(Default)]
struct Program {
    language: String,
    text: String,
    files: Vec<(String, String)>,
}

/// The fenced blocks of a section. The first is the program (`journey`, or `toml` for settings), the others (`text NAME`) its files.
fn program(page: &str, section: &str) -> Option<Program> {
    let start = page.find(&format!("\n## {section}\n"))? + section.len() + 5;
    let rest = &page[start..];
    let end = rest.find("\n## ").unwrap_or(rest.len());
    let mut program: Option<Program> = None;
    let mut lines = rest[..end].lines();
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```") else { continue };
        let body: Vec<&str> = lines.by_ref().take_while(|l| *l != "```").collect();
        let body = body.join("\n") + "\n";
        match (&mut program, info.split_once(' ')) {
            (None, _) => program = Some(Program { language: info.to_string(), text: body, files: Vec::new() }),
            (Some(p), Some((_, name))) => p.files.push((name.to_string(), body)),
            (Some(_), None) => panic!("a second program in `{section}`"),
        }
    }
    program
}

fn check(program: &Program) -> journey_compiler::project::Checked {
    let files: Vec<(&str, &str)> = program.files.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
    match program.language.as_str() {
        "toml" => testing::check_with(&program.text, "", &files, journey_stdlib::packs()),
        "journey" => testing::check(&program.text, &files, journey_stdlib::packs()),
        other => panic!("a program in `{other}`"),
    }
}

#[test]
fn pages_are_true() {
    let mut wrong = Vec::new();
    for code in Code::ALL {
        let page = code.page();
        let title = format!("# {code}: {}\n", code.summary());
        if !page.starts_with(&title) {
            wrong.push(format!("{code}: the page does not begin with `{}`\n", title.trim()));
        }
        // It takes a hundred mistakes to raise it: no example for a page.
        if *code == Code::TooManyMistakes {
            continue;
        }
        // Raised by data and edits, not by programs: `contracts/tests/data.rs` and `diff.rs` hold those pages.
        if code.as_str().starts_with("J10") {
            continue;
        }
        let (Some(example), Some(fixed)) = (program(page, "Example"), program(page, "Fixed")) else {
            wrong.push(format!("{code}: an example or the mended program is missing\n"));
            continue;
        };
        let checked = check(&example);
        let found: Vec<Code> = checked.diagnostics.iter().map(|d| d.code).collect();
        if found.is_empty() || found.iter().any(|c| c != code) {
            wrong.push(format!("{code}: the example raises {found:?}\n{}", testing::render(&checked)));
        }
        let checked = check(&fixed);
        if checked.diagnostics.iter().any(|d| d.severity == Severity::Error || d.code == *code) {
            wrong.push(format!("{code}: the mended program is not right\n{}", testing::render(&checked)));
        }
    }
    assert!(wrong.is_empty(), "{} pages are wrong\n\n{}", wrong.len(), wrong.join("\n"));
}
