//! The layout of declarations.

use super::layout::{Blank, Break, Row};
use super::shape::Shape;
use crate::ast::*;

impl Shape<'_> {
    /// A file.
    pub fn file(&mut self, file: &File) {
        let mut run: Vec<Row> = Vec::new();
        let mut before = None;
        for item in &file.items {
            let (first, end) = (self.first(item.span), self.end(item.span));
            let like = before == Some(kind(&item.decl));
            self.begin_line(first);
            self.layout.items.push((first, end, like && item.annotations.is_empty()));
            let start = item.annotations.last().map_or(first, |last| self.end(last.span));
            self.annotations(&item.annotations, start);
            if !like {
                let rows = std::mem::take(&mut run);
                self.runs(None, rows);
            }
            if let Some(row) = self.decl(start, end, &item.decl) {
                run.push(Row { first, ..row });
            }
            before = Some(kind(&item.decl));
        }
        self.runs(None, run);
    }

    /// A declaration from the atom `first`; the result is its row among its like.
    fn decl(&mut self, first: usize, end: usize, decl: &Decl) -> Option<Row> {
        let open = self.find("{", first, end);
        match decl {
            Decl::Taxonomy(taxonomy) => {
                if let (TaxonomyBody::Nodes(nodes), Some(open)) = (&taxonomy.body, open) {
                    self.nodes(open, nodes);
                }
                return Some(self.flat_row([first, first + 2], end));
            }
            Decl::Purpose(_) | Decl::Team(_) | Decl::Calendar(_) if end > first + 2 => {
                return Some(self.flat_row([first, first + 2], end));
            }
            Decl::Segment(segment) => {
                self.expr(&segment.condition);
                return Some(self.flat_row([first, first + 2], end));
            }
            Decl::Use(_) | Decl::Purpose(_) | Decl::Team(_) | Decl::Calendar(_) | Decl::Broken { .. } => {}
            Decl::Webhook(webhook) => self.webhook(first, end, webhook),
            Decl::Journey(journey) => {
                self.params(first + 2, &journey.params);
                self.journey_body(&journey.header, &journey.body, Blank::Force);
            }
            _ => {
                if let Some(open) = open {
                    self.braced(first, open, decl);
                }
                match decl {
                    Decl::Event(event) => return Some(self.event_row(first, open, end, event)),
                    Decl::Channel(_) => return open.map(|open| self.flat_row([first, open], end)),
                    _ => {}
                }
            }
        }
        None
    }

    /// Name, name on the wire, fields.
    fn event_row(&self, first: usize, open: Option<usize>, end: usize, event: &Event) -> Row {
        let mut row = self.flat_row([first], end);
        row.cells[1] = event.wire.as_ref().map(|w| self.first(w.span));
        let plain = event.everyone.is_none() && open.is_some_and(|o| row.cells[1].is_none_or(|w| o == w + 1));
        row.cells[2] = open.filter(|_| plain);
        row
    }

    fn braced(&mut self, first: usize, open: usize, decl: &Decl) {
        match decl {
            Decl::Event(event) => {
                let source = event.source.as_ref().map(|s| s.span);
                let owner = event.owner.as_ref().map(|o| o.span);
                let others = [source, owner].into_iter().flatten().map(|s| self.first(s).saturating_sub(1));
                self.fields(open, &event.fields, &others.collect::<Vec<_>>());
            }
            Decl::ExtendEvent(event) => self.fields(open, &event.fields, &[]),
            Decl::Record(record) => self.fields(open, &record.fields, &[]),
            Decl::Profile(profile) => self.fields(open, &profile.fields, &[]),
            Decl::Channel(channel) => self.channel(open, channel),
            Decl::Message(message) => {
                self.params(first + 2, &message.params);
                self.message(open, message);
            }
            Decl::Offer(offer) => self.offer(open, offer),
            Decl::Policy(policy) => self.policy(open, policy),
            Decl::Test(test) => self.scenario(open, test),
            Decl::Migrate(migrate) => {
                let group = self.braces(open);
                let entries: Vec<usize> = migrate.moves.iter().map(|m| self.first(m.0.span)).collect();
                self.body(open, group, entries);
            }
            _ => {}
        }
    }

    fn nodes(&mut self, open: usize, nodes: &[TaxNode]) {
        let group = self.braces(open);
        let rows: Vec<Row> = self.inside(|shape| nodes.iter().map(|n| shape.node(n)).collect());
        let firsts: Vec<usize> = nodes.iter().map(|n| self.first(n.span)).collect();
        self.body(open, group, firsts.iter().copied());
        self.table(Some(group), 1, rows);
        // Bare words that were written side by side stay so.
        for pair in nodes.windows(2) {
            let (left, right) = (self.first(pair[0].span), self.first(pair[1].span));
            let bare = self.end(pair[0].span) == left + 1 && self.end(pair[1].span) == right + 1;
            if bare && !self.atoms.newline(right) {
                self.layout.gaps[right].breaks = Break::Flow(group);
            }
        }
    }

    fn node(&mut self, node: &TaxNode) -> Row {
        let (name, end) = (self.first(node.name.span), self.end(node.span));
        let children = self.find("{", name, end);
        if let Some(open) = children {
            self.nodes(open, &node.children);
        }
        let label = node.labels.first().map(|(locale, text)| locale.as_ref().map_or(text.span, |l| l.span));
        let label = label.map(|span| self.first(span));
        let plain = node.deprecated.is_none() && node.links.is_empty();
        let mut row = self.row([name], end);
        row.cells[1] = label;
        if plain {
            row.cells[2] = children;
            row.flat = children.is_some();
        }
        row
    }

    fn channel(&mut self, open: usize, channel: &Channel) {
        let group = self.braces(open);
        let close = self.atoms.partner(open);
        let address = channel.address.as_ref().map(|a| self.first(a.span));
        let reports = channel.reports.first().map(|r| self.first(r.span));
        self.inside(|shape| shape.maybe(&channel.address));
        let entries: Vec<usize> = [address, reports].into_iter().flatten().map(|i| i.saturating_sub(1)).collect();
        let end = channel.reports.last().map_or(close, |r| self.end(r.span));
        let rows = self.inside(|shape| {
            shape.words(&channel.reports, end);
            entries.iter().map(|&e| shape.row([e, e + 1], close)).collect()
        });
        self.body(open, group, entries);
        self.table(Some(group), 1, rows);
    }

    fn message(&mut self, open: usize, message: &Message) {
        let group = self.braces(open);
        let (mut entries, mut rows) = (Vec::new(), Vec::new());
        if let Some(valid) = &message.valid {
            entries.push(self.first(valid.span));
        }
        self.inside(|shape| {
            for claim in &message.claims {
                entries.push(shape.first(claim.name.span).saturating_sub(1));
                shape.expr(&claim.value);
            }
            for rendering in &message.renderings {
                let (first, end) = (shape.first(rendering.span), shape.end(rendering.span));
                entries.push(first);
                if let Some(open) = shape.find("{", first, end) {
                    shape.rendering(open, rendering);
                    rows.push(shape.flat_row([first, open], end));
                }
            }
        });
        self.body(open, group, entries);
        self.runs(Some(group), rows);
    }

    fn rendering(&mut self, open: usize, rendering: &Rendering) {
        let group = self.braces(open);
        let parts: Vec<usize> = rendering.parts.iter().map(|(name, _)| self.first(name.span)).collect();
        let close = self.atoms.partner(open);
        let rows = self.inside(|shape| {
            let end = |k: usize| parts.get(k + 1).copied().unwrap_or(close);
            parts.iter().enumerate().map(|(k, &p)| shape.row([p, p + 1], end(k))).collect()
        });
        self.body(open, group, parts.iter().copied());
        self.table(Some(group), 1, rows);
    }

    fn offer(&mut self, open: usize, offer: &Offer) {
        let group = self.braces(open);
        let close = self.atoms.partner(open);
        let mut lines: Vec<(usize, usize, bool)> = Vec::new();
        self.inside(|shape| {
            for value in [&offer.eligible, &offer.propensity, &offer.value, &offer.weight].into_iter().flatten() {
                lines.push((shape.first(value.span).saturating_sub(1), 1, false));
                shape.expr(value);
            }
            for limit in &offer.limits {
                lines.push((shape.first(limit.span), 2, false));
                shape.limit(limit);
            }
            if let Some(valid) = &offer.valid {
                lines.push((shape.first(valid.span), 1, false));
            }
            if let Some(body) = &offer.body {
                lines.push((shape.first(body.span).saturating_sub(1), 1, true));
                shape.block(body);
            }
        });
        lines.sort_unstable();
        let rows = self.inside(|shape| {
            let end = |k: usize| lines.get(k + 1).map_or(close, |l| l.0);
            let row = |(k, &(first, words, flat)): (usize, &(usize, usize, bool))| Row {
                flat,
                ..shape.row([first, first + words], end(k))
            };
            lines.iter().enumerate().map(row).collect()
        });
        self.body(open, group, lines.iter().map(|l| l.0));
        self.layout.groups[group].forced |= lines.len() > 1;
        self.table(Some(group), 2, rows);
    }

    fn limit(&mut self, limit: &Limit) {
        if let Some(Window::Rolling(duration)) = &limit.window {
            self.expr(duration);
        }
    }

    fn policy(&mut self, open: usize, policy: &Policy) {
        let group = self.braces(open);
        self.inside(|shape| {
            for rule in &policy.rules {
                match &rule.kind {
                    RuleKind::Cap { limit, .. } => shape.limit(limit),
                    RuleKind::Gap { gap, .. } => shape.expr(gap),
                    RuleKind::Lasts(duration) => shape.expr(duration),
                    RuleKind::Quiet { .. }
                    | RuleKind::Deliver { .. }
                    | RuleKind::Consent { .. }
                    | RuleKind::Annotations { .. } => {}
                }
            }
        });
        for rule in &policy.rules {
            // What happens over a cap may stand on the next line.
            let (first, end) = (self.first(rule.span), self.end(rule.span));
            if let Some(over) = self.find("else", first, end) {
                let group = self.layout.group(first, end);
                self.layout.gaps[over].breaks = Break::With(group);
            }
        }
        let entries: Vec<usize> = policy.rules.iter().map(|r| self.first(r.span)).collect();
        self.body(open, group, entries);
    }

    fn webhook(&mut self, first: usize, end: usize, webhook: &Webhook) {
        self.params(first + 2, &webhook.params);
        let method = self.first(webhook.method.span);
        let Some(mut open) = self.find("{", first, end) else { return };
        if open < method && self.atoms.partner(open) < method {
            self.fields(open, &webhook.gives, &[]);
            let Some(next) = self.find("{", self.atoms.partner(open) + 1, end) else { return };
            open = next;
        }
        let group = self.braces(open);
        let retry = self.find("retry", method, end);
        self.body(open, group, [Some(method), retry].into_iter().flatten());
    }
}

/// Declarations of one kind may stand together; what is added to an event is of its kind.
fn kind(decl: &Decl) -> &'static str {
    match decl {
        Decl::Use(_) => "use",
        Decl::Taxonomy(_) => "taxonomy",
        Decl::Event(_) | Decl::ExtendEvent(_) => "event",
        Decl::Record(_) => "record",
        Decl::Profile(_) => "profile",
        Decl::Segment(_) => "segment",
        Decl::Purpose(_) => "purpose",
        Decl::Channel(_) => "channel",
        Decl::Message(_) => "message",
        Decl::Offer(_) => "offer",
        Decl::Policy(_) => "policy",
        Decl::Webhook(_) => "webhook",
        Decl::Calendar(_) => "calendar",
        Decl::Team(_) => "team",
        Decl::Journey(_) => "journey",
        Decl::Test(_) => "test",
        Decl::Migrate(_) => "migrate",
        Decl::Broken { .. } => "broken",
    }
}
