//! What was found, in sentences.

use super::{Most, Pressure, Verdict, clause};
use crate::hir::{ChannelId, Over, Program, PurposeId, RuleKind};
use crate::project::Source;
use journey_runtime::report::words;

/// A number, or that there is no end to it.
pub fn number(most: Most) -> String {
    match most {
        Most::Of(n) => words::count(n),
        Most::Endless => "no limit".to_string(),
    }
}

/// What messages are called: `marketing by sms`.
pub fn messages(program: &Program, purpose: Option<PurposeId>, channel: Option<ChannelId>) -> String {
    let purpose = purpose.map(|p| program.purposes[p].name.as_str());
    let channel = channel.map(|c| program.channels[c].name.as_str());
    match (purpose, channel) {
        (None, None) => "all messages".to_string(),
        (Some(purpose), None) => purpose.to_string(),
        (None, Some(channel)) => format!("all by {channel}"),
        (Some(purpose), Some(channel)) => format!("{purpose} by {channel}"),
    }
}

/// Whether limits are ever reached, all together.
pub fn lead(pressure: &Pressure) -> String {
    let all = pressure.rules.len();
    let proven = pressure.rules.iter().filter(|v| v.proven()).count();
    match (all, proven) {
        (0, _) => {
            "No policy says how many messages are too many, so nothing but the journeys themselves limits them.".into()
        }
        (1, 1) => {
            "The one limit of the policies is never reached: the journeys ask for fewer messages by themselves.".into()
        }
        (1, 0) => "The one limit of the policies can be reached, and will then keep messages back.".into(),
        (_, _) if proven == all => {
            format!(
                "None of the {all} limits of the policies is ever reached: the journeys ask for fewer messages by themselves."
            )
        }
        (_, 0) => format!("All {all} limits of the policies can be reached, and will then keep messages back."),
        (_, _) => format!(
            "Of the {all} limits of the policies, {proven} {} never reached; the other{} can be, and will then keep messages back.",
            if proven == 1 { "is" } else { "are" },
            if all - proven == 1 { "" } else { "s" },
        ),
    }
}

/// A rule as it is written, on one line.
pub fn rule(program: &Program, sources: &[Source], verdict: &Verdict) -> String {
    let span = program.policies[verdict.policy].rules[verdict.rule].span;
    let text = sources.get(usize::from(span.file.0)).and_then(|s| s.text.get(span.range())).unwrap_or("");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What is proven of a rule, or what may happen.
pub fn verdict(program: &Program, verdict: &Verdict) -> String {
    let name = |id: usize| program.journeys[id].name.as_str();
    let gap = matches!(program.policies[verdict.policy].rules[verdict.rule].kind, RuleKind::Gap { .. });
    let allowed = Most::Of(u64::from(verdict.allowed));
    if verdict.journeys.is_empty() {
        return "No message is under this rule.".to_string();
    }
    if verdict.proven() {
        return match verdict.most {
            _ if gap => "Never broken: messages are that far apart by themselves.".to_string(),
            most if most == allowed => "Proven: never more than that, so it never keeps anything back.".to_string(),
            most => format!("Proven: at most {}, so it never keeps anything back.", number(most)),
        };
    }
    if verdict.most <= allowed {
        return format!(
            "Proven but for the nights when clocks are changed: at most {}, and {} when one lies in that time.",
            number(verdict.most),
            number(verdict.at_change)
        );
    }
    let mut said = match verdict.most {
        Most::Endless => {
            let id = verdict.journeys[0].0;
            let others = verdict.journeys.iter().filter(|(_, m)| *m == Most::Endless).count() - 1;
            let others = match others {
                0 => String::new(),
                1 => " (and 1 journey more)".to_string(),
                n => format!(" (and {n} journeys more)"),
            };
            format!("Journeys may ask for any number: in {}{others}, {}.", name(id), clause(program, id))
        }
        Most::Of(n) => {
            let from: Vec<String> =
                verdict.journeys.iter().take(4).map(|(id, m)| format!("{} {}", name(*id), number(*m))).collect();
            let more = verdict.journeys.len().saturating_sub(4);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("Journeys may ask for {}: {}{more}.", words::count(n), from.join(", "))
        }
    };
    said.push_str(match over(program, verdict) {
        Some(Over::Drop) => " What is over the limit is dropped.",
        Some(Over::Hold(Some(_))) => " What is over the limit is held, and dropped when it still does not fit.",
        Some(Over::Hold(None)) => " What is over the limit is held until it fits.",
        None => "",
    });
    said
}

/// What happens to what is over a rule.
pub fn over(program: &Program, verdict: &Verdict) -> Option<Over> {
    match &program.policies[verdict.policy].rules[verdict.rule].kind {
        RuleKind::Cap { over, .. } | RuleKind::Gap { over, .. } => Some(*over),
        _ => None,
    }
}
