//! What is proven of a journey and of what it sends, in a few lines: how long a run may stay, how many messages one customer may get.

use crate::analysis::Analysis;
use journey_compiler::hir::{JourneyId, PurposeId, Step, StepKind};
use journey_compiler::prove::pressure::{InWindow, Most, words as pressures};
use journey_compiler::prove::words as stays;

/// What a journey does, in a line: what it sends, by which channels, and how often it waits.
pub fn in_short(analysis: &Analysis, id: JourneyId) -> Vec<String> {
    fn count(steps: &[Step], sends: &mut usize, waits: &mut usize, channels: &mut Vec<usize>) {
        for step in steps {
            match &step.kind {
                StepKind::Send(send) => {
                    *sends += 1;
                    for channel in &send.channels {
                        if !channels.contains(channel) {
                            channels.push(*channel);
                        }
                    }
                }
                StepKind::Wait(_) | StepKind::WaitUntil { .. } | StepKind::WaitFor { .. } => *waits += 1,
                _ => {}
            }
            for block in step.kind.blocks() {
                count(block, sends, waits, channels);
            }
        }
    }
    let program = &analysis.checked.program;
    let Some(journey) = program.journeys.get(id) else { return Vec::new() };
    let (mut sends, mut waits, mut channels) = (0, 0, Vec::new());
    count(&journey.body, &mut sends, &mut waits, &mut channels);
    let plural = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    let mut facts = Vec::new();
    if sends > 0 {
        let names: Vec<&str> =
            channels.iter().filter_map(|c| program.channels.get(*c)).map(|c| c.name.as_str()).collect();
        facts.push(format!("{} by {}", plural(sends, "send"), names.join(", ")));
    }
    if waits > 0 {
        facts.push(plural(waits, "wait"));
    }
    facts
}

/// How long a run of a journey may stay, and the most messages that one customer may get from it: a line each. None while the program
/// has errors.
pub fn of_journey(analysis: &Analysis, id: JourneyId) -> Vec<String> {
    let Some(proven) = analysis.proven() else { return Vec::new() };
    let program = &analysis.checked.program;
    let mut said = Vec::new();
    if let Some(stay) = proven.stays.iter().find(|s| s.journey == id) {
        let (steps, most) = (stays::by_steps(stay), stays::most(program, stay));
        let more = if steps == most { String::new() } else { format!("; with all that may hold it back: {most}") };
        said.push(format!("Longest stay by its steps: {steps}{more}"));
    }
    let all = proven.pressure.kinds.iter().find(|k| k.purpose.is_none() && k.channel.is_none());
    if let Some(worst) = all.filter(|_| !in_short(analysis, id).is_empty()) {
        let own = windows(&worst.windows, |w| share(w, id));
        said.push(format!("Most messages one customer may get from it: {own}"));
        let together = windows(&worst.windows, |w| w.with_policies);
        said.push(format!("From all journeys, as far as policies let them through: {together}"));
    }
    said
}

/// The most messages of a purpose that one customer may get, as far as policies let them through.
pub fn of_purpose(analysis: &Analysis, purpose: PurposeId) -> Option<String> {
    let proven = analysis.proven()?;
    let worst = proven.pressure.kinds.iter().find(|k| k.purpose == Some(purpose) && k.channel.is_none())?;
    let name = &analysis.checked.program.purposes.get(purpose)?.name;
    Some(format!("At worst one customer gets of {name}: {}", windows(&worst.windows, |w| w.with_policies)))
}

/// What is proven of a cap or a gap.
pub fn of_rule(analysis: &Analysis, policy: usize, rule: usize) -> Option<String> {
    let verdict = analysis.proven()?.pressure.rules.iter().find(|v| (v.policy, v.rule) == (policy, rule))?;
    Some(pressures::verdict(&analysis.checked.program, verdict))
}

/// What a journey can do in a window.
fn share(window: &InWindow, id: JourneyId) -> Most {
    window.journeys.iter().find(|(of, _)| *of == id).map_or(Most::Of(0), |(_, most)| *most)
}

/// `1 in a day, 3 in 7 days, 9 in 30 days`; when it is the same in all of them, the longest.
fn windows(all: &[InWindow], of: impl Fn(&InWindow) -> Most) -> String {
    let mut said: Vec<String> = Vec::new();
    for (at, window) in all.iter().enumerate() {
        let most = of(window);
        // A longer window with the same number says more.
        if all.get(at + 1).is_some_and(|next| of(next) == most) {
            continue;
        }
        let days = if window.days == 1 { "a day".to_string() } else { format!("{} days", window.days) };
        said.push(match most {
            Most::Endless => format!("no limit in {days}"),
            most => format!("{} in {days}", pressures::number(most)),
        });
    }
    said.join(", ")
}
