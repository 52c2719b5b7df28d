//! What the compiler calls impossible never happens: shown on programs by chance that ask the same again and again, and on those of
//! which something wrong was once claimed.
//!
//! `JOURNEY_PROVED_SEEDS=200` (or `1000-2000`) takes so many seeds instead of those of every day. What goes wrong is kept in
//! `tests/proved`, where it is run for ever.

use journey_tests::equal::cases::said;
use journey_tests::proved::{self, Done};

fn seeds() -> (u64, u64) {
    let wanted = std::env::var("JOURNEY_PROVED_SEEDS").unwrap_or_default();
    match wanted.split_once('-') {
        Some((from, to)) => (from.parse().unwrap(), to.parse().unwrap()),
        None => (0, wanted.parse().unwrap_or(150)),
    }
}

#[test]
fn what_is_called_impossible_never_happens() {
    let (from, to) = seeds();
    let mut all = Done::default();
    let mut wrong = Vec::new();
    std::panic::set_hook(Box::new(|_| {}));
    for seed in from..to {
        match proved::seed(seed, 2, 250) {
            Ok(done) => {
                all.programs += done.programs;
                all.claims += done.claims;
                all.probes += done.probes;
                all.effects += done.effects;
            }
            Err(what) => {
                println!("{what}\n");
                wrong.push(what);
            }
        }
    }
    let _ = std::panic::take_hook();
    println!("{all:?} of {} programs", to - from);
    assert!(wrong.is_empty(), "{} claims are wrong:\n{}", wrong.len(), wrong.join("\n\n"));
    assert!(all.programs as u64 * 10 >= (to - from) * 8, "too many generated programs do not compile");
    assert!(all.probes * 10 >= all.claims * 6, "too few claims have a probe");
}

#[test]
fn what_was_once_claimed_wrongly_is_not_any_more() {
    let mut kept: Vec<_> =
        std::fs::read_dir(proved::folder()).into_iter().flatten().filter_map(|e| Some(e.ok()?.path())).collect();
    kept.retain(|path| path.extension().is_some_and(|e| e == "journey"));
    kept.sort();
    for path in kept {
        let text = std::fs::read_to_string(&path).unwrap();
        let lines = std::fs::read(path.with_extension("jsonl")).unwrap();
        let probed = proved::probe(&text).unwrap_or_else(|| panic!("{} does not compile", path.display()));
        if let Err(what) = proved::hold(&probed, &said(&lines)) {
            panic!("{}: {what}", path.display());
        }
    }
}
