//! From a program to its tables.

use super::{Address, Enter, EventTable, Hears, JourneyTable, Kept, Phases, RunTable, SendTable, Tables};
use crate::image::{ConsentRule, Event, Image, Instr, Journey, Listener, Occasion, Op, PlaceKind, ReEntry, Role, Send};
use crate::layout::Form;
use crate::program::Program;
use crate::record;
use crate::step::entry::forgotten;
use crate::time::lengths;

impl Tables {
    /// The tables of a program.
    pub fn new(program: &Program) -> Tables {
        let image = &program.image;
        let journeys: Vec<JourneyTable> = (0..image.journeys.len()).map(|j| journey(program, j)).collect();
        let events = (0..image.events.len()).map(|e| event(program, &journeys, e as u16)).collect();
        Tables {
            events,
            calm: image.watches.is_empty() && program.layout.calendar.is_empty(),
            meanwhile: image.journeys.iter().any(|journey| !journey.meanwhile.is_empty()),
            declined: (!image.journeys.iter().all(sends_fit)).then_some("a hand-over says more than fits a record"),
            journeys,
        }
    }
}

fn journey(program: &Program, number: usize) -> JourneyTable {
    let image = &program.image;
    let journey = &image.journeys[number];
    let form = program.layout.forms[number];
    let sends: Vec<SendTable> = (0..journey.sends.len()).map(|s| send(program, journey, s)).collect();
    JourneyTable {
        sure: sure(journey),
        plain: !form.has(Form::CHECKED) && journey.pauses.is_empty(),
        form,
        words: program.layout.run_words[number],
        forgotten: forgotten(journey),
        kept: kept_for_certain(journey),
        sends,
    }
}

/// Whether a run never begins another one, by what it hands off to or by an input that it makes.
fn sure(journey: &Journey) -> bool {
    !journey.code.iter().any(|instr| matches!(instr, Instr::GoTo { .. } | Instr::Set { .. } | Instr::Emit { .. }))
}

fn sends_fit(journey: &Journey) -> bool {
    (0..journey.sends.len()).all(|send| record::sent_fits(journey, send as u16))
}

fn kept_for_certain(journey: &Journey) -> Kept {
    let least = |span: &crate::image::Span| lengths(span).0;
    let whole = journey.goals.iter().filter_map(|goal| goal.within.as_ref()).map(least).max();
    let none = Kept { whole: whole.unwrap_or(i64::MIN), always: false, after_entry: i64::MIN, after_exit: i64::MIN };
    match &journey.reentry {
        ReEntry::Never { .. } => Kept { always: true, ..none },
        ReEntry::AfterFinishing => none,
        ReEntry::AfterEntry(span) => Kept { after_entry: least(span), ..none },
        ReEntry::AfterExit(span) => Kept { after_exit: least(span), ..none },
    }
}

fn send(program: &Program, journey: &Journey, number: usize) -> SendTable {
    let image = &program.image;
    let send: &Send = &journey.sends[number];
    let message = &image.messages[usize::from(send.message)];
    let clauses = |journey: &Journey| journey.meanwhile.iter().any(|clause| clause.purpose == message.purpose);
    let address = |channel: u16| match image.channels[usize::from(channel)].address {
        None => Address::Open,
        Some(function) => match image.functions[function as usize].ops[..] {
            [Op::Profile { dst, field }, Op::Return { a }] if dst == a => {
                Address::At(program.layout.profile_at + usize::from(field))
            }
            _ => Address::Function(function),
        },
    };
    SendTable {
        meanwhile: image.journeys.iter().any(clauses),
        rendered: send
            .tries
            .iter()
            .map(|by| message.renderings.iter().any(|(known, _)| *known == by.channel))
            .collect(),
        address: send.tries.iter().map(|by| address(by.channel)).collect(),
    }
}

fn event(program: &Program, journeys: &[JourneyTable], number: u16) -> EventTable {
    let image = &program.image;
    let event: &Event = &image.events[usize::from(number)];
    let histories = &program.histories_of_event[usize::from(number)];
    let watched = histories.iter().any(|history| !program.watches_of_history[usize::from(*history)].is_empty());
    let consents = matches!(event.role, Role::Consent { .. });
    let rare = if consents {
        Some("it tells of consent")
    } else if matches!(event.role, Role::TaskCompleted { .. }) {
        Some("it tells of a task")
    } else if watched {
        Some("it feeds a condition that is watched")
    } else {
        None
    };
    let mut runs = Vec::new();
    let enters = program.plan.by_event[usize::from(number)]
        .iter()
        .map(|(_, journey, trigger)| Enter { journey: *journey, trigger: *trigger });
    let enters: Vec<Enter> = enters.collect();
    // A run, and the word that counts the entries of its journey.
    let added = |enter: &Enter| journeys[usize::from(enter.journey)].words + 1;
    let added_by = |j: usize| enters.iter().filter(|enter| usize::from(enter.journey) == j).map(added).sum::<usize>();
    let both = image.journeys.iter().zip(journeys).enumerate();
    let hears = both.map(|(j, (journey, table))| match hears(image, journey, number) {
        (_, false) if table.plain => Hears::Nothing,
        (mut hears, _) => {
            // Such a run starts over, whatever it does then; so no other is tried.
            let always = |clause: &u16| {
                let listener = &journey.start_over[usize::from(*clause)].listener;
                listener.condition.is_none() && listener.key.is_none() && listener.of.is_none()
            };
            let ends = !hears.goals.is_empty() || !hears.exits.is_empty();
            if table.plain && !ends && hears.start_over.iter().any(always) {
                hears.spares = added_by(j);
            }
            runs.push(hears);
            let number = runs.len() as u16 - 1;
            if table.plain { Hears::Runs(number) } else { Hears::Watches(number) }
        }
    });
    let hears: Vec<Hears> = hears.collect();
    let phases = phases(&hears, &runs);
    let mut sorted: Vec<(u16, u16, u16)> = program.plan.by_event[usize::from(number)].clone();
    sorted.sort_unstable();
    debug_assert!(
        sorted == program.plan.by_event[usize::from(number)],
        "triggers are asked in the order of their ranks"
    );
    let entered = |enter: &Enter| &journeys[usize::from(enter.journey)];
    EventTable {
        rare,
        observed: !histories.is_empty(),
        stirs: watched,
        consents,
        hears,
        phases,
        runs,
        unsure: !enters.iter().map(entered).all(|table| table.sure),
        adds: enters.iter().map(added).sum(),
        enters,
        fields: event.fields.len(),
    }
}

/// In which phases runs that hear an event may do something.
fn phases(hears: &[Hears], runs: &[RunTable]) -> Phases {
    let watches = hears.iter().any(|hears| matches!(hears, Hears::Watches(_)));
    let some = |what: fn(&RunTable) -> bool| runs.iter().any(what);
    Phases {
        goals: some(|run| !run.goals.is_empty()),
        exits: watches || some(|run| !run.exits.is_empty()),
        watches,
        replaces: some(|run| !run.start_over.is_empty() || !run.updates.is_empty()),
        // What was updated is awaited anew.
        waits: watches
            || some(|run| !run.updates.is_empty())
            || some(|run| run.arms.iter().any(|arms| arms.as_ref().is_none_or(|arms| !arms.is_empty()))),
    }
}

/// What runs of a journey hear of an event, and whether that is anything.
fn hears(image: &Image, journey: &Journey, event: u16) -> (RunTable, bool) {
    let of_tasks = matches!(image.events[usize::from(event)].role, Role::TaskCompleted { .. });
    let mut keys: Vec<Option<u16>> = Vec::new();
    let mut listens = |listener: &Listener| {
        let listens = listener.event == event;
        if listens {
            keys.push(listener.key);
        }
        listens
    };
    let numbers = |all: Vec<bool>| -> Vec<u16> {
        all.iter().zip(0u16..).filter(|(listens, _)| **listens).map(|(_, number)| number).collect()
    };
    let goals = numbers(journey.goals.iter().map(|goal| listens(&goal.listener)).collect());
    let exits =
        numbers(journey.exits.iter().map(|exit| matches!(&exit.on, Occasion::Event(l) if listens(l))).collect());
    let start_over = numbers(journey.start_over.iter().map(|clause| listens(&clause.listener)).collect());
    let updates = numbers(journey.updates.iter().map(|clause| listens(&clause.listener)).collect());
    let arms = journey.places.iter().map(|place| match &place.kind {
        PlaceKind::First { arms, .. } => {
            Some(numbers(arms.iter().map(|arm| matches!(&arm.on, Occasion::Event(l) if listens(l))).collect()))
        }
        PlaceKind::Collect { listener, .. } => {
            if listens(listener) {
                None
            } else {
                Some(Vec::new())
            }
        }
        PlaceKind::Task { .. } if of_tasks => None,
        PlaceKind::Timer { .. } | PlaceKind::Answer { .. } | PlaceKind::Task { .. } => Some(Vec::new()),
    });
    let arms: Vec<Option<Vec<u16>>> = arms.collect();
    if of_tasks && journey.places.iter().any(|place| matches!(place.kind, PlaceKind::Task { .. })) {
        // A task is no matter of keys.
        keys.push(None);
    }
    let first = keys.first().copied().flatten();
    let late = goals.iter().any(|goal| journey.goals[usize::from(*goal)].within.is_some());
    let key = first.filter(|_| keys.iter().all(|key| *key == first));
    (RunTable { key, late, goals, exits, start_over, updates, spares: 0, arms }, !keys.is_empty())
}

/// Whether an image asks for consent on any channel: all of a purpose's consents are looked at.
pub(super) fn consents(image: &Image, rule: ConsentRule, channel: u16) -> std::ops::Range<u16> {
    match rule {
        ConsentRule::None => 0..0,
        ConsentRule::Channel => channel..channel + 1,
        ConsentRule::Any => 0..image.channels.len() as u16,
    }
}
