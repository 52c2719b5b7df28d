//! One event, through its phases: each for all runs that hear it before the next.

use super::build;
use super::{Declined, EventTable, Hears, Hit, JourneyTable, Machine, Phases, RunTable, Told};
use crate::batch::Item;
use crate::history::{self, Seen};
use crate::image::{Capture, Journey, Listener, MISSING, Occasion, Pc, PlaceKind, Role, Word};
use crate::layout::{ID_COUNT, IDS_NEXT, IDS_ROOM, ZONE};
use crate::record::how;
use crate::state::set_consent;
use crate::step::machine::FUEL;
use crate::step::run::{
    AGE, ARRIVED, AT, BARRED, CHECK, CONVERTED, DUE, ENDED, ENTERED, GONE, HELD, HOLDER, KEY, LEAVING, NEVER, PAUSED,
    Run, SINCE, WAITS, WAKE,
};
use crate::step::{self, ids, wait};
use crate::time::plus;

/// What nobody hears.
const NOTHING: &EventTable = &EventTable {
    rare: None,
    observed: false,
    stirs: false,
    consents: false,
    hears: Vec::new(),
    runs: Vec::new(),
    phases: Phases { goals: false, exits: false, watches: false, replaces: false, waits: false },
    enters: Vec::new(),
    unsure: false,
    adds: 0,
    fields: 0,
};

impl<'m> Machine<'m> {
    /// One event.
    pub(super) fn event(&mut self, table: &'m EventTable, item: &Item, row: &'m [Word]) -> Result<(), Declined> {
        (self.event, self.row, self.happened_at) = (item.event, row, item.happened_at);
        self.wake_up()?;
        self.go_to(item.seen);
        let consent = if table.consents { self.consent()? } else { None };
        self.work.hits.clear();
        self.work.taken.clear();
        let (sure, spared) = self.who_hears(table);
        let sure = sure && !table.unsure && !table.stirs && !self.stirs();
        let adds = table.adds.saturating_sub(spared) + if item.id().is_some() { ID_COUNT } else { 0 };
        self.keep(sure && self.len + adds <= self.words.len());
        if let Some(id) = item.id()
            && self.repeated(id)?
        {
            return self.finish();
        }
        self.phases(table, consent)?;
        self.settle()?;
        self.finish()
    }

    /// What the present event does: to what is remembered, then phase by phase.
    pub(super) fn phases(
        &mut self,
        table: &'m EventTable,
        consent: Option<(u16, Option<u16>, bool)>,
    ) -> Result<(), Declined> {
        if let Some((purpose, channel, granted)) = consent {
            set_consent(&self.program.layout, self.words, purpose, channel, granted);
        }
        if table.observed {
            let seen = Seen { event: self.event, row: self.row, happened_at: self.happened_at, now: self.now };
            let state = &mut self.words[..self.len];
            history::observe(self.program, self.pool, state, &mut self.work.frame, seen, &mut self.work.rare.dirty);
        }
        self.look_again(false);
        if !self.work.hits.is_empty() {
            self.sort_hits();
            let Phases { goals, exits, watches, replaces, waits } = table.phases;
            if watches {
                self.work.hits.iter().for_each(|hit| hit.run.put_moment(self.words, CHECK, NEVER));
            }
            if goals {
                self.goals(table);
            }
            if exits {
                self.exits(table);
            }
            if watches {
                self.pauses();
            }
            if replaces {
                self.start_over_and_update(table)?;
            }
            if waits {
                self.waits(table, false)?;
            }
        }
        self.new_runs(table)
    }

    /// Finds the runs that hear the event. Says whether all runs there are are [`super::JourneyTable::sure`].
    /// And how many of [`EventTable::adds`] are not added, because runs there are stay.
    #[inline(always)]
    pub(super) fn who_hears(&mut self, table: &EventTable) -> (bool, usize) {
        let (mut sure, mut spared) = (true, 0);
        let mut at = self.first();
        let words = &self.words[..self.len];
        while at < words.len() {
            let run = Run(at);
            at += run.len(words);
            let status = run.status(words);
            let journey = usize::from(run.journey(words));
            sure &= self.tables.journeys[journey].sure;
            match table.hears[journey] {
                Hears::Nothing => {}
                Hears::Watches(number) if status < LEAVING => {
                    self.work.hits.push(Hit { run, table: number, watches: true, updated: false });
                }
                Hears::Runs(number) | Hears::Watches(number) => {
                    let hears = &table.runs[usize::from(number)];
                    if let Some(field) = hears.key {
                        let key = self.row[usize::from(field)];
                        if key == MISSING || key != run.get(words, KEY) {
                            continue;
                        }
                    }
                    let over = status >= LEAVING;
                    if over && (!hears.late || run.is(words, CONVERTED | GONE) || !run.whole(words)) {
                        continue;
                    }
                    if !over {
                        spared += hears.spares;
                    }
                    self.work.hits.push(Hit { run, table: number, watches: false, updated: false });
                }
            }
        }
        (sure, spared)
    }

    /// Higher priority first, then the older.
    #[inline(always)]
    fn sort_hits(&mut self) {
        if self.work.hits.len() > 1 {
            let (image, plan, words) = (self.image, &self.program.plan, &*self.words);
            self.work.hits.sort_unstable_by_key(|hit| {
                let journey = usize::from(hit.run.journey(words));
                (std::cmp::Reverse(image.journeys[journey].priority), hit.run.get(words, AGE), plan.rank[journey])
            });
        }
    }

    /// Whether a message id was among the latest; remembers it when it was not. As [`crate::state::repeated`].
    pub(super) fn repeated(&mut self, id: u64) -> Result<bool, Declined> {
        let id = if id == MISSING { 0 } else { id };
        let (at, zone) = (self.program.layout.fixed, self.words[ZONE]);
        let (mut room, mut next) = ((zone >> IDS_ROOM & 0xff) as usize, (zone >> IDS_NEXT & 0xff) as usize);
        if self.words[at..at + room].contains(&id) {
            return Ok(true);
        }
        if next >= room {
            next = room;
            if room == ID_COUNT {
                next = 0;
            } else if !self.more_ids() {
                return Err(Declined::Room);
            }
            room = (self.words[ZONE] >> IDS_ROOM & 0xff) as usize;
        }
        self.words[at + next] = id;
        self.words[ZONE] = zone & !(0xffff << IDS_ROOM) | (room as Word) << IDS_ROOM | (next as Word + 1) << IDS_NEXT;
        Ok(false)
    }

    /// Gives message ids more room: what stands behind them moves. False when the state has none.
    pub(super) fn more_ids(&mut self) -> bool {
        let (at, zone) = (self.program.layout.fixed, self.words[ZONE]);
        let room = (zone >> IDS_ROOM & 0xff) as usize;
        let more = room.max(ID_COUNT / 4);
        if self.len + more > self.words.len() {
            return false;
        }
        self.words.copy_within(at + room..self.len, at + room + more);
        self.words[at + room..at + room + more].fill(MISSING);
        self.words[ZONE] = zone & !(0xff << IDS_ROOM) | ((room + more) as Word) << IDS_ROOM;
        self.len += more;
        self.work.hits.iter_mut().for_each(|hit| hit.run.0 += more);
        true
    }

    /// Whether a run hears the present event as a clause of it listens.
    pub(super) fn hears(&mut self, run: Run, listener: &Listener) -> bool {
        if listener.event != self.event {
            return false;
        }
        if let Some(field) = listener.key {
            let key = self.row[usize::from(field)];
            if key == MISSING || key != run.get(self.words, KEY) {
                return false;
            }
        }
        if let Some(send) = listener.of
            && !self.is_receipt_of(run, send)
        {
            return false;
        }
        listener.condition.is_none_or(|condition| self.is_so(run, true, condition))
    }

    fn is_receipt_of(&self, run: Run, send: u16) -> bool {
        let Role::Receipt { send_id, message } = &self.image.events[usize::from(self.event)].role else { return false };
        let send = &self.journey(run).sends[usize::from(send)];
        let Some(id) = send.id.and_then(|slot| run.id(self.words, slot)) else { return false };
        let field = |field: &Option<u16>| field.map_or(MISSING, |field| self.row[usize::from(field)]);
        let named = field(send_id);
        if named != MISSING {
            return ids::id_of_text(self.pool.word(named)) == Some(id);
        }
        let message = field(message);
        message != MISSING
            && self.pool.word(message) == self.image.messages[usize::from(send.message)].name
            && self.program.layout.message_at(send.message).is_some_and(|at| self.words[at] == id as Word)
    }

    /// Copies what a clause keeps of the present event into a run's slots.
    pub(super) fn capture(&mut self, run: Run, capture: &Capture) {
        if self.event == u16::MAX {
            return;
        }
        let slots = run.slots_mut(self.words);
        let mut set = |slot: u16, word| {
            if let Some(place) = slots.get_mut(usize::from(slot)) {
                *place = word;
            }
        };
        capture.clear.iter().for_each(|slot| set(*slot, MISSING));
        capture.fields.iter().for_each(|(field, slot)| set(*slot, self.row[usize::from(*field)]));
        capture.happened_at.into_iter().for_each(|slot| set(slot, self.happened_at as Word));
    }

    fn run_table(table: &EventTable, hit: Hit) -> &RunTable {
        &table.runs[usize::from(hit.table)]
    }

    /// Phase: goals.
    fn goals(&mut self, table: &EventTable) {
        for at in 0..self.work.hits.len() {
            let hit = self.work.hits[at];
            if Self::run_table(table, hit).goals.is_empty() {
                continue;
            }
            let run = hit.run;
            let journey = self.journey(run);
            let entered = run.moment(self.words, ENTERED);
            let (mut reached, mut late) = (false, false);
            for number in &Self::run_table(table, hit).goals {
                let goal = &journey.goals[usize::from(*number)];
                let alive = run.alive(self.words);
                let in_time = match &goal.within {
                    Some(span) if span.months == 0 && span.days == 0 => self.now <= plus(entered, span.ms),
                    Some(span) => self.now <= self.zone().add(entered, span),
                    None => alive,
                };
                let counted = run.is(self.words, CONVERTED);
                let matters = if in_time { alive || !counted } else { alive && !goal.go_on };
                if !matters || !self.hears(run, &goal.listener) {
                    continue;
                }
                if in_time {
                    if !counted {
                        run.mark(self.words, CONVERTED, true);
                        let of = self.of(run, None);
                        self.out.converted(&of);
                    }
                    reached |= !goal.go_on;
                } else {
                    late = true;
                }
            }
            if reached || (late && run.is(self.words, CONVERTED)) {
                self.end(run, how::GOAL, 0, None);
            } else if late {
                self.end(run, how::LATE_GOAL, 0, None);
            }
        }
    }

    /// Phase: exits.
    fn exits(&mut self, table: &EventTable) {
        for at in 0..self.work.hits.len() {
            let hit = self.work.hits[at];
            let run = hit.run;
            if (!hit.watches && Self::run_table(table, hit).exits.is_empty()) || !run.alive(self.words) {
                continue;
            }
            let journey = self.journey(run);
            let stage = self.stage_of(run);
            if hit.watches {
                self.leaves(run, stage, true);
                continue;
            }
            for number in &Self::run_table(table, hit).exits {
                let exit = &journey.exits[usize::from(*number)];
                let Occasion::Event(listener) = &exit.on else { continue };
                if step::in_stage(journey, stage, exit.stage) && self.hears(run, listener) {
                    if exit.for_good {
                        run.mark(self.words, BARRED, true);
                    }
                    self.end(run, how::EXIT, *number, None);
                    break;
                }
            }
        }
    }

    /// Ends a run that an exit clause in force in `stage` asks to leave; says whether it did.
    pub(super) fn leaves(&mut self, run: Run, stage: Option<u16>, hears: bool) -> bool {
        let journey = self.journey(run);
        for (exit, number) in journey.exits.iter().zip(0u16..) {
            if !step::in_stage(journey, stage, exit.stage) {
                continue;
            }
            let asks = match &exit.on {
                Occasion::Event(listener) => hears && self.hears(run, listener),
                Occasion::Condition(condition) => self.watches(run, *condition),
            };
            if asks {
                if exit.for_good {
                    run.mark(self.words, BARRED, true);
                }
                self.end(run, how::EXIT, number, None);
                return true;
            }
        }
        false
    }

    /// The end of a run. What it does on leaving comes before it is told that it left.
    pub(super) fn end(&mut self, run: Run, by: u16, extra: u16, label: Option<u32>) {
        if !run.alive(self.words) {
            return;
        }
        if let Some(pc) = self.journey(run).on_leaving
            && by != how::OUT_OF_FUEL
        {
            run.set_status(self.words, LEAVING);
            // Fuel of its own, as the reference has it.
            let fuel = std::mem::replace(&mut self.fuel, FUEL);
            self.walk(run, pc);
            self.fuel = fuel;
        }
        run.set_status(self.words, ENDED);
        run.put_moment(self.words, SINCE, self.now);
        run.put_moment(self.words, DUE, NEVER);
        run.put_moment(self.words, CHECK, NEVER);
        run.put_moment(self.words, WAKE, NEVER);
        run.put(self.words, HOLDER, MISSING);
        let of = self.of(run, None);
        self.out.left(&of, by, extra, label);
    }

    /// Phase: start over and update.
    fn start_over_and_update(&mut self, table: &EventTable) -> Result<(), Declined> {
        for at in 0..self.work.hits.len() {
            let hit = self.work.hits[at];
            let run = hit.run;
            let hears = Self::run_table(table, hit);
            if !run.alive(self.words) || (hears.start_over.is_empty() && hears.updates.is_empty()) {
                continue;
            }
            let number = usize::from(run.journey(self.words));
            let (journey, known) = (&self.image.journeys[number], &self.tables.journeys[number]);
            let clauses = hears.start_over.iter().map(|number| &journey.start_over[usize::from(*number)]);
            let mut again = None;
            for clause in clauses {
                if self.hears(run, &clause.listener) {
                    again = Some(clause);
                    break;
                }
            }
            if let Some(clause) = again {
                self.work.taken.push(number as u16);
                self.start_over(run, journey, known);
                self.capture(run, &clause.capture);
                let of = self.of(run, None);
                self.out.started_over(&of);
                self.go_on(run, 0)?;
                continue;
            }
            let mut updated = false;
            for number in &hears.updates {
                let update = &journey.updates[usize::from(*number)];
                if self.hears(run, &update.listener) {
                    self.capture(run, &update.capture);
                    updated = true;
                }
            }
            if updated {
                self.work.taken.push(number as u16);
                self.work.hits[at].updated = true;
                let of = self.of(run, None);
                self.out.updated(&of);
                if hit.watches {
                    // Clauses that read what was replaced hold from now on.
                    let stage = self.stage_of(run);
                    if !self.leaves(run, stage, false) {
                        self.look_at_pauses(run, stage, false);
                    }
                }
            }
        }
        Ok(())
    }

    fn start_over(&mut self, run: Run, journey: &Journey, known: &JourneyTable) {
        run.fill(self.words, &known.forgotten, MISSING);
        run.fill(self.words, &journey.zeroed, 0);
        let (number, start) = (run.number(self.words), run.start(self.words));
        run.set_numbers(self.words, number, start.saturating_add(1));
        run.mark(self.words, CONVERTED, false);
        run.set_out(self.words, self.now);
    }

    /// Phase: waits.
    fn waits(&mut self, table: &EventTable, rezoned: bool) -> Result<(), Declined> {
        for at in 0..self.work.hits.len() {
            let hit = self.work.hits[at];
            let run = hit.run;
            if !run.alive(self.words) || run.is(self.words, ARRIVED) {
                continue;
            }
            match run.status(self.words) {
                WAITS => self.wait(table, hit, rezoned || hit.updated)?,
                PAUSED => self.resume(run)?,
                // Quiet hours are somewhere else now: it asks again.
                HELD if rezoned && run.moment(self.words, DUE) != NEVER => {
                    self.go_on(run, run.get(self.words, AT) as Pc)?
                }
                _ => {}
            }
            if rezoned {
                self.set_wake(run);
            }
        }
        Ok(())
    }

    fn wait(&mut self, table: &EventTable, hit: Hit, work_out_anew: bool) -> Result<(), Declined> {
        let run = hit.run;
        let number = run.get(self.words, AT) as usize;
        let place = &self.journey(run).places[number];
        let mut next = None;
        if hit.watches {
            next = self.hears_at(run, &place.kind);
        } else if let Some(arms) = &Self::run_table(table, hit).arms[number] {
            if let PlaceKind::First { arms: all, .. } = &place.kind {
                for arm in arms {
                    let arm = &all[usize::from(*arm)];
                    let Occasion::Event(listener) = &arm.on else { continue };
                    if self.hears(run, listener) {
                        self.capture(run, &arm.capture);
                        next = Some(arm.next);
                        break;
                    }
                }
            }
        } else {
            next = self.hears_at(run, &place.kind);
        }
        if next.is_none() && work_out_anew {
            next = self.set_due(run, place, wait::due(place));
            self.set_wake(run);
        }
        match next {
            Some(next) => self.go_on(run, next),
            None => Ok(()),
        }
    }

    /// Where a run goes on from a place, if the present input or a condition ends its stay.
    pub(super) fn hears_at(&mut self, run: Run, place: &'m PlaceKind) -> Option<Pc> {
        let arms = match place {
            PlaceKind::First { arms, .. } => arms,
            PlaceKind::Collect { listener, fields, list, at_most, next, .. } => {
                if !self.hears(run, listener) {
                    return None;
                }
                let before = run.slot(self.words, *list);
                let (gathered, count) = wait::gather(self.pool, &mut self.work.rare.list, before, self.row, fields);
                run.set_slot(self.words, *list, gathered);
                return (count >= *at_most as usize).then_some(*next);
            }
            PlaceKind::Answer { id, slots, next, failed, .. } => {
                let Told::Answer(call, answer) = self.told else { return None };
                if run.id(self.words, *id) != Some(call) {
                    return None;
                }
                let Some(answer) = answer else { return Some(*failed) };
                wait::keep_answer(self.words, run, slots, answer);
                return Some(*next);
            }
            PlaceKind::Task { id, done, .. } => {
                let told = match self.told {
                    Told::Done(task) => Some(task),
                    _ if self.event != u16::MAX => wait::task_of(self.image, self.pool, self.event, self.row),
                    _ => None,
                };
                return (told.is_some() && told == run.id(self.words, *id)).then_some(*done);
            }
            PlaceKind::Timer { .. } => return None,
        };
        let mut passed = None;
        for arm in arms {
            let ends = match &arm.on {
                Occasion::Event(listener) => passed.is_none() && self.hears(run, listener),
                Occasion::Condition(condition) => {
                    let holds = self.watches(run, *condition);
                    match arm.becomes {
                        None => holds,
                        Some(slot) => {
                            let was_false = run.slot(self.words, slot) == 1;
                            run.set_slot(self.words, slot, u64::from(was_false || !holds));
                            holds && was_false
                        }
                    }
                }
            };
            if ends && passed.is_none() {
                passed = Some(arm);
            }
        }
        passed.map(|arm| {
            self.capture(run, &arm.capture);
            arm.next
        })
    }

    /// Phases where conditions of runs may have changed, without an event. All runs look where they are `rezoned`, or something is told.
    pub(super) fn time_passes(&mut self, rezoned: bool) -> Result<(), Declined> {
        let all = rezoned || !matches!(self.told, Told::Nothing);
        self.work.hits.clear();
        self.work.taken.clear();
        let mut at = self.first();
        while let Some((run, next)) = self.record(at) {
            at = next;
            let watches = all || !self.tables.journeys[usize::from(run.journey(self.words))].plain;
            if !watches || !run.alive(self.words) {
                continue;
            }
            run.put_moment(self.words, CHECK, NEVER);
            run.mark(self.words, ARRIVED, false);
            self.work.hits.push(Hit { run, table: 0, watches, updated: false });
        }
        self.sort_hits();
        self.exits(NOTHING);
        self.pauses();
        self.waits(NOTHING, rezoned)?;
        self.new_runs(NOTHING)
    }

    /// Whether the customer has said yes, as a send asks for it.
    pub(super) fn consents(&self, purpose: u16, rule: crate::image::ConsentRule, channel: u16) -> bool {
        rule == crate::image::ConsentRule::None
            || build::consents(self.image, rule, channel).any(|channel| {
                crate::state::consent(&self.program.layout, self.words, purpose, channel)
                    == crate::state::Consent::Granted
            })
    }
}
