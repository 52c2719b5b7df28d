//! A program that is ready to run: a verified image, its layout, and what can be worked out from it once.

use crate::eval::dense::Dense;
use crate::file::{self, FileError};
use crate::image::{FnId, Image, Op, Word};
use crate::layout::Layout;
use crate::pool::Pool;
use crate::step::Plan;
use crate::time::{ZoneId, Zones};
use crate::verify::{self, VerifyError};
use rustc_hash::FxHashMap;

/// A program that is ready to run. It never changes and may be shared by all threads.
#[derive(Debug)]
pub struct Program {
    /// The image.
    pub image: Image,
    /// Where everything of a customer stands.
    pub layout: Layout,
    /// The zones of the world.
    pub zones: Zones,
    /// The project's zone.
    pub zone: ZoneId,
    /// For each function, what it reads, also through segments and the bodies of queries.
    pub reads: Vec<Reads>,
    /// For each event, the histories it feeds.
    pub histories_of_event: Vec<Vec<u16>>,
    /// For each history, the watches that read it.
    pub watches_of_history: Vec<Vec<u16>>,
    /// For each profile field, the watches that read it.
    pub watches_of_field: Vec<Vec<u16>>,
    /// For each watch, the watches that ask for how long it has held.
    pub watches_of_watch: Vec<Vec<u16>>,
    /// The watches that read local time: a change of the customer's zone may change them.
    pub watches_of_zone: Vec<u16>,
    /// The watches, each after those it reads.
    pub watch_order: Vec<u16>,
    /// What the step looks up.
    pub plan: Plan,
    /// The event of a wire name.
    pub event_by_wire: FxHashMap<String, u16>,
    /// For each constant text, the zone it names.
    text_zones: Vec<Option<ZoneId>>,
    /// The functions once more, for speed.
    pub(crate) dense: Dense,
    /// Words that a function and all it calls need at most.
    pub(crate) frame_words: usize,
}

/// Why a program cannot be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadError {
    /// The bytes are no image file.
    File(FileError),
    /// The image is not well-formed.
    Image(Vec<VerifyError>),
}

impl std::fmt::Display for LoadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            LoadError::File(error) => error.fmt(f),
            LoadError::Image(errors) => {
                write!(f, "the program is not well-formed")?;
                errors.iter().take(5).try_for_each(|error| write!(f, "; {error}"))
            }
        }
    }
}

impl std::error::Error for LoadError {}

/// What a function reads, directly or through segments and the bodies of queries. Each list is sorted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reads {
    /// Histories.
    pub histories: Vec<u16>,
    /// Profile fields.
    pub fields: Vec<u16>,
    /// Watches, for how long they have held.
    pub watches: Vec<u16>,
    /// Segments.
    pub segments: Vec<u16>,
    /// Slots of the run.
    pub slots: Vec<u16>,
    /// Dates or times of day, which depend on the customer's zone.
    pub local_time: bool,
    /// Now, today, or a window: the result may change by the passing of time alone.
    pub time: bool,
}

impl Program {
    /// Reads an image file, and verifies it.
    pub fn load(bytes: &[u8]) -> Result<Program, LoadError> {
        Program::new(file::read(bytes).map_err(LoadError::File)?).map_err(LoadError::Image)
    }

    /// Verifies an image and makes it ready.
    pub fn new(image: Image) -> Result<Program, Vec<VerifyError>> {
        let zones = Zones::new();
        verify::verify(&image, &zones)?;
        let zone = zones.find(&image.time_zone).unwrap_or_default();
        let layout = Layout::new(&image, zone);
        let mut walk = Walk { image: &image, done: vec![None; image.functions.len()] };
        let (reads, words): (Vec<Reads>, Vec<usize>) =
            (0..image.functions.len()).map(|f| walk.function(f as FnId)).unzip();
        let mut histories_of_event = vec![Vec::new(); image.events.len()];
        for (h, history) in image.histories.iter().enumerate() {
            histories_of_event[usize::from(history.event)].push(h as u16);
        }
        let mut watches_of_history = vec![Vec::new(); image.histories.len()];
        let mut watches_of_field = vec![Vec::new(); image.profile.len()];
        let mut watches_of_watch = vec![Vec::new(); image.watches.len()];
        let mut watches_of_zone = Vec::new();
        for (w, watch) in image.watches.iter().enumerate() {
            let w = w as u16;
            let reads = &reads[watch.condition as usize];
            reads.histories.iter().for_each(|h| watches_of_history[usize::from(*h)].push(w));
            reads.fields.iter().for_each(|f| watches_of_field[usize::from(*f)].push(w));
            reads.watches.iter().for_each(|r| watches_of_watch[usize::from(*r)].push(w));
            if reads.local_time {
                watches_of_zone.push(w);
            }
        }
        Ok(Program {
            watch_order: order(&image, &reads),
            event_by_wire: image.events.iter().enumerate().map(|(e, event)| (event.wire.clone(), e as u16)).collect(),
            text_zones: image.texts.iter().map(|text| zones.find(text)).collect(),
            frame_words: words.into_iter().max().unwrap_or(0),
            plan: Plan::new(&image, &layout),
            dense: Dense::new(&image, &layout),
            layout,
            zones,
            zone,
            reads,
            histories_of_event,
            watches_of_history,
            watches_of_field,
            watches_of_watch,
            watches_of_zone,
            image,
        })
    }

    /// The zone that a word of type zone names.
    pub fn zone_of(&self, pool: &Pool, word: Word) -> Option<ZoneId> {
        match usize::try_from(word).ok().and_then(|at| self.text_zones.get(at)) {
            Some(zone) => *zone,
            None => self.zones.find(pool.word(word)),
        }
    }
}

/// The watches, each after those it reads; the verifier has seen to it that there is such an order.
fn order(image: &Image, reads: &[Reads]) -> Vec<u16> {
    fn visit(watch: u16, image: &Image, reads: &[Reads], seen: &mut [bool], order: &mut Vec<u16>) {
        if !std::mem::replace(&mut seen[usize::from(watch)], true) {
            for read in &reads[image.watches[usize::from(watch)].condition as usize].watches {
                visit(*read, image, reads, seen, order);
            }
            order.push(watch);
        }
    }
    let mut seen = vec![false; image.watches.len()];
    let mut order = Vec::new();
    for watch in 0..image.watches.len() {
        visit(watch as u16, image, reads, &mut seen, &mut order);
    }
    order
}

struct Walk<'a> {
    image: &'a Image,
    done: Vec<Option<(Reads, usize)>>,
}

impl Walk<'_> {
    /// What a function reads, and the words it needs. Ends because the verified image has no recursion.
    fn function(&mut self, function: FnId) -> (Reads, usize) {
        if let Some(done) = &self.done[function as usize] {
            return done.clone();
        }
        let image = self.image;
        let code = &image.functions[function as usize];
        let mut reads = Reads::default();
        let mut below = 0;
        for op in &code.ops {
            let called = match op {
                Op::Profile { field, .. } => {
                    reads.fields.push(*field);
                    None
                }
                Op::Slot { slot, .. } => {
                    reads.slots.push(*slot);
                    None
                }
                Op::Kept { history, .. } => {
                    reads.histories.push(*history);
                    None
                }
                Op::Tally { history, .. } => {
                    reads.histories.push(*history);
                    let (time, local) = match &image.histories[usize::from(*history)].kind {
                        crate::image::HistoryKind::Recent { window, .. } => {
                            (true, window.months != 0 || window.days != 0)
                        }
                        crate::image::HistoryKind::Days { .. } => (true, true),
                        _ => (false, false),
                    };
                    reads.time |= time;
                    reads.local_time |= local;
                    None
                }
                Op::Held { watch, span, .. } => {
                    reads.watches.push(*watch);
                    reads.time = true;
                    reads.local_time |= span.months != 0 || span.days != 0;
                    None
                }
                Op::Now { .. } | Op::CompareNow { .. } => {
                    reads.time = true;
                    None
                }
                Op::Today { .. } | Op::CompareToday { .. } | Op::NextAt { .. } | Op::AddWeekdays { .. } => {
                    reads.time = true;
                    reads.local_time = true;
                    None
                }
                Op::AddSpan { span, .. } => {
                    reads.local_time |= span.months != 0 || span.days != 0;
                    None
                }
                Op::DateOf { .. } | Op::AtTime { .. } => {
                    reads.local_time = true;
                    None
                }
                Op::InSegment { segment, .. } => {
                    reads.segments.push(*segment);
                    Some(image.segments[usize::from(*segment)].condition)
                }
                Op::Each { body, .. } => Some(*body),
                _ => None,
            };
            if let Some(called) = called {
                let (inner, words) = self.function(called);
                below = below.max(words);
                reads.histories.extend(inner.histories);
                reads.fields.extend(inner.fields);
                reads.watches.extend(inner.watches);
                reads.segments.extend(inner.segments);
                reads.slots.extend(inner.slots);
                reads.time |= inner.time;
                reads.local_time |= inner.local_time;
            }
        }
        for list in [&mut reads.histories, &mut reads.fields, &mut reads.watches, &mut reads.segments, &mut reads.slots]
        {
            list.sort_unstable();
            list.dedup();
        }
        let done = (reads, usize::from(code.regs) + below);
        self.done[function as usize] = Some(done.clone());
        done
    }
}
