//! Places where a run stands still, and what ends its stay.

use super::ids;
use super::machine::{Machine, On};
use super::pause::Paused;
use super::run::{ANCHOR, ARRIVED, AT, COUNTED, DUE, HELD, NEVER, PAUSED, Run, SINCE, UPDATED, WAITS};
use crate::image::{Due, Image, MISSING, Occasion, Pc, Place, PlaceKind, Role, Span, WaitArm, Word};
use crate::input::Sink;
use crate::pool::Pool;
use crate::program::Program;
use crate::state::zone;
use crate::time::{Zone, join, plus};

impl<S: Sink> Machine<'_, S> {
    /// A run comes to a place. Gives where it goes on if it does not stay.
    pub(super) fn arrive(&mut self, run: Run, pc: Pc, number: u16) -> Option<Pc> {
        let journey = self.journey(run);
        let place = &journey.places[usize::from(number)];
        if !run.alive(self.state) {
            // There are no waits on leaving; a place there ends it.
            return None;
        }
        if self.leaves(run, place.stage, On::Nothing)
            || self.look_at_pauses(run, place.stage, On::Nothing) == Paused::Left
        {
            return None;
        }
        run.stand(self.state, WAITS, u32::from(number), self.now);
        run.mark(self.state, ARRIVED, true);
        if let PlaceKind::First { arms, .. } = &place.kind
            && let Some(next) = self.arms_on_arrival(run, pc, arms)
        {
            return Some(next);
        }
        if let PlaceKind::Collect { list, .. } = &place.kind {
            let empty = self.pool.list(&[]);
            run.set_slot(self.state, *list, u64::from(empty));
        }
        count_from_anchor(self.program, self.state, run, self.now, due(place));
        let next = self.set_due(run, place);
        if S::TELLS {
            let text = match (next, run.moment(self.state, DUE)) {
                (Some(_), _) => "nothing to wait for: the moment is now or past".to_string(),
                (None, NEVER) => "waits".to_string(),
                (None, due) => format!("waits until {} at most", self.moment_in_words(due)),
            };
            self.tell(Some(run), Some(pc), text);
        }
        next
    }

    /// Conditions of a wait are looked at on arrival: one that holds passes at once; one that must become true has to be false first.
    fn arms_on_arrival(&mut self, run: Run, pc: Pc, arms: &[WaitArm]) -> Option<Pc> {
        let mut passed = None;
        for arm in arms {
            let Occasion::Condition(condition) = arm.on else { continue };
            let holds = self.watches(run, condition);
            if let Some(slot) = arm.becomes {
                run.set_slot(self.state, slot, u64::from(!holds));
            } else if holds && passed.is_none() {
                passed = Some(arm.next);
                if S::TELLS {
                    let text = format!("{}: holds already", self.text(condition));
                    self.tell(Some(run), Some(pc), text);
                }
            }
        }
        passed
    }

    /// Works out when the stay at a place ends; gives where the run goes on if that is now or past.
    fn set_due(&mut self, run: Run, place: &Place) -> Option<Pc> {
        let ends = match due(place) {
            // The function sees the run, at the moment of its arrival.
            Some(Due::At(moment)) => {
                let since = run.moment(self.state, SINCE);
                until(self.eval_at(Some(run), On::Nothing, *moment, since).0)
            }
            due => ends(self.program, self.state, run, place, due),
        };
        stay_until(self.state, run, self.now, place, ends)
    }

    /// Phase: waits.
    pub(super) fn waits(&mut self, on: On<'_>, rezoned: bool) {
        for at in 0.. {
            let Some(run) = self.in_line(at) else { return };
            let updated = run.is(self.state, UPDATED);
            run.mark(self.state, UPDATED, false);
            if !run.alive(self.state) || run.is(self.state, ARRIVED) {
                continue;
            }
            match run.status(self.state) {
                PAUSED => self.resume(run),
                // Quiet hours are somewhere else now: it asks again.
                HELD if rezoned && run.moment(self.state, DUE) != NEVER => {
                    self.go_on(run, run.get(self.state, AT) as Pc)
                }
                WAITS => self.wait(run, on, rezoned || updated),
                _ => {}
            }
            if rezoned && run.alive(self.state) {
                self.set_wake(run);
            }
        }
    }

    fn wait(&mut self, run: Run, on: On<'_>, work_out_anew: bool) {
        let journey = self.journey(run);
        let place = &journey.places[run.get(self.state, AT) as usize];
        let mut next = self.hears_at(run, place, on);
        if next.is_none() && work_out_anew {
            next = self.set_due(run, place);
            if S::TELLS && run.moment(self.state, DUE) != NEVER {
                let text =
                    format!("its wait is worked out anew: until {}", self.moment_in_words(run.moment(self.state, DUE)));
                self.tell(Some(run), None, text);
            }
            self.set_wake(run);
        }
        if let Some(next) = next {
            self.go_on(run, next);
        }
    }

    /// Where a run goes on that stands at a place, if the present input ends its stay.
    fn hears_at(&mut self, run: Run, place: &Place, on: On<'_>) -> Option<Pc> {
        match &place.kind {
            PlaceKind::Timer { .. } => None,
            PlaceKind::First { arms, .. } => {
                let mut passed = None;
                for arm in arms {
                    let ends = match &arm.on {
                        Occasion::Event(listener) => passed.is_none() && self.hears(run, listener, on),
                        Occasion::Condition(condition) => {
                            let holds = self.watches(run, *condition);
                            match arm.becomes {
                                None => holds,
                                Some(slot) => {
                                    let was_false = run.slot(self.state, slot) == 1;
                                    run.set_slot(self.state, slot, u64::from(was_false || !holds));
                                    holds && was_false
                                }
                            }
                        }
                    };
                    if ends && passed.is_none() {
                        passed = Some(arm);
                    }
                }
                let arm = passed?;
                self.capture(run, &arm.capture, on);
                if S::TELLS {
                    let text = match &arm.on {
                        Occasion::Event(listener) => {
                            format!("{} came: its wait is over", self.event_name(listener.event))
                        }
                        Occasion::Condition(condition) => {
                            format!("{}: holds now, its wait is over", self.text(*condition))
                        }
                    };
                    self.tell(Some(run), None, text);
                }
                Some(arm.next)
            }
            PlaceKind::Collect { listener, fields, list, at_most, next, .. } => {
                if !self.hears(run, listener, on) {
                    return None;
                }
                let On::Event { row, .. } = on else { return None };
                let before = run.slot(self.state, *list);
                let (gathered, count) = gather(self.pool, &mut self.work.list, before, row, fields);
                run.set_slot(self.state, *list, gathered);
                if S::TELLS {
                    let text = format!("{} gathered, {count} of at most {at_most}", self.event_name(listener.event));
                    self.tell(Some(run), None, text);
                }
                (count >= *at_most as usize).then_some(*next)
            }
            PlaceKind::Answer { id, slots, next, failed, .. } => {
                let On::Answer { call, answer } = on else { return None };
                if run.id(self.state, *id) != Some(call) {
                    return None;
                }
                let Some(answer) = answer else { return Some(*failed) };
                keep_answer(self.state, run, slots, answer);
                Some(*next)
            }
            PlaceKind::Task { id, done, .. } => {
                let told = match on {
                    On::Done(task) => Some(task),
                    On::Event { event, row, .. } => task_of(self.image, self.pool, event, row),
                    _ => None,
                };
                (told.is_some() && told == run.id(self.state, *id)).then_some(*done)
            }
        }
    }
}

/// Calendar parts of waits that follow each other with no other time between them are counted from their common beginning.
#[inline]
pub(crate) fn count_from_anchor(program: &Program, words: &mut [Word], run: Run, now: i64, due: Option<&Due>) {
    if let Some(Due::After(span)) = due
        && !span.is_clock()
    {
        count_on(zone(program, words), words, run, now, span);
    }
}

fn count_on(zone: &Zone, words: &mut [Word], run: Run, now: i64, span: &Span) {
    let (anchor, counted) = (run.get(words, ANCHOR), counted(run.get(words, COUNTED)));
    let goes_on = anchor != MISSING && zone.add(anchor as i64, &counted) == now;
    let sum = if goes_on {
        join(&counted, &Span { ms: 0, ..*span })
    } else {
        run.put_moment(words, ANCHOR, now);
        Span { ms: 0, ..*span }
    };
    run.put(words, COUNTED, (sum.months as u32 as u64) << 32 | u64::from(sum.days as u32));
}

/// When a stay at a place ends, where the place says it itself.
#[inline]
pub(crate) fn due(place: &Place) -> Option<&Due> {
    match &place.kind {
        PlaceKind::Timer { due, .. } | PlaceKind::First { due, .. } | PlaceKind::Collect { due, .. } => Some(due),
        PlaceKind::Answer { .. } | PlaceKind::Task { .. } => None,
    }
}

/// The end of a stay by the result of a function; what is not known is past.
pub(crate) fn until(moment: Word) -> i64 {
    if moment == MISSING { i64::MIN } else { moment as i64 }
}

/// The end of a stay at a place, which is [`due`] as it says; where no function says so ([`until`]).
#[inline]
pub(crate) fn ends(program: &Program, words: &[Word], run: Run, place: &Place, due: Option<&Due>) -> i64 {
    match due {
        Some(Due::After(span)) if span.is_clock() => plus(run.moment(words, SINCE), span.ms),
        _ => by_calendar(program, words, run, place),
    }
}

/// A run stays at a place until then; gives where it goes on if that is now or past.
#[inline]
pub(crate) fn stay_until(words: &mut [Word], run: Run, now: i64, place: &Place, ends: i64) -> Option<Pc> {
    run.put_moment(words, DUE, ends);
    if ends > now {
        return None;
    }
    match &place.kind {
        PlaceKind::Timer { past: Some(past), .. } if ends < now => Some(*past),
        _ => Some(time_is_up(place)),
    }
}

/// When a stay at a place ends that the customer's zone has a say in.
fn by_calendar(program: &Program, words: &[Word], run: Run, place: &Place) -> i64 {
    let (zone, since) = (zone(program, words), run.moment(words, SINCE));
    match &place.kind {
        PlaceKind::Answer { webhook, .. } => zone.add(since, &program.image.webhooks[usize::from(*webhook)].within),
        PlaceKind::Task { due, .. } => due.as_ref().map_or(NEVER, |span| zone.add(since, span)),
        _ => {
            let ms = if let Some(Due::After(span)) = due(place) { span.ms } else { 0 };
            let whole = Span { ms, ..counted(run.get(words, COUNTED)) };
            zone.add(run.moment(words, ANCHOR), &whole)
        }
    }
}

/// What a run keeps of an answer.
pub(crate) fn keep_answer(words: &mut [Word], run: Run, slots: &[Option<u16>], answer: &[Word]) {
    for (slot, word) in slots.iter().zip(answer) {
        if let Some(slot) = slot {
            run.set_slot(words, *slot, *word);
        }
    }
}

/// The task that an event says is done.
pub(crate) fn task_of(image: &Image, pool: &Pool, event: u16, row: &[Word]) -> Option<u128> {
    let Role::TaskCompleted { task_id } = image.events[usize::from(event)].role else { return None };
    ids::id_of_text(pool.word(row[usize::from(task_id)]))
}

/// Puts fields of a row behind the members of a list. Gives the new list, and how many members it has.
pub(crate) fn gather(
    pool: &mut Pool,
    memory: &mut Vec<Word>,
    list: Word,
    row: &[Word],
    fields: &[u16],
) -> (Word, usize) {
    memory.clear();
    memory.extend_from_slice(pool.members(list));
    memory.extend(fields.iter().map(|field| row.get(usize::from(*field)).copied().unwrap_or(MISSING)));
    // A member without fields is counted by one word, so that the list knows how many there are.
    if fields.is_empty() {
        memory.push(MISSING);
    }
    (Word::from(pool.list(memory)), memory.len() / fields.len().max(1))
}

/// Where a run goes on whose stay is over by time.
pub(crate) fn time_is_up(place: &Place) -> Pc {
    match &place.kind {
        PlaceKind::Timer { next, .. } | PlaceKind::Collect { next, .. } => *next,
        PlaceKind::First { timeout, .. } => *timeout,
        PlaceKind::Answer { failed, .. } => *failed,
        PlaceKind::Task { late, .. } => *late,
    }
}

/// The months and days in a word.
pub(crate) fn counted(word: Word) -> Span {
    Span { months: (word >> 32) as u32 as i32, days: word as u32 as i32, ms: 0 }
}
