//! A journey: its header, and the steps that go with it.

use super::expression::{Reach, Sight, Variable};
use super::random::Random;
use super::steps::Steps;
use super::world::{Field, PLAIN, Ty, World, spelt_plain};
use super::written::{clock, date, span, zone};
use std::fmt::Write;

/// A journey that is handed over to.
#[derive(Debug, Clone)]
pub struct HandOff {
    /// Its name.
    pub name: String,
    /// What it takes.
    pub inputs: Vec<Field>,
}

/// What tells a journey's runs apart.
#[derive(Debug, Clone)]
pub struct Key {
    /// The variable.
    pub alias: String,
    /// Its field.
    pub field: String,
    /// The field's kind.
    pub ty: Ty,
}

/// How a run comes to begin, while it is worked out.
#[derive(Default)]
struct Ways {
    lines: Vec<String>,
    variables: Vec<Variable>,
    /// The one event that starts runs, when there is one, and what it is called.
    single: Option<(usize, String)>,
}

/// The `at`th journey of a program. `from` has handed over to it; `to` it may hand over to.
pub fn journey(
    random: &mut Random,
    world: &mut World,
    at: usize,
    name: &str,
    from: Option<(&str, &HandOff)>,
    to: Option<&HandOff>,
) -> String {
    let plain = random.percent(50);
    let ways = ways_in(random, world, at, from, plain);
    let mut text = String::new();
    if random.percent(30) {
        let _ = writeln!(text, "@campaign {}", random.pick(&["retention.win_back", "growth", "retention"]));
    }
    let _ = write!(text, "journey {name}");
    if let Some((_, hand_off)) = from
        && !hand_off.inputs.is_empty()
    {
        let inputs: Vec<String> = hand_off
            .inputs
            .iter()
            .map(|f| format!("{}: {}{}", f.name, spelt_plain(f.ty), if f.optional { "?" } else { "" }))
            .collect();
        let _ = write!(text, "({})", inputs.join(", "));
    }
    text.push_str(" {\n");
    for line in &ways.lines {
        let _ = writeln!(text, "  trigger {line}");
    }
    let mut variables = ways.variables;
    let mut key = None;
    if let Some((_, alias)) = ways.single.as_ref().filter(|(_, alias)| !alias.is_empty())
        && random.percent(55)
    {
        let fields: Vec<&Field> = variables[0]
            .fields
            .iter()
            .filter(|f| matches!(f.ty, Ty::Text | Ty::Int | Ty::OneOf(_) | Ty::Date) && f.name != "happened_at")
            .collect();
        if !fields.is_empty() {
            let field = *random.pick(&fields);
            let most =
                if random.percent(70) { format!(", at most {} at once", 1 + random.below(4)) } else { String::new() };
            let _ = writeln!(text, "  one run per {alias}.{}{most}", field.name);
            key = Some(Key { alias: alias.clone(), field: field.name.clone(), ty: field.ty });
        }
    }
    let _ = writeln!(text, "  re-entry {}", re_entry(random, key.is_some()));
    let mut updates = String::new();
    if let (Some((event, alias)), false) = (&ways.single, plain)
        && !alias.is_empty()
        && random.percent(30)
    {
        updates = update(random, world, *event, &mut variables[0], key.as_ref());
    }
    let sight = Sight { variables, ..Sight::new(world, Reach::Run) };
    let mut steps = Steps::new(random, world, sight, key, plain, at);
    steps.to = to.cloned();
    if !plain && steps.random.percent(30) {
        let before = steps.sight.clone();
        let condition = steps.sight.condition(steps.random);
        let _ = writeln!(text, "  only if {condition}");
        steps.sight = Sight { asked: before.asked, ..steps.sight };
    }
    if let Some((event, alias)) = &ways.single
        && steps.random.percent(if plain { 25 } else { 35 })
    {
        let line = steps.start_over(*event, alias);
        let _ = writeln!(text, "  start over on {line}");
    }
    text.push_str(&updates);
    text.push_str(&steps.clauses());
    if !plain {
        text.push_str(&outer(steps.random));
    }
    if !plain && steps.random.percent(20) {
        let block = steps.leaving();
        let _ = writeln!(text, "  on leaving {{\n{block}  }}");
    }
    text.push('\n');
    text.push_str(&steps.body());
    text.push_str("}\n\n");
    text
}

fn happened_at() -> Field {
    Field { name: "happened_at".to_string(), ty: Ty::Moment, optional: false }
}

/// A variable that holds an event.
pub fn of_event(world: &World, name: &str, event: usize) -> Variable {
    let mut fields = world.fields_of(event).to_vec();
    fields.push(happened_at());
    Variable { name: name.to_string(), fields, event: Some(event) }
}

fn ways_in(random: &mut Random, world: &mut World, at: usize, from: Option<(&str, &HandOff)>, plain: bool) -> Ways {
    let mut ways = Ways::default();
    if let Some((source, hand_off)) = from {
        ways.lines.push(format!("from {source}"));
        for f in &hand_off.inputs {
            let field = Field { name: String::new(), ..f.clone() };
            ways.variables.push(Variable { name: f.name.clone(), fields: vec![field], event: None });
        }
        return ways;
    }
    // What earlier journeys make may start a later one, so that no circle closes.
    let made = world.made.clone();
    let own: Vec<usize> = (0..world.own)
        .filter(|e| !world.events[*e].everyone)
        .filter(|e| made.iter().position(|m| m == e).is_none_or(|maker| maker < at))
        .collect();
    let event = *random.pick(&own);
    let kind = if plain { 0 } else { random.weighted(&[6, 2, 2, 2, 3, 3]) };
    match kind {
        1 | 2 => {
            let other = *random.pick(&own);
            let sight = Sight::new(world, Reach::Run);
            let both = sight_where(random, &sight, event);
            if kind == 1 && other != event {
                let (a, b) = (world.fields_of(event), world.fields_of(other));
                let mut fields: Vec<Field> = a
                    .iter()
                    .filter_map(|f| {
                        let same = b.iter().find(|g| g.name == f.name && g.ty == f.ty)?;
                        Some(Field { optional: f.optional || same.optional, ..f.clone() })
                    })
                    .collect();
                fields.push(happened_at());
                ways.lines.push(format!("on {} as it{both}", world.events[event].name));
                ways.lines.push(format!("on {} as it", world.events[other].name));
                ways.variables.push(Variable { name: "it".to_string(), fields, event: None });
            } else {
                for (event, alias) in [(event, "one"), (other, "two")] {
                    ways.lines.push(format!("on {} as {alias}", world.events[event].name));
                    let mut variable = of_event(world, alias, event);
                    variable.event = None;
                    variable.fields.iter_mut().for_each(|f| f.optional = true);
                    variable.fields.retain(|f| !matches!(f.ty, Ty::Ints | Ty::Texts | Ty::Items));
                    ways.variables.push(variable);
                    if other == event {
                        // One way in: nothing of it is missing.
                        ways.variables = vec![of_event(world, alias, event)];
                        break;
                    }
                }
            }
        }
        3 => {
            let watched: Vec<String> = world.segments.iter().filter(|s| !s.loose).map(|s| s.name.clone()).collect();
            ways.lines.push(if watched.is_empty() || random.percent(40) {
                let mut sight = Sight::new(world, Reach::Watched);
                format!("when {}", sight.condition(random))
            } else {
                format!("when {} {}", random.pick(&["enters", "leaves"]), random.pick(&watched))
            });
        }
        4 => {
            let inside = if random.percent(30) { format!(" in \"{}\"", zone(random)) } else { String::new() };
            let dates: Vec<String> =
                world.profile.iter().filter(|f| f.ty == Ty::Date).map(|f| f.name.clone()).collect();
            ways.lines.push(if random.percent(35) && !dates.is_empty() {
                format!("on profile.{} at {}{inside}", random.pick(&dates), clock(random))
            } else {
                let of = match world.segments.first() {
                    Some(segment) if random.percent(50) => format!(" for {}", segment.name),
                    _ => String::new(),
                };
                let days = ["monday", "weekday", "sunday", "month on 31", "month on 1", "month on 29", "thursday"];
                format!("every {} at {}{inside}{of}", random.pick(&days), clock(random))
            });
        }
        _ => {
            let alias = if random.percent(80) { "it" } else { "" };
            let sight = Sight::new(world, Reach::Run);
            let condition = if random.percent(45) { sight_where(random, &sight, event) } else { String::new() };
            let called = if alias.is_empty() { String::new() } else { format!(" as {alias}") };
            ways.lines.push(format!("on {}{called}{condition}", world.events[event].name));
            if !alias.is_empty() {
                ways.variables.push(of_event(world, alias, event));
            }
            ways.single = Some((event, alias.to_string()));
        }
    }
    ways
}

fn sight_where(random: &mut Random, sight: &Sight, event: usize) -> String {
    let mut at = sight.at(event);
    at.depth = 1;
    format!(" where {}", at.condition(random))
}

fn re_entry(random: &mut Random, keyed: bool) -> String {
    match random.weighted(&[5, 1, 1, 2, 2]) {
        1 => "never".to_string(),
        2 if keyed => format!("never remember {}", 1 + random.below(4)),
        3 => format!("{} after entry", span(random)),
        4 => format!("{} after exit", span(random)),
        _ => "after finishing".to_string(),
    }
}

fn update(random: &mut Random, world: &World, event: usize, it: &mut Variable, key: Option<&Key>) -> String {
    let fits = |other: usize| {
        let mut replaced = 0;
        for f in world.fields_of(other) {
            match it.fields.iter().find(|own| own.name == f.name) {
                Some(own) if own.ty == f.ty => replaced += 1,
                Some(_) => return false,
                None => {}
            }
        }
        replaced > 0
    };
    let others: Vec<usize> = (0..world.own).filter(|e| *e != event && fits(*e)).collect();
    if others.is_empty() {
        return String::new();
    }
    let other = *random.pick(&others);
    for f in &mut it.fields {
        if let Some(new) = world.fields_of(other).iter().find(|new| new.name == f.name) {
            f.optional |= new.optional;
        }
    }
    it.event = None;
    let scope = scope(random, world, key, other);
    let condition = if random.percent(30) {
        let mut at = Sight::new(world, Reach::Event).at(other);
        at.depth = 3;
        format!(" where {}", at.condition(random))
    } else {
        String::new()
    };
    format!("  update it on {}{scope}{condition}\n", world.events[other].name)
}

/// Whom an event means in a journey with a key.
pub fn scope(random: &mut Random, world: &World, key: Option<&Key>, event: usize) -> String {
    let Some(key) = key else { return String::new() };
    let fields = world.fields_of(event);
    let whom = |any: bool| format!(" for {} {}", if any { "any" } else { "this" }, key.alias);
    match fields.iter().find(|f| f.name == key.field) {
        Some(f) if f.ty == key.ty => whom(random.percent(25)),
        _ => {
            let others: Vec<&Field> = fields.iter().filter(|f| f.ty == key.ty).collect();
            if others.is_empty() || random.percent(60) {
                return String::new();
            }
            format!("{} by {}", whom(false), random.pick(&others).name)
        }
    }
}

/// What the header says of all runs.
fn outer(random: &mut Random) -> String {
    let mut text = String::new();
    if random.percent(30) {
        let _ = writeln!(text, "  priority {}", random.between(0, 3));
    }
    if random.percent(12) {
        let (mut from, mut to) = (date(random), date(random));
        if from > to {
            std::mem::swap(&mut from, &mut to);
        }
        let _ = writeln!(text, "  from {from} to {to}");
    }
    if random.percent(12) {
        let _ = writeln!(text, "  rollout {} percent", random.pick(&["5", "50", "90"]));
    }
    text
}

/// What a journey takes when it is handed over to.
pub fn inputs(random: &mut Random, world: &mut World) -> Vec<Field> {
    (0..random.below(3))
        .map(|_| Field { name: world.name("y"), ty: *random.pick(&PLAIN), optional: random.percent(30) })
        .collect()
}
