//! The words of a picture: names, conditions and lengths of time as a marketer reads them.

use journey_compiler::hir::{
    CaseValue, Const, DayRule, EventUse, Expr, ExprKind, FacetId, HAPPENED_AT, Journey, Length, Limit, Over, Period,
    Piece, Program, Rule, RuleKind, Send, Template, Trigger, Ty, Type, VariableId, Window,
};
use journey_compiler::project::Source;
use journey_grammar::span::Span;
use journey_grammar::tokens::{TokenKind, tokenize};
use journey_runtime::report::words as runtime;

/// `cart_reminder` → `cart reminder`
pub fn human(name: &str) -> String {
    name.replace('_', " ").trim().to_string()
}

/// `cart_reminder` → `Cart reminder`
pub fn title(name: &str) -> String {
    capital(&human(name))
}

/// The text with a capital at its beginning.
pub fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// `1 day`, `2 months 3 days`
pub fn length(length: &Length) -> String {
    runtime::span(length)
}

/// `a`, `a and b`, `a, b and c`
pub fn listed<S: AsRef<str>>(all: &[S], last: &str) -> String {
    match all {
        [] => String::new(),
        [one] => one.as_ref().to_string(),
        [most @ .., end] => {
            let most: Vec<&str> = most.iter().map(AsRef::as_ref).collect();
            format!("{} {last} {}", most.join(", "), end.as_ref())
        }
    }
}

/// `45 %`
pub fn share(fraction: f64) -> String {
    format!("{} %", decimal(fraction * 100.0))
}

/// A number with at most three places.
fn decimal(number: f64) -> String {
    let text = format!("{number:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

/// `the 1st`
fn ordinal(day: u8) -> String {
    let ending = match (day % 10, day / 10) {
        (1, tens) if tens != 1 => "st",
        (2, tens) if tens != 1 => "nd",
        (3, tens) if tens != 1 => "rd",
        _ => "th",
    };
    format!("{day}{ending}")
}

/// Looks names up in a program, and its words in its sources.
#[derive(Clone, Copy)]
pub struct Words<'a> {
    /// The checked program.
    pub program: &'a Program,
    /// The texts its spans point into.
    pub sources: &'a [Source],
}

impl<'a> Words<'a> {
    /// What stands at a place, as written.
    pub fn source(&self, span: Span) -> &'a str {
        self.sources.get(usize::from(span.file.0)).and_then(|s| s.text.get(span.range())).unwrap_or("")
    }

    /// The file a place is in, and its line from 1.
    pub fn place(&self, span: Span) -> (&'a str, usize) {
        let Some(source) = self.sources.get(usize::from(span.file.0)) else { return ("", 1) };
        let before = source.text.get(..span.start as usize).unwrap_or("");
        (&source.path, 1 + before.bytes().filter(|b| *b == b'\n').count())
    }

    /// A condition or value on one line, with the signs that people write: `cart.value ≥ 8,000 THB`.
    pub fn expr(&self, expr: &Expr) -> String {
        self.phrase(expr.span)
    }

    /// Any words of the program on one line, without comments.
    pub fn phrase(&self, span: Span) -> String {
        let text = self.source(span);
        let mut out = String::with_capacity(text.len());
        let mut space = false;
        for token in tokenize(text) {
            let word = token.text(text);
            if matches!(token.kind, TokenKind::Whitespace | TokenKind::Newline) || token.kind.is_comment() {
                space = !out.is_empty();
                continue;
            }
            if std::mem::take(&mut space) {
                out.push(' ');
            }
            match (token.kind, word) {
                (TokenKind::Number, number) => out.push_str(&number.replace('_', ",")),
                (_, ">=") => out.push('≥'),
                (_, "<=") => out.push('≤'),
                (_, "!=") => out.push('≠'),
                (_, "==") => out.push('='),
                (_, "*") => out.push('×'),
                (_, other) => out.push_str(other),
            }
        }
        out
    }

    /// `cart updated for this cart where cart.value ≥ 20 EUR`
    pub fn event(&self, journey: &Journey, of: &EventUse) -> String {
        let mut text = human(&self.program.events[of.event].name);
        if of.key.is_some()
            && let Some(Expr { kind: ExprKind::Field(variable, _), .. }) = &journey.key
        {
            text += &format!(" for this {}", human(&journey.variables[*variable].name));
        }
        if let Some(send) = of.of {
            text += &format!(" of {}", self.variable(journey, send));
        }
        if let Some(condition) = &of.condition {
            text += &format!(" where {}", self.expr(condition));
        }
        text
    }

    /// A variable as people know it: a send without a name by its message.
    fn variable(&self, journey: &Journey, variable: VariableId) -> String {
        let of = &journey.variables[variable];
        match of.kind {
            journey_compiler::hir::VariableKind::Send(message) if of.name.starts_with('#') => {
                human(&self.program.messages[message].name)
            }
            _ => human(&of.name),
        }
    }

    /// What starts a run, and how: `On cart updated`, with what is asked of it.
    pub fn trigger(&self, trigger: &Trigger) -> (String, Vec<String>) {
        let program = self.program;
        match trigger {
            Trigger::Event(of) => {
                let event = &program.events[of.event];
                let asked = of.condition.as_ref().map(|c| format!("where {}", self.expr(c)));
                let about = event.everyone.then(|| "about everyone".to_string());
                (title(&event.name), asked.into_iter().chain(about).collect())
            }
            Trigger::Enters(segment) => {
                (format!("Becomes {}", human(&program.segments[*segment].name)), vec!["enters the segment".into()])
            }
            Trigger::Leaves(segment) => {
                (format!("No longer {}", human(&program.segments[*segment].name)), vec!["leaves the segment".into()])
            }
            Trigger::Condition(condition) => (capital(&self.expr(condition)), vec!["begins to hold".into()]),
            Trigger::Every { day, at, zone, segment } => {
                let mut lines = vec![format!("at {}{}", runtime::time(*at), in_zone(zone.as_deref()))];
                if let Some(segment) = segment {
                    lines.push(format!("for {}", human(&program.segments[*segment].name)));
                }
                (capital(&self.every(day)), lines)
            }
            Trigger::Date { field, at, zone } => (
                format!("Every year on {}", human(&program.profile[*field].field.name)),
                vec![format!("at {}{}", runtime::time(*at), in_zone(zone.as_deref()))],
            ),
            Trigger::HandOff(journey) => {
                (format!("From {}", human(&program.journeys[*journey].name)), vec!["handed over".into()])
            }
        }
    }

    /// `every monday`, `every month on the 1st`
    pub fn every(&self, rule: &DayRule) -> String {
        match rule {
            DayRule::Week { .. } => format!("every {}", self.day(rule)),
            DayRule::Month(day) => format!("every month on the {}", ordinal(*day)),
        }
    }

    /// `monday`, `weekday in us`, `the 1st of the month`
    pub fn day(&self, rule: &DayRule) -> String {
        match rule {
            DayRule::Week { days, calendar } => {
                let calendar = calendar.map_or(String::new(), |c| format!(" in {}", self.program.calendars[c].name));
                format!("{}{calendar}", days_of_week(*days))
            }
            DayRule::Month(day) => format!("the {} of the month", ordinal(*day)),
        }
    }

    /// A node of a facet by its label, or by the last part of its path.
    pub fn node(&self, facet: FacetId, node: u32) -> String {
        let node = &self.program.facets[facet].nodes[node as usize];
        let label = node.labels.iter().find(|(locale, _)| locale.is_empty());
        label.map_or_else(|| title(node.path.rsplit('.').next().unwrap_or("")), |(_, label)| label.clone())
    }

    /// A case of `branch on`.
    pub fn case(&self, case: &CaseValue) -> String {
        match case {
            CaseValue::Missing => "not known".into(),
            CaseValue::Subtree(facet, node) => self.node(*facet, *node),
            CaseValue::Value(value) => self.constant(value, None),
        }
    }

    /// A constant; `ty` tells its currency.
    pub fn constant(&self, value: &Const, ty: Option<&Ty>) -> String {
        match value {
            Const::Bool(true) => "yes".into(),
            Const::Bool(false) => "no".into(),
            Const::Int(number) => number.to_string(),
            Const::Number(number) => match ty {
                Some(Ty::Percent | Ty::Probability) => share(*number),
                _ => decimal(*number),
            },
            Const::Money(millionths) => {
                let currency = match ty {
                    Some(Ty::Money(currency)) => currency,
                    _ => &self.program.currency,
                };
                format!("{} {currency}", runtime::decimal(*millionths, 0))
            }
            Const::Text(text) => format!("“{text}”"),
            Const::Duration(of) => length(of),
            Const::Date(days) => runtime::date(*days),
            Const::Time(ms) => runtime::time(*ms),
            Const::Moment(ms) => runtime::moment(*ms),
            Const::Enum(id, value) => human(&self.program.enums[*id].values[usize::from(*value)]),
            Const::Node(facet, node) => self.node(*facet, *node),
            Const::List(members) => {
                let inner = if let Some(Ty::List(inner)) = ty { Some(&**inner) } else { None };
                listed(&members.iter().map(|m| self.constant(m, inner)).collect::<Vec<_>>(), "and")
            }
            Const::Record(fields) => {
                let fields = fields.iter().map(|(name, value)| format!("{name}: {}", self.constant(value, None)));
                fields.collect::<Vec<_>>().join(", ")
            }
            Const::Missing => "nothing".into(),
        }
    }

    /// A type in words.
    pub fn ty(&self, ty: &Type) -> String {
        let optional = if ty.optional { ", may be missing" } else { "" };
        format!("{}{optional}", self.kind(&ty.ty))
    }

    fn kind(&self, ty: &Ty) -> String {
        match ty {
            Ty::Bool => "yes or no".into(),
            Ty::Int => "whole number".into(),
            Ty::Number => "number".into(),
            Ty::Percent => "share".into(),
            Ty::Probability => "probability".into(),
            Ty::Text => "text".into(),
            Ty::Money(currency) => format!("amount in {currency}"),
            Ty::Duration => "length of time".into(),
            Ty::Date => "day".into(),
            Ty::Time => "time of day".into(),
            Ty::Moment => "moment".into(),
            Ty::Zone => "time zone".into(),
            Ty::Enum(id) => {
                let values: Vec<String> = self.program.enums[*id].values.iter().map(|v| human(v)).collect();
                format!("one of {}", listed(&values, "or"))
            }
            Ty::Facet(facet) => format!("node of {}", human(&self.program.facets[*facet].name)),
            Ty::List(of) => format!("list of {}", self.kind(of)),
            Ty::Record(record) => human(&self.program.records[*record].name),
            Ty::Event(event) => format!("event {}", human(&self.program.events[*event].name)),
            Ty::Poison => "unknown".into(),
        }
    }

    /// `by push, else email`
    pub fn channels(&self, send: &Send) -> String {
        let names: Vec<String> = send.channels.iter().map(|c| human(&self.program.channels[*c].name)).collect();
        format!("by {}", names.join(", else "))
    }

    /// A template on one line, with what is filled in between braces.
    pub fn template(&self, template: &Template) -> String {
        let mut text = String::new();
        for piece in &template.pieces {
            match piece {
                Piece::Text(words) => text.push_str(words),
                Piece::Value(value) => text += &format!("{{{}}}", self.filled(value)),
            }
        }
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// What is filled in, in few words: `first name`, not `profile.first_name otherwise 'friend'`.
    pub fn filled(&self, value: &Expr) -> String {
        match &value.kind {
            ExprKind::Otherwise(first, _) | ExprKind::ToNumber(first) => self.filled(first),
            ExprKind::Profile(field) => human(&self.program.profile[*field].field.name),
            ExprKind::Param(..) | ExprKind::Field(..) => {
                human(self.phrase(value.span).rsplit('.').next().unwrap_or(""))
            }
            _ => self.expr(value),
        }
    }

    /// A field of an event by its name.
    pub fn event_field(&self, event: usize, field: usize) -> &'a str {
        if field == HAPPENED_AT { "happened_at" } else { &self.program.events[event].fields[field].name }
    }

    /// A rule of a policy as a sentence without its full stop.
    pub fn rule(&self, rule: &Rule) -> String {
        let program = self.program;
        let purpose = |purpose: &Option<usize>| {
            purpose.map_or(String::new(), |p| format!("{} ", human(&program.purposes[p].name)))
        };
        let by = |channels: &[usize]| {
            let names: Vec<String> = channels.iter().map(|c| human(&program.channels[*c].name)).collect();
            if names.is_empty() { String::new() } else { format!(" by {}", listed(&names, "and")) }
        };
        let mut text = match &rule.kind {
            RuleKind::Consent { purpose, per_channel } => {
                let how = if *per_channel { ", for each channel apart" } else { "" };
                format!("Messages for {} need consent{how}", human(&program.purposes[*purpose].name))
            }
            RuleKind::Cap { limit: of, purpose: why, channels, over: then } => {
                let plural = if of.count == 1 { "" } else { "s" };
                let (why, by) = (purpose(why), by(channels));
                format!("At most {} {why}message{plural}{by} {}; {}", of.count, window(&of.window), over(*then))
            }
            RuleKind::Gap { gap, purpose: why, channels, over: then } => {
                format!(
                    "At least {} between {}messages{}; {}",
                    length(gap),
                    purpose(why),
                    by(channels),
                    over_early(*then)
                )
            }
            RuleKind::Quiet { from, to, channels, over: then } => {
                let channels = by(channels);
                let (from, to) = (runtime::time(*from), runtime::time(*to));
                format!("Nothing{channels} from {from} to {to}; {}", over_early(*then))
            }
            RuleKind::Deliver { from, to, days, calendar, channels, over: then } => {
                let days = self.day(&DayRule::Week { days: *days, calendar: *calendar });
                let (from, to, channels) = (runtime::time(*from), runtime::time(*to), by(channels));
                format!("Delivered{channels} only from {from} to {to} on any {days}; {}", over_early(*then))
            }
            RuleKind::Annotations { facets, on } => {
                let facet = |f: &Option<usize>| f.map_or("owner".to_string(), |f| human(&program.facets[f].name));
                let facets: Vec<String> = facets.iter().map(facet).collect();
                format!("Every {on} says its {}", listed(&facets, "and"))
            }
            RuleKind::Lasts(most) => format!("A run lasts at most {}", length(most)),
        };
        if !rule.except.is_empty() {
            let except: Vec<String> = rule.except.iter().map(|p| human(&program.purposes[*p].name)).collect();
            text += &format!("; not for {}", listed(&except, "and"));
        }
        text
    }
}

/// `2 per rolling 30 days`
pub fn limit(limit: &Limit) -> String {
    format!("{} {}", limit.count, window(&limit.window))
}

/// `in any 7 days`, `per calendar day`
pub fn window(window: &Window) -> String {
    match window {
        Window::Rolling(span) => format!("in any {}", length(span)),
        Window::Calendar(Period::Day) => "per calendar day".into(),
        Window::Calendar(Period::Week) => "per calendar week".into(),
        Window::Calendar(Period::Month) => "per calendar month".into(),
        Window::Calendar(Period::Year) => "per calendar year".into(),
        Window::Ever => "ever".into(),
    }
}

fn over(over: Over) -> String {
    match over {
        Over::Drop => "what is over is not sent".into(),
        Over::Hold(None) => "what is over waits".into(),
        Over::Hold(Some(most)) => format!("what is over waits up to {} and is then not sent", length(&most)),
    }
}

fn over_early(over: Over) -> String {
    match over {
        Over::Drop => "what comes then is not sent".into(),
        Over::Hold(None) => "what comes then waits".into(),
        Over::Hold(Some(most)) => format!("what comes then waits up to {} and is then not sent", length(&most)),
    }
}

fn in_zone(zone: Option<&str>) -> String {
    zone.map_or(String::new(), |zone| format!(" in {zone}"))
}

/// Bit 0 is Monday.
fn days_of_week(days: u8) -> String {
    const NAMES: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    match days {
        0b001_1111 => "weekday".into(),
        0b111_1111 => "day".into(),
        _ => {
            let named: Vec<&str> =
                NAMES.iter().enumerate().filter(|(day, _)| days >> day & 1 == 1).map(|(_, name)| *name).collect();
            listed(&named, "and")
        }
    }
}
