//! What must hold whatever the program: a replay repeats itself, customers do not meet, and what is not heard changes nothing.

use super::direct::{self, How};
use super::{Told, compile, guarded, horizon};
use crate::generate::stream::{Said, bytes};
use crate::generate::{Generated, Random};
use journey_runtime::batch::Reference;
use journey_runtime::program::Program;
use std::collections::BTreeMap;

/// A journey that nobody ever enters, and that hears nothing.
const UNHEARD: &str = "event zz_never { nothing: text? }\n
journey zz_unheard {
  trigger on zz_never as it
  re-entry after finishing
  goal on zz_never within 7 days of entry

  wait 3 days
  finish as \"never\"
}
";

/// Checks the laws; gives the inputs that were taken for it.
pub fn hold(generated: &Generated, program: &Program, stream: &[Said], seed: u64) -> Result<u64, String> {
    let (lines, end) = (bytes(stream), horizon(stream));
    let reference = How { engine: &Reference, batch: 4096, move_house: 0 };
    let first = guarded("once", || direct::run(program, &lines, end, reference))?;
    let again = guarded("again", || direct::run(program, &lines, end, reference))?;
    let mut steps = 2 * first.inputs as u64;
    if let Some(what) = first.told.differs(&again.told) {
        return Err(format!("a second replay: {what}"));
    }
    // Words of texts are numbers in the order in which texts come: only the effects can be compared.
    let mixed = bytes(&interleaved(program, stream, seed));
    let apart = guarded("interleaved", || direct::run(program, &mixed, end, reference))?;
    steps += apart.inputs as u64;
    let only = |told: &Told| Told { effects: told.effects.clone(), ..Told::default() };
    if let Some(what) = only(&first.told).differs(&only(&apart.told)) {
        return Err(format!("customers in another order: {what}"));
    }
    let more = format!("{}{UNHEARD}", generated.text());
    if let Some(wider) = guarded("the compiler", || compile(&more))? {
        for (name, engine) in super::engines(&wider) {
            let how = How { engine: &*engine, batch: 7, move_house: 0 };
            let with = guarded("with a journey more", || direct::run(&wider, &lines, end, how))?;
            steps += with.inputs as u64;
            if let Some(what) = only(&first.told).differs(&only(&with.told)) {
                return Err(format!("a journey that hears nothing ({name}): {what}"));
            }
        }
    }
    Ok(steps)
}

/// The same lines, those of different customers in another order among each other. What concerns several stays where it is.
fn interleaved(program: &Program, stream: &[Said], seed: u64) -> Vec<Said> {
    let mut random = Random::new(seed);
    let everyone: Vec<&str> = program.image.events.iter().filter(|e| e.everyone).map(|e| e.wire.as_str()).collect();
    let read = |said: &Said| serde_json::from_slice::<serde_json::Value>(&said.line).unwrap_or_default();
    // Names that are ever joined are taken for one customer.
    let mut joined: BTreeMap<String, String> = BTreeMap::new();
    let root = |joined: &BTreeMap<String, String>, mut name: String| {
        while let Some(next) = joined.get(&name) {
            name.clone_from(next);
        }
        name
    };
    for line in stream.iter().map(read).filter(|line| line["type"] == "alias") {
        if let (Some(a), Some(b)) = (line["userId"].as_str(), line["previousId"].as_str()) {
            let (a, b) = (root(&joined, a.to_string()), root(&joined, b.to_string()));
            if a != b {
                joined.insert(b, a);
            }
        }
    }
    let mut mixed = Vec::new();
    let mut pending: BTreeMap<String, Vec<Said>> = BTreeMap::new();
    let mut drain = |pending: &mut BTreeMap<String, Vec<Said>>, mixed: &mut Vec<Said>| {
        while !pending.is_empty() {
            let names: Vec<String> = pending.keys().cloned().collect();
            let name = random.pick(&names);
            let empty = pending.get_mut(name).is_none_or(|said| {
                mixed.push(said.remove(0));
                said.is_empty()
            });
            if empty {
                pending.remove(name);
            }
        }
    };
    for said in stream {
        let line = read(said);
        let event = line["event"].as_str().or(line["type"].as_str()).unwrap_or_default();
        let who = line["userId"].as_str().or(line["subject"].as_str()).or(line["customer"].as_str());
        match who.filter(|_| line["type"] != "alias" && !everyone.contains(&event)) {
            Some(who) => pending.entry(root(&joined, who.to_string())).or_default().push(said.clone()),
            None => {
                drain(&mut pending, &mut mixed);
                mixed.push(said.clone());
            }
        }
    }
    drain(&mut pending, &mut mixed);
    mixed
}

/// The time a line tells, of its own or of its receipt.
pub fn time_of(line: &[u8]) -> Option<i64> {
    let line = serde_json::from_slice::<serde_json::Value>(line).ok()?;
    if let Some(at) = line["at"].as_i64() {
        return Some(at);
    }
    let text = ["receivedAt", "timestamp", "time"].iter().find_map(|field| line[*field].as_str())?;
    let digits = |range: std::ops::Range<usize>| text.get(range)?.parse::<i64>().ok();
    let (year, month) = (digits(0..4)?, digits(5..7)?);
    // To the month is enough to say when all is over; broken clocks do not count.
    (year < 2100).then(|| ((year - 1970) * 12 + month) * 31 * 86_400_000)
}
