//! Every purpose that one writes for is asked for, or needs no consent.

use crate::hir::RuleKind;
use crate::scope::{Context, Kind};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;

/// Reports purposes of messages that no policy for all journeys asks consent for.
pub fn covered(cx: &Context) {
    let program = &cx.program;
    if cx.names.is_unclear(Kind::Policy) || (0..program.policies.len()).any(|id| cx.names.is_broken(Kind::Policy, id)) {
        return;
    }
    // A policy that could not be read at all may be the one.
    if cx.names.has_poisoned(Kind::Policy) {
        return;
    }
    for (id, purpose) in program.purposes.iter().enumerate() {
        if purpose.needs_no_consent {
            continue;
        }
        let Some((at, message)) = program.messages.iter().enumerate().find(|(_, m)| m.purpose == id) else { continue };
        let mut partly = None;
        let mut whole = false;
        for policy in &program.policies {
            for rule in &policy.rules {
                if matches!(rule.kind, RuleKind::Consent { purpose, .. } if purpose == id) {
                    if policy.scope.is_empty() {
                        whole = true;
                    } else {
                        partly = Some((rule.span, &policy.name));
                    }
                }
            }
        }
        if whole {
            continue;
        }
        let span = cx.decls.messages.get(at).map_or(message.about.span, |d| d.decl.purpose.span);
        let mut d = Diagnostic::new(
            Code::UncoveredPurpose,
            span,
            format!("no policy asks for consent to `{}`", purpose.name),
            format!("`{}` is for `{}`", message.name, purpose.name),
        )
        .label(purpose.about.span, "declared here")
        .note("without a rule, people would be written to who never agreed to it");
        if let Some((span, policy)) = partly {
            d = d.label(span, format!("the policy `{policy}` is not for all journeys"));
        }
        let help = format!(
            "write `require consent for {}, per channel` in a policy for all journeys, or `needs no consent` after the purpose",
            purpose.name
        );
        cx.report(d.help(help));
    }
}
