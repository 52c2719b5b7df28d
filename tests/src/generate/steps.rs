//! What a run does, step by step; and the clauses of its header that listen as steps do.

use super::expression::{Reach, Sight, Variable};
use super::journey::{HandOff, Key, of_event, scope};
use super::random::Random;
use super::world::{CHANNELS, ENUMS, FACETS, Field, Input, Message, Ty, World};
use super::written::{clock, days, span, zone};
use std::fmt::Write;

/// A send whose receipts can be waited for.
#[derive(Debug, Clone)]
struct Told {
    alias: String,
    channels: Vec<&'static str>,
}

/// Steps in the making.
pub struct Steps<'r, 'w> {
    /// Chance.
    pub random: &'r mut Random,
    world: &'w World,
    /// What is in sight.
    pub sight: Sight<'w>,
    key: Option<Key>,
    /// Only the shapes most journeys are made of.
    plain: bool,
    /// Which journey of the program it is.
    at: usize,
    /// Whom it hands over to; it must, once.
    pub to: Option<HandOff>,
    sends: Vec<Told>,
    looping: bool,
    budget: usize,
    names: usize,
}

/// What a step comes to.
struct Made {
    text: String,
    /// Nothing comes after it.
    ends: bool,
}

fn goes_on(text: String) -> Made {
    Made { text, ends: false }
}

const REPORTS: [(&str, &[&str]); 5] = [
    ("email", &["sent", "delivered", "opened", "clicked", "bounced", "unsubscribed"]),
    ("sms", &["sent", "delivered", "clicked", "bounced"]),
    ("push", &["sent", "delivered", "opened", "clicked", "bounced"]),
    ("post", &["delivered", "opened"]),
    ("board", &["delivered"]),
];

impl<'r, 'w> Steps<'r, 'w> {
    /// Steps of the `at`th journey.
    pub fn new(
        random: &'r mut Random,
        world: &'w World,
        sight: Sight<'w>,
        key: Option<Key>,
        plain: bool,
        at: usize,
    ) -> Steps<'r, 'w> {
        let budget = 3 + random.below(12);
        Steps { random, world, sight, key, plain, at, to: None, sends: Vec::new(), looping: false, budget, names: 0 }
    }

    fn name(&mut self, stem: &str) -> String {
        self.names += 1;
        format!("{stem}{}", self.names)
    }

    // ------------------------------------------------------------------------------------------ the header

    /// `start over on …`
    pub fn start_over(&mut self, event: usize, alias: &str) -> String {
        let this = match &self.key {
            Some(key) => format!(" for {} {}", self.random.pick(&["this", "this", "any"]), key.alias),
            None => String::new(),
        };
        let called = if alias.is_empty() { String::new() } else { format!(" as {alias}") };
        let condition = if self.random.percent(30) { self.condition_at(event) } else { String::new() };
        format!("{}{this}{called}{condition}", self.world.events[event].name)
    }

    fn condition_at(&mut self, event: usize) -> String {
        let mut at = self.sight.at(event);
        at.depth = 2;
        format!(" where {}", at.condition(self.random))
    }

    /// An event that a run listens for, without an alias; and which.
    fn listens(&mut self) -> (String, usize) {
        let event = self.random.below(self.world.events.len());
        let whom = scope(self.random, self.world, self.key.as_ref(), event);
        let condition = if self.random.percent(30) { self.condition_at(event) } else { String::new() };
        (format!("{}{whom}{condition}", self.world.events[event].name), event)
    }

    /// A condition that is watched while a run lives.
    fn watched(&mut self) -> String {
        let mut sight = Sight::new(self.world, Reach::Watched);
        sight.depth = 1;
        sight.condition(self.random)
    }

    /// Goals, exits, pauses and what holds meanwhile.
    pub fn clauses(&mut self) -> String {
        let mut text = String::new();
        let chance = if self.plain { 50 } else { 40 };
        for _ in 0..2 {
            if self.random.percent(chance / 2 + 5) {
                let (event, _) = self.listens();
                let within = if self.random.percent(60) {
                    format!(" within {} of entry", span(self.random))
                } else {
                    String::new()
                };
                let go_on = if self.random.percent(20) { " continue" } else { "" };
                let _ = writeln!(text, "  goal on {event}{within}{go_on}");
            }
        }
        for _ in 0..2 {
            text.push_str(&self.staying(chance / 2, "  "));
        }
        text
    }

    /// `exit`, `pause`, `meanwhile`: of the header or a stage.
    fn staying(&mut self, chance: u64, indent: &str) -> String {
        let mut text = String::new();
        if self.random.percent(chance) {
            let good = if self.random.percent(15) { " for good" } else { "" };
            if self.plain || self.random.percent(65) {
                let (event, _) = self.listens();
                let _ = writeln!(text, "{indent}exit{good} on {event}");
            } else {
                let condition = self.watched();
                let _ = writeln!(text, "{indent}exit{good} when {condition}");
            }
        }
        if self.plain {
            return text;
        }
        if self.random.percent(chance / 2) {
            let then = *self.random.pick(&["exit", "go on"]);
            let most = span(self.random);
            if self.random.percent(50) {
                let condition = self.watched();
                let _ = writeln!(text, "{indent}pause while {condition}, at most {most}, then {then}");
            } else {
                let (on, event) = self.listens();
                let (until, other) = self.listens();
                // The same event would begin and end it.
                if event != other {
                    let _ = writeln!(text, "{indent}pause on {on} until {until}, at most {most}, then {then}");
                }
            }
        }
        if self.random.percent(chance / 3) {
            let purpose = *self.random.pick(&self.world.purposes);
            let _ = writeln!(text, "{indent}meanwhile {} {purpose}", self.random.pick(&["hold", "drop"]));
        }
        text
    }

    /// Steps of `on leaving`.
    pub fn leaving(&mut self) -> String {
        let before = self.sight.variables.clone();
        let mut text = String::new();
        for _ in 0..1 + self.random.below(2) {
            let step = match self.random.weighted(&[4, 2, 2]) {
                0 => self.set(),
                1 => self.emit(),
                _ => "task for care \"They left\"".to_string(),
            };
            let _ = writeln!(text, "    {step}");
        }
        self.sight.variables = before;
        text
    }

    // ------------------------------------------------------------------------------------------ blocks

    /// All steps of the journey.
    pub fn body(&mut self) -> String {
        let mut text = String::new();
        let hands_off = self.to.is_some();
        let Made { text: steps, ends } = self.block(1, 6, !hands_off);
        text.push_str(&steps);
        if let (Some(to), false) = (self.to.clone(), ends) {
            let step = self.go_to(&to);
            if self.random.percent(50) {
                let _ = writeln!(text, "  {step}");
            } else {
                let condition = self.sight.condition(self.random);
                let _ = writeln!(text, "  if {condition} {{ {step} }}");
            }
        }
        text
    }

    /// A block inside another, with braces; names given in it are not known after it.
    fn braced(&mut self, level: usize, most: usize, may_end: bool) -> Made {
        let (variables, sends) = (self.sight.variables.clone(), self.sends.clone());
        let asked = self.sight.asked.clone();
        let made = if self.budget == 0 || level > 5 {
            Made { text: String::new(), ends: false }
        } else {
            self.block(level, most, may_end)
        };
        self.sight.variables = variables;
        self.sends = sends;
        self.sight.asked = asked;
        let indent = "  ".repeat(level.saturating_sub(1));
        let text = if made.text.is_empty() { "{}".to_string() } else { format!("{{\n{}{indent}}}", made.text) };
        Made { text, ends: made.ends }
    }

    fn block(&mut self, level: usize, most: usize, may_end: bool) -> Made {
        let mut text = String::new();
        let indent = "  ".repeat(level);
        for _ in 0..1 + self.random.below(most) {
            if self.budget == 0 && !text.is_empty() {
                break;
            }
            self.budget = self.budget.saturating_sub(1);
            let step = self.step(level, may_end);
            let tag =
                if self.random.percent(4) { format!("{indent}@campaign growth.welcome\n") } else { String::new() };
            let _ = writeln!(text, "{tag}{indent}{}", step.text);
            if step.ends {
                return Made { text, ends: true };
            }
        }
        Made { text, ends: false }
    }

    fn step(&mut self, level: usize, may_end: bool) -> Made {
        let odd = u32::from(!self.plain);
        let end = u32::from(may_end && level > 1);
        let kinds = [
            10,                                                   // 0 wait
            10,                                                   // 1 send
            4,                                                    // 2 if
            3 + odd,                                              // 3 wait up to
            2 * odd,                                              // 4 wait until
            2 * odd,                                              // 5 branch on
            odd,                                                  // 6 branch
            1 + odd,                                              // 7 experiment
            2 * odd * u32::from(!self.world.offers.is_empty()),   // 8 next best action
            2 * odd,                                              // 9 set
            odd,                                                  // 10 emit
            2 * odd * u32::from(!self.world.webhooks.is_empty()), // 11 call
            odd,                                                  // 12 task
            odd * u32::from(!self.looping && level < 4),          // 13 repeat
            odd,                                                  // 14 collect
            odd,                                                  // 15 stage
            2 * end,                                              // 16 finish
            2 * end * u32::from(self.looping),                    // 17 stop repeating
        ];
        match self.random.weighted(&kinds) {
            0 => goes_on(self.wait()),
            1 => self.send(level),
            2 => self.choice(level, may_end),
            3 => self.wait_up_to(level, may_end),
            4 => self.wait_until(level, may_end),
            5 => self.branch_on(level, may_end),
            6 => self.branch(level, may_end),
            7 => self.experiment(level, may_end),
            8 => self.next_best(level, may_end),
            9 => goes_on(self.set()),
            10 => goes_on(self.emit()),
            11 => self.call(level, may_end),
            12 => self.task(level, may_end),
            13 => self.repeat(level),
            14 => self.collect(level),
            15 => self.stage(level, may_end),
            16 if self.random.percent(50) => Made { text: "finish".to_string(), ends: true },
            16 => {
                let label = *self.random.pick(&["done", "too late", "für immer"]);
                Made { text: format!("finish as \"{label}\""), ends: true }
            }
            _ => Made { text: "stop repeating".to_string(), ends: true },
        }
    }

    // ------------------------------------------------------------------------------------------ steps

    fn wait(&mut self) -> String {
        self.sight.forget();
        if self.plain || self.random.percent(80) {
            return format!("wait {}", span(self.random));
        }
        match self.random.below(3) {
            0 => format!("wait until {}", clock(self.random)),
            1 => {
                let day = *self.random.pick(&["monday", "weekday", "sunday", "day"]);
                let inside =
                    if self.random.percent(30) { format!(" in \"{}\"", zone(self.random)) } else { String::new() };
                format!("wait until {day} at {}{inside}", clock(self.random))
            }
            _ => format!("wait until now + {}", span(self.random)),
        }
    }

    /// A moment that may be past.
    fn moment(&mut self) -> String {
        let mut moments = Vec::new();
        for v in &self.sight.variables {
            for f in v.fields.iter().filter(|f| matches!(f.ty, Ty::Moment | Ty::Date)) {
                let path = if f.name.is_empty() { v.name.clone() } else { format!("{}.{}", v.name, f.name) };
                moments.push((path, f.ty, f.optional));
            }
        }
        for f in self.world.profile.iter().filter(|f| matches!(f.ty, Ty::Moment | Ty::Date)) {
            moments.push((format!("profile.{}", f.name), f.ty, f.optional));
        }
        let Some((path, ty, optional)) = moments.get(self.random.below(moments.len())).cloned() else {
            return "2025-10-26 at 02:30".to_string();
        };
        let stand_in = super::written::constant(self.random, ty);
        let path = if optional { format!("({path} otherwise {stand_in})") } else { path };
        let sign = *self.random.pick(&["+", "-"]);
        let inside = if self.random.percent(30) { format!(" in \"{}\"", zone(self.random)) } else { String::new() };
        match (ty, self.random.below(3)) {
            (Ty::Moment, 0) => path,
            (Ty::Moment, 1) => format!("{path} {sign} {}", span(self.random)),
            _ => format!("{path} {sign} {} at {}{inside}", days(self.random), clock(self.random)),
        }
    }

    fn wait_until(&mut self, level: usize, may_end: bool) -> Made {
        let moment = self.moment();
        self.sight.forget();
        match self.random.below(4) {
            0 => goes_on(format!("wait until {moment} else continue")),
            1 => goes_on(format!("wait until {moment} else finish as \"past\"")),
            2 => {
                let past = self.braced(level + 1, 2, may_end);
                goes_on(format!("wait until {moment} else {}", past.text))
            }
            _ => {
                let then = self.braced(level + 1, 2, may_end);
                let past = self.braced(level + 1, 2, may_end);
                Made {
                    text: format!("wait until {moment} {} else {}", then.text, past.text),
                    ends: then.ends && past.ends,
                }
            }
        }
    }

    fn wait_up_to(&mut self, level: usize, may_end: bool) -> Made {
        let limit = if !self.plain && self.random.percent(20) { self.moment() } else { span(self.random) };
        self.sight.forget();
        let indent = "  ".repeat(level);
        let mut text = format!("wait up to {limit} {{\n");
        let mut ends = true;
        let mut taken: Vec<usize> = Vec::new();
        for _ in 0..1 + self.random.below(2) {
            let variables = self.sight.variables.len();
            let on = match self.random.weighted(&[
                6,
                if self.sends.is_empty() { 0 } else { 5 },
                if self.plain { 0 } else { 3 },
            ]) {
                0 => {
                    let (mut listens, event) = self.listens();
                    if taken.contains(&event) {
                        continue;
                    }
                    taken.push(event);
                    if self.random.percent(40) {
                        let alias = self.name("v");
                        // The alias stands before the `where`.
                        listens = match listens.split_once(" where ") {
                            Some((before, after)) => format!("{before} as {alias} where {after}"),
                            None => format!("{listens} as {alias}"),
                        };
                        let variable = of_event(self.world, &alias, event);
                        self.sight.variables.push(variable);
                    }
                    format!("on {listens}")
                }
                1 => {
                    let told = self.random.pick(&self.sends).clone();
                    let channel = *self.random.pick(&told.channels);
                    let receipts = REPORTS.iter().find(|(c, _)| *c == channel).map_or(&[][..], |(_, r)| r);
                    format!("on message_{} of {}", self.random.pick(receipts), told.alias)
                }
                _ => {
                    let condition = self.watched();
                    format!("when {condition}{}", self.random.pick(&["", " becomes true"]))
                }
            };
            let body = self.braced(level + 2, 3, may_end);
            ends &= body.ends;
            self.sight.variables.truncate(variables);
            let _ = writeln!(text, "{indent}  {on} {}", body.text);
        }
        let otherwise = self.braced(level + 2, 2, may_end);
        ends &= otherwise.ends;
        let _ = write!(text, "{indent}  else {}\n{indent}}}", otherwise.text);
        Made { text, ends }
    }

    fn choice(&mut self, level: usize, may_end: bool) -> Made {
        let condition = self.sight.condition(self.random);
        let then = self.braced(level + 1, 3, may_end);
        let mut text = format!("if {condition} {}", then.text);
        let mut ends = false;
        match self.random.below(4) {
            0 => {
                let otherwise = self.braced(level + 1, 2, may_end);
                let _ = write!(text, " else {}", otherwise.text);
                ends = then.ends && otherwise.ends;
            }
            1 => {
                let condition = self.sight.condition(self.random);
                let other = self.braced(level + 1, 2, may_end);
                let last = self.braced(level + 1, 2, may_end);
                let _ = write!(text, " else if {condition} {} else {}", other.text, last.text);
                ends = then.ends && other.ends && last.ends;
            }
            _ => {}
        }
        Made { text, ends }
    }

    fn branch(&mut self, level: usize, may_end: bool) -> Made {
        let indent = "  ".repeat(level);
        let mut text = "branch {\n".to_string();
        let mut ends = true;
        for _ in 0..2 {
            let condition = self.sight.condition(self.random);
            let body = self.braced(level + 2, 2, may_end);
            ends &= body.ends;
            let _ = writeln!(text, "{indent}  when {condition} {}", body.text);
        }
        let otherwise = self.braced(level + 2, 2, may_end);
        ends &= otherwise.ends;
        let _ = write!(text, "{indent}  else {}\n{indent}}}", otherwise.text);
        Made { text, ends }
    }

    fn branch_on(&mut self, level: usize, may_end: bool) -> Made {
        let mut places = Vec::new();
        let wanted = |f: &Field| !f.optional && matches!(f.ty, Ty::OneOf(_) | Ty::Bool | Ty::Facet(_));
        places.extend(self.world.profile.iter().filter(|f| wanted(f)).map(|f| (format!("profile.{}", f.name), f.ty)));
        for v in &self.sight.variables {
            places.extend(
                v.fields
                    .iter()
                    .filter(|f| wanted(f) && !f.name.is_empty())
                    .map(|f| (format!("{}.{}", v.name, f.name), f.ty)),
            );
        }
        places.retain(|(path, _)| !self.sight.asked.contains(path));
        let Some((path, ty)) = places.get(self.random.below(places.len())).cloned() else {
            return goes_on(self.wait());
        };
        self.sight.asked.push(path.clone());
        let indent = "  ".repeat(level);
        let mut text = format!("branch on {path} {{\n");
        let cases: Vec<String> = match ty {
            Ty::Bool => vec!["true".to_string(), "false".to_string()],
            Ty::OneOf(e) => ENUMS[e].iter().map(|v| v.to_string()).collect(),
            Ty::Facet(f) => FACETS[f].1.iter().filter(|p| !p.contains('.')).map(|p| p.to_string()).collect(),
            _ => Vec::new(),
        };
        let all = self.random.percent(50);
        let told = if all { cases.len() } else { 1 + self.random.below(cases.len() - 1) };
        let mut ends = true;
        let mut rest = &cases[..told];
        while !rest.is_empty() {
            let n = if rest.len() > 1 && self.random.percent(25) { 2 } else { 1 };
            let body = self.braced(level + 2, 2, may_end);
            ends &= body.ends;
            let _ = writeln!(text, "{indent}  {} {}", rest[..n].join(", "), body.text);
            rest = &rest[n..];
        }
        if !all {
            let otherwise = self.braced(level + 2, 2, may_end);
            ends &= otherwise.ends;
            let _ = writeln!(text, "{indent}  else {}", otherwise.text);
        }
        let _ = write!(text, "{indent}}}");
        Made { text, ends }
    }

    fn experiment(&mut self, level: usize, may_end: bool) -> Made {
        let indent = "  ".repeat(level);
        let mut text = format!("experiment {} {{\n", self.name("test"));
        let shares: &[u32] = if self.random.percent(50) { &[50, 50] } else { &[10, 65, 25] };
        let held = self.random.percent(50);
        let mut ends = true;
        for (i, share) in shares.iter().enumerate() {
            if held && i + 1 == shares.len() {
                ends = false;
                let _ = writeln!(text, "{indent}  holdout {share} percent");
            } else {
                let body = self.braced(level + 2, 2, may_end);
                ends &= body.ends;
                let _ = writeln!(text, "{indent}  variant a{i} {share} percent {}", body.text);
            }
        }
        let _ = write!(text, "{indent}}}");
        Made { text, ends }
    }

    fn next_best(&mut self, level: usize, may_end: bool) -> Made {
        let indent = "  ".repeat(level);
        let from = match self.random.below(3) {
            0 => "from offers".to_string(),
            _ => {
                let first = self.random.below(self.world.offers.len());
                format!("from offers {}", self.world.offers[first..].join(", "))
            }
        };
        let rank = *self.random.pick(&["propensity * value", "value", "propensity"]);
        let otherwise = self.braced(level + 2, 2, may_end);
        self.sight.forget();
        goes_on(format!(
            "next best action {{\n{indent}  {from}\n{indent}  rank by {rank}\n{indent}  else {}\n{indent}}}",
            otherwise.text
        ))
    }

    /// What a call, a send or an event is given, or none when something it needs is not there.
    fn inputs(&mut self, message: &Message) -> Option<String> {
        let mut given = Vec::new();
        for input in &message.inputs {
            given.push(match input {
                Input::Value(f) => format!("{}: {}", f.name, self.sight.given(self.random, f)),
                Input::Whole(name, event) => {
                    let whole = self.sight.variables.iter().find(|v| v.event == Some(*event))?;
                    format!("{name}: {}", whole.name)
                }
            });
        }
        Some(if given.is_empty() { String::new() } else { format!("({})", given.join(", ")) })
    }

    /// A send without what is done in its outcomes; the message's channels are tried in some order.
    fn plain_send(&mut self) -> (String, Vec<&'static str>) {
        let mut at = self.random.below(self.world.messages.len());
        let mut inputs = None;
        for _ in 0..self.world.messages.len() {
            inputs = self.inputs(&self.world.messages[at]);
            if inputs.is_some() {
                break;
            }
            at = (at + 1) % self.world.messages.len();
        }
        let Some(inputs) = inputs else {
            return (format!("wait {}", span(self.random)), Vec::new());
        };
        let message = &self.world.messages[at];
        let mut channels: Vec<&'static str> = CHANNELS.into_iter().filter(|c| message.channels.contains(c)).collect();
        let first = self.random.below(channels.len());
        channels.rotate_left(first);
        channels.truncate(1 + self.random.below(3));
        (format!("send {}{inputs} by {}", message.name, channels.join(", else ")), channels)
    }

    fn send(&mut self, level: usize) -> Made {
        let (mut text, channels) = self.plain_send();
        self.sight.forget();
        if channels.is_empty() {
            return goes_on(text);
        }
        let named = self.random.percent(45).then(|| self.name("mail"));
        if let Some(alias) = &named {
            let _ = write!(text, " as {alias}");
        }
        if !self.plain && self.random.percent(25) {
            let sent = self.braced(level + 2, 2, true);
            let otherwise = self.braced(level + 2, 2, true);
            let indent = "  ".repeat(level);
            let _ = write!(text, " {{\n{indent}  sent {}\n{indent}  else {}\n{indent}}}", sent.text, otherwise.text);
            if sent.ends && otherwise.ends {
                return Made { text, ends: true };
            }
        }
        if let Some(alias) = named {
            let field = |name: &str, ty, optional| Field { name: name.to_string(), ty, optional };
            let fields = vec![
                field("due", Ty::Moment, false),
                field("sent_at", Ty::Moment, true),
                field("channel", Ty::Text, true),
            ];
            self.sight.variables.push(Variable { name: alias.clone(), fields, event: None });
            self.sends.push(Told { alias, channels });
        }
        goes_on(text)
    }

    fn set(&mut self) -> String {
        if self.random.percent(8) {
            return format!("set profile.time_zone = \"{}\"", zone(self.random));
        }
        let fields: Vec<Field> = self.world.profile.iter().filter(|f| f.name != "time_zone").cloned().collect();
        let field = self.random.pick(&fields).clone();
        if field.optional && self.random.percent(15) {
            return format!("set profile.{} = missing", field.name);
        }
        let value = self.sight.given(self.random, &field);
        self.sight.asked.push(format!("profile.{}", field.name));
        format!("set profile.{} = {value}", field.name)
    }

    fn emit(&mut self) -> String {
        if self.random.percent(8) {
            // One of the purposes does not exist: that is bad input, wherever it comes from.
            let event = *self.random.pick(&["consent_granted", "consent_withdrawn"]);
            let purpose = *self.random.pick(&["marketing", "service", "nothing"]);
            let channel = *self.random.pick(&["", ", channel: \"email\"", ", channel: \"sms\""]);
            return format!("emit {event} {{ purpose: \"{purpose}\"{channel} }}");
        }
        let event = &self.world.events[self.world.made[self.at]];
        let mut given = Vec::new();
        for f in &event.fields {
            if f.optional && self.random.percent(30) {
                continue;
            }
            let value = match f.ty {
                Ty::Ints | Ty::Texts | Ty::Items => super::written::constant(self.random, f.ty),
                _ => self.sight.given(self.random, f),
            };
            given.push(format!("{}: {value}", f.name));
        }
        format!("emit {} {{ {} }}", event.name, given.join(", "))
    }

    fn call(&mut self, level: usize, may_end: bool) -> Made {
        let webhook = self.random.pick(&self.world.webhooks).clone();
        let given: Vec<String> =
            webhook.inputs.iter().map(|f| format!("{}: {}", f.name, self.sight.given(self.random, f))).collect();
        let alias = self.name("answer");
        self.sight.forget();
        let variables = self.sight.variables.len();
        self.sight.variables.push(Variable { name: alias.clone(), fields: webhook.gives.clone(), event: None });
        let then = self.braced(level + 1, 3, may_end);
        self.sight.variables.truncate(variables);
        let otherwise = self.braced(level + 1, 2, may_end);
        Made {
            text: format!(
                "call {}({}) as {alias} {} else {}",
                webhook.name,
                given.join(", "),
                then.text,
                otherwise.text
            ),
            ends: then.ends && otherwise.ends,
        }
    }

    fn task(&mut self, level: usize, may_end: bool) -> Made {
        let team = *self.random.pick(&["sales", "care"]);
        let due = span(self.random);
        match self.random.below(3) {
            0 => goes_on(format!("task for {team} \"Call them\"")),
            1 => goes_on(format!("task for {team} \"Call them\" due in {due}")),
            _ => {
                self.sight.forget();
                let indent = "  ".repeat(level);
                let done = self.braced(level + 2, 2, may_end);
                let otherwise = self.braced(level + 2, 2, may_end);
                Made {
                    text: format!(
                        "task for {team} \"Visit\" due in {due} {{\n{indent}  done {}\n{indent}  else {}\n{indent}}}",
                        done.text, otherwise.text
                    ),
                    ends: done.ends && otherwise.ends,
                }
            }
        }
    }

    fn repeat(&mut self, level: usize) -> Made {
        let indent = "  ".repeat(level);
        let times = 1 + self.random.below(4);
        self.looping = true;
        self.sight.forget();
        let wait = format!("wait {}", span(self.random));
        let (variables, sends) = (self.sight.variables.clone(), self.sends.clone());
        // The last step of a round goes on, so that there are further ones.
        let body = self.block(level + 1, 3, true);
        self.looping = false;
        self.sight.variables = variables;
        self.sends = sends;
        self.sight.forget();
        if body.ends {
            return goes_on(wait);
        }
        goes_on(format!("repeat up to {times} times {{\n{indent}  {wait}\n{}{indent}}}", body.text))
    }

    fn collect(&mut self, level: usize) -> Made {
        let world = self.world;
        let fitting: Vec<usize> = (0..world.own).filter(|e| !world.fields_of(*e).is_empty()).collect();
        let Some(event) = fitting.get(self.random.below(fitting.len())).copied() else { return goes_on(self.wait()) };
        let whom = scope(self.random, world, self.key.as_ref(), event);
        let alias = self.name("all");
        let text = format!(
            "collect {}{whom} as {alias} for {}, at most {}",
            world.events[event].name,
            span(self.random),
            1 + self.random.below(4)
        );
        self.sight.forget();
        let indent = "  ".repeat(level);
        let then = self.braced(level + 1, 2, false);
        let money = world.fields_of(event).iter().find(|f| f.ty == Ty::Money && !f.optional);
        let condition = match (money, self.random.below(3)) {
            (Some(f), 0) => format!("sum({alias}.{}) >= 10 EUR", f.name),
            (_, 1) => {
                let mut inside = Sight::new(world, Reach::Event).at(event);
                inside.bare.retain(|f| !matches!(f.ty, Ty::Ints | Ty::Texts | Ty::Items));
                inside.depth = 3;
                format!("any({alias} where {})", inside.condition(self.random))
            }
            _ => format!("count({alias}) >= {}", 1 + self.random.below(3)),
        };
        goes_on(format!("{text}\n{indent}if {condition} {}", then.text))
    }

    fn stage(&mut self, level: usize, may_end: bool) -> Made {
        let name = self.name("part");
        let indent = "  ".repeat(level);
        let mut clauses = String::new();
        for _ in 0..2 {
            clauses.push_str(&self.staying(40, &format!("{indent}  ")));
        }
        let wait = self.wait();
        let body = self.block(level + 1, 3, may_end);
        Made { text: format!("stage {name} {{\n{clauses}{indent}  {wait}\n{}{indent}}}", body.text), ends: body.ends }
    }

    fn go_to(&mut self, to: &HandOff) -> String {
        let given: Vec<String> =
            to.inputs.iter().map(|f| format!("{}: {}", f.name, self.sight.given(self.random, f))).collect();
        format!("go to {}({})", to.name, given.join(", "))
    }

    /// What an offer does: a send, and something behind it.
    pub fn deed(&mut self) -> Option<String> {
        let (send, channels) = self.plain_send();
        if channels.is_empty() {
            return None;
        }
        let more = match self.random.below(4) {
            0 => format!("\n    {}", self.set()),
            1 => format!("\n    wait {}\n    {}", span(self.random), self.set()),
            _ => String::new(),
        };
        Some(format!("    {send}{more}"))
    }
}
