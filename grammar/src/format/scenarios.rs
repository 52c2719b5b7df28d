//! The layout of tests.

use super::shape::{Entry, Shape};
use crate::ast::{Expect, FieldValue, Test, TestField, TestItem, TestKind, TestMoment};

impl Shape<'_> {
    /// What is between the braces of a test. What happens stands further in than the line that says when.
    pub fn scenario(&mut self, open: usize, test: &Test) {
        let group = self.braces(open);
        let mut entries = Vec::new();
        let mut deeper = 0;
        for item in &test.items {
            let here = match item.kind {
                TestKind::At { .. } | TestKind::After(_) => {
                    deeper = 2;
                    0
                }
                TestKind::Customer(..) | TestKind::Expect(_) => 0,
                _ => deeper,
            };
            entries.push(Entry { first: self.first(item.span), deeper: here });
            self.indent += here;
            self.inside(|shape| shape.line(item));
            self.indent -= here;
        }
        self.uneven_body(open, group, entries);
    }

    fn line(&mut self, item: &TestItem) {
        match &item.kind {
            TestKind::Customer(_, fields) => self.customer(item, fields),
            TestKind::At { date, time, .. } => {
                self.expr(date);
                self.expr(time);
            }
            TestKind::After(duration) => self.expr(duration),
            TestKind::Does { fields, .. }
            | TestKind::Everyone { fields, .. }
            | TestKind::Becomes(_, fields)
            | TestKind::WebhookGives(_, fields) => self.fields_of(item, fields),
            TestKind::Expect(expect) => self.expect(item, expect),
            TestKind::DoesRaw { .. }
            | TestKind::Consent { .. }
            | TestKind::WebhookFails { .. }
            | TestKind::Completes { .. }
            | TestKind::Broken => {}
        }
    }

    /// The `{ … }` of a line, if it has one.
    fn fields_of(&mut self, item: &TestItem, values: &[FieldValue]) {
        let end = self.end(item.span);
        if let Some(open) = self.find("{", self.first(item.span), end) {
            self.record(open, values);
        }
    }

    fn customer(&mut self, item: &TestItem, fields: &[TestField]) {
        let end = self.end(item.span);
        let Some(open) = self.find("{", self.first(item.span), end) else { return };
        let group = self.braces(open);
        let close = self.atoms.partner(open);
        let (entries, rows) = self.inside(|shape| {
            let (mut entries, mut rows) = (Vec::new(), Vec::new());
            let mut first = Some(open + 1).filter(|&f| f < close);
            while let Some(entry) = first {
                let comma = shape.find(",", entry, close);
                entries.push(entry);
                rows.push(shape.row([entry, entry + 2], comma.unwrap_or(close)));
                first = comma.map(|c| c + 1).filter(|&f| f < close);
            }
            for field in fields {
                if let TestField::Value(value) = field {
                    shape.expr(&value.value);
                }
            }
            (entries, rows)
        });
        self.values(open, group, &entries, rows);
    }

    fn expect(&mut self, item: &TestItem, expect: &Expect) {
        match expect {
            Expect::Receives { at, with, .. } => {
                self.moment(at);
                self.fields_of(item, with);
            }
            Expect::Enters { at, .. }
            | Expect::Leaves { at, .. }
            | Expect::Converts { at, .. }
            | Expect::Refused { at, .. }
            | Expect::Task { at, .. } => self.moment(at),
            Expect::Profile { fields, .. } => self.fields_of(item, fields),
            Expect::Emits { with, .. } => self.fields_of(item, with),
            Expect::Nothing { .. }
            | Expect::Waiting { .. }
            | Expect::NotIn { .. }
            | Expect::RefusedEntry { .. }
            | Expect::Rejected(_) => {}
        }
    }

    fn moment(&mut self, moment: &Option<TestMoment>) {
        if let Some(moment) = moment {
            self.maybe(&moment.date);
            self.expr(&moment.time);
        }
    }
}
