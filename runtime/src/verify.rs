//! Proves an image well-formed before anything runs it.
//!
//! After this, every index of the image points somewhere, every function ends, reads only what stands in its scope and
//! registers that were written, and never calls itself; every journey's control flow stays inside its code. Nothing
//! behind it needs to look again. Images are data from outside: whatever they hold, this gives errors and never fails.

mod functions;
#[cfg(test)]
mod hostile;
mod journeys;
#[cfg(test)]
mod tests;

use crate::image::{
    Bounds, DayRule, EventField, Facet, FnId, HistoryKind, Image, Limit, ListTy, MISSING, Role, RuleKind, Span, TextId,
    Ty, Window, Word,
};
use crate::layout::{ID_COUNT, WATCH_DUE};
use crate::time::{DAY, Zones};

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyError {
    /// In which part: `journey abandoned_cart, instruction 4`.
    pub place: String,
    /// What.
    pub message: String,
}

impl std::fmt::Display for VerifyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// Most errors that are told.
const MOST_ERRORS: usize = 100;
/// Most entries of any vector that is indexed by 16 bits.
const MOST: usize = 1 << 16;
/// Most words of a customer without runs: 1 MiB.
const MOST_WORDS: usize = 1 << 17;
/// Most words of a run.
const MOST_SLOTS: usize = 1 << 13;
/// Dates lie within so many days of 1970: about the years -3500 to 7400.
const FARTHEST_DATE: i64 = 2_000_000;

/// Proves the image well-formed, or says what is wrong with it.
pub fn verify(image: &Image, zones: &Zones) -> Result<(), Vec<VerifyError>> {
    let mut check = Check { image, zones, place: String::new(), errors: Vec::new() };
    // Later parts rely on earlier ones: what is indexed is proved before what points to it.
    for part in [Check::sizes, Check::vocabulary, Check::events, Check::functions, Check::customer, Check::journeys] {
        part(&mut check);
        if !check.errors.is_empty() {
            return Err(check.errors);
        }
    }
    Ok(())
}

/// Where something is evaluated: what a function may read beyond the customer.
#[derive(Debug, Clone, Copy, Default)]
struct Site {
    event: Option<u16>,
    journey: Option<u16>,
    /// The run of that journey exists already; if not, its slots must not be read.
    run: bool,
}

struct Check<'a> {
    image: &'a Image,
    zones: &'a Zones,
    place: String,
    errors: Vec<VerifyError>,
}

impl Check<'_> {
    fn at(&mut self, place: impl Into<String>) {
        self.place = place.into();
    }

    fn error(&mut self, message: impl Into<String>) {
        if self.errors.len() < MOST_ERRORS {
            self.errors.push(VerifyError { place: self.place.clone(), message: message.into() });
        }
    }

    fn need(&mut self, holds: bool, message: &str) {
        if !holds {
            self.error(message);
        }
    }

    /// Whether an index points into something of that length.
    fn index(&mut self, what: &str, index: impl Into<u64>, length: usize) -> bool {
        let index = index.into();
        let inside = index < length as u64;
        if !inside {
            self.error(format!("there is no {what} {index}"));
        }
        inside
    }

    fn sizes(&mut self) {
        let image = self.image;
        self.at("program");
        for (what, length) in [
            ("facets", image.facets.len()),
            ("one-of types", image.enums.len()),
            ("calendars", image.calendars.len()),
            ("events", image.events.len()),
            ("profile fields", image.profile.len()),
            ("histories", image.histories.len()),
            ("watches", image.watches.len()),
            ("segments", image.segments.len()),
            ("purposes", image.purposes.len()),
            ("channels", image.channels.len()),
            ("messages", image.messages.len()),
            ("offers", image.offers.len()),
            ("rules", image.rules.len()),
            ("webhooks", image.webhooks.len()),
            ("teams", image.teams.len()),
            ("journeys", image.journeys.len()),
        ] {
            if length >= MOST {
                self.error(format!("too many {what}"));
            }
        }
        let memory = |limit: &Limit| match limit.window {
            Window::Ever => 1,
            _ => usize::from(limit.count),
        };
        let histories = image.histories.iter().map(|history| match &history.kind {
            HistoryKind::Recent { keep, .. } => usize::from(*keep),
            HistoryKind::Total | HistoryKind::SumTotal { .. } => 1,
            HistoryKind::Days { days, .. } => 1 + usize::from(*days),
            HistoryKind::Last { fields } | HistoryKind::First { fields } => 1 + fields.len(),
        });
        let rules = image.rules.iter().map(|rule| match &rule.kind {
            RuleKind::Cap(limit) => memory(limit),
            _ => 1,
        });
        let offers = image.offers.iter().flat_map(|offer| offer.limits.iter().map(memory));
        let journeys = image.journeys.iter().map(|journey| 1 + 2 * journey.triggers.len());
        let words = histories.chain(rules).chain(offers).chain(journeys).fold(0usize, usize::saturating_add);
        let words = words.saturating_add(
            WATCH_DUE + 1 + ID_COUNT + image.profile.len() + image.messages.len() + 2 * image.watches.len(),
        );
        let words = words.saturating_add(image.purposes.len().saturating_mul(image.channels.len()).div_ceil(32));
        self.need(words <= MOST_WORDS, "too much is remembered of each customer: more than 1 MiB");
        self.need(image.journeys.iter().all(|j| j.slots.len() <= MOST_SLOTS), "a run keeps more than 64 KiB");
    }

    fn vocabulary(&mut self) {
        let image = self.image;
        self.at("project");
        self.need(self.zones.find(&image.time_zone).is_some(), "there is no such time zone");
        self.at("texts");
        self.need(distinct(image.texts.iter()), "a text stands there twice");
        self.at("lists");
        self.need(distinct(image.lists.iter()), "a list stands there twice");
        for facet in &image.facets {
            self.at(format!("taxonomy {}", facet.name));
            self.need(is_preorder(facet), "its nodes are not in preorder");
        }
        for calendar in &image.calendars {
            self.at(format!("calendar {}", calendar.name));
            self.need(calendar.days.is_sorted_by(|a, b| a < b), "its days are not sorted");
            self.need(calendar.days.iter().all(|day| day.abs() <= FARTHEST_DATE), "a day lies too far away");
        }
    }

    fn events(&mut self) {
        let image = self.image;
        self.at("events");
        self.need(distinct(image.events.iter().map(|event| &event.wire)), "two events have one name on the wire");
        for event in &image.events {
            let name = &event.name;
            self.at(format!("event {name}"));
            self.need(event.fields.len() < MOST, "too many fields");
            for field in &event.fields {
                self.at(format!("event {name}, field {}", field.name));
                self.field(field);
            }
            self.at(format!("event {name}"));
            let roles = match event.role {
                Role::Plain => [None, None],
                Role::Receipt { send_id, message } => [send_id, message],
                Role::Consent { purpose, channel, .. } => [Some(purpose), channel],
                Role::TaskCompleted { task_id } => [Some(task_id), None],
            };
            for field in roles.into_iter().flatten() {
                if self.index("field", field, event.fields.len()) {
                    self.need(
                        event.fields[usize::from(field)].ty == Ty::Text,
                        "its role is read from a field that is no text",
                    );
                }
            }
        }
        for webhook in &image.webhooks {
            self.at(format!("webhook {}", webhook.name));
            self.need(webhook.gives.len() < MOST, "too many fields");
            webhook.gives.iter().for_each(|field| self.field(field));
        }
        for field in &image.profile {
            self.at(format!("profile field {}", field.name));
            self.ty(&field.ty);
            self.bounds(&field.bounds, &field.ty);
            if !(field.optional && field.default == MISSING) {
                self.value(&field.ty, field.default);
            }
        }
        self.at("profile");
        for (field, wanted) in [(image.zone_field, Ty::Zone), (image.locale_field, Ty::Text)] {
            let Some(field) = field else { continue };
            if self.index("profile field", field, image.profile.len()) {
                self.need(
                    image.profile[usize::from(field)].ty == wanted,
                    "the field of the zone or locale has another type",
                );
            }
        }
    }

    /// What belongs to the customer and to sends, not to a run.
    fn customer(&mut self) {
        let image = self.image;
        for history in &image.histories {
            self.at(history.text.clone());
            if !self.index("event", history.event, image.events.len()) {
                continue;
            }
            let fields = &image.events[usize::from(history.event)].fields;
            if let Some(condition) = history.condition {
                self.function(condition, &Ty::Bool, Site { event: Some(history.event), ..Site::default() });
                self.only_reads_its_event(condition);
            }
            match &history.kind {
                HistoryKind::Recent { keep, window } => {
                    self.need(*keep > 0, "nothing is kept");
                    self.ahead(window);
                }
                HistoryKind::Total => {}
                HistoryKind::Days { days, field } => {
                    self.need(*days > 0, "no day is kept");
                    field.iter().for_each(|field| self.sums(*field, fields));
                }
                HistoryKind::SumTotal { field } => self.sums(*field, fields),
                HistoryKind::Last { fields: kept } | HistoryKind::First { fields: kept } => {
                    kept.iter().for_each(|field| _ = self.index("field", *field, fields.len()));
                }
            }
        }
        for watch in &image.watches {
            self.at(format!("watch {}", watch.text));
            self.function(watch.condition, &Ty::Bool, Site::default());
        }
        for segment in &image.segments {
            self.at(format!("segment {}", segment.name));
            self.function(segment.condition, &Ty::Bool, Site::default());
        }
        for channel in &image.channels {
            self.at(format!("channel {}", channel.name));
            if let Some(address) = channel.address {
                self.function(address, &Ty::Text, Site::default());
            }
        }
        for message in &image.messages {
            self.at(format!("message {}", message.name));
            self.index("purpose", message.purpose, image.purposes.len());
            message
                .renderings
                .iter()
                .for_each(|(channel, _)| _ = self.index("channel", *channel, image.channels.len()));
            self.dates(message.valid);
        }
        for offer in &image.offers {
            self.at(format!("offer {}", offer.name));
            offer.limits.iter().for_each(|limit| self.limit(limit));
            self.dates(offer.valid);
        }
        for rule in &image.rules {
            self.at(format!("policy {}, {}", rule.policy, rule.text));
            match &rule.kind {
                RuleKind::Cap(limit) => self.limit(limit),
                RuleKind::Gap(span) => self.ahead(span),
                RuleKind::Quiet { from, to } => self.hours(*from, *to),
                RuleKind::Deliver { from, to, days, calendar } => {
                    self.hours(*from, *to);
                    self.day(&DayRule::Week { days: *days, calendar: *calendar });
                }
            }
            if let crate::image::Over::Hold(Some(span)) = rule.over {
                self.ahead(&span);
            }
        }
        for webhook in &image.webhooks {
            self.at(format!("webhook {}", webhook.name));
            self.ahead(&webhook.within);
        }
    }

    fn field(&mut self, field: &EventField) {
        self.ty(&field.ty);
        self.bounds(&field.bounds, &field.ty);
        if let Some(default) = field.default {
            self.value(&field.ty, default);
        }
    }

    fn ty(&mut self, ty: &Ty) {
        match ty {
            Ty::Enum(at) => _ = self.index("one-of type", *at, self.image.enums.len()),
            Ty::Facet(at) => _ = self.index("taxonomy", *at, self.image.facets.len()),
            Ty::List(list) => self.list_ty(list),
            _ => {}
        }
    }

    fn list_ty(&mut self, list: &ListTy) {
        self.need(list.fields.len() < MOST, "members of a list have too many fields");
        self.need(list.records || list.fields.len() == 1, "plain members have more than one field");
        for field in &list.fields {
            self.ty(&field.ty);
            self.bounds(&field.bounds, &field.ty);
        }
    }

    fn bounds(&mut self, bounds: &Bounds, ty: &Ty) {
        if let Some((least, most)) = bounds.between {
            let ordered = match ty {
                Ty::Number | Ty::Percent | Ty::Probability => f64::from_bits(least) <= f64::from_bits(most),
                _ => least as i64 <= most as i64,
            };
            self.need(ordered, "its bounds leave no value");
        }
    }

    /// Whether a word is a value of that type.
    fn value(&mut self, ty: &Ty, word: Word) {
        let image = self.image;
        let number = f64::from_bits(word);
        let good = word != MISSING
            && match ty {
                Ty::Bool => word <= 1,
                Ty::Int | Ty::Money(_) | Ty::Duration | Ty::Moment => true,
                Ty::Number | Ty::Percent => number.is_finite(),
                Ty::Probability => (0.0..=1.0).contains(&number),
                Ty::Text => word < image.texts.len() as u64,
                Ty::Zone => self.text(word).is_some_and(|text| self.zones.find(text).is_some()),
                Ty::Date => (word as i64).abs() <= FARTHEST_DATE,
                Ty::Time => word < DAY as u64,
                Ty::Enum(at) => image.enums.get(usize::from(*at)).is_some_and(|e| word < e.values.len() as u64),
                Ty::Facet(at) => {
                    image.facets.get(usize::from(*at)).is_some_and(|facet| word < facet.nodes.len() as u64)
                }
                Ty::List(list) => match usize::try_from(word).ok().and_then(|at| image.lists.get(at)) {
                    Some(members) if list.stride() > 0 && members.len() % list.stride() == 0 => {
                        for member in members.chunks_exact(list.stride()) {
                            for (field, word) in list.fields.iter().zip(member) {
                                if !(field.optional && *word == MISSING) {
                                    self.value(&field.ty, *word);
                                }
                            }
                        }
                        true
                    }
                    _ => false,
                },
            };
        self.need(good, "a value is none of its type");
    }

    fn text(&self, word: Word) -> Option<&str> {
        self.image.texts.get(usize::try_from(word).ok()?).map(String::as_str)
    }

    fn text_id(&mut self, text: TextId) {
        self.index("text", text, self.image.texts.len());
    }

    fn zone(&mut self, zone: Option<TextId>) {
        if let Some(text) = zone {
            let known = self.text(text.into()).is_some_and(|text| self.zones.find(text).is_some());
            self.need(known, "there is no such time zone");
        }
    }

    fn sums(&mut self, field: u16, fields: &[EventField]) {
        if self.index("field", field, fields.len()) {
            let ty = &fields[usize::from(field)].ty;
            let adds = matches!(ty, Ty::Int | Ty::Money(_) | Ty::Duration | Ty::Number | Ty::Percent | Ty::Probability);
            self.need(adds, "what is summed is no number");
        }
    }

    fn limit(&mut self, limit: &Limit) {
        if let Window::Rolling(span) = &limit.window {
            self.ahead(span);
        }
    }

    fn ahead(&mut self, span: &Span) {
        let ahead = span.months >= 0 && span.days >= 0 && span.ms >= 0 && *span != Span::default();
        self.need(ahead, "a length of time is not greater than nothing");
    }

    fn hours(&mut self, from: i64, to: i64) {
        let whole = 0..=DAY;
        self.need(
            whole.contains(&from) && whole.contains(&to) && from != to,
            "hours begin or end outside the day, or are empty",
        );
    }

    fn time(&mut self, at: i64) {
        self.need((0..DAY).contains(&at), "a time lies outside the day");
    }

    fn dates(&mut self, dates: (Option<i64>, Option<i64>)) {
        let near = |date: Option<i64>| date.is_none_or(|date| date.abs() <= FARTHEST_DATE);
        self.need(near(dates.0) && near(dates.1), "a date lies too far away");
    }

    fn day(&mut self, day: &DayRule) {
        match *day {
            DayRule::Week { days, calendar } => {
                self.need(days > 0 && days < 1 << 7, "no day of the week, or one too many");
                self.calendar(calendar);
            }
            DayRule::Month(day) => self.need((1..=31).contains(&day), "there is no such day of the month"),
        }
    }

    fn calendar(&mut self, calendar: Option<u16>) {
        if let Some(calendar) = calendar {
            self.index("calendar", calendar, self.image.calendars.len());
        }
    }

    /// A function that stands at this site and gives this type.
    fn function(&mut self, function: FnId, ty: &Ty, site: Site) {
        if let Some(found) = self.function_of_any_type(function, site) {
            let found = functions::Kind::of(&found);
            if !found.fits(functions::Kind::of(ty)) {
                self.error(format!("function {function} gives {found}, and {} is needed", functions::Kind::of(ty)));
            }
        }
    }

    /// Likewise; gives the type.
    fn function_of_any_type(&mut self, function: FnId, site: Site) -> Option<Ty> {
        if !self.index("function", function, self.image.functions.len()) {
            return None;
        }
        let code = &self.image.functions[function as usize];
        let sees = |needed: Option<u16>, given: Option<u16>| needed.is_none() || needed == given;
        self.need(code.member == 0, "a function for members of lists stands outside of a list");
        self.need(sees(code.event, site.event), "a function reads an event that is not there");
        self.need(sees(code.journey, site.journey), "a function reads a run that is not there");
        if site.journey.is_some() && !site.run && self.reads_slots(function) {
            self.error("a function reads slots of a run that has not begun");
        }
        Some(code.ty.clone())
    }
}

fn distinct<T: Ord>(items: impl Iterator<Item = T>) -> bool {
    let mut items: Vec<T> = items.collect();
    items.sort_unstable();
    items.windows(2).all(|pair| pair[0] != pair[1])
}

/// Each node's subtree lies inside its parent's.
fn is_preorder(facet: &Facet) -> bool {
    let mut open: Vec<usize> = Vec::new();
    facet.nodes.len() < u32::MAX as usize
        && facet.nodes.iter().enumerate().all(|(at, node)| {
            while open.last().is_some_and(|end| *end <= at) {
                open.pop();
            }
            let end = node.end as usize;
            let inside = end > at && end <= open.last().copied().unwrap_or(facet.nodes.len());
            open.push(end);
            inside
        })
}
