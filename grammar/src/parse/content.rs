//! What is said to people, and the rules above it: channels, messages, offers, policies.

use super::reader::{Entry, Reader};
use super::rules::{Body, Pair, Rule, child, has};
use crate::ast::{
    Channel, Claim, DateRange, Limit, Message, Offer, Over, PartValue, Policy, Rendering, Rule as PolicyRule, RuleKind,
    Text, Window,
};
use crate::span::Span;

impl Reader<'_> {
    pub(crate) fn channel(&mut self, pair: Pair<'_>) -> Channel {
        let mut channel = Channel { name: self.word_in(&pair), address: None, reports: Vec::new() };
        if let Some(body) = child(&pair, Rule::channel_body) {
            self.each(body, Body::Channel, &mut |reader, entry| match entry {
                Entry::Read(p) if p.as_rule() == Rule::address => {
                    let address = reader.expr_in(&p);
                    if let Some(first) = &channel.address {
                        reader.said_twice("address", first.span, address.span);
                    }
                    channel.address = Some(address);
                }
                Entry::Read(p) => {
                    if let Some(words) = child(&p, Rule::words) {
                        channel.reports.extend(reader.words_in(&words));
                    }
                }
                Entry::Broken { .. } => {}
            });
        }
        channel
    }

    pub(crate) fn message(&mut self, pair: Pair<'_>) -> Message {
        let name = self.word_in(&pair);
        let params = self.params_in(&pair);
        let purpose = self.word_of(&pair, Rule::for_purpose).unwrap_or_else(|| name.clone());
        let mut message = Message { name, params, purpose, valid: None, claims: Vec::new(), renderings: Vec::new() };
        if let Some(body) = child(&pair, Rule::message_body) {
            self.each(body, Body::Message, &mut |reader, entry| {
                let Entry::Read(p) = entry else { return };
                match p.as_rule() {
                    Rule::claim => {
                        let claim = Claim { name: reader.word_in(&p), value: reader.expr_in(&p) };
                        message.claims.push(claim);
                    }
                    Rule::dates => {
                        let dates = reader.dates(p);
                        if let Some(first) = &message.valid {
                            reader.said_twice("from", first.span, dates.span);
                        }
                        message.valid = Some(dates);
                    }
                    _ => {
                        let rendering = reader.rendering(p);
                        message.renderings.push(rendering);
                    }
                }
            });
        }
        message
    }

    fn rendering(&mut self, pair: Pair<'_>) -> Rendering {
        let span = self.span(&pair);
        let channel = self.word_in(&pair);
        let locale = child(&pair, Rule::in_locale).map(|p| {
            self.text_in(&p).unwrap_or_else(|| {
                let name = self.word_in(&p);
                Text { text: name.text, span: name.span }
            })
        });
        let mut parts = Vec::new();
        if let Some(body) = child(&pair, Rule::parts) {
            self.each(body, Body::Parts, &mut |reader, entry| {
                if let Entry::Read(p) = entry {
                    let name = reader.word_in(&p);
                    let text = reader.text_or_empty(&p);
                    let value = if has(&p, Rule::File) { PartValue::File(text) } else { PartValue::Text(text) };
                    parts.push((name, value));
                }
            });
        }
        Rendering { span, channel, locale, parts }
    }

    /// `from 2026-03-01 to 2026-04-01`
    pub(crate) fn dates(&mut self, pair: Pair<'_>) -> DateRange {
        let span = self.span(&pair);
        let from = child(&pair, Rule::dates_from).map(|p| self.sum_in(&p));
        let to = child(&pair, Rule::dates_to).map(|p| self.sum_in(&p));
        DateRange { span, from, to }
    }

    pub(crate) fn offer(&mut self, pair: Pair<'_>) -> Offer {
        let mut offer = Offer {
            name: self.word_in(&pair),
            eligible: None,
            propensity: None,
            value: None,
            weight: None,
            limits: Vec::new(),
            valid: None,
            body: None,
        };
        if let Some(body) = child(&pair, Rule::offer_body) {
            self.each(body, Body::Offer, &mut |reader, entry| {
                if let Entry::Read(p) = entry
                    && let Some(line) = p.into_inner().next()
                {
                    reader.offer_line(&mut offer, line);
                }
            });
        }
        offer
    }

    fn offer_line(&mut self, offer: &mut Offer, line: Pair<'_>) {
        let span = self.span(&line);
        let rule = line.as_rule();
        let (word, slot) = match rule {
            Rule::limit => {
                let limit = self.limit(&line, span);
                offer.limits.push(limit);
                return;
            }
            Rule::dates => {
                let dates = self.dates(line);
                if let Some(first) = offer.valid.replace(dates) {
                    self.said_twice("from", first.span, span);
                }
                return;
            }
            Rule::deed => {
                if let Some(block) = child(&line, Rule::block) {
                    let block = self.block(block);
                    if let Some(first) = offer.body.replace(block) {
                        self.said_twice("do", first.span, span);
                    }
                }
                return;
            }
            Rule::eligible => ("eligible", &mut offer.eligible),
            Rule::propensity => ("propensity", &mut offer.propensity),
            Rule::worth => ("value", &mut offer.value),
            _ => ("weight", &mut offer.weight),
        };
        let value = self.expr_in(&line);
        if let Some(first) = slot.replace(value) {
            self.said_twice(word, first.span, span);
        }
    }

    /// The count and window of a rule.
    fn limit(&mut self, pair: &Pair<'_>, span: Span) -> Limit {
        let count = self.integer_in(pair);
        let window = child(pair, Rule::per_window).and_then(|w| w.into_inner().find_map(|p| self.window(p)));
        Limit { span, count, window }
    }

    fn window(&mut self, pair: Pair<'_>) -> Option<Window> {
        match pair.as_rule() {
            Rule::rolling => Some(Window::Rolling(self.sum_in(&pair))),
            Rule::calendar_window => Some(Window::Calendar(self.word_in(&pair))),
            _ => None,
        }
    }

    pub(crate) fn policy(&mut self, pair: Pair<'_>) -> Policy {
        let name = self.word_in(&pair);
        let mut policy = Policy { name, scope: Vec::new(), rules: Vec::new() };
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::annotation => policy.scope.push(self.annotation(&part)),
                Rule::policy_body => self.each(part, Body::Policy, &mut |reader, entry| {
                    if let Entry::Read(p) = entry {
                        policy.rules.extend(reader.rule(p));
                    }
                }),
                _ => {}
            }
        }
        policy
    }

    fn rule(&mut self, pair: Pair<'_>) -> Option<PolicyRule> {
        let span = self.span(&pair);
        let mut kind = None;
        let mut except = Vec::new();
        for part in pair.into_inner() {
            let exceptions = if part.as_rule() == Rule::except { Some(part) } else { child(&part, Rule::except) };
            if let Some(words) = exceptions.and_then(|p| child(&p, Rule::words)) {
                except.extend(self.words_in(&words));
            }
            if part.as_rule() != Rule::except {
                kind = self.rule_kind(part);
            }
        }
        Some(PolicyRule { span, kind: kind?, except })
    }

    fn rule_kind(&mut self, pair: Pair<'_>) -> Option<RuleKind> {
        let channels = self.words_of(&pair, Rule::by_channels);
        let purpose = self.word_of(&pair, Rule::of_purpose);
        Some(match pair.as_rule() {
            Rule::consent_rule => {
                RuleKind::Consent { purpose: self.word_in(&pair), per_channel: has(&pair, Rule::per_channel) }
            }
            Rule::annotation_rule => {
                let facets = pair.into_inner().filter(|p| p.as_rule() == Rule::facet);
                let facets = facets.map(|p| self.word_in(&p)).collect();
                RuleKind::Annotations { facets, on: self.word_in(&pair) }
            }
            Rule::cap => {
                let start = self.span(&pair);
                // The count and its window, whatever stands between them.
                let ends = [Rule::per_window, Rule::Messages, Rule::Message];
                let end = ends.into_iter().find_map(|r| child(&pair, r)).map_or(start, |p| self.span(&p));
                let limit = self.limit(&pair, Span { end: end.end, ..start });
                RuleKind::Cap { limit, purpose, channels, over: self.over(&pair) }
            }
            Rule::gap => RuleKind::Gap { gap: self.sum_in(&pair), purpose, channels, over: self.over(&pair) },
            Rule::quiet => {
                let (from, to) = self.two_clocks(&pair);
                RuleKind::Quiet { from, to, channels, over: self.over(&pair) }
            }
            Rule::deliver => {
                let (from, to) = self.two_clocks(&pair);
                let days = self.words_of(&pair, Rule::on_days);
                let calendar = child(&pair, Rule::on_days).and_then(|p| self.word_of(&p, Rule::in_calendar));
                RuleKind::Deliver { from, to, days, calendar, channels, over: self.over(&pair) }
            }
            Rule::lasts => RuleKind::Lasts(self.sum_in(&pair)),
            _ => return None,
        })
    }

    fn over(&mut self, pair: &Pair<'_>) -> Over {
        let hold = child(pair, Rule::over).and_then(|p| child(&p, Rule::hold));
        match hold {
            Some(hold) => Over::Hold(child(&hold, Rule::sum).map(|p| self.expr(p))),
            None => Over::Drop,
        }
    }
}
