//! Who comes in under either version, found by running both over recorded events.

use crate::Failure;
use crate::command::run;
use journey_compiler::project::Checked;
use journey_runtime::host::memory;
use journey_runtime::input::EffectKind;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Of one journey: how many customers of the recorded events come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// The journey, by name.
    pub journey: String,
    /// Under the old version; none: it is not there.
    pub before: Option<usize>,
    /// Under the new one.
    pub now: Option<usize>,
    /// Those who come in under the old version only.
    pub no_longer: usize,
    /// Those who come in under the new version only.
    pub anew: usize,
}

impl Reach {
    /// Who is lost and won, in words.
    pub fn shift(&self) -> String {
        match (self.no_longer, self.anew) {
            (0, 0) => "the same people".to_string(),
            (0, anew) => format!("{} more", crate::output::thousands(anew as u64)),
            (lost, 0) => format!("{} fewer", crate::output::thousands(lost as u64)),
            (lost, anew) => {
                let number = |n: usize| crate::output::thousands(n as u64);
                format!("{} no longer, {} anew", number(lost), number(anew))
            }
        }
    }
}

/// Customers who come in, by journey; of a journey nobody enters too.
type Entered = BTreeMap<String, BTreeSet<String>>;

/// Runs both versions over the events. Journeys in the order of their names.
pub(super) fn reach(old: &Checked, new: &Checked, events: &Path, quiet: bool) -> Result<Vec<Reach>, Failure> {
    if events == Path::new("-") {
        return Err(Failure::new("the events are read twice, so they cannot come from standard input")
            .help("write them to a file first"));
    }
    let (mut before, mut after) = (entered(old, events, quiet)?, entered(new, events, quiet)?);
    let names: BTreeSet<String> = before.keys().chain(after.keys()).cloned().collect();
    let one = |journey: String| {
        let (old, new) = (before.remove(&journey), after.remove(&journey));
        let (none, all) = (BTreeSet::new(), |side: &Option<BTreeSet<String>>| side.as_ref().map(BTreeSet::len));
        let (was, is) = (old.as_ref().unwrap_or(&none), new.as_ref().unwrap_or(&none));
        let (no_longer, anew) = (was.difference(is).count(), is.difference(was).count());
        Reach { journey, before: all(&old), now: all(&new), no_longer, anew }
    };
    Ok(names.into_iter().map(one).collect())
}

fn entered(checked: &Checked, events: &Path, quiet: bool) -> Result<Entered, Failure> {
    let image = journey_compiler::lower::lower(&checked.program, &checked.sources);
    let wanted = memory::Options { keep_effects: true, ..memory::Options::default() };
    let (program, outcome) = run::replay(checked, image, events, None, quiet, wanted)?;
    let journeys = &program.image.journeys;
    let mut all: Entered = journeys.iter().map(|j| (j.name.clone(), BTreeSet::new())).collect();
    for (customer, effect) in outcome.effects(&program) {
        if let (EffectKind::Entered { joined: false, .. }, Some(journey)) = (&effect.kind, effect.journey)
            && let Some(who) = all.get_mut(&journeys[usize::from(journey)].name)
            && !who.contains(customer)
        {
            who.insert(customer.to_string());
        }
    }
    Ok(all)
}
