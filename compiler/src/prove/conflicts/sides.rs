//! How a journey comes to write: ways through it, from an entry that can be brought about to a send, each tried out alone.

use crate::flow::{End, NodeKind};
use crate::hir::{JourneyId, Program, PurposeId, Trigger};
use crate::prove::pressure::reach::{NEVER, Reach};
use crate::prove::pressure::rules::Kind;
use crate::prove::pressure::walk::{PlaceId, Units, Walk, WayId};
use crate::prove::pressure::{Analysis, Holding};
use crate::prove::witness::play::{Player, effects};
use crate::prove::witness::schedule::{Leg, Ran, Schedule, at_line, next_entry};
use journey_runtime::input::{Effect, EffectKind};
use std::collections::BTreeMap;

/// Milliseconds of a day.
pub const DAY: i64 = crate::prove::pressure::anchor::DAY;
/// Milliseconds of a minute.
pub const MINUTE: i64 = 60_000;

/// When examples begin: Wednesday 1 July 2026, 10:00, far from any change of clocks.
pub const BEGIN: i64 = 20_635 * DAY + 10 * 60 * MINUTE;

/// How long an example goes on after the last thing that the customer does.
const AFTER: i64 = 21 * DAY;

/// So many sends of a journey are tried, the earliest first.
const TRIES: usize = 4;

/// So many journeys may hand off to one another before one writes.
const CHAIN: usize = 4;

/// A way through one journey, of those that [`Analysis::walks`] knows.
#[derive(Debug, Clone)]
pub struct Way {
    /// The journey.
    pub journey: JourneyId,
    walk: usize,
    ways: Vec<WayId>,
}

/// How a journey comes to write.
#[derive(Debug, Clone)]
pub struct Side {
    /// The journey that writes.
    pub journey: JourneyId,
    /// Journeys that hand off to each other, and at last to it.
    pub legs: Vec<Way>,
    /// From the entry to its send, as it was when it was tried out.
    pub first: i64,
}

impl Side {
    /// The journey that is entered.
    pub fn entered(&self) -> JourneyId {
        self.legs.first().map_or(self.journey, |leg| leg.journey)
    }
}

/// The first time a journey asks for a message to be handed over, and what becomes of it.
#[derive(Debug, Clone)]
pub struct Asked<'e> {
    /// The effect that says so.
    pub effect: &'e Effect,
    /// Its message, in the image.
    pub message: u16,
    /// When it was handed over.
    pub sent: Option<&'e Effect>,
    /// What kept it back.
    pub kept: Vec<&'e Effect>,
}

/// How each journey comes to write, found when it is asked for.
pub struct Sides<'a, 'p> {
    /// What examples are played by.
    pub player: &'a Player<'p>,
    analysis: &'a mut Analysis<'p>,
    known: BTreeMap<(JourneyId, Option<PurposeId>), Option<Side>>,
    starts: BTreeMap<JourneyId, Option<Vec<Way>>>,
}

impl<'a, 'p> Sides<'a, 'p> {
    /// None are known yet.
    pub fn new(player: &'a Player<'p>, analysis: &'a mut Analysis<'p>) -> Sides<'a, 'p> {
        Sides { player, analysis, known: BTreeMap::new(), starts: BTreeMap::new() }
    }

    /// The program.
    pub fn program(&self) -> &'p Program {
        self.player.program
    }

    /// How a journey comes to make a send of a kind; none where no example was found.
    pub fn side(&mut self, journey: JourneyId, purpose: Option<PurposeId>) -> Option<Side> {
        if let Some(known) = self.known.get(&(journey, purpose)) {
            return known.clone();
        }
        let found = self.find(journey, purpose);
        self.known.insert((journey, purpose), found.clone());
        found
    }

    fn find(&mut self, journey: JourneyId, purpose: Option<PurposeId>) -> Option<Side> {
        let start = self.start(journey)?;
        let mut ways: Vec<(i64, Way)> = Vec::new();
        self.walks(journey);
        let walks = self.analysis.known_walks(journey, Units::Plain, Holding::Pauses);
        for (number, walk) in walks.iter().enumerate() {
            let counted = self.analysis.counted(journey, walk, Kind::Of(purpose, None));
            let places = (0..counted.len()).filter(|p| counted[*p]);
            ways.extend(paths(walk, places).into_iter().map(|(t, ways)| (t, Way { journey, walk: number, ways })));
        }
        ways.sort_by_key(|(time, way)| (*time, way.walk));
        let mut kept = None;
        for (_, way) in ways.into_iter().take(TRIES) {
            let legs = [&start[..], &[way]].concat();
            let mut side = Side { journey, legs, first: 0 };
            let entry = next_entry(self.program(), side.entered(), BEGIN);
            let mut schedule = self.player.schedule();
            let Some(ran) = self.add(&mut schedule, &side.legs, entry, None) else { continue };
            let Some(played) = self.play(&schedule, ran.end) else { continue };
            let Some(asked) = self.asked(&played, journey, purpose) else { continue };
            side.first = self.player.local(asked.effect.time) - entry;
            if asked.sent.is_some() {
                return Some(side);
            }
            // The event that starts it may start another journey too, whose message keeps this one back.
            kept = kept.or(Some(side));
        }
        kept
    }

    /// The hand-offs by which a journey is entered; none where nothing from outside leads to it.
    pub fn start(&mut self, journey: JourneyId) -> Option<Vec<Way>> {
        self.start_within(journey, CHAIN)
    }

    fn start_within(&mut self, journey: JourneyId, left: usize) -> Option<Vec<Way>> {
        let triggers = &self.program().journeys[journey].triggers;
        if triggers.iter().any(|t| !matches!(t, Trigger::HandOff(_))) {
            return Some(Vec::new());
        }
        if let Some(known) = self.starts.get(&journey) {
            return known.clone();
        }
        let mut found = None;
        for trigger in triggers {
            let Trigger::HandOff(giver) = trigger else { continue };
            if left == 0 || found.is_some() {
                break;
            }
            let Some(mut legs) = self.start_within(*giver, left - 1) else { continue };
            if let Some((_, way)) = self.hand_off(*giver, journey) {
                legs.push(way);
                found = Some(legs);
            }
        }
        if left == CHAIN {
            self.starts.insert(journey, found.clone());
        }
        found
    }

    /// The shortest way through a journey to where it hands off to another, and the least time it takes.
    pub fn hand_off(&mut self, from: JourneyId, to: JourneyId) -> Option<(i64, Way)> {
        let walks = self.walks(from).iter().enumerate();
        let shortest = walks.filter_map(|(number, walk)| {
            let hands = |p: &PlaceId| {
                let node = walk.places[*p].node;
                node.is_some_and(|n| matches!(walk.graph.nodes[n].kind, NodeKind::End(End::HandedOff(j), _) if j == to))
            };
            let (time, ways) = paths(walk, (0..walk.places.len()).filter(hands)).into_iter().next()?;
            Some((time, Way { journey: from, walk: number, ways }))
        });
        shortest.min_by_key(|(time, way)| (*time, way.walk))
    }

    fn walks(&mut self, journey: JourneyId) -> &[Walk<'p>] {
        self.analysis.walks(journey, Units::Plain, Holding::Pauses);
        self.analysis.known_walks(journey, Units::Plain, Holding::Pauses)
    }

    /// Adds a run to a schedule, by an event that is there already where one is given.
    pub fn add(&self, schedule: &mut Schedule<'p>, legs: &[Way], at: i64, with: Option<usize>) -> Option<Ran> {
        let walks = |id| self.analysis.known_walks(id, Units::Plain, Holding::Pauses);
        let legs: Option<Vec<Leg>> = legs
            .iter()
            .map(|way| Some(Leg { journey: way.journey, walk: walks(way.journey).get(way.walk)?, ways: &way.ways }))
            .collect();
        schedule.add(&legs?, at, with)
    }

    /// A way that goes nowhere: a journey as it has just been entered.
    pub fn only_entered(&mut self, journey: JourneyId) -> Way {
        self.walks(journey);
        Way { journey, walk: 0, ways: Vec::new() }
    }

    /// All effects of a schedule, in order.
    pub fn play(&self, schedule: &Schedule, end: i64) -> Option<Vec<Effect>> {
        let mut lines = schedule.lines();
        let last = schedule.doings.iter().map(|(at, _)| *at).max().unwrap_or(BEGIN).max(end);
        lines.push(at_line(last + AFTER));
        let result = self.player.play(&schedule.name()?, lines);
        Some(effects(&result).cloned().collect())
    }

    /// The first message of a journey for a purpose (none: for any).
    pub fn asked<'e>(
        &self,
        effects: &'e [Effect],
        journey: JourneyId,
        purpose: Option<PurposeId>,
    ) -> Option<Asked<'e>> {
        let program = self.program();
        let of = |effect: &Effect| {
            let (EffectKind::Sent { message, .. }
            | EffectKind::Refused { message, .. }
            | EffectKind::Held { message, .. }) = effect.kind
            else {
                return None;
            };
            let for_it =
                purpose.is_none_or(|p| self.player.message(message).is_some_and(|m| program.messages[m].purpose == p));
            (for_it && self.player.journey(effect) == Some(journey)).then_some(message)
        };
        let (first, message) = effects.iter().find_map(|e| Some((e, of(e)?)))?;
        let same = |e: &&Effect| of(e).is_some() && (e.run, e.step) == (first.run, first.step);
        let sent = effects.iter().filter(same).find(|e| matches!(e.kind, EffectKind::Sent { .. }));
        let kept = effects.iter().filter(same).take_while(|e| !matches!(e.kind, EffectKind::Sent { .. }));
        Some(Asked { effect: first, message, sent, kept: kept.collect() })
    }
}

/// The shortest ways to places, the shortest first: least time, and ways.
fn paths(walk: &Walk, places: impl Iterator<Item = PlaceId>) -> Vec<(i64, Vec<WayId>)> {
    let nothing = vec![false; walk.places.len()];
    let reach = Reach::new(walk, &nothing, &[(0, 0, 0)], NEVER);
    let mut found: Vec<(i64, PlaceId)> = places.map(|p| (reach.at(0, p), p)).filter(|(t, _)| *t < NEVER).collect();
    // Every send once, in the first round of its loops.
    found.sort();
    let mut seen = Vec::new();
    found.retain(|(_, p)| {
        let node = walk.places[*p].node;
        let new = !seen.contains(&node);
        seen.push(node);
        new
    });
    found.into_iter().map(|(time, place)| (time, reach.path(walk, &nothing, 0, place).1)).collect()
}
