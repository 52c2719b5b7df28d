//! Where everything of a customer stands in their state: one flat row of words, worked out from the image once.
//!
//! The fixed part comes first; behind it, from [`Layout::fixed`], stand message ids and records of varying number: runs and
//! what is remembered of keys. There are no pointers: a state is copied by copying its words.
//!
//! | words | what |
//! |---|---|
//! | 3 or 4 | header: [`SEEN`], [`ZONE`], [`WAKE`], and with watches [`WATCH_DUE`] |
//! | 1 per field | profile |
//! | 1 per 32 pairs | consent: two bits for each purpose and channel |
//! | by kind | histories |
//! | 2 per watch | since when it holds, when time alone may change it |
//! | by rule | caps and gaps: moments of the latest hand-overs, or their number |
//! | by limit | offers, likewise |
//! | 2 per trigger | calendar triggers: next due, latest local date fired |
//! | 1 per message | half of the effect id of the latest hand-over, where receipts may name a message instead of a send |
//!
//! Behind the fixed part stand hashes of the latest message ids, as many as the customer has needed so far (up to
//! [`ID_COUNT`], see [`crate::state::repeated`]), a word for each journey that the customer has entered (see
//! [`crate::state::entered`]), and then the records. So a journey that a customer never enters takes no room in their state.

use crate::image::{
    Due, HistoryKind, Image, Journey, Limit, MISSING, Occasion, Place, PlaceKind, Role, RuleKind, Trigger, Ty, Window,
    Word,
};
use crate::time::ZoneId;

/// The latest moment that was worked on: of an input or a timer; [`MISSING`] (the least `i64`) before the first.
pub const SEEN: usize = 0;
/// The zone that local times are read in ([`ZoneId`], the lowest 16 bits), and small things: how many journeys were entered
/// ([`ENTERED_COUNT`]), [`OWN_ZONE`], [`KNOWN`], and how many words of message ids there are ([`IDS_ROOM`]) and which of them is next
/// ([`IDS_NEXT`]).
pub const ZONE: usize = 1;
/// In [`ZONE`]: the lowest of sixteen bits with the number of journeys that the customer has entered.
pub const ENTERED_COUNT: u32 = 16;
/// In [`ZONE`]: the zone is the customer's own, not the project's.
pub const OWN_ZONE: Word = 1 << 32;
/// In [`ZONE`]: an input of this customer has been handled.
pub const KNOWN: Word = 1 << 33;
/// In [`ZONE`]: the lowest of eight bits with the number of words for message ids.
pub const IDS_ROOM: u32 = 40;
/// In [`ZONE`]: the lowest of eight bits with the word of the next message id.
pub const IDS_NEXT: u32 = 48;
/// The earliest moment at which time alone does anything; `i64::MAX` if none.
pub const WAKE: usize = 2;
/// The earliest moment at which time alone may change a watched condition; `i64::MAX` if none. Only there when the program
/// watches any.
pub const WATCH_DUE: usize = 3;
/// How many message ids are kept at most.
pub const ID_COUNT: usize = 16;
/// Words of a run that a new customer's place has room for at most.
const RUN: usize = 32;

/// Which words the record of a run has before its slots, beside those every run has: only what its journey can ever need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Form(pub u8);

impl Form {
    /// Runs have keys.
    pub const KEYED: u8 = 1;
    /// Conditions are watched for each run: when they may change by time alone.
    pub const CHECKED: u8 = 2;
    /// Time may do more to a run than end its stay: the earliest such moment.
    pub const WAKES: u8 = 4;
    /// Waits count days or months: from when, and how many (two words).
    pub const CALENDAR: u8 = 8;
    /// A send may be held: since when, what was told, and by whom (four words).
    pub const HOLDS: u8 = 16;

    /// The form of a journey's runs.
    fn of(image: &Image, journey: &Journey) -> Form {
        let condition = |on: &Occasion| matches!(on, Occasion::Condition(_));
        let arms = |place: &Place| match &place.kind {
            PlaceKind::First { arms, .. } => arms.iter().any(|arm| condition(&arm.on)),
            _ => false,
        };
        let checked = journey.exits.iter().any(|exit| condition(&exit.on))
            || journey.pauses.iter().any(|pause| condition(&pause.on))
            || journey.places.iter().any(arms);
        let wakes = journey.lasts.is_some() || journey.pauses.iter().any(|pause| pause.at_most.is_some());
        let calendar = journey.places.iter().any(|place| match &place.kind {
            PlaceKind::Timer { due: Due::After(span), .. }
            | PlaceKind::First { due: Due::After(span), .. }
            | PlaceKind::Collect { due: Due::After(span), .. } => span.months != 0 || span.days != 0,
            _ => false,
        });
        let held = |rule: &u16| {
            image.rules.get(usize::from(*rule)).is_none_or(|rule| matches!(rule.over, crate::image::Over::Hold(_)))
        };
        let holds = image.journeys.iter().any(|journey| journey.meanwhile.iter().any(|clause| clause.hold))
            || journey.sends.iter().flat_map(|send| &send.tries).any(|by| by.rules.iter().any(held));
        let bits = [
            (journey.key.is_some(), Form::KEYED),
            (checked, Form::CHECKED),
            (wakes, Form::WAKES),
            (calendar, Form::CALENDAR),
            (holds, Form::HOLDS),
        ];
        Form(bits.into_iter().filter(|(there, _)| *there).map(|(_, bit)| bit).sum())
    }

    /// Whether it has the words of a part.
    #[inline(always)]
    pub const fn has(self, part: u8) -> bool {
        self.0 & part != 0
    }

    /// 1 when it has the words of a part.
    #[inline(always)]
    const fn count(self, part: u8) -> usize {
        self.has(part) as usize
    }

    /// The word of the key; also the words of a record of which only re-entry and bars may ask, but for the key itself.
    pub const KEY: usize = 5;

    /// The word of when a stay ends.
    #[inline(always)]
    pub const fn due(self) -> usize {
        Form::KEY + self.count(Form::KEYED)
    }

    /// The word of when conditions may change.
    #[inline(always)]
    pub const fn check(self) -> usize {
        self.due() + 1
    }

    /// The word of when time does anything.
    #[inline(always)]
    pub const fn wake(self) -> usize {
        self.check() + self.count(Form::CHECKED)
    }

    /// The first of the two words of calendar waits.
    #[inline(always)]
    pub const fn anchor(self) -> usize {
        self.wake() + self.count(Form::WAKES)
    }

    /// The first of the four words of a held send.
    #[inline(always)]
    pub const fn asked(self) -> usize {
        self.anchor() + 2 * self.count(Form::CALENDAR)
    }

    /// Words before the slots.
    #[inline(always)]
    pub const fn header(self) -> usize {
        HEADERS[self.0 as usize] as usize
    }
}

/// For each form the words before the slots: what is asked most.
const HEADERS: [u8; 256] = {
    let mut headers = [0; 256];
    let mut bits = 0;
    while bits < headers.len() {
        let form = Form(bits as u8);
        headers[bits] = (form.asked() + 4 * form.count(Form::HOLDS)) as u8;
        bits += 1;
    }
    headers
};

/// Where a history's words stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryPlace {
    /// The first.
    pub at: usize,
    /// How many.
    pub words: usize,
    /// What it adds up.
    pub adds: Adds,
}

/// What a history adds up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adds {
    /// Ones.
    One,
    /// `i64` values.
    Int,
    /// `f64` values.
    Number,
}

/// What is kept of hand-overs for a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Memory {
    /// The moments of the latest ones, oldest first; [`MISSING`] before there were so many.
    Moments {
        /// The first word.
        at: usize,
        /// How many.
        count: usize,
    },
    /// How many there were ever.
    Number {
        /// The word.
        at: usize,
    },
}

/// A calendar trigger and where its two words stand: next due, latest local date fired ([`MISSING`]: never).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CalendarPlace {
    /// Index into the image's journeys.
    pub journey: u16,
    /// Index into the journey's triggers.
    pub trigger: u16,
    /// The first word.
    pub at: usize,
}

/// The layout of a customer's state.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    /// The first profile word.
    pub profile_at: usize,
    /// The first consent word.
    pub consent_at: usize,
    /// Channels, for the place of a consent.
    pub channels: usize,
    /// One for each history.
    pub histories: Vec<HistoryPlace>,
    /// The first word of the watches.
    pub watches_at: usize,
    /// How many watches there are.
    pub watches: usize,
    /// One for each rule; none for rules that remember nothing.
    pub rules: Vec<Option<Memory>>,
    /// For each offer, one for each of its limits.
    pub offers: Vec<Vec<Memory>>,
    /// All calendar triggers.
    pub calendar: Vec<CalendarPlace>,
    /// The first word of the messages, if they have any.
    pub messages_at: Option<usize>,
    /// The length of the fixed part, behind which message ids and records stand.
    pub fixed: usize,
    /// For each journey, the form of its runs.
    pub forms: Vec<Form>,
    /// For each journey, the words of one run.
    pub run_words: Vec<usize>,
    /// Words that the place of a new customer should have room for: what all have, the journey that is entered first, and its run.
    pub room: usize,
    fresh: Vec<Word>,
}

impl Layout {
    /// The layout of an image; `zone` is the project's.
    pub fn new(image: &Image, zone: ZoneId) -> Layout {
        let mut fresh = vec![MISSING, Word::from(zone), i64::MAX as Word];
        if !image.watches.is_empty() {
            fresh.push(i64::MAX as Word);
        }
        let profile_at = fresh.len();
        fresh.extend(image.profile.iter().map(|field| field.default));
        let consent_at = fresh.len();
        let pairs = image.purposes.len() * image.channels.len();
        fresh.resize(consent_at + pairs.div_ceil(32), 0);
        let histories = image.histories.iter().map(|history| {
            let adds = match history.kind {
                HistoryKind::Days { field: Some(field), .. } | HistoryKind::SumTotal { field } => {
                    let event = image.events.get(usize::from(history.event));
                    match event.and_then(|event| event.fields.get(usize::from(field))).map(|field| &field.ty) {
                        Some(Ty::Number | Ty::Percent | Ty::Probability) => Adds::Number,
                        _ => Adds::Int,
                    }
                }
                _ => Adds::One,
            };
            let at = fresh.len();
            match &history.kind {
                HistoryKind::Recent { keep, .. } => fresh.resize(at + usize::from(*keep), MISSING),
                HistoryKind::Total | HistoryKind::SumTotal { .. } => fresh.push(0),
                HistoryKind::Days { days, .. } => {
                    // The latest date, then a word a day, or half a word for counts.
                    fresh.push(MISSING);
                    let days = usize::from(*days);
                    fresh.resize(at + 1 + if adds == Adds::One { days.div_ceil(2) } else { days }, 0);
                }
                HistoryKind::Last { fields } | HistoryKind::First { fields } => {
                    fresh.resize(at + 1 + fields.len(), MISSING)
                }
            }
            HistoryPlace { at, words: fresh.len() - at, adds }
        });
        let histories = histories.collect();
        let watches_at = fresh.len();
        for _ in &image.watches {
            fresh.extend([MISSING, i64::MAX as Word]);
        }
        let rules = image.rules.iter().map(|rule| match &rule.kind {
            RuleKind::Cap(limit) => Some(Memory::add(limit, &mut fresh)),
            RuleKind::Gap(_) => Some(Memory::moments(1, &mut fresh)),
            RuleKind::Quiet { .. } | RuleKind::Deliver { .. } => None,
        });
        let rules = rules.collect();
        let offers =
            image.offers.iter().map(|offer| offer.limits.iter().map(|limit| Memory::add(limit, &mut fresh)).collect());
        let offers = offers.collect();
        let mut calendar = Vec::new();
        for (j, journey) in image.journeys.iter().enumerate() {
            for (t, trigger) in journey.triggers.iter().enumerate() {
                if let Trigger::Every { .. } | Trigger::Anniversary { .. } = trigger {
                    calendar.push(CalendarPlace { journey: j as u16, trigger: t as u16, at: fresh.len() });
                    fresh.extend([i64::MAX as Word, MISSING]);
                }
            }
        }
        let named = |event: &crate::image::Event| matches!(event.role, Role::Receipt { message: Some(_), .. });
        // Nobody asks whose receipt it is when no send keeps its id.
        let asked = image.journeys.iter().flat_map(|journey| &journey.sends).any(|send| send.id.is_some());
        let messages_at = (asked && image.events.iter().any(named)).then_some(fresh.len());
        if messages_at.is_some() {
            fresh.resize(fresh.len() + image.messages.len(), MISSING);
        }
        let forms: Vec<Form> = image.journeys.iter().map(|journey| Form::of(image, journey)).collect();
        let words = image.journeys.iter().zip(&forms).map(|(j, form)| form.header() + j.slots.len());
        let run_words: Vec<usize> = words.collect();
        Layout {
            profile_at,
            consent_at,
            channels: image.channels.len(),
            histories,
            watches_at,
            watches: image.watches.len(),
            rules,
            offers,
            calendar,
            messages_at,
            fixed: fresh.len(),
            room: fresh.len() + 1 + run_words.iter().min().map_or(0, |words| RUN.min(*words)),
            run_words,
            forms,
            fresh,
        }
    }

    /// The state of a customer of whom nothing is known yet.
    pub fn fresh(&self) -> Vec<Word> {
        self.fresh.clone()
    }

    /// Its words.
    pub fn fresh_words(&self) -> &[Word] {
        &self.fresh
    }

    /// Where the word of a message stands, if there is one: the lower half of the effect id of its latest hand-over.
    pub fn message_at(&self, message: u16) -> Option<usize> {
        self.messages_at.map(|at| at + usize::from(message))
    }

    /// Where the two words of a watch begin: since when it holds ([`MISSING`]: it does not), when time may change it.
    pub fn watch_at(&self, watch: u16) -> usize {
        self.watches_at + 2 * usize::from(watch)
    }

    /// How many bytes each part takes.
    pub fn footprint(&self) -> Footprint {
        let memories = |memories: &mut dyn Iterator<Item = &Memory>| 8 * memories.map(|m| m.words()).sum::<usize>();
        Footprint {
            header: 8 * self.profile_at,
            profile: 8 * (self.consent_at - self.profile_at),
            consent: 8 * (self.histories.first().map_or(self.watches_at, |first| first.at) - self.consent_at),
            histories: self.histories.iter().map(|history| 8 * history.words).collect(),
            watches: 8 * 2 * self.watches,
            rules: memories(&mut self.rules.iter().flatten()),
            offers: memories(&mut self.offers.iter().flatten()),
            calendar: 8 * 2 * self.calendar.len(),
            messages: 8 * (self.fixed - self.messages_at.unwrap_or(self.fixed)),
            customer: 8 * self.fixed,
            runs: self.run_words.iter().map(|words| 8 * words).collect(),
        }
    }
}

impl Memory {
    fn add(limit: &Limit, fresh: &mut Vec<Word>) -> Memory {
        match limit.window {
            Window::Ever => {
                fresh.push(0);
                Memory::Number { at: fresh.len() - 1 }
            }
            Window::Rolling(_) | Window::Calendar(_) => Memory::moments(usize::from(limit.count), fresh),
        }
    }

    fn moments(count: usize, fresh: &mut Vec<Word>) -> Memory {
        let at = fresh.len();
        fresh.resize(at + count, MISSING);
        Memory::Moments { at, count }
    }

    fn words(&self) -> usize {
        match *self {
            Memory::Moments { count, .. } => count,
            Memory::Number { .. } => 1,
        }
    }
}

/// Bytes that a customer's state takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Footprint {
    /// Header.
    pub header: usize,
    /// Profile.
    pub profile: usize,
    /// Consent.
    pub consent: usize,
    /// Each history.
    pub histories: Vec<usize>,
    /// Watches.
    pub watches: usize,
    /// Caps and gaps.
    pub rules: usize,
    /// Limits of offers.
    pub offers: usize,
    /// Calendar triggers.
    pub calendar: usize,
    /// Words of the messages.
    pub messages: usize,
    /// All of the above: a customer without runs.
    pub customer: usize,
    /// One run of each journey.
    pub runs: Vec<usize>,
}
