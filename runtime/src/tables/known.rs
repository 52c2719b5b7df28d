//! What becomes known of a customer: profile and consent.

use super::{Declined, Machine};
use crate::image::Word;
use crate::input::InputKind;
use crate::layout::{KNOWN, WATCH_DUE, ZONE};
use crate::state::{self, Changed};

impl Machine<'_> {
    /// One input that is no event.
    pub(super) fn known(&mut self, seen: i64, kind: &InputKind) -> Result<(), Declined> {
        let new = self.wake_up()?;
        if !self.tables.calm && (new || !state::known(self.words)) {
            return Err(Declined::Shape);
        }
        self.go_to(seen);
        if self.program.layout.watches > 0 && self.words[WATCH_DUE] as i64 <= self.now {
            return Err(Declined::Shape);
        }
        self.keep(false);
        self.hits.clear();
        match kind {
            InputKind::Profile { id, changes } => {
                if let Some(id) = id
                    && self.repeated(*id)?
                {
                    return self.finish();
                }
                for (field, word) in changes {
                    self.becomes(*field, *word)?;
                }
            }
            InputKind::Consent { purpose, channel, granted } => {
                let known = usize::from(*purpose) < self.image.purposes.len()
                    && channel.is_none_or(|channel| usize::from(channel) < self.image.channels.len());
                if known {
                    state::set_consent(&self.program.layout, self.words, *purpose, *channel, *granted);
                }
            }
            InputKind::Event { .. } | InputKind::Answer { .. } | InputKind::TaskDone { .. } => {
                return Err(Declined::Shape);
            }
        }
        self.words[ZONE] |= KNOWN;
        self.who_may_hear()?;
        self.time_passes()?;
        self.finish()
    }

    fn becomes(&mut self, field: u16, word: Word) -> Result<(), Declined> {
        if usize::from(field) >= self.image.profile.len() {
            return Ok(());
        }
        let changed = state::set_profile(self.program, self.pool, self.words, field, word);
        let watched = !self.program.watches_of_field[usize::from(field)].is_empty();
        let asked = !self.program.layout.calendar.is_empty();
        match changed {
            Changed::Nothing => Ok(()),
            Changed::Zone => Err(Declined::Shape),
            Changed::Field if watched || asked => Err(Declined::Shape),
            Changed::Field => Ok(()),
        }
    }
}
