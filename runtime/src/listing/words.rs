//! Types, values and lengths of time in the program's words.

use super::Out;
use crate::image::{Bounds, DayRule, Instr, Journey, Listener, Period, Span, Ty, Window, Word};
use crate::report::words;
use crate::step::value_of;

impl<'a> Out<'a> {
    pub(super) fn ty(&self, ty: &Ty) -> String {
        match ty {
            Ty::Bool => "bool".into(),
            Ty::Int => "int".into(),
            Ty::Number => "number".into(),
            Ty::Percent => "percent".into(),
            Ty::Probability => "probability".into(),
            Ty::Money(currency) if *currency == self.image.currency => "money".into(),
            Ty::Money(currency) => format!("money {currency}"),
            Ty::Text => "text".into(),
            Ty::Duration => "duration".into(),
            Ty::Date => "date".into(),
            Ty::Time => "time".into(),
            Ty::Moment => "moment".into(),
            Ty::Zone => "zone".into(),
            Ty::Enum(at) => {
                let values = self.image.enums.get(usize::from(*at)).map_or(String::new(), |of| of.values.join(", "));
                format!("one of {values}")
            }
            Ty::Facet(at) => self.image.facets.get(usize::from(*at)).map_or("?".into(), |facet| facet.name.clone()),
            Ty::List(list) => {
                let field = |field: &crate::image::ListField| {
                    let may = if field.optional { "?" } else { "" };
                    format!("{}{may}{}", self.ty(&field.ty), bounds(&field.bounds))
                };
                let members = if list.records {
                    let fields = list.fields.iter().map(|one| format!("{}: {}", one.name, field(one)));
                    format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
                } else {
                    list.fields.first().map_or(String::new(), field)
                };
                format!("list of {members} at most {}", list.at_most)
            }
        }
    }

    /// A type with what limits its values.
    pub(super) fn typed(&self, ty: &Ty, optional: bool, limits: &Bounds) -> String {
        format!("{}{}{}", self.ty(ty), if optional { "?" } else { "" }, bounds(limits))
    }

    pub(super) fn value(&self, ty: &Ty, word: Word) -> String {
        words::text(&value_of(self.image, &self.pool, ty, word))
    }

    pub(super) fn event(&self, event: u16) -> &'a str {
        self.image.events.get(usize::from(event)).map_or("?", |event| event.name.as_str())
    }

    pub(super) fn event_field(&self, event: u16, field: u16) -> &'a str {
        let fields = self.image.events.get(usize::from(event)).map_or(&[][..], |event| &event.fields);
        fields.get(usize::from(field)).map_or("?", |field| field.name.as_str())
    }

    pub(super) fn profile(&self, field: u16) -> String {
        let name = self.image.profile.get(usize::from(field)).map_or("?", |field| field.name.as_str());
        format!("profile.{name}")
    }

    pub(super) fn channel(&self, channel: u16) -> &'a str {
        self.image.channels.get(usize::from(channel)).map_or("?", |channel| channel.name.as_str())
    }

    pub(super) fn purpose(&self, purpose: u16) -> &'a str {
        self.image.purposes.get(usize::from(purpose)).map_or("?", |purpose| purpose.name.as_str())
    }

    pub(super) fn segment(&self, segment: u16) -> &'a str {
        self.image.segments.get(usize::from(segment)).map_or("?", |segment| segment.name.as_str())
    }

    pub(super) fn watch(&self, watch: u16) -> &'a str {
        self.image.watches.get(usize::from(watch)).map_or("?", |watch| watch.text.as_str())
    }

    pub(super) fn history(&self, history: u16) -> &'a str {
        self.image.histories.get(usize::from(history)).map_or("?", |history| history.text.as_str())
    }

    pub(super) fn offer(&self, offer: u16) -> &'a str {
        self.image.offers.get(usize::from(offer)).map_or("?", |offer| offer.name.as_str())
    }

    pub(super) fn other_journey(&self, journey: u16) -> &'a str {
        self.image.journeys.get(usize::from(journey)).map_or("?", |journey| journey.name.as_str())
    }

    pub(super) fn constant(&self, text: u32) -> String {
        format!("{:?}", self.pool.get(text))
    }

    pub(super) fn calendar(&self, calendar: Option<u16>) -> String {
        let calendar = calendar.and_then(|at| self.image.calendars.get(usize::from(at)));
        calendar.map_or(String::new(), |calendar| format!(" in {}", calendar.name))
    }

    /// `weekday in fr`, `monday, friday`, `month on 31`
    pub(super) fn day(&self, rule: &DayRule) -> String {
        match rule {
            DayRule::Week { days, calendar } => format!("{}{}", days_of_week(*days), self.calendar(*calendar)),
            DayRule::Month(day) => format!("month on {day}"),
        }
    }

    /// `ordered by cart_id where total > 10 EUR`
    pub(super) fn listener(&mut self, journey: &Journey, listener: &Listener) -> String {
        let mut text = self.event(listener.event).to_string();
        if let Some(field) = listener.key {
            text += &format!(" by {}", self.event_field(listener.event, field));
        }
        if let Some(send) = listener.of {
            let sends = |instr: &Instr| *instr == Instr::Send(send);
            let step = journey.code.iter().position(sends).and_then(|pc| journey.step_of.get(pc));
            let step = step.and_then(|step| journey.steps.get(usize::from(*step)));
            text += &format!(" of {}", step.map_or("?", |step| step.id.as_str()));
        }
        if let Some(condition) = listener.condition {
            text += &format!(" where {}", self.expression(condition));
        }
        text
    }

    /// `2026-03-01 to 2026-04-01`, with nothing for an open end; empty when both are open.
    pub(super) fn dates(&self, (first, last): (Option<i64>, Option<i64>)) -> String {
        match (first, last) {
            (None, None) => String::new(),
            (Some(first), None) => format!("from {}", words::date(first)),
            (None, Some(last)) => format!("to {}", words::date(last)),
            (Some(first), Some(last)) => format!("from {} to {}", words::date(first), words::date(last)),
        }
    }
}

pub(super) fn span(span: &Span) -> String {
    words::span(span)
}

pub(super) fn window(window: &Window) -> String {
    match window {
        Window::Rolling(length) => format!("per rolling {}", span(length)),
        Window::Calendar(Period::Day) => "per calendar day".into(),
        Window::Calendar(Period::Week) => "per calendar week".into(),
        Window::Calendar(Period::Month) => "per calendar month".into(),
        Window::Calendar(Period::Year) => "per calendar year".into(),
        Window::Ever => "ever".into(),
    }
}

pub(super) fn days_of_week(days: u8) -> String {
    const NAMES: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    match days {
        0b001_1111 => "weekday".into(),
        0b111_1111 => "day".into(),
        _ => {
            let named = NAMES.iter().enumerate().filter(|(day, _)| days >> day & 1 == 1).map(|(_, name)| *name);
            named.collect::<Vec<_>>().join(", ")
        }
    }
}

fn bounds(bounds: &Bounds) -> String {
    let mut text = String::new();
    if let Some((least, most)) = bounds.between {
        // An int below 2⁵² has no exponent as a float, so the two are told apart by their size.
        let number = |word: Word| match word as i64 {
            small if small.unsigned_abs() < 1 << 52 => small.to_string(),
            _ => f64::from_bits(word).to_string(),
        };
        text += &format!(" between {} and {}", number(least), number(most));
    }
    if let Some(most) = bounds.at_most {
        text += &format!(" at most {most}");
    }
    text
}

/// `name` or `name from "path"`
pub(super) fn from(name: &str, path: &str) -> String {
    if name == path { String::new() } else { format!(" from {path:?}") }
}
