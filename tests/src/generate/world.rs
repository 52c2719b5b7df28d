//! What a generated program declares: data, people, content and rules.

use super::random::Random;
use super::written::{self, amount, span};
use std::fmt::Write;

/// The `one of` types there are; a name in several of them is told apart by the kind that is wanted.
pub const ENUMS: [&[&str]; 3] =
    [&["bronze", "silver", "gold"], &["web", "app"], &["low", "mid", "high", "gold", "urgent"]];

/// The taxonomies: name, and paths with children after their parents.
pub const FACETS: [(&str, &[&str]); 2] = [
    ("campaign", &["retention", "retention.win_back", "retention.cart", "growth", "growth.welcome", "service"]),
    ("product", &["apparel", "apparel.shoes", "apparel.coats", "plan"]),
];

/// A kind of value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ty {
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `number`
    Number,
    /// `percent`
    Percent,
    /// `probability`
    Probability,
    /// `money`, in the project's currency.
    Money,
    /// `money USD`
    Dollars,
    /// `text`
    Text,
    /// `duration`
    Duration,
    /// `date`
    Date,
    /// `time`
    Time,
    /// `moment`
    Moment,
    /// `zone`
    Zone,
    /// Of [`ENUMS`].
    OneOf(usize),
    /// Of [`FACETS`].
    Facet(usize),
    /// `list of int`
    Ints,
    /// `list of text`
    Texts,
    /// `list of item`
    Items,
}

/// The kinds that are one value.
pub const PLAIN: [Ty; 18] = [
    Ty::Bool,
    Ty::Int,
    Ty::Int,
    Ty::Number,
    Ty::Percent,
    Ty::Probability,
    Ty::Money,
    Ty::Dollars,
    Ty::Text,
    Ty::Text,
    Ty::Duration,
    Ty::Date,
    Ty::Time,
    Ty::Moment,
    Ty::OneOf(0),
    Ty::OneOf(1),
    Ty::OneOf(2),
    Ty::Facet(0),
];

/// A field of an event, the profile, a record or an answer.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub ty: Ty,
    /// May it be missing.
    pub optional: bool,
}

/// An event of the program's own, or of a pack.
#[derive(Debug, Clone)]
pub struct Event {
    /// Its name.
    pub name: String,
    /// Its fields.
    pub fields: Vec<Field>,
    /// About no one customer.
    pub everyone: bool,
}

/// What a message takes.
#[derive(Debug, Clone)]
pub enum Input {
    /// A value.
    Value(Field),
    /// An event as a whole (index into [`World::events`]).
    Whole(String, usize),
}

/// A message.
#[derive(Debug, Clone)]
pub struct Message {
    /// Its name.
    pub name: String,
    /// What it takes.
    pub inputs: Vec<Input>,
    /// The channels it has words for.
    pub channels: Vec<&'static str>,
}

/// An outside call.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// Its name.
    pub name: String,
    /// What it takes.
    pub inputs: Vec<Field>,
    /// What it answers.
    pub gives: Vec<Field>,
}

/// A named condition.
#[derive(Debug, Clone)]
pub struct Segment {
    /// Its name.
    pub name: String,
    /// It asks the clock loosely, and cannot be watched.
    pub loose: bool,
}

/// All that is declared beside journeys.
#[derive(Debug, Clone, Default)]
pub struct World {
    /// Of the profile.
    pub profile: Vec<Field>,
    /// Events: first the program's own.
    pub events: Vec<Event>,
    /// How many of the events are the program's own.
    pub own: usize,
    /// The events that journeys make: journey `i` may make `made_i`.
    pub made: Vec<usize>,
    /// Fields of the record `item`.
    pub item: Vec<Field>,
    /// Named conditions.
    pub segments: Vec<Segment>,
    /// Why one writes.
    pub purposes: Vec<&'static str>,
    /// What is written.
    pub messages: Vec<Message>,
    /// Names of offers.
    pub offers: Vec<String>,
    /// Outside calls.
    pub webhooks: Vec<Webhook>,
    /// Conditions ask what was asked before, where they can.
    pub again: bool,
    /// Names given so far, for new ones.
    pub names: usize,
    /// The declarations so far, as they are written.
    pub text: String,
}

/// Ways to reach people that every program has: the standard library's, and two of its own.
pub const CHANNELS: [&str; 5] = ["email", "sms", "push", "post", "board"];

impl World {
    /// A name that stands nowhere else.
    pub fn name(&mut self, stem: &str) -> String {
        self.names += 1;
        format!("{stem}_{}", self.names)
    }

    /// The data, and all that needs no expression of journeys. `journeys` is how many there will be.
    pub fn new(random: &mut Random, journeys: usize) -> World {
        let mut world = World::default();
        let mut text = String::from("use std.messaging\nuse std.service\n\n");
        for (facet, paths) in FACETS {
            taxonomy(&mut text, facet, paths);
        }
        text.push_str("team sales \"sales@example.com\"\nteam care \"care@example.com\"\n\n");
        world.data(random, journeys, &mut text);
        world.purposes(random, &mut text);
        world.messages(random, &mut text);
        world.webhooks(random, &mut text);
        world.policies(random, &mut text);
        world.text = text;
        world
    }

    fn field(&mut self, random: &mut Random, stem: &str, ty: Ty, optional: bool, default: bool) -> (Field, String) {
        let name = self.name(stem);
        let optional = optional && !matches!(ty, Ty::Ints | Ty::Texts | Ty::Items);
        let plain = default || stem == "made";
        let mut line = format!("  {name}: {}", if plain { spelt_plain(ty) } else { spelt(random, ty) });
        if optional {
            line.push('?');
        }
        if random.percent(15) && !default {
            let _ = write!(line, " from \"data.{name}\"");
        }
        if default && !optional {
            let _ = write!(line, " = {}", written::constant(random, ty));
        }
        line.push('\n');
        (Field { name, ty, optional }, line)
    }

    fn data(&mut self, random: &mut Random, journeys: usize, text: &mut String) {
        text.push_str("record item {\n");
        for ty in [Ty::Text, Ty::Int, Ty::Money] {
            let optional = ty != Ty::Int && random.percent(30);
            let name = self.name("i");
            let _ = writeln!(text, "  {name}: {}{}", spelt_plain(ty), if optional { "?" } else { "" });
            self.item.push(Field { name, ty, optional });
        }
        text.push_str("}\n\n");
        let events = 3 + random.below(4);
        for _ in 0..events {
            self.event(random, text, "e", false);
        }
        if random.percent(50) {
            self.event(random, text, "all", true);
        }
        for _ in 0..journeys {
            self.made.push(self.events.len());
            self.event(random, text, "made", false);
        }
        self.own = self.events.len();
        for (name, everyone) in [("ticket_opened", false), ("ticket_closed", false)] {
            let field = |name: &str, optional| Field { name: name.to_string(), ty: Ty::Text, optional };
            let fields = vec![field("ticket_id", false)];
            self.events.push(Event { name: name.to_string(), fields, everyone });
        }
        text.push_str("profile {\n");
        for name in ["email", "phone", "push_token", "locale"] {
            self.profile.push(Field { name: name.to_string(), ty: Ty::Text, optional: true });
        }
        self.profile.push(Field { name: "time_zone".to_string(), ty: Ty::Zone, optional: true });
        for i in 0..5 + random.below(6) {
            let ty = match i {
                0 => Ty::Int,
                1 => Ty::OneOf(0),
                2 => Ty::Date,
                _ => *random.pick(&PLAIN),
            };
            let optional = random.percent(35);
            let (field, line) = self.field(random, "p", ty, optional, true);
            text.push_str(&line);
            self.profile.push(field);
        }
        text.push_str("}\n\n");
    }

    fn event(&mut self, random: &mut Random, text: &mut String, stem: &str, everyone: bool) {
        let name = self.name(stem);
        let wire = if random.percent(40) { format!(" \"Wire {name}\"") } else { String::new() };
        let _ = writeln!(text, "event {name}{wire}{} {{", if everyone { " for everyone" } else { "" });
        let mut fields = Vec::new();
        // Names that several events share: for keys, and for `update`.
        for (shared, ty, chance) in
            [("cart_id", Ty::Text, 60), ("number", Ty::Int, 25), ("begins", Ty::Moment, 35), ("total", Ty::Money, 40)]
        {
            if random.percent(chance) {
                let optional = random.percent(25);
                let _ = writeln!(text, "  {shared}: {}{}", spelt_plain(ty), if optional { "?" } else { "" });
                fields.push(Field { name: shared.to_string(), ty, optional });
            }
        }
        for _ in 0..random.below(4) {
            let ty = if random.percent(15) {
                *random.pick(&[Ty::Ints, Ty::Texts, Ty::Items])
            } else if random.percent(5) {
                Ty::Zone
            } else {
                *random.pick(&PLAIN)
            };
            let (optional, default) = (random.percent(30), ty != Ty::Zone && random.percent(20));
            let (field, line) = self.field(random, if stem == "made" { "made" } else { "f" }, ty, optional, default);
            text.push_str(&line);
            fields.push(field);
        }
        text.push_str("}\n\n");
        self.events.push(Event { name, fields, everyone });
    }

    fn purposes(&mut self, random: &mut Random, text: &mut String) {
        self.purposes = vec!["marketing", "service"];
        text.push_str("purpose marketing \"News\"\npurpose service \"Service\" needs no consent\n");
        let mut consent = String::from("  require consent for marketing, per channel\n");
        if random.percent(40) {
            self.purposes.push("research");
            text.push_str("purpose research \"Questions\"\n");
            consent.push_str("  require consent for research\n");
        }
        let _ = write!(text, "\npolicy consents for all journeys {{\n{consent}}}\n\n");
        text.push_str("channel post {\n  address profile.locale\n  reports delivered, opened\n}\n\n");
        text.push_str("channel board {\n  address profile.email\n  reports delivered\n}\n\n");
    }

    fn messages(&mut self, random: &mut Random, text: &mut String) {
        for _ in 0..2 + random.below(3) {
            let name = self.name("m");
            let mut inputs = Vec::new();
            for _ in 0..random.weighted(&[50, 25, 15]) {
                let input = if random.percent(25) {
                    Input::Whole(self.name("x"), random.below(self.own))
                } else {
                    Input::Value(Field { name: self.name("x"), ty: *random.pick(&PLAIN), optional: random.percent(30) })
                };
                inputs.push(input);
            }
            let purpose = if random.percent(60) { "marketing" } else { *random.pick(&self.purposes) };
            let channels: Vec<&'static str> = CHANNELS.into_iter().filter(|_| random.percent(65)).collect();
            let channels = if channels.is_empty() { vec!["email"] } else { channels };
            if random.percent(15) {
                text.push_str("@campaign retention.cart\n");
            }
            let _ = write!(text, "message {name}");
            if !inputs.is_empty() {
                let spelt: Vec<String> = inputs
                    .iter()
                    .map(|input| match input {
                        Input::Whole(name, event) => format!("{name}: {}", self.events[*event].name),
                        Input::Value(f) => {
                            format!("{}: {}{}", f.name, spelt_plain(f.ty), if f.optional { "?" } else { "" })
                        }
                    })
                    .collect();
                let _ = write!(text, "({})", spelt.join(", "));
            }
            let _ = writeln!(text, " for {purpose} {{");
            if random.percent(10) {
                text.push_str("  from 2025-02-01 to 2026-06-30\n");
            }
            for channel in &channels {
                let parts = match *channel {
                    "email" => "subject \"Hello\"  body \"Hello\"",
                    "push" => "title \"Hello\"  body \"Hello\"",
                    _ => "body \"Hello\"",
                };
                let _ = writeln!(text, "  {channel} {{ {parts} }}");
                if random.percent(20) {
                    let _ = writeln!(text, "  {channel} in th {{ {parts} }}");
                }
            }
            text.push_str("}\n\n");
            self.messages.push(Message { name, inputs, channels });
        }
    }

    fn webhooks(&mut self, random: &mut Random, text: &mut String) {
        for _ in 0..random.below(2) {
            let name = self.name("ask");
            let inputs: Vec<Field> = (0..1 + random.below(2))
                .map(|_| Field { name: self.name("a"), ty: *random.pick(&PLAIN), optional: random.percent(20) })
                .collect();
            let spelt: Vec<String> = inputs
                .iter()
                .map(|f| format!("{}: {}{}", f.name, spelt_plain(f.ty), if f.optional { "?" } else { "" }))
                .collect();
            let mut gives = Vec::new();
            let _ = writeln!(text, "webhook {name}({}) gives {{", spelt.join(", "));
            for _ in 0..1 + random.below(2) {
                let (ty, optional) = (*random.pick(&PLAIN), random.percent(30));
                let field = Field { name: self.name("g"), ty, optional };
                let _ = writeln!(text, "  {}: {}{}", field.name, spelt_plain(ty), if optional { "?" } else { "" });
                gives.push(field);
            }
            let within = random.pick(&["1 hour", "20 minutes", "1 day"]);
            let _ = write!(
                text,
                "}} {{\n  post \"https://shop.example/{name}\"\n  retry up to {} times within {within}\n}}\n\n",
                1 + random.below(4)
            );
            self.webhooks.push(Webhook { name, inputs, gives });
        }
    }

    fn policies(&mut self, random: &mut Random, text: &mut String) {
        for _ in 0..random.weighted(&[40, 40, 20]) {
            let name = self.name("rules");
            let whom = if random.percent(25) { "@campaign retention" } else { "all journeys" };
            let _ = writeln!(text, "policy {name} for {whom} {{");
            for _ in 0..1 + random.below(3) {
                let rule = self.rule(random);
                let _ = writeln!(text, "  {rule}");
            }
            text.push_str("}\n\n");
        }
    }

    fn rule(&self, random: &mut Random) -> String {
        let over = match random.weighted(&[3, 2, 1]) {
            0 => "else drop".to_string(),
            1 => format!("else hold up to {}, then drop", span(random)),
            _ => "else hold".to_string(),
        };
        let by = if random.percent(40) { format!(" by {}", random.pick(&CHANNELS)) } else { String::new() };
        let of = if random.percent(50) { format!("{} ", random.pick(&self.purposes)) } else { String::new() };
        let except = if random.percent(15) { ", except service" } else { "" };
        let clock = |random: &mut Random| format!("{:02}:{:02}", random.below(12), 15 * random.below(4));
        match random.weighted(&[4, 3, 2, 2, 1]) {
            0 => {
                let window = match random.weighted(&[4, 3, 1]) {
                    0 => format!("per rolling {}", span(random)),
                    1 => format!("per calendar {}", random.pick(&["day", "week", "month", "year"])),
                    _ => return format!("at most {} {of}messages{by}, else drop{except}", 1 + random.below(5)),
                };
                format!("at most {} {of}messages {window}{by}, {over}{except}", 1 + random.below(4))
            }
            1 => format!("at least {} between {of}messages{by}, {over}{except}", span(random)),
            2 => {
                let (from, to) = (12 + random.below(12), clock(random));
                format!("quiet from {from}:30 to {to}{by}, {over}{except}")
            }
            3 => {
                let days = random.pick(&["", " on weekdays", " on monday, friday", " on weekends"]);
                format!("deliver from {} to {}:00{days}{by}, {over}{except}", clock(random), 13 + random.below(9))
            }
            _ => format!("a run lasts at most {}", random.pick(&["30 days", "400 days", "3 days"])),
        }
    }

    /// The fields a whole event has, of a kind, for an alias.
    pub fn fields_of(&self, event: usize) -> &[Field] {
        self.events.get(event).map_or(&[], |e| &e.fields)
    }
}

/// Nodes inside one another, from paths with parents first.
fn taxonomy(text: &mut String, facet: &str, paths: &[&str]) {
    let _ = writeln!(text, "taxonomy {facet} {{");
    for parent in paths.iter().filter(|p| !p.contains('.')) {
        let prefix = format!("{parent}.");
        let children: Vec<&str> = paths.iter().filter_map(|p| p.strip_prefix(&prefix)).collect();
        if children.is_empty() {
            let _ = writeln!(text, "  {parent}");
        } else {
            let _ = writeln!(text, "  {parent} {{ {} }}", children.join("  "));
        }
    }
    text.push_str("}\n\n");
}

/// A kind as it is written, sometimes with bounds.
pub fn spelt(random: &mut Random, ty: Ty) -> String {
    match ty {
        Ty::Int if random.percent(20) => "int between 0 and 1000".to_string(),
        Ty::Number if random.percent(20) => "number between 0 and 100".to_string(),
        Ty::Text if random.percent(40) => "text at most 12".to_string(),
        _ => spelt_plain(ty),
    }
}

/// A kind as it is written.
pub fn spelt_plain(ty: Ty) -> String {
    match ty {
        Ty::Bool => "bool".to_string(),
        Ty::Int => "int".to_string(),
        Ty::Number => "number".to_string(),
        Ty::Percent => "percent".to_string(),
        Ty::Probability => "probability".to_string(),
        Ty::Money => "money".to_string(),
        Ty::Dollars => "money USD".to_string(),
        Ty::Text => "text".to_string(),
        Ty::Duration => "duration".to_string(),
        Ty::Date => "date".to_string(),
        Ty::Time => "time".to_string(),
        Ty::Moment => "moment".to_string(),
        Ty::Zone => "zone".to_string(),
        Ty::OneOf(e) => format!("one of {}", ENUMS[e].join(", ")),
        Ty::Facet(f) => FACETS[f].0.to_string(),
        Ty::Ints => "list of int at most 4".to_string(),
        Ty::Texts => "list of text at most 4".to_string(),
        Ty::Items => "list of item at most 3".to_string(),
    }
}

/// The offers, once there are conditions to write them with: `eligible` and the like come from outside.
pub fn offer(random: &mut Random, name: &str, eligible: &str, propensity: &str, deed: &str) -> String {
    let mut text = String::new();
    if random.percent(40) {
        text.push_str("@product apparel.shoes\n");
    }
    let _ = writeln!(text, "offer {name} {{");
    if random.percent(60) {
        let _ = writeln!(text, "  eligible {eligible}");
    }
    let _ = writeln!(text, "  propensity {propensity}\n  value {}", amount(random, "EUR"));
    if random.percent(50) {
        let window = match random.below(3) {
            0 => format!(" per rolling {}", span(random)),
            1 => format!(" per calendar {}", random.pick(&["day", "week", "month", "year"])),
            _ => String::new(),
        };
        let _ = writeln!(text, "  at most {}{window}", 1 + random.below(2));
    }
    if random.percent(20) {
        text.push_str("  from 2025-03-01 to 2026-03-31\n");
    }
    let _ = write!(text, "  do {{\n{deed}\n  }}\n}}\n\n");
    text
}
