//! Tests.

use super::reader::{Entry, Reader};
use super::rules::{Body, Pair, Rule, child, has};
use crate::ast::{
    Expect, Expr, ExprKind, FieldValue, LeaveHow, Name, Test, TestField, TestItem, TestKind, TestMoment, Text,
};
use crate::span::Span;

impl Reader<'_> {
    pub(crate) fn test(&mut self, pair: Pair<'_>) -> Test {
        let title = self.text_or_empty(&pair);
        let mut items = Vec::new();
        if let Some(body) = child(&pair, Rule::test_body) {
            self.each(body, Body::Test, &mut |reader, entry| match entry {
                Entry::Read(p) => {
                    let span = reader.span(&p);
                    let kind = p.into_inner().next().map_or(TestKind::Broken, |p| reader.test_line(p));
                    items.push(TestItem { span, kind });
                }
                Entry::Broken { span, .. } => items.push(TestItem { span, kind: TestKind::Broken }),
            });
        }
        Test { title, items }
    }

    fn test_line(&mut self, pair: Pair<'_>) -> TestKind {
        let mut words = self.words_in(&pair).into_iter();
        let span = self.span(&pair);
        let mut word = || words.next().unwrap_or(Name { text: String::new(), span });
        match pair.as_rule() {
            Rule::test_customer => TestKind::Customer(word(), self.customer_fields(&pair)),
            Rule::test_at => {
                let (date, time) = (self.date_in(&pair), self.time_in(&pair));
                TestKind::At { date, time, zone: child(&pair, Rule::in_text).map(|p| self.text_or_empty(&p)) }
            }
            Rule::test_after => TestKind::After(self.sum_in(&pair)),
            Rule::test_everyone => TestKind::Everyone { event: word(), fields: self.record_in(&pair) },
            Rule::test_does => TestKind::Does {
                who: word(),
                event: word(),
                of: self.word_of(&pair, Rule::of_send),
                fields: self.record_in(&pair),
                id: self.id_of(&pair),
            },
            Rule::test_raw => {
                let who = word();
                let event = self.text_in(&pair).unwrap_or_else(|| {
                    let name = word();
                    Text { text: name.text, span: name.span }
                });
                let json = child(&pair, Rule::raw_json).map_or(span, |p| self.span(&p));
                let json = Text { text: self.text.get(json.range()).unwrap_or("").to_string(), span: json };
                TestKind::DoesRaw { who, event, json, id: self.id_of(&pair) }
            }
            Rule::test_becomes => TestKind::Becomes(word(), self.record_in(&pair)),
            Rule::test_consent => TestKind::Consent {
                who: word(),
                grants: has(&pair, Rule::Grants),
                purpose: word(),
                channel: self.word_of(&pair, Rule::by_channel),
            },
            Rule::test_fails => {
                let times = if has(&pair, Rule::Once) {
                    Some(1)
                } else if has(&pair, Rule::Twice) {
                    Some(2)
                } else {
                    child(&pair, Rule::integer).map(|p| self.integer(&p))
                };
                TestKind::WebhookFails { webhook: word(), times }
            }
            Rule::test_gives => TestKind::WebhookGives(word(), self.record_in(&pair)),
            Rule::test_completes => TestKind::Completes { team: word(), text: self.text_or_empty(&pair), who: word() },
            Rule::test_expect => {
                let expectation = pair.into_inner().find(|p| p.as_rule() != Rule::Expect);
                expectation.and_then(|p| self.expectation(p)).map_or(TestKind::Broken, TestKind::Expect)
            }
            _ => TestKind::Broken,
        }
    }

    fn id_of(&mut self, pair: &Pair<'_>) -> Option<Text> {
        child(pair, Rule::as_id).map(|p| self.text_or_empty(&p))
    }

    fn customer_fields(&mut self, pair: &Pair<'_>) -> Vec<TestField> {
        let mut fields = Vec::new();
        if let Some(body) = child(pair, Rule::customer_body) {
            self.each(body, Body::Customer, &mut |reader, entry| {
                let Entry::Read(p) = entry else { return };
                fields.push(if p.as_rule() == Rule::consents {
                    let consents = p.into_inner().filter(|c| c.as_rule() == Rule::consent);
                    TestField::Consents(
                        consents.map(|c| (reader.word_in(&c), reader.word_of(&c, Rule::by_channel))).collect(),
                    )
                } else {
                    TestField::Value(reader.field_value(&p))
                });
            });
        }
        fields
    }

    /// The fields in the braces of a rule.
    pub(crate) fn record_in(&mut self, pair: &Pair<'_>) -> Vec<FieldValue> {
        child(pair, Rule::record).map(|p| self.record(p)).unwrap_or_default()
    }

    /// `{ a: 1, b: 2 }`
    pub(crate) fn record(&mut self, pair: Pair<'_>) -> Vec<FieldValue> {
        let mut fields = Vec::new();
        self.each(pair, Body::Record, &mut |reader, entry| match entry {
            Entry::Read(p) => fields.push(reader.field_value(&p)),
            Entry::Broken { span, words } => {
                let value = Expr { span, kind: ExprKind::Broken };
                fields.extend(words.into_iter().next().map(|name| FieldValue { name, value }));
            }
        });
        fields
    }

    fn field_value(&mut self, pair: &Pair<'_>) -> FieldValue {
        FieldValue { name: self.word_in(pair), value: self.value_in(pair) }
    }

    fn moment_in(&mut self, pair: &Pair<'_>) -> Option<TestMoment> {
        let at = child(pair, Rule::at_moment)?;
        let whole = self.span(&at);
        let date = child(&at, Rule::date).map(|p| self.literal(&p));
        let time = self.time_in(&at);
        let start = date.as_ref().map_or(time.span.start, |d| d.span.start);
        let zone = child(&at, Rule::in_text).map(|p| self.text_or_empty(&p));
        Some(TestMoment { span: Span { start, ..whole }, date, time, zone })
    }

    /// The words of a reason as one text, single blanks between them.
    fn reason_in(&mut self, pair: &Pair<'_>) -> Text {
        let span = self.span(pair);
        let Some(reason) = child(pair, Rule::reason) else { return Text { text: String::new(), span } };
        match self.text_in(&reason) {
            Some(text) => text,
            None => {
                let words = child(&reason, Rule::reason_words).unwrap_or(reason);
                let span = self.span(&words);
                let text = words.as_str().split_whitespace().collect::<Vec<_>>().join(" ");
                Text { text, span }
            }
        }
    }

    fn expectation(&mut self, pair: Pair<'_>) -> Option<Expect> {
        let mut words = self.words_in(&pair).into_iter();
        let span = self.span(&pair);
        let mut word = || words.next().unwrap_or(Name { text: String::new(), span });
        let channel = self.word_of(&pair, Rule::by_channel);
        let at = self.moment_in(&pair);
        let with = child(&pair, Rule::with).map(|p| self.record_in(&p)).unwrap_or_default();
        Some(match pair.as_rule() {
            Rule::expect_rejected => Expect::Rejected(self.reason_in(&pair)),
            Rule::expect_task => Expect::Task { team: word(), text: self.text_in(&pair), at },
            Rule::expect_profile => Expect::Profile { who: word(), fields: self.record_in(&pair) },
            Rule::expect_nothing => Expect::Nothing { who: word(), from: self.word_of(&pair, Rule::from_journey) },
            Rule::expect_receives => Expect::Receives { who: word(), message: word(), channel, at, with },
            Rule::expect_waiting => {
                Expect::Waiting { who: word(), journey: word(), at: self.word_of(&pair, Rule::at_stage) }
            }
            Rule::expect_not_in => Expect::NotIn { who: word(), journey: word() },
            Rule::expect_refused_entry => {
                Expect::RefusedEntry { who: word(), journey: word(), reason: self.reason_in(&pair) }
            }
            Rule::expect_refused => {
                Expect::Refused { who: word(), message: word(), channel, reason: self.reason_in(&pair), at }
            }
            Rule::expect_enters => Expect::Enters { who: word(), journey: word(), at },
            Rule::expect_leaves => {
                let (who, journey) = (word(), word());
                let how = match self.text_in(&pair) {
                    Some(label) => LeaveHow::Label(label),
                    None => LeaveHow::Word(word()),
                };
                Expect::Leaves { who, journey, how, at }
            }
            Rule::expect_converts => Expect::Converts { who: word(), journey: word(), at },
            Rule::expect_emits => Expect::Emits { who: word(), event: word(), with },
            _ => return None,
        })
    }
}
