//! The image worked out once into dense tables, and the lean machine that walks them: what the reference step means
//! ([`crate::step`]), for the shapes that most inputs have, without its detours.
//!
//! For each event there is a table of who hears it: for each journey either nobody, or what a run of it does at each of its places,
//! and which triggers it may set off. A journey that ignores an event costs nothing but a look at its entry. The machine works on a
//! customer's words where they stand, allocates nothing, and appends [`crate::record`]s.
//!
//! It always agrees with the reference, to the byte, because it declines what it does not do: it then leaves the words and the
//! effects as they were, and the reference does that input instead. What is declined:
//!
//! * events whose consent speaks of a purpose or channel that does not exist, and rows of another form: they are bad input;
//! * all of a program of which a single hand-over says more than fits a record.
//!
//! `build` makes the tables, `event` is one event, `entry` who comes in, `known` what else a host hears of a customer, `pause` the pauses
//! of runs, `time` what is due and the tidying after each input, `walk` the steps, `send` a send and its gates, `follow` what follows at
//! the same instant, `within` what machine code asks for.

mod build;
mod engine;
mod entry;
mod event;
mod follow;
mod known;
mod pause;
mod send;
mod time;
mod walk;
mod within;

pub use engine::{Vm, item};
pub use within::Within;

use crate::batch::Item;
use crate::eval::{Frame, Scope};
use crate::image::{FnId, Image, Journey, MISSING, Word};
use crate::input::InputKind;
use crate::layout::{Form, SEEN, WAKE};
use crate::pool::Pool;
use crate::program::Program;
use crate::record::{Effects, NO_PC, Of};
use crate::state;
use crate::step::entry::HandOff;
use crate::step::machine::{FUEL, stage_of};
use crate::step::run::{CHECK, NUMBERS, Run};
use crate::time::{NEVER, Zone};
use crate::watch::{Change, Dirty};
use std::collections::VecDeque;

/// The tables of a program.
#[derive(Debug, Clone, PartialEq)]
pub struct Tables {
    /// One for each event of the image.
    pub events: Vec<EventTable>,
    /// One for each journey of the image.
    pub journeys: Vec<JourneyTable>,
    /// No condition is watched and no trigger is set off by the calendar.
    pub calm: bool,
    /// Some journey holds or drops the sends of others meanwhile.
    pub meanwhile: bool,
    /// Why the reference does everything, if it does.
    pub declined: Option<&'static str>,
}

/// What an event does.
#[derive(Debug, Clone, PartialEq)]
pub struct EventTable {
    /// Why it does more than machine code knows of, if it does.
    pub rare: Option<&'static str>,
    /// It feeds histories.
    pub observed: bool,
    /// It feeds a condition that is watched.
    pub stirs: bool,
    /// It tells of consent.
    pub consents: bool,
    /// For each journey, what its runs hear.
    pub hears: Vec<Hears>,
    /// What [`Hears::Runs`] points to.
    pub runs: Vec<RunTable>,
    /// The phases in which some run may do something.
    pub phases: Phases,
    /// The triggers it may set off, in the order in which they are asked.
    pub enters: Vec<Enter>,
    /// Some run it may begin is not [`JourneyTable::sure`].
    pub unsure: bool,
    /// Words that it may add to a state at most.
    pub adds: usize,
    /// Words of its row.
    pub fields: usize,
}

/// Phases of an event in which runs that hear it may do something; the others are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phases {
    /// Goals.
    pub goals: bool,
    /// Exits.
    pub exits: bool,
    /// Some runs watch conditions or pause.
    pub watches: bool,
    /// Start over and update.
    pub replaces: bool,
    /// Waits.
    pub waits: bool,
}

/// What runs of a journey hear of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hears {
    /// Nothing.
    Nothing,
    /// This, of [`EventTable::runs`].
    Runs(u16),
    /// The same, and its runs watch conditions or pause: they look at every event of the customer.
    Watches(u16),
}

/// What a run of a journey may do when an event comes. All numbers are indices into the journey's parts of the same name.
#[derive(Debug, Clone, PartialEq)]
pub struct RunTable {
    /// The field of the event that must be the run's key, where all that listens in the journey asks for the same one.
    pub key: Option<u16>,
    /// Some goal may still be reached after the run has ended.
    pub late: bool,
    /// Goals.
    pub goals: Vec<u16>,
    /// Exits.
    pub exits: Vec<u16>,
    /// Clauses `start over`.
    pub start_over: Vec<u16>,
    /// Clauses `update`.
    pub updates: Vec<u16>,
    /// Words of [`EventTable::adds`] that are not added while such a run is alive: it starts over instead.
    pub spares: usize,
    /// For each place, the arms that listen to the event; none: something else does.
    pub arms: Vec<Option<Vec<u16>>>,
}

/// A trigger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Enter {
    /// The journey.
    pub journey: u16,
    /// Its trigger.
    pub trigger: u16,
}

/// What is known of a journey.
#[derive(Debug, Clone, PartialEq)]
pub struct JourneyTable {
    /// Its runs watch nothing and never pause: they only change when they hear something or are due.
    pub plain: bool,
    /// A run of it never needs more room than it has, whatever it does.
    pub sure: bool,
    /// The form of its runs.
    pub form: Form,
    /// Words of a run.
    pub words: usize,
    /// Slots that `start over` forgets.
    pub forgotten: Vec<u16>,
    /// What is kept of an ended run.
    pub kept: Kept,
    /// For each send, what is known of it.
    pub sends: Vec<SendTable>,
}

/// How long an ended run is kept for certain, whatever the customer's zone. Milliseconds; `i64::MIN`: not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Whole: from its entry, up to and including, unless it has converted.
    pub whole: i64,
    /// For re-entry, for ever.
    pub always: bool,
    /// For re-entry: from its entry, not including.
    pub after_entry: i64,
    /// For re-entry: from its end, not including.
    pub after_exit: i64,
}

/// What is known of a send.
#[derive(Debug, Clone, PartialEq)]
pub struct SendTable {
    /// Other runs may hold or drop it meanwhile.
    pub meanwhile: bool,
    /// For each try, whether the message has a rendering for its channel.
    pub rendered: Vec<bool>,
    /// For each try, the channel's address.
    pub address: Vec<Address>,
}

/// An address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Address {
    /// None is needed.
    Open,
    /// This word of the state.
    At(usize),
    /// This function.
    Function(FnId),
}

/// Why an input is not done: nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declined {
    /// It is of a shape that is left to the reference.
    Shape,
    /// The state needs more room than it has; with more, it may be done.
    Room,
}

/// Names of customers by their numbers.
pub trait Names {
    /// The name of a customer.
    fn name(&self, customer: u32) -> &str;
}

/// Memory that is used again.
#[derive(Debug, Clone)]
pub struct Scratch {
    frame: Frame,
    undo: Undo,
    hits: Vec<Hit>,
    taken: Vec<u16>,
    inputs: Vec<Word>,
    rare: Rare,
}

/// What few inputs need.
#[derive(Debug, Clone)]
struct Rare {
    /// Watched conditions that may have changed.
    dirty: Dirty,
    /// Those that have.
    changes: Vec<Change>,
    /// Triggers: rank, journey, trigger.
    offered: Vec<(u16, u16, u16)>,
    /// Inputs that runs have made at this instant.
    queue: VecDeque<InputKind>,
    /// Runs that others have handed off to.
    handoffs: Vec<HandOff>,
    list: Vec<Word>,
    /// What the id of an effect is made of.
    named: Vec<u8>,
}

/// What a state was before an input, as far as it is certain that nothing else has changed.
#[derive(Debug, Clone, Default)]
struct Undo {
    /// Its length.
    len: usize,
    /// The word [`SEEN`]: what changes before anything else does.
    seen: Word,
    /// All of it, once [`Machine::keep`] said so.
    words: Vec<Word>,
    whole: bool,
}

/// A run that hears the present event.
#[derive(Debug, Clone, Copy)]
struct Hit {
    run: Run,
    /// Index into [`EventTable::runs`].
    table: u16,
    /// It watches conditions, or may pause.
    watches: bool,
    updated: bool,
}

impl Scratch {
    /// Memory for inputs of a program.
    pub fn new(program: &Program) -> Scratch {
        Scratch {
            frame: Frame::new(program),
            undo: Undo::default(),
            hits: Vec::new(),
            taken: Vec::new(),
            inputs: Vec::new(),
            rare: Rare {
                dirty: Dirty::new(program),
                changes: Vec::new(),
                offered: Vec::new(),
                queue: VecDeque::new(),
                handoffs: Vec::new(),
                list: Vec::new(),
                named: Vec::new(),
            },
        }
    }
}

impl Rare {
    /// Nothing of an input that is not done is left.
    fn clear(&mut self) {
        self.dirty.clear();
        self.changes.clear();
        self.queue.clear();
        self.handoffs.clear();
    }
}

/// What all customers of a shard share.
pub struct Shared<'a> {
    /// The program.
    pub program: &'a Program,
    /// Its tables.
    pub tables: &'a Tables,
    /// The shard's texts and lists.
    pub pool: &'a mut Pool,
    /// Names of customers, for effect ids and lots.
    pub names: &'a dyn Names,
    /// Memory.
    pub scratch: &'a mut Scratch,
    /// Where effects go.
    pub out: &'a mut Effects,
}

/// A customer's words where they stand: the state is the first `len` of them, the others are room.
pub struct Words<'a> {
    /// All.
    pub words: &'a mut [Word],
    /// How many are used; none: nothing is known of the customer.
    pub len: usize,
}

/// One event of a customer. On [`Declined`] nothing has changed. What is due before it has been done ([`advance`]).
pub fn event(
    shared: &mut Shared<'_>,
    customer: u32,
    words: &mut Words<'_>,
    item: &Item,
    row: &[Word],
) -> Result<(), Declined> {
    let table = shared.tables.events.get(usize::from(item.event)).ok_or(Declined::Shape)?;
    event_of(shared, customer, words, table, item, row)
}

/// The same, with what the event does.
#[inline]
fn event_of(
    shared: &mut Shared<'_>,
    customer: u32,
    words: &mut Words<'_>,
    table: &EventTable,
    item: &Item,
    row: &[Word],
) -> Result<(), Declined> {
    if shared.tables.declined.is_some() || row.len() != table.fields {
        return Err(Declined::Shape);
    }
    attempt(shared, customer, words, |machine| machine.event(table, item, row))
}

/// What becomes known of a customer, or a yes or no to a purpose. On [`Declined`] nothing has changed. `seen` is the later of the input's
/// own time and its receipt; what is due before it has been done ([`advance`]).
pub fn known(
    shared: &mut Shared<'_>,
    customer: u32,
    words: &mut Words<'_>,
    seen: i64,
    kind: &InputKind,
) -> Result<(), Declined> {
    if shared.tables.declined.is_some() {
        return Err(Declined::Shape);
    }
    attempt(shared, customer, words, |machine| machine.known(seen, kind))
}

/// Does what time brings before `until` (or up to it, `inclusive`). Milliseconds since 1970 UTC. When it is declined, what was done
/// stays done, and the reference goes on from there.
#[inline]
pub fn advance(
    shared: &mut Shared<'_>,
    customer: u32,
    words: &mut Words<'_>,
    until: i64,
    inclusive: bool,
) -> Result<(), Declined> {
    while words.len > 0 {
        let due = words.words[WAKE] as i64;
        if due == NEVER || due > until || (due == until && !inclusive) {
            break;
        }
        instant(shared, customer, words, due)?;
    }
    Ok(())
}

/// Does what is due at an instant. On [`Declined`] nothing has changed.
#[inline(never)]
fn instant(shared: &mut Shared<'_>, customer: u32, words: &mut Words<'_>, due: i64) -> Result<(), Declined> {
    if shared.tables.declined.is_some() {
        return Err(Declined::Shape);
    }
    attempt(shared, customer, words, |machine| machine.instant(due))
}

/// Does something with a customer's words, or puts back what was there.
fn attempt<'m>(
    shared: &'m mut Shared<'_>,
    customer: u32,
    words: &'m mut Words<'_>,
    work: impl FnOnce(&mut Machine<'m>) -> Result<(), Declined>,
) -> Result<(), Declined> {
    let said = shared.out.end();
    let mut machine = Machine::new(shared, customer, words.words, words.len);
    machine.work.undo.len = words.len;
    machine.work.undo.seen = machine.words.get(SEEN).copied().unwrap_or(MISSING);
    machine.work.undo.whole = false;
    let done = work(&mut machine);
    match done {
        Ok(()) => words.len = machine.len,
        Err(_) => {
            let Undo { len, seen, words: before, whole } = &machine.work.undo;
            if *whole {
                machine.words[..*len].copy_from_slice(before);
            } else if *len > 0 {
                machine.words[SEEN] = *seen;
            }
            machine.out.take_back(said);
            machine.work.rare.clear();
        }
    }
    done
}

/// Everything an input works with.
struct Machine<'m> {
    program: &'m Program,
    image: &'m Image,
    tables: &'m Tables,
    names: &'m dyn Names,
    pool: &'m mut Pool,
    work: &'m mut Scratch,
    out: &'m mut Effects,
    customer: u32,
    /// All words of the place; the state is the first `len`.
    words: &'m mut [Word],
    len: usize,
    now: i64,
    fuel: u32,
    /// Inputs that runs have made at this instant.
    made: u32,
    /// The present event; none: [`u16::MAX`].
    event: u16,
    row: &'m [Word],
    happened_at: i64,
    told: Told<'m>,
    /// A run was entered whose journey is not listed yet.
    entered: bool,
}

/// What runs may hear that is no event.
#[derive(Clone, Copy)]
enum Told<'m> {
    Nothing,
    /// The answer of a call; none: it has failed.
    Answer(u128, Option<&'m [Word]>),
    /// A task is done.
    Done(u128),
}

impl<'m> Machine<'m> {
    /// A machine for a customer, of whose words so many are used: before any input.
    #[inline]
    fn new(shared: &'m mut Shared<'_>, customer: u32, words: &'m mut [Word], len: usize) -> Machine<'m> {
        let Shared { program, tables, pool, names, scratch, out } = shared;
        Machine {
            program,
            image: &program.image,
            tables,
            names: *names,
            pool,
            work: scratch,
            out,
            customer,
            words,
            len,
            now: 0,
            fuel: FUEL,
            made: 0,
            event: u16::MAX,
            row: &[],
            happened_at: 0,
            told: Told::Nothing,
            entered: false,
        }
    }

    /// The words of the state.
    fn state(&self) -> &[Word] {
        &self.words[..self.len]
    }

    fn journey(&self, run: Run) -> &'m Journey {
        &self.image.journeys[usize::from(run.journey(self.words))]
    }

    fn zone(&self) -> &'m Zone {
        state::zone(self.program, self.words)
    }

    /// Where the records begin.
    fn first(&self) -> usize {
        state::records_at(&self.program.layout, self.words)
    }

    /// The record at or behind a word, and the word behind it.
    fn record(&self, at: usize) -> Option<(Run, usize)> {
        (at < self.len).then(|| (Run(at), at + Run(at).len(self.words)))
    }

    /// What a function sees of a run, at `now`; with the present event, if `hears`. And the registers it may use.
    fn scope(&mut self, run: Run, hears: bool, now: i64) -> (Scope<'_>, &mut Frame) {
        let (row, happened_at) = if hears { (self.row, self.happened_at) } else { (&[][..], now) };
        let state = &self.words[..self.len];
        let scope =
            Scope { slots: run.slots(state), row, happened_at, ..Scope::of(self.program, self.pool, state, now) };
        (scope, &mut self.work.frame)
    }

    /// The result of a function that sees a run, at `now`.
    fn eval_at(&mut self, run: Run, function: FnId, now: i64) -> Word {
        let (scope, frame) = self.scope(run, false, now);
        scope.value(function, frame)
    }

    /// Whether a condition that sees a run holds; with the present event, if `hears`.
    fn is_so(&mut self, run: Run, hears: bool, condition: FnId) -> bool {
        let (scope, frame) = self.scope(run, hears, self.now);
        scope.is_so(condition, frame)
    }

    /// The stage a run stands in.
    fn stage_of(&self, run: Run) -> Option<u16> {
        stage_of(self.image, self.state(), run)
    }

    fn eval(&mut self, run: Run, function: FnId) -> Word {
        self.eval_at(run, function, self.now)
    }

    /// Whether a condition of a run holds that is looked at again when time alone may change it.
    fn watches(&mut self, run: Run, condition: FnId) -> bool {
        let state = &self.words[..self.len];
        let scope = Scope { slots: run.slots(state), ..Scope::of(self.program, self.pool, state, self.now) };
        let mut changes = NEVER;
        let word = scope.eval(condition, &mut self.work.frame, &mut changes);
        let check = run.moment(self.words, CHECK).min(changes.max(self.now.saturating_add(1)));
        run.put_moment(self.words, CHECK, check);
        word == 1
    }

    /// Whose effect it is.
    fn of(&self, run: Run, pc: Option<u32>) -> Of {
        let numbers = run.get(self.words, NUMBERS);
        Of {
            time: self.now,
            journey: run.journey(self.words),
            run: numbers as u32,
            start: (numbers >> 32) as u32,
            pc: pc.unwrap_or(NO_PC),
            customer: self.customer,
        }
    }

    /// Whether the customer is seen for the first time; then the state is made.
    fn wake_up(&mut self) -> Result<bool, Declined> {
        if self.len >= self.program.layout.fixed {
            return Ok(false);
        }
        let fresh = self.program.layout.fresh_words();
        let Some(words) = self.words.get_mut(..fresh.len()) else { return Err(Declined::Room) };
        words.copy_from_slice(fresh);
        self.len = fresh.len();
        Ok(true)
    }

    /// Keeps what may have to be put back: now that nothing but [`SEEN`] has changed, and unless it is certain that nothing will be
    /// left to the reference.
    fn keep(&mut self, sure: bool) {
        // Where there are more runs than one instant lets go on, the reference knows.
        if (sure && self.len < FUEL as usize) || self.work.undo.len == 0 {
            return;
        }
        self.work.undo.whole = true;
        self.work.undo.words.clear();
        self.work.undo.words.extend_from_slice(&self.words[..self.len]);
        self.work.undo.words[SEEN] = self.work.undo.seen;
    }

    /// Time goes on to a moment, or stays where it was.
    fn go_to(&mut self, moment: i64) {
        self.now = moment.max(self.words[SEEN] as i64);
        self.words[SEEN] = self.now as Word;
    }
}
