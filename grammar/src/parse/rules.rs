//! The rules of `journey.pest`. They do not leave the parser.

#![allow(missing_docs, reason = "generated; journey.pest is the documentation")]

#[derive(pest_derive::Parser)]
#[grammar = "journey.pest"]
pub(crate) struct Rules;

/// A piece of text and the rule that read it.
pub(crate) type Pair<'i> = pest::iterators::Pair<'i, Rule>;

/// The first child that `rule` read.
pub(crate) fn child<'i>(pair: &Pair<'i>, rule: Rule) -> Option<Pair<'i>> {
    pair.clone().into_inner().find(|c| c.as_rule() == rule)
}

/// Whether `rule` read one of the children.
pub(crate) fn has(pair: &Pair<'_>, rule: Rule) -> bool {
    child(pair, rule).is_some()
}

/// The kinds of bodies, by what stands between their braces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    Items,
    Nodes,
    Event,
    Fields,
    Channel,
    Message,
    Parts,
    Offer,
    Policy,
    Webhook,
    Migrate,
    Journey,
    Block,
    Arms,
    Cases,
    Whens,
    Variants,
    NextBest,
    Outcomes,
    TaskEnds,
    Record,
    Test,
    Customer,
}

impl Body {
    /// The rule that reads one of its lines.
    pub fn line(self) -> Rule {
        match self {
            Body::Items => Rule::line_of_items,
            Body::Nodes => Rule::line_of_nodes,
            Body::Event => Rule::line_of_event,
            Body::Fields => Rule::line_of_fields,
            Body::Channel => Rule::line_of_channel,
            Body::Message => Rule::line_of_message,
            Body::Parts => Rule::line_of_parts,
            Body::Offer => Rule::line_of_offer,
            Body::Policy => Rule::line_of_policy,
            Body::Webhook => Rule::line_of_webhook,
            Body::Migrate => Rule::line_of_migrate,
            Body::Journey => Rule::line_of_journey,
            Body::Block => Rule::line_of_block,
            Body::Arms => Rule::line_of_arms,
            Body::Cases => Rule::line_of_cases,
            Body::Whens => Rule::line_of_whens,
            Body::Variants => Rule::line_of_variants,
            Body::NextBest => Rule::line_of_next_best,
            Body::Outcomes => Rule::line_of_outcomes,
            Body::TaskEnds => Rule::line_of_task_ends,
            Body::Record => Rule::line_of_record,
            Body::Test => Rule::line_of_test,
            Body::Customer => Rule::line_of_customer,
        }
    }

    /// What its lines may be.
    pub fn entries(self) -> &'static [Rule] {
        match self {
            Body::Items => &[Rule::item],
            Body::Nodes => &[Rule::node],
            Body::Event | Body::Fields => &[Rule::field],
            Body::Channel => &[Rule::address, Rule::reports],
            Body::Message => &[Rule::rendering, Rule::claim, Rule::dates],
            Body::Parts => &[Rule::part],
            Body::Offer => &[Rule::offer_line],
            Body::Policy => &[Rule::policy_rule],
            Body::Webhook => &[Rule::request, Rule::retry],
            Body::Migrate => &[Rule::move_place],
            Body::Journey => &[Rule::step, Rule::clause],
            Body::Block => &[Rule::step],
            Body::Arms => &[Rule::arm],
            Body::Cases => &[Rule::case_arm, Rule::otherwise],
            Body::Whens => &[Rule::when_arm, Rule::otherwise],
            Body::Variants => &[Rule::variant, Rule::holdout],
            Body::NextBest => &[Rule::from_offers, Rule::rank, Rule::otherwise],
            Body::Outcomes => &[Rule::sent, Rule::otherwise],
            Body::TaskEnds => &[Rule::done, Rule::otherwise],
            Body::Record | Body::Customer => &[Rule::pair],
            Body::Test => &[Rule::test_line],
        }
    }

    /// Whether what stands in it ends with its block, so that a `}` ends a line there.
    pub fn after_block(self) -> bool {
        use Body::*;
        matches!(self, Arms | Cases | Whens | Variants | NextBest | Outcomes | TaskEnds | Message | Nodes)
    }
}
