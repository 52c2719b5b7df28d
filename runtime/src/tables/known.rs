//! What else a host hears of a customer: profile, consent, answers of calls, tasks that are done.

use super::{Declined, Machine, Told};
use crate::input::InputKind;
use crate::state;

impl<'m> Machine<'m> {
    /// One input that is no event.
    pub(super) fn known(&mut self, seen: i64, kind: &'m InputKind) -> Result<(), Declined> {
        self.wake_up()?;
        self.go_to(seen);
        self.keep(false);
        self.work.hits.clear();
        let mut rezoned = false;
        match kind {
            InputKind::Profile { id, changes } => {
                if let Some(id) = id
                    && self.repeated(*id)?
                {
                    return self.finish();
                }
                rezoned = self.becomes(changes);
            }
            InputKind::Consent { purpose, channel, granted } => {
                let known = usize::from(*purpose) < self.image.purposes.len()
                    && channel.is_none_or(|channel| usize::from(channel) < self.image.channels.len());
                if known {
                    state::set_consent(&self.program.layout, self.words, *purpose, *channel, *granted);
                }
            }
            InputKind::Answer { call, answer } => self.told = Told::Answer(*call, answer.as_deref()),
            InputKind::TaskDone { task } => self.told = Told::Done(*task),
            // Events are items of their own.
            InputKind::Event { .. } => return Err(Declined::Shape),
        }
        self.look_again(rezoned);
        self.time_passes(rezoned)?;
        self.settle()?;
        self.finish()
    }
}
