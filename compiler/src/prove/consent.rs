//! Which consent stands before every send: purpose by purpose, channel by channel.
//!
//! The gate at the hand-over asks for consent, each time and again after every hold; no condition of a journey can weaken it. So
//! what is proven is which rule that gate follows for each send there is.

use crate::hir::{self, ChannelId, FacetId, OfferId, Program, PurposeId, RuleKind, Step, StepKind};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;
use journey_grammar::span::Span;
pub use journey_runtime::image::ConsentRule;
use std::collections::BTreeMap;

/// A line of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Why.
    pub purpose: PurposeId,
    /// By what.
    pub channel: ChannelId,
    /// What the gate asks for.
    pub rule: ConsentRule,
    /// The rules that say so, by policy and rule.
    pub said: Vec<(usize, usize)>,
    /// The sends, as they stand in the source.
    pub sends: Vec<Span>,
}

/// The rule that the gate follows for a purpose, where these tags stand; and the rules that say so. The stricter one holds.
pub fn rule(program: &Program, purpose: PurposeId, tags: &[(FacetId, u32)]) -> (ConsentRule, Vec<(usize, usize)>) {
    if program.purposes[purpose].needs_no_consent {
        return (ConsentRule::None, Vec::new());
    }
    let mut said = Vec::new();
    let mut strict = false;
    for (id, policy) in program.policies.iter().enumerate().filter(|(_, p)| program.in_scope(&p.scope, tags)) {
        for (number, rule) in policy.rules.iter().enumerate() {
            if let RuleKind::Consent { purpose: of, per_channel } = rule.kind
                && of == purpose
            {
                said.push((id, number));
                strict |= per_channel;
            }
        }
    }
    (if said.is_empty() || strict { ConsentRule::Channel } else { ConsentRule::Any }, said)
}

/// Every purpose and channel by which something is sent.
pub fn table(program: &Program) -> Vec<Row> {
    let mut rows: BTreeMap<(PurposeId, ChannelId, u8), Row> = BTreeMap::new();
    let mut add = |step: &Step| {
        let StepKind::Send(send) = &step.kind else { return };
        let message = &program.messages[send.message];
        let tags: Vec<(FacetId, u32)> = step.tags.iter().chain(&message.about.tags).copied().collect();
        let (rule, said) = rule(program, message.purpose, &tags);
        for channel in &send.channels {
            let row = Row { purpose: message.purpose, channel: *channel, rule, said: said.clone(), sends: Vec::new() };
            rows.entry((message.purpose, *channel, rule as u8)).or_insert(row).sends.push(step.span);
        }
    };
    for journey in &program.journeys {
        hir::each_step(&journey.body, &mut add);
        hir::each_step(&journey.on_leaving, &mut add);
    }
    for offer in &program.offers {
        hir::each_step(&offer.body, &mut add);
    }
    rows.into_values().collect()
}

/// Offers that go out under a purpose which asks nobody.
pub fn report(program: &Program) -> Vec<Diagnostic> {
    let first = |offer: OfferId| {
        let StepKind::Send(send) = &program.offers[offer].body.first()?.kind else { return None };
        let purpose = program.messages[send.message].purpose;
        program.purposes[purpose].needs_no_consent.then_some((offer, send.message, purpose))
    };
    let found = (0..program.offers.len()).filter_map(first);
    found
        .map(|(offer, message, purpose)| {
            let (offer, message) = (&program.offers[offer], &program.messages[message]);
            let purpose = &program.purposes[purpose];
            Diagnostic::new(
                Code::OfferUnasked,
                offer.about.span,
                format!("the offer `{}` goes to people who never agreed to offers", offer.name),
                format!("sends `{}`", message.name),
            )
            .label(message.about.span, format!("is for `{}`", purpose.name))
            .label(purpose.about.span, "needs no consent")
            .note(
                "what needs no consent is what people must be told: orders, accounts, safety; an offer is advertising",
            )
            .help("give the message a purpose that consent is asked for")
        })
        .collect()
}
