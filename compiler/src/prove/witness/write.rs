//! Lines of a test, as they are written.

use crate::hir::{Const, Expect, Field, Program, TestKind, TestMoment, Ty};
use journey_runtime::report::words;

/// A test of one customer, laid out by the formatter.
pub fn test(program: &Program, title: &str, who: &str, lines: &[TestKind]) -> String {
    let mut out = format!("test \"{title}\" {{\n");
    for kind in lines {
        let line = line(program, who, kind);
        let indent =
            if matches!(kind, TestKind::Customer { .. } | TestKind::At { .. } | TestKind::Expect(_)) { 2 } else { 4 };
        out.push_str(&format!("{}{line}\n", " ".repeat(indent)));
    }
    out.push_str("}\n");
    journey_grammar::format::format(&out).unwrap_or(out)
}

fn line(program: &Program, who: &str, kind: &TestKind) -> String {
    match kind {
        TestKind::Customer { profile, consents, .. } => {
            let mut all: Vec<String> = fields(program, profile.iter().map(|(f, v)| (&program.profile[*f].field, v)));
            let purposes: Vec<&str> = consents.iter().map(|(p, _)| program.purposes[*p].name.as_str()).collect();
            if !purposes.is_empty() {
                all.push(format!("consents: [{}]", purposes.join(", ")));
            }
            format!("customer {who} {{ {} }}", all.join(", "))
        }
        TestKind::At { date, time, .. } => format!("at {} {}", words::date(*date), words::time(*time)),
        TestKind::Does { event, of, fields: values, .. } => {
            let event = &program.events[*event];
            let of = of.map_or(String::new(), |m| format!(" of {}", program.messages[m].name));
            let values = fields(program, values.iter().map(|(f, v)| (&event.fields[*f], v)));
            format!("{who} does {}{of} {}", event.name, braces(&values))
        }
        TestKind::Everyone { event, fields: values } => {
            let event = &program.events[*event];
            let values = fields(program, values.iter().map(|(f, v)| (&event.fields[*f], v)));
            format!("everyone sees {} {}", event.name, braces(&values))
        }
        TestKind::Becomes { profile, .. } => {
            let values = fields(program, profile.iter().map(|(f, v)| (&program.profile[*f].field, v)));
            format!("{who} becomes {}", braces(&values))
        }
        TestKind::WebhookFails { webhook, .. } => format!("{} fails", program.webhooks[*webhook].name),
        TestKind::WebhookGives { webhook, fields: values } => {
            let webhook = &program.webhooks[*webhook];
            let values = fields(program, values.iter().map(|(f, v)| (&webhook.gives[*f], v)));
            format!("{} gives {}", webhook.name, braces(&values))
        }
        TestKind::Completes { team, text, .. } => {
            format!("{} completes \"{text}\" for {who}", program.teams[*team].name)
        }
        TestKind::Expect(Expect::Receives { message, channel, at, .. }) => {
            let by = channel.map_or(String::new(), |c| format!(" by {}", program.channels[c].name));
            format!("expect {who} receives {}{by}{}", program.messages[*message].name, moment(at))
        }
        TestKind::Expect(Expect::Refused { message, reason, .. }) => {
            format!("expect {who} is refused {} because {reason}", program.messages[*message].name)
        }
        TestKind::Expect(Expect::Enters { journey, at, .. }) => {
            format!("expect {who} enters {}{}", program.journeys[*journey].name, moment(at))
        }
        // A schedule has no other lines.
        _ => String::new(),
    }
}

fn moment(at: &Option<TestMoment>) -> String {
    let at = at.as_ref().and_then(|at| Some((at.date?, at.time)));
    at.map_or(String::new(), |(d, t)| format!(" at {} {}", words::date(d), words::time(t)))
}

fn braces(values: &[String]) -> String {
    if values.is_empty() { "{}".to_string() } else { format!("{{ {} }}", values.join(", ")) }
}

fn fields<'f>(program: &Program, values: impl Iterator<Item = (&'f Field, &'f Const)>) -> Vec<String> {
    values.map(|(field, value)| format!("{}: {}", field.name, constant(program, value, &field.ty.ty))).collect()
}

/// A constant as it is written in a test.
fn constant(program: &Program, value: &Const, ty: &Ty) -> String {
    match (value, ty) {
        (Const::Money(_), Ty::Money(currency)) => format!("{} {currency}", program.const_text(value)),
        (Const::Number(n), Ty::Percent | Ty::Probability) => {
            let share = (n * 1_000_000.0).round() / 10_000.0;
            format!("{share} percent")
        }
        (Const::Moment(ms), _) => {
            let day = 86_400_000;
            format!("{} at {} in \"UTC\"", words::date(ms.div_euclid(day)), words::time(ms.rem_euclid(day)))
        }
        (Const::List(members), Ty::List(of)) => {
            format!("[{}]", members.iter().map(|m| constant(program, m, of)).collect::<Vec<_>>().join(", "))
        }
        _ => program.const_text(value),
    }
}
