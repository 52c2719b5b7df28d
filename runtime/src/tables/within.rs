//! What other code that works on an input asks of the lean machine: machine code does the usual steps itself and leaves single ones,
//! which are rare or ask zones, texts and hashes, to what already knows them. So what they mean is said once.

use super::{Declined, Machine, Shared, Words};
use crate::batch::Item;
use crate::eval::Scope;
use crate::history::{self, Seen};
use crate::image::{FnId, Pc, Word};
use crate::layout::WAKE as NEXT;
use crate::step::run::{AT, Run};
use crate::time::NEVER;
use crate::watch::Dirty;

/// Where other code stands in an input.
#[derive(Debug, Clone, Copy)]
pub struct Within<'a> {
    /// Number of the customer in the shard.
    pub customer: u32,
    /// The present moment; the state says so already.
    pub now: i64,
    /// The event and its row; none while time goes on.
    pub event: Option<(&'a Item, &'a [Word])>,
}

impl Within<'_> {
    fn machine<'m, R>(
        &'m self,
        shared: &'m mut Shared<'_>,
        words: &'m mut Words<'_>,
        work: impl FnOnce(&mut Machine<'m>) -> R,
    ) -> R {
        let mut machine = Machine::new(shared, self.customer, words.words, words.len);
        machine.now = self.now;
        if let Some((item, row)) = self.event {
            (machine.event, machine.happened_at, machine.row) = (item.event, item.happened_at, row);
        }
        let result = work(&mut machine);
        words.len = machine.len;
        result
    }

    /// A run goes on from an instruction, from which on nothing is declined.
    pub fn go_on(&self, shared: &mut Shared<'_>, words: &mut Words<'_>, run: usize, pc: Pc) -> Result<(), Declined> {
        self.machine(shared, words, |machine| {
            machine.go_on(Run(run), pc)?;
            machine.settle()
        })
    }

    /// A run that waits hears the present event, which is remembered already, if it does; nothing is declined from there on.
    pub fn hear(&self, shared: &mut Shared<'_>, words: &mut Words<'_>, run: usize) -> Result<(), Declined> {
        self.machine(shared, words, |machine| {
            let run = Run(run);
            let place = &machine.journey(run).places[run.get(machine.words, AT) as usize];
            if let Some(next) = machine.hears_at(run, &place.kind) {
                machine.go_on(run, next)?;
            }
            machine.settle()
        })
    }

    /// Leaves the state as it is kept. `entered`: a run was, and there is room for its journey's word; `instant`: time has gone on, and what
    /// is due by now is done. Never declined but for room.
    pub fn finish(
        &self,
        shared: &mut Shared<'_>,
        words: &mut Words<'_>,
        entered: bool,
        instant: bool,
    ) -> Result<(), Declined> {
        self.machine(shared, words, |machine| {
            machine.entered = entered;
            machine.finish()?;
            if instant {
                let wake = machine.words[NEXT] as i64;
                machine.words[NEXT] = wake.max(machine.now.saturating_add(1)) as u64;
            }
            Ok(())
        })
    }

    /// Time does to the runs that are due what it is time for. Nothing of their journeys is declined.
    pub fn timers(&self, shared: &mut Shared<'_>, words: &mut Words<'_>) -> Result<(), Declined> {
        self.machine(shared, words, |machine| machine.timers())
    }

    /// The result of a function that sees a run, with the present event, if `hears`; and when time alone may change it.
    pub fn eval(
        &self,
        shared: &mut Shared<'_>,
        words: &mut Words<'_>,
        run: usize,
        hears: bool,
        function: FnId,
    ) -> (Word, i64) {
        self.machine(shared, words, |machine| {
            let (row, happened_at) = if hears { (machine.row, machine.happened_at) } else { (&[][..], machine.now) };
            let state = &machine.words[..machine.len];
            let slots = Run(run).slots(state);
            let scope =
                Scope { slots, row, happened_at, ..Scope::of(machine.program, machine.pool, state, machine.now) };
            let mut changes = NEVER;
            (scope.eval(function, &mut machine.work.frame, &mut changes), changes)
        })
    }

    /// Remembers the present event in one history.
    pub fn observe(&self, shared: &mut Shared<'_>, words: &mut Words<'_>, history: u16) {
        let Some((item, row)) = self.event else { return };
        let seen = Seen { event: item.event, row, happened_at: item.happened_at, now: self.now };
        self.machine(shared, words, |machine| {
            let state = &mut machine.words[..machine.len];
            history::observe_in(
                machine.program,
                machine.pool,
                state,
                &mut machine.work.frame,
                seen,
                history,
                &mut Dirty::none(),
            );
        });
    }

    /// Gives message ids more room. False when the state has none.
    pub fn more_ids(&self, shared: &mut Shared<'_>, words: &mut Words<'_>) -> bool {
        self.machine(shared, words, |machine| machine.more_ids())
    }
}
