//! What follows at the same instant: watched conditions that change, inputs that runs make, sends that nobody holds any more, hand-offs,
//! triggers by the calendar.

use super::{Declined, Machine, Told};
use crate::eval::Scope;
use crate::image::{Instr, Pc, Role, Word};
use crate::input::{Effect, EffectKind, InputKind};
use crate::layout::{KNOWN, WATCH_DUE, ZONE};
use crate::step::entry::HandOff;
use crate::step::machine::QUEUE;
use crate::step::run::{ARRIVED, AT, Run};
use crate::step::walk::HAND_OFF;
use crate::step::{calendar, deed, machine, meanwhile};
use crate::{state, watch};

impl Machine<'_> {
    /// Whether something else than the present event may begin runs: watched conditions may change, or the customer is seen for the first
    /// time.
    pub(super) fn stirs(&self) -> bool {
        !self.tables.calm
            && (self.words[ZONE] & KNOWN == 0
                || self.program.layout.watches > 0 && self.words[WATCH_DUE] as i64 <= self.now)
    }

    /// Works out anew the watched conditions that may have changed; and when triggers by the calendar are due, at first sight or when the
    /// customer is in another zone (`rezoned`).
    #[inline]
    pub(super) fn look_again(&mut self, rezoned: bool) {
        if self.tables.calm {
            self.words[ZONE] |= KNOWN;
        } else {
            self.refresh(rezoned);
        }
    }

    #[inline(never)]
    fn refresh(&mut self, rezoned: bool) {
        let new = self.words[ZONE] & KNOWN == 0;
        let (rare, state) = (&mut self.work.rare, &mut self.words[..self.len]);
        rare.changes.clear();
        watch::refresh(
            self.program,
            self.pool,
            state,
            &mut self.work.frame,
            self.now,
            &mut rare.dirty,
            &mut rare.changes,
        );
        if new {
            calendar::plan(self.program, self.pool, state, self.now, calendar::Anew::All);
        } else if rezoned {
            calendar::plan(self.program, self.pool, state, self.now, calendar::Anew::Zone);
        }
    }

    /// Works on what follows until nothing does.
    #[inline]
    pub(super) fn settle(&mut self) -> Result<(), Declined> {
        if self.tables.meanwhile || !self.work.rare.queue.is_empty() { self.work_off() } else { Ok(()) }
    }

    #[inline(never)]
    fn work_off(&mut self) -> Result<(), Declined> {
        loop {
            while self.tables.meanwhile
                && let Some(run) = meanwhile::freed(self.image, self.state(), self.first())
            {
                self.go_on(run, run.get(self.words, AT) as Pc)?;
            }
            let Some(input) = self.work.rare.queue.pop_front() else { return Ok(()) };
            self.follow(&input)?;
        }
    }

    /// An input that a run has made.
    fn follow(&mut self, input: &InputKind) -> Result<(), Declined> {
        let mut machine = Machine {
            program: self.program,
            image: self.image,
            tables: self.tables,
            names: self.names,
            pool: &mut *self.pool,
            work: &mut *self.work,
            out: &mut *self.out,
            customer: self.customer,
            words: &mut *self.words,
            len: self.len,
            now: self.now,
            fuel: self.fuel,
            made: self.made,
            event: u16::MAX,
            row: &[],
            happened_at: self.now,
            told: Told::Nothing,
            entered: self.entered,
        };
        machine.work.hits.clear();
        machine.work.taken.clear();
        let done = match input {
            InputKind::Event { event, row, .. } => {
                (machine.event, machine.row) = (*event, row);
                machine.emitted()
            }
            InputKind::Profile { changes, .. } => {
                let rezoned = machine.becomes(changes);
                machine.look_again(rezoned);
                machine.time_passes(rezoned)
            }
            // Runs make no others.
            _ => Ok(()),
        };
        (self.len, self.made, self.entered) = (machine.len, machine.made, machine.entered);
        done
    }

    /// The present event was made by a run.
    fn emitted(&mut self) -> Result<(), Declined> {
        let tables = self.tables;
        let table = &tables.events[usize::from(self.event)];
        let consent = self.consent()?;
        self.who_hears(table);
        // What came where it stands by the input before hears this one.
        for hit in &self.work.hits {
            hit.run.mark(self.words, ARRIVED, false);
        }
        self.phases(table, consent)
    }

    /// What the present event says of consent: purpose, channel, yes or no. Declined when it speaks of what does not exist.
    pub(super) fn consent(&self) -> Result<Option<(u16, Option<u16>, bool)>, Declined> {
        let Role::Consent { granted, purpose, channel } = self.image.events[usize::from(self.event)].role else {
            return Ok(None);
        };
        let channel = channel.map(|channel| self.row[usize::from(channel)]);
        match machine::named(self.image, self.pool, self.row[usize::from(purpose)], channel) {
            Ok((purpose, channel)) => Ok(Some((purpose, channel, granted))),
            Err(_) => Err(Declined::Shape),
        }
    }

    /// Profile fields become something else. Says whether the customer is in another zone now.
    pub(super) fn becomes(&mut self, changes: &[(u16, Word)]) -> bool {
        let known = state::known(self.words);
        let mut rezoned = false;
        for (field, word) in changes.iter().filter(|(field, _)| usize::from(*field) < self.image.profile.len()) {
            let changed = state::set_profile(self.program, self.pool, self.words, *field, *word);
            self.work.rare.dirty.profile(self.program, *field, changed);
            rezoned |= changed == state::Changed::Zone;
            if changed != state::Changed::Nothing && known {
                calendar::plan(self.program, self.pool, self.words, self.now, calendar::Anew::Field(*field));
            }
        }
        rezoned
    }

    /// Runs that others have handed off to go on from their beginnings.
    #[inline(never)]
    pub(super) fn hand_off(&mut self) -> Result<(), Declined> {
        while let Some(handoff) = self.work.rare.handoffs.pop() {
            self.fuel = self.fuel.saturating_sub(HAND_OFF);
            let Some(next) = self.take_over(&handoff)? else { continue };
            self.walk(next, 0);
            self.set_wake(next);
        }
        Ok(())
    }

    /// A run ends, and another journey is to take over.
    pub(super) fn hands_off(&mut self, run: Run, journey: u16, args: &[Option<u32>]) {
        let from = run.journey(self.words);
        let args = args.iter().map(|arg| arg.map_or(crate::image::MISSING, |arg| self.eval(run, arg))).collect();
        self.end(run, crate::record::how::HANDED_OFF, journey, None);
        self.work.rare.handoffs.push(HandOff { journey, args, from });
    }

    /// A run sets, emits, calls or gives a task; false when it has made too many inputs at one instant.
    pub(super) fn act(&mut self, run: Run, pc: Pc, instr: &Instr) -> bool {
        let id = self.effect_id(run, pc);
        let state = &self.words[..self.len];
        let scope = Scope { slots: run.slots(state), ..Scope::of(self.program, self.pool, state, self.now) };
        let (zone, frame) = (state::zone(self.program, state), &mut self.work.frame);
        let eval = |function| scope.value(function, frame);
        let Some(deed) = deed::deed(self.program, self.pool, zone, self.now, instr, eval) else { return true };
        if let Some(slot) = deed.id {
            run.set_id(self.words, slot, id);
        }
        self.tells(run, pc, Some(id), deed.kind);
        let Some(input) = deed.input else { return true };
        self.made += 1;
        let fits = self.made <= QUEUE;
        if fits {
            self.work.rare.queue.push_back(input);
        }
        fits
    }

    /// Hands out an effect that no record has a kind for.
    pub(super) fn tells(&mut self, run: Run, pc: Pc, id: Option<u128>, kind: EffectKind) {
        let (journey, number) = (run.journey(self.words), run.number(self.words));
        let step = self.journey(run).step_of.get(pc as usize).copied();
        let effect = Effect { time: self.now, journey: Some(journey), run: number, step, id, kind };
        self.out.own(self.customer, effect);
    }

    /// Triggers that are due by the calendar, journeys by priority and name. Each journey is asked once at one instant.
    pub(super) fn calendar_triggers(&mut self) -> Result<(), Declined> {
        if calendar::due(self.program, self.words) > self.now {
            return Ok(());
        }
        let program = self.program;
        let mut asked = None;
        for at in &program.plan.calendar {
            let place = &program.layout.calendar[*at];
            if !calendar::falls_due(program, self.pool, self.words, self.now, place) || asked == Some(place.journey) {
                continue;
            }
            if let Some(condition) = calendar::concerns(program, place) {
                let state = &self.words[..self.len];
                if !Scope::of(program, self.pool, state, self.now).is_so(condition, &mut self.work.frame) {
                    continue;
                }
            }
            asked = Some(place.journey);
            let run = self.candidate(place.journey)?;
            self.begin(run)?;
        }
        self.settle()
    }
}
