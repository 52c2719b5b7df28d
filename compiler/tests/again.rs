//! Checking again gives what a check from scratch gives, after each of many edits of real projects.

use journey_compiler::check::{Kept, check_again};
use journey_compiler::project::{Checked, Project};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Everything below a folder but its events, by path.
fn texts(folder: &Path, root: &Path, files: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            texts(&path, root, files);
        } else if path.extension().is_some_and(|e| ["journey", "html", "txt", "toml", "csv"].iter().any(|k| e == *k)) {
            let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
            files.insert(name, std::fs::read_to_string(&path).unwrap());
        }
    }
}

fn checked(files: &BTreeMap<String, String>, kept: &mut Kept) -> Checked {
    let read = |path: &str| files.get(path).cloned().ok_or_else(|| "it does not exist".to_string());
    let settings = files["journey.toml"].clone();
    let journeys = files.iter().filter(|(path, _)| path.ends_with(".journey"));
    let files = journeys.map(|(path, text)| (path.clone(), text.clone())).collect();
    check_again(&Project { settings, files, assets: &read, packs: journey_stdlib::packs() }, kept)
}

/// Marsaglia's xorshift: the same edits on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) % limit.max(1) as u64) as usize
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    /// A place between two characters.
    fn place(&mut self, text: &str) -> usize {
        let mut at = self.below(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }
}

/// Words that make and unmake what others look at.
const PIECES: [&str; 14] = [
    "x",
    " ",
    "\n",
    "}",
    "{",
    "wait 2 hours\n",
    "send cart_reminder by push\n",
    "go to win_back\n",
    "if profile.tier == gold { finish }\n",
    "set profile.unknown = 3\n",
    "\njourney fresh {\n  trigger on order_completed as order\n  re-entry never\n  wait 1 day\n}\n",
    "\nevent order_completed { extra: text }\n",
    "\nteam fresh \"fresh@example.com\"\n",
    "@campaign retention.nowhere\n",
];

/// One edit, as people make them.
fn edit(random: &mut Random, files: &mut BTreeMap<String, String>) {
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    // Mostly the text of a journey.
    let journeys: Vec<&str> = names.iter().filter(|n| n.starts_with("journeys")).copied().collect();
    let among = if random.below(3) > 0 && !journeys.is_empty() { &journeys } else { &names };
    let name = random.of(among).to_string();
    let text = files.get_mut(&name).unwrap();
    let at = random.place(text);
    match random.below(5) {
        0 => text.insert_str(at, random.of(&PIECES)),
        1 => {
            // A word goes.
            let end = at + text[at..].find([' ', '\n']).unwrap_or(text.len() - at);
            text.replace_range(at..end, "");
        }
        2 => {
            // A line goes to another place.
            let start = text[..at].rfind('\n').map_or(0, |n| n + 1);
            let end = text[at..].find('\n').map_or(text.len(), |n| at + n + 1);
            let line = text[start..end].to_string();
            text.replace_range(start..end, "");
            let to = random.place(text);
            let to = text[..to].rfind('\n').map_or(0, |n| n + 1);
            text.insert_str(to, &line);
        }
        3 => {
            // A word becomes another one of the text.
            let words: Vec<&str> = text.split_whitespace().collect();
            if words.is_empty() {
                return;
            }
            let (old, new) = (random.of(&words).to_string(), random.of(&words).to_string());
            *text = text.replacen(&old, &new, 1);
        }
        _ => text.insert(at, random.of(&['a', '.', '"', '1', 'ต'])),
    }
}

fn same(project: &str, step: usize, again: &Checked, scratch: &Checked) {
    assert_eq!(again.diagnostics, scratch.diagnostics, "{project}, after edit {step}");
    assert!(
        again.mentions.all() == scratch.mentions.all(),
        "{project}, after edit {step}: names stand for other things"
    );
    let (again, scratch) = (format!("{:?}", again.program), format!("{:?}", scratch.program));
    let at = again.bytes().zip(scratch.bytes()).take_while(|(a, b)| a == b).count();
    let near = |text: &str| {
        String::from_utf8_lossy(&text.as_bytes()[at.saturating_sub(200)..(at + 200).min(text.len())]).into_owned()
    };
    assert!(again == scratch, "{project}, after edit {step}:\n{}\n{}", near(&again), near(&scratch));
}

#[test]
fn a_check_again_is_a_check_from_scratch() {
    let edits = std::env::var("JOURNEY_EDITS").ok().and_then(|n| n.parse().ok()).unwrap_or(24);
    for (seed, project) in (1..).zip(["retail", "saas", "telco"]) {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../examples").join(project);
        let mut sound = BTreeMap::new();
        texts(&root, &root, &mut sound);
        let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ seed);
        let mut kept = Kept::default();
        let mut files = sound.clone();
        checked(&files, &mut kept);
        for step in 0..edits {
            // Now and then all is well again.
            if random.below(4) == 0 {
                files = sound.clone();
            } else {
                edit(&mut random, &mut files);
            }
            let scratch = checked(&files, &mut Kept::default());
            same(project, step, &checked(&files, &mut kept), &scratch);
            // Once more: now everything is known.
            same(project, step, &checked(&files, &mut kept), &scratch);
        }
    }
}
