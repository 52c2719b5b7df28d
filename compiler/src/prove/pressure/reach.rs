//! The least time in which a run can have so many sends behind it, at every place of its journey.
//!
//! One value for each place and number of sends: the tropical (min-plus) shortest path, layer by layer, as in the minimum-distance
//! function of event streams (K. Richter, "Compositional Scheduling Analysis Using Standard Event Models", 2005) computed over a
//! graph of places like that of the digraph task model (M. Stigge, P. Ekberg, N. Guan, W. Yi, "The Digraph Real-Time Task Model",
//! RTAS 2011). It costs places × ways × sends, whatever the number of paths.

use super::walk::{Walk, WayId};

/// Later than anything that is asked for.
pub const NEVER: i64 = i64::MAX / 4;

/// How many sends of one run are followed at most.
pub const LAYERS: usize = 1_024;

/// Where to begin: a place, the time it is reached, and the sends that it counts.
pub type Start = (usize, i64, usize);

/// What was found.
pub struct Reach {
    /// For each number of sends and each place: the least time, or [`NEVER`].
    pub time: Vec<Vec<i64>>,
    /// The way by which it was reached in that time; none at a start.
    pub by: Vec<Vec<Option<WayId>>>,
    /// There may be more sends than were followed.
    pub cut: bool,
}

impl Reach {
    /// From `starts` (each with its time and the sends it counts), up to `horizon`. `counted`: the places that are sends of the kind
    /// in question.
    pub fn new(walk: &Walk, counted: &[bool], starts: &[Start], horizon: i64) -> Reach {
        let places = walk.places.len();
        let mut reach = Reach { time: Vec::new(), by: Vec::new(), cut: false };
        let mut layer = 0;
        loop {
            reach.room(layer, places);
            for (place, time, sends) in starts.iter().filter(|s| s.2 == layer) {
                let known = &mut reach.time[*sends][*place];
                *known = (*known).min(*time);
            }
            reach.spread(walk, counted, layer, horizon);
            let more = reach.time.get(layer + 1).is_some_and(|l| l.iter().any(|t| *t < horizon));
            let starting = starts.iter().any(|s| s.2 > layer);
            layer += 1;
            if !more && !starting {
                reach.time.truncate(layer);
                reach.by.truncate(layer);
                return reach;
            }
            if layer > LAYERS {
                reach.cut = true;
                return reach;
            }
        }
    }

    fn room(&mut self, layer: usize, places: usize) {
        while self.time.len() <= layer {
            self.time.push(vec![NEVER; places]);
            self.by.push(vec![None; places]);
        }
    }

    /// Everything that one layer reaches. Places come in an order in which most ways lead forward; where a loop leads back, another
    /// pass may be needed, and never more than there are places.
    fn spread(&mut self, walk: &Walk, counted: &[bool], layer: usize, horizon: i64) {
        self.room(layer + 1, walk.places.len());
        for _ in 0..=walk.places.len() {
            let mut back = false;
            for &from in &walk.order {
                let now = self.time[layer][from];
                if now >= horizon {
                    continue;
                }
                for &id in &walk.out[from] {
                    let way = &walk.ways[id];
                    let time = now.saturating_add(way.least);
                    let layer = layer + usize::from(counted[way.to]);
                    if time < self.time[layer][way.to] && time < horizon {
                        self.time[layer][way.to] = time;
                        self.by[layer][way.to] = Some(id);
                        back |= !counted[way.to] && walk.rank[way.to] <= walk.rank[from];
                    }
                }
            }
            if !back {
                return;
            }
        }
    }

    /// The least time at a place with so many sends.
    pub fn at(&self, sends: usize, place: usize) -> i64 {
        self.time.get(sends).map_or(NEVER, |layer| layer[place])
    }

    /// For each number of sends the least time at any of these places.
    pub fn least(&self, places: impl Iterator<Item = usize> + Clone) -> Vec<i64> {
        let least = |layer: &Vec<i64>| places.clone().map(|p| layer[p]).min().unwrap_or(NEVER);
        self.time.iter().map(least).collect()
    }

    /// The ways that lead to a place with so many sends, from where it began.
    pub fn path(&self, walk: &Walk, counted: &[bool], sends: usize, place: usize) -> (usize, Vec<WayId>) {
        let (mut layer, mut at) = (sends, place);
        let mut ways = Vec::new();
        while let Some(way) = self.by.get(layer).and_then(|l| l[at]) {
            ways.push(way);
            layer -= usize::from(counted[at]);
            at = walk.ways[way].from;
        }
        ways.reverse();
        (at, ways)
    }
}
