//! Every program of this project that the compiler reads without a finding, with the placeholders of its messages.

use journey_grammar::parse::{parse, parse_placeholder};
use journey_grammar::span::FileId;
use std::path::{Path, PathBuf};

/// A program, and where it stands.
pub struct Program {
    /// The file, from the top of the project.
    pub name: String,
    /// Its first line in that file, from 1.
    pub line: usize,
    /// What it says.
    pub text: String,
}

/// The top of this project.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("two folders up").to_path_buf()
}

/// Files, and programs on pages.
pub fn sound() -> Vec<Program> {
    let root = root();
    let mut programs = Vec::new();
    let mut files: Vec<PathBuf> = ignore::Walk::new(&root)
        .filter_map(Result::ok)
        .map(ignore::DirEntry::into_path)
        .filter(|p| p.is_file())
        .collect();
    files.sort();
    for path in files {
        let name = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
        let kind = path.extension().and_then(|e| e.to_str()).unwrap_or("");
        let Some(text) = matches!(kind, "journey" | "md").then(|| std::fs::read_to_string(&path).ok()).flatten() else {
            continue;
        };
        match kind {
            "journey" => programs.push(Program { name, line: 1, text }),
            _ => on_page(&name, &text, &mut programs),
        }
    }
    programs.retain(|p| {
        let placeholders = super::classes::placeholders_of(&p.text);
        parse(FileId(0), &p.text).diagnostics.is_empty()
            && placeholders.into_iter().all(|r| parse_placeholder(FileId(0), &p.text, r.start + 2..r.end - 2).is_ok())
    });
    programs
}

fn on_page(name: &str, page: &str, programs: &mut Vec<Program>) {
    let mut open: Option<Program> = None;
    for (number, line) in page.lines().enumerate() {
        let fence = line.trim_start().strip_prefix("```");
        match (&mut open, fence) {
            (None, Some(info)) if info.split_whitespace().next() == Some("journey") => {
                open = Some(Program { name: name.to_string(), line: number + 2, text: String::new() });
            }
            (Some(_), Some(_)) => programs.extend(open.take()),
            (Some(program), None) => {
                program.text.push_str(line);
                program.text.push('\n');
            }
            (None, _) => {}
        }
    }
}
