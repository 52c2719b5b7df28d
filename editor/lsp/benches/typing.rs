//! How long a keystroke takes: a journey of the retail example is typed, character by character, into a project of ten thousand lines.
//!
//! After each character the findings of the file are waited for, and at every word's end a completion. Then a sound journey is changed
//! with pauses in which the project is proved, so that keystrokes meet proofs. Each answer is read as the protocol has it. Printed are
//! the median, the 99th of a hundred and the longest, in milliseconds.
//!
//! `cargo bench -p journey-lsp` · `TYPED=200` types only the first characters.

#[path = "../tests/support/mod.rs"]
mod support;
#[allow(dead_code, reason = "only its large project is wanted")]
#[path = "../../../tests/src/work.rs"]
mod work;

use gen_lsp_types as lt;
use serde_json::json;
use std::time::{Duration, Instant};
use support::{Client, Memory, SETTINGS, uri};

/// As the command has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const TYPED: &str = include_str!("../../../examples/retail/journeys/abandoned_cart.journey");

fn main() {
    let files = work::large_project();
    let lines: usize = files.iter().map(|(_, text)| text.lines().count()).sum();
    let disk = Memory::new(&[("/p/journey.toml", SETTINGS)]);
    for (path, text) in &files {
        disk.write(&format!("/p/{path}"), text);
    }
    let mut client = Client::new(disk);
    client.open("/p/typed.journey", "");
    client.told("/p/typed.journey");

    let most = std::env::var("TYPED").ok().and_then(|n| n.parse().ok()).unwrap_or(usize::MAX);
    let (mut findings, mut completions) = (Vec::new(), Vec::new());
    let (mut line, mut column) = (0, 0);
    let (mut version, mut typed) = (1, String::new());
    for c in TYPED.chars().take(most) {
        let at = json!({ "line": line, "character": column });
        let begun = Instant::now();
        client.change("/p/typed.journey", json!({ "start": at, "end": at }), &c.to_string());
        version += 1;
        typed.push(c);
        let told = client.told("/p/typed.journey");
        findings.push(begun.elapsed());
        assert_eq!(told.version, Some(version));
        for finding in &told.diagnostics {
            assert!(finding.range.end.line <= line + 1, "{finding:?} stands behind what was typed");
        }
        // Findings in other files come too, where a name is taken; nobody waits for them.
        client.forget();
        (line, column) = if c == '\n' { (line + 1, 0) } else { (line, column + c.len_utf8()) };
        if c == ' ' && !typed.ends_with("  ") {
            let position = json!({ "line": line, "character": column });
            let params = json!({ "textDocument": { "uri": uri("/p/typed.journey") }, "position": position });
            let begun = Instant::now();
            let answer = client.ask::<lt::CompletionRequest>(params);
            completions.push(begun.elapsed());
            assert!(answer.is_some());
        }
    }
    client.forget();
    let mut paused = with_pauses(&mut client, &files);
    client.end();
    println!("{} characters typed into {lines} lines", findings.len());
    tell("findings", &mut findings);
    tell("completion", &mut completions);
    tell("with pauses", &mut paused);
}

/// A number in a sound journey is changed, again and again, after pauses of different lengths.
fn with_pauses(client: &mut Client, files: &[(String, String)]) -> Vec<Duration> {
    client.say("textDocument/didClose", json!({ "textDocument": { "uri": uri("/p/typed.journey") } }));
    let (path, text) = &files[files.len() / 2];
    let path = format!("/p/{path}");
    client.open(&path, text);
    client.told(&path);
    let wait = text.find("  wait ").expect("every file has a wait") + "  wait ".len();
    let line = text[..wait].matches('\n').count();
    let at = json!({ "line": line, "character": 7 });
    let behind = json!({ "line": line, "character": 8 });
    let mut took = Vec::new();
    for n in 0..100u64 {
        std::thread::sleep(Duration::from_millis(60 + n * 37 % 140));
        client.forget();
        let begun = Instant::now();
        client.change(&path, json!({ "start": at, "end": behind }), &(1 + (n + 1) % 9).to_string());
        client.told(&path);
        took.push(begun.elapsed());
    }
    client.forget();
    took
}

fn tell(what: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let Some(last) = times.len().checked_sub(1) else { return };
    let at = |share: usize| times[last * share / 100].as_secs_f64() * 1000.0;
    println!("{what:<12} median {:>8.2} ms   p99 {:>8.2} ms   longest {:>8.2} ms", at(50), at(99), at(100));
}
