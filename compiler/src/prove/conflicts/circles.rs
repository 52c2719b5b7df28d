//! Hand-offs that lead back to where they began, with a wait on the way (without one they are an error): the shortest round through
//! each journey, and somebody who goes it.

use super::Circle;
use super::sides::{BEGIN, MINUTE, Sides, Way};
use crate::hir::{JourneyId, Program, StepKind, each_step};
use crate::prove::pressure::reach::NEVER;
use crate::prove::witness::play::effects;
use crate::prove::witness::schedule::next_entry;
use journey_runtime::input::{Effect, EffectKind};
use std::collections::BTreeMap;

/// For each journey that hands off: to whom, the least time until then, and the way there.
type HandOffs = BTreeMap<JourneyId, Vec<(JourneyId, i64, Way)>>;

/// Circles with an example, and how many have none.
pub fn circles(sides: &mut Sides) -> (Vec<Circle>, usize) {
    let hand_offs = hand_offs(sides);
    let mut seen: Vec<Vec<JourneyId>> = Vec::new();
    let mut found = Vec::new();
    let mut not_ridden = 0;
    for start in hand_offs.keys() {
        let Some((least, round)) = shortest(&hand_offs, *start) else { continue };
        let mut members: Vec<JourneyId> = round.iter().map(|way| way.journey).collect();
        members.sort_unstable();
        if seen.contains(&members) {
            continue;
        }
        seen.push(members);
        // Whoever is in at any of them goes round: begin where somebody comes in.
        let turns = (0..round.len()).map(|n| [&round[n..], &round[..n]].concat());
        match turns.into_iter().find_map(|round| ridden(sides, &round, least)) {
            Some(circle) => found.push(circle),
            None => not_ridden += 1,
        }
    }
    (found, not_ridden)
}

fn hand_offs(sides: &mut Sides) -> HandOffs {
    let program = sides.program();
    let mut all = HandOffs::new();
    for id in 0..program.journeys.len() {
        for to in targets(program, id) {
            if let Some((least, way)) = sides.hand_off(id, to) {
                all.entry(id).or_default().push((to, least, way));
            }
        }
    }
    all
}

fn targets(program: &Program, id: JourneyId) -> Vec<JourneyId> {
    let mut targets = Vec::new();
    each_step(&program.journeys[id].body, &mut |step| {
        if let StepKind::GoTo { journey, .. } = step.kind
            && !targets.contains(&journey)
        {
            targets.push(journey);
        }
    });
    targets
}

/// The round from a journey back to itself that takes the least time (Dijkstra's algorithm; there are few journeys that hand off).
fn shortest(hand_offs: &HandOffs, start: JourneyId) -> Option<(i64, Vec<Way>)> {
    let mut best: BTreeMap<JourneyId, (i64, Vec<Way>)> = BTreeMap::new();
    let mut done: Vec<JourneyId> = Vec::new();
    let mut at = (start, 0, Vec::new());
    loop {
        for (to, least, way) in hand_offs.get(&at.0).into_iter().flatten() {
            let time = at.1 + least;
            if time < best.get(to).map_or(NEVER, |b| b.0) {
                best.insert(*to, (time, [&at.2[..], std::slice::from_ref(way)].concat()));
            }
        }
        let next = best.iter().filter(|(to, _)| !done.contains(to)).min_by_key(|(to, (time, _))| (*time, **to));
        let (to, (time, ways)) = next.map(|(to, way)| (*to, way.clone()))?;
        if to == start {
            return Some((time, ways));
        }
        done.push(to);
        at = (to, time, ways);
    }
}

/// Somebody who goes round once, and is in the first journey again.
fn ridden(sides: &mut Sides, round: &[Way], least: i64) -> Option<Circle> {
    let first = round.first()?.journey;
    let again = sides.only_entered(first);
    let start = sides.start(first)?;
    let legs = [&start[..], round, &[again]].concat();
    let player = sides.player;
    let entry = next_entry(sides.program(), legs.first()?.journey, BEGIN);
    let mut schedule = player.schedule();
    let ran = sides.add(&mut schedule, &legs, entry, None)?;
    let played = sides.play(&schedule, ran.end)?;
    let enters = |e: &&Effect| matches!(e.kind, EffectKind::Entered { .. }) && player.journey(e) == Some(first);
    let mut entered = played.iter().filter(enters);
    let (begin, end) =
        (entered.next()?, entered.find(|e| matches!(e.kind, EffectKind::Entered { from: Some(_), .. }))?);
    let (begin, end) = (begin.time, end.time);
    let who = schedule.name()?;
    let lines = player.until(&schedule.lines(), end, end + MINUTE);
    let result = player.play(&who, lines.clone());
    let (mut expected, mut messages, mut entries) = (Vec::new(), 0, 0);
    for effect in effects(&result) {
        let of_it = player.journey(effect).is_some_and(|j| round.iter().any(|way| way.journey == j));
        match effect.kind {
            EffectKind::Sent { .. } => {
                messages += usize::from(entries == 1 && of_it);
                expected.push(player.expect(effect)?);
            }
            EffectKind::Entered { .. } if of_it => {
                entries += usize::from(player.journey(effect) == Some(first));
                expected.push(player.expect(effect)?);
            }
            _ => {}
        }
    }
    let journeys: Vec<JourneyId> = round.iter().map(|way| way.journey).collect();
    let names = super::words::round(sides.program(), &journeys);
    let test = player.test(&format!("round and round: {names}"), &who, lines, expected)?;
    Some(Circle { journeys, least, took: end - begin, messages, test })
}
