//! Which sends a rule, a purpose or a channel is about, and what rules by themselves allow at most.

use super::spans::Most;
use super::walk::{Units, most};
use crate::flow::{Graph, NodeId};
use crate::hir::{ChannelId, Limit, OfferId, Over, Period, Program, PurposeId, Rule, RuleKind, Send, StepKind, Window};

const DAY: i64 = super::anchor::DAY;

/// Index into [`Rules::all`].
pub type RuleNumber = usize;

/// The rules of all policies that may keep a send back, and where each stands.
pub struct Rules<'p> {
    /// Policy and rule, in the order in which they are written.
    pub all: Vec<(usize, &'p Rule)>,
}

/// A send as it stands in a journey.
#[derive(Debug, Clone)]
pub struct Sending {
    /// Why.
    pub purpose: PurposeId,
    /// Each channel it may go by, and the rules that concern it there.
    pub by: Vec<(ChannelId, Vec<RuleNumber>)>,
    /// The offer it belongs to.
    pub offer: Option<OfferId>,
}

/// Sends of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Of this purpose and by this channel; none: of all.
    Of(Option<PurposeId>, Option<ChannelId>),
    /// That this rule concerns.
    Under(RuleNumber),
}

impl Kind {
    /// Whether a send may be one of them.
    pub fn has(self, sending: &Sending) -> bool {
        match self {
            Kind::Of(purpose, channel) => {
                purpose.is_none_or(|p| p == sending.purpose)
                    && channel.is_none_or(|c| sending.by.iter().any(|(by, _)| *by == c))
            }
            Kind::Under(rule) => sending.by.iter().any(|(_, rules)| rules.contains(&rule)),
        }
    }

    /// Whether a rule concerns this send by every channel by which it is one of them.
    fn is_under(self, sending: &Sending, rule: RuleNumber) -> bool {
        let channel = match self {
            Kind::Of(_, channel) => channel,
            Kind::Under(_) => None,
        };
        sending.by.iter().filter(|(by, _)| channel.is_none_or(|c| c == *by)).all(|(_, rules)| rules.contains(&rule))
    }
}

impl<'p> Rules<'p> {
    /// All of them.
    pub fn new(program: &'p Program) -> Rules<'p> {
        let each = program.policies.iter().enumerate();
        let all = each.flat_map(|(policy, p)| p.rules.iter().map(move |rule| (policy, rule)));
        let keeps = |rule: &Rule| {
            !matches!(rule.kind, RuleKind::Consent { .. } | RuleKind::Annotations { .. } | RuleKind::Lasts(_))
        };
        Rules { all: all.filter(|(_, rule)| keeps(rule)).collect() }
    }

    /// The send at a node, where it is one.
    pub fn sending(&self, program: &Program, graph: &Graph, node: NodeId) -> Option<Sending> {
        let step = graph.step(node)?;
        let StepKind::Send(Send { message, channels, .. }) = &step.kind else { return None };
        let message = &program.messages[*message];
        let mut tags = step.tags.clone();
        tags.extend(&message.about.tags);
        let concerns = |channel: ChannelId| {
            let concerned = |(policy, rule): &(usize, &Rule)| {
                let (purpose, channels) = match &rule.kind {
                    RuleKind::Cap { purpose, channels, .. } | RuleKind::Gap { purpose, channels, .. } => {
                        (*purpose, channels)
                    }
                    RuleKind::Quiet { channels, .. } | RuleKind::Deliver { channels, .. } => (None, channels),
                    _ => return false,
                };
                purpose.is_none_or(|p| p == message.purpose)
                    && !rule.except.contains(&message.purpose)
                    && (channels.is_empty() || channels.contains(&channel))
                    && program.in_scope(&program.policies[*policy].scope, &tags)
            };
            (0..self.all.len()).filter(|r| concerned(&self.all[*r])).collect()
        };
        let by = channels.iter().map(|c| (*c, concerns(*c))).collect();
        Some(Sending { purpose: message.purpose, by, offer: graph.nodes[node].offer })
    }

    /// How long rules may hold a send, at most; none: there is no end to it. `counting`: caps and gaps too.
    pub fn hold(&self, program: &Program, sending: &Sending, counting: bool) -> Option<i64> {
        let mut rules: Vec<RuleNumber> = sending.by.iter().flat_map(|(_, rules)| rules.iter().copied()).collect();
        rules.sort_unstable();
        rules.dedup();
        rules.into_iter().try_fold(0i64, |sum, rule| {
            let hold = match &self.all[rule].1.kind {
                RuleKind::Cap { over, .. } | RuleKind::Gap { over, .. } => match over {
                    Over::Hold(limit) if counting => limit.map(most),
                    _ => Some(0),
                },
                RuleKind::Quiet { from, to, over, .. } => hours(over, (to - from).rem_euclid(DAY)),
                RuleKind::Deliver { from, to, days, calendar, over, .. } => {
                    let day = crate::hir::DayRule::Week { days: *days, calendar: *calendar };
                    let longest = crate::flow::day_rule(program, &day).most.map(most);
                    let open = (to - from).rem_euclid(DAY);
                    match longest {
                        Some(longest) => hours(over, longest - open),
                        None => hours(over, i64::MAX / 8),
                    }
                }
                _ => Some(0),
            };
            // Held by one rule, it may come into the hours of another, and again.
            hold.map(|h| sum.saturating_add(h.saturating_mul(2)))
        })
    }

    /// The most that rules let through of one kind in a window, whatever the journeys do. `sends`: all there are of that kind.
    pub fn allow(&self, kind: Kind, sends: &[Sending], window: i64) -> Most {
        let covers = |rule: RuleNumber| sends.iter().all(|s| kind.is_under(s, rule));
        let most = (0..self.all.len()).filter(|r| covers(*r)).filter_map(|r| self.lets_through(r, window)).min();
        most.map_or(Most::Endless, Most::Of)
    }

    fn lets_through(&self, rule: RuleNumber, window: i64) -> Option<u64> {
        match &self.all[rule].1.kind {
            RuleKind::Cap { limit, .. } => Some(in_window(limit, window)),
            RuleKind::Gap { gap, .. } => {
                let gap = Units::Plain.least(*gap).max(1);
                Some(((window - 1).div_euclid(gap) + 1).unsigned_abs())
            }
            _ => None,
        }
    }

    /// What a cap or gap asks for: at most so many in a window of so many milliseconds, and how months are counted for it.
    pub fn asks(&self, rule: RuleNumber) -> Option<(u32, i64, Units)> {
        match &self.all[rule].1.kind {
            RuleKind::Cap { limit, .. } => {
                let (window, units) = window(&limit.window);
                Some((limit.count, window, units))
            }
            RuleKind::Gap { gap, .. } => Some((1, most(*gap), Units::Plain)),
            _ => None,
        }
    }

    /// What happens to a send over a rule.
    pub fn over(&self, rule: RuleNumber) -> Option<Over> {
        match &self.all[rule].1.kind {
            RuleKind::Cap { over, .. }
            | RuleKind::Gap { over, .. }
            | RuleKind::Quiet { over, .. }
            | RuleKind::Deliver { over, .. } => Some(*over),
            _ => None,
        }
    }
}

fn hours(over: &Over, longest: i64) -> Option<i64> {
    match over {
        Over::Drop => Some(0),
        Over::Hold(limit) => Some(limit.map_or(longest, |l| most(l).min(longest))),
    }
}

/// How long a window is at most, a day being 24 hours, and how lengths are counted against it.
pub fn window(window: &Window) -> (i64, Units) {
    match window {
        Window::Rolling(length) => {
            let units = match (length.months, length.days, length.ms) {
                (1, 0, 0) => Units::Month,
                (12, 0, 0) => Units::Year,
                _ => Units::Plain,
            };
            (most(*length), units)
        }
        Window::Calendar(Period::Day) => (DAY, Units::Plain),
        Window::Calendar(Period::Week) => (7 * DAY, Units::Plain),
        Window::Calendar(Period::Month) => (31 * DAY, Units::Month),
        Window::Calendar(Period::Year) => (366 * DAY, Units::Year),
        Window::Ever => (super::reach::NEVER - 1, Units::Plain),
    }
}

/// How often a limit lets something through in any window of so many milliseconds.
pub fn in_window(limit: &Limit, asked: i64) -> u64 {
    let times = match &limit.window {
        Window::Ever => 1,
        Window::Rolling(length) => {
            let least = Units::Plain.least(*length).max(1);
            (asked - 1).div_euclid(least) + 1
        }
        // A window may begin at the end of one period and end at the beginning of another.
        Window::Calendar(period) => {
            let least = match period {
                Period::Day => DAY,
                Period::Week => 7 * DAY,
                Period::Month => 28 * DAY,
                Period::Year => 365 * DAY,
            };
            (asked - 1).div_euclid(least) + 2
        }
    };
    u64::from(limit.count).saturating_mul(times.unsigned_abs())
}
