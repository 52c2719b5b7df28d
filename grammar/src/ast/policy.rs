//! Policies and their rules.

use super::*;

/// `policy P for all journeys { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Its name.
    pub name: Name,
    /// `for @campaign retention`; empty is `for all journeys`.
    pub scope: Vec<Annotation>,
    /// Its rules, in order.
    pub rules: Vec<Rule>,
}

/// One rule of a policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// The whole.
    pub span: Span,
    /// What it says.
    pub kind: RuleKind,
    /// `except service`: purposes it does not concern.
    pub except: Vec<Name>,
}

/// The kinds of rules.
#[derive(Debug, Clone, PartialEq)]
pub enum RuleKind {
    /// `require consent for marketing, per channel`
    Consent {
        /// The purpose.
        purpose: Name,
        /// `per channel`; otherwise any channel's consent will do.
        per_channel: bool,
    },
    /// `at most 3 marketing messages per rolling 7 days by sms, else drop`
    Cap {
        /// How many, in which window.
        limit: Limit,
        /// `marketing`; missing means all purposes.
        purpose: Option<Name>,
        /// `by sms, push`; empty means all channels.
        channels: Vec<Name>,
        /// What happens over it.
        over: Over,
    },
    /// `at least 4 hours between marketing messages, else hold up to 1 day, then drop`
    Gap {
        /// How long.
        gap: Expr,
        /// `marketing`; missing means all purposes.
        purpose: Option<Name>,
        /// `by sms`; empty means all channels.
        channels: Vec<Name>,
        /// What happens under it.
        over: Over,
    },
    /// `quiet from 21:00 to 08:00 by sms, push, else hold`
    Quiet {
        /// First minute.
        from: Expr,
        /// First minute after.
        to: Expr,
        /// `by …`; empty means all channels.
        channels: Vec<Name>,
        /// What happens inside.
        over: Over,
    },
    /// `deliver from 09:00 to 17:00 on weekdays by email, else hold`
    Deliver {
        /// First minute.
        from: Expr,
        /// First minute after.
        to: Expr,
        /// `on weekdays [in fr]`, `on monday, tuesday`; empty means every day.
        days: Vec<Name>,
        /// `in fr`
        calendar: Option<Name>,
        /// `by …`; empty means all channels.
        channels: Vec<Name>,
        /// What happens outside.
        over: Over,
    },
    /// `require @owner, @campaign on journey`
    Annotations {
        /// The facets.
        facets: Vec<Name>,
        /// `journey`, `message`, `offer`.
        on: Name,
    },
    /// `a run lasts at most 90 days`
    Lasts(Expr),
}

/// `else drop`, `else hold`, `else hold up to 2 days, then drop`
#[derive(Debug, Clone, PartialEq)]
pub enum Over {
    /// Refuse.
    Drop,
    /// Wait, as long as it takes or at most so long.
    Hold(Option<Expr>),
}
